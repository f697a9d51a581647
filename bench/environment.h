/*
 * The environment block: what a reader must know about the machine and the build before comparing two reports.
 *
 * AS_BUILD_FLAGS and AS_GIT_COMMIT are strings that the build defines for bench/environment.c; without them the report
 * says "unknown". Threads: one. Memory: the caller's.
 */
#ifndef AS_BENCH_ENVIRONMENT_H
#define AS_BENCH_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct as_bench_environment {
    char cpu_model[128];
    char kernel[256];
    char compiler[96];
    char flags[512];
    char commit[64];
    char huge_pages[64];    /* transparent huge pages: the kernel's mode */
    bool assertions;        /* built without NDEBUG: figures are no measurement */
    uint32_t cpus_online;
    uint32_t cpus_allowed;  /* of this process */
    int cpu[2];             /* that benchmarks pin their threads to, -1: not pinned */
    uint64_t l2_bytes, l3_bytes; /* 0: unknown */
    uint64_t ticks_hz;
    bool ticks_steady;
    double ticks_cost_ns;   /* of one as_clock_ticks */
    double clock_cost_ns;   /* of one as_clock_monotonic_ns */
    double load_1min;       /* load average: other work on the machine */
} as_bench_environment;

/* Look at the machine; about 60 ms. What cannot be found out reads "unknown" or 0. */
void as_bench_environment_read(as_bench_environment *environment);

/* Remarks that a reader needs with the figures, the first at idx 0; NULL beyond the last. */
const char *as_bench_environment_note(const as_bench_environment *environment, unsigned idx);

void as_bench_environment_print_text(const as_bench_environment *environment, FILE *stream);

/* One JSON object, without a line end. */
void as_bench_environment_print_json(const as_bench_environment *environment, FILE *stream);

/* A JSON string with its quotes; bytes below 0x20 are escaped. */
void as_bench_print_json_string(const char *text, FILE *stream);

#endif
