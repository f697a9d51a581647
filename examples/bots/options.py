"""What the bots of this folder have in common: their arguments, a client made of them, and a loop that ends."""

import argparse
import sys
import time

from aftershock_client import LIVE, REQUESTS, Client, Curve


def parser(description, topics):
    options = argparse.ArgumentParser(description=description.splitlines()[0])
    options.add_argument("--live", "--endpoint", dest="endpoint", metavar="ENDPOINT", default=LIVE,
                         help="publish.live of the daemon (default %(default)s)")
    options.add_argument("--requests", metavar="ENDPOINT", default=REQUESTS,
                         help="publish.requests of the daemon (default %(default)s)")
    options.add_argument("--topic", action="append", metavar="PREFIX", dest="topics",
                         help=f"subscribe to this prefix; again for more (default {' '.join(topics)})")
    options.add_argument("--seconds", type=float, default=0.0, help="end after so many seconds (default: never)")
    options.add_argument("--server-key", metavar="FILE", help="the daemon's public key, if it speaks CURVE")
    options.add_argument("--key", metavar="FILE", help="our own key pair, of `aftershock keygen`")
    options.add_argument("--resume", action="store_true",
                         help="go on after a dead publisher too, without a person who has looked")
    options.set_defaults(default_topics=topics)
    return options


def settings(given, name):
    """Keyword arguments of Client and AsyncClient."""
    if bool(given.server_key) != bool(given.key):
        raise SystemExit("--server-key and --key belong together")
    curve = Curve.from_files(given.server_key, given.key) if given.key else None
    return {"endpoint": given.endpoint, "requests": given.requests, "topics": given.topics or given.default_topics,
            "name": name, "curve": curve}


def connect(given, name):
    return Client(**settings(given, name))


def may_acknowledge(client, given):
    """To be asked when nothing is held any more: a death is for a person, and covers every gap that follows it."""
    return client.state != "dead" or given.resume


class Refusals:
    """What the daemon refuses the client, said once on standard error: a bot without it waits and nobody knows why."""

    def __init__(self):
        self.told = ""

    def tell(self, client):
        if client.last_error != self.told:
            self.told = client.last_error
            print(f"the daemon refuses: {self.told}", file=sys.stderr, flush=True)


def items(client, seconds, idle_s=0.25):
    """Messages and gaps as they come, None when nothing came for a moment, until seconds are over."""
    end = time.monotonic() + seconds if seconds else float("inf")
    refusals = Refusals()
    while (left := end - time.monotonic()) > 0:
        yield client.receive(min(idle_s, left))
        refusals.tell(client)
