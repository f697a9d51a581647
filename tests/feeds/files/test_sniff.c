#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "feeds/files/sniff.h"

static as_input_format sniff(const char *text)
{
    return as_sniff((const uint8_t *)text, strlen(text));
}

/* PROTOCOLS A11, ITCH E behind its length, twice; and once more without lengths. */
static const uint8_t itch[66] = {
    0,    0x1f, 0x45, 0,    7, 0, 2,    0x1f, 0x1a, 0xce, 0xd9, 0xf0, 0x7b, 0x11, 0x22, 0x33, 0x44,
    0x55, 0x66, 0x77, 0x88, 0, 0, 0,    0x28, 0,    0,    0,    0,    0x3a, 0xde, 0x68, 0xb1, 0,
    0x1f, 0x45, 0,    7,    0, 2, 0x1f, 0x1a, 0xce, 0xd9, 0xf0, 0x7b, 0x11, 0x22, 0x33, 0x44, 0x55,
    0x66, 0x77, 0x88, 0,    0, 0, 0x28, 0,    0,    0,    0,    0x3a, 0xde, 0x68, 0xb1,
};

static void formats_are_known_by_their_content(void **state)
{
    (void)state;
    assert_int_equal(sniff("{\"k\":1}\n"), AS_INPUT_NDJSON);
    assert_int_equal(sniff("\n  {\"k\":1}"), AS_INPUT_NDJSON);
    assert_int_equal(sniff("\xef\xbb\xbf{"), AS_INPUT_NDJSON);
    assert_int_equal(sniff("date,symbol,close\n"), AS_INPUT_CSV);
    assert_int_equal(sniff("\xef\xbb\xbf"
                           "date,symbol\r\n\x01"),
                     AS_INPUT_CSV);
    assert_int_equal(sniff("14400924,1659800,600"), AS_INPUT_CSV);
    assert_int_equal(sniff("ASJ1...."), AS_INPUT_JOURNAL);
    assert_int_equal(sniff("DBN\x02,"), AS_INPUT_DBN);
    assert_int_equal(sniff("DBN,\n"), AS_INPUT_CSV);
    assert_int_equal(as_sniff(itch, sizeof itch), AS_INPUT_ITCH50);
    assert_int_equal(as_sniff(itch, sizeof itch - 5), AS_INPUT_ITCH50); /* the last record may be cut */
    uint8_t bare[66];
    memcpy(bare, itch, sizeof bare);
    bare[1] = bare[34] = 0;
    assert_int_equal(as_sniff(bare, sizeof bare), AS_INPUT_ITCH50);
}

static void documents_of_news_are_told_from_lines(void **state)
{
    (void)state;
    static const char *const xml[] = {"<rss/>", " \n<a href=\"x\">1,2</a>", "\xef\xbb\xbf<?xml version='1.0'?>"};
    for (size_t i = 0; i < sizeof xml / sizeof *xml; i++)
        assert_int_equal(sniff(xml[i]), AS_INPUT_NEWS_XML);
    assert_int_equal(as_sniff((const uint8_t *)"\xff\xfe<\0r\0", 6), AS_INPUT_NEWS_XML);
    assert_int_equal(as_sniff((const uint8_t *)"\xfe\xff\0<\0r", 6), AS_INPUT_NEWS_XML);
    static const char *const json[] = {"[{\"k\":1},{}]",
                                       " [",
                                       "{\n\"k\":1}",
                                       "{ \r\n",
                                       "{\"news\":[",
                                       "{\"feed\" : [",
                                       "{\"items\":\"5\",\"x\":{\"k\":[1]},\"feed\":[{"};
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        assert_int_equal(sniff(json[i]), AS_INPUT_NEWS_JSON);
    static const char *const lines[] = {"{",
                                        "{}",
                                        "{\"k\":\"trade\",\"news\":[1]}",
                                        "{\"t\":1,\"news\":\"x\"}",
                                        "{\"x\":{\"news\":[]}}",
                                        "{\"x\":1}\n{\"news\":[]}",
                                        "{\"a\\\"news\":[]}",
                                        "{\"news",
                                        "{\"news\"",
                                        "{\"news\":",
                                        "{\"a\\"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(sniff(lines[i]), AS_INPUT_NDJSON);
}

static void the_rest_is_unknown(void **state)
{
    (void)state;
    const char *others[] = {"", "   \n", "just words\nmore, words\n", "\x01,\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(sniff(others[i]), AS_INPUT_UNKNOWN);
    uint8_t wrong[66];
    memcpy(wrong, itch, sizeof wrong);
    wrong[1] = 0x1e; /* a length that its type does not have */
    assert_int_equal(as_sniff(wrong, sizeof wrong), AS_INPUT_UNKNOWN);
}

static void foreign_messages_in_a_known_container_are_told_apart(void **state)
{
    (void)state;
    uint8_t data[80];
    for (int i = 0; i < 8; i++) {
        memset(data + 10 * i, 'z', 10);
        data[10 * i] = 0;
        data[10 * i + 1] = 8;
    }
    assert_int_equal(as_sniff(data, sizeof data), AS_INPUT_UNKNOWN);
    assert_true(as_sniff_foreign_payload(data, sizeof data));
    data[20] = 0x7f;
    assert_false(as_sniff_foreign_payload(data, sizeof data));
    assert_false(as_sniff_foreign_payload((const uint8_t *)"\xd4\xc3\xb2\xa1\x02\0\x04\0", 8));
}

static void captures_are_recognised_by_their_magic(void **state)
{
    (void)state;
    assert_int_equal(as_sniff((const uint8_t *)"\xd4\xc3\xb2\xa1\x02\0\x04\0", 8), AS_INPUT_PCAP);
    assert_int_equal(as_sniff((const uint8_t *)"\xa1\xb2\x3c\x4d\0\x02\0\x04", 8), AS_INPUT_PCAP);
    assert_int_equal(as_sniff((const uint8_t *)"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", 12), AS_INPUT_PCAPNG);
    assert_int_equal(as_sniff((const uint8_t *)"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1b", 12), AS_INPUT_UNKNOWN);
    assert_string_equal(as_input_format_name(AS_INPUT_PCAP), "pcap");
    assert_string_equal(as_input_format_name(AS_INPUT_PCAPNG), "pcapng");
}

static void the_explanation_shows_what_was_found(void **state)
{
    (void)state;
    char text[AS_SNIFF_TEXT_BYTES];
    as_sniff_explain((const uint8_t *)"\x7f"
                                      "ELF\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0",
                     18, text);
    assert_non_null(strstr(text, "7f 45 4c 46 02 00 04 00"));
    assert_non_null(strstr(text, "ELF"));
    assert_non_null(strstr(text, "NDJSON"));
    as_sniff_explain((const uint8_t *)"", 0, text);
    assert_non_null(strstr(text, "empty"));
    for (int i = AS_INPUT_UNKNOWN; i <= AS_INPUT_JOURNAL; i++)
        assert_true(strlen(as_input_format_name((as_input_format)i)) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_known_by_their_content),
        cmocka_unit_test(documents_of_news_are_told_from_lines),
        cmocka_unit_test(the_rest_is_unknown),
        cmocka_unit_test(foreign_messages_in_a_known_container_are_told_apart),
        cmocka_unit_test(captures_are_recognised_by_their_magic),
        cmocka_unit_test(the_explanation_shows_what_was_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
