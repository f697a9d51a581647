#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/price.h"

#define AST_UNTOUCHED INT64_C(-123456789)

typedef struct ast_case {
    const char *text;
    as_price_result result;
    int64_t px;
} ast_case;

static void ast_check(const ast_case *c, size_t case_count)
{
    for (; case_count > 0; c++, case_count--) {
        int64_t px = AST_UNTOUCHED;
        as_price_result result = as_price_parse(c->text, strlen(c->text), &px);
        if (result != c->result || px != (result >= 0 ? c->px : AST_UNTOUCHED))
            fail_msg("\"%s\": got %d, %" PRId64 "; expected %d, %" PRId64, c->text, result, px, c->result, c->px);
    }
}

#define AST_CHECK(cases) ast_check(cases, sizeof(cases) / sizeof *(cases))

static uint64_t ast_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void parse_reads_plain_decimals_exactly(void **state)
{
    (void)state;
    static const ast_case cases[] = {
        {"0", AS_PRICE_OK, 0},
        {"-0", AS_PRICE_OK, 0},
        {"-0.000", AS_PRICE_OK, 0},
        {"1", AS_PRICE_OK, 1000000000},
        {"+1", AS_PRICE_OK, 1000000000},
        {"157.25", AS_PRICE_OK, 157250000000},
        {"-157.25", AS_PRICE_OK, -157250000000},
        {"0.1", AS_PRICE_OK, 100000000},
        {"0.000000001", AS_PRICE_OK, 1},
        {"-0.000000001", AS_PRICE_OK, -1},
        {"007.5", AS_PRICE_OK, 7500000000},
        {"1.0000000000", AS_PRICE_OK, 1000000000},
        {"1.000000000000000000000000000000", AS_PRICE_OK, 1000000000},
        {"00000000000000000000000000000000000000001", AS_PRICE_OK, 1000000000},
    };
    AST_CHECK(cases);
}

static void parse_reads_exponents(void **state)
{
    (void)state;
    static const ast_case cases[] = {
        {"1e0", AS_PRICE_OK, 1000000000},
        {"1.5e2", AS_PRICE_OK, 150000000000},
        {"1.5E+2", AS_PRICE_OK, 150000000000},
        {"15e-1", AS_PRICE_OK, 1500000000},
        {"1e-9", AS_PRICE_OK, 1},
        {"123456789123456789123e-20", AS_PRICE_ROUNDED, 1234567891},
        {"0e999999999999999999999", AS_PRICE_OK, 0},
        {"0.000e-99999999999999", AS_PRICE_OK, 0},
        {"1e-99999999999999", AS_PRICE_ROUNDED, 0},
        {"0.00000000000000000000000000000000000000015725e42", AS_PRICE_OK, 157250000000},
        {"1e10", AS_PRICE_RANGE, 0},
        {"1e999999999999999999999", AS_PRICE_RANGE, 0},
        {"-1e30", AS_PRICE_RANGE, 0},
    };
    AST_CHECK(cases);
}

static void parse_rejects_what_is_not_a_decimal_number(void **state)
{
    (void)state;
    static const ast_case cases[] = {
        {"", AS_PRICE_SYNTAX, 0},      {"+", AS_PRICE_SYNTAX, 0},    {"-", AS_PRICE_SYNTAX, 0},
        {".", AS_PRICE_SYNTAX, 0},     {".5", AS_PRICE_SYNTAX, 0},   {"5.", AS_PRICE_SYNTAX, 0},
        {"-.5", AS_PRICE_SYNTAX, 0},   {"1..2", AS_PRICE_SYNTAX, 0}, {"1.2.3", AS_PRICE_SYNTAX, 0},
        {" 1", AS_PRICE_SYNTAX, 0},    {"1 ", AS_PRICE_SYNTAX, 0},   {"1,000", AS_PRICE_SYNTAX, 0},
        {"1_000", AS_PRICE_SYNTAX, 0}, {"--1", AS_PRICE_SYNTAX, 0},  {"+-1", AS_PRICE_SYNTAX, 0},
        {"1e", AS_PRICE_SYNTAX, 0},    {"1e+", AS_PRICE_SYNTAX, 0},  {"1e1.5", AS_PRICE_SYNTAX, 0},
        {"1.e5", AS_PRICE_SYNTAX, 0},  {"e5", AS_PRICE_SYNTAX, 0},   {"0x10", AS_PRICE_SYNTAX, 0},
        {"nan", AS_PRICE_SYNTAX, 0},   {"inf", AS_PRICE_SYNTAX, 0},  {"NaN", AS_PRICE_SYNTAX, 0},
        {"1\n", AS_PRICE_SYNTAX, 0},   {"1d", AS_PRICE_SYNTAX, 0},   {"null", AS_PRICE_SYNTAX, 0},
    };
    AST_CHECK(cases);
}

static void parse_reads_exactly_the_given_bytes(void **state)
{
    (void)state;
    int64_t px = AST_UNTOUCHED;
    assert_int_equal(as_price_parse("123456", 3, &px), AS_PRICE_OK);
    assert_int_equal(px, 123 * AS_PX_ONE);
    assert_int_equal(as_price_parse("1.5e7", 4, &px), AS_PRICE_SYNTAX);
    assert_int_equal(as_price_parse("1\0002", 3, &px), AS_PRICE_SYNTAX);
    assert_int_equal(px, 123 * AS_PX_ONE);
}

static void parse_rounds_half_to_even_beyond_nine_decimals(void **state)
{
    (void)state;
    static const ast_case cases[] = {
        {"0.0000000005", AS_PRICE_ROUNDED, 0},
        {"0.0000000015", AS_PRICE_ROUNDED, 2},
        {"0.0000000025", AS_PRICE_ROUNDED, 2},
        {"-0.0000000025", AS_PRICE_ROUNDED, -2},
        {"-0.0000000035", AS_PRICE_ROUNDED, -4},
        {"0.00000000050000000000000000000000001", AS_PRICE_ROUNDED, 1},
        {"0.00000000049999999999999999999999999", AS_PRICE_ROUNDED, 0},
        {"0.00000000250000000000000000000000000", AS_PRICE_ROUNDED, 2},
        {"0.9999999999", AS_PRICE_ROUNDED, 1000000000},
        {"99.9999999995", AS_PRICE_ROUNDED, 100000000000},
        {"0.0000000001", AS_PRICE_ROUNDED, 0},
        {"0.00000000000000000009", AS_PRICE_ROUNDED, 0},
        {"1.00000000000000000000000000000000000001", AS_PRICE_ROUNDED, 1000000000},
    };
    AST_CHECK(cases);
}

static void parse_ends_where_int64_ends(void **state)
{
    (void)state;
    static const ast_case cases[] = {
        {"9223372036.854775806", AS_PRICE_OK, INT64_MAX - 1},
        {"9223372036.854775807", AS_PRICE_RANGE, 0}, /* AS_PX_UNDEFINED */
        {"9223372036.854775808", AS_PRICE_RANGE, 0},
        {"9223372036.8547758064", AS_PRICE_ROUNDED, INT64_MAX - 1},
        {"9223372036.8547758065", AS_PRICE_ROUNDED, INT64_MAX - 1}, /* a tie, to even */
        {"9223372036.85477580651", AS_PRICE_RANGE, 0},
        {"-9223372036.854775808", AS_PRICE_OK, INT64_MIN},
        {"-9223372036.8547758085", AS_PRICE_ROUNDED, INT64_MIN}, /* a tie, to even */
        {"-9223372036.85477580851", AS_PRICE_RANGE, 0},
        {"-9223372036.854775809", AS_PRICE_RANGE, 0},
        {"9223372037", AS_PRICE_RANGE, 0},
        {"18446744073.709551615", AS_PRICE_RANGE, 0},
        {"18446744073.709551616", AS_PRICE_RANGE, 0}, /* 2^64: must not wrap to 0 */
        {"18446744073.7095516155", AS_PRICE_RANGE, 0},
        {"18446744073709551616", AS_PRICE_RANGE, 0},
        {"99999999999999999999999999999999999", AS_PRICE_RANGE, 0},
        {"922337203685477580600000000000000e-23", AS_PRICE_OK, INT64_MAX - 1},
    };
    AST_CHECK(cases);
}

static void parse_scaled_moves_the_point(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int scale10;
        as_price_result result;
        int64_t px;
    } cases[] = {
        {"1572500", -4, AS_PRICE_OK, 157250000000},
        {"5853300", -4, AS_PRICE_OK, 585330000000},
        {"-1", -9, AS_PRICE_OK, -1},
        {"1", -10, AS_PRICE_ROUNDED, 0},
        {"15", -10, AS_PRICE_ROUNDED, 2},
        {"1.5", 3, AS_PRICE_OK, 1500000000000},
        {"1", -18, AS_PRICE_ROUNDED, 0},
        {"1", 18, AS_PRICE_RANGE, 0},
        {"0", 18, AS_PRICE_OK, 0},
        {"0.0000000000000000001", 18, AS_PRICE_OK, 100000000},
        {"157250e3", -6, AS_PRICE_OK, 157250000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t px = AST_UNTOUCHED;
        assert_int_equal(as_price_parse_scaled(cases[i].text, strlen(cases[i].text), cases[i].scale10, &px),
                         cases[i].result);
        assert_int_equal(px, cases[i].result >= 0 ? cases[i].px : AST_UNTOUCHED);
    }
}

static void format_is_the_shortest_exact_decimal(void **state)
{
    (void)state;
    static const struct {
        int64_t px;
        const char *text;
    } cases[] = {
        {0, "0"},
        {3000000000, "3"},
        {157250000000, "157.25"},
        {-1, "-0.000000001"},
        {1, "0.000000001"},
        {-1500000000, "-1.5"},
        {100000000000, "100"},
        {100000001000, "100.000001"},
        {INT64_MAX, "9223372036.854775807"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[AS_PRICE_TEXT_BYTES];
        memset(out, 'x', sizeof out);
        assert_int_equal(as_price_format(cases[i].px, out), strlen(cases[i].text));
        assert_string_equal(out, cases[i].text);
    }
}

/* A price of any size: the number of significant bits is random, not the value, so small ones occur too. */
static int64_t ast_random_px(uint64_t *random)
{
    uint64_t magnitude = ast_random(random) >> (1 + ast_random(random) % 63);
    int64_t px = (int64_t)magnitude;
    if (px == INT64_MAX)
        px--;
    return ast_random(random) & 1 ? -px : px;
}

static void random_prices_survive_format_and_parse(void **state)
{
    (void)state;
    uint64_t random = 20260701;
    print_message("seed %" PRIu64 "\n", random);
    for (int i = 0; i < 200000; i++) {
        int64_t px = ast_random_px(&random);
        int64_t back = AST_UNTOUCHED;
        char out[AS_PRICE_TEXT_BYTES];
        size_t out_bytes = as_price_format(px, out);
        assert_int_equal(as_price_parse(out, out_bytes, &back), AS_PRICE_OK);
        assert_int_equal(back, px);
    }
}

/* The text is made by printf from the integer, zeros and further digits are added; the rounding rule is restated. */
static void random_decimals_round_as_the_rule_says(void **state)
{
    (void)state;
    uint64_t random = 20260702;
    print_message("seed %" PRIu64 "\n", random);
    for (int i = 0; i < 100000; i++) {
        int64_t px = ast_random_px(&random) / 4;
        uint64_t magnitude = (uint64_t)(px < 0 ? -px : px);
        char extra[16] = "";
        size_t extra_count = ast_random(&random) % 12;
        bool tie = ast_random(&random) % 3 == 0;
        for (size_t k = 0; k < extra_count; k++)
            extra[k] = tie ? (k ? '0' : '5') : (char)('0' + ast_random(&random) % 10);
        int order = strncmp(extra, "500000000000", extra_count ? extra_count : 1);
        bool zero = strspn(extra, "0") == extra_count;
        uint64_t expected = magnitude;
        if (extra_count && (order > 0 || (order == 0 && (magnitude & 1))))
            expected++;
        char text[80];
        int text_bytes = snprintf(text, sizeof text, "%s%s%" PRIu64 ".%09" PRIu64 "%s", px < 0 ? "-" : "",
                                  i & 1 ? "000" : "", magnitude / 1000000000, magnitude % 1000000000, extra);
        int64_t got = AST_UNTOUCHED;
        as_price_result result = as_price_parse(text, (size_t)text_bytes, &got);
        if (result != (zero ? AS_PRICE_OK : AS_PRICE_ROUNDED) ||
            got != (px < 0 ? -(int64_t)expected : (int64_t)expected))
            fail_msg("%s: got %d, %" PRId64, text, result, got);
    }
}

/* Moving the point by an exponent and back by the scale changes nothing. */
static void random_exponents_and_scales_cancel(void **state)
{
    (void)state;
    uint64_t random = 20260703;
    print_message("seed %" PRIu64 "\n", random);
    for (int i = 0; i < 50000; i++) {
        int64_t px = ast_random_px(&random);
        int scale10 = (int)(ast_random(&random) % 37) - 18;
        char text[AS_PRICE_TEXT_BYTES + 8];
        size_t text_bytes = as_price_format(px, text);
        text_bytes += (size_t)snprintf(text + text_bytes, 8, "e%d", -scale10);
        int64_t back = AST_UNTOUCHED;
        assert_int_equal(as_price_parse_scaled(text, text_bytes, scale10, &back), AS_PRICE_OK);
        assert_int_equal(back, px);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_reads_plain_decimals_exactly),
        cmocka_unit_test(parse_reads_exponents),
        cmocka_unit_test(parse_rejects_what_is_not_a_decimal_number),
        cmocka_unit_test(parse_reads_exactly_the_given_bytes),
        cmocka_unit_test(parse_rounds_half_to_even_beyond_nine_decimals),
        cmocka_unit_test(parse_ends_where_int64_ends),
        cmocka_unit_test(parse_scaled_moves_the_point),
        cmocka_unit_test(format_is_the_shortest_exact_decimal),
        cmocka_unit_test(random_prices_survive_format_and_parse),
        cmocka_unit_test(random_decimals_round_as_the_rule_says),
        cmocka_unit_test(random_exponents_and_scales_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
