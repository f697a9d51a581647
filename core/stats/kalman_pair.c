#include "core/stats/kalman_pair.h"

#include "core/error.h"
#include "core/logexp.h"

void as_kalman_pair_init(as_kalman_pair *kalman, double alpha, double beta, as_sym2 p, as_sym2 q, double r,
                         double lambda_r)
{
    AS_ASSERT(p.aa >= 0 && p.bb >= 0 && q.aa >= 0 && q.bb >= 0);
    AS_ASSERT(r > 0);
    AS_ASSERT(lambda_r > 0 && lambda_r <= 1);
    *kalman = (as_kalman_pair){.alpha = alpha, .beta = beta, .p = p, .q = q, .r = r, .lambda_r = lambda_r};
}

/* (I - K h') P (I - K h')' + K r K' with h = (1, x), K = (ka, kb). */
static as_sym2 joseph(as_sym2 p, double x, double ka, double kb, double r)
{
    double a0 = 1 - ka, a1 = -ka * x; /* rows of I - K h' */
    double b0 = -kb, b1 = 1 - kb * x;
    return (as_sym2){
        .aa = a0 * a0 * p.aa + 2 * a0 * a1 * p.ab + a1 * a1 * p.bb + ka * ka * r,
        .ab = a0 * b0 * p.aa + (a0 * b1 + a1 * b0) * p.ab + a1 * b1 * p.bb + ka * kb * r,
        .bb = b0 * b0 * p.aa + 2 * b0 * b1 * p.ab + b1 * b1 * p.bb + kb * kb * r,
    };
}

as_innovation as_kalman_pair_update(as_kalman_pair *kalman, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return (as_innovation){.residual = NAN, .variance = NAN, .z = NAN};
    as_sym2 p = {kalman->p.aa + kalman->q.aa, kalman->p.ab + kalman->q.ab, kalman->p.bb + kalman->q.bb};
    double ph_a = p.aa + p.ab * x;
    double ph_b = p.ab + p.bb * x;
    double s = ph_a + x * ph_b + kalman->r;
    double e = y - (kalman->alpha + kalman->beta * x);
    double ka = ph_a / s;
    double kb = ph_b / s;
    kalman->alpha += ka * e;
    kalman->beta += kb * e;
    kalman->p = joseph(p, x, ka, kb, kalman->r);
    if (kalman->lambda_r < 1) {
        double left = y - (kalman->alpha + kalman->beta * x);
        double r = kalman->lambda_r * kalman->r + (1 - kalman->lambda_r) * left * left;
        kalman->r = r > AS_KALMAN_PAIR_NOISE_MIN ? r : AS_KALMAN_PAIR_NOISE_MIN;
    }
    return (as_innovation){.residual = e, .variance = s, .z = e / as_sqrt(s)};
}

bool as_kalman_pair_start_add(as_kalman_pair_start *start, double x, double y)
{
    if (isfinite(x) && isfinite(y)) {
        start->n++;
        start->x += x;
        start->y += y;
        start->xx += x * x;
        start->xy += x * y;
        start->yy += y * y;
    }
    return start->n >= AS_KALMAN_PAIR_START;
}

bool as_kalman_pair_begin(as_kalman_pair *kalman, const as_kalman_pair_start *start, double memory, double lambda_r)
{
    AS_ASSERT(memory > 0);
    double n = start->n;
    double mx = start->x / n;
    double my = start->y / n;
    double sxx = start->xx - n * mx * mx;
    double sxy = start->xy - n * mx * my;
    double syy = start->yy - n * my * my;
    if (start->n < 3 || !(sxx > 0))
        return false;
    double beta = sxy / sxx;
    double r = (syy - beta * sxy) / (n - 2);
    if (!(r > AS_KALMAN_PAIR_NOISE_MIN))
        r = AS_KALMAN_PAIR_NOISE_MIN;
    as_sym2 p = {.aa = r * (1 / n + mx * mx / sxx), .ab = -r * mx / sxx, .bb = r / sxx};
    as_sym2 q = {p.aa / memory, p.ab / memory, p.bb / memory};
    as_kalman_pair_init(kalman, my - beta * mx, beta, p, q, r, lambda_r);
    return true;
}
