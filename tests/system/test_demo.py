"""`aftershock demo`: the whole way over real sockets, real ZeroMQ and a real Python bot, and the story at its end."""

import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.environ.get("AFTERSHOCK_ROOT", os.getcwd())
BIN = os.environ.get("AFTERSHOCK_BIN", "build/dev")
OVERREACTIONS = ("TSM", "TER", "LRCX", "KLAC", "GLW", "ASML")
ENVIRONMENT = {**os.environ, "AFTERSHOCK_DATA_DIR": os.path.join(ROOT, "examples")}
SECONDS = os.environ.get("AFTERSHOCK_DEMO_SECONDS", "12")


def the_story(folder):
    done = subprocess.run([os.path.join(BIN, "aftershock"), "demo", "--seconds", SECONDS, "-o", folder], check=False,
                          capture_output=True, text=True, timeout=250, env=ENVIRONMENT)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    story = done.stdout
    assert "\033" not in story, "colour is for terminals"
    assert "not a recording" in story
    for name in OVERREACTIONS:
        assert re.search(rf"^ .*\b{name} .* OVERREACTION$", story, re.M), (name, story)
    for name in ("CRWV", "NBIS", "IREN", "CORZ"):
        assert re.search(rf"^ .*\b{name} .* justified$", story, re.M), (name, story)
    found = set(re.findall(r"(\w+) +\S+ %.* OVERREACTION$", story, re.M))
    assert found - {"AMAT"} == set(OVERREACTIONS), found
    assert re.search(r"The trades +0 opened", story), story
    assert re.search(r"BREADTH_LOW +(\d) of \1 ", story), story
    assert "0 contradictions, 0 underreactions" in story, story
    assert "sequence gaps 0" in story, story
    assert re.search(r"nasdaq .* gaps 0, lost 0, dropped 0", story), story
    assert "latency, batch taken to decision on the ring" in story, story
    assert "lost 11 %" in story
    told = story[story.index("What happened"):].splitlines()
    assert len(told) <= 64 and max(map(len, told)) <= 100 + len(folder), told
    return story


def the_bot_received_every_decision(folder, story):
    messages = [json.loads(line) for line in open(os.path.join(folder, "bot.ndjson"), encoding="utf-8")]
    (decisions, live, replayed) = re.search(r"(\d+) decisions, sha256 (\w+)\.\. live, (\w+)\.\. from", story).groups()
    assert live == replayed
    assert len(messages) == int(decisions), (len(messages), decisions)
    kinds = {(message["kind"], message.get("action")) for message in messages if "action" in message}
    assert ("overreaction", "open") in kinds, kinds
    assert not any(kind in ("contradiction", "underreaction") for kind, _ in kinds), kinds
    assert ("mean_reversion", "open") not in kinds, kinds
    misses = [message for message in messages if message["kind"] == "mean_reversion"]
    assert misses and all("BREADTH_LOW" in message["reasons"] for message in misses)
    statuses = [message["status"] for message in messages if message["topic"].startswith("fact.")]
    assert statuses[0] == "prior_disclosure" and "rumour" in statuses, statuses


def the_journal_replays_to_the_live_hash(folder):
    log = open(os.path.join(folder, "daemon.log"), encoding="utf-8").read()
    live = re.search(r"^decisions \d+ sha256 (\w{64})$", log, re.M).group(1)
    (journal,) = [name for name in os.listdir(os.path.join(folder, "journal")) if name.endswith(".asj")]
    path = os.path.join(folder, "journal", journal)
    arguments = ["replay", "--config", os.path.join(folder, "daemon.yaml"), path, "--verify", path]
    done = subprocess.run([os.path.join(BIN, "aftershock"), *arguments], check=False, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done
    assert done.stderr.splitlines()[-1].endswith(live), (done.stderr, live)


def a_folder_with_files_is_refused(folder):
    done = subprocess.run([os.path.join(BIN, "aftershock"), "demo", "-o", folder], check=False, capture_output=True,
                          text=True, timeout=60, env=ENVIRONMENT)
    assert done.returncode == 1 and "a new or an empty one" in done.stderr, done


def a_missing_scenario_is_named(folder):
    done = subprocess.run([os.path.join(BIN, "aftershock"), "demo"], check=False, capture_output=True, text=True,
                          timeout=60, env={**os.environ, "AFTERSHOCK_DATA_DIR": folder})
    assert done.returncode == 1 and "scenario.yaml" in done.stderr, done


def main():
    with tempfile.TemporaryDirectory() as parent:
        folder = os.path.join(parent, "demo")
        story = the_story(folder)
        print("ok the_story")
        the_bot_received_every_decision(folder, story)
        print("ok the_bot_received_every_decision")
        for test in (the_journal_replays_to_the_live_hash, a_folder_with_files_is_refused, a_missing_scenario_is_named):
            test(folder)
            print("ok", test.__name__)


if __name__ == "__main__":
    sys.exit(main())
