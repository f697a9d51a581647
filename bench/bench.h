/*
 * The benchmark harness: what a benchmark is, how it reports, and what it may rely on.
 *
 * A benchmark is one file bench/bench_<noun>.c that defines `const as_bench as_bench_<noun>`, and one line in the table
 * of bench/benches.c. `aftershock bench NAME...` runs it. To add one:
 *
 *     static int run(as_bench_context *ctx)
 *     {
 *         as_bench_stage *stage = as_bench_stage_add(ctx, &(as_bench_stage_info){
 *             .name = "decode", .inside = "one as_decode call; not the copy into the buffer", .unit = AS_BENCH_NS});
 *         ... as_bench_record(stage, ns) for each message, or as_bench_round(stage, ns_per_op) for each round ...
 *         as_bench_ratio(ctx, &(as_bench_ratio_info){.name = "decode : floor", .value = .., .at_most = 1.3});
 *         return 0;
 *     }
 *     const as_bench as_bench_decode = {"decode", "ITCH 5.0 messages into events", run};
 *
 * What a benchmark owes its reader (PERFORMANCE section 6): the question, what is inside the measured interval and what
 * is not; its floor and its peers in the same run, interleaved, at least five rounds; percentiles, never a mean alone;
 * latency from the intended send time of an open-loop schedule (bench/schedule.h). Ratios of one run are results,
 * absolute figures are orientation.
 *
 * Threads: the context and its stages belong to the thread that calls run; a stage may be recorded into by one other
 * thread while run waits for it. Memory: stages are allocated when added and live until the report.
 */
#ifndef AS_BENCH_BENCH_H
#define AS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/histogram.h"

enum {
    AS_BENCH_STAGE_MAX = 96,
    AS_BENCH_RATIO_MAX = 32,
    AS_BENCH_NOTE_MAX = 16,
    AS_BENCH_ROUND_MAX = 64,
    AS_BENCH_NAME_BYTES = 64,
    AS_BENCH_TEXT_BYTES = 256
};

/*
 * What as_bench_record counts: whole ns for latencies, ps where a figure of a few ns is a mean over a block of
 * calls.
 */
typedef enum as_bench_unit { AS_BENCH_NS = 1, AS_BENCH_PS = 1000 } as_bench_unit;

typedef struct as_bench_stage_info {
    const char *name;
    const char *inside; /* what is inside the measured interval, and what is not */
    as_bench_unit unit;
    double offered_hz; /* of an open-loop schedule; 0: none, as fast as it goes */
} as_bench_stage_info;

typedef struct as_bench_stage {
    char name[AS_BENCH_NAME_BYTES];
    char inside[AS_BENCH_TEXT_BYTES];
    as_bench_unit unit;
    double offered_hz;  /* 0: none */
    double achieved_hz; /* set by the benchmark; 0: not measured */
    double round_ns[AS_BENCH_ROUND_MAX];
    uint32_t round_count;
    as_histogram histogram; /* in units of 1/unit ns */
} as_bench_stage;

/* A ratio of two figures of this run, and the limit it is held to. */
typedef struct as_bench_ratio_info {
    const char *name;
    double value;
    double at_most;  /* 0: no such limit */
    double at_least; /* 0: no such limit */
} as_bench_ratio_info;

typedef struct as_bench_ratio_result {
    char name[AS_BENCH_NAME_BYTES];
    double value, at_most, at_least;
} as_bench_ratio_result;

typedef struct as_bench_context {
    double seconds;      /* time that the benchmark should take, roughly */
    uint64_t messages;   /* how many, where a benchmark plays a number of them; 0: its own default */
    as_tick_rate ticks;  /* of as_clock_ticks */
    int cpu[2];          /* CPUs to pin the two busiest threads to; -1: not to be pinned */
    bool show_progress;  /* standard error is a terminal */
    const char *name;    /* of the benchmark that runs */
    as_bench_stage *stage[AS_BENCH_STAGE_MAX];
    uint32_t stage_count;
    as_bench_ratio_result ratio[AS_BENCH_RATIO_MAX];
    uint32_t ratio_count;
    char note[AS_BENCH_NOTE_MAX][AS_BENCH_TEXT_BYTES];
    uint32_t note_count;
} as_bench_context;

typedef struct as_bench {
    const char *name; /* what the user types: one lower-case word */
    const char *what; /* the question, one line */
    int (*run)(as_bench_context *ctx); /* 0, or a negative errno with the error chain set */
} as_bench;

/* The table of bench/benches.c, NULL at its end. */
extern const as_bench *const as_benches[];

/* The benchmark of that name, NULL if there is none. */
const as_bench *as_bench_find(const char *name);

/* A context for one benchmark of about `seconds`; calibrates the ticks. 0, or a negative errno (error chain set). */
int as_bench_context_init(as_bench_context *ctx, const as_bench *bench, double seconds);
void as_bench_context_fini(as_bench_context *ctx);

/* A new stage with an empty histogram. Never NULL: out of stages or memory ends the program. */
as_bench_stage *as_bench_stage_add(as_bench_context *ctx, const as_bench_stage_info *info);

/* One sample, in the stage's unit. */
static inline void as_bench_record(as_bench_stage *stage, uint64_t value)
{
    as_histogram_record(&stage->histogram, value);
}

/* One round's figure. Rounds beyond AS_BENCH_ROUND_MAX are not kept. */
void as_bench_round(as_bench_stage *stage, double ns_per_op);

/* Median of the rounds so far in ns, 0 without rounds. */
double as_bench_median_ns(const as_bench_stage *stage);

/* Median of values; reorders them. 0 for none. */
double as_bench_median(double *value, uint32_t value_count);

/* A percentile of the samples in ns. */
double as_bench_percentile_ns(const as_bench_stage *stage, double percent);

void as_bench_ratio(as_bench_context *ctx, const as_bench_ratio_info *info);
bool as_bench_ratio_holds(const as_bench_ratio_result *ratio);

/* A line for the reader below the figures: what was left out, what the machine did. */
void as_bench_note(as_bench_context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Show on a terminal that `done` of `total` steps are done. */
void as_bench_progress(const as_bench_context *ctx, unsigned done, unsigned total);

/* Pin the calling thread to ctx->cpu[which]. Returns the CPU, -1 if it was not pinned. */
int as_bench_pin(const as_bench_context *ctx, unsigned which);

/* The context's figures as a text table. */
void as_bench_print_text(const as_bench_context *ctx, const as_bench *bench, FILE *stream);

/*
 * The same as one JSON object without a line end:
 * {"name","what","seconds","stages":[..],"ratios":[..],"notes":[..]}. A stage: name, inside, count (of samples),
 * min p50 p90 p99 p99.9 p99.99 max in ns, offered_hz and achieved_hz (null: none), rounds_ns, median_of_rounds_ns
 * (null: no rounds). A ratio: name, value, at_most or at_least if there is a limit, holds. `aftershock bench
 * --json` prints {"schema":1,"environment":{..},"benchmarks":[..]}.
 */
void as_bench_print_json(const as_bench_context *ctx, const as_bench *bench, FILE *stream);

#endif
