# SPDX-License-Identifier: Apache-2.0
# The software token of openCryptoki; see with. Its daemon and folders are the
# machine's: it wants root, and is left alone where one runs already.
lock=/run/lock/opencryptoki
state=/var/lib/opencryptoki
shared=/dev/shm/var.lib.opencryptoki.swtok
kept=
daemon=

up() {
    wants opencryptoki pkcsslotd
    [ "$(id -u)" = 0 ] || skip "openCryptoki's daemon wants root"
    ! pgrep -x pkcsslotd > /dev/null || skip "a pkcsslotd of this machine is running"
    TOKEN_MODULE=$(package_file libopencryptoki0 libopencryptoki.so ||
        package_file opencryptoki libopencryptoki.so) || skip "libopencryptoki is not installed"
    TOKEN_VERSION="openCryptoki $(dpkg-query -W -f '${Version}' opencryptoki)"
    # Once in some hundred times a process that begins beside another is told
    # that the token is not present.
    TOKEN_SERIAL=yes
    mkdir -p "$lock" "$state"
    kept=$DIR/kept
    if [ -d "$state/swtok" ]; then
        mv "$state/swtok" "$kept"
    fi
    rm -rf "${lock:?}/swtok" $shared
    mkdir -p "$state/swtok/TOK_OBJ" "$lock/swtok"
    [ ! -d /run/opencryptoki ] || chown pkcsslotd:pkcs11 /run/opencryptoki
    chgrp -R pkcs11 "$lock" "$state"
    chmod -R g+rwX "$lock" "$state"
    TOKEN_PIN=12341234
    pkcsslotd > "$DIR/pkcsslotd.out" 2>&1
    wait_for 50 pgrep -x pkcsslotd
    daemon=$(pgrep -x pkcsslotd)
    wait_for 50 has_slot || skip "openCryptoki's software token is not offered"
    {
        echo "$TOKEN_LABEL" | pkcsconf -I -c 3 -S 87654321
        pkcsconf -P -c 3 -S 87654321 -n 76543210
        pkcsconf -u -c 3 -S 76543210 -n 11111111
        pkcsconf -p -c 3 -U 11111111 -n "$TOKEN_PIN"
    } > "$DIR/pkcsconf.out" 2>&1
}

# The daemon takes a moment; the tokens are what its configuration has.
has_slot() { pkcsconf -s | grep -q 'Slot #3'; }

down() {
    [ -n "$kept" ] || return 0
    for pid in $daemon; do
        stop "$pid"
    done
    rm -rf "$state/swtok" $shared
    [ ! -d "$kept" ] || mv "$kept" "$state/swtok"
}
