#include "tests/support/desk_fixture.h"

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

/* The symbol that speaks, "" for none. */
static const char *ast_speaker(const char *text)
{
    static as_headline h;
    memset(&h, 0, sizeof h);
    (void)snprintf(h.source, sizeof h.source, "Reuters");
    (void)snprintf(h.text, sizeof h.text, "%s", text);
    h.text_bytes = (uint16_t)strlen(h.text);
    as_desk_read(ast_d.desk, &h);
    unsigned speaker = h.reading.speaker;
    assert_true(speaker <= h.reading.issuer_count);
    return speaker ? as_symbols_name(&ast_d.universe.symbols, h.reading.issuer[speaker - 1]) : "";
}

static void the_company_that_says_it_is_the_speaker(void **state)
{
    (void)state;
    static const char *const row[][2] = {
        {"Meta says in statement it will cut jobs", "META"},
        {"Qualcomm denies it is in talks to buy Intel", "QCOM"},
        {"Microsoft CFO Amy Hood tells Reuters capex will grow", "MSFT"},
        {"Microsoft to spend more on data centers, CFO Amy Hood tells Reuters", "MSFT"},
        {"Nvidia's CEO Jensen Huang said demand is strong", "NVDA"},
        {"Meta to sell compute, company spokesperson confirms", "META"},
        {"Meta to sell compute, Meta says", "META"},
        {"Intel said in a statement that it will cut jobs", "INTC"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (strcmp(ast_speaker(row[i][0]), row[i][1]) != 0)
            fail_msg("'%s': '%s' speaks", row[i][0], ast_speaker(row[i][0]));
}

static void others_do_not_speak_for_it(void **state)
{
    (void)state;
    static const char *const none[] = {
        "Meta said to plan job cuts",
        "Apple Said in Talks to Buy Intel",
        "Intel told to pay fine",
        "Meta plans to cut jobs, people familiar say",
        "Analyst says Nvidia is overvalued",
        "President Trump says Intel will sell a stake",
        "Meta to cut jobs, Bloomberg says",
        "Critics of Meta say it knew",
        "Microsoft, Meta to spend more, CFO says",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (ast_speaker(none[i])[0])
            fail_msg("'%s': '%s' speaks", none[i], ast_speaker(none[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_company_that_says_it_is_the_speaker),
        cmocka_unit_test(others_do_not_speak_for_it),
    };
    return cmocka_run_group_tests_name("speaker", tests, ast_setup, ast_teardown);
}
