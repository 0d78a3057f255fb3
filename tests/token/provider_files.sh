#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files "PKCS#11 PROVIDER URI": written by the openssl command and by privyseal
# key pem, read by every command that reads a key, and by nobody disturbed.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_files
for order in first second; do
    openssl_conf "$order.cnf" "$order" 'pin-source = value:1234'
done
tool=$PRIVYSEAL_BUILD/tools/privyseal
plain req -x509 -key k.key -subj '/CN=time' -days 30 \
    -addext extendedKeyUsage=critical,timeStamping -out tsa.pem
cat > ts.cnf <<END
[tsa]
default_tsa = here
[here]
serial = $DIR/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
END
plain ts -query -data msg -sha256 -cert -out query.tsq 2> /dev/null
plain ecparam -name P-256 -genkey -out ec.key
plain pkcs8 -topk8 -in k.key -passout pass:secret -out encrypted.key

for order in first second; do
    use $order
    ok "a key is written as its URI" openssl pkey -in "$KEY" -out written.pem &&
        said "in a file" '^-----BEGIN PKCS#11 PROVIDER URI-----$' written.pem
    ok "its contents" plain asn1parse -in written.pem
    said "are a title" 'VISIBLESTRING *:PKCS#11 Provider URI v1.0$'
    said "and a URI" 'UTF8STRING *:pkcs11:.*token=lab.*object=k;type=private$'
    ok "the tool writes one" "$tool" key pem "${KEY%\?*}" --out tool.pem
    ok "encryption has nothing to do" openssl pkey -in "$KEY" -aes256 \
        -passout pass:secret -out same.pem && ok "there" cmp same.pem written.pem

    for key in written.pem tool.pem; do
        ok "pkey -pubout" openssl pkey -in $key -pubout -out got &&
            ok "is the public key" cmp got k.pem
        ok "pkey -inform PEM" openssl pkey -inform PEM -in $key -noout
        ok "pkey -text" openssl pkey -in $key -text -noout
        said "shows the size" 'Public-Key: (2048 bit)'
        ok "pkey -text_pub" openssl pkey -in $key -text_pub -noout
        ok "pkey -check of the public half" openssl pkey -in $key -pubcheck \
            -noout
        ok "dgst" openssl dgst -sha256 -sign $key -out sig msg &&
            ok "verifies" plain dgst -sha256 -verify k.pem -signature sig msg
        ok "pkeyutl -decrypt" sh -c 'OPENSSL_CONF=/dev/null openssl pkeyutl \
            -encrypt -pubin -inkey k.pem -in msg -out cipher &&
            openssl pkeyutl -decrypt -inkey "$0" -in cipher -out plain.txt' \
            $key && ok "gives the message" cmp msg plain.txt
        ok "req -new" openssl req -new -key $key -subj /CN=me -out me.csr &&
            ok "verifies" plain req -verify -noout -in me.csr
        ok "cms -sign" openssl cms -sign -binary -nodetach -in msg -signer \
            cert.pem -inkey $key -outform DER -out cms.der &&
            ok "verifies" plain cms -verify -binary -inform DER -in cms.der \
                -CAfile cert.pem -purpose any -out got
        ok "ts -reply" openssl ts -config ts.cnf -section here -reply \
            -queryfile query.tsq -signer tsa.pem -inkey $key -out reply.tsr &&
            ok "verifies" plain ts -verify -queryfile query.tsq -in reply.tsr \
                -CAfile tsa.pem
    done
    cat cert.pem written.pem > both.pem
    ok "behind a certificate" openssl dgst -sha256 -sign both.pem -out sig msg
    cat written.pem cert.pem > both.pem
    ok "before a certificate" openssl dgst -sha256 -sign both.pem -out sig msg
    ok "a store lists both" openssl storeutl -noout both.pem
    said "of them" 'Total found: 2'

    for key in k.key k.p8 ec.key; do
        ok "$key is read as before" openssl pkey -in $key -pubout -out got &&
            ok "the same" sh -c 'OPENSSL_CONF=/dev/null openssl pkey -in "$0" \
                -pubout | cmp - got' $key
    done
    ok "an encrypted key too" openssl pkey -in encrypted.key -passin \
        pass:secret -pubout -out got && ok "the same" cmp got k.pem
    no "but with its password" "" openssl pkey -in encrypted.key -passin \
        pass:wrong -noout
    ok "a certificate" openssl x509 -in cert.pem -noout -subject

    head -n 2 written.pem > cut.pem
    no "a cut file" "its end is missing" openssl pkey -in cut.pem -noout
    for uri in 'pkcs11:token=lab;object=k?pin-value=1234' 'http://x'; do
        printf 'asn1=SEQUENCE:s\n[s]\nt=VISIBLESTRING:PKCS#11 Provider URI v1.0\nu=UTF8:%s\n' \
            "$uri" | sed 's/#/\\#/' > asn1.cnf
        plain asn1parse -genconf asn1.cnf -noout -out bad.der
        { echo '-----BEGIN PKCS#11 PROVIDER URI-----'
            base64 -w 64 bad.der
            echo '-----END PKCS#11 PROVIDER URI-----'; } > bad.pem
        case $uri in # other programs write files with PINs
        pkcs11:*) ok "a file of $uri" openssl pkey -in bad.pem -noout ;;
        *) no "a file of $uri" "is not usable: " openssl pkey -in bad.pem -noout ;;
        esac
    done
    no "no such key" "no such object" openssl pkey -noout -in <(
        "$tool" key pem 'pkcs11:token=lab;object=none')
done
no "the tool takes no PIN" "PIN" "$tool" key pem "$KEY"
no "nor other types" "private" "$tool" key pem 'pkcs11:token=lab;object=k;type=cert'
no "nor URIs of a whole token" "names no key" "$tool" key pem pkcs11:token=lab
no "nor of a slot" "names no key" "$tool" key pem 'pkcs11:token=lab;slot-id=1'
no "nor what is no URI" "PKCS#11 URI" "$tool" key pem 'pkcs11:token=%zz'
echo other > taken
no "nor files that are there" "taken" "$tool" key pem 'pkcs11:object=k' --out taken
ok "--json" "$tool" key pem 'pkcs11:token=lab;object=k' --json &&
    said "has the file's text" '"pem": "-----BEGIN'

openssl_conf off.cnf first 'pin-source = value:1234' \
    'pkcs11-module-encode-provider-uri-to-pem = false'
use off
no "the configuration forbids it" "forbids" openssl pkey -in "$KEY"
summary
