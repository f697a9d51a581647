#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/news/text.h"
#include "feeds/news/vocabulary.h"

static as_vocabulary ast_vocabulary;

static uint64_t ast_bit(const char *name)
{
    int number = as_vocabulary_class(name, strlen(name));
    assert_true(number >= 0 && number < AS_CLASS_WORDS_MAX);
    return UINT64_C(1) << number;
}

static uint64_t ast_hash(const char *word)
{
    return as_text_hash(word, strlen(word));
}

static void words_have_their_classes_in_every_inflection(void **state)
{
    (void)state;
    assert_true(as_vocabulary_find(&ast_vocabulary, ast_hash("slashes")) & ast_bit("cut"));
    assert_true(as_vocabulary_find(&ast_vocabulary, ast_hash("slashing")) & ast_bit("cut"));
    assert_true(as_vocabulary_find(&ast_vocabulary, ast_hash("dram")) & ast_bit("memory"));
    assert_false(as_vocabulary_find(&ast_vocabulary, ast_hash("dram")) & ast_bit("cut"));
    assert_int_equal(as_vocabulary_find(&ast_vocabulary, ast_hash("zyzzyva")), 0);
}

static void a_pair_is_found_by_both_words_in_order(void **state)
{
    (void)state;
    uint64_t data = ast_hash("data"), center = ast_hash("center");
    assert_true(as_vocabulary_find(&ast_vocabulary, data) & AS_VOCABULARY_PAIR);
    assert_true(as_vocabulary_find(&ast_vocabulary, as_vocabulary_pair(data, center)) & ast_bit("datacenter"));
    assert_int_equal(as_vocabulary_find(&ast_vocabulary, as_vocabulary_pair(center, data)), 0);
}

static void a_word_may_be_of_several_classes(void **state)
{
    (void)state;
    uint64_t exits = as_vocabulary_find(&ast_vocabulary, ast_hash("exits"));
    assert_true(exits & ast_bit("halt"));
    assert_true(exits & ast_bit("depart"));
}

static void names_and_numbers_belong_together(void **state)
{
    (void)state;
    unsigned count = 0;
    for (; as_vocabulary_name(count) != NULL; count++)
        assert_int_equal(as_vocabulary_class(as_vocabulary_name(count), strlen(as_vocabulary_name(count))), count);
    assert_in_range(count, 40, AS_CLASS_WORDS_MAX);
    assert_int_equal(as_vocabulary_class("nosuch", 6), -1);
    assert_int_equal(as_vocabulary_class("cu", 2), -1);
}

static int ast_open(void **state)
{
    (void)state;
    return as_vocabulary_init(&ast_vocabulary);
}

static int ast_close_all(void **state)
{
    (void)state;
    as_vocabulary_fini(&ast_vocabulary);
    as_vocabulary_fini(&ast_vocabulary);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_their_classes_in_every_inflection),
        cmocka_unit_test(a_pair_is_found_by_both_words_in_order),
        cmocka_unit_test(a_word_may_be_of_several_classes),
        cmocka_unit_test(names_and_numbers_belong_together),
    };
    return cmocka_run_group_tests_name("vocabulary", tests, ast_open, ast_close_all);
}
