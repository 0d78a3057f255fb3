# SPDX-License-Identifier: Apache-2.0
# Sourced before the lines of a row (rows.txt) by bash, in the row's folder.
set -e -o pipefail

# openssl without the provider.
plain() { OPENSSL_CONF=/dev/null command openssl "$@"; }

# Must fail, and not by a signal.
refused() {
    local status=0
    "$@" || status=$?
    if [ $status -eq 0 ] || [ $status -gt 127 ]; then
        echo "exit $status, should have been refused: $*" >&2
        return 1
    fi
}

same_key() {
    plain pkey -pubin -in "$1" -outform DER | cmp - <(plain pkey -pubin -in "$2" -outform DER)
}

# Text modes end lines with CR LF.
cmp_text() { tr -d '\r' < "${1/#-//dev/stdin}" | cmp - "$2"; }

# None of the files is readable as a private key.
no_private_key() {
    local file
    for file; do
        [ ! -e "$file" ] || refused plain pkey -in "$file" -passin pass:x -noout
    done
}

names_a_uri() {
    grep -q 'BEGIN PKCS#11 PROVIDER URI' "$1" && refused grep -q 'PRIVATE KEY' "$1"
}

# generate TYPE [OPTION]: a key of its own for this row; MADE is its URI.
generate() {
    local label="made-$$-$RANDOM" option=()
    [ -z "${2:-}" ] || option=(-pkeyopt "$2")
    openssl genpkey -propquery provider=privyseal -algorithm "$1" "${option[@]}" \
        -pkeyopt "pkcs11_uri:$TOKEN;object=$label;id=%$(printf %02x $((RANDOM % 256)))%$(printf %02x $((RANDOM % 256)))?pin-value=$PIN" \
        -out made.pem
    MADE="$TOKEN;object=$label;type=private?pin-value=$PIN"
}

# token_refuses MECHANISM ID OCTETS: pkcs11-tool cannot sign so many octets with
# that key, and can with a P-256 key as many as usual.
token_refuses() {
    sign_alone "$1" 02 32 && refused sign_alone "$@"
}

sign_alone() {
    head -c "$3" /dev/zero | tr '\0' x > octets
    pkcs11-tool --module "$TOKEN_MODULE" --token-label "$TOKEN_LABEL" --login --pin "$TOKEN_PIN" \
        --sign -m "$1" --id "$2" -i octets -o octets.sig
}

# ca_files CERTIFICATE: what "openssl ca" wants to find.
ca_files() {
    touch index
    echo 10 > serial
    echo 10 > crlnumber
    cat > ca.cnf << END
[ca]
default_ca = row
[row]
database = index
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = $1
default_md = sha256
default_days = 9
policy = any
[any]
commonName = supplied
END
}

ts_files() {
    echo 10 > serial
    cat > ts.cnf << END
[tsa]
serial = serial
default_policy = 1.2.3.4
digests = sha256
signer_digest = sha256
END
}

# serve ARGUMENTS...: s_server with the provider; PORT is its port.
SERVER=
serve() { start_server "$OPENSSL_CONF" "$@"; }
serve_plain() { start_server /dev/null -Verify 1 -CAfile "$S/ca.pem" -cert "$S/soft.pem" -key "$S/soft.key" "$@"; }

start_server() {
    local conf=$1
    shift
    : > server.out
    env OPENSSL_CONF="$conf" openssl s_server -accept 127.0.0.1:0 -www "$@" \
        > server.out 2> server.err < /dev/null &
    SERVER=$!
    trap 'kill $SERVER 2> /dev/null || true' EXIT
    for _ in $(seq 400); do
        PORT=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' server.out | head -n1)
        [ -z "$PORT" ] || return 0
        kill -0 $SERVER 2> /dev/null || break
        sleep 0.05
    done
    echo "no server:" >&2
    cat server.err >&2
    return 1
}

# A GET over TLS by a client without, or with, the provider; into answer.
connect() { get plain "$@"; }
connect_with() { get openssl "$@"; }

get() {
    local command=$1
    shift
    printf 'GET / HTTP/1.0\r\n\r\n' |
        "$command" s_client -connect "127.0.0.1:$PORT" -CAfile "$S/ca.pem" -verify_return_error -ign_eof "$@" > answer
}

# shaken VERSION PATTERN: the last handshake, and that the server is well.
shaken() {
    local status=0
    grep -q "New, $1" answer
    grep -q "$2" answer
    kill -TERM $SERVER
    wait $SERVER || status=$?
    [ $status -eq 143 ] || [ $status -eq 0 ]
}
