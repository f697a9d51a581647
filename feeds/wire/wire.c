#include "feeds/wire/wire.h"

#include <errno.h>
#include <stdlib.h>

#include "feeds/wire/wire_formats.h"

static const as_wire_driver *const formats[AS_WIRE_FORMAT_COUNT] = {
    [AS_WIRE_ITCH50] = &as_wire_itch50,
    [AS_WIRE_TOPS] = &as_wire_tops,
    [AS_WIRE_DEEP] = &as_wire_deep,
};

int as_wire_new(const as_wire_options *options, as_wire **wire)
{
    as_wire *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->driver = formats[options->format];
    made->options = *options;
    int code = made->driver->init(made);
    if (code < 0) {
        as_wire_free(made);
        return code;
    }
    *wire = made;
    return 0;
}

void as_wire_free(as_wire *wire)
{
    if (!wire)
        return;
    wire->driver->fini(wire);
    free(wire);
}

void as_wire_reset(as_wire *wire, uint64_t midnight_ns)
{
    wire->options.midnight_ns = midnight_ns;
    wire->driver->reset(wire, midnight_ns);
}

unsigned as_wire_decode(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                        as_event out[AS_WIRE_EVENTS_MAX])
{
    wire->last_bad = AS_WIRE_BAD_NONE;
    unsigned count = wire->driver->decode(wire, message, message_bytes, ts_recv, out);
    if (count > 0) {
        wire->last_ts = out[0].ts_recv;
        return count;
    }
    if (wire->last_bad != AS_WIRE_SHORT)
        return 0;
    uint64_t ts = wire->options.trust_r ? wire->last_ts : ts_recv;
    *out = (as_event){.ts_event = ts,
                      .ts_recv = ts,
                      .raw = {0},
                      .instrument = AS_INSTRUMENT_NONE,
                      .kind = AS_EVENT_GAP,
                      .source = wire->options.source};
    return 1;
}

as_wire_bad as_wire_last_bad(const as_wire *wire)
{
    return wire->last_bad;
}

const as_wire_counters *as_wire_counters_get(const as_wire *wire)
{
    as_wire *counted = (as_wire *)(uintptr_t)wire; /* some counters are kept elsewhere until someone asks */
    counted->driver->count(counted);
    return &wire->counters;
}

uint64_t as_wire_type_count(const as_wire *wire, uint8_t type)
{
    return wire->driver->type_count(wire, type);
}

void as_wire_each_instrument(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg)
{
    wire->driver->each(wire, fn, arg);
}

const char *as_wire_format_name(as_wire_format format)
{
    return formats[format]->name;
}

const char *as_wire_bad_name(as_wire_bad bad)
{
    static const char *const name[AS_WIRE_BAD_COUNT] = {"short_message", "unknown_type",   "empty_message",
                                                        "grown_message", "unknown_locate", "bad_time",
                                                        "bad_price",     "bad_code",       "empty_trades"};
    return name[bad];
}

bool as_wire_fits(as_wire_format format, const uint8_t *message, size_t message_bytes)
{
    return formats[format]->fits(message, message_bytes);
}
