#!/usr/bin/env python3
"""The tables of `./dev science`, for docs/SCORING.md.

    examples/market/tables.py FOLDER                              to standard output
    examples/market/tables.py --update docs/SCORING.md FOLDER     between the marks of the document

FOLDER is build/science: fit, report and quiet, each with report.json, and report with report.md.
"""

import json
import sys
from pathlib import Path

BEGIN, END = "<!-- science -->\n", "<!-- end -->\n"
GATE = {"met": "yes", "not_met": "no", "undecided": "undecided", "no_data": "no data"}


def load(folder, name):
    return json.loads((Path(folder) / name / "report.json").read_text(encoding="utf-8"))


def kind(report, name):
    return next((s for s in report["strategies"] if s["kind"] == name), None)


def gate_row(name, rate):
    if rate["per_1000"] is None:
        return f"| {name} | {rate['count']} | {rate['name_days']:.0f} | {rate['sessions']} | - | - | no data |"
    (low, high), (naive_low, naive_high) = rate["ci95"], rate["ci95_naive"]
    return (f"| {name} | {rate['count']} | {rate['name_days']:.0f} | {rate['sessions']} | {rate['per_1000']:.2f} "
            f"({low:.2f}..{high:.2f}) | {naive_low:.2f}..{naive_high:.2f} | {GATE[rate['gate']]} |")


def gate(report, quiet):
    judged, empty = report["detection"], quiet["detection"]
    rows = [("quiet markets, linked names", empty["false_overreactions_linked"]),
            ("quiet markets, all names", empty["false_overreactions_all_names"]),
            ("null sessions, linked names", judged["false_overreactions_linked"]),
            ("null sessions, all names", judged["false_overreactions_all_names"]),
            ("null sessions without a carried excess, linked names", judged["false_overreactions_quiet"]),
            ("null sessions without a carried excess, all names", judged["false_overreactions_quiet_all_names"])]
    return ["| false OVERREACTIONs | count | name-days | sessions | per 1,000 (95 %) | naive | at most 1 |",
            "|---|---|---|---|---|---|---|", *(gate_row(*row) for row in rows)]


def own_close(report):
    over = kind(report, "overreaction")
    if not over or over["own_close_net_bps"]["mean"] is None:
        return "No OVERREACTION was scored."
    held, own = over["net_bps"], over["own_close_net_bps"]
    told = [f"{m['mean']:.1f} bps (t {m['t']:.2f})" if m["t"] is not None else f"{m['mean']:.1f} bps"
            for m in (held, own)]
    return (f"An OVERREACTION held to `valid_until`: net {told[0]}. Left at its own close: net {told[1]}, after "
            f"{over['held_days']:.1f} days on average; {own['count']} signals of {own['events']} events.")


def tables(folder):
    fit, report, quiet = (load(folder, name) for name in ("fit", "report", "quiet"))
    fitted = {name: (kind(fit, name) or {"scored": 0})["scored"] for name in ("overreaction", "mean_reversion")}
    runs, markets = len(report["runs"]), len(quiet["runs"])
    lines = [f"p was fitted on the {fitted['overreaction']:,} scored overreactions and {fitted['mean_reversion']:,} "
             f"mean reversions of {len(fit['runs'])} markets; everything below is of {runs} others, and of {markets} "
             f"quiet ones, {report['detection']['sessions']:,} and {quiet['detection']['sessions']:,} sessions.", "",
             own_close(report), "", *gate(report, quiet), "",
             (Path(folder) / "report" / "report.md").read_text(encoding="utf-8").rstrip("\n")]
    return "\n".join(lines) + "\n"


def update(document, folder):
    path = Path(document)
    head, rest = path.read_text(encoding="utf-8").split(BEGIN, 1)
    path.write_text(head + BEGIN + "\n" + tables(folder) + "\n" + END + rest.split(END, 1)[1], encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--update":
        update(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
        print(tables(sys.argv[1]), end="")
    else:
        sys.exit(__doc__)
