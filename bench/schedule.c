#include "bench/schedule.h"

void as_bench_schedule_steady(as_bench_schedule *schedule, double rate_hz)
{
    *schedule = (as_bench_schedule){.interval_ns = 1e9 / rate_hz, .burst_interval_ns = 1e9 / rate_hz, .period_ns = 1e9};
}

void as_bench_schedule_bursty(as_bench_schedule *schedule, double rate_hz)
{
    *schedule = (as_bench_schedule){.interval_ns = 1e9 / rate_hz,
                                    .burst_interval_ns = 1e9 / (rate_hz * AS_BENCH_BURST_FACTOR),
                                    .burst_ns = (double)AS_BENCH_BURST_NS,
                                    .period_ns = (double)AS_BENCH_BURST_PERIOD_NS};
}

double as_bench_schedule_offered_hz(const as_bench_schedule *schedule)
{
    double burst_count = schedule->burst_ns / schedule->burst_interval_ns;
    double steady_count = (schedule->period_ns - schedule->burst_ns) / schedule->interval_ns;
    return (burst_count + steady_count) * 1e9 / schedule->period_ns;
}

uint64_t as_bench_schedule_next_ns(as_bench_schedule *schedule)
{
    double due_ns = schedule->at_ns;
    double step_ns = schedule->phase_ns < schedule->burst_ns ? schedule->burst_interval_ns : schedule->interval_ns;
    schedule->at_ns += step_ns;
    schedule->phase_ns += step_ns;
    while (schedule->phase_ns >= schedule->period_ns)
        schedule->phase_ns -= schedule->period_ns;
    return (uint64_t)due_ns;
}
