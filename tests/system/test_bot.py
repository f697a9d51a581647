"""Real bots at a real daemon: ITCH over multicast, headlines over TCP; bots stop or die beside one that does not.

The bots are stopped for 10 s; AFTERSHOCK_LONG=1 makes it 60 s.
"""

import os
import re
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import live_market as live  # noqa: E402  pylint: disable=wrong-import-position

STOPPED_S = 60 if os.environ.get("AFTERSHOCK_LONG") == "1" else 10
ENVELOPE = "v epoch gseq tseq ts_pub replay".split()
KEYS = {  # DESIGN 4.3
    "sig": "kind action id sym side strength p z e os b k s rev_bps cost_bps half_life_ns horizon_ns valid_until px "
           "target stop fact status headlines ts_event ts_recv tick reasons model playbook params".split(),
    "shock": "fact status headlines".split(),
    "fact": "fact status headlines".split(),
    "feed": "feed state messages gaps lost dropped bad".split(),
    "hb": "interval_ms oldest feeds ts_now halted tails".split(),
}
TYPES = {"z": float, "e": float, "os": float, "b": float, "strength": float, "px": int, "ts_event": int, "ts_recv": int,
         "valid_until": int, "horizon_ns": int, "id": str, "params": str, "headlines": list, "reasons": list,
         "tick": list}


def check_keys(heard):
    seen = set()
    for item in heard:
        kind, body = item["topic"].split(".")[0], item["body"]
        seen.add(kind)
        for key in ENVELOPE + KEYS.get(kind, []):
            assert key in body, f"{item['topic']} lacks {key}: {body}"
        assert item["topic"].endswith(".") and body["v"] == 1 and body["replay"] is False
        assert abs(body["ts_pub"] - time.time_ns()) < 3600 * ast.SECOND
    assert seen >= {"sig", "shock", "fact", "hb", "feed"}, seen


def check_signal(body):
    for key, wanted in TYPES.items():
        assert isinstance(body[key], wanted), f"{key}: {body[key]!r}"
    assert re.fullmatch("[0-9a-f]{32}", body["id"]) and re.fullmatch("[0-9a-f]{16}", body["params"])
    assert body["headlines"] == ["bot-1"] and body["fact"].startswith("META|") and body["status"] == "rumour"
    assert body["side"] == 1 and body["os"] < -2 and body["z"] < -2, body
    assert body["ts_event"] <= body["ts_recv"] < body["ts_pub"] < body["valid_until"]
    assert abs(body["ts_recv"] - time.time_ns()) < 3600 * ast.SECOND and body["p"] is None
    assert len(body["tick"]) == 2 and body["tick"][0] > body["tick"][1]


def check_sequences(heard):
    """Every topic without a hole, all of them together as well."""
    expected = {}
    for item in heard:
        topic, body = item["topic"], item["body"]
        if topic in expected:
            assert body["tseq"] == expected[topic] + 1, f"{topic}: {body['tseq']} after {expected[topic]}"
        expected[topic] = body["tseq"]
    gseq = [item["body"]["gseq"] for item in heard]
    assert gseq == list(range(gseq[0], gseq[0] + len(gseq))), "a hole in gseq"
    assert len({item["body"]["epoch"] for item in heard}) == 1


def opened(bot):
    return [item["body"] for item in bot.heard()
            if item["topic"].startswith("sig.overreaction.") and item["body"]["action"] == "open"]


def shake(market):
    """Moves that make the daemon talk."""
    market.move(TER=-0.01, LRCX=0.01, KLAC=-0.004)
    market.move(TER=0.01, LRCX=-0.01, KLAC=0.004)


def play(daemon, market, steady, stopped, killed):
    for bot in (steady, stopped, killed):
        ast.wait_for("a bot hears heartbeats", ast.START_S, bot.heard)
    time.sleep(0.6)  # quotes before the headline
    market.say("bot-1", "Meta plans to sell excess AI compute through a new cloud business, people familiar say")
    time.sleep(0.2)
    market.move(META=0.03, TER=-0.03, LRCX=-0.03, KLAC=-0.03, GLW=-0.03, DELL=-0.03, TSM=-0.03)
    for bot in (steady, stopped, killed):
        ast.wait_for(lambda: f"overreactions: {daemon.log}", ast.START_S, lambda bot=bot: len(opened(bot)) >= 5)

    stopped.process.send_signal(signal.SIGSTOP)
    killed.process.kill()
    end = time.monotonic() + STOPPED_S
    while time.monotonic() < end:
        shake(market)
        time.sleep(0.2)
    stopped.process.send_signal(signal.SIGCONT)
    steady_until = steady.heard()[-1]["body"]["gseq"]
    ast.wait_for("the stopped bot catches up", ast.START_S,
                 lambda: stopped.heard()[-1]["body"]["gseq"] >= steady_until)


def a_stopped_and_a_killed_bot_change_nothing_for_another():
    with ast.folder() as where:
        price = live.write_world(where)
        bots = []
        with ast.Daemon(live.config(where)) as daemon, live.LiveMarket(daemon, price) as market:
            try:
                bots = [live.Bot(daemon, name) for name in ("steady", "stopped", "killed")]
                play(daemon, market, *bots)
                market.stop()
                status, log = daemon.stop()
                steady, stopped, _ = bots
                ast.wait_for("bye", ast.START_S, lambda: steady.heard()[-1]["topic"] == "sys.")
            finally:
                for bot in bots:
                    bot.end()
        heard = steady.heard()
        check_keys(heard)
        check_sequences(heard)
        check_sequences(stopped.heard())  # its queue was long enough for the pause
        opens = opened(steady)
        assert {body["sym"] for body in opens} >= {"TER", "LRCX", "KLAC", "GLW", "DELL"}, opens
        for body in opens[:5]:
            check_signal(body)
        pauses = [b["at"] - a["at"] for a, b in zip(heard, heard[1:])]
        assert max(pauses) < 2, f"the steady bot waited {max(pauses):.1f} s"

        assert status == 0, log
        assert "0 decisions dropped, 0 journal records lost" in log, log
        for feed in ("nasdaq", "wire"):
            assert re.search(rf"^feed {feed}: .*gaps 0 lost 0, duplicates 0, dropped 0, bad 0", log, re.M), log
        count, sha256 = ast.decisions(log)
        done = ast.replay(where / "aftershock.yaml", daemon.journal(), "--verify", daemon.journal())
        assert done.returncode == 0 and ast.decisions(done.stderr) == (count, sha256), done.stderr
        print(f"   {len(heard)} messages, {len(opens)} overreactions, {count} decisions")


if __name__ == "__main__":
    sys.exit(ast.run_tests(a_stopped_and_a_killed_bot_change_nothing_for_another))
