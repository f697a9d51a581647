#!/usr/bin/env python3
"""A bad network between a publisher and its subscribers: messages are lost, doubled, change places, come late.

    faulty_proxy.py UPSTREAM [--bind ENDPOINT] [--seed N] [--drop P] [--duplicate P] [--swap P] [--delay P]
                    [--delay-ms MS] [--spare PREFIX]... [--seconds S]

Prints "#endpoint ENDPOINT" when it listens, and at its end (SIGTERM, SIGINT, --seconds) one JSON line of what it did.
Each P is a probability per message, drawn from the seed in the order in which messages come. Subscriptions are passed
on, in order; requests do not go through here: a client asks the daemon itself. FaultyProxy is the same in a thread.
"""

import argparse
import heapq
import itertools
import json
import random
import signal
import sys
import threading
import time

import zmq

TICK_S = 0.02


class FaultyProxy:
    """Faults may be set at any time: drop, duplicate, swap, delay are probabilities; cut loses everything."""

    def __init__(self, upstream, bind="tcp://127.0.0.1:*", seed=1, drop=0.0, duplicate=0.0, swap=0.0, delay=0.0,
                 delay_ms=20.0, spare=()):
        self.drop, self.duplicate, self.swap, self.delay, self.delay_ms = drop, duplicate, swap, delay, delay_ms
        self.spare = tuple(prefix.encode() for prefix in spare)
        self.cut = False
        self.counts = {"passed": 0, "dropped": 0, "duplicated": 0, "swapped": 0, "delayed": 0, "subscriptions": 0}
        self.random = random.Random(seed)
        self.running = True
        self.late = []  # (when, number, frames)
        self.held = None  # waits until another has gone by
        self.number = itertools.count()
        self.context = zmq.Context()
        self.down, self.up = self.context.socket(zmq.XPUB), self.context.socket(zmq.XSUB)
        for endpoint in (self.down, self.up):
            endpoint.setsockopt(zmq.LINGER, 0)
            endpoint.setsockopt(zmq.SNDHWM, 0)
            endpoint.setsockopt(zmq.RCVHWM, 0)
        self.up.setsockopt(zmq.RECONNECT_IVL, 20)
        self.down.bind(bind)
        self.endpoint = self.down.getsockopt_string(zmq.LAST_ENDPOINT)
        self.up.connect(upstream)
        self.thread = threading.Thread(target=self.run)

    # ---- what happens to a message ----

    def pass_on(self, frames):
        draw = self.random.random
        lost, twice = draw() < self.drop, draw() < self.duplicate
        swapped, late = draw() < self.swap, draw() < self.delay
        span_s = draw() * self.delay_ms / 1000
        if self.cut or (lost and not frames[0].startswith(self.spare)):
            self.counts["dropped"] += 1
        elif frames[0].startswith(self.spare):
            self.send(frames)
        elif late:
            self.counts["delayed"] += 1
            heapq.heappush(self.late, (time.monotonic() + span_s, next(self.number), frames))
        elif swapped and self.held is None:
            self.counts["swapped"] += 1
            self.held = frames
        else:
            self.send(frames)
            if twice:
                self.counts["duplicated"] += 1
                self.send(frames)
            if self.held is not None:
                held, self.held = self.held, None
                self.send(held)

    def send(self, frames):
        self.counts["passed"] += 1
        self.down.send_multipart(frames)

    # ---- the loop ----

    def run(self):
        poller = zmq.Poller()
        poller.register(self.down, zmq.POLLIN)
        poller.register(self.up, zmq.POLLIN)
        while self.running:
            wait_s = min(TICK_S, self.late[0][0] - time.monotonic()) if self.late else TICK_S
            ready = dict(poller.poll(max(0, int(wait_s * 1000))))
            while self.down in ready and self.down.poll(0):
                self.counts["subscriptions"] += 1
                self.up.send_multipart(self.down.recv_multipart())
            while self.up in ready and self.up.poll(0):
                self.pass_on(self.up.recv_multipart())
            while self.late and self.late[0][0] <= time.monotonic():
                self.send(heapq.heappop(self.late)[2])
        self.down.close()
        self.up.close()
        self.context.term()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.running = False
        self.thread.join(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("upstream")
    parser.add_argument("--bind", default="tcp://127.0.0.1:*")
    parser.add_argument("--seed", type=int, default=1)
    for name in ("drop", "duplicate", "swap", "delay"):
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="P")
    parser.add_argument("--delay-ms", type=float, default=20.0, metavar="MS")
    parser.add_argument("--spare", action="append", default=[], metavar="PREFIX", help="topics that nothing happens to")
    parser.add_argument("--seconds", type=float, default=0.0, help="end by itself")
    options = vars(parser.parse_args())
    seconds = options.pop("seconds")
    proxy = FaultyProxy(**options)

    def end(*_):
        proxy.running = False

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if seconds:
        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
    print("#endpoint", proxy.endpoint, flush=True)
    proxy.run()
    print(json.dumps(proxy.counts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
