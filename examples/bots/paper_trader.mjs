#!/usr/bin/env node
/**
 * A bot that trades on paper: enters on actionable fades, leaves when they end, goes flat whenever it cannot be sure.
 *
 *   paper_trader.mjs [--live ENDPOINT] [--requests ENDPOINT] [--topic PREFIX]... [--notional 10000] [--seconds N]
 *                    [--resume]
 *
 * Flat means: at an unrepaired gap, a dead or ended publisher, or a halt, every position is closed at the last price
 * that a signal named. After a gap it goes on by itself; after a dead publisher only with --resume, which stands for a
 * person.
 * Prices are the mids of the signals, and a trade pays half of `cost_bps` where the signal has it: a sketch of an
 * account, not a backtest (that is `aftershock backtest`).
 */
import { Client, Gap } from "../../ipc/client/node/index.js"; // "aftershock-client", once it is installed
import { readOptions, refusalTeller } from "./options.mjs";

const options = readOptions("paper_trader.mjs", { notional: { type: "string", default: "10000" } },
  "  --notional N                  money in a position (default 10000)\n");
const topics = [...(options.topic ?? ["sig.mean_reversion."]), "sys."];
const PX = 1e9; // prices are integers of 1e-9
const TICK_MS = 250;
const client = new Client({ live: options.live, requests: options.requests, topics });
const tellRefusals = refusalTeller(client);
const positions = new Map(); // id -> {sym, side, quantity, entry, last, costBps, until}
const account = { trades: 0, pnl: 0, costs: 0 };

function say(text) {
  process.stdout.write(`${text}\n`);
}

function pay(notional, costBps) {
  account.costs += notional * (costBps / 2 / 1e4);
}

function enter(body) {
  const price = Number(body.px) / PX;
  const quantity = Math.floor(Number(options.notional) / price);
  if (quantity === 0) return;
  const costBps = body.cost_bps ?? 0;
  positions.set(body.id, {
    sym: body.sym, side: body.side, quantity, entry: price, last: price, costBps, until: body.valid_until,
  });
  pay(quantity * price, costBps);
  say(`${body.side > 0 ? "buy" : "sell"} ${quantity} ${body.sym} at ${price.toFixed(4)} (${body.reasons.join(" ")})`);
}

function leave(id, why) {
  const { sym, side, quantity, entry, last, costBps } = positions.get(id);
  const pnl = side * quantity * (last - entry);
  positions.delete(id);
  pay(quantity * last, costBps);
  account.trades++;
  account.pnl += pnl;
  say(`close ${quantity} ${sym} at ${last.toFixed(4)}: ${pnl.toFixed(2)} (${why})`);
}

function flat(why) {
  for (const id of [...positions.keys()]) leave(id, why);
}

function onSignal(item) {
  const { body } = item;
  const position = positions.get(body.id);
  if (position !== undefined && body.px !== null) position.last = Number(body.px) / PX;
  if (position !== undefined && body.valid_until !== null) position.until = body.valid_until;
  if (position !== undefined) {
    const ends = body.action === "close" || body.action === "expire" || body.side !== position.side;
    if (ends) leave(body.id, body.reasons.join(" ") || body.action);
  } else if (item.actionable && body.px !== null && (body.action === "open" || item.snapshot)) enter(body);
}

function onGap(gap) {
  if (gap.repaired) return; // the missing messages follow, in order
  say(`gap: ${gap.cause}${gap.topic && ` ${gap.topic}`}`);
  flat(`gap: ${gap.cause}`);
  if (client.state !== "dead" || options.resume) client.acknowledge();
}

/** What nobody says: that a time has come. The daemon closes what it opened, but it may be gone. */
function onTime() {
  if (client.halted) flat("halted");
  const now = client.tsNow;
  for (const [id, position] of positions) if (now !== null && position.until <= now) leave(id, "valid_until");
}

if (options.seconds !== undefined) setTimeout(() => client.close(), Number(options.seconds) * 1000).unref();
process.on("SIGINT", () => client.close());

while (client.state !== "closed") {
  const item = await client.receive(TICK_MS);
  if (item instanceof Gap) onGap(item);
  else if (item?.kind === "sig") onSignal(item);
  else if (item?.kind === "sys") {
    say(`daemon: ${item.body.what} ${item.body.reason}`);
    if (item.body.what === "bye") flat("bye");
  }
  onTime();
  tellRefusals();
}
flat("end");
const { lost, repaired } = client.counters;
const result = (account.pnl - account.costs).toFixed(2);
const costs = account.costs.toFixed(2);
say(`${account.trades} trades, result ${result} after costs of ${costs}; messages lost ${lost}, repaired ${repaired}`);
