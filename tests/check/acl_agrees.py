#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The engine's access list against a reference evaluator in Python.

Random files and questions, most of them near a border: equal decisions,
lines, ends and reasons. Then laws that hold for any evaluator: each proper
prefix of a valid file is invalid; one more deny, or one allow less, grants
nothing. PRIVYSEAL_FULL=1: 10^6 pairs and 1,000 files cut at every octet.
"""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import acl_reference as ref  # noqa: E402

FULL = os.environ.get("PRIVYSEAL_FULL") == "1"
PAIRS = 1_000_000 if FULL else 20_000
CUT_FILES = 1_000 if FULL else 20
QUESTIONS = 40
NOW = 1_800_000_000
HEX = ["%064x" % (n * 0x1234567) for n in range(1, 9)]
GUIDS = ["{%08x-0000-4000-8000-00000000000%d}" % (n, n) for n in range(1, 5)]
USERS = ["rmsops", "anna", "svc_lic"]
NAMES = ["eu-branch", "lab", "ops", "hr.1", "x_y"]
URLS = ["https://lic.eu.example.com/_wmcs", "https://lic.example.com/_wmcs", "http://lic.example.com:8080/_wmcs",
        "https://a.b.example.com/_wmcs/x", "https://old.retired.example.com/y", "https://example.com"]
BAD_URLS = ["HTTPS://lic.example.com/_wmcs", "https://lic.example.com/", "https://lic.example.com:443/_wmcs",
            "https://lic.example.com/a/../b", "https://u@lic.example.com/x", "", "ftp://lic.example.com/x",
            "https://lic.example.com/%41"]
PATTERNS = URLS + ["https://*.example.com/_wmcs", "https://*.eu.example.com/*", "https://*.retired.example.com/*",
                   "https://lic.example.com/*", "http://lic.example.com:8080/*"]


def utc(t):
    import time
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def near(rng):
    return NOW + rng.choice([-86400 * 400, -86400, -1, 0, 1, 3600, 86400, 86400 * 30, 86400 * 365, 86400 * 366, 10**9])


def span(rng):
    return rng.choice(["0d", "1min", "1h", "24h", "1d", "29d", "30d", "31d", "364d", "365d", "366d", "1y", "2y", "9000y"])


def constraints(rng, deny, names):
    def some(p):
        return rng.random() < p
    out = []
    if some(0.5 if deny else 1):
        out.append("url=" + rng.choice(PATTERNS))
    if some(0.15):
        g = rng.choice(GUIDS)
        out.append("guid=" + rng.choice([g, g.upper(), g[1:-1]]))
    if some(0.15):
        out.append("subject-key=" + rng.choice(HEX))
    if some(0.3):
        out.append("rights=issue-license")
    if some(0.3):
        out.append("key=" + rng.choice(["rsa:2048", "rsa:3072", "rsa:2048-4096", "rsa:3072-8192", "rsa:1024-2047"]))
    if some(0.2):
        out.append("expires=" + utc(near(rng)))
    if some(0.2):
        out.append('why="%s"' % rng.choice(["CR-1881", "a # b", "\u00e5 \u00e4", ""]))
    if not deny:
        if some(0.4):
            out.append("max-validity=" + span(rng))
        if some(0.3):
            out.append("not-after=" + utc(near(rng)))
        if some(0.5):
            out.append("quota=%d/%s" % (rng.choice([0, 1, 2, 3, 100]), span(rng)))
        if some(0.5):
            out.append("outstanding=%d" % rng.choice([0, 1, 2, 3]))
        if some(0.2):
            out.append("require=" + rng.choice(["offline", "mtls", "approval:" + rng.choice(names)]))
    rng.shuffle(out)
    return out


def statement(rng, words):
    """Words on one line, or on several, with blanks and comments."""
    text = ""
    for i, word in enumerate(words):
        text += word
        if i + 1 < len(words):
            text += rng.choice([" "] * 8 + ["  ", " \\\n   ", " \\\n"])
    return text + rng.choice([""] * 6 + [" ", " # note \\", "   #"]) + "\n"


def make(rng):
    names = rng.sample(NAMES, rng.randint(1, 4))
    lines, taken = [], {}
    count = 0
    if rng.random() < 0.5:
        lines.append("serial %d\n" % rng.choice([0, 1, 42, 2**31 - 1]))
        count += 1
    for _ in range(rng.randint(1, 8)):
        kind = rng.choice(["key-sha256:", "slc-sha256:", "unix-user:", "unix-group:", "tls-spki:"])
        value = rng.choice(HEX if kind[0] != "u" else USERS)
        name = taken.setdefault((kind, value), rng.choice(names))
        if rng.random() < 0.01:
            name = rng.choice(names)
        words = ["principal", name, kind + value]
        if rng.random() < 0.2:
            words.append("expires=" + utc(near(rng)))
        if kind[0] == "t" and rng.random() < 0.5:
            words.append("from=10.20.0.0/16,2001:db8::/32")
        lines.append(statement(rng, words))
        count += 1
    listed = sorted({l.split()[1] for l in lines if l.startswith("principal")})
    for _ in range(rng.randint(0, 10)):
        deny = rng.random() < 0.25
        ops = rng.sample(ref.OPS[:4], rng.randint(1, 3))
        words = ["deny" if deny else "allow", "*" if deny and rng.random() < 0.4 else rng.choice(listed),
                 "op=" + ("*" if deny and rng.random() < 0.3 else ",".join(ops))]
        lines.append(statement(rng, words + constraints(rng, deny, listed)))
        count += 1
    rng.shuffle(lines)
    for _ in range(rng.randint(0, 3)):
        lines.insert(rng.randint(0, len(lines)), rng.choice(["\n", "# comment\n", "   # c\n", "  \n"]))
    return "privyseal-acl 1\n" + "".join(lines) + "end %d\n" % count


def spoil(rng, text):
    """Mostly invalid: words changed, lines doubled, octets flipped."""
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 2)):
        way = rng.randrange(6)
        i = rng.randrange(len(data))
        if way == 0:
            data[i] = rng.choice(b" \t\r\n\\\"#=*:/,.-019azAZ\x00\x7f\x80\xff{}")
        elif way == 1:
            del data[i:i + rng.randint(1, 12)]
        elif way == 2:
            data[i:i] = rng.choice([b" ", b"\\", b"#", b'"', b",", b"\n", b" op=renew", b"\xc2\x85", b"\xe2\x80\xae",
                                    b"allow lab op=*\n", b"end 3\n", b" url=https://example.com", b"serial 3\n"])
        elif way == 3:
            line = bytes(data).split(b"\n")
            line.insert(rng.randrange(len(line)), rng.choice(line))
            data = bytearray(b"\n".join(line))
        elif way == 4:
            data = bytearray(bytes(data).replace(rng.choice([b"allow", b"deny", b"op=", b"url=", b"2048", b"d ", b"y "]),
                                                 rng.choice([b"deny", b"allow", b"op=", b"guid=", b"02048", b"d", b"Y "]),
                                                 1))
        else:
            data += rng.choice([b"\n", b"# x\n", b" ", b"end 1\n", b"\xef\xbb\xbf"])
        if not data:
            data = bytearray(b"\n")
    return bytes(data)


def ask(rng):
    def proofs(n):
        out = []
        for _ in range(rng.randint(0, n)):
            kind = rng.choice(["key-sha256", "slc-sha256", "unix-user", "unix-group"])
            out.append((kind, rng.choice(HEX if kind[0] != "u" else USERS)))
        return out
    return {"op": rng.choice(ref.OPS[:4] if rng.random() < 0.9 else ref.OPS),
            "url": rng.choice(URLS if rng.random() < 0.9 else BAD_URLS), "guid": rng.choice(GUIDS),
            "whose": rng.choice([0, 0, 1, 1, 2]), "subject_key": rng.choice(HEX),
            "bits": rng.choice([1024, 2048, 2048, 3072, 4096, 8192]), "days": rng.choice([0, 0, 0, 1, 30, 365, 366, 9999]),
            "years": rng.choice([1, 1, 1, 2]), "now": NOW + rng.choice([0, 0, 0, -1, 1, 86400 * 365, -86400 * 400]),
            "outstanding": rng.choice([0, 0, 0, 1, 2]), "as": rng.choice([None] * 5 + NAMES), "proofs": proofs(3),
            "past": [(rng.choice(ref.OPS[:4]), near(rng) - 86400 * 30) for _ in range(rng.choice([0, 0, 1, 4]))],
            "approver": proofs(2)}


def ask_near(rng, acl):
    """A question that one allow rule was written for, but for a few words."""
    q, allows = ask(rng), [r for r in acl.rules if not r.deny]
    if not allows:
        return q
    r = rng.choice(allows)
    c = r.c
    fits = dict(q, op=rng.choice(sorted(c["op"])), whose=rng.choice([0, 1]), days=0, years=1, outstanding=0, past=[],
                bits=c.get("key", (2048, 4096))[0], now=NOW, url=c["url"].replace("*.", "z.").replace("/*", "/x"),
                guid=c.get("guid", q["guid"]), subject_key=c.get("subject-key", q["subject_key"]),
                proofs=[k for k, owners in acl.credentials.items() if owners[0][0] == r.who and "tls" not in k[0]][:1])
    fits["as"] = rng.choice([None, r.who])
    fits["approver"] = [k for k, owners in acl.credentials.items()
                        if owners[0][0] == c.get("require", "")[9:] and "tls" not in k[0]][:1]
    for key in rng.sample(sorted(q), rng.choice([0, 0, 1, 1, 2])):
        fits[key] = q[key]
    return fits


def line_of(q):
    def many(pairs):
        return ",".join("%s:%s" % p for p in pairs) or "-"
    return "\t".join(map(str, ("ASK", q["op"], q["url"], q["guid"], q["whose"], q["subject_key"], q["bits"], q["days"],
                               q["years"], q["now"], q["outstanding"], q["as"] or "-", many(q["proofs"]),
                               many(q["past"]), many(q["approver"])))) + "\n"


class Engine:
    def __init__(self):
        self.process = subprocess.Popen([os.path.join(os.environ["PRIVYSEAL_BUILD"], "tests", "acl_verdict")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def file(self, octets):
        self.process.stdin.write(b"FILE %d\n" % len(octets) + octets)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("the engine died of this file:\n%r" % octets)
        return answer.startswith(b"file"), answer.decode(errors="replace").strip()

    def ask(self, questions):
        self.process.stdin.write("".join(map(line_of, questions)).encode())
        self.process.stdin.flush()
        return [self.answer() for _ in questions]

    def answer(self):
        words = self.process.stdout.readline().decode().split()
        if len(words) != 6:
            sys.exit("the engine died of a question")
        return (int(words[0]), int(words[1]), int(words[2]), words[3], int(words[4]), int(words[5]))


def differ(octets, q, engine, reference):
    sys.exit("acl_agrees: the engine says %s, the reference %s\n%s\n%r" % (engine, reference, octets.decode(), q))


def compare(engine, rng, octets):
    """True where the file is valid and every question had one answer."""
    acl = ref.parse(octets)
    valid, words = engine.file(octets)
    if valid != (acl is not None):
        sys.exit("acl_agrees: the engine says '%s', the reference %s, of\n%r" % (words, acl is not None, octets))
    if acl is None:
        return []
    questions = [ask(rng) if i % 4 == 0 else ask_near(rng, acl) for i in range(QUESTIONS)]
    found = engine.ask(questions)
    for q, e in zip(questions, found):
        r = ref.decide(acl, q)
        if e != r:
            differ(octets, q, e, r)
    return list(zip(questions, found))


def laws(engine, rng, text, asked):
    """A deny added or an allow dropped never grants."""
    lines = text[:-1].split("\n")
    count = int(lines[-1].split()[1])
    extra = lines[:-1] + ["deny * op=%s" % rng.choice(["*", "renew", "sub-enroll"]), "end %d" % (count + 1)]
    changed = ["\n".join(extra) + "\n"]
    allows = [i for i, l in enumerate(lines) if l.startswith("allow ") and "\\" not in l]
    if allows:
        i = rng.choice(allows)
        changed.append("\n".join(lines[:i] + lines[i + 1:-1] + ["end %d" % (count - 1)]) + "\n")
    for other in changed:
        valid, words = engine.file(other.encode())
        if not valid:
            sys.exit("acl_agrees: %s\n%s" % (words, other))
        for (q, before), after in zip(asked, engine.ask([q for q, _ in asked])):
            if after[0] == ref.ALLOWED and (before[0] != ref.ALLOWED or after[2] > before[2]):
                sys.exit("acl_agrees: less was written, more is granted: %s, %s\n%s\n%r" % (before, after, other, q))


def main():
    seed = int(os.environ.get("PRIVYSEAL_SEED", "20261121"))
    rng, engine = random.Random(seed), Engine()
    pairs = files = broken = cuts = granted = 0
    texts = []
    while pairs < PAIRS:
        text = make(rng)
        asked = compare(engine, rng, text.encode())
        files += 1
        pairs += len(asked)
        granted += sum(a[0] == ref.ALLOWED for _, a in asked)
        broken += not compare(engine, rng, spoil(rng, text))
        if asked:
            laws(engine, rng, text, asked)
            if len(texts) < CUT_FILES:
                texts.append(text.encode())
    for octets in texts:
        for cut in range(len(octets)):
            cuts += 1
            if engine.file(octets[:cut])[0]:
                sys.exit("acl_agrees: a cut file is valid:\n%r" % octets[:cut])
    if granted < pairs / 20:
        sys.exit("acl_agrees: only %d of %d questions were granted: the test tests too little" % (granted, pairs))
    print("seed %d: %d pairs of %d files agree, %d of them granted; %d spoilt files were invalid for both; "
          "%d prefixes of %d files refused" % (seed, pairs, files, granted, broken, cuts, len(texts)))


if __name__ == "__main__":
    main()
