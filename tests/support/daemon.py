"""Daemons, replays and days for system tests: the real programs, real sockets, ports chosen at run time.

AFTERSHOCK_BIN names the programs' folder, AFTERSHOCK_ROOT the source tree; tests/run-script.sh sets both.
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import msgpack
import zmq

ROOT = Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
BIN = Path(os.environ.get("AFTERSHOCK_BIN", str(ROOT / "build/dev"))).resolve()
EXAMPLE = ROOT / "examples/reference-day"
SECOND = 1_000_000_000
START_S = 30  # a loaded machine, or a sanitized build, takes its time


# ---- waiting, ports, folders ----

def wait_for(what, seconds, condition):
    """Poll until condition() is true and return it; fail with what after seconds."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)
    return value


def free_port(kind=socket.SOCK_STREAM):
    """A port of the loopback address that nobody holds at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def folder():
    """A fresh folder that holds universe.csv and playbook.yaml of the reference day."""
    path = Path(tempfile.mkdtemp(prefix="ast-system-"))
    try:
        for name in ("universe.csv", "playbook.yaml"):
            shutil.copy(EXAMPLE / name, path / name)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write_config(where, name="aftershock.yaml", **keys):
    """A configuration. JSON is YAML, so that nothing needs quoting twice."""
    config = {"universe": "universe.csv", "playbook": "playbook.yaml", **keys}
    path = Path(where) / name
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return path


def live_config(where, name="aftershock.yaml", **keys):
    """A configuration with a publish endpoint and, unless given, one TCP feed `wire` of recorded time."""
    wire = free_port()
    keys.setdefault("feeds", [{"name": "wire", "source": f"tcp://127.0.0.1:{wire}?mode=listen", "format": "ndjson",
                               "trust_r": True}])
    keys.setdefault("publish", {"live": f"tcp://127.0.0.1:{free_port()}", "requests": f"tcp://127.0.0.1:{free_port()}",
                                "heartbeat": "50ms"})
    keys.setdefault("journal", {"dir": f"journal-{name}"})
    return write_config(where, name, **keys)


# ---- programs ----

def run(program, *arguments, timeout=100, **options):
    return subprocess.run([str(BIN / program), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          check=False, **options)


def replay(config, *arguments, **options):
    return run("aftershock", "replay", "--config", config, *arguments, **options)


def decisions(stderr):
    """(count, sha256) of the line that ends every run."""
    found = re.findall(r"^decisions (\d+) sha256 ([0-9a-f]{64})$", stderr, re.M)
    assert len(found) == 1, stderr
    return int(found[0][0]), found[0][1]


class Daemon:
    """A running aftershockd. Leaves no child behind: stop, kill, or the end of the with block."""

    def __init__(self, config, ready=True, preexec_fn=None):
        self.config = json.loads(Path(config).read_text(encoding="utf-8"))
        self.folder = Path(config).parent
        self.log_path = self.folder / f"{Path(config).name}.{time.monotonic_ns()}.stderr"
        with open(self.log_path, "wb") as log:
            # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
            self.process = subprocess.Popen([str(BIN / "aftershockd"), "--config", str(config)], stderr=log,
                                            stdout=subprocess.DEVNULL, preexec_fn=preexec_fn)
        if ready:
            self.wait_ready()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    @property
    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log}"
            return "aftershockd: ready:" in self.log
        try:
            wait_for(lambda: f"ready: {self.log}", START_S, ready)
        except BaseException:
            self.__exit__()
            raise

    def wait_log(self, text, seconds=START_S):
        wait_for(lambda: f"{text!r} in: {self.log}", seconds, lambda: text in self.log)

    def stop(self):
        """SIGTERM; exit status and everything on standard error."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(START_S)
        return status, self.log

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def journal(self):
        (path,) = (self.folder / self.config["journal"]["dir"]).glob("*.asj")
        return path

    def tcp(self, feed=0):
        """A connection to a listening feed."""
        host, port = re.match(r"tcp://([^:]+):(\d+)", self.config["feeds"][feed]["source"]).groups()
        return socket.create_connection((host, int(port)), timeout=10)

    def subscriber(self, *prefixes):
        return Subscriber(self.config["publish"]["live"], *prefixes)


class Subscriber:
    """A SUB socket without any cleverness."""

    def __init__(self, endpoint, *prefixes):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        for prefix in prefixes or ("",):
            self.socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
        self.socket.connect(endpoint)

    def receive(self, seconds=5):
        """(topic, body), or None."""
        if not self.socket.poll(int(seconds * 1000)):
            return None
        topic, payload = self.socket.recv_multipart()
        return topic.decode(), msgpack.unpackb(payload)

    def until(self, what, condition, seconds=START_S):
        """Receive until condition(topic, body); everything received on the way, the last one included."""
        end = time.monotonic() + seconds
        seen = []
        while time.monotonic() < end:
            item = self.receive(0.2)
            if item is None:
                continue
            seen.append(item)
            if condition(*item):
                return seen
        raise AssertionError(f"not within {seconds} s: {what}; the last were {seen[-3:]}")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()
        self.context.term()


def play_live(daemon, lines):
    """Send NDJSON lines to the first feed, end the connection, and wait until the core has seen the last one."""
    last = json.loads(lines[-1])
    last_ts = last.get("r", last["t"])
    with daemon.subscriber("hb.") as heartbeats:
        with daemon.tcp() as wire:
            wire.sendall("".join(line + "\n" for line in lines).encode())
        heartbeats.until(f"ts_now {last_ts}", lambda topic, body: (body["ts_now"] or 0) >= last_ts)


# ---- a day ----

HOLIDAYS = {date(2026, 5, 25), date(2026, 6, 19), date(2026, 7, 3), date(2026, 4, 3)}
NAMES = {  # symbol: move of the shock day, beyond the market's
    "SPY": 0.0, "META": 0.085, "ORCL": 0.004, "MSFT": 0.002, "AMZN": -0.003, "GOOGL": 0.001,
    "CRWV": -0.10, "TSM": -0.055, "TER": -0.09, "LRCX": -0.08, "KLAC": -0.085, "GLW": -0.07, "MU": -0.01, "DELL": -0.06,
}
HEADLINES = (
    ("bbg-1", "Bloomberg", "13:00", "Meta plans to sell excess AI compute through a new cloud business, "
                                    "people familiar say"),
    ("rtr-1", "Reuters", "14:10", "Meta cloud plan still in development and may change; Reuters could not verify; "
                                  "Meta declined to comment"),
)


def sessions(last, count):
    """The count New York sessions that end with the date last, in 2026's summer time."""
    days = []
    while len(days) < count:
        if last.weekday() < 5 and last not in HOLIDAYS:
            days.append(last)
        last -= timedelta(days=1)
    return days[::-1]


def at(day, clock):
    """ns UTC of a date and a time HH:MM, UTC."""
    hour, minute = map(int, clock.split(":"))
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=timezone.utc).timestamp()) * SECOND


def _line(**keys):
    return json.dumps(keys, separators=(",", ":"))


def day(seed=20260701, history=60, after=4):
    """A seeded day: daily bars of history, two headlines on 2026-07-01, the shock, and some days after it.

    NDJSON lines in time order. The lines of one close are one instant.
    """
    draw = random.Random(seed)
    price = {symbol: draw.uniform(50, 300) for symbol in NAMES}
    level = dict.fromkeys(NAMES, 0.0)  # what a name has wandered from its peers; it comes back
    shock = date(2026, 7, 1)
    following = [d for d in (shock + timedelta(days=n) for n in range(1, 30))
                 if d.weekday() < 5 and d not in HOLIDAYS][:after]
    lines = []
    for session in sessions(shock, history + 1) + following:
        market = draw.gauss(0, 0.008)
        if session == shock:
            lines += [_line(k="headline", t=at(session, clock), id=ident, src=source, tier=1, text=text,
                            symbols=["META"]) for ident, source, clock, text in HEADLINES]
        for symbol, move in NAMES.items():
            before, level[symbol] = level[symbol], 0.6 * level[symbol] + draw.gauss(0, 0.018)
            own = 0.0 if symbol == "SPY" else level[symbol] - before
            if session == shock:
                own = move + 0.1 * own
            elif session > shock:
                own = 0.1 * own - 0.15 * move  # some of the shock comes back as well
            price[symbol] *= 1 + (market if symbol == "SPY" else 1.1 * market + own)
            text = f"{price[symbol]:.4f}"
            lines.append(_line(k="bar", t=at(session, "20:00"), d=86400 * SECOND, s=symbol, o=text, h=text, l=text,
                               c=text, v=1000))
    return lines


def write_lines(path, lines):
    Path(path).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return Path(path)


# ---- tests ----

def run_tests(*tests):
    """Run each, say so; the first that fails ends the script."""
    for test in tests:
        began = time.monotonic()
        test()
        print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
    return 0


def skip(why):
    print("skipped:", why)
    sys.exit(77)
