"""A bot that lives through restarts of its publisher; tests/support/wire.py drives it.

Usage: restart_bot.py LIVE REQUESTS. Each line of standard input is the epoch of the publisher that runs now; the
answer is one JSON line when a signal of it has been found actionable. It acknowledges what the client asks it to.
"""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "ipc/client/python"))

from aftershock_client import Client, Gap  # noqa: E402


def main():
    live, requests = sys.argv[1:]
    stale = 0
    with Client(live, requests, topics=("sig.",)) as client:
        for line in sys.stdin:
            epoch, began = int(line), time.monotonic()
            while True:
                item = client.receive(timeout=0.05)
                if client.degraded or client.state == "dead":
                    client.acknowledge()
                if item is None or isinstance(item, Gap) or not item.actionable:
                    assert time.monotonic() - began < 60, (client.state, client.counters)
                    continue
                # before the bot was told of the new publisher the old one's last signals may still be on their way
                if item.body["epoch"] == epoch:
                    stale += item.body["valid_until"] <= time.time_ns()
                    break
                stale += client.epoch == epoch  # it knows of the new one and still hands out the old one's
            print(json.dumps({"epoch": client.epoch, "stale": stale, "resync_s": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    main()
