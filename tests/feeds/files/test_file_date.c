#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "feeds/files/file_date.h"

static void names_give_their_date(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int32_t want;
    } cases[] = {
        {"01302020.NASDAQ_ITCH50", 20200130},
        {"/data/19990101/01302020.NASDAQ_ITCH50.gz", 20200130},
        {"S031926-v50", 20260319},
        {"S031926-v50.txt.gz", 20260319},
        {"20131009_spy_trade.csv.gz", 20131009},
        {"2025-05-23.csv.gz", 20250523},
        {"2025_05_23.csv.gz", 20250523},
        {"ritch_ex20101224_ARTIFICIAL.TEST_ITCH_50.gz", 20101224},
        {"2025-11-03_2025-11-04.csv.gz", 20251103},
        {"feed_251103.itch", 20251103},
        {"x20250523y", 20250523},
        {"20252305", 0},
        {"2025-02-30", 0},
        {"202505231", 0},
        {"12345678", 0},
        {"2025-5-23", 0},
        {"nothing", 0},
        {"", 0},
        {"/20250523/", 0},
        {"20260229", 0},
        {"20240229", 20240229},
        {"v50_20250523", 20250523},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (as_file_date(cases[i].path) != cases[i].want)
            print_error("%s: %d\n", cases[i].path, (int)as_file_date(cases[i].path));
        assert_int_equal(as_file_date(cases[i].path), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_give_their_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
