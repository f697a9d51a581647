#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "feeds/files/clean.h"
#include "tests/support/random.h"

/* 2025-05-23, a Friday: 13:30 to 20:00 UTC. */
#define OPEN (UINT64_C(1748007000) * AS_NS_PER_S)
#define CLOSE (OPEN + 390 * AS_NS_PER_MIN)

static as_calendar *calendar;

static const as_calendar *calendar_of(void *arg, uint32_t instrument)
{
    (void)arg;
    (void)instrument;
    return calendar;
}

static int make(void **state)
{
    (void)state;
    return as_calendar_new_shipped("XNYS", &calendar);
}

static int unmake(void **state)
{
    (void)state;
    as_calendar_free(calendar);
    return 0;
}

static as_event trade(uint64_t ts, uint32_t instrument, int64_t px, uint64_t qty)
{
    as_event ev = {.ts_event = ts, .ts_recv = ts, .kind = AS_EVENT_TRADE, .instrument = instrument};
    ev.trade.px = px;
    ev.trade.qty = qty;
    return ev;
}

static as_event quote(uint64_t ts, int64_t bid, int64_t ask)
{
    as_event ev = {.ts_event = ts, .ts_recv = ts, .kind = AS_EVENT_QUOTE};
    ev.quote.bid_px = bid;
    ev.quote.ask_px = ask;
    ev.quote.bid_qty = bid == AS_PX_UNDEFINED ? 0 : 1;
    ev.quote.ask_qty = ask == AS_PX_UNDEFINED ? 0 : 2;
    return ev;
}

/* Push all; what comes out into out. */
static unsigned run(as_cleaner *cleaner, const as_event *in, unsigned count, as_event *out)
{
    unsigned given = 0;
    for (unsigned i = 0; i <= count; i++) {
        if (i < count)
            as_cleaner_push(cleaner, &in[i]);
        else
            as_cleaner_end(cleaner);
        while (as_cleaner_pop(cleaner, &out[given]))
            given++;
    }
    return given;
}

static void the_session_includes_its_open_and_its_close(void **state)
{
    (void)state;
    as_cleaner *cleaner;
    as_event out[8];
    assert_int_equal(as_cleaner_new(&(as_clean_rules){.regular = true}, calendar_of, NULL, &cleaner), 0);
    as_event in[] = {trade(OPEN - 1, 0, 1, 1), trade(OPEN, 0, 2, 1), trade(CLOSE, 0, 3, 1), trade(CLOSE + 1, 0, 4, 1),
                     trade(OPEN + AS_NS_PER_DAY, 0, 5, 1)}; /* a Saturday */
    assert_int_equal(run(cleaner, in, 5, out), 2);
    assert_int_equal(out[0].trade.px, 2);
    assert_int_equal(out[1].trade.px, 3);
    assert_int_equal(as_cleaner_counters_get(cleaner)->out_of_session, 3);
    as_cleaner_free(cleaner);
}

static void quotes_are_dropped_by_the_rule_that_says_so_and_counted(void **state)
{
    (void)state;
    as_cleaner *cleaner;
    as_event out[8];
    as_clean_rules rules = {.crossed = true, .both_sides = true};
    assert_int_equal(as_cleaner_new(&rules, calendar_of, NULL, &cleaner), 0);
    as_event in[] = {quote(1, 10, 11), quote(2, 11, 11), quote(3, 12, 11), quote(4, AS_PX_UNDEFINED, 11),
                     quote(5, 10, AS_PX_UNDEFINED)};
    assert_int_equal(run(cleaner, in, 5, out), 1);
    assert_int_equal(as_cleaner_counters_get(cleaner)->crossed, 2);
    assert_int_equal(as_cleaner_counters_get(cleaner)->one_sided, 2);
    as_cleaner_free(cleaner);
}

static void a_spread_is_judged_by_the_session_so_far(void **state)
{
    (void)state;
    as_cleaner *cleaner;
    as_event out[AS_CLEAN_SPREADS_MIN + 8], in[AS_CLEAN_SPREADS_MIN + 4];
    assert_int_equal(as_cleaner_new(&(as_clean_rules){.max_spread = 10}, calendar_of, NULL, &cleaner), 0);
    for (unsigned i = 0; i < AS_CLEAN_SPREADS_MIN; i++)
        in[i] = quote(OPEN + i, 1000, 1010);
    in[AS_CLEAN_SPREADS_MIN] = quote(OPEN + 1000, 1000, 1100);                  /* ten medians: not more */
    in[AS_CLEAN_SPREADS_MIN + 1] = quote(OPEN + 1001, 1000, 1101);              /* more */
    in[AS_CLEAN_SPREADS_MIN + 2] = quote(OPEN + 4 * AS_NS_PER_DAY, 1000, 1101); /* another session knows no median */
    assert_int_equal(run(cleaner, in, AS_CLEAN_SPREADS_MIN + 3, out), AS_CLEAN_SPREADS_MIN + 2);
    assert_int_equal(as_cleaner_counters_get(cleaner)->wide, 1);
    as_cleaner_free(cleaner);
}

static void records_of_a_stamp_become_one_a_name_and_kind(void **state)
{
    (void)state;
    as_cleaner *cleaner;
    as_event out[8];
    assert_int_equal(as_cleaner_new(&(as_clean_rules){.merge = true}, calendar_of, NULL, &cleaner), 0);
    as_event status = {.ts_event = 5, .kind = AS_EVENT_STATUS};
    as_event in[] = {trade(5, 0, 10, 1), trade(5, 1, 7, 1),
                     trade(5, 0, 13, 2), status,
                     quote(5, 10, 12),   quote(5, 11, AS_PX_UNDEFINED),
                     trade(6, 0, 9, 1)};
    assert_int_equal(run(cleaner, in, 7, out), 5);
    assert_int_equal(out[0].trade.px, 11); /* 11.5 rounded down */
    assert_int_equal(out[0].trade.qty, 3);
    assert_int_equal(out[1].instrument, 1);
    assert_int_equal(out[2].kind, AS_EVENT_STATUS);
    assert_int_equal(out[3].quote.bid_px, 10);
    assert_int_equal(out[3].quote.bid_qty, 2);
    assert_int_equal(out[3].quote.ask_px, 12);
    assert_int_equal(out[3].quote.ask_qty, 2);
    assert_int_equal(out[4].ts_event, 6);
    assert_int_equal(as_cleaner_counters_get(cleaner)->merged, 2);
    as_cleaner_free(cleaner);
}

static void a_stamp_of_too_many_records_is_merged_in_parts_and_counted(void **state)
{
    (void)state;
    enum { RECORDS = AS_CLEAN_HELD_MAX + 5 };
    static as_event in[RECORDS], out[8];
    as_cleaner *cleaner;
    assert_int_equal(as_cleaner_new(&(as_clean_rules){.merge = true}, calendar_of, NULL, &cleaner), 0);
    for (unsigned i = 0; i < RECORDS; i++)
        in[i] = trade(7, 0, 10, 1);
    assert_int_equal(run(cleaner, in, RECORDS, out), 2);
    assert_int_equal(out[0].trade.qty, AS_CLEAN_HELD_MAX);
    assert_int_equal(out[1].trade.qty, 5);
    assert_int_equal(as_cleaner_counters_get(cleaner)->overfull, 1);
    as_cleaner_free(cleaner);
}

static void nothing_is_lost_and_the_order_stays_without_rules(void **state)
{
    (void)state;
    uint64_t seed = 20090301;
    print_message("seed %llu\n", (unsigned long long)seed);
    static as_event in[3000], out[3001];
    as_cleaner *cleaner;
    assert_false(as_clean_rules_any(&(as_clean_rules){0}));
    assert_int_equal(as_cleaner_new(&(as_clean_rules){0}, calendar_of, NULL, &cleaner), 0);
    uint64_t ts = OPEN;
    for (unsigned i = 0; i < 3000; i++) {
        ts += ast_random(&seed) % 2;
        in[i] =
            ast_random(&seed) % 2 ? trade(ts, (uint32_t)(ast_random(&seed) % 5), 1 + (int64_t)i, 1) : quote(ts, 2, 1);
    }
    assert_int_equal(run(cleaner, in, 3000, out), 3000);
    assert_memory_equal(in, out, sizeof in);
    as_cleaner_free(cleaner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_includes_its_open_and_its_close),
        cmocka_unit_test(quotes_are_dropped_by_the_rule_that_says_so_and_counted),
        cmocka_unit_test(a_spread_is_judged_by_the_session_so_far),
        cmocka_unit_test(records_of_a_stamp_become_one_a_name_and_kind),
        cmocka_unit_test(a_stamp_of_too_many_records_is_merged_in_parts_and_counted),
        cmocka_unit_test(nothing_is_lost_and_the_order_stays_without_rules),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
