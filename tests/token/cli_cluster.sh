#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A cluster of two members by the commands, on SoftHSM2: joining, what is not
# taken, what members may not do, and what differs between copies.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
softhsm2-util --init-token --free --label other --pin 1234 --so-pin 5678 > /dev/null
join() { # join CODE OPTIONS...
    code=$1
    shift
    exits "$code" "$tool" cluster join --store root1 --member second "$@"
}

# The first server must be enrolled, and only what a member gives is taken.
join 10 --yes
enrolled
for option in '--url https://x.example' '--name X' '--anchors ea/anchors.pem' '--revocation standard' '--key rsa:2048' \
    '--role root' '--config root1/privyseal.conf'; do
    # Two words.
    # shellcheck disable=SC2086
    join 2 --yes $option
    says err "unknown option"
done
join 2 --token 'pkcs11:token=root?pin-value=1234' --yes
join 2 --member third --yes
join 2 --service-user no-such-user-here --yes
join 2 --pin-source 1234 --yes
silent err 1234

# Which cluster it is, is confirmed; another key is no member.
join 0 --dry-run
join 5
says out "cluster    {"
[ ! -e root1/member-second.conf ] || fail "joined without agreement"
join 30 --token pkcs11:token=other --yes
[ ! -e root1/member-second.conf ] || fail "joined with another key"
exits 0 "$tool" cluster members --store root1 --json
json 'len(d["members"]) == 1'
join 0 --token pkcs11:token=root --pin-source file:pin --service-user "$(id -un)" --yes
says out "balancer"
join 0 --token pkcs11:token=root --pin-source file:pin --yes
join 30 --token pkcs11:token=other --yes
exits 0 "$tool" cluster members --store root1
says out second
exits 0 "$tool" cluster members --store root1 --json
json '[m["name"] for m in d["members"]][1:] == ["second"]'
exits 0 "$tool" status --store root1 --json
json 'd["members"] == 2'

# A member has the cluster's certificate: it never enrolls, but may renew.
second() {
    PRIVYSEAL_MEMBER=second "$tool" "$@"
}
exits 3 second enroll --store root1 --export
says err "member"
exits 3 second enroll --store root1 --export --dry-run
[ ! -e RMS01EnrollRequest-second.xml ] || fail "a member asked"
exits 0 second renew --store root1 --export
exits 0 "$tool" authority sign --store ea RMS01RenewalRequest.xml --out second.slc.xml --yes
exits 0 second renew --store root1 --import second.slc.xml --yes
exits 0 "$tool" status --store root1 --json
json 'd["generation"] == 2'

# What differs is named.
exits 0 "$tool" cluster check --store root1
says out "agree"
cp -R root1 copy
exits 0 "$tool" cluster check --store root1 copy
exits 0 "$tool" cluster check --store root1 copy --json
json 'd["mismatches"] == [] and d["members"] == 2'
printf 'privyseal-acl 1\nend 0\n' > copy/acl
exits 30 "$tool" cluster check --store root1 copy
says out "acl"
exits 30 "$tool" cluster check --store root1 copy --json
json 'd["exit"] == 30 and any(m["what"] == "acl" for m in d["mismatches"])'
rm copy/acl
exits 0 "$tool" renew --store root1 --export third.xml
exits 0 "$tool" authority sign --store ea third.xml --out third.slc.xml --yes
exits 0 "$tool" renew --store root1 --import third.slc.xml --yes
exits 30 "$tool" cluster check --store root1 copy
says out "slc"
exits 30 "$tool" cluster check --store root1 ea
exits 0 "$tool" log verify --store root1

# The chain for others.
exits 0 "$tool" trust list --store root1
says out "anchor     Example EA Production Root"
exits 0 "$tool" trust list --store root1 --json
json 'len(d["anchors"]) == 1 and d["anchors"][0]["bits"] == 2048'
exits 0 "$tool" trust export --store root1
says out "RMS01.chain.xml"
exits 0 "$tool" verify --anchors ea/anchors.pem RMS01.chain.xml --at now
exits 0 "$tool" trust export --store root1
exits 9 "$tool" trust export --store root1 --out second.slc.xml
exits 0 "$tool" trust export --store root1 --out second.slc.xml --force --json
json 'd["certificates"] == 4'
