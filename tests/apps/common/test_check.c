#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/check.h"
#include "core/error.h"
#include "tests/support/config_folder.h"

/* What as_check_config writes; *rc is its result. */
static char *check(const char *text, int *rc)
{
    char *out = NULL;
    size_t out_bytes;
    ast_config_write("a.yaml", text);
    FILE *stream = open_memstream(&out, &out_bytes);
    assert_non_null(stream);
    *rc = as_check_config(ast_config_path("a.yaml"), stream);
    fclose(stream);
    return out;
}

static void a_good_configuration_is_counted(void **state)
{
    (void)state;
    int rc;
    char *out = check(AST_CONFIG_FILES "feeds: [{name: w, source: \"tcp://127.0.0.1:1\", format: ndjson}]\n", &rc);
    assert_int_equal(rc, 0);
    assert_non_null(strstr(out, "/a.yaml: ok: 4 instruments in 3 buckets, 0 links, 1 calendars; playbook test with 2 "
                                "families, 3 phrases, 2 channels, 0 control groups, 0 sources; 1 feeds, 0 mappings, 2 "
                                "strategies; params "));
    assert_non_null(strstr(out, "; 0 warnings\n"));
    free(out);
}

static void a_mapping_file_is_counted(void **state)
{
    (void)state;
    int rc;
    char *out =
        check("inputs: [{name: a, match: {path: x}, format: csv, kind: bar, symbol: S, columns: {close: c}, time: "
              "{column: d, layout: epoch_s}}]\n",
              &rc);
    assert_int_equal(rc, 0);
    assert_non_null(strstr(out, ": ok: 1 mappings and nothing else; 0 warnings\n"));
    free(out);
}

static void warnings_are_counted(void **state)
{
    (void)state;
    int rc;
    ast_config_write("odd.yaml", "version: x\nevents: {capex_cut: {channels: {nowhere: [1]}}}\n");
    char *out = check("universe: universe.csv\nplaybook: odd.yaml\n", &rc);
    assert_int_equal(rc, 0);
    assert_non_null(strstr(out, "; 1 warnings\n"));
    free(out);
}

static void a_broken_part_is_named_and_nothing_is_written(void **state)
{
    (void)state;
    int rc;
    ast_config_write("bad.yaml", "version: x\nevents: {capex_cut: {fade: 2}}\n");
    char *out = check("universe: universe.csv\nplaybook: bad.yaml\n", &rc);
    assert_true(rc < 0);
    assert_string_equal(out, "");
    assert_non_null(
        strstr(as_error_message(0), "bad.yaml:2: key 'events.capex_cut.fade': found '2', allowed true, false"));
    free(out);
    ast_config_write("bad.yaml", "version: x\nevents:\n  capex_cut:\n    phrases:\n      - cut\n      - \"* cut\"\n");
    out = check("universe: universe.csv\nplaybook: bad.yaml\n", &rc);
    assert_true(rc < 0);
    assert_string_equal(out, "");
    assert_non_null(
        strstr(as_error_message(0), "bad.yaml:6: key 'events.capex_cut.phrases[1]': found '* cut', allowed: "));
    free(out);
    out = check(AST_CONFIG_FILES "wait: never\n", &rc);
    assert_true(rc < 0);
    assert_string_equal(out, "");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_configuration_is_counted),
        cmocka_unit_test(a_mapping_file_is_counted),
        cmocka_unit_test(warnings_are_counted),
        cmocka_unit_test(a_broken_part_is_named_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
