#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a command at each system call and at each Cryptoki call, or with
--errors lets the call fail, then looks at what is left: the store opens, the
journal verifies, a retry ends in the same document, and every signature the
token ever made has its INTENT.

usage: kill_sweep.py FLOW [--errors] [--all-calls]
environment: PRIVYSEAL_BUILD (build folder); PRIVYSEAL_FULL=1: as --all-calls
FLOW: one of the table below. Without --all-calls: the system calls that can
change a disk (between two of them the disk does not change, so these are all
the states there are), of the longer flows every few of them, and of the errors
one after the other.
"""
import collections
import errno
import filecmp
import json
import os
import re
import shutil
import sys
import tempfile

from world import (EXPORT, IMPORT, INIT, JOIN, REKEY, REKEY_IMPORT, RENEW, RENEW_IMPORT, SERVE, SIGN, STEPS, SUB_IMPORT,
                   Failed, copy, prepare, records, unaccounted)

WRITING = ('write pwrite64 writev pwritev fsync fdatasync sync_file_range ftruncate truncate fallocate link linkat '
           'rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir symlink symlinkat chmod fchmod '
           'fchmodat chown fchown fchownat fcntl flock msync').split()
OPENING = 'open openat creat'.split()
ALL_CALLS = '--all-calls' in sys.argv or os.environ.get('PRIVYSEAL_FULL') == '1'


ERRORS = 'ENOSPC EIO EROFS EDQUOT'.split()
# What a file call that fails may end in: done all the same, the token's folder, the store or a file.
ENDS = {0: 'done', 6: 'token', 8: 'store'}

# flow: (the command that is killed, the store it changes, the file it publishes, every how many calls by default)
FLOWS = {
    'init': (INIT['root'], 'root', None, 6),
    'export': (EXPORT, 'root', 'RMS01EnrollRequest.xml', 3),
    'sign': (SIGN, 'authority', 'RMS01.slc.xml', 3),
    'import': (IMPORT, 'root', None, 2),
    'renew': (RENEW, 'root', 'RMS01RenewalRequest.xml', 4),
    'renew_import': (RENEW_IMPORT, 'root', None, 4),
    'init_licensing': (INIT['licensing'], 'licensing', 'LIC01EnrollRequest.xml', 8),
    'serve': (SERVE, 'root', 'LIC01.slc.xml', 3),
    'sub_import': (SUB_IMPORT, 'licensing', None, 4),
    'rekey': (REKEY, 'licensing', 'LIC01RenewalRequest.xml', 5),
    'rekey_import': (REKEY_IMPORT, 'licensing', None, 4),
    'join': (JOIN, 'root', None, 4),
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


def signed_since(world):
    """Whether the token signed anything since the world was copied."""
    before, now = ((os.path.getsize(path) if os.path.exists(path) else 0) for path in (
        os.path.join(os.path.dirname(world.folder), 'pristine', 'signatures'), world.path('signatures')))
    return before != now


def judge(world, command, store, published, killed_at):
    """What must hold after a kill."""
    where = 'killed at %s: ' % (killed_at,)
    status = world.run('status', '--store', store, '--json')
    # what init has not made yet is named; the rest of it follows
    opened = status.returncode in (0, 10, 11) and json.loads(status.stdout)['missing'] is None
    intents = []
    if opened and command[0] == 'init' and not signed_since(world):
        # Its tables or its first record may not be there yet: no fault, since nothing was signed.
        opened = world.run('log', 'verify', '--store', store).returncode not in (8, 16)
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
    leftovers = [name for name in os.listdir(world.folder) if name.startswith('.') or
                 name.startswith(('RMS01', 'LIC01')) and not name.endswith(('Request.xml', 'Request.pop', '.slc.xml',
                                                                            '.new.xml'))]
    if leftovers:
        raise Failed(where + 'left behind: ' + ', '.join(leftovers))


def sample(calls, every):
    """Every so many, but all of those that are rare."""
    seen = collections.Counter(name for name, _ in calls)
    return [call for number, call in enumerate(calls) if number % every == 0 or seen[call[0]] <= 2]


def unreadable(done, fault):
    """A file that is read alone, where calls of one name came in another order: said, and no harm."""
    error = fault.partition('error=')[2]
    return (done.returncode == 2 and error in ERRORS and
            os.strerror(getattr(errno, error)).encode() in done.stderr)


def sweep(pristine, trial, flow, inject, ends):
    """Runs the command once for each call, with that call injected."""
    command, store, published, every = FLOWS[flow]
    calls = calls_of(copy(pristine, trial), command)
    full = ALL_CALLS
    not_reached = 0
    if ends is ENDS:  # a lock that is not to be had is waited for; it does not fail
        calls = [call for call in calls if call[0] not in ('fcntl', 'flock')]
        every *= 5
    chosen = calls if full else sample(calls, every)
    for number, (name, nth) in enumerate(chosen):
        for fault in inject(number, full):
            world = copy(pristine, trial)
            done = world.run(*command, prefix=(
                'strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=' + name,
                '-e', 'inject=%s:%s:when=%d' % (name, fault, nth)))
            where = '%s %d %s' % (name, nth, fault)
            not_reached += done.returncode == 0
            if done.returncode not in ends and not unreadable(done, fault):
                raise Failed('%s: exit %d: %s' % (where, done.returncode, done.stderr.decode().strip()))
            # The token of the tests has a line of its own when its folder fails.
            reason = [line for line in done.stderr.splitlines() if not line.startswith(b'privyseal-fault: ')]
            if done.returncode > 0 and len(reason) != 1:
                raise Failed('%s: exit %d without one line of reason: %r' % (where, done.returncode, done.stderr))
            judge(world, command, store, published, where)
    return len(chosen), len(calls), not_reached


def sweep_cryptoki(pristine, trial, flow):
    command, store, published, every = FLOWS[flow]
    cryptoki = 0
    while True:
        world = copy(pristine, trial)
        done = world.run(*command, rule='*:%d=kill' % (cryptoki + 1))
        if done.returncode == 0:
            return cryptoki
        if done.returncode != -9:
            raise Failed('Cryptoki call %d: exit %d instead of a kill' % (cryptoki + 1, done.returncode))
        cryptoki += 1
        if ALL_CALLS or cryptoki % every == 0:
            judge(world, command, store, published, 'Cryptoki call %d' % cryptoki)


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in FLOWS:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which('strace') is None:
        print('skipped: strace is not installed')
        return 77
    flow = sys.argv[1]
    work = tempfile.mkdtemp(prefix='kill-%s-' % flow, dir=os.getcwd())
    trial = os.path.join(work, 'trial')
    try:
        pristine = prepare(os.path.join(work, 'pristine'), STEPS.index(FLOWS[flow][0]))
        if '--errors' in sys.argv:
            chosen, calls, harmless = sweep(pristine, trial, flow, lambda number, full: [
                'error=' + e for e in (ERRORS if full else [ERRORS[number % len(ERRORS)]])], ENDS)
            print('%s: %d of %d calls failed, %d times without harm; every store opened, every journal verified, '
                  'every retry gave the same document' % (flow, chosen, calls, harmless))
            return 0
        chosen, calls, not_reached = sweep(pristine, trial, flow, lambda number, full: ['signal=KILL'], (0, -9, 137))
        if calls == 0 or not_reached > chosen // 10:
            raise Failed('%d of %d kills did not happen' % (not_reached, chosen))
        cryptoki = sweep_cryptoki(pristine, trial, flow)
        if cryptoki == 0 and 'import' not in flow:
            raise Failed('no Cryptoki call was killed')
        print('%s: killed at %d of %d system calls and %d Cryptoki calls; every store opened, every journal '
              'verified, every retry gave the same document' % (flow, chosen - not_reached, calls, cryptoki))
        return 0
    except Failed as failure:
        print('%s: FAILED: %s (see %s)' % (flow, failure, work), file=sys.stderr)
        return 1
    finally:
        if sys.exc_info()[0] is None and '--keep' not in sys.argv:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
