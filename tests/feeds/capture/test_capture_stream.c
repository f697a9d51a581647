#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/capture/capture_stream.h"
#include "feeds/decode/itch50_encode.h"
#include "feeds/live/feed.h"
#include "feeds/framing/moldudp64.h"
#include "tests/support/random.h"

#define NOON (UINT64_C(1782921600) * AS_NS_PER_S) /* 2026-07-01 in New York */
#define MIDNIGHT (UINT64_C(1782878400) * AS_NS_PER_S)

static as_symbols symbols;
static as_event_queue queue;
static as_timezone *zone;
static as_capture_stream *stream;
static as_event event;

static void begin(as_capture_stream_options options)
{
    uint32_t index;
    assert_int_equal(as_symbols_init(&symbols, 4), 0);
    assert_int_equal(as_symbols_add(&symbols, "NVDA", 4, &index), 0);
    assert_int_equal(as_timezone_new("America/New_York", &zone), 0);
    options.wire.format = AS_WIRE_ITCH50;
    options.wire.symbols = &symbols;
    options.wire.source = 3;
    options.parse = as_mold_parse;
    options.zone = zone;
    options.queue = &queue;
    assert_int_equal(as_capture_stream_new(&options, &stream), 0);
}

static void end(void)
{
    as_capture_stream_free(stream);
    as_capture_stream_free(NULL);
    as_event_queue_fini(&queue);
    as_timezone_free(zone);
    as_symbols_fini(&symbols);
}

/* Does a flow that is new bring this stream? shares tells its orders from push's, which have one. */
static bool fits(uint64_t seq, uint32_t shares)
{
    uint8_t out[256], bytes[AS_ITCH50_BYTES_MAX];
    as_mold_builder builder;
    as_packet packet;
    as_itch50 m = {.ts_ns = 1000, .locate = 7, .type = 'A'};
    memcpy(m.add.stock, "NVDA    ", 8);
    m.add.ref = seq;
    m.add.shares = shares;
    m.add.px4 = 10000;
    m.add.side = 'B';
    as_mold_builder_init(&builder, (const uint8_t *)"SESSION  1", seq, out, sizeof out);
    assert_true(as_mold_builder_add(&builder, bytes, as_itch50_encode(&m, bytes, sizeof bytes)));
    assert_int_equal(as_mold_parse(out, as_mold_builder_finish(&builder), &packet), AS_PACKET_OK);
    return as_capture_stream_fits(stream, &packet);
}

static void push(as_arbiter_line line, uint64_t seq, uint64_t ts)
{
    uint8_t out[256], bytes[AS_ITCH50_BYTES_MAX];
    as_mold_builder builder;
    as_itch50 m = {.ts_ns = 1000, .locate = 7, .type = 'A'};
    memcpy(m.add.stock, "NVDA    ", 8);
    m.add.ref = seq;
    m.add.shares = 1;
    m.add.px4 = 10000;
    m.add.side = 'B';
    if (seq == 1) {
        m = (as_itch50){.ts_ns = 1000, .locate = 7, .type = 'R'};
        memset(&m.directory, ' ', sizeof m.directory);
        memcpy(m.directory.stock, "NVDA    ", 8);
    }
    as_mold_builder_init(&builder, (const uint8_t *)"SESSION  1", seq, out, sizeof out);
    assert_true(as_mold_builder_add(&builder, bytes, as_itch50_encode(&m, bytes, sizeof bytes)));
    as_capture_stream_push(stream, line, out, as_mold_builder_finish(&builder), ts);
}

/* The next event's kind; AS_EVENT_NONE if there is none. */
static as_event_kind next(void)
{
    return as_event_queue_take(&queue, &event) ? (as_event_kind)event.kind : AS_EVENT_NONE;
}

static void the_day_is_that_of_the_first_packet(void **state)
{
    (void)state;
    begin((as_capture_stream_options){.from_first = true});
    push(AS_ARBITER_A, 1, NOON);
    push(AS_ARBITER_A, 2, NOON + 5);
    while (next() != AS_EVENT_ORDER_ADD)
        assert_int_not_equal(event.kind, AS_EVENT_GAP);
    assert_int_equal(event.ts_event, MIDNIGHT + 1000);
    assert_int_equal(event.ts_recv, NOON + 5);
    assert_int_equal(event.source, 3);
    end();
    begin((as_capture_stream_options){.from_first = true, .session_date = 20260630});
    push(AS_ARBITER_A, 1, NOON);
    push(AS_ARBITER_A, 2, NOON + 5);
    while (next() != AS_EVENT_ORDER_ADD)
        continue;
    assert_int_equal(event.ts_event, MIDNIGHT - AS_NS_PER_DAY + 1000);
    end();
}

static void from_first_a_late_beginning_is_a_counted_gap(void **state)
{
    (void)state;
    begin((as_capture_stream_options){.from_first = true});
    push(AS_ARBITER_A, 5, NOON);
    assert_int_equal(next(), AS_EVENT_GAP);
    assert_int_equal(event.gap.from_seq, 1);
    assert_int_equal(event.gap.to_seq, 5);
    assert_int_equal(stream->arbiter.line.gaps, 1);
    end();
    begin((as_capture_stream_options){.from_first = false});
    push(AS_ARBITER_A, 5, NOON);
    assert_int_equal(next(), AS_EVENT_GAP);
    assert_int_equal(event.gap.to_seq, 5);
    assert_int_equal(stream->arbiter.line.gaps, 0);
    end();
}

static void a_redundant_line_says_the_same_under_the_same_sequence(void **state)
{
    (void)state;
    begin((as_capture_stream_options){.from_first = false});
    for (uint64_t seq = 1; seq <= AS_CAPTURE_RECENT + 10; seq++)
        push(AS_ARBITER_A, seq, NOON + seq);
    assert_true(fits(AS_CAPTURE_RECENT, 1));
    assert_false(fits(AS_CAPTURE_RECENT, 2));     /* another stream of this session's name */
    assert_true(fits(AS_CAPTURE_RECENT + 11, 2)); /* what comes next, whatever it is */
    assert_false(fits(5, 1));                     /* too far back to say */
    assert_int_equal(stream->conflicts, 0);
    end();
}

static void a_hole_waits_for_the_window_of_capture_time(void **state)
{
    (void)state;
    begin((as_capture_stream_options){.window_ns = 2 * AS_NS_PER_MS, .from_first = true});
    push(AS_ARBITER_A, 1, NOON);
    while (next() != AS_EVENT_NONE)
        continue;
    push(AS_ARBITER_A, 3, NOON + 1);
    assert_true(as_capture_stream_waits(stream));
    assert_int_equal(next(), AS_EVENT_NONE);
    push(AS_ARBITER_B, 2, NOON + AS_NS_PER_MS);
    assert_int_equal(next(), AS_EVENT_ORDER_ADD);
    assert_int_equal(event.order.ref, 2);
    assert_int_equal(next(), AS_EVENT_ORDER_ADD);
    assert_int_equal(event.ts_recv, NOON + AS_NS_PER_MS); /* it could be told only then */
    push(AS_ARBITER_A, 5, NOON + 2 * AS_NS_PER_MS);
    as_capture_stream_poll(stream, NOON + 3 * AS_NS_PER_MS);
    assert_int_equal(next(), AS_EVENT_NONE);
    as_capture_stream_poll(stream, NOON + 5 * AS_NS_PER_MS);
    assert_int_equal(next(), AS_EVENT_GAP);
    assert_int_equal(next(), AS_EVENT_ORDER_ADD);
    push(AS_ARBITER_B, 4, NOON + 6 * AS_NS_PER_MS);
    assert_int_equal(next(), AS_EVENT_NONE);
    end();
}

static void with_a_server_a_hole_waits_for_its_answer(void **state)
{
    (void)state;
    begin((as_capture_stream_options){.window_ns = 2 * AS_NS_PER_MS, .ask = true, .from_first = true});
    push(AS_ARBITER_A, 1, NOON);
    while (next() != AS_EVENT_NONE)
        continue;
    push(AS_ARBITER_A, 3, NOON + 1);
    push(AS_ARBITER_RETRANSMIT, 2, NOON + 20 * AS_NS_PER_MS);
    assert_int_equal(next(), AS_EVENT_ORDER_ADD);
    assert_int_equal(next(), AS_EVENT_ORDER_ADD);
    push(AS_ARBITER_A, 5, NOON + 30 * AS_NS_PER_MS);
    as_capture_stream_poll(stream, UINT64_MAX); /* the capture ends: nobody answers any more */
    assert_int_equal(next(), AS_EVENT_GAP);
    assert_int_equal(next(), AS_EVENT_ORDER_ADD);
    assert_false(as_capture_stream_waits(stream));
    end();
}

/* Loss on both lines, duplicates, and skew: each message that came is given once and in order, the others are gaps. */
static void random_lines_give_what_either_had(void **state)
{
    (void)state;
    uint64_t seed = 20260701, random = seed;
    for (unsigned round = 0; round < 20; round++) {
        uint64_t wanted = 0, given = 0, last = 1, lost = 0;
        begin((as_capture_stream_options){.window_ns = 2 * AS_NS_PER_MS, .from_first = true});
        push(AS_ARBITER_A, 1, NOON);
        for (uint64_t seq = 2; seq < 500; seq++) {
            uint64_t ts = NOON + seq * 10 * AS_NS_PER_MS;
            bool a = ast_random(&random) % 5 != 0, b = ast_random(&random) % 5 != 0;
            if (a)
                push(AS_ARBITER_A, seq, ts);
            if (b)
                push(AS_ARBITER_B, seq, ts + ast_random(&random) % AS_NS_PER_MS);
            if (b && ast_random(&random) % 20 == 0)
                push(AS_ARBITER_B, seq, ts + AS_NS_PER_MS);
            wanted += a || b;
        }
        as_capture_stream_poll(stream, UINT64_MAX);
        while (next() != AS_EVENT_NONE) {
            if (event.kind == AS_EVENT_GAP)
                lost += event.gap.to_seq - event.gap.from_seq;
            if (event.kind != AS_EVENT_ORDER_ADD)
                continue;
            assert_true(event.order.ref > last);
            last = event.order.ref;
            given++;
        }
        if (given != wanted)
            print_message("seed %llu, round %u\n", (unsigned long long)seed, round);
        assert_int_equal(given, wanted);
        assert_int_equal(lost, last - 1 - given);
        end();
    }
}

static void datagrams_that_are_not_right_are_counted_by_reason(void **state)
{
    (void)state;
    uint8_t out[32] = "SESSION  1";
    begin((as_capture_stream_options){.from_first = true});
    as_capture_stream_push(stream, AS_ARBITER_A, out, 19, NOON);
    assert_int_equal(stream->short_header, 1);
    out[17] = 1;
    out[19] = 2;
    out[21] = 1;
    out[22] = '?';
    as_capture_stream_push(stream, AS_ARBITER_A, out, 23, NOON);
    assert_int_equal(stream->cut_packet, 1);
    assert_true(stream->has_bad);
    assert_int_equal(stream->bad[AS_WIRE_UNKNOWN_TYPE], 1);
    out[17] = 2;
    out[19] = 1;
    as_capture_stream_push(stream, AS_ARBITER_A, out, 25, NOON);
    assert_int_equal(stream->trailing_bytes, 1);
    memset(out + 10, 0xff, 8);
    as_capture_stream_push(stream, AS_ARBITER_A, out, 23, NOON);
    assert_int_equal(stream->bad_sequence, 1);
    end();
}

static void the_queue_keeps_order_as_it_grows(void **state)
{
    (void)state;
    as_event_queue q = {0};
    uint64_t put = 0, taken = 0, random = 5;
    for (unsigned round = 0; round < 200; round++) {
        for (uint64_t n = ast_random(&random) % 100; n > 0; n--)
            as_event_queue_put(&q, &(as_event){.ts_recv = put++});
        for (uint64_t n = ast_random(&random) % 100; n > 0 && as_event_queue_take(&q, &event); n--)
            assert_int_equal(event.ts_recv, taken++);
    }
    while (as_event_queue_take(&q, &event))
        assert_int_equal(event.ts_recv, taken++);
    assert_int_equal(taken, put);
    assert_false(q.failed);
    as_event_queue_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_is_that_of_the_first_packet),
        cmocka_unit_test(from_first_a_late_beginning_is_a_counted_gap),
        cmocka_unit_test(a_redundant_line_says_the_same_under_the_same_sequence),
        cmocka_unit_test(a_hole_waits_for_the_window_of_capture_time),
        cmocka_unit_test(with_a_server_a_hole_waits_for_its_answer),
        cmocka_unit_test(random_lines_give_what_either_had),
        cmocka_unit_test(datagrams_that_are_not_right_are_counted_by_reason),
        cmocka_unit_test(the_queue_keeps_order_as_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
