"""`aftershockd --check`: whatever is wrong with a playbook, a universe, its links or a configuration, the message names
file and line, the key or column, what was found and what is allowed; nothing is written to standard output."""

import os
import re
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

EXAMPLES = ast.ROOT / "examples"

# A text of the reference playbook, what replaces it, what is said of the line where the replacement stands.
PLAYBOOK = (
    ("thresholds:\n  # est", "treshholds:\n  # est",
     "key 'treshholds': found an unknown key, allowed version, sources, events, controls"),
    ('version: "0.1-prior"\n', "", "key 'version': found nothing, allowed a text of 1 to 31 bytes"),
    ('"Reuters": {class: press, tier: 1}', '"Reuters": {class: wire, tier: 1}',
     "key 'sources.Reuters.class': found 'wire', allowed official, press, aggregator, social"),
    ('"Reddit": {class: social, tier: 4}', '"Reddit": {class: social, tier: 5}',
     "key 'sources.Reddit.tier': found '5', allowed a whole number from 1 to 4"),
    ("q: [1.0, 0.5, 0.5, 0.5], needs: 3", "q: [1.0, 0.5], needs: 3",
     "key 'controls.ai_supply_glut.q': found 2 weights, allowed 4: one a member"),
    ("q: [1.0, 0.5, 0.5, 0.5], needs: 3", "q: [1.0, 0.5, 0.5, 0.5], needs: 5",
     "key 'controls.ai_supply_glut': found needs 5 with 4 members, allowed at most as many"),
    ("    object: excess_ai_compute\n", "    object: excess|compute\n",
     "key 'events.compute_supply_entry.object': found 'excess|compute', allowed a text without |"),
    ("    epicentre: NVDA\n    control: ai_supply_glut\n", "    epicentre: NVDA\n    control: ai_glut\n",
     "key 'events.model_efficiency_shock.control': found 'ai_glut', allowed a group of 'controls'"),
    ("    default_M: 4\n", "    default_M: four\n",
     "key 'events.compute_supply_entry.default_M': found 'four', allowed a number from 0 to 20"),
    ("    default_M: 4\n", "    default_m: 4\n",
     "key 'events.compute_supply_entry.default_m': found an unknown key, allowed default_M, fade, signed, object"),
    ("    default_M: 4\n    signed: true\n", "    default_M: 4\n    signed: -1\n",
     "key 'events.compute_supply_entry.signed': found '-1', allowed true, false"),
    ("neocloud: [-0.90, 0.30, competitor+customer_loss]", "neocloud: [-90, 0.30, competitor]",
     "key 'events.compute_supply_entry.channels.neocloud[0]': found '-90', allowed a number from -10 to 10"),
    ("neocloud: [-0.90, 0.30, competitor+customer_loss]", "neocloud: {s: 0.30}",
     "key 'events.compute_supply_entry.channels.neocloud.w': found nothing, allowed a number from -10 to 10"),
    ("neocloud: [-0.90, 0.30, competitor+customer_loss]", "neocloud: -0.90",
     "key 'events.compute_supply_entry.channels.neocloud': found '-0.90', allowed [w, s, why] or {w, s, why}"),
    ("neocloud: [-0.90, 0.30, competitor+customer_loss]", "neocloud: [-0.90, 0.30, one, two]",
     "key 'events.compute_supply_entry.channels.neocloud': found 4 entries, allowed 3"),
    ("neocloud: [-0.90, 0.30, competitor+customer_loss]",
     "neocloud: [-0.90, 0.30, it competes and it loses a customer]",
     "key 'events.compute_supply_entry.channels.neocloud[2]': found"),
    ("  capex_cut:\n", "  Capex-Cut:\n", "found the name 'Capex-Cut', allowed 1 to 31 of a-z, 0-9 and _"),
    ("  labour:\n    default_M: 1\n    phrases:\n",
     "  labour:\n    default_M: 1\n    phrases:\n      - \"* walkout\"\n",
     "key 'events.labour.phrases[0]': found '* walkout', allowed: "),
    ("RUMOUR_T1: 0.6,", "RUMOUR_T1: 1.6,", "key 'status_gate.RUMOUR_T1': found '1.6', allowed a number from 0 to 1"),
    ("RUMOUR_T1: 0.6,", "RUMOR_T1: 0.6,", "key 'status_gate.RUMOR_T1': found an unknown key, allowed RUMOUR_T1"),
    ("  lambda_vol: 0.94 ", "  lambda_vol: 1.94 ",
     "key 'thresholds.lambda_vol': found '1.94', allowed a number from 0"),
    ("  kill_stops: 3 ", "  kill_stop: 3 ", "key 'thresholds.kill_stop': found an unknown key, allowed lambda_vol"),
    ("  os_close: 1.0\n", "  os_close: 2.5\n",
     "key 'thresholds.os_close': found os_close 2.5 above os_open 2, allowed at most as high"),
    ("  os_close: 1.0\n", "  os_close: 1.0\n  os_close: 1.5\n", "found twice (first on line "),
    ("  os_close: 1.0\n", "\tos_close: 1.0\n", "found character that cannot start any token"),
)

UNIVERSE = (
    ("AAPL,Apple Inc.,consumer_tech,SPY,XNYS", "AAPL,Apple Inc.,consumer_tech,SPX,XNYS",
     "column 'factor': found 'SPX', allowed another symbol of this file, or nothing"),
    ("AAPL,Apple Inc.,consumer_tech,SPY,XNYS", "AAPL,Apple Inc.,consumer_tech,SPY,XNAS",
     "column 'calendar': found 'XNAS', allowed XNYS, XKRX, ALWAYS"),
    ("AAPL,Apple Inc.,consumer_tech", "NVDA,Apple Inc.,consumer_tech",
     "column 'symbol': found 'NVDA' twice (first on "),
    ("AAPL,Apple Inc.,consumer_tech", "AAPL,Apple Inc.,customer",
     "column 'bucket': found 'customer', allowed any name"),
    ("Tim Cook|CASED", "Tim Cook|LOUD", "column 'aliases': found 'Tim Cook|LOUD', allowed text|SAFE, text|CASED"),
)

LINKS = (
    ("NVDA,supplier,TSM,1\n", "NVDA,supplier,TSMC,1\n",
     "column 'symbol': found 'TSMC', allowed a symbol of universe.csv"),
    ("NVDA,supplier,TSM,1\n", "NVDA,makes,TSM,1\n", "column 'relation': found 'makes', allowed supplier, customer"),
    ("NVDA,supplier,TSM,1\n", "NVDA,supplier,TSM,-1\n", "column 'weight': found '-1', allowed a number from 0 to 10"),
    ("NVDA,supplier,TSM,1\n", "NVDA,supplier,TSM,1\nNVDA,supplier,TSM,2\n",
     "found the supplier TSM of NVDA twice (first on line "),
)


def check(config, status):
    done = ast.run("aftershockd", "--config", config, "--check", timeout=30)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def line_where_they_part(whole, broken):
    """The first line that is another: where the mistake stands."""
    pairs = zip(whole.splitlines(), broken.splitlines())
    return next(number for number, (was, now) in enumerate(pairs, 1) if was != now)


def every_mistake_of(name, cases):
    with ast.folder() as where:
        shutil.copy(EXAMPLES / "reference-day/links.csv", where)
        config = ast.write_config(where)
        check(config, 0)
        path = where / name
        whole = path.read_text(encoding="utf-8")
        for text, instead, wanted in cases:
            assert whole.count(text) == 1, f"{name}: {text!r} is there {whole.count(text)} times"
            broken = whole.replace(text, instead)
            path.write_text(broken, encoding="utf-8")
            done = check(config, 2)
            assert done.stdout == "", done.stdout
            assert wanted in done.stderr, f"{wanted!r} is not in: {done.stderr}"
            line = int(done.stderr.split(f"{path}:", 1)[1].split(":", 1)[0])
            first = line_where_they_part(whole, broken)
            if instead:  # what is missing is blamed on the map that should have it
                assert first <= line <= first + instead.count("\n"), f"the mistake is on line {first}: {done.stderr}"
        path.write_text(whole, encoding="utf-8")


def every_mistake_in_a_playbook_is_explained():
    every_mistake_of("playbook.yaml", PLAYBOOK)


def every_mistake_in_a_universe_is_explained():
    every_mistake_of("universe.csv", UNIVERSE)


def every_mistake_in_the_links_is_explained():
    every_mistake_of("links.csv", LINKS)


def what_is_not_of_this_universe_is_warned_about_by_line():
    with ast.folder() as where:
        config = ast.write_config(where)
        path = where / "playbook.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in (("epicentre: NVDA", "epicentre: OPENAI"), ("members: [ORCL,", "members: [IBM,"),
                         ("      neocloud: [-0.90", "      new_cloud: [-0.90")):
            assert text.count(old) == 1
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        done = check(config, 0)
        for found, key, wanted in (
                ("epicentre: OPENAI", "events.model_efficiency_shock.epicentre", "'OPENAI' is not in"),
                ("members: [IBM,", "controls.ai_supply_glut.members[0]", "'IBM' is not in"),
                ("new_cloud: [", "events.compute_supply_entry.channels.new_cloud",
                 "neither a bucket nor a symbol of this universe")):
            line = text[:text.index(found)].count("\n") + 1
            assert f"{path}:{line}: key '{key}': {wanted}" in done.stderr, done.stderr
        assert done.stdout.endswith("; 3 warnings\n"), done.stdout


def what_only_opening_shows_is_checked_as_well():
    with ast.folder() as where:
        (where / "quotes.ndjson").write_text('{"k":"quote","t":1,"s":"NVDA","b":"1","bs":1,"a":"2","as":1}\n',
                                             encoding="utf-8")
        done = check(ast.write_config(where, history="quotes.ndjson"), 2)
        assert f"{where}/quotes.ndjson" in done.stderr and "history holds daily bars" in done.stderr, done.stderr
        done = check(ast.write_config(where, strategies=["overreaction", {"load": "./none.so"}]), 2)
        assert "none.so" in done.stderr, done.stderr
        assert done.stdout == ""


def the_examples_are_right():
    """Every configuration that ships; the playbooks of other sectors without a single warning."""
    configs = sorted(EXAMPLES.glob("**/aftershock.yaml"))
    assert len(configs) >= 5, configs
    for config in configs:
        done = check(config, 0)
        assert done.stdout.startswith(f"{config}: ok: "), done.stdout
        if "playbooks" in config.parts:
            assert done.stdout.endswith("; 0 warnings\n") and done.stderr == "", (done.stdout, done.stderr)


def the_playbooks_of_both_universes_are_the_same():
    reference, bars = (EXAMPLES / name / "playbook.yaml" for name in ("reference-day", "bars-5min"))
    assert os.path.samefile(reference, bars) or reference.read_bytes() == bars.read_bytes()


def weights(playbook):
    """{family: {key of a channel: w}} of a playbook, read as text."""
    found, family = {}, None
    for line in playbook.read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"  (\w+):", line):
            family = head[1]
        elif channel := re.fullmatch(r"      ([\w.]+): \[(-?[\d.]+), .*\]", line):
            found.setdefault(family, {})[channel[1]] = float(channel[2])
    return found


def the_document_tells_the_weights_of_the_playbook():
    told = weights(EXAMPLES / "reference-day/playbook.yaml")
    text = (ast.ROOT / "docs/PLAYBOOK.md").read_text(encoding="utf-8").replace("<br>", "")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    start = next(i for i, row in enumerate(rows) if row[:2] == ["bucket", "compute_supply_entry"])
    families = rows[start][1:]
    assert len(families) == 8 and set(families) <= set(told), families
    for bucket, *cells in rows[start + 5:start + 17]:
        for family, cell in zip(families, cells):
            wanted = told[family].pop(bucket, None)
            assert (None if cell == "-" else float(cell)) == wanted, (bucket, family, cell, wanted)
    others = dict(part.rsplit(" ", 1) for cell in rows[start + 17][1:] if cell for part in cell.split(", "))
    left = {key: w for family in families for key, w in told[family].items()}
    assert {key: float(w) for key, w in others.items()} == left, (others, left)


if __name__ == "__main__":
    sys.exit(ast.run_tests(
        every_mistake_in_a_playbook_is_explained, every_mistake_in_a_universe_is_explained,
        every_mistake_in_the_links_is_explained, what_is_not_of_this_universe_is_warned_about_by_line,
        what_only_opening_shows_is_checked_as_well, the_examples_are_right,
        the_playbooks_of_both_universes_are_the_same, the_document_tells_the_weights_of_the_playbook))
