"""ITCH over SoupBinTCP from a real server: login, heartbeats, resuming in the middle of a packet, other sessions."""

import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import live_market as live  # noqa: E402  pylint: disable=wrong-import-position
from tests.support.itch_sender import Market  # noqa: E402  pylint: disable=wrong-import-position
from tests.support.soup_server import SoupServer  # noqa: E402  pylint: disable=wrong-import-position


def config(where, server, password="pass", mode=0o600):
    secret = where / "secret"
    secret.write_text(password + "\n", encoding="utf-8")
    secret.chmod(mode)
    return ast.live_config(where, journal={"dir": "journal"}, feeds=[
        {"name": "nasdaq", "source": f"tcp://127.0.0.1:{server.port}", "framing": "soupbintcp", "format": "itch50",
         "user": "user01", "secret": "secret"}])


def account(log):
    """What the daemon says of the feed at its end."""
    (line,) = re.findall(r"^feed nasdaq: (.*)$", log, re.M)
    return {name: int(count) for count, name in re.findall(r"(\d+) (packets|messages|events)", line)} | \
           {name: int(count) for name, count in re.findall(r"(gaps|lost|duplicates|dropped|bad) (\d+)", line)}


def quotes(market, count):
    return [m for i in range(count)
            for m in market.quote("NVDA", f"{100 + i % 7}.00", 100, f"{101 + i % 7}.00", 100, live.stamp())]


def a_cut_line_is_resumed_without_loss_and_a_new_session_starts_again():
    with ast.folder() as where, SoupServer() as server:
        market = Market(["NVDA", "AMD"])
        server.publish(market.open(live.stamp()))
        with ast.Daemon(config(where, server)) as daemon:
            ast.wait_for("login", ast.START_S, lambda: server.connected)
            assert server.logins == [("", 1)], server.logins
            for cut in (1, 2, 3, 20):
                server.cut_after = cut
                next_seq = server.publish(quotes(market, 5))
                ast.wait_for("the client is back", ast.START_S, lambda: server.connected)
                session, seq = server.logins[-1]
                assert session == "S1" and seq <= next_seq, server.logins
            server.piece_bytes = 1
            server.publish(quotes(market, 10))
            server.piece_bytes = 0
            before = server.heartbeats
            ast.wait_for("a client's heartbeat", ast.START_S, lambda: server.heartbeats > before)
            sent = len(server.messages)
            server.restart("S2")
            market = Market(["NVDA", "AMD"])
            sent += server.publish(market.open(live.stamp()) + quotes(market, 20)) - 1
            ast.wait_for("the client is back", ast.START_S, lambda: server.connected)
            assert server.logins[-2:] == [("S1", sent - len(server.messages) + 1), ("", 1)], server.logins
            with daemon.subscriber("feed.", "hb.") as subscriber:
                subscriber.until("live", lambda topic, body: topic == "hb." and body["feeds"] == {"nasdaq": "live"})
            status, log = daemon.stop()
        assert status == 0, log
        found = account(log)
        assert found["messages"] == sent, (found, sent)
        assert found["gaps"] == found["lost"] == found["duplicates"] == found["dropped"] == found["bad"] == 0, found
        ast.wait_for("a logout", ast.START_S, lambda: server.logouts == 1)
        done = ast.replay(where / "aftershock.yaml", daemon.journal(), "--verify", daemon.journal())
        assert done.returncode == 0, done.stderr


def a_wrong_password_is_said_once_and_the_daemon_goes_on():
    with ast.folder() as where, SoupServer(password="other") as server:
        with ast.Daemon(config(where, server)) as daemon:
            daemon.wait_log('login of user "user01" to session "" rejected: not authorised')
            with daemon.subscriber("hb.") as subscriber:
                subscriber.until("connecting", lambda topic, body: body["feeds"] == {"nasdaq": "connecting"})
            status, log = daemon.stop()
        assert status == 0, log
        assert log.count("rejected") == 1 and "pass\n" not in log, log
        assert server.logins == [("", 1)], server.logins
        assert account(log)["bad"] == 1, log


def a_secret_that_others_can_read_is_refused():
    with ast.folder() as where, SoupServer() as server:
        done = ast.run("aftershockd", "--config", config(where, server, mode=0o644), timeout=ast.START_S)
        assert done.returncode == 2, done
        assert "mode 0644" in done.stderr and "chmod 600" in done.stderr and "secret" in done.stderr, done.stderr
        assert not server.logins


if __name__ == "__main__":
    sys.exit(ast.run_tests(a_cut_line_is_resumed_without_loss_and_a_new_session_starts_again,
                           a_wrong_password_is_said_once_and_the_daemon_goes_on,
                           a_secret_that_others_can_read_is_refused))
