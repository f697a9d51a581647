#include "core/stats/control.h"

#include "core/logexp.h"

#define VARIANCE_FLOOR 1e-12

typedef struct sums {
    double w, xx, xy;
    uint32_t count;
} sums;

static int pair_is_known(double x, double y)
{
    return isfinite(x) && isfinite(y);
}

as_control_fit as_control_fit_residuals(const double *control, const double *basket, size_t count)
{
    as_control_fit fit = {.g = NAN, .v = NAN, .count = 0};
    size_t first = count > AS_CONTROL_SESSION_MAX ? count - AS_CONTROL_SESSION_MAX : 0;
    double decay = as_half(1.0 / AS_CONTROL_HALF_LIFE);
    sums all = {0};
    double w = 1;
    for (size_t i = count; i-- > first; w *= decay) {
        if (!pair_is_known(basket[i], control[i]))
            continue;
        all.w += w;
        all.xx += w * basket[i] * basket[i];
        all.xy += w * basket[i] * control[i];
        all.count++;
    }
    fit.count = all.count;
    if (all.count < 2 || !(all.xx > 0))
        return fit;
    fit.g = all.xy / all.xx;

    double rest = 0;
    w = 1;
    for (size_t i = count; i-- > first; w *= decay) {
        if (!pair_is_known(basket[i], control[i]))
            continue;
        double e = control[i] - fit.g * basket[i];
        rest += w * e * e;
    }
    fit.v = rest / all.w;
    if (!(fit.v > VARIANCE_FLOOR))
        fit.v = VARIANCE_FLOOR;
    return fit;
}

double as_control_kappa(const as_control_fit *fit, double ar_control, double ar_basket)
{
    return (ar_control - fit->g * ar_basket) / as_sqrt(fit->v);
}

as_control_verdict as_control_combine(const double *q, const double *kappa, size_t count)
{
    as_control_verdict verdict = {.k = NAN, .used = 0};
    double sum = 0;
    double square = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(q[i] > 0) || !isfinite(kappa[i]))
            continue;
        sum += q[i] * kappa[i];
        square += q[i] * q[i];
        verdict.used++;
    }
    if (verdict.used > 0)
        verdict.k = sum / as_sqrt(square);
    return verdict;
}
