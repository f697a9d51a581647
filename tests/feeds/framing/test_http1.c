#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/http1.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"

enum { BODY_MAX = 4096 };

static as_http1 http;
static uint8_t body[BODY_MAX];

/* gzip.compress(b"<rss>" + b"a" * 2000 + b"</rss>", 9, mtime=0) in Python 3.11 */
static const char GZIP_HEX[] =
    "1f8b0800000000000203b3292a2eb64b1c05a360148c8251300a46c1900736faa05a1d00aa30c72bdb070000";

typedef struct outcome {
    as_http1_result result;
    unsigned status;
    size_t used_bytes, body_bytes;
} outcome;

/* Feed a piece as a copy of exactly its length, so that a sanitizer sees any reading beyond it. */
static as_http1_result feed(const char *data, size_t data_bytes, size_t *used_bytes)
{
    uint8_t *copy = malloc(data_bytes + (data_bytes == 0));
    assert_non_null(copy);
    memcpy(copy, data, data_bytes);
    as_http1_result result = as_http1_read(&http, copy, data_bytes, used_bytes);
    free(copy);
    return result;
}

static outcome read_whole(const char *data, size_t data_bytes)
{
    outcome out = {0};
    as_http1_init(&http, body, sizeof body);
    out.result = feed(data, data_bytes, &out.used_bytes);
    out.status = http.status;
    out.body_bytes = http.body_bytes;
    return out;
}

static as_http1_result read_text(const char *text)
{
    return read_whole(text, strlen(text)).result;
}

static void assert_value(const char *name, const char *want)
{
    size_t bytes = 0;
    const char *value = as_http1_get(&http, name, &bytes);
    assert_non_null(value);
    assert_int_equal(bytes, strlen(want));
    assert_memory_equal(value, want, bytes);
}

/* ---- responses that are right ---- */

static void a_response_with_a_length_is_read_and_what_follows_is_left(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nETag: \"a b\"\r\ncontent-LENGTH:  5 \r\nX:\r\n\r\nhelloHTTP/1.1";
    outcome out = read_whole(text, strlen(text));
    assert_int_equal(out.result, AS_HTTP1_DONE);
    assert_int_equal(out.status, 200);
    assert_int_equal(out.used_bytes, strlen(text) - 8);
    assert_int_equal(out.body_bytes, 5);
    assert_memory_equal(body, "hello", 5);
    assert_true(http.keep_alive);
    assert_value("etag", "\"a b\"");
    assert_value("Content-Length", "5");
    assert_value("x", "");
    size_t bytes = 0;
    assert_null(as_http1_get(&http, "ETagg", &bytes));
    assert_null(as_http1_get(&http, "ETa", &bytes));
}

static void chunks_extensions_and_trailers_are_read(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                               "4\r\nWiki\r\n5 ; a=\"b\"\r\npedia\r\n00000E\r\n in\r\n\r\nchunks.\r\n"
                               "0\r\nExpires: never\r\nA: b\r\n\r\n!";
    outcome out = read_whole(text, strlen(text));
    assert_int_equal(out.result, AS_HTTP1_DONE);
    assert_int_equal(out.used_bytes, strlen(text) - 1);
    assert_int_equal(out.body_bytes, 23);
    assert_memory_equal(body, "Wikipedia in\r\n\r\nchunks.", 23);
    assert_true(http.keep_alive);
    assert_int_equal(http.field_count, 1);
}

static void a_body_without_a_length_ends_with_the_stream(void **state)
{
    (void)state;
    assert_int_equal(read_text("HTTP/1.0 200\r\n\r\nabc"), AS_HTTP1_MORE);
    assert_int_equal(as_http1_finish(&http), AS_HTTP1_DONE);
    assert_int_equal(http.body_bytes, 3);
    assert_false(http.keep_alive);
    assert_int_equal(as_http1_finish(&http), AS_HTTP1_DONE);
}

static void a_stream_that_ends_early_is_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "HTTP/1.1 200 OK\r\nA", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(read_text(texts[i]), AS_HTTP1_MORE);
        assert_int_equal(as_http1_finish(&http), AS_HTTP1_CUT);
        size_t used = 9;
        assert_int_equal(feed("x", 1, &used), AS_HTTP1_CUT);
        assert_int_equal(used, 0);
    }
}

static void answers_without_a_body_ignore_its_length(void **state)
{
    (void)state;
    assert_int_equal(read_text("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: x\r\n\r\n"), AS_HTTP1_DONE);
    assert_true(http.keep_alive);
    assert_int_equal(read_text("HTTP/1.1 204 None\r\n\r\n"), AS_HTTP1_DONE);
    as_http1_init(&http, body, sizeof body);
    as_http1_begin(&http, true);
    size_t used;
    assert_int_equal(feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 38, &used), AS_HTTP1_DONE);
}

static void interim_responses_are_skipped_and_an_upgrade_ends_with_its_head(void **state)
{
    (void)state;
    assert_int_equal(read_text("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                     AS_HTTP1_DONE);
    assert_int_equal(http.status, 200);
    assert_int_equal(http.field_count, 1);
    assert_int_equal(
        read_text("HTTP/1.1 100 A\r\n\r\nHTTP/1.1 100 A\r\n\r\nHTTP/1.1 100 A\r\n\r\nHTTP/1.1 100 A\r\n\r\n"
                  "HTTP/1.1 100 A\r\n\r\n"),
        AS_HTTP1_BAD_STATUS);
    static const char upgrade[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                  "Connection: keep-alive, Upgrade\r\n\r\n\x81\x00";
    outcome out = read_whole(upgrade, sizeof upgrade - 1);
    assert_int_equal(out.result, AS_HTTP1_DONE);
    assert_int_equal(out.used_bytes, sizeof upgrade - 3);
    assert_true(as_http1_has_token(&http, "connection", "UPGRADE"));
    assert_false(as_http1_has_token(&http, "connection", "Up"));
    assert_false(as_http1_has_token(&http, "upgrade", "h2c"));
}

static void gzip_is_inflated_by_length_and_in_chunks(void **state)
{
    (void)state;
    char text[512];
    uint8_t packed[64];
    size_t packed_bytes = ast_hex(GZIP_HEX, packed, sizeof packed);
    for (int chunked = 0; chunked < 2; chunked++) {
        int n =
            snprintf(text, sizeof text,
                     chunked ? "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n"
                             : "HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nContent-Length: %zu\r\n\r\n",
                     packed_bytes);
        memcpy(text + n, packed, packed_bytes);
        size_t bytes = (size_t)n + packed_bytes;
        if (chunked)
            bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "\r\n0\r\n\r\n");
        for (size_t a = 0; a <= bytes; a++) {
            size_t used;
            as_http1_init(&http, body, sizeof body);
            assert_int_equal(feed(text, a, &used), a == bytes ? AS_HTTP1_DONE : AS_HTTP1_MORE);
            assert_int_equal(used, a);
            assert_int_equal(feed(text + a, bytes - a, &used), AS_HTTP1_DONE);
            assert_int_equal(http.body_bytes, 2011);
            assert_memory_equal(body, "<rss>aaa", 8);
            assert_memory_equal(body + 2005, "</rss>", 6);
        }
        as_http1_init(&http, body, 2010);
        size_t used;
        assert_int_equal(feed(text, bytes, &used), AS_HTTP1_BODY_TOO_LONG);
        as_http1_init(&http, body, 2011);
        assert_int_equal(feed(text, bytes, &used), AS_HTTP1_DONE);
    }
    assert_int_equal(read_text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
                     AS_HTTP1_DONE);
}

static void damaged_gzip_is_refused(void **state)
{
    (void)state;
    uint8_t packed[64];
    size_t packed_bytes = ast_hex(GZIP_HEX, packed, sizeof packed), refused = 0, used;
    for (size_t at = 0; at < packed_bytes; at++) {
        char text[256];
        int n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                         packed_bytes);
        memcpy(text + n, packed, packed_bytes);
        text[(size_t)n + at] = (char)(text[(size_t)n + at] ^ 0x55);
        as_http1_init(&http, body, sizeof body);
        refused += feed(text, (size_t)n + packed_bytes, &used) == AS_HTTP1_BAD_CODING;
        int m =
            snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", at);
        memcpy(text + m, packed, packed_bytes);
        as_http1_init(&http, body, sizeof body);
        assert_int_equal(feed(text, (size_t)m + at, &used), at == 0 ? AS_HTTP1_DONE : AS_HTTP1_BAD_CODING);
    }
    /* the stamp, the extra flags and the system in the gzip header (RFC 1952) may be anything */
    assert_int_equal(refused, packed_bytes - 6);
    char text[256];
    int n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                     packed_bytes + 1);
    memcpy(text + n, packed, packed_bytes);
    text[(size_t)n + packed_bytes] = 0;
    as_http1_init(&http, body, sizeof body);
    assert_int_equal(feed(text, (size_t)n + packed_bytes + 1, &used), AS_HTTP1_BAD_CODING);
}

static void one_reader_reads_response_after_response(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nA"
                               "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nBC";
    static const unsigned status[] = {200, 503, 200};
    static const size_t bytes[] = {1, 0, 2};
    size_t at = 0, used;
    as_http1_init(&http, body, sizeof body);
    for (size_t i = 0; i < 3; i++) {
        as_http1_begin(&http, false);
        assert_true(as_http1_is_idle(&http));
        assert_int_equal(feed(text + at, sizeof text - 1 - at, &used), AS_HTTP1_DONE);
        assert_false(as_http1_is_idle(&http));
        assert_int_equal(http.status, status[i]);
        assert_int_equal(http.body_bytes, bytes[i]);
        assert_int_equal(http.keep_alive, i < 2);
        if (i == 1)
            assert_value("retry-after", "7");
        at += used;
    }
    assert_int_equal(at, sizeof text - 1);
    assert_memory_equal(body, "BC", 2);
}

static void every_split_point_gives_the_same_response(void **state)
{
    (void)state;
    static const char chunks[] = "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n";
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\nhello",
        chunks,
        "HTTP/1.1 304 Not Modified\r\nETag: W/\"x\"\r\n\r\n",
    };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        size_t bytes = strlen(texts[t]);
        outcome want = read_whole(texts[t], bytes);
        assert_int_equal(want.result, AS_HTTP1_DONE);
        for (size_t a = 0; a < bytes; a++) {
            for (size_t b = a; b < bytes; b++) {
                size_t used;
                as_http1_init(&http, body, sizeof body);
                assert_int_equal(feed(texts[t], a, &used), AS_HTTP1_MORE);
                assert_int_equal(feed(texts[t] + a, b - a, &used), AS_HTTP1_MORE);
                assert_int_equal(feed(texts[t] + b, bytes - b, &used), AS_HTTP1_DONE);
                assert_int_equal(used, bytes - b);
                assert_int_equal(http.status, want.status);
                assert_int_equal(http.body_bytes, want.body_bytes);
            }
        }
    }
}

/* ---- responses that are not ---- */

typedef struct refusal {
    const char *text;
    as_http1_result want;
} refusal;

#define HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"

static const refusal bad_status_lines[] = {
    {"\r\n", AS_HTTP1_BAD_STATUS},
    {"\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 200 OK\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/2.0 200 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.2 200 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"http/1.1 200 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1  200 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 20 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 2000 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 099 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 600 OK\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 200 O\x01K\r\n", AS_HTTP1_BAD_STATUS},
    {"HTTP/1.1 200 O\rK\r\n", AS_HTTP1_BAD_STATUS},
    {"<rss>\r\n", AS_HTTP1_BAD_STATUS},
};

static const refusal bad_fields[] = {
    {HEAD "A : b\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD " A: b\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "A: b\r\n folded\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "A: b\r\n\tfolded\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD ": b\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "Ab\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "A(b): c\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "A: b\nContent-Length: 3\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "A: b\rContent-Length: 3\r\n", AS_HTTP1_BAD_FIELD},
    {HEAD "A: b\x7f\r\n", AS_HTTP1_BAD_FIELD},
};

static const refusal bad_lengths[] = {
    {HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 3, 3\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: -1\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: +1\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 0x10\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 1 0\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length:\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 18446744073709551617\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {HEAD "Content-Length: 4097\r\n\r\n", AS_HTTP1_BODY_TOO_LONG},
    {HEAD "Content-Length: 999999999999999\r\n\r\n", AS_HTTP1_BODY_TOO_LONG},
    {"HTTP/1.1 204 None\r\nContent-Length: 1\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {"HTTP/1.1 101 Up\r\nTransfer-Encoding: chunked\r\n\r\n", AS_HTTP1_BAD_LENGTH},
    {"HTTP/1.1 100 C\r\nContent-Length: 1\r\n\r\n", AS_HTTP1_BAD_LENGTH},
};

static const refusal bad_codings[] = {
    {HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", AS_HTTP1_BAD_CODING},
    {HEAD "Transfer-Encoding: xchunked\r\n\r\n", AS_HTTP1_BAD_CODING},
    {HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", AS_HTTP1_BAD_CODING},
    {HEAD "Transfer-Encoding: identity\r\n\r\n", AS_HTTP1_BAD_CODING},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", AS_HTTP1_BAD_CODING},
    {HEAD "Content-Encoding: br\r\nContent-Length: 1\r\n\r\n", AS_HTTP1_BAD_CODING},
    {HEAD "Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\n", AS_HTTP1_BAD_CODING},
    {HEAD "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", AS_HTTP1_BAD_CODING},
};

static const refusal bad_chunks[] = {
    {CHUNKED "\r\n", AS_HTTP1_BAD_CHUNK},          {CHUNKED "-1\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "0x1\r\n", AS_HTTP1_BAD_CHUNK},       {CHUNKED " 1\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "1 \r\n", AS_HTTP1_BAD_CHUNK},        {CHUNKED "1 2\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "1\n", AS_HTTP1_BAD_CHUNK},           {CHUNKED "1;\x01\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "1;\n\r\n", AS_HTTP1_BAD_CHUNK},      {CHUNKED "1\r\nab\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "1\r\na\n", AS_HTTP1_BAD_CHUNK},      {CHUNKED "1\r\na0\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "000000001\r\n", AS_HTTP1_BAD_CHUNK}, {CHUNKED "100000000\r\n", AS_HTTP1_BAD_CHUNK},
    {CHUNKED "1001\r\n", AS_HTTP1_BODY_TOO_LONG},  {CHUNKED "ffffffff\r\n", AS_HTTP1_BODY_TOO_LONG},
    {CHUNKED "0\r\nA b\r\n", AS_HTTP1_BAD_FIELD},  {CHUNKED "0\r\n A: b\r\n", AS_HTTP1_BAD_FIELD},
    {CHUNKED "0\r\n\n", AS_HTTP1_BAD_FIELD},
};

static void assert_refused(const refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        as_http1_result got = read_text(cases[i].text);
        if (got != cases[i].want)
            fail_msg("case %zu: %s, expected %s: %s", i, as_http1_result_name(got), as_http1_result_name(cases[i].want),
                     cases[i].text);
        size_t used = 1;
        assert_int_equal(feed("HTTP/1.1 200 OK\r\n", 17, &used), cases[i].want);
        assert_int_equal(used, 0);
        assert_int_equal(as_http1_finish(&http), cases[i].want);
        assert_false(http.keep_alive);
    }
}

#define REFUSED(cases) assert_refused(cases, sizeof(cases) / sizeof *(cases))

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    REFUSED(bad_status_lines);
    REFUSED(bad_fields);
    REFUSED(bad_lengths);
    REFUSED(bad_codings);
    REFUSED(bad_chunks);
}

static void a_zero_byte_is_no_part_of_a_head(void **state)
{
    (void)state;
    static const char status[] = "HTTP/1.1 200 O\0K\r\n", field[] = HEAD "A: \0b\r\n", name[] = HEAD "A\0: b\r\n";
    assert_int_equal(read_whole(status, sizeof status - 1).result, AS_HTTP1_BAD_STATUS);
    assert_int_equal(read_whole(field, sizeof field - 1).result, AS_HTTP1_BAD_FIELD);
    assert_int_equal(read_whole(name, sizeof name - 1).result, AS_HTTP1_BAD_FIELD);
}

static void the_head_ends_at_its_limit(void **state)
{
    (void)state;
    static char text[AS_HTTP1_HEAD_BYTES + 64];
    for (size_t extra = 0; extra < 2; extra++) {
        size_t at = (size_t)snprintf(text, sizeof text, HEAD "Content-Length: 0\r\nA: ");
        size_t pad = AS_HTTP1_HEAD_BYTES - at - 4 + extra;
        memset(text + at, 'x', pad);
        memcpy(text + at + pad, "\r\n\r\n", 4);
        assert_int_equal(read_whole(text, at + pad + 4).result, extra ? AS_HTTP1_HEAD_TOO_LONG : AS_HTTP1_DONE);
    }
    for (size_t extra = 0; extra < 2; extra++) {
        size_t at = (size_t)snprintf(text, sizeof text, HEAD "Content-Length: 0\r\n");
        for (size_t i = 1; i < AS_HTTP1_FIELD_MAX + extra; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "F%zu: x\r\n", i);
        at += (size_t)snprintf(text + at, sizeof text - at, "\r\n");
        assert_int_equal(read_whole(text, at).result, extra ? AS_HTTP1_HEAD_TOO_LONG : AS_HTTP1_DONE);
    }
}

static void chunk_lines_and_trailers_have_limits_beside_a_full_head(void **state)
{
    (void)state;
    static char text[AS_HTTP1_HEAD_BYTES + 2 * AS_HTTP1_LINE_BYTES];
    for (size_t extra = 0; extra < 2; extra++) {
        size_t at = (size_t)snprintf(text, sizeof text, HEAD "Transfer-Encoding: chunked\r\nA: ");
        size_t pad = AS_HTTP1_HEAD_BYTES - at - 4;
        memset(text + at, 'x', pad);
        at += pad;
        at += (size_t)snprintf(text + at, sizeof text - at, "\r\n\r\n1;");
        pad = AS_HTTP1_LINE_BYTES - 4 + extra;
        memset(text + at, 'y', pad);
        at += pad;
        at += (size_t)snprintf(text + at, sizeof text - at, "\r\na\r\n0\r\n\r\n");
        assert_int_equal(read_whole(text, at).result, extra ? AS_HTTP1_BAD_CHUNK : AS_HTTP1_DONE);
        at = (size_t)snprintf(text, sizeof text, CHUNKED "0\r\n");
        for (size_t i = 0; i < AS_HTTP1_TRAILER_MAX + extra; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "T: x\r\n");
        at += (size_t)snprintf(text + at, sizeof text - at, "\r\n");
        assert_int_equal(read_whole(text, at).result, extra ? AS_HTTP1_HEAD_TOO_LONG : AS_HTTP1_DONE);
    }
}

static void a_body_of_the_limit_passes_however_it_is_sent(void **state)
{
    (void)state;
    static char text[2 * BODY_MAX];
    for (size_t extra = 0; extra < 2; extra++) {
        size_t bytes = BODY_MAX + extra;
        size_t at = (size_t)snprintf(text, sizeof text, HEAD "\r\n");
        memset(text + at, 'z', bytes);
        assert_int_equal(read_whole(text, at + bytes).result, extra ? AS_HTTP1_BODY_TOO_LONG : AS_HTTP1_MORE);
        assert_int_equal(as_http1_finish(&http), extra ? AS_HTTP1_BODY_TOO_LONG : AS_HTTP1_DONE);
        at = (size_t)snprintf(text, sizeof text, CHUNKED "%x\r\n", BODY_MAX - 1);
        memset(text + at, 'z', BODY_MAX - 1);
        at += BODY_MAX - 1;
        at +=
            (size_t)snprintf(text + at, sizeof text - at, "\r\n%zx\r\n%s\r\n0\r\n\r\n", 1 + extra, extra ? "zz" : "z");
        assert_int_equal(read_whole(text, at).result, extra ? AS_HTTP1_BODY_TOO_LONG : AS_HTTP1_DONE);
    }
}

static void random_bodies_in_random_chunks_and_pieces_come_out_whole(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 500; round++) {
        static char text[4 * BODY_MAX];
        uint8_t want[BODY_MAX];
        size_t want_bytes = ast_random(&seed) % 700, at = (size_t)snprintf(text, sizeof text, CHUNKED);
        for (size_t i = 0; i < want_bytes; i++)
            want[i] = (uint8_t)ast_random(&seed);
        for (size_t done = 0; done < want_bytes;) {
            size_t chunk = 1 + ast_random(&seed) % 100;
            chunk = chunk < want_bytes - done ? chunk : want_bytes - done;
            at += (size_t)snprintf(text + at, sizeof text - at, "%zX\r\n", chunk);
            memcpy(text + at, want + done, chunk);
            at += chunk;
            at += (size_t)snprintf(text + at, sizeof text - at, "\r\n");
            done += chunk;
        }
        at += (size_t)snprintf(text + at, sizeof text - at, "0\r\n\r\n");
        as_http1_init(&http, body, sizeof body);
        as_http1_result result = AS_HTTP1_MORE;
        for (size_t done = 0; done < at;) {
            size_t piece = 1 + ast_random(&seed) % 60, used;
            piece = piece < at - done ? piece : at - done;
            result = feed(text + done, piece, &used);
            assert_int_equal(used, piece);
            done += piece;
        }
        assert_int_equal(result, AS_HTTP1_DONE);
        assert_int_equal(http.body_bytes, want_bytes);
        assert_memory_equal(body, want, want_bytes);
    }
}

/* ---- requests ---- */

static void a_request_is_written_to_the_byte(void **state)
{
    (void)state;
    static const as_http1_header header[] = {
        {"If-None-Match", "\"x\""}, {"If-Modified-Since", NULL}, {"Authorization", ""}, {"Accept-Encoding", "gzip"}};
    as_http1_request request = {
        .method = "GET", .host = "news.example", .path = "/rss?a=b", .header = header, .header_count = 4};
    static const char want[] = "GET /rss?a=b HTTP/1.1\r\nHost: news.example\r\nIf-None-Match: \"x\"\r\n"
                               "Accept-Encoding: gzip\r\n\r\n";
    char out[256];
    size_t bytes = as_http1_encode(&request, out, sizeof out);
    assert_int_equal(bytes, strlen(want));
    assert_memory_equal(out, want, bytes);
    for (size_t room = 0; room < bytes; room++)
        assert_int_equal(as_http1_encode(&request, out, room), 0);
    assert_int_equal(as_http1_encode(&request, out, bytes), bytes);
    request = (as_http1_request){.method = "HEAD", .host = "::1", .port = 8080, .path = "/"};
    bytes = as_http1_encode(&request, out, sizeof out);
    assert_int_equal(bytes, 37);
    assert_memory_equal(out, "HEAD / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", bytes);
}

static void a_request_cannot_be_split_by_what_is_put_into_it(void **state)
{
    (void)state;
    char out[256];
    static const char *const paths[] = {"", "x", "/a b", "/a\r\nB: c", "/a\tb", "/a#b", "/\xc3\xa9", "/a\x7f"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        as_http1_request request = {.method = "GET", .host = "h", .path = paths[i]};
        assert_int_equal(as_http1_encode(&request, out, sizeof out), 0);
    }
    static const char *const hosts[] = {"", "a b", "a\r\n", "a/b", "u@h", "h?x"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        as_http1_request request = {.method = "GET", .host = hosts[i], .path = "/"};
        assert_int_equal(as_http1_encode(&request, out, sizeof out), 0);
    }
    static const as_http1_header headers[] = {{"A", "b\r\nC: d"}, {"A", "b\n"}, {"A b", "c"}, {"A:", "c"}, {"", "c"}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        as_http1_request request = {
            .method = "GET", .host = "h", .path = "/", .header = &headers[i], .header_count = 1};
        assert_int_equal(as_http1_encode(&request, out, sizeof out), 0);
    }
    as_http1_request request = {.method = "G ET", .host = "h", .path = "/"};
    assert_int_equal(as_http1_encode(&request, out, sizeof out), 0);
}

static void every_result_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(as_http1_result_name(AS_HTTP1_DONE), "done");
    assert_string_equal(as_http1_result_name(AS_HTTP1_MORE), "more");
    assert_string_equal(as_http1_result_name(AS_HTTP1_BAD_STATUS), "bad_status");
    assert_string_equal(as_http1_result_name(AS_HTTP1_BAD_CHUNK), "bad_chunk");
    assert_string_equal(as_http1_result_name(AS_HTTP1_CUT), "cut");
    assert_string_equal(as_http1_result_name((as_http1_result)-9), "?");
    assert_string_equal(as_http1_result_name((as_http1_result)2), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_with_a_length_is_read_and_what_follows_is_left),
        cmocka_unit_test(chunks_extensions_and_trailers_are_read),
        cmocka_unit_test(a_body_without_a_length_ends_with_the_stream),
        cmocka_unit_test(a_stream_that_ends_early_is_cut),
        cmocka_unit_test(answers_without_a_body_ignore_its_length),
        cmocka_unit_test(interim_responses_are_skipped_and_an_upgrade_ends_with_its_head),
        cmocka_unit_test(gzip_is_inflated_by_length_and_in_chunks),
        cmocka_unit_test(damaged_gzip_is_refused),
        cmocka_unit_test(one_reader_reads_response_after_response),
        cmocka_unit_test(every_split_point_gives_the_same_response),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_zero_byte_is_no_part_of_a_head),
        cmocka_unit_test(the_head_ends_at_its_limit),
        cmocka_unit_test(chunk_lines_and_trailers_have_limits_beside_a_full_head),
        cmocka_unit_test(a_body_of_the_limit_passes_however_it_is_sent),
        cmocka_unit_test(random_bodies_in_random_chunks_and_pieces_come_out_whole),
        cmocka_unit_test(a_request_is_written_to_the_byte),
        cmocka_unit_test(a_request_cannot_be_split_by_what_is_put_into_it),
        cmocka_unit_test(every_result_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
