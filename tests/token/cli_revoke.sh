#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Revocation lists by the commands: of an authority, of a root, of a third party
# whose key lies in a token; taken, replaced, refused.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled
anchors=ea/anchors.pem
revoke() { # revoke CODE OPTIONS...
    code=$1
    shift
    exits "$code" "$tool" revoke "$@"
}
verify() { # verify CODE LIST...: root1's certificate by these lists
    code=$1
    shift
    exits "$code" "$tool" verify --anchors $anchors "$@" RMS01.slc.xml
}

# What is asked for.
revoke 2 --store ea
says err "what is revoked?"
revoke 2 --store ea RMS01.slc.xml --by rumour
revoke 2 --store ea --guid nonsense
revoke 2 --store ea --hash 12
revoke 2 --store ea --guid 11111111-2222-4333-8444-555555555551 --by hash
revoke 2 --store ea missing
revoke 20 --store ea pin
revoke 2 --store ea RMS01.slc.xml --pin-source file:pin
revoke 2 --store ea $anchors
says err "--by key or issuer"
revoke 5 --store ea RMS01.slc.xml
revoke 0 --store ea RMS01.slc.xml --dry-run
says out "revokes    the document"
[ ! -e 'Example EA.revocation.xml' ] || fail "a rehearsal wrote a list"

# Each way to name the certificate is a list of its own, in a file of any name.
verify 0
for by in guid hash key; do
    revoke 0 --store ea RMS01.slc.xml --by $by --fresh --no-trust --yes --out "a list by $by.xml"
    verify 24 --revocation "a list by $by.xml"
    says err "test 5, revocation"
done
revoke 0 --store ea --fresh --no-trust --yes --out nothing.xml
verify 0 --revocation nothing.xml
guid=$("$tool" verify --anchors $anchors --json RMS01.slc.xml | grep -o '{[0-9a-f-]*}' | head -n1)
revoke 0 --store ea --guid "$guid" --no-trust --yes --out guid.xml
verify 24 --revocation guid.xml
# What an authority's own key has issued.
exits 0 "$tool" trust export --store ea --out ea.chain
revoke 0 --store ea ea.chain --by issuer --no-trust --yes --out issuer.xml
verify 24 --revocation issuer.xml
# The hash is the one that is printed.
exits 0 "$tool" trust export --store root1 --out root.chain --json
hash=$(python3 -c 'import json; print(json.load(open("out"))["body-sha-256"])')
revoke 0 --store ea --hash "$hash" --no-trust --yes --out hash.xml
verify 24 --revocation hash.xml
# A list that was altered.
sed "s/$(echo "$guid" | cut -c2-9)/00000000/" guid.xml > altered.xml
exits 21 "$tool" verify --anchors $anchors --revocation altered.xml RMS01.slc.xml
revoke 21 --store ea --list altered.xml --yes

# Taken at once, and earlier entries stay.
revoke 0 --store ea --guid 11111111-2222-4333-8444-555555555551 --yes
says out "wrote      Example EA.revocation.xml   1 revocation"
exits 0 "$tool" trust list --store ea --json
json '[t["kind"] for t in d["trusted"]] == ["list"]'
revoke 9 --store ea RMS01.slc.xml --yes
says err "Example EA.revocation.xml"
revoke 0 --store ea RMS01.slc.xml --yes --force --json
json 'd["revocations"] == 2 and d["earlier"] == 1 and d["taken"]'
exits 0 "$tool" trust list --store ea --json
json 'len(d["trusted"]) == 1'
verify 24 --revocation 'Example EA.revocation.xml'
revoke 0 --store ea --list 'Example EA.revocation.xml' --guid 11111111-2222-4333-8444-555555555552 --yes --json
json 'd["revocations"] == 3 and d["earlier"] == 2'
revoke 0 --store ea RMS01.slc.xml --fresh --yes --force --json
json 'd["revocations"] == 1 and d["earlier"] == 0'
exits 0 "$tool" log verify --store ea
exits 0 "$tool" license pl --store root1 --owner ann@example.org --for anyone --rights view --out plan.pl.xml
# A root takes its authority's list, nobody's else; an older one never.
exits 0 "$tool" trust add --store root1 list 'Example EA.revocation.xml' --yes
exits 0 "$tool" trust add --store root1 list 'Example EA.revocation.xml' --yes --json
json 'd["again"]'

# A root's own. Its own key, which each of its publishing licenses certifies,
# is never what was meant.
revoke 3 --store root1 plan.pl.xml --by key --yes --out no.xml
says err "this store's own key"
revoke 3 --store root1 RMS01.slc.xml --by key --yes --out no.xml
[ ! -e no.xml ] || fail "a list that revokes everything"
revoke 0 --store root1 --guid 11111111-2222-4333-8444-555555555553 --by content --name 'withdrawn content' --yes
says out "every license of the content"
[ -f 'withdrawn content.revocation.xml' ] || fail "no list"
exits 0 "$tool" trust list --store root1 --json
json 'sorted(t["name"] for t in d["trusted"])[1] == "withdrawn content"'
revoke 9 --store root1 --list hash.xml --yes
says err "signed with another key"

# A root whose certificate its authority revokes knows it from the list, issues
# nothing more, and may still revoke. The authority takes it back.
withdrawn='Example EA.revocation.xml'
service='Example EA Production Server Enrollment Service'
revoke 0 --store ea RMS01.slc.xml --fresh --yes --force --out "$withdrawn"
exits 0 "$tool" client init --client c --anchors $anchors --name Laptop
exits 0 "$tool" trust add --store root1 machines c/authority.pem --yes
exits 24 "$tool" license rac --store root1 --user bob@example.org --machine c/machine.xml --out bob.rac.xml
exits 0 "$tool" trust remove --store root1 list "$service" --yes
exits 0 "$tool" license rac --store root1 --user bob@example.org --machine c/machine.xml --out bob.rac.xml
exits 0 "$tool" trust add --store root1 list "$withdrawn" --yes
for order in 'rac --user ann@example.org --machine c/machine.xml' 'clc --rac bob.rac.xml' \
    'pl --owner ann@example.org --for anyone --rights view' 'ul --rac bob.rac.xml --pl plan.pl.xml' \
    'template --name N --for anyone --rights view'; do
    exits 24 "$tool" license $order --store root1 --out no.xml
    says err "revoked by"
done
[ -z "$(ls no.xml* 2> /dev/null)" ] || fail "something was issued"
echo "privyseal-batch 1
pl --owner ann@example.org --for anyone --rights view
end 1" > list
mkdir licenses
exits 3 "$tool" license batch list --store root1 --out licenses --json
json 'd["issued"] == 0 and d["refused"][0]["status"] == 24'
result=0
"$tool" doctor --store root1 > out 2> err || result=$?
[ $result != 0 ] || fail "doctor finds nothing"
says out "it issues nothing"
revoke 0 --store root1 --guid 11111111-2222-4333-8444-555555555554 --yes --out still.xml
exits 0 "$tool" trust remove --store root1 list "$service" --yes
exits 0 "$tool" license template --store root1 --name N --for anyone --rights view --out yes.xml

# A third party: its key in a token, no store. Named in nobody's certificate it
# revokes nothing; named in one's, it does.
softhsm2-util --init-token --free --label third --pin 1234 --so-pin 5678 > /dev/null
exits 0 "$tool" key generate --module "$SOFTHSM_MODULE" --token pkcs11:token=third --label revoker --pin-source file:pin
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
with_provider pkey -in 'pkcs11:token=third;object=revoker;type=private' -pubout -out revoker.pem
third() { # third CODE OPTIONS...
    code=$1
    shift
    revoke "$code" --key 'pkcs11:token=third;object=revoker;type=private' --module "$SOFTHSM_MODULE" \
        --pin-source file:pin "$@"
}
third 2 RMS01.slc.xml --yes
says err "--name"
third 2 RMS01.slc.xml --name R --store ea --yes
third 5 RMS01.slc.xml --name 'External revoker'
third 0 RMS01.slc.xml --name 'External revoker' --yes --json
json 'd["list"] == "External revoker.revocation.xml" and not d["taken"]'
verify 0 --revocation 'External revoker.revocation.xml'
exits 3 "$tool" trust add --store root1 list 'External revoker.revocation.xml' --yes
says err "may revoke nothing here"
softhsm2-util --init-token --free --label custom --pin 1234 --so-pin 5678 > /dev/null
exits 0 "$tool" init --store root2 --role root --name RMS02 --url https://two.example/_wmcs \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=custom --pin-source file:pin --anchors $anchors \
    --revocation custom --revocation-key revoker.pem
exits 0 "$tool" enroll --store root2 --export
exits 0 "$tool" authority sign --store ea RMS02EnrollRequest.xml --yes
exits 0 "$tool" enroll --store root2 --import RMS02.slc.xml --yes
third 0 RMS02.slc.xml --by hash --name 'External revoker' --list 'External revoker.revocation.xml' --yes --json
json 'd["revocations"] == 2 and d["earlier"] == 1'
exits 24 "$tool" verify --anchors $anchors --revocation 'External revoker.revocation.xml' RMS02.slc.xml
verify 0 --revocation 'External revoker.revocation.xml'
exits 0 "$tool" trust add --store root2 list 'External revoker.revocation.xml' --yes
third 9 --list hash.xml --name 'External revoker' --yes
exits 2 "$tool" revoke --key 'pkcs11:token=third;object=revoker?pin-value=1234' --module "$SOFTHSM_MODULE" \
    --name R --guid "$guid" --yes
silent err 1234
for store in ea root1 root2; do exits 0 "$tool" log verify --store $store; done
