"""News services for system tests: WebSocket and HTTP over TLS, in the standard library alone, doing what a script says.

The frames are RFC 6455's, written by hand: nothing of the code under test is trusted.
"""

import base64
import hashlib
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse

from tests.support import daemon as ast

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


# ---- certificates ----

def certificates(where, authority="ca", server="server", names="DNS:localhost,IP:127.0.0.1"):
    """Make where/ca.pem, unless it is there, and a server's certificate it has signed. Returns a server's context."""
    if shutil.which("openssl") is None:
        ast.skip("no openssl command: no certificates can be made")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=where, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    if not (where / f"{authority}.pem").exists():
        openssl("req", "-x509", *key, "-keyout", f"{authority}.key", "-out", f"{authority}.pem", "-days", "2",
                "-subj", "/CN=Test authority")
    openssl("req", "-new", *key, "-keyout", f"{server}.key", "-out", f"{server}.csr", "-subj", "/CN=Test server",
            "-addext", f"subjectAltName={names}")
    openssl("x509", "-req", "-in", f"{server}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", f"{server}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(where / f"{server}.pem", where / f"{server}.key")
    return context


# ---- servers ----

class Server:
    """Accepts on a free port of the loopback; script(connection, number) for each connection, on its own thread.

    A script that fails is kept, and raised by check() and at the end of the with block.
    """

    def __init__(self, context, script):
        self.context, self.script = context, script
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.failure = None
        self.refused = []  # TLS handshakes that the client broke off
        self.count = 0
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            number, self.count = self.count, self.count + 1
            threading.Thread(target=self._serve, args=(plain, number), daemon=True).start()

    def _serve(self, plain, number):
        self.open.add(plain)
        plain.settimeout(40)
        try:
            tls = self.context.wrap_socket(plain, server_side=True) if self.context else plain
        except (ssl.SSLError, OSError) as error:
            self.refused.append(str(error))
            plain.close()
            return
        self.open.add(tls)
        try:
            self.script(Connection(tls), number)
        except Gone:
            pass
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.failure = self.failure or error
        finally:
            tls.close()

    def check(self):
        if self.failure:
            raise self.failure

    def close(self):
        self.listener.close()
        for opened in list(self.open):
            opened.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.close()
        if kind is None:
            self.check()


class Gone(Exception):
    """The client has closed the connection."""


class Connection:
    """One side of a WebSocket, or of an HTTP connection."""

    def __init__(self, stream):
        self.stream, self.buffer = stream, b""
        self.path, self.headers = None, {}

    # bytes

    def _fill(self):
        try:
            data = self.stream.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.buffer += data

    def read(self, count):
        while len(self.buffer) < count:
            self._fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send_raw(self, data):
        try:
            self.stream.sendall(data)
        except OSError as error:
            raise Gone from error

    def wait_gone(self):
        """Read until the client ends."""
        try:
            while True:
                self.buffer = b""
                self._fill()
        except Gone:
            return

    def cut(self):
        """End as a broken line does: no close, no TLS alert, a reset."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    # HTTP

    def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("ascii").split("\r\n")
        method, self.path, version = lines[0].split(" ")
        assert (method, version) == ("GET", "HTTP/1.1"), lines[0]
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        return urllib.parse.urlsplit(self.path)

    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))

    def answer(self, status, body, *fields):
        data = body.encode()
        self.send_raw("\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *fields, "", ""]).encode()
                      + data)

    # WebSocket

    def upgrade_answer(self):
        accept = base64.b64encode(hashlib.sha1((self.headers["sec-websocket-key"]
                                                + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode()

    def upgrade(self):
        self.read_request()
        assert self.headers["upgrade"] == "websocket" and self.headers["sec-websocket-version"] == "13", self.headers
        self.send_raw(self.upgrade_answer())

    @staticmethod
    def frame(payload, opcode=TEXT, fin=True):
        data = payload.encode() if isinstance(payload, str) else payload
        head = bytes([(0x80 if fin else 0) | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += struct.pack(">BH", 126, len(data))
        else:
            head += struct.pack(">BQ", 127, len(data))
        return head + data

    def send(self, payload, parts=1):
        """A message, in so many fragments with a ping after each."""
        data = payload.encode()
        step = max(1, -(-len(data) // parts))
        pieces = [data[i:i + step] for i in range(0, len(data), step)]
        for i, piece in enumerate(pieces):
            self.send_raw(self.frame(piece, TEXT if i == 0 else 0, i == len(pieces) - 1)
                          + (self.frame(b"between", PING) if parts > 1 else b""))

    def send_json(self, value, **options):
        self.send(json.dumps(value), **options)

    def receive(self):
        """(opcode, payload) of the client's next frame."""
        first, second = self.read(2)
        assert first & 0x80 and not first & 0x70, "a client of ours sends whole messages without extensions"
        assert second & 0x80, "a client masks its frames"
        length = second & 0x7f
        if length == 126:
            (length,) = struct.unpack(">H", self.read(2))
        mask = self.read(4)
        return first & 0x0f, bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.read(length)))

    def receive_text(self):
        """The next text; pings are answered on the way."""
        while True:
            opcode, payload = self.receive()
            if opcode == PING:
                self.send_raw(self.frame(payload, PONG))
            elif opcode == CLOSE:
                raise Gone
            elif opcode == TEXT:
                return payload.decode()

    def sync(self):
        """Wait until the client has read everything: it answers a ping."""
        self.send_raw(self.frame(b"sync", PING))
        while self.receive() != (PONG, b"sync"):
            pass


# ---- Alpaca ----

def alpaca_greet(connection, key="the-key", secret="the-secret", symbols=("*",)):
    """Upgrade, greeting, login, subscription."""
    connection.upgrade()
    connection.send_json([{"T": "success", "msg": "connected"}])
    login = json.loads(connection.receive_text())
    assert login == {"action": "auth", "key": key, "secret": secret}, login
    connection.send_json([{"T": "success", "msg": "authenticated"}])
    wanted = json.loads(connection.receive_text())
    assert wanted == {"action": "subscribe", "news": list(symbols)}, wanted
    connection.send_json([{"T": "subscription", "trades": [], "quotes": [], "bars": [], "news": list(symbols)}])


def stamp(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // ast.SECOND)) + f".{ns % ast.SECOND // 1000:06d}Z"


def alpaca_item(ident, text, created_ns, updated_ns=None, stream=True, **keys):
    item = {"id": ident, "headline": text, "summary": "", "author": "A. Writer", "created_at": stamp(created_ns),
            "updated_at": stamp(updated_ns or created_ns), "url": f"https://news.example/{ident}", "content": "",
            "symbols": ["META"], "source": "benzinga", **keys}
    return {"T": "n", **item} if stream else item


def benzinga_item(action, ident, title, created_ns, updated_ns=None, content=True):
    inside = {"id": ident, "author": "A. Writer", "created": stamp(created_ns),
              "updated": stamp(updated_ns or created_ns), "title": title, "teaser": "", "body": "<p>...</p>",
              "url": f"https://news.example/{ident}", "channels": [{"name": "News"}],
              "stocks": [{"name": "META", "exchange": "NASDAQ"}], "tags": []}
    return {"id": f"m-{ident}-{action}", "api_version": "websocket/v1", "kind": "News/v1",
            "data": {"action": action, "id": ident, "timestamp": stamp(updated_ns or created_ns),
                     "content": inside if content else None}}


# ---- what the desk was given ----

def journal_headlines(path):
    """The raw headlines of a journal, in order: core/journal.h and the upper half of core/headline.h."""
    data, at, found = path.read_bytes(), 32, []
    while at + 9 <= len(data):
        length, _, kind = struct.unpack_from("<IIB", data, at)
        payload = data[at + 9:at + 9 + length]
        at += 9 + length
        if kind != 2:
            continue
        (ts_event, ts_recv, revision, text_bytes, _, _, retracted, tags, _, _) = struct.unpack_from("<QQIH6B", payload,
                                                                                                    64)
        strings, place = [], 64 + 28 + 64
        for width in (64, 48, 256, 512):
            strings.append(payload[place:place + width].split(b"\0", 1)[0].decode())
            place += width
        assert len(strings[3].encode()) == text_bytes
        found.append({"id": strings[0], "source": strings[1], "url": strings[2], "text": strings[3],
                      "revision": revision, "retracted": bool(retracted), "tags": tags, "ts_event": ts_event,
                      "ts_recv": ts_recv})
    return found
