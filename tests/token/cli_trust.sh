#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a store trusts beside its anchors, by the commands: users of another
# installation, content of another server with its key in a token (one that can
# sign is refused), machines; taken, shown, removed, in the journal.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled
softhsm2-util --init-token --free --label far --pin 1234 --so-pin 5678 > /dev/null

# Another installation, with a hierarchy of its own.
exits 0 "$tool" init --store far-ea --role authority --name 'Far EA' \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=far --pin-source file:pin
exits 0 "$tool" init --store far1 --role root --name FAR01 --url https://far.example/_wmcs \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=far --pin-source file:pin --anchors far-ea/anchors.pem
exits 0 "$tool" enroll --store far1 --export
exits 0 "$tool" authority sign --store far-ea FAR01EnrollRequest.xml --yes
exits 0 "$tool" enroll --store far1 --import FAR01.slc.xml --yes
exits 0 "$tool" trust export --store far1 --out 'far away.chain.xml'

add() { # add CODE KIND FILE OPTIONS...
    code=$1
    kind=$2
    file=$3
    shift 3
    exits "$code" "$tool" trust add --store root1 "$kind" "$file" "$@"
}
trusted() { # trusted EXPRESSION: true of the list t
    exits 0 "$tool" trust list --store root1 --json
    json "(lambda t: $1)(d['trusted'])"
}

# Users: shown, asked for, taken once.
trusted 't == []'
add 2 strangers 'far away.chain.xml'
says err "users, publishing, machines, list, excluded"
add 2 users missing
add 5 users 'far away.chain.xml'
trusted 't == []'
add 0 users 'far away.chain.xml' --dry-run
says out FAR01
says out "Far EA Production Server Enrollment Service"
says out "its root"
trusted 't == []'
add 0 users 'far away.chain.xml' --yes --json
json 'd["name"] == "FAR01" and not d["again"] and d["count"] == 4'
cp out first
far_root=$("$tool" trust list --store far1 --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["anchors"][0]["key-sha-256"])')
json "d['root-sha-256'] == '$far_root'"
add 0 users 'far away.chain.xml' --yes --json
json 'd["again"]'
trusted 'len(t) == 1 and t[0]["kind"] == "users" and t[0]["name"] == "FAR01"'
exits 0 "$tool" trust list --store root1
says out "users      FAR01"
says out "anchor     Example EA Production Root"
add 9 users 'far away.chain.xml' --name other --yes
says err "trusted already"
exits 0 "$tool" trust export --store root1 --out own.chain
add 3 users own.chain --yes
says err "the store's own"
# Another name than was signed; a server without its issuers.
sed 's/FAR01/FAR02/g' 'far away.chain.xml' > forged
python3 -c 'text = open("far away.chain.xml").read()
open("bare", "w").write(text[:text.index("</XrML>") + 7])'
add 21 users forged --name forged --yes
add 22 users bare --name bare --yes
add 20 users pin --name pin --yes
exits 3 "$tool" trust add --store ea users 'far away.chain.xml' --yes
says err "role authority"

# Publishing: keys in a token, certified by the other authority. One may sign.
with_provider() { # with_provider COMMAND...: openssl that reaches the tokens
    cat > openssl.cnf <<END
openssl_conf = openssl_init
[openssl_init]
providers = providers
[providers]
default = default_sect
privyseal = privyseal_sect
[default_sect]
activate = 1
[privyseal_sect]
module = $PRIVYSEAL_BUILD/provider/privyseal.so
activate = 1
pkcs11-module = $SOFTHSM_MODULE
pin-source = file:$folder/pin
END
    OPENSSL_CONF=$folder/openssl.cnf openssl "$@" 2> err || fail "openssl $1: $(cat err)"
}
certified() { # certified LABEL USAGE GUID: a key, and LABEL.chain of a server that has it
    with_provider genpkey -propquery '?provider=privyseal' -algorithm RSA \
        -pkeyopt "pkcs11_uri:pkcs11:token=root;object=$1" -pkeyopt "pkcs11_key_usage:$2" -out "$1.pem"
    with_provider pkey -in "$1.pem" -pubout -out "$1.pub"
    openssl rsa -pubin -in "$1.pub" -RSAPublicKey_out -outform DER -out key.der 2> /dev/null
    python3 - "$1" "$3" <<'END'
import base64, re, sys
text = open("FAR01EnrollRequest.xml", newline="").read()
key = base64.b64encode(open("key.der", "rb").read()).decode()
text = re.sub("<aPublicKeyBytes>[^<]*<", "<aPublicKeyBytes>" + key + "<", text)
text = re.sub("<Guid>[^<]*<", "<Guid>" + sys.argv[2] + "<", text)
text = re.sub("<Name>[^<]*<", "<Name>" + sys.argv[1] + "<", text)
text = re.sub("<URL>[^<]*<", "<URL>https://" + sys.argv[1] + ".example/_wmcs<", text)
open(sys.argv[1] + ".request", "w", newline="").write(text)
END
    exits 0 "$tool" authority sign --store far-ea "$1.request" --without-proof --yes --out "$1.chain"
}
certified opens keyEncipherment 11111111-2222-4333-8444-555555555551
certified signs digitalSignature,keyEncipherment 11111111-2222-4333-8444-555555555552
certified mute digitalSignature 11111111-2222-4333-8444-555555555553
add 2 publishing opens.chain --yes
says err "--uri"
add 2 users 'far away.chain.xml' --uri 'pkcs11:token=root;object=opens' --yes
add 2 publishing opens.chain --uri 'pkcs11:token=root;object=opens?pin-value=1234' --yes
silent err 1234
add 3 publishing signs.chain --uri 'pkcs11:token=root;object=signs;type=private' --yes
says err "CKA_SIGN is true"
add 3 publishing mute.chain --uri 'pkcs11:token=root;object=mute;type=private' --yes
add 9 publishing opens.chain --uri 'pkcs11:token=root;object=signs;type=private' --yes
says err "not the key that the certificate names"
add 9 publishing opens.chain --uri 'pkcs11:token=root;object=mute;type=private' --yes
result=0
"$tool" trust add --store root1 publishing opens.chain --uri 'pkcs11:token=root;object=nobody' --yes \
    > out 2> err < /dev/null || result=$?
[ "$result" != 0 ] || fail "a key that is not there was taken"
trusted 'len(t) == 1'
add 0 publishing opens.chain --uri 'pkcs11:token=root;object=opens;type=private' --yes --json
json 'd["kind"] == "publishing" and d["name"] == "opens"'
trusted 't[1]["key"] == "pkcs11:token=root;object=opens;type=private"'

# Machines: PEM keys, certificates; a name of one's own.
cp opens.pub machines.pem
add 2 machines machines.pem --yes
says err "--name"
add 0 machines machines.pem --name "$(printf 'Tillverkare \303\205')" --yes
add 9 machines 'far away.chain.xml' --name "$(printf 'Tillverkare \303\205')" --yes
add 2 machines pin --name x --yes
says err "add: pin: "
# A machine's own certificate certifies no machine.
exits 0 "$tool" client init --client c --anchors ea/anchors.pem --name Laptop
add 22 machines c/machine.xml --yes
says err "c/machine.xml: a machine's own certificate"
add 20 users pin --yes
says err "add: pin: "
add 2 machines machines.pem --name "$(printf 'a\001b')" --yes

# Removed: asked for, kept in the journal, and taken again.
exits 2 "$tool" trust remove --store root1 users nobody --yes
says err 'no users "nobody" is trusted'
exits 5 "$tool" trust remove --store root1 users FAR01
exits 0 "$tool" trust remove --store root1 users FAR01 --dry-run
trusted 'len(t) == 3'
exits 0 "$tool" trust remove --store root1 users FAR01 --yes
trusted '[x["kind"] for x in t] == ["publishing", "machines"]'
exits 2 "$tool" trust remove --store root1 users FAR01 --yes
add 0 users 'far away.chain.xml' --yes
trusted '[x["kind"] for x in t] == ["publishing", "machines", "users"]'

# Who and when; the tables are what the records say, also when made anew.
exits 0 "$tool" log tail --store root1 --count 8
says out TRUST
says out "user=$(id -un)"
exits 0 "$tool" log verify --store root1
exits 0 "$tool" log fsck --store root1 --yes
trusted '[x["kind"] for x in t] == ["publishing", "machines", "users"]'
exits 0 "$tool" log verify --store root1
exits 0 "$tool" cluster check --store root1

# A store that an earlier program made has neither table: looked at it stays as
# it is, opened for a change it is brought up to date.
python3 - <<'END'
import sqlite3
db = sqlite3.connect("far1/store.db")
assert db.execute("PRAGMA user_version").fetchone() == (3,)
journal = db.execute("SELECT * FROM journal ORDER BY seq").fetchall()
db.executescript("""
DROP TABLE trust; DROP TABLE account; DROP TABLE journal;
CREATE TABLE journal (seq INTEGER PRIMARY KEY, prev BLOB NOT NULL UNIQUE,\
 hash BLOB NOT NULL UNIQUE, record BLOB NOT NULL) STRICT;
CREATE INDEX journal_type ON journal (substr(record, 53, 2));
CREATE TRIGGER journal_update BEFORE UPDATE ON journal\
 BEGIN SELECT RAISE(ABORT, 'the journal grows only'); END;
CREATE TRIGGER journal_delete BEFORE DELETE ON journal\
 BEGIN SELECT RAISE(ABORT, 'the journal grows only'); END;
PRAGMA user_version=1;""")
db.executemany("INSERT INTO journal VALUES (?, ?, ?, ?)", journal)
db.commit()
END
version() {
    python3 -c 'import sqlite3
print(sqlite3.connect("far1/store.db").execute("PRAGMA user_version").fetchone()[0])'
}
exits 0 "$tool" status --store far1
exits 0 "$tool" trust list --store far1 --json
json 'd["trusted"] == []'
exits 0 "$tool" log verify --store far1
[ "$(version)" = 1 ] || fail "looking changed the schema"
exits 0 "$tool" trust add --store far1 users own.chain --yes
[ "$(version)" = 3 ] || fail "the schema stayed as it was"
exits 0 "$tool" trust list --store far1 --json
json 'd["trusted"][0]["name"] == "RMS01"'
exits 0 "$tool" log verify --store far1
