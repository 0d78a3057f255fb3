#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the tables of docs/tokens.md from the results of matrix.py.

usage: report.py TSV...
"""
import collections
import os
import sys


def read(path):
    """The heading of a result file, and its rows by order."""
    lines = open(path, encoding='utf-8').read().splitlines()
    orders = collections.defaultdict(list)
    for line in lines[1:]:
        order, row, outcome, reason = line.split('\t')
        orders[order].append((row, outcome, reason))
    return lines[0].lstrip('# '), orders


def count(rows, outcome):
    return sum(1 for row in rows if row[1] == outcome)


def main():
    details = []
    print('| token | versions, date | provider listed | rows | pass | fail | cannot |')
    print('|---|---|---|---|---|---|---|')
    for path in sys.argv[1:]:
        name = os.path.basename(path).rsplit('.', 1)[0]
        heading, orders = read(path)
        reasons = {}
        for order, rows in orders.items():
            print('| %s | %s | %s | %d | %d | %d | %d |' % (name, heading, order, len(rows), count(rows, 'pass'),
                                                            count(rows, 'fail'), count(rows, 'cannot')))
            for row, outcome, reason in rows:
                if outcome != 'pass':
                    reasons.setdefault((outcome, reason), {})[row] = True
        details.append((name, reasons))
    for name, reasons in details:
        print('\n## %s\n' % name)
        for (outcome, reason), rows in reasons.items():
            print('- %s, %d rows: %s: %s.' % (outcome, len(rows), reason, '; '.join(rows)))
        if not reasons:
            print('Every row passes.')


main()
