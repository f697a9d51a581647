#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/itch50.h"
#include "feeds/framing/binaryfile.h"
#include "tests/support/random.h"
#include "tests/support/shared.h"

static const uint8_t *const buf_of_nothing = (const uint8_t *)"";

static as_binaryfile_result next_of(as_binaryfile *state, const void *buf, size_t bytes, bool final)
{
    const uint8_t *message = NULL;
    size_t message_bytes = 0;
    return as_binaryfile_next(state, buf, bytes, final, &message, &message_bytes);
}

static void a_record_is_its_length_and_that_many_bytes(void **state)
{
    (void)state;
    as_binaryfile file;
    as_binaryfile_init(&file, NULL);
    static const uint8_t buf[] = {0, 3, 'a', 'b', 'c', 0, 1, 'd'};
    const uint8_t *message;
    size_t message_bytes;
    assert_int_equal(as_binaryfile_next(&file, buf, sizeof buf, false, &message, &message_bytes),
                     AS_BINARYFILE_MESSAGE);
    assert_ptr_equal(message, buf + 2);
    assert_int_equal(message_bytes, 3);
    assert_int_equal(file.consumed_bytes, 5);
    assert_int_equal(as_binaryfile_next(&file, buf + 5, 3, true, &message, &message_bytes), AS_BINARYFILE_MESSAGE);
    assert_ptr_equal(message, buf + 7);
    assert_int_equal(as_binaryfile_next(&file, buf + 8, 0, true, &message, &message_bytes), AS_BINARYFILE_EOF);
    assert_int_equal(file.messages, 2);
    assert_int_equal(file.truncated, 0);
}

static void the_longest_record_is_read(void **state)
{
    (void)state;
    uint8_t *buf = calloc(1, AS_BINARYFILE_RECORD_BYTES_MAX);
    buf[0] = buf[1] = 0xff;
    as_binaryfile file;
    as_binaryfile_init(&file, NULL);
    assert_int_equal(next_of(&file, buf, AS_BINARYFILE_RECORD_BYTES_MAX - 1, false), AS_BINARYFILE_NEED_MORE);
    assert_int_equal(next_of(&file, buf, AS_BINARYFILE_RECORD_BYTES_MAX, false), AS_BINARYFILE_MESSAGE);
    assert_int_equal(file.consumed_bytes, AS_BINARYFILE_RECORD_BYTES_MAX);
    free(buf);
}

static void every_cut_needs_more_or_is_truncated(void **state)
{
    (void)state;
    static const uint8_t buf[] = {0, 4, 'a', 'b', 'c', 'd'};
    for (size_t cut = 0; cut < sizeof buf; cut++) {
        as_binaryfile file;
        as_binaryfile_init(&file, as_itch50_lengths);
        assert_int_equal(next_of(&file, buf, cut, false), AS_BINARYFILE_NEED_MORE);
        assert_int_equal(file.consumed_bytes, 0);
        assert_int_equal(next_of(&file, buf, cut, true), cut ? AS_BINARYFILE_TRUNCATED : AS_BINARYFILE_EOF);
        assert_int_equal(file.consumed_bytes, 0);
        assert_int_equal(file.truncated, cut > 0);
        assert_int_equal(file.messages, 0);
    }
    as_binaryfile file;
    as_binaryfile_init(&file, NULL);
    assert_int_equal(next_of(&file, buf_of_nothing, 0, true), AS_BINARYFILE_EOF);
}

static void a_zero_length_ends_the_session_and_another_may_follow(void **state)
{
    (void)state;
    static const uint8_t buf[] = {0, 1, 'a', 0, 0, 0, 1, 'b', 0, 0};
    for (int with_table = 0; with_table < 2; with_table++) {
        as_binaryfile file;
        as_binaryfile_init(&file, with_table ? as_itch50_lengths : NULL);
        assert_int_equal(next_of(&file, buf, sizeof buf, true), AS_BINARYFILE_MESSAGE);
        assert_int_equal(next_of(&file, buf + 3, 7, true), AS_BINARYFILE_END);
        assert_int_equal(file.consumed_bytes, 2);
        assert_int_equal(next_of(&file, buf + 5, 5, true), AS_BINARYFILE_MESSAGE);
        assert_int_equal(next_of(&file, buf + 8, 2, false), with_table ? AS_BINARYFILE_NEED_MORE : AS_BINARYFILE_END);
        assert_int_equal(next_of(&file, buf + 8, 2, true), AS_BINARYFILE_END);
        assert_int_equal(next_of(&file, buf + 10, 0, true), AS_BINARYFILE_EOF);
        assert_int_equal(file.bad_prefix, 0);
    }
}

static void a_zero_prefix_before_a_known_type_is_a_message_of_the_tables_length(void **state)
{
    (void)state;
    uint8_t buf[2 + 12 + 1] = {0, 0, 'S'};
    as_binaryfile file;
    as_binaryfile_init(&file, as_itch50_lengths);
    const uint8_t *message;
    size_t message_bytes;
    for (size_t cut = 0; cut < 14; cut++)
        assert_int_equal(next_of(&file, buf, cut, false), AS_BINARYFILE_NEED_MORE);
    assert_int_equal(next_of(&file, buf, 13, true), AS_BINARYFILE_TRUNCATED);
    assert_int_equal(as_binaryfile_next(&file, buf, sizeof buf, false, &message, &message_bytes),
                     AS_BINARYFILE_MESSAGE);
    assert_ptr_equal(message, buf + 2);
    assert_int_equal(message_bytes, 12);
    assert_int_equal(file.consumed_bytes, 14);
    assert_int_equal(file.bad_prefix, 1);
    as_binaryfile_init(&file, NULL);
    assert_int_equal(next_of(&file, buf, sizeof buf, false), AS_BINARYFILE_END);
}

/* Read a whole file through a small buffer that is refilled with chunks of random size. */
static uint64_t read_in_chunks(const uint8_t *file, size_t bytes, uint64_t *seed, uint64_t *by_type,
                               as_binaryfile *state)
{
    uint8_t *buf = malloc(2 * AS_BINARYFILE_RECORD_BYTES_MAX);
    size_t used = 0, at = 0;
    uint64_t hash = 0;
    as_binaryfile_init(state, as_itch50_lengths);
    for (;;) {
        const uint8_t *message;
        size_t message_bytes;
        as_binaryfile_result result = as_binaryfile_next(state, buf, used, at == bytes, &message, &message_bytes);
        if (result == AS_BINARYFILE_MESSAGE) {
            by_type[message[0]]++;
            for (size_t i = 0; i < message_bytes; i++)
                hash = hash * 31 + message[i];
        }
        used -= state->consumed_bytes;
        memmove(buf, buf + state->consumed_bytes, used);
        if (result == AS_BINARYFILE_NEED_MORE) {
            size_t chunk = 1 + (size_t)(ast_random(seed) % 60);
            chunk = chunk > bytes - at ? bytes - at : chunk;
            memcpy(buf + used, file + at, chunk);
            used += chunk;
            at += chunk;
        } else if (result == AS_BINARYFILE_EOF || result == AS_BINARYFILE_TRUNCATED) {
            break;
        }
    }
    free(buf);
    return hash;
}

static void any_chunking_gives_the_same_messages(void **state)
{
    (void)state;
    uint64_t seed = 5;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 50; round++) {
        uint8_t file[4096];
        size_t bytes = 0;
        while (bytes < 3900) {
            size_t n = (size_t)(ast_random(&seed) % 70);
            file[bytes++] = 0;
            file[bytes++] = (uint8_t)n;
            for (size_t i = 0; i < n; i++)
                file[bytes++] = (uint8_t)(ast_random(&seed) % 2 ? 'A' : 0);
        }
        uint64_t types[256], types_again[256] = {0};
        memset(types, 0, sizeof types);
        as_binaryfile a, b;
        uint64_t seed_b = seed ^ 99;
        uint64_t hash = read_in_chunks(file, bytes, &seed, types, &a);
        assert_int_equal(read_in_chunks(file, bytes, &seed_b, types_again, &b), hash);
        assert_int_equal(a.messages, b.messages);
        assert_int_equal(a.ends, b.ends);
        assert_int_equal(a.bad_prefix, b.bad_prefix);
        assert_memory_equal(types, types_again, sizeof types);
    }
}

static void the_recorded_prefixless_file_gives_all_its_messages(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *file = ast_shared_read("data/itch/ritch_ex20101224_ARTIFICIAL.TEST_ITCH_50.gz", &bytes);
    if (!file)
        skip();
    assert_int_equal(bytes, 465048);
    assert_int_equal(as_itch50_sniff(file, bytes), AS_ITCH50_FORM_PREFIXLESS);
    uint64_t seed = 1, by_type[256] = {0};
    as_binaryfile result;
    read_in_chunks(file, bytes, &seed, by_type, &result);
    assert_int_equal(result.messages, 12012);
    assert_int_equal(result.bad_prefix, 12012);
    assert_int_equal(result.ends, 0);
    assert_int_equal(result.truncated, 0);
    static const struct {
        char type;
        uint64_t count;
    } expected[] = {{'S', 6},   {'R', 3},    {'H', 3},    {'A', 4997}, {'F', 3},
                    {'E', 198}, {'D', 1745}, {'P', 5000}, {'U', 12},   {'X', 45}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(by_type[(uint8_t)expected[i].type], expected[i].count);
    uint64_t none[256] = {0};
    read_in_chunks(file, bytes - 5, &seed, none, &result);
    assert_int_equal(result.messages, 12011);
    assert_int_equal(result.truncated, 1);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_its_length_and_that_many_bytes),
        cmocka_unit_test(the_longest_record_is_read),
        cmocka_unit_test(every_cut_needs_more_or_is_truncated),
        cmocka_unit_test(a_zero_length_ends_the_session_and_another_may_follow),
        cmocka_unit_test(a_zero_prefix_before_a_known_type_is_a_message_of_the_tables_length),
        cmocka_unit_test(any_chunking_gives_the_same_messages),
        cmocka_unit_test(the_recorded_prefixless_file_gives_all_its_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
