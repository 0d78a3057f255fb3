#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bash completion: verbs, options, words and files, as readline would ask; and
# the words that it lists are those of the program.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
mkdir bin
for name in privyseal privyseal-enroll; do
    ln -s "$tool" "bin/$name"
done
PATH=$PWD/bin:$PATH
. "$PRIVYSEAL_SOURCE/tools/completion/privyseal"

# asked LINE: what is offered at its end, one a line, sorted
asked() {
    COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
    _privyseal "${1%% *}"
    printf '%s\n' "${COMPREPLY[@]}" | sort
}

offers() { # offers LINE WORD...
    local line=$1
    shift
    [ "$(asked "$line")" = "$(printf '%s\n' "$@" | sort)" ] ||
        fail "$line: $(asked "$line" | tr '\n' ' '), expected $*"
}

# Every verb, every option of each.
"$tool" --help | sed -n 's/^  \([a-z]*\( [a-z-]*\)\{0,1\}\)  .*/\1/p' > verbs
# The shell splits the words on purpose.
# shellcheck disable=SC2046
offers 'privyseal ' $(cut -d' ' -f1 verbs | sort -u) --help --version
while read -r verb; do
    first=${verb%% *}
    case $verb in
    *' '*) asked "privyseal $first " | grep -qx "${verb#* }" || fail "$verb is not offered" ;;
    *) asked "privyseal ${first%?}" | grep -qx "$first" || fail "$verb is not offered" ;;
    esac
    # shellcheck disable=SC2086
    "$tool" $verb --help | sed -n 's/^  [ -].[ ,] \(--[a-z-]*\).*/\1/p' | sort > options
    [ -s options ] || fail "no option of $verb"
    [ "$(asked "privyseal $verb --")" = "$(cat options)" ] || fail "options of $verb"
done < verbs
[ "$(wc -l < verbs)" = "$(grep -c '^VERB(' "$PRIVYSEAL_SOURCE/tools/verbs.def")" ] || fail "verbs"
offers 'privyseal verify --expl' --explain
offers 'privyseal-enroll --exp' --export
offers 'privyseal frobnicate --' ''

# Words, also behind a sign at which readline breaks words.
offers 'privyseal init --role ' authority root licensing
offers 'privyseal init --role=li' licensing
offers 'privyseal init --key rsa:3' 3072
offers 'privyseal init --pin-source c' credential:
offers 'privyseal init --can-unseal=' yes no
offers 'privyseal init --revocation s' standard
# Text of the user's own.
offers 'privyseal init --name ' ''

# Files.
mkdir docs
touch docs/one.xml 'docs/two words.xml'
offers 'privyseal verify docs/' docs/one.xml 'docs/two words.xml'
offers 'privyseal verify --anchors docs/o' docs/one.xml
offers 'privyseal init --pin-source file:docs/o' docs/one.xml
offers 'privyseal init --can-unseal docs/o' docs/one.xml

# The program names the same words where it refuses another.
for option in --role --key --revocation; do
    role='--role root'
    [ $option != --role ] || role=
    # shellcheck disable=SC2086
    exits 2 "$tool" init --store s $role --token pkcs11:token=a --pin-source file:pin --url https://a.example \
        --anchors pin $option frobnicate
    sed 's/.* is none of //; s/;.*//' err | grep -qx "$(_privyseal_words $option '' | paste -sd, | sed 's/,/, /g')" ||
        fail "words of $option: $(cat err)"
done
