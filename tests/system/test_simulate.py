"""`aftershock simulate` as a user meets it: the same seed gives the same bytes, the files are what they say they are,
and a replay of them ends at the classes of truth.json."""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("AFTERSHOCK_ROOT", os.getcwd())
PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
FILES = ("aftershock.yaml", "universe.csv", "playbook.yaml", "daily.csv", "headlines.ndjson", "day.itch", "truth.json")
ENVIRONMENT = {**os.environ, "AFTERSHOCK_DATA_DIR": os.path.join(ROOT, "examples")}


def tool(*arguments, timeout=120):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=timeout, check=False,
                          env=ENVIRONMENT)


def content(folder):
    return {name: open(os.path.join(folder, name), "rb").read() for name in FILES}


def the_same_seed_gives_the_same_bytes(folder):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done = tool("simulate", "--seed", str(seed), "-o", os.path.join(folder, name))
        assert done.returncode == 0, done
        assert "not a recording" in done.stderr, done.stderr
        assert sorted(os.listdir(os.path.join(folder, name))) == sorted(FILES)
    a, b, c = (content(os.path.join(folder, name)) for name in "abc")
    assert a == b
    for name in ("daily.csv", "day.itch"):
        assert a[name] != c[name], name


def a_folder_with_files_is_left_alone(folder):
    before = content(os.path.join(folder, "a"))
    done = tool("simulate", "--seed", "9", "-o", os.path.join(folder, "a"))
    assert done.returncode == 2 and "-f" in done.stderr, done
    assert content(os.path.join(folder, "a")) == before
    done = tool("simulate", "--seed", "2", "-o", os.path.join(folder, "a"), "-f")
    assert done.returncode == 0, done
    assert content(os.path.join(folder, "a")) == content(os.path.join(folder, "c"))


def wrong_arguments_exit_2(folder):
    for arguments in ([], ["--seed", "1"], ["-o", folder], ["--seed", "x", "-o", folder], ["--odd"],
                      ["--seed", "-1", "-o", folder], ["--seed", "1", "-o", folder, "more"],
                      ["--seed", "1", "-o", os.path.join(folder, "z"), "--scenario", "/nowhere/s.yaml"]):
        done = tool("simulate", *arguments)
        assert done.returncode == 2 and done.stderr and not done.stdout, (arguments, done)
    assert not os.path.exists(os.path.join(folder, "z"))


def inspect_accepts_the_day(folder):
    b = os.path.join(folder, "b")
    config = os.path.join(b, "aftershock.yaml")
    done = tool("inspect", os.path.join(b, "day.itch"), "--config", config, "--format", "json")
    assert done.returncode == 0, done
    (day,) = json.loads(done.stdout)["inputs"]
    assert day["format"] == "itch50" and not day["truncated"] and not day["errors"], day
    assert day["symbols"] == 45, day
    assert day["by_type"]["S"] == 6 and day["by_type"]["R"] == day["by_type"]["H"] == 45, day["by_type"]
    for kind in "AUDE":
        assert day["by_type"][kind] > 1000, day["by_type"]


def a_replay_ends_at_the_truth(folder):
    b = os.path.join(folder, "b")
    names = os.path.join(folder, "names.ndjson")
    decisions = os.path.join(folder, "decisions.ndjson")
    done = tool("replay", "--config", os.path.join(b, "aftershock.yaml"), os.path.join(b, "daily.csv"),
                os.path.join(b, "headlines.ndjson"), os.path.join(b, "day.itch"), "--names", names, "--out", decisions)
    assert done.returncode == 0, done
    truth = json.loads(content(b)["truth.json"])
    assert truth["label"] == "reconstruction from published figures, not a recording"
    expected = {name["symbol"]: name for name in truth["names"]}
    linked = 0
    for line in open(names, encoding="utf-8"):
        name = json.loads(line)
        true = expected[name["symbol"]]
        assert name["role"] == true["role"], name
        assert abs(name["z"] - true["z"]) < 0.03, (name, true)
        if name["role"] == "linked":
            linked += 1
            assert abs(name["os"] - true["os"]) < 0.03, (name, true)
        if name["role"] == "epicentre":
            assert abs(name["m"] - truth["m"]) < 0.02 and name["b"] < 0.30, name
    assert linked == 38, linked
    opened = {}
    for line in open(decisions, encoding="utf-8"):
        decision = json.loads(line)
        if decision.get("action") == "open":
            opened.setdefault(decision["kind"], set()).add(decision["sym"])
    over = {symbol for symbol, name in expected.items() if name["expected"] == "overreaction"}
    assert set(opened) == {"overreaction"}, opened
    assert over - {"AMAT"} <= opened["overreaction"] <= over, opened


def main():
    with tempfile.TemporaryDirectory() as folder:
        for test in (the_same_seed_gives_the_same_bytes, inspect_accepts_the_day, a_replay_ends_at_the_truth,
                     a_folder_with_files_is_left_alone, wrong_arguments_exit_2):
            test(folder)
            print("ok", test.__name__)


if __name__ == "__main__":
    sys.exit(main())
