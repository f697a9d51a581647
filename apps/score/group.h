/*
 * A group of a backtest's signals, scored: one kind, one event family, or all.
 *
 * Every rate has its count beside it. Signals that are not scored (unfinished, no side, no hedge) count where they
 * belong and enter no mean. SCIENCE 5.3.
 */
#ifndef AS_APPS_SCORE_GROUP_H
#define AS_APPS_SCORE_GROUP_H

#include "apps/score/book.h"
#include "apps/score/stats.h"
#include "core/probability.h"
#include "core/stats/calibration.h"
#include "core/stats/deflated_sharpe.h"

enum { AS_SCORE_BIN_MAX = 10 };

/* Which signals: strategy NULL: all of them; family NULL: all families. */
typedef struct as_score_filter {
    int kind; /* as_signal_kind, -1: all */
    const char *strategy, *family;
    as_probability_status status; /* AS_STATUS_ANY: all; else the group that a calibration's cells have */
} as_score_filter;

typedef struct as_score_bins {
    size_t count;
    as_calibration_bin bin[AS_SCORE_BIN_MAX];
    as_score_interval interval[AS_SCORE_BIN_MAX]; /* of the frequency, clustered by events */
    as_score_interval naive[AS_SCORE_BIN_MAX];    /* Wilson: as if names were independent */
    size_t events[AS_SCORE_BIN_MAX];
} as_score_bins;

/* The stated probabilities against y = (net over the horizon > 0), of the signals that state one. */
typedef struct as_score_probability {
    size_t count;
    as_calibration_score score; /* parts from the bins of equal width; the score itself from the forecasts */
    double ece_equal_count;
    /* one forecast for all, the mean of the stated ones: what a table without any skill would have got */
    double constant_p, constant_brier, constant_ece;
    as_score_bins equal_width, equal_count;
} as_score_probability;

typedef struct as_score_group {
    size_t signals, closed, expired, open, scored, unfinished, no_side, no_hedge;
    uint64_t hits, own_hits;                    /* net > 0 over the horizon; at the signal's own close */
    size_t events;                              /* that the scored signals belong to */
    as_score_interval hit, own_hit;             /* clustered by events */
    as_score_interval hit_naive, own_hit_naive; /* Wilson: as if names were independent */
    /* rank correlation of strength x side with the forward residual return, an event at a time */
    as_score_mean ic;
    as_score_mean gross, net, raw_gross, raw_net; /* over the horizon */
    as_score_mean own_gross, own_net;             /* to the signal's own close */
    as_score_mean delay_gross[AS_SCORE_DELAYS], delay_net[AS_SCORE_DELAYS];
    double held_days; /* mean, opening to close */
    as_score_probability probability;
} as_score_group;

as_score_group as_score_group_of(const as_score_book *book, const as_score_filter *filter);

/* The path of a lane (-1: all of them) over the days of the book. */
typedef struct as_score_path {
    size_t days;
    as_sharpe sharpe;                       /* of the daily net result */
    double net_bps, drawdown_bps, turnover; /* sums over the days; turnover in units bought and sold a day */
    double psr, dsr, dsr_benchmark;         /* against 0; against the best of `tries` */
} as_score_path;

/* tries <= 1: nothing else was looked at. variance NAN: that of a ratio without skill, 1 / (T - 1). */
as_score_path as_score_path_of(const as_score_book *book, int lane, double tries, double variance);

/* A day's net result of a lane, or of all (-1). */
double as_score_day_net(const as_score_day *day, int lane);

/* Does the signal belong to the filter? */
bool as_score_matches(const as_score_signal *signal, const as_score_filter *filter);

#endif
