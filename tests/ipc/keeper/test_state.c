#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "ipc/keeper/state.h"
#include "tests/support/random.h"

typedef struct seen {
    uint64_t gseq[4096];
    unsigned count;
} seen;

static void see(void *context, as_kept *kept)
{
    seen *s = context;
    s->gseq[s->count++] = kept->gseq;
}

static uint64_t gseq;

static void apply(as_state *state, as_message_kind kind, as_message_effect effect, uint64_t key)
{
    static const uint8_t bytes[] = "sig.payload";
    as_message message = {
        .gseq = ++gseq, .kind = (uint8_t)kind, .effect = (uint8_t)effect, .topic_bytes = 4, .payload_bytes = 7};
    memcpy(message.key, &key, sizeof key);
    as_state_apply(state, &message, bytes);
}

static void expect(as_state *state, unsigned count, const uint64_t *expected)
{
    seen s = {.count = 0};
    as_state_visit(state, see, &s);
    assert_int_equal(s.count, count);
    assert_int_equal(as_state_count(state), count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(s.gseq[i], expected[i]);
}

static void effects_do_what_the_page_says(void **unused)
{
    (void)unused;
    as_state *state;
    gseq = 0;
    assert_int_equal(as_state_new(0, 0, &state), 0);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_RENEW, 1);  /* 1: a near miss */
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_REMOVE, 1); /* 2: of nobody */
    apply(state, AS_MESSAGE_OTHER, AS_EFFECT_SET, 1);     /* 3: hb. and sys. are no part of it */
    assert_int_equal(as_state_version(state), 0);
    expect(state, 0, NULL);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1);   /* 4 */
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 2);   /* 5 */
    apply(state, AS_MESSAGE_FACT, AS_EFFECT_SET, 1);     /* 6 */
    apply(state, AS_MESSAGE_SHOCK, AS_EFFECT_SET, 1);    /* 7 */
    apply(state, AS_MESSAGE_SHOCK, AS_EFFECT_SET, 2);    /* 8 */
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_RENEW, 1); /* 9: goes to the end */
    expect(state, 5, (uint64_t[]){5, 6, 7, 8, 9});
    assert_int_equal(as_state_count_of(state, AS_MESSAGE_SHOCK), 2);
    apply(state, AS_MESSAGE_FACT, AS_EFFECT_REMOVE, 1); /* 10: with its shock */
    expect(state, 3, (uint64_t[]){5, 8, 9});
    apply(state, AS_MESSAGE_FACT, AS_EFFECT_REMOVE, 2); /* 11: a shock whose fact is not there */
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_REMOVE, 1);
    expect(state, 1, (uint64_t[]){5});
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_REMOVE, 2);
    expect(state, 0, NULL);
    assert_int_equal(as_state_bytes(state), 0);
    assert_int_equal(as_state_refused(state), 0);
    as_state_free(state);
}

/* The same stream into a table that is searched from end to end. */
static void it_agrees_with_a_plain_table(void **unused)
{
    (void)unused;
    enum { KEYS = 1500, STEPS = 60000 };
    static uint64_t model[AS_MESSAGE_FEED + 1][KEYS], sorted[4 * KEYS];
    static seen s;
    as_state *state;
    uint64_t seed = 42;
    gseq = 0;
    assert_int_equal(as_state_new(0, 0, &state), 0);
    for (unsigned i = 0; i < STEPS; i++) {
        as_message_kind kind = (as_message_kind)(1 + ast_random(&seed) % 4);
        as_message_effect effect = (as_message_effect)(1 + ast_random(&seed) % 3);
        uint64_t key = ast_random(&seed) % (i < STEPS / 2 ? KEYS : KEYS / 8);
        apply(state, kind, effect, key);
        uint64_t *m = &model[kind][key];
        if (effect == AS_EFFECT_SET || (effect == AS_EFFECT_RENEW && *m))
            *m = gseq;
        if (effect == AS_EFFECT_REMOVE) {
            *m = 0;
            if (kind == AS_MESSAGE_FACT)
                model[AS_MESSAGE_SHOCK][key] = 0;
        }
        if (i % 6000 != 5999)
            continue;
        unsigned count = 0, found = 0;
        s.count = 0;
        as_state_visit(state, see, &s);
        for (unsigned k = 0; k <= AS_MESSAGE_FEED; k++)
            for (unsigned j = 0; j < KEYS; j++)
                if (model[k][j])
                    sorted[count++] = model[k][j];
        assert_int_equal(s.count, count);
        for (unsigned j = 0; j < count; j++)
            for (unsigned k = 0; k < count; k++)
                found += s.gseq[j] == sorted[k];
        assert_int_equal(found, count);
        for (unsigned j = 1; j < count; j++)
            assert_true(s.gseq[j - 1] < s.gseq[j]);
    }
    as_state_free(state);
}

static void beyond_its_limits_it_says_that_it_is_incomplete(void **unused)
{
    (void)unused;
    as_state *state;
    assert_int_equal(as_state_new(3, 0, &state), 0);
    for (uint64_t key = 0; key < 3; key++)
        apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, key);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1); /* replaced: fits */
    assert_int_equal(as_state_refused(state), 0);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 3);
    assert_int_equal(as_state_refused(state), 1);
    assert_int_equal(as_state_count(state), 3);
    as_state_free(state);
    assert_int_equal(as_state_new(0, 2 * (sizeof(as_kept) + 11), &state), 0);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 2);
    assert_int_equal(as_state_refused(state), 0);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 3);
    assert_int_equal(as_state_refused(state), 1);
    as_state_free(state);
}

static void hold(void *context, as_kept *kept)
{
    kept->holders++;
    *(as_kept **)context = kept;
}

static void what_somebody_holds_outlives_its_entry(void **unused)
{
    (void)unused;
    as_state *state;
    as_kept *kept = NULL;
    assert_int_equal(as_state_new(0, 0, &state), 0);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1);
    as_state_visit(state, hold, &kept);
    apply(state, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1);
    as_state_free(state);
    assert_memory_equal(kept->bytes, "sig.payload", 11);
    assert_int_equal(kept->holders, 1);
    as_kept_release(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_do_what_the_page_says),
        cmocka_unit_test(it_agrees_with_a_plain_table),
        cmocka_unit_test(beyond_its_limits_it_says_that_it_is_incomplete),
        cmocka_unit_test(what_somebody_holds_outlives_its_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
