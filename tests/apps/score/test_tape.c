#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apps/score/tape.h"
#include "tests/support/world.h"

enum { DATE = 20260630, SESSIONS = 80, HORIZON = 5 };

static const double shock_day[AST_NAMES] = {
    [AST_MKT] = 0.001,  [AST_EPI] = 0.12,   [AST_NEAR] = -0.05, [AST_FAR1] = -0.06, [AST_FAR2] = -0.07,
    [AST_FAR3] = 0.001, [AST_CTL1] = 0.001, [AST_CTL2] = 0.001, [AST_CTL3] = 0.001, [AST_LONE] = -0.05,
};

typedef struct scene {
    ast_world world;
    as_setup setup;
    as_score_book book;
    as_score_tape *tape;
    uint64_t close; /* of the latest session */
} scene;

static void begin(scene *s)
{
    memset(s, 0, sizeof *s);
    ast_world_init(&s->world);
    s->close = ast_history(&s->world, DATE, SESSIONS);
    s->setup.config = &s->world.config;
    s->setup.universe = s->world.universe;
    s->setup.playbook = s->world.playbook;
    s->setup.engine = s->world.engine;
    s->book.borrow_bps_year = 365; /* a basis point a day */
    s->tape = as_score_tape_new(&s->book, "hand", NULL);
    as_score_tape_attach(s->tape, &s->setup);
    s->world.merge.record = as_score_tape_record;
    s->world.merge.record_context = s->tape;
    s->world.engine->emit = as_score_tape_emit;
    s->world.engine->emit_context = s->tape;
}

static void end(scene *s)
{
    as_score_tape_free(s->tape);
    as_score_book_fini(&s->book);
    ast_world_fini(&s->world);
}

static uint64_t next_close(const scene *s, uint64_t close)
{
    return as_calendar_session(s->world.universe.calendar[0], close + 1)->close;
}

static void event_of(scene *s, as_event event, bool last)
{
    event.flags = last ? AS_EVENT_LAST : 0;
    as_merge_event(&s->world.merge, &event, NULL, NULL);
}

/* A session's bars: every name opens and closes where it was, but FAR2 and the market, as given (in units). */
static void session(scene *s, double open, double close, double market_open, double market_close)
{
    s->close = next_close(s, s->close);
    for (uint32_t i = 0; i < AST_NAMES; i++) {
        as_event bar = ast_bar(i, s->close, s->world.px[i], 86400);
        if (i == AST_FAR2 || i == AST_MKT) {
            bar.bar.open = (int64_t)((i == AST_FAR2 ? open : market_open) * 1e9);
            bar.bar.close = (int64_t)((i == AST_FAR2 ? close : market_close) * 1e9);
            s->world.px[i] = bar.bar.close;
        }
        event_of(s, bar, i == AST_NAMES - 1);
    }
}

static const as_score_signal *first_over(const scene *s, const char *symbol)
{
    for (size_t i = 0; i < s->book.signal_count; i++)
        if (s->book.signal[i].kind == AS_SIGNAL_OVERREACTION && strcmp(s->book.signal[i].symbol, symbol) == 0)
            return &s->book.signal[i];
    return NULL;
}

static void shock(scene *s)
{
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, s->close + 15 * AS_NS_PER_HOUR);
    ast_say(&s->world, &rumour);
    s->close = next_close(s, s->close);
    ast_day(&s->world, s->close, shock_day, NULL);
}

static void close_to(double got, double want)
{
    if (!(fabs(got - want) < 1e-6))
        fail_msg("%.9f, expected %.9f", got, want);
}

/* The scene of most tests: FAR2 opens at 90 next day and stands at 99 five sessions later; the market 200 to 202. */
static void five_sessions(scene *s)
{
    begin(s);
    shock(s);
    session(s, 90, 91, 200, 200);
    for (unsigned i = 2; i < HORIZON; i++)
        session(s, 91, 91, 200, 200);
    session(s, 95, 99, 201, 202);
}

static void a_bar_signal_enters_at_the_next_open_and_leaves_at_the_horizons_close(void **state)
{
    (void)state;
    scene s;
    five_sessions(&s);
    session(&s, 50, 50, 300, 300); /* after the horizon: only the own close may see it */
    as_score_tape_finish(s.tape);
    const as_score_signal *over = first_over(&s, "FAR2");
    assert_non_null(over);
    assert_int_equal(over->side, 1);
    assert_int_equal(over->outcome, AS_SCORE_SCORED);
    assert_true(isfinite(over->beta));
    assert_string_equal(over->issuer, "EPI");
    double residual = 1e4 * ((99.0 / 90 - 1) - over->beta * (202.0 / 200 - 1));
    close_to(over->forward_bps, residual);
    close_to(over->horizon.gross_bps, residual);
    close_to(over->horizon.raw_gross_bps, 1000);
    /* costs: 5 + 5 half-spread, 0.5 fees and 2 impact both ways; the hedge 5 + 5 and 0.5 both ways, times beta */
    close_to(over->horizon.net_bps, residual - 15 - over->beta * 11);
    close_to(over->horizon.raw_net_bps, 985);
    end(&s);
}

static void what_the_data_do_not_finish_is_not_scored(void **state)
{
    (void)state;
    scene s;
    begin(&s);
    shock(&s);
    session(&s, 90, 91, 200, 200);
    as_score_tape_finish(s.tape);
    const as_score_signal *over = first_over(&s, "FAR2");
    assert_non_null(over);
    assert_int_equal(over->outcome, AS_SCORE_UNFINISHED);
    end(&s);
}

/* An order that goes out half an hour after the open has to wait for the next bar, however the first one ends. */
static void a_bar_that_has_begun_fills_nothing(void **state)
{
    (void)state;
    scene s;
    begin(&s);
    s.book.latency_ns = 18 * AS_NS_PER_HOUR;
    shock(&s);
    session(&s, 80, 91, 190, 200);
    session(&s, 88, 91, 196, 200);
    for (unsigned i = 3; i < HORIZON + 4; i++)
        session(&s, 99, 99, 200, 200);
    as_score_tape_finish(s.tape);
    const as_score_signal *over = first_over(&s, "FAR2");
    assert_int_equal(over->outcome, AS_SCORE_SCORED);
    close_to(over->horizon.raw_gross_bps, 1e4 * (99.0 / 88 - 1));
    close_to(over->delay_gross_bps[0], 1e4 * (99.0 / 80 - 1 - over->beta * (200.0 / 190 - 1)));
    end(&s);
}

/* The future is another one: nothing that was settled before it changes. */
static void what_comes_after_the_horizon_changes_nothing(void **state)
{
    (void)state;
    double net[2];
    for (unsigned i = 0; i < 2; i++) {
        scene s;
        five_sessions(&s);
        session(&s, i ? 50 : 150, 60, i ? 300 : 100, 200);
        session(&s, i ? 10 : 500, 60, 200, 200);
        as_score_tape_finish(s.tape);
        const as_score_signal *over = first_over(&s, "FAR2");
        assert_int_equal(over->outcome, AS_SCORE_SCORED);
        net[i] = over->horizon.net_bps;
        end(&s);
    }
    close_to(net[0], net[1]);
}

/* Costs are on the day of the exit, the rest on the days when it arose: the days of a kind sum to its own closes. */
static void the_days_sum_to_the_closed_trades(void **state)
{
    (void)state;
    scene s;
    five_sessions(&s);
    for (unsigned i = 0; i < 8; i++)
        session(&s, 99, 99, 202, 202);
    as_score_tape_finish(s.tape);
    double days = 0;
    uint8_t lane = as_score_book_lane(&s.book, "overreaction", AS_SIGNAL_OVERREACTION);
    double trades = 0;
    double turnover = 0;
    unsigned scored = 0;
    for (size_t i = 0; i < s.book.day_count; i++) {
        days += s.book.day[i].net_bps[lane];
        turnover += s.book.day[i].turnover[lane];
        assert_int_equal(s.book.day[i].names, AST_NAMES - 2); /* all but the market and LONE */
    }
    for (size_t i = 0; i < s.book.signal_count; i++) {
        if (s.book.signal[i].kind != AS_SIGNAL_OVERREACTION || s.book.signal[i].outcome != AS_SCORE_SCORED)
            continue;
        trades += s.book.signal[i].closed.net_bps;
        scored++;
    }
    assert_true(scored > 0);
    assert_int_equal(s.book.signal_count, s.world.engine->counters.opened[0] + s.world.engine->counters.opened[1] +
                                              s.world.engine->counters.opened[2] + s.world.engine->counters.opened[3]);
    close_to(days, trades);
    close_to(turnover, 2 * scored);
    end(&s);
}

/* ---- quotes ---- */

static void quote(scene *s, uint32_t instrument, uint64_t ts, double bid, double ask, bool last)
{
    as_event event = {
        .kind = AS_EVENT_QUOTE,
        .instrument = instrument,
        .ts_event = ts,
        .ts_recv = ts,
        .quote = {.bid_px = (int64_t)llround(bid * 1e9),
                  .ask_px = (int64_t)llround(ask * 1e9),
                  .bid_qty = 100,
                  .ask_qty = 100},
    };
    event_of(s, event, last);
}

/* Everybody's quote at the last price, moved; spread 10 bps. */
static void quotes(scene *s, uint64_t ts, const double *move)
{
    for (uint32_t i = 0; i < AST_NAMES; i++) {
        double mid = (double)s->world.px[i] / 1e9 * (1 + (move ? move[i] : 0));
        quote(s, i, ts, mid * 0.9995, mid * 1.0005, i == AST_NAMES - 1);
    }
}

static void a_delay_takes_the_first_quote_after_it_at_the_far_side(void **state)
{
    (void)state;
    scene s;
    begin(&s);
    s.book.latency_ns = 2 * AS_NS_PER_MS;
    uint64_t at = s.close + 17 * AS_NS_PER_HOUR + 30 * AS_NS_PER_MIN + 2 * AS_NS_PER_HOUR; /* 11:30 in New York */
    quotes(&s, at, NULL);
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, at + AS_NS_PER_S);
    ast_say(&s.world, &rumour);
    uint64_t shocked = at + 2 * AS_NS_PER_S;
    quotes(&s, shocked, shock_day);
    const as_score_signal *over = first_over(&s, "FAR2");
    assert_non_null(over);
    assert_int_equal(over->opened_at, shocked);
    assert_int_equal(over->side, 1);
    /* one quote of FAR2 and of the market after each delay: mids 100, 101, .., the market stays at 50 */
    static const uint64_t after[AS_SCORE_DELAYS] = {500 * AS_NS_PER_US, 3 * AS_NS_PER_MS, 20 * AS_NS_PER_MS,
                                                    500 * AS_NS_PER_MS, 30 * AS_NS_PER_S, 90 * AS_NS_PER_S};
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++) {
        if (d) { /* in the order's own instant: not after it */
            quote(&s, AST_FAR2, shocked + as_score_delay_ns[d], 76, 78, false);
            quote(&s, AST_MKT, shocked + as_score_delay_ns[d], 39.9, 40.1, true);
        }
        quote(&s, AST_FAR2, shocked + after[d], 99 + d, 101 + d, false);
        quote(&s, AST_MKT, shocked + after[d], 49.9, 50.1, true);
    }
    uint64_t end_of = over->valid_until;
    quote(&s, AST_FAR2, end_of - AS_NS_PER_S, 109, 111, false);
    quote(&s, AST_MKT, end_of - AS_NS_PER_S, 49.9, 50.1, true);
    quotes(&s, end_of + 18 * AS_NS_PER_HOUR, NULL); /* next session: the expiry's exit */
    quotes(&s, end_of + 19 * AS_NS_PER_HOUR, NULL);
    as_score_tape_finish(s.tape);
    over = first_over(&s, "FAR2");
    assert_int_equal(over->outcome, AS_SCORE_SCORED);
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++)
        close_to(over->delay_gross_bps[d], 1e4 * (110.0 / (100 + d) - 1));
    close_to(over->horizon.gross_bps, 1e4 * (110.0 / 101 - 1)); /* 2 ms of latency: the quote at 3 ms */
    double hedge = over->beta * 1e4 * (0.1 / 50 + 0.1 / 50) + over->beta * 1;
    close_to(over->horizon.net_bps, 1e4 * (110.0 / 101 - 1) - 1e4 * (1.0 / 101 + 1.0 / 110) - 5 - hedge);
    end(&s);
}

static void quotes_that_are_not_valid_fill_nothing(void **state)
{
    (void)state;
    scene s;
    begin(&s);
    uint64_t at = s.close + 19 * AS_NS_PER_HOUR;
    quotes(&s, at, NULL);
    as_headline rumour = ast_headline("rumour-1", "Wire", AST_EPI, at + AS_NS_PER_S);
    ast_say(&s.world, &rumour);
    uint64_t shocked = at + 2 * AS_NS_PER_S;
    quotes(&s, shocked, shock_day);
    quote(&s, AST_FAR2, shocked + AS_NS_PER_MS, 120, 110, true); /* crossed */
    quote(&s, AST_FAR2, shocked + 2 * AS_NS_PER_MS, 99, 101, false);
    quote(&s, AST_MKT, shocked + 2 * AS_NS_PER_MS, 49.9, 50.1, true);
    uint64_t end_of = first_over(&s, "FAR2")->valid_until;
    quote(&s, AST_FAR2, end_of - AS_NS_PER_S, 109, 111, false);
    quote(&s, AST_MKT, end_of - AS_NS_PER_S, 49.9, 50.1, true);
    quotes(&s, end_of + 18 * AS_NS_PER_HOUR, NULL);
    quotes(&s, end_of + 19 * AS_NS_PER_HOUR, NULL);
    as_score_tape_finish(s.tape);
    close_to(first_over(&s, "FAR2")->horizon.gross_bps, 1000);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_signal_enters_at_the_next_open_and_leaves_at_the_horizons_close),
        cmocka_unit_test(what_the_data_do_not_finish_is_not_scored),
        cmocka_unit_test(a_bar_that_has_begun_fills_nothing),
        cmocka_unit_test(what_comes_after_the_horizon_changes_nothing),
        cmocka_unit_test(the_days_sum_to_the_closed_trades),
        cmocka_unit_test(a_delay_takes_the_first_quote_after_it_at_the_far_side),
        cmocka_unit_test(quotes_that_are_not_valid_fill_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
