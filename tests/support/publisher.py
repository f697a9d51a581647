"""A publisher in Python: what clients see of a daemon (docs/WIRE.md), made to be spoiled by a test.

PUB and ROUTER on loopback, a thread of its own. lose, duplicate and swap spoil what is sent, never what is kept: a
snapshot and a replay tell the truth. restart is another epoch on the same endpoints.
"""

import hashlib
import random
import threading
import time

import msgpack
import zmq

T0 = 1_782_936_000_000_000_000
HOUR = 3_600_000_000_000
FIELDS = {"sig": "id", "shock": "fact", "fact": "fact", "feed": "feed"}


class Publisher:
    """Use it as a context manager. Methods may be called from the test's thread."""

    def __init__(self, interval_ms=200, epoch=1001, curve=None, kept=100_000, part_messages=500):
        self.context = zmq.Context()
        self.lock = threading.RLock()
        self.interval_ms, self.kept, self.part_messages = interval_ms, kept, part_messages
        self.live, self.requests = self.context.socket(zmq.XPUB), self.context.socket(zmq.ROUTER)
        for socket in (self.live, self.requests):
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.SNDHWM, 0)
            if curve is not None:
                socket.setsockopt(zmq.CURVE_SERVER, 1)
                socket.setsockopt(zmq.CURVE_SECRETKEY, curve)
        self.endpoint = f"tcp://127.0.0.1:{self.live.bind_to_random_port('tcp://127.0.0.1')}"
        self.requests_endpoint = f"tcp://127.0.0.1:{self.requests.bind_to_random_port('tcp://127.0.0.1')}"
        self.random = random.Random(epoch)
        self.lose = self.duplicate = self.swap = 0.0  # probability of each, for everything but what must not
        self.mute = False  # no heartbeats, no messages: it hangs
        self.deaf = False  # no answers
        self.denied = ()  # prefixes that no snapshot is granted of
        self.asked, self.pings = [], []
        self.halted = False
        self.running = True
        self.held = None
        self.restart(epoch)
        self.thread = threading.Thread(target=self._run)

    def restart(self, epoch):
        """Another publisher: nothing is left of the one before."""
        with self.lock:
            self.epoch, self.gseq, self.used, self.log, self.state = epoch, 0, {}, [], {}
            self.began = time.monotonic_ns()
            self.beats = 0
            self.recent = {}

    # ---- saying ----

    def ts_now(self):
        return T0 + time.monotonic_ns() - self.began

    def say(self, topic, sent=True, **keys):
        with self.lock:
            self.gseq += 1
            tseq, prev = self.used.get(topic, (0, 0))
            self.used[topic] = (tseq + 1, self.gseq)
            self.recent[topic] = self.beats
            payload = msgpack.packb({"v": 1, "epoch": self.epoch, "gseq": self.gseq, "tseq": tseq + 1, "prev": prev,
                                     "ts_pub": time.time_ns(), "replay": False, **keys})
            self.log.append((self.gseq, topic, payload))
            del self.log[:-self.kept]
            self._keep(topic, keys, payload)
            if sent and not self.mute:
                self._spoil([topic.encode(), payload])
            return self.gseq

    def signal(self, name, action="open", symbol="NVDA", side=1, valid_ns=HOUR, strategy="mean_reversion", **keys):
        identity = hashlib.sha256(name.encode()).hexdigest()[:32]
        body = {"kind": strategy, "action": action, "id": identity, "sym": symbol, "side": side, "strength": 1.0,
                "px": 100_000_000_000, "valid_until": self.ts_now() + valid_ns, "ts_recv": self.ts_now(),
                "reasons": ["NO_CHANNEL"], "strategy": strategy, "os": 2.5, "rev_bps": 40.0, "cost_bps": 5.0}
        return self.say(f"sig.{strategy}.{symbol}.", **{**body, **keys})

    def fact(self, fact="META|x|y", status="rumour", issuer="META"):
        return self.say(f"fact.{issuer}.", kind="fact", fact=fact, status=status, issuer=issuer)

    def sys(self, what, reason=""):
        if what in ("halt", "resume"):
            self.halted = what == "halt"
        return self.say("sys.", what=what, reason=reason)

    def heartbeat(self, **keys):
        with self.lock:
            self.beats += 1
            tails = {topic: tseq for topic, (tseq, _) in self.used.items()
                     if topic != "hb." and self.beats - self.recent[topic] <= 8}
            self.say("hb.", **{"interval_ms": self.interval_ms, "oldest": self.oldest(), "feeds": {"wire": "live"},
                               "ts_now": self.ts_now(), "halted": self.halted, "missed": 0, "tails": tails, **keys})

    def _keep(self, topic, keys, payload):
        kind = topic.split(".")[0]
        if kind not in FIELDS:
            return
        key = (kind, keys[FIELDS[kind]])
        gone = keys.get("action") in ("close", "expire") or keys.get("status") == "expired"
        if gone and kind in ("sig", "fact"):
            self.state.pop(key, None)
            self.state.pop(("shock", key[1]), None)
        elif keys.get("action") != "update" or key in self.state:
            self.state[key] = (self.gseq, topic, payload)

    def _spoil(self, frames):
        draw = self.random.random
        if draw() < self.lose:
            return
        if self.held is None and draw() < self.swap:
            self.held = frames
            return
        for _ in range(2 if draw() < self.duplicate else 1):
            self.live.send_multipart(frames)
        if self.held is not None:
            self.live.send_multipart(self.held)
            self.held = None

    # ---- answering ----

    def oldest(self):
        return self.log[0][0] if self.log else self.gseq + 1

    def entries(self, prefixes):
        return [entry for entry in sorted(self.state.values()) if entry[1].startswith(tuple(prefixes))]

    def state_hash(self, prefixes=("",)):
        with self.lock:
            return hashlib.sha256(b"".join(t.encode() + p for _, t, p in self.entries(prefixes))).hexdigest()

    def _answer(self, request):
        answer = {"v": 1, "op": request["op"], "id": request.get("id"), "error": None, "detail": None,
                  "epoch": self.epoch, "gseq": self.gseq, "oldest": self.oldest(), "ts_now": self.ts_now(),
                  "halted": self.halted}
        if request["op"] == "snapshot":
            return self._snapshot(request, answer)
        if request["op"] == "replay":
            return self._replay(request, answer)
        return {**answer, "ts_pub": time.time_ns()}

    def _snapshot(self, request, answer):
        if "token" in request:
            whole = self.snapshots[request["token"]]
        else:
            token = len(self.asked)
            if set(self.denied) & set(request["prefix"]):
                return {**answer, "error": "denied", "detail": f"not granted: {self.denied[0]}"}
            entries = self.entries(request["prefix"])
            size = self.part_messages
            parts = [entries[at:at + size] for at in range(0, len(entries), size)] or [[]]
            digest = hashlib.sha256(b"".join(t.encode() + p for _, t, p in entries)).hexdigest()
            whole = (parts, {**answer, "count": len(entries), "hash": digest, "parts": len(parts), "token": token})
            self.snapshots = {token: whole}
        parts, header = whole
        part = request.get("part", 1)
        return {**header, "id": request["id"], "part": part, "messages": [[t, p] for _, t, p in parts[part - 1]]}

    def _replay(self, request, answer):
        first, until = request["from"], request["to"]
        if request["epoch"] != self.epoch:
            return {**answer, "error": "epoch"}
        if first < self.oldest():
            return {**answer, "error": "gone"}
        prefix = request["prefix"]
        prefixes = (prefix,) if isinstance(prefix, str) else tuple(prefix)
        found = [entry for entry in self.log if first <= entry[0] <= until and entry[1].startswith(prefixes)]
        part, rest = found[:self.part_messages], found[self.part_messages:]
        return {**answer, "from": first, "next": rest[0][0] if rest else until + 1, "count": len(part),
                "messages": [[t, p] for _, t, p in part]}

    def _run(self):
        beat = time.monotonic()
        while self.running:
            with self.lock:
                while self.live.poll(0):
                    self.live.recv()
                while self.requests.poll(0):
                    *route, data = self.requests.recv_multipart()
                    request = msgpack.unpackb(data)
                    (self.pings if request["op"] == "ping" else self.asked).append(request)
                    if not self.deaf and not self.mute:
                        self.requests.send_multipart([*route, msgpack.packb(self._answer(request))])
                if time.monotonic() >= beat and self.running:
                    beat = time.monotonic() + self.interval_ms / 1000
                    if not self.mute:
                        self.heartbeat()
            time.sleep(0.002)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.running = False
        self.thread.join(10)
        self.live.close()
        self.requests.close()
        self.context.term()
