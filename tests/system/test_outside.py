"""Trading ideas outside events on real closes: S&P 500 names of 2021 to 2026, where ../shared/data holds them.

A universe of the file's names in hand-made sectors, an index of all of them as the factor, and a few textbook pairs.
What is asserted is the machine (every signal ends, legs move together, the same bytes twice, nothing without these
strategies, nothing from the future), not that it earns. The counts are printed.
"""

import csv
import gzip
import json
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

SHARED = Path(os.environ.get("AFTERSHOCK_SHARED") or ast.ROOT.parent / "shared")
PRICES = SHARED / "data/daily_us/sp_daily_adjclose_2021_2026_pairs.csv.gz"
SECTORS = {
    "banks": "BAC C COF CFG SCHW BK BLK AXP".split(),
    "energy": "COP CVX DVN EOG FANG XOM BKR APA EQT CTRA".split(),
    "chips": "AMD AVGO ADI AMAT ANET APH".split(),
    "staples": "KO CL CLX CPB CAG MO STZ CHD ADM BG".split(),
    "health": "ABBV ABT AMGN BAX BDX BIIB BMY BSX".split(),
}
PAIRS = [("CVX", "XOM"), ("BAC", "C"), ("COP", "EOG"), ("FANG", "DVN"), ("CL", "CLX"), ("CAG", "CPB"), ("ABT", "BDX")]
CSV = {"name": "daily", "match": {"columns": ["date", "symbol", "adj_close"]}, "format": "csv", "kind": "bar",
       "columns": {"symbol": "symbol", "close": "adj_close"},
       "time": {"column": "date", "layout": "%Y-%m-%d", "stamps": "session_close"}}
OUTSIDE = ["overreaction", "mean_reversion", "residual_reversion", "pairs"]


def prepare(where, first=None, last=None):
    """universe.csv, playbook.yaml and daily.csv in the folder; the closes' path."""
    with gzip.open(PRICES, "rt", encoding="utf-8", newline="") as stream:
        head, *rows = list(csv.reader(stream))
    at = {symbol: head.index(symbol) for names in SECTORS.values() for symbol in names if symbol in head}
    known = [(symbol, bucket) for bucket, names in SECTORS.items() for symbol in names if symbol in at]
    (where / "universe.csv").write_text(
        "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\nMKT,Index,index,,XNYS,USD,0,\n" +
        "".join(f"{symbol},{symbol} Inc,{bucket},MKT,XNYS,USD,0,\n" for symbol, bucket in known), encoding="utf-8")
    pairs = ", ".join(f"[{a}, {b}]" for a, b in PAIRS if a in at and b in at)
    (where / "playbook.yaml").write_text(f"version: outside-1\nevents: {{}}\npairs: [{pairs}]\n", encoding="utf-8")
    lines, index, before = ["date,symbol,adj_close\n"], 100.0, None
    for row in rows:
        now = [float(cell) if cell else 0.0 for cell in row[1:]]
        moves = [a / b for a, b in zip(now, before) if a and b] if before else []
        index *= sum(moves) / len(moves) if moves else 1
        before = now
        if (first and row[0] < first) or (last and row[0] > last):
            continue
        lines.append(f"{row[0]},MKT,{index:.6f}\n")
        lines += [f"{row[0]},{symbol},{now[at[symbol] - 1]:.4f}\n" for symbol, _ in known if now[at[symbol] - 1]]
    path = where / f"daily-{first}-{last}.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def config(where, name, strategies):
    return ast.write_config(where, name, strategies=strategies, inputs=[CSV])


def run(where, day, strategies=tuple(OUTSIDE)):
    """(count, sha256, decisions as bytes) of a replay."""
    done = ast.replay(config(where, "aftershock.yaml", list(strategies)), day, "--out", where / "out.ndjson")
    assert done.returncode == 0, done.stderr
    return (*ast.decisions(done.stderr), (where / "out.ndjson").read_bytes())


def trades(lines):
    """Opening and ending decision by id; every opening comes first, and ends at most once."""
    lives = {}
    for decision in map(json.loads, lines.splitlines()):
        assert decision["fact"] is None and decision["status"] is None and decision["headlines"] == [], decision
        assert decision["kind"] == "mean_reversion" and decision["p"] is None, decision
        if decision["action"] == "open":
            assert decision["id"] not in lives
            lives[decision["id"]] = [decision, None]
        elif decision["action"] in ("close", "expire"):
            assert lives[decision["id"]][1] is None and lives[decision["id"]][0]["side"] == decision["side"]
            lives[decision["id"]][1] = decision
    return lives.values()


def five_years_of_closes_give_trades_that_end():
    with ast.folder() as where:
        day = prepare(where)
        count, sha256, lines = run(where, day)
        assert run(where, day) == (count, sha256, lines), "two replays differ"
        lives = trades(lines)
        for strategy in ("residual_reversion", "pairs"):
            mine = [life for life in lives if life[0]["strategy"] == strategy]
            ended = [end for _, end in mine if end]
            causes = {cause: sum(cause in end["reasons"] for end in ended) for cause in ("TARGET", "STOP", "TIME_STOP")}
            print(f"{strategy}: {len(mine)} signals, {len(ended)} ended: {causes}")
            assert len(mine) >= 10 and sum(causes.values()) == len(ended), strategy
        last = max(json.loads(line)["ts_recv"] for line in lines.splitlines())
        for start, end in lives:
            assert start["horizon_ns"] > 0 and start["side"] in (-1, 1)
            assert (end["ts_recv"] if end else last) <= start["valid_until"], start


def both_legs_live_in_the_same_instants():
    with ast.folder() as where:
        *_, lines = run(where, prepare(where), ("pairs",))
        legs = {}
        for start, end in trades(lines):
            key = (start["ts_recv"], *sorted((start["sym"], start["partner"])))
            legs.setdefault(key, []).append((start, end))
        assert legs
        for both in legs.values():
            (one, its_end), (other, others_end) = both
            assert one["side"] == -other["side"] and one["partner"] == other["sym"], both
            assert abs(one["hedge"] * other["hedge"] - 1) < 1e-9 and one["hedge"] > 0, both
            assert (its_end and its_end["ts_recv"]) == (others_end and others_end["ts_recv"]), both


def what_comes_later_changes_nothing():
    with ast.folder() as where:
        *_, whole = run(where, prepare(where))
        *_, cut = run(where, prepare(where, last="2023-06-30"))
        assert len(cut) > 100_000 and whole.startswith(cut)


def history_learns_and_only_the_days_themselves_speak():
    with ast.folder() as where:
        past, day = prepare(where, last="2022-12-30"), prepare(where, first="2023-01-03")
        path = ast.write_config(where, strategies=OUTSIDE, inputs=[CSV], history=str(past))
        done = ast.replay(path, day, "--out", where / "out.ndjson")
        assert done.returncode == 0, done.stderr
        lines = (where / "out.ndjson").read_bytes().splitlines()
        first = json.loads(lines[0])["ts_recv"] // ast.SECOND
        assert 1_672_000_000 < first < 1_673_300_000, first  # the last close of the history, or soon after


def without_these_strategies_nothing_is_said():
    with ast.folder() as where:
        count, _, lines = run(where, prepare(where), ("overreaction", "mean_reversion"))
        assert (count, lines) == (0, b"")


def an_error_in_a_pair_names_its_line():
    with ast.folder() as where:
        day = prepare(where, last="2021-03-01")
        text = (where / "playbook.yaml").read_text(encoding="utf-8")
        (where / "playbook.yaml").write_text(text.split("pairs")[0] + "pairs:\n  - [BAC, C]\n  - [C, BAC]\n",
                                             encoding="utf-8")
        done = ast.replay(config(where, "aftershock.yaml", OUTSIDE), day)
        assert done.returncode == 2 and "playbook.yaml:5: key 'pairs[1]'" in done.stderr, done.stderr


if __name__ == "__main__":
    if not PRICES.exists():
        print(f"skipped: {PRICES} not present")
        sys.exit(77)
    sys.exit(ast.run_tests(
        five_years_of_closes_give_trades_that_end, both_legs_live_in_the_same_instants,
        what_comes_later_changes_nothing, history_learns_and_only_the_days_themselves_speak,
        without_these_strategies_nothing_is_said, an_error_in_a_pair_names_its_line))
