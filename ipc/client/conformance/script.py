"""How a case is written down: a publisher that says things, and the steps of a case. Nothing here knows a client."""

import copy
import hashlib

import msgpack

T0 = 1_782_936_000_000_000_000  # ns UTC: the publisher's logical clock in most cases
MS = 1_000_000
HOUR = 3_600_000 * MS
ALL = ("sig.", "shock.", "fact.", "feed.")


class Message:
    """One published message: its frames, and what a case wants to know of it."""

    def __init__(self, topic, body):
        self.topic, self.body = topic, body
        self.payload = msgpack.packb(body)
        self.gseq = body.get("gseq")

    @property
    def frames(self):
        return [self.topic.encode().hex(), self.payload.hex()]

    def changed(self, **keys):
        """The same message with other keys: for what a publisher would never say. None of ... takes a key away."""
        body = {**self.body, **keys}
        return Message(self.topic, {key: value for key, value in body.items() if value is not ...})


def sha(messages):
    """Hash of a state: of each message its topic, then its payload."""
    digest = hashlib.sha256()
    for message in messages:
        digest.update(message.topic.encode() + message.payload)
    return digest.hexdigest()


class Publisher:
    """Says messages with right sequences. One that is made and not sent is a lost one."""

    def __init__(self, epoch=0x1122334455667788, interval_ms=250, replay=False):
        self.epoch, self.interval_ms, self.replay = epoch, interval_ms, replay
        self.gseq = 0
        self.used = {}  # topic: (tseq, gseq)

    def skip(self, messages):
        """That many messages on topics that nobody here looks at."""
        self.gseq += messages

    def say(self, topic, **keys):
        self.gseq += 1
        tseq, prev = self.used.get(topic, (0, 0))
        self.used[topic] = (tseq + 1, self.gseq)
        return Message(topic, {"v": 1, "epoch": self.epoch, "gseq": self.gseq, "tseq": tseq + 1, "prev": prev,
                               "ts_pub": T0 + self.gseq, "replay": self.replay, **keys})

    def sig(self, name="A", action="open", side=1, valid_until=T0 + HOUR, symbol="NVDA", **keys):
        """A signal; name tells one id from another."""
        identity = hashlib.sha256(name.encode()).hexdigest()[:32]
        return self.say(f"sig.mean_reversion.{symbol}.", kind="mean_reversion", action=action, id=identity,
                        sym=symbol, side=side, valid_until=valid_until, ts_recv=T0, reasons=[], **keys)

    def fact(self, fact="META|capex_cut|x", status="rumour", issuer="META"):
        return self.say(f"fact.{issuer}.", kind="fact", fact=fact, status=status, issuer=issuer)

    def shock(self, fact="META|capex_cut|x", status="rumour", issuer="META", m=4.0):
        return self.say(f"shock.{issuer}.", kind="shock", fact=fact, status=status, issuer=issuer, m=m)

    def feed(self, feed="wire", state="live"):
        return self.say(f"feed.{feed}.", feed=feed, state=state, messages=1, gaps=0, lost=0, dropped=0, bad=0)

    def sys(self, what, reason=""):
        return self.say("sys.", what=what, reason=reason)

    def hb(self, **keys):
        tails = {topic: tseq for topic, (tseq, _) in self.used.items() if topic != "hb."}
        return self.say("hb.", **{"interval_ms": self.interval_ms, "oldest": 1, "feeds": {"wire": "live"},
                                  "ts_now": T0, "halted": False, "missed": 0, "tails": tails, **keys})

    # ---- answers ----

    def header(self, op, ident, **keys):
        return {"v": 1, "op": op, "id": ident, "error": None, "detail": None, "epoch": self.epoch, "gseq": self.gseq,
                "oldest": 1, "ts_now": T0, "halted": False, **keys}

    def snapshot(self, ident, entries=(), **keys):
        """The only part of a snapshot, true at the latest message unless keys say otherwise."""
        return {**self.header("snapshot", ident), "count": len(entries), "hash": sha(entries), "parts": 1, "part": 1,
                "token": None, "messages": [[e.topic, e.payload] for e in entries], **keys}

    def part(self, ident, entries, parts, part, **keys):
        """A part of a snapshot: parts is a list of lists of entries."""
        return self.snapshot(ident, entries, parts=len(parts), part=part, token=77,
                             messages=[[e.topic, e.payload] for e in parts[part - 1]], **keys)

    def replay_of(self, ident, first, until, messages=(), **keys):
        return {**self.header("replay", ident), "from": first, "next": until + 1, "count": len(messages),
                "messages": [[m.topic, m.payload] for m in messages], **keys}

    def error(self, op, ident, code):
        return {**self.header(op, ident), "error": code, "detail": "for people"}


# ---- what is expected ----

def took(message, actionable=False, stale=False, repaired=False, snapshot=False):
    return {"type": "message", "topic": message.topic, "gseq": message.gseq, "stale": stale, "actionable": actionable,
            "repaired": repaired, "snapshot": snapshot}


def acts(message, **flags):
    """A signal that may be acted on."""
    return took(message, actionable=True, **flags)


def shown(message, actionable=None, **flags):
    """A message of a snapshot: of signals it is usual that they are actionable."""
    return took(message, snapshot=True,
                actionable=message.topic.startswith("sig.") if actionable is None else actionable, **flags)


def gap(cause, topic="", lost=0, repaired=False):
    return {"type": "gap", "cause": cause, "topic": topic, "lost": lost, "repaired": repaired}


def asks_snapshot(ident, at, topics=ALL):
    return {"op": "snapshot", "id": ident, "prefix": list(topics), "at": at}


def asks_part(ident, part, token=77):
    return {"op": "snapshot", "id": ident, "token": token, "part": part}


def asks_all(ident, publisher, first, until, topics=ALL):
    """Request A: everything that the bot subscribes to."""
    return {"op": "replay", "id": ident, "epoch": publisher.epoch, "from": first, "to": until, "prefix": list(topics)}


def asks_topic(ident, publisher, topic, first, until):
    """Request B: one topic."""
    return {"op": "replay", "id": ident, "epoch": publisher.epoch, "from": first, "to": until, "prefix": topic}


class Case:
    """Steps, each with what is expected after it. state, degraded and halted stay until told otherwise."""

    def __init__(self, about, topics=ALL, heartbeat_ms=250):
        self.about, self.topics, self.heartbeat_ms = about, list(topics), heartbeat_ms
        self.steps = []
        self.at = 0
        self.stays = {"state": "connecting", "degraded": False, "halted": False}

    def step(self, action, expect, at=None):
        self.at = self.at + 1 if at is None else at
        for key in self.stays:
            self.stays[key] = expect.pop(key, self.stays[key])
        items, requests = expect.pop("items", []), expect.pop("requests", [])
        assert set(expect) <= {"ts_now", "counters", "hash"}, expect
        self.steps.append({"at": self.at, **action,
                           "expect": {"items": items, "requests": requests, **self.stays, **copy.deepcopy(expect)}})

    def hear(self, message, at=None, **expect):
        self.step({"frames": message.frames}, expect, at)

    def frames(self, *frames, at=None, **expect):
        self.step({"frames": [frame.hex() for frame in frames]}, expect, at)

    def answer(self, answer, at=None, **expect):
        data = answer if isinstance(answer, bytes) else msgpack.packb(answer)
        self.step({"answer": data.hex()}, expect, at)

    def tick(self, at, **expect):
        self.step({"tick": True}, expect, at)

    def acknowledge(self, at=None, **expect):
        self.step({"acknowledge": True}, expect, at)

    def join(self, publisher, entries=(), items=None, **heartbeat):
        """First heartbeat, snapshot, live: what most cases begin with. One request, id 1."""
        beat = publisher.hb(**heartbeat)
        self.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq, self.topics)])
        self.answer(publisher.snapshot(1, entries), state="live", hash=sha(entries),
                    items=[shown(entry) for entry in entries] if items is None else items)

    def written(self, name):
        return {"name": name, "about": self.about, "topics": self.topics, "heartbeat_ms": self.heartbeat_ms,
                "steps": self.steps}
