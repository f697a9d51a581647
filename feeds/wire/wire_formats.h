/*
 * The inside of a wire: what wire.c and the formats (wire_itch.c, wire_iex.c) share; nobody else includes it.
 */
#ifndef AS_FEEDS_WIRE_FORMATS_H
#define AS_FEEDS_WIRE_FORMATS_H

#include "feeds/wire/normalise.h"
#include "feeds/wire/normalise_iex.h"
#include "feeds/wire/wire.h"

/* What a format has to say for itself. */
typedef struct as_wire_driver {
    const char *name;
    int (*init)(as_wire *wire); /* 0 or -ENOMEM; an error is cleaned up by fini */
    void (*fini)(as_wire *wire);
    void (*reset)(as_wire *wire, uint64_t midnight_ns);
    unsigned (*decode)(as_wire *wire, const uint8_t *message, size_t message_bytes, uint64_t ts_recv, as_event *out);
    void (*count)(as_wire *wire); /* bring the normaliser's counters into the wire's */
    uint64_t (*type_count)(const as_wire *wire, uint8_t type);
    void (*each)(const as_wire *wire, void (*fn)(void *arg, uint32_t instrument), void *arg);
    bool (*fits)(const uint8_t *message, size_t message_bytes);
} as_wire_driver;

extern const as_wire_driver as_wire_itch50, as_wire_tops, as_wire_deep;

struct as_wire {
    const as_wire_driver *driver;
    as_wire_options options;
    as_wire_counters counters;
    as_wire_bad last_bad;
    uint64_t last_ts; /* receive time of the latest event */
    union {
        as_normaliser itch;
        as_iex_normaliser iex;
    };
};

/* Count a message that is refused, or longer than it should be. */
static inline void as_wire_refuse(as_wire *wire, as_wire_bad bad)
{
    wire->counters.bad[bad]++;
    wire->last_bad = bad;
}

#endif
