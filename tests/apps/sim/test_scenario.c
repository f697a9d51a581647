#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/sim/scenario.h"
#include "core/error.h"
#include "tests/support/config_folder.h"

static const char reference[] = "examples/reference-day/scenario.yaml";

static const as_sim_name *name_of(const as_sim_scenario *s, const char *symbol)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(s->sim[i].symbol, symbol) == 0)
            return &s->sim[i];
    fail_msg("%s is not in the scenario", symbol);
    return NULL;
}

/* What the published study of the day says of its close. */
static void the_reference_day_has_the_published_classes(void **state)
{
    (void)state;
    static const char *const over[] = {"TSM", "TER", "LRCX", "KLAC", "GLW", "ASML", "AMAT"};
    static const char *const justified[] = {"CRWV", "NBIS", "CORZ", "IREN"};
    static const char *const other[] = {"MU", "SNDK", "COHR", "LITE", "CIEN", "INTC", "AMD"};
    as_sim_scenario s;
    unsigned count = 0;
    assert_int_equal(as_sim_scenario_load(&s, reference), 0);
    assert_string_equal(s.sim[0].symbol, "SPY");
    assert_int_equal(s.session->date, 20260701);
    assert_int_equal(s.utc_offset_s, -4 * 3600);
    assert_true(fabs(s.m - 4.0527) < 0.01 && fabs(s.g - 0.6) < 1e-12);
    for (unsigned i = 0; i < sizeof over / sizeof *over; i++)
        assert_int_equal(name_of(&s, over[i])->expected, AS_SIM_OVERREACTION);
    for (unsigned i = 0; i < sizeof justified / sizeof *justified; i++)
        assert_int_equal(name_of(&s, justified[i])->expected, AS_SIM_JUSTIFIED);
    for (unsigned i = 0; i < sizeof other / sizeof *other; i++)
        assert_int_equal(name_of(&s, other[i])->expected, AS_SIM_WATCH);
    for (uint32_t i = 0; i < s.count; i++)
        count += s.sim[i].expected == AS_SIM_OVERREACTION;
    assert_int_equal(count, sizeof over / sizeof *over);
    assert_int_equal(name_of(&s, "ORCL")->role, AS_SIM_CONTROL);
    assert_int_equal(name_of(&s, "META")->role, AS_SIM_EPICENTRE);
    assert_int_equal(name_of(&s, "SOXX")->role, AS_SIM_OTHER);
    assert_true(fabs(name_of(&s, "KLAC")->os + 2.4413) < 0.01);
    as_sim_scenario_fini(&s);
}

/* ---- a small one in a folder of its own ---- */

#define NAMES "names: {META: {close: 500, move: 5, beta: 1, sigma: 0.02, common: 0, quotes: 100}}\n"
#define MARKET "market: {symbol: SPY, close: 700, move: -0.1, sigma: 0.01, quotes: 1000}\n"
#define EVENT "event: {issuer: META, family: capex_cut, status: RUMOUR_T1}\n"
#define HEAD "name: a\nlabel: b\nuniverse: universe.csv\nplaybook: small.yaml\nheadlines: h\nhistory: {sessions: 250}\n"

static void refused(const char *text, const char *message)
{
    as_sim_scenario s;
    ast_config_write("universe.csv", "symbol,bucket,factor\nMETA,hyperscaler,SPY\nLONE,x,\nSPY,index,\n");
    ast_config_write("small.yaml", "version: x\nevents: {capex_cut: {channels: {hyperscaler: [-0.5, 0.1, x]}}}\n");
    ast_config_write("s.yaml", text);
    int rc = as_sim_scenario_load(&s, ast_config_path("s.yaml"));
    as_sim_scenario_fini(&s);
    if (*message == '\0') {
        assert_int_equal(rc, 0);
        return;
    }
    assert_true(rc < 0);
    if (!strstr(as_error_message(0), message))
        fail_msg("found '%s', expected '%s'", as_error_message(0), message);
    as_error_clear();
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    refused(HEAD "date: 2026-07-01\n" EVENT MARKET NAMES, "");
    refused(HEAD "date: 2026-07-01\nodd: 1\n" EVENT MARKET NAMES, "odd");
    refused(HEAD "date: 2026-07-04\n" EVENT MARKET NAMES, "a day without a session");
    refused(HEAD "date: July\n" EVENT MARKET NAMES, "YYYY-MM-DD");
    refused(HEAD EVENT MARKET NAMES, "date");
    refused(HEAD "date: 2026-07-01\n" MARKET NAMES, "event");
    refused(HEAD "date: 2026-07-01\n" EVENT NAMES, "market");
    refused(HEAD "date: 2026-07-01\n" EVENT MARKET, "names");
    refused(HEAD "date: 2026-07-01\n" EVENT MARKET "names: {NOPE: {close: 5, move: 5, beta: 1, sigma: 0.02, common: 0, "
                 "quotes: 100}}\n",
            "found 'NOPE'");
    refused(HEAD "date: 2026-07-01\n" EVENT MARKET "names: {LONE: {close: 5, move: 5, beta: 1, sigma: 0.02, common: 0, "
                 "quotes: 100}}\n",
            "another factor");
    refused(HEAD "date: 2026-07-01\n" EVENT MARKET
                 "names: {META: {close: 5, move: -95, beta: 1, sigma: 0.02, common: 0, "
                 "quotes: 100}}\n",
            "move");
    refused(HEAD "date: 2026-07-01\nevent: {issuer: META, family: nothing, status: RUMOUR_T1}\n" MARKET NAMES,
            "found 'nothing'");
    refused(HEAD "date: 2026-07-01\nevent: {issuer: META, family: capex_cut, status: HEARSAY}\n" MARKET NAMES,
            "HEARSAY");
    refused(HEAD "date: 2026-07-01\nevent: {issuer: SPX, family: capex_cut, status: RUMOUR_T1}\n" MARKET NAMES,
            "found 'SPX'");
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    as_sim_scenario s;
    assert_true(as_sim_scenario_load(&s, "/nowhere/scenario.yaml") < 0);
    assert_non_null(strstr(as_error_message(0), "/nowhere/scenario.yaml"));
    as_sim_scenario_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_day_has_the_published_classes),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
