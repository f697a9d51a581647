#!/usr/bin/env node
/**
 * A bot that trades nothing: prints what it would open and close, and refuses when the picture has a hole.
 *
 *   print_signals.mjs [--live ENDPOINT] [--requests ENDPOINT] [--topic PREFIX]... [--seconds N] [--resume]
 */
import { Client, Gap } from "../../ipc/client/node/index.js"; // "aftershock-client", once it is installed
import { readOptions, refusalTeller } from "./options.mjs";

const options = readOptions("print_signals.mjs");
const topics = [...(options.topic ?? ["sig."]), "sys."];
const client = new Client({ live: options.live, requests: options.requests, topics });
setInterval(refusalTeller(client), 250).unref();
if (options.seconds !== undefined) setTimeout(() => client.close(), Number(options.seconds) * 1000).unref();
process.on("SIGINT", () => client.close());

const held = new Map(); // id -> symbol

/** Why a signal may not be acted on: the first that holds. */
function whyNot({ body, stale }) {
  if (stale) return "stale: its time is over";
  if (client.halted) return "halted by the operator";
  if (client.state !== "live") return `the client is ${client.state}`;
  if (client.degraded) return "degraded: messages are lost";
  return body.side === 0 ? "it has no side" : "closed since";
}

/** What one signal does to what is held; "" for nothing. */
function look(message) {
  const { body, actionable } = message;
  const name = `${body.sym} ${body.kind}`;
  if (body.action === "close" || body.action === "expire") {
    return held.delete(body.id) ? `close ${name}: ${body.reasons.join(", ")}` : "";
  }
  if (body.action === "update" && client.signal(body.id) === undefined) return ""; // a near miss
  if (!actionable) return `not actionable: ${name}: ${whyNot(message)}`;
  const word = held.has(body.id) ? "hold" : "open";
  held.set(body.id, body.sym);
  return `${word} ${name}: side ${body.side}, os ${body.os?.toFixed(2) ?? "-"}, valid until ${body.valid_until}`;
}

for await (const item of client) {
  if (item instanceof Gap) {
    const where = `${item.cause}${item.topic && ` ${item.topic}`}`;
    if (item.repaired) {
      console.log(`gap (${where}): ${item.lost} messages come late`);
      continue;
    }
    console.log(`gap (${where}, ${item.lost} lost): dropping ${held.size} signals`);
    held.clear(); // what was lost may have closed them
    if (client.state !== "dead" || options.resume) client.acknowledge(); // a death is for a person to look at
  } else if (item.kind === "sys") console.log(`daemon: ${item.body.what} ${item.body.reason}`);
  else if (item.kind === "sig") {
    const text = look(item);
    if (text !== "") console.log(text);
  }
}
