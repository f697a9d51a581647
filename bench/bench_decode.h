/*
 * What bench_decode.c and the formats it measures (bench_decode_itch.c, _iex.c, _dbn.c) share; nobody else includes it.
 *
 * A format makes streams, and plays them in several ways; a pass is one way over one stream, block by block. What all
 * ways with books have in common, the two ways to apply events to them, is here, inline, so that the format's own
 * as_decode_fill is inlined into them.
 */
#ifndef AS_BENCH_BENCH_DECODE_H
#define AS_BENCH_BENCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/book.h"

enum {
    AS_DECODE_BLOCK = 4096, /* messages between two looks at the clock */
    AS_DECODE_BATCH = 16,   /* events decoded ahead */
    AS_DECODE_ROOM = 64,    /* events that a fill may write: a batch, and those of one message more */
    AS_DECODE_WAY_MAX = 5
};

typedef struct as_decode_stream as_decode_stream; /* the format's */

typedef struct as_decode_pass {
    const as_decode_stream *stream;
    size_t at;             /* the next message */
    uint64_t left;         /* messages to the end of the block */
    uint64_t sum;          /* of what was decoded, so that no work can be left out */
    as_book_set *books;    /* NULL in a way without */
    void *own;             /* the format's: normaliser and the like */
} as_decode_pass;

typedef struct as_decode_way {
    const char *name;
    const char *inside;
    void (*block)(as_decode_pass *pass); /* plays pass->left messages, fewer at the end of the stream */
    bool books;
    bool events;           /* the way needs pass->own */
} as_decode_way;

typedef struct as_decode_format {
    const char *name;
    size_t message_bytes;  /* of a stream, for a message, about */
    as_decode_way way[AS_DECODE_WAY_MAX];
    unsigned way_count;
    /* 0 or -ENOMEM: a stream that ends with message_count measured messages, the same one for the same arguments. */
    int (*make)(uint32_t symbol_count, uint64_t message_count, as_decode_stream **stream);
    void (*drop)(as_decode_stream *stream);
    uint32_t (*symbol_count)(const as_decode_stream *stream);
    /* Sets at (to the first message), and own. 0 or -ENOMEM. */
    int (*open)(as_decode_pass *pass);
    void (*close)(as_decode_pass *pass);
    size_t (*measured_at)(const as_decode_stream *stream); /* where the measured messages begin */
    size_t (*end)(const as_decode_stream *stream);
} as_decode_format;

extern const as_decode_format as_decode_itch, as_decode_tops, as_decode_deep, as_decode_dbn;

/*
 * Decode messages until there are `want` events for books, or the block ends: into event, how many. Other events are
 * dropped. AS_DECODE_ROOM events fit.
 */
typedef unsigned (*as_decode_fill)(as_decode_pass *pass, as_event *event, unsigned want);

/* What a user of best prices does with every event. */
static inline void as_decode_apply(as_decode_pass *pass, const as_event *event)
{
    if (as_book_apply(pass->books, event) == AS_BOOK_BBO_CHANGED) {
        as_top top;
        as_book_top(pass->books, event->instrument, &top);
        pass->sum += top.bid_qty + top.ask_qty;
    }
}

static inline void as_decode_singly(as_decode_pass *pass, as_decode_fill fill)
{
    as_event event[AS_DECODE_ROOM];
    for (unsigned count; (count = fill(pass, event, 1)) > 0;)
        for (unsigned i = 0; i < count; i++)
            as_decode_apply(pass, &event[i]);
}

/*
 * Two batches in hand: while the older one is applied, the orders of the younger come into the cache, and while the
 * next one is decoded, its levels.
 */
static inline void as_decode_batched(as_decode_pass *pass, as_decode_fill fill)
{
    as_event event[2][AS_DECODE_ROOM];
    unsigned count[2] = {0, 0}, now = 0;
    do {
        count[now] = fill(pass, event[now], AS_DECODE_BATCH);
        for (unsigned i = 0; i < count[now]; i++)
            as_book_prefetch(pass->books, &event[now][i]);
        for (unsigned i = 0; i < count[now ^ 1]; i++)
            as_decode_apply(pass, &event[now ^ 1][i]);
        for (unsigned i = 0; i < count[now]; i++)
            as_book_prefetch_levels(pass->books, &event[now][i]);
        now ^= 1;
    } while (count[now ^ 1] > 0);
}

#endif
