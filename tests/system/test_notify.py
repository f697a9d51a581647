"""What a service manager hears: ready when it is, alive while it is, stopping when it ends; and the unit file."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

UNIT = ast.ROOT / "examples/systemd/aftershock.service"


def hear(manager, wanted):
    said = []
    while not said or said[-1] != wanted:
        said.append(manager.recv(4096).decode())
    return said


def a_manager_is_told(name):
    with ast.folder() as where, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = name or str(where / "notify")
        manager.bind(path.replace("@", "\0", 1))
        manager.settimeout(ast.START_S)
        os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")
        try:
            with ast.Daemon(ast.live_config(where)) as daemon:
                assert hear(manager, "READY=1") == ["READY=1"]
                assert hear(manager, "WATCHDOG=1") == ["WATCHDOG=1"]
                hear(manager, "WATCHDOG=1")
                assert daemon.stop()[0] == 0
                assert set(hear(manager, "STOPPING=1")) <= {"WATCHDOG=1", "STOPPING=1"}
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]


def a_manager_is_told_by_path():
    a_manager_is_told("")


def a_manager_is_told_by_an_abstract_name():
    a_manager_is_told(f"@ast-notify-{os.getpid()}")


def a_manager_that_is_gone_is_no_harm():
    with ast.folder() as where:
        os.environ.update(NOTIFY_SOCKET=str(where / "nobody"), WATCHDOG_USEC="junk")
        try:
            with ast.Daemon(ast.live_config(where)) as daemon:
                assert daemon.stop()[0] == 0
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]


def the_unit_file_is_right():
    if not shutil.which("systemd-analyze"):
        print("no systemd-analyze: the unit file is not checked")
        return
    with ast.folder() as where:
        copy = where / UNIT.name
        unit = UNIT.read_text(encoding="utf-8")
        copy.write_text(re.sub(r"/usr/bin/aftershockd?\b", "/bin/true", unit), encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0 and UNIT.name not in done.stderr, done.stderr
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20",
                               str(copy)],
                              capture_output=True, text=True, timeout=60, check=False)
        if "unrecognized option" in done.stderr:
            return  # before systemd 250
        assert done.returncode == 0, done.stdout[-300:]


if __name__ == "__main__":
    sys.exit(ast.run_tests(a_manager_is_told_by_path, a_manager_is_told_by_an_abstract_name,
                           a_manager_that_is_gone_is_no_harm, the_unit_file_is_right))
