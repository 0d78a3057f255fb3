# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that want a SoftHSM2 token of their own.
#
#   softhsm_new DIR LABEL [PIN]   makes DIR/softhsm2.conf and a token in DIR,
#                                 exports SOFTHSM2_CONF and SOFTHSM_MODULE
# SoftHSM2 rewrites its token on every login: keep a copy where a test kills.

softhsm_module() {
    dpkg -L libsofthsm2 2>/dev/null | grep -m1 '/libsofthsm2\.so$' ||
        ls /usr/lib/softhsm/libsofthsm2.so 2>/dev/null
}

softhsm_new() {
    SOFTHSM_MODULE=$(softhsm_module) || { echo "SoftHSM2 is not installed" >&2; return 77; }
    mkdir -p "$1/tokens"
    printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n' \
        "$1/tokens" > "$1/softhsm2.conf"
    SOFTHSM2_CONF=$1/softhsm2.conf
    export SOFTHSM2_CONF SOFTHSM_MODULE
    softhsm2-util --init-token --free --label "$2" --pin "${3:-1234}" --so-pin 5678 > /dev/null
}
