#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# token and key verbs on SoftHSM2.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
. "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"
cli_begin
softhsm_new "$folder" lab || exit 77
module="--module $SOFTHSM_MODULE"
login="--token pkcs11:token=lab --pin-source file:pin"

exits 0 "$tool" token list $module
says out lab
exits 0 "$tool" token list $module --json
json '[t["label"] for t in d["tokens"] if t["initialized"]] == ["lab"]'
exits 0 "$tool" token list $module --mechanisms --json --token pkcs11:token=lab
json '"CKM_RSA_PKCS" in d["tokens"][0]["mechanisms"]'
exits 0 "$tool" token list $module --token pkcs11:token=nobody
says out "no token"

exits 0 "$tool" token init $module --label second --so-pin-source file:so-pin --pin-source file:pin --dry-run
exits 0 "$tool" token list $module --json
json 'len([t for t in d["tokens"] if t["initialized"]]) == 1'
exits 0 "$tool" token init $module --label second --so-pin-source file:so-pin --pin-source file:pin
exits 0 "$tool" token list $module --token pkcs11:token=second
says out ready
exits 9 "$tool" token init $module --label second --so-pin-source file:so-pin --pin-source file:pin
exits 9 "$tool" token init $module --label third --token pkcs11:token=second \
    --so-pin-source file:so-pin --pin-source file:pin
exits 2 "$tool" token init $module --label 123456789012345678901234567890123 \
    --so-pin-source file:so-pin --pin-source file:pin
exits 2 "$tool" token init $module

exits 0 "$tool" key list $module $login
says out "no private key"
exits 0 "$tool" key generate $module $login --label web --dry-run
exits 0 "$tool" key list $module $login --json
json 'd["keys"] == []'
exits 0 "$tool" key generate $module $login --label web --id 0a0b
says out "never extractable"
exits 9 "$tool" key generate $module $login --label web
exits 9 "$tool" key generate $module $login --label other --id 0a0b
exits 0 "$tool" key generate $module $login --label 'a b;c' --type rsa:3072
exits 0 "$tool" key list $module $login --json
json 'sorted((k["label"], k["type"]) for k in d["keys"]) == [("a b;c", "RSA-3072"), ("web", "RSA-2048")]'
json 'all(k["kind"] == "general" and "never extractable" in k["born"] for k in d["keys"])'
exits 0 "$tool" key show $module $login --label 'a b;c' --json
json 'd["bits"] == 3072 and d["sign"] and d["decrypt"]'
uri=$(python3 -c 'import json; print(json.load(open("out"))["uri"])')
exits 0 "$tool" key show $module --pin-source file:pin "$uri"
exits 0 "$tool" key probe $module $login --label web
says out "verdict    works"
exits 0 "$tool" key probe $module $login --id 0a0b --json
json 'd["verdict"] == "works" and d["unseals"]'
exits 6 "$tool" key show $module $login --label nobody
exits 2 "$tool" key show $module $login
exits 2 "$tool" key show $module $login --id 0a0
exits 2 "$tool" key generate $module $login
exits 2 "$tool" key generate $module --label x --pin-source file:pin

exits 0 "$tool" token probe $module $login
says out "verdict    works"
exits 0 "$tool" key list $module $login --json
json 'len(d["keys"]) == 2' # its own key is gone
exits 0 "$tool" token probe $module $login --id 0a0b
exits 2 "$tool" token probe $module
exits 6 "$tool" token probe $module --token pkcs11:token=nobody --pin-source file:pin

# A key of a store is not for trying.
exits 0 "$tool" init --store ea --role authority --name EA $module $login
exits 0 "$tool" key list --store ea --json
json 'len([k for k in d["keys"] if k["kind"] == "store"]) == 5'
python3 -c 'import json
print(next(k["uri"] for k in json.load(open("out"))["keys"] if k["kind"] == "store"))' > uri
exits 3 "$tool" key probe --store ea "$(cat uri)"
exits 0 "$tool" key show --store ea
says out cluster
