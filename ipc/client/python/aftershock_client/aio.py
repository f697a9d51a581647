"""The client for asyncio."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, AsyncIterator, Mapping, Optional, Sequence

import zmq
import zmq.asyncio

from .connection import DEFAULT_TOPICS, ITEMS_MAX, LIVE, REQUESTS, Connection, Curve, pack
from .message import Item

_TICK_MAX_S = 0.05


class AsyncClient(Connection):
    """As Client; `async with` it, and iterate with `async for`. It listens in a task of its own, so that a bot may take
    its time with a message as long as it does not block the loop."""

    def __init__(self, endpoint: str = LIVE, requests: str = REQUESTS, topics: Sequence[str] = DEFAULT_TOPICS, *,
                 name: str = "", curve: Optional[Curve] = None, context: Optional[Any] = None) -> None:
        super().__init__(context or zmq.asyncio.Context.instance(), endpoint, requests, topics, name, curve)
        self._some = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: Optional[BaseException] = None

    async def receive(self, timeout: Optional[float] = None) -> Optional[Item]:
        """The next message or gap; None after timeout seconds without one. None: wait for ever."""
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while True:
            if self._failed is not None:
                raise self._failed
            item = self._next()
            if item is not None:
                return item
            self._some.clear()
            try:
                await asyncio.wait_for(self._some.wait(), None if end is None else max(0.0, end - loop.time()))
            except asyncio.TimeoutError:
                return self._next()

    def acknowledge(self) -> None:
        super().acknowledge()
        self._wake()

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._items()

    async def _items(self) -> AsyncIterator[Item]:
        while True:
            item = await self.receive()
            if item is not None:
                yield item

    # ---- tasks ----

    async def _listen(self) -> None:
        while True:
            while len(self.tracker.items) >= ITEMS_MAX:
                await asyncio.sleep(_TICK_MAX_S)
            self._received(await self._live.recv_multipart())
            self._wake()

    async def _hear_answers(self) -> None:
        while True:
            self._answered(await self._requests.recv_multipart())
            self._wake()

    async def _keep_time(self) -> None:
        while True:
            wait_s = self._tick() / 1e9
            self._wake()
            await asyncio.sleep(min(wait_s, _TICK_MAX_S))

    def _wake(self) -> None:
        if self.tracker.items or self._failed is not None:
            self._some.set()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self._failed = task.exception()
            self._some.set()

    def _ask(self, request: Mapping[str, Any]) -> None:
        future = self._requests.send(pack(request), zmq.NOBLOCK)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # dropped: asked for again

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._live.close()
        self._requests.close()

    async def __aenter__(self) -> "AsyncClient":
        self._tasks = [asyncio.create_task(part()) for part in (self._keep_time, self._listen, self._hear_answers)]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        return self

    async def __aexit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()
