#include "core/merge.h"

static void step(as_merge *merge, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    if (merge->record)
        merge->record(merge->record_context, event, headline, playbook);
    as_engine_step(merge->engine, event, headline, playbook);
}

static void fire(as_merge *merge, uint64_t deadline)
{
    uint64_t now = merge->engine->now;
    as_event timer = {
        .kind = AS_EVENT_TIMER,
        .instrument = AS_INSTRUMENT_NONE,
        .ts_event = deadline,
        .ts_recv = deadline > now ? deadline : now,
        .raw = {deadline},
    };
    step(merge, &timer, NULL, NULL);
}

void as_merge_event(as_merge *merge, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    as_engine *engine = merge->engine;
    for (uint64_t deadline; (deadline = as_engine_next_deadline(engine)) < event->ts_recv;)
        fire(merge, deadline);
    if (event->ts_recv >= engine->now) {
        step(merge, event, headline, playbook);
        return;
    }
    as_event moved = *event;
    moved.ts_recv = engine->now;
    merge->reordered++;
    step(merge, &moved, headline, playbook);
}

void as_merge_advance(as_merge *merge, uint64_t now)
{
    for (uint64_t deadline; (deadline = as_engine_next_deadline(merge->engine)) <= now;)
        fire(merge, deadline);
}
