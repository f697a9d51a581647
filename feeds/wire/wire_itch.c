#include "feeds/decode/itch50.h"
#include "feeds/wire/wire_formats.h"

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

/* Decoded first, so that the stock has its number before the message is normalised. */
static int meet_and_normalise(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                              as_event *out, as_itch50_result *result)
{
    as_itch50 decoded;
    *result = as_itch50_decode(message, message_bytes, &decoded);
    if (*result < 0)
        return 0;
    itch_meet(wire, &decoded);
    return as_normalise_itch50(&wire->itch, &decoded, ts_recv, out);
}

static unsigned itch_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                            as_event *out)
{
    static const as_wire_bad bad[] = {AS_WIRE_SHORT, AS_WIRE_UNKNOWN_TYPE, AS_WIRE_EMPTY};
    as_itch50_result result;
    int events = wire->options.resolve
                     ? meet_and_normalise(wire, message, message_bytes, ts_recv, out, &result)
                     : as_normalise_itch50_bytes(&wire->itch, message, message_bytes, ts_recv, out, &result);
    if (result < 0) {
        as_wire_refuse(wire, bad[-(int)result - 1]);
        return 0;
    }
    if (result == AS_ITCH50_GROWN)
        as_wire_refuse(wire, AS_WIRE_GROWN);
    wire->counters.messages++;
    return (unsigned)events;
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

const as_wire_driver as_wire_itch50 = {.name = "itch50",
                                       .init = itch_init,
                                       .fini = itch_fini,
                                       .reset = itch_reset,
                                       .decode = itch_decode,
                                       .count = itch_count,
                                       .type_count = itch_type_count,
                                       .each = itch_each,
                                       .fits = itch_fits};
