#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills commands at random moments, in a world that goes on: renewals of a root
and of a licensing server, asked for, answered and imported. After each kill the
journal must verify and the command, killed once more now and then while it
recovers, must end as if nothing had been. Of a hundred kills each, every
signature that the token made must have its INTENT.

usage: kill_random.py [KILLS [SEED]]
environment: PRIVYSEAL_BUILD (build folder); PRIVYSEAL_FULL=1: 2,000 kills
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from world import (RENEW, RENEW_IMPORT, RENEW_SIGN, STEPS, SUB_IMPORT, TOOL, Failed, copy, count_of_signatures, prepare,
                   unaccounted)

FULL = os.environ.get('PRIVYSEAL_FULL') == '1'
ONE_WORLD = 100
AGAIN = 0.3  # of the kills are followed by one of the retry

LIC_RENEW = ['renew', '--store', 'licensing', '--export']
LIC_SERVE = ['subenroll', '--store', 'root', '--serve', 'LIC01RenewalRequest.xml', '--out', 'LIC01.new.xml', '--yes']
LIC_IMPORT = ['renew', '--store', 'licensing', '--import', 'LIC01.new.xml', '--yes']
# The command, the store that it changes; what it leaves is of its round alone.
ROUND = [(RENEW, 'root'), (RENEW_SIGN, 'authority'), (RENEW_IMPORT, 'root'),
         (LIC_RENEW, 'licensing'), (LIC_SERVE, 'root'), (LIC_IMPORT, 'licensing')]
LEFT = ['RMS01RenewalRequest.xml', 'RMS01RenewalRequest.pop', 'RMS01.new.xml',
        'LIC01RenewalRequest.xml', 'LIC01RenewalRequest.pop', 'LIC01.new.xml']


def kill(world, command, after):
    """Whether it was killed: it may have been done before."""
    started = subprocess.Popen([TOOL, *command], cwd=world.folder, env=world.environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    started.send_signal(signal.SIGKILL)
    code = started.wait()
    if code not in (0, -signal.SIGKILL):
        raise Failed('%s: exit %d, and was not killed' % (' '.join(command), code))
    return code != 0


def one(world, command, store, usual, chance):
    """One command, killed; how often."""
    killed = kill(world, command, chance.uniform(0, 1.2 * usual))
    world.good('log', 'verify', '--store', store)
    while chance.random() < AGAIN:
        killed += kill(world, command, chance.uniform(0, 1.2 * usual))
    world.good(*command)
    world.good('log', 'verify', '--store', store)
    return killed


def go_on(world, count, usual, chance):
    """Rounds until so many commands were killed."""
    killed = 0
    while killed < count:
        for name in LEFT:
            if os.path.exists(world.path(name)):
                os.unlink(world.path(name))
        for command, store in ROUND:
            started = time.monotonic()
            killed += one(world, command, store, usual, chance)
            usual = 0.9 * usual + 0.1 * (time.monotonic() - started) / 5
    wrong = unaccounted(world, ['authority', 'root', 'licensing'])
    for store in ('authority', 'root', 'licensing'):
        wrong += ['%s: the %s key signed %d times, %d results' % (store, purpose, signed, results)
                  for purpose, signed, results in count_of_signatures(world, store) if signed < results]
    if wrong:
        raise Failed('; '.join(wrong))
    return killed


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 2000 if FULL else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    chance = random.Random(seed)
    work = tempfile.mkdtemp(prefix='kill-random-', dir=os.getcwd())
    killed = 0
    try:
        pristine = prepare(os.path.join(work, 'pristine'), STEPS.index(SUB_IMPORT) + 1)
        while killed < kills:
            world = copy(pristine, os.path.join(work, 'trial'))
            killed += go_on(world, min(ONE_WORLD, kills - killed), 0.06, chance)
        print('%d kills (seed %d): every journal verified, every command was finished by a retry' % (killed, seed))
        return 0
    except Failed as failure:
        print('FAILED (seed %d, after %d kills): %s (see %s)' % (seed, killed, failure, work), file=sys.stderr)
        return 1
    finally:
        if sys.exc_info()[0] is None:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
