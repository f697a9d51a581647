/* Relevance, SCIENCE 1.2: the formula worked out by hand for headlines of known mentions, sentences and companies. */
#include "tests/support/desk_fixture.h"

#include <math.h>

static const char ast_csv[] = "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                              "AAA,Globex Inc.,a,,,,,Globex|SAFE\nBBB,Initech Inc.,b,,,,,Initech|SAFE\n"
                              "CCC,Hooli Inc.,c,,,,,Hooli|SAFE\nDDD,Umbra Inc.,d,,,,,Umbra|SAFE\n";

static const char AST_PLAYBOOK[] =
    "version: x\nevents:\n  labour: {phrases: [\"nothing of this\"], channels: {a: [0.1, 0.1]}}\n";

typedef struct ast_case {
    const char *text;
    double relevance[4];
    unsigned companies;
} ast_case;

static void relevance_is_the_formula_of_science_1_2(void **state)
{
    (void)state;
    const double two_thirds = 0.2 * 2 / 3, third = 0.2 / 3, half = 0.1 / 2;
    const ast_case cases[] = {
        /* in the headline 0.5, subject 0.2, mentions 0.2 * min(1, n/3), first sentence 0.1 */
        {"Globex opens a plant", {0.5 + 0.2 + third + 0.1}, 1},
        {"Globex says Globex is well", {0.5 + 0.2 + two_thirds + 0.1}, 1},
        {"Globex, Globex, Globex and again Globex", {1.0}, 1},
        {"Globex sues Initech", {0.5 + 0.2 + third + 0.1, 0.5 + third + 0.1}, 2},
        /* named in the second of two sentences: 0.1 * (1 - 1/2) */
        {"A plant opens. Globex is pleased", {0.5 + 0.2 + third + half}, 1},
        {"Globex opens a plant. Initech is pleased", {0.5 + 0.2 + third + 0.1, 0.5 + third + half}, 2},
        /* more than two companies share: / sqrt(n/2) */
        {"Globex, Initech and Hooli agree",
         {(0.8 + third) / sqrt(1.5), (0.6 + third) / sqrt(1.5), (0.6 + third) / sqrt(1.5)},
         3},
        {"Globex, Initech, Hooli and Umbra agree",
         {(0.8 + third) / sqrt(2), (0.6 + third) / sqrt(2), (0.6 + third) / sqrt(2), (0.6 + third) / sqrt(2)},
         4},
        /* the clip comes before the share */
        {"Globex Globex Globex: Initech, Hooli and Umbra agree",
         {1 / sqrt(2), (0.6 + third) / sqrt(2), (0.6 + third) / sqrt(2), (0.6 + third) / sqrt(2)},
         4},
    };
    ast_desk d = {0};
    ast_universe_text_load(&d.universe, ast_csv);
    assert_int_equal(as_playbook_compile("p", AST_PLAYBOOK, sizeof AST_PLAYBOOK - 1, &d.universe, 0, &d.playbook), 0);
    assert_int_equal(as_desk_new(&d.universe, d.playbook, &d.desk), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const as_reading *reading = &ast_desk_read(&d, "Reuters", cases[i].text)->reading;
        assert_int_equal(reading->issuer_count, cases[i].companies);
        for (unsigned k = 0; k < cases[i].companies; k++)
            if (!(fabs((double)reading->relevance[k] - cases[i].relevance[k]) < 1e-6))
                fail_msg("'%s', company %u: %g, wanted %g", cases[i].text, k, (double)reading->relevance[k],
                         cases[i].relevance[k]);
    }
    ast_desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relevance_is_the_formula_of_science_1_2),
    };
    return cmocka_run_group_tests_name("relevance", tests, NULL, NULL);
}
