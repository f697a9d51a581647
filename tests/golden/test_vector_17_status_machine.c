#include "tests/support/desk_fixture.h"

#include <strings.h>
#include <time.h>

#include "core/fact.h"
#include "tests/support/json_vector.h"

/*
 * The two sequences of vector 17 through the whole desk: text -> reading -> fact. The vector names a
 * kind of source where a record has a class and a tier, and outlets where it says that they differ. A
 * text that names no company is about the vector's issuer: the name is all that is put in, nothing
 * else of the reading is given.
 */
typedef struct ast_source {
    const char *kind, *outlet;
    as_source_class source_class;
    uint8_t tier;
} ast_source;

static const ast_source ast_sources[] = {
    {"official_statement", "Company statement", AS_CLASS_OFFICIAL, 1},
    {"official_filing", "Company filing 8-K", AS_CLASS_OFFICIAL, 1},
    {"official_denial", "Company statement", AS_CLASS_OFFICIAL, 1},
    {"tier1_sources", "First outlet", AS_CLASS_PRESS, 1},
    {"tier1_second", "Second outlet", AS_CLASS_PRESS, 1},
    {"tier1_independent", "Third outlet", AS_CLASS_PRESS, 1},
    {"aggregator", "Some aggregator", AS_CLASS_AGGREGATOR, 3},
};

typedef struct ast_story {
    ast_desk desk;
    as_fact_table table;
    uint64_t serial; /* of the fact of the story, 0 before it */
} ast_story;

static void ast_story_open(ast_story *story)
{
    memset(story, 0, sizeof *story);
    ast_desk_open_reference(&story->desk);
    assert_int_equal(as_fact_table_init(&story->table), 0);
}

static void ast_story_close(ast_story *story)
{
    as_fact_table_fini(&story->table);
    ast_desk_close(&story->desk);
}

/* "2026-07-01T11:00Z" */
static uint64_t ast_time_ns(const char *text)
{
    struct tm tm = {0};
    int read = sscanf(text, "%d-%d-%dT%d:%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min);
    assert_int_equal(read, 5);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (uint64_t)timegm(&tm) * 1000000000u;
}

static as_headline ast_headline_of(const ast_story *story, const ast_json *step, const char *text)
{
    as_headline headline = {.ts_event = ast_time_ns(ast_json_at(step, "t")->text)};
    const char *kind = ast_json_at(step, "source_class")->text;
    const ast_source *source = NULL;
    uint32_t meta = as_symbols_find(&story->desk.universe.symbols, "META", 4);

    for (size_t i = 0; i < sizeof ast_sources / sizeof ast_sources[0]; i++)
        if (strcmp(ast_sources[i].kind, kind) == 0)
            source = &ast_sources[i];
    if (source == NULL)
        fail_msg("source class %s is not known to this test", kind);
    headline.ts_recv = headline.ts_event;
    headline.class_given = (uint8_t)source->source_class;
    headline.tier_given = source->tier;
    (void)snprintf(headline.id, sizeof headline.id, "%s", ast_json_at(step, "t")->text);
    (void)snprintf(headline.source, sizeof headline.source, "%s", source->outlet);
    (void)snprintf(headline.text, sizeof headline.text, "%s", text);
    headline.text_bytes = (uint16_t)strlen(headline.text);
    as_desk_read(story->desk.desk, &headline);
    if (headline.reading.issuer_count == 0) {
        headline.reading.issuer[0] = meta;
        headline.reading.issuer_count = 1;
    }
    assert_int_equal(headline.reading.issuer[0], meta);
    return headline;
}

/* Apply a step; the status of the story afterwards. */
static as_fact_status ast_step(ast_story *story, const ast_json *step, const char *text)
{
    as_headline headline = ast_headline_of(story, step, text);
    as_fact_change change =
        as_fact_apply(&story->table, story->desk.playbook, &story->desk.universe.symbols, &headline, 0);

    if (change.fact != NULL && strcmp(as_event_type_name(change.fact->event_type), "compute_supply_entry") == 0)
        story->serial = change.fact->serial;
    const as_fact *fact = as_fact_find(&story->table, story->serial);
    return fact != NULL ? (as_fact_status)fact->status : AS_FACT_NONE;
}

static void ast_walk(const char *sequence, const char *const *own_text)
{
    ast_json *vector = ast_vector("17_headline_status_machine.json");
    const ast_json *steps = ast_json_at(vector, sequence);
    ast_story story;
    unsigned wrong = 0;

    ast_story_open(&story);
    for (size_t i = 0; i < steps->item_count; i++) {
        const ast_json *step = &steps->item[i];
        const char *expected = ast_json_at(step, "expected_status")->text;
        const char *text = own_text != NULL ? own_text[i] : ast_json_at(step, "text")->text;
        const char *got = as_fact_status_text(ast_step(&story, step, text));
        if (strcasecmp(got, expected) != 0) {
            wrong++;
            printf("step %zu, \"%s\": %s, expected %s\n", i, text, got, expected);
        }
    }
    assert_int_equal(wrong, 0);
    ast_story_close(&story);
    ast_json_free(vector);
}

static void the_main_sequence_reaches_every_expected_status(void **state)
{
    (void)state;
    ast_walk("main_sequence", NULL);
}

/* The vector gives no texts here; three tellings of the same four steps. */
static void the_denial_sequence_reaches_every_expected_status(void **state)
{
    (void)state;
    static const char *const text[][4] = {
        {"Meta plans to sell excess AI compute, people familiar say",
         "Meta denies report it plans to sell excess AI compute",
         "Meta announced plans to launch a cloud business that sells excess compute",
         "Meta files 8-K: company confirms external compute sales"},
        {"Meta in talks to rent out idle GPUs, sources say", "Meta says it has no plans to rent out idle GPUs",
         "Report: Meta to rent out idle GPUs to startups", "Meta to rent out surplus GPU capacity to customers"},
        {"Meta weighs leasing spare computing capacity to rivals",
         "Meta spokesperson: leasing spare capacity is not planned, report is untrue",
         "Meta weighs leasing spare computing capacity", "Meta begins leasing spare computing capacity"},
    };
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        ast_walk("denial_sequence", text[i]);
}

/* The first disclosure is over when the rumour comes: a generation of its own, with the same key. */
static void the_rumour_opens_a_generation_after_the_disclosure(void **state)
{
    (void)state;
    ast_json *vector = ast_vector("17_headline_status_machine.json");
    const ast_json *steps = ast_json_at(vector, "main_sequence");
    ast_story story;

    ast_story_open(&story);
    ast_step(&story, &steps->item[0], ast_json_at(&steps->item[0], "text")->text);
    const as_fact prior = *as_fact_find(&story.table, story.serial);
    ast_step(&story, &steps->item[1], ast_json_at(&steps->item[1], "text")->text);
    const as_fact *rumour = as_fact_find(&story.table, story.serial);
    assert_string_equal(rumour->key, prior.key);
    assert_int_equal(prior.generation, 1);
    assert_int_equal(rumour->generation, 2);
    assert_true(rumour->t0 == ast_time_ns(ast_json_at(&steps->item[1], "t")->text));
    for (size_t i = 2; i < steps->item_count; i++)
        ast_step(&story, &steps->item[i], ast_json_at(&steps->item[i], "text")->text);
    assert_int_equal(as_fact_find(&story.table, story.serial)->generation, 2);
    ast_story_close(&story);
    ast_json_free(vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_sequence_reaches_every_expected_status),
        cmocka_unit_test(the_denial_sequence_reaches_every_expected_status),
        cmocka_unit_test(the_rumour_opens_a_generation_after_the_disclosure),
    };
    return cmocka_run_group_tests_name("vector_17_status_machine", tests, NULL, NULL);
}
