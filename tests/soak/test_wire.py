"""The wire at the figures of its issue: 1,000 late joins, 1,000 restarts, a subscriber that is stopped for 60 s.

JOIN_RATE: decisions a second that 16 clients on this machine follow (default 1500). A stopped subscriber is tried at
2,000 a second, where everything it missed comes back, and at 20,000, where it has missed more than a client buffers and
joins anew.
"""

import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import wire  # noqa: E402  pylint: disable=wrong-import-position

RATE = int(os.environ.get("JOIN_RATE", "1500"))


def a_thousand_late_joins_equal_the_publisher():
    languages = [language for language in ("c", "c", "c", "python", "node") if wire.have(language) is None]
    assert wire.late_joins(rounds=63, clients=16, rate=RATE, languages=languages) >= 1000


def a_thousand_restarts_and_no_stale_signal():
    assert len(wire.restarts(1000)) == 1000


def a_subscriber_stopped_for_a_minute():
    wire.stopped(60, 2000)
    wire.stopped(60, 20000)


if __name__ == "__main__":
    a_subscriber_stopped_for_a_minute()
    a_thousand_late_joins_equal_the_publisher()
    a_thousand_restarts_and_no_stale_signal()
