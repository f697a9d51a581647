/**
 * The client without its sockets: docs/WIRE.md, "A client, step by step", and the choices of ipc/client/conformance.
 * Frames and the time go in (take, answer, tick); `items` for the bot and `requests` for the publisher come out. The
 * time is any monotonic clock in ms.
 *
 * While a snapshot or a replay is under way (one at a time: `#job`), messages wait in `#buffer`, in the order of their
 * coming. What replays gave back waits in `#front`, before them.
 */
import {
  ANSWER_MS, BUFFERED_BYTES_MAX, BUFFERED_MESSAGES_MAX, BUSY_MS, EPOCHS_MAX, HEARTBEAT_MS, HEARTBEAT_MS_MAX,
  HEARTBEATS_MISSED, PING_MS, PREFIXES_MAX, PREFIX_BYTES_MAX, TRIES,
} from "./limits.js";
import { Malformed, decodeAnswer, decodeMessage, decodeTopic } from "./frame.js";
import { Gap, Message } from "./item.js";
import { Replay, Snapshot } from "./job.js";
import { State, kindOf } from "./state.js";

const HEARTBEAT = "hb.";
const SYSTEM = "sys.";
const OWN_PREFIXES = [SYSTEM, HEARTBEAT]; // subscribed to last, in this order

/** Since the client was made; none of them ever falls. */
export class Counters {
  messages = 0; // handed out, those of snapshots not counted
  lost = 0; // messages that nothing gives back, at least
  repaired = 0; // messages that a replay gave back
  gaps = 0; // told, repaired ones included
  duplicates = 0; // came twice, or were told by the snapshot
  stale = 0; // signals handed out behind their valid_until
  stale_epoch = 0; // of a publisher that is no more
  epochs = 0; // changes of publisher
  malformed = 0; // messages and answers that could not be read
  withheld = 0; // signals that came while the publisher was held for dead
  snapshots = 0; // taken
  replays = 0; // repairs that succeeded
  heartbeats = 0;
}

export class Tracker {
  items = [];
  requests = [];
  counters = new Counters();
  degraded = false;
  halted = false;
  epoch = null;
  gseq = 0; // of the last message taken in order, or of the snapshot
  feeds = {};
  bye = null; // reason of the publisher's end
  lastError = null; // what the publisher last refused: {op, error, detail}

  #client;
  #prefixes;
  #phase = "connecting"; // connecting, syncing, live, repairing, bye
  #dead = false;
  #acknowledged = false; // while dead
  #pastEpochs = new Set();
  #state = new State();
  #stateGseq = 0; // S: the snapshot's
  #topics = new Map(); // topic -> {tseq, gseq} of the last message taken since S
  #told = new Map(); // topic -> latest tail: of a topic that is unknown since S, the snapshot covers it
  #seen = 0; // highest gseq that came in this epoch
  #front = []; // repaired messages that are to be taken before the buffer, in order of gseq
  #buffer = [];
  #bufferBytes = 0;
  #bufferedMax;
  #covered = 0; // highest gseq before which all that we subscribe to has been asked for again
  #job = null;
  #nextId = 1;
  #pingAt;
  // of heartbeats
  #intervalMs;
  #watching = false; // silence is death: one was heard, and no bye
  #heardAt = 0;
  #heardGseq = 0;
  #haltedGseq = 0; // of what `halted` was last told by
  #missed = null;
  #tsNow = null;
  #pingTsNow = null; // of the last ping's answer
  #pingedAt = 0;
  #replaying = false;

  constructor({
    prefixes = [""], client = "node", now = 0, heartbeatMs = HEARTBEAT_MS, bufferedMax = BUFFERED_MESSAGES_MAX,
  } = {}) {
    if (prefixes.length < 1 || prefixes.length > PREFIXES_MAX) {
      throw new RangeError(`${prefixes.length} prefixes, allowed are 1 to ${PREFIXES_MAX}`);
    }
    for (const prefix of prefixes) {
      if (typeof prefix !== "string" || Buffer.byteLength(prefix) > PREFIX_BYTES_MAX) {
        throw new RangeError(`prefix ${JSON.stringify(prefix)}: allowed is a text of ${PREFIX_BYTES_MAX} bytes`);
      }
    }
    this.#prefixes = [...new Set(prefixes)];
    this.#client = client;
    this.#intervalMs = heartbeatMs;
    this.#bufferedMax = bufferedMax;
    this.#pingAt = now + PING_MS;
  }

  // ---- how things are ----

  /** connecting, syncing, live, repairing, bye, dead */
  get state() {
    return this.#dead ? "dead" : this.#phase;
  }

  /** What to subscribe to, in this order. */
  get subscriptions() {
    return [...this.#prefixes.filter((each) => !OWN_PREFIXES.includes(each)), ...OWN_PREFIXES];
  }

  get entries() {
    return this.#state;
  }

  /**
   * The publisher's logical clock, ns UTC, null until it has begun: its last heartbeat's, or the answer's to our last
   * ping if that is later, carried on by our clock. (Who reads slowly has old heartbeats, in a queue with the signals.)
   */
  tsNow(now) {
    if (this.#tsNow === null) return null;
    const heard = this.#carriedOn(this.#tsNow, this.#heardAt, now);
    if (this.#pingTsNow === null) return heard;
    const pinged = this.#carriedOn(this.#pingTsNow, this.#pingedAt, now);
    return pinged > heard ? pinged : heard;
  }

  #carriedOn(ts, at, now) {
    return this.#replaying ? ts : ts + BigInt(Math.max(0, Math.floor((now - at) * 1e6)));
  }

  /** May the bot act on this signal (a body)? It opens or is open, has a side, is in time, and the picture is whole. */
  isActionable(body, now) {
    if (this.state !== "live" || this.halted || this.degraded || (this.#watching && this.#isSilent(now))) return false;
    const tsNow = this.tsNow(now);
    return this.#isOpen(body) && body.side !== 0 && tsNow !== null && body.valid_until > tsNow;
  }

  // ---- what the bot does ----

  /** The bot knows that something is missing, holds nothing that rests on it, and wants to go on. */
  acknowledge(now) {
    this.degraded = false;
    if (!this.#dead) return;
    this.#acknowledged = true;
    if (this.#phase === "connecting") return; // the next heartbeat revives
    this.#dead = false;
    if (this.#phase === "syncing") return; // the snapshot will be handed out
    for (const message of this.#state.messages()) this.#handOut(message, "snapshot", now);
  }

  /** The bot left count items unread, which were dropped: the picture it has is not whole. */
  overflow(count, now) {
    this.#lose("overflow", "", count);
    if (this.#phase === "live" || this.#phase === "repairing") this.#sync(now);
  }

  // ---- what happens ----

  /** Frames of one published message. */
  take(frames, now) {
    this.#advance(now); // a heartbeat that comes too late does not undo death
    let message;
    try {
      const topic = decodeTopic(frames);
      if (topic !== HEARTBEAT && !this.#isSubscribed(topic)) return;
      message = decodeMessage(topic, frames);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++;
      this.#lose("malformed", "", 0); // if it was a message, its tseq will show
      return;
    }
    if (this.#isCurrent(message, now)) this.#accept(message, now);
  }

  /** One frame of an answer. */
  answer(frame, now) {
    let body;
    try {
      body = decodeAnswer(frame);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++; // as if it had not come: asked for again
      return;
    }
    if (body.op === "ping") {
      this.#pinged(body, now);
      return;
    }
    if (this.#job === null || body.id !== this.#job.id) return;
    if (body.epoch !== this.epoch) return;
    if (body.error !== null) this.#refused(body, now);
    else this.#answered(body, now);
  }

  /** Time has passed. */
  tick(now) {
    this.#advance(now);
    if (now >= this.#pingAt) {
      this.#pingAt = now + PING_MS;
      this.requests.push({ op: "ping", client: this.#client, seen: this.#seen, lost: this.counters.lost });
    }
  }

  #advance(now) {
    if (this.#watching && this.#isSilent(now)) this.#die();
    if (this.#job !== null && now >= this.#job.due) this.#askAgain(now);
  }

  /** False: of a past epoch, or before the first heartbeat of all. A new epoch is begun. */
  #isCurrent(message, now) {
    const { topic, body } = message;
    if (this.#pastEpochs.has(body.epoch)) {
      this.counters.stale_epoch++;
      return false;
    }
    if (this.epoch === null) {
      if (topic !== HEARTBEAT) return false;
      this.epoch = body.epoch;
    } else if (body.epoch !== this.epoch) this.#changeEpoch(body.epoch, now);
    return true;
  }

  #accept(message, now) {
    const { topic, body } = message;
    if (topic === HEARTBEAT && !this.#hear(body, now)) return;
    this.#seen = Math.max(this.#seen, body.gseq);
    if (this.#phase === "connecting") { // the snapshot that is still to be asked for has it
      if (this.#dead && kindOf(topic) === "sig") this.counters.withheld++;
      return;
    }
    if (topic === SYSTEM) this.#hearSystem(body);
    this.#buffer.push(message);
    this.#bufferBytes += message.bytes[1].length;
    if (this.#job === null) this.#drain(now);
    else if (this.#waiting >= this.#bufferedMax || this.#bufferBytes >= BUFFERED_BYTES_MAX) this.#spill(now);
  }

  // ---- the publisher's life ----

  #changeEpoch(epoch, now) {
    if (this.#pastEpochs.size >= EPOCHS_MAX) this.#pastEpochs.delete(this.#pastEpochs.values().next().value);
    this.#pastEpochs.add(this.epoch);
    this.counters.epochs++;
    this.epoch = epoch;
    this.#seen = 0;
    this.#heardGseq = 0;
    this.#haltedGseq = 0;
    this.#missed = null;
    this.#tsNow = null;
    this.#pingTsNow = null;
    this.#stateGseq = 0;
    this.gseq = 0;
    this.halted = false;
    this.bye = null;
    this.feeds = {};
    this.#state.clear();
    this.#told.clear();
    this.#forget();
    this.#lose("epoch", "", 0);
    if (!this.#dead) { // it has a span of its own to be heard in
      this.#watching = true;
      this.#heardAt = now;
    }
  }

  #die() {
    this.#watching = false;
    this.#forget();
    if (this.#dead) return;
    this.#dead = true;
    this.#acknowledged = false;
    this.#lose("dead", "", 0);
  }

  /** Back to waiting for a heartbeat; a hole under repair will not be. */
  #forget() {
    const job = this.#job;
    this.#phase = "connecting";
    this.#job = null;
    this.#topics.clear();
    this.#dropBuffer();
    if (job instanceof Replay) this.#lose(job.hole.cause, job.hole.topic, job.hole.lost);
  }

  #pinged(body, now) {
    if (body.epoch !== this.epoch || typeof body.ts_now !== "bigint") return;
    this.#pingTsNow = body.ts_now;
    this.#pingedAt = now;
  }

  /** A heartbeat, as soon as it comes; its tails wait for their turn. False: it is none that is new. */
  #hear(body, now) {
    if (body.gseq <= this.#heardGseq) {
      this.counters.duplicates++;
      return false;
    }
    this.counters.heartbeats++;
    this.#heardGseq = body.gseq;
    this.#seen = Math.max(this.#seen, body.gseq);
    this.#heardAt = now;
    this.#intervalMs = Math.min(body.interval_ms, HEARTBEAT_MS_MAX);
    this.#tsNow = body.ts_now;
    this.#replaying = body.replay;
    this.#setHalted(body.halted, body.gseq);
    this.feeds = body.feeds ?? {};
    if (this.#missed !== null && body.missed > this.#missed) this.#lose("missed", "", body.missed - this.#missed);
    this.#missed = body.missed;
    if (this.#phase !== "bye") this.#watching = true;
    if (this.#phase === "connecting") {
      if (this.#acknowledged) this.#dead = false;
      this.#sync(now);
    }
    return true;
  }

  /** A halt counts at once, whatever waits before it. */
  #hearSystem({ what, gseq }) {
    if (what === "halt" || what === "resume") this.#setHalted(what === "halt", gseq);
  }

  #end({ reason }) {
    this.bye = typeof reason === "string" ? reason : "";
    this.#phase = "bye";
    this.#watching = false;
  }

  #setHalted(halted, gseq) {
    if (gseq < this.#haltedGseq) return;
    this.halted = halted;
    this.#haltedGseq = gseq;
  }

  #isSilent(now) {
    return now - this.#heardAt >= HEARTBEATS_MISSED * this.#intervalMs;
  }

  // ---- join ----

  #sync(now) {
    this.#phase = "syncing";
    this.#start(new Snapshot(this.#prefixes, this.#seen), now);
  }

  #synced(job, now) {
    this.#job = null;
    this.#phase = "live";
    this.counters.snapshots++;
    this.#stateGseq = job.gseq;
    this.#covered = job.gseq;
    this.gseq = job.gseq;
    this.#seen = Math.max(this.#seen, job.gseq);
    this.#setHalted(job.halted, job.gseq);
    this.#topics.clear();
    this.#state.clear();
    for (const message of job.messages) this.#state.hold(message);
    for (const message of job.messages) this.#handOut(message, "snapshot", now);
    this.#drain(now);
  }

  // ---- messages in order ----

  #drain(now) {
    if (this.#takeFrom(this.#front, "repaired", now)) this.#takeFrom(this.#buffer, "live", now);
  }

  /** Take what waits in queue, to its end (true) or until a message shows a hole: that one stays, as the first. */
  #takeFrom(queue, origin, now) {
    let next = 0;
    while (next < queue.length && this.#job === null && this.#process(queue[next], origin, now)) {
      this.#bufferBytes -= queue[next].bytes[1].length;
      next++;
    }
    queue.splice(0, next);
    return queue.length === 0 && this.#job === null;
  }

  /** Take one message; or begin the repair of what is missing before it, and return false: it will be taken again. */
  #process(message, origin, now) {
    const { topic, body } = message;
    const last = this.#topics.get(topic);
    if (topic === HEARTBEAT) {
      const covered = body.gseq <= this.#stateGseq;
      if (!covered && this.#phase !== "bye" && !this.#checkTails(body, now)) return false;
      for (const [name, tail] of Object.entries(body.tails)) this.#told.set(name, tail);
      if (covered) return true;
      this.#state.settle(body.gseq);
    } else {
      if (body.gseq <= this.#stateGseq || (last !== undefined && body.tseq <= last.tseq)) {
        this.counters.duplicates++;
        return true;
      }
      const hole = last === undefined ? body.prev > this.#stateGseq : body.tseq !== last.tseq + 1;
      if (hole && this.#phase !== "bye") {
        this.#repair("tseq", topic, body.tseq - 1, body.gseq, now);
        return false;
      }
    }
    this.#takeInOrder(message, origin, now);
    return true;
  }

  #takeInOrder(message, origin, now) {
    const { topic, body } = message;
    this.#topics.set(topic, { tseq: body.tseq, gseq: body.gseq });
    this.gseq = Math.max(this.gseq, body.gseq);
    if (topic === SYSTEM && body.what === "bye") this.#end(body);
    // its opening makes it open, its end no longer so: in between, what is known of it decides
    this.#state.apply(message);
    this.#handOut(message, origin, now);
  }

  #handOut(message, origin, now) {
    const { topic, body } = message;
    const isSignal = kindOf(topic) === "sig";
    if (this.#dead) {
      if (isSignal && origin !== "snapshot") this.counters.withheld++;
      return;
    }
    if (!this.#isWanted(topic)) return; // hb. and sys., which we asked for ourselves
    const tsNow = this.tsNow(now);
    const stale = isSignal && this.#isOpen(body) && tsNow !== null && body.valid_until <= tsNow;
    if (stale) this.counters.stale++;
    if (origin !== "snapshot") this.counters.messages++;
    this.items.push(new Message(topic, body, origin, stale, isSignal && this.isActionable(body, now)));
  }

  #isOpen(body) {
    if (body.action !== "open" && body.action !== "update") return false;
    return this.#state.signal(body.id)?.body.epoch === body.epoch;
  }

  #isWanted(topic) {
    return this.#prefixes.some((prefix) => topic.startsWith(prefix));
  }

  #isSubscribed(topic) {
    return topic === SYSTEM || this.#isWanted(topic);
  }

  // ---- repair ----

  /** False if a topic's tail shows a hole, whose repair has begun. */
  #checkTails(body, now) {
    for (const [topic, tail] of Object.entries(body.tails)) {
      if (topic === HEARTBEAT || !this.#isSubscribed(topic)) continue;
      const last = this.#topics.get(topic);
      if ((last?.tseq ?? this.#told.get(topic) ?? 0) >= tail) continue;
      if (last === undefined && body.gseq - 1 <= this.#stateGseq) {
        this.#topics.set(topic, { tseq: tail, gseq: body.gseq - 1 }); // its messages are no later than S
        continue;
      }
      this.#repair("tail", topic, tail, body.gseq, now);
      return false;
    }
    return true;
  }

  /**
   * A message of this gseq shows that topic has come to tseq, and we have not. What is lost is mostly of a piece: ask
   * for all since the last message that was taken; if that has been done, for the topic since its own last one.
   */
  #repair(cause, topic, tseq, gseq, now) {
    const last = this.#topics.get(topic);
    const hole = { cause, topic, tseq, lost: last === undefined ? 1 : tseq - last.tseq };
    const to = gseq - 1;
    let prefix = this.#prefixes;
    let from = this.gseq + 1;
    if (gseq > this.#covered && from <= to) this.#covered = gseq;
    else {
      prefix = topic;
      from = (last?.gseq ?? this.#stateGseq) + 1;
    }
    if (from > to) { // sequences that contradict each other: there is no room for what is missing
      this.#giveUp(hole, now);
      return;
    }
    this.#phase = "repairing";
    this.#start(new Replay(this.epoch, hole, prefix, from, to), now);
  }

  #repaired(job, now) {
    const { cause, topic, tseq } = job.hole;
    const messages = this.#unknown(job.messages);
    if (job.isOfTopic && !this.#isWhole(messages, job.hole)) {
      this.#giveUp(job.hole, now);
      return;
    }
    this.#job = null;
    this.#phase = "live";
    this.counters.replays++;
    if (messages.length > 0) {
      this.counters.repaired += messages.length;
      this.#gap(new Gap(cause, topic, messages.length, true));
      for (const each of messages) {
        this.#bufferBytes += each.bytes[1].length;
        if (each.topic === SYSTEM) this.#hearSystem(each.body);
      }
      this.#front = messages.concat(this.#front); // what showed the hole is looked at again behind them
    } else if (job.isOfTopic) this.#topics.set(topic, { tseq, gseq: this.#stateGseq }); // said before S
    this.#drain(now);
  }

  /** Those that have not been taken, and are no heartbeats: the next one says all that a lost one said. */
  #unknown(messages) {
    const tseqs = new Map();
    return messages.filter(({ topic, body }) => {
      const isNew = topic !== HEARTBEAT && body.tseq > (tseqs.get(topic) ?? this.#topics.get(topic)?.tseq ?? 0);
      if (isNew) tseqs.set(topic, body.tseq);
      return isNew;
    });
  }

  /** All that is missing of one topic: from its last message on without a hole, up to what is known of it. */
  #isWhole(messages, { cause, topic, tseq }) {
    const last = this.#topics.get(topic);
    if (messages.length === 0) return last === undefined && cause === "tail"; // it was looked at: said before S
    const first = messages[0].body;
    if (last === undefined ? first.prev > this.#stateGseq : first.tseq !== last.tseq + 1) return false;
    return messages.every((each, index) => each.body.tseq === first.tseq + index) && messages.at(-1).body.tseq === tseq;
  }

  /** Nothing gives it back: say so, and take a new snapshot. */
  #giveUp(hole, now) {
    this.#lose(hole.cause, hole.topic, hole.lost);
    this.#sync(now);
  }

  // ---- requests ----

  #start(job, now) {
    this.#job = job;
    this.#ask(now);
  }

  #ask(now) {
    this.#job.id = this.#nextId++; // an answer to an earlier one is too late
    this.#job.due = now + ANSWER_MS;
    this.requests.push(this.#job.request());
  }

  #askAgain(now) {
    const job = this.#job;
    job.tries++;
    if (job instanceof Replay && job.tries >= TRIES) {
      this.#giveUp(job.hole, now);
      return;
    }
    if (job instanceof Snapshot) job.restart();
    this.#ask(now);
  }

  #refused(body, now) {
    const job = this.#job;
    this.lastError = { op: body.op, error: body.error, detail: typeof body.detail === "string" ? body.detail : "" };
    if (body.error === "busy" || (body.error === "ahead" && job instanceof Replay)) { // the server will come to it
      job.due = now + BUSY_MS;
      job.tries--; // it was an answer
    } else if (job instanceof Replay) this.#giveUp(job.hole, now);
    // a snapshot is asked for again when it is due
  }

  #answered(body, now) {
    const job = this.#job;
    const taken = job.take(body);
    if (taken === "bad") return; // as if it had not come
    job.tries = 0;
    if (taken === "more") this.#ask(now);
    else if (job instanceof Snapshot) this.#synced(job, now);
    else this.#repaired(job, now);
  }

  // ---- losses ----

  #lose(cause, topic, lost) {
    this.counters.lost += lost;
    this.degraded = true;
    this.#gap(new Gap(cause, topic, lost, false));
  }

  #gap(gap) {
    this.counters.gaps++;
    this.items.push(gap);
  }

  get #waiting() {
    return this.#front.length + this.#buffer.length;
  }

  #dropBuffer() {
    this.#front = [];
    this.#buffer = [];
    this.#bufferBytes = 0;
  }

  /** More waits than is kept: drop it, say so, and take a new snapshot, behind all of it. */
  #spill(now) {
    const count = this.#waiting;
    this.#dropBuffer();
    this.#lose("tseq", "", count);
    this.#sync(now);
  }
}
