"""A live market for system tests: ITCH over MoldUDP64 from itch_sender.py, headlines over TCP, warm names.

The universe is the reference day's with calendars that never close, so that the tests run at any hour.
"""

import csv
import json
import random
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support import daemon as ast
from tests.support.itch_sender import Market, MoldSender

GROUP = "239.255.77.1"
REFRESH_S = 0.4  # quotes are stale after 5 s
MAPPING = {"name": "daily", "match": {"columns": ["date", "symbol", "adj_close"]}, "format": "csv", "kind": "bar",
           "columns": {"symbol": "symbol", "close": "adj_close"},
           "time": {"column": "date", "layout": "%Y-%m-%d", "stamps": "session_close"}}


def write_world(where, seed=1):
    """universe.csv that never closes, and daily.csv: 60 days of closes that end yesterday."""
    universe = Path(where) / "universe.csv"
    universe.write_text(universe.read_text(encoding="utf-8").replace(",XNYS,", ",ALWAYS,"), encoding="utf-8")
    draw = random.Random(seed)
    price = dict.fromkeys(ast.NAMES, 100.0)
    today = datetime.now(timezone.utc).date()
    with open(Path(where) / "daily.csv", "w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["date", "symbol", "adj_close"])
        for back in range(60, 0, -1):
            market = draw.gauss(0, 0.008)
            for symbol in price:
                own = 0 if symbol == "SPY" else draw.gauss(0, 0.018)
                price[symbol] *= 1 + market + own
                rows.writerow([today - timedelta(days=back), symbol, f"{price[symbol]:.4f}"])
    return price


def config(where, port=None, **keys):
    """A daemon that listens to this market: feeds `nasdaq` (multicast) and `wire` (TCP)."""
    port = port or ast.free_port(socket.SOCK_DGRAM)
    keys.setdefault("history", "daily.csv")
    keys.setdefault("inputs", [MAPPING])
    keys.setdefault("journal", {"dir": "journal"})
    return ast.live_config(where, feeds=[
        {"name": "nasdaq", "source": f"udp://{GROUP}:{port}?if=lo", "framing": "moldudp64", "format": "itch50"},
        {"name": "wire", "source": f"tcp://127.0.0.1:{ast.free_port()}?mode=listen", "format": "ndjson"}], **keys)


def stamp():
    """ns since midnight in New York, as ITCH counts."""
    now = datetime.now(ZoneInfo("America/New_York"))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((now.timestamp() - midnight.timestamp()) * 1e9)


class LiveMarket:
    """Quotes of all names, refreshed by a thread until stop. move and say act at once."""

    def __init__(self, daemon, price):
        port = int(daemon.config["feeds"][0]["source"].split(":")[2].split("?")[0])
        self.price = dict(price)
        self.sender = MoldSender(GROUP, port)
        self.market = Market(list(price))
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.wire = daemon.tcp(1)
        self.sender.send(self.market.open(stamp()))
        self.refresh()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.over.wait(REFRESH_S):
            self.refresh()

    def refresh(self):
        with self.lock:
            for symbol, price in self.price.items():
                bid, ask = f"{price - 0.01:.2f}", f"{price + 0.01:.2f}"
                self.sender.send(self.market.quote(symbol, bid, 300, ask, 200, stamp()))

    def move(self, **share):
        """Move names by a share of their price, now."""
        with self.lock:
            for symbol, part in share.items():
                self.price[symbol] *= 1 + part
        self.refresh()

    def say(self, ident, text, source="Bloomberg"):
        line = {"k": "headline", "t": time.time_ns(), "id": ident, "src": source, "tier": 1, "text": text,
                "symbols": ["META"]}
        self.wire.sendall((json.dumps(line) + "\n").encode())

    def stop(self):
        self.over.set()
        self.thread.join(10)
        self.wire.close()
        self.sender.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


class Bot:
    """tests/support/bot.py in a process of its own; what it has heard so far."""

    def __init__(self, daemon, name, *prefixes):
        self.path = daemon.folder / f"{name}.ndjson"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [sys.executable, str(ast.ROOT / "tests/support/bot.py"), daemon.config["publish"]["live"], *prefixes],
                stdout=out)

    def heard(self):
        lines = self.path.read_bytes().split(b"\n")
        return [json.loads(line) for line in lines[:-1]]  # the last may be half written

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
