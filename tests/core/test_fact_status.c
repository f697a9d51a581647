/* The status machine of SCIENCE 1.4 row by row, and the credibility that goes with it. */
#include "tests/support/facts.h"

#include <math.h>

#define OFFICIAL .source_class = AS_CLASS_OFFICIAL, .source = "Abc Inc"
#define RUMOUR .cue = AS_CUE_RUMOUR
#define GW(x) .figure = {{x, AS_FIGURE_GIGAWATTS}}
#define OWN .marks = AS_MARK_OWN_SOURCING

/* Items on one story with the status after each; all tell the object that the playbook names. */
static void ast_walk(const ast_item *item, const as_fact_status *expected, unsigned count)
{
    ast_facts f;
    ast_facts_open(&f);
    for (unsigned i = 0; i < count; i++) {
        ast_item told = item[i];
        told.hour = 2.0 * i;
        told.text = "abc sells spare machines";
        as_fact_change change = ast_tell(&f, &told);
        as_fact_status status = change.fact ? (as_fact_status)change.fact->status : AS_FACT_NONE;
        if (status != expected[i])
            fail_msg("step %u: status %d, expected %d", i, (int)status, (int)expected[i]);
    }
    ast_facts_close(&f);
}

#define AST_WALK(items, statuses)                                                                                      \
    do {                                                                                                               \
        _Static_assert(sizeof(items) / sizeof *(items) == sizeof(statuses) / sizeof *(statuses), "a status an item");  \
        ast_walk(items, statuses, sizeof(items) / sizeof *(items));                                                    \
    } while (0)

static void a_rumour_is_what_unnamed_sources_or_low_tiers_say(void **state)
{
    (void)state;
    for (uint8_t tier = 1; tier <= 4; tier++) {
        const ast_item item[] = {{RUMOUR, .tier = tier}};
        const as_fact_status status[] = {AS_FACT_RUMOUR};
        AST_WALK(item, status);
    }
    static const ast_item plain[] = {{.source_class = AS_CLASS_AGGREGATOR, .tier = 3},
                                     {.source_class = AS_CLASS_SOCIAL, .tier = 4},
                                     {.source_class = AS_CLASS_AGGREGATOR, .tier = 1}};
    static const as_fact_status status[] = {AS_FACT_RUMOUR, AS_FACT_RUMOUR, AS_FACT_RUMOUR};
    AST_WALK(plain, status);
}

static void a_second_outlet_with_sources_of_its_own_makes_it_developing(void **state)
{
    (void)state;
    static const ast_item item[] = {{RUMOUR, OWN, .source = "Bloomberg"},
                                    {RUMOUR, OWN, .source = "bloomberg.com"},
                                    {RUMOUR, .source = "Reuters", .marks = AS_MARK_QUOTES},
                                    {.source = "CNBC", .tier = 2, .marks = AS_MARK_QUOTES},
                                    {RUMOUR, OWN, .source = "CNBC", .tier = 2},
                                    {RUMOUR, OWN, .source = "Reuters"}};
    static const as_fact_status status[] = {AS_FACT_RUMOUR, AS_FACT_RUMOUR, AS_FACT_RUMOUR,
                                            AS_FACT_RUMOUR, AS_FACT_RUMOUR, AS_FACT_DEVELOPING};
    AST_WALK(item, status);
}

/* The portal that had it first quoted; the outlet with the sources is the first one, not the second. */
static void a_quoting_portal_is_not_the_first_source(void **state)
{
    (void)state;
    static const ast_item item[] = {{RUMOUR, .source = "Portal", .tier = 3, .source_class = AS_CLASS_AGGREGATOR},
                                    {RUMOUR, .source = "CNBC", .tier = 2, .marks = AS_MARK_QUOTES},
                                    {RUMOUR, OWN, .source = "Bloomberg"},
                                    {RUMOUR, OWN, .source = "Reuters"}};
    static const as_fact_status status[] = {AS_FACT_RUMOUR, AS_FACT_RUMOUR, AS_FACT_RUMOUR, AS_FACT_DEVELOPING};
    AST_WALK(item, status);
}

static void a_partial_official_comment_makes_it_developing(void **state)
{
    (void)state;
    static const ast_item item[] = {{RUMOUR, OWN},
                                    {OFFICIAL, .marks = AS_MARK_UNVERIFIED, .cue = AS_CUE_CONFIRMED},
                                    {OFFICIAL, .cue = AS_CUE_DEVELOPING},
                                    {OFFICIAL, .cue = AS_CUE_CONFIRMED},
                                    {OFFICIAL, .marks = AS_MARK_UNVERIFIED}};
    static const as_fact_status status[] = {AS_FACT_RUMOUR, AS_FACT_DEVELOPING, AS_FACT_DEVELOPING, AS_FACT_CONFIRMED,
                                            AS_FACT_CONFIRMED};
    AST_WALK(item, status);
    static const ast_item first[] = {{OFFICIAL, .cue = AS_CUE_DEVELOPING}};
    static const as_fact_status developing[] = {AS_FACT_DEVELOPING};
    AST_WALK(first, developing);
}

static void only_an_official_source_confirms_or_denies(void **state)
{
    (void)state;
    static const ast_item item[] = {{RUMOUR, OWN},
                                    {.cue = AS_CUE_DENIED, .source = "Reuters"},
                                    {.cue = AS_CUE_DENIED, .source_class = AS_CLASS_AGGREGATOR, .tier = 3},
                                    {.cue = AS_CUE_CONFIRMED, .source = "Reuters"},
                                    {.cue = AS_CUE_CONFIRMED, .source = "Reuters"},
                                    {OFFICIAL, .cue = AS_CUE_CONFIRMED},
                                    {OFFICIAL, .cue = AS_CUE_DENIED}};
    static const as_fact_status status[] = {AS_FACT_RUMOUR,     AS_FACT_RUMOUR,    AS_FACT_RUMOUR, AS_FACT_DEVELOPING,
                                            AS_FACT_DEVELOPING, AS_FACT_CONFIRMED, AS_FACT_DENIED};
    AST_WALK(item, status);
}

static void from_denied_only_an_official_source_leads_back(void **state)
{
    (void)state;
    static const ast_item item[] = {
        {RUMOUR, OWN, .source = "Bloomberg"},  {OFFICIAL, .cue = AS_CUE_DENIED},
        {RUMOUR, OWN, .source = "Reuters"},    {.cue = AS_CUE_CONFIRMED, .source = "Reuters"},
        {OFFICIAL, .marks = AS_MARK_DECLINED}, {OFFICIAL, .cue = AS_CUE_CONFIRMED}};
    static const as_fact_status status[] = {AS_FACT_RUMOUR, AS_FACT_DENIED, AS_FACT_DENIED,
                                            AS_FACT_DENIED, AS_FACT_DENIED, AS_FACT_CONFIRMED};
    AST_WALK(item, status);
}

static void a_changed_magnitude_updates_what_is_developing_or_confirmed(void **state)
{
    (void)state;
    static const ast_item item[] = {{RUMOUR, .marks = AS_MARK_REVISED, .source_class = AS_CLASS_AGGREGATOR, .tier = 3},
                                    {.cue = AS_CUE_CONFIRMED, GW(1)},
                                    {.marks = AS_MARK_REVISED, .source_class = AS_CLASS_AGGREGATOR, .tier = 3, GW(3)},
                                    {.marks = AS_MARK_REVISED | AS_MARK_UNVERIFIED, GW(3)},
                                    {.marks = AS_MARK_REVISED, GW(1.001)},
                                    {.marks = AS_MARK_REVISED, GW(2)},
                                    {OFFICIAL, .cue = AS_CUE_CONFIRMED},
                                    {.marks = AS_MARK_REVISED, GW(2)},
                                    {.marks = AS_MARK_REVISED, .figure = {{9, AS_FIGURE_MONEY}}},
                                    {.marks = AS_MARK_REVISED},
                                    {GW(4), .cue = AS_CUE_CONFIRMED},
                                    {OFFICIAL, .marks = AS_MARK_REVISED},
                                    {OFFICIAL, .cue = AS_CUE_CONFIRMED}};
    static const as_fact_status status[] = {
        AS_FACT_RUMOUR,  AS_FACT_DEVELOPING, AS_FACT_DEVELOPING, AS_FACT_DEVELOPING, AS_FACT_DEVELOPING,
        AS_FACT_UPDATED, AS_FACT_CONFIRMED,  AS_FACT_CONFIRMED,  AS_FACT_CONFIRMED,  AS_FACT_CONFIRMED,
        AS_FACT_UPDATED, AS_FACT_UPDATED,    AS_FACT_UPDATED};
    AST_WALK(item, status);
}

/* Without a word of change: what is counted otherwise than before; not what tells of prices too, nor a known figure. */
static void another_figure_alone_updates(void **state)
{
    (void)state;
    static const struct {
        as_figure before, after[2];
        bool updated;
    } row[] = {
        {{1, AS_FIGURE_GIGAWATTS}, {{6, AS_FIGURE_GIGAWATTS}}, true},
        {{15000, AS_FIGURE_JOBS}, {{24000, AS_FIGURE_JOBS}}, true},
        {{15000, AS_FIGURE_JOBS}, {{15000, AS_FIGURE_JOBS}}, false},
        {{15000, AS_FIGURE_JOBS}, {{15050, AS_FIGURE_JOBS}}, false},
        {{15000, AS_FIGURE_JOBS}, {{15000, AS_FIGURE_JOBS}, {24000, AS_FIGURE_JOBS}}, false},
        {{15000, AS_FIGURE_JOBS}, {{24000, AS_FIGURE_MONEY}}, false},
        {{5, AS_FIGURE_PERCENT}, {{7, AS_FIGURE_PERCENT}}, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ast_facts f;
        ast_facts_open(&f);
        ast_tell(&f, &(ast_item){.text = "abc sells", .cue = AS_CUE_CONFIRMED, .figure = {row[i].before}});
        ast_item next = {.hour = 1, .text = "abc sells so many", .cue = AS_CUE_CONFIRMED};
        memcpy(next.figure, row[i].after, sizeof next.figure);
        if (ast_tell(&f, &next).updated != row[i].updated)
            fail_msg("row %zu", i);
        ast_facts_close(&f);
    }
}

/* SCIENCE 1.4: an executive on record is official, if press of tier 1 or 2 has it and he speaks for this issuer. */
static void the_issuer_on_record_through_the_press_settles(void **state)
{
    (void)state;
    static const struct {
        ast_item item;
        as_fact_status expected;
    } row[] = {
        {{.cue = AS_CUE_CONFIRMED, .speaker = 1}, AS_FACT_CONFIRMED},
        {{.cue = AS_CUE_DENIED, .speaker = 1, .tier = 2}, AS_FACT_DENIED},
        {{.cue = AS_CUE_CONFIRMED, .speaker = 2}, AS_FACT_DEVELOPING},
        {{.cue = AS_CUE_CONFIRMED}, AS_FACT_DEVELOPING},
        {{.cue = AS_CUE_DENIED}, AS_FACT_RUMOUR},
        {{.cue = AS_CUE_DENIED, .speaker = 1, .tier = 3}, AS_FACT_RUMOUR},
        {{.cue = AS_CUE_CONFIRMED, .speaker = 1, .source_class = AS_CLASS_AGGREGATOR}, AS_FACT_RUMOUR},
        {{.cue = AS_CUE_CONFIRMED, .speaker = 1, .marks = AS_MARK_QUOTES}, AS_FACT_RUMOUR},
        {{.cue = AS_CUE_CONFIRMED, .speaker = 1, .marks = AS_MARK_DECLINED}, AS_FACT_RUMOUR},
        {{.cue = AS_CUE_RUMOUR, .speaker = 1}, AS_FACT_RUMOUR},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ast_facts f;
        ast_facts_open(&f);
        as_fact_change rumour = ast_tell(&f, &(ast_item){.text = "abc sells", RUMOUR, .source = "Bloomberg"});
        ast_item next = row[i].item;
        next.hour = 1;
        next.text = "abc sells";
        ast_tell(&f, &next);
        if (rumour.fact->status != row[i].expected)
            fail_msg("row %zu: status %d", i, (int)rumour.fact->status);
        ast_facts_close(&f);
    }
}

static void an_update_is_a_child_and_the_gate_knows_what_was_updated(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_tell(&f, &(ast_item){.hour = 0, .text = "abc sells", .cue = AS_CUE_CONFIRMED, GW(1)});
    as_fact_change child =
        ast_tell(&f, &(ast_item){.hour = 1, .text = "abc sells more", .marks = AS_MARK_REVISED, GW(2)});
    assert_true(child.updated && child.status_changed && child.fact->updates == 1 && !child.fact->official);
    assert_true(as_fact_gate(child.fact, &f.playbook->gate) == f.playbook->gate.developing);
    as_fact_change second =
        ast_tell(&f, &(ast_item){.hour = 2, .text = "abc sells most", .marks = AS_MARK_REVISED, GW(3)});
    assert_true(second.updated && !second.status_changed && second.fact->updates == 2);
    ast_item echo = {.hour = 2.5, .text = "abc sells most", .marks = AS_MARK_REVISED | AS_MARK_QUOTES, GW(4)};
    assert_false(ast_tell(&f, &echo).updated);
    ast_tell(&f, &(ast_item){.hour = 3, .text = "abc announces", OFFICIAL, .cue = AS_CUE_CONFIRMED});
    as_fact_change third = ast_tell(&f, &(ast_item){.hour = 4, .text = "abc now", OFFICIAL, .marks = AS_MARK_REVISED});
    assert_true(third.updated && third.fact->status == AS_FACT_UPDATED && third.fact->updates == 3);
    assert_true(as_fact_gate(third.fact, &f.playbook->gate) == f.playbook->gate.confirmed);
    ast_facts_close(&f);
}

static void ten_sessions_without_an_item_end_it(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change rumour = ast_tell(&f, &(ast_item){.text = "abc sells", RUMOUR}); /* Wednesday 1 July, 00:00 UTC */
    uint64_t first = rumour.fact->serial;
    /* sessions of 1, 2, 6, 7 .. July (3 July is a holiday); the first item's own session ends on the 1st */
    as_fact_change tenth = ast_tell(&f, &(ast_item){.hour = 24 * 15 + 19, .text = "why", .cue = AS_CUE_OPINION});
    assert_ptr_equal(tenth.fact, as_fact_find(&f.table, first));
    as_fact_change after = ast_tell(&f, &(ast_item){.hour = 24 * 15 + 21, .text = "abc sells", RUMOUR});
    assert_int_equal(as_fact_find(&f.table, first)->status, AS_FACT_EXPIRED);
    assert_true(after.created && after.fact->generation == 2);
    assert_string_equal(after.fact->key, as_fact_find(&f.table, first)->key);
    ast_facts_close(&f);
}

static void a_prior_disclosure_is_not_live_and_makes_way(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_item prior = {.text = "selling machines is an option", OFFICIAL, .marks = AS_MARK_HYPOTHETICAL};
    as_fact_change first = ast_tell(&f, &prior);
    assert_int_equal(first.fact->status, AS_FACT_PRIOR_DISCLOSURE);
    assert_false(as_fact_live(first.fact));
    assert_true(isnan(first.fact->cred));
    prior.hour = 24;
    assert_ptr_equal(ast_tell(&f, &prior).fact, first.fact); /* said once more */
    assert_null(ast_tell(&f, &(ast_item){.hour = 25, .text = "what if", .cue = AS_CUE_OPINION}).fact);
    as_fact_change rumour = ast_tell(&f, &(ast_item){.hour = 48, .text = "abc sells machines", RUMOUR});
    assert_true(rumour.created && rumour.fact->generation == 2 && as_fact_live(rumour.fact));
    assert_true(fabs(rumour.fact->ens - 56.25) < 1e-12); /* the third item of its key */
    ast_facts_close(&f);
}

static void doubt_lowers_credibility_and_never_raises_status(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact *fact = ast_tell(&f, &(ast_item){.hour = 0, .text = "abc sells", RUMOUR, OWN, .source = "Bloomberg"}).fact;
    assert_true(fabs(fact->cred - 0.6) < 1e-12);
    const uint8_t doubt[] = {AS_MARK_DECLINED, AS_MARK_UNVERIFIED, AS_MARK_DECLINED | AS_MARK_UNVERIFIED};
    const double cred[] = {0.48, 0.384, 0.384};
    for (unsigned i = 0; i < 3; i++) {
        ast_item item = {.hour = 1.0 + i, .text = "abc sells", .source = "Reuters", .marks = doubt[i]};
        item.marks |= AS_MARK_OWN_SOURCING;
        item.cue = AS_CUE_CONFIRMED;
        as_fact_change change = ast_tell(&f, &item);
        assert_ptr_equal(change.fact, fact);
        assert_int_equal(fact->status, AS_FACT_RUMOUR);
        if (!(fabs(fact->cred - cred[i]) < 1e-12))
            fail_msg("doubt %u: cred %g, wanted %g", i, fact->cred, cred[i]);
    }
    /* nor does it open a story above a rumour */
    ast_item first = {.hour = 9, .event = "labour", .text = "x", .marks = AS_MARK_UNVERIFIED, .cue = AS_CUE_CONFIRMED};
    assert_int_equal(ast_tell(&f, &first).fact->status, AS_FACT_RUMOUR);
    ast_facts_close(&f);
}

static void own_sources_add_to_credibility_and_echoes_do_not(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact *fact =
        ast_tell(
            &f,
            &(ast_item){
                .hour = 0, .text = "abc sells", RUMOUR, .source = "Blog", .tier = 4, .source_class = AS_CLASS_SOCIAL})
            .fact;
    assert_true(fabs(fact->cred - 0.2) < 1e-12);
    ast_tell(&f, &(ast_item){.hour = 1, .text = "abc sells", RUMOUR, OWN, .source = "Bloomberg"});
    assert_true(fabs(fact->cred - 0.6) < 1e-12);
    ast_tell(&f,
             &(ast_item){.hour = 2, .text = "abc sells", RUMOUR, .source = "CNBC", .tier = 2, .marks = AS_MARK_QUOTES});
    assert_true(fabs(fact->cred - 0.6) < 1e-12);
    ast_tell(&f, &(ast_item){.hour = 3, .text = "abc sells", RUMOUR, OWN, .source = "Reuters"});
    assert_true(fabs(fact->cred - (1 - 0.4 * 0.4)) < 1e-12);
    ast_tell(&f, &(ast_item){.hour = 4, .text = "abc sells", OFFICIAL, .cue = AS_CUE_CONFIRMED});
    assert_true(fact->cred == 1);
    ast_tell(&f, &(ast_item){.hour = 5, .text = "abc sells", OFFICIAL, .cue = AS_CUE_DENIED});
    assert_true(fact->cred == 0 && !fact->official);
    ast_facts_close(&f);
}

static double ast_p(const ast_facts *f, const char *source, uint8_t tier)
{
    return as_credibility_p_true(&f->table.credibility, as_outlet(source), tier, 0);
}

static void what_becomes_of_a_claim_is_counted_for_who_made_it(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_tell(&f, &(ast_item){.hour = 0, .text = "abc sells", RUMOUR, OWN, .source = "Bloomberg"});
    ast_tell(&f, &(ast_item){.hour = 1,
                             .text = "abc sells",
                             RUMOUR,
                             .source = "Portal",
                             .tier = 3,
                             .source_class = AS_CLASS_AGGREGATOR});
    ast_tell(&f, &(ast_item){.hour = 1, .text = "abc sells", .cue = AS_CUE_OPINION, .source = "Column"});
    ast_tell(&f, &(ast_item){.hour = 2, .text = "abc sells", OFFICIAL, .cue = AS_CUE_DENIED});
    assert_true(fabs(ast_p(&f, "Bloomberg", 1) - 3.0 / 6) < 1e-12);
    assert_true(fabs(ast_p(&f, "Portal", 3) - 1.0 / 6) < 1e-12);
    assert_true(fabs(ast_p(&f, "Column", 1) - 3.0 / 5) < 1e-12);
    /* the denial was untrue: what was held against them is taken back */
    ast_tell(&f, &(ast_item){.hour = 3, .text = "abc sells", RUMOUR, OWN, .source = "Reuters"});
    ast_tell(&f, &(ast_item){.hour = 4, .text = "abc sells", OFFICIAL, .cue = AS_CUE_CONFIRMED});
    assert_true(fabs(ast_p(&f, "Bloomberg", 1) - 4.0 / 6) < 1e-9);
    assert_true(fabs(ast_p(&f, "Reuters", 1) - 4.0 / 6) < 1e-9);
    assert_true(fabs(ast_p(&f, "Abc Inc", 1) - 3.0 / 5) < 1e-12);
    /* who repeats what is confirmed gains nothing */
    ast_tell(&f, &(ast_item){.hour = 5, .text = "abc sells", .source = "Late Post", .cue = AS_CUE_CONFIRMED});
    ast_tell(&f, &(ast_item){.hour = 6, .text = "abc sells", OFFICIAL, .cue = AS_CUE_CONFIRMED});
    assert_true(fabs(ast_p(&f, "Late Post", 1) - 3.0 / 5) < 1e-12);
    ast_facts_close(&f);
}

static void an_expired_rumour_counts_and_an_expired_plain_report_does_not(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_tell(&f, &(ast_item){.hour = 0, .text = "abc sells", RUMOUR, .source = "Bloomberg"});
    as_fact *fact = ast_tell(&f, &(ast_item){.hour = 1, .text = "abc sells", .source = "Reuters"}).fact;
    as_fact_expire(&f.table, fact, fact->last_item);
    assert_int_equal(fact->status, AS_FACT_EXPIRED);
    assert_true(fabs(ast_p(&f, "Bloomberg", 1) - 3.0 / 6) < 1e-12);
    assert_true(fabs(ast_p(&f, "Reuters", 1) - 3.0 / 5) < 1e-12);
    /* what was confirmed has not expired as a claim */
    ast_tell(&f, &(ast_item){.hour = 5, .event = "labour", .text = "abc cuts", RUMOUR, .source = "AP"});
    fact = ast_tell(&f, &(ast_item){.hour = 6, .event = "labour", .text = "abc cuts", OFFICIAL}).fact;
    as_fact_expire(&f.table, fact, fact->last_item);
    assert_true(fabs(ast_p(&f, "AP", 1) - 4.0 / 6) < 1e-12);
    ast_facts_close(&f);
}

static void a_retraction_leaves_what_others_found_out_themselves(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_tell(&f, &(ast_item){.hour = 0, .id = "b1", .text = "abc sells", RUMOUR, OWN, .source = "Bloomberg"});
    as_fact *fact =
        ast_tell(&f, &(ast_item){.hour = 1, .id = "r1", .text = "abc sells", RUMOUR, OWN, .source = "Reuters"}).fact;
    assert_int_equal(fact->status, AS_FACT_DEVELOPING);
    ast_tell(&f, &(ast_item){.hour = 2, .id = "b1", .text = "", .source = "Bloomberg", .marks = AS_MARK_RETRACTED});
    assert_int_equal(fact->status, AS_FACT_RUMOUR);
    ast_tell(&f, &(ast_item){.hour = 3, .text = "abc sells", OFFICIAL});
    assert_int_equal(fact->status, AS_FACT_CONFIRMED);
    ast_tell(&f, &(ast_item){.hour = 4, .id = "r1", .text = "", .source = "Reuters", .marks = AS_MARK_RETRACTED});
    assert_int_equal(fact->status, AS_FACT_CONFIRMED);
    ast_facts_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rumour_is_what_unnamed_sources_or_low_tiers_say),
        cmocka_unit_test(a_second_outlet_with_sources_of_its_own_makes_it_developing),
        cmocka_unit_test(a_quoting_portal_is_not_the_first_source),
        cmocka_unit_test(a_partial_official_comment_makes_it_developing),
        cmocka_unit_test(only_an_official_source_confirms_or_denies),
        cmocka_unit_test(from_denied_only_an_official_source_leads_back),
        cmocka_unit_test(a_changed_magnitude_updates_what_is_developing_or_confirmed),
        cmocka_unit_test(another_figure_alone_updates),
        cmocka_unit_test(the_issuer_on_record_through_the_press_settles),
        cmocka_unit_test(an_update_is_a_child_and_the_gate_knows_what_was_updated),
        cmocka_unit_test(ten_sessions_without_an_item_end_it),
        cmocka_unit_test(a_prior_disclosure_is_not_live_and_makes_way),
        cmocka_unit_test(doubt_lowers_credibility_and_never_raises_status),
        cmocka_unit_test(own_sources_add_to_credibility_and_echoes_do_not),
        cmocka_unit_test(what_becomes_of_a_claim_is_counted_for_who_made_it),
        cmocka_unit_test(an_expired_rumour_counts_and_an_expired_plain_report_does_not),
        cmocka_unit_test(a_retraction_leaves_what_others_found_out_themselves),
    };
    return cmocka_run_group_tests_name("fact_status", tests, NULL, NULL);
}
