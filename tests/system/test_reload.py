"""SIGHUP: another playbook while data flow, a broken one that is refused, and the journal that replays all of it."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

LINES = ast.day()
SHOCK_CLOSE = ast.at(ast.date(2026, 7, 1), "20:00")


def send(daemon, heartbeats, wire, lines):
    """Lines, and wait until the core has seen the last one and its instant is over."""
    wire.sendall("".join(line + "\n" for line in lines).encode())
    last = json.loads(lines[-1])["t"]
    heartbeats.until(f"ts_now {last}", lambda topic, body: topic == "hb." and (body["ts_now"] or 0) >= last)
    if last == SHOCK_CLOSE:  # silence ends an instant
        with daemon.subscriber("hb.") as idle:
            idle.until("overreactions said", lambda topic, body: any("overreaction" in t for t in body["tails"]))


def versions(path):
    """(time, version) of every decision."""
    return [(d["ts_recv"], d["playbook"]) for d in map(json.loads, path.read_text(encoding="utf-8").splitlines())]


def a_changed_playbook_is_taken_and_a_broken_one_is_not():
    until_shock = [line for line in LINES if json.loads(line)["t"] <= SHOCK_CLOSE]
    after = LINES[len(until_shock):]
    with ast.folder() as where:
        playbook = where / "playbook.yaml"
        original = playbook.read_text(encoding="utf-8")
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon, daemon.subscriber("hb.") as heartbeats, daemon.tcp() as wire:
            send(daemon, heartbeats, wire, until_shock)

            playbook.write_text(original.replace("os_open: 2.0 ", "os_open: lots "), encoding="utf-8")
            line = original[:original.index("os_open: 2.0 ")].count("\n") + 1
            daemon.reload()
            daemon.wait_log("reload refused; playbook generation 0 stays in force")
            assert f"playbook.yaml:{line}: key 'thresholds.os_open': found 'lots'" in daemon.log, daemon.log

            playbook.write_text(original.replace('version: "0.1-prior"', 'version: "0.2-test"')
                                .replace("os_close: 1.0 ", "os_close: 1.9 "), encoding="utf-8")
            daemon.reload()
            daemon.wait_log("playbook 0.2-test reloaded, generation 1")
            send(daemon, heartbeats, wire, after)
            wire.close()
            status, log = daemon.stop()
            journal = daemon.journal()
        assert status == 0, log
        count, sha256 = ast.decisions(log)

        done = ast.replay(config, journal, "--verify", journal, "--out", where / "out.ndjson")
        assert done.returncode == 0 and ast.decisions(done.stderr) == (count, sha256), done.stderr
        assert "another configuration" not in done.stderr, "the run's own playbook is in its journal"
        said = versions(where / "out.ndjson")
        assert {v for t, v in said if t <= SHOCK_CLOSE} == {"0.1-prior"}, said
        assert {v for t, v in said if t > SHOCK_CLOSE} == {"0.2-test"}, said

        playbook.write_text(original, encoding="utf-8")  # whichever of them lies on the disk
        done = ast.replay(config, journal, "--verify", journal)
        assert done.returncode == 0, done.stderr


def another_configuration_is_said():
    with ast.folder() as where:
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon:
            ast.play_live(daemon, LINES)
            daemon.stop()
            journal = daemon.journal()
        other = ast.write_config(where, "other.yaml", costs={"fees_bps": 1})
        done = ast.replay(other, journal, "--verify", journal)
        assert done.returncode == 1 and "was recorded with another configuration" in done.stderr, done.stderr


def reloads_are_taken_one_after_the_other_once_recorded_time_has_begun():
    with ast.folder() as where:
        playbook = where / "playbook.yaml"
        original = playbook.read_text(encoding="utf-8")
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon, daemon.subscriber("hb.") as heartbeats, daemon.tcp() as wire:
            playbook.write_text(original.replace('"0.1-prior"', '"0.1-again"'), encoding="utf-8")
            daemon.reload()  # waits for the first event: before it there is no time at which it could have happened
            send(daemon, heartbeats, wire, LINES[:30])
            daemon.wait_log("playbook 0.1-again reloaded, generation 1")
            for n in range(2, 6):
                playbook.write_text(original.replace('"0.1-prior"', f'"0.{n}-again"'), encoding="utf-8")
                daemon.reload()
                daemon.wait_log(f"playbook 0.{n}-again reloaded, generation {n}")
            status, log = daemon.stop()
            journal = daemon.journal()
        assert status == 0, log
        done = ast.replay(config, journal, "--verify", journal)
        assert done.returncode == 0 and ast.decisions(done.stderr) == ast.decisions(log), done.stderr


def of_playbook_and_allow_list_either_both_are_taken_or_neither():
    with ast.folder() as where:
        keys = ast.run("aftershock", "keygen", "-o", where, "server", "bot")
        allow = where / "clients.txt"
        good = keys.stdout.splitlines()[1] + "\n"
        allow.write_text(good, encoding="utf-8")
        playbook = where / "playbook.yaml"
        original = playbook.read_text(encoding="utf-8")
        free = {"live": "tcp://127.0.0.1:*", "requests": "tcp://127.0.0.1:*",
                "curve": {"server_key": "server.key", "allow": "clients.txt"}}
        config = ast.live_config(where, publish=free)

        def ctl(op):
            return ast.run("aftershock", "ctl", op, "--config", config, "--json")

        feed = json.loads(Path(config).read_text(encoding="utf-8"))["feeds"][0]
        feed.pop("trust_r")  # the wall clock: a reload need not wait for data
        config = ast.live_config(where, publish=free, feeds=[feed])
        with ast.Daemon(config) as daemon:
            playbook.write_text(original.replace('"0.1-prior"', '"0.2-test"'), encoding="utf-8")
            allow.write_text("nonsense\n", encoding="utf-8")
            done = ctl("reload")
            assert done.returncode == 1 and "clients.txt:1: " in done.stderr, done.stderr
            assert daemon.log.count("reload refused") == 1, daemon.log
            assert json.loads(ctl("status").stdout)["playbook"]["version"] == "0.1-prior"
            allow.write_text("", encoding="utf-8")
            assert json.loads(ctl("reload").stdout)["version"] == "0.2-test"
            assert f"warning: {allow}: allow-list: 0 clients (was 1)" in daemon.log, daemon.log
            allow.write_text(good, encoding="utf-8")
            assert json.loads(ctl("reload").stdout)["generation"] == 2
            daemon.stop()
        allow.write_text("# nobody\n", encoding="utf-8")
        done = ast.run("aftershockd", "--config", config)
        assert done.returncode == 2 and f"{allow}: found no client" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(ast.run_tests(a_changed_playbook_is_taken_and_a_broken_one_is_not, another_configuration_is_said,
                           reloads_are_taken_one_after_the_other_once_recorded_time_has_begun,
                           of_playbook_and_allow_list_either_both_are_taken_or_neither))
