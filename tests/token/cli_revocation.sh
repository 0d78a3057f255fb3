#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify with revocation lists, of licenses made for it by chain_make.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
mkdir made lists
"$PRIVYSEAL_BUILD/tests/chain_make" made > made.log || fail "$(cat made.log)"

# list FILE SIGNER ENTRIES [ISSUEDTIME]: by code of the tests alone
list() {
    PYTHONPATH=$PRIVYSEAL_SOURCE/tests/check PYTHONDONTWRITEBYTECODE=1 python3 -c '
import sys
import chain_agrees
_, path, signer, entries, *issued = sys.argv
with open(path, "w", encoding="utf-8", newline="") as file:
    file.write(chain_agrees.a_list("made", signer, entries, *issued))' "$@"
}
by_id() { # by_id TYPE ID
    printf '<REVOKE category="license" type="%s"><OBJECT><ID type="MS-GUID">%s</ID></OBJECT></REVOKE>' "$1" "$2"
}
ul=made/ul.xml
slc='{10000000-0000-0000-0000-000000000002}'
verify() { # verify CODE OPTION...: of the use license and what is above it
    code=$1
    shift
    exits "$code" "$tool" verify --anchors made/anchors.pem "$@" $ul made/above.xml
}

list "lists/of the server.xml" slc "$(by_id license-id '{20000000-0000-0000-0000-000000000005}')"
list lists/of-others.xml revoker "$(by_id license-id "$slc")"
list lists/of-the-service.xml esc "$(by_id license-id "$slc")"
list lists/empty.xml slc ''

verify 0
verify 0 --explain
says out 'not run  no revocation list was given'
verify 0 --revocation lists/empty.xml --explain
silent out 'not run'
verify 24 --revocation "lists/of the server.xml"
says err 'revoked by its identifier, in the list of "Lists" of 2026-11-18T11:07'
# Nobody that the chain names:
verify 0 --revocation lists/of-others.xml
# Everything under a server that its issuer has revoked:
verify 24 --revocation lists/of-the-service.xml
says err 'document 2'
verify 24 --revocation lists/empty.xml --revocation lists/of-others.xml --revocation "lists/of the server.xml"
verify 24 --json --revocation lists/of-the-service.xml
json 'd["exit"] == 24 and d["failed-test"] == 5 and d["failed-document"] == 2'

# A list is a document like any other.
exits 0 "$tool" verify --anchors made/anchors.pem --json made/list.xml made/above.xml
json 'd["documents"][0]["type"] == "revocation list" and d["documents"][0]["license"]["revoked"] == []'
exits 0 "$tool" verify --anchors made/anchors.pem --explain "lists/of the server.xml" made/above.xml
says out 'revokes    license-id {20000000-0000-0000-0000-000000000005}'

# What is no list, or not signed by whom it names.
verify 2 --revocation made/ul.xml
says err 'there is no revocation list in this file'
verify 2 --revocation lists/absent.xml
sed 's/2026-11-18/2026-11-19/' lists/empty.xml > lists/changed.xml
verify 21 --revocation lists/changed.xml
says err 'lists/changed.xml: '

# A license that asks for a list of at most 30 days.
PYTHONPATH=$PRIVYSEAL_SOURCE/tests/check PYTHONDONTWRITEBYTECODE=1 python3 -c '
import re
import chain_agrees
body = chain_agrees.body_of(open("made/ul.xml", encoding="utf-8", newline="").read())
refresh = ("<CONDITIONLIST><REFRESH><DISTRIBUTIONPOINT><OBJECT type=\"Revocation\"><ID type=\"ascii-tag\">Lists</ID>"
           "<ADDRESS type=\"URL\">https://lists.example</ADDRESS></OBJECT>" + chain_agrees.key_of("made/revoker.pem") +
           "</DISTRIBUTIONPOINT><INTERVALTIME days=\"30\" /></REFRESH></CONDITIONLIST>")
body = re.sub("(<WORK>.*?</OBJECT>)", lambda m: m.group(1) + refresh, body, count=1)
open("asking.xml", "w", encoding="utf-8", newline="").write(chain_agrees.sign(body, "made/slc.pem"))'
ul=asking.xml
list lists/new.xml revoker '' 2026-10-20T00:00
list lists/old.xml revoker '' 2026-10-18T00:00
verify 24
says err 'asks for a revocation list of "Lists": none is at hand'
verify 24 --revocation lists/empty.xml
verify 24 --revocation lists/old.xml
says err 'the newest list of "Lists" is of 2026-10-18T00:00'
verify 0 --revocation lists/new.xml
verify 24 --revocation lists/new.xml --at 2026-11-20
verify 0 --revocation lists/old.xml --revocation lists/new.xml --json
json 'd["documents"][0]["license"]["refresh"]["interval-seconds"] == 30 * 86400'
verify 0 --revocation lists/new.xml --explain
says out 'revokers   ascii-tag Lists, https://lists.example, 30 d 00:00:00'
