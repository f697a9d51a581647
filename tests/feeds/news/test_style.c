#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/news/lexicon.h"
#include "feeds/news/style.h"

static as_lexicon ast_lexicon;
static as_style_rules ast_rules;

static as_text ast_text(const char *headline)
{
    as_text text;
    as_text_read(&text, headline, strlen(headline));
    as_lexicon_mark(&ast_lexicon, &text);
    return text;
}

static as_style ast_style(const char *headline)
{
    as_text text = ast_text(headline);
    return as_style_of(as_style_points(&ast_rules, &text));
}

static bool ast_leads(const char *headline)
{
    as_text text = ast_text(headline);
    return as_style_leads_with_news(&ast_rules, &text);
}

static void questions_are_columns_unless_a_statement_answers_them(void **state)
{
    (void)state;
    assert_int_equal(ast_style("Is Oracle's debt too high?"), AS_STYLE_COLUMN);
    assert_int_equal(ast_style("Why Oracle's debt matters"), AS_STYLE_COLUMN);
    assert_int_equal(ast_style("Oracle bankrupt? Creditors say a plan is agreed"), AS_STYLE_NEWS);
}

static void the_reason_of_a_move_is_news(void **state)
{
    (void)state;
    assert_int_equal(ast_style("Why Oracle shares fell on Monday"), AS_STYLE_NEWS);
    assert_int_equal(ast_style("Why Oracle shares could fall further"), AS_STYLE_COLUMN);
}

static void counted_lists_and_themes_after_a_colon_lean_to_columns(void **state)
{
    (void)state;
    assert_int_equal(ast_style("3 Chip Makers With Strong Cash"), AS_STYLE_LEANS);
    assert_int_equal(ast_style("300 Chip Workers Strike In Texas"), AS_STYLE_NEWS);
    assert_int_equal(ast_style("Ciena: Plumbing Of A New Age"), AS_STYLE_COLUMN);
    assert_int_equal(ast_style("Ciena: Third Quarter Sales Fell"), AS_STYLE_NEWS);
    assert_int_equal(ast_style("Ciena CEO: Plumbing Of A New Age"), AS_STYLE_NEWS); /* an officer is quoted */
}

static void reports_are_news(void **state)
{
    (void)state;
    assert_int_equal(ast_style("Intel cuts 5,000 jobs"), AS_STYLE_NEWS);
    assert_int_equal(ast_style("Nvidia to buy Run:ai for $700 million"), AS_STYLE_NEWS);
    assert_int_equal(ast_style(""), AS_STYLE_NEWS);
}

static void sums_speak_against_a_column(void **state)
{
    (void)state;
    as_text with = ast_text("Intel could sell a plant for $3 billion"), without = ast_text("Intel could sell a plant");
    assert_int_equal(as_style_points(&ast_rules, &with), as_style_points(&ast_rules, &without) - 1);
}

static void a_report_before_a_question_is_what_the_headline_is_about(void **state)
{
    (void)state;
    assert_true(ast_leads("Intel fires its chief executive: is it time to buy?"));
    assert_true(ast_leads("Intel cut 5,000 jobs: what to know"));
    assert_false(ast_leads("Is Intel done? Shares say so"));
    assert_false(ast_leads("Intel fires its chief executive: board meets"));
    assert_false(ast_leads("Intel's future: what to know"));
}

static int ast_open(void **state)
{
    (void)state;
    as_style_rules_init(&ast_rules);
    return as_lexicon_init(&ast_lexicon);
}

static int ast_close(void **state)
{
    (void)state;
    as_lexicon_fini(&ast_lexicon);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_columns_unless_a_statement_answers_them),
        cmocka_unit_test(the_reason_of_a_move_is_news),
        cmocka_unit_test(counted_lists_and_themes_after_a_colon_lean_to_columns),
        cmocka_unit_test(reports_are_news),
        cmocka_unit_test(sums_speak_against_a_column),
        cmocka_unit_test(a_report_before_a_question_is_what_the_headline_is_about),
    };
    return cmocka_run_group_tests_name("style", tests, ast_open, ast_close);
}
