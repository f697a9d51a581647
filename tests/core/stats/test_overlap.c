#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/stats/overlap.h"
#include "tests/support/random.h"

#define TICKS 300

/* Reference vector 07; prices in units of 1e-4. */
static void the_published_streams_are_reproduced(void **state)
{
    (void)state;
    static const uint64_t tx[] = {8,  14, 15, 20, 27, 30, 33,  38,  43,  45,  52,  59,  62,  66,  73,
                                  80, 82, 88, 96, 98, 99, 100, 108, 116, 122, 125, 129, 137, 143, 151};
    static const int64_t px[] = {997664,  997331,  996902,  997873, 998466, 999840, 999799,  1000062, 1000173, 999411,
                                 1000014, 1000307, 1000140, 999591, 997409, 997405, 996560,  995169,  996520,  997150,
                                 997621,  997262,  997170,  996397, 998197, 998584, 1000745, 1001714, 1001557, 1001990};
    static const uint64_t ty[] = {5,   11,  19,  25,  37,  47,  56,  66,  78,  89,  101,
                                  110, 116, 122, 126, 132, 141, 153, 165, 176, 187, 193};
    static const int64_t py[] = {498769, 498163, 498473, 498214, 499931, 499354, 500400, 499581,
                                 497889, 496680, 498067, 497217, 496969, 498378, 499000, 500243,
                                 500581, 501384, 499675, 498833, 498781, 499351};
    enum { X_COUNT = sizeof tx / sizeof tx[0], Y_COUNT = sizeof ty / sizeof ty[0] };
    as_overlap overlap;
    as_overlap_init(&overlap);
    for (size_t i = 0, j = 0; i < X_COUNT || j < Y_COUNT;) {
        if (j == Y_COUNT || (i < X_COUNT && tx[i] <= ty[j])) {
            assert_true(as_overlap_update(&overlap, AS_OVERLAP_X, tx[i], px[i]));
            i++;
        } else {
            assert_true(as_overlap_update(&overlap, AS_OVERLAP_Y, ty[j], py[j]));
            j++;
        }
    }
    assert_int_equal(overlap.pairs, 42);
    assert_true(fabs(overlap.covariance - 4.371095935683341e-05) < 1e-16);
    assert_true(fabs(as_overlap_correlation(&overlap) - 0.9500310126268893) < 1e-12);
    assert_true(fabs(as_overlap_beta(&overlap) - 1.7620049576043804) < 1e-12);
}

static void one_side_alone_has_no_covariance(void **state)
{
    (void)state;
    as_overlap overlap;
    as_overlap_init(&overlap);
    for (uint64_t t = 1; t < 10; t++)
        assert_true(as_overlap_update(&overlap, AS_OVERLAP_X, t, (int64_t)(100 + t)));
    assert_true(overlap.covariance == 0);
    assert_int_equal(overlap.pairs, 0);
    assert_true(isnan(as_overlap_correlation(&overlap)));
    assert_true(as_overlap_beta(&overlap) == 0);
}

static void ticks_out_of_order_or_without_price_are_rejected(void **state)
{
    (void)state;
    as_overlap overlap;
    as_overlap_init(&overlap);
    assert_false(as_overlap_update(&overlap, AS_OVERLAP_X, 5, 0));
    assert_false(as_overlap_update(&overlap, AS_OVERLAP_X, 5, -1));
    assert_true(as_overlap_update(&overlap, AS_OVERLAP_X, 5, 100));
    assert_false(as_overlap_update(&overlap, AS_OVERLAP_X, 5, 101));
    assert_false(as_overlap_update(&overlap, AS_OVERLAP_Y, 4, 100));
    assert_true(as_overlap_update(&overlap, AS_OVERLAP_Y, 5, 100));
    assert_int_equal(overlap.rejected, 4);
}

static void synchronous_ticks_give_the_realised_covariance(void **state)
{
    (void)state;
    as_overlap overlap;
    as_overlap_init(&overlap);
    uint64_t seed = 51;
    double sum = 0;
    int64_t x = 100000000000;
    int64_t y = 50000000000;
    for (uint64_t t = 0; t < TICKS; t++) {
        int64_t nx = x + (int64_t)(1e8 * ast_normal(&seed));
        int64_t ny = y + (int64_t)(1e8 * ast_normal(&seed));
        if (t > 0)
            sum += log((double)nx / (double)x) * log((double)ny / (double)y);
        assert_true(as_overlap_update(&overlap, AS_OVERLAP_Y, t, ny));
        assert_true(as_overlap_update(&overlap, AS_OVERLAP_X, t, nx));
        x = nx;
        y = ny;
    }
    assert_int_equal(overlap.pairs, TICKS - 1);
    assert_true(fabs(overlap.covariance - sum) < 1e-12 * fabs(sum) + 1e-18);
}

static void a_name_with_itself_is_perfectly_correlated(void **state)
{
    (void)state;
    as_overlap overlap;
    as_overlap_init(&overlap);
    uint64_t seed = 52;
    for (uint64_t t = 0; t < TICKS; t++) {
        int64_t px = 100000000000 + (int64_t)(1e9 * ast_normal(&seed));
        as_overlap_update(&overlap, AS_OVERLAP_X, t, px);
        as_overlap_update(&overlap, AS_OVERLAP_Y, t, px);
    }
    assert_true(fabs(as_overlap_correlation(&overlap) - 1) < 1e-12);
    assert_true(fabs(as_overlap_beta(&overlap) - 1) < 1e-12);
}

typedef struct ast_ticks {
    uint64_t ts[TICKS];
    int64_t px[TICKS];
    size_t count;
} ast_ticks;

/* The double sum over all pairs of intervals, from the definition. */
static double ast_definition(const ast_ticks *x, const ast_ticks *y, uint64_t *pairs)
{
    double sum = 0;
    *pairs = 0;
    for (size_t i = 1; i < x->count; i++) {
        for (size_t j = 1; j < y->count; j++) {
            uint64_t end = x->ts[i] < y->ts[j] ? x->ts[i] : y->ts[j];
            uint64_t start = x->ts[i - 1] > y->ts[j - 1] ? x->ts[i - 1] : y->ts[j - 1];
            if (end <= start)
                continue;
            sum += log((double)x->px[i] / (double)x->px[i - 1]) * log((double)y->px[j] / (double)y->px[j - 1]);
            (*pairs)++;
        }
    }
    return sum;
}

static void random_streams_with_many_ties_equal_the_definition(void **state)
{
    (void)state;
    print_message("seeds 1..200\n");
    for (uint64_t first = 1; first <= 200; first++) {
        uint64_t seed = first;
        ast_ticks tick[2] = {{.count = 0}, {.count = 0}};
        as_overlap overlap;
        as_overlap_init(&overlap);
        double share = 0.1 + 0.8 * ast_uniform(&seed);
        uint64_t ts = 0;
        for (int i = 0; i < TICKS; i++) {
            ts += ast_random(&seed) % 2;
            int name = ast_uniform(&seed) < share;
            ast_ticks *own = &tick[name];
            int64_t px = 100000000000 + (int64_t)(1e9 * ast_normal(&seed));
            bool accepted = as_overlap_update(&overlap, (as_overlap_name)name, ts, px);
            assert_int_equal(accepted, own->count == 0 || own->ts[own->count - 1] < ts);
            if (accepted) {
                own->ts[own->count] = ts;
                own->px[own->count++] = px;
            }
        }
        uint64_t pairs;
        double want = ast_definition(&tick[0], &tick[1], &pairs);
        assert_int_equal(overlap.pairs, pairs);
        assert_true(fabs(overlap.covariance - want) <= 1e-13);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_streams_are_reproduced),
        cmocka_unit_test(one_side_alone_has_no_covariance),
        cmocka_unit_test(ticks_out_of_order_or_without_price_are_rejected),
        cmocka_unit_test(synchronous_ticks_give_the_realised_covariance),
        cmocka_unit_test(a_name_with_itself_is_perfectly_correlated),
        cmocka_unit_test(random_streams_with_many_ties_equal_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
