#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/sim/market.h"
#include "core/error.h"
#include "core/text_file.h"

static const char example[] = "examples/market/market.yaml";
static char copy_path[] = "/tmp/aftershock-market-XXXXXX";

static void the_example_is_a_market_of_45_to_70_names(void **state)
{
    (void)state;
    as_sim_market m;
    assert_int_equal(as_sim_market_load(&m, example), 0);
    assert_true(m.count >= 45 && m.count <= 70);
    assert_string_equal(m.sim[0].symbol, "SPY");
    assert_true(m.sim[0].beta == 1);
    assert_true(m.history_count >= 250);
    assert_true(m.private_count >= 3);
    assert_true(m.plant.kind[AS_PLANT_OVERREACTION] > 0 && m.plant.every == 3 && m.plant.unrelated == 20);
    uint32_t seoul = 0;
    for (uint32_t i = 0; i < m.count; i++) {
        assert_int_equal(as_sim_market_find(&m, m.sim[i].instrument), i);
        seoul += m.sim[i].calendar != m.sim[0].calendar;
        assert_int_equal(m.sim[i].tick_px, m.sim[i].calendar == m.sim[0].calendar ? 10000000 : 100000000000);
    }
    assert_int_equal(seoul, 2);
    assert_int_equal(as_sim_market_find(&m, m.private_issuer[0]), -1);
    as_sim_market_fini(&m);
    as_sim_market_fini(&m); /* safe on zeroes */
}

static void the_two_kinds_of_scenario_are_told_apart(void **state)
{
    (void)state;
    assert_true(as_sim_market_is(example));
    assert_false(as_sim_market_is("examples/reference-day/scenario.yaml"));
    assert_false(as_sim_market_is("/nowhere/s.yaml"));
    assert_int_equal(as_error_code(), 0);
}

/* The example with `from` replaced: what the loader says, which must hold `what` and the right line. */
static void expect_error(const char *text, const char *from, const char *to, const char *what)
{
    const char *at = strstr(text, from);
    char place[64];
    unsigned line = 1;
    as_sim_market m;
    assert_non_null(at);
    for (const char *c = text; c < at; c++)
        line += *c == '\n';
    FILE *file = fopen(copy_path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    fclose(file);
    snprintf(place, sizeof place, "%s:%u:", copy_path, line);
    assert_int_equal(as_sim_market_load(&m, copy_path), -EINVAL);
    if (!strstr(as_error_message(0), what) || !strstr(as_error_message(0), place))
        fail_msg("'%s' -> '%s': %s (wanted %s %s)", from, to, as_error_message(0), place, what);
    as_sim_market_fini(&m);
}

static void errors_name_the_line_and_the_key(void **state)
{
    (void)state;
    char *text = NULL, *whole = NULL, here[512];
    size_t bytes;
    assert_int_equal(as_text_file_read(example, 1 << 20, &text, &bytes), 0);
    assert_non_null(getcwd(here, sizeof here));
    whole = malloc(bytes + 1024); /* the copy lies elsewhere: its paths are made absolute */
    const char *universe = strstr(text, "universe: universe.csv\nplaybook: playbook.yaml\n");
    assert_non_null(universe);
    sprintf(whole, "%.*suniverse: %s/examples/market/universe.csv\nplaybook: %s/examples/market/playbook.yaml\n%s",
            (int)(universe - text), text, here, here, strchr(strchr(universe, '\n') + 1, '\n') + 1);
    static const struct {
        const char *from, *to, *what;
    } cases[] = {
        {"kind: market", "kind: year", "kind"},
        {"start: 2025-02-03", "start: 2025-2x", "start"},
        {"start: 2025-02-03", "start: 2025-13-03", "start"},
        {"sessions: 60", "sessions: 0", "sessions"},
        {"history: {sessions: 300}", "history: {sessions: 200}", "history.sessions"},
        {"garch: 0.91", "garch: 1.5", "volatility.garch"},
        {"tails: 6", "tails: 2", "volatility.tails"},
        {"cluster: 0.5", "cluster: 1", "trades.cluster"},
        {"bars: {close: trade}", "bars: {close: open}", "bars.close"},
        {"every: 3", "every: 0", "events.every"},
        {"overreaction: 4", "over: 4", "events.kinds"},
        {"excess_os: [2.5, 5]", "excess_os: [5, 2.5]", "events.excess_os"},
        {"half_life: [0.25, 3]", "half_life: [0.25]", "events.half_life"},
        {"CONFIRMED: 3}", "CERTAIN: 3}", "events.status"},
        {"noise_every: 2", "noise: 2", "noise"},
        {"private: [DEEPSEEK", "private: [NOBODY", "private[0]"},
        {"private: [DEEPSEEK", "private: [NVDA", "it has a price"},
        {"  NVDA:  {", "  NVDAX:  {", "NVDAX"},
        {"spread_bps: 0.3", "spread_bps: -1", "market.spread_bps"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(whole, cases[i].from, cases[i].to, cases[i].what);
    free(whole);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_a_market_of_45_to_70_names),
        cmocka_unit_test(the_two_kinds_of_scenario_are_told_apart),
        cmocka_unit_test(errors_name_the_line_and_the_key),
    };
    int fd = mkstemp(copy_path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(copy_path);
    return failed;
}
