#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/intraday_market.h"
#include "tests/support/shared.h"

/* ---- the chain ---- */

static void the_last_mid_of_a_minute_counts_and_its_end_belongs_to_it(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    const as_session *session = as_calendar_session_on(ast_xnys, 20251006);
    as_intraday_mid(&intraday, 0, session, 90000000000, session->prev_close + 1); /* before the open: not intraday */
    as_intraday_mid(&intraday, 0, session, 91000000000, session->open);
    ast_mid_at(&intraday, session, 100000000000, 0, 1);
    ast_mid_at(&intraday, session, 150000000000, 0, 30);
    ast_mid_at(&intraday, session, 101000000000, 0, 60);
    ast_mid_at(&intraday, session, 160000000000, 1, 1);
    ast_mid_at(&intraday, session, 102000000000, 1, 59);
    ast_mid_at(&intraday, session, 103000000000, 2, 59);
    ast_mid_at(&intraday, session, 104000000000, 3, 59);
    double r[3] = {log(1.01), log(102 / 101.0), log(103 / 102.0)};
    double rv = as_intraday_realised(&intraday, 0, session).rv;
    ast_near(rv, r[0] * r[0] + r[1] * r[1] + r[2] * r[2], 1e-15);
    ast_near(as_intraday_realised(&intraday, 0, session).bpv, M_PI / 2 * 1.5 * (r[0] * r[1] + r[1] * r[2]), 1e-12);
    /* another session's are not these */
    assert_true(isnan(as_intraday_realised(&intraday, 0, session + 1).rv));
    as_intraday_fini(&intraday);
}

static void short_holes_are_zero_returns_and_longer_ones_break_the_chain(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    const as_session *session = as_calendar_session_on(ast_xnys, 20251006);
    const as_intraday_name *name = &intraday.name[0];
    ast_mid_at(&intraday, session, 100000000000, 0, 1);
    ast_mid_at(&intraday, session, 101000000000, 1, 1);
    assert_int_equal(name->realised.n, 1);
    ast_mid_at(&intraday, session, 102000000000, 7, 1); /* minute 1's return, and minutes 2..6 stood still */
    assert_int_equal(name->realised.n, 7);
    ast_mid_at(&intraday, session, 103000000000, 14, 1); /* 7's; 8..13 are too many */
    assert_int_equal(name->realised.n, 8);
    double rv = name->realised.rv;
    ast_mid_at(&intraday, session, 104000000000, 15, 1); /* 14 begins the chain: no return */
    assert_int_equal(name->realised.n, 8);
    ast_mid_at(&intraday, session, 104000000000, 16, 1);
    assert_int_equal(name->realised.n, 9);
    ast_near(name->realised.rv - rv, log(104 / 103.0) * log(104 / 103.0), 1e-15);
    ast_near(name->smooth_variance, name->realised.rv, 1e-15);
    assert_int_equal(name->bin_steps[2], 0); /* minutes 10 to 14: 14 had no return */
    assert_int_equal(name->bin_steps[3], 1);
    assert_int_equal(name->bin_steps[0], 5);
    assert_int_equal(name->bin_steps[1], 3);
    ast_near((double)name->bin_return[0], log(1.01), 1e-8);
    as_intraday_fini(&intraday);
}

static void a_close_fills_a_short_rest_and_no_long_one(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        as_intraday intraday = ast_fresh(1);
        ast_made m = ast_made_new(44, ast_u_shape);
        const as_session *session = as_calendar_session_on(ast_xnys, 20251006);
        ast_feed_until(&intraday, 0, session, &m, late ? 380 : 386);
        as_intraday_close(&intraday, 0, session, false);
        assert_int_equal(intraday.name[0].realised.n, late ? 380 : 390);
        assert_true((intraday.name[0].close_mid != 0) == !late);
        assert_int_equal(intraday.name[0].seasonality.session_count, 1);
        assert_true((intraday.name[0].seasonality.history[0].value[77] == AS_SEASONALITY_MISSING) == late);
        /* it is over: nothing more of this session, and closing again does nothing */
        as_intraday_name before = intraday.name[0];
        as_intraday_mid(&intraday, 0, session, 1, session->close);
        as_intraday_close(&intraday, 0, session, false);
        assert_memory_equal(&before, &intraday.name[0], sizeof before);
        as_intraday_fini(&intraday);
    }
}

/* ---- bars ---- */

static void bar_of(as_intraday *intraday, uint32_t instrument, const as_session *session, uint64_t seconds,
                   uint64_t end, int64_t open, int64_t close)
{
    as_event bar = {.kind = AS_EVENT_BAR, .ts_event = end, .ts_recv = end + AS_NS_PER_MS};
    bar.bar.open = open;
    bar.bar.close = close;
    bar.bar.volume_duration = as_bar_pack(1, seconds);
    as_intraday_bar(intraday, instrument, session, &bar);
}

static void bar_at(as_intraday *intraday, const as_session *session, uint64_t seconds, uint64_t end, int64_t open,
                   int64_t close)
{
    bar_of(intraday, 0, session, seconds, end, open, close);
}

/* A session of bars from the mids' own generator. */
static void feed_bars(as_intraday *intraday, const as_session *session, ast_made *m, uint64_t seconds)
{
    uint32_t count = (uint32_t)((session->close - session->open) / (seconds * AS_NS_PER_S));
    m->log_px += m->night * ast_normal(&m->seed);
    for (uint32_t i = 0; i < count; i++) {
        int64_t open = ast_px(m);
        m->log_px += m->sigma * sqrt(m->density((i + 0.5) / count) / count) * ast_normal(&m->seed);
        bar_at(intraday, session, seconds, session->open + (i + 1) * seconds * AS_NS_PER_S, open, ast_px(m));
    }
    as_intraday_close(intraday, 0, session, false);
}

static void minute_bars_and_quotes_of_one_market_are_one(void **state)
{
    (void)state;
    as_intraday quotes = ast_fresh(1), bars = ast_fresh(1);
    ast_made m = ast_made_new(45, ast_steep);
    m.night = 0.01;
    ast_made n = m;
    for (uint32_t s = 0; s < 22; s++) {
        const as_session *session = ast_session_at(ast_xnys, 20250902, s);
        ast_feed(&quotes, 0, session, &m, false);
        feed_bars(&bars, session, &n, 60);
    }
    const as_intraday_name *a = &quotes.name[0], *b = &bars.name[0];
    assert_memory_equal(&a->seasonality, &b->seasonality, sizeof a->seasonality);
    assert_memory_equal(a->ring, b->ring, sizeof a->ring);
    assert_memory_equal(&a->realised, &b->realised, sizeof a->realised);
    assert_true(a->night_share == b->night_share && a->usual_variance == b->usual_variance);
    as_intraday_fini(&quotes);
    as_intraday_fini(&bars);
}

static void bars_to_fifteen_minutes_are_steps_of_their_own(void **state)
{
    (void)state;
    static const struct {
        uint64_t seconds, step_s;
        uint32_t bins, window;
    } want[] = {{30, 60, 78, 312},  {60, 60, 78, 312},  {120, 120, 65, 220}, {300, 300, 78, 139},
                {600, 600, 39, 98}, {900, 900, 26, 79}, {420, 420, 56, 117}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        as_intraday intraday = ast_fresh(1);
        ast_made m = ast_made_new(46, ast_steep);
        for (uint32_t s = 0; s < 25; s++)
            feed_bars(&intraday, ast_session_at(ast_xnys, 20250902, s), &m, want[i].seconds);
        assert_int_equal(intraday.now[0].step_ns, want[i].step_s * AS_NS_PER_S);
        assert_int_equal(intraday.name[0].seasonality.bins, want[i].bins);
        assert_int_equal(intraday.name[0].jump.window, want[i].window);
        assert_true(as_seasonality_known(&intraday.name[0].seasonality));
        const as_session *next = ast_session_at(ast_xnys, 20250902, 25);
        ast_expect_sound_clock(&intraday, next, NIGHT);
        double first = as_intraday_clock(&intraday, 0, next, next->open + 30 * MINUTE, NIGHT) - (double)next->index;
        assert_true(first > NIGHT + 0.7 * 0.18);
        as_intraday_fini(&intraday);
    }
}

static void a_bars_jump_is_known_at_its_end(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(47, ast_u_shape);
    for (uint32_t s = 0; s < 4; s++)
        feed_bars(&intraday, ast_session_at(ast_xnys, 20250902, s), &m, 300);
    const as_session *session = ast_session_at(ast_xnys, 20250902, 4);
    int64_t before = ast_px(&m);
    bar_at(&intraday, session, 300, session->open + 5 * MINUTE, before, before);
    bar_at(&intraday, session, 300, session->open + 10 * MINUTE, before, before * 102 / 100);
    double size;
    assert_int_equal(as_intraday_jump_at(&intraday, 0, &size), session->open + 10 * MINUTE);
    ast_near(size, log(1.02), 1e-9);
    as_intraday_fini(&intraday);
}

static void daily_bars_and_bars_coarser_than_the_quotes_change_nothing(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    const as_session *session = as_calendar_session_on(ast_xnys, 20251006);
    as_intraday_name zero_name = intraday.name[0];
    as_intraday_now zero_now = intraday.now[0];
    bar_at(&intraday, session, 86400, session->close, 100, 101);
    bar_at(&intraday, session, 1800, session->open + 30 * MINUTE, 100, 101);
    bar_at(&intraday, session, 60, session->open, 100, 101); /* ends at the open */
    assert_memory_equal(&zero_name, &intraday.name[0], sizeof zero_name);
    assert_memory_equal(&zero_now, &intraday.now[0], sizeof zero_now);

    ast_made m = ast_made_new(48, ast_u_shape);
    ast_feed_until(&intraday, 0, session, &m, 20);
    as_intraday_name name = intraday.name[0];
    as_intraday_now now = intraday.now[0];
    bar_at(&intraday, session, 300, session->open + 20 * MINUTE, 100, 101);
    bar_at(&intraday, session, 60, session->open + 7 * MINUTE, 100, 101); /* late */
    assert_memory_equal(&name, &intraday.name[0], sizeof name);
    assert_memory_equal(&now, &intraday.now[0], sizeof now);

    ast_mid_at(&intraday, session, ast_px(&m), 40, 1); /* after a hole */
    name = intraday.name[0];
    now = intraday.now[0];
    bar_at(&intraday, session, 60, session->open + 30 * MINUTE, 100, 101); /* of the hole, late */
    assert_memory_equal(&name, &intraday.name[0], sizeof name);
    assert_memory_equal(&now, &intraday.now[0], sizeof now);
    as_intraday_fini(&intraday);
}

static void quotes_after_coarse_bars_begin_the_day_anew(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(49, ast_u_shape);
    for (uint32_t s = 0; s < 22; s++)
        feed_bars(&intraday, ast_session_at(ast_xnys, 20250902, s), &m, 300);
    ast_feed(&intraday, 0, ast_session_at(ast_xnys, 20250902, 22), &m, false);
    assert_int_equal(intraday.now[0].step_ns, MINUTE);
    assert_int_equal(intraday.name[0].jump.window, 312);
    assert_int_equal(intraday.name[0].seasonality.session_count, 23); /* bins of five minutes are the same: kept */

    /* a bar came first today */
    const as_session *session = ast_session_at(ast_xnys, 20250902, 23);
    bar_at(&intraday, session, 300, session->open + 5 * MINUTE, ast_px(&m), ast_px(&m));
    assert_int_equal(intraday.now[0].step_ns, 5 * MINUTE);
    for (uint64_t i = 5; i < 20; i++)
        ast_mid_at(&intraday, session, ast_px(&m), i, 1);
    assert_int_equal(intraday.now[0].step_ns, MINUTE);
    assert_int_equal(intraday.name[0].realised.n, 13); /* minute 5 begins the chain, 19 is not over */
    as_intraday_fini(&intraday);
}

/* ---- real data ---- */

/*
 * 22 days of one-minute prices (highfrequency's sampleOneMinuteData) against NumPy on the same file with unrounded
 * returns: bipower by day, WSD over the days, 22/32 of it and 10/32 of the parabola, summed to the bins' ends.
 */
static void real_days_give_the_profile_that_numpy_does(void **state)
{
    (void)state;
    static const uint32_t bin[] = {1, 6, 13, 26, 39, 52, 65, 72, 77};
    static const double expected[2][9] = {
        {0.0495301, 0.2126988, 0.3689935, 0.5211504, 0.6340454, 0.7269778, 0.8428494, 0.9094565, 0.9751069},
        {0.0195516, 0.1176009, 0.2827093, 0.4632225, 0.5663104, 0.6724152, 0.8012403, 0.8920719, 0.9677807}};
    static const double rv_expected[2] = {9.130748849912213e-05, 3.9688264579748556e-05};
    size_t bytes;
    uint8_t *data = ast_shared_read("data/taq_highfrequency/sampleOneMinuteData.csv.gz", &bytes);
    if (!data)
        skip();
    as_intraday intraday = ast_fresh(2);
    const char *at = memchr(data, '\n', bytes), *end = (const char *)data + bytes;
    const as_session *session = NULL;
    int64_t before[2] = {0, 0};
    for (uint32_t row = 0; at && end - at > 20; row++, at = memchr(at + 1, '\n', (size_t)(end - at - 1))) {
        uint32_t minute = row % 391; /* 09:30 to 16:00, both ends */
        char *next;
        double value[2] = {strtod(strchr(at, ',') + 1, &next), 0};
        value[1] = strtod(next + 1, NULL);
        session = ast_session_at(ast_xnys, 20010709, row / 391); /* any whole sessions: the file's dates are made up */
        for (uint32_t i = 0; i < 2; i++) {
            int64_t now = (int64_t)llround(value[i] * 1e9);
            if (minute > 0)
                bar_of(&intraday, i, session, 60, session->open + minute * MINUTE, before[i], now);
            if (minute == 390)
                as_intraday_close(&intraday, i, session, false);
            before[i] = now;
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(intraday.name[i].seasonality.session_count, 22);
        for (size_t b = 0; b < 9; b++)
            ast_near(as_seasonality_share(&intraday.name[i].seasonality, bin[b] / 78.0), expected[i][b], 1e-4);
        ast_near(as_intraday_realised(&intraday, i, session).rv, rv_expected[i], 1e-12);
    }
    free(data);
    as_intraday_fini(&intraday);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_mid_of_a_minute_counts_and_its_end_belongs_to_it),
        cmocka_unit_test(short_holes_are_zero_returns_and_longer_ones_break_the_chain),
        cmocka_unit_test(a_close_fills_a_short_rest_and_no_long_one),
        cmocka_unit_test(minute_bars_and_quotes_of_one_market_are_one),
        cmocka_unit_test(bars_to_fifteen_minutes_are_steps_of_their_own),
        cmocka_unit_test(a_bars_jump_is_known_at_its_end),
        cmocka_unit_test(daily_bars_and_bars_coarser_than_the_quotes_change_nothing),
        cmocka_unit_test(quotes_after_coarse_bars_begin_the_day_anew),
        cmocka_unit_test(real_days_give_the_profile_that_numpy_does),
    };
    return cmocka_run_group_tests(tests, ast_load_calendars, ast_free_calendars);
}
