#include "apps/common/lookahead.h"

void as_lookahead_ask(as_lookahead *look, const as_engine *engine, as_ring *events)
{
    uint32_t ready = as_ring_peek_n(events, AS_ENGINE_AHEAD);
    for (; look->lines < ready; look->lines++)
        as_engine_prefetch(engine, as_ring_at(events, look->lines));
    uint32_t near = ready < AS_ENGINE_AHEAD / 2 ? ready : AS_ENGINE_AHEAD / 2;
    for (; look->levels < near; look->levels++)
        as_engine_prefetch_levels(engine, as_ring_at(events, look->levels));
}
