"""The Python client against a publisher of the test's own: an XPUB socket that says what it is told, right or wrong."""

import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgpack
import zmq

ROOT = Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "ipc/client/python"))
from aftershock_client import Gap, Message, Subscriber  # noqa: E402  pylint: disable=wrong-import-position

NOW = 1_782_936_000_000_000_000
HEARTBEAT_MS = 250


class Publisher:
    """Real frames over a real socket, with sequences that the test may spoil."""

    def __init__(self, context):
        self.socket = context.socket(zmq.XPUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.endpoint = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.epoch = 7
        self.tseq = {}
        self.gseq = itertools.count(1)

    def next(self, topic):
        self.tseq[topic] = self.tseq.get(topic, 0) + 1
        return self.tseq[topic]

    def skip(self, topic):
        """A message that is lost on its way."""
        self.next(topic)

    def send(self, topic, tseq=None, **keys):
        body = {"v": 1, "epoch": self.epoch, "gseq": next(self.gseq), "ts_pub": time.time_ns(), "replay": False,
                "tseq": tseq if tseq is not None else self.next(topic), **keys}
        self.socket.send_multipart([topic.encode(), msgpack.packb(body)])

    def signal(self, topic, tseq=None, **keys):
        self.send(topic, tseq, **{"action": "open", "side": 1, "id": "ab", "sym": "NVDA", "kind": "overreaction",
                                  "valid_until": NOW + 10, "a_key_of_tomorrow": [1], **keys})

    def heartbeat(self, tails=None, **keys):
        tails = {t: n for t, n in self.tseq.items() if t != "hb."} if tails is None else tails
        self.send("hb.", **{"interval_ms": HEARTBEAT_MS, "oldest": 1, "feeds": {"wire": "live"}, "ts_now": NOW,
                            "halted": False, "missed": 0, "tails": tails, **keys})

    def joined(self, prefixes):
        for _ in range(prefixes):
            assert self.socket.poll(3000), "nobody subscribes"
            self.socket.recv()


def drain(subscriber, seconds=0.15):
    items = []
    while (item := subscriber.receive(seconds)) is not None:
        items.append(item)
    return items


def with_pair(test):
    """Run test(publisher, subscriber) on a fresh pair, joined and live."""
    context = zmq.Context()
    publisher = Publisher(context)
    with Subscriber(publisher.endpoint, ("sig.", "sys."), context) as subscriber:
        publisher.joined(3)
        assert subscriber.state == "connecting"
        publisher.heartbeat()
        assert drain(subscriber) == [] and subscriber.state == "live"
        test(publisher, subscriber)
    publisher.socket.close()
    context.term()


def messages_in_order_are_handed_out_and_actionable(publisher, subscriber):
    for _ in range(3):
        publisher.signal("sig.overreaction.NVDA.")
    items = drain(subscriber)
    assert [type(item) for item in items] == [Message] * 3 and all(item.actionable for item in items), items
    assert items[0].body["a_key_of_tomorrow"] == [1] and items[0].kind == "sig"
    assert subscriber.lost == 0 and not subscriber.degraded and subscriber.feeds == {"wire": "live"}
    assert subscriber.ts_now == NOW and subscriber.epoch == 7


def a_hole_in_tseq_is_a_loss(publisher, subscriber):
    publisher.signal("sig.overreaction.NVDA.")
    publisher.skip("sig.overreaction.NVDA.")
    publisher.skip("sig.overreaction.NVDA.")
    publisher.signal("sig.overreaction.NVDA.")
    first, gap, second = drain(subscriber)
    assert gap == Gap("tseq", "sig.overreaction.NVDA.", 2) and subscriber.lost == 2 and subscriber.degraded
    assert first.actionable and not second.actionable
    subscriber.acknowledge()
    publisher.signal("sig.overreaction.NVDA.")
    (third,) = drain(subscriber)
    assert third.actionable and subscriber.lost == 2 and not subscriber.degraded


def a_lost_last_message_is_seen_in_the_heartbeats_tails(publisher, subscriber):
    publisher.signal("sig.overreaction.NVDA.")
    publisher.skip("sig.overreaction.NVDA.")
    publisher.skip("sig.overreaction.AMD.")  # the only one of its topic
    publisher.skip("shock.META.")  # not subscribed: none of ours
    publisher.heartbeat()
    _, *gaps = drain(subscriber)
    assert gaps == [Gap("tail", "sig.overreaction.NVDA.", 1), Gap("tail", "sig.overreaction.AMD.", 1)], gaps
    publisher.heartbeat()
    assert drain(subscriber) == [] and subscriber.lost == 2


def a_duplicate_is_counted_and_not_handed_out(publisher, subscriber):
    publisher.signal("sig.overreaction.NVDA.")
    publisher.signal("sig.overreaction.NVDA.", tseq=1)
    assert len(drain(subscriber)) == 1
    assert subscriber.counters.duplicates == 1 and subscriber.lost == 0 and not subscriber.degraded


def a_stale_signal_is_marked_and_not_actionable(publisher, subscriber):
    publisher.signal("sig.overreaction.NVDA.", valid_until=NOW - 1)
    publisher.signal("sig.overreaction.NVDA.", action="close", valid_until=NOW - 1)
    publisher.signal("sig.overreaction.NVDA.", action="update", valid_until=None)
    old, close, forever = drain(subscriber)
    assert old.stale and not old.actionable
    assert not close.stale and not close.actionable, "a close is never stale"
    assert not forever.stale and forever.actionable
    assert subscriber.counters.stale == 1


def a_near_miss_is_neither_stale_nor_actionable(publisher, subscriber):
    publisher.signal("sig.mean_reversion.NVDA.", action="update", side=0, ts_recv=NOW - 5, valid_until=NOW - 5)
    publisher.signal("sig.mean_reversion.NVDA.", action="update", side=1, ts_recv=NOW - 5, valid_until=NOW - 5)
    for miss in drain(subscriber):
        assert not miss.stale and not miss.actionable
    assert subscriber.counters.stale == 0


def a_new_epoch_is_a_new_publisher(publisher, subscriber):
    publisher.signal("sig.overreaction.NVDA.")
    publisher.epoch, publisher.tseq = 8, {}
    publisher.signal("sig.overreaction.NVDA.")
    first, gap, second = drain(subscriber)
    assert first.actionable and gap == Gap("epoch", "", 0) and not second.actionable
    assert subscriber.counters.epochs == 1 and subscriber.lost == 0 and subscriber.state == "connecting"
    subscriber.acknowledge()
    publisher.heartbeat()
    assert drain(subscriber) == [] and subscriber.state == "live" and subscriber.epoch == 8


def decisions_that_the_daemon_dropped_are_a_loss(publisher, subscriber):
    publisher.heartbeat(missed=3)
    assert drain(subscriber) == [Gap("missed", "", 3)] and subscriber.lost == 3 and subscriber.degraded


def four_intervals_of_silence_are_death_and_only_the_bot_resumes(publisher, subscriber):
    began = time.monotonic()
    gap = subscriber.receive(5)
    took = time.monotonic() - began
    assert gap == Gap("dead", "", 0) and subscriber.state == "dead" and subscriber.degraded
    assert 2.5 * HEARTBEAT_MS / 1000 < took < 5, took
    publisher.heartbeat()
    publisher.signal("sig.overreaction.NVDA.")
    assert drain(subscriber) == [] and subscriber.state == "dead" and subscriber.counters.withheld == 1
    subscriber.acknowledge()
    assert subscriber.state == "connecting"
    publisher.heartbeat()
    publisher.signal("sig.overreaction.NVDA.")
    (message,) = drain(subscriber)
    assert message.actionable and subscriber.state == "live"


def halt_resume_and_bye_are_states(publisher, subscriber):
    publisher.send("sys.", what="halt", reason="")
    publisher.signal("sig.overreaction.NVDA.")
    _, message = drain(subscriber)
    assert subscriber.halted and not message.actionable
    publisher.send("sys.", what="resume", reason="")
    assert len(drain(subscriber)) == 1 and not subscriber.halted
    publisher.send("sys.", what="bye", reason="shutdown")
    (bye,) = drain(subscriber)
    assert bye.body["reason"] == "shutdown" and subscriber.state == "bye"
    assert drain(subscriber, 6 * HEARTBEAT_MS / 1000) == [] and subscriber.state == "bye", "the end was announced"


def bytes_that_are_no_message_do_no_harm(publisher, subscriber):
    good = {"v": 1, "epoch": 7, "gseq": 1, "tseq": 1, "ts_pub": 1}
    bad = [b"", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 5000, msgpack.packb([1]), msgpack.packb({**good, "v": 2}),
           msgpack.packb({**good, "tseq": -1}), msgpack.packb({**good, "epoch": "7"}), msgpack.packb(good) + b"\0",
           msgpack.packb({**good, "x": msgpack.ExtType(1, b"x")}), msgpack.packb({**good, "x": "y" * 5000})]
    for payload in bad:
        publisher.socket.send_multipart([b"sig.x.", payload])
    publisher.socket.send_multipart([b"sig.x.\xff", msgpack.packb(good)])
    publisher.socket.send_multipart([b"sig.x.", msgpack.packb(good), b"more"])
    items = drain(subscriber)
    assert [getattr(item, "cause", item) for item in items] == ["malformed"] * (len(bad) + 2), items
    publisher.signal("sig.overreaction.NVDA.")
    (message,) = drain(subscriber)
    assert isinstance(message, Message) and subscriber.degraded


def tails_from_before_we_joined_are_no_loss():
    context = zmq.Context()
    publisher = Publisher(context)
    for _ in range(5):
        publisher.skip("sig.overreaction.NVDA.")
    with Subscriber(publisher.endpoint, ("sig.",), context) as subscriber:
        publisher.joined(3)
        publisher.heartbeat()
        publisher.signal("sig.overreaction.NVDA.")
        publisher.signal("sig.mean_reversion.AMD.", tseq=90)
        assert all(isinstance(item, Message) for item in drain(subscriber)) and subscriber.lost == 0
    publisher.socket.close()
    context.term()


def it_installs_into_a_venv_without_the_network():
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        made = subprocess.run([python, "-m", "venv", "--system-site-packages", str(venv)], capture_output=True,
                              text=True, timeout=100, check=False)
        if made.returncode:
            print("skipped: this python has no venv:", made.stdout.strip().splitlines()[:1])
            return
        source = Path(folder) / "python"
        subprocess.run(["cp", "-r", str(ROOT / "ipc/client/python"), str(source)], check=True)
        done = subprocess.run([str(venv / "bin/pip"), "install", "--no-build-isolation", "--no-index", str(source)],
                              capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        done = subprocess.run([str(venv / "bin/python"), "-c", "import aftershock_client as a; print(a.__file__)"],
                              capture_output=True, text=True, timeout=60, check=False, cwd=folder)
        assert "site-packages" in done.stdout, done.stdout + done.stderr
        assert list(venv.rglob("aftershock_client/py.typed"))


def main():
    for test in (messages_in_order_are_handed_out_and_actionable, a_hole_in_tseq_is_a_loss,
                 a_lost_last_message_is_seen_in_the_heartbeats_tails, a_duplicate_is_counted_and_not_handed_out,
                 a_stale_signal_is_marked_and_not_actionable,
                 a_near_miss_is_neither_stale_nor_actionable, a_new_epoch_is_a_new_publisher,
                 decisions_that_the_daemon_dropped_are_a_loss,
                 four_intervals_of_silence_are_death_and_only_the_bot_resumes, halt_resume_and_bye_are_states,
                 bytes_that_are_no_message_do_no_harm):
        with_pair(test)
        print("ok", test.__name__)
    for test in (tails_from_before_we_joined_are_no_loss, it_installs_into_a_venv_without_the_network):
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    sys.exit(main())
