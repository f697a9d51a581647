"""`aftershock inspect` as a user meets it: what it answers about good, cut, damaged, bad and foreign files."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
MAPPINGS = os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "examples", "mappings")
KEYS = ("path", "format", "compression", "bytes", "packets", "messages", "by_type", "events", "symbols", "first_ts",
        "last_ts", "gaps", "lost", "duplicates", "restarts", "heartbeats", "truncated", "errors")
FOLDER = tempfile.TemporaryDirectory(prefix="as_inspect_")


def inspect(*arguments, stdin=None):
    return subprocess.run([PROGRAM, "inspect", *arguments], capture_output=True, timeout=100, check=False, input=stdin)


def file_of(name, data):
    path = os.path.join(FOLDER.name, name)
    with open(path, "wb") as stream:
        stream.write(data if isinstance(data, bytes) else data.encode())
    return path


def report(*arguments, status=0):
    done = inspect("--format", "json", *arguments)
    assert done.returncode == status, done
    answer = json.loads(done.stdout)
    assert answer["schema"] == 1
    return answer["inputs"], done.stderr.decode()


def trades(count, first=1):
    return "".join(f'{{"k":"trade","t":{t},"s":"{"AB"[t % 2]}","p":"{t}.5","q":{t}}}\n'
                   for t in range(first, first + count))


def bars(count):
    rows = [f"2025-05-{1 + i // 1000:02d} {9 + i // 60 % 7:02d}:{i % 60:02d}:00,NVDA,1,2,0.5,{i % 97 + 1},{i * 7919}\n"
            for i in range(count)]
    return "datetime_et,symbol,open,high,low,close,volume\n" + "".join(rows)


def json_has_every_key_and_counts():
    path = file_of("good.ndjson", trades(100) + '{"k":"headline","t":7,"text":"x"}\n')
    (answer,), messages = report(path)
    for key in KEYS:
        assert key in answer, key
    assert answer["path"] == path and answer["format"] == "ndjson" and answer["compression"] == "none", answer
    assert answer["by_type"] == {"trade": 100, "headline": 1}, answer
    assert answer["messages"] == answer["events"] == 101 and answer["symbols"] == 2, answer
    assert (answer["first_ts"], answer["last_ts"]) == (1, 100), answer
    assert answer["truncated"] is False and answer["errors"] == {}, answer
    assert messages == "", messages


def several_inputs_and_standard_input_are_answered_in_order():
    a, b = file_of("a.ndjson", trades(3)), file_of("b.ndjson.gz", gzip.compress(trades(5).encode()))
    answers, _ = report(a, b)
    assert [x["messages"] for x in answers] == [3, 5]
    assert [x["compression"] for x in answers] == ["none", "gzip"]
    done = inspect("--format", "json", "-", stdin=gzip.compress(trades(4).encode()))
    assert done.returncode == 0 and json.loads(done.stdout)["inputs"][0]["messages"] == 4, done


def a_cut_file_is_truncated_and_exits_0():
    data = gzip.compress(bars(5000).encode(), mtime=0)
    mapping = os.path.join(MAPPINGS, "bars-eastern.yaml")
    last = 0
    for share in (0.3, 0.6, 0.9, 0.999):
        (answer,), messages = report("--config", mapping, file_of("cut.csv.gz", data[:int(len(data) * share)]))
        assert answer["truncated"] is True and answer["errors"] == {}, answer
        assert last <= answer["messages"] <= 5000, answer
        last = answer["messages"]
        assert "cut" in messages, messages
    assert last > 4000
    whole, _ = report("--config", mapping, file_of("cut.csv.gz", data))
    assert whole[0]["messages"] == 5000 and whole[0]["truncated"] is False


def a_damaged_file_exits_2_and_names_the_place():
    data = bytearray(gzip.compress(trades(20000).encode(), mtime=0))
    data[-6] ^= 0x40
    done = inspect(file_of("damaged.ndjson.gz", bytes(data)))
    assert done.returncode == 2, done
    assert b"damaged" in done.stderr and b"byte" in done.stderr, done


def a_foreign_file_exits_2_and_says_what_was_found():
    for name, data, words in (("empty", b"", ("empty",)),
                              ("x.json", b"[{}]", ("JSON array", "keys")),
                              ("x.csv", b"date,symbol,px\n1,2,3\n", ("--config", "date, symbol, px")),
                              ("x.bin", (b"\0\x08" + b"z" * 8) * 8, ("unknown_payload",))):
        path = file_of(name, data)
        done = inspect(path)
        assert done.returncode == 2, (name, done)
        for word in (path, *words):
            assert word in done.stderr.decode(), (name, word, done.stderr)
    (answer,), _ = report(file_of("x.bin", (b"\0\x08" + b"z" * 8) * 8), status=2)
    assert answer["errors"] == {"unknown_payload": 1}, answer
    done = inspect(os.path.join(FOLDER.name, "missing"))
    assert done.returncode == 2 and b"missing" in done.stderr, done
    good, bad = file_of("good.ndjson", trades(2)), file_of("bad", b"\x01\x02")
    answers, _ = report(bad, good, status=2)
    assert answers[1]["messages"] == 2, answers


def bad_lines_are_reported_and_too_many_exit_2():
    bad = 'not json\n{"k":"trade","t":1,"s":"A","p":-1}\n'
    (answer,), messages = report(file_of("few.ndjson", trades(50) + bad))
    assert answer["errors"] == {"bad_json": 1, "bad_price": 1} and answer["bad"] == 2, answer
    assert "few.ndjson:51: bad_json" in messages and "few.ndjson:52: bad_price" in messages, messages
    done = inspect("--strict", file_of("few.ndjson", trades(50) + bad))
    assert done.returncode == 2 and b"few.ndjson:51" in done.stderr, done
    (answer,), messages = report(file_of("many.ndjson", trades(50) + "x\n" * 11), status=2)
    assert answer["errors"] == {"bad_json": 11}, answer
    assert "11 of 61" in messages, messages


def events_are_listed_and_come_back():
    path = file_of("list.ndjson", trades(20))
    done = inspect("--format", "ndjson", path)
    assert done.returncode == 0, done
    again = inspect("--format", "ndjson", file_of("again.ndjson", done.stdout))
    assert again.stdout == done.stdout
    assert [json.loads(line)["t"] for line in done.stdout.splitlines()] == list(range(1, 21))
    done = inspect("--format", "ndjson", "--limit", "3", path)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3, done
    done = inspect("--format", "csv", "--limit", "2", path)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [(row["k"], row["t"], row["s"], row["p"], row["q"]) for row in rows] == \
        [("trade", "1", "B", "1.5", "1"), ("trade", "2", "A", "2.5", "2")], rows


def text_tells_the_same_to_people():
    done = inspect(file_of("good.ndjson", trades(100)))
    assert done.returncode == 0, done
    for word in (b"ndjson", b"trade", b"100", b"1970-01-01T00:00:00.000000001Z"):
        assert word in done.stdout, (word, done.stdout)


def quotes(rows):
    return "".join(f'{{"k":"quote","t":{t},"s":"{s}","b":"{b}","bs":1,"a":"{a}","as":1}}\n' for t, s, b, a in rows)


SECOND = 10**9
SUSPICIOUS = (quotes([(1 * SECOND, "A", "10.00", "10.02"), (2 * SECOND, "A", "10.03", "10.02"),
                      (5 * SECOND, "A", "10.02", "10.02"), (6 * SECOND, "A", "10.01", "10.02")]) +
              f'{{"k":"trade","t":{9 * SECOND},"r":{7 * SECOND},"s":"A","p":"10.01","q":5}}\n'
              f'{{"k":"trade","t":{4 * SECOND},"s":"B","p":"20","q":5}}\n'
              f'{{"k":"trade","t":{90 * SECOND},"s":"A","p":"10.01","q":5}}\n' +
              "".join(f'{{"k":"headline","t":{t * SECOND},"id":"{i}","src":"w","text":"{x}","rev":{r}}}\n'
                      for t, i, x, r in ((91, "1", "Chips rise", 0), (92, "1", "Chips rise", 0),
                                         (93, "1", "Chips rise", 1), (94, "2", "CHIPS RISE!", 0))))


def the_quality_report_finds_what_is_suspicious():
    (answer,), _ = report(file_of("suspicious.ndjson", SUSPICIOUS))
    quality = answer["quality"]
    want = {"negative_latency": 1, "negative_latency_worst_ns": 2 * SECOND, "crossed": 1, "crossed_ns": 3 * SECOND,
            "locked": 1, "locked_ns": SECOND, "stale_quotes": 1, "stale_trades": 1, "out_of_order": 1,
            "out_of_order_worst_ns": 3 * SECOND, "source_out_of_order": 1, "duplicate_headlines": 1,
            "repeated_headlines": 1, "bad_bars": 0, "minutes": 2}
    assert {key: quality[key] for key in want} == want, quality
    assert quality["by_kind"] == {"trade": 3, "quote": 4, "headline": 4}, quality
    coverage = answer["coverage"]
    assert list(coverage) == ["A", "B"], coverage
    a, b = coverage["A"], coverage["B"]
    assert (a["events"], a["trades"], a["quotes"], a["coverage"], a["first_ts"], a["last_ts"], a["hole_ns"]) == \
        (6, 2, 4, 1.0, SECOND, 90 * SECOND, 83 * SECOND), a
    assert (b["events"], b["coverage"], b["hole_from_ts"]) == (1, 0.5, None), b
    assert answer["out_of_order"] == 1 and answer["merged"] == 0, answer


def the_report_is_the_same_in_every_form():
    path = file_of("suspicious.ndjson", SUSPICIOUS)
    (answer,), _ = report(path)
    lines = [json.loads(line) for line in inspect("--report", "ndjson", path).stdout.splitlines()]
    assert [line["k"] for line in lines] == ["input", "coverage", "coverage"], lines
    assert lines[0]["quality"] == answer["quality"] and lines[0]["path"] == path, lines[0]
    for line in lines[1:]:
        assert {key: line[key] for key in answer["coverage"][line["s"]]} == answer["coverage"][line["s"]], line
    rows = list(csv.DictReader(io.StringIO(inspect("--report", "csv", path).stdout.decode())))
    facts = {(row["symbol"], row["key"]): row["value"] for row in rows}
    assert len(facts) == len(rows) and {row["path"] for row in rows} == {path}
    assert facts["", "quality.crossed_ns"] == str(3 * SECOND) and facts["", "format"] == "ndjson", facts
    assert facts["", "by_type.headline"] == "4" and facts["A", "trades"] == "2", facts
    assert facts["B", "coverage"] == "0.500000" and ("B", "hole_from_ts") not in facts, facts
    text = inspect("--report", "text", path).stdout
    assert text == inspect(path).stdout and b"negative latency" in text and b"crossed 1" in text, text
    assert inspect("--report", "json", path).stdout == inspect("--format", "json", path).stdout


def the_limit_of_a_report_is_on_its_symbols():
    path = file_of("many.ndjson",
                   "".join(f'{{"k":"trade","t":{i},"s":"S{i % 40}","p":1,"q":1}}\n' for i in range(100)))
    (answer,), _ = report(path)
    assert len(answer["coverage"]) == 40 and list(answer["coverage"])[0] == "S0", answer
    (answer,), _ = report("--limit", "3", path)
    assert list(answer["coverage"]) == ["S0", "S1", "S2"], answer
    assert answer["messages"] == 100, answer
    assert inspect(path).stdout.count(b"100 %") == 20
    assert b"coverage" not in inspect("--limit", "0", path).stdout


def wrong_arguments_exit_2():
    path = file_of("good.ndjson", trades(1))
    for arguments in ([], ["--format", "xml", path], ["--limit", "-1", path], ["--limit", "x", path],
                      ["--nonsense", path], ["--report", "xml", path],
                      ["--report", "csv", "--format", "csv", path], ["--date", "2025-13-01", path],
                      ["--config", os.path.join(FOLDER.name, "none.yaml"), path]):
        done = inspect(*arguments)
        assert done.returncode == 2 and done.stdout == b"" and done.stderr != b"", (arguments, done)
    assert inspect("--help").returncode == 0


def the_shipped_mappings_are_valid():
    names = sorted(os.listdir(MAPPINGS))
    assert len(names) >= 5, names
    for name in names:
        done = inspect("--config", os.path.join(MAPPINGS, name), file_of("good.ndjson", trades(1)))
        assert done.returncode == 0, (name, done)


def main():
    tests = [json_has_every_key_and_counts, several_inputs_and_standard_input_are_answered_in_order,
             a_cut_file_is_truncated_and_exits_0, a_damaged_file_exits_2_and_names_the_place,
             a_foreign_file_exits_2_and_says_what_was_found, bad_lines_are_reported_and_too_many_exit_2,
             events_are_listed_and_come_back, text_tells_the_same_to_people,
             the_quality_report_finds_what_is_suspicious, the_report_is_the_same_in_every_form,
             the_limit_of_a_report_is_on_its_symbols, wrong_arguments_exit_2,
             the_shipped_mappings_are_valid]
    for test in tests:
        test()
        print(f"ok {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
