#include "apps/aftershockd/core_agent.h"

#include "core/clock.h"
#include "ipc/publisher.h"

enum { BATCH = 256 }; /* events a turn, so that commands are heard */

void as_core_agent_emit(void *context, const as_decision *decision)
{
    as_core_agent *self = context;
    uint64_t now = as_clock_ticks();
    as_stamped_decision *slot = as_ring_claim(self->decisions);
    if (slot) {
        slot->decision = *decision;
        slot->ticks = now;
        as_ring_publish(self->decisions);
    } else {
        atomic_fetch_add_explicit(&self->dropped, 1, memory_order_relaxed); /* relaxed: a statistic */
    }
    as_histogram_record(&self->latency, now - self->batch_ticks);
    as_recorder_decision(self->recorder, decision);
}

static void deliver(as_core_agent *self, const as_event *event, const as_headline *headline,
                    const as_playbook *playbook)
{
    if (!self->started) {
        self->started = true;
        as_setup_start(self->setup, event->ts_recv);
    }
    as_merge_event(&self->setup->merge, event, headline, playbook);
}

/* The lane whose next event comes first: by receive time, then kind, then the order of feeds (DESIGN 6.9). */
static as_lane *earliest(as_core_agent *self, const as_event **event)
{
    as_lane *first = NULL;
    *event = NULL;
    for (uint32_t i = 0; i < self->setup->config->feed_count; i++) {
        const as_event *head = as_ring_peek(self->lane[i].events);
        if (!head)
            continue;
        bool sooner = !first || head->ts_recv < (*event)->ts_recv ||
                      (head->ts_recv == (*event)->ts_recv && as_event_rank(head) < as_event_rank(*event));
        if (sooner) {
            first = &self->lane[i];
            *event = head;
        }
    }
    return first;
}

static unsigned drain_lanes(as_core_agent *self)
{
    const as_event *event;
    unsigned done = 0;
    for (as_lane *lane; done < BATCH && (lane = earliest(self, &event)); done++) {
        if (done == 0)
            self->batch_ticks = as_clock_ticks();
        as_lookahead *look = &self->look[lane - self->lane];
        as_lookahead_ask(look, self->setup->engine, lane->events);
        if (event->kind == AS_EVENT_HEADLINE) {
            deliver(self, event, as_ring_peek(lane->headlines), NULL); /* published before its event */
            as_ring_release(lane->headlines);
        } else {
            deliver(self, event, NULL, NULL);
        }
        as_ring_release(lane->events);
        as_lookahead_took(look);
    }
    return done;
}

static void reload(as_core_agent *self, const as_command *command)
{
    uint64_t now = self->setup->engine->now;
    as_event event = {
        .kind = AS_EVENT_RELOAD,
        .instrument = AS_INSTRUMENT_NONE,
        .ts_event = command->now ? command->now : now,
        .ts_recv = command->now ? command->now : now,
        .reload = {.generation = command->playbook->generation},
    };
    deliver(self, &event, NULL, command->playbook);
    atomic_store_explicit(&self->generation, command->playbook->generation, memory_order_release); /* edge C1 */
}

static unsigned take_commands(as_core_agent *self)
{
    unsigned done = 0;
    for (const as_command *command; (command = as_ring_peek(self->commands)); done++) {
        if (!self->started && command->now == 0)
            break; /* a reload before recorded time has begun: it waits for the first event */
        self->batch_ticks = as_clock_ticks();
        if (command->now > self->clock)
            self->clock = command->now;
        if (command->playbook) {
            reload(self, command);
        } else if (!self->started) {
            self->started = true;
            as_setup_start(self->setup, command->now);
        } else {
            as_merge_advance(&self->setup->merge, command->now);
        }
        as_ring_release(self->commands);
    }
    return done;
}

static unsigned work(void *context, uint64_t wait_ns)
{
    (void)wait_ns;
    as_core_agent *self = context;
    unsigned done = take_commands(self);
    done += drain_lanes(self);
    if (self->glance)
        done += as_glance_work(self->glance, self->setup->engine);
    uint64_t now = self->setup->engine->now > self->clock ? self->setup->engine->now : self->clock;
    if (done)
        atomic_store_explicit(&self->ts_now, now, memory_order_relaxed); /* relaxed: only shown in heartbeats */
    return done;
}

static void close_core(void *context)
{
    as_core_agent *self = context;
    while (drain_lanes(self) > 0) { /* what the feeds held back until they closed */
    }
    as_engine_flush(self->setup->engine);
}

as_agent as_core_agent_of(as_core_agent *self)
{
    return (as_agent){.name = "core", .self = self, .work = work, .close = close_core};
}
