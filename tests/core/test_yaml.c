#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/yaml.h"

static as_yaml *load(const char *text)
{
    as_yaml *yaml = NULL;
    if (as_yaml_load("f.yaml", text, strlen(text), &yaml))
        fail_msg("%s", as_error_message(0));
    return yaml;
}

static void assert_message(const char *expected)
{
    if (strcmp(as_error_message(0), expected) != 0)
        fail_msg("found    %s\nexpected %s", as_error_message(0), expected);
}

static void assert_refused(const char *text, const char *message)
{
    as_yaml *yaml = NULL;
    assert_int_equal(as_yaml_load("f.yaml", text, strlen(text), &yaml), -EINVAL);
    assert_null(yaml);
    assert_message(message);
}

static void what_people_do_not_mean_is_refused_on_loading(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: [1, 2\nc: 3\n",
                   "f.yaml:3: did not find expected ',' or ']' while parsing a flow sequence, allowed YAML");
    assert_refused("a: 1\n\tb: 2\n", "f.yaml:2: found a tab character that violates indentation while scanning a "
                                     "plain scalar, allowed YAML");
    assert_refused("a: 1\nb: \xff\n", "f.yaml:2: found invalid leading UTF-8 octet at byte 8, allowed YAML in UTF-8");
    assert_refused("a: 1\n---\nb: 2\n", "f.yaml:3: found a second document, allowed one");
    assert_refused("x:\n  a: 1\n  b: 2\n  a: 3\n", "f.yaml:4: key 'x.a': found twice (first on line 2), allowed once");
    assert_refused("x: &k {a: 1}\ny: *k\n",
                   "f.yaml:1: key 'x': found an alias to it, allowed none: write the value out");
    assert_refused("x: &k [1, *k]\n", "f.yaml:1: key 'x': found an alias to it, allowed none: write the value out");
    assert_refused("[a, b]: 1\n", "f.yaml:1: found a list or a map as a key, allowed text");
    assert_refused("a: \"x\\0y\"\n", "f.yaml:1: key 'a': found a zero byte, allowed text without");
    assert_refused("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "f.yaml:1: found nesting deeper than 16, allowed 16");
}

static void a_text_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    char *text = calloc(1, AS_YAML_BYTES_MAX + 2);
    assert_non_null(text);
    memset(text, '#', AS_YAML_BYTES_MAX + 1);
    as_yaml *yaml = NULL;
    assert_int_equal(as_yaml_load("f.yaml", text, AS_YAML_BYTES_MAX + 1, &yaml), -EFBIG);
    assert_message("f.yaml: found 4194305 bytes, allowed 4194304");
    free(text);
}

static void an_empty_document_has_no_root(void **state)
{
    (void)state;
    as_yaml *yaml = load("# nothing\n");
    assert_int_equal(as_yaml_root(yaml), 0);
    assert_int_equal(as_yaml_kind_of(yaml, 0), AS_YAML_ABSENT);
    assert_int_equal(as_yaml_get(yaml, 0, "a"), 0);
    assert_int_equal(as_yaml_expect_map(yaml, 0, NULL), -EINVAL);
    assert_message("f.yaml:1: found nothing, allowed a map");
    as_yaml_free(yaml);
    as_yaml_free(NULL);
}

static void lists_and_maps_are_walked_in_the_order_of_the_file(void **state)
{
    (void)state;
    as_yaml *yaml = load("z: 1\na:\n- x\n- {k: v}\n");
    const char *key;
    int root = as_yaml_root(yaml);
    assert_int_equal(as_yaml_count(yaml, root), 2);
    as_yaml_at(yaml, root, 0, &key);
    assert_string_equal(key, "z");
    int list = as_yaml_at(yaml, root, 1, &key);
    assert_string_equal(key, "a");
    assert_int_equal(as_yaml_kind_of(yaml, list), AS_YAML_LIST);
    int map = as_yaml_at(yaml, list, 1, &key);
    assert_null(key);
    assert_int_equal(as_yaml_line(yaml, map), 4);
    assert_string_equal(as_yaml_scalar(yaml, as_yaml_get(yaml, map, "k")), "v");
    assert_int_equal(as_yaml_get(yaml, map, "none"), 0);
    assert_int_equal(as_yaml_at(yaml, list, 2, &key), 0);
    as_yaml_free(yaml);
}

static void an_unknown_key_is_named_with_its_neighbours(void **state)
{
    (void)state;
    static const char *const allowed[] = {"live", "requests", "heartbeat", NULL};
    as_yaml *yaml = load("publish:\n  live: x\n  hartbeat: 1s\nb: {qqqqqqqq: 1}\n");
    int root = as_yaml_root(yaml);
    assert_int_equal(as_yaml_expect_map(yaml, as_yaml_get(yaml, root, "publish"), allowed), -EINVAL);
    assert_message("f.yaml:3: key 'publish.hartbeat': found an unknown key, allowed live, requests, heartbeat (did you "
                   "mean 'heartbeat'?)");
    assert_int_equal(as_yaml_expect_map(yaml, as_yaml_get(yaml, root, "b"), allowed), -EINVAL);
    assert_message("f.yaml:4: key 'b.qqqqqqqq': found an unknown key, allowed live, requests, heartbeat");
    as_yaml_free(yaml);
}

static void a_value_of_the_wrong_kind_is_described(void **state)
{
    (void)state;
    static const char *const colours[] = {"red", "green", NULL};
    as_yaml *yaml = load("a:\n- {n: 1.5, s: \"7\", l: [1], m: {}, e: , long: aaaa}\n");
    int map = as_yaml_at(yaml, as_yaml_get(yaml, as_yaml_root(yaml), "a"), 0, NULL);
    int64_t i = -1;
    double d = -1;
    bool b = false;
    char text[4] = "?";
    int idx = -1;
    assert_int_equal(as_yaml_int(yaml, as_yaml_get(yaml, map, "n"), 0, 9, &i), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].n': found '1.5', allowed a whole number from 0 to 9");
    assert_int_equal(as_yaml_int(yaml, as_yaml_get(yaml, map, "s"), 0, 9, &i), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].s': found '7' in quotes, allowed a whole number from 0 to 9");
    assert_int_equal(as_yaml_double(yaml, as_yaml_get(yaml, map, "l"), 0, 1, &d), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].l': found a list, allowed a number from 0 to 1");
    assert_int_equal(as_yaml_double(yaml, as_yaml_get(yaml, map, "n"), 0, 1, &d), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].n': found '1.5', allowed a number from 0 to 1");
    assert_int_equal(as_yaml_bool(yaml, as_yaml_get(yaml, map, "m"), &b), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].m': found a map, allowed true, false");
    assert_int_equal(as_yaml_text(yaml, as_yaml_get(yaml, map, "e"), text, sizeof text), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].e': found nothing, allowed a text of 1 to 3 bytes");
    assert_int_equal(as_yaml_text(yaml, as_yaml_get(yaml, map, "long"), text, sizeof text), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].long': found 'aaaa', allowed a text of 1 to 3 bytes");
    assert_int_equal(as_yaml_choice(yaml, as_yaml_get(yaml, map, "s"), colours, &idx), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].s': found '7' in quotes, allowed red, green");
    assert_int_equal(as_yaml_expect_list(yaml, as_yaml_get(yaml, map, "m"), 3), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].m': found a map, allowed a list");
    assert_int_equal(as_yaml_expect_list(yaml, as_yaml_get(yaml, map, "l"), 0), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].l': found 1 entries, allowed 0");
    assert_int_equal(as_yaml_missing(yaml, map, "w", "a number"), -EINVAL);
    assert_message("f.yaml:2: key 'a[0].w': found nothing, allowed a number");
    /* out-parameters are written only on success */
    assert_true(i == -1 && d == -1 && !b && idx == -1);
    assert_string_equal(text, "?");
    as_yaml_free(yaml);
}

static void durations_need_a_unit_and_a_range(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"50ms", 50000000},
                {"0", 0},
                {"0s", 0},
                {"2s", 2000000000},
                {"10us", 10000},
                {"7ns", 7},
                {"5m", UINT64_C(300000000000)},
                {"1h", UINT64_C(3600000000000)},
                {"1d", UINT64_C(86400000000000)}};
    static const char *const bad[] = {
        "50", "50 ms", "ms", "-5ms", "1.5s", "50msec", "50MS", "2d", "99999999999999999999ns", "9223372036854775807d",
        "[1]"};
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "k: %s\n", good[i].text);
        as_yaml *yaml = load(text);
        uint64_t ns = 1;
        assert_int_equal(as_yaml_duration_ns(yaml, as_yaml_get(yaml, 1, "k"), 0, UINT64_C(86400000000000), &ns), 0);
        assert_true(ns == good[i].ns);
        as_yaml_free(yaml);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "k: %s\n", bad[i]);
        as_yaml *yaml = load(text);
        uint64_t ns = 1;
        int node = as_yaml_get(yaml, 1, "k");
        assert_int_equal(as_yaml_duration_ns(yaml, node, 0, UINT64_C(86400000000000), &ns), -EINVAL);
        assert_true(ns == 1);
        as_yaml_free(yaml);
    }
    as_yaml *yaml = load("k: 50sec\n");
    uint64_t ns;
    assert_int_equal(as_yaml_duration_ns(yaml, as_yaml_get(yaml, 1, "k"), 10000000, 60000000000, &ns), -EINVAL);
    assert_message("f.yaml:1: key 'k': found '50sec', allowed a whole number with a unit (ns, us, ms, s, m, h, d) from "
                   "10ms to 1m");
    as_yaml_free(yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_do_not_mean_is_refused_on_loading),
        cmocka_unit_test(a_text_beyond_the_limit_is_refused),
        cmocka_unit_test(an_empty_document_has_no_root),
        cmocka_unit_test(lists_and_maps_are_walked_in_the_order_of_the_file),
        cmocka_unit_test(an_unknown_key_is_named_with_its_neighbours),
        cmocka_unit_test(a_value_of_the_wrong_kind_is_described),
        cmocka_unit_test(durations_need_a_unit_and_a_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
