#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# token put and key generate of every type, on SoftHSM2: what is stored is found
# again by another program, and by the provider.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
. "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"
cli_begin
softhsm_new "$folder" lab || exit 77
module="--module $SOFTHSM_MODULE"
login="--token pkcs11:token=lab --pin-source file:pin"
OPENSSL_CONF=/dev/null
export OPENSSL_CONF
objects() { # objects PATTERN: what pkcs11-tool, if it is there, says
    command -v pkcs11-tool > /dev/null || return 0
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab -O --login --pin 1234 \
        > list 2> /dev/null
    grep -q "$1" list || fail "pkcs11-tool does not list $1: $(cat list)"
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -subj '/O=lab/CN=web server' \
    -days 30 -out rsa.pem 2> req.err
openssl x509 -in rsa.pem -outform DER -out rsa.der
openssl pkcs8 -topk8 -nocrypt -in rsa.key -out rsa.p8
softhsm2-util --import rsa.p8 --token lab --label www --id c0ffee --pin 1234 > import.out
openssl ecparam -name P-256 -genkey -noout -out ec.key
openssl req -x509 -key ec.key -subj '/CN=curve' -days 30 -out ec.pem
openssl pkey -in ec.key -pubout -out ec.pub
openssl genpkey -algorithm ED25519 -out ed.key
openssl pkey -in ed.key -pubout -outform DER -out ed.pub.der

exits 0 "$tool" token put rsa.pem $module $login --dry-run
says out 'would be stored'
exits 0 "$tool" token put rsa.pem $module $login --json
json 'd["kind"] == "cert" and d["label"] == "www" and d["id"] == "c0ffee"'
json '"type=cert" in d["uri"] and "id=%C0%FF%EE" in d["uri"]'
objects 'subject:.*CN=web server'
exits 9 "$tool" token put rsa.pem $module $login
exits 9 "$tool" token put rsa.der $module $login --label other --id 01
says err already
exits 0 "$tool" token put ec.pem $module $login --json
# of no key that is there
identifier=$(openssl asn1parse -in ec.pub -strparse 23 -noout -out /dev/stdout |
    openssl dgst -sha1 -r | cut -d' ' -f1)
json "d['label'] == 'curve' and d['id'] == '$identifier'"
exits 0 "$tool" token put ec.pub $module $login --label point --id 0102 --json
json 'd["kind"] == "pubkey" and d["label"] == "point" and d["id"] == "0102"'
exits 9 "$tool" token put ec.pub $module $login --label point --id 0102
exits 0 "$tool" token put ed.pub.der $module $login
says out 'object=ed.pub.der'
openssl pkey -in rsa.key -pubout -out rsa.pub
exits 9 "$tool" token put rsa.pub $module $login --label www --id c0ffee
printf 'a note\0with octets' > note
exits 4 "$tool" token put note $module $login
says err 'data stores any file'
exits 0 "$tool" token put note $module $login --type data
exits 9 "$tool" token put note $module $login --type data
exits 0 "$tool" token put note $module $login --type data --label 'a second'
exits 2 "$tool" token put note $module $login --type data --id 01

# Bad files and words.
: > empty
exits 4 "$tool" token put empty $module $login
exits 4 "$tool" token put empty $module $login --type data
head -c 300 rsa.der > cut.der
exits 4 "$tool" token put cut.der $module $login
head -n 5 rsa.pem > cut.pem
exits 4 "$tool" token put cut.pem $module $login
printf x | cat rsa.der - > long.der
exits 4 "$tool" token put long.der $module $login
exits 4 "$tool" token put ec.pub $module $login --type cert
exits 4 "$tool" token put rsa.pem $module $login --type pubkey
exits 4 "$tool" token put rsa.key $module $login
exits 2 "$tool" token put missing $module $login
exits 2 "$tool" token put rsa.pem $module $login --type key
exits 2 "$tool" token put rsa.pem $module --pin-source file:pin
exits 2 "$tool" token put $module $login
exits 2 "$tool" token put rsa.pem $module --token 'pkcs11:token=lab?pin-value=1234'
silent err 1234
exits 6 "$tool" token put rsa.pem $module --token pkcs11:token=nobody --pin-source file:pin
printf '9999\n' > wrong
exits 7 "$tool" token put rsa.pem $module --token pkcs11:token=lab --pin-source file:wrong

# Another program gets the same octets.
if command -v pkcs11-tool > /dev/null; then
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --read-object --type cert \
        --label www --output-file got.der > tool.out 2>&1
    cmp got.der rsa.der
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --read-object --type data \
        --label note --output-file got > tool.out 2>&1
    cmp got note
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --read-object --type pubkey \
        --label point --output-file got > tool.out 2>&1
    openssl pkey -pubin -inform DER -in got -pubout -out got.pub
    cmp got.pub ec.pub
fi

# Every type of key that this token makes, by its name.
for type in rsa:3072=RSA-3072 ec:P-256='EC P-256' ec:P-384='EC P-384' ec:secp521r1='EC P-521' \
    ed25519=Ed25519; do
    label=${type%%=*}
    exits 0 "$tool" key generate $module $login --type "$label" --label "key $label" --json
    json "d['type'] == '${type#*=}' and 'never extractable' in d['born']"
    exits 0 "$tool" key show $module $login --label "key $label" --json
    json "d['type'] == '${type#*=}' and d['sign']"
    exits 0 "$tool" key show $module $login --label "key $label"
    says out "${type#*=} in token lab"
done
exits 0 "$tool" key list $module $login --json
json 'len([k for k in d["keys"] if k["label"].startswith("key ")]) == 5'
for type in rsa:1024 ec:P-999 ec: dsa:1024 ed2551; do
    exits 2 "$tool" key generate $module $login --type $type --label x
done
