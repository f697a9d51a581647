"""Sequences, heartbeats and the state of a connection: everything of a subscriber that needs no socket.

The rules are those of docs/WIRE.md, "Sequences": tseq counts within a topic, a hole in it is a loss; heartbeats name
the last tseq of every topic used lately, so that a lost last message is noticed; another epoch is another publisher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Optional, Sequence

from .message import Gap, Message, number

State = Literal["connecting", "live", "dead", "bye"]
HEARTBEATS_MISSED = 4


@dataclass
class Counters:
    """Since the subscriber was made; none of them ever falls."""

    messages: int = 0
    lost: int = 0  # messages, at least
    duplicates: int = 0  # came twice: not handed out
    stale: int = 0
    epochs: int = 0  # changes of publisher
    malformed: int = 0
    withheld: int = 0  # signals that came while the publisher was held for dead


class Tracker:
    """Takes decoded messages in the order they came. now is any monotonic clock in seconds."""

    def __init__(self, topics: Sequence[str], now: float, heartbeat_s: float = 0.25) -> None:
        self.topics = tuple(topics)
        self.counters = Counters()
        self.state: State = "connecting"
        self.degraded = False
        self.halted = False
        self.epoch: Optional[int] = None
        self.ts_now = 0  # the publisher's logical clock at its last heartbeat; 0: it has not begun
        self.feeds: dict[str, str] = {}
        self._heartbeat_s = heartbeat_s
        self._heard = now
        self._synchronised = False  # a heartbeat of this epoch has come: its tails say where topics stood
        self._tseq: dict[str, int] = {}
        self._missed: Optional[int] = None

    # ---- what the bot may do ----

    def acknowledge(self, now: float) -> None:
        """The bot knows that messages are missing, has dropped what it held, and wants to go on."""
        self.degraded = False
        if self.state == "dead":
            self.state = "connecting"  # live again with the next heartbeat
            self._heard = now

    # ---- what happens ----

    def take(self, topic: str, body: dict[str, Any], now: float) -> list[Message | Gap]:
        """One message: what it means, in order. Gaps come before the message that showed them.

        A signal is actionable if it opens or updates, has a side, is not stale, and nothing is missing: the publisher
        is alive, not halted, and no loss is unacknowledged.
        """
        out: list[Message | Gap] = []
        self.counters.messages += 1
        if body["epoch"] != self.epoch:
            out += self._change_epoch(body["epoch"])
        if self._is_duplicate(topic, body["tseq"]):
            return out
        out += self._count(topic, body["tseq"])
        if topic == "hb.":
            out += self._heartbeat(body, now)
        elif topic == "sys.":
            self._system(body)
        message = self._wrap(topic, body)
        if message is not None:
            out.append(message)
        return out

    def malformed(self) -> Gap:
        """A message that could not be read: what it said is lost."""
        self.counters.malformed += 1
        return self._lose("malformed", "", 1)

    def tick(self, now: float) -> Optional[Gap]:
        """Time has passed: is the publisher dead?"""
        if self.state != "live" or now - self._heard < HEARTBEATS_MISSED * self._heartbeat_s:
            return None
        self.state = "dead"
        return self._lose("dead", "", 0)

    def deadline(self, now: float) -> float:
        """Seconds until tick may have something to say."""
        if self.state != "live":
            return self._heartbeat_s
        return max(0.0, self._heard + HEARTBEATS_MISSED * self._heartbeat_s - now)

    # ---- parts ----

    def _wanted(self, topic: str) -> bool:
        return any(topic.startswith(prefix) for prefix in self.topics)

    def _lose(self, cause: str, topic: str, lost: int) -> Gap:
        self.counters.lost += lost
        self.degraded = True
        return Gap(cause, topic, lost)

    def _change_epoch(self, epoch: int) -> list[Message | Gap]:
        first = self.epoch is None
        self.epoch = epoch
        self._tseq.clear()
        self._missed = None
        self.ts_now = 0
        self._synchronised = False
        if first:
            return []
        self.counters.epochs += 1
        if self.state != "dead":
            self.state = "connecting"
        return [self._lose("epoch", "", 0)]

    def _is_duplicate(self, topic: str, tseq: int) -> bool:
        seen = self._tseq.get(topic)
        duplicate = seen is not None and tseq <= seen
        self.counters.duplicates += duplicate
        return duplicate

    def _count(self, topic: str, tseq: int) -> list[Message | Gap]:
        seen = self._tseq.get(topic)
        self._tseq[topic] = tseq
        if seen is None or tseq == seen + 1:
            return []  # the first message of a topic is where we joined it
        return [self._lose("tseq", topic, tseq - seen - 1)]

    def _heartbeat(self, body: dict[str, Any], now: float) -> list[Message | Gap]:
        self._heard = now
        if self.state == "connecting":
            self.state = "live"
        interval_ms = number(body.get("interval_ms"))
        if interval_ms:
            self._heartbeat_s = interval_ms / 1000
        self.ts_now = number(body.get("ts_now")) or self.ts_now
        self.halted = body.get("halted") is True
        feeds = body.get("feeds")
        if isinstance(feeds, dict):
            self.feeds = {str(name): str(state) for name, state in feeds.items()}
        out = self._tails(body.get("tails"))
        missed = number(body.get("missed"))
        if missed is not None:
            if self._missed is not None and missed > self._missed:
                out.append(self._lose("missed", "", missed - self._missed))
            self._missed = missed
        self._synchronised = True
        return out

    def _tails(self, tails: object) -> list[Message | Gap]:
        out: list[Message | Gap] = []
        for topic, tail in tails.items() if isinstance(tails, dict) else ():
            if number(tail) is None or not (self._wanted(topic) or topic == "sys."):
                continue
            seen = self._tseq.get(topic)
            if seen is None or seen < tail:
                self._tseq[topic] = tail
                if seen is not None or self._synchronised:  # else it was said before we joined
                    out.append(self._lose("tail", topic, tail - seen if seen is not None else 1))
        return out

    def _system(self, body: dict[str, Any]) -> None:
        what = body.get("what")
        if what == "bye":
            self.state = "bye"
        elif what in ("halt", "resume"):
            self.halted = what == "halt"

    def _wrap(self, topic: str, body: dict[str, Any]) -> Optional[Message]:
        if not self._wanted(topic):
            return None
        if not topic.startswith("sig."):
            return Message(topic, body)
        if self.state == "dead":
            self.counters.withheld += 1
            return None
        acts = body.get("action") in ("open", "update")
        valid_until = number(body.get("valid_until"))
        near_miss = valid_until is not None and valid_until <= (number(body.get("ts_recv")) or 0)  # valid at no time
        stale = acts and not near_miss and valid_until is not None and valid_until < self.ts_now
        self.counters.stale += stale
        actionable = (acts and not stale and not near_miss and body.get("side") in (-1, 1) and self.state == "live"
                      and not self.halted and not self.degraded)
        return Message(topic, body, stale, actionable)
