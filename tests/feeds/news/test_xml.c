#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/xml.h"

static as_xml *xml;
static as_xml_fault fault;

/* What came: "<name{uri} attribute=value>text</name>" */
static char heard[4096];

static void say(const char *text, size_t text_bytes)
{
    size_t at = strlen(heard);
    assert_true(at + text_bytes < sizeof heard);
    memcpy(heard + at, text, text_bytes);
    heard[at + text_bytes] = 0;
}

static void on_begin(void *ctx, const as_xml_element *element)
{
    char text[512];
    int n = snprintf(text, sizeof text, "<%s{%.*s}%u", element->name, (int)element->uri_bytes, element->uri,
                     element->depth);
    say(text, (size_t)n);
    const char *value = as_xml_attribute(element, "a");
    if (value) {
        say(" a=", 3);
        say(value, strlen(value));
    }
    say(">", 1);
    if (ctx && strcmp(element->name, ctx) == 0)
        as_xml_stop(xml);
}

static void on_end(void *ctx, const as_xml_element *element)
{
    (void)ctx;
    say("</", 2);
    say(element->name, strlen(element->name));
    say(">", 1);
}

static void on_text(void *ctx, const char *text, size_t text_bytes)
{
    (void)ctx;
    say(text, text_bytes);
}

static const as_xml_handlers handlers = {.begin = on_begin, .end = on_end, .text = on_text};

/* Of a copy of exactly its length. */
static as_xml_result parse(const char *text, size_t bytes, void *ctx)
{
    char *copy = malloc(bytes + (bytes == 0));
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    heard[0] = 0;
    as_xml_result result = as_xml_parse(xml, copy, bytes, &handlers, ctx, &fault);
    free(copy);
    return result;
}

static as_xml_result parse_text(const char *text)
{
    return parse(text, strlen(text), NULL);
}

static void elements_namespaces_and_text_are_told(void **state)
{
    (void)state;
    assert_int_equal(
        parse_text("<?xml version=\"1.0\"?><r xmlns:p='urn:x'><p:c a='1&amp;2' p:a='3'>x&lt;<![CDATA[<b>&]]>"
                   "&#xe9;</p:c><d xmlns='urn:y'/></r>"),
        AS_XML_OK);
    assert_string_equal(heard, "<r{}1><c{urn:x}2 a=1&2>x<<b>&\xc3\xa9</c><d{urn:y}2></d></r>");
}

static void encodings_become_utf8(void **state)
{
    (void)state;
    assert_int_equal(parse_text("<?xml version='1.0' encoding='ISO-8859-1'?><r>\xe9</r>"), AS_XML_OK);
    assert_string_equal(heard, "<r{}1>\xc3\xa9</r>");
    static const char utf16[] = "\xff\xfe<\0r\0>\0\xac\x20<\0/\0r\0>\0";
    assert_int_equal(parse(utf16, sizeof utf16 - 1, NULL), AS_XML_OK);
    assert_string_equal(heard, "<r{}1>\xe2\x82\xac</r>");
    assert_int_equal(parse_text("\xef\xbb\xbf<r>\xe2\x82\xac</r>"), AS_XML_OK);
    assert_int_equal(parse_text("<?xml version='1.0' encoding='EBCDIC-X'?><r/>"), AS_XML_ENCODING);
    assert_int_equal(parse_text("<r>\xff</r>"), AS_XML_SYNTAX);
}

static void a_doctype_is_refused_whatever_is_in_it(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<!DOCTYPE r><r/>",
        "<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>",
        "<!DOCTYPE r [<!ENTITY a 'x'>]><r>&a;</r>",
        "<!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><r>&b;</r>",
        "<!DOCTYPE r [<!ENTITY % p SYSTEM 'http://127.0.0.1/x'> %p;]><r/>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse_text(texts[i]), AS_XML_DTD);
        assert_string_equal(heard, "");
        assert_non_null(strstr(fault.text, "document type"));
    }
    assert_int_equal(parse_text("<r>&a;</r>"), AS_XML_SYNTAX);
    assert_int_equal(parse_text("<r>&nbsp;</r>"), AS_XML_SYNTAX);
}

static void the_depth_has_a_limit(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        char text[1024] = "";
        for (int i = 0; i < AS_XML_DEPTH_MAX + extra; i++)
            strcat(text, "<e>");
        for (int i = 0; i < AS_XML_DEPTH_MAX + extra; i++)
            strcat(text, "</e>");
        assert_int_equal(parse_text(text), extra ? AS_XML_DEPTH : AS_XML_OK);
    }
    assert_non_null(strstr(fault.text, "32"));
}

static void the_document_has_a_limit(void **state)
{
    (void)state;
    size_t bytes = AS_NEWS_DOCUMENT_BYTES;
    char *text = malloc(bytes + 1);
    assert_non_null(text);
    memset(text, ' ', bytes + 1);
    memcpy(text, "<r/>", 4);
    assert_int_equal(as_xml_parse(xml, text, bytes, &handlers, NULL, &fault), AS_XML_OK);
    assert_int_equal(as_xml_parse(xml, text, bytes + 1, &handlers, NULL, &fault), AS_XML_TOO_LONG);
    assert_non_null(strstr(fault.text, "4194305 bytes; allowed: 4194304"));
    free(text);
}

static void faults_name_their_place(void **state)
{
    (void)state;
    assert_int_equal(parse_text("<r>\n <a></b>\n</r>"), AS_XML_SYNTAX);
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 7);
    assert_string_equal(fault.text, "mismatched tag");
    assert_int_equal(parse_text(""), AS_XML_SYNTAX);
    assert_int_equal(parse_text("text"), AS_XML_SYNTAX);
    assert_int_equal(parse_text("<r/><r/>"), AS_XML_SYNTAX);
    assert_int_equal(parse_text("<p:r/>"), AS_XML_SYNTAX);
    assert_int_equal(parse_text("<r a='1' a='2'/>"), AS_XML_SYNTAX);
}

static void every_cut_of_a_document_is_refused(void **state)
{
    (void)state;
    static const char text[] = "<?xml version='1.0'?><r xmlns='urn:x'><c a='1'>x&amp;<![CDATA[y]]></c><!-- z --></r>";
    for (size_t bytes = 0; bytes < sizeof text - 1; bytes++)
        assert_int_equal(parse(text, bytes, NULL), AS_XML_SYNTAX);
    assert_int_equal(parse(text, sizeof text - 1, NULL), AS_XML_OK);
}

static void a_handler_can_stop_and_the_parser_is_used_again(void **state)
{
    (void)state;
    char name[] = "b";
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parse("<r><b>text</b><c/></r>", 22, name), AS_XML_STOPPED);
        assert_string_equal(heard, "<r{}1><b{}2>");
        assert_int_equal(parse_text("<r>x</r>"), AS_XML_OK);
        assert_string_equal(heard, "<r{}1>x</r>");
    }
}

static void the_root_is_found_without_the_rest(void **state)
{
    (void)state;
    char name[8];
    assert_int_equal(as_xml_root(xml, "<!-- x --><p:rss xmlns:p='u'><broken", 37, name, sizeof name, &fault),
                     AS_XML_OK);
    assert_string_equal(name, "rss");
    assert_int_equal(as_xml_root(xml, "<!-- x -->", 10, name, sizeof name, &fault), AS_XML_SYNTAX);
    assert_string_equal(name, "");
    assert_int_equal(as_xml_root(xml, "<averylongname/>", 16, name, sizeof name, &fault), AS_XML_OK);
    assert_string_equal(name, "averylo");
}

static void every_result_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(as_xml_result_name(AS_XML_STOPPED), "stopped");
    assert_string_equal(as_xml_result_name(AS_XML_OK), "ok");
    assert_string_equal(as_xml_result_name(AS_XML_DTD), "dtd");
    assert_string_equal(as_xml_result_name(AS_XML_ROOT), "unknown_root");
    assert_string_equal(as_xml_result_name((as_xml_result)-8), "?");
}

static int set_up(void **state)
{
    (void)state;
    return as_xml_new(&xml);
}

static int tear_down(void **state)
{
    (void)state;
    as_xml_free(xml);
    as_xml_free(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_namespaces_and_text_are_told),
        cmocka_unit_test(encodings_become_utf8),
        cmocka_unit_test(a_doctype_is_refused_whatever_is_in_it),
        cmocka_unit_test(the_depth_has_a_limit),
        cmocka_unit_test(the_document_has_a_limit),
        cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(every_cut_of_a_document_is_refused),
        cmocka_unit_test(a_handler_can_stop_and_the_parser_is_used_again),
        cmocka_unit_test(the_root_is_found_without_the_rest),
        cmocka_unit_test(every_result_has_a_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
