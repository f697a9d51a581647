/*
 * Driver: news over WebSocket (framing websocket; formats alpaca, benzinga, ndjson).
 *
 *   down -> upgrading -> [alpaca: greeting -> login -> subscribing] -> live -> down -> ...
 *
 * A feed is CONNECTING until it is live, and STALE while a ping has had no answer for a whole interval. Every step
 * has its time, and so has a message that has begun: a peer that is slow on purpose cannot hold the feed. A
 * connection that ends is made again after a growing, jittered pause (feeds/live/connection.h). Then alpaca's REST
 * interface is asked for what came in between (key backfill, feeds/live/feed_backfill.h), benzinga for its replay,
 * and an ndjson feed, which may carry prices, begins with a gap. Headlines come out once per revision
 * (feeds/news/stream.h).
 *
 * Counters of as_feed_stats: messages are items of messages; heartbeats are pongs; requested are backfills and replays
 * asked for, filled are headlines that a backfill brought; duplicates are headlines that were known.
 *
 * Credentials: alpaca's key is `user`, its secret and benzinga's token the first line of the file `secret`
 * (feeds/live/secret.h). Neither stands in a message, a warning or a capture. Without them nobody logs in.
 *
 * The reactor needs 2 watches. Memory: 5 MiB.
 */
#ifndef AS_FEEDS_FEED_WEBSOCKET_H
#define AS_FEEDS_FEED_WEBSOCKET_H

enum {
    AS_NEWS_SETUP_MS = 10000,   /* from the connection to live: upgrade, login, subscription */
    AS_NEWS_MESSAGE_MS = 10000, /* from a message's first byte to its last */
    AS_NEWS_PING_MS = 15000,    /* a ping, as long as it is live */
    AS_NEWS_OVERLAP_MS = 300000, /* how much further back than the latest item a backfill asks */
    AS_NEWS_PINGS_LOST = 2      /* pings without an answer that end the connection, when the next is due */
};

#endif
