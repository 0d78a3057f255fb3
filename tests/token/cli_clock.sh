#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Servers at other times: a certificate of 29 February, its last month, its end,
# years behind it, a clock set back, the end of 32-bit time, the year 9999.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
command -v faketime > /dev/null || {
    echo "skipped: faketime is not installed"
    exit 77
}
grep -q '^PRIVYSEAL_SANITIZE:[A-Z]*=..*' "$PRIVYSEAL_BUILD/CMakeCache.txt" && {
    echo "skipped: faketime does not work with the sanitizer"
    exit 77
}
cli_begin
program=$tool
when='2028-02-29 12:00:00'
# The program at that time; what prepares a test stays in the present.
cat > at <<'SCRIPT'
#!/bin/sh
exec faketime -f "$WHEN" "$PROGRAM" "$@"
SCRIPT
chmod +x at
PROGRAM=$program
export PROGRAM
tool=$PWD/at
at() { # at TIME, UTC
    WHEN=$1
    export WHEN TZ=UTC
}
at "$when"
end_to_end
exits 0 "$tool" enroll --store root1 --export .
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml --yes
# A calendar year from 29 February ends on the 28th.
exits 0 "$tool" status --store root1
says out "2029-02-28"
exits 0 "$tool" trust export --store root1 --out root.chain

softhsm2-util --init-token --free --label lic1 --pin 1234 --so-pin 5678 > /dev/null
exits 0 "$tool" init --store lic1 --role licensing --name LIC01 --url https://lic.example/_wmcs \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=lic1 --pin-source file:pin --anchors ea/anchors.pem \
    --root root.chain
printf 'privyseal-acl 1\nprincipal here unix-user:%s\nallow here op=sub-enroll,renew url=https://lic.example/_wmcs quota=9/30d outstanding=9\nend 2\n' \
    "$(id -un)" > root1/acl
exits 0 "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml --out served-first.xml --yes
exits 0 "$tool" subenroll --store lic1 --import served-first.xml --yes

# Until its end it is in force, from its end on it is not.
for row in '0:2029-01-28 11:00:00' '12:2029-01-30 12:00:00' '12:2029-02-20 12:00:00' '13:2029-02-21 13:00:00' \
    '13:2029-02-28 11:59:59' '14:2029-02-28 12:00:00' '14:2029-02-28 12:00:01' '14:2030-02-28 12:00:00' \
    '14:2037-02-28 12:00:00'; do
    at "${row#*:}"
    exits "${row%%:*}" "$tool" status --store root1
done
at '2029-02-28 11:58:00'
exits 13 "$tool" renew --store lic1 --unattended .
at '2029-02-28 12:00:01'
exits 14 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out late.xml --yes
[ ! -e late.xml ] || fail "an expired server issued"
# What it issued while it could verifies for ever.
exits 0 "$tool" verify --store root1 served-first.xml

# Eight years later both are renewed, the root first.
at '2037-03-01 00:00:00'
exits 0 "$tool" renew --store root1 --export .
exits 0 "$tool" authority sign --store ea RMS01RenewalRequest.xml --out root-new.xml --yes
exits 0 "$tool" renew --store root1 --import root-new.xml --yes
exits 0 "$tool" renew --store lic1 --export . --force
exits 0 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out lic-new.xml --yes
exits 0 "$tool" renew --store lic1 --import lic-new.xml --yes
# Behind January 2038 seconds no longer fit into 32 bits.
at '2038-01-19 03:14:08'
exits 0 "$tool" status --store lic1
says out "2038-03-01"
exits 0 "$tool" renew --store lic1 --export . --force
exits 0 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out lic-2038.xml --yes
exits 0 "$tool" renew --store lic1 --import lic-2038.xml --yes
says out "2039-01-19"
exits 14 "$tool" status --store lic1 --at 9999-12-31T23:59

# Set back, nothing is issued or asked for until somebody says it is right.
at '2037-06-01 00:00:00'
exits 15 "$tool" status --store root1
exits 15 "$tool" renew --store lic1 --export back.xml
[ ! -e back.xml ] || fail "asked under a clock that is not to be trusted"
for store in ea root1 lic1; do
    exits 0 "$tool" log verify --store "$store"
done
