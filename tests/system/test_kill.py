"""kill -9 while data flow: the journal is whole up to its last record, and replays to what had been said."""

import json
import random
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

LINES = ast.day()


def kill_at(where, name, lines, pause):
    """Play until the day is through lines, and kill in the middle of more: (config, journal, decisions heard)."""
    config = ast.live_config(where, name, journal={"dir": f"journal-{name}", "sync": "10ms"})
    with ast.Daemon(config) as daemon, daemon.subscriber() as subscriber, daemon.tcp() as wire:
        subscriber.until("hb.", lambda topic, body: topic == "hb.")
        wire.sendall("".join(line + "\n" for line in LINES[:lines]).encode())
        last = json.loads(LINES[lines - 1])["t"]
        heard = subscriber.until("the day", lambda topic, body: topic == "hb." and (body["ts_now"] or 0) >= last)
        for _ in range(2):  # the clock is shown at once, decisions of the same moment may follow it
            heard += subscriber.until("hb.", lambda topic, body: topic == "hb.")
        said = [body for topic, body in heard if topic.split(".")[0] in ("sig", "shock", "fact")]
        ast.wait_for("the journal holds what was said", ast.START_S, lambda: sum(
            kind == 4 for kind, _ in read_journal(daemon.journal())) >= len(said))
        wire.sendall("".join(line + "\n" for line in LINES[lines:]).encode())
        time.sleep(pause)
        daemon.process.kill()
        daemon.process.wait(10)
    return config, daemon.journal(), said


def what_was_said_is_in_the_journal_and_replays():
    draw = random.Random(3)
    with ast.folder() as where:
        for n in range(4):
            config, journal, said = kill_at(where, f"k{n}.yaml", len(LINES) - 40, draw.uniform(0, 0.1))
            done = ast.replay(config, journal, "--out", where / "out.ndjson")
            assert done.returncode == 0 and "not closed" in done.stderr, done.stderr
            lines = [json.loads(line) for line in (where / "out.ndjson").read_text(encoding="utf-8").splitlines()]
            assert len(said) >= 20 and len(lines) >= len(said), (len(said), len(lines))
            for body, line in zip(said, lines):
                assert all(body[key] == line[key] for key in line), (body, line)
            recorded = [record for record in read_journal(journal) if record[0] == 4]
            assert len(recorded) <= len(lines), "a decision without what led to it"


def read_journal(path):
    """(type, payload) of every whole record, by the format's description alone: docs/JOURNAL.md."""
    data = Path(path).read_bytes()
    assert data[:4] == b"ASJ1" and int.from_bytes(data[4:8], "little") == 2
    at, records = 32, []
    while at + 9 <= len(data):
        size = int.from_bytes(data[at:at + 4], "little")
        if at + 9 + size > len(data):
            break
        records.append((data[at + 8], data[at + 9:at + 9 + size]))
        at += 9 + size
    return records


def a_journal_cut_anywhere_replays_to_its_last_whole_record():
    with ast.folder() as where:
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon:
            ast.play_live(daemon, LINES)
            status, log = daemon.stop()
            whole = daemon.journal().read_bytes()
        assert status == 0, log
        done = ast.replay(config, daemon.journal(), "--out", where / "whole.out")
        assert done.returncode == 0, done.stderr
        out = (where / "whole.out").read_bytes()
        draw = random.Random(5)
        for cut in sorted(draw.randrange(200_000 % len(whole), len(whole)) for _ in range(8)) + [len(whole) - 1, 32]:
            (where / "cut.asj").write_bytes(whole[:cut])
            done = ast.replay(config, where / "cut.asj", "--out", where / "cut.out")
            assert done.returncode == 0 and "not closed" in done.stderr, (cut, done.stderr)
            found = (where / "cut.out").read_bytes()
            lines = found.splitlines(keepends=True)
            # the end of a cut journal ends an instant that went on: only what lies before it is a prefix
            last = json.loads(lines[-1])["ts_recv"] if lines else 0
            before = b"".join(line for line in lines if json.loads(line)["ts_recv"] < last)
            assert out.startswith(before), cut


if __name__ == "__main__":
    sys.exit(ast.run_tests(what_was_said_is_in_the_journal_and_replays,
                           a_journal_cut_anywhere_replays_to_its_last_whole_record))
