# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that drive the stock openssl command with our provider.
#
#   openssl_setup NAME           a fresh working folder, a SoftHSM2 token "lab"
#                                with the RSA key "k" (id 01) and its
#                                certificate, k.pem (software copy of the public
#                                key), cert.pem; sets DIR, KEY (URI with PIN)
#   openssl_conf FILE ORDER [LINE...]   an openssl.cnf; ORDER is first, second or
#                                alone (our provider against default); LINEs go
#                                into our section
#   use ORDER                    makes the following commands use that order
#   plain COMMAND...             openssl without the provider
#   ok TITLE COMMAND...          must exit 0
#   no TITLE TEXT COMMAND...     must exit 1 to 127 and say TEXT on stderr
#   said TITLE PATTERN [FILE]    FILE, by default what the last command wrote to
#                                standard output, has a line that matches
#   unsaid TITLE PATTERN [FILE]  has none
#   summary                      exits 1 if anything failed
# A program that dies of a signal fails its test in every case.

: "${PRIVYSEAL_BUILD:?set by ctest}" "${PRIVYSEAL_SOURCE:?set by ctest}"
. "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"

PROVIDER=$PRIVYSEAL_BUILD/provider/privyseal.so
FAILED=0
COUNT=0

openssl_conf() {
    local file=$1 order=$2 list
    shift 2
    case $order in
    first) list='privyseal = privyseal_sect
default = default_sect' ;;
    second) list='default = default_sect
privyseal = privyseal_sect' ;;
    alone) list='privyseal = privyseal_sect' ;;
    esac
    cat > "$file" <<END
openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
[provider_sect]
$list
[default_sect]
activate = 1
[privyseal_sect]
module = $PROVIDER
activate = 1
module-path = $SOFTHSM_MODULE
END
    printf '%s\n' "$@" >> "$file"
    cat >> "$file" <<'END'

[req]
distinguished_name = dn
prompt = no
[dn]
CN = privyseal test
[ca]
basicConstraints = critical,CA:TRUE
END
}

openssl_setup() {
    [ -x "$(command -v openssl)" ] || exit 77
    DIR=$PRIVYSEAL_BUILD/tests/scratch/$1
    rm -rf "$DIR"
    mkdir -p "$DIR"
    cd "$DIR" || exit 1
    softhsm_new "$DIR/hsm" lab 1234 || exit 77
    plain genrsa -out k.key 2048 2> genrsa.err &&
        plain rsa -in k.key -pubout -out k.pem 2> /dev/null &&
        plain pkcs8 -topk8 -nocrypt -in k.key -out k.p8 &&
        softhsm2-util --import k.p8 --token lab --label k --id 01 --pin 1234 \
            > /dev/null || exit 1
    for order in first second; do
        openssl_conf "$order.cnf" "$order"
    done
    plain req -x509 -key k.key -subj '/CN=privyseal test' -days 30 \
        -addext basicConstraints=critical,CA:TRUE -out cert.pem || exit 1
    KEY='pkcs11:token=lab;object=k;type=private?pin-value=1234'
    printf 'message to sign\n' > msg
    dd if=/dev/zero of=big bs=1024 count=300 2> /dev/null
}

use() {
    ORDER=$1
    OPENSSL_CONF=$DIR/$1.cnf
    export OPENSSL_CONF
}

plain() {
    OPENSSL_CONF=/dev/null openssl "$@"
}

fail() {
    FAILED=$((FAILED + 1))
    echo "FAILED: ${ORDER:-} $1" >&2
    sed 's/^/    /' "$DIR/stderr" >&2
}

ok() {
    local title=$1 status
    shift
    COUNT=$((COUNT + 1))
    "$@" > "$DIR/stdout" 2> "$DIR/stderr"
    status=$?
    [ $status -eq 0 ] || fail "$title: exit $status"
    return $status
}

no() {
    local title=$1 text=$2 status
    shift 2
    COUNT=$((COUNT + 1))
    "$@" > "$DIR/stdout" 2> "$DIR/stderr"
    status=$?
    if [ $status -eq 0 ] || [ $status -gt 127 ]; then
        fail "$title: exit $status"
        return 1
    fi
    if ! grep -q -- "$text" "$DIR/stderr"; then
        fail "$title: does not say '$text'"
        return 1
    fi
}

said() {
    COUNT=$((COUNT + 1))
    grep -q -- "$2" "${3:-$DIR/stdout}" || fail "$1: no '$2'"
}

unsaid() {
    COUNT=$((COUNT + 1))
    ! grep -q -- "$2" "${3:-$DIR/stdout}" || fail "$1: has '$2'"
}

summary() {
    echo "$COUNT commands, $FAILED failures"
    [ $FAILED -eq 0 ]
    exit
}
