#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Access lists looked at: check, explain, diff, template.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin

a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
list() { # list FILE: the statements on standard input as a list
    {
        echo 'privyseal-acl 1'
        cat > statements
        cat statements
        echo "end $(grep -c '^[a-z]' statements)"
    } > "$1"
}

# The template: valid, allows nothing; one rule to uncomment and count.
exits 0 "$tool" acl template
cp out template
exits 0 "$tool" acl check template
says out 'default: deny'
exits 3 "$tool" acl explain template --as rms-service --url https://lic.example.com/_wmcs
sed 's/^#\(allow  rms-service\)/\1/' template > uncounted
exits 2 "$tool" acl check uncounted
says out 'default: deny'
says err '2 statements were written, 3 are here'
sed 's/^end 2/end 3/' uncounted > counted
exits 0 "$tool" acl check counted
exits 0 "$tool" acl explain counted --as rms-service --url https://lic.example.com/_wmcs
says out 'allowed by line'
exits 3 "$tool" acl explain counted --as rms-service --url https://lic.other.example/_wmcs
says out 'the URL does not match'
exits 0 "$tool" acl template --json
json 'd["template"] == open("template").read()'

# check: what is wrong is named by its line, and nothing is allowed by it.
list good << END
principal lab key-sha256:$a
allow lab op=sub-enroll,renew url=https://lic.lab.example.com/_wmcs max-validity=30d
deny * op=* url=https://*.retired.example.com/*
END
exits 0 "$tool" acl check good
says out 'good:3: never ends'
says out 'serial 0   2 rules'
exits 0 "$tool" acl check --json good
json 'd["valid"] and d["safe"] and d["default"] == "deny" and d["exit"] == 0 and d["warnings"][0]["line"] == 3'
[ "$(sha256sum < good | cut -d' ' -f1)" = "$(python3 -c 'import json; print(json.load(open("out"))["sha-256"])')" ] ||
    fail "not the file's SHA-256"
sed 's/op=sub-enroll,renew/op=sub-enroll,sing/' good > bad
exits 2 "$tool" acl check bad
says err 'bad:3: '
says out 'default: deny'
exits 2 "$tool" acl check --json bad
json 'not d["valid"] and d["default"] == "deny" and "bad:3:" in d["error"]'
exits 3 "$tool" acl explain bad --as lab --url https://lic.lab.example.com/_wmcs
: > empty
exits 2 "$tool" acl check empty
exits 2 "$tool" acl check nothing
says out 'default: deny'
says err 'nothing: No such file'

# Owner, mode and links count as for a decision; the form is told all the same.
cp good open
chmod 666 open
exits 2 "$tool" acl check open
says err 'group or others may write'
says out 'default: deny'
says out 'open:3: never ends'
exits 3 "$tool" acl explain open --as lab --url https://lic.lab.example.com/_wmcs
says out 'allowed by line 3'
says err 'group or others may write'
ln good second
exits 2 "$tool" acl check good
says err 'hard link'
rm second
ln -s good link
exits 2 "$tool" acl check link
says err 'symbolic link'

# explain: each rule with its reason; the request as options or as a file.
exits 0 "$tool" acl explain good --as lab --op renew --days 30 --url https://lic.lab.example.com/_wmcs --at 2026-11-21
says out 'allowed by line 3, a certificate until 2026-12-21T00:00:00Z'
exits 3 "$tool" acl explain good --as lab --validity 1y --url https://lic.lab.example.com/_wmcs
says out 'the asked validity is longer than the rule gives'
says err 'privyseal acl explain: denied: no allow rule covers all of it'
exits 3 "$tool" acl explain good --as stranger --url https://lic.lab.example.com/_wmcs
says err 'the list names no such principal'
exits 3 "$tool" acl explain good --json --as lab --url https://x.retired.example.com/a
json 'd["decision"] == "deny" and d["line"] == 4 and d["exit"] == 3 and len(d["rules"]) == 2'
json '[r["decides"] for r in d["rules"]] == [False, True]'
exits 0 "$tool" acl explain good --json --as lab --url https://lic.lab.example.com/_wmcs
json 'd["decision"] == "allow" and d["line"] == 3 and d["rules"][0]["applies"] and not d["rules"][1]["applies"]'
openssl genrsa -out key.pem 3072 2> log
openssl pkey -in key.pem -pubout -out pub.pem
hash=$(openssl pkey -in key.pem -pubout -outform DER | sha256sum | cut -d' ' -f1)
list keyed << END
principal lab key-sha256:$a
allow lab op=sub-enroll url=https://lic.lab.example.com/_wmcs key=rsa:3072 subject-key=$hash expires=2030-01-01T00:00:00Z
END
exits 3 "$tool" acl explain keyed --as lab --url https://lic.lab.example.com/_wmcs
says out "the key is not the one of the rule; the key's size"
exits 0 "$tool" acl explain keyed --as lab --url https://lic.lab.example.com/_wmcs --key pub.pem
exits 3 "$tool" acl explain keyed --as lab --url https://lic.lab.example.com/_wmcs --key pub.pem --at 2030-01-01
says out 'the rule has expired'
openssl req -x509 -new -key key.pem -subj /CN=lic -days 1 -out cert.pem
exits 0 "$tool" acl explain keyed --as lab --url https://lic.lab.example.com/_wmcs --key cert.pem
exits 2 "$tool" acl explain keyed --as lab --url https://lic.lab.example.com/_wmcs --key good
exits 2 "$tool" acl explain keyed --url https://lic.lab.example.com/_wmcs
exits 2 "$tool" acl explain keyed --as lab
exits 2 "$tool" acl explain keyed --as lab --op sing --url https://lic.lab.example.com/_wmcs
exits 2 "$tool" acl explain keyed --as lab --days 3 --validity 3d --url https://lic.lab.example.com/_wmcs

# diff: who gains, who loses.
sed 's/max-validity=30d/max-validity=60d/; /retired/d; s/^end 3/end 2/' good > wider
exits 0 "$tool" acl diff good wider
[ "$(grep -c ' gains ' out)" = 2 ] || fail "not two who gain: $(cat out)"
silent out ' loses '
exits 0 "$tool" acl diff --json wider good
json '[c["effect"] for c in d["changes"]] == ["loses", "loses"]'
json 'd["changes"][0]["text"].endswith("max-validity=30d, was max-validity=60d")'
sed 's/^principal/# who\nprincipal/' good > same
exits 0 "$tool" acl diff good same
says out 'both decide the same'
exits 2 "$tool" acl diff good bad
says err 'bad:3: '
