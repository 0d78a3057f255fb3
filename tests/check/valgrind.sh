#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the unit tests of one build under valgrind: tests/check/valgrind.sh BUILD LOGDIR
# SoftHSM2's and OpenSSL's own noise is named in valgrind.supp, nothing else is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
logs=$2/valgrind
started=$(date +%s)
mkdir -p "$logs" "$build/valgrind"
cd "$build/valgrind"

good=0 bad=0
one() {
    name=$(basename "$1")
    if timeout 600 valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --suppressions="$here/valgrind.supp" --fair-sched=yes "$1" > "$logs/$name" 2>&1; then
        echo good
    else
        echo "valgrind: $name failed: $logs/$name" >&2
        echo bad
    fi
}
for program in "$build"/tests/unit-*; do
    [ -x "$program" ] || continue
    # Fork and thread races take too long at valgrind's pace; sanitizers have them.
    case $program in *-slow) continue ;; esac
    if [ "$(one "$program")" = good ]; then good=$((good + 1)); else bad=$((bad + 1)); fi
done
printf '%-9s %s passed, %s failed in %s s\n' valgrind $good $bad $(($(date +%s) - started))
[ $bad = 0 ] && [ $good -gt 0 ]
