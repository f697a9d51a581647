"""`aftershock convert`: any input to NDJSON, CSV and journal: no loss, nothing overwritten, no half a file."""

import csv
import gzip
import io
import json
import os
import struct
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import itch_sender as itch  # noqa: E402  pylint: disable=wrong-import-position

# Every kind that NDJSON has a form for, with every key that an event keeps; in time order.
EVERY_KIND = [
    {"k": "status", "t": 1000, "s": "NVDA", "state": "halted"},
    {"k": "status", "t": 1500, "r": 1600, "s": "NVDA", "state": "trading"},
    {"k": "trade", "t": 2000, "r": 2500, "s": "NVDA", "p": "157.25", "q": 100, "seq": 7},
    {"k": "trade", "t": 2600, "s": "BRK.B", "p": "0.000000001", "q": 0},
    {"k": "quote", "t": 3000, "s": "NVDA", "b": "157.24", "bs": 300, "a": "157.26", "as": 200, "seq": 8},
    {"k": "quote", "t": 3100, "s": "NVDA", "b": None, "bs": None, "a": "157.26", "as": 200},
    {"k": "bar", "t": 60000000000, "d": 60000000000, "s": "META", "o": "1.5", "h": "2", "l": "1", "c": "1.75",
     "v": 12345},
    {"k": "headline", "t": 60000000001, "r": 60000000002, "id": "bbg-1", "src": "Bloomberg", "tier": 1,
     "class": "press", "text": "Meta \"plans\" to sell, caf\u00e9", "symbols": ["META", "NVDA"], "rev": 1,
     "url": "https://x/y", "status": "retracted"},
]


def convert(*arguments, **options):
    return ast.run("aftershock", "convert", *arguments, **options)


def listed(path, *arguments):
    done = ast.run("aftershock", "inspect", "--format", "ndjson", path, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def itch_file(path):
    """A BinaryFILE day of two stocks: orders, executions, a trade, a halt."""
    messages = [itch.system_event("O", 1), itch.stock_directory(1, "NVDA", 2), itch.stock_directory(2, "META", 2),
                itch.trading_action(1, "NVDA", "T", 3), itch.trading_action(2, "META", "T", 3),
                itch.add_order(1, 10, "B", 100, "NVDA", "157.24", 4),
                itch.add_order(1, 11, "S", 100, "NVDA", "157.26", 5), itch.execute(1, 11, 40, 1, 6),
                itch.cancel_order(1, 10, 10, 7), itch.replace_order(1, 10, 12, 50, "157.20", 8),
                itch.trade(1, "NVDA", 5, "157.25", 2, 9), itch.delete_order(1, 12, 10),
                itch.trading_action(2, "META", "H", 11)]
    path.write_bytes(b"".join(struct.pack(">H", len(m)) + m for m in messages))
    return path


def every_kind_comes_back_through_ndjson():
    with ast.folder() as where:
        source = ast.write_lines(where / "a.ndjson", [json.dumps(e) for e in EVERY_KIND])
        done = convert(source, "-o", where / "b.ndjson")
        assert done.returncode == 0 and done.stdout == "", done
        assert f"{len(EVERY_KIND)} events written" in done.stderr, done.stderr
        assert listed(where / "b.ndjson") == listed(source)
        back = [json.loads(line) for line in (where / "b.ndjson").read_text(encoding="utf-8").splitlines()]
        assert len(back) == len(EVERY_KIND)
        for want, got in zip(EVERY_KIND, back):
            for key, value in want.items():
                if value is not None:
                    assert got[key] == value, (key, want, got)
        convert(where / "b.ndjson", "-o", where / "c.ndjson")
        assert (where / "b.ndjson").read_bytes() == (where / "c.ndjson").read_bytes()


def csv_has_a_row_for_every_event_and_ndjson_says_what_it_leaves_out():
    with ast.folder() as where:
        day = itch_file(where / "07012026.NASDAQ_ITCH50")
        done = convert(day, "-o", where / "day.csv")
        assert done.returncode == 0, done.stderr
        rows = list(csv.DictReader(io.StringIO((where / "day.csv").read_text(encoding="utf-8"))))
        kinds = [row["k"] for row in rows]
        assert kinds.count("order_add") == 2 and kinds.count("order_replace") == 1 and kinds.count("trade") == 1, kinds
        assert [(row["s"], row["p"], row["q"]) for row in rows if row["k"] == "trade"] == [("NVDA", "157.25", "5")]
        assert f"{len(rows)} events written" in done.stderr, done.stderr
        done = convert(day, "-o", where / "day.ndjson")
        assert done.returncode == 0 and "not written:" in done.stderr and "order_add 2" in done.stderr, done.stderr
        lines = (where / "day.ndjson").read_text(encoding="utf-8").splitlines()
        left_out = sum(int(word) for word in done.stderr.split("not written:")[1].replace(",", "").split()[1::2])
        assert len(lines) + left_out == len(rows) and left_out > 0, done.stderr
        assert ast.run("aftershock", "inspect", "--strict", where / "day.ndjson").returncode == 0


def several_inputs_are_merged_by_receive_time():
    with ast.folder() as where:
        def line(t, s):
            return json.dumps({"k": "trade", "t": t, "s": s, "p": "1", "q": 1})
        begin = 10**18
        a = ast.write_lines(where / "a.ndjson", [line(begin + n, f"A{n % 3}") for n in range(1, 2000, 2)])
        b = ast.write_lines(where / "b.ndjson", [line(begin + n, f"B{n % 7}") for n in range(0, 2000, 2)])
        done = convert(a, b, "-o", "-", "--format", "ndjson")
        assert done.returncode == 0, done.stderr
        got = [json.loads(text) for text in done.stdout.splitlines()]
        assert [e["t"] - begin for e in got] == list(range(2000))
        assert [e["s"] for e in got] == [f"A{n % 3}" if n % 2 else f"B{n % 7}" for n in range(2000)]
        done = convert(a, b, "-o", "-", "--format", "ndjson", "--from", begin + 100, "--to", begin + 200)
        assert [json.loads(text)["t"] - begin for text in done.stdout.splitlines()] == list(range(100, 200)), done


def compressed_names_are_compressed_files():
    with ast.folder() as where:
        source = ast.write_lines(where / "a.ndjson", [json.dumps(e) for e in EVERY_KIND] * 500)
        for name in ("b.ndjson.gz", "b.ndjson.zst", "b.csv.gz"):
            assert convert(source, "-o", where / name).returncode == 0
        assert convert(source, "-o", where / "b.ndjson").returncode == 0
        plain = (where / "b.ndjson").read_bytes()
        assert gzip.decompress((where / "b.ndjson.gz").read_bytes()) == plain
        assert listed(where / "b.ndjson.zst") == listed(where / "b.ndjson")
        answer = json.loads(ast.run("aftershock", "inspect", "--format", "json", where / "b.ndjson.zst").stdout)
        assert answer["inputs"][0]["compression"] == "zstd" and answer["inputs"][0]["truncated"] is False, answer
        assert (where / "b.ndjson.zst").stat().st_size < len(plain) / 4


def a_journal_replays_to_the_same_decisions():
    with ast.folder() as where:
        config = ast.write_config(where)
        lines = ast.day()
        news = [line for line in lines if '"headline"' in line]
        bars = ast.write_lines(where / "bars.ndjson", [line for line in lines if line not in news])
        text = ast.write_lines(where / "news.ndjson", news)
        count, sha256 = ast.decisions(ast.replay(config, bars, text).stderr)
        assert count >= 30
        done = convert("--config", config, bars, text, "-o", where / "day.asj")
        assert done.returncode == 0, done.stderr
        assert f"{count} of them decisions" in done.stderr, done.stderr
        again = ast.replay(config, where / "day.asj", "--verify", where / "day.asj")
        assert again.returncode == 0 and ast.decisions(again.stderr) == (count, sha256), again.stderr
        assert "closed in good order" in again.stderr and "another configuration" not in again.stderr, again.stderr
        pinned = ast.write_config(where, "pinned.yaml", topology={"feeds": [0], "core": 1, "ipc": 0, "admin": 0},
                                  wait="block")
        done = convert("--config", pinned, bars, text, "-o", where / "pinned.asj")
        assert done.returncode == 0, done.stderr
        again = ast.replay(pinned, where / "pinned.asj")
        assert ast.decisions(again.stderr) == (count, sha256), again.stderr
        noon = ast.at(ast.date(2026, 7, 1), "15:00")
        part = ast.decisions(ast.replay(config, bars, text, "--from", str(noon)).stderr)
        convert("--config", config, bars, text, "-o", where / "part.asj", "--from", str(noon))
        assert ast.decisions(ast.replay(config, where / "part.asj").stderr) == part != (count, sha256)


def a_journal_of_an_itch_day_replays_too():
    with ast.folder() as where:
        config = ast.write_config(where)
        day = itch_file(where / "07012026.NASDAQ_ITCH50")
        whole = ast.decisions(ast.replay(config, day).stderr)
        assert convert("--config", config, day, "-o", where / "day.journal").returncode == 0
        again = ast.replay(config, where / "day.journal", "--verify", where / "day.journal")
        assert again.returncode == 0 and ast.decisions(again.stderr) == whole, again.stderr


def a_universe_leaves_out_what_it_does_not_name():
    with ast.folder() as where:
        config = ast.write_config(where)
        source = ast.write_lines(where / "a.ndjson", [json.dumps({"k": "trade", "t": t, "s": s, "p": 1, "q": 1})
                                                      for t, s in enumerate(("NVDA", "NOSUCH", "META"))])
        done = convert("--config", config, "--universe", source, "-o", "-", "--format", "csv")
        assert done.returncode == 0 and "1 of unknown symbols left out" in done.stderr, done.stderr
        assert [row["s"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["NVDA", "META"], done.stdout
        done = convert("--config", config, source, "-o", "-", "--format", "csv")
        assert [row["s"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["NVDA", "NOSUCH", "META"], done


def nothing_is_overwritten_and_no_half_file_stays():
    with ast.folder() as where:
        config = ast.write_config(where)
        source = ast.write_lines(where / "a.ndjson", [json.dumps(e) for e in EVERY_KIND])
        for name in ("out.ndjson", "out.csv", "out.asj"):
            target = where / name
            target.write_text("precious", encoding="utf-8")
            done = convert("--config", config, source, "-o", target)
            assert done.returncode == 2 and "exists already; -f" in done.stderr and str(target) in done.stderr, done
            assert target.read_text(encoding="utf-8") == "precious"
            done = convert("--config", config, source, "-o", target, "-f")
            assert done.returncode == 0 and target.read_bytes()[:8] != b"precious", done
        bad = ast.write_lines(where / "bad.ndjson", ['{"x": 1}'] * 100)
        before = sorted(os.listdir(where))
        for name in ("new.ndjson", "new.csv.gz", "new.asj"):
            done = convert("--config", config, bad, "-o", where / name)
            assert done.returncode == 2 and "100 of 100 lines are bad" in done.stderr, done
        done = convert("--config", config, where / "none", "-o", where / "new.csv")
        assert done.returncode == 2 and "none" in done.stderr, done
        assert sorted(os.listdir(where)) == before
        done = convert(source, "-o", where / "no" / "such.csv")
        assert done.returncode == 2 and "No such file" in done.stderr, done
        done = convert(source, "-o", "/dev/full", "--format", "ndjson")
        assert done.returncode == 1 and "cannot be written" in done.stderr, done


def wrong_arguments_exit_2():
    with ast.folder() as where:
        source = ast.write_lines(where / "a.ndjson", [json.dumps(EVERY_KIND[0])])
        config = ast.write_config(where)
        for arguments, word in (((), "INPUT"), ((source,), "-o FILE is missing"),
                                ((source, "-o", where / "x"), ".ndjson"),
                                ((source, "-o", where / "x.asj"), "--config is missing"),
                                ((source, "-o", where / "x.ndjson", "--format", "xml"), "ndjson, csv, journal"),
                                ((source, "-o", "-", "--format", "journal", "--config", config), "standard output"),
                                ((source, "-o", where / "x.asj.gz", "--config", config), "not compressed"),
                                ((source, "-o", where / "x.csv", "--universe"), "--config is missing"),
                                ((source, "-o", where / "x.csv", "--from", "noon"), "--from"),
                                ((source, "-o", where), "allowed"),
                                ((source, "-o", where, "--format", "csv"), "folder")):
            done = convert(*arguments)
            assert done.returncode == 2 and word in done.stderr and done.stdout == "", (arguments, done)
        assert convert("--help").returncode == 0


if __name__ == "__main__":
    sys.exit(ast.run_tests(every_kind_comes_back_through_ndjson,
                           csv_has_a_row_for_every_event_and_ndjson_says_what_it_leaves_out,
                           several_inputs_are_merged_by_receive_time, compressed_names_are_compressed_files,
                           a_journal_replays_to_the_same_decisions, a_journal_of_an_itch_day_replays_too,
                           a_universe_leaves_out_what_it_does_not_name, nothing_is_overwritten_and_no_half_file_stays,
                           wrong_arguments_exit_2))
