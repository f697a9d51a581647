/** What the vectors do not say: bounds, pings, and sequences that contradict each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { Gap, Tracker, hashOf } from "../index.js";

const NOW = 1_782_936_000_000_000_000n;
const EPOCH = 9n;

function frames(topic, keys) {
  const body = { v: 1, epoch: EPOCH, ts_pub: NOW, replay: false, ...keys };
  return [Buffer.from(topic), Buffer.from(encode(body, { useBigInt64: true }))];
}

const heartbeat = (gseq, keys = {}) => frames("hb.", {
  gseq, tseq: gseq, prev: 0, interval_ms: 250, oldest: 1, feeds: {}, ts_now: NOW, halted: false, missed: 0, tails: {},
  ...keys,
});

const signal = (gseq, tseq, prev, keys = {}) => frames("sig.x.A.", {
  gseq, tseq, prev, action: "open", id: "a", side: 1, valid_until: NOW + 1_000_000_000_000n, ...keys,
});

function answer(request, gseq, messages, keys = {}) {
  const { op, id } = request;
  const header = { v: 1, op, id, error: null, detail: null, epoch: EPOCH, gseq, oldest: 1, ts_now: NOW, halted: false };
  const pairs = messages.map(([topic, payload]) => [topic.toString(), payload]);
  return Buffer.from(encode({ ...header, count: pairs.length, messages: pairs, ...keys }, { useBigInt64: true }));
}

function live(bufferedMax) {
  const tracker = new Tracker({ prefixes: ["sig."], bufferedMax });
  tracker.take(heartbeat(1), 0);
  const [request] = tracker.requests.splice(0);
  tracker.answer(answer(request, 1, [], { hash: hashOf([]), parts: 1, part: 1, token: null }), 1);
  assert.equal(tracker.state, "live");
  return tracker;
}

test("a ping each second, whatever the state", () => {
  const tracker = new Tracker({ prefixes: ["sig."], client: "me", now: 500 });
  tracker.tick(1_499);
  assert.deepEqual(tracker.requests.splice(0), []);
  tracker.tick(1_500);
  tracker.tick(1_501);
  assert.deepEqual(tracker.requests.splice(0), [{ op: "ping", client: "me", seen: 0, lost: 0 }]);
  tracker.take(heartbeat(7), 1_600);
  tracker.tick(2_500);
  assert.deepEqual(tracker.requests.at(-1), { op: "ping", client: "me", seen: 7, lost: 0 });
});

test("hb. is subscribed to last, sys. before it, each prefix once", () => {
  assert.deepEqual(new Tracker({ prefixes: ["sig.", "hb.", "sig.", "sys."] }).subscriptions, ["sig.", "sys.", "hb."]);
});

test("prefixes are bounded", () => {
  assert.throws(() => new Tracker({ prefixes: [] }), RangeError);
  assert.throws(() => new Tracker({ prefixes: Array(63).fill("sig.") }), RangeError);
  assert.throws(() => new Tracker({ prefixes: ["x".repeat(192)] }), RangeError);
});

test("a buffer that is full is dropped, told, and made up for by a snapshot behind it", () => {
  const last = 1_000; // in the buffer, its heartbeat included
  const tracker = new Tracker({ prefixes: ["sig."], bufferedMax: last });
  tracker.take(heartbeat(1), 0);
  tracker.requests.length = 0;
  for (let n = 1; n < last; n++) tracker.take(signal(n + 1, n, n === 1 ? 0 : n), 1);
  assert.deepEqual(tracker.items.map((item) => [item.cause, item.lost, item.repaired]), [["tseq", last, false]]);
  assert.deepEqual(tracker.requests, [{ op: "snapshot", id: 2, prefix: ["sig."], at: last }]);
  assert.ok(tracker.degraded);
  const entry = signal(last, last - 1, last - 1);
  const whole = { hash: hashOf([entry]), parts: 1, part: 1, token: null };
  tracker.answer(answer(tracker.requests[0], last, [entry], whole), 2);
  assert.equal(tracker.state, "live");
  assert.equal(tracker.entries.count, 1);
});

test("what a repair brought counts in the buffer too", () => {
  const tracker = live(5);
  tracker.take(on("A", 2, 1, 0), 2);
  tracker.take(on("B", 6, 1, 0), 2);
  tracker.take(on("A", 12, 7, 11), 3);
  reply(tracker, [on("A", 9, 4, 8), on("A", 10, 5, 9), on("A", 11, 6, 10)]); // 2 and 3 of A are still missing
  handed(tracker);
  assert.equal(tracker.state, "repairing");
  tracker.take(on("C", 13, 1, 0), 6); // the fifth that waits
  assert.deepEqual(handed(tracker), [["tseq", "", 5, false]]);
  assert.deepEqual(asked(tracker).at(-1), ["snapshot", 13]);
});

test("messages are missing where there is no room for any: not repaired, no question asked", () => {
  const tracker = live();
  tracker.take(signal(2, 1, 0), 2);
  tracker.take(signal(3, 5, 2), 3);
  const [, gap] = tracker.items;
  assert.ok(gap instanceof Gap && gap.lost === 3 && !gap.repaired);
  assert.deepEqual(tracker.requests.map((each) => [each.op, each.at]), [["snapshot", 3]]);
});

test("what waited for the bot is judged again: late, closed, halted, silent, degraded", () => {
  const at = (act, ms = 600n) => {
    const tracker = live();
    tracker.take(signal(2, 1, 0, { valid_until: NOW + ms * 1_000_000n }), 10);
    const { body, actionable } = tracker.items[0];
    assert.ok(actionable && tracker.isActionable(body, 599));
    return tracker.isActionable(body, act(tracker) ?? 11);
  };
  assert.equal(at(() => 600), false); // as old as it may become
  assert.deepEqual([at(() => 999, 5_000n), at(() => 1_000, 5_000n)], [true, false]); // four intervals
  assert.equal(at((tracker) => tracker.take(signal(3, 2, 2, { action: "close" }), 11)), false);
  assert.equal(at((tracker) => tracker.take(heartbeat(3, { halted: true }), 11)), false);
  assert.equal(at((tracker) => tracker.overflow(1, 11)), false);
  assert.equal(at((tracker) => tracker.take([Buffer.from("sig.x."), Buffer.from("c1", "hex")], 11)), false);
  assert.equal(at(() => undefined), true);
});

const on = (name, gseq, tseq, prev, keys = {}) => frames(`sig.x.${name}.`, {
  gseq, tseq, prev, action: "open", id: `${name}${gseq}`, side: 1, valid_until: NOW + 1_000_000_000_000n, ...keys,
});

/** What is asked and handed out, short. */
const asked = (tracker) => tracker.requests.splice(0)
  .map(({ op, prefix, from, to, at }) => (op === "replay" ? [prefix, from, to] : [op, at]));
const handed = (tracker) => tracker.items.splice(0).map((item) => (item instanceof Gap
  ? [item.cause, item.topic, item.lost, item.repaired] : [item.topic, item.body.gseq, item.repaired]));

/** Answer the request under way, whatever it is asked for, with what lies in its range. */
function reply(tracker, messages, keys = {}) {
  const request = tracker.requests.at(-1);
  tracker.requests.length = 0;
  tracker.answer(answer(request, request.to, messages, { next: request.to + 1, ...keys }), 5);
}

test("one request repairs what was lost of all topics; what was known of it is dropped and not counted", () => {
  const tracker = live();
  tracker.take(on("A", 2, 1, 0), 2);
  tracker.take(on("B", 3, 1, 0), 2);
  tracker.take(on("B", 8, 3, 6), 3); // lost: 4 to 7
  assert.deepEqual(tracker.requests[0].prefix, ["sig."]);
  tracker.take(on("C", 9, 2, 7), 3);
  tracker.take(heartbeat(10, { tails: { "sig.x.A.": 3, "sig.x.B.": 3 } }), 3);
  reply(tracker, [on("A", 4, 2, 2), on("A", 5, 3, 4), on("B", 6, 2, 3), on("C", 7, 1, 0)]);
  assert.deepEqual(handed(tracker), [
    ["sig.x.A.", 2, false], ["sig.x.B.", 3, false], ["tseq", "sig.x.B.", 4, true], ["sig.x.A.", 4, true],
    ["sig.x.A.", 5, true], ["sig.x.B.", 6, true], ["sig.x.C.", 7, true], ["sig.x.B.", 8, false],
    ["sig.x.C.", 9, false],
  ]);
  assert.deepEqual([asked(tracker), tracker.state, tracker.gseq], [[], "live", 10]);
  const { repaired, lost, gaps, replays, duplicates } = tracker.counters;
  assert.deepEqual({ repaired, lost, gaps, replays, duplicates }, {
    repaired: 4, lost: 0, gaps: 1, replays: 1, duplicates: 0,
  });
});

test("what the one request gives back may be known, or heartbeats: neither is handed out, nor counted", () => {
  const tracker = new Tracker({ prefixes: [""] });
  tracker.take(heartbeat(1), 0);
  const [request] = tracker.requests.splice(0);
  tracker.answer(answer(request, 1, [], { hash: hashOf([]), parts: 1, part: 1, token: null }), 1);
  tracker.take(on("A", 2, 1, 0), 2);
  tracker.take(on("B", 9, 1, 0), 2); // came before its time: 3 to 8 are on their way, or lost
  tracker.take(on("A", 12, 4, 8), 2);
  assert.deepEqual(asked(tracker), [[[""], 10, 11]]);
  tracker.answer(answer({ op: "replay", id: 2 }, 20, [on("A", 10, 3, 8), heartbeat(11)], { next: 12 }), 3);
  assert.deepEqual(asked(tracker), [["sig.x.A.", 3, 9]]); // it shows an older hole of its own
  tracker.answer(answer({ op: "replay", id: 3 }, 20, [on("A", 8, 2, 2)], { next: 10 }), 3);
  assert.deepEqual(handed(tracker).slice(1), [
    ["sig.x.B.", 9, false], ["tseq", "sig.x.A.", 1, true], ["tseq", "sig.x.A.", 1, true], ["sig.x.A.", 8, true],
    ["sig.x.A.", 10, true], ["sig.x.A.", 12, false],
  ]);
  tracker.take(on("A", 8, 2, 2), 4);
  assert.deepEqual([tracker.counters.duplicates, tracker.counters.repaired, tracker.state], [1, 2, "live"]);
});

test("a hole that the one request leaves open: its topic alone, from its own last message on; then it is lost", () => {
  const broken = () => {
    const tracker = live();
    tracker.take(on("A", 2, 1, 0), 2);
    tracker.take(on("B", 6, 1, 0), 2);
    tracker.take(on("A", 9, 4, 8), 3); // 2 and 3 of A are missing: one before B's, one behind
    assert.deepEqual(asked(tracker), [[["sig."], 7, 8]]);
    tracker.answer(answer({ op: "replay", id: 2 }, 9, [], { next: 9 }), 4);
    assert.deepEqual(asked(tracker), [["sig.x.A.", 3, 8]]);
    handed(tracker);
    return tracker;
  };
  const found = broken();
  found.answer(answer({ op: "replay", id: 3 }, 9, [on("A", 5, 2, 2), on("A", 8, 3, 5)], { next: 9 }), 5);
  assert.deepEqual(handed(found), [
    ["tseq", "sig.x.A.", 2, true], ["sig.x.A.", 5, true], ["sig.x.A.", 8, true], ["sig.x.A.", 9, false],
  ]);
  assert.deepEqual([found.state, found.degraded, asked(found)], ["live", false, []]);
  const empty = broken();
  empty.answer(answer({ op: "replay", id: 3 }, 9, [], { next: 9 }), 5);
  assert.deepEqual(handed(empty), [["tseq", "sig.x.A.", 2, false]]);
  assert.deepEqual([empty.state, empty.degraded, asked(empty)], ["syncing", true, [["snapshot", 9]]]);
  const half = broken(); // its own first message is still missing
  half.answer(answer({ op: "replay", id: 3 }, 9, [on("A", 8, 3, 5)], { next: 9 }), 5);
  assert.deepEqual(handed(half), [["tseq", "sig.x.A.", 2, false]]);
  assert.deepEqual([half.degraded, asked(half), half.counters.lost], [true, [["snapshot", 9]], 2]);
});

test("what has been asked for of all topics is not asked for again: the second hole goes to its own topic", () => {
  const tracker = live();
  tracker.take(on("A", 2, 1, 0), 2);
  tracker.take(on("B", 3, 1, 0), 2);
  tracker.take(heartbeat(9, { tails: { "sig.x.A.": 2, "sig.x.B.": 2, "sig.x.C.": 4 } }), 3);
  assert.deepEqual(tracker.requests.map((each) => [each.from, each.to]), [[4, 8]]);
  reply(tracker, [on("A", 5, 2, 2)]);
  assert.deepEqual(tracker.requests.map((each) => each.prefix), ["sig.x.B."]);
  reply(tracker, [on("B", 6, 2, 3)]);
  assert.deepEqual(asked(tracker), [["sig.x.C.", 2, 8]]); // not known since S: it may be older
  tracker.answer(answer({ op: "replay", id: 4 }, 9, [], { next: 9 }), 5);
  assert.deepEqual([tracker.state, tracker.degraded, asked(tracker)], ["live", false, []]);
  tracker.take(heartbeat(10, { tails: { "sig.x.C.": 4 } }), 6); // looked at once
  tracker.take(on("C", 11, 5, 1), 6);
  assert.deepEqual([tracker.state, asked(tracker)], ["live", []]);
});

test("hundreds of topics with a hole each are one request", () => {
  const tracker = live();
  const names = Array.from({ length: 500 }, (_, n) => `N${n}`);
  const size = names.length;
  names.forEach((name, n) => tracker.take(on(name, n + 2, 1, 0), 2));
  handed(tracker);
  const lost = names.map((name, n) => on(name, size + n + 2, 2, n + 2));
  names.forEach((name, n) => tracker.take(on(name, 2 * size + n + 2, 3, size + n + 2), 3));
  const first = asked(tracker);
  assert.deepEqual(first, [[["sig."], size + 2, 2 * size + 1]]);
  tracker.answer(answer({ op: "replay", id: 2 }, 9, lost, { next: 2 * size + 2 }), 5);
  assert.deepEqual([asked(tracker), tracker.state, tracker.counters.repaired], [[], "live", size]);
  const order = tracker.items.slice(1).map((item) => item.body.gseq);
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
});

test("an answer to a repair is one for what was asked, or none", () => {
  const repair = (messages, keys) => {
    const tracker = live();
    tracker.take(signal(2, 1, 0), 2);
    tracker.take(signal(9, 4, 8), 3);
    reply(tracker, messages, keys);
    return [tracker.state, tracker.counters.repaired];
  };
  const [two, three] = [signal(5, 2, 2), signal(8, 3, 5)];
  const other = (topic) => [Buffer.from(topic), signal(5, 2, 2)[1]];
  assert.deepEqual(repair([two, three]), ["live", 2]);
  assert.deepEqual(repair([other("fact.A."), three]), ["repairing", 0]); // not subscribed to
  assert.deepEqual(repair([three, two]), ["repairing", 0]);
  assert.deepEqual(repair([two, three], { next: 3 }), ["repairing", 0]);
  assert.deepEqual(repair([two, three], { next: 8 }), ["repairing", 0]);
  assert.deepEqual(repair([two, three], { next: 11 }), ["repairing", 0]);
  assert.deepEqual(repair([two, three], { epoch: 8n }), ["repairing", 0]);
});

/** A repair under way, with a message that came back and waits for it. */
function repairing() {
  const tracker = live();
  tracker.take(on("A", 2, 1, 0), 2);
  tracker.take(on("B", 6, 1, 0), 2);
  tracker.take(on("A", 9, 4, 8), 3);
  reply(tracker, [on("A", 8, 3, 5)]); // shows an older hole
  assert.equal(tracker.state, "repairing");
  handed(tracker);
  return tracker;
}

test("another publisher ends a repair: nothing that came back from the one before is handed out", () => {
  const tracker = repairing();
  tracker.take(heartbeat(1, { epoch: 10n }), 6);
  assert.deepEqual(handed(tracker), [["tseq", "sig.x.A.", 1, false], ["epoch", "", 0, false]]);
  const whole = { epoch: 10n, hash: hashOf([]), parts: 1, part: 1, token: null };
  tracker.answer(answer(tracker.requests.at(-1), 1, [], whole), 7);
  assert.deepEqual([tracker.state, tracker.entries.count, handed(tracker)], ["live", 0, []]);
});

test("a publisher that dies with a repair under way leaves the hole and nothing of what was to be taken", () => {
  const tracker = repairing();
  tracker.tick(1_500);
  assert.deepEqual(handed(tracker), [["tseq", "sig.x.A.", 1, false], ["dead", "", 0, false]]);
  tracker.acknowledge(1_600);
  tracker.requests.length = 0;
  tracker.take(heartbeat(20), 1_700);
  const [request] = tracker.requests.splice(0);
  tracker.answer(answer(request, 20, [], { hash: hashOf([]), parts: 1, part: 1, token: null }), 1_701);
  assert.deepEqual([tracker.state, handed(tracker)], ["live", []]);
});

test("a topic that is new to us is whole from a message on before which S has all", () => {
  const repair = (prev) => {
    const tracker = live();
    tracker.take(heartbeat(6, { tails: { "sig.x.A.": 3 } }), 2);
    reply(tracker, [signal(5, 3, prev)]);
    if (tracker.state === "repairing") reply(tracker, []);
    return [tracker.counters.repaired, tracker.counters.lost];
  };
  assert.deepEqual(repair(1), [1, 0]);
  assert.deepEqual(repair(3), [1, 1]); // one came, and shows that the one before it did not
});

const ping = (keys) => Buffer.from(encode({
  v: 1, op: "ping", id: null, error: null, detail: null, epoch: EPOCH, gseq: 1, oldest: 1, halted: false, ts_pub: NOW,
  ts_now: NOW, ...keys,
}, { useBigInt64: true }));

test("a ping's answer shows how late the heartbeats are", () => {
  const MS = 1_000_000n;
  const tracker = live();
  tracker.take(signal(2, 1, 0, { valid_until: NOW + 600n * MS }), 10);
  const { body } = tracker.items[0];
  assert.deepEqual([tracker.tsNow(100), tracker.isActionable(body, 100)], [NOW + 100n * MS, true]);
  tracker.answer(ping({ ts_now: NOW + 590n * MS }), 100);
  assert.deepEqual([tracker.tsNow(109), tracker.isActionable(body, 109)], [NOW + 599n * MS, true]);
  assert.deepEqual([tracker.tsNow(110), tracker.isActionable(body, 110)], [NOW + 600n * MS, false]);
  tracker.take(heartbeat(3, { ts_now: NOW + 50n * MS }), 200); // it waited; what the ping said still counts
  assert.equal(tracker.tsNow(200), NOW + 690n * MS);
  tracker.take(heartbeat(4, { ts_now: NOW + 900n * MS }), 210);
  assert.equal(tracker.tsNow(210), NOW + 900n * MS);
  tracker.answer(ping({ ts_now: NOW + 300n * MS }), 211); // an answer that is late itself
  assert.equal(tracker.tsNow(212), NOW + 902n * MS);
});

test("a ping's answer of another publisher, or without a clock, says nothing; a replay's clock stands", () => {
  const tracker = live();
  for (const keys of [{ epoch: 8n }, { ts_now: null }]) tracker.answer(ping({ ts_now: NOW * 2n, ...keys }), 5);
  assert.equal(tracker.tsNow(5), NOW + 5_000_000n);
  tracker.answer(ping({ ts_now: NOW + 10n }), 5);
  tracker.take(heartbeat(3, { replay: true }), 6);
  assert.equal(tracker.tsNow(500), NOW + 10n);
  tracker.answer(ping({ ts_now: NOW * 2n }), 6);
  tracker.take(heartbeat(1, { epoch: 10n }), 7); // the clock of a publisher that is no more
  assert.equal(tracker.tsNow(7), NOW);
});

test("a ping's answer before the first heartbeat gives no clock, and no life", () => {
  const tracker = new Tracker({ prefixes: ["sig."] });
  tracker.answer(ping({}), 1);
  assert.deepEqual([tracker.tsNow(1), tracker.state], [null, "connecting"]);
  const heard = live();
  heard.answer(ping({}), 990);
  heard.tick(1_000);
  assert.equal(heard.state, "dead");
});

test("what waited is judged by its publisher: the next one may give out the same id", () => {
  const tracker = live();
  tracker.take(signal(2, 1, 0), 2);
  const old = tracker.items[0].body;
  tracker.take(heartbeat(1, { epoch: 10n }), 3);
  const entry = signal(1, 1, 0, { epoch: 10n });
  const [request] = tracker.requests.splice(0);
  const whole = { epoch: 10n, hash: hashOf([entry]), parts: 1, part: 1, token: null };
  tracker.answer(answer(request, 1, [entry], whole), 4);
  tracker.acknowledge(4);
  const now = tracker.entries.signal("a").body;
  assert.deepEqual([tracker.state, old.id, now.id], ["live", "a", "a"]);
  assert.deepEqual([tracker.isActionable(old, 5), tracker.isActionable(now, 5)], [false, true]);
});

test("a snapshot with an entry that was not asked for is none", () => {
  const tracker = new Tracker({ prefixes: ["sig.x."] });
  tracker.take(heartbeat(5), 0);
  const foreign = [Buffer.from("sig.y.A."), signal(3, 1, 0)[1]];
  const whole = { hash: hashOf([foreign]), parts: 1, part: 1, token: null };
  tracker.answer(answer(tracker.requests[0], 5, [foreign], whole), 1);
  assert.equal(tracker.state, "syncing");
});

test("what a bot left unread is a loss, and calls for a snapshot", () => {
  const tracker = live();
  tracker.overflow(12, 5);
  assert.deepEqual({ ...tracker.items[0] }, { cause: "overflow", topic: "", lost: 12, repaired: false });
  assert.equal(tracker.state, "syncing");
  assert.deepEqual([tracker.degraded, tracker.counters.lost, tracker.requests.length], [true, 12, 1]);
});

test("a refusal can be read", () => {
  const tracker = new Tracker({ prefixes: ["sig."] });
  tracker.take(heartbeat(1), 0);
  tracker.answer(answer(tracker.requests[0], 1, [], { error: "denied", detail: "prefix sig." }), 1);
  assert.deepEqual(tracker.lastError, { op: "snapshot", error: "denied", detail: "prefix sig." });
  assert.equal(tracker.state, "syncing");
});
