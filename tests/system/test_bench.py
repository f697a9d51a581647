"""`aftershock bench` as a user meets it: its answers to wrong arguments, and a short run of `ring` in both formats."""

import json
import os
import subprocess
import sys

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
STAGE_KEYS = ("name", "inside", "count", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max", "offered_hz",
              "achieved_hz")


def bench(*arguments):
    return subprocess.run([PROGRAM, "bench", *arguments], capture_output=True, text=True, timeout=100, check=False)


def wrong_arguments_exit_2_and_name_what_is_allowed():
    for arguments in (["nonsense"], [], ["--json"], ["ring", "nonsense"]):
        done = bench(*arguments)
        assert done.returncode == 2, (arguments, done)
        assert done.stdout == "", done.stdout
        assert "allowed:" in done.stderr and "ring" in done.stderr, done.stderr
    for seconds in ("0", "-1", "x", "", "1e9", "nan"):
        done = bench("ring", "--seconds", seconds)
        assert done.returncode == 2 and "0.05 to 3600" in done.stderr, (seconds, done)
    for messages in ("0", "9999", "-20000", "x", "", "1e6", "100000001"):
        done = bench("decode", "--messages", messages)
        assert done.returncode == 2 and "10000 to 100000000" in done.stderr, (messages, done)
    assert bench("--no-such-option").returncode == 2


def list_and_help_exit_0():
    done = bench("--list")
    assert done.returncode == 0 and done.stdout.startswith("ring "), done
    done = bench("--help")
    assert done.returncode == 0 and "--seconds" in done.stdout, done


def json_has_the_environment_and_ordered_percentiles():
    done = bench("ring", "--json", "--seconds", "0.3")
    assert done.returncode == 0, done
    report = json.loads(done.stdout)
    assert report["schema"] == 1
    for key in ("cpu", "kernel", "compiler", "flags", "commit", "cpus_allowed", "ticks_hz", "ticks_cost_ns", "pinned"):
        assert key in report["environment"], key
    (ring,) = report["benchmarks"]
    assert ring["name"] == "ring"
    names = [stage["name"] for stage in ring["stages"]]
    for expected in ("flag ping-pong / 2 (floor)", "ring, 1,024 slots", "ring, 65,536 slots", "ring, round trip / 2"):
        assert expected in names, names
    for stage in ring["stages"]:
        for key in STAGE_KEYS:
            assert key in stage, (stage["name"], key)
        assert stage["count"] > 0, stage
        values = [stage[key] for key in ("min", "p50", "p90", "p99", "p99.9", "p99.99", "max")]
        assert values == sorted(values), stage
        if "open loop" in stage["name"]:
            assert stage["offered_hz"] > 0 and stage["achieved_hz"] > 0, stage


def text_goes_to_standard_output():
    done = bench("ring", "--seconds", "0.1")
    assert done.returncode == 0, done
    assert "p99.99" in done.stdout and "pinned" in done.stdout, done.stdout
    assert done.stderr == "", done.stderr


def main():
    for test in (wrong_arguments_exit_2_and_name_what_is_allowed, list_and_help_exit_0,
                 json_has_the_environment_and_ordered_percentiles, text_goes_to_standard_output):
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    sys.exit(main())
