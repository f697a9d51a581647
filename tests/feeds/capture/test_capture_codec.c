#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/capture/capture_codec.h"

static void a_codec_is_found_by_framing_and_format(void **state)
{
    (void)state;
    assert_ptr_equal(as_capture_codec_find(AS_FRAMING_LINES, AS_FORMAT_NDJSON), &as_capture_lines);
    assert_null(as_capture_codec_find(AS_FRAMING_LINES, AS_FORMAT_ITCH50));
    assert_null(as_capture_codec_find(AS_FRAMING_NONE, AS_FORMAT_NDJSON));
}

/* Sequenced datagrams go through capture_stream.h; a row for them would never be used. */
static void sequenced_packets_have_no_codec(void **state)
{
    (void)state;
    for (int format = AS_FORMAT_NDJSON; format <= AS_FORMAT_RSS; format++) {
        assert_null(as_capture_codec_find(AS_FRAMING_MOLDUDP64, (as_feed_format)format));
        assert_null(as_capture_codec_find(AS_FRAMING_IEXTP, (as_feed_format)format));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_codec_is_found_by_framing_and_format),
        cmocka_unit_test(sequenced_packets_have_no_codec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
