/**
 * Bytes from the network to values. Nothing is built before its bytes are checked: one pass over the frame, without
 * recursion and without allocation, refuses what is too deep, claims more values than the frame can hold, has another
 * type than the wire uses, text that is no UTF-8, or bytes behind its end.
 *
 * Integers: those that are times in ns, prices or the epoch are always bigint; all others are numbers, unless they are
 * too large for one. See isWide.
 */
import { isUtf8 } from "node:buffer";
import { Decoder, encode } from "@msgpack/msgpack";
import {
  ANSWER_BYTES_MAX, ANSWER_ITEMS_MAX, DECISION_BYTES_MAX, DEPTH_MAX, ITEMS_MAX, PAYLOAD_BYTES_MAX, REQUEST_BYTES_MAX,
  TOPIC_BYTES_MAX,
  WIRE_VERSION,
} from "./limits.js";

const decoder = new Decoder({ useBigInt64: true });
const EPOCH_MAX = (1n << 63n) - 1n;
const DECISIONS = new Set(["sig", "shock", "fact"]);

const TYPES = {
  text: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  int: (value) => Number.isSafeInteger(value),
  uint: (value) => isCount(value),
  "uint from 1": (value) => isCount(value) && value > 0,
  "uint, wide": (value) => typeof value === "bigint" && value >= 0n,
  "uint, wide, or nil": (value) => value === null || TYPES["uint, wide"](value),
  epoch: (value) => typeof value === "bigint" && value > 0n && value <= EPOCH_MAX,
  "map of uint": (value) => isMap(value) && Object.values(value).every(isCount),
};
const ENVELOPE = [
  ["epoch", "epoch"], ["gseq", "uint from 1"], ["tseq", "uint from 1"], ["prev", "uint"], ["ts_pub", "uint, wide"],
  ["replay", "bool"],
];
const ACTED_ON = { // by kind: what the client itself rests on
  sig: [["id", "text"], ["action", "text"], ["side", "int"], ["valid_until", "uint, wide"]],
  shock: [["fact", "text"]],
  fact: [["fact", "text"], ["status", "text"]],
  feed: [["feed", "text"]],
  hb: [
    ["interval_ms", "uint from 1"], ["halted", "bool"], ["missed", "uint"], ["tails", "map of uint"],
    ["ts_now", "uint, wide, or nil"],
  ],
  sys: [["what", "text"]],
};

/** Bytes that are no message of this protocol; its text says why. */
export class Malformed extends Error {
  name = "Malformed";
}

/** Topic of a published message, text. Throws Malformed unless there are two frames and the first can be one. */
export function decodeTopic(frames) {
  if (frames.length !== 2) throw new Malformed(`${frames.length} frames, not 2`);
  const bytes = asBuffer(frames[0]);
  if (bytes.length < 1 || bytes.length > TOPIC_BYTES_MAX) {
    throw new Malformed(`topic of ${bytes.length} bytes, allowed are 1 to ${TOPIC_BYTES_MAX}`);
  }
  if (!isUtf8(bytes)) throw new Malformed("a topic that is no UTF-8");
  return bytes.toString("utf8");
}

/** Frames of one published message -> {topic, body, bytes: [topic, payload]}. Throws Malformed. */
export function decodeMessage(topic, frames) {
  const bytes = [asBuffer(frames[0]), asBuffer(frames[1])];
  const kind = topic.slice(0, topic.indexOf("."));
  const bytesMax = DECISIONS.has(kind) ? DECISION_BYTES_MAX : PAYLOAD_BYTES_MAX;
  const { body, floats } = decodeMap(bytes[1], bytesMax, ITEMS_MAX, false);
  check(body, floats, ENVELOPE);
  if (body.prev >= body.gseq) throw new Malformed(`prev ${body.prev} of gseq ${body.gseq}`);
  check(body, floats, ACTED_ON[kind] ?? []);
  return { topic, body, bytes };
}

/** One frame of an answer -> its map, with [text, bin] pairs as they are. Throws Malformed. */
export function decodeAnswer(frame) {
  const { body } = decodeMap(asBuffer(frame), ANSWER_BYTES_MAX, ANSWER_ITEMS_MAX, true);
  if (typeof body.op !== "string" || !(body.error === null || typeof body.error === "string")) {
    throw new Malformed("an answer without op or error");
  }
  return body;
}

/** A request's map -> bytes. Integers have their shortest form. */
export function encodeRequest(request) {
  const bytes = encode(shortest(request), { useBigInt64: true });
  if (bytes.length > REQUEST_BYTES_MAX) {
    throw new RangeError(`a request of ${bytes.length} bytes, allowed are ${REQUEST_BYTES_MAX}: take fewer prefixes`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An unsigned integer that fits a number. */
export function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Whether a key's integers are bigint however small: ns, prices (1e-9), and the epoch. */
export function isWide(key) {
  switch (key) {
    case "epoch": case "valid_until": case "px": case "target": case "stop":
      return true;
    default:
      return key.startsWith("ts_") || key.endsWith("_ns") || key.endsWith("_px");
  }
}

// ---- parts ----

function check(body, floats, keys) {
  for (const [key, type] of keys) {
    if (!TYPES[type](body[key]) || floats.has(key)) throw new Malformed(`${key} is no ${type}`);
  }
}

function isMap(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function asBuffer(bytes) {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeMap(bytes, bytesMax, itemsMax, binary) {
  if (bytes.length > bytesMax) throw new Malformed(`${bytes.length} bytes, allowed are ${bytesMax}`);
  const floats = checkFrame(bytes, itemsMax, binary);
  let body;
  try {
    body = decoder.decode(bytes);
  } catch (error) { // a key that JavaScript cannot have: __proto__
    throw new Malformed(error instanceof Error ? error.message : String(error));
  }
  for (const key of Object.keys(body)) body[key] = narrow(body[key], isWide(key));
  if (body.v !== WIRE_VERSION) throw new Malformed(`schema ${body.v}, known is ${WIRE_VERSION}`);
  return { body, floats };
}

function narrow(value, wide) {
  if (typeof value === "bigint") {
    return !wide && value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
      ? Number(value) : value;
  }
  if (typeof value === "number") return wide && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  for (const key of Object.keys(value)) value[key] = narrow(value[key], wide);
  return value;
}

function shortest(value) {
  if (typeof value === "bigint") return value <= 0xffffffffn ? Number(value) : value;
  if (typeof value === "number") return Number.isSafeInteger(value) && value > 0xffffffff ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(shortest);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, shortest(of)]));
}

/**
 * Throw Malformed unless bytes are exactly one map with text keys, within the limits. Returns which of its keys have a
 * float in their value: JavaScript cannot tell 2.0 from 2 any more. waiting[d] values are still to come in the
 * container at depth d; those of a map alternate, beginning with a key.
 */
function checkFrame(bytes, itemsMax, binary) {
  const waiting = new Float64Array(DEPTH_MAX + 1);
  const isMap = new Uint8Array(DEPTH_MAX + 1);
  let depth = 0;
  let items = 0;
  let at = 0;
  let keyFrom = 0; // of the outermost map: the latest key
  let keyTo = 0;
  const floats = new Set();
  waiting[0] = 1;
  do {
    if (at >= bytes.length) throw new Malformed("cut off");
    if (++items > itemsMax) throw new Malformed(`more than ${itemsMax} values`);
    const key = isMap[depth] === 1 && waiting[depth] % 2 === 0;
    waiting[depth]--;
    const value = readHead(bytes, at);
    if (key && value.kind !== TEXT) throw new Malformed("a key that is no text");
    if (items === 1 && value.kind !== MAP) throw new Malformed("no map");
    if (value.kind === BINARY && !binary) throw new Malformed("binary");
    at = value.next;
    if (value.kind === TEXT || value.kind === BINARY) {
      const end = at + value.count;
      if (end > bytes.length) throw new Malformed("text beyond the end");
      if (value.kind === TEXT && !isText(bytes, at, end)) throw new Malformed("text that is no UTF-8");
      if (key && depth === 1) [keyFrom, keyTo] = [at, end];
      at = end;
    } else if (value.kind === ARRAY || value.kind === MAP) {
      const count = value.kind === MAP ? 2 * value.count : value.count;
      if (count > bytes.length - at) throw new Malformed("more values than bytes");
      if (++depth > DEPTH_MAX) throw new Malformed(`deeper than ${DEPTH_MAX}`);
      waiting[depth] = count;
      isMap[depth] = value.kind === MAP ? 1 : 0;
    } else {
      if (at > bytes.length) throw new Malformed("cut off");
      if (value.isFloat) floats.add(bytes.toString("utf8", keyFrom, keyTo));
    }
    while (depth > 0 && waiting[depth] === 0) depth--;
  } while (depth > 0);
  if (at !== bytes.length) throw new Malformed(`${bytes.length - at} bytes behind the end`);
  return floats;
}

/** UTF-8; a loop settles the usual ASCII sooner than a call. */
function isText(bytes, from, to) {
  for (let at = from; at < to; at++) if (bytes[at] > 0x7f) return isUtf8(bytes.subarray(at, to));
  return true;
}

const SCALAR = 0;
const TEXT = 1;
const BINARY = 2;
const ARRAY = 3;
const MAP = 4;
const head = { kind: SCALAR, count: 0, next: 0, isFloat: false }; // of readHead, used again for each value

/** Kind of the value at offset, how many bytes or elements it claims, where they begin. */
function readHead(bytes, at) {
  const first = bytes[at];
  head.next = at + 1;
  head.count = 0;
  head.kind = SCALAR;
  head.isFloat = first === 0xca || first === 0xcb;
  if (first <= 0x7f || first >= 0xe0 || first === 0xc0 || first === 0xc2 || first === 0xc3) return head;
  if (first <= 0x8f) return found(MAP, first & 0x0f);
  if (first <= 0x9f) return found(ARRAY, first & 0x0f);
  if (first <= 0xbf) return found(TEXT, first & 0x1f);
  switch (first) {
    case 0xcc: case 0xd0: return scalar(1);
    case 0xcd: case 0xd1: return scalar(2);
    case 0xca: case 0xce: case 0xd2: return scalar(4);
    case 0xcb: case 0xcf: case 0xd3: return scalar(8);
    case 0xc4: case 0xc5: case 0xc6: return counted(BINARY, bytes, 1 << (first - 0xc4));
    case 0xd9: case 0xda: case 0xdb: return counted(TEXT, bytes, 1 << (first - 0xd9));
    case 0xdc: case 0xdd: return counted(ARRAY, bytes, 2 << (first - 0xdc));
    case 0xde: case 0xdf: return counted(MAP, bytes, 2 << (first - 0xde));
    default: throw new Malformed(`a value of type 0x${first.toString(16)}`);
  }
}

function scalar(width) {
  head.next += width;
  return head;
}

function found(kind, count) {
  head.kind = kind;
  head.count = count;
  return head;
}

function counted(kind, bytes, width) {
  if (head.next + width > bytes.length) throw new Malformed("cut off");
  const count = bytes.readUIntBE(head.next, width);
  head.next += width;
  return found(kind, count);
}
