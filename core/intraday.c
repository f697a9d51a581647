#include "core/intraday.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/logexp.h"
#include "core/pages.h"

#define BIN_NS (5 * AS_NS_PER_MIN)
#define EXPECTED_LEAST 0.5 /* of a session, before its variance is kept */
#define NIGHT_SHARE_MAX 0.9

_Static_assert((AS_INTRADAY_RING + 2) * (AS_INTRADAY_RING + 2) >= 252 * AS_INTRADAY_STEPS, "K fits the ring");

int as_intraday_init(as_intraday *intraday, uint32_t instruments)
{
    AS_ASSERT(instruments > 0);
    *intraday = (as_intraday){
        .count = instruments,
        .now = as_pages_new(instruments * sizeof *intraday->now),
        .name = as_pages_new(instruments * sizeof *intraday->name),
    };
    if (intraday->now && intraday->name)
        return 0;
    as_intraday_fini(intraday);
    return as_error_set(-ENOMEM, "intraday estimates: out of memory for %u instruments", instruments);
}

void as_intraday_fini(as_intraday *intraday)
{
    as_pages_free(intraday->now, intraday->count * sizeof *intraday->now);
    as_pages_free(intraday->name, intraday->count * sizeof *intraday->name);
    *intraday = (as_intraday){0};
}

void as_intraday_prefault(as_intraday *intraday)
{
    as_pages_touch(intraday->now, intraday->count * sizeof *intraday->now);
    as_pages_touch(intraday->name, intraday->count * sizeof *intraday->name);
}

/* ---- the grid ---- */

static uint64_t session_ns(const as_session *session)
{
    return session->close - session->open;
}

static uint32_t ceil_div(uint64_t a, uint64_t b)
{
    AS_DCHECK(b > 0);
    return (uint32_t)((a + b - 1) / b);
}

static bool is_continuous(const as_session *session)
{
    return session->open <= session->prev_close;
}

/* The bar itself (at least a minute), or as many of them as a long regular session needs. */
static uint64_t step_of(const as_intraday_name *name, uint64_t bar_ns, const as_session *session)
{
    uint64_t step = bar_ns > AS_NS_PER_MIN ? bar_ns : AS_NS_PER_MIN;
    uint64_t length = session_ns(session) > name->session_ns ? session_ns(session) : name->session_ns;
    return step * ceil_div(ceil_div(length, step), AS_INTRADAY_STEPS);
}

/* Steps in a bin: five minutes or more, AS_SEASONALITY_BINS bins or fewer; without a rest if that is near. */
static uint32_t width_of(uint64_t step_ns, uint32_t steps)
{
    uint32_t least = ceil_div(BIN_NS, step_ns);
    uint32_t fitting = ceil_div(steps, AS_SEASONALITY_BINS);
    least = least > fitting ? least : fitting;
    for (uint32_t width = least; width <= 2 * least && width <= steps; width++)
        if (steps % width == 0)
            return width;
    return least < steps ? least : steps;
}

/* A step or a regular session's length that is new: what hangs on it begins anew. */
static void adopt(as_intraday_name *name, as_intraday_now *now, uint64_t step_ns, const as_session *session)
{
    now->step_ns = step_ns;
    if (session_ns(session) > name->session_ns)
        name->session_ns = session_ns(session);
    uint32_t steps = ceil_div(name->session_ns, step_ns);
    name->bin_width = width_of(step_ns, steps);
    double span = (double)name->session_ns / (double)(step_ns * name->bin_width);
    span = span > 1 ? span : 1; /* a bar longer than the session */
    if (span != name->seasonality.span || is_continuous(session) != name->seasonality.flat)
        as_seasonality_init(&name->seasonality, span, is_continuous(session));
    uint32_t tested = steps > 3 ? steps : 3;
    as_jump_init(&name->jump, name->ring, as_jump_window(tested), tested, AS_INTRADAY_ALPHA);
    if (name->depth.p == 0)
        as_quantile_init(&name->depth, 0.5);
}

static void begin_session(as_intraday_name *name, as_intraday_now *now, uint64_t step_ns, const as_session *session)
{
    if (now->step_ns != step_ns || session_ns(session) > name->session_ns)
        adopt(name, now, step_ns, session);
    now->session = session->index;
    now->step_end = session->open;
    now->level = 0;
    now->step = now->done = 0;
    now->pending = now->fresh = now->is_closed = false;
    as_realised_init(&name->realised);
    name->smooth_variance = name->expected = 0;
    name->open_mid = 0;
    memset(name->bin_return, 0, sizeof name->bin_return);
    memset(name->bin_steps, 0, sizeof name->bin_steps);
}

static uint64_t step_end(const as_intraday_now *now, const as_session *session, uint32_t step)
{
    uint64_t end = session->open + (step + (uint64_t)1) * now->step_ns;
    return end < session->close ? end : session->close;
}

static uint32_t hole_steps(const as_intraday_now *now)
{
    uint32_t steps = (uint32_t)(AS_INTRADAY_HOLE_NS / now->step_ns);
    return steps ? steps : 1;
}

/* ---- returns ---- */

static void take_return(as_intraday_name *name, const as_intraday_now *now, const as_session *session, uint32_t step,
                        double r)
{
    uint64_t end = step_end(now, session, step);
    double length = (double)session_ns(session);
    double begin = (double)(step * now->step_ns);
    double middle = (begin + (double)(end - session->open)) / 2;
    double rate = as_seasonality_rate(&name->seasonality, middle / length);
    bool jumped = false;
    if (step > 0) {
        bool still = as_jump_is_still(&name->jump);
        jumped = as_jump_update(&name->jump, r / as_sqrt(rate)).jump && !still;
    }
    if (jumped) {
        name->jump_ts = end;
        name->jump_return = r;
    } else {
        name->smooth_variance += r * r;
        name->expected += rate * ((double)(end - session->open) - begin) / length;
    }
    as_realised_update(&name->realised, r);
    uint32_t bin = step / name->bin_width;
    name->bin_return[bin] += (float)r;
    name->bin_steps[bin]++;
}

/* The step in hand is over: now->mid was its last. */
static void finish_step(as_intraday_name *name, as_intraday_now *now, const as_session *session)
{
    if (!now->fresh)
        take_return(name, now, session, now->step, as_log_ratio(now->mid, now->level));
    now->level = now->mid;
    now->done = now->step + 1;
    now->pending = now->fresh = false;
    if (now->depth > 0)
        as_quantile_update(&name->depth, now->depth);
}

/* Steps from now->done to before next had no mid: zero returns if they are few, else the chain is broken. */
static void bridge(as_intraday_name *name, as_intraday_now *now, const as_session *session, uint32_t next)
{
    if (!now->level)
        return;
    if (next - now->done > hole_steps(now)) {
        now->level = 0;
        return;
    }
    for (; now->done < next; now->done++)
        take_return(name, now, session, now->done, 0);
}

/* Make the session and the step of a source of bar_ns (0: quotes) those in hand. false: the mid is to be left out. */
static bool enter(as_intraday_name *name, as_intraday_now *now, const as_session *session, uint64_t bar_ns)
{
    uint64_t step_ns = step_of(name, bar_ns, session);
    bool first = now->step_ns == 0;
    if (!first && session->index < now->session)
        return false;
    if (first || session->index > now->session || (step_ns < now->step_ns && !now->is_closed))
        begin_session(name, now, step_ns, session);
    return !now->is_closed && now->step_ns == step_ns;
}

/* ts lies after the open and not before the steps that are over. */
static void take_mid(as_intraday_name *name, as_intraday_now *now, const as_session *session, int64_t mid, uint64_t ts)
{
    uint32_t step = (uint32_t)((ts - session->open - 1) / now->step_ns);
    if (now->pending && step > now->step)
        finish_step(name, now, session);
    if (!now->pending) {
        bridge(name, now, session, step);
        now->fresh = !now->level && step > 0;
        if (!now->level && step == 0)
            name->open_mid = now->level = mid;
        now->step = step;
        now->step_end = step_end(now, session, step);
        now->pending = true;
    }
    now->mid = mid;
}

/* Before the open nothing counts, and nothing is to be looked at again until then. */
static void wait_for_open(as_intraday_now *now, const as_session *session)
{
    if (now->step_ns == 0 || session->index <= now->session)
        return;
    now->pending = false;
    now->is_closed = true;
    now->step_end = session->open;
}

void as_intraday_step(as_intraday *intraday, uint32_t instrument, const as_session *session, int64_t mid, uint64_t ts)
{
    as_intraday_name *name = &intraday->name[instrument];
    as_intraday_now *now = &intraday->now[instrument];
    if (ts <= session->open)
        wait_for_open(now, session);
    else if (ts <= session->close && enter(name, now, session, 0))
        take_mid(name, now, session, mid, ts);
}

void as_intraday_bar(as_intraday *intraday, uint32_t instrument, const as_session *session, const as_event *bar)
{
    as_intraday_name *name = &intraday->name[instrument];
    as_intraday_now *now = &intraday->now[instrument];
    uint64_t bar_ns = as_bar_duration_ns(bar), end = bar->ts_event;
    if (bar_ns == 0 || bar_ns > AS_INTRADAY_BAR_MAX || bar->bar.close <= 0 || bar->bar.close == AS_PX_UNDEFINED)
        return;
    if (end <= session->open || end > session->close || !enter(name, now, session, bar_ns))
        return;
    uint64_t step = (end - session->open - 1) / now->step_ns;
    if (step < (now->pending ? now->step : now->done))
        return; /* late */
    bool has_open = bar->bar.open > 0 && bar->bar.open != AS_PX_UNDEFINED;
    if (step == 0 && !now->pending && has_open && end >= session->open + bar_ns)
        take_mid(name, now, session, bar->bar.open, end - bar_ns + 1);
    take_mid(name, now, session, bar->bar.close, end);
    if (end == now->step_end)
        finish_step(name, now, session);
}

/* ---- close ---- */

static double median(const float *value, uint32_t count)
{
    float sorted[AS_SEASONALITY_SESSIONS];
    AS_DCHECK(count > 0 && count <= AS_SEASONALITY_SESSIONS);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > value[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = value[i];
    }
    return ((double)sorted[(count - 1) / 2] + (double)sorted[count / 2]) / 2;
}

static uint32_t kept(uint32_t count)
{
    return count < AS_SEASONALITY_SESSIONS ? count : AS_SEASONALITY_SESSIONS;
}

static void train_profile(as_intraday_name *name, const as_intraday_now *now)
{
    uint32_t steps = ceil_div(name->session_ns, now->step_ns);
    float bin_return[AS_SEASONALITY_BINS];
    for (uint32_t b = 0; b < name->seasonality.bins; b++) {
        uint32_t rest = steps - b * name->bin_width;
        uint32_t whole = rest < name->bin_width ? rest : name->bin_width;
        bin_return[b] = name->bin_steps[b] == whole ? name->bin_return[b] : NAN;
    }
    (void)as_seasonality_update(&name->seasonality, bin_return);
}

static void train_variance(as_intraday_name *name)
{
    if (!(name->expected >= EXPECTED_LEAST))
        return;
    name->variance[name->variance_count % AS_SEASONALITY_SESSIONS] = (float)(name->smooth_variance / name->expected);
    name->variance_count++;
    name->usual_variance = median(name->variance, kept(name->variance_count));
}

static void train_night(as_intraday_name *name, int64_t session, int64_t close_mid)
{
    bool known = name->close_mid && name->close_session + 1 == session && name->open_mid && close_mid;
    if (!known)
        return;
    uint32_t slot = name->night_count % AS_SEASONALITY_SESSIONS;
    name->night[slot] = (float)as_log_ratio(name->open_mid, name->close_mid);
    name->day[slot] = (float)as_log_ratio(close_mid, name->open_mid);
    name->night_count++;
    double night = as_seasonality_robust_variance(name->night, kept(name->night_count));
    double day = as_seasonality_robust_variance(name->day, kept(name->night_count));
    if (day > 0)
        name->night_share = night / (night + day);
}

void as_intraday_close(as_intraday *intraday, uint32_t instrument, const as_session *session, bool frozen)
{
    as_intraday_name *name = &intraday->name[instrument];
    as_intraday_now *now = &intraday->now[instrument];
    if (now->step_ns == 0 || now->session != session->index || now->is_closed)
        return;
    if (now->pending)
        finish_step(name, now, session);
    bridge(name, now, session, ceil_div(session_ns(session), now->step_ns));
    now->is_closed = true;
    now->step_end = session->close;
    if (!frozen && session_ns(session) == name->session_ns) {
        train_profile(name, now);
        train_variance(name);
        if (!is_continuous(session))
            train_night(name, session->index, now->level);
    }
    name->close_mid = now->level;
    name->close_session = session->index;
}

/* ---- readers ---- */

double as_intraday_clock(const as_intraday *intraday, uint32_t instrument, const as_session *session, uint64_t ts,
                         double overnight_share)
{
    const as_seasonality *own = &intraday->name[instrument].seasonality;
    uint64_t begin = is_continuous(session) ? session->prev_close : session->open;
    if (!as_seasonality_known(own) || ts <= begin || ts >= session->close)
        return as_session_clock(session, ts, overnight_share);
    double within = as_seasonality_share(own, (double)(ts - begin) / (double)(session->close - begin));
    double night = is_continuous(session) ? 0 : overnight_share;
    double share = night + (1 - night) * within;
    return (double)session->index + (share < 1 ? share : 1);
}

double as_intraday_overnight(const as_intraday *intraday, uint32_t instrument, double prior)
{
    const as_intraday_name *name = &intraday->name[instrument];
    if (name->night_count < AS_INTRADAY_LEAST)
        return prior;
    double count = kept(name->night_count);
    double share = (count * name->night_share + AS_INTRADAY_LEAST * prior) / (count + AS_INTRADAY_LEAST);
    return share < NIGHT_SHARE_MAX ? share : NIGHT_SHARE_MAX;
}

uint64_t as_intraday_jump_at(const as_intraday *intraday, uint32_t instrument, double *size)
{
    const as_intraday_name *name = &intraday->name[instrument];
    if (size)
        *size = name->jump_return;
    return name->jump_ts;
}

static bool is_in_hand(const as_intraday *intraday, uint32_t instrument, const as_session *session)
{
    const as_intraday_now *now = &intraday->now[instrument];
    return now->step_ns && now->session == session->index;
}

as_realised_result as_intraday_realised(const as_intraday *intraday, uint32_t instrument, const as_session *session)
{
    as_realised none;
    as_realised_init(&none);
    bool in_hand = is_in_hand(intraday, instrument, session);
    return as_realised_value(in_hand ? &intraday->name[instrument].realised : &none);
}

double as_intraday_vol_ratio(const as_intraday *intraday, uint32_t instrument, const as_session *session, double sigma,
                             double overnight_share)
{
    const as_intraday_name *name = &intraday->name[instrument];
    if (!is_in_hand(intraday, instrument, session) || name->realised.n < AS_INTRADAY_RETURNS_LEAST)
        return (double)NAN;
    double usual = (double)NAN;
    if (!isnan(sigma))
        usual = sigma * sigma * (is_continuous(session) ? 1 : 1 - overnight_share);
    else if (name->variance_count >= AS_INTRADAY_LEAST)
        usual = name->usual_variance;
    if (!(usual > 0) || !(name->expected > 0))
        return (double)NAN;
    return as_sqrt(name->smooth_variance / (usual * name->expected));
}

double as_intraday_depth_ratio(const as_intraday *intraday, uint32_t instrument)
{
    const as_intraday_name *name = &intraday->name[instrument];
    double depth = intraday->now[instrument].depth;
    if (as_quantile_count(&name->depth) < AS_INTRADAY_DEPTH_LEAST || !(depth > 0))
        return (double)NAN;
    double median_depth = as_quantile_value(&name->depth);
    return median_depth > 0 ? depth / median_depth : (double)NAN;
}
