#include "apps/aftershockd/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/common/affinity.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/idle.h"

enum {
    BLOCK_NS = 1000000,  /* longest wait of a blocking thread in its reactor */
    DRAIN_NS = 250000000 /* longest drain of a thread that has been asked to stop, before its agents close */
};

static void keep_error(as_thread *thread)
{
    size_t used = 0;
    thread->error[0] = 0;
    thread->error_code = as_error_code() < 0 ? as_error_code() : -EIO;
    for (unsigned i = 0; as_error_message(i) && used < sizeof thread->error; i++)
        used += (size_t)snprintf(thread->error + used, sizeof thread->error - used, "%s%s", i ? " <- " : "",
                                 as_error_message(i));
}

static unsigned work_all(as_thread *thread, uint64_t wait_ns)
{
    unsigned done = 0;
    for (unsigned i = 0; i < thread->agent_count; i++)
        done += thread->agent[i].work(thread->agent[i].self, i == 0 ? wait_ns : 0);
    return done;
}

static void close_first(as_thread *thread, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (thread->agent[i].close)
            thread->agent[i].close(thread->agent[i].self);
}

static void *run(void *context)
{
    as_thread *thread = context;
    unsigned started = 0;
    pthread_setname_np(pthread_self(), thread->name);
    as_affinity_set(thread->cpu);
    while (started < thread->agent_count) {
        as_agent *agent = &thread->agent[started];
        if (agent->start && agent->start(agent->self) < 0)
            break;
        started++;
    }
    if (started < thread->agent_count) {
        keep_error(thread);
        close_first(thread, started);
        atomic_store_explicit(&thread->state, AS_THREAD_FAILED, memory_order_release); /* edge A1 */
        return NULL;
    }
    atomic_store_explicit(&thread->state, AS_THREAD_RUNNING, memory_order_release); /* edge A1 */

    as_idle idle;
    as_idle_init(&idle, thread->wait);
    uint64_t wait_ns = 0;
    while (!atomic_load_explicit(&thread->stop, memory_order_acquire)) { /* edge A2 */
        unsigned done = work_all(thread, wait_ns);
        as_idle_done(&idle, done);
        wait_ns = done || thread->wait != AS_WAIT_BLOCK ? 0 : BLOCK_NS;
    }
    /* what had already arrived is still taken, but a sender that never pauses does not keep us */
    for (uint64_t end = as_clock_monotonic_ns() + DRAIN_NS; work_all(thread, 0) > 0 && as_clock_monotonic_ns() < end;) {
    }
    close_first(thread, thread->agent_count);
    return NULL;
}

int as_thread_start(as_thread *thread)
{
    int error = pthread_create(&thread->thread, NULL, run, thread);
    if (error)
        return as_error_set(-error, "thread %s cannot be started: %s", thread->name, strerror(error));
    thread->created = true;
    int state;
    while ((state = atomic_load_explicit(&thread->state, memory_order_acquire)) == AS_THREAD_STARTING) /* edge A1 */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return state == AS_THREAD_RUNNING ? 0 : as_error_set(thread->error_code, "%s", thread->error);
}

void as_thread_stop(as_thread *thread)
{
    if (!thread->created)
        return;
    atomic_store_explicit(&thread->stop, 1, memory_order_release); /* edge A2 */
    pthread_join(thread->thread, NULL);
    thread->created = false;
}
