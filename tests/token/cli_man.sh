#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual keeps step with the program: every verb, option and exit code.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
man=$PRIVYSEAL_SOURCE/docs/man

exits 0 "$tool" --help
sed -n 's/^  \([a-z]*\( [a-z-]*\)\{0,1\}\)  .*/\1/p' out > verbs
while read -r verb; do
    page=$man/privyseal-${verb%% *}.1
    [ -f "$page" ] || fail "no page for $verb"
    grep -q "Cm.* $verb\( \|$\)" "$man/privyseal.1" || fail "privyseal(1) does not name $verb"
    # shellcheck disable=SC2086
    exits 0 "$tool" $verb --help
    sed -n 's/^  [ -].[ ,] --\([a-z-]*\).*/\1/p' out | while read -r option; do
        grep -q "^\.It Fl.* \(Fl \)\{0,1\}-$option\( \|$\)" "$page" || fail "$page does not explain --$option"
        echo "${verb%% *} $option" >> options
    done
done < verbs
[ "$(wc -l < options)" -gt 60 ] || fail "only $(wc -l < options) options were looked at"

# And no page explains an option that no verb of it has.
for page in "$man"/privyseal-*.1; do
    group=${page##*/privyseal-}
    group=${group%.1}
    grep '^\.It Fl' "$page" | grep -o 'Fl -[a-z][a-z-]*' | cut -c5- | while read -r option; do
        grep -qx "$group $option" options || fail "$page explains --$option, which does not exist"
    done
done

# Every key of the configuration, every word of an access list.
sed -n 's/^ *\.key = "\([a-z_-]*\)".*/\1/p' "$PRIVYSEAL_SOURCE/issuer/conf.c" "$PRIVYSEAL_SOURCE/issuer/policy.c" |
    while read -r key; do
        grep -q "\.It Li.* \{0,1\}$key\|^\.Li $key$\|Li $key" "$man/privyseal-config.5" ||
            fail "privyseal-config(5) does not explain $key"
    done
sed -n 's/^ACL_\(OP\|KIND\)([A-Z_0-9]*, "\([a-z0-9-]*\).*/\2/p' "$PRIVYSEAL_SOURCE/issuer/acl_words.def" | while read -r word; do
    grep -q "$word" "$man/privyseal-acl.5" || fail "privyseal-acl(5) does not name $word"
done

sed -n 's/^STATUS([A-Z_]*, \([0-9]*\), .*/\1/p' "$PRIVYSEAL_SOURCE/issuer/status.def" | while read -r code; do
    grep -qx "\.It $code" "$man/privyseal.1" || fail "privyseal(1) does not explain exit $code"
done

if command -v mandoc > /dev/null; then
    mandoc -T lint "$man"/privyseal*.[157] > lint 2> /dev/null || true
    # Pages that are not installed here cannot be referred to.
    ! grep -v 'referenced manual not found\|outdated mandoc.db' lint || fail "mandoc -T lint"
fi
