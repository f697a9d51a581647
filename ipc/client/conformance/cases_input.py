"""What nobody should send, and what concerns nobody here."""

import msgpack

from cases_stream import live
from script import HOUR, T0, Case, Publisher, acts, asks_all, asks_snapshot, gap, sha, took

def _bad(case, says, frames, number):
    """Each is a gap; none of them touches what is known."""
    for frame in frames:
        number += 1
        case.frames(*frame, items=[gap("malformed")], degraded=True, counters={"malformed": number, "lost": 0})
    case.acknowledge(degraded=False)
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)], hash=sha([b]))
    return number


def malformed_frames():
    case, says, a = live("messages that are not two frames of sensible size", interval_ms=10_000)
    topic, payload = a.topic.encode(), a.payload
    long_topic = b"sig." + b"x" * 187 + b"."
    assert len(long_topic) == 192
    fits = says.sig("F", symbol="x" * 171)
    assert len(fits.topic) == 191
    case.hear(fits, items=[acts(fits)])
    gone = says.sig("F", action="close", symbol="x" * 171)
    case.hear(gone, items=[took(gone)])
    _bad(case, says, [[topic], [topic, payload, b""], [topic, payload, payload], [b"", payload], [long_topic, payload],
                      [topic, b""], [b"sig.\xff\xfe.", payload]], 0)
    return case


def malformed_bytes():
    case, says, a = live("payloads that are no MessagePack map, or claim more than is there", interval_ms=10_000)
    topic, payload = a.topic.encode(), a.payload
    bad = [bytes.fromhex("dd07ffffff"), bytes.fromhex("dfffffffff"), bytes.fromhex("ddffffffff"),
           bytes.fromhex("dbffffffff61"), b"\xc1", payload + b"\0", payload[:-1], payload + payload, b"\x91" * 4000,
           b"\x81\xa1v" + b"\x91" * 200 + b"\xc0", msgpack.packb([1, 2]), msgpack.packb("v"), msgpack.packb(1), b"\xc0",
           b"\x81\xa1v\xdd\x07\xff\xff\xff", b"\x82\xa1v\x01\xa1x\xd9\x05\xff\xfe\xfd\xfc\xfb"]
    number = _bad(case, says, [[topic, data] for data in bad], 0)
    deep = says.sig("A", action="update", deep=[[[[[[[]]]]]]])  # with the map it is in: 8
    case.hear(deep, items=[acts(deep)])
    _bad(case, says, [[topic, deep.changed(deep=[[[[[[[[]]]]]]]]).payload],
                      [topic, deep.changed(deep=[[[[[[[{"a": 1}]]]]]]]).payload]], number)
    return case


def malformed_envelope():
    case, says, a = live("a key of the envelope is absent, of another type, or out of range", interval_ms=10_000)
    bad = [a.changed(**{key: ...}) for key in ("v", "epoch", "gseq", "tseq", "prev", "ts_pub", "replay")]
    bad += [a.changed(v=2), a.changed(v="1"), a.changed(epoch="7"), a.changed(epoch=-1), a.changed(epoch=None),
            a.changed(epoch=1 << 63), a.changed(epoch=0), a.changed(gseq=0, prev=0), a.changed(gseq=2.0),
            a.changed(gseq=True), a.changed(tseq=0), a.changed(tseq=-1), a.changed(prev=a.gseq), a.changed(prev=None),
            a.changed(ts_pub="now"), a.changed(replay=0), a.changed(replay=None)]
    _bad(case, says, [[m.topic.encode(), m.payload] for m in bad], 0)
    return case


def malformed_bodies():
    case, says, a = live("a key that a client acts on is absent or of another type", interval_ms=10_000)
    bad = [a.changed(**{key: ...}) for key in ("action", "id", "side", "valid_until")]
    bad += [a.changed(id=7), a.changed(action=None), a.changed(side="1"), a.changed(side=1.0),
            a.changed(valid_until=-1), a.changed(valid_until=None), a.changed(extra=b"bin"),
            a.changed(extra=msgpack.ExtType(5, b"x"))]
    fact, shock, feed, sys = says.fact(), says.shock(), says.feed(), says.sys("halt")
    beat = says.hb(halted=True)
    bad += [fact.changed(fact=...), fact.changed(status=None), shock.changed(fact=1), feed.changed(feed=...),
            sys.changed(what=...), beat.changed(interval_ms=0), beat.changed(interval_ms=...), beat.changed(halted=1),
            beat.changed(missed=None), beat.changed(tails=[]), beat.changed(tails={"sig.x.": "1"}),
            beat.changed(tails={1: 1}), beat.changed(ts_now="now"), beat.changed(ts_now=...)]
    for message in (fact, shock, feed):
        case.hear(message, items=[took(message)])
    number = 0
    for message in bad:
        number += 1
        case.frames(message.topic.encode(), message.payload, items=[gap("malformed")], degraded=True,
                    counters={"malformed": number, "lost": 0}, hash=sha([a, fact, shock, feed]))
    case.acknowledge(degraded=False)
    return case


def malformed_oversize():
    case, says, a = live("payloads longer than their class allows; just as long is right", interval_ms=10_000)
    small = len(a.changed(pad="").payload) + 2  # a text of 256 bytes and more has two more bytes of length
    bad = a.changed(pad="x" * (4097 - small))
    assert len(bad.payload) == 4097
    feed = says.feed()
    feed = feed.changed(pad="x" * (65537 - len(feed.changed(pad="").payload) - 2))
    assert len(feed.payload) == 65537
    _bad(case, says, [[m.topic.encode(), m.payload] for m in (bad, feed)], 0)
    good = says.sig("A", action="update")
    good = good.changed(pad="x" * (4096 - len(good.changed(pad="").payload) - 2))
    assert len(good.payload) == 4096
    case.hear(good, items=[acts(good)])
    return case


def malformed_then_repaired():
    case, says, a = live("a message that was mangled on its way shows as a hole, and is had back")
    b = says.sig("B")
    case.frames(b.topic.encode(), b.payload[:-3], items=[gap("malformed")], degraded=True)
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, b.gseq, b.gseq)])
    case.answer(says.replay_of(2, b.gseq, b.gseq, [b]), state="live", hash=sha([a, b, c]),
                items=[gap("tseq", a.topic, 1, True), took(b, repaired=True), took(c)],
                counters={"malformed": 1, "lost": 0, "repaired": 1})
    case.acknowledge(degraded=False)
    return case


def malformed_before_anything():
    case, says = Case("garbage before the first heartbeat"), Publisher()
    case.frames(b"sig.x.", b"\xc1", items=[gap("malformed")], degraded=True)
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.frames(b"hb.", b"\xc1", items=[gap("malformed")])
    case.answer(says.snapshot(1), state="live", counters={"malformed": 2})
    case.acknowledge(degraded=False)
    return case


def unknown_keys():
    case, says, a = live("keys that nobody knows are ignored, values of all types and some depth")
    more = {"new": None, "deep": [[[{"a": [1, 2.5, "x"]}]]], "big": (1 << 64) - 1, "small": -(1 << 63), "yes": True}
    b = says.sig("A", action="update", **more)
    case.hear(b, items=[acts(b)], hash=sha([b]))
    case.hear(says.hb(feeds={}, more=more))
    lost = says.sig("B", **more)
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq, [lost], more=more), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)])
    return case


def not_subscribed():
    case = Case("topics that were not subscribed to are ignored, whatever they say", topics=("sig.", "feed.wire."))
    says = Publisher()
    case.join(says)
    for message in (says.fact(), says.shock(), says.feed("other")):
        case.hear(message, counters={"messages": 0})
    case.frames(b"fact.META.", b"\xc1", counters={"malformed": 0})
    case.hear(Publisher(epoch=99).fact(), counters={"epochs": 0, "stale_epoch": 0})
    case.frames(b"si", b"\xc1")
    case.hear(says.sys("resume"))
    case.hear(says.hb())
    a, feed = says.sig(), says.feed("wire")
    case.hear(a, items=[acts(a)])
    case.hear(feed, items=[took(feed)], hash=sha([a, feed]), counters={"messages": 2})
    return case


def all_keys():
    case, says = Case("messages with all the keys of WIRE.md, nils among them"), Publisher()
    fact_keys = {"fact": "META|compute_supply_entry|x", "status": "rumour", "headlines": ["bbg-1", 'rtr"1']}
    times = {"ts_event": T0, "ts_recv": T0 + 1}
    params = {"playbook": "0.1-prior", "params": "0123456789abcdef"}
    issuer = {"issuer": "BRK.B", "event": "compute_supply_entry", "generation": 2}
    sig = {"kind": "overreaction", "action": "open", "id": "00112233445566778899aabbccddeeff", "sym": "BRK.B",
           "side": 1, "strength": 2.5, "p": None, "z": -3.25, "e": -0.125, "os": -2.5, "b": 0.25, "k": None, "s": None,
           "rev_bps": None, "cost_bps": None, "half_life_ns": 216_000_000_000_000, "horizon_ns": 432_000_000_000_000,
           "valid_until": T0 + HOUR, "px": 157_250_000_000, "target": None, "stop": None, **fact_keys, **times,
           "tick": [41, 7], "reasons": ["NO_CHANNEL", "RUMOUR_T1"], "model": "aftershock-0.1", **params,
           "strategy": "overreaction", "event": "compute_supply_entry", "m": 4.0, "g": 0.6, "generation": 2}
    leg = {**sig, "kind": "mean_reversion", "id": "ff" * 16, "side": -1, "fact": None, "status": None, "headlines": [],
           "tick": [41, None], "reasons": [], "strategy": "pairs", "event": None, "m": None, "g": None,
           "generation": 0, "partner": "BRK.A", "hedge": 1.25}
    entries = [
        says.say("fact.BRK%2EB.", kind="fact", **fact_keys, **times, **params, **issuer, novelty=0.75, g=0.6),
        says.say("shock.BRK%2EB.", kind="shock", **fact_keys, **times, tick=[41, 7], reasons=["RUMOUR_T1"], **params,
                 **issuer, dir=1, m=4.0, g=0.6, z=-3.25, b=0.25, k=None, linked=38),
        says.say("sig.overreaction.BRK%2EB.", **sig), says.say("sig.pairs.BRK%2EB.", **leg), says.feed()]
    case.join(says, entries)
    close = says.say("sig.pairs.BRK%2EB.", **{**leg, "action": "close", "strength": None, "reasons": ["TARGET"]})
    case.hear(close, items=[took(close)], hash=sha(entries[:3] + entries[4:]))
    return case


CASES = [malformed_frames, malformed_bytes, malformed_envelope, malformed_bodies, malformed_oversize,
         malformed_then_repaired, malformed_before_anything, unknown_keys, not_subscribed, all_keys]
