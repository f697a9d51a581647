/* aftershock bench NAME...: run benchmarks and print their figures. The benchmarks are in bench/. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/aftershock/commands.h"
#include "bench/bench.h"
#include "bench/environment.h"
#include "core/error.h"

enum { EXIT_USAGE = 2, BENCH_MAX = 64 };

#define SECONDS_DEFAULT 5.0
#define SECONDS_MIN 0.05
#define SECONDS_MAX 3600.0
#define MESSAGES_MIN 10000
#define MESSAGES_MAX 100000000

typedef struct bench_options {
    bool json, list;
    double seconds;
    uint64_t messages; /* 0: each benchmark's own number */
    const as_bench *bench[BENCH_MAX];
    unsigned bench_count;
} bench_options;

static void usage(FILE *stream)
{
    fputs("usage: aftershock bench NAME... [--json] [--seconds N] [--messages N]\n"
          "       aftershock bench --list\n\n"
          "  NAME         a benchmark of the list below, or all\n"
          "  --json       one JSON object instead of tables\n"
          "  --seconds N  time for each benchmark, 0.05 to 3600 (default 5)\n"
          "  --messages N messages a round for decode, 10000 to 100000000 (default 500000)\n"
          "  --list       print the names and what they measure\n\n",
          stream);
    for (const as_bench *const *bench = as_benches; *bench; bench++)
        fprintf(stream, "  %-12s %s\n", (*bench)->name, (*bench)->what);
}

static void print_allowed(void)
{
    fputs("; allowed: all", stderr);
    for (const as_bench *const *bench = as_benches; *bench; bench++)
        fprintf(stderr, " %s", (*bench)->name);
    fputc('\n', stderr);
}

static bool add(bench_options *options, const as_bench *bench)
{
    for (unsigned i = 0; i < options->bench_count; i++) {
        if (options->bench[i] == bench)
            return true;
    }
    if (options->bench_count == BENCH_MAX)
        return false;
    options->bench[options->bench_count++] = bench;
    return true;
}

static bool add_name(bench_options *options, const char *name)
{
    const as_bench *bench = as_bench_find(name);
    if (bench)
        return add(options, bench);
    if (strcmp(name, "all") != 0)
        return false;
    for (const as_bench *const *each = as_benches; *each; each++)
        (void)add(options, *each);
    return true;
}

static bool parse_seconds(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    return end != text && *end == '\0' && *seconds >= SECONDS_MIN && *seconds <= SECONDS_MAX;
}

static bool parse_messages(const char *text, uint64_t *messages)
{
    char *end;
    *messages = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *messages >= MESSAGES_MIN && *messages <= MESSAGES_MAX;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, bench_options *options)
{
    static const struct option longs[] = {
        {"json", no_argument, NULL, 'j'},          {"list", no_argument, NULL, 'l'},
        {"seconds", required_argument, NULL, 's'}, {"messages", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            return 0;
        }
        if (option == '?')
            return EXIT_USAGE;
        options->json |= option == 'j';
        options->list |= option == 'l';
        if (option == 's' && !parse_seconds(optarg, &options->seconds)) {
            fprintf(stderr, "aftershock bench: --seconds '%s'; allowed is a number from 0.05 to 3600\n", optarg);
            return EXIT_USAGE;
        }
        if (option == 'm' && !parse_messages(optarg, &options->messages)) {
            fprintf(stderr, "aftershock bench: --messages '%s'; allowed is a number from %d to %d\n", optarg,
                    MESSAGES_MIN, MESSAGES_MAX);
            return EXIT_USAGE;
        }
    }
    for (int i = optind; i < argc; i++) {
        if (add_name(options, argv[i]))
            continue;
        fprintf(stderr, "aftershock bench: unknown benchmark '%s'", argv[i]);
        print_allowed();
        return EXIT_USAGE;
    }
    if (options->bench_count == 0 && !options->list) {
        fputs("aftershock bench: no benchmark named", stderr);
        print_allowed();
        return EXIT_USAGE;
    }
    return -1;
}

static int run_one(const as_bench *bench, const bench_options *options, bool first)
{
    static as_bench_context ctx;
    int rc = as_bench_context_init(&ctx, bench, options->seconds);
    ctx.messages = options->messages;
    if (rc == 0)
        rc = bench->run(&ctx);
    if (rc == 0 && options->json) {
        fputs(first ? "" : ",", stdout);
        as_bench_print_json(&ctx, bench, stdout);
    } else if (rc == 0) {
        as_bench_print_text(&ctx, bench, stdout);
    }
    as_bench_context_fini(&ctx);
    if (rc)
        as_error_add("benchmark %s", bench->name);
    return rc;
}

static int run_all(const bench_options *options)
{
    as_bench_environment environment;
    as_bench_environment_read(&environment);
    if (options->json) {
        fputs("{\"schema\":1,\"environment\":", stdout);
        as_bench_environment_print_json(&environment, stdout);
        fputs(",\"benchmarks\":[", stdout);
    } else {
        as_bench_environment_print_text(&environment, stdout);
    }
    int failed = 0;
    bool first = true;
    for (unsigned i = 0; i < options->bench_count; i++) {
        if (run_one(options->bench[i], options, first) == 0) {
            first = false;
        } else {
            as_error_print(stderr, "aftershock bench");
            failed++;
        }
    }
    if (options->json)
        fputs("]}\n", stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("aftershock bench: writing to standard output failed\n", stderr);
        failed++;
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int as_cmd_bench(int argc, char **argv)
{
    bench_options options = {.seconds = SECONDS_DEFAULT};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.list) {
        for (const as_bench *const *bench = as_benches; *bench; bench++)
            printf("%-12s %s\n", (*bench)->name, (*bench)->what);
        return EXIT_SUCCESS;
    }
    return run_all(&options);
}
