/*
 * Intraday seasonality: which share of a regular session's variance has passed when a share x of its time has.
 *
 * Return variance over the trading day is U-shaped: high at the open, low at midday, high again at the close (Wood,
 * McInish and Ord 1985; Harris 1986; Andersen and Bollerslev 1997). Taken here as the parabola
 *
 *     u(x) = (1 + a (2x - 1)^2) / (1 + a/3),   0 <= x <= 1,   a = 2
 *
 * normalised to integrate to 1. With a = 2 the first and last moments count 1.8 times the average and midday 0.6. The
 * shape is theirs; the parabola and the ratio of 3 to 1 are (ours), the same for every symbol. Its cumulative, with x
 * factored out so that nothing cancels near 0, is
 *
 *     U(x) = x (9 - 12 x + 8 x^2) / 5
 *
 * Only + - x / are used, so the result is the same on every machine. Pure, any thread.
 */
#ifndef AS_CORE_STATS_SEASONALITY_H
#define AS_CORE_STATS_SEASONALITY_H

/* U(x). x outside 0..1 is taken as the nearer end. U(0) = 0 and U(1) = 1 exactly; increasing in between. */
double as_seasonality_cumulative(double x);

/* u(x), the density: 1.8 at both ends, 0.6 in the middle; 0 outside. */
double as_seasonality_density(double x);

#endif
