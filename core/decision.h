/*
 * as_decision: what the engine says. Every member is deterministic (DESIGN 3); the envelope (epoch, sequences, time of
 * publishing) is ipc's. Self-contained: names are copied in, so that a reader on another thread needs no table.
 */
#ifndef AS_CORE_DECISION_H
#define AS_CORE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/headline.h"
#include "core/limits.h"

typedef enum as_decision_type { AS_DECISION_SIG = 1, AS_DECISION_SHOCK = 2, AS_DECISION_FACT = 3 } as_decision_type;

typedef enum as_signal_kind {
    AS_SIGNAL_OVERREACTION = 0,
    AS_SIGNAL_UNDERREACTION = 1,
    AS_SIGNAL_CONTRADICTION = 2,
    AS_SIGNAL_MEAN_REVERSION = 3,
    AS_SIGNAL_CUSTOM = 4, /* a loaded strategy's own kind: its name is the kind on the wire */
    AS_SIGNAL_KIND_COUNT
} as_signal_kind;

typedef enum as_action {
    AS_ACTION_OPEN = 0,
    AS_ACTION_UPDATE = 1,
    AS_ACTION_CLOSE = 2,
    AS_ACTION_EXPIRE = 3
} as_action;

/* SCIENCE 1.4's states. */
typedef enum as_fact_status {
    AS_FACT_NONE = 0,
    AS_FACT_PRIOR_DISCLOSURE,
    AS_FACT_RUMOUR,
    AS_FACT_DEVELOPING,
    AS_FACT_CONFIRMED,
    AS_FACT_DENIED,
    AS_FACT_UPDATED,
    AS_FACT_EXPIRED,
    AS_FACT_STATUS_COUNT
} as_fact_status;

/*
 * Reason codes (SCIENCE 5.1 and ours), one bit each; on the wire a list in this order. V marks a veto: it keeps a
 * signal from opening. X(code, text)
 */
#define AS_REASONS(X)                                                                                                  \
    X(NO_CHANNEL, "NO_CHANNEL")         /* |w| <= weak_w: the playbook knows no real channel */                        \
    X(DIRECT_CHANNEL, "DIRECT_CHANNEL") /* |w| above it */                                                             \
    X(RUMOUR_T1, "RUMOUR_T1")           /* the fact rests on a tier 1 rumour */                                        \
    X(RUMOUR_T2, "RUMOUR_T2")                                                                                          \
    X(RUMOUR_T3, "RUMOUR_T3")                                                                                          \
    X(DEVELOPING, "DEVELOPING")                                                                                        \
    X(CONFIRMED, "CONFIRMED") /* confirmed; V for a direct channel */                                                  \
    X(DENIED, "DENIED")                                                                                                \
    X(STALE_NEWS, "STALE_NEWS") /* novelty below the threshold */                                                      \
    X(RECOMBINED, "RECOMBINED") /* a recombination of earlier items */                                                 \
    X(LATE_NEWS, "LATE_NEWS")   /* source time older than the lookback: anchored at receive time */                    \
    X(BREADTH_HIGH, "BREADTH_HIGH")                                                                                    \
    X(BREADTH_LOW, "BREADTH_LOW")    /* V: B below the gate */                                                         \
    X(CONTRADICTED, "CONTRADICTION") /* the controls contradict the basket */                                          \
    X(VOL_REGIME, "VOL_REGIME")      /* V: high volatility with low breadth */                                         \
    X(JUMP, "JUMP")                                                                                                    \
    X(VR_VETO, "VR_VETO")             /* V: variance ratio says momentum */                                            \
    X(OWN_NEWS, "OWN_NEWS")           /* V: the name has news of its own */                                            \
    X(HALT, "HALT")                   /* V */                                                                          \
    X(LULD, "LULD")                   /* V */                                                                          \
    X(WIDE_SPREAD, "WIDE_SPREAD")     /* V */                                                                          \
    X(STALE, "STALE")                 /* V: book or quote stale, crossed, locked or gapped */                          \
    X(WARMUP, "WARMUP")               /* V: fewer sessions of history than warmup_sessions */                          \
    X(NO_FACTOR, "NO_FACTOR")         /* V: no market factor */                                                        \
    X(NO_EDGE, "NO_EDGE")             /* V: expected reversion below the multiple of costs */                          \
    X(NO_OU, "NO_OU")                 /* V: pre-event residual does not revert, or too slowly */                       \
    X(S_SMALL, "S_SMALL")             /* V: |s| below s_open */                                                        \
    X(UNSTABLE, "UNSTABLE")           /* V: not yet stabilised */                                                      \
    X(NO_FADE, "NO_FADE")             /* V: this family is never faded */                                              \
    X(COOLDOWN, "COOLDOWN")           /* V: after a stop */                                                            \
    X(SESSION_START, "SESSION_START") /* V: first five minutes */                                                      \
    X(NO_BORROW, "NO_BORROW")         /* V: short without borrow */                                                    \
    X(TIME_STOP, "TIME_STOP")                                                                                          \
    X(STOP, "STOP")                                                                                                    \
    X(TARGET, "TARGET")                                                                                                \
    X(FADED, "FADED") /* |OS| fell below os_close */                                                                   \
    X(FACT_EXPIRED, "FACT_EXPIRED")                                                                                    \
    X(SESSION_END, "SESSION_END")                                                                                      \
    X(LATE_TRANSMISSION, "LATE_TRANSMISSION") /* underreaction: the channel has not acted yet */                       \
    X(CUSTOM, "CUSTOM")                       /* a loaded strategy's own reason */                                     \
    X(NO_SHOCK, "NO_SHOCK")                   /* V: epicentre and basket have not moved beyond chance */               \
    X(EXTREME_Z, "EXTREME_Z")                 /* V: |z| too large to fade while few others moved */                    \
    X(KILLED, "KILLED")                       /* V: too many stops on this fact */                                     \
    X(THIN, "THIN")                           /* V: little size at the best prices */                                  \
    X(EVENT, "EVENT")                         /* V: the name is part of an open shock */                               \
    X(OVERLAP, "OVERLAP")                     /* later facts justify a part of the move */                             \
    X(LATE_MOVE, "LATE_MOVE")                 /* V: more than react_sessions after the headline */

typedef enum as_reason {
#define X(code, text) AS_REASON_##code,
    AS_REASONS(X)
#undef X
        AS_REASON_COUNT
} as_reason;

_Static_assert(AS_REASON_COUNT <= 64, "reasons are a 64-bit set");

#define AS_REASON_BIT(code) (UINT64_C(1) << AS_REASON_##code)

typedef struct as_decision {
    uint64_t seq;   /* counts decisions of the core from 1: a hole was a full ring; never hashed */
    uint8_t type;   /* as_decision_type */
    uint8_t kind;   /* as_signal_kind; sig only */
    uint8_t action; /* as_action; sig only */
    uint8_t status; /* as_fact_status */
    int8_t side;    /* +1 buy, -1 sell, 0 none */
    int8_t dir;     /* shock: sign of the shock */
    uint8_t headline_count;
    uint8_t id[16]; /* sig: DESIGN 6.7 */
    uint16_t event_type;
    uint32_t instrument; /* sig: the name; shock, fact: the issuer */
    uint32_t generation; /* of the fact */
    uint32_t linked;     /* shock: names linked */
    /* doubles: NAN is undefined */
    double strength, p, z, e, os, b, k, s;
    double rev_bps, cost_bps;
    double m, g, novelty; /* shock, fact */
    double hedge; /* of a pair's signal: value of the partner to hold against one of the name */
    /* times: AS_TS_UNDEFINED is undefined */
    uint64_t half_life_ns, horizon_ns, valid_until;
    /* prices: AS_PX_UNDEFINED is undefined */
    int64_t px, target, stop;
    uint64_t ts_event, ts_recv;   /* of the triggering event */
    uint64_t tick_seq;            /* sequence of the triggering instant */
    uint64_t anchor_seq;          /* of the anchor before the headline; AS_TS_UNDEFINED if none */
    uint64_t reasons;             /* set of AS_REASON_BIT */
    uint64_t params;              /* the configuration's hash */
    char symbol[AS_SYMBOL_BYTES]; /* sig: the name; shock, fact: the issuer */
    char strategy[AS_STRATEGY_NAME_BYTES];
    char partner[AS_SYMBOL_BYTES]; /* of a pair's signal: the other name; else empty */
    char event_name[AS_EVENT_NAME_BYTES];
    char playbook[AS_VERSION_BYTES];
    char fact[AS_FACT_KEY_BYTES];
    char headline[AS_FACT_HEADLINE_MAX][AS_HEADLINE_ID_BYTES]; /* oldest first */
} as_decision;

enum { AS_WORD_BYTES = 24 }; /* a multiple of 8 */

/* The words on the wire, each in AS_WORD_BYTES bytes, the rest zero: they may be copied in whole. */
const char *as_signal_kind_text(as_signal_kind kind);
const char *as_action_text(as_action action);
const char *as_fact_status_text(as_fact_status status);
const char *as_reason_text(as_reason reason);

/* Undefined everywhere: zeroes, NAN, AS_TS_UNDEFINED, AS_PX_UNDEFINED. */
void as_decision_clear(as_decision *decision);

#endif
