/*
 * The book of a backtest: every signal that was said, and what became of it.
 *
 * A signal is one unit of money in its name, hedged with beta units of the name's market factor. Its outcome is
 * measured twice: from the entry to the end of the stated horizon (what p and the rank correlation are about), and to
 * the signal's own close (what a bot that follows it would have had). Returns are simple, in basis points of the unit:
 *   gross  side (r - beta f), mid to mid; raw_gross: side r, without the hedge
 *   net    gross less: half-spreads, fees and impact of the name both ways, borrow of a short, and |beta| times
 *          half-spreads and fees of the hedge both ways; raw_net: without the hedge and its costs
 * apps/score/tape.h says at which prices. Several runs (simulated folders, say) fill one book.
 *
 * Cold path, one thread. Memory: the heap, grows with signals and days.
 */
#ifndef AS_APPS_SCORE_BOOK_H
#define AS_APPS_SCORE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/config.h"
#include "core/engine.h"

/* Lanes: the strategies' kinds, in the order in which they were met; further ones share the last. */
enum { AS_SCORE_DELAYS = 6, AS_SCORE_LABEL_BYTES = 96, AS_SCORE_LANE_MAX = 32 };

typedef struct as_score_lane {
    char strategy[AS_STRATEGY_NAME_BYTES];
    uint8_t kind;
} as_score_lane;

/* 0, 1 ms, 5 ms, 50 ms, 1 s, 1 min after the decision; the words for them. */
extern const uint64_t as_score_delay_ns[AS_SCORE_DELAYS];
extern const char *const as_score_delay_text[AS_SCORE_DELAYS];

typedef enum as_score_outcome {
    AS_SCORE_UNFINISHED = 0, /* the data end before the horizon or the exit does */
    AS_SCORE_SCORED,
    AS_SCORE_NO_SIDE, /* a diagnosis of the fact (contradiction): nothing to trade */
    AS_SCORE_NO_HEDGE /* no market factor, or no beta: no residual return */
} as_score_outcome;

typedef struct as_score_trade {
    double gross_bps, net_bps;         /* hedged with the market factor */
    double raw_gross_bps, raw_net_bps; /* not hedged */
} as_score_trade;

typedef struct as_score_fill {
    uint64_t ts;
    double px, hedge_px; /* mids, in units of the price */
} as_score_fill;

typedef struct as_score_signal {
    uint32_t run;     /* which input it is from */
    uint64_t cluster; /* the event it belongs to: hash of run, fact and generation */
    uint8_t kind;     /* as_signal_kind */
    uint8_t lane;     /* index into the book's lanes */
    uint8_t status;   /* as_fact_status at the opening */
    uint8_t action;   /* AS_ACTION_OPEN while open, then AS_ACTION_CLOSE or AS_ACTION_EXPIRE */
    uint8_t outcome;  /* as_score_outcome */
    int8_t side;
    uint8_t id[16];
    char symbol[AS_SYMBOL_BYTES];
    char issuer[AS_SYMBOL_BYTES];
    char strategy[AS_STRATEGY_NAME_BYTES];
    char family[AS_EVENT_NAME_BYTES];
    int32_t date;                                   /* session of the opening, YYYYMMDD */
    uint64_t t0, opened_at, closed_at, valid_until; /* closed_at: AS_TS_UNDEFINED while open */
    double strength, p, z, e, os, breadth, beta;    /* as said; beta as frozen at t0 */
    double rev_bps, said_cost_bps;
    double forward_bps; /* residual return of the name over the horizon, without the side */
    as_score_trade horizon, closed;
    /* at which prices: of the name and of its hedge, and when (the name's); 0: none */
    as_score_fill entry, own_exit, end;
    double delay_net_bps[AS_SCORE_DELAYS]; /* net over the horizon when entered so much later; NAN: no price */
    double delay_gross_bps[AS_SCORE_DELAYS];
} as_score_signal;

/* A session of a run, by lane. Costs are booked where the position ends. */
typedef struct as_score_day {
    uint32_t run;
    int32_t date;
    double net_bps[AS_SCORE_LANE_MAX];  /* marked to market at each close, hedged, own closes as exits */
    double turnover[AS_SCORE_LANE_MAX]; /* units bought and sold */
    uint32_t linked_names;              /* names that an open shock linked at the end of the session */
    uint32_t names;                     /* names with a market factor */
} as_score_day;

typedef struct as_score_run {
    char label[AS_SCORE_LABEL_BYTES];
    char sha256[72];
    uint64_t decisions, events;
    uint64_t first_ts, last_ts; /* of the scored days */
    double breadth_gate;        /* of its playbook */
    uint64_t params;            /* the configuration's hash */
    uint64_t data;              /* hash of the events that were played: the same inputs, whatever the configuration */
    uint64_t *headline;         /* hashes of the headlines' ids, ascending once the run is over */
    size_t headline_count, headline_room;
    /* the calibration that p came from; empty without one */
    char calibration[AS_PATH_BYTES], calibration_source[128];
    int32_t calibration_from, calibration_to; /* YYYYMMDD */
    uint64_t calibration_hash, calibration_signals;
    bool calibration_same_data; /* it was fitted on this very run */
    bool calibration_overlaps;  /* its period and the run's sessions do */
} as_score_run;

typedef struct as_score_book {
    uint64_t latency_ns;
    double borrow_bps_year;
    as_score_signal *signal;
    size_t signal_count, signal_room;
    as_score_day *day;
    size_t day_count, day_room;
    as_score_run *run;
    uint32_t run_count, run_room;
    as_score_lane lane[AS_SCORE_LANE_MAX];
    uint32_t lane_count;
    as_engine_counters counters; /* sums over the runs */
} as_score_book;

/* One more at the end, zeroed: its place. The heap is all there is to fail: the program ends then, saying so. */
as_score_signal *as_score_book_signal(as_score_book *book);
as_score_day *as_score_book_day(as_score_book *book);
as_score_run *as_score_book_run(as_score_book *book);

/* The lane of a strategy's kind, a new one if need be. */
uint8_t as_score_book_lane(as_score_book *book, const char *strategy, uint8_t kind);

/* Of a headline's id; never 0. */
uint64_t as_score_headline_hash(const char *id);

/* The run is over: its headlines are put into order. */
void as_score_book_end_run(as_score_book *book, uint32_t run);

/* Remember a headline that a run has read. */
void as_score_book_headline(as_score_book *book, uint32_t run, const char *id);

/* Add an engine's vetoes, near misses, openings and so on. */
void as_score_book_count(as_score_book *book, const as_engine_counters *counters);

void as_score_book_fini(as_score_book *book);

const char *as_score_outcome_text(uint8_t outcome);

#endif
