"""CURVE from end to end, as docs/SECURITY.md sets it up: keys by keygen, stock pyzmq clients, grants, revocation."""

import json
import os
import sys
import time
from pathlib import Path

import msgpack
import zmq
import zmq.auth

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position


def keygen(where, *arguments):
    done = ast.run("aftershock", "keygen", "-o", where, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def client(where, context, kind, endpoint, name, *prefixes):
    """A socket with the keys of name; without CURVE if name is None."""
    made = context.socket(kind)
    made.linger = 0
    if name:
        made.curve_serverkey = zmq.auth.load_certificate(where / "server.pub")[0]
        made.curve_publickey, made.curve_secretkey = zmq.auth.load_certificate(where / f"{name}.key")
    for prefix in prefixes:
        made.subscribe(prefix)
    made.connect(endpoint)
    return made


def topics(socket, seconds):
    """The topics that arrive within seconds of the first one, or in that time at all."""
    seen, end = set(), time.monotonic() + seconds
    while time.monotonic() < end:
        if socket.poll(100):
            seen.add(socket.recv_multipart()[0].decode())
    return seen


def request(socket, **keys):
    if not socket.poll(3000, zmq.POLLOUT):
        return None  # there is no connection to send on: a send would wait for ever
    socket.send(msgpack.packb(keys))
    return msgpack.unpackb(socket.recv()) if socket.poll(3000) else None


def curve_config(where):
    (where / "clients.txt").write_text(keygen(where, "--grant", "sig.,feed.", "bot") +
                                       keygen(where, "--grant", "*", "all"), encoding="utf-8")
    keygen(where, "server", "stranger")
    publish = {"live": f"tcp://127.0.0.1:{ast.free_port()}", "requests": f"tcp://127.0.0.1:{ast.free_port()}",
               "heartbeat": "50ms", "curve": {"server_key": "server.key", "allow": "clients.txt"}, "audit": "audit.log"}
    return ast.live_config(where, publish=publish)


def audit(where, what):
    lines = map(json.loads, (where / "audit.log").read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["what"] == what]


def ctl(config, op):
    done = ast.run("aftershock", "ctl", op, "--config", config, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def who_is_on_the_list_comes_in_as_far_as_granted():
    with ast.folder() as where, zmq.Context() as context:
        config = curve_config(where)
        with ast.Daemon(config) as daemon:
            live, requests = daemon.config["publish"]["live"], daemon.config["publish"]["requests"]
            with client(where, context, zmq.SUB, live, "bot", "") as greedy, \
                    client(where, context, zmq.SUB, live, "bot", "sig.", "hb.") as bot, \
                    client(where, context, zmq.SUB, live, "all", "") as everything, \
                    client(where, context, zmq.SUB, live, "stranger", "hb.") as stranger, \
                    client(where, context, zmq.SUB, live, None, "hb.") as plain:
                assert bot.poll(10000) and everything.poll(10000)
                assert not topics(greedy, 0.3), "its only subscription reaches beyond its grant"
                assert not topics(stranger, 0.1) and not topics(plain, 0.1)
                stats = ctl(config, "stats")["fanout"]
                assert stats["forged"] >= 1 and stats["refused_key"] >= 1, stats
                names = {c["name"] for c in ctl(config, "subscribers")["clients"]}
                assert names == {"bot", "all"}, names
            with client(where, context, zmq.DEALER, requests, "bot") as bot, \
                    client(where, context, zmq.DEALER, requests, "stranger") as stranger:
                assert request(bot, op="ping", id=1)["error"] is None
                assert request(bot, op="snapshot", prefix="fact.")["error"] == "denied"
                assert request(bot, op="snapshot", prefix="sig.")["error"] is None
                if stranger.poll(500, zmq.POLLOUT):
                    stranger.send(msgpack.packb({"op": "ping"}))
                assert not stranger.poll(500)
            assert {line["client"] for line in audit(where, "joined")} >= {"bot", "all"}
            assert audit(where, "forged")[0]["client"] == "bot"
            key = zmq.auth.load_certificate(where / "stranger.pub")[0].decode()
            assert any(key in (line["reason"] or "") for line in audit(where, "refused")), audit(where, "refused")


def who_is_taken_off_the_list_is_out():
    with ast.folder() as where, zmq.Context() as context:
        config = curve_config(where)
        with ast.Daemon(config) as daemon:
            live, requests = daemon.config["publish"]["live"], daemon.config["publish"]["requests"]
            with daemon.tcp() as wire, client(where, context, zmq.SUB, live, "bot", "hb.") as bot, \
                    client(where, context, zmq.SUB, live, "all", "hb.") as everything, \
                    client(where, context, zmq.DEALER, requests, "bot") as dealer:
                assert bot.poll(10000) and everything.poll(10000) and request(dealer, op="ping")["error"] is None
                wire.sendall("".join(line + "\n" for line in ast.day()[:30]).encode())  # a reload needs a time
                ast.wait_for("time", 10, lambda: ctl(config, "status")["ts_now"])
                lines = (where / "clients.txt").read_text(encoding="utf-8").splitlines()
                (where / "clients.txt").write_text("# " + lines[0] + "\n" + lines[1] + "\n", encoding="utf-8")
                assert ctl(config, "reload")["generation"] == 1
                ast.wait_for("one client", 10, lambda: [c["name"] for c in
                                                            ctl(config, "subscribers")["clients"]] == ["all"])
                topics(bot, 0.2)  # what had arrived
                assert not topics(bot, 0.5) and topics(everything, 0.5)
                answer = request(dealer, op="ping")
                assert answer is None or answer["error"] == "denied", answer
                (where / "clients.txt").write_text("nonsense\n", encoding="utf-8")
                done = ast.run("aftershock", "ctl", "reload", "--config", config)
                assert done.returncode == 1, done.stderr
                assert "clients.txt:1: public key: found 'nonsense'" in done.stderr, done.stderr
                assert topics(everything, 0.3), "the list in force stays"


def the_tool_listens_with_keys_and_says_what_it_waits_for():
    with ast.folder() as where:
        config = curve_config(where)
        server = keygen(where, "--public", where / "server.pub").strip()
        with ast.Daemon(config) as daemon:
            live = daemon.config["publish"]["live"]
            for key in (where / "server.pub", server):
                done = ast.run("aftershock", "listen", live, "--topic", "hb.", "--count", "1", "--timeout", "10",
                               "--server-key", key, "--key", where / "bot.key")
                assert done.returncode == 0 and " hb. " in done.stdout, done
            done = ast.run("aftershock", "listen", live, "--topic", "hb.", "--timeout", "3")
            assert done.returncode == 1 and f"listen: waiting for {live} (" in done.stderr, done
            assert "no message for 3 s" in done.stderr, done.stderr
        for arguments, wanted in ((("--key", where / "bot.key"), "found only one of --server-key and --key"),
                                  (("--key", where / "none.key", "--server-key", server), "none.key"),
                                  (("--key", where / "bot.key", "--server-key", "short"), "--server-key")):
            done = ast.run("aftershock", "listen", *arguments)
            assert done.returncode == 2 and wanted in done.stderr, done


def keys_that_others_can_read_are_refused():
    with ast.folder() as where:
        config = curve_config(where)
        assert ast.run("aftershockd", "--config", config, "--check").returncode == 0
        os.chmod(where / "server.key", 0o640)
        for arguments in ((), ("--check",)):
            done = ast.run("aftershockd", "--config", config, *arguments)
            assert done.returncode == 2, done.stderr
            assert "server.key: holds a secret key and has mode 0640" in done.stderr, done.stderr


if __name__ == "__main__":
    if not zmq.has("curve"):
        ast.skip("libzmq without CURVE")
    sys.exit(ast.run_tests(keys_that_others_can_read_are_refused, who_is_on_the_list_comes_in_as_far_as_granted,
                           who_is_taken_off_the_list_is_out, the_tool_listens_with_keys_and_says_what_it_waits_for))
