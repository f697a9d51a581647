#include "tests/support/facts.h"

#include <math.h>

#include "core/story.h"

#define RESULTS "earnings_guidance"
#define LAWSUIT "legal_regulatory"
#define DEAL "m_and_a"

static as_fact_change ast_one(ast_facts *f, double hour, const char *event, const char *text)
{
    return ast_tell(f, &(ast_item){.hour = hour, .event = event, .text = text, .cue = AS_CUE_RUMOUR});
}

static void a_company_has_one_set_of_results_at_a_time(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_one(&f, 0, RESULTS, "abc beats estimates in the first quarter");
    as_fact_change same = ast_one(&f, 2, RESULTS, "shares jump on strong profit outlook");
    as_fact_change next_day = ast_one(&f, 40, RESULTS, "what investors heard on the call");
    assert_true(first.created && !same.created && !next_day.created);
    assert_ptr_equal(first.fact, same.fact);
    assert_true(first.story == same.story && same.story == next_day.story);
    /* a week later and in other words: another claim of the same family, while the first is live */
    as_fact_change week = ast_one(&f, 200, RESULTS, "lowers its forecast for the year");
    assert_true(week.created && week.story != first.story);
    assert_string_equal(week.fact->key, "ABC|earnings_guidance|2");
    assert_int_equal(week.fact->generation, 1);
    ast_facts_close(&f);
}

static void the_next_quarter_is_the_next_generation(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_one(&f, 0, RESULTS, "abc beats estimates in the first quarter");
    uint64_t serial = first.fact->serial;
    as_fact_change second = ast_one(&f, 24 * 91, RESULTS, "abc beats estimates in the second quarter");
    assert_int_equal(as_fact_find(&f.table, serial)->status, AS_FACT_EXPIRED);
    assert_true(second.created && second.fact->serial != serial);
    assert_int_equal(second.fact->generation, 2);
    assert_string_equal(second.fact->key, "ABC|earnings_guidance");
    assert_true(second.story != first.story);
    assert_true(second.novelty > 0.999); /* nearly the same words, a quarter later */
    assert_true(second.fact->ens == 75); /* but not the first of its key */
    ast_facts_close(&f);
}

static void two_lawsuits_run_side_by_side_and_each_keeps_its_follow_ups(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change patent = ast_one(&f, 0, LAWSUIT, "abc sued by globex over modem patents in texas");
    as_fact_change labour = ast_one(&f, 1, LAWSUIT, "regulator opens probe into warehouse safety at company");
    assert_true(labour.created && labour.fact != patent.fact);
    assert_string_equal(labour.fact->key, "ABC|legal_regulatory|2");
    as_fact_change more = ast_one(&f, 20, LAWSUIT, "globex seeks ban in texas over modem patents");
    assert_ptr_equal(more.fact, patent.fact);
    as_fact_change again = ast_one(&f, 22, LAWSUIT, "warehouse safety probe widens says regulator");
    assert_ptr_equal(again.fact, labour.fact);
    /* a third one takes the number that is free once the second is over */
    as_fact_expire(&f.table, labour.fact, labour.fact->last_item);
    as_fact_change third = ast_one(&f, 30, LAWSUIT, "shareholders complain in delaware court");
    assert_string_equal(third.fact->key, "ABC|legal_regulatory|2");
    assert_int_equal(third.fact->generation, 2);
    ast_facts_close(&f);
}

static void a_named_object_is_one_story_whatever_the_words(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_one(&f, 0, NULL, "abc plans to sell spare machines");
    as_fact_change later = ast_one(&f, 24 * 9, NULL, "nothing in common here");
    assert_ptr_equal(later.fact, first.fact);
    assert_string_equal(later.fact->key, "ABC|compute_supply_entry|surplus");
    ast_facts_close(&f);
}

static void a_rumour_is_settled_in_other_words_and_days_later(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change rumour = ast_one(&f, 0, "labour", "abc to cut a fifth of staff people say");
    as_fact_change end = ast_tell(&f, &(ast_item){.hour = 150,
                                                  .event = "labour",
                                                  .text = "chief announces restructuring programme",
                                                  .source_class = AS_CLASS_OFFICIAL,
                                                  .cue = AS_CUE_CONFIRMED});
    assert_ptr_equal(end.fact, rumour.fact);
    assert_int_equal(end.fact->status, AS_FACT_CONFIRMED);
    /* what is settled does not catch the next plain report */
    as_fact_change next = ast_tell(
        &f, &(ast_item){
                .hour = 300, .event = "labour", .text = "union calls a strike at the plant", .cue = AS_CUE_CONFIRMED});
    assert_true(next.created);
    ast_facts_close(&f);
}

static void another_event_word_is_the_same_story_if_the_text_is_alike(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change deal = ast_one(&f, 0, DEAL, "abc in talks to buy globex for ten billion");
    as_fact_change other = ast_one(&f, 1, "other", "shares of globex surge abc in talks to buy globex");
    assert_ptr_equal(other.fact, deal.fact);
    as_fact_change denial = ast_tell(&f, &(ast_item){.hour = 3,
                                                     .event = LAWSUIT,
                                                     .text = "abc denies talks to buy rival",
                                                     .source_class = AS_CLASS_OFFICIAL,
                                                     .cue = AS_CUE_DENIED});
    assert_ptr_equal(denial.fact, deal.fact);
    assert_int_equal(deal.fact->status, AS_FACT_DENIED);
    as_fact_change unlike = ast_one(&f, 4, "other", "a quiet afternoon in the park");
    assert_null(unlike.fact);
    ast_facts_close(&f);
}

static void a_comment_without_a_subject_goes_to_the_open_story(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change deal = ast_one(&f, 0, DEAL, "abc in talks to buy globex");
    ast_item decline = {
        .hour = 1, .event = "other", .text = "spokesman declined to comment", .marks = AS_MARK_DECLINED};
    assert_ptr_equal(ast_tell(&f, &decline).fact, deal.fact);
    /* "we deny the report": one open story is meant, of two it is not known which */
    ast_item denial = {.hour = 2,
                       .event = "other",
                       .text = "untrue says company",
                       .source_class = AS_CLASS_OFFICIAL,
                       .cue = AS_CUE_DENIED};
    as_fact_change second = ast_one(&f, 1.5, "labour", "job cuts loom");
    assert_null(ast_tell(&f, &denial).fact);
    as_fact_expire(&f.table, second.fact, second.fact->last_item);
    assert_ptr_equal(ast_tell(&f, &denial).fact, deal.fact);
    ast_facts_close(&f);
}

static void a_headline_of_several_companies_is_a_fact_each_and_one_story(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change both = ast_tell(&f, &(ast_item){.event = DEAL,
                                                   .text = "abc and def explore a merger",
                                                   .cue = AS_CUE_RUMOUR,
                                                   .issuers = 1U << AST_ABC | 1U << AST_DEF});
    as_fact *def = as_fact_newest(&f.table, AST_DEF);
    assert_non_null(def);
    assert_ptr_not_equal(def, both.fact);
    assert_true(def->story == both.story);
    /* the third party's fact, opened by a later headline, belongs to the story too */
    ast_item three = {.hour = 2,
                      .event = DEAL,
                      .text = "ghi joins as abc and def explore a merger",
                      .cue = AS_CUE_RUMOUR,
                      .issuers = 7};
    as_fact_change joined = ast_tell(&f, &three);
    assert_ptr_equal(joined.fact, both.fact);
    assert_true(as_fact_newest(&f.table, AST_GHI)->story == both.story);
    /* other parties, other words: another deal, though of the same day */
    as_fact_change other = ast_tell(&f, &(ast_item){.hour = 3,
                                                    .event = DEAL,
                                                    .text = "ghi bids for a unit of abc worth nine billion",
                                                    .cue = AS_CUE_RUMOUR,
                                                    .issuers = 1U << AST_ABC | 1U << AST_GHI});
    assert_true(other.created);
    /* the same parties in the same week */
    as_fact_change named = ast_tell(&f, &(ast_item){.hour = 90,
                                                    .event = DEAL,
                                                    .text = "bankers see obstacles to the plan",
                                                    .cue = AS_CUE_RUMOUR,
                                                    .issuers = 1U << AST_ABC | 1U << AST_DEF});
    assert_ptr_equal(named.fact, both.fact);
    ast_facts_close(&f);
}

static void a_revision_and_a_retraction_find_the_item_they_correct(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change one =
        ast_tell(&f, &(ast_item){.event = LAWSUIT, .id = "r-1", .text = "court fines abc two million"});
    ast_tell(&f, &(ast_item){.hour = 1, .event = LAWSUIT, .text = "a judge dismisses quite another claim"});
    ast_item corrected = {.hour = 2, .event = RESULTS, .id = "r-1", .text = "corrected figure is nine", .revision = 2};
    assert_ptr_equal(ast_tell(&f, &corrected).fact, one.fact);
    ast_item foreign = {.hour = 3, .event = LAWSUIT, .id = "r-9", .text = "gone", .marks = AS_MARK_RETRACTED};
    assert_null(ast_tell(&f, &foreign).fact);
    ast_item taken_back = {.hour = 4, .event = "other", .id = "r-1", .text = "gone", .marks = AS_MARK_RETRACTED};
    as_fact_change end = ast_tell(&f, &taken_back);
    assert_ptr_equal(end.fact, one.fact);
    assert_int_equal(end.fact->status, AS_FACT_DENIED);
    ast_facts_close(&f);
}

static void what_opens_no_fact_is_remembered_for_novelty_and_told_apart(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change first = ast_one(&f, 0, "other", "abc opens a museum of calculators in oslo");
    as_fact_change again = ast_one(&f, 1, "other", "museum of calculators opens in oslo");
    as_fact_change unlike = ast_one(&f, 2, "other", "abc sponsors a regatta");
    assert_true(!first.fact && !again.fact && first.story != 0);
    assert_true(again.story == first.story && unlike.story != first.story);
    assert_true(again.novelty < 0.6);
    ast_item opinion = {
        .hour = 3, .event = "commentary", .text = "should you buy abc stock now", .cue = AS_CUE_OPINION};
    assert_true(ast_tell(&f, &opinion).story == 0);
    opinion.hour = 4;
    as_fact_change twice = ast_tell(&f, &opinion);
    assert_true(twice.story == 0 && twice.novelty < 0.05);
    ast_facts_close(&f);
}

static void opinions_do_not_keep_a_fact_from_expiring(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    as_fact_change rumour = ast_one(&f, 0, NULL, "abc plans to sell spare machines");
    ast_item opinion = {.hour = 24 * 10, .text = "why abc should sell machines", .cue = AS_CUE_OPINION};
    assert_ptr_equal(ast_tell(&f, &opinion).fact, rumour.fact);
    assert_int_equal(rumour.fact->status, AS_FACT_RUMOUR);
    opinion.hour = 24 * 17; /* 10 sessions after the rumour */
    assert_null(ast_tell(&f, &opinion).fact);
    assert_int_equal(rumour.fact->status, AS_FACT_EXPIRED);
    ast_facts_close(&f);
}

static void pieces_of_several_texts_together_are_a_recombination(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    ast_one(&f, 0, NULL, "alpha beta gamma delta epsilon");
    ast_one(&f, 1, NULL, "zeta eta theta iota kappa");
    as_fact_change mixed = ast_one(&f, 2, NULL, "alpha beta gamma delta zeta eta theta iota");
    assert_true(mixed.recombined);
    assert_false(ast_one(&f, 3, NULL, "alpha beta gamma delta zeta eta theta iota").recombined); /* a reprint */
    assert_false(ast_one(&f, 4, NULL, "alpha beta omicron pi rho sigma tau").recombined);
    /* only the last five texts of the story are pieces of it */
    for (unsigned i = 0; i < 5; i++)
        ast_one(&f, 5 + i, NULL, "entirely different words fill these five places");
    assert_false(ast_one(&f, 11, NULL, "gamma delta epsilon eta theta iota kappa").recombined);
    ast_facts_close(&f);
}

static void novelty_is_over_facts_and_loose_items_and_ages(void **state)
{
    (void)state;
    ast_facts f;
    ast_facts_open(&f);
    assert_true(ast_one(&f, 0, "other", "one two three four").novelty == 1);
    as_fact_change day = ast_one(&f, 24, "other", "one two three four");
    assert_true(fabs(day.novelty - 0.5) < 1e-9);
    as_fact_change typed = ast_one(&f, 36, RESULTS, "one two three four");
    assert_true(fabs(typed.novelty - (1 - sqrt(0.5))) < 1e-9);
    assert_true(ast_tell(&f, &(ast_item){.hour = 37, .text = "one two three four", .issuers = 1U << AST_DEF}).novelty ==
                1);
    ast_facts_close(&f);
}

static void parties_are_a_set(void **state)
{
    (void)state;
    as_reading a = {.issuer = {3, 9, 4}, .issuer_count = 3}, b = {.issuer = {4, 3, 9}, .issuer_count = 3};
    as_reading c = {.issuer = {4, 3}, .issuer_count = 2}, one = {.issuer = {4}, .issuer_count = 1};
    assert_true(as_story_parties(&a) == as_story_parties(&b));
    assert_true(as_story_parties(&a) != as_story_parties(&c));
    assert_true(as_story_parties(&one) == 0 && as_story_parties(&c) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_company_has_one_set_of_results_at_a_time),
        cmocka_unit_test(the_next_quarter_is_the_next_generation),
        cmocka_unit_test(two_lawsuits_run_side_by_side_and_each_keeps_its_follow_ups),
        cmocka_unit_test(a_named_object_is_one_story_whatever_the_words),
        cmocka_unit_test(a_rumour_is_settled_in_other_words_and_days_later),
        cmocka_unit_test(another_event_word_is_the_same_story_if_the_text_is_alike),
        cmocka_unit_test(a_comment_without_a_subject_goes_to_the_open_story),
        cmocka_unit_test(a_headline_of_several_companies_is_a_fact_each_and_one_story),
        cmocka_unit_test(a_revision_and_a_retraction_find_the_item_they_correct),
        cmocka_unit_test(what_opens_no_fact_is_remembered_for_novelty_and_told_apart),
        cmocka_unit_test(opinions_do_not_keep_a_fact_from_expiring),
        cmocka_unit_test(pieces_of_several_texts_together_are_a_recombination),
        cmocka_unit_test(novelty_is_over_facts_and_loose_items_and_ages),
        cmocka_unit_test(parties_are_a_set),
    };
    return cmocka_run_group_tests_name("story", tests, NULL, NULL);
}
