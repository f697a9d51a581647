"""The signal bus as its clients see it: late joins, repair, restarts, a stopped subscriber, the same bytes everywhere.

The same scenarios at the issue's figures are in tests/soak/test_wire.py.
"""

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import msgpack
import zmq

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import wire  # noqa: E402  pylint: disable=wrong-import-position
from tests.support.faulty_proxy import FaultyProxy  # noqa: E402  pylint: disable=wrong-import-position


def languages():
    found = []
    for language in wire.PROBES:
        why_not = wire.have(language)
        if why_not:
            print(f"left out: {language}: {why_not}")
        else:
            found.append(language)
    return found


def subscribe(endpoint, *prefixes):
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.RCVTIMEO, 5000)
    for prefix in prefixes:
        socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
    socket.connect(endpoint)
    return socket


def receive_until(socket, gseq):
    """All messages up to gseq: [(topic, payload, body)]."""
    got = []
    while not got or got[-1][2]["gseq"] < gseq:
        topic, payload = socket.recv_multipart()
        got.append((topic.decode(), payload, msgpack.unpackb(payload)))
    return got


def what_was_published_can_be_had_again_byte_for_byte():
    with ast.folder() as directory, wire.Flood(directory, "--rate", 5000, "--names", 300, "--paused",
                                           publish=", memory: 1", journal=True) as flood, \
            wire.Requests(flood.requests) as requests:
        socket = subscribe(flood.live, "")
        first = receive_until(socket, 1)[-1][2]["gseq"]
        flood.go()
        time.sleep(1.5)
        report = flood.pause()
        live = [message for message in receive_until(socket, report["gseq"]) if message[2]["gseq"] > first]
        assert len(live) > 5000, len(live)
        again = requests.replay(flood.epoch, first + 1, report["gseq"])
        assert [(topic, payload) for topic, payload, _ in live][:len(again)] == [tuple(m) for m in again]
        assert live[len(again) - 1][2]["gseq"] == report["gseq"]
        memory = sum(len(payload) for _, payload, _ in live)
        assert memory > 2 << 20, memory  # more than memory keeps: the rest came from disk
        only = requests.replay(flood.epoch, first + 1, report["gseq"], "sig.overreaction.N7.")
        name = [(t, p) for t, p, _ in live if t == "sig.overreaction.N7."]
        assert only and [tuple(m) for m in only] == name[:len(only)]
        # the state, read by the table of docs/WIRE.md from the first message on
        state = wire.State()
        for topic, payload, body in live:
            if body["gseq"] <= report["gseq"]:
                state.take(topic, payload)
        answer, messages = requests.snapshot(["sig.", "fact.", "shock."])
        expected = [(t, p) for t, p in state.messages() if not t.startswith("feed.")]
        assert [tuple(m) for m in messages] == expected and len(expected) > 100, (len(messages), len(expected))
        refused = requests.ask(op="replay", epoch=flood.epoch + 1, **{"from": 1})
        assert refused["error"] == "epoch" and refused["epoch"] == flood.epoch, refused
        for topic, payload, body in live:  # prev is the chain that a late joiner needs
            assert body["prev"] < body["gseq"]
        socket.close()
        print(f"{len(live)} messages, {memory} bytes again from memory and disk; {len(messages)} entries of state")


def a_reliable_stream_is_a_replay_in_a_loop():
    with ast.folder() as directory, wire.Flood(directory, "--rate", 3000) as flood, \
            wire.Requests(flood.requests) as requests:
        at, taken, end = 1, 0, time.monotonic() + 1.5
        last = 0
        while time.monotonic() < end:
            answer = requests.ask(op="replay", epoch=flood.epoch, prefix="sig.", wait_ms=200, **{"from": at})
            assert answer["error"] is None, answer
            for _, payload in answer["messages"]:
                body = msgpack.unpackb(payload)
                assert body["gseq"] > last
                last = body["gseq"]
                taken += 1
            at = answer["next"]
        assert taken > 1000, taken
        print(f"{taken} messages by waiting replays")


def late_joiners_know_what_the_publisher_knows():
    assert wire.late_joins(rounds=1, clients=6, rate=3000, languages=languages(), names=500) == 6


def restarts_are_seen_and_nothing_stale_is_acted_on():
    assert len(wire.restarts(6, rate=500)) == 6


def a_stopped_subscriber_harms_nobody_and_repairs():
    if wire.have("c") is None:
        wire.stopped(4, 6000, queue_mib=1)


def every_client_survives_a_bad_network_and_a_restart():
    """Loss, duplicates, changed order, then kill -9: each client stands where an undisturbed reading stands."""
    faults = {"drop": 0.1, "duplicate": 0.1, "swap": 0.1, "delay": 0.1, "spare": ("hb.",)}
    arguments = ("--rate", 200, "--names", 100)
    limits = ", rate: 100000"
    with ast.folder() as directory, wire.Flood(directory, *arguments, publish=limits) as first, \
            FaultyProxy(first.live, seed=5, **faults) as proxy:
        through = SimpleNamespace(live=proxy.endpoint, requests=first.requests)
        running = {language: wire.probe(language, through, 9, "--acknowledge") for language in languages()}
        time.sleep(4)
        first.kill()
        with wire.Flood(directory, *arguments, publish=limits, live=first.live, requests=first.requests) as second, \
                wire.Requests(second.requests) as requests:
            time.sleep(2.5)
            second.pause()
            answer, _ = requests.snapshot()
            for language, process in running.items():
                got = wire.result(process)
                counters = got["counters"]
                assert got["state"] == "live" and got["hash"] == answer["hash"], (got, answer["hash"])
                assert counters["repaired"] > 20 and counters["duplicates"] > 20 and counters["epochs"] == 1, got
                print(f"{language}: repaired {counters['repaired']}, duplicates {counters['duplicates']}, "
                      f"lost for good {counters['lost']}")
        assert proxy.counts["dropped"] > 50 and proxy.counts["swapped"] > 20, proxy.counts


if __name__ == "__main__":
    sys.exit(ast.run_tests(every_client_survives_a_bad_network_and_a_restart,
                           what_was_published_can_be_had_again_byte_for_byte, a_reliable_stream_is_a_replay_in_a_loop,
                           late_joiners_know_what_the_publisher_knows,
                           restarts_are_seen_and_nothing_stale_is_acted_on,
                           a_stopped_subscriber_harms_nobody_and_repairs))
