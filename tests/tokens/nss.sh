# SPDX-License-Identifier: Apache-2.0
# NSS softokn, which wants a text for C_Initialize; see with.

up() {
    wants libnss3-tools certutil
    TOKEN_MODULE=$(package_file libnss3 libsoftokn3.so) || skip "libnss3 is not installed"
    TOKEN_LABEL='NSS Certificate DB'
    TOKEN_VERSION="NSS $(dpkg-query -W -f '${Version}' libnss3)"
    export NSS_FOLDER=$DIR/db
    mkdir -p "$NSS_FOLDER"
    printf %s "$TOKEN_PIN" > "$DIR/pin"
    certutil -N -d "sql:$NSS_FOLDER" -f "$DIR/pin"
    TOKEN_INIT_ARGS="configdir='sql:$NSS_FOLDER' certPrefix='' keyPrefix='' secmod='secmod.db'"
    TOKEN_PUT='certutil -A -d "sql:$NSS_FOLDER" -n "$2" -t ,, -a -i "$1"'
}
