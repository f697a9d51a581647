/*
 * Clocks: the time of day, a steady clock, and the processor's tick counter.
 *
 * Never used by decisions: on the core thread time is a field of the event in hand (DESIGN, rule 1). Feeds stamp what
 * arrives, ipc stamps what leaves, benchmarks and telemetry measure what happens between.
 *
 * Ticks are the cheapest (PERFORMANCE section 4: 15 ns against 34 ns for a clock_gettime): TSC on x86-64, CNTVCT on
 * AArch64, CLOCK_MONOTONIC in ns elsewhere. They are comparable between the CPUs of one machine where the counter is
 * invariant (as_clock_ticks_are_steady), and they are not ordered with the instructions around them: good for intervals
 * of some tens of ns and more.
 *
 * Threads: any. Memory: none. The first two functions make a vDSO call, which is no system call on usual machines.
 */
#ifndef AS_CORE_CLOCK_H
#define AS_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/* CLOCK_REALTIME in ns since 1970 UTC: the unit of ts_recv and ts_pub. It may be set back. */
uint64_t as_clock_now_ns(void);

/* CLOCK_MONOTONIC in ns since some start: intervals, time-outs. */
uint64_t as_clock_monotonic_ns(void);

#if defined(__x86_64__)
static inline uint64_t as_clock_ticks(void)
{
    return __rdtsc();
}
#else
uint64_t as_clock_ticks(void);
#endif

/* Whether ticks have one rate on all CPUs and in all power states, as the processor says. */
bool as_clock_ticks_are_steady(void);

/* Ticks to ns: ns = ticks * multiplier / 2^32. */
typedef struct as_tick_rate {
    uint64_t ticks_hz;
    uint64_t multiplier;
} as_tick_rate;

/*
 * Measure the rate against CLOCK_MONOTONIC over sample_ns (1 ms .. 1 s; 20 ms gives some 5 ppm), sleeping meanwhile.
 * Where the processor states the rate (AArch64) or ticks are ns, no measurement is made. 0, or -EINVAL.
 */
int as_clock_calibrate(uint64_t sample_ns, as_tick_rate *rate);

/* An interval in ticks as ns, rounded down; the multiplier's own rounding adds less than one part in 10^8. */
uint64_t as_clock_ticks_to_ns(const as_tick_rate *rate, uint64_t ticks);

#endif
