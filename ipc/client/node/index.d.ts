/**
 * Client for the signals of an Aftershock daemon. docs/WIRE.md says what each field means; README.md how to use this.
 *
 * Integers: times and spans in ns, prices in 1e-9, and the epoch are bigint. All others are number.
 */

// ---- options ----

export interface CurveKeys {
  /** The daemon's public key. All keys: Z85, 40 characters. */
  serverKey: string;
  /** Our own pair, whose public half is on the daemon's allow-list. */
  publicKey: string;
  secretKey: string;
}

/** From files of `aftershock keygen`: the daemon's .pub, and our own .key, which nobody else may be able to read. */
export function readKeys(serverFile: string, ownFile: string): CurveKeys;

export interface ClientOptions {
  /** Endpoint that publishes. Default: "tcp://127.0.0.1:5600" */
  live?: string;
  /** Endpoint that answers. Default: "tcp://127.0.0.1:5601" */
  requests?: string;
  /**
   * Prefixes of topics, such as "sig." or "fact.META."; at most 62. "" is everything, heartbeats included.
   * Default: sig. shock. fact. feed.
   */
  topics?: readonly string[];
  /** Who we are to the operator, at most 47 characters. Default: "node-<pid>" */
  name?: string;
  /** Where the daemon demands CURVE. */
  curve?: CurveKeys;
  /** Items that the bot may leave unread before all of them are dropped and told as one gap. Default: 100,000 */
  queue?: number;
}

// ---- what the bot is given ----

export type Status = "prior_disclosure" | "rumour" | "developing" | "confirmed" | "denied" | "updated" | "expired";

/** Of every message. */
export interface Envelope {
  v: 1;
  epoch: bigint;
  gseq: number;
  tseq: number;
  prev: number;
  /** ns UTC */
  ts_pub: bigint;
  replay: boolean;
}

export interface Signal extends Envelope {
  /** overreaction, underreaction, contradiction, mean_reversion, or the name of a loaded strategy */
  kind: string;
  action: "open" | "update" | "close" | "expire";
  id: string;
  sym: string;
  side: 1 | 0 | -1;
  strength: number | null;
  p: number | null;
  z: number | null;
  e: number | null;
  os: number | null;
  b: number | null;
  k: number | null;
  s: number | null;
  rev_bps: number | null;
  cost_bps: number | null;
  /** ns */
  half_life_ns: bigint | null;
  /** ns */
  horizon_ns: bigint;
  /** ns UTC: act until then, by the publisher's clock (tsNow) */
  valid_until: bigint;
  /** 1e-9 */
  px: bigint | null;
  target: bigint | null;
  stop: bigint | null;
  fact: string | null;
  status: Status | null;
  headlines: string[];
  ts_event: bigint;
  ts_recv: bigint;
  tick: [number, number | null];
  reasons: string[];
  model: string;
  playbook: string;
  params: string;
  strategy: string;
  event: string | null;
  m: number | null;
  g: number | null;
  generation: number;
  /** Only of pairs. */
  partner?: string;
  hedge?: number;
}

export interface Shock extends Envelope {
  kind: "shock";
  fact: string;
  status: Status;
  headlines: string[];
  ts_event: bigint;
  ts_recv: bigint;
  tick: [number, number | null];
  reasons: string[];
  playbook: string;
  params: string;
  issuer: string;
  event: string;
  generation: number;
  dir: 1 | 0 | -1;
  m: number;
  g: number;
  z: number | null;
  b: number | null;
  k: number | null;
  linked: number;
}

export interface Fact extends Envelope {
  kind: "fact";
  fact: string;
  status: Status;
  headlines: string[];
  ts_event: bigint;
  ts_recv: bigint;
  playbook: string;
  params: string;
  issuer: string;
  event: string;
  generation: number;
  novelty: number;
  g: number;
}

export interface Feed extends Envelope {
  feed: string;
  state: "down" | "connecting" | "live" | "stale";
  messages: number;
  gaps: number;
  lost: number;
  dropped: number;
  bad: number;
}

export interface Heartbeat extends Envelope {
  interval_ms: number;
  oldest: number;
  feeds: Record<string, string>;
  ts_now: bigint | null;
  halted: boolean;
  missed: number;
  tails: Record<string, number>;
}

export interface System extends Envelope {
  what: "halt" | "resume" | "bye";
  reason: string;
}

interface Bodies {
  sig: Signal;
  shock: Shock;
  fact: Fact;
  feed: Feed;
  hb: Heartbeat;
  sys: System;
}

export type Kind = keyof Bodies;

interface MessageOf<K extends Kind> {
  /** First component of the topic. */
  readonly kind: K;
  readonly topic: string;
  readonly body: Bodies[K];
  /** No news: it was true before we joined, or before we lost something. */
  readonly snapshot: boolean;
  /** It was lost, and asked for again. */
  readonly repaired: boolean;
  /** A signal whose valid_until had passed, by the publisher's clock. */
  readonly stale: boolean;
  /** A signal that is open, has a side and is in time, while the client is live, not halted and not degraded. */
  readonly actionable: boolean;
}

/** One published message. Narrow it by kind. */
export type Message = { [K in Kind]: MessageOf<K> }[Kind];
/** For instanceof; messages are made by the client only. */
export const Message: { prototype: Message; [Symbol.hasInstance](value: unknown): value is Message };

export type Cause =
  /** a hole in a topic's sequence */
  | "tseq"
  /** a heartbeat names a message that never came */
  | "tail"
  /** the daemon itself lost decisions before they were messages */
  | "missed"
  /** another publisher: what you held may be over */
  | "epoch"
  /** no heartbeat for four intervals */
  | "dead"
  /** something came that could not be read */
  | "malformed"
  /** you left too many items unread: they were dropped */
  | "overflow";

/** Something is missing. Unless it is repaired, no signal is actionable until you acknowledge. */
export class Gap {
  private constructor();
  readonly cause: Cause;
  /** "" where no single topic is meant */
  readonly topic: string;
  /** messages (of a missed gap: decisions), at least */
  readonly lost: number;
  /** they follow at once, as repaired messages */
  readonly repaired: boolean;
}

export type Item = Message | Gap;

// ---- the client ----

export type State = "connecting" | "syncing" | "live" | "repairing" | "bye" | "dead";

/** Since the client was made; none of them ever falls. */
export interface Counters {
  /** handed out, those of snapshots not counted */
  messages: number;
  /** messages that nothing gives back, at least */
  lost: number;
  repaired: number;
  gaps: number;
  duplicates: number;
  stale: number;
  stale_epoch: number;
  epochs: number;
  malformed: number;
  withheld: number;
  snapshots: number;
  replays: number;
  heartbeats: number;
}

/** What the publisher refused. */
export interface Refusal {
  op: string;
  error: string;
  detail: string;
}

/** Connects in the background, and again whenever it must. Iterate over it, or call receive. */
export class Client implements AsyncIterable<Item> {
  constructor(options?: ClientOptions);

  readonly state: State | "closed";
  /** Something is missing that nothing gives back and you have not acknowledged. */
  readonly degraded: boolean;
  /** The operator has stopped trading. */
  readonly halted: boolean;
  readonly epoch: bigint | null;
  /** Of the last message taken in order. */
  readonly gseq: number;
  /** State of each feed at the last heartbeat. */
  readonly feeds: Record<string, string>;
  /** Why the publisher has ended; null while it has not. */
  readonly bye: string | null;
  /** What it last refused, for people: "denied" stands here. */
  readonly lastError: Refusal | null;
  readonly counters: Counters;
  /** The publisher's logical clock, ns UTC; null until it has begun. */
  readonly tsNow: bigint | null;

  /** SHA-256 over the state: equal to a snapshot's `hash` at the same gseq and prefixes. */
  hash(): string;
  /** What is true, in order of gseq: open signals, shocks, facts, feeds; or those of one kind. */
  entries(kind?: Kind): { topic: string; body: Bodies[Kind] }[];
  /** Latest message of an open signal. */
  signal(id: string): Signal | undefined;
  /** As message.actionable, but now. */
  isActionable(message: Message): boolean;

  /** You hold nothing that rests on what is missing, and want to go on. */
  acknowledge(): void;
  /** The next item; null after timeoutMs without one, and for ever after close. Rejects if the transport is broken. */
  receive(timeoutMs?: number): Promise<Item | null>;
  /** Until close. Leaving the loop does not close the client. */
  [Symbol.asyncIterator](): AsyncIterator<Item, undefined>;
  close(): void;
}

// ---- the client without its sockets: for tests, or another transport ----

/** A message as it is kept: with its bytes, of which hashes are made. */
export interface Decoded {
  topic: string;
  body: Bodies[Kind];
  bytes: [topic: Uint8Array, payload: Uint8Array];
}

export interface Entries {
  readonly count: number;
  signal(id: string): Decoded | undefined;
  messages(kind?: Kind): Decoded[];
  hash(): string;
}

/** Frames and the time go in, items and requests come out. now: any monotonic clock in ms. */
export class Tracker {
  constructor(options?: {
    prefixes?: readonly string[];
    client?: string;
    now?: number;
    /** To be assumed until a heartbeat says. Default: 250 */
    heartbeatMs?: number;
    /** Messages that may wait for a snapshot or a repair. Default: 100,000 */
    bufferedMax?: number;
  });
  /** For the bot: take them out. */
  items: Item[];
  /** For the publisher: take them out, and send encodeRequest of each. */
  requests: object[];
  readonly counters: Counters;
  readonly state: State;
  readonly degraded: boolean;
  readonly halted: boolean;
  readonly epoch: bigint | null;
  readonly gseq: number;
  readonly feeds: Record<string, string>;
  readonly bye: string | null;
  readonly lastError: Refusal | null;
  readonly entries: Entries;
  /** What to subscribe to, in this order. */
  readonly subscriptions: string[];
  tsNow(now: number): bigint | null;
  isActionable(body: Signal, now: number): boolean;
  acknowledge(now: number): void;
  overflow(count: number, now: number): void;
  take(frames: readonly Uint8Array[], now: number): void;
  answer(frame: Uint8Array, now: number): void;
  tick(now: number): void;
}

/** Bytes that are no message of this protocol. */
export class Malformed extends Error {}
export function decodeTopic(frames: readonly Uint8Array[]): string;
export function decodeMessage(topic: string, frames: readonly Uint8Array[]): Decoded;
export function decodeAnswer(frame: Uint8Array): Record<string, unknown>;
export function encodeRequest(request: object): Uint8Array;
/** SHA-256 over pairs of topic and payload, 64 hex digits. */
export function hashOf(pairs: readonly (readonly [Uint8Array, Uint8Array])[]): string;
