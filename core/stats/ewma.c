#include "core/stats/ewma.h"

#include "core/error.h"
#include "core/logexp.h"

#define VARIANCE_FLOOR 1e-12

void as_ewma_init(as_ewma *ewma, double lambda, double v0)
{
    AS_ASSERT(lambda > 0 && lambda < 1);
    AS_ASSERT(v0 > 0);
    *ewma = (as_ewma){.lambda = lambda, .v = v0 > VARIANCE_FLOOR ? v0 : VARIANCE_FLOOR};
}

static double step(as_ewma *ewma, double r, double lambda)
{
    if (!isfinite(r))
        return NAN;
    double z = r / as_sqrt(ewma->v);
    double v = lambda * ewma->v + (1 - lambda) * r * r;
    ewma->v = v > VARIANCE_FLOOR ? v : VARIANCE_FLOOR;
    return z;
}

double as_ewma_update(as_ewma *ewma, double r)
{
    return step(ewma, r, ewma->lambda);
}

double as_ewma_update_after(as_ewma *ewma, double r, double dt, double tau)
{
    return step(ewma, r, as_exp(-dt / tau));
}

void as_moments_init(as_moments *moments)
{
    *moments = (as_moments){0};
}

void as_moments_update(as_moments *moments, double x)
{
    if (!isfinite(x))
        return;
    moments->n++;
    double off = x - moments->mean;
    moments->mean += off / (double)moments->n;
    moments->m2 += off * (x - moments->mean);
}

double as_moments_variance(const as_moments *moments, uint64_t ddof)
{
    return moments->n > ddof ? moments->m2 / (double)(moments->n - ddof) : NAN;
}
