/*
 * Our half of ZMTP 3.1 (RFC 37) to one peer, as bytes: greeting, handshake by NULL or CURVE, then what it sends. Of a
 * subscriber that is subscriptions, as messages (3.0) or commands (3.1); of a client with requests, messages of one
 * frame, before which an empty one may stand (REQ's delimiter); of both, pings. No socket is touched.
 *
 *   greeting -> NULL: READY               -> traffic -> end
 *            -> CURVE: HELLO, INITIATE    ->
 *
 * The caller gives bytes as they come, in pieces of any length, and takes one event at a time. Whatever no such peer
 * has a business to send ends the session. After END nothing is taken any more.
 *
 * Threads: the owner's. Memory: the caller's, some 9 KiB; init and fini.
 */
#ifndef AS_IPC_ZMTP_SESSION_H
#define AS_IPC_ZMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/auth.h"
#include "ipc/zmtp/command.h"
#include "ipc/zmtp/curve.h"
#include "ipc/zmtp/frame.h"
#include "ipc/zmtp/greeting.h"

typedef enum as_zmtp_event {
    AS_ZMTP_WANT,      /* every byte is taken and nothing has come of it yet */
    AS_ZMTP_REPLY,     /* send .reply */
    AS_ZMTP_JOINED,    /* the handshake is done; .grant says whose key it is (NULL without CURVE) */
    AS_ZMTP_SUBSCRIBE, /* to .prefix */
    AS_ZMTP_CANCEL,    /* .prefix */
    AS_ZMTP_REQUEST,   /* .request, valid until the next call; .delimiter: the answer begins with an empty frame */
    AS_ZMTP_END        /* .reason; .unknown_key; a .reply, if there is one, is the last */
} as_zmtp_event;

enum { AS_ZMTP_REPLY_BYTES = 256, AS_ZMTP_REQUEST_BYTES = 4096 };

typedef struct as_zmtp_session {
    const as_auth *auth; /* NULL: mechanism NULL */
    const as_grant *grant;
    as_zmtp_role role;
    uint8_t state;
    bool joining;     /* JOINED comes next */
    bool unknown_key; /* END: the key is not on the list */
    const char *reason;
    const char *prefix; /* valid until the next call */
    size_t prefix_bytes;
    const uint8_t *request;
    size_t request_bytes;
    bool delimiter, empty_came; /* of the request; of the one whose last frame is to come */
    size_t reply_bytes;
    size_t greeting_used;
    uint8_t greeting[AS_ZMTP_GREETING_BYTES];
    uint8_t reply[AS_ZMTP_REPLY_BYTES];
    as_zmtp_frame frame;
    as_zmtp_curve curve;
    uint8_t opened[AS_ZMTP_INBOUND_BYTES]; /* body of a CURVE message */
} as_zmtp_session;

/* .reply is our greeting: send it at once. auth is NULL for the NULL mechanism. The peer is a subscriber. */
void as_zmtp_session_init(as_zmtp_session *session, const as_auth *auth);
/* The same to a client with requests. */
void as_zmtp_session_init_router(as_zmtp_session *session, const as_auth *auth);
/* Keys are zeroed. */
void as_zmtp_session_fini(as_zmtp_session *session);

/* Go on with what the peer has sent, moving *bytes on. */
as_zmtp_event as_zmtp_session_next(as_zmtp_session *session, const uint8_t **bytes, size_t *bytes_left);

/* A message of two frames, sealed for this CURVE session; out holds AS_ZMTP_SEALED_BYTES more than both. The length. */
enum { AS_ZMTP_SEALED_BYTES = 2 * (AS_ZMTP_HEADER_BYTES + AS_ZMTP_BOX_BYTES) };
size_t as_zmtp_session_seal(as_zmtp_session *session, const void *topic, size_t topic_bytes, const void *payload,
                            size_t payload_bytes, uint8_t *out);

/* An answer, behind an empty frame if the request was, by either mechanism. out and the length as above. */
size_t as_zmtp_session_answer(as_zmtp_session *session, bool delimiter, const void *answer, size_t answer_bytes,
                              uint8_t *out);

#endif
