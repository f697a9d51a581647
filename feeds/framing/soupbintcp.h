/*
 * SoupBinTCP 3.00 and 4.00: sequenced messages in a TCP stream, behind a login (PROTOCOLS A3). Lengths are big-endian,
 * fields are ASCII.
 *
 *   0            2       3
 *   | length u16 | type  | payload, length - 1 bytes |      length 0 is illegal
 *
 *   client: L login   U unsequenced data   R heartbeat   O logout   + debug
 *   server: A login accepted   J login rejected   S sequenced data   H heartbeat   Z end of session   + debug
 *
 *   login      user[6] password[10] session[10] sequence[20], and in 4.00 heartbeat timeout[5]
 *   accepted   session[10] sequence[20]        rejected   reason[1]
 *
 * User and password stand on the left of their field, session and numbers on the right, padded with blanks; both sides
 * are trimmed when they are read. A number is digits only; blank, another character or more than 64 bits is refused.
 *
 * The sequence is implicit: A carries that of the first S behind it, each S counts one. Session blank means the current
 * one; sequence 0 in a login means what comes from now on, 1 all from the start.
 *
 * Three parts, each usable alone: one packet at (pointer, bytes), packets of a stream that comes in pieces (as_soup),
 * and the payloads of a login.
 *
 * Pure: no allocation, no I/O, no clock. Payloads point into the caller's bytes or into the as_soup. Threads: one at a
 * time per object.
 */
#ifndef AS_FEEDS_FRAMING_SOUPBINTCP_H
#define AS_FEEDS_FRAMING_SOUPBINTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_SOUP_HEADER_BYTES = 3,
    AS_SOUP_PAYLOAD_BYTES_MAX = 0xFFFE,
    AS_SOUP_PACKET_BYTES_MAX = 2 + 0xFFFF,
    AS_SOUP_USER_BYTES = 6,
    AS_SOUP_PASSWORD_BYTES = 10,
    AS_SOUP_SESSION_BYTES = 10,
    AS_SOUP_SEQ_BYTES = 20,
    AS_SOUP_TIMEOUT_BYTES = 5,
    AS_SOUP_LOGIN_PACKET_BYTES = 2 + 52 /* the longer form */
};

typedef enum as_soup_type {
    AS_SOUP_DEBUG = '+',
    AS_SOUP_ACCEPTED = 'A',
    AS_SOUP_REJECTED = 'J',
    AS_SOUP_SEQUENCED = 'S',
    AS_SOUP_SERVER_HEARTBEAT = 'H',
    AS_SOUP_END = 'Z',
    AS_SOUP_LOGIN = 'L',
    AS_SOUP_UNSEQUENCED = 'U',
    AS_SOUP_CLIENT_HEARTBEAT = 'R',
    AS_SOUP_LOGOUT = 'O'
} as_soup_type;

/* Reasons of a rejection. */
enum { AS_SOUP_NOT_AUTHORISED = 'A', AS_SOUP_NO_SESSION = 'S' };

/* ---- packets ---- */

typedef struct as_soup_packet {
    uint8_t type; /* as_soup_type, or a byte that nobody knows: to be skipped */
    const uint8_t *payload;
    size_t payload_bytes;
} as_soup_packet;

typedef enum as_soup_result {
    AS_SOUP_PACKET = 0,     /* *packet is written */
    AS_SOUP_NEED_MORE = 1,  /* the bytes end inside a packet */
    AS_SOUP_BAD_LENGTH = -1 /* length 0: where the next packet begins is not known any more, the stream is over */
} as_soup_result;

/* The packet at data, which takes *used_bytes; both are written on AS_SOUP_PACKET only. */
as_soup_result as_soup_parse(const uint8_t *data, size_t data_bytes, as_soup_packet *packet, size_t *used_bytes);

/* A whole packet into out; its bytes, or 0 if it is longer than out_bytes or than a packet can be. */
size_t as_soup_encode(uint8_t type, const void *payload, size_t payload_bytes, uint8_t *out, size_t out_bytes);

/* ---- streams ---- */

typedef struct as_soup {
    size_t tail_bytes; /* of an unfinished packet in tail */
    bool over;         /* a bad length has been met: nothing more is read */
    uint8_t tail[AS_SOUP_PACKET_BYTES_MAX];
} as_soup;

/* A new stream: nothing held. */
void as_soup_init(as_soup *soup);

/*
 * The next packet of a piece. *data and *data_bytes move past what was used. A packet that lies whole inside the piece
 * is returned where it is; one that spans pieces is put together in the tail, and valid until the next call.
 * NEED_MORE: the piece is used up, what is left of it waits in the tail.
 */
as_soup_result as_soup_next(as_soup *soup, const uint8_t **data, size_t *data_bytes, as_soup_packet *packet);

/* ---- login ---- */

/* Texts are zero-terminated and trimmed; printable ASCII. */
typedef struct as_soup_login {
    char user[AS_SOUP_USER_BYTES + 1];
    char password[AS_SOUP_PASSWORD_BYTES + 1];
    char session[AS_SOUP_SESSION_BYTES + 1]; /* empty: the current one */
    uint64_t seq;                            /* of the first message wanted */
    bool has_timeout;                        /* the longer form of 4.00 */
    uint32_t timeout;                        /* as it stands there, up to 99999 */
} as_soup_login;

typedef struct as_soup_accepted {
    char session[AS_SOUP_SESSION_BYTES + 1];
    uint64_t seq; /* of the next sequenced packet */
} as_soup_accepted;

/* A whole L packet; its bytes, or 0 if a field cannot be written or out_bytes is too small. */
size_t as_soup_login_encode(const as_soup_login *login, uint8_t *out, size_t out_bytes);

/* An L packet's payload, of either form. false: another length, a byte that is not printable ASCII, a bad number. */
bool as_soup_login_decode(const uint8_t *payload, size_t payload_bytes, as_soup_login *login);

/* Likewise A. What stands behind the known fields is ignored. */
size_t as_soup_accepted_encode(const as_soup_accepted *accepted, uint8_t *out, size_t out_bytes);
bool as_soup_accepted_decode(const uint8_t *payload, size_t payload_bytes, as_soup_accepted *accepted);

#endif
