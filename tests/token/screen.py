#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and says what is seen on it.

screen.py COLUMNS[,COLUMNS] COMMAND...: a terminal as wide as that, which gets
the second width once something was drawn over. Prints "drawn TEXT" for each
line that was begun anew in place, in order; "seen TEXT" for each line that
stands there at the end; "codes" and the escape sequences, each once. Exits as
the command did, 99 after two minutes.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

widths = [int(width) for width in sys.argv[1].split(',')]


def resize(terminal, width):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                struct.pack('HHHH', 24, width, 0, 0))


master, slave = pty.openpty()
resize(slave, widths[0])
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(slave, number)
    os.closerange(3, 256)
    os.execvp(sys.argv[2], sys.argv[2:])
os.close(slave)

shown, width, end = b'', widths[0], time.monotonic() + 120
turns = []  # (how much was shown, width from there on)
while time.monotonic() < end:
    if not select.select([master], [], [], 1)[0]:
        continue
    try:
        more = os.read(master, 4096)
    except OSError:
        break
    if not more:
        break
    shown += more
    if len(widths) > 1 and not turns and b'\033[K' in shown:
        resize(master, widths[1])
        # what was drawn before is wider, and is not drawn over again
        turns.append(len(shown))
else:
    os.kill(pid, 9)
    print('no end')
    sys.exit(99)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Screen:
    """As much of a terminal as is used: CR, LF, erasing, a last column."""

    def __init__(self):
        self.rows, self.row, self.column = [''], 0, 0

    def put(self, character, columns):
        if character == '\r':
            self.column = 0
            return
        if character == '\n' or self.column == columns:
            self.row += 1
            if self.row == len(self.rows):
                self.rows.append('')
            if character == '\n':
                return
            self.column = 0
        row = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = (row[:self.column] + character +
                               row[self.column + 1:])
        self.column += 1

    def erase(self):
        self.rows[self.row] = self.rows[self.row][:self.column]


screen, codes, at = Screen(), [], 0
text = shown.decode(errors='replace')
split = len(shown[:turns[0]].decode(errors='replace')) if turns else len(text)
while at < len(text):
    columns = widths[0] if at < split else widths[-1]
    code = re.compile('\033\\[[0-9;]*[A-Za-z]').match(text, at)
    if code is None:
        screen.put(text[at], columns)
        at += 1
        continue
    if code[0] not in codes:
        codes.append(code[0])
    at = code.end()
    if code[0] == '\033[K':
        screen.erase()
        drawn = re.compile('[^\r\n\033]*').match(text, at)[0]
        if drawn:
            print('drawn', drawn)
for row in screen.rows:
    if row.rstrip():
        print('seen', row.rstrip())
print('codes', *(code.replace('\033', '^') for code in codes))
sys.exit(status if 0 <= status < 99 else 98)
