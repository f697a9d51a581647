/*
 * What an input holds and how good it is, as text, JSON, NDJSON or CSV.
 *
 *   json    one object an input: the members of DESIGN 4.1, then "quality" (the whole input; feeds/files/quality.h says
 *           each number means) and "coverage" (an object a symbol, the one with the most events first)
 *   ndjson  {"k":"input",..} without coverage, then {"k":"coverage","path":..,"s":..,..} for each symbol
 *   csv     path,symbol,key,value: a fact a row; symbol is empty for facts on the whole input, whose keys are those of
 *           the JSON with "by_type.", "errors.", "filtered." and "quality." before what stands inside these
 *   text    for people: what is zero is left out
 */
#ifndef AS_APPS_COMMON_QUALITY_REPORT_H
#define AS_APPS_COMMON_QUALITY_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "core/symbols.h"
#include "feeds/files/input.h"
#include "feeds/files/quality.h"

typedef struct as_quality_report {
    const char *path;
    const as_input_stats *stats;
    const as_quality *quality; /* ended */
    const as_symbols *symbols;
    uint32_t symbol_limit; /* symbols of the coverage at most; UINT32_MAX: all */
} as_quality_report;

void as_quality_report_json(FILE *stream, const as_quality_report *report);
void as_quality_report_ndjson(FILE *stream, const as_quality_report *report);
void as_quality_report_csv_header(FILE *stream);
void as_quality_report_csv(FILE *stream, const as_quality_report *report);
void as_quality_report_text(FILE *stream, const as_quality_report *report);

/* A duration for people: "950 ns" "12.4 us" "3.0 s" "25.3 min" "2 h 5 min" "3 d". */
const char *as_quality_duration(uint64_t ns, char text[32]);

#endif
