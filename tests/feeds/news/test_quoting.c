#include "tests/support/desk_fixture.h"

#include "feeds/news/quoting.h"

static bool ast_quotes(const char *source, const char *words)
{
    static as_quoting quoting;
    static as_text text;
    as_quoting_init(&quoting);
    as_text_read(&text, words, strlen(words));
    return as_quoting_read(&quoting, &text, source);
}

static void a_report_of_another_outlet_is_quoted(void **state)
{
    (void)state;
    static const char *const text[] = {
        "Meta plans to sell excess AI compute, Bloomberg reports",
        "Meta to sell compute, people familiar told Reuters",
        "WSJ: Intel nears a deal",
        "Intel in talks, according to the Wall Street Journal",
        "Intel nears deal, people told the Financial Times",
        "Intel nears deal - FT",
        "Apple weighs a bid, New York Times says",
        "Apple weighs a bid, Bloomberg News reports",
    };
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        if (!ast_quotes("Somebody", text[i]))
            fail_msg("'%s' is not taken for a quotation", text[i]);
}

static bool ast_trails(const char *source, const char *words)
{
    static as_quoting quoting;
    static as_text text;
    as_quoting_init(&quoting);
    as_text_read(&text, words, strlen(words));
    return as_quoting_trails(&quoting, &text, source);
}

static void a_credit_at_the_end_is_set_apart(void **state)
{
    (void)state;
    assert_true(ast_trails("Portal", "Meta lays off 300 staff - Bloomberg"));
    assert_true(ast_trails("Portal", "Meta lays off 300 staff -Bloomberg News"));
    assert_true(ast_trails("Portal", "Meta lays off 300 staff (WSJ)"));
    assert_true(ast_trails("Portal", "Meta lays off 300 staff: the Wall Street Journal"));
    assert_true(ast_trails("Portal", "Meta lays off 300 staff \xe2\x80\x94 New York Times"));
    assert_false(ast_trails("Bloomberg", "Meta lays off 300 staff - Bloomberg"));
    assert_false(ast_trails("Portal", "Meta - sued by Bloomberg"));
    assert_false(ast_trails("Portal", "Meta chief talks to Reuters"));
    assert_false(ast_trails("Portal", "Reuters"));
    assert_false(ast_trails("Portal", ""));
}

static void an_outlet_does_not_quote_itself(void **state)
{
    (void)state;
    assert_false(ast_quotes("Reuters", "Meta to sell compute, people familiar told Reuters"));
    assert_false(ast_quotes("https://www.reuters.com", "Meta to sell compute, people familiar told Reuters"));
    assert_false(ast_quotes("wsj.com", "Intel nears a deal, people told The Wall Street Journal"));
    assert_false(ast_quotes("FT", "Intel nears a deal, people told the Financial Times"));
    assert_true(ast_quotes("Software Daily", "Intel nears a deal, people told the FT")); /* "ft" is in soFTware */
    assert_true(ast_quotes("CNBC", "Meta to sell compute, people familiar told Reuters"));
}

static void a_company_that_is_an_outlet_is_not_quoted(void **state)
{
    (void)state;
    assert_false(ast_quotes("Somebody", "Thomson Reuters raises outlook for the year"));
    assert_false(ast_quotes("Somebody", "Oracle and Bloomberg terminals in a new deal"));
    assert_false(ast_quotes("Somebody", "The times are changing for Intel"));
    assert_false(ast_quotes("Somebody", ""));
}

/* The mark and what it takes away, through the whole desk. */
static void the_desk_marks_it_and_drops_the_sources_of_others(void **state)
{
    (void)state;
    static const char text[] = "Meta plans to sell excess AI compute, people familiar with the matter told Reuters";
    static const char confirms[] =
        "CNBC independently confirms Reuters report that Meta plans to sell AI compute, own sources say";
    const uint8_t own = AS_MARK_OWN_SOURCING, quotes = AS_MARK_QUOTES;
    ast_desk d;
    ast_desk_open_reference(&d);
    assert_int_equal(ast_desk_read(&d, "Reuters", text)->reading.marks & (own | quotes), own);
    assert_int_equal(ast_desk_read(&d, "CNBC", text)->reading.marks & (own | quotes), quotes);
    assert_int_equal(ast_desk_read(&d, "PR Newswire", text)->reading.marks & quotes, 0);
    uint8_t marks = ast_desk_read(&d, "CNBC", confirms)->reading.marks;
    assert_true((marks & AS_MARK_CORROBORATES) && (marks & own) && !(marks & quotes));
    ast_desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_of_another_outlet_is_quoted),
        cmocka_unit_test(a_credit_at_the_end_is_set_apart),
        cmocka_unit_test(an_outlet_does_not_quote_itself),
        cmocka_unit_test(a_company_that_is_an_outlet_is_not_quoted),
        cmocka_unit_test(the_desk_marks_it_and_drops_the_sources_of_others),
    };
    return cmocka_run_group_tests_name("quoting", tests, NULL, NULL);
}
