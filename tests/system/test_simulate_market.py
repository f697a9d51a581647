"""`aftershock simulate` of a whole market: the folder, its truth, all formats, and what the engine makes of it."""

import collections
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("AFTERSHOCK_ROOT", os.getcwd())
PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
SCENARIO = os.path.join(ROOT, "examples/market/market.yaml")
FILES = {"aftershock.yaml", "universe.csv", "playbook.yaml", "daily.csv", "headlines.ndjson", "bars.csv", "truth.json"}
PRICED = {"justified", "overreaction", "no_reversion", "denial", "rumour_confirmed"}


def tool(*arguments, timeout=120):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=timeout, check=False)


def simulate(folder, *more, seed=7):
    return tool("simulate", "--seed", str(seed), "--scenario", SCENARIO, *more, "-o", folder)


def truth_of(folder):
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as file:
        return json.load(file)


def lines_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def content(folder):
    return {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))}


def the_same_seed_gives_the_same_bytes(folder):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done = simulate(os.path.join(folder, name), "--sessions", "4", seed=seed)
        assert done.returncode == 0 and "not a recording" in done.stderr, done
    a, b, c = (content(os.path.join(folder, name)) for name in "abc")
    assert set(a) == FILES, set(a)
    assert a == b
    for name in ("bars.csv", "daily.csv", "headlines.ndjson", "truth.json"):
        assert a[name] != c[name], name
    again = simulate(os.path.join(folder, "a"), "--sessions", "4", seed=2)
    assert again.returncode == 2 and "-f" in again.stderr, again
    again = simulate(os.path.join(folder, "a"), "--sessions", "4", "-f", seed=2)
    assert again.returncode == 0 and content(os.path.join(folder, "a")) == c, again


def the_history_comes_before(folder):
    rows = open(os.path.join(folder, "c", "daily.csv"), encoding="utf-8").read().split()[1:]
    first = truth_of(os.path.join(folder, "c"))["sessions"][0]["date"]
    dates = {row.split(",")[0] for row in rows if row.split(",")[1] == "SPY"}
    assert len(dates) == 300 and max(dates) < first, (len(dates), max(dates), first)


def the_truth_has_its_keys(folder):
    truth = truth_of(folder)
    assert truth["schema"] == 2 and truth["kind"] == "market" and truth["seed"] == 7
    assert len(truth["sessions"]) == 30
    headlines = {line["id"]: line for line in lines_of(folder, "headlines.ndjson")}
    kinds = collections.Counter(event["kind"] for event in truth["events"])
    assert kinds["noise"] > 5 and kinds["unrelated"] > 400, kinds
    assert sum(kinds[kind] for kind in PRICED) >= 5, kinds
    told = set()
    for event in truth["events"]:
        told.update(event["headlines"])
        assert headlines[event["headlines"][0]]["t"] == event["t0"], event
        if event["kind"] == "unrelated":
            continue
        assert {"issuer", "family", "denied_at", "confirmed_at", "m", "g", "dir", "t_ref", "h_ref"} <= set(event)
        for name in event["names"]:
            planted = event["kind"] in ("overreaction", "no_reversion")
            assert planted or name["excess"] == 0, event
            assert (name["half_life_ns"] is not None) == (event["kind"] == "overreaction" and name["excess"] != 0)
            assert abs(abs(name["e"]) - abs(name["w"]) * event["g"] * event["m"]) < 1e-4, (event["id"], name)
            if event["kind"] in PRICED:
                assert 0.001 < name["sigma"] < 0.2, name
    assert told == set(headlines)
    starts = {event["id"] for event in truth["events"] if event["kind"] in PRICED}
    assert sum(not session["null"] for session in truth["sessions"]) <= 2 * len(starts)
    assert any(session["null"] for session in truth["sessions"])


def the_desk_reads_the_newswire(folder):
    truth = truth_of(folder)
    done = tool("desk", "--config", os.path.join(folder, "aftershock.yaml"), os.path.join(folder, "headlines.ndjson"),
                "--json")
    assert done.returncode == 0, done
    read = {line["id"]: line for line in map(json.loads, done.stdout.splitlines())}
    right, cue, everything = 0, 0, 0
    cue_of = {"RUMOUR_T1": "rumour", "RUMOUR_T2": "rumour", "DEVELOPING": "confirmed", "CONFIRMED": "confirmed"}
    for event in truth["events"]:
        if event["kind"] == "unrelated":
            continue
        for headline in event["headlines"]:
            line = read[headline]
            everything += 1
            right += line["issuers"] == [event["issuer"]] and line["event"] == event["family"]
        cue += read[event["headlines"][0]]["cue"] == cue_of[event["status"]]
        if event["denied_at"]:
            assert read[event["headlines"][-1]]["status"] == "denied", event
        if event["confirmed_at"]:
            assert read[event["headlines"][-1]]["status"] in ("confirmed", "updated"), event
    assert right >= 0.98 * everything, (right, everything)
    assert cue >= 0.98 * sum(event["kind"] != "unrelated" for event in truth["events"])


def a_replay_finds_what_was_planted(folder):
    decisions = os.path.join(folder, "decisions.ndjson")
    done = tool("replay", "--config", os.path.join(folder, "aftershock.yaml"), os.path.join(folder, "bars.csv"),
                os.path.join(folder, "headlines.ndjson"), "--out", decisions)
    assert done.returncode == 0, done
    truth = truth_of(folder)
    event_of = {headline: event["id"] for event in truth["events"] for headline in event["headlines"]}
    found = set()
    for line in lines_of(folder, "decisions.ndjson"):
        if line["kind"] == "overreaction" and line["action"] == "open":
            found.update((event_of[headline], line["sym"], line["side"]) for headline in line["headlines"])
    hit = planted = 0
    for event in truth["events"]:
        for name in event["names"]:
            if abs(name.get("planted_os", 0)) >= 3:
                planted += 1
                hit += (event["id"], name["symbol"], -1 if name["excess"] > 0 else 1) in found
    assert planted >= 15 and hit >= 0.75 * planted, (hit, planted)
    print(f"   {hit} of {planted} planted overreactions of 3 and more found")


def every_format_is_what_it_says(folder):
    expected = {"ndjson": ("ticks.ndjson", "ndjson"), "itch": ("20250203.itch", "itch50"),
                "moldudp64": ("20250203.pcapng", "pcapng")}
    messages = {}
    for word, (name, kind) in expected.items():
        place = os.path.join(folder, word)
        done = simulate(place, "--sessions", "1", "--format", word)
        assert done.returncode == 0, done
        assert set(os.listdir(place)) == FILES - {"bars.csv"} | {name}, os.listdir(place)
        done = tool("inspect", os.path.join(place, name), "--config", os.path.join(place, "aftershock.yaml"),
                    "--format", "json")
        assert done.returncode == 0, done
        (seen,) = json.loads(done.stdout)["inputs"]
        assert seen["format"] == kind and not seen["truncated"] and not seen["errors"] and not seen["gaps"], seen
        messages[word] = seen["messages"]
        assert (seen["symbols"] >= 60) and seen["events"] > 50000, seen
    assert messages["itch"] == messages["moldudp64"], messages


def wrong_arguments_exit_2(folder):
    place = os.path.join(folder, "z")
    day = os.path.join(ROOT, "examples/reference-day/scenario.yaml")
    for more in (["--sessions", "0"], ["--sessions", "x"], ["--format", "xml"], ["--bar-minutes", "61"],
                 ["--format", "itch", "--bar-minutes", "1"], ["--scenario", day, "--sessions", "3"]):
        done = simulate(place, *more)
        assert done.returncode == 2 and done.stderr and not done.stdout, (more, done)
    broken = os.path.join(folder, "broken.yaml")
    with open(broken, "w", encoding="utf-8") as file:
        file.write(open(SCENARIO, encoding="utf-8").read().replace("arch: 0.06", "arch: much"))
    done = tool("simulate", "--seed", "1", "--scenario", broken, "-o", place)
    line = 1 + open(broken, encoding="utf-8").read().split("arch: much")[0].count("\n")
    assert done.returncode == 2 and f"broken.yaml:{line}:" in done.stderr and "volatility.arch" in done.stderr, done
    assert not os.path.exists(place)


def main():
    with tempfile.TemporaryDirectory() as folder:
        the_same_seed_gives_the_same_bytes(folder)
        the_history_comes_before(folder)
        place = os.path.join(folder, "market")
        done = simulate(place, "--sessions", "30", "--bar-minutes", "5")
        assert done.returncode == 0, done
        for test in (the_truth_has_its_keys, the_desk_reads_the_newswire, a_replay_finds_what_was_planted):
            test(place)
            print("ok", test.__name__)
        for test in (every_format_is_what_it_says, wrong_arguments_exit_2):
            test(folder)
            print("ok", test.__name__)


if __name__ == "__main__":
    sys.exit(main())
