#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <msgpack.h>
#include <stdlib.h>

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

/* ---- every form: the bytes that msgpack-c packs ---- */

typedef struct forms {
    uint8_t out[1 << 18];
    as_writer writer;
    msgpack_sbuffer buffer;
    msgpack_packer packer;
} forms;

static forms *begin(void)
{
    forms *f = malloc(sizeof *f);
    assert_non_null(f);
    as_writer_msgpack(&f->writer, f->out, sizeof f->out);
    msgpack_sbuffer_init(&f->buffer);
    msgpack_packer_init(&f->packer, &f->buffer, msgpack_sbuffer_write);
    return f;
}

static void end_equal(forms *f)
{
    assert_int_equal(as_writer_finish(&f->writer), f->buffer.size);
    assert_memory_equal(f->out, f->buffer.data, f->buffer.size);
    msgpack_sbuffer_destroy(&f->buffer);
    free(f);
}

static void integers_have_the_shortest_form(void **state)
{
    (void)state;
    forms *f = begin();
    for (unsigned bit = 0; bit < 64; bit++)
        for (int near = -2; near <= 2; near++) {
            uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)near;
            as_writer_uint(&f->writer, value);
            msgpack_pack_uint64(&f->packer, value);
            as_writer_int(&f->writer, (int64_t)value);
            msgpack_pack_int64(&f->packer, (int64_t)value);
            as_writer_int(&f->writer, -(int64_t)(value >> 1));
            msgpack_pack_int64(&f->packer, -(int64_t)(value >> 1));
        }
    as_writer_int(&f->writer, INT64_MIN);
    msgpack_pack_int64(&f->packer, INT64_MIN);
    end_equal(f);
}

static void lengths_have_the_shortest_form(void **state)
{
    (void)state;
    static const uint32_t length[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536};
    static char text[65537];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < sizeof length / sizeof *length; i++) {
        forms *f = begin();
        as_writer_map(&f->writer, length[i]);
        msgpack_pack_map(&f->packer, length[i]);
        as_writer_array(&f->writer, length[i]);
        msgpack_pack_array(&f->packer, length[i]);
        as_writer_text_bytes(&f->writer, text, length[i]);
        msgpack_pack_str(&f->packer, length[i]);
        msgpack_pack_str_body(&f->packer, text, length[i]);
        as_writer_bin(&f->writer, text, length[i]);
        msgpack_pack_bin(&f->packer, length[i]);
        msgpack_pack_bin_body(&f->packer, text, length[i]);
        as_writer_double(&f->writer, -0.1);
        msgpack_pack_double(&f->packer, -0.1);
        end_equal(f);
    }
}

static void an_encoded_value_goes_in_as_it_is_and_json_has_no_bytes(void **state)
{
    (void)state;
    static const uint8_t packed[] = {0x92, 0x81, 0xa1, 'a', 0x01, 0xc4, 0x02, 0x00, 0xff};
    uint8_t bytes[16];
    char text[32];
    as_writer writer;
    as_writer_msgpack(&writer, bytes, sizeof bytes);
    as_writer_array(&writer, 2);
    as_writer_raw(&writer, packed + 1, 4);
    as_writer_bin(&writer, packed + 7, 2);
    assert_int_equal(as_writer_finish(&writer), sizeof packed);
    assert_memory_equal(bytes, packed, sizeof packed);
    as_writer_json(&writer, text, sizeof text);
    as_writer_array(&writer, 2);
    as_writer_raw(&writer, "{\"a\":1}", 7);
    as_writer_text_bytes(&writer, "x\"yz", 3);
    as_writer_array_end(&writer);
    as_writer_finish(&writer);
    assert_string_equal(text, "[{\"a\":1},\"x\\\"y\"]");
    as_writer_json(&writer, text, sizeof text);
    as_writer_bin(&writer, packed, 2);
    assert_int_equal(as_writer_finish(&writer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_walk_gives_both_encodings),
        cmocka_unit_test(doubles_come_back_bit_for_bit),
        cmocka_unit_test(a_message_that_does_not_fit_is_empty),
        cmocka_unit_test(integers_have_the_shortest_form),
        cmocka_unit_test(lengths_have_the_shortest_form),
        cmocka_unit_test(an_encoded_value_goes_in_as_it_is_and_json_has_no_bytes),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
