#include "feeds/wire.h"

#include <errno.h>
#include <stdlib.h>

#include "feeds/decode/itch50.h"
#include "feeds/normalise.h"

/* What a format has to say for itself. */
typedef struct wire_format {
    const char *name;
    int (*init)(as_wire *wire);
    void (*fini)(as_wire *wire);
    void (*reset)(as_wire *wire, uint64_t midnight_ns);
    unsigned (*decode)(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv, as_event *out);
    void (*count)(as_wire *wire);
    uint64_t (*type_count)(const as_wire *wire, uint8_t type);
    void (*each)(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg);
    bool (*fits)(const uint8_t *message, size_t message_bytes);
} wire_format;

struct as_wire {
    const wire_format *format;
    as_wire_options options;
    as_wire_counters counters;
    as_wire_bad last_bad;
    union {
        as_normaliser itch;
    };
};

/* Count a message that is refused, or longer than it should be. */
static void refuse(as_wire *wire, as_wire_bad bad)
{
    wire->counters.bad[bad]++;
    wire->last_bad = bad;
}

/* ---- ITCH 5.0 ---- */

static int itch_init(as_wire *wire)
{
    const as_wire_options *o = &wire->options;
    as_normaliser_options options = {
        .symbols = o->symbols, .midnight_ns = o->midnight_ns, .source = o->source, .trust_r = o->trust_r};
    return as_normaliser_init(&wire->itch, &options);
}

static void itch_fini(as_wire *wire)
{
    as_normaliser_fini(&wire->itch);
}

static void itch_reset(as_wire *wire, uint64_t midnight_ns)
{
    as_normaliser_reset(&wire->itch, midnight_ns);
}

/* Without a universe every stock gets a number when it is met. */
static void itch_meet(as_wire *wire, const as_itch50 *message)
{
    const char *stock = as_itch50_stock(message);
    size_t bytes = AS_ITCH50_STOCK_BYTES;
    if (!stock)
        return;
    while (bytes > 0 && stock[bytes - 1] == ' ')
        bytes--;
    if (bytes > 0)
        wire->options.resolve(wire->options.arg, stock, bytes);
}

static unsigned itch_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                            as_event *out)
{
    static const as_wire_bad bad[] = {AS_WIRE_SHORT, AS_WIRE_UNKNOWN_TYPE, AS_WIRE_EMPTY};
    as_itch50 decoded;
    as_itch50_result result = as_itch50_decode(message, message_bytes, &decoded);
    if (result < 0) {
        refuse(wire, bad[-(int)result - 1]);
        return 0;
    }
    if (result == AS_ITCH50_GROWN)
        refuse(wire, AS_WIRE_GROWN);
    wire->counters.messages++;
    if (wire->options.resolve)
        itch_meet(wire, &decoded);
    return (unsigned)as_normalise_itch50(&wire->itch, &decoded, ts_recv, out);
}

static void itch_count(as_wire *wire)
{
    const as_normaliser_counters *c = &wire->itch.counters;
    as_wire_counters *w = &wire->counters;
    w->events = c->events;
    w->unknown_symbol = c->unknown_symbol;
    w->bad[AS_WIRE_UNKNOWN_LOCATE] = c->unknown_locate;
    w->bad[AS_WIRE_BAD_TIME] = c->bad_ts;
    w->bad[AS_WIRE_BAD_PRICE] = c->bad_px;
    w->bad[AS_WIRE_BAD_CODE] = c->bad_code;
    w->bad[AS_WIRE_EMPTY_TRADE] = c->empty_trades;
}

static uint64_t itch_type_count(const as_wire *wire, uint8_t type)
{
    return wire->itch.counters.by_type[type];
}

static void itch_each(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg)
{
    for (uint32_t locate = 0; locate < AS_LOCATE_COUNT; locate++)
        if (wire->itch.instrument[locate] < wire->options.symbols->count)
            fn(arg, wire->itch.instrument[locate]);
}

static bool itch_fits(const uint8_t *message, size_t message_bytes)
{
    return message_bytes > 0 && as_itch50_length(message[0]) > 0 && message_bytes == as_itch50_length(message[0]);
}

/* ---- the table ---- */

static const wire_format formats[AS_WIRE_FORMAT_COUNT] = {
    [AS_WIRE_ITCH50] = {"itch50", itch_init, itch_fini, itch_reset, itch_decode, itch_count, itch_type_count, itch_each,
                        itch_fits},
    [AS_WIRE_TOPS] = {.name = "tops"},
    [AS_WIRE_DEEP] = {.name = "deep"},
};

int as_wire_new(const as_wire_options *options, as_wire **wire)
{
    as_wire *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->format = &formats[options->format];
    made->options = *options;
    int code = made->format->init ? made->format->init(made) : -ENOTSUP;
    if (code < 0) {
        free(made);
        return code;
    }
    *wire = made;
    return 0;
}

void as_wire_free(as_wire *wire)
{
    if (!wire)
        return;
    wire->format->fini(wire);
    free(wire);
}

void as_wire_reset(as_wire *wire, uint64_t midnight_ns)
{
    wire->options.midnight_ns = midnight_ns;
    wire->format->reset(wire, midnight_ns);
}

unsigned as_wire_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                        as_event out[AS_WIRE_EVENTS_MAX])
{
    wire->last_bad = AS_WIRE_BAD_NONE;
    return wire->format->decode(wire, message, message_bytes, ts_recv, out);
}

as_wire_bad as_wire_last_bad(const as_wire *wire)
{
    return wire->last_bad;
}

const as_wire_counters *as_wire_counters_get(const as_wire *wire)
{
    as_wire *counted = (as_wire *)(uintptr_t)wire; /* some counters are kept elsewhere until someone asks */
    counted->format->count(counted);
    return &wire->counters;
}

uint64_t as_wire_type_count(const as_wire *wire, uint8_t type)
{
    return wire->format->type_count(wire, type);
}

void as_wire_each_instrument(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg)
{
    wire->format->each(wire, fn, arg);
}

const char *as_wire_format_name(as_wire_format format)
{
    return formats[format].name;
}

const char *as_wire_bad_name(as_wire_bad bad)
{
    static const char *const name[AS_WIRE_BAD_COUNT] = {"short_message",  "unknown_type", "empty_message",
                                                        "grown_message",  "unknown_locate", "bad_time",
                                                        "bad_price",      "bad_code",     "empty_trades"};
    return name[bad];
}

bool as_wire_fits(as_wire_format format, const uint8_t *message, size_t message_bytes)
{
    return formats[format].fits && formats[format].fits(message, message_bytes);
}
