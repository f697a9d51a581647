#!/usr/bin/env python3
"""Signals to a CSV file: every one once, in order of gseq, across restarts of this program.

Started again on the same file it goes on behind the last line: what was said in between it asks the daemon for, as far
as the daemon has it. A line with the kind `gap` stands where something is missing: nobody can take it for quiet. A
daemon that was started again is another epoch: a `gap`, then all of it from the oldest message that it still has.
"""

import csv
import os
import sys
import time

import msgpack
import options
import zmq
from aftershock_client import Gap

COLUMNS = ("epoch", "gseq", "ts_event", "ts_recv", "strategy", "kind", "action", "id", "sym", "side", "strength", "z",
           "e", "os", "b", "k", "s", "rev_bps", "cost_bps", "valid_until", "px", "target", "stop", "fact", "status",
           "reasons")
ANSWER_MS = 500  # less than four heartbeat intervals: the client cannot listen meanwhile
IDLE_S = 0.02


class File:
    """The CSV file. last is (epoch, gseq) of the last line, None for a fresh file."""

    def __init__(self, path):
        self.last = None
        fresh = not os.path.exists(path) or os.path.getsize(path) == 0
        if not fresh:
            self._mend(path)
            with open(path, newline="", encoding="utf-8") as old:
                for row in csv.DictReader(old):
                    self.last = (int(row["epoch"]), int(row["gseq"]))
        self.file = open(path, "a", newline="", encoding="utf-8")
        self.csv = csv.writer(self.file)
        if fresh:
            self.csv.writerow(COLUMNS)

    @staticmethod
    def _mend(path):
        """Cut off a last line that was not finished."""
        with open(path, "rb+") as old:
            old.truncate(old.read().rfind(b"\n") + 1)

    def covers(self, body):
        return self.last is not None and self.last[0] == body["epoch"] and body["gseq"] <= self.last[1]

    def signal(self, body):
        if self.covers(body):
            return
        self.last = (body["epoch"], body["gseq"])
        self.csv.writerow(" ".join(body[key]) if key == "reasons" else body.get(key) for key in COLUMNS)
        self.file.flush()

    def gap(self, epoch, what):
        """A line with the gseq of the last signal: a restart asks again from there. epoch: None for the last line's."""
        last = self.last or (0, 0)
        self.last = last if epoch in (None, last[0]) else (epoch, 0)
        row = dict.fromkeys(COLUMNS, "")
        row.update(epoch=self.last[0], gseq=self.last[1], kind="gap", reasons=what)
        self.csv.writerow(row[key] for key in COLUMNS)
        self.file.flush()


class Replay:
    """Messages from the daemon's memory and disk, over a socket of our own: the client's is for its repairs."""

    def __init__(self, given):
        self.prefixes = list(given.topics or given.default_topics)
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        if given.key:
            options.settings(given, "")["curve"].apply(self.socket)
        self.socket.connect(given.requests)

    def answers(self, epoch, first, until):
        """Lists of the messages first to until of an epoch, in order, one answer at a time; None where some are
        missing."""
        try:
            while first <= until:
                answer = self._ask({"op": "replay", "id": first, "epoch": epoch, "from": first, "to": until,
                                    "prefix": self.prefixes})
                error = answer["error"]
                if error == "gone" and answer["oldest"] > first:
                    first = answer["oldest"]
                    yield None
                elif error == "busy":
                    time.sleep(0.1)
                    yield []
                elif error is not None or answer["next"] <= first:
                    yield None
                    return
                else:
                    first = answer["next"]
                    yield [msgpack.unpackb(payload) for _, payload in answer["messages"]]
        finally:
            self.socket.close()

    def _ask(self, request):
        self.socket.send(msgpack.packb(request))
        return msgpack.unpackb(self.socket.recv()) if self.socket.poll(ANSWER_MS) else {"error": "no answer"}


class Bridge:
    """From the client to the file. behind: there is something to catch up with, as soon as the client is live."""

    def __init__(self, given, client):
        self.given, self.client = given, client
        self.file = File(given.file)
        self.behind = self.file.last is not None
        self.catching_up = None
        self.waiting = []  # behind what there is to catch up with

    def hear(self, item):
        if isinstance(item, Gap):
            if not item.repaired:
                self._gap(item)
        elif item is not None and item.kind == "sig":
            self.waiting.append(item)
        if self.behind and self.client.state == "live":
            self._catch_up()
        if not self.behind:
            self._flush()

    def _gap(self, gap):
        if gap.cause in ("epoch", "dead"):
            if self.behind and self.waiting:
                self.file.gap(None, "not caught up with")
            self._flush()
            self._write(gap)
            self.behind, self.catching_up = True, None
        else:
            self.waiting.append(gap)
        if options.may_acknowledge(self.client, self.given):
            self.client.acknowledge()  # nobody trades here: the file says what is missing
        else:
            print("the publisher was silent: start this again, or start it with --resume", file=sys.stderr, flush=True)

    def _catch_up(self):
        """One answer: the client has to listen in between."""
        if self.catching_up is None:
            epoch, gseq = self.file.last
            if epoch != self.client.epoch:
                epoch, gseq = self.client.epoch, 0
                self.file.gap(epoch, "epoch: another publisher since the last line")
            self.catching_up = Replay(self.given).answers(epoch, gseq + 1, self.client.tracker.seen)
        for answer in self.catching_up:
            if answer is None:
                self.file.gap(None, "some messages are no longer kept")
            for body in answer or ():
                self.file.signal(body)
            return
        self.behind, self.catching_up = False, None

    def _flush(self):
        for item in self.waiting:
            self._write(item)
        self.waiting.clear()

    def _write(self, item):
        if isinstance(item, Gap):
            self.file.gap(self.client.epoch, f"{item.cause} {item.topic} {item.lost}")
        else:
            self.file.signal(item.body)


def main():
    parser = options.parser(__doc__, ("sig.",))
    parser.add_argument("file", help="the CSV file; made, or gone on with")
    given = parser.parse_args()
    with options.connect(given, "csv_bridge") as client:
        bridge = Bridge(given, client)
        for item in options.items(client, given.seconds, IDLE_S):
            bridge.hear(item)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
