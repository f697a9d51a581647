"""The Node client: its own tests, and the client in a process of its own against a publisher that this test plays.

The publisher loses and forgets what it is told to; at the end a real bus behind a bad network. Skipped where node or
the client's two packages are missing; `./dev test` gets them (needs a registry of npm once).

Nothing here waits for a time to pass that a busy machine may overrun: heartbeats come often but announce a long
interval (Daemon.die announces a short one), and what is to come is waited for.
"""

import hashlib
import json
import os
import shutil
import signal as signals
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgpack
import zmq

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import wire  # noqa: E402  pylint: disable=wrong-import-position
from tests.support.daemon import BIN, folder  # noqa: E402  pylint: disable=wrong-import-position
from tests.support.faulty_proxy import FaultyProxy  # noqa: E402  pylint: disable=wrong-import-position

ROOT = Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
CLIENT = ROOT / "ipc/client/node"
NODE = shutil.which("node") or shutil.which("nodejs")
NODE_MAJOR_MIN = 18
SKIPPED = 77
NOW = 1_782_936_000_000_000_000
SECOND = 1_000_000_000
BEAT_S = 0.05  # between heartbeats
PATIENT_MS, SHORT_MS = 10_000, 50  # what they announce: the client is to wait for four of them
WAIT_S = 30


def why_not():
    """Why the Node client cannot be tested here; "" if it can."""
    if NODE is None:
        return "there is no node"
    done = subprocess.run([NODE, "--version"], capture_output=True, text=True, timeout=30, check=False)
    version = done.stdout.strip()
    if int(version.lstrip("v").split(".")[0] or 0) < NODE_MAJOR_MIN:
        return f"node {version} is older than {NODE_MAJOR_MIN}"
    for package in ("zeromq", "@msgpack/msgpack"):
        if not (CLIENT / "node_modules" / package / "package.json").exists():
            return f"{package} is not installed: run `npm ci --ignore-scripts` in ipc/client/node"
    return ""


class Daemon:
    """PUB and ROUTER of an epoch. Keeps what it says; may withhold it from subscribers, and from replays."""

    def __init__(self, epoch=11, ports=("*", "*"), curve=None):
        self.context = zmq.Context()
        self.live, self.requests = self.context.socket(zmq.XPUB), self.context.socket(zmq.ROUTER)
        self.live.setsockopt(zmq.XPUB_VERBOSE, 1)
        for socket, port in ((self.live, ports[0]), (self.requests, ports[1])):
            socket.setsockopt(zmq.LINGER, 0)
            if curve:
                socket.curve_server, socket.curve_secretkey, socket.curve_publickey = True, curve[1], curve[0]
            socket.bind(f"tcp://127.0.0.1:{port}")
        self.endpoints = [s.getsockopt(zmq.LAST_ENDPOINT).decode() for s in (self.live, self.requests)]
        self.epoch, self.gseq, self.forgotten, self.pings = epoch, 0, False, []
        self.last, self.log, self.state, self.asked = {}, [], {}, []
        self.beating, self.running, self.lock = True, True, threading.RLock()
        self.interval_ms = PATIENT_MS
        self.frozen = ([], "", 0)
        self.deaf = 0  # requests to leave without an answer
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.live.close()
        self.requests.close()
        self.context.term()

    def work(self):
        beat = 0.0
        while self.running:
            if self.requests.poll(5):
                self.serve()
            if self.live.poll(0):
                self.live.recv()
            if self.beating and time.monotonic() >= beat:
                beat = time.monotonic() + BEAT_S
                self.heartbeat()

    def heartbeat(self):
        with self.lock:
            if not self.beating:
                return
            tails = {topic: tseq for topic, (tseq, _) in self.last.items() if topic != "hb."}
            self.put("hb.", interval_ms=self.interval_ms, oldest=1, feeds={"wire": "live"}, ts_now=NOW, halted=False,
                     missed=0, tails=tails)

    def die(self):
        """Fall silent, and let it be noticed soon."""
        with self.lock:
            self.interval_ms = SHORT_MS
            self.heartbeat()
            self.beating = False

    def say(self, topic, lose=False, **keys):
        with self.lock:
            self.put(topic, lose, **keys)

    def put(self, topic, lose=False, **keys):
        self.gseq += 1
        tseq, prev = self.last.get(topic, (0, 0))
        body = {"v": 1, "epoch": self.epoch, "gseq": self.gseq, "tseq": tseq + 1, "prev": prev, "ts_pub": NOW,
                "replay": True, **keys}
        self.last[topic] = (tseq + 1, self.gseq)
        pair = (topic, msgpack.packb(body))
        self.log.append((self.gseq, *pair))
        self.apply(pair, body)
        if not lose:
            self.live.send_multipart([topic.encode(), pair[1]])

    def apply(self, pair, body):
        if pair[0].startswith("sig."):
            if body["action"] == "open" or (body["action"] == "update" and body["id"] in self.state):
                self.state[body["id"]] = (body["gseq"], *pair)
            elif body["action"] != "update":
                self.state.pop(body["id"], None)

    def signal(self, name, number, action="open", lose=False, **keys):
        self.say(f"sig.overreaction.{name}.", lose, **{
            "kind": "overreaction", "action": action, "id": f"{number:032x}", "sym": name, "side": 1, "os": -2.5,
            "px": 157_250_000_000, "reasons": ["NO_CHANNEL"], "valid_until": NOW + 600 * SECOND, **keys})

    def held(self):
        """Entries of the state, their hash, and the gseq that both are true at."""
        with self.lock:
            pairs, gseq = [entry[1:] for entry in sorted(self.state.values())], self.gseq
        return pairs, hashlib.sha256(b"".join(t.encode() + p for t, p in pairs)).hexdigest(), gseq

    def serve(self):
        frames = self.requests.recv_multipart()
        request = msgpack.unpackb(frames[-1])
        if request["op"] == "ping":
            self.pings.append(request)
        else:
            self.asked.append(request)
            if self.deaf > 0:
                self.deaf -= 1
                return
        answer = getattr(self, request["op"])(request)
        header = {"v": 1, "op": request["op"], "id": request.get("id"), "error": None, "detail": None,
                  "epoch": self.epoch, "gseq": self.gseq, "oldest": 1, "ts_now": NOW, "halted": False}
        self.requests.send_multipart([*frames[:-1], msgpack.packb({**header, **answer})])

    def ping(self, _):
        return {"ts_pub": time.time_ns()}

    def snapshot(self, request):
        """In parts of one message each: the client has to put them together."""
        if "token" not in request:
            self.frozen = self.held()
        pairs, digest, gseq = self.frozen
        part, parts = request.get("part", 1), max(1, len(pairs))
        return {"count": len(pairs), "hash": digest, "parts": parts, "part": part, "gseq": gseq,
                "token": 5 if parts > 1 else None, "messages": [list(each) for each in pairs[part - 1:part]]}

    def replay(self, request):
        """At most two messages an answer."""
        prefix = request["prefix"]
        prefixes = (prefix,) if isinstance(prefix, str) else tuple(prefix)
        if self.forgotten or request["epoch"] != self.epoch:
            return {"error": "gone" if self.forgotten else "epoch", "detail": "asked for what is no more"}
        with self.lock:
            found = [each for each in self.log if request["from"] <= each[0] <= request["to"]
                     and each[1].startswith(prefixes)]
        rest = found[2][0] if len(found) > 2 else request["to"] + 1
        return {"from": request["from"], "next": rest, "count": len(found[:2]),
                "messages": [list(each[1:]) for each in found[:2]]}


class Probe:
    """bin/probe.mjs in a process of its own."""

    def __init__(self, live, requests, *more, topics=("sig.",)):
        arguments = [NODE, str(CLIENT / "bin/probe.mjs"), "--live", live, "--requests", requests, "--seconds", "90",
                     "--items", *more]
        for topic in topics:
            arguments += ["--topic", topic]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.items, self.states = [], []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            item = json.loads(line)
            (self.states if "state" in item else self.items).append(item)

    def wait(self, what, seconds=WAIT_S):
        """Until an item is there for which what(item) holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for item in list(self.items):
                if what(item):
                    return item
            time.sleep(0.01)
        raise AssertionError(f"never came; there were {self.items[-50:]}")

    def until(self, what, seconds=WAIT_S):
        """Until what(how the client is) holds."""
        self.wait(lambda item: "started" in item)  # from now on it answers to the signal
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            known = len(self.states)
            self.process.send_signal(signals.SIGUSR2)
            while len(self.states) == known and time.monotonic() < end:
                time.sleep(0.005)
            if self.states and what(self.states[-1]):
                return self.states[-1]
            time.sleep(0.02)
        raise AssertionError(f"never was; it is {self.states[-1:]}, items {self.items[-20:]}")

    def end(self):
        self.wait(lambda item: "started" in item)
        self.process.terminate()
        self.process.wait(WAIT_S)
        self.thread.join(WAIT_S)
        return self.states[-1]


def gap(cause, repaired=False):
    return lambda item: item.get("gap") == cause and item["repaired"] is repaired


def signal(number, action="open", origin="live"):
    return lambda item: (item.get("id") == f"{number:032x}" and item["action"] == action
                         and item["snapshot"] == (origin == "snapshot") and item["repaired"] == (origin == "repaired"))


def its_own_tests_and_the_vectors_pass():
    done = subprocess.run([NODE, "--test"], cwd=CLIENT, capture_output=True, text=True, timeout=300, check=False)
    failed = done.stdout.partition("not ok")
    assert done.returncode == 0, failed[1] + failed[2][:4000] + done.stderr
    for line in done.stdout.splitlines():
        if line.startswith(("# tests", "# pass", "ℹ tests", "ℹ pass")):
            print("  ", line)


def a_late_joiner_has_the_publishers_state():
    with Daemon() as daemon:
        for number in range(5):
            daemon.signal(f"S{number}", number)
        daemon.signal("S1", 1, "update")
        daemon.signal("S2", 2, "close")
        probe = Probe(*daemon.endpoints)
        assert probe.wait(signal(4, origin="snapshot"))["actionable"]
        daemon.signal("S5", 5)
        assert probe.wait(signal(5))["actionable"]
        probe.until(lambda _: any(ping["seen"] > 0 for ping in daemon.pings))
        end = probe.end()
        assert end["state"] == "live" and not end["degraded"] and end["hash"] == daemon.held()[1], end
        assert end["entries"] == 5 and end["counters"]["lost"] == 0 and end["epoch"] == "11"
        assert all(ping["lost"] == 0 for ping in daemon.pings)


def what_was_lost_is_repaired_and_said():
    with Daemon() as daemon:
        probe = Probe(*daemon.endpoints)
        for number, name in enumerate("AB", 1):
            daemon.signal(name, number)
            probe.wait(lambda item, number=number: item.get("id") == f"{number:032x}")
        with daemon.lock:  # no heartbeat in between, that would show the hole before
            for number in range(3, 8):
                daemon.signal("ABACA"[number - 3], number, lose=True)
            daemon.signal("A", 8)  # shows the hole
        found = probe.wait(lambda item: item.get("gap") and item["repaired"])
        assert found["lost"] == 5 and found["topic"] == "sig.overreaction.A.", found
        assert probe.wait(signal(8))["actionable"]
        repaired = [item["id"] for item in probe.items if item.get("repaired") and "id" in item]
        assert repaired == [f"{number:032x}" for number in range(3, 8)], repaired
        asked = [each for each in daemon.asked if each["op"] == "replay"]
        assert asked and all(each["prefix"] == ["sig."] for each in asked), asked  # at once, whatever the topic
        daemon.signal("B", 9, lose=True)  # only a heartbeat can show it
        assert probe.wait(signal(9, origin="repaired"))["actionable"]
        end = probe.end()
        assert end["state"] == "live" and not end["degraded"] and end["hash"] == daemon.held()[1], end
        assert end["counters"]["repaired"] == 6 and end["counters"]["lost"] == 0, end


def what_nothing_gives_back_needs_the_bot():
    with Daemon() as daemon:
        probe = Probe(*daemon.endpoints)
        daemon.signal("A", 1)
        probe.wait(lambda item: item.get("id") == f"{1:032x}")
        with daemon.lock:
            daemon.forgotten = True
            daemon.signal("A", 2, lose=True)
            daemon.signal("A", 3)
        probe.wait(lambda item: item.get("gap") and not item["repaired"])
        assert not probe.wait(signal(3, origin="snapshot"))["actionable"]
        end = probe.end()
        assert end["degraded"] and end["state"] == "live" and end["hash"] == daemon.held()[1], end


def a_restart_is_another_epoch_and_silence_is_death():
    with Daemon() as daemon:
        ports = [endpoint.rsplit(":", 1)[1] for endpoint in daemon.endpoints]
        both = patient, quick = Probe(*daemon.endpoints), Probe(*daemon.endpoints, "--acknowledge")
        daemon.signal("A", 1)
        for probe in both:
            probe.wait(lambda item: item.get("id") == f"{1:032x}")
        daemon.die()
        for probe in both:
            probe.wait(gap("dead"))
    with Daemon(12, ports) as daemon:
        daemon.signal("B", 2)
        for probe in both:
            probe.wait(gap("epoch"))
        assert quick.wait(lambda item: item.get("id") == f"{2:032x}")["actionable"]
        patient.until(lambda it: it["entries"] == 1 and it["gseq"] > 0)  # it has joined, and keeps that to itself
        daemon.signal("B", 3)
        for probe in both:
            probe.until(lambda it: it["hash"] == daemon.held()[1])
        ends = patient.end(), quick.end()
        assert [end["state"] for end in ends] == ["dead", "live"], ends
        assert ends[0]["degraded"] and ends[0]["counters"]["withheld"] >= 1, ends[0]
        assert all(end["epoch"] == "12" and end["counters"]["epochs"] == 1 for end in ends), ends
        assert not any(item.get("id") in (f"{2:032x}", f"{3:032x}") for item in patient.items)
        assert ends[1]["hash"] == ends[0]["hash"] == daemon.held()[1]


def an_answer_that_does_not_come_is_asked_for_again():
    with Daemon() as daemon:
        daemon.signal("A", 1)
        daemon.deaf = 1
        probe = Probe(*daemon.endpoints)
        probe.wait(signal(1, origin="snapshot"))
        asked = [each["op"] for each in daemon.asked]
        assert len(asked) >= 2 and set(asked) == {"snapshot"}, asked  # more, if the second was slow
        assert probe.end()["state"] == "live"


def an_encrypted_publisher_is_joined_with_the_right_key_only():
    if not zmq.has("curve"):
        print("   (no CURVE in this libzmq)")
        return
    keys = zmq.curve_keypair()
    mine, other = zmq.curve_keypair(), zmq.curve_keypair()
    with Daemon(curve=keys) as daemon:
        daemon.signal("A", 1)

        def start(server):
            return Probe(*daemon.endpoints, *(f"--{name}={key.decode()}" for name, key in zip(
                ("server-key", "public-key", "secret-key"), (server[0], *mine))))

        wrong = start(other)
        wrong.wait(lambda item: "started" in item)
        right = start(keys)
        right.wait(signal(1, origin="snapshot"))
        assert wrong.end()["state"] == "connecting" and right.end()["state"] == "live"


def the_paper_trader_acts_on_what_is_actionable_and_goes_flat():
    with Daemon() as daemon:
        bot = subprocess.Popen([NODE, str(ROOT / "examples/bots/paper_trader.mjs"), "--live", daemon.endpoints[0],
                                "--requests", daemon.endpoints[1], "--topic", "sig.", "--seconds", "90"],
                               stdout=subprocess.PIPE, text=True)
        lines = []

        def until(text):
            while not lines or not lines[-1].startswith(text):
                line = bot.stdout.readline()
                assert line, (text, lines)
                lines.append(line.rstrip("\n"))

        end = time.monotonic() + WAIT_S
        while not daemon.asked:  # from now on nothing is missed
            assert time.monotonic() < end and bot.poll() is None
            time.sleep(0.01)
        daemon.signal("A", 1, px=100_000_000_000)
        until("buy 100 A")
        daemon.signal("A", 1, "close", px=101_000_000_000, reasons=["TARGET"])
        daemon.signal("OLD", 2, valid_until=NOW)
        daemon.signal("NEAR", 3, "update", side=0)
        daemon.signal("B", 4, px=50_000_000_000, side=-1)
        daemon.signal("C", 5, px=10_000_000_000)
        until("buy 1000 C")
        daemon.die()  # flat
        until("close 1000 C")
        bot.send_signal(signals.SIGINT)
        lines += bot.communicate(timeout=WAIT_S)[0].splitlines()
    assert lines == ["buy 100 A at 100.0000 (NO_CHANNEL)", "close 100 A at 101.0000: 100.00 (TARGET)",
                     "sell 200 B at 50.0000 (NO_CHANNEL)", "buy 1000 C at 10.0000 (NO_CHANNEL)", "gap: dead",
                     "close 200 B at 50.0000: 0.00 (gap: dead)", "close 1000 C at 10.0000: 0.00 (gap: dead)",
                     "3 trades, result 100.00 after costs of 0.00; messages lost 0, repaired 0"], lines


def a_bad_network_before_a_real_bus_loses_nothing():
    """A fifth of all is lost on the way, others come twice or change places: the state is the publisher's all the same;
    after kill -9 its successor is another epoch, and the bot is told."""
    if not (BIN / "tests/bus_flood").exists():
        print("   (no bus_flood in", BIN, ")")
        return
    with folder() as directory:
        bus = wire.Flood(directory, "--rate", 300, "--names", 200, publish=", rate: 100000", journal=True)
        try:
            with FaultyProxy(bus.live, seed=3, drop=0.2, duplicate=0.1, swap=0.1, spare=("hb.",)) as proxy, \
                    wire.Requests(bus.requests) as requests:
                probe = Probe(proxy.endpoint, bus.requests, topics=("",))
                probe.until(lambda it: it["counters"]["repaired"] > 100)
                bus.pause()
                answer, _ = requests.snapshot()
                it = probe.until(lambda it: it["state"] == "live" and it["hash"] == answer["hash"])
                assert not it["degraded"] and it["counters"]["lost"] == 0 and it["counters"]["duplicates"] > 0, it
                assert proxy.counts["dropped"] > 50 and it["counters"]["gaps"] < it["counters"]["repaired"], it
                seen = {}
                for item in list(probe.items):  # each once, and each topic in its order
                    if "gseq" in item and not item["snapshot"]:
                        assert item["tseq"] == seen.get(item["topic"], item["tseq"] - 1) + 1, item
                        seen[item["topic"]] = item["tseq"]
                assert len(seen) > 50, len(seen)
                known = len(probe.items)
                bus.kill()
                bus = wire.Flood(directory, "--rate", 300, "--names", 200, live=bus.live, requests=bus.requests,
                                 journal=True)
                it = probe.until(lambda it: it["epoch"] == str(bus.epoch) and it["counters"]["snapshots"] > 1)
                assert it["degraded"] and it["counters"]["epochs"] == 1, it
                assert not any(item.get("actionable") for item in probe.items[known:])
                probe.end()
        finally:
            bus.kill()


def main():
    if reason := why_not():
        print("skipped:", reason)
        return SKIPPED
    with ThreadPoolExecutor(1) as pool:  # the others mostly wait
        own = pool.submit(its_own_tests_and_the_vectors_pass)
        for test in (a_late_joiner_has_the_publishers_state, what_was_lost_is_repaired_and_said,
                     what_nothing_gives_back_needs_the_bot, a_restart_is_another_epoch_and_silence_is_death,
                     an_answer_that_does_not_come_is_asked_for_again,
                     an_encrypted_publisher_is_joined_with_the_right_key_only,
                     the_paper_trader_acts_on_what_is_actionable_and_goes_flat,
                     a_bad_network_before_a_real_bus_loses_nothing):
            begun = time.monotonic()
            test()
            print(f"ok {test.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
        own.result()
        print("ok its_own_tests_and_the_vectors_pass")
    return 0


if __name__ == "__main__":
    sys.exit(main())
