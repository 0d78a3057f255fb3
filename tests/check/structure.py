#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree against docs/architecture.md: layers, façades, one owner for
each third-party library, calls that libraries must not make, exported symbols.

usage: structure.py SOURCE BUILD
"""
import os
import re
import subprocess
import sys

SOURCE, BUILD = sys.argv[1], sys.argv[2]
FACADES = {'pkcs11': {'p11.h'}, 'provider': {'config.h', 'setting.h'}, 'issuer': {'xrml.h', 'xrml_license.h', 'xrml_revocation.h', 'license.h', 'trust.h', 'revoke_set.h', 'client.h', 'protected.h', 'enroll.h', 'issuer.h', 'acl.h', 'acl_words.def', 'status.h', 'status.def'},
           'tools': set()}
MAY_USE = {'pkcs11': set(), 'provider': {'pkcs11'}, 'issuer': set(), 'tools': {'pkcs11', 'provider', 'issuer'}}
# Header prefix: the files that may include it. The Cryptoki header is free
# below pkcs11/ and provider/ and in the tools that list tokens.
OWNERS = {
    r'libxml/': {'issuer/xml.c'},
    r'sqlite3\.h': {'issuer/store_sqlite.c', 'issuer/store_schema.c'},
    r'p11-kit/(?!pkcs11\.h)': {'pkcs11/module.c', 'pkcs11/uri.c'},
}
FOLDERS_WITHOUT_OPENSSL = ('pkcs11',)
BANNED_EVERYWHERE = r'\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|alloca|strncpy|strncat|tmpnam|mktemp)\s*\('
BANNED_IN_LIBRARIES = r'(?<![\w.>])(exit|_exit|abort|printf|puts|perror|getenv|setenv|putenv)\s*\('
DEBT = r'\b(TODO|FIXME|XXX|HACK)\b'

problems = []


def problem(path, line, text):
    problems.append('%s:%d: %s' % (path, line, text))


def code_only(text):
    """Blanks comments and string literals, keeps line numbers."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def look_at(folder, name):
    path = '%s/%s' % (folder, name)
    text = open(os.path.join(SOURCE, path), encoding='utf-8').read()
    if 'SPDX-License-Identifier: Apache-2.0' not in text.split('\n', 1)[0]:
        problem(path, 1, 'no SPDX line')
    for number, line in enumerate(text.split('\n'), 1):
        include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if include:
            header = include.group(1)
            for pattern, owners in OWNERS.items():
                if re.match(pattern, header) and path not in owners:
                    problem(path, number, '<%s> belongs to %s' % (header, ', '.join(sorted(owners))))
            if folder in FOLDERS_WITHOUT_OPENSSL and header.startswith('openssl/'):
                problem(path, number, 'this layer knows no OpenSSL')
            if folder == 'issuer' and 'pkcs11' in header:
                problem(path, number, 'this layer knows no Cryptoki')
            other = header.split('/')[0] if '/' in header else folder
            if other in FACADES and other != folder:
                if other not in MAY_USE[folder]:
                    problem(path, number, '%s/ must not use %s/' % (folder, other))
                elif os.path.basename(header) not in FACADES[other]:
                    problem(path, number, '%s is internal to %s/' % (header, other))
        if re.search(DEBT, line):
            problem(path, number, 'debt word')
        if len(line) > 80 and not name.endswith('.def'):
            problem(path, number, 'longer than 80 columns')
    for number, line in enumerate(code_only(text).split('\n'), 1):
        if re.search(BANNED_EVERYWHERE, line):
            problem(path, number, 'banned call: ' + line.strip())
        if folder != 'tools' and re.search(BANNED_IN_LIBRARIES, line):
            problem(path, number, 'not in a library: ' + line.strip())
        goto = re.search(r'\bgoto\s+(\w+)', line)
        if goto and goto.group(1) != 'out':
            problem(path, number, 'goto %s: the one label is out' % goto.group(1))


def headers_stand_alone(folder, names):
    cflags = subprocess.run(['pkg-config', '--cflags', 'p11-kit-1', 'libcrypto', 'libxml-2.0', 'sqlite3'],
                            capture_output=True, text=True).stdout.split()
    for name in names:
        source = '#include "%s"\n#include "%s"\nextern int not_empty;\n' % (name, name)
        done = subprocess.run(['cc', '-std=c11', '-D_GNU_SOURCE', '-pedantic-errors', '-fsyntax-only', '-x', 'c', '-I' + SOURCE,
                               '-I' + os.path.join(SOURCE, folder), *cflags, '-'], input=source, capture_output=True, text=True)
        if done.returncode != 0:
            problem('%s/%s' % (folder, name), 1, 'does not stand alone: ' + done.stderr.strip().split('\n')[0])


def exports_of_provider():
    path = os.path.join(BUILD, 'provider', 'privyseal.so')
    out = subprocess.run(['nm', '-D', '--defined-only', path], capture_output=True, text=True).stdout
    names = sorted(line.split()[-1].split('@')[0] for line in out.split('\n') if line and ' A ' not in line)
    # Instrumented builds add symbols of their own.
    names = [n for n in names if not re.match(r'(__asan|__tsan|__ubsan|__gcov|_init|_fini)', n)]
    if names != ['OSSL_provider_init']:
        problem('provider/privyseal.so', 0, 'exports ' + ' '.join(names))


def main():
    files = 0
    for folder in FACADES:
        names = sorted(os.listdir(os.path.join(SOURCE, folder)))
        for name in names:
            if name.endswith(('.c', '.h', '.def')):
                look_at(folder, name)
                files += 1
        headers_stand_alone(folder, [n for n in names if n.endswith('.h')])
    exports_of_provider()
    readme = open(os.path.join(SOURCE, 'README.md'), encoding='utf-8').read().count('\n')
    if readme > 120:
        problem('README.md', readme, 'longer than 120 lines')
    for line in problems:
        print(line)
    print('%d files, %d problems' % (files, len(problems)))
    return 1 if problems or files < 20 else 0


if __name__ == '__main__':
    sys.exit(main())
