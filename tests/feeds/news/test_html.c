#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"
#include "feeds/news/html.h"
#include "tests/support/random.h"

/* Text of a copy of exactly the fragment's length, so that a sanitizer sees any reading beyond it. */
static size_t text_of(const char *html, size_t html_bytes, char *out, size_t out_bytes, bool *cut)
{
    char *copy = malloc(html_bytes + (html_bytes == 0));
    assert_non_null(copy);
    memcpy(copy, html, html_bytes);
    size_t bytes = as_html_text(copy, html_bytes, out, out_bytes, cut);
    free(copy);
    return bytes;
}

static void assert_text(const char *html, const char *want)
{
    char out[512];
    bool cut = true;
    size_t bytes = text_of(html, strlen(html), out, sizeof out, &cut);
    assert_string_equal(out, want);
    assert_int_equal(bytes, strlen(want));
    assert_false(cut);
}

static void plain_text_stays_and_blanks_become_one(void **state)
{
    (void)state;
    assert_text("", "");
    assert_text("Nvidia cuts guidance", "Nvidia cuts guidance");
    assert_text("  \n Nvidia\tcuts \r\n guidance  ", "Nvidia cuts guidance");
    assert_text("a\xc2\xa0\xc2\xa0"
                "b",
                "a b");
    assert_text("caf\xc3\xa9 \xe2\x82\xac 5", "caf\xc3\xa9 \xe2\x82\xac 5");
    assert_text("so\xc2\xad"
                "ft",
                "soft");
}

static void tags_go_and_those_that_break_lines_leave_a_blank(void **state)
{
    (void)state;
    assert_text("<b>Nvidia</b> <i>cuts</i>", "Nvidia cuts");
    assert_text("un<em>believ</em>able", "unbelievable");
    assert_text("one<br>two<BR/>three<br />four", "one two three four");
    assert_text("<p>one</p><p>two</p>", "one two");
    assert_text("<table><tr><td>a</td><td>b</td></tr></table>", "a b");
    assert_text("<h1>a</h1><h10>b</h10>", "a b");
    assert_text("a<brand>b", "ab");
    assert_text("<a href=\"http://x/?a>b\">link</a>", "link");
    assert_text("<a title='it >'>link</a>", "link");
    assert_text("a<!-- > hidden <b> -->b<!DOCTYPE html>c<?php x ?>d", "abcd");
    assert_text("a<script type=x>if (a<b) </s </script >b<STYLE>p{}</style>c", "abc");
    assert_text("a<scripted>b", "ab");
}

static void what_only_looks_like_markup_stays(void **state)
{
    (void)state;
    assert_text("EPS < 3 and > 2", "EPS < 3 and > 2");
    assert_text("P<E", "P<E");
    assert_text("a <b no end", "a <b no end");
    assert_text("a <", "a <");
    assert_text("a </", "a </");
    assert_text("<3 this", "<3 this");
    assert_text("a</ b>c", "a</ b>c");
    assert_text("a<b c=\"d>e", "ae");
    assert_text("AT&T", "AT&T");
    assert_text("Q&A; S&P;", "Q&A; S&P;");
    assert_text("R&D &", "R&D &");
    assert_text("&;&#;&#x;&#y;&#12a;&#123456789;", "&;&#;&#x;&#y;&#12a;&#123456789;");
    assert_text("a<!-- never closed", "a");
    assert_text("a<script>never closed", "a");
}

static void references_become_characters(void **state)
{
    (void)state;
    assert_text("AT&amp;T &lt;up&gt; &quot;x&quot; &apos;y&apos;", "AT&T <up> \"x\" 'y'");
    assert_text("&amp;amp;", "&amp;");
    assert_text("a&nbsp;&nbsp;b&#160;c", "a b c");
    assert_text("&eacute;&Eacute;&yuml;&iexcl;&szlig;", "\xc3\xa9\xc3\x89\xc3\xbf\xc2\xa1\xc3\x9f");
    assert_text("&euro;&mdash;&hellip;&rsquo;", "\xe2\x82\xac\xe2\x80\x94\xe2\x80\xa6\xe2\x80\x99");
    assert_text("&#233;&#xE9;&#X20ac;&#x1F600;", "\xc3\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_text("it&#146;s &#128;&#159;", "it\xe2\x80\x99s \xe2\x82\xac\xc5\xb8");
    assert_text("a&#0;b&#xD800;c&#x110000;d", "a\xef\xbf\xbd"
                                              "b\xef\xbf\xbd"
                                              "c\xef\xbf\xbd"
                                              "d");
    assert_text("a&#10;b&#9;c", "a b c");
    assert_text("&yuml ;&amp ;&sup2 sup3;", "&yuml ;&amp ;&sup2 sup3;");
    char character[4];
    size_t used = 0;
    assert_int_equal(as_html_reference("&yuml \0c;", 9, character, &used), 0);
    assert_int_equal(as_html_reference("&euro; x", 8, character, &used), 3);
    assert_int_equal(used, 6);
    assert_memory_equal(character, "\xe2\x82\xac", 3);
    assert_int_equal(as_html_reference("&euro", 5, character, &used), 0);
    assert_int_equal(as_html_reference("euro;", 5, character, &used), 0);
    assert_int_equal(as_html_reference("", 0, character, &used), 0);
}

static void the_text_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    static const char html[] = "ab \xe2\x82\xac&amp;c";
    static const char *const want[] = {
        "", "", "a", "ab", "ab", "ab", "ab", "ab \xe2\x82\xac", "ab \xe2\x82\xac&", "ab \xe2\x82\xac&c"};
    for (size_t room = 1; room < sizeof want / sizeof *want; room++) {
        char out[16];
        bool cut;
        memset(out, 'x', sizeof out);
        size_t bytes = text_of(html, sizeof html - 1, out, room, &cut);
        assert_string_equal(out, want[room]);
        assert_int_equal(bytes, strlen(want[room]));
        assert_int_equal(cut, room < 9);
        assert_int_equal(out[room], 'x');
    }
}

static void every_cut_of_a_fragment_is_read_safely(void **state)
{
    (void)state;
    static const char html[] = "<p class=\"a>b\">S&amp;P &#x20ac;<!-- c --><script>x</script>\xe2\x82\xac</p>";
    for (size_t bytes = 0; bytes < sizeof html; bytes++) {
        char out[128];
        text_of(html, bytes, out, sizeof out, NULL);
    }
}

static void broken_utf8_is_left_out_and_the_text_is_utf8(void **state)
{
    (void)state;
    assert_text("a\xff"
                "b\xc3"
                "c\xe2\x82",
                "abc");
    uint64_t seed = 7;
    print_message("seed %llu\n", (unsigned long long)seed);
    static const char alphabet[] = "<>&;#x/!-a b\"'=\xc3\xa9\xe2\x82\xac\xff\0pbrscript";
    for (int round = 0; round < 20000; round++) {
        char html[64], out[40];
        size_t bytes = ast_random(&seed) % sizeof html;
        for (size_t i = 0; i < bytes; i++)
            html[i] = alphabet[ast_random(&seed) % (sizeof alphabet - 1)];
        size_t made = text_of(html, bytes, out, sizeof out, NULL);
        assert_int_equal(made, strlen(out));
        for (const char *p = out; *p;) {
            unsigned length = as_utf8_length(p, out + made);
            assert_true(length > 0);
            p += length;
        }
        assert_null(strstr(out, "  "));
    }
}

static void hostile_markup_takes_linear_time(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    static const char *const pieces[] = {"<a", "<a b=\"", "<!--", "<script>", "&", "&#", "</", "<a b='\"><"};
    char *html = malloc(BYTES), *out = malloc(BYTES + 1);
    assert_non_null(html);
    assert_non_null(out);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (size_t at = 0; at < BYTES; at++)
            html[at] = pieces[i][at % strlen(pieces[i])];
        as_html_text(html, BYTES, out, BYTES + 1, NULL);
    }
    free(html);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays_and_blanks_become_one),
        cmocka_unit_test(tags_go_and_those_that_break_lines_leave_a_blank),
        cmocka_unit_test(what_only_looks_like_markup_stays),
        cmocka_unit_test(references_become_characters),
        cmocka_unit_test(the_text_is_cut_at_a_whole_character),
        cmocka_unit_test(every_cut_of_a_fragment_is_read_safely),
        cmocka_unit_test(broken_utf8_is_left_out_and_the_text_is_utf8),
        cmocka_unit_test(hostile_markup_takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
