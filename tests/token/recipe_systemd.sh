#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A service with the PIN as its credential, by the recipe of the manual. What
# systemd does with the unit's lines (an environment, a folder with the
# credential) is done by hand, so that no service manager is needed.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin openssl
unit=/etc/systemd/system/www.service.d/hsm.conf
recipe_file $unit
block 'line: /etc/privyseal/service.cnf' > line
[ "$(wc -l < line)" = 1 ] || fail "the manual has no line for service.cnf"
sed "s|^pin-source.*|$(cat line)|" "$CONF" > "$ROOT/etc/privyseal/service.cnf"
if command -v systemd-analyze > /dev/null; then
    printf '[Service]\nExecStart=/bin/true\n' > www.service
    sed 1d "$ROOT$unit" >> www.service
    systemd-analyze verify ./www.service > analyze.log 2>&1 || true
    ! grep -i 'www.service:[0-9]*: \(unknown\|invalid\|failed\)' analyze.log ||
        fail "systemd does not understand the unit"
fi
load=$(sed -n 's/^LoadCredential=//p' "$ROOT$unit")
mkdir credentials
cp "${load#*:}" "credentials/${load%%:*}" || fail "LoadCredential: $load"
rm "$ROOT/etc/privyseal/pin"
sign() {
    env "$(sed -n 's/^Environment=//p' "$ROOT$unit")" "$@" openssl dgst -sha256 \
        -sign 'pkcs11:token=hsm;object=www' -out sig line > sign.log 2>&1 < /dev/null
}
sign CREDENTIALS_DIRECTORY="$ROOT/work/credentials" || fail "not signed"
openssl dgst -sha256 -verify soft.pem -signature sig line > verify.log || fail "a wrong signature"
rm sig
! setsid env -u CREDENTIALS_DIRECTORY bash -c "$(declare -f sign); ROOT='$ROOT' unit=$unit; sign" ||
    fail "signed without the credential"
