#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/intraday_market.h"

/* ---- layout and start ---- */

static void ten_thousand_names_take_about_100_megabytes(void **state)
{
    (void)state;
    size_t bytes = sizeof(as_intraday_name) + sizeof(as_intraday_now);
    print_message("%zu bytes a name\n", bytes);
    assert_true(bytes <= 10240);
    as_intraday intraday = ast_fresh(300);
    as_intraday_prefault(&intraday);
    assert_int_equal(intraday.name[299].seasonality.session_count, 0);
    as_intraday_fini(&intraday);
    as_intraday_fini(&intraday); /* safe on zeroes */
}

static void a_name_without_a_mid_knows_nothing(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(2);
    const as_session *session = as_calendar_session_on(ast_xnys, 20251006);
    double size = 1;
    assert_int_equal(as_intraday_jump_at(&intraday, 1, &size), 0);
    assert_true(size == 0);
    assert_true(as_intraday_overnight(&intraday, 1, 0.27) == 0.27);
    assert_true(isnan(as_intraday_realised(&intraday, 1, session).rv));
    assert_true(isnan(as_intraday_vol_ratio(&intraday, 1, session, 0.02, NIGHT)));
    assert_true(isnan(as_intraday_depth_ratio(&intraday, 1)));
    as_intraday_close(&intraday, 1, session, false);
    as_intraday_fini(&intraday);
}

/* ---- clock ---- */

static void expect_calendar_clock(const as_intraday *intraday, const as_session *session)
{
    uint64_t length = session->close - session->prev_close;
    for (uint64_t i = 0; i <= 2000; i++) {
        uint64_t ts = session->prev_close - length / 20 + length / 1800 * i;
        assert_true(as_intraday_clock(intraday, 0, session, ts, NIGHT) == as_session_clock(session, ts, NIGHT));
    }
}

static void the_clock_is_the_calendars_while_the_profile_is_unknown(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(1, ast_steep);
    expect_calendar_clock(&intraday, as_calendar_session_on(ast_always, 20250601));
    expect_calendar_clock(&intraday, as_calendar_session_on(ast_xkrx, 20250602));
    expect_calendar_clock(&intraday, as_calendar_session_on(ast_xnys, 20251128));
    for (uint32_t s = 0; s < 20; s++) {
        const as_session *session = ast_session_at(ast_xnys, 20250902, s);
        expect_calendar_clock(&intraday, session);
        ast_feed(&intraday, 0, session, &m, false);
    }
    const as_session *next = ast_session_at(ast_xnys, 20250902, 20);
    uint64_t ts = next->open + 30 * MINUTE;
    assert_true(as_intraday_clock(&intraday, 0, next, ts, NIGHT) > 1.2 * NIGHT);
    assert_true(as_intraday_clock(&intraday, 0, next, ts, NIGHT) != as_session_clock(next, ts, NIGHT));
    as_intraday_fini(&intraday);
}

static void a_known_clock_is_sound_on_whole_and_half_days(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(2, ast_steep);
    ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 40, &m);
    const as_session *whole = as_calendar_session_on(ast_xnys, 20251126),
                     *half = as_calendar_session_on(ast_xnys, 20251128);
    assert_true(half->close - half->open < whole->close - whole->open);
    ast_expect_sound_clock(&intraday, whole, NIGHT);
    ast_expect_sound_clock(&intraday, half, 0.41);
    /* the first thirteenth of the time has the same share of either */
    double share[2];
    const as_session *day[2] = {whole, half};
    for (int i = 0; i < 2; i++)
        share[i] = as_intraday_clock(&intraday, 0, day[i], day[i]->open + (day[i]->close - day[i]->open) / 13, NIGHT) -
                   (double)day[i]->index;
    ast_near(share[0], share[1], 1e-9);
    /* 32/42 of the true 4/13 and 10/42 of the prior's 0.13, of what the night leaves */
    ast_near(share[0], NIGHT + 0.7 * (0.762 * 4 / 13 + 0.238 * as_seasonality_cumulative(1.0 / 13)), 0.03);
    as_intraday_fini(&intraday);
}

static void half_days_train_nothing(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(3, ast_steep);
    m.night = 0.01;
    ast_feed_sessions(&intraday, ast_xnys, 20251126, 0, 1, &m);
    uint32_t before = intraday.name[0].seasonality.session_count;
    ast_feed_sessions(&intraday, ast_xnys, 20251126, 1, 2, &m);
    assert_int_equal(ast_session_at(ast_xnys, 20251126, 1)->date, 20251128);
    assert_int_equal(intraday.name[0].seasonality.session_count, before);
    assert_int_equal(intraday.name[0].night_count, 0);
    assert_int_equal(intraday.name[0].realised.n, 210);
    ast_feed_sessions(&intraday, ast_xnys, 20251126, 2, 3, &m);
    assert_int_equal(intraday.name[0].seasonality.session_count, before + 1);
    /* a half day first: what follows is longer and begins anew */
    as_intraday other = ast_fresh(1);
    ast_feed_sessions(&other, ast_xnys, 20251128, 0, 3, &m);
    assert_int_equal(other.name[0].seasonality.session_count, 2);
    assert_int_equal(other.name[0].seasonality.bins, 78);
    as_intraday_fini(&intraday);
    as_intraday_fini(&other);
}

static void seoul_and_markets_that_never_close_have_their_own_days(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(4, ast_steep);
    ast_feed_sessions(&intraday, ast_xkrx, 20250602, 0, 25, &m);
    assert_true(as_seasonality_known(&intraday.name[0].seasonality));
    const as_session *seoul = ast_session_at(ast_xkrx, 20250602, 25);
    ast_expect_sound_clock(&intraday, seoul, NIGHT);
    assert_true(as_intraday_clock(&intraday, 0, seoul, seoul->open + 30 * MINUTE, NIGHT) >
                as_session_clock(seoul, seoul->open + 30 * MINUTE, NIGHT) + 0.05);
    as_intraday_fini(&intraday);

    intraday = ast_fresh(1);
    ast_feed_sessions(&intraday, ast_always, 20250601, 0, 25, &m);
    assert_int_equal(intraday.now[0].step_ns, 3 * MINUTE); /* 480 steps: within AS_INTRADAY_STEPS */
    assert_int_equal(intraday.name[0].seasonality.bins, 60);
    const as_session *day = ast_session_at(ast_always, 20250601, 25);
    ast_expect_sound_clock(&intraday, day, NIGHT);
    double first = as_intraday_clock(&intraday, 0, day, day->open + AS_NS_PER_DAY / 13, NIGHT) - (double)day->index;
    ast_near(first, (25.0 * 4 / 13 + 10.0 / 13) / 35, 0.03);
    assert_int_equal(intraday.name[0].night_count, 0);
    as_intraday_fini(&intraday);
}

/* Nine hours take steps of two minutes; a half day among them too, though it would fit into steps of one. */
static void a_half_day_keeps_the_steps_of_whole_ones(void **state)
{
    (void)state;
    static const int32_t half_day[] = {20250605};
    as_calendar_spec spec = {.name = "LONG", .zone = "UTC", .open_min = 480, .close_min = 1020, .weekdays = 0x1f};
    spec.half_day = half_day;
    spec.half_day_count = 1;
    spec.half_close_min = 720;
    as_calendar *calendar;
    assert_int_equal(as_calendar_new(&spec, &calendar), 0);
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(14, ast_u_shape);
    for (uint32_t s = 0; s < 5; s++) {
        ast_feed(&intraday, 0, ast_session_at(calendar, 20250602, s), &m, false);
        assert_int_equal(intraday.now[0].step_ns, 2 * MINUTE);
        assert_int_equal(intraday.name[0].realised.n, s == 3 ? 120 : 270);
    }
    assert_int_equal(intraday.name[0].seasonality.session_count, 4);
    as_intraday_fini(&intraday);
    as_calendar_free(calendar);
}

static void a_frozen_session_trains_nothing(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(5, ast_steep);
    m.night = 0.01;
    ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 25, &m);
    as_intraday_name before = intraday.name[0];
    ast_made wild = m;
    wild.sigma = 0.2;
    wild.night = 0.2;
    wild.density = ast_u_shape;
    ast_feed(&intraday, 0, ast_session_at(ast_xnys, 20250902, 25), &wild, true);
    as_intraday_name *after = &intraday.name[0];
    assert_memory_equal(&before.seasonality, &after->seasonality, sizeof before.seasonality);
    assert_memory_equal(before.night, after->night, sizeof before.night);
    assert_memory_equal(before.variance, after->variance, sizeof before.variance);
    assert_true(before.night_share == after->night_share && before.usual_variance == after->usual_variance);
    /* but its close is where the next night begins */
    ast_feed(&intraday, 0, ast_session_at(ast_xnys, 20250902, 26), &wild, false);
    assert_int_equal(after->night_count, before.night_count + 1);
    assert_true(after->seasonality.session_count == before.seasonality.session_count + 1);
    as_intraday_fini(&intraday);
}

static void a_session_that_is_not_closed_trains_nothing(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(13, ast_steep);
    m.night = 0.01;
    ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 3, &m);
    ast_feed_until(&intraday, 0, ast_session_at(ast_xnys, 20250902, 3), &m, UINT32_MAX);
    const as_session *next = ast_session_at(ast_xnys, 20250902, 4);
    as_intraday_mid(&intraday, 0, next, ast_px(&m), next->open - MINUTE);
    as_intraday_close(&intraday, 0, ast_session_at(ast_xnys, 20250902, 3), false); /* too late */
    assert_int_equal(intraday.name[0].seasonality.session_count, 3);
    assert_int_equal(intraday.name[0].night_count, 2);
    ast_feed(&intraday, 0, next, &m, false); /* and the close before it is not known */
    assert_int_equal(intraday.name[0].seasonality.session_count, 4);
    assert_int_equal(intraday.name[0].night_count, 2);
    ast_feed(&intraday, 0, ast_session_at(ast_xnys, 20250902, 5), &m, false);
    assert_int_equal(intraday.name[0].night_count, 3);
    as_intraday_fini(&intraday);
}

/* Nothing that a session brings moves its own clock, overnight share or usual volatility. */
static void a_session_does_not_move_its_own_clock(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(6, ast_steep);
    m.night = 0.008;
    ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 26, &m);
    const as_session *session = ast_session_at(ast_xnys, 20250902, 26);
    double clock[390], night = as_intraday_overnight(&intraday, 0, NIGHT);
    for (uint64_t i = 0; i < 390; i++)
        clock[i] = as_intraday_clock(&intraday, 0, session, session->open + i * MINUTE + 1, night);
    m.sigma *= 3;
    ast_feed_until(&intraday, 0, session, &m, UINT32_MAX);
    assert_true(as_intraday_overnight(&intraday, 0, NIGHT) == night);
    for (uint64_t i = 0; i < 390; i++)
        assert_true(as_intraday_clock(&intraday, 0, session, session->open + i * MINUTE + 1, night) == clock[i]);
    as_intraday_close(&intraday, 0, session, false);
    assert_true(as_intraday_clock(&intraday, 0, session, session->open + 45 * MINUTE, night) != clock[45]);
    assert_true(as_intraday_overnight(&intraday, 0, NIGHT) != night);
    as_intraday_fini(&intraday);
}

/* ---- overnight share ---- */

static void the_overnight_share_is_found_beside_gaps(void **state)
{
    (void)state;
    double sum[2] = {0, 0};
    for (int gaps = 0; gaps < 2; gaps++)
        for (uint64_t seed = 100; seed < 140; seed++) {
            as_intraday intraday = ast_fresh(1);
            ast_made m = ast_made_new(seed, ast_u_shape);
            m.night = 0.015; /* as much as the day: share 0.5 */
            for (uint32_t s = 0; s < 33; s++) {
                if (gaps && s % 11 == 7)
                    m.log_px += 0.15; /* results after the close */
                ast_feed(&intraday, 0, ast_session_at(ast_xnys, 20250902, s), &m, false);
                if (s < AS_INTRADAY_LEAST)
                    assert_true(as_intraday_overnight(&intraday, 0, 0.3) == 0.3);
            }
            assert_int_equal(intraday.name[0].night_count, 32);
            sum[gaps] += intraday.name[0].night_share / 40;
            double drawn = as_intraday_overnight(&intraday, 0, 0.3);
            ast_near(drawn, (32 * intraday.name[0].night_share + 20 * 0.3) / 52, 1e-12);
            as_intraday_fini(&intraday);
        }
    print_message("mean overnight share %.3f, with gaps %.3f, true 0.5\n", sum[0], sum[1]);
    ast_near(sum[0], 0.5, 0.03);
    ast_near(sum[1], 0.5, 0.05);
}

/* ---- jumps ---- */

static void a_jump_is_found_in_its_minute(void **state)
{
    (void)state;
    static const uint32_t minute[] = {1, 5, 60, 200, 389};
    for (size_t i = 0; i < sizeof minute / sizeof minute[0]; i++) {
        as_intraday intraday = ast_fresh(1);
        ast_made m = ast_made_new(7 + i, ast_u_shape);
        ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 3, &m);
        uint64_t before = as_intraday_jump_at(&intraday, 0, NULL);
        const as_session *session = ast_session_at(ast_xnys, 20250902, 3);
        m.jump_minute = minute[i];
        m.jump = i % 2 ? -0.012 : 0.012;
        ast_feed_until(&intraday, 0, session, &m, minute[i] + 1);
        assert_int_equal(as_intraday_jump_at(&intraday, 0, NULL), before); /* its minute is not over */
        as_intraday_mid(&intraday, 0, session, ast_px(&m), session->open + (minute[i] + 1) * MINUTE + 1);
        if (minute[i] == 389)
            as_intraday_close(&intraday, 0, session, false);
        double size;
        assert_int_equal(as_intraday_jump_at(&intraday, 0, &size), session->open + (minute[i] + 1) * MINUTE);
        ast_near(size, m.jump, 0.006);
        as_intraday_fini(&intraday);
    }
}

/* The return over the night and the first minute's are not tested. */
static void the_overnight_gap_is_no_jump(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(12, ast_u_shape);
    ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 3, &m);
    uint64_t before = as_intraday_jump_at(&intraday, 0, NULL);
    m.log_px += 0.1;
    m.jump_minute = 0;
    m.jump = 0.02;
    ast_feed(&intraday, 0, ast_session_at(ast_xnys, 20250902, 3), &m, false);
    assert_int_equal(as_intraday_jump_at(&intraday, 0, NULL), before);
    as_intraday_fini(&intraday);
}

/* Share of sessions with a false jump, of SESSIONS after the 25th; plain: the same returns not divided by sqrt(u). */
static double false_jump_share(double (*density)(double), uint64_t seed, double *plain)
{
    enum { SESSIONS = 400, BEFORE = 25 };
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(seed, density);
    double ring[AS_INTRADAY_RING];
    as_jump jump;
    as_jump_init(&jump, ring, as_jump_window(390), 390, AS_INTRADAY_ALPHA);
    uint32_t found = 0, found_plain = 0;
    int32_t first = 20100104;
    for (uint32_t s = 0; s < SESSIONS + BEFORE; s++) {
        const as_session *session = ast_session_at(ast_xnys, first, s);
        ast_made again = m;
        ast_feed(&intraday, 0, session, &m, false);
        uint64_t at = as_intraday_jump_at(&intraday, 0, NULL);
        uint32_t minutes = (uint32_t)((session->close - session->open) / MINUTE), hits = 0;
        (void)ast_normal(&again.seed); /* the night's */
        for (uint32_t i = 0; i < minutes; i++) {
            double r = again.sigma * sqrt(density((i + 0.5) / minutes) / minutes) * ast_normal(&again.seed);
            hits += i > 0 && as_jump_update(&jump, r).jump;
        }
        if (s >= BEFORE) {
            found += at > session->open;
            found_plain += hits > 0;
        }
    }
    as_intraday_fini(&intraday);
    *plain = (double)found_plain / SESSIONS;
    return (double)found / SESSIONS;
}

static void false_jumps_are_about_as_rare_as_asked_for(void **state)
{
    (void)state;
    double plain, plain_steep;
    double share = false_jump_share(ast_u_shape, 41, &plain);
    double share_steep = false_jump_share(ast_steep, 42, &plain_steep);
    print_message("sessions with a false jump, asked 0.01: u-shape %.4f (not divided by sqrt(u) %.4f), "
                  "steep %.4f (%.4f)\n",
                  share, plain, share_steep, plain_steep);
    assert_true(share <= 0.03);
    assert_true(plain > 3 * share && plain > 0.04);
    assert_true(share_steep <= 0.05);
    assert_true(plain_steep > 0.3);
}

static void a_price_that_seldom_moves_does_not_jump(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    uint64_t seed = 43;
    int64_t mid = 10000000000;
    for (uint32_t s = 0; s < 5; s++) {
        const as_session *session = ast_session_at(ast_xnys, 20250902, s);
        for (uint32_t i = 0; i < 390; i++) {
            if (ast_uniform(&seed) < 0.05)
                mid += ast_uniform(&seed) < 0.5 ? 10000000 : -10000000; /* a tick of ten basis points */
            as_intraday_mid(&intraday, 0, session, mid, session->open + i * MINUTE + AS_NS_PER_S);
        }
        as_intraday_close(&intraday, 0, session, false);
    }
    assert_true(as_intraday_realised(&intraday, 0, ast_session_at(ast_xnys, 20250902, 4)).rv > 0);
    assert_int_equal(as_intraday_jump_at(&intraday, 0, NULL), 0);
    as_intraday_fini(&intraday);
}

/* ---- today against other days ---- */

static void the_volatility_ratio_is_todays_over_the_usual(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    ast_made m = ast_made_new(50, ast_steep);
    ast_feed_sessions(&intraday, ast_xnys, 20250902, 0, 30, &m);
    const as_session *session = ast_session_at(ast_xnys, 20250902, 30);
    double daily = m.sigma / sqrt(1 - NIGHT);
    m.sigma *= 2.5;
    m.jump_minute = 40;
    m.jump = 0.08; /* a jump is not volatility */
    ast_feed_until(&intraday, 0, session, &m, 9);
    assert_true(isnan(as_intraday_vol_ratio(&intraday, 0, session, daily, NIGHT)));
    ast_feed_until(&intraday, 0, session + 1, &m, 150);
    session++;
    assert_true(as_intraday_jump_at(&intraday, 0, NULL) == session->open + 41 * MINUTE);
    ast_near(as_intraday_vol_ratio(&intraday, 0, session, daily, NIGHT), 2.5, 0.35);
    ast_near(as_intraday_vol_ratio(&intraday, 0, session, (double)NAN, NIGHT), 2.5, 0.35);
    assert_true(isnan(as_intraday_vol_ratio(&intraday, 0, session + 1, daily, NIGHT)));
    assert_true(isnan(as_intraday_vol_ratio(&intraday, 0, session, 0, NIGHT)));
    as_intraday_fini(&intraday);
}

static void the_depth_ratio_is_against_the_median_minute(void **state)
{
    (void)state;
    as_intraday intraday = ast_fresh(1);
    const as_session *session = as_calendar_session_on(ast_xnys, 20251006);
    for (uint64_t i = 0; i < 120; i++) {
        assert_true(isnan(as_intraday_depth_ratio(&intraday, 0)) == (i <= 30));
        ast_mid_at(&intraday, session, 100000000000, i, 10);
        as_intraday_depth(&intraday, 0, 1e9); /* of no account: not the minute's last */
        as_intraday_depth(&intraday, 0, 500 + 10 * (double)(i * 7 % 11));
    }
    as_intraday_depth(&intraday, 0, 110);
    ast_near(as_intraday_depth_ratio(&intraday, 0), 0.2, 0.01);
    as_intraday_depth(&intraday, 0, 0);
    assert_true(isnan(as_intraday_depth_ratio(&intraday, 0)));
    as_intraday_fini(&intraday);
}

/* ---- determinism ---- */

static void the_same_mids_give_the_same_bytes(void **state)
{
    (void)state;
    as_intraday a = ast_fresh(3), b = ast_fresh(3);
    ast_made m = ast_made_new(51, ast_steep);
    m.night = 0.01;
    ast_made n = m;
    for (uint32_t s = 0; s < 24; s++) {
        const as_session *session = ast_session_at(ast_xnys, 20250902, s);
        ast_feed(&a, 1, session, &m, s == 7);
        ast_feed(&b, 1, session, &n, s == 7);
        (void)as_intraday_clock(&b, 1, session, session->close - 5, NIGHT); /* asking changes nothing */
        (void)as_intraday_vol_ratio(&b, 1, session, 0.01, NIGHT);
    }
    for (uint32_t i = 0; i < 3; i++) {
        a.name[i].jump.ring = b.name[i].jump.ring = NULL;
        assert_memory_equal(&a.name[i], &b.name[i], sizeof a.name[i]);
        assert_memory_equal(&a.now[i], &b.now[i], sizeof a.now[i]);
    }
    as_intraday_fini(&a);
    as_intraday_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_names_take_about_100_megabytes),
        cmocka_unit_test(a_name_without_a_mid_knows_nothing),
        cmocka_unit_test(the_clock_is_the_calendars_while_the_profile_is_unknown),
        cmocka_unit_test(a_known_clock_is_sound_on_whole_and_half_days),
        cmocka_unit_test(half_days_train_nothing),
        cmocka_unit_test(seoul_and_markets_that_never_close_have_their_own_days),
        cmocka_unit_test(a_half_day_keeps_the_steps_of_whole_ones),
        cmocka_unit_test(a_frozen_session_trains_nothing),
        cmocka_unit_test(a_session_that_is_not_closed_trains_nothing),
        cmocka_unit_test(a_session_does_not_move_its_own_clock),
        cmocka_unit_test(the_overnight_share_is_found_beside_gaps),
        cmocka_unit_test(a_jump_is_found_in_its_minute),
        cmocka_unit_test(the_overnight_gap_is_no_jump),
        cmocka_unit_test(false_jumps_are_about_as_rare_as_asked_for),
        cmocka_unit_test(a_price_that_seldom_moves_does_not_jump),
        cmocka_unit_test(the_volatility_ratio_is_todays_over_the_usual),
        cmocka_unit_test(the_depth_ratio_is_against_the_median_minute),
        cmocka_unit_test(the_same_mids_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, ast_load_calendars, ast_free_calendars);
}
