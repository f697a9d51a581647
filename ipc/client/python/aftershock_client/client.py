"""The blocking client."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Iterator, Mapping, Optional, Sequence

import zmq

from .connection import DEFAULT_TOPICS, LIVE, REQUESTS, Connection, Curve, pack
from .message import Item

_BATCH = 256  # messages read before the bot has its turn


class Client(Connection):
    """Messages of one publisher, in order, with every loss repaired or told.

    Not for several threads at once. Use it as a context manager and iterate: iteration blocks, and goes on for ever,
    through the publisher's end and its restart; state says how things are. Whoever does not call receive for four
    heartbeat intervals has not heard the publisher for so long, and holds it for dead: it cannot know better. A bot
    that is slower than that asks an AsyncClient, which listens in between.
    """

    def __init__(self, endpoint: str = LIVE, requests: str = REQUESTS, topics: Sequence[str] = DEFAULT_TOPICS, *,
                 name: str = "", curve: Optional[Curve] = None, context: Optional[Any] = None) -> None:
        super().__init__(context or zmq.Context.instance(), endpoint, requests, topics, name, curve)
        self._poller = zmq.Poller()
        self._poller.register(self._live, zmq.POLLIN)
        self._poller.register(self._requests, zmq.POLLIN)

    def receive(self, timeout: Optional[float] = None) -> Optional[Item]:
        """The next message or gap; None after timeout seconds without one. None: wait for ever."""
        end_ns = None if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        while True:
            wait_ns = self._tick()
            item = self._next()
            if item is not None:
                return item
            left_ns = wait_ns if end_ns is None else min(wait_ns, end_ns - time.monotonic_ns())
            ready = dict(self._poller.poll(max(0, left_ns // 1_000_000 + 1) if left_ns > 0 else 0))
            if self._requests in ready:
                self._read(self._requests)
            if self._live in ready:
                self._read(self._live)
            if not ready and not self.tracker.items and end_ns is not None and time.monotonic_ns() >= end_ns:
                self._tick()
                return self._next()

    def _read(self, socket: Any) -> None:
        for _ in range(_BATCH):
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if socket is self._live:
                self._received(frames)
            else:
                self._answered(frames)

    def _ask(self, request: Mapping[str, Any]) -> None:
        try:
            self._requests.send(pack(request), zmq.NOBLOCK)
        except zmq.Again:
            pass

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self.receive()
            if item is not None:
                yield item

    def close(self) -> None:
        self._live.close()
        self._requests.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()
