/* Items that come again: revisions, retractions, and what they may not do to a fact. */
#include "tests/support/facts.h"

#define RESULTS "earnings_guidance"
#define LAWSUIT "legal_regulatory"

static as_fact_change ast_item_of(ast_facts *f, double hour, const char *id, uint32_t revision, const char *text)
{
    return ast_tell(f, &(ast_item){.hour = hour, .id = id, .revision = revision, .text = text, .cue = AS_CUE_RUMOUR});
}

static void a_revision_of_an_expired_item_is_lineage_and_news_opens_a_generation(void **state)
{
    (void)state;
    static const as_source_class class[] = {AS_CLASS_PRESS, AS_CLASS_OFFICIAL};
    for (unsigned c = 0; c < 2; c++)
        for (unsigned retracted = 0; retracted < 2; retracted++) {
            ast_facts f;
            ast_facts_open(&f);
            as_fact_change first = ast_item_of(&f, 0, "a", 1, "abc plans to sell spare machines");
            uint64_t serial = first.fact->serial;
            as_fact_expire(&f.table, first.fact, first.fact->last_item);
            as_fact_change again = ast_tell(&f, &(ast_item){.hour = 500,
                                                            .id = "a",
                                                            .revision = 2,
                                                            .source_class = class[c],
                                                            .marks = retracted ? AS_MARK_RETRACTED : 0,
                                                            .text = "abc plans to sell spare machines",
                                                            .cue = AS_CUE_CONFIRMED});
            assert_int_equal(again.fact->serial, serial);
            assert_true(again.repeated && !again.status_changed && !again.created && !again.updated);
            assert_int_equal(again.fact->status, AS_FACT_EXPIRED);
            assert_int_equal(again.fact->items, 1);
            as_fact_change news = ast_item_of(&f, 501, "b", 0, "abc weighs selling machines once more");
            assert_true(news.created);
            assert_int_equal(news.fact->generation, 2);
            assert_int_equal(news.fact->status, AS_FACT_RUMOUR);
            ast_facts_close(&f);
        }
}

static void a_revision_of_what_both_generations_carry_is_of_the_living_one(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_item_of(&f, 0, "a", 1, "abc plans to sell spare machines");
    as_fact_expire(&f.table, first.fact, first.fact->last_item);
    as_fact_change second = ast_item_of(&f, 500, "a", 1, "old things wanted by nobody");
    assert_true(second.created);
    for (unsigned i = 0; i < AS_FACT_CLUSTER_MAX; i++) /* its texts are unlike the first one's by now */
        ast_item_of(&f, 500.5, "a", 1, "old things wanted by nobody");
    as_fact_change revised = ast_item_of(&f, 501, "a", 2, "abc plans to sell spare machines");
    assert_ptr_equal(revised.fact, second.fact);
    ast_facts_close(&f);
}

static void an_older_revision_is_ignored_and_counted(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_item_of(&f, 0, "a", 1, "abc plans to sell spare machines");
    as_fact_change third = ast_item_of(&f, 1, "a", 3, "abc plans to sell many spare machines");
    assert_false(third.outdated);
    uint64_t last = third.fact->last_item;
    for (uint32_t revision = 0; revision < 3; revision++) {
        as_fact_change late = ast_tell(&f, &(ast_item){.hour = 2,
                                                       .id = "a",
                                                       .revision = revision,
                                                       .source_class = AS_CLASS_OFFICIAL,
                                                       .text = "abc sells machines"});
        assert_true(late.outdated && late.repeated && !late.created && !late.status_changed);
        assert_ptr_equal(late.fact, third.fact);
    }
    assert_int_equal(f.table.outdated, 3);
    assert_int_equal(third.fact->status, AS_FACT_RUMOUR);
    assert_int_equal(third.fact->last_item, last);
    ast_facts_close(&f);
}

static void what_was_taken_back_does_not_come_again_as_it_was(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_item_of(&f, 0, "a", 1, "abc plans to sell spare machines");
    as_fact_change back =
        ast_tell(&f, &(ast_item){.hour = 1, .id = "a", .revision = 1, .text = "abc plans", .marks = AS_MARK_RETRACTED});
    assert_int_equal(back.fact->status, AS_FACT_DENIED);
    assert_true(ast_item_of(&f, 2, "a", 1, "abc plans to sell spare machines").outdated);
    ast_facts_close(&f);
}

static void a_revision_steps_no_ens(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_item_of(&f, 0, "a", 1, "abc plans to sell spare machines");
    assert_true(first.fact->ens == 100);
    as_fact_change second = ast_item_of(&f, 1, "a", 2, "abc plans to sell many spare machines");
    assert_ptr_equal(second.fact, first.fact);
    assert_true(second.fact->ens == 100 && second.fact->items == 1 && second.fact->headline_count == 1);
    as_fact_change other = ast_item_of(&f, 2, "b", 0, "abc machines on sale soon");
    assert_true(other.fact->ens == 75 && other.fact->items == 2 && other.fact->headline_count == 2);
    ast_facts_close(&f);
}

static void a_revision_that_names_another_issuer_takes_the_item_back(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_item_of(&f, 0, "a", 1, "chip maker plans to sell spare machines");
    as_fact_change moved = ast_tell(&f, &(ast_item){.hour = 1,
                                                    .id = "a",
                                                    .revision = 2,
                                                    .text = "chip maker plans to sell spare machines",
                                                    .issuers = 1U << AST_DEF,
                                                    .cue = AS_CUE_RUMOUR});
    assert_int_equal(first.fact->status, AS_FACT_DENIED);
    assert_true(moved.created);
    assert_int_equal(moved.fact->issuer, AST_DEF);
    assert_int_equal(moved.fact->status, AS_FACT_RUMOUR);
    /* and the first form of it, come late, does not bring it back */
    assert_true(ast_item_of(&f, 2, "a", 1, "chip maker plans to sell spare machines").outdated);
    assert_int_equal(first.fact->status, AS_FACT_DENIED);
    ast_facts_close(&f);
}

static void a_retraction_needs_nothing_but_the_id(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change both = ast_tell(&f, &(ast_item){.id = "a",
                                                   .event = "m_and_a",
                                                   .text = "abc in talks to buy def",
                                                   .issuers = 1U << AST_ABC | 1U << AST_DEF,
                                                   .cue = AS_CUE_RUMOUR});
    as_fact *other = as_fact_newest(&f.table, AST_DEF);
    as_fact_change other_item = ast_item_of(&f, 1, "b", 0, "abc plans to sell spare machines");
    as_fact_change back = ast_tell(
        &f,
        &(ast_item){.hour = 2, .id = "a", .event = "other", .text = "", .marks = AS_MARK_RETRACTED, .nobody = true});
    assert_true(back.status_changed);
    assert_int_equal(back.status_before, AS_FACT_RUMOUR);
    assert_int_equal(both.fact->status, AS_FACT_DENIED);
    assert_int_equal(other->status, AS_FACT_DENIED);
    assert_int_equal(other_item.fact->status, AS_FACT_RUMOUR);
    /* once */
    uint64_t serial = 0;
    as_fact_change again;
    as_headline h = ast_headline_of(&f, &(ast_item){.id = "a", .text = "", .nobody = true});
    h.retracted = 1;
    assert_false(as_fact_take_back(&f.table, &h, &serial, &again));
    ast_facts_close(&f);
}

static void the_fact_that_makes_room_is_known_before(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    assert_null(as_fact_forget_next(&f.table));
    as_fact_change first = ast_item_of(&f, 0, "a", 1, "abc plans to sell spare machines");
    f.table.next_serial = first.fact->serial + AS_FACT_HISTORY_MAX;
    assert_ptr_equal(as_fact_forget_next(&f.table), first.fact);
    as_fact_expire(&f.table, first.fact, first.fact->last_item);
    assert_null(as_fact_forget_next(&f.table));
    ast_facts_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revision_of_an_expired_item_is_lineage_and_news_opens_a_generation),
        cmocka_unit_test(a_revision_of_what_both_generations_carry_is_of_the_living_one),
        cmocka_unit_test(an_older_revision_is_ignored_and_counted),
        cmocka_unit_test(what_was_taken_back_does_not_come_again_as_it_was),
        cmocka_unit_test(a_revision_steps_no_ens),
        cmocka_unit_test(a_revision_that_names_another_issuer_takes_the_item_back),
        cmocka_unit_test(a_retraction_needs_nothing_but_the_id),
        cmocka_unit_test(the_fact_that_makes_room_is_known_before),
    };
    return cmocka_run_group_tests_name("fact_items", tests, NULL, NULL);
}
