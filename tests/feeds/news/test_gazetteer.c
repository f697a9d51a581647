#include "tests/support/desk_fixture.h"

#include "feeds/news/gazetteer.h"

static const char ast_csv[] = "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                              "GOOGL,Alphabet Inc. Class A Common Stock,web,,,,,\n"
                              "GOOG,Alphabet Inc. Class C Capital Stock,web,,,,,Google|SAFE\n"
                              "CRWV,\"CoreWeave, Inc. Class A Common Stock\",cloud,,,,,\n"
                              "MU,\"Micron Technology, Inc. Common Stock\",chip,,,,,\n"
                              "TGT,Target Corporation Common Stock,shop,,,,,\n"
                              "BK,The Bank of New York Mellon Corporation Common Stock,bank,,,,,\n"
                              "DOW,Dow Inc. Common Stock,chem,,,,,\n"
                              "AAA,Northern Lights Holdings Inc.,x,,,,,\n"
                              "BBB,Northern Lights Group Inc.,x,,,,,\n"
                              "CCC,Evening Star Inc.,x,,,,,Northern Lights|CASED\n"
                              "DDD,Zephyr Quill Inc.,x,,,,,\n"
                              "EEE,Zephyr Quill Technologies Ltd,x,,,,,\n"
                              "BRK.B,Berkshire Hathaway Inc.,broad,,,,,\n"
                              "JPM,JPMorgan Chase & Co.,bank,,,,,\n"
                              "ONE,\"A B C D E F G H I Inc.\",x,,,,,\n"
                              "NIL,,x,,,,,\n";

static as_universe ast_universe;
static as_lexicon ast_lexicon;
static as_gazetteer ast_gazetteer;

static int ast_setup(void **state)
{
    (void)state;
    ast_universe_text_load(&ast_universe, ast_csv);
    assert_int_equal(as_lexicon_init(&ast_lexicon), 0);
    return as_gazetteer_init(&ast_gazetteer, &ast_universe, &ast_lexicon);
}

static int ast_teardown(void **state)
{
    (void)state;
    as_gazetteer_fini(&ast_gazetteer);
    as_gazetteer_fini(&ast_gazetteer); /* safe on zeroes */
    as_lexicon_fini(&ast_lexicon);
    as_universe_fini(&ast_universe);
    return 0;
}

static const as_gram *ast_find(const char *words)
{
    static as_text text;
    uint64_t chain = 0;
    as_text_read(&text, words, strlen(words));
    for (unsigned i = 0; i < text.token_count; i++)
        chain = as_text_chain(chain, text.token[i].hash);
    return as_gazetteer_find(&ast_gazetteer, chain);
}

static uint32_t ast_id(const char *symbol)
{
    return as_symbols_find(&ast_universe.symbols, symbol, strlen(symbol));
}

static uint32_t ast_alias(const char *words)
{
    const as_gram *gram = ast_find(words);
    return gram != NULL ? gram->alias : AS_INSTRUMENT_NONE;
}

static uint32_t ast_ticker(const char *words)
{
    const as_gram *gram = ast_find(words);
    return gram != NULL ? gram->ticker : AS_INSTRUMENT_NONE;
}

static void share_classes_take_the_one_with_aliases_as_issuer(void **state)
{
    (void)state;
    uint32_t issuer = ast_id("GOOG");
    assert_int_equal(ast_gazetteer.issuer[ast_id("GOOGL")], issuer);
    assert_int_equal(ast_gazetteer.issuer[issuer], issuer);
    assert_int_equal(ast_alias("alphabet"), issuer);
    assert_int_equal(ast_alias("google"), issuer);
    assert_int_equal(ast_ticker("googl"), issuer);
    assert_int_equal(ast_gazetteer.issuer[ast_id("MU")], ast_id("MU"));
}

static void legal_endings_and_generic_endings_fall_off_step_by_step(void **state)
{
    (void)state;
    assert_int_equal(ast_alias("micron technology"), ast_id("MU"));
    assert_int_equal(ast_alias("micron"), ast_id("MU"));
    assert_int_equal(ast_alias("bank of new york mellon"), ast_id("BK"));
    assert_int_equal(ast_alias("the bank of new york mellon"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_alias("micron technology inc"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_alias("bank"), AS_INSTRUMENT_NONE);
}

static void the_class_is_guessed_from_how_ordinary_the_words_are(void **state)
{
    (void)state;
    assert_int_equal(ast_find("target")->alias_class, AS_ALIAS_CONTEXT);
    assert_int_equal(ast_find("coreweave")->alias_class, AS_ALIAS_CASED);
    assert_int_equal(ast_find("berkshire hathaway")->alias_class, AS_ALIAS_SAFE);
    assert_int_equal(ast_find("google")->alias_class, AS_ALIAS_SAFE); /* as given */
    assert_int_equal(ast_find("google")->flags & AS_GRAM_EXPLICIT, AS_GRAM_EXPLICIT);
    assert_int_equal(ast_find("target")->flags & AS_GRAM_EXPLICIT, 0);
    assert_int_equal(ast_find("micron technology")->upper_mask, 3);
}

static void a_function_word_names_a_company_only_with_its_ending(void **state)
{
    (void)state;
    assert_int_equal(ast_alias("dow"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_alias("dow inc"), ast_id("DOW"));
    assert_int_equal(ast_ticker("dow"), ast_id("DOW"));
}

static void a_name_two_issuers_derive_names_neither_unless_given(void **state)
{
    (void)state;
    assert_int_equal(ast_alias("zephyr quill technologies"), ast_id("EEE"));
    assert_int_equal(ast_alias("zephyr quill"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_find("zephyr quill")->flags & AS_GRAM_AMBIGUOUS, AS_GRAM_AMBIGUOUS);
    assert_int_equal(ast_alias("northern lights"), ast_id("CCC"));
    assert_int_equal(ast_alias("northern lights holdings"), ast_id("AAA"));
}

static void symbols_are_tickers_and_no_names(void **state)
{
    (void)state;
    assert_int_equal(ast_ticker("mu"), ast_id("MU"));
    assert_int_equal(ast_alias("mu"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_ticker("BRK.B"), ast_id("BRK.B"));
    assert_int_equal(ast_ticker("nil"), ast_id("NIL")); /* without a name of its own */
    assert_int_equal(ast_ticker("one"), ast_id("ONE"));
}

static void phrases_that_are_no_names_and_houses_are_flagged(void **state)
{
    (void)state;
    assert_int_equal(ast_find("oracle of omaha")->flags & AS_GRAM_REJECT, AS_GRAM_REJECT);
    assert_int_equal(ast_alias("oracle of omaha"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_find("price target")->flags & AS_GRAM_REJECT, AS_GRAM_REJECT);
    assert_int_equal(ast_find("jpmorgan chase")->flags & AS_GRAM_BROKER, AS_GRAM_BROKER);
    assert_int_equal(ast_alias("jpmorgan chase"), ast_id("JPM"));
    assert_null(ast_find("micron of omaha"));
}

static void the_first_word_tells_how_far_to_look(void **state)
{
    (void)state;
    assert_int_equal(ast_find("bank")->longest, 5);
    assert_int_equal(ast_find("oracle")->longest, 3); /* "oracle of omaha", though Oracle is not listed */
    assert_int_equal(ast_find("coreweave")->longest, 1);
    for (uint32_t i = 0; i <= ast_gazetteer.mask; i++)
        assert_true(ast_gazetteer.gram[i].longest <= AS_GRAM_WORDS_MAX);
    assert_null(ast_find("a b c d e f g h i")); /* longer than any entry may be */
}

static void the_table_grows_with_the_universe(void **state)
{
    (void)state;
    enum { NAMES = 3000, ROW_BYTES = 64 };
    as_universe universe;
    as_gazetteer gazetteer;
    char *csv = malloc(ROW_BYTES * (NAMES + 1));
    assert_non_null(csv);
    size_t used = (size_t)snprintf(csv, ROW_BYTES, "symbol,name,bucket\n");
    for (unsigned i = 0; i < NAMES; i++)
        used += (size_t)snprintf(csv + used, ROW_BYTES, "S%u,Quorl%u Vexim%u Inc.,x\n", i, i, i);
    ast_universe_text_load(&universe, csv);
    assert_int_equal(as_gazetteer_init(&gazetteer, &universe, &ast_lexicon), 0);
    assert_true(gazetteer.count > 2 * NAMES && gazetteer.count * 2 < gazetteer.mask);
    for (unsigned i = 0; i < NAMES; i++) {
        char word[2][24];
        uint64_t chain = 0;
        snprintf(word[0], sizeof word[0], "quorl%u", i);
        snprintf(word[1], sizeof word[1], "vexim%u", i);
        for (unsigned k = 0; k < 2; k++)
            chain = as_text_chain(chain, as_text_hash(word[k], strlen(word[k])));
        assert_int_equal(as_gazetteer_find(&gazetteer, chain)->alias, i);
    }
    as_gazetteer_fini(&gazetteer);
    as_universe_fini(&universe);
    free(csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_classes_take_the_one_with_aliases_as_issuer),
        cmocka_unit_test(legal_endings_and_generic_endings_fall_off_step_by_step),
        cmocka_unit_test(the_class_is_guessed_from_how_ordinary_the_words_are),
        cmocka_unit_test(a_function_word_names_a_company_only_with_its_ending),
        cmocka_unit_test(a_name_two_issuers_derive_names_neither_unless_given),
        cmocka_unit_test(symbols_are_tickers_and_no_names),
        cmocka_unit_test(phrases_that_are_no_names_and_houses_are_flagged),
        cmocka_unit_test(the_first_word_tells_how_far_to_look),
        cmocka_unit_test(the_table_grows_with_the_universe),
    };
    return cmocka_run_group_tests_name("gazetteer", tests, ast_setup, ast_teardown);
}
