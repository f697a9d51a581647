/*
 * A glance: what the market looks like now, copied by the core for those who look on (the page, Prometheus).
 *
 * One block of flat arrays that is handed back and forth: the looker asks, the core fills it, AS_GLANCE_SLICE names a
 * turn so that no turn is long, and gives it back. It is written and read by one side at a time, so nothing is ever
 * torn, neither side waits for the other, and without a looker the core pays one relaxed load a turn. Names are
 * copied within a few turns of each other: a picture, never an input of a decision, never journaled.
 *
 * Cost on the core: tests/core/test_glance.c prints it for 5,000 names; docs/OPERATIONS.md has the figure.
 *
 * Threads: as_glance_work on the core's; ask and take on one other. Memory: fixed at init.
 * Edges (of .state, which has an owner at any time):
 *   G1  HERS -> THEIRS, release in as_glance_work -> acquire in as_glance_take: the looker sees what the core wrote
 *   G2  THEIRS -> HERS, release in as_glance_ask -> acquire in as_glance_work: the looker's last read comes before the
 *       core's first write of the next picture
 */
#ifndef AS_CORE_GLANCE_H
#define AS_CORE_GLANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"

enum { AS_GLANCE_SLICE = 256 }; /* names a turn */

/* .flags of a name: the facts that the looker makes a judgement of. */
enum {
    AS_GLANCE_NO_PRICE = 0x01, /* it has had none */
    AS_GLANCE_INVALID = 0x02,  /* the latest quote was crossed, locked, empty or too wide */
    AS_GLANCE_GAP = 0x04,      /* as_market_is_whole says no: messages were lost, or the book is inconsistent */
    AS_GLANCE_HALTED = 0x08,   /* not trading: halted, paused or quote-only */
    AS_GLANCE_PAUSED = 0x10,   /* in a volatility pause; HALTED as well */
    AS_GLANCE_RESUMED = 0x20,  /* a moment ago: the wait is not over, as far as anybody asked */
    AS_GLANCE_BAR = 0x40       /* the mid is a bar's close, not a quote's */
};

typedef struct as_glance {
    _Atomic(uint32_t) state; /* AS_GLANCE_THEIRS or AS_GLANCE_HERS */
    uint32_t count;          /* names */
    /* the rest belongs to whom .state says */
    uint32_t next;     /* name to be copied */
    uint64_t pictures; /* that were completed */
    uint64_t now;      /* logical time of the last slice; 0: before the first event */
    uint64_t seq;      /* instants so far */
    uint32_t shocks;   /* that are open */
    as_engine_counters engine;
    as_market_counters market;
    int64_t *mid_px;   /* AS_PX_UNDEFINED: none */
    int64_t *close_px; /* of the last session that had one; AS_PX_UNDEFINED */
    uint64_t *mid_ts;  /* when the mid was last confirmed */
    float *variance;   /* of a daily return by the market model: beta^2 E[market^2] + residual; NAN unknown */
    uint8_t *flags;
} as_glance;

enum { AS_GLANCE_THEIRS = 0, AS_GLANCE_HERS = 1 }; /* the looker's; the core's ("her": the core) */

/* Room for count names, all without a price. 0 or -ENOMEM. */
int as_glance_init(as_glance *glance, uint32_t count);
void as_glance_fini(as_glance *glance);

/* The core, every turn: one load unless a picture is asked for; else one slice of it. true: it copied something. */
bool as_glance_copy(as_glance *glance, const as_engine *engine);

static inline bool as_glance_work(as_glance *glance, const as_engine *engine)
{
    if (atomic_load_explicit(&glance->state, memory_order_acquire) == AS_GLANCE_THEIRS) /* edge G2 */
        return false;
    return as_glance_copy(glance, engine);
}

/* The looker: is the picture mine to read? It stays so until the next ask. .pictures says whether it is a new one. */
bool as_glance_take(const as_glance *glance);

/* The looker: give it away for the next picture. Only while it is his (as_glance_take); else nothing happens. */
void as_glance_ask(as_glance *glance);

#endif
