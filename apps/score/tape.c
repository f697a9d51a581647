#include "apps/score/tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"

enum { ENTRIES = 1 + AS_SCORE_DELAYS, MARKS_MAX = 80 };

static const double bps = 1e4;

/* One order, in the name or in its hedge. */
typedef struct fill {
    uint64_t due; /* when it goes out; AS_TS_UNDEFINED: not yet */
    uint64_t ts;  /* of the price it met; 0: none yet */
    double mid, half;
} fill;

typedef struct leg {
    fill name, factor;
} leg;

typedef struct position {
    size_t signal; /* in the book */
    uint32_t instrument, factor;
    leg entry[ENTRIES]; /* the order's, then one a delay */
    leg own_exit, horizon;
    double booked_bps; /* gross, marked so far */
    struct {
        size_t day;
        double net_bps;
    } mark[MARKS_MAX];
    unsigned mark_count;
    size_t entry_day;
} position;

struct as_score_tape {
    as_score_book *book;
    as_sink *sink;
    const as_setup *setup;
    as_engine *engine;
    uint32_t run;
    as_score_price *price; /* one an instrument */
    uint32_t *waiting;     /* orders without a price, by instrument */
    uint32_t *touched;
    uint8_t *is_touched;
    uint32_t touched_count;
    position *live;
    size_t live_count, live_room;
    size_t *unclosed; /* signals without a position that wait for their close */
    size_t unclosed_count, unclosed_room;
    uint64_t next_horizon;
    as_event latest;
    bool has_latest, in_news; /* days count from the first headline */
    uint64_t now;
    uint64_t session_close;
    size_t day; /* current one, in the book */
    bool has_day;
};

as_score_tape *as_score_tape_new(as_score_book *book, const char *label, as_sink *sink)
{
    as_score_tape *tape = calloc(1, sizeof *tape);
    AS_ASSERT(tape);
    *tape = (as_score_tape){
        .book = book, .sink = sink, .run = book->run_count, .next_horizon = UINT64_MAX, .session_close = 0};
    as_score_run *run = as_score_book_run(book);
    (void)snprintf(run->label, sizeof run->label, "%s", label);
    return tape;
}

/* What p comes from. */
static void describe_calibration(const as_setup *setup, as_score_run *run)
{
    const as_probability *table = setup->probability;
    if (!table)
        return;
    memcpy(run->calibration, setup->config->calibration, sizeof run->calibration);
    memcpy(run->calibration_source, table->source, sizeof run->calibration_source);
    run->calibration_from = table->from;
    run->calibration_to = table->to;
    run->calibration_hash = setup->config->calibration_hash;
    run->calibration_signals = table->signals;
}

void as_score_tape_attach(as_score_tape *tape, as_setup *setup)
{
    uint32_t n = setup->universe.symbols.count;
    tape->setup = setup;
    tape->engine = setup->engine;
    tape->price = calloc(n, sizeof *tape->price);
    tape->waiting = calloc(n, sizeof *tape->waiting);
    tape->touched = calloc(n, sizeof *tape->touched);
    tape->is_touched = calloc(n, sizeof *tape->is_touched);
    AS_ASSERT(tape->price && tape->waiting && tape->touched && tape->is_touched);
    setup->merge.record = as_score_tape_record;
    setup->merge.record_context = tape;
    tape->book->run[tape->run].params = setup->config->hash;
    tape->book->run[tape->run].breadth_gate = setup->playbook->thresholds.breadth_gate;
    describe_calibration(setup, &tape->book->run[tape->run]);
}

void as_score_tape_free(as_score_tape *tape)
{
    if (!tape)
        return;
    free(tape->price);
    free(tape->waiting);
    free(tape->touched);
    free(tape->is_touched);
    free(tape->live);
    free(tape->unclosed);
    free(tape);
}

/* ---- orders ---- */

static void *room_for_one(void *list, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : 64;
    void *grown = realloc(list, *room * item_bytes);
    AS_ASSERT(grown);
    return grown;
}

static bool is_open_order(const fill *f)
{
    return f->due != AS_TS_UNDEFINED && !f->ts;
}

static void order(as_score_tape *tape, const position *p, leg *both, uint64_t due)
{
    both->name.due = both->factor.due = due;
    tape->waiting[p->instrument]++;
    tape->waiting[p->factor]++;
}

static void try_fill(as_score_tape *tape, uint32_t instrument, fill *f)
{
    const as_score_price *price = &tape->price[instrument];
    if (!is_open_order(f) || price->ts <= f->due || (price->bar && price->from < f->due))
        return;
    *f = (fill){.due = f->due, .ts = price->ts, .mid = price->bar ? price->open : price->mid, .half = price->half};
    tape->waiting[instrument]--;
}

static bool is_filled(const leg *both)
{
    return both->name.ts && both->factor.ts;
}

static bool is_hopeless(const leg *both)
{
    return both->name.due == AS_TS_UNDEFINED && both->name.ts == UINT64_MAX;
}

/* ---- outcomes ---- */

static double residual_bps(const as_score_signal *s, const leg *from, double mid, double factor_mid)
{
    return bps * (mid / from->name.mid - 1 - s->beta * (factor_mid / from->factor.mid - 1));
}

static as_score_trade trade(const as_score_tape *tape, const as_score_signal *s, const leg *entry, const leg *leave)
{
    const as_costs_config *costs = &tape->setup->config->costs;
    double move = bps * (leave->name.mid / entry->name.mid - 1);
    double days = (double)(leave->name.ts - entry->name.ts) / (double)AS_NS_PER_DAY;
    double borrow = s->side < 0 ? tape->book->borrow_bps_year * days / 365 : 0;
    double cost = bps * (entry->name.half + leave->name.half) + 2 * (costs->fees_bps + costs->impact_bps) + borrow;
    double hedge = fabs(s->beta) * (bps * (entry->factor.half + leave->factor.half) + 2 * costs->fees_bps);
    as_score_trade t = {
        .gross_bps = s->side * residual_bps(s, entry, leave->name.mid, leave->factor.mid),
        .raw_gross_bps = s->side * move,
    };
    t.net_bps = t.gross_bps - cost - hedge;
    t.raw_net_bps = t.raw_gross_bps - cost;
    return t;
}

static as_score_fill fill_of(const leg *both)
{
    const double unit = (double)AS_PX_ONE;
    return (as_score_fill){both->name.ts, both->name.mid / unit, both->factor.mid / unit};
}

static void book_days(as_score_tape *tape, const position *p, const as_score_signal *s)
{
    as_score_day *day = tape->book->day;
    for (unsigned i = 0; i < p->mark_count; i++)
        day[p->mark[i].day].net_bps[s->lane] += p->mark[i].net_bps;
    day[tape->day].net_bps[s->lane] += s->closed.net_bps - p->booked_bps;
    day[p->entry_day].turnover[s->lane] += 1;
    day[tape->day].turnover[s->lane] += 1;
}

/* The signal's outcome, once both of its ends have prices. */
static bool conclude(as_score_tape *tape, const position *p)
{
    as_score_signal *s = &tape->book->signal[p->signal];
    if (is_hopeless(&p->horizon)) /* no price until the horizon */
        return true;
    if (!is_filled(&p->own_exit) || !is_filled(&p->horizon) || !is_filled(&p->entry[0]))
        return false;
    s->outcome = AS_SCORE_SCORED;
    s->horizon = trade(tape, s, &p->entry[0], &p->horizon);
    s->closed = trade(tape, s, &p->entry[0], &p->own_exit);
    s->entry = fill_of(&p->entry[0]);
    s->own_exit = fill_of(&p->own_exit);
    s->end = fill_of(&p->horizon);
    s->forward_bps = residual_bps(s, &p->entry[0], p->horizon.name.mid, p->horizon.factor.mid);
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++) {
        const leg *entry = &p->entry[1 + d];
        bool in_time = is_filled(entry) && entry->name.ts <= p->horizon.name.ts;
        as_score_trade late = {.net_bps = (double)NAN, .gross_bps = (double)NAN};
        if (in_time)
            late = trade(tape, s, entry, &p->horizon);
        s->delay_net_bps[d] = late.net_bps;
        s->delay_gross_bps[d] = late.gross_bps;
    }
    if (tape->has_day)
        book_days(tape, p, s);
    return true;
}

static void await_close(as_score_tape *tape, size_t signal)
{
    tape->unclosed = room_for_one(tape->unclosed, tape->unclosed_count, &tape->unclosed_room, sizeof signal);
    tape->unclosed[tape->unclosed_count++] = signal;
}

/* The position is over; its signal may still have to be closed. */
static void drop(as_score_tape *tape, size_t idx)
{
    position *p = &tape->live[idx];
    if (tape->book->signal[p->signal].action == AS_ACTION_OPEN)
        await_close(tape, p->signal);
    leg *legs[ENTRIES + 2];
    for (unsigned i = 0; i < ENTRIES; i++)
        legs[i] = &p->entry[i];
    legs[ENTRIES] = &p->own_exit;
    legs[ENTRIES + 1] = &p->horizon;
    for (unsigned i = 0; i < ENTRIES + 2; i++) {
        tape->waiting[p->instrument] -= is_open_order(&legs[i]->name);
        tape->waiting[p->factor] -= is_open_order(&legs[i]->factor);
    }
    tape->live[idx] = tape->live[--tape->live_count];
}

/* ---- time ---- */

/* New prices of an instant, for whoever waits for them. */
static void end_instant(as_score_tape *tape)
{
    bool wanted = false;
    for (uint32_t i = 0; i < tape->touched_count; i++) {
        wanted = wanted || tape->waiting[tape->touched[i]];
        tape->is_touched[tape->touched[i]] = 0;
    }
    tape->touched_count = 0;
    for (size_t i = tape->live_count; wanted && i-- > 0;) {
        position *p = &tape->live[i];
        for (unsigned k = 0; k < ENTRIES; k++) {
            try_fill(tape, p->instrument, &p->entry[k].name);
            try_fill(tape, p->factor, &p->entry[k].factor);
        }
        try_fill(tape, p->instrument, &p->own_exit.name);
        try_fill(tape, p->factor, &p->own_exit.factor);
        if (is_filled(&p->own_exit) && conclude(tape, p))
            drop(tape, i);
    }
}

static void last_price(const as_score_tape *tape, uint32_t instrument, fill *f)
{
    const as_score_price *price = &tape->price[instrument];
    *f = (fill){.due = AS_TS_UNDEFINED, .ts = price->ts, .mid = price->mid, .half = price->half};
}

/* Horizons that ended before `until`: the last prices of before count. A name that had none since its entry is lost. */
static void end_horizons(as_score_tape *tape, uint64_t until)
{
    tape->next_horizon = UINT64_MAX;
    for (size_t i = tape->live_count; i-- > 0;) {
        position *p = &tape->live[i];
        uint64_t end = tape->book->signal[p->signal].valid_until;
        if (p->horizon.name.ts)
            continue;
        if (end >= until) {
            tape->next_horizon = end < tape->next_horizon ? end : tape->next_horizon;
            continue;
        }
        last_price(tape, p->instrument, &p->horizon.name);
        last_price(tape, p->factor, &p->horizon.factor);
        if (!is_filled(&p->entry[0]) || p->horizon.name.ts < p->entry[0].name.ts)
            p->horizon.name = (fill){.due = AS_TS_UNDEFINED, .ts = UINT64_MAX};
        if ((is_hopeless(&p->horizon) || is_filled(&p->own_exit)) && conclude(tape, p))
            drop(tape, i);
    }
}

static uint32_t linked_names(const as_engine *engine)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < engine->universe->symbols.count; i++) {
        const as_shock_refs *refs = &engine->shocks.refs[i];
        bool linked = false;
        for (uint8_t r = 0; r < refs->count; r++)
            linked = linked || refs->ref[r].linked < AS_REF_CONTROL;
        count += linked;
    }
    return count;
}

/* Marks to market at the close, and what the day had. */
static void end_session(as_score_tape *tape)
{
    if (!tape->has_day)
        return;
    tape->book->day[tape->day].linked_names = linked_names(tape->engine);
    for (size_t i = 0; i < tape->live_count; i++) {
        position *p = &tape->live[i];
        const as_score_signal *s = &tape->book->signal[p->signal];
        if (!is_filled(&p->entry[0]) || is_filled(&p->own_exit) || p->mark_count == MARKS_MAX)
            continue;
        double worth =
            s->side * residual_bps(s, &p->entry[0], tape->price[p->instrument].mid, tape->price[p->factor].mid);
        p->mark[p->mark_count].day = tape->day;
        p->mark[p->mark_count++].net_bps = worth - p->booked_bps;
        p->booked_bps = worth;
    }
}

static void begin_session(as_score_tape *tape, uint64_t ts)
{
    const as_universe *universe = &tape->setup->universe;
    const as_session *session = as_calendar_session(universe->calendar[0], ts);
    tape->session_close = session->close;
    tape->day = tape->book->day_count;
    tape->has_day = true;
    as_score_day *day = as_score_book_day(tape->book);
    day->run = tape->run;
    day->date = session->date;
    for (uint32_t i = 0; i < universe->symbols.count; i++)
        day->names += universe->instrument[i].factor != AS_INSTRUMENT_NONE;
}

static void observe(as_score_tape *tape, const as_event *event)
{
    if (event->instrument >= tape->setup->universe.symbols.count)
        return;
    const as_name *name = &tape->engine->market.name[event->instrument];
    as_score_price *price = &tape->price[event->instrument];
    if (event->kind == AS_EVENT_BAR) {
        if (name->mid_class != AS_MID_BAR || event->bar.close <= 0 || event->bar.close == AS_PX_UNDEFINED)
            return;
        bool has_open = event->bar.open > 0 && event->bar.open != AS_PX_UNDEFINED;
        uint64_t lasts = as_bar_duration_ns(event);
        const as_calendar *calendar = as_universe_calendar(&tape->setup->universe, event->instrument);
        *price = (as_score_price){
            .ts = event->ts_recv,
            .from = lasts >= 6 * AS_NS_PER_HOUR ? as_calendar_session(calendar, event->ts_event)->open
                                                : event->ts_event - lasts,
            .mid = (double)event->bar.close,
            .open = (double)(has_open ? event->bar.open : event->bar.close),
            .half = tape->setup->config->costs.half_spread_bps / bps,
            .bar = true,
        };
    } else if (event->kind == AS_EVENT_QUOTE || as_event_is_book(event)) {
        if (name->mid_class != AS_MID_QUOTE || name->invalid || name->broken || name->state != AS_STATE_TRADING ||
            name->bid_px <= 0 || name->ask_px <= name->bid_px || name->ask_px == AS_PX_UNDEFINED)
            return;
        double mid = ((double)name->bid_px + (double)name->ask_px) / 2;
        *price =
            (as_score_price){.ts = event->ts_recv, .mid = mid, .half = (double)(name->ask_px - name->bid_px) / 2 / mid};
    } else {
        return;
    }
    if (tape->live_count && !tape->is_touched[event->instrument]) {
        tape->is_touched[event->instrument] = 1;
        tape->touched[tape->touched_count++] = event->instrument;
    }
}

/* Everything up to the latest event is known; `ts` is the time of the next one. */
static void advance(as_score_tape *tape, uint64_t ts)
{
    if (tape->has_latest)
        observe(tape, &tape->latest);
    tape->has_latest = false;
    if (ts <= tape->now)
        return;
    end_instant(tape);
    if (ts > tape->next_horizon)
        end_horizons(tape, ts);
    if (tape->in_news && ts > tape->session_close) {
        end_session(tape);
        begin_session(tape, ts);
    }
}

/* Two runs with the same hash have read the same prices and headlines, whatever their configuration. */
static uint64_t hash_event(const as_event *event, const as_headline *headline, uint64_t seed)
{
    bool news = event->kind == AS_EVENT_HEADLINE && headline;
    uint64_t parts[5] = {event->ts_recv, event->kind, event->instrument, 0, 0};
    if (event->kind == AS_EVENT_BAR)
        parts[3] = (uint64_t)event->bar.close;
    if (event->kind == AS_EVENT_TRADE)
        parts[3] = (uint64_t)event->trade.px;
    if (event->kind == AS_EVENT_QUOTE) {
        parts[3] = (uint64_t)event->quote.bid_px;
        parts[4] = (uint64_t)event->quote.ask_px;
    }
    if (news)
        parts[3] = as_score_headline_hash(headline->id);
    return XXH3_64bits_withSeed(parts, sizeof parts, seed);
}

void as_score_tape_record(void *context, const as_event *event, const as_headline *headline,
                          const as_playbook *playbook)
{
    as_score_tape *tape = context;
    (void)playbook;
    as_score_run *run = &tape->book->run[tape->run];
    tape->in_news = tape->in_news || event->kind == AS_EVENT_HEADLINE;
    if (tape->in_news && !run->first_ts)
        run->first_ts = event->ts_recv;
    run->last_ts = event->ts_recv;
    run->data = hash_event(event, headline, run->data);
    if (event->kind == AS_EVENT_HEADLINE && headline)
        as_score_book_headline(tape->book, tape->run, headline->id);
    advance(tape, event->ts_recv);
    tape->now = event->ts_recv;
    tape->latest = *event;
    tape->has_latest = true;
}

void as_score_tape_finish(as_score_tape *tape)
{
    if (tape->has_latest)
        observe(tape, &tape->latest);
    tape->has_latest = false;
    end_instant(tape);
    end_horizons(tape, tape->now < UINT64_MAX ? tape->now + 1 : tape->now);
    end_session(tape);
    while (tape->live_count)
        drop(tape, tape->live_count - 1);
    as_score_book_count(tape->book, &tape->engine->counters);
    tape->book->run[tape->run].decisions = tape->engine->counters.decisions;
    tape->book->run[tape->run].events = tape->engine->counters.events;
    as_score_book_end_run(tape->book, tape->run);
}

/* ---- decisions ---- */

/* What the decision does not carry: the name's beta, frozen at t0, and t0. Outside of facts: beta as it is now. */
static void from_shock(const as_score_tape *tape, const as_decision *decision, as_score_signal *signal)
{
    as_engine *engine = tape->engine;
    const as_shock_refs *refs = &engine->shocks.refs[decision->instrument];
    signal->beta = as_market_model_beta(&engine->market.daily[decision->instrument].model);
    for (unsigned i = 0; i < AS_FACT_MAX; i++) {
        const as_shock *shock = &engine->shocks.shock[i];
        const as_fact *fact = shock->fact ? as_fact_find(&engine->facts, shock->fact) : NULL;
        if (!fact || fact->generation != decision->generation || strcmp(fact->key, decision->fact) != 0)
            continue;
        signal->t0 = shock->t0;
        for (uint8_t r = 0; r < refs->count; r++)
            if (refs->ref[r].shock == i && refs->ref[r].linked < AS_REF_CONTROL)
                signal->beta = shock->linked[refs->ref[r].linked].anchor.beta;
        if (decision->instrument == shock->issuer)
            signal->beta = shock->epicentre.beta;
    }
}

static uint64_t cluster_of(const as_score_tape *tape, const as_decision *decision)
{
    XXH64_hash_t key = XXH3_64bits(decision->fact, strlen(decision->fact));
    uint64_t parts[3] = {tape->run, decision->generation, key};
    if (!*decision->fact) /* no fact: what is said in one session is one event */
        parts[1] = (uint64_t)as_calendar_session(tape->setup->universe.calendar[0], decision->ts_recv)->date;
    return XXH3_64bits(parts, sizeof parts);
}

static void describe(const as_score_tape *tape, const as_decision *decision, as_score_signal *signal)
{
    *signal = (as_score_signal){
        .run = tape->run,
        .cluster = cluster_of(tape, decision),
        .kind = decision->kind < AS_SIGNAL_KIND_COUNT ? decision->kind : (uint8_t)AS_SIGNAL_CUSTOM,
        .status = decision->status,
        .action = AS_ACTION_OPEN,
        .side = decision->side,
        .date = as_calendar_session(tape->setup->universe.calendar[0], decision->ts_recv)->date,
        .opened_at = decision->ts_recv,
        .closed_at = AS_TS_UNDEFINED,
        .valid_until = decision->valid_until,
        .strength = decision->strength,
        .p = decision->p,
        .z = decision->z,
        .e = decision->e,
        .os = decision->os,
        .breadth = decision->b,
        .rev_bps = decision->rev_bps,
        .said_cost_bps = decision->cost_bps,
    };
    memcpy(signal->id, decision->id, sizeof signal->id);
    memcpy(signal->symbol, decision->symbol, sizeof signal->symbol);
    memcpy(signal->strategy, decision->strategy, sizeof signal->strategy);
    memcpy(signal->family, decision->event_name, sizeof signal->family);
    size_t issuer_bytes = strcspn(decision->fact, "|");
    if (issuer_bytes < sizeof signal->issuer)
        memcpy(signal->issuer, decision->fact, issuer_bytes);
    signal->lane = as_score_book_lane(tape->book, signal->strategy, signal->kind);
    from_shock(tape, decision, signal);
}

static void open_signal(as_score_tape *tape, const as_decision *decision)
{
    size_t idx = tape->book->signal_count;
    as_score_signal *signal = as_score_book_signal(tape->book);
    describe(tape, decision, signal);
    uint32_t factor = tape->setup->universe.instrument[decision->instrument].factor;
    if (signal->side == 0)
        signal->outcome = AS_SCORE_NO_SIDE;
    else if (factor == AS_INSTRUMENT_NONE || isnan(signal->beta))
        signal->outcome = AS_SCORE_NO_HEDGE;
    if (signal->outcome != AS_SCORE_UNFINISHED) {
        await_close(tape, idx);
        return;
    }
    tape->live = room_for_one(tape->live, tape->live_count, &tape->live_room, sizeof *tape->live);
    position *p = &tape->live[tape->live_count++];
    memset(p, 0, sizeof *p);
    p->signal = idx;
    p->instrument = decision->instrument;
    p->factor = factor;
    p->entry_day = tape->day;
    p->own_exit.name.due = p->own_exit.factor.due = AS_TS_UNDEFINED;
    p->horizon.name.due = p->horizon.factor.due = AS_TS_UNDEFINED;
    order(tape, p, &p->entry[0], decision->ts_recv + tape->book->latency_ns);
    for (unsigned d = 0; d < AS_SCORE_DELAYS; d++)
        order(tape, p, &p->entry[1 + d], decision->ts_recv + as_score_delay_ns[d]);
    if (signal->valid_until < tape->next_horizon)
        tape->next_horizon = signal->valid_until;
}

static bool close_one(as_score_tape *tape, size_t idx, const as_decision *decision)
{
    as_score_signal *signal = &tape->book->signal[idx];
    if (signal->action != AS_ACTION_OPEN || memcmp(signal->id, decision->id, sizeof signal->id) != 0)
        return false;
    signal->action = decision->action;
    signal->closed_at = decision->ts_recv;
    return true;
}

static void close_signal(as_score_tape *tape, const as_decision *decision)
{
    for (size_t i = tape->live_count; i-- > 0;) {
        if (!close_one(tape, tape->live[i].signal, decision))
            continue;
        order(tape, &tape->live[i], &tape->live[i].own_exit, decision->ts_recv + tape->book->latency_ns);
        return;
    }
    for (size_t i = tape->unclosed_count; i-- > 0;) {
        if (!close_one(tape, tape->unclosed[i], decision))
            continue;
        tape->unclosed[i] = tape->unclosed[--tape->unclosed_count];
        return;
    }
}

void as_score_tape_emit(void *context, const as_decision *decision)
{
    as_score_tape *tape = context;
    if (tape->sink)
        as_sink_emit(tape->sink, decision);
    if (decision->type != AS_DECISION_SIG || !tape->engine)
        return;
    if (decision->action == AS_ACTION_OPEN)
        open_signal(tape, decision);
    else if (decision->action == AS_ACTION_CLOSE || decision->action == AS_ACTION_EXPIRE)
        close_signal(tape, decision);
}
