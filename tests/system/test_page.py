"""The page, /metrics and /health of a real daemon; and the page in headless Chromium, with a state made by hand."""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import page_shots as shots  # noqa: E402  pylint: disable=wrong-import-position

EVIL = ("<img src=x onerror=\"document.title='broken in'\"></span><script>document.title='broken in'</script> & "
        "\"quoted\"")


def get(port, path, headers=None):
    """(status, text)"""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# ---- a real daemon ----

def the_daemon_shows_what_it_does():
    port = ast.free_port()
    lines = ast.day(after=0)
    words = json.loads(next(line for line in lines if '"bbg-1"' in line))["text"]
    with ast.folder() as where, ast.Daemon(ast.live_config(where, metrics=f"127.0.0.1:{port}")) as daemon:
        assert get(port, "health") == (200, "ok\n")
        assert get(port, "health", {"Host": "evil.example"})[0] == 403
        ast.play_live(daemon, lines)
        state = ast.wait_for("the fact on the page", 10, lambda: (s := json.loads(get(port,
                                                                                      "state.json")[1]))["facts"] and s)
        time.sleep(0.5)  # a picture of the core is shown for so long
        state = ast.wait_for("a glance", 10, lambda: (s := json.loads(get(port, "state.json")[1]))["glance"] and s)
        (fact,) = state["facts"]
        assert fact["fact"]["fact"].startswith("META|") and fact["story"][0]["text"] == words, fact
        assert fact["story"][0]["source"] == "Bloomberg" and fact["shock"]["linked"] > 0, fact
        assert state["state"] == "LIVE" and state["clock"] == "data" and state["epoch"] and state["playbook"]
        assert {m["topic"].split(".")[0] for m in state["messages"]} >= {"fact", "shock", "feed"}
        cells = {cell[0]: cell for bucket in state["sectors"] for cell in bucket["cells"]}
        assert cells["CRWV"][1] is not None, (state["glance"], cells)
        assert cells["CRWV"][1] < -0.04 and cells["CRWV"][2] < -1 and cells["CRWV"][3] & 8 == 0, cells["CRWV"]
        stages = {stage["name"]: stage for stage in state["stages"]}
        assert stages["receive"]["count"] and stages["decide"]["count"] == stages["publish"]["count"] > 0, stages
        assert stages["deliver"]["missing"]
        metrics_are_those_of_the_rules(get(port, "metrics")[1])
        halt(daemon, port)
        status, log = daemon.stop()
        assert status == 0, log


def metrics_are_those_of_the_rules(metrics):
    names = set(re.findall(r"^([a-z_]+)", metrics, re.M))
    assert re.search(r'^aftershock_feed_headlines_total\{feed="wire"\} 2$', metrics, re.M)
    assert re.search(r"^aftershock_engine_facts_total [1-9]", metrics, re.M)
    rules = (ast.ROOT / "examples/prometheus/aftershock.rules.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"\baftershock_[a-z_]+", rules))
    assert len(used) >= 6 and used <= names, used - names
    document = (ast.ROOT / "docs/OPERATIONS.md").read_text(encoding="utf-8")
    for alert in re.findall(r"alert: (\w+)", rules):
        assert f"`{alert}`" in document, alert


def halt(daemon, port):
    config = daemon.folder / "aftershock.yaml"
    done = ast.run("aftershock", "ctl", "halt", "--config", config)
    assert done.returncode == 0, done.stderr
    ast.wait_for("503", 10, lambda: "halted by the operator\n" in get(port, "health")[1])
    assert get(port, "health")[0] == 503
    assert json.loads(get(port, "state.json")[1])["state"] == "HALTED"


# ---- the page, with a state made by hand ----

def fixture():
    now = 1782936000000.0
    signal = {"topic": "sig.overreaction.MU.", "kind": "overreaction", "action": "open", "id": "00" * 16, "sym": "MU",
              "side": 1,
              "os": -2.5, "p": 0.61, "z": -2.75, "e": -0.25, "b": 0.5, "k": None, "s": -1.5, "horizon_ns": 1, "gseq": 7,
              "valid_until": now + 125000, "reasons": ["NO_CHANNEL", "RUMOUR_T1"], "strategy": "overreaction",
              "fact": "META|x|y"}
    miss = dict(signal, topic="sig.mean_reversion.TER.", action="update", sym="TER", side=0, horizon_ns=0,
                strategy="mean_reversion",
                reasons=["VR_VETO", "NO_EDGE"], ts_recv=now)
    fact = {"topic": "fact.META.", "fact": "META|x|y", "event": "x", "status": "rumour", "g": 0.6, "novelty": 1,
            "generation": 1}
    shock = {"topic": "shock.META.", "fact": "META|x|y", "dir": -1, "m": 4.0, "z": 3.3, "b": 0.5, "k": 1.1,
             "linked": 38}
    feed = {"messages": 12345678, "events": 1, "headlines": 0, "dropped": 0, "bad": 0, "waiting": 0, "last_packet": now}
    return {
        "state": "LIVE", "version": "0.1.0", "epoch": "0123456789abcdef", "gseq": 4711, "oldest": 1, "ts_now": now,
        "wall": now,
        "started": now - 90061000, "clock": "data", "playbook": EVIL[:31], "generation": 2, "memory_bytes": 2 ** 29,
        "cpu_ms": 1,
        "reasons": ["feed wire is stale"],
        "feeds": [dict(feed, name="nasdaq", state="live", gaps=0, lost=0), dict(feed, name=EVIL, state="stale", gaps=1,
                                                                                lost=57)],
        "stages": [{"name": "decide", "from_to": "a b", "missing": None, "count": 9,
                    "ns": {"p50": 950, "p90": 1, "p99": 12345, "p999": 5, "max": 3000000}},
                   {"name": "deliver", "from_to": "c d", "missing": "no clock", "count": 0,
                    "ns": {"p50": 0, "p90": 0, "p99": 0, "p999": 0, "max": 0}}],
        "subscribers": [{"where": "live", "peer": "127.0.0.1:1", "name": EVIL, "since": now, "sent": 5, "dropped": 3,
                         "queued_bytes": 4096, "gseq": 4700, "subscriptions": 1}],
        "reports": [{"client": EVIL, "seen": 4710, "lost": 0, "age_ms": 900, "requests": 3, "refused": 0}],
        "totals": {"published": 4711, "missed": 0, "clients": 1, "sent": 5, "dropped": 3, "refused": 0, "evicted": 0,
                   "requests": 1,
                   "journal_lost": 0, "decisions_dropped": 0, "journaled": True},
        "glance": {"now": now, "pictures": 3, "names": 3, "shocks": 1, "events": 1, "decisions": 1, "headlines": 1},
        "sectors": [{"name": EVIL, "count": 3, "mean": -0.01,
                     "cells": [["MU", -0.055, -2.5, 0], ["TER", 0.031, 1.5, 1], [EVIL, None, None, 8], ["HALT", 0.01,
                                                                                                        0.5, 6]]}],
        "wire": {"gseq": 4711, "entries": 3, "shown": 3, "skipped": 0, "errors": 0, "last_error": None},
        "facts": [{"fact": fact, "shock": shock, "story": [{"id": "a", "at": now, "source": EVIL, "text": EVIL},
                                                            {"id": "b", "at": None, "source": None, "text": None}]}],
        "signals": [signal], "messages": [miss, signal, dict(fact, ts_recv=now)]}


class PageServer:
    """tests/programs/page_server.c with a state that a test may change."""

    def __init__(self, state):
        self.file = Path(tempfile.mkdtemp(prefix="ast-page-")) / "state.json"
        self.set(state)
        self.process = subprocess.Popen([str(ast.BIN / "tests/page_server"), str(self.file)],
                                        # pylint: disable=consider-using-with
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/"

    def set(self, state):
        self.file.write_text(json.dumps(state), encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.communicate("", timeout=10)
        self.file.unlink()
        self.file.parent.rmdir()


def text_of(dom):
    """The text between the tags, without the script and the style."""
    dom = re.sub(r"(?s)<(script|style)>.*?</\1>", "", dom[dom.index("<body"):])
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", dom))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&")


def the_page_shows_a_state_and_runs_nothing_in_it():
    with PageServer(fixture()) as server:
        dom = shots.browse(server.url, "--dump-dom", budget_ms=2500)
    assert "<title>LIVE, 1 feed stale \u00b7 Aftershock</title>" in dom, dom[:300]
    body = dom[dom.index("<body"):]
    assert "<img" not in body and len(re.findall(r"<script", body)) == 1, "something of a text became markup"
    text = text_of(dom)
    for words in (EVIL, "LIVE", "2026-07-01 20:00:00", "01234567", "4,711", "feed wire is stale", "\u26a0 stale",
                  "12M", "57", "950 ns", "12 \u00b5s",
                  "3.0 ms", "not measured", "4.0 KiB", "\u22125.5", "+3.1",
                  "\u25b2 buy MU overreaction \u22122.50 0.61", "2:05", "NO_CHANNEL",
                  "TER mean reversion", "\u2715 VR_VETO", "META x rumour", "shock down M 4.0\u03c3", "38 linked",
                  "its text is no longer kept",
                  "TER mean_reversion: near miss, VR_VETO NO_EDGE", "1d 01h", "512 MiB"):
        assert words in text, f"{words!r} is not on the page: {text}"
    assert 'class="cell hatched"' in body and 'class="cell halted"' in body and 'class="trouble"' in body


def the_page_says_that_nothing_is_open():
    state = dict(fixture(), facts=[], signals=[], messages=[], subscribers=[], reports=[], sectors=[], glance=None,
                 feeds=[], reasons=[],
                 state="HALTED")
    with PageServer(state) as server:
        text = text_of(shots.browse(server.url, "--dump-dom", budget_ms=1500))
    for words in ("HALTED", "No fact is open", "No signal is open.", "None among the latest messages.",
                  "Nothing but heartbeats",
                  "Nobody is connected", "No feed is configured.", "has not given a picture"):
        assert words in text, f"{words!r} is not on the page: {text}"


def the_badge_is_green_only_when_nothing_is_wrong():
    good = dict(fixture(), reasons=[])
    live, stale, absent = (dict(good["feeds"][0], name=state, state=state) for state in ("live", "stale", "connecting"))
    reports = [dict(good["reports"][0], client="gone", age_ms=4100), dict(good["reports"][0], client="here")]
    for feeds, reasons, look, word, strip in (
            ([live], [], "LIVE", "LIVE", "All well"),
            ([live, stale], ["feed stale is stale"], "TROUBLE", "LIVE, 1 feed stale", "\u26a0 feed stale is stale"),
            ([absent, absent], [], "TROUBLE", "LIVE, 2 feeds silent", "Waiting for 2 feeds: connecting, connecting."),
            ([absent, live], ["feed connecting has received nothing for 10 s"], "TROUBLE", "LIVE, 1 feed silent",
             "\u26a0 waiting for 1 feed \u00b7 feed connecting has received nothing for 10 s")):
        with PageServer(dict(good, feeds=feeds, reasons=reasons, reports=reports)) as server:
            dom = shots.browse(server.url, "--dump-dom", budget_ms=1500)
        text = text_of(dom)
        assert f'class="pill {look}"' in dom and word in text and strip in text, (word, text[:400])
        assert "\u26a0 0:04 ago" in text and " 0:00 ago" in text, text


def the_page_says_that_nobody_answers():
    with PageServer(fixture()) as server:
        server.file.write_text("no JSON", encoding="utf-8")
        text = text_of(shots.browse(server.url, "--dump-dom", budget_ms=4500))
    assert "DISCONNECTED" in text and "has not answered for" in text, text


def main():
    began = time.monotonic()
    status = ast.run_tests(the_daemon_shows_what_it_does)
    if not shots.chromium():
        ast.skip("no chromium: the page was not looked at")
    status |= ast.run_tests(the_page_shows_a_state_and_runs_nothing_in_it, the_page_says_that_nothing_is_open,
                            the_badge_is_green_only_when_nothing_is_wrong, the_page_says_that_nobody_answers)
    print(f"{time.monotonic() - began:.1f} s in all")
    return status


if __name__ == "__main__":
    sys.exit(main())
