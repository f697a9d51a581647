/*
 * A SoupBinTCP session as its client sees it: what each packet of the server means for the order of its messages, over
 * as many connections as it takes. The live driver (feeds/live/feed_soup.h) and the replay of its captures share it.
 *
 *   as_soup_session_connected, then for each packet: as_soup_session_take -> what to do
 *
 * The first login asks for all of the session, each further one for the same session from the next message on, so
 * that a cut line loses nothing and repeats nothing. What the server says decides: another session is a restart; a
 * sequence above the one asked for is a gap of exactly what lies between; messages below it are passed over.
 *
 * After a login comes what was missed, which may be hours of it: it is the past that arrives until an event is less
 * than AS_SOUP_LATE_MS old, or two heartbeats come with nothing between them (as_soup_session_is_late).
 *
 * Pure: no allocation, no I/O, no clock. Threads: one at a time per object.
 */
#ifndef AS_FEEDS_FRAMING_SOUP_SESSION_H
#define AS_FEEDS_FRAMING_SOUP_SESSION_H

#include "feeds/framing/soupbintcp.h"

enum { AS_SOUP_LATE_MS = 1000 };

/* Messages that a server may be ahead of what it was asked for; more is no answer that can be believed. */
#define AS_SOUP_JUMP_MAX (UINT64_C(1) << 36)

/* What the next login asks for. */
typedef enum as_soup_aim {
    AS_SOUP_RESUME = 0, /* where we are: the session we know from the next message; before the first all of it */
    AS_SOUP_FRESH = 1,  /* the wanted or current session, all of it */
    AS_SOUP_PROBE = 2   /* the wanted or current session, nothing of what it has: to see which one it is */
} as_soup_aim;

typedef enum as_soup_turn {
    AS_SOUP_NOTHING = 0, /* a heartbeat, a text, a message that came before */
    AS_SOUP_MESSAGE,     /* the packet's payload is the next message */
    AS_SOUP_WELCOME,     /* logged in: restarted, then a gap from gap_from to gap_to if these differ */
    AS_SOUP_REFUSED,     /* the login was rejected: reason */
    AS_SOUP_AGAIN,       /* the server has another session: connect again, for all of it */
    AS_SOUP_OVER,        /* the session has ended */
    AS_SOUP_UNKNOWN,     /* a packet type that nobody knows: skipped */
    AS_SOUP_OUT_OF_TURN, /* a packet whose turn it is not: the connection is of no use */
    AS_SOUP_BAD_ANSWER   /* an answer to the login, or a sequence, that cannot be: likewise */
} as_soup_turn;

typedef struct as_soup_session {
    char wanted[AS_SOUP_SESSION_BYTES + 1];  /* by the configuration; empty: the current one */
    char session[AS_SOUP_SESSION_BYTES + 1]; /* of the messages so far; empty before the first login */
    as_soup_aim aim;
    bool logged_in;
    bool late;             /* what comes is the past */
    bool quiet;            /* no message since the latest heartbeat */
    uint64_t next_seq;     /* of the next sequenced packet on this connection */
    uint64_t expected_seq; /* of the next message to be delivered */
    /* of the latest turn */
    bool restarted;
    uint64_t gap_from, gap_to;
    uint8_t reason;
    /* counters */
    uint64_t gaps, lost, duplicates, heartbeats, restarts, ends;
} as_soup_session;

/* wanted: up to AS_SOUP_SESSION_BYTES characters. */
void as_soup_session_init(as_soup_session *session, const char *wanted);

/* A new connection: nothing has been answered on it. */
void as_soup_session_connected(as_soup_session *session);

/* What the next login is to ask for: session and sequence of *login are set. */
void as_soup_session_login(const as_soup_session *session, as_soup_login *login);

as_soup_turn as_soup_session_take(as_soup_session *session, const as_soup_packet *packet);

/* An event of a message: does it belong to the past that is being caught up with? Both times in ns UTC. */
bool as_soup_session_is_late(as_soup_session *session, uint64_t ts_event, uint64_t ts_recv);

#endif
