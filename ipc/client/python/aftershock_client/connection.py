"""What the blocking and the asyncio client share: sockets and their options, pings, the way from socket to Tracker."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

import msgpack
import zmq
import zmq.auth

from .message import ANSWER_BYTES_MAX, PAYLOAD_BYTES_MAX, Body, Gap, Item, Message
from .tracker import Counters, State, Tracker

LIVE = "tcp://127.0.0.1:5600"
REQUESTS = "tcp://127.0.0.1:5601"
DEFAULT_TOPICS = ("sig.", "shock.", "fact.", "feed.")
PING_NS = 1_000_000_000
ITEMS_MAX = 100_000  # waiting for the bot; beyond that nothing more is read, and the publisher drops what is too much
_RECEIVE_HWM = 10_000
_REQUESTS_HWM = 16
_CLIENT_BYTES = 31  # a longer name is no report: `bad_key`


@dataclass(frozen=True)
class Curve:
    """Keys for an encrypted publisher (publish.curve): its public one, and a pair of our own. Z85, 40 characters."""

    server_key: str
    public_key: str
    secret_key: str

    @classmethod
    def from_files(cls, server: str, own: str) -> "Curve":
        """server: a file with the daemon's public key; own: a key file of `aftershock keygen`."""
        server_key, _ = zmq.auth.load_certificate(server)
        public_key, secret_key = zmq.auth.load_certificate(own)
        if secret_key is None:
            raise ValueError(f"{own}: no secret key in it")
        return cls(server_key.decode("ascii"), public_key.decode("ascii"), secret_key.decode("ascii"))

    def apply(self, socket: Any) -> None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, self.server_key.encode("ascii"))
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.public_key.encode("ascii"))
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.secret_key.encode("ascii"))


class Connection:
    """State and counters of a client, and its two sockets. Use Client or AsyncClient."""

    def __init__(self, context: Any, endpoint: str, requests: str, topics: Sequence[str], name: str,
                 curve: Optional[Curve]) -> None:
        self.tracker = Tracker(topics)
        self._name = (name or f"python-{os.getpid()}").encode("utf-8")[:_CLIENT_BYTES].decode("utf-8", "ignore")
        self._ping_at = time.monotonic_ns()
        self._live = context.socket(zmq.SUB)
        self._requests = context.socket(zmq.DEALER)
        for socket, bytes_max in ((self._live, PAYLOAD_BYTES_MAX), (self._requests, ANSWER_BYTES_MAX)):
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.MAXMSGSIZE, bytes_max)
            socket.setsockopt(zmq.RECONNECT_IVL, 50)
            socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
            if curve is not None:
                curve.apply(socket)
        self._live.setsockopt(zmq.RCVHWM, _RECEIVE_HWM)
        self._requests.setsockopt(zmq.SNDHWM, _REQUESTS_HWM)
        self._requests.connect(requests)
        self._live.connect(endpoint)
        for prefix in dict.fromkeys([*topics, "sys.", "hb."]):  # hb. last: it proves the others
            if prefix != "hb.":
                self._live.setsockopt(zmq.SUBSCRIBE, prefix.encode("utf-8"))
        self._live.setsockopt(zmq.SUBSCRIBE, b"hb.")

    # ---- how things are ----

    @property
    def state(self) -> State:
        """connecting: no heartbeat yet; syncing: a snapshot is on its way; live; repairing: lost messages are on
        their way; dead: four heartbeats missed, stays so until acknowledge; bye: the publisher's announced end."""
        return self.tracker.state

    @property
    def counters(self) -> Counters:
        return self.tracker.counters

    @property
    def degraded(self) -> bool:
        """Something is missing, nothing gives it back, and it has not been acknowledged: no signal is actionable."""
        return self.tracker.degraded

    @property
    def halted(self) -> bool:
        return self.tracker.halted

    @property
    def last_error(self) -> str:
        """What the server refused last, for people; "" if nothing. A client that stays syncing has its reason here."""
        return self.tracker.last_error

    @property
    def epoch(self) -> Optional[int]:
        return self.tracker.epoch

    @property
    def ts_now(self) -> Optional[int]:
        """The publisher's logical clock, ns UTC; None until it is known."""
        return self.tracker.ts_now(time.monotonic_ns())

    @property
    def feeds(self) -> Mapping[str, str]:
        """State of each feed by the latest heartbeat."""
        return dict(self.tracker.feeds)

    @property
    def signals(self) -> dict[str, Body]:
        """Open signals by id."""
        return self._of_kind("sig")

    @property
    def facts(self) -> dict[str, Body]:
        """Facts by their key."""
        return self._of_kind("fact")

    @property
    def shocks(self) -> dict[str, Body]:
        """Shocks by the key of their fact."""
        return self._of_kind("shock")

    @property
    def feed_messages(self) -> dict[str, Body]:
        """The latest message of each feed by its name."""
        return self._of_kind("feed")

    def state_hash(self) -> str:
        """SHA-256 of the state, comparable with a snapshot's: docs/WIRE.md, "State"."""
        return self.tracker.entries.hash()

    def acknowledge(self) -> None:
        """I know what is missing, and hold nothing that it could have closed: go on."""
        self.tracker.acknowledge(time.monotonic_ns())
        self._send()

    def may_act(self, message: Message) -> bool:
        """A signal is (still) actionable, at this moment."""
        return self.tracker.judge(message, time.monotonic_ns()).actionable

    # ---- from socket to tracker ----

    def _of_kind(self, kind: str) -> dict[str, Body]:
        return {name: entry.body for name, entry in self.tracker.entries.of_kind(kind).items()}

    def _received(self, frames: Sequence[bytes]) -> None:
        self.tracker.frames(frames, time.monotonic_ns())
        self._send()

    def _answered(self, frames: Sequence[bytes]) -> None:
        self.tracker.answer(frames[-1], time.monotonic_ns())
        self._send()

    def _tick(self) -> int:
        """What time demands; ns until it demands more."""
        now_ns = time.monotonic_ns()
        self.tracker.tick(now_ns)
        if now_ns >= self._ping_at:
            self._ping_at = now_ns + PING_NS
            self._ask({"op": "ping", "client": self._name, "seen": self.tracker.seen,
                       "lost": self.tracker.counters.lost})
        self._send()
        deadline = self.tracker.deadline()
        return max(0, min(self._ping_at, deadline if deadline is not None else self._ping_at) - now_ns)

    def _send(self) -> None:
        while self.tracker.requests:
            self._ask(self.tracker.requests.popleft())

    def _ask(self, request: Mapping[str, Any]) -> None:
        """Send it, or drop it: what matters is asked for again."""
        raise NotImplementedError

    def _next(self) -> Optional[Item]:
        """The next item, judged again: it may have waited here."""
        if not self.tracker.items:
            return None
        item = self.tracker.items.popleft()
        return item if isinstance(item, Gap) else self.tracker.judge(item, time.monotonic_ns())


def pack(request: Mapping[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(request)
    return packed
