#!/usr/bin/env python3
"""The pictures of docs/REFERENCE-DAY.md, from public daily closes and from what the daemon says of them.

    docs/make_pictures.py DAILY.csv.gz [-o docs/img]

DAILY has the columns date, symbol, adj_close. It is no part of the project; the pictures show figures from it.
AFTERSHOCK_BIN is the programs' folder (default build/release). The same closes and the same program give the same
bytes.
"""

import csv
import gzip
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples/reference-day"
BIN = Path(os.environ.get("AFTERSHOCK_BIN", ROOT / "build/release"))
DAY = "2026-07-01"
FIRST_OF_JULY = 20635  # days since 1970
BLUE, ORANGE, AMBER, GREEN, GREY, INK = "#0072b2", "#d55e00", "#e69f00", "#009e73", "#9a9a9a", "#222222"

# Percent, as five articles of July 2026 state it: (symbol, figures), most negative first.
CLAIMS = (("NBIS", (-17.0, -12.4)), ("CRWV", (-13.0, -10.8)), ("KLAC", (-12.0,)), ("MU", (-10.0,)),
          ("SNDK", (-10.0,)), ("AMAT", (-10.0,)), ("LRCX", (-9.7,)), ("SOXX", (-6.27,)), ("TSM", (-4.0,)),
          ("AVGO", (-4.0,)), ("AMD", (-3.0,)), ("NVDA", (-2.0,)), ("ORCL", (0.0,)), ("META", (8.0, 10.0)))


# ---- figures ----

def closes(path):
    """{symbol: {date: close}}."""
    table = {}
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            table.setdefault(row["symbol"], {})[row["date"]] = float(row["adj_close"])
    return table


def replay(path, until):
    """(decisions, names) of a replay that ends with the closes of a date."""
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "daily.csv"
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            header, *lines = rows.read().splitlines()
        cut.write_text("\n".join([header, *(line for line in lines if line[:10] <= until)]) + "\n", encoding="utf-8")
        out, names = Path(folder) / "out.ndjson", Path(folder) / "names.ndjson"
        done = subprocess.run([BIN / "aftershock", "replay", "--config", EXAMPLE / "aftershock.yaml", cut, EXAMPLE /
                               "headlines.ndjson", "--out", out, "--names", names], check=False, capture_output=True,
                              text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return [[json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] for file in (out, names)]


def moves(table, symbol, dates):
    """Percent from close to close over consecutive dates."""
    series = table[symbol]
    return [100 * (series[now] / series[before] - 1) for before, now in zip(dates, dates[1:])]


# ---- drawing ----

class Picture:
    """An SVG of fixed width; y grows downwards."""

    def __init__(self, width, height, title, subtitle):
        self.width, self.height, self.parts = width, height, []
        self.text(24, 30, title, size=17, weight="bold")
        self.text(24, 50, subtitle, size=12, fill="#555555")

    def line(self, x1, y1, x2, y2, stroke=GREY, width=1.0, dash=None):
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
                          f'stroke-width="{width}"{style}/>')

    def box(self, x, y, width, height, fill, opacity=1.0):
        if width < 0:
            x, width = x + width, -width
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
                          f'fill-opacity="{opacity}"/>')

    def dot(self, x, y, fill, radius=5.0, hollow=False):
        style = f'fill="#ffffff" stroke="{fill}" stroke-width="2"' if hollow else f'fill="{fill}"'
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" {style}/>')

    def path(self, points, stroke, width=2.5):
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{line}" fill="none" stroke="{stroke}" stroke-width="{width}"/>')

    def text(self, x, y, text, size=12, fill=INK, anchor="start", weight="normal"):
        safe = text.replace("&", "&amp;").replace("<", "&lt;")
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
                          f'font-weight="{weight}">{safe}</text>')

    def write(self, path):
        body = "\n".join(self.parts)
        Path(path).write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n', encoding="utf-8")


def scale(low, high, start, end):
    return lambda value: start + (value - low) / (high - low) * (end - start)


# ---- the pictures ----

def claimed_and_closed(table, dates):
    """What the articles said, and what closed."""
    picture = Picture(860, 540, "What the articles claimed, and what closed",
                      "1 July 2026, percent from the close before. Hollow: claimed (each figure an article gives). "
                      "Full: the adjusted close.")
    x = scale(-20, 12, 90, 830)
    for tick in range(-15, 11, 5):
        picture.line(x(tick), 70, x(tick), 500, "#dddddd" if tick else INK)
        picture.text(x(tick), 520, f"{tick:+d} %" if tick else "0", anchor="middle", fill="#555555")
    for row, (symbol, claims) in enumerate(CLAIMS):
        y = 88 + 30 * row
        closed = moves(table, symbol, [dates[0], DAY])[0]
        far = max(claims, key=lambda claim: abs(claim - closed))
        wrong = min(abs(claim - closed) for claim in claims) > 1.5
        picture.text(98, y + 4, symbol, anchor="end", weight="bold" if wrong else "normal")
        picture.line(x(far), y, x(closed), y, ORANGE if wrong else GREY, 2)
        for claim in claims:
            picture.dot(x(claim), y, ORANGE if wrong else GREY, hollow=True)
        picture.dot(x(closed), y, INK)
        side = 12 if closed > max(claims) else -12
        if min(claims) < closed < max(claims):
            picture.text(x(closed), y - 10, f"{closed:+.1f}", 11, anchor="middle")
        else:
            picture.text(x(closed) + side, y + 4, f"{closed:+.1f}", 11, anchor="start" if side > 0 else "end")
    return picture


def colour_of(name, flagged):
    if name["symbol"] in flagged:
        return ORANGE
    return AMBER if name["os"] is not None and abs(name["os"]) >= 1 and abs(name["w"]) <= 0.151 else BLUE


def moved_and_justified(names, flagged):
    """z against E, name by name."""
    linked = sorted((n for n in names if n["role"] == "linked" and n["z"] is not None), key=lambda n: n["z"])
    height = 130 + 16 * len(linked)
    picture = Picture(860, height, "How far each name moved, and how far the news justifies",
                      "Abnormal move of 1 July in daily sigmas (bar), and the justified move E = w G M (black mark). "
                      "M = 4.05, G = 0.6.")
    x = scale(-4, 2.4, 110, 840)
    for tick in range(-4, 3):
        picture.line(x(tick), 80, x(tick), height - 44, "#dddddd" if tick else INK)
        picture.text(x(tick), height - 28, f"{tick:+d}" if tick else "0", anchor="middle", fill="#555555")
    for row, name in enumerate(linked):
        y = 84 + 16 * row
        picture.text(98, y + 10, name["symbol"], 11, anchor="end")
        picture.box(x(0), y, x(name["z"]) - x(0), 11, colour_of(name, flagged))
        picture.box(x(name["e"]) - 1.5, y - 2, 3, 15, "#000000")
    for place, (label, fill) in enumerate((("overreaction, |OS| at least 2", ORANGE), ("watch, |OS| 1 to 2", AMBER),
                                           ("justified, or a direct channel", BLUE))):
        picture.box(110 + 240 * place, 60, 11, 11, fill)
        picture.text(127 + 240 * place, 70, label, 11)
    return picture


def what_followed(table, dates, flagged):
    """Cumulated percent from the close of the day before."""
    groups = (("META", ("META",), GREEN), ("controls: MSFT AMZN GOOGL ORCL", ("MSFT", "AMZN", "GOOGL", "ORCL"), GREY),
              ("direct: CRWV NBIS", ("CRWV", "NBIS"), BLUE), ("flagged: " + " ".join(flagged), flagged, ORANGE))
    picture = Picture(860, 430, "What happened next",
                      "Mean cumulated percent against SPY since the close of 30 June 2026.")
    x, y = scale(0, len(dates) - 1, 70, 590), scale(12, -30, 80, 390)
    for tick in range(-30, 11, 10):
        picture.line(70, y(tick), 590, y(tick), "#dddddd" if tick else INK)
        picture.text(62, y(tick) + 4, f"{tick:+d} %" if tick else "0", 11, "#555555", "end")
    for place, date in enumerate(dates):
        month = "June" if date[5:7] == "06" else "July"
        picture.text(x(place), 412, f"{int(date[8:])} {month}", 11, "#555555", "middle")
    for label, symbols, fill in groups:
        level = [0.0]
        for place in range(1, len(dates)):
            parts = [math.log(table[s][dates[place]] / table[s][dates[0]]) - math.log(
                table["SPY"][dates[place]] / table["SPY"][dates[0]]) for s in symbols]
            level.append(100 * (math.exp(sum(parts) / len(parts)) - 1))
        picture.path([(x(place), y(value)) for place, value in enumerate(level)], fill)
        for place, value in enumerate(level):
            picture.dot(x(place), y(value), fill, 3.5)
        words = label.split(": ")
        picture.text(604, y(level[-1]) + 4, f"{words[0]} {level[-1]:+.1f}", 12, fill, weight="bold")
        if len(words) > 1:
            picture.text(604, y(level[-1]) + 20, words[1], 11, fill)
    picture.line(x(1), 70, x(1), 392, INK, 1, "4 4")
    picture.text(x(1) + 6, 82, "a fade would have bought here", 11)
    return picture


def why_no_fade(decisions):
    """Breadth against its gate, and the vetoes of each close."""
    days = {}
    for decision in decisions:
        if decision["kind"] in ("overreaction", "mean_reversion"):
            day = days.setdefault(decision["ts_recv"], {"b": decision["b"], "vetoes": {}, "names": set()})
            if decision["kind"] == "mean_reversion":
                day["names"].add(decision["sym"])
                for reason in decision["reasons"]:
                    day["vetoes"][reason] = day["vetoes"].get(reason, 0) + 1
    closes_of_new_york = [ts for ts in sorted(days) if ts // 10**9 % 86400 == 20 * 3600]
    vetoes = ["BREADTH_LOW", "UNSTABLE", "VOL_REGIME", "NO_OU", "S_SMALL", "NO_EDGE"]
    vetoes = [veto for veto in vetoes if any(veto in days[ts]["vetoes"] for ts in closes_of_new_york)]
    picture = Picture(860, 220 + 26 * len(vetoes) + 40, "Why it did not fade",
                      "Breadth at each New York close against its gate, and how many would-be fades each veto stopped.")
    x, y = scale(0, len(closes_of_new_york) - 1, 210, 800), scale(0, 0.6, 190, 76)
    for tick in (0, 0.3, 0.6):
        picture.line(160, y(tick), 850, y(tick), ORANGE if tick == 0.3 else "#dddddd", 1.5 if tick == 0.3 else 1)
        picture.text(150, y(tick) + 4, f"B {tick:.2f}" + (" gate" if tick == 0.3 else ""), 11, "#555555", "end")
    picture.path([(x(i), y(days[ts]["b"])) for i, ts in enumerate(closes_of_new_york)], BLUE)
    for i, ts in enumerate(closes_of_new_york):
        date = int(ts // 10**9 // 86400)
        label = f"{date - FIRST_OF_JULY + 1} July"
        picture.dot(x(i), y(days[ts]["b"]), BLUE)
        picture.text(x(i), y(days[ts]["b"]) - 10, f"{days[ts]['b']:.2f}", 11, BLUE, "middle")
        picture.text(x(i), 216, label, 12, anchor="middle", weight="bold")
        for row, veto in enumerate(vetoes):
            count = days[ts]["vetoes"].get(veto, 0)
            top = 228 + 26 * row
            picture.box(x(i) - 45, top, 90, 22, ORANGE if count else "#f2f2f2",
                        0.25 + 0.05 * min(count, 12) if count else 1)
            picture.text(x(i), top + 15, f"{count} of {len(days[ts]['names'])}" if count else "-", 11,
                         anchor="middle")
    for row, veto in enumerate(vetoes):
        picture.text(150, 243 + 26 * row, veto, 12, anchor="end")
    fades = sum(d["kind"] == "mean_reversion" and d["action"] == "open" for d in decisions)
    picture.text(24, 220 + 26 * len(vetoes) + 28, "Counted are names whose near miss was published at that close; "
                 f"opened fades: {fades}.", 11, "#555555")
    return picture


def main(arguments):
    out = ROOT / "docs/img"
    if "-o" in arguments:
        at = arguments.index("-o")
        out = Path(arguments[at + 1])
        del arguments[at:at + 2]
    if len(arguments) != 1:
        sys.exit(__doc__)
    path = Path(arguments[0])
    table = closes(path)
    dates = [date for date in sorted(table["SPY"]) if date >= "2026-06-30"]
    _, names = replay(path, DAY)
    decisions, _ = replay(path, dates[-1])
    at_close = [d for d in decisions if d["kind"] == "overreaction" and d["action"] == "open" and
                d["ts_recv"] // 10**9 // 86400 == FIRST_OF_JULY]
    flagged = tuple(d["sym"] for d in sorted(at_close, key=lambda d: d["os"]))
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in (("reference-claims", claimed_and_closed(table, dates)),
                          ("reference-justified", moved_and_justified(names, flagged)),
                          ("reference-after", what_followed(table, dates, flagged)),
                          ("reference-vetoes", why_no_fade(decisions))):
        picture.write(out / f"{name}.svg")
        print(out / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
