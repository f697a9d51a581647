/*
 * as_idle: what a thread's loop does in a turn that found nothing to do.
 *
 *     as_idle_init(&idle, config->wait);
 *     while (running)
 *         as_idle_done(&idle, poll_everything());
 *
 * spin   a pause instruction: lowest latency, a CPU of its own
 * yield  a pause instruction for the first turns, then sched_yield: shares the CPU, stays runnable
 * block  pause, then yield, then sleep, from 50 us doubling to 1 ms: an idle machine stays idle; the first event after
 *        a quiet time waits for up to 1 ms and a wake-up
 *        (as_idle_watch: a descriptor of the loop's own ends the sleep)
 * A turn with work starts again from the pause. A loop that has nothing but its own ring to wait for uses this; a
 * reactor that can block in the kernel does so instead.
 *
 * Threads: one. Memory: the caller's. spin never makes a system call.
 */
#ifndef AS_CORE_IDLE_H
#define AS_CORE_IDLE_H

#include <stdint.h>

#include "core/config.h"

enum {
    AS_IDLE_PAUSE_TURNS = 64, /* idle turns that only pause, in yield and block */
    AS_IDLE_YIELD_TURNS = 64, /* idle turns after those that yield, in block */
    AS_IDLE_WATCH_MAX = 4
};

#define AS_IDLE_SLEEP_MIN_NS (UINT64_C(50) * AS_NS_PER_US)
#define AS_IDLE_SLEEP_MAX_NS AS_NS_PER_MS

typedef struct as_idle {
    as_wait wait;
    uint32_t idle_turns; /* since the last turn with work; stops counting where it makes no difference */
    uint64_t sleep_ns;   /* of the next sleep */
    int watched[AS_IDLE_WATCH_MAX];
    uint32_t watched_count;
} as_idle;

void as_idle_init(as_idle *idle, as_wait wait);

/* A sleep ends as soon as the descriptor polls readable, too. At most AS_IDLE_WATCH_MAX; they stay the caller's. */
void as_idle_watch(as_idle *idle, int descriptor);

/* What an idle turn does now; for as_idle_done. */
void as_idle_rest(as_idle *idle);

/* End of a loop's turn that did `work` pieces of work. */
static inline void as_idle_done(as_idle *idle, unsigned work)
{
    if (work)
        idle->idle_turns = 0;
    else
        as_idle_rest(idle);
}

/* The pause instruction, for a loop that waits for another CPU. */
void as_idle_pause(void);

#endif
