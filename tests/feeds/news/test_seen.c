#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "feeds/decode/headline_record.h"
#include "feeds/news/seen.h"
#include "tests/support/random.h"

static as_seen *seen;
static as_headline headline;

static int open_one(void **state)
{
    (void)state;
    seen = as_seen_new();
    return seen != NULL ? 0 : -1;
}

static int free_one(void **state)
{
    (void)state;
    as_seen_free(seen);
    as_seen_free(NULL);
    return 0;
}

static as_seen_result see(const char *source, const char *id, uint32_t revision, const char *text)
{
    as_headline_clear(&headline);
    strcpy(headline.source, source);
    strcpy(headline.id, id);
    strcpy(headline.text, text);
    headline.text_bytes = (uint16_t)strlen(text);
    headline.revision = revision;
    return as_seen_see(seen, &headline);
}

static void each_revision_goes_through_once_and_no_older_one(void **state)
{
    (void)state;
    assert_int_equal(see("a", "1", 1, "x"), AS_SEEN_NEW);
    assert_int_equal(see("a", "1", 1, "x"), AS_SEEN_AGAIN);
    assert_int_equal(see("a", "1", 1, "another text"), AS_SEEN_AGAIN);
    assert_int_equal(see("a", "1", 3, "x"), AS_SEEN_NEW);
    assert_int_equal(see("a", "1", 2, "x"), AS_SEEN_OLDER);
    assert_int_equal(see("a", "1", 3, "x"), AS_SEEN_AGAIN);
    assert_int_equal(see("a", "1", UINT32_MAX, "x"), AS_SEEN_NEW);
    assert_int_equal(see("a", "0", 0, "x"), AS_SEEN_NEW);
    assert_int_equal(see("a", "0", 0, "x"), AS_SEEN_AGAIN);
}

static void a_name_is_the_source_and_the_id(void **state)
{
    (void)state;
    assert_int_equal(see("a", "bc", 1, "x"), AS_SEEN_NEW);
    assert_int_equal(see("ab", "c", 1, "x"), AS_SEEN_NEW);
    assert_int_equal(see("", "abc", 1, "x"), AS_SEEN_NEW);
    assert_int_equal(see("b", "bc", 1, "x"), AS_SEEN_NEW);
    assert_int_equal(see("a", "bc", 1, "x"), AS_SEEN_AGAIN);
}

static void a_retraction_is_newer_than_what_it_takes_back(void **state)
{
    (void)state;
    assert_int_equal(see("a", "1", 5, "x"), AS_SEEN_NEW);
    headline.retracted = 1;
    assert_int_equal(as_seen_see(seen, &headline), AS_SEEN_NEW);
    assert_int_equal(as_seen_see(seen, &headline), AS_SEEN_AGAIN);
    assert_int_equal(see("a", "1", 5, "x"), AS_SEEN_OLDER);
    assert_int_equal(see("a", "1", 6, "x"), AS_SEEN_NEW);
}

static void the_latest_text_is_recalled(void **state)
{
    (void)state;
    as_headline asked;
    see("a", "1", 1, "first");
    as_headline_clear(&headline);
    strcpy(headline.source, "a");
    strcpy(headline.id, "1");
    strcpy(headline.url, "https://x/1");
    strcpy(headline.text, "second");
    headline.text_bytes = 6;
    headline.revision = 2;
    as_headline_add_tag(&headline, 9);
    assert_int_equal(as_seen_see(seen, &headline), AS_SEEN_NEW);
    as_headline_clear(&asked);
    strcpy(asked.source, "a");
    strcpy(asked.id, "1");
    asked.revision = 7;
    asked.retracted = 1;
    assert_true(as_seen_recall(seen, &asked));
    assert_string_equal(asked.text, "second");
    assert_int_equal(asked.text_bytes, 6);
    assert_string_equal(asked.url, "https://x/1");
    assert_int_equal(asked.tag_count, 1);
    assert_int_equal(asked.tag[0], 9);
    assert_int_equal(asked.revision, 7);
    assert_int_equal(asked.retracted, 1);
    strcpy(asked.id, "2");
    assert_false(as_seen_recall(seen, &asked));
}

/* Of many items the latest ones are known: a set is eight of them, so nearly all of the last quarter. */
static void what_has_not_been_seen_for_long_makes_room(void **state)
{
    (void)state;
    char id[32];
    unsigned known = 0, texts = 0;
    uint64_t seed = 3;
    print_message("seed %llu\n", (unsigned long long)seed);
    uint64_t first = ast_random(&seed);
    for (uint64_t i = 0; i < 3 * AS_SEEN_MAX; i++) {
        snprintf(id, sizeof id, "%llx", (unsigned long long)(first + i));
        assert_int_equal(see("a", id, 1, "x"), AS_SEEN_NEW);
    }
    for (uint64_t i = 3 * AS_SEEN_MAX - AS_SEEN_MAX / 4; i < 3 * AS_SEEN_MAX; i++) {
        snprintf(id, sizeof id, "%llx", (unsigned long long)(first + i));
        strcpy(headline.id, id);
        if (i >= 3 * AS_SEEN_MAX - AS_SEEN_TEXT_MAX / 4)
            texts += as_seen_recall(seen, &headline);
    }
    for (uint64_t i = 3 * AS_SEEN_MAX - AS_SEEN_MAX / 4; i < 3 * AS_SEEN_MAX; i++) {
        snprintf(id, sizeof id, "%llx", (unsigned long long)(first + i));
        known += see("a", id, 1, "x") == AS_SEEN_AGAIN;
    }
    assert_in_range(known, AS_SEEN_MAX / 4 * 98 / 100, AS_SEEN_MAX / 4);
    assert_in_range(texts, AS_SEEN_TEXT_MAX / 4 * 95 / 100, AS_SEEN_TEXT_MAX / 4);
    snprintf(id, sizeof id, "%llx", (unsigned long long)first);
    assert_int_equal(see("a", id, 1, "x"), AS_SEEN_NEW); /* forgotten */
}

/* An item that keeps coming stays known, however many others come in between. */
static void what_keeps_coming_stays_known(void **state)
{
    (void)state;
    char id[32];
    assert_int_equal(see("b", "often", 1, "x"), AS_SEEN_NEW);
    for (unsigned i = 0; i < 2 * AS_SEEN_MAX; i++) {
        snprintf(id, sizeof id, "n%u", i);
        assert_int_equal(see("b", id, 1, "x"), AS_SEEN_NEW);
        if (i % 1000 == 0)
            assert_int_equal(see("b", "often", 1, "x"), AS_SEEN_AGAIN);
    }
}

/* What found no room in the rings is new when it comes again. */
static void what_is_forgotten_is_new_again(void **state)
{
    (void)state;
    assert_int_equal(see("a", "1", 2, "x"), AS_SEEN_NEW);
    as_headline lost = headline;
    assert_int_equal(see("a", "2", 1, "y"), AS_SEEN_NEW);
    as_seen_forget(seen, &lost);
    assert_int_equal(see("a", "1", 2, "x"), AS_SEEN_NEW);
    assert_int_equal(see("a", "2", 1, "y"), AS_SEEN_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_revision_goes_through_once_and_no_older_one, open_one, free_one),
        cmocka_unit_test_setup_teardown(a_name_is_the_source_and_the_id, open_one, free_one),
        cmocka_unit_test_setup_teardown(a_retraction_is_newer_than_what_it_takes_back, open_one, free_one),
        cmocka_unit_test_setup_teardown(the_latest_text_is_recalled, open_one, free_one),
        cmocka_unit_test_setup_teardown(what_has_not_been_seen_for_long_makes_room, open_one, free_one),
        cmocka_unit_test_setup_teardown(what_keeps_coming_stays_known, open_one, free_one),
        cmocka_unit_test_setup_teardown(what_is_forgotten_is_new_again, open_one, free_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
