/**
 * What is asked of the publisher and spans several answers: a snapshot in parts, a replay in steps. take() has one
 * answer and returns "more" (ask again: request() now says for what), "done", or "bad" (no such answer is possible).
 */
import { Malformed, decodeMessage, decodeTopic, isCount } from "./frame.js";
import { REPLAY_BYTES_MAX, SNAPSHOT_BYTES_MAX, SNAPSHOT_PARTS_MAX } from "./limits.js";
import { hashOf } from "./state.js";

class Job {
  id = 0; // of the request under way
  due = 0; // when it is asked for again
  tries = 0;
  messages = [];
}

/** The messages of one answer, of one epoch, on topics for which isOurs holds, in order of gseq; or null. */
function messagesOf(body, epoch, after, isOurs) {
  if (!Array.isArray(body.messages)) return null;
  const messages = [];
  for (const pair of body.messages) {
    if (!Array.isArray(pair) || pair.length !== 2) return null;
    if (typeof pair[0] !== "string" || !(pair[1] instanceof Uint8Array)) return null;
    let message;
    try {
      // a copy: the state keeps it for longer than the answer's buffer should live
      const frames = [Buffer.from(pair[0], "utf8"), Buffer.from(pair[1])];
      message = decodeMessage(decodeTopic(frames), frames);
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
    if (message.body.epoch !== epoch || message.body.gseq <= after || !isOurs(message.topic)) return null;
    after = message.body.gseq;
    messages.push(message);
  }
  return messages;
}

export class Snapshot extends Job {
  #prefixes;
  #at;
  #part = 1;
  #bytes = 0;
  #first = null; // header of the first part

  constructor(prefixes, at) {
    super();
    this.#prefixes = prefixes;
    this.#at = at;
  }

  request() {
    if (this.#part > 1) return { op: "snapshot", id: this.id, token: this.#first.token, part: this.#part };
    return { op: "snapshot", id: this.id, prefix: this.#prefixes, at: this.#at };
  }

  /** From the first part again. */
  restart() {
    this.#part = 1;
    this.#bytes = 0;
    this.#first = null;
    this.messages = [];
  }

  get gseq() {
    return this.#first.gseq;
  }

  get halted() {
    return this.#first.halted === true;
  }

  take(body) {
    const taken = body.op === "snapshot" ? this.#take(body) : "bad";
    if (taken === "bad") this.restart();
    return taken;
  }

  #take(body) {
    if (!isCount(body.gseq) || body.part !== this.#part) return "bad";
    if (!isCount(body.parts) || body.parts < 1 || body.parts > SNAPSHOT_PARTS_MAX) return "bad";
    if (this.#part === 1) {
      if (body.gseq < this.#at || typeof body.hash !== "string" || !isCount(body.count)) return "bad";
      if (body.parts > 1 && !isCount(body.token) && typeof body.token !== "bigint") return "bad";
      this.#first = body;
    } else if (["gseq", "hash", "count", "parts"].some((key) => body[key] !== this.#first[key])) return "bad";
    const isOurs = (topic) => this.#prefixes.some((prefix) => topic.startsWith(prefix));
    const messages = messagesOf(body, body.epoch, this.messages.at(-1)?.body.gseq ?? 0, isOurs);
    if (messages === null || (messages.at(-1)?.body.gseq ?? 0) > body.gseq) return "bad";
    for (const each of messages) this.#bytes += each.bytes[1].length;
    if (this.#bytes > SNAPSHOT_BYTES_MAX) return "bad";
    for (const each of messages) this.messages.push(each);
    if (this.#part < body.parts) {
      this.#part++;
      return "more";
    }
    const right = this.messages.length === body.count && hashOf(this.messages.map((each) => each.bytes)) === body.hash;
    return right ? "done" : "bad";
  }
}

/** Messages that were lost: of a hole in one topic, and with `prefix` of whatever else was lost along with it. */
export class Replay extends Job {
  #epoch;
  #prefix;
  #isOurs;
  #next;
  #to;
  #bytes = 0;

  /**
   * hole: {cause, topic, lost} as a gap tells it if nothing comes of this; prefix: text (a whole topic) or texts;
   * from, to: first and last gseq.
   */
  constructor(epoch, hole, prefix, from, to) {
    super();
    this.hole = hole;
    this.#epoch = epoch;
    this.#prefix = prefix;
    this.#isOurs = Array.isArray(prefix) ? (topic) => prefix.some((each) => topic.startsWith(each))
      : (topic) => topic === prefix;
    this.#next = from;
    this.#to = to;
  }

  request() {
    return { op: "replay", id: this.id, epoch: this.#epoch, from: this.#next, to: this.#to, prefix: this.#prefix };
  }

  /** Of one topic, and so the last that can be done for the hole. */
  get isOfTopic() {
    return this.#prefix === this.hole.topic;
  }

  take(body) {
    if (body.op !== "replay") return "bad";
    if (!isCount(body.next) || body.next <= this.#next || body.next > this.#to + 1) return "bad";
    const messages = messagesOf(body, this.#epoch, this.#next - 1, this.#isOurs);
    if (messages === null || (messages.at(-1)?.body.gseq ?? 0) >= body.next) return "bad";
    const bytes = messages.reduce((sum, each) => sum + each.bytes[1].length, this.#bytes);
    if (bytes > REPLAY_BYTES_MAX) return "bad";
    this.#bytes = bytes;
    for (const each of messages) this.messages.push(each);
    this.#next = body.next;
    return body.next > this.#to ? "done" : "more";
  }
}
