// Compiled, never run: what a bot in TypeScript may write, and what it may not. `tsc -p ipc/client/node`
import { Client, Gap, Message, Tracker, type Item, type Signal } from "aftershock-client";

const client = new Client({ topics: ["sig.", "fact."], curve: { serverKey: "", publicKey: "", secretKey: "" } });

function price(signal: Signal): bigint {
  return signal.px ?? 0n;
}

async function run(): Promise<void> {
  for await (const item of client) {
    if (item instanceof Gap) {
      const lost: number = item.lost;
      if (!item.repaired && lost >= 0) client.acknowledge();
    } else if (item.kind === "sig" && item.actionable) {
      const until: bigint = item.body.valid_until;
      const size: number = item.body.side * 100;
      price(item.body);
      // @ts-expect-error: a price is a bigint
      const wrong: number = item.body.px;
      console.log(until, size, wrong, client.isActionable(item));
    } else if (item.kind === "hb") {
      const tail: number | undefined = item.body.tails["sig.a.B."];
      console.log(tail);
    } else if (item.kind === "fact") {
      // @ts-expect-error: a fact has no side
      console.log(item.body.side);
    }
  }
  const next: Item | null = await client.receive(100);
  if (next instanceof Message) console.log(next.topic);
  // @ts-expect-error: gaps are the client's to make
  new Gap();
  const state: string = new Tracker({ prefixes: [""] }).state;
  console.log(state, client.counters.lost + 1, client.epoch === 7n);
}

run().finally(() => client.close());
