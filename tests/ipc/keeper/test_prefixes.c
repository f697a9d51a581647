#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/keeper/prefixes.h"

static bool match(const as_prefixes *p, const char *topic)
{
    return as_prefixes_match(p, (const uint8_t *)topic, strlen(topic));
}

static void any_of_them_matches(void **state)
{
    (void)state;
    static as_prefixes p;
    assert_false(match(&p, "sig.x.")); /* none matches nothing */
    assert_true(as_prefixes_add(&p, "sig.", 4));
    assert_true(as_prefixes_add(&p, "fact.META.", 10));
    assert_true(match(&p, "sig."));
    assert_true(match(&p, "sig.x.A."));
    assert_true(match(&p, "fact.META."));
    assert_false(match(&p, "fact.META"));
    assert_false(match(&p, "shock.META."));
    assert_true(as_prefixes_add(&p, "", 0));
    assert_true(match(&p, "shock.META."));
}

static void limits_are_kept(void **state)
{
    (void)state;
    static as_prefixes p;
    static const char text[AS_TOPIC_BYTES + 1] = "t";
    memset(&p, 0, sizeof p);
    assert_false(as_prefixes_add(&p, text, AS_TOPIC_BYTES));
    for (unsigned i = 0; i < AS_PREFIXES_BYTES / (AS_TOPIC_BYTES - 1); i++)
        assert_true(as_prefixes_add(&p, text, AS_TOPIC_BYTES - 1));
    assert_false(as_prefixes_add(&p, text, AS_TOPIC_BYTES - 1)); /* 4,096 bytes */
    memset(&p, 0, sizeof p);
    for (unsigned i = 0; i < AS_PREFIXES_MAX; i++)
        assert_true(as_prefixes_add(&p, text, 3));
    assert_false(as_prefixes_add(&p, text, 3));
}

static void copies_are_equal_and_others_are_not(void **state)
{
    (void)state;
    static as_prefixes a, b, c;
    as_prefixes_add(&a, "ab", 2);
    as_prefixes_add(&a, "c", 1);
    as_prefixes_copy(&b, &a);
    assert_true(as_prefixes_equal(&a, &b));
    as_prefixes_add(&c, "a", 1);
    as_prefixes_add(&c, "bc", 2);
    assert_false(as_prefixes_equal(&a, &c)); /* the same text, cut elsewhere */
    as_prefixes_add(&b, "", 0);
    assert_false(as_prefixes_equal(&a, &b));
}

static void a_grant_covers_what_lies_within_it(void **state)
{
    (void)state;
    static as_prefixes p;
    as_grant grant = {.prefix = {"sig."}, .prefix_count = 1};
    uint32_t first = 9;
    as_prefixes_add(&p, "sig.x.", 6);
    assert_true(as_prefixes_allowed(&p, &grant, &first));
    as_prefixes_add(&p, "fact.", 5);
    assert_false(as_prefixes_allowed(&p, &grant, &first));
    assert_int_equal(first, 1);
    assert_true(as_prefixes_allowed(&p, NULL, &first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_of_them_matches),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(copies_are_equal_and_others_are_not),
        cmocka_unit_test(a_grant_covers_what_lies_within_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
