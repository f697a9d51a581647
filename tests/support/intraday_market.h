/*
 * A made market for the intraday estimates: seeded Gaussian minutes along a density of variance, jumps where they are
 * wanted, as quotes on a shipped calendar.
 */
#ifndef AST_SUPPORT_INTRADAY_MARKET_H
#define AST_SUPPORT_INTRADAY_MARKET_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/intraday.h"
#include "tests/support/random.h"

#define NIGHT 0.30
#define MINUTE AS_NS_PER_MIN

static as_calendar *ast_xnys, *ast_xkrx, *ast_always;

static inline int ast_load_calendars(void **state)
{
    (void)state;
    return as_calendar_new_shipped("XNYS", &ast_xnys) || as_calendar_new_shipped("XKRX", &ast_xkrx) ||
           as_calendar_new_shipped("ALWAYS", &ast_always);
}

static inline int ast_free_calendars(void **state)
{
    (void)state;
    as_calendar_free(ast_xnys);
    as_calendar_free(ast_xkrx);
    as_calendar_free(ast_always);
    return 0;
}

static inline void ast_near(double found, double expected, double tolerance)
{
    if (!(found >= expected - tolerance && found <= expected + tolerance))
        fail_msg("found %.17g, expected %.17g within %g", found, expected, tolerance);
}

typedef struct ast_made {
    uint64_t seed;
    double log_px;
    double sigma;                /* of open to close */
    double night;                /* of close to open */
    double (*density)(double x); /* of variance over the session; integrates to 1 */
    uint32_t jump_minute;        /* UINT32_MAX: none */
    double jump;
} ast_made;

static inline double ast_u_shape(double x)
{
    return as_seasonality_density(x);
}

/* Steeper than the prior: the first of thirteen half hours has four times the average, the last twice. */
static inline double ast_steep(double x)
{
    return x < 1.0 / 13 ? 4 : x > 12.0 / 13 ? 2 : 7.0 / 11;
}

static inline ast_made ast_made_new(uint64_t seed, double (*density)(double))
{
    return (ast_made){
        .seed = seed, .log_px = 0, .sigma = 0.015, .night = 0, .density = density, .jump_minute = UINT32_MAX};
}

static inline int64_t ast_px(const ast_made *m)
{
    return (int64_t)llround(100e9 * exp(m->log_px));
}

/* One session of one instrument: two mids a minute, until minute_max. Not closed. */
static inline void ast_feed_until(as_intraday *intraday, uint32_t instrument, const as_session *session, ast_made *m,
                                  uint32_t minute_max)
{
    uint32_t minutes = (uint32_t)((session->close - session->open) / MINUTE);
    m->log_px += m->night * ast_normal(&m->seed);
    as_intraday_mid(intraday, instrument, session, ast_px(m), session->open + 1);
    for (uint32_t i = 0; i < minutes && i < minute_max; i++) {
        double r = m->sigma * sqrt(m->density((i + 0.5) / minutes) / minutes) * ast_normal(&m->seed);
        if (i == m->jump_minute)
            r += m->jump;
        uint64_t begin = session->open + i * MINUTE;
        m->log_px += 0.4 * r;
        as_intraday_mid(intraday, instrument, session, ast_px(m), begin + 10 * AS_NS_PER_S);
        m->log_px += 0.6 * r;
        as_intraday_mid(intraday, instrument, session, ast_px(m), begin + 55 * AS_NS_PER_S);
    }
}

static inline void ast_feed(as_intraday *intraday, uint32_t instrument, const as_session *session, ast_made *m,
                            bool frozen)
{
    ast_feed_until(intraday, instrument, session, m, UINT32_MAX);
    as_intraday_close(intraday, instrument, session, frozen);
}

static inline const as_session *ast_session_at(const as_calendar *calendar, int32_t first_date, uint32_t idx)
{
    return as_calendar_session_on(calendar, first_date) + idx; /* a calendar's sessions lie in one array */
}

static inline void ast_feed_sessions(as_intraday *intraday, const as_calendar *calendar, int32_t first_date,
                                     uint32_t from, uint32_t to, ast_made *m)
{
    for (uint32_t s = from; s < to; s++)
        ast_feed(intraday, 0, ast_session_at(calendar, first_date, s), m, false);
}

static inline as_intraday ast_fresh(uint32_t instruments)
{
    as_intraday intraday;
    assert_int_equal(as_intraday_init(&intraday, instruments), 0);
    return intraday;
}

static inline void ast_mid_at(as_intraday *intraday, const as_session *session, int64_t mid, uint64_t minute,
                              uint64_t second)
{
    as_intraday_mid(intraday, 0, session, mid, session->open + minute * MINUTE + second * AS_NS_PER_S);
}

/* Increasing from exactly session->index at the previous close to exactly one more at the close. */
static inline void ast_expect_sound_clock(const as_intraday *intraday, const as_session *session, double night)
{
    double before = (double)session->index, at_open = 0;
    assert_true(as_intraday_clock(intraday, 0, session, session->prev_close, night) == before);
    assert_true(as_intraday_clock(intraday, 0, session, session->close, night) == before + 1);
    uint64_t length = session->close - session->prev_close;
    for (uint64_t i = 1; i <= 10000; i++) {
        double v = as_intraday_clock(intraday, 0, session, session->prev_close + length / 10000 * i, night);
        assert_true(v >= before && v <= (double)session->index + 1);
        before = v;
    }
    at_open = as_intraday_clock(intraday, 0, session, session->open, night) - (double)session->index;
    ast_near(at_open, session->open > session->prev_close ? night : 0, 1e-9);
    ast_near(as_intraday_clock(intraday, 0, session, session->close - 1, night), (double)session->index + 1, 1e-9);
    for (uint64_t i = 0; i < 600; i++) /* strictly, where it counts */
        assert_true(as_intraday_clock(intraday, 0, session, session->open + (i + 1) * AS_NS_PER_S, night) >
                    as_intraday_clock(intraday, 0, session, session->open + i * AS_NS_PER_S, night));
}

#endif
