"""A bus under attack for HOSTILE_S seconds an attack (default 60), with as many topics as are kept."""

import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import hostile  # noqa: E402  pylint: disable=wrong-import-position

if __name__ == "__main__":
    hostile.run(float(os.environ.get("HOSTILE_S", "60")), rate=5000, names=60_000, warm_s=30.0)
