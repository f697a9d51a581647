#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "feeds/news/pattern.h"

/* Does a pattern match a headline whose word at `company` (if any) names a company? */
static bool ast_match_company(const char *pattern, const char *raw, int company, unsigned words)
{
    as_patterns *patterns = NULL;
    as_lexicon lexicon;
    as_pattern_view view;
    as_links links = {.mention_count = company >= 0};
    as_text text;
    const char *why = "";
    assert_int_equal(as_lexicon_init(&lexicon), 0);
    assert_int_equal(as_patterns_new(&patterns), 0);
    assert_int_equal(as_patterns_add(patterns, pattern, 3, 7, 5, &why), 0);
    assert_int_equal(as_patterns_seal(patterns), 0);
    as_text_read(&text, raw, strlen(raw));
    as_lexicon_mark(&lexicon, &text);
    if (company >= 0)
        links.mention[0] = (as_mention){.first = (uint8_t)company, .end = (uint8_t)((unsigned)company + words)};
    as_pattern_view_init(&view, &text, &links);
    as_pattern_hit hit = as_patterns_first(patterns, &view);
    bool found = hit.order != UINT32_MAX;
    if (found) {
        assert_int_equal(hit.order, 7);
        assert_int_equal(hit.group, 3);
        assert_int_equal(hit.label, 5);
    }
    assert_int_equal(as_patterns_groups(patterns, &view), found ? 1u << 3 : 0);
    as_patterns_free(patterns);
    as_lexicon_fini(&lexicon);
    return found;
}

static bool ast_match(const char *pattern, const char *raw)
{
    return ast_match_company(pattern, raw, -1, 0);
}

static int ast_add(const char *pattern)
{
    as_patterns *patterns = NULL;
    const char *why = "";
    assert_int_equal(as_patterns_new(&patterns), 0);
    int rc = as_patterns_add(patterns, pattern, 0, 0, 0, &why);
    if (rc == -EINVAL)
        assert_true(strlen(why) > 0);
    as_patterns_free(patterns);
    return rc;
}

static void what_is_no_phrase_is_rejected_with_a_reason(void **state)
{
    (void)state;
    assert_int_equal(ast_add(""), -EINVAL);
    assert_int_equal(ast_add("   "), -EINVAL);
    assert_int_equal(ast_add("* price"), -EINVAL);
    assert_int_equal(ast_add("ab* price"), -EINVAL);
    assert_int_equal(ast_add("data-center|fab"), -EINVAL);
    assert_int_equal(ast_add("a||b"), -EINVAL);
    assert_int_equal(ast_add("!absent"), -EINVAL);
    assert_int_equal(ast_add("%nosuchclass"), -EINVAL);
    assert_int_equal(ast_add("** price"), -EINVAL);
    char many[2 * AS_PATTERN_ELEMENT_MAX + 3];
    for (size_t i = 0; i <= AS_PATTERN_ELEMENT_MAX; i++)
        memcpy(many + 2 * i, "a ", 3);
    assert_int_equal(ast_add(many), -EINVAL);
    many[2 * AS_PATTERN_ELEMENT_MAX] = '\0';
    assert_int_equal(ast_add(many), 0);
}

static void a_class_stands_for_all_its_words_and_pairs(void **state)
{
    (void)state;
    assert_true(ast_match("%cut * %datacenter", "Meta trims its new data center"));
    assert_true(ast_match("%cut * %datacenter", "Meta reins in its datacenters"));
    assert_false(ast_match("%cut * %datacenter", "Meta cuts data entry"));
    assert_false(ast_match("%cut * %datacenter", "Meta builds data centers"));
    assert_true(ast_match("meta|%cut prices", "DRAM makers slash prices"));
    assert_false(ast_match("prices !%cut", "DRAM makers slash prices"));
    assert_true(ast_match("prices !%cut", "DRAM makers list prices"));
    assert_false(ast_match("%datacenter", "data. Center of town")); /* a pair is one thing */
}

static void a_wide_gap_takes_up_to_ten_words(void **state)
{
    (void)state;
    assert_true(ast_match("cuts ** jobs", "cuts a b c d e f g h i j jobs"));
    assert_false(ast_match("cuts ** jobs", "cuts a b c d e f g h i j k jobs"));
    assert_false(ast_match("cuts * jobs", "cuts a b c d e jobs"));
}

static void the_first_of_one_group_is_told(void **state)
{
    (void)state;
    as_patterns *patterns = NULL;
    as_pattern_view view;
    as_lexicon lexicon;
    as_text text;
    const char *why = "";
    assert_int_equal(as_lexicon_init(&lexicon), 0);
    assert_int_equal(as_patterns_new(&patterns), 0);
    assert_int_equal(as_patterns_add(patterns, "cuts", 1, 0, 0, &why), 0);
    assert_int_equal(as_patterns_add(patterns, "jobs", 2, 1, 0, &why), 0);
    assert_int_equal(as_patterns_add(patterns, "intel", 2, 2, 0, &why), 0);
    assert_int_equal(as_patterns_seal(patterns), 0);
    as_text_read(&text, "Intel cuts jobs", 15);
    as_lexicon_mark(&lexicon, &text);
    as_pattern_view_init(&view, &text, NULL);
    assert_int_equal(as_patterns_first_of(patterns, &view, 2).order, 1);
    assert_int_equal(as_patterns_first_of(patterns, &view, 1).order, 0);
    assert_int_equal(as_patterns_first_of(patterns, &view, 3).order, UINT32_MAX);
    as_patterns_free(patterns);
    as_lexicon_fini(&lexicon);
}

static void words_match_in_a_row_in_any_case(void **state)
{
    (void)state;
    assert_true(ast_match("sell excess compute", "Meta To SELL Excess Compute"));
    assert_false(ast_match("sell excess compute", "Meta to sell its excess compute"));
    assert_false(ast_match("sell excess compute", "excess sell compute"));
    assert_true(ast_match("data-center lease", "A data center lease"));
}

static void a_star_is_a_gap_of_at_most_four_words(void **state)
{
    (void)state;
    assert_true(ast_match("sell * compute", "sell compute"));
    assert_true(ast_match("sell * compute", "sell a b c d compute"));
    assert_false(ast_match("sell * compute", "sell a b c d e compute"));
    assert_true(ast_match("sell * more * compute", "sell more and more old compute"));
}

static void prefixes_alternatives_and_absent_words(void **state)
{
    (void)state;
    assert_true(ast_match("downgrad*", "Analyst downgrades it"));
    assert_false(ast_match("downgrad*", "Analyst upgrades it"));
    assert_true(ast_match("cut|slash* capex", "Firm slashes capex"));
    assert_true(ast_match("cut|slash* capex", "Firm to cut capex"));
    assert_false(ast_match("cut capex !rumour", "cut capex, says a rumour"));
    assert_true(ast_match("cut capex !rumour|talk*", "cut capex"));
    assert_false(ast_match("cut capex !rumour|talk*", "cut capex after talks"));
    assert_false(ast_match("cut capex !?", "cut capex?"));
}

static void marks_hold_between_words(void **state)
{
    (void)state;
    assert_true(ast_match("^ # * stocks", "3 very cheap stocks"));
    assert_true(ast_match("^ # * stocks", "Three stocks"));
    assert_false(ast_match("^ # * stocks", "Buy 3 stocks"));
    assert_true(ast_match("a buy ?", "Is it a buy?"));
    assert_false(ast_match("a buy ?", "Is it a buy now?"));
    assert_true(ast_match("prediction :", "Prediction: it falls"));
    assert_true(ast_match("preview $", "Results preview"));
    assert_false(ast_match("preview $", "Results preview here"));
}

static void a_company_is_one_place_of_any_length(void **state)
{
    (void)state;
    assert_true(ast_match_company("why @ fell", "Why Best Buy fell", 1, 2));
    assert_false(ast_match_company("why @ fell", "Why it fell", -1, 0));
    assert_false(ast_match_company("best buy", "Why Best Buy fell", 1, 2));
    assert_false(ast_match_company("fell !@", "Why Meta fell", 1, 1));
    assert_true(ast_match_company("meta fell", "Why Meta fell", 1, 1));
    assert_true(ast_match_company("a|@|b fell", "Why Meta fell", 1, 1));
}

static void the_least_order_wins(void **state)
{
    (void)state;
    as_patterns *patterns = NULL;
    as_pattern_view view;
    as_text text;
    const char *why = "";
    assert_int_equal(as_patterns_new(&patterns), 0);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(
            as_patterns_add(patterns, i % 2 ? "cloud deal" : "cloud *  deal", 0, 5000 - i, (uint16_t)i, &why), 0);
    assert_int_equal(as_patterns_add(patterns, "deal", 1, 0, 7777, &why), 0);
    assert_int_equal(as_patterns_seal(patterns), 0);
    as_text_read(&text, "cloud deal", 10);
    for (unsigned i = 0; i < text.token_count; i++)
        text.token[i].lexicon = 0;
    as_pattern_view_init(&view, &text, NULL);
    assert_int_equal(as_patterns_first(patterns, &view).label, 7777);
    as_text_read(&text, "cloud dea", 9);
    for (unsigned i = 0; i < text.token_count; i++)
        text.token[i].lexicon = 0;
    as_pattern_view_init(&view, &text, NULL);
    assert_int_equal(as_patterns_first(patterns, &view).order, UINT32_MAX);
    as_patterns_free(patterns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_phrase_is_rejected_with_a_reason),
        cmocka_unit_test(a_class_stands_for_all_its_words_and_pairs),
        cmocka_unit_test(a_wide_gap_takes_up_to_ten_words),
        cmocka_unit_test(the_first_of_one_group_is_told),
        cmocka_unit_test(words_match_in_a_row_in_any_case),
        cmocka_unit_test(a_star_is_a_gap_of_at_most_four_words),
        cmocka_unit_test(prefixes_alternatives_and_absent_words),
        cmocka_unit_test(marks_hold_between_words),
        cmocka_unit_test(a_company_is_one_place_of_any_length),
        cmocka_unit_test(the_least_order_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
