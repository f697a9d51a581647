#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "feeds/decode/ndjson.h"
#include "tests/support/random.h"

static as_symbols symbols;
static as_instrument instrument[3]; /* META, N"V\\DA, BTC with units of 1e-8 */
static as_ndjson_context ctx;

static int make(void **state)
{
    (void)state;
    uint32_t idx;
    assert_int_equal(as_symbols_init(&symbols, 16), 0);
    assert_int_equal(as_symbols_add(&symbols, "META", 4, &idx), 0);
    assert_int_equal(as_symbols_add(&symbols, "N\"V\\DA", 6, &idx), 0);
    assert_int_equal(as_symbols_add(&symbols, "BTC", 3, &idx), 0);
    instrument[2].qty_exp = 8;
    ctx = (as_ndjson_context){.symbols = &symbols, .instrument = instrument, .source = 7};
    return 0;
}

static int clean(void **state)
{
    (void)state;
    as_symbols_fini(&symbols);
    return 0;
}

static const char *encode(const as_event *ev)
{
    static char line[AS_NDJSON_LINE_BYTES + 1];
    line[as_ndjson_encode(ev, NULL, &ctx, line, sizeof line - 1)] = 0;
    return line;
}

/* The contract's own lines (DESIGN 4.2). */
static void lines_look_as_documented(void **state)
{
    (void)state;
    as_event ev = {.ts_event = 5, .ts_recv = 6, .kind = AS_EVENT_TRADE};
    ev.trade.px = 157250000000;
    ev.trade.qty = 100;
    assert_string_equal(encode(&ev), "{\"k\":\"trade\",\"t\":5,\"r\":6,\"s\":\"META\",\"p\":\"157.25\",\"q\":100}\n");
    ev = (as_event){.ts_event = 5, .ts_recv = 5, .kind = AS_EVENT_QUOTE, .instrument = 2};
    ev.quote.bid_px = AS_PX_UNDEFINED;
    ev.quote.ask_px = 2 * AS_PX_ONE;
    ev.quote.ask_qty = 150000000;
    assert_string_equal(encode(&ev), "{\"k\":\"quote\",\"t\":5,\"s\":\"BTC\",\"b\":null,\"a\":\"2\",\"as\":1.5}\n");
    ev = (as_event){.ts_event = 5, .ts_recv = 5, .kind = AS_EVENT_STATUS, .instrument = 1};
    ev.status.state = AS_STATE_HALTED;
    assert_string_equal(encode(&ev), "{\"k\":\"status\",\"t\":5,\"s\":\"N\\\"V\\\\DA\",\"state\":\"halted\"}\n");
}

static void random_event(uint64_t *seed, as_event *event, as_headline *headline)
{
    static const uint8_t kinds[] = {AS_EVENT_TRADE, AS_EVENT_QUOTE, AS_EVENT_BAR, AS_EVENT_STATUS, AS_EVENT_HEADLINE};
    memset(event, 0, sizeof *event);
    event->kind = kinds[ast_random(seed) % 5];
    event->instrument = (uint32_t)(ast_random(seed) % 3);
    event->source = 7;
    event->ts_event = ast_random(seed) >> 1;
    event->ts_recv = ast_random(seed) % 2 ? event->ts_event : ast_random(seed) >> 1;
    for (int i = 0; i < 5; i++)
        event->raw[i] = 0;
    int64_t px[4];
    for (int i = 0; i < 4; i++)
        px[i] = (int64_t)(ast_random(seed) >> (1 + ast_random(seed) % 40)) | 1;
    uint64_t qty = ast_random(seed) >> (ast_random(seed) % 60) >> 1;
    if (event->kind == AS_EVENT_TRADE) {
        event->trade.px = px[0] == AS_PX_UNDEFINED ? 1 : px[0];
        event->trade.qty = qty;
        event->trade.seq = ast_random(seed) >> 1;
    } else if (event->kind == AS_EVENT_QUOTE) {
        bool none = ast_random(seed) % 4 == 0;
        event->quote.bid_px = none ? AS_PX_UNDEFINED : px[0];
        event->quote.bid_qty = none ? 0 : qty;
        event->quote.ask_px = px[1];
        event->quote.ask_qty = ast_random(seed) % 4 ? qty / 2 : AS_QTY_UNDEFINED;
    } else if (event->kind == AS_EVENT_BAR) {
        event->bar.open = px[0];
        event->bar.high = px[1];
        event->bar.low = px[2];
        event->bar.close = px[3];
        event->bar.volume_duration = as_bar_pack(qty, 1 + ast_random(seed) % AS_BAR_SECONDS_MAX);
    } else if (event->kind == AS_EVENT_STATUS) {
        event->status.state = ast_random(seed) % 4;
    } else {
        memset(headline, 0, sizeof *headline);
        event->instrument = AS_INSTRUMENT_NONE;
        headline->ts_event = event->ts_event;
        headline->ts_recv = event->ts_recv;
        headline->revision = (uint32_t)ast_random(seed);
        headline->tier_given = (uint8_t)(ast_random(seed) % 5);
        headline->class_given = (uint8_t)(ast_random(seed) % 5);
        headline->retracted = (uint8_t)(ast_random(seed) % 2);
        headline->tag_count = (uint8_t)(ast_random(seed) % 4);
        for (unsigned i = 0; i < headline->tag_count; i++)
            headline->tag[i] = i;
        snprintf(headline->id, sizeof headline->id, "i\"%llx", (unsigned long long)ast_random(seed));
        snprintf(headline->url, sizeof headline->url, "%s", ast_random(seed) % 2 ? "http://\\x" : "");
        snprintf(headline->text, sizeof headline->text, "\"\xe2\x82\xac %llu \\ /",
                 (unsigned long long)ast_random(seed));
        headline->text_bytes = (uint16_t)strlen(headline->text);
    }
}

static void events_come_back_from_their_lines(void **state)
{
    (void)state;
    uint64_t seed = 20260701;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20000; round++) {
        as_event want;
        as_headline want_hl;
        char line[AS_NDJSON_LINE_BYTES];
        random_event(&seed, &want, &want_hl);
        size_t n = as_ndjson_encode(&want, &want_hl, &ctx, line, sizeof line);
        assert_true(n > 0);
        assert_int_equal(line[n - 1], '\n');
        assert_null(memchr(line, '\n', n - 1));
        as_event ev;
        as_headline hl;
        as_ndjson_result result = as_ndjson_decode(line, n - 1, &ctx, &ev, &hl);
        if (result)
            print_error("%s: %.*s", as_ndjson_result_name(result), (int)n, line);
        assert_int_equal(result, AS_NDJSON_OK);
        assert_memory_equal(&ev, &want, sizeof ev);
        if (want.kind == AS_EVENT_HEADLINE)
            assert_memory_equal(&hl, &want_hl, sizeof hl);
        if (round < 200)
            for (size_t room = 0; room < n; room++)
                assert_int_equal(as_ndjson_encode(&want, &want_hl, &ctx, line, room), 0);
    }
}

static void what_has_no_form_gives_nothing(void **state)
{
    (void)state;
    as_event ev = {.kind = AS_EVENT_ORDER_ADD};
    char line[AS_NDJSON_LINE_BYTES];
    assert_int_equal(as_ndjson_encode(&ev, NULL, &ctx, line, sizeof line), 0);
    ev.kind = AS_EVENT_HEADLINE;
    assert_int_equal(as_ndjson_encode(&ev, NULL, &ctx, line, sizeof line), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_look_as_documented),
        cmocka_unit_test(what_has_no_form_gives_nothing),
        cmocka_unit_test(events_come_back_from_their_lines),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
