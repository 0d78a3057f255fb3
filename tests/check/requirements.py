#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/requirements.md against the tests: a row for each requirement, in
order, and every test that a row names is there.

usage: requirements.py SOURCE
"""
import os
import re
import sys

SOURCE = sys.argv[1]
LAST = 134
problems = []


def exists(reference):
    program, _, test = reference.partition(':')
    folder, name = program.split('/', 1)
    unit = os.path.join(SOURCE, 'tests', 'unit', folder, 'test_%s.c' % name)
    if os.path.exists(unit):
        return test == '' or 'UNIT(%s)' % test in open(unit, encoding='utf-8').read()
    return test == '' and any(os.path.exists(os.path.join(SOURCE, 'tests', folder, name + end))
                              for end in ('.sh', '.py'))


expected = 1
for number, line in enumerate(open(os.path.join(SOURCE, 'docs', 'requirements.md'), encoding='utf-8'), 1):
    row = re.match(r'\| R(\d+) \|([^|]*)\|([^|]*)\|([^|]*)\|$', line)
    if not row:
        if line.startswith('| R'):
            problems.append('line %d: not a row of four' % number)
        continue
    if int(row.group(1)) != expected:
        problems.append('line %d: R%s where R%d should be' % (number, row.group(1), expected))
    expected = int(row.group(1)) + 1
    shown = re.findall(r'`([^`]+)`', row.group(4))
    for reference in shown:
        if not exists(reference):
            problems.append('R%s: no test %s' % (row.group(1), reference))
    if not shown and not re.match(r' - (later|by design)', row.group(3)):
        problems.append('R%s: neither a test nor a reason' % row.group(1))
if expected != LAST + 1:
    problems.append('rows up to R%d instead of R%d' % (expected - 1, LAST))
for problem in problems:
    print('docs/requirements.md: ' + problem)
sys.exit(1 if problems else 0)
