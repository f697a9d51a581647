#!/usr/bin/env python3
"""A bot that trades nothing: prints what it would open and close, and refuses when the picture has a hole.

    print_signals.py [ENDPOINT]
"""

import sys

from aftershock_client import Gap, Message, Subscriber


def look(held: dict[str, str], message: Message) -> str:
    """What one signal does to what is held; "" for nothing."""
    body = message.body
    name = f"{body['sym']} {body['kind']}"
    if body["action"] in ("close", "expire"):
        return f"close {name}: {', '.join(body['reasons'])}" if held.pop(body["id"], None) else ""
    if body["action"] == "update" and body["id"] not in held:
        return ""  # a near miss, or opened before we came: not ours
    if not message.actionable:
        return f"refused {name}: stale" if message.stale else f"refused {name}: not in order"
    if body["action"] == "open":
        held[body["id"]] = body["sym"]
    return f"{body['action']} {name}: side {body['side']:+d}, os {body['os']}, valid until {body['valid_until']}"


def main() -> int:
    held: dict[str, str] = {}
    endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5600"
    with Subscriber(endpoint, topics=("sig.", "sys.")) as subscriber:
        for item in subscriber:
            if isinstance(item, Gap):
                print(f"gap ({item.cause} {item.topic}, {item.lost} lost): dropping {len(held)} signals", flush=True)
                held.clear()  # what was lost may have closed them
                if subscriber.state != "dead":  # a dead publisher is for a person to look at
                    subscriber.acknowledge()
            elif item.kind == "sys":
                print(f"daemon: {item.body['what']} {item.body['reason']}", flush=True)
            elif text := look(held, item):
                print(text, flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
