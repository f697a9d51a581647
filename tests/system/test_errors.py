"""What goes wrong for users: the exit status, and a message with the place, what was found and what is allowed."""

import errno
import gzip
import json
import os
import resource
import signal
import socket
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import seccomp  # noqa: E402  pylint: disable=wrong-import-position

LINES = ast.day()


def fails(config, *wanted, status=2, **options):
    """aftershockd ends with status and says all of wanted; `--check` agrees where the configuration is to blame."""
    done = ast.run("aftershockd", "--config", config, timeout=30, **options)
    assert done.returncode == status, (done.returncode, done.stderr)
    for text in wanted:
        assert text in done.stderr, f"{text!r} is not in: {done.stderr}"
    assert done.stdout == "" and "aftershockd: ready" not in done.stderr, done
    return done


def line_of(config, text):
    whole = Path(config).read_text(encoding="utf-8")
    return whole[:whole.index(text)].count("\n") + 1


def configuration_errors_name_file_line_key_found_and_allowed():
    cases = (  # keys of the configuration, text on the line to blame, what is said of it
        ({"playbok": "x"}, "playbok", "key 'playbok': found an unknown key, allowed universe, playbook, history"),
        ({"publish": {"heartbeat": "250 sec"}}, "250 sec", "key 'publish.heartbeat': found '250 sec'"),
        ({"publish": {"heartbeat": 250}}, "heartbeat", "allowed a whole number with a unit (ns, us, ms, s, m, h, d)"),
        ({"publish": {"live": "tcp://0.0.0.0:5600"}}, "0.0.0.0", "loopback"),
        ({"universe": "nope.csv"}, "nope.csv", "key 'universe': found 'nope.csv'"),
        ({"history": "nope.csv"}, "nope.csv", "No such file or directory"),
        ({"io": {"backend": "kqueue"}}, "kqueue", "allowed auto, uring, epoll"),
        ({"strategies": ["momentum"]}, "momentum", "allowed overreaction, mean_reversion"),
    )
    with ast.folder() as where:
        for keys, text, wanted in cases:
            config = ast.live_config(where, **keys)
            place = f"{config}:{line_of(config, text)}: "
            fails(config, place, wanted)
            done = ast.run("aftershockd", "--config", config, "--check")
            assert done.returncode == 2 and place in done.stderr and wanted in done.stderr, done.stderr
        fails(where / "none.yaml", f"{where}/none.yaml: cannot be opened: No such file or directory")
        (where / "broken.yaml").write_text("universe: universe.csv\nplaybook: [\n", encoding="utf-8")
        fails(where / "broken.yaml", f"{where}/broken.yaml:")
        fails(ast.live_config(where, feeds=[]), "feeds: found none")
        assert ast.run("aftershockd").returncode == 2


def a_universe_with_a_wrong_line_names_it():
    with ast.folder() as where:
        universe = where / "universe.csv"
        universe.write_text(universe.read_text(encoding="utf-8").replace("AAPL,Apple Inc.,consumer_tech,SPY",
                                                                         "AAPL,Apple Inc.,consumer_tech,SPX"),
                            encoding="utf-8")
        fails(ast.live_config(where), f"{universe}:{line_of(universe, 'SPX')}: ", "found 'SPX'")


def a_cut_file_is_read_to_its_last_whole_record():
    with ast.folder() as where:
        config = ast.write_config(where)
        whole = gzip.compress("".join(line + "\n" for line in LINES).encode())
        for name, data in (("cut.ndjson.gz", whole[:len(whole) // 2]),
                           ("cut.ndjson", "".join(line + "\n" for line in LINES).encode()[:50_000])):
            (where / name).write_bytes(data)
            done = ast.replay(config, where / name, "--summary", where / "summary.json")
            assert done.returncode == 0, done.stderr
            if name.endswith(".gz"):
                assert f"{where / name}: the file is cut; it was read up to the last whole record" in done.stderr
            (account,) = json.loads((where / "summary.json").read_text(encoding="utf-8"))["inputs"]
            assert account["truncated"] is True and 100 < account["rows"] < len(LINES), account


def a_file_of_no_known_format_is_an_error():
    with ast.folder() as where:
        config = ast.write_config(where)
        (where / "x.bin").write_bytes(b"\xdf\xb4\xb6\xce" + os.urandom(4000))
        done = ast.replay(config, where / "x.bin")
        assert done.returncode == 2, done.stderr
        assert f"{where}/x.bin: no known format: it begins with df b4 b6 ce" in done.stderr
        assert "known are ITCH 5.0" in done.stderr
        done = ast.replay(config, where / "none.ndjson")
        assert done.returncode == 2 and "none.ndjson: cannot be opened: No such file or directory" in done.stderr
        (where / "x.csv").write_text("a,b,c\n1,2,3\n", encoding="utf-8")
        done = ast.replay(config, where / "x.csv")
        assert done.returncode == 2 and "mapping" in done.stderr, done.stderr


def a_bad_line_is_counted_and_named_and_too_many_end_the_run():
    with ast.folder() as where:
        config = ast.write_config(where)
        lines = LINES[:10] + ['{"k":"bar","t":1'] + LINES[11:]
        day = ast.write_lines(where / "one.ndjson", lines)
        done = ast.replay(config, day, "--summary", where / "summary.json")
        assert done.returncode == 0 and f"warning: {day}:11: bad_json: " in done.stderr, done.stderr
        (account,) = json.loads((where / "summary.json").read_text(encoding="utf-8"))["inputs"]
        assert account["bad"] == 1 and account["errors"] == {"bad_json": 1} and account["rows"] == len(LINES), account
        done = ast.replay(config, day, "--strict")
        assert done.returncode == 2 and f"{day}:11: bad_json: " in done.stderr and "strict" in done.stderr, done.stderr

        for bad, status in ((10, 0), (11, 2)):
            day = ast.write_lines(where / "many.ndjson", LINES[:100] + ["nonsense"] * bad + LINES[100 + bad:])
            done = ast.replay(config, day)
            assert done.returncode == status, (bad, done.stderr)
        assert f"11 of {len(LINES)} lines are bad; allowed are 10, or one in 1000" in done.stderr, done.stderr


def a_bad_line_on_a_live_feed_is_counted_and_harmless():
    with ast.folder() as where:
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon:
            ast.play_live(daemon, LINES[:50] + ["nonsense"] + LINES[50:])
            status, log = daemon.stop()
        assert status == 0 and "bad 1," in log, log
        plain = ast.replay(config, ast.write_lines(where / "day.ndjson", LINES))
        assert ast.decisions(log) == ast.decisions(plain.stderr)


def a_port_in_use_names_the_endpoint():
    with ast.folder() as where, socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        tcp_port, udp_port = tcp.getsockname()[1], udp.getsockname()[1]
        taken = f"tcp://127.0.0.1:{tcp_port}"
        free = {"live": "tcp://127.0.0.1:*", "requests": "tcp://127.0.0.1:*"}
        for key in ("live", "latest", "requests"):
            fails(ast.live_config(where, publish=free | {key: taken}), f"publish.{key}: {taken} cannot be bound",
                  f"{taken}: it is in use by another process; is another daemon running?", status=1)
            away = f"ipc://{where}/none/{key}"
            fails(ast.live_config(where, publish=free | {key: away}), f"publish.{key}: {away} cannot be bound",
                  "its folder does not exist")
        (where / "plain").write_text("", encoding="utf-8")
        fails(ast.live_config(where, publish=free, control="plain"), f"control: {where}/plain cannot be bound",
              "found a file that is no socket; allowed: a free path")
        fails(ast.live_config(where, feeds=[{"name": "wire", "source": taken + "?mode=listen", "format": "ndjson"}]),
              f"TCP port {tcp_port} is in use", 'feed "wire"', "aftershock.yaml:", status=1)
        fails(ast.live_config(where, feeds=[{"name": "nasdaq", "source": f"udp://127.0.0.1:{udp_port}",
                                             "format": "itch50"}]),
              f"UDP port {udp_port} is in use", 'feed "nasdaq"', "aftershock.yaml:", status=1)


def a_second_daemon_leaves_the_first_alone():
    with ast.folder() as where:
        config = ast.live_config(where)
        with ast.Daemon(config) as daemon:
            fails(config, "is another daemon running?", status=1)
            ast.play_live(daemon, LINES)
            status, log = daemon.stop()
            assert status == 0 and ast.decisions(log)[0] > 0, log
            assert daemon.journal(), "one journal, the first one's"


def the_default_control_socket_of_a_living_daemon_is_not_shared():
    with ast.folder() as where:
        first, second = ast.live_config(where), ast.live_config(where, "second.yaml")
        with ast.Daemon(first) as daemon:
            done = fails(second, f"control: {where}/aftershock.sock cannot be bound", "it is in use",
                         "is another daemon running? Stop it, or choose another path", status=1)
            assert f"{second}: " in done.stderr and "warning" not in done.stderr, done.stderr
            assert not (where / "journal-second.yaml").exists()
            for word in ("halt", "status"):
                done = ast.run("aftershock", "ctl", word, "--config", second)
                assert done.returncode == 1 and done.stdout == "", done
                assert str(first) in done.stderr and str(second) in done.stderr, done.stderr
            status = json.loads(ast.run("aftershock", "ctl", "status", "--config", first, "--json").stdout)
            assert status["halted"] is False and status["config"] == str(first), status
            assert ast.run("aftershock", "ctl", "halt", "--config", "aftershock.yaml", cwd=where).returncode == 0
            daemon.stop()
        (where / "aftershock.sock").write_text("")  # a path that cannot be had, by default, is a warning
        with ast.Daemon(first) as daemon:
            assert "warning: control: " in daemon.log and "`aftershock ctl` finds nobody" in daemon.log, daemon.log


def a_start_that_fails_leaves_nothing_behind():
    with ast.folder() as where, socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        port = tcp.getsockname()[1]
        feeds = [{"name": "wire", "source": f"tcp://127.0.0.1:{port}?mode=listen", "format": "ndjson"}]
        free = {"live": "tcp://127.0.0.1:*", "requests": "tcp://127.0.0.1:*"}
        for keys in ({"feeds": feeds}, {"metrics": f"127.0.0.1:{port}"}):
            config = ast.live_config(where, publish=free, journal={"dir": "kept"}, **keys)
            done = fails(config, f"{config}:", str(port), status=1)
            assert not (where / "kept").exists(), (list((where / "kept").iterdir()), done.stderr)
            (where / "kept").mkdir()
            (where / "kept/other.asj").write_text("")
            fails(config, str(port), status=1)
            assert [path.name for path in (where / "kept").iterdir()] == ["other.asj"]
            (where / "kept/other.asj").unlink()
            (where / "kept").rmdir()


def what_cannot_be_had_is_named_with_its_file_and_key():
    with ast.folder() as where:
        (where / "file").write_text("")
        free = {"live": "tcp://127.0.0.1:*", "requests": "tcp://127.0.0.1:*"}
        for keys, key in (({"journal": {"dir": "file"}}, "journal.dir"),
                          ({"journal": {"dir": "none/deep"}}, "journal.dir"),
                          ({"publish": free | {"audit": str(where)}}, "publish.audit"),
                          ({"publish": free | {"audit": "none/audit.log"}}, "publish.audit"),
                          ({"publish": free | {"curve": {"server_key": "file", "allow": "file"}}}, "publish.curve"),
                          ({"publish": free, "metrics": "127.0.0.1:99999"}, "metrics")):
            config = ast.live_config(where, **keys)
            fails(config, str(config), key)
            before = sorted(where.iterdir())
            done = ast.run("aftershockd", "--config", config, "--check")
            if key != "metrics":
                assert done.returncode == 2 and f"{config}: {key}" in done.stderr, (keys, done)
            assert sorted(where.iterdir()) == before, "--check makes nothing"


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))


def a_journal_that_cannot_be_written_is_said_once_and_shown():
    with ast.folder() as where:
        config = ast.live_config(where)
        with ast.Daemon(config, preexec_fn=small_files) as daemon:
            ask = lambda op: json.loads(ast.run("aftershock", "ctl", op, "--config", config, "--json").stdout)
            assert ask("status")["journal"] == {"state": "written", "lost": 0}
            ast.play_live(daemon, LINES)
            ast.wait_for("the failure", 10, lambda: ask("status")["journal"]["state"] == "failed")
            assert ask("stats")["core"]["journal_failed"] == 1
            status, log = daemon.stop()
        assert status == 1 and log.count("journal cannot be written") == 1, (status, log)


def io_uring_refused_is_said_with_cause_and_remedy():
    with ast.folder() as where:
        for error, name in ((errno.EPERM, "EPERM"), (errno.ENOSYS, "ENOSYS")):
            refuse = seccomp.without_io_uring(error)
            config = ast.live_config(where, "uring.yaml", io={"backend": "uring"})
            fails(config, "io_uring unavailable: ", name, "Cause: ", "Fix: ", "seccomp", preexec_fn=refuse)
            config = ast.live_config(where, f"auto-{name}.yaml", io={"backend": "auto"})
            with ast.Daemon(config, preexec_fn=refuse) as daemon:
                assert "warning: " in daemon.log and "io_uring unavailable: " in daemon.log, daemon.log
                assert "io backend epoll" in daemon.log, daemon.log
                ast.play_live(daemon, LINES)
                status, log = daemon.stop()
                assert status == 0 and ast.decisions(log)[0] > 0, log


if __name__ == "__main__":
    sys.exit(ast.run_tests(
        configuration_errors_name_file_line_key_found_and_allowed, a_universe_with_a_wrong_line_names_it,
        a_cut_file_is_read_to_its_last_whole_record, a_file_of_no_known_format_is_an_error,
        a_bad_line_is_counted_and_named_and_too_many_end_the_run, a_bad_line_on_a_live_feed_is_counted_and_harmless,
        a_port_in_use_names_the_endpoint, a_second_daemon_leaves_the_first_alone,
        the_default_control_socket_of_a_living_daemon_is_not_shared, a_start_that_fails_leaves_nothing_behind,
        what_cannot_be_had_is_named_with_its_file_and_key, a_journal_that_cannot_be_written_is_said_once_and_shown,
        io_uring_refused_is_said_with_cause_and_remedy))
