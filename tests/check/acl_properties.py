#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Laws of the access list, on random lists and questions.

No proper prefix of a list is a list. A deny more or an allow less never allows
what was not allowed. The order of lines never matters. A list that is replaced
by rename while it is read decides as one of its whole versions.
PRIVYSEAL_FULL=1: every prefix, 10^6 questions, 10^5 decisions.
"""
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import acl_agrees as lists  # noqa: E402
import acl_reference as ref  # noqa: E402

FULL = os.environ.get("PRIVYSEAL_FULL") == "1"
CUT_FILES, CUT_STEP = 1000, 1 if FULL else 16
QUESTIONS = 1_000_000 if FULL else 10_000
SWAPS = 100_000 if FULL else 3_000
EACH = 20  # questions a list
PROGRAM = os.path.join(os.environ["PRIVYSEAL_BUILD"], "tests", "acl_properties")


def valid_list(rng):
    while True:
        text = lists.make(rng)
        acl = ref.parse(text.encode())
        if acl is not None:
            return text, acl


def statements(text):
    """Those of a list, each with its continuation lines; no first, no last."""
    out, joined = [], False
    for line in text.split("\n")[1:-2]:
        if joined:
            out[-1] += "\n" + line
        elif line.strip() and not line.strip().startswith("#"):
            out.append(line)
        else:
            continue
        joined = line.endswith("\\") and "# note" not in line
    return out


def whole(parts):
    return "privyseal-acl 1\n" + "".join(p + "\n" for p in parts) + "end %d\n" % len(parts)


def deny(rng, acl):
    who = rng.choice(["*"] + sorted({r.who for r in acl.rules if r.who != "*"}))
    ops = rng.choice(["*", ",".join(rng.sample(ref.OPS[:4], rng.randint(1, 4)))])
    return " ".join(["deny", who, "op=" + ops] + lists.constraints(rng, True, []))


def answers(engine, parts, questions):
    text = whole(parts)
    valid, words = engine.file(text.encode())
    if not valid:
        sys.exit("acl_properties: %s\n%s" % (words, text))
    return engine.ask(questions)


def differ(law, before, after, parts, question):
    sys.exit("acl_properties: %s: %s, then %s\n%s\n%r" % (law, before, after, whole(parts), question))


def less(engine, rng, acl, parts, questions, before):
    """One deny more, one allow less: nothing is gained, not even a day."""
    place = rng.randint(0, len(parts))
    changed = [parts[:place] + [deny(rng, acl)] + parts[place:]]
    allows = [i for i, p in enumerate(parts) if p.startswith("allow ")]
    if allows:
        i = rng.choice(allows)
        changed.append(parts[:i] + parts[i + 1:])
    lost = 0
    for other in changed:
        for q, old, new in zip(questions, before, answers(engine, other, questions)):
            if new[0] == ref.ALLOWED and (old[0] != ref.ALLOWED or new[2] > old[2]):
                differ("less was written, more is granted", old, new, other, q)
            lost += old[0] == ref.ALLOWED and new[0] != ref.ALLOWED
    return lost


def order(engine, rng, parts, questions, before):
    """Cause, end and principal; which of two equal rules is named may differ."""
    other = rng.sample(parts, len(parts))
    for q, old, new in zip(questions, before, answers(engine, other, questions)):
        if (old[0], old[2], old[3]) != (new[0], new[2], new[3]):
            differ("another order, another decision", old, new, other, q)


def run(*words, octets=None):
    done = subprocess.run([PROGRAM, *map(str, words)], input=octets, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("acl_properties: %s failed" % words[0])
    return done.stdout.decode().strip()


def main():
    seed = int(os.environ.get("PRIVYSEAL_SEED", "20261121"))
    rng, engine = random.Random(seed), lists.Engine()
    files = (valid_list(rng)[0].encode() for _ in range(CUT_FILES))
    cuts = run("cut", CUT_STEP, octets=b"".join(b"FILE %d\n" % len(f) + f for f in files))
    asked = granted = lost = 0
    while asked < QUESTIONS:
        text, acl = valid_list(rng)
        parts = statements(text)
        questions = [lists.ask_near(rng, acl) for _ in range(EACH)]
        before = answers(engine, parts, questions)
        lost += less(engine, rng, acl, parts, questions, before)
        order(engine, rng, parts, questions, before)
        asked += EACH
        granted += sum(a[0] == ref.ALLOWED for a in before)
    if granted < asked / 20 or lost < asked / 100:
        sys.exit("acl_properties: %d of %d granted, %d lost: too little is tested" % (granted, asked, lost))
    with tempfile.TemporaryDirectory(prefix="privyseal-acl-") as folder:
        swaps = run("swap", SWAPS, folder)
    print("seed %d: %s; %d questions, %d granted, %d of them not by less, none by order; %s"
          % (seed, cuts, asked, granted, lost, swaps))


if __name__ == "__main__":
    main()
