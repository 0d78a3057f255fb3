#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a command at each system call and at each Cryptoki call, then looks at
what is left: the store opens, the journal verifies, a retry ends in the same
document, and every signature the token ever made has its INTENT.

usage: kill_sweep.py FLOW [--all-calls]     FLOW: init, export, sign, import
environment: PRIVYSEAL_BUILD (build folder); PRIVYSEAL_FULL=1: as --all-calls
Without --all-calls: the system calls that can change a disk. Between two of
them the disk does not change, so these are all the states there are.
"""
import collections
import filecmp
import os
import re
import shutil
import sys
import tempfile

from world import EXPORT, IMPORT, INIT, SIGN, Failed, copy, prepare, records, unaccounted

WRITING = ('write pwrite64 writev pwritev fsync fdatasync sync_file_range ftruncate truncate fallocate link linkat '
           'rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir symlink symlinkat chmod fchmod '
           'fchmodat chown fchown fchownat fcntl flock msync').split()
OPENING = 'open openat creat'.split()
ALL_CALLS = '--all-calls' in sys.argv or os.environ.get('PRIVYSEAL_FULL') == '1'


# flow: (steps before it, the command that is killed, the store it changes, the file it publishes)
FLOWS = {
    'init': (1, INIT['root'], 'root', None),
    'export': (2, EXPORT, 'root', 'RMS01EnrollRequest.xml'),
    'sign': (3, SIGN, 'authority', 'RMS01.slc.xml'),
    'import': (4, IMPORT, 'root', None),
}


def calls_of(world, command):
    """[(name, n-th call of that name)] of one undisturbed run, in order."""
    log = world.path('strace.log')
    done = world.run(*command, prefix=('strace', '-f', '-qq', '-o', log))
    if done.returncode != 0:
        raise Failed('undisturbed run: exit %d: %s' % (done.returncode, done.stderr.decode().strip()))
    seen = collections.Counter()
    calls = []
    with open(log, errors='replace') as file:
        for line in file:
            match = re.match(r'\d+ +([a-z0-9_]+)\((.*)', line)
            if not match:
                continue
            name, rest = match.groups()
            seen[name] += 1
            opens_to_write = name in OPENING and re.search(r'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC', rest)
            if name in ('execve', 'exit_group', 'exit', 'brk', 'mmap', 'mprotect', 'munmap') and not ALL_CALLS:
                continue
            if name in ('execve', 'exit_group', 'exit'):
                continue
            if ALL_CALLS or name in WRITING or opens_to_write:
                calls.append((name, seen[name]))
    os.unlink(log)
    return calls


def judge(world, command, store, published, killed_at):
    """What must hold after a kill."""
    where = 'killed at %s: ' % (killed_at,)
    opened = os.path.exists(world.path(store + '/store.db')) and \
        world.run('status', '--store', store).returncode in (0, 10, 11)
    intents = []
    if opened:
        world.good('log', 'verify', '--store', store)
        intents = [r['fields'].get('to-be-signed') for r in records(world, store, 'INTENT')]
    elif command[0] != 'init':
        raise Failed(where + 'the store does not open')
    done = world.run(*command)
    if done.returncode != 0:
        raise Failed(where + 'retry: exit %d: %s' % (done.returncode, done.stderr.decode().strip()))
    world.good('log', 'verify', '--store', store)
    after = [r['fields'].get('to-be-signed') for r in records(world, store, 'INTENT')]
    if after[:len(intents)] != intents:
        raise Failed(where + 'an intent changed')
    if len(records(world, store, 'RESULT')) != len(after):
        raise Failed(where + 'an intent was left without result')
    if published:
        first = world.path('first')
        shutil.copy(world.path(published), first)
        os.unlink(world.path(published))
        again = world.run(*command)
        if again.returncode != 0 or not filecmp.cmp(first, world.path(published), shallow=False):
            raise Failed(where + 'a second retry gave another document')
    # Ground truth: the token's own list of what it signed.
    wrong = unaccounted(world, [store])
    if wrong:
        raise Failed(where + '; '.join(wrong))
    leftovers = [name for name in os.listdir(world.folder) if name.startswith(('.', 'RMS01')) and
                 name not in ('RMS01EnrollRequest.xml', 'RMS01EnrollRequest.pop', 'RMS01.slc.xml')]
    if leftovers:
        raise Failed(where + 'left behind: ' + ', '.join(leftovers))


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in FLOWS:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which('strace') is None:
        print('skipped: strace is not installed')
        return 77
    flow = sys.argv[1]
    steps, command, store, published = FLOWS[flow]
    work = tempfile.mkdtemp(prefix='kill-%s-' % flow, dir=os.getcwd())
    try:
        pristine = prepare(os.path.join(work, 'pristine'), steps)
        trial = os.path.join(work, 'trial')
        calls = calls_of(copy(pristine, trial), command)
        not_reached = 0
        for name, nth in calls:
            world = copy(pristine, trial)
            done = world.run(*command, prefix=(
                'strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=' + name,
                '-e', 'inject=%s:signal=KILL:when=%d' % (name, nth)))
            not_reached += done.returncode == 0
            judge(world, command, store, published, '%s %d' % (name, nth))
        if not calls or not_reached > len(calls) // 10:
            raise Failed('%d of %d kills did not happen' % (not_reached, len(calls)))
        cryptoki = 0
        while True:
            world = copy(pristine, trial)
            done = world.run(*command, rule='*:%d=kill' % (cryptoki + 1))
            if done.returncode == 0:
                break
            if done.returncode != -9:
                raise Failed('Cryptoki call %d: exit %d instead of a kill' % (cryptoki + 1, done.returncode))
            cryptoki += 1
            judge(world, command, store, published, 'Cryptoki call %d' % cryptoki)
        if cryptoki == 0 and flow != 'import':
            raise Failed('no Cryptoki call was killed')
        print('%s: killed at %d system calls and %d Cryptoki calls; every store opened, every journal verified, '
              'every retry gave the same document' % (flow, len(calls) - not_reached, cryptoki))
        return 0
    except Failed as failure:
        print('%s: FAILED: %s (see %s)' % (flow, failure, work), file=sys.stderr)
        return 1
    finally:
        if sys.exc_info()[0] is None and '--keep' not in sys.argv:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
