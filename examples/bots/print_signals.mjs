#!/usr/bin/env node
/**
 * A bot that trades nothing: prints what it would open and close, and refuses when the picture has a hole.
 *
 *   print_signals.mjs [--live ENDPOINT] [--requests ENDPOINT] [--topic PREFIX]... [--seconds N]
 */
import { parseArgs } from "node:util";
import { Client, Gap } from "../../ipc/client/node/index.js"; // "aftershock-client", once it is installed

const { values: options } = parseArgs({
  options: {
    live: { type: "string" },
    requests: { type: "string" },
    topic: { type: "string", multiple: true, default: ["sig."] },
    seconds: { type: "string" },
  },
});
const client = new Client({ live: options.live, requests: options.requests, topics: [...options.topic, "sys."] });
if (options.seconds !== undefined) setTimeout(() => client.close(), Number(options.seconds) * 1000).unref();
process.on("SIGINT", () => client.close());

const held = new Map(); // id -> symbol

/** What one signal does to what is held; "" for nothing. */
function look({ body, actionable, stale }) {
  const name = `${body.sym} ${body.kind}`;
  if (body.action === "close" || body.action === "expire") {
    return held.delete(body.id) ? `close ${name}: ${body.reasons.join(", ")}` : "";
  }
  if (client.signal(body.id) === undefined) return ""; // a near miss
  if (!actionable) return `refused ${name}: ${stale ? "stale" : client.halted ? "halted" : "not in order"}`;
  const word = held.has(body.id) ? "hold" : "open";
  held.set(body.id, body.sym);
  return `${word} ${name}: side ${body.side}, os ${body.os?.toFixed(2)}, valid until ${body.valid_until}`;
}

for await (const item of client) {
  if (item instanceof Gap) {
    if (item.repaired) {
      console.log(`gap (${item.cause} ${item.topic}): ${item.lost} messages come late`);
      continue;
    }
    console.log(`gap (${item.cause} ${item.topic}, ${item.lost} lost): dropping ${held.size} signals`);
    held.clear(); // what was lost may have closed them
    if (client.state !== "dead") client.acknowledge(); // a dead publisher is for a person to look at
  } else if (item.kind === "sys") console.log(`daemon: ${item.body.what} ${item.body.reason}`);
  else if (item.kind === "sig") {
    const text = look(item);
    if (text !== "") console.log(text);
  }
}
