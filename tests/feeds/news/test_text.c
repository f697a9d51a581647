#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "feeds/news/text.h"
#include "tests/support/random.h"

static as_text ast_text;

static void ast_read(const char *raw)
{
    as_text_read(&ast_text, raw, strlen(raw));
}

static void ast_expect_word(unsigned idx, const char *lower)
{
    assert_true(idx < ast_text.token_count);
    const as_token *token = &ast_text.token[idx];
    assert_int_equal(token->bytes, strlen(lower));
    assert_memory_equal(ast_text.lower + token->offset, lower, token->bytes);
    assert_true(token->hash == as_text_hash(lower, strlen(lower)));
}

static void words_keep_their_place_and_their_case(void **state)
{
    (void)state;
    ast_read("Meta raises iPhone budget by 10% at IBM");
    assert_int_equal(ast_text.token_count, 8);
    ast_expect_word(0, "meta");
    assert_int_equal(ast_text.token[0].kind, AS_CASE_TITLE);
    assert_int_equal(ast_text.token[1].kind, AS_CASE_LOWER);
    ast_expect_word(2, "iphone");
    assert_int_equal(ast_text.token[2].kind, AS_CASE_MIXED);
    assert_int_equal(ast_text.token[2].raw_offset, 12);
    assert_int_equal(ast_text.token[5].kind, AS_CASE_NUMBER);
    assert_true(ast_text.token[5].flags & AS_TOKEN_PERCENT);
    assert_int_equal(ast_text.token[7].kind, AS_CASE_UPPER);
}

static void a_possessive_is_stripped_and_flagged(void **state)
{
    (void)state;
    ast_read("Apple\xe2\x80\x99s chips don't fit forecasters' views");
    ast_expect_word(0, "apple");
    assert_true(ast_text.token[0].flags & AS_TOKEN_POSSESSIVE);
    ast_expect_word(2, "don't");
    assert_false(ast_text.token[2].flags & AS_TOKEN_POSSESSIVE);
    ast_expect_word(4, "forecasters");
    assert_true(ast_text.token[4].flags & AS_TOKEN_POSSESSIVE);
}

static void marks_become_flags_of_their_words(void **state)
{
    (void)state;
    ast_read("5-micron: $CRWV (NASDAQ: NBIS) costs $1.25bn, AT&T? Yes");
    assert_true(ast_text.token[0].flags & AS_TOKEN_HYPHEN_RIGHT);
    assert_true(ast_text.token[1].flags & AS_TOKEN_HYPHEN_LEFT);
    assert_true(ast_text.token[1].flags & AS_TOKEN_COLON);
    ast_expect_word(2, "crwv");
    assert_true(ast_text.token[2].flags & AS_TOKEN_CASHTAG);
    assert_false(ast_text.token[2].flags & AS_TOKEN_PAREN);
    assert_true(ast_text.token[3].flags & AS_TOKEN_PAREN);
    ast_expect_word(4, "nbis");
    assert_true(ast_text.token[4].flags & AS_TOKEN_PAREN);
    assert_false(ast_text.token[5].flags & AS_TOKEN_PAREN);
    ast_expect_word(6, "1.25bn");
    assert_true(ast_text.token[6].flags & AS_TOKEN_MONEY);
    assert_true(ast_text.token[6].flags & AS_TOKEN_COMMA);
    assert_true(ast_text.token[8].flags & AS_TOKEN_JOINED);
    assert_true(ast_text.token[8].flags & AS_TOKEN_QUESTION);
    assert_true(ast_text.question);
    assert_int_equal(ast_text.sentence_count, 2);
}

static void initials_are_one_word_and_an_abbreviation_ends_no_sentence(void **state)
{
    (void)state;
    ast_read("U.S. sues Foo Inc. Investors vs. A.I. firm. End");
    assert_true(ast_text.token[0].hash == as_text_hash("us", 2));
    assert_int_equal(ast_text.token[0].kind, AS_CASE_UPPER);
    assert_false(ast_text.token[1].flags & AS_TOKEN_START);
    assert_int_equal(ast_text.token[4].sentence, 0);
    assert_true(ast_text.token[6].hash == as_text_hash("ai", 2));
    assert_int_equal(ast_text.sentence_count, 2);
}

static void unicode_is_folded_and_never_grows(void **state)
{
    (void)state;
    ast_read("Qu\xc3\xa9"
             "bec \xe2\x80\x9cgreen\xe2\x80\x9d\xe2\x80\x94now\xc2\xae \xef\xbc\xa1\xef\xbc\xa2");
    ast_expect_word(0, "quebec");
    ast_expect_word(1, "green");
    assert_true(ast_text.token[2].flags & AS_TOKEN_START);
    ast_expect_word(3, "ab");
    assert_true(ast_text.bytes <=
                strlen("Qu\xc3\xa9"
                       "bec \xe2\x80\x9cgreen\xe2\x80\x9d\xe2\x80\x94now\xc2\xae \xef\xbc\xa1\xef\xbc\xa2"));
}

static void character_references_are_read_as_their_characters(void **state)
{
    (void)state;
    ast_read("Intel&#39;s CEO quits S&amp;P &bogus; &#x20;end");
    assert_string_equal(ast_text.folded, "Intel's CEO quits S&P &bogus;  end");
    assert_true(ast_text.token[0].flags & AS_TOKEN_POSSESSIVE);
    assert_int_equal(ast_text.token[1].raw_offset, 12);
}

static void slugs_of_the_wires_go(void **state)
{
    (void)state;
    ast_read("UPDATE 2-Intel considers sale");
    ast_expect_word(0, "intel");
    assert_int_equal(ast_text.token_count, 3);
    assert_int_equal(ast_text.token[0].flags & (AS_TOKEN_START | AS_TOKEN_HYPHEN_LEFT), AS_TOKEN_START);
    ast_read("REFILE-UPDATE 1-Meta cuts jobs");
    ast_expect_word(0, "meta");
    ast_read("EXCLUSIVE-Intel sells unit"); /* a word of the news itself: stays, parted */
    ast_expect_word(0, "exclusive");
    ast_expect_word(1, "intel");
    assert_int_equal(ast_text.token[1].flags & (AS_TOKEN_START | AS_TOKEN_HYPHEN_LEFT), AS_TOKEN_START);
    ast_read("Update-minded users wait"); /* no slug */
    ast_expect_word(0, "update");
    ast_read("UPDATE of rules");
    ast_expect_word(0, "update");
    ast_read("RPT-");
    assert_int_equal(ast_text.token_count, 1);
}

static void bytes_that_are_not_utf8_are_skipped(void **state)
{
    (void)state;
    ast_read("Me\xff"
             "ta \xc3 \xe2\x80 \xc0\xaf \xed sells");
    ast_expect_word(0, "meta");
    ast_expect_word(1, "sells");
    assert_int_equal(ast_text.token_count, 2);
}

static void case_of_the_whole_headline_is_judged(void **state)
{
    (void)state;
    ast_read("META PLANS TO SELL COMPUTE");
    assert_true(ast_text.all_caps);
    ast_read("meta plans to sell compute");
    assert_true(ast_text.all_lower);
    ast_read("Meta Plans to Sell Its Excess Compute");
    assert_true(ast_text.title_case);
    ast_read("Meta plans to sell its excess compute");
    assert_false(ast_text.title_case || ast_text.all_caps || ast_text.all_lower);
}

static void empty_and_overlong_texts_are_read_as_far_as_the_limits(void **state)
{
    (void)state;
    char raw[4 * AS_HEADLINE_TEXT_BYTES];
    ast_read("");
    assert_int_equal(ast_text.token_count, 0);
    assert_int_equal(ast_text.sentence_count, 0);
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = i % 2 ? ' ' : 'a';
    as_text_read(&ast_text, raw, sizeof raw);
    assert_true(ast_text.cut);
    assert_int_equal(ast_text.token_count, AS_TOKEN_MAX);
    memset(raw, 'x', sizeof raw);
    as_text_read(&ast_text, raw, sizeof raw);
    assert_int_equal(ast_text.token_count, 1);
    assert_int_equal(ast_text.token[0].bytes, UINT8_MAX);
}

static void random_bytes_keep_the_invariants(void **state)
{
    (void)state;
    uint64_t seed = 20260701;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        char raw[160];
        size_t bytes = ast_random(&seed) % sizeof raw;
        static const char usual[] = "aB1 -.'$(),:;?!&/\xe2\x80\x99\xc3\xa9";
        for (size_t i = 0; i < bytes; i++)
            raw[i] = ast_random(&seed) % 8 ? usual[ast_random(&seed) % (sizeof usual - 1)] : (char)ast_random(&seed);
        as_text_read(&ast_text, raw, bytes);
        assert_true(ast_text.bytes <= bytes);
        assert_true(ast_text.token_count <= AS_TOKEN_MAX);
        unsigned end = 0;
        for (unsigned i = 0; i < ast_text.token_count; i++) {
            const as_token *token = &ast_text.token[i];
            assert_true(token->offset >= end && token->bytes > 0);
            end = token->offset + token->bytes;
            assert_true(end <= ast_text.bytes);
            assert_true(token->raw_offset < bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_keep_their_place_and_their_case),
        cmocka_unit_test(a_possessive_is_stripped_and_flagged),
        cmocka_unit_test(marks_become_flags_of_their_words),
        cmocka_unit_test(initials_are_one_word_and_an_abbreviation_ends_no_sentence),
        cmocka_unit_test(unicode_is_folded_and_never_grows),
        cmocka_unit_test(character_references_are_read_as_their_characters),
        cmocka_unit_test(slugs_of_the_wires_go),
        cmocka_unit_test(bytes_that_are_not_utf8_are_skipped),
        cmocka_unit_test(case_of_the_whole_headline_is_judged),
        cmocka_unit_test(empty_and_overlong_texts_are_read_as_far_as_the_limits),
        cmocka_unit_test(random_bytes_keep_the_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
