"""`aftershock inspect` on every recorded DBN file against a parser of its own, written from the format's description.

The parser below knows how long records are and where names stand, nothing of what is under test. Files in zstd are
opened with the `zstd` tool.
"""

import collections
import datetime
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
ROOT = os.environ.get("AFTERSHOCK_ROOT", ".")
SHARED = os.environ.get("AFTERSHOCK_SHARED") or os.path.join(ROOT, "..", "shared")
DATA = os.environ.get("AFTERSHOCK_DATA") or os.path.join(SHARED, "data")
FOLDER = tempfile.TemporaryDirectory(prefix="as_dbn_")

SCHEMAS = ("mbo mbp-1 mbp-10 tbbo trades ohlcv-1s ohlcv-1m ohlcv-1h ohlcv-1d definition statistics status imbalance "
           "ohlcv-eod cmbp-1 cbbo-1s cbbo-1m tcbbo bbo-1s bbo-1m").split()
RTYPES = {0x00: "trades", 0x01: "mbp-1", 0x0a: "mbp-10", 0x11: "ohlcv", 0x12: "status", 0x13: "definition",
          0x14: "imbalance", 0x15: "error", 0x16: "symbol-mapping", 0x17: "system", 0x18: "statistics",
          0x20: "ohlcv-1s", 0x21: "ohlcv-1m", 0x22: "ohlcv-1h", 0x23: "ohlcv-1d", 0x24: "ohlcv-eod", 0xa0: "mbo",
          0xb1: "cmbp-1", 0xc0: "cbbo-1s", 0xc1: "cbbo-1m", 0xc2: "tcbbo", 0xc3: "bbo-1s", 0xc4: "bbo-1m"}
TS_RECV = {0xa0: 40, 0x12: 16, 0x13: 16, 0x14: 16, 0x18: 16,
           **dict.fromkeys((0x00, 0x01, 0x0a, 0xb1, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4), 32)}
UNDEFINED = 2**64 - 1
COUNTS = {"dbn_repo": 81, "databento_python": 77, "nautilus": 21}


def content(path):
    with open(path, "rb") as stream:
        data = stream.read()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    return data


def metadata(data):
    """Version, schema, dataset, names by instrument id, where the records begin."""
    version, rest = data[3], struct.unpack_from("<I", data, 4)[0]
    schema = struct.unpack_from("<H", data, 24)[0]
    stype_in, stype_out, ts_out = data[58:61] if version == 1 else data[50:53]
    width = 22 if version == 1 else struct.unpack_from("<H", data, 53)[0]
    at, names = 112, {}

    def take(kind, size):
        nonlocal at
        at += size
        return struct.unpack_from("<" + kind, data, at - size)[0]

    def text():
        return take(f"{width}s", width).split(b"\0")[0].decode()

    for _ in range(3):
        for _ in range(take("I", 4)):
            text()
    for _ in range(take("I", 4)):
        source = text()
        for _ in range(take("I", 4)):
            dates = take("I", 4), take("I", 4)
            target = text()
            assert 0 in (stype_in, stype_out)
            number, name = (source, target) if stype_in == 0 else (target, source)
            names.setdefault(int(number), []).append((*dates, name))
    assert rest + 8 - at in range(8), (rest + 8, at)
    dataset = data[8:24].rstrip(b"\0").decode()
    return {"version": version, "schema": "mixed" if schema == 0xffff else SCHEMAS[schema], "dataset": dataset,
            "names": names, "ts_out": ts_out}, rest + 8


def name_of(names, instrument, ts):
    """By the mapping that covers the UTC date of a record."""
    date = int(datetime.datetime.fromtimestamp(ts // 10**9, datetime.timezone.utc).strftime("%Y%m%d"))
    return next((name for start, end, name in names.get(instrument, ()) if start <= date < end), str(instrument))


def expected(data):
    """What inspect has to say about a file's bytes."""
    fragment = data[:3] != b"DBN"
    head, at = ({"names": {}}, 0) if fragment else metadata(data)
    types, symbols = collections.Counter(), set()
    while at < len(data):
        size, rtype, _, instrument, ts = struct.unpack_from("<BBHIQ", data, at)
        assert size >= 4 and rtype in RTYPES, (at, size, rtype)
        types[RTYPES[rtype]] += 1
        ts_recv = struct.unpack_from("<Q", data, at + TS_RECV.get(rtype, 8))[0]
        ts = ts if ts_recv == UNDEFINED else ts_recv
        if rtype == 0x16 and size * 4 == 176:
            head["names"][instrument] = [(0, 99991231, data[at + 89:at + 160].split(b"\0")[0].decode())]
            symbols.add(name_of(head["names"], instrument, 0))
        elif rtype == 0x13 and instrument not in head["names"]:
            where = 238 if size == 130 else 200
            symbols.add(data[at + where:at + where + 71].split(b"\0")[0].decode())
        else:
            symbols.add(name_of(head["names"], instrument, ts))
        at += size * 4
    assert at == len(data), (at, len(data))
    detail = "fragment" if fragment else f"v{head['version']} {head['schema']} {head['dataset']}"
    return {"by_type": dict(types), "messages": sum(types.values()), "detail": detail, "symbols": len(symbols)}


def inspect(*paths):
    done = subprocess.run([PROGRAM, "inspect", "--report", "json", *paths], capture_output=True, timeout=250,
                          check=False)
    return done.returncode, json.loads(done.stdout)["inputs"] if done.stdout else [], done.stderr.decode()


def recorded():
    """All files of the three repositories, or nothing if they are not there."""
    files = {}
    for name, count in COUNTS.items():
        folder = os.path.join(DATA, "dbn", name)
        if not os.path.isdir(folder):
            print(f"skipped: {folder} not present")
            return None
        files[name] = sorted(os.path.join(where, f) for where, _, names in os.walk(folder) for f in names)
        assert len(files[name]) == count, (name, len(files[name]))
    return [path for paths in files.values() for path in paths]


def every_recorded_file_is_counted_by_type_version_and_schema():
    files = recorded()
    if files is None:
        return
    if not shutil.which("zstd"):
        print("skipped: no zstd tool")
        return
    good = [path for path in files if path.endswith((".dbn", ".zst", ".frag"))]
    assert len(good) == 165, len(good)
    status, answers, messages = inspect(*good)
    assert status == 0, messages
    versions = collections.Counter()
    for path, answer in zip(good, answers, strict=True):
        want = expected(content(path))
        assert answer["path"] == path and answer["format"] == "dbn", answer
        for key in ("by_type", "messages", "detail", "symbols"):
            assert answer[key] == want[key], (path, key, answer[key], want[key])
        assert answer["truncated"] is False and answer["gaps"] == 0 and answer["lost"] == 0, answer
        assert not set(answer["errors"]) & {"unknown_type", "short_message", "grown", "bad_time", "bad_side",
                                            "bad_action", "bad_mapping"}, (path, answer["errors"])
        versions[want["detail"].split()[0]] += 1
    print("  files by version:", dict(versions))


def legacy_files_are_refused_by_name():
    files = recorded()
    legacy = [path for path in files or [] if path.endswith(".dbz")]
    assert files is None or len(legacy) == 10, legacy
    made = os.path.join(FOLDER.name, "made")
    with open(made, "wb") as stream:
        stream.write(b"\x50\x2a\x4d\x18\x90\0\0\0DBZ\x01" + bytes(140) + b"\x28\xb5\x2f\xfd\0\x58\x3d\x01")
    for path in [*legacy, made]:
        status, _, messages = inspect(path)
        assert status == 2 and "DBZ" in messages and "convert" in messages and path in messages, (path, messages)


def mapping(name, instrument):
    return name.encode().ljust(71, b"\0") + struct.pack("<III", 1, 20260701, 20260702) + \
        str(instrument).encode().ljust(71, b"\0")


def made_file(records):
    body = struct.pack("<16sHQQQBBBH53x", b"TEST.MADE", 4, 0, 0, 0, 1, 0, 0, 71)
    body += struct.pack("<IIIII", 0, 0, 0, 0, 1) + mapping("ES-SPREAD", 7)
    body += bytes(-len(body) % 8)
    return b"DBN\x03" + struct.pack("<I", len(body)) + body + records


def trade(price, instrument=7):
    ts = 1782910800_000000000
    return struct.pack("<BBHIQqIccBBQiI", 12, 0, 1, instrument, ts, price, 3, b"T", b"A", 0x80, 0, ts + 5, 0, 9)


def prices_names_and_times_come_through():
    path = os.path.join(FOLDER.name, "made.dbn")
    with open(path, "wb") as stream:
        stream.write(made_file(trade(-1_250_000_000) + trade(2_000_000_001, 8)))
    done = subprocess.run([PROGRAM, "inspect", "--format", "ndjson", path], capture_output=True, timeout=60, check=True)
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["k"], first["s"], first["p"], first["q"]) == ("trade", "ES-SPREAD", "-1.25", 3), first
    assert (first["t"], first["r"]) == (1782910800_000000000, 1782910800_000000005), first
    assert (second["s"], second["p"]) == ("8", "2.000000001"), second


def damaged_files_say_where():
    def judge(data):
        path = os.path.join(FOLDER.name, "bad.dbn")
        with open(path, "wb") as stream:
            stream.write(data)
        return inspect(path)

    good = made_file(trade(1) + trade(2))
    for cut in range(len(good) - 95, len(good)):
        status, answers, _ = judge(good[:cut])
        assert status == 0 and answers[0]["truncated"] is (cut != len(good) - 48), (cut, answers)
        assert answers[0]["messages"] == (cut - len(good) + 96) // 48, (cut, answers)
    status, _, messages = judge(good + b"\x03" + bytes(63))
    assert status == 2 and f"byte {len(good)}" in messages and "12 bytes" in messages, messages
    status, _, messages = judge(b"DBN\x04" + good[4:])
    assert status == 2 and "version 4" in messages, messages
    status, _, messages = judge(good[:4] + b"\x63\0\0\0" + good[8:])
    assert status == 2 and "length" in messages, messages
    status, answers, _ = judge(good + b"\x0c\x77" + trade(1)[2:] + b"\x05" + trade(1)[1:20])
    assert status == 0 and answers[0]["errors"] == {"unknown_type": 1, "short_message": 1}, answers
    status, answers, _ = judge(good + good)
    assert status == 0 and answers[0]["messages"] == 4 and answers[0]["restarts"] == 1, answers


def main():
    for test in (every_recorded_file_is_counted_by_type_version_and_schema, legacy_files_are_refused_by_name,
                 prices_names_and_times_come_through, damaged_files_say_where):
        test()
        print(f"ok {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
