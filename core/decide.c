#include "core/decide.h"

#include <math.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { HORIZON_MAX = 64 }; /* sessions: longer wishes of a loaded strategy are cut */
enum { EPICENTRE_KEY = 0xFFFFFF }; /* place of the epicentre in a signal timer's key */

/* ---- saying ---- */

static void copy_text(char *to, size_t to_bytes, const char *from)
{
    size_t bytes = strlen(from);
    if (bytes >= to_bytes)
        bytes = to_bytes - 1;
    memcpy(to, from, bytes);
    to[bytes] = 0;
}

/* A cleared decision with everything that comes from the fact and the instant. */
static as_decision *begin(as_engine *engine, as_decision_type type, const as_fact *fact)
{
    as_decision *decision = &engine->scratch;
    as_decision_clear(decision);
    decision->type = (uint8_t)type;
    decision->status = fact->status;
    decision->event_type = fact->event_type;
    decision->generation = fact->generation;
    decision->novelty = fact->novelty;
    decision->ts_event = engine->ts_event;
    decision->ts_recv = engine->now;
    decision->tick_seq = engine->seq;
    decision->params = engine->config->hash;
    decision->headline_count = fact->headline_count;
    memcpy(decision->headline, fact->headline, (size_t)fact->headline_count * sizeof fact->headline[0]);
    memcpy(decision->fact, fact->key, sizeof decision->fact);
    copy_text(decision->event_name, sizeof decision->event_name, as_event_type_name(fact->event_type));
    memcpy(decision->playbook, engine->playbook->version, sizeof decision->playbook);
    return decision;
}

static void say(as_engine *engine, uint32_t instrument)
{
    as_decision *decision = &engine->scratch;
    decision->seq = ++engine->counters.decisions;
    decision->instrument = instrument;
    copy_text(decision->symbol, sizeof decision->symbol, as_symbols_name(&engine->universe->symbols, instrument));
    engine->emit(engine->emit_context, decision);
}

void as_decide_fact(as_engine *engine, const as_fact *fact)
{
    as_decision *decision = begin(engine, AS_DECISION_FACT, fact);
    decision->g = as_fact_gate(fact, &engine->playbook->gate);
    say(engine, fact->issuer);
}

static void say_shock(as_engine *engine, const as_shock *shock)
{
    const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
    if (!fact)
        return;
    as_decision *decision = begin(engine, AS_DECISION_SHOCK, fact);
    decision->m = shock->m;
    decision->g = shock->g;
    decision->dir = shock->dir;
    decision->z = shock->epicentre.measured ? shock->epicentre.z : (double)NAN;
    decision->b = as_shock_breadth(shock);
    decision->k = shock->k;
    decision->linked = shock->linked_count;
    decision->anchor_seq = shock->epicentre.px == AS_PX_UNDEFINED ? AS_TS_UNDEFINED : shock->epicentre.seq;
    decision->reasons = as_fact_context(fact);
    say(engine, shock->issuer);
}

/* ---- views ---- */

static void view_fact(const as_engine *engine, const as_shock *shock, const as_fact *fact, as_view *view)
{
    *view = (as_view){
        .now = engine->now,
        .t0 = shock->t0,
        .status = fact->status,
        .tier = fact->tier,
        .fade = shock->fade,
        .frozen = shock->frozen,
        .dir = shock->dir,
        .basket_sign = (int8_t)((shock->z_sum > 0) - (shock->z_sum < 0)),
        .m = shock->m,
        .g = shock->g,
        .breadth = as_shock_breadth(shock),
        .control_k = shock->k,
        .contradicted = shock->contradicted,
        .flagged_mean_ar = (double)NAN,
        .variance_ratio = (double)NAN,
        .context = as_fact_context(fact),
        .thresholds = &engine->playbook->thresholds,
        .costs = &engine->config->costs,
    };
}

static void view_name(as_engine *engine, const as_anchor *anchor, as_view *view)
{
    const as_thresholds *th = &engine->playbook->thresholds;
    const as_name *name = &engine->market.name[anchor->instrument];
    view->instrument = anchor->instrument;
    view->session_open = as_market_session(&engine->market, anchor->instrument, engine->now)->open;
    view->session_bars = name->mid_class == AS_MID_BAR && name->bar_seconds >= 6 * 3600;
    view->beta = anchor->beta;
    view->sigma = anchor->sigma;
    view->car = anchor->car;
    view->h = anchor->h;
    view->z = anchor->z;
    view->mid = name->mark.mid;
    view->half_spread_bps = as_market_half_spread_bps(&engine->market, &engine->config->costs, anchor->instrument);
    view->spread_ratio = as_market_spread_ratio(&engine->market, anchor->instrument);
    view->blocks = anchor->blocks | as_market_condition(&engine->market, th, anchor->instrument, engine->now);
}

static void view_linked(as_engine *engine, as_shock *shock, const as_linked *linked, as_view *view)
{
    const as_thresholds *th = &engine->playbook->thresholds;
    const as_name *name = &engine->market.name[linked->anchor.instrument];
    view->role = AS_ROLE_LINKED;
    view->chain_sign = (int8_t)as_shock_chain_sign(shock, linked->w);
    view->w = linked->w;
    view->s_w = as_shock_s_w(shock, linked);
    view->e = linked->e;
    view->os = linked->os;
    view->x = linked->x;
    view->x_mean = linked->x_mean;
    view->s = linked->s;
    view->ou_b = linked->ou_b;
    view->ou_k = linked->ou_k;
    view->extreme_age_ns = engine->now - linked->extreme_at;
    view->own_news = name->own_news_at && name->own_news_fact != shock->fact &&
                     (double)(engine->now - name->own_news_at) < th->own_news_hours * 3600e9;
    view->variance_ratio = as_variance_ratio_run_value(&linked->minutes).vr;
    if (view->session_bars && fabs(linked->os) >= th->os_open) /* costs a pass over the names: only where it is asked */
        view->flagged_mean_ar = as_shock_flagged_mean(shock, engine->playbook);
}

/* ---- signals ---- */

static void signal_id(const as_engine *engine, const as_fact *fact, uint32_t strategy, uint32_t instrument,
                      uint8_t id[16])
{
    struct {
        char strategy[AS_STRATEGY_NAME_BYTES];
        char key[AS_FACT_KEY_BYTES];
        char symbol[AS_SYMBOL_BYTES];
        uint64_t generation, seq;
    } named;
    memset(&named, 0, sizeof named);
    copy_text(named.strategy, sizeof named.strategy, engine->strategy[strategy]->name);
    copy_text(named.key, sizeof named.key, fact->key);
    copy_text(named.symbol, sizeof named.symbol, as_symbols_name(&engine->universe->symbols, instrument));
    named.generation = fact->generation;
    named.seq = engine->seq;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(&named, sizeof named));
    memcpy(id, canonical.digest, 16);
}

static void count_step(as_engine *engine, const as_signal *signal, const as_verdict *verdict, as_signal_step step)
{
    as_engine_counters *counters = &engine->counters;
    uint8_t said = signal->open || step.say ? signal->kind : verdict->kind;
    uint8_t kind = said < AS_SIGNAL_KIND_COUNT ? said : AS_SIGNAL_CUSTOM;
    for (unsigned reason = 0; step.new_vetoes && reason < AS_REASON_COUNT; reason++)
        counters->veto[kind][reason] += step.new_vetoes >> reason & 1;
    if (!step.say)
        return;
    if (step.action == AS_ACTION_OPEN)
        counters->opened[kind]++;
    else if (step.action == AS_ACTION_CLOSE)
        counters->closed[kind]++;
    else if (signal->open)
        counters->updated[kind]++;
    else
        counters->near_misses[kind]++;
}

static void say_signal(as_engine *engine, const as_anchor *anchor, const as_fact *fact, uint32_t strategy,
                       const as_signal *signal, const as_view *view, const as_verdict *verdict, as_action action)
{
    as_decision *decision = begin(engine, AS_DECISION_SIG, fact);
    bool near_miss = action == AS_ACTION_UPDATE && !signal->open;
    decision->kind = signal->kind;
    decision->action = (uint8_t)action;
    memcpy(decision->id, signal->id, sizeof decision->id);
    copy_text(decision->strategy, sizeof decision->strategy, engine->strategy[strategy]->name);
    decision->side = near_miss ? 0 : signal->side;
    decision->strength = verdict->strength;
    decision->p = verdict->p;
    decision->z = view->z;
    decision->e = view->e;
    decision->os = view->os;
    decision->b = view->breadth;
    decision->k = view->control_k;
    decision->s = view->s;
    decision->m = view->m;
    decision->g = view->g;
    decision->rev_bps = verdict->rev_bps;
    decision->cost_bps = verdict->cost_bps;
    decision->half_life_ns = verdict->half_life_ns;
    decision->px = view->mid;
    decision->target = verdict->target;
    decision->stop = verdict->stop;
    decision->reasons = verdict->reasons | verdict->vetoes;
    if (signal->open) {
        decision->valid_until = signal->valid_until;
        decision->horizon_ns = signal->valid_until - engine->now;
    } else {
        decision->valid_until = engine->now; /* a close, and a near miss, is nothing to act on later */
        decision->horizon_ns = 0;
    }
    decision->anchor_seq = anchor->px == AS_PX_UNDEFINED ? AS_TS_UNDEFINED : anchor->seq;
    say(engine, view->instrument);
}

/* One strategy on one name. linked is NULL for the epicentre. */
static void run(as_engine *engine, as_shock *shock, const as_fact *fact, as_linked *linked, uint32_t strategy,
                as_view *view)
{
    as_signal *signal = linked ? &linked->signal[strategy] : &shock->epicentre_signal[strategy];
    view->open = signal->open;
    view->open_side = signal->open ? signal->side : 0;
    view->open_kind = signal->kind;
    view->opened_at = signal->opened_at;
    view->open_x = signal->open_x;
    view->open_px = signal->open_px;
    view->cooldown_until = signal->cooldown_until;

    as_verdict verdict = {
        .strength = (double)NAN,
        .p = (double)NAN,
        .rev_bps = (double)NAN,
        .cost_bps = (double)NAN,
        .half_life_ns = AS_TS_UNDEFINED,
        .target = AS_PX_UNDEFINED,
        .stop = AS_PX_UNDEFINED,
    };
    engine->strategy[strategy]->evaluate(view, signal->state, &verdict);
    if (verdict.want == AS_WANT_NONE && !signal->open && !signal->vetoes && !signal->spent)
        return;
    if (verdict.want == AS_WANT_OPEN && !signal->open && as_timers_full(&engine->timers))
        return; /* without room for its deadline it could be left open: it is not opened, and counted as refused */

    uint8_t id[16] = {0};
    uint64_t valid_until = 0;
    if (verdict.want == AS_WANT_OPEN && !signal->open) {
        signal_id(engine, fact, strategy, view->instrument, id);
        valid_until =
            as_decide_horizon(engine, view->instrument, engine->now,
                              verdict.horizon_sessions < HORIZON_MAX ? verdict.horizon_sessions : HORIZON_MAX);
    }
    as_signal_step step = as_signal_apply(signal, view, &verdict, id, valid_until);
    count_step(engine, signal, &verdict, step);
    if (step.opened && !signal->timed) { /* one deadline a signal: it is armed again when it fires too early */
        uint64_t place = linked ? (uint64_t)(linked - shock->linked) : EPICENTRE_KEY;
        signal->timed = as_timers_add(&engine->timers, (as_timer){.deadline = signal->valid_until,
                                                                  .kind = AS_TIMER_SIGNAL_EXPIRY,
                                                                  .key = shock->fact << 32 | place << 8 | strategy});
    }
    if (step.say)
        say_signal(engine, linked ? &linked->anchor : &shock->epicentre, fact, strategy, signal, view, &verdict,
                   step.action);
}

void as_decide_linked(as_engine *engine, as_shock *shock, as_linked *linked)
{
    const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
    if (!fact)
        return;
    as_shock_score(shock, linked, engine->playbook);
    if (!linked->anchor.measured)
        return;
    as_view view;
    view_fact(engine, shock, fact, &view);
    view_name(engine, &linked->anchor, &view);
    view_linked(engine, shock, linked, &view);
    for (uint32_t i = 0; i < engine->strategy_count; i++)
        run(engine, shock, fact, linked, i, &view);
}

void as_decide_shock(as_engine *engine, as_shock *shock)
{
    const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
    if (!fact)
        return;
    if (shock->frozen && !shock->frozen_said) {
        shock->frozen_said = true;
        say_shock(engine, shock);
    }
    if (!shock->epicentre.measured && isnan(shock->k))
        return;
    as_view view;
    view_fact(engine, shock, fact, &view);
    view_name(engine, &shock->epicentre, &view);
    view.role = AS_ROLE_EPICENTRE;
    view.e = view.os = view.x = view.x_mean = view.s = view.ou_b = view.ou_k = (double)NAN;
    for (uint32_t i = 0; i < engine->strategy_count; i++)
        run(engine, shock, fact, NULL, i, &view);
}

void as_decide_open(as_engine *engine, as_shock *shock)
{
    say_shock(engine, shock);
    /* what can never be measured is vetoed once, and counted, here (DESIGN 6.19) */
    for (uint32_t i = 0; i < shock->linked_count; i++) {
        const as_anchor *anchor = &shock->linked[i].anchor;
        uint64_t *veto = engine->counters.veto[AS_SIGNAL_OVERREACTION];
        if (anchor->factor_px == AS_PX_UNDEFINED)
            veto[AS_REASON_NO_FACTOR]++;
        else if (isnan(anchor->sigma))
            veto[AS_REASON_WARMUP]++;
    }
}

static void end_signal(as_engine *engine, as_shock *shock, const as_fact *fact, uint32_t strategy, as_signal *signal,
                       const as_anchor *anchor, const as_linked *linked, uint64_t reason)
{
    if (!as_signal_end(signal, engine->now))
        return;
    as_view view;
    view_fact(engine, shock, fact, &view);
    view_name(engine, anchor, &view);
    view.e = view.os = view.s = (double)NAN;
    if (linked)
        view_linked(engine, shock, linked, &view);
    as_verdict verdict = {
        .side = signal->side,
        .strength = (double)NAN,
        .p = signal->p,
        .rev_bps = (double)NAN,
        .cost_bps = (double)NAN,
        .half_life_ns = AS_TS_UNDEFINED,
        .target = AS_PX_UNDEFINED,
        .stop = AS_PX_UNDEFINED,
        .reasons = signal->reasons | reason,
    };
    engine->counters.expired[signal->kind]++;
    say_signal(engine, anchor, fact, strategy, signal, &view, &verdict, AS_ACTION_EXPIRE);
}

void as_decide_end(as_engine *engine, as_shock *shock, uint64_t reason)
{
    const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
    for (uint32_t s = 0; fact && s < engine->strategy_count; s++) {
        end_signal(engine, shock, fact, s, &shock->epicentre_signal[s], &shock->epicentre, NULL, reason);
        for (uint32_t i = 0; i < shock->linked_count; i++)
            end_signal(engine, shock, fact, s, &shock->linked[i].signal[s], &shock->linked[i].anchor, &shock->linked[i],
                       reason);
    }
}

void as_decide_expire(as_engine *engine, uint64_t key)
{
    as_shock *shock = as_shock_of(&engine->shocks, key >> 32);
    const as_fact *fact = as_fact_find(&engine->facts, key >> 32);
    uint32_t place = key >> 8 & 0xFFFFFF;
    uint32_t strategy = key & 0xFF;
    if (!shock || !fact)
        return;
    as_linked *linked = place == EPICENTRE_KEY ? NULL : &shock->linked[place];
    as_signal *signal = linked ? &linked->signal[strategy] : &shock->epicentre_signal[strategy];
    signal->timed = false;
    if (!signal->open)
        return;
    if (signal->valid_until > engine->now) { /* closed since, and opened anew */
        signal->timed = as_timers_add(
            &engine->timers, (as_timer){.deadline = signal->valid_until, .kind = AS_TIMER_SIGNAL_EXPIRY, .key = key});
        return;
    }
    end_signal(engine, shock, fact, strategy, signal, linked ? &linked->anchor : &shock->epicentre, linked,
               AS_REASON_BIT(TIME_STOP));
}

uint64_t as_decide_horizon(const as_engine *engine, uint32_t instrument, uint64_t from, uint32_t count)
{
    const as_calendar *calendar = as_universe_calendar(engine->universe, instrument);
    const as_session *session = as_calendar_session(calendar, from);
    for (uint32_t i = 0; i < count; i++)
        session = as_calendar_session(calendar, session->close + 1);
    return session->close;
}
