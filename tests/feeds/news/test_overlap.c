#include "tests/support/desk_fixture.h"

#include "feeds/news/fingerprint.h"

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

static as_reading ast_read(const char *text)
{
    static as_headline h;
    memset(&h, 0, sizeof h);
    (void)snprintf(h.source, sizeof h.source, "Reuters");
    (void)snprintf(h.text, sizeof h.text, "%s", text);
    h.text_bytes = (uint16_t)strlen(h.text);
    as_desk_read(ast_d.desk, &h);
    return h.reading;
}

static bool ast_common(const as_reading *reading, const char *words)
{
    uint32_t feature[AS_HEADLINE_FEATURE_MAX];
    unsigned count = as_fingerprint_read(words, strlen(words), feature), last = 0;
    bool all = count > 0;
    for (unsigned i = 0; i < count; i++) {
        for (last = 0; last < reading->feature_count && reading->feature[last] != feature[i];)
            last++;
        assert_true(last < reading->feature_count);
        all = all && (reading->common >> last & 1);
    }
    return all;
}

static void names_and_the_familys_words_are_common_and_the_rest_tells(void **state)
{
    (void)state;
    as_reading reading = ast_read("Apple sued over iPhone battery defect");
    assert_true(ast_common(&reading, "apple sued"));
    assert_false(ast_common(&reading, "iphone"));
    assert_false(ast_common(&reading, "battery"));
    assert_false(ast_common(&reading, "battery defect"));
    assert_true(reading.feature_count == 64 || reading.common >> reading.feature_count == 0);
}

static void a_family_with_one_claim_at_a_time_needs_no_mask(void **state)
{
    (void)state;
    assert_int_equal(ast_read("Microsoft raises capex forecast to $50 bln").common, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_the_familys_words_are_common_and_the_rest_tells),
        cmocka_unit_test(a_family_with_one_claim_at_a_time_needs_no_mask),
    };
    return cmocka_run_group_tests_name("overlap", tests, ast_setup, ast_teardown);
}
