"""Joining: from nothing to a complete state."""

from script import (HOUR, T0, Case, Publisher, acts, asks_all, asks_part, asks_snapshot, gap, sha, shown, took)


def join_empty():
    case, says = Case("nothing is open: live, and the first message is handed out"), Publisher()
    case.join(says, ts_now=T0)
    a = says.sig()
    case.hear(a, items=[acts(a)], hash=sha([a]), counters={"messages": 1, "lost": 0, "duplicates": 0})
    return case


def join_full():
    case, says = Case("one entry of each kind; a signal's latest message is an update"), Publisher()
    says.skip(3)
    feed, fact, shock = says.feed(), says.fact(), says.shock()
    opened = says.sig("A")
    update = says.sig("A", action="update")
    case.join(says, [feed, fact, shock, update])
    close = says.sig("A", action="close")
    case.hear(close, items=[took(close)], hash=sha([feed, fact, shock]), counters={"messages": 1})
    assert opened.gseq < update.gseq
    return case


def join_several_parts():
    case = Case("a snapshot of three parts: each is asked for, nothing is handed out before the last")
    says = Publisher()
    entries = [says.sig("A"), says.sig("B", symbol="AMD"), says.fact(), says.feed()]
    parts = [entries[:1], entries[1:3], entries[3:]]
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.answer(says.part(1, entries, parts, 1), requests=[asks_part(2, 2)])
    case.answer(says.part(2, entries, parts, 2), requests=[asks_part(3, 3)])
    case.answer(says.part(3, entries, parts, 3), state="live", items=[shown(e) for e in entries], hash=sha(entries))
    return case


def join_not_before_first_heartbeat():
    case, says = Case("what comes before the first heartbeat is dropped: the snapshot has it"), Publisher()
    a = says.sig("A")
    case.hear(a, counters={"messages": 0, "duplicates": 0, "lost": 0})
    case.join(says, [a])
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)])
    return case


def join_before_and_after_s():
    case, says = Case("buffered messages up to S are dropped and counted, those after it are handed out"), Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    case.hear(a)
    b = says.sig("B", symbol="AMD")
    case.hear(b)
    case.answer(says.snapshot(1, [a], gseq=a.gseq), state="live", items=[shown(a), acts(b)], hash=sha([a, b]),
                counters={"messages": 1, "duplicates": 1, "lost": 0})
    return case


def join_late_messages_up_to_s():
    case, says = Case("messages up to S that come after the snapshot are dropped and counted, but not heartbeats"), \
        Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    beat2 = says.hb()
    case.answer(says.snapshot(1, [a]), state="live", items=[shown(a)])
    case.hear(a, counters={"duplicates": 1, "messages": 0})
    case.hear(beat2, counters={"duplicates": 1})
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)], hash=sha([b]))
    return case


def _useless_first_answer(about, useless):
    """The first answer is useless: nothing happens until a second is over, then all is asked for again."""
    case, says = Case(about, heartbeat_ms=10_000), Publisher(interval_ms=10_000)
    a = says.sig("A")
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.answer(useless(says, a), at=5)
    case.tick(999)
    case.tick(1000, requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(2, [a]), at=1005, state="live", items=[shown(a)], hash=sha([a]),
                counters={"malformed": 0, "lost": 0})
    return case


def join_wrong_hash():
    return _useless_first_answer("a snapshot whose hash is wrong is no snapshot",
                                 lambda says, a: says.snapshot(1, [a], hash="0" * 64))


def join_wrong_count():
    return _useless_first_answer("a snapshot with fewer messages than it counts is no snapshot",
                                 lambda says, a: says.snapshot(1, [a], count=2))


def join_wrong_epoch_in_answer():
    return _useless_first_answer("an answer of another publisher is none",
                                 lambda says, a: says.snapshot(1, [a], epoch=5))


def join_wrong_epoch_in_message():
    return _useless_first_answer("a message of another epoch inside a snapshot: the snapshot is none",
                                 lambda says, a: says.snapshot(1, [a.changed(epoch=5)]))


def join_answer_before_at():
    return _useless_first_answer("a snapshot that is true before the gseq that was asked for is none",
                                 lambda says, a: says.snapshot(1, [a], gseq=a.gseq))


def join_error_answer():
    return _useless_first_answer("an error instead of a snapshot: asked for again after a second",
                                 lambda says, a: says.error("snapshot", 1, "ahead"))


def join_unordered_snapshot():
    case = Case("entries that are not in order of gseq, or beyond S: no snapshot", heartbeat_ms=10_000)
    says = Publisher(interval_ms=10_000)
    a, b = says.sig("A"), says.sig("B", symbol="AMD")
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.answer(says.snapshot(1, [b, a]), at=5)
    case.tick(1000, requests=[asks_snapshot(2, beat.gseq)])
    c = says.sig("C", symbol="TSM")
    case.answer(says.snapshot(2, [a, b, c], gseq=beat.gseq), at=1005)
    case.tick(2000, requests=[asks_snapshot(3, beat.gseq)])
    case.answer(says.snapshot(3, [a, b], gseq=beat.gseq), at=2005, state="live", items=[shown(a), shown(b)])
    case.hear(c, at=2006, items=[acts(c)])
    return case


def join_unreadable_answer():
    case, says = Case("unreadable answers: counted, no gap, as if they had not come", heartbeat_ms=10_000), Publisher(
        interval_ms=10_000)
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    bad = (b"", bytes.fromhex("dd07ffffff"), bytes.fromhex("df07ffffff"), b"\x91" * 200, b"\xc0")
    for n, data in enumerate(bad, 1):
        case.answer(data, at=n, counters={"malformed": n})
    case.tick(1000, requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(2), at=1001, state="live", counters={"malformed": 5, "lost": 0})
    return case


def join_answer_to_old_id():
    case, says = Case("an answer to a request that was given up is ignored", heartbeat_ms=10_000), Publisher(
        interval_ms=10_000)
    a = says.sig("A")
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.tick(1000, requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(1, []), at=1001)
    case.answer(says.replay_of(2, 1, 2), at=1002)
    case.answer(says.snapshot(7, []), at=1003)
    case.answer(says.snapshot(2, [a]), at=1004, state="live", items=[shown(a)])
    case.answer(says.snapshot(2, []), at=1005, hash=sha([a]))
    return case


def join_no_answer():
    case, says = Case("no answer: asked for every second, nothing is handed out", heartbeat_ms=10_000), Publisher(
        interval_ms=10_000)
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    case.hear(a, at=10)
    for n in range(1, 6):
        case.tick(1000 * n - 1)
        case.tick(1000 * n, requests=[asks_snapshot(n + 1, beat.gseq)])
    case.answer(says.snapshot(6, [], gseq=beat.gseq), at=5500, state="live", items=[acts(a)], hash=sha([a]),
                counters={"lost": 0, "messages": 1})
    return case


def _two_parts(about):
    case, says = Case(about, heartbeat_ms=10_000), Publisher(interval_ms=10_000)
    entries = [says.sig("A"), says.sig("B", symbol="AMD")]
    parts = [entries[:1], entries[1:]]
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.answer(says.part(1, entries, parts, 1), at=10, requests=[asks_part(2, 2)])
    return case, says, entries, parts, beat


def join_part_does_not_come():
    case, says, entries, _, beat = _two_parts("a part that does not come: the whole is asked for again")
    case.tick(1009)
    case.tick(1010, requests=[asks_snapshot(3, beat.gseq)])
    case.answer(says.snapshot(3, entries), at=1020, state="live", items=[shown(e) for e in entries])
    return case


def join_part_expired():
    case, says, entries, _, beat = _two_parts("a part that is no longer kept: the whole is asked for again")
    case.answer(says.error("snapshot", 2, "expired"), at=20)
    case.tick(1010, requests=[asks_snapshot(3, beat.gseq)])
    case.answer(says.snapshot(3, entries), at=1020, state="live", items=[shown(e) for e in entries])
    return case


def join_parts_of_two_snapshots():
    case, says, entries, parts, beat = _two_parts("parts that differ in gseq, hash or number are of no one snapshot")
    case.answer(says.part(2, entries, parts, 2, gseq=says.gseq + 1), at=20)
    case.tick(1010, requests=[asks_snapshot(3, beat.gseq)])
    case.answer(says.part(3, entries, parts, 1), at=1020, requests=[asks_part(4, 2)])
    case.answer(says.part(4, entries, parts, 1), at=1030)
    case.tick(2020, requests=[asks_snapshot(5, beat.gseq)])
    case.answer(says.snapshot(5, entries), at=2030, state="live", items=[shown(e) for e in entries])
    return case


def join_busy():
    case, says = Case("busy: asked for again after 100 ms, as often as need be"), Publisher()
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    for n in range(1, 5):
        case.answer(says.error("snapshot", n, "busy"), at=110 * n)
        case.tick(110 * n + 99)
        case.tick(110 * n + 100, requests=[asks_snapshot(n + 1, beat.gseq)])
    case.answer(says.snapshot(5), at=560, state="live")
    return case


def join_everything():
    case, says = Case("who subscribes to everything is given heartbeats and sys. too", topics=("",)), Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq, ("",))])
    case.answer(says.snapshot(1), state="live")
    beat = says.hb()
    case.hear(beat, items=[took(beat)])
    resume = says.sys("resume")
    case.hear(resume, items=[took(resume)])
    return case


def join_snapshot_flags():
    case, says = Case("open signals of a snapshot: stale, without a side, valid"), Publisher()
    old = says.sig("A", valid_until=T0 - 1)
    flat = says.sig("B", side=0, symbol="AMD")
    good = says.sig("C", side=-1, symbol="TSM")
    case.join(says, [old, flat, good], [shown(old, False, stale=True), shown(flat, False), shown(good)])
    case.tick(case.at + 1, counters={"stale": 1, "messages": 0})
    return case


def join_halted():
    case, says = Case("a snapshot says that the publisher is halted"), Publisher()
    a = says.sig("A")
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.answer(says.snapshot(1, [a], gseq=beat.gseq + 1, halted=True), state="live", halted=True,
                items=[shown(a, False)])
    says.sys("halt")
    b = says.sig("A", action="update")
    case.hear(b, items=[took(b)])
    resume = says.sys("resume")
    case.hear(resume, halted=False)
    c = says.sig("A", action="update")
    case.hear(c, items=[acts(c)])
    return case


def join_hole_behind_s():
    case, says = Case("a message between S and the first buffered one is missing: prev shows it"), Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    lost, b = says.sig("A"), says.sig("A", action="update")
    case.hear(b)
    case.answer(says.snapshot(1, [], gseq=beat.gseq), state="repairing",
                requests=[asks_all(2, says, beat.gseq + 1, b.gseq - 1)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq, [lost]), state="live", hash=sha([b]),
                items=[gap("tseq", b.topic, 1, True), acts(lost, repaired=True), acts(b)],
                counters={"repaired": 1, "lost": 0, "messages": 2})
    return case


def join_far_epoch_and_topics():
    case, says = Case("a large epoch, topics with other bytes than letters", topics=("sig.mean_reversion.BRK%2EB.",)), \
        Publisher(epoch=(1 << 63) - 1)
    a = says.sig("A", symbol="BRK%2EB", valid_until=T0 + HOUR)
    case.join(says, [a])
    other = says.sig("B", symbol="BRK%2EA")
    case.hear(other, counters={"messages": 0})
    b = says.sig("A", symbol="BRK%2EB", action="expire")
    case.hear(b, items=[took(b)], hash=sha([]))
    return case


CASES = [join_empty, join_full, join_several_parts, join_not_before_first_heartbeat, join_before_and_after_s,
         join_late_messages_up_to_s, join_wrong_hash, join_wrong_count, join_wrong_epoch_in_answer,
         join_wrong_epoch_in_message, join_answer_before_at, join_error_answer, join_unordered_snapshot,
         join_unreadable_answer, join_answer_to_old_id, join_no_answer, join_part_does_not_come, join_part_expired,
         join_parts_of_two_snapshots, join_busy, join_everything, join_snapshot_flags, join_halted, join_hole_behind_s,
         join_far_epoch_and_topics]
