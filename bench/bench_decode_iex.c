/* IEX TOPS and DEEP: messages behind their lengths, and DEEP's book by level. */
#include <errno.h>
#include <stdlib.h>

#include "bench/bench_decode.h"
#include "bench/iex_stream.h"
#include "feeds/wire/wire.h"

enum { SEED = 20260701 };

struct as_decode_stream {
    as_iex_stream iex;
};

static inline const uint8_t *next_message(as_decode_pass *pass, size_t *message_bytes)
{
    if (pass->left == 0)
        return NULL;
    pass->left--;
    return as_iex_stream_next(&pass->stream->iex, &pass->at, message_bytes);
}

static void frame_block(as_decode_pass *pass)
{
    const uint8_t *message;
    size_t message_bytes;
    while ((message = next_message(pass, &message_bytes)))
        pass->sum += message[0];
}

static void events_block(as_decode_pass *pass)
{
    const uint8_t *message;
    size_t message_bytes;
    as_event event[AS_WIRE_EVENTS_MAX];
    while ((message = next_message(pass, &message_bytes)))
        if (as_wire_decode(pass->own, message, message_bytes, 0, event) > 0)
            pass->sum += event[0].ts_event + event[0].raw[1];
}

static inline unsigned fill(as_decode_pass *pass, as_event *event, unsigned want)
{
    const uint8_t *message;
    size_t message_bytes;
    unsigned count = 0;
    while (count < want && (message = next_message(pass, &message_bytes)))
        if (as_wire_decode(pass->own, message, message_bytes, 0, &event[count]) > 0)
            count += (unsigned)as_event_is_book(&event[count]);
    return count;
}

static void book_block(as_decode_pass *pass)
{
    as_decode_singly(pass, fill);
}

static void batch_block(as_decode_pass *pass)
{
    as_decode_batched(pass, fill);
}

static int make(as_wire_format format, uint32_t symbol_count, uint64_t message_count, as_decode_stream **stream)
{
    as_decode_stream *s = calloc(1, sizeof *s);
    if (!s || as_iex_stream_init(&s->iex, format, SEED, symbol_count, message_count) < 0) {
        free(s);
        return -ENOMEM;
    }
    *stream = s;
    return 0;
}

static int make_tops(uint32_t symbol_count, uint64_t message_count, as_decode_stream **stream)
{
    return make(AS_WIRE_TOPS, symbol_count, message_count, stream);
}

static int make_deep(uint32_t symbol_count, uint64_t message_count, as_decode_stream **stream)
{
    return make(AS_WIRE_DEEP, symbol_count, message_count, stream);
}

static void drop(as_decode_stream *stream)
{
    as_iex_stream_fini(&stream->iex);
    free(stream);
}

static uint32_t symbol_count_of(const as_decode_stream *stream)
{
    return stream->iex.symbols.count;
}

static int open_iex(as_decode_pass *pass)
{
    as_wire_options options = {
        .format = pass->stream->iex.format, .symbols = &pass->stream->iex.symbols, .trust_r = true};
    as_wire *wire;
    int code = as_wire_new(&options, &wire);
    pass->own = code == 0 ? wire : NULL;
    return code;
}

static void close_iex(as_decode_pass *pass)
{
    as_wire_free(pass->own);
}

static size_t measured_at(const as_decode_stream *stream)
{
    return stream->iex.warm_bytes;
}

static size_t end_of(const as_decode_stream *stream)
{
    return stream->iex.bytes;
}

#define FRAME                                                                                                          \
    {                                                                                                                  \
        "frame", "the floor: walking the messages; mean a message", frame_block, false, false                          \
    }
#define EVENTS                                                                                                         \
    {                                                                                                                  \
        "events", "walking and decoding into an event; mean a message", events_block, false, true                      \
    }
#define CALLS                                                                                                          \
    .drop = drop, .symbol_count = symbol_count_of, .open = open_iex, .close = close_iex, .measured_at = measured_at,   \
    .end = end_of

const as_decode_format as_decode_tops = {
    .name = "tops", .message_bytes = 48, .way = {FRAME, EVENTS}, .way_count = 2, .make = make_tops, CALLS};

const as_decode_format as_decode_deep = {
    .name = "deep",
    .message_bytes = 35,
    .way = {FRAME,
            EVENTS,
            {"book", "the same and a book by level, one event at a time; mean a message", book_block, true, true},
            {"batch", "the same, 16 events decoded ahead with prefetch; mean a message", batch_block, true, true}},
    .way_count = 4,
    .make = make_deep,
    CALLS};
