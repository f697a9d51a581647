#include "tests/support/desk_fixture.h"

#include "feeds/news/lexicon.h"
#include "tests/support/random.h"

static as_lexicon ast_lexicon;

static int ast_setup(void **state)
{
    (void)state;
    return as_lexicon_init(&ast_lexicon);
}

static int ast_teardown(void **state)
{
    (void)state;
    as_lexicon_fini(&ast_lexicon);
    as_lexicon_fini(&ast_lexicon); /* safe on zeroes */
    return 0;
}

static uint32_t ast_flags(const char *word)
{
    return as_lexicon_find(&ast_lexicon, as_text_hash(word, strlen(word)));
}

static void every_flag_is_a_bit_of_its_own(void **state)
{
    (void)state;
    static const uint32_t flag[] = {
        AS_WORD_COMMON,     AS_WORD_ACRONYM,   AS_WORD_VERB,   AS_WORD_MARKET,     AS_WORD_SUFFIX, AS_WORD_GENERIC,
        AS_WORD_OBJECT,     AS_WORD_AUXILIARY, AS_WORD_RATING, AS_WORD_PARTICIPLE, AS_WORD_SMALL,  AS_WORD_FUNCTION,
        AS_WORD_DETERMINER, AS_WORD_FRAME,     AS_WORD_LIST,   AS_WORD_STOCK,      AS_WORD_NUMBER, AS_WORD_DAY,
    };
    uint32_t seen = 0;
    for (size_t i = 0; i < sizeof flag / sizeof flag[0]; i++) {
        assert_int_equal(__builtin_popcount(flag[i]), 1);
        assert_int_equal(seen & flag[i], 0);
        seen |= flag[i];
    }
}

static void the_table_keeps_room_for_probing(void **state)
{
    (void)state;
    uint32_t used = 0;
    assert_int_equal(ast_lexicon.mask & (ast_lexicon.mask + 1), 0);
    for (uint32_t i = 0; i <= ast_lexicon.mask; i++) {
        used += ast_lexicon.hash[i] != 0;
        assert_true((ast_lexicon.hash[i] == 0) == (ast_lexicon.flags[i] == 0));
    }
    printf("%u words in %u slots\n", used, ast_lexicon.mask + 1);
    assert_true(used > 1000 && used <= (ast_lexicon.mask + 1) / 2);
}

static void a_word_carries_all_lists_it_is_in(void **state)
{
    (void)state;
    assert_true((ast_flags("target") & (AS_WORD_COMMON | AS_WORD_RATING)) == (AS_WORD_COMMON | AS_WORD_RATING));
    assert_true((ast_flags("holdings") & (AS_WORD_SUFFIX | AS_WORD_GENERIC)) == (AS_WORD_SUFFIX | AS_WORD_GENERIC));
    assert_true((ast_flags("shares") & (AS_WORD_MARKET | AS_WORD_STOCK)) == (AS_WORD_MARKET | AS_WORD_STOCK));
    assert_true((ast_flags("monday") & (AS_WORD_FUNCTION | AS_WORD_DAY)) == (AS_WORD_FUNCTION | AS_WORD_DAY));
    assert_true((ast_flags("two") & AS_WORD_NUMBER) != 0);
}

static void each_list_holds_its_kind_of_word(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        uint32_t has, has_not;
    } row[] = {
        {"block", AS_WORD_COMMON, AS_WORD_ACRONYM},     {"meta", AS_WORD_COMMON, AS_WORD_FUNCTION},
        {"ceo", AS_WORD_ACRONYM, AS_WORD_SUFFIX},       {"etf", AS_WORD_ACRONYM, AS_WORD_VERB},
        {"raises", AS_WORD_VERB, AS_WORD_MARKET},       {"withdraws", AS_WORD_VERB, AS_WORD_COMMON},
        {"spokesman", AS_WORD_MARKET, AS_WORD_VERB},    {"plc", AS_WORD_SUFFIX, AS_WORD_COMMON},
        {"platforms", AS_WORD_GENERIC, AS_WORD_COMMON}, {"sues", AS_WORD_OBJECT | AS_WORD_VERB, AS_WORD_COMMON},
        {"should", AS_WORD_AUXILIARY, AS_WORD_OBJECT},  {"owned", AS_WORD_PARTICIPLE, AS_WORD_COMMON},
        {"of", AS_WORD_SMALL, AS_WORD_DETERMINER},      {"the", AS_WORD_SMALL | AS_WORD_DETERMINER, AS_WORD_VERB},
        {"description", AS_WORD_FRAME, AS_WORD_MARKET}, {"featuring", AS_WORD_LIST, AS_WORD_VERB},
        {"dow", AS_WORD_FUNCTION, AS_WORD_MARKET},      {"dividend", AS_WORD_STOCK, AS_WORD_COMMON},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint32_t flags = ast_flags(row[i].word);
        if ((flags & row[i].has) != row[i].has || (flags & row[i].has_not) != 0)
            fail_msg("\"%s\" has flags %#x", row[i].word, flags);
    }
}

static void names_of_companies_are_no_ordinary_words(void **state)
{
    (void)state;
    static const char *const name[] = {"nvidia", "microsoft", "coreweave", "amazon", "oracle",  "alphabet", "micron",
                                       "tesla",  "broadcom",  "palantir",  "adobe",  "netflix", "walmart",  "gm"};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        assert_int_equal(ast_flags(name[i]) & (AS_WORD_COMMON | AS_WORD_ACRONYM | AS_WORD_FUNCTION), 0);
}

static void unknown_words_and_the_empty_word_have_no_flags(void **state)
{
    (void)state;
    uint64_t seed = 33;
    assert_int_equal(ast_flags(""), 0);
    assert_int_equal(ast_flags("Target"), 0); /* the hash is of the lower-case word */
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < 20000; i++)
        assert_int_equal(as_lexicon_find(&ast_lexicon, ast_random(&seed) | 1), 0);
}

static void marking_sets_every_word_of_a_text(void **state)
{
    (void)state;
    static as_text text;
    static const char raw[] = "Target raises the dividend, Quxly says";
    as_text_read(&text, raw, strlen(raw));
    for (unsigned i = 0; i < text.token_count; i++)
        text.token[i].lexicon = UINT32_MAX;
    as_lexicon_mark(&ast_lexicon, &text);
    assert_int_equal(text.token_count, 6);
    assert_int_equal(text.token[0].lexicon, ast_flags("target"));
    assert_int_equal(text.token[1].lexicon, ast_flags("raises"));
    assert_int_equal(text.token[2].lexicon, ast_flags("the"));
    assert_int_equal(text.token[3].lexicon, ast_flags("dividend"));
    assert_int_equal(text.token[4].lexicon, 0);
    assert_int_equal(text.token[5].lexicon, ast_flags("says"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flag_is_a_bit_of_its_own),
        cmocka_unit_test(the_table_keeps_room_for_probing),
        cmocka_unit_test(a_word_carries_all_lists_it_is_in),
        cmocka_unit_test(each_list_holds_its_kind_of_word),
        cmocka_unit_test(names_of_companies_are_no_ordinary_words),
        cmocka_unit_test(unknown_words_and_the_empty_word_have_no_flags),
        cmocka_unit_test(marking_sets_every_word_of_a_text),
    };
    return cmocka_run_group_tests_name("lexicon", tests, ast_setup, ast_teardown);
}
