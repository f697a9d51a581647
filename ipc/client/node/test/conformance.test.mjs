/** The vectors of ipc/client/conformance: what every client must do, step by step. See its README.md. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode } from "@msgpack/msgpack";
import { Gap, Tracker } from "../index.js";

const WIDE = new Set(["ts_now", "epoch"]);
const file = new URL("../../conformance/vectors.msgpack", import.meta.url); // JSON has no integers beyond 2^53
const cases = plain(decode(readFileSync(file), { useBigInt64: true }));

/** Integers as the client has them: bigint where it says so, else numbers. */
function plain(value, key) {
  if (typeof value === "bigint" || (typeof value === "number" && WIDE.has(key))) {
    return WIDE.has(key) ? BigInt(value) : Number(value);
  }
  if (Array.isArray(value)) return value.map((each) => plain(each));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, name)]));
}

function shown(item) {
  if (item instanceof Gap) {
    return { type: "gap", cause: item.cause, topic: item.topic, lost: item.lost, repaired: item.repaired };
  }
  return {
    type: "message", topic: item.topic, gseq: item.body.gseq, stale: item.stale, actionable: item.actionable,
    repaired: item.repaired, snapshot: item.snapshot,
  };
}

function take(tracker, step) {
  if (step.frames !== undefined) tracker.take(step.frames.map((frame) => Buffer.from(frame, "hex")), step.at);
  else if (step.answer !== undefined) tracker.answer(Buffer.from(step.answer, "hex"), step.at);
  else if (step.acknowledge) tracker.acknowledge(step.at);
  else {
    assert.ok(step.tick, "a step that says nothing");
    tracker.tick(step.at);
  }
}

for (const each of cases) {
  test(`${each.name}: ${each.about}`, () => {
    const tracker = new Tracker({ prefixes: each.topics, heartbeatMs: each.heartbeat_ms });
    each.steps.forEach((step, number) => {
      const where = `step ${number + 1} of ${each.steps.length}, at ${step.at}`;
      take(tracker, step);
      const { expect } = step;
      assert.deepEqual(tracker.items.splice(0).map(shown), expect.items, where);
      assert.deepEqual(tracker.requests.splice(0).filter(({ op }) => op !== "ping"), expect.requests, where);
      for (const key of ["state", "degraded", "halted"]) assert.equal(tracker[key], expect[key], `${where}: ${key}`);
      if (expect.hash !== undefined) assert.equal(tracker.entries.hash(), expect.hash, `${where}: hash`);
      if (expect.ts_now !== undefined) assert.equal(tracker.tsNow(step.at), expect.ts_now, `${where}: ts_now`);
      for (const [key, value] of Object.entries(expect.counters ?? {})) {
        assert.equal(tracker.counters[key], value, `${where}: counter ${key}`);
      }
    });
  });
}
