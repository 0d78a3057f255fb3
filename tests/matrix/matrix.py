#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the rows of rows.txt on the token that TOKEN_* describe (../tokens/with),
with the provider listed first and second, or with keys in files (no TOKEN_*).

usage: matrix.py NAME DIR [ROW...]    ROW: part of a row's name

Prints a table; PRIVYSEAL_BUILD/tests/matrix/NAME.tsv has a line a row: order,
row, pass, fail or cannot, reason; report.py makes a page of all of them. Exit 1 if a row fails. "cannot" is a row that
the token (by its own list of mechanisms, or shown by another program) or OpenSSL
itself (shown with keys in files) cannot do, never what the provider does not.
"""
import collections
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ['PRIVYSEAL_BUILD']
NAME, DIR, WANTED = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3:]
TOKEN = 'TOKEN_MODULE' in os.environ
SLOW = ('tpm2', 'opencryptoki')
ROW_SECONDS = 120
FLAGS = {'decrypt': 0x200, 'sign': 0x800, 'generate': 0x10000, 'derive': 0x80000}
MECHANISMS = {
    'CKM_RSA_PKCS_KEY_PAIR_GEN': 0x0, 'CKM_RSA_PKCS': 0x1, 'CKM_RSA_X_509': 0x3,
    'CKM_RSA_PKCS_OAEP': 0x9, 'CKM_RSA_PKCS_PSS': 0xd, 'CKM_EC_KEY_PAIR_GEN': 0x1040,
    'CKM_ECDSA': 0x1041, 'CKM_ECDH1_DERIVE': 0x1050, 'CKM_EC_EDWARDS_KEY_PAIR_GEN': 0x1055,
    'CKM_EC_MONTGOMERY_KEY_PAIR_GEN': 0x1056, 'CKM_EDDSA': 0x1057,
}
# What makes a key of that name in a token.
MADE_BY = {'RSA': 'CKM_RSA_PKCS_KEY_PAIR_GEN', 'EC': 'CKM_EC_KEY_PAIR_GEN',
           'EC384': 'CKM_EC_KEY_PAIR_GEN', 'EC521': 'CKM_EC_KEY_PAIR_GEN',
           'ED25519': 'CKM_EC_EDWARDS_KEY_PAIR_GEN', 'X25519': 'CKM_EC_MONTGOMERY_KEY_PAIR_GEN'}

Row = collections.namedtuple('Row', 'name needs software alone run check')
Result = collections.namedtuple('Result', 'order row outcome reason')
output = threading.Lock()


def read_rows(path):
    """The blocks of rows.txt as Rows, in their order."""
    rows, fields, field = [], None, None
    for number, line in enumerate(open(path, encoding='utf-8'), 1):
        line = line.rstrip('\n')
        heading = re.fullmatch(r'\[(.+)\]', line)
        entry = re.fullmatch(r'(needs|software|alone|run|check): *(.*)', line)
        if heading:
            fields = {'name': heading.group(1), 'needs': '', 'software': '', 'alone': '', 'run': '', 'check': ''}
            rows.append(fields)
        elif entry and fields is not None:
            field = entry.group(1)
            fields[field] = entry.group(2)
        elif line.startswith('    ') and field is not None:
            fields[field] += '\n' + line.strip()
        elif line and not line.startswith('#'):
            sys.exit('%s:%d: not understood: %s' % (path, number, line))
    for fields in rows:
        if not fields['run'] or not fields['check']:
            sys.exit('%s: row without run or check' % fields['name'])
    return [Row(**fields) for fields in rows]


def openssl_conf(order):
    """An openssl.cnf without any quirk; the place in the list is the order."""
    ours = 'privyseal = privyseal_sect\n'
    lines = ['openssl_conf = openssl_init', '[openssl_init]', 'providers = provider_sect', '[provider_sect]',
             (ours if order == 'first' else '') + 'default = default_sect\n' + (ours if order == 'second' else ''),
             '[default_sect]', 'activate = 1', '[privyseal_sect]',
             'module = %s/provider/privyseal.so' % BUILD, 'activate = 1',
             'module-path = ' + os.environ['TOKEN_MODULE']]
    if os.environ['TOKEN_INIT_ARGS']:
        # OpenSSL takes quotes and dollars for its own.
        text = re.sub(r"([\\'\"$#])", r'\\\1', os.environ['TOKEN_INIT_ARGS'])
        lines.append('init-args = ' + text)
    lines += ['[req]', 'distinguished_name = dn', 'prompt = no', '[dn]', 'CN = row', '']
    path = '%s/%s.cnf' % (DIR, order)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))
    return path


def mechanisms():
    """The token's own list: number -> flags."""
    listed = subprocess.run([BUILD + '/tests/mechanisms', os.environ['TOKEN_MODULE'], os.environ['TOKEN_LABEL'],
                             os.environ['TOKEN_INIT_ARGS']], stdout=subprocess.PIPE, check=True, text=True)
    return {int(line.split()[0], 16): int(line.split()[1], 16) for line in listed.stdout.splitlines()}


def prepare(conf):
    """Makes the keys; their URIs by name, and what went wrong."""
    shared = DIR + '/shared'
    os.makedirs(shared)
    subprocess.run([HERE + '/prepare.sh', shared], check=True, env=dict(os.environ, OPENSSL_CONF=conf),
                   stdin=subprocess.DEVNULL)
    keys = dict(line.rstrip('\n').split('=', 1) for line in open(shared + '/keys', encoding='utf-8'))
    notes = dict(line.rstrip('\n').split(': ', 1) for line in open(shared + '/notes', encoding='utf-8'))
    return dict(keys, S=shared), notes


def missing_mechanism(need, listed):
    """Which of "CKM_A:flag|CKM_B:flag" the token lacks; '' if it has one."""
    for choice in need.split('|'):
        name, flag = choice.split(':')
        if listed.get(MECHANISMS[name], 0) & FLAGS[flag]:
            return ''
    return 'the token has no ' + need.replace(':', ' to ').replace('|', ' and no ')


def obstacle(row, keys, notes, listed):
    """(outcome, reason) of a row that is not run, else None."""
    for need in row.needs.split():
        if need.startswith('CKM_'):
            reason = missing_mechanism(need, listed) if TOKEN else ''
            if reason:
                return 'cannot', reason
    for need in row.needs.split():
        if need.startswith('CKM_') or need in keys:
            continue
        if not TOKEN:
            return 'cannot', 'has no meaning with keys in files'
        made_by = MADE_BY.get(need)
        if made_by and MECHANISMS[made_by] not in listed:
            return 'cannot', 'the token makes no such key: no ' + made_by
        return 'fail', notes.get(need, 'no ' + need)
    if row.software and TOKEN:
        return 'cannot', 'OpenSSL itself: ' + row.software
    return None


def clone_of_token(env, folder):
    """The environment of a row, with a copy of the token if it gets one."""
    if not env.get('TOKEN_CLONE'):
        return env
    said = subprocess.run(['sh', '-c', env['TOKEN_CLONE'], 'clone', folder], env=env, stdout=subprocess.PIPE,
                          check=True, text=True).stdout
    return dict(env, **dict([said.rstrip('\n').split('=', 1)]))


def run_row(order, row, env):
    folder = '%s/%s/%s' % (DIR, order, re.sub(r'[^A-Za-z0-9]+', '-', row.name))
    os.makedirs(folder)
    env = clone_of_token(env, folder + '/token')
    log = open(folder + '/log', 'w+', encoding='utf-8', errors='replace')
    script = '. "%s/rows.sh"\nset -x\n%s\n%s\n' % (HERE, row.run, row.check)
    child = subprocess.Popen(['bash', '-c', script], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                             stdout=log, stderr=log, start_new_session=True)
    try:
        status = child.wait(ROW_SECONDS)
    except subprocess.TimeoutExpired:
        status = 'no end after %d s' % ROW_SECONDS
    try:  # a server that outlived its row
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()
    if row.software:  # with keys in files: that OpenSSL cannot is shown, too
        if status != 0:
            return Result(order, row, 'cannot', 'OpenSSL itself, tried: ' + row.software)
        return Result(order, row, 'fail', 'this OpenSSL can, the row says: ' + row.software)
    if status == 0:
        shutil.rmtree(folder)
        return Result(order, row, 'pass', '')
    if row.alone and TOKEN and subprocess.run(['bash', '-c', '. "%s/rows.sh"\n%s' % (HERE, row.alone)], cwd=folder,
                                              env=env, stdout=log, stderr=log, check=False).returncode == 0:
        return Result(order, row, 'cannot', 'the token refuses it to pkcs11-tool too')
    return Result(order, row, 'fail', 'exit %s: %s' % (status, last_words(log)))


def last_words(log):
    log.seek(0)
    lines = [line.strip() for line in log if line.strip()]
    spoken = [line for line in lines if not line.startswith('+')]
    errors = [line for line in spoken if 'error:' in line]
    words = (errors or spoken or lines)[-1:]
    commands = [line for line in lines if re.match(r'\++ (openssl|command|plain|env|refused|grep|cmp)', line)]
    return '; '.join(words + commands[-1:])[:300]


def openssl_version():
    return ' '.join(subprocess.run(['openssl', 'version'], stdout=subprocess.PIPE, check=True, text=True,
                                   env=dict(os.environ, OPENSSL_CONF='/dev/null')).stdout.split()[:2])


def say_failed(result):
    """A row that was run."""
    if result.outcome == 'fail':
        with output:
            print('fail   %-6s %s: %s' % (result.order, result.row.name, result.reason), flush=True)


def say_not_passed(results):
    """The rows that did not pass, by their reason, which no order changes."""
    reasons = {}
    for result in results:
        if result.outcome == 'pass' or result.reason.startswith('exit '):
            continue
        names = reasons.setdefault((result.outcome, result.reason), [])
        if result.row.name not in names:
            names.append(result.row.name)
    for (outcome, reason), names in reasons.items():
        print('%-6s %s:' % (outcome, reason[:200]))
        for name in names:
            print('         %s' % name)


def main():
    rows = [row for row in read_rows(HERE + '/rows.txt')
            if not WANTED or any(wanted in row.name for wanted in WANTED)]
    shutil.rmtree(DIR, ignore_errors=True)
    os.makedirs(DIR)
    orders = ['file'] if not TOKEN else ['first', 'second']
    if NAME in SLOW and not os.environ.get('PRIVYSEAL_FULL'):
        orders = ['first']
    confs = {order: openssl_conf(order) if TOKEN else '/dev/null' for order in orders}
    listed = mechanisms() if TOKEN else {}
    keys, notes = prepare(confs[orders[0]])
    for name, note in sorted(notes.items()):
        print('note   %s: %s' % (name, note))

    results = []
    jobs = 1 if os.environ.get('TOKEN_SERIAL') else len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = []
        for order in orders:
            env = dict(os.environ, OPENSSL_CONF=confs[order], **keys)
            for row in rows:
                reason = obstacle(row, keys, notes, listed)
                if reason is None:
                    waiting.append(pool.submit(run_row, order, row, env))
                else:
                    results.append(Result(order, row, *reason))
        for future in concurrent.futures.as_completed(waiting):
            results.append(future.result())
            say_failed(results[-1])
    say_not_passed(results)

    results.sort(key=lambda result: (orders.index(result.order), rows.index(result.row)))
    os.makedirs(BUILD + '/tests/matrix', exist_ok=True)
    with open('%s/tests/matrix/%s.tsv' % (BUILD, NAME), 'w', encoding='utf-8') as file:
        file.write('# %s; %s; %s\n' % (os.environ.get('TOKEN_VERSION', 'keys in files'), openssl_version(),
                                       time.strftime('%Y-%m-%d')))
        for result in results:
            file.write('%s\t%s\t%s\t%s\n' % (result.order, result.row.name, result.outcome, result.reason))
    for order in orders:
        count = collections.Counter(result.outcome for result in results if result.order == order)
        print('%-12s %-6s %d rows: %d pass, %d fail, %d cannot' %
              (NAME, order, sum(count.values()), count['pass'], count['fail'], count['cannot']))
    return 1 if any(result.outcome == 'fail' for result in results) else 0


sys.exit(main())
