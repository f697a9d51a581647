#include "core/market.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/logexp.h"

/* Past mids of all names in one ring; each entry points to the name's previous one. */
typedef struct as_mid_entry {
    as_mark mark;
    uint32_t instrument;
    uint32_t before; /* low 32 bits of the previous entry's number, 0: none */
} as_mid_entry;

enum {
    SOURCE_NONE = UINT16_MAX - 1, /* of a name that has had no event */
    HISTORY_SLOTS = 1 << 18,      /* at 100,000 mid changes a second this is 2.6 s; older anchors are late news */
    HISTORY_STEPS = 4096,         /* longest walk back along one chain */
    SPREAD_WARM = 100             /* quotes before the running median of the spread is trusted */
};

int as_market_init(as_market *market, const as_universe *universe, uint32_t orders_max)
{
    uint32_t n = universe->symbols.count;
    size_t cells = (size_t)n * AS_RESIDUAL_SESSIONS;
    *market = (as_market){
        .universe = universe,
        .name = aligned_alloc(AS_NAME_LINE_BYTES, n * sizeof *market->name),
        .daily = calloc(n, sizeof *market->daily),
        .residual = calloc(cells, sizeof *market->residual),
        .hedged = calloc(cells, sizeof *market->hedged),
        .residual_session = calloc(cells, sizeof *market->residual_session),
        .history = calloc(HISTORY_SLOTS, sizeof *market->history),
        .bucket_sum = calloc(AS_BUCKET_MAX, sizeof *market->bucket_sum),
        .bucket_count = calloc(AS_BUCKET_MAX, sizeof *market->bucket_count),
    };
    if (!market->name || !market->daily || !market->residual || !market->hedged || !market->residual_session ||
        !market->history || !market->bucket_sum || !market->bucket_count) {
        as_market_fini(market);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells; i++)
        market->residual_session[i] = INT64_MIN;
    for (uint32_t i = 0; i < n; i++) {
        as_name *name = &market->name[i];
        *name = (as_name){
            .source = SOURCE_NONE, .mark.mid = AS_PX_UNDEFINED, .bid_px = AS_PX_UNDEFINED, .ask_px = AS_PX_UNDEFINED};
        market->daily[i].close_px = market->daily[i].close_factor_px = AS_PX_UNDEFINED;
        market->daily[i].session = INT64_MIN;
        as_quantile_init(&name->spread, 0.5);
    }
    int rc = as_intraday_init(&market->intraday, n);
    if (rc < 0) {
        as_market_fini(market);
        return rc;
    }
    as_intraday_prefault(&market->intraday);
    if (orders_max) {
        market->settled = calloc(n, sizeof *market->settled);
        rc = market->settled ? as_book_set_new(n, orders_max, &market->books) : -ENOMEM;
        if (rc < 0) {
            as_market_fini(market);
            return rc;
        }
    }
    return 0;
}

void as_market_fini(as_market *market)
{
    free(market->name);
    free(market->daily);
    free(market->residual);
    free(market->hedged);
    free(market->residual_session);
    free(market->history);
    free(market->bucket_sum);
    free(market->bucket_count);
    as_intraday_fini(&market->intraday);
    as_book_set_free(market->books);
    free(market->settled);
    *market = (as_market){0};
}

void as_market_start(as_market *market, const as_thresholds *thresholds)
{
    for (uint32_t i = 0; i < market->universe->symbols.count; i++)
        as_market_model_init(&market->daily[i].model, thresholds->lambda_vol, thresholds->beta_half_life_days);
}

/* ---- mids ---- */

static void set_mid(as_market *market, uint32_t instrument, int64_t mid, uint64_t ts, uint64_t seq, uint8_t mid_class)
{
    as_name *name = &market->name[instrument];
    name->mid_class = mid_class;
    name->invalid = false;
    if (name->mark.mid == mid) {
        name->mark.ts = ts; /* unchanged but fresh; the chain keeps the first sight of it */
        name->mark.seq = seq;
        return;
    }
    name->mark = (as_mark){.mid = mid, .ts = ts, .seq = seq};
    name->mid_since = ts;
    uint64_t number = ++market->history_count;
    market->history[number % HISTORY_SLOTS] =
        (as_mid_entry){.mark = name->mark, .instrument = instrument, .before = name->chain};
    name->chain = (uint32_t)number;
}

bool as_market_mark_at(const as_market *market, uint32_t instrument, uint64_t ts, as_mark *mark)
{
    const as_name *name = &market->name[instrument];
    uint32_t number = name->chain;
    *mark = name->mark;
    if (mark->mid == AS_PX_UNDEFINED)
        return false;
    if (name->mid_since <= ts) { /* the mid of now was there already; the ring may have long forgotten it */
        mark->ts = mark->ts <= ts ? mark->ts : ts;
        return true;
    }
    for (unsigned step = 0; number != 0 && step < HISTORY_STEPS; step++) {
        const as_mid_entry *entry = &market->history[number % HISTORY_SLOTS];
        bool overwritten = (uint32_t)market->history_count - number >= HISTORY_SLOTS;
        if (overwritten || entry->instrument != instrument)
            return false;
        if (entry->mark.ts <= ts) {
            *mark = entry->mark;
            return true;
        }
        number = entry->before;
    }
    return false;
}

/* The minute clock takes the mid of a quote; it asks for the session only when a minute is over. */
static void clock_quote(as_market *market, uint32_t instrument, int64_t mid, const as_top *top, uint64_t ts)
{
    if (!as_intraday_within(&market->intraday, instrument, mid, ts))
        as_intraday_step(&market->intraday, instrument, as_market_session(market, instrument, ts), mid, ts);
    uint64_t smaller = top->bid_qty < top->ask_qty ? top->bid_qty : top->ask_qty;
    as_intraday_depth(&market->intraday, instrument, (double)smaller);
}

bool as_market_is_whole(const as_market *market, uint32_t instrument)
{
    const as_name *name = &market->name[instrument];
    return !name->broken && name->gap_epoch == market->gap_epoch[name->source];
}

/* ---- events ---- */

static bool apply_quote(as_market *market, const as_thresholds *th, uint32_t instrument, const as_top *top,
                        const as_event *event, uint64_t seq)
{
    as_name *name = &market->name[instrument];
    bool two_sided = top->bid_px != AS_PX_UNDEFINED && top->ask_px != AS_PX_UNDEFINED && top->bid_px > 0 &&
                     top->bid_qty > 0 && top->ask_qty > 0;
    if (!two_sided || top->bid_px >= top->ask_px) {
        name->invalid = true;
        market->counters.invalid_quotes++;
        return true;
    }
    int64_t mid = top->bid_px + (top->ask_px - top->bid_px) / 2;
    double spread = (double)(top->ask_px - top->bid_px) / (double)mid;
    bool warm = as_quantile_count(&name->spread) >= SPREAD_WARM;
    bool wide = warm && spread > th->spread_median_multiple * as_quantile_value(&name->spread);
    as_quantile_update(&name->spread, spread);
    if (wide) {
        name->invalid = true;
        market->counters.invalid_quotes++;
        return true;
    }
    name->bid_px = top->bid_px;
    name->ask_px = top->ask_px;
    if (name->resuming && name->resume_quotes < UINT32_MAX)
        name->resume_quotes++;
    set_mid(market, instrument, mid, event->ts_recv, seq, AS_MID_QUOTE);
    clock_quote(market, instrument, mid, top, event->ts_recv);
    return true;
}

/* A whole quote, a bar or a cleared book repairs what was lost before it. */
static void rebuilt(const as_market *market, as_name *name, uint16_t source)
{
    name->source = source;
    name->gap_epoch = market->gap_epoch[source];
}

/* An order or a level changes a part: gaps of its source, also those before this name's first event, stay open. */
static void changed_in_part(as_name *name, uint16_t source)
{
    if (name->source == source)
        return;
    name->source = source;
    name->gap_epoch = 0;
}

static bool apply_clear(as_market *market, const as_event *event)
{
    as_name *name = &market->name[event->instrument];
    (void)as_book_apply(market->books, event);
    name->broken = false;
    name->invalid = true; /* empty until the snapshot has come */
    name->unsettled = (event->flags & AS_EVENT_MORE) != 0;
    as_book_top(market->books, event->instrument, &market->settled[event->instrument]);
    rebuilt(market, name, event->source);
    return true;
}

/* The book has changed, or may have since it was published. */
static bool publish_book(as_market *market, const as_thresholds *th, const as_event *event, uint64_t seq)
{
    as_name *name = &market->name[event->instrument];
    as_top top;
    as_book_top(market->books, event->instrument, &top);
    if (name->unsettled) {
        name->unsettled = false;
        if (memcmp(&top, &market->settled[event->instrument], sizeof top) == 0)
            return false;
    }
    if (!as_market_is_whole(market, event->instrument)) {
        name->invalid = true; /* what is known to lack something gives no price, to nobody */
        return true;
    }
    return apply_quote(market, th, event->instrument, &top, event, seq);
}

static bool apply_book(as_market *market, const as_thresholds *th, const as_event *event, uint64_t seq)
{
    as_name *name = &market->name[event->instrument];
    if (!market->books) {
        market->counters.book_errors++;
        return false;
    }
    changed_in_part(name, event->source);
    if (event->kind == AS_EVENT_CLEAR)
        return apply_clear(market, event);
    bool more = event->flags & AS_EVENT_MORE;
    if (more && !name->unsettled) {
        name->unsettled = true;
        as_book_top(market->books, event->instrument, &market->settled[event->instrument]);
    }
    as_book_result result = as_book_apply(market->books, event);
    if (result < 0) {
        market->counters.book_errors++;
        name->broken =
            as_book_inconsistent(market->books, event->instrument) || as_book_broken(market->books, event->instrument);
        return name->broken;
    }
    if (more || (result != AS_BOOK_BBO_CHANGED && !name->unsettled))
        return false;
    return publish_book(market, th, event, seq);
}

static bool apply_status(as_market *market, const as_event *event)
{
    as_name *name = &market->name[event->instrument];
    market->counters.statuses++;
    uint8_t before = name->state;
    name->state = (uint8_t)event->status.state;
    if (before != AS_STATE_TRADING && name->state == AS_STATE_TRADING) {
        /* the first status of a day is no resumption: a name that has never had a price resumes nothing */
        name->resuming = name->mark.mid != AS_PX_UNDEFINED && name->mid_class == AS_MID_QUOTE;
        name->resumed_at = event->ts_recv;
        name->resume_quotes = 0;
    }
    return true;
}

static bool apply_gap(as_market *market, const as_event *event)
{
    market->counters.gaps++;
    market->gap_epoch[event->source]++;
    return false;
}

bool as_market_apply(as_market *market, const as_thresholds *th, const as_event *event, uint64_t seq)
{
    if (event->kind == AS_EVENT_GAP)
        return apply_gap(market, event);
    if (event->kind == AS_EVENT_SESSION) {
        market->counters.sessions++;
        return false;
    }
    if (event->instrument >= market->universe->symbols.count) {
        market->counters.unknown_instrument++;
        return false;
    }
    as_name *name = &market->name[event->instrument];
    switch ((as_event_kind)event->kind) {
    case AS_EVENT_QUOTE: {
        as_top top = {event->quote.bid_px, event->quote.bid_qty, event->quote.ask_px, event->quote.ask_qty};
        market->counters.quotes++;
        if (event->flags & AS_EVENT_MORE)
            return false;
        rebuilt(market, name, event->source);
        return apply_quote(market, th, event->instrument, &top, event, seq);
    }
    case AS_EVENT_BAR:
        market->counters.bars++;
        name->bar_seconds = (uint32_t)(as_bar_duration_ns(event) / AS_NS_PER_S);
        rebuilt(market, name, event->source);
        if (event->bar.close <= 0 || event->bar.close == AS_PX_UNDEFINED) {
            name->invalid = true;
            return true;
        }
        set_mid(market, event->instrument, event->bar.close, event->ts_recv, seq, AS_MID_BAR);
        as_intraday_bar(&market->intraday, event->instrument,
                        as_market_session(market, event->instrument, event->ts_event), event);
        return true;
    case AS_EVENT_STATUS:
        return apply_status(market, event);
    case AS_EVENT_TRADE:
        market->counters.trades++;
        return false;
    case AS_EVENT_LEVEL:
        market->counters.levels++;
        return apply_book(market, th, event, seq);
    case AS_EVENT_ORDER_ADD:
    case AS_EVENT_ORDER_EXECUTE:
    case AS_EVENT_ORDER_REDUCE:
    case AS_EVENT_ORDER_DELETE:
    case AS_EVENT_ORDER_REPLACE:
    case AS_EVENT_CLEAR:
        market->counters.orders++;
        return apply_book(market, th, event, seq);
    default:
        return false;
    }
}

/* ---- condition ---- */

static bool bar_is_stale(const as_market *market, const as_thresholds *th, uint32_t instrument, uint64_t now)
{
    const as_calendar *calendar = as_universe_calendar(market->universe, instrument);
    uint64_t then = market->name[instrument].mark.ts;
    double age = as_session_clock(as_calendar_session(calendar, now), now, th->overnight_share) -
                 as_session_clock(as_calendar_session(calendar, then), then, th->overnight_share);
    return age > th->bar_stale_days;
}

static bool is_stale(const as_market *market, const as_thresholds *th, uint32_t instrument, uint64_t now)
{
    const as_name *name = &market->name[instrument];
    if (name->mid_class == AS_MID_NONE || name->invalid || !as_market_is_whole(market, instrument))
        return true;
    if (name->mid_class == AS_MID_BAR)
        return bar_is_stale(market, th, instrument, now);
    return (double)(now - name->mark.ts) > th->quote_stale_s * 1e9;
}

static bool is_halted(as_name *name, const as_thresholds *th, uint64_t now)
{
    if (name->state != AS_STATE_TRADING)
        return true;
    if (!name->resuming)
        return false;
    bool waited = (double)(now - name->resumed_at) >= th->resume_wait_s * 1e9;
    if (waited && name->resume_quotes >= th->resume_quotes)
        name->resuming = false;
    return name->resuming;
}

uint64_t as_market_condition(const as_market *market, const as_thresholds *th, uint32_t instrument, uint64_t now)
{
    uint32_t factor = market->universe->instrument[instrument].factor;
    uint64_t blocks = 0;
    if (is_halted(&market->name[instrument], th, now))
        blocks |= AS_REASON_BIT(HALT);
    if (market->name[instrument].state == AS_STATE_PAUSED)
        blocks |= AS_REASON_BIT(LULD);
    if (is_stale(market, th, instrument, now))
        blocks |= AS_REASON_BIT(STALE);
    if (factor == AS_INSTRUMENT_NONE || market->name[factor].mid_class == AS_MID_NONE)
        blocks |= AS_REASON_BIT(NO_FACTOR);
    else if (is_stale(market, th, factor, now))
        blocks |= AS_REASON_BIT(STALE);
    return blocks;
}

double as_market_half_spread_bps(const as_market *market, const as_costs_config *costs, uint32_t instrument)
{
    const as_name *name = &market->name[instrument];
    if (name->mid_class != AS_MID_QUOTE)
        return costs->half_spread_bps;
    return 0.5e4 * (double)(name->ask_px - name->bid_px) / (double)name->mark.mid;
}

double as_market_spread_ratio(const as_market *market, uint32_t instrument)
{
    const as_name *name = &market->name[instrument];
    if (name->mid_class != AS_MID_QUOTE || as_quantile_count(&name->spread) < SPREAD_WARM)
        return (double)NAN;
    double spread = (double)(name->ask_px - name->bid_px) / (double)name->mark.mid;
    return spread / as_quantile_value(&name->spread);
}

const as_session *as_market_session(as_market *market, uint32_t instrument, uint64_t now)
{
    uint8_t calendar = market->universe->instrument[instrument].calendar;
    const as_session *session = market->session[calendar];
    if (!session || now <= session->prev_close || now > session->close) {
        session = as_calendar_session(market->universe->calendar[calendar], now);
        market->session[calendar] = session;
    }
    return session;
}

double as_market_clock(as_market *market, const as_thresholds *th, uint32_t instrument, uint64_t ts)
{
    double overnight = as_intraday_overnight(&market->intraday, instrument, th->overnight_share);
    return as_intraday_clock(&market->intraday, instrument, as_market_session(market, instrument, ts), ts, overnight);
}

double as_market_depth_ratio(const as_market *market, uint32_t instrument)
{
    if (market->name[instrument].mid_class != AS_MID_QUOTE)
        return (double)NAN;
    return as_intraday_depth_ratio(&market->intraday, instrument);
}

/* ---- daily ---- */

static double *cell(double *table, uint32_t instrument, int64_t session)
{
    return &table[(size_t)instrument * AS_RESIDUAL_SESSIONS + (uint64_t)session % AS_RESIDUAL_SESSIONS];
}

static int64_t *session_cell(const as_market *market, uint32_t instrument, int64_t session)
{
    size_t at = (size_t)instrument * AS_RESIDUAL_SESSIONS + (uint64_t)session % AS_RESIDUAL_SESSIONS;
    return &market->residual_session[at];
}

/*
 * The name's return over its last two closes against its factor's over the same moments: sessions are aligned by the
 * name's own closes, so that Seoul's 2 July meets New York's 1 July. Returns the residual, NAN if there is none.
 */
static double close_name(as_market *market, uint32_t instrument, const as_session *session)
{
    const as_name *name = &market->name[instrument];
    as_daily *daily = &market->daily[instrument];
    uint32_t factor = market->universe->instrument[instrument].factor;
    double residual = (double)NAN;
    if (name->mark.mid == AS_PX_UNDEFINED || name->mark.ts <= session->prev_close)
        return residual; /* no price in this session: the next return spans it */

    int64_t factor_px = factor == AS_INSTRUMENT_NONE ? AS_PX_UNDEFINED : market->name[factor].mark.mid;
    bool paired =
        daily->close_px != AS_PX_UNDEFINED && daily->close_factor_px != AS_PX_UNDEFINED && factor_px != AS_PX_UNDEFINED;
    if (paired) {
        double y = as_log_ratio(name->mark.mid, daily->close_px);
        double x = as_log_ratio(factor_px, daily->close_factor_px);
        if (daily->close_ts >= daily->frozen_until) /* no return that spans an event trains the model */
            residual = as_market_model_update(&daily->model, x, y);
    }
    daily->close_px = name->mark.mid;
    daily->close_factor_px = factor_px;
    daily->close_ts = session->close;
    daily->session = session->index;
    return residual;
}

static void close_sector(as_market *market, uint32_t instrument, int64_t session, double decay)
{
    as_daily *daily = &market->daily[instrument];
    uint8_t bucket = market->universe->instrument[instrument].bucket;
    double residual = *cell(market->residual, instrument, session);
    double hedged = residual;
    if (!isnan(residual) && bucket != AS_BUCKET_NONE && market->bucket_count[bucket] > 1) {
        double others = (market->bucket_sum[bucket] - residual) / (market->bucket_count[bucket] - 1);
        hedged = residual - as_market_sector_beta(market, instrument) * others;
        daily->sector_xx = decay * daily->sector_xx + (1 - decay) * others * others;
        daily->sector_xy = decay * daily->sector_xy + (1 - decay) * others * residual;
    }
    *cell(market->hedged, instrument, session) = hedged;
}

void as_market_roll(as_market *market, const as_thresholds *th, uint32_t calendar, const as_session *session)
{
    const as_universe *universe = market->universe;
    uint32_t n = universe->symbols.count;
    memset(market->bucket_sum, 0, AS_BUCKET_MAX * sizeof *market->bucket_sum);
    memset(market->bucket_count, 0, AS_BUCKET_MAX * sizeof *market->bucket_count);

    for (uint32_t i = 0; i < n; i++) {
        if (universe->instrument[i].calendar != calendar)
            continue;
        bool frozen = session->prev_close < market->daily[i].frozen_until;
        as_intraday_close(&market->intraday, i, session, frozen);
        double residual = close_name(market, i, session);
        uint8_t bucket = universe->instrument[i].bucket;
        *cell(market->residual, i, session->index) = residual;
        *session_cell(market, i, session->index) = session->index;
        if (!isnan(residual) && bucket != AS_BUCKET_NONE) {
            market->bucket_sum[bucket] += residual;
            market->bucket_count[bucket]++;
        }
    }
    double decay = as_half(1 / th->beta_half_life_days);
    for (uint32_t i = 0; i < n; i++)
        if (universe->instrument[i].calendar == calendar)
            close_sector(market, i, session->index, decay);
}

void as_market_residuals(const as_market *market, uint32_t instrument, int64_t session, bool hedged, uint32_t count,
                         double *out)
{
    for (uint32_t i = 0; i < count; i++) {
        int64_t wanted = session - (int64_t)count + 1 + (int64_t)i;
        bool held = *session_cell(market, instrument, wanted) == wanted;
        out[i] = held ? *cell(hedged ? market->hedged : market->residual, instrument, wanted) : (double)NAN;
    }
}

double as_market_sector_beta(const as_market *market, uint32_t instrument)
{
    const as_daily *daily = &market->daily[instrument];
    return daily->sector_xx > 0 ? daily->sector_xy / daily->sector_xx : 0;
}
