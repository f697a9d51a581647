#include "core/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "core/decide.h"
#include "core/error.h"
#include "core/outside.h"

/* ---- life ---- */

int as_engine_new(const as_engine_options *options, as_engine **out)
{
    uint32_t n = options->universe->symbols.count;
    as_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return as_error_set(-ENOMEM, "engine: out of memory");
    engine->universe = options->universe;
    engine->playbook = options->playbook;
    engine->config = options->config;
    engine->probability = options->probability;
    engine->strategy_count = options->strategy_count;
    for (uint32_t i = 0; i < options->strategy_count; i++)
        engine->strategy[i] = options->strategy[i];
    engine->emit = options->emit;
    engine->emit_context = options->emit_context;
    engine->dirty = calloc(n, sizeof *engine->dirty);
    engine->is_dirty = calloc(n, sizeof *engine->is_dirty);

    int rc = engine->dirty && engine->is_dirty ? 0 : -ENOMEM;
    if (rc == 0)
        rc = as_market_init(&engine->market, options->universe, options->orders_max);
    if (rc == 0)
        rc = as_fact_table_init(&engine->facts);
    if (rc == 0)
        rc = as_shock_table_init(&engine->shocks, n);
    if (rc == 0)
        rc = as_timers_init(&engine->timers, AS_TIMER_MAX);
    if (rc == 0)
        rc = as_outside_new(engine, &engine->outside);
    if (rc < 0) {
        as_engine_free(engine);
        return as_error_set(rc, "engine: out of memory for %u instruments", n);
    }
    as_market_start(&engine->market, &options->playbook->thresholds);
    as_outside_reload(engine);
    *out = engine;
    return 0;
}

void as_engine_begin_with(as_engine *engine, const as_playbook *playbook)
{
    AS_ASSERT(!engine->started);
    engine->playbook = playbook;
    as_market_start(&engine->market, &playbook->thresholds);
    as_outside_reload(engine);
}

void as_engine_free(as_engine *engine)
{
    if (!engine)
        return;
    as_outside_free(engine->outside);
    as_timers_fini(&engine->timers);
    as_shock_table_fini(&engine->shocks);
    as_fact_table_fini(&engine->facts);
    as_market_fini(&engine->market);
    free(engine->dirty);
    free(engine->is_dirty);
    free(engine);
}

/* ---- evaluation ---- */

static void sift(uint32_t *heap, uint32_t hole, uint32_t count)
{
    uint32_t value = heap[hole];
    for (uint32_t child; (child = 2 * hole + 1) < count; hole = child) {
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= value)
            break;
        heap[hole] = heap[child];
    }
    heap[hole] = value;
}

/* Heap sort: in place and bounded. An instant of one name, the usual one, costs nothing. */
static void sort_dirty(uint32_t *dirty, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift(dirty, i, count);
    for (uint32_t end = count; end-- > 1;) {
        uint32_t largest = dirty[0];
        dirty[0] = dirty[end];
        dirty[end] = largest;
        sift(dirty, 0, end);
    }
}

static void mark_dirty(as_engine *engine, uint32_t instrument)
{
    if (engine->is_dirty[instrument])
        return;
    engine->is_dirty[instrument] = 1;
    engine->dirty[engine->dirty_count++] = instrument;
}

/* The shocks that an instant has touched, as sets of slots. */
typedef struct touch {
    uint64_t any;
    uint64_t epicentre; /* its epicentre has ticked */
    uint64_t control;   /* one of its controls has */
} touch;

_Static_assert(AS_FACT_MAX <= 64, "a set of shocks is a word");

/* First look at an instant: prices into measures. */
static touch measure_dirty(as_engine *engine)
{
    as_shock_table *table = &engine->shocks;
    touch touched = {0};
    for (uint32_t d = 0; d < engine->dirty_count; d++) {
        const as_shock_refs *refs = &table->refs[engine->dirty[d]];
        for (uint8_t r = 0; r < refs->count; r++) {
            as_shock *shock = &table->shock[refs->ref[r].shock];
            uint16_t linked = refs->ref[r].linked;
            uint64_t bit = UINT64_C(1) << refs->ref[r].shock;
            touched.any |= bit;
            if (linked == AS_REF_EPICENTRE) {
                touched.epicentre |= bit;
                as_shock_measure_epicentre(table, shock, &engine->market, engine->playbook, engine->now);
            } else if (linked < AS_REF_CONTROL) {
                as_shock_measure_linked(table, shock, &shock->linked[linked], &engine->market, engine->playbook,
                                        engine->now);
            } else {
                touched.control |= bit;
            }
        }
    }
    return touched;
}

/* The controls, whether it is a shock, and the epicentre's strategies where one of these has news for them. */
static void weigh_shock(as_engine *engine, as_shock *shock, bool control, bool epicentre)
{
    bool contradicted = shock->contradicted, shocked = shock->shocked;
    as_shock_recount(shock, &engine->playbook->thresholds);
    as_shock_measure_control(&engine->shocks, shock, &engine->market, engine->playbook, engine->now, control);
    as_shock_weigh_evidence(shock, &engine->playbook->thresholds, engine->now);
    if (epicentre || control || contradicted != shock->contradicted || shocked != shock->shocked ||
        (shock->frozen && !shock->frozen_said))
        as_decide_shock(engine, shock);
}

/* Second look, with the sums complete: breadth, controls, evidence. */
static void weigh_dirty(as_engine *engine, touch touched)
{
    as_shock_table *table = &engine->shocks;
    for (uint32_t d = 0; d < engine->dirty_count; d++) {
        const as_shock_refs *refs = &table->refs[engine->dirty[d]];
        for (uint8_t r = 0; r < refs->count; r++) {
            as_shock *shock = &table->shock[refs->ref[r].shock];
            if (refs->ref[r].linked < AS_REF_CONTROL)
                as_shock_count_linked(shock, &shock->linked[refs->ref[r].linked], &engine->playbook->thresholds);
        }
    }
    for (uint64_t left = touched.any; left; left &= left - 1) {
        int slot = __builtin_ctzll(left);
        weigh_shock(engine, &table->shock[slot], touched.control >> slot & 1, touched.epicentre >> slot & 1);
    }
}

/* Third look: scores, strategies, decisions. */
static void decide_dirty(as_engine *engine)
{
    for (uint32_t d = 0; d < engine->dirty_count; d++)
        if (engine->shocks.refs[engine->dirty[d]].count > 0)
            as_decide_name(engine, engine->dirty[d]);
}

void as_engine_flush(as_engine *engine)
{
    if (!engine->instant_open)
        return;
    engine->instant_open = false;
    if (engine->dirty_count == 0)
        return;
    if (engine->shocks.open_count > 0) {
        sort_dirty(engine->dirty, engine->dirty_count);
        touch touched = measure_dirty(engine);
        if (touched.any) {
            weigh_dirty(engine, touched);
            decide_dirty(engine);
        }
    }
    for (uint32_t d = 0; d < engine->dirty_count; d++)
        engine->is_dirty[engine->dirty[d]] = 0;
    engine->dirty_count = 0;
}

/* All names of one shock again: its gate, status or membership has changed. news: what is said of the fact has. */
static void evaluate_shock(as_engine *engine, as_shock *shock, bool news)
{
    as_shock_table *table = &engine->shocks;
    as_market *market = &engine->market;
    as_shock_measure_epicentre(table, shock, market, engine->playbook, engine->now);
    for (uint32_t i = 0; i < shock->linked_count; i++)
        as_shock_measure_linked(table, shock, &shock->linked[i], market, engine->playbook, engine->now);
    for (uint32_t i = 0; news && i < shock->linked_count; i++)
        shock->linked[i].news_h = shock->linked[i].anchor.measured ? shock->linked[i].anchor.h : 0;
    for (uint32_t i = 0; i < shock->linked_count; i++)
        as_shock_count_linked(shock, &shock->linked[i], &engine->playbook->thresholds);
    weigh_shock(engine, shock, true, true);
    for (uint32_t i = 0; i < shock->linked_count; i++)
        as_decide_linked(engine, shock, &shock->linked[i]);
}

/* ---- headlines ---- */

/* Trading days ahead, by the issuer's calendar. */
static uint64_t fact_deadline(const as_engine *engine, const as_fact *fact)
{
    return as_decide_horizon(engine, fact->issuer, fact->last_item,
                             (uint32_t)engine->playbook->thresholds.expiry_sessions);
}

static void add_timer(as_engine *engine, as_timer_kind kind, uint64_t deadline, uint64_t key)
{
    as_timers_add(&engine->timers, (as_timer){.deadline = deadline, .kind = kind, .key = key});
}

static void retire(as_engine *engine, as_shock *shock, uint64_t reason)
{
    as_decide_end(engine, shock, reason);
    as_shock_retire(&engine->shocks, shock);
}

static bool has_channels(const as_playbook *playbook, uint16_t event_type)
{
    const as_event_family *family = &playbook->family[event_type];
    if (!family->used)
        return false;
    bool any = family->symbol_count > 0 || family->winner.set || family->same_bucket.set || family->supplier.set ||
               family->customer.set;
    for (unsigned i = 0; i < AS_BUCKET_MAX && !any; i++)
        any = family->bucket[i].set;
    return any;
}

static void open_shock(as_engine *engine, as_fact *fact, const as_headline *headline)
{
    if (!as_fact_live(fact) || !has_channels(engine->playbook, fact->event_type))
        return;
    if (engine->shocks.open_count == AS_FACT_MAX) {
        retire(engine, as_shock_oldest(&engine->shocks), AS_REASON_BIT(FACT_EXPIRED));
        engine->counters.shocks_displaced++;
    }
    as_shock *shock = as_shock_open(&engine->shocks, &engine->market, engine->playbook, fact, headline);
    if (shock->late)
        fact->context |= AS_REASON_BIT(LATE_NEWS);
    engine->counters.shocks++;
    double freeze_ns = engine->playbook->thresholds.m_freeze_min * 60e9;
    add_timer(engine, AS_TIMER_FACT_FREEZE, fact->t0 + (uint64_t)freeze_ns, fact->serial);
    as_decide_open(engine, shock);
    as_outside_event(engine, shock);
}

/* A strong item about a name that is linked to other facts: its open fades are looked at again. */
static void own_news(as_engine *engine, uint32_t instrument, const as_fact_change *change, double relevance)
{
    const as_thresholds *th = &engine->playbook->thresholds;
    if (relevance < th->own_news_relevance || change->novelty < th->own_news_novelty)
        return;
    as_name *name = &engine->market.name[instrument];
    name->own_news_at = engine->now;
    name->own_news_fact = change->fact ? change->fact->serial : 0;
    as_outside_interrupt(engine, instrument, AS_REASON_BIT(OWN_NEWS));
    const as_shock_refs *refs = &engine->shocks.refs[instrument];
    for (uint8_t r = 0; r < refs->count; r++) {
        as_shock *shock = &engine->shocks.shock[refs->ref[r].shock];
        if (refs->ref[r].linked < AS_REF_CONTROL && shock->fact != name->own_news_fact)
            as_decide_linked(engine, shock, &shock->linked[refs->ref[r].linked]);
    }
}

/* What was said of a live fact has changed. */
static void fact_changed(as_engine *engine, const as_fact_change *change)
{
    if (change->status_changed)
        as_decide_fact(engine, change->fact);
    as_shock *shock = as_shock_of(&engine->shocks, change->fact->serial);
    double g = as_fact_gate(change->fact, &engine->playbook->gate);
    if (shock && (change->status_changed || g < shock->g || g > shock->g)) { /* a better source moves G as well */
        shock->g = g;
        evaluate_shock(engine, shock, change->status_changed);
    }
}

static void expire(as_engine *engine, as_fact *fact)
{
    as_fact_expire(&engine->facts, fact, engine->now);
    as_decide_fact(engine, fact);
    as_shock *shock = as_shock_of(&engine->shocks, fact->serial);
    if (shock)
        retire(engine, shock, AS_REASON_BIT(FACT_EXPIRED));
}

static void fact_created(as_engine *engine, as_fact *fact, const as_headline *headline)
{
    engine->counters.facts++;
    engine->counters.generations += fact->generation > 1;
    add_timer(engine, AS_TIMER_FACT_EXPIRY, fact_deadline(engine, fact), fact->serial);
    as_decide_fact(engine, fact);
    open_shock(engine, fact, headline);
    as_fact *oldest = as_fact_forget_next(&engine->facts);
    if (oldest)
        expire(engine, oldest); /* the next creation takes its place: that it is over is said while it is there */
}

static void apply_issuer(as_engine *engine, const as_headline *headline, unsigned idx)
{
    uint32_t issuer = headline->reading.issuer[idx];
    if (issuer >= engine->universe->symbols.count)
        return;
    as_fact_change change = as_fact_apply(&engine->facts, engine->playbook, &engine->universe->symbols, headline, idx);
    own_news(engine, issuer, &change, (double)headline->reading.relevance[idx]);
    if (!change.fact) {
        engine->counters.headlines_no_fact++;
        return;
    }
    engine->counters.headlines_repeated += change.repeated;
    if (change.created)
        fact_created(engine, change.fact, headline);
    else
        fact_changed(engine, &change);
}

static void apply_headline(as_engine *engine, const as_headline *headline)
{
    engine->counters.headlines++;
    engine->ts_event = headline->ts_event;
    if (headline->reading.issuer_count == 0)
        engine->counters.headlines_no_issuer++;
    as_fact_change taken_back;
    for (uint64_t serial = 0; as_fact_take_back(&engine->facts, headline, &serial, &taken_back);)
        fact_changed(engine, &taken_back);
    for (unsigned i = 0; i < headline->reading.issuer_count; i++)
        apply_issuer(engine, headline, i);
}

/* ---- timers ---- */

static void schedule_session(as_engine *engine, uint32_t calendar, uint64_t after)
{
    const as_session *session = as_calendar_session(engine->universe->calendar[calendar], after);
    if (session->close >= after)
        add_timer(engine, AS_TIMER_SESSION_CLOSE, session->close, calendar);
}

static void fact_frozen(as_engine *engine, uint64_t serial)
{
    as_shock *shock = as_shock_of(&engine->shocks, serial);
    if (!shock)
        return;
    /* an epicentre that is private or was never priced keeps the playbook's M */
    if (shock->epicentre.px == AS_PX_UNDEFINED || shock->epicentre.blocks)
        shock->frozen = true;
    evaluate_shock(engine, shock, false);
}

static void fact_expired(as_engine *engine, uint64_t serial)
{
    as_fact *fact = as_fact_find(&engine->facts, serial);
    if (!fact || fact->status == AS_FACT_EXPIRED)
        return;
    uint64_t deadline = fact_deadline(engine, fact);
    if (deadline > engine->now) {
        add_timer(engine, AS_TIMER_FACT_EXPIRY, deadline, serial);
        return;
    }
    expire(engine, fact);
}

static void apply_timer(as_engine *engine)
{
    as_timer timer = as_timers_take(&engine->timers);
    engine->counters.timers++;
    engine->ts_event = timer.deadline;
    switch ((as_timer_kind)timer.kind) {
    case AS_TIMER_SESSION_CLOSE: {
        uint32_t calendar = (uint32_t)timer.key;
        const as_session *session = as_calendar_session(engine->universe->calendar[calendar], timer.deadline);
        schedule_session(engine, calendar, timer.deadline + 1); /* before anything else can take its place */
        as_market_roll(&engine->market, &engine->playbook->thresholds, calendar, session);
        as_outside_roll(engine, calendar, session);
        break;
    }
    case AS_TIMER_FACT_FREEZE:
        fact_frozen(engine, timer.key);
        break;
    case AS_TIMER_FACT_EXPIRY:
        fact_expired(engine, timer.key);
        break;
    case AS_TIMER_SIGNAL_EXPIRY:
        as_decide_expire(engine, timer.key);
        break;
    case AS_TIMER_OUTSIDE_EXPIRY:
        as_outside_expire(engine, timer.key);
        break;
    }
}

/* ---- step ---- */

static void start(as_engine *engine, uint64_t now)
{
    engine->started = true;
    for (uint32_t i = 0; i < engine->universe->calendar_count; i++)
        schedule_session(engine, i, now);
}

static void apply_reload(as_engine *engine, const as_playbook *playbook)
{
    engine->playbook = playbook;
    engine->counters.reloads++;
    as_outside_reload(engine);
    for (unsigned i = 0; i < AS_FACT_MAX; i++) {
        as_shock *shock = &engine->shocks.shock[i];
        const as_fact *fact = as_fact_find(&engine->facts, shock->fact);
        if (!fact)
            continue;
        shock->g = as_fact_gate(fact, &playbook->gate);
    }
    for (unsigned i = 0; i < AS_FACT_MAX; i++)
        if (engine->shocks.shock[i].fact)
            evaluate_shock(engine, &engine->shocks.shock[i], false);
}

void as_engine_step(as_engine *engine, const as_event *event, const as_headline *headline, const as_playbook *playbook)
{
    AS_DCHECK(event->ts_recv >= engine->now);
    if (!engine->started)
        start(engine, event->ts_recv);
    engine->counters.events++;

    if (as_event_is_market(event) && event->kind != AS_EVENT_RELOAD) {
        if (!engine->instant_open) {
            engine->instant_open = true;
            engine->seq++;
            engine->ts_event = 0;
        }
        engine->now = event->ts_recv;
        if (event->ts_event > engine->ts_event) /* the latest of the instant: its order does not matter */
            engine->ts_event = event->ts_event;
        if (as_market_apply(&engine->market, &engine->playbook->thresholds, event, engine->seq))
            mark_dirty(engine, event->instrument);
        if (event->flags & AS_EVENT_LAST)
            as_engine_flush(engine);
        return;
    }
    as_engine_flush(engine);
    engine->now = event->ts_recv;
    engine->seq++;
    if (event->kind == AS_EVENT_HEADLINE)
        apply_headline(engine, headline);
    else if (event->kind == AS_EVENT_TIMER)
        apply_timer(engine);
    else if (event->kind == AS_EVENT_RELOAD)
        apply_reload(engine, playbook);
    engine->counters.instants = engine->seq;
}

/* ---- prefetching ---- */

void as_engine_prefetch(const as_engine *engine, const as_event *event)
{
    if (event->instrument >= engine->universe->symbols.count)
        return;
    const as_name *name = &engine->market.name[event->instrument];
    __builtin_prefetch(name, 1);
    __builtin_prefetch(&name->spread, 1);
    __builtin_prefetch((const char *)&name->spread + AS_NAME_LINE_BYTES, 1);
    __builtin_prefetch(&engine->market.intraday.now[event->instrument], 1);
    __builtin_prefetch(&engine->shocks.refs[event->instrument], 0);
    if (as_event_is_book(event) && engine->market.books)
        as_book_prefetch(engine->market.books, event);
}

void as_engine_prefetch_levels(const as_engine *engine, const as_event *event)
{
    if (as_event_is_book(event) && engine->market.books)
        as_book_prefetch_levels(engine->market.books, event);
}
