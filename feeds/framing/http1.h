/*
 * HTTP/1.1 as a client sees it: one request built, one response read from a stream that arrives in pieces.
 *
 *   as_http1_init -> [request sent] as_http1_begin -> as_http1_read ... MORE ... DONE -> as_http1_begin -> ...
 *
 * The reader takes a status line, header fields and a body: by Content-Length, chunked, or until the stream ends.
 * A gzip body is inflated on the way. Interim responses (100, 103) are skipped; 101 ends with its head, and what
 * follows belongs to the new protocol. It is strict where leniency would let two readers see two different messages
 * (RFC 9112, sections 5, 6 and 11): lines end with CRLF, no blank before a colon, no folded lines, no control
 * characters, at most one length, which is plain digits, none beside Transfer-Encoding, which is "chunked" alone.
 *
 * Threads: one at a time. Memory: the struct (about 80 KiB: the inflater works in it) and the caller's body buffer; no
 * allocation, no clock, no system call. The struct must not move between begin and DONE. Limits: AS_HTTP1_HEAD_BYTES,
 * AS_HTTP1_FIELD_MAX; the body's is the caller's and holds for the bytes received and, apart, for those inflated.
 */
#ifndef AS_FEEDS_FRAMING_HTTP1_H
#define AS_FEEDS_FRAMING_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

enum {
    AS_HTTP1_HEAD_BYTES = 8192,        /* status line and fields, with their line ends */
    AS_HTTP1_FIELD_MAX = 64,           /* header fields */
    AS_HTTP1_LINE_BYTES = 1024,        /* a chunk's size line, a trailer field */
    AS_HTTP1_TRAILER_MAX = 16,         /* trailer fields; they are checked and left out */
    AS_HTTP1_INTERIM_MAX = 4,          /* interim responses before the final one */
    AS_HTTP1_INFLATE_BYTES = 64 * 1024 /* working memory of zlib: 40 KiB are needed */
};

typedef enum as_http1_result {
    AS_HTTP1_MORE = 0, /* all bytes are used and the response goes on */
    AS_HTTP1_DONE = 1, /* the response is whole; bytes behind it are not used */
    /* what is wrong; the reader stays there until as_http1_begin, and the stream cannot be read on */
    AS_HTTP1_BAD_STATUS = -1,    /* no HTTP/1.0 or 1.1 status line, or too many interim responses */
    AS_HTTP1_BAD_FIELD = -2,     /* a line that is no header field */
    AS_HTTP1_HEAD_TOO_LONG = -3, /* more bytes or fields than the limits */
    AS_HTTP1_BAD_LENGTH = -4,    /* lengths that are no numbers, contradict each other, or are where none may be */
    AS_HTTP1_BAD_CODING = -5,    /* a coding other than chunked, gzip and identity, or damaged gzip data */
    AS_HTTP1_BAD_CHUNK = -6,     /* chunk framing that is not right */
    AS_HTTP1_BODY_TOO_LONG = -7, /* more than the caller's buffer, received or inflated */
    AS_HTTP1_CUT = -8            /* the stream ended within the response */
} as_http1_result;

/* A header field: where its name and value lie in head. Values are trimmed. */
typedef struct as_http1_field {
    uint16_t name_at, name_bytes;
    uint16_t value_at, value_bytes;
} as_http1_field;

typedef struct as_http1 {
    unsigned status;     /* 100..599 once the status line is in, 0 before */
    unsigned minor;      /* of the version: 0 or 1 */
    bool keep_alive;     /* after DONE: another request may follow on the same stream */
    uint32_t head_bytes; /* of the head, once it is whole */
    uint32_t field_count;
    as_http1_field field[AS_HTTP1_FIELD_MAX];
    uint8_t *body; /* the caller's; its content is body_bytes long and plain */
    size_t body_bytes, body_max_bytes;
    uint64_t received_bytes; /* of the body as it came, before inflating */

    /* the reader's own */
    int state;
    as_http1_result failed;
    bool head_only; /* the answer to HEAD */
    bool chunked, gzip, inflate_ended;
    bool has_length;
    unsigned interim_count, trailer_count;
    uint64_t left_bytes; /* of the body by length, or of the chunk */
    uint32_t line_at;    /* the line in the course of being read begins there, */
    uint32_t line_end;   /*   and has come up to here */
    size_t arena_used;
    z_stream inflate;
    char head[AS_HTTP1_HEAD_BYTES + AS_HTTP1_LINE_BYTES]; /* behind the head: the chunk line or trailer being read */
    _Alignas(64) uint8_t arena[AS_HTTP1_INFLATE_BYTES];
} as_http1;

/* body has room for body_max_bytes and outlives the reader. */
void as_http1_init(as_http1 *http, uint8_t *body, size_t body_max_bytes);

/* A request has been sent: the next bytes are a new response. head_only: the request was HEAD. */
void as_http1_begin(as_http1 *http, bool head_only);

/*
 * Read a piece. *used_bytes of it have been used: all, unless DONE came before its end. A result other than MORE is
 * given again by every further call, which uses nothing.
 */
as_http1_result as_http1_read(as_http1 *http, const uint8_t *data, size_t data_bytes, size_t *used_bytes);

/* The stream has ended: DONE if that ends the body, else CUT. */
as_http1_result as_http1_finish(as_http1 *http);

/* Nothing of a response has come since as_http1_begin. */
bool as_http1_is_idle(const as_http1 *http);

/*
 * Value of the first field of this name (case does not count), NULL if there is none; it is not zero-terminated and
 * valid until as_http1_begin. After DONE, or a status other than 0 and a body that goes on.
 */
const char *as_http1_get(const as_http1 *http, const char *name, size_t *value_bytes);

/* Do the fields of this name hold the token, in a list with commas (case does not count)? "Connection: close". */
bool as_http1_has_token(const as_http1 *http, const char *name, const char *token);

/* "more" "done" "bad_status" "bad_field" ... */
const char *as_http1_result_name(as_http1_result result);

/* ---- requests ---- */

typedef struct as_http1_header {
    const char *name, *value; /* zero-terminated; a NULL or empty value leaves the field out */
} as_http1_header;

typedef struct as_http1_request {
    const char *method; /* "GET" */
    const char *host;   /* name or address, IPv6 without brackets */
    uint16_t port;      /* 0: the scheme's own, not written */
    const char *path;   /* from '/', with its query */
    const as_http1_header *header;
    unsigned header_count;
} as_http1_request;

/*
 * Write a request without a body, Host first. Returns its bytes (no zero), or 0 if out_bytes are too few or if a part
 * has a character that could not be taken for what it is: blanks or control characters in the path, line ends in a
 * value, ...
 */
size_t as_http1_encode(const as_http1_request *request, char *out, size_t out_bytes);

#endif
