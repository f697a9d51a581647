#!/usr/bin/env python3
"""Signals to a CSV file: every one once, in order of gseq, across restarts of this program.

Started again on the same file it goes on behind the last line: what was said in between it asks the daemon for, as far
as the daemon has it. A line with the kind `gap` stands where something is missing: nobody can take it for quiet.
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
ANSWER_S = 2


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
        """A line with the gseq of the last signal: a restart asks again from there."""
        row = dict.fromkeys(COLUMNS, "")
        gseq = self.last[1] if self.last is not None and self.last[0] == epoch else 0
        row.update(epoch=epoch or 0, gseq=gseq, kind="gap", reasons=what)
        self.csv.writerow(row[key] for key in COLUMNS)
        self.file.flush()


def missed(given, prefixes, epoch, first, until):
    """Messages first to until of an epoch from the requests socket, in order; None at the end if that is not all."""
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.setsockopt(zmq.LINGER, 0)
    if given.key:
        options.settings(given, "")["curve"].apply(socket)
    socket.connect(given.requests)
    try:
        while first <= until:
            socket.send(msgpack.packb({"op": "replay", "id": first, "epoch": epoch, "from": first, "to": until,
                                       "prefix": list(prefixes)}))
            if not socket.poll(ANSWER_S * 1000):
                break
            answer = msgpack.unpackb(socket.recv())
            if answer["error"] == "busy":
                time.sleep(0.1)
                continue
            if answer["error"] is not None or answer["next"] <= first:
                break
            for _, payload in answer["messages"]:
                yield msgpack.unpackb(payload)
            first = answer["next"]
        else:
            return
        yield None
    finally:
        socket.close()


def catch_up(given, file, prefixes, client):
    """Once, when the client is live: what was said since the last line."""
    if file.last is None or file.last[0] != client.epoch:
        return
    epoch, gseq = file.last
    for body in missed(given, prefixes, epoch, gseq + 1, client.tracker.seen):
        if body is None:
            file.gap(epoch, "resumed: some messages are no longer kept")
        else:
            file.signal(body)


def main():
    parser = options.parser(__doc__, ("sig.",))
    parser.add_argument("file", help="the CSV file; made, or gone on with")
    given = parser.parse_args()
    file = File(given.file)
    caught_up = False
    waiting = []
    with options.connect(given, "csv_bridge") as client:
        for item in options.items(client, given.seconds):
            if isinstance(item, Gap):
                if not item.repaired:
                    waiting.append(item)
                    client.acknowledge()  # nobody trades here: the file says what is missing
            elif item is not None and item.kind == "sig":
                waiting.append(item)
            if not caught_up and client.state == "live":
                catch_up(given, file, given.topics or given.default_topics, client)
                caught_up = True
            while caught_up and waiting:
                one = waiting.pop(0)
                if isinstance(one, Gap):
                    file.gap(client.epoch, f"{one.cause} {one.topic} {one.lost}")
                else:
                    file.signal(one.body)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
