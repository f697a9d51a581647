#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/message.h"
#include "ipc/frame_check.h"
#include "ipc/writer.h"

typedef int (*printer)(FILE *stream, const char *topic, const uint8_t *frame, size_t frame_bytes);

static uint8_t frame[4096];

/* What print makes of the message that writer holds; the caller frees it. */
static char *print(printer print_one, const char *topic, as_writer *writer)
{
    char *text = NULL;
    size_t text_bytes, frame_bytes = as_writer_finish(writer);
    assert_true(frame_bytes > 0);
    assert_int_equal(as_frame_check(frame, frame_bytes), AS_FRAME_OK);
    FILE *stream = open_memstream(&text, &text_bytes);
    assert_int_equal(print_one(stream, topic, frame, frame_bytes), 0);
    fclose(stream);
    return text;
}

static void json_has_every_kind_of_value(void **state)
{
    (void)state;
    as_writer w;
    as_writer_msgpack(&w, frame, sizeof frame);
    as_writer_map(&w, 7);
    as_writer_key(&w, "u");
    as_writer_uint(&w, UINT64_MAX);
    as_writer_key(&w, "i");
    as_writer_int(&w, -1);
    as_writer_key(&w, "d");
    as_writer_double(&w, 0.1);
    as_writer_key(&w, "n");
    as_writer_nil(&w);
    as_writer_key(&w, "b");
    as_writer_bool(&w, true);
    as_writer_key(&w, "t");
    as_writer_text(&w, "a\"\\\n");
    as_writer_key(&w, "a");
    as_writer_array(&w, 2);
    as_writer_uint(&w, 1);
    as_writer_map(&w, 0);
    char *text = print(as_message_print_json, "sig.x.", &w);
    assert_string_equal(text, "{\"topic\":\"sig.x.\",\"message\":{\"u\":18446744073709551615,\"i\":-1,"
                              "\"d\":0.10000000000000001,\"n\":null,\"b\":true,\"t\":\"a\\\"\\\\\\u000a\","
                              "\"a\":[1,{}]}}\n");
    free(text);
}

static void text_is_one_line_with_time_and_what_matters(void **state)
{
    (void)state;
    as_writer w;
    as_writer_msgpack(&w, frame, sizeof frame);
    as_writer_map(&w, 5);
    as_writer_key(&w, "ts_recv");
    as_writer_uint(&w, UINT64_C(1782936000123000000));
    as_writer_key(&w, "action");
    as_writer_text(&w, "open");
    as_writer_key(&w, "os");
    as_writer_double(&w, -2.345);
    as_writer_key(&w, "p");
    as_writer_nil(&w);
    as_writer_key(&w, "px");
    as_writer_uint(&w, 7);
    char *text = print(as_message_print_text, "sig.overreaction.TER.", &w);
    const char *begin = "2026-07-01T20:00:00.123Z sig.overreaction.TER. ";
    assert_memory_equal(text, begin, strlen(begin));
    assert_non_null(strstr(text, " action=open os=-2.35\n")); /* what is nil or does not matter is left out */
    free(text);
}

static void a_message_that_is_no_map_is_still_printed(void **state)
{
    (void)state;
    as_writer w;
    as_writer_msgpack(&w, frame, sizeof frame);
    as_writer_array(&w, 1);
    as_writer_nil(&w);
    char *text = print(as_message_print_json, "x.", &w);
    assert_string_equal(text, "{\"topic\":\"x.\",\"message\":[null]}\n");
    free(text);
    as_writer_msgpack(&w, frame, sizeof frame);
    as_writer_array(&w, 0);
    text = print(as_message_print_text, "x.", &w);
    assert_non_null(strstr(text, "x."));
    free(text);
}

static void a_stream_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "we");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    static const uint8_t empty_map = 0x80;
    assert_true(as_message_print_json(full, "x.", &empty_map, 1) < 0);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_every_kind_of_value),
        cmocka_unit_test(text_is_one_line_with_time_and_what_matters),
        cmocka_unit_test(a_message_that_is_no_map_is_still_printed),
        cmocka_unit_test(a_stream_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
