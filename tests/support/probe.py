"""The Python client as a probe: joins, follows for some seconds, prints one JSON line (tests/support/wire.py)."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict

sys.path.insert(0, os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "ipc/client/python"))

from aftershock_client import Client  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--live", required=True)
    parser.add_argument("--requests", required=True)
    parser.add_argument("--topic", action="append")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--acknowledge", action="store_true")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    with Client(options.live, options.requests, topics=tuple(options.topic or ("",))) as client:
        while time.monotonic() < end:
            client.receive(timeout=0.1)
            if options.acknowledge and (client.degraded or client.state == "dead"):
                client.acknowledge()
        print(json.dumps({"client": "python", "state": client.state, "degraded": client.degraded,
                          "counters": asdict(client.counters), "gseq": client.tracker.seen,
                          "hash": client.state_hash()}))


if __name__ == "__main__":
    main()
