/*
 * Any bytes from a server, behind a right answer to the upgrade or in its place, at once and cut into pieces of lengths
 * that the bytes themselves give: both ways the same messages come out, texts are UTF-8, and what is sent back is
 * whole, masked frames.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/json.h"
#include "feeds/framing/websocket.h"
#include "tests/support/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct digest {
    uint64_t hash; /* FNV-1a over the messages */
    uint64_t results;
    as_websocket_result last;
} digest;

static as_websocket *ws;

static void check_text(const char *text, size_t text_bytes)
{
    const char *end = text + text_bytes;
    for (unsigned n; text < end; text += n)
        if ((n = as_utf8_length(text, end)) == 0)
            abort();
}

static void check_out(bool upgraded)
{
    size_t out_bytes, used;
    ast_client_frame frame;
    const uint8_t *out = as_websocket_take(ws, &out_bytes);
    if (!upgraded && out_bytes > 0)
        abort();
    for (; out_bytes > 0; out += used, out_bytes -= used)
        if ((used = ast_frame_read(out, out_bytes, &frame)) == 0 || !frame.masked || !frame.fin ||
            (frame.opcode != 8 && frame.opcode != 10))
            abort();
}

static void see(digest *sum, as_websocket_result result)
{
    size_t message_bytes;
    bool is_text;
    sum->last = result;
    sum->results++;
    sum->hash = (sum->hash ^ (uint64_t)result) * UINT64_C(0x100000001b3);
    if (result != AS_WEBSOCKET_MESSAGE)
        return;
    const char *message = as_websocket_message(ws, &message_bytes, &is_text);
    if (message_bytes > AS_WEBSOCKET_MESSAGE_BYTES)
        abort();
    if (is_text)
        check_text(message, message_bytes);
    for (size_t i = 0; i < message_bytes; i++)
        sum->hash = (sum->hash ^ (uint8_t)message[i]) * UINT64_C(0x100000001b3);
}

/* False: it is over. */
static bool give(digest *sum, const uint8_t *piece, size_t piece_bytes)
{
    uint8_t *copy = malloc(piece_bytes + 1); /* of this length, so that reading beyond it is seen */
    if (copy == NULL)
        abort();
    memcpy(copy, piece, piece_bytes);
    const uint8_t *p = copy;
    as_websocket_result result = AS_WEBSOCKET_MORE;
    while ((result = as_websocket_next(ws, &p, &piece_bytes)) != AS_WEBSOCKET_MORE && result != AS_WEBSOCKET_FAILED &&
           result != AS_WEBSOCKET_CLOSED)
        see(sum, result);
    if (piece_bytes > 0)
        abort();
    free(copy);
    if (result != AS_WEBSOCKET_MORE)
        see(sum, result);
    return result == AS_WEBSOCKET_MORE;
}

static void start(bool upgrade, digest *sum)
{
    char request[1024], key[64], accept[32], answer[256];
    size_t n;
    if ((ws == NULL && as_websocket_new(&ws) < 0) || as_websocket_start(ws, "h", 0, "/") < 0)
        abort();
    const uint8_t *out = as_websocket_take(ws, &n);
    memcpy(request, out, n);
    request[n] = 0;
    ast_request_field(request, "Sec-WebSocket-Key", key, sizeof key);
    as_websocket_accept_key(key, accept);
    n = (size_t)snprintf(
        answer, sizeof answer,
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    if (upgrade && !give(sum, (const uint8_t *)answer, n))
        abort();
}

static digest run(const uint8_t *data, size_t bytes, bool upgrade, bool cut)
{
    digest sum = {.hash = UINT64_C(0xcbf29ce484222325)};
    bool goes_on = true;
    start(upgrade, &sum);
    for (size_t at = 0; at < bytes && goes_on;) {
        size_t piece_bytes = cut ? (size_t)data[at] % 23 + 1 : bytes;
        if (piece_bytes > bytes - at)
            piece_bytes = bytes - at;
        goes_on = give(&sum, data + at, piece_bytes);
        at += piece_bytes;
        if (cut)
            check_out(upgrade || as_websocket_is_open(ws));
    }
    check_out(upgrade || as_websocket_is_open(ws));
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    bool upgrade = data[0] & 1;
    digest whole = run(data + 1, bytes - 1, upgrade, false), cut = run(data + 1, bytes - 1, upgrade, true);
    if (whole.hash != cut.hash || whole.results != cut.results || whole.last != cut.last)
        abort();
    return 0;
}
