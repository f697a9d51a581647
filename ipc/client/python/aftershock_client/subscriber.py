"""The subscriber: a ZeroMQ SUB socket, and a Tracker that watches what comes out of it."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType
from typing import Iterator, Optional, Sequence

import zmq

from .message import PAYLOAD_BYTES_MAX, Gap, Malformed, Message, decode
from .tracker import Counters, State, Tracker

DEFAULT_TOPICS = ("sig.", "shock.", "fact.", "feed.", "sys.")
_ALWAYS = ("hb.", "sys.")
_RECEIVE_HWM = 100_000


class Subscriber:
    """Messages of one publisher, in order, with every known loss told.

    Not for several threads at once. Use it as a context manager and iterate: iteration blocks, and goes on for ever,
    through the publisher's end and its restart; state says how things are.
    """

    def __init__(self, endpoint: str = "tcp://127.0.0.1:5600", topics: Sequence[str] = DEFAULT_TOPICS,
                 context: Optional[zmq.Context[zmq.Socket[bytes]]] = None) -> None:
        self._tracker = Tracker(topics, time.monotonic())
        self._ready: deque[Message | Gap] = deque()
        self._socket = (context or zmq.Context.instance()).socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, _RECEIVE_HWM)
        self._socket.setsockopt(zmq.MAXMSGSIZE, PAYLOAD_BYTES_MAX)
        for prefix in {*topics, *_ALWAYS}:
            self._socket.setsockopt(zmq.SUBSCRIBE, prefix.encode("ascii"))
        self._socket.connect(endpoint)

    # ---- how things are ----

    @property
    def state(self) -> State:
        """connecting: no heartbeat yet; live; dead: four heartbeats missed, stays so until acknowledge; bye."""
        return self._tracker.state

    @property
    def counters(self) -> Counters:
        return self._tracker.counters

    @property
    def lost(self) -> int:
        """Messages known to be lost, at least. Never falls."""
        return self._tracker.counters.lost

    @property
    def degraded(self) -> bool:
        """Something is missing that has not been acknowledged: open nothing on this picture."""
        return self._tracker.degraded

    @property
    def halted(self) -> bool:
        return self._tracker.halted

    @property
    def epoch(self) -> Optional[int]:
        return self._tracker.epoch

    @property
    def ts_now(self) -> int:
        """The publisher's logical clock at its last heartbeat, ns UTC; 0 until it has begun."""
        return self._tracker.ts_now

    @property
    def feeds(self) -> dict[str, str]:
        """State of each feed at the last heartbeat."""
        return dict(self._tracker.feeds)

    def acknowledge(self) -> None:
        """I know that messages are missing and hold nothing that they could have closed: go on."""
        self._tracker.acknowledge(time.monotonic())

    # ---- messages ----

    def receive(self, timeout: Optional[float] = None) -> Optional[Message | Gap]:
        """The next message or gap; None after timeout seconds without one. None: wait for ever."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self._ready:
            now = time.monotonic()
            wait = self._tracker.deadline(now)
            if end is not None:
                wait = min(wait, max(0.0, end - now))
            if self._socket.poll(int(wait * 1000) + 1):
                self._read()
            else:
                gap = self._tracker.tick(time.monotonic())
                if gap is not None:
                    self._ready.append(gap)
            if not self._ready and end is not None and time.monotonic() >= end:
                return None
        return self._ready.popleft()

    def _read(self) -> None:
        frames = self._socket.recv_multipart()
        now = time.monotonic()
        gap = self._tracker.tick(now)  # a message that comes after the deadline does not undo it
        if gap is not None:
            self._ready.append(gap)
        try:
            if len(frames) != 2:
                raise Malformed(f"{len(frames)} frames")
            topic, body = decode(frames[0], frames[1])
        except Malformed:
            self._ready.append(self._tracker.malformed())
            return
        self._ready.extend(self._tracker.take(topic, body, now))

    def __iter__(self) -> Iterator[Message | Gap]:
        while True:
            item = self.receive()
            if item is not None:
                yield item

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "Subscriber":
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()
