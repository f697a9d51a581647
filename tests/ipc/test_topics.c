#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/codec.h"
#include "ipc/topics.h"
#include "tests/support/random.h"

static uint64_t gseq; /* of the message counted last */

static uint64_t next_of(as_topics *topics, const char *topic, uint64_t beat)
{
    uint64_t prev;
    return as_topics_next(topics, topic, beat, ++gseq, &prev);
}

static int make(void **state)
{
    return as_topics_new((as_topics **)state);
}

static int drop(void **state)
{
    as_topics_free(*state);
    return 0;
}

typedef struct list {
    unsigned count;
    char topic[16][AS_TOPIC_BYTES];
    uint64_t tseq[16];
} list;

static void keep(void *context, const char *topic, uint64_t tseq)
{
    list *l = context;
    if (l->count < 16) {
        snprintf(l->topic[l->count], AS_TOPIC_BYTES, "%s", topic);
        l->tseq[l->count] = tseq;
    }
    l->count++;
}

static list recent(as_topics *topics, uint64_t beat)
{
    list l = {0};
    uint32_t count = as_topics_recent(topics, beat, keep, &l);
    assert_int_equal(count, l.count);
    return l;
}

static void each_topic_counts_from_one(void **state)
{
    as_topics *topics = *state;
    assert_int_equal(next_of(topics, "sig.a.X.", 0), 1);
    assert_int_equal(next_of(topics, "sig.a.X.", 0), 2);
    assert_int_equal(next_of(topics, "sig.a.", 0), 1);
    assert_int_equal(next_of(topics, "hb.", 0), 1);
    assert_int_equal(next_of(topics, "sig.a.X.", 0), 3);
}

static void recent_topics_come_in_the_order_of_first_use_without_heartbeats(void **state)
{
    as_topics *topics = *state;
    next_of(topics, "b.", 0);
    next_of(topics, "hb.", 0);
    next_of(topics, "a.", 0);
    next_of(topics, "b.", 1);
    list l = recent(topics, 1);
    assert_int_equal(l.count, 2);
    assert_string_equal(l.topic[0], "b.");
    assert_int_equal(l.tseq[0], 2);
    assert_string_equal(l.topic[1], "a.");
    assert_int_equal(l.tseq[1], 1);
}

static void a_topic_is_recent_for_eight_beats_and_again_after_its_next_use(void **state)
{
    as_topics *topics = *state;
    next_of(topics, "a.", 5);
    assert_int_equal(recent(topics, 5 + AS_TOPICS_RECENT).count, 1);
    assert_int_equal(recent(topics, 6 + AS_TOPICS_RECENT).count, 0);
    assert_int_equal(next_of(topics, "a.", 50), 2);
    list l = recent(topics, 51);
    assert_int_equal(l.count, 1);
    assert_int_equal(l.tseq[0], 2);
}

static void topics_beyond_the_limit_share_a_sequence_that_still_rises(void **state)
{
    as_topics *topics = *state;
    char topic[AS_TOPIC_BYTES];
    for (unsigned i = 0; i < AS_TOPICS_MAX; i++) {
        (void)snprintf(topic, sizeof topic, "sig.s.%u.", i);
        assert_int_equal(next_of(topics, topic, 0), 1);
    }
    uint64_t first = next_of(topics, "one.too.many.", 0);
    assert_true(next_of(topics, "another.", 0) > first);
    assert_true(next_of(topics, "one.too.many.", 0) > first + 1); /* a hole: taken for a loss, which is safe */
    assert_int_equal(next_of(topics, "sig.s.7.", 0), 2);
}

static void a_topic_that_is_too_long_does_no_harm(void **state)
{
    as_topics *topics = *state;
    char topic[2 * AS_TOPIC_BYTES];
    memset(topic, 'x', sizeof topic);
    topic[sizeof topic - 1] = 0;
    assert_true(next_of(topics, topic, 0) > 0);
    assert_int_equal(recent(topics, 0).count, 0);
}

static void random_use_agrees_with_a_plain_table(void **state)
{
    enum { NAMES = 12, STEPS = 5000 };
    as_topics *topics = *state;
    uint64_t tseq[NAMES] = {0}, used[NAMES] = {0}, beat = 100;
    uint64_t seed = 20260701;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned step = 0; step < STEPS; step++) {
        char topic[8] = {(char)('a' + ast_random(&seed) % NAMES), '.', 0};
        unsigned which = (unsigned)(topic[0] - 'a');
        assert_int_equal(next_of(topics, topic, beat), ++tseq[which]);
        used[which] = beat;
        beat += ast_random(&seed) % 3 == 0;
        if (step % 50)
            continue;
        list l = recent(topics, beat);
        unsigned expected = 0;
        for (unsigned i = 0; i < NAMES; i++)
            expected += used[i] && used[i] + AS_TOPICS_RECENT >= beat;
        assert_int_equal(l.count, expected);
        for (unsigned i = 0; i < l.count; i++)
            assert_int_equal(l.tseq[i], tseq[l.topic[i][0] - 'a']);
    }
    as_topics_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_topic_counts_from_one, make, drop),
        cmocka_unit_test_setup_teardown(recent_topics_come_in_the_order_of_first_use_without_heartbeats, make, drop),
        cmocka_unit_test_setup_teardown(a_topic_is_recent_for_eight_beats_and_again_after_its_next_use, make, drop),
        cmocka_unit_test_setup_teardown(topics_beyond_the_limit_share_a_sequence_that_still_rises, make, drop),
        cmocka_unit_test_setup_teardown(a_topic_that_is_too_long_does_no_harm, make, drop),
        cmocka_unit_test_setup_teardown(random_use_agrees_with_a_plain_table, make, drop),
    };
    return cmocka_run_group_tests_name("topics", tests, NULL, NULL);
}
