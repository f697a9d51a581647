#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "feeds/framing/websocket.h"
#include "tests/support/random.h"
#include "tests/support/websocket.h"

static as_websocket *ws;
static char request[4096], key[64];
static uint8_t big[(1 << 20) + 64];

static int open_one(void **state)
{
    (void)state;
    return as_websocket_new(&ws);
}

static int free_one(void **state)
{
    (void)state;
    as_websocket_free(ws);
    as_websocket_free(NULL);
    return 0;
}

static void begin(void)
{
    size_t n;
    assert_int_equal(as_websocket_start(ws, "news.example", 0, "/v1/stream?a=b"), 0);
    const uint8_t *out = as_websocket_take(ws, &n);
    assert_in_range(n, 1, sizeof request - 1);
    memcpy(request, out, n);
    request[n] = 0;
    ast_request_field(request, "Sec-WebSocket-Key", key, sizeof key);
    as_websocket_take(ws, &n);
    assert_int_equal(n, 0);
}

static as_websocket_result give(const void *data, size_t data_bytes)
{
    const uint8_t *p = data;
    as_websocket_result result = as_websocket_next(ws, &p, &data_bytes);
    if (result == AS_WEBSOCKET_MORE || result == AS_WEBSOCKET_FAILED || result == AS_WEBSOCKET_CLOSED)
        assert_int_equal(data_bytes, 0);
    return result;
}

static as_websocket_result more(void)
{
    return give("", 0);
}

/* What a right answer is, with a field left out or put in another's place. */
static size_t answer(char *text, size_t text_bytes, const char *status, const char *extra)
{
    char accept[32];
    as_websocket_accept_key(key, accept);
    return (size_t)snprintf(text, text_bytes,
                            "HTTP/1.1 %s\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"
                            "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                            status, accept, extra);
}

static void open_ws(void)
{
    char text[1024];
    begin();
    size_t n = answer(text, sizeof text, "101 Switching Protocols", "");
    assert_int_equal(give(text, n), AS_WEBSOCKET_OPENED);
    assert_int_equal(more(), AS_WEBSOCKET_MORE);
    assert_true(as_websocket_is_open(ws));
}

static void expect_message(const char *text)
{
    size_t n;
    bool is_text;
    const char *message = as_websocket_message(ws, &n, &is_text);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(message, text, n);
    assert_true(is_text);
}

/* The frames in out, which the last of is. */
static unsigned sent(ast_client_frame *last)
{
    size_t n, used;
    unsigned count = 0;
    const uint8_t *out = as_websocket_take(ws, &n);
    while (n > 0) {
        used = ast_frame_read(out, n, last);
        assert_true(used > 0);
        assert_true(last->masked);
        out += used;
        n -= used;
        count++;
    }
    return count;
}

static void expect_close(unsigned code)
{
    ast_client_frame frame;
    assert_int_equal(sent(&frame), 1);
    assert_int_equal(frame.opcode, 8);
    assert_int_equal(frame.payload_bytes, 2);
    assert_int_equal((uint8_t)frame.payload[0] << 8 | (uint8_t)frame.payload[1], code);
}

/* ---- the upgrade ---- */

static void the_accept_key_is_that_of_the_rfc(void **state)
{
    (void)state;
    char accept[32];
    as_websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ==", accept); /* RFC 6455, section 1.3 */
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void the_request_asks_for_an_upgrade_with_a_fresh_key(void **state)
{
    (void)state;
    char value[128], last_key[64];
    begin();
    static const char front[] = "GET /v1/stream?a=b HTTP/1.1\r\nHost: news.example\r\n";
    assert_int_equal(strncmp(request, front, sizeof front - 1), 0);
    ast_request_field(request, "Upgrade", value, sizeof value);
    assert_string_equal(value, "websocket");
    ast_request_field(request, "Connection", value, sizeof value);
    assert_string_equal(value, "Upgrade");
    ast_request_field(request, "Sec-WebSocket-Version", value, sizeof value);
    assert_string_equal(value, "13");
    assert_null(strstr(request, "Sec-WebSocket-Extensions"));
    assert_int_equal(strlen(key), 24);
    assert_string_equal(request + strlen(request) - 4, "\r\n\r\n");
    strcpy(last_key, key);
    begin();
    assert_string_not_equal(key, last_key);
    assert_int_equal(as_websocket_start(ws, "h", 8443, "/a b"), -EINVAL);
    assert_false(as_websocket_is_open(ws));
    assert_int_equal(give("x", 1), AS_WEBSOCKET_FAILED);
}

static void every_split_of_the_answer_opens_and_what_follows_is_read(void **state)
{
    (void)state;
    char text[1024];
    begin();
    size_t n = answer(text, sizeof text, "101 x", "Server: test\r\n"), head_bytes = n;
    n += ast_frame((uint8_t *)text + n, true, 1, "Hello", 5);
    for (size_t split = 0; split <= n; split++) {
        unsigned opened = 0, messages = 0;
        begin();
        head_bytes = answer(text, sizeof text, "101 x", "Server: test\r\n");
        ast_frame((uint8_t *)text + head_bytes, true, 1, "Hello", 5);
        for (int half = 0; half < 2; half++) {
            const uint8_t *p = (const uint8_t *)text + (half ? split : 0);
            size_t left = half ? n - split : split;
            as_websocket_result result;
            while ((result = as_websocket_next(ws, &p, &left)) != AS_WEBSOCKET_MORE) {
                opened += result == AS_WEBSOCKET_OPENED;
                messages += result == AS_WEBSOCKET_MESSAGE;
                assert_int_not_equal(result, AS_WEBSOCKET_FAILED);
            }
            if (!half)
                assert_int_equal(opened, split >= head_bytes);
        }
        assert_int_equal(opened, 1);
        assert_int_equal(messages, 1);
        expect_message("Hello");
    }
}

static void answers_that_are_not_right_fail_and_say_why(void **state)
{
    (void)state;
    char text[16384], accept[32], other[32];
    for (unsigned i = 0; i < 14; i++) {
        static const char *const why[] = {"status 401",
                                          "status 200",
                                          "status 301",
                                          "no Upgrade: websocket",
                                          "no Upgrade: websocket",
                                          "no Connection: Upgrade",
                                          "Sec-WebSocket-Accept does not answer",
                                          "Sec-WebSocket-Accept does not answer",
                                          "extension that was not offered",
                                          "subprotocol that was not offered",
                                          "bad_status",
                                          "bad_field",
                                          "head_too_long",
                                          "Sec-WebSocket-Accept does not answer"};
        begin();
        as_websocket_accept_key(key, accept);
        as_websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ==", other);
        static char padding[9000];
        memset(padding, 'x', sizeof padding - 1);
        const char *form[] = {
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 20\r\n\r\n",
            "HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            "HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n",
            "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %sA\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
            "Sec-WebSocket-Protocol: chat\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 101 x\r\nUpgrade : websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            NULL,
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            "s3pPLMBiTxaQ9kYGzzhZRb"
            "K+xOo=\r\n\r\n"};
        if (form[i] != NULL)
            snprintf(text, sizeof text, form[i], accept);
        else
            snprintf(text, sizeof text, "HTTP/1.1 101 x\r\nX: %s\r\n\r\n", padding);
        assert_int_equal(give(text, strlen(text)), AS_WEBSOCKET_FAILED);
        if (strstr(as_websocket_why(ws), why[i]) == NULL)
            fail_msg("%u: \"%s\"", i, as_websocket_why(ws));
        ast_client_frame frame;
        assert_int_equal(sent(&frame), 0); /* no frame before the upgrade */
        assert_false(as_websocket_is_open(ws));
        assert_int_equal(more(), AS_WEBSOCKET_FAILED);
    }
}

/* ---- messages ---- */

static void the_frames_of_the_rfc_are_read(void **state)
{
    (void)state;
    static const uint8_t hello[] = {0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}; /* RFC 6455, section 5.7 */
    static const uint8_t parts[] = {0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f};
    static const uint8_t ping[] = {0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};
    open_ws();
    assert_int_equal(give(hello, sizeof hello), AS_WEBSOCKET_MESSAGE);
    expect_message("Hello");
    assert_int_equal(more(), AS_WEBSOCKET_MORE);
    assert_int_equal(give(parts, sizeof parts), AS_WEBSOCKET_MESSAGE);
    expect_message("Hello");
    assert_int_equal(more(), AS_WEBSOCKET_MORE);
    assert_int_equal(give(ping, sizeof ping), AS_WEBSOCKET_MORE);
    ast_client_frame frame;
    assert_int_equal(sent(&frame), 1);
    assert_int_equal(frame.opcode, 10);
    assert_string_equal(frame.payload, "Hello");
    for (size_t length = 256; length <= 65536; length *= 256) {
        static const uint8_t head256[] = {0x82, 0x7e, 0x01, 0x00}, head65536[] = {0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0};
        assert_int_equal(give(length == 256 ? head256 : head65536, length == 256 ? 4 : 10), AS_WEBSOCKET_MORE);
        assert_true(as_websocket_in_message(ws) || length == 256 || length == 65536);
        assert_int_equal(give(big, length), AS_WEBSOCKET_MESSAGE);
        size_t n;
        bool is_text;
        as_websocket_message(ws, &n, &is_text);
        assert_int_equal(n, length);
        assert_false(is_text);
        assert_int_equal(more(), AS_WEBSOCKET_MORE);
    }
}

/* A script of frames cut at every place: fragments with control frames between them, two messages, empty ones. */
static void every_split_of_a_stream_gives_the_same_messages(void **state)
{
    (void)state;
    uint8_t data[512];
    size_t n = 0;
    n += ast_frame(data + n, false, 1, "caf\xc3", 4); /* a character is cut by the fragment */
    n += ast_frame(data + n, true, 9, "are you there", 13);
    n += ast_frame(data + n, false, 0, "", 0);
    n += ast_frame(data + n, true, 10, "mine", 4);
    n += ast_frame(data + n, true, 0, "\xa9 noir", 6);
    n += ast_frame(data + n, true, 1, "", 0);
    n += ast_frame(data + n, true, 1, "second", 6);
    for (size_t split = 0; split <= n; split++) {
        unsigned messages = 0, pongs = 0;
        open_ws();
        for (int half = 0; half < 2; half++) {
            const uint8_t *p = data + (half ? split : 0);
            size_t left = half ? n - split : split;
            as_websocket_result result;
            while ((result = as_websocket_next(ws, &p, &left)) != AS_WEBSOCKET_MORE) {
                static const char *const text[] = {"caf\xc3\xa9 noir", "", "second"};
                assert_true(result == AS_WEBSOCKET_MESSAGE || result == AS_WEBSOCKET_PONG);
                if (result == AS_WEBSOCKET_MESSAGE)
                    expect_message(text[messages++]);
                else
                    pongs++;
            }
        }
        assert_int_equal(messages, 3);
        assert_int_equal(pongs, 1);
        assert_false(as_websocket_in_message(ws));
        ast_client_frame frame;
        assert_int_equal(sent(&frame), 1);
        assert_string_equal(frame.payload, "are you there");
    }
}

static void of_many_pings_the_last_is_answered(void **state)
{
    (void)state;
    uint8_t data[20000];
    size_t n = 0;
    open_ws();
    for (int i = 0; i < 5000; i++) {
        char payload = (char)('a' + i % 26);
        n += ast_frame(data + n, true, 9, &payload, 1);
    }
    assert_int_equal(give(data, n), AS_WEBSOCKET_MORE);
    ast_client_frame frame;
    assert_int_equal(sent(&frame), 1);
    assert_string_equal(frame.payload, "h"); /* 4999 % 26 = 7 */
}

static void a_message_of_1_mib_is_taken_and_one_byte_more_is_not(void **state)
{
    (void)state;
    uint8_t head[16];
    static char text[AS_WEBSOCKET_MESSAGE_BYTES];
    memset(text, 'x', sizeof text);
    open_ws();
    size_t n = ast_frame(big, true, 1, text, sizeof text);
    assert_int_equal(give(big, n), AS_WEBSOCKET_MESSAGE);
    assert_int_equal(more(), AS_WEBSOCKET_MORE);

    ast_frame(big, false, 1, text, sizeof text); /* in two fragments */
    assert_int_equal(give(big, n), AS_WEBSOCKET_MORE);
    n = ast_frame(head, true, 0, "x", 1);
    assert_int_equal(give(head, n), AS_WEBSOCKET_FAILED);
    assert_string_equal(as_websocket_why(ws), "a message is longer than 1 MiB");
    expect_close(1009);

    open_ws();
    static const uint8_t huge[] = {0x81, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'x'};
    assert_int_equal(give(huge, sizeof huge), AS_WEBSOCKET_FAILED);
    expect_close(1009);
}

static void frames_against_the_protocol_fail_with_their_close_code(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t data[16];
        size_t data_bytes;
        unsigned code;
        const char *why;
    } bad[] = {
        {"masked", {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, 11, 1002, "masks"},
        {"rsv1", {0xc1, 0x01, 'a'}, 3, 1002, "reserved bits"},
        {"rsv2", {0xa1, 0x01, 'a'}, 3, 1002, "reserved bits"},
        {"rsv3", {0x91, 0x01, 'a'}, 3, 1002, "reserved bits"},
        {"opcode 3", {0x83, 0x01, 'a'}, 3, 1002, "data frame of an unknown kind"},
        {"opcode 7", {0x87, 0x00}, 2, 1002, "data frame of an unknown kind"},
        {"opcode 11", {0x8b, 0x00}, 2, 1002, "control frame of an unknown kind"},
        {"opcode 15", {0x8f, 0x00}, 2, 1002, "control frame of an unknown kind"},
        {"fragmented ping", {0x09, 0x00}, 2, 1002, "header"},
        {"long ping", {0x89, 0x7e, 0x00, 0x7e}, 4, 1002, "header"},
        {"long close", {0x88, 0x7e, 0x00, 0x7e}, 4, 1002, "header"},
        {"length not minimal", {0x81, 0x7e, 0x00, 0x05, 'H', 'e', 'l', 'l', 'o'}, 9, 1002, "header"},
        {"64-bit length not minimal",
         {0x81, 0x7f, 0, 0, 0, 0, 0, 0, 0, 5, 'H', 'e', 'l', 'l', 'o'},
         15,
         1002,
         "header"},
        {"64-bit length with its top bit", {0x81, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0}, 10, 1002, "header"},
        {"continuation of nothing", {0x80, 0x01, 'a'}, 3, 1002, "has not begun"},
        {"message within a message", {0x01, 0x01, 'a', 0x81, 0x01, 'b'}, 6, 1002, "within another"},
        {"text that is not UTF-8", {0x81, 0x02, 0xc3, 0x28}, 4, 1007, "not UTF-8"},
        {"half a character", {0x01, 0x01, 0xc3, 0x80, 0x00}, 5, 1007, "not UTF-8"},
        {"surrogate", {0x81, 0x03, 0xed, 0xa0, 0x80}, 5, 1007, "not UTF-8"},
        {"close with 1 byte", {0x88, 0x01, 0x03}, 3, 1002, "proper code"},
        {"close with code 0", {0x88, 0x02, 0x00, 0x00}, 4, 1002, "proper code"},
        {"close with 999", {0x88, 0x02, 0x03, 0xe7}, 4, 1002, "proper code"},
        {"close with 1005", {0x88, 0x02, 0x03, 0xed}, 4, 1002, "proper code"},
        {"close with 1006", {0x88, 0x02, 0x03, 0xee}, 4, 1002, "proper code"},
        {"close with 5000", {0x88, 0x02, 0x13, 0x88}, 4, 1002, "proper code"},
        {"close with a bad reason", {0x88, 0x03, 0x03, 0xe8, 0xff}, 5, 1007, "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int slow = 0; slow < 2; slow++) { /* at once, and byte by byte */
            as_websocket_result result = AS_WEBSOCKET_MORE;
            open_ws();
            for (size_t at = 0; slow && at + 1 < bad[i].data_bytes && result == AS_WEBSOCKET_MORE; at++)
                result = give(bad[i].data + at, 1);
            if (result == AS_WEBSOCKET_MORE)
                result = slow ? give(bad[i].data + bad[i].data_bytes - 1, 1) : give(bad[i].data, bad[i].data_bytes);
            if (result != AS_WEBSOCKET_FAILED || strstr(as_websocket_why(ws), bad[i].why) == NULL)
                fail_msg("%s: %d \"%s\"", bad[i].name, (int)result, as_websocket_why(ws));
            expect_close(bad[i].code);
            assert_int_equal(give("more", 4), AS_WEBSOCKET_FAILED);
            assert_false(as_websocket_send_text(ws, "x", 1));
        }
    }
}

/* ---- closing ---- */

static void a_close_is_answered_once_with_its_code(void **state)
{
    (void)state;
    uint8_t data[64];
    open_ws();
    size_t n = ast_frame(data, true, 8, "\x03\xf3too\nmany", 10);
    n += ast_frame(data + n, true, 1, "after", 5); /* is not read any more */
    assert_int_equal(give(data, n), AS_WEBSOCKET_CLOSED);
    assert_string_equal(as_websocket_why(ws), "closed by the peer: 1011 too many");
    expect_close(1011);
    assert_int_equal(give(data, n), AS_WEBSOCKET_CLOSED);
    ast_client_frame frame;
    assert_int_equal(sent(&frame), 0);

    open_ws();
    n = ast_frame(data, true, 8, "", 0);
    assert_int_equal(give(data, n), AS_WEBSOCKET_CLOSED);
    assert_string_equal(as_websocket_why(ws), "closed by the peer");
    assert_int_equal(sent(&frame), 1);
    assert_int_equal(frame.opcode, 8);
    assert_int_equal(frame.payload_bytes, 0);

    open_ws();
    as_websocket_close(ws, 1000);
    expect_close(1000);
    assert_false(as_websocket_send_text(ws, "x", 1));
    n = ast_frame(data, true, 8, "\x03\xe8", 2);
    assert_int_equal(give(data, n), AS_WEBSOCKET_CLOSED);
    assert_int_equal(sent(&frame), 0);
}

/* ---- sending ---- */

static void what_is_sent_is_masked_with_a_fresh_key_each_time(void **state)
{
    (void)state;
    ast_client_frame one, two;
    open_ws();
    char text[600];
    for (size_t n = 0; n <= sizeof text; n += 60) {
        memset(text, 'a' + (int)(n % 26), sizeof text);
        assert_true(as_websocket_send_text(ws, text, n));
        assert_int_equal(sent(&one), 1);
        assert_int_equal(one.opcode, 1);
        assert_true(one.fin);
        assert_int_equal(one.payload_bytes, n);
        assert_memory_equal(one.payload, text, n);
    }
    assert_true(as_websocket_send_ping(ws, "p", 1));
    assert_int_equal(sent(&one), 1);
    assert_int_equal(one.opcode, 9);
    assert_true(as_websocket_send_ping(ws, "p", 1));
    assert_int_equal(sent(&two), 1);
    assert_memory_not_equal(one.mask, two.mask, 4);
    assert_false(as_websocket_send_ping(ws, text, 126));
}

static void what_has_no_room_is_refused_and_a_close_still_fits(void **state)
{
    (void)state;
    static char text[AS_WEBSOCKET_OUT_BYTES];
    open_ws();
    memset(text, 'x', sizeof text);
    assert_false(as_websocket_send_text(ws, text, sizeof text));
    assert_true(as_websocket_send_text(ws, text, 1000));
    size_t accepted = 1;
    while (as_websocket_send_text(ws, text, 1000))
        accepted++;
    assert_int_equal(accepted, AS_WEBSOCKET_OUT_BYTES / 1008);
    while (as_websocket_send_text(ws, text, 1))
        accepted++;
    uint8_t data[8];
    ast_client_frame frame;
    size_t n = ast_frame(data, true, 9, "p", 1);
    n += ast_frame(data + n, true, 8, "", 0);
    assert_int_equal(give(data, n), AS_WEBSOCKET_CLOSED);
    assert_true(sent(&frame) > accepted);
    assert_int_equal(frame.opcode, 8);
}

static void random_fragments_and_cuts_give_the_messages(void **state)
{
    (void)state;
    uint64_t seed = 11;
    print_message("seed %llu\n", (unsigned long long)seed);
    static uint8_t data[200000];
    static char text[64][2048];
    for (int round = 0; round < 60; round++) {
        size_t n = 0;
        unsigned count = 1 + (unsigned)ast_random(&seed) % 20, got = 0;
        open_ws();
        for (unsigned m = 0; m < count; m++) {
            size_t length = (size_t)ast_random(&seed) % (ast_random(&seed) % 4 ? 200 : 2000), at = 0;
            for (size_t i = 0; i < length; i++)
                text[m][i] = (char)(' ' + (int)(ast_random(&seed) % 94));
            text[m][length] = 0;
            do {
                size_t part = ast_random(&seed) % 3 ? length - at : (size_t)ast_random(&seed) % (length - at + 1);
                n += ast_frame(data + n, at + part == length, at ? 0 : 1, text[m] + at, part);
                if (at == 0 && part == 0 && length > 0)
                    n += ast_frame(data + n, length == 0, 0, "", 0);
                if (at == 0 && part == 0 && length > 0) { /* the first frame was empty: the rest goes on */
                    n += ast_frame(data + n, true, 0, text[m], length);
                    part = length;
                }
                at += part;
                if (ast_random(&seed) % 3 == 0)
                    n += ast_frame(data + n, true, 9, "p", 1);
            } while (at < length);
        }
        for (size_t at = 0; at < n;) {
            size_t piece = 1 + (size_t)ast_random(&seed) % (ast_random(&seed) % 2 ? 10 : 5000);
            if (piece > n - at)
                piece = n - at;
            const uint8_t *p = data + at;
            at += piece;
            as_websocket_result result;
            while ((result = as_websocket_next(ws, &p, &piece)) != AS_WEBSOCKET_MORE) {
                assert_int_equal(result, AS_WEBSOCKET_MESSAGE);
                expect_message(text[got++]);
            }
        }
        assert_int_equal(got, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_accept_key_is_that_of_the_rfc),
        cmocka_unit_test(the_request_asks_for_an_upgrade_with_a_fresh_key),
        cmocka_unit_test(every_split_of_the_answer_opens_and_what_follows_is_read),
        cmocka_unit_test(answers_that_are_not_right_fail_and_say_why),
        cmocka_unit_test(the_frames_of_the_rfc_are_read),
        cmocka_unit_test(every_split_of_a_stream_gives_the_same_messages),
        cmocka_unit_test(of_many_pings_the_last_is_answered),
        cmocka_unit_test(a_message_of_1_mib_is_taken_and_one_byte_more_is_not),
        cmocka_unit_test(frames_against_the_protocol_fail_with_their_close_code),
        cmocka_unit_test(a_close_is_answered_once_with_its_code),
        cmocka_unit_test(what_is_sent_is_masked_with_a_fresh_key_each_time),
        cmocka_unit_test(what_has_no_room_is_refused_and_a_close_still_fits),
        cmocka_unit_test(random_fragments_and_cuts_give_the_messages),
    };
    return cmocka_run_group_tests(tests, open_one, free_one);
}
