# SPDX-License-Identifier: Apache-2.0
"""A second evaluator of access lists, written from docs/formats/acl.md alone.

parse(octets) -> Acl, or None where the file is invalid
decide(acl, question) -> (cause, line, until, principal, nearest, reasons)

Slow and plain on purpose: it shares no code, table or order of work with
the engine, so that a fault of one shows as a difference.
"""
import calendar
import datetime
import ipaddress
import re

OPS = ["enroll", "renew", "rekey", "sub-enroll", "sub-enroll-legacy", "read-log"]
(ALLOWED, NOBODY, SEVERAL, CLAIM, DENIED, NO_RULE) = range(6)
REASONS = ["op", "url", "guid", "subject-key", "key", "validity", "not-after", "expired", "quota",
           "outstanding", "approval", "transport"]
NEVER = 1 << 62
LAST = 253402300799
FIRST = -62135596800
HEX = re.compile(r"[0-9a-f]{64}\Z")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z|[A-Za-z_][A-Za-z0-9_.-]{0,30}\$\Z")
GUID = re.compile(r"(\{)?([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})(\})?\Z", re.I)
UINT = re.compile(r"(0|[1-9][0-9]{0,9})\Z")
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z\Z", re.A)
QUOTED = re.compile(r'"[^"\\]{0,256}"\Z')


class Invalid(Exception):
    pass


def need(truth):
    if not truth:
        raise Invalid()


def uint(text):
    need(UINT.match(text) and int(text) < 1 << 31)
    return int(text)


def utc(text):
    m = TIME.match(text)
    need(m)
    y, mo, d, h, mi, s = map(int, m.groups())
    need(1 <= y and 1 <= mo <= 12 and 1 <= d <= calendar.monthrange(y, mo)[1] and h < 24 and mi < 60 and s < 60)
    return (datetime.date(y, mo, d) - datetime.date(1970, 1, 1)).days * 86400 + h * 3600 + mi * 60 + s


def span(text):
    m = re.match(r"(\d+)(min|h|d|y)\Z", text, re.A)
    need(m)
    return uint(m.group(1)), m.group(2)


def shift(time, amount, sign):
    count, unit = amount
    if unit != "y":
        t = time + sign * count * {"min": 60, "h": 3600, "d": 86400}[unit]
    else:
        day = datetime.date(1970, 1, 1) + datetime.timedelta(days=time // 86400)
        year = day.year + sign * count
        if year > 9999:
            return LAST
        if year < 1:
            return FIRST
        last = calendar.monthrange(year, day.month)[1]
        then = datetime.date(year, day.month, min(day.day, last))
        t = (then - datetime.date(1970, 1, 1)).days * 86400 + time % 86400
    return max(FIRST, min(LAST, t))


# ---- URLs ------------------------------------------------------------------

def normal_url(url):
    m = re.match(r"(https?)://([^/]*)(.*)\Z", url, re.S)
    if not m or len(url.encode()) > 512 or not url.isascii() or "?" in url or "#" in url:
        return False
    scheme, host, path = m.groups()
    if "@" in host:
        return False
    if ":" in host:
        host, port = host.split(":", 1)
        if not re.match(r"[1-9][0-9]{0,4}\Z", port) or int(port) > 65535:
            return False
        if int(port) == {"http": 80, "https": 443}[scheme]:
            return False
    if len(host) > 253 or not all(re.match(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z", l) for l in host.split(".")):
        return False
    if path == "":
        return True
    for segment in path[1:].split("/"):
        if segment in ("", ".", ".."):
            return False
        if not re.match(r"([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+\Z", segment):
            return False
        for code in re.findall(r"%([0-9A-F]{2})", segment):
            c = chr(int(code, 16))
            if re.match(r"[A-Za-z0-9._~-]\Z", c) or ord(c) < 32 or ord(c) == 127:
                return False
    return True


def url_pattern(text):
    plain = text[:-2] if text.endswith("/*") else text
    plain = re.sub(r"://\*\.", "://", plain, count=1)
    need(len(text.encode()) <= 512 and "*" not in plain and normal_url(plain))
    return text


def url_matches(pattern, url):
    scheme, host, path = re.match(r"(.*?)://([^/]*)(.*)\Z", pattern).groups()
    scheme2, host2, path2 = re.match(r"(.*?)://([^/]*)(.*)\Z", url).groups()
    if scheme != scheme2:
        return False
    if host.startswith("*."):
        label, dot, rest = host2.partition(".")
        if not dot or not label or rest != host[2:]:
            return False
    elif host != host2:
        return False
    if path.endswith("/*"):
        return path2.startswith(path[:-1])
    return path == path2


# ---- the file ----------------------------------------------------------------

def lines_of(octets):
    """(first line, last line, words) of each statement."""
    need(not octets.startswith(b"\xef\xbb\xbf") and len(octets) <= 1 << 20)
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid() from None
    need(text.endswith("\n"))
    for c in text:
        o = ord(c)
        need(c == "\n" or (o >= 32 and not 127 <= o <= 159))
        need(o not in (0x2028, 0x2029, 0xfeff) and not 0x202a <= o <= 0x202e and not 0x2066 <= o <= 0x2069)
        need(not 0xfdd0 <= o <= 0xfdef and o & 0xfffe != 0xfffe)
    physical = text[:-1].split("\n")
    need(physical[0] == "privyseal-acl 1")
    number, words, open_line = 2, [], None
    for line in physical[1:]:
        more, found = False, split_words(line)
        if found and found[-1] == "\\":
            need(line.endswith("\\"))
            more, found = True, found[:-1]
        need("\\" not in found)
        if open_line is None:
            open_line = number
        words += found
        if not more:
            if words:
                need(len(words) <= 64)
                yield open_line, number, words
            words, open_line = [], None
        elif not words and not found:
            open_line = None if not more else open_line
        number += 1
    need(open_line is None)


def split_words(line):
    words, word, quoted, i = [], None, False, 0
    while i < len(line):
        c = line[i]
        if word is None and c == "#":
            break
        if c == " " and not quoted:
            if word is not None:
                words.append(word)
            word = None
        else:
            if c == '"':
                quoted = not quoted
            word = (word or "") + c
        i += 1
    need(not quoted)
    if word is not None:
        words.append(word)
    return words


class Rule:
    pass


class Acl:
    def __init__(self):
        self.serial, self.names, self.credentials, self.rules = None, set(), {}, []


def credential(words):
    """((kind, value), words left)"""
    kind, colon, value = words[0].partition(":")
    need(colon)
    if kind in ("tls-sha256", "tls-spki", "key-sha256", "slc-sha256"):
        need(HEX.match(value))
    elif kind in ("unix-user", "unix-group"):
        need(USER.match(value))
    elif kind == "tls-name":
        need(QUOTED.match(value) and len(words) > 1 and words[1].startswith("issuer-spki:"))
        need(HEX.match(words[1][12:]))
        return (kind, value + words[1]), words[2:]
    else:
        raise Invalid()
    return (kind, value), words[1:]


def cidr(text):
    address, slash, bits = text.partition("/")
    need(slash and UINT.match(bits))
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise Invalid() from None
    need("%" not in address and int(bits) <= (32 if ip.version == 4 else 128))


def principal(acl, words):
    need(len(words) >= 2 and NAME.match(words[0]))
    cred, rest = credential(words[1:])
    expires, seen = NEVER, set()
    for word in rest:
        key = word.split("=", 1)[0]
        need(key not in seen and "=" in word)
        seen.add(key)
        if key == "expires":
            expires = utc(word[8:])
        elif key == "from":
            need(cred[0].startswith("tls-"))
            for part in word[5:].split(","):
                cidr(part)
        else:
            raise Invalid()
    acl.names.add(words[0])
    acl.credentials.setdefault(cred, []).append((words[0], expires))


def rule(line, deny, words):
    r = Rule()
    r.line, r.deny, r.c = line, deny, {}
    need(len(words) >= 2 and (NAME.match(words[0]) or (deny and words[0] == "*")))
    r.who = words[0]
    need(words[1].startswith("op="))
    for word in words[1:]:
        key, equals, value = word.partition("=")
        need(equals and key not in r.c)
        need(not deny or key in ("op", "url", "guid", "subject-key", "rights", "expires", "key", "why"))
        if key == "op":
            ops = OPS if value == "*" and deny else value.split(",")
            need(len(set(ops)) == len(ops) and set(ops) <= set(OPS))
            value = set(ops)
        elif key == "url":
            value = url_pattern(value)
        elif key == "guid":
            m = GUID.match(value)
            need(m and (m.group(1) is None) == (m.group(4) is None) and set(m.group(2)) != set("0-"))
            value = "{" + m.group(2).lower() + "}"
        elif key == "subject-key":
            need(HEX.match(value))
        elif key == "rights":
            need(value == "issue-license")
        elif key == "max-validity":
            value = span(value)
        elif key in ("not-after", "expires"):
            value = utc(value)
        elif key == "key":
            m = re.match(r"rsa:(\d+)(-(\d+))?\Z", value, re.A)
            need(m)
            low = uint(m.group(1))
            high = uint(m.group(3)) if m.group(2) else low
            need(0 < low <= high <= 16384)
            value = (low, high)
        elif key == "quota":
            count, slash, dur = value.partition("/")
            need(slash)
            value = (uint(count), span(dur))
        elif key == "outstanding":
            value = uint(value)
        elif key == "require":
            if value.startswith("approval:"):
                need(NAME.match(value[9:]))
            else:
                need(value in ("offline", "mtls"))
        elif key == "why":
            need(QUOTED.match(value))
        else:
            raise Invalid()
        r.c[key] = value
    if not deny:
        need("url" in r.c and ("sub-enroll-legacy" not in r.c["op"] or "subject-key" in r.c))
    return r


def parse(octets):
    try:
        return parse_strictly(octets)
    except Invalid:
        return None


def parse_strictly(octets):
    acl, statements, ended = Acl(), 0, False
    if not octets.endswith(b"\n"):
        raise Invalid()
    lines = list(lines_of(octets))
    for i, (line, last, words) in enumerate(lines):
        if words[0] == "end":
            need(i == len(lines) - 1 and len(words) == 2 and uint(words[1]) == statements)
            # nothing at all may follow, not even a comment or an empty line
            need(octets.count(b"\n") == last)
            ended = True
            break
        statements += 1
        if words[0] == "serial":
            need(len(words) == 2 and acl.serial is None)
            acl.serial = uint(words[1])
        elif words[0] == "principal":
            principal(acl, words[1:])
        elif words[0] in ("allow", "deny"):
            acl.rules.append(rule(line, words[0] == "deny", words[1:]))
            need(len(acl.rules) <= 10000)
        else:
            raise Invalid()
    need(ended)
    for owners in acl.credentials.values():
        need(len({name for name, _ in owners}) == 1)
    for r in acl.rules:
        need(r.who == "*" or r.who in acl.names)
        if r.c.get("require", "").startswith("approval:"):
            need(r.c["require"][9:] in acl.names)
    return acl


# ---- the decision --------------------------------------------------------------

def who(acl, proofs, now):
    for keys in (True, False):
        found = set()
        for kind, value in proofs:
            if (kind in ("key-sha256", "slc-sha256")) != keys:
                continue
            found |= {name for name, expires in acl.credentials.get((kind, value), []) if expires > now}
        if len(found) > 1:
            return SEVERAL, None
        if found:
            return ALLOWED, found.pop()
    return NOBODY, None


def end_of(r, q):
    ends = [shift(q["now"], (q["years"], "y"), 1), shift(q["now"], r.c.get("max-validity", (1, "y")), 1)]
    if "not-after" in r.c:
        ends.append(r.c["not-after"])
    return min(ends)


def reasons(acl, r, q, me):
    c, why, now = r.c, set(), q["now"]
    if q["op"] not in c["op"]:
        why.add("op")
    if c.get("expires", NEVER) <= now:
        why.add("expired")
    if "url" in c and not (normal_url(q["url"]) and url_matches(c["url"], q["url"])):
        why.add("url")
    if "guid" in c and c["guid"] != q["guid"]:
        why.add("guid")
    if "subject-key" in c and c["subject-key"] != q["subject_key"]:
        why.add("subject-key")
    low, high = c.get("key", (2048, 4096) if not r.deny else (0, NEVER))
    if not low <= q["bits"] <= high:
        why.add("key")
    if r.deny:
        return why
    if "guid" not in c and q["whose"] == 2:
        why.add("guid")
    end = end_of(r, q)
    if c.get("not-after", NEVER) <= now:
        why.add("not-after")
    elif end <= now or (q["days"] > 0 and now + q["days"] * 86400 > end):
        why.add("validity")
    count, window = c.get("quota", (1, (30, "d")))
    if sum(1 for op, t in q["past"] if op == q["op"] and t > shift(now, window, -1)) >= count:
        why.add("quota")
    if q["outstanding"] >= c.get("outstanding", 1):
        why.add("outstanding")
    require = c.get("require", "")
    if require == "mtls":
        why.add("transport")
    if require.startswith("approval:"):
        approver = require[9:]
        if approver == me or who(acl, q["approver"], now)[1] != approver:
            why.add("approval")
    return why


def decide(acl, q):
    cause, me = who(acl, q["proofs"], q["now"])
    if me is None:
        return (cause, 0, 0, "-", 0, 0)
    if q["as"] is not None and q["as"] != me:
        return (CLAIM, 0, 0, me, 0, 0)
    mine = [(r, reasons(acl, r, q, me)) for r in acl.rules if r.who in (me, "*")]
    for r, why in mine:
        if r.deny and not why:
            return (DENIED, r.line, 0, me, 0, 0)
    fits = [r for r, why in mine if not r.deny and not why]
    if fits:
        best = max(end_of(r, q) for r in fits)
        line = min(r.line for r in fits if end_of(r, q) == best)
        return (ALLOWED, line, best, me, 0, 0)
    near = sorted((len(why), r.line, why) for r, why in mine if not r.deny)
    if not near:
        return (NO_RULE, 0, 0, me, 0, 0)
    bits = sum(1 << REASONS.index(w) for w in near[0][2])
    return (NO_RULE, 0, 0, me, near[0][1], bits)
