#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/value_text.h"
#include "ipc/frame_check.h"
#include "ipc/writer.h"

static uint8_t frame[16384];
static as_writer w;

static void begin(void)
{
    as_writer_msgpack(&w, frame, sizeof frame);
}

/* The value in the frame as text. */
static void expect(const char *text)
{
    msgpack_unpacked unpacked;
    char *out = NULL;
    size_t out_bytes, frame_bytes = as_writer_finish(&w);
    assert_int_equal(as_frame_check(frame, frame_bytes), AS_FRAME_OK);
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)frame, frame_bytes, NULL), MSGPACK_UNPACK_SUCCESS);
    FILE *stream = open_memstream(&out, &out_bytes);
    assert_int_equal(as_value_print_text(stream, &unpacked.data), 0);
    fclose(stream);
    assert_string_equal(out, text);
    free(out);
    msgpack_unpacked_destroy(&unpacked);
}

static void put(const char *key, uint64_t value)
{
    as_writer_key(&w, key);
    as_writer_uint(&w, value);
}

static void put_text(const char *key, const char *value)
{
    as_writer_key(&w, key);
    as_writer_text(&w, value);
}

static void some_numbers_have_a_form_of_their_own(void **state)
{
    (void)state;
    begin();
    as_writer_map(&w, 5);
    put("epoch", UINT64_C(0x2a));
    put("ts_now", UINT64_C(1782936000123456789));
    put("since", 0);
    put("gseq", 42);
    as_writer_key(&w, "clients");
    as_writer_array(&w, 1);
    as_writer_map(&w, 1);
    put("since", UINT64_C(1782936000000000000));
    as_writer_map_end(&w);
    as_writer_array_end(&w);
    as_writer_map_end(&w);
    expect("epoch   000000000000002a\n"
           "ts_now  2026-07-01T20:00:00.123Z\n"
           "since   -\n"
           "gseq    42\n"
           "\n"
           "clients\n"
           "  since\n"
           "  2026-07-01T20:00:00.000Z\n");
}

static void scalars_are_aligned(void **state)
{
    (void)state;
    begin();
    as_writer_map(&w, 8);
    put("u", UINT64_MAX);
    as_writer_key(&w, "negative");
    as_writer_int(&w, -5);
    as_writer_key(&w, "double");
    as_writer_double(&w, 0.25);
    as_writer_key(&w, "yes");
    as_writer_bool(&w, true);
    as_writer_key(&w, "nil");
    as_writer_nil(&w);
    put_text("text", "a\x1b[2J\nb");
    as_writer_key(&w, "list");
    as_writer_array(&w, 3);
    as_writer_text(&w, "a");
    as_writer_uint(&w, 1);
    as_writer_map(&w, 0);
    as_writer_key(&w, "empty");
    as_writer_array(&w, 0);
    expect("u         18446744073709551615\n"
           "negative  -5\n"
           "double    0.25\n"
           "yes       yes\n"
           "nil       -\n"
           "text      a?[2J?b\n"
           "list      a, 1, ...\n"
           "empty     none\n");
}

static void maps_are_sections_after_the_scalars(void **state)
{
    (void)state;
    begin();
    as_writer_map(&w, 3);
    put("first", 1);
    as_writer_key(&w, "inner");
    as_writer_map(&w, 2);
    put("a", 1);
    as_writer_key(&w, "deeper");
    as_writer_map(&w, 1);
    put("bb", 2);
    put("longer_one", 3);
    expect("first       1\n"
           "longer_one  3\n"
           "\n"
           "inner\n"
           "  a  1\n"
           "  deeper\n"
           "    bb  2\n");
}

static void arrays_of_maps_are_tables(void **state)
{
    (void)state;
    begin();
    as_writer_map(&w, 1);
    as_writer_key(&w, "feeds");
    as_writer_array(&w, 2);
    as_writer_map(&w, 3);
    put_text("name", "a");
    put("messages", 7);
    put_text("state", "live");
    as_writer_map(&w, 2); /* one key less */
    put_text("state", "connecting");
    put_text("name", "longer");
    expect("\nfeeds\n"
           "  name    messages  state\n"
           "  a              7  live\n"
           "  longer         -  connecting\n");
}

static void wide_tables_are_turned_round(void **state)
{
    (void)state;
    char key[8];
    begin();
    as_writer_array(&w, 2);
    for (unsigned row = 0; row < 2; row++) {
        as_writer_map(&w, AS_VALUE_TABLE_COLUMNS + 1);
        put_text("name", row ? "bb" : "a");
        for (unsigned i = 0; i < AS_VALUE_TABLE_COLUMNS; i++) {
            snprintf(key, sizeof key, "k%u", i);
            put(key, row ? 100 * i : i);
        }
    }
    expect("name   a    bb\nk0     0     0\nk1     1   100\nk2     2   200\nk3     3   300\nk4     4   400\nk5     5   "
           "500\n"
           "k6     6   600\nk7     7   700\nk8     8   800\nk9     9   900\nk10   10  1000\nk11   11  1100\n");
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    char text[400], line[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    begin();
    as_writer_text(&w, text);
    snprintf(line, sizeof line, "%.*s\n", AS_VALUE_CELL_BYTES - 1, text);
    expect(line);
    begin();
    as_writer_array(&w, 3);
    for (unsigned i = 0; i < 3; i++)
        as_writer_text(&w, text + 299);
    snprintf(line, sizeof line, "%.100s, %.25s\n", text, text);
    expect(line);
}

static void values_are_found_by_key(void **state)
{
    (void)state;
    msgpack_unpacked unpacked;
    begin();
    as_writer_map(&w, 2);
    put("ab", 1);
    put("a", 2);
    size_t bytes = as_writer_finish(&w);
    msgpack_unpacked_init(&unpacked);
    msgpack_unpack_next(&unpacked, (const char *)frame, bytes, NULL);
    assert_int_equal(as_value_find(&unpacked.data, "a")->via.u64, 2);
    assert_null(as_value_find(&unpacked.data, "abc"));
    assert_null(as_value_find(as_value_find(&unpacked.data, "a"), "a"));
    msgpack_unpacked_destroy(&unpacked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_aligned),
        cmocka_unit_test(some_numbers_have_a_form_of_their_own),
        cmocka_unit_test(maps_are_sections_after_the_scalars),
        cmocka_unit_test(arrays_of_maps_are_tables),
        cmocka_unit_test(wide_tables_are_turned_round),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(values_are_found_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
