# SPDX-License-Identifier: Apache-2.0
# SoftHSM2 in a process of its own behind p11-kit's remoting; see with.
. "$here/softhsm2.sh"
eval "$(declare -f up | sed '1s/up/up_softhsm2/')"
server=

up() {
    local client
    wants p11-kit p11-kit
    client=$(package_file p11-kit-modules p11-kit-client.so) || skip "p11-kit-modules is not installed"
    p11-kit server --help > /dev/null 2>&1 || skip "p11-kit has no server"
    up_softhsm2
    # A socket's path has 107 octets at most; the scratch folder may be deep.
    sockets=$(mktemp -d "${TMPDIR:-/tmp}/remoting.XXXXXX")
    p11-kit server --provider "$TOKEN_MODULE" --name "$sockets/socket" --foreground \
        "pkcs11:token=$TOKEN_LABEL" > "$DIR/server.out" 2>&1 &
    server=$!
    wait_for 50 test -S "$sockets/socket"
    export P11_KIT_SERVER_ADDRESS=unix:path=$sockets/socket
    TOKEN_MODULE=$client
    TOKEN_CLONE=
    TOKEN_SERIAL=yes
    TOKEN_VERSION="p11-kit $(dpkg-query -W -f '${Version}' p11-kit) over $TOKEN_VERSION"
}

down() {
    [ -z "$server" ] || stop "$server"
    [ -z "${sockets:-}" ] || rm -rf "$sockets"
}
