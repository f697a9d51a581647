#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/world.h"

typedef struct ast_item {
    const char *id, *source;
    as_source_class source_class;
    uint8_t tier, marks;
    as_cue cue;
    bool other; /* a different event family */
    as_fact_status expected;
} ast_item;

static as_fact_change apply(ast_world *world, as_fact_table *table, const ast_item *item, uint64_t ts)
{
    as_headline headline = ast_headline(item->id, item->source, AST_EPI, ts);
    headline.reading.source_class = (uint8_t)item->source_class;
    headline.reading.tier = item->tier;
    headline.reading.marks = item->marks;
    headline.reading.cue = (uint8_t)item->cue;
    if (item->other)
        headline.reading.event_type = AS_EVENT_TYPE_OTHER;
    return as_fact_apply(table, world->playbook, &world->universe.symbols, &headline, 0);
}

static void walk(const ast_item *item, unsigned count)
{
    ast_world world;
    as_fact_table table;
    uint64_t serial = 0;
    ast_world_init(&world);
    assert_int_equal(as_fact_table_init(&table), 0);
    for (unsigned i = 0; i < count; i++) {
        as_fact_change change = apply(&world, &table, &item[i], (i + 1) * 2 * AS_NS_PER_HOUR);
        if (change.fact)
            serial = change.fact->serial;
        const as_fact *fact = as_fact_find(&table, serial);
        assert_non_null(fact);
        if (fact->status != item[i].expected)
            fail_msg("step %u (%s): %s, expected %s", i, item[i].id, as_fact_status_text((as_fact_status)fact->status),
                     as_fact_status_text(item[i].expected));
    }
    as_fact_table_fini(&table);
    ast_world_fini(&world);
}

/* The steps of vectors/17, with what the desk would have read in each. */
static void the_main_sequence_of_vector_17(void **state)
{
    (void)state;
    static const ast_item sequence[] = {
        {"abc", "Epicentre", AS_CLASS_OFFICIAL, 1, AS_MARK_HYPOTHETICAL, AS_CUE_OPINION, false,
         AS_FACT_PRIOR_DISCLOSURE},
        {"def", "Wire", AS_CLASS_PRESS, 1, AS_MARK_OWN_SOURCING, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR},
        {"ghi", "Second", AS_CLASS_PRESS, 1, AS_MARK_DECLINED | AS_MARK_UNVERIFIED, AS_CUE_DEVELOPING, false,
         AS_FACT_RUMOUR},
        {"jkl", "Aggregator", AS_CLASS_AGGREGATOR, 3, 0, AS_CUE_CONFIRMED, false, AS_FACT_RUMOUR},
        {"mno", "Third", AS_CLASS_PRESS, 1, AS_MARK_OWN_SOURCING, AS_CUE_RUMOUR, false, AS_FACT_DEVELOPING},
        {"pqr", "Epicentre", AS_CLASS_OFFICIAL, 1, 0, AS_CUE_CONFIRMED, true, AS_FACT_DEVELOPING},
        {"stu", "Filing", AS_CLASS_OFFICIAL, 1, 0, AS_CUE_CONFIRMED, false, AS_FACT_CONFIRMED},
        {"vwx", "Filing", AS_CLASS_OFFICIAL, 1, AS_MARK_REVISED, AS_CUE_CONFIRMED, false, AS_FACT_UPDATED},
    };
    walk(sequence, sizeof sequence / sizeof *sequence);
}

static void the_denial_sequence_of_vector_17(void **state)
{
    (void)state;
    static const ast_item sequence[] = {
        {"abc", "Wire", AS_CLASS_PRESS, 1, 0, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR},
        {"def", "Epicentre", AS_CLASS_OFFICIAL, 1, 0, AS_CUE_DENIED, false, AS_FACT_DENIED},
        {"ghi", "Aggregator", AS_CLASS_AGGREGATOR, 3, 0, AS_CUE_CONFIRMED, false, AS_FACT_DENIED},
        {"jkl", "Wire", AS_CLASS_PRESS, 1, 0, AS_CUE_CONFIRMED, false, AS_FACT_DENIED},
        {"mno", "Filing", AS_CLASS_OFFICIAL, 1, 0, AS_CUE_CONFIRMED, false, AS_FACT_CONFIRMED},
    };
    walk(sequence, sizeof sequence / sizeof *sequence);
}

static void the_outlet_that_opened_a_rumour_cannot_confirm_itself(void **state)
{
    (void)state;
    static const ast_item sequence[] = {
        {"abc", "Wire", AS_CLASS_PRESS, 1, AS_MARK_OWN_SOURCING, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR},
        {"def", "Wire", AS_CLASS_PRESS, 1, AS_MARK_OWN_SOURCING, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR},
        {"ghi", "Second", AS_CLASS_PRESS, 2, AS_MARK_OWN_SOURCING, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR},
    };
    walk(sequence, sizeof sequence / sizeof *sequence);
}

static void an_item_on_a_prior_disclosure_opens_the_next_generation(void **state)
{
    (void)state;
    static const ast_item prior = {"abc",          "Epicentre", AS_CLASS_OFFICIAL,       1, AS_MARK_HYPOTHETICAL,
                                   AS_CUE_OPINION, false,       AS_FACT_PRIOR_DISCLOSURE};
    static const ast_item rumour = {"abcd", "Wire", AS_CLASS_PRESS, 1, 0, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR};
    ast_world world;
    as_fact_table table;
    ast_world_init(&world);
    as_fact_table_init(&table);
    as_fact_change first = apply(&world, &table, &prior, AS_NS_PER_HOUR);
    assert_true(first.created);
    assert_false(as_fact_live(first.fact));
    as_fact_change second = apply(&world, &table, &rumour, 2 * AS_NS_PER_HOUR);
    assert_true(second.created);
    assert_int_equal(second.fact->generation, 2);
    assert_int_equal(second.fact->t0, 2 * AS_NS_PER_HOUR);
    assert_true(second.novelty < 1); /* the history of the key is kept */
    assert_true(as_fact_live(second.fact));
    as_fact_table_fini(&table);
    ast_world_fini(&world);
}

static void a_reprint_is_a_repetition_and_ages(void **state)
{
    (void)state;
    static const ast_item item = {"same words", "Wire", AS_CLASS_PRESS, 1, 0, AS_CUE_RUMOUR, false, AS_FACT_RUMOUR};
    ast_world world;
    as_fact_table table;
    ast_world_init(&world);
    as_fact_table_init(&table);
    apply(&world, &table, &item, AS_NS_PER_HOUR);
    as_fact_change soon = apply(&world, &table, &item, AS_NS_PER_HOUR + AS_NS_PER_MIN);
    assert_true(soon.repeated);
    assert_true(soon.novelty < 0.01);
    as_fact_change later = apply(&world, &table, &item, AS_NS_PER_HOUR + AS_NS_PER_MIN + 24 * AS_NS_PER_HOUR);
    assert_true(later.novelty > 0.49 && later.novelty < 0.51); /* half-life 24 h */
    assert_false(later.repeated);
    as_fact_table_fini(&table);
    ast_world_fini(&world);
}

static void an_opinion_opens_no_fact(void **state)
{
    (void)state;
    static const ast_item item = {"abc", "Blog", AS_CLASS_PRESS, 2, 0, AS_CUE_OPINION, false, AS_FACT_NONE};
    ast_world world;
    as_fact_table table;
    ast_world_init(&world);
    as_fact_table_init(&table);
    assert_null(apply(&world, &table, &item, AS_NS_PER_HOUR).fact);
    as_fact_table_fini(&table);
    ast_world_fini(&world);
}

static void the_gate_follows_status_and_tier(void **state)
{
    (void)state;
    ast_world world;
    ast_world_init(&world);
    const as_status_gate *gate = &world.playbook->gate;
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_RUMOUR, .tier = 1}, gate) == 0.6);
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_RUMOUR, .tier = 2}, gate) == 0.45);
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_RUMOUR, .tier = 4}, gate) == 0.2);
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_DEVELOPING, .tier = 1}, gate) == 0.8);
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_UPDATED, .tier = 1, .official = true}, gate) == 1.0);
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_UPDATED, .tier = 1}, gate) == 0.8);
    assert_true(as_fact_gate(&(as_fact){.status = AS_FACT_DENIED, .tier = 1}, gate) == 0.0);
    ast_world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_sequence_of_vector_17),
        cmocka_unit_test(the_denial_sequence_of_vector_17),
        cmocka_unit_test(the_outlet_that_opened_a_rumour_cannot_confirm_itself),
        cmocka_unit_test(an_item_on_a_prior_disclosure_opens_the_next_generation),
        cmocka_unit_test(a_reprint_is_a_repetition_and_ages),
        cmocka_unit_test(an_opinion_opens_no_fact),
        cmocka_unit_test(the_gate_follows_status_and_tier),
    };
    return cmocka_run_group_tests_name("fact", tests, NULL, NULL);
}
