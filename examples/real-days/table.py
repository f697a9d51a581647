#!/usr/bin/env python3
"""The table of a day that run.sh has replayed: one row a shock.

    examples/real-days/table.py FOLDER                            to standard output
    examples/real-days/table.py --update docs/REAL-DAYS.md FOLDER...   between the marks for that day

FOLDER is run.sh's; the last ten characters of its name are the day.
"""

import json
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
DIAGNOSES = ("overreaction", "underreaction", "contradiction")
# Reasons that describe; all others that a near miss carries are what kept it from opening.
DESCRIBES = {"NO_CHANNEL", "DIRECT_CHANNEL", "RUMOUR_T1", "RUMOUR_T2", "RUMOUR_T3", "DEVELOPING", "RECOMBINED",
             "LATE_NEWS", "BREADTH_HIGH", "CONTRADICTION", "LATE_TRANSMISSION", "OVERLAP", "STALE_NEWS"}


def clock(ts, day):
    moment = datetime.fromtimestamp(ts / 1e9, NEW_YORK)
    return moment.strftime("%H:%M" if moment.date().isoformat() == day else "%m-%d %H:%M")


def number(value):
    return "-" if value is None else f"{value:.1f}"


class Shock:
    def __init__(self, ts):
        self.ts, self.status, self.m, self.z, self.b, self.linked, self.z_end = ts, [], None, None, 0, 0, None
        self.opened, self.fades, self.missed, self.vetoes = Counter(), Counter(), set(), Counter()

    def see(self, decision):
        if decision["status"] not in self.status[-1:]:
            self.status.append(decision["status"])
        if decision["kind"] == "shock":
            self.m, self.linked = decision["m"], decision["linked"]
            self.z = decision["z"] if decision["z"] is not None else self.z
        self.b = max(self.b, decision.get("b") or 0)
        if decision["kind"] not in (*DIAGNOSES, "mean_reversion"):
            return
        if decision["action"] == "open":
            side = {1: "buy ", -1: "sell "}.get(decision["side"], "")
            target = self.fades if decision["kind"] == "mean_reversion" else self.opened
            target[f"{decision['kind'].upper()} {side if target is self.fades else ''}{decision['sym']}".strip()] += 1
        elif decision["action"] == "update" and decision["side"] == 0:
            self.missed.add((decision["kind"], decision["sym"]))
            describes = DESCRIBES if decision["kind"] == "mean_reversion" else DESCRIBES | {"CONFIRMED"}
            self.vetoes.update(reason for reason in decision["reasons"] if reason not in describes)

    def is_worth_a_row(self):
        """Something was said, or the epicentre moved."""
        return bool(self.opened or self.fades or self.missed or "confirmed" in self.status) or abs(self.z or 0) >= 1

    def row(self, fact, day):
        missed = {}
        for kind, symbol in sorted(self.missed):
            missed.setdefault(kind.upper(), []).append(symbol)
        near = "; ".join(f"{kind} {' '.join(symbols)}" for kind, symbols in missed.items())
        if self.vetoes:
            near += f": {' '.join(code for code, _ in self.vetoes.most_common())}"
        said, faded = (", ".join(sorted(names)) for names in (self.opened, self.fades))
        return (clock(self.ts, day), fact.replace("|", " "), " > ".join(self.status), number(self.m), number(self.z),
                number(self.z_end), str(self.linked), f"{self.b:.2f}", said or "-", near or "-", faded or "none")


def table(folder):
    folder = Path(folder)
    day = folder.name[-10:]
    facts, shocks = {}, {}
    for line in (folder / "decisions.ndjson").read_text(encoding="utf-8").splitlines():
        decision = json.loads(line)
        fact = decision["fact"]
        facts.setdefault(fact, Shock(decision["ts_recv"])).see(decision)
        if decision["kind"] == "shock":
            shocks[fact] = facts[fact]
    for line in (folder / "names.ndjson").read_text(encoding="utf-8").splitlines():
        name = json.loads(line)
        if name["role"] == "epicentre" and name["fact"] in shocks:
            shocks[name["fact"]].z_end = name["z"]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    head = ("t0", "fact", "status", "M", "z", "z end", "linked", "B", "diagnoses", "near misses: vetoes", "fades")
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    told = [fact for fact in shocks if len(shocks) <= 8 or shocks[fact].is_worth_a_row()]
    lines += [f"| {' | '.join(shocks[fact].row(fact, day))} |" for fact in told]
    rest = [fact.replace("|", " ") for fact in shocks if fact not in told]
    if rest:
        lines += ["", f"Nothing was said of {len(rest)} more: {', '.join(rest)}."]
    counts = [f"{len(facts)} facts, {len(shocks)} shocks"]
    for name, signals in summary["signals"].items():
        if signals["opened"] or signals["vetoes"]:
            vetoes = " ".join(f"{code} {count}" for code, count in signals["vetoes"].items()) or "none"
            counts.append(f"{name}: {signals['opened']} opened, vetoes {vetoes}")
    return day, "\n".join(lines) + "\n\n" + "; ".join(counts) + ".\n"


def update(document, folders):
    path = Path(document)
    text = path.read_text(encoding="utf-8")
    for folder in folders:
        day, made = table(folder)
        begin, end = f"<!-- table {day} -->\n", "<!-- end -->\n"
        head, rest = text.split(begin, 1)
        text = head + begin + made + end + rest.split(end, 1)[1]
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--update":
        update(sys.argv[2], sys.argv[3:])
    else:
        print(table(sys.argv[1])[1], end="")
