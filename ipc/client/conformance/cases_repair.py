"""Repairs: one request for all that lies between two messages that came, and one for a topic that it leaves open."""

from script import Case, Publisher, acts, asks_all, asks_snapshot, asks_topic, gap, sha, shown, took
from cases_stream import live

SYMBOLS = ("AAPL", "AMD", "MU", "TSM", "INTC", "ASML", "ARM", "QCOM", "AVGO", "SMCI", "DELL", "ORCL")


def _busy(about, **options):
    """Live, with an open signal on each of many topics that was handed out."""
    case, says, _ = live(about, **options)
    opened = [says.sig(symbol, symbol=symbol) for symbol in SYMBOLS]
    for message in opened:
        case.hear(message, items=[acts(message)])
    return case, says, opened


def _stall(says):
    """What is said while nobody listens: something in every topic, and topics that are new."""
    return [says.sig(symbol, action="update", symbol=symbol) for symbol in SYMBOLS] + \
        [says.fact(), says.shock(), says.sig("new", symbol="NEW")]


def repair_of_a_stall():
    case, says, opened = _busy("a stall: holes in many topics, and what lies between is had back by one request")
    lost = _stall(says)
    says.skip(20)
    after = [says.sig(symbol, action="update", symbol=symbol) for symbol in reversed(SYMBOLS)]
    case.hear(after[0], state="repairing",
              requests=[asks_all(2, says, opened[-1].gseq + 1, after[0].gseq - 1)])
    for message in after[1:]:
        case.hear(message)
    case.answer(says.replay_of(2, opened[-1].gseq + 1, after[0].gseq - 1, lost), state="live",
                items=[gap("tseq", after[0].topic, len(lost), True),
                       *(took(m, actionable=m.topic.startswith("sig."), repaired=True) for m in lost),
                       *(acts(m) for m in after)],
                counters={"repaired": len(lost), "lost": 0, "duplicates": 0})
    return case


def repair_of_a_stall_by_heartbeat():
    case, says, opened = _busy("a stall that a heartbeat ends: its tails are many holes, one request closes them; "
                               "topics that were not known are among them")
    lost = _stall(says)
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, lost[0].gseq, lost[-1].gseq)])
    case.answer(says.replay_of(2, lost[0].gseq, lost[-1].gseq, lost), state="live",
                items=[gap("tail", opened[0].topic, len(lost), True),
                       *(took(m, actionable=m.topic.startswith("sig."), repaired=True) for m in lost)],
                counters={"repaired": len(lost), "lost": 0})
    case.hear(says.hb())
    b = says.sig("new", action="close", symbol="NEW")
    case.hear(b, items=[took(b)])
    return case


def repair_in_parts():
    case, says, opened = _busy("a request of all prefixes in three answers, one of which is late: nothing is handed "
                               "out before the last", interval_ms=10_000)
    lost = _stall(says)
    says.skip(4)
    c = says.sig("C")
    d = says.sig("D", symbol="AMD")
    begin, middle = lost[0].gseq, lost[5].gseq
    case.hear(d, at=100, state="repairing", requests=[asks_all(2, says, begin, c.gseq)])
    case.answer(says.replay_of(2, begin, c.gseq, lost[:5], next=middle), at=110,
                requests=[asks_all(3, says, middle, c.gseq)])
    case.answer(says.replay_of(3, middle, c.gseq, lost[5:], next=c.gseq - 2), at=120,
                requests=[asks_all(4, says, c.gseq - 2, c.gseq)])
    case.tick(1119)
    case.tick(1120, requests=[asks_all(5, says, c.gseq - 2, c.gseq)])
    case.answer(says.replay_of(5, c.gseq - 2, c.gseq, [], next=c.gseq), at=1130,
                requests=[asks_all(6, says, c.gseq, c.gseq)])
    came = lost + [c]
    case.answer(says.replay_of(6, c.gseq, c.gseq, [c]), at=1140, state="live",
                items=[gap("tseq", d.topic, len(came), True),
                       *(took(m, actionable=m.topic.startswith("sig."), repaired=True) for m in came), acts(d)],
                counters={"repaired": len(came), "lost": 0})
    assert opened
    return case


def repair_of_a_shock_that_is_over():
    case, says, a = live("a shock is had back after its fact has expired: it is handed out, and not in the state")
    f = says.fact()
    case.hear(f, items=[took(f)], hash=sha([a, f]))
    lost = says.shock()
    end = says.fact(status="expired")
    case.hear(end, items=[took(end)], hash=sha([a]))
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_topic(2, says, lost.topic, 2, beat.gseq - 1)])
    case.answer(says.replay_of(2, 2, beat.gseq - 1, [lost]), state="live", hash=sha([a]),
                items=[gap("tail", lost.topic, 1, True), took(lost, repaired=True)])
    again, shock = says.fact(), says.shock()
    case.hear(again, items=[took(again)], hash=sha([a, again]))
    case.hear(shock, items=[took(shock)], hash=sha([a, again, shock]))
    return case


def repair_of_an_end_before_a_shock():
    case, says, a = live("the end of a fact is had back after a newer shock of it: the fact goes, the shock stays")
    f, s = says.fact(), says.shock()
    case.hear(f, items=[took(f)])
    case.hear(s, items=[took(s)], hash=sha([a, f, s]))
    lost = says.fact(status="expired")
    shock = says.shock(m=5.0)
    case.hear(shock, items=[took(shock)], hash=sha([a, f, shock]))
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_topic(2, says, f.topic, f.gseq + 1, beat.gseq - 1)])
    case.answer(says.replay_of(2, f.gseq + 1, beat.gseq - 1, [lost]), state="live", hash=sha([a, shock]),
                items=[gap("tail", f.topic, 1, True), took(lost, repaired=True)])
    return case


def repair_in_two_requests():
    case, says, a = live("a lone loss, long before it shows: between the last message and this one there is nothing, "
                         "the topic's own range has it")
    lost = says.sig("B")
    f = says.fact()
    case.hear(f, items=[took(f)])
    says.skip(2)
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, f.gseq + 1, c.gseq - 1)])
    case.answer(says.replay_of(2, f.gseq + 1, c.gseq - 1),
                requests=[asks_topic(3, says, a.topic, a.gseq + 1, c.gseq - 1)], counters={"repaired": 0})
    case.answer(says.replay_of(3, a.gseq + 1, c.gseq - 1, [lost]), state="live", hash=sha([a, lost, f, c]),
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)],
                counters={"repaired": 1, "lost": 0})
    return case


def repair_of_a_topic_at_once():
    case, says, a = live("nothing lies between the last message and the one that shows the hole: the topic's own range "
                         "is asked for at once")
    lost = says.sig("B")
    f = says.fact()
    case.hear(f, items=[took(f)])
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_topic(2, says, a.topic, a.gseq + 1, c.gseq - 1)])
    case.answer(says.replay_of(2, a.gseq + 1, c.gseq - 1, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)])
    lost = says.sig("D")
    e = says.sig("E")
    case.hear(e, state="repairing", requests=[asks_all(3, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(3, lost.gseq, lost.gseq, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(e)], counters={"repaired": 2})
    return case


def repair_of_a_tail_at_once():
    case, says, a = live("the same, shown by a heartbeat; another tail of it is a hole as well")
    lost = [says.sig("A", action="close"), says.sig("X", symbol="AMD")]
    f = says.fact()
    case.hear(f, items=[took(f)])
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_topic(2, says, a.topic, a.gseq + 1, beat.gseq - 1)])
    case.answer(says.replay_of(2, a.gseq + 1, beat.gseq - 1, lost[:1]),
                items=[gap("tail", a.topic, 1, True), took(lost[0], repaired=True)],
                requests=[asks_topic(3, says, lost[1].topic, 2, beat.gseq - 1)])
    case.answer(says.replay_of(3, 2, beat.gseq - 1, lost[1:]), state="live",
                items=[gap("tail", lost[1].topic, 1, True), acts(lost[1], repaired=True)],
                counters={"repaired": 2, "lost": 0})
    return case


def repair_of_a_hole_on_both_sides():
    case, says, a = live("a hole that began before the last message: what came shows what is still missing")
    lost1 = says.sig("B")
    f = says.fact()
    case.hear(f, items=[took(f)])
    lost2 = says.sig("C")
    d = says.sig("D")
    case.hear(d, state="repairing", requests=[asks_all(2, says, lost2.gseq, lost2.gseq)])
    e = says.sig("E")
    case.hear(e)
    case.answer(says.replay_of(2, lost2.gseq, lost2.gseq, [lost2]), items=[gap("tseq", a.topic, 1, True)],
                requests=[asks_topic(3, says, a.topic, a.gseq + 1, lost2.gseq - 1)], counters={"repaired": 1})
    case.answer(says.replay_of(3, a.gseq + 1, lost2.gseq - 1, [lost1]), state="live",
                hash=sha([a, lost1, f, lost2, d, e]),
                items=[gap("tseq", a.topic, 1, True), acts(lost1, repaired=True), acts(lost2, repaired=True), acts(d),
                       acts(e)], counters={"repaired": 2, "lost": 0, "duplicates": 0, "messages": 6})
    return case


def _older_hole(about, **options):
    """Request 3 is under way: it asks for y2, which y3, that request 2 brought, has shown to be missing."""
    case, says, a = live(about, **options)
    y1 = says.sig("Y", symbol="AMD")
    case.hear(y1, items=[acts(y1)])
    y2 = says.sig("Y", action="update", symbol="AMD")
    b = says.sig("B")
    case.hear(b, items=[acts(b)])
    c = says.sig("C")
    y3 = says.sig("Y", action="update", symbol="AMD")
    d = says.sig("D")
    case.hear(d, state="repairing", requests=[asks_all(2, says, c.gseq, y3.gseq)])
    case.answer(says.replay_of(2, c.gseq, y3.gseq, [c, y3]),
                items=[gap("tseq", a.topic, 2, True), acts(c, repaired=True)],
                requests=[asks_topic(3, says, y1.topic, y2.gseq, y3.gseq - 1)], counters={"repaired": 2})
    return case, says, (a, b, c, d), (y1, y2, y3)


def repair_shows_an_older_hole():
    case, says, (a, b, c, d), (_, y2, y3) = _older_hole(
        "a message that was had back shows an older hole of its own topic: that topic is asked for, then all goes on")
    case.hear(y3)
    case.answer(says.replay_of(3, y2.gseq, y3.gseq - 1, [y2]), state="live", hash=sha([a, b, c, y3, d]),
                items=[gap("tseq", y2.topic, 1, True), acts(y2, repaired=True), acts(y3, repaired=True), acts(d)],
                counters={"repaired": 3, "lost": 0, "duplicates": 1})
    return case


def repair_shows_an_older_hole_gone():
    case, says, (a, b, c, d), (_, _, y3) = _older_hole(
        "the same, and it cannot be had back: what waited is dropped, the snapshot has it")
    case.answer(says.error("replay", 3, "gone"), state="syncing", degraded=True, items=[gap("tseq", y3.topic, 1)],
                requests=[asks_snapshot(4, d.gseq)], counters={"lost": 1})
    case.answer(says.snapshot(4, [a, b, c, y3, d]), state="live",
                items=[shown(m, False) for m in (a, b, c, y3, d)], counters={"repaired": 2, "duplicates": 2})
    return case


def repair_shows_an_older_hole_dead():
    case, _, _, (_, _, y3) = _older_hole("the same, and the publisher falls silent")
    case.tick(1001, state="dead", degraded=True, items=[gap("tseq", y3.topic, 1), gap("dead")], counters={"lost": 1})
    return case


def repair_of_another_hole_of_the_heartbeat():
    case, says, a = live("tails of a heartbeat: what is left open of them after one request goes topic by topic")
    x = says.sig("X", symbol="AMD")
    case.hear(x, items=[acts(x)])
    close = says.sig("X", action="close", symbol="AMD")
    f = says.fact()
    case.hear(f, items=[took(f)])
    b = says.sig("B")
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, b.gseq, b.gseq)])
    case.answer(says.replay_of(2, b.gseq, b.gseq, [b]),
                items=[gap("tail", a.topic, 1, True), acts(b, repaired=True)],
                requests=[asks_topic(3, says, x.topic, close.gseq, b.gseq)])
    case.answer(says.replay_of(3, close.gseq, b.gseq, [close]), state="live", hash=sha([a, f, b]),
                items=[gap("tail", x.topic, 1, True), took(close, repaired=True)],
                counters={"repaired": 2, "lost": 0})
    return case


def repair_of_an_unknown_tail():
    case, says, _ = live("a topic that only the tails know: the request for all has it, and the hole of another topic")
    lost = [says.sig("N1", symbol="NEW"), says.sig("A", action="close"), says.sig("N2", symbol="NEW")]
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost[0].gseq, lost[-1].gseq)])
    case.hear(says.hb())
    case.answer(says.replay_of(2, lost[0].gseq, lost[-1].gseq, lost), state="live", hash=sha([lost[0], lost[2], c]),
                items=[gap("tseq", c.topic, 3, True), acts(lost[0], repaired=True), took(lost[1], repaired=True),
                       acts(lost[2], repaired=True), acts(c)], counters={"repaired": 3, "lost": 0})
    return case


def repair_gone():
    case, says, opened = _busy("a stall of which nothing is kept: one gap that is not repaired, a new snapshot")
    lost = _stall(says)
    after = [says.sig(symbol, action="update", symbol=symbol) for symbol in SYMBOLS]
    case.hear(after[0], state="repairing", requests=[asks_all(2, says, lost[0].gseq, lost[-1].gseq)])
    for message in after[1:]:
        case.hear(message)
    case.answer(says.error("replay", 2, "gone"), state="syncing", degraded=True,
                items=[gap("tseq", after[0].topic, 1)], requests=[asks_snapshot(3, after[-1].gseq)],
                counters={"lost": 1, "repaired": 0})
    case.answer(says.snapshot(3, after), state="live", items=[shown(m, False) for m in after], hash=sha(after),
                counters={"duplicates": len(after)})
    assert opened
    return case


def repair_leaves_a_hole():
    case, says, a = live("both requests were answered, and something is still missing: nothing of the second is handed "
                         "out")
    says.sig("B")
    lost = says.sig("C")
    f = says.fact()
    case.hear(f, items=[took(f)])
    says.skip(1)
    d = says.sig("D")
    case.hear(d, state="repairing", requests=[asks_all(2, says, d.gseq - 1, d.gseq - 1)])
    case.answer(says.replay_of(2, d.gseq - 1, d.gseq - 1),
                requests=[asks_topic(3, says, a.topic, a.gseq + 1, d.gseq - 1)])
    case.answer(says.replay_of(3, a.gseq + 1, d.gseq - 1, [lost]), state="syncing", degraded=True,
                items=[gap("tseq", a.topic, 2)], requests=[asks_snapshot(4, d.gseq)],
                counters={"lost": 2, "repaired": 0, "messages": 2})
    return case


def repair_leaves_the_first_of_a_topic():
    case, says, _ = live("the same in a topic that is not known: the first that came has a `prev` above S")
    says.sig("X", symbol="AMD")
    x2 = says.sig("Y", symbol="AMD")
    f = says.fact()
    case.hear(f, items=[took(f)])
    x3 = says.sig("Z", symbol="AMD")
    case.hear(x3, state="repairing", requests=[asks_topic(2, says, x3.topic, 2, f.gseq)])
    case.answer(says.replay_of(2, 2, f.gseq, [x2]), state="syncing", degraded=True, items=[gap("tseq", x3.topic, 1)],
                requests=[asks_snapshot(3, x3.gseq)], counters={"lost": 1, "repaired": 0})
    return case


def repair_brings_what_is_known():
    case, says, a = live("what is known already is dropped in an answer, and counted nowhere")
    lost = says.sig("B")
    says.skip(2)
    c = says.sig("C")
    first, end = lost.gseq, c.gseq - 1
    twice = [a.changed(gseq=first + 1, prev=first), lost.changed(gseq=first + 2, prev=first)]
    case.hear(c, state="repairing", requests=[asks_all(2, says, first, end)])
    case.answer(says.replay_of(2, first, end, [lost, *twice]), state="live", hash=sha([a, lost, c]),
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)],
                counters={"repaired": 1, "duplicates": 0, "lost": 0, "messages": 3})
    lost = says.sig("D")
    e = says.sig("E")
    case.hear(e, state="repairing", requests=[asks_all(3, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(3, lost.gseq, lost.gseq, [a.changed(gseq=lost.gseq, prev=1)]),
                requests=[asks_topic(4, says, a.topic, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(4, lost.gseq, lost.gseq, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(e)],
                counters={"repaired": 2, "duplicates": 0})
    return case


def repair_useless_answers():
    case, says, a = live("useless answers: out of order to a request for all, another topic to one for a topic",
                         interval_ms=10_000)
    lost = says.sig("B")
    f = says.fact()
    case.hear(f, at=5, items=[took(f)])
    more = [says.fact(), says.shock()]
    c = says.sig("C")
    case.hear(c, at=10, state="repairing", requests=[asks_all(2, says, more[0].gseq, more[1].gseq)])
    case.answer(says.replay_of(2, more[0].gseq, more[1].gseq, more[::-1]), at=20)
    case.answer(says.replay_of(2, more[0].gseq, more[1].gseq, [lost]), at=30)
    case.answer(says.replay_of(2, more[0].gseq, more[1].gseq, more), at=40,
                items=[gap("tseq", a.topic, 2, True), took(more[0], repaired=True), took(more[1], repaired=True)],
                requests=[asks_topic(3, says, a.topic, lost.gseq, c.gseq - 1)])
    case.answer(says.replay_of(3, lost.gseq, c.gseq - 1, [lost, more[0]]), at=50)
    case.answer(says.replay_of(3, lost.gseq, c.gseq - 1, [lost]), at=60, state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)], counters={"repaired": 3})
    return case


def repair_requests_have_three_times_each():
    case, says, a = live("each of the two requests has its own three times", interval_ms=30_000)
    says.sig("B")
    f = says.fact()
    case.hear(f, at=5, items=[took(f)])
    says.skip(1)
    c = says.sig("C")
    case.hear(c, at=1000, state="repairing", requests=[asks_all(2, says, c.gseq - 1, c.gseq - 1)])
    case.tick(2000, requests=[asks_all(3, says, c.gseq - 1, c.gseq - 1)])
    case.tick(3000, requests=[asks_all(4, says, c.gseq - 1, c.gseq - 1)])
    case.answer(says.replay_of(4, c.gseq - 1, c.gseq - 1), at=3500,
                requests=[asks_topic(5, says, a.topic, a.gseq + 1, c.gseq - 1)])
    case.tick(4500, requests=[asks_topic(6, says, a.topic, a.gseq + 1, c.gseq - 1)])
    case.answer(says.error("replay", 6, "busy"), at=4600)
    case.tick(4700, requests=[asks_topic(7, says, a.topic, a.gseq + 1, c.gseq - 1)])
    case.answer(says.error("replay", 7, "ahead"), at=4800)
    case.tick(4899)
    case.tick(4900, requests=[asks_topic(8, says, a.topic, a.gseq + 1, c.gseq - 1)])
    case.tick(5900, requests=[asks_topic(9, says, a.topic, a.gseq + 1, c.gseq - 1)])
    case.tick(6899)
    case.tick(6900, state="syncing", degraded=True, items=[gap("tseq", a.topic, 1)],
              requests=[asks_snapshot(10, c.gseq)])
    return case


def repair_begins_after_the_highest():
    case, says, a = live("messages that changed places without a hole: the highest of them is where a repair begins")
    x, y = says.sig("X", symbol="AMD"), says.sig("Y", symbol="TSM")
    case.hear(y, items=[acts(y)])
    case.hear(x, items=[acts(x)])
    case.hear(a, counters={"duplicates": 1})
    beat, f = says.hb(), says.fact()
    case.hear(f, items=[took(f)])
    case.hear(beat)
    lost = says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)])
    return case


def repair_begins_after_a_heartbeat_or_sys():
    case, says, a = live("heartbeats and sys. are messages like others: a repair begins after them")
    lost1 = says.sig("B")
    beat = says.hb(tails={})
    case.hear(beat)
    lost2 = says.fact()
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost2.gseq, lost2.gseq)])
    case.answer(says.replay_of(2, lost2.gseq, lost2.gseq, [lost2]),
                items=[gap("tseq", a.topic, 1, True), took(lost2, repaired=True)],
                requests=[asks_topic(3, says, a.topic, lost1.gseq, lost2.gseq)])
    case.answer(says.replay_of(3, lost1.gseq, lost2.gseq, [lost1]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost1, repaired=True), acts(c)])
    lost = says.sig("D")
    case.hear(says.sys("resume"))
    e = says.sig("E")
    case.hear(e, state="repairing", requests=[asks_topic(4, says, a.topic, lost.gseq, e.gseq - 1)])
    case.answer(says.replay_of(4, lost.gseq, e.gseq - 1, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(e)], counters={"lost": 0})
    return case


def repair_after_another_epoch():
    case, says = Case("another epoch counts from 1 again, and so does what was asked for"), Publisher()
    says.skip(1000)
    case.join(says)
    a = says.sig("A")
    case.hear(a, items=[acts(a)])
    lost = says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, lost.gseq, lost.gseq)])
    case.answer(says.replay_of(2, lost.gseq, lost.gseq, [lost]), state="live",
                items=[gap("tseq", a.topic, 1, True), acts(lost, repaired=True), acts(c)])
    other = Publisher(epoch=9)
    beat = other.hb()
    case.hear(beat, state="syncing", degraded=True, items=[gap("epoch")], requests=[asks_snapshot(3, beat.gseq)])
    case.answer(other.snapshot(3), state="live")
    case.acknowledge(degraded=False)
    lost = [other.sig("A"), other.sig("B", symbol="AMD")]
    d = other.sig("C")
    case.hear(d, state="repairing", requests=[asks_all(4, other, lost[0].gseq, lost[1].gseq)])
    case.answer(other.replay_of(4, lost[0].gseq, lost[1].gseq, lost), state="live",
                items=[gap("tseq", d.topic, 2, True), acts(lost[0], repaired=True), acts(lost[1], repaired=True),
                       acts(d)])
    return case


def repair_after_another_snapshot():
    case, says, a = live("after a new snapshot a repair begins behind what it covers")
    says.sig("B")
    c = says.sig("C")
    case.hear(c, state="repairing", requests=[asks_all(2, says, a.gseq + 1, c.gseq - 1)])
    case.answer(says.error("replay", 2, "gone"), state="syncing", degraded=True, items=[gap("tseq", a.topic, 1)],
                requests=[asks_snapshot(3, c.gseq)])
    says.skip(10)
    case.answer(says.snapshot(3, [a, c]), state="live", items=[shown(a, False), shown(c, False)])
    case.acknowledge(degraded=False)
    lost = [says.sig("D"), says.sig("E")]
    f = says.sig("F")
    case.hear(f, state="repairing", requests=[asks_all(4, says, lost[0].gseq, lost[1].gseq)])
    case.answer(says.replay_of(4, lost[0].gseq, lost[1].gseq, lost), state="live",
                items=[gap("tseq", a.topic, 2, True), acts(lost[0], repaired=True), acts(lost[1], repaired=True),
                       acts(f)], counters={"lost": 1, "repaired": 2})
    return case


def repair_of_everything():
    case, says, a = live("who subscribes to everything: lost heartbeats do not come back, a lost halt does, and counts "
                         "when the answer comes", topics=("",))
    beat = says.hb()
    halt = says.sys("halt")
    b = says.sig("A", action="update")
    c = says.sig("A", action="update")
    case.hear(c, state="repairing", requests=[asks_all(2, says, beat.gseq, b.gseq, ("",))])
    case.answer(says.replay_of(2, beat.gseq, b.gseq, [beat, halt, b]), state="live", halted=True,
                items=[gap("tseq", a.topic, 2, True), took(halt, repaired=True), took(b, repaired=True), took(c)],
                hash=sha([c]), counters={"repaired": 2, "duplicates": 0, "lost": 0, "messages": 4})
    return case


def repair_with_a_halt_to_come():
    case, says, a = live("a halt that was had back counts at once, even while older messages wait", topics=("",))
    y1 = says.sig("Y", symbol="AMD")
    case.hear(y1, items=[acts(y1)])
    y2 = says.sig("Y", action="update", symbol="AMD")
    b = says.sig("B")
    case.hear(b, items=[acts(b)])
    c = says.sig("C")
    y3 = says.sig("Y", action="update", symbol="AMD")
    halt = says.sys("halt")
    d = says.sig("D")
    case.hear(d, state="repairing", requests=[asks_all(2, says, c.gseq, halt.gseq, ("",))])
    case.answer(says.replay_of(2, c.gseq, halt.gseq, [c, y3, halt]), halted=True,
                items=[gap("tseq", a.topic, 3, True), took(c, repaired=True)],
                requests=[asks_topic(3, says, y1.topic, y2.gseq, y3.gseq - 1)])
    case.answer(says.replay_of(3, y2.gseq, y3.gseq - 1, [y2]), state="live",
                items=[gap("tseq", y1.topic, 1, True), took(y2, repaired=True), took(y3, repaired=True),
                       took(halt, repaired=True), took(d)])
    return case


def repair_brings_a_bye():
    case, says, a = live("a bye that was had back is a bye", topics=("",))
    b = says.sig("B")
    bye = says.sys("bye", "shutdown")
    beat = says.hb()
    case.hear(beat, state="repairing", requests=[asks_all(2, says, b.gseq, bye.gseq, ("",))])
    case.answer(says.replay_of(2, b.gseq, bye.gseq, [b, bye]), state="bye",
                items=[gap("tail", a.topic, 2, True), acts(b, repaired=True), took(bye, repaired=True), took(beat)])
    case.tick(60_000)
    return case


def repair_while_dead():
    case, says, a = live("a client that is back from the dead and not acknowledged repairs all the same: it hands out "
                         "the gap, and keeps the messages to itself")
    case.tick(1001, state="dead", degraded=True, items=[gap("dead")])
    beat = says.hb()
    case.hear(beat, at=2000, requests=[asks_snapshot(2, beat.gseq)])
    case.answer(says.snapshot(2, [a]))
    lost = [says.sig("B"), says.fact()]
    c = says.sig("C")
    case.hear(c, requests=[asks_all(3, says, lost[0].gseq, lost[1].gseq)])
    case.answer(says.replay_of(3, lost[0].gseq, lost[1].gseq, lost), items=[gap("tseq", a.topic, 2, True)],
                hash=sha([a, *lost, c]), counters={"repaired": 2, "withheld": 2, "messages": 1})
    case.acknowledge(state="live", degraded=False, items=[shown(m) for m in (a, *lost, c)])
    return case


CASES = [repair_of_a_stall, repair_of_a_stall_by_heartbeat, repair_in_parts, repair_of_a_shock_that_is_over,
         repair_of_an_end_before_a_shock, repair_in_two_requests,
         repair_of_a_topic_at_once, repair_of_a_tail_at_once, repair_of_a_hole_on_both_sides,
         repair_shows_an_older_hole, repair_shows_an_older_hole_gone, repair_shows_an_older_hole_dead,
         repair_of_another_hole_of_the_heartbeat, repair_of_an_unknown_tail, repair_gone, repair_leaves_a_hole,
         repair_leaves_the_first_of_a_topic,
         repair_brings_what_is_known, repair_useless_answers, repair_requests_have_three_times_each,
         repair_begins_after_the_highest, repair_begins_after_a_heartbeat_or_sys, repair_after_another_epoch,
         repair_after_another_snapshot, repair_of_everything, repair_with_a_halt_to_come, repair_brings_a_bye,
         repair_while_dead]
