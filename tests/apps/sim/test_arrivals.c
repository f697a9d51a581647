#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "apps/sim/arrivals.h"
#include "core/event.h"

enum { ROOM = 20000, DAYS = 60, WINDOWS = 390 };

static uint64_t ts[ROOM];
static const as_session session = {.index = 1, .open = 1000000000, .close = 1000000000 + 23400 * AS_NS_PER_S};

/* Variance over mean of the number of trades a minute, around midday where the rate is even; and the mean count. */
static double dispersion(double cluster, double *mean_count, double *ends_over_middle)
{
    as_sim_arrivals arrivals = {.count = 800, .cluster = cluster, .cluster_s = 10};
    as_sim_random random;
    double sum = 0, squares = 0, windows = 0, total = 0, ends = 0, middle = 0;
    as_sim_random_init(&random, 11, "test");
    for (unsigned day = 0; day < DAYS; day++) {
        uint32_t count = as_sim_arrivals_make(&arrivals, &random, &session, ts, ROOM), minute[WINDOWS] = {0};
        total += count;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(ts[i] > session.open && ts[i] < session.close);
            assert_true(i == 0 || ts[i] >= ts[i - 1]);
            minute[(ts[i] - session.open) / (60 * AS_NS_PER_S)]++;
        }
        for (unsigned k = 0; k < WINDOWS; k++) {
            ends += k < 30 || k >= WINDOWS - 30 ? minute[k] : 0;
            middle += k >= 165 && k < 225 ? minute[k] : 0;
            if (k < 135 || k >= 255)
                continue;
            sum += minute[k];
            squares += (double)minute[k] * minute[k];
            windows++;
        }
    }
    double mean = sum / windows;
    *mean_count = total / DAYS;
    *ends_over_middle = ends / middle;
    return (squares / windows - mean * mean) / mean;
}

static void trades_cluster_and_their_number_is_as_stated(void **state)
{
    (void)state;
    double count, shape;
    double clustered = dispersion(0.6, &count, &shape);
    if (clustered < 2)
        fail_msg("variance over mean %g", clustered);
    if (fabs(count / 800 - 1) > 0.05)
        fail_msg("%g trades a day", count);
    assert_true(shape > 1.4);
}

static void without_clusters_they_are_poisson(void **state)
{
    (void)state;
    double count, shape;
    double plain = dispersion(0, &count, &shape);
    if (fabs(plain - 1) > 0.15)
        fail_msg("variance over mean %g", plain);
    assert_true(fabs(count / 800 - 1) < 0.03);
}

static void the_room_is_the_limit(void **state)
{
    (void)state;
    as_sim_arrivals arrivals = {.count = 800, .cluster = 0.5, .cluster_s = 10};
    as_sim_random random;
    as_sim_random_init(&random, 1, "test");
    ts[10] = 77;
    assert_int_equal(as_sim_arrivals_make(&arrivals, &random, &session, ts, 10), 10);
    assert_int_equal(ts[10], 77);
    assert_int_equal(as_sim_arrivals_make(&arrivals, &random, &session, ts, 0), 0);
}

static void poisson_numbers_have_their_mean_and_variance(void **state)
{
    (void)state;
    as_sim_random random;
    as_sim_random_init(&random, 2, "test");
    const double mean[] = {0.4, 7, 95};
    for (unsigned m = 0; m < 3; m++) {
        double sum = 0, squares = 0;
        for (unsigned i = 0; i < 20000; i++) {
            double x = as_sim_poisson(&random, mean[m]);
            sum += x / 20000;
            squares += x * x / 20000;
        }
        assert_true(fabs(sum / mean[m] - 1) < 0.03);
        assert_true(fabs((squares - sum * sum) / mean[m] - 1) < 0.06);
    }
    assert_int_equal(as_sim_poisson(&random, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trades_cluster_and_their_number_is_as_stated),
        cmocka_unit_test(without_clusters_they_are_poisson),
        cmocka_unit_test(the_room_is_the_limit),
        cmocka_unit_test(poisson_numbers_have_their_mean_and_variance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
