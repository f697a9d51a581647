"""News over WebSocket from servers that misbehave: each headline reaches the desk once per revision, whatever they do.

The servers speak TLS with certificates of an authority made here; the daemon is the real one; what reached the desk is
read from its journal.
"""

import json
import os
import struct
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import news_server as news  # noqa: E402  pylint: disable=wrong-import-position

HEADLINE = "Meta plans to sell excess AI compute through a new cloud business, people familiar say"
SECRET = "the-secret"


def write_secret(where, name="secret"):
    path = where / name
    path.write_text(SECRET + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def feed(name, port, form, where, path="/v1beta1/news", **keys):
    base = {"name": name, "source": f"wss://localhost:{port}{path}", "format": form, "ca": str(where / "ca.pem")}
    return {**base, **keys}


def revision(created, updated):
    """As feeds/news/item.h says it."""
    return 1 if updated <= created else 1 + -(-(updated // 1000 * 1000 - created // 1000 * 1000) // 1_000_000)


class Steps:
    """Places in the scripts that the test, or another script, waits for."""

    def __init__(self):
        self.condition, self.done = threading.Condition(), set()

    def reach(self, step):
        with self.condition:
            self.done.add(step)
            self.condition.notify_all()

    def wait(self, step, seconds=30):
        with self.condition:
            assert self.condition.wait_for(lambda: step in self.done, seconds), f"{step} was not reached: {self.done}"


def alpaca_survives_disconnects_duplicates_updates_and_malformed_messages():
    now = time.time_ns()
    later, latest = now + 5 * ast.SECOND, now + 9 * ast.SECOND
    one = news.alpaca_item(1, HEADLINE, now)
    one_again = news.alpaca_item(1, HEADLINE + ", update", now, later)
    two = news.alpaca_item(2, "Meta &amp; Oracle: <b>talks</b> on compute, people familiar say", now)
    three = news.alpaca_item(3, "Nvidia falls", now, symbols=["NVDA", "NOT.KNOWN"], source="Reuters", url=None)
    four = news.alpaca_item(4, "Broadcom rises", later, latest)
    steps = Steps()
    asked = []

    def stream(connection, number):
        news.alpaca_greet(connection)
        if number == 0:
            connection.send_json([one])
            connection.send_json([one, one])           # twice in one message, and again
            connection.send("[{\"T\":\"n\",\"id\":")       # not JSON
            connection.send_json({"T": "n", "id": 9})  # no headline
            connection.send_json([{"T": "n", "id": 8, "headline": "x", "created_at": "yesterday"}])
            connection.send_json([{"T": "new kind"}, one_again], parts=5)
            connection.send_json([one])                # older than what has come
            connection.send_json([one_again])
            connection.sync()                          # a reset takes away what has not been read
            connection.send_raw(connection.frame(json.dumps([four]))[:60])
            connection.cut()                           # in the middle of a frame
        elif number == 1:
            steps.wait("backfilled")
            connection.send_json([two])                # the backfill has brought it
            connection.send_raw(connection.frame('[{"T":"n",', fin=False))
            raise news.Gone                            # in the middle of a message
        elif number == 2:
            connection.send_raw(connection.frame(struct.pack(">H", 1001) + b"going away", news.CLOSE))
            opcode, payload = connection.receive()
            assert (opcode, payload) == (news.CLOSE, struct.pack(">H", 1001)), (opcode, payload)
        elif number == 3:
            connection.send_raw(b"\x81\x85\x00\x00\x00\x00Hello")  # masked by the server
            opcode, payload = connection.receive()
            assert (opcode, payload) == (news.CLOSE, struct.pack(">H", 1002)), (opcode, payload)
        else:
            connection.send_json([one, two, three, four])
            steps.reach("end")
            connection.wait_gone()

    def rest(connection, number):
        while True:
            split = connection.read_request()
            asked.append((split.path, connection.query(), dict(connection.headers)))
            if number == 0:
                connection.answer("503 Service Unavailable", "try later")
                return
            if "page_token" not in connection.query():
                connection.answer("200 OK", json.dumps({"news": [dict(one, T=None), dict(two)],
                                                        "next_page_token": "page=2&/"}),
                                  "Content-Type: application/json")
            else:
                connection.answer("200 OK", json.dumps({"news": [three], "next_page_token": None}))
                steps.reach("backfilled")

    with ast.folder() as where, news.Server(news.certificates(where), stream) as server, \
            news.Server(news.certificates(where, server="rest"), rest) as backfill:
        config = ast.live_config(where, feeds=[feed("alpaca", server.port, "alpaca", where, user="the-key",
                                                    secret=write_secret(where),
                                                    backfill=f"https://127.0.0.1:{backfill.port}/v1beta1/news")])
        with ast.Daemon(config) as daemon:
            steps.wait("end")
            time.sleep(0.5)
            status, log = daemon.stop()
            server.check()
            assert status == 0, log
            said = news.journal_headlines(daemon.journal())
            done = ast.replay(config, daemon.journal(), "--verify", daemon.journal())
            assert done.returncode == 0, done.stderr
    got = sorted((h["id"], h["revision"], h["text"], h["source"], h["tags"]) for h in said)
    assert got == [("1", 1, HEADLINE, "benzinga", 1),
                   ("1", revision(now, later), HEADLINE + ", update", "benzinga", 1),
                   ("2", 1, "Meta & Oracle: talks on compute, people familiar say", "benzinga", 1),
                   ("3", 1, "Nvidia falls", "Reuters", 1),
                   ("4", revision(later, latest), "Broadcom rises", "benzinga", 1)], got
    assert SECRET not in log, log
    path, query, headers = asked[1]
    assert path == "/v1beta1/news" and query["sort"] == "asc", asked
    assert abs(int(time.mktime(time.strptime(query["start"], "%Y-%m-%dT%H:%M:%SZ"))) - time.timezone + 300
               - now // ast.SECOND) <= 5, (query, now)
    assert headers["apca-api-key-id"] == "the-key" and headers["apca-api-secret-key"] == SECRET, headers
    assert asked[2][1]["page_token"] == "page=2&/", asked
    return log


def benzinga_takes_items_back_and_replays_after_a_reconnect():
    now = time.time_ns()
    steps = Steps()
    paths = []

    def stream(connection, number):
        connection.upgrade()
        paths.append(connection.path)
        if number == 0:
            steps.wait("joined")
            connection.send_json(news.benzinga_item("Created", 71, HEADLINE, now))
            connection.send_json(news.benzinga_item("Updated", 71, HEADLINE, now, now + ast.SECOND))
            connection.send_json(news.benzinga_item("Created", 72, "Oracle signs a data center contract", now))
            steps.wait("heard")
            connection.send_json(news.benzinga_item("Deleted", 71, None, now, now + 2 * ast.SECOND, content=False))
            steps.wait("denied")
            raise news.Gone
        assert connection.receive_text() == "replay"
        for _ in range(2):
            connection.send_json(news.benzinga_item("Deleted", 71, None, now, now + 2 * ast.SECOND, content=False))
            connection.send_json(news.benzinga_item("Created", 71, HEADLINE, now))
            connection.send_json(news.benzinga_item("Created", 72, "Oracle signs a data center contract", now))
            connection.send_json(news.benzinga_item("Deleted", 73, None, now, content=False))  # never heard of
            connection.send_json(news.benzinga_item("Created", 74, "Tesla recalls cars", now))
        connection.send("pong")
        steps.reach("end")
        connection.wait_gone()

    with ast.folder() as where, news.Server(news.certificates(where), stream) as server:
        config = ast.live_config(where, feeds=[feed("wire", server.port, "benzinga", where, path="/api/v1/news/stream",
                                                    secret=write_secret(where), publisher="Benzinga",
                                                    subscribe="META,ORCL")])
        with ast.Daemon(config) as daemon, daemon.subscriber("fact.", "hb.") as subscriber:
            subscriber.until("a heartbeat: we have joined", lambda topic, body: topic == "hb.")
            steps.reach("joined")
            heard = subscriber.until("a fact of META", lambda topic, body: topic == "fact.META."
                                     and body["headlines"] == ["71"])
            assert heard[-1][1]["status"] != "denied", heard[-1]
            steps.reach("heard")
            subscriber.until("the fact is taken back", lambda topic, body: topic == "fact.META."
                             and body["status"] == "denied")
            steps.reach("denied")
            steps.wait("end")
            time.sleep(0.5)
            status, log = daemon.stop()
            assert status == 0, log
            said = news.journal_headlines(daemon.journal())
    got = sorted((h["id"], h["retracted"], h["revision"], h["text"], h["source"]) for h in said)
    oracle = "Oracle signs a data center contract"
    assert got == [("71", False, 1, HEADLINE, "Benzinga"), ("71", False, 1001, HEADLINE, "Benzinga"),
                   ("71", True, 0xffffffff, HEADLINE, "Benzinga"), ("72", False, 1, oracle, "Benzinga"),
                   ("74", False, 1, "Tesla recalls cars", "Benzinga")], got
    assert paths[0] == f"/api/v1/news/stream?token={SECRET}&tickers=META,ORCL", paths
    assert SECRET not in log and "token" not in log, log


def slow_peers_are_given_up_and_wrong_certificates_never_trusted():
    now = time.time_ns()
    steps = Steps()
    began = {}

    def drip(connection, data, seconds):
        """A byte now and then, for longer than anybody should wait."""
        end = time.monotonic() + seconds
        for i in range(len(data)):
            if time.monotonic() > end:
                return
            connection.send_raw(data[i:i + 1])
            time.sleep(0.4)

    def slow_upgrade(connection, number):
        if number == 0:
            connection.read_request()
            began["upgrade"] = time.monotonic()
            drip(connection, b"HTTP/1.1 101 Switching Protocols\r\nX-Slow: " + b"y" * 200, 30)
            return
        began.setdefault("upgraded", time.monotonic())
        news.alpaca_greet(connection)
        connection.send_json([news.alpaca_item(1, HEADLINE, now)])
        steps.reach("upgrade")
        connection.wait_gone()

    def slow_frame(connection, number):
        news.alpaca_greet(connection)
        if number == 0:
            began["frame"] = time.monotonic()
            drip(connection, connection.frame(json.dumps([news.alpaca_item(2, "x" * 400, now)])), 30)
            return
        began.setdefault("framed", time.monotonic())
        connection.send_json([news.alpaca_item(3, HEADLINE, now)])
        steps.reach("frame")
        connection.wait_gone()

    def never(connection, number):
        raise AssertionError(f"connection {number} was trusted: {connection.stream.version()}")

    with ast.folder() as where:
        good = news.certificates(where)
        wrong = news.certificates(where, server="wrong", names="DNS:other.example")
        unknown = news.certificates(where, authority="other", server="unknown")
        keys = {"user": "the-key", "secret": write_secret(where)}
        with news.Server(good, slow_upgrade) as one, news.Server(good, slow_frame) as two, \
                news.Server(wrong, never) as three, news.Server(unknown, never) as four:
            config = ast.live_config(where, feeds=[feed("upgrade", one.port, "alpaca", where, **keys),
                                                   feed("frame", two.port, "alpaca", where, **keys),
                                                   feed("wrong", three.port, "alpaca", where, **keys),
                                                   feed("unknown", four.port, "alpaca", where, **keys)])
            with ast.Daemon(config, ready=False) as daemon:
                steps.wait("upgrade")
                steps.wait("frame")
                time.sleep(0.3)
                status, log = daemon.stop()
                assert status == 0, log
                said = news.journal_headlines(daemon.journal())
            assert three.refused and four.refused, (three.refused, four.refused)
    assert sorted(h["id"] for h in said) == ["1", "3"], said
    assert 9 < began["upgraded"] - began["upgrade"] < 14, began
    assert 9 < began["framed"] - began["frame"] < 14, began
    for text in ("feed upgrade: connection: the upgrade takes too long",
                 "feed frame: connection: a message takes too long",
                 "feed wrong: connection: certificate of \"localhost\" refused: hostname mismatch",
                 "feed unknown: connection: certificate of \"localhost\" refused: "):
        assert text in log, (text, log)


def a_secret_that_others_can_read_is_refused():
    with ast.folder() as where:
        secret = write_secret(where)
        os.chmod(secret, 0o640)
        config = ast.live_config(where, feeds=[{"name": "alpaca", "source": "wss://localhost:1/", "format": "alpaca",
                                                "user": "the-key", "secret": secret}])
        done = ast.run("aftershockd", "--config", config)
        assert done.returncode != 0, done.stderr
        assert "0640" in done.stderr and "chmod 600" in done.stderr and SECRET not in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(ast.run_tests(a_secret_that_others_can_read_is_refused,
                           alpaca_survives_disconnects_duplicates_updates_and_malformed_messages,
                           benzinga_takes_items_back_and_replays_after_a_reconnect,
                           slow_peers_are_given_up_and_wrong_certificates_never_trusted))
