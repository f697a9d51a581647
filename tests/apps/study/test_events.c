#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/study/events.h"
#include "core/error.h"

static as_universe universe;

static void ast_write(char path[], const char *text)
{
    FILE *stream = fdopen(mkstemp(path), "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static int ast_universe(void **state)
{
    (void)state;
    char path[] = "/tmp/as_events_XXXXXX";
    ast_write(path, "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
                    "A,One,,,XNYS,USD,0,\nK,Korea,,,XKRX,USD,0,\n");
    int rc = as_universe_load(&universe, path, NULL, 0);
    unlink(path);
    return rc;
}

static int ast_universe_end(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    return 0;
}

static int ast_load(as_study_events *events, const char *text)
{
    char path[] = "/tmp/as_events_XXXXXX";
    ast_write(path, text);
    *events = (as_study_events){0};
    int rc = as_study_events_load(events, path, &universe);
    unlink(path);
    return rc;
}

static void rows_are_dates_or_moments(void **state)
{
    (void)state;
    as_study_events events;
    assert_int_equal(ast_load(&events, "date_or_ts,symbol,type\n"
                                       "# a note\n"
                                       "2025-06-12,A,memory_price\r\n"
                                       "\n"
                                       "20250704,A\n"
                                       "2025-12-31,K,\n"
                                       "2025-06-12T13:45:00Z,\"A\"\n"
                                       "1749735900000000000,K\n"),
                     0);
    assert_int_equal(events.count, 5);
    assert_int_equal(events.event[0].line, 3);
    assert_int_equal(events.event[0].type, as_event_type_find("memory_price"));
    assert_string_equal(events.event[0].id, "2025-06-12 A");
    assert_int_equal(events.event[1].type, AS_EVENT_TYPE_OTHER);
    assert_true(events.event[0].gate == 1);
    as_study_events_resolve(&events, &universe, false);
    const as_calendar *new_york = as_universe_calendar(&universe, 0);
    const as_calendar *seoul = as_universe_calendar(&universe, 1);
    assert_int_equal(events.event[0].ts, as_calendar_session_on(new_york, 20250612)->close);
    assert_int_equal(events.event[1].ts, as_calendar_session_on(new_york, 20250707)->close); /* closed until Monday */
    const as_session *last = as_calendar_session(seoul, events.event[2].ts);
    assert_true(last->date == 20251231 || last->date == 20260102); /* over the end of a year */
    assert_int_equal(events.event[3].ts, UINT64_C(1749735900000000000));
    assert_int_equal(events.event[4].ts, UINT64_C(1749735900000000000));
    as_study_events_fini(&events);

    assert_int_equal(ast_load(&events, "\xEF\xBB\xBF"
                                       "date,symbol\n2025-06-12,A\n2025-06-12,K\n2025-06-12,A,memory_price\n"),
                     0);
    assert_int_equal(events.count, 3); /* a byte order mark, and what is no duplicate */
    as_study_events_fini(&events);
    assert_int_equal(ast_load(&events, "2025-06-12,A\n"), 0);
    as_study_events_resolve(&events, &universe, true);
    assert_int_equal(events.event[0].ts, as_calendar_session_on(new_york, 20250612)->open);
    as_study_events_fini(&events);
}

static void a_bad_row_is_an_error_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
        unsigned line;
    } bad[] = {
        {"2025-06-12,A\n2025-06-12,B\n", "'B'", 2},
        {"date_or_ts,symbol\n2025-06-12\n", "found 1 fields", 2},
        {"2025-06-12,A,memory_price,more\n", "found 4 fields", 1},
        {"2025-06-12,A,rain\n", "'rain'", 1},
        {"12 June,A\n", "12 June", 1},
        {"2025-06-12,\"A\n", "quote", 1},
        {"2025-02-30,A\n", "2025-02-30", 1},
        {"20250431,A\n", "20250431", 1},
        {"2025-06-12T13:45:00,A\n", "no zone", 1},
        {"2025-06-12,A\n2025-06-13,A\n2025-06-12,A\n", "same event as line 1", 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_study_events events;
        char line[16];
        snprintf(line, sizeof line, ":%u", bad[i].line);
        assert_true(ast_load(&events, bad[i].text) < 0);
        char *said = NULL;
        size_t bytes;
        FILE *stream = open_memstream(&said, &bytes);
        as_error_print(stream, "test");
        fclose(stream);
        if (!strstr(said, bad[i].said) || !strstr(said, line))
            fail_msg("%s: says '%s'", bad[i].text, said);
        free(said);
        as_study_events_fini(&events);
    }
    as_study_events events;
    assert_true(ast_load(&events, "date,symbol\n") < 0);
    assert_non_null(strstr(as_error_message(0), "no event"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_dates_or_moments),
        cmocka_unit_test(a_bad_row_is_an_error_with_its_line),
    };
    return cmocka_run_group_tests(tests, ast_universe, ast_universe_end);
}
