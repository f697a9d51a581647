#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/client/c/digest.h"
#include "ipc/client/c/state.h"

/* A message made by hand: only what the state looks at. */
static asc_message *message(as_client_kind kind, asc_effect effect, const char *key, uint64_t gseq)
{
    asc_message *m = calloc(1, sizeof *m);
    assert_non_null(m);
    *m = (asc_message){.refs = 1,
                       .kind = (uint8_t)kind,
                       .effect = (uint8_t)effect,
                       .gseq = gseq,
                       .topic = "t.",
                       .topic_bytes = 2,
                       .payload = (const uint8_t *)"p",
                       .payload_bytes = 1,
                       .key = key,
                       .key_bytes = strlen(key)};
    return m;
}

static void apply(asc_state *s, as_client_kind kind, asc_effect effect, const char *key, uint64_t gseq)
{
    asc_message *m = message(kind, effect, key, gseq);
    assert_true(asc_state_apply(s, m));
    asc_message_unref(m);
}

static void sets_renews_and_removes(void **state)
{
    (void)state;
    asc_state s = {0};
    apply(&s, AS_CLIENT_SIGNAL, ASC_EFFECT_RENEW, "sA", 1); /* a near miss */
    assert_int_equal(s.entries.count, 0);
    apply(&s, AS_CLIENT_SIGNAL, ASC_EFFECT_SET, "sA", 2);
    apply(&s, AS_CLIENT_SIGNAL, ASC_EFFECT_RENEW, "sA", 5);
    apply(&s, AS_CLIENT_SIGNAL, ASC_EFFECT_RENEW, "sA", 4); /* late: older */
    assert_int_equal(asc_state_signal_after(&s, 0)->gseq, 5);
    assert_null(asc_state_signal_after(&s, 5));
    apply(&s, AS_CLIENT_SIGNAL, ASC_EFFECT_REMOVE, "sA", 6);
    apply(&s, AS_CLIENT_SIGNAL, ASC_EFFECT_REMOVE, "sA", 7);
    assert_int_equal(s.entries.count, 0);
    asc_state_fini(&s);
}

static void an_expired_fact_takes_its_shock_and_no_late_shock_comes_back(void **state)
{
    (void)state;
    asc_state s = {0};
    apply(&s, AS_CLIENT_FACT, ASC_EFFECT_SET, "fX", 1);
    apply(&s, AS_CLIENT_SHOCK, ASC_EFFECT_SET, "kX", 2);
    apply(&s, AS_CLIENT_SHOCK, ASC_EFFECT_SET, "kY", 3);
    apply(&s, AS_CLIENT_FACT, ASC_EFFECT_REMOVE, "fX", 6);
    assert_int_equal(s.entries.count, 1);
    apply(&s, AS_CLIENT_SHOCK, ASC_EFFECT_SET, "kX", 5); /* repaired, said before the end */
    assert_int_equal(s.entries.count, 1);
    apply(&s, AS_CLIENT_SHOCK, ASC_EFFECT_SET, "kX", 8); /* of the next generation */
    assert_int_equal(s.entries.count, 2);
    asc_state_settle(&s, 5);
    assert_int_equal(s.ended.count, 1);
    asc_state_settle(&s, 6);
    assert_int_equal(s.ended.count, 0);
    asc_state_fini(&s);
}

/* SHA-256 of nothing and of "abc" are FIPS 180-4's own examples. */
static void the_hash_is_over_topics_and_payloads_in_order(void **state)
{
    (void)state;
    asc_state s = {0};
    char hex[65], expected[65];
    asc_digest digest;
    assert_true(asc_state_hash(&s, hex));
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    asc_digest_begin(&digest);
    asc_digest_add(&digest, "ab", 2);
    asc_digest_add(&digest, "c", 1);
    asc_digest_end(&digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    asc_message *late = message(AS_CLIENT_FEED, ASC_EFFECT_SET, "dz", 9),
                *early = message(AS_CLIENT_FACT, ASC_EFFECT_SET, "fa", 3);
    early->payload = (const uint8_t *)"q";
    assert_true(asc_state_apply(&s, late) && asc_state_apply(&s, early));
    asc_digest_begin(&digest);
    asc_digest_add(&digest, "t.qt.p", 6);
    asc_digest_end(&digest, expected);
    assert_true(asc_state_hash(&s, hex));
    assert_string_equal(hex, expected);
    asc_message_unref(late);
    asc_message_unref(early);
    asc_state_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_renews_and_removes),
        cmocka_unit_test(an_expired_fact_takes_its_shock_and_no_late_shock_comes_back),
        cmocka_unit_test(the_hash_is_over_topics_and_payloads_in_order),
    };
    return cmocka_run_group_tests_name("client state", tests, NULL, NULL);
}
