#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "feeds/wire/dbn_names.h"

#define DAY_1 (UINT64_C(1782864000) * AS_NS_PER_S) /* 2026-07-01 00:00 UTC */
#define DAY_2 (DAY_1 + AS_NS_PER_DAY)
#define DAY_3 (DAY_2 + AS_NS_PER_DAY)

static as_symbols symbols;
static as_dbn_names *names;

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    uint32_t instrument = as_symbols_find(arg, symbol, symbol_bytes);
    if (instrument == AS_INSTRUMENT_NONE)
        (void)as_symbols_add(arg, symbol, symbol_bytes, &instrument);
    return instrument;
}

static int make(void **state)
{
    (void)state;
    as_dbn_names_options options = {.symbols = &symbols, .resolve = resolve, .arg = &symbols};
    return as_symbols_init(&symbols, 1000) == 0 && as_dbn_names_new(&options, &names) == 0 ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    as_dbn_names_free(names);
    as_symbols_fini(&symbols);
    return 0;
}

static void begin(uint8_t stype_in, uint8_t stype_out)
{
    const as_dbn_metadata m = {.stype_in = stype_in, .stype_out = stype_out};
    as_dbn_names_begin(names, &m);
}

static void map(const char *in, const char *out, uint32_t start_date, uint32_t end_date)
{
    as_dbn_interval interval = {.start_date = start_date, .end_date = end_date};
    snprintf(interval.in, sizeof interval.in, "%s", in);
    snprintf(interval.out, sizeof interval.out, "%s", out);
    assert_int_equal(as_dbn_names_add(names, &interval), 0);
}

static const char *name(uint32_t id, uint64_t ts)
{
    uint32_t entry = as_dbn_names_find(names, id, ts);
    assert_int_equal(as_dbn_names_entry(names, entry)->id, id);
    return as_symbols_name(&symbols, as_dbn_names_entry(names, entry)->instrument);
}

static void a_name_holds_on_its_dates(void **state)
{
    (void)state;
    begin(AS_DBN_STYPE_RAW_SYMBOL, AS_DBN_STYPE_INSTRUMENT_ID);
    map("ESM6", "7", 20260702, 20260703);
    map("ESH6", "7", 20260701, 20260702);
    map("NQH6", "9", 20260701, 20260703);
    as_dbn_names_ready(names);
    assert_string_equal(name(7, DAY_1), "ESH6");
    assert_string_equal(name(9, DAY_1 + 5), "NQH6");
    assert_string_equal(name(7, DAY_2 - 1), "ESH6");
    assert_string_equal(name(7, DAY_2), "ESM6");
    assert_string_equal(name(7, DAY_1), "ESH6"); /* also backwards */
    assert_string_equal(name(7, DAY_3), "7");
    assert_string_equal(name(7, DAY_3 + AS_NS_PER_DAY - 1), "7");
    assert_string_equal(name(7, 0), "7");
    assert_string_equal(name(7, UINT64_MAX - 1), "7");
    assert_string_equal(name(7, DAY_2), "ESM6");
    assert_string_equal(name(4294967295u, DAY_1), "4294967295");
    assert_string_equal(name(0, DAY_1), "0");
}

static void ids_may_stand_on_either_side(void **state)
{
    (void)state;
    begin(AS_DBN_STYPE_INSTRUMENT_ID, AS_DBN_STYPE_RAW_SYMBOL);
    map("7", "ESH6", 20260701, 20260702);
    as_dbn_names_ready(names);
    assert_string_equal(name(7, DAY_1), "ESH6");
    begin(AS_DBN_STYPE_RAW_SYMBOL, AS_DBN_STYPE_INSTRUMENT_ID);
    as_dbn_names_ready(names);
    assert_string_equal(name(7, DAY_1), "7"); /* new metadata: all is void */
}

static void what_cannot_be_used_is_counted(void **state)
{
    (void)state;
    as_dbn_names_counters before = *as_dbn_names_counters_get(names);
    begin(AS_DBN_STYPE_RAW_SYMBOL, AS_DBN_STYPE_INSTRUMENT_ID);
    map("A", "", 20260701, 20260702);
    map("A", "x7", 20260701, 20260702);
    map("A", "7x", 20260701, 20260702);
    map("A", "4294967296", 20260701, 20260702);
    map("A", "99999999999999999999999", 20260701, 20260702);
    map("", "7", 20260701, 20260702);
    map("A", "7", 20260701, 20260701);
    map("A", "7", 20260702, 20260701);
    map("A", "7", 20260231, 20260701);
    map("A", "7", 20260701, UINT32_MAX);
    map("A", "7", 19691231, 20260701);
    assert_int_equal(as_dbn_names_counters_get(names)->bad_mapping - before.bad_mapping, 11);
    map("012345678901234567890123", "8", 20260701, 20260702);
    map("01234567890123456789012", "9", 20260701, 20260702);
    assert_int_equal(as_dbn_names_counters_get(names)->long_symbol - before.long_symbol, 1);
    as_dbn_names_ready(names);
    assert_string_equal(name(7, DAY_1), "7");
    assert_string_equal(name(8, DAY_1), "8");
    assert_string_equal(name(9, DAY_1), "01234567890123456789012");
    begin(AS_DBN_STYPE_RAW_SYMBOL, 5); /* neither side is an id */
    map("7", "8", 20260701, 20260702);
    assert_int_equal(as_dbn_names_counters_get(names)->bad_mapping - before.bad_mapping, 12);
}

static void mapping_records_beat_metadata_and_definitions_do_not(void **state)
{
    (void)state;
    as_dbn r = {.rtype = AS_DBN_SYMBOL_MAPPING,
                .instrument = 7,
                .mapping = {.in = "ES.FUT", .out = "ESU6", .start_ts = AS_TS_UNDEFINED, .end_ts = AS_TS_UNDEFINED}};
    as_dbn definition = {
        .rtype = AS_DBN_DEFINITION, .instrument = 7, .ts_recv = DAY_1, .definition = {.raw_symbol = "DEF"}};
    begin(AS_DBN_STYPE_RAW_SYMBOL, AS_DBN_STYPE_INSTRUMENT_ID);
    map("ESH6", "7", 20260701, 20260702);
    as_dbn_names_ready(names);
    as_dbn_names_define(names, &definition);
    assert_string_equal(name(7, DAY_1), "ESH6");
    as_dbn_names_map(names, &r);
    assert_string_equal(name(7, DAY_1), "ESU6");
    assert_string_equal(name(7, DAY_3), "ESU6");
    as_dbn_names_define(names, &definition);
    assert_string_equal(name(7, DAY_3), "ESU6");
    definition.instrument = r.instrument = 70;
    as_dbn_names_define(names, &definition);
    assert_string_equal(name(70, DAY_1), "DEF");
    snprintf(r.mapping.out, sizeof r.mapping.out, "70"); /* to an id: the name is on the other side */
    r.mapping.start_ts = DAY_2;
    r.mapping.end_ts = DAY_3;
    as_dbn_names_map(names, &r);
    assert_string_equal(name(70, DAY_2), "ES.FUT");
    assert_string_equal(name(70, DAY_3), "70");
}

static void a_universe_leaves_others_out(void **state)
{
    (void)state;
    as_dbn_names_options options = {.symbols = &symbols};
    as_dbn_names *known;
    uint32_t instrument;
    assert_int_equal(as_dbn_names_new(&options, &known), 0);
    (void)as_symbols_add(&symbols, "IN", 2, &instrument);
    as_dbn r = {.rtype = AS_DBN_SYMBOL_MAPPING, .instrument = 1, .mapping = {.out = "IN", .end_ts = AS_TS_UNDEFINED}};
    as_dbn_names_map(known, &r);
    assert_int_equal(as_dbn_names_entry(known, as_dbn_names_find(known, 1, DAY_1))->instrument,
                     as_symbols_find(&symbols, "IN", 2));
    assert_int_equal(as_dbn_names_entry(known, as_dbn_names_find(known, 12345, DAY_1))->instrument, AS_INSTRUMENT_NONE);
    as_dbn_names_free(known);
    as_dbn_names_free(NULL);
}

static void ids_beyond_the_limit_are_counted(void **state)
{
    (void)state;
    as_dbn_names_options options = {.symbols = &symbols};
    as_dbn_names *full;
    assert_int_equal(as_dbn_names_new(&options, &full), 0);
    for (uint32_t i = 0; i < AS_INSTRUMENT_MAX; i++)
        assert_int_equal(as_dbn_names_find(full, i * 65537, DAY_1), i);
    assert_int_equal(as_dbn_names_find(full, 65536, DAY_1), UINT32_MAX);
    assert_int_equal(as_dbn_names_find(full, 3 * 65537, DAY_1), 3);
    assert_int_equal(as_dbn_names_counters_get(full)->instrument_full, 1);
    as_dbn_names_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_holds_on_its_dates),
        cmocka_unit_test(ids_may_stand_on_either_side),
        cmocka_unit_test(what_cannot_be_used_is_counted),
        cmocka_unit_test(mapping_records_beat_metadata_and_definitions_do_not),
        cmocka_unit_test(a_universe_leaves_others_out),
        cmocka_unit_test(ids_beyond_the_limit_are_counted),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
