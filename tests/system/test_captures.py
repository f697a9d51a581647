"""`aftershock inspect` on captures against an independent parser (struct alone): packets, messages by type, sequence
gaps, symbols. Made captures always; the recorded ones where ../shared/data is. Foreign protocols are refused."""

import collections
import csv
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
DATA = os.path.join(os.environ.get("AFTERSHOCK_SHARED", "../shared"), "data")
FOLDER = tempfile.TemporaryDirectory(prefix="as_captures_")
KNOWN_NASDAQ = ("Nasdaq.Equities.TotalView.Itch.v5.0", "Nasdaq.Equities.TotalView.Itch.v5.0.20230822")


def run(*arguments):
    return subprocess.run([PROGRAM, "inspect", *arguments], capture_output=True, timeout=100, check=False)


def report(path, status=0):
    done = run("--format", "json", path)
    assert done.returncode == status, (path, done)
    return json.loads(done.stdout)["inputs"][0], done.stderr.decode()


# ---- an independent reader ----------------------------------------------------------------------------------------

def read_bytes(path):
    with open(path, "rb") as stream:
        data = stream.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def pcapng_packets(data):
    at, order, links = 0, "<", []
    while at + 12 <= len(data):
        kind = struct.unpack_from(order + "I", data, at)[0]
        if kind == 0x0A0D0D0A:
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        size = struct.unpack_from(order + "I", data, at + 4)[0]
        if at + size > len(data):
            return
        if kind == 1:
            links.append(struct.unpack_from(order + "H", data, at + 8)[0])
        elif kind == 6:
            interface, _, _, captured = struct.unpack_from(order + "IIII", data, at + 8)
            yield links[interface], data[at + 28:at + 28 + captured]
        at += size


def pcap_packets(data):
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link, at = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF, 24
    while at + 16 <= len(data):
        captured = struct.unpack_from(order + "I", data, at + 8)[0]
        if at + 16 + captured > len(data):
            return
        yield link, data[at + 16:at + 16 + captured]
        at += 16 + captured


def packets_of(path):
    data = read_bytes(path)
    return list(pcapng_packets(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else pcap_packets(data))


def payload_of(link, packet):
    """The payload of a UDP datagram in an Ethernet frame; None of anything else."""
    assert link == 1
    at = 12
    while packet[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    if packet[at:at + 2] != b"\x08\x00" or packet[at + 2 + 9] != 17:
        return None
    udp = at + 2 + 4 * (packet[at + 2] & 15)
    return packet[udp + 8:udp + struct.unpack_from(">H", packet, udp + 4)[0]]


def messages_of(payload):
    """(stream, first sequence, [message, ...]) of MoldUDP64 or IEX-TP."""
    if payload[:1] == b"\x01" and payload[2:4] in (b"\x02\x80", b"\x03\x80", b"\x04\x80"):
        count, first = struct.unpack_from("<H", payload, 14)[0], struct.unpack_from("<q", payload, 24)[0]
        stream, at, length = payload[2:12], 40, "<H"
    else:
        first, count = struct.unpack_from(">QH", payload, 10)
        stream, at, length = payload[:10], 20, ">H"
    found = []
    for _ in range(count):
        size = struct.unpack_from(length, payload, at)[0]
        found.append(payload[at + 2:at + 2 + size])
        at += 2 + size
    return stream, first, found


def count(path):
    types, symbols, gaps, lost, following, unsequenced = collections.Counter(), set(), 0, 0, {}, 0
    packets = packets_of(path)
    for link, packet in packets:
        stream, first, messages = messages_of(payload_of(link, packet))
        if first == 0:
            unsequenced += len(messages)
        elif first > following.get(stream, first):
            gaps += 1
            lost += first - following[stream]
        following[stream] = max(first + len(messages), following.get(stream, 0))
        for message in messages:
            types[chr(message[0])] += 1
            if stream[:2] in (b"\x02\x80", b"\x03\x80", b"\x04\x80") and message[:1] != b"S":
                symbols.add(message[10:18])
    return len(packets), types, symbols, gaps, lost, unsequenced


def compare(path):
    packets, types, symbols, gaps, lost, unsequenced = count(path)
    answer, _ = report(path)
    assert answer["packets"] == packets, (path, answer["packets"], packets)
    assert answer["by_type"] == dict(types), (path, answer["by_type"], types)
    assert answer["messages"] == sum(types.values()), path
    assert (answer["gaps"], answer["lost"]) == (gaps, lost), (path, answer, gaps, lost)
    assert answer["errors"].get("unsequenced", 0) == unsequenced, (path, answer)
    assert "unknown_payload" not in answer["errors"], (path, answer)
    return answer, symbols


# ---- made captures -------------------------------------------------------------------------------------------------

def frame(payload, group=1, port=26400, protocol=17):
    udp = struct.pack(">HHHH", 5000, port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, protocol, 0) + b"\x0a\0\0\1" + \
        bytes((239, 1, 1, group))
    return bytes(12) + b"\x81\x00\x00\x8d\x08\x00" + ip + udp


def mold(first, messages, session=b"0000000001"):
    return session + struct.pack(">QH", first, len(messages)) + \
        b"".join(struct.pack(">H", len(m)) + m for m in messages)


def itch_add(reference, side=b"B"):
    return b"A" + struct.pack(">HH", 7, 0) + (34200 * 10 ** 9).to_bytes(6, "big") + struct.pack(">Q", reference) + \
        side + struct.pack(">I8sI", 100, b"NVDA    ", 1572500)


def write_pcap(name, frames, order="<", magic=0xA1B23C4D):
    path = os.path.join(FOLDER.name, name)
    with open(path, "wb") as stream:
        stream.write(struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, 1))
        for i, one in enumerate(frames):
            stream.write(struct.pack(order + "IIII", 1782912600, i, len(one), len(one)) + one)
    return path


def made_captures_are_counted():
    frames = [frame(mold(1 + 3 * i, [itch_add(3 * i + k) for k in range(3)])) for i in range(50) if i % 10 != 9]
    for order in "<>":
        for magic in (0xA1B23C4D, 0xA1B2C3D4):
            compare(write_pcap("made.pcap", frames, order, magic))
    answer, _ = report(write_pcap("made.pcap", frames))
    assert (answer["gaps"], answer["lost"], answer["messages"]) == (4, 12, 135), answer
    both = [one for i in range(50) for one in (frame(mold(1 + i, [itch_add(i)])), frame(mold(1 + i, [itch_add(i)]), 2))]
    answer, _ = report(write_pcap("both.pcap", both))
    assert (answer["messages"], answer["duplicates"], answer["gaps"]) == (100, 50, 0), answer
    done = run("--format", "ndjson", write_pcap("both.pcap", both))
    assert done.returncode == 0, done


def made_foreign_captures_are_refused():
    segment = bytes(4) + b"\x50" + bytes(35)
    for name, one in (("text", frame(b"hello world, this is no market data at all")),
                      ("tcp", frame(segment, protocol=6)), ("empty", frame(b"")),
                      ("heartbeat", frame(mold(7, [])))):
        answer, message = report(write_pcap(name, [one, one]), status=2)
        assert "unknown_payload" in message and "known are ITCH 5.0" in message, message
        assert answer["errors"] == {"unknown_payload": 2}, answer
    mixed = [frame(b"hello"), frame(mold(1, [itch_add(1)]), 2)]
    answer, _ = report(write_pcap("mixed", mixed))
    assert answer["errors"].get("unknown_payload") == 1 and answer["messages"] == 1, answer
    assert [(f["flow"], f["payload"], f["packets"], f["messages"]) for f in answer["flows"]] == \
        [("udp 239.1.1.1:26400 from 10.0.0.1", "unknown", 1, 0),
         ("udp 239.1.1.2:26400 from 10.0.0.1", "moldudp64/itch50", 1, 1)], answer["flows"]


def every_cut_of_a_made_capture_is_read_to_the_last_whole_record():
    frames = [frame(mold(1 + i, [itch_add(i)])) for i in range(3)]
    whole = read_bytes(write_pcap("whole.pcap", frames))
    size = len(frames[0]) + 16
    for cut in (24 + size + 1, 24 + size + 16, 24 + 2 * size - 1, 24 + 2 * size, len(whole) - 1):
        path = os.path.join(FOLDER.name, "cut.pcap")
        with open(path, "wb") as stream:
            stream.write(whole[:cut])
        answer, _ = report(path)
        assert answer["packets"] == (cut - 24) // size, (cut, answer)
        assert answer["truncated"] is ((cut - 24) % size != 0), (cut, answer)


# ---- recorded captures ---------------------------------------------------------------------------------------------

def shared(name):
    path = os.path.join(DATA, name)
    if not os.path.exists(path):
        print(f"skipped: {path} not present")
        return None
    return path


def tops_of_2017_has_its_messages_and_no_gap():
    path = shared("iex/goiex_TOPS16_20170710.pcapng.gz")
    if path:
        answer, symbols = compare(path)
        assert (answer["packets"], answer["messages"], answer["gaps"]) == (13022, 57674, 0), answer
        assert answer["symbols"] == len(symbols) == 7799, answer
        assert [answer["by_type"][t] for t in "QTAB"] == [27217, 6390, 642, 3], answer


def deep_of_2023_has_its_messages_trades_and_levels():
    path = shared("iex/iexparser_DEEP10_20231002.pcap.gz")
    if not path:
        return
    answer, symbols = compare(path)
    assert (answer["packets"], answer["messages"], answer["gaps"]) == (5000, 48325, 0), answer
    assert answer["symbols"] == len(symbols) == 11309, answer
    names = ("AAPL", "MSFT", "TSLA", "GOOGL", "AMZN")
    done = run("--format", "csv", path)
    assert done.returncode == 0, done
    rows = [row for row in csv.DictReader(done.stdout.decode().splitlines()) if row["s"] in names]
    found = {kind: [(row["t"], int(row["r"]) // 1000, row["s"], float(row["p"]), row["q"])
                    for row in rows if row["k"] == kind] for kind in ("trade", "level")}
    for kind, name, number in (("trade", "trd", 6), ("level", "prl", 2)):
        with open(f"{path.removesuffix('.pcap.gz')}.expected_{name}.csv", encoding="ascii") as stream:
            # their receive times went through a double: equal to the capture's microsecond within one of them
            wanted = [(row["Exchange Timestamp"], int(row["Packet Capture Time"]), row["Symbol"], float(row["Price"]),
                       row["Size"]) for row in csv.DictReader(stream)]
        assert len(wanted) == number == len(found[kind]), (kind, found[kind])
        for ours, theirs in zip(found[kind], wanted):
            assert (ours[0],) + ours[2:] == (theirs[0],) + theirs[2:], (ours, theirs)
            assert abs(ours[1] * 1000 - theirs[1]) <= 1000, (ours, theirs)


def a_cut_pcapng_is_truncated():
    path = shared("iex/iextools_TOPS16_20180103_2packets.pcapng")
    if path:
        answer, _ = compare(path)
        assert answer["format"] == "pcapng" and answer["truncated"] is True, answer
        assert (answer["packets"], answer["messages"]) == (2, 53), answer


def nasdaq_and_iex_samples_are_counted_and_all_others_refused():
    root = shared("pcap_exchange")
    if not root:
        return
    known = refused = 0
    for folder, _, files in os.walk(root):
        for name in sorted(files):
            if not name.endswith(".pcap"):
                continue
            path = os.path.join(folder, name)
            if os.path.basename(folder) in KNOWN_NASDAQ or "/Iex/" in path:
                compare(path)
                known += 1
                continue
            answer, message = report(path, status=2)
            assert "unknown_payload" in message or "not_readable" in message or "damaged" in message, (path, message)
            assert answer.get("messages", 0) == 0, (path, answer)
            refused += 1
    print(f"{known} known, {refused} refused")
    assert known == 36 and refused == 207, (known, refused)


def main():
    tests = [made_captures_are_counted, made_foreign_captures_are_refused,
             every_cut_of_a_made_capture_is_read_to_the_last_whole_record, tops_of_2017_has_its_messages_and_no_gap,
             deep_of_2023_has_its_messages_trades_and_levels, a_cut_pcapng_is_truncated,
             nasdaq_and_iex_samples_are_counted_and_all_others_refused]
    for test in tests:
        test()
        print(f"ok {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
