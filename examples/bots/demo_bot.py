#!/usr/bin/env python3
"""A small bot: subscribes to Aftershock's signals, says in one line what it would do, and keeps a log.

    demo_bot.py [ENDPOINT] [--log FILE] [--zone-hours H]

It trades on nothing but an open `mean_reversion`; an `overreaction` is a diagnosis. What it watches, as any bot must:
  a hole in `tseq` of a topic   a lost message
  a new `epoch`                 another publisher: everything known before is void
  no `hb.` for a second         the publisher is gone

Needs pyzmq and msgpack (Debian: python3-zmq, python3-msgpack). Lines that begin with # are for the program that
started it. Ends with the publisher's `sys.` bye, and with a summary.
"""
import argparse
import datetime
import json
import sys
import time

import msgpack
import zmq

HEARTBEAT_LIMIT_S = 1.0


def shown(value, form, scale=1):
    """A number as form says, "-" for nil: every number of the wire may be undefined."""
    return "-" if value is None else format(value / scale, form)


class Bot:
    def __init__(self, log, zone_hours):
        self.log = log
        self.zone = datetime.timezone(datetime.timedelta(hours=zone_hours))
        self.epoch = None
        self.tseq = {}
        self.gaps = 0
        self.received = {"sig": 0, "shock": 0, "fact": 0}
        self.opened = {}
        self.vetoed = set()
        self.latency_ns = []
        self.silences = 0

    def say(self, message, kind, text):
        at = datetime.datetime.fromtimestamp(message["ts_recv"] / 1e9, self.zone)
        print(f"{at:%d %b %H:%M:%S}  {kind:<12} {text}", flush=True)

    def check(self, topic, message):
        if message["epoch"] != self.epoch:
            self.epoch = message["epoch"]
            self.tseq.clear()
        expected = self.tseq.get(topic)
        if expected is not None and message["tseq"] != expected:
            self.gaps += 1
        self.tseq[topic] = message["tseq"] + 1

    def on_fact(self, message):
        issuer, family = message["fact"].split("|")[:2]
        text = f"{issuer} {family}: {message['status'].replace('_', ' ').upper()}"
        if message["status"] == "rumour":
            text += f", gate {shown(message['g'], '.2f')}"
        self.say(message, "fact", text)

    def on_shock(self, message):
        size = message["m"]
        expected = message["b"] in (None, 0) and message["k"] is None and size is not None and size == int(size)
        self.say(message, "SHOCK", f"{message['fact'].split('|')[0]}: {shown(size, '.2f')} sigma "
                 f"{'expected' if expected else 'measured'}, {message['linked']} names linked")

    def on_signal(self, message):
        kind, action, symbol = message["kind"], message["action"], message["sym"]
        if action == "open":
            self.opened[kind] = self.opened.get(kind, 0) + 1
            if kind == "mean_reversion":
                self.say(message, "TRADE", f"{symbol}: {'buy' if message['side'] > 0 else 'sell'} at "
                         f"{shown(message['px'], '.2f', 1e9)}"
                         + (f", target {message['target'] / 1e9:.2f}" if message["target"] else ""))
            else:
                self.say(message, kind, f"{symbol}: moved {shown(message['z'], '+.1f')} sigma, the news justifies "
                         f"{shown(message['e'], '+.1f')}; score {shown(message['os'], '+.2f')}")
        elif action in ("close", "expire"):
            self.say(message, "end", f"{symbol}: {kind} {action}d: {', '.join(message['reasons'])}")
        elif kind == "mean_reversion" and symbol not in self.vetoed:
            self.vetoed.add(symbol)
            codes = [code for code in message["reasons"] if code not in ("NO_CHANNEL", "DIRECT_CHANNEL", "RUMOUR_T1")]
            self.say(message, "no trade", f"{symbol}: {', '.join(codes)}")

    def receive(self, topic, body):
        now = time.time_ns()
        message = msgpack.unpackb(body)
        self.check(topic, message)
        kind = topic.split(".", 1)[0]
        if kind not in self.received:
            return message
        self.received[kind] += 1
        self.latency_ns.append(now - message["ts_pub"])
        if self.log:
            self.log.write(json.dumps({"topic": topic, "ts_bot": now, **message}) + "\n")
        {"fact": self.on_fact, "shock": self.on_shock, "sig": self.on_signal}[kind](message)
        return message

    def summary(self):
        latency = sorted(self.latency_ns) or [0]
        p50 = latency[len(latency) // 2] / 1000
        p99 = latency[min(len(latency) - 1, len(latency) * 99 // 100)] / 1000
        print(f"#summary messages={sum(self.received.values())} sig={self.received['sig']} "
              f"shock={self.received['shock']} fact={self.received['fact']} gaps={self.gaps} silences={self.silences} "
              f"p50_us={p50:.1f} p99_us={p99:.1f} trades={self.opened.get('mean_reversion', 0)}", flush=True)


def run(endpoint, bot):
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.rcvhwm = 100000
    socket.linger = 0
    socket.rcvtimeo = int(HEARTBEAT_LIMIT_S * 1000)
    for prefix in (b"sig.", b"shock.", b"fact.", b"sys.", b"hb."):
        socket.subscribe(prefix)
    socket.connect(endpoint)
    ready = False
    while True:
        try:
            topic, body = socket.recv_multipart()
        except zmq.Again:
            if ready:
                bot.silences += 1
            continue
        message = bot.receive(topic.decode(), body)
        if not ready:
            ready = True
            print("#ready", flush=True)
        if topic == b"sys." and message.get("what") == "bye":
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("endpoint", nargs="?", default="tcp://127.0.0.1:5600")
    parser.add_argument("--log", help="append what comes, one JSON object a line")
    parser.add_argument("--zone-hours", type=float, default=0, help="hours to add to UTC in what is printed")
    arguments = parser.parse_args()
    log = open(arguments.log, "a", encoding="utf-8") if arguments.log else None
    bot = Bot(log, arguments.zone_hours)
    try:
        run(arguments.endpoint, bot)
    except KeyboardInterrupt:
        pass
    bot.summary()
    if log:
        log.close()


if __name__ == "__main__":
    sys.exit(main())
