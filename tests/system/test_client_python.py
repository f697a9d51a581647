"""The Python client: the conformance vectors, hostile bytes, and a publisher of the test's own over real sockets, with
messages lost, doubled and swapped on their way, with restarts and silences."""

import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest.mock
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import msgpack
import zmq

ROOT = Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "ipc/client/python"), str(ROOT / "tests/support"),
                str(ROOT / "ipc/client/conformance")]
# pylint: disable=wrong-import-position
import daemon  # noqa: E402
from aftershock_client import AsyncClient, Client, Curve, Gap, Message, Tracker  # noqa: E402
from aftershock_client.message import Malformed, decode, decode_answer, decode_topic  # noqa: E402
from faulty_proxy import FaultyProxy  # noqa: E402
from publisher import Publisher  # noqa: E402
import script  # noqa: E402

VECTORS = ROOT / "ipc/client/conformance"
TOPICS = ("sig.", "shock.", "fact.", "feed.")


# ---- vectors ----

def plain(item):
    if isinstance(item, Gap):
        return {"type": "gap", "cause": item.cause, "topic": item.topic, "lost": item.lost, "repaired": item.repaired}
    return {"type": "message", "topic": item.topic, "gseq": item.gseq, "stale": item.stale,
            "actionable": item.actionable, "repaired": item.repaired, "snapshot": item.snapshot}


def take_step(tracker, step):
    """Drive one step; what came out of it, as far as the step names it."""
    now_ns = step["at"] * 1_000_000
    if "frames" in step:
        tracker.frames([bytes.fromhex(frame) for frame in step["frames"]], now_ns)
    elif "answer" in step:
        tracker.answer(bytes.fromhex(step["answer"]), now_ns)
    elif "tick" in step:
        tracker.tick(now_ns)
    else:
        assert step["acknowledge"] is True
        tracker.acknowledge(now_ns)
    expect = step["expect"]
    found = {"items": [plain(item) for item in tracker.items], "requests": list(tracker.requests),
             "state": tracker.state, "degraded": tracker.degraded, "halted": tracker.halted,
             "ts_now": tracker.ts_now(now_ns), "hash": tracker.entries.hash(),
             "counters": {name: getattr(tracker.counters, name) for name in expect.get("counters", {})}}
    tracker.items.clear()
    tracker.requests.clear()
    return {key: found[key] for key in expect}


def all_vectors_pass():
    cases = msgpack.unpackb((VECTORS / "vectors.msgpack").read_bytes())
    assert len(cases) >= 45
    for case in cases:
        tracker = Tracker(case["topics"], case["heartbeat_ms"])
        for number, step in enumerate(case["steps"]):
            found = take_step(tracker, step)
            assert found == step["expect"], (f"{case['name']}, step {number}: {case['about']}\nexpected "
                                             f"{step['expect']}\nfound    {found}")


def vectors_are_what_make_writes():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(VECTORS / "make.py"), folder], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        for name in ("vectors.json", "vectors.msgpack"):
            assert (Path(folder) / name).read_bytes() == (VECTORS / name).read_bytes(), f"{name}: run make.py"


# ---- bytes ----

def no_bytes_do_more_than_be_refused():
    """Mutations of every message of the vectors: read or Malformed, nothing else, and never slow."""
    cases = msgpack.unpackb((VECTORS / "vectors.msgpack").read_bytes())
    draw = random.Random(5)
    inputs = [step for case in cases for step in case["steps"]]
    began = time.monotonic()
    refused = 0
    for step in draw.sample(inputs, 400):
        data = bytearray.fromhex(step["frames"][-1] if "frames" in step else step.get("answer", "80"))
        for _ in range(10):
            mutated = bytearray(data)
            for _ in range(draw.randint(1, 4)):
                at = draw.randrange(len(mutated) + 1)
                mutated[at:at + draw.randint(0, 2)] = draw.randbytes(draw.randint(0, 3))
            for read in (lambda d: decode("sig.x.", d), lambda d: decode("hb.", d), decode_answer):
                try:
                    read(bytes(mutated))
                except Malformed:
                    refused += 1
    assert refused > 1000 and time.monotonic() - began < 10
    for bomb in ("dd07ffffff", "ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff01"):
        for read in (lambda d: decode("sig.x.", d), decode_answer):
            try:
                read(bytes.fromhex(bomb))
            except Malformed:
                continue
            raise AssertionError(bomb)


def what_a_client_asks_the_server_takes():
    """A name or topics that every request would be refused for are told, or cut, before there is any."""
    for topics in (["sig."] * 65, ["x" * 192], [f"{'x' * 100}{number}" for number in range(40)]):
        try:
            Tracker(topics)
        except ValueError:
            continue
        raise AssertionError(topics)
    Tracker([f"sig.strategy.{number}." for number in range(64)])
    with Client("inproc://nobody", "inproc://none", name="x" * 30 + "\u00e9") as client:
        with unittest.mock.patch.object(client, "_ask") as ask:
            client._ping_at = 0  # pylint: disable=protected-access
            client._tick()  # pylint: disable=protected-access
    assert ask.call_args[0][0]["client"] == "x" * 30, ask.call_args


def a_tracker_survives_any_bytes():
    """Whatever a peer sends, the tracker's own promises hold."""
    draw = random.Random(6)
    cases = msgpack.unpackb((VECTORS / "vectors.msgpack").read_bytes())
    for case in cases:
        tracker = Tracker(case["topics"], case["heartbeat_ms"])
        for step in case["steps"]:
            step = dict(step)
            for key in ("frames", "answer"):
                if key in step and draw.random() < 0.3:
                    data = bytearray.fromhex(step[key][-1] if key == "frames" else step[key])
                    if data:
                        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
                    step[key] = [*step[key][:-1], data.hex()] if key == "frames" else data.hex()
            take_step(tracker, step)
            assert tracker.state != "live" or tracker.epoch is not None


def a_topic_is_looked_at_before_its_payload():
    for frames in ([], [b"sig."], [b"", b"x"], [b"s" * 192, b"x"], [b"\xff", b"x"], [b"sig.", b"x", b"y"]):
        try:
            decode_topic(frames)
        except Malformed:
            continue
        raise AssertionError(frames)
    assert decode_topic([b"sig." + b"x" * 187, b""]).startswith("sig.x")


def a_past_publishers_signal_is_judged_by_its_epoch():
    """Ids are the same in another run: what waited from the one before is not open in this one."""
    tracker = Tracker(TOPICS)
    waited = None
    for now_ns, epoch in enumerate((5, 6)):
        says = script.Publisher(epoch=epoch)
        tracker.frames([b"hb.", says.hb().payload], now_ns)
        tracker.answer(msgpack.packb(says.snapshot(tracker.requests.pop()["id"])), now_ns)
        opened = says.sig("A")
        tracker.frames([opened.topic.encode(), opened.payload], now_ns)
        tracker.acknowledge(now_ns)
        last = tracker.items[-1]
        assert tracker.judge(replace(last, actionable=True), now_ns).actionable
        waited = waited or last
    assert waited.actionable and not tracker.judge(waited, 2).actionable


def a_ping_tells_how_late_heartbeats_come():
    """Whoever reads slowly has old heartbeats: signals are stale by the clock of the ping's answer."""
    tracker = Tracker(TOPICS)
    says = script.Publisher()
    ms = 1_000_000
    tracker.frames([b"hb.", says.hb().payload], 0)
    tracker.answer(msgpack.packb(says.snapshot(1)), 0)
    tracker.answer(msgpack.packb(says.header("ping", None, ts_now=script.T0 + 900 * ms, epoch=1)), 10 * ms)
    assert tracker.ts_now(10 * ms) == script.T0 + 10 * ms, "of another publisher"
    tracker.answer(msgpack.packb(says.header("ping", None, ts_now=script.T0 + 900 * ms)), 10 * ms)
    assert tracker.ts_now(20 * ms) == script.T0 + 910 * ms
    tracker.frames([b"hb.", says.hb(ts_now=script.T0 + 250 * ms).payload], 30 * ms)
    late = says.sig("A", valid_until=script.T0 + 500 * ms)
    tracker.frames([late.topic.encode(), late.payload], 30 * ms)
    assert tracker.items[-1].stale and tracker.ts_now(30 * ms) == script.T0 + 920 * ms
    tracker.answer(msgpack.packb(says.header("ping", None, ts_now=script.T0 + 260 * ms)), 40 * ms)
    assert tracker.ts_now(40 * ms) == script.T0 + 260 * ms, "the latest answer counts, not the largest"


# ---- over sockets ----

def collect(client, seconds, until=None):
    """Items of that many seconds, or until one makes until true, that one included."""
    end = time.monotonic() + seconds
    items = []
    while (left := end - time.monotonic()) > 0:
        item = client.receive(left)
        if item is not None:
            items.append(item)
            if until is not None and until(item):
                return items
    assert until is None, f"not within {seconds} s; {client.state}, {client.counters}, the last were {items[-3:]}"
    return items


def wait_state(client, state, seconds=10):
    end = time.monotonic() + seconds
    items = []
    while client.state != state:
        assert time.monotonic() < end, f"{client.state}, not {state}; {client.counters}"
        item = client.receive(0.02)
        items += [item] if item is not None else []
    while (item := client.receive(0)) is not None:
        items.append(item)
    return items


def settle(client, publisher, seconds=10):
    """Until the client's state is the publisher's."""
    end = time.monotonic() + seconds
    items = []
    while client.state != "live" or client.state_hash() != publisher.state_hash(TOPICS):
        assert time.monotonic() < end, f"{client.state} {client.counters}"
        item = client.receive(0.02)
        items += [item] if item is not None else []
    return items


def connect(publisher, **options):
    return Client(options.pop("endpoint", publisher.endpoint), publisher.requests_endpoint, TOPICS, **options)


def late_join_repair_and_ping():
    with Publisher(part_messages=3) as publisher:
        for name in "ABCDEFG":
            publisher.signal(name)
        publisher.signal("A", "close")
        publisher.fact()
        with connect(publisher, name="bot-1") as client:
            items = wait_state(client, "live")
            assert len(items) == 7 and all(item.snapshot for item in items), items
            assert sum(item.actionable for item in items) == 6 and len(client.signals) == 6 and client.facts
            assert client.state_hash() == publisher.state_hash(TOPICS)
            publisher.signal("H", sent=False)
            publisher.signal("I")
            gap, lost, came = collect(client, 5, lambda item: isinstance(item, Message) and not item.repaired)
            assert gap == Gap("tseq", "sig.mean_reversion.NVDA.", 1, True)
            assert lost.repaired and lost.actionable and came.actionable and not client.degraded
            publisher.signal("B", "close", sent=False)
            gap, close = collect(client, 5, lambda item: isinstance(item, Message))
            assert gap == Gap("tail", "sig.mean_reversion.NVDA.", 1, True) and close.body["action"] == "close"
            assert client.counters.repaired == 2 and client.counters.lost == 0
            collect(client, 1.1)
            ping = publisher.pings[-1]
            assert ping["client"] == "bot-1" and ping["lost"] == 0 and ping["seen"] > 0, ping


def a_bad_network_loses_nothing():
    """Losses, doubles and swaps between a busy publisher and the client: in the end both hold the same, nothing is
    handed out twice, and within a topic nothing out of order."""
    with Publisher() as publisher, \
            FaultyProxy(publisher.endpoint, seed=7, drop=0.1, duplicate=0.1, swap=0.1, delay=0.05, delay_ms=10,
                        spare=("hb.",)) as proxy, connect(publisher, endpoint=proxy.endpoint) as client:
        wait_state(client, "live")
        draw = random.Random(8)
        items, opened = [], []
        for number in range(400):
            if opened and draw.random() < 0.4:
                name, symbol = opened.pop(draw.randrange(len(opened)))
                publisher.signal(name, "close", symbol)
            else:
                opened.append((str(number), draw.choice(("NVDA", "AMD", "TSM", "MU"))))
                publisher.signal(opened[-1][0], "open", opened[-1][1])
            item = client.receive(0.002)
            items += [item] if item is not None else []
        items += settle(client, publisher)
        while (item := client.receive(0.3)) is not None:
            items.append(item)
        heard = [item.body for item in items if isinstance(item, Message)]
        for topic in {body["sym"] for body in heard}:
            numbers = [body["tseq"] for body in heard if body["sym"] == topic]
            assert numbers == list(range(1, len(numbers) + 1)), f"{topic}: {numbers}"
        assert len(heard) == 400 and client.counters.lost == 0 and not client.degraded, client.counters
        assert client.counters.repaired > 10 and client.counters.duplicates > 10, client.counters
        assert proxy.counts["dropped"] > 10 and proxy.counts["swapped"] > 10, proxy.counts


def what_cannot_be_had_back_is_told():
    with Publisher() as publisher, connect(publisher) as client:
        wait_state(client, "live")
        publisher.signal("A")
        collect(client, 5, lambda item: isinstance(item, Message))
        publisher.signal("A", "close", sent=False)
        publisher.kept = 1
        publisher.signal("B")
        (gap,) = collect(client, 5, lambda item: isinstance(item, Gap))
        assert not gap.repaired and gap.lost == 1 and client.degraded
        (shown,) = wait_state(client, "live")
        assert shown.snapshot and not shown.actionable and client.state_hash() == publisher.state_hash(TOPICS)
        client.acknowledge()
        publisher.signal("B", "update")
        (update,) = collect(client, 5, lambda item: isinstance(item, Message))
        assert update.actionable


def a_repair_that_brings_too_much_is_none():
    """The buffer's end holds for what a repair brings, too."""
    tracker, says = Tracker(TOPICS), script.Publisher()
    tracker.frames([b"hb.", says.hb().payload], 0)
    tracker.answer(msgpack.packb(says.snapshot(1)), 0)
    lost = [says.sig(str(number), symbol="AMD") for number in range(5)]
    last = says.sig("last", symbol="AMD")
    with unittest.mock.patch("aftershock_client.tracker.BUFFER_MAX", 5):
        tracker.frames([last.topic.encode(), last.payload], 0)
        tracker.answer(msgpack.packb(says.replay_of(2, lost[0].gseq, last.gseq - 1, lost)), 0)
    assert list(tracker.items) == [Gap("tseq", last.topic, 1)] and tracker.degraded and tracker.state == "syncing"


def restarts_are_another_publisher():
    with Publisher() as publisher, connect(publisher) as client:
        wait_state(client, "live")
        for epoch in range(2000, 2005):
            publisher.signal("A")
            publisher.restart(epoch)
            publisher.signal("B")
            items = collect(client, 5, lambda item: isinstance(item, Message) and item.snapshot)
            assert Gap("epoch", "", 0) in items and not items[-1].actionable and client.degraded
            assert not any(i.actionable for i in items if isinstance(i, Message) and i.body["epoch"] == epoch), items
            assert client.epoch == epoch and client.state_hash() == publisher.state_hash(TOPICS)
            client.acknowledge()
        assert client.counters.epochs == 5


def silence_is_death_until_acknowledged():
    with Publisher(interval_ms=100) as publisher, connect(publisher) as client:
        publisher.signal("A")
        wait_state(client, "live")
        publisher.mute = True
        began = time.monotonic()
        assert collect(client, 5, lambda item: isinstance(item, Gap))[-1] == Gap("dead", "", 0)
        assert 0.1 < time.monotonic() - began < 2 and client.state == "dead"
        publisher.mute = False
        publisher.signal("B")
        assert collect(client, 0.5) == [] and client.state == "dead"
        assert client.state_hash() == publisher.state_hash(TOPICS), "it has joined, silently"
        client.acknowledge()
        shown = collect(client, 0.2)
        assert client.state == "live" and [item.snapshot and item.actionable for item in shown] == [True, True], shown


def requests_that_nobody_answers():
    with Publisher() as publisher:
        publisher.deaf = True
        with connect(publisher) as client:
            began = time.monotonic()
            while len(publisher.asked) < 2:
                assert client.receive(0.05) is None and time.monotonic() - began < 5
            assert client.state == "syncing" and time.monotonic() - began > 0.9
            assert all(asked["prefix"] == list(TOPICS) for asked in publisher.asked), publisher.asked
            publisher.deaf = False
            wait_state(client, "live")


def what_waits_is_judged_again():
    """A signal that was closed, or grew stale, while the bot did something else is no longer actionable."""
    with Publisher(interval_ms=500) as publisher, connect(publisher) as client:
        wait_state(client, "live")
        publisher.signal("A")
        publisher.signal("B", valid_ns=150_000_000)
        publisher.signal("A", "close")
        time.sleep(0.1)
        first = client.receive(1)
        assert not first.actionable and first.body["action"] == "open", "its close is here already"
        time.sleep(0.2)
        second = client.receive(1)
        assert second.stale and not second.actionable and client.counters.stale == 1
        publisher.signal("C")
        publisher.sys("halt")
        time.sleep(0.1)
        client.receive(1)
        third = client.receive(1)
        assert third.body["action"] == "open" and not third.actionable and client.halted


def encrypted():
    public, secret = zmq.curve_keypair()
    mine, my_secret = zmq.curve_keypair()
    with Publisher(curve=secret) as publisher, tempfile.TemporaryDirectory() as folder:
        publisher.signal("A")
        (Path(folder) / "server.pub").write_text(f'metadata\ncurve\n    public-key = "{public.decode()}"\n')
        (Path(folder) / "bot.key").write_text(f'curve\n    public-key = "{mine.decode()}"\n'
                                              f'    secret-key = "{my_secret.decode()}"\n')
        curve = Curve.from_files(f"{folder}/server.pub", f"{folder}/bot.key")
        assert curve == Curve(public.decode(), mine.decode(), my_secret.decode())
        with connect(publisher, curve=curve) as client:
            (item,) = wait_state(client, "live")
            assert item.actionable
        wrong = Curve(mine.decode(), mine.decode(), my_secret.decode())
        with connect(publisher, curve=wrong) as client:
            assert collect(client, 0.4) == [] and client.state == "connecting"
        with connect(publisher) as client:
            assert collect(client, 0.4) == [] and client.state == "connecting"


def a_refusal_says_why():
    """Prefixes beyond the grant: it stays syncing, and says so; also behind asyncio."""
    async def use(publisher):
        async with AsyncClient(publisher.endpoint, publisher.requests_endpoint, TOPICS) as client:
            while not client.last_error:
                await client.receive(0.05)
            assert client.state == "syncing" and client.last_error == wanted, client.last_error

    wanted = "snapshot: denied: not granted: shock."
    with Publisher(interval_ms=100) as publisher:
        publisher.denied = ("shock.",)
        with connect(publisher) as client:
            assert client.last_error == ""
            end = time.monotonic() + 10
            while not client.last_error:
                assert client.receive(0.05) is None and time.monotonic() < end
            assert client.state == "syncing" and client.last_error == wanted, client.last_error
        asyncio.run(asyncio.wait_for(use(publisher), 20))
        publisher.denied = ()
        with connect(publisher) as client:
            wait_state(client, "live")
            assert client.last_error == ""
    tracker, says = Tracker(TOPICS), script.Publisher()
    tracker.frames([b"hb.", says.hb().payload], 0)
    tracker.answer(msgpack.packb(says.header("snapshot", 1, error="denied", detail={"not": "text"})), 0)
    assert tracker.last_error == "snapshot: denied" and tracker.state == "syncing", tracker.last_error


def asyncio_does_the_same():
    async def use(publisher):
        async with AsyncClient(publisher.endpoint, publisher.requests_endpoint, TOPICS, name="async") as client:
            first = await client.receive(5)
            assert first.snapshot and first.actionable and client.state == "live"
            publisher.signal("B", sent=False)
            publisher.signal("C")
            items = []
            async for item in client:
                items.append(item)
                if len(items) == 3:
                    break
            assert items[0] == Gap("tseq", "sig.mean_reversion.NVDA.", 1, True) and items[2].actionable
            await asyncio.sleep(0.5)  # the bot does something else: the client listens
            assert client.state == "live" and client.state_hash() == publisher.state_hash(TOPICS)
            assert await client.receive(0.05) is None
            publisher.mute = True
            gap = await client.receive(5)
            assert gap == Gap("dead", "", 0) and client.state == "dead"
            publisher.mute = False
            await asyncio.sleep(0.3)
            client.acknowledge()
            shown = [await client.receive(5) for _ in range(3)]
            assert all(item.snapshot for item in shown) and client.state == "live"

    with Publisher(interval_ms=100) as publisher:
        publisher.signal("A")
        asyncio.run(asyncio.wait_for(use(publisher), 30))


# ---- the daemon ----

def the_daemon_behind_a_bad_network():
    """A recorded day through the real daemon: what the client holds behind a network that loses a fifth of all is what
    one beside the daemon holds, message for message; after kill -9 both join its successor."""
    if not (daemon.BIN / "aftershockd").exists():
        print("skipped: no aftershockd in", daemon.BIN)
        return
    with daemon.folder() as where:
        config = daemon.live_config(where)
        with daemon.Daemon(config) as first:
            publish = first.config["publish"]
            with FaultyProxy(publish["live"], seed=3, drop=0.2, duplicate=0.1, swap=0.1, spare=("hb.",)) as proxy, \
                    Client(proxy.endpoint, publish["requests"], TOPICS, name="behind") as behind, \
                    Client(publish["live"], publish["requests"], TOPICS, name="beside") as beside:
                pair = (behind, beside)
                heard = follow(pair, lambda: all(c.state == "live" for c in pair))
                lines = daemon.day()
                last_ts = json.loads(lines[-1])["t"]
                with first.tcp() as wire:
                    wire.sendall("".join(line + "\n" for line in lines).encode())
                    more = follow(pair, lambda: all((c.ts_now or 0) >= last_ts and c.state == "live" for c in pair)
                                  and behind.state_hash() == beside.state_hash())
                by_topic = [sorted((m.topic, m.gseq) for m in one + two) for one, two in zip(heard, more)]
                assert by_topic[0] == by_topic[1] and len(by_topic[0]) > 20, (len(by_topic[0]), len(by_topic[1]))
                assert behind.counters.repaired > 3 and behind.counters.lost == 0, behind.counters
                assert not behind.degraded
                assert beside.counters.repaired == 0, beside.counters
                epoch = behind.epoch
                first.process.kill()
                first.process.wait(10)
                with daemon.Daemon(config):
                    shown = follow(pair, lambda: all(c.epoch != epoch and c.state in ("live", "dead") for c in pair))
                    assert all(c.degraded and c.counters.epochs == 1 for c in pair)
                    assert not any(m.actionable for m in shown[0] + shown[1])


def follow(clients, until, seconds=30):
    """Messages of each of several clients until until()."""
    end = time.monotonic() + seconds
    heard = [[] for _ in clients]
    while not until():
        assert time.monotonic() < end, [(c.state, c.ts_now, c.counters) for c in clients]
        for client, messages in zip(clients, heard):
            item = client.receive(0.01)
            while item is not None:
                messages += [item] if isinstance(item, Message) else []
                item = client.receive(0)
    return heard


# ---- packaging ----

def it_installs_into_a_venv_without_the_network():
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        has = subprocess.run([python, "-c", "import pip, setuptools"], capture_output=True, timeout=60, check=False)
        quick = ["--without-pip"] if has.returncode == 0 else []  # the system's will do
        made = subprocess.run([python, "-m", "venv", "--system-site-packages", *quick, str(venv)],
                              capture_output=True, text=True, timeout=100, check=False)
        if made.returncode:
            print("skipped: this python has no venv:", made.stdout.strip().splitlines()[:1])
            return
        source = Path(folder) / "python"
        subprocess.run(["cp", "-r", str(ROOT / "ipc/client/python"), str(source)], check=True)
        done = subprocess.run([str(venv / "bin/python"), "-m", "pip", "install", "--no-build-isolation", "--no-index",
                               "--no-compile", str(source)], capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        code = "import aftershock_client as a; print(a.__file__, a.Client, a.AsyncClient)"
        done = subprocess.run([str(venv / "bin/python"), "-c", code], capture_output=True, text=True, timeout=60,
                              check=False, cwd=folder)
        assert "site-packages" in done.stdout, done.stdout + done.stderr
        assert list(venv.rglob("aftershock_client/py.typed"))


def types_are_strict():
    """Where there is a mypy."""
    mypy = os.environ.get("MYPY", "mypy")
    try:
        done = subprocess.run([mypy, "--strict", "--cache-dir", os.devnull,
                               "aftershock_client"], capture_output=True, text=True, timeout=200, check=False,
                              cwd=ROOT / "ipc/client/python")
    except FileNotFoundError:
        print("skipped: no mypy")
        return
    assert done.returncode == 0, done.stdout


def main():
    assert hashlib.sha256(b"").hexdigest() == Tracker(TOPICS).entries.hash()

    def run(test):
        began = time.monotonic()
        test()
        print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)

    for test in (all_vectors_pass, vectors_are_what_make_writes, no_bytes_do_more_than_be_refused,
                 what_a_client_asks_the_server_takes, a_tracker_survives_any_bytes,
                 a_topic_is_looked_at_before_its_payload, a_past_publishers_signal_is_judged_by_its_epoch,
                 a_ping_tells_how_late_heartbeats_come, a_repair_that_brings_too_much_is_none):
        run(test)
    with ThreadPoolExecutor(3) as pool:  # they wait most of the time, and share nothing
        for done in [pool.submit(run, test) for test in (
                it_installs_into_a_venv_without_the_network, requests_that_nobody_answers, late_join_repair_and_ping,
                a_refusal_says_why, asyncio_does_the_same, restarts_are_another_publisher,
                silence_is_death_until_acknowledged,
                encrypted, a_bad_network_loses_nothing, what_cannot_be_had_back_is_told,
                the_daemon_behind_a_bad_network, what_waits_is_judged_again, types_are_strict)]:
            done.result()


if __name__ == "__main__":
    sys.exit(main())
