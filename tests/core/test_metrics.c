#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/metrics.h"

static as_metrics *ast_metrics(void)
{
    as_metrics *metrics = NULL;
    assert_int_equal(as_metrics_new(&metrics), 0);
    return metrics;
}

static int ast_add(as_metrics *metrics, uint32_t owner, const char *name, const char *label_value, as_metric **cell)
{
    as_metric_info info = {.name = name,
                           .help = "Something that is counted.",
                           .label = label_value ? "feed" : NULL,
                           .label_value = label_value};
    return as_metrics_add(metrics, owner, &info, cell);
}

static void cells_of_different_owners_never_share_a_line(void **state)
{
    (void)state;
    as_metrics *metrics = ast_metrics();
    as_metric *cell[60];
    char name[32];
    for (uint32_t i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "as_m%u", i);
        assert_int_equal(ast_add(metrics, i % 3, name, NULL, &cell[i]), 0);
        assert_int_equal(as_metric_get(cell[i]), 0);
    }
    for (uint32_t i = 0; i < 60; i++)
        for (uint32_t k = 0; k < i; k++) {
            assert_ptr_not_equal(cell[i], cell[k]);
            if (i % 3 != k % 3)
                assert_int_not_equal((uintptr_t)cell[i] / AS_METRIC_LINE_BYTES,
                                     (uintptr_t)cell[k] / AS_METRIC_LINE_BYTES);
        }
    as_metrics_free(metrics);
}

static void registration_rejects_what_an_exporter_could_not_write(void **state)
{
    (void)state;
    static const as_metric_info bad[] = {
        {.name = NULL, .help = "h"},
        {.name = "", .help = "h"},
        {.name = "1st", .help = "h"},
        {.name = "a-b", .help = "h"},
        {.name = "a b", .help = "h"},
        {.name = "caf\xc3\xa9", .help = "h"},
        {.name = "a", .help = NULL},
        {.name = "a", .help = "h", .label = "", .label_value = "v"},
        {.name = "a", .help = "h", .label = "with:colon", .label_value = "v"},
        {.name = "a", .help = "h", .label = "9", .label_value = "v"},
        {.name = "a", .help = "h", .label = "l", .label_value = NULL},
        {.name = "a_name_that_is_much_longer_than_anybody_would_want_to_read_in_a_dash", .help = "h"},
        {.name = "a", .help = "h", .label = "a_label_that_is_longer_than_it_ma", .label_value = "v"},
    };
    as_metrics *metrics = ast_metrics();
    as_metric *cell = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(as_metrics_add(metrics, 0, &bad[i], &cell), -EINVAL);
    assert_int_equal(ast_add(metrics, AS_METRIC_OWNER_MAX, "a", NULL, &cell), -EINVAL);
    assert_null(cell);
    assert_int_equal(as_metrics_count(metrics), 0);
    as_metrics_free(metrics);
    as_metrics_free(NULL);
}

static void a_name_is_registered_once_for_each_label_value(void **state)
{
    (void)state;
    as_metrics *metrics = ast_metrics();
    as_metric *cell;
    assert_int_equal(ast_add(metrics, 0, "as_a_total", "x", &cell), 0);
    assert_int_equal(ast_add(metrics, 1, "as_a_total", "x", &cell), -EEXIST);
    assert_int_equal(ast_add(metrics, 1, "as_a_total", "y", &cell), 0);
    assert_int_equal(ast_add(metrics, 1, "as_a_total", NULL, &cell), -EINVAL);
    as_metric_info gauge = {.name = "as_a_total",
                            .help = "Something that is counted.",
                            .label = "feed",
                            .label_value = "z",
                            .kind = AS_METRIC_GAUGE};
    assert_int_equal(as_metrics_add(metrics, 0, &gauge, &cell), -EINVAL);
    as_metric_info help = {.name = "as_a_total", .help = "Else.", .label = "feed", .label_value = "z"};
    assert_int_equal(as_metrics_add(metrics, 0, &help, &cell), -EINVAL);
    assert_int_equal(ast_add(metrics, 0, "as_b_total", NULL, &cell), 0);
    assert_int_equal(ast_add(metrics, 0, "as_b_total", NULL, &cell), -EEXIST);
    assert_int_equal(as_metrics_count(metrics), 3);
    as_metrics_free(metrics);
}

static void samples_of_one_name_follow_each_other(void **state)
{
    (void)state;
    static const char *const expected[][2] = {{"as_a", "1"}, {"as_a", "2"}, {"as_a", "3"},
                                              {"as_b", "1"}, {"as_b", "2"}, {"as_c", NULL}};
    as_metrics *metrics = ast_metrics();
    as_metric *cell;
    ast_add(metrics, 0, "as_a", "1", &cell);
    ast_add(metrics, 0, "as_b", "1", &cell);
    ast_add(metrics, 0, "as_a", "2", &cell);
    as_metric_add(cell, 40);
    as_metric_add(cell, 2);
    ast_add(metrics, 0, "as_c", NULL, &cell);
    as_metric_set(cell, 7);
    ast_add(metrics, 0, "as_b", "2", &cell);
    ast_add(metrics, 0, "as_a", "3", &cell);
    assert_int_equal(as_metrics_count(metrics), 6);
    for (uint32_t i = 0; i < 6; i++) {
        as_metric_sample sample;
        as_metrics_sample(metrics, i, &sample);
        assert_string_equal(sample.info.name, expected[i][0]);
        if (expected[i][1])
            assert_string_equal(sample.info.label_value, expected[i][1]);
        else
            assert_null(sample.info.label);
        assert_int_equal(sample.value, i == 1 ? 42 : i == 5 ? 7 : 0);
    }
    as_metrics_free(metrics);
}

static void a_cell_elsewhere_can_be_watched(void **state)
{
    (void)state;
    as_metrics *metrics = ast_metrics();
    as_metric mine;
    as_metric_sample sample;
    atomic_init(&mine, 5);
    as_metric_info info = {.name = "as_depth", .help = "Slots in use.", .kind = AS_METRIC_GAUGE};
    assert_int_equal(as_metrics_watch(metrics, &info, &mine), 0);
    as_metric_set(&mine, UINT64_MAX);
    as_metrics_sample(metrics, 0, &sample);
    assert_int_equal(sample.value, UINT64_MAX);
    assert_int_equal(sample.info.kind, AS_METRIC_GAUGE);
    assert_string_equal(sample.info.help, "Slots in use.");
    as_metrics_free(metrics);
}

/* The worst case for the cells: every owner leaves a line nearly empty. */
static void a_full_registry_refuses_more(void **state)
{
    (void)state;
    as_metrics *metrics = ast_metrics();
    as_metric *cell[AS_METRIC_MAX];
    char name[32];
    for (uint32_t i = 0; i < AS_METRIC_MAX; i++) {
        snprintf(name, sizeof name, "as_m%u", i);
        uint32_t owner = i < AS_METRIC_OWNER_MAX ? i : 0;
        assert_int_equal(ast_add(metrics, owner, name, NULL, &cell[i]), 0);
        as_metric_set(cell[i], i);
    }
    as_metric *none = NULL;
    assert_int_equal(ast_add(metrics, 1, "as_more", NULL, &none), -ENOSPC);
    assert_int_equal(ast_add(metrics, 63, "as_more", NULL, &none), -ENOSPC);
    assert_null(none);
    for (uint32_t i = 0; i < AS_METRIC_MAX; i++) {
        as_metric_sample sample;
        as_metrics_sample(metrics, i, &sample);
        assert_int_equal(sample.value, i);
    }
    as_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_different_owners_never_share_a_line),
        cmocka_unit_test(registration_rejects_what_an_exporter_could_not_write),
        cmocka_unit_test(a_name_is_registered_once_for_each_label_value),
        cmocka_unit_test(samples_of_one_name_follow_each_other),
        cmocka_unit_test(a_cell_elsewhere_can_be_watched),
        cmocka_unit_test(a_full_registry_refuses_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
