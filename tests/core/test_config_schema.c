#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/config_schema.h"
#include "core/error.h"

static void every_row_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < as_config_key_count; i++) {
        const as_config_key *key = &as_config_keys[i];
        char text[256];
        assert_true(*key->path && *key->meaning && key->unit);
        assert_non_null(as_config_allowed_text(key, text, sizeof text));
        if (key->type == AS_CONFIG_CHOICE)
            assert_non_null(key->choice);
        if (key->type == AS_CONFIG_UNAVAILABLE)
            assert_non_null(key->allowed);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(key->path, as_config_keys[k].path);
    }
}

static void a_key_is_in_the_scope_directly_above_it(void **state)
{
    (void)state;
    const as_config_key top = {.path = "wait"}, inner = {.path = "publish.live"}, item = {.path = "feeds[].name"};
    const char *name;
    assert_true(as_config_in_scope(&top, "", &name));
    assert_string_equal(name, "wait");
    assert_false(as_config_in_scope(&inner, "", &name));
    assert_true(as_config_in_scope(&inner, "publish.", &name));
    assert_string_equal(name, "live");
    assert_false(as_config_in_scope(&item, "", &name));
    assert_true(as_config_in_scope(&item, "feeds[].", &name));
    assert_false(as_config_in_scope(&item, "inputs[].", &name));
}

/* A default is written as text, so it must itself be a value that the row allows. */
static void every_default_is_allowed(void **state)
{
    (void)state;
    static as_config config;
    static as_csv_mapping mapping;
    as_yaml *yaml;
    assert_int_equal(as_yaml_load("x.yaml", "{}", 2, &yaml), 0);
    as_config_reader reader = {.yaml = yaml, .mapping_only = true};
    if (as_config_read_map(&reader, as_yaml_root(yaml), "", &config))
        fail_msg("%s", as_error_message(0));
    assert_int_equal(config.publish.heartbeat_ms, 250);
    as_yaml_free(yaml);
    static const char text[] =
        "{name: a, match: {path: x}, format: csv, kind: bar, time: {column: c, layout: epoch_s}}";
    assert_int_equal(as_yaml_load("x.yaml", text, sizeof text - 1, &yaml), 0);
    reader.yaml = yaml;
    if (as_config_read_map(&reader, as_yaml_root(yaml), "inputs[].", &mapping))
        fail_msg("%s", as_error_message(0));
    assert_string_equal(mapping.time.zone, "UTC");
    as_yaml_free(yaml);
}

static void paths_are_resolved_against_the_files_folder(void **state)
{
    (void)state;
    as_yaml *yaml;
    static const char text[] = "{a: x/y.csv, b: /z, c: [1]}";
    char path[AS_PATH_BYTES];
    assert_int_equal(as_yaml_load("x.yaml", text, sizeof text - 1, &yaml), 0);
    as_config_reader reader = {.yaml = yaml, .folder = "/etc/as/"};
    int root = as_yaml_root(yaml);
    assert_int_equal(as_config_read_path(&reader, as_yaml_get(yaml, root, "a"), path), 0);
    assert_string_equal(path, "/etc/as/x/y.csv");
    assert_int_equal(as_config_read_path(&reader, as_yaml_get(yaml, root, "b"), path), 0);
    assert_string_equal(path, "/z");
    assert_true(as_config_read_path(&reader, as_yaml_get(yaml, root, "c"), path) < 0);
    memset(reader.folder, 'f', sizeof reader.folder - 1);
    assert_true(as_config_read_path(&reader, as_yaml_get(yaml, root, "a"), path) < 0);
    assert_non_null(strstr(as_error_message(0), "allowed a path of at most 1023 bytes with its folder"));
    as_yaml_free(yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(a_key_is_in_the_scope_directly_above_it),
        cmocka_unit_test(every_default_is_allowed),
        cmocka_unit_test(paths_are_resolved_against_the_files_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
