#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/news/sense.h"

static as_senses ast_senses;

/* Is the first word of the headline used in its ordinary sense? */
static bool ast_ordinary(const char *headline)
{
    as_text text;
    as_text_read(&text, headline, strlen(headline));
    const as_sense *sense = as_senses_find(&ast_senses, text.token[0].hash);
    assert_non_null(sense);
    return as_senses_ordinary(&ast_senses, sense, &text, 0);
}

static void the_words_around_decide(void **state)
{
    (void)state;
    assert_true(ast_ordinary("Apple orchards hit by hail"));
    assert_false(ast_ordinary("Apple lifts dividend"));
    assert_true(ast_ordinary("Gap between rich and poor widens"));
    assert_false(ast_ordinary("Gap posts profit"));
    assert_true(ast_ordinary("Visa application backlog grows"));
    assert_false(ast_ordinary("Visa beats estimates"));
}

static void weak_words_speak_close_to_the_name_only(void **state)
{
    (void)state;
    assert_true(ast_ordinary("Amazon river runs dry"));
    assert_false(ast_ordinary("Amazon campus to rise beside a river"));
    assert_true(ast_ordinary("Amazon loggers fined beside a river"));
}

/* Does a neighbour of the first word? */
static bool ast_beside(const char *headline)
{
    as_text text;
    as_text_read(&text, headline, strlen(headline));
    const as_sense *sense = as_senses_find(&ast_senses, text.token[0].hash);
    assert_non_null(sense);
    return as_senses_beside(&ast_senses, sense, &text, 0);
}

static void a_neighbour_is_told_from_a_word_further_off(void **state)
{
    (void)state;
    assert_true(ast_beside("Apple growers fear frost"));
    assert_false(ast_beside("Apple helps growers"));
    assert_false(ast_beside("Apple"));
}

static void the_name_itself_is_no_evidence(void **state)
{
    (void)state;
    assert_false(ast_ordinary("Oracle"));
    assert_true(ast_ordinary("Block apartment block"));
}

static void other_words_are_not_listed(void **state)
{
    (void)state;
    assert_null(as_senses_find(&ast_senses, as_text_hash("nvidia", 6)));
    assert_null(as_senses_find(&ast_senses, as_text_hash("", 0)));
}

static int ast_open(void **state)
{
    (void)state;
    return as_senses_init(&ast_senses);
}

static int ast_close_all(void **state)
{
    (void)state;
    as_senses_fini(&ast_senses);
    as_senses_fini(&ast_senses);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_around_decide),
        cmocka_unit_test(weak_words_speak_close_to_the_name_only),
        cmocka_unit_test(a_neighbour_is_told_from_a_word_further_off),
        cmocka_unit_test(the_name_itself_is_no_evidence),
        cmocka_unit_test(other_words_are_not_listed),
    };
    return cmocka_run_group_tests_name("sense", tests, ast_open, ast_close_all);
}
