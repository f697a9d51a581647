/*
 * What the fuzz targets of TOPS and DEEP have in common: any bytes as a row of messages (each behind a little-endian
 * u16 length, as in IEX-TP's payload). A decoded message encodes back to its bytes; the events that a wire makes of
 * them are within the contract of normalise_iex.h.
 */
#ifndef AST_SUPPORT_FUZZ_IEX_H
#define AST_SUPPORT_FUZZ_IEX_H

#include <stdlib.h>
#include <string.h>

#include "feeds/decode/iex.h"
#include "feeds/le.h"
#include "feeds/wire/wire.h"

#define AST_FUZZ_TS UINT64_C(1700000000000000000)

typedef struct ast_fuzz_iex {
    as_wire_format format;
    const uint8_t *lengths;
    as_iex_result (*decode)(const uint8_t *message, size_t message_bytes, as_iex *out);
    size_t (*encode)(const as_iex *in, uint8_t *out, size_t out_bytes);
    as_symbols symbols;
    as_wire *wire;
} ast_fuzz_iex;

static inline void ast_fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

static inline void ast_fuzz_iex_decode(const ast_fuzz_iex *f, const uint8_t *message, size_t message_bytes)
{
    as_iex value;
    uint8_t again[AS_IEX_BYTES_MAX];
    as_iex_result result = f->decode(message, message_bytes, &value);
    ast_fuzz_require((result == AS_IEX_EMPTY) == (message_bytes == 0));
    if (message_bytes == 0)
        return;
    size_t length = f->lengths[message[0]];
    ast_fuzz_require((result == AS_IEX_UNKNOWN) == (length == 0));
    ast_fuzz_require((result == AS_IEX_SHORT) == (message_bytes < length));
    ast_fuzz_require(as_wire_fits(f->format, message, message_bytes) == (result >= 0));
    if (result < 0)
        return;
    size_t again_bytes = f->encode(&value, again, sizeof again);
    ast_fuzz_require(again_bytes >= length && again_bytes <= message_bytes);
    ast_fuzz_require((again_bytes == message_bytes) == (result == AS_IEX_OK));
    ast_fuzz_require(memcmp(again, message, again_bytes) == 0);
}

static inline bool ast_fuzz_price(int64_t px)
{
    return px == AS_PX_UNDEFINED || (px > 0 && px % 100000 == 0);
}

static inline void ast_fuzz_iex_event(const ast_fuzz_iex *f, const as_event *ev)
{
    ast_fuzz_require(ev->ts_recv == AST_FUZZ_TS && ev->source == 9);
    ast_fuzz_require(ev->kind == AS_EVENT_SESSION ? ev->instrument == AS_INSTRUMENT_NONE
                                                  : ev->instrument < f->symbols.count);
    switch (ev->kind) {
    case AS_EVENT_QUOTE:
        ast_fuzz_require(ast_fuzz_price(ev->quote.bid_px) && ast_fuzz_price(ev->quote.ask_px));
        ast_fuzz_require((ev->quote.bid_px == AS_PX_UNDEFINED) == (ev->quote.bid_qty == 0));
        ast_fuzz_require((ev->quote.ask_px == AS_PX_UNDEFINED) == (ev->quote.ask_qty == 0));
        break;
    case AS_EVENT_TRADE:
        ast_fuzz_require(ev->trade.px != AS_PX_UNDEFINED && ast_fuzz_price(ev->trade.px) && ev->trade.qty > 0);
        break;
    case AS_EVENT_LEVEL:
        ast_fuzz_require(ast_fuzz_price(ev->level.px));
        break;
    case AS_EVENT_STATUS:
        ast_fuzz_require(ev->status.state <= AS_STATE_HALTED);
        break;
    default:
        ast_fuzz_require(ev->kind == AS_EVENT_SESSION);
    }
}

static inline void ast_fuzz_iex_run(ast_fuzz_iex *f, const uint8_t *data, size_t bytes)
{
    if (!f->wire) {
        uint32_t instrument;
        ast_fuzz_require(as_symbols_init(&f->symbols, 4) == 0);
        ast_fuzz_require(as_symbols_add(&f->symbols, "AAPL", 4, &instrument) == 0);
        ast_fuzz_require(as_symbols_add(&f->symbols, "ZIEXT", 5, &instrument) == 0);
        as_wire_options options = {.format = f->format, .symbols = &f->symbols, .source = 9};
        ast_fuzz_require(as_wire_new(&options, &f->wire) == 0);
    }
    bool wired = bytes > 0 && data[bytes - 1] % 2; /* a reset is dear */
    if (wired)
        as_wire_reset(f->wire, 0);
    while (bytes >= 2) {
        size_t n = as_le16(data);
        n = n > bytes - 2 ? bytes - 2 : n;
        ast_fuzz_iex_decode(f, data + 2, n);
        as_event event[AS_WIRE_EVENTS_MAX];
        unsigned count = wired ? as_wire_decode(f->wire, data + 2, n, AST_FUZZ_TS, event) : 0;
        ast_fuzz_require(count <= 1);
        for (unsigned i = 0; i < count; i++)
            ast_fuzz_iex_event(f, &event[i]);
        data += 2 + n;
        bytes -= 2 + n;
    }
}

#endif
