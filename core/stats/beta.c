#include "core/stats/beta.h"

#include "core/error.h"
#include "core/logexp.h"

void as_market_model_init(as_market_model *model, double lambda_v, double half_life)
{
    AS_ASSERT(lambda_v > 0 && lambda_v < 1);
    AS_ASSERT(half_life > 0);
    *model = (as_market_model){.lambda_v = lambda_v, .lambda_b = as_half(1 / half_life)};
}

static void batch_update(as_market_model *model, double x, double y, double e)
{
    double xx = model->sxx + x * x;
    /* x = 0 leaves beta as it is, and all of y^2 is residual; the first x != 0 is fitted exactly */
    double kept = x == 0 ? 1 : model->sxx / xx;
    model->v += e * e * kept;
    model->sxx = xx;
    model->sxy += x * y;
    if (++model->n == AS_MARKET_MODEL_BATCH) {
        model->sxx /= AS_MARKET_MODEL_BATCH;
        model->sxy /= AS_MARKET_MODEL_BATCH;
        model->v /= AS_MARKET_MODEL_BATCH;
    }
}

double as_market_model_update(as_market_model *model, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return NAN;
    double e = model->sxx > 0 ? y - model->sxy / model->sxx * x : y;
    bool known = model->n >= 2 && model->sxx > 0;
    if (model->n < AS_MARKET_MODEL_BATCH) {
        batch_update(model, x, y, e);
    } else {
        double lv = model->lambda_v;
        double lb = model->lambda_b;
        model->v = lv * model->v + (1 - lv) * e * e;
        model->sxx = lb * model->sxx + (1 - lb) * x * x;
        model->sxy = lb * model->sxy + (1 - lb) * x * y;
        if (model->n < UINT32_MAX)
            model->n++;
    }
    return known ? e : NAN;
}

double as_market_model_beta(const as_market_model *model)
{
    return model->n >= 2 && model->sxx > 0 ? model->sxy / model->sxx : NAN;
}

double as_market_model_variance(const as_market_model *model)
{
    if (model->n < 2 || !(model->sxx > 0))
        return NAN;
    double v = model->n < AS_MARKET_MODEL_BATCH ? model->v / model->n : model->v;
    return v > AS_VARIANCE_FLOOR ? v : AS_VARIANCE_FLOOR;
}

void as_ewma_beta_init(as_ewma_beta *ewma, double lambda, double sxx, double sxy, double v)
{
    AS_ASSERT(lambda > 0 && lambda < 1);
    AS_ASSERT(sxx > 0 && v > 0);
    *ewma = (as_ewma_beta){.lambda = lambda, .sxx = sxx, .sxy = sxy, .v = v};
}

static const as_innovation no_innovation = {.residual = NAN, .variance = NAN, .z = NAN};

as_innovation as_ewma_beta_update(as_ewma_beta *ewma, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return no_innovation;
    double l = ewma->lambda;
    double e = y - ewma->sxy / ewma->sxx * x;
    as_innovation innovation = {.residual = e, .variance = ewma->v, .z = e / as_sqrt(ewma->v)};
    double v = l * ewma->v + (1 - l) * e * e;
    double sxx = l * ewma->sxx + (1 - l) * x * x;
    ewma->v = v > AS_VARIANCE_FLOOR ? v : AS_VARIANCE_FLOOR;
    ewma->sxx = sxx > AS_VARIANCE_FLOOR ? sxx : AS_VARIANCE_FLOOR;
    ewma->sxy = l * ewma->sxy + (1 - l) * x * y;
    return innovation;
}

double as_ewma_beta_value(const as_ewma_beta *ewma)
{
    return ewma->sxy / ewma->sxx;
}

void as_rls_init(as_rls *rls, double lambda, double p0, double trace_max)
{
    AS_ASSERT(lambda > 0 && lambda <= 1);
    AS_ASSERT(p0 > 0 && trace_max >= 2 * p0);
    *rls = (as_rls){.lambda = lambda, .p0 = p0, .trace_max = trace_max, .p00 = p0, .p11 = p0};
}

static void rls_guard(as_rls *rls)
{
    double trace = rls->p00 + rls->p11;
    bool estimate_lost = !isfinite(rls->alpha) || !isfinite(rls->beta);
    bool covariance_lost = !isfinite(trace) || !isfinite(rls->p01) || !(rls->p00 > 0) || !(rls->p11 > 0);
    if (estimate_lost)
        rls->alpha = rls->beta = 0;
    if (estimate_lost || covariance_lost) {
        rls->p00 = rls->p11 = rls->p0;
        rls->p01 = 0;
        rls->resets++;
    } else if (trace > rls->trace_max) {
        double shrink = rls->trace_max / trace;
        rls->p00 *= shrink;
        rls->p01 *= shrink;
        rls->p11 *= shrink;
    }
}

double as_rls_update(as_rls *rls, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return NAN;
    double ph0 = rls->p00 + rls->p01 * x;
    double ph1 = rls->p01 + rls->p11 * x;
    double s = rls->lambda + ph0 + x * ph1;
    double e = y - (rls->alpha + rls->beta * x);
    double k0 = ph0 / s;
    double k1 = ph1 / s;
    rls->alpha += k0 * e;
    rls->beta += k1 * e;
    rls->p00 = (rls->p00 - k0 * ph0) / rls->lambda;
    rls->p01 = (rls->p01 - k0 * ph1) / rls->lambda;
    rls->p11 = (rls->p11 - k1 * ph1) / rls->lambda;
    rls_guard(rls);
    return e;
}

void as_kalman_beta_init(as_kalman_beta *kalman, double beta0, double p0, double q, double r)
{
    AS_ASSERT(p0 > 0 && q >= 0 && r > 0);
    *kalman = (as_kalman_beta){.q = q, .r = r, .beta = beta0, .p = p0};
}

as_innovation as_kalman_beta_update(as_kalman_beta *kalman, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return no_innovation;
    double p = kalman->p + kalman->q;
    double s = x * x * p + kalman->r;
    double gain = p * x / s;
    double e = y - x * kalman->beta;
    double kept = 1 - gain * x;
    kalman->beta += gain * e;
    kalman->p = kept * kept * p + gain * gain * kalman->r;
    return (as_innovation){.residual = e, .variance = s, .z = e / as_sqrt(s)};
}
