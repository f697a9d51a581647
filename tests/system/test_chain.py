"""The chain of 1 July 2026 and what might have followed: the statuses of docs/PLAYBOOK.md, through the desk, and what a
denial and a confirmation do to the justified move, through a replay."""

import json
import shutil
import sys
from datetime import date
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position

DAY = date(2026, 7, 1)
COMPANY = {"src": "Meta newsroom", "class": "official", "tier": 1}
RUMOUR, DOUBT, REPEAT = [json.loads(line) for line in (ast.EXAMPLE / "headlines.ndjson").read_text(
    encoding="utf-8").splitlines()[1:]]
PRIOR = json.loads((ast.EXAMPLE / "headlines.ndjson").read_text(encoding="utf-8").splitlines()[0])


def item(ident, day, clock, text, source=None, **keys):
    return {"k": "headline", "t": ast.at(day, clock), "id": ident, "text": text, **(source or COMPANY), **keys}


DENIAL = item("denial", DAY, "15:30", "Meta denies it plans to sell excess AI compute")
CONFIRMATION = item("yes", DAY, "15:30", "Meta announces a cloud business that sells its excess AI compute")
FILING = item("filing", date(2026, 7, 6), "11:00", "Meta says in filing it will sell excess AI compute",
              {"src": "SEC", "class": "official", "tier": 1})


def desk(where, items):
    lines = [json.dumps(one) for one in items]
    done = ast.run("aftershock", "desk", "--config", ast.EXAMPLE / "aftershock.yaml",
                   ast.write_lines(where / "chain.ndjson", lines), "--json")
    assert done.returncode == 0, done.stderr
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(one["issuers"] == ["META"] for one in read), read
    return read


def chain(items, *statuses):
    """Every headline is on the one fact, and moves it so."""
    with ast.folder() as where:
        read = desk(where, items)
        assert [one["status"] for one in read] == list(statuses), [(one["text"], one["status"]) for one in read]
        assert {one["fact"] for one in read} == {"META|compute_supply_entry|excess_ai_compute"}, read
        return read


def a_rumour_stays_one_whatever_an_aggregator_writes():
    read = chain([PRIOR, RUMOUR, DOUBT, REPEAT], "prior_disclosure", "rumour", "rumour", "rumour")
    assert read[3]["cue"] == "confirmed" and read[2]["cred"] < read[1]["cred"], read
    assert read[1]["ens"] < 100, "the disclosure of May counts"


def a_second_wire_with_its_own_sources_develops_it():
    chain([RUMOUR, DOUBT, item("ft", DAY, "15:30", "Meta to sell spare AI compute to outside customers, three people "
                               "with knowledge of the plan tell FT", {"src": "Financial Times"})],
          "rumour", "rumour", "developing")


def only_the_company_denies_and_only_an_official_source_takes_that_back():
    late = dict(REPEAT, t=ast.at(DAY, "18:00"))
    chain([RUMOUR, DOUBT, DENIAL, late, FILING], "rumour", "rumour", "denied", "denied", "confirmed")
    denies = "Meta denies report it plans to sell excess AI compute"
    chain([RUMOUR, item("y-2", DAY, "15:30", denies, {"src": "Yahoo Finance"})], "rumour", "rumour")
    on_record = item("rtr-2", DAY, "15:30", denies, {"src": "Reuters"})
    chain([RUMOUR, on_record, dict(REPEAT, t=ast.at(DAY, "18:00"))], "rumour", "denied", "denied")


def the_company_confirms_and_then_changes_the_figure():
    chain([RUMOUR, CONFIRMATION, item("more", date(2026, 7, 6), "13:00", "Meta revises amount of excess AI compute it "
                                      "will sell to 2 gigawatts")],
          "rumour", "confirmed", "updated")


def a_retraction_denies():
    chain([RUMOUR, dict(RUMOUR, t=ast.at(DAY, "15:30"), text="Bloomberg retracts story on Meta plans to sell excess AI "
                        "compute", status="retracted")], "rumour", "denied")


def another_fact_does_not_move_the_story():
    with ast.folder() as where:
        other = item("hands", date(2026, 7, 2), "16:00", "Meta CEO tells all-hands AI agents are behind expectations")
        read = desk(where, [RUMOUR, other])
        assert read[1]["fact"] != read[0]["fact"] and read[1]["group"] != read[0]["group"], read


def justified(where, name, extra):
    """E of the names that open as overreactions on a day of bars, by symbol."""
    lines = ast.day() + [json.dumps(one) for one in extra]
    lines.sort(key=lambda line: json.loads(line)["t"])
    config = ast.write_config(where)
    out = where / f"{name}.out"
    done = ast.replay(config, ast.write_lines(where / f"{name}.ndjson", lines), "--out", out)
    assert done.returncode == 0, done.stderr
    decisions = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    opened = [d for d in decisions if d["kind"] == "overreaction" and d["action"] == "open"]
    return {d["sym"]: d for d in opened if d["ts_recv"] == ast.at(DAY, "20:00")}, decisions


def the_gate_moves_what_is_justified():
    with ast.folder() as where:
        rumour, _ = justified(where, "rumour", [])
        denied, _ = justified(where, "denied", [DENIAL])
        confirmed, decisions = justified(where, "confirmed", [CONFIRMATION])
        shared = set(rumour) & set(denied) & set(confirmed)
        assert {"KLAC", "TER", "TSM"} <= shared, (sorted(rumour), sorted(denied), sorted(confirmed))
        for symbol in shared:
            assert denied[symbol]["e"] == 0 and denied[symbol]["status"] == "denied", denied[symbol]
            assert abs(confirmed[symbol]["e"] * 0.6 - rumour[symbol]["e"]) < 1e-9, (rumour[symbol], confirmed[symbol])
            assert abs(denied[symbol]["os"]) > abs(rumour[symbol]["os"]) > abs(confirmed[symbol]["os"]), symbol
        fades = [d for d in decisions if d["kind"] == "mean_reversion" and d["action"] == "open"]
        assert not [d for d in fades if d["sym"] in ("CRWV", "NBIS", "META", "ORCL")], fades


def linked(where, text, universe_row=None):
    """The names of the one shock that a headline about it opens before the close of the day: {symbol: name}."""
    shutil.copy(ast.EXAMPLE / "links.csv", where)
    if universe_row:
        with open(where / "universe.csv", "a", encoding="utf-8") as universe:
            universe.write(universe_row + "\n")
    lines = [line for line in ast.day() if '"headline"' not in line]
    lines.append(json.dumps({"k": "headline", "t": ast.at(DAY, "13:00"), "id": "one", "src": "Reuters", "text": text}))
    lines.sort(key=lambda line: json.loads(line)["t"])
    names = where / "names.ndjson"
    done = ast.replay(ast.write_config(where), ast.write_lines(where / "one.ndjson", lines), "--names", names)
    assert done.returncode == 0, done.stderr
    read = [json.loads(line) for line in names.read_text(encoding="utf-8").splitlines()]
    assert len({name["fact"] for name in read}) == 1, read
    return {name["symbol"]: name for name in read}


def results_travel_along_the_links():
    with ast.folder() as where:
        names = linked(where, "TSMC beats quarterly profit estimates")
        assert names["TSM"]["role"] == "epicentre", names
        found = {symbol: (name["w"], name["s_w"]) for symbol, name in names.items() if name["role"] == "linked"}
        assert found == {"LRCX": (0.3, 0.25), "KLAC": (0.3, 0.25), "TER": (0.15, 0.125)}, found


def a_private_laboratory_takes_the_stand_ins_price():
    with ast.folder() as where:
        playbook = where / "playbook.yaml"
        text = playbook.read_text(encoding="utf-8")
        assert text.count("epicentre: NVDA") == 1
        playbook.write_text(text.replace("epicentre: NVDA", "epicentre: TSM"), encoding="utf-8")
        names = linked(where, "DeepSeek releases AI model that needs a tenth of the computing power",
                       "DEEPSEEK,DeepSeek (private),private,,XNYS,USD,0,DeepSeek|SAFE")
        assert names["TSM"]["role"] == "epicentre" and names["TSM"]["fact"].startswith("DEEPSEEK|"), names
        assert 2 < names["TSM"]["m"] < 4 and names["TSM"]["dir"] == -1, "its own -5.5 % of that day, not default_M, 6"
        assert "ORCL" not in names or names["ORCL"]["role"] == "control", names
        assert names["KLAC"]["w"] == -0.3, names["KLAC"]


if __name__ == "__main__":
    sys.exit(ast.run_tests(
        a_rumour_stays_one_whatever_an_aggregator_writes, a_second_wire_with_its_own_sources_develops_it,
        only_the_company_denies_and_only_an_official_source_takes_that_back,
        the_company_confirms_and_then_changes_the_figure, a_retraction_denies, another_fact_does_not_move_the_story,
        the_gate_moves_what_is_justified, results_travel_along_the_links,
        a_private_laboratory_takes_the_stand_ins_price))
