#!/usr/bin/env python3
"""A bot that trades nothing: prints what it would open and close, and refuses when the picture has a hole.

Resumes by itself after everything but the publisher's death: that is for a person to look at, who starts it again, or
has started it with --resume.
"""

import sys

import options
from aftershock_client import Gap


def why_not(client, message):
    """Why a signal may not be acted on: the first that holds."""
    reasons = ((message.stale, "stale: its time is over"), (client.halted, "halted by the operator"),
               (client.state != "live", f"the client is {client.state}"),
               (client.degraded, "degraded: messages are lost"), (message.body["side"] == 0, "it has no side"))
    return next((text for holds, text in reasons if holds), "closed since")


def look(held, client, message):
    """What one signal does to what is held; "" for nothing."""
    body = message.body
    name = f"{body['sym']} {body['kind']}"
    if body["action"] in ("close", "expire"):
        return f"close {name}: {', '.join(body['reasons'])}" if held.pop(body["id"], None) else ""
    if body["action"] == "update" and body["id"] not in held and not message.snapshot:
        return ""  # a near miss
    if not message.actionable:
        return f"not actionable: {name}: {why_not(client, message)}"
    how = "had back" if message.repaired else "open since before" if message.snapshot else body["action"]
    held[body["id"]] = body["sym"]
    score = "-" if body["os"] is None else body["os"]
    return f"{how} {name}: side {body['side']:+d}, os {score}, valid until {body['valid_until']}"


def main():
    given = options.parser(__doc__, ("sig.", "sys.")).parse_args()
    held = {}
    state = ""
    with options.connect(given, "print_signals") as client:
        for item in options.items(client, given.seconds):
            if client.state != state:
                state = client.state
                print(f"state: {state}", flush=True)
            if isinstance(item, Gap):
                print(f"gap ({item.cause}{item.topic and ' ' + item.topic}, {item.lost} lost, "
                      f"{'repaired' if item.repaired else 'gone'})", flush=True)
                if not item.repaired:
                    held.clear()  # what was lost may have closed them; what is still open is shown again
                    if options.may_acknowledge(client, given):
                        client.acknowledge()
            elif item is not None and item.kind == "sys":
                print(f"daemon: {item.body['what']} {item.body.get('reason', '')}", flush=True)
            elif item is not None and item.kind == "sig" and (text := look(held, client, item)):
                print(text, flush=True)
        print(f"{client.counters}", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
