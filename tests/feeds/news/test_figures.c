#include "tests/support/desk_fixture.h"

#include <math.h>

#include "feeds/news/figures.h"

typedef struct ast_row {
    const char *text;
    as_figure figure[AS_HEADLINE_FIGURE_MAX];
} ast_row;

static void figures_are_read_with_what_they_count(void **state)
{
    (void)state;
    static const ast_row row[] = {
        {"Meta raises capex forecast to $50 bln", {{50e9, AS_FIGURE_MONEY}}},
        {"Meta raises capex from $40bn to $50 billion", {{40e9, AS_FIGURE_MONEY}, {50e9, AS_FIGURE_MONEY}}},
        {"a $1.25B deal", {{1.25e9, AS_FIGURE_MONEY}}},
        {"TSMC to spend 50 billion yuan", {{50e9, AS_FIGURE_MONEY}}},
        {"a $10-billion bond", {{10e9, AS_FIGURE_MONEY}}},
        {"fined $2,500,000 by a court", {{2.5e6, AS_FIGURE_MONEY}}},
        {"OpenAI to take 6 gigawatts", {{6, AS_FIGURE_GIGAWATTS}}},
        {"OpenAI to take six gigawatts", {{6, AS_FIGURE_GIGAWATTS}}},
        {"a 5GW campus, then 500 MW", {{5, AS_FIGURE_GIGAWATTS}, {0.5, AS_FIGURE_GIGAWATTS}}},
        {"Intel cuts 24,000 jobs", {{24000, AS_FIGURE_JOBS}}},
        {"Intel to lay off 15k more workers", {{15000, AS_FIGURE_JOBS}}},
        {"cuts 15% of staff, 10 percent of managers", {{15, AS_FIGURE_PERCENT}, {10, AS_FIGURE_PERCENT}}},
        {"sells 5 million shares", {{5e6, AS_FIGURE_SHARES}}},
        {"one 1% two 2% three 3% four 4% five 5%",
         {{1, AS_FIGURE_PERCENT}, {2, AS_FIGURE_PERCENT}, {3, AS_FIGURE_PERCENT}, {4, AS_FIGURE_PERCENT}}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        static as_text text;
        as_figure figure[AS_HEADLINE_FIGURE_MAX];
        unsigned expected = 0;
        as_text_read(&text, row[i].text, strlen(row[i].text));
        unsigned count = as_figures_read(&text, figure);
        while (expected < AS_HEADLINE_FIGURE_MAX && row[i].figure[expected].unit)
            expected++;
        if (count != expected)
            fail_msg("'%s': %u figures", row[i].text, count);
        for (unsigned k = 0; k < count; k++)
            if (figure[k].unit != row[i].figure[k].unit ||
                fabs(figure[k].value - row[i].figure[k].value) > 1e-9 * figure[k].value)
                fail_msg("'%s': figure %u is %g of unit %u", row[i].text, k, figure[k].value, figure[k].unit);
    }
}

static void prices_years_models_and_market_values_are_none(void **state)
{
    (void)state;
    static const char *const none[] = {
        "Nvidia target raised to $200",
        "earns $1.25 a share",
        "the 2026 outlook for H200 and GB300",
        "loses $500 billion in market value",
        "version 1.2.3 of 4 models",
        "on 1 July at 10 am",
        "pays $12 million a share",
        "",
        "one of five firms",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        static as_text text;
        as_figure figure[AS_HEADLINE_FIGURE_MAX];
        as_text_read(&text, none[i], strlen(none[i]));
        if (as_figures_read(&text, figure) != 0)
            fail_msg("'%s': %g of unit %u", none[i], figure[0].value, figure[0].unit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_read_with_what_they_count),
        cmocka_unit_test(prices_years_models_and_market_values_are_none),
    };
    return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
