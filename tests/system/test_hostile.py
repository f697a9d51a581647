"""A bus under attack, and a well-behaved subscriber that does not notice.

The same attacks for longer, and on more topics, are in tests/soak/test_hostile.py.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import hostile  # noqa: E402  pylint: disable=wrong-import-position


def nobody_is_harmed_by_hostile_clients():
    counters = hostile.run(seconds=0.7, rate=6000)
    assert counters["refused_full"] > 0 and counters["refused_handshake"] > 36, counters
    assert counters["evicted"] > 0 and counters["dropped"] > 0 and counters["encode_errors"] == 0, counters


if __name__ == "__main__":
    sys.exit(ast.run_tests(nobody_is_harmed_by_hostile_clients))
