"""No decision knows what comes after it: a tape cut after any event gives the decisions of the whole tape up to there,
to the byte, and so does a tape whose future has been replaced by garbage.

Three tapes: daily bars and headlines in one NDJSON file; minute bars in CSV through a mapping; and the simulated ITCH
day with its history in CSV and its headlines beside it. The desk's reading of headlines is held to the same.
"""

import json
import random
import struct
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

EASTERN = ZoneInfo("America/New_York")
NEVER = 1 << 63
NONSENSE = "Oracle denies that Meta shuts every data center; Nvidia results miss by half, chip prices crash"


# ---- tapes: every file knows how to write itself up to a moment, with or without a spoiled future ----

class Lines:
    """NDJSON."""

    def __init__(self, name, lines):
        self.name, self.rows = name, [(json.loads(line)["t"], line) for line in lines]

    def times(self):
        return [ts for ts, _ in self.rows]

    @staticmethod
    def spoiled(line, draw):
        row = json.loads(line)
        if row["k"] == "headline":
            row["text"] = NONSENSE
        else:
            for key in "ohlc":
                row[key] = f"{float(row['c']) * draw.uniform(0.3, 3):.4f}"
            row["h"], row["l"] = (f"{f(float(row[k]) for k in 'ohlc'):.4f}" for f in (max, min))
        return json.dumps(row, separators=(",", ":"))

    def write(self, folder, cut, draw=None):
        path = folder / self.name
        kept = [line for ts, line in self.rows if ts <= cut]
        if draw:
            kept += [self.spoiled(line, draw) for ts, line in self.rows if ts > cut]
        ast.write_lines(path, kept)
        return path


class Table:
    """CSV of bars: one price column or open, high, low, close."""

    def __init__(self, name, header, rows):
        self.name, self.header, self.rows = name, header, rows  # (known at, columns before the prices, prices, after)

    def times(self):
        return [row[0] for row in self.rows]

    def write(self, folder, cut, draw=None):
        path = folder / self.name
        lines = [self.header]
        for ts, before, prices, after in self.rows:
            if ts > cut and not draw:
                continue
            if ts > cut:
                wild = [float(prices[0]) * draw.uniform(0.3, 3) for _ in prices]
                prices = [f"{p:.4f}" for p in (wild[0], max(wild), min(wild), wild[-1])][:len(prices)]
            lines.append(",".join([*before, *prices, *after]))
        ast.write_lines(path, lines)
        return path


class Itch:
    """Messages with a length of two bytes before each: stamps and prices stand where Nasdaq's tables say."""

    PRICE = {b"A": 32, b"F": 32, b"U": 31}

    def __init__(self, name, data, midnight):
        self.name, self.data, self.start, self.ts = name, data, [], []
        at = 0
        while at + 2 <= len(data):
            self.start.append(at)
            self.ts.append(midnight + int.from_bytes(data[at + 7:at + 13], "big"))
            at += 2 + struct.unpack_from(">H", data, at)[0]

    def times(self):
        return self.ts

    def write(self, folder, cut, draw=None):
        path = folder / self.name
        kept = next((at for at, ts in zip(self.start, self.ts) if ts > cut), len(self.data))
        whole = bytearray(self.data if draw else self.data[:kept])
        for at in self.start if draw else ():
            price = self.PRICE.get(bytes(whole[at + 2:at + 3]))
            if at >= kept and price:
                struct.pack_into(">I", whole, at + 2 + price, draw.randrange(10_000, 20_000_000))
        path.write_bytes(whole)
        return path


# ---- the property ----

def decisions_of(config, paths, out):
    done = ast.replay(config, *paths, "--out", out)
    assert done.returncode == 0, done.stderr
    return [(json.loads(line)["ts_recv"], line) for line in out.read_bytes().splitlines(keepends=True)]


def no_decision_knows_the_future(where, config, tape, cuts, least):
    """cuts: moments. least: decisions that the whole tape must give, so that the test can fail."""
    scratch = where / "cut"
    scratch.mkdir()
    whole = decisions_of(config, [part.write(where, NEVER) for part in tape], where / "whole.out")
    assert len(whole) >= least, len(whole)
    lengths = set()
    for number, cut in enumerate(cuts):
        # A cut tape has nothing behind it that would fire a timer of the very last instant: a prefix that holds all
        # decisions before the cut.
        cut_short = decisions_of(config, [part.write(scratch, cut) for part in tape], where / "cut.out")
        assert cut_short == whole[:len(cut_short)], f"cut at {cut}: {first_difference(cut_short, whole)}"
        assert len(cut_short) >= sum(ts < cut for ts, _ in whole), f"cut at {cut}: decisions came late"
        lengths.add(len(cut_short))
        if number % 2:
            continue
        draw = random.Random(cut)
        spoiled = decisions_of(config, [part.write(scratch, cut, draw) for part in tape], where / "spoiled.out")
        assert spoiled != whole or cut >= whole[-1][0], f"spoiling what comes after {cut} changed nothing at all"
        past, was = ([d for d in run if d[0] <= cut] for run in (spoiled, whole))
        assert past == was, f"spoiled after {cut}: {first_difference(past, was)}"
    assert len(lengths) >= len(cuts) // 2, f"the cuts fall where nothing is decided: {lengths}"


def first_difference(found, wanted):
    for number, (x, y) in enumerate(zip(found, wanted), 1):
        if x != y:
            return f"decision {number}: {x[1]} is not {y[1]}"
    return f"{len(found)} decisions, not {len(wanted)}"


def spread(moments, count):
    """count of the moments, evenly over the list, the last left out: nothing comes after that."""
    moments = sorted(set(moments))[:-1]
    return [moments[(len(moments) - 1) * i // (count - 1)] for i in range(count)]


# ---- the tapes ----

def daily_bars_and_headlines():
    with ast.folder() as where:
        tape = [Lines("day.ndjson", ast.day())]
        late = [ts for ts in tape[0].times() if ts >= ast.at(date(2026, 6, 29), "00:00")]
        no_decision_knows_the_future(where, ast.write_config(where), tape, spread(late, 8) + spread(tape[0].times(), 2),
                                     30)


def quarter_hours():
    """Bars of 15 minutes of 46 sessions and a rumour before the open of the last: (rows, headline)."""
    draw = random.Random(4)
    moves = {"SPY": 0, "META": 0.07, "MSFT": 0, "ORCL": 0, "AMZN": 0, "NVDA": -0.01, "AMD": -0.05, "AVGO": -0.01,
             "TSM": -0.07, "INTC": -0.06, "MU": -0.08, "DELL": -0.07, "SMCI": -0.02, "CRM": 0.02}
    price = {symbol: draw.uniform(50, 300) for symbol in moves}
    days = ast.sessions(date(2026, 7, 1), 46)
    rows = []
    for session in days:
        opened = datetime.combine(session, time(9, 30), EASTERN)
        for step in range(26):
            start = opened + timedelta(minutes=15 * step)
            known = int((start + timedelta(minutes=15)).timestamp()) * ast.SECOND
            market = draw.gauss(0, 0.0015)
            for symbol, move in moves.items():
                was = price[symbol]
                price[symbol] *= 1 + market + (draw.gauss(0, 0.003) if symbol != "SPY" else 0)
                if session == days[-1] and step < 4:
                    price[symbol] *= 1 + move / 4
                ends = was, max(was, price[symbol]), min(was, price[symbol]), price[symbol]
                rows.append((known, [start.strftime("%Y-%m-%d %H:%M:%S"), symbol], [f"{p:.4f}" for p in ends], ["100"]))
    text = "Meta plans to sell excess AI compute through a new cloud business, people familiar say"
    return rows, json.dumps({"k": "headline", "t": ast.at(days[-1], "12:30"), "id": "bbg-1", "src": "Bloomberg",
                             "tier": 1, "text": text})


def minute_bars_through_a_mapping():
    rows, headline = quarter_hours()
    tape = [Table("bars.csv", "datetime_et,symbol,open,high,low,close,volume", rows), Lines("news.ndjson", [headline])]
    with ast.folder() as where:
        config = ast.ROOT / "examples/bars-5min/aftershock.yaml"
        last_day = [ts for ts in tape[0].times() if ts > rows[-1][0] - 7 * 3600 * ast.SECOND]
        no_decision_knows_the_future(where, config, tape, spread(last_day, 8), 20)


def the_simulated_itch_day():
    with ast.folder() as where:
        made = where / "sim"
        done = ast.run("aftershock", "simulate", "--seed", 7, "-o", made)
        assert done.returncode == 0, done.stderr
        midnight = ast.at(date(2026, 7, 1), "04:00")
        header, *closes = (made / "daily.csv").read_text(encoding="utf-8").splitlines()
        assert header == "date,symbol,close", header
        table = []
        for row in closes:
            day, symbol, close = row.split(",")
            shut = datetime.combine(date.fromisoformat(day), time(16), EASTERN)  # half days end sooner: cut none there
            table.append((int(shut.timestamp()) * ast.SECOND, [day, symbol], [close], []))
        itch = Itch("day.itch", (made / "day.itch").read_bytes(), midnight)
        headlines = Lines("headlines.ndjson", (made / "headlines.ndjson").read_text(encoding="utf-8").splitlines())
        cuts = [midnight + seconds * ast.SECOND for seconds in (28_000, 34_260, 34_500, 36_000)]
        no_decision_knows_the_future(where, made / "aftershock.yaml", [Table("daily.csv", header, table), headlines,
                                                                       itch], cuts, 500)


def the_desk_reads_each_headline_without_the_next():
    with ast.folder() as where:
        config = ast.ROOT / "examples/reference-day/aftershock.yaml"
        lines = (ast.EXAMPLE / "headlines.ndjson").read_text(encoding="utf-8").splitlines()
        lines += [line for line in ast.day() if '"headline"' in line]
        lines.sort(key=lambda line: json.loads(line)["t"])

        def readings(some):
            path = ast.write_lines(where / "h.ndjson", some)
            done = ast.run("aftershock", "desk", "--config", config, path, "--json")
            assert done.returncode == 0, done.stderr
            return done.stdout.splitlines()
        whole = readings(lines)
        assert len(whole) >= len(lines) - 1
        for cut in range(1, len(lines)):
            found = readings(lines[:cut])
            assert found == whole[:len(found)] and len(found) >= cut - 1, cut


if __name__ == "__main__":
    sys.exit(ast.run_tests(daily_bars_and_headlines, minute_bars_through_a_mapping, the_simulated_itch_day,
                           the_desk_reads_each_headline_without_the_next))
