#include "tests/support/desk_fixture.h"

#include "feeds/news/source.h"
#include "tests/support/random.h"

static as_universe ast_universe;
static as_playbook *ast_playbook;
static as_sources ast_sources;

static int ast_setup(void **state)
{
    (void)state;
    static const char text[] = "version: t\n"
                               "sources:\n"
                               "  \"Our Wire\": {class: official, tier: 2}\n"
                               "  \"https://www.Daily.Example/markets\": {class: press, tier: 1}\n"
                               "  \"Reuters\": {class: social, tier: 4}\n"
                               "events: {labour: {phrases: [strike]}}\n";
    ast_universe_text_load(&ast_universe, "symbol,bucket\nMETA,web\n");
    if (as_playbook_compile("t.yaml", text, strlen(text), &ast_universe, 0, &ast_playbook) != 0) {
        as_error_print(stderr, "source");
        fail();
    }
    assert_int_equal(as_sources_init(&ast_sources, ast_playbook), 0);
    return 0;
}

static int ast_teardown(void **state)
{
    (void)state;
    as_sources_fini(&ast_sources);
    as_playbook_free(ast_playbook);
    as_universe_fini(&ast_universe);
    return 0;
}

static as_source_verdict ast_resolve(const char *source, uint8_t class_given, uint8_t tier_given)
{
    static as_headline headline;
    memset(&headline, 0, sizeof headline);
    (void)snprintf(headline.source, sizeof headline.source, "%s", source);
    headline.class_given = class_given;
    headline.tier_given = tier_given;
    return as_sources_resolve(&ast_sources, &headline);
}

static void ast_expect(const char *source, as_source_class source_class, unsigned tier)
{
    as_source_verdict v = ast_resolve(source, AS_CLASS_UNKNOWN, 0);
    if (v.source_class != source_class || v.tier != tier)
        fail_msg("\"%s\": class %u tier %u, expected %d and %u", source, v.source_class, v.tier, (int)source_class,
                 tier);
}

static void names_are_compared_without_case_scheme_and_domain(void **state)
{
    (void)state;
    ast_expect("our wire", AS_CLASS_OFFICIAL, 2);
    ast_expect("OUR WIRE", AS_CLASS_OFFICIAL, 2);
    ast_expect("Our Wire/Markets desk", AS_CLASS_OFFICIAL, 2);
    ast_expect("daily.example", AS_CLASS_PRESS, 1);
    ast_expect("http://daily.example/2026/07/01/story?id=1", AS_CLASS_PRESS, 1);
    ast_expect("www.bloomberg.com", AS_CLASS_PRESS, 1);
    ast_expect("BLOOMBERG.CO.UK", AS_CLASS_PRESS, 1);
    ast_expect("24/7 Wall St", AS_CLASS_AGGREGATOR, 3);
    ast_expect("ourwire", AS_CLASS_AGGREGATOR, 3); /* another name */
}

static void the_playbook_comes_before_the_record_and_the_record_before_the_list(void **state)
{
    (void)state;
    as_source_verdict v;
    ast_expect("Reuters", AS_CLASS_SOCIAL, 4); /* the well-known wire, were it not for the playbook */
    v = ast_resolve("Our Wire", AS_CLASS_SOCIAL, 4);
    assert_int_equal(v.source_class, AS_CLASS_OFFICIAL);
    assert_int_equal(v.tier, 2);
    v = ast_resolve("CNBC", AS_CLASS_OFFICIAL, 1);
    assert_int_equal(v.source_class, AS_CLASS_OFFICIAL);
    assert_int_equal(v.tier, 1);
    v = ast_resolve("CNBC", AS_CLASS_UNKNOWN, 4); /* a tier alone: the class is still the list's */
    assert_int_equal(v.source_class, AS_CLASS_PRESS);
    assert_int_equal(v.tier, 4);
}

static void half_an_answer_takes_the_usual_other_half(void **state)
{
    (void)state;
    static const uint8_t tier_of_class[] = {3, 1, 2, 3, 4};
    static const uint8_t class_of_tier[] = {AS_CLASS_AGGREGATOR, AS_CLASS_PRESS, AS_CLASS_PRESS, AS_CLASS_AGGREGATOR,
                                            AS_CLASS_SOCIAL};
    for (uint8_t i = 0; i <= 4; i++) {
        assert_int_equal(ast_resolve("nobody", i, 0).tier, tier_of_class[i]);
        assert_int_equal(ast_resolve("nobody", AS_CLASS_UNKNOWN, i).source_class, class_of_tier[i]);
    }
    assert_int_equal(ast_resolve("nobody", 200, 200).tier, 3); /* out of range is as if not given */
}

static void the_well_known_list_knows_wires_releases_forums_and_columns(void **state)
{
    (void)state;
    ast_expect("PR Newswire", AS_CLASS_OFFICIAL, 1);
    ast_expect("sec.gov", AS_CLASS_OFFICIAL, 1);
    ast_expect("The Information", AS_CLASS_PRESS, 1);
    ast_expect("techcrunch.com", AS_CLASS_PRESS, 2);
    ast_expect("marketbeat.com", AS_CLASS_AGGREGATOR, 3);
    ast_expect("reddit.com", AS_CLASS_SOCIAL, 4);
    assert_true(ast_resolve("fool.com", 0, 0).columns);
    assert_true(ast_resolve("fool.com", AS_CLASS_PRESS, 2).columns); /* what it publishes stays what it is */
    assert_false(ast_resolve("marketbeat.com", 0, 0).columns);
    assert_false(ast_resolve("Our Wire", 0, 0).columns);
}

static void odd_names_are_nobody(void **state)
{
    (void)state;
    static const char *const name[] = {"",     ".",       "...",          "/",    "://",
                                       "www.", "http://", "https://www.", ".com", "/reuters"};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        ast_expect(name[i], AS_CLASS_AGGREGATOR, 3);
}

static void random_names_without_an_end_stay_within_the_record(void **state)
{
    (void)state;
    static as_headline headline;
    uint64_t seed = 22;
    printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof headline.source; i++)
            headline.source[i] =
                ast_random(&seed) % 3 ? "www.:/reuters4"[ast_random(&seed) % 14] : (char)ast_random(&seed);
        headline.class_given = (uint8_t)ast_random(&seed);
        headline.tier_given = (uint8_t)ast_random(&seed);
        as_source_verdict v = as_sources_resolve(&ast_sources, &headline);
        assert_true(v.source_class > AS_CLASS_UNKNOWN && v.source_class <= AS_CLASS_SOCIAL);
        assert_true(v.tier >= 1 && v.tier <= 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_compared_without_case_scheme_and_domain),
        cmocka_unit_test(the_playbook_comes_before_the_record_and_the_record_before_the_list),
        cmocka_unit_test(half_an_answer_takes_the_usual_other_half),
        cmocka_unit_test(the_well_known_list_knows_wires_releases_forums_and_columns),
        cmocka_unit_test(odd_names_are_nobody),
        cmocka_unit_test(random_names_without_an_end_stay_within_the_record),
    };
    return cmocka_run_group_tests_name("source", tests, ast_setup, ast_teardown);
}
