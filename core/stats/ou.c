#include "core/stats/ou.h"

#include <stdint.h>

#include "core/error.h"
#include "core/logexp.h"

#define OPEN_SCORE 1.25
#define CLOSE_LONG_SCORE -0.50
#define CLOSE_SHORT_SCORE 0.75

typedef struct line {
    double a, b; /* y = a + b x */
    double ssr;  /* sum of squared residuals */
} line;

static double mean(const double *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    return sum / (double)count;
}

/* Least squares of y on x with intercept; false where x does not vary. */
static bool fit_line(const double *x, const double *y, size_t count, line *fit)
{
    double mx = mean(x, count);
    double my = mean(y, count);
    double sxx = 0;
    double sxy = 0;
    for (size_t i = 0; i < count; i++) {
        sxx += (x[i] - mx) * (x[i] - mx);
        sxy += (x[i] - mx) * (y[i] - my);
    }
    if (!(sxx > 0))
        return false;
    fit->b = sxy / sxx;
    fit->a = my - fit->b * mx;
    fit->ssr = 0;
    for (size_t i = 0; i < count; i++) {
        double e = y[i] - my - fit->b * (x[i] - mx);
        fit->ssr += e * e;
    }
    return true;
}

static as_ou_result from_line(const line *fit, size_t n, double ve_divisor, double dt, as_ou *ou)
{
    double count = (double)n;
    *ou = (as_ou){.n = n,
                  .dt = dt,
                  .a = fit->a,
                  .b = fit->b,
                  .b_corrected = (count * fit->b + 1) / (count - 3),
                  .ve = NAN,
                  .k = NAN,
                  .m = NAN,
                  .s = NAN,
                  .s_eq = NAN,
                  .half_life = NAN,
                  .k_corrected = NAN,
                  .half_life_corrected = NAN};
    if (!(fit->b > 0 && fit->b < 1))
        return AS_OU_NOT_REVERTING;
    ou->ve = fit->ssr / ve_divisor;
    ou->k = -as_log(fit->b) / dt;
    ou->m = fit->a / (1 - fit->b);
    ou->s_eq = as_sqrt(ou->ve / (1 - fit->b * fit->b));
    ou->s = ou->s_eq * as_sqrt(2 * ou->k);
    ou->half_life = AS_LN2 / ou->k;
    ou->k_corrected = ou->b_corrected < 1 ? -as_log(ou->b_corrected) / dt : 0;
    ou->half_life_corrected = ou->k_corrected > 0 ? AS_LN2 / ou->k_corrected : INFINITY;
    return AS_OU_OK;
}

static bool all_finite(const double *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]))
            return false;
    }
    return true;
}

static as_ou_result fit_level(const double *x, size_t count, size_t ddof, double dt, as_ou *ou)
{
    AS_ASSERT(dt > 0);
    if (count < AS_OU_COUNT_MIN)
        return AS_OU_SHORT;
    if (!all_finite(x, count))
        return AS_OU_UNDEFINED;
    size_t n = count - 1;
    line fit;
    if (!fit_line(x, x + 1, n, &fit) || !(fit.ssr > 0))
        return AS_OU_FLAT;
    return from_line(&fit, n, (double)(n - ddof), dt, ou);
}

as_ou_result as_ou_fit(const double *x, size_t count, double dt, as_ou *ou)
{
    return fit_level(x, count, 0, dt, ou);
}

static void cumulate(const double *residual, size_t count, double *level)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += residual[i];
        level[i] = sum;
    }
}

as_ou_result as_ou_fit_residuals(const double *residual, size_t count, double dt, as_ou *ou)
{
    if (count > AS_OU_COUNT_MAX)
        return AS_OU_SHORT;
    double level[AS_OU_COUNT_MAX];
    cumulate(residual, count, level);
    return fit_level(level, count, 0, dt, ou);
}

double as_ou_score(const as_ou *ou, double x)
{
    return (x - ou->m) / ou->s_eq;
}

double as_ou_forecast(const as_ou *ou, double x, double horizon)
{
    return ou->m + (x - ou->m) * as_exp(-ou->k * horizon);
}

double as_ou_log_likelihood(const as_ou *ou)
{
    return -0.5 * (double)ou->n * (as_log(2 * AS_PI * ou->ve) + 1);
}

as_ou_result as_ou_fit_pair(const double *stock, const double *factor, size_t count, double dt, as_ou_pair *pair)
{
    if (count < AS_OU_COUNT_MIN || count > AS_OU_COUNT_MAX)
        return AS_OU_SHORT;
    if (!all_finite(stock, count) || !all_finite(factor, count))
        return AS_OU_UNDEFINED;
    line fit;
    if (!fit_line(factor, stock, count, &fit))
        return AS_OU_FLAT;
    double residual[AS_OU_COUNT_MAX];
    double level[AS_OU_COUNT_MAX];
    for (size_t i = 0; i < count; i++)
        residual[i] = stock[i] - fit.a - fit.b * factor[i];
    cumulate(residual, count, level);
    as_ou_result result = fit_level(level, count, 1, dt, &pair->ou);
    if (result != AS_OU_OK && result != AS_OU_NOT_REVERTING)
        return result;
    pair->alpha = fit.a;
    pair->beta = fit.b;
    pair->score = -pair->ou.m / pair->ou.s_eq;
    pair->score_drift = pair->score - fit.a / dt / (pair->ou.k * pair->ou.s_eq);
    return result;
}

int as_ou_position(int position, double score)
{
    if (position > 0)
        return score > CLOSE_LONG_SCORE ? 0 : 1;
    if (position < 0)
        return score < CLOSE_SHORT_SCORE ? 0 : -1;
    if (score < -OPEN_SCORE)
        return 1;
    return score > OPEN_SCORE ? -1 : 0;
}
