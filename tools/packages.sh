# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2086
# Sourced by tools/quickstart and tests/run.
#
#   need_packages NAME...   installs the Debian packages that are missing, as
#                           root or by sudo; without either it prints the exact
#                           command and returns 1
#   need_quiet_packages NAME...
#                           the same, and no service is started by it: the
#                           policy that Debian asks says so for the while
#   forget_moved_build TOP BUILD
#                           removes a build folder that was made for another
#                           source folder (a clone that was moved or copied)

packages_missing() {
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
        installed) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

need_packages() {
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    install="apt-get install -y --no-install-recommends ${missing% }"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
        as_root='sudo -n'
    elif command -v sudo > /dev/null && [ -t 0 ]; then
        as_root=sudo
    else
        echo "These Debian packages are missing. As root, run:" >&2
        echo "  apt-get update && $install" >&2
        return 1
    fi
    echo "Installing: ${missing% }"
    # Lists may be old or absent on a fresh machine; an install that works
    # without new ones saves the round trip. No service may start by it.
    $as_root env DEBIAN_FRONTEND=noninteractive $install > /dev/null 2>&1 ||
        { $as_root apt-get update > /dev/null &&
            $as_root env DEBIAN_FRONTEND=noninteractive $install > /dev/null; } || {
        echo "Installing failed. As root, run:" >&2
        echo "  apt-get update && $install" >&2
        return 1
    }
}

need_quiet_packages() {
    [ -n "$(packages_missing "$@")" ] || return 0
    policy=/usr/sbin/policy-rc.d
    if [ -e $policy ] || [ "$(id -u)" != 0 ]; then
        need_packages "$@"
        return
    fi
    (
        trap 'rm -f $policy' EXIT
        trap 'exit 130' INT TERM HUP
        printf '#!/bin/sh\nexit 101\n' > $policy
        chmod 755 $policy
        need_packages "$@"
    )
}

forget_moved_build() {
    if [ -f "$2/CMakeCache.txt" ] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$1" "$2/CMakeCache.txt"; then
        rm -rf "$2"
    fi
}

BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config libssl-dev openssl
    libp11-kit-dev libxml2-dev libsqlite3-dev gettext"
TOKEN_PACKAGES="softhsm2"
TEST_PACKAGES="libcunit1-dev strace valgrind python3
    opensc mandoc expect xxd git faketime sqlite3 curl procps
    libnss3 libnss3-tools p11-kit p11-kit-modules"
CLANG_PACKAGES="clang libclang-rt-14-dev"
# Tokens and servers that would start a service at install: taken where they are
# installed, installed for the full counts only.
SERVICE_PACKAGES="opencryptoki swtpm swtpm-tools tpm2-tools tpm2-abrmd
    libtpm2-pkcs11-1 libtpm2-pkcs11-tools libtss2-tcti-swtpm0
    libtss2-tcti-tabrmd0 dbus-daemon nginx haproxy apache2 stunnel4"
