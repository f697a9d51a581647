"""DESIGN 6.2, live: pinned and spinning, the core's thread makes no system call while data flow.

The kernel counts: `strace -c` is attached to one thread of a running aftershockd while quotes and a headline come in
over TCP. The same count on the feed's thread is above zero, so the test would notice. Skipped without strace, or where
tracing is not permitted.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get("AFTERSHOCK_BIN", "build/dev")
ROOT = pathlib.Path(os.environ.get("AFTERSHOCK_ROOT", ".")).resolve()
SYMBOLS = ("SPY", "META", "NVDA", "MSFT", "AMZN", "GOOGL")
TRACED_S = 1.5


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write_configuration(folder, feed_port, live_port):
    example = ROOT / "examples" / "reference-day"
    for name in ("universe.csv", "playbook.yaml"):
        shutil.copy(example / name, folder / name)
    path = folder / "aftershock.yaml"
    path.write_text(
        "universe: universe.csv\nplaybook: playbook.yaml\ntopology: pinned\nwait: spin\n"
        f'feeds:\n  - {{name: wire, source: "tcp://127.0.0.1:{feed_port}?mode=listen", format: ndjson}}\n'
        f'publish: {{live: "tcp://127.0.0.1:{live_port}"}}\njournal: {{dir: journal/}}\n', encoding="utf-8")
    return path


def start_daemon(config, log):
    daemon = subprocess.Popen([os.path.join(BIN, "aftershockd"), "--config", str(config)], stderr=log)
    for _ in range(200):
        if "ready" in pathlib.Path(log.name).read_text(encoding="utf-8"):
            return daemon
        assert daemon.poll() is None, pathlib.Path(log.name).read_text(encoding="utf-8")
        time.sleep(0.05)
    raise AssertionError("the daemon did not get ready")


def thread_of(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text(encoding="utf-8").strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


class Sender:
    """Quotes that never repeat a price, and a headline now and then."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.sent = 0

    def quotes(self, count):
        lines = []
        for _ in range(count):
            self.sent += 1
            bid = 100 + self.sent % 97 / 100
            lines.append(f'{{"k":"quote","t":{time.time_ns()},"s":"{SYMBOLS[self.sent % len(SYMBOLS)]}",'
                         f'"b":"{bid:.2f}","bs":100,"a":"{bid + 0.02:.2f}","as":100}}\n')
        self.socket.sendall("".join(lines).encode())

    def headline(self):
        self.sent += 1
        self.socket.sendall((f'{{"k":"headline","t":{time.time_ns()},"id":"h{self.sent}","src":"Bloomberg",'
                             '"text":"Meta Plans to Sell Excess AI Compute"}\n').encode())


def count_calls(thread, sender, out):
    """System calls of a thread while data flow, as strace's summary names them; None if tracing is refused."""
    strace = subprocess.Popen(["strace", "-c", "-o", str(out), "-p", str(thread)], stderr=subprocess.PIPE, text=True)
    line = strace.stderr.readline()
    if "attached" not in line:
        strace.kill()
        strace.communicate()
        return None
    end = time.monotonic() + TRACED_S
    sender.headline()
    while time.monotonic() < end:
        sender.quotes(20)
        time.sleep(0.005)
    strace.send_signal(signal.SIGINT)
    strace.communicate(timeout=20)
    calls = {}
    for row in out.read_text(encoding="utf-8").splitlines():
        words = row.split()
        if len(words) >= 5 and re.fullmatch(r"[0-9.]+", words[0]) and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    return calls


def core_makes_no_system_call_while_data_flow(folder):
    feed_port, live_port = free_port(), free_port()
    config = write_configuration(folder, feed_port, live_port)
    with open(folder / "daemon.log", "w", encoding="utf-8") as log:
        daemon = start_daemon(config, log)
        try:
            sender = Sender(feed_port)
            sender.quotes(200)
            time.sleep(0.5)
            core = count_calls(thread_of(daemon.pid, "as-core"), sender, folder / "core.txt")
            feed = {}
            if core is not None:
                feed = count_calls(thread_of(daemon.pid, "as-feed0"), sender, folder / "feed.txt")
            time.sleep(0.5)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=60)
    said = (folder / "daemon.log").read_text(encoding="utf-8")
    if core is None:
        print("skipped: tracing is not permitted here")
        return 77
    assert daemon.returncode == 0, said
    assert core == {}, f"the core's thread made system calls: {core}"
    assert sum(feed.values()) > 0, "strace counted nothing on the feed's thread either"
    messages = int(re.search(r"feed wire: .*? (\d+) messages", said).group(1))
    decisions = int(re.search(r"decisions (\d+) sha256", said).group(1))
    assert messages == sender.sent and messages > 1000, (messages, sender.sent, said)
    assert decisions > 0, said
    print(f"core {core}, feed {feed}, {messages} messages, {decisions} decisions")
    return 0


def main():
    if not shutil.which("strace"):
        print("skipped: no strace")
        return 77
    if re.search(rb"__(a|t)san_init", pathlib.Path(BIN, "aftershockd").read_bytes()):
        print("skipped: a sanitizer makes system calls of its own")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        status = core_makes_no_system_call_while_data_flow(pathlib.Path(folder))
    if status == 0:
        print("ok core_makes_no_system_call_while_data_flow")
    return status


if __name__ == "__main__":
    sys.exit(main())
