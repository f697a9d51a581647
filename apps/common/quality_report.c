#include "apps/common/quality_report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "apps/common/event_list.h"
#include "apps/common/json_text.h"
#include "core/timezone.h"
#include "feeds/decode/csv.h"

/* A number of a report: where it stands, and what it is called in JSON and CSV, and by people. */
typedef enum unit { COUNT, DURATION, MOMENT } unit;

typedef struct fact {
    const char *key;
    size_t offset;
    unit unit;
    const char *label; /* for people, if it is not zero; NULL: not for them */
} fact;

#define SYMBOL(member) offsetof(as_quality_symbol, member)
#define INPUT(member) offsetof(as_quality_summary, member)
#define STATS(member) offsetof(as_input_stats, member)

/* Coverage: of a symbol only. */
static const fact coverage_facts[] = {
    {"events", SYMBOL(events), COUNT, NULL},    {"trades", SYMBOL(trades), COUNT, NULL},
    {"quotes", SYMBOL(quotes), COUNT, NULL},    {"bars", SYMBOL(bars), COUNT, NULL},
    {"orders", SYMBOL(orders), COUNT, NULL},    {"first_ts", SYMBOL(first_ts), MOMENT, NULL},
    {"last_ts", SYMBOL(last_ts), MOMENT, NULL}, {"minutes", SYMBOL(minutes), COUNT, NULL},
};

/* Findings: of a symbol, and their sum of the input. */
static const fact finding_facts[] = {
    {"crossed", SYMBOL(crossed), COUNT, "times crossed"},
    {"crossed_ns", SYMBOL(crossed_ns), DURATION, "time crossed"},
    {"locked", SYMBOL(locked), COUNT, "times locked"},
    {"locked_ns", SYMBOL(locked_ns), DURATION, "time locked"},
    {"crossed_halted", SYMBOL(crossed_halted), COUNT, "times crossed or locked while not trading"},
    {"stale_quotes", SYMBOL(stale_quotes), COUNT, "stale quotes"},
    {"stale_trades", SYMBOL(stale_trades), COUNT, "trades at a stale quote"},
    {"stale_worst_ns", SYMBOL(stale_worst_ns), DURATION, "oldest quote that a trade met"},
    {"outside", SYMBOL(outside), COUNT, "trades outside the quote"},
    {"bad_prices", SYMBOL(bad_prices), COUNT, "prices of zero or less"},
    {"bad_sizes", SYMBOL(bad_sizes), COUNT, "sizes of zero or beyond 2^63"},
    {"bad_bars", SYMBOL(bad_bars), COUNT, "bars with high < low, or open or close outside"},
    {"repeated_bars", SYMBOL(repeated_bars), COUNT, "bars that end when the one before did"},
    {"jumps", SYMBOL(jumps), COUNT, "price jumps"},
    {"suspect_prints", SYMBOL(suspect_prints), COUNT, "suspect prints"},
    {"halts", SYMBOL(halts), COUNT, "halts and pauses"},
    {"halted_ns", SYMBOL(halted_ns), DURATION, "time halted"},
    {"halted_trades", SYMBOL(halted_trades), COUNT, "trades while halted"},
    {"hole_ns", SYMBOL(hole_ns), DURATION, "longest hole of a symbol"},
    {"hole_from_ts", SYMBOL(hole_from_ts), MOMENT, NULL},
    {"breaks", SYMBOL(breaks), COUNT, NULL},
    {"symbol_disorder", SYMBOL(disorder), COUNT, "received before the symbol's previous event"},
};

/* Of the input as a whole. */
static const fact input_facts[] = {
    {"negative_latency", INPUT(negative.count), COUNT, "negative latency"},
    {"negative_latency_p50_ns", INPUT(negative.p50), DURATION, "  of these, median"},
    {"negative_latency_worst_ns", INPUT(negative_worst_ns), DURATION, "  of these, worst"},
    {"latency_p50_ns", INPUT(latency.p50), DURATION, "latency, median"},
    {"latency_p99_ns", INPUT(latency.p99), DURATION, "latency, 99 %"},
    {"latency_worst_ns", INPUT(latency_worst_ns), DURATION, "latency, worst"},
    {"out_of_order", INPUT(recv_disorder), COUNT, "received out of order"},
    {"out_of_order_worst_ns", INPUT(recv_disorder_worst_ns), DURATION, "  by at most"},
    {"source_out_of_order", INPUT(event_disorder), COUNT, "source times out of order"},
    {"source_out_of_order_worst_ns", INPUT(event_disorder_worst_ns), DURATION, "  by at most"},
    {"duplicate_headlines", INPUT(duplicate_headlines), COUNT, "duplicate headlines (same id and revision)"},
    {"repeated_headlines", INPUT(repeated_headlines), COUNT, "repeated headlines (same words, another id)"},
    {"book_unknown_ref", INPUT(books.unknown_ref), COUNT, "changes of orders that are not in the book"},
    {"book_duplicate_ref", INPUT(books.duplicate_ref), COUNT, "orders added twice"},
    {"book_over_execution", INPUT(books.over_execution), COUNT, "more executed than there was"},
    {"book_invalid", INPUT(books.invalid), COUNT, "orders and levels without price or quantity"},
    {"book_full", INPUT(books.full), COUNT, "changes that found no room in the books"},
    {"books_inconsistent", INPUT(books_inconsistent), COUNT, "books that contradicted themselves"},
    {"books_broken", INPUT(books_broken), COUNT, "books that were given up at the end"},
    {"minutes", INPUT(minutes), COUNT, NULL},
};

/* DESIGN 4.1 */
static const fact stats_facts[] = {
    {"bytes", STATS(bytes), COUNT, NULL},
    {"packets", STATS(packets), COUNT, NULL},
    {"messages", STATS(messages), COUNT, NULL},
    {"events", STATS(events), COUNT, NULL},
    {"rows", STATS(rows), COUNT, NULL},
    {"headlines", STATS(headlines), COUNT, NULL},
    {"merged", STATS(merged), COUNT, NULL},
    {"symbols", STATS(symbols), COUNT, NULL},
    {"first_ts", STATS(first_ts), MOMENT, NULL},
    {"last_ts", STATS(last_ts), MOMENT, NULL},
    {"gaps", STATS(gaps), COUNT, "sequence gaps"},
    {"lost", STATS(lost), COUNT, "messages lost"},
    {"duplicates", STATS(duplicates), COUNT, "duplicate messages"},
    {"restarts", STATS(restarts), COUNT, "restarts of the sequence"},
    {"heartbeats", STATS(heartbeats), COUNT, "heartbeats"},
    {"out_of_order", STATS(out_of_order), COUNT, NULL},
    {"bad", STATS(bad), COUNT, NULL},
};

enum {
    COVERAGE_FACTS = sizeof coverage_facts / sizeof *coverage_facts,
    FINDING_FACTS = sizeof finding_facts / sizeof *finding_facts,
    INPUT_FACTS = sizeof input_facts / sizeof *input_facts,
    STATS_FACTS = sizeof stats_facts / sizeof *stats_facts
};

static uint64_t value_of(const fact *f, const void *record)
{
    uint64_t value;
    memcpy(&value, (const char *)record + f->offset, sizeof value);
    return value;
}

/* Time without a beginning: a hole that never was. */
static bool is_undefined(const fact *f, uint64_t value)
{
    return f->unit == MOMENT && (value == AS_TS_UNDEFINED || value == 0);
}

/* Busiest symbols, and how many of them are to be shown. */
static uint32_t *rank_symbols(const as_quality_report *report, uint32_t *count)
{
    uint32_t *rank = malloc(AS_INSTRUMENT_MAX * sizeof *rank);
    *count = rank ? as_quality_rank(report->quality, rank) : 0;
    if (*count > report->symbol_limit)
        *count = report->symbol_limit;
    return rank;
}

/* ---- JSON ---- */

static void put_members(FILE *stream, const fact *facts, unsigned count, const void *record)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t value = value_of(&facts[i], record);
        if (is_undefined(&facts[i], value))
            fprintf(stream, ",\"%s\":null", facts[i].key);
        else
            fprintf(stream, ",\"%s\":%" PRIu64, facts[i].key, value);
    }
}

static void put_stats(FILE *stream, const as_quality_report *report)
{
    const as_input_stats *s = report->stats;
    fputs("\"path\":", stream);
    as_json_text(stream, report->path, strlen(report->path));
    fprintf(stream, ",\"format\":\"%s\",\"compression\":\"%s\"", s->format, s->compression);
    fputs(",\"detail\":", stream);
    as_json_text(stream, s->detail, strlen(s->detail));
    put_members(stream, stats_facts, STATS_FACTS, s);
    fputs(",\"by_type\":{", stream);
    for (uint32_t i = 0; i < s->type_count; i++) {
        fputs(i ? "," : "", stream);
        as_json_text(stream, s->by_type[i].code, strlen(s->by_type[i].code));
        fprintf(stream, ":%" PRIu64, s->by_type[i].count);
    }
    fprintf(stream, "},\"truncated\":%s,\"errors\":{", s->truncated ? "true" : "false");
    for (uint32_t i = 0; i < s->error_count; i++) {
        fputs(i ? "," : "", stream);
        as_json_text(stream, s->error[i].reason, strlen(s->error[i].reason));
        fprintf(stream, ":%" PRIu64, s->error[i].count);
    }
    fputs("},\"filtered\":{", stream);
    for (uint32_t i = 0; i < s->filtered_count; i++) {
        fputs(i ? "," : "", stream);
        as_json_text(stream, s->filtered[i].rule, strlen(s->filtered[i].rule));
        fprintf(stream, ":%" PRIu64, s->filtered[i].count);
    }
    fputs("},\"flows\":[", stream);
    for (uint32_t i = 0; i < s->flow_count; i++)
        fprintf(stream, "%s{\"flow\":\"%s\",\"payload\":\"%s\",\"packets\":%" PRIu64 ",\"messages\":%" PRIu64 "}",
                i ? "," : "", s->flow[i].name, s->flow[i].payload, s->flow[i].packets, s->flow[i].messages);
    fputc(']', stream);
}

static void put_quality(FILE *stream, const as_quality_summary *sum)
{
    fprintf(stream, ",\"quality\":{\"stale_after_ns\":%" PRIu64 ",\"break_ns\":%" PRIu64, (uint64_t)AS_QUALITY_STALE_NS,
            (uint64_t)AS_QUALITY_BREAK_NS);
    put_members(stream, input_facts, INPUT_FACTS, sum);
    put_members(stream, finding_facts, FINDING_FACTS, &sum->total);
    fprintf(stream, ",\"books_refused\":%s,\"by_kind\":{", sum->books_refused ? "true" : "false");
    for (unsigned kind = 0, any = 0; kind < AS_EVENT_KIND_COUNT; kind++)
        if (sum->kind[kind])
            fprintf(stream, "%s\"%s\":%" PRIu64, any++ ? "," : "", as_event_kind_name((uint8_t)kind), sum->kind[kind]);
    fputs("}}", stream);
}

static void put_symbol(FILE *stream, const as_quality_summary *sum, const as_quality_symbol *s)
{
    fprintf(stream, "\"coverage\":%.6f", as_quality_coverage(sum, s));
    put_members(stream, coverage_facts, COVERAGE_FACTS, s);
    put_members(stream, finding_facts, FINDING_FACTS, s);
}

void as_quality_report_json(FILE *stream, const as_quality_report *report)
{
    as_quality_summary sum;
    uint32_t count, *rank = rank_symbols(report, &count);
    as_quality_summarize(report->quality, &sum);
    fputc('{', stream);
    put_stats(stream, report);
    put_quality(stream, &sum);
    fputs(",\"coverage\":{", stream);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = as_symbols_name(report->symbols, rank[i]);
        fputs(i ? "," : "", stream);
        as_json_text(stream, name, strlen(name));
        fputs(":{", stream);
        put_symbol(stream, &sum, as_quality_symbol_get(report->quality, rank[i]));
        fputc('}', stream);
    }
    fputs("}}", stream);
    free(rank);
}

void as_quality_report_ndjson(FILE *stream, const as_quality_report *report)
{
    as_quality_summary sum;
    uint32_t count, *rank = rank_symbols(report, &count);
    as_quality_summarize(report->quality, &sum);
    fputs("{\"k\":\"input\",", stream);
    put_stats(stream, report);
    put_quality(stream, &sum);
    fputs("}\n", stream);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = as_symbols_name(report->symbols, rank[i]);
        fputs("{\"k\":\"coverage\",\"path\":", stream);
        as_json_text(stream, report->path, strlen(report->path));
        fputs(",\"s\":", stream);
        as_json_text(stream, name, strlen(name));
        fputc(',', stream);
        put_symbol(stream, &sum, as_quality_symbol_get(report->quality, rank[i]));
        fputs("}\n", stream);
    }
    free(rank);
}

/* ---- CSV ---- */

static void put_field(FILE *stream, const char *text)
{
    char field[2 * AS_PATH_BYTES + 2];
    size_t bytes = as_csv_field_write(text, strlen(text), field, sizeof field);
    if (bytes != SIZE_MAX)
        fwrite(field, 1, bytes, stream);
}

static void put_row(FILE *stream, const as_quality_report *report, const char *symbol, const char *key)
{
    put_field(stream, report->path);
    fputc(',', stream);
    put_field(stream, symbol);
    fprintf(stream, ",%s,", key);
}

static void put_number_row(FILE *stream, const as_quality_report *report, const char *symbol, const char *key,
                           uint64_t value)
{
    put_row(stream, report, symbol, key);
    fprintf(stream, "%" PRIu64 "\n", value);
}

static void put_rows(FILE *stream, const as_quality_report *report, const char *symbol, const char *prefix,
                     const fact *facts, unsigned count, const void *record)
{
    char key[64];
    for (unsigned i = 0; i < count; i++) {
        uint64_t value = value_of(&facts[i], record);
        snprintf(key, sizeof key, "%s%s", prefix, facts[i].key);
        if (!is_undefined(&facts[i], value))
            put_number_row(stream, report, symbol, key, value);
    }
}

void as_quality_report_csv_header(FILE *stream)
{
    fputs("path,symbol,key,value\n", stream);
}

void as_quality_report_csv(FILE *stream, const as_quality_report *report)
{
    const as_input_stats *s = report->stats;
    as_quality_summary sum;
    char key[64];
    uint32_t count, *rank = rank_symbols(report, &count);
    as_quality_summarize(report->quality, &sum);
    put_row(stream, report, "", "format");
    fprintf(stream, "%s\n", s->format);
    put_row(stream, report, "", "detail");
    put_field(stream, s->detail);
    fputc('\n', stream);
    put_row(stream, report, "", "compression");
    fprintf(stream, "%s\n", s->compression);
    put_rows(stream, report, "", "", stats_facts, STATS_FACTS, s);
    put_number_row(stream, report, "", "truncated", s->truncated);
    for (uint32_t i = 0; i < s->type_count; i++) {
        snprintf(key, sizeof key, "by_type.%s", s->by_type[i].code);
        put_number_row(stream, report, "", key, s->by_type[i].count);
    }
    for (uint32_t i = 0; i < s->error_count; i++) {
        snprintf(key, sizeof key, "errors.%s", s->error[i].reason);
        put_number_row(stream, report, "", key, s->error[i].count);
    }
    for (uint32_t i = 0; i < s->filtered_count; i++) {
        snprintf(key, sizeof key, "filtered.%s", s->filtered[i].rule);
        put_number_row(stream, report, "", key, s->filtered[i].count);
    }
    put_rows(stream, report, "", "quality.", input_facts, INPUT_FACTS, &sum);
    put_rows(stream, report, "", "quality.", finding_facts, FINDING_FACTS, &sum.total);
    for (uint32_t i = 0; i < count; i++) {
        const as_quality_symbol *symbol = as_quality_symbol_get(report->quality, rank[i]);
        const char *name = as_symbols_name(report->symbols, rank[i]);
        put_row(stream, report, name, "coverage");
        fprintf(stream, "%.6f\n", as_quality_coverage(&sum, symbol));
        put_rows(stream, report, name, "", coverage_facts, COVERAGE_FACTS, symbol);
        put_rows(stream, report, name, "", finding_facts, FINDING_FACTS, symbol);
    }
    free(rank);
}

/* ---- text ---- */

const char *as_quality_duration(uint64_t ns, char text[32])
{
    double value = (double)ns;
    if (ns < AS_NS_PER_US)
        snprintf(text, 32, "%" PRIu64 " ns", ns);
    else if (ns < AS_NS_PER_MS)
        snprintf(text, 32, "%.1f us", value / 1e3);
    else if (ns < AS_NS_PER_S)
        snprintf(text, 32, "%.1f ms", value / 1e6);
    else if (ns < 10 * AS_NS_PER_MIN)
        snprintf(text, 32, "%.1f s", value / 1e9);
    else if (ns < 2 * AS_NS_PER_HOUR)
        snprintf(text, 32, "%.1f min", value / 60e9);
    else if (ns < 2 * AS_NS_PER_DAY)
        snprintf(text, 32, "%" PRIu64 " h %" PRIu64 " min", ns / AS_NS_PER_HOUR, ns % AS_NS_PER_HOUR / AS_NS_PER_MIN);
    else
        snprintf(text, 32, "%" PRIu64 " d", ns / AS_NS_PER_DAY);
    return text;
}

static const char *moment_text(uint64_t ts, char text[48])
{
    static as_timezone *utc;
    *text = 0;
    if (ts == AS_TS_UNDEFINED || (!utc && as_timezone_new("UTC", &utc) < 0))
        return text;
    as_civil c = as_timezone_to_civil(utc, (int64_t)(ts / AS_NS_PER_S));
    snprintf(text, 48, "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRIu64 "Z", c.year, c.month, c.day, c.hour, c.minute,
             c.second, ts % AS_NS_PER_S);
    return text;
}

/* Labelled facts that are not zero; how many. */
static unsigned tell(FILE *stream, const fact *facts, unsigned count, const void *record)
{
    char text[32];
    unsigned told = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t value = value_of(&facts[i], record);
        if (!facts[i].label || value == 0)
            continue;
        told++;
        if (facts[i].unit == DURATION)
            fprintf(stream, "    %-46s %s\n", facts[i].label, as_quality_duration(value, text));
        else
            fprintf(stream, "    %-46s %" PRIu64 "\n", facts[i].label, value);
    }
    return told;
}

static void tell_stats(FILE *stream, const as_quality_report *report)
{
    const as_input_stats *s = report->stats;
    char text[48];
    fprintf(stream, "%s\n  %-13s %s%s%s%s, compression %s, %" PRIu64 " bytes%s\n", report->path, "format", s->format,
            s->detail[0] ? " (" : "", s->detail, s->detail[0] ? ")" : "", s->compression, s->bytes,
            s->truncated ? ", TRUNCATED" : "");
    if (s->packets)
        fprintf(stream, "  %-13s %" PRIu64 "\n", "packets", s->packets);
    fprintf(stream, "  %-13s %" PRIu64 "\n", "messages", s->messages);
    for (uint32_t i = 0; i < s->type_count; i++)
        fprintf(stream, "    %-11s %" PRIu64 "\n", s->by_type[i].code, s->by_type[i].count);
    fprintf(stream, "  %-13s %" PRIu64 "\n", "events", s->events);
    if (s->headlines)
        fprintf(stream, "  %-13s %" PRIu64 "\n", "headlines", s->headlines);
    fprintf(stream, "  %-13s %" PRIu64 "\n", "symbols", s->symbols);
    if (s->first_ts != AS_TS_UNDEFINED)
        fprintf(stream, "  %-13s %s\n", "first", moment_text(s->first_ts, text));
    if (s->last_ts != AS_TS_UNDEFINED)
        fprintf(stream, "  %-13s %s\n", "last", moment_text(s->last_ts, text));
    fprintf(stream, "  %-13s %s\n", "errors", s->error_count ? "" : "none");
    for (uint32_t i = 0; i < s->error_count; i++)
        fprintf(stream, "    %-20s %" PRIu64 "\n", s->error[i].reason, s->error[i].count);
    if (s->filtered_count)
        fprintf(stream, "  left out on purpose\n");
    for (uint32_t i = 0; i < s->filtered_count; i++)
        fprintf(stream, "    %-20s %" PRIu64 "\n", s->filtered[i].rule, s->filtered[i].count);
    for (uint32_t i = 0; i < s->flow_count; i++)
        fprintf(stream, "  %-13s %s: %s, %" PRIu64 " packets, %" PRIu64 " messages\n", i ? "" : "flows",
                s->flow[i].name, s->flow[i].payload, s->flow[i].packets, s->flow[i].messages);
}

/* What is wrong with one symbol, in a few words at the end of its line. */
static void tell_findings(FILE *stream, const as_quality_symbol *s)
{
    const struct {
        const char *word;
        uint64_t count;
    } finding[] = {
        {"crossed", s->crossed},
        {"locked", s->locked},
        {"stale", s->stale_quotes},
        {"outside", s->outside},
        {"bad values", s->bad_prices + s->bad_sizes + s->bad_bars},
        {"suspect", s->suspect_prints},
        {"halts", s->halts},
        {"out of order", s->disorder},
    };
    for (unsigned i = 0; i < sizeof finding / sizeof *finding; i++)
        if (finding[i].count)
            fprintf(stream, "  %s %" PRIu64, finding[i].word, finding[i].count);
    fputc('\n', stream);
}

static void tell_coverage(FILE *stream, const as_quality_report *report, const as_quality_summary *sum)
{
    char hole[32];
    uint32_t count, *rank = rank_symbols(report, &count);
    if (count > 0)
        fprintf(stream,
                "  %-13s %" PRIu32 " of %" PRIu64 " symbols; share of the %" PRIu64 " minutes with an event\n"
                "    %-12s %6s %11s %10s %11s %9s  %s\n",
                "coverage", count, sum->symbols, sum->minutes, "symbol", "share", "events", "trades", "quotes", "bars",
                "longest hole");
    for (uint32_t i = 0; i < count; i++) {
        const as_quality_symbol *s = as_quality_symbol_get(report->quality, rank[i]);
        fprintf(stream, "    %-12s %4.0f %% %11" PRIu64 " %10" PRIu64 " %11" PRIu64 " %9" PRIu64 "  %s",
                as_symbols_name(report->symbols, rank[i]), as_quality_coverage(sum, s) * 100, s->events, s->trades,
                s->quotes, s->bars, as_quality_duration(s->hole_ns, hole));
        tell_findings(stream, s);
    }
    free(rank);
}

void as_quality_report_text(FILE *stream, const as_quality_report *report)
{
    as_quality_summary sum;
    as_quality_summarize(report->quality, &sum);
    tell_stats(stream, report);
    fprintf(stream, "  quality\n");
    unsigned told = tell(stream, stats_facts, STATS_FACTS, report->stats);
    told += tell(stream, input_facts, INPUT_FACTS, &sum);
    told += tell(stream, finding_facts, FINDING_FACTS, &sum.total);
    if (sum.books_refused)
        fprintf(stream, "    no memory for books: orders and levels were only counted\n");
    if (told == 0)
        fprintf(stream, "    nothing found\n");
    tell_coverage(stream, report, &sum);
}
