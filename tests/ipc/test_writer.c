#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/writer.h"

static void walk(as_writer *writer)
{
    as_writer_map(writer, 4);
    as_writer_key(writer, "a");
    as_writer_array(writer, 2);
    as_writer_uint(writer, 1);
    as_writer_int(writer, -1);
    as_writer_array_end(writer);
    as_writer_key(writer, "b");
    as_writer_text(writer, "x\ty");
    as_writer_key(writer, "c");
    as_writer_bool(writer, true);
    as_writer_key(writer, "d");
    as_writer_nil(writer);
    as_writer_map_end(writer);
}

static void one_walk_gives_both_encodings(void **state)
{
    (void)state;
    static const uint8_t packed[] = {0x84, 0xa1, 'a', 0x92, 0x01, 0xff, 0xa1, 'b', 0xa3,
                                     'x',  '\t', 'y', 0xa1, 'c',  0xc3, 0xa1, 'd', 0xc0};
    uint8_t bytes[64];
    char text[64];
    as_writer writer;
    as_writer_msgpack(&writer, bytes, sizeof bytes);
    walk(&writer);
    assert_int_equal(as_writer_finish(&writer), sizeof packed);
    assert_memory_equal(bytes, packed, sizeof packed);
    as_writer_json(&writer, text, sizeof text);
    walk(&writer);
    size_t text_bytes = as_writer_finish(&writer);
    assert_int_equal(text_bytes, strlen(text));
    assert_string_equal(text, "{\"a\":[1,-1],\"b\":\"x\\u0009y\",\"c\":true,\"d\":null}");
}

static void doubles_come_back_bit_for_bit(void **state)
{
    (void)state;
    char text[64];
    as_writer writer;
    as_writer_json(&writer, text, sizeof text);
    as_writer_double(&writer, 0.1);
    as_writer_finish(&writer);
    assert_string_equal(text, "0.10000000000000001");
}

static void a_message_that_does_not_fit_is_empty(void **state)
{
    (void)state;
    uint8_t bytes[17];
    char text[20];
    as_writer writer;
    as_writer_msgpack(&writer, bytes, sizeof bytes);
    walk(&writer);
    assert_int_equal(as_writer_finish(&writer), 0);
    as_writer_json(&writer, text, sizeof text);
    walk(&writer);
    assert_int_equal(as_writer_finish(&writer), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_walk_gives_both_encodings),
        cmocka_unit_test(doubles_come_back_bit_for_bit),
        cmocka_unit_test(a_message_that_does_not_fit_is_empty),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
