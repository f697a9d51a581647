#!/usr/bin/env python3
"""Write the example of docs/JOURNAL.md: make.py [FOLDER]. Layout and checksum as that page says, not by our encoder."""

import struct
import sys
from pathlib import Path

CASTAGNOLI = 0x82F63B78  # reflected
TS = 1782912600000000000


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def record(kind, payload):
    return struct.pack("<IIB", len(payload), crc32c(bytes([kind]) + payload), kind) + payload


def dump(data):
    lines = []
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        text = "".join(chr(c) if 0x20 <= c < 0x7F else "." for c in part)
        lines.append(f"{at:04x}  {part.hex(' '):<47}  {text}\n")
    return "".join(lines)


HEADER = b"ASJ1" + struct.pack("<IQQQ", 2, 0x0123456789ABCDEF, 7, 0)
QUOTE = struct.pack("<QQqQqQQIBBH", TS, TS + 41000, 157_240_000_000, 300, 157_260_000_000, 200, 12, 5, 3, 1, 0)
LINE = b'{"v":1,"kind":"fact"}'  # cut short for the page: a real line has every key
assert crc32c(b"123456789") == 0xE3069283  # RFC 3720's check value of this polynomial

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    journal = HEADER + record(1, QUOTE) + record(4, LINE) + record(6, struct.pack("<Q", 2))
    (folder / "journal.hex").write_text(dump(journal), encoding="ascii")
