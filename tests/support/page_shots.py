#!/usr/bin/env python3
"""The live page in pictures: a real daemon, fed with the reference day over UDP and TCP, seen by headless Chromium.

    AFTERSHOCK_BIN=build/release python3 tests/support/page_shots.py docs/img

writes page-quiet.png, page-shock.png, page-stale.png and page-halted.png, 1366 x 768 (page-dark.png: the shock in the
dark colours). Quiet is a morning of small moves; the shock is the simulated reference day at 18:10 UTC; stale is the
same daemon when the exchange has fallen silent; halted is `aftershock ctl halt`.
"""

import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import msgpack
import zmq

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import itch_sender as itch  # noqa: E402  pylint: disable=wrong-import-position
from tests.support.daemon import BIN, SECOND, free_port, wait_for  # noqa: E402  pylint: disable=wrong-import-position

MIDNIGHT = 1782878400 * SECOND  # 2026-07-01 00:00 in New York
OPEN = 1782912600 * SECOND      # 13:30 UTC
WIDTH, HEIGHT = 1366, 768


# ---- the browser ----

def chromium():
    """Path of a Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def browse(url, *options, budget_ms=4000, timeout=90):
    """Run the browser once over a page that polls; its standard output."""
    with tempfile.TemporaryDirectory(prefix="ast-browser-") as profile:
        command = [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--hide-scrollbars", "--no-first-run", "--disable-extensions", "--disable-background-networking",
                   "--force-color-profile=srgb", f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}",
                   *options]
        if budget_ms:
            command.append(f"--virtual-time-budget={budget_ms}")
        done = subprocess.run([*command, url], capture_output=True, timeout=timeout, check=False)
        return done.stdout.decode("utf-8", "replace")


def shoot(url, path, *options, budget_ms=3000):
    path = Path(path).resolve()
    path.unlink(missing_ok=True)
    browse(url, f"--screenshot={path}", *options, budget_ms=budget_ms)
    if not path.exists():
        raise AssertionError(f"no picture {path}")
    print(path, path.stat().st_size, "bytes", flush=True)


# ---- a daemon and its sources ----

class Scene:
    """A daemon with a page, an exchange over MoldUDP64 and a newswire over TCP."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.udp, self.tcp, self.live, self.requests, self.page = (free_port(kind) for kind in (
            socket.SOCK_DGRAM, *[socket.SOCK_STREAM] * 4))
        self.url = f"http://127.0.0.1:{self.page}/"
        config = self.folder / "aftershock.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "\n".join((
            "feeds:",
            f"  - {{name: nasdaq, source: \"udp://127.0.0.1:{self.udp}\", framing: moldudp64, format: itch50, "
            "trust_r: true}",
            f"  - {{name: wire, source: \"tcp://127.0.0.1:{self.tcp}?mode=listen\", format: ndjson, trust_r: true}}",
            f"publish: {{live: \"tcp://127.0.0.1:{self.live}\", requests: \"tcp://127.0.0.1:{self.requests}\"}}",
            "journal: {dir: journal/}",
            f"metrics: 127.0.0.1:{self.page}", "")), encoding="utf-8")
        self.log = self.folder / "daemon.log"
        with open(self.log, "wb") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen([str(BIN / "aftershockd"), "--config", str(config)], stderr=log)
        wait_for(lambda: self.log.read_text(), 60, lambda: "ready:" in self.log.read_text())
        self.mold = itch.MoldSender("127.0.0.1", self.udp, session="DAY", payload_bytes=1000)
        self.wire = socket.create_connection(("127.0.0.1", self.tcp))
        self.lock, self.beating, self.exchange, self.reporters = threading.Lock(), True, True, []
        self.heart = threading.Thread(target=self.beat, daemon=True)
        self.heart.start()
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.beating = False
        self.heart.join()
        for sock in self.sockets:
            sock.close(0)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.mold.close()
        self.wire.close()

    def beat(self):
        """An exchange that is quiet still says so."""
        while self.beating:
            if self.exchange:
                with self.lock:
                    self.mold.heartbeat()
            for reporter in list(self.reporters):
                self.report(*reporter)
            time.sleep(0.5)

    def send(self, messages):
        """Not faster than the daemon reads its socket."""
        for first in range(0, len(messages), 400):
            with self.lock:
                self.mold.send(messages[first:first + 400])
            while self.waiting() > 100_000:
                time.sleep(0.002)

    def waiting(self):
        with open("/proc/net/udp", encoding="ascii") as table:
            for line in table:
                words = line.split()
                if words[1].endswith(f":{self.udp:04X}"):
                    return int(words[4].split(":")[1], 16)
        return 0

    def say(self, lines, wait=True):
        """A headline, when everything before it has been read."""
        while wait and self.waiting():
            time.sleep(0.01)
        time.sleep(0.8 if wait else 0)
        self.wire.sendall(lines.encode() + b"\n")
        time.sleep(0.3 if wait else 0)

    def subscribe(self, prefix, name=None, hwm=100000):
        sock = zmq.Context.instance().socket(zmq.SUB)
        sock.setsockopt(zmq.RCVHWM, hwm)
        sock.setsockopt(zmq.SUBSCRIBE, prefix)
        sock.connect(f"tcp://127.0.0.1:{self.live}")
        self.sockets.append(sock)
        if name:
            self.ping(name)
        return sock

    def ping(self, name, behind=0, lost=0):
        sock = zmq.Context.instance().socket(zmq.DEALER)
        sock.connect(f"tcp://127.0.0.1:{self.requests}")
        self.sockets.append(sock)
        sock.send(msgpack.packb({"op": "ping"}))
        self.reporters = [one for one in self.reporters if one[1] != name] + [(sock, name, behind, lost)]

    @staticmethod
    def report(sock, name, behind, lost):
        """What a client says of itself each second, here twice."""
        now = 0
        while sock.poll(0):
            now = msgpack.unpackb(sock.recv()).get("gseq", now)
        if now:  # the latest one has been answered
            sock.send(msgpack.packb({"op": "ping", "client": name, "seen": max(0, now - behind), "lost": lost}))

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def ctl(self, word):
        """An operator's command, until it has been heard."""
        subprocess.run([str(BIN / "aftershock"), "ctl", word, "--config", str(self.folder / "aftershock.yaml")],
                       capture_output=True, text=True, timeout=20, check=True)
        time.sleep(1)


def simulate(folder):
    subprocess.run([str(BIN / "aftershock"), "simulate", "--seed", "1", "-o", str(folder)], check=True,
                   capture_output=True)


def day_messages(folder):
    """(ns UTC, message) of the simulated day."""
    data, at, out = (Path(folder) / "day.itch").read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from(">H", data, at)
        message = data[at + 2:at + 2 + size]
        out.append((MIDNIGHT + int.from_bytes(message[5:11], "big"), message))
        at += 2 + size
    return out


def quiet_messages(folder, until):
    """A morning on which nothing happens: quotes that walk a little around the last close."""
    closes = {}
    for line in (Path(folder) / "daily.csv").read_text(encoding="utf-8").splitlines()[1:]:
        _, symbol, close = line.split(",")
        closes[symbol] = float(close)
    draw, market, out = random.Random(7), itch.Market(list(closes)), []
    out += market.open(OPEN - MIDNIGHT - 60 * SECOND)
    drift = {symbol: draw.gauss(0, 0.006) for symbol in closes}
    now = OPEN - MIDNIGHT
    while now < until - MIDNIGHT:
        for symbol, close in closes.items():
            mid = close * (1 + drift[symbol] * (now - OPEN + MIDNIGHT) / (until - OPEN) + draw.gauss(0, 0.0004))
            out += market.quote(symbol, f"{mid - 0.02:.2f}", 300, f"{mid + 0.02:.2f}", 300, now)
        now += 3 * SECOND
    return out


def wire_lines(folder):
    """(ns UTC, lines) of the newswire: the headlines, and the closes of the sessions since the first of them."""
    lines = (Path(folder) / "headlines.ndjson").read_text(encoding="utf-8").splitlines()
    headlines = [(json.loads(line)["t"], line) for line in lines]
    closes = {}
    for line in (Path(folder) / "daily.csv").read_text(encoding="utf-8").splitlines()[1:]:
        session, symbol, close = line.split(",")
        at = int(datetime.fromisoformat(session + "T20:00:00+00:00").timestamp()) * SECOND  # New York's summer
        bar = {"k": "bar", "t": at, "d": 86400 * SECOND, "s": symbol, "o": close, "h": close, "l": close, "c": close,
               "v": 0}
        if at > min(headlines)[0]:
            closes.setdefault(at, []).append(json.dumps(bar))
    return sorted(headlines + [(at, "\n".join(lines)) for at, lines in closes.items()])


def play_day(scene, until):
    """The market until a moment, the headlines at their times."""
    messages, at = day_messages(scene.folder), 0
    for ts, lines in [item for item in wire_lines(scene.folder) if item[0] < until] + [(until, None)]:
        first = at
        while at < len(messages) and messages[at][0] < ts:
            at += 1
        scene.send([message for _, message in messages[first:at]])
        if lines:
            scene.say(lines, wait=ts > OPEN - 86400 * SECOND)
    time.sleep(1.5)


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/img")
    out.mkdir(parents=True, exist_ok=True)
    if not chromium():
        sys.exit("no chromium")
    with tempfile.TemporaryDirectory(prefix="ast-page-") as folder:
        simulate(folder)
        with Scene(folder) as scene:
            scene.subscribe(b"", "print-bot")
            scene.say(json.dumps({"k": "headline", "t": OPEN - 1800 * SECOND, "id": "q-1", "src": "Reuters", "tier": 1,
                                  "class": "press", "text": "Markets open little changed", "symbols": []}))
            scene.send(quiet_messages(folder, OPEN + 1800 * SECOND))
            scene.get("state.json")
            time.sleep(1)
            shoot(scene.url, out / "page-quiet.png")
    with tempfile.TemporaryDirectory(prefix="ast-page-") as folder:
        simulate(folder)
        with Scene(folder) as scene:
            scene.subscribe(b"", "paper-trader")
            scene.subscribe(b"sig.", "csv-bridge")
            scene.subscribe(b"fact.")
            play_day(scene, OPEN + 16800 * SECOND)
            scene.ping("paper-trader", 2)
            scene.ping("csv-bridge", 40, 3)
            shoot(scene.url, out / "page-shock.png")
            if os.environ.get("AST_DARK"):
                shoot(scene.url, out / "page-dark.png", "--force-dark-mode", "--blink-settings=preferredColorScheme=0")
            scene.ctl("halt")
            shoot(scene.url, out / "page-halted.png")
            scene.ctl("resume")
            scene.exchange = False
            time.sleep(6)
            shoot(scene.url, out / "page-stale.png")


if __name__ == "__main__":
    main()
