/*
 * Any bytes as a CSV file: records lie within it and use it up, whatever the pieces it comes in; each row goes
 * through a mapping of bars and one of headlines.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/csv.h"
#include "feeds/decode/csv_mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint32_t first_instrument(void *arg, const char *symbol, size_t symbol_bytes)
{
    (void)arg;
    return symbol_bytes > 0 && symbol[0] == 'X' ? AS_INSTRUMENT_NONE : 0;
}

static as_csv_mapper *make_mapper(const as_csv_mapping *mapping)
{
    as_csv_mapper *mapper = NULL;
    as_csv_mapper_options options = {.mapping = mapping, .path = "fuzz", .resolve = first_instrument};
    if (as_csv_mapper_new(&options, &mapper) < 0)
        abort();
    return mapper;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const as_csv_mapping bars = {
        .name = "bars",
        .kind = AS_CSV_BAR,
        .duration_ns = AS_NS_PER_MIN,
        .column = {.symbol = "#2", .open = "#3", .close = "#4", .volume = "#5"},
        .time = {.column = "#1", .layout = "%Y-%m-%d %H:%M:%S.%f%z", .stamps = AS_STAMPS_START}};
    static const as_csv_mapping news = {.name = "news",
                                        .kind = AS_CSV_HEADLINE,
                                        .column = {.text = "#2", .symbols = "#3", .id = "#4", .tier = "#5"},
                                        .time = {.column = "#1", .layout = "epoch_s"}};
    static as_csv_mapper *mapper[2];
    as_csv_record record;
    as_event event;
    as_headline headline;
    const char *p = (const char *)data, *end = p + bytes;
    if (!mapper[0]) {
        mapper[0] = make_mapper(&bars);
        mapper[1] = make_mapper(&news);
    }
    while (p < end) {
        as_csv_result result = as_csv_split(p, (size_t)(end - p), true, &record);
        if (result == AS_CSV_NEED_MORE || record.used_bytes == 0 || record.used_bytes > (size_t)(end - p))
            abort();
        for (uint32_t i = 0; result == AS_CSV_RECORD && i < record.count; i++)
            if (record.field[i].text < p || record.field[i].text + record.field[i].text_bytes > p + record.used_bytes)
                abort();
        for (int i = 0; result == AS_CSV_RECORD && i < 2; i++)
            (void)as_csv_mapper_row(mapper[i], &record, &event, &headline);
        p += record.used_bytes;
    }
    return 0;
}
