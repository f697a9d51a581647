#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "strategies/loader.h"
#include "strategies/mean_reversion.h"
#include "strategies/overreaction.h"

static as_config config;
static as_strategies strategies;
static char folder[64];

static void list(unsigned count, const char *const *names)
{
    memset(&config, 0, sizeof config);
    (void)snprintf(config.path, sizeof config.path, "aftershock.yaml");
    config.strategy_count = count;
    for (unsigned i = 0; i < count; i++) {
        as_strategy_config *one = &config.strategy[i];
        one->line = (int)(10 + i);
        if (strchr(names[i], '/'))
            (void)snprintf(one->load, sizeof one->load, "%s", names[i]);
        else
            (void)snprintf(one->name, sizeof one->name, "%s", names[i]);
    }
}

static int load(const char *first, const char *second)
{
    const char *names[2] = {first, second};
    list(second ? 2 : 1, names);
    as_error_clear();
    return as_strategies_load(&strategies, &config);
}

static void expect_error(int rc, int expected, const char *text)
{
    assert_int_equal(rc, expected);
    assert_int_equal(strategies.count, 0);
    if (!strstr(as_error_message(0), text))
        fail_msg("expected '%s' in: %s", text, as_error_message(0));
}

/* build/<preset>/strategies/quiet_fade.so; skips where it was not built. */
static const char *quiet_fade(void)
{
    static char path[512];
    const char *bin = getenv("AFTERSHOCK_BIN");
    (void)snprintf(path, sizeof path, "%s/strategies/quiet_fade.so", bin ? bin : "build/dev");
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s not present\n", path);
        skip();
    }
    return path;
}

/* A shared object with this body of as_strategy_entry; skips where there is no compiler. */
static const char *compile(const char *name, const char *body)
{
    static char path[256];
    char source[256], command[1024];
    (void)snprintf(source, sizeof source, "%s/%s.c", folder, name);
    (void)snprintf(path, sizeof path, "%s/%s.so", folder, name);
    FILE *file = fopen(source, "we");
    assert_non_null(file);
    fprintf(file,
            "#include \"strategies/strategy.h\"\n"
            "static void evaluate(const as_view *view, void *state, as_verdict *verdict)\n"
            "{ (void)view; (void)state; (void)verdict; }\n%s\n",
            body);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(command, sizeof command, "cc -D_GNU_SOURCE -I. -shared -fPIC -o %s %s 2>/dev/null", path, source);
    if (system("command -v cc >/dev/null 2>&1") != 0) {
        print_message("skipped: no cc\n");
        skip();
    }
    assert_int_equal(system(command), 0);
    return path;
}

#define ENTRY(members)                                                                                                 \
    "const as_strategy *as_strategy_entry(void) { static const as_strategy mine = {.abi = AS_STRATEGY_ABI,"            \
    ".view_bytes = sizeof(as_view), .verdict_bytes = sizeof(as_verdict), .name = \"mine\", .evaluate = "               \
    "evaluate," members "}; return &mine; }"

static void built_in_strategies_are_found_by_name_in_the_order_of_the_list(void **state)
{
    (void)state;
    assert_int_equal(load("mean_reversion", "overreaction"), 0);
    assert_int_equal(strategies.count, 2);
    assert_ptr_equal(strategies.strategy[0], &as_strategy_mean_reversion);
    assert_ptr_equal(strategies.strategy[1], &as_strategy_overreaction);
    assert_null(strategies.handle[0]);
    as_strategies_unload(&strategies);
    assert_int_equal(strategies.count, 0);
    as_strategies_unload(&strategies); /* safe on zeroes */
}

static void an_unknown_name_is_an_error_with_file_and_line(void **state)
{
    (void)state;
    expect_error(load("overreaction", "overraction"), -ENOENT, "aftershock.yaml:11: strategies: found 'overraction'");
    assert_non_null(strstr(as_error_message(0), "mean_reversion"));
}

static void the_same_strategy_twice_is_an_error(void **state)
{
    (void)state;
    expect_error(load("overreaction", "overreaction"), -EEXIST, "already loaded");
}

static void a_shared_object_is_loaded_beside_the_built_in_ones(void **state)
{
    (void)state;
    assert_int_equal(load("overreaction", quiet_fade()), 0);
    assert_int_equal(strategies.count, 2);
    assert_string_equal(strategies.strategy[1]->name, "quiet_fade");
    assert_non_null(strategies.handle[1]);
    assert_true(strategies.strategy[1]->state_bytes <= AS_STRATEGY_STATE_BYTES);
    as_strategies_unload(&strategies);
    expect_error(load(quiet_fade(), quiet_fade()), -EEXIST, "'quiet_fade' is already loaded");
}

static void a_missing_file_and_one_that_is_no_shared_object_are_errors(void **state)
{
    (void)state;
    expect_error(load("overreaction", "/nonexistent/mine.so"), -ENOENT, "/nonexistent/mine.so: cannot be loaded");
    expect_error(load("./CMakeLists.txt", NULL), -ENOENT, "CMakeLists.txt: cannot be loaded");
}

static void a_shared_object_without_the_entry_is_an_error(void **state)
{
    (void)state;
    expect_error(load(compile("empty", "void (*unused)(const as_view *, void *, as_verdict *) = evaluate;"), NULL),
                 -ENOENT, "exports no as_strategy_entry");
    expect_error(
        load(compile("null", "const as_strategy *as_strategy_entry(void) { (void)evaluate; return 0; }"), NULL),
        -EINVAL, "gives no strategy");
    expect_error(load(compile("idle", ENTRY(".evaluate = 0")), NULL), -EINVAL, "gives no strategy");
}

static void another_interface_is_refused_and_both_are_named(void **state)
{
    (void)state;
    expect_error(load(compile("abi", ENTRY(".abi = AS_STRATEGY_ABI + 1")), NULL), -EPROTO, "built for interface 3");
    assert_non_null(strstr(as_error_message(0), "this program has 2"));
    expect_error(load(compile("view", ENTRY(".view_bytes = sizeof(as_view) - 8")), NULL), -EPROTO,
                 "built for interface");
    expect_error(load(compile("verdict", ENTRY(".verdict_bytes = 1")), NULL), -EPROTO, "verdict 1 bytes");
}

static void a_state_beyond_the_limit_and_a_name_that_fits_no_topic_are_refused(void **state)
{
    (void)state;
    expect_error(load(compile("state", ENTRY(".state_bytes = 65")), NULL), -E2BIG, "state of 65 bytes");
    static const char *const names[] = {"", "Mine", "my.own", "my own", "abcdefghijklmnopqrstuvwx"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char file[16], body[1024];
        (void)snprintf(file, sizeof file, "name%u", i);
        (void)snprintf(body, sizeof body, "%s", "#define NAMED(text) " ENTRY(".name = text") "\n");
        (void)snprintf(body + strlen(body), sizeof body - strlen(body), "NAMED(\"%s\")", names[i]);
        expect_error(load(compile(file, body), NULL), -EINVAL, "allowed: 1 to 23 of [a-z0-9_]");
    }
    const char *path = compile("limit", ENTRY(".state_bytes = 64, .name = \"abcdefghijklmnopqrstuvw\""));
    assert_int_equal(load(path, NULL), 0);
    as_strategies_unload(&strategies);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/ast-loader-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_strategies_are_found_by_name_in_the_order_of_the_list),
        cmocka_unit_test(an_unknown_name_is_an_error_with_file_and_line),
        cmocka_unit_test(the_same_strategy_twice_is_an_error),
        cmocka_unit_test(a_missing_file_and_one_that_is_no_shared_object_are_errors),
        cmocka_unit_test(a_shared_object_without_the_entry_is_an_error),
        cmocka_unit_test(another_interface_is_refused_and_both_are_named),
        cmocka_unit_test(a_state_beyond_the_limit_and_a_name_that_fits_no_topic_are_refused),
        cmocka_unit_test(a_shared_object_is_loaded_beside_the_built_in_ones),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
