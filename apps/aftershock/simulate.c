/*
 * aftershock simulate: a seeded day, or a whole seeded market, with planted shocks, and the truth about it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/aftershock/commands.h"
#include "apps/common/exit_status.h"
#include "apps/common/data_dir.h"
#include "apps/sim/folder.h"
#include "apps/sim/market_folder.h"
#include "core/error.h"

static const char help[] = "usage: aftershock simulate --seed N [--scenario F] -o DIR [-f]\n"
                           "  --seed N         the same seed gives the same bytes\n"
                           "  --scenario F     what happens (default: the reference day that comes with the programs)\n"
                           "  -o DIR           write aftershock.yaml, universe.csv, playbook.yaml, daily.csv, "
                           "headlines.ndjson, the prices and\n"
                           "                   truth.json there; a new or an empty folder\n"
                           "  -f               write over the files of a folder that is not empty\n"
                           "for a scenario of `kind: market`:\n"
                           "  --sessions N     how many, in place of the scenario's number\n"
                           "  --quiet          plant no priced event: every session is a day without a shock\n"
                           "  --format W       csv (bars), ndjson (quotes and trades), itch (a BinaryFILE a session) "
                           "or moldudp64 (a pcapng a\n"
                           "                   session); default csv\n"
                           "  --bar-minutes N  length of the bars, 1 to 60; default 5\n";

typedef struct options {
    const char *scenario, *folder;
    uint64_t seed;
    uint32_t sessions, bar_minutes; /* 0: not given */
    int format;                     /* -1: not given */
    bool seeded, force, quiet;
} options;

static int parse_seed(const char *text, options *o)
{
    char *end;
    errno = 0;
    o->seed = strtoull(text, &end, 10);
    o->seeded = true;
    if (errno || end == text || *end || *text == '-')
        return as_error_set(-EINVAL, "--seed: found '%s'; allowed: a whole number from 0", text);
    return 0;
}

static int parse_count(const char *option, const char *text, long max, uint32_t *out)
{
    char *end;
    errno = 0;
    long found = strtol(text, &end, 10);
    if (errno || end == text || *end || found < 1 || found > max)
        return as_error_set(-EINVAL, "%s: found '%s'; allowed: a whole number from 1 to %ld", option, text, max);
    *out = (uint32_t)found;
    return 0;
}

static int parse_format(const char *text, options *o)
{
    o->format = as_sim_format_find(text);
    if (o->format < 0)
        return as_error_set(-EINVAL, "--format: found '%s'; allowed: csv, ndjson, itch, moldudp64", text);
    return 0;
}

static int check(const options *o, int argc, char **argv)
{
    if (optind < argc)
        return as_error_set(-EINVAL, "found '%s'; allowed: options only, see `aftershock simulate --help`",
                            argv[optind]);
    if (!o->seeded)
        return as_error_set(-EINVAL, "--seed is missing; see `aftershock simulate --help`");
    if (!o->folder)
        return as_error_set(-EINVAL, "-o DIR is missing; see `aftershock simulate --help`");
    if (o->bar_minutes && o->format > AS_SIM_FORMAT_CSV)
        return as_error_set(-EINVAL, "--bar-minutes: found with --format %s; allowed: with csv only",
                            as_sim_format_text((as_sim_format)o->format));
    return 0;
}

static int parse(int argc, char **argv, options *o)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},     {"scenario", required_argument, NULL, 'c'},
        {"sessions", required_argument, NULL, 'n'}, {"quiet", no_argument, NULL, 'q'},
        {"format", required_argument, NULL, 't'},   {"bar-minutes", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    *o = (options){.format = -1};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "o:fh", known, NULL)) != -1;) {
        switch (c) {
        case 's':
            rc = parse_seed(optarg, o);
            break;
        case 'c':
            o->scenario = optarg;
            break;
        case 'n':
            rc = parse_count("--sessions", optarg, AS_MARKET_SESSION_MAX, &o->sessions);
            break;
        case 'q': o->quiet = true; break;
        case 'b':
            rc = parse_count("--bar-minutes", optarg, 60, &o->bar_minutes);
            break;
        case 't':
            rc = parse_format(optarg, o);
            break;
        case 'o':
            o->folder = optarg;
            break;
        case 'f':
            o->force = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock simulate --help`");
        }
    }
    return rc < 0 ? rc : check(o, argc, argv);
}

static int run_day(const options *o)
{
    char path[AS_PATH_BYTES];
    as_sim_scenario scenario = {0};
    as_sim_day_counts counts;
    int rc = 0;
    if (o->sessions || o->bar_minutes || o->format >= 0 || o->quiet)
        return as_error_set(-EINVAL,
                            "--sessions, --format, --bar-minutes and --quiet: allowed with `kind: market` only");
    if (!o->scenario)
        rc = as_data_file("reference-day/scenario.yaml", path, sizeof path);
    if (rc == 0)
        rc = as_sim_scenario_load(&scenario, o->scenario ? o->scenario : path);
    if (rc == 0)
        rc = as_sim_folder_write(&scenario, o->seed, o->folder, o->force, &counts);
    if (rc == 0) {
        fprintf(stderr, "%s: a %s\n", scenario.name, scenario.label);
        fprintf(stderr,
                "%s: %u names, %u sessions before the day; %" PRIu64 " ITCH messages, %" PRIu64 " quotes, %" PRIu64
                " trades\n",
                o->folder, scenario.count, scenario.history_sessions, counts.messages, counts.quotes, counts.trades);
        fprintf(stderr,
                "next: aftershock replay --config %s/aftershock.yaml %s/daily.csv %s/headlines.ndjson %s/day.itch\n",
                o->folder, o->folder, o->folder, o->folder);
    }
    as_sim_scenario_fini(&scenario);
    return rc;
}

/* What replay is given after the headlines. */
static const char *prices_of(as_sim_format format)
{
    return format == AS_SIM_FORMAT_CSV      ? "bars.csv"
           : format == AS_SIM_FORMAT_NDJSON ? "ticks.ndjson"
           : format == AS_SIM_FORMAT_ITCH   ? "*.itch"
                                            : "*.pcapng";
}

static int run_market(const options *o)
{
    as_sim_market market;
    as_market_folder_counts counts;
    as_market_folder folder = {.seed = o->seed,
                               .sessions = o->sessions,
                               .format = o->format < 0 ? AS_SIM_FORMAT_CSV : (as_sim_format)o->format,
                               .bar_minutes = o->bar_minutes ? o->bar_minutes : 5,
                               .force = o->force};
    int rc = as_sim_market_load(&market, o->scenario);
    if (o->quiet)
        market.plant.every = (double)INFINITY;
    if (rc == 0)
        rc = as_market_folder_write(&market, &folder, o->folder, &counts);
    if (rc == 0) {
        fprintf(stderr, "%s: a %s\n", market.name, market.label);
        fprintf(stderr, "%s: %u names, %u sessions and %u before them; %u headlines, %u priced events, %u of noise\n",
                o->folder, counts.names, counts.sessions, counts.history_sessions, counts.headlines, counts.priced,
                counts.noise);
        fprintf(stderr, "%" PRIu64 " trades, %" PRIu64 " quotes, %" PRIu64 " bars, %" PRIu64 " ITCH messages\n",
                counts.out.trades, counts.out.quotes, counts.out.bars, counts.out.messages);
        fprintf(stderr, "next: aftershock replay --config %s/aftershock.yaml %s/%s %s/headlines.ndjson\n", o->folder,
                o->folder, prices_of(folder.format), o->folder);
    }
    as_sim_market_fini(&market);
    return rc;
}

int as_cmd_simulate(int argc, char **argv)
{
    options o;
    int rc = parse(argc, argv, &o);
    bool market = false;
    if (rc == 0 && o.scenario)
        rc = as_sim_market_kind(o.scenario, &market);
    if (rc == 0)
        rc = market ? run_market(&o) : run_day(&o);
    if (rc < 0)
        as_error_print(stderr, "aftershock simulate");
    return as_exit_status(rc);
}
