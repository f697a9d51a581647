"""Attacks on a bus, by raw sockets, and a well-behaved subscriber that must not notice any of them.

Each attack takes (flood, seconds) and returns what its line says; run() gives each its time and checks after each that
the subscriber has lost nothing and has heard every heartbeat within a second.
"""

import contextlib
import fcntl
import json
import os
import random
import select
import socket
import struct
import threading
import time

import msgpack
import zmq

from tests.support import wire
from tests.support.daemon import folder

GREETING = b"\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL".ljust(64, b"\0")
READY = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB"
EVERYTHING = b"\0\1\1"
BEATS_S = 1.0
RSS_KIB = 96 * 1024  # what one attack may cost: the queues of all places, and a little


def frame(body):
    return b"\0" + bytes([len(body)]) + body


def connect(path, *data):
    peer = socket.socket(socket.AF_UNIX)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 2, 0))  # connect waits for a place
    peer.connect(path.removeprefix("ipc://"))
    peer.settimeout(2)
    for part in data:
        peer.sendall(part)
    return peer


def is_closed(peer, seconds=2.0):
    """Does the other side close it? What it says before is thrown away."""
    end = time.monotonic() + seconds
    peer.settimeout(0.2)
    while time.monotonic() < end:
        try:
            if not peer.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


class Watcher(threading.Thread):
    """The well-behaved one: all of `live`, in order, and how late it was."""

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, 100)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.socket.connect(endpoint)
        self.gseq, self.missed, self.beats, self.last_beat, self.ending = 0, 0, 0, None, False
        self.encode_ms, self.longest_beat = [], 0.0
        self.start()

    def run(self):
        while not self.ending:
            try:
                topic, payload = self.socket.recv_multipart()
            except zmq.Again:
                continue
            body = msgpack.unpackb(payload)
            if self.gseq:
                self.missed += body["gseq"] - self.gseq - 1
            self.gseq = body["gseq"]
            if topic == b"hb.":
                self.beats += 1
                if self.last_beat:
                    self.longest_beat = max(self.longest_beat, (body["ts_pub"] - self.last_beat) / 1e9)
                self.last_beat = body["ts_pub"]
            elif "ts_recv" in body:
                self.encode_ms.append((body["ts_pub"] - body["ts_recv"]) / 1e6)
        self.socket.close()

    def check(self):
        """Figures since the last check; fails if it was harmed."""
        silent = (time.time_ns() - (self.last_beat or 0)) / 1e9
        encode, self.encode_ms = sorted(self.encode_ms), []
        longest, self.longest_beat = self.longest_beat, 0.0
        assert self.missed == 0, f"the well-behaved subscriber missed {self.missed}"
        assert self.beats and silent < BEATS_S, f"no heartbeat for {silent:.1f} s"
        assert longest < BEATS_S, f"{longest:.3f} s between two heartbeats"
        assert encode, "no decision was published"
        pick = lambda q: encode[min(len(encode) - 1, int(q * len(encode)))]
        return (f"decide->encode p50 {pick(0.5):.2f} p99 {pick(0.99):.2f} max {encode[-1]:.1f} ms, "
                f"beat at most {longest:.3f} s")

    def end(self):
        self.ending = True
        self.join()


# ---- the attacks ----

def garbage_at_every_state(flood, seconds):
    """The beginning of a right dialogue, cut anywhere, then noise."""
    whole, noise, held, made = GREETING + READY + EVERYTHING, random.Random(1), [], 0
    end = time.monotonic() + seconds
    for number in range(len(whole) * 20):
        if number >= len(whole) and time.monotonic() > end:
            break
        peer = connect(flood.live)
        with contextlib.suppress(OSError):
            peer.sendall(whole[:number % len(whole)] + noise.randbytes(200))
        held.append(peer)  # what closes at once is not read
        made += 1
        if len(held) > 40:
            held.pop(0).close()
    for peer in held:
        peer.close()
    return f"{made} connections"


def slow_handshakes(flood, seconds):
    """100 connections that say a byte now and then: the oldest give way."""
    peers, at, end = [connect(flood.live) for _ in range(100)], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for peer in peers:
            with contextlib.suppress(OSError):
                peer.sendall(GREETING[at % 64:at % 64 + 1])
        at += 1
        time.sleep(0.05)
    late = connect(flood.live, GREETING, READY, EVERYTHING)
    assert late.recv(10), "nobody is let in"
    for peer in (*peers, late):
        peer.close()
    return f"100 connections, {at} bytes each"


def many_subscriptions(flood, seconds):
    """100,000 prefixes from one peer: it is thrown out."""
    peer = connect(flood.live, GREETING, READY)
    with contextlib.suppress(OSError):
        for first in range(0, 100_000, 1000):
            peer.sendall(b"".join(frame(b"\1sig.%d." % number) for number in range(first, first + 1000)))
    assert is_closed(peer, seconds + 5), "it was let subscribe to 100,000 prefixes"
    peer.close()
    return "100,000 prefixes"


def giant_frames(flood, seconds):
    """Lengths that no memory has, in every phase."""
    del seconds
    for before in (b"", GREETING, GREETING + READY, GREETING + READY + EVERYTHING):
        for flags in (0, 1, 2, 4, 6, 0x7f):
            for length in (1 << 16, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
                peer = connect(flood.live)
                with contextlib.suppress(OSError):
                    peer.sendall(before + bytes([flags]) + struct.pack(">Q", length) + b"x" * 100)
                peer.close()
    peer = connect(flood.live, GREETING, READY, b"\2" + struct.pack(">Q", 1 << 62))
    assert is_closed(peer), "a frame of 2^62 bytes is waited for"
    peer.close()
    return "96 headers"


def connection_flood(flood, seconds):
    """As many as it takes: places run out, nothing else does."""
    held, made, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            peer = connect(flood.live, GREETING, READY, EVERYTHING)
            made += 1
            held.append(peer)
        if len(held) > 100:
            held.pop(0).close()
    for peer in held:
        peer.close()
    return f"{made} connections, 100 at once"


def requests_bombs(flood, seconds):
    """Few bytes that claim to be billions."""
    bombs = [b"\xdd\x07\xff\xff\xff", b"\xdf\x07\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
             b"\x91" * 60_000, b"\x81\xa1a" * 20_000, b"\x82\xa2op\xa8snapshot\xa6prefix\xdd\x07\xff\xff\xff", b"",
             b"\x81" + b"\xdd\0\xff\xff\xff" + b"\x01" * 1000, os.urandom(1000)]
    sent, end = 0, time.monotonic() + seconds
    with wire.Requests(flood.requests) as attacker, wire.Requests(flood.requests) as other:
        attacker.socket.setsockopt(zmq.SNDTIMEO, 100)
        while time.monotonic() < end:
            for bomb in bombs:
                with contextlib.suppress(zmq.Again):
                    attacker.socket.send(bomb)
                    sent += 1
            while attacker.socket.poll(0):
                answer = msgpack.unpackb(attacker.socket.recv())
                assert answer["error"] is not None, answer
            time.sleep(0.02)
        assert other.ask(op="ping")["error"] is None
    return f"{sent} bombs"


def flapping_at_latest(flood, seconds, peers=8):
    """Subscribe to everything and cancel it, again and again."""
    changes = frame(b"\1") + frame(b"\0")
    running = [connect(flood.latest, GREETING, READY) for _ in range(peers)]
    for peer in running:
        peer.setblocking(False)
    sent, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        readable, writable, _ = select.select(running, running, [], 0.1)
        for peer in readable:
            with contextlib.suppress(BlockingIOError):
                peer.recv(1 << 20)
        for peer in writable:
            with contextlib.suppress(BlockingIOError):
                sent += peer.send(changes * 500) // 3
        time.sleep(0.005)
    for peer in running:
        peer.close()
    return f"{peers} connections, {sent} changes sent"


def never_reading(flood, seconds):
    """It subscribes to everything and reads nothing."""
    peers = [connect(endpoint, GREETING, READY, EVERYTHING) for endpoint in 4 * (flood.live, flood.latest)]
    time.sleep(seconds)
    for peer in peers:
        peer.close()
    return "8 connections"


ATTACKS = (garbage_at_every_state, slow_handshakes, many_subscriptions, giant_frames, connection_flood, requests_bombs,
           flapping_at_latest, never_reading)


def stuck_pipe(directory):
    """An audit log that takes 4 KiB and then nothing."""
    path = f"{directory}/audit.fifo"
    os.mkfifo(path)
    fcntl.fcntl(os.open(path, os.O_RDWR | os.O_NONBLOCK), fcntl.F_SETPIPE_SZ, 4096)
    return path


def run(seconds, rate=2000, names=20_000, warm_s=1.0, attacks=ATTACKS):
    """Each attack for some seconds; a line for each."""
    with folder() as directory:
        latest = f"ipc://{directory}/latest.sock"
        with wire.Flood(directory, "--rate", rate, "--names", names,
                        publish=f', latest: "{latest}", audit: "{stuck_pipe(directory)}", clients: 64, queue: 1, '
                        'memory: 16') as flood:
            flood.latest = latest
            watcher = Watcher(flood.live)
            time.sleep(warm_s)
            print(f"before: {watcher.check()}, rss {flood.rss_kib()} KiB", flush=True)
            for attack in attacks:
                before = flood.rss_kib()
                what = attack(flood, seconds)
                time.sleep(0.4)  # a heartbeat, which shows the counters
                figures, after = watcher.check(), flood.rss_kib()
                flood.tell("report")
                counters = json.loads(flood.process.stdout.readline())
                shown = " ".join(f"{name} {counters[name]}" for name in (
                    "clients", "joined", "refused_full", "refused_handshake", "evicted", "dropped"))
                print(f"{attack.__name__}: {what}; {figures}; {shown}; rss {before} -> {after} KiB", flush=True)
                assert after - before < RSS_KIB, (before, after)
            watcher.end()
            return counters
