#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How far a batch has come: one line on a terminal, which fits into it, is drawn
# over in place and gone at the end; elsewhere nothing of it.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled
printf '0123456789abcdef' > plan.key
mkdir licenses
orders=0
list() { # list COUNT: that many orders, and one in the middle that is refused
    orders=$(($1 + 1))
    middle=$(($1 / 2))
    (
        echo 'privyseal-batch 1'
        for i in $(seq "$1"); do
            [ "$i" != $middle ] || echo 'ul --rac missing.xml --pl missing.xml'
            echo "pl --owner ann@example.org --grant anyone:view --content-key plan.key"
        done
        echo "end $orders"
    ) > list
}
# on COLUMNS OPTION...: the batch on such a terminal, each time another list
on() {
    columns=$1
    shift
    echo "# $columns $*" >> list
    sed -i '/^end/d' list
    echo "end $orders" >> list
    rm -rf licenses
    mkdir licenses
    result=0
    TERM=${terminal-xterm} python3 "$PRIVYSEAL_SOURCE/tests/token/screen.py" "$columns" \
        "$tool" license batch list --store root1 --out licenses "$@" > out 2> err || result=$?
    [ "$result" = 3 ] || fail "exit $result: $(cat out err)"
}
# remains: what is seen at the end is what was said, whatever was drawn between
remains() {
    grep '^seen' out | sed 's/[0-9][0-9]* s, [0-9]* a second/TIME/; s/\([0-9]\) \([0-9]\{3\}\)/\1\2/' > seen
    cat > expected <<END
seen refused    line $((middle + 1)): missing.xml: No such file or directory
seen issued     $((orders - 1))
seen refused    1
seen time       TIME
seen privyseal license batch: orders that were refused: 1 of $orders
END
    cmp -s seen expected || fail "$(cat out)"
}
# drawn PATTERN: there is a line in place that is as a whole like this
drawn() {
    grep -qxE "drawn $1" out || fail "no '$1': $(cat out)"
}
widest() { # widest COLUMNS: no line in place takes more
    python3 -c 'import sys
for line in open("out", encoding="utf-8"):
    if line.startswith("drawn ") and len(line) - 7 > int(sys.argv[1]):
        sys.exit(line)' "$1" || fail "too wide: $(cat out)"
}

# Long enough for several lines at five a second, on any machine: how many
# orders that are is measured.
list 200
started=$(date +%s%N)
on 100
spent=$((($(date +%s%N) - started) / 1000000 + 1))
count=$((200 * 2500 / spent))
[ $count -ge 50 ] || count=50
rate='[0-9 ]+ of [0-9 ]+, [0-9 ]+ a second, about [0-9a-z ]+ left'
for try in 1 2 3; do # the machine may have become quicker meanwhile
    list $count
    started=$(date +%s)
    on 100
    often=$((5 * ($(date +%s) - started + 2)))
    ! grep -qxE "drawn $rate" out || break
    count=$((count * 3))
done
remains
drawn "$rate"
[ "$(grep -c '^drawn' out)" -le $often ] || fail "drawn too often: $(grep -c '^drawn' out) times"
python3 -c 'import re
drawn = [re.sub(r"(?<=\d)\D(?=\d)", "", line) for line in open("out", encoding="utf-8") if line.startswith("drawn")]
done = [int(re.match(r"drawn (\d+)", line)[1]) for line in drawn]
assert done == sorted(done) and done[0] < done[-1], done' || fail "it does not go on: $(cat out)"

# Too narrow for all of it: how far it has come, whole or its beginning; never
# a second line, which would stay.
on 24
widest 23
drawn '[0-9 ]+ of [0-9 ]+'
! grep -q '^drawn.*second' out || fail "$(cat out)"
# Narrower while it runs.
on 100,24
python3 -c 'import sys
drawn = [line[6:-1] for line in open("out", encoding="utf-8") if line.startswith("drawn ")]
sys.exit(max(map(len, drawn[2:]), default=0) > 23)' || fail "not narrower: $(cat out)"

# Narrower than any number.
list 50
for columns in 9 1; do
    on $columns
    widest $((columns - 1))
done

# Without colours it is drawn all the same; on a terminal that cannot, not, and
# not with --quiet.
NO_COLOR=1 on 100
remains
[ "$(grep '^codes' out)" = 'codes ^[K' ] || fail "$(grep '^codes' out)"
terminal=dumb on 100
remains
! grep -q '^drawn' out || fail "$(cat out)"
on 100 --quiet
remains
! grep -q '^drawn' out || fail "$(cat out)"

# No trace of it in files and pipes, on either stream.
echo '# files' >> list
sed -i '/^end/d' list
echo "end $orders" >> list
rm -rf licenses
mkdir licenses
exits 3 "$tool" license batch list --store root1 --out licenses
! grep -q "$(printf '\033')" out err || fail "escape sequences in a file: $(cat out err)"
silent out ' of '
exits 3 "$tool" license batch list --store root1 --out licenses --json
json 'd["complete"] and d["again"] == d["orders"] - 1'
