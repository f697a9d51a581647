"""`aftershock desk` over a running week: which headlines share a fact, what becomes of it, how credible it is."""

import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
CONFIG = os.path.join(os.environ.get("AFTERSHOCK_ROOT", "."), "examples", "reference-day", "aftershock.yaml")
HOUR = 3_600_000_000_000
START = 1_782_903_600_000_000_000
FOLDER = tempfile.TemporaryDirectory(prefix="as_desk_facts_")


def headline(hour, text, source="Bloomberg", **more):
    return {"k": "headline", "t": START + int(hour * HOUR), "id": f"h{hour}", "src": source, "text": text, **more}


def read(records):
    path = os.path.join(FOLDER.name, "own.ndjson")
    with open(path, "w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in records)
    done = subprocess.run([PROGRAM, "desk", "--config", CONFIG, "--json", path], capture_output=True, text=True,
                          timeout=100, check=False)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def credibility_follows_the_sources_and_the_outcome():
    text = "Meta plans to sell excess AI compute, people familiar say"
    answers = read([
        headline(0, text),
        headline(1, "Meta plans to sell excess AI compute, Bloomberg reports", "CNBC"),
        headline(2, "Meta declined to comment on plan to sell excess AI compute", "Reuters"),
        headline(3, "Meta Platforms in talks to sell excess AI compute, sources say", "Reuters"),
        headline(4, "Meta confirms external compute sales", "PR Newswire"),
    ])
    assert len({a["group"] for a in answers}) == 1, answers
    assert [a["status"] for a in answers] == ["rumour", "rumour", "rumour", "developing", "confirmed"], answers
    cred = [a["cred"] for a in answers]
    assert abs(cred[0] - 0.6) < 1e-9 and cred[1] == cred[0], cred  # a re-report adds nothing
    assert abs(cred[2] - 0.48) < 1e-9 and cred[2] < cred[3] < 1 and cred[4] == 1, cred
    assert [round(a["ens"], 4) for a in answers] == [100, 75, 56.25, 42.1875, 31.6406], answers


def an_outlet_that_was_denied_is_believed_less_the_next_time():
    answers = read([
        headline(0, "Meta plans to sell excess AI compute, people familiar say"),
        headline(1, "Meta denies report it plans to sell excess AI compute", "Meta newsroom", **{"class": "official"}),
        headline(2, "Nvidia plans to cut 2,000 jobs, people familiar say"),
    ])
    assert answers[1]["cred"] == 0 and abs(answers[2]["cred"] - 0.5) < 1e-4, answers  # (3 + 0) / (5 + 1)


def two_quarters_are_two_generations_and_two_groups():
    answers = read([
        headline(0, "Nvidia reports record first-quarter revenue, beats estimates", "PR Newswire"),
        headline(20, "Nvidia shares climb on earnings beat", "CNBC"),
        headline(24 * 91, "Nvidia reports record second-quarter revenue, beats estimates", "PR Newswire"),
    ])
    assert all(a["event"] == "earnings_guidance" for a in answers), answers
    assert answers[0]["group"] == answers[1]["group"] != answers[2]["group"], answers
    assert answers[0]["fact"] == answers[2]["fact"] and answers[2]["status"] == "confirmed", answers
    assert answers[2]["novelty"] > 0.99 and answers[2]["ens"] < 60, answers


def two_lawsuits_at_the_same_time_are_two_facts():
    answers = read([
        headline(0, "Apple sued by Epic over App Store fees", "Reuters"),
        headline(1, "Apple faces probe in Brazil over battery safety", "Reuters"),
        headline(5, "Epic asks judge to hold Apple in contempt over App Store fees", "CNBC"),
    ])
    assert all(a["event"] == "legal_regulatory" for a in answers), answers
    assert answers[0]["group"] == answers[2]["group"] != answers[1]["group"], answers
    assert answers[1]["fact"] == answers[0]["fact"] + "|2", answers


def a_correction_stays_with_what_it_corrects():
    answers = read([
        headline(0, "Intel to cut 10,000 jobs, sources say", "Reuters"),
        headline(1, "Intel to invest in Irish plant", "Reuters"),
        headline(2, "Corrected: figure in Intel story is 1,000, sources say", "Reuters", id="h0", rev=2),
    ])
    assert answers[2]["group"] == answers[0]["group"] and answers[2]["fact"] == answers[0]["fact"], answers


def several_companies_are_one_story():
    answers = read([
        headline(0, "Broadcom, TSMC reportedly exploring deals that would split up Intel", "TechCrunch"),
        headline(30, "Intel stock soars as Broadcom and TSMC reportedly mull bids", "CNBC"),
    ])
    assert len(answers[0]["issuers"]) == 3 and sorted(answers[0]["issuers"]) == sorted(answers[1]["issuers"]), answers
    assert answers[0]["group"] == answers[1]["group"] is not None, answers


def what_has_no_fact_has_no_credibility_but_may_share_a_group():
    answers = read([
        headline(0, "Palantir opens a museum of calculators in Oslo", "Reuters"),
        headline(1, "Museum of calculators opens in Oslo, says Palantir", "CNBC"),
        headline(2, "Should you buy Palantir stock now?", "Motley Fool"),
    ])
    assert all(a["fact"] is None and a["cred"] is None and a["status"] is None for a in answers), answers
    assert answers[0]["group"] == answers[1]["group"] is not None and answers[2]["group"] is None, answers


def main():
    for test in (credibility_follows_the_sources_and_the_outcome,
                 an_outlet_that_was_denied_is_believed_less_the_next_time,
                 two_quarters_are_two_generations_and_two_groups, two_lawsuits_at_the_same_time_are_two_facts,
                 a_correction_stays_with_what_it_corrects, several_companies_are_one_story,
                 what_has_no_fact_has_no_credibility_but_may_share_a_group):
        test()
        print(f"ok {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
