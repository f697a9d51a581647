#include "tests/support/desk_fixture.h"

#include <errno.h>

#include "feeds/news/classify.h"

static ast_desk ast_d;

static int ast_setup(void **state)
{
    (void)state;
    ast_desk_open_reference(&ast_d);
    return 0;
}

static int ast_teardown(void **state)
{
    (void)state;
    ast_desk_close(&ast_d);
    return 0;
}

static void ast_expect_event(const char *text, const char *event)
{
    const char *got = ast_event_of(ast_desk_read(&ast_d, "wire", text));
    if (strcmp(got, event) != 0)
        fail_msg("\"%s\" is %s, expected %s", text, got, event);
}

static void ast_expect_cue(const char *source, const char *text, as_cue cue)
{
    const as_headline *headline = ast_desk_read(&ast_d, source, text);
    if (headline->reading.cue != cue)
        fail_msg("\"%s\": cue %d, expected %d", text, headline->reading.cue, cue);
}

static void ast_expect_polarity(const char *text, int polarity)
{
    const as_headline *headline = ast_desk_read(&ast_d, "wire", text);
    if (headline->reading.polarity != polarity)
        fail_msg("\"%s\": polarity %d, expected %d", text, headline->reading.polarity, polarity);
}

static void columns_movers_and_reports_are_told_apart(void **state)
{
    (void)state;
    ast_expect_event("Amazon: Cloud, Retail And Dividends", "commentary"); /* a theme, no dividend was paid */
    ast_expect_event("Why a stock split could help Amazon", "commentary");
    ast_expect_event("Can Amazon rent out its spare GPU capacity?", "compute_supply_entry");
    ast_expect_cue("wire", "Can Amazon rent out its spare GPU capacity?", AS_CUE_OPINION);
    ast_expect_event("9 Stocks Moving In Friday's Session", "price_move");
    ast_expect_cue("wire", "9 Stocks Moving In Friday's Session", AS_CUE_CONFIRMED);
    ast_expect_event("Amazon fires its finance chief: what to know", "executive_change");
    ast_expect_cue("wire", "Amazon fires its finance chief: what to know", AS_CUE_CONFIRMED);
    ast_expect_cue("wire", "Amazon confirms talks to buy a startup, price still open", AS_CUE_DEVELOPING);
    ast_expect_cue("wire", "Amazon calls report of layoffs groundless", AS_CUE_DENIED);
    ast_expect_cue("wire", "Amazon denied bid to toss lawsuit", AS_CUE_CONFIRMED);
}

/*
 * The families the reference event and its indicators need; the labelled set holds few or none of
 * them.
 */
static void families_of_the_supply_chain_are_told_apart(void **state)
{
    (void)state;
    ast_expect_event("Amazon to rent out spare GPU capacity", "compute_supply_entry");
    ast_expect_event("Microsoft to sell unused AI compute to startups", "compute_supply_entry");
    ast_expect_event("Alphabet enters cloud compute market as seller of surplus capacity", "compute_supply_entry");
    ast_expect_event("Microsoft pauses data center leases", "capex_cut");
    ast_expect_event("Meta trims capex forecast", "capex_cut");
    ast_expect_event("Alphabet raises capex guidance to $120 billion", "capex_raise");
    ast_expect_event("TSMC to invest $100 billion in Arizona fabs", "capex_raise");
    ast_expect_event("US tightens export controls on AI chips", "export_control");
    ast_expect_event("Nvidia halts H20 shipments to China", "export_control");
    ast_expect_event("Start-up trains reasoning model at a fraction of the cost", "model_efficiency_shock");
    ast_expect_event("DRAM contract prices fall 15%", "memory_price");
    ast_expect_event("SK Hynix sees HBM prices rising in second half", "memory_price");
    ast_expect_event("IREN signs $9.7 billion AI cloud contract with Microsoft", "datacenter_contract");
    ast_expect_event("Core Scientific signs 12-year HPC hosting agreement", "datacenter_contract");
    ast_expect_event("Copilot reaches 15 million paid seats", "ai_adoption");
    ast_expect_event("Nvidia announces $60 billion share buyback", "capital_return");
}

static void broad_families_are_told_apart(void **state)
{
    (void)state;
    ast_expect_event("Should you buy Nvidia stock before earnings?", "commentary");
    ast_expect_event("3 AI stocks to buy and hold", "commentary");
    ast_expect_event("Goldman raises Nvidia price target", "analyst_rating");
    ast_expect_event("Micron beats estimates, guides higher", "earnings_guidance");
    ast_expect_event("Oracle to announce fourth quarter results on June 11", "other");
    ast_expect_event("Microsoft lays off 6,000 workers", "labour");
    ast_expect_event("EU fines Apple 500 million euros", "legal_regulatory");
    ast_expect_event("Intel names new CEO", "executive_change");
    ast_expect_event("AMD to acquire server maker", "m_and_a");
    ast_expect_event("Trump announces 25% tariffs on chips", "tariff");
    ast_expect_event("Nvidia unveils new chip", "product_launch");
    ast_expect_event("Nvidia shares slide", "price_move");
    ast_expect_event("Fed holds interest rates", "macro");
    ast_expect_event("Azure outage hits users", "outage_cyber");
    ast_expect_event("Michael Burry's 13F shows puts on Nvidia", "insider_13f");
    ast_expect_event("A quiet afternoon", "other");
}

static void the_cue_is_what_the_headline_says(void **state)
{
    (void)state;
    ast_expect_cue("wire", "Meta to sell compute, people familiar say", AS_CUE_RUMOUR);
    ast_expect_cue("wire", "Meta reportedly sells excess compute", AS_CUE_RUMOUR);
    ast_expect_cue("wire", "Meta considers selling excess compute", AS_CUE_RUMOUR);
    ast_expect_cue("wire", "Meta sells excess compute", AS_CUE_CONFIRMED);
    ast_expect_cue("wire", "Meta denies plan to sell excess compute", AS_CUE_DENIED);
    ast_expect_cue("wire", "Meta has no plans to sell excess compute", AS_CUE_DENIED);
    ast_expect_cue("wire", "Trump threatens 25% tariff on Apple", AS_CUE_DEVELOPING);
    ast_expect_cue("wire", "Is Nvidia stock a buy?", AS_CUE_OPINION);
    ast_expect_cue("prnewswire.com", "Meta considers selling excess compute", AS_CUE_CONFIRMED);
}

static void marks_feed_the_status_machine(void **state)
{
    (void)state;
    const as_headline *h = ast_desk_read(
        &ast_d, "Reuters", "Meta cloud plan may change; Reuters could not verify; Meta declined to comment");
    assert_int_equal(h->reading.marks, AS_MARK_UNVERIFIED | AS_MARK_DECLINED);
    h = ast_desk_read(&ast_d, "wire", "Zuckerberg: selling capacity is an option if we overbuild AI infrastructure");
    assert_int_equal(h->reading.marks, AS_MARK_HYPOTHETICAL);
    h = ast_desk_read(&ast_d, "wire", "Meta to sell excess compute, people familiar with the matter say");
    assert_int_equal(h->reading.marks, AS_MARK_OWN_SOURCING);
    h = ast_desk_read(&ast_d, "wire", "Meta revises capacity figure for external compute sales");
    assert_int_equal(h->reading.marks, AS_MARK_REVISED);
    h = ast_desk_read(&ast_d, "wire", "Agency retracts story on Meta");
    assert_int_equal(h->reading.marks, AS_MARK_RETRACTED);
}

static void polarity_is_the_events_for_the_first_issuer(void **state)
{
    (void)state;
    ast_expect_polarity("Micron beats estimates", 1);
    ast_expect_polarity("Micron misses estimates", -1);
    ast_expect_polarity("Microsoft lays off 6,000 workers as profit soars", -1);
    ast_expect_polarity("US tightens export controls on Nvidia chips", -1);
    ast_expect_polarity("US eases export controls on Nvidia chips", 1);
    ast_expect_polarity("Microsoft pauses data center leases", -1);
    ast_expect_polarity("Markets slide on recession fears", 0);
    ast_expect_polarity("Is Nvidia stock a strong buy?", 0);
}

static void sources_are_resolved_from_the_playbook_the_record_and_the_list(void **state)
{
    (void)state;
    static as_headline h;
    const as_headline *r = ast_desk_read(&ast_d, "BLOOMBERG", "x");
    assert_int_equal(r->reading.source_class, AS_CLASS_PRESS);
    assert_int_equal(r->reading.tier, 1);
    r = ast_desk_read(&ast_d, "https://www.reuters.com/markets", "x");
    assert_int_equal(r->reading.source_class, AS_CLASS_PRESS);
    assert_int_equal(r->reading.tier, 1);
    r = ast_desk_read(&ast_d, "globenewswire.com", "x");
    assert_int_equal(r->reading.source_class, AS_CLASS_OFFICIAL);
    r = ast_desk_read(&ast_d, "seekingalpha.com", "x");
    assert_int_equal(r->reading.source_class, AS_CLASS_AGGREGATOR);
    assert_int_equal(r->reading.tier, 3);
    r = ast_desk_read(&ast_d, "nobody in particular", "x");
    assert_int_equal(r->reading.source_class, AS_CLASS_AGGREGATOR);
    assert_int_equal(r->reading.tier, 3);
    memset(&h, 0, sizeof h);
    h.tier_given = 1;
    as_desk_read(ast_d.desk, &h);
    assert_int_equal(h.reading.source_class, AS_CLASS_PRESS);
    h.class_given = AS_CLASS_SOCIAL;
    h.tier_given = 0;
    as_desk_read(ast_d.desk, &h);
    assert_int_equal(h.reading.tier, 4);
    h.class_given = 77;
    h.tier_given = 99;
    as_desk_read(ast_d.desk, &h);
    assert_int_equal(h.reading.tier, 3);
}

static void a_phrase_that_is_none_is_an_error_that_names_it(void **state)
{
    (void)state;
    static const char text[] = "version: t\nevents:\n  labour:\n    phrases: [\"lay-offs|strike\"]\n";
    as_playbook *playbook = NULL;
    as_desk *desk = NULL;
    as_error_clear();
    if (as_playbook_compile("t.yaml", text, strlen(text), &ast_d.universe, 1, &playbook) != 0) {
        as_error_print(stderr, "test");
        fail();
    }
    assert_int_equal(as_desk_new(&ast_d.universe, playbook, &desk), -EINVAL);
    assert_null(desk);
    assert_non_null(strstr(as_error_message(0), "t.yaml:4: key 'events.labour.phrases[0]': found 'lay-offs|strike', "));
    as_playbook_free(playbook);
    as_error_clear();
}

static void the_earlier_family_wins(void **state)
{
    (void)state;
    static const char text[] =
        "version: t\nevents:\n  labour: {phrases: [\"strike\"]}\n  macro: {phrases: [\"miners strike\"]}\n";
    as_playbook *playbook = NULL;
    ast_desk d = {.universe = ast_d.universe};
    assert_int_equal(as_playbook_compile("t.yaml", text, strlen(text), &ast_d.universe, 5, &playbook), 0);
    assert_int_equal(as_desk_new(&ast_d.universe, playbook, &d.desk), 0);
    const as_headline *h = ast_desk_read(&d, "wire", "Miners strike");
    assert_string_equal(ast_event_of(h), "labour");
    assert_int_equal(h->reading.generation, 5);
    as_desk_free(d.desk);
    as_playbook_free(playbook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_movers_and_reports_are_told_apart),
        cmocka_unit_test(families_of_the_supply_chain_are_told_apart),
        cmocka_unit_test(broad_families_are_told_apart),
        cmocka_unit_test(the_cue_is_what_the_headline_says),
        cmocka_unit_test(marks_feed_the_status_machine),
        cmocka_unit_test(polarity_is_the_events_for_the_first_issuer),
        cmocka_unit_test(sources_are_resolved_from_the_playbook_the_record_and_the_list),
        cmocka_unit_test(a_phrase_that_is_none_is_an_error_that_names_it),
        cmocka_unit_test(the_earlier_family_wins),
    };
    return cmocka_run_group_tests(tests, ast_setup, ast_teardown);
}
