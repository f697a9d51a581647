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
#include "ipc/keeper/snapshot.h"

enum { PART = 10000, ENTRY = 500 };

static uint64_t gseq;
static as_prefixes everything, some;

static int prepare(void **state)
{
    (void)state;
    as_prefixes_add(&everything, "", 0);
    as_prefixes_add(&some, "b", 1);
    return 0;
}

static void put(as_state *state, uint64_t key, char letter)
{
    uint8_t bytes[ENTRY];
    memset(bytes, letter, sizeof bytes);
    as_message message = {.gseq = ++gseq,
                          .kind = AS_MESSAGE_SIGNAL,
                          .effect = AS_EFFECT_SET,
                          .topic_bytes = 10,
                          .payload_bytes = ENTRY - 10};
    memcpy(message.key, &key, sizeof key);
    as_state_apply(state, &message, bytes);
}

static as_state *filled(unsigned count)
{
    as_state *state;
    gseq = 0;
    assert_int_equal(as_state_new(0, 0, &state), 0);
    for (unsigned i = 0; i < count; i++)
        put(state, i, i % 2 ? 'a' : 'b');
    return state;
}

static void nothing_is_one_part_with_the_hash_of_nothing(void **unused)
{
    (void)unused;
    as_snapshots *snapshots;
    as_state *state = filled(0);
    assert_int_equal(as_snapshots_new(PART, &snapshots), 0);
    const as_snapshot *s = as_snapshots_take(snapshots, state, &everything, 0, false, 0, 1);
    assert_int_equal(s->count, 0);
    assert_int_equal(s->parts, 1);
    assert_string_equal(s->hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"); /* FIPS 180-4 */
    as_snapshots_free(snapshots);
    as_state_free(state);
}

static void parts_fit_and_make_the_whole(void **unused)
{
    (void)unused;
    as_snapshots *snapshots;
    as_state *state = filled(200);
    assert_int_equal(as_snapshots_new(PART, &snapshots), 0);
    const as_snapshot *s = as_snapshots_take(snapshots, state, &everything, gseq, true, 0, 1);
    assert_int_equal(s->count, 200);
    assert_int_equal(s->parts, 11); /* 19 of 511 bytes each */
    assert_int_equal(s->begin[0], 0);
    assert_int_equal(s->begin[11], 200);
    for (unsigned i = 0; i < s->parts; i++)
        assert_in_range(s->begin[i + 1] - s->begin[i], 1, 19);
    assert_true(s->halted);
    s = as_snapshots_take(snapshots, state, &some, gseq, true, 0, 1);
    assert_int_equal(s->count, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(s->kept[i]->gseq, 2 * i + 1);
    as_snapshots_free(snapshots);
    as_state_free(state);
}

static void it_is_frozen_while_the_state_goes_on(void **unused)
{
    (void)unused;
    as_snapshots *snapshots;
    as_state *state = filled(50);
    char hash[AS_DIGEST_HEX_BYTES];
    assert_int_equal(as_snapshots_new(PART, &snapshots), 0);
    const as_snapshot *s = as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 1);
    uint64_t token = s->token;
    memcpy(hash, s->hash, sizeof hash);
    for (unsigned i = 0; i < 50; i++)
        put(state, i, 'z');
    s = as_snapshots_find(snapshots, token, 2);
    assert_int_equal(s->gseq, 50);
    assert_int_equal(s->kept[0]->bytes[20], 'b');
    assert_string_equal(s->hash, hash);
    assert_string_not_equal(as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 3)->hash, hash);
    as_state_free(state); /* it holds what it needs */
    assert_int_equal(as_snapshots_find(snapshots, token, 4)->kept[49]->gseq, 50);
    as_snapshots_free(snapshots);
}

static void a_crowd_shares_one(void **unused)
{
    (void)unused;
    as_snapshots *snapshots;
    as_state *state = filled(50);
    assert_int_equal(as_snapshots_new(PART, &snapshots), 0);
    uint64_t token = as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 1)->token;
    assert_int_equal(as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 2)->token, token);
    assert_true(as_snapshots_take(snapshots, state, &some, gseq, false, 0, 2)->token != token);
    put(state, 1, 'q');
    assert_int_equal(as_snapshots_take(snapshots, state, &everything, gseq, false, 50, 3)->token,
                     token); /* at 50: is */
    assert_true(as_snapshots_take(snapshots, state, &everything, gseq, false, 51, 4)->token != token);
    put(state, 1, 'r');
    assert_true(as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 5)->gseq == gseq); /* now is now */
    put(state, 1, 's');
    assert_true(as_snapshots_take(snapshots, state, &everything, gseq, false, 50, 6 + AS_SNAPSHOT_SHARE_NS)->gseq ==
                gseq); /* not an old one */
    assert_int_equal(as_snapshots_made(snapshots), 5);
    as_snapshots_free(snapshots);
    as_state_free(state);
}

static void they_end_by_time_number_and_bytes(void **unused)
{
    (void)unused;
    as_snapshots *snapshots;
    as_state *state = filled(50);
    assert_int_equal(as_snapshots_new(PART, &snapshots), 0);
    uint64_t token = as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 1)->token;
    assert_non_null(as_snapshots_find(snapshots, token, AS_SNAPSHOT_KEEP_NS));
    assert_non_null(as_snapshots_find(snapshots, token, 2 * AS_SNAPSHOT_KEEP_NS)); /* 10 s after the last use */
    assert_null(as_snapshots_find(snapshots, token, 3 * AS_SNAPSHOT_KEEP_NS + 1));
    assert_int_equal(as_snapshots_bytes(snapshots), 0);
    token = as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 1)->token;
    for (unsigned i = 0; i < 2 * AS_SNAPSHOTS_MAX; i++) { /* many of one part make no room of it */
        static as_prefixes none;
        put(state, 1000 + i, 'c');
        as_snapshots_take(snapshots, state, &none, gseq, false, 0, 2);
    }
    assert_int_equal(as_snapshots_count(snapshots), AS_SNAPSHOTS_MAX);
    assert_non_null(as_snapshots_find(snapshots, token, 2));
    for (unsigned i = 0; i < 2 * AS_SNAPSHOTS_MAX; i++) {
        put(state, 1, 'c');
        as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 3 + i);
    }
    assert_null(as_snapshots_find(snapshots, token, 4));
    as_state_free(state);
    state = filled(50000); /* some 26 MB */
    for (unsigned i = 0; i < 5; i++) {
        put(state, 1, 'c');
        as_snapshots_take(snapshots, state, &everything, gseq, false, 0, 100 + i);
        assert_true(as_snapshots_bytes(snapshots) <= AS_SNAPSHOT_BYTES_MAX);
    }
    assert_int_equal(as_snapshots_count(snapshots), 2);
    as_snapshots_free(snapshots);
    as_state_free(state);
}

static void ten_thousand_entries_take_some_milliseconds(void **unused)
{
    (void)unused;
    as_snapshots *snapshots;
    as_state *state = filled(10000);
    uint64_t best = UINT64_MAX;
    assert_int_equal(as_snapshots_new(1 << 20, &snapshots), 0);
    for (unsigned i = 0; i < 5; i++) {
        put(state, 1, 'c');
        uint64_t begin = as_clock_monotonic_ns();
        as_snapshots_take(snapshots, state, &everything, gseq, false, 0, i + 1);
        uint64_t took = as_clock_monotonic_ns() - begin;
        best = took < best ? took : best;
    }
    print_message("10,000 entries of %d bytes: %.2f ms\n", ENTRY, (double)best / 1e6);
    as_snapshots_free(snapshots);
    as_state_free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_one_part_with_the_hash_of_nothing),
        cmocka_unit_test(parts_fit_and_make_the_whole),
        cmocka_unit_test(it_is_frozen_while_the_state_goes_on),
        cmocka_unit_test(a_crowd_shares_one),
        cmocka_unit_test(they_end_by_time_number_and_bytes),
        cmocka_unit_test(ten_thousand_entries_take_some_milliseconds),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
