# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that follow a recipe of privyseal-provider(7) to the letter:
# the text is taken from the manual, with paths below a folder of the test's own,
# www.example on loopback and free ports.
#
#   recipe_begin PROGRAM...   skips where one is missing; a token "hsm" with the
#                             key "www", its certificate, the configuration;
#                             sets ROOT, MODULES, PORT, PORT2
#   recipe_file PATH          writes the manual's text of PATH below ROOT
#   recipe_run NAME           runs the manual's commands NAME in $ROOT/work
#   start COMMAND...          a server; it is ended with the test
#   handshakes N [OPTIONS]    N clients verify the server at PORT
#   ended                     the server still runs, and ends when told to
# Nothing is installed and no service of the system is touched.

: "${PRIVYSEAL_BUILD:?set by ctest}" "${PRIVYSEAL_SOURCE:?set by ctest}"
. "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"
PATH=$PATH:/usr/sbin:/sbin
MANUAL=$PRIVYSEAL_SOURCE/docs/man/privyseal-provider.7
SERVER=

fail() {
    echo "FAILED: $*" >&2
    for log in "$ROOT"/work/*.log; do
        [ -f "$log" ] && sed "s|^|    ${log##*/}: |" "$log" >&2
    done
    exit 1
}

leave() {
    [ -z "$SERVER" ] || kill -TERM "$SERVER" 2> /dev/null
    [ -z "$SERVER" ] || wait "$SERVER" 2> /dev/null
    rm -rf "$ROOT"
}

free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# The lines of a marked block, as mdoc(7) prints them.
block() {
    awk -v mark=".\\\\\" $1" '
        $0 == mark { seen = 1; next }
        seen && /^\.Bd/ { inside = 1; next }
        inside && /^\.Ed/ { exit }
        inside' "$MANUAL" | sed 's/\\e/\\/g; s/\\&//g'
}

placed() {
    sed -e "s|/etc/|$ROOT/etc/|g" -e "s|/usr/lib/softhsm/libsofthsm2.so|$SOFTHSM_MODULE|" \
        -e "s|https://www.example/|https://localhost:$PORT/|" \
        -e "s|\\*:443|127.0.0.1:$PORT|; s|bind :443|bind 127.0.0.1:$PORT|" \
        -e "s|listen 443|listen 127.0.0.1:$PORT|; s|= 443|= 127.0.0.1:$PORT|" \
        -e "s|= 80\$|= 127.0.0.1:$PORT2|"
}

recipe_file() {
    mkdir -p "$ROOT/$(dirname "$1")"
    block "file: $1" | placed > "$ROOT$1"
    [ -s "$ROOT$1" ] || fail "the manual has no text of $1"
}

recipe_run() {
    block "run: $1" | placed > "$ROOT/work/$1.sh"
    [ -s "$ROOT/work/$1.sh" ] || fail "the manual has no commands for $1"
    (cd "$ROOT/work" && sh -e "$1.sh") > "$ROOT/work/$1.log" 2>&1 ||
        fail "$1: exit $?"
}

recipe_begin() {
    for program; do
        command -v "$program" > /dev/null || { echo "$program is not installed"; exit 77; }
    done
    command -v softhsm2-util > /dev/null || { echo "SoftHSM2 is not installed"; exit 77; }
    ROOT=$(mktemp -d "${TMPDIR:-/tmp}/privyseal-recipe-XXXXXX") || exit 1
    trap leave EXIT
    mkdir -p "$ROOT/work" "$ROOT/etc/privyseal" "$ROOT/modules"
    cd "$ROOT/work" || exit 1
    unset OPENSSL_CONF PKCS11_PIN PKCS11_MODULE_PATH CREDENTIALS_DIRECTORY
    cp "$PRIVYSEAL_BUILD/provider/privyseal.so" "$ROOT/modules" || exit 1
    OPENSSL_MODULES=$ROOT/modules
    export OPENSSL_MODULES
    softhsm_new "$ROOT/hsm" hsm || exit 77
    PORT=$(free_port) PORT2=$(free_port)
    PATH=$PRIVYSEAL_BUILD/tools:$PATH
    printf '1234\n' > "$ROOT/etc/privyseal/pin"
    chmod 600 "$ROOT/etc/privyseal/pin"
    recipe_key
    recipe_file /etc/privyseal/openssl.cnf
    CONF=$ROOT/etc/privyseal/openssl.cnf
    OPENSSL_CONF=$CONF recipe_run pem
}

# A key that is made elsewhere, so that software can tell a right signature.
recipe_key() {
    export OPENSSL_CONF=/dev/null
    CERT=$ROOT/etc/privyseal/www.pem
    openssl req -x509 -newkey rsa:2048 -nodes -keyout soft.key -subj /CN=www.example \
        -addext subjectAltName=DNS:localhost,DNS:www.example -days 30 \
        -addext extendedKeyUsage=serverAuth,clientAuth,codeSigning \
        -out "$CERT" 2> req.log && rm req.log &&
        openssl pkcs8 -topk8 -nocrypt -in soft.key -out soft.p8 &&
        softhsm2-util --import soft.p8 --token hsm --label www --id 01 --pin 1234 > /dev/null ||
        fail "the key was not made"
    openssl pkey -in soft.key -pubout -out soft.pem
    rm soft.key soft.p8
    unset OPENSSL_CONF
}

client() {
    echo 'GET / HTTP/1.0' | OPENSSL_CONF=/dev/null timeout 20 openssl s_client \
        -connect "127.0.0.1:$PORT" -servername localhost -CAfile "$CERT" \
        -verify_return_error "$@" > client.log 2>&1
}

start() {
    OPENSSL_CONF=$CONF "$@" > server.log 2>&1 &
    SERVER=$!
    for _ in $(seq 200); do
        (exec 3<> "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null && return 0
        kill -0 $SERVER 2> /dev/null || break
        sleep 0.05
    done
    fail "$1 does not listen"
}

handshakes() {
    local count=$1
    shift
    for _ in $(seq "$count"); do
        client "$@" || fail "no handshake: $*"
        grep -q 'Verify return code: 0' client.log || fail "not verified: $*"
    done
    rm -f client.log
}

ended() {
    local status
    kill -0 "$SERVER" 2> /dev/null || fail "the server died"
    kill -TERM "$SERVER"
    wait "$SERVER"
    status=$?
    SERVER=
    case $status in
    0 | 143) ;;
    *) fail "the server ended with $status" ;;
    esac
}
