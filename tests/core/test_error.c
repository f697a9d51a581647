#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/error.h"

static void a_chain_keeps_the_cause_and_its_contexts(void **state)
{
    (void)state;
    assert_int_equal(as_error_set(-ENOENT, "%s: not there", "a.yaml"), -ENOENT);
    assert_int_equal(as_error_add("playbook"), -ENOENT);
    assert_string_equal(as_error_message(0), "a.yaml: not there");
    assert_string_equal(as_error_message(1), "playbook");
    assert_null(as_error_message(2));
    as_error_clear();
    assert_int_equal(as_error_code(), 0);
    assert_null(as_error_message(0));
}

static void a_new_cause_starts_a_new_chain(void **state)
{
    (void)state;
    as_error_set(-EIO, "first");
    as_error_add("context");
    as_error_set(-EINVAL, "second");
    assert_string_equal(as_error_message(0), "second");
    assert_null(as_error_message(1));
}

static void too_many_contexts_and_long_messages_are_cut(void **state)
{
    (void)state;
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    as_error_set(-E2BIG, "%s", longer);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(as_error_add("context %u", i), -E2BIG);
    assert_true(strlen(as_error_message(0)) < 600);
    assert_null(as_error_message(8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_keeps_the_cause_and_its_contexts),
        cmocka_unit_test(a_new_cause_starts_a_new_chain),
        cmocka_unit_test(too_many_contexts_and_long_messages_are_cut),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
