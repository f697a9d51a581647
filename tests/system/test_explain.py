"""`aftershock explain`: one signal from its headlines to the ticks to its decisions, on the simulated reference day."""

import collections
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.environ.get("AFTERSHOCK_ROOT", os.getcwd())
TOOL = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
ENVIRONMENT = {**os.environ, "AFTERSHOCK_DATA_DIR": os.path.join(ROOT, "examples")}
VETOES = {"BREADTH_LOW", "NO_EDGE", "NO_OU", "UNSTABLE", "SESSION_START"}


def run(*arguments, status=0):
    done = subprocess.run([TOOL, *arguments], check=False, capture_output=True, text=True, timeout=120,
                          env=ENVIRONMENT)
    assert done.returncode == status, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


class Day:
    """The day's folder, a journal of it in journal.dir, and what was decided."""

    def __init__(self, folder):
        run("simulate", "--seed", "7", "-o", folder)
        self.config = os.path.join(folder, "aftershock.yaml")
        with open(self.config, "a", encoding="utf-8") as config:
            config.write("journal: {dir: journal}\n")
        os.mkdir(os.path.join(folder, "journal"))
        self.inputs = [os.path.join(folder, name) for name in ("daily.csv", "headlines.ndjson", "day.itch")]
        self.journal = os.path.join(folder, "journal", "aftershock-0000000000000001.asj")
        run("convert", *self.inputs, "--config", self.config, "-o", self.journal)
        out = os.path.join(folder, "out.ndjson")
        run("replay", "--config", self.config, *self.inputs, "--out", out)
        with open(out, encoding="utf-8") as lines:
            self.lines = [line.rstrip("\n") for line in lines]
        self.by_id = collections.defaultdict(list)
        for line in self.lines:
            decision = json.loads(line)
            if "id" in decision:
                self.by_id[decision["id"]].append((line, decision))

    def first(self, kind, symbol):
        """The id with the most decisions of a kind on a name."""
        found = [(len(said), id_) for id_, said in self.by_id.items()
                 if said[0][1]["kind"] == kind and said[0][1]["sym"] == symbol]
        return max(found)[1]


def the_object_has_the_journals_own_lines(day):
    id_ = day.first("mean_reversion", "TSM")
    told = json.loads(run("explain", id_, "--config", day.config, "--json").stdout)
    assert told["schema"] == 1 and told["id"] == id_ and told["equals_journal"] is True, told["equals_journal"]
    assert told["recording"] == day.journal, told["recording"]
    steps = [step for step in told["steps"] if step["type"] == "sig"]
    assert told["decisions"] == len(steps) == len(day.by_id[id_])
    for step, (_, decision) in zip(steps, day.by_id[id_]):
        assert step["decision"] == decision, (step["decision"], decision)
    assert [step["type"] for step in told["steps"][:3]] == ["fact", "shock", "shock"]
    assert [item["id"] for item in told["headlines"]] == ["bbg-1", "rtr-1", "agg-1"], told["headlines"]
    assert told["headlines"][0]["cue"] == "rumour" and "excess AI compute" in told["headlines"][0]["text"]
    anchors = {anchor["role"]: anchor for anchor in told["anchors"]}
    assert anchors["epicentre"]["symbol"] == "META" and anchors["name"]["symbol"] == "TSM"
    assert anchors["name"]["ts"] < told["headlines"][0]["ts_recv"]
    return steps


def every_veto_is_a_condition_that_failed(steps):
    seen = set()
    for step in steps:
        vetoes = {reason["code"] for reason in step["reasons"] if reason["veto"]}
        failed = {condition["veto"] for condition in step["conditions"] if not condition["held"]}
        assert step["near_miss"] and failed <= vetoes, (failed, vetoes)
        together = {"SESSION_START", "NO_BORROW", "COOLDOWN", "HALT", "STALE", "WARMUP", "NO_FACTOR", "UNSTABLE"}
        assert vetoes - failed <= together, (failed, vetoes)
        seen |= failed
        for condition in step["conditions"]:
            if condition["veto"] == "BREADTH_LOW":
                assert condition["threshold"] == "breadth_gate" and condition["limit"] == 0.3
                assert condition["held"] == (condition["found"] >= condition["limit"]), condition
        # E, and so OS, follow from the evidence by the formula
        decision, evidence = step["decision"], step["evidence"]
        assert abs(abs(evidence["w"] * decision["g"] * decision["m"]) - abs(decision["e"])) < 1e-9
    assert VETOES <= seen, seen


def the_text_is_for_people(day):
    id_ = day.first("overreaction", "TSM")
    told = run("explain", id_[:8], "--config", day.config).stdout
    assert max(map(len, told.splitlines())) <= 100 + len(day.journal), [x for x in told.splitlines() if len(x) > 100]
    for part in (f"SIGNAL {id_}", "equal to the journal, byte for byte", "Bloomberg (press, tier 1)",
                 "people familiar say", "epicentre  META", "the name   TSM", "market     SPY", "E = w G M dir",
                 "[SCIENCE 3.3]", "os_open", "NO_CHANNEL"):
        assert part in told, (part, told)
    every = run("explain", id_[:8], "--config", day.config, "--all").stdout
    assert len(every) > len(told) or "--all" not in told


def the_documentation_shows_what_it_prints(day):
    with open(os.path.join(ROOT, "docs", "EXPLAIN.md"), encoding="utf-8") as page:
        shown = page.read().split("```text\n")[1].split("```")[0].splitlines()
    told = run("explain", shown[0].split()[1], "--config", day.config).stdout.splitlines()
    told[2] = shown[2]  # where the recording is
    assert told == shown, [pair for pair in zip(told, shown) if pair[0] != pair[1]][:3]


def inputs_do_as_well_as_a_journal(day):
    id_ = day.first("overreaction", "KLAC")
    told = json.loads(run("explain", id_, "--config", day.config, "--json", *day.inputs).stdout)
    assert told["equals_journal"] is None
    assert [step["decision"] for step in told["steps"] if step["type"] == "sig"] == [d for _, d in day.by_id[id_]]


def a_journal_that_says_otherwise_is_told(day, folder):
    id_ = day.first("overreaction", "KLAC")
    with open(day.journal, "rb") as file:
        data = file.read()
    line = day.by_id[id_][0][0].encode()
    at = data.index(line)
    changed = line.replace(b'"strategy":"overreaction"', b'"strategy":"overreactioN"')
    forged = data[:at - 9] + struct.pack("<II", len(changed), crc32c(b"\x04" + changed)) + b"\x04" + changed
    path = os.path.join(folder, "forged.asj")
    with open(path, "wb") as file:
        file.write(forged + data[at + len(line):])
    assert "NOT what the journal says" in run("explain", id_, "--config", day.config, "--journal", path,
                                              status=1).stdout


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def the_newest_journal_that_has_it_is_taken(day, folder):
    id_ = day.first("overreaction", "KLAC")
    newer = os.path.join(folder, "journal", "aftershock-0000000000000002.asj")
    shutil.copy(day.journal, newer)
    os.utime(newer, (2e9, 2e9))
    assert json.loads(run("explain", id_, "--config", day.config, "--json").stdout)["recording"] == newer
    os.remove(newer)


def errors_name_what_was_found(day):
    told = run("explain", "0123456789abcdef", "--config", day.config, status=1).stderr
    assert os.path.dirname(day.journal) in told and f"{len(day.lines)} decisions" in told, told
    told = run("explain", "0123456789abcdef", "--config", day.config, "--journal", day.journal, status=1).stderr
    assert day.journal in told, told
    for wanted in ("12345", "xyzxyz", "0" * 33):
        assert wanted in run("explain", wanted, "--config", day.config, status=2).stderr
    assert "SIGNAL_ID" in run("explain", "--config", day.config, status=2).stderr
    assert "--config" in run("explain", "012345", status=2).stderr
    assert "either one" in run("explain", "012345", "--config", day.config, "--journal", day.journal, day.journal,
                               status=2).stderr


def main():
    with tempfile.TemporaryDirectory() as folder:
        day = Day(folder)
        steps = the_object_has_the_journals_own_lines(day)
        every_veto_is_a_condition_that_failed(steps)
        the_text_is_for_people(day)
        the_documentation_shows_what_it_prints(day)
        inputs_do_as_well_as_a_journal(day)
        a_journal_that_says_otherwise_is_told(day, folder)
        the_newest_journal_that_has_it_is_taken(day, folder)
        errors_name_what_was_found(day)
    return 0


if __name__ == "__main__":
    sys.exit(main())
