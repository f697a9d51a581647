"""`aftershock ctl` against a running daemon: what it shows, what it commands, and how it fails."""

import json
import os
import re
import socket
import stat
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

LINES = ast.day()


def ctl(*arguments, status=0, **options):
    done = ast.run("aftershock", "ctl", *arguments, timeout=60, **options)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def ask(config, op, **options):
    return json.loads(ctl(op, "--config", config, "--json", **options).stdout)


def a_daemon_tells_its_state(config, where, daemon):
    ast.play_live(daemon, LINES)
    status = ask(config, "status")
    assert status["pid"] == daemon.process.pid and status["config"].endswith("aftershock.yaml"), status
    assert status["topology"] == "compact" and status["clock"] == "data" and status["halted"] is False, status
    assert status["playbook"] == {"version": "0.1-prior", "generation": 0, "reloads_failed": 0, "reload_error": None}
    assert status["endpoints"]["live"] == daemon.config["publish"]["live"] and not status["endpoints"]["curve"], status
    (feed,) = status["feeds"]
    assert feed["name"] == "wire" and feed["messages"] == len(LINES) and feed["bad"] == 0, feed
    assert status["ts_now"] >= json.loads(LINES[-1])["t"] and status["rss_bytes"] > 1 << 20, status
    assert 0 < status["epoch"] < 1 << 63 and status["gseq"] > 0, status

    text = ctl("status", cwd=where).stdout  # ./aftershock.sock
    assert re.search(rf"^pid +{daemon.process.pid}$", text, re.M), text
    assert re.search(rf"^epoch +{status['epoch']:016x}$", text, re.M), text
    assert re.search(r"^ts_now +2026-07-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", text, re.M), text
    assert status["journal"] == {"state": "written", "lost": 0}, status
    assert "\nplaybook\n  version" in text and "\nfeeds\n  name  state" in text, text
    assert stat.S_IMODE(os.stat(where / "aftershock.sock").st_mode) & 0o077 == 0, "for this user only"


def a_daemon_tells_its_counters(config, daemon):
    with daemon.subscriber("sig.", "hb.") as heartbeats:
        heartbeats.until("a heartbeat", lambda topic, body: topic == "hb.")

        def seen():
            stats = ask(config, "stats")
            return stats if stats["fanout"]["subscriptions"] >= 2 else None
        stats = ast.wait_for("two subscriptions", 10, seen)
        clients = ast.wait_for("a client", 10, lambda: ask(config, "subscribers")["clients"])
    assert set(stats) == {"core", "decision_latency_ns", "publisher", "fanout", "server", "feeds"}, stats
    assert stats["core"]["decisions"] > 0 and stats["core"]["dropped"] == 0, stats["core"]
    assert stats["core"]["journal_lost"] == 0, stats["core"]
    latency = stats["decision_latency_ns"]
    assert latency["count"] == stats["core"]["decisions"], stats
    assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"] < 10**11, latency
    assert stats["feeds"][0]["messages"] == len(LINES) and stats["feeds"][0]["headlines"] == 2, stats["feeds"]
    assert stats["publisher"]["gseq"] >= stats["publisher"]["published"] > 0, stats["publisher"]
    assert stats["server"]["messages"] > 0, stats["server"]
    assert clients[0]["where"] == "live" and clients[0]["subscriptions"] == 2 and clients[0]["dropped"] == 0, clients
    text = ctl("stats", "--config", config).stdout
    assert "\ndecision_latency_ns\n" in text and "\nfeeds\n  name" in text, text


def bots_are_halted_and_resumed(config, daemon):
    with daemon.subscriber("sys.", "hb.") as words:
        words.until("a heartbeat", lambda topic, body: topic == "hb.")
        for word, halted in (("halt", True), ("resume", False)):
            assert ask(config, word) == {"asked": word}
            words.until(word, lambda topic, body, word=word: topic == "sys." and body["what"] == word)
            ast.wait_for(f"halted {halted}", 10, lambda halted=halted: ask(config, "status")["halted"] is halted)


def a_reload_tells_its_outcome(config, where):
    playbook = where / "playbook.yaml"
    original = playbook.read_text(encoding="utf-8")
    playbook.write_text(original.replace('"0.1-prior"', '"0.2-test"'), encoding="utf-8")
    outcome = ask(config, "reload")
    assert outcome["version"] == "0.2-test" and outcome["generation"] == 1, outcome
    playbook.write_text(original.replace("os_open: 2.0 ", "os_open: lots "), encoding="utf-8")
    refused = ctl("reload", "--config", config, status=1)
    assert "reload refused" in refused.stderr and "found 'lots'" in refused.stderr, refused.stderr
    status = ask(config, "status")["playbook"]
    assert status["generation"] == 1 and status["reloads_failed"] == 1 and "lots" in status["reload_error"], status
    playbook.write_text(original, encoding="utf-8")
    assert "version         0.1-prior" in ctl("reload", "--config", config).stdout
    assert ask(config, "status")["playbook"]["generation"] == 2


def a_drain_ends_the_daemon(config, daemon):
    with daemon.subscriber("sys.", "hb.") as words:
        words.until("a heartbeat", lambda topic, body: topic == "hb.")
        assert ask(config, "drain") == {"asked": "drain"}
        bye = words.until("bye", lambda topic, body: topic == "sys." and body["what"] == "bye")[-1][1]
    assert bye["reason"] == "drain", bye
    assert daemon.process.wait(ast.START_S) == 0, daemon.log
    assert ast.decisions(daemon.log)[0] > 0
    assert "no daemon listens there" in ctl("status", "--config", config, status=1).stderr


def a_life_under_control():
    with ast.folder() as where:
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon:
            a_daemon_tells_its_state(config, where, daemon)
            a_daemon_tells_its_counters(config, daemon)
            bots_are_halted_and_resumed(config, daemon)
            a_reload_tells_its_outcome(config, where)
            a_drain_ends_the_daemon(config, daemon)


def without_a_daemon_it_says_which_path():
    with ast.folder() as where:
        began = time.monotonic()
        done = ctl("status", cwd=where, status=1)
        assert "./aftershock.sock: no daemon listens there" in done.stderr, done.stderr
        left = where / "left.sock"
        with socket.socket(socket.AF_UNIX) as behind:
            behind.bind(str(left))
        assert f"{left}: no daemon" in ctl("status", "--control", left, status=1).stderr  # nobody listens any more
        (where / "file").write_text("")
        ctl("status", "--control", where / "file", status=1)
        assert time.monotonic() - began < 4, "at once"
        long = "x" * 200
        assert "has at most 107 bytes" in ctl("status", "--control", long, status=1).stderr


def somebody_else_behind_the_socket_is_no_answer():
    with ast.folder() as where, socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(where / "mute.sock"))
        mute.listen(4)
        done = ctl("status", "--control", where / "mute.sock", "--timeout", "1", status=1)
        assert "within 1 s" in done.stderr and "mute.sock" in done.stderr, done.stderr


def wrong_usage_is_said():
    for arguments, message in (((), "found no COMMAND"), (("fly",), "COMMAND: found 'fly'; allowed: status"),
                               (("status", "stats"), "found 'stats' as well"),
                               (("status", "--config", "a", "--control", "b"), "allowed: one of them"),
                               (("status", "--config", "/nonexistent.yaml"), "/nonexistent.yaml"),
                               (("status", "--timeout", "0"), "--timeout: found '0'"),
                               (("status", "--what"), "--help"),
                               (("status", "--what"), "aftershock ctl: unrecognized option")):
        assert message in ctl(*arguments, status=2).stderr, (arguments, message)
    assert ctl("--help").stdout.startswith("usage: aftershock ctl ")


if __name__ == "__main__":
    sys.exit(ast.run_tests(wrong_usage_is_said, without_a_daemon_it_says_which_path,
                           somebody_else_behind_the_socket_is_no_answer, a_life_under_control))
