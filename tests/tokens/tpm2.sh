# SPDX-License-Identifier: Apache-2.0
# tpm2-pkcs11 on a software TPM, behind a resource manager on a message bus of
# its own; see with.
bus= manager= tpm=

free_port() {
    python3 -c 'import socket
s = [socket.socket() for _ in range(2)]
while True:
    s[0].bind(("127.0.0.1", 0))
    port = s[0].getsockname()[1]
    try:
        s[1].bind(("127.0.0.1", port + 1))
    except OSError:
        s[0].close()
        s[0] = socket.socket()
        continue
    print(port)
    break'
}

up() {
    local port
    wants swtpm swtpm
    wants tpm2-abrmd tpm2-abrmd
    wants dbus-daemon dbus-daemon
    wants libtpm2-pkcs11-tools tpm2_ptool
    TOKEN_MODULE=$(package_file libtpm2-pkcs11-1 'pkcs11/libtpm2_pkcs11.so') || skip "libtpm2-pkcs11-1 is not installed"
    TOKEN_VERSION="tpm2-pkcs11 $(dpkg-query -W -f '${Version}' libtpm2-pkcs11-1) on swtpm $(dpkg-query -W -f '${Version}' swtpm)"
    # Two processes that make keys at once fail now and then.
    TOKEN_SERIAL=yes
    mkdir -p "$DIR/tpm" "$DIR/store"
    dbus-daemon --session --nofork --print-address=3 3> "$DIR/bus" > "$DIR/bus.out" 2>&1 &
    bus=$!
    wait_for 50 test -s "$DIR/bus" || skip "no message bus: $(tail -n1 "$DIR/bus.out")"
    DBUS_SESSION_BUS_ADDRESS=$(cat "$DIR/bus")
    export DBUS_SESSION_BUS_ADDRESS
    port=$(free_port)
    # It changes its folder: paths must be absolute.
    swtpm socket --tpm2 --tpmstate "dir=$DIR/tpm" \
        --ctrl "type=tcp,port=$((port + 1)),bindaddr=127.0.0.1" \
        --server "type=tcp,port=$port,bindaddr=127.0.0.1" \
        --flags not-need-init,startup-clear > "$DIR/swtpm.out" 2>&1 &
    tpm=$!
    wait_for 50 listens "$port" || skip "no software TPM: $(tail -n1 "$DIR/swtpm.out")"
    tpm2-abrmd --session --allow-root --flush-all "--tcti=swtpm:host=127.0.0.1,port=$port" \
        > "$DIR/abrmd.out" 2>&1 &
    manager=$!
    wait_for 50 owned || skip "no resource manager: $(tail -n1 "$DIR/abrmd.out")"
    export TPM2TOOLS_TCTI=tabrmd:bus_type=session TPM2_PKCS11_TCTI=tabrmd:bus_type=session
    export TPM2_PKCS11_STORE=$DIR/store TSS2_LOG=all+NONE TPM2_PKCS11_LOG_LEVEL=0
    tpm2_ptool init > "$DIR/ptool.out" 2>&1
    tpm2_ptool addtoken --pid 1 --label "$TOKEN_LABEL" --sopin 5678 --userpin "$TOKEN_PIN" >> "$DIR/ptool.out" 2>&1
}

# The control port would count as a connection on the other: only look.
listens() {
    grep -q "$(printf ':%04X 00000000:0000 0A' "$1")" /proc/net/tcp
}

owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:com.intel.tss2.Tabrmd | grep -q 'boolean true'
}

down() {
    for pid in $manager $tpm $bus; do
        stop "$pid"
    done
}
