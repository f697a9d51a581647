"""The stream: duplicates, holes, repairs, tails."""

from script import (T0, Case, Publisher, acts, asks_all, asks_snapshot, asks_topic, gap, sha, shown, took)


def live(about, topics=None, interval_ms=250):
    """A case that is live, its publisher, and one open signal A on NVDA that has been handed out."""
    case = Case(about, **({"topics": topics} if topics else {}), heartbeat_ms=interval_ms)
    says = Publisher(interval_ms=interval_ms)
    case.join(says)
    a = says.sig("A")
    case.hear(a, items=[acts(a)])
    return case, says, a


def duplicate_tseq():
    case, says, a = live("a number that was seen is dropped and counted")
    case.hear(a, counters={"duplicates": 1, "messages": 1})
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)])
    case.hear(a, counters={"duplicates": 2})
    case.hear(b, counters={"duplicates": 3, "messages": 2, "lost": 0}, hash=sha([b]))
    return case


def duplicate_gseq():
    case, says = Case("what the snapshot covers is dropped, whatever its topic"), Publisher()
    f, a = says.fact(), says.sig("A")
    case.join(says, [f, a])
    case.hear(a, counters={"duplicates": 1})
    case.hear(f, counters={"duplicates": 2, "messages": 0}, hash=sha([f, a]))
    return case


def duplicate_heartbeat():
    case, says, _ = live("a heartbeat that comes twice, or late, tells nothing: not even that the publisher lives")
    one = says.hb(ts_now=T0 + 50)
    two = says.hb(ts_now=T0 + 90)
    case.hear(two, at=100, ts_now=T0 + 90)
    case.hear(two, at=900, counters={"duplicates": 1}, ts_now=T0 + 90 + 800_000_000)
    case.hear(one, at=901, counters={"duplicates": 2}, ts_now=T0 + 90 + 801_000_000)
    case.tick(1099)
    case.tick(1100, state="dead", degraded=True, items=[gap("dead")])
    return case


def hole_one_part():
    case, says, a = live("a hole in tseq: asked for, told, repaired, then the message that showed it")
    lost = [says.sig("B"), says.sig("B", action="close")]
    says.skip(5)
    c = says.sig("A", action="update")
    case.hear(c, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.answer(says.replay_of(2, a.gseq + 1, c.gseq - 1, lost), state="live", hash=sha([c]),
                items=[gap("tseq", a.topic, 2, True), acts(lost[0], repaired=True), took(lost[1], repaired=True),
                       acts(c)],
                counters={"repaired": 2, "lost": 0, "messages": 4, "duplicates": 0})
    return case


def hole_several_parts():
    case, says, a = live("a repair in three answers: `next` is followed")
    lost = [says.sig("B"), says.sig("C"), says.sig("B", action="close")]
    d = says.sig("D")
    end = d.gseq - 1
    case.hear(d, state="repairing", requests=[asks_all(2, says, a.gseq + 1, end)])
    case.answer(says.replay_of(2, a.gseq + 1, end, lost[:1], next=lost[1].gseq),
                requests=[asks_all(3, says, lost[1].gseq, end)])
    case.answer(says.replay_of(3, lost[1].gseq, end, [lost[1]], next=lost[2].gseq),
                requests=[asks_all(4, says, lost[2].gseq, end)])
    case.answer(says.replay_of(4, lost[2].gseq, end, lost[2:]), state="live",
                items=[gap("tseq", a.topic, 3, True), acts(lost[0], repaired=True), acts(lost[1], repaired=True),
                       took(lost[2], repaired=True), acts(d)],
                hash=sha([a, lost[1], d]), counters={"repaired": 3, "lost": 0, "messages": 5})
    return case


def hole_gone():
    case, says, a = live("a hole that cannot be repaired: told, degraded, a new snapshot; nothing is actionable")
    says.sig("B")
    c = says.sig("A", action="close")
    d = says.sig("D")
    case.hear(d, state="repairing", requests=[asks_all(2, says, a.gseq + 1, d.gseq - 1)])
    case.answer(says.error("replay", 2, "gone"), state="syncing", degraded=True,
                items=[gap("tseq", a.topic, 2)], requests=[asks_snapshot(3, d.gseq)], counters={"lost": 2})
    e = says.sig("E", symbol="AMD")
    case.hear(e)
    case.answer(says.snapshot(3, [d], gseq=d.gseq), state="live", items=[shown(d, False), took(e)], hash=sha([d, e]),
                counters={"lost": 2, "repaired": 0, "duplicates": 1})
    f = says.sig("D", action="update")
    case.hear(f, items=[took(f)])
    case.acknowledge(degraded=False)
    g = says.sig("D", action="update")
    case.hear(g, items=[acts(g)])
    assert c.gseq < d.gseq
    return case


def hole_no_answer():
    case, says, a = live("a repair is asked for three times in all, a second apart", interval_ms=10_000)
    says.sig("B")
    c = says.sig("C")
    case.hear(c, at=1000, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.tick(1999)
    case.tick(2000, requests=[asks_all(3, says, a.gseq + 1, c.gseq - 1)])
    case.tick(3000, requests=[asks_all(4, says, a.gseq + 1, c.gseq - 1)])
    case.tick(3999)
    case.tick(4000, state="syncing", degraded=True, items=[gap("tseq", a.topic, 1)],
              requests=[asks_snapshot(5, c.gseq)], counters={"lost": 1})
    case.answer(says.replay_of(4, a.gseq + 1, c.gseq - 1), at=4001)
    case.answer(says.snapshot(5, [a, c]), at=4002, state="live", items=[shown(a, False), shown(c, False)])
    return case


def hole_answer_at_second_try():
    case, says, a = live("each answer has its own three times", interval_ms=10_000)
    lost = [says.sig("B"), says.sig("C")]
    d = says.sig("D")
    end = d.gseq - 1
    case.hear(d, at=1000, state="repairing", requests=[asks_all(2, says, a.gseq + 1, end)])
    case.tick(2000, requests=[asks_all(3, says, a.gseq + 1, end)])
    case.answer(says.replay_of(2, a.gseq + 1, end, lost), at=2001)
    case.tick(3000, requests=[asks_all(4, says, a.gseq + 1, end)])
    case.answer(says.replay_of(4, a.gseq + 1, end, lost[:1], next=lost[1].gseq), at=3500,
                requests=[asks_all(5, says, lost[1].gseq, end)])
    case.tick(4499)
    case.tick(4500, requests=[asks_all(6, says, lost[1].gseq, end)])
    case.tick(5500, requests=[asks_all(7, says, lost[1].gseq, end)])
    case.answer(says.replay_of(7, lost[1].gseq, end, lost[1:]), at=5501, state="live",
                items=[gap("tseq", a.topic, 2, True), acts(lost[0], repaired=True), acts(lost[1], repaired=True),
                       acts(d)])
    return case


def hole_error_answer():
    case, says, a = live("an error other than busy ends a repair at once")
    says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.answer(says.error("replay", 2, "denied"), state="syncing", degraded=True, items=[gap("tseq", a.topic, 1)],
                requests=[asks_snapshot(3, c.gseq)])
    return case


def hole_busy():
    case, says, a = live("busy: the repair is asked for again after 100 ms", interval_ms=10_000)
    lost = says.sig("B")
    c = says.sig("C")
    case.hear(c, at=10, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    for n in range(2, 7):
        case.answer(says.error("replay", n, "busy"), at=110 * n)
        case.tick(110 * n + 99)
        case.tick(110 * n + 100, requests=[asks_all(n + 1, says, a.gseq + 1, c.gseq - 1)])
    case.answer(says.replay_of(7, a.gseq + 1, c.gseq - 1, [lost]), at=800, state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)])
    return case


def hole_answer_is_not_whole():
    case, says, a = live("an answer that lacks one of the lost messages repairs nothing")
    lost = [says.sig("B"), says.sig("C")]
    d = says.sig("D")
    case.hear(d, state="repairing", requests=[asks_all(2, says, a.gseq + 1, d.gseq - 1)])
    case.answer(says.replay_of(2, a.gseq + 1, d.gseq - 1, lost[1:]), items=[gap("tseq", a.topic, 1, True)],
                requests=[asks_topic(3, says, a.topic, lost[0].gseq, lost[0].gseq)], counters={"repaired": 1})
    case.answer(says.replay_of(3, lost[0].gseq, lost[0].gseq), state="syncing", degraded=True,
                items=[gap("tseq", a.topic, 1)], requests=[asks_snapshot(4, d.gseq)],
                counters={"lost": 1, "repaired": 1, "messages": 1})
    case.answer(says.snapshot(4, [a]), state="live", items=[shown(a, False)], counters={"duplicates": 2})
    return case


def hole_useless_answers():
    case, says, a = live("useless answers to a repair: of another epoch, without progress, with a foreign message",
                         interval_ms=10_000)
    lost = says.sig("B")
    foreign = says.sys("resume")
    c = says.sig("C")
    first, end = a.gseq + 1, c.gseq - 1
    case.hear(c, at=10, state="repairing", requests=[asks_all(2, says, first, end)])
    case.answer(says.replay_of(2, first, end, [lost], epoch=3), at=20)
    case.answer(says.replay_of(2, first, end, [lost], next=first), at=30)
    case.answer(says.replay_of(2, first, end, [lost.changed(epoch=3)]), at=40)
    case.answer(says.replay_of(2, first, end, [foreign]), at=50)
    case.answer(says.replay_of(2, first, end, [lost.changed(gseq=c.gseq + 9)]), at=60)
    case.answer(says.replay_of(2, first, end, [lost]), at=70, state="live", hash=sha([a, lost, c]),
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)])
    return case


def hole_while_repairing():
    case, says, a = live("what comes during a repair waits; a second hole in it is repaired after the first")
    lost1 = says.sig("B")
    c = says.sig("C")
    d = says.sig("D", symbol="AMD")
    lost2 = says.sig("E", symbol="AMD")
    e = says.sig("F", symbol="AMD")
    g = says.sig("C", action="close")
    case.hear(c, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    for message in (d, e, g):
        case.hear(message)
    case.answer(says.replay_of(2, a.gseq + 1, c.gseq - 1, [lost1]),
                items=[gap("tseq", a.topic, 1, True), acts(lost1, repaired=True), acts(c), acts(d)],
                requests=[asks_all(3, says, d.gseq + 1, e.gseq - 1)])
    case.answer(says.replay_of(3, d.gseq + 1, e.gseq - 1, [lost2]), state="live",
                items=[gap("tseq", d.topic, 1, True), acts(lost2, repaired=True), acts(e), took(g)],
                hash=sha([a, lost1, d, lost2, e]), counters={"repaired": 2, "messages": 7})
    return case


def hole_repaired_and_stale():
    case, says, a = live("a repaired signal may be stale; a repaired close is a close", interval_ms=10_000)
    old = says.sig("B", valid_until=T0 + 1_000_000)
    close = says.sig("A", action="close")
    c = says.sig("C")
    case.hear(c, at=500, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.answer(says.replay_of(2, a.gseq + 1, c.gseq - 1, [old, close]), state="live", hash=sha([old, c]),
                items=[gap("tseq", a.topic, 2, True), took(old, stale=True, repaired=True), took(close, repaired=True),
                       acts(c)], counters={"stale": 1})
    return case


def reorder():
    case, says, a = live("two messages change places: the first to come shows a hole, the late one is a duplicate")
    b, c = says.sig("B"), says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.hear(b)
    case.answer(says.replay_of(2, a.gseq + 1, c.gseq - 1, [b]), state="live", hash=sha([a, b, c]),
                items=[gap("tseq", a.topic, 1, True), acts(b, repaired=True), acts(c)],
                counters={"duplicates": 1, "repaired": 1, "messages": 3})
    return case


def first_of_topic():
    case, says = Case("the first message of a topic: its prev is not above S, nothing is missing"), Publisher()
    old = says.sig("A")
    says.sig("A", action="close")
    case.join(says)
    b = says.sig("B")
    case.hear(b, items=[acts(b)])
    c = says.sig("C", symbol="AMD")
    case.hear(c, items=[acts(c)], counters={"lost": 0})
    assert old
    return case


def first_of_topic_prev_above_s():
    case, says, _ = live("the first message of a topic that is not the first: its prev lies above S")
    lost = [says.sig("X", symbol="AMD"), says.sig("X", action="close", symbol="AMD")]
    b = says.sig("B", symbol="AMD")
    case.hear(b, state="repairing", requests=[asks_all(2, says, lost[0].gseq, b.gseq - 1)])
    case.answer(says.replay_of(2, lost[0].gseq, b.gseq - 1, lost), state="live",
                items=[gap("tseq", b.topic, 2, True), acts(lost[0], repaired=True), took(lost[1], repaired=True),
                       acts(b)])
    return case


def first_of_topic_prev_above_s_gone():
    case, says, _ = live("the same, and it cannot be had back: at least one message is lost")
    lost = says.sig("X", symbol="AMD")
    b = says.sig("B", symbol="AMD")
    case.hear(b, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq), requests=[asks_topic(3, says, b.topic, 2, lost.gseq)])
    case.answer(says.replay_of(3, 2, lost.gseq), state="syncing", degraded=True, items=[gap("tseq", b.topic, 1)],
                requests=[asks_snapshot(4, b.gseq)], counters={"lost": 1})
    return case


def tail_hole():
    case, says, a = live("the last message of a topic is lost: the heartbeat's tails show it")
    lost = says.sig("A", action="close")
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, a.gseq + 1, beat.gseq - 1)])
    case.answer(says.replay_of(2, a.gseq + 1, beat.gseq - 1, [lost]), state="live", hash=sha([]),
                items=[gap("tail", a.topic, 1, True), took(lost, repaired=True)], counters={"repaired": 1})
    case.hear(says.hb())
    b = says.sig("B")
    case.hear(b, items=[acts(b)])
    return case


def tail_hole_gone():
    case, says, a = live("a lost last message that cannot be had back")
    says.sig("B")
    says.sig("A", action="close")
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, a.gseq + 1, beat.gseq - 1)])
    case.answer(says.error("replay", 2, "gone"), state="syncing", degraded=True, items=[gap("tail", a.topic, 2)],
                requests=[asks_snapshot(3, beat.gseq)])
    case.answer(says.snapshot(3, []), state="live", hash=sha([]))
    case.hear(says.hb(), counters={"lost": 2})
    return case


def tails_of_two_topics():
    case, says, a = live("two holes in one heartbeat: one request, and one gap that names the first of its tails")
    b = says.sig("B", symbol="AMD")
    case.hear(b, items=[acts(b)])
    lost_a, lost_b = says.sig("A", action="close"), says.sig("B", action="close", symbol="AMD")
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, b.gseq + 1, beat.gseq - 1)])
    case.answer(says.replay_of(2, b.gseq + 1, beat.gseq - 1, [lost_a, lost_b]), state="live", hash=sha([]),
                items=[gap("tail", a.topic, 2, True), took(lost_a, repaired=True), took(lost_b, repaired=True)])
    return case


def tail_unknown_nothing_lost():
    case, says = Case("a tail of an unknown topic, said before S but after the first heartbeat: looked at once"), \
        Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    close = says.sig("A", action="close")
    case.answer(says.snapshot(1, []), state="live")
    beat2 = says.hb()
    case.hear(beat2, counters={"lost": 0})  # nothing lies between S and this heartbeat: no need to look
    f = says.fact()
    case.hear(f, items=[took(f)])
    case.hear(says.hb())
    b = says.sig("A2")
    case.hear(b, items=[acts(b)], counters={"lost": 0, "messages": 2})
    assert a.gseq < close.gseq
    return case


def tail_unknown_looked_at():
    case, says = Case("a tail of an unknown topic: looked at once, and there was nothing"), Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    case.answer(says.snapshot(1, [a]), state="live", items=[shown(a)])
    says.skip(3)
    beat2 = says.hb()
    case.hear(beat2, state="repairing", requests=[asks_all(2, says, a.gseq + 1, beat2.gseq - 1)])
    f = says.fact()
    case.hear(f)
    case.answer(says.replay_of(2, a.gseq + 1, beat2.gseq - 1),
                requests=[asks_topic(3, says, a.topic, a.gseq + 1, beat2.gseq - 1)])
    case.answer(says.replay_of(3, a.gseq + 1, beat2.gseq - 1), state="live", items=[took(f)], counters={"lost": 0})
    case.hear(says.hb())
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)], counters={"repaired": 0, "lost": 0})
    return case


def tail_unknown_lost():
    case, says, _ = live("a tail of an unknown topic: all that it ever said was lost")
    lost = [says.sig("X", symbol="AMD"), says.sig("Y", symbol="AMD")]
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, lost[0].gseq, beat.gseq - 1)])
    case.answer(says.replay_of(2, lost[0].gseq, beat.gseq - 1, lost), state="live",
                items=[gap("tail", lost[0].topic, 2, True), acts(lost[0], repaired=True), acts(lost[1], repaired=True)])
    c = says.sig("Z", symbol="AMD")
    case.hear(c, items=[acts(c)], counters={"repaired": 2, "lost": 0})
    return case


def tail_unknown_gone():
    case, says, _ = live("a tail of an unknown topic that nobody can look at: held for a loss")
    lost = says.sig("X", symbol="AMD")
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.error("replay", 2, "gone"), state="syncing", degraded=True, items=[gap("tail", lost.topic, 1)],
                requests=[asks_snapshot(3, beat.gseq)])
    return case


def tails_of_the_first_heartbeat():
    case, says = Case("tails that a heartbeat up to S has named are no holes: no request"), Publisher()
    for symbol in ("AMD", "TSM", "MU"):
        says.sig(symbol, symbol=symbol)
        says.sig(symbol, action="close", symbol=symbol)
    case.join(says)
    a = says.sig("A")
    case.hear(a, items=[acts(a)])
    case.hear(says.hb())
    b = says.sig("TSM", symbol="TSM")
    case.hear(b, items=[acts(b)])
    case.hear(says.hb(), counters={"lost": 0})
    return case


def tails_said_while_syncing():
    case, says = Case("tails of a heartbeat that came while the snapshot was taken, and that S covers"), Publisher()
    beat = says.hb()
    case.hear(beat, state="syncing", requests=[asks_snapshot(1, beat.gseq)])
    a = says.sig("A")
    beat2 = says.hb()
    case.hear(beat2)
    case.answer(says.snapshot(1, [a]), state="live", items=[shown(a)])
    f = says.fact()
    case.hear(f, items=[took(f)])
    case.hear(says.hb())
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)], counters={"lost": 0, "repaired": 0})
    return case


def tails_said_before_another_snapshot():
    case, says, a = live("tails of a heartbeat that came before a second snapshot")
    f = says.fact()
    case.hear(f, items=[took(f)])
    case.hear(says.hb())
    lost = says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.error("replay", 2, "gone"), state="syncing", degraded=True, items=[gap("tseq", a.topic, 1)],
                requests=[asks_snapshot(3, c.gseq)])
    case.answer(says.snapshot(3, [a, f, c]), state="live", items=[shown(a, False), shown(f), shown(c, False)])
    d = says.sig("C", action="close")
    case.hear(d, items=[took(d)])
    case.hear(says.hb(), counters={"lost": 1})  # the fact's tail was said before: nothing to look for
    return case


def tails_of_others():
    case, says, _ = live("tails of topics that were not subscribed to are nobody's holes", topics=("sig.",))
    says.fact()
    says.shock()
    case.hear(says.hb(), counters={"lost": 0})
    return case


def heartbeat_lost():
    case, says, _ = live("a lost heartbeat is not repaired")
    says.hb()
    says.hb()
    case.hear(says.hb(), counters={"lost": 0})
    return case


def sys_hole():
    case, says, _ = live("a hole in sys. is repaired, silently but for the gap")
    s1 = says.sys("resume")
    case.hear(s1)
    lost = says.sys("resume")
    s3 = says.sys("halt")
    case.hear(s3, state="repairing", halted=True, requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq), requests=[asks_topic(3, says, "sys.", lost.gseq, lost.gseq)])
    case.answer(says.replay_of(3, lost.gseq, lost.gseq, [lost]), state="live", items=[gap("tseq", "sys.", 1, True)],
                counters={"repaired": 1, "messages": 1})
    return case


def missed_rises():
    case = Case("missed that rises is a loss that nothing repairs; where it stood at the start is none")
    says = Publisher()
    case.join(says, missed=3)
    case.hear(says.hb(missed=3))
    case.hear(says.hb(missed=5), degraded=True, items=[gap("missed", "", 2)], counters={"lost": 2})
    a = says.sig("A")
    case.hear(a, items=[took(a)])
    case.acknowledge(degraded=False)
    case.hear(says.hb(missed=5))
    b = says.sig("A", action="update")
    case.hear(b, items=[acts(b)], counters={"lost": 2})
    return case


def degraded_until_acknowledged():
    case, says, a = live("degraded lasts until it is acknowledged, through repairs and heartbeats")
    case.hear(says.hb(missed=1), degraded=True, items=[gap("missed", "", 1)])
    lost = says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), took(lost, repaired=True), took(c)])
    case.hear(says.hb(missed=1))
    case.acknowledge(degraded=False)
    d = says.sig("D")
    case.hear(d, items=[acts(d)])
    case.acknowledge()
    return case


CASES = [duplicate_tseq, duplicate_gseq, duplicate_heartbeat, hole_one_part, hole_several_parts, hole_gone,
         hole_no_answer, hole_answer_at_second_try, hole_error_answer, hole_busy, hole_answer_is_not_whole,
         hole_useless_answers, hole_while_repairing, hole_repaired_and_stale, reorder, first_of_topic,
         first_of_topic_prev_above_s, first_of_topic_prev_above_s_gone, tail_hole, tail_hole_gone, tails_of_two_topics,
         tail_unknown_nothing_lost, tail_unknown_looked_at, tail_unknown_lost, tail_unknown_gone,
         tails_of_the_first_heartbeat, tails_said_while_syncing, tails_said_before_another_snapshot, tails_of_others,
         heartbeat_lost, sys_hole, missed_rises, degraded_until_acknowledged]
