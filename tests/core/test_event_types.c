#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/playbook.h"

static void the_guides_names_come_first_and_other_is_zero(void **state)
{
    (void)state;
    /* clang-format off */
    static const char *const guide[] = {
        "other", "compute_supply_entry", "capex_cut", "capex_raise", "export_control", "tariff",
        "model_efficiency_shock", "datacenter_contract", "earnings_guidance", "memory_price", "analyst_rating",
        "m_and_a", "legal_regulatory", "product_launch", "executive_change", "capital_return", "labour",
        "outage_cyber", "insider_13f", "macro", "price_move", "ai_adoption", "commentary"};
    /* clang-format on */
    for (uint16_t i = 0; i < sizeof guide / sizeof *guide; i++) {
        assert_string_equal(as_event_type_name(i), guide[i]);
        assert_int_equal(as_event_type_find(guide[i]), i);
        assert_int_equal(as_event_type_intern(guide[i]), i);
    }
    assert_int_equal(as_event_type_find("no_such_family"), -1);
    assert_string_equal(as_event_type_name(UINT16_MAX), "?");
    assert_int_equal(as_event_type_intern(""), UINT16_MAX);
    assert_int_equal(as_event_type_intern("a_name_of_more_than_thirty_one_letters"), UINT16_MAX);
}

static void lawsuits_and_deals_run_side_by_side_results_do_not(void **state)
{
    (void)state;
    static const char *const several[] = {"other", "legal_regulatory", "m_and_a", "datacenter_contract", "commentary"};
    static const char *const one[] = {
        "compute_supply_entry", "capex_cut", "earnings_guidance", "memory_price", "executive_change",
        "capital_return",       "labour",    "outage_cyber"};
    for (unsigned i = 0; i < sizeof several / sizeof *several; i++)
        assert_true(as_event_type_concurrent((uint16_t)as_event_type_find(several[i])));
    for (unsigned i = 0; i < sizeof one / sizeof *one; i++)
        assert_false(as_event_type_concurrent((uint16_t)as_event_type_find(one[i])));
    assert_false(as_event_type_concurrent(as_event_type_intern("a_family_of_ones_own")));
    assert_false(as_event_type_concurrent(UINT16_MAX));
}

static void the_table_ends(void **state)
{
    (void)state;
    char name[AS_EVENT_NAME_BYTES];
    for (unsigned i = as_event_type_count(); i < AS_EVENT_TYPE_MAX; i++) {
        snprintf(name, sizeof name, "zz_%u", i);
        assert_int_equal(as_event_type_intern(name), i);
        assert_int_equal(as_event_type_intern(name), i);
        assert_string_equal(as_event_type_name((uint16_t)i), name);
    }
    assert_int_equal(as_event_type_intern("zz_over"), UINT16_MAX);
    assert_int_equal(as_event_type_find("zz_over"), -1);
    assert_int_equal(as_event_type_count(), AS_EVENT_TYPE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guides_names_come_first_and_other_is_zero),
        cmocka_unit_test(lawsuits_and_deals_run_side_by_side_results_do_not),
        cmocka_unit_test(the_table_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
