#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/news_document.h"
#include "tests/support/random.h"

static ast_news news;

static as_news_item *add(uint64_t ts, as_event_kind kind)
{
    as_news_item *item = as_news_items_room(&news.items, &news.context);
    assert_non_null(item);
    item->event.kind = (uint8_t)kind;
    item->event.ts_recv = ts;
    as_news_items_add(&news.items);
    return item;
}

static void room_is_cleared_and_counted_when_there_is_none(void **state)
{
    (void)state;
    as_news_items_clear(&news.items);
    for (uint32_t i = 0; i < AS_NEWS_ITEM_MAX; i++) {
        as_news_item *item = as_news_items_room(&news.items, &news.context);
        assert_non_null(item);
        assert_int_equal(item->event.instrument, AS_INSTRUMENT_NONE);
        assert_int_equal(item->event.source, 5);
        assert_int_equal(item->headline.text[0], 0);
        item->headline.text[0] = 'x';
        if (i % 2)
            as_news_items_add(&news.items);
        else
            as_news_items_add_bad(&news.items, AS_NEWS_BAD_TIME, 7);
    }
    assert_null(as_news_items_room(&news.items, &news.context));
    assert_int_equal(news.items.too_many, 1);
    assert_int_equal(news.items.count, AS_NEWS_ITEM_MAX);
    assert_int_equal(news.items.item[0].result, AS_NEWS_BAD_TIME);
    assert_int_equal(news.items.item[0].line, 7);
    assert_int_equal(news.items.item[1].result, AS_NEWS_OK);
    as_news_items_sort(&news.items);
    as_news_items_clear(&news.items);
    assert_int_equal(news.items.count, 0);
    assert_int_equal(news.items.too_many, 0);
    assert_int_equal(as_news_items_room(&news.items, &news.context)->headline.text[0], 0);
}

static void the_oldest_comes_first_and_equal_ones_from_the_end(void **state)
{
    (void)state;
    static const uint64_t ts[] = {30, 20, 20, 10};
    as_news_items_clear(&news.items);
    as_news_items_sort(&news.items);
    for (size_t i = 0; i < 4; i++)
        add(ts[i], AS_EVENT_HEADLINE);
    as_news_items_sort(&news.items);
    static const uint32_t headlines[] = {3, 2, 1, 0};
    assert_memory_equal(news.items.order, headlines, sizeof headlines);
    as_news_items_clear(&news.items);
    for (size_t i = 0; i < 4; i++)
        add(ts[i], AS_EVENT_STATUS);
    as_news_items_sort(&news.items);
    static const uint32_t statuses[] = {3, 1, 2, 0};
    assert_memory_equal(news.items.order, statuses, sizeof statuses);
}

static void random_lists_are_sorted(void **state)
{
    (void)state;
    uint64_t seed = 11;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 200; round++) {
        uint32_t n = (uint32_t)(ast_random(&seed) % 200);
        as_news_items_clear(&news.items);
        for (uint32_t i = 0; i < n; i++)
            add(ast_random(&seed) % 20, AS_EVENT_HEADLINE);
        as_news_items_sort(&news.items);
        bool met[200] = {false};
        for (uint32_t i = 0; i < n; i++) {
            uint32_t at = news.items.order[i];
            assert_true(at < n && !met[at]);
            met[at] = true;
            if (i == 0)
                continue;
            uint32_t before = news.items.order[i - 1];
            uint64_t a = news.items.item[before].event.ts_recv, b = news.items.item[at].event.ts_recv;
            assert_true(a < b || (a == b && before > at));
        }
    }
}

static uint32_t number_symbol(void *arg, const char *symbol, size_t symbol_bytes)
{
    (void)symbol;
    *(size_t *)arg += symbol_bytes;
    return 42;
}

static void symbols_are_looked_up_or_numbered(void **state)
{
    (void)state;
    size_t bytes = 0;
    assert_int_equal(as_news_items_symbol(&news.context, "META", 4), AST_META);
    assert_int_equal(as_news_items_symbol(&news.context, "MET", 3), AS_INSTRUMENT_NONE);
    assert_int_equal(as_news_items_symbol(&news.context, "", 0), AS_INSTRUMENT_NONE);
    assert_int_equal(as_news_items_symbol(&news.context, "ABCDEFGHIJKLMNOPQRSTUVWX", 24), AS_INSTRUMENT_NONE);
    as_news_items_context other = {.news = {.resolve = number_symbol, .arg = &bytes}};
    as_headline headline = {0};
    as_news_items_tag(&other, "NEW", 3, &headline);
    as_news_items_tag(&news.context, "none", 4, &headline);
    assert_int_equal(bytes, 3);
    assert_int_equal(headline.tag_count, 1);
    assert_int_equal(headline.tag[0], 42);
}

static int set_up(void **state)
{
    (void)state;
    return ast_news_init(&news);
}

static int tear_down(void **state)
{
    (void)state;
    ast_news_fini(&news);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_cleared_and_counted_when_there_is_none),
        cmocka_unit_test(the_oldest_comes_first_and_equal_ones_from_the_end),
        cmocka_unit_test(random_lists_are_sorted),
        cmocka_unit_test(symbols_are_looked_up_or_numbered),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
