#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/config.h"
#include "core/error.h"
#include "tests/support/config_folder.h"

#define F AST_CONFIG_FILES

static void the_defaults_are_those_of_the_header(void **state)
{
    (void)state;
    as_config *c = ast_config_good("");
    assert_string_equal(c->path, ast_config_path("a.yaml"));
    assert_string_equal(c->universe, ast_config_path("universe.csv"));
    assert_string_equal(c->playbook, ast_config_path("playbook.yaml"));
    assert_string_equal(c->history, "");
    assert_false(c->pinned);
    assert_int_equal(c->wait, AS_WAIT_YIELD);
    assert_int_equal(c->cpu_core, -1);
    assert_int_equal(c->cpu_feeds[AS_FEED_MAX - 1], -1);
    assert_int_equal(c->cpu_feed_count, 0);
    assert_int_equal(c->feed_count, 0);
    assert_string_equal(c->publish.live, "tcp://127.0.0.1:5600");
    assert_string_equal(c->publish.requests, "tcp://127.0.0.1:5601");
    assert_int_equal(c->publish.heartbeat_ms, 250);
    assert_string_equal(c->publish.latest, "");
    assert_int_equal(c->publish.queue_mib, 4);
    assert_int_equal(c->publish.memory_mib, 64);
    assert_int_equal(c->publish.disk_mib, 1024);
    assert_int_equal(c->publish.clients, 256);
    assert_int_equal(c->publish.subscriptions, 4096);
    assert_int_equal(c->publish.rate, 200);
    assert_string_equal(c->publish.server_key, "");
    assert_string_equal(c->publish.audit, "");
    assert_string_equal(c->control, ast_config_path("aftershock.sock"));
    assert_false(c->control_given);
    assert_string_equal(c->metrics, "");
    assert_string_equal(c->journal.dir, "");
    assert_int_equal(c->journal.sync_ns, 50 * AS_NS_PER_MS);
    assert_int_equal(c->strategy_count, 2);
    assert_string_equal(c->strategy[0].name, "overreaction");
    assert_string_equal(c->strategy[1].name, "mean_reversion");
    assert_int_equal(c->backend, AS_BACKEND_AUTO);
    assert_int_equal(c->log_level, AS_LOG_INFO);
    assert_true(c->costs.half_spread_bps == 5.0 && c->costs.fees_bps == 0.5 && c->costs.impact_bps == 2.0);
    assert_true(c->costs.borrow);
    assert_int_equal(c->session.date, 0);
    assert_string_equal(c->session.zone, "America/New_York");
    as_config_free(c);
    as_config_free(NULL);
}

static void every_plain_key_is_read(void **state)
{
    (void)state;
    ast_config_write("daily.csv", "date,symbol,close\n");
    ast_config_write("my.so", "");
    as_config *c =
        ast_config_good("history: ./daily.csv\nwait: spin\ntopology: pinned\n"
                        "publish: {live: \"ipc:///tmp/x\", requests: \"tcp://[::1]:*\", heartbeat: 1s, queue: 5,\n"
                        "  latest: \"ipc://@l\", audit: audit.ndjson, disk: 0}\n"
                        "control: /run/a.sock\nmetrics: \"127.0.0.1:5680\"\n"
                        "journal: {dir: /var/j, sync: 0}\n"
                        "strategies: [mean_reversion, {load: my.so}]\n"
                        "costs: {half_spread_bps: 1.5, fees_bps: 0, impact_bps: 3, borrow: false}\n"
                        "session: {date: 2026-07-01, zone: Asia/Seoul}\n"
                        "io: {backend: epoll}\nlog: {level: warn}\n");
    assert_true(c->pinned);
    assert_int_equal(c->wait, AS_WAIT_SPIN);
    assert_int_equal(c->publish.heartbeat_ms, 1000);
    assert_int_equal(c->publish.queue_mib, 5);
    assert_int_equal(c->publish.disk_mib, 0);
    assert_string_equal(c->publish.latest, "ipc://@l");
    assert_string_equal(c->publish.audit, ast_config_path("audit.ndjson"));
    assert_string_equal(c->control, "/run/a.sock");
    assert_true(c->control_given);
    assert_string_equal(c->metrics, "127.0.0.1:5680");
    assert_string_equal(c->journal.dir, "/var/j");
    assert_int_equal(c->journal.sync_ns, 0);
    assert_int_equal(c->strategy_count, 2);
    assert_string_equal(c->strategy[1].name, "");
    assert_string_equal(c->strategy[1].load, ast_config_path("my.so"));
    assert_int_equal(c->strategy[1].line, 11);
    assert_false(c->costs.borrow);
    assert_int_equal(c->session.date, 20260701);
    assert_string_equal(c->session.zone, "Asia/Seoul");
    assert_int_equal(c->backend, AS_BACKEND_EPOLL);
    assert_int_equal(c->log_level, AS_LOG_WARN);
    as_config_free(c);
}

static void a_topology_has_three_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {"topology: {feeds: [2, 5], core: 3, ipc: 4, wait: block}\n",
                                        "topology: {pinned: {feeds: [2, 5], core: 3, ipc: 4}, wait: block}\n"};
    for (size_t i = 0; i < 2; i++) {
        as_config *c = ast_config_good(forms[i]);
        assert_true(c->pinned);
        assert_int_equal(c->wait, AS_WAIT_BLOCK);
        assert_int_equal(c->cpu_feed_count, 2);
        assert_int_equal(c->cpu_feeds[1], 5);
        assert_int_equal(c->cpu_core, 3);
        assert_int_equal(c->cpu_ipc, 4);
        assert_int_equal(c->cpu_admin, -1);
        as_config_free(c);
    }
    as_config *c = ast_config_good("topology: compact\n");
    assert_false(c->pinned);
    as_config_free(c);
}

static void a_broken_topology_is_refused(void **state)
{
    (void)state;
    ast_config_refused(F "topology: spread\n", "3: key 'topology': found 'spread', allowed compact, pinned");
    ast_config_refused(F "topology: [1]\n",
                       "3: key 'topology': found a list, allowed compact, pinned, {feeds: [CPU, ..], "
                       "core: CPU, ipc: CPU, admin: CPU}");
    ast_config_refused(
        F "topology: {core: 3, feed: [1]}\n",
        "3: key 'topology.feed': found an unknown key, allowed pinned, feeds, core, ipc, admin, wait (did "
        "you mean 'feeds'?)");
    ast_config_refused(F "topology: {core: -1}\n",
                       "3: key 'topology.core': found '-1', allowed a whole number from 0 to 1023");
    ast_config_refused(F "topology: {feeds: 2}\n", "3: key 'topology.feeds': found '2', allowed a list");
    ast_config_refused(F "topology: {feeds: [x]}\n",
                       "3: key 'topology.feeds[0]': found 'x', allowed a whole number from 0 to 1023");
    ast_config_refused(F "topology: {pinned: {core: 1}, core: 2}\n",
                       "3: key 'topology.core': found an unknown key, allowed pinned, wait");
    ast_config_refused(F "wait: spin\ntopology: {wait: spin}\n",
                       "4: key 'topology.wait': found 'spin', allowed nothing: top-level wait says it already");
    ast_config_refused(F "wait: sleep\n", "3: key 'wait': found 'sleep', allowed yield, spin, block");
}

static void a_broken_file_is_refused(void **state)
{
    (void)state;
    ast_config_refused("", "1: found nothing, allowed a map");
    ast_config_refused("- universe\n", "1: found a list, allowed a map");
    ast_config_refused("playbook: playbook.yaml\n",
                       "1: key 'universe': found nothing, allowed a path, relative to this file's folder");
    ast_config_refused("universe: universe.csv\n",
                       "1: key 'playbook': found nothing, allowed a path, relative to this file's folder");
    ast_config_refused(
        F "strategy: [overreaction]\n",
        "3: key 'strategy': found an unknown key, allowed universe, playbook, history, calibration, wait, "
        "topology, feeds, publish, journal, strategies, costs, session, calendars, inputs, io, log, limits, metrics, "
        "... (did you mean 'strategies'?)");
    ast_config_refused(F "universe: x\n", "3: key 'universe': found twice (first on line 1), allowed once");
    ast_config_refused("universe: [a]\nplaybook: playbook.yaml\n",
                       "1: key 'universe': found a list, allowed a text of 1 to 1023 bytes");
    char expected[512];
    snprintf(expected, sizeof expected,
             "1: key 'universe': found 'none.csv', allowed a file that can be read (%s: No such "
             "file or directory)",
             ast_config_path("none.csv"));
    ast_config_refused("universe: none.csv\nplaybook: playbook.yaml\n", expected);
    as_config *config = NULL;
    assert_int_equal(as_config_load("/nowhere/a.yaml", &config), -ENOENT);
    assert_string_equal(as_error_message(0), "/nowhere/a.yaml: cannot be opened: No such file or directory");
}

static void broken_values_are_refused(void **state)
{
    (void)state;
    ast_config_refused(
        F "publish: {heartbeat: 250}\n",
        "3: key 'publish.heartbeat': found '250', allowed a whole number with a unit (ns, us, ms, s, m, h, "
        "d) from 10ms to 1m");
    ast_config_refused(
        F "publish: {heartbeat: 1h}\n",
        "3: key 'publish.heartbeat': found '1h', allowed a whole number with a unit (ns, us, ms, s, m, h, "
        "d) from 10ms to 1m");
    ast_config_refused(F "publish: {queue: 0}\n",
                       "3: key 'publish.queue': found '0', allowed a whole number from 1 to 1024");
    ast_config_refused(
        F "journal: {sync: 50 ms}\n",
        "3: key 'journal.sync': found '50 ms', allowed a whole number with a unit (ns, us, ms, s, m, h, d) "
        "from 0 to 10s");
    ast_config_refused(F "journal: on\n", "3: key 'journal': found 'on', allowed a map");
    ast_config_refused(F "costs: {fees_bps: 0.5bps}\n",
                       "3: key 'costs.fees_bps': found '0.5bps', allowed a number from 0 to 1000");
    ast_config_refused(F "costs: {borrow: yes}\n", "3: key 'costs.borrow': found 'yes', allowed true, false");
    ast_config_refused(F "costs: {fee_bps: 1}\n",
                       "3: key 'costs.fee_bps': found an unknown key, allowed half_spread_bps, fees_bps, impact_bps, "
                       "borrow (did you mean 'fees_bps'?)");
    ast_config_refused(F "session: {date: 2026-02-30}\n",
                       "3: key 'session.date': found '2026-02-30', allowed a date YYYY-MM-DD or YYYYMMDD");
    ast_config_refused(F "session: {zone: EDT}\n",
                       "3: key 'session.zone': found 'EDT', allowed an IANA time zone that this system knows, such as "
                       "America/New_York");
    ast_config_refused(F "io: {backend: kqueue}\n", "3: key 'io.backend': found 'kqueue', allowed auto, uring, epoll");
    ast_config_refused(F "log: {level: debug}\n", "3: key 'log.level': found 'debug', allowed error, warn, info");
}

static void what_would_be_ignored_is_refused(void **state)
{
    (void)state;
    ast_config_refused(
        F "limits: {symbols: 5}\n",
        "3: key 'limits': found a map, allowed nothing: not available in this version; see docs/LIMITS.md");
}

static void curve_allows_other_binds(void **state)
{
    (void)state;
    as_config *config = ast_config_good("publish: {live: \"tcp://0.0.0.0:5600\", requests: \"tcp://*:5601\",\n"
                                        "          curve: {server_key: s.key, allow: clients.txt}}\n");
    assert_string_equal(config->publish.server_key, ast_config_path("s.key"));
    assert_string_equal(config->publish.allow, ast_config_path("clients.txt"));
    as_config_free(config);
    ast_config_refused(F "publish: {curve: {server_key: x}}\n",
                       "3: key 'publish.curve.allow': found nothing, allowed the file of clients that may connect");
    ast_config_refused(F "publish: {curve: {allow: x}}\n",
                       "3: key 'publish.curve.server_key': found nothing, allowed the secret key file of the server");
}

static void the_page_is_for_this_machine(void **state)
{
    (void)state;
    static const char *const bad[] = {"0.0.0.0:5680", "127.0.0.1", ":5680", "*:5680", "example.org:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256], message[256];
        snprintf(text, sizeof text, F "metrics: \"%s\"\n", bad[i]);
        snprintf(message, sizeof message,
                 "3: key 'metrics': found '%s' in quotes, allowed ADDRESS:PORT on a loopback address, such as "
                 "127.0.0.1:5680",
                 bad[i]);
        ast_config_refused(text, message);
    }
}

static void an_endpoint_beyond_this_machine_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"tcp://0.0.0.0:5600",
                                      "tcp://*:5600",
                                      "tcp://192.168.1.4:5600",
                                      "tcp://[::]:5600",
                                      "tcp://127.0.0.1",
                                      "tcp://127.0.0.1:99999",
                                      "tcp://127.0.0.1:x",
                                      "tcp://127.0.0.1.evil.example:1",
                                      "ipc://",
                                      "inproc://a",
                                      "tcp://:5600",
                                      "5600"};
    static const char *const good[] = {"tcp://127.0.0.1:1", "tcp://127.1.2.3:65535", "tcp://localhost:5600",
                                       "tcp://[::1]:5600",  "ipc:///tmp/a.sock",     "ipc://@abstract",
                                       "tcp://127.0.0.1:*"};
    char text[256], message[512];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, F "publish: {live: \"%s\"}\n", bad[i]);
        snprintf(message, sizeof message,
                 "3: key 'publish.live': found '%s' in quotes, allowed ipc://PATH, or tcp:// "
                 "with a port on a loopback address (127.0.0.1, [::1], localhost); any other bind demands "
                 "publish.curve with "
                 "server_key and allow",
                 bad[i]);
        ast_config_refused(text, message);
        snprintf(text, sizeof text, F "publish: {requests: \"%s\"}\n", bad[i]);
        as_config *config;
        assert_int_equal(ast_config_load(text, &config), -EINVAL);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "publish: {live: \"%s\"}\n", good[i]);
        as_config *config = ast_config_good(text);
        assert_string_equal(config->publish.live, good[i]);
        as_config_free(config);
    }
    ast_config_refused(
        F "publish: {live: \"tcp://127.0.0.1:5601\"}\n",
        "3: key 'publish.live': found 'tcp://127.0.0.1:5601' in quotes, allowed another endpoint than the "
        "requests one");
}

static void strategies_are_known_names_or_files(void **state)
{
    (void)state;
    as_config *none = ast_config_good("strategies: []\n");
    assert_int_equal(none->strategy_count, 0);
    as_config_free(none);
    ast_config_refused(
        F "strategies: [overreaktion]\n",
        "3: key 'strategies[0]': found 'overreaktion', allowed overreaction, mean_reversion, residual_reversion, "
        "pairs, {load: PATH}");
    ast_config_refused(F "strategies: overreaction\n", "3: key 'strategies': found 'overreaction', allowed a list");
    ast_config_refused(F "strategies:\n- overreaction\n- overreaction\n",
                       "5: key 'strategies[1]': found 'overreaction', allowed each strategy once (line 4 has it)");
    ast_config_refused(F "strategies: [{}]\n",
                       "3: key 'strategies[0].load': found nothing, allowed the path of a shared object");
    ast_config_refused(F "strategies: [{file: x}]\n",
                       "3: key 'strategies[0].file': found an unknown key, allowed load");
    char expected[512];
    snprintf(expected, sizeof expected,
             "3: key 'strategies[0].load': found 'no.so', allowed a file that can be read (%s: No "
             "such file or directory)",
             ast_config_path("no.so"));
    ast_config_refused(F "strategies: [{load: no.so}]\n", expected);
    ast_config_refused(F "strategies: [a, a, a, a, a, a, a, a, a]\n",
                       "3: key 'strategies': found 9 entries, allowed 8");
}

static uint64_t hash_of(const char *text)
{
    as_config *config = ast_config_good(text);
    uint64_t hash = config->hash;
    as_config_free(config);
    return hash;
}

static void the_hash_covers_what_decides_and_nothing_else(void **state)
{
    (void)state;
    uint64_t plain = hash_of("");
    static const char *const same[] = {"wait: spin\n",
                                       "topology: pinned\n",
                                       "publish: {queue: 7}\n",
                                       "log: {level: error}\n",
                                       "journal: {dir: j}\n",
                                       "costs: {fees_bps: 0.50}\n",
                                       "strategies: [overreaction, mean_reversion]\n",
                                       "feeds: [{name: a, source: \"tcp://127.0.0.1:1\", format: ndjson}]\n"};
    static const char *const other[] = {"costs: {fees_bps: 0.51}\n",
                                        "costs: {borrow: false}\n",
                                        "strategies: [overreaction]\n",
                                        "strategies: [mean_reversion, overreaction]\n",
                                        "session: {zone: Asia/Seoul}\n",
                                        "session: {date: 20260701}\n",
                                        "calendars: {XNYS: {zone: UTC, open: \"01:00\", close: \"02:00\"}}\n",
                                        "history: universe.csv\n",
                                        "calibration: universe.csv\n"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(hash_of(same[i]) == plain);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_true(hash_of(other[i]) != plain);
    ast_config_write("playbook.yaml", "version: test2\nevents: {}\n");
    assert_true(hash_of("") != plain);
}

static void an_error_in_the_universe_comes_with_its_own_line(void **state)
{
    (void)state;
    ast_config_write("broken.csv", "symbol,bucket\nA,b\nA,b\n");
    as_config *config;
    assert_int_equal(ast_config_load("universe: broken.csv\nplaybook: playbook.yaml\n", &config), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "broken.csv:3: column 'symbol': found 'A' twice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_of_the_header),
        cmocka_unit_test(every_plain_key_is_read),
        cmocka_unit_test(a_topology_has_three_forms),
        cmocka_unit_test(a_broken_topology_is_refused),
        cmocka_unit_test(a_broken_file_is_refused),
        cmocka_unit_test(broken_values_are_refused),
        cmocka_unit_test(what_would_be_ignored_is_refused),
        cmocka_unit_test(curve_allows_other_binds),
        cmocka_unit_test(the_page_is_for_this_machine),
        cmocka_unit_test(an_endpoint_beyond_this_machine_is_refused),
        cmocka_unit_test(strategies_are_known_names_or_files),
        cmocka_unit_test(the_hash_covers_what_decides_and_nothing_else),
        cmocka_unit_test(an_error_in_the_universe_comes_with_its_own_line),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
