#!/usr/bin/env python3
"""How a candle-driven bot (freqtrade and its kind) takes Aftershock's signals: a sketch that runs.

Such a bot calls a strategy once a candle with a table of candles, and the strategy marks rows to enter or leave. Here
`AftershockStrategy` is that strategy; `Frame` stands in for the data frame (a real one sets cells its own way),
`Runner` for the bot: it makes a candle every --candle seconds from the mids in the signals, and prints the orders.

What the strategy may not forget is in confirm_trade_entry: a candle is old news. The client is asked again.
"""

import sys
import time

import options

COLUMNS = ("date", "close", "side", "strength", "enter_long", "enter_short", "exit_long", "exit_short", "enter_tag")


class Frame:
    """As much of a data frame as the strategy uses: columns of equal length, and cells by row and column."""

    def __init__(self, rows_max=500):
        self.rows = []
        self.rows_max = rows_max

    def append(self, **cells):
        self.rows.append({**dict.fromkeys(COLUMNS), **cells})
        del self.rows[:-self.rows_max]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, column):
        return [row[column] for row in self.rows]

    def set(self, row, column, value):
        self.rows[row][column] = value


class AftershockStrategy:
    """The part that would live in user_data/strategies."""

    timeframe = "1m"
    can_short = True
    process_only_new_candles = True

    def __init__(self, client):
        self.client = client

    def signal_of(self, pair):
        """The open fade of a pair that may be acted on now, or None."""
        symbol = pair.split("/")[0]
        fades = [body for body in self.client.signals.values() if body["sym"] == symbol and body["side"]
                 and body["kind"] == "mean_reversion"]
        fades = [body for body in fades if (self.client.ts_now or 0) < body["valid_until"]]
        return max(fades, key=lambda body: body["strength"] or 0.0, default=None)

    def in_order(self):
        return self.client.state == "live" and not self.client.halted and not self.client.degraded

    def populate_indicators(self, frame, metadata):
        signal = self.signal_of(metadata["pair"])
        frame.set(-1, "side", signal["side"] if signal else 0)
        frame.set(-1, "strength", signal["strength"] if signal else 0.0)
        return frame

    def populate_entry_trend(self, frame, metadata):
        side, before = frame["side"][-1], frame["side"][-2] if len(frame) > 1 else 0
        if side and side != before and self.in_order():
            frame.set(-1, "enter_long" if side > 0 else "enter_short", 1)
            frame.set(-1, "enter_tag", self.signal_of(metadata["pair"])["id"])
        return frame

    def populate_exit_trend(self, frame, metadata):
        side = frame["side"][-1]
        unknown = self.client.state != "live" or self.client.degraded  # flat, if we cannot know
        frame.set(-1, "exit_long", int(unknown or side <= 0))
        frame.set(-1, "exit_short", int(unknown or side >= 0))
        return frame

    def confirm_trade_entry(self, pair, side):
        signal = self.signal_of(pair)
        return self.in_order() and signal is not None and signal["side"] == (1 if side == "long" else -1)


class Runner:
    """The bot: candles, and at most one position a pair."""

    def __init__(self, strategy, client):
        self.strategy, self.client = strategy, client
        self.frames, self.mids, self.held = {}, {}, {}

    def candle(self):
        for pair, mid in self.mids.items():
            frame = self.frames.setdefault(pair, Frame())
            frame.append(date=int(time.time()), close=mid)
            metadata = {"pair": pair}
            for populate in (self.strategy.populate_indicators, self.strategy.populate_entry_trend,
                             self.strategy.populate_exit_trend):
                frame = populate(frame, metadata)
            self.trade(pair, frame)

    def trade(self, pair, frame):
        side = self.held.get(pair)
        if side is not None and frame[f"exit_{side}"][-1]:
            print(f"exit {side} {pair} at {frame['close'][-1]}", flush=True)
            del self.held[pair]
        for side in ("long", "short"):
            if pair not in self.held and frame[f"enter_{side}"][-1]:
                if self.strategy.confirm_trade_entry(pair, side):
                    print(f"enter {side} {pair} at {frame['close'][-1]} tag {frame['enter_tag'][-1]}", flush=True)
                    self.held[pair] = side
                else:
                    print(f"refused {side} {pair}", flush=True)

    def hear(self, item, stake):
        if getattr(item, "kind", "") == "sig" and item.body.get("px"):
            self.mids[f"{item.body['sym']}/{stake}"] = item.body["px"] / 1e9


def main():
    parser = options.parser(__doc__, ("sig.mean_reversion.",))
    parser.add_argument("--candle", type=float, default=60.0, metavar="S", help="seconds in a candle (default 60)")
    parser.add_argument("--stake", default="USD", help="currency of the pairs (default USD)")
    given = parser.parse_args()
    with options.connect(given, "freqtrade_like") as client:
        runner = Runner(AftershockStrategy(client), client)
        following = time.monotonic() + given.candle
        for item in options.items(client, given.seconds, min(0.25, given.candle)):
            runner.hear(item, given.stake)
            if time.monotonic() >= following:
                following += given.candle
                runner.candle()
                if client.degraded and not runner.held and options.may_acknowledge(client, given):
                    client.acknowledge()  # flat: nothing is held that the lost messages could have closed
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
