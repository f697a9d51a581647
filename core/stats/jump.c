#include "core/stats/jump.h"

#include "core/error.h"
#include "core/logexp.h"

#define ROOT_2_OVER_PI 0.7978845608028654
#define ROOT_3 1.7320508075688772
#define MOMENT_4_3 0.8308609250295594 /* E|N(0,1)|^(4/3) = 2^(2/3) Gamma(7/6) / Gamma(1/2) */

uint32_t as_jump_window(uint32_t bars_per_day)
{
    double root = as_sqrt(252.0 * bars_per_day);
    uint32_t whole = (uint32_t)root;
    return whole < root ? whole + 1 : whole;
}

void as_jump_init(as_jump *jump, double *ring, uint32_t window, uint32_t n, double alpha)
{
    AS_ASSERT(ring != NULL);
    AS_ASSERT(window >= 3 && n >= 3);
    AS_ASSERT(alpha > 0 && alpha < 1);
    double log_n = as_log(n);
    double root = as_sqrt(2 * log_n);
    *jump = (as_jump){.ring = ring, .window = window - 2, .n = n, .still = window - 2};
    jump->s_n = 1 / (ROOT_2_OVER_PI * root);
    jump->c_n = root / ROOT_2_OVER_PI - (as_log(AS_PI) + as_log(log_n)) / (2 * ROOT_2_OVER_PI * root);
    jump->threshold = jump->c_n - jump->s_n * as_log(-as_log(1 - alpha));
    for (uint32_t i = 0; i < jump->window; i++)
        ring[i] = 0;
}

static void push(as_jump *jump, double product)
{
    /* products begin with the second return */
    uint64_t product_idx = jump->count - 1;
    double *slot = &jump->ring[product_idx % jump->window];
    jump->sum += product - *slot;
    jump->still = jump->still + (product == 0) - (*slot == 0);
    *slot = product;
    if (product_idx % AS_JUMP_REFRESH == AS_JUMP_REFRESH - 1) {
        jump->sum = 0;
        for (uint32_t i = 0; i < jump->window; i++)
            jump->sum += jump->ring[i];
    }
}

as_jump_test as_jump_update(as_jump *jump, double r)
{
    as_jump_test test = {.l = NAN, .stat = NAN, .jump = false};
    if (!isfinite(r))
        return test;
    double size = fabs(r);
    if (jump->count > jump->window) {
        double variance = jump->sum / jump->window;
        if (!(variance > AS_JUMP_VARIANCE_FLOOR))
            variance = AS_JUMP_VARIANCE_FLOOR;
        test.l = r / as_sqrt(variance);
        test.stat = (fabs(test.l) - jump->c_n) / jump->s_n;
        test.jump = fabs(test.l) > jump->threshold;
    }
    if (jump->count > 0)
        push(jump, size * jump->previous);
    jump->previous = size;
    jump->count++;
    return test;
}

void as_realised_init(as_realised *realised)
{
    *realised = (as_realised){0};
}

static double middle(double a, double b, double c)
{
    double low = a < b ? a : b;
    double high = a < b ? b : a;
    if (c < low)
        return low;
    return c > high ? high : c;
}

void as_realised_update(as_realised *realised, double r)
{
    if (!isfinite(r))
        return;
    double size = fabs(r);
    double last = realised->before[0];
    double older = realised->before[1];
    realised->rv += size * size;
    if (realised->n >= 1) {
        double least = size < last ? size : last;
        realised->bipower += size * last;
        realised->min_square += least * least;
    }
    if (realised->n >= 2) {
        double med = middle(size, last, older);
        realised->med_square += med * med;
        /* each factor by itself: the product of three small returns would lose its low bits */
        realised->tripower += as_exp(4.0 / 3 * (as_log(size) + as_log(last) + as_log(older)));
    }
    realised->before[1] = last;
    realised->before[0] = size;
    realised->n++;
}

as_realised_result as_realised_value(const as_realised *realised)
{
    as_realised_result out = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (realised->n < 3)
        return out;
    double n = realised->n;
    out.rv = realised->rv;
    out.bpv = AS_PI / 2 * n / (n - 1) * realised->bipower;
    out.med_rv = AS_PI / (6 - 4 * ROOT_3 + AS_PI) * n / (n - 2) * realised->med_square;
    out.min_rv = AS_PI / (AS_PI - 2) * n / (n - 1) * realised->min_square;
    out.tripower = n * n / (n - 2) * realised->tripower / (MOMENT_4_3 * MOMENT_4_3 * MOMENT_4_3);
    if (!(out.rv > 0) || !(out.bpv > 0))
        return out;
    out.relative_jump = (out.rv - out.bpv) / out.rv;
    double spread = out.tripower / (out.bpv * out.bpv);
    out.ratio_z = out.relative_jump / as_sqrt((AS_PI * AS_PI / 4 + AS_PI - 5) / n * (spread > 1 ? spread : 1));
    return out;
}
