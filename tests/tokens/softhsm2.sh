# SPDX-License-Identifier: Apache-2.0
# SoftHSM2; see with.

up() {
    wants softhsm2 softhsm2-util
    TOKEN_MODULE=$(package_file libsofthsm2 libsofthsm2.so) || skip "libsofthsm2 is not installed"
    TOKEN_VERSION="SoftHSM $(softhsm2-util --version)"
    mkdir -p "$DIR/tokens"
    cat > "$DIR/softhsm2.conf" << END
directories.tokendir = $DIR/tokens
objectstore.backend = file
log.level = ERROR
END
    export SOFTHSM2_CONF=$DIR/softhsm2.conf
    # It rewrites its token at each login, and one that is read meanwhile fails.
    TOKEN_CLONE='mkdir "$1" && cp -r "${SOFTHSM2_CONF%/*}/tokens" "$1/" &&
        sed "s|^\(directories.tokendir = \).*|\1$1/tokens|" "$SOFTHSM2_CONF" > "$1/softhsm2.conf" &&
        echo "SOFTHSM2_CONF=$1/softhsm2.conf"'
    softhsm2-util --init-token --free --label "$TOKEN_LABEL" --pin "$TOKEN_PIN" --so-pin 5678 > /dev/null
}
