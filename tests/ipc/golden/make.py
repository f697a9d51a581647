#!/usr/bin/env python3
"""Write the golden messages of docs/WIRE.md: make.py [FOLDER]. Python's msgpack encodes them, not the code under test.

tests/ipc/test_codec.c (sig, shock, fact) and tests/ipc/test_publisher.c (feed, hb, sys) compare with these files. The
publisher's epoch and time of publishing are of the moment: they are zero here and blotted out there.
"""

import struct
import sys
from pathlib import Path

import msgpack

ENVELOPE = {"v": 1, "epoch": 0x1122334455667788, "gseq": 9, "tseq": 3, "prev": 6, "ts_pub": 1782936000000000123}
FACT = {"fact": "META|compute_supply_entry|excess_ai_compute", "status": "rumour", "headlines": ["bbg-1", 'rtr"1']}
TIMES = {"ts_event": 1782936000000000000, "ts_recv": 1782936000000000001, "replay": False}
WHY = {"tick": [41, 7], "reasons": ["NO_CHANNEL", "RUMOUR_T1"]}
PARAMS = {"playbook": "0.1-prior", "params": "0123456789abcdef"}
ISSUER = {"issuer": "BRK.B", "event": "compute_supply_entry", "generation": 2}
BLOT = object()  # a uint64 that the test blots out

MESSAGES = {
    "sig": {**ENVELOPE, "kind": "overreaction", "action": "open", "id": "00112233445566778899aabbccddeeff",
            "sym": "BRK.B", "side": 1, "strength": 2.5, "p": None, "z": -3.25, "e": -0.125, "os": -2.5, "b": 0.25,
            "k": None, "s": None, "rev_bps": None, "cost_bps": None, "half_life_ns": 216000000000000,
            "horizon_ns": 432000000000000, "valid_until": 1783368000000000000, "px": 157250000000, "target": None,
            "stop": None, **FACT, **TIMES, **WHY, "model": "aftershock-0.1", **PARAMS, "strategy": "overreaction",
            "event": "compute_supply_entry", "m": 4.0, "g": 0.6, "generation": 2},
    "pair": {**ENVELOPE, "kind": "mean_reversion", "action": "open", "id": "00112233445566778899aabbccddeeff",
             "sym": "BRK.B", "side": 1, "strength": 2.5, "p": None, "z": -3.25, "e": None, "os": None, "b": None,
             "k": None, "s": None, "rev_bps": None, "cost_bps": None, "half_life_ns": 216000000000000,
             "horizon_ns": 432000000000000, "valid_until": 1783368000000000000, "px": 157250000000, "target": None,
             "stop": None, "fact": None, "status": None, "headlines": [], **TIMES, "tick": [41, None], "reasons": [],
             "model": "aftershock-0.1", **PARAMS, "strategy": "pairs", "event": None, "m": None, "g": None,
             "generation": 0, "partner": "BRK.A", "hedge": 1.25},
    "shock": {**ENVELOPE, "kind": "shock", **FACT, **TIMES, **WHY, **PARAMS, **ISSUER, "dir": 1, "m": 4.0, "g": 0.6,
              "z": -3.25, "b": 0.25, "k": None, "linked": 38},
    "fact": {**ENVELOPE, "kind": "fact", **FACT, **TIMES, **PARAMS, **ISSUER, "novelty": 0.75, "g": 0.6},
    "feed": {"v": 1, "epoch": BLOT, "gseq": 3, "tseq": 2, "prev": 1, "ts_pub": BLOT, "replay": False, "feed": "wire",
             "state": "stale", "messages": 1000, "gaps": 1, "lost": 5, "dropped": 0, "bad": 2},
    "hb": {"v": 1, "epoch": BLOT, "gseq": 4, "tseq": 2, "prev": 2, "ts_pub": BLOT, "replay": False,
           "interval_ms": 60000,
           "oldest": 4, "feeds": {"wire": "stale"}, "ts_now": 1782936000000000000, "halted": False, "missed": 0,
           "tails": {"feed.wire.": 2}},
    "sys": {"v": 1, "epoch": BLOT, "gseq": 5, "tseq": 1, "prev": 0, "ts_pub": BLOT, "replay": False, "what": "bye",
            "reason": "shutdown"},
}


def encode(message):
    packer = msgpack.Packer(autoreset=False)
    packer.pack_map_header(len(message))
    for key, value in message.items():
        packer.pack(key)
        packer.pack((1 << 64) - 1 if value is BLOT else value)
    return packer.bytes().replace(struct.pack(">BQ", 0xCF, (1 << 64) - 1), struct.pack(">BQ", 0xCF, 0))


def dump(data):
    lines = []
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        text = "".join(chr(c) if 0x20 <= c < 0x7F else "." for c in part)
        lines.append(f"{at:04x}  {part.hex(' '):<47}  {text}\n")
    return "".join(lines)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, message in MESSAGES.items():
        (folder / f"{name}.hex").write_text(dump(encode(message)), encoding="ascii")
