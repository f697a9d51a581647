#include "tests/support/desk_fixture.h"

#include "feeds/news/pattern.h"
#include "feeds/news/wording.h"

static as_lexicon ast_lexicon;
static as_patterns *ast_patterns;

static int ast_setup(void **state)
{
    (void)state;
    assert_int_equal(as_lexicon_init(&ast_lexicon), 0);
    assert_int_equal(as_patterns_new(&ast_patterns), 0);
    for (size_t i = 0; i < AS_WORDING_COUNT; i++) {
        const char *why = "";
        if (as_patterns_add(ast_patterns, AS_WORDING[i].pattern, AS_WORDING[i].group, (uint32_t)i, 0, &why) != 0)
            fail_msg("wording %zu \"%s\": %s", i, AS_WORDING[i].pattern, why);
    }
    return as_patterns_seal(ast_patterns);
}

static int ast_teardown(void **state)
{
    (void)state;
    as_patterns_free(ast_patterns);
    as_lexicon_fini(&ast_lexicon);
    return 0;
}

static uint32_t ast_groups(const char *raw)
{
    static as_text text;
    static as_pattern_view view;
    as_text_read(&text, raw, strlen(raw));
    as_lexicon_mark(&ast_lexicon, &text);
    as_pattern_view_init(&view, &text, NULL);
    return as_patterns_groups(ast_patterns, &view);
}

/* Every telling of one thing is heard; none of the counter-examples is. */
static void ast_expect(as_wording group, const char *const *said, const char *const *not_said)
{
    for (; *said != NULL; said++)
        if ((ast_groups(*said) >> group & 1u) == 0)
            fail_msg("\"%s\" is not heard as %d", *said, (int)group);
    for (; *not_said != NULL; not_said++)
        if ((ast_groups(*not_said) >> group & 1u) != 0)
            fail_msg("\"%s\" is heard as %d", *not_said, (int)group);
}

#define AST_EXPECT(group, said, not_said)                                                                              \
    do {                                                                                                               \
        static const char *const yes[] = said, *const no[] = not_said;                                                 \
        ast_expect((group), yes, no);                                                                                  \
    } while (0)
#define AST_TEXTS(...)                                                                                                 \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void every_group_has_a_phrase_and_fits_the_scan(void **state)
{
    (void)state;
    uint32_t used = 0;
    for (size_t i = 0; i < AS_WORDING_COUNT; i++) {
        assert_true(AS_WORDING[i].group < AS_PATTERN_GROUP_MAX);
        used |= UINT32_C(1) << AS_WORDING[i].group;
    }
    assert_int_equal(used, (UINT32_C(1) << (AS_WORDING_RELIEF + 1)) - 1);
}

static void no_phrase_is_listed_twice_in_a_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_WORDING_COUNT; i++)
        for (size_t k = 0; k < i; k++)
            if (AS_WORDING[i].group == AS_WORDING[k].group && strcmp(AS_WORDING[i].pattern, AS_WORDING[k].pattern) == 0)
                fail_msg("\"%s\" is listed twice", AS_WORDING[i].pattern);
}

static void families_with_a_usual_sign_are_families(void **state)
{
    (void)state;
    for (size_t i = 0; i < AS_USUAL_POLARITY_COUNT; i++) {
        const as_usual_polarity *usual = &AS_USUAL_POLARITY[i];
        if (as_event_type_find(usual->family) <= 0)
            fail_msg("\"%s\" is no family of the labels' guide", usual->family);
        assert_true(usual->polarity >= -1 && usual->polarity <= 1);
        assert_true(!usual->relief || usual->fixed); /* relief turns only what words cannot */
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(usual->family, AS_USUAL_POLARITY[k].family);
    }
}

static void unnamed_sources_and_own_sourcing_are_heard(void **state)
{
    (void)state;
    AST_EXPECT(AS_WORDING_RUMOUR,
               AST_TEXTS("Deal near, a person familiar says", "It is said to weigh a sale", "Sources tell of a cut",
                         "Report: chips delayed", "Chips reportedly delayed"),
               AST_TEXTS("Quarterly report: sales rise", "Power sources of the future", "Firm says chips delayed"));
    AST_EXPECT(AS_WORDING_OWN_SOURCING,
               AST_TEXTS("People briefed on the plan say so", "A source told Reuters", "Exclusive: fab to close",
                         "according to two people familiar"),
               AST_TEXTS("Open sources", "People love the phone"));
    AST_EXPECT(AS_WORDING_CORROBORATES,
               AST_TEXTS("Second newspaper confirms the talks", "Paper confirms plan with own reporting",
                         "Another big outlet corroborates", "Sale independently confirmed"),
               AST_TEXTS("Company confirms outlook", "Second quarter sales rise", "Another outlet store opens"));
}

static void plans_are_not_what_the_company_has_on_record(void **state)
{
    (void)state;
    AST_EXPECT(
        AS_WORDING_PLANS,
        AST_TEXTS("Firm plans to rent GPUs", "Firm mulls a sale", "Firm looks to offload chips",
                  "Firm is in early talks with a rival"),
        AST_TEXTS("Firm announces plans to rent GPUs", "Firm boosts spending plan to $9 billion", "Firm rents GPUs"));
}

static void denials_are_heard_in_many_words(void **state)
{
    (void)state;
    AST_EXPECT(
        AS_WORDING_DENIED,
        AST_TEXTS("Firm denies it", "Firm says it has no plans to sell", "Report of sale is untrue",
                  "Chief calls the claim baseless", "Firm rejects reports of a sale", "It isn't considering a sale",
                  "Unit is not for sale", "Firm pours cold water on bid"),
        AST_TEXTS("Firm plans to sell", "Report of a sale", "False start in the hundred metres", "Judge rejects bail"));
}

static void marks_of_doubt_and_taking_back_are_heard(void **state)
{
    (void)state;
    AST_EXPECT(AS_WORDING_HYPOTHETICAL,
               AST_TEXTS("If we overbuild, we sell", "Renting is an option", "We would consider it"),
               AST_TEXTS("Options trading surges", "If sales rise"));
    AST_EXPECT(AS_WORDING_DECLINED,
               AST_TEXTS("Firm declined to comment", "Firm did not respond", "No comment from firm"),
               AST_TEXTS("Sales declined", "Comment: markets are calm"));
    AST_EXPECT(AS_WORDING_UNVERIFIED,
               AST_TEXTS("Could not be verified", "Plans may change", "Unconfirmed: firm to sell"),
               AST_TEXTS("Plans change", "Firm verified the figures"));
    AST_EXPECT(AS_WORDING_RETRACTED, AST_TEXTS("Agency retracts story", "Story withdrawn", "Correction: sales fell"),
               AST_TEXTS("Market correction deepens", "Funds withdrawn"));
    AST_EXPECT(AS_WORDING_REVISED,
               AST_TEXTS("Firm revises figure", "Firm now expects less", "Firm lifts its 2026 outlook"),
               AST_TEXTS("Firm expects less", "Figure skating"));
}

static void notices_of_dates_are_no_events(void **state)
{
    (void)state;
    AST_EXPECT(AS_WORDING_NOTICE,
               AST_TEXTS("Firm to announce second quarter results", "Firm to host earnings call",
                         "Firm announces date of results", "Firm to present at conference"),
               AST_TEXTS("Firm announces results", "Firm presents a chip"));
}

static void good_bad_and_relief_are_told_apart(void **state)
{
    (void)state;
    AST_EXPECT(AS_WORDING_GOOD, AST_TEXTS("Profit beats", "A dividend from the firm", "Sales soared"),
               AST_TEXTS("Firm suspends dividend", "Sales sank", "A quiet day"));
    AST_EXPECT(AS_WORDING_BAD, AST_TEXTS("Profit misses", "Firm cuts dividend", "Sell-off in chips"),
               AST_TEXTS("Sales soared", "A quiet day"));
    AST_EXPECT(AS_WORDING_RELIEF,
               AST_TEXTS("US eases curbs", "Judge dismisses suit", "Curbs lifted on chips, ban ends", "EU drops probe"),
               AST_TEXTS("US tightens curbs", "Sales drop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_has_a_phrase_and_fits_the_scan),
        cmocka_unit_test(no_phrase_is_listed_twice_in_a_group),
        cmocka_unit_test(families_with_a_usual_sign_are_families),
        cmocka_unit_test(unnamed_sources_and_own_sourcing_are_heard),
        cmocka_unit_test(plans_are_not_what_the_company_has_on_record),
        cmocka_unit_test(denials_are_heard_in_many_words),
        cmocka_unit_test(marks_of_doubt_and_taking_back_are_heard),
        cmocka_unit_test(notices_of_dates_are_no_events),
        cmocka_unit_test(good_bad_and_relief_are_told_apart),
    };
    return cmocka_run_group_tests_name("wording", tests, ast_setup, ast_teardown);
}
