/** The sockets: what the bot sees of them. The join and the repair are tests/system/test_client_node.py's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode } from "@msgpack/msgpack";
import { Publisher, Router, curveKeyPair } from "zeromq";
import { Client, Gap, hashOf, readKeys } from "../index.js";

const EPOCH = 9n;
const NOW = 1_782_936_000_000_000_000n;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Answer each snapshot with an empty one, true at what was asked for. */
async function serve(router) {
  for await (const [peer, request] of router) {
    const { op, id, at } = decode(request);
    if (op !== "snapshot") continue;
    await router.send([peer, encode({
      v: 1, op, id, error: null, detail: null, epoch: EPOCH, gseq: at, oldest: 1, ts_now: NOW, halted: false, count: 0,
      hash: hashOf([]), parts: 1, part: 1, token: null, messages: [],
    }, { useBigInt64: true })]);
  }
}

async function pair(test, options) {
  const publisher = new Publisher({ linger: 0 });
  await publisher.bind("tcp://127.0.0.1:*");
  const client = new Client({ live: publisher.lastEndpoint, requests: "tcp://127.0.0.1:9", ...options });
  const close = () => [client, publisher].forEach((each) => each.close());
  test.after(close); // a socket that is left open keeps the process alive
  return { publisher, client, close };
}

/** Say bad things until the client has heard one. */
async function noise(publisher, client, count = 1) {
  while (client.counters.malformed < count) {
    await publisher.send(["sig.", Buffer.from("c1", "hex")]);
    await pause(5);
  }
}

test("what was actionable when it came is judged again when it is taken", { timeout: 60_000 }, async (t) => {
  const router = new Router({ linger: 0 });
  t.after(() => router.close());
  await router.bind("tcp://127.0.0.1:*");
  serve(router);
  const { publisher, client } = await pair(t, { topics: ["sig."], requests: router.lastEndpoint });
  let gseq = 0;
  const say = (topic, tseq, keys) => publisher.send([topic, Buffer.from(encode({
    v: 1, epoch: EPOCH, gseq: ++gseq, tseq, prev: gseq - 1, ts_pub: NOW, replay: false, ...keys,
  }, { useBigInt64: true }))]);
  const beats = { interval_ms: 10_000, oldest: 1, feeds: {}, ts_now: NOW, halted: false, missed: 0, tails: {} };
  for (let beat = 1; client.state !== "live"; beat++) {
    await say("hb.", beat, beats);
    await pause(10);
  }
  const open = { action: "open", side: 1, reasons: [] };
  await say("sig.x.A.", 1, { ...open, id: "late", prev: 0, valid_until: NOW + 700_000_000n });
  await say("sig.x.B.", 1, { ...open, id: "right", prev: 0, valid_until: NOW + 60_000_000_000n });
  while (client.counters.messages < 2) await pause(5);
  while (client.tsNow < NOW + 700_000_000n) await pause(10);
  const [late, right] = [await client.receive(), await client.receive()];
  assert.deepEqual([late.body.id, late.actionable, late.stale], ["late", false, false]);
  assert.deepEqual([right.body.id, right.actionable], ["right", true]);
});

test("receive gives up after its time; close ends it, and the iteration", { timeout: 60_000 }, async (t) => {
  const { client, close } = await pair(t, {});
  assert.equal(await client.receive(20), null);
  assert.equal(client.state, "connecting");
  const waiting = client.receive();
  const loop = (async () => {
    for await (const item of client) assert.fail(`there is nothing, but ${item}`);
  })();
  close();
  assert.equal(await waiting, null);
  await loop;
  assert.equal(await client.receive(), null);
  assert.equal(client.state, "closed");
  client.close();
});

test("what cannot be read is a gap, and the client goes on", { timeout: 60_000 }, async (t) => {
  const { publisher, client } = await pair(t, { topics: ["sig."] });
  await noise(publisher, client);
  const gap = await client.receive();
  assert.ok(gap instanceof Gap && gap.cause === "malformed" && !gap.repaired);
  assert.ok(client.degraded);
  client.acknowledge();
  assert.ok(!client.degraded);
});

test("a bot that does not read costs a bounded queue, and is told", { timeout: 60_000 }, async (t) => {
  const { publisher, client } = await pair(t, { topics: ["sig."], queue: 5 });
  await noise(publisher, client, 6);
  const first = await client.receive();
  assert.deepEqual([first.cause, first.lost], ["overflow", 6]);
});

test("options are checked", () => {
  assert.throws(() => new Client({ topics: [] }), RangeError);
  assert.throws(() => new Client({ live: "nowhere" }));
});


test("key files are ZeroMQ certificates, and secret ones are the owner's only", () => {
  const folder = mkdtempSync(join(tmpdir(), "aftershock-keys-"));
  try {
    const [server, own] = [curveKeyPair(), curveKeyPair()];
    const [serverFile, ownFile] = [join(folder, "server.pub"), join(folder, "bot.key")];
    writeFileSync(serverFile, `# a comment\nmetadata\ncurve\n    public-key = "${server.publicKey}"\n`);
    writeFileSync(ownFile, `curve\n    public-key = "${own.publicKey}"\n    secret-key = "${own.secretKey}"\n`);
    chmodSync(ownFile, 0o640);
    assert.throws(() => readKeys(serverFile, ownFile), /0640.*0600/);
    chmodSync(ownFile, 0o600);
    assert.deepEqual(readKeys(serverFile, ownFile), { serverKey: server.publicKey, ...own });
    chmodSync(serverFile, 0o600);
    assert.throws(() => readKeys(ownFile, serverFile), /no secret-key/);
    assert.throws(() => readKeys(join(folder, "none"), ownFile), /ENOENT/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
