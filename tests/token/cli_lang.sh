#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Messages in Swedish, on a machine that need not have a Swedish locale; JSON
# and the journal are in English.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
[ -f "$PRIVYSEAL_BUILD/po/sv/LC_MESSAGES/privyseal.mo" ] || {
    echo "skipped: built without other languages"
    exit 77
}
unset LANG LANGUAGE LC_MESSAGES
export LC_ALL=C
end_to_end

exits 10 "$tool" --lang sv status --store root1
says out "Klusterresurser"
says out "inte registrerad"
exits 10 "$tool" status --store root1 --lang=sv --json
json 'd["state"] == "unenrolled"'
# What the C library says is English: the journal has it too.
exits 2 "$tool" --lang sv status --store nowhere
says err "No such file"
exits 2 "$tool" status --json --sture x --lang sv
says err "unknown option"
exits 10 "$tool" status --store root1
says out "Cluster resources"
exits 0 "$tool" enroll --store root1 --export --lang sv
says out "skrev "
says out "härnäst"
exits 4 "$tool" enroll --store root1 --lang sv --import RMS01EnrollRequest.xml --yes
says err "svar: varken"
exits 5 "$tool" authority sign --store ea RMS01EnrollRequest.xml --lang sv
says err "ange --yes"
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes --lang sv
# What quotes another message does not mix languages.
sed 's/rms.example/rmt.example/' RMS01EnrollRequest.xml > changed.xml
cp RMS01EnrollRequest.pop changed.pop
exits 3 "$tool" authority sign --store ea changed.xml --yes --lang sv
says err "beviset gäller en annan begäran"
exits 0 "$tool" log tail --store ea -n 1 --json
json '"proof is of another request" in d["records"][0]["fields"]["cause"]'
# The locale says it too, where there is one; a language that is not known.
LC_ALL=en_GB.UTF-8 LANGUAGE=xx:sv exits 11 "$tool" status --store root1
says out "Klusterresurser"
LC_ALL=sv_SE.UTF-8 exits 11 "$tool" status --store root1 --lang en
says out "Cluster resources"
LC_ALL=sv_SE exits 11 "$tool" status --store root1
says out "Klusterresurser"
LC_ALL= LANG=sv_SE.UTF-8 exits 11 "$tool" status --store root1
says out "Klusterresurser"
LC_ALL=C.UTF-8 LANGUAGE=sv exits 11 "$tool" status --store root1
says out "Cluster resources"
exits 2 "$tool" --lang xx status --store root1
says err "en, sv"
exits 2 "$tool" status --store root1 --lang
exits 2 "$tool" --lang sv status --store root1 --sture x
says err "okänt alternativ"
