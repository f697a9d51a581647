/*
 * Decode: what does an ITCH 5.0 message cost, and what does a book by order add to it?
 *
 * Two million messages of bench/itch_stream.h in memory, over 500, 2,000 and 8,000 symbols, in interleaved rounds:
 *
 *   frame    the floor: only the walk over the records
 *   decode   walk and as_itch50_decode
 *   book     walk, decode, normalise, as_book_apply, one message at a time
 *   batch    the same with 16 messages decoded ahead and their orders, books and levels prefetched
 *
 * Inside a sample: BLOCK messages on one thread, their mean is the sample (a timer costs more than a message). Not
 * inside: reading a file, the first fill of the books.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/itch_stream.h"
#include "core/book.h"
#include "core/error.h"
#include "feeds/decode/itch50.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/normalise.h"

enum { SIZES = 3, WAYS = 4, ROUNDS = 5, BLOCK = 1024, BATCH = 16, MESSAGES = 2000 * 1024 };

static const uint32_t symbol_counts[SIZES] = {500, 2000, 8000};

/* One way over one stream: position, and what it needs on the way. */
typedef struct pass {
    const as_itch_stream *stream;
    size_t at;
    as_binaryfile file;
    as_normaliser normaliser;
    as_book_set *books;
    uint64_t sum; /* of what was decoded, so that no work can be left out */
} pass;

static bool next_message(pass *p, const uint8_t **message, size_t *message_bytes)
{
    as_binaryfile_result result =
        as_binaryfile_next(&p->file, p->stream->data + p->at, p->stream->bytes - p->at, true, message, message_bytes);
    p->at += p->file.consumed_bytes;
    return result == AS_BINARYFILE_MESSAGE;
}

static void frame_block(pass *p)
{
    const uint8_t *message;
    size_t message_bytes;
    for (unsigned i = 0; i < BLOCK && next_message(p, &message, &message_bytes); i++)
        p->sum += message[0];
}

static void decode_block(pass *p)
{
    const uint8_t *message;
    size_t message_bytes;
    for (unsigned i = 0; i < BLOCK && next_message(p, &message, &message_bytes); i++) {
        as_itch50 decoded;
        if (as_itch50_decode(message, message_bytes, &decoded) >= 0)
            p->sum += decoded.ts_ns + decoded.add.ref;
    }
}

/* The next event that is a book's; false at the end of the block. */
static bool next_book_event(pass *p, unsigned *left, as_event *event)
{
    const uint8_t *message;
    size_t message_bytes;
    while (*left && next_message(p, &message, &message_bytes)) {
        as_itch50 decoded;
        --*left;
        if (as_itch50_decode(message, message_bytes, &decoded) >= 0 &&
            as_normalise_itch50(&p->normaliser, &decoded, 0, event) && event->kind >= AS_EVENT_ORDER_ADD &&
            event->kind <= AS_EVENT_ORDER_REPLACE)
            return true;
    }
    return false;
}

static void apply(pass *p, const as_event *event)
{
    if (as_book_apply(p->books, event) == AS_BOOK_BBO_CHANGED) {
        as_top top;
        as_book_top(p->books, event->instrument, &top);
        p->sum += top.bid_qty + top.ask_qty;
    }
}

static void book_block(pass *p)
{
    unsigned left = BLOCK;
    as_event event;
    while (next_book_event(p, &left, &event))
        apply(p, &event);
}

static void batch_block(pass *p)
{
    unsigned left = BLOCK;
    as_event event[BATCH];
    unsigned count;
    do {
        for (count = 0; count < BATCH && next_book_event(p, &left, &event[count]); count++)
            as_book_prefetch(p->books, &event[count]);
        for (unsigned i = 0; i < count; i++)
            as_book_prefetch_levels(p->books, &event[i]);
        for (unsigned i = 0; i < count; i++)
            apply(p, &event[i]);
    } while (count == BATCH);
}

static const struct {
    const char *name;
    const char *inside;
    void (*block)(pass *p);
    bool books;
} ways[WAYS] = {
    {"frame", "the floor: walking the records of 1,024 messages; mean a message", frame_block, false},
    {"decode", "walking and decoding; mean a message", decode_block, false},
    {"book", "walking, decoding, normalising and a book by order, one at a time; mean a message", book_block, true},
    {"batch", "the same, 16 decoded ahead with prefetch; mean a message", batch_block, true},
};

static int open_pass(pass *p, const as_itch_stream *stream, bool books)
{
    *p = (pass){.stream = stream};
    as_binaryfile_init(&p->file, as_itch50_lengths);
    if (!books) {
        p->at = stream->warm_bytes;
        return 0;
    }
    as_normaliser_options options = {.symbols = &stream->symbols, .trust_r = true};
    if (as_normaliser_init(&p->normaliser, &options) < 0 ||
        as_book_set_new(stream->symbols.count, stream->order_max, &p->books) < 0)
        return as_error_set(-ENOMEM, "bench decode: no memory for books of %u orders", stream->order_max);
    as_book_set_prefault(p->books);
    while (p->at < stream->warm_bytes) {
        unsigned left = 1;
        as_event event;
        if (next_book_event(p, &left, &event))
            apply(p, &event);
    }
    return 0;
}

static void close_pass(pass *p)
{
    as_book_set_free(p->books);
    as_normaliser_fini(&p->normaliser);
}

/* The whole stream once. */
static int measure(as_bench_context *ctx, as_bench_stage *stage, const as_itch_stream *stream, unsigned way)
{
    pass p;
    int rc = open_pass(&p, stream, ways[way].books);
    uint64_t total_ns = 0;
    for (unsigned i = 0; rc == 0 && i < MESSAGES / BLOCK; i++) {
        uint64_t from_ticks = as_clock_ticks();
        ways[way].block(&p);
        uint64_t ticks = as_clock_ticks() - from_ticks;
        total_ns += as_clock_ticks_to_ns(&ctx->ticks, ticks);
        as_bench_record(stage, as_clock_ticks_to_ns(&ctx->ticks, ticks * AS_BENCH_PS / BLOCK));
    }
    if (rc == 0) {
        as_bench_round(stage, (double)total_ns / MESSAGES);
        const as_book_counters *c = p.books ? as_book_counters_get(p.books) : NULL;
        if (p.at != stream->bytes ||
            (c && c->unknown_ref + c->duplicate_ref + c->over_execution + c->invalid + c->full))
            rc = as_error_set(-EIO, "bench decode: the generated stream was not applied as a whole");
    }
    close_pass(&p);
    return rc;
}

static void report(as_bench_context *ctx, as_bench_stage *stage[SIZES][WAYS])
{
    double batch[SIZES];
    for (unsigned size = 0; size < SIZES; size++) {
        char name[AS_BENCH_NAME_BYTES];
        for (unsigned way = 0; way < WAYS; way++)
            stage[size][way]->achieved_hz = 1e9 / as_bench_median_ns(stage[size][way]);
        batch[size] = as_bench_median_ns(stage[size][WAYS - 1]);
        (void)snprintf(name, sizeof name, "one at a time : batch, %u symbols", symbol_counts[size]);
        as_bench_ratio(ctx, &(as_bench_ratio_info){.name = name,
                                                   .value = as_bench_median_ns(stage[size][WAYS - 2]) / batch[size]});
    }
    as_bench_ratio(ctx, &(as_bench_ratio_info){
                            .name = "batch, 8,000 : 500 symbols", .value = batch[2] / batch[0], .at_most = 1.3});
    as_bench_note(ctx, "%d messages a pass; books hold about 100 orders a symbol at the start", MESSAGES);
}

static int run(as_bench_context *ctx)
{
    as_itch_stream stream[SIZES];
    as_bench_stage *stage[SIZES][WAYS];
    unsigned made = 0, done = 0;
    int rc = 0;
    (void)as_bench_pin(ctx, 0);
    for (; made < SIZES && rc == 0; made++) {
        if (as_itch_stream_init(&stream[made], 20260701, symbol_counts[made], MESSAGES) < 0)
            rc = as_error_set(-ENOMEM, "bench decode: no memory for %d messages", MESSAGES);
        for (unsigned way = 0; way < WAYS; way++) {
            char name[AS_BENCH_NAME_BYTES];
            (void)snprintf(name, sizeof name, "%s, %u symbols", ways[way].name, symbol_counts[made]);
            stage[made][way] = as_bench_stage_add(
                ctx, &(as_bench_stage_info){.name = name, .inside = ways[way].inside, .unit = AS_BENCH_PS});
        }
    }
    for (unsigned round = 0; round < ROUNDS && rc == 0; round++) {
        for (unsigned size = 0; size < SIZES && rc == 0; size++) {
            for (unsigned way = 0; way < WAYS && rc == 0; way++) {
                rc = measure(ctx, stage[size][way], &stream[size], way);
                as_bench_progress(ctx, ++done, ROUNDS * SIZES * WAYS);
            }
        }
    }
    if (rc == 0)
        report(ctx, stage);
    while (made)
        as_itch_stream_fini(&stream[--made]);
    return rc;
}

const as_bench as_bench_decode = {"decode", "what an ITCH 5.0 message costs to decode and to put into a book", run};
