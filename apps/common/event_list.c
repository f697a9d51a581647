#include "apps/common/event_list.h"

#include <inttypes.h>
#include <string.h>

#include "core/price.h"
#include "feeds/decode/csv.h"
#include "feeds/decode/json.h"
#include "feeds/decode/quantity.h"

const char *as_event_kind_name(uint8_t kind)
{
    static const char *const name[AS_EVENT_KIND_COUNT] = {
        "none",      "status",        "trade",        "quote",        "bar",           "level",
        "order_add", "order_execute", "order_reduce", "order_delete", "order_replace", "clear",
        "headline",  "timer",         "gap",          "session",      "reload",
    };
    return kind < AS_EVENT_KIND_COUNT ? name[kind] : "?";
}

/* An event's fields as text; empty: the kind has no such field, or it is undefined. */
typedef struct texts {
    char side[2], px[AS_PRICE_TEXT_BYTES], qty[AS_QUANTITY_TEXT_BYTES];
    char bid_px[AS_PRICE_TEXT_BYTES], bid_qty[AS_QUANTITY_TEXT_BYTES];
    char ask_px[AS_PRICE_TEXT_BYTES], ask_qty[AS_QUANTITY_TEXT_BYTES];
    char open[AS_PRICE_TEXT_BYTES], high[AS_PRICE_TEXT_BYTES], low[AS_PRICE_TEXT_BYTES], close[AS_PRICE_TEXT_BYTES];
    char volume[AS_QUANTITY_TEXT_BYTES], duration[24];
    char ref[24], new_ref[24], match[24], seq[24], from_seq[24], to_seq[24];
    char state[16];
} texts;

static void set_px(char *out, int64_t px)
{
    if (px != AS_PX_UNDEFINED)
        as_price_format(px, out);
}

static void set_qty(char *out, uint64_t qty, int exponent)
{
    if (qty != AS_QTY_UNDEFINED)
        as_quantity_format(qty, exponent, out);
}

static void set_number(char *out, uint64_t number)
{
    snprintf(out, 24, "%" PRIu64, number);
}

static void set_order(texts *t, const as_event *event, int exponent)
{
    set_number(t->ref, event->order.ref);
    if (event->kind == AS_EVENT_ORDER_ADD)
        snprintf(t->side, sizeof t->side, "%c", event->flags & AS_EVENT_SELL ? 'S' : 'B');
    if (event->kind == AS_EVENT_ORDER_REPLACE)
        set_number(t->new_ref, event->order.new_ref);
    if (event->kind == AS_EVENT_ORDER_EXECUTE)
        set_number(t->match, event->order.match);
    if (event->kind != AS_EVENT_ORDER_DELETE)
        set_qty(t->qty, event->order.qty, exponent);
    if (event->kind != AS_EVENT_ORDER_DELETE && event->kind != AS_EVENT_ORDER_REDUCE)
        set_px(t->px, event->order.px);
}

static void set_bar(texts *t, const as_event *event, int exponent)
{
    set_px(t->open, event->bar.open);
    set_px(t->high, event->bar.high);
    set_px(t->low, event->bar.low);
    set_px(t->close, event->bar.close);
    set_qty(t->volume, as_bar_volume(event), exponent);
    set_number(t->duration, as_bar_duration_ns(event));
}

static void set_texts(texts *t, const as_event *event, const as_ndjson_context *context)
{
    int exponent = context->instrument && event->instrument < context->symbols->count
                       ? context->instrument[event->instrument].qty_exp
                       : 0;
    memset(t, 0, sizeof *t);
    switch (event->kind) {
    case AS_EVENT_TRADE:
        set_px(t->px, event->trade.px);
        set_qty(t->qty, event->trade.qty, exponent);
        break;
    case AS_EVENT_QUOTE:
        set_px(t->bid_px, event->quote.bid_px);
        set_qty(t->bid_qty, event->quote.bid_qty, exponent);
        set_px(t->ask_px, event->quote.ask_px);
        set_qty(t->ask_qty, event->quote.ask_qty, exponent);
        break;
    case AS_EVENT_BAR:
        set_bar(t, event, exponent);
        break;
    case AS_EVENT_LEVEL:
        snprintf(t->side, sizeof t->side, "%c", event->flags & AS_EVENT_SELL ? 'S' : 'B');
        set_px(t->px, event->level.px);
        set_qty(t->qty, event->level.qty, exponent);
        break;
    case AS_EVENT_STATUS:
        snprintf(t->state, sizeof t->state, "%s", as_trading_state_name((as_trading_state)event->status.state));
        break;
    case AS_EVENT_SESSION:
        snprintf(t->state, sizeof t->state, "%c", (int)event->session.phase);
        break;
    case AS_EVENT_GAP:
        set_number(t->from_seq, event->gap.from_seq);
        set_number(t->to_seq, event->gap.to_seq);
        break;
    case AS_EVENT_ORDER_ADD:
    case AS_EVENT_ORDER_EXECUTE:
    case AS_EVENT_ORDER_REDUCE:
    case AS_EVENT_ORDER_DELETE:
    case AS_EVENT_ORDER_REPLACE:
        set_order(t, event, exponent);
        break;
    default:
        break;
    }
}

static void put_member(FILE *stream, const char *key, const char *value, bool quoted)
{
    if (*value)
        fprintf(stream, quoted ? ",\"%s\":\"%s\"" : ",\"%s\":%s", key, value);
}

void as_event_list_ndjson(FILE *stream, const as_event *event, const as_headline *headline,
                          const as_ndjson_context *context)
{
    char line[AS_NDJSON_LINE_BYTES];
    size_t bytes = as_ndjson_encode(event, headline, context, line, sizeof line);
    if (bytes > 0) {
        fwrite(line, 1, bytes, stream);
        return;
    }
    texts t;
    set_texts(&t, event, context);
    fprintf(stream, "{\"k\":\"%s\",\"t\":%" PRIu64, as_event_kind_name(event->kind), event->ts_event);
    if (event->ts_recv != event->ts_event)
        fprintf(stream, ",\"r\":%" PRIu64, event->ts_recv);
    if (event->instrument != AS_INSTRUMENT_NONE) {
        const char *symbol = as_symbols_name(context->symbols, event->instrument);
        bytes = as_json_escape(symbol, strlen(symbol), line, sizeof line);
        fprintf(stream, ",\"s\":\"%.*s\"", (int)bytes, line);
    }
    put_member(stream, "ref", t.ref, false);
    put_member(stream, "new_ref", t.new_ref, false);
    put_member(stream, "match", t.match, false);
    put_member(stream, "side", t.side, true);
    put_member(stream, "p", t.px, true);
    put_member(stream, "q", t.qty, false);
    put_member(stream, "from_seq", t.from_seq, false);
    put_member(stream, "to_seq", t.to_seq, false);
    put_member(stream, event->kind == AS_EVENT_SESSION ? "phase" : "state", t.state, true);
    fputs("}\n", stream);
}

void as_event_list_csv_header(FILE *stream)
{
    fputs("k,t,r,s,side,p,q,ref,new_ref,match,b,bs,a,as,d,o,h,l,c,v,state,from_seq,to_seq,id,src,url,text\n", stream);
}

static void put_field(FILE *stream, const char *text)
{
    char field[2 * AS_HEADLINE_TEXT_BYTES + 2];
    size_t bytes = as_csv_field_write(text, strlen(text), field, sizeof field);
    fputc(',', stream);
    if (bytes != SIZE_MAX)
        fwrite(field, 1, bytes, stream);
}

void as_event_list_csv(FILE *stream, const as_event *event, const as_headline *headline,
                       const as_ndjson_context *context)
{
    texts t;
    set_texts(&t, event, context);
    bool news = event->kind == AS_EVENT_HEADLINE && headline;
    fprintf(stream, "%s,%" PRIu64 ",%" PRIu64, as_event_kind_name(event->kind), event->ts_event, event->ts_recv);
    put_field(stream,
              event->instrument == AS_INSTRUMENT_NONE ? "" : as_symbols_name(context->symbols, event->instrument));
    const char *const field[] = {t.side,    t.px,     t.qty,     t.ref,      t.new_ref, t.match, t.bid_px,
                                 t.bid_qty, t.ask_px, t.ask_qty, t.duration, t.open,    t.high,  t.low,
                                 t.close,   t.volume, t.state,   t.from_seq, t.to_seq};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++)
        fprintf(stream, ",%s", field[i]);
    put_field(stream, news ? headline->id : "");
    put_field(stream, news ? headline->source : "");
    put_field(stream, news ? headline->url : "");
    put_field(stream, news ? headline->text : "");
    fputc('\n', stream);
}
