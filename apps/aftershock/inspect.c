/*
 * aftershock inspect: what is in a recording, and its quality report.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "apps/common/exit_status.h"
#include "apps/common/event_list.h"
#include "apps/common/json_text.h"
#include "apps/common/moment.h"
#include "apps/common/progress.h"
#include "apps/common/quality_report.h"
#include "core/config.h"
#include "core/error.h"
#include "feeds/files/input.h"
#include "feeds/files/quality.h"

enum { INSPECT_SCHEMA = 1, TEXT_SYMBOLS = 20 };

static const char help[] =
    "usage: aftershock inspect INPUT... [OPTION]...\n"
    "  --config F       configuration with the mappings (`inputs`) of CSV files\n"
    "  --date YYYYMMDD  session date of inputs whose stamps count from midnight\n"
    "  --format F       text (default) or json: the report; ndjson or csv: the events themselves\n"
    "  --report F       the report as text, json, ndjson or csv, instead of the events\n"
    "  --limit N        events of each input at most; in a report: symbols of the coverage at most, the busiest\n"
    "                   first (text: 20 unless given, 0 for none; json, ndjson, csv: all unless given)\n"
    "  --no-books       build no order books: crossed and locked then mean quotes only, and reading is faster\n"
    "  --strict         any bad line or message ends the reading, exit status 2\n"
    "INPUT: anything that replay reads; - is standard input. Events are counted as they stand in the file, before any\n"
    "ordering, merging of headlines or arbitration. A cut file is read to the last whole record and reported as\n"
    "truncated; a file of no known format exits 2. What each number of the report means: docs/QUALITY.md.\n";

typedef enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_CSV } output;

typedef struct options {
    const char *config;
    int32_t date;
    output format;
    bool lists; /* the events, not a report */
    bool books, strict;
    bool limited;
    uint64_t limit;
    char **input;
    int input_count;
} options;

static int parse_format(const char *option, const char *text, output *format)
{
    static const char *const name[] = {"text", "json", "ndjson", "csv"};
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(text, name[i]) == 0) {
            *format = (output)i;
            return 0;
        }
    return as_error_set(-EINVAL, "%s: found '%s'; allowed: text, json, ndjson, csv", option, text);
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
    enum { DATE = 256, FORMAT, REPORT, LIMIT, NO_BOOKS, STRICT };
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"date", required_argument, NULL, DATE},
        {"format", required_argument, NULL, FORMAT},
        {"report", required_argument, NULL, REPORT},
        {"limit", required_argument, NULL, LIMIT},
        {"no-books", no_argument, NULL, NO_BOOKS},
        {"strict", no_argument, NULL, STRICT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *format = NULL, *report = NULL;
    *o = (options){.limit = UINT64_MAX, .books = true};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c': o->config = optarg; break;
        case DATE: rc = as_date_parse("--date", optarg, &o->date); break;
        case FORMAT: rc = parse_format("--format", format = optarg, &o->format); break;
        case REPORT: rc = parse_format("--report", report = optarg, &o->format); break;
        case LIMIT: rc = parse_limit(optarg, &o->limit); o->limited = true; break;
        case NO_BOOKS: o->books = false; break;
        case STRICT: o->strict = true; break;
        case 'h': fputs(help, stdout); exit(0);
        default: return as_error_set(-EINVAL, "see `aftershock inspect --help`");
        }
    }
    o->lists = !report && (o->format == OUTPUT_NDJSON || o->format == OUTPUT_CSV);
    o->input = argv + optind;
    o->input_count = argc - optind;
    if (rc == 0 && format && report)
        rc = as_error_set(-EINVAL, "--format and --report were given; either one is allowed");
    if (rc == 0 && o->input_count == 0)
        rc = as_error_set(-EINVAL, "no INPUT is given; see `aftershock inspect --help`");
    return rc;
}

/* ---- reports ---- */

/* An input that was not recognised still has its place in the answer. */
static void report_refused(const options *o, const char *path)
{
    const char *message = as_error_message(0);
    bool payload = message && strstr(message, "unknown_payload");
    if (o->format != OUTPUT_JSON)
        return;
    fputs("{\"path\":", stdout);
    as_json_text(stdout, path, strlen(path));
    printf(",\"format\":null,\"errors\":{\"%s\":1}}", payload ? "unknown_payload" : "not_readable");
}

static void report(const options *o, const as_input *input, as_quality *quality)
{
    uint64_t limit = o->limited || o->format != OUTPUT_TEXT ? o->limit : TEXT_SYMBOLS;
    const as_quality_report r = {
        .path = as_input_path(input),
        .stats = as_input_stats_get(input),
        .quality = quality,
        .symbols = as_input_symbols(input),
        .symbol_limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit,
    };
    as_quality_end(quality);
    switch (o->format) {
    case OUTPUT_TEXT: as_quality_report_text(stdout, &r); break;
    case OUTPUT_JSON: as_quality_report_json(stdout, &r); break;
    case OUTPUT_NDJSON: as_quality_report_ndjson(stdout, &r); break;
    case OUTPUT_CSV: as_quality_report_csv(stdout, &r); break;
    }
}

/* ---- one input ---- */

static int read_events(const options *o, as_input *input, as_quality *quality)
{
    static as_headline headline; /* two KiB that need not be on the stack */
    as_event event;
    as_progress progress;
    as_ndjson_context context = {.symbols = as_input_symbols(input)};
    uint64_t listed = 0;
    int rc = 0;
    as_progress_begin(&progress);
    while (!(o->lists && listed == o->limit) && (rc = as_input_next(input, &event, &headline)) > 0) {
        listed++;
        if (!o->lists)
            as_quality_add(quality, &event, &headline);
        else if (o->format == OUTPUT_NDJSON)
            as_event_list_ndjson(stdout, &event, &headline, &context);
        else
            as_event_list_csv(stdout, &event, &headline, &context);
        if (as_progress_step(&progress))
            as_progress_show(&progress, as_input_path(input), as_input_progress(input));
    }
    as_progress_end(&progress);
    return rc < 0 ? rc : 0;
}

static int inspect_one(const options *o, const as_config *config, const char *path)
{
    as_input_options input_options = {.config = config, .date = o->date, .strict = o->strict, .raw_order = true};
    as_quality *quality = NULL;
    as_input *input = NULL;
    int rc = as_input_open(path, &input_options, &input);
    if (rc == 0 && !o->lists && as_quality_new(o->books, &quality) < 0)
        rc = as_error_set(-ENOMEM, "%s: out of memory", path);
    if (rc < 0) {
        report_refused(o, path);
    } else {
        rc = read_events(o, input, quality);
        if (rc == -EBADMSG && as_input_stats_get(input)->bad == 0) /* else the bad records are counted */
            as_input_note_error(input, "damaged");
        if (!o->lists)
            report(o, input, quality);
    }
    as_quality_free(quality);
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
    if (o.format == OUTPUT_CSV && o.lists)
        as_event_list_csv_header(stdout);
    else if (o.format == OUTPUT_CSV)
        as_quality_report_csv_header(stdout);
    for (int i = 0; i < o.input_count; i++) {
        if (o.format == OUTPUT_JSON && i > 0)
            fputs(",", stdout);
        int rc = inspect_one(&o, config, o.input[i]);
        if (rc < 0) {
            fflush(stdout);
            as_error_print(stderr, "aftershock inspect");
            if (status != 2)
                status = as_exit_status(rc);
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
