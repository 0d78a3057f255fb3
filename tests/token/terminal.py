#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and answers each question for a PIN.

terminal.py ANSWER COMMAND...: prints what the terminal showed, then the number
of questions; exits as the command did, 99 after a minute.
"""
import os
import pty
import select
import sys
import time

answer, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, asked, seen, end = b'', 0, 0, time.monotonic() + 60
while time.monotonic() < end:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        more = os.read(terminal, 4096)
    except OSError:
        break
    if not more:
        break
    shown += more
    if b'PIN of token' in shown[seen:] and shown.rstrip(b' ').endswith(b':'):
        asked, seen = asked + 1, len(shown)
        time.sleep(0.2)  # the echo is switched off after the question
        os.write(terminal, answer.encode() + b'\n')
else:
    os.kill(pid, 9)
    print('no end')
    sys.exit(99)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.write(shown.decode(errors='replace').replace('\r', ''))
print('questions:', asked)
sys.exit(status if 0 <= status < 99 else 98)
