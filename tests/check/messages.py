#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the catalogues against the sources: the template is what po/extract
prints, every entry of a language is translated, none is fuzzy or left over,
and its directives are those of the English text.

usage: messages.py SOURCE
"""
import glob
import os
import re
import shutil
import subprocess
import sys

SOURCE = sys.argv[1]
DIRECTIVE = re.compile(r'%(?:%|[-+ 0#]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j)?[a-zA-Z]|<PRI[a-zA-Z0-9]+>)')
problems = []


def entries(path):
    text = open(path, encoding='utf-8').read()
    if '#, fuzzy' in text:
        problems.append('%s: a fuzzy entry' % path)
    return dict(re.findall(r'msgid "(.+)"\nmsgstr "(.*)"', text))


def directives(text):
    """What each takes: a swallowed plural is one of the same kind."""
    return [re.sub(r'[-+ 0#.\d]', '', d) for d in DIRECTIVE.findall(text) if d != '%%']


if shutil.which('xgettext') is None:
    print('skipped: xgettext is not installed')
    sys.exit(77)
template = os.path.join(SOURCE, 'po', 'privyseal.pot')
made = subprocess.run([sys.executable, os.path.join(SOURCE, 'po', 'extract'), SOURCE], capture_output=True, check=True)
if made.stdout.decode() != open(template, encoding='utf-8').read():
    problems.append('po/privyseal.pot: not what po/extract prints: po/extract . > po/privyseal.pot')
wanted = entries(template)
for path in sorted(glob.glob(os.path.join(SOURCE, 'po', '*.po'))):
    has = entries(path)
    for text in wanted:
        if not has.get(text):
            problems.append('%s: not translated: %s' % (path, text))
        elif directives(text) != directives(has[text]):
            problems.append('%s: other directives: %s' % (path, text))
    for text in set(has) - set(wanted):
        problems.append('%s: no such message any more: %s' % (path, text))
    subprocess.run(['msgfmt', '--check-format', '-o', '/dev/null', path], check=True)
for problem in problems:
    print(problem)
print('%d messages' % len(wanted))
sys.exit(1 if problems or len(wanted) < 300 else 0)
