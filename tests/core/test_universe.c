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

#include "core/error.h"
#include "core/universe.h"

static char folder[] = "/tmp/as_test_universe_XXXXXX";
static char universe_path[64], links_path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(universe_path, sizeof universe_path, "%s/universe.csv", folder);
    snprintf(links_path, sizeof links_path, "%s/links.csv", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(universe_path);
    unlink(links_path);
    return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* links may be NULL: no links.csv. */
static int load(const char *rows, const char *links, as_universe *universe)
{
    write_file(universe_path, rows);
    unlink(links_path);
    if (links)
        write_file(links_path, links);
    memset(universe, 0, sizeof *universe);
    return as_universe_load(universe, universe_path, NULL, 0);
}

static void assert_loaded(const char *rows, const char *links, as_universe *universe)
{
    if (load(rows, links, universe))
        fail_msg("%s", as_error_message(0));
}

/* The message is the file's path and then text; nothing is left behind. */
static void assert_refused(const char *rows, const char *links, const char *file, const char *text)
{
    as_universe universe;
    char expected[512];
    assert_int_equal(load(rows, links, &universe), -EINVAL);
    assert_null(universe.instrument);
    snprintf(expected, sizeof expected, "%s/%s:%s", folder, file, text);
    if (strcmp(as_error_message(0), expected) != 0)
        fail_msg("found    %s\nexpected %s", as_error_message(0), expected);
}

#define HEADER "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"

static void rows_become_instruments_in_order(void **state)
{
    (void)state;
    as_universe u;
    assert_loaded("\xef\xbb\xbf# made by hand\r\n" HEADER
                  "META,\"Meta Platforms, Inc.\",hyperscaler,SPY,XNYS,USD,0,Meta|CONTEXT; Zuckerberg | CASED \r\n"
                  "\n# a comment\n"
                  "000660.KS,SK Hynix,memory,,XKRX,KRW,2,\n"
                  "SPY,,index,,,,,\n"
                  "BTC,,,,ALWAYS,,8,\n",
                  NULL, &u);
    assert_int_equal(u.symbols.count, 4);
    const as_instrument *meta = &u.instrument[0], *hynix = &u.instrument[1], *btc = &u.instrument[3];
    assert_string_equal(as_symbols_name(&u.symbols, 0), "META");
    assert_string_equal(meta->name, "Meta Platforms, Inc.");
    assert_int_equal(meta->factor, 2);
    assert_int_equal(meta->alias_count, 2);
    assert_string_equal(meta->alias[0].text, "Meta");
    assert_int_equal(meta->alias[0].alias_class, AS_ALIAS_CONTEXT);
    assert_string_equal(meta->alias[1].text, "Zuckerberg");
    assert_int_equal(meta->alias[1].alias_class, AS_ALIAS_CASED);
    assert_string_equal(as_calendar_name(as_universe_calendar(&u, 1)), "XKRX");
    assert_string_equal(hynix->currency, "KRW");
    assert_int_equal(hynix->qty_exp, 2);
    assert_int_equal(hynix->factor, AS_INSTRUMENT_NONE);
    assert_int_equal(hynix->alias_count, 0);
    assert_string_equal(as_calendar_name(as_universe_calendar(&u, 2)), "XNYS");
    assert_string_equal(u.instrument[2].currency, "USD");
    assert_int_equal(btc->bucket, AS_BUCKET_NONE);
    assert_int_equal(u.bucket_count, 3);
    assert_int_equal(as_universe_bucket(&u, "memory"), 1);
    assert_int_equal(as_universe_bucket(&u, "optical"), -1);
    assert_int_equal(u.calendar_count, 3);
    as_universe_fini(&u);
    as_universe_fini(&u);
}

static void columns_go_by_name_and_most_may_be_absent(void **state)
{
    (void)state;
    as_universe u;
    assert_loaded("bucket,symbol\nmemory,MU\nindex,SPY", NULL, &u);
    assert_string_equal(as_symbols_name(&u.symbols, 0), "MU");
    assert_string_equal(u.instrument[0].currency, "USD");
    assert_string_equal(as_calendar_name(as_universe_calendar(&u, 0)), "XNYS");
    as_universe_fini(&u);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *rows, *message;
    } cases[] = {
        {"", "1: found an empty file, allowed a header and rows"},
        {HEADER, "2: found no instrument, allowed at least one row"},
        {"name,bucket\nA,b\n", "1: column 'symbol': found nothing, allowed a header that names it"},
        {"symbol,bucket,tick\n", "1: column 'tick': found an unknown column, allowed symbol, name, bucket, factor, "
                                 "calendar, currency, qty_exp, aliases"},
        {"symbol,bucket,symbol\n", "1: column 'symbol': found it twice, allowed symbol, name, bucket, factor, "
                                   "calendar, currency, qty_exp, aliases"},
        {HEADER "A,,b,,,,\n", "2: found 7 fields, allowed 8"},
        {HEADER "A,\"x,b,,,,,\n", "2: found a quote that does not end its field, allowed \"...\""},
        {HEADER "A,,b,,,,,\n\nB,,b,,,,,\nA,,b,,,,,\n",
         "5: column 'symbol': found 'A' twice (first on line 2), allowed once"},
        {HEADER ",,b,,,,,\n", "2: column 'symbol': found '', allowed 1 to 23 bytes"},
        {HEADER "ABCDEFGHIJKLMNOPQRSTUVWXYZ,,b,,,,,\n",
         "2: column 'symbol': found 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', allowed 1 to 23 bytes"},
        {HEADER "A B,,b,,,,,\n", "2: column 'symbol': found 'A B', allowed printable ASCII without blanks"},
        {HEADER "A,,b c,,,,,\n", "2: column 'bucket': found 'b c', allowed 1 to 31 letters, digits, _ and -"},
        {HEADER "A,,winner,,,,,\n", "2: column 'bucket': found 'winner', allowed any name but winner, same_bucket, "
                                    "supplier, customer: playbooks use them"},
        {HEADER "A,,b,,,,,\nb,,c,,,,,\n",
         "3: column 'symbol': found 'b', which is a bucket's name too, allowed one of the two"},
        {HEADER "A,,b,SPY,,,,\n", "2: column 'factor': found 'SPY', allowed another symbol of this file, or nothing"},
        {HEADER "A,,b,A,,,,\n", "2: column 'factor': found 'A', allowed another symbol of this file, or nothing"},
        {HEADER "A,,b,,XLON,,,\n", "2: column 'calendar': found 'XLON', allowed XNYS, XKRX, ALWAYS, or one of the "
                                   "configuration's calendars"},
        {HEADER "A,,b,,,usd,,\n", "2: column 'currency': found 'usd', allowed three capital letters (ISO 4217)"},
        {HEADER "A,,b,,,,1.5,\n", "2: column 'qty_exp': found '1.5', allowed a whole number from 0 to 18"},
        {HEADER "A,,b,,,,19,\n", "2: column 'qty_exp': found '19', allowed a whole number from 0 to 18"},
        {HEADER "A,,b,,,,,Meta\n", "2: column 'aliases': found 'Meta', allowed text|SAFE, text|CASED, text|CONTEXT, "
                                   "with ; between them"},
        {HEADER "A,,b,,,,,x|SAFE;Meta|LOUD\n", "2: column 'aliases': found 'Meta|LOUD', allowed text|SAFE, text|CASED, "
                                               "text|CONTEXT, with ; between them"},
        {HEADER "A,,b,,,,,|SAFE\n", "2: column 'aliases': found an alias of 0 bytes, allowed 1 to 63"},
        {HEADER "A,,b,,,,,1|SAFE;2|SAFE;3|SAFE;4|SAFE;5|SAFE;6|SAFE;7|SAFE;8|SAFE;9|SAFE;10|SAFE;11|SAFE;12|SAFE;"
                "13|SAFE;14|SAFE;15|SAFE;16|SAFE;17|SAFE\n",
         "2: column 'aliases': found 17 aliases, allowed 16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].rows, NULL, "universe.csv", cases[i].message);
}

static void too_many_buckets_are_refused(void **state)
{
    (void)state;
    static char rows[8192] = HEADER;
    for (int i = 0; i <= AS_BUCKET_MAX; i++)
        sprintf(rows + strlen(rows), "S%d,,b%d,,,,,\n", i, i);
    assert_refused(rows, NULL, "universe.csv", "66: column 'bucket': found more than 64 buckets, allowed 64");
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    as_universe u;
    assert_int_equal(as_universe_load(&u, "/nowhere/universe.csv", NULL, 0), -ENOENT);
    assert_string_equal(as_error_message(0), "/nowhere/universe.csv: cannot be opened: No such file or directory");
    assert_int_equal(as_universe_load(&u, "", NULL, 0), -EINVAL);
}

static void links_are_sorted_by_issuer_and_weigh_one_by_default(void **state)
{
    (void)state;
    as_universe u;
    assert_loaded("symbol,bucket\nA,b\nB,b\nC,b\n",
                  "issuer,relation,symbol,weight\nC,customer,A,0.5\nA,supplier,C,\nA,supplier,B,2\n", &u);
    assert_int_equal(u.link_count, 3);
    assert_int_equal(u.link[0].issuer, 0);
    assert_int_equal(u.link[0].instrument, 1);
    assert_true(u.link[0].weight == 2.0 && u.link[1].weight == 1.0 && u.link[2].weight == 0.5);
    assert_int_equal(u.link[2].relation, AS_RELATION_CUSTOMER);
    as_universe_fini(&u);
}

static void broken_links_are_refused(void **state)
{
    (void)state;
    static const char rows[] = "symbol,bucket\nA,b\nB,b\n";
    static const struct {
        const char *links, *message;
    } cases[] = {
        {"issuer,symbol\nA,B\n", "1: column 'relation': found nothing, allowed a header that names it"},
        {"issuer,relation,symbol\nX,supplier,A\n", "2: column 'issuer': found 'X', allowed a symbol of universe.csv"},
        {"issuer,relation,symbol\nA,supplier,A\n",
         "2: column 'symbol': found 'A', allowed a symbol of universe.csv other than the issuer"},
        {"issuer,relation,symbol\nA,rival,B\n", "2: column 'relation': found 'rival', allowed supplier, customer"},
        {"issuer,relation,symbol,weight\nA,supplier,B,-1\n",
         "2: column 'weight': found '-1', allowed a number from 0 to 10"},
        {"issuer,relation,symbol\nA,supplier,B\nA,supplier,B\n",
         "3: found the supplier B of A twice (first on line 2), allowed once"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(rows, cases[i].links, "links.csv", cases[i].message);
}

static void a_calendar_of_ones_own_shadows_the_shipped_one(void **state)
{
    (void)state;
    const as_calendar_spec custom = {.name = "XNYS", .zone = "UTC", .open_min = 0, .close_min = 60, .weekdays = 0x40};
    as_universe u;
    write_file(universe_path, "symbol,bucket\nA,b\n");
    unlink(links_path);
    assert_int_equal(as_universe_load(&u, universe_path, &custom, 1), 0);
    assert_non_null(as_calendar_session_on(as_universe_calendar(&u, 0), 20250105)); /* a Sunday */
    as_universe_fini(&u);
}

static void the_hash_changes_with_everything_that_is_loaded(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "symbol,bucket,name,factor,aliases\nA,b,n,,x|SAFE\nB,b,,,\n",
        "symbol,bucket,name,factor,aliases\nA,c,n,,x|SAFE\nB,b,,,\n",
        "symbol,bucket,name,factor,aliases\nA,b,m,,x|SAFE\nB,b,,,\n",
        "symbol,bucket,name,factor,aliases\nA,b,n,B,x|SAFE\nB,b,,,\n",
        "symbol,bucket,name,factor,aliases\nA,b,n,,x|CASED\nB,b,,,\n",
        "symbol,bucket,name,factor,aliases\nA,b,n,,y|SAFE\nB,b,,,\n",
        "symbol,bucket,name,factor,aliases\nB,b,n,,x|SAFE\nA,b,,,\n",
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    uint64_t hash[COUNT + 1];
    as_universe u;
    for (size_t i = 0; i <= COUNT; i++) {
        assert_loaded(rows[i % COUNT], i == COUNT ? "issuer,relation,symbol\nA,supplier,B\n" : NULL, &u);
        hash[i] = as_universe_hash(&u);
        as_universe_fini(&u);
        for (size_t k = 0; k < i; k++)
            assert_true(hash[k] != hash[i]);
    }
    assert_loaded("factor,bucket,symbol,aliases,name\n,b,A,x|SAFE,n\n\n,b,B,,\n", NULL, &u);
    assert_true(as_universe_hash(&u) == hash[0]); /* the file's form does not matter */
    as_universe_fini(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_instruments_in_order),
        cmocka_unit_test(columns_go_by_name_and_most_may_be_absent),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(too_many_buckets_are_refused),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(links_are_sorted_by_issuer_and_weigh_one_by_default),
        cmocka_unit_test(broken_links_are_refused),
        cmocka_unit_test(a_calendar_of_ones_own_shadows_the_shipped_one),
        cmocka_unit_test(the_hash_changes_with_everything_that_is_loaded),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
