#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/sim/market_folder.h"
#include "core/config.h"
#include "core/error.h"
#include "core/text_file.h"

static as_sim_market market;
static char top[] = "/tmp/aftershock-folder-XXXXXX";

static char *content(const char *folder, const char *name)
{
    char path[256], *text = NULL;
    size_t bytes;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(as_text_file_read(path, AS_TEXT_FILE_BYTES_MAX, &text, &bytes), 0);
    return text;
}

static void remove_folder(const char *folder)
{
    char path[512];
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(folder);
}

static unsigned occurrences(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

static void a_folder_is_whole_and_counted(void **state)
{
    (void)state;
    char folder[128];
    as_market_folder options = {.seed = 5, .sessions = 6, .bar_minutes = 5};
    as_market_folder_counts counts;
    snprintf(folder, sizeof folder, "%s/a", top);
    assert_int_equal(as_market_folder_write(&market, &options, folder, &counts), 0);
    assert_int_equal(counts.sessions, 6);
    assert_int_equal(counts.names, market.count);

    char *truth = content(folder, "truth.json"), *news = content(folder, "headlines.ndjson");
    char *bars = content(folder, "bars.csv"), *daily = content(folder, "daily.csv");
    assert_int_equal(occurrences(truth, "\"date\""), 6);
    assert_int_equal(occurrences(truth, "\"kind\":\"noise\""), counts.noise);
    assert_int_equal(occurrences(news, "\n"), counts.headlines);
    assert_int_equal(occurrences(bars, "\n"), counts.out.bars + 1);
    assert_int_equal(occurrences(daily, ",SPY,"), market.history_count);
    assert_null(strstr(truth, "nan"));
    assert_null(strstr(truth, "inf"));
    free(truth);
    free(news);
    free(bars);
    free(daily);

    /* the configuration is one that a program starts with */
    char path[256];
    as_config *config = NULL;
    snprintf(path, sizeof path, "%s/aftershock.yaml", folder);
    assert_int_equal(as_config_load(path, &config), 0);
    as_config_free(config);

    assert_int_equal(as_market_folder_write(&market, &options, folder, &counts), -EEXIST);
    options.force = true;
    assert_int_equal(as_market_folder_write(&market, &options, folder, &counts), 0);
    remove_folder(folder);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    as_market_folder options = {.seed = 5, .sessions = 1, .bar_minutes = 5};
    as_market_folder_counts counts;
    assert_true(as_market_folder_write(&market, &options, "/nowhere/at/all", &counts) < 0);
    assert_non_null(strstr(as_error_message(0), "/nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_whole_and_counted),
        cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
    };
    if (!mkdtemp(top) || as_sim_market_load(&market, "examples/market/market.yaml") < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    as_sim_market_fini(&market);
    rmdir(top);
    return failed;
}
