#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "core/symbols.h"

static int ast_add(as_symbols *symbols, const char *name)
{
    uint32_t instrument = 0;
    int rc = as_symbols_add(symbols, name, strlen(name), &instrument);
    return rc ? rc : (int)instrument;
}

static uint32_t ast_find(const as_symbols *symbols, const char *name)
{
    return as_symbols_find(symbols, name, strlen(name));
}

static void init_rejects_a_count_outside_the_limits(void **state)
{
    (void)state;
    as_symbols symbols = {0};
    assert_int_equal(as_symbols_init(&symbols, 0), -EINVAL);
    assert_int_equal(as_symbols_init(&symbols, AS_INSTRUMENT_MAX + 1), -EINVAL);
    assert_null(symbols.slot);
    as_symbols_fini(&symbols);
}

static void add_rejects_what_is_not_a_symbol(void **state)
{
    (void)state;
    as_symbols symbols;
    uint32_t instrument = 77;
    assert_int_equal(as_symbols_init(&symbols, 4), 0);
    assert_int_equal(as_symbols_add(&symbols, "X", 0, &instrument), -EINVAL);
    assert_int_equal(as_symbols_add(&symbols, "A\0B", 3, &instrument), -EINVAL);
    assert_int_equal(as_symbols_add(&symbols, "A\0", 2, &instrument), -EINVAL);
    assert_int_equal(ast_add(&symbols, "123456789012345678901234"), -ENAMETOOLONG);
    assert_int_equal(instrument, 77);
    assert_int_equal(symbols.count, 0);
    assert_int_equal(ast_add(&symbols, "12345678901234567890123"), 0);
    assert_int_equal(ast_find(&symbols, "12345678901234567890123"), 0);
    as_symbols_fini(&symbols);
}

static void indices_are_dense_in_the_order_of_adding(void **state)
{
    (void)state;
    as_symbols symbols;
    assert_int_equal(as_symbols_init(&symbols, 3), 0);
    assert_int_equal(ast_add(&symbols, "META"), 0);
    assert_int_equal(ast_add(&symbols, "BRK.B"), 1);
    assert_int_equal(ast_add(&symbols, "META"), -EEXIST);
    assert_int_equal(ast_add(&symbols, "000660.KS"), 2);
    assert_int_equal(ast_add(&symbols, "NVDA"), -ENOSPC);
    assert_int_equal(ast_add(&symbols, "META"), -EEXIST);
    assert_int_equal(symbols.count, 3);
    assert_string_equal(as_symbols_name(&symbols, 1), "BRK.B");
    assert_string_equal(as_symbols_name(&symbols, 3), "?");
    assert_string_equal(as_symbols_name(&symbols, AS_INSTRUMENT_NONE), "?");
    as_symbols_fini(&symbols);
    assert_null(symbols.slot);
    as_symbols_fini(&symbols);
}

static void find_knows_only_the_whole_name(void **state)
{
    (void)state;
    as_symbols symbols;
    assert_int_equal(as_symbols_init(&symbols, 8), 0);
    assert_int_equal(ast_find(&symbols, "META"), AS_INSTRUMENT_NONE);
    ast_add(&symbols, "META");
    ast_add(&symbols, "M");
    assert_int_equal(ast_find(&symbols, "META"), 0);
    assert_int_equal(ast_find(&symbols, "M"), 1);
    assert_int_equal(ast_find(&symbols, "ME"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_find(&symbols, "METAX"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_find(&symbols, "meta"), AS_INSTRUMENT_NONE);
    assert_int_equal(ast_find(&symbols, ""), AS_INSTRUMENT_NONE);
    assert_int_equal(as_symbols_find(&symbols, "METAX", 4), 0);
    assert_int_equal(as_symbols_find(&symbols, "M\0", 2), AS_INSTRUMENT_NONE);
    assert_int_equal(as_symbols_find(&symbols, "META", 400), AS_INSTRUMENT_NONE);
    as_symbols_fini(&symbols);
}

static void find_padded_ignores_blanks_on_the_right_only(void **state)
{
    (void)state;
    as_symbols symbols;
    assert_int_equal(as_symbols_init(&symbols, 8), 0);
    ast_add(&symbols, "AAPL");
    ast_add(&symbols, "ABCDEFGH");
    assert_int_equal(as_symbols_find_padded(&symbols, "AAPL    ", 8), 0);
    assert_int_equal(as_symbols_find_padded(&symbols, "AAPL", 4), 0);
    assert_int_equal(as_symbols_find_padded(&symbols, "ABCDEFGH", 8), 1);
    assert_int_equal(as_symbols_find_padded(&symbols, " AAPL   ", 8), AS_INSTRUMENT_NONE);
    assert_int_equal(as_symbols_find_padded(&symbols, "AA PL   ", 8), AS_INSTRUMENT_NONE);
    assert_int_equal(as_symbols_find_padded(&symbols, "        ", 8), AS_INSTRUMENT_NONE);
    as_symbols_fini(&symbols);
}

/* Every symbol is the text of a number, so what is known follows from the number. */
static void a_full_table_finds_everything_and_nothing_else(void **state)
{
    (void)state;
    as_symbols symbols;
    char name[AS_SYMBOL_BYTES];
    assert_int_equal(as_symbols_init(&symbols, AS_INSTRUMENT_MAX), 0);
    for (uint32_t i = 0; i < AS_INSTRUMENT_MAX; i++) {
        snprintf(name, sizeof name, "%x.S%u", i * 2654435761u, i % 7);
        assert_int_equal(ast_add(&symbols, name), (int)i);
    }
    assert_int_equal(ast_add(&symbols, "ONE.MORE"), -ENOSPC);
    for (uint32_t i = 0; i < AS_INSTRUMENT_MAX; i++) {
        snprintf(name, sizeof name, "%x.S%u", i * 2654435761u, i % 7);
        assert_int_equal(ast_find(&symbols, name), i);
        assert_string_equal(as_symbols_name(&symbols, i), name);
        size_t name_bytes = strlen(name);
        assert_int_equal(as_symbols_find(&symbols, name, name_bytes - 1), AS_INSTRUMENT_NONE);
        assert_int_equal(as_symbols_find(&symbols, name, name_bytes + 1), AS_INSTRUMENT_NONE);
        name[name_bytes - 2] = 'T';
        assert_int_equal(ast_find(&symbols, name), AS_INSTRUMENT_NONE);
    }
    as_symbols_fini(&symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_rejects_a_count_outside_the_limits),
        cmocka_unit_test(add_rejects_what_is_not_a_symbol),
        cmocka_unit_test(indices_are_dense_in_the_order_of_adding),
        cmocka_unit_test(find_knows_only_the_whole_name),
        cmocka_unit_test(find_padded_ignores_blanks_on_the_right_only),
        cmocka_unit_test(a_full_table_finds_everything_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
