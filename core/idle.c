#include "core/idle.h"

#include <poll.h>
#include <sched.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/error.h"

void as_idle_pause(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

void as_idle_init(as_idle *idle, as_wait wait)
{
    *idle = (as_idle){.wait = wait, .sleep_ns = AS_IDLE_SLEEP_MIN_NS};
}

void as_idle_watch(as_idle *idle, int descriptor)
{
    AS_ASSERT(idle->watched_count < AS_IDLE_WATCH_MAX);
    idle->watched[idle->watched_count++] = descriptor;
}

/* A signal ends the sleep early, which is what a loop that looks for a stop flag wants. */
static void sleep_longer_each_time(as_idle *idle)
{
    struct timespec pause = {.tv_nsec = (long)idle->sleep_ns};
    if (idle->watched_count > 0) {
        struct pollfd watched[AS_IDLE_WATCH_MAX];
        for (uint32_t i = 0; i < idle->watched_count; i++)
            watched[i] = (struct pollfd){.fd = idle->watched[i], .events = POLLIN};
        ppoll(watched, idle->watched_count, &pause, NULL);
    } else {
        nanosleep(&pause, NULL);
    }
    idle->sleep_ns = idle->sleep_ns * 2 < AS_IDLE_SLEEP_MAX_NS ? idle->sleep_ns * 2 : AS_IDLE_SLEEP_MAX_NS;
}

void as_idle_rest(as_idle *idle)
{
    if (idle->idle_turns == 0)
        idle->sleep_ns = AS_IDLE_SLEEP_MIN_NS;
    if (idle->idle_turns < AS_IDLE_PAUSE_TURNS + AS_IDLE_YIELD_TURNS)
        idle->idle_turns++;
    if (idle->wait == AS_WAIT_SPIN || idle->idle_turns <= AS_IDLE_PAUSE_TURNS)
        as_idle_pause();
    else if (idle->wait == AS_WAIT_YIELD || idle->idle_turns < AS_IDLE_PAUSE_TURNS + AS_IDLE_YIELD_TURNS)
        sched_yield();
    else
        sleep_longer_each_time(idle);
}
