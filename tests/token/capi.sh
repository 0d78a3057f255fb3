#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library as it is installed: its symbols, its pkg-config file, and the
# example of the manual, compiled against it and run on a store.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled

cmake --install "$PRIVYSEAL_BUILD" --prefix "$PWD/prefix" > install.log
library=$(find prefix -name 'libprivyseal.so.1')
[ -n "$library" ] || fail "libprivyseal.so.1 is not installed"
header=$(find prefix -name privyseal.h)
[ -n "$header" ] || fail "privyseal.h is not installed"

# Every exported symbol is the header's, under its version; nothing of libcrypto
# or of our own inner names leaks out.
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort > exported
sed -n 's/.*\(privyseal_[a-z_]*\)(.*/\1/p' "$header" | sort -u > declared
if grep -v '@@PRIVYSEAL_1$' exported; then fail "a symbol without version"; fi
sed 's/@@.*//' exported > names
diff declared names || fail "header and library differ"
objdump -p "$library" | grep -q 'SONAME *libprivyseal.so.1$' || fail "SONAME"

cc=${CC:-cc}
printf '#include <privyseal.h>\nint main(void) { return privyseal_version() == 0; }\n' > plus.cpp
PKG_CONFIG_PATH=$(dirname "$(find "$PWD/prefix" -name privyseal.pc)")
export PKG_CONFIG_PATH
sed -i "s,^prefix=.*,prefix=$PWD/prefix," "$PKG_CONFIG_PATH/privyseal.pc"
flags=$(pkg-config --cflags --libs privyseal libcrypto)
# shellcheck disable=SC2086
$cc -std=c11 -Wall -Wextra -Werror -o issue "$PRIVYSEAL_SOURCE/docs/examples/issue.c" $flags
if command -v g++ > /dev/null; then
    # shellcheck disable=SC2086
    g++ -Wall -Wextra -Werror -c -o plus.o plus.cpp $flags
fi
LD_LIBRARY_PATH=$(dirname "$PWD/$library")
export LD_LIBRARY_PATH

# The example: the license that it gets is the command's to verify.
"$tool" doctor openssl-conf --print --module "$SOFTHSM_MODULE" --pin-source "file:$PWD/pin" > openssl.cnf 2> conf.err || fail "$(cat conf.err)"
exits 0 "$tool" client init --client user --anchors ea/anchors.pem
exits 0 "$tool" trust add machines user/authority.pem --store root1 --yes
exits 0 "$tool" license rac --store root1 --user user@example.org --machine user/machine.xml --out rac.xml
exits 0 "$tool" license pl --store root1 --owner author@example.org --for user@example.org --rights view --out pl.xml
OPENSSL_CONF=$PWD/openssl.cnf ./issue root1 rac.xml pl.xml > ul.xml 2> err || fail "issue: $(cat err)"
says err 'may VIEW'
exits 0 "$tool" verify --anchors ea/anchors.pem ul.xml
OPENSSL_CONF=$PWD/openssl.cnf ./issue root1 ul.xml pl.xml > none.xml 2> err && fail "a UL is no RAC"
says err 'issue: '
[ ! -s none.xml ] || fail "something was written"
exits 0 "$tool" log verify --store root1
