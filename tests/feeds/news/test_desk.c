#include "tests/support/desk_fixture.h"

#include "tests/support/json_vector.h"
#include "tests/support/random.h"

static ast_desk ast_d;

static int ast_setup(void **state)
{
    (void)state;
    ast_desk_open_reference(&ast_d);
    return 0;
}

static int ast_teardown(void **state)
{
    (void)state;
    ast_desk_close(&ast_d);
    return 0;
}

typedef struct ast_expected {
    const char *source, *text;
    as_cue cue;
    unsigned marks;
    as_source_class source_class;
    unsigned tier;
} ast_expected;

/* The reference event: four headlines of one fact. */
static void the_reference_day_is_read_as_one_story(void **state)
{
    (void)state;
    static const ast_expected expected[] = {
        {"Meta shareholder meeting", "Meta CEO: if we've overbuilt AI infrastructure, selling it is an option we have",
         AS_CUE_CONFIRMED, AS_MARK_HYPOTHETICAL, AS_CLASS_OFFICIAL, 1},
        {"Bloomberg", "Meta Plans to Sell Excess AI Compute Through New Cloud Business, People Familiar Say",
         AS_CUE_RUMOUR, AS_MARK_OWN_SOURCING, AS_CLASS_PRESS, 1},
        {"Reuters",
         "Meta cloud plan still in development and may change; Reuters could not verify; Meta declined to comment",
         AS_CUE_RUMOUR, AS_MARK_DECLINED | AS_MARK_UNVERIFIED, AS_CLASS_PRESS, 1},
        {"aggregator", "Meta announced plans to launch a cloud business that sells its excess AI computing power",
         AS_CUE_CONFIRMED, 0, AS_CLASS_AGGREGATOR, 3},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const as_headline *h = ast_desk_read(&ast_d, expected[i].source, expected[i].text);
        assert_string_equal(ast_issuers_of(&ast_d, &h->reading), "META");
        assert_string_equal(ast_event_of(h), "compute_supply_entry");
        assert_int_equal(h->reading.cue, expected[i].cue);
        assert_int_equal(h->reading.marks, expected[i].marks);
        assert_int_equal(h->reading.source_class, expected[i].source_class);
        assert_int_equal(h->reading.tier, expected[i].tier);
        assert_true(h->reading.feature_count > 5);
    }
}

static void the_shipped_headlines_are_read_alike(void **state)
{
    (void)state;
    static const unsigned marks[] = {AS_MARK_HYPOTHETICAL, AS_MARK_OWN_SOURCING, AS_MARK_DECLINED | AS_MARK_UNVERIFIED,
                                     0};
    char *text = ast_file_text("examples/reference-day/headlines.ndjson");
    unsigned count = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ast_json *row = ast_json_parse(line);
        const as_headline *h = ast_desk_read(&ast_d, ast_json_at(row, "src")->text, ast_json_at(row, "text")->text);
        assert_string_equal(ast_issuers_of(&ast_d, &h->reading), "META");
        assert_string_equal(ast_event_of(h), "compute_supply_entry");
        assert_true(count < 4);
        assert_int_equal(h->reading.marks, marks[count++]);
        ast_json_free(row);
    }
    assert_int_equal(count, 4);
    free(text);
}

static void reading_twice_gives_the_same_bytes(void **state)
{
    (void)state;
    static as_headline a, b;
    a = *ast_desk_read(&ast_d, "Reuters", "CoreWeave, Nebius shares tumble after report Meta may sell AI compute");
    b = a;
    memset(&b.reading, 0xa5, sizeof b.reading);
    as_desk_read(ast_d.desk, &b);
    assert_memory_equal(&a.reading, &b.reading, sizeof a.reading);
    assert_string_equal(ast_issuers_of(&ast_d, &b.reading), "META,CRWV,NBIS");
}

static void a_retracted_record_is_marked(void **state)
{
    (void)state;
    static as_headline h;
    h = *ast_desk_read(&ast_d, "Reuters", "Meta sells excess compute");
    assert_int_equal(h.reading.marks, 0);
    h.retracted = 1;
    as_desk_read(ast_d.desk, &h);
    assert_int_equal(h.reading.marks, AS_MARK_RETRACTED);
}

static void an_empty_headline_is_other(void **state)
{
    (void)state;
    const as_headline *h = ast_desk_read(&ast_d, "", "");
    assert_int_equal(h->reading.issuer_count, 0);
    assert_int_equal(h->reading.event_type, AS_EVENT_TYPE_OTHER);
    assert_int_equal(h->reading.feature_count, 0);
}

static void random_records_are_read_within_the_limits(void **state)
{
    (void)state;
    static as_headline h;
    uint64_t seed = 101;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 3000; round++) {
        memset(&h, 0, sizeof h);
        h.text_bytes = (uint16_t)(ast_random(&seed) % (AS_HEADLINE_TEXT_BYTES + 40)); /* may lie */
        for (unsigned i = 0; i < AS_HEADLINE_TEXT_BYTES; i++)
            h.text[i] = ast_random(&seed) % 4 ? "Meta OracleNVDA($)ai -,:?'sellcut "[ast_random(&seed) % 34]
                                              : (char)ast_random(&seed);
        for (unsigned i = 0; i < sizeof h.source; i++)
            h.source[i] = (char)ast_random(&seed);
        h.tag_count = (uint8_t)ast_random(&seed);
        for (unsigned i = 0; i < AS_HEADLINE_TAG_MAX; i++)
            h.tag[i] = (uint32_t)ast_random(&seed);
        h.class_given = (uint8_t)ast_random(&seed);
        h.tier_given = (uint8_t)ast_random(&seed);
        as_desk_read(ast_d.desk, &h);
        assert_true(h.reading.issuer_count <= AS_HEADLINE_ISSUER_MAX);
        assert_true(h.reading.tier >= 1 && h.reading.tier <= 4);
        assert_true(h.reading.feature_count <= AS_HEADLINE_FEATURE_MAX);
        assert_true(h.reading.event_type < as_event_type_count());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_day_is_read_as_one_story),
        cmocka_unit_test(the_shipped_headlines_are_read_alike),
        cmocka_unit_test(reading_twice_gives_the_same_bytes),
        cmocka_unit_test(a_retracted_record_is_marked),
        cmocka_unit_test(an_empty_headline_is_other),
        cmocka_unit_test(random_records_are_read_within_the_limits),
    };
    return cmocka_run_group_tests(tests, ast_setup, ast_teardown);
}
