"""`aftershock backtest` on a small simulated market: what it reports is counted again from the prices in the file."""

import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
PROGRAM = Path(os.environ.get("AFTERSHOCK_BIN", str(ROOT / "build/dev"))) / "aftershock"
SESSIONS = 24
BAR_S = 300
SECOND = 1_000_000_000


def tool(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


def good(*arguments):
    done = tool(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def market(where, seed):
    good("simulate", "--seed", seed, "--scenario", ROOT / "examples/market/market.yaml", "--sessions", SESSIONS,
         "-o", where)
    return where


def report(where):
    signals = list(csv.DictReader((where / "signals.csv").open(encoding="utf-8")))
    return json.loads((where / "report.json").read_text(encoding="utf-8")), signals


def bars_of(folder):
    """symbol -> [(begin ns, end ns, open, close)], ascending."""
    bars = defaultdict(list)
    with (folder / "bars.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            end = datetime.strptime(row["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
            end_ns = int(end.timestamp()) * SECOND
            bars[row["symbol"]].append((end_ns - BAR_S * SECOND, end_ns, float(row["open"]), float(row["close"])))
    for of_symbol in bars.values():
        of_symbol.sort()
    return bars


def factors_of(folder):
    with (folder / "universe.csv").open(encoding="utf-8") as lines:
        return {row["symbol"]: row["factor"] for row in csv.DictReader(lines)}


def open_after(bars, ts):
    """Open of the first bar that begins at or after ts."""
    return bars[bisect_left(bars, (ts,))][2]


def close_until(bars, ts):
    """Close of the last bar that ends at or before ts."""
    return [bar for bar in bars if bar[1] <= ts][-1][3]


def close_of_horizon(bars, opened, sessions=5):
    """The close of the session that lies so many sessions after the one of `opened` (New York's hours)."""
    ends = defaultdict(int)
    for _, end, _, _ in bars:
        day = datetime.fromtimestamp(end // SECOND, timezone.utc).date()
        ends[day] = max(ends[day], end)
    later = sorted(end for end in ends.values() if end >= opened)
    return later[sessions] if len(later) > sessions else None


def every_scored_signal_is_worth_what_the_file_says(folder, signals):
    bars, factors = bars_of(folder), factors_of(folder)
    counted = 0
    for signal in signals:
        if signal["outcome"] != "scored" or signal["symbol"].endswith(".KS"):
            continue
        name, factor = bars[signal["symbol"]], bars[factors[signal["symbol"]]]
        opened, side, beta = int(signal["opened_at"]), int(signal["side"]), float(signal["beta"])
        until = close_of_horizon(factor, opened)
        move = close_until(name, until) / open_after(name, opened) - 1
        hedge = close_until(factor, until) / open_after(factor, opened) - 1
        gross = 1e4 * side * (move - beta * hedge)
        assert math.isclose(gross, float(signal["gross_bps"]), abs_tol=1e-4), (signal, gross)
        assert math.isclose(1e4 * side * move, float(signal["unhedged_gross_bps"]), abs_tol=1e-4), signal
        assert math.isclose(open_after(name, opened), float(signal["entry_px"]), abs_tol=1e-6), signal
        assert math.isclose(open_after(factor, opened), float(signal["hedge_entry_px"]), abs_tol=1e-6), signal
        assert math.isclose(close_until(name, until), float(signal["end_px"]), abs_tol=1e-6), signal
        assert int(signal["valid_until"]) >= until and int(signal["entry_at"]) > opened, signal
        assert math.isclose(float(signal["hedge_units"]), -side * beta, abs_tol=1e-6), signal
        cost = float(signal["cost_to_horizon_bps"])
        assert math.isclose(cost, gross - float(signal["net_bps"]), abs_tol=1e-4), signal
        costs = 2 * (5 + 0.5 + 2) + abs(beta) * 2 * (5 + 0.5)
        net = float(signal["net_bps"])
        if side > 0:
            assert math.isclose(gross - costs, net, abs_tol=1e-4), (signal, gross - costs)
        else:  # borrow, some days of 50 bps a year
            assert gross - costs - 2 < net < gross - costs, (signal, gross - costs)
        counted += 1
    assert counted >= 20, counted


def wilson(hits, count, z=1.959963984540054):
    p = hits / count
    centre, half = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return (centre - half) / (1 + z * z / count), (centre + half) / (1 + z * z / count)


def the_report_counts_the_signals(numbers, signals):
    assert numbers["schema"] == 1
    for of in numbers["strategies"]:
        rows = [s for s in signals if s["kind"] == of["kind"] and s["strategy"] == of["strategy"]]
        net = [float(s["net_bps"]) for s in rows if s["outcome"] == "scored"]
        assert of["signals"] == len(rows) and of["scored"] == len(net)
        assert of["signals"] == of["scored"] + of["unfinished"] + of["no_side"] + of["no_hedge"]
        assert of["signals"] == numbers["engine"][of["kind"]]["opened"]
        assert sum(f["signals"] for f in of["families"]) == len(rows)
        if not net:
            continue
        hits = sum(value > 0 for value in net)
        assert of["hits"] == hits and math.isclose(of["net_bps"]["mean"], sum(net) / len(net), rel_tol=1e-6)
        if 0 < hits < len(net):
            assert all(math.isclose(a, b, abs_tol=1e-6)
                       for a, b in zip(of["hit_rate_ci95_naive"], wilson(hits, len(net)))), of["hit_rate_ci95_naive"]
            low, high = of["hit_rate_ci95_naive"]
            if of["events"] > 1:
                assert of["hit_rate_ci95"][0] <= low + 1e-9 and of["hit_rate_ci95"][1] >= high - 1e-9, of
        own = [float(s["own_close_net_bps"]) for s in rows if s["outcome"] == "scored"]
        assert math.isclose(of["own_close_net_bps"]["mean"], sum(own) / len(own), rel_tol=1e-6)
        assert [d["delay_ns"] for d in of["delays"]] == [0, 10**6, 5 * 10**6, 5 * 10**7, 10**9, 6 * 10**10]


def cut_data_change_nothing_before(folder, where, signals):
    """Look-ahead: with the last third of the bars cut off, what was scored by then is the same."""
    cut = where / "cut"
    cut.mkdir()
    for name in ("aftershock.yaml", "universe.csv", "playbook.yaml", "daily.csv", "headlines.ndjson", "truth.json"):
        (cut / name).write_bytes((folder / name).read_bytes())
    lines = (folder / "bars.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    times = sorted({line.split(",", 1)[0] for line in lines[1:]})
    last = times[len(times) * 2 // 3]
    (cut / "bars.csv").write_text("".join([lines[0]] + [x for x in lines[1:] if x.split(",", 1)[0] <= last]),
                                  encoding="utf-8")
    stop = int(datetime.strptime(last, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()) * SECOND
    good("backtest", "--config", cut / "aftershock.yaml", cut / "bars.csv", cut / "headlines.ndjson",
         "--to", stop, "--report", where / "cut-report")
    _, fewer = report(where / "cut-report")
    whole = {(s["strategy"], s["symbol"], s["opened_at"], s["issuer"], s["t0"]): s for s in signals}
    settled = [s for s in fewer if s["outcome"] == "scored"]
    assert len(settled) >= 10, len(settled)
    for signal in settled:
        same = whole[(signal["strategy"], signal["symbol"], signal["opened_at"], signal["issuer"], signal["t0"])]
        if same["closed_at"] == signal["closed_at"]:
            left_out = ("run",)
            assert {k: v for k, v in same.items() if k not in left_out} == \
                   {k: v for k, v in signal.items() if k not in left_out}


def replay_and_backtest_decide_the_same(folder, numbers):
    done = good("replay", "--config", folder / "aftershock.yaml", folder / "bars.csv", folder / "headlines.ndjson")
    assert numbers["runs"][0]["sha256"] in done.stderr.splitlines()[-1]


def several_folders_are_one_score(where, one, two):
    good("backtest", "--folder", one, "--folder", two, "--report", where / "both")
    numbers, signals = report(where / "both")
    assert len(numbers["runs"]) == 2 and {s["run"] for s in signals} == {str(one), str(two)}
    the_report_counts_the_signals(numbers, signals)
    assert 2 * SESSIONS - 4 <= numbers["detection"]["sessions"] <= 2 * SESSIONS + 4
    assert "planted" in (where / "both/report.md").read_text(encoding="utf-8")


def a_calibration_from_one_market_gives_probabilities_in_another(where, one, two):
    """./dev science in small. A table changes no other thing than p and the parameters' hash."""
    good("backtest", "--folder", one, "--calibrate-to", where / "calibration.yaml", "--source", "seed 1")
    text = (where / "calibration.yaml").read_text(encoding="utf-8")
    assert 'source: "seed 1"' in text and "kind: overreaction" in text
    good("backtest", "--folder", two, "--report", where / "plain")
    with (two / "aftershock.yaml").open("a", encoding="utf-8") as config:
        config.write("calibration: ../calibration.yaml\n")
    good("backtest", "--folder", two, "--report", where / "calibrated")
    plain, before = report(where / "plain")
    numbers, signals = report(where / "calibrated")
    assert plain["runs"][0]["params"] != numbers["runs"][0]["params"]
    assert len(signals) == len(before)
    for signal, old in zip(signals, before):
        assert not old["p"]
        assert signal["opened_at"] == old["opened_at"] and signal["net_bps"] == old["net_bps"]
        assert not signal["p"] or 0 < float(signal["p"]) < 1
        assert signal["p"] or signal["kind"] != "overreaction", signal
    over = next(s for s in numbers["strategies"] if s["kind"] == "overreaction")
    chances = [(float(s["p"]), float(s["net_bps"]) > 0) for s in signals
               if s["kind"] == "overreaction" and s["outcome"] == "scored"]
    brier = sum((p - y) ** 2 for p, y in chances) / len(chances)
    assert math.isclose(over["probability"]["brier"], brier, rel_tol=1e-6)
    found = numbers["detection"]["planted_os_2_5"]
    assert found["planted"] >= 20 and found["recall"] >= 0.6, found
    assert numbers["detection"]["false_overreactions_all_names"]["per_1000"] < 10, numbers["detection"]


def a_score_takes_every_input_once(where, one, two):
    """The same market twice, in one folder or in a copy of it; a truth of another market; the table's own data."""
    done = tool("backtest", "--folder", one, "--folder", f"{one}/.", "--report", where / "twice")
    assert done.returncode == 2 and "twice" in done.stderr, done
    copy = where / "copy"
    shutil.copytree(one, copy)
    done = tool("backtest", "--folder", one, "--folder", copy, "--report", where / "twice")
    assert done.returncode == 2 and "the same inputs and decisions as" in done.stderr, done
    inputs = ["--config", one / "aftershock.yaml", one / "bars.csv", one / "headlines.ndjson"]
    done = tool("backtest", *inputs, "--truth", two / "truth.json", "--report", where / "other")
    assert done.returncode == 2 and "truth is of another run" in done.stderr, done
    assert not (where / "twice").exists() and not (where / "other").exists()
    for option, path in (("--report", one / "bars.csv"), ("--calibrate-to", where / "nowhere/c.yaml"),
                         ("--calibrate-to", where)):
        done = tool("backtest", *inputs, option, path)
        assert done.returncode == 2 and option in done.stderr and "decisions" not in done.stderr, done
    good("backtest", "--folder", one, "--calibrate-to", where / "own.yaml", "--source", "seed 1")
    with (copy / "aftershock.yaml").open("a", encoding="utf-8") as config:
        config.write("calibration: ../own.yaml\n")
    done = good("backtest", "--folder", copy, "--report", where / "own")
    assert "was fitted on these very data" in done.stderr, done.stderr
    numbers, _ = report(where / "own")
    table = numbers["runs"][0]["calibration"]
    assert table["source"] == "seed 1" and table["fitted_on_these_data"] and table["period_overlaps"], table
    bars = copy / "bars.csv"
    head, tail = bars.read_text(encoding="utf-8").rstrip("\n").rsplit("\n", 1)
    fields = tail.split(",")
    bars.write_text("\n".join([head, ",".join([*fields[:5], str(float(fields[5]) + 1), *fields[6:]])]) + "\n",
                    encoding="utf-8")  # the last bar's close: other data, whatever is decided
    done = good("backtest", "--folder", copy, "--report", where / "touched")
    touched = report(where / "touched")[0]["runs"][0]
    assert touched["data"] != numbers["runs"][0]["data"] and touched["events"] == numbers["runs"][0]["events"]
    assert not touched["calibration"]["fitted_on_these_data"] and "very data" not in done.stderr
    text = (where / "own/report.md").read_text(encoding="utf-8")
    assert "seed 1" in text and table["hash"] in text and "fitted on these very data" in text
    probability = numbers["overall"]["probability"]
    rows = [s for s in csv.DictReader((where / "own/signals.csv").open(encoding="utf-8"))
            if s["p"] and s["outcome"] == "scored"]
    mean = sum(float(s["p"]) for s in rows) / len(rows)
    base = sum(float(s["net_bps"]) > 0 for s in rows) / len(rows)
    assert math.isclose(probability["constant_p"], mean, rel_tol=1e-6)
    assert math.isclose(probability["constant_ece"], abs(mean - base), abs_tol=1e-6)
    over = next(s for s in numbers["strategies"] if s["kind"] == "overreaction")
    assert sum(s["probability"]["count"] for s in over["statuses"]) == over["probability"]["count"]


def quiet_markets_have_no_event(where):
    folder = where / "quiet"
    good("simulate", "--quiet", "--seed", 3, "--scenario", ROOT / "examples/market/market.yaml", "--sessions", 8,
         "-o", folder)
    good("backtest", "--folder", folder, "--report", where / "quiet-report")
    numbers, _ = report(where / "quiet-report")
    found = numbers["detection"]
    assert found["null_sessions"] == found["sessions"] and found["planted_os_2_5"]["planted"] == 0, found
    rate = found["false_overreactions_quiet_all_names"]
    assert rate["name_days"] > 0 and rate["gate"] in ("met", "undecided", "not_met"), rate
    broken = where / "broken.yaml"
    broken.write_text("kind: market\n  name: [\n", encoding="utf-8")
    done = tool("simulate", "--seed", 1, "--scenario", broken, "--sessions", 3, "-o", where / "never")
    assert done.returncode == 2 and "broken.yaml" in done.stderr and "--sessions" not in done.stderr, done


def wrong_arguments_exit_2(where, folder):
    config, bars = folder / "aftershock.yaml", folder / "bars.csv"
    for arguments in ([], ["--config", config, bars], ["--config", config, "--report", where / "r"],
                      ["--folder", folder, "--config", config, "--report", where / "r"],
                      ["--folder", where / "nowhere", "--report", where / "r"],
                      ["--config", config, bars, "--report", where / "r", "--latency", "-1"],
                      ["--config", config, bars, "--report", where / "r", "--tries", "0"],
                      ["--config", config, bars, "--report", where / "r", "--truth", config]):
        done = tool("backtest", *arguments)
        assert done.returncode == 2 and "aftershock backtest:" in done.stderr, (arguments, done)
    assert not (where / "r").exists()


def main():
    with tempfile.TemporaryDirectory(prefix="ast-backtest-") as name:
        where = Path(name)
        one, two = market(where / "m1", 1), market(where / "m2", 2)
        good("backtest", "--folder", one, "--report", where / "one")
        numbers, signals = report(where / "one")
        page = (where / "one/report.html").read_text(encoding="utf-8")
        assert "<svg" in page and "Detection" in page and "<script" not in page
        every_scored_signal_is_worth_what_the_file_says(one, signals)
        the_report_counts_the_signals(numbers, signals)
        replay_and_backtest_decide_the_same(one, numbers)
        cut_data_change_nothing_before(one, where, signals)
        several_folders_are_one_score(where, one, two)
        a_calibration_from_one_market_gives_probabilities_in_another(where, one, two)
        a_score_takes_every_input_once(where, one, two)
        quiet_markets_have_no_event(where)
        wrong_arguments_exit_2(where, one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
