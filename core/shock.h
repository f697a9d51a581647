/*
 * Shocks: how far a fact should have travelled, how far it did.
 *
 * A shock hangs on one live fact. At t0 it anchors the epicentre, every linked name and the controls at their last
 * valid mids before the headline (DESIGN 6.13), and freezes membership, betas, volatilities and the pre-event OU
 * fits. Then every price of a name updates its own measures in O(1):
 *
 *   CAR = ln(p/p0) - beta ln(m/m0)                       SCIENCE 2.2; logarithmic (DESIGN 6.12)
 *   z   = CAR / (sigma sqrt(max(H, floor))), |z| <= 20   SCIENCE 2.5; H in sessions since the anchor
 *   M   = clip(|z of the epicentre|, 1, 6), frozen at the first evaluation at or after t0 + 60 min (6.14)
 *   E   = w G M dir,  OS = (z - E) / sqrt(1 + (s_w G M)^2)   SCIENCE 3.2, 3.3; DESIGN 6.15
 *   B   = share of linked names with sign-consistent |z| >= 2  SCIENCE 3.4; DESIGN 6.17
 *   K   = weighted gap of the controls                    SCIENCE 3.5
 *   s   = (X - m) / s_eq, X the sector-hedged CAR         SCIENCE 4.3
 *
 * Sums over names are kept as integers (1e-12), so that they do not depend on the order of updates.
 * Threads: the core. Memory: fixed at init: AS_FACT_MAX shocks of min(AS_LINKED_MAX, instruments) names.
 */
#ifndef AS_CORE_SHOCK_H
#define AS_CORE_SHOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fact.h"
#include "core/market.h"
#include "core/signal.h"
#include "core/stats/control.h"
#include "core/stats/variance_ratio.h"
#include "core/view.h"

/* Where a name stood before the headline, and what was known of it. Frozen at t0. */
typedef struct as_anchor {
    uint32_t instrument;
    uint32_t factor;        /* AS_INSTRUMENT_NONE: none */
    int64_t px, factor_px;  /* AS_PX_UNDEFINED: none */
    uint64_t ts, seq;       /* of the mid */
    double clock;           /* session clock of the mid */
    double beta, sigma;     /* NAN: unknown */
    uint64_t blocks;        /* WARMUP, NO_FACTOR */
    /* measures, latest */
    double car, h, z;
    bool measured;
    /* log moves since the anchor, with the mids they are of: most ticks leave one of them, or both, as they were */
    double move, factor_move;
    int64_t moved_px, moved_factor_px;
} as_anchor;

typedef struct as_linked {
    as_anchor anchor;
    double w, s_w;
    double sector_beta;     /* c, SCIENCE 4.3 */
    double ou_b, ou_k, s_eq; /* NAN without a usable pre-event fit */
    double e, os, x, x_mean, s;
    bool consistent_move;   /* counted in breadth: sign-consistent |z| >= 2, with hysteresis */
    int64_t car_q, z_q;     /* what is in the shock's sums */
    uint8_t bucket;
    double extreme_car;     /* farthest CAR in the direction of the move */
    uint64_t extreme_at;
    int64_t session;        /* session of session_base */
    double session_base;    /* CAR at the end of the previous session */
    double latest_car;
    uint64_t minute;        /* of the latest price */
    double minute_last, minute_level; /* log price against the anchor: latest, and at the last full minute */
    as_variance_ratio_run minutes;    /* one-minute returns since t0 */
    as_signal signal[AS_STRATEGY_MAX];
} as_linked;

typedef struct as_control_state {
    as_anchor anchor;
    double q;               /* weight; 0 while the control has news of its own */
    as_control_fit fit;     /* conditional beta on the basket and residual variance a day, before the event */
} as_control_state;

typedef struct as_shock {
    uint64_t fact;          /* serial, 0: slot unused */
    uint64_t t0;
    uint32_t issuer;
    uint16_t event_type;
    uint8_t control_count;
    int8_t polarity;
    int8_t dir;
    bool is_signed, fade, frozen, frozen_said, contradicted, late;
    double default_m, m, g, k;
    as_anchor epicentre;    /* px undefined: private, unlisted or not quoted */
    as_signal epicentre_signal[AS_STRATEGY_MAX];
    uint32_t linked_count;
    uint32_t usable_count;  /* linked names with enough history and a factor: what breadth and basket are over */
    uint32_t breadth_count; /* linked names with sign-consistent |z| >= 2 */
    int64_t car_sum;        /* of linked names, 1e-12 */
    int64_t z_sum;
    uint32_t measured_count;
    int64_t bucket_car[AS_BUCKET_MAX];
    uint32_t bucket_names[AS_BUCKET_MAX];
    as_control_state control[AS_CONTROL_MAX];
    as_linked *linked;      /* ascending by instrument */
} as_shock;

/* A name's place in the open shocks. */
typedef struct as_shock_ref {
    uint16_t shock;         /* index of the slot */
    uint16_t linked;        /* index in linked[], or AS_REF_EPICENTRE, AS_REF_CONTROL + i */
} as_shock_ref;

enum { AS_REF_CONTROL = 0xFF00, AS_REF_EPICENTRE = 0xFFFF };

typedef struct as_shock_refs {
    uint8_t count;
    as_shock_ref ref[AS_ANCHOR_MAX];
} as_shock_refs;

typedef struct as_shock_table {
    as_shock *shock;        /* AS_FACT_MAX slots */
    as_shock_refs *refs;    /* one an instrument */
    uint32_t linked_max;
    uint32_t open_count;
    uint64_t refused_refs;  /* names left out: already in AS_ANCHOR_MAX open shocks, or beyond AS_LINKED_MAX */
    uint64_t late_news;
} as_shock_table;

int as_shock_table_init(as_shock_table *table, uint32_t instrument_count);
void as_shock_table_fini(as_shock_table *table);

/*
 * Open a shock on a fact for the headline that created it. NULL when all slots are taken (the caller retires the oldest
 * first). The fact's family must have channels.
 */
as_shock *as_shock_open(as_shock_table *table, as_market *market, const as_playbook *playbook, const as_fact *fact,
                        const as_headline *headline);

/* Take its names out of the refs and free the slot. Signals must have been closed. */
void as_shock_retire(as_shock_table *table, as_shock *shock);

as_shock *as_shock_of(as_shock_table *table, uint64_t fact_serial);
/* The shock that was opened first; NULL if none is open. */
as_shock *as_shock_oldest(as_shock_table *table);

/* Bring the epicentre, or a control's anchor, up to date. Moves M and dir while they are not frozen. */
void as_shock_measure_epicentre(as_shock *shock, as_market *market, const as_playbook *playbook, uint64_t now);
/* Bring a linked name up to date: CAR, z and the shock's sums. */
void as_shock_measure_linked(as_shock *shock, as_linked *linked, as_market *market, const as_playbook *playbook,
                             uint64_t now);
/* Count it in breadth or not, once the sums of the instant are complete. */
void as_shock_count_linked(as_shock *shock, as_linked *linked, const as_thresholds *thresholds);
/* K from the controls' anchors and the basket. */
void as_shock_measure_control(as_shock *shock, as_market *market, const as_playbook *playbook, uint64_t now);
/* E, OS, X, s from the measures, M and G. */
void as_shock_score(as_shock *shock, as_linked *linked, const as_playbook *playbook);

/* The weight's uncertainty, widened while the controls contradict the basket (SCIENCE 3.5). */
double as_shock_s_w(const as_shock *shock, const as_linked *linked);

/* B, 0..1, over the usable names; 0 with none. */
double as_shock_breadth(const as_shock *shock);
/* Mean CAR of the measured linked names; 0 with none. */
double as_shock_basket_car(const as_shock *shock);
/* Sign the shock has on a name: of w (times dir unless the family is signed), of the basket where w is 0. */
int as_shock_chain_sign(const as_shock *shock, double w);
/* Mean abnormal return of the current session over names with |OS| >= os_open, scored anew; NAN with none. */
double as_shock_flagged_mean(as_shock *shock, const as_playbook *playbook);

#endif
