"""The bots of examples/bots against a publisher of the test's own: each runs, acts, and keeps its hands off when it
cannot know."""

import contextlib
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
BOTS = ROOT / "examples/bots"
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "ipc/client/python"), str(ROOT / "tests/support")]
from publisher import Publisher  # noqa: E402  pylint: disable=wrong-import-position

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "ipc/client/python"), "PYTHONDONTWRITEBYTECODE": "1"}
CLIENTS = ("print_signals.py", "paper_trader.py", "csv_bridge.py", "freqtrade_like.py", "nautilus_like.py")


@contextlib.contextmanager
def bot(name, publisher, *arguments, seconds=20):
    """A running bot that has joined. Its output is a list of lines once the block is left."""
    lines = []
    with subprocess.Popen([sys.executable, str(BOTS / name), "--endpoint", publisher.endpoint, "--requests",
                           publisher.requests_endpoint, "--seconds", str(seconds), *map(str, arguments)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT) as process:
        try:
            asked = len(publisher.asked)
            wait(lambda: len(publisher.asked) > asked)
            time.sleep(0.2)
            yield lines
        finally:
            process.send_signal(2)
            lines += process.communicate(timeout=20)[0].splitlines()
    assert process.returncode == 0, lines


def wait(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def they_explain_themselves():
    asked = [subprocess.Popen([sys.executable, str(BOTS / name), "--help"], stdout=subprocess.PIPE, text=True,
                              env=ENVIRONMENT) for name in CLIENTS]
    for process in asked:
        text = process.communicate(timeout=20)[0]
        assert process.returncode == 0, text
        assert all(option in text for option in ("--endpoint", "--requests", "--seconds")), text


def they_end_by_themselves():
    with Publisher() as publisher:
        began = time.monotonic()
        subprocess.run([sys.executable, str(BOTS / "print_signals.py"), "--endpoint", publisher.endpoint, "--requests",
                        publisher.requests_endpoint, "--seconds", "0.5"], timeout=20, env=ENVIRONMENT, check=True,
                       stdout=subprocess.DEVNULL)
        assert 0.5 <= time.monotonic() - began < 10


def print_signals():
    with Publisher() as publisher:
        publisher.signal("A")
        with bot("print_signals.py", publisher) as lines:
            publisher.signal("B", sent=False)
            publisher.signal("C", side=-1)
            time.sleep(0.2)
            publisher.signal("D", valid_ns=-1_000_000_000)
            publisher.signal("A", "close")
            publisher.sys("halt")
            publisher.signal("E")
            time.sleep(0.3)
        text = "\n".join(lines)
        for wanted in ("open since before NVDA", "1 lost, repaired", "had back NVDA",
                       "open NVDA mean_reversion: side -1", "refused NVDA mean_reversion: stale",
                       "close NVDA", "daemon: halt",
                       "refused NVDA mean_reversion: not in order"):
            assert wanted in text, f"{wanted!r} in\n{text}"


def paper_trader():
    with Publisher(interval_ms=100) as publisher:
        publisher.signal("old")
        with bot("paper_trader.py", publisher, "--resume") as lines:
            publisher.signal("A", px=100_000_000_000, cost_bps=10.0)
            publisher.signal("B", symbol="AMD", side=-1, px=50_000_000_000, cost_bps=0.0, valid_ns=400_000_000)
            publisher.signal("X", valid_ns=-1_000_000_000)
            publisher.signal("Y", "update", side=0)
            time.sleep(0.15)
            publisher.signal("A", "close", px=101_000_000_000)
            time.sleep(0.6)  # B runs out
            publisher.signal("C", symbol="TSM")
            time.sleep(0.1)
            publisher.sys("halt")
            publisher.signal("D", symbol="MU")
            time.sleep(0.1)
            publisher.sys("resume")
            publisher.mute = True
            time.sleep(0.8)
            publisher.mute = False
            time.sleep(0.3)
            publisher.signal("E", symbol="MU")
            time.sleep(0.2)
            publisher.restart(3000)
            time.sleep(0.4)
            publisher.signal("F", symbol="GLW")
            time.sleep(0.1)
            publisher.sys("bye")
            time.sleep(0.2)
        done = [json.loads(line) for line in lines]
        entered = [line["sym"] for line in done if line["do"] == "enter"]
        assert entered == ["NVDA", "AMD", "TSM", "MU", "GLW"], lines
        left = {line["sym"]: line for line in done if line["do"] == "leave"}
        assert left["NVDA"]["why"] == "NO_CHANNEL" and 85 < left["NVDA"]["pnl"] < 95, left
        assert left["AMD"]["why"] == "valid_until" and left["AMD"]["pnl"] == 0, left
        assert left["TSM"]["why"] == "gap: dead" and left["MU"]["why"] == "gap: epoch", left
        assert left["GLW"]["why"] == "bye", left


def csv_bridge():
    with Publisher() as publisher, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signals.csv"
        publisher.signal("A")
        with bot("csv_bridge.py", publisher, path):
            publisher.signal("B")
            publisher.signal("C", sent=False)
            publisher.signal("D")
            time.sleep(0.3)
        with open(path, "a", encoding="utf-8") as file:
            file.write("1001,99999,half a li")
        publisher.signal("B", "close")  # while nobody listens
        publisher.signal("E")
        with bot("csv_bridge.py", publisher, path):
            publisher.signal("F")
            time.sleep(0.3)
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["action"] for row in rows] == ["open"] * 4 + ["close", "open", "open"], rows
        numbers = [int(row["gseq"]) for row in rows]
        assert numbers == sorted(set(numbers)) and all(row["kind"] == "mean_reversion" for row in rows), rows


def freqtrade_like():
    with Publisher() as publisher:
        with bot("freqtrade_like.py", publisher, "--candle", 0.1) as lines:
            publisher.signal("A")
            publisher.signal("B", symbol="AMD", side=-1)
            time.sleep(0.4)
            publisher.signal("A", "close")
            time.sleep(0.3)
            publisher.restart(3000)
            time.sleep(0.5)
        assert [line.split(" at ")[0] for line in lines] == ["enter long NVDA/USD", "enter short AMD/USD",
                                                             "exit long NVDA/USD", "exit short AMD/USD"], lines


def nautilus_like():
    with Publisher() as publisher:
        with bot("nautilus_like.py", publisher) as lines:
            publisher.signal("A")
            publisher.signal("B", symbol="AMD", side=-1)
            time.sleep(0.2)
            publisher.signal("A", "close")
            time.sleep(0.2)
            publisher.restart(3000)
            time.sleep(0.5)
            publisher.signal("C", symbol="TSM")
            time.sleep(0.3)
        orders = [line for line in lines if not line.startswith("Aftershock")]
        assert orders == ["submit BUY NVDA.XNAS at 100.0", "submit SELL AMD.XNAS at 100.0", "close NVDA.XNAS: close",
                          "close AMD.XNAS: gap: epoch", "submit BUY TSM.XNAS at 100.0"], lines
        assert any("state='live', degraded=False, halted=False" in line for line in lines), lines


def main():
    """Bots wait most of the time: so several at once, each with a publisher of its own; the longest first."""
    def run(test):
        began = time.monotonic()
        test()
        print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)

    run(they_explain_themselves)
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(run, test) for test in (paper_trader, csv_bridge, freqtrade_like, nautilus_like,
                                                         print_signals, they_end_by_themselves)]:
            done.result()


if __name__ == "__main__":
    sys.exit(main())
