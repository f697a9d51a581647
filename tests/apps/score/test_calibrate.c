#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apps/score/calibrate.h"
#include "core/error.h"

static void close_to(double got, double want)
{
    if (!(fabs(got - want) < 1e-9))
        fail_msg("%.12g, expected %.12g", got, want);
}

static void add(as_score_book *book, uint8_t kind, double os, double breadth, uint8_t status, bool hit)
{
    as_score_signal *s = as_score_book_signal(book);
    s->kind = kind;
    s->outcome = AS_SCORE_SCORED;
    s->os = os;
    s->breadth = breadth;
    s->status = status;
    s->horizon.net_bps = hit ? 1 : -1;
    (void)strcpy(s->strategy, as_signal_kind_text((as_signal_kind)kind));
}

static as_score_book book_of_one_run(void)
{
    as_score_book book = {0};
    as_score_run *run = as_score_book_run(&book);
    run->breadth_gate = 0.3;
    (void)strcpy(run->label, "a \"run\"");
    as_score_day *day = as_score_book_day(&book);
    day->date = 20260302;
    return book;
}

/*
 * 30 overreactions at |OS| 2, breadth low, rumours, 18 hits. n0 = 50. Base rate (18 + 25) / 80; the kind's own
 * (18 + 50 base) / 80, and each cell below shrinks toward the one above in the same way.
 */
static void shrinkage_by_hand(void **state)
{
    (void)state;
    as_score_book book = book_of_one_run();
    as_probability table;
    for (unsigned i = 0; i < 30; i++)
        add(&book, AS_SIGNAL_OVERREACTION, i % 2 ? 2 : -2, 0.1, AS_FACT_RUMOUR, i < 18);
    assert_int_equal(as_score_calibrate(&book, 50, NULL, &table), 0);
    add(&book, AS_SIGNAL_OVERREACTION, 2, 0.1, AS_FACT_RUMOUR, true);
    (void)strcpy(book.signal[30].strategy, "another"); /* not of this table */
    assert_int_equal(as_score_calibrate(&book, 50, NULL, &table), 0);
    double base = 43.0 / 80;
    double kind = (18 + 50 * base) / 80;
    double root = (18 + 50 * kind) / 80;
    double low = (18 + 50 * root) / 80;
    double open = (18 + 50 * low) / 80;
    as_probability_cell(*cell)[AS_PROBABILITY_STATUSES] = table.cell[AS_PROBABILITY_OVERREACTION];
    close_to(cell[AS_BREADTH_ANY][AS_STATUS_ANY].p[0], root);
    close_to(cell[AS_BREADTH_BELOW][AS_STATUS_ANY].p[0], low);
    close_to(cell[AS_BREADTH_BELOW][AS_STATUS_OPEN].p[0], open);
    assert_int_equal(cell[AS_BREADTH_BELOW][AS_STATUS_OPEN].signals, 30);
    assert_int_equal(cell[AS_BREADTH_BELOW][AS_STATUS_OPEN].hits, 18);
    assert_int_equal(cell[AS_BREADTH_BELOW][AS_STATUS_CONFIRMED].signals, 0);
    close_to(cell[AS_BREADTH_BELOW][AS_STATUS_CONFIRMED].p[0], low); /* no data: the parent's */
    assert_int_equal(table.cell[AS_PROBABILITY_MEAN_REVERSION][AS_BREADTH_ANY][AS_STATUS_ANY].knots, 0);
    as_score_book_fini(&book);
}

/* With many signals the curve follows them, and never falls: in the second half fewer come back than in the first. */
static void the_curve_never_falls(void **state)
{
    (void)state;
    as_score_book book = book_of_one_run();
    as_probability table;
    for (unsigned i = 0; i < 3000; i++)
        add(&book, AS_SIGNAL_OVERREACTION, 2 + i / 1000.0, 0.1, AS_FACT_RUMOUR,
            i % 10 < (i < 1000   ? 3
                      : i < 2000 ? 8
                                 : 6));
    assert_int_equal(as_score_calibrate(&book, 50, NULL, &table), 0);
    const as_probability_cell *cell = &table.cell[AS_PROBABILITY_OVERREACTION][AS_BREADTH_BELOW][AS_STATUS_OPEN];
    assert_int_equal(cell->knots, 10);
    for (unsigned k = 1; k < cell->knots; k++) {
        assert_true(cell->p[k] >= cell->p[k - 1]);
        assert_true(cell->os[k] > cell->os[k - 1]);
    }
    assert_true(fabs(cell->p[0] - 0.3) < 0.06);
    assert_true(fabs(cell->p[9] - 0.7) < 0.03); /* 0.8 and 0.6, pooled */
    as_score_book_fini(&book);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    as_score_book book = book_of_one_run();
    as_probability table;
    as_probability *read = NULL;
    for (unsigned i = 0; i < 400; i++)
        add(&book, i % 4 ? AS_SIGNAL_OVERREACTION : AS_SIGNAL_MEAN_REVERSION, 2 + i / 100.0, i % 3 ? 0.1 : 0.5,
            i % 5 ? AS_FACT_RUMOUR : AS_FACT_CONFIRMED, i % 7 < 4);
    assert_int_equal(as_score_calibrate(&book, 50, NULL, &table), 0);
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *file = open_memstream(&text, &text_bytes);
    as_score_calibration_print(&table, file);
    fclose(file);
    if (as_probability_read("calibration.yaml", text, text_bytes, &read) != 0)
        fail_msg("%s\n%s", as_error_message(0), text);
    assert_string_equal(read->source, "a  run ");
    assert_int_equal(read->from, 20260302);
    assert_int_equal(read->signals, 400);
    for (double os = 1; os < 8; os += 0.1) {
        as_probability_input in = {
            .kind = AS_SIGNAL_MEAN_REVERSION, .status = AS_FACT_CONFIRMED, .os = os, .breadth = 0.3};
        double want = as_probability_of(&table, &in);
        assert_true(fabs(as_probability_of(read, &in) - want) < 1e-6);
    }
    as_probability_free(read);
    free(text);
    as_score_book_fini(&book);
}

static void nothing_scored_is_an_error(void **state)
{
    (void)state;
    as_score_book book = book_of_one_run();
    as_probability table;
    as_score_signal *s = as_score_book_signal(&book);
    s->outcome = AS_SCORE_UNFINISHED;
    assert_true(as_score_calibrate(&book, 50, NULL, &table) < 0);
    as_score_book_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shrinkage_by_hand),
        cmocka_unit_test(the_curve_never_falls),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(nothing_scored_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
