/*
 * Jumps: a return too large for the volatility of the moment, and the realised measures of a day
 * that jumps do not bias.
 *
 * as_jump is the test of Lee and Mykland 2008 (Review of Financial Studies 21(6), eq. 7-12) on each
 * return of a stream:
 *   s_i^2 = 1/(K-2) sum_{j=i-K+2}^{i-1} |r_j| |r_{j-1}|,  L_i = r_i / s_i,  c = sqrt(2/pi),
 *   C_n = sqrt(2 ln n)/c - (ln pi + ln ln n)/(2 c sqrt(2 ln n)),  S_n = 1/(c sqrt(2 ln n)),
 *   jump where (|L_i| - C_n)/S_n > -ln(-ln(1 - alpha))    (4.6001 at 1 %).
 * n is how many returns are tested together (a day's or two), K the window: ceil(sqrt(252 bars a
 * day)), which is 141 for 5-minute and 314 for 1-minute bars of US regular hours. Divide returns by
 * the square root of their share of the day's variance first, or the open looks like jumps.
 *
 * as_realised sums a day: RV, bipower (Barndorff-Nielsen and Shephard 2004), MedRV and MinRV
 * (Andersen, Dobrev, Schaumburg 2012), tripower quarticity and the ratio statistic (Huang and
 * Tauchen 2005).
 *
 * Threads: one writer. Memory: the struct and the caller's ring. Cost: O(1) an update; every
 * AS_JUMP_REFRESH updates the ring is summed anew, because adding and subtracting drifts.
 */
#ifndef AS_CORE_STATS_JUMP_H
#define AS_CORE_STATS_JUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AS_JUMP_REFRESH 4096
/* The local variance is never taken below this (SCIENCE 6, numeric notes). */
#define AS_JUMP_VARIANCE_FLOOR 1e-12

typedef struct as_jump {
    double *ring;     /* the last K - 2 products |r_j||r_{j-1}| */
    double sum;       /* of the ring */
    double previous;  /* |r| of the last return */
    double c_n, s_n;  /* centre and scale of the largest |L| of n returns */
    double threshold; /* |L| beyond it is a jump */
    uint32_t window;  /* K - 2 */
    uint32_t n;       /* returns that are tested together */
    uint32_t still;   /* products in the ring that are 0: one of the two returns was */
    uint64_t count;   /* returns seen */
} as_jump;

typedef struct as_jump_test {
    double l;    /* L_i, signed; NAN while the window is not full */
    double stat; /* (|L_i| - C_n) / S_n, compared with -ln(-ln(1 - alpha)); NAN likewise */
    bool jump;
} as_jump_test;

/* The ring the caller provides for a window K holds this many doubles. */
static inline size_t as_jump_ring_count(uint32_t window)
{
    return window - 2;
}

/* K for a number of bars a day: ceil(sqrt(252 bars)). */
uint32_t as_jump_window(uint32_t bars_per_day);

/* window K >= 3; n >= 3; alpha in (0, 1). ring stays the caller's and must outlive the test. */
void as_jump_init(as_jump *jump, double *ring, uint32_t window, uint32_t n, double alpha);

/*
 * Test a return against the window before it, then take it in. A return that is not finite is left
 * out: NAN, no jump.
 */
as_jump_test as_jump_update(as_jump *jump, double r);

/*
 * Most products of the ring are 0: the price stood still too often for bipower variation to tell its volatility, and
 * a move of one tick would look like a jump. What the test says is then not to be used (ours).
 */
static inline bool as_jump_is_still(const as_jump *jump)
{
    return jump->still > jump->window / 2;
}

typedef struct as_realised {
    uint32_t n;
    double before[2]; /* |r| of the last return and of the one before it */
    /* plain sums */
    double rv, bipower, min_square, med_square, tripower;
} as_realised;

typedef struct as_realised_result {
    double rv;            /* sum r^2 */
    double bpv;           /* (pi/2) n/(n-1) sum |r_j||r_{j-1}| */
    double med_rv;        /* pi/(6 - 4 sqrt 3 + pi) n/(n-2) sum med(|r_{j-2}|,|r_{j-1}|,|r_j|)^2 */
    double min_rv;        /* pi/(pi - 2) n/(n-1) sum min(|r_{j-1}|,|r_j|)^2 */
    double tripower;      /* n mu_{4/3}^-3 n/(n-2) sum |r_{j-2} r_{j-1} r_j|^(4/3) */
    double relative_jump; /* (RV - BPV) / RV; negative by chance */
    double ratio_z;       /* N(0,1) without jumps, see below */
} as_realised_result;

void as_realised_init(as_realised *realised);
void as_realised_update(as_realised *realised, double r);
/*
 * All NAN before three returns; the last two NAN when no return moved.
 *   ratio_z = relative_jump / sqrt((pi^2/4 + pi - 5)/n max(1, TP/BPV^2))
 */
as_realised_result as_realised_value(const as_realised *realised);

#endif
