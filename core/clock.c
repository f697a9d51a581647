#include "core/clock.h"

#include <errno.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "core/error.h"
#include "core/event.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * AS_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t as_clock_now_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t as_clock_monotonic_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

#if defined(__x86_64__)
bool as_clock_ticks_are_steady(void)
{
    /* Intel SDM volume 3, 18.17.1, and AMD APM volume 3, appendix E: invariant TSC is EDX bit 8 of leaf 80000007H. */
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & (1u << 8)) != 0;
}

static uint64_t stated_hz(void)
{
    return 0;
}
#elif defined(__aarch64__)
uint64_t as_clock_ticks(void)
{
    uint64_t ticks;
    __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

bool as_clock_ticks_are_steady(void)
{
    return true;
}

static uint64_t stated_hz(void)
{
    uint64_t hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
    return hz;
}
#else
uint64_t as_clock_ticks(void)
{
    return as_clock_monotonic_ns();
}

bool as_clock_ticks_are_steady(void)
{
    return true;
}

static uint64_t stated_hz(void)
{
    return AS_NS_PER_S;
}
#endif

/* A moment on both clocks: of several attempts the one with the shortest time between its two tick readings. */
static void read_both(uint64_t *ticks, uint64_t *ns)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 16; i++) {
        uint64_t before = as_clock_ticks();
        uint64_t now_ns = as_clock_monotonic_ns();
        uint64_t after = as_clock_ticks();
        if (after - before < best) {
            best = after - before;
            *ticks = before + best / 2;
            *ns = now_ns;
        }
    }
}

static uint64_t measured_hz(uint64_t sample_ns)
{
    uint64_t from_ticks = 0, from_ns = 0, to_ticks = 0, to_ns = 0;
    struct timespec pause = {.tv_sec = (time_t)(sample_ns / AS_NS_PER_S), .tv_nsec = (long)(sample_ns % AS_NS_PER_S)};
    read_both(&from_ticks, &from_ns);
    while (nanosleep(&pause, &pause) == -1 && errno == EINTR) {}
    read_both(&to_ticks, &to_ns);
    return (uint64_t)((wide)(to_ticks - from_ticks) * AS_NS_PER_S / (to_ns - from_ns));
}

int as_clock_calibrate(uint64_t sample_ns, as_tick_rate *rate)
{
    if (sample_ns < AS_NS_PER_MS || sample_ns > AS_NS_PER_S)
        return as_error_set(-EINVAL, "clock: calibration over %llu ns; allowed is 1 ms to 1 s",
                            (unsigned long long)sample_ns);
    uint64_t hz = stated_hz();
    if (hz == 0)
        hz = measured_hz(sample_ns);
    *rate = (as_tick_rate){.ticks_hz = hz, .multiplier = (uint64_t)(((wide)AS_NS_PER_S << 32) / hz)};
    return 0;
}

uint64_t as_clock_ticks_to_ns(const as_tick_rate *rate, uint64_t ticks)
{
    return (uint64_t)((wide)ticks * rate->multiplier >> 32);
}
