#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apps/score/group.h"

static void close_to(double got, double want)
{
    if (!(fabs(got - want) < 1e-9))
        fail_msg("%.12g, expected %.12g", got, want);
}

typedef struct row {
    uint64_t event;
    int side;
    double strength, p, net, forward;
} row;

/* Two events of three names: in the first the strongest came back most (IC 1), in the second least (IC -1). */
static const row rows[] = {
    {1, 1, 2, 0.6, 10, 40},   {1, 1, 3, 0.7, 20, 50},   {1, -1, 4, 0.8, 30, -60},
    {2, 1, 2, 0.6, -10, -20}, {2, 1, 3, 0.7, -20, -30}, {2, 1, 4, 0.8, 60, -40},
};

static as_score_book book_of(void)
{
    as_score_book book = {0};
    as_score_book_run(&book);
    for (unsigned i = 0; i < 6; i++) {
        as_score_signal *s = as_score_book_signal(&book);
        *s = (as_score_signal){
            .cluster = rows[i].event,
            .kind = AS_SIGNAL_OVERREACTION,
            .action = AS_ACTION_CLOSE,
            .outcome = AS_SCORE_SCORED,
            .side = (int8_t)rows[i].side,
            .strength = rows[i].strength,
            .p = rows[i].p,
            .forward_bps = rows[i].forward,
            .opened_at = 0,
            .closed_at = 2 * AS_NS_PER_DAY,
        };
        s->horizon.net_bps = rows[i].net;
        s->closed.net_bps = -rows[i].net;
        (void)strcpy(s->strategy, "overreaction");
        (void)strcpy(s->family, rows[i].event == 1 ? "capex_cut" : "tariff");
        for (unsigned d = 0; d < AS_SCORE_DELAYS; d++)
            s->delay_net_bps[d] = d == 5 && i ? (double)NAN : rows[i].net - d;
    }
    static const uint8_t others[] = {AS_SCORE_UNFINISHED, AS_SCORE_NO_HEDGE};
    for (unsigned i = 0; i < 2; i++) {
        as_score_signal *s = as_score_book_signal(&book);
        s->outcome = others[i];
        s->horizon.net_bps = 1e6; /* must not be seen */
        s->p = 0.99;
        (void)strcpy(s->strategy, "overreaction");
    }
    return book;
}

static void a_group_by_hand(void **state)
{
    (void)state;
    as_score_book book = book_of();
    as_score_group g = as_score_group_of(&book, &(as_score_filter){.kind = AS_SIGNAL_OVERREACTION});
    assert_int_equal(g.signals, 8);
    assert_int_equal(g.scored, 6);
    assert_int_equal(g.unfinished, 1);
    assert_int_equal(g.no_hedge, 1);
    assert_int_equal(g.closed, 6);
    assert_int_equal(g.open, 2);
    assert_int_equal(g.hits, 4);
    assert_int_equal(g.own_hits, 2);
    assert_int_equal(g.events, 2);
    close_to(g.hit_naive.low, as_score_wilson(4, 6).low);
    /* 3 of 3 and 1 of 3: residuals 1 and -1, a variance of 4 where independent names have 4/3: two trials, not six */
    as_score_tally two = {.x = 4.0 / 3, .n = 2, .xx = 8.0 / 9, .xn = 4.0 / 3, .nn = 2, .clusters = 1 << 20};
    close_to(g.hit.low, as_score_tally_share(&two).low);
    assert_true(g.hit.low < g.hit_naive.low && g.hit.high > g.hit_naive.high);
    close_to(g.own_net.mean, -15);
    close_to(g.net.mean, 15);
    close_to(g.held_days, 2);
    /* residuals of event 1: -5 + 5 + 15, of event 2: -25 - 35 + 45: se^2 = 2 (15^2 + 15^2) / 36 */
    close_to(g.net.t, 15 / sqrt(2 * (225.0 + 225) / 36));
    assert_int_equal(g.ic.count, 2);
    /* event 1: strength x side 2 3 -4 against 40 50 -60: 1; event 2: 2 3 4 against -20 -30 -40: -1 */
    close_to(g.ic.mean, 0);
    assert_int_equal(g.delay_net[5].count, 1);
    close_to(g.delay_net[1].mean, 14);
    as_score_book_fini(&book);
}

/* p 0.6 0.7 0.8, twice; hits 1 0, 1 0, 1 1. Brier by hand; equal-count bins keep equal forecasts together. */
static void probabilities_by_hand(void **state)
{
    (void)state;
    as_score_book book = book_of();
    as_score_group g = as_score_group_of(&book, &(as_score_filter){.kind = -1});
    assert_int_equal(g.probability.count, 6);
    close_to(g.probability.score.brier, (0.16 + 0.36 + 0.09 + 0.49 + 0.04 + 0.04) / 6);
    close_to(g.probability.ece_equal_count, (0.1 + 0.2 + 0.2) / 3);
    /* one number for all, 0.7, against 4 of 6 */
    close_to(g.probability.constant_p, 0.7);
    close_to(g.probability.constant_ece, 0.7 - 4.0 / 6);
    close_to(g.probability.constant_brier, (4 * 0.09 + 2 * 0.49) / 6);
    assert_int_equal(g.probability.equal_count.events[2], 2);
    close_to(g.probability.equal_count.naive[2].low, as_score_wilson(2, 2).low);
    assert_int_equal(g.probability.equal_count.count, 3);
    assert_int_equal(g.probability.equal_count.bin[2].count, 2);
    close_to(g.probability.equal_count.bin[2].observed, 1);
    close_to(g.probability.equal_count.interval[2].high, 1);
    as_score_book_fini(&book);
}

static void filters_by_family_and_kind(void **state)
{
    (void)state;
    as_score_book book = book_of();
    as_score_group g = as_score_group_of(&book, &(as_score_filter){.kind = -1, .family = "tariff"});
    assert_int_equal(g.signals, 3);
    assert_int_equal(g.hits, 1);
    g = as_score_group_of(&book, &(as_score_filter){.kind = AS_SIGNAL_MEAN_REVERSION});
    assert_int_equal(g.signals, 0);
    assert_true(isnan(g.net.mean));
    assert_true(isnan(g.probability.score.brier));
    book.signal[0].status = AS_FACT_CONFIRMED;
    g = as_score_group_of(&book, &(as_score_filter){.kind = -1, .status = AS_STATUS_CONFIRMED});
    assert_int_equal(g.signals, 1);
    g = as_score_group_of(&book, &(as_score_filter){.kind = -1, .status = AS_STATUS_OPEN});
    assert_int_equal(g.signals, 7);
    g = as_score_group_of(&book, &(as_score_filter){.kind = -1, .strategy = "other"});
    assert_int_equal(g.signals, 0);
    as_score_book_fini(&book);
}

static void the_path_by_hand(void **state)
{
    (void)state;
    as_score_book book = {0};
    static const double net[] = {10, -30, 50, 10};
    for (unsigned i = 0; i < 4; i++) {
        as_score_day *day = as_score_book_day(&book);
        day->net_bps[AS_SIGNAL_OVERREACTION] = net[i];
        day->net_bps[AS_SIGNAL_MEAN_REVERSION] = 1;
        day->turnover[AS_SIGNAL_OVERREACTION] = 2;
    }
    as_score_path path = as_score_path_of(&book, AS_SIGNAL_OVERREACTION, 1, (double)NAN);
    close_to(path.net_bps, 40);
    close_to(path.drawdown_bps, 30);
    close_to(path.turnover, 2);
    close_to(path.sharpe.ratio, 10 / sqrt(3200.0 / 3)); /* deviations 0, -40, 40, 0 */
    close_to(path.dsr, path.psr);
    close_to(as_score_path_of(&book, -1, 1, (double)NAN).net_bps, 44);
    as_score_path tried = as_score_path_of(&book, AS_SIGNAL_OVERREACTION, 20, (double)NAN);
    assert_true(tried.dsr < path.psr);
    close_to(tried.dsr_benchmark, sqrt(1.0 / 3) * as_sharpe_expected_max(20));
    as_score_book_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_by_hand),
        cmocka_unit_test(probabilities_by_hand),
        cmocka_unit_test(filters_by_family_and_kind),
        cmocka_unit_test(the_path_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
