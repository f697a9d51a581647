"""The core of a client: everything but sockets and clocks. docs/WIRE.md, "A client, step by step", is what it does;
ipc/client/conformance holds it to that.

What comes goes in by frames, answer, tick and acknowledge; what a bot is to see is then in items, what the server is to
be asked in requests. now_ns is any monotonic clock. Not for several threads at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Literal, Mapping, Optional, Sequence

from .entries import Entries
from .message import (TOPIC_BYTES_MAX, Gap, Item, Malformed, Message, Received, decode, decode_answer, decode_topic,
                      number, opens_or_renews)
from .pending import BUSY_NS, SECOND_NS, TRIES_MAX, Repair, Sync

State = Literal["connecting", "syncing", "live", "repairing", "dead", "bye"]
HEARTBEATS_MISSED = 4
BUFFER_MAX = 100_000
TOPICS_MAX = 64  # of a request, which has 4,096 bytes
TOPICS_BYTES_MAX = 3_600
MS_NS = 1_000_000
_ALWAYS = ("hb.", "sys.")
_ERROR_CHARACTERS = 256


@dataclass
class Counters:
    """Since the client was made; none of them ever falls."""

    messages: int = 0  # handed out, those of snapshots excepted
    lost: int = 0  # messages, at least, that did not come back
    repaired: int = 0  # messages that were lost and had back
    duplicates: int = 0  # seen before, or covered by a snapshot: not handed out
    stale: int = 0  # handed out when their valid_until had passed
    stale_epoch: int = 0  # of a publisher that is no more: not handed out
    epochs: int = 0  # changes of publisher
    malformed: int = 0
    withheld: int = 0  # signals that came while the publisher was held for dead


class Tracker:
    """One publisher as one bot sees it."""

    def __init__(self, topics: Sequence[str], heartbeat_ms: int = 250) -> None:
        sizes = [len(topic.encode("utf-8")) for topic in topics]
        if len(sizes) > TOPICS_MAX or max(sizes, default=0) > TOPIC_BYTES_MAX or sum(sizes) > TOPICS_BYTES_MAX:
            raise ValueError(f"{len(sizes)} topics of {sum(sizes)} bytes; allowed: {TOPICS_MAX} of "
                             f"{TOPIC_BYTES_MAX} bytes each, {TOPICS_BYTES_MAX} together")
        self.topics = tuple(topics)
        self.counters = Counters()
        self.degraded = False
        self.halted = False
        self.epoch: Optional[int] = None
        self.seen = 0  # the latest gseq of this epoch
        self.feeds: Mapping[str, str] = {}  # state of each, by the latest heartbeat
        self.last_error = ""  # what the server refused last: "snapshot: denied: ..."
        self.entries = Entries()
        self.items: deque[Item] = deque()
        self.requests: deque[dict[str, Any]] = deque()
        self._follows: Literal["connecting", "silent", "syncing", "live", "repairing", "bye"] = "connecting"
        self._dead = False  # until heartbeats are back and the bot has acknowledged
        self._acknowledged = False  # while silent
        self._interval_ns = heartbeat_ms * MS_NS
        self._heard = 0
        self._beat = 0  # gseq of the latest heartbeat
        self._beat_tails: Mapping[str, int] = {}
        self._ts_now: Optional[int] = None
        self._ts_now_at = 0
        self._ping_ts_now: Optional[int] = None
        self._ping_at = 0
        self._replay = False
        self._missed: Optional[int] = None
        self._halted_gseq = 0
        self._past: set[int] = set()
        self._snapshot_gseq = 0
        self._known: dict[str, tuple[int, int]] = {}  # topic: last tseq and its gseq, since the snapshot
        self._taken = 0  # L: highest gseq taken in order, S after a snapshot
        self._covered = 0  # gseq of the latest message for which everything before it was asked for
        self._tails_by_s: dict[str, int] = {}  # what heartbeats up to the snapshot said
        self._buffer: deque[Received] = deque()
        self._pending: Sync | Repair | None = None
        self._ids = 0

    # ---- how things are ----

    @property
    def state(self) -> State:
        if self._dead or self._follows == "silent":
            return "dead"
        return self._follows

    def ts_now(self, now_ns: int) -> Optional[int]:
        """The publisher's logical clock, ns UTC; None: not known."""
        if self._ts_now is None:
            return None
        times = (self._ts_now, self._ts_now_at), (self._ping_ts_now, self._ping_at)
        return max(ts if self._replay else ts + now_ns - at for ts, at in times if ts is not None)

    def deadline(self) -> Optional[int]:
        """When tick will have something to do, if nothing comes before."""
        times = [self._heard + HEARTBEATS_MISSED * self._interval_ns] if self._may_die() else []
        if self._pending is not None:
            times.append(self._pending.due)
        return min(times, default=None)

    def judge(self, message: Message, now_ns: int) -> Message:
        """A message that was handed out and waited: what has passed since may forbid what it allowed."""
        if not message.actionable:
            return message
        stale, actionable = self._judge(message.body, now_ns)
        if stale:
            self.counters.stale += 1
        return message if actionable else replace(message, stale=stale, actionable=False)

    # ---- what happens ----

    def frames(self, frames: Sequence[bytes], now_ns: int) -> None:
        """A message was received."""
        self.tick(now_ns)
        try:
            topic = decode_topic(frames)
            if not self._wanted(topic) and topic not in _ALWAYS:
                return
            message = decode(topic, frames[1])
        except Malformed:
            self.counters.malformed += 1
            self._lose("malformed", "", 0)
            return
        if self._is_of_epoch(message, now_ns):
            self._receive(message, now_ns)

    def answer(self, data: bytes, now_ns: int) -> None:
        """A frame came from the requests socket. An answer that is useless is as one that did not come."""
        pending = self._pending
        try:
            answer = decode_answer(data)
            if answer["op"] == "ping":
                self._pinged(answer, now_ns)
                return
            if pending is None or answer.get("id") != pending.id or answer["epoch"] != self.epoch:
                return
            if answer["op"] != ("snapshot" if isinstance(pending, Sync) else "replay"):
                return
            error = answer.get("error")
        except (Malformed, KeyError):
            self.counters.malformed += 1
            return
        try:
            if error == "busy" or (error == "ahead" and isinstance(pending, Repair)):  # the server will come to it
                pending.due, pending.busy = now_ns + BUSY_NS, True
                return
            if error is not None:
                self._note_refusal(answer)
            if isinstance(pending, Sync):
                if error is None:
                    self._synchronise(pending, answer, now_ns)
            elif error is not None:
                self._give_up(pending, now_ns)
            elif pending.take(answer, self.epoch or 0):
                self._repaired(pending, now_ns)
            elif pending.id == answer.get("id"):
                pending.tries = 0
                self._ask(pending, now_ns)
        except Malformed:
            pass

    def _note_refusal(self, answer: Mapping[str, Any]) -> None:
        parts = (answer.get(key) for key in ("op", "error", "detail"))
        self.last_error = ": ".join(part for part in parts if isinstance(part, str))[:_ERROR_CHARACTERS]

    def tick(self, now_ns: int) -> None:
        """Time has passed."""
        if self._may_die() and now_ns - self._heard >= HEARTBEATS_MISSED * self._interval_ns:
            self._die()
        pending = self._pending
        if pending is None or now_ns < pending.due:
            return
        if isinstance(pending, Repair) and not pending.busy and pending.tries >= TRIES_MAX:
            self._give_up(pending, now_ns)
            return
        if isinstance(pending, Sync) and not pending.busy:
            pending.restart()
        self._ask(pending, now_ns)

    def acknowledge(self, now_ns: int) -> None:
        """The bot knows that messages are missing, has dropped what it held, and wants to go on."""
        self.degraded = False
        if not self._dead:
            return
        if self._follows == "silent":
            self._acknowledged = True
            return
        self._dead = False
        if self._follows in ("live", "repairing", "bye"):  # it joined while it was not to say so
            self._show_entries(now_ns)

    def _pinged(self, answer: Mapping[str, Any], now_ns: int) -> None:
        """Heartbeats wait with everything else when we, or the network, are slow; a ping's answer does not."""
        if answer["epoch"] == self.epoch and number(answer.get("ts_now")) is not None:
            self._ping_ts_now, self._ping_at = answer["ts_now"], now_ns

    # ---- epochs, life ----

    def _is_of_epoch(self, message: Received, now_ns: int) -> bool:
        """message is of the publisher of now: the known one, or a new one that it is the first to tell of."""
        if message.epoch == self.epoch:
            return True
        if message.epoch in self._past:
            self.counters.stale_epoch += 1
            return False
        if self.epoch is None:
            if message.topic != "hb.":
                return False
        else:
            self._end_epoch(self.epoch)
        self.epoch = message.epoch
        self._heard = now_ns
        return True

    def _end_epoch(self, epoch: int) -> None:
        if isinstance(self._pending, Repair):
            self._lose_hole(self._pending)
        self._past.add(epoch)
        self.counters.epochs += 1
        self._lose("epoch", "", 0)
        self._follows = "silent" if self._dead and self._follows == "silent" else "connecting"
        self._pending = None
        self._buffer.clear()
        self._known.clear()
        self.entries = Entries()
        self.seen = self._beat = self._halted_gseq = self._snapshot_gseq = 0
        self._beat_tails, self.feeds = {}, {}
        self._ts_now = self._ping_ts_now = self._missed = None
        self.halted = False

    def _may_die(self) -> bool:
        return self.epoch is not None and self._follows not in ("silent", "bye")

    def _die(self) -> None:
        if isinstance(self._pending, Repair):
            self._lose_hole(self._pending)
        self._pending = None
        self._buffer.clear()
        self._follows = "silent"
        self._acknowledged = False
        if not self._dead:
            self._dead = True
            self._lose("dead", "", 0)

    # ---- messages ----

    def _wanted(self, topic: str) -> bool:
        return topic.startswith(self.topics)

    def _receive(self, message: Received, now_ns: int) -> None:
        if message.topic == "hb.":
            if message.gseq <= self._beat:
                self.counters.duplicates += 1
                return
            self._heartbeat(message, now_ns)
        elif self._follows == "connecting":
            return
        self.seen = max(self.seen, message.gseq)
        if message.topic == "sys.":
            self._system(message)
        if self._follows == "silent":
            self.counters.withheld += message.topic.startswith("sig.")
        elif self._follows in ("syncing", "repairing"):
            self._buffer.append(message)
            if len(self._buffer) > BUFFER_MAX:
                self._overflow(now_ns)
        else:
            self._take(message, now_ns)

    def _heartbeat(self, message: Received, now_ns: int) -> None:
        """What a heartbeat says at once, whatever is waiting."""
        body = message.body
        self._heard, self._beat, self._beat_tails = now_ns, message.gseq, body["tails"]
        self._interval_ns = body["interval_ms"] * MS_NS
        self._ts_now, self._ts_now_at, self._replay = body["ts_now"], now_ns, body["replay"]
        feeds = body.get("feeds")
        if isinstance(feeds, dict):
            self.feeds = {name: state for name, state in feeds.items() if isinstance(state, str)}
        self._halt(body["halted"], message.gseq)
        missed = body["missed"]
        if self._missed is not None and missed > self._missed:
            self._lose("missed", "", missed - self._missed)
        self._missed = missed
        self.seen = max(self.seen, message.gseq)
        if self._follows in ("connecting", "silent"):
            if self._acknowledged:
                self._dead = self._acknowledged = False
            self._join(now_ns)

    def _system(self, message: Received) -> None:
        if message.body["what"] in ("halt", "resume"):
            self._halt(message.body["what"] == "halt", message.gseq)

    def _halt(self, halted: bool, gseq: int) -> None:
        """What the source of the highest gseq said."""
        if gseq >= self._halted_gseq:
            self.halted, self._halted_gseq = halted, gseq

    def _take(self, message: Received, now_ns: int) -> bool:
        """One message in its order. False: it shows a hole, and waits in front of the buffer."""
        topic, known = message.topic, self._known.get(message.topic)
        if topic == "hb.":
            return self._take_heartbeat(message, now_ns)
        if message.gseq <= self._snapshot_gseq or (known is not None and message.tseq <= known[0]):
            self.counters.duplicates += 1
            return True
        if self._follows != "bye":
            if known is not None and message.tseq != known[0] + 1:
                self._begin_repair(message, Repair(cause="tseq", topic=topic, tseq_last=message.tseq - 1), now_ns)
                return False
            if known is None and message.prev > self._snapshot_gseq:
                self._begin_repair(message, Repair(cause="tseq", topic=topic, tseq_last=message.tseq - 1), now_ns)
                return False
        self._apply(message, now_ns)
        return True

    def _take_heartbeat(self, message: Received, now_ns: int) -> bool:
        """The second half of a heartbeat: its tails."""
        tails: Mapping[str, int] = message.body["tails"]
        if message.gseq <= self._snapshot_gseq:
            self._tails_by_s.update(tails)
            return True
        for topic, tail in tails.items() if self._follows != "bye" else ():
            if topic == "hb." or not (self._wanted(topic) or topic == "sys."):
                continue
            known = self._known.get(topic)
            if known is None:
                if self._tails_by_s.get(topic, 0) >= tail:
                    continue
                if message.gseq - 1 <= self._snapshot_gseq:
                    self._known[topic] = (tail, self._snapshot_gseq)
                    continue
            elif known[0] >= tail:
                continue
            self._begin_repair(message, Repair(cause="tail", topic=topic, tseq_last=tail), now_ns)
            return False
        self._taken = max(self._taken, message.gseq)
        self.entries.settle(message.gseq)
        self._emit(message, now_ns)
        return True

    def _apply(self, message: Received, now_ns: int) -> None:
        self._known[message.topic] = (message.tseq, message.gseq)
        self._taken = max(self._taken, message.gseq)
        self.entries.apply(message)
        if message.topic == "sys." and message.body["what"] == "bye":
            self._follows = "bye"
        self._emit(message, now_ns, repaired=message.repaired)

    def _drain(self, now_ns: int) -> None:
        """Take what waits, until it is empty or shows a hole."""
        while self._buffer:
            if not self._take(self._buffer.popleft(), now_ns):
                return

    # ---- joining ----

    def _join(self, now_ns: int) -> None:
        """Ask for a snapshot that is true at the last message seen, or later."""
        self._follows = "syncing"
        self._tails_by_s = dict(self._beat_tails)
        self._pending = Sync(at=self.seen)
        self._ask(self._pending, now_ns)

    def _synchronise(self, sync: Sync, answer: Mapping[str, Any], now_ns: int) -> None:
        if not sync.take(answer):
            self._ask(sync, now_ns)
            return
        if not all(self._wanted(message.topic) for message in sync.messages):
            sync.restart()
            raise Malformed("a topic that was not asked for")
        self._pending = None
        self._snapshot_gseq = self._taken = self._covered = answer["gseq"]
        self.seen = max(self.seen, self._snapshot_gseq)
        self._halt(answer["halted"], self._snapshot_gseq)
        self._known.clear()
        self.entries = Entries(sync.messages)
        self._follows = "live"
        self._show_entries(now_ns)
        self._drain(now_ns)

    def _show_entries(self, now_ns: int) -> None:
        for entry in self.entries:
            self._emit(entry, now_ns, snapshot=True)

    # ---- repairing ----

    def _begin_repair(self, shown_by: Received, repair: Repair, now_ns: int) -> None:
        known = self._known.get(repair.topic)
        repair.snapshot_gseq = self._snapshot_gseq
        repair.tseq_known = known[0] if known is not None else None
        repair.until = shown_by.gseq - 1
        if shown_by.gseq > self._covered and self._taken < repair.until:
            repair.prefixes = self.topics
            repair.first = self._taken + 1
            self._covered = shown_by.gseq
        else:
            repair.first = (known[1] if known is not None else self._snapshot_gseq) + 1
        self._buffer.appendleft(shown_by)
        self._follows = "repairing"
        self._pending = repair
        if repair.first > repair.until:  # sequences that cannot be: nothing lies between
            self._give_up(repair, now_ns)
        else:
            self._ask(repair, now_ns)

    def _repaired(self, repair: Repair, now_ns: int) -> None:
        """All that there is has come: what is new of it goes before the message that showed the hole."""
        came = self._news(repair.messages)
        if repair.prefixes is None and not repair.closed_by(came):
            self._give_up(repair, now_ns)
            return
        if len(self._buffer) + len(came) > BUFFER_MAX:
            self._overflow(now_ns)
            return
        self._pending = None
        self._follows = "live"
        if came:
            self.counters.repaired += len(came)
            self.items.append(Gap(repair.cause, repair.topic, len(came), True))
            self._buffer.extendleft(replace(message, repaired=True) for message in reversed(came))
        elif repair.prefixes is None:  # a tail that was looked at
            self._known[repair.topic] = (repair.tseq_last, self._snapshot_gseq)
        for message in came:
            if message.topic == "sys.":
                self._system(message)
        self._drain(now_ns)

    def _news(self, messages: Sequence[Received]) -> list[Received]:
        """Those that are not known: of each topic only what goes on. Heartbeats are not had back."""
        last = {topic: tseq for topic, (tseq, _) in self._known.items()}
        news = []
        for message in messages:
            if message.topic != "hb." and message.tseq > last.get(message.topic, 0):
                last[message.topic] = message.tseq
                news.append(message)
        return news

    def _give_up(self, repair: Repair, now_ns: int) -> None:
        """Not repaired: what was lost is told, and a snapshot replaces what is known."""
        self._lose_hole(repair)
        self._join(now_ns)

    def _lose_hole(self, repair: Repair) -> None:
        lost = repair.tseq_last - repair.tseq_known if repair.tseq_known is not None else 1
        self._lose(repair.cause, repair.topic, lost)

    def _overflow(self, now_ns: int) -> None:
        self._buffer.clear()
        if isinstance(self._pending, Repair):
            self._lose_hole(self._pending)
        else:
            self._lose("tseq", "", 1)
        self._join(now_ns)

    def _lose(self, cause: str, topic: str, lost: int) -> None:
        self.counters.lost += lost
        self.degraded = True
        self.items.append(Gap(cause, topic, lost))

    # ---- out ----

    def _ask(self, pending: Sync | Repair, now_ns: int) -> None:
        self._ids += 1
        pending.id, pending.due = self._ids, now_ns + SECOND_NS
        if not pending.busy:
            pending.tries += 1
        pending.busy = False
        if isinstance(pending, Repair):
            self.requests.append({"op": "replay", "id": pending.id, "epoch": self.epoch, "from": pending.first,
                                  "to": pending.until,
                                  "prefix": list(pending.prefixes) if pending.prefixes is not None else pending.topic})
        elif pending.part > 1:
            self.requests.append({"op": "snapshot", "id": pending.id, "token": pending.token, "part": pending.part})
        else:
            self.requests.append({"op": "snapshot", "id": pending.id, "prefix": list(self.topics), "at": pending.at})

    def _emit(self, message: Received, now_ns: int, repaired: bool = False, snapshot: bool = False) -> None:
        """Hand it out, unless it is for ourselves only, or we are dead."""
        if not self._wanted(message.topic):
            return
        is_signal = message.topic.startswith("sig.")
        if self._dead:
            self.counters.withheld += is_signal and not snapshot
            return
        stale, actionable = self._judge(message.body, now_ns) if is_signal else (False, False)
        self.counters.stale += stale
        self.counters.messages += not snapshot
        self.items.append(Message(message.topic, message.body, stale, actionable, repaired, snapshot, message.payload))

    def _judge(self, body: Mapping[str, Any], now_ns: int) -> tuple[bool, bool]:
        """(stale, actionable) of a signal. Only what is open can be either: so its entry is looked at."""
        ts_now = self.ts_now(now_ns)
        if ts_now is None or body["epoch"] != self.epoch:  # the latter: it waited, and its publisher is no more
            return False, False
        if not opens_or_renews(body) or not self.entries.has("sig", body["id"]):
            return False, False
        if body["valid_until"] <= ts_now:
            return True, False
        return False, body["side"] != 0 and self.state == "live" and not self.halted and not self.degraded
