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
sys.path[:0] = [str(ROOT), str(ROOT / "ipc/client/python"), str(ROOT / "tests/support")]
from publisher import Publisher  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import daemon, wire  # noqa: E402  pylint: disable=wrong-import-position

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "ipc/client/python"), "PYTHONDONTWRITEBYTECODE": "1"}
CLIENTS = ("print_signals.py", "paper_trader.py", "csv_bridge.py", "freqtrade_like.py", "nautilus_like.py")
NODE = ("print_signals.mjs", "paper_trader.mjs") if wire.have("node") is None else ()
C = tuple(f"client-examples/{name}" for name in ("print_signals", "paper_trader")
          if (daemon.BIN / "client-examples" / name).exists())


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


class Listener:
    """Any of the bots, of whatever language, on endpoints. Its output is a file's text."""

    def __init__(self, name, folder, live, requests, *arguments):
        self.name, self.path = name, Path(folder) / f"{name.replace('/', '-')}.out"
        command = {".py": [sys.executable, str(BOTS / name)], ".mjs": ["node", str(BOTS / name)]}.get(
            Path(name).suffix, [str(daemon.BIN / name)])
        if name == "csv_bridge.py":
            arguments = (*arguments, self.path.with_suffix(".csv"))
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([*command, "--live", live, "--requests", requests, "--seconds", "60",
                                             *map(str, arguments)], stdout=out, stderr=subprocess.STDOUT,
                                            env=ENVIRONMENT)

    def text(self):
        table = self.path.with_suffix(".csv")
        return self.path.read_text(encoding="utf-8") + (table.read_text(encoding="utf-8") if table.exists() else "")

    def says(self, text):
        """Within some time."""
        wait(lambda: text in self.text(), 30, lambda: f"{self.name} does not say {text}: {self.text()[-2000:]}")

    def end(self):
        assert self.process.poll() is None, (self.name, self.text())
        self.process.send_signal(2)
        self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def wait(condition, seconds=15, what=lambda: ""):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.02)


def they_explain_themselves():
    asked = [subprocess.Popen([sys.executable, str(BOTS / name), "--help"], stdout=subprocess.PIPE, text=True,
                              env=ENVIRONMENT) for name in CLIENTS]
    for process in asked:
        text = process.communicate(timeout=20)[0]
        assert process.returncode == 0, text
        assert all(option in text for option in ("--live", "--endpoint", "--requests", "--seconds", "--resume")), text
    for name in NODE:
        done = subprocess.run(["node", str(BOTS / name), "--help"], capture_output=True, text=True, timeout=20,
                              check=True)
        assert "--live" in done.stdout and "--resume" in done.stdout and not done.stderr, done
        for wrong in (["--liv", "x"], ["--seconds", "soon"], ["word"]):
            done = subprocess.run(["node", str(BOTS / name), *wrong], capture_output=True, text=True, timeout=20,
                                  check=False)
            assert done.returncode == 2 and "usage: " in done.stderr and "    at " not in done.stderr, done


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
                       "open NVDA mean_reversion: side -1", "not actionable: NVDA mean_reversion: stale",
                       "close NVDA", "daemon: halt",
                       "not actionable: NVDA mean_reversion: halted"):
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


def csv_bridge_across_a_restart():
    """The daemon restarts twice: while nobody listens, and while the bridge runs."""
    def rows(path):
        with open(path, newline="", encoding="utf-8") as file:
            return [(int(row["epoch"]), int(row["gseq"]), row["kind"], row["sym"]) for row in csv.DictReader(file)]

    with Publisher(interval_ms=100) as publisher, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signals.csv"
        with bot("csv_bridge.py", publisher, path):
            publisher.signal("A", symbol="A")
            time.sleep(0.2)
        publisher.restart(3000)
        for name in "BC":
            publisher.signal(name, symbol=name)
        publisher.signal("B", "close", symbol="B")  # no snapshot has it
        with bot("csv_bridge.py", publisher, path):
            wait(lambda: len(rows(path)) == 5)
            publisher.restart(4000)
            publisher.signal("D", symbol="D", sent=False)
            publisher.signal("D", "close", symbol="D", sent=False)
            time.sleep(0.5)
            publisher.signal("E", symbol="E")
            time.sleep(0.3)
        assert [(epoch, kind, symbol) for epoch, _, kind, symbol in rows(path)] == [
            (1001, "mean_reversion", "A"), (3000, "gap", ""), (3000, "mean_reversion", "B"),
            (3000, "mean_reversion", "C"), (3000, "mean_reversion", "B"), (4000, "gap", ""),
            (4000, "mean_reversion", "D"), (4000, "mean_reversion", "D"), (4000, "mean_reversion", "E")], rows(path)
        publisher.kept = 3
        publisher.restart(5000)
        for name in "GHIJ":
            publisher.signal(name, symbol=name)
        with bot("csv_bridge.py", publisher, path):
            time.sleep(0.3)
        last = rows(path)[9:]
        assert [(epoch, gseq) for epoch, gseq, kind, _ in last if kind == "gap"] == [(5000, 0)] * 2, last
        assert last[-1][3] == "J", last


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


def a_death_and_a_restart_are_for_a_person():
    """The publisher dies and another one comes: dead, then epoch. Nobody trades again but with --resume."""
    with Publisher(interval_ms=250) as publisher, tempfile.TemporaryDirectory() as folder, \
            contextlib.ExitStack() as running:
        bots = []
        for resume in ((), ("--resume",)):
            os.mkdir(inner := Path(folder) / ("resume" if resume else "not"))
            for name in (*CLIENTS, *NODE, *C):
                if resume and name == "client-examples/print_signals":
                    continue
                own = ("--candle", "0.1") if name == "freqtrade_like.py" else ()
                bots.append((running.enter_context(Listener(name, inner, publisher.endpoint,
                                                            publisher.requests_endpoint, *resume, *own)), bool(resume)))
        wait(lambda: len(publisher.asked) >= len(bots), 30, lambda: f"{len(publisher.asked)} of {len(bots)}")
        time.sleep(0.3)
        publisher.signal("A", symbol="NVDA")
        for listener, _ in bots:
            listener.says("NVDA")
        publisher.mute = True
        time.sleep(1.4)
        publisher.restart(3000)
        publisher.mute = False
        time.sleep(1.0)
        publisher.signal("B", symbol="TSM")
        for listener, resumes in bots:
            if resumes:
                listener.says("TSM")
        time.sleep(0.3)
        for listener, resumes in bots:
            assert resumes or "TSM" not in listener.text(), (listener.name, listener.text())
            listener.end()


def nobody_trades_after_kill_9():
    """The same with a real bus that is killed, and started again 3 s later."""
    if not (daemon.BIN / "tests/bus_flood").exists():
        print("skipped: bus_flood is not built")
        return
    acts = {"paper_trader.py": '"do": "enter"', "paper_trader.mjs": "buy ", "client-examples/paper_trader": "BUY ",
            "print_signals.py": "open N", "print_signals.mjs": "open N"}
    with daemon.folder() as folder, contextlib.ExitStack() as running:
        live, requests = f"ipc://{folder}/live.sock", f"ipc://{folder}/requests.sock"
        flood = running.enter_context(wire.Flood(folder, "--rate", 100, live=live, requests=requests))
        bots = [running.enter_context(Listener(name, folder, live, requests, "--topic", "sig.overreaction."))
                for name in (*CLIENTS[:2], *NODE, *C[1:])]
        bridge = running.enter_context(Listener("csv_bridge.py", folder, live, requests, "--resume"))
        for listener in bots:
            listener.says(acts[listener.name])
        bridge.says(f"{flood.epoch},")
        flood.kill()
        time.sleep(3)
        before = {listener: listener.text().count(acts[listener.name]) for listener in bots}
        flood = running.enter_context(wire.Flood(folder, "--rate", 100, live=live, requests=requests))
        for listener in bots:
            if listener.name != "client-examples/paper_trader":
                listener.says("epoch")
        wait(lambda: bridge.text().count(f"{flood.epoch},") > 150)
        for listener in bots:
            assert listener.text().count(acts[listener.name]) == before[listener], (listener.name, listener.text())
            listener.end()
        bridge.end()
        kinds = [line.split(",")[5] for line in bridge.text().splitlines() if line.startswith(f"{flood.epoch},")]
        assert kinds[0] == "gap" and "overreaction" in kinds, kinds


def they_say_what_is_refused():
    with Publisher() as publisher, tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        publisher.denied = ("sig.", "sig.mean_reversion.")
        own = {"client-examples/print_signals": ("sig.",)}
        bots = [running.enter_context(Listener(name, folder, publisher.endpoint, publisher.requests_endpoint,
                                               *own.get(name, ()))) for name in (*CLIENTS, *NODE, *C)]
        for listener in bots:
            listener.says("refuses: snapshot: denied: not granted: sig.")
        time.sleep(1.2)  # asked again, and not told again
        for listener in bots:
            assert listener.text().count("refuses") == 1, listener.text()
            listener.end()


def nil_is_a_dash():
    """demo_bot.py, with every number that may be nil."""
    with Publisher() as publisher:
        with subprocess.Popen([sys.executable, str(BOTS / "demo_bot.py"), publisher.endpoint], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout.readline() == "#ready\n"
            nil = {"z": None, "e": None, "os": None, "px": None, "target": None, "p": None}
            publisher.signal("A", **nil)
            publisher.signal("B", kind="quiet_fade", **nil)
            publisher.say("shock.META.", kind="shock", fact="META|x|y", b=None, k=None, m=None, linked=2,
                          ts_recv=publisher.ts_now(), z=None)
            publisher.sys("bye")
            text = process.communicate(timeout=20)[0]
    assert process.returncode == 0, text
    for wanted in ("buy at -", "moved - sigma, the news justifies -; score -", "META: - sigma measured"):
        assert wanted in text, text


def main():
    """Bots wait most of the time: so several at once, each with a publisher of its own; the longest first."""
    def run(test):
        began = time.monotonic()
        test()
        print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)

    run(they_explain_themselves)
    run(a_death_and_a_restart_are_for_a_person)  # many processes: a busy machine is no dead publisher
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(run, test) for test in (
                nobody_trades_after_kill_9, paper_trader, csv_bridge_across_a_restart, csv_bridge, freqtrade_like,
                nautilus_like, print_signals, they_say_what_is_refused, nil_is_a_dash, they_end_by_themselves)]:
            done.result()


if __name__ == "__main__":
    sys.exit(main())
