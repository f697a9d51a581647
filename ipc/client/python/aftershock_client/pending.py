"""The one request that may be under way: what was asked, what has come, when to ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Sequence

from .entries import hash_of
from .message import Malformed, Received, decode_messages, number

SECOND_NS = 1_000_000_000
BUSY_NS = 100_000_000
TRIES_MAX = 3  # of a repair


@dataclass
class Pending:
    """A request without an answer, or with a useless one."""

    id: int = 0
    due: int = 0  # monotonic ns: when it is asked for again
    tries: int = 0
    busy: bool = False  # asked again at due, but that is no new try


@dataclass
class Sync(Pending):
    """A snapshot that is being taken."""

    at: int = 0
    part: int = 1
    token: Optional[int] = None
    first: Mapping[str, Any] = field(default_factory=dict)  # header of the first part
    messages: list[Received] = field(default_factory=list)

    def restart(self) -> None:
        self.part, self.token, self.first, self.messages = 1, None, {}, []

    def take(self, answer: Mapping[str, Any]) -> bool:
        """True: the snapshot is complete. Raises Malformed if the answer is useless."""
        gseq, parts, count = number(answer.get("gseq")), number(answer.get("parts"), 1), number(answer.get("count"))
        if gseq is None or parts is None or count is None or gseq < self.at or answer.get("part") != self.part:
            raise Malformed("not the snapshot that was asked for")
        if not isinstance(answer.get("halted"), bool):
            raise Malformed("no header")
        if self.part > 1 and any(answer.get(key) != self.first.get(key) for key in ("gseq", "parts", "count", "hash")):
            raise Malformed("a part of another snapshot")
        messages = self.messages + decode_messages(answer.get("messages"))
        if any(message.epoch != answer.get("epoch") or message.gseq > gseq for message in messages):
            raise Malformed("an entry of another time")
        if any(one.gseq >= two.gseq for one, two in zip(messages, messages[1:])):
            raise Malformed("entries out of order")
        if self.part == parts:
            if len(messages) != count or hash_of(messages) != answer.get("hash"):
                raise Malformed("count or hash is wrong")
            self.messages = messages
            return True
        token = number(answer.get("token"))
        if token is None or len(messages) > count:
            raise Malformed("no token for the rest")
        if self.part == 1:
            self.first = {key: answer.get(key) for key in ("gseq", "parts", "count", "hash", "halted")}
        self.messages, self.token, self.part = messages, token, self.part + 1
        return False


@dataclass
class Repair(Pending):
    """A hole that is being repaired."""

    cause: str = ""
    topic: str = ""
    prefixes: Optional[tuple[str, ...]] = None  # request A: everything of these; None: request B, the topic only
    first: int = 0  # gseq to ask from
    until: int = 0  # gseq to ask to
    tseq_known: Optional[int] = None  # last tseq before the hole; None: the topic is not known since S
    tseq_last: int = 0  # of the hole
    snapshot_gseq: int = 0
    messages: list[Received] = field(default_factory=list)

    def take(self, answer: Mapping[str, Any], epoch: int) -> bool:
        """True: all that there is has come. Raises Malformed if the answer is useless."""
        upcoming = number(answer.get("next"))
        if upcoming is None or not self.first < upcoming <= self.until + 1:
            raise Malformed("next does not move, or too far")
        messages = decode_messages(answer.get("messages"))
        at = self.first
        for message in messages:
            if message.epoch != epoch or not self._asked_for(message.topic) or not at <= message.gseq < upcoming:
                raise Malformed("a message that was not asked for")
            at = message.gseq + 1
        self.messages += messages
        self.first = upcoming
        return upcoming > self.until

    def _asked_for(self, topic: str) -> bool:
        return topic == self.topic if self.prefixes is None else topic.startswith(self.prefixes)

    def closed_by(self, messages: Sequence[Received]) -> bool:
        """Messages of its topic: they are just what was missing."""
        if self.tseq_known is None:
            if not messages:
                return self.cause == "tail"  # looked at: it was said before S
            if messages[0].prev > self.snapshot_gseq:
                return False
            begin = messages[0].tseq
        else:
            begin = self.tseq_known + 1
        return [message.tseq for message in messages] == list(range(begin, self.tseq_last + 1))
