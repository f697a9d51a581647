"""A SoupBinTCP server for system tests, on a thread of its own. Python's standard library only.

Nothing here comes from the code under test. Messages are published into the session and go to whoever is logged in; a
client that comes back gets what it asks for. The line can be cut in the middle of a packet, sent byte by byte, and the
server can begin another session.
"""

import contextlib
import socket
import struct
import threading
import time

HEARTBEAT_S = 1.0


def packet(kind, payload=b""):
    return struct.pack(">H", 1 + len(payload)) + kind + payload


class SoupServer:
    def __init__(self, user="user01", password="pass", session="S1"):
        self.user, self.password = user, password
        self.session = session
        self.messages = []       # of the session; the first has sequence 1
        self.logins = []         # (session, sequence) of every login, accepted or not
        self.heartbeats = 0      # of clients
        self.logouts = 0
        self.piece_bytes = 0     # send in pieces of so many bytes; 0: as they are
        self.cut_after = None    # cut the line so many bytes into the next message
        self.client = None
        self.lock = threading.RLock()
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.05)
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self._accept, self._beat)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.drop()
        self.listener.close()

    # ---- what a test does ----

    def publish(self, messages):
        """Append to the session; returns its next sequence."""
        with self.lock:
            for message in messages:
                self.messages.append(message)
                self._send(packet(b"S", message), cut=True)
            return len(self.messages) + 1

    def restart(self, session):
        """Another session: whoever is there is thrown out."""
        with self.lock:
            self.session, self.messages = session, []
            self.drop()

    def end_session(self):
        with self.lock:
            self._send(packet(b"Z"))

    def drop(self):
        with self.lock:
            if self.client is not None:
                with contextlib.suppress(OSError):
                    self.client.shutdown(socket.SHUT_RDWR)
                self.client.close()
            self.client = None

    @property
    def connected(self):
        with self.lock:
            return self.client is not None

    # ---- threads ----

    def _send(self, data, cut=False):
        """To the client, if there is one; the lock is held."""
        if self.client is None:
            return
        try:
            if cut and self.cut_after is not None:
                self.client.sendall(data[:self.cut_after])
                self.cut_after = None
                self.drop()
            elif self.piece_bytes:
                for at in range(0, len(data), self.piece_bytes):
                    self.client.sendall(data[at:at + self.piece_bytes])
                    time.sleep(0.0005)
            else:
                self.client.sendall(data)
        except OSError:
            self.drop()

    def _accept(self):
        while not self.over.is_set():
            try:
                client, _ = self.listener.accept()
            except TimeoutError:
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(5)
            with contextlib.suppress(OSError, AssertionError):
                self._login(client)

    def _login(self, client):
        kind, payload = self._read(client)
        assert kind == b"L" and len(payload) in (46, 51), payload  # 3.00 and 4.00
        user, password, session, seq = (payload[a:b].decode("ascii").strip()
                                        for a, b in ((0, 6), (6, 16), (16, 26), (26, 46)))
        with self.lock:
            self.logins.append((session, int(seq)))
            reason = None
            if (user, password) != (self.user, self.password):
                reason = b"A"
            elif session not in ("", self.session):
                reason = b"S"
            if reason:
                client.sendall(packet(b"J", reason))
                client.close()
                return
            next_seq = len(self.messages) + 1
            first = min(int(seq) or next_seq, next_seq)
            self.drop()
            self.client = client
            self._send(packet(b"A", self.session.rjust(10).encode() + str(first).rjust(20).encode()))
            for message in self.messages[first - 1:]:
                self._send(packet(b"S", message))
        threading.Thread(target=self._listen, args=(client,), daemon=True).start()

    def _listen(self, client):
        with contextlib.suppress(OSError, AssertionError):
            client.settimeout(None)
            while True:
                kind, _ = self._read(client)
                assert kind in (b"R", b"O", b"U", b"+"), kind
                self.heartbeats += kind == b"R"
                self.logouts += kind == b"O"

    def _beat(self):
        while not self.over.wait(HEARTBEAT_S):
            with self.lock:
                self._send(packet(b"H"))

    @staticmethod
    def _read(client):
        def exactly(count):
            data = b""
            while len(data) < count:
                more = client.recv(count - len(data))
                if not more:
                    raise OSError("closed")
                data += more
            return data
        (length,) = struct.unpack(">H", exactly(2))
        body = exactly(length)
        return body[:1], body[1:]
