"""A hole in a MoldUDP64 line: said at once, and nothing opens on books that may be wrong."""

import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import live_market as live  # noqa: E402  pylint: disable=wrong-import-position

HEADLINE = "Meta plans to sell excess AI compute through a new cloud business, people familiar say"
MOVES = {"META": 0.03, "TER": -0.03, "LRCX": -0.03, "KLAC": -0.03, "GLW": -0.03, "DELL": -0.03, "TSM": -0.03}


def is_state(state):
    return lambda topic, body: topic == "feed.nasdaq." and body["state"] == state


def opens(heard):
    return [(topic, body) for topic, body in heard if topic.startswith("sig.") and body["action"] == "open"]


def settle(subscriber, seconds):
    heard, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        item = subscriber.receive(0.1)
        if item:
            heard.append(item)
    return heard


def watch(where, spoil):
    """A market that goes live, spoil(market) in the middle, then the headline and the moves: what was heard."""
    price = live.write_world(where)
    with ast.Daemon(live.config(where)) as daemon, daemon.subscriber() as subscriber:
        subscriber.until("a heartbeat: we have joined", lambda topic, body: topic == "hb.")
        with live.LiveMarket(daemon, price) as market:
            heard = subscriber.until("feed live", is_state("live"))
            time.sleep(0.5)
            heard += spoil(market, subscriber)
            market.say("gap-1", HEADLINE)
            heard += subscriber.until("shock", lambda topic, body: topic.startswith("shock."))
            time.sleep(0.1)
            market.move(**MOVES)
            heard += settle(subscriber, 2)
        status, log = daemon.stop()
        assert status == 0, log
        done = ast.replay(where / "aftershock.yaml", daemon.journal(), "--verify", daemon.journal())
        assert done.returncode == 0, done.stderr
    return heard, log


def without_a_hole_signals_open():
    with ast.folder() as where:
        heard, log = watch(where, lambda market, subscriber: [])
        assert len(opens(heard)) >= 5, f"the market is too quiet to prove anything: {log}"
        assert "gaps 0 lost 0" in log, log


def after_a_hole_the_feed_is_stale_and_nothing_opens():
    def lose_five(market, subscriber):
        with market.lock:
            market.sender.skip(5)
        heard = subscriber.until("feed stale", is_state("stale"), 5)
        body = heard[-1][1]
        assert body["gaps"] == 1 and body["lost"] == 5 and body["feed"] == "nasdaq", body
        return heard + subscriber.until("stale in hb.", lambda topic, hb: topic == "hb."
                                        and hb["feeds"] == {"nasdaq": "stale", "wire": "live"})

    with ast.folder() as where:
        heard, log = watch(where, lose_five)
        assert opens(heard) == [], opens(heard)
        assert "gaps 1 lost 5" in log, log
        misses = [body for topic, body in heard if topic.startswith("sig.")]
        assert all("STALE" in body["reasons"] and body["side"] == 0 for body in misses), misses


if __name__ == "__main__":
    sys.exit(ast.run_tests(without_a_hole_signals_open, after_a_hole_the_feed_is_stale_and_nothing_opens))
