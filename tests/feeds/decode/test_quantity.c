#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "feeds/decode/quantity.h"
#include "tests/support/random.h"

static void quantities_are_parsed_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int exponent;
        as_quantity_result want;
        uint64_t qty;
    } cases[] = {
        {"0", 0, AS_QUANTITY_OK, 0},
        {"100", 0, AS_QUANTITY_OK, 100},
        {"1e3", 0, AS_QUANTITY_OK, 1000},
        {"1.50e1", 0, AS_QUANTITY_OK, 15},
        {"+7", 0, AS_QUANTITY_OK, 7},
        {"-0", 0, AS_QUANTITY_OK, 0},
        {"0.000", 0, AS_QUANTITY_OK, 0},
        {"12.999", 0, AS_QUANTITY_FLOORED, 12},
        {"0.9", 0, AS_QUANTITY_FLOORED, 0},
        {"12.0000000000000000000000000000", 0, AS_QUANTITY_OK, 12},
        {"100e-2", 0, AS_QUANTITY_OK, 1},
        {"1e-99999999999", 0, AS_QUANTITY_FLOORED, 0},
        {"0e99999", 0, AS_QUANTITY_OK, 0},
        {"0.5", 8, AS_QUANTITY_OK, 50000000},
        {"1500", -2, AS_QUANTITY_OK, 15},
        {"1550", -2, AS_QUANTITY_FLOORED, 15},
        {"18446744073709551614", 0, AS_QUANTITY_OK, UINT64_MAX - 1},
        {"18446744073709551615", 0, AS_QUANTITY_RANGE, 0},
        {"18446744073709551620", 0, AS_QUANTITY_RANGE, 0},
        {"1e20", 0, AS_QUANTITY_RANGE, 0},
        {"1e99999", 0, AS_QUANTITY_RANGE, 0},
        {"-1", 0, AS_QUANTITY_RANGE, 0},
        {"", 0, AS_QUANTITY_SYNTAX, 0},
        {"+", 0, AS_QUANTITY_SYNTAX, 0},
        {".5", 0, AS_QUANTITY_SYNTAX, 0},
        {"5.", 0, AS_QUANTITY_SYNTAX, 0},
        {"1e", 0, AS_QUANTITY_SYNTAX, 0},
        {"1 ", 0, AS_QUANTITY_SYNTAX, 0},
        {"1,000", 0, AS_QUANTITY_SYNTAX, 0},
        {"0x10", 0, AS_QUANTITY_SYNTAX, 0},
        {"1.2.3", 0, AS_QUANTITY_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t qty = 0;
        as_quantity_result result = as_quantity_parse(cases[i].text, strlen(cases[i].text), cases[i].exponent, &qty);
        if (result != cases[i].want || qty != cases[i].qty)
            print_error("%s gave %d %llu\n", cases[i].text, result, (unsigned long long)qty);
        assert_int_equal(result, cases[i].want);
        assert_int_equal(qty, cases[i].qty);
    }
}

static void quantities_are_written_short(void **state)
{
    (void)state;
    static const struct {
        uint64_t qty;
        int exponent;
        const char *text;
    } formats[] = {
        {0, 0, "0"},
        {100, 0, "100"},
        {0, 8, "0"},
        {1, 8, "0.00000001"},
        {50000000, 8, "0.5"},
        {150000000, 8, "1.5"},
        {100000000, 8, "1"},
        {1000000000, 8, "10"},
        {15, -2, "1500"},
        {0, -2, "0"},
        {10, 1, "1"},
        {105, 1, "10.5"},
        {UINT64_MAX - 1, 0, "18446744073709551614"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char out[AS_QUANTITY_TEXT_BYTES];
        assert_int_equal(as_quantity_format(formats[i].qty, formats[i].exponent, out), strlen(formats[i].text));
        assert_string_equal(out, formats[i].text);
    }
}

/* What is written is read back, for every exponent an instrument can have. */
static void quantities_come_back(void **state)
{
    (void)state;
    uint64_t seed = 11;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 50000; round++) {
        char text[AS_QUANTITY_TEXT_BYTES];
        uint64_t qty = ast_random(&seed) >> (ast_random(&seed) % 64), back = 0;
        int exponent = (int)(ast_random(&seed) % 256) - 128;
        qty -= qty == UINT64_MAX;
        size_t bytes = as_quantity_format(qty, exponent, text);
        assert_true(bytes < sizeof text);
        assert_int_equal(bytes, strlen(text));
        assert_int_equal(as_quantity_parse(text, bytes, exponent, &back), AS_QUANTITY_OK);
        assert_int_equal(back, qty);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_parsed_exactly),
        cmocka_unit_test(quantities_are_written_short),
        cmocka_unit_test(quantities_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
