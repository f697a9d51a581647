/** Bytes to values: the dumps of docs/WIRE.md, and what must be refused however it is mangled. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { Malformed, decodeAnswer, decodeMessage, decodeTopic, encodeRequest } from "../index.js";

const TOPICS = {
  sig: "sig.overreaction.BRK%2EB.", pair: "sig.pairs.BRK%2EB.", shock: "shock.BRK%2EB.", fact: "fact.BRK%2EB.",
  feed: "feed.wire.", hb: "hb.", sys: "sys.",
};
const NOT_OF_THE_MOMENT = new Set(["sig", "pair", "shock", "fact"]); // the others have an epoch of zero

function golden(name) {
  const lines = readFileSync(new URL(`../../../../tests/ipc/golden/${name}.hex`, import.meta.url), "utf8").split("\n");
  const bytes = lines.map((line) => /^[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?)+)/.exec(line)?.[1] ?? "").join(" ");
  return Buffer.from(bytes.replaceAll(" ", ""), "hex");
}

function read(name, payload) {
  const frames = [Buffer.from(TOPICS[name]), payload];
  return decodeMessage(decodeTopic(frames), frames);
}

test("the dumps of WIRE.md: times, prices and the epoch are bigint, all else is number", () => {
  const { topic, body } = read("sig", golden("sig"));
  assert.equal(topic, "sig.overreaction.BRK%2EB.");
  assert.equal(body.epoch, 0x1122334455667788n);
  assert.deepEqual([body.gseq, body.tseq, body.side, body.generation], [9, 3, 1, 2]);
  assert.equal(body.valid_until - body.ts_event, body.horizon_ns);
  assert.deepEqual([body.px, body.target, body.half_life_ns], [157_250_000_000n, null, 216_000_000_000_000n]);
  assert.deepEqual([body.strength, body.z, body.tick], [2.5, -3.25, [41, 7]]);
  for (const name of NOT_OF_THE_MOMENT) assert.equal(read(name, golden(name)).body.gseq, 9, name);
});

test("a small price or time is bigint as well", () => {
  const body = { ...decode(golden("sig"), { useBigInt64: true }), px: 5, stop: -3, ts_recv: 7, valid_until: 0 };
  const { body: found } = read("sig", Buffer.from(encode(body, { useBigInt64: true })));
  assert.deepEqual([found.px, found.stop, found.ts_recv, found.valid_until], [5n, -3n, 7n, 0n]);
});

test("mangled messages are refused as such or are messages: nothing else is thrown, at any cut and any byte", () => {
  for (const name of NOT_OF_THE_MOMENT) {
    const whole = golden(name);
    for (let cut = 0; cut < whole.length; cut++) assert.throws(() => read(name, whole.subarray(0, cut)), Malformed);
    let accepted = 0;
    for (let at = 0; at < whole.length; at++) {
      for (const byte of [0x00, 0xc1, 0xd9, 0xdf, whole[at] ^ 1]) {
        const mangled = Buffer.from(whole);
        mangled[at] = byte;
        try {
          read(name, mangled);
          accepted++;
        } catch (error) {
          assert.ok(error instanceof Malformed, `${name} byte ${at} = ${byte}: ${error.stack}`);
        }
      }
    }
    assert.ok(accepted > 0 && accepted < 5 * whole.length); // a digit may change and the rest be right
  }
});

test("a container that claims more than there is left is refused for that", () => {
  assert.throws(() => read("feed", Buffer.from("81a176dd07ffffff", "hex")), /more values than bytes/);
});

test("bombs are refused before anything is built of them", () => {
  const bombs = [
    "dd07ffffff", "dfffffffff", "81a176dd7fffffff", "81a176dbffffffff", "91".repeat(60_000), "81a161".repeat(20_000),
  ];
  const started = process.memoryUsage().heapUsed;
  for (const bomb of bombs) assert.throws(() => read("feed", Buffer.from(bomb, "hex")), Malformed);
  assert.throws(() => decodeAnswer(Buffer.alloc(1_048_577, 0x80)), /1048577 bytes/);
  assert.throws(() => decodeAnswer(Buffer.from(`de7fff${"a16101".repeat(32_766)}a161dc`, "hex")), Malformed);
  assert.ok(process.memoryUsage().heapUsed - started < 64e6);
});

test("containers nest eight deep, the message's own map among them", () => {
  const body = decode(golden("feed"), { useBigInt64: true });
  const nested = (depth) => {
    const deep = JSON.parse("[".repeat(depth) + "]".repeat(depth));
    return Buffer.from(encode({ ...body, epoch: 1n, deep }, { useBigInt64: true }));
  };
  assert.equal(read("feed", nested(7)).body.deep.length, 1);
  assert.throws(() => read("feed", nested(8)), /deeper than 8/);
});

test("a key that would change an object's prototype is refused", () => {
  const body = decode(golden("fact"), { useBigInt64: true });
  const bytes = Buffer.from(encode({ ...body, xxxxxxxxx: { admin: 1 } }, { useBigInt64: true }));
  assert.equal(read("fact", bytes).body.xxxxxxxxx.admin, 1);
  bytes.write("__proto__", bytes.indexOf("xxxxxxxxx"));
  assert.throws(() => read("fact", bytes), Malformed);
});

test("requests have integers of the shortest form, and their bytes are bounded", () => {
  const request = encodeRequest({ op: "replay", id: 3, epoch: 7n, from: 2 ** 40, to: 255 });
  const expected = "85a26f70a67265706c6179a2696403a565706f636807a466726f6dcf0000010000000000a2746fccff";
  assert.equal(request.toString("hex"), expected);
  const large = { epoch: (1n << 63n) - 1n };
  assert.deepEqual(decode(encodeRequest(large), { useBigInt64: true }), large);
  assert.throws(() => encodeRequest({ op: "snapshot", prefix: ["x".repeat(4_096)] }), RangeError);
});
