#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/keeper/answer.h"

/* By hand from the MessagePack specification: what docs/WIRE.md promises of an answer's header. */
static void the_header_is_the_page_s_to_the_byte(void **state)
{
    (void)state;
    static const char expected[] = "\x8b\xa1v\x01\xa2op\xa4ping\xa2id\xcd\x01\x00\xa5"
                                   "error\xc0\xa6"
                                   "detail\xc0\xa5"
                                   "epoch\xcf\x11\x22\x33\x44\x55\x66\x77\x88\xa4gseq\x09\xa6oldest\x03\xa6ts_now\xc0"
                                   "\xa6halted\xc3\xa6ts_pub\x05";
    uint8_t out[256];
    as_writer w;
    const as_answer_head head = {.op = "ping",
                                 .has_id = true,
                                 .id = 256,
                                 .epoch = UINT64_C(0x1122334455667788),
                                 .gseq = 9,
                                 .oldest = 3,
                                 .halted = true};
    as_writer_msgpack(&w, out, sizeof out);
    as_answer_begin(&w, &head, 1);
    as_writer_key(&w, "ts_pub");
    as_writer_uint(&w, 5);
    assert_int_equal(as_writer_finish(&w), sizeof expected - 1);
    assert_memory_equal(out, expected, sizeof expected - 1);
}

static void an_error_has_a_detail_and_nothing_has_none(void **state)
{
    (void)state;
    static const char error[] = "\xa5"
                                "error\xa4gone\xa6"
                                "detail\xa3why";
    static const char nothing[] = "\xa2op\xc0\xa2id\xc0\xa5"
                                  "error\xc0\xa6"
                                  "detail\xc0";
    uint8_t out[256];
    as_writer w;
    const as_answer_head wrong = {.op = "replay", .error = "gone", .detail = "why"};
    as_writer_msgpack(&w, out, sizeof out);
    as_answer_begin(&w, &wrong, 0);
    assert_non_null(memmem(out, as_writer_finish(&w), error, sizeof error - 1));
    const as_answer_head right = {.op = "", .detail = "left over"};
    as_writer_msgpack(&w, out, sizeof out);
    as_answer_begin(&w, &right, 0);
    assert_non_null(memmem(out, as_writer_finish(&w), nothing, sizeof nothing - 1));
}

static void a_message_is_text_and_bytes(void **state)
{
    (void)state;
    static const char expected[] = "\x92\xa3hb.\xc4\x02xy";
    uint8_t out[64];
    as_writer w;
    const as_message_view message = {
        .topic = (const uint8_t *)"hb.", .payload = (const uint8_t *)"xy", .topic_bytes = 3, .payload_bytes = 2};
    as_writer_msgpack(&w, out, sizeof out);
    as_answer_message(&w, &message);
    assert_int_equal(as_writer_finish(&w), sizeof expected - 1);
    assert_memory_equal(out, expected, sizeof expected - 1);
}

static void no_message_takes_more_than_its_allowance(void **state)
{
    (void)state;
    static uint8_t out[1 << 18], payload[1 << 17], topic[191];
    for (uint32_t bytes = 1; bytes < sizeof payload; bytes = bytes * 2 + 1) {
        as_writer w;
        const as_message_view message = {
            .topic = topic, .payload = payload, .topic_bytes = sizeof topic, .payload_bytes = bytes};
        as_writer_msgpack(&w, out, sizeof out);
        as_answer_message(&w, &message);
        assert_true(as_writer_finish(&w) <= bytes + sizeof topic + AS_ANSWER_MESSAGE_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_the_page_s_to_the_byte),
        cmocka_unit_test(an_error_has_a_detail_and_nothing_has_none),
        cmocka_unit_test(a_message_is_text_and_bytes),
        cmocka_unit_test(no_message_takes_more_than_its_allowance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
