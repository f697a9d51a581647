/*
 * The machine as one table: which agents run on which thread, on which CPU, and how the thread waits.
 *
 *   compact   admin: journal            core: feeds, core                       ipc: publisher
 *   pinned    admin: journal    feed0: feeds 0, n, ..   feed1: feeds 1, n+1, ..   core: core   ipc: publisher
 *
 * The publisher brings its own thread (ipc/publisher.h). Threads start from the data's end to its source, so that
 * nothing is produced before someone takes it, and stop the other way round.
 */
#include <stdio.h>

#include "apps/aftershockd/daemon.h"

static as_thread *add_thread(as_daemon *daemon, const char *name, int cpu, as_wait wait)
{
    as_thread *thread = &daemon->thread[daemon->thread_count++];
    *thread = (as_thread){.cpu = cpu, .wait = wait};
    snprintf(thread->name, sizeof thread->name, "as-%s", name);
    return thread;
}

static void add_agent(as_thread *thread, as_agent agent)
{
    thread->agent[thread->agent_count++] = agent;
}

static void plan_feeds(as_daemon *daemon, as_thread *shared)
{
    const as_config *config = daemon->setup.config;
    uint32_t threads = shared || config->cpu_feed_count == 0 ? 1 : config->cpu_feed_count;
    if (threads > config->feed_count)
        threads = config->feed_count;
    for (uint32_t i = 0; i < threads; i++) {
        daemon->feed_agent[i] =
            (as_feed_agent){.setup = &daemon->setup, .lane = daemon->lane, .first = i, .stride = threads};
        as_thread *thread = shared;
        if (!thread) {
            char name[12];
            snprintf(name, sizeof name, "feed%u", i);
            int cpu = config->cpu_feed_count ? config->cpu_feeds[i] : -1;
            thread = add_thread(daemon, name, cpu, config->wait);
        }
        add_agent(thread, as_feed_agent_of(&daemon->feed_agent[i]));
    }
}

void as_topology_plan(as_daemon *daemon)
{
    const as_config *config = daemon->setup.config;
    add_agent(add_thread(daemon, "admin", config->cpu_admin, AS_WAIT_BLOCK), as_recorder_agent_of(&daemon->recorder));
    as_thread *core = add_thread(daemon, "core", config->cpu_core, config->wait);
    plan_feeds(daemon, config->pinned ? NULL : core);
    add_agent(core, as_core_agent_of(&daemon->core));
}
