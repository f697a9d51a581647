#include "feeds/decode/ndjson.h"

#include <string.h>

#include "core/price.h"
#include "feeds/decode/headline_record.h"
#include "feeds/decode/json.h"
#include "feeds/decode/quantity.h"

/* A line in the course of being written; full once something did not fit. */
typedef struct writer {
    char *out;
    size_t room, n;
    bool full;
    const as_ndjson_context *ctx;
    int qty_exp;
} writer;

static void put(writer *w, const char *text, size_t bytes)
{
    if (w->full || w->room - w->n < bytes) {
        w->full = true;
        return;
    }
    memcpy(w->out + w->n, text, bytes);
    w->n += bytes;
}

static void put_text(writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_key(writer *w, const char *key)
{
    put_text(w, ",\"");
    put_text(w, key);
    put_text(w, "\":");
}

static void put_number(writer *w, const char *key, uint64_t number)
{
    char text[AS_QUANTITY_TEXT_BYTES];
    size_t bytes = as_quantity_format(number, 0, text);
    put_key(w, key);
    put(w, text, bytes);
}

static void put_quoted(writer *w, const char *text)
{
    put_text(w, "\"");
    if (!w->full) {
        size_t bytes = as_json_escape(text, strlen(text), w->out + w->n, w->room - w->n);
        w->full = bytes == SIZE_MAX;
        w->n += w->full ? 0 : bytes;
    }
    put_text(w, "\"");
}

static void put_string(writer *w, const char *key, const char *text)
{
    put_key(w, key);
    put_quoted(w, text);
}

static void put_px(writer *w, const char *key, int64_t px)
{
    char text[AS_PRICE_TEXT_BYTES];
    size_t bytes = as_price_format(px, text);
    put_key(w, key);
    put_text(w, "\"");
    put(w, text, bytes);
    put_text(w, "\"");
}

static void put_qty(writer *w, const char *key, uint64_t qty)
{
    char text[AS_QUANTITY_TEXT_BYTES];
    size_t bytes = as_quantity_format(qty, w->qty_exp, text);
    put_key(w, key);
    put(w, text, bytes);
}

static void put_side(writer *w, const char *px_key, int64_t px, const char *qty_key, uint64_t qty)
{
    if (px == AS_PX_UNDEFINED) {
        put_key(w, px_key);
        put_text(w, "null");
        return;
    }
    put_px(w, px_key, px);
    if (qty != AS_QTY_UNDEFINED)
        put_qty(w, qty_key, qty);
}

static void put_headline(writer *w, const as_headline *hl)
{
    put_string(w, "id", hl->id);
    if (hl->source[0])
        put_string(w, "src", hl->source);
    if (hl->class_given)
        put_string(w, "class", as_source_class_word((as_source_class)hl->class_given));
    if (hl->tier_given)
        put_number(w, "tier", hl->tier_given);
    put_string(w, "text", hl->text);
    if (hl->url[0])
        put_string(w, "url", hl->url);
    if (hl->tag_count) {
        put_key(w, "symbols");
        for (unsigned i = 0; i < hl->tag_count; i++) {
            put_text(w, i ? "," : "[");
            put_quoted(w, as_symbols_name(w->ctx->symbols, hl->tag[i]));
        }
        put_text(w, "]");
    }
    if (hl->revision)
        put_number(w, "rev", hl->revision);
    if (hl->retracted)
        put_string(w, "status", "retracted");
}

static const char *kind_word(uint8_t kind)
{
    switch (kind) {
    case AS_EVENT_TRADE:
        return "trade";
    case AS_EVENT_QUOTE:
        return "quote";
    case AS_EVENT_BAR:
        return "bar";
    case AS_EVENT_STATUS:
        return "status";
    case AS_EVENT_HEADLINE:
        return "headline";
    default:
        return NULL;
    }
}

static void put_body(writer *w, const as_event *ev, const as_headline *hl)
{
    switch (ev->kind) {
    case AS_EVENT_TRADE:
        put_px(w, "p", ev->trade.px);
        put_qty(w, "q", ev->trade.qty);
        if (ev->trade.seq)
            put_number(w, "seq", ev->trade.seq);
        break;
    case AS_EVENT_QUOTE:
        put_side(w, "b", ev->quote.bid_px, "bs", ev->quote.bid_qty);
        put_side(w, "a", ev->quote.ask_px, "as", ev->quote.ask_qty);
        if (ev->quote.seq)
            put_number(w, "seq", ev->quote.seq);
        break;
    case AS_EVENT_BAR:
        put_px(w, "o", ev->bar.open);
        put_px(w, "h", ev->bar.high);
        put_px(w, "l", ev->bar.low);
        put_px(w, "c", ev->bar.close);
        put_qty(w, "v", as_bar_volume(ev));
        break;
    case AS_EVENT_STATUS:
        put_string(w, "state", as_trading_state_name((as_trading_state)ev->status.state));
        break;
    default:
        put_headline(w, hl);
    }
}

size_t as_ndjson_encode(const as_event *ev, const as_headline *hl, const as_ndjson_context *ctx, char *out,
                        size_t out_bytes)
{
    writer w = {.out = out, .room = out_bytes, .ctx = ctx};
    const char *kind = kind_word(ev->kind);
    if (!kind || (ev->kind == AS_EVENT_HEADLINE && !hl))
        return 0;
    put_text(&w, "{\"k\":\"");
    put_text(&w, kind);
    put_text(&w, "\"");
    put_number(&w, "t", ev->ts_event);
    if (ev->ts_recv != ev->ts_event)
        put_number(&w, "r", ev->ts_recv);
    if (ev->kind == AS_EVENT_BAR)
        put_number(&w, "d", as_bar_duration_ns(ev));
    if (ev->kind != AS_EVENT_HEADLINE) {
        w.qty_exp =
            ctx->instrument && ev->instrument < ctx->symbols->count ? ctx->instrument[ev->instrument].qty_exp : 0;
        put_string(&w, "s", as_symbols_name(ctx->symbols, ev->instrument));
    }
    put_body(&w, ev, hl);
    put_text(&w, "}\n");
    return w.full ? 0 : w.n;
}
