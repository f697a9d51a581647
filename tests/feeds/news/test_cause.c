#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/news/cause.h"
#include "feeds/news/lexicon.h"

static as_lexicon ast_lexicon;

/*
 * The issuer that comes first: every word of one capital letter (A, B, C) is a company, numbered from 1 in the order
 * they are named. The second one's relevance after reading goes into *second.
 */
static uint32_t ast_first(const char *headline, float *second)
{
    static as_text text;
    as_cause_words words;
    as_links links;

    memset(&links, 0, sizeof links);
    as_cause_words_init(&words);
    as_text_read(&text, headline, strlen(headline));
    as_lexicon_mark(&ast_lexicon, &text);
    for (unsigned i = 0; i < text.token_count; i++) {
        if (text.token[i].bytes != 1 || text.token[i].upper_first == 0)
            continue;
        links.issuer[links.issuer_count] = links.issuer_count + 1u;
        links.relevance[links.issuer_count] = links.issuer_count == 0 ? 0.9F : 0.6F;
        links.mention[links.mention_count] =
            (as_mention){.issuer = links.issuer_count + 1u, .first = (uint8_t)i, .end = (uint8_t)(i + 1)};
        links.issuer_count++;
        links.mention_count++;
    }
    as_cause_order(&words, &text, &links);
    assert_true(links.issuer_count == 0 || links.relevance[0] >= 0.9F);
    *second = links.issuer_count > 1 ? links.relevance[1] : 0;
    return links.issuer_count > 0 ? links.issuer[0] : 0;
}

static void who_does_it_comes_before_who_moves(void **state)
{
    (void)state;
    float second;
    assert_int_equal(ast_first("C falls after M says it will sell compute", &second), 2);
    assert_true(second < 0.7F);
    assert_int_equal(ast_first("C, N slide more than 6% as M opens its own cloud", &second), 3);
    assert_int_equal(ast_first("C shares jump on M contract", &second), 2);
}

static void two_moves_have_no_cause(void **state)
{
    (void)state;
    float second;
    assert_int_equal(ast_first("C slips as N falls", &second), 1);
    assert_int_equal(ast_first("C falls as N shares drop", &second), 1);
}

static void without_a_move_or_a_link_the_order_stays(void **state)
{
    (void)state;
    float second;
    assert_int_equal(ast_first("C signs lease after M pays", &second), 1);
    assert_int_equal(ast_first("C falls; M sells compute", &second), 1);
    assert_int_equal(ast_first("C falls after M", &second), 1);
    assert_int_equal(ast_first("C falls after rate rise", &second), 1);
    assert_int_equal(ast_first("", &second), 0);
}

static int ast_open(void **state)
{
    (void)state;
    return as_lexicon_init(&ast_lexicon);
}

static int ast_close(void **state)
{
    (void)state;
    as_lexicon_fini(&ast_lexicon);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_it_comes_before_who_moves),
        cmocka_unit_test(two_moves_have_no_cause),
        cmocka_unit_test(without_a_move_or_a_link_the_order_stays),
    };
    return cmocka_run_group_tests_name("cause", tests, ast_open, ast_close);
}
