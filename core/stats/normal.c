#include "core/stats/normal.h"

#include <math.h>

#define SQRT_HALF 0.70710678118654752440
#define INV_SQRT_2PI 0.39894228040143267794

double as_normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

/* Abramowitz and Stegun 26.2.23: x >= 0 with upper tail q, 0 < q <= 0.5. */
static double first_guess(double q)
{
    double t = sqrt(-2 * log(q));
    double top = 2.515517 + t * (0.802853 + t * 0.010328);
    double bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    return t - top / bottom;
}

double as_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    double q = p < 0.5 ? p : 1 - p;
    if (!(q > 0))
        return p < 0.5 ? -(double)INFINITY : (double)INFINITY;
    double x = first_guess(q);
    for (int i = 0; i < 3; i++) {
        double density = INV_SQRT_2PI * exp(-0.5 * x * x);
        double step = (as_normal_cdf(-x) - q) / density; /* Newton's, of the upper tail */
        x += step / (1 - 0.5 * x * step);
    }
    return p < 0.5 ? -x : x;
}
