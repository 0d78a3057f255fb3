#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doctor openssl-conf: what it prints works, and each mistake that OpenSSL keeps
# silent about is named with its cure.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
. "$PRIVYSEAL_SOURCE/tests/token/softhsm.sh"
cli_begin
module=$(softhsm_module) || exit 77
softhsm_new "$PWD/hsm" lab
provider=$PRIVYSEAL_BUILD/provider/privyseal.so
unset OPENSSL_CONF OPENSSL_MODULES PKCS11_PIN PKCS11_MODULE_PATH

doctor() { # doctor CODE [OPTIONS]: on the file "conf"
    code=$1
    shift
    exits "$code" "$tool" doctor openssl-conf conf "$@"
}

clean() {
    ! grep '^error\|^warning' out || fail "should be clean"
}

# What is printed is found well, and works.
exits 0 "$tool" doctor openssl-conf --print --module "$module" --pin-source "file:$PWD/pin"
cp out conf
says conf "module-path"
says conf "# a token: pkcs11:token=lab"
doctor 0
says out "token: 'lab'"
clean
OPENSSL_CONF=$PWD/conf openssl list -providers > out
says out privyseal
exits 0 "$tool" doctor openssl-conf --print --module "$module" --json
python3 -c 'import json,sys; assert "providers" in json.load(open("out"))["configuration"]'
exits 2 "$tool" doctor openssl-conf --print --pin-source 1234
silent err 1234
exits 2 "$tool" doctor openssl-conf --print conf
exits 2 "$tool" doctor openssl-conf conf --module x
exits 2 "$tool" doctor openssl-conf nowhere
says err 'nowhere: No such file'

# make LINE...: a good file with more lines in our section
make() {
    cat > conf <<END
openssl_conf = init
config_diagnostics = 1
[init]
providers = list
[list]
default = default_sect
hsm = hsm_sect
[default_sect]
activate = 1
[hsm_sect]
module = $provider
activate = 1
END
    for line; do
        echo "$line" >> conf
    done
}
make "module-path = $module"
doctor 0
clean
says out 'provider=hsm'
says out 'nginx'

# change SED CODE TEXT: the good file, changed, is exit CODE and says TEXT
change() {
    make "module-path = $module" "pin-source = file:$PWD/pin"
    sed -i "$1" conf
    doctor "$2"
    says out "$3"
}
change '1d' 2 "'openssl_conf = SECTION' is missing"
change 's/^providers/provider/' 2 "'providers = SECTION' is missing"
change 's/= list/= lost/' 2 'names the section [lost], which is not there'
change 's/^hsm = .*/hsm = lost/' 2 'names the section [lost]'
change 's/default_sect/default/' 2 'must not be called [default]'
change '/^default = /d' 2 'default is not active'
change '/^default = /d' 2 'calls the right PIN wrong'
change '0,/^activate/{/^activate/d}' 2 "'activate = 1' is missing: the provider default"
change '0,/^activate.*/s//activate = 0/' 2 "activates default all the same"
change 's/^hsm = .*//' 2 'privyseal is not listed and active'
change 's/^module = .*/module = missing.so/; s/^hsm/privyseal/' 2 'privyseal is not listed'
change "s|^module = .*|module = $PWD/privyseal.so|" 2 'privyseal.so: No such file'
change '$a [init' 2 'OpenSSL cannot read line'
change '$a login = auto\n[auto]\nx = y' 2 'the value of login is also the name of a section'
change '$a login = sometimes' 2 'login = sometimes: not understood; allowed: auto, always, never'
change '$a force_login = 1\nlogin = never' 2 'login and force_login mean the same'
change '$a modul-path = x' 0 'modul-path is no setting'
change '$a a.pin-source = x' 0 'a.pin-source is no setting'
change '$a activate = 1' 0 'activate stands there twice'
change '$a pkcs11-module-block-operations = store' 0 'switches store off'
change '$a pkcs11-module-quirks = no-deinit odd' 0 "'odd' is not known"
change "s|^module-path = .*|module-path = $PWD/none.so|" 2 'none.so: No such file'
change "s|^module-path = .*|module-path = $PWD/pin|" 2 'is not a shared library'
change "s|^pin-source = .*|pin-source = file:$PWD/nopin|" 2 "the PIN file $PWD/nopin is not there"
change "s|^pin-source = .*|pin = canary-7|" 0 'holds a PIN'
chmod 644 conf
doctor 2
says out 'holds a PIN, and conf may be read by others'
silent out canary
chmod 600 conf
change 's/^providers = list/&\nrandom = r/; $a [r]\nseed = PRIVYSEAL-RAND' 2 'has no seed to give'
change 's/^providers = list/&\nalg_section = a/; $a [a]\ndefault_properties = provider=hsm' 0 'forbids everything'
change 's/^providers = list/&\nalg_section = a/; $a [a]\ndefault_properties = ?provider=hsm' 0 'TLS has no groups'
change 's/^hsm = .*/&\npkcs11 = p_sect/; $a [p_sect]\nactivate = 1' 0 'another provider for pkcs11'
chmod 640 pin
change '$a login = auto' 0 'mode 640'
chmod 600 pin

# A module of another architecture.
cp "$provider" privyseal.so
chmod 600 privyseal.so
printf '\001' | dd of=privyseal.so bs=1 seek=4 conv=notrunc 2> /dev/null
change "s|^module = .*|module = $PWD/privyseal.so|" 2 'built for another architecture'

# JSON, and the same exit code.
make 'login = sometimes'
doctor 2 --json
python3 -c '
import json
found = json.load(open("out"))
assert found["errors"] == 1
assert [f for f in found["findings"] if f["verdict"] == "error"][0]["what"] == "hsm_sect"'
