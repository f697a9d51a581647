/**
 * What is true: the latest message of each open signal, shock, fact and feed (docs/WIRE.md, "State"), and the hash that
 * proves it equal to the publisher's.
 */
import { createHash } from "node:crypto";

const GONE = "expired"; // status of a fact that is over

/** First component of a topic: sig, shock, fact, feed, hb, sys. */
export function kindOf(topic) {
  const dot = topic.indexOf(".");
  return dot < 0 ? topic : topic.slice(0, dot);
}

export class State {
  #entries = new Map(); // "sig\0<id>" -> decoded message
  #ended = new Map(); // fact -> gseq of its end, as long as older messages may still be had back

  /** Decoded message {topic, body, bytes}: apply it. One that a repair brought may be too old to change anything. */
  apply(message) {
    const { body } = message;
    switch (kindOf(message.topic)) {
      case "sig":
        if (typeof body.id !== "string") return;
        if (body.action === "open" || (body.action === "update" && this.signal(body.id) !== undefined)) {
          this.#set("sig", body.id, message);
        } else if (body.action === "close" || body.action === "expire") this.#remove("sig", body.id);
        return;
      case "shock":
        if (typeof body.fact === "string" && !this.#isOver(body)) this.#set("shock", body.fact, message);
        return;
      case "fact":
        if (typeof body.fact !== "string") return;
        if (body.status === GONE) {
          this.#ended.set(body.fact, body.gseq);
          this.#remove("fact", body.fact);
          const shock = this.#entries.get(`shock\0${body.fact}`);
          if (shock !== undefined && shock.body.gseq < body.gseq) this.#remove("shock", body.fact);
        } else this.#set("fact", body.fact, message);
        return;
      case "feed":
        if (typeof body.feed === "string") this.#set("feed", body.feed, message);
        return;
      default: // hb and sys are no part of it
    }
  }

  /** An entry of a snapshot: it is there whatever its action, an update of a signal that was opened before, say. */
  hold(message) {
    const kind = kindOf(message.topic);
    const key = message.body[kind === "sig" ? "id" : kind === "feed" ? "feed" : "fact"];
    if (typeof key === "string") this.#set(kind, key, message);
  }

  /** Latest message of an open signal, or undefined. */
  signal(id) {
    return this.#entries.get(`sig\0${id}`);
  }

  get count() {
    return this.#entries.size;
  }

  clear() {
    this.#entries.clear();
    this.#ended.clear();
  }

  /** A heartbeat was taken in its order: nothing up to its gseq will still be had back. */
  settle(gseq) {
    for (const [fact, end] of this.#ended) if (end <= gseq) this.#ended.delete(fact);
  }

  /** All entries, in order of their gseq; of one kind if it is given. */
  messages(kind) {
    const all = [...this.#entries.values()].filter((each) => kind === undefined || kindOf(each.topic) === kind);
    return all.sort((a, b) => a.body.gseq - b.body.gseq);
  }

  /** SHA-256 over topic and payload of each, 64 hex digits. */
  hash() {
    return hashOf(this.messages().map((each) => each.bytes));
  }

  #isOver({ fact, gseq }) {
    return gseq < (this.#ended.get(fact) ?? 0);
  }

  #set(kind, key, message) {
    this.#entries.set(`${kind}\0${key}`, message);
  }

  #remove(kind, key) {
    this.#entries.delete(`${kind}\0${key}`);
  }
}

/** SHA-256 over pairs of topic and payload, in their order: what a snapshot's `hash` is. */
export function hashOf(pairs) {
  const sha256 = createHash("sha256");
  for (const [topic, payload] of pairs) sha256.update(topic).update(payload);
  return sha256.digest("hex");
}
