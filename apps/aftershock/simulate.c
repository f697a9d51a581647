/*
 * aftershock simulate: a seeded market day with planted shocks, and the truth about it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/aftershock/commands.h"
#include "apps/common/exit_status.h"
#include "apps/common/data_dir.h"
#include "apps/common/sim_folder.h"
#include "core/error.h"

static const char help[] =
    "usage: aftershock simulate --seed N [--scenario F] -o DIR [-f]\n"
    "  --seed N      the same seed gives the same bytes\n"
    "  --scenario F  what happens on the day (default: the reference day that comes with the programs)\n"
    "  -o DIR        write aftershock.yaml, universe.csv, playbook.yaml, daily.csv, headlines.ndjson, day.itch and\n"
    "                truth.json there; a new or an empty folder\n"
    "  -f            write over the files of a folder that is not empty\n";

typedef struct options {
    const char *scenario, *folder;
    uint64_t seed;
    bool seeded, force;
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

static int parse(int argc, char **argv, options *o)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"scenario", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *o = (options){0};
    optind = 1;
    int rc = 0;
    for (int c; rc == 0 && (c = getopt_long(argc, argv, "o:fh", known, NULL)) != -1;) {
        switch (c) {
        case 's': rc = parse_seed(optarg, o); break;
        case 'c': o->scenario = optarg; break;
        case 'o': o->folder = optarg; break;
        case 'f': o->force = true; break;
        case 'h': fputs(help, stdout); exit(0);
        default: return as_error_set(-EINVAL, "see `aftershock simulate --help`");
        }
    }
    if (rc == 0 && optind < argc)
        rc = as_error_set(-EINVAL, "found '%s'; allowed: options only, see `aftershock simulate --help`", argv[optind]);
    if (rc == 0 && !o->seeded)
        rc = as_error_set(-EINVAL, "--seed is missing; see `aftershock simulate --help`");
    if (rc == 0 && !o->folder)
        rc = as_error_set(-EINVAL, "-o DIR is missing; see `aftershock simulate --help`");
    return rc;
}

static int run(const options *o)
{
    char path[AS_PATH_BYTES];
    as_sim_scenario scenario = {0};
    as_sim_day_counts counts;
    int rc = 0;
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

int as_cmd_simulate(int argc, char **argv)
{
    options o;
    int rc = parse(argc, argv, &o);
    if (rc == 0)
        rc = run(&o);
    if (rc < 0)
        as_error_print(stderr, "aftershock simulate");
    return as_exit_status(rc);
}
