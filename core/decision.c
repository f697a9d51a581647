#include "core/decision.h"

#include <math.h>
#include <string.h>

static const char unknown[AS_WORD_BYTES] = "?";

static const char kind_text[AS_SIGNAL_KIND_COUNT][AS_WORD_BYTES] = {
    [AS_SIGNAL_OVERREACTION] = "overreaction",
    [AS_SIGNAL_UNDERREACTION] = "underreaction",
    [AS_SIGNAL_CONTRADICTION] = "contradiction",
    [AS_SIGNAL_MEAN_REVERSION] = "mean_reversion",
    [AS_SIGNAL_CUSTOM] = "custom",
};

static const char action_text[][AS_WORD_BYTES] = {"open", "update", "close", "expire"};

static const char status_text[AS_FACT_STATUS_COUNT][AS_WORD_BYTES] = {
    [AS_FACT_PRIOR_DISCLOSURE] = "prior_disclosure",
    [AS_FACT_RUMOUR] = "rumour",
    [AS_FACT_DEVELOPING] = "developing",
    [AS_FACT_CONFIRMED] = "confirmed",
    [AS_FACT_DENIED] = "denied",
    [AS_FACT_UPDATED] = "updated",
    [AS_FACT_EXPIRED] = "expired",
};

#define X(code, text) _Static_assert(sizeof(text) <= AS_WORD_BYTES, text " is a longer word");
AS_REASONS(X)
#undef X

static const char reason_text[AS_REASON_COUNT][AS_WORD_BYTES] = {
#define X(code, text) [AS_REASON_##code] = text,
    AS_REASONS(X)
#undef X
};

const char *as_signal_kind_text(as_signal_kind kind)
{
    return kind < AS_SIGNAL_KIND_COUNT ? kind_text[kind] : unknown;
}

const char *as_action_text(as_action action)
{
    return action <= AS_ACTION_EXPIRE ? action_text[action] : unknown;
}

const char *as_fact_status_text(as_fact_status status)
{
    return status > AS_FACT_NONE && status < AS_FACT_STATUS_COUNT ? status_text[status] : NULL;
}

const char *as_reason_text(as_reason reason)
{
    return reason < AS_REASON_COUNT ? reason_text[reason] : unknown;
}

void as_decision_clear(as_decision *decision)
{
    memset(decision, 0, sizeof *decision);
    double *const number[] = {
        &decision->strength, &decision->p,        &decision->z,       &decision->e,     &decision->os,
        &decision->b,        &decision->k,        &decision->s,       &decision->m,     &decision->g,
        &decision->rev_bps,  &decision->cost_bps, &decision->novelty, &decision->hedge,
    };
    for (unsigned i = 0; i < sizeof number / sizeof *number; i++)
        *number[i] = (double)NAN;
    decision->half_life_ns = decision->horizon_ns = decision->valid_until = AS_TS_UNDEFINED;
    decision->px = decision->target = decision->stop = AS_PX_UNDEFINED;
    decision->anchor_seq = AS_TS_UNDEFINED;
}
