"""Recorded days (not part of the project): the five of examples/real-days, each through its own script. What must hold
whatever the rules of the desk: nothing is faded against a company's own confirmed news, a name without a factor or a
history opens nothing, and the documented commands work."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

HERE = ast.ROOT / "examples/real-days"
DATA = Path(os.environ.get("AFTERSHOCK_DATA", ast.ROOT.parent / "shared/data"))


def play(folder, name):
    """(decisions, summary, names) of a day."""
    out = Path(folder) / name
    done = subprocess.run([str(HERE / "run.sh"), name, str(out)], capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "AFTERSHOCK_DATA": str(DATA), "AFTERSHOCK_BIN": str(ast.BIN)})
    assert done.returncode == 0, done.stderr
    table = subprocess.run([sys.executable, str(HERE / "table.py"), str(out)], capture_output=True, text=True,
                           timeout=30, check=True).stdout
    assert table.startswith("| t0 | fact | status |") and " facts, " in table, table
    decisions, names = ([json.loads(line) for line in (out / f"{file}.ndjson").read_text(encoding="utf-8").splitlines()]
                        for file in ("decisions", "names"))
    return decisions, json.loads((out / "summary.json").read_text(encoding="utf-8")), names


def opened(decisions, *kinds):
    return [d for d in decisions if d["kind"] in kinds and d["action"] == "open"]


def shocks(decisions, fact):
    return [d for d in decisions if d["kind"] == "shock" and d["fact"].startswith(fact)]


def no_fade_against_results(decisions):
    for fade in opened(decisions, "mean_reversion"):
        assert "|earnings_guidance" not in fade["fact"], fade
        assert not {"OWN_NEWS", "CONFIRMED"} & set(fade["reasons"]), fade


def two_names_without_a_factor_open_nothing(folder):
    decisions, summary, names = play(folder, "2025-04-02")
    assert opened(decisions, "overreaction", "underreaction", "mean_reversion") == []
    assert summary["headlines"]["read"] > 100 and summary["shocks"] >= 1, summary
    assert summary["signals"]["overreaction"]["vetoes"].keys() == {"NO_FACTOR"}, summary["signals"]["overreaction"]
    assert all(name["z"] is None for name in names), names


def a_tariff_threat_is_one_story_of_apple(folder):
    decisions, _, _ = play(folder, "2025-05-23")
    found = shocks(decisions, "AAPL|tariff")
    assert found and found[0]["status"] in ("rumour", "developing"), found
    assert found[0]["ts_recv"] < ast.at(date(2025, 5, 23), "13:30"), "before the open"
    assert opened(decisions, "mean_reversion") == []
    no_fade_against_results(decisions)


def results_are_confirmed_and_never_faded(folder):
    decisions, summary, _ = play(folder, "2025-05-28")
    results = [d for d in decisions if d["fact"].startswith("NVDA|earnings_guidance") and d["status"] == "confirmed"]
    assert results, "the company's own release confirms"
    no_fade_against_results(decisions)
    assert summary["signals"]["mean_reversion"]["opened"] == 0, summary["signals"]["mean_reversion"]


def a_supply_contract_lifts_its_winner_alone(folder):
    decisions, _, names = play(folder, "2025-10-06")
    assert json.loads((HERE / "2025-10-06.ndjson").read_text(encoding="utf-8"))["id"].startswith("ours-")
    last = shocks(decisions, "AMD|datacenter_contract")[-1]
    assert last["status"] == "confirmed" and last["m"] == 6 and last["dir"] == 1, last
    assert opened(decisions, "mean_reversion", "overreaction") == []
    assert {"NVDA", "AVGO"} == {name["symbol"] for name in names if name["role"] == "linked"}, names


def a_fall_within_the_usual_is_no_shock(folder):
    decisions, _, names = play(folder, "2025-12-17")
    assert json.loads((HERE / "2025-12-17.ndjson").read_text(encoding="utf-8"))["id"].startswith("ours-")
    last = shocks(decisions, "ORCL|")[-1]
    assert last["status"] == "rumour" and last["g"] == 0.6 and last["dir"] == -1, last
    epicentre = next(name for name in names if name["role"] == "epicentre")
    assert epicentre["sessions"] > 200 and -2 < epicentre["z"] < 0, epicentre
    assert opened(decisions, "mean_reversion", "overreaction") == []


def the_pictures_of_the_reference_day_are_made(folder):
    out = Path(folder) / "img"
    closes = DATA / "daily_us/ai_universe_daily_2025-02_2026-07.csv.gz"
    made = subprocess.run([sys.executable, str(ast.ROOT / "docs/make_pictures.py"), str(closes), "-o", str(out)],
                          capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "AFTERSHOCK_BIN": str(ast.BIN)})
    assert made.returncode == 0, made.stderr
    document = (ast.ROOT / "docs/REFERENCE-DAY.md").read_text(encoding="utf-8")
    pictures = sorted(path.name for path in out.iterdir())
    assert len(pictures) == 4
    for name in pictures:
        assert ElementTree.parse(out / name).getroot().tag.endswith("svg")
        assert f"(img/{name})" in document and (ast.ROOT / "docs/img" / name).is_file(), name


def main():
    if not (DATA / "bars_us_5min").is_dir():
        ast.skip(f"no recordings in {DATA}")
    folder = tempfile.mkdtemp(prefix="ast-real-")
    try:
        for test in (two_names_without_a_factor_open_nothing, a_tariff_threat_is_one_story_of_apple,
                     results_are_confirmed_and_never_faded, a_supply_contract_lifts_its_winner_alone,
                     a_fall_within_the_usual_is_no_shock, the_pictures_of_the_reference_day_are_made):
            test(folder)
            print(f"ok {test.__name__}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
