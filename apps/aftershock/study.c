/*
 * aftershock study: an event study of the inputs' prices, per listed event or headline, name and sector.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "apps/common/exit_status.h"
#include "apps/common/progress.h"
#include "apps/common/setup.h"
#include "apps/study/pairs.h"
#include "apps/study/report.h"
#include "apps/study/run.h"
#include "apps/study/write.h"
#include "core/error.h"
#include "feeds/files/input.h"
#include "feeds/files/input_merge.h"

static const char help[] =
    "usage: aftershock study --config F INPUT... [OPTION]...\n"
    "  --config F            configuration: universe, playbook, mappings; its history is read too\n"
    "  --events FILE         CSV: date_or_ts,symbol[,type]; without it the headlines in the inputs are the events\n"
    "  --market S            market factor (default: the factor of the first event's symbol)\n"
    "  --model M             market (default) | mean | sector\n"
    "  --returns R           log (default) | simple\n"
    "  --estimation N        returns of the estimation window (default 250)\n"
    "  --gap N               returns between it and the event window (default 10)\n"
    "  --min-estimation N    a name with fewer is left out (default 40, or --estimation if that is less)\n"
    "  --window A,B          event window around day 0 (default -1,10)\n"
    "  --bar D               daily, or an interval such as 5m, 30m, 1h (default: the first bar says)\n"
    "  --all-hours           intervals outside regular hours too\n"
    "  --names N             all (default) | linked (by the event's family) | own (the event's symbol)\n"
    "  --pool                one answer an event family, the events as its names\n"
    "  --placebo N           placebo dates (default 200; 0: none), --seed N (default 1)\n"
    "  --convention C        textbook (default) | package: standard errors as the estudy2 package has them\n"
    "  --pairs A,B[,..]      cointegration of these instead of an event study; --levels price (default) | log\n"
    "  --json                one JSON document instead of tables\n"
    "  --report DIR          and a page with plots, DIR/study.html\n"
    "INPUT: prices and headlines, any format that `replay` reads; bars, quotes or trades.\n";

typedef struct options {
    const char *config, *events, *market, *report, *pairs;
    as_study_options study;
    bool simple, json, pool, all_hours, logarithms, min_given;
    uint64_t bar_ns;
    as_study_names names;
    size_t placebo;
    uint64_t seed;
    char **input;
    unsigned input_count;
} options;

typedef struct study_program {
    const options *o;
    as_setup setup;
    as_fact_table facts;
    as_study_panel panel;
    as_study_events events;
    as_study_run run;
    as_input *input[AS_INPUT_MAX];
    unsigned opened;
} study_program;

/* ---- options ---- */

static int parse_number(const char *option, const char *text, long least, long most, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    if (errno || end == text || *end || *value < least || *value > most)
        return as_error_set(-EINVAL, "%s: found '%s'; allowed: %ld to %ld", option, text, least, most);
    return 0;
}

static int parse_count(const char *option, const char *text, long least, long most, size_t *count)
{
    long value;
    int rc = parse_number(option, text, least, most, &value);
    if (rc == 0)
        *count = (size_t)value;
    return rc;
}

/* One of the words of a list that ends with NULL; its place. */
static int parse_word(const char *option, const char *text, const char *const *word, int *place)
{
    for (*place = 0; word[*place]; ++*place)
        if (strcmp(word[*place], text) == 0)
            return 0;
    return as_error_set(-EINVAL, "%s: found '%s'; allowed: %s, %s%s%s", option, text, word[0], word[1],
                        word[2] ? ", " : "", word[2] ? word[2] : "");
}

static int parse_window(const char *text, as_study_options *study)
{
    int used = 0;
    if (sscanf(text, "%d,%d%n", &study->first, &study->last, &used) != 2 || text[used] || study->first > study->last ||
        study->first < -AS_STUDY_WINDOW_MAX || study->last > AS_STUDY_WINDOW_MAX ||
        study->last - study->first >= AS_STUDY_WINDOW_MAX)
        return as_error_set(-EINVAL, "--window: found '%s'; allowed: A,B with A <= B, at most %d returns", text,
                            AS_STUDY_WINDOW_MAX);
    return 0;
}

static int parse_bar(const char *text, uint64_t *ns)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    uint64_t unit = strcmp(end, "s") == 0   ? AS_NS_PER_S
                    : strcmp(end, "m") == 0 ? AS_NS_PER_MIN
                    : strcmp(end, "h") == 0 ? AS_NS_PER_HOUR
                                            : 0;
    *ns = 0;
    if (strcmp(text, "daily") == 0)
        return 0;
    if (end == text || unit == 0 || n == 0 || n * unit > 12 * AS_NS_PER_HOUR)
        return as_error_set(-EINVAL, "--bar: found '%s'; allowed: daily, or a number with s, m or h up to 12h", text);
    *ns = n * unit;
    return 0;
}

enum {
    EVENTS = 256,
    MARKET,
    MODEL,
    RETURNS,
    ESTIMATION,
    GAP,
    MINIMUM,
    WINDOW,
    BAR,
    ALL_HOURS,
    NAMES,
    POOL,
    PLACEBO,
    SEED,
    CONVENTION,
    PAIRS,
    LEVELS,
    JSON,
    REPORT
};

static int take_word(int option, const char *text, options *o)
{
    static const char *const model[] = {"market", "mean", "sector", NULL};
    static const char *const names[] = {"all", "linked", "own", NULL};
    static const char *const returns[] = {"log", "simple", NULL};
    static const char *const levels[] = {"price", "log", NULL};
    static const char *const convention[] = {"textbook", "package", NULL};
    int place = 0;
    int rc;
    switch (option) {
    case MODEL:
        rc = parse_word("--model", text, model, &place);
        o->study.model = (as_study_model)place;
        return rc;
    case NAMES:
        rc = parse_word("--names", text, names, &place);
        o->names = (as_study_names)place;
        return rc;
    case RETURNS:
        rc = parse_word("--returns", text, returns, &place);
        o->simple = place == 1;
        return rc;
    case LEVELS:
        rc = parse_word("--levels", text, levels, &place);
        o->logarithms = place == 1;
        return rc;
    default:
        rc = parse_word("--convention", text, convention, &place);
        o->study.as_package = place == 1;
        return rc;
    }
}

static int take(int option, const char *text, options *o)
{
    size_t seed;
    int rc;
    switch (option) {
    case 'c':
        o->config = text;
        return 0;
    case EVENTS:
        o->events = text;
        return 0;
    case MARKET:
        o->market = text;
        return 0;
    case REPORT:
        o->report = text;
        return 0;
    case PAIRS:
        o->pairs = text;
        return 0;
    case JSON:
        o->json = true;
        return 0;
    case POOL:
        o->pool = true;
        return 0;
    case ALL_HOURS:
        o->all_hours = true;
        return 0;
    case ESTIMATION:
        return parse_count("--estimation", text, 5, AS_STUDY_ESTIMATION_MAX, &o->study.estimation);
    case GAP:
        return parse_count("--gap", text, 0, AS_STUDY_ESTIMATION_MAX, &o->study.gap);
    case MINIMUM:
        o->min_given = true;
        return parse_count("--min-estimation", text, 5, AS_STUDY_ESTIMATION_MAX, &o->study.estimation_min);
    case WINDOW:
        return parse_window(text, &o->study);
    case BAR:
        return parse_bar(text, &o->bar_ns);
    case PLACEBO:
        return parse_count("--placebo", text, 0, AS_STUDY_PLACEBO_MAX, &o->placebo);
    case SEED:
        rc = parse_count("--seed", text, 0, INT32_MAX, &seed);
        o->seed = rc == 0 ? seed : 0;
        return rc;
    case 'h':
        fputs(help, stdout);
        exit(0);
    case '?':
        return as_error_set(-EINVAL, "see `aftershock study --help`");
    default:
        return take_word(option, text, o);
    }
}

static int parse(int argc, char **argv, options *o)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"events", required_argument, NULL, EVENTS},
                                          {"market", required_argument, NULL, MARKET},
                                          {"model", required_argument, NULL, MODEL},
                                          {"returns", required_argument, NULL, RETURNS},
                                          {"estimation", required_argument, NULL, ESTIMATION},
                                          {"gap", required_argument, NULL, GAP},
                                          {"min-estimation", required_argument, NULL, MINIMUM},
                                          {"window", required_argument, NULL, WINDOW},
                                          {"bar", required_argument, NULL, BAR},
                                          {"all-hours", no_argument, NULL, ALL_HOURS},
                                          {"names", required_argument, NULL, NAMES},
                                          {"pool", no_argument, NULL, POOL},
                                          {"placebo", required_argument, NULL, PLACEBO},
                                          {"seed", required_argument, NULL, SEED},
                                          {"convention", required_argument, NULL, CONVENTION},
                                          {"pairs", required_argument, NULL, PAIRS},
                                          {"levels", required_argument, NULL, LEVELS},
                                          {"json", no_argument, NULL, JSON},
                                          {"report", required_argument, NULL, REPORT},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    *o = (options){.bar_ns = AS_STUDY_BAR_AUTO, .placebo = 200, .seed = 1};
    o->study = (as_study_options){.estimation = 250, .gap = 10, .first = -1, .last = 10, .estimation_min = 40};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;)
        rc = take(c, optarg, o);
    if (rc < 0)
        return rc;
    o->input = argv + optind;
    o->input_count = (unsigned)(argc - optind);
    if (!o->min_given && o->study.estimation_min > o->study.estimation)
        o->study.estimation_min = o->study.estimation;
    if (!o->config)
        return as_error_set(-EINVAL, "--config is missing; see `aftershock study --help`");
    if (o->input_count == 0 || o->input_count > AS_INPUT_MAX)
        return as_error_set(-EINVAL, "found %u inputs; allowed: 1 to %d", o->input_count, AS_INPUT_MAX);
    if (o->study.estimation_min > o->study.estimation)
        return as_error_set(-EINVAL, "--min-estimation: found %zu; allowed: 5 to --estimation, %zu",
                            o->study.estimation_min, o->study.estimation);
    return 0;
}

/* ---- reading ---- */

static int open_inputs(study_program *p)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < p->o->input_count; i++) {
        as_input_options input = {
            .universe = &p->setup.universe, .desk = p->setup.desk, .config = p->setup.config, .source = (uint16_t)i};
        rc = as_input_open(p->o->input[i], &input, &p->input[i]);
        p->opened += rc == 0;
    }
    return rc;
}

static int take_event(study_program *p, const as_event *event, const as_headline *headline)
{
    if (event->kind != AS_EVENT_HEADLINE)
        return as_study_panel_add(&p->panel, event);
    if (p->o->events || p->o->pairs)
        return 0;
    return as_study_events_headline(&p->events, &p->facts, p->setup.playbook, &p->setup.universe, headline);
}

static int read_inputs(study_program *p)
{
    as_input_merge *merge;
    const as_event *event;
    const as_headline *headline;
    as_progress progress;
    int rc = as_input_merge_open(p->input, p->opened, 0, UINT64_MAX, &merge);
    if (rc < 0)
        return rc;
    as_progress_begin(&progress);
    while ((rc = as_input_merge_next(merge, &event, &headline)) > 0) {
        rc = take_event(p, event, headline);
        if (rc < 0)
            break;
        if (as_progress_step(&progress))
            as_progress_show(&progress, p->o->input[0], as_input_progress(p->input[0]));
    }
    as_progress_end(&progress);
    as_input_merge_close(merge);
    for (size_t i = 0; rc == 0 && i < p->setup.history.count; i++)
        rc = as_study_panel_add(&p->panel, &p->setup.history.event[i]);
    if (rc == 0 && p->panel.prices == 0)
        rc = as_error_set(
            -EINVAL, "no prices in the inputs%s",
            p->panel.order_book ? ": orders and levels are no prices; convert them to bars or quotes first" : "");
    return rc;
}

/* ---- studying ---- */

static int find_market(const study_program *p, uint32_t *market)
{
    const as_universe *universe = &p->setup.universe;
    const options *o = p->o;
    *market = AS_INSTRUMENT_NONE;
    if (o->market) {
        *market = as_symbols_find(&universe->symbols, o->market, strlen(o->market));
        if (*market == AS_INSTRUMENT_NONE)
            return as_error_set(-EINVAL, "--market: '%s' is not in the universe", o->market);
    } else if (o->study.model != AS_STUDY_MEAN) {
        *market = universe->instrument[p->events.event[0].instrument].factor;
        if (*market == AS_INSTRUMENT_NONE)
            return as_error_set(-EINVAL, "no market: %s has no factor in the universe; give --market, or --model mean",
                                as_symbols_name(&universe->symbols, p->events.event[0].instrument));
    }
    if (*market != AS_INSTRUMENT_NONE && p->panel.series[*market].count == 0)
        return as_error_set(-EINVAL, "the market %s has no price in the inputs",
                            as_symbols_name(&universe->symbols, *market));
    return 0;
}

static void warn_of_duplicates(const study_program *p)
{
    char moment[32];
    for (uint32_t i = 0; i < p->setup.universe.symbols.count; i++) {
        const as_study_series *s = &p->panel.series[i];
        if (s->duplicates)
            as_warn(
                "%s: %u rows of a moment that has a row already, with another price (the last at %s); the later row "
                "counts",
                as_symbols_name(&p->setup.universe.symbols, i), s->duplicates,
                as_study_moment_text(s->duplicate_ts, moment));
    }
}

static int study_events(study_program *p)
{
    const options *o = p->o;
    if (p->events.count == 0)
        return as_error_set(-EINVAL, "no event: no headline in the inputs opens a fact; give --events");
    as_study_events_resolve(&p->events, &p->setup.universe, p->panel.bar_ns > 0);
    p->run = (as_study_run){.universe = &p->setup.universe,
                            .playbook = p->setup.playbook,
                            .panel = &p->panel,
                            .events = &p->events,
                            .options = o->study,
                            .names = o->names,
                            .pool = o->pool,
                            .placebo_wanted = o->placebo,
                            .seed = o->seed};
    p->panel.keep_gaps = o->study.as_package;
    int rc = find_market(p, &p->run.options.market);
    if (rc == 0)
        rc = as_study_panel_finish(&p->panel, p->run.options.market, o->simple);
    if (rc == 0)
        rc = as_study_run_all(&p->run);
    if (rc < 0)
        return rc;
    if (o->json)
        as_study_write_json(stdout, &p->run);
    else
        as_study_write_text(stdout, &p->run);
    return o->report ? as_study_report_write(o->report, &p->run) : 0;
}

static int study_pairs(const study_program *p)
{
    as_study_pairs pairs;
    int rc = as_study_pairs_test(&pairs, &p->panel, p->o->pairs, p->o->logarithms, 1);
    if (rc < 0)
        return rc;
    if (p->o->json)
        as_study_pairs_json(stdout, &pairs, &p->setup.universe);
    else
        as_study_pairs_text(stdout, &pairs, &p->setup.universe);
    return 0;
}

static int run_study(study_program *p)
{
    const options *o = p->o;
    int rc = as_setup_load(&p->setup, o->config);
    if (rc == 0)
        rc = as_fact_table_init(&p->facts);
    if (rc == 0)
        rc = as_study_panel_init(&p->panel, &p->setup.universe, o->bar_ns, o->all_hours,
                                 p->setup.playbook->thresholds.overnight_share);
    if (rc == 0 && o->events)
        rc = as_study_events_load(&p->events, o->events, &p->setup.universe);
    if (rc == 0 && o->report)
        rc = as_study_report_check(o->report);
    if (rc == 0)
        rc = open_inputs(p);
    if (rc == 0)
        rc = read_inputs(p);
    if (rc == 0)
        warn_of_duplicates(p);
    if (rc == 0)
        rc = o->pairs ? study_pairs(p) : study_events(p);
    return rc;
}

int as_cmd_study(int argc, char **argv)
{
    static study_program p;
    options o;
    int rc = parse(argc, argv, &o);
    if (rc == 0) {
        p = (study_program){.o = &o};
        rc = run_study(&p);
        as_study_run_fini(&p.run);
        as_study_events_fini(&p.events);
        as_study_panel_fini(&p.panel);
        for (unsigned i = 0; i < p.opened; i++)
            as_input_close(p.input[i]);
        as_fact_table_fini(&p.facts);
        as_setup_fini(&p.setup);
    }
    if (rc < 0)
        as_error_print(stderr, "aftershock study");
    if (fflush(stdout) != 0 && rc == 0)
        return 1;
    return as_exit_status(rc);
}
