"""An order book in plain dictionaries, from a DBN mbo file: one line at every LAST flag that ends a change of the book.

Written from Databento's description of the schema, for comparison: `dbn_book.py FILE` prints
`sequence orders crossed bid,size,orders .. | ask,size,orders ..` of the ten best levels of each side.
"""

import struct
import subprocess
import sys

UNDEFINED = 2**63 - 1


def content(path):
    with open(path, "rb") as stream:
        data = stream.read()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    return data


class Book:
    def __init__(self):
        self.orders = {}  # id -> [side, price, size]

    def apply(self, action, side, order, price, size):
        if action == b"A":
            assert order not in self.orders and side in (b"A", b"B") and price != UNDEFINED, order
            self.orders[order] = [side, price, size]
        elif action == b"C":
            left = self.orders[order][2] - size
            assert left >= 0, (order, left)
            if left:
                self.orders[order][2] = left
            else:
                del self.orders[order]
        elif action == b"M":
            assert self.orders[order][0] == side, order
            self.orders[order] = [side, price, size]
        elif action == b"R":
            self.orders.clear()

    def levels(self, side):
        levels = {}
        for order_side, price, size in self.orders.values():
            if order_side == side:
                total = levels.setdefault(price, [0, 0])
                total[0] += size
                total[1] += 1
        return sorted(levels.items(), reverse=side == b"B")[:10]

    def line(self, sequence):
        bids, asks = self.levels(b"B"), self.levels(b"A")
        crossed = bool(bids and asks and bids[0][0] >= asks[0][0])
        text = [" ".join(f"{price},{size},{count}" for price, (size, count) in side) for side in (bids, asks)]
        return f"{sequence} {len(self.orders)} {int(crossed)} {text[0]} | {text[1]}"


def main():
    data = content(sys.argv[1])
    at = 8 + struct.unpack_from("<I", data, 4)[0]
    book, changed = Book(), False
    while at < len(data):
        order, price, size, flags, _, action, side, _, _, sequence = struct.unpack_from("<QqIBBccQiI", data, at + 16)
        book.apply(action, side, order, price, size)
        changed = changed or action in b"ACMR"
        if flags & 0x80 and changed:
            print(book.line(sequence))
            changed = False
        at += 4 * data[at]
    return 0


if __name__ == "__main__":
    sys.exit(main())
