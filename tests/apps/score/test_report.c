#include "tests/support/json_vector.h"

#include "apps/score/page.h"
#include "apps/score/report.h"

/* Two kinds, two families, one run; every number that is looked at below is plain here. */
static as_score_book book_of(void)
{
    as_score_book book = {.latency_ns = 5 * AS_NS_PER_MS, .borrow_bps_year = 50};
    as_score_run *run = as_score_book_run(&book);
    (void)strcpy(run->label, "<one>");
    for (unsigned i = 0; i < 4; i++) {
        as_score_signal *s = as_score_book_signal(&book);
        *s = (as_score_signal){
            .cluster = i,
            .kind = i == 3 ? AS_SIGNAL_MEAN_REVERSION : AS_SIGNAL_OVERREACTION,
            .action = AS_ACTION_CLOSE,
            .outcome = i == 2 ? AS_SCORE_UNFINISHED : AS_SCORE_SCORED,
            .side = 1,
            .date = 20260302,
            .status = AS_FACT_RUMOUR,
            .strength = 2,
            .p = 0.25,
            .z = (double)NAN,
        };
        s->horizon.net_bps = i == 0 ? 30 : -10;
        (void)strcpy(s->strategy, i == 3 ? "mean_reversion" : "overreaction");
        (void)strcpy(s->family, i == 1 ? "tariff" : "capex_cut");
        (void)strcpy(s->symbol, "AAA");
    }
    as_score_day *day = as_score_book_day(&book);
    day->net_bps[AS_SIGNAL_OVERREACTION] = 20;
    book.counters.opened[AS_SIGNAL_OVERREACTION] = 3;
    book.counters.near_misses[AS_SIGNAL_MEAN_REVERSION] = 7;
    book.counters.veto[AS_SIGNAL_MEAN_REVERSION][AS_REASON_BREADTH_LOW] = 5;
    return book;
}

static char *printed(const as_score_report *report, void (*print)(const as_score_report *, FILE *))
{
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *file = open_memstream(&text, &text_bytes);
    assert_non_null(file);
    print(report, file);
    fclose(file);
    return text;
}

static void the_json_says_what_was_scored(void **state)
{
    (void)state;
    as_score_book book = book_of();
    as_score_report report = as_score_report_of(&book, NULL, 1, (double)NAN);
    char *text = printed(&report, as_score_report_json);
    ast_json *root = ast_json_parse(text);
    assert_int_equal(ast_json_number(root, "schema"), 1);
    assert_int_equal(ast_json_number(root, "latency_ns"), 5000000);
    assert_int_equal(ast_json_at(root, "detection")->kind, AST_JSON_NULL);
    assert_int_equal(ast_json_number(root, "overall/signals"), 4);
    const ast_json *strategies = ast_json_at(root, "strategies");
    assert_int_equal(strategies->item_count, 2);
    const ast_json *over = &strategies->item[1];
    assert_string_equal(ast_json_at(over, "strategy")->text, "overreaction");
    assert_int_equal(ast_json_number(over, "signals"), 3);
    assert_int_equal(ast_json_number(over, "unfinished"), 1);
    ast_close("hit rate", ast_json_number(over, "hit_rate"), 0.5, 1e-9);
    ast_close("net", ast_json_number(over, "net_bps/mean"), 10, 1e-9);
    ast_close("brier", ast_json_number(over, "probability/brier"), (0.75 * 0.75 + 0.25 * 0.25) / 2, 1e-9);
    assert_int_equal(ast_json_at(over, "delays")->item_count, AS_SCORE_DELAYS);
    assert_int_equal(ast_json_number(over, "daily/days"), 1);
    assert_int_equal(ast_json_at(over, "daily/psr")->kind, AST_JSON_NULL);
    const ast_json *families = ast_json_at(over, "families");
    assert_int_equal(families->item_count, 2);
    assert_string_equal(ast_json_at(&families->item[1], "family")->text, "tariff");
    assert_int_equal(ast_json_number(&families->item[1], "hits"), 0);
    assert_int_equal(ast_json_number(root, "engine/mean_reversion/vetoes/BREADTH_LOW"), 5);
    assert_int_equal(ast_json_number(root, "engine/mean_reversion/near_misses"), 7);
    ast_json_free(root);
    free(text);
    as_score_report_fini(&report);
    as_score_book_fini(&book);
}

static void the_page_is_self_contained_and_escapes_what_it_is_given(void **state)
{
    (void)state;
    as_score_book book = book_of();
    as_truth truth = {0};
    as_score_report report = as_score_report_of(&book, &truth, 1, (double)NAN);
    char *text = printed(&report, as_score_page);
    assert_non_null(strstr(text, "&lt;one&gt;"));
    assert_null(strstr(text, "<one>"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "href"));
    assert_null(strstr(text, "url(http"));
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "nan"));
    assert_non_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "BREADTH_LOW 5"));
    assert_non_null(strstr(text, "False alarms"));
    assert_non_null(strstr(text, "</html>"));
    free(text);
    as_score_report_fini(&report);
    as_score_book_fini(&book);
}

static void a_row_a_signal(void **state)
{
    (void)state;
    as_score_book book = book_of();
    as_score_report report = as_score_report_of(&book, NULL, 1, (double)NAN);
    char *text = printed(&report, as_score_report_signals);
    unsigned rows = 0;
    unsigned commas = 0;
    for (const char *c = text; *c; c++) {
        rows += *c == '\n';
        commas += *c == ',';
    }
    assert_int_equal(rows, 5);
    assert_int_equal(commas % rows, 0); /* every row has the header's columns */
    assert_non_null(strstr(text, ",unfinished,1,2,0.25,,"));
    free(text);
    as_score_report_fini(&report);
    as_score_book_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_json_says_what_was_scored),
        cmocka_unit_test(the_page_is_self_contained_and_escapes_what_it_is_given),
        cmocka_unit_test(a_row_a_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
