#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Questions on a terminal: yes, no, words, and a PIN that is not shown.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
command -v expect > /dev/null || {
    echo "skipped: expect is not installed"
    exit 77
}
cli_begin
end_to_end
export tool

# dialogue CODE SCRIPT: expect(1), ending with the exit code of the command
dialogue() {
    result=0
    expect -c 'set timeout 30
proc see {what} { expect -ex $what {} timeout { exit 99 } eof { exit 98 } }
proc ends {} { expect eof {} timeout { exit 97 }; exit [lindex [wait] 3] }
set tool $env(tool)
'"$2" > out 2>&1 || result=$?
    [ "$result" = "$1" ] || fail "exit $result, expected $1: $(cat out)"
}

exits 0 "$tool" enroll --store root1 --export
dialogue 5 'spawn $tool authority sign --store ea RMS01EnrollRequest.xml
see "Sign? \[yes/no\] "
send "no\r"
ends'
[ ! -e RMS01.slc.xml ] || fail "signed after no"
dialogue 5 'spawn $tool authority sign --store ea RMS01EnrollRequest.xml
see "Sign? "
send "\004"
ends'
dialogue 0 'spawn $tool authority sign --store ea RMS01EnrollRequest.xml
see "will sign"
see "Sign? "
send "yes\r"
ends'
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes --json
words=$(python3 -c 'import json; print(json.load(open("out"))["certificate-words"])')
export words
dialogue 5 'spawn $tool enroll --store root1 --import RMS01.slc.xml --confirm-words
see "eight words"
send "aardvark adroitness absurd adviser accrue aftermath acme aggregate\r"
ends'
says out "do not match"
exits 11 "$tool" status --store root1
dialogue 0 'spawn $tool enroll --store root1 --import RMS01.slc.xml --confirm-words
see "eight words"
send "[string toupper $env(words)]\r"
see "Import this certificate? "
send "yes\r"
see "Cluster resources"
ends'

# A PIN typed is not shown, and the terminal is as before afterwards.
dialogue 0 "spawn \$tool key list --module $SOFTHSM_MODULE --token pkcs11:token=root
see \"PIN of token root: \"
send \"1234\\r\"
see RMS01
ends"
silent out 1234
dialogue 7 "spawn \$tool key list --module $SOFTHSM_MODULE --token pkcs11:token=root
see \"PIN of token root: \"
send \"9999\\r\"
ends"
[ "$(grep -c 'PIN of token' out)" = 1 ] || fail "asked again: $(cat out)"
# Even where it is interrupted.
cat > interrupted << END
trap : INT
"$tool" key list --module $SOFTHSM_MODULE --token pkcs11:token=root
echo "code \$?"
stty -a
END
dialogue 0 'spawn sh interrupted
see "PIN of token root: "
send "\003"
see "code 130"
see " echo "
ends'
sed 's/^pin_source.*/pin_source = askpass/' root1/privyseal.conf > root1/askpass.conf
dialogue 0 'spawn $tool enroll --store root1 --config root1/askpass.conf --export again.xml
see "PIN"
send "1234\r"
see "wrote"
ends'
