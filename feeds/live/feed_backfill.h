/*
 * Backfill: what a news feed missed while its stream was down, asked for page by page over HTTP (Alpaca's REST).
 *
 *   as_backfill_start -> connection -> GET ...?start=..&sort=asc&limit=50[&symbols=..][&page_token=..] -> page -> ...
 *
 * The connection is there only while something is asked for. An answer has AS_BACKFILL_ANSWER_MS from request to end;
 * an attempt that fails is made again, AS_BACKFILL_TRIES times in all with a growing, jittered pause; a status that
 * says no (4xx but 408 and 429) is final. The stream goes on meanwhile: who publishes sorts out what comes twice.
 *
 * Threads: the reactor's. Memory: allocated in open (1.1 MiB). One watch of the reactor. Limits: below.
 */
#ifndef AS_FEEDS_FEED_BACKFILL_H
#define AS_FEEDS_FEED_BACKFILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "feeds/live/connection.h"

enum {
    AS_BACKFILL_BODY_BYTES = AS_WEBSOCKET_MESSAGE_BYTES, /* an answer */
    AS_BACKFILL_PAGE_ITEMS = 50,
    AS_BACKFILL_PAGES_MAX = 200,
    AS_BACKFILL_ANSWER_MS = 10000,
    AS_BACKFILL_TRIES = 6,
    AS_BACKFILL_RETRY_MS = 1000 /* pause before the second attempt; doubles */
};

typedef struct as_backfill as_backfill;

/*
 * An answer's body. Returns the token of the next page, "" if this was the last, NULL if it is not right. The token is
 * copied.
 */
typedef const char *(*as_backfill_page_fn)(void *ctx, const char *body, size_t body_bytes, uint64_t ts_recv_ns);

/* It has been given up: why is for people. */
typedef void (*as_backfill_failed_fn)(void *ctx, const char *why);

typedef struct as_backfill_options {
    const as_url *url;   /* copied */
    const char *ca;      /* as for as_connection */
    const char *key;     /* APCA-API-KEY-ID; outlives the backfill; empty: none */
    const char *secret;  /* APCA-API-SECRET-KEY, likewise */
    const char *symbols; /* with commas; "" or "*": all; likewise */
    uint32_t retry_ms;   /* 0: AS_BACKFILL_RETRY_MS; likewise below */
    uint32_t answer_ms;
    as_reactor *reactor;
    as_backfill_page_fn page;
    as_backfill_failed_fn failed;
    void *ctx;
} as_backfill_options;

/* 0 or a negative errno with the error chain set. */
int as_backfill_open(const as_backfill_options *options, as_backfill **backfill);
void as_backfill_close(as_backfill *backfill); /* NULL is allowed */

/*
 * Ask for everything since from_ns. If it is at work already it goes on from where it is: nothing is missed, since it
 * began earlier and ends later.
 */
void as_backfill_start(as_backfill *backfill, uint64_t from_ns, uint64_t now_ns);

bool as_backfill_is_busy(const as_backfill *backfill);

/* As for as_connection. */
int as_backfill_poll(as_backfill *backfill, uint64_t now_ns);
uint64_t as_backfill_wait_ns(const as_backfill *backfill);

/* Text fit to stand in a query (RFC 3986, section 2.3: the rest percent-encoded). False if it does not fit. */
bool as_query_encode(const char *text, char *out, size_t out_bytes);

#endif
