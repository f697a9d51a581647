#include "core/glance.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int as_glance_init(as_glance *glance, uint32_t count)
{
    size_t n = count ? count : 1;
    *glance = (as_glance){
        .count = count,
        .mid_px = calloc(n, sizeof *glance->mid_px),
        .close_px = calloc(n, sizeof *glance->close_px),
        .mid_ts = calloc(n, sizeof *glance->mid_ts),
        .variance = calloc(n, sizeof *glance->variance),
        .flags = calloc(n, sizeof *glance->flags),
    };
    if (!glance->mid_px || !glance->close_px || !glance->mid_ts || !glance->variance || !glance->flags) {
        as_glance_fini(glance);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) { /* this also touches the pages: the core must not be the first */
        glance->mid_px[i] = glance->close_px[i] = AS_PX_UNDEFINED;
        glance->mid_ts[i] = 0;
        glance->variance[i] = NAN;
        glance->flags[i] = AS_GLANCE_NO_PRICE;
    }
    return 0;
}

void as_glance_fini(as_glance *glance)
{
    free(glance->mid_px);
    free(glance->close_px);
    free(glance->mid_ts);
    free(glance->variance);
    free(glance->flags);
    *glance = (as_glance){0};
}

/* ---- the core ---- */

/* Of a daily return, by the market model r = beta m + e: beta^2 E[m^2] + Var e. */
static float variance_of(const as_market_model *model)
{
    if (model->n < 2 || !(model->sxx > 0))
        return NAN;
    double xx = model->n < AS_MARKET_MODEL_BATCH ? model->sxx / model->n : model->sxx;
    double beta = as_market_model_beta(model);
    return (float)(beta * beta * xx + as_market_model_variance(model));
}

static uint8_t flags_of(const as_market *market, uint32_t instrument)
{
    const as_name *name = &market->name[instrument];
    unsigned flags = 0;
    flags |= name->mid_class == AS_MID_NONE ? AS_GLANCE_NO_PRICE : 0U;
    flags |= name->mid_class == AS_MID_BAR ? AS_GLANCE_BAR : 0U;
    flags |= name->invalid ? AS_GLANCE_INVALID : 0U;
    flags |= name->mid_class != AS_MID_NONE && !as_market_is_whole(market, instrument) ? AS_GLANCE_GAP : 0U;
    flags |= name->state != AS_STATE_TRADING ? AS_GLANCE_HALTED : 0U;
    flags |= name->state == AS_STATE_PAUSED ? AS_GLANCE_PAUSED : 0U;
    flags |= name->resuming ? AS_GLANCE_RESUMED : 0U;
    return (uint8_t)flags;
}

bool as_glance_copy(as_glance *glance, const as_engine *engine)
{
    const as_market *market = &engine->market;
    uint32_t end = glance->count - glance->next > AS_GLANCE_SLICE ? glance->next + AS_GLANCE_SLICE : glance->count;
    for (uint32_t i = glance->next; i < end; i++) {
        glance->mid_px[i] = market->name[i].mark.mid;
        glance->mid_ts[i] = market->name[i].mark.ts;
        glance->close_px[i] = market->daily[i].close_px;
        glance->variance[i] = variance_of(&market->daily[i].model);
        glance->flags[i] = flags_of(market, i);
    }
    glance->next = end;
    if (end < glance->count)
        return true;
    glance->next = 0;
    glance->pictures++;
    glance->now = engine->now;
    glance->seq = engine->seq;
    glance->shocks = engine->shocks.open_count;
    glance->engine = engine->counters;
    glance->market = market->counters;
    atomic_store_explicit(&glance->state, AS_GLANCE_THEIRS, memory_order_release); /* edge G1 */
    return true;
}

/* ---- the looker ---- */

bool as_glance_take(const as_glance *glance)
{
    return atomic_load_explicit(&glance->state, memory_order_acquire) == AS_GLANCE_THEIRS; /* edge G1 */
}

void as_glance_ask(as_glance *glance)
{
    if (as_glance_take(glance))
        atomic_store_explicit(&glance->state, AS_GLANCE_HERS, memory_order_release); /* edge G2 */
}
