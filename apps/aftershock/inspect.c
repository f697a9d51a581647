/*
 * aftershock inspect: what is in a recording, and its quality report.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/aftershock/commands.h"
#include "apps/common/event_list.h"
#include "apps/common/moment.h"
#include "core/config.h"
#include "core/error.h"
#include "core/timezone.h"
#include "feeds/decode/json.h"
#include "feeds/input.h"

enum { INSPECT_SCHEMA = 1, PROGRESS_EVENTS = 8192 };

static const char help[] =
    "usage: aftershock inspect INPUT... [OPTION]...\n"
    "  --config F       configuration with the mappings (`inputs`) of CSV files\n"
    "  --date YYYYMMDD  session date of inputs whose stamps count from midnight\n"
    "  --format F       text (default) or json: a report; ndjson or csv: the events themselves\n"
    "  --limit N        with ndjson and csv: at most N events of each input\n"
    "  --strict         any bad line or message ends the reading, exit status 2\n"
    "INPUT: ITCH 5.0 BinaryFILE, NDJSON, CSV (by a mapping), gzip or zstd of them; - is standard input.\n"
    "A cut file is read to the last whole record and reported as truncated; a file of no known format exits 2.\n";

typedef enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_CSV } output;

typedef struct options {
    const char *config;
    int32_t date;
    output format;
    uint64_t limit;
    bool strict;
    char **input;
    int input_count;
} options;

static int parse_format(const char *text, output *format)
{
    static const char *const name[] = {"text", "json", "ndjson", "csv"};
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(text, name[i]) == 0) {
            *format = (output)i;
            return 0;
        }
    return as_error_set(-EINVAL, "--format: found '%s'; allowed: text, json, ndjson, csv", text);
}

static int parse_limit(const char *text, uint64_t *limit)
{
    char *end;
    errno = 0;
    *limit = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-')
        return as_error_set(-EINVAL, "--limit: found '%s'; allowed: a whole number from 0", text);
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    enum { DATE = 256, FORMAT, LIMIT, STRICT };
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"date", required_argument, NULL, DATE},
        {"format", required_argument, NULL, FORMAT},
        {"limit", required_argument, NULL, LIMIT},
        {"strict", no_argument, NULL, STRICT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (options){.limit = UINT64_MAX};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case DATE:
            rc = as_date_parse("--date", optarg, &o->date);
            break;
        case FORMAT:
            rc = parse_format(optarg, &o->format);
            break;
        case LIMIT:
            rc = parse_limit(optarg, &o->limit);
            break;
        case STRICT:
            o->strict = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock inspect --help`");
        }
    }
    o->input = argv + optind;
    o->input_count = argc - optind;
    if (rc == 0 && o->input_count == 0)
        rc = as_error_set(-EINVAL, "no INPUT is given; see `aftershock inspect --help`");
    return rc;
}

/* ---- progress ---- */

typedef struct progress {
    bool wanted, shown;
    struct timespec start, last;
} progress;

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

static void progress_begin(progress *p)
{
    *p = (progress){.wanted = isatty(STDERR_FILENO) == 1};
    clock_gettime(CLOCK_MONOTONIC, &p->start);
    p->last = p->start;
}

static void progress_show(progress *p, const as_input *input)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (seconds_between(&p->start, &now) < 1.0 || seconds_between(&p->last, &now) < 0.2)
        return;
    double share = as_input_progress(input);
    int bar = (int)(share * 40);
    fprintf(stderr, "\r%s [%-*.*s] %3.0f %%", as_input_path(input), 40, bar, "########################################",
            share * 100);
    p->last = now;
    p->shown = true;
}

static void progress_end(progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
}

/* ---- reports ---- */

static void put_json_string(const char *text)
{
    char escaped[6 * AS_PATH_BYTES];
    size_t bytes = as_json_escape(text, strlen(text), escaped, sizeof escaped);
    printf("\"%.*s\"", bytes == SIZE_MAX ? 0 : (int)bytes, escaped);
}

static void put_json_time(const char *key, uint64_t ts)
{
    if (ts == AS_TS_UNDEFINED)
        printf(",\"%s\":null", key);
    else
        printf(",\"%s\":%" PRIu64, key, ts);
}

static void report_json(const char *path, const as_input_stats *s)
{
    fputs("{\"path\":", stdout);
    put_json_string(path);
    printf(",\"format\":\"%s\",\"compression\":\"%s\",\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64
           ",\"messages\":%" PRIu64,
           s->format, s->compression, s->bytes, s->packets, s->messages);
    fputs(",\"by_type\":{", stdout);
    for (uint32_t i = 0; i < s->type_count; i++) {
        fputs(i ? "," : "", stdout);
        put_json_string(s->by_type[i].code);
        printf(":%" PRIu64, s->by_type[i].count);
    }
    printf("},\"events\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"headlines\":%" PRIu64 ",\"merged\":%" PRIu64
           ",\"symbols\":%" PRIu64,
           s->events, s->rows, s->headlines, s->merged, s->symbols);
    put_json_time("first_ts", s->first_ts);
    put_json_time("last_ts", s->last_ts);
    printf(",\"gaps\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"restarts\":%" PRIu64
           ",\"heartbeats\":%" PRIu64 ",\"out_of_order\":%" PRIu64,
           s->gaps, s->lost, s->duplicates, s->restarts, s->heartbeats, s->out_of_order);
    printf(",\"truncated\":%s,\"bad\":%" PRIu64 ",\"errors\":{", s->truncated ? "true" : "false", s->bad);
    for (uint32_t i = 0; i < s->error_count; i++) {
        fputs(i ? "," : "", stdout);
        put_json_string(s->error[i].reason);
        printf(":%" PRIu64, s->error[i].count);
    }
    fputs("}}", stdout);
}

static void put_text_time(const char *label, uint64_t ts)
{
    static as_timezone *utc;
    if (ts == AS_TS_UNDEFINED || (!utc && as_timezone_new("UTC", &utc) < 0))
        return;
    as_civil c = as_timezone_to_civil(utc, (int64_t)(ts / AS_NS_PER_S));
    printf("  %-13s %04d-%02d-%02dT%02d:%02d:%02d.%09" PRIu64 "Z\n", label, c.year, c.month, c.day, c.hour, c.minute,
           c.second, ts % AS_NS_PER_S);
}

static void report_text(const char *path, const as_input_stats *s)
{
    printf("%s\n", path);
    printf("  %-13s %s, compression %s, %" PRIu64 " bytes%s\n", "format", s->format, s->compression, s->bytes,
           s->truncated ? ", TRUNCATED" : "");
    printf("  %-13s %" PRIu64 "\n", "messages", s->messages);
    for (uint32_t i = 0; i < s->type_count; i++)
        printf("    %-11s %" PRIu64 "\n", s->by_type[i].code, s->by_type[i].count);
    printf("  %-13s %" PRIu64 "\n", "events", s->events);
    if (s->headlines)
        printf("  %-13s %" PRIu64 ", and %" PRIu64 " records merged into them\n", "headlines", s->headlines, s->merged);
    printf("  %-13s %" PRIu64 "\n", "symbols", s->symbols);
    put_text_time("first", s->first_ts);
    put_text_time("last", s->last_ts);
    if (s->out_of_order)
        printf("  %-13s %" PRIu64 "\n", "out of order", s->out_of_order);
    printf("  %-13s %s\n", "errors", s->error_count ? "" : "none");
    for (uint32_t i = 0; i < s->error_count; i++)
        printf("    %-20s %" PRIu64 "\n", s->error[i].reason, s->error[i].count);
}

/* An input that was not recognised still has its place in the JSON answer. */
static void report_refused(const char *path)
{
    const char *message = as_error_message(0);
    bool payload = message && strstr(message, "unknown_payload");
    fputs("{\"path\":", stdout);
    put_json_string(path);
    printf(",\"format\":null,\"errors\":{\"%s\":1}}", payload ? "unknown_payload" : "not_readable");
}

/* ---- one input ---- */

static int read_events(const options *o, as_input *input)
{
    static as_headline headline; /* two KiB that need not be on the stack */
    as_event event;
    progress shown;
    as_ndjson_context context = {.symbols = as_input_symbols(input)};
    uint64_t listed = 0, read = 0;
    bool lists = o->format == OUTPUT_NDJSON || o->format == OUTPUT_CSV;
    int rc = 0;
    progress_begin(&shown);
    while (!(lists && listed == o->limit) && (rc = as_input_next(input, &event, &headline)) > 0) {
        if (o->format == OUTPUT_NDJSON)
            as_event_list_ndjson(stdout, &event, &headline, &context);
        else if (o->format == OUTPUT_CSV)
            as_event_list_csv(stdout, &event, &headline, &context);
        listed += lists;
        if (shown.wanted && ++read % PROGRESS_EVENTS == 0)
            progress_show(&shown, input);
    }
    progress_end(&shown);
    return rc < 0 ? rc : 0;
}

static int inspect_one(const options *o, const as_config *config, const char *path)
{
    as_input_options input_options = {.config = config, .date = o->date, .strict = o->strict};
    as_input *input;
    int rc = as_input_open(path, &input_options, &input);
    if (rc < 0) {
        if (o->format == OUTPUT_JSON)
            report_refused(path);
        return rc;
    }
    rc = read_events(o, input);
    if (o->format == OUTPUT_JSON)
        report_json(path, as_input_stats_get(input));
    else if (o->format == OUTPUT_TEXT)
        report_text(path, as_input_stats_get(input));
    as_input_close(input);
    return rc;
}

int as_cmd_inspect(int argc, char **argv)
{
    options o;
    as_config *config = NULL;
    if (parse(argc, argv, &o) < 0 || (o.config && as_config_load(o.config, &config) < 0)) {
        as_error_print(stderr, "aftershock inspect");
        return 2;
    }
    int status = 0;
    if (o.format == OUTPUT_JSON)
        printf("{\"schema\":%d,\"inputs\":[", INSPECT_SCHEMA);
    if (o.format == OUTPUT_CSV)
        as_event_list_csv_header(stdout);
    for (int i = 0; i < o.input_count; i++) {
        if (o.format == OUTPUT_JSON && i > 0)
            fputs(",", stdout);
        int rc = inspect_one(&o, config, o.input[i]);
        if (rc < 0) {
            fflush(stdout);
            as_error_print(stderr, "aftershock inspect");
            status = rc == -EIO || rc == -ENOMEM ? (status ? status : 1) : 2;
        }
    }
    if (o.format == OUTPUT_JSON)
        fputs("]}\n", stdout);
    if (config)
        as_config_free(config);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "aftershock inspect: standard output: %s\n", strerror(errno));
        return status ? status : 1;
    }
    return status;
}
