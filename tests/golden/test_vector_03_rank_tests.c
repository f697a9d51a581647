#include "tests/support/json_vector.h"

#include "core/stats/event_study.h"

/* Vector 03: Corrado's rank test, Corrado and Zivney's rank and sign tests. */

#define NAMES 6
#define TIMES 85
#define FIRST 80

static void the_rank_tests_are_the_reference(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("03_corrado_rank.json");
    double tolerance = ast_json_number(vector, "tolerance");
    const ast_json *expected = ast_json_at(vector, "expected");
    size_t rows;
    size_t names;
    double *table = ast_json_table(vector, "inputs/AR_rows_time_cols_firm", &rows, &names);
    assert_int_equal(rows, TIMES);
    assert_int_equal(names, NAMES);
    double ar[NAMES * TIMES];
    for (size_t i = 0; i < NAMES; i++) {
        for (size_t t = 0; t < TIMES; t++)
            ar[i * TIMES + t] = table[t * NAMES + i];
    }

    for (size_t i = 0; i < NAMES; i++) {
        double rank[TIMES];
        assert_int_equal(as_rank_average(ar + i * TIMES, TIMES, rank), TIMES);
        for (size_t t = FIRST; t < TIMES; t++)
            ast_close("rank", rank[t], ast_json_at(expected, "ranks_event")->item[t - FIRST].item[i].number, 0);
    }

    static const struct {
        as_rank_kind kind;
        const char *path;
    } test[] = {{AS_RANK_CORRADO, "t_rank_by_day"},
                {AS_RANK_CORRADO_ZIVNEY, "t_corrado_zivney_by_day"},
                {AS_RANK_SIGN, "t_sign_by_day"}};
    for (size_t k = 0; k < 3; k++) {
        double t[TIMES];
        double work[2 * TIMES];
        double s = as_rank_test(test[k].kind, ar, NAMES, TIMES, t, work);
        double window = 0;
        for (size_t u = FIRST; u < TIMES; u++) {
            ast_close(test[k].path, t[u], ast_json_at(expected, test[k].path)->item[u - FIRST].number, tolerance);
            window += t[u] / sqrt(TIMES - FIRST);
        }
        if (test[k].kind == AS_RANK_CORRADO) {
            ast_expect(expected, "S_K", s, tolerance);
            ast_expect(expected, "t_rank_window", window, tolerance);
        }
    }
    free(table);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rank_tests_are_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
