#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tables that lost, gained or changed rows are made anew from the journal; a
# journal that was changed gives none.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled

# Writes to a store's database behind the program's back.
damage() { # damage STORE SQL
    python3 - "$1/store.db" "$2" << 'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
for name, _ in triggers:
    db.execute('DROP TRIGGER ' + name)
assert db.execute(sys.argv[2]).rowcount > 0, 'no row was touched'
for _, sql in triggers:
    db.execute(sql)
db.commit()
END
}

rows() { # every row of every table of a store
    python3 -c 'import sqlite3, sys
for line in sqlite3.connect(sys.argv[1] + "/store.db").iterdump():
    print(line)' "$1" | sort
}

# Nothing to do, nothing done.
rows ea > whole.ea
rows root1 > whole.root1
exits 0 "$tool" log fsck --store ea
says out 'nothing was changed'
exits 0 "$tool" log fsck --store ea --json
json 'd["changed"] is False and d["found"] is None and d["verdict"] == "good"'
rows ea | cmp - whole.ea || fail "changed"

# Each damage is found, named, agreed to, set right: row by row what it was.
while read -r store sql; do
    damage "$store" "$sql"
    rows "$store" > damaged
    result=0
    "$tool" log verify --store "$store" > out 2> err || result=$?
    [ "$result" != 0 ] || fail "not found: $sql"
    exits 5 "$tool" log fsck --store "$store"
    says err "give --yes"
    exits 5 "$tool" log fsck --store "$store" --json
    rows "$store" | cmp - damaged || fail "changed without consent: $sql"
    exits 0 "$tool" log fsck --store "$store" --yes
    says out 'found '
    says out 'made anew'
    rows "$store" | cmp - "whole.$store" || fail "not as it was: $sql"
    exits 0 "$tool" log verify --store "$store"
done << 'END'
ea DELETE FROM issue
ea DELETE FROM key
ea UPDATE subject SET guid = 'x'
ea UPDATE place SET url = 'https://other.example'
root1 DELETE FROM slc
root1 INSERT INTO nonce VALUES (x'00', x'00')
root1 INSERT INTO member VALUES ('a', 'b', 'c', 'd', 1)
END
damage ea 'DELETE FROM nonce'
exits 0 "$tool" log fsck --store ea --yes --json
json 'd["changed"] and "table nonce" in d["found"] and d["records"] > 5'
exits 0 "$tool" log fsck --store ea --json
json 'not d["changed"]'

# It goes on where it was: the same request gets the same octets.
cp RMS01.slc.xml first.xml
damage ea 'DELETE FROM issue'
exits 0 "$tool" log fsck --store ea --yes
rm RMS01.slc.xml
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
cmp first.xml RMS01.slc.xml || fail "another document"

# A journal that was changed gives no tables, and the damage stays to be seen.
cp -r ea cut
damage cut 'DELETE FROM journal WHERE seq = 7'
damage cut 'DELETE FROM nonce'
rows cut > damaged
exits 16 "$tool" log fsck --store cut --yes
says err 'record'
rows cut | cmp - damaged || fail "a damaged journal was used"
cp -r ea changed
damage changed 'UPDATE journal SET record = zeroblob(length(record)) WHERE seq = 9'
rows changed > damaged
exits 16 "$tool" log fsck --store changed --yes --json
says err 'record 9'
rows changed | cmp - damaged || fail "a damaged journal was used"

exits 2 "$tool" log fsck
says err PRIVYSEAL_STORE
exits 2 "$tool" log fsck --store nowhere --yes
says err nowhere
exits 2 "$tool" log fsck --store ea more
