/* What is shown of a daemon: health, Prometheus text and the page's JSON, from a picture made by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/board_json.h"
#include "apps/common/board_metrics.h"
#include "tests/support/world.h"

enum { FAMILIES_MAX = 256 };

typedef struct scene {
    ast_world world;
    as_glance glance;
    as_board_feed feed[2];
    as_board_stage stage[2];
    as_client_view client[2];
    as_board_view view;
} scene;

static void open_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    ast_world_init(&s->world);
    ast_history(&s->world, 20260630, 60);
    assert_int_equal(as_glance_init(&s->glance, AST_NAMES), 0);
    as_glance_ask(&s->glance);
    while (as_glance_work(&s->glance, s->world.engine)) {}
    for (unsigned i = 0; i < AST_NAMES; i++)
        s->glance.close_px[i] = s->glance.mid_px[i];
    s->glance.engine.veto[AS_SIGNAL_MEAN_REVERSION][AS_REASON_NO_EDGE] = 3;
    s->feed[0] = (as_board_feed){.name = "nasdaq", .state = "live", .messages = 12, .last_packet_ns = 1500000000};
    s->feed[1] = (as_board_feed){.name = "odd \"name\\\n", .state = "connecting", .bad = 2};
    s->stage[0] =
        (as_board_stage){.name = "decide",
                         .from_to = "x",
                         .sum_ns = 5e3,
                         .ns = {.count = 2, .p50 = 2000, .p90 = 3000, .p99 = 3000, .p999 = 3000, .max = 3000}};
    s->stage[1] = (as_board_stage){.name = "publish", .from_to = "y", .missing = "no stamp"};
    s->client[0] = (as_client_view){.where = "live", .peer = "127.0.0.1:1", .gseq = 90, .queued_bytes = 4096};
    s->client[1] = (as_client_view){.where = "live", .peer = "127.0.0.1:2", .gseq = 10};
    s->view = (as_board_view){
        .version = "0.1.0",
        .playbook = "test-1",
        .epoch = 0xabc,
        .gseq = 100,
        .heartbeat_ms = 250,
        .universe = &s->world.universe,
        .thresholds = &s->world.playbook->thresholds,
        .glance = &s->glance,
        .feed = s->feed,
        .feed_count = 2,
        .stage = s->stage,
        .stage_count = 2,
        .client = s->client,
        .client_count = 2,
    };
}

static void close_scene(scene *s)
{
    as_glance_fini(&s->glance);
    ast_world_fini(&s->world);
}

static char *written(const as_board_view *view, void (*write)(const as_board_view *view, FILE *out))
{
    char *text;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    write(view, out);
    fclose(out);
    return text;
}

/* ---- health ---- */

static bool is_well(const as_board_view *view, const char *reason)
{
    char *text;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    bool well = as_board_health(view, out);
    fclose(out);
    assert_int_equal(well, bytes == 0);
    assert_int_equal(well, as_board_health(view, NULL));
    if (reason)
        assert_non_null(strstr(text, reason));
    free(text);
    return well;
}

static void each_trouble_is_a_reason(void **unused)
{
    (void)unused;
    static scene s;
    open_scene(&s);
    as_board_view good = s.view, view = good;
    assert_true(is_well(&view, NULL)); /* a feed that waits for its first packet is no trouble */
    view.now_ns = view.started_ns + AS_BOARD_CONNECTING_S * AS_NS_PER_S - 1;
    assert_true(is_well(&view, NULL));
    view.now_ns++; /* ... unless it waits long */
    assert_false(is_well(&view, "feed odd \"name\\\n has received nothing for 10 s\n"));
    s.feed[1].last_packet_ns = view.now_ns - AS_NS_PER_S; /* it has been there, and connects again */
    assert_true(is_well(&view, NULL));
    s.feed[1].last_packet_ns = 0;
    view = good;
    s.feed[0].state = "stale";
    assert_false(is_well(&view, "feed nasdaq is stale\n"));
    s.feed[0].state = "down";
    assert_false(is_well(&view, "feed nasdaq is down\n"));
    s.feed[0].state = "live";
    view.halted = true;
    assert_false(is_well(&view, "halted"));
    view = good, view.journal_lost = 4;
    assert_false(is_well(&view, "lost 4 records"));
    view = good, view.journal_failed = true;
    assert_false(is_well(&view, "journal cannot be written"));
    view = good, view.decisions_dropped = 1;
    assert_false(is_well(&view, "dropped 1 decisions"));
    view = good, view.decisions_waiting = AS_DECISION_RING_SLOTS / 2;
    assert_true(is_well(&view, NULL));
    view.decisions_waiting++;
    assert_false(is_well(&view, "behind"));
    view = good, view.heartbeat_age_ms = 1000;
    assert_true(is_well(&view, NULL));
    view.heartbeat_age_ms = 1001;
    assert_false(is_well(&view, "no heartbeat for 1001 ms"));
    close_scene(&s);
}

/* ---- Prometheus ---- */

static size_t name_bytes(const char *at)
{
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == ':')
        n++;
    assert_true(n > 0 && !isdigit((unsigned char)*at));
    return n;
}

/* {name="value",..}: where it ends. */
static const char *skip_labels(const char *at)
{
    if (*at != '{')
        return at;
    do {
        at++;
        at += name_bytes(at);
        assert_true(at[0] == '=' && at[1] == '"');
        for (at += 2; *at != '"'; at++) {
            assert_true(*at != '\n' && *at != '\0');
            if (*at == '\\') {
                at++;
                assert_true(*at == '\\' || *at == '"' || *at == 'n');
            }
        }
        at++;
    } while (*at == ',');
    assert_int_equal(*at, '}');
    return at + 1;
}

typedef struct families {
    char name[FAMILIES_MAX][64];
    unsigned count, samples;
} families;

/* Text format 0.0.4: HELP, TYPE, then samples of that family only; each family once. */
static void parse(char *text, families *found)
{
    char type[32] = "", *rest;
    memset(found, 0, sizeof *found);
    assert_true(text[strlen(text) - 1] == '\n');
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char name[64];
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_true(found->count < FAMILIES_MAX);
            snprintf(name, sizeof name, "%.*s", (int)name_bytes(line + 7), line + 7);
            for (unsigned i = 0; i < found->count; i++)
                assert_string_not_equal(found->name[i], name);
            memcpy(found->name[found->count++], name, sizeof name);
            continue;
        }
        const char *family = found->name[found->count - 1];
        if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_int_equal(sscanf(line + 7, "%63s %31s", name, type), 2);
            assert_string_equal(name, family);
            assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 || strcmp(type, "summary") == 0);
            bool total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
            assert_int_equal(total, strcmp(type, "counter") == 0);
            continue;
        }
        size_t bytes = name_bytes(line);
        assert_int_equal(strncmp(line, family, strlen(family)), 0);
        const char *suffix = line + strlen(family);
        if (strcmp(type, "summary") == 0 && *suffix == '_')
            assert_true(strncmp(suffix, "_sum", 4) == 0 || strncmp(suffix, "_count", 6) == 0);
        else
            assert_int_equal(bytes, strlen(family));
        const char *value = skip_labels(line + bytes);
        char *end;
        assert_int_equal(*value, ' ');
        strtod(value, &end);
        assert_true(end > value && *end == '\0');
        found->samples++;
    }
}

static void metrics_are_well_formed_and_escaped(void **unused)
{
    (void)unused;
    static scene s;
    static families found;
    open_scene(&s);
    char *text = written(&s.view, as_board_metrics);
    assert_non_null(strstr(text, "aftershock_feed_messages_total{feed=\"nasdaq\"} 12\n"));
    assert_non_null(strstr(text, "aftershock_feed_bad_total{feed=\"odd \\\"name\\\\\\n\"} 2\n"));
    assert_non_null(strstr(text, "aftershock_feed_state{feed=\"nasdaq\",state=\"live\"} 1\n"));
    assert_non_null(strstr(text, "aftershock_feed_state{feed=\"nasdaq\",state=\"stale\"} 0\n"));
    assert_non_null(strstr(text, "aftershock_latency_seconds{stage=\"decide\",quantile=\"0.5\"} 0.000002000\n"));
    assert_non_null(strstr(text, "aftershock_latency_seconds_count{stage=\"decide\"} 2\n"));
    assert_null(strstr(text, "stage=\"publish\"")); /* not measured: not there */
    assert_non_null(strstr(text, "aftershock_engine_vetoes_total{reason=\"NO_EDGE\"} 3\n"));
    assert_non_null(strstr(text, "aftershock_subscriber_lag_max 10\n")); /* one without a queue is not behind */
    assert_non_null(strstr(text, "aftershock_healthy 1\n"));
    parse(text, &found);
    assert_true(found.count > 60 && found.samples > 100);
    free(text);
    close_scene(&s);
}

static void every_metric_is_in_the_document(void **unused)
{
    (void)unused;
    static scene s;
    static families found;
    static char document[1 << 18];
    open_scene(&s);
    char *text = written(&s.view, as_board_metrics);
    parse(text, &found);
    FILE *file = fopen("docs/OPERATIONS.md", "re");
    assert_non_null(file);
    document[fread(document, 1, sizeof document - 1, file)] = '\0';
    fclose(file);
    for (unsigned i = 0; i < found.count; i++) {
        char row[80];
        snprintf(row, sizeof row, "`%s`", found.name[i]);
        if (!strstr(document, row))
            fail_msg("docs/OPERATIONS.md does not list %s", row);
    }
    free(text);
    close_scene(&s);
}

static void metrics_without_a_glance_leave_the_engine_out(void **unused)
{
    (void)unused;
    static scene s;
    static families found;
    open_scene(&s);
    s.view.glance = NULL;
    char *text = written(&s.view, as_board_metrics);
    assert_null(strstr(text, "aftershock_engine_"));
    parse(text, &found);
    free(text);
    close_scene(&s);
}

/* ---- the page's JSON: tests/system/test_page.py reads it with a parser ---- */

static void json_shows_returns_by_bucket_and_flags(void **unused)
{
    (void)unused;
    static scene s;
    open_scene(&s);
    s.glance.close_px[AST_NEAR] = s.glance.mid_px[AST_NEAR] * 2;
    s.glance.variance[AST_NEAR] = 0.01F;
    s.glance.flags[AST_NEAR] = AS_GLANCE_HALTED | AS_GLANCE_PAUSED | AS_GLANCE_BAR;
    s.glance.flags[AST_FAR1] = AS_GLANCE_GAP | AS_GLANCE_BAR;
    s.glance.close_px[AST_FAR2] = AS_PX_UNDEFINED;
    s.glance.flags[AST_FAR3] = AS_GLANCE_NO_PRICE;
    s.glance.mid_px[AST_FAR3] = AS_PX_UNDEFINED;
    char *text = written(&s.view, as_board_json);
    assert_non_null(
        strstr(text, "{\"name\":\"near\",\"count\":1,\"mean\":-0.69315,\"cells\":[[\"NEAR\",-0.69315,-6.93,6]]}"));
    assert_non_null(strstr(text, "[\"FAR1\",0.00000,0.00,1]"));
    assert_non_null(strstr(text, "[\"FAR2\",null,null,16]"));
    assert_non_null(strstr(text, "[\"FAR3\",null,null,8]"));
    assert_non_null(strstr(text, "\"state\":\"LIVE\""));
    assert_non_null(strstr(text, "\"epoch\":\"0000000000000abc\""));
    assert_non_null(strstr(text, "\"wire\":null"));
    assert_null(strstr(text, "nan"));
    free(text);
    s.view.halted = true;
    text = written(&s.view, as_board_json);
    assert_non_null(strstr(text, "\"state\":\"HALTED\""));
    assert_non_null(strstr(text, "\"reasons\":[\"halted by the operator\"]"));
    free(text);
    close_scene(&s);
}

static void an_old_quote_is_stale_and_an_old_bar_after_a_session(void **unused)
{
    (void)unused;
    static scene s;
    open_scene(&s);
    const as_thresholds *limits = s.view.thresholds;
    uint64_t now = s.glance.now + 3600 * AS_NS_PER_S;
    s.glance.now = now;
    s.glance.flags[AST_NEAR] = 0;
    s.glance.mid_ts[AST_NEAR] = now - (uint64_t)(limits->quote_stale_s * 1e9);
    char *text = written(&s.view, as_board_json);
    assert_non_null(strstr(text, "[\"NEAR\",0.00000,0.00,0]"));
    assert_non_null(strstr(text, "[\"FAR1\",0.00000,0.00,0]")); /* a close of this evening */
    free(text);
    s.glance.mid_ts[AST_NEAR] -= AS_NS_PER_S;
    s.glance.now = now + 20 * 86400 * AS_NS_PER_S;
    text = written(&s.view, as_board_json);
    assert_non_null(strstr(text, "[\"NEAR\",0.00000,0.00,1]"));
    assert_non_null(strstr(text, "[\"FAR1\",0.00000,0.00,1]"));
    free(text);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_trouble_is_a_reason),
        cmocka_unit_test(metrics_are_well_formed_and_escaped),
        cmocka_unit_test(every_metric_is_in_the_document),
        cmocka_unit_test(metrics_without_a_glance_leave_the_engine_out),
        cmocka_unit_test(json_shows_returns_by_bucket_and_flags),
        cmocka_unit_test(an_old_quote_is_stale_and_an_old_bar_after_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
