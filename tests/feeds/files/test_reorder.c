#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/files/reorder.h"
#include "tests/support/random.h"

static as_reorder *window;
static as_headline hl;

static int make(void **state)
{
    (void)state;
    return as_reorder_new(&window);
}

static int clean(void **state)
{
    (void)state;
    as_reorder_free(window);
    return 0;
}

static void push(uint64_t ts, uint64_t mark)
{
    as_event ev = {.ts_recv = ts, .kind = AS_EVENT_TRADE};
    ev.trade.seq = mark;
    assert_false(as_reorder_push(window, &ev, NULL));
}

static uint64_t pop(void)
{
    as_event ev;
    assert_true(as_reorder_pop(window, &ev, &hl));
    return ev.trade.seq;
}

static void an_empty_window_gives_nothing(void **state)
{
    (void)state;
    as_event ev;
    assert_int_equal(as_reorder_count(window), 0);
    assert_false(as_reorder_pop(window, &ev, &hl));
    as_reorder_free(NULL);
}

static void the_earliest_comes_first_and_ties_in_order_of_arrival(void **state)
{
    (void)state;
    push(5, 0);
    push(7, 1);
    push(5, 2);
    push(3, 3);
    push(7, 4);
    push(3, 5);
    const uint64_t want[] = {3, 5, 0, 2, 1, 4};
    for (int i = 0; i < 6; i++)
        assert_int_equal(pop(), want[i]);
    assert_int_equal(as_reorder_count(window), 0);
}

/* The model: the same events in an array, the first of the smallest taken each time. Fills and empties the window. */
static void random_streams_equal_a_stable_sort(void **state)
{
    (void)state;
    enum { ROUNDS = 3000, HELD_MAX = 200 };
    struct {
        uint64_t ts, mark;
    } held[HELD_MAX + 1];
    uint32_t count = 0;
    uint64_t seed = 5, mark = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < ROUNDS || count > 0; round++) {
        if (round < ROUNDS && count < HELD_MAX && ast_random(&seed) % 5 < 3) {
            uint64_t ts = mark / 4 + ast_random(&seed) % 50;
            held[count].ts = ts;
            held[count++].mark = mark;
            push(ts, mark++);
        } else if (count > 0) {
            uint32_t best = 0;
            for (uint32_t i = 1; i < count; i++)
                if (held[i].ts < held[best].ts)
                    best = i;
            assert_int_equal(pop(), held[best].mark);
            memmove(held + best, held + best + 1, (--count - best) * sizeof *held);
        }
        assert_int_equal(as_reorder_count(window), count);
    }
}

static void the_window_is_limited(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < AS_REORDER_EVENTS; i++) {
        assert_false(as_reorder_full(window));
        push(AS_REORDER_EVENTS - i, i); /* backwards: all but the first through the heap */
    }
    assert_true(as_reorder_full(window));
    for (uint64_t i = AS_REORDER_EVENTS; i-- > 0;)
        assert_int_equal(pop(), i);
}

static bool push_headline(uint64_t ts, const char *id, const char *url, uint32_t tag, uint32_t revision)
{
    as_event ev = {.ts_recv = ts, .ts_event = ts, .kind = AS_EVENT_HEADLINE};
    as_headline h = {.ts_event = ts, .ts_recv = ts, .tag_count = 1, .tag = {tag}, .revision = revision};
    strcpy(h.id, id);
    strcpy(h.url, url);
    return as_reorder_push(window, &ev, &h);
}

static void repeated_headlines_become_one(void **state)
{
    (void)state;
    as_event ev;
    assert_false(push_headline(10, "a", "u1", 1, 0));
    assert_true(push_headline(10, "b", "u1", 2, 0));  /* same URL */
    assert_true(push_headline(10, "a", "u2", 3, 0));  /* same id */
    assert_true(push_headline(10, "a", "u1", 1, 0));  /* same tag: not twice */
    assert_false(push_headline(11, "a", "u1", 4, 0)); /* another time */
    assert_false(push_headline(10, "c", "", 5, 0));
    assert_false(push_headline(10, "d", "", 6, 0));   /* no URL is no URL in common */
    assert_false(push_headline(10, "a", "u1", 7, 1)); /* a revision */
    assert_true(push_headline(10, "a", "u1", 8, 1));
    assert_true(as_reorder_pop(window, &ev, &hl));
    assert_string_equal(hl.id, "a");
    assert_int_equal(hl.tag_count, 3);
    assert_int_equal(hl.tag[0], 1);
    assert_int_equal(hl.tag[1], 2);
    assert_int_equal(hl.tag[2], 3);
    assert_int_equal(hl.merged_count, 3);
    /* what has left is forgotten */
    assert_false(push_headline(10, "e", "u1", 1, 0));
    uint32_t rest = 0;
    while (as_reorder_pop(window, &ev, &hl))
        rest++;
    assert_int_equal(rest, 5);
}

/* Many headlines through few slots: the index forgets exactly what leaves. */
static void the_index_follows_the_window(void **state)
{
    (void)state;
    uint64_t seed = 9;
    as_event ev;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint32_t i = 0; i < 20000; i++) {
        char id[32], url[32];
        snprintf(id, sizeof id, "i%u", i);
        snprintf(url, sizeof url, "u%u", i);
        assert_false(push_headline(i / 100, id, url, 0, 0));
        assert_true(push_headline(i / 100, "other", url, 1, 0));
        if (ast_random(&seed) % 2)
            assert_true(push_headline(i / 100, id, "", 2, 0));
        if (as_reorder_count(window) > 300)
            while (as_reorder_count(window) > ast_random(&seed) % 300)
                assert_true(as_reorder_pop(window, &ev, &hl));
    }
    while (as_reorder_pop(window, &ev, &hl))
        ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_window_gives_nothing, make, clean),
        cmocka_unit_test_setup_teardown(the_earliest_comes_first_and_ties_in_order_of_arrival, make, clean),
        cmocka_unit_test_setup_teardown(random_streams_equal_a_stable_sort, make, clean),
        cmocka_unit_test_setup_teardown(the_window_is_limited, make, clean),
        cmocka_unit_test_setup_teardown(repeated_headlines_become_one, make, clean),
        cmocka_unit_test_setup_teardown(the_index_follows_the_window, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
