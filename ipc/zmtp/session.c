#include "ipc/zmtp/session.h"

#include <string.h>

#include "ipc/zmtp/command.h"

enum { GREETING, NULL_READY, HELLO, INITIATE, TRAFFIC, ENDED };

enum { INNER_MORE = 0x01, INNER_COMMAND = 0x02 }; /* flags inside of a CURVE message (RFC 26) */

enum { PING_TTL_BYTES = 2, PING_CONTEXT_BYTES = 16 };

static as_zmtp_mechanism mechanism(const as_zmtp_session *s)
{
    return s->auth ? AS_ZMTP_CURVE : AS_ZMTP_NULL;
}

void as_zmtp_session_init(as_zmtp_session *s, const as_auth *auth)
{
    memset(s, 0, sizeof *s);
    s->auth = auth;
    as_zmtp_greeting_encode(mechanism(s), s->reply);
    s->reply_bytes = AS_ZMTP_GREETING_BYTES;
}

void as_zmtp_session_init_router(as_zmtp_session *s, const as_auth *auth)
{
    as_zmtp_session_init(s, auth);
    s->role = AS_ZMTP_ROUTER;
    s->frame.body_max = AS_ZMTP_REQUEST_BYTES + (auth ? AS_ZMTP_BOX_BYTES : 0);
}

void as_zmtp_session_fini(as_zmtp_session *s)
{
    as_zmtp_curve_fini(&s->curve);
    s->state = ENDED;
}

static as_zmtp_event end(as_zmtp_session *s, const char *reason)
{
    s->state = ENDED;
    s->reason = reason;
    return AS_ZMTP_END;
}

/* A command as the reply: its header, then its body, which is in place already. */
static as_zmtp_event reply_command(as_zmtp_session *s, const void *body, size_t body_bytes)
{
    size_t header_bytes = as_zmtp_frame_header(AS_ZMTP_COMMAND, body_bytes, s->reply);
    memcpy(s->reply + header_bytes, body, body_bytes);
    s->reply_bytes = header_bytes + body_bytes;
    return AS_ZMTP_REPLY;
}

/* ERROR, its text (libzmq's codes are those of ZAP), and the end. */
static as_zmtp_event end_with_error(as_zmtp_session *s, const char *text, const char *reason)
{
    uint8_t body[64], data[32];
    size_t text_bytes = strlen(text);
    data[0] = (uint8_t)text_bytes;
    memcpy(data + 1, text, text_bytes);
    reply_command(s, body, as_zmtp_command_encode("ERROR", data, 1 + text_bytes, body));
    return end(s, reason);
}

/* ---- the handshake ---- */

static as_zmtp_event take_greeting(as_zmtp_session *s, const uint8_t **bytes, size_t *bytes_left)
{
    size_t taken = sizeof s->greeting - s->greeting_used;
    if (taken > *bytes_left)
        taken = *bytes_left;
    memcpy(s->greeting + s->greeting_used, *bytes, taken);
    s->greeting_used += taken;
    *bytes += taken;
    *bytes_left -= taken;
    const char *why = as_zmtp_greeting_check(mechanism(s), s->greeting, s->greeting_used);
    if (why)
        return end(s, why);
    if (s->greeting_used < sizeof s->greeting)
        return AS_ZMTP_WANT;
    if (s->auth) {
        s->state = HELLO;
        return AS_ZMTP_WANT;
    }
    s->state = NULL_READY;
    uint8_t metadata[AS_ZMTP_METADATA_BYTES], body[64];
    size_t metadata_bytes = as_zmtp_metadata_encode(s->role, metadata);
    return reply_command(s, body, as_zmtp_command_encode("READY", metadata, metadata_bytes, body));
}

/* A peer that ends the handshake, or metadata that do not suit. NULL: neither. */
static as_zmtp_event check_metadata(as_zmtp_session *s, const uint8_t *metadata, size_t metadata_bytes)
{
    const char *why = as_zmtp_metadata_check(s->role, metadata, metadata_bytes);
    if (why)
        return end_with_error(s, "Invalid socket type", why);
    s->state = TRAFFIC;
    return AS_ZMTP_JOINED;
}

static as_zmtp_event take_ready(as_zmtp_session *s)
{
    const uint8_t *metadata;
    size_t metadata_bytes;
    if (as_zmtp_command_is(s->frame.body, s->frame.body_bytes, "READY", &metadata, &metadata_bytes))
        return check_metadata(s, metadata, metadata_bytes);
    return end(s, "another command than READY in the handshake");
}

static as_zmtp_event take_hello(as_zmtp_session *s)
{
    uint8_t welcome[AS_ZMTP_WELCOME_BYTES];
    const char *why =
        as_zmtp_curve_hello(&s->curve, as_auth_secret_key(s->auth), s->frame.body, s->frame.body_bytes, welcome);
    if (why)
        return end(s, why);
    s->state = INITIATE;
    return reply_command(s, welcome, sizeof welcome);
}

static as_zmtp_event take_initiate(as_zmtp_session *s)
{
    uint8_t metadata[AS_ZMTP_METADATA_BYTES], body[AS_ZMTP_READY_BYTES_MAX];
    size_t metadata_bytes;
    const char *why = as_zmtp_curve_initiate(&s->curve, as_auth_public_key(s->auth), s->frame.body, s->frame.body_bytes,
                                             s->opened, sizeof s->opened, &metadata_bytes);
    if (why)
        return end(s, why);
    s->grant = as_auth_find(s->auth, s->curve.client);
    if (!s->grant) {
        s->unknown_key = true;
        return end_with_error(s, "400", "a key that is not on the list");
    }
    if (check_metadata(s, s->opened, metadata_bytes) == AS_ZMTP_END)
        return AS_ZMTP_END;
    s->joining = true;
    return reply_command(s, body,
                         as_zmtp_curve_ready(&s->curve, metadata, as_zmtp_metadata_encode(s->role, metadata), body));
}

/* ---- traffic ---- */

static as_zmtp_event subscribe(as_zmtp_session *s, as_zmtp_event event, const uint8_t *prefix, size_t prefix_bytes)
{
    if (prefix_bytes >= AS_TOPIC_BYTES)
        return end(s, "a subscription that is too long");
    s->prefix = (const char *)prefix;
    s->prefix_bytes = prefix_bytes;
    return event;
}

static as_zmtp_event pong(as_zmtp_session *s, const uint8_t *data, size_t data_bytes)
{
    uint8_t body[8 + PING_CONTEXT_BYTES], sealed[sizeof body + AS_ZMTP_BOX_BYTES];
    if (data_bytes < PING_TTL_BYTES || data_bytes > PING_TTL_BYTES + PING_CONTEXT_BYTES)
        return end(s, "a malformed PING");
    size_t body_bytes = as_zmtp_command_encode("PONG", data + PING_TTL_BYTES, data_bytes - PING_TTL_BYTES, body);
    if (!s->auth)
        return reply_command(s, body, body_bytes);
    size_t sealed_bytes = as_zmtp_curve_seal(&s->curve, INNER_COMMAND, body, body_bytes, sealed);
    size_t header_bytes = as_zmtp_frame_header(0, sealed_bytes, s->reply);
    memcpy(s->reply + header_bytes, sealed, sealed_bytes);
    s->reply_bytes = header_bytes + sealed_bytes;
    return AS_ZMTP_REPLY;
}

static as_zmtp_event take_command(as_zmtp_session *s, const uint8_t *body, size_t body_bytes)
{
    const uint8_t *data;
    size_t data_bytes;
    if (!as_zmtp_command_has_name(body, body_bytes))
        return end(s, "a malformed command");
    if (as_zmtp_command_is(body, body_bytes, "PING", &data, &data_bytes))
        return pong(s, data, data_bytes);
    if (s->role == AS_ZMTP_ROUTER)
        return AS_ZMTP_WANT;
    if (as_zmtp_command_is(body, body_bytes, "SUBSCRIBE", &data, &data_bytes))
        return subscribe(s, AS_ZMTP_SUBSCRIBE, data, data_bytes);
    if (as_zmtp_command_is(body, body_bytes, "CANCEL", &data, &data_bytes))
        return subscribe(s, AS_ZMTP_CANCEL, data, data_bytes);
    return AS_ZMTP_WANT; /* RFC 37: unknown commands are ignored */
}

/* A frame of a request. */
static as_zmtp_event take_request(as_zmtp_session *s, bool more, const uint8_t *body, size_t body_bytes)
{
    if (more && (s->empty_came || body_bytes > 0))
        return end(s, "a request of several frames");
    if (more) {
        s->empty_came = true;
        return AS_ZMTP_WANT;
    }
    s->delimiter = s->empty_came;
    s->empty_came = false;
    s->request = body;
    s->request_bytes = body_bytes;
    return AS_ZMTP_REQUEST;
}

/* A body in the clear: of a frame, or from inside of a CURVE message. */
static as_zmtp_event take_body(as_zmtp_session *s, bool is_command, bool more, const uint8_t *body, size_t body_bytes)
{
    if (s->role == AS_ZMTP_ROUTER && !is_command)
        return take_request(s, more, body, body_bytes);
    if (more)
        return end(s, "a message of several frames");
    if (is_command)
        return take_command(s, body, body_bytes);
    if (body_bytes > 0 && body[0] <= 1)
        return subscribe(s, body[0] ? AS_ZMTP_SUBSCRIBE : AS_ZMTP_CANCEL, body + 1, body_bytes - 1);
    return end(s, "a message that is no subscription");
}

static as_zmtp_event take_traffic(as_zmtp_session *s)
{
    const as_zmtp_frame *frame = &s->frame;
    uint8_t flags;
    size_t body_bytes;
    if (!s->auth)
        return take_body(s, frame->flags & AS_ZMTP_COMMAND, frame->flags & AS_ZMTP_MORE, frame->body,
                         frame->body_bytes);
    if (frame->flags & AS_ZMTP_MORE)
        return end(s, "no MESSAGE of CURVE");
    const char *why = as_zmtp_curve_open(&s->curve, frame->body, frame->body_bytes, &flags, s->opened, &body_bytes);
    if (why)
        return end(s, why);
    if (flags > (INNER_MORE | INNER_COMMAND))
        return end(s, "flags that no message has");
    return take_body(s, flags & INNER_COMMAND, flags & INNER_MORE, s->opened, body_bytes);
}

static as_zmtp_event take_frame(as_zmtp_session *s)
{
    const uint8_t *data;
    size_t data_bytes;
    if (s->state == TRAFFIC)
        return take_traffic(s);
    if (!(s->frame.flags & AS_ZMTP_COMMAND))
        return end(s, "a message before the end of the handshake");
    if (as_zmtp_command_is(s->frame.body, s->frame.body_bytes, "ERROR", &data, &data_bytes))
        return end(s, "the client ended the handshake by ERROR");
    switch (s->state) {
    case NULL_READY:
        return take_ready(s);
    case HELLO:
        return take_hello(s);
    default:
        return take_initiate(s);
    }
}

as_zmtp_event as_zmtp_session_next(as_zmtp_session *s, const uint8_t **bytes, size_t *bytes_left)
{
    s->reply_bytes = 0;
    if (s->joining) {
        s->joining = false;
        return AS_ZMTP_JOINED;
    }
    while (s->state != ENDED) {
        as_zmtp_event event = AS_ZMTP_WANT;
        const char *why;
        if (s->state == GREETING) {
            if (*bytes_left == 0)
                return AS_ZMTP_WANT;
            event = take_greeting(s, bytes, bytes_left);
        } else {
            switch (as_zmtp_frame_take(&s->frame, bytes, bytes_left, &why)) {
            case AS_ZMTP_TAKEN_BAD:
                return end(s, why);
            case AS_ZMTP_TAKEN_ALL:
                return AS_ZMTP_WANT;
            case AS_ZMTP_TAKEN_FRAME:
                event = take_frame(s);
            }
        }
        if (event != AS_ZMTP_WANT)
            return event;
    }
    return AS_ZMTP_END;
}

size_t as_zmtp_session_seal(as_zmtp_session *s, const void *topic, size_t topic_bytes, const void *payload,
                            size_t payload_bytes, uint8_t *out)
{
    size_t used = as_zmtp_frame_header(0, topic_bytes + AS_ZMTP_BOX_BYTES, out);
    used += as_zmtp_curve_seal(&s->curve, INNER_MORE, topic, topic_bytes, out + used);
    used += as_zmtp_frame_header(0, payload_bytes + AS_ZMTP_BOX_BYTES, out + used);
    used += as_zmtp_curve_seal(&s->curve, 0, payload, payload_bytes, out + used);
    return used;
}

size_t as_zmtp_session_answer(as_zmtp_session *s, bool delimiter, const void *answer, size_t answer_bytes, uint8_t *out)
{
    size_t used = 0;
    if (s->auth && delimiter)
        return as_zmtp_session_seal(s, "", 0, answer, answer_bytes, out);
    if (s->auth) {
        used = as_zmtp_frame_header(0, answer_bytes + AS_ZMTP_BOX_BYTES, out);
        return used + as_zmtp_curve_seal(&s->curve, 0, answer, answer_bytes, out + used);
    }
    if (delimiter)
        used = as_zmtp_frame_header(AS_ZMTP_MORE, 0, out);
    used += as_zmtp_frame_header(0, answer_bytes, out + used);
    memcpy(out + used, answer, answer_bytes);
    return used + answer_bytes;
}
