#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "feeds/live/feed_wire.h"
#include "tests/support/feed_fixture.h"

/* Midnight of 2026-07-01 in New York is 04:00 UTC: 1782878400 s. */
#define MIDNIGHT_NS (UINT64_C(1782878400) * AS_NS_PER_S)

static ast_feed f;
static as_feed_wire wire;

static void begin(void)
{
    ast_feed_init(&f, 64, 4);
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50), 0);
}

static void say(const as_itch50 *message, uint64_t ts)
{
    uint8_t bytes[AS_ITCH50_BYTES_MAX];
    as_feed_wire_message(f.feed, &wire, bytes, as_itch50_encode(message, bytes, sizeof bytes), ts);
}

static void end(void)
{
    as_feed_wire_close(&wire);
    ast_feed_fini(&f);
}

static void a_message_becomes_an_event_of_the_sessions_day_with_the_flags_of_the_moment(void **state)
{
    (void)state;
    begin();
    assert_int_equal(as_feed_wire_open(f.feed, &f.options, &wire), 0);
    as_itch50 directory = ast_directory(7, "AMD"), add = ast_add(7, 5, 'B', 100, 10000);
    say(&directory, 1000);
    wire.flags = AS_EVENT_MORE;
    say(&add, 1000);
    wire.flags = 0;
    say(&add, 2000);
    as_outlet_end(&f.feed->outlet);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_STATUS);
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.flags, AS_EVENT_MORE | AS_EVENT_LAST);
    assert_int_equal(event.instrument, 1);
    assert_int_equal(event.ts_event, MIDNIGHT_NS + AST_TS_NS);
    assert_int_equal(event.ts_recv, 1000);
    assert_int_equal(ast_feed_event(&f).flags, AS_EVENT_LAST);
    assert_int_equal(ast_feed_stats(&f).messages, 3);
    end();
}

static void a_gap_breaks_the_session_and_the_next_one_begins_with_empty_books(void **state)
{
    (void)state;
    begin();
    assert_int_equal(as_feed_wire_open(f.feed, &f.options, &wire), 0);
    as_itch50 directory = ast_directory(7, "META"), unknown = ast_directory(8, "ELSE"), add = ast_add(7, 5, 'B', 1, 1),
              other = ast_add(8, 6, 'B', 1, 1);
    say(&directory, 1000);
    say(&unknown, 1000);
    say(&other, 1000);
    as_feed_wire_gap(f.feed, &wire, 3, 9, 1001);
    assert_true(wire.broken);
    as_feed_wire_restart(f.feed, &wire, 1002);
    assert_false(wire.broken);
    say(&add, 1003); /* its locate means nothing any more */
    as_outlet_end(&f.feed->outlet);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_STATUS);
    as_event event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_GAP);
    assert_int_equal(event.gap.from_seq, 3);
    assert_int_equal(event.gap.to_seq, 9);
    event = ast_feed_event(&f);
    assert_int_equal(event.kind, AS_EVENT_CLEAR);
    assert_int_equal(event.instrument, 2);
    assert_int_equal(event.ts_recv, 1002);
    assert_int_equal(as_ring_depth(f.events), 0);
    as_feed_wire_count(f.feed, &wire, 10);
    assert_int_equal(as_counter_get(&f.feed->count.bad[10 + AS_WIRE_UNKNOWN_LOCATE]), 1);
    assert_int_equal(as_counter_get(&f.feed->count.unknown_symbol), 1);
    end();
}

/* The clock of a recorded day must not jump to today because a packet is missing. */
static void a_gap_in_recorded_time_is_told_at_the_datas_own_time(void **state)
{
    (void)state;
    begin();
    f.feed->config.trust_r = true;
    assert_int_equal(as_feed_wire_open(f.feed, &f.options, &wire), 0);
    as_itch50 directory = ast_directory(7, "META"), add = ast_add(7, 5, 'B', 1, 1);
    say(&directory, MIDNIGHT_NS + 99 * AS_NS_PER_DAY);
    say(&add, MIDNIGHT_NS + 99 * AS_NS_PER_DAY);
    as_feed_wire_gap(f.feed, &wire, 3, 9, MIDNIGHT_NS + 99 * AS_NS_PER_DAY);
    as_feed_wire_restart(f.feed, &wire, MIDNIGHT_NS + 99 * AS_NS_PER_DAY);
    as_outlet_end(&f.feed->outlet);
    static const as_event_kind kind[] = {AS_EVENT_STATUS, AS_EVENT_ORDER_ADD, AS_EVENT_GAP, AS_EVENT_CLEAR};
    for (unsigned i = 0; i < 4; i++) {
        as_event event = ast_feed_event(&f);
        assert_int_equal(event.kind, kind[i]);
        assert_int_equal(event.ts_recv, MIDNIGHT_NS + AST_TS_NS);
    }
    end();
}

static void without_a_date_each_session_is_of_the_day_it_begins_on(void **state)
{
    (void)state;
    begin();
    f.options.session_date = 0;
    assert_int_equal(as_feed_wire_open(f.feed, &f.options, &wire), 0);
    as_itch50 directory = ast_directory(7, "NVDA");
    as_feed_wire_restart(f.feed, &wire, MIDNIGHT_NS + 23 * AS_NS_PER_HOUR);
    say(&directory, 1);
    as_feed_wire_restart(f.feed, &wire, MIDNIGHT_NS + 24 * AS_NS_PER_HOUR);
    say(&directory, 2);
    as_outlet_end(&f.feed->outlet);
    assert_int_equal(ast_feed_event(&f).ts_event, MIDNIGHT_NS + AST_TS_NS);
    assert_int_equal(ast_feed_event(&f).kind, AS_EVENT_CLEAR);
    assert_int_equal(ast_feed_event(&f).ts_event, MIDNIGHT_NS + AS_NS_PER_DAY + AST_TS_NS);
    end();
}

static void a_zone_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    begin();
    f.options.session_zone = "Nowhere/Atlantis";
    assert_true(as_feed_wire_open(f.feed, &f.options, &wire) < 0);
    assert_non_null(strstr(as_error_message(0), "Atlantis"));
    as_error_clear();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_becomes_an_event_of_the_sessions_day_with_the_flags_of_the_moment),
        cmocka_unit_test(a_gap_breaks_the_session_and_the_next_one_begins_with_empty_books),
        cmocka_unit_test(a_gap_in_recorded_time_is_told_at_the_datas_own_time),
        cmocka_unit_test(without_a_date_each_session_is_of_the_day_it_begins_on),
        cmocka_unit_test(a_zone_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
