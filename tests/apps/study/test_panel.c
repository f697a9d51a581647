#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/study/panel.h"

static const char universe_text[] = "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                                    "MKT,Market,,,XNYS,USD,0,\n"
                                    "A,One,b,MKT,XNYS,USD,0,\n"
                                    "B,Two,b,MKT,XNYS,USD,0,\n"
                                    "K,Korea,b,MKT,XKRX,USD,0,\n";
enum { MKT, A, B, K };

static as_universe universe;

static int ast_universe(void **state)
{
    (void)state;
    char path[] = "/tmp/as_panel_XXXXXX";
    int file = mkstemp(path);
    FILE *stream = fdopen(file, "w");
    fputs(universe_text, stream);
    fclose(stream);
    int rc = as_universe_load(&universe, path, NULL, 0);
    unlink(path);
    return rc;
}

static int ast_universe_end(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    return 0;
}

static uint64_t ast_close_of(uint32_t instrument, int32_t date)
{
    const as_session *session = as_calendar_session_on(as_universe_calendar(&universe, instrument), date);
    assert_non_null(session);
    return session->close;
}

static void ast_bar(as_study_panel *panel, uint32_t instrument, uint64_t end, uint64_t seconds, double px)
{
    as_event event = {.kind = AS_EVENT_BAR, .instrument = instrument, .ts_event = end, .ts_recv = end};
    event.bar.close = (int64_t)(px * 1e9 + 0.5);
    event.bar.volume_duration = as_bar_pack(0, seconds);
    assert_int_equal(as_study_panel_add(panel, &event), 0);
}

static void ast_day(as_study_panel *panel, uint32_t instrument, int32_t date, double px)
{
    ast_bar(panel, instrument, ast_close_of(instrument, date), 86400, px);
}

static void ast_near(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-10))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

static void returns_go_from_one_price_to_the_next_and_so_does_the_markets(void **state)
{
    (void)state;
    as_study_panel panel;
    assert_int_equal(as_study_panel_init(&panel, &universe, AS_STUDY_BAR_AUTO, false, 0.3), 0);
    const int32_t date[] = {20250602, 20250603, 20250604, 20250605};
    for (int d = 3; d >= 0; d--) /* any order */
        ast_day(&panel, MKT, date[d], 100 + d);
    ast_day(&panel, A, date[0], 50);
    ast_day(&panel, A, date[2], 60); /* not traded on the second day */
    ast_day(&panel, A, date[3], 66);
    ast_day(&panel, B, date[2], 10);
    ast_day(&panel, B, date[3], 11);
    assert_int_equal(as_study_panel_finish(&panel, MKT, false), 0);
    assert_int_equal(panel.bar_ns, 0);
    const as_study_series *a = &panel.series[A];
    assert_int_equal(a->count, 3);
    assert_true(isnan(a->y[0]) && isnan(a->market[0]));
    ast_near("over two days", a->y[1], log(60.0 / 50) / sqrt(2));
    ast_near("the market's over the same days", a->market[1], log(102.0 / 100) / sqrt(2));
    ast_near("sector: the other one", a->sector[2], log(11.0 / 10));
    assert_true(isnan(a->sector[1])); /* B has no price before */
    ast_near("market's own", panel.series[MKT].market[1], log(101.0 / 100));
    assert_int_equal(as_study_series_at(a, a->ts[1]), 1);
    assert_int_equal(as_study_series_at(a, a->ts[1] + 1), 2);
    assert_int_equal(as_study_series_at(a, a->ts[2] + 1), 3);
    as_study_panel_fini(&panel);
}

static void a_market_without_a_new_price_has_no_return(void **state)
{
    (void)state;
    as_study_panel panel;
    assert_int_equal(as_study_panel_init(&panel, &universe, 0, false, 0.3), 0);
    ast_day(&panel, MKT, 20250703, 100);
    ast_day(&panel, MKT, 20250707, 102); /* New York is closed on the 4th, Seoul is not */
    ast_day(&panel, K, 20250703, 10);
    ast_day(&panel, K, 20250704, 11);
    ast_day(&panel, K, 20250707, 12);
    ast_day(&panel, K, 20250708, 13);
    assert_int_equal(as_study_panel_finish(&panel, MKT, true), 0);
    const as_study_series *k = &panel.series[K];
    ast_near("simple", k->y[1], 0.1);
    assert_true(isnan(k->market[1])); /* the first price of New York comes after Seoul's 3rd */
    assert_true(isnan(k->market[2])); /* nothing new: a holiday and a weekend */
    /* 3 July in New York came to Seoul on the 4th: that price is where the next common span begins */
    assert_true(isnan(k->y[2]));
    ast_near("the session that ended in the night", k->market[3], 0.02 / sqrt(2));
    ast_near("the name over the same span", k->y[3], (13.0 / 11 - 1) / sqrt(2));
    assert_int_equal(k->sessions[3], 2);
    assert_int_equal(k->sessions[2], 0);
    as_study_panel_fini(&panel);
}

/* The market misses a day: both returns of the next day span two sessions, and are divided by the root of two. */
static void name_and_market_span_the_same_days(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        as_study_panel panel;
        assert_int_equal(as_study_panel_init(&panel, &universe, 0, false, 0.3), 0);
        panel.keep_gaps = plain;
        double root = plain ? 1 : sqrt(2);
        ast_day(&panel, MKT, 20250602, 100);
        ast_day(&panel, MKT, 20250604, 104);
        ast_day(&panel, MKT, 20250605, 105);
        for (int d = 0; d < 4; d++)
            ast_day(&panel, A, 20250602 + d, 50 + d * d);
        ast_day(&panel, A, 20250603, 52); /* another price of the same day: the later row counts, and is told */
        assert_int_equal(as_study_panel_finish(&panel, MKT, true), 0);
        const as_study_series *a = &panel.series[A];
        assert_true(isnan(a->y[1]) && isnan(a->market[1]));
        ast_near("name", a->y[2], (54.0 / 50 - 1) / root);
        ast_near("market", a->market[2], 0.04 / root);
        ast_near("scale", a->scale[2], root);
        assert_int_equal(a->sessions[2], 2);
        ast_near("the day after", a->y[3], 59.0 / 54 - 1);
        assert_int_equal(a->sessions[3], 1);
        assert_int_equal(a->duplicates, 1);
        assert_int_equal(panel.series[MKT].duplicates, 0);
        as_study_panel_fini(&panel);
    }
}

static void the_last_price_of_a_period_counts(void **state)
{
    (void)state;
    as_study_panel panel;
    uint64_t close = ast_close_of(A, 20250602);
    assert_int_equal(as_study_panel_init(&panel, &universe, 0, false, 0.3), 0);
    ast_bar(&panel, A, close - AS_NS_PER_HOUR, 300, 1);
    ast_bar(&panel, A, close, 300, 2);
    ast_bar(&panel, A, close - 2 * AS_NS_PER_HOUR, 300, 3);
    as_event quote = {.kind = AS_EVENT_QUOTE, .instrument = B, .ts_event = close, .ts_recv = close};
    quote.quote.bid_px = 9 * AS_PX_ONE;
    quote.quote.ask_px = 11 * AS_PX_ONE;
    as_event trade = {.kind = AS_EVENT_TRADE, .instrument = B, .ts_event = close, .ts_recv = close};
    trade.trade.px = 20 * AS_PX_ONE;
    assert_int_equal(as_study_panel_add(&panel, &trade), 0);
    assert_int_equal(as_study_panel_add(&panel, &quote), 0);
    assert_int_equal(as_study_panel_add(&panel, &trade), 0); /* there are quotes: not used */
    quote.quote.bid_px = 11 * AS_PX_ONE;
    assert_int_equal(as_study_panel_add(&panel, &quote), 0); /* locked: not valid */
    as_event order = {.kind = AS_EVENT_ORDER_ADD, .instrument = B, .ts_event = close, .ts_recv = close};
    assert_int_equal(as_study_panel_add(&panel, &order), 0);
    assert_true(panel.order_book);
    assert_int_equal(panel.series[A].count, 1);
    assert_true(panel.series[A].px[0] == 2);
    assert_true(panel.series[B].px[0] == 10);
    assert_int_equal(panel.prices, 5);
    as_study_panel_fini(&panel);
}

static void intervals_are_of_regular_hours_and_scaled_by_their_variance(void **state)
{
    (void)state;
    as_study_panel panel;
    const as_session *session = as_calendar_session_on(as_universe_calendar(&universe, A), 20250603);
    uint64_t before = ast_close_of(A, 20250602);
    uint64_t five = 5 * AS_NS_PER_MIN;
    assert_int_equal(as_study_panel_init(&panel, &universe, AS_STUDY_BAR_AUTO, false, 0.3), 0);
    ast_bar(&panel, A, before, 300, 100);
    ast_bar(&panel, A, session->open - five, 300, 105); /* before the open */
    ast_bar(&panel, A, session->open + five, 300, 101);
    ast_bar(&panel, A, session->open + 2 * five, 300, 102);
    ast_bar(&panel, A, session->open + 39 * five, 300, 103);
    ast_bar(&panel, A, session->open + 40 * five, 300, 104);
    ast_bar(&panel, A, session->close, 86400, 200); /* a daily one among them */
    assert_int_equal(panel.bar_ns, five);
    assert_int_equal(panel.passed_over, 2);
    assert_int_equal(as_study_panel_finish(&panel, AS_INSTRUMENT_NONE, false), 0);
    const as_study_series *a = &panel.series[A];
    assert_int_equal(a->count, 5);
    double mean = 0.7 / 78;
    double first = 0.3 + 0.7 * (9.0 / 78 - 12.0 / 78 / 78 + 8.0 / 78 / 78 / 78) / 5; /* the night, and U(1/78) */
    ast_near("the night and the first interval", a->scale[1], sqrt(first / mean));
    ast_near("return over scale", a->y[1], log(1.01) / sqrt(first / mean));
    assert_true(a->scale[2] > 1.2 && a->scale[2] < 1.4);   /* sqrt(1.8), falling */
    assert_true(a->scale[4] > 0.76 && a->scale[4] < 0.79); /* sqrt(0.6) at midday */
    assert_true(isnan(a->market[1]));
    as_study_panel_fini(&panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_go_from_one_price_to_the_next_and_so_does_the_markets),
        cmocka_unit_test(a_market_without_a_new_price_has_no_return),
        cmocka_unit_test(name_and_market_span_the_same_days),
        cmocka_unit_test(the_last_price_of_a_period_counts),
        cmocka_unit_test(intervals_are_of_regular_hours_and_scaled_by_their_variance),
    };
    return cmocka_run_group_tests(tests, ast_universe, ast_universe_end);
}
