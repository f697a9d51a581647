/* ITCH 5.0 in BinaryFILE form, and the book by order. */
#include <errno.h>
#include <stdlib.h>

#include "bench/bench_decode.h"
#include "bench/itch_stream.h"
#include "feeds/be.h"
#include "feeds/decode/itch50.h"
#include "feeds/wire/normalise.h"

enum { SEED = 20260701 };

struct as_decode_stream {
    as_itch_stream itch;
};

/* The generated records are whole: the walk asks for no more than their length. */
static inline const uint8_t *next_message(as_decode_pass *pass, size_t *message_bytes)
{
    if (pass->left == 0 || pass->at >= pass->stream->itch.bytes)
        return NULL;
    const uint8_t *record = pass->stream->itch.data + pass->at;
    *message_bytes = as_be16(record);
    pass->at += 2 + *message_bytes;
    pass->left--;
    return record + 2;
}

static void frame_block(as_decode_pass *pass)
{
    const uint8_t *message;
    size_t message_bytes;
    while ((message = next_message(pass, &message_bytes)))
        pass->sum += message[0];
}

static void decode_block(as_decode_pass *pass)
{
    const uint8_t *message;
    size_t message_bytes;
    while ((message = next_message(pass, &message_bytes))) {
        as_itch50 decoded;
        if (as_itch50_decode(message, message_bytes, &decoded) >= 0)
            pass->sum += decoded.ts_ns + decoded.add.ref;
    }
}

static void events_block(as_decode_pass *pass)
{
    const uint8_t *message;
    size_t message_bytes;
    as_event event;
    as_itch50_result result;
    while ((message = next_message(pass, &message_bytes)))
        if (as_normalise_itch50_bytes(pass->own, message, message_bytes, 0, &event, &result) > 0)
            pass->sum += event.ts_event + event.order.ref;
}

static inline unsigned fill(as_decode_pass *pass, as_event *event, unsigned want)
{
    const uint8_t *message;
    size_t message_bytes;
    unsigned count = 0;
    as_itch50_result result;
    while (count < want && (message = next_message(pass, &message_bytes)))
        if (as_normalise_itch50_bytes(pass->own, message, message_bytes, 0, &event[count], &result) > 0)
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

static int make(uint32_t symbol_count, uint64_t message_count, as_decode_stream **stream)
{
    as_decode_stream *s = calloc(1, sizeof *s);
    if (!s || as_itch_stream_init(&s->itch, SEED, symbol_count, message_count) < 0) {
        free(s);
        return -ENOMEM;
    }
    *stream = s;
    return 0;
}

static void drop(as_decode_stream *stream)
{
    as_itch_stream_fini(&stream->itch);
    free(stream);
}

static uint32_t symbol_count_of(const as_decode_stream *stream)
{
    return stream->itch.symbols.count;
}

static int open_itch(as_decode_pass *pass)
{
    as_normaliser_options options = {.symbols = &pass->stream->itch.symbols, .trust_r = true};
    pass->own = malloc(sizeof(as_normaliser));
    return pass->own ? as_normaliser_init(pass->own, &options) : -ENOMEM;
}

static void close_itch(as_decode_pass *pass)
{
    if (pass->own)
        as_normaliser_fini(pass->own);
    free(pass->own);
}

static size_t measured_at(const as_decode_stream *stream)
{
    return stream->itch.warm_bytes;
}

static size_t end_of(const as_decode_stream *stream)
{
    return stream->itch.bytes;
}

const as_decode_format as_decode_itch = {
    .name = "itch",
    .message_bytes = 33,
    .way = {{"frame", "the floor: walking the records; mean a message", frame_block, false, false},
            {"decode", "walking and decoding into a value; mean a message", decode_block, false, false},
            {"events", "walking and decoding into an event; mean a message", events_block, false, true},
            {"book", "the same and a book by order, one event at a time; mean a message", book_block, true, true},
            {"batch", "the same, 16 events decoded ahead with prefetch; mean a message", batch_block, true, true}},
    .way_count = 5,
    .make = make,
    .drop = drop,
    .symbol_count = symbol_count_of,
    .open = open_itch,
    .close = close_itch,
    .measured_at = measured_at,
    .end = end_of,
};
