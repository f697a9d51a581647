#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/capture/capture_format.h"
#include "tests/support/hex.h"

static const as_capture_line nasdaq = {.feed = "nasdaq.a",
                                       .line = "redundant",
                                       .source = "udp://239.1.1.1:26400?if=lo",
                                       .framing = AS_FRAMING_MOLDUDP64,
                                       .format = AS_FORMAT_ITCH50,
                                       .line_count = 2,
                                       .ask = true,
                                       .window_ns = 2000000};

static const char nasdaq_text[] =
    "framing=moldudp64 format=itch50 lines=2 ask=1 window_ns=2000000 trust_r=0 source=udp://239.1.1.1:26400?if=lo";

static void a_line_is_written_in_words(void **state)
{
    (void)state;
    char name[AS_CAPTURE_NAME_BYTES], text[AS_CAPTURE_TEXT_BYTES];
    as_capture_line_format(&nasdaq, name, text);
    assert_string_equal(name, "nasdaq.a.redundant");
    assert_string_equal(text, nasdaq_text);
}

static void a_publisher_is_one_word_and_comes_back(void **state)
{
    (void)state;
    char name[AS_CAPTURE_NAME_BYTES], text[AS_CAPTURE_TEXT_BYTES];
    as_capture_line line = nasdaq, again;
    strcpy(line.publisher, "Dow Jones 100% \xc3\xa9");
    as_capture_line_format(&line, name, text);
    assert_non_null(strstr(text, " publisher=Dow%20Jones%20100%25%20%C3%A9"));
    assert_true(as_capture_line_parse(name, text, &again));
    assert_string_equal(again.publisher, line.publisher);
    memset(line.publisher, ' ', sizeof line.publisher - 1); /* the longest, with the longest of all else */
    memset(line.source, 'x', sizeof line.source - 1);
    as_capture_line_format(&line, name, text);
    assert_true(as_capture_line_parse(name, text, &again));
    assert_string_equal(again.publisher, line.publisher);
    assert_false(as_capture_line_parse("a.source",
                                       "framing=http format=rss lines=1 ask=0 window_ns=0 trust_r=0 source=x "
                                       "publisher=a%2",
                                       &again));
    assert_false(as_capture_line_parse("a.source",
                                       "framing=http format=rss lines=1 ask=0 window_ns=0 trust_r=0 source=x "
                                       "publisher=a%00b",
                                       &again));
}

static void every_framing_and_format_is_read_back(void **state)
{
    (void)state;
    for (int framing = AS_FRAMING_MOLDUDP64; framing <= AS_FRAMING_HTTP; framing++) {
        for (int format = AS_FORMAT_NDJSON; format <= AS_FORMAT_RSS; format++) {
            char name[AS_CAPTURE_NAME_BYTES], text[AS_CAPTURE_TEXT_BYTES];
            as_capture_line line = nasdaq, again;
            line.framing = (as_feed_framing)framing;
            line.format = (as_feed_format)format;
            line.window_ns = (uint64_t)INT64_MAX;
            line.trust_r = true;
            as_capture_line_format(&line, name, text);
            assert_true(as_capture_line_parse(name, text, &again));
            assert_memory_equal(&again, &line, sizeof line);
        }
    }
}

static void a_token_in_a_url_is_not_written(void **state)
{
    (void)state;
    char name[AS_CAPTURE_NAME_BYTES], text[AS_CAPTURE_TEXT_BYTES];
    as_capture_line line = {.feed = "news",
                            .line = "source",
                            .source = "wss://host/news/stream?token=secret",
                            .framing = AS_FRAMING_WEBSOCKET,
                            .format = AS_FORMAT_BENZINGA};
    as_capture_line_format(&line, name, text);
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "source=wss://host/news/stream"));
    strcpy(line.source, "https://host/rss?key=secret");
    as_capture_line_format(&line, name, text);
    assert_null(strstr(text, "secret"));
}

static void what_others_write_is_not_taken_for_ours(void **state)
{
    (void)state;
    as_capture_line line;
    assert_true(as_capture_line_parse("nasdaq.a.redundant", nasdaq_text, &line));
    static const char *const names[] = {"eth0", "", ".source", "feed.a-line-of-more-than-15",
                                        "a-feed-of-more-than-31-bytes-and-so-on.source"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(as_capture_line_parse(names[i], nasdaq_text, &line));
    static const char *const texts[] = {
        "",
        "Intel X710",
        "framing=moldudp64",
        "framing=moldudp65 format=itch50 lines=2 ask=1 window_ns=0 trust_r=0 source=udp://x",
        "framing=moldudp64 format=itch51 lines=2 ask=1 window_ns=0 trust_r=0 source=udp://x",
        "framing=moldudp64 format=itch50 lines=9 ask=1 window_ns=0 trust_r=0 source=udp://x",
        "framing=moldudp64 format=itch50 lines=2 ask=2 window_ns=0 trust_r=0 source=udp://x",
        "framing=moldudp64 format=itch50 lines=2 ask=1 window_ns=-1 trust_r=0 source=udp://x",
        "framing=moldudp64 format=itch50 lines=2 ask=1 window_ns=99999999999999999999 trust_r=0 source=udp://x",
        "framing=moldudp64 format=itch50 lines=2 ask=1 window_ns=0 trust_r=0",
        "framing=moldudp64 format=itch50 lines=2 ask= window_ns=0 trust_r=0 source=udp://x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(as_capture_line_parse("f.source", texts[i], &line));
    assert_true(as_capture_line_parse("f.source",
                                      "more=1 framing=lines format=ndjson lines=1 ask=0 window_ns=0 trust_r=1 "
                                      "source=tcp://x:1 and=more",
                                      &line));
    assert_string_equal(line.source, "tcp://x:1");
}

static void records_have_their_header(void **state)
{
    (void)state;
    uint8_t wanted[16], out[16];
    ast_hex("01 01 0001 01020304", wanted, sizeof wanted);
    as_capture_record record = {.kind = AS_CAPTURE_DATA, .flags = AS_CAPTURE_MORE, .connection = 0x01020304}, again;
    as_capture_record_encode(&record, out);
    assert_memory_equal(out, wanted, AS_CAPTURE_RECORD_HEADER);
    memcpy(out + 8, "abc", 3);
    assert_true(as_capture_record_decode(out, 11, &again));
    assert_int_equal(again.kind, AS_CAPTURE_DATA);
    assert_int_equal(again.flags, AS_CAPTURE_MORE);
    assert_int_equal(again.connection, 0x01020304);
    assert_int_equal(again.data_bytes, 3);
    assert_ptr_equal(again.data, out + 8);
    for (size_t cut = 0; cut < AS_CAPTURE_RECORD_HEADER; cut++)
        assert_false(as_capture_record_decode(out, cut, &again));
    out[0] = 2;
    assert_false(as_capture_record_decode(out, 11, &again));
    out[0] = 1;
    for (unsigned kind = 0; kind < 256; kind++) {
        out[1] = (uint8_t)kind;
        assert_int_equal(as_capture_record_decode(out, 8, &again), kind >= 1 && kind <= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_written_in_words),
        cmocka_unit_test(a_publisher_is_one_word_and_comes_back),
        cmocka_unit_test(every_framing_and_format_is_read_back),
        cmocka_unit_test(a_token_in_a_url_is_not_written),
        cmocka_unit_test(what_others_write_is_not_taken_for_ours),
        cmocka_unit_test(records_have_their_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
