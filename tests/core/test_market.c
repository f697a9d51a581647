#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/logexp.h"
#include "tests/support/world.h"

enum { DATE = 20260630, HISTORY_SLOTS = 1 << 18 };

typedef struct scene {
    ast_world world; /* for its universe and thresholds; the market is our own */
    as_market market;
    as_thresholds *th;
    uint64_t now, seq;
} scene;

static const as_session *session_of(const scene *s, uint64_t ts)
{
    return as_calendar_session(s->world.universe.calendar[0], ts);
}

static void open_scene(scene *s, uint32_t orders_max)
{
    ast_world_init(&s->world);
    s->th = &s->world.playbook->thresholds;
    assert_int_equal(as_market_init(&s->market, &s->world.universe, orders_max), 0);
    as_market_start(&s->market, s->th);
    s->now = as_calendar_session_on(s->world.universe.calendar[0], DATE)->open;
    s->seq = 0;
}

static void close_scene(scene *s)
{
    as_market_fini(&s->market);
    ast_world_fini(&s->world);
}

static bool apply(scene *s, as_event event)
{
    event.ts_event = event.ts_recv = s->now;
    return as_market_apply(&s->market, s->th, &event, ++s->seq);
}

static as_event quote_of(uint32_t instrument, int64_t bid, int64_t ask)
{
    return (as_event){.kind = AS_EVENT_QUOTE,
                      .instrument = instrument,
                      .quote = {.bid_px = bid, .bid_qty = 1, .ask_px = ask, .ask_qty = 1}};
}

static bool quote(scene *s, uint32_t instrument, int64_t mid)
{
    return apply(s, quote_of(instrument, mid - 10, mid + 10));
}

static bool status(scene *s, uint32_t instrument, as_trading_state state)
{
    return apply(s, (as_event){.kind = AS_EVENT_STATUS, .instrument = instrument, .status = {.state = state}});
}

static uint64_t condition(const scene *s, uint32_t instrument)
{
    return as_market_condition(&s->market, s->th, instrument, s->now);
}

/* Name and factor have just been quoted. */
static void quote_both(scene *s)
{
    quote(s, AST_MKT, 100000);
    quote(s, AST_NEAR, 50000);
}

static uint64_t draw(scene *s, uint64_t n)
{
    return (uint64_t)((ast_uniform(&s->world) + 1) / 2 * (double)n);
}

/* ---- layout ---- */

static void names_begin_on_cache_lines(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    assert_int_equal((uintptr_t)s.market.name % AS_NAME_LINE_BYTES, 0);
    assert_int_equal(offsetof(as_name, spread), AS_NAME_LINE_BYTES);
    close_scene(&s);
}

/* ---- anchors ---- */

static void an_anchor_is_the_last_mid_that_is_not_after_the_moment(void **state)
{
    (void)state;
    scene s;
    as_mark mark;
    open_scene(&s, 0);
    uint64_t t = s.now;
    assert_false(as_market_mark_at(&s.market, AST_NEAR, t, &mark));
    assert_int_equal(mark.mid, AS_PX_UNDEFINED);
    for (int i = 0; i < 3; i++) {
        s.now = t + 100 * (uint64_t)i;
        quote(&s, AST_NEAR, 50000 + i);
    }
    assert_false(as_market_mark_at(&s.market, AST_NEAR, t - 1, &mark));
    assert_true(as_market_mark_at(&s.market, AST_NEAR, t, &mark));
    assert_int_equal(mark.mid, 50000);
    assert_true(as_market_mark_at(&s.market, AST_NEAR, t + 199, &mark));
    assert_int_equal(mark.mid, 50001);
    assert_int_equal(mark.ts, t + 100);
    assert_int_equal(mark.seq, 2);
    assert_true(as_market_mark_at(&s.market, AST_NEAR, t + 1000, &mark));
    assert_int_equal(mark.mid, 50002);
    close_scene(&s);
}

static void a_confirmed_mid_was_there_from_its_first_moment_and_known_at_its_latest(void **state)
{
    (void)state;
    scene s;
    as_mark mark;
    open_scene(&s, 0);
    uint64_t t = s.now;
    quote(&s, AST_NEAR, 50000);
    s.now = t + 500;
    quote(&s, AST_NEAR, 50000);
    assert_true(as_market_mark_at(&s.market, AST_NEAR, t + 900, &mark));
    assert_int_equal(mark.ts, t + 500);
    assert_true(as_market_mark_at(&s.market, AST_NEAR, t + 300, &mark)); /* it held then, and before */
    assert_int_equal(mark.mid, 50000);
    assert_true(mark.ts >= t && mark.ts <= t + 300);
    assert_false(as_market_mark_at(&s.market, AST_NEAR, t - 1, &mark));
    close_scene(&s);
}

static void a_quiet_name_keeps_its_anchor_when_others_fill_the_history(void **state)
{
    (void)state;
    scene s;
    as_mark mark;
    open_scene(&s, 0);
    uint64_t t = s.now;
    quote(&s, AST_NEAR, 50000);
    s.now++;
    quote(&s, AST_NEAR, 50001);
    for (int64_t i = 0; i < HISTORY_SLOTS; i++) {
        s.now++;
        quote(&s, AST_FAR1, 60000 + i % 2);
    }
    quote(&s, AST_NEAR, 50001);
    assert_true(as_market_mark_at(&s.market, AST_NEAR, t + 10, &mark));
    assert_int_equal(mark.mid, 50001);
    assert_true(mark.ts >= t + 1 && mark.ts <= t + 10);
    assert_false(as_market_mark_at(&s.market, AST_NEAR, t, &mark)); /* the mid before is forgotten, and said so */
    close_scene(&s);
}

static void anchors_agree_with_a_list_of_all_mids(void **state)
{
    (void)state;
    enum { STEPS = 3000 };
    static struct {
        uint64_t ts;
        int64_t mid;
    } all[AST_NAMES][STEPS];
    unsigned count[AST_NAMES] = {0};
    scene s;
    open_scene(&s, 0);
    print_message("seed %llu\n", (unsigned long long)s.world.seed);
    uint64_t start = s.now;
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t name = (uint32_t)draw(&s, AST_NAMES);
        int64_t mid = 50000 + (int64_t)draw(&s, 4);
        s.now += draw(&s, 3);
        quote(&s, name, mid);
        if (!count[name] || all[name][count[name] - 1].mid != mid) {
            all[name][count[name]].ts = s.now;
            all[name][count[name]++].mid = mid;
        }
        name = (uint32_t)draw(&s, AST_NAMES);
        uint64_t ts = start + draw(&s, s.now - start + 2);
        unsigned k = count[name];
        while (k > 0 && all[name][k - 1].ts > ts)
            k--;
        as_mark mark;
        assert_int_equal(as_market_mark_at(&s.market, name, ts, &mark), k > 0);
        if (k > 0)
            assert_true(mark.mid == all[name][k - 1].mid && mark.ts >= all[name][k - 1].ts && mark.ts <= ts);
    }
    close_scene(&s);
}

/* ---- quotes ---- */

static void a_quote_that_is_not_two_sided_and_open_is_no_price(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    quote_both(&s);
    as_event bad[] = {quote_of(AST_NEAR, 50010, 49990),
                      quote_of(AST_NEAR, 50000, 50000),
                      quote_of(AST_NEAR, AS_PX_UNDEFINED, 50000),
                      quote_of(AST_NEAR, 50000, AS_PX_UNDEFINED),
                      quote_of(AST_NEAR, 0, 50000),
                      quote_of(AST_NEAR, 49990, 50010),
                      quote_of(AST_NEAR, 49990, 50010)};
    bad[5].quote.bid_qty = 0;
    bad[6].quote.ask_qty = 0;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(apply(&s, bad[i]));
        assert_true(condition(&s, AST_NEAR) & AS_REASON_BIT(STALE));
        assert_int_equal(s.market.name[AST_NEAR].mark.mid, 50000);
        assert_int_equal(s.market.counters.invalid_quotes, i + 1);
        quote(&s, AST_NEAR, 50000);
        assert_int_equal(condition(&s, AST_NEAR), 0);
    }
    close_scene(&s);
}

static void a_quote_much_wider_than_usual_is_no_price_once_the_median_is_warm(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    as_event wide = quote_of(AST_NEAR, 50000 - 51, 50000 + 51); /* over five times the usual 20 */
    apply(&s, wide);
    assert_int_equal(s.market.counters.invalid_quotes, 0);
    for (unsigned i = 0; i < 200; i++)
        quote(&s, AST_NEAR, 50000);
    apply(&s, wide);
    assert_int_equal(s.market.counters.invalid_quotes, 1);
    assert_true(s.market.name[AST_NEAR].invalid);
    assert_true(fabs(as_market_spread_ratio(&s.market, AST_NEAR) - 1) < 0.05);
    assert_true(fabs(as_market_half_spread_bps(&s.market, &s.world.config.costs, AST_NEAR) - 2) < 1e-9);
    assert_true(as_market_half_spread_bps(&s.market, &s.world.config.costs, AST_FAR1) > 4.9); /* configured */
    close_scene(&s);
}

static void events_of_no_instrument_are_counted_and_change_nothing(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    assert_false(quote(&s, AST_NAMES, 50000));
    assert_false(quote(&s, AS_INSTRUMENT_NONE, 50000));
    assert_int_equal(s.market.counters.unknown_instrument, 2);
    assert_false(apply(&s, (as_event){.kind = AS_EVENT_ORDER_ADD, .instrument = AST_NEAR, .order = {.ref = 1}}));
    assert_int_equal(s.market.counters.book_errors, 1); /* no books were asked for */
    close_scene(&s);
}

static void orders_make_quotes_and_a_broken_book_is_stale_until_it_is_cleared(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 16);
    quote(&s, AST_MKT, 100000);
    as_event order = {.kind = AS_EVENT_ORDER_ADD, .instrument = AST_NEAR, .order = {.ref = 1, .px = 49990, .qty = 5}};
    apply(&s, order);
    order.order.ref = 2;
    order.order.px = 50010;
    order.flags = AS_EVENT_SELL;
    assert_true(apply(&s, order));
    assert_int_equal(s.market.name[AST_NEAR].mark.mid, 50000);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    apply(&s, (as_event){.kind = AS_EVENT_ORDER_DELETE, .instrument = AST_NEAR, .order = {.ref = 99}});
    assert_true(condition(&s, AST_NEAR) & AS_REASON_BIT(STALE));
    assert_true(apply(&s, (as_event){.kind = AS_EVENT_CLEAR, .instrument = AST_NEAR}));
    assert_true(condition(&s, AST_NEAR) & AS_REASON_BIT(STALE)); /* empty until the snapshot has come */
    order.order.ref = 3;
    apply(&s, order);
    order.order.ref = 4;
    order.order.px = 49990;
    order.flags = 0;
    apply(&s, order);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    close_scene(&s);
}

/* ---- condition ---- */

static void a_quote_is_stale_after_its_seconds_and_so_is_a_stale_factor(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    quote_both(&s);
    s.now += (uint64_t)(s.th->quote_stale_s * 1e9);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    s.now++;
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(STALE));
    quote(&s, AST_NEAR, 50000);
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(STALE)); /* its factor's */
    quote(&s, AST_MKT, 100000);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    close_scene(&s);
}

static void a_bar_is_stale_after_two_sessions_not_after_seconds(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    s.now = session_of(&s, s.now)->close;
    apply(&s, ast_bar(AST_MKT, s.now, 100000, 86400));
    apply(&s, ast_bar(AST_NEAR, s.now, 50000, 86400));
    uint64_t second = session_of(&s, session_of(&s, s.now + 1)->close + 1)->close;
    s.now = second - AS_NS_PER_HOUR;
    assert_int_equal(condition(&s, AST_NEAR), 0);
    s.now = second + 4 * AS_NS_PER_HOUR;
    assert_true(condition(&s, AST_NEAR) & AS_REASON_BIT(STALE));
    close_scene(&s);
}

static void a_gap_makes_its_own_source_stale_until_a_whole_quote(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    quote_both(&s);
    as_event other = quote_of(AST_FAR1, 49990, 50010);
    other.source = 1;
    apply(&s, other);
    as_event gap = {.kind = AS_EVENT_GAP, .source = 1, .instrument = AS_INSTRUMENT_NONE};
    apply(&s, gap);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    assert_int_equal(condition(&s, AST_FAR1), AS_REASON_BIT(STALE));
    apply(&s, other);
    assert_int_equal(condition(&s, AST_FAR1), 0);
    close_scene(&s);
}

static void a_gap_in_a_book_is_not_repaired_by_another_sources_trade(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 16);
    quote(&s, AST_MKT, 100000);
    as_event bid = {.kind = AS_EVENT_ORDER_ADD, .instrument = AST_NEAR, .order = {.ref = 1, .px = 49990, .qty = 5}};
    as_event ask = bid;
    ask.order.ref = 2;
    ask.order.px = 50010;
    ask.flags = AS_EVENT_SELL;
    apply(&s, bid);
    apply(&s, ask);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    apply(&s, (as_event){.kind = AS_EVENT_GAP, .source = 0, .instrument = AS_INSTRUMENT_NONE});
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(STALE));
    apply(&s,
          (as_event){.kind = AS_EVENT_TRADE, .source = 1, .instrument = AST_NEAR, .trade = {.px = 50000, .qty = 1}});
    bid.order.ref = 3;
    bid.order.px = 49995;
    apply(&s, bid);
    quote(&s, AST_MKT, 100001); /* a whole quote repairs the factor: what is stale now is the book alone */
    assert_int_equal(condition(&s, AST_MKT) & AS_REASON_BIT(STALE), 0);
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(STALE));
    close_scene(&s);
}

static void a_resumption_waits_for_time_and_for_quotes(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    quote_both(&s);
    status(&s, AST_NEAR, AS_STATE_HALTED);
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(HALT));
    status(&s, AST_NEAR, AS_STATE_QUOTE_ONLY);
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(HALT));
    status(&s, AST_NEAR, AS_STATE_TRADING);
    for (unsigned i = 1; i < (unsigned)s.th->resume_quotes; i++)
        quote_both(&s);
    s.now += (uint64_t)(s.th->resume_wait_s * 1e9);
    quote(&s, AST_MKT, 100000);
    assert_true(condition(&s, AST_NEAR) & AS_REASON_BIT(HALT)); /* time has passed, a quote is missing */
    quote(&s, AST_NEAR, 50000);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    close_scene(&s);
}

static void the_first_status_of_a_name_without_a_price_resumes_nothing(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    status(&s, AST_NEAR, AS_STATE_HALTED);
    status(&s, AST_NEAR, AS_STATE_TRADING);
    quote_both(&s);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    close_scene(&s);
}

static void no_factor_or_one_without_a_price_is_said(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    quote(&s, AST_NEAR, 50000);
    quote(&s, AST_LONE, 50000);
    assert_int_equal(condition(&s, AST_NEAR), AS_REASON_BIT(NO_FACTOR));
    quote(&s, AST_MKT, 100000);
    assert_int_equal(condition(&s, AST_NEAR), 0);
    assert_int_equal(condition(&s, AST_LONE), AS_REASON_BIT(NO_FACTOR));
    close_scene(&s);
}

/* ---- sessions ---- */

/* Close the session that holds now with these moves of market, NEAR and the three FAR names; go to the next. */
static void close_session(scene *s, double market, const double *move)
{
    const as_session *session = session_of(s, s->now);
    s->now = session->close;
    for (uint32_t i = 0; i < AST_NAMES; i++) {
        double r = i == AST_MKT ? market : move ? move[i] : 0;
        if (isnan(r))
            continue; /* no price in this session */
        s->world.px[i] = (int64_t)((double)s->world.px[i] * (1 + r));
        apply(s, ast_bar(i, s->now, s->world.px[i], 86400));
    }
    as_market_roll(&s->market, s->th, 0, session);
    s->now++;
}

static void a_session_without_a_price_is_a_hole_and_the_next_return_spans_it(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    double move[AST_NAMES] = {0};
    for (unsigned i = 0; i < 10; i++) {
        move[AST_NEAR] = i % 2 ? 0.03 : -0.01;
        close_session(&s, i % 2 ? 0.02 : -0.01, move);
    }
    const as_daily *daily = &s.market.daily[AST_NEAR];
    uint32_t trained = daily->model.n;
    int64_t last = daily->session, close_px = daily->close_px;
    double beta = as_market_model_beta(&daily->model);
    move[AST_NEAR] = (double)NAN;
    close_session(&s, 0.01, move);
    assert_int_equal(daily->model.n, trained);
    assert_int_equal(daily->close_px, close_px);
    move[AST_NEAR] = 0.05;
    int64_t factor_before = daily->close_factor_px;
    close_session(&s, 0.01, move);
    assert_int_equal(daily->model.n, trained + 1);
    double residual[3];
    as_market_residuals(&s.market, AST_NEAR, last + 2, false, 3, residual);
    assert_true(!isnan(residual[0]));
    assert_true(isnan(residual[1]));
    double expected =
        as_log_ratio(daily->close_px, close_px) - beta * as_log_ratio(s.market.name[AST_MKT].mark.mid, factor_before);
    assert_true(fabs(residual[2] - expected) < 1e-15);
    close_scene(&s);
}

static void a_frozen_session_trains_no_model_but_moves_the_close(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    double move[AST_NAMES] = {0};
    for (unsigned i = 0; i < 10; i++) {
        move[AST_NEAR] = i % 2 ? 0.03 : -0.01;
        close_session(&s, i % 2 ? 0.02 : -0.01, move);
    }
    as_daily *daily = &s.market.daily[AST_NEAR];
    uint32_t trained = daily->model.n;
    daily->frozen_until = session_of(&s, s.now)->close;
    move[AST_NEAR] = -0.20;
    close_session(&s, 0.01, move);
    assert_int_equal(daily->model.n, trained);
    assert_int_equal(daily->close_px, s.world.px[AST_NEAR]);
    assert_int_equal(s.market.daily[AST_FAR1].model.n, trained + 1);
    close_session(&s, 0.01, move);
    assert_int_equal(daily->model.n, trained + 1); /* frozen for its session only */
    close_scene(&s);
}

static void residuals_older_than_the_ring_are_holes(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    double move[AST_NAMES] = {0};
    for (unsigned i = 0; i < AS_RESIDUAL_SESSIONS + 10; i++) {
        move[AST_NEAR] = i % 2 ? 0.03 : -0.01;
        close_session(&s, i % 3 ? 0.02 : -0.01, move);
    }
    double residual[AS_RESIDUAL_SESSIONS + 2];
    int64_t last = s.market.daily[AST_NEAR].session;
    as_market_residuals(&s.market, AST_NEAR, last, false, AS_RESIDUAL_SESSIONS + 2, residual);
    assert_true(isnan(residual[0]) && isnan(residual[1]));
    for (unsigned i = 2; i < AS_RESIDUAL_SESSIONS + 2; i++)
        assert_true(!isnan(residual[i]));
    as_market_residuals(&s.market, AST_NEAR, last + 1, false, 1, residual);
    assert_true(isnan(residual[0])); /* a session that has not been */
    close_scene(&s);
}

static void the_sector_beta_is_that_of_the_names_that_move_together(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    double move[AST_NAMES] = {0};
    assert_true(as_market_sector_beta(&s.market, AST_FAR1) == 0);
    for (unsigned i = 0; i < 100; i++) {
        double common = 0.02 * ast_uniform(&s.world);
        move[AST_FAR1] = move[AST_FAR2] = common;
        move[AST_FAR3] = 2 * common;
        close_session(&s, 0.01 * ast_uniform(&s.world), move);
    }
    /* FAR1 = c, its others' mean 1.5 c; FAR3 = 2 c, its others' mean c; NEAR is alone in its bucket */
    assert_true(fabs(as_market_sector_beta(&s.market, AST_FAR1) - 1 / 1.5) < 0.05);
    assert_true(fabs(as_market_sector_beta(&s.market, AST_FAR3) - 2) < 0.05);
    assert_true(as_market_sector_beta(&s.market, AST_NEAR) == 0);
    double plain[20], hedged[20], sum_plain = 0, sum_hedged = 0;
    int64_t last = s.market.daily[AST_FAR3].session;
    as_market_residuals(&s.market, AST_FAR3, last, false, 20, plain);
    as_market_residuals(&s.market, AST_FAR3, last, true, 20, hedged);
    for (unsigned i = 0; i < 20; i++) {
        sum_plain += plain[i] * plain[i];
        sum_hedged += hedged[i] * hedged[i];
    }
    assert_true(sum_hedged < 0.01 * sum_plain);
    close_scene(&s);
}

static void the_session_of_a_moment_is_the_calendars_also_backwards(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, 0);
    const as_session *now = session_of(&s, s.now);
    const as_session *next = session_of(&s, now->close + 1);
    assert_ptr_equal(as_market_session(&s.market, AST_NEAR, now->close), now);
    assert_ptr_equal(as_market_session(&s.market, AST_NEAR, now->close + 1), next);
    assert_ptr_equal(as_market_session(&s.market, AST_NEAR, now->open), now);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_begin_on_cache_lines),
        cmocka_unit_test(an_anchor_is_the_last_mid_that_is_not_after_the_moment),
        cmocka_unit_test(a_confirmed_mid_was_there_from_its_first_moment_and_known_at_its_latest),
        cmocka_unit_test(a_quiet_name_keeps_its_anchor_when_others_fill_the_history),
        cmocka_unit_test(a_quote_that_is_not_two_sided_and_open_is_no_price),
        cmocka_unit_test(a_quote_much_wider_than_usual_is_no_price_once_the_median_is_warm),
        cmocka_unit_test(events_of_no_instrument_are_counted_and_change_nothing),
        cmocka_unit_test(orders_make_quotes_and_a_broken_book_is_stale_until_it_is_cleared),
        cmocka_unit_test(a_quote_is_stale_after_its_seconds_and_so_is_a_stale_factor),
        cmocka_unit_test(a_bar_is_stale_after_two_sessions_not_after_seconds),
        cmocka_unit_test(a_gap_makes_its_own_source_stale_until_a_whole_quote),
        cmocka_unit_test(a_gap_in_a_book_is_not_repaired_by_another_sources_trade),
        cmocka_unit_test(a_resumption_waits_for_time_and_for_quotes),
        cmocka_unit_test(the_first_status_of_a_name_without_a_price_resumes_nothing),
        cmocka_unit_test(no_factor_or_one_without_a_price_is_said),
        cmocka_unit_test(a_session_without_a_price_is_a_hole_and_the_next_return_spans_it),
        cmocka_unit_test(a_frozen_session_trains_no_model_but_moves_the_close),
        cmocka_unit_test(residuals_older_than_the_ring_are_holes),
        cmocka_unit_test(the_sector_beta_is_that_of_the_names_that_move_together),
        cmocka_unit_test(the_session_of_a_moment_is_the_calendars_also_backwards),
        cmocka_unit_test(anchors_agree_with_a_list_of_all_mids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
