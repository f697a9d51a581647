"""Recorded ticks by mapping alone: a day of consolidated trades and quotes merged, and TAQ cleaned as published."""

import collections
import csv
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("AFTERSHOCK_ROOT", ".")
PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
MAPPINGS = os.path.join(ROOT, "examples", "mappings")
SHARED = os.environ.get("AFTERSHOCK_SHARED", os.path.join(ROOT, "..", "shared"))
TAQ = os.path.join(SHARED, "data", "taq_highfrequency")
DAY = os.path.join(SHARED, "data", "taq_2013")


def lines(path):
    with gzip.open(path, "rt") as stream:
        return list(csv.DictReader(stream))


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode()


def nanounits(text):
    whole, _, part = text.partition(".")
    return int(whole) * 10**9 + int((part + "0" * 9)[:9]) if text else None


def listed(path, mapping):
    text = run("inspect", "--format", "csv", "--config", os.path.join(MAPPINGS, mapping), path)
    return list(csv.DictReader(io.StringIO(text)))


def cleaned_trades_are_the_published_ones():
    ours = listed(os.path.join(TAQ, "sampleTDataRaw.csv.gz"), "taq-clean.yaml")
    published = lines(os.path.join(TAQ, "sampleTData.csv.gz"))
    assert len(ours) == len(published) == 7168, (len(ours), len(published))
    for mine, theirs in zip(ours, published):
        assert nanounits(mine["p"]) == nanounits(theirs["PRICE"]), (mine, theirs)
        assert int(mine["q"]) == int(float(theirs["SIZE"])), (mine, theirs)
    print(f"trades: 77263 raw -> {len(ours)} clean, each price and size as published")


def cleaned_quotes_are_the_published_ones():
    ours = listed(os.path.join(TAQ, "sampleQDataRaw.csv.gz"), "taq-clean.yaml")
    published = lines(os.path.join(TAQ, "sampleQData.csv.gz"))
    assert len(ours) == len(published) == 46564, (len(ours), len(published))
    for mine, theirs in zip(ours, published):
        for key, name in (("b", "BID"), ("a", "OFR")):
            assert nanounits(mine[key]) == nanounits(theirs[name]), (mine, theirs)
        assert int(mine["bs"]) == int(float(theirs["BIDSIZ"])), (mine, theirs)
    print(f"quotes: 131401 raw -> {len(ours)} clean, each price as published")


def what_was_left_out_is_counted_by_rule():
    """Against a count by hand of the raw file: every row is an event or has a reason not to be one."""
    path = os.path.join(TAQ, "sampleTDataRaw.csv.gz")
    answer = json.loads(run("inspect", "--format", "json", "--config", os.path.join(MAPPINGS, "taq-clean.yaml"), path))
    report = answer["inputs"][0]
    conditions = {"", "@", "E", "@E", "F", "FI", "@F", "@FI", "I", "@I"}
    expected = collections.Counter()
    for row in lines(path):
        if row["EX"] != "N":
            expected["keep.EX"] += 1
        elif row["CORR"] != "0":
            expected["keep.CORR"] += 1
        elif row["COND"].replace(" ", "") not in conditions:
            expected["keep.COND"] += 1
    filtered = dict(report["filtered"])
    merged = filtered.pop("clean.merge")
    filtered.pop("clean.session", None)
    assert filtered == dict(expected), (filtered, expected)
    assert report["rows"] == 77263 and report["events"] + merged + sum(report["filtered"].values()) - merged == 77263
    print("left out:", report["filtered"])


def a_day_is_merged_by_mapping_alone():
    with tempfile.TemporaryDirectory(prefix="as_ticks_") as folder:
        with open(os.path.join(MAPPINGS, "ticks-taq.yaml"), encoding="utf-8") as stream:
            mapping = stream.read()
        for name, text in (
            ("universe.csv", "symbol,name,bucket,factor\nSPY,SPDR S&P 500,index,\nIBM,IBM,software,SPY\n"
                             "BAC,Bank of America,banks,SPY\nAIG,AIG,insurers,SPY\n"),
            ("playbook.yaml", open(os.path.join(ROOT, "examples", "itch-live", "playbook.yaml"),
                                   encoding="utf-8").read()),
            ("aftershock.yaml", "universe: universe.csv\nplaybook: playbook.yaml\n" + mapping),
        ):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
                stream.write(text)
        files = [os.path.join(DAY, f"20131009_{name}.csv.gz")
                 for name in ("spy_trade", "bac_trade", "aig_trade", "ibm_trade", "ibm_quote")]
        config = os.path.join(folder, "aftershock.yaml")
        merged = os.path.join(folder, "day.ndjson")
        run("convert", "--config", config, *files, "-o", merged)
        counts, last = collections.Counter(), 0
        with open(merged, encoding="utf-8") as stream:
            for line in stream:
                event = json.loads(line)
                counts[event["s"], event["k"]] += 1
                when = event.get("r", event["t"])
                assert when >= last, line
                last = when
        lines_of = {name: sum(1 for _ in gzip.open(path)) for name, path in
                    (((s, k), f) for (s, k), f in zip((("SPY", "trade"), ("BAC", "trade"), ("AIG", "trade"),
                                                       ("IBM", "trade"), ("IBM", "quote")), files))}
        assert counts == lines_of, (counts, lines_of)
        hashes = {subprocess.run([PROGRAM, "replay", "--config", config, *order], capture_output=True, timeout=300,
                                 check=True).stderr.decode().splitlines()[-1]
                  for order in (files, files)}
        assert len(hashes) == 1, hashes
        print("merged:", {f"{s} {k}": n for (s, k), n in counts.items()}, hashes.pop())


def main():
    if not os.path.isdir(TAQ) or not os.path.isdir(DAY):
        print(f"skipped: {TAQ} not present")
        return 77
    for test in (cleaned_trades_are_the_published_ones, cleaned_quotes_are_the_published_ones,
                 what_was_left_out_is_counted_by_rule, a_day_is_merged_by_mapping_alone):
        test()
        print("ok", test.__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
