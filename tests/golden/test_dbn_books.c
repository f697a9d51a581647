/*
 * By-order books from recorded DBN mbo files against an independent book in Python (dbn_book.py, beside this file): the
 * ten best prices and quantities of both sides and the number of orders, at every LAST flag.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/book.h"
#include "feeds/files/input.h"

enum { LINE_BYTES = 4096, DEPTH = 10 };

/* Reads `price,size,orders` up to the bar or the line's end; how many. */
static unsigned parse_side(char **text, as_book_level level[DEPTH])
{
    unsigned n = 0, orders;
    int used;
    while (n < DEPTH &&
           sscanf(*text, " %" SCNd64 ",%" SCNu64 ",%u%n", &level[n].px, &level[n].qty, &orders, &used) == 3) {
        *text += used;
        n++;
    }
    *text += strspn(*text, " |");
    return n;
}

static void compare_side(const as_book_set *books, bool sell, const as_book_level *want, unsigned levels)
{
    uint32_t depth = as_book_depth(books, 0, sell);
    assert_int_equal(depth < DEPTH ? depth : DEPTH, levels);
    for (unsigned i = 0; i < levels; i++) {
        as_book_level have;
        assert_true(as_book_level_at(books, 0, sell, i, &have));
        assert_int_equal(have.px, want[i].px);
        assert_int_equal(have.qty, want[i].qty);
    }
}

/* One line of the oracle against the book; false at its end. */
static bool compare(FILE *oracle, const as_book_set *books)
{
    static char line[LINE_BYTES];
    as_book_level side[DEPTH];
    unsigned orders, crossed;
    uint32_t sequence;
    int used;
    if (!fgets(line, sizeof line, oracle))
        return false;
    assert_int_equal(sscanf(line, "%" SCNu32 " %u %u%n", &sequence, &orders, &crossed, &used), 3);
    assert_int_equal(as_book_order_count(books, 0), orders);
    char *at = line + used;
    at += strspn(at, " ");
    compare_side(books, false, side, *at == '|' ? (at += strspn(at, " |"), 0u) : parse_side(&at, side));
    compare_side(books, true, side, parse_side(&at, side));
    assert_int_equal(crossed, 0);
    return true;
}

static void books_equal(const char *name, uint64_t messages, uint64_t lines)
{
    const char *root = getenv("AFTERSHOCK_SHARED"), *python = getenv("AFTERSHOCK_PYTHON");
    char path[1024], command[2048];
    snprintf(path, sizeof path, "%s/data/dbn/nautilus/%s", root && *root ? root : "../shared", name);
    if (access(path, R_OK) != 0 || system("command -v zstd > /dev/null") != 0) {
        print_message("skipped: %s, or the zstd tool, not present\n", path);
        skip();
    }
    snprintf(command, sizeof command, "%s tests/golden/dbn_book.py '%s'", python && *python ? python : "python3", path);
    FILE *oracle = popen(command, "r");
    as_input_options options = {0};
    as_input *input;
    as_book_set *books;
    as_event event;
    uint64_t compared = 0;
    assert_non_null(oracle);
    assert_int_equal(as_book_set_new(1, 1 << 16, &books), 0);
    assert_int_equal(as_input_open(path, &options, &input), 0);
    while (as_input_next(input, &event, NULL) > 0) {
        if (event.kind == AS_EVENT_TRADE)
            continue;
        assert_true(as_book_apply(books, &event) >= 0);
        if (!(event.flags & AS_EVENT_MORE)) {
            assert_true(compare(oracle, books));
            compared++;
        }
    }
    assert_false(compare(oracle, books));
    assert_int_equal(pclose(oracle), 0);
    assert_int_equal(as_input_stats_get(input)->messages, messages);
    assert_int_equal(compared, lines);
    assert_false(as_book_inconsistent(books, 0));
    as_input_close(input);
    as_book_set_free(books);
}

/* One snapshot of 8,725 orders. */
static void the_es_snapshot_of_2023_12_24(void **state)
{
    (void)state;
    books_equal("esh4-glbx-mdp3-20231224.mbo.dbn.zst", 8725, 1);
}

/* A snapshot and two seconds: 185 transactions; the last one in the file is not ended. */
static void two_seconds_of_es_on_2024_05_08(void **state)
{
    (void)state;
    books_equal("order_book_deltas_catalog_databento_orderbooks_mbo_2024-05-08T00-00-00_2024-05-08T00-00-02.dbn.zst",
                13796, 185);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_es_snapshot_of_2023_12_24),
        cmocka_unit_test(two_seconds_of_es_on_2024_05_08),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
