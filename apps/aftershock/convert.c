/*
 * aftershock convert: any input to NDJSON, CSV or a journal.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "apps/common/account.h"
#include "apps/common/event_list.h"
#include "apps/common/exit_status.h"
#include "apps/common/moment.h"
#include "apps/common/out_file.h"
#include "apps/common/player.h"
#include "apps/common/progress.h"
#include "apps/common/setup.h"
#include "core/error.h"
#include "core/journal.h"
#include "feeds/files/input.h"
#include "feeds/files/input_merge.h"
#include "ipc/codec.h"

static const char help[] =
    "usage: aftershock convert INPUT... -o FILE [OPTION]...\n"
    "  -o FILE          what to write; - is standard output (not for a journal)\n"
    "  --format F       ndjson, csv or journal; without it the name says so: .ndjson .jsonl .csv .asj .journal,\n"
    "                   and .gz or .zst behind it for NDJSON and CSV that are compressed\n"
    "  -f               overwrite FILE if it exists\n"
    "  --config F       configuration with the mappings of CSV files; a journal needs a whole one\n"
    "  --universe       only symbols of the configuration's universe, in its units of quantity (a journal: always)\n"
    "  --date YYYYMMDD  session date of inputs whose stamps count from midnight\n"
    "  --from T --to T  what was received in [from, to); for a journal as replay understands it: prices before from\n"
    "                   are part of it. T: YYYY-MM-DD, RFC 3339 or ns since 1970, UTC\n"
    "  --strict         any bad line ends the run\n"
    "INPUT: anything that replay reads but a journal; several are merged by receive time. NDJSON has no form for "
    "orders,\n"
    "levels, phases and gaps: these are counted and left out; CSV has them all. A journal holds what the engine did "
    "with\n"
    "the inputs under this configuration: replay --config F JOURNAL --verify JOURNAL gives the same decisions again.\n"
    "FILE appears when it is whole; when the run fails, it does not.\n";

typedef enum output { OUTPUT_BY_NAME, OUTPUT_NDJSON, OUTPUT_CSV, OUTPUT_JOURNAL } output;

typedef struct options {
    const char *config, *out;
    output format;
    bool overwrite, strict, universe;
    uint64_t from, to;
    int32_t date;
    char **input;
    unsigned input_count;
} options;

/* ---- command line ---- */

static int parse_format(const char *text, output *format)
{
    static const char *const name[] = {"", "ndjson", "csv", "journal"};
    for (unsigned i = OUTPUT_NDJSON; i <= OUTPUT_JOURNAL; i++)
        if (strcmp(text, name[i]) == 0) {
            *format = (output)i;
            return 0;
        }
    return as_error_set(-EINVAL, "--format: found '%s'; allowed: ndjson, csv, journal", text);
}

static bool ends_with(const char *text, size_t text_bytes, const char *end)
{
    size_t n = strlen(end);
    return text_bytes >= n && memcmp(text + text_bytes - n, end, n) == 0;
}

static int format_by_name(const char *path, output *format)
{
    static const struct {
        const char *suffix;
        output format;
    } known[] = {{".ndjson", OUTPUT_NDJSON},
                 {".jsonl", OUTPUT_NDJSON},
                 {".csv", OUTPUT_CSV},
                 {".asj", OUTPUT_JOURNAL},
                 {".journal", OUTPUT_JOURNAL}};
    size_t bytes = strlen(path);
    if (ends_with(path, bytes, ".gz"))
        bytes -= 3;
    else if (ends_with(path, bytes, ".zst"))
        bytes -= 4;
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (ends_with(path, bytes, known[i].suffix)) {
            *format = known[i].format;
            return 0;
        }
    return as_error_set(-EINVAL,
                        "-o %s: the name does not say the format; allowed: .ndjson, .jsonl, .csv, .asj, .journal, or "
                        "--format ndjson|csv|journal",
                        path);
}

static int check(options *o)
{
    int rc = 0;
    if (o->input_count == 0)
        rc = as_error_set(-EINVAL, "no INPUT is given; see `aftershock convert --help`");
    else if (!o->out)
        rc = as_error_set(-EINVAL, "-o FILE is missing; see `aftershock convert --help`");
    else if (o->format == OUTPUT_BY_NAME)
        rc = format_by_name(o->out, &o->format);
    if (rc < 0)
        return rc;
    size_t bytes = strlen(o->out);
    if (o->format == OUTPUT_JOURNAL && !o->config)
        return as_error_set(-EINVAL, "--config is missing: a journal holds what the engine does with the inputs");
    if (o->format == OUTPUT_JOURNAL && (ends_with(o->out, bytes, ".gz") || ends_with(o->out, bytes, ".zst")))
        return as_error_set(-EINVAL, "-o %s: a journal is not compressed", o->out);
    if (o->universe && !o->config)
        return as_error_set(-EINVAL, "--universe: --config is missing, which names it");
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    enum { FORMAT = 256, FROM, TO, DATE, STRICT, UNIVERSE };
    static const struct option known[] = {
        {"output", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"format", required_argument, NULL, FORMAT},
        {"config", required_argument, NULL, 'c'},
        {"universe", no_argument, NULL, UNIVERSE},
        {"date", required_argument, NULL, DATE},
        {"from", required_argument, NULL, FROM},
        {"to", required_argument, NULL, TO},
        {"strict", no_argument, NULL, STRICT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (options){.to = UINT64_MAX};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "o:fc:h", known, NULL)) != -1;) {
        switch (c) {
        case 'o': o->out = optarg; break;
        case 'f': o->overwrite = true; break;
        case 'c': o->config = optarg; break;
        case FORMAT: rc = parse_format(optarg, &o->format); break;
        case UNIVERSE: o->universe = true; break;
        case DATE: rc = as_date_parse("--date", optarg, &o->date); break;
        case FROM: rc = as_moment_parse("--from", optarg, &o->from); break;
        case TO: rc = as_moment_parse("--to", optarg, &o->to); break;
        case STRICT: o->strict = true; break;
        case 'h': fputs(help, stdout); exit(0);
        default: return as_error_set(-EINVAL, "see `aftershock convert --help`");
        }
    }
    o->input = argv + optind;
    o->input_count = (unsigned)(argc - optind);
    return rc < 0 ? rc : check(o);
}

/* ---- NDJSON and CSV ---- */

typedef struct text_run {
    as_config *config;
    as_universe universe;
    bool has_universe;
    as_input **input;
    as_ndjson_context *context; /* one an input: without a universe each numbers the symbols as it meets them */
    unsigned opened;
    as_input_merge *merge;
    uint64_t written;
    uint64_t left_out[AS_EVENT_KIND_COUNT];
} text_run;

static int open_inputs(const options *o, text_run *run)
{
    run->input = calloc(o->input_count, sizeof(as_input *));
    run->context = calloc(o->input_count, sizeof *run->context);
    if (!run->input || !run->context)
        return as_error_set(-ENOMEM, "out of memory for %u inputs", o->input_count);
    for (; run->opened < o->input_count; run->opened++) {
        unsigned i = run->opened;
        as_input_options wanted = {
            .universe = run->has_universe ? &run->universe : NULL,
            .config = run->config,
            .date = o->date,
            .source = (uint16_t)i,
            .strict = o->strict,
        };
        int rc = as_input_open(o->input[i], &wanted, &run->input[i]);
        if (rc < 0)
            return rc;
        run->context[i] = (as_ndjson_context){
            .symbols = as_input_symbols(run->input[i]),
            .instrument = run->has_universe ? run->universe.instrument : NULL,
        };
    }
    return 0;
}

static int load_text(const options *o, text_run *run)
{
    int rc = o->config ? as_config_load(o->config, &run->config) : 0;
    if (rc < 0 || !o->universe)
        return rc;
    if (!run->config->universe[0])
        return as_error_set(-EINVAL, "--universe: %s names none", o->config);
    rc = as_universe_load(&run->universe, run->config->universe, run->config->calendar, run->config->calendar_count);
    run->has_universe = rc == 0;
    return rc < 0 ? as_error_add("%s: universe", o->config) : 0;
}

static double share_of(const text_run *run)
{
    double sum = 0;
    for (unsigned i = 0; i < run->opened; i++)
        sum += as_input_progress(run->input[i]);
    return sum / run->opened;
}

static void write_event(const options *o, text_run *run, FILE *stream, const as_event *event,
                        const as_headline *headline)
{
    char line[AS_NDJSON_LINE_BYTES];
    const as_ndjson_context *context = &run->context[event->source < run->opened ? event->source : 0];
    if (o->format == OUTPUT_CSV) {
        as_event_list_csv(stream, event, headline, context);
        run->written++;
        return;
    }
    size_t bytes = as_ndjson_encode(event, headline, context, line, sizeof line);
    if (bytes > 0) {
        fwrite(line, 1, bytes, stream);
        run->written++;
    } else {
        run->left_out[event->kind < AS_EVENT_KIND_COUNT ? event->kind : AS_EVENT_NONE]++;
    }
}

static int write_events(const options *o, text_run *run, FILE *stream)
{
    as_progress progress;
    const as_event *event;
    const as_headline *headline;
    int rc = 0;
    if (o->format == OUTPUT_CSV)
        as_event_list_csv_header(stream);
    as_progress_begin(&progress);
    while (!ferror(stream) && (rc = as_input_merge_next(run->merge, &event, &headline)) > 0) {
        write_event(o, run, stream, event, headline);
        if (as_progress_step(&progress))
            as_progress_show(&progress, o->out, share_of(run));
    }
    as_progress_end(&progress);
    return ferror(stream) ? as_error_set(-EIO, "%s: cannot be written: %s", o->out, strerror(errno)) : rc;
}

/* On standard error: what came of the inputs. */
static void tell_text(const options *o, const text_run *run)
{
    for (unsigned i = 0; i < run->opened; i++) {
        const as_input_stats *s = as_input_stats_get(run->input[i]);
        fprintf(stderr, "%s: %s, %" PRIu64 " messages, %" PRIu64 " events", o->input[i], s->format, s->messages,
                s->events);
        if (s->merged)
            fprintf(stderr, ", %" PRIu64 " headline records merged into others", s->merged);
        if (s->unknown_symbol)
            fprintf(stderr, ", %" PRIu64 " of unknown symbols left out", s->unknown_symbol);
        if (s->bad)
            fprintf(stderr, ", %" PRIu64 " bad", s->bad);
        as_account_faults(s, stderr);
        fputs(s->truncated ? ", cut\n" : "\n", stderr);
    }
    fprintf(stderr, "%s: %" PRIu64 " events written", o->out, run->written);
    const char *separator = "; no NDJSON form, not written:";
    for (unsigned kind = 0; kind < AS_EVENT_KIND_COUNT; kind++)
        if (run->left_out[kind]) {
            fprintf(stderr, "%s %s %" PRIu64, separator, as_event_kind_name((uint8_t)kind), run->left_out[kind]);
            separator = ",";
        }
    fputc('\n', stderr);
}

static void text_run_fini(text_run *run)
{
    as_input_merge_close(run->merge);
    for (unsigned i = 0; i < run->opened; i++)
        as_input_close(run->input[i]);
    free(run->input);
    free(run->context);
    if (run->has_universe)
        as_universe_fini(&run->universe);
    if (run->config)
        as_config_free(run->config);
}

static int convert_text(const options *o)
{
    text_run run = {0};
    as_out_file *out = NULL;
    int rc = load_text(o, &run);
    if (rc == 0)
        rc = as_out_file_open(o->out, o->overwrite, false, &out);
    if (rc == 0)
        rc = open_inputs(o, &run);
    if (rc == 0)
        rc = as_input_merge_open(run.input, run.opened, o->from, o->to, &run.merge);
    if (rc == 0)
        rc = write_events(o, &run, as_out_file_stream(out));
    if (rc == 0)
        rc = as_out_file_commit(out);
    else
        as_out_file_abandon(out);
    if (rc == 0)
        tell_text(o, &run);
    text_run_fini(&run);
    return rc;
}

/* ---- journal ---- */

typedef struct journal_run {
    as_journal_writer *journal;
    uint64_t decisions;
    int failed;
} journal_run;

static void append(journal_run *run, as_record_type type, const void *head, size_t head_bytes, const void *tail,
                   size_t tail_bytes)
{
    if (run->failed == 0)
        run->failed = as_journal_append(run->journal, type, head, head_bytes, tail, tail_bytes);
}

/* An as_record_fn: as the daemon's recorder writes it. */
static void record_step(void *context, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    if (playbook)
        append(context, AS_RECORD_PLAYBOOK, event, sizeof *event, playbook->text, playbook->text_bytes);
    else if (event->kind == AS_EVENT_HEADLINE)
        append(context, AS_RECORD_HEADLINE, event, sizeof *event, headline, offsetof(as_headline, reading));
    else
        append(context, AS_RECORD_EVENT, event, sizeof *event, NULL, 0);
}

static void record_decision(void *context, const as_decision *decision)
{
    char line[AS_LINE_BYTES_OUT];
    journal_run *run = context;
    size_t bytes = as_codec_line(decision, line, sizeof line);
    append(run, AS_RECORD_DECISION, line, bytes, NULL, 0);
    run->decisions++;
}

static int play_into(const options *o, as_setup *setup, journal_run *run, as_account *account)
{
    static const as_event first;
    as_player player = {
        .setup = setup,
        .path = o->input,
        .path_count = o->input_count,
        .from = o->from,
        .to = o->to,
        .date = o->date,
        .strict = o->strict,
        .account = account,
    };
    setup->merge.record = record_step;
    setup->merge.record_context = run;
    record_step(run, &first, NULL, setup->playbook);
    int rc = as_player_run(&player);
    if (rc == 0 && account->journal)
        rc = as_error_set(-EINVAL, "%s: is a journal already", o->input[0]);
    return rc < 0 ? rc : run->failed;
}

static int convert_journal(const options *o)
{
    as_setup setup = {0};
    as_account account = {0};
    journal_run run = {0};
    as_out_file *out = NULL;
    int rc = as_setup_load(&setup, o->config);
    if (rc == 0)
        rc = as_out_file_open(o->out, o->overwrite, true, &out);
    if (rc == 0)
        rc = as_journal_create(as_out_file_temporary(out), setup.config->hash, 0, &run.journal);
    if (rc == 0)
        rc = as_setup_engine(&setup, AS_PLAYER_ORDERS_MAX, record_decision, &run);
    if (rc == 0)
        rc = play_into(o, &setup, &run, &account);
    uint64_t records = run.journal ? as_journal_records(run.journal) : 0;
    int closed = as_journal_close(run.journal);
    rc = rc < 0 ? rc : closed;
    if (rc == 0)
        rc = as_out_file_commit(out);
    else
        as_out_file_abandon(out);
    if (rc == 0) {
        as_account_print(&account, setup.engine, stderr);
        fprintf(stderr, "%s: %" PRIu64 " records written, %" PRIu64 " of them decisions\n", o->out, records,
                run.decisions);
    }
    as_account_fini(&account);
    as_setup_fini(&setup);
    return rc;
}

int as_cmd_convert(int argc, char **argv)
{
    options o;
    int rc = parse(argc, argv, &o);
    if (rc == 0)
        rc = o.format == OUTPUT_JOURNAL ? convert_journal(&o) : convert_text(&o);
    if (rc < 0)
        as_error_print(stderr, "aftershock convert");
    return as_exit_status(rc < 0 ? rc : 0);
}
