#!/usr/bin/env python3
"""A bot that trades on paper: enters on actionable signals, leaves when told, and is flat whenever it cannot know.

Its rules:
  enter  on an `open` that is actionable at the moment of acting, at the signal's mid, half of cost_bps against it
  leave  on `close` or `expire`; when valid_until has passed by the publisher's clock; when the signal is no longer in
         the client's state
  flat   at once, at the last known mids, on every gap that was not repaired (losses, another epoch, a dead publisher)
         and on bye; it acknowledges when it is flat, but nothing while the publisher is dead, unless with --resume: the
         gap `epoch` of a publisher that died and was started again is no leave to go on
  halt   no new position, the old ones stay

Every entry and exit is a line of NDJSON on standard output or in --log; the last line sums up.
"""

import json
import sys

import options
from aftershock_client import Gap

NANO = 1e-9


class Paper:
    """Positions and their P&L. One unit of money a position."""

    def __init__(self, log, unit):
        self.log, self.unit = log, unit
        self.held = {}  # id: entry
        self.mids = {}  # symbol: latest mid that a signal told
        self.pnl = 0.0
        self.trades = self.wins = 0

    def write(self, **line):
        print(json.dumps(line), file=self.log, flush=True)

    def mark(self, body):
        if body.get("px"):
            self.mids[body["sym"]] = body["px"] * NANO

    def enter(self, body, ts_now):
        mid = self.mids.get(body["sym"])
        if mid is None or body["id"] in self.held:
            return
        cost = (body.get("cost_bps") or 0.0) / 2e4
        px = mid * (1 + cost * body["side"])
        self.held[body["id"]] = {"sym": body["sym"], "side": body["side"], "px": px, "cost": cost,
                                 "valid_until": body["valid_until"]}
        self.write(at=ts_now, do="enter", sym=body["sym"], side=body["side"], px=round(px, 6), id=body["id"])

    def leave(self, identity, why, ts_now):
        entry = self.held.pop(identity, None)
        if entry is None:
            return
        px = self.mids[entry["sym"]] * (1 - entry["cost"] * entry["side"])
        pnl = self.unit * entry["side"] * (px / entry["px"] - 1)
        self.pnl += pnl
        self.trades += 1
        self.wins += pnl > 0
        self.write(at=ts_now, do="leave", why=why, sym=entry["sym"], side=entry["side"], px=round(px, 6),
                   pnl=round(pnl, 4), total=round(self.pnl, 4), id=identity)

    def flat(self, why, ts_now):
        for identity in list(self.held):
            self.leave(identity, why, ts_now)


def take(paper, client, message):
    body = message.body
    paper.mark(body)
    if body["action"] in ("close", "expire"):
        paper.leave(body["id"], ",".join(body["reasons"]) or body["action"], client.ts_now)
    elif body["action"] == "update" and body["id"] in paper.held:
        paper.held[body["id"]]["valid_until"] = body["valid_until"]
    elif body["action"] == "open" and not message.snapshot and client.may_act(message):
        paper.enter(body, client.ts_now)


def watch(paper, client):
    """What no message says: time runs out, and what is held must be open."""
    ts_now = client.ts_now
    for identity, entry in list(paper.held.items()):
        if ts_now is not None and entry["valid_until"] <= ts_now:
            paper.leave(identity, "valid_until", ts_now)
        elif client.state == "live" and identity not in client.signals:
            paper.leave(identity, "no longer open", ts_now)


def main():
    parser = options.parser(__doc__, ("sig.mean_reversion.", "sys."))
    parser.add_argument("--log", help="append what it does to this file (default: standard output)")
    parser.add_argument("--unit", type=float, default=10_000.0, help="money in a position (default %(default)s)")
    given = parser.parse_args()
    log = open(given.log, "a", encoding="utf-8") if given.log else sys.stdout
    paper = Paper(log, given.unit)
    with options.connect(given, "paper_trader") as client:
        for item in options.items(client, given.seconds):
            if isinstance(item, Gap):
                paper.write(at=client.ts_now, do="gap", cause=item.cause, topic=item.topic, lost=item.lost,
                            repaired=item.repaired)
                if not item.repaired:
                    paper.flat(f"gap: {item.cause}", client.ts_now)
                    if options.may_acknowledge(client, given):
                        client.acknowledge()
            elif item is not None and item.kind == "sig":
                take(paper, client, item)
            elif item is not None and item.kind == "sys":
                paper.write(at=client.ts_now, do="hear", what=item.body["what"])
                if item.body["what"] == "bye":
                    paper.flat("bye", client.ts_now)
            watch(paper, client)
        paper.flat("end", client.ts_now)
        paper.write(do="sum", trades=paper.trades, wins=paper.wins, pnl=round(paper.pnl, 4), state=client.state,
                    degraded=client.degraded, lost=client.counters.lost, repaired=client.counters.repaired)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
