#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a store is made with: who may revoke, whom to ask, whose files they are;
# and enrolling anew.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
. "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"
softhsm_new "$folder" ea || exit 77
softhsm2-util --init-token --free --label root --pin 1234 --so-pin 5678 > /dev/null
init() { # init CODE ROLE OPTIONS...
    code=$1
    role=$2
    shift 2
    exits "$code" "$tool" init --role "$role" --module "$SOFTHSM_MODULE" --pin-source file:pin "$@"
}
root() { # root CODE OPTIONS...
    code=$1
    shift
    init "$code" root --store root1 --name RMS01 --url https://rms.example/_wmcs --token pkcs11:token=root \
        --anchors ea/anchors.pem "$@"
}
for i in 1 2; do
    openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -out revoker$i.pem 2> /dev/null
done

# Files of a service, contact in the configuration.
user=$(id -un)
[ "$user" != root ] || user=nobody
init 0 authority --store ea --name 'Example EA' --token pkcs11:token=ea --service-user "$user" --contact ea@example.org
[ "$(stat -c %U ea ea/store.db ea/privyseal.conf ea/anchors.pem | sort -u)" = "$user" ] || fail "files of another user"
grep -qx 'contact = ea@example.org' ea/privyseal.conf || fail "no contact"

# Custom revocation goes with its keys, and into request and certificate.
root 2 --revocation custom
root 2 --revocation-key revoker1.pem
root 2 --revocation standard --revocation-key revoker1.pem
root 2 --revocation custom --revocation-key pin
[ ! -e root1 ] || fail "a store was made"
root 0 --revocation custom --revocation-key revoker1.pem --revocation-key revoker2.pem
root 9 --revocation custom --revocation-key revoker1.pem
exits 0 "$tool" enroll --store root1 --export
[ "$(grep -c '<aRevocationAuthorityPublicKey>' RMS01EnrollRequest.xml)" = 2 ] || fail "not two keys in the request"
exits 0 "$tool" request show RMS01EnrollRequest.xml
says out "revocation custom"
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
says out "revocation custom"
grep -q CONDITIONLIST RMS01.slc.xml || fail "no conditions in the certificate"
exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml --yes
exits 0 "$tool" verify --store root1 RMS01.slc.xml --at now

# Enrolling anew keeps key and GUID, and the certificate until the answer comes.
cp RMS01EnrollRequest.xml first.xml
exits 9 "$tool" enroll --store root1 --export
exits 0 "$tool" status --store root1
exits 0 "$tool" enroll --store root1 --export --force
cmp RMS01EnrollRequest.xml first.xml
exits 11 "$tool" status --store root1
exits 0 "$tool" verify --store root1 RMS01.slc.xml
exits 9 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes --out anew
says out "asks       enrollment"
exits 0 "$tool" enroll --store root1 --import anew --yes
says out "unchanged  key, name, URL, rights, issuer"
exits 0 "$tool" status --store root1 --json
json 'd["generation"] == 2'
exits 9 "$tool" enroll --store root1 --import RMS01.slc.xml --yes
for store in ea root1; do
    exits 0 "$tool" log verify --store $store
done
