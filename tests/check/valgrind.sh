#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit tests of one build and the main job under valgrind:
#   tests/check/valgrind.sh BUILD LOGDIR
# Programs that take longer than a moment at its pace (many RSA keys made in
# software) are stopped and named, unless PRIVYSEAL_FULL=1. Noise of SoftHSM2 is
# in valgrind.supp by name, nothing else is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
mkdir -p "$2/valgrind" "$build/valgrind"
VALGRIND_LOGS=$(cd "$2/valgrind" && pwd)
VALGRIND="valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
    --fair-sched=yes --suppressions=$here/valgrind.supp"
VALGRIND_LIMIT=8
[ "${PRIVYSEAL_FULL-}" = 1 ] && VALGRIND_LIMIT=3000
export VALGRIND VALGRIND_LOGS VALGRIND_LIMIT
started=$(date +%s)
cd "$build/valgrind"
rm -f "$VALGRIND_LOGS"/*

# pkcs11-wiping reads freed memory on purpose.
find "$build/tests" -maxdepth 1 -type f -name 'unit-*' -perm -u+x ! -name unit-pkcs11-wiping | sort |
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} sh -c '
        name=$(basename "{}")
        result=0
        leaks=full
        # A child of a process with threads has their memory to lose.
        case $name in unit-fault-state | unit-pkcs11-fork | unit-provider-signature) leaks=no ;; esac
        timeout "$VALGRIND_LIMIT" $VALGRIND --leak-check=$leaks "{}" > "$VALGRIND_LOGS/$name" 2>&1 || result=$?
        echo "$result $name" >> "$VALGRIND_LOGS/results"'

# The main job, each command under valgrind, on the built-in token.
job=$build/valgrind/job
rm -rf "$job"
mkdir -p "$job/token"
cd "$job"
chmod 700 . token
(umask 077 && echo 1234 > pin)
PRIVYSEAL_FAULT="token-dir=$job/token label=lab pin=1234"
export PRIVYSEAL_FAULT
token="--module $build/tests/fault/privyseal-fault.so --token pkcs11:token=lab --pin-source file:pin"
number=0
tool() {
    number=$((number + 1))
    result=0
    # Lists of words on purpose.
    # shellcheck disable=SC2086
    timeout 300 $VALGRIND "$build/tools/privyseal" "$@" > "$VALGRIND_LOGS/job-$number" 2>&1 < /dev/null || result=$?
    echo "$result job-$number:privyseal-$1" >> "$VALGRIND_LOGS/results"
}
# shellcheck disable=SC2086
{
    tool init --store authority --role authority --name EA $token
    tool init --store root --role root --name RMS01 --url https://rms.example/_wmcs --anchors authority/anchors.pem $token
    tool key generate --label web $token
    tool key list $token
}
tool enroll --store root --export
tool request check RMS01EnrollRequest.xml
tool authority sign --store authority RMS01EnrollRequest.xml --out RMS01.slc.xml --yes
tool enroll --store root --import RMS01.slc.xml --yes
tool verify --explain --anchors authority/anchors.pem RMS01.slc.xml
tool status --store root
tool log tail --store root
tool log verify --store authority

good=$(grep -c '^0 ' "$VALGRIND_LOGS/results" || true)
slow=$(sed -n 's/^124 unit-//p' "$VALGRIND_LOGS/results" | tr '\n' ' ')
bad=$(grep -vE '^(0|124) ' "$VALGRIND_LOGS/results" || true)
printf '%-9s %s passed, %s failed in %s s\n' valgrind "$good" "$(printf '%s' "$bad" | grep -c . || true)" \
    $(($(date +%s) - started))
[ -z "$slow" ] || echo "          stopped after $VALGRIND_LIMIT s: $slow"
[ -z "$bad" ] || printf 'valgrind: exit %s\n' "$bad"
[ -z "$bad" ] && [ "$good" -gt 60 ]
