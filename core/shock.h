/*
 * Shocks: how far a fact should have travelled, how far it did.
 *
 * A shock hangs on one live fact. At t0 it anchors the epicentre, every linked name and the controls at their last
 * valid mids before the headline (DESIGN 6.13), and freezes membership, betas, volatilities and the pre-event OU
 * fits. Then every price of a name updates its own measures in O(1):
 *
 *   CAR, z                                               core/anchor.h
 *   M   = clip(|z of the epicentre|, 1, 6), frozen at the first evaluation at or after t0 + 60 min (6.14)
 *         no larger than default_M, and dir the polarity, while another fact of the same epicentre is anchored at the
 *         same moment or later: whose move it is cannot be told (ours)
 *   E   = w G M dir,  OS = (z - E) / sqrt(1 + (s_w G M)^2)   SCIENCE 3.2, 3.3; DESIGN 6.15
 *   B   = share of linked names with sign-consistent |z| >= 2  SCIENCE 3.4; DESIGN 6.17
 *   K   = weighted gap of the controls                    SCIENCE 3.5
 *   s   = (X - m) / s_eq, X the sector-hedged CAR         SCIENCE 4.3
 *
 * Is it a shock at all? In the first hour that the issuer trades after t0 (m_freeze_min; the first look after it counts
 * as well, so a daily bar does) the epicentre and the basket together have to move by shock_z:
 *   sqrt(z_epicentre^2 + z_basket^2) >= shock_z,  z_basket = mean CAR / (sd of the basket's daily residual sqrt(H)),
 * each of them by a quarter of it; the basket alone where the issuer has no price, the epicentre alone by 1.5 of it. A
 * jump of one name, or of one sector elsewhere, in that hour is not the headline's. The basket's own standard deviation
 * carries the correlation of its names, as the correction of Kolari and Pynnonen (2010) does. Without a shock no
 * overreaction opens (NO_SHOCK), and none opens later than react_sessions after t0 or the latest change of the fact's
 * status (LATE_MOVE): what drifts two sigma a week later answers something else. Both are (ours), measured on the
 * simulator's days without a shock (docs/SCORING.md, docs/decisions/0009).
 *
 * Overlapping facts: a fact that is anchored at the same moment or later pushes the same price. What it justifies is
 * taken off this fact's excess, with the variance of its weights:
 *   OS' = (z - E - sum E' r') / sqrt(1 + (s_w G M)^2 + sum (s_w' G' M')^2 r'^2),  r' = sqrt(H'/H) sigma'/sigma  (ours)
 * Other facts may explain an excess but never make one: OS is the smaller of OS and OS', 0 where they differ in sign.
 *
 * Sums over names are kept as integers (1e-12), so that they do not depend on the order of updates.
 * Threads: the core. Memory: fixed at init: AS_FACT_MAX shocks of min(AS_LINKED_MAX, instruments) names.
 */
#ifndef AS_CORE_SHOCK_H
#define AS_CORE_SHOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/anchor.h"
#include "core/fact.h"
#include "core/market.h"
#include "core/signal.h"
#include "core/stats/control.h"
#include "core/stats/variance_ratio.h"
#include "core/view.h"

/* What every tick of the name touches comes first, the signals last: eighty names then fit into the nearest cache. */
typedef struct as_linked {
    as_anchor anchor;
    double w;
    double e, den;                            /* SCIENCE 3.2 and 3.3 */
    double weighed_m, weighed_g, weighed_s_w; /* what these are of; NAN: of nothing yet */
    double later, later_var; /* what facts anchored later justify of this move, and its variance; sigmas */
    double os;
    double frozen_root_h;           /* root_h at the first score after M froze; 0 before */
    int64_t car_q, z_q, z_square_q; /* what is in the shock's sums */
    int64_t session;                /* session of session_base */
    double latest_car;
    double extreme_car; /* farthest CAR in the direction of the move */
    uint64_t extreme_at;
    uint64_t minute;                  /* of the latest price */
    double minute_last, minute_level; /* log price against the anchor: latest, and at the last full minute */
    double s_w;
    int8_t weighed_dir;
    uint8_t bucket;
    uint8_t live;         /* strategies with a signal that is open, vetoed or spent: a set */
    bool consistent_move; /* counted in breadth: sign-consistent |z| >= 2, with hysteresis */
    bool in_time;         /* it has overreacted within react_sessions of the news */
    bool transmitted;     /* since M froze it has come most of the way to E once: nothing later is late transmission */
    bool halt_counted;    /* it has not been measured because of a halt, and that has been counted */
    /* on being asked */
    double sector_beta;      /* c, SCIENCE 4.3 */
    double ou_b, ou_k, s_eq; /* NAN without a usable pre-event fit */
    double x, x_mean, s;
    double news_h;       /* H when the fact's status changed last; 0: at t0 */
    double session_base; /* CAR at the end of the previous session */
    /* at a minute's end */
    as_variance_ratio_run minutes; /* one-minute returns since t0 */
    double variance_ratio;         /* VR(5) of them at the last full minute; NAN while there are too few */
    as_signal signal[AS_STRATEGY_MAX];
} as_linked;

typedef struct as_control_state {
    as_anchor anchor;
    double q;           /* weight; counted as 0 while the control has news of its own */
    as_control_fit fit; /* conditional beta on the basket and residual variance a day, before the event */
} as_control_state;

typedef struct as_shock {
    uint64_t fact; /* serial, 0: slot unused */
    uint64_t t0;
    uint32_t issuer;
    uint16_t event_type;
    uint8_t control_count;
    int8_t polarity;
    int8_t dir;
    bool is_signed, fade, frozen, frozen_said, contradicted, late;
    bool shocked;                          /* epicentre and basket have moved by shock_z in the first hour */
    bool has_flat;                         /* a linked name has a weight of 0 */
    bool weighed;                          /* that hour is over */
    uint64_t evidence_until, evidence_end; /* the hour's end; the session's, for an epicentre that is halted */
    double default_m, m, g, k;
    double basket_sd;     /* of the linked names' mean residual, a session; NAN: too short a history */
    double basket_root_h; /* of the linked name that moved last */
    double vol_ratio;     /* recent over usual volatility of the basket; NAN unknown */
    uint64_t flagged_seq; /* instant that flagged_mean is of */
    double flagged_mean;
    int8_t counted_dir, counted_sign; /* of the shock and of the basket, when breadth was counted */
    uint32_t stops;                   /* fades of this fact that were stopped */
    as_anchor epicentre;              /* px undefined: private, unlisted or not quoted, and no stand-in */
    as_signal epicentre_signal[AS_STRATEGY_MAX];
    uint32_t linked_count;
    uint32_t usable_count;  /* linked names with enough history and a factor: what breadth and basket are over */
    uint32_t breadth_count; /* linked names with sign-consistent |z| >= 2 */
    int64_t car_sum;        /* of linked names, 1e-12 */
    int64_t z_sum;
    int64_t z_square_sum; /* 1e-12 too: 1,024 names of |z| 20 are 4e17 */
    uint32_t measured_count;
    int64_t bucket_car[AS_BUCKET_MAX];
    uint32_t bucket_names[AS_BUCKET_MAX];
    as_control_state control[AS_CONTROL_MAX];
    double k_level, k_slope; /* K = k_level + k_slope basket: the controls as they stood at k_at */
    uint64_t k_at;
    bool k_known;
    as_linked *linked; /* ascending by instrument */
} as_shock;

/* A name's place in the open shocks. */
typedef struct as_shock_ref {
    uint16_t shock;  /* index of the slot */
    uint16_t linked; /* index in linked[], or AS_REF_EPICENTRE, AS_REF_CONTROL + i */
} as_shock_ref;

enum { AS_REF_CONTROL = 0xFF00, AS_REF_EPICENTRE = 0xFFFF };

typedef struct as_shock_refs {
    uint8_t count;
    as_shock_ref ref[AS_ANCHOR_MAX];
} as_shock_refs;

typedef struct as_shock_table {
    as_shock *shock;     /* AS_FACT_MAX slots */
    as_shock_refs *refs; /* one an instrument */
    as_levels levels;    /* one an instrument */
    uint32_t linked_max;
    uint32_t open_count;
    uint64_t displaced_refs; /* places given up for newer facts: the name stays as it was in the older shock */
    uint64_t refused_refs;   /* names left out: already in AS_ANCHOR_MAX open shocks, or beyond AS_LINKED_MAX */
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

/* One instrument's place in a shock: index in linked[], AS_REF_EPICENTRE or AS_REF_CONTROL + i. false: no room. */
bool as_shock_table_link(as_shock_table *table, uint32_t instrument, const as_shock *shock, unsigned place);

/* Bring the epicentre up to date. Moves M and dir while they are not frozen; freezes them. */
void as_shock_measure_epicentre(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                                uint64_t now);
/* Bring a linked name up to date: CAR, z and the shock's sums. */
void as_shock_measure_linked(as_shock_table *table, as_shock *shock, as_linked *linked, as_market *market,
                             const as_playbook *playbook, uint64_t now);
/* Count it in breadth or not, once the sums of the instant are complete. */
void as_shock_count_linked(as_shock *shock, as_linked *linked, const as_thresholds *thresholds);
/* All linked names again, where the sign of the shock or of the basket has turned since breadth was counted. */
void as_shock_recount(as_shock *shock, const as_thresholds *thresholds);
/*
 * K from the controls and the basket. The controls' part is brought up to date when one of them has ticked (moved),
 * or a second has passed.
 */
void as_shock_measure_control(as_shock_table *table, as_shock *shock, as_market *market, const as_playbook *playbook,
                              uint64_t now, bool moved);
/* Has there been a shock? Sets shocked; it stays set. */
void as_shock_weigh_evidence(as_shock *shock, const as_thresholds *thresholds, uint64_t now);
/* E and OS of an instrument in every shock that it is linked to, from the measures, M and G. */
void as_shock_score_name(as_shock_table *table, uint32_t instrument);
/* X, m and s of a scored name: what a strategy that looks at it sees. */
void as_shock_hedge(const as_shock *shock, as_linked *linked);

/* The weight's uncertainty, widened while the controls contradict the basket (SCIENCE 3.5). */
double as_shock_s_w(const as_shock *shock, const as_linked *linked);

/* B, 0..1, over the usable names; 0 with none. */
double as_shock_breadth(const as_shock *shock);
/* Mean CAR of the measured linked names; 0 with none. */
double as_shock_basket_car(const as_shock *shock);
/* Sign the shock has on a name: of w (times dir unless the family is signed), of the basket where w is 0. */
int as_shock_chain_sign(const as_shock *shock, double w);
/*
 * Mean abnormal return of the current session over names with |OS| >= os_open that have a price in it, scored anew; NAN
 * with none. The same for all who ask in instant seq.
 */
double as_shock_flagged_mean(as_shock_table *table, as_shock *shock, as_market *market, const as_thresholds *thresholds,
                             uint64_t now, uint64_t seq);
/*
 * z of the basket: the mean over all usable names, those without a price since t0 at 0. NAN without any, or without a
 * history of the basket.
 */
double as_shock_basket_z(const as_shock *shock);
/* Dispersion D: standard deviation of z over the measured linked names; NAN below two (SCIENCE 3.4). */
double as_shock_dispersion(const as_shock *shock);

#endif
