#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/repeats.h"

static as_repeats *memory;

static int make(void **state)
{
    (void)state;
    memory = calloc(1, sizeof *memory);
    return memory ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static as_headline headline(const char *source, const char *id, uint32_t revision, const char *text)
{
    as_headline h;
    memset(&h, 0, sizeof h);
    h.ts_event = h.ts_recv = AS_NS_PER_DAY;
    h.revision = revision;
    (void)snprintf(h.source, sizeof h.source, "%s", source);
    (void)snprintf(h.id, sizeof h.id, "%s", id);
    (void)snprintf(h.text, sizeof h.text, "%s", text);
    h.text_bytes = (uint16_t)strlen(h.text);
    return h;
}

static as_repeat see(const char *source, const char *id, uint32_t revision, const char *text)
{
    as_headline h = headline(source, id, revision, text);
    return as_repeats_see(memory, &h);
}

static void words_are_equal_without_case_punctuation_and_blanks(void **state)
{
    (void)state;
    const char *a = "Meta Plans to Sell Excess AI Compute", *b = "META plans to sell excess A.I. compute!",
               *c = "Meta plans to sell its AI compute";
    assert_int_equal(as_repeats_hash_words(a, strlen(a)), as_repeats_hash_words(b, strlen(b)));
    assert_int_not_equal(as_repeats_hash_words(a, strlen(a)), as_repeats_hash_words(c, strlen(c)));
    const char *d = "\xc3\xa9t\xc3\xa9", *e = "t";
    assert_int_not_equal(as_repeats_hash_words(d, strlen(d)), as_repeats_hash_words(e, strlen(e)));
}

static void the_same_name_twice_is_a_duplicate_and_a_revision_is_not(void **state)
{
    (void)state;
    assert_int_equal(see("a", "1", 0, "first words"), AS_REPEAT_NONE);
    assert_int_equal(see("a", "1", 0, "first words"), AS_REPEAT_NAME);
    assert_int_equal(see("a", "1", 0, "other words"), AS_REPEAT_NAME);
    assert_int_equal(see("a", "1", 1, "first words"), AS_REPEAT_NONE);
    assert_int_equal(see("a", "1", 1, "first words"), AS_REPEAT_NAME);
    assert_int_equal(see("b", "1", 0, "words of another source"), AS_REPEAT_NONE);
}

static void the_same_words_under_another_name_are_a_repeat_within_a_day(void **state)
{
    (void)state;
    assert_int_equal(see("c", "10", 0, "Chips rise"), AS_REPEAT_NONE);
    assert_int_equal(see("d", "11", 0, "CHIPS RISE."), AS_REPEAT_WORDS);
    as_headline late = headline("e", "12", 0, "chips rise");
    late.ts_event += AS_REPEATS_WINDOW_NS + 1;
    assert_int_equal(as_repeats_see(memory, &late), AS_REPEAT_NONE);
    as_headline back = headline("e", "13", 0, "Chips rise");
    back.retracted = 1;
    assert_int_equal(as_repeats_see(memory, &back), AS_REPEAT_NONE);
}

/* Twice the memory's room: of the latest eighth nearly all are known, and nothing new is ever called old. */
static void the_latest_are_remembered_and_no_new_one_is_called_old(void **state)
{
    (void)state;
    char id[24], text[48];
    memset(memory, 0, sizeof *memory);
    for (int i = 0; i < 2 * AS_REPEATS_MAX; i++) {
        (void)snprintf(id, sizeof id, "n%d", i);
        (void)snprintf(text, sizeof text, "number %d", i);
        assert_int_equal(see("s", id, 0, text), AS_REPEAT_NONE);
    }
    int known = 0;
    enum { LATEST = AS_REPEATS_MAX / 8 };
    for (int i = 2 * AS_REPEATS_MAX - LATEST; i < 2 * AS_REPEATS_MAX; i++) {
        (void)snprintf(id, sizeof id, "n%d", i);
        known += see("s", id, 0, "x") == AS_REPEAT_NAME;
    }
    assert_true(known > LATEST * 98 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_equal_without_case_punctuation_and_blanks),
        cmocka_unit_test(the_same_name_twice_is_a_duplicate_and_a_revision_is_not),
        cmocka_unit_test(the_same_words_under_another_name_are_a_repeat_within_a_day),
        cmocka_unit_test(the_latest_are_remembered_and_no_new_one_is_called_old),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
