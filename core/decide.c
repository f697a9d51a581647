#include "core/decide.h"

#include <math.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { HORIZON_MAX = 64 };         /* sessions: longer wishes of a loaded strategy are cut */
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

/* A cleared decision with everything that comes from the fact (NULL: outside events) and the instant. */
static as_decision *begin(as_engine *engine, as_decision_type type, const as_fact *fact)
{
    as_decision *decision = &engine->scratch;
    as_decision_clear(decision);
    decision->type = (uint8_t)type;
    decision->ts_event = engine->ts_event;
    decision->ts_recv = engine->now;
    decision->tick_seq = engine->seq;
    decision->params = engine->config->hash;
    memcpy(decision->playbook, engine->playbook->version, sizeof decision->playbook);
    if (!fact)
        return decision;
    decision->status = fact->status;
    decision->event_type = fact->event_type;
    decision->generation = fact->generation;
    decision->novelty = fact->novelty;
    decision->headline_count = fact->headline_count;
    memcpy(decision->headline, fact->headline, (size_t)fact->headline_count * sizeof fact->headline[0]);
    memcpy(decision->fact, fact->key, sizeof decision->fact);
    copy_text(decision->event_name, sizeof decision->event_name, as_event_type_name(fact->event_type));
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

static uint64_t jump_age(const as_engine *engine, uint32_t instrument)
{
    uint64_t at = as_intraday_jump_at(&engine->market.intraday, instrument, NULL);
    return at == 0 || at > engine->now ? AS_TS_UNDEFINED : engine->now - at;
}

void as_decide_view(as_engine *engine, uint32_t instrument, as_view *view)
{
    const as_thresholds *th = &engine->playbook->thresholds;
    const as_name *name = &engine->market.name[instrument];
    *view = (as_view){
        .now = engine->now,
        .instrument = instrument,
        .session_open = as_market_session(&engine->market, instrument, engine->now)->open,
        .session_bars = name->mid_class == AS_MID_BAR && name->bar_seconds >= 6 * 3600,
        .mid = name->mark.mid,
        .half_spread_bps = as_market_half_spread_bps(&engine->market, &engine->config->costs, instrument),
        .spread_ratio = as_market_spread_ratio(&engine->market, instrument),
        .depth_ratio = as_market_depth_ratio(&engine->market, instrument),
        .jump_age_ns = jump_age(engine, instrument),
        .blocks = as_market_condition(&engine->market, th, instrument, engine->now),
        .thresholds = th,
        .costs = &engine->config->costs,
        .probability = engine->probability,
    };
}

static void view_fact(const as_shock *shock, const as_fact *fact, as_view *view)
{
    view->t0 = shock->t0;
    view->status = fact->status;
    view->tier = fact->tier;
    view->fade = shock->fade;
    view->frozen = shock->frozen;
    view->dir = shock->dir;
    view->basket_sign = (int8_t)((shock->z_sum > 0) - (shock->z_sum < 0));
    view->m = shock->m;
    view->g = shock->g;
    view->breadth = as_shock_breadth(shock);
    view->control_k = shock->k;
    view->contradicted = shock->contradicted;
    view->shocked = shock->shocked;
    view->z_epicentre = shock->epicentre.z;
    view->z_basket = as_shock_basket_z(shock);
    view->dispersion = as_shock_dispersion(shock);
    view->vol_ratio = shock->vol_ratio;
    view->stops = shock->stops;
    view->credibility = fact->cred;
    view->flagged_mean_ar = (double)NAN;
    view->context = as_fact_context(fact);
}

static void view_anchor(const as_anchor *anchor, as_view *view)
{
    view->beta = anchor->beta;
    view->sigma = anchor->sigma;
    view->car = anchor->car;
    view->h = anchor->h;
    view->z = anchor->z;
    view->blocks |= anchor->blocks;
}

static void view_epicentre(as_engine *engine, const as_shock *shock, const as_fact *fact, as_view *view)
{
    as_decide_view(engine, shock->epicentre.instrument, view);
    view_fact(shock, fact, view);
    view_anchor(&shock->epicentre, view);
    view->role = AS_ROLE_EPICENTRE;
    view->e = view->os = view->x = view->x_mean = view->s = view->ou_b = view->ou_k = (double)NAN;
    view->variance_ratio = (double)NAN;
}

/* view comes in as as_decide_view left it. */
static void view_linked(as_engine *engine, as_shock *shock, const as_fact *fact, as_linked *linked, as_view *view)
{
    as_shock_hedge(shock, linked);
    const as_thresholds *th = &engine->playbook->thresholds;
    const as_name *name = &engine->market.name[linked->anchor.instrument];
    view_fact(shock, fact, view);
    view_anchor(&linked->anchor, view);
    view->role = AS_ROLE_LINKED;
    view->chain_sign = (int8_t)as_shock_chain_sign(shock, linked->w);
    view->w = linked->w;
    view->s_w = as_shock_s_w(shock, linked);
    view->e = linked->e;
    view->later = linked->later;
    double held =
        linked->frozen_root_h > 0 ? linked->anchor.z * (linked->anchor.root_h / linked->frozen_root_h) : (double)NAN;
    if (fabs(linked->e) >= th->under_e &&
        held * as_sign(linked->e) >= AS_UNDER_CLOSE_MULTIPLE * th->under_ratio * fabs(linked->e))
        linked->transmitted = true;
    view->z_held = held;
    view->transmitted = linked->transmitted;
    view->since_news = linked->anchor.h - linked->news_h;
    if (view->since_news <= th->react_sessions && fabs(linked->os) >= th->os_open)
        linked->in_time = true;
    view->in_time = linked->in_time;
    view->context |= linked->later_var > 0 ? AS_REASON_BIT(OVERLAP) : 0;
    view->os = linked->os;
    view->x = linked->x;
    view->x_mean = linked->x_mean;
    view->s = linked->s;
    view->ou_b = linked->ou_b;
    view->ou_k = linked->ou_k;
    view->extreme_age_ns = engine->now - linked->extreme_at;
    view->own_news = name->own_news_at && name->own_news_fact != shock->fact &&
                     (double)(engine->now - name->own_news_at) < th->own_news_hours * 3600e9;
    view->variance_ratio = linked->variance_ratio;
    if (view->session_bars && fabs(linked->os) >= th->os_open) /* costs a pass over the names: only where it is asked */
        view->flagged_mean_ar =
            as_shock_flagged_mean(&engine->shocks, shock, &engine->market, th, engine->now, engine->seq);
}

/* ---- signals ---- */

static void signal_id(const as_engine *engine, const as_place *place, uint32_t instrument, uint8_t id[16])
{
    struct {
        char strategy[AS_STRATEGY_NAME_BYTES];
        char key[AS_FACT_KEY_BYTES];
        char symbol[AS_SYMBOL_BYTES];
        uint64_t generation, seq;
    } named;
    memset(&named, 0, sizeof named);
    copy_text(named.strategy, sizeof named.strategy, engine->strategy[place->strategy]->name);
    copy_text(named.key, sizeof named.key, place->key);
    copy_text(named.symbol, sizeof named.symbol, as_symbols_name(&engine->universe->symbols, instrument));
    named.generation = place->fact ? place->fact->generation : 0;
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

static void say_signal(as_engine *engine, const as_place *place, const as_view *view, const as_verdict *verdict,
                       as_action action)
{
    const as_signal *signal = place->signal;
    as_decision *decision = begin(engine, AS_DECISION_SIG, place->fact);
    bool near_miss = action == AS_ACTION_UPDATE && !signal->open;
    decision->kind = signal->kind;
    decision->action = (uint8_t)action;
    memcpy(decision->id, signal->id, sizeof decision->id);
    copy_text(decision->strategy, sizeof decision->strategy, engine->strategy[place->strategy]->name);
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
    decision->anchor_seq = place->anchor_seq;
    if (view->role == AS_ROLE_PAIR) {
        const char *partner = as_symbols_name(&engine->universe->symbols, view->partner);
        copy_text(decision->partner, sizeof decision->partner, partner);
        decision->hedge = view->hedge;
    }
    say(engine, view->instrument);
}

/* One deadline a signal, unless a new one comes before it: it is armed again when it fires too early. */
static void arm(as_engine *engine, as_signal *signal, as_timer_kind timer, uint64_t timer_key)
{
    as_timer deadline = {.deadline = signal->valid_until, .kind = timer, .key = timer_key};
    if ((signal->timed == 0 || signal->valid_until < signal->timed) && as_timers_add(&engine->timers, deadline))
        signal->timed = signal->valid_until;
}

bool as_decide_is_due(as_engine *engine, as_signal *signal, as_timer_kind timer, uint64_t timer_key)
{
    if (engine->ts_event >= signal->timed) /* the time of the deadline; a later one may be in the heap as well */
        signal->timed = 0;
    if (!signal->open)
        return false;
    if (signal->valid_until <= engine->now)
        return true;
    arm(engine, signal, timer, timer_key);
    return false;
}

static const as_verdict nothing_said = {
    .strength = (double)NAN,
    .p = (double)NAN,
    .rev_bps = (double)NAN,
    .cost_bps = (double)NAN,
    .half_life_ns = AS_TS_UNDEFINED,
    .target = AS_PX_UNDEFINED,
    .stop = AS_PX_UNDEFINED,
};

bool as_decide_signal(as_engine *engine, const as_place *place, as_view *view)
{
    as_signal *signal = place->signal;
    view->open = signal->open;
    view->open_side = signal->open ? signal->side : 0;
    view->open_kind = signal->kind;
    view->opened_at = signal->opened_at;
    view->open_x = signal->open_x;
    view->open_px = signal->open_px;
    view->cooldown_until = signal->cooldown_until;

    as_verdict verdict = nothing_said;
    engine->strategy[place->strategy]->evaluate(view, signal->state, &verdict);
    if (verdict.want == AS_WANT_NONE && !signal->open && !signal->vetoes && !signal->spent)
        return false;
    if (verdict.want == AS_WANT_OPEN && !signal->open && as_timers_full(&engine->timers))
        return false; /* without room for its deadline it could be left open: not opened, and counted as refused */

    uint8_t id[16] = {0};
    uint64_t valid_until = 0;
    if (verdict.want == AS_WANT_OPEN && !signal->open) {
        signal_id(engine, place, view->instrument, id);
        valid_until =
            as_decide_horizon(engine, view->instrument, engine->now,
                              verdict.horizon_sessions < HORIZON_MAX ? verdict.horizon_sessions : HORIZON_MAX);
    }
    as_signal_step step = as_signal_apply(signal, view, &verdict, id, valid_until);
    count_step(engine, signal, &verdict, step);
    if (step.opened)
        arm(engine, signal, place->timer, place->timer_key);
    if (step.another) {
        verdict = nothing_said;
        verdict.p = signal->p;
        verdict.reasons = signal->reasons | AS_REASON_BIT(FADED);
    }
    if (step.say)
        say_signal(engine, place, view, &verdict, step.action);
    return step.say && step.action == AS_ACTION_CLOSE && verdict.reasons & AS_REASON_BIT(STOP);
}

void as_decide_finish(as_engine *engine, const as_place *place, const as_view *view, uint64_t reasons, as_action action)
{
    as_signal *signal = place->signal;
    if (!as_signal_end(signal, engine->now))
        return;
    as_verdict verdict = nothing_said;
    verdict.side = signal->side;
    verdict.p = signal->p;
    verdict.reasons = signal->reasons | reasons;
    uint64_t *counter = action == AS_ACTION_CLOSE ? engine->counters.closed : engine->counters.expired;
    counter[signal->kind]++;
    say_signal(engine, place, view, &verdict, action);
}

/* ---- shocks ---- */

/* linked is NULL for the epicentre. */
_Static_assert(AS_STRATEGY_MAX <= 8, "as_linked.live is a set of strategies");

static void note_live(as_linked *linked, uint32_t strategy)
{
    if (!linked)
        return;
    const as_signal *signal = &linked->signal[strategy];
    uint8_t bit = (uint8_t)(1U << strategy);
    bool live = signal->open || signal->vetoes || signal->spent;
    linked->live = (uint8_t)(live ? linked->live | bit : linked->live & ~bit);
}

static as_place place_of(as_shock *shock, const as_fact *fact, as_linked *linked, uint32_t strategy)
{
    const as_anchor *anchor = linked ? &linked->anchor : &shock->epicentre;
    uint64_t number = linked ? (uint64_t)(linked - shock->linked) : EPICENTRE_KEY;
    return (as_place){
        .signal = linked ? &linked->signal[strategy] : &shock->epicentre_signal[strategy],
        .strategy = strategy,
        .fact = fact,
        .key = fact->key,
        .anchor_seq = anchor->px == AS_PX_UNDEFINED ? AS_TS_UNDEFINED : anchor->seq,
        .timer = AS_TIMER_SIGNAL_EXPIRY,
        .timer_key = shock->fact << 32 | number << 8 | strategy,
    };
}

static void run(as_engine *engine, as_shock *shock, const as_fact *fact, as_linked *linked, uint32_t strategy,
                as_view *view)
{
    as_place place = place_of(shock, fact, linked, strategy);
    shock->stops += as_decide_signal(engine, &place, view);
    note_live(linked, strategy);
}

_Static_assert(AS_STRATEGY_MAX <= 32, "a set of strategies is a word");

/* The strategies that may have something to say about a name: a set. The others have promised to be silent. */
static uint32_t strategies_asked(const as_engine *engine, const as_shock *shock, const as_linked *linked)
{
    const as_thresholds *th = &engine->playbook->thresholds;
    bool scored = fabs(linked->os) >= th->os_open || (shock->frozen && fabs(linked->e) >= th->under_e);
    uint32_t asked = 0;
    for (uint32_t i = 0; i < engine->strategy_count; i++) {
        bool own = linked->live >> i & 1;
        bool any = scored || own || engine->strategy[i]->ask == AS_ASK_ALWAYS;
        asked |= (uint32_t)(any && as_strategy_takes(engine->strategy[i], AS_ROLE_LINKED)) << i;
    }
    return asked;
}

/* What all facts of a name share of their views, made when the first of them asks. */
typedef struct name_look {
    uint32_t instrument;
    bool made;
    as_view view;
} name_look;

static const as_view *view_of(as_engine *engine, name_look *look)
{
    if (!look->made)
        as_decide_view(engine, look->instrument, &look->view);
    look->made = true;
    return &look->view;
}

/* What a halted name would be measured at is no price: that it could not be looked at is counted, once a halt. */
static void count_halt(as_engine *engine, as_linked *linked)
{
    uint64_t blocks =
        as_market_condition(&engine->market, &engine->playbook->thresholds, linked->anchor.instrument, engine->now);
    bool halted = blocks & AS_REASON_BIT(HALT);
    engine->counters.veto[AS_SIGNAL_OVERREACTION][AS_REASON_HALT] += halted && !linked->halt_counted;
    linked->halt_counted = halted;
}

static void decide(as_engine *engine, as_shock *shock, as_linked *linked, name_look *look)
{
    if (!linked->anchor.measured) {
        count_halt(engine, linked);
        return;
    }
    uint32_t asked = strategies_asked(engine, shock, linked);
    const as_fact *fact = asked ? as_fact_find(&engine->facts, shock->fact) : NULL;
    if (!fact)
        return;
    as_view view = *view_of(engine, look);
    view_linked(engine, shock, fact, linked, &view);
    for (; asked; asked &= asked - 1)
        run(engine, shock, fact, linked, (uint32_t)__builtin_ctz(asked), &view);
}

void as_decide_linked(as_engine *engine, as_shock *shock, as_linked *linked)
{
    name_look look;
    look.instrument = linked->anchor.instrument;
    look.made = false;
    as_shock_score_name(&engine->shocks, look.instrument);
    decide(engine, shock, linked, &look);
}

void as_decide_name(as_engine *engine, uint32_t instrument)
{
    const as_shock_refs *refs = &engine->shocks.refs[instrument];
    name_look look; /* its view is half a kilobyte: not cleared for nothing */
    look.instrument = instrument;
    look.made = false;
    as_shock_score_name(&engine->shocks, instrument);
    for (uint8_t r = 0; r < refs->count; r++) {
        as_shock *shock = &engine->shocks.shock[refs->ref[r].shock];
        if (refs->ref[r].linked < AS_REF_CONTROL)
            decide(engine, shock, &shock->linked[refs->ref[r].linked], &look);
    }
}

static bool epicentre_has_a_signal(const as_engine *engine, const as_shock *shock)
{
    bool any = false;
    for (uint32_t i = 0; i < engine->strategy_count; i++)
        any |= shock->epicentre_signal[i].open || shock->epicentre_signal[i].vetoes || shock->epicentre_signal[i].spent;
    return any;
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
    if (!shock->epicentre.measured && isnan(shock->k) && !epicentre_has_a_signal(engine, shock))
        return;
    as_view view;
    view_epicentre(engine, shock, fact, &view);
    for (uint32_t i = 0; i < engine->strategy_count; i++)
        if (as_strategy_takes(engine->strategy[i], AS_ROLE_EPICENTRE))
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

static void end_signal(as_engine *engine, as_shock *shock, const as_fact *fact, as_linked *linked, uint32_t strategy,
                       uint64_t reason)
{
    as_place place = place_of(shock, fact, linked, strategy);
    if (!place.signal->open)
        return;
    as_view view;
    if (linked) {
        as_decide_view(engine, linked->anchor.instrument, &view);
        view_linked(engine, shock, fact, linked, &view);
    } else {
        view_epicentre(engine, shock, fact, &view);
    }
    as_decide_finish(engine, &place, &view, reason, AS_ACTION_EXPIRE);
    note_live(linked, strategy);
}

void as_decide_end(as_engine *engine, as_shock *shock, uint64_t reason)
{
    const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
    for (uint32_t s = 0; fact && s < engine->strategy_count; s++) {
        end_signal(engine, shock, fact, NULL, s, reason);
        for (uint32_t i = 0; i < shock->linked_count; i++)
            end_signal(engine, shock, fact, &shock->linked[i], s, reason);
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
    if (as_decide_is_due(engine, signal, AS_TIMER_SIGNAL_EXPIRY, key))
        end_signal(engine, shock, fact, linked, strategy, AS_REASON_BIT(TIME_STOP));
}

uint64_t as_decide_horizon(const as_engine *engine, uint32_t instrument, uint64_t from, uint32_t count)
{
    const as_calendar *calendar = as_universe_calendar(engine->universe, instrument);
    const as_session *session = as_calendar_session(calendar, from);
    for (uint32_t i = 0; i < count; i++)
        session = as_calendar_session(calendar, session->close + 1);
    return session->close;
}
