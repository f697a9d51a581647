/** The client: two ZeroMQ sockets, a clock, and a Tracker that decides. */
import { performance } from "node:perf_hooks";
import { Dealer, Subscriber } from "zeromq";
import { encodeRequest } from "./frame.js";
import { Message } from "./item.js";
import { ANSWER_BYTES_MAX, PAYLOAD_BYTES_MAX, QUEUE_ITEMS_MAX, RECEIVE_MESSAGES_MAX } from "./limits.js";
import { Tracker } from "./tracker.js";

const DEFAULT_TOPICS = ["sig.", "shock.", "fact.", "feed."];
const NAME_CHARACTERS_MAX = 31;
const TICK_MS = 25;
const SEND_MS = 200; // a request that finds no connection waits so long for one
const REVIVE_MS = 5_000; // of silence, after which the connections are made anew: a peer may have vanished wordlessly

export class Client {
  #tracker;
  #endpoints;
  #queueMax;
  #live;
  #requests;
  #queue = []; // items not taken yet, from #next on
  #next = 0;
  #waiting = []; // of receive(): {resolve, reject, timer}
  #timer;
  #sending = false;
  #closed = false;
  #failure = null;
  #quietSince;

  constructor(options = {}) {
    const {
      live = "tcp://127.0.0.1:5600", requests = "tcp://127.0.0.1:5601", topics = DEFAULT_TOPICS,
      name = `node-${process.pid}`, queue = QUEUE_ITEMS_MAX, curve,
    } = options;
    this.#endpoints = { live, requests };
    this.#queueMax = queue;
    const now = performance.now();
    this.#tracker = new Tracker({ prefixes: topics, client: name.slice(0, NAME_CHARACTERS_MAX), now });
    this.#quietSince = now;
    const security = curve === undefined ? {} : {
      curveServerKey: curve.serverKey, curvePublicKey: curve.publicKey, curveSecretKey: curve.secretKey,
    };
    const common = { linger: 0, reconnectInterval: 100, reconnectMaxInterval: 2_000, ...security };
    this.#live = new Subscriber({
      ...common, receiveHighWaterMark: RECEIVE_MESSAGES_MAX, maxMessageSize: PAYLOAD_BYTES_MAX,
    });
    this.#live.connect(live);
    this.#live.subscribe(...this.#tracker.subscriptions); // after connect: libzmq then sends them in this order
    // immediate: what is sent while there is no connection must not wait for the next publisher
    this.#requests = new Dealer({ ...common, maxMessageSize: ANSWER_BYTES_MAX, immediate: true, sendTimeout: SEND_MS });
    this.#requests.connect(requests);
    this.#read(this.#live, (frames) => this.#tracker.take(frames, performance.now()));
    this.#read(this.#requests, (frames) => this.#tracker.answer(frames.at(-1), performance.now()));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  // ---- how things are ----

  get state() {
    return this.#closed ? "closed" : this.#tracker.state;
  }

  get degraded() {
    return this.#tracker.degraded;
  }

  get halted() {
    return this.#tracker.halted;
  }

  get epoch() {
    return this.#tracker.epoch;
  }

  get gseq() {
    return this.#tracker.gseq;
  }

  get feeds() {
    return { ...this.#tracker.feeds };
  }

  get bye() {
    return this.#tracker.bye;
  }

  get lastError() {
    return this.#tracker.lastError;
  }

  get counters() {
    return { ...this.#tracker.counters };
  }

  get tsNow() {
    return this.#tracker.tsNow(performance.now());
  }

  hash() {
    return this.#tracker.entries.hash();
  }

  entries(kind) {
    return this.#tracker.entries.messages(kind).map(({ topic, body }) => ({ topic, body }));
  }

  signal(id) {
    return this.#tracker.entries.signal(id)?.body;
  }

  isActionable(message) {
    return message.kind === "sig" && !this.#closed && this.#tracker.isActionable(message.body, performance.now());
  }

  // ---- what the bot does ----

  acknowledge() {
    this.#tracker.acknowledge(performance.now());
    this.#flush();
  }

  /** The next item; null after timeoutMs without one, and for ever after close. */
  receive(timeoutMs) {
    if (this.#next < this.#queue.length) return Promise.resolve(this.#shift());
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject, timer: undefined };
      if (timeoutMs !== undefined) {
        waiter.timer = setTimeout(() => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          resolve(null);
        }, timeoutMs);
      }
      this.#waiting.push(waiter);
    });
  }

  /** Until close. Leaving the loop does not close the client. */
  [Symbol.asyncIterator]() {
    return {
      next: async () => {
        const value = await this.receive();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
    };
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#live.close();
    this.#requests.close();
    this.#wake();
  }

  // ---- parts ----

  async #read(socket, take) {
    try {
      for await (const frames of socket) {
        if (this.#closed) return;
        take(frames);
        this.#flush();
      }
    } catch (error) {
      if (!this.#closed) this.#fail(error);
    }
  }

  #fail(error) {
    this.#failure = error;
    this.close();
  }

  #tick() {
    const now = performance.now();
    this.#tracker.tick(now);
    this.#flush();
    if (this.#tracker.state !== "connecting" && this.#tracker.state !== "dead") this.#quietSince = now;
    else if (now - this.#quietSince >= REVIVE_MS && this.#heardNothing(now)) this.#reconnect(now);
  }

  #heardBeats = 0;

  /** No heartbeat since this was last asked. (Dead, the client may hear them and wait for the bot.) */
  #heardNothing(now) {
    const heard = this.#tracker.counters.heartbeats;
    const nothing = heard === this.#heardBeats;
    this.#heardBeats = heard;
    this.#quietSince = now;
    return nothing;
  }

  #reconnect(now) {
    const { live, requests } = this.#endpoints;
    for (const [socket, endpoint] of [[this.#live, live], [this.#requests, requests]]) {
      try {
        socket.disconnect(endpoint);
      } catch { // it was not connected
      }
      socket.connect(endpoint);
    }
    this.#quietSince = now;
  }

  #flush() {
    if (this.#closed) return;
    const { items } = this.#tracker;
    if (items.length > 0) {
      for (const item of items) this.#queue.push(item);
      items.length = 0;
      if (this.#queue.length - this.#next > this.#queueMax) this.#spill();
      this.#wake();
    }
    if (this.#tracker.requests.length > 0 && !this.#sending) this.#send();
  }

  /** The bot does not keep up: drop what waits, say so, and join anew. */
  #spill() {
    const count = this.#queue.length - this.#next;
    this.#queue = [];
    this.#next = 0;
    this.#tracker.overflow(count, performance.now());
    for (const item of this.#tracker.items.splice(0)) this.#queue.push(item);
  }

  async #send() {
    this.#sending = true;
    while (this.#tracker.requests.length > 0 && !this.#closed) {
      try {
        await this.#requests.send(encodeRequest(this.#tracker.requests.shift()));
      } catch (error) {
        if (error?.code !== "EAGAIN" && !this.#closed) { // no connection: the tracker asks again
          this.#fail(error);
          break;
        }
      }
    }
    this.#sending = false;
  }

  #shift() {
    const item = this.#queue[this.#next];
    this.#queue[this.#next++] = undefined;
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    } else if (this.#next >= 4_096) { // amortised: never grows by what has been taken
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    // It may have waited here: what was actionable then may be late, closed, or after a loss by now.
    if (item instanceof Message && item.actionable) item.actionable = this.isActionable(item);
    return item;
  }

  #wake() {
    while (this.#waiting.length > 0 && (this.#next < this.#queue.length || this.#closed)) {
      const { resolve, reject, timer } = this.#waiting.shift();
      clearTimeout(timer);
      if (this.#next < this.#queue.length) resolve(this.#shift());
      else if (this.#failure !== null) reject(this.#failure);
      else resolve(null);
    }
  }
}
