#!/usr/bin/env python3
"""Write the conformance vectors: make.py [FOLDER]. The same cases as JSON and as MessagePack; see README.md.

What is expected was written by hand from docs/WIRE.md, "A client, step by step": no client has been asked.
"""

import json
import sys
from pathlib import Path

import msgpack

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import cases_input  # noqa: E402  pylint: disable=wrong-import-position
import cases_join  # noqa: E402  pylint: disable=wrong-import-position
import cases_repair  # noqa: E402  pylint: disable=wrong-import-position
import cases_stream  # noqa: E402  pylint: disable=wrong-import-position
import cases_time  # noqa: E402  pylint: disable=wrong-import-position


def vectors():
    cases = [make().written(make.__name__) for part in (cases_join, cases_stream, cases_repair, cases_time, cases_input)
             for make in part.CASES]
    assert len({case["name"] for case in cases}) == len(cases)
    for case in cases:
        times = [step["at"] for step in case["steps"]]
        assert times == sorted(times), case["name"]
    return cases


def as_json(cases):
    """A step a line."""
    parts = []
    for case in cases:
        head = json.dumps({key: value for key, value in case.items() if key != "steps"})
        steps = ",\n  ".join(json.dumps(step) for step in case["steps"])
        parts.append(f'{head[:-1]}, "steps": [\n  {steps}]}}')
    return "[\n" + ",\n".join(parts) + "\n]\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    made = vectors()
    (folder / "vectors.json").write_text(as_json(made), encoding="utf-8")
    (folder / "vectors.msgpack").write_bytes(msgpack.packb(made))
    print(f"{len(made)} cases, {sum(len(case['steps']) for case in made)} steps")
