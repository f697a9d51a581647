#include "feeds/decode/ndjson.h"

#include <string.h>

#include "core/price.h"
#include "feeds/decode/headline_record.h"
#include "feeds/decode/json.h"
#include "feeds/decode/quantity.h"

static const char *const result_name[AS_NDJSON_RESULT_COUNT] = {
    [AS_NDJSON_OK] = "ok",
    [AS_NDJSON_UNKNOWN_SYMBOL] = "unknown_symbol",
    [AS_NDJSON_LINE_TOO_LONG] = "line_too_long",
    [AS_NDJSON_BAD_JSON] = "bad_json",
    [AS_NDJSON_BAD_UTF8] = "bad_utf8",
    [AS_NDJSON_DUPLICATE_KEY] = "duplicate_key",
    [AS_NDJSON_TOO_COMPLEX] = "too_complex",
    [AS_NDJSON_MISSING_KEY] = "missing_key",
    [AS_NDJSON_UNKNOWN_KIND] = "unknown_kind",
    [AS_NDJSON_BAD_TIME] = "bad_time",
    [AS_NDJSON_BAD_PRICE] = "bad_price",
    [AS_NDJSON_BAD_QTY] = "bad_qty",
    [AS_NDJSON_BAD_DURATION] = "bad_duration",
    [AS_NDJSON_BAD_STATE] = "bad_state",
    [AS_NDJSON_BAD_VALUE] = "bad_value",
};

const char *as_ndjson_result_name(as_ndjson_result result)
{
    return (unsigned)result < AS_NDJSON_RESULT_COUNT ? result_name[result] : "?";
}

static const char *const state_name[] = {
    [AS_STATE_TRADING] = "trading",
    [AS_STATE_QUOTE_ONLY] = "quote_only",
    [AS_STATE_PAUSED] = "paused",
    [AS_STATE_HALTED] = "halted",
};

const char *as_trading_state_name(as_trading_state state)
{
    return (unsigned)state <= AS_STATE_HALTED ? state_name[state] : "?";
}

/* A line in the course of being decoded. */
typedef struct reader {
    const as_ndjson_context *ctx;
    as_json_member member[AS_JSON_MEMBER_MAX];
    uint32_t count;
    int qty_exp;
} reader;

/* The value of a key; NULL if it is absent or null. */
static const as_json_value *get(const reader *r, const char *name)
{
    const as_json_value *value = as_json_find(r->member, r->count, name);
    return value && value->type != AS_JSON_NULL ? value : NULL;
}

static as_ndjson_result from_json(as_json_result result)
{
    switch (result) {
    case AS_JSON_OK:
        return AS_NDJSON_OK;
    case AS_JSON_UTF8:
        return AS_NDJSON_BAD_UTF8;
    case AS_JSON_DUPLICATE:
        return AS_NDJSON_DUPLICATE_KEY;
    case AS_JSON_DEPTH:
    case AS_JSON_MEMBERS:
        return AS_NDJSON_TOO_COMPLEX;
    default:
        return AS_NDJSON_BAD_JSON;
    }
}

/* A number without sign, point and exponent, up to 2^63-1. */
static bool read_integer(const as_json_value *value, uint64_t *out)
{
    uint64_t v = 0;
    if (value->type != AS_JSON_NUMBER || value->text_bytes > 19)
        return false;
    for (uint32_t i = 0; i < value->text_bytes; i++) {
        if (value->text[i] < '0' || value->text[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(value->text[i] - '0');
    }
    if (v > INT64_MAX)
        return false;
    *out = v;
    return true;
}

static bool is_decimal(const as_json_value *value)
{
    return value->type == AS_JSON_NUMBER || (value->type == AS_JSON_STRING && !value->escaped);
}

static as_ndjson_result read_price(const as_json_value *value, int64_t *px)
{
    int64_t parsed = 0;
    if (!value)
        return AS_NDJSON_MISSING_KEY;
    if (!is_decimal(value) || as_price_parse(value->text, value->text_bytes, &parsed) < 0 || parsed <= 0)
        return AS_NDJSON_BAD_PRICE;
    *px = parsed;
    return AS_NDJSON_OK;
}

/* A side of a quote: absent and zero mean that there is none. */
static as_ndjson_result read_side(const as_json_value *value, int64_t *px)
{
    int64_t parsed = 0;
    *px = AS_PX_UNDEFINED;
    if (value && is_decimal(value) && as_price_parse(value->text, value->text_bytes, &parsed) >= 0 && parsed == 0)
        return AS_NDJSON_OK;
    return value ? read_price(value, px) : AS_NDJSON_OK;
}

static as_ndjson_result read_qty(const reader *r, const char *name, uint64_t absent, uint64_t *qty)
{
    const as_json_value *value = get(r, name);
    *qty = absent;
    if (!value)
        return AS_NDJSON_OK;
    if (!is_decimal(value) || as_quantity_parse(value->text, value->text_bytes, r->qty_exp, qty) != AS_QUANTITY_OK)
        return AS_NDJSON_BAD_QTY;
    return AS_NDJSON_OK;
}

static as_ndjson_result read_seq(const reader *r, uint64_t *seq)
{
    const as_json_value *value = get(r, "seq");
    return !value || read_integer(value, seq) ? AS_NDJSON_OK : AS_NDJSON_BAD_VALUE;
}

static as_ndjson_result read_trade(const reader *r, as_event *ev)
{
    as_ndjson_result result = read_price(get(r, "p"), &ev->trade.px);
    if (!result)
        result = read_qty(r, "q", 0, &ev->trade.qty);
    return result ? result : read_seq(r, &ev->trade.seq);
}

static as_ndjson_result read_quote(const reader *r, as_event *ev)
{
    if (!as_json_find(r->member, r->count, "b") && !as_json_find(r->member, r->count, "a"))
        return AS_NDJSON_MISSING_KEY;
    as_ndjson_result result = read_side(get(r, "b"), &ev->quote.bid_px);
    if (!result)
        result = read_side(get(r, "a"), &ev->quote.ask_px);
    if (!result)
        result = read_qty(r, "bs", AS_QTY_UNDEFINED, &ev->quote.bid_qty);
    if (!result)
        result = read_qty(r, "as", AS_QTY_UNDEFINED, &ev->quote.ask_qty);
    if (ev->quote.bid_px == AS_PX_UNDEFINED)
        ev->quote.bid_qty = 0;
    if (ev->quote.ask_px == AS_PX_UNDEFINED)
        ev->quote.ask_qty = 0;
    return result ? result : read_seq(r, &ev->quote.seq);
}

/* px keeps its value if the key is absent. */
static as_ndjson_result read_optional_price(const reader *r, const char *name, int64_t *px)
{
    const as_json_value *value = get(r, name);
    return value ? read_price(value, px) : AS_NDJSON_OK;
}

static as_ndjson_result read_duration(const as_json_value *value, uint64_t *seconds)
{
    uint64_t ns = 0;
    if (!value)
        return AS_NDJSON_MISSING_KEY;
    if (!read_integer(value, &ns) || ns == 0 || ns % AS_NS_PER_S != 0 || ns / AS_NS_PER_S > AS_BAR_SECONDS_MAX)
        return AS_NDJSON_BAD_DURATION;
    *seconds = ns / AS_NS_PER_S;
    return AS_NDJSON_OK;
}

static as_ndjson_result read_bar(const reader *r, as_event *ev)
{
    uint64_t volume = 0, seconds = 0;
    as_ndjson_result result = read_price(get(r, "c"), &ev->bar.close);
    ev->bar.open = ev->bar.close;
    if (!result)
        result = read_optional_price(r, "o", &ev->bar.open);
    ev->bar.high = ev->bar.open > ev->bar.close ? ev->bar.open : ev->bar.close;
    ev->bar.low = ev->bar.open < ev->bar.close ? ev->bar.open : ev->bar.close;
    if (!result)
        result = read_optional_price(r, "h", &ev->bar.high);
    if (!result)
        result = read_optional_price(r, "l", &ev->bar.low);
    if (!result)
        result = read_qty(r, "v", 0, &volume);
    if (!result)
        result = read_duration(get(r, "d"), &seconds);
    ev->bar.volume_duration = as_bar_pack(volume, seconds);
    return result;
}

static as_ndjson_result read_status(const reader *r, as_event *ev)
{
    const as_json_value *value = get(r, "state");
    if (!value)
        return AS_NDJSON_MISSING_KEY;
    for (unsigned i = 0; i <= AS_STATE_HALTED; i++)
        if (as_json_string_is(value, state_name[i])) {
            ev->status.state = i;
            return AS_NDJSON_OK;
        }
    return AS_NDJSON_BAD_STATE;
}

static uint32_t find_symbol(const as_ndjson_context *ctx, const as_json_value *value)
{
    char symbol[AS_SYMBOL_BYTES];
    bool cut;
    size_t bytes = as_json_string_copy(value, symbol, sizeof symbol, &cut);
    if (cut || bytes == 0)
        return AS_INSTRUMENT_NONE;
    return ctx->resolve ? ctx->resolve(ctx->arg, symbol, bytes) : as_symbols_find(ctx->symbols, symbol, bytes);
}

/* An optional string into a field; false if it is there and not a string. */
static bool read_text(const reader *r, const char *name, char *field, size_t field_bytes, bool *cut)
{
    const as_json_value *value = get(r, name);
    if (value && value->type != AS_JSON_STRING)
        return false;
    if (value)
        as_json_string_copy(value, field, field_bytes, cut);
    return true;
}

static bool read_tags(const reader *r, as_headline *hl)
{
    const as_json_value *array = get(r, "symbols");
    as_json_value item;
    if (!array)
        return true;
    if (array->type != AS_JSON_ARRAY)
        return false;
    for (uint32_t at = 0; as_json_array_next(array, &at, &item);) {
        if (item.type != AS_JSON_STRING)
            return false;
        uint32_t instrument = find_symbol(r->ctx, &item);
        if (instrument != AS_INSTRUMENT_NONE)
            as_headline_add_tag(hl, instrument);
    }
    return true;
}

static bool read_headline_numbers(const reader *r, as_headline *hl)
{
    const as_json_value *tier = get(r, "tier"), *revision = get(r, "rev");
    uint64_t number = 0;
    if (tier && (!read_integer(tier, &number) || number < 1 || number > 4))
        return false;
    hl->tier_given = (uint8_t)number;
    number = 0;
    if (revision && (!read_integer(revision, &number) || number > UINT32_MAX))
        return false;
    hl->revision = (uint32_t)number;
    return true;
}

static as_ndjson_result read_headline(const reader *r, as_headline *hl)
{
    const as_json_value *id = get(r, "id"), *text = get(r, "text"), *class_name = get(r, "class");
    const as_json_value *status = get(r, "status");
    char whole_id[1024];
    size_t whole_id_bytes = 0;
    bool cut = false, id_cut = false;
    hl->retracted = status && as_json_string_is(status, "retracted");
    if (!text && !(hl->retracted && id)) /* an item is taken back by its id */
        return AS_NDJSON_MISSING_KEY;
    if (!read_text(r, "text", hl->text, sizeof hl->text, &cut) ||
        !read_text(r, "src", hl->source, sizeof hl->source, NULL) ||
        !read_text(r, "url", hl->url, sizeof hl->url, NULL))
        return AS_NDJSON_BAD_VALUE;
    if (id && id->type != AS_JSON_STRING && id->type != AS_JSON_NUMBER)
        return AS_NDJSON_BAD_VALUE;
    if (id)
        as_json_string_copy(id, hl->id, sizeof hl->id, &id_cut);
    if (!read_headline_numbers(r, hl) || !read_tags(r, hl) || (status && status->type != AS_JSON_STRING))
        return AS_NDJSON_BAD_VALUE;
    if (class_name) {
        char word[16];
        if (!read_text(r, "class", word, sizeof word, NULL))
            return AS_NDJSON_BAD_VALUE;
        hl->class_given = (uint8_t)as_source_class_parse(word);
        if (hl->class_given == AS_CLASS_UNKNOWN)
            return AS_NDJSON_BAD_VALUE;
    }
    hl->cut = cut;
    bool by_id = hl->retracted && strspn(hl->id, " \t") < strlen(hl->id);
    if (id_cut)
        whole_id_bytes = as_json_string_copy(id, whole_id, sizeof whole_id, NULL);
    bool has_text = as_headline_finish(hl, id_cut ? whole_id : NULL, whole_id_bytes);
    return has_text || by_id ? AS_NDJSON_OK : AS_NDJSON_BAD_VALUE;
}

static bool read_kind(const as_json_value *value, as_event *ev)
{
    static const struct {
        const char *word;
        as_event_kind kind;
    } kinds[] = {
        {"trade", AS_EVENT_TRADE},   {"quote", AS_EVENT_QUOTE},       {"bar", AS_EVENT_BAR},
        {"status", AS_EVENT_STATUS}, {"headline", AS_EVENT_HEADLINE}, {"news", AS_EVENT_HEADLINE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (as_json_string_is(value, kinds[i].word)) {
            ev->kind = (uint8_t)kinds[i].kind;
            return true;
        }
    return false;
}

/* k, t, r and s: what every line has. */
static as_ndjson_result read_common(reader *r, as_event *ev)
{
    const as_json_value *kind = get(r, "k"), *source_time = get(r, "t"), *receive_time = get(r, "r");
    if (!kind)
        return AS_NDJSON_MISSING_KEY;
    if (!read_kind(kind, ev))
        return AS_NDJSON_UNKNOWN_KIND;
    if (!source_time)
        return AS_NDJSON_MISSING_KEY;
    if (!read_integer(source_time, &ev->ts_event))
        return AS_NDJSON_BAD_TIME;
    ev->ts_recv = ev->ts_event;
    if (receive_time && !read_integer(receive_time, &ev->ts_recv))
        return AS_NDJSON_BAD_TIME;
    if (ev->kind == AS_EVENT_HEADLINE)
        return AS_NDJSON_OK;
    const as_json_value *symbol = get(r, "s");
    if (!symbol)
        return AS_NDJSON_MISSING_KEY;
    if (symbol->type != AS_JSON_STRING || symbol->text_bytes == 0)
        return AS_NDJSON_BAD_VALUE;
    ev->instrument = find_symbol(r->ctx, symbol);
    if (ev->instrument == AS_INSTRUMENT_NONE)
        return AS_NDJSON_UNKNOWN_SYMBOL;
    r->qty_exp = r->ctx->instrument ? r->ctx->instrument[ev->instrument].qty_exp : 0;
    return AS_NDJSON_OK;
}

as_ndjson_result as_ndjson_decode(const char *line, size_t line_bytes, const as_ndjson_context *ctx, as_event *ev,
                                  as_headline *hl)
{
    reader r;
    as_event event;
    if (line_bytes > AS_LINE_BYTES)
        return AS_NDJSON_LINE_TOO_LONG;
    r.ctx = ctx;
    as_ndjson_result result = from_json(as_json_object(line, line_bytes, r.member, &r.count));
    if (result)
        return result;
    memset(&event, 0, sizeof event);
    event.instrument = AS_INSTRUMENT_NONE;
    event.source = ctx->source;
    result = read_common(&r, &event);
    if (result == AS_NDJSON_UNKNOWN_SYMBOL)
        *ev = event;
    if (result)
        return result;
    switch (event.kind) {
    case AS_EVENT_TRADE:
        result = read_trade(&r, &event);
        break;
    case AS_EVENT_QUOTE:
        result = read_quote(&r, &event);
        break;
    case AS_EVENT_BAR:
        result = read_bar(&r, &event);
        break;
    case AS_EVENT_STATUS:
        result = read_status(&r, &event);
        break;
    default:
        as_headline_clear(hl);
        hl->ts_event = event.ts_event;
        hl->ts_recv = event.ts_recv;
        result = read_headline(&r, hl);
    }
    if (result == AS_NDJSON_OK)
        *ev = event;
    return result;
}
