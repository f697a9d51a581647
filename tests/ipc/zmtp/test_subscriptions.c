#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/subscriptions.h"
#include "tests/support/random.h"

static const uint64_t point = UINT64_C(0x123456789abcdef);

static as_zmtp_prefixes of(const char *text)
{
    as_zmtp_prefixes prefixes;
    as_zmtp_prefixes_make(point, text, strlen(text), &prefixes);
    return prefixes;
}

static int add(as_zmtp_subscriptions *set, const char *text)
{
    as_zmtp_prefixes prefix = of(text);
    return as_zmtp_subscriptions_add(set, &prefix);
}

static int remove_one(as_zmtp_subscriptions *set, const char *text)
{
    as_zmtp_prefixes prefix = of(text);
    return as_zmtp_subscriptions_remove(set, &prefix);
}

static bool match(const as_zmtp_subscriptions *set, const char *text)
{
    as_zmtp_prefixes topic = of(text);
    return as_zmtp_subscriptions_match(set, &topic);
}

static void a_prefix_matches_what_begins_with_it(void **state)
{
    as_zmtp_subscriptions set;
    (void)state;
    as_zmtp_subscriptions_init(&set, 10);
    assert_false(match(&set, "sig."));
    assert_int_equal(remove_one(&set, "sig."), 0);
    assert_int_equal(add(&set, "sig.a."), 1);
    assert_int_equal(add(&set, "fact."), 1);
    assert_true(match(&set, "sig.a."));
    assert_true(match(&set, "sig.a.X."));
    assert_true(match(&set, "fact.META."));
    assert_false(match(&set, "sig.b.X."));
    assert_false(match(&set, "sig.a"));
    assert_false(match(&set, ""));
    assert_int_equal(add(&set, ""), 1);
    assert_true(match(&set, ""));
    assert_true(match(&set, "hb."));
    as_zmtp_subscriptions_fini(&set);
}

static void a_prefix_is_held_as_often_as_it_was_asked_for(void **state)
{
    as_zmtp_subscriptions set;
    (void)state;
    as_zmtp_subscriptions_init(&set, 2);
    assert_int_equal(add(&set, "a"), 1);
    assert_int_equal(add(&set, "a"), 0);
    assert_int_equal(add(&set, "b"), 1);
    assert_int_equal(add(&set, "c"), -ENOSPC);
    assert_int_equal(add(&set, "b"), 0); /* no further one */
    assert_int_equal(remove_one(&set, "a"), 0);
    assert_true(match(&set, "a"));
    assert_int_equal(remove_one(&set, "a"), 1);
    assert_false(match(&set, "a"));
    assert_int_equal(add(&set, "c"), 1);
    remove_one(&set, "b");
    remove_one(&set, "b");
    remove_one(&set, "c");
    assert_int_equal(set.count, 0);
    assert_null(set.slot); /* memory is given back */
    as_zmtp_subscriptions_fini(&set);
}

/* Prefixes of a small alphabet, so that they lie within one another, against a plain list. */
static void it_agrees_with_a_list(void **state)
{
    enum { TEXTS = 340, STEPS = 20000 };
    static char text[TEXTS][8];
    static unsigned held[TEXTS];
    uint64_t seed = 5;
    as_zmtp_subscriptions set;
    (void)state;
    for (unsigned i = 0; i < TEXTS; i++) /* all texts of up to 4 letters out of 4 */
        for (unsigned k = 0, v = i; v > 0; k++, v = (v - 1) / 4)
            text[i][k] = (char)('a' + (v - 1) % 4);
    as_zmtp_subscriptions_init(&set, TEXTS);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)(ast_random(&seed) % TEXTS);
        bool grow = ast_random(&seed) % 100 < (step / 1000 % 2 ? 70 : 30);
        if (grow) {
            assert_int_equal(add(&set, text[i]), held[i]++ == 0);
        } else {
            assert_int_equal(remove_one(&set, text[i]), held[i] == 1);
            held[i] -= held[i] > 0;
        }
        unsigned topic = (unsigned)(ast_random(&seed) % TEXTS);
        bool expected = false;
        for (unsigned k = 0; k < TEXTS && !expected; k++)
            expected = held[k] && strncmp(text[topic], text[k], strlen(text[k])) == 0;
        if (match(&set, text[topic]) != expected)
            fail_msg("seed 5, step %u, topic '%s'", step, text[topic]);
    }
    as_zmtp_subscriptions_fini(&set);
}

static bool keep_short(const void *context, const char *prefix, size_t prefix_bytes)
{
    (void)prefix;
    return prefix_bytes <= *(const size_t *)context;
}

static void a_sweep_removes_what_is_not_kept(void **state)
{
    as_zmtp_subscriptions set;
    char text[8];
    size_t kept_bytes = 2;
    (void)state;
    as_zmtp_subscriptions_init(&set, 2000);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "%u", i);
        assert_int_equal(add(&set, text), 1);
    }
    assert_int_equal(as_zmtp_subscriptions_sweep(&set, keep_short, &kept_bytes), 900);
    assert_int_equal(set.count, 100);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%u", i);
        assert_int_equal(remove_one(&set, text), 1);
    }
    as_zmtp_subscriptions_fini(&set);
}

static void another_point_gives_other_hashes(void **state)
{
    as_zmtp_prefixes one, other;
    uint64_t a = as_zmtp_prefixes_draw(), b = as_zmtp_prefixes_draw();
    (void)state;
    assert_int_not_equal(a, b);
    as_zmtp_prefixes_make(a, "sig.", 4, &one);
    as_zmtp_prefixes_make(b, "sig.", 4, &other);
    assert_int_not_equal(one.hash[4], other.hash[4]);
    as_zmtp_prefixes_make(a, "sig.X", 5, &other);
    assert_int_equal(one.hash[4], other.hash[4]);
    as_zmtp_prefixes_make(a, "\0\0", 2, &one);
    assert_int_not_equal(one.hash[1], one.hash[2]);
    assert_int_not_equal(one.hash[0], one.hash[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefix_matches_what_begins_with_it),
        cmocka_unit_test(a_prefix_is_held_as_often_as_it_was_asked_for),
        cmocka_unit_test(it_agrees_with_a_list),
        cmocka_unit_test(a_sweep_removes_what_is_not_kept),
        cmocka_unit_test(another_point_gives_other_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
