#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/outside.h"
#include "core/stats/ou.h"
#include "tests/support/outside_world.h"

enum { WARM = 75 };

static bool of(const as_decision *d, const char *strategy, as_action action, uint32_t instrument)
{
    return d->type == AS_DECISION_SIG && strcmp(d->strategy, strategy) == 0 && d->action == action &&
           d->instrument == instrument;
}

/* The latest decision of a strategy on a name; NULL if there is none. */
static const as_decision *find(const ast_outside *o, const char *strategy, as_action action, uint32_t instrument)
{
    for (unsigned i = o->world.last_count; i-- > 0;)
        if (of(&o->world.last[i], strategy, action, instrument))
            return &o->world.last[i];
    return NULL;
}

/* Sessions until the signal of LAG opens, anew. */
static void wait_open(ast_outside *o, as_decision *open)
{
    const as_decision *before = find(o, "residual_reversion", AS_ACTION_OPEN, AST_LAG);
    uint64_t last = before ? before->ts_recv : 0;
    for (unsigned day = 0; day < 250; day++) {
        ast_outside_day(o);
        const as_decision *found = find(o, "residual_reversion", AS_ACTION_OPEN, AST_LAG);
        if (found && found->ts_recv > last) {
            *open = *found;
            return;
        }
    }
    fail_msg("nothing opened");
}

static bool ended(const ast_outside *o, const as_decision *open, as_action action, uint64_t reason)
{
    const as_decision *end = find(o, open->strategy, action, open->instrument);
    return end && memcmp(end->id, open->id, sizeof open->id) == 0 && end->side == open->side && end->reasons & reason;
}

static bool over(const ast_outside *o, const as_decision *open)
{
    return ended(o, open, AS_ACTION_CLOSE, ~UINT64_C(0)) || ended(o, open, AS_ACTION_EXPIRE, ~UINT64_C(0));
}

static void a_planted_residual_opens_at_the_close_that_is_known(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    wait_open(&o, &open);
    assert_int_equal(open.side, o.x < 0 ? 1 : -1);
    assert_int_equal(open.kind, AS_SIGNAL_MEAN_REVERSION);
    assert_true(-open.side * open.s > 1.25 && isnan(open.p) && isnan(open.z) && isnan(open.m));
    const as_session *session = as_calendar_session(o.world.universe.calendar[0], o.session->prev_close);
    assert_int_equal(open.ts_recv, session->close);
    const as_mark *mark = &o.world.engine->market.name[AST_LAG].mark;
    assert_int_equal(open.px, mark->mid); /* the close of that very session */
    assert_int_equal(mark->ts, session->close);
    assert_true(open.rev_bps > 50 && open.cost_bps == 7);
    assert_int_equal(open.target > open.px, open.side > 0);
    assert_int_equal(open.stop<open.px, open.side> 0);
    assert_string_equal(open.fact, "");
    assert_int_equal(open.status, AS_FACT_NONE);
    assert_int_equal(open.headline_count, 0);
    assert_int_equal(open.generation, 0);
    ast_outside_end(&o);
}

/* Of the planted level itself: the signal's side against what it did until the signal's end. */
static void a_planted_residual_earns_and_mostly_reaches_its_target(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open;
    unsigned trades = 0, targets = 0, stops = 0;
    double earned = 0;
    ast_outside_start(&o, true);
    for (ast_outside_days(&o, WARM); trades < 60; trades++) {
        wait_open(&o, &open);
        double x = o.x;
        while (!over(&o, &open))
            ast_outside_day(&o);
        earned += open.side * (o.x - x);
        targets += ended(&o, &open, AS_ACTION_CLOSE, AS_REASON_BIT(TARGET));
        stops += ended(&o, &open, AS_ACTION_CLOSE, AS_REASON_BIT(STOP));
    }
    printf("%u trades, %u at the target, %u stopped, %.0f bps each\n", trades, targets, stops, 1e4 * earned / trades);
    assert_true(targets >= 30 && stops >= 5 && stops <= 20);
    assert_true(earned / trades > 0.003);
    assert_int_equal(o.world.engine->counters.shocks, 0);
    ast_outside_end(&o);
}

/* Avellaneda and Lee's fit, made anew from the market's residuals. */
static void the_score_is_of_the_sixty_sessions_that_end_with_this_close(void **state)
{
    (void)state;
    enum { WINDOW = 60 };
    ast_outside o;
    as_decision open;
    double own[WINDOW], one[WINDOW], others[WINDOW] = {0};
    as_ou_pair fit;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    wait_open(&o, &open);
    int64_t session = as_calendar_session(o.world.universe.calendar[0], open.ts_recv)->index;
    as_market_residuals(&o.world.engine->market, AST_LAG, session, false, WINDOW, own);
    for (uint32_t i = AST_N1; i <= AST_N3; i++) {
        as_market_residuals(&o.world.engine->market, i, session, false, WINDOW, one);
        for (unsigned t = 0; t < WINDOW; t++)
            others[t] += one[t] / 3;
    }
    assert_int_equal(as_ou_fit_pair(own, others, WINDOW, 1 / 252.0, &fit), AS_OU_OK);
    assert_true(fabs(open.s - fit.score) < 1e-9);
    double sessions = open.horizon_ns ? ceil(2 * log(2) / fit.ou.k * 252) : 0;
    assert_true(fabs(open.rev_bps - open.side * 1e4 * fit.ou.m * (1 - exp(-fit.ou.k * sessions / 252))) < 1e-6);
    assert_true(fabs((double)open.half_life_ns / (log(2) / fit.ou.k * 252 * 86400e9) - 1) < 1e-9);
    ast_outside_end(&o);
}

static void the_line_has_no_fact(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open;
    char line[AS_LINE_BYTES_OUT];
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    wait_open(&o, &open);
    assert_true(as_codec_line(&open, line, sizeof line) > 0);
    assert_non_null(strstr(line, "\"fact\":null,\"status\":null,\"headlines\":[]"));
    assert_non_null(strstr(line, "\"event\":null,\"m\":null,\"g\":null,\"generation\":0}"));
    ast_outside_end(&o);
}

/* What comes later changes nothing of what was said before. */
static void a_cut_never_changes_an_earlier_decision(void **state)
{
    (void)state;
    ast_outside whole, cut;
    ast_outside_start(&whole, true);
    ast_outside_days(&whole, 400);
    assert_true(whole.world.decisions > 50);
    for (unsigned days = 60; days < 400; days += 53) {
        ast_outside_start(&cut, true);
        ast_outside_days(&cut, days);
        assert_true(cut.world.used < whole.world.used);
        assert_memory_equal(cut.world.lines, whole.world.lines, cut.world.used);
        ast_outside_end(&cut);
    }
    ast_outside_start(&cut, true);
    ast_outside_days(&cut, 400);
    assert_int_equal(cut.world.used, whole.world.used); /* and again the same bytes */
    assert_memory_equal(cut.world.lines, whole.world.lines, cut.world.used);
    ast_outside_end(&cut);
    ast_outside_end(&whole);
}

static unsigned open_signals(const ast_outside *o)
{
    const as_engine_counters *c = &o->world.engine->counters;
    return (unsigned)(c->opened[AS_SIGNAL_MEAN_REVERSION] - c->closed[AS_SIGNAL_MEAN_REVERSION] -
                      c->expired[AS_SIGNAL_MEAN_REVERSION]);
}

static void every_open_ends_though_no_price_comes_any_more(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    wait_open(&o, &open);
    assert_true(open_signals(&o) > 0);
    as_merge_advance(&o.world.merge, open.valid_until - 1);
    assert_true(open_signals(&o) > 0);
    as_merge_advance(&o.world.merge, o.session->close + 90 * 86400 * AS_NS_PER_S);
    assert_int_equal(open_signals(&o), 0);
    assert_true(ended(&o, &open, AS_ACTION_EXPIRE, AS_REASON_BIT(TIME_STOP)));
    assert_int_equal(find(&o, "residual_reversion", AS_ACTION_EXPIRE, AST_LAG)->ts_recv, open.valid_until);
    ast_outside_end(&o);
}

static as_headline news(const ast_outside *o, uint32_t issuer, uint64_t ts)
{
    (void)o;
    return ast_headline(issuer == AST_ISS ? "of-the-issuer" : "about-itself", "Wire", issuer, ts);
}

static void a_shock_that_reaches_the_name_closes_it_and_keeps_it_shut(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    wait_open(&o, &open);
    as_headline rumour = news(&o, AST_ISS, open.ts_recv + AS_NS_PER_HOUR);
    ast_say(&o.world, &rumour);
    assert_true(ended(&o, &open, AS_ACTION_CLOSE, AS_REASON_BIT(EVENT)));
    assert_int_equal(find(&o, "residual_reversion", AS_ACTION_CLOSE, AST_LAG)->ts_recv, rumour.ts_recv);
    uint64_t opened = o.world.engine->counters.opened[AS_SIGNAL_MEAN_REVERSION];
    for (unsigned day = 0; day < 40; day++) {
        as_headline more = ast_headline("more", "Wire", AST_ISS, o.session->close - AS_NS_PER_HOUR);
        more.id[0] = (char)('a' + day % 20);
        ast_say(&o.world, &more); /* the fact stays alive */
        ast_outside_day(&o);
    }
    assert_true(find(&o, "residual_reversion", AS_ACTION_OPEN, AST_LAG)->ts_recv == open.ts_recv);
    assert_int_equal(o.world.engine->counters.opened[AS_SIGNAL_MEAN_REVERSION], opened);
    assert_true(o.world.engine->counters.veto[AS_SIGNAL_MEAN_REVERSION][AS_REASON_EVENT] > 0);
    ast_outside_end(&o);
}

static void news_of_its_own_closes_it(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    wait_open(&o, &open);
    as_headline item = news(&o, AST_LAG, open.ts_recv + AS_NS_PER_HOUR);
    ast_say(&o.world, &item);
    assert_true(ended(&o, &open, AS_ACTION_CLOSE, AS_REASON_BIT(OWN_NEWS)));
    ast_outside_end(&o);
}

/* The spread jumps, and both legs open at that close. */
static void part(ast_outside *o, as_decision leg[2])
{
    o->spread += 0.03;
    ast_outside_day(o);
    for (unsigned k = 0; k < 2; k++) {
        const as_decision *found = find(o, "pairs", AS_ACTION_OPEN, k == 0 ? AST_UP : AST_DOWN);
        assert_non_null(found);
        leg[k] = *found;
    }
}

static void a_pair_opens_and_closes_with_both_legs(void **state)
{
    (void)state;
    ast_outside o;
    as_decision leg[2];
    char line[AS_LINE_BYTES_OUT];
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    part(&o, leg);
    assert_int_equal(leg[0].side, -1);
    assert_int_equal(leg[1].side, 1);
    assert_true(leg[0].z > 2 && leg[0].z == leg[1].z && leg[0].rev_bps == leg[1].rev_bps);
    assert_memory_not_equal(leg[0].id, leg[1].id, sizeof leg[0].id);
    assert_string_equal(leg[0].partner, "DOWN");
    assert_string_equal(leg[1].partner, "UP");
    assert_true(leg[0].hedge > 0.9 && leg[0].hedge < 1.1 && fabs(leg[0].hedge * leg[1].hedge - 1) < 1e-12);
    assert_true(as_codec_line(&leg[0], line, sizeof line) > 0);
    assert_non_null(strstr(line, "\"generation\":0,\"partner\":\"DOWN\",\"hedge\":"));
    for (unsigned day = 0; day < 12 && !find(&o, "pairs", AS_ACTION_CLOSE, AST_UP); day++)
        ast_outside_day(&o);
    assert_true(ended(&o, &leg[0], AS_ACTION_CLOSE, AS_REASON_BIT(TARGET)));
    assert_true(ended(&o, &leg[1], AS_ACTION_CLOSE, AS_REASON_BIT(TARGET)));
    ast_outside_end(&o);
}

static void news_of_one_leg_closes_both(void **state)
{
    (void)state;
    ast_outside o;
    as_decision leg[2];
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    part(&o, leg);
    as_headline item = news(&o, AST_DOWN, leg[0].ts_recv + AS_NS_PER_HOUR);
    ast_say(&o.world, &item);
    assert_true(ended(&o, &leg[0], AS_ACTION_CLOSE, AS_REASON_BIT(OWN_NEWS)));
    assert_true(ended(&o, &leg[1], AS_ACTION_CLOSE, AS_REASON_BIT(OWN_NEWS)));
    ast_outside_end(&o);
}

static void news_of_one_leg_opens_neither(void **state)
{
    (void)state;
    ast_outside o;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    as_headline item = news(&o, AST_DOWN, o.session->open);
    ast_say(&o.world, &item);
    o.spread += 0.03;
    ast_outside_day(&o);
    for (uint32_t name = AST_UP; name <= AST_DOWN; name++) {
        assert_null(find(&o, "pairs", AS_ACTION_OPEN, name));
        const as_decision *missed = find(&o, "pairs", AS_ACTION_UPDATE, name);
        assert_true(missed && missed->reasons & AS_REASON_BIT(OWN_NEWS) && missed->reasons & AS_REASON_BIT(EVENT));
    }
    ast_outside_end(&o);
}

static void reload(ast_outside *o, as_playbook **kept, const char *more, uint32_t generation)
{
    as_event event = {.kind = AS_EVENT_RELOAD,
                      .ts_recv = o->world.engine->now + 1,
                      .ts_event = o->world.engine->now + 1,
                      .instrument = AS_INSTRUMENT_NONE};
    *kept = ast_outside_playbook(o, more, generation);
    as_merge_event(&o->world.merge, &event, NULL, *kept);
}

static void a_reload_keeps_its_pairs_and_closes_the_others(void **state)
{
    (void)state;
    ast_outside o;
    as_decision leg[2];
    as_playbook *more, *none, *again;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    part(&o, leg);
    reload(&o, &more, "pairs: [[N1, N2], [UP, DOWN]]", 1);
    assert_null(find(&o, "pairs", AS_ACTION_CLOSE, AST_UP));
    reload(&o, &none, "pairs: [[N1, N2]]", 2);
    assert_true(ended(&o, &leg[0], AS_ACTION_CLOSE, AS_REASON_BIT(NO_CHANNEL)));
    assert_true(ended(&o, &leg[1], AS_ACTION_CLOSE, AS_REASON_BIT(NO_CHANNEL)));
    reload(&o, &again, "pairs: [[DOWN, UP]]", 3); /* begins anew: no signal before its sixty sessions */
    ast_outside_days(&o, 5);
    assert_true(find(&o, "pairs", AS_ACTION_OPEN, AST_UP)->ts_recv == leg[0].ts_recv);
    ast_outside_days(&o, 60);
    part(&o, leg);
    assert_int_equal(leg[0].side, -1);
    o.world.engine->playbook = o.world.playbook;
    as_playbook_free(more);
    as_playbook_free(none);
    as_playbook_free(again);
    ast_outside_end(&o);
}

static void history_teaches_and_says_nothing(void **state)
{
    (void)state;
    ast_outside o;
    as_decision open, leg[2];
    ast_outside_start(&o, true);
    o.world.engine->history = true;
    ast_outside_days(&o, 300);
    assert_int_equal(o.world.decisions, 0);
    o.world.engine->history = false;
    ast_outside_days(&o, 2);
    part(&o, leg);
    wait_open(&o, &open);
    assert_true(open.ts_recv < leg[0].ts_recv + 100 * 86400 * AS_NS_PER_S);
    ast_outside_end(&o);
}

static void without_such_a_strategy_there_is_nothing(void **state)
{
    (void)state;
    ast_outside o;
    ast_outside_start(&o, false);
    assert_null(o.world.engine->outside);
    ast_outside_days(&o, 200);
    as_headline rumour = news(&o, AST_ISS, o.world.engine->now + AS_NS_PER_HOUR);
    ast_say(&o.world, &rumour);
    assert_int_equal(o.world.engine->counters.opened[AS_SIGNAL_MEAN_REVERSION], 0);
    ast_outside_end(&o);
}

static void a_full_heap_opens_no_leg(void **state)
{
    (void)state;
    ast_outside o;
    ast_outside_start(&o, true);
    ast_outside_days(&o, WARM);
    as_timers *timers = &o.world.engine->timers;
    while (timers->count + 1 < timers->count_max) /* the session's own timer leaves one place at its close */
        as_timers_add(timers, (as_timer){.deadline = UINT64_MAX - 1, .kind = AS_TIMER_FACT_EXPIRY});
    uint64_t refused = timers->refused;
    o.spread += 0.03;
    ast_outside_day(&o);
    const as_decision *up = find(&o, "pairs", AS_ACTION_OPEN, AST_UP);
    const as_decision *down = find(&o, "pairs", AS_ACTION_OPEN, AST_DOWN);
    assert_true((up == NULL) == (down == NULL));
    assert_true(up == NULL ? timers->refused > refused : true);
    ast_outside_end(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planted_residual_opens_at_the_close_that_is_known),
        cmocka_unit_test(a_planted_residual_earns_and_mostly_reaches_its_target),
        cmocka_unit_test(the_score_is_of_the_sixty_sessions_that_end_with_this_close),
        cmocka_unit_test(the_line_has_no_fact),
        cmocka_unit_test(a_cut_never_changes_an_earlier_decision),
        cmocka_unit_test(every_open_ends_though_no_price_comes_any_more),
        cmocka_unit_test(a_shock_that_reaches_the_name_closes_it_and_keeps_it_shut),
        cmocka_unit_test(news_of_its_own_closes_it),
        cmocka_unit_test(a_pair_opens_and_closes_with_both_legs),
        cmocka_unit_test(news_of_one_leg_closes_both),
        cmocka_unit_test(news_of_one_leg_opens_neither),
        cmocka_unit_test(a_reload_keeps_its_pairs_and_closes_the_others),
        cmocka_unit_test(history_teaches_and_says_nothing),
        cmocka_unit_test(without_such_a_strategy_there_is_nothing),
        cmocka_unit_test(a_full_heap_opens_no_leg),
    };
    return cmocka_run_group_tests_name("outside", tests, NULL, NULL);
}
