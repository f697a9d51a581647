"""`aftershock keygen`: key files that ZeroMQ's own tools read, modes, refusals, and the line of the allow-list."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import zmq
import zmq.auth
from zmq.utils import z85

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")


def keygen(*arguments, where=None, status=0):
    done = subprocess.run([os.path.abspath(PROGRAM), "keygen", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False, cwd=where)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def pyzmq_reads_what_it_writes(where):
    done = keygen("-o", where, "server", "bot-1")
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and "server.key (secret)" in done.stderr, done
    for name, line in zip(("server", "bot-1"), lines):
        assert mode(where / f"{name}.key") == 0o600 and mode(where / f"{name}.pub") & 0o022 == 0
        public, secret = zmq.auth.load_certificate(where / f"{name}.key")
        assert zmq.auth.load_certificate(where / f"{name}.pub") == (public, None)
        assert zmq.curve_public(secret) == public and len(z85.decode(secret)) == 32
        assert line == f"{public.decode()} {name} sig.,shock.,fact.,feed.", line
        assert keygen("--public", where / f"{name}.key").stdout == public.decode() + "\n"
        assert keygen("--public", where / f"{name}.pub").stdout == public.decode() + "\n"


def it_reads_what_pyzmq_writes(where):
    public_file, secret_file = zmq.auth.create_certificates(where, "theirs", {"email": "x@example.org"})
    public, _ = zmq.auth.load_certificate(secret_file)
    assert keygen("--public", public_file).stdout == public.decode() + "\n"
    os.chmod(secret_file, 0o644)
    assert "mode 0644" in keygen("--public", secret_file, status=2).stderr
    os.chmod(secret_file, 0o600)
    assert keygen("--public", secret_file).stdout == public.decode() + "\n"


def two_sockets_talk_with_the_files(where):
    keygen("-o", where, "one", "two")
    server_public, server_secret = zmq.auth.load_certificate(where / "one.key")
    public, secret = zmq.auth.load_certificate(where / "two.key")
    with zmq.Context() as context, context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        pull.curve_server, pull.curve_secretkey = True, server_secret
        push.curve_serverkey, push.curve_publickey, push.curve_secretkey = server_public, public, secret
        push.linger = 0
        push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
        push.send(b"hello")
        assert pull.poll(10000) and pull.recv() == b"hello"


def files_are_not_overwritten_unless_forced(where):
    keygen("same", where=where)
    before = (where / "same.key").read_bytes()
    done = keygen("same", where=where, status=2)
    assert "same.pub: exists" in done.stderr and "--force" in done.stderr and done.stdout == ""
    (where / "same.pub").unlink()
    assert "same.key: exists" in keygen("same", where=where, status=2).stderr
    assert (where / "same.key").read_bytes() == before and not (where / "same.pub").exists()
    os.chmod(where / "same.key", 0o666)
    keygen("-f", "same", where=where)
    assert (where / "same.key").read_bytes() != before and mode(where / "same.key") == 0o600
    assert sorted(p.name for p in where.glob("same*")) == ["same.key", "same.pub"]


def secrets_are_not_printed(where):
    done = keygen("-o", where, "--grant", "*", "quiet")
    _, secret = zmq.auth.load_certificate(where / "quiet.key")
    assert secret.decode() not in done.stdout + done.stderr
    assert done.stdout.endswith(" quiet *\n")


def wrong_usage_is_said(where):
    for arguments, message in (
            ((), "found no NAME"),
            (("a/b",), "NAME: found 'a/b'"),
            (("x" * 32,), "up to 31 letters"),
            (("ok", ""), "NAME: found ''"),
            (("--grant", "", "ok"), "--grant: found nothing; allowed: topic prefixes"),
            (("--public", "f", "x"), "--public FILE takes no NAME; found 'x'"),
            (("--public", where / "none"), "none: cannot be opened"),
            (("-o", where / "none", "x"), "none/x.key: cannot be made: No such file"),
            (("--what",), "see `aftershock keygen --help`")):
        done = keygen(*arguments, where=where, status=2)
        assert message in done.stderr and done.stdout == "", (arguments, done)
    assert not (where / "ok.key").exists()
    assert keygen("--help").stdout.startswith("usage: aftershock keygen ")


def main():
    for test in (pyzmq_reads_what_it_writes, it_reads_what_pyzmq_writes, two_sockets_talk_with_the_files,
                 files_are_not_overwritten_unless_forced, secrets_are_not_printed, wrong_usage_is_said):
        with tempfile.TemporaryDirectory(prefix="ast-keygen-") as where:
            test(Path(where))
        print("ok", test.__name__, flush=True)


if __name__ == "__main__":
    if not zmq.has("curve"):
        print("skipped: libzmq without CURVE")
        sys.exit(77)
    main()
