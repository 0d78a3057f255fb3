# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of the command privyseal.
#
#   cli_begin            a folder of its own as working directory, removed at
#                        the end; $tool is the command
#   exits CODE COMMAND   runs it; its output is in out and err. A failure must
#                        be one line "privyseal VERB: sentence"
#   says FILE TEXT       FILE (out or err) holds TEXT
#   end_to_end           tokens, an authority "ea" and a root "root1" in the
#                        working directory, up to but not including the export
#   enrolled             end_to_end's root1 gets its certificate, RMS01.slc.xml

: "${PRIVYSEAL_BUILD:?the build folder}" "${PRIVYSEAL_SOURCE:?the source folder}"
tool=$PRIVYSEAL_BUILD/tools/privyseal
unset PRIVYSEAL_STORE CREDENTIALS_DIRECTORY SOFTHSM2_CONF PRIVYSEAL_FAULT
umask 077

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

cli_begin() {
    folder=$(mktemp -d "$PWD/cli-XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    printf '1234\n' > pin
    printf '5678\n' > so-pin
}

exits() {
    expected=$1
    shift
    result=0
    "$@" > out 2> err < /dev/null || result=$?
    [ "$result" = "$expected" ] ||
        fail "exit $result, expected $expected: $*: $(cat err)"
    case $expected in
    0) [ ! -s err ] || fail "unexpected: $(cat err)" ;;
    *)
        # how a certificate stands is said by the code alone
        case $expected in
        10 | 11 | 12 | 13 | 14) [ -s err ] || return 0 ;;
        esac
        [ "$(wc -l < err)" = 1 ] || fail "not one line: $*: $(cat err)"
        grep -q '^privyseal[ a-z-]*: ' err || fail "not by name: $(cat err)"
        ;;
    esac
}

says() {
    grep -qF -e "$2" "$1" || fail "'$2' is not in $1: $(cat "$1")"
}

silent() {
    ! grep -qF -e "$2" "$1" || fail "'$2' is in $1: $(cat "$1")"
}

json() { # json EXPRESSION: true of the object d in out
    python3 -c 'import json, sys
d = json.load(open("out"))
sys.exit(0 if eval(sys.argv[1]) else 1)' "$1" || fail "not so: $1: $(head -c 600 out)"
}

end_to_end() {
    . "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"
    softhsm_new "$folder" ea || exit 77
    softhsm2-util --init-token --free --label root --pin 1234 --so-pin 5678 > /dev/null
    exits 0 "$tool" init --store ea --role authority --name 'Example EA' \
        --module "$SOFTHSM_MODULE" --token pkcs11:token=ea --pin-source file:pin
    exits 0 "$tool" init --store root1 --role root --name RMS01 --url https://rms.example/_wmcs \
        --module "$SOFTHSM_MODULE" --token pkcs11:token=root --pin-source file:pin --anchors ea/anchors.pem
}

enrolled() {
    exits 0 "$tool" enroll --store root1 --export
    exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
    exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml --yes
}
