#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "feeds/files/nbbo.h"
#include "tests/support/random.h"

static as_event quote(uint32_t instrument, int64_t bid, uint64_t bid_qty, int64_t ask, uint64_t ask_qty)
{
    as_event ev = {.kind = AS_EVENT_QUOTE, .instrument = instrument};
    ev.quote.bid_px = bid;
    ev.quote.bid_qty = bid_qty;
    ev.quote.ask_px = ask;
    ev.quote.ask_qty = ask_qty;
    return ev;
}

static void an_exchange_replaces_its_own_quote_only(void **state)
{
    (void)state;
    as_nbbo *nbbo;
    assert_int_equal(as_nbbo_new(&nbbo), 0);
    as_event ev = quote(3, 100, 1, 110, 1);
    assert_true(as_nbbo_update(nbbo, 'P', false, &ev));
    ev = quote(3, 102, 2, 112, 2);
    assert_true(as_nbbo_update(nbbo, 'Q', false, &ev));
    assert_int_equal(ev.quote.bid_px, 102);
    assert_int_equal(ev.quote.ask_px, 110);
    ev = quote(3, AS_PX_UNDEFINED, 0, AS_PX_UNDEFINED, 0); /* Q has gone */
    assert_true(as_nbbo_update(nbbo, 'Q', false, &ev));
    assert_int_equal(ev.quote.bid_px, 100);
    ev = quote(4, 5, 1, 6, 1); /* another name knows nothing of it */
    assert_true(as_nbbo_update(nbbo, 'Q', false, &ev));
    assert_int_equal(ev.quote.bid_px, 5);
    as_nbbo_free(nbbo);
}

static void an_exchange_that_is_silent_for_long_takes_no_part(void **state)
{
    (void)state;
    as_nbbo *nbbo;
    assert_int_equal(as_nbbo_new(&nbbo), 0);
    as_event ev = quote(0, 105, 1, 110, 1);
    ev.ts_event = AS_NS_PER_S;
    assert_true(as_nbbo_update(nbbo, 'P', false, &ev));
    ev = quote(0, 100, 1, 103, 1);
    ev.ts_event = (1 + AS_NBBO_AGE_S) * AS_NS_PER_S;
    assert_true(as_nbbo_update(nbbo, 'Q', false, &ev));
    assert_int_equal(ev.quote.bid_px, 105); /* as old as may be */
    ev = quote(0, 100, 1, 103, 1);
    ev.ts_event = (1 + AS_NBBO_AGE_S) * AS_NS_PER_S + 1;
    assert_true(as_nbbo_update(nbbo, 'Q', false, &ev));
    assert_int_equal(ev.quote.bid_px, 100);
    as_nbbo_free(nbbo);
}

static void venues_beyond_the_limit_are_dropped_and_counted(void **state)
{
    (void)state;
    as_nbbo *nbbo;
    assert_int_equal(as_nbbo_new(&nbbo), 0);
    for (uint64_t venue = 1; venue <= AS_NBBO_VENUES_MAX; venue++) {
        as_event ev = quote(0, 1, 1, 2, 1);
        assert_true(as_nbbo_update(nbbo, venue, false, &ev));
    }
    as_event ev = quote(0, 9, 1, 10, 1);
    assert_false(as_nbbo_update(nbbo, 999, false, &ev));
    ev = quote(AS_INSTRUMENT_NONE, 9, 1, 10, 1);
    assert_false(as_nbbo_update(nbbo, 1, false, &ev));
    assert_int_equal(as_nbbo_dropped(nbbo), 2);
    as_nbbo_free(nbbo);
}

/* Against the definition: the best price of all that were given last, and the sum of its sizes. */
static void random_quotes_agree_with_a_plain_search(void **state)
{
    (void)state;
    enum { VENUES = 7, STEPS = 20000 };
    uint64_t seed = 20131009;
    print_message("seed %llu\n", (unsigned long long)seed);
    int64_t bid[VENUES], ask[VENUES];
    uint64_t bid_qty[VENUES], ask_qty[VENUES];
    for (unsigned v = 0; v < VENUES; v++) {
        bid[v] = ask[v] = AS_PX_UNDEFINED;
        bid_qty[v] = ask_qty[v] = 0;
    }
    as_nbbo *nbbo;
    assert_int_equal(as_nbbo_new(&nbbo), 0);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned v = (unsigned)(ast_random(&seed) % VENUES);
        bool one_side = ast_random(&seed) % 2;
        int64_t b = ast_random(&seed) % 4 ? 100 + (int64_t)(ast_random(&seed) % 5) : AS_PX_UNDEFINED;
        int64_t a = ast_random(&seed) % 4 ? 103 + (int64_t)(ast_random(&seed) % 5) : AS_PX_UNDEFINED;
        as_event ev = quote(1, b, 1 + v, a, 2 + v);
        if (!one_side || b != AS_PX_UNDEFINED) {
            bid[v] = b;
            bid_qty[v] = b == AS_PX_UNDEFINED ? 0 : 1 + v;
        }
        if (!one_side || a != AS_PX_UNDEFINED) {
            ask[v] = a;
            ask_qty[v] = a == AS_PX_UNDEFINED ? 0 : 2 + v;
        }
        assert_true(as_nbbo_update(nbbo, v + 1, one_side, &ev));
        int64_t best_bid = INT64_MIN, best_ask = INT64_MAX;
        uint64_t bid_sum = 0, ask_sum = 0;
        for (unsigned i = 0; i < VENUES; i++) {
            if (bid[i] != AS_PX_UNDEFINED && bid[i] > best_bid)
                best_bid = bid[i];
            if (ask[i] < best_ask)
                best_ask = ask[i];
        }
        for (unsigned i = 0; i < VENUES; i++) {
            bid_sum += bid[i] == best_bid ? bid_qty[i] : 0;
            ask_sum += ask[i] == best_ask ? ask_qty[i] : 0;
        }
        assert_true(ev.quote.bid_px == (best_bid == INT64_MIN ? AS_PX_UNDEFINED : best_bid));
        assert_true(ev.quote.ask_px == best_ask); /* AS_PX_UNDEFINED is the greatest */
        assert_int_equal(ev.quote.bid_qty, bid_sum);
        assert_int_equal(ev.quote.ask_qty, ask_sum);
    }
    as_nbbo_free(nbbo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exchange_replaces_its_own_quote_only),
        cmocka_unit_test(an_exchange_that_is_silent_for_long_takes_no_part),
        cmocka_unit_test(venues_beyond_the_limit_are_dropped_and_counted),
        cmocka_unit_test(random_quotes_agree_with_a_plain_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
