#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/playbook_schema.h"

static void every_threshold_has_one_row_and_a_default_in_range(void **state)
{
    (void)state;
    as_thresholds standard;
    as_thresholds_default(&standard);
    for (size_t i = 0; i < AS_THRESHOLD_COUNT; i++) {
        const as_threshold_key *key = &as_threshold_keys[i];
        assert_true(key->least <= key->standard && key->standard <= key->most);
        assert_true(*as_threshold_at(&standard, i) == key->standard);
        assert_true(*key->meaning);
        assert_int_equal(key->offset, i * sizeof(double)); /* in the order of the struct: none twice, none left out */
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(key->name, as_threshold_keys[k].name);
    }
}

/* SCIENCE 6, the table of parameters. */
static void defaults_are_the_published_ones(void **state)
{
    (void)state;
    as_thresholds t;
    as_thresholds_default(&t);
    assert_true(t.lambda_vol == 0.94 && t.beta_half_life_days == 60 && t.h_floor == 0.02 && t.overnight_share == 0.30);
    assert_true(t.m_min == 1 && t.m_max == 6 && t.m_freeze_min == 60 && t.os_open == 2.0 && t.os_close == 1.0);
    assert_true(t.breadth_gate == 0.30 && t.s_open == 1.25 && t.s_close_long == 0.50 && t.s_close_short == 0.75);
    assert_true(t.k_min == 8.4 && t.half_life_days == 2.5 && t.horizon_days == 5 && t.rho_base == 0.10);
    assert_true(t.rho_breadth == 0.45 && t.novelty_half_life_hours == 24 && t.cluster_jaccard == 0.35);
    assert_true(t.cluster_containment == 0.55 && t.stabilisation_min == 30 && t.quote_stale_s == 5);
    assert_true(t.resume_wait_s == 300 && t.under_e == 1.0 && t.under_ratio == 0.5 && t.expiry_sessions == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_threshold_has_one_row_and_a_default_in_range),
        cmocka_unit_test(defaults_are_the_published_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
