#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/sim/out.h"
#include "core/price.h"
#include "core/text_file.h"

static as_sim_market market;
static char folder[] = "/tmp/aftershock-out-XXXXXX";

static char *content(const char *name)
{
    char path[256], *text = NULL;
    size_t bytes;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &text, &bytes), 0);
    unlink(path);
    return text;
}

static as_sim_out_counts run(as_sim_format format, uint32_t bar_minutes, uint32_t sessions)
{
    as_sim_plan plan;
    as_sim_feed feed;
    as_sim_out out;
    assert_int_equal(as_sim_plan_make(&plan, &market, 3, sessions), 0);
    assert_int_equal(as_sim_feed_init(&feed, &plan, 3), 0);
    assert_int_equal(as_sim_out_open(&out, format, bar_minutes, &feed, folder, 3), 0);
    while (as_sim_feed_next(&feed))
        if (!feed.history)
            assert_int_equal(as_sim_out_session(&out), 0);
    assert_int_equal(as_sim_out_close(&out), 0);
    as_sim_out_counts counts = out.counts;
    as_sim_feed_fini(&feed);
    as_sim_plan_fini(&plan);
    return counts;
}

static int64_t px(const char *text, const char **rest)
{
    size_t bytes = strcspn(text, ",\n");
    int64_t value = 0;
    assert_int_equal(as_price_parse(text, bytes, &value), AS_PRICE_OK);
    *rest = text + bytes + (text[bytes] == ',');
    return value;
}

/* Rows in order of time; a bar holds its own prices; the ends of bars lie on the grid. Rows, and all volume. */
static uint64_t check_bars(uint32_t minutes, uint64_t *volume_all)
{
    char *text = content("bars.csv"), last[32] = "";
    const char *line = strchr(text, '\n') + 1;
    uint64_t rows = 0;
    assert_memory_equal(text, "time,symbol,open,high,low,close,volume\n", 39);
    *volume_all = 0;
    for (; *line; line = strchr(line, '\n') + 1, rows++) {
        char time[20];
        unsigned minute, second;
        memcpy(time, line, 19);
        time[19] = 0;
        assert_true(strcmp(time, last) >= 0);
        memcpy(last, time, sizeof time);
        assert_int_equal(sscanf(time + 14, "%2u:%2u", &minute, &second), 2);
        assert_int_equal(second, 0);
        assert_int_equal(minute % minutes, 0);
        const char *at = strchr(line + 20, ',') + 1;
        int64_t open = px(at, &at), high = px(at, &at), low = px(at, &at), close = px(at, &at);
        assert_true(low <= open && low <= close && high >= open && high >= close && low > 0);
        *volume_all += strtoull(at, NULL, 10);
    }
    free(text);
    return rows;
}

static void bars_are_in_order_and_only_of_trades(void **state)
{
    (void)state;
    uint64_t five_volume, one_volume;
    as_sim_out_counts five = run(AS_SIM_FORMAT_CSV, 5, 2);
    assert_int_equal(check_bars(5, &five_volume), five.bars);
    assert_true(five.bars < 2 * 78 * market.count); /* thin names miss some */
    assert_true(five.bars > 60 * market.count);
    as_sim_out_counts one = run(AS_SIM_FORMAT_CSV, 1, 2);
    assert_int_equal(check_bars(1, &one_volume), one.bars);
    assert_int_equal(five.trades, one.trades);
    assert_int_equal(five_volume, one_volume);
}

static void ndjson_holds_every_tick(void **state)
{
    (void)state;
    as_sim_out_counts counts = run(AS_SIM_FORMAT_NDJSON, 5, 1);
    char *text = content("ticks.ndjson");
    uint64_t trades = 0, quotes = 0, last = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        trades += strncmp(line, "{\"k\":\"trade\"", 12) == 0;
        quotes += strncmp(line, "{\"k\":\"quote\"", 12) == 0;
        char head[48] = ""; /* a copy: a sanitizer's strstr measures all that follows */
        memcpy(head, line, sizeof head - 1);
        uint64_t ts = strtoull(strstr(head, "\"t\":") + 4, NULL, 10);
        assert_true(ts >= last);
        last = ts;
    }
    free(text);
    assert_int_equal(trades, counts.trades);
    assert_int_equal(quotes, counts.quotes);
    assert_true(quotes > 3 * trades);
}

static void formats_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < AS_SIM_FORMAT_COUNT; i++)
        assert_int_equal(as_sim_format_find(as_sim_format_text((as_sim_format)i)), i);
    assert_int_equal(as_sim_format_find("xml"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_in_order_and_only_of_trades),
        cmocka_unit_test(ndjson_holds_every_tick),
        cmocka_unit_test(formats_have_words),
    };
    if (!mkdtemp(folder) || as_sim_market_load(&market, "examples/market/market.yaml") < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_sim_market_fini(&market);
    rmdir(folder);
    return failed;
}
