#!/usr/bin/env python3
"""How an event-driven platform (NautilusTrader and its kind) takes Aftershock's signals: a sketch that runs.

`AftershockDataClient` is the adapter: it lives on the platform's event loop, turns messages into the platform's data
objects, and publishes them on its message bus. `FadeActor` is the user's part: it subscribes and submits. `MessageBus`
stands in for the platform's.

    data.aftershock.signal.<SYMBOL>    AftershockSignal
    events.aftershock.status           AftershockStatus: whenever state, degraded or halted changes
    events.aftershock.gap              AftershockGap
    commands.aftershock.acknowledge    from who has gone flat
"""

import asyncio
import fnmatch
import sys
from dataclasses import dataclass

import options
from aftershock_client import AsyncClient, Gap


class MessageBus:
    """Topics with wildcards, handlers that are called at once."""

    def __init__(self):
        self.subscriptions = []

    def subscribe(self, topic, handler):
        self.subscriptions.append((topic, handler))

    def publish(self, topic, message):
        for pattern, handler in self.subscriptions:
            if fnmatch.fnmatchcase(topic, pattern):
                handler(message)


@dataclass(frozen=True)
class AftershockSignal:
    """ts_event and ts_init, as the platform's data has them: when it happened, when we made it. ns UTC."""

    instrument_id: str
    signal_id: str
    action: str
    kind: str
    side: int
    strength: float
    price: float
    valid_until: int
    actionable: bool
    ts_event: int
    ts_init: int


@dataclass(frozen=True)
class AftershockStatus:
    state: str
    degraded: bool
    halted: bool

    @property
    def in_order(self):
        return self.state == "live" and not self.degraded and not self.halted


@dataclass(frozen=True)
class AftershockGap:
    cause: str
    lost: int
    repaired: bool


class AftershockDataClient:
    """From the wire to the bus."""

    def __init__(self, bus, venue, settings):
        self.bus, self.venue, self.settings = bus, venue, settings
        self.client = None
        self.status = None
        self.refusals = options.Refusals()

    async def run(self):
        async with AsyncClient(**self.settings) as self.client:
            self.bus.subscribe("commands.aftershock.acknowledge", lambda _: self.client.acknowledge())
            while True:
                item = await self.client.receive(0.1)
                self.refusals.tell(self.client)
                self.tell_status()
                if isinstance(item, Gap):
                    self.bus.publish("events.aftershock.gap", AftershockGap(item.cause, item.lost, item.repaired))
                elif item is not None and item.kind == "sig":
                    self.bus.publish(f"data.aftershock.signal.{item.body['sym']}", self.signal(item))

    def signal(self, message):
        body = message.body
        return AftershockSignal(f"{body['sym']}.{self.venue}", body["id"], body["action"], body["kind"], body["side"],
                                body["strength"] or 0.0, (body["px"] or 0) / 1e9, body["valid_until"],
                                message.actionable, body.get("ts_event") or body.get("ts_recv") or 0, body["ts_pub"])

    def tell_status(self):
        status = AftershockStatus(self.client.state, self.client.degraded, self.client.halted)
        if status != self.status:
            self.status = status
            self.bus.publish("events.aftershock.status", status)


class FadeActor:
    """The user's part: one order a fade."""

    def __init__(self, bus, resume):
        self.bus, self.resume = bus, resume
        self.orders = {}
        self.state = ""

    def on_start(self):
        self.bus.subscribe("data.aftershock.signal.*", self.on_data)
        self.bus.subscribe("events.aftershock.*", self.on_event)

    def on_data(self, signal):
        if signal.action in ("close", "expire"):
            self.cancel(signal.signal_id, signal.action)
        elif signal.actionable and signal.kind == "mean_reversion" and signal.signal_id not in self.orders:
            self.orders[signal.signal_id] = signal
            print(f"submit {'BUY' if signal.side > 0 else 'SELL'} {signal.instrument_id} at {signal.price}", flush=True)

    def on_event(self, event):
        print(event, flush=True)
        if isinstance(event, AftershockStatus):
            self.state = event.state
        elif isinstance(event, AftershockGap) and not event.repaired:
            for identity in list(self.orders):
                self.cancel(identity, f"gap: {event.cause}")
            if self.state != "dead" or self.resume:  # whatever the cause: to acknowledge covers the death too
                self.bus.publish("commands.aftershock.acknowledge", None)

    def cancel(self, identity, why):
        order = self.orders.pop(identity, None)
        if order is not None:
            print(f"close {order.instrument_id}: {why}", flush=True)


async def run(given):
    bus = MessageBus()
    actor = FadeActor(bus, given.resume)
    actor.on_start()
    adapter = AftershockDataClient(bus, given.venue, options.settings(given, "nautilus_like"))
    try:
        await asyncio.wait_for(adapter.run(), given.seconds or None)
    except asyncio.TimeoutError:
        pass


def main():
    parser = options.parser(__doc__, ("sig.mean_reversion.",))
    parser.add_argument("--venue", default="XNAS", help="venue in the instrument's id (default XNAS)")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
