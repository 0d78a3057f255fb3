#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes what the rows of the matrix work on: keys in the token by the provider
# (by pkcs11-tool where that fails), certificates for them by a software CA,
# software keys, messages.
#
# usage: prepare.sh DIR
#   with TOKEN_*: keys of that token (../tokens/with); without: keys in files
# Writes DIR/keys, lines "NAME=URI or file", and DIR/notes, what went wrong.
set -u

S=$1
cd "$S" || exit 1
: > keys
: > notes

plain() { OPENSSL_CONF=/dev/null command openssl "$@"; }
key() { printf '%s=%s\n' "$1" "$2" >> keys; }

if [ -n "${TOKEN_MODULE:-}" ]; then
    TOKEN="pkcs11:token=${TOKEN_LABEL// /%20}"
    key TOKEN "$TOKEN"
    key PIN "$TOKEN_PIN"
    printf %s "$TOKEN_PIN" > pin
    key OBJECTS "$TOKEN?pin-value=$TOKEN_PIN"
fi

# name type option id type-of-pkcs11-tool
kinds='RSA RSA bits:2048 01 rsa:2048
EC EC group:P-256 02 EC:prime256v1
EC384 EC group:P-384 03 EC:secp384r1
EC521 EC group:P-521 04 EC:secp521r1
ED25519 ED25519 - 05 EC:edwards25519
X25519 X25519 - 06 EC:curve25519'

# make_in_token NAME TYPE OPTION ID TOOL
make_in_token() {
    local label=${1,,} option=() uri
    uri="$TOKEN;object=$label;id=%$4"
    [ "$3" = - ] || option=(-pkeyopt "$3")
    if openssl genpkey -propquery provider=privyseal -algorithm "$2" "${option[@]}" \
        -pkeyopt "pkcs11_uri:$uri?pin-value=$TOKEN_PIN" -out "$label.made" 2> "$label.err"; then
        :
    elif pkcs11-tool --module "$TOKEN_MODULE" --token-label "$TOKEN_LABEL" --login --pin "$TOKEN_PIN" \
        --keypairgen --key-type "$5" --id "$4" --label "$label" > "$label.tool" 2>&1; then
        echo "$1: made by pkcs11-tool, not by the provider: $(grep -m1 . "$label.err")" >> notes
    else
        echo "$1: not made: $(grep -m1 'privyseal\|error' "$label.err")" >> notes
        return 1
    fi
    URI="$TOKEN;object=$label;type=private?pin-value=$TOKEN_PIN"
    openssl pkey -in "$URI" -pubout -out "$label.pub" 2> "$label.err" ||
        { echo "$1: no public half: $(grep -m1 . "$label.err")" >> notes; return 1; }
}

# The PEM file that names a URI, built here from its description.
uri_file() {
    printf 'asn1 = SEQUENCE:uri\n[uri]\nname = VISIBLESTRING:"PKCS#11 Provider URI v1.0"\nuri = UTF8String:"%s"\n' \
        "$2" > "$1.cnf"
    plain asn1parse -genconf "$1.cnf" -noout -out "$1.der"
    {
        echo '-----BEGIN PKCS#11 PROVIDER URI-----'
        openssl base64 -in "$1.der"
        echo '-----END PKCS#11 PROVIDER URI-----'
    } > "$1.uri.pem"
}

make_in_file() {
    local label=${1,,} option=()
    [ "$3" = - ] || option=(-pkeyopt "$3")
    plain genpkey -algorithm "$2" "${option[@]/bits:/rsa_keygen_bits:}" -out "$label.key" 2> "$label.err" &&
        plain pkey -in "$label.key" -pubout -out "$label.pub"
    URI=$S/$label.key
}

# certificate NAME SUBJECT PUBLIC-KEY EXTENSION...
certificate() {
    local name=$1 subject=$2 public=$3
    shift 3
    printf '%s\n' "$@" > "$name.ext"
    plain x509 -new -force_pubkey "$public" -subj "/CN=$subject" -CA ca.pem -CAkey ca.key \
        -days 30 -extfile "$name.ext" -out "$name.pem" 2>> certificates.err
}

printf 'A message, to be signed.\n' > msg
plain dgst -sha256 -binary msg > msg.sha256
printf 'a secret of some octets' > secret
{ printf '\0\1'; head -c 254 /dev/zero | tr '\0' 'x'; } > block
openssl_software() {
    plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out ca.key
    plain req -x509 -key ca.key -subj /CN=ca -days 30 -addext basicConstraints=critical,CA:TRUE -out ca.pem
    plain genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out soft.key
    plain genpkey -algorithm EC -pkeyopt group:P-256 -out softec.key
    plain genpkey -algorithm X25519 -out softx.key
    for file in soft softec softx; do
        plain pkey -in $file.key -pubout -out $file.pub
    done
    plain req -new -key soft.key -subj /CN=leaf -out soft.csr
    certificate soft soft soft.pub 'subjectAltName = DNS:localhost'
    plain ocsp -issuer ca.pem -cert soft.pem -reqout ocsp.req -no_nonce
    plain ts -query -data msg -sha256 -cert -out ts.req
}
openssl_software > software.out 2>&1 || { cat software.out >&2; exit 1; }

while read -r name type option id tool; do
    if [ -n "${TOKEN_MODULE:-}" ]; then
        make_in_token "$name" "$type" "$option" "$id" "$tool" < /dev/null || continue
        uri_file "${name,,}" "${URI%%\?*}?pin-source=file:$S/pin"
        key "${name}PEM" "$S/${name,,}.uri.pem"
    else
        make_in_file "$name" "$type" "$option" || continue
        key "${name}PEM" "$URI"
    fi
    key "$name" "$URI"
    case $name in
    X25519) continue ;;
    RSA | EC)
        certificate "${name,,}-ca" "${name,,}-ca" "${name,,}.pub" 'basicConstraints = critical,CA:TRUE'
        certificate "${name,,}-tsa" tsa "${name,,}.pub" 'extendedKeyUsage = critical,timeStamping'
        certificate "${name,,}-ocsp" ocsp "${name,,}.pub" 'extendedKeyUsage = OCSPSigning'
        ;;
    esac
    certificate "${name,,}" "${name,,}" "${name,,}.pub" 'subjectAltName = DNS:localhost'
done <<< "$kinds"

if [ -n "${TOKEN_MODULE:-}" ] && [ -s rsa.pem ]; then
    plain x509 -in rsa.pem -outform DER -out rsa.der
    if sh -c "$TOKEN_PUT" put "$S/rsa.pem" rsa 01 > put.out 2>&1 ||
        sh -c "$TOKEN_PUT" put "$S/rsa.der" rsa 01 > put.out 2>&1; then
        key CERT "$TOKEN;object=rsa;type=cert"
    else
        echo "CERT: not put: $(head -n1 put.out)" >> notes
    fi
fi
