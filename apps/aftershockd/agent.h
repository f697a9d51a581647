/*
 * Agents and the threads that run them: the daemon's machine, as data.
 *
 * An agent is init / work / close on one thread; work never blocks longer than it is allowed to and returns how much it
 * did. A thread is a list of agents, a CPU and a way to wait. Which agents share a thread is decided in one place,
 * topology.c, and changes no decision.
 *
 * Edges:
 *   A1  .state, release by the thread -> acquire by the supervisor: what start wrote (its error) is seen
 *   A2  .stop, release by the supervisor -> acquire by the thread: everything done before the request is seen
 */
#ifndef AS_APPS_AFTERSHOCKD_AGENT_H
#define AS_APPS_AFTERSHOCKD_AGENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "core/config.h"

typedef struct as_agent {
    const char *name;
    void *self;
    int (*start)(void *self);                        /* on the thread; negative errno with the error chain set */
    unsigned (*work)(void *self, uint64_t wait_ns);  /* may wait so long if there is nothing to do */
    void (*close)(void *self);                       /* on the thread; called if start succeeded */
} as_agent;

enum { AS_THREAD_AGENTS_MAX = 4, AS_THREAD_ERROR_BYTES = 1024 };

typedef enum as_thread_state { AS_THREAD_STARTING, AS_THREAD_RUNNING, AS_THREAD_FAILED } as_thread_state;

typedef struct as_thread {
    char name[16];
    as_agent agent[AS_THREAD_AGENTS_MAX];
    unsigned agent_count;
    int cpu;            /* -1: floats */
    as_wait wait;
    pthread_t thread;
    bool created;
    _Atomic(int) state; /* as_thread_state */
    _Atomic(int) stop;
    int error_code;     /* of the agent that could not start */
    char error[AS_THREAD_ERROR_BYTES];
} as_thread;

/* Start and wait until every agent has started. 0, or the code of the agent's error chain, which is repeated here. */
int as_thread_start(as_thread *thread);
/* Ask it to stop and wait: each agent works until it finds nothing more, then closes, in order. Safe if not started. */
void as_thread_stop(as_thread *thread);

#endif
