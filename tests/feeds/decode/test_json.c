#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"

static as_json_member member[AS_JSON_MEMBER_MAX];
static uint32_t count;

/* The text in a block of its own size, so that a sanitizer sees a read beyond it. */
static as_json_result parse(const char *text, size_t bytes)
{
    static char *copy;
    free(copy);
    copy = malloc(bytes ? bytes : 1);
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    return as_json_object(copy, bytes, member, &count);
}

static as_json_result parse_text(const char *text)
{
    return parse(text, strlen(text));
}

static void assert_value(const char *name, as_json_type type, const char *text)
{
    const as_json_value *value = as_json_find(member, count, name);
    assert_non_null(value);
    assert_int_equal(value->type, type);
    assert_int_equal(value->text_bytes, strlen(text));
    assert_memory_equal(value->text, text, strlen(text));
}

static void members_are_listed_as_slices(void **state)
{
    (void)state;
    const char *text =
        " {\"k\":\"trade\", \"t\" : 1751376600000000000,\"p\":-157.25e-1,\"n\":null,\"y\":true,\"f\":false,"
        "\"a\":[1,\"]\",{\"x\":[]}],\"o\":{\"k\":\"inner\"},\"\":\"\"}\r\n";
    assert_int_equal(parse_text(text), AS_JSON_OK);
    assert_int_equal(count, 9);
    assert_value("k", AS_JSON_STRING, "trade");
    assert_value("t", AS_JSON_NUMBER, "1751376600000000000");
    assert_value("p", AS_JSON_NUMBER, "-157.25e-1");
    assert_value("n", AS_JSON_NULL, "null");
    assert_value("y", AS_JSON_TRUE, "true");
    assert_value("f", AS_JSON_FALSE, "false");
    assert_value("a", AS_JSON_ARRAY, "[1,\"]\",{\"x\":[]}]");
    assert_value("o", AS_JSON_OBJECT, "{\"k\":\"inner\"}");
    assert_value("", AS_JSON_STRING, "");
    assert_null(as_json_find(member, count, "x"));
    assert_int_equal(parse_text("{}"), AS_JSON_OK);
    assert_int_equal(count, 0);
}

static void what_is_not_json_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"{",
                         "{\"a\"}",
                         "{\"a\":}",
                         "{\"a\":1,}",
                         "{,}",
                         "{a:1}",
                         "{'a':1}",
                         "{\"a\":01}",
                         "{\"a\":+1}",
                         "{\"a\":1.}",
                         "{\"a\":.5}",
                         "{\"a\":1e}",
                         "{\"a\":1e+}",
                         "{\"a\":-}",
                         "{\"a\":NaN}",
                         "{\"a\":nul}",
                         "{\"a\":truee}",
                         "{\"a\":\"\t\"}",
                         "{\"a\":\"\\x\"}",
                         "{\"a\":\"\\u12g4\"}",
                         "{\"a\":\"\\u123\"}",
                         "{\"a\":\"x}",
                         "{\"a\" 1}",
                         "{\"a\":1 \"b\":2}",
                         "{\"a\":[1,]}",
                         "{\"a\":[1 2]}",
                         "{\"a\":[}",
                         "{\"a\":{]}",
                         "{\"a\":{1:2}}",
                         "{\"a\":{\"b\":1,}}",
                         "{\"a\":[1}}",
                         "{\"a\":\"\\\"}",
                         "{\"a\":1]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        count = 77;
        as_json_result result = parse_text(bad[i]);
        if (result != AS_JSON_SYNTAX)
            print_error("%s gave %d\n", bad[i], result);
        assert_int_equal(result, AS_JSON_SYNTAX);
        assert_int_equal(count, 77);
    }
    assert_int_equal(parse_text(""), AS_JSON_NOT_OBJECT);
    assert_int_equal(parse_text("  "), AS_JSON_NOT_OBJECT);
    assert_int_equal(parse_text("[1]"), AS_JSON_NOT_OBJECT);
    assert_int_equal(parse_text("{} x"), AS_JSON_TRAILING);
    assert_int_equal(parse_text("{}{}"), AS_JSON_TRAILING);
    assert_int_equal(parse("{}\0", 3), AS_JSON_TRAILING);
    assert_int_equal(parse_text("{\"a\":1,\"b\":2,\"a\":3}"), AS_JSON_DUPLICATE);
    assert_int_equal(parse_text("{\"k\":1,\"\\u006b\":3}"), AS_JSON_DUPLICATE);
    assert_int_equal(parse_text("{\"\\u006bx\":1,\"k\":3}"), AS_JSON_OK);
}

static void utf8_is_checked(void **state)
{
    (void)state;
    const char *bad[] = {"\x80",
                         "\xbf",
                         "\xc0\x80",
                         "\xc1\xbf",
                         "\xc3",
                         "\xc3(",
                         "\xe0\x80\x80",
                         "\xe0\x9f\xbf",
                         "\xe2\x82",
                         "\xed\xa0\x80",
                         "\xf0\x80\x80\x80",
                         "\xf0\x8f\xbf\xbf",
                         "\xf4\x90\x80\x80",
                         "\xf5\x80\x80\x80",
                         "\xff",
                         "\xe2\x28\xa1",
                         "\\ud800",
                         "\\udc00",
                         "\\ud800x",
                         "\\ud800\\u0041",
                         "\\ud83d\\ud83d"};
    const char *good[] = {"\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",     "\xed\x9f\xbf", "\xee\x80\x80",
                          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\x7f",         "\\ud83d\\ude00",
                          "\\/"};
    char text[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "{\"a\":\"%s\"}", bad[i]);
        assert_int_equal(parse_text(text), AS_JSON_UTF8);
        snprintf(text, sizeof text, "{\"%s\":1}", bad[i]);
        assert_int_equal(parse_text(text), AS_JSON_UTF8);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "{\"a\":\"%s\"}", good[i]);
        assert_int_equal(parse_text(text), AS_JSON_OK);
    }
}

static void strings_are_resolved_and_cut_at_characters(void **state)
{
    (void)state;
    char out[32];
    bool cut;
    assert_int_equal(parse_text("{\"a\":\"q\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\\u0000.\"}"),
                     AS_JSON_OK);
    assert_int_equal(as_json_string_copy(&member[0].value, out, sizeof out, &cut), 21);
    assert_string_equal(out, "q\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 .");
    assert_false(cut);
    assert_int_equal(as_json_string_copy(&member[0].value, out, 21, &cut), 20);
    assert_true(cut);
    /* the four bytes of the last emoji fit whole or not at all */
    for (size_t room = 16; room < 20; room++) {
        assert_int_equal(as_json_string_copy(&member[0].value, out, room, &cut), 15);
        assert_true(cut);
    }
    assert_int_equal(as_json_string_copy(&member[0].value, out, 1, NULL), 0);
    assert_int_equal(out[0], 0);
    assert_int_equal(parse_text("{\"\\u006b\":\"tr\\u0061de\"}"), AS_JSON_OK);
    const as_json_value *value = as_json_find(member, count, "k");
    assert_non_null(value);
    assert_true(as_json_string_is(value, "trade"));
    assert_false(as_json_string_is(value, "trad"));
    assert_false(as_json_string_is(value, "trades"));
}

static void arrays_are_walked(void **state)
{
    (void)state;
    const char *want[] = {"META", "1", "[2,3]", "{\"a\":\"]\"}", "", "null"};
    assert_int_equal(parse_text("{\"s\":[ \"META\" ,1,[2,3],{\"a\":\"]\"},\"\",null ],\"e\":[ ]}"), AS_JSON_OK);
    const as_json_value *array = as_json_find(member, count, "s");
    as_json_value item;
    uint32_t at = 0, n = 0;
    for (; as_json_array_next(array, &at, &item); n++) {
        assert_int_equal(item.text_bytes, strlen(want[n]));
        assert_memory_equal(item.text, want[n], strlen(want[n]));
    }
    assert_int_equal(n, 6);
    at = 0;
    assert_false(as_json_array_next(as_json_find(member, count, "e"), &at, &item));
}

static as_json_result check(const char *text, as_json_value *value)
{
    return as_json_check(text, strlen(text), value);
}

static void a_text_may_be_any_one_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        as_json_type type;
    } good[] = {{"null", AS_JSON_NULL},    {" true ", AS_JSON_TRUE}, {"-1.5e3\n", AS_JSON_NUMBER},
                {"\"a\"", AS_JSON_STRING}, {"[]", AS_JSON_ARRAY},    {" [{\"a\":1},[2],3] ", AS_JSON_ARRAY},
                {"{}", AS_JSON_OBJECT}};
    static const struct {
        const char *text;
        as_json_result result;
    } bad[] = {{"", AS_JSON_SYNTAX},         {" ", AS_JSON_SYNTAX},
               {"[", AS_JSON_SYNTAX},        {"[1,]", AS_JSON_SYNTAX},
               {"[1 2]", AS_JSON_SYNTAX},    {"[{]", AS_JSON_SYNTAX},
               {"[] []", AS_JSON_TRAILING},  {"1,", AS_JSON_TRAILING},
               {"[\"\xff\"]", AS_JSON_UTF8}, {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", AS_JSON_DEPTH}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        as_json_value value = {.type = 99};
        assert_int_equal(check(good[i].text, &value), AS_JSON_OK);
        assert_int_equal(value.type, good[i].type);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        as_json_value value = {.type = 99};
        if (check(bad[i].text, &value) != bad[i].result)
            fail_msg("%s", bad[i].text);
        assert_int_equal(value.type, 99);
    }
    as_json_value array, item;
    assert_int_equal(check("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", &array), AS_JSON_OK);
    assert_int_equal(check(" [ {\"a\":1} , \"b\" ] ", &array), AS_JSON_OK);
    uint32_t at = 0;
    assert_true(as_json_array_next(&array, &at, &item));
    assert_int_equal(item.type, AS_JSON_OBJECT);
    assert_int_equal(item.text_bytes, 7);
    assert_true(as_json_array_next(&array, &at, &item));
    assert_int_equal(item.type, AS_JSON_STRING);
    assert_false(as_json_array_next(&array, &at, &item));
}

static void depth_and_members_are_limited(void **state)
{
    (void)state;
    char text[2048] = "{\"a\":";
    size_t n = 5;
    for (int i = 0; i < AS_JSON_DEPTH_MAX - 1; i++)
        text[n++] = '[';
    for (int i = 0; i < AS_JSON_DEPTH_MAX - 1; i++)
        text[n++] = ']';
    text[n++] = '}';
    assert_int_equal(parse(text, n), AS_JSON_OK);
    memmove(text + 6, text + 5, n - 5);
    memcpy(text + n + 1, "]}", 2);
    text[n] = ']';
    assert_int_equal(parse(text, n + 2), AS_JSON_DEPTH);
    memset(text, '[', sizeof text);
    memcpy(text, "{\"a\":", 5);
    assert_int_equal(parse(text, sizeof text), AS_JSON_DEPTH);

    for (int keys = AS_JSON_MEMBER_MAX; keys <= AS_JSON_MEMBER_MAX + 1; keys++) {
        n = 0;
        for (int i = 0; i < keys; i++)
            n += (size_t)sprintf(text + n, "%c\"%d\":%d", i ? ',' : '{', i, i);
        text[n++] = '}';
        assert_int_equal(parse(text, n), keys > AS_JSON_MEMBER_MAX ? AS_JSON_MEMBERS : AS_JSON_OK);
    }
}

static void every_cut_of_a_text_is_refused(void **state)
{
    (void)state;
    const char *text =
        "{\"k\":\"h\\u20ac\xe2\x82\xac\\ud83d\\ude00\",\"n\":-1.5e+10,\"a\":[null,true,{\"x\":[1]}],\"z\":false}";
    for (size_t n = 0; n < strlen(text); n++)
        assert_true(parse(text, n) != AS_JSON_OK);
    assert_int_equal(parse_text(text), AS_JSON_OK);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Random strings, escaped by the writer and resolved by the reader, come back; random damage never reads outside. */
static void escaped_strings_come_back(void **state)
{
    (void)state;
    static const char *piece[] = {
        "a", "\"", "\\", "\n", "\x01", "\x1f", "/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "{", "}",  "[",  ",",  ":",    " "};
    uint64_t seed = 7;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 3000; round++) {
        char text[256] = "", line[1024] = "{\"a\":\"", back[256];
        for (unsigned i = 0, n = (unsigned)(next_random(&seed) % 40); i < n; i++)
            strcat(text, piece[next_random(&seed) % 16]);
        size_t n = as_json_escape(text, strlen(text), line + 6, sizeof line - 8);
        assert_true(n != SIZE_MAX);
        if (n > 0)
            assert_int_equal(as_json_escape(text, strlen(text), line + 6, n - 1), SIZE_MAX);
        memcpy(line + 6 + n, "\"}", 2);
        assert_int_equal(parse(line, n + 8), AS_JSON_OK);
        as_json_string_copy(&member[0].value, back, sizeof back, NULL);
        assert_string_equal(back, text);
        line[next_random(&seed) % (n + 8)] = (char)next_random(&seed);
        if (parse(line, n + 8) == AS_JSON_OK)
            for (uint32_t i = 0; i < count; i++)
                if (member[i].value.type == AS_JSON_STRING)
                    as_json_string_copy(&member[i].value, back, sizeof back, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_listed_as_slices),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(strings_are_resolved_and_cut_at_characters),
        cmocka_unit_test(arrays_are_walked),
        cmocka_unit_test(a_text_may_be_any_one_value),
        cmocka_unit_test(depth_and_members_are_limited),
        cmocka_unit_test(every_cut_of_a_text_is_refused),
        cmocka_unit_test(escaped_strings_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
