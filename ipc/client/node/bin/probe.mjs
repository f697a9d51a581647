#!/usr/bin/env node
/**
 * Listen for a while, then say in one line of JSON what became of it: for tests that compare clients with a publisher.
 *
 *   probe.mjs [--live E] [--requests E] [--topic PREFIX]... [--seconds N] [--acknowledge] [--items]
 *             [--server-key Z85 --public-key Z85 --secret-key Z85]
 *
 * --acknowledge: acknowledge every loss at once. --items: also a line for each item. SIGTERM and SIGINT end it early;
 * SIGUSR2 says at once what it would say at the end.
 */
import { parseArgs } from "node:util";
import { Client, Gap } from "../index.js";

const { values: options } = parseArgs({
  options: {
    live: { type: "string" },
    requests: { type: "string" },
    topic: { type: "string", multiple: true, default: [""] },
    seconds: { type: "string", default: "5" },
    acknowledge: { type: "boolean", default: false },
    items: { type: "boolean", default: false },
    name: { type: "string" },
    "server-key": { type: "string" },
    "public-key": { type: "string" },
    "secret-key": { type: "string" },
  },
});

const given = { live: options.live, requests: options.requests, topics: options.topic, name: options.name };
if (options["server-key"] !== undefined) {
  given.curve = {
    serverKey: options["server-key"], publicKey: options["public-key"], secretKey: options["secret-key"],
  };
}
const client = new Client(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

function say() {
  const line = {
    client: "node", state: client.state, degraded: client.degraded, halted: client.halted,
    epoch: client.epoch === null ? null : String(client.epoch), counters: client.counters, gseq: client.gseq,
    entries: client.entries().length, hash: client.hash(), error: client.lastError,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function end() {
  say();
  client.close();
}

const timer = setTimeout(end, Number(options.seconds) * 1000);
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    clearTimeout(timer);
    end();
  });
}
process.on("SIGUSR2", say);

if (options.items) process.stdout.write('{"started":true}\n');
for await (const item of client) {
  if (options.items) {
    const text = item instanceof Gap ? { gap: item.cause, ...item }
      : {
        topic: item.topic, gseq: item.body.gseq, tseq: item.body.tseq, action: item.body.action, id: item.body.id,
        snapshot: item.snapshot, repaired: item.repaired, stale: item.stale, actionable: item.actionable,
      };
    process.stdout.write(`${JSON.stringify(text)}\n`);
  }
  if (item instanceof Gap && !item.repaired && options.acknowledge) client.acknowledge();
}
