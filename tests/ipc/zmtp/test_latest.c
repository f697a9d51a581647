#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/latest.h"

static int put(as_zmtp_latest *latest, const char *topic, const char *payload, uint64_t gseq)
{
    return as_zmtp_latest_put(latest, topic, strlen(topic), (const uint8_t *)payload, strlen(payload), gseq);
}

static void a_topic_has_one_message_the_latest(void **state)
{
    static char large[5000];
    as_zmtp_latest latest = {0};
    (void)state;
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(put(&latest, "b.", "one", 1), 0);
    assert_int_equal(put(&latest, "a.", "two", 2), 1);
    assert_int_equal(put(&latest, "b.", large, 3), 0);
    assert_int_equal(put(&latest, "b", "four", 4), 2);
    assert_int_equal(put(&latest, "b.", "five", 5), 0);
    assert_int_equal(latest.count, 3);
    assert_int_equal(latest.topic[0]->gseq, 5);
    assert_int_equal(latest.topic[0]->payload_bytes, 4);
    assert_memory_equal(latest.topic[0]->payload, "five", 4);
    assert_int_equal(latest.topic[0]->topic_bytes, 2);
    as_zmtp_latest_fini(&latest);
}

static void news_come_once_and_in_turn(void **state)
{
    as_zmtp_news news = {0};
    (void)state;
    assert_int_equal(as_zmtp_news_take(&news), -1);
    as_zmtp_news_add(&news, 3);
    as_zmtp_news_add(&news, 1000);
    as_zmtp_news_add(&news, 3);
    assert_int_equal(news.count, 2);
    assert_int_equal(as_zmtp_news_take(&news), 3);
    as_zmtp_news_add(&news, 2);
    as_zmtp_news_add(&news, 3); /* changes often: it must wait for its turn */
    assert_int_equal(as_zmtp_news_take(&news), 1000);
    assert_int_equal(as_zmtp_news_take(&news), 2);
    assert_int_equal(as_zmtp_news_take(&news), 3);
    assert_int_equal(as_zmtp_news_take(&news), -1);
    as_zmtp_news_add(&news, 1023); /* the last bit of the map */
    assert_int_equal(as_zmtp_news_take(&news), 1023);
    as_zmtp_news_add(&news, 0);
    assert_int_equal(as_zmtp_news_take(&news), 0);
    as_zmtp_news_fini(&news);
}

static void a_prefix_finds_its_topics_and_no_others(void **state)
{
    static const char *const topic[] = {"sig.b.", "fact.a.", "sig.a.", "sig", "sih.", "sig.", "a.", "sig.a.X."};
    as_zmtp_latest latest = {0};
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(put(&latest, topic[i], "x", i), i);
    for (unsigned bytes = 0; bytes <= 6; bytes++) {
        as_zmtp_news news = {0};
        unsigned expected = 0, found = 0;
        assert_int_equal(as_zmtp_news_follow(&news, "sig.a.", bytes), 0);
        assert_int_equal(as_zmtp_news_take(&news), -1); /* asking looks at nothing */
        while (news.following_count > 0)
            assert_int_equal(as_zmtp_news_look(&news, &latest, 1), 1);
        for (int idx; (idx = as_zmtp_news_take(&news)) >= 0; found++)
            assert_int_equal(strncmp(topic[idx], "sig.a.", bytes), 0);
        for (unsigned i = 0; i < 8; i++)
            expected += strncmp(topic[i], "sig.a.", bytes) == 0;
        assert_int_equal(found, expected);
        as_zmtp_news_fini(&news);
    }
    as_zmtp_latest_fini(&latest);
}

static void looking_goes_on_where_it_was_though_topics_come(void **state)
{
    as_zmtp_latest latest = {0};
    as_zmtp_news news = {0};
    char topic[16];
    unsigned found = 0;
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(topic, sizeof topic, "t%u.", i * 7919 % 1000);
        put(&latest, topic, "x", i);
    }
    assert_int_equal(as_zmtp_news_follow(&news, "t", 1), 0);
    assert_int_equal(as_zmtp_news_follow(&news, "t9", 2), 0);
    assert_int_equal(as_zmtp_news_follow(&news, "t", 1), 0); /* the same again is one */
    assert_int_equal(news.following_count, 2);
    for (unsigned i = 0; news.following_count > 0; i++) {
        assert_in_range(as_zmtp_news_look(&news, &latest, 10), 1, 10);
        snprintf(topic, sizeof topic, "a%u.", i); /* before all of them: places move */
        put(&latest, topic, "x", i);
        assert_true(i < 130);
    }
    for (int idx; (idx = as_zmtp_news_take(&news)) >= 0; found++)
        assert_true(idx < 1000);
    assert_int_equal(found, 1000);
    as_zmtp_news_fini(&news);
    as_zmtp_latest_fini(&latest);
}

static void beyond_the_limit_no_topic_is_kept(void **state)
{
    as_zmtp_latest latest = {0};
    char topic[16];
    (void)state;
    for (unsigned i = 0; i < AS_TOPICS_MAX; i++) {
        snprintf(topic, sizeof topic, "t%u.", i * 7919 % AS_TOPICS_MAX);
        assert_int_equal(put(&latest, topic, "x", i), i);
    }
    assert_int_equal(put(&latest, "another.", "x", 1), -ENOSPC);
    assert_int_equal(put(&latest, "t7919.", "y", 1), 1);
    as_zmtp_latest_fini(&latest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_has_one_message_the_latest),
        cmocka_unit_test(news_come_once_and_in_turn),
        cmocka_unit_test(a_prefix_finds_its_topics_and_no_others),
        cmocka_unit_test(looking_goes_on_where_it_was_though_topics_come),
        cmocka_unit_test(beyond_the_limit_no_topic_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
