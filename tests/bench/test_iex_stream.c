#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bench/iex_stream.h"
#include "core/book.h"

enum { SYMBOLS = 50, MESSAGES = 100000 };

static const as_wire_format formats[] = {AS_WIRE_TOPS, AS_WIRE_DEEP};

static void the_same_seed_gives_the_same_stream(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        as_iex_stream a, b, other;
        assert_int_equal(as_iex_stream_init(&a, formats[i], 1, 20, 5000), 0);
        assert_int_equal(as_iex_stream_init(&b, formats[i], 1, 20, 5000), 0);
        assert_int_equal(as_iex_stream_init(&other, formats[i], 2, 20, 5000), 0);
        assert_int_equal(a.bytes, b.bytes);
        assert_memory_equal(a.data, b.data, a.bytes);
        assert_true(other.bytes != a.bytes || memcmp(other.data, a.data, a.bytes) != 0);
        as_iex_stream_fini(&a);
        as_iex_stream_fini(&b);
        as_iex_stream_fini(&other);
    }
}

typedef struct tally {
    uint64_t messages, events, no_prints, incomplete, quotes, levels;
} tally;

/* The whole stream through a wire; on the way levels go into books, which must stay in order. */
static tally play(const as_iex_stream *stream, uint64_t by_type[256])
{
    tally sum = {0};
    as_wire *wire;
    as_book_set *books;
    as_wire_options options = {.format = stream->format, .symbols = &stream->symbols, .trust_r = true};
    assert_int_equal(as_wire_new(&options, &wire), 0);
    assert_int_equal(as_book_set_new(stream->symbols.count, 64 * stream->symbols.count, &books), 0);
    const uint8_t *message;
    size_t message_bytes;
    for (size_t at = 0, from = 0; (message = as_iex_stream_next(stream, &at, &message_bytes)); from = at) {
        as_event ev[AS_WIRE_EVENTS_MAX];
        bool measured = from >= stream->warm_bytes;
        unsigned count = as_wire_decode(wire, message, message_bytes, 0, ev);
        assert_int_equal(as_wire_last_bad(wire), AS_WIRE_BAD_NONE);
        sum.messages += measured;
        by_type[message[0]] += measured;
        sum.events += measured ? count : 0;
        if (!count)
            continue;
        sum.no_prints += measured && ev[0].kind == AS_EVENT_TRADE && ev[0].flags & AS_EVENT_NO_PRINT;
        sum.quotes += measured && ev[0].kind == AS_EVENT_QUOTE;
        if (ev[0].kind != AS_EVENT_LEVEL)
            continue;
        sum.levels += measured;
        sum.incomplete += measured && ev[0].flags & AS_EVENT_MORE;
        assert_true(as_book_apply(books, &ev[0]) >= 0);
        as_top top;
        as_book_top(books, ev[0].instrument, &top);
        if (!(ev[0].flags & AS_EVENT_MORE) && top.bid_qty && top.ask_qty)
            assert_true(top.bid_px < top.ask_px);
    }
    const as_wire_counters *c = as_wire_counters_get(wire);
    assert_int_equal(c->unknown_symbol, 0);
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        assert_int_equal(c->bad[i], 0);
    assert_int_equal(as_book_counters_get(books)->absent_levels, 0);
    as_book_set_free(books);
    as_wire_free(wire);
    return sum;
}

static void the_counts_are_exact_and_the_books_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        as_iex_stream stream;
        uint64_t by_type[256] = {0};
        assert_int_equal(as_iex_stream_init(&stream, formats[i], 7, SYMBOLS, MESSAGES), 0);
        tally sum = play(&stream, by_type);
        assert_int_equal(stream.message_count, MESSAGES);
        assert_int_equal(sum.messages, MESSAGES);
        assert_memory_equal(by_type, stream.by_type, sizeof by_type);
        assert_int_equal(sum.events, stream.event_count);
        assert_int_equal(sum.no_prints, stream.no_prints);
        assert_int_equal(sum.incomplete, stream.incomplete);
        as_iex_stream_fini(&stream);
    }
}

static void the_mix_is_that_of_a_day(void **state)
{
    (void)state;
    as_iex_stream s;
    assert_int_equal(as_iex_stream_init(&s, AS_WIRE_TOPS, 7, SYMBOLS, MESSAGES), 0);
    assert_in_range(s.by_type['Q'], MESSAGES * 89 / 100, MESSAGES * 91 / 100);
    assert_in_range(s.by_type['T'], MESSAGES * 9 / 100, MESSAGES * 10 / 100);
    for (const char *type = "HOPIDAXB"; *type; type++)
        assert_true(s.by_type[(uint8_t)*type] > 0);
    assert_int_equal(s.by_type['8'] + s.by_type['5'], 0);
    as_iex_stream_fini(&s);
    assert_int_equal(as_iex_stream_init(&s, AS_WIRE_DEEP, 7, SYMBOLS, MESSAGES), 0);
    assert_in_range(s.by_type['8'] + s.by_type['5'], MESSAGES * 88 / 100, MESSAGES * 96 / 100);
    assert_in_range(s.by_type['T'], MESSAGES * 4 / 100, MESSAGES * 9 / 100);
    assert_in_range(s.incomplete, MESSAGES * 1 / 100, MESSAGES * 5 / 100);
    assert_int_equal(s.by_type['Q'], 0);
    as_iex_stream_fini(&s);
}

static void any_number_of_messages_is_met_exactly(void **state)
{
    (void)state;
    for (uint64_t messages = 0; messages < 40; messages++) {
        for (unsigned i = 0; i < 2; i++) {
            as_iex_stream stream;
            uint64_t by_type[256] = {0};
            assert_int_equal(as_iex_stream_init(&stream, formats[i], messages, 1, messages), 0);
            assert_int_equal(play(&stream, by_type).messages, messages);
            as_iex_stream_fini(&stream);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_stream),
        cmocka_unit_test(the_counts_are_exact_and_the_books_in_order),
        cmocka_unit_test(the_mix_is_that_of_a_day),
        cmocka_unit_test(any_number_of_messages_is_met_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
