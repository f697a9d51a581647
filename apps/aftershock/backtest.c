/*
 * aftershock backtest: replay recorded or simulated inputs, and score every signal after costs.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/aftershock/commands.h"
#include "apps/common/account.h"
#include "apps/common/exit_status.h"
#include "apps/common/moment.h"
#include "apps/common/player.h"
#include "apps/score/calibrate.h"
#include "apps/score/report.h"
#include "apps/score/summary.h"
#include "apps/score/tape.h"
#include "apps/common/setup.h"
#include "apps/common/sink.h"
#include "core/error.h"

enum { FOLDER_MAX = 1024, TRUTH_MAX = 64 };

static const char help[] =
    "usage: aftershock backtest --config F INPUT... --report DIR [OPTION]...\n"
    "       aftershock backtest --folder DIR [--folder DIR]... --report DIR [OPTION]...\n"
    "  --config F          configuration (aftershock.yaml)\n"
    "  --folder DIR        a simulated market: its aftershock.yaml, its inputs and its truth.json; several give one "
    "score\n"
    "  --report DIR        write report.json, report.html, report.md and signals.csv there\n"
    "  --truth F           what was planted in the inputs (truth.json of a simulated market): recall and false alarms\n"
    "  --calibrate-to F    fit the probabilities of these signals, for the key `calibration` of another run\n"
    "  --source TEXT       what that file says of where its signals are from\n"
    "  --latency MS        an order goes out so long after its signal (default 0)\n"
    "  --borrow BPS        cost of a short a year (default 50)\n"
    "  --tries N[,V]       parameter sets that were looked at, and the variance of their daily Sharpe ratios, for DSR\n"
    "  --from T --to T     play headlines received in [from, to); prices before from warm the estimators\n"
    "  --date YYYYMMDD     session date of inputs whose stamps count from midnight\n"
    "  --strict            any bad line ends the run\n"
    "INPUT: as of `aftershock replay`.\n";

typedef struct options {
    const char *config, *report, *calibrate_to, *source;
    const char *folder[FOLDER_MAX], *truth[TRUTH_MAX];
    unsigned folder_count, truth_count;
    double latency_ms, borrow, tries, variance;
    uint64_t from, to;
    int32_t date;
    bool strict;
    char **input;
    int input_count;
} options;

/* ---- options ---- */

static int parse_number(const char *option, const char *text, double most, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || *end || !(*value >= 0 && *value <= most))
        return as_error_set(-EINVAL, "%s: found '%s', allowed 0 to %g", option, text, most);
    return 0;
}

static int parse_tries(const char *text, options *o)
{
    char *end;
    o->tries = strtod(text, &end);
    bool good = end != text && o->tries >= 1 && o->tries <= 1e9;
    if (good && *end == ',') {
        const char *from = end + 1;
        o->variance = strtod(from, &end);
        good = end != from && o->variance >= 0;
    }
    return good && !*end ? 0
                         : as_error_set(-EINVAL, "--tries: found '%s', allowed N or N,VARIANCE with N from 1", text);
}

static int add(const char *option, const char *text, const char **list, unsigned *count, unsigned most)
{
    if (*count == most)
        return as_error_set(-EINVAL, "%s: found more than %u, allowed %u", option, most, most);
    list[(*count)++] = text;
    return 0;
}

static int check(options *o, int argc, char **argv)
{
    o->input = argv + optind;
    o->input_count = argc - optind;
    if (!o->report && !o->calibrate_to)
        return as_error_set(-EINVAL, "--report is missing; see `aftershock backtest --help`");
    if (o->folder_count && (o->config || o->input_count || o->truth_count))
        return as_error_set(-EINVAL, "--folder brings its own configuration, inputs and truth; found others as well");
    if (o->folder_count) {
        o->input_count = 0;
        return 0;
    }
    if (!o->config)
        return as_error_set(-EINVAL, "--config is missing; see `aftershock backtest --help`");
    if (o->input_count == 0)
        return as_error_set(-EINVAL, "no INPUT is given; see `aftershock backtest --help`");
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    enum { FOLDER = 256, REPORT, TRUTH, CALIBRATE, SOURCE, LATENCY, BORROW, TRIES, FROM, TO, DATE, STRICT };
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"folder", required_argument, NULL, FOLDER},
        {"report", required_argument, NULL, REPORT},
        {"truth", required_argument, NULL, TRUTH},
        {"calibrate-to", required_argument, NULL, CALIBRATE},
        {"source", required_argument, NULL, SOURCE},
        {"latency", required_argument, NULL, LATENCY},
        {"borrow", required_argument, NULL, BORROW},
        {"tries", required_argument, NULL, TRIES},
        {"from", required_argument, NULL, FROM},
        {"to", required_argument, NULL, TO},
        {"date", required_argument, NULL, DATE},
        {"strict", no_argument, NULL, STRICT},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (options){.to = UINT64_MAX, .borrow = 50, .tries = 1, .variance = (double)NAN};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case FOLDER:
            rc = add("--folder", optarg, o->folder, &o->folder_count, FOLDER_MAX);
            break;
        case REPORT:
            o->report = optarg;
            break;
        case TRUTH:
            rc = add("--truth", optarg, o->truth, &o->truth_count, TRUTH_MAX);
            break;
        case CALIBRATE:
            o->calibrate_to = optarg;
            break;
        case SOURCE:
            o->source = optarg;
            break;
        case LATENCY:
            rc = parse_number("--latency", optarg, 3.6e6, &o->latency_ms);
            break;
        case BORROW:
            rc = parse_number("--borrow", optarg, 1e5, &o->borrow);
            break;
        case TRIES:
            rc = parse_tries(optarg, o);
            break;
        case FROM:
            rc = as_moment_parse("--from", optarg, &o->from);
            break;
        case TO:
            rc = as_moment_parse("--to", optarg, &o->to);
            break;
        case DATE:
            rc = as_date_parse("--date", optarg, &o->date);
            break;
        case STRICT:
            o->strict = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock backtest --help`");
        }
    }
    return rc < 0 ? rc : check(o, argc, argv);
}

/* ---- a run ---- */

typedef struct backtest {
    const options *options;
    as_score_book book;
    as_truth truth;
    bool has_truth;
} backtest;

static int play(backtest *job, as_setup *setup, as_score_tape *tape, char *const *input, unsigned input_count)
{
    as_account account = {0};
    as_player player = {
        .setup = setup,
        .path = input,
        .path_count = input_count,
        .from = job->options->from,
        .to = job->options->to,
        .date = job->options->date,
        .strict = job->options->strict,
        .account = &account,
    };
    int rc = as_setup_engine(setup, AS_PLAYER_ORDERS_MAX, as_score_tape_emit, tape);
    if (rc == 0) {
        as_score_tape_attach(tape, setup);
        rc = as_player_run(&player);
    }
    if (rc == 0) {
        as_score_tape_finish(tape);
        if (job->options->folder_count == 0)
            as_account_print(&account, setup->engine, stderr);
    }
    as_account_fini(&account);
    return rc;
}

/* The same data and the same decisions, twice in one score: every interval would be too narrow. */
static int refuse_twice(const as_score_book *book, uint32_t run)
{
    const as_score_run *one = &book->run[run];
    for (uint32_t i = 0; i < run; i++)
        if (book->run[i].data == one->data && strcmp(book->run[i].sha256, one->sha256) == 0)
            return as_error_set(-EINVAL, "%s: the same inputs and decisions as %s (sha256 %s); allowed: each once",
                                one->label, book->run[i].label, one->sha256);
    return 0;
}

static void warn_of_calibration(as_score_run *run, bool simulated)
{
    if (!*run->calibration)
        return;
    run->calibration_same_data = as_score_calibration_saw(run->calibration, run->data);
    if (run->calibration_same_data)
        as_warn("%s: its calibration %s was fitted on these very data: p is judged on what it has seen", run->label,
                run->calibration);
    else if (run->calibration_overlaps && !simulated)
        as_warn("%s: the period of its calibration %s, %d to %d, overlaps the judged sessions: p may have seen them",
                run->label, run->calibration, run->calibration_from, run->calibration_to);
}

/* Replay one configuration with its inputs into the book, as the run `label`. */
static int run_one(backtest *job, const char *label, const char *config, char *const *input, unsigned input_count)
{
    as_setup setup = {0};
    as_sink sink = {0};
    char hex[AS_DIGEST_HEX_BYTES];
    uint32_t run = job->book.run_count;
    as_score_tape *tape = as_score_tape_new(&job->book, label, &sink);
    int rc = as_sink_open(&sink, NULL, NULL, NULL);
    if (rc == 0)
        rc = as_setup_load(&setup, config);
    if (rc == 0)
        rc = play(job, &setup, tape, input, input_count);
    if (rc == 0)
        rc = as_sink_close(&sink, hex);
    else
        as_sink_abandon(&sink);
    if (rc == 0) {
        (void)snprintf(job->book.run[run].sha256, sizeof job->book.run[run].sha256, "%s", hex);
        fprintf(stderr, "%s: decisions %llu sha256 %s\n", label, (unsigned long long)sink.count, hex);
        warn_of_calibration(&job->book.run[run], job->has_truth);
        rc = refuse_twice(&job->book, run);
    }
    as_score_tape_free(tape);
    as_setup_fini(&setup);
    return rc;
}

/* ---- folders ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t text_bytes = strlen(text);
    size_t end_bytes = strlen(end);
    return text_bytes >= end_bytes && strcmp(text + text_bytes - end_bytes, end) == 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What lies in a market's folder and is no input: configuration, knowledge, truth, history, results. */
static bool is_input(const char *name, const char *history)
{
    static const char *const others[] = {"universe.csv", "links.csv", "truth.json", "decisions.ndjson", "signals.csv"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    return name[0] != '.' && !ends_with(name, ".yaml") && !ends_with(name, ".html") && !ends_with(name, ".md") &&
           strcmp(name, history) != 0;
}

static int list_inputs(const char *folder, const char *history, char **input, unsigned *count)
{
    struct dirent **entry = NULL;
    int found = scandir(folder, &entry, NULL, alphasort);
    int rc = 0;
    if (found < 0)
        return as_error_set(-errno, "%s: cannot be read: %s", folder, strerror(errno));
    *count = 0;
    for (int i = 0; i < found; i++) {
        bool wanted = entry[i]->d_type != DT_DIR && is_input(entry[i]->d_name, history);
        if (rc == 0 && wanted && *count == AS_INPUT_MAX)
            rc = as_error_set(-ENOSPC, "%s: found more than %d inputs, allowed %d", folder, AS_INPUT_MAX, AS_INPUT_MAX);
        if (rc == 0 && wanted && asprintf(&input[*count], "%s/%s", folder, entry[i]->d_name) > 0)
            ++*count;
        free(entry[i]);
    }
    free(entry);
    if (rc == 0 && *count == 0)
        rc = as_error_set(-EINVAL, "%s: found no input in it", folder);
    return rc;
}

static int run_folder(backtest *job, const char *folder)
{
    char path[AS_PATH_BYTES];
    char truth[AS_PATH_BYTES];
    as_config *config = NULL;
    unsigned count = 0;
    if (snprintf(path, sizeof path, "%s/aftershock.yaml", folder) >= (int)sizeof path ||
        snprintf(truth, sizeof truth, "%s/truth.json", folder) >= (int)sizeof truth)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", folder);
    char **input = calloc(AS_INPUT_MAX, sizeof *input);
    int rc = input ? as_config_load(path, &config) : as_error_set(-ENOMEM, "out of memory");
    if (rc == 0)
        rc = list_inputs(folder, base_name(config->history), input, &count);
    if (rc == 0 && access(truth, R_OK) == 0) {
        rc = as_truth_load(&job->truth, truth, job->book.run_count);
        job->has_truth = true;
    }
    if (rc == 0)
        rc = run_one(job, folder, path, input, count);
    for (unsigned i = 0; i < count; i++)
        free(input[i]);
    free(input);
    as_config_free(config);
    return rc;
}

/* ---- all of it ---- */

/* Can the file be written, or the folder be made or written into? Better to know before the replay than after it. */
static int check_writable(const char *option, const char *path, bool folder)
{
    char parent[AS_PATH_BYTES];
    struct stat info;
    if (snprintf(parent, sizeof parent, "%s", path) >= (int)sizeof parent)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", option);
    if (stat(path, &info) == 0) {
        int code = folder && !S_ISDIR(info.st_mode)   ? ENOTDIR
                   : !folder && S_ISDIR(info.st_mode) ? EISDIR
                   : access(path, W_OK) < 0           ? errno
                                                      : 0;
        return code ? as_error_set(-code, "%s: %s cannot be written: %s", option, path, strerror(code)) : 0;
    }
    for (size_t end = strlen(parent); end > 1 && parent[end - 1] == '/';)
        parent[--end] = 0;
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = 0;
    if (access(slash ? parent : ".", W_OK | X_OK) < 0)
        return as_error_set(-errno, "%s: %s cannot be written: %s", option, path, strerror(errno));
    return 0;
}

/* Is a path given twice? */
static int check_once(const char *option, const char *const *path, unsigned count)
{
    char(*real)[PATH_MAX] = calloc(count + 1, sizeof *real);
    int rc = 0;
    AS_ASSERT(real);
    for (unsigned i = 0; i < count && rc == 0; i++) {
        if (!realpath(path[i], real[i]))
            real[i][0] = 0; /* whoever opens it says why */
        for (unsigned k = 0; k < i && rc == 0; k++)
            if (real[i][0] && strcmp(real[i], real[k]) == 0)
                rc = as_error_set(-EINVAL, "%s: found %s twice; allowed: each once", option, path[i]);
    }
    free(real);
    return rc;
}

static int check_paths(const options *o)
{
    int rc = o->report ? check_writable("--report", o->report, true) : 0;
    if (rc == 0 && o->calibrate_to)
        rc = check_writable("--calibrate-to", o->calibrate_to, false);
    if (rc == 0)
        rc = check_once("--folder", o->folder, o->folder_count);
    return rc < 0 ? rc : check_once("INPUT", (const char *const *)o->input, (unsigned)o->input_count);
}

static int replay_all(backtest *job)
{
    const options *o = job->options;
    int rc = 0;
    for (unsigned i = 0; i < o->truth_count && rc == 0; i++) {
        rc = as_truth_load(&job->truth, o->truth[i], 0);
        job->has_truth = true;
    }
    for (unsigned i = 0; i < o->folder_count && rc == 0; i++)
        rc = run_folder(job, o->folder[i]);
    if (rc == 0 && o->folder_count == 0)
        rc = run_one(job, o->config, o->config, o->input, (unsigned)o->input_count);
    return rc;
}

static int run(const options *o)
{
    backtest job = {.options = o,
                    .book = {.latency_ns = (uint64_t)(o->latency_ms * 1e6), .borrow_bps_year = o->borrow}};
    int rc = check_paths(o);
    if (rc == 0)
        rc = replay_all(&job);
    if (rc == 0 && job.has_truth)
        rc = as_truth_check(&job.truth, &job.book);
    if (rc == 0 && o->calibrate_to)
        rc = as_score_calibrate_to(&job.book, o->source, o->calibrate_to);
    if (rc == 0 && o->report) {
        as_score_report report =
            as_score_report_of(&job.book, job.has_truth ? &job.truth : NULL, o->tries, o->variance);
        rc = as_score_report_write(&report, o->report);
        if (rc == 0)
            as_score_summary(&report, stderr);
        as_score_report_fini(&report);
    }
    as_truth_fini(&job.truth);
    as_score_book_fini(&job.book);
    return rc;
}

int as_cmd_backtest(int argc, char **argv)
{
    options o;
    int rc = parse(argc, argv, &o);
    if (rc == 0)
        rc = run(&o);
    if (rc < 0)
        as_error_print(stderr, "aftershock backtest");
    return as_exit_status(rc);
}
