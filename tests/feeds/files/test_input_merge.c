#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "feeds/files/input_merge.h"
#include "tests/support/random.h"
#include "tests/support/recording.h"

enum { INPUTS_MAX = 6 };

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_input *inputs[INPUTS_MAX];

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    ast_universe(folder, &universe);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    ast_folder_remove(folder);
    return 0;
}

static void open_inputs(const char *const *text, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        as_input_options options = {.universe = &universe, .source = (uint16_t)i};
        assert_int_equal(as_input_open(ast_text_file(folder, "merge.ndjson", text[i]), &options, &inputs[i]), 0);
    }
}

static void close_inputs(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        as_input_close(inputs[i]);
}

/* An event as "kind source seq L", e.g. "t0:3 L": the whole merge as one text. */
static int merged(uint32_t count, uint64_t from, uint64_t to, char *out)
{
    as_input_merge *merge = NULL;
    const as_event *event;
    const as_headline *headline;
    int result = as_input_merge_open(inputs, count, from, to, &merge);
    size_t n = 0;
    out[0] = 0;
    if (result < 0)
        return result;
    while ((result = as_input_merge_next(merge, &event, &headline)) > 0) {
        assert_int_equal(headline != NULL, event->kind == AS_EVENT_HEADLINE);
        n += (size_t)sprintf(out + n, "%s%c%u@%u%s", n ? " " : "",
                             event->kind == AS_EVENT_STATUS     ? 's'
                             : event->kind == AS_EVENT_HEADLINE ? 'h'
                                                                : 't',
                             headline ? (unsigned)(headline->id[0] - '0') : (unsigned)event->source,
                             (unsigned)event->ts_recv, event->flags & AS_EVENT_LAST ? "L" : "");
    }
    as_input_merge_close(merge);
    return result;
}

#define TRADE(t) "{\"k\":\"trade\",\"t\":" #t ",\"s\":\"NVDA\",\"p\":1}\n"
#define STATUS(t) "{\"k\":\"status\",\"t\":" #t ",\"s\":\"NVDA\",\"state\":\"halted\"}\n"
#define HEADLINE(t, id) "{\"k\":\"headline\",\"t\":" #t ",\"id\":\"" id "\",\"text\":\"x\"}\n"

static void the_number_of_inputs_is_checked(void **state)
{
    (void)state;
    as_input_merge *merge = NULL;
    assert_int_equal(as_input_merge_open(inputs, 0, 0, UINT64_MAX, &merge), -EINVAL);
    assert_int_equal(as_input_merge_open(inputs, AS_INPUT_MAX + 1, 0, UINT64_MAX, &merge), -EINVAL);
    assert_null(merge);
    as_input_merge_close(NULL);
}

/* DESIGN 6.9 and 6.10: by receive time, then status, market data, headline, then input, then file. */
static void ties_go_by_rank_then_input_then_file(void **state)
{
    (void)state;
    const char *text[3] = {
        HEADLINE(10, "1") TRADE(10) TRADE(10) TRADE(30),
        TRADE(10) STATUS(10) HEADLINE(20, "2") TRADE(5),
        HEADLINE(10, "3") TRADE(20) STATUS(30),
    };
    char out[512];
    open_inputs(text, 3);
    assert_int_equal(merged(3, 0, UINT64_MAX, out), 0);
    assert_string_equal(out, "t1@5L s1@10 t0@10 t0@10 t1@10L h1@10 h3@10 t2@20L h2@20 s2@30 t0@30L");
    close_inputs(3);
}

static void an_instant_of_headlines_has_no_last_market_event(void **state)
{
    (void)state;
    const char *text[2] = {HEADLINE(10, "1") STATUS(20), HEADLINE(10, "2")};
    char out[512];
    open_inputs(text, 2);
    assert_int_equal(merged(2, 0, UINT64_MAX, out), 0);
    assert_string_equal(out, "h1@10 h2@10 s0@20L");
    close_inputs(2);
}

static void bounds_take_the_first_and_leave_the_last(void **state)
{
    (void)state;
    const char *text[2] = {TRADE(10) TRADE(20) TRADE(30) TRADE(40), TRADE(15) TRADE(20) TRADE(30)};
    char out[512];
    open_inputs(text, 2);
    assert_int_equal(merged(2, 20, 30, out), 0);
    assert_string_equal(out, "t0@20 t1@20L");
    close_inputs(2);
    open_inputs(text, 2);
    assert_int_equal(merged(2, 50, UINT64_MAX, out), 0);
    assert_string_equal(out, "");
    close_inputs(2);
}

static void empty_inputs_do_no_harm(void **state)
{
    (void)state;
    const char *text[3] = {"{}\n", TRADE(10), "{}\n"}; /* a line that is bad, and nothing else */
    char out[512];
    open_inputs(text, 3);
    assert_int_equal(merged(3, 0, UINT64_MAX, out), 0);
    assert_string_equal(out, "t1@10L");
    close_inputs(3);
}

static void an_input_that_fails_ends_the_merge(void **state)
{
    (void)state;
    static char text0[4096];
    text0[0] = 0;
    for (int i = 0; i < 12; i++)
        strcat(text0, "bad\n");
    char all[4200];
    snprintf(all, sizeof all, "%s%s", TRADE(10), text0);
    const char *text[2] = {all, TRADE(5) TRADE(20)};
    char out[512];
    open_inputs(text, 2);
    assert_int_equal(merged(2, 0, UINT64_MAX, out), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "12 of 13"));
    assert_string_equal(out, "t1@5L t0@10L");
    close_inputs(2);
}

/* The model: all events of all inputs, stably sorted by (time, rank, input, file); LAST where a market run ends. */
static void random_inputs_equal_a_stable_sort(void **state)
{
    (void)state;
    enum { EVENTS = 300 };
    struct {
        unsigned ts, rank, input;
        char kind;
    } all[INPUTS_MAX * EVENTS], spare;
    static char text[INPUTS_MAX][EVENTS * 64], want[INPUTS_MAX * EVENTS * 12], out[sizeof want];
    uint64_t seed = 77;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20; round++) {
        uint32_t count = 1 + (uint32_t)(ast_random(&seed) % INPUTS_MAX), total = 0;
        const char *texts[INPUTS_MAX];
        for (uint32_t i = 0; i < count; i++) {
            size_t n = 0;
            text[i][0] = 0;
            texts[i] = text[i];
            for (unsigned k = 0, events = 1 + (unsigned)(ast_random(&seed) % EVENTS); k < events; k++) {
                unsigned ts = 1 + (unsigned)(ast_random(&seed) % 200);
                char kind = "sth"[ast_random(&seed) % 2 + ast_random(&seed) % 2];
                all[total].ts = ts;
                all[total].rank = kind == 's' ? 0 : kind == 't' ? 1 : 2;
                all[total].input = i;
                all[total++].kind = kind;
                if (kind == 'h')
                    n += (size_t)sprintf(text[i] + n, "{\"k\":\"news\",\"t\":%u,\"id\":\"%u-%u\",\"text\":\"x\"}\n", ts,
                                         i, k);
                else
                    n += (size_t)sprintf(text[i] + n, "{\"k\":\"%s\",\"t\":%u,\"s\":\"BTC\",\"%s}\n",
                                         kind == 's' ? "status" : "trade", ts,
                                         kind == 's' ? "state\":\"paused\"" : "p\":1");
            }
        }
        for (uint32_t i = 1; i < total; i++) /* insertion sort is stable */
            for (uint32_t k = i; k > 0; k--) {
                unsigned a = all[k - 1].ts * 32 + all[k - 1].rank * 8 + all[k - 1].input;
                unsigned b = all[k].ts * 32 + all[k].rank * 8 + all[k].input;
                if (a <= b)
                    break;
                spare = all[k];
                all[k] = all[k - 1];
                all[k - 1] = spare;
            }
        size_t n = 0;
        for (uint32_t i = 0; i < total; i++) {
            bool last = all[i].rank < 2 && (i + 1 == total || all[i + 1].ts != all[i].ts || all[i + 1].rank == 2);
            n += (size_t)sprintf(want + n, "%s%c%u@%u%s", n ? " " : "", all[i].kind, all[i].input, all[i].ts,
                                 last ? "L" : "");
        }
        open_inputs(texts, count);
        assert_int_equal(merged(count, 0, UINT64_MAX, out), 0);
        assert_string_equal(out, want);
        close_inputs(count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_inputs_is_checked),
        cmocka_unit_test(ties_go_by_rank_then_input_then_file),
        cmocka_unit_test(an_instant_of_headlines_has_no_last_market_event),
        cmocka_unit_test(bounds_take_the_first_and_leave_the_last),
        cmocka_unit_test(empty_inputs_do_no_harm),
        cmocka_unit_test(an_input_that_fails_ends_the_merge),
        cmocka_unit_test(random_inputs_equal_a_stable_sort),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
