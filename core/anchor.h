/*
 * Anchors: where a name stood before a headline, what was known of it, and how far it has come since.
 *
 *   CAR = ln(p/p0) - beta ln(m/m0)                       SCIENCE 2.2; logarithmic (DESIGN 6.12)
 *   z   = CAR / (sigma sqrt(max(H, floor))), |z| <= 20   SCIENCE 2.5; H in sessions since the anchor
 *
 * The log prices of a name and its session clock are the same for every fact that is anchored on it: as_levels keeps
 * them, so that a tick costs one logarithm and one look at the clock however many facts are open.
 *
 * A halt freezes CAR, H and z: while the name does not trade nothing is measured (SCIENCE 2.9).
 *
 * Threads: the core. Memory: as_levels one entry an instrument.
 */
#ifndef AS_CORE_ANCHOR_H
#define AS_CORE_ANCHOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/headline.h"
#include "core/market.h"
#include "core/playbook.h"

/* What a tick of a name leaves for all of its anchors. */
typedef struct as_level {
    int64_t reference; /* price that log is against; the first that was asked for. 0: none yet */
    int64_t px;        /* that log is of */
    double log;        /* ln(px / reference) */
    uint64_t clock_at; /* logical time that clock is of */
    double clock;      /* the name's session clock */
} as_level;

typedef struct as_levels {
    as_level *level; /* one an instrument */
} as_levels;

int as_levels_init(as_levels *levels, uint32_t instrument_count);
void as_levels_fini(as_levels *levels);

typedef struct as_anchor {
    uint32_t instrument;
    uint32_t factor;        /* AS_INSTRUMENT_NONE: none */
    int64_t px, factor_px;  /* AS_PX_UNDEFINED: none */
    uint64_t ts, seq;       /* of the mid */
    double log, factor_log; /* their levels */
    double clock;           /* session clock of the mid */
    double beta, sigma;     /* NAN: unknown */
    uint64_t blocks;        /* WARMUP, NO_FACTOR */
    /* latest */
    double move;              /* log move since the anchor, the market's part included */
    double car, h, root_h, z; /* root_h: sqrt(max(H, floor)) */
    bool measured;
} as_anchor;

/*
 * When an anchor has to lie before: the source's time, unless that is longer ago than the lookback; then the
 * receipt, and *late is set (DESIGN 6.13).
 */
uint64_t as_anchor_limit(const as_headline *headline, const as_thresholds *thresholds, bool *late);

/* Anchor a name at its last valid mid before limit, for a headline received at t0. Sets *late where only t0 does. */
as_anchor as_anchor_set(as_levels *levels, as_market *market, const as_thresholds *thresholds, uint32_t instrument,
                        uint64_t limit, uint64_t t0, bool *late);

/*
 * CAR, H and z at now. false, and nothing changed, where there is nothing to measure: no price newer than the headline,
 * no anchor, no factor, no volatility, the name does not trade, or its book or its factor's lacks something (a gap).
 */
bool as_anchor_measure(as_anchor *anchor, as_levels *levels, as_market *market, const as_thresholds *thresholds,
                       uint64_t t0, uint64_t now);

#endif
