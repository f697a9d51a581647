"""`aftershock study` on made-up markets: an independent computation, placebo dates, intervals, errors."""

import datetime
import json
import math
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "tests", "support"))
from study import Study  # noqa: E402

EXAMPLE = os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "examples", "reference-day")
NAMES = [f"N{i:02}" for i in range(12)]
TESTS = ("patell bmp kolari_pynnonen kolari_pynnonen_patell corrado corrado_zivney corrado_sign cross_section "
         "brown_warner_1980 brown_warner_1985 lamb sign generalised_sign wilcoxon").split()
CHANNELS = """version: study
events:
  memory_price:
    default_M: 3
    control: held
    channels: {near: [1.0, 0.2, price], far: [0.1, 0.2, none]}
controls:
  held: {members: [N09, N10, N11], q: [1, 1, 1], needs: 3}
"""
HOLIDAYS = {(1, 1), (1, 19), (2, 16), (4, 3), (5, 25), (6, 19), (7, 3), (12, 25)}  # of New York, 2026


def weekdays(count):
    """Dates of a calendar that never closes; weekends are left out of the data, not of the calendar."""
    day = datetime.date(2023, 1, 2)
    while count:
        if day.weekday() < 5:
            yield day.isoformat()
            count -= 1
        day += datetime.timedelta(days=1)


class Market:
    """Log prices of a market and twelve names: beta 0.5 + i/10, a shock of `planted` on session `event`."""

    def __init__(self, seed, sessions=420, event=380, planted=0.05, common=0.0):
        rng = random.Random(seed)
        self.dates = list(weekdays(sessions))
        self.event = self.dates[event]
        self.prices = []
        level = {name: 100.0 for name in ["MKT", *NAMES]}
        for t, date in enumerate(self.dates):
            m = rng.gauss(0.0003, 0.01)
            shared = rng.gauss(0, common) if common else 0
            for i, name in enumerate(["MKT", *NAMES]):
                r = m if i == 0 else (0.5 + i / 10) * m + shared + rng.gauss(0, 0.015)
                r += planted if i and t == event else 0
                level[name] = round(level[name] * math.exp(r), 6)
                self.prices.append((date, name, level[name]))

    def study(self, playbook="version: study\nevents: {}\n"):
        buckets = ["near"] * 4 + ["far"] * 5 + ["rest"] * 3
        study = Study([("MKT", "", "", "ALWAYS")] + [(n, b, "MKT", "ALWAYS") for n, b in zip(NAMES, buckets)], playbook)
        return study, study.closes(self.prices)

    def returns(self, name):
        px = [p for _, n, p in self.prices if n == name]
        return [math.log(b / a) for a, b in zip(px, px[1:])]  # [t - 1] is the return of date t


def near(what, got, want, tolerance=1e-9):
    assert got is not None and abs(got - want) <= tolerance, (what, got, want)


def names_are_those_of_least_squares():
    market = Market(1)
    study, prices = market.study()
    events = study.events([(market.event, "N00")])
    event = study.json(prices, "--events", events, "--placebo", "0")["events"][0]
    k = market.dates.index(market.event) - 1
    x = market.returns("MKT")
    last = k - 1 - 10  # the window begins at -1, ten returns are left out
    assert [name["symbol"] for name in event["names"]] == NAMES
    for name in event["names"]:
        y = market.returns(name["symbol"])
        ye, xe = y[last - 250:last], x[last - 250:last]
        xm, ym = sum(xe) / 250, sum(ye) / 250
        sxx = sum((a - xm) ** 2 for a in xe)
        beta = sum((a - xm) * (b - ym) for a, b in zip(xe, ye)) / sxx
        alpha = ym - beta * xm
        sigma = math.sqrt(sum((b - alpha - beta * a) ** 2 for a, b in zip(xe, ye)) / 248)
        ar = [y[t] - alpha - beta * x[t] for t in range(k - 1, k + 11)]
        off = sum(x[k - 1:k + 11]) - 12 * xm
        for key, want in (("alpha", alpha), ("beta", beta), ("sigma", sigma), ("car", sum(ar)),
                          ("z", sum(ar) / sigma / math.sqrt(12 + 144 / 250 + off * off / sxx))):
            near(key, name[key], want)
        for got, want in zip(name["ar"], ar):
            near("ar", got, want)
        assert name["estimation"] == 250 and len(name["ar"]) == len(name["sar"]) == 12
        assert name["os"] is None and name["epicentre"] == (name["symbol"] == "N00")
    assert set(event["tests"]) == set(TESTS) and [d["day"] for d in event["days"]] == list(range(-1, 11))
    day0 = event["days"][1]
    assert day0["tests"]["patell"]["stat"] > 6 and day0["tests"]["patell"]["p"] < 1e-8
    assert [s["sector"] for s in event["sectors"]] == ["near", "far", "rest"]
    near("sector", event["sectors"][0]["car"], sum(n["car"] for n in event["names"][:4]) / 4)


def simple_returns_the_mean_model_and_the_sector_model_are_options():
    market = Market(2)
    study, prices = market.study()
    common = (prices, "--events", study.events([(market.event, "N00")]), "--placebo", "0", "--window", "0,0")
    simple = study.json(*common, "--returns", "simple", "--model", "mean")["events"][0]["names"][3]
    k = market.dates.index(market.event) - 1
    y = [math.exp(r) - 1 for r in market.returns("N03")]
    near("mean model", simple["car"], y[k] - sum(y[k - 260:k - 10]) / 250)
    assert simple["beta"] is None
    names = study.json(*common, "--model", "sector")["events"][0]["names"]
    assert all(isinstance(n["sector_beta"], float) for n in names)
    plain = study.json(*common)["events"][0]["names"]
    assert all(n["sector_beta"] is None for n in plain)
    # a shock that all of a sector share is what the sector explains
    shared = Market(3, common=0.02, planted=0)
    study, prices = shared.study()
    common = (prices, "--events", study.events([(shared.event, "N00")]), "--placebo", "0")
    market_only = study.json(*common)["events"][0]["names"]
    sector = study.json(*common, "--model", "sector")["events"][0]["names"]
    assert all(s["r2"] > m["r2"] + 0.2 for s, m in zip(sector, market_only))
    z_of_the_sector_model(shared, sector[1])


def solve(a, b):
    """x of a x = b, by elimination."""
    a = [row + [value] for row, value in zip(a, b)]
    for k in range(len(a)):
        pivot = max(range(k, len(a)), key=lambda i: abs(a[i][k]))
        a[k], a[pivot] = a[pivot], a[k]
        for i in range(len(a)):
            if i != k:
                factor = a[i][k] / a[k][k]
                a[i] = [x - factor * y for x, y in zip(a[i], a[k])]
    return [row[-1] / row[k] for k, row in enumerate(a)]


def z_of_the_sector_model(market, name):
    """Three regressors at once, constant, market and peers; the prediction error of a sum of twelve days."""
    y, m = market.returns(name["symbol"]), market.returns("MKT")
    peers = [market.returns(n) for n in NAMES[:4] if n != name["symbol"]]
    rows = [(1.0, m[t], sum(p[t] for p in peers) / 3) for t in range(len(m))]
    k = market.dates.index(market.event) - 1
    estimation, window = range(k - 261, k - 11), range(k - 1, k + 11)
    gram = [[sum(rows[t][i] * rows[t][j] for t in estimation) for j in range(3)] for i in range(3)]
    b = solve(gram, [sum(rows[t][i] * y[t] for t in estimation) for i in range(3)])
    e = {t: y[t] - sum(x * c for x, c in zip(rows[t], b)) for t in [*estimation, *window]}
    sigma = math.sqrt(sum(e[t] ** 2 for t in estimation) / 247)
    total = [sum(rows[t][i] for t in window) for i in range(3)]
    variance = 12 + sum(x * c for x, c in zip(total, solve(gram, total)))
    near("CAR of the sector model", name["car"], sum(e[t] for t in window))
    near("z of the sector model", name["z"], name["car"] / sigma / math.sqrt(variance), 1e-8)


def placebo_dates_show_which_test_holds():
    """Names that share a shock every day: Patell's test is wrong far too often, Kolari and Pynnonen's is not."""
    market = Market(4, sessions=700, common=0.01)
    study, prices = market.study()
    arguments = (prices, "--events", study.events([(market.event, "N00")]), "--window", "0,1", "--estimation", "120")
    answer = study.json(*arguments)
    placebo = answer["placebo"]
    # of 700 prices 131 go before the first place and one after the last; three would touch the event's window
    assert placebo["dates"] == 200 and placebo["eligible"] == 700 - 131 - 1 - 3 and placebo["seed"] == 1, placebo
    assert placebo["tests"]["patell"]["size_5pct"] > 0.2, placebo["tests"]["patell"]
    assert placebo["tests"]["kolari_pynnonen"]["size_5pct"] < 0.12, placebo["tests"]["kolari_pynnonen"]
    quantile = placebo["tests"]["patell"]
    assert quantile["q025"] < quantile["median"] < quantile["q975"], quantile
    tests = answer["events"][0]["tests"]
    near("the event stands out", tests["kolari_pynnonen"]["p_placebo"], 1 / 201, 0.05)
    for test in tests.values():
        assert test["p"] <= test["p_bh"] <= test["p_holm"] <= 1, test
    assert json.dumps(study.json(*arguments)) == json.dumps(answer)
    assert json.dumps(study.json(*arguments, "--seed", "2")["placebo"]) != json.dumps(placebo)


def a_family_gives_justified_moves_breadth_and_control():
    market = Market(5, planted=0.03)
    study, prices = market.study(CHANNELS)
    events = study.events([(market.event, "N00", "memory_price")])
    event = study.json(prices, "--events", events, "--window", "0,0", "--placebo", "0")["events"][0]
    names = {n["symbol"]: n for n in event["names"]}
    m = min(max(abs(names["N00"]["z"]), 1), 6)
    near("M", event["m"], m)
    assert event["type"] == "memory_price" and event["linked"] == 8
    for symbol, w in (("N01", 1.0), ("N05", 0.1)):
        name = names[symbol]
        e = w * m * (1 if names["N00"]["z"] > 0 else -1)
        near("E", name["e"], e)
        near("OS", name["os"], (name["z"] - e) / math.sqrt(1 + (0.2 * m) ** 2))
    assert names["N09"]["os"] is None and not names["N00"]["linked"]
    linked = [names[n] for n in NAMES[1:9]]
    near("breadth", event["breadth"], sum(abs(n["z"]) >= 2 and n["z"] * n["e"] > 0 for n in linked) / 8)
    assert 0 < event["breadth"] < 1 and all(n["z"] > 0 for n in linked), [n["z"] for n in linked]
    assert event["control"]["group"] == "held" and event["control"]["used"] == 3
    assert [m["symbol"] for m in event["control"]["members"]] == ["N09", "N10", "N11"]
    linked_only = study.json(prices, "--events", events, "--names", "linked", "--placebo", "0")["events"][0]["names"]
    assert [n["symbol"] for n in linked_only] == NAMES[:9]


def a_pool_takes_events_as_names():
    market = Market(6, sessions=600)
    study, prices = market.study()
    dates = market.dates
    events = study.events([(dates[400 + 10 * i], NAMES[i]) for i in range(6)])
    event = study.json(prices, "--events", events, "--pool", "--window", "0,2", "--placebo", "30")
    assert len(event["events"]) == 1 and event["placebo"]["dates"] == 30
    pool = event["events"][0]
    assert pool["pooled"] == 6 and pool["ts"] is None and [n["symbol"] for n in pool["names"]] == NAMES[:6]
    alone = study.json(prices, "--events", events, "--names", "own", "--window", "0,2", "--placebo", "0")["events"]
    for one, name in zip(alone, pool["names"]):
        assert len(one["names"]) == 1 and one["names"][0]["car"] == name["car"]


def intervals_are_standardised_by_the_time_of_day():
    """Five-minute bars with a U-shaped volatility and a gap at night: a jump of 1 % at noon is a large one."""
    rng = random.Random(7)
    study = Study([("MKT", "", "", "XNYS")] + [(n, "x", "MKT", "XNYS") for n in NAMES[:6]])
    level = {n: 100.0 for n in ["MKT", *NAMES[:6]]}
    lines, moment = [], None
    for day in range(2, 14):
        date = datetime.datetime(2025, 6, day, 13, 30, tzinfo=datetime.timezone.utc)
        if date.weekday() > 4:
            continue
        for bar in range(1, 79):
            x = (bar - 0.5) / 78
            shape = math.sqrt(0.7 / 78 * (1 + 2 * (2 * x - 1) ** 2) / (5 / 3) + (0.3 if bar == 1 else 0))
            end = date + datetime.timedelta(minutes=5 * bar)
            m = rng.gauss(0, 0.01 * shape)
            for i, name in enumerate(level):
                r = m if i == 0 else m + rng.gauss(0, 0.02 * shape)
                if day == 12 and bar == 40:
                    moment = end
                    r += 0.01 if i else 0
                level[name] *= math.exp(r)
                lines.append(json.dumps({"k": "bar", "t": int(end.timestamp()) * 10**9, "d": 300 * 10**9, "s": name,
                                         "c": f"{level[name]:.6f}"}))
    bars = study.write("bars.ndjson", "\n".join(lines) + "\n")
    ts = (moment - datetime.timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    events = study.events([(ts, "N00")])
    answer = study.json(bars, "--events", events, "--window", "0,3", "--gap", "5")
    event = answer["events"][0]
    assert answer["bar_ns"] == 300 * 10**9
    assert all(n["ts"] == int(moment.timestamp()) * 10**9 for n in event["names"])
    assert all(3 < n["sar"][0] < 12 for n in event["names"]), [n["sar"][0] for n in event["names"]]
    assert answer["placebo"]["tests"]["brown_warner_1985"]["size_5pct"] < 0.15, answer["placebo"]
    # the same day of sessions, from the same bars
    daily = study.run(bars, "--events", study.events([("2025-06-12", "N00")], "d.csv"), "--bar", "daily")
    assert daily.returncode == 2 and "N00 has" in daily.stderr, daily


def headlines_are_events_too():
    """The reference chain: one fact, so one event; the disclosure before it and the repeats are none."""
    names = ["META", "CRWV", "NBIS", "NVDA", "SPY"]
    rng = random.Random(8)
    day, lines = datetime.date(2025, 12, 1), ["date,symbol,adj_close"]
    level = dict.fromkeys(names, 100.0)
    while day < datetime.date(2026, 7, 10):
        if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS:
            m = rng.gauss(0, 0.01)
            for name in names:
                level[name] *= math.exp(m + (0 if name == "SPY" else rng.gauss(0, 0.02)))
                lines.append(f"{day},{name},{level[name]:.6f}")
        day += datetime.timedelta(days=1)
    study = Study([])
    prices = study.write("daily.csv", "\n".join(lines) + "\n")
    study.config = os.path.join(EXAMPLE, "aftershock.yaml")
    folder = os.path.join(study.folder.name, "report")
    arguments = (prices, os.path.join(EXAMPLE, "headlines.ndjson"), "--estimation", "100", "--window", "0,4",
                 "--placebo", "20", "--report", folder)
    answer = study.json(*arguments)
    assert len(answer["events"]) == 1, [e["event"] for e in answer["events"]]
    event = answer["events"][0]
    assert event["symbol"] == "META" and event["type"] == "compute_supply_entry" and event["text"], event["event"]
    assert {n["symbol"] for n in event["names"] if n["os"] is not None} == {"NVDA", "CRWV", "NBIS"}, event["names"]
    with open(os.path.join(folder, "study.html"), encoding="utf-8") as stream:
        page = stream.read()
    assert page.count("<svg") == page.count("</svg>") == 3 and "META" in page
    assert "<script" not in page and not re.search(r"(src|href)=", page)
    short = study.run(*arguments, "--min-estimation", "100", "--estimation", "400", "--gap", "300")
    assert short.returncode == 2 and "META has" in short.stderr and "none of the 1 events" in short.stderr, short
    text = study.run(*arguments)
    assert text.returncode == 0 and "compute_supply_entry" in text.stdout and "Kolari-Pynnonen" in text.stdout, text
    assert text.stderr == "", text.stderr


def errors_say_where_and_what():
    market = Market(9)
    study, prices = market.study()
    day = market.event
    cases = [
        ([(day, "N00"), (day, "NOPE")], ["events.csv:3", "NOPE", "universe"]),
        ([("2023-13-40", "N00")], ["events.csv:2", "2023-13-40"]),
        ([("yesterday", "N00")], ["events.csv:2", "yesterday", "YYYY-MM-DD"]),
        ([(day, "N00", "weather")], ["events.csv:2", "weather"]),
        ([(day, "N00"), (day, "N01"), (day, "N00")], ["events.csv:4", "line 2"]),
        ([("2025-02-30", "N00")], ["events.csv:2", "2025-02-30"]),
        ([(day + "T15:00:00", "N00")], ["events.csv:2", "no zone"]),
        ([(day,)], ["events.csv:2", "date_or_ts,symbol"]),
        ([], ["events.csv", "no event"]),
        ([(market.dates[20], "N00")], ["N00 has 8 returns", "20 prices before", "needed: 40"]),
        ([("2027-01-04", "N00")], ["N00 has no price at or after it"]),
    ]
    for rows, said in cases:
        done = study.run(prices, "--events", study.events(rows))
        assert done.returncode == 2 and done.stdout == "", (rows, done)
        assert all(part in done.stderr for part in said), (said, done.stderr)
    events = study.events([(day, "N00")])
    for arguments, said in ((("--window", "3,1"), "--window"), (("--model", "garch"), "market, mean, sector"),
                            (("--estimation", "2"), "5 to"), (("--bar", "5x"), "--bar"), (("--nope",), "--help"),
                            (("--report", prices), "is no folder"),
                            (("--market", "ZZZ"), "ZZZ"), (("--pairs", "N00"), "two symbols"),
                            (("--pairs", "N00,ZZZ"), "'ZZZ' is not in the universe")):
        done = study.run(prices, "--events", events, *arguments)
        assert done.returncode == 2 and said in done.stderr and done.stdout == "", (arguments, done)
    assert study.run(prices).returncode == 2  # no headline, no list
    assert "--convention" in study.run("--help").stdout
    young = [row for row in market.prices if row[1] != "N05" or row[0] > market.dates[370]]
    done = study.run(study.closes(young, "young.csv"), "--events", events, "--json", "--placebo", "0")
    assert done.returncode == 0 and "N05 is left out: 0 returns" in done.stderr, done.stderr
    assert json.loads(done.stdout)["events"][0]["skipped"] == [{"symbol": "N05", "estimation": 0}]


def a_day_that_the_market_misses_is_told():
    """Name and market span the same days; day 0 without a return is loud; JSON says which name and day."""
    market = Market(10)
    study, _ = market.study()
    k = market.dates.index(market.event)
    for gone, day in ((market.event, 0), (market.dates[k + 3], 3)):
        prices = study.closes([row for row in market.prices if row[:2] != (gone, "MKT")], "gap.csv")
        done = study.run(prices, "--events", study.events([(market.event, "N00")]), "--placebo", "0", "--json")
        assert done.returncode == 0, done
        assert ("DAY 0 IS MISSING" in done.stderr) == (day == 0) and f"day {day:+}" in done.stderr, done.stderr
        assert "MKT has no new price" in done.stderr and "N00, N01" in done.stderr and gone in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 2, done.stderr  # one for the day, one for the return over two
        answer = json.loads(done.stdout)
        name = answer["events"][0]["names"][2]
        assert name["ar"][1 + day] is None and name["day0_missing"] == (day == 0), name
        assert name["missing"] == 1 and name["gaps"] == 1, name
        what = [(w["symbol"], w["day"], w["what"], w["sessions"]) for w in answer["warnings"]]
        assert what[:2] == [("N00", day, "no_market_price", 0), ("N00", day + 1, "gap", 2)] and len(what) == 24, what
        # the next return spans both days, for the name and for the market, and is as uncertain as two
        y, m = market.returns(name["symbol"]), market.returns("MKT")
        t = k + day  # of the return that ends a day later; t - 1 is the one into the missing day
        both = sum(y[t - 1:t + 1]) - name["beta"] * sum(m[t - 1:t + 1]) - math.sqrt(2) * name["alpha"]
        near("AR over both days", name["ar"][2 + day], both)
        assert abs(name["sar"][2 + day] / (both / name["sigma"] / math.sqrt(2)) - 1) < 0.03, name["sar"]
    table = study.run(prices, "--events", study.events([(market.event, "N00")]), "--placebo", "0").stdout
    assert "returns missing" in table
    twice = market.prices + [(market.event, "N01", 1.0)]
    events = study.events([(market.event, "N00")])
    done = study.run(study.closes(twice, "twice.csv"), "--events", events, "--placebo", "0")
    assert done.returncode == 0 and "N01: 1 rows of a moment" in done.stderr, done.stderr


def names_that_share_a_day_share_their_placebo_day():
    """Six names with one day and a common shock: drawn each for itself, their placebo would look independent."""
    market = Market(11, sessions=700, common=0.02, planted=0)
    study, prices = market.study()
    rows = [(market.dates[500], name) for name in NAMES[:6]]
    arguments = ("--pool", "--window", "0,2", "--estimation", "120", "--placebo", "100", "--json")
    done = study.run(prices, "--events", study.events(rows), *arguments)
    assert done.returncode == 0 and "of 6 events 6 share their day" in done.stderr, done.stderr
    answer = json.loads(done.stdout)
    assert answer["pool"] == {"same_day": 6, "overlapping": 0}, answer["pool"]
    shared = answer["placebo"]["tests"]["patell"]["size_5pct"]
    assert shared > 0.3, shared
    assert 0 < answer["placebo"]["disjoint"] <= answer["placebo"]["eligible"], answer["placebo"]
    rows = [(market.dates[400 + 20 * i], name) for i, name in enumerate(NAMES[:6])]
    apart = json.loads(study.run(prices, "--events", study.events(rows), *arguments).stdout)
    assert apart["placebo"]["tests"]["patell"]["size_5pct"] < 0.2, apart["placebo"]["tests"]["patell"]
    assert apart["pool"] == {"same_day": 0, "overlapping": 0}, apart["pool"]


def main():
    for test in (names_are_those_of_least_squares, simple_returns_the_mean_model_and_the_sector_model_are_options,
                 placebo_dates_show_which_test_holds, a_family_gives_justified_moves_breadth_and_control,
                 a_pool_takes_events_as_names, intervals_are_standardised_by_the_time_of_day, headlines_are_events_too,
                 a_day_that_the_market_misses_is_told, names_that_share_a_day_share_their_placebo_day,
                 errors_say_where_and_what):
        test()
        print(f"ok {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
