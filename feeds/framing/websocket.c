#include "feeds/framing/websocket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <wslay/wslay.h>

#include "feeds/decode/json.h"

enum { KEY_BYTES = 16, KEY_TEXT_BYTES = 25, ACCEPT_BYTES = 29, HEADER_BYTES_MAX = 14 };

enum {
    CLOSE_PROTOCOL = WSLAY_CODE_PROTOCOL_ERROR,
    CLOSE_NOT_UTF8 = WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA,
    CLOSE_TOO_BIG = WSLAY_CODE_MESSAGE_TOO_BIG
};

typedef enum stage { UPGRADING, OPEN, CLOSING, CLOSED, FAILED } stage;

struct as_websocket {
    stage stage;
    as_http1 http;
    uint8_t body[1]; /* an upgrade has none */
    char key[KEY_TEXT_BYTES];
    wslay_frame_context_ptr frames;

    const uint8_t *in; /* of the call in progress */
    size_t in_bytes;

    bool in_frame; /* the frame's header has been seen */
    uint64_t frame_got_bytes;
    uint8_t frame_opcode;
    uint8_t control[AS_WEBSOCKET_CONTROL_BYTES];
    size_t control_bytes;

    bool fragmented; /* within a message */
    uint8_t message_opcode;
    size_t message_bytes;

    bool pong_due;
    bool close_sent;
    uint8_t pong[AS_WEBSOCKET_CONTROL_BYTES];
    size_t pong_bytes;

    size_t out_bytes;
    char why[AS_WEBSOCKET_WHY_BYTES];
    uint8_t out[AS_WEBSOCKET_OUT_BYTES + 2 * (HEADER_BYTES_MAX + AS_WEBSOCKET_CONTROL_BYTES)]; /* a pong and a close */
    char message[AS_WEBSOCKET_MESSAGE_BYTES];
};

/* ---- wslay's ends ---- */

static ssize_t on_recv(uint8_t *room, size_t room_bytes, int flags, void *ctx)
{
    as_websocket *ws = ctx;
    (void)flags;
    if (ws->in_bytes == 0)
        return -1; /* not now */
    size_t bytes = ws->in_bytes < room_bytes ? ws->in_bytes : room_bytes;
    memcpy(room, ws->in, bytes);
    ws->in += bytes;
    ws->in_bytes -= bytes;
    return (ssize_t)bytes;
}

static ssize_t on_send(const uint8_t *data, size_t data_bytes, int flags, void *ctx)
{
    as_websocket *ws = ctx;
    (void)flags;
    if (data_bytes > sizeof ws->out - ws->out_bytes)
        return -1;
    memcpy(ws->out + ws->out_bytes, data, data_bytes);
    ws->out_bytes += data_bytes;
    return (ssize_t)data_bytes;
}

static int on_mask(uint8_t *mask, size_t mask_bytes, void *ctx)
{
    (void)ctx;
    return getrandom(mask, mask_bytes, 0) == (ssize_t)mask_bytes ? 0 : -1;
}

/* A frame into out; room has been checked. False: no random numbers. */
static bool put_frame(as_websocket *ws, uint8_t opcode, const void *payload, size_t payload_bytes)
{
    size_t before_bytes = ws->out_bytes, done_bytes = 0;
    struct wslay_frame_iocb frame = {.fin = 1, .opcode = opcode, .mask = 1, .payload_length = payload_bytes};
    do {
        frame.data = (const uint8_t *)payload + done_bytes;
        frame.data_length = payload_bytes - done_bytes;
        ssize_t put = wslay_frame_send(ws->frames, &frame);
        if (put < 0) {
            ws->out_bytes = before_bytes;
            return false;
        }
        done_bytes += (size_t)put;
    } while (done_bytes < payload_bytes);
    return true;
}

/* ---- the end ---- */

static void put_close(as_websocket *ws, uint16_t code)
{
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    if (ws->close_sent || ws->frames == NULL)
        return;
    ws->close_sent = true;
    put_frame(ws, WSLAY_CONNECTION_CLOSE, payload, code != 0 ? sizeof payload : 0);
}

/* code 0: no frame may be sent yet. */
static as_websocket_result fail(as_websocket *ws, uint16_t code, const char *why)
{
    ws->stage = FAILED;
    snprintf(ws->why, sizeof ws->why, "%s", why);
    if (code != 0)
        put_close(ws, code);
    return AS_WEBSOCKET_FAILED;
}

/* ---- the upgrade ---- */

void as_websocket_accept_key(const char *key, char *accept)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[KEY_TEXT_BYTES + sizeof guid];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes = 0;
    int text_bytes = snprintf(text, sizeof text, "%.*s%s", KEY_TEXT_BYTES - 1, key, guid);
    accept[0] = 0;
    if (EVP_Digest(text, (size_t)text_bytes, digest, &digest_bytes, EVP_sha1(), NULL) == 1)
        EVP_EncodeBlock((unsigned char *)accept, digest, (int)digest_bytes);
}

static int make_key(as_websocket *ws)
{
    uint8_t random[KEY_BYTES];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return -EIO;
    EVP_EncodeBlock((unsigned char *)ws->key, random, sizeof random);
    return 0;
}

int as_websocket_start(as_websocket *ws, const char *host, uint16_t port, const char *path)
{
    static const struct wslay_frame_callbacks ends = {on_send, on_recv, on_mask};
    wslay_frame_context_free(ws->frames);
    ws->frames = NULL;
    memset(ws, 0, offsetof(as_websocket, http));
    memset((char *)ws + offsetof(as_websocket, key), 0, offsetof(as_websocket, out) - offsetof(as_websocket, key));
    ws->stage = FAILED;
    as_http1_init(&ws->http, ws->body, sizeof ws->body);
    if (wslay_frame_context_init(&ws->frames, &ends, ws) != 0)
        return -ENOMEM;
    int result = make_key(ws);
    if (result < 0)
        return result;
    const as_http1_header header[] = {{"Upgrade", "websocket"},
                                      {"Connection", "Upgrade"},
                                      {"Sec-WebSocket-Key", ws->key},
                                      {"Sec-WebSocket-Version", "13"},
                                      {"User-Agent", "aftershock"}};
    const as_http1_request request = {.method = "GET",
                                      .host = host,
                                      .port = port,
                                      .path = path,
                                      .header = header,
                                      .header_count = sizeof header / sizeof *header};
    ws->out_bytes = as_http1_encode(&request, (char *)ws->out, AS_WEBSOCKET_OUT_BYTES);
    if (ws->out_bytes == 0)
        return -EINVAL;
    ws->stage = UPGRADING;
    return 0;
}

/* NULL if the answer is right, else what is wrong. */
static const char *check_answer(const as_websocket *ws)
{
    char wanted[ACCEPT_BYTES];
    size_t bytes = 0;
    as_websocket_accept_key(ws->key, wanted);
    const char *accept = as_http1_get(&ws->http, "Sec-WebSocket-Accept", &bytes);
    if (!as_http1_has_token(&ws->http, "Upgrade", "websocket"))
        return "upgrade: the answer has no Upgrade: websocket";
    if (!as_http1_has_token(&ws->http, "Connection", "Upgrade"))
        return "upgrade: the answer has no Connection: Upgrade";
    if (accept == NULL || bytes != strlen(wanted) || memcmp(accept, wanted, bytes) != 0)
        return "upgrade: Sec-WebSocket-Accept does not answer our key";
    if (as_http1_get(&ws->http, "Sec-WebSocket-Extensions", &bytes) != NULL)
        return "upgrade: the server chooses an extension that was not offered";
    if (as_http1_get(&ws->http, "Sec-WebSocket-Protocol", &bytes) != NULL)
        return "upgrade: the server chooses a subprotocol that was not offered";
    return NULL;
}

static as_websocket_result upgrade(as_websocket *ws)
{
    char text[AS_WEBSOCKET_WHY_BYTES];
    size_t used_bytes = 0;
    as_http1_result result = as_http1_read(&ws->http, ws->in, ws->in_bytes, &used_bytes);
    ws->in += used_bytes;
    ws->in_bytes -= used_bytes;
    if (ws->http.head_bytes > 0 && ws->http.status != 101) {
        snprintf(text, sizeof text, "upgrade: the server answers with status %u", ws->http.status);
        return fail(ws, 0, text);
    }
    if (result == AS_HTTP1_MORE)
        return AS_WEBSOCKET_MORE;
    if (result != AS_HTTP1_DONE) {
        snprintf(text, sizeof text, "upgrade: no answer in HTTP/1.1: %s", as_http1_result_name(result));
        return fail(ws, 0, text);
    }
    const char *wrong = check_answer(ws);
    if (wrong != NULL)
        return fail(ws, 0, wrong);
    ws->stage = OPEN;
    return AS_WEBSOCKET_OPENED;
}

/* ---- frames ---- */

static bool is_utf8(const char *text, size_t text_bytes)
{
    const char *end = text + text_bytes;
    while (text < end) {
        unsigned bytes = as_utf8_length(text, end);
        if (bytes == 0)
            return false;
        text += bytes;
    }
    return true;
}

/* The header of a frame is known: NULL if it may come here, else what is wrong, with its close code. */
static const char *check_frame(as_websocket *ws, const struct wslay_frame_iocb *frame, uint16_t *code)
{
    *code = CLOSE_PROTOCOL;
    if (frame->mask)
        return "the server masks its frames";
    if (frame->rsv != 0)
        return "a frame has reserved bits set";
    if (wslay_is_ctrl_frame(frame->opcode))
        return frame->opcode <= WSLAY_PONG ? NULL : "a control frame of an unknown kind";
    if (frame->opcode > WSLAY_BINARY_FRAME)
        return "a data frame of an unknown kind";
    if (ws->fragmented != (frame->opcode == WSLAY_CONTINUATION_FRAME))
        return ws->fragmented ? "a message begins within another" : "a message goes on that has not begun";
    if (frame->payload_length > sizeof ws->message - (ws->fragmented ? ws->message_bytes : 0)) {
        *code = CLOSE_TOO_BIG;
        return "a message is longer than 1 MiB";
    }
    return NULL;
}

static void begin_frame(as_websocket *ws, const struct wslay_frame_iocb *frame)
{
    ws->in_frame = true;
    ws->frame_got_bytes = 0;
    ws->frame_opcode = frame->opcode;
    ws->control_bytes = 0;
    if (frame->opcode == WSLAY_TEXT_FRAME || frame->opcode == WSLAY_BINARY_FRAME) {
        ws->message_opcode = frame->opcode;
        ws->message_bytes = 0;
        ws->fragmented = true; /* until its last frame has ended */
    }
}

static void keep_payload(as_websocket *ws, const struct wslay_frame_iocb *frame)
{
    ws->frame_got_bytes += frame->data_length;
    if (frame->data_length == 0)
        return;
    if (wslay_is_ctrl_frame(ws->frame_opcode)) {
        memcpy(ws->control + ws->control_bytes, frame->data, frame->data_length);
        ws->control_bytes += frame->data_length;
    } else {
        memcpy(ws->message + ws->message_bytes, frame->data, frame->data_length);
        ws->message_bytes += frame->data_length;
    }
}

/* Codes that may be sent (section 7.4, and the registry). */
static bool is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static as_websocket_result end_close(as_websocket *ws)
{
    const char *reason = (const char *)ws->control + 2;
    unsigned code = ws->control_bytes >= 2 ? (unsigned)ws->control[0] << 8 | ws->control[1] : 0;
    if (ws->control_bytes == 1 || (code == 0 && ws->control_bytes > 0) || (code != 0 && !is_close_code(code)))
        return fail(ws, CLOSE_PROTOCOL, "a close frame without a proper code");
    size_t reason_bytes = ws->control_bytes > 2 ? ws->control_bytes - 2 : 0;
    if (!is_utf8(reason, reason_bytes))
        return fail(ws, CLOSE_NOT_UTF8, "a close frame's reason is not UTF-8");
    if (code == 0)
        snprintf(ws->why, sizeof ws->why, "closed by the peer");
    else
        snprintf(ws->why, sizeof ws->why, "closed by the peer: %u%s%.*s", code, reason_bytes > 0 ? " " : "",
                 (int)reason_bytes, reason);
    for (char *p = ws->why; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    }
    ws->stage = CLOSED;
    put_close(ws, (uint16_t)code);
    return AS_WEBSOCKET_CLOSED;
}

/* A frame is whole. MORE: nothing for the caller. */
static as_websocket_result end_frame(as_websocket *ws, bool fin)
{
    ws->in_frame = false;
    switch (ws->frame_opcode) {
    case WSLAY_PING:
        memcpy(ws->pong, ws->control, ws->control_bytes);
        ws->pong_bytes = ws->control_bytes;
        ws->pong_due = true;
        return AS_WEBSOCKET_MORE;
    case WSLAY_PONG:
        return AS_WEBSOCKET_PONG;
    case WSLAY_CONNECTION_CLOSE:
        return end_close(ws);
    default:
        break;
    }
    if (!fin)
        return AS_WEBSOCKET_MORE;
    ws->fragmented = false;
    if (ws->message_opcode == WSLAY_TEXT_FRAME && !is_utf8(ws->message, ws->message_bytes))
        return fail(ws, CLOSE_NOT_UTF8, "a text is not UTF-8");
    return AS_WEBSOCKET_MESSAGE;
}

static as_websocket_result read_frames(as_websocket *ws)
{
    for (;;) {
        struct wslay_frame_iocb frame;
        memset(&frame, 0, sizeof frame);
        ssize_t got = wslay_frame_recv(ws->frames, &frame);
        if (got == WSLAY_ERR_WANT_READ)
            return AS_WEBSOCKET_MORE;
        if (got < 0)
            return fail(ws, CLOSE_PROTOCOL, "a frame's header is not right");
        if (!ws->in_frame) {
            uint16_t code;
            const char *wrong = check_frame(ws, &frame, &code);
            if (wrong != NULL)
                return fail(ws, code, wrong);
            begin_frame(ws, &frame);
        }
        keep_payload(ws, &frame);
        if (ws->frame_got_bytes < frame.payload_length)
            continue;
        as_websocket_result result = end_frame(ws, frame.fin);
        if (result != AS_WEBSOCKET_MORE)
            return result;
    }
}

as_websocket_result as_websocket_next(as_websocket *ws, const uint8_t **data, size_t *data_bytes)
{
    as_websocket_result result = ws->stage == CLOSED ? AS_WEBSOCKET_CLOSED : AS_WEBSOCKET_FAILED;
    ws->in = *data;
    ws->in_bytes = *data_bytes;
    if (ws->stage == UPGRADING)
        result = upgrade(ws);
    else if (ws->stage == OPEN || ws->stage == CLOSING)
        result = read_frames(ws);
    if (ws->stage >= CLOSED) {
        ws->in += ws->in_bytes;
        ws->in_bytes = 0;
    }
    *data = ws->in;
    *data_bytes = ws->in_bytes;
    ws->in = NULL;
    ws->in_bytes = 0;
    return result;
}

/* ---- what the caller sees and sends ---- */

const char *as_websocket_message(const as_websocket *ws, size_t *message_bytes, bool *is_text)
{
    *message_bytes = ws->message_bytes;
    *is_text = ws->message_opcode == WSLAY_TEXT_FRAME;
    return ws->message;
}

const char *as_websocket_why(const as_websocket *ws)
{
    return ws->why;
}

static bool send_frame(as_websocket *ws, uint8_t opcode, const void *payload, size_t payload_bytes)
{
    if (ws->stage != OPEN || payload_bytes > AS_WEBSOCKET_OUT_BYTES ||
        ws->out_bytes + payload_bytes + HEADER_BYTES_MAX > AS_WEBSOCKET_OUT_BYTES)
        return false;
    return put_frame(ws, opcode, payload, payload_bytes);
}

bool as_websocket_send_text(as_websocket *ws, const char *text, size_t text_bytes)
{
    return send_frame(ws, WSLAY_TEXT_FRAME, text, text_bytes);
}

bool as_websocket_send_ping(as_websocket *ws, const void *payload, size_t payload_bytes)
{
    return payload_bytes <= AS_WEBSOCKET_CONTROL_BYTES && send_frame(ws, WSLAY_PING, payload, payload_bytes);
}

void as_websocket_close(as_websocket *ws, uint16_t code)
{
    if (ws->stage != OPEN)
        return;
    ws->stage = CLOSING;
    put_close(ws, code);
}

const uint8_t *as_websocket_take(as_websocket *ws, size_t *out_bytes)
{
    if (ws->pong_due && ws->stage == OPEN)
        put_frame(ws, WSLAY_PONG, ws->pong, ws->pong_bytes);
    ws->pong_due = false;
    *out_bytes = ws->out_bytes;
    ws->out_bytes = 0;
    return ws->out;
}

bool as_websocket_is_open(const as_websocket *ws)
{
    return ws->stage == OPEN;
}

bool as_websocket_in_message(const as_websocket *ws)
{
    return ws->stage == UPGRADING || ws->in_frame || ws->fragmented;
}

/* ---- life cycle ---- */

int as_websocket_new(as_websocket **websocket)
{
    as_websocket *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    made->stage = FAILED;
    *websocket = made;
    return 0;
}

void as_websocket_free(as_websocket *websocket)
{
    if (websocket == NULL)
        return;
    wslay_frame_context_free(websocket->frames);
    free(websocket);
}
