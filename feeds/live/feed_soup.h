/*
 * The inside of the driver `soupbintcp`: ITCH behind a SoupBinTCP login (PROTOCOLS A3), for feed_soup.c and its tests.
 *
 *   down --TCP--> login sent --A--> up --cut off, silent for silent_ns--> down, and so on
 *                     `--J--> rejected: warned about once, tried again after rejected_ns
 *
 * What a packet means is feeds/framing/soup_session.h's; here are the connection, its times and what is published.
 * Events of the past that come after a login carry AS_EVENT_MORE: they build the books and are no price to act on.
 *
 * A server that does not have the session any more (J S), or answers with another one that it does not begin at message
 * 1, is asked for the current one from message 1. After the end of a session (Z) it is asked, every rejected_ns, where
 * it stands; as soon as that is another session, for all of it.
 */
#ifndef AS_FEEDS_FEED_SOUP_H
#define AS_FEEDS_FEED_SOUP_H

#include "feeds/live/connection.h"
#include "feeds/live/feed_wire.h"
#include "feeds/framing/soup_session.h"

enum {
    AS_SOUP_HEARTBEAT_MS = 1000, /* a heartbeat is sent when nothing else has been for so long */
    AS_SOUP_SILENT_MS = 15000,   /* a server that sends nothing for so long is dead */
    AS_SOUP_LOGIN_MS = 30000,    /* the login must be answered by then */
    AS_SOUP_REJECTED_MS = 30000  /* pause after a rejected login or the end of a session */
};

typedef enum feed_soup_stage { AS_SOUP_DOWN = 0, AS_SOUP_LOGGING_IN = 1, AS_SOUP_UP = 2 } feed_soup_stage;

typedef struct feed_soup {
    as_connection *connection; /* NULL: the pause after a rejection */
    as_connection_options options;
    as_url url;
    as_feed_wire wire;
    as_soup soup;
    feed_soup_stage stage;
    uint32_t connection_count; /* made so far */
    char password[AS_SOUP_PASSWORD_BYTES + 1];
    as_soup_session session;
    bool pause;  /* as soon as possible: no connection for rejected_ns */
    bool warned; /* about a rejection, since the latest login */
    uint64_t login_at_ns, heard_at_ns, sent_at_ns, paused_at_ns;

    /* the times above, in ns; tests shorten them */
    uint64_t heartbeat_ns, silent_ns, login_ns, rejected_ns;
} feed_soup;

#endif
