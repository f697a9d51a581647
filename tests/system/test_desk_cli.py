"""`aftershock desk` as a user meets it: the reference chain, retractions, revisions, and answers to bad input."""

import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
EXAMPLE = os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "examples", "reference-day")
CONFIG = os.path.join(EXAMPLE, "aftershock.yaml")
HEADLINES = os.path.join(EXAMPLE, "headlines.ndjson")
KEYS = ("schema", "id", "ts", "issuers", "event", "status", "polarity", "relevance", "novelty", "fact", "group", "cue")
EVENTS = ("compute_supply_entry capex_cut capex_raise export_control tariff model_efficiency_shock datacenter_contract "
          "earnings_guidance memory_price analyst_rating m_and_a legal_regulatory product_launch executive_change "
          "capital_return labour outage_cyber insider_13f macro price_move ai_adoption commentary other").split()
CUES = ("rumour", "developing", "confirmed", "denied", "opinion")
STATES = ("prior_disclosure", "rumour", "developing", "confirmed", "updated", "denied", "expired")
HOUR = 3_600_000_000_000
START = 1_782_903_600_000_000_000
FOLDER = tempfile.TemporaryDirectory(prefix="as_desk_")


def desk(*arguments):
    return subprocess.run([PROGRAM, "desk", *arguments], capture_output=True, text=True, timeout=100, check=False)


def file_of(name, text):
    path = os.path.join(FOLDER.name, name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path


def headline(hour, text, source="Bloomberg", **more):
    return {"k": "headline", "t": START + hour * HOUR, "id": f"h{hour}", "src": source, "text": text, **more}


def read(records):
    """The desk's answers to records, one after the other."""
    done = desk("--config", CONFIG, "--json", file_of("own.ndjson", "".join(json.dumps(r) + "\n" for r in records)))
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def the_reference_chain_is_one_story_in_two_generations():
    done = desk("--config", CONFIG, HEADLINES, "--json")
    assert done.returncode == 0 and done.stderr == "", done
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["status"] for a in answers] == ["prior_disclosure", "rumour", "rumour", "rumour"], answers
    assert [a["cue"] for a in answers] == ["confirmed", "rumour", "rumour", "confirmed"], answers
    assert all(a["issuers"] == ["META"] and a["event"] == "compute_supply_entry" for a in answers), answers
    assert len({a["fact"] for a in answers}) == 1 and answers[0]["fact"].startswith("META|compute_supply_entry|")
    groups = [a["group"] for a in answers]
    assert groups[0] != groups[1] and len(set(groups[1:])) == 1, groups  # a disclosure is over when the rumour comes
    assert answers[0]["novelty"] == 1 and answers[3]["novelty"] < 0.9, answers


def every_answer_says_why():
    answer, = read([headline(0, "Meta plans to sell excess AI compute")])
    why = answer["why"]
    meta, = why["issuers"]
    assert (meta["symbol"], meta["text"], meta["class"]) == ("META", "Meta", "CONTEXT") and meta["score"] >= 0.7, why
    assert "%surplus" in why["event"] and "plans to" in why["cue"], why
    done = desk("--config", CONFIG, HEADLINES, "--why")
    assert done.returncode == 0 and 'META: "Meta", CONTEXT, score' in done.stdout and "    cue: " in done.stdout, done


def every_object_has_the_keys_and_their_kinds():
    done = desk("--config", CONFIG, HEADLINES, "--json")
    assert done.stdout.endswith("}\n") and "\n\n" not in done.stdout
    with open(HEADLINES, encoding="utf-8") as stream:
        records = [json.loads(line) for line in stream]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(records)
    for answer, record in zip(answers, records):
        for key in KEYS:
            assert key in answer, (key, answer)
        assert answer["schema"] == 1 and answer["id"] == record["id"] and answer["ts"] == record["t"], answer
        assert isinstance(answer["ts"], int) and isinstance(answer["issuers"], list), answer
        assert answer["event"] in EVENTS and answer["cue"] in CUES and answer["status"] in STATES, answer
        assert answer["polarity"] in (-1, 0, 1), answer
        assert 0 <= answer["relevance"] <= 1 and 0 <= answer["novelty"] <= 1, answer


def a_headline_of_no_company_has_nulls_and_no_fact():
    (answer,) = read([headline(0, "A quiet afternoon")])
    assert answer["issuers"] == [] and answer["event"] == "other" and answer["polarity"] == 0, answer
    for key in ("status", "fact", "group", "relevance"):
        assert answer[key] is None, (key, answer)
    assert answer["cue"] in CUES, answer


def headlines_on_one_fact_share_a_group_and_others_do_not():
    answers = read([
        headline(0, "Meta plans to sell excess AI compute, people familiar say"),
        headline(1, "Nvidia announces $60 billion share buyback", "PR Newswire"),
        headline(2, "Meta weighs renting out spare GPUs, sources say", "Reuters"),
        headline(3, "Meta names new finance chief", "Reuters"),
        headline(4, "Meta confirms external compute sales", "PR Newswire"),
    ])
    group = [a["group"] for a in answers]
    assert group[0] == group[2] == group[4] and len(set(group)) == 3, answers
    assert [answers[i]["status"] for i in (0, 2, 4)] == ["rumour", "developing", "confirmed"], answers
    assert answers[1]["fact"].startswith("NVDA|capital_return"), answers


def a_denial_from_the_company_denies_and_one_from_an_aggregator_does_not():
    first = headline(0, "Meta plans to sell excess AI compute, people familiar say")
    denial = "Meta denies report it plans to sell excess AI compute"
    by_other = read([first, headline(1, denial, "Odaily")])
    by_company = read([first, headline(1, denial, "Meta newsroom", **{"class": "official", "tier": 1})])
    assert by_other[1]["cue"] == by_company[1]["cue"] == "denied"
    assert by_other[1]["status"] == "rumour" and by_company[1]["status"] == "denied", (by_other, by_company)


def a_retraction_takes_back_what_it_said_and_opens_none():
    text = "Meta plans to sell excess AI compute, people familiar say"
    answers = read([headline(0, text), headline(1, text, id="h0", status="retracted", rev=2)])
    assert [a["status"] for a in answers] == ["rumour", "denied"], answers
    assert answers[0]["group"] == answers[1]["group"], answers
    (alone,) = read([headline(0, text, status="retracted")])
    assert alone["fact"] is None and alone["status"] is None, alone


def a_revision_stays_on_its_fact():
    text = "Meta confirms external compute sales"
    answers = read([
        headline(0, text, "PR Newswire", rev=1),
        headline(1, "Meta revises capacity figure for external compute sales", "PR Newswire", id="h0", rev=2),
    ])
    assert [a["status"] for a in answers] == ["confirmed", "updated"], answers
    assert answers[0]["group"] == answers[1]["group"] and answers[0]["id"] == answers[1]["id"], answers


def a_retraction_needs_no_text():
    """By its id alone it is accepted, and takes the item back from the issuer that the item named."""
    text = "Meta plans to sell excess AI compute, people familiar say"
    back = headline(1, "", id="h0", status="retracted")
    for without in (back, {key: value for key, value in back.items() if key != "text"}):
        first, second = read([headline(0, text), without])
        assert (first["status"], second["status"]) == ("rumour", "denied"), second
        assert (first["group"], first["fact"]) == (second["group"], second["fact"]), second


def an_older_revision_and_one_of_another_issuer_do_no_harm():
    answers = read([
        headline(0, "Intel in talks to buy a chip start-up, sources say", rev=1),
        headline(1, "AMD in talks to buy a chip start-up, sources say", id="h0", rev=3),
        headline(2, "Intel in talks to buy a chip start-up, sources say", id="h0", rev=2),
    ])
    assert [(a["issuers"], a["status"]) for a in answers] == [
        (["INTC"], "rumour"), (["AMD"], "rumour"), (["INTC"], "denied")], answers
    assert answers[2]["novelty"] == 0, answers


def a_repeat_by_address_is_an_object_too():
    """Two rows of one address and time are one headline; both are answered, in one group."""
    same = {"url": "https://example.com/1", "id": "a"}
    answers = read([headline(0, "Intel cuts 15% of its jobs", **same),
                    headline(0, "Intel slashes 15% of workforce", "CNBC", **{**same, "id": "b"}),
                    headline(1, "Micron beats estimates")])
    assert [a["id"] for a in answers] == ["a", "b", "h1"], answers
    assert answers[0]["group"] == answers[1]["group"] != answers[2]["group"], answers
    assert answers[1]["novelty"] == 0 and answers[1]["text"].startswith("Intel slashes"), answers


def an_update_is_another_figure_not_a_word():
    for first, same, other in (
            ("Microsoft raises capex forecast to $50 bln", "Microsoft raises capex forecast to $50 billion",
             "Microsoft lifts capex outlook to $60 billion"),
            ("AMD signs 1 gigawatt data center contract", "AMD signs data center contract for 1 GW",
             "AMD data center contract grows to 6 gigawatts"),
            ("Intel to cut 15,000 jobs", "Intel will cut 15,000 jobs", "Intel to cut 24,000 jobs"),
    ):
        official = {"class": "official", "tier": 1}
        answers = read([headline(0, first, "PR Newswire", **official), headline(1, same, "Reuters"),
                        headline(2, other, "PR Newswire", **official)])
        assert [a["status"] for a in answers] == ["confirmed", "confirmed", "updated"], answers


def separate_lawsuits_are_separate_stories():
    answers = read([headline(0, "Apple sued by Epic over app store fees", "Reuters"),
                    headline(1, "Apple sued over iPhone battery defect in California", "CNBC"),
                    headline(2, "Apple sued by Epic: trial over app store fees opens", "CNBC")])
    groups = [a["group"] for a in answers]
    assert groups[0] == groups[2] != groups[1], answers


def the_company_on_record_through_the_press_is_official():
    rumour = headline(0, "Qualcomm in talks to buy Intel, sources say")
    denial = "Qualcomm denies it is in talks to buy Intel"
    for source, more, expected in (("Reuters", {}, "denied"), ("Somebody's Blog", {"tier": 4}, "rumour"),
                                   ("Yahoo", {"class": "aggregator", "tier": 3}, "rumour")):
        answers = read([rumour, headline(1, denial, source, **more)])
        assert [a["status"] for a in answers] == ["rumour", expected], (source, answers)


def inputs_are_merged_by_time():
    late = file_of("late.ndjson", json.dumps(headline(5, "Micron beats estimates")) + "\n")
    early = file_of("early.ndjson", json.dumps(headline(1, "Intel names new CEO")) + "\n")
    done = desk("--config", CONFIG, "--json", late, early)
    assert [json.loads(line)["issuers"] for line in done.stdout.splitlines()] == [["INTC"], ["MU"]], done


def without_json_there_is_a_line_for_people_a_headline():
    done = desk("--config", CONFIG, HEADLINES)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == 4, done
    assert all("META" in line and "compute_supply_entry" in line for line in lines), lines


def bad_lines_are_passed_over_and_too_many_exit_2():
    good = "".join(json.dumps(headline(i, "Micron beats estimates")) + "\n" for i in range(20))
    done = desk("--config", CONFIG, "--json", file_of("bad.ndjson", "{nonsense\n" + good))
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 20, done
    assert "bad.ndjson" in done.stderr, done.stderr
    done = desk("--config", CONFIG, "--json", file_of("worse.ndjson", good + "{nonsense\n" * 11))
    assert done.returncode == 2, done


def market_data_alone_is_a_warning():
    bars = "".join(f'{{"k":"trade","t":{START + i},"s":"META","p":"700.5","q":10}}\n' for i in range(10))
    done = desk("--config", CONFIG, "--json", file_of("trades.ndjson", bars))
    assert done.returncode == 0 and done.stdout == "" and "no headlines" in done.stderr, done


def wrong_usage_and_missing_files_exit_2_and_say_what():
    missing = os.path.join(FOLDER.name, "not-there.ndjson")
    for arguments, said in (
            ((HEADLINES,), "--config"),
            (("--config", CONFIG), "inputs"),
            (("--config", CONFIG, missing), missing),
            (("--config", missing, HEADLINES), missing),
            (("--config", HEADLINES, HEADLINES), "headlines.ndjson"),
            (("--config", CONFIG, "--no-such-option", HEADLINES), "--help"),
    ):
        done = desk(*arguments)
        assert done.returncode == 2 and done.stdout == "" and said in done.stderr, (arguments, done)
    done = desk("--help")
    assert done.returncode == 0 and "--json" in done.stdout, done


def two_runs_give_the_same_bytes():
    first, second = (desk("--config", CONFIG, HEADLINES, "--json").stdout for _ in range(2))
    assert first == second and first


def main():
    for test in (the_reference_chain_is_one_story_in_two_generations, every_object_has_the_keys_and_their_kinds,
                 a_headline_of_no_company_has_nulls_and_no_fact, headlines_on_one_fact_share_a_group_and_others_do_not,
                 a_denial_from_the_company_denies_and_one_from_an_aggregator_does_not,
                 a_retraction_takes_back_what_it_said_and_opens_none, a_revision_stays_on_its_fact,
                 a_retraction_needs_no_text, an_older_revision_and_one_of_another_issuer_do_no_harm,
                 a_repeat_by_address_is_an_object_too, an_update_is_another_figure_not_a_word,
                 separate_lawsuits_are_separate_stories, the_company_on_record_through_the_press_is_official,
                 inputs_are_merged_by_time, without_json_there_is_a_line_for_people_a_headline,
                 bad_lines_are_passed_over_and_too_many_exit_2, market_data_alone_is_a_warning,
                 wrong_usage_and_missing_files_exit_2_and_say_what, two_runs_give_the_same_bytes,
                 every_answer_says_why):
        test()
        print(f"ok {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
