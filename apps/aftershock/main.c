/*
 * aftershock: the tool. One file a subcommand; this one finds it.
 */
#include <stdio.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "apps/common/version.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} command[] = {
    {"demo", as_cmd_demo, "replay the bundled simulated day and print the story, the signals and their latency"},
    {"replay", as_cmd_replay, "recorded inputs (or a journal) in, the daemon's decisions out"},
    {"backtest", as_cmd_backtest, "replay, and score every signal after costs: report.json, report.html"},
    {"listen", as_cmd_listen, "subscribe to a daemon and print what it publishes"},
    {"explain", as_cmd_explain, "how a signal came about: from the headline to the ticks to the decision"},
    {"inspect", as_cmd_inspect, "what is in a file, and its quality report"},
    {"convert", as_cmd_convert, "any input to NDJSON, CSV or a journal"},
    {"desk", as_cmd_desk, "what the desk reads in each headline"},
    {"study", as_cmd_study, "an event study: what names did after events, with tests and placebo dates"},
    {"simulate", as_cmd_simulate, "a seeded market day with planted shocks, and its truth file"},
    {"ctl", as_cmd_ctl, "a running daemon's state, and commands to it: status, stats, reload, halt, resume, drain"},
    {"keygen", as_cmd_keygen, "key pairs for encrypted connections, and the lines of the allow-list"},
    {"bench", as_cmd_bench, "latency and throughput benchmarks"},
};

enum { COMMAND_COUNT = sizeof command / sizeof *command };

static void usage(FILE *stream)
{
    fprintf(stream, "usage: aftershock COMMAND [OPTION]...\n\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-9s %s\n", command[i].name, command[i].what);
    fprintf(stream, "\n`aftershock COMMAND --help` tells its options. Exit status: 0 done, 1 failed while running,\n"
                    "2 usage, configuration or input error.\n");
}

/* getopt begins its complaints with the program's name. */
static int run(const struct command *what, int argc, char **argv)
{
    static char name[32];
    snprintf(name, sizeof name, "aftershock %s", what->name);
    argv[0] = name;
    return what->run(argc, argv);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("aftershock %s\n", AS_VERSION);
        return 0;
    }
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], command[i].name) == 0)
            return run(&command[i], argc - 1, argv + 1);
    fprintf(stderr, "aftershock: unknown command '%s'; allowed:", argv[1]);
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        fprintf(stderr, " %s", command[i].name);
    fputc('\n', stderr);
    return 2;
}
