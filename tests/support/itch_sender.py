#!/usr/bin/env python3
"""ITCH 5.0 over MoldUDP64, built from tables of its own, for system tests.

Nothing here comes from the code under test: a daemon that understands these bytes understands the protocol. Python's
standard library only.

As a module: message builders (stock_directory, add_order, ...) return bytes; MoldSender puts them into datagrams.
As a script it plays a scenario, JSON from a file or standard input, to a UDP address:

    {"symbols": ["NVDA", "AMD"],
     "start_ns": 34200000000000,
     "steps": [
       {"at_ms": 0,   "symbol": "NVDA", "bid": "157.24", "bid_qty": 300, "ask": "157.26", "ask_qty": 200},
       {"at_ms": 50,  "symbol": "NVDA", "trade": "157.25", "qty": 100},
       {"at_ms": 60,  "symbol": "NVDA", "state": "H", "reason": "T1"},
       {"at_ms": 80,  "gap": 3},
       {"at_ms": 90,  "heartbeat": true}]}

Symbols are announced (R) and opened (H, state T) first. A quote step replaces the symbol's two orders. With --rate the
steps' times only set the stamps, and messages are sent at that many a second; without, steps are sent at their times.
"""
import argparse
import json
import socket
import struct
import sys
import time
from decimal import Decimal

# One entry a type: name of each field behind the header and its struct code, in wire order.
LAYOUT = {
    "S": [("event", "c")],
    "R": [("stock", "8s"), ("category", "c"), ("financial_status", "c"), ("round_lot", "I"), ("round_lots_only", "c"),
          ("issue_class", "c"), ("subtype", "2s"), ("authenticity", "c"), ("short_sale_threshold", "c"), ("ipo", "c"),
          ("luld_tier", "c"), ("etp", "c"), ("etp_leverage", "I"), ("inverse", "c")],
    "H": [("stock", "8s"), ("state", "c"), ("reserved", "c"), ("reason", "4s")],
    "Y": [("stock", "8s"), ("restriction", "c")],
    "L": [("mpid", "4s"), ("stock", "8s"), ("primary", "c"), ("mode", "c"), ("state", "c")],
    "V": [("level1", "Q"), ("level2", "Q"), ("level3", "Q")],
    "W": [("level", "c")],
    "K": [("stock", "8s"), ("release_s", "I"), ("qualifier", "c"), ("px", "I")],
    "J": [("stock", "8s"), ("reference_px", "I"), ("upper_px", "I"), ("lower_px", "I"), ("extension", "I")],
    "h": [("stock", "8s"), ("market", "c"), ("action", "c")],
    "A": [("ref", "Q"), ("side", "c"), ("shares", "I"), ("stock", "8s"), ("px", "I")],
    "F": [("ref", "Q"), ("side", "c"), ("shares", "I"), ("stock", "8s"), ("px", "I"), ("mpid", "4s")],
    "E": [("ref", "Q"), ("shares", "I"), ("match", "Q")],
    "C": [("ref", "Q"), ("shares", "I"), ("match", "Q"), ("printable", "c"), ("px", "I")],
    "X": [("ref", "Q"), ("shares", "I")],
    "D": [("ref", "Q")],
    "U": [("ref", "Q"), ("new_ref", "Q"), ("shares", "I"), ("px", "I")],
    "P": [("ref", "Q"), ("side", "c"), ("shares", "I"), ("stock", "8s"), ("px", "I"), ("match", "Q")],
    "Q": [("shares", "Q"), ("stock", "8s"), ("px", "I"), ("match", "Q"), ("cross", "c")],
    "B": [("match", "Q")],
    "I": [("paired", "Q"), ("imbalance", "Q"), ("direction", "c"), ("stock", "8s"), ("far_px", "I"), ("near_px", "I"),
          ("reference_px", "I"), ("cross", "c"), ("variation", "c")],
    "N": [("stock", "8s"), ("interest", "c")],
    "O": [("stock", "8s"), ("eligible", "c"), ("min_px", "I"), ("max_px", "I"), ("near_px", "I"), ("near_time", "Q"),
          ("lower_px", "I"), ("upper_px", "I")],
}

HEADER = ">cHH6s"


def price4(value):
    """A price in dollars (str, int, float or Decimal) in 1e-4."""
    scaled = Decimal(str(value)) * 10000
    if scaled != scaled.to_integral_value():
        raise ValueError(f"price {value} has more than four decimals")
    return int(scaled)


def message(kind, locate=0, tracking=0, ts_ns=0, **fields):
    """Any message by its type's letter and field names. Text is padded with blanks on the right; px in 1e-4."""
    layout = LAYOUT[kind]
    unknown = set(fields) - {name for name, _ in layout}
    if unknown:
        raise ValueError(f"{kind} has no field {', '.join(sorted(unknown))}")
    values = [kind.encode(), locate, tracking, ts_ns.to_bytes(6, "big")]
    for name, code in layout:
        value = fields[name]
        if code[-1] in "cs":
            width = struct.calcsize(code)
            value = value.encode("ascii").ljust(width)
            if len(value) > width:
                raise ValueError(f"{kind}.{name} holds {width} characters, not {value!r}")
        values.append(value)
    return struct.pack(HEADER + "".join(code for _, code in layout), *values)


def system_event(event, ts_ns=0):
    return message("S", 0, 0, ts_ns, event=event)


def stock_directory(locate, stock, ts_ns=0, **overrides):
    fields = {"category": "Q", "financial_status": "N", "round_lot": 100, "round_lots_only": "N", "issue_class": "C",
              "subtype": "Z", "authenticity": "P", "short_sale_threshold": "N", "ipo": "N", "luld_tier": "1",
              "etp": "N", "etp_leverage": 0, "inverse": "N"}
    fields.update(overrides)
    return message("R", locate, 0, ts_ns, stock=stock, **fields)


def trading_action(locate, stock, state, ts_ns=0, reason=""):
    """state: T trading, H halted, P paused, Q quotation only."""
    return message("H", locate, 0, ts_ns, stock=stock, state=state, reserved=" ", reason=reason)


def operational_halt(locate, stock, action, ts_ns=0, market="Q"):
    """action: H halted, T resumed."""
    return message("h", locate, 0, ts_ns, stock=stock, market=market, action=action)


def add_order(locate, ref, side, shares, stock, price, ts_ns=0, mpid=None):
    """side: B or S; price in dollars. With mpid an attributed order (F)."""
    fields = {"ref": ref, "side": side, "shares": shares, "stock": stock, "px": price4(price)}
    if mpid is None:
        return message("A", locate, 0, ts_ns, **fields)
    return message("F", locate, 0, ts_ns, mpid=mpid, **fields)


def execute(locate, ref, shares, match, ts_ns=0, price=None, printable="Y"):
    """At the order's own price (E), or at another (C)."""
    if price is None:
        return message("E", locate, 0, ts_ns, ref=ref, shares=shares, match=match)
    return message("C", locate, 0, ts_ns, ref=ref, shares=shares, match=match, printable=printable, px=price4(price))


def cancel_order(locate, ref, shares, ts_ns=0):
    return message("X", locate, 0, ts_ns, ref=ref, shares=shares)


def delete_order(locate, ref, ts_ns=0):
    return message("D", locate, 0, ts_ns, ref=ref)


def replace_order(locate, ref, new_ref, shares, price, ts_ns=0):
    return message("U", locate, 0, ts_ns, ref=ref, new_ref=new_ref, shares=shares, px=price4(price))


def trade(locate, stock, shares, price, match, ts_ns=0):
    """A hidden trade (P)."""
    return message("P", locate, 0, ts_ns, ref=0, side="B", shares=shares, stock=stock, px=price4(price), match=match)


def cross_trade(locate, stock, shares, price, match, cross="O", ts_ns=0):
    return message("Q", locate, 0, ts_ns, shares=shares, stock=stock, px=price4(price), match=match, cross=cross)


def mold_packet(session, seq, messages=(), count=None):
    """One MoldUDP64 datagram. count overrides the header's (0xFFFF: end of session)."""
    blocks = b"".join(struct.pack(">H", len(m)) + m for m in messages)
    header = session.encode("ascii").ljust(10) + struct.pack(">QH", seq, len(messages) if count is None else count)
    return header + blocks


class MoldSender:
    """One sequenced line. messages go out in as few datagrams as fit payload_bytes."""

    def __init__(self, group, port, iface="127.0.0.1", session="AFTERSHOCK", seq=1, payload_bytes=1400):
        self.address = (group, port)
        self.session = session
        self.seq = seq
        self.payload_bytes = payload_bytes
        self.packets = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if 224 <= int(group.split(".")[0]) <= 239:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(iface))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)

    def _put(self, datagram):
        self.socket.sendto(datagram, self.address)
        self.packets += 1

    def send(self, messages):
        """Send messages (bytes, or an iterable of bytes) in order. Returns the sequence after them."""
        pending, pending_bytes = [], 20
        for m in [messages] if isinstance(messages, bytes) else messages:
            if pending and pending_bytes + 2 + len(m) > self.payload_bytes:
                self._flush(pending)
                pending, pending_bytes = [], 20
            pending.append(m)
            pending_bytes += 2 + len(m)
        if pending:
            self._flush(pending)
        return self.seq

    def _flush(self, messages):
        self._put(mold_packet(self.session, self.seq, messages))
        self.seq += len(messages)

    def repeat(self, seq, messages):
        """Send messages under a sequence of the past: duplicates, or a late fill. The line's sequence stays."""
        self._put(mold_packet(self.session, seq, list(messages)))

    def heartbeat(self):
        self._put(mold_packet(self.session, self.seq))

    def end(self):
        self._put(mold_packet(self.session, self.seq, count=0xFFFF))

    def skip(self, n):
        """Pretend that n messages were sent: the receiver loses them."""
        self.seq += n

    def restart(self, session):
        """Begin a new session at sequence 1."""
        self.session = session
        self.seq = 1

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Market:
    """Locates, references and current quotes of a scenario; each method returns the messages it takes."""

    def __init__(self, symbols):
        self.locate = {symbol: idx + 1 for idx, symbol in enumerate(symbols)}
        self.orders = {}
        self.next_ref = 1
        self.next_match = 1

    def open(self, ts_ns):
        out = [system_event("O", ts_ns)]
        out += [stock_directory(locate, symbol, ts_ns) for symbol, locate in self.locate.items()]
        out += [trading_action(locate, symbol, "T", ts_ns) for symbol, locate in self.locate.items()]
        return out + [system_event("S", ts_ns), system_event("Q", ts_ns)]

    def quote(self, symbol, bid, bid_qty, ask, ask_qty, ts_ns):
        """Move the symbol's bid and ask: added the first time, replaced afterwards."""
        locate, out = self.locate[symbol], []
        for side, price, qty in (("B", bid, bid_qty), ("S", ask, ask_qty)):
            ref, old = self.next_ref, self.orders.get((symbol, side))
            self.next_ref += 1
            if old is None:
                out.append(add_order(locate, ref, side, qty, symbol, price, ts_ns))
            else:
                out.append(replace_order(locate, old, ref, qty, price, ts_ns))
            self.orders[symbol, side] = ref
        return out

    def trade(self, symbol, price, qty, ts_ns):
        self.next_match += 1
        return [trade(self.locate[symbol], symbol, qty, price, self.next_match - 1, ts_ns)]

    def state(self, symbol, state, reason, ts_ns):
        return [trading_action(self.locate[symbol], symbol, state, ts_ns, reason)]


def step_messages(market, step, ts_ns):
    if "bid" in step:
        return market.quote(step["symbol"], step["bid"], step.get("bid_qty", 100), step["ask"],
                            step.get("ask_qty", 100), ts_ns)
    if "trade" in step:
        return market.trade(step["symbol"], step["trade"], step.get("qty", 100), ts_ns)
    if "state" in step:
        return market.state(step["symbol"], step["state"], step.get("reason", ""), ts_ns)
    if "system" in step:
        return [system_event(step["system"], ts_ns)]
    raise ValueError(f"a step is a quote, trade, state, system, gap or heartbeat, not {step!r}")


def play(sender, scenario, rate=0):
    """Send a scenario; see the module's text. Returns the number of messages sent."""
    market = Market(scenario["symbols"])
    start_ns = scenario.get("start_ns", 34_200_000_000_000)
    began = time.monotonic()
    first_seq, skipped = sender.seq, 0
    sender.send(market.open(start_ns))
    for step in scenario["steps"]:
        at_ms = step.get("at_ms", 0)
        due = began + ((sender.seq - first_seq - skipped) / rate if rate else at_ms / 1000)
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
        if "gap" in step:
            sender.skip(step["gap"])
            skipped += step["gap"]
        elif step.get("heartbeat"):
            sender.heartbeat()
        else:
            sender.send(step_messages(market, step, start_ns + int(at_ms * 1_000_000)))
    sender.heartbeat()
    return sender.seq - first_seq - skipped


def main():
    parser = argparse.ArgumentParser(description="Play an ITCH 5.0 scenario over MoldUDP64.")
    parser.add_argument("scenario", nargs="?", default="-", help="JSON file, - for standard input")
    parser.add_argument("--group", default="239.1.1.1", help="multicast group or unicast address")
    parser.add_argument("--port", type=int, default=26400)
    parser.add_argument("--interface", default="127.0.0.1", help="address of the interface to send from")
    parser.add_argument("--session", default="AFTERSHOCK")
    parser.add_argument("--rate", type=float, default=0, help="messages a second; 0: at the steps' times")
    parser.add_argument("--end", action="store_true", help="send an end of session last")
    args = parser.parse_args()
    if args.scenario == "-":
        scenario = json.load(sys.stdin)
    else:
        with open(args.scenario, encoding="utf-8") as stream:
            scenario = json.load(stream)
    with MoldSender(args.group, args.port, args.interface, args.session) as sender:
        sent = play(sender, scenario, args.rate)
        if args.end:
            sender.end()
        print(f"{sent} messages in {sender.packets} datagrams, next sequence {sender.seq}", file=sys.stderr)


if __name__ == "__main__":
    main()
