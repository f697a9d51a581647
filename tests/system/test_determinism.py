"""One day, one hash: topologies, waiting, speeds, backends, live and replayed give the same decisions to the byte."""

import itertools
import json
import random
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

PINNED = {"feeds": [0], "core": 1, "ipc": 0, "admin": 0}
LINES = ast.day()


def reference(where):
    """(config, day, count, sha256, decisions as bytes) of the plain replay."""
    config = ast.write_config(where)
    day = ast.write_lines(where / "day.ndjson", LINES)
    done = ast.replay(config, day, "--out", where / "out.ndjson")
    assert done.returncode == 0, done.stderr
    count, sha256 = ast.decisions(done.stderr)
    lines = (where / "out.ndjson").read_bytes()
    kinds = {(d["kind"], d.get("action")) for d in map(json.loads, lines.splitlines())}
    assert lines.count(b"\n") == count >= 30, count
    for wanted in (("fact", None), ("shock", None), ("overreaction", "open"), ("overreaction", "close"),
                   ("mean_reversion", "open")):
        assert wanted in kinds, f"the day is too quiet to prove anything: {kinds}"
    return config, day, count, sha256, lines


def same(done, count, sha256):
    assert done.returncode == 0, done.stderr
    assert ast.decisions(done.stderr) == (count, sha256), done.stderr


def ten_replays_are_identical():
    with ast.folder() as where:
        config, day, count, sha256, _ = reference(where)
        for _ in range(10):
            same(ast.replay(config, day), count, sha256)


def topology_and_waiting_change_nothing():
    with ast.folder() as where:
        _, day, count, sha256, _ = reference(where)
        for wait in ("spin", "yield", "block"):
            config = ast.write_config(where, f"pinned-{wait}.yaml", topology=PINNED, wait=wait)
            same(ast.replay(config, day), count, sha256)


def speed_changes_nothing():
    with ast.folder() as where:
        config, day, count, sha256, _ = reference(where)
        first, last = (json.loads(line)["t"] for line in (LINES[0], LINES[-1]))
        speed = (last - first) / ast.SECOND / 2  # two seconds
        same(ast.replay(config, day, "--speed", "max"), count, sha256)
        same(ast.replay(config, day, "--speed", f"{speed:.0f}"), count, sha256)
        pinned = ast.write_config(where, "pinned.yaml", topology=PINNED, wait="block")
        same(ast.replay(pinned, day, "--speed", f"{speed:.0f}"), count, sha256)


def the_order_of_symbols_in_the_file_changes_nothing():
    with ast.folder() as where:
        config, _, count, sha256, _ = reference(where)
        for seed in range(3):
            lines = []
            for _, instant in itertools.groupby(LINES, key=lambda line: json.loads(line)["t"]):
                instant = list(instant)
                random.Random(seed).shuffle(instant)
                lines += instant
            assert lines != LINES
            same(ast.replay(config, ast.write_lines(where / "shuffled.ndjson", lines)), count, sha256)


def a_cut_file_gives_a_prefix_of_the_decisions():
    with ast.folder() as where:
        config, _, count, _, lines = reference(where)
        starts = [i for i in range(1, len(LINES)) if json.loads(LINES[i])["t"] != json.loads(LINES[i - 1])["t"]]
        prefixes = set()
        for cut in starts[-7:] + starts[:2]:
            done = ast.replay(config, ast.write_lines(where / "cut.ndjson", LINES[:cut]), "--out", where / "cut.out")
            assert done.returncode == 0, done.stderr
            found = (where / "cut.out").read_bytes()
            assert lines.startswith(found), f"cut after line {cut}"
            prefixes.add(ast.decisions(done.stderr)[0])
        assert len(prefixes) >= 5 and max(prefixes) < count, prefixes


def verify_finds_the_first_difference():
    with ast.folder() as where:
        config, day, _, _, lines = reference(where)
        out = where / "out.ndjson"
        assert ast.replay(config, day, "--verify", out).returncode == 0
        each = lines.splitlines(keepends=True)
        spoiled = each[:9] + [each[9].replace(b'"v":1', b'"v":2')] + each[10:]
        for changed, number in ((spoiled, 10), (each[:-1], len(each)), (each + each[-1:], len(each) + 1)):
            out.write_bytes(b"".join(changed))
            done = ast.replay(config, day, "--verify", out)
            assert done.returncode == 1 and f"differs at decision {number}\n" in done.stderr, done.stderr
            assert "expected:" in done.stderr and "found:" in done.stderr


def live_run(where, name, count, sha256, **keys):
    """A day over TCP through the daemon: its hash, and the replay of its journal."""
    config = ast.live_config(where, name, **keys)
    with ast.Daemon(config) as daemon:
        backend = keys["io"]["backend"]
        assert f"io backend {'io_uring' if backend == 'uring' else backend}" in daemon.log, daemon.log
        ast.play_live(daemon, LINES)
        status, log = daemon.stop()
        assert status == 0 and ast.decisions(log) == (count, sha256), f"{name}: {log}"
        journal = daemon.journal()
    for other in (config, where / "aftershock.yaml"):  # how a run was threaded does not matter to its replay
        done = ast.replay(other, journal, "--verify", journal)
        same(done, count, sha256)
        assert "closed in good order" in done.stderr and "warning" not in done.stderr, done.stderr
    return journal


def live_runs_and_their_journals_are_the_replay():
    with ast.folder() as where:
        config, _, count, sha256, _ = reference(where)
        live_run(where, "a.yaml", count, sha256, wait="yield", io={"backend": "epoll"})
        live_run(where, "b.yaml", count, sha256, wait="block", io={"backend": "uring"})
        live_run(where, "c.yaml", count, sha256, topology=PINNED, wait="spin", io={"backend": "uring"})
        journal = live_run(where, "d.yaml", count, sha256, topology=PINNED, wait="block", io={"backend": "epoll"})

        bytes_ = bytearray(journal.read_bytes())
        at = bytes_.find(b'"kind":"overreaction","action":"open"')
        bytes_[at + 8] ^= 1  # a rotten byte is no difference of decisions: it is named with its place
        journal.write_bytes(bytes_)
        done = ast.replay(config, journal)
        assert done.returncode == 2 and "checksum" in done.stderr and "offset" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(ast.run_tests(
        ten_replays_are_identical, topology_and_waiting_change_nothing, speed_changes_nothing,
        the_order_of_symbols_in_the_file_changes_nothing, a_cut_file_gives_a_prefix_of_the_decisions,
        verify_finds_the_first_difference, live_runs_and_their_journals_are_the_replay))
