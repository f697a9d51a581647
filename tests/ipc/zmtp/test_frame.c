#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/frame.h"

static as_zmtp_frame frame;

static void lengths_take_one_byte_or_eight(void **state)
{
    uint8_t header[AS_ZMTP_HEADER_BYTES];
    (void)state;
    assert_int_equal(as_zmtp_frame_header(AS_ZMTP_MORE, 255, header), 2);
    assert_memory_equal(header, "\1\xff", 2);
    assert_int_equal(as_zmtp_frame_header(AS_ZMTP_COMMAND, 256, header), 9);
    assert_memory_equal(header, "\6\0\0\0\0\0\0\1\0", 9);
    assert_int_equal(as_zmtp_frame_header(0, 0x123456, header), 9);
    assert_memory_equal(header, "\2\0\0\0\0\0\x12\x34\x56", 9);
}

static void a_message_is_topic_with_more_and_payload(void **state)
{
    uint8_t out[64];
    (void)state;
    assert_int_equal(as_zmtp_message_encode("hb.", 3, "xyzw", 4, out), 11);
    assert_memory_equal(out, "\1\3hb.\0\4xyzw", 11);
}

/* Give bytes in pieces; the number of whole frames, -1 if they were refused. */
static int feed(const char *bytes, size_t count, size_t piece)
{
    const char *why = NULL;
    int frames = 0;
    memset(&frame, 0, sizeof frame);
    for (size_t i = 0; i < count; i += piece) {
        const uint8_t *at = (const uint8_t *)bytes + i;
        size_t left = count - i < piece ? count - i : piece;
        for (;;) {
            as_zmtp_taken taken = as_zmtp_frame_take(&frame, &at, &left, &why);
            if (taken == AS_ZMTP_TAKEN_BAD) {
                assert_non_null(why);
                return -1;
            }
            if (taken == AS_ZMTP_TAKEN_ALL)
                break;
            frames++;
        }
        assert_int_equal(left, 0);
    }
    return frames;
}

static void frames_come_out_however_they_were_cut(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= 22; piece++) {
        assert_int_equal(feed("\0\3abc\4\0\2\0\0\0\0\0\0\0\3xyz", 19, piece), 3);
        assert_int_equal(frame.flags, 0);
        assert_int_equal(frame.body_bytes, 3);
        assert_memory_equal(frame.body, "xyz", 3);
        assert_int_equal(feed("\1\3abc\4\3ab", 9, piece), 1);
    }
}

static void what_is_too_long_is_refused_by_its_header(void **state)
{
    static char bytes[9 + AS_FANOUT_INBOUND_BYTES];
    (void)state;
    memcpy(bytes, "\2\0\0\0\0\0\0\4\0", 9);
    assert_int_equal(feed(bytes, sizeof bytes, 100), 1);
    assert_int_equal(feed("\2\0\0\0\0\0\0\4", 8, 8), 0);
    assert_int_equal(feed("\2\0\0\0\0\0\0\4\1", 9, 9), -1);
    assert_int_equal(feed("\2\1\0\0\0\0\0\0\0", 9, 1), -1);
    assert_int_equal(feed("\2\x80\0\0\0\0\0\0\1", 9, 9), -1);
}

static void flags_that_mean_nothing_are_refused_at_once(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        char byte = (char)flags;
        bool good = flags < 8 && (flags & 5) != 5;
        assert_int_equal(feed(&byte, 1, 1), good ? 0 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_take_one_byte_or_eight),
        cmocka_unit_test(a_message_is_topic_with_more_and_payload),
        cmocka_unit_test(frames_come_out_however_they_were_cut),
        cmocka_unit_test(what_is_too_long_is_refused_by_its_header),
        cmocka_unit_test(flags_that_mean_nothing_are_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
