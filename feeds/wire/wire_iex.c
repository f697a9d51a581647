#include "feeds/decode/deep.h"
#include "feeds/decode/tops.h"
#include "feeds/wire/wire_formats.h"

static int iex_init(as_wire *wire)
{
    const as_wire_options *o = &wire->options;
    as_iex_normaliser_options options = {
        .symbols = o->symbols, .resolve = o->resolve, .arg = o->arg, .source = o->source, .trust_r = o->trust_r};
    return as_iex_normaliser_init(&wire->iex, &options);
}

static void iex_fini(as_wire *wire)
{
    as_iex_normaliser_fini(&wire->iex);
}

/* IEX's stamps are whole: they count from no midnight. */
static void iex_reset(as_wire *wire, uint64_t midnight_ns)
{
    (void)midnight_ns;
    as_iex_normaliser_reset(&wire->iex);
}

/* What a decoder said of a message, and the message if it is good. */
static inline unsigned take(as_wire *wire, as_iex_result result, const as_iex *decoded, uint64_t ts_recv, as_event *out)
{
    static const as_wire_bad bad[] = {AS_WIRE_SHORT, AS_WIRE_UNKNOWN_TYPE, AS_WIRE_EMPTY};
    if (result < 0) {
        as_wire_refuse(wire, bad[-(int)result - 1]);
        return 0;
    }
    if (result == AS_IEX_GROWN)
        as_wire_refuse(wire, AS_WIRE_GROWN);
    wire->counters.messages++;
    return (unsigned)as_normalise_iex(&wire->iex, decoded, ts_recv, out);
}

static unsigned tops_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                            as_event *out)
{
    as_iex decoded;
    return take(wire, as_tops_decode(message, message_bytes, &decoded), &decoded, ts_recv, out);
}

static unsigned deep_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                            as_event *out)
{
    as_iex decoded;
    return take(wire, as_deep_decode(message, message_bytes, &decoded), &decoded, ts_recv, out);
}

static void iex_count(as_wire *wire)
{
    const as_iex_normaliser_counters *c = &wire->iex.counters;
    as_wire_counters *w = &wire->counters;
    w->events = c->events;
    w->unknown_symbol = c->unknown_symbol;
    w->bad[AS_WIRE_BAD_TIME] = c->bad_ts;
    w->bad[AS_WIRE_BAD_PRICE] = c->bad_px;
    w->bad[AS_WIRE_BAD_CODE] = c->bad_code;
    w->bad[AS_WIRE_EMPTY_TRADE] = c->empty_trades;
}

static uint64_t iex_type_count(const as_wire *wire, uint8_t type)
{
    return wire->iex.counters.by_type[type];
}

static void iex_each(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg)
{
    as_iex_each_instrument(&wire->iex, fn, arg);
}

static bool tops_fits(const uint8_t *message, size_t message_bytes)
{
    return message_bytes > 0 && as_tops_length(message[0]) > 0 && message_bytes >= as_tops_length(message[0]);
}

static bool deep_fits(const uint8_t *message, size_t message_bytes)
{
    return message_bytes > 0 && as_deep_length(message[0]) > 0 && message_bytes >= as_deep_length(message[0]);
}

const as_wire_driver as_wire_tops = {.name = "tops",
                                     .init = iex_init,
                                     .fini = iex_fini,
                                     .reset = iex_reset,
                                     .decode = tops_decode,
                                     .count = iex_count,
                                     .type_count = iex_type_count,
                                     .each = iex_each,
                                     .fits = tops_fits};

const as_wire_driver as_wire_deep = {.name = "deep",
                                     .init = iex_init,
                                     .fini = iex_fini,
                                     .reset = iex_reset,
                                     .decode = deep_decode,
                                     .count = iex_count,
                                     .type_count = iex_type_count,
                                     .each = iex_each,
                                     .fits = deep_fits};
