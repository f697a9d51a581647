/*
 * Decode: what does a message of a feed cost, and what does a book add to it?
 *
 * Generated streams in memory over 500, 2,000 and 8,000 symbols: ITCH 5.0, IEX TOPS and DEEP, Databento mbo. Ways:
 *
 *   frame    the floor: only the walk over the messages
 *   decode   walk and decoder, into a value
 *   events   walk, decoder and normaliser: to what the core takes
 *   book     the same and the book (by order: itch, dbn; by level: deep), one event at a time
 *   batch    the same with 16 events decoded ahead, and what they will touch prefetched
 *
 * Interleaved rounds; a round plays a whole stream in each way. The sizes are interleaved too where three streams
 * fit into memory (STREAMS_BYTES_MAX); with more messages than that one size comes after the other. Inside a
 * sample: a block of messages on one thread, their mean is the sample. Not inside: reading a file, the first fill
 * of the books. Whoever applies events reads the best prices when they change.
 *
 * Issue 3 asks for 20 million messages: aftershock bench decode --messages 20000000.
 */
#include "bench/bench_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "core/error.h"

enum { SIZES = 3, FORMATS = 4, ROUNDS = 5, MESSAGES = 500000 };

#define STREAMS_BYTES_MAX (UINT64_C(2) << 30)

static const uint32_t symbol_counts[SIZES] = {500, 2000, 8000};
static const as_decode_format *const formats[FORMATS] = {&as_decode_itch, &as_decode_tops, &as_decode_deep,
                                                         &as_decode_dbn};

typedef struct plan {
    as_bench_context *ctx;
    uint64_t messages;
    as_decode_stream *stream[SIZES];
    as_bench_stage *stage[FORMATS][SIZES][AS_DECODE_WAY_MAX];
    double *block_ns; /* of the pass in hand */
    unsigned done, steps;
} plan;

static void add_stages(plan *p)
{
    for (unsigned f = 0; f < FORMATS; f++) {
        for (unsigned size = 0; size < SIZES; size++) {
            for (unsigned way = 0; way < formats[f]->way_count; way++) {
                char name[AS_BENCH_NAME_BYTES];
                (void)snprintf(name, sizeof name, "%s %s, %u symbols", formats[f]->name, formats[f]->way[way].name,
                               symbol_counts[size]);
                p->stage[f][size][way] = as_bench_stage_add(
                    p->ctx,
                    &(as_bench_stage_info){.name = name, .inside = formats[f]->way[way].inside, .unit = AS_BENCH_PS});
                p->steps += ROUNDS;
            }
        }
    }
}

/* ---- one pass ---- */

/* A pass that has played what is not measured: the books are full. */
static int open_pass(const as_decode_format *format, const as_decode_way *way, const as_decode_stream *stream,
                     as_decode_pass *pass)
{
    *pass = (as_decode_pass){.stream = stream};
    int rc = way->events ? format->open(pass) : 0;
    if (rc == 0 && way->books)
        rc = as_book_set_new(format->symbol_count(stream), AS_ORDER_MAX, &pass->books);
    if (rc < 0)
        return as_error_set(rc, "bench decode: no memory for %u books", format->symbol_count(stream));
    if (pass->books)
        as_book_set_prefault(pass->books);
    if (!way->events)
        pass->at = format->measured_at(stream);
    while (pass->at < format->measured_at(stream)) {
        pass->left = 1;
        way->block(pass);
    }
    return 0;
}

static void close_pass(const as_decode_format *format, as_decode_pass *pass)
{
    format->close(pass);
    as_book_set_free(pass->books);
}

/* Generated streams contradict nothing. */
static bool is_whole(const as_decode_format *format, const as_decode_pass *pass)
{
    const as_book_counters *c = pass->books ? as_book_counters_get(pass->books) : NULL;
    if (c && c->unknown_ref + c->duplicate_ref + c->over_execution + c->invalid + c->mixed + c->full + c->foreign)
        return false;
    return pass->at == format->end(pass->stream);
}

static int measure(plan *p, unsigned f, unsigned size, unsigned w)
{
    const as_decode_format *format = formats[f];
    const as_decode_way *way = &format->way[w];
    as_bench_stage *stage = p->stage[f][size][w];
    as_decode_pass pass;
    uint32_t blocks = 0;
    int rc = open_pass(format, way, p->stream[size], &pass);
    for (uint64_t played = 0; rc == 0 && played < p->messages; played += AS_DECODE_BLOCK) {
        uint64_t block = p->messages - played < AS_DECODE_BLOCK ? p->messages - played : AS_DECODE_BLOCK;
        pass.left = block;
        uint64_t from_ticks = as_clock_ticks();
        way->block(&pass);
        uint64_t ps = as_clock_ticks_to_ns(&p->ctx->ticks, (as_clock_ticks() - from_ticks) * AS_BENCH_PS) / block;
        as_bench_record(stage, ps);
        p->block_ns[blocks++] = (double)ps / AS_BENCH_PS;
    }
    if (rc == 0) {
        as_bench_round(stage, as_bench_median(p->block_ns, blocks));
        if (!is_whole(format, &pass))
            rc = as_error_set(-EIO, "bench decode: the %s stream was not applied as a whole", format->name);
    }
    close_pass(format, &pass);
    as_bench_progress(p->ctx, ++p->done, p->steps);
    return rc;
}

/* ---- rounds ---- */

static int make_streams(plan *p, const as_decode_format *format, unsigned first, unsigned count)
{
    for (unsigned size = first; size < first + count; size++)
        if (format->make(symbol_counts[size], p->messages, &p->stream[size]) < 0)
            return as_error_set(-ENOMEM, "bench decode: no memory for %llu messages", (unsigned long long)p->messages);
    return 0;
}

static void drop_streams(plan *p, const as_decode_format *format)
{
    for (unsigned size = 0; size < SIZES; size++) {
        if (p->stream[size])
            format->drop(p->stream[size]);
        p->stream[size] = NULL;
    }
}

/* All rounds of `count` sizes from first on, interleaved. */
static int run_sizes(plan *p, unsigned f, unsigned first, unsigned count)
{
    int rc = make_streams(p, formats[f], first, count);
    for (unsigned round = 0; round < ROUNDS && rc == 0; round++)
        for (unsigned size = first; size < first + count && rc == 0; size++)
            for (unsigned way = 0; way < formats[f]->way_count && rc == 0; way++)
                rc = measure(p, f, size, way);
    drop_streams(p, formats[f]);
    return rc;
}

static int run_format(plan *p, unsigned f)
{
    if (p->messages * formats[f]->message_bytes * SIZES <= STREAMS_BYTES_MAX)
        return run_sizes(p, f, 0, SIZES);
    as_bench_note(p->ctx, "%s: three streams of %llu messages do not fit into memory: one size after the other",
                  formats[f]->name, (unsigned long long)p->messages);
    int rc = 0;
    for (unsigned size = 0; size < SIZES && rc == 0; size++)
        rc = run_sizes(p, f, size, 1);
    return rc;
}

/* ---- report ---- */

static double median_of(const plan *p, unsigned f, unsigned size, unsigned way)
{
    return as_bench_median_ns(p->stage[f][size][way]);
}

static void report_format(plan *p, unsigned f)
{
    const as_decode_format *format = formats[f];
    unsigned last = format->way_count - 1;
    for (unsigned size = 0; size < SIZES; size++)
        for (unsigned way = 0; way <= last; way++)
            p->stage[f][size][way]->achieved_hz = 1e9 / median_of(p, f, size, way);
    for (unsigned way = 1; way <= last; way++) {
        char name[AS_BENCH_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%s %s, 8,000 : 500 symbols", format->name, format->way[way].name);
        as_bench_ratio(p->ctx, &(as_bench_ratio_info){.name = name,
                                                      .value = median_of(p, f, 2, way) / median_of(p, f, 0, way),
                                                      .at_most = format == &as_decode_itch && way == last ? 1.3 : 0});
    }
    for (unsigned size = 0; format->way[last].books && size < SIZES; size++) {
        char name[AS_BENCH_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%s book : batch, %u symbols", format->name, symbol_counts[size]);
        as_bench_ratio(p->ctx,
                       &(as_bench_ratio_info){.name = name,
                                              .value = median_of(p, f, size, last - 1) / median_of(p, f, size, last)});
    }
}

static int run(as_bench_context *ctx)
{
    plan p = {.ctx = ctx, .messages = ctx->messages ? ctx->messages : MESSAGES};
    p.block_ns = calloc(p.messages / AS_DECODE_BLOCK + 1, sizeof *p.block_ns);
    int rc = p.block_ns ? 0 : as_error_set(-ENOMEM, "bench decode: no memory");
    (void)as_bench_pin(ctx, 0);
    add_stages(&p);
    for (unsigned f = 0; f < FORMATS && rc == 0; f++)
        rc = run_format(&p, f);
    free(p.block_ns);
    for (unsigned f = 0; f < FORMATS && rc == 0; f++)
        report_format(&p, f);
    as_bench_note(ctx, "%llu messages a round; books hold about 100 orders, or 20 levels, a symbol at the start",
                  (unsigned long long)p.messages);
    return rc;
}

const as_bench as_bench_decode = {"decode", "what a message of a feed costs to decode and to put into a book", run};
