/*
 * as_bench_schedule: when each message of an open-loop benchmark is to be sent.
 *
 * The sender asks for the next time, waits for it and sends; a sender that is late sends at once and does not shift
 * what follows. Latency is taken from the time the schedule gave, so a stall counts for every message it delayed
 * (Gil Tene calls the opposite coordinated omission).
 *
 * Steady: one message every 1/rate. Bursty: each period begins with a burst at burst_factor times the rate.
 *
 * Threads: one. Memory: the caller's. Times are ns from the schedule's start.
 */
#ifndef AS_BENCH_SCHEDULE_H
#define AS_BENCH_SCHEDULE_H

#include <stdint.h>

/* The standard burst of PERFORMANCE section 6: ten times the rate for 1 ms, here every 100 ms. */
#define AS_BENCH_BURST_FACTOR 10.0
#define AS_BENCH_BURST_NS UINT64_C(1000000)
#define AS_BENCH_BURST_PERIOD_NS UINT64_C(100000000)

typedef struct as_bench_schedule {
    double interval_ns;       /* between messages */
    double burst_interval_ns; /* between messages of a burst */
    double burst_ns;          /* 0: steady */
    double period_ns;
    double at_ns;             /* of the next message */
    double phase_ns;          /* of the next message within its period */
} as_bench_schedule;

void as_bench_schedule_steady(as_bench_schedule *schedule, double rate_hz);

/* Bursts of the standard shape around a base rate. */
void as_bench_schedule_bursty(as_bench_schedule *schedule, double rate_hz);

/* Messages a second over whole periods. */
double as_bench_schedule_offered_hz(const as_bench_schedule *schedule);

/* The intended time of the next message, ns from the start. */
uint64_t as_bench_schedule_next_ns(as_bench_schedule *schedule);

#endif
