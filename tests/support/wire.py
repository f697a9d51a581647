"""A flooded signal bus, clients of every language on it, and an independent reading of docs/WIRE.md's state.

Flood runs tests/programs/bus_flood.c: a real bus under made-up decisions. Probes are the three clients' own small
programs, which print one JSON line at their end.
"""

import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgpack
import zmq

from tests.support.daemon import BIN, ROOT, folder

PROBES = {
    "c": [str(BIN / "aftershock-client-probe")],
    "python": [sys.executable, str(ROOT / "tests/support/probe.py")],
    "node": ["node", str(ROOT / "ipc/client/node/bin/probe.mjs")],
}


def have(language):
    """Why the client of a language cannot run here; None: it can."""
    if language == "node":
        if subprocess.run(["sh", "-c", "command -v node"], capture_output=True).returncode:
            return "node is not installed"
        if not (ROOT / "ipc/client/node/node_modules/zeromq").exists():
            return "the npm packages of ipc/client/node are not installed"
    if language == "c" and not Path(PROBES["c"][0]).exists():
        return "the C probe is not built"
    return None


class Flood:
    """A bus_flood process on ipc endpoints (or the ones given) in a folder of its own."""

    def __init__(self, directory, *arguments, publish="", live=None, requests=None, journal=False):
        self.directory = Path(directory)
        self.live = live or f"ipc://{directory}/live.sock"
        self.requests = requests or f"ipc://{directory}/requests.sock"
        config = self.directory / "flood.yaml"
        config.write_text(
            "universe: universe.csv\nplaybook: playbook.yaml\nwait: block\n"
            f'publish: {{live: "{self.live}", requests: "{self.requests}"{publish}}}\n'
            + ("journal: {dir: journal/}\n" if journal else ""))
        if journal:
            (self.directory / "journal").mkdir(exist_ok=True)
        self.process = subprocess.Popen([str(BIN / "tests/bus_flood"), str(config), *map(str, arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"bus_flood did not start: exit {self.process.wait()}")
        self.started = json.loads(line)
        self.epoch = self.started["epoch"]
        self.live, self.requests = self.started["live"], self.started["requests"]

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def pause(self):
        """Stop deciding, publish and keep everything: the report."""
        self.tell("pause")
        return json.loads(self.process.stdout.readline())

    def go(self):
        self.tell("go")

    def rss_kib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def end(self):
        """Ask it to end: its last report."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=60)
        return json.loads(out.strip().splitlines()[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


def probe(language, flood, seconds, *arguments, topics=("",), **popen):
    """Start a client: it joins, follows for seconds, and prints what it knows."""
    command = [*PROBES[language], "--live", flood.live, "--requests", flood.requests, "--seconds", str(seconds)]
    for topic in topics:
        command += ["--topic", topic]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)


def result(process, timeout=120):
    out, error = process.communicate(timeout=timeout)
    if process.returncode != 0 or not out.strip():
        raise AssertionError(f"{process.args[:2]} ended with {process.returncode}: {error[-2000:]}")
    return json.loads(out.strip().splitlines()[-1])


# ---- requests, by hand ----

class Requests:
    """A DEALER that speaks docs/WIRE.md's requests and nothing else."""

    def __init__(self, endpoint, timeout_ms=5000):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, timeout_ms)
        self.socket.connect(endpoint)

    def ask(self, **request):
        self.socket.send(msgpack.packb(request))
        return msgpack.unpackb(self.socket.recv())

    def snapshot(self, prefix=""):
        """All parts: (header of the last, messages); count and hash are checked."""
        answer = self.ask(op="snapshot", prefix=prefix)
        assert answer["error"] is None, answer
        messages = list(answer["messages"])
        for part in range(2, answer["parts"] + 1):
            more = self.ask(op="snapshot", token=answer["token"], part=part)
            assert more["error"] is None, more
            messages += more["messages"]
        assert len(messages) == answer["count"]
        assert digest(messages) == answer["hash"]
        return answer, messages

    def replay(self, epoch, first, last, prefix=""):
        messages, at = [], first
        while at <= last:
            answer = self.ask(op="replay", epoch=epoch, prefix=prefix, **{"from": at, "to": last})
            assert answer["error"] is None, answer
            messages += answer["messages"]
            at = answer["next"]
        return messages

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def digest(messages):
    sha = hashlib.sha256()
    for topic, payload in messages:
        sha.update(topic.encode() if isinstance(topic, str) else topic)
        sha.update(payload)
    return sha.hexdigest()


class State:
    """The state of docs/WIRE.md, "State", by the table there."""

    def __init__(self):
        self.entries = {}  # (kind, key) -> (gseq, topic, payload)

    def take(self, topic, payload):
        body = msgpack.unpackb(payload)
        kind = topic.split(".")[0]
        key = {"sig": "id", "shock": "fact", "fact": "fact", "feed": "feed"}.get(kind)
        if key is None:
            return
        place = (kind, body[key])
        entry = (body["gseq"], topic, payload)
        if kind == "sig":
            if body["action"] == "open" or (body["action"] == "update" and place in self.entries):
                self.entries[place] = entry
            elif body["action"] in ("close", "expire"):
                self.entries.pop(place, None)
        elif kind == "fact" and body["status"] == "expired":
            self.entries.pop(place, None)
            self.entries.pop(("shock", body["fact"]), None)
        else:
            self.entries[place] = entry

    def messages(self):
        return [(topic, payload) for _, topic, payload in sorted(self.entries.values(), key=lambda entry: entry[0])]


def percentiles(values):
    ordered = sorted(values)
    pick = lambda q: ordered[min(len(ordered) - 1, int(q * len(ordered)))]
    return f"n {len(ordered)}, p50 {pick(0.5):.3f}, p90 {pick(0.9):.3f}, p99 {pick(0.99):.3f}, max {ordered[-1]:.3f}"


# ---- the scenarios: small ones in tests/system, the figures in tests/soak ----

def late_joins(rounds, clients, rate, languages, names=2000):
    """rounds x clients join a flood at random moments; when it pauses, every state equals the publisher's by hash.

    Bots that acknowledge, because a machine that is too busy lets a client find its publisher dead meanwhile.
    """
    joins = lost = 0
    with folder() as directory, Flood(directory, "--rate", rate, "--names", names,
                                      publish=", queue: 64, rate: 100000") as flood, \
            Requests(flood.requests, 20000) as requests:
        for number in range(rounds):
            running = []
            for client in range(clients):
                language = languages[(number + client) % len(languages)]
                running.append(probe(language, flood, 6, "--acknowledge"))
                time.sleep(0.05)
            time.sleep(1.0)
            report = flood.pause()
            answer, _ = requests.snapshot()
            for process in running:
                got = result(process)
                assert got["state"] == "live", got
                lost += got["counters"]["lost"]
                assert got["hash"] == answer["hash"], (got, answer["hash"], report)
                joins += 1
            flood.go()
            print(f"round {number + 1}: {clients} joins equal at gseq {report['gseq']}, {answer['count']} entries, "
                  f"{report['decisions']} decisions so far", flush=True)
    print(f"{joins} late joins at {rate} decisions/s, every state equal by hash; messages lost for good: {lost}")
    return joins


def restarts(count, rate=2000):
    """One client, count publishers one after the other on the same endpoints, two of three ended by kill -9.

    Every actionable signal must be of the publisher that runs, and be valid. Prints the time to resynchronise.
    """
    times = []
    with folder() as directory:
        live, requests = f"ipc://{directory}/live.sock", f"ipc://{directory}/requests.sock"
        flood = Flood(directory, "--rate", rate, live=live, requests=requests, journal=True)
        watcher = subprocess.Popen([sys.executable, str(ROOT / "tests/support/restart_bot.py"), live, requests],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            for number in range(count + 1):
                watcher.stdin.write(f"{flood.epoch}\n")
                watcher.stdin.flush()
                line = watcher.stdout.readline()
                assert line, "the bot has ended"
                synced = json.loads(line)
                assert synced["epoch"] == flood.epoch and synced["stale"] == 0, synced
                if number:
                    times.append(synced["resync_s"])
                if number == count:
                    break
                if number % 3 == 2:
                    flood.end()
                else:
                    flood.kill()
                flood = Flood(directory, "--rate", rate, live=live, requests=requests, journal=True)
        finally:
            watcher.kill()
            watcher.wait()
            flood.kill()
    print(f"{count} restarts, stale signals acted on 0, seconds from the new publisher to live again: "
          f"{percentiles(times)}")
    return times


def stopped(seconds, rate, others=2, queue_mib=4, disk_mib=1024):
    """One of several subscribers is stopped for seconds. The others see no gap; the stopped one repairs."""
    with folder() as directory, Flood(directory, "--rate", rate, journal=True,
                                      publish=f", queue: {queue_mib}, disk: {disk_mib}, rate: 100000") as flood, \
            Requests(flood.requests, 20000) as requests:
        length = seconds + 30
        running = [probe("c", flood, length) for _ in range(others)]
        victim = probe("c", flood, length, "--acknowledge")
        time.sleep(2)
        before = flood.rss_kib()
        victim.send_signal(signal.SIGSTOP)
        highest, end = before, time.monotonic() + seconds
        while time.monotonic() < end:
            highest = max(highest, flood.rss_kib())
            time.sleep(0.2)
        victim.send_signal(signal.SIGCONT)
        time.sleep(5)
        report = flood.pause()
        answer, _ = requests.snapshot()
        for process in running:
            got = result(process, length + 60)
            assert got["counters"]["lost"] == 0 and got["counters"]["repaired"] == 0, got
            assert got["state"] == "live" and got["hash"] == answer["hash"], got
        got = result(victim, length + 60)
        assert got["counters"]["repaired"] + got["counters"]["lost"] > 0, got
        assert got["state"] == "live" and got["hash"] == answer["hash"], got
        bound = (queue_mib + 64 + 64) * 1024  # the victim's queue, the memory of replays, and what the rest may grow
        print(f"stopped {seconds} s at {report['decisions']} decisions: others no gap; publisher {before} -> {highest} "
              f"KiB (bound + {bound}); dropped for the stopped one {report['dropped']}; it repaired "
              f"{got['counters']['repaired']}, lost {got['counters']['lost']}", flush=True)
        assert highest - before < bound, (before, highest)
        return report
