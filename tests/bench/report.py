#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables and plots of what tests/bench/run measured.

report.py RESULTS.tsv... [--svg FOLDER]

Prints the goals with what was reached (Markdown), then every figure. Exit 0
whatever was reached: figures are read by people, not judged by a test.
"""
import argparse
import os
import sys

OURS = "privyseal"
PEERS = ["pkcs11-provider", "libp11-engine", "gnutls"]
COLOURS = {"raw": "#8a8a8a", "raw+copy": "#bdbdbd", OURS: "#1f5fa8", "pkcs11-provider": "#d98c21",
           "libp11-engine": "#7a9a3a", "gnutls": "#a85a8a", "file": "#3a3a3a"}


class Figures:
    """All lines of one machine's run, by kind."""

    def __init__(self, path):
        self.notes, self.rows = [], []
        for line in open(path, encoding="utf-8"):
            line = line.rstrip("\n")
            if line.startswith("#"):
                self.notes.append(line[2:])
            elif line:
                self.rows.append(line.split("\t"))
        self.system = self.notes[0].split("; ")[1] if self.notes else os.path.basename(path)

    def signatures(self, title, op, threads):
        """bridge -> dict of the figures of one contest"""
        found = {}
        for r in self.rows:
            if len(r) == 12 and r[0] == title and r[1] == op and r[2] == str(threads) and r[4] != "-":
                found[r[3]] = dict(zip(("rate", "min", "max", "ratio", "copy", "cpu", "errors", "calls"),
                                       map(float, r[4:])))
        return found

    def other(self, title, kind):
        """bridge -> list of figures of a line title kind bridge ..."""
        return {r[2]: list(map(float, r[3:])) for r in self.rows if r[0] == title and r[1] == kind}

    def threads_of(self, title, op):
        return sorted({int(r[2]) for r in self.rows if len(r) == 12 and r[0] == title and r[1] == op})

    def titles(self):
        return list(dict.fromkeys(r[0] for r in self.rows if len(r) == 12))


def best_peer(found, column, worst=False):
    values = [(v[column], k) for k, v in found.items() if k in PEERS and v[column] > 0]
    if not values:
        return "-"
    value, name = (min if worst else max)(values)
    return f"{value:.2f} ({name})"


def judge(value, goal, at_most):
    reached = value <= goal if at_most else value >= goal
    return "reached" if reached else "**not reached**"


def ratio_rows(figures):
    """(what, goal, ours, best peer, verdict) of the goals that are ratios of signatures"""
    goals = [("latency0.5", "ratio", (1, 8, 32), 0.97, "0.5 ms a call, over raw"),
             ("latency1", "ratio", (1, 8, 32), 0.97, "1 ms a call, over raw"),
             ("limit4", "ratio", (64,), 0.95, "64 threads, 4 sessions, over raw with 4"),
             ("softhsm2", "copy", (1,), 0.95, "SoftHSM2, over raw on a copy"),
             ("nss", "copy", (1, 8), 0.95, "NSS softokn, over raw on a copy"),
             ("opencryptoki", "copy", (1, 2, 8), {1: 0.95, 2: 0.92, 8: 0.9}, "openCryptoki, over raw on a copy")]
    for title, column, threads, goal, text in goals:
        for key in ("rsa", "ec"):
            for op in ("sign", "digest"):
                for n in threads:
                    found = figures.signatures(f"{title}-{key}", op, n)
                    if OURS not in found:
                        continue
                    ours, wanted = found[OURS], goal[n] if isinstance(goal, dict) else goal
                    verdict = judge(ours[column], wanted, False)
                    if ours["errors"]:
                        verdict = f"**{ours['errors']:.0f} errors**"
                    yield (f"{text}: {key} {op}, {n} threads", f">= {wanted}", f"{ours[column]:.3f}",
                           best_peer(found, column), verdict)


def cpu_rows(figures):
    new = not any("OpenSSL 3.0" in n for n in figures.notes)
    goals = {("rsa", "sign"): 0.05, ("ec", "sign"): 0.05, ("rsa", "digest"): 0.85 if new else 2.1,
             ("ec", "digest"): 0.85 if new else 1.85}
    for (key, op), goal in goals.items():
        one, eight = (figures.signatures(f"none-{key}", op, n) for n in (1, 8))
        if OURS not in one:
            continue
        yield (f"CPU us, token without cost: {key} {op}", f"<= {goal}", f"{one[OURS]['cpu']:.3f}",
               best_peer(one, "cpu", True), judge(one[OURS]["cpu"], goal, True))
        if OURS not in eight:
            continue
        scale = eight[OURS]["rate"] / one[OURS]["rate"]
        peers = [(eight[p]["rate"] / one[p]["rate"], p) for p in PEERS if p in eight and p in one]
        best = max(peers) if peers else (0, "-")
        if op == "sign":
            verdict, text = judge(scale, 1.9, False), ">= 1.9"
        else:
            verdict, text = judge(eight[OURS]["rate"], max([eight[p]["rate"] for p in PEERS if p in eight and
                                  "provider" in p] or [0]), False), "best provider (ops/s)"
        yield (f"8 threads over 1, token without cost: {key} {op}", text, f"{scale:.2f}",
               f"{best[0]:.2f} ({best[1]})", verdict)


def other_rows(figures):
    for key in ("rsa", "ec"):
        for op in ("sign", "digest"):
            found = figures.signatures(f"calls-{key}", op, 1)
            if OURS in found:
                yield (f"token calls a signature: {key} {op}", "2", f"{found[OURS]['calls']:.0f}",
                       best_peer(found, "calls", True), judge(found[OURS]["calls"], 2, True))
        rows = [("first5", "first", 3, 1.2, "first signature of a process at 5 ms a call, over raw", "{:.2f}"),
                ("first5", "first", 4, 13, "the same, token calls", "{:.0f}"),
                ("calls", "load", 3, 2, "second load by URI, token calls", "{:.0f}"),
                ("full", "load", 0, 1000, "second load in a full token, us", "{:.0f}"),
                ("pem", "pem", 1, 2, "PEM with URI, attribute calls", "{:.0f}")]
        for title, kind, column, goal, text, form in rows:
            found = figures.other(f"{'calls' if kind == 'pem' else title}-{key}", kind)
            if OURS not in found or found[OURS][column] < 0:
                continue
            peers = [(v[column], k) for k, v in found.items() if k in PEERS]
            peer = f"{form.format(min(peers)[0])} ({min(peers)[1]})" if peers else "-"
            yield (f"{text}: {key}", f"<= {goal}", form.format(found[OURS][column]), peer,
                   judge(found[OURS][column], goal, True))
        found = figures.other(f"softhsm2-{key}", "tls")
        if OURS in found:
            peers = [(v[3], k) for k, v in found.items() if k in PEERS and v[4] == 0]
            best = min(peers) if peers else (0, "-")
            yield (f"TLS 1.3 server CPU over a file key, SoftHSM2: {key}", "not above the best peer",
                   f"{found[OURS][3]:.2f}", f"{best[0]:.2f} ({best[1]})",
                   judge(found[OURS][3], best[0] or 9, True))


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def all_figures(figures):
    for title in figures.titles():
        for op in ("sign", "digest"):
            for n in figures.threads_of(title, op):
                found = figures.signatures(title, op, n)
                rows = [(k, f"{v['rate']:.0f}", f"{v['min']:.0f}-{v['max']:.0f}", f"{v['ratio']:.3f}",
                         f"{v['copy']:.3f}" if v["copy"] else "-", f"{v['cpu']:.2f}", f"{v['errors']:.0f}")
                        for k, v in found.items()]
                print(f"**{title}, {op}, {n} threads**\n")
                table(("", "ops/s", "min-max", "over raw", "over raw+copy", "CPU us", "errors"), rows)


def bars(figures, op, threads):
    """One plot: groups are titles, bars are bridges, height is the ratio to raw."""
    groups = [(t, figures.signatures(t, op, threads)) for t in figures.titles() if t.rsplit("-", 1)[0] not in
              ("none", "calls")]
    groups = [(t, {k: v for k, v in f.items() if k != "file" and v["ratio"] > 0}) for t, f in groups if OURS in f]
    if not groups:
        return None
    bar, gap, height, left = 16, 26, 220, 46
    top = max(max(v["ratio"] for v in f.values()) for _, f in groups)
    top = min(max(top, 1.2), 3.0)
    width = left + sum(len(f) * bar + gap for _, f in groups) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {max(width, 640)} {height + 92}" '
           'font-family="sans-serif" font-size="11">',
           f'<text x="{left}" y="16" font-size="13">{figures.system}: {op}, {threads} '
           f'thread{"s" if threads > 1 else ""}, ratio to the raw Cryptoki loop</text>']
    for step in range(0, int(top * 4) + 1):
        y = 30 + height - height * step / 4 / top
        out.append(f'<line x1="{left}" x2="{max(width, 640) - 8}" y1="{y:.1f}" y2="{y:.1f}" '
                   f'stroke="{"#888" if step == 4 else "#ddd"}"/>'
                   f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{step / 4:.2f}</text>')
    x = left + 8
    for title, found in groups:
        start = x
        for name, v in found.items():
            h = height * min(v["ratio"], top) / top
            out.append(f'<rect x="{x}" y="{30 + height - h:.1f}" width="{bar - 2}" height="{h:.1f}" '
                       f'fill="{COLOURS[name]}"><title>{name} {v["ratio"]:.3f}</title></rect>')
            x += bar
        out.append(f'<text x="{(start + x) / 2:.0f}" y="{height + 46}" text-anchor="middle">{title}</text>')
        x += gap
    x = left
    for name in ["raw", "raw+copy", OURS] + PEERS:
        out.append(f'<rect x="{x}" y="{height + 64}" width="11" height="11" fill="{COLOURS[name]}"/>'
                   f'<text x="{x + 15}" y="{height + 74}">{name}</text>')
        x += 100
    return "\n".join(out + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="+")
    parser.add_argument("--svg", help="folder for plots")
    args = parser.parse_args()
    for path in args.results:
        figures = Figures(path)
        print(f"## {figures.system}\n")
        for note in figures.notes:
            print(f"- {note}")
        print("\n### Goals\n")
        rows = list(other_rows(figures)) + list(ratio_rows(figures)) + list(cpu_rows(figures))
        table(("what", "goal", "privyseal", "best peer here", ""), rows)
        print("### All figures\n")
        all_figures(figures)
        if args.svg:
            os.makedirs(args.svg, exist_ok=True)
            stem = os.path.basename(path).removeprefix("results-").removesuffix(".tsv")
            for op in ("sign", "digest"):
                for n in (1, 8):
                    svg = bars(figures, op, n)
                    if svg:
                        name = os.path.join(args.svg, f"{stem}-{op}-{n}.svg")
                        with open(name, "w", encoding="utf-8") as f:
                            f.write(svg)
                        print(f"plot: {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
