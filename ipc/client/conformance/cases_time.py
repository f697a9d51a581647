"""Life and death, epochs, halts, and what may be acted on."""

from script import (HOUR, MS, T0, Case, Publisher, acts, asks_all, asks_snapshot, gap, sha, shown, took)
from cases_stream import live


# ---- dead ----

def dead_acknowledged_before():
    case, says, a = live("dead, acknowledged, and only then heartbeats: the join makes it live")
    case.tick(1000)
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")], counters={"lost": 0})
    case.tick(1500)
    case.acknowledge(1600, degraded=False)
    case.tick(5000)
    b = says.sig("A", action="close")
    case.hear(b, counters={"withheld": 1}, hash=sha([a]))
    c = says.sig("C")
    beat = says.hb()
    case.hear(beat, at=5100, state="syncing", requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(2, [c]), state="live", items=[shown(c)], hash=sha([c]))
    d = says.sig("D")
    case.hear(d, items=[acts(d)])
    return case


def dead_acknowledged_after():
    case, says, a = live("dead, heartbeats are back, and only then acknowledged: nothing is handed out before")
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")])
    beat = says.hb()
    case.hear(beat, at=2000, requests=[asks_snapshot(2, beat.gseq)])
    b = says.sig("B")
    case.hear(b)
    case.answer(says.snapshot(2, [a], gseq=beat.gseq), hash=sha([a, b]), counters={"withheld": 1, "messages": 1})
    c = says.sig("A", action="update")
    case.hear(c, counters={"withheld": 2}, hash=sha([b, c]))
    f = says.fact()
    case.hear(f, counters={"withheld": 2})
    case.hear(says.hb(), at=2250)
    case.acknowledge(2300, state="live", degraded=False, items=[shown(b), shown(c), shown(f)], hash=sha([b, c, f]))
    d = says.sig("D")
    case.hear(d, items=[acts(d)], counters={"messages": 2})
    return case


def dead_acknowledged_while_joining():
    case, says, a = live("dead, heartbeats are back, acknowledged before the snapshot has come")
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")])
    beat = says.hb()
    case.hear(beat, at=2000, requests=[asks_snapshot(2, beat.gseq)])
    case.acknowledge(2010, state="syncing", degraded=False)
    case.answer(says.snapshot(2, [a]), state="live", items=[shown(a)])
    return case


def dead_is_not_undone_by_a_late_heartbeat():
    case, says, _ = live("a heartbeat that comes after its time finds the client dead")
    beat = says.hb()
    case.hear(beat, at=1001, state="dead", degraded=True, items=[gap("dead")],
              requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(2))
    case.hear(says.hb(), at=1251)
    case.tick(1500)
    case.acknowledge(1510, state="live", degraded=False)
    return case


def dead_twice():
    case, says, _ = live("silent again before it was acknowledged: still dead, and to be joined anew")
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")])
    beat = says.hb()
    case.hear(beat, at=2000, requests=[asks_snapshot(2, beat.gseq)])
    a = says.sig("A", action="close")
    case.answer(says.snapshot(2), at=2010)
    case.tick(3000)
    case.acknowledge(3010, degraded=False)
    case.hear(a)
    beat = says.hb()
    case.hear(beat, at=4000, state="syncing", requests=[asks_snapshot(3, beat.gseq)])
    case.answer(says.snapshot(3), state="live", hash=sha([]))
    case.tick(4999)
    case.tick(5000, state="dead", degraded=True, items=[gap("dead")])
    return case


def dead_while_syncing():
    case, says = Case("silence while a snapshot is awaited: dead, the answer comes too late"), Publisher()
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    case.hear(a, at=10)
    case.tick(1000, state="dead", degraded=True, items=[gap("dead")])
    case.answer(says.snapshot(1), at=1001)
    case.tick(3000)
    beat = says.hb()
    case.hear(beat, at=4000, requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(2, [a]), at=4001, counters={"withheld": 0})
    case.acknowledge(4002, state="live", degraded=False, items=[shown(a)], hash=sha([a]))
    return case


def dead_while_repairing():
    case, says, a = live("silence during a repair: the hole is told, then the death")
    says.sig("B")
    c = says.sig("C")
    case.hear(c, at=500, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.tick(1001, state="dead", degraded=True, items=[gap("tseq", a.topic, 1), gap("dead")],
              counters={"lost": 1, "messages": 1})
    return case


def never_heard_is_not_dead():
    case, says = Case("who never heard a heartbeat is connecting, however long it takes"), Publisher()
    case.tick(5000)
    a = says.sig("A")
    case.hear(a, at=6000)
    case.tick(60_000)
    beat = says.hb()
    case.hear(beat, at=61_000, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    return case


def dead_by_the_publishers_interval():
    case, says = Case("the publisher says how often it beats", heartbeat_ms=10_000), Publisher(interval_ms=50)
    beat = says.hb()
    case.hear(beat, at=0, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.answer(says.snapshot(1), at=5, state="live")
    case.tick(199)
    case.hear(says.hb(interval_ms=500), at=199)
    case.tick(2198)
    case.tick(2199, state="dead", degraded=True, items=[gap("dead")])
    return case


# ---- epochs ----

def epoch_by_heartbeat():
    case, says, _ = live("another epoch: the state is empty, a gap, degraded; its heartbeat starts the join")
    other = Publisher(epoch=9)
    b = other.sig("B")
    beat = other.hb(ts_now=T0 + HOUR - MS)
    case.hear(beat, state="syncing", degraded=True, items=[gap("epoch")], requests=[asks_snapshot(2, beat.gseq)],
              hash=sha([]), counters={"epochs": 1, "lost": 0}, ts_now=T0 + HOUR - MS)
    case.answer(other.snapshot(2, [b]), state="live", items=[shown(b, False, stale=True)])
    case.acknowledge(degraded=False)
    c = other.sig("C", valid_until=T0 + 2 * HOUR)
    case.hear(c, items=[acts(c)])
    assert says.epoch != other.epoch
    return case


def epoch_by_message():
    case, _, _ = live("another epoch told by a message: connecting until its first heartbeat")
    other = Publisher(epoch=9)
    b = other.sig("B")
    case.hear(b, at=900, state="connecting", degraded=True, items=[gap("epoch")], hash=sha([]),
              counters={"epochs": 1})
    c = other.sig("C")
    case.hear(c, at=950)
    case.tick(1899)
    beat = other.hb()
    case.hear(beat, at=1899, state="syncing", requests=[asks_snapshot(2, beat.gseq)])
    case.answer(other.snapshot(2, [b, c]), state="live", items=[shown(b, False), shown(c, False)],
                counters={"duplicates": 0, "messages": 1})
    case.acknowledge(degraded=False)
    d = other.sig("D")
    case.hear(d, items=[acts(d)])
    return case


def epoch_by_message_then_silence():
    case, _, _ = live("another epoch that never beats is dead after four intervals")
    other = Publisher(epoch=9)
    case.hear(other.sig("B"), at=900, state="connecting", degraded=True, items=[gap("epoch")])
    case.tick(1899)
    case.tick(1900, state="dead", items=[gap("dead")])
    return case


def epoch_during_repair():
    case, says, a = live("another epoch during a repair: the hole is told, then the epoch")
    says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    other = Publisher(epoch=9)
    beat = other.hb()
    case.hear(beat, state="syncing", degraded=True, items=[gap("tseq", a.topic, 1), gap("epoch")],
              requests=[asks_snapshot(3, beat.gseq)], counters={"lost": 1, "epochs": 1})
    case.answer(says.replay_of(2, a.gseq + 1, c.gseq - 1))
    case.answer(other.snapshot(3), state="live", hash=sha([]))
    return case


def epoch_during_sync():
    case, says = Case("another epoch while a snapshot is awaited: what was buffered is void"), Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    case.hear(a)
    other = Publisher(epoch=9)
    beat = other.hb()
    case.hear(beat, degraded=True, items=[gap("epoch")], requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(1, [a]))
    case.answer(says.snapshot(2, [a]))
    case.answer(other.snapshot(2), state="live", hash=sha([]), counters={"messages": 0, "epochs": 1})
    return case


def epoch_that_was():
    case, says, a = live("messages and heartbeats of a past epoch are dropped and counted, for ever")
    late = says.sig("L")
    late_beat = says.hb(halted=True)
    other = Publisher(epoch=9)
    beat = other.hb()
    case.hear(beat, state="syncing", degraded=True, items=[gap("epoch")], requests=[asks_snapshot(2, beat.gseq)])
    case.hear(late, counters={"stale_epoch": 1})
    case.answer(other.snapshot(2), state="live")
    case.acknowledge(degraded=False)
    case.hear(late_beat, counters={"stale_epoch": 2})
    case.hear(says.sys("bye"), counters={"stale_epoch": 3, "epochs": 1})
    third = Publisher(epoch=10)
    beat = third.hb()
    case.hear(beat, state="syncing", degraded=True, items=[gap("epoch")], requests=[asks_snapshot(3, beat.gseq)])
    case.answer(third.snapshot(3), state="live")
    case.hear(other.hb(), counters={"stale_epoch": 4, "epochs": 2})
    case.hear(a, counters={"stale_epoch": 5})
    return case


def epoch_while_dead():
    case, _, _ = live("a publisher that dies and is started again: two gaps, live when acknowledged")
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")])
    other = Publisher(epoch=9)
    b = other.sig("B")
    beat = other.hb()
    case.hear(beat, at=3000, items=[gap("epoch")], requests=[asks_snapshot(2, beat.gseq)], hash=sha([]))
    case.answer(other.snapshot(2, [b]))
    c = other.sig("B", action="update")
    case.hear(c, counters={"withheld": 1})
    case.acknowledge(state="live", degraded=False, items=[shown(c)], hash=sha([c]))
    return case


def epoch_while_dead_acknowledged_before():
    case, _, _ = live("the same, acknowledged before: the new epoch must be acknowledged too")
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")])
    case.acknowledge(1500, degraded=False)
    other = Publisher(epoch=9)
    b = other.sig("B")
    beat = other.hb()
    case.hear(beat, at=3000, state="syncing", degraded=True, items=[gap("epoch")],
              requests=[asks_snapshot(2, beat.gseq)])
    case.answer(other.snapshot(2, [b]), state="live", items=[shown(b, False)])
    case.acknowledge(degraded=False)
    c = other.sig("B", action="update")
    case.hear(c, items=[acts(c)])
    return case


# ---- bye, halt ----

def bye():
    case, says, a = live("bye: nothing is actionable, nobody is dead, the next publisher is another epoch")
    case.hear(says.hb())
    late = says.sig("L")
    case.hear(says.sys("bye", "shutdown"), state="bye", counters={"lost": 0})
    case.hear(late, items=[took(late)])
    case.tick(60_000)
    case.acknowledge(60_001)
    case.hear(says.hb(), at=60_002)
    other = Publisher(epoch=9)
    beat = other.hb()
    case.hear(beat, at=90_000, state="syncing", degraded=True, items=[gap("epoch")],
              requests=[asks_snapshot(2, beat.gseq)])
    case.answer(other.snapshot(2), at=90_001, state="live", hash=sha([]))
    assert a.gseq < late.gseq
    return case


def halt_and_resume():
    case, says, _ = live("halt by sys., resume by sys.")
    case.hear(says.sys("halt"), halted=True)
    a = says.sig("A", action="update")
    case.hear(a, items=[took(a)])
    case.hear(says.hb(halted=True))
    case.hear(says.sys("resume"), halted=False)
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)])
    return case


def halt_by_heartbeat():
    case, says, _ = live("halt and resume by heartbeat, for whom sys. got lost; an older word changes nothing")
    old = says.sys("resume")
    case.hear(says.hb(halted=True, tails={}), halted=True)
    a = says.sig("A", action="update")
    case.hear(a, items=[took(a)])
    case.hear(old)
    b = says.sig("A", action="update")
    case.hear(b, items=[took(b)])
    case.hear(says.hb(halted=False), halted=False)
    c = says.sig("A", action="update")
    case.hear(c, items=[acts(c)])
    return case


def halt_while_syncing():
    case = Case("a halt that waits in the buffer counts at once, and an older snapshot does not undo it")
    says = Publisher()
    a = says.sig("A")
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    case.hear(says.sys("halt"), halted=True)
    case.answer(says.snapshot(1, [a], gseq=beat.gseq), state="live", items=[shown(a, False)])
    return case


# ---- stale, actionable ----

def stale_by_elapsed_time():
    case, says, _ = live("ts_now goes on between heartbeats by the client's own clock", interval_ms=10_000)
    case.hear(says.hb(ts_now=T0), at=100, ts_now=T0)
    a = says.sig("B", valid_until=T0 + 500 * MS)
    case.hear(a, at=599, items=[acts(a)], ts_now=T0 + 499 * MS)
    b = says.sig("B", action="update", valid_until=T0 + 500 * MS)
    case.hear(b, at=600, items=[took(b, stale=True)], counters={"stale": 1})
    c = says.sig("B", action="close", valid_until=T0)
    case.hear(c, at=700, items=[took(c)], counters={"stale": 1})
    case.hear(says.hb(ts_now=T0 + 400 * MS), at=800, ts_now=T0 + 400 * MS)
    d = says.sig("D", valid_until=T0 + 500 * MS)
    case.hear(d, at=850, items=[acts(d)])
    return case


def stale_in_a_replay():
    case = Case("a replaying publisher's clock stands still between heartbeats", heartbeat_ms=10_000)
    says = Publisher(interval_ms=10_000, replay=True)
    case.join(says)
    a = says.sig("A", valid_until=T0 + 1)
    case.hear(a, at=9000, items=[acts(a)], ts_now=T0)
    case.hear(says.hb(ts_now=T0 + 1), at=9001, ts_now=T0 + 1)
    b = says.sig("A", action="update", valid_until=T0 + 1)
    case.hear(b, items=[took(b, stale=True)])
    return case


def no_clock_yet():
    case, says = Case("before the clock has begun nothing is actionable, nothing stale"), Publisher()
    old = says.sig("A", valid_until=1)
    case.join(says, [old], [shown(old, False)], ts_now=None)
    a = says.sig("B")
    case.hear(a, items=[took(a)], ts_now=None, counters={"stale": 0})
    case.hear(says.hb(), ts_now=T0)
    b = says.sig("B", action="update")
    case.hear(b, items=[acts(b)])
    return case


def near_miss():
    case, says, a = live("an update of an unknown id is a near miss: no entry, not actionable, not stale")
    b = says.sig("N", action="update", side=0, valid_until=T0 - 5)
    case.hear(b, items=[took(b)], hash=sha([a]))
    c = says.sig("N", action="update", side=1)
    case.hear(c, items=[took(c)], hash=sha([a]), counters={"stale": 0})
    return case


def update_close_expire():
    case, says, a = live("update renews an open id, close and expire remove it; then its updates are near misses")
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)], hash=sha([b]))
    c = says.sig("C", symbol="AMD")
    case.hear(c, items=[acts(c)], hash=sha([b, c]))
    d = says.sig("A", action="update")
    case.hear(d, items=[acts(d)], hash=sha([c, d]))
    e = says.sig("A", action="close")
    case.hear(e, items=[took(e)], hash=sha([c]))
    f = says.sig("A", action="update")
    case.hear(f, items=[took(f)])
    g = says.sig("C", action="expire", symbol="AMD")
    case.hear(g, items=[took(g)], hash=sha([]))
    h = says.sig("A", action="expire")
    case.hear(h, items=[took(h)], hash=sha([]))
    assert a.gseq < b.gseq
    return case


def no_side():
    case, says, a = live("a signal without a side is not actionable; nor is an action that nobody knows")
    b = says.sig("B", side=0)
    case.hear(b, items=[took(b)], hash=sha([a, b]))
    c = says.sig("B", action="update", side=-1)
    case.hear(c, items=[acts(c)])
    d = says.sig("A", action="ponder")
    case.hear(d, items=[took(d)], hash=sha([a, c]))
    return case


def facts_shocks_feeds():
    case, says, a = live("facts, shocks and feeds in the state; a fact that expires takes its shock along")
    f1, f2 = says.fact("META|x|1"), says.fact("META|x|2", "confirmed")
    s1, s2 = says.shock("META|x|1"), says.shock("META|x|2")
    feed = says.feed("wire", "live")
    for message in (f1, f2, s1, s2, feed):
        case.hear(message, items=[took(message)])
    case.step({"tick": True}, {"hash": sha([a, f1, f2, s1, s2, feed])})
    s3 = says.shock("META|x|2", m=5.0)
    case.hear(s3, items=[took(s3)], hash=sha([a, f1, f2, s1, feed, s3]))
    gone = says.fact("META|x|1", "expired")
    case.hear(gone, items=[took(gone)], hash=sha([a, f2, feed, s3]))
    down = says.feed("wire", "down")
    case.hear(down, items=[took(down)], hash=sha([a, f2, s3, down]))
    again = says.fact("META|x|2", "denied")
    case.hear(again, items=[took(again)], hash=sha([a, s3, down, again]))
    return case


CASES = [dead_acknowledged_before, dead_acknowledged_after, dead_acknowledged_while_joining,
         dead_is_not_undone_by_a_late_heartbeat, dead_twice, dead_while_syncing, dead_while_repairing,
         never_heard_is_not_dead, dead_by_the_publishers_interval, epoch_by_heartbeat, epoch_by_message,
         epoch_by_message_then_silence, epoch_during_repair, epoch_during_sync, epoch_that_was, epoch_while_dead,
         epoch_while_dead_acknowledged_before, bye, halt_and_resume, halt_by_heartbeat, halt_while_syncing,
         stale_by_elapsed_time, stale_in_a_replay, no_clock_yet, near_miss, update_close_expire, no_side,
         facts_shocks_feeds]
