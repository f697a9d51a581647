#include "core/stats/overlap.h"

#include "core/logexp.h"

void as_overlap_init(as_overlap *overlap)
{
    *overlap = (as_overlap){0};
}

static bool is_in_order(const as_overlap_side *own, const as_overlap_side *other, uint64_t ts)
{
    return (own->tick_count == 0 || ts > own->ts) && (other->tick_count == 0 || ts >= other->ts);
}

static void see_other(as_overlap_side *own, const as_overlap_side *other)
{
    own->other_level = other->level;
    own->other_tick_count = other->tick_count;
}

bool as_overlap_update(as_overlap *overlap, as_overlap_name name, uint64_t ts, int64_t px)
{
    as_overlap_side *own = &overlap->side[name];
    as_overlap_side *other = &overlap->side[name == AS_OVERLAP_X ? AS_OVERLAP_Y : AS_OVERLAP_X];
    if (px <= 0 || !is_in_order(own, other, ts)) {
        overlap->rejected++;
        return false;
    }
    if (own->tick_count > 0) {
        double r = as_log_ratio(px, own->px);
        overlap->covariance += r * (other->level - own->other_level);
        overlap->pairs += other->tick_count - own->other_tick_count;
        own->variance += r * r;
        own->level += r;
    }
    own->px = px;
    own->ts = ts;
    own->tick_count++;
    see_other(own, other);
    /* the other's open interval begins at its last tick: one at that very moment is before it */
    if (other->tick_count > 0 && (own->tick_count == 1 || other->ts == ts))
        see_other(other, own);
    return true;
}

double as_overlap_correlation(const as_overlap *overlap)
{
    double x = overlap->side[AS_OVERLAP_X].variance;
    double y = overlap->side[AS_OVERLAP_Y].variance;
    return x > 0 && y > 0 ? overlap->covariance / as_sqrt(x * y) : NAN;
}

double as_overlap_beta(const as_overlap *overlap)
{
    double x = overlap->side[AS_OVERLAP_X].variance;
    return x > 0 ? overlap->covariance / x : NAN;
}
