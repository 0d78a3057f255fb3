#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a batch of licenses: at system calls, at calls of the token, and at
random moments, once more now and then while it resumes. After each kill the
journal must verify; the same command again must end with every license, none of
them issued twice, and from then on give the same files; and every signature
that the token ever made must have its INTENT.

usage: kill_batch.py sweep | random [KILLS [SEED]]
environment: PRIVYSEAL_BUILD (build folder); PRIVYSEAL_FULL=1: at each call that
can change a disk and at each call of the token, and 1,000 random kills, instead
of a sample
"""
import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from kill_sweep import OPENING, WRITING
from world import IMPORT, LICENSES, STEPS, TOOL, Failed, copy, prepare, records, unaccounted

FULL = os.environ.get('PRIVYSEAL_FULL') == '1'
SAMPLE = 40   # trials of a sweep without it
ONE_WORLD = 12  # lists of a world that goes on: its journal is to stay short
AGAIN = 0.3   # of the kills are followed by one of the same batch going on
KINDS = ('rac', 'clc', 'pl', 'ul', 'template')
JOBS = 3
ORDERS = 5 * ['ul --rac ann.rac.xml --pl plan.pl.xml'] + \
    4 * ['pl --owner ann@example.org --grant bob@example.org:view,print --content-key key'] + \
    2 * ['template --name "For us alone" --description "Nobody else reads it" --grant anyone:view'] + \
    ['clc --rac ann.rac.xml', 'ul --rac client/machine.xml --pl plan.pl.xml']
REFUSED = 1  # the last of them
BATCH = ['license', 'batch', 'list', '--store', 'root', '--jobs', str(JOBS), '--out', 'licenses']


def write_list(world, seed):
    """Another seed is another list: every order of it is new."""
    with open(world.path('list'), 'w') as file:
        file.write('privyseal-batch 1\n# %s\n%s\nend %d\n' % (seed, '\n'.join(ORDERS), len(ORDERS)))


def begin(folder):
    world = prepare(folder, STEPS.index(IMPORT) + 1)
    for step in LICENSES:
        world.good(*step)
    os.mkdir(world.path('licenses'))
    with open(os.open(world.path('key'), os.O_WRONLY | os.O_CREAT, 0o600), 'wb') as file:
        file.write(bytes(range(16)))
    write_list(world, 'first')
    return world


def licenses(world):
    return [r for r in records(world, 'root', 'INTENT') if r['fields']['kind'] in KINDS]


def files(world):
    found = {}
    for name in os.listdir(world.path('licenses')):
        with open(os.path.join(world.path('licenses'), name), 'rb') as file:
            found[name] = file.read()
    return found


def finish(world, before, where):
    """The same command until it is done, and what must hold then."""
    world.good('log', 'verify', '--store', 'root')
    begun = [r['seq'] for r in licenses(world)]
    done = world.run(*BATCH)
    if done.returncode != 3:
        raise Failed('%s: resumed: exit %d: %s' % (where, done.returncode, done.stderr.decode().strip()))
    world.good('log', 'verify', '--store', 'root')
    after = [r['seq'] for r in licenses(world)]
    if after[:len(begun)] != begun:
        raise Failed('%s: an INTENT is lost' % where)
    if len(after) != before + len(ORDERS) - REFUSED:
        raise Failed('%s: %d licenses of %d orders' % (where, len(after) - before, len(ORDERS) - REFUSED))
    results = [int(r['fields']['intent']) for r in records(world, 'root', 'RESULT')]
    if [results.count(seq) for seq in after] != [1] * len(after):
        raise Failed('%s: a license has not one RESULT' % where)
    first = files(world)
    if len(first) != len(ORDERS) - REFUSED:
        raise Failed('%s: %d files: %s' % (where, len(first), sorted(first)))
    for name in list(first)[::2]:
        os.unlink(os.path.join(world.path('licenses'), name))
    if world.run(*BATCH).returncode != 3 or files(world) != first:
        raise Failed('%s: the same list once more gave other files' % where)
    wrong = unaccounted(world, ['root'])
    if wrong:
        raise Failed('%s: %s' % (where, '; '.join(wrong)))


def calls_of(world):
    """[(name, n-th call of that name in a thread)] of one undisturbed run."""
    log = world.path('strace.log')
    world.run(*BATCH, prefix=('strace', '-f', '-qq', '-o', log))
    seen = collections.Counter()
    calls = set()
    with open(log, errors='replace') as file:
        for line in file:
            match = re.match(r'(\d+) +([a-z0-9_]+)\((.*)', line)
            if not match:
                continue
            thread, name, rest = match.groups()
            seen[thread, name] += 1
            if name in WRITING or name in OPENING and re.search(r'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE', rest):
                calls.add((name, seen[thread, name]))
    os.unlink(log)
    return sorted(calls)


def sample(things):
    step = 1 if FULL else max(1, len(things) // SAMPLE)
    return things[random.randrange(step)::step]


def sweep(pristine, trial):
    before = len(licenses(pristine))
    calls = calls_of(copy(pristine, trial))
    killed = 0
    for name, nth in sample(calls):
        world = copy(pristine, trial)
        where = 'killed at %s %d' % (name, nth)
        done = world.run(*BATCH, prefix=('strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=' + name, '-e',
                                         'inject=%s:signal=KILL:when=%d' % (name, nth)))
        # threads do not share their calls alike in every run
        if done.returncode not in (3, -9, 137):
            raise Failed('%s: exit %d: %s' % (where, done.returncode, done.stderr.decode().strip()))
        killed += done.returncode != 3
        finish(world, before, where)
    token = 0
    while world.run('status', '--store', 'root').returncode >= 0:
        world = copy(pristine, trial)
        done = world.run(*BATCH, rule='*:%d=kill' % (token + 1))
        if done.returncode == 3:
            break
        if done.returncode != -9:
            raise Failed('call %d of the token: exit %d instead of a kill' % (token + 1, done.returncode))
        token += 1 if FULL else 4
        finish(world, before, 'killed at call %d of the token' % token)
    if killed == 0 or token == 0:
        raise Failed('nothing was killed')
    print('batch: killed at %d of %d system calls and at calls of the token up to the %dth: no license lost, none '
          'twice, every journal verified' % (killed, len(calls), token))


def kill(world, after):
    started = subprocess.Popen([TOOL, *BATCH], cwd=world.folder, env=world.environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    started.send_signal(signal.SIGKILL)
    return started.wait() == -signal.SIGKILL


def at_random(pristine, trial, kills, seed):
    chance = random.Random(seed)
    killed, usual = 0, 0.2
    while killed < kills:
        world = copy(pristine, trial)
        for number in range(ONE_WORLD):
            if killed >= kills:
                break
            write_list(world, number)
            shutil.rmtree(world.path('licenses'))
            os.mkdir(world.path('licenses'))
            before = len(licenses(world))
            killed += kill(world, chance.uniform(0, 1.2 * usual))
            while chance.random() < AGAIN:
                killed += kill(world, chance.uniform(0, 1.2 * usual))
            started = time.monotonic()
            finish(world, before, '%d kills' % killed)
            usual = 0.9 * usual + 0.1 * (time.monotonic() - started) / 4
    print('batch: %d kills (seed %d): no license lost, none twice, every journal verified' % (killed, seed))


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ('sweep', 'random'):
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1] == 'sweep' and shutil.which('strace') is None:
        print('skipped: strace is not installed')
        return 77
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    random.seed(seed)
    work = tempfile.mkdtemp(prefix='kill-batch-', dir=os.getcwd())
    trial = os.path.join(work, 'trial')
    try:
        pristine = begin(os.path.join(work, 'pristine'))
        if sys.argv[1] == 'sweep':
            sweep(pristine, trial)
        else:
            at_random(pristine, trial, int(sys.argv[2]) if len(sys.argv) > 2 else 1000 if FULL else 20, seed)
        return 0
    except Failed as failure:
        print('FAILED (seed %d): %s (see %s)' % (seed, failure, work), file=sys.stderr)
        return 1
    finally:
        if sys.exc_info()[0] is None and '--keep' not in sys.argv:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
