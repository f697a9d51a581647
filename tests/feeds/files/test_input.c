#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "core/timezone.h"
#include "feeds/files/input.h"
#include "tests/support/random.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static as_universe universe;
static as_event events[4096];
static uint32_t count;

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

static void what_is_no_recording_is_refused(void **state)
{
    (void)state;
    as_input_options options = {.universe = &universe};
    as_input *input = NULL;
    assert_int_equal(as_input_open("/nonexistent.csv", &options, &input), -ENOENT);
    assert_int_equal(as_input_open(folder, &options, &input), -EISDIR);
    const struct {
        const char *bytes;
        size_t n;
        const char *word;
    } files[] = {
        {"", 0, "empty"},
        {"\x7f"
         "ELF\x02\x01",
         6, "7f 45 4c 46 02 01"},
        {"ASJ1\0\0\0\0", 8, "journal"},
        {"date,symbol,close\n", 18, "date, symbol, close"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = ast_file(folder, "refused", files[i].bytes, files[i].n);
        assert_int_equal(as_input_open(path, &options, &input), -EPROTO);
        assert_non_null(strstr(as_error_message(0), path));
        assert_non_null(strstr(as_error_message(0), files[i].word));
    }
    assert_null(input);
    as_input_close(NULL);
}

static as_input *open_text(const char *text, as_input_options options)
{
    as_input *input = NULL;
    if (as_input_open(ast_text_file(folder, "lines.ndjson", text), &options, &input) < 0)
        as_error_print(stderr, "test_input");
    assert_non_null(input);
    return input;
}

static const char mixed[] = "{\"k\":\"trade\",\"t\":30,\"s\":\"NVDA\",\"p\":1,\"q\":1}\n"
                            "{\"k\":\"trade\",\"t\":10,\"s\":\"META\",\"p\":2,\"q\":1}\n"
                            "{\"k\":\"trade\",\"t\":20,\"s\":\"XYZ\",\"p\":3,\"q\":1}\n"
                            "\n"
                            "{\"k\":\"headline\",\"t\":10,\"id\":\"h\",\"text\":\"Meta\",\"symbols\":[\"META\"]}\n"
                            "{\"k\":\"headline\",\"t\":10,\"id\":\"h\",\"text\":\"Meta\",\"symbols\":[\"NVDA\"]}\n"
                            "{\"k\":\"trade\",\"t\":10,\"s\":\"NVDA\",\"p\":4,\"q\":1}";

static void events_come_in_receive_order_and_are_counted(void **state)
{
    (void)state;
    as_input *input = open_text(mixed, (as_input_options){.universe = &universe, .source = 4});
    assert_int_equal(ast_read_all(input, events, 4096, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(events[0].trade.px, 2 * AS_PX_ONE);
    assert_int_equal(events[1].kind, AS_EVENT_HEADLINE);
    assert_int_equal(events[2].trade.px, 4 * AS_PX_ONE);
    assert_int_equal(events[3].trade.px, AS_PX_ONE);
    assert_int_equal(events[3].source, 4);
    const as_input_stats *s = as_input_stats_get(input);
    assert_string_equal(s->format, "ndjson");
    assert_string_equal(s->compression, "none");
    assert_int_equal(s->bytes, sizeof mixed - 1);
    assert_int_equal(s->rows, 6);
    assert_int_equal(s->messages, 6);
    assert_int_equal(s->events, 4);
    assert_int_equal(s->headlines, 1);
    assert_int_equal(s->merged, 1);
    assert_int_equal(s->unknown_symbol, 1);
    assert_int_equal(s->symbols, 2);
    assert_int_equal(s->first_ts, 10);
    assert_int_equal(s->last_ts, 30);
    assert_int_equal(s->out_of_order, 0);
    assert_int_equal(s->bad, 0);
    assert_false(s->truncated);
    assert_int_equal(ast_type_count(input, "trade"), 4);
    assert_int_equal(ast_type_count(input, "headline"), 2);
    assert_true(as_input_progress(input) == 1.0);
    as_headline headline;
    assert_int_equal(as_input_next(input, events, &headline), 0); /* the end stays the end */
    as_input_close(input);
}

static void without_a_universe_every_symbol_is_kept_and_numbered(void **state)
{
    (void)state;
    as_input *input = open_text(mixed, (as_input_options){.raw_order = true});
    assert_int_equal(ast_read_all(input, events, 4096, &count), 0);
    assert_int_equal(count, 6);
    const as_symbols *symbols = as_input_symbols(input);
    assert_string_equal(as_symbols_name(symbols, events[0].instrument), "NVDA");
    assert_string_equal(as_symbols_name(symbols, events[2].instrument), "XYZ");
    const as_input_stats *s = as_input_stats_get(input);
    assert_int_equal(s->symbols, 3);
    assert_int_equal(s->unknown_symbol, 0);
    assert_int_equal(s->out_of_order, 5);
    assert_int_equal(s->merged, 0);
    as_input_close(input);
}

/* bad of the lines are bad; the result of reading them all. */
static int read_with_bad(uint32_t lines, uint32_t bad, bool strict)
{
    size_t room = (size_t)lines * 64 + 1, n = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (uint32_t i = 0; i < lines; i++)
        n += (size_t)snprintf(text + n, room - n, "{\"k\":\"trade\",\"t\":%u,\"s\":\"NVDA\",\"p\":%d,\"q\":1}\n", i + 1,
                              i < bad ? -1 : 1);
    as_input_options options = {.universe = &universe, .strict = strict};
    as_input *input = NULL;
    assert_int_equal(as_input_open(ast_file(folder, "bad.ndjson", text, n), &options, &input), 0);
    int result = ast_read_all(input, events, 0, &count);
    if (!strict) {
        assert_int_equal(as_input_stats_get(input)->bad, bad);
        assert_int_equal(ast_error_count(input, "bad_price"), bad);
        assert_int_equal(count, lines - bad);
    }
    as_input_close(input);
    free(text);
    return result;
}

/* DESIGN 6.28: over max(10, 0.1 %) of the lines. */
static void some_bad_lines_are_borne_and_too_many_are_not(void **state)
{
    (void)state;
    assert_int_equal(read_with_bad(100, 10, false), 0);
    assert_int_equal(read_with_bad(100, 11, false), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "11 of 100"));
    assert_int_equal(read_with_bad(20000, 20, false), 0);
    assert_int_equal(read_with_bad(20000, 21, false), -EBADMSG);
    assert_int_equal(read_with_bad(100, 0, true), 0);
    assert_int_equal(read_with_bad(100, 1, true), -EBADMSG);
    assert_non_null(strstr(as_error_message(0), "bad.ndjson:1: bad_price"));
}

/* A stream that is out of order by more than the window: delivered all the same, late, and counted. */
static void what_the_window_cannot_reach_is_counted(void **state)
{
    (void)state;
    enum { LINES = AS_REORDER_EVENTS + 10 };
    size_t room = (size_t)LINES * 64, n = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (uint32_t i = 0; i < LINES; i++)
        n += (size_t)snprintf(text + n, room - n, "{\"k\":\"trade\",\"t\":%u,\"s\":\"NVDA\",\"p\":1}\n",
                              i == LINES - 1 ? 1 : i + 100);
    as_input_options options = {.universe = &universe};
    as_input *input = NULL;
    assert_int_equal(as_input_open(ast_file(folder, "late.ndjson", text, n), &options, &input), 0);
    assert_int_equal(ast_read_all(input, events, 0, &count), 0);
    assert_int_equal(count, LINES);
    assert_int_equal(as_input_stats_get(input)->out_of_order, 1);
    assert_int_equal(as_input_stats_get(input)->first_ts, 1);
    as_input_close(input);
    free(text);
}

/* The order of the lines does not matter: a shuffled file gives the same events. */
static void a_shuffled_file_gives_the_same_order(void **state)
{
    (void)state;
    enum { LINES = 2000 };
    static char line[LINES][80], text[LINES * 80];
    uint64_t seed = 12;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < LINES; i++)
        snprintf(line[i], sizeof line[i], "{\"k\":\"trade\",\"t\":%d,\"s\":\"NVDA\",\"p\":%d}\n", 1000 + i, i + 1);
    for (int i = LINES - 1; i > 0; i--) {
        char spare[80];
        int k = (int)(ast_random(&seed) % (uint64_t)(i + 1));
        memcpy(spare, line[i], 80);
        memcpy(line[i], line[k], 80);
        memcpy(line[k], spare, 80);
    }
    text[0] = 0;
    size_t n = 0;
    for (int i = 0; i < LINES; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", line[i]);
    as_input *input = open_text(text, (as_input_options){.universe = &universe});
    assert_int_equal(ast_read_all(input, events, 4096, &count), 0);
    assert_int_equal(count, LINES);
    for (int i = 0; i < LINES; i++)
        assert_int_equal(events[i].trade.px, (int64_t)(i + 1) * AS_PX_ONE);
    as_input_close(input);
}

/* Real rows (data/README.md): the day's 279 rows of 2025-05-23 are 237 headlines, 42 rows merged into them. */
static void real_headlines_merge_by_time_and_address(void **state)
{
    (void)state;
    const char *root = getenv("AFTERSHOCK_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/data/news/fmp_headlines_2025.csv.gz", root && *root ? root : "../shared");
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s not present\n", path);
        skip();
    }
    as_config *config = NULL;
    assert_int_equal(as_config_load("examples/mappings/headlines-fmp.yaml", &config), 0);
    as_input_options options = {.config = config};
    as_input *input = NULL;
    assert_int_equal(as_input_open(path, &options, &input), 0);
    static as_headline headline;
    as_event event;
    uint32_t headlines = 0, merged = 0;
    as_timezone *zone = NULL;
    assert_int_equal(as_timezone_new("America/New_York", &zone), 0);
    uint64_t from = (uint64_t)as_timezone_to_utc(zone, 2025, 5, 23, 0, 0, 0) * AS_NS_PER_S;
    while (as_input_next(input, &event, &headline) > 0)
        if (event.ts_event >= from && event.ts_event < from + AS_NS_PER_DAY) {
            headlines++;
            merged += headline.merged_count;
        }
    assert_int_equal(headlines, 237);
    assert_int_equal(merged, 42);
    assert_int_equal(as_input_stats_get(input)->rows, 29243);
    assert_int_equal(as_input_stats_get(input)->symbols, 57);
    assert_string_equal(as_input_stats_get(input)->compression, "gzip");
    as_timezone_free(zone);
    as_input_close(input);
    as_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_recording_is_refused),
        cmocka_unit_test(events_come_in_receive_order_and_are_counted),
        cmocka_unit_test(without_a_universe_every_symbol_is_kept_and_numbered),
        cmocka_unit_test(some_bad_lines_are_borne_and_too_many_are_not),
        cmocka_unit_test(what_the_window_cannot_reach_is_counted),
        cmocka_unit_test(a_shuffled_file_gives_the_same_order),
        cmocka_unit_test(real_headlines_merge_by_time_and_address),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
