#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/common/account.h"
#include "core/error.h"
#include "tests/support/golden.h"

static as_engine *engine; /* only its counters are read */

static int make(void **state)
{
    (void)state;
    engine = calloc(1, sizeof *engine);
    return engine ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    free(engine);
    return 0;
}

/* One input of 283 rows: 237 headlines, 42 merged, 1 bad, the others outside of what was asked for. */
static as_account sample(void)
{
    as_account account = {.input = calloc(1, sizeof *account.input), .input_count = 1, .history_bars = 826};
    assert_non_null(account.input);
    account.input[0].path = "news\"1\".csv";
    as_input_stats *stats = &account.input[0].stats;
    (void)snprintf(stats->format, sizeof stats->format, "csv");
    stats->rows = 283;
    stats->headlines = stats->events = 237;
    stats->merged = 42;
    stats->bad = 1;
    stats->error_count = 1;
    (void)snprintf(stats->error[0].reason, sizeof stats->error[0].reason, "bad_time");
    stats->error[0].count = 1;
    return account;
}

static void every_row_is_somewhere(void **state)
{
    (void)state;
    char *text = NULL;
    size_t text_bytes;
    as_account account = sample();
    engine->counters.opened[AS_SIGNAL_OVERREACTION] = 6;
    engine->counters.veto[AS_SIGNAL_MEAN_REVERSION][AS_REASON_BREADTH_LOW] = 7;
    FILE *stream = open_memstream(&text, &text_bytes);
    as_account_print(&account, engine, stream);
    fclose(stream);
    assert_non_null(strstr(text, "283 rows = 237 headlines + 42 merged + 1 bad + 3 at or after --to\n"));
    assert_non_null(strstr(text, "  bad_time 1\n"));
    assert_non_null(strstr(text, "history: 826 daily bars\n"));
    assert_non_null(strstr(text, "overreaction: 6 opened, 0 closed, 0 expired, 0 near misses\n"));
    assert_non_null(strstr(text, "vetoes of mean_reversion: BREADTH_LOW 7\n"));
    assert_null(strstr(text, "journal"));
    assert_null(strstr(text, "underreaction")); /* zero and dull */
    free(text);
    as_account_fini(&account);
    as_account_fini(&account);
}

static void a_journal_says_how_it_ended(void **state)
{
    (void)state;
    static const struct {
        bool complete, truncated;
        const char *said;
    } ending[] = {{true, false, "journal: 9 records, closed in good order\n"},
                  {false, false, "journal: 9 records, not closed\n"},
                  {false, true, "journal: 9 records, not closed, cut in its last record\n"}};
    for (unsigned i = 0; i < sizeof ending / sizeof *ending; i++) {
        char *text = NULL;
        size_t text_bytes;
        as_account account = {.journal = true,
                              .journal_records = 9,
                              .journal_complete = ending[i].complete,
                              .journal_truncated = ending[i].truncated,
                              .journal_losses = i};
        FILE *stream = open_memstream(&text, &text_bytes);
        as_account_print(&account, engine, stream);
        fclose(stream);
        assert_non_null(strstr(text, ending[i].said));
        assert_true((strstr(text, "not replayable past the first") != NULL) == (i > 0));
        free(text);
    }
}

static void the_summary_is_json_with_the_same_numbers(void **state)
{
    (void)state;
    char path[64];
    as_account account = sample();
    (void)snprintf(path, sizeof path, "/tmp/ast-account-%d", (int)getpid());
    assert_int_equal(as_account_write(&account, engine, path, 51, "abcd"), 0);
    char *text = ast_file_text(path);
    const char *begin = "{\"schema\":1,\"decisions\":51,\"sha256\":\"abcd\",";
    assert_memory_equal(text, begin, strlen(begin));
    assert_non_null(strstr(text, "\"path\":\"news\\\"1\\\".csv\",\"format\":\"csv\",\"rows\":283,"));
    assert_non_null(strstr(text, "\"merged\":42,"));
    assert_non_null(strstr(text, "\"errors\":{\"bad_time\":1}"));
    assert_non_null(strstr(text, "\"overreaction\":{\"opened\":6,"));
    assert_non_null(strstr(text, "\"vetoes\":{\"BREADTH_LOW\":7}"));
    assert_string_equal(text + strlen(text) - 3, "}}\n");
    free(text);
    unlink(path);
    assert_true(as_account_write(&account, engine, "/nowhere/summary", 51, "abcd") < 0);
    assert_non_null(strstr(as_error_message(0), "/nowhere/summary: cannot be written"));
    as_error_clear();
    as_account_fini(&account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_somewhere),
        cmocka_unit_test(a_journal_says_how_it_ended),
        cmocka_unit_test(the_summary_is_json_with_the_same_numbers),
    };
    return cmocka_run_group_tests_name("account", tests, make, drop);
}
