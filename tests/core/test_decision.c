#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/decision.h"

static void every_reason_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AS_REASON_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(as_reason_text((as_reason)i), as_reason_text((as_reason)j));
    assert_string_equal(as_reason_text(AS_REASON_COUNT), "?");
}

static void the_words_are_the_contracts(void **state)
{
    (void)state;
    assert_string_equal(as_signal_kind_text(AS_SIGNAL_OVERREACTION), "overreaction");
    assert_string_equal(as_signal_kind_text(AS_SIGNAL_MEAN_REVERSION), "mean_reversion");
    assert_string_equal(as_action_text(AS_ACTION_EXPIRE), "expire");
    assert_string_equal(as_fact_status_text(AS_FACT_PRIOR_DISCLOSURE), "prior_disclosure");
    assert_null(as_fact_status_text(AS_FACT_NONE));
    assert_string_equal(as_reason_text(AS_REASON_CONTRADICTED), "CONTRADICTION");
}

static void a_cleared_decision_is_undefined_everywhere(void **state)
{
    (void)state;
    as_decision decision;
    memset(&decision, 0x5A, sizeof decision);
    as_decision_clear(&decision);
    assert_true(isnan(decision.p) && isnan(decision.os) && isnan(decision.k) && isnan(decision.novelty));
    assert_true(decision.valid_until == AS_TS_UNDEFINED && decision.px == AS_PX_UNDEFINED);
    assert_int_equal(decision.symbol[0], 0);
    assert_int_equal(decision.reasons, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_a_text_of_its_own),
        cmocka_unit_test(the_words_are_the_contracts),
        cmocka_unit_test(a_cleared_decision_is_undefined_everywhere),
    };
    return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
