#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""64 processes at once ask for renewal, answer requests and join a cluster, the
same ones and different ones: of each there is one, with the same octets for
all, the journals verify, and every signature of the token has its INTENT.

usage: races.py [ROUNDS]        default 3, with PRIVYSEAL_FULL=1 100
environment: PRIVYSEAL_BUILD (build folder)
"""
import collections
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

from world import IMPORT, STEPS, TOKEN, TOOL, Failed, copy, prepare, records, unaccounted

PROCESSES = 64
ENROLLED = STEPS.index(IMPORT) + 1
SERVERS = ['SUB%02d' % n for n in range(1, 5)]
MEMBERS = ['node%d' % n for n in range(1, 5)]
ACL = '''privyseal-acl 1
serial 1
principal admin unix-user:%s
allow admin op=sub-enroll,renew url=https://*.example/_wmcs quota=1000/1d outstanding=1000
end 3
'''


def found(folder):
    """A world with an enrolled root and licensing servers that have asked."""
    world = prepare(folder, ENROLLED)
    for name in SERVERS:
        world.good('init', '--store', name, '--role', 'licensing', '--name', name,
                   '--url', 'https://%s.example/_wmcs' % name.lower(), '--anchors', 'authority/anchors.pem',
                   '--root', 'RMS01.slc.xml', *TOKEN)
    path = world.path('root/acl')
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
        file.write(ACL % pwd.getpwuid(os.getuid()).pw_name)
    return world


def at_once(world, commands):
    """Starts all commands, then waits for all: [(exit code, standard error)]."""
    started = [subprocess.Popen([TOOL, *command], cwd=world.folder, env=world.environment(),
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
               for command in commands]
    ended = []
    for process, command in zip(started, commands):
        try:
            error = process.communicate(timeout=600)[1].decode().strip()
        except subprocess.TimeoutExpired:
            for other in started:
                other.kill()
            raise Failed('%s: still runs: a lock is stuck' % ' '.join(command)) from None
        ended.append((process.returncode, error))
        if process.returncode != 0:
            print('%s: exit %d: %s' % (' '.join(command), process.returncode, error), file=sys.stderr)
    failed = [code for code, _ in ended if code != 0]
    if failed:
        raise Failed('%d of %d processes failed' % (len(failed), len(commands)))


def same(world, paths):
    """All of these files have the same octets."""
    texts = {open(world.path(path), 'rb').read() for path in paths}
    if len(texts) != 1:
        raise Failed('%s and %d others: %d different contents' % (paths[0], len(paths) - 1, len(texts)))


def repeated(items, count):
    return [items[n % len(items)] for n in range(count)]


def mixed(commands):
    """Neighbours do different things; 5 and the number of processes are coprime."""
    return [commands[n * 5 % len(commands)] for n in range(len(commands))]


def ask_answer_join(world):
    """A third each: the root asks for renewal, it answers licensing servers,
    machines join it."""
    third = PROCESSES // 3
    commands = []
    for n in range(PROCESSES - 2 * third):
        os.mkdir(world.path('ask%d' % n))
        commands.append(['renew', '--store', 'root', '--export', 'ask%d/' % n])
    for n, name in enumerate(repeated(SERVERS, third)):
        commands.append(['subenroll', '--store', 'root', '--serve', name + 'EnrollRequest.xml',
                         '--out', '%s.%d.slc.xml' % (name, n), '--yes'])
    for name in repeated(MEMBERS, third):
        commands.append(['cluster', 'join', '--store', 'root', '--member', name, '--yes'])
    at_once(world, mixed(commands))
    asked = range(PROCESSES - 2 * third)
    for suffix in ('xml', 'pop'):
        same(world, ['ask%d/RMS01RenewalRequest.%s' % (n, suffix) for n in asked])
    for name in SERVERS:
        same(world, ['%s.%d.slc.xml' % (each, n) for n, each in enumerate(repeated(SERVERS, third)) if each == name])


def sign(world):
    """All answer the one renewal at the authority."""
    at_once(world, [['authority', 'sign', '--store', 'authority', 'ask%d/RMS01RenewalRequest.xml' % (n % 8),
                     '--out', 'renewed.%d.xml' % n, '--yes'] for n in range(PROCESSES)])
    same(world, ['renewed.%d.xml' % n for n in range(PROCESSES)])


def take(world):
    """The root and its servers take their answers, each many times."""
    commands = [['renew', '--store', 'root', '--import', 'renewed.0.xml', '--yes']] * (PROCESSES // 4)
    answers = ['%s.%d.slc.xml' % (name, n) for n, name in enumerate(repeated(SERVERS, PROCESSES // 3))]
    for answer in repeated(answers, PROCESSES - len(commands)):
        commands.append(['subenroll', '--store', answer.split('.')[0], '--import', answer, '--yes'])
    at_once(world, mixed(commands))


def judge(world):
    """What must hold in the end."""
    for store in ('authority', 'root', *SERVERS):
        world.good('log', 'verify', '--store', store)
        intents = collections.Counter(r['fields']['kind'] for r in records(world, store, 'INTENT'))
        if len(records(world, store, 'RESULT')) != sum(intents.values()):
            raise Failed('%s: an INTENT has no RESULT, or two' % store)
        expected = {'authority': {'slc': 2}, 'root': {'sub-slc': len(SERVERS), 'proof': 2}}.get(store, {'proof': 1})
        for kind, count in expected.items():
            if intents[kind] != count:
                raise Failed('%s: %d signatures of kind %s instead of %d' % (store, intents[kind], kind, count))
    joined = sorted(r['fields']['member'] for r in records(world, 'root', 'MEMBER'))
    if joined != sorted(MEMBERS):
        raise Failed('members: %s' % ' '.join(joined))
    imported = {store: len(records(world, store, 'IMPORT')) for store in ('root', *SERVERS)}
    if imported != {'root': 2, **{name: 1 for name in SERVERS}}:
        raise Failed('imports: %s' % imported)
    wrong = unaccounted(world, ['authority', 'root', *SERVERS])
    if wrong:
        raise Failed('; '.join(wrong))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100 if os.environ.get('PRIVYSEAL_FULL') == '1' else 3
    work = tempfile.mkdtemp(prefix='races-', dir=os.getcwd())
    try:
        pristine = found(os.path.join(work, 'pristine'))
        for number in range(1, rounds + 1):
            world = copy(pristine, os.path.join(work, 'trial'))
            for flow in (ask_answer_join, sign, take, judge):
                flow(world)
        print('%d rounds of %d processes, three times each: one issuance of each request, one record of each member, '
              'every journal verified' % (rounds, PROCESSES))
        shutil.rmtree(work, ignore_errors=True)
        return 0
    except Failed as failure:
        print('races: FAILED: %s (see %s)' % (failure, work), file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
