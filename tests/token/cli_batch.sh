#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# license batch: lists, files, refusals, resuming.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled
exits 0 "$tool" client init --client c --anchors ea/anchors.pem --name machine
exits 0 "$tool" trust add --store root1 machines c/authority.pem --yes
exits 0 "$tool" license rac --store root1 --user ann@example.org --machine c/machine.xml --out 'ann s rac.xml'
exits 0 "$tool" license pl --store root1 --owner ann@example.org --grant bob@example.org:view --out plan.pl.xml
printf '0123456789abcdef' > plan.key

# list LINE...: a list of these orders
list() {
    (
        echo 'privyseal-batch 1'
        printf '%s\n' "$@"
        echo "end $#"
    ) > list
}
batch() {
    code=$1
    shift
    exits "$code" "$tool" license batch list --store root1 --out licenses "$@"
}

# Nothing is issued by a list of which one line is wrong.
mkdir licenses
wrong() { # wrong LINE TEXT: line 2
    list "$1" 'ul --rac "ann s rac.xml" --pl plan.pl.xml'
    batch 4
    says err "list:2: "
    says err "$2"
}
wrong 'slc --name x' 'no such kind'
wrong 'ul --rac "ann s rac.xml' 'a quote that does not end'
wrong 'ul --rac ann\ s\ rac.xml' 'in a word in quotes only'
wrong 'ul --rac "a\n"' 'a quote that does not end, or \'
wrong 'ul --rac x --rac y' '--rac'
wrong 'ul --machine x' '--machine'
wrong 'ul --pl x extra' 'a word too many'
wrong 'ul --pl x --store root1' 'no order in a list has'
wrong 'ul --pl x --nonce 00' 'no order in a list has'
wrong 'ul --pl x --out ../y' 'the name of a file alone'
wrong 'ul --pl x --out .y' 'the name of a file alone'
wrong "$(printf 'ul --pl x\ty')" 'control character'
list 'ul --pl a --out same' 'ul --pl b --out same'
batch 4
says err 'list:3: two orders write one file, this and line 2: same'
list 'ul --pl a' '# nothing' 'ul --pl b --out 00000002.ul.xml'
sed -i 's/^end 3/end 2/' list
batch 4
says err 'list:4: two orders write one file, this and line 2: 00000002.ul.xml'
for text in '' 'privyseal-batch 2\nend 0\n' 'privyseal-batch 1\n' 'privyseal-batch 1\nul --pl x\nend 2\n' \
    'privyseal-batch 1\nend 0' 'privyseal-batch 1\nend 0\n\n' 'privyseal-batch 1\nend 00\n'; do
    printf "$text" > list
    batch 4
done
# What editors elsewhere make of a list is told by its name.
printf 'privyseal-batch 1\r\nul --pl x\r\nend 1\r\n' > list
batch 4
says err 'list:1: a carriage return'
printf 'privyseal-batch 1\nul --pl x\r\nend 1\n' > list
batch 4
says err 'list:2: a carriage return'
printf '\357\273\277privyseal-batch 1\nul --pl x\nend 1\n' > list
batch 4
says err 'list:1: a byte order mark'
list 'ul --pl x' 'ul --pl x'
exits 3 "$tool" license batch list --store ea --out licenses --json
says err 'ea: role authority issues no licenses'
exits 2 "$tool" license batch missing --store root1 --out licenses
list 'ul --pl x'
exits 2 "$tool" license batch list --store root1
exits 2 "$tool" license batch list --store root1 --out nowhere
batch 2 --jobs 0
batch 2 --jobs 65
[ -z "$(ls licenses)" ] || fail "something was written"
list
batch 0 --json
json 'd["orders"] == 0 and d["issued"] == 0 and d["complete"]'

# Every kind; names with blanks, apostrophes, beyond ASCII.
list 'rac --user bob@example.org --machine c/machine.xml --out "bob'"'"'s rac.xml"' \
    'clc --rac "ann s rac.xml"' \
    '' '# a remark' \
    'pl --owner ann@example.org --grant anyone:view --content-key plan.key --out "plän \"A\".xml"' \
    'pl --owner ann@example.org --grant bob@example.org:view,print' \
    'ul   --rac "ann s rac.xml" --pl plan.pl.xml' \
    'template --name "For us" --description "Nobody else" --grant anyone:view'
sed -i 's/^end 8/end 6/' list
batch 0 --jobs 3
says out 'issued     6'
for name in "bob's rac.xml" 00000003.clc.xml 'plän "A".xml' 00000007.pl.xml 00000008.ul.xml 00000009.template.xml; do
    exits 0 "$tool" verify --anchors ea/anchors.pem "licenses/$name"
done
[ "$(wc -c < licenses/00000007.pl.xml.key)" -ge 32 ] || fail "no content key"
cp -r licenses first

# The same again: nothing new, files that are missing come back.
rm licenses/*.xml
batch 0 --json
json 'd["issued"] == 0 and d["again"] == 6 and d["refused"] == [] and d["complete"]'
diff -r licenses first
batch 0 --quiet
diff -r licenses first

# A file that is in the way is left alone.
echo other > licenses/00000008.ul.xml
batch 9
says err 'not overwritten'
[ "$(cat licenses/00000008.ul.xml)" = other ] || fail "overwritten"
rm licenses/00000008.ul.xml
batch 0

# What is refused is told with its line and holds up nobody; a list that says
# the same otherwise is another list.
list 'ul --rac licenses/00000003.clc.xml --pl plan.pl.xml' \
    'ul --rac "bob s rac.xml" --pl plan.pl.xml' \
    "ul --rac \"licenses/bob's rac.xml\" --pl plan.pl.xml --out bob.ul.xml" \
    'rac --user "carol@example.org" --machine plan.pl.xml' \
    'pl --owner ann@example.org --grant bob:view --out bad.pl.xml'
batch 3 --json
json 'd["issued"] == 1 and [r["line"] for r in sorted(d["refused"], key=lambda r: r["line"])] == [2, 3, 5, 6]'
json 'all(r["status"] in (2, 3, 4) and r["text"] for r in d["refused"]) and d["refused-count"] == 4'
# A content key that nothing was issued with is gone.
[ ! -e licenses/bad.pl.xml.key ] || fail "a key of no license"
batch 3
says out 'refused    line 3: '
says out 'again      1'
says err 'orders that were refused: 4 of 5'
exits 0 "$tool" verify --anchors ea/anchors.pem licenses/bob.ul.xml

# Stopped, it finishes what it has begun, says how to go on, and goes on.
count=400
(
    echo 'privyseal-batch 1'
    for i in $(seq $count); do echo "pl --owner ann@example.org --grant anyone:view --content-key plan.key"; done
    echo "end $count"
) > list
rm -rf licenses
mkdir licenses
"$tool" license batch list --store root1 --out licenses --jobs 2 > out 2> err < /dev/null &
pid=$!
while [ -z "$(ls licenses)" ] && kill -0 $pid 2> /dev/null; do sleep 0.05; done
kill -INT $pid 2> /dev/null || true
result=0
wait $pid || result=$?
if [ $result = 5 ]; then
    says err 'the same command goes on from there'
    [ "$(ls licenses | wc -l)" = "$(sed -n 's/^issued *//p' out | tr -d ' ')" ] || fail "another number of files: $(cat out)"
else
    [ $result = 0 ] || fail "exit $result: $(cat err)"
fi
exits 0 "$tool" status --store root1 --json
json 'd["unfinished"] == 0'
batch 0 --json
json 'd["issued"] + d["again"] == '$count
[ "$(ls licenses | wc -l)" = $count ] || fail "not $count files"
exits 0 "$tool" log verify --store root1
