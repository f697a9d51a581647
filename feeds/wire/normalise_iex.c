#include "feeds/wire/normalise_iex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* as_iex_slot.kind */
enum { SLOT_EMPTY = 0, SLOT_KNOWN, SLOT_FOREIGN };

/* as_iex_slot.state */
enum {
    STATE_MASK = 0x0f,        /* as_trading_state of H */
    STATE_OPERATIONAL = 0x10, /* halted by O */
    STATE_ANNOUNCED = 0x20,   /* D, H or O has been heard */
    STATE_HEARD = 0x40        /* H has been heard */
};

/* ---- life cycle ---- */

/* At most three quarters of the slots are taken, so that a probe for a new symbol ends soon. */
static uint32_t slots_for(uint32_t symbols_max)
{
    uint32_t slots = 4;
    while (slots / 4 * 3 < symbols_max)
        slots *= 2;
    return slots;
}

int as_iex_normaliser_init(as_iex_normaliser *normaliser, const as_iex_normaliser_options *options)
{
    uint32_t slots = slots_for(options->symbols->count_max + AS_IEX_FOREIGN_MAX);
    *normaliser = (as_iex_normaliser){
        .options = *options, .slot_mask = slots - 1, .known_max = options->symbols->count_max, .hash_shift = 64};
    while (slots >> (64 - normaliser->hash_shift) > 1)
        normaliser->hash_shift--;
    normaliser->slot = calloc(slots, sizeof *normaliser->slot);
    return normaliser->slot ? 0 : -ENOMEM;
}

void as_iex_normaliser_fini(as_iex_normaliser *normaliser)
{
    free(normaliser->slot);
    normaliser->slot = NULL;
}

void as_iex_normaliser_reset(as_iex_normaliser *normaliser)
{
    memset(normaliser->slot, 0, ((size_t)normaliser->slot_mask + 1) * sizeof *normaliser->slot);
    normaliser->known = normaliser->foreign = 0;
    normaliser->ts_last = 0;
}

void as_iex_each_instrument(const as_iex_normaliser *normaliser, void (*fn)(void *arg, uint32_t instrument), void *arg)
{
    for (uint32_t i = 0; i <= normaliser->slot_mask; i++)
        if (normaliser->slot[i].kind == SLOT_KNOWN)
            fn(arg, normaliser->slot[i].instrument);
}

/* ---- symbols ---- */

static uint32_t find_instrument(const as_iex_normaliser *n, const char *symbol)
{
    size_t bytes = AS_IEX_SYMBOL_BYTES;
    while (bytes > 0 && symbol[bytes - 1] == ' ')
        bytes--;
    if (bytes == 0)
        return AS_INSTRUMENT_NONE;
    uint32_t instrument = n->options.resolve ? n->options.resolve(n->options.arg, symbol, bytes)
                                             : as_symbols_find(n->options.symbols, symbol, bytes);
    return instrument < n->options.symbols->count ? instrument : AS_INSTRUMENT_NONE;
}

/* Fill a slot that is empty, or foreign and out of date; the spare one if there is no room. */
static as_iex_slot *learn(as_iex_normaliser *n, as_iex_slot *slot, uint64_t key, const char *symbol)
{
    uint32_t instrument = find_instrument(n, symbol);
    uint8_t kind = instrument == AS_INSTRUMENT_NONE ? SLOT_FOREIGN : SLOT_KNOWN;
    uint32_t *use = kind == SLOT_KNOWN ? &n->known : &n->foreign;
    if (slot->kind != kind) {
        if (*use == (kind == SLOT_KNOWN ? n->known_max : AS_IEX_FOREIGN_MAX)) {
            slot = &n->spare;
        } else {
            n->foreign -= slot->kind == SLOT_FOREIGN;
            ++*use;
        }
    }
    *slot = (as_iex_slot){.key = key,
                          .instrument = kind == SLOT_KNOWN ? instrument : n->options.symbols->count,
                          .kind = kind,
                          .state = AS_STATE_HALTED};
    return slot;
}

static as_iex_slot *look_up(as_iex_normaliser *n, const char *symbol)
{
    uint64_t key;
    memcpy(&key, symbol, sizeof key);
    uint32_t at = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> n->hash_shift); /* its upper bits mix all of key */
    while (n->slot[at].key != key || n->slot[at].kind == SLOT_EMPTY) {
        if (n->slot[at].kind == SLOT_EMPTY)
            return learn(n, &n->slot[at], key, symbol);
        at = (at + 1) & n->slot_mask;
    }
    as_iex_slot *slot = &n->slot[at];
    if (slot->kind == SLOT_FOREIGN && slot->instrument != n->options.symbols->count)
        return learn(n, slot, key, symbol);
    return slot;
}

/* ---- what all events have ---- */

/* 1e-4 to 1e-9. */
static int64_t px_of(as_iex_normaliser *n, int64_t px4)
{
    if (px4 <= 0 || px4 > (AS_PX_UNDEFINED - 1) / 100000) {
        n->counters.bad_px++;
        return AS_PX_UNDEFINED;
    }
    return px4 * 100000;
}

/* Everything but the union. */
static void begin(as_iex_normaliser *n, const as_iex *m, uint64_t ts_recv, as_event_kind kind, uint32_t instrument,
                  as_event *out)
{
    uint64_t ts_event;
    if (m->ts_ns > 0) {
        ts_event = n->ts_last = (uint64_t)m->ts_ns;
    } else {
        n->counters.bad_ts++;
        ts_event = n->options.trust_r && n->ts_last ? n->ts_last : ts_recv;
    }
    *out = (as_event){
        .ts_event = ts_event,
        .ts_recv = n->options.trust_r ? ts_event : ts_recv,
        .instrument = instrument,
        .kind = (uint8_t)kind,
        .source = n->options.source,
    };
}

/* ---- prices ---- */

static void quote_side(as_iex_normaliser *n, int64_t px4, uint32_t shares, int64_t *px, uint64_t *qty)
{
    *px = AS_PX_UNDEFINED;
    if (px4 == 0 && shares == 0)
        return;
    if (shares == 0)
        n->counters.bad_px++; /* the price of nothing */
    else
        *px = px_of(n, px4);
    *qty = *px == AS_PX_UNDEFINED ? 0 : shares;
}

static void quote(as_iex_normaliser *n, const as_iex *m, as_event *out)
{
    if (m->flags & AS_IEX_UNAVAILABLE) {
        n->counters.unavailable++;
        out->quote.bid_px = out->quote.ask_px = AS_PX_UNDEFINED;
        return;
    }
    quote_side(n, m->quote.bid_px4, m->quote.bid_shares, &out->quote.bid_px, &out->quote.bid_qty);
    quote_side(n, m->quote.ask_px4, m->quote.ask_shares, &out->quote.ask_px, &out->quote.ask_qty);
}

static bool trade(as_iex_normaliser *n, const as_iex *m, as_event *out)
{
    if (m->trade.px4 == 0 || m->trade.shares == 0) {
        n->counters.empty_trades++;
        return false;
    }
    out->trade.px = px_of(n, m->trade.px4);
    out->trade.qty = m->trade.shares;
    out->trade.match = (uint64_t)m->trade.trade_id;
    if (m->flags & (AS_IEX_EXTENDED_HOURS | AS_IEX_ODD_LOT))
        out->flags |= AS_EVENT_NO_PRINT;
    return out->trade.px != AS_PX_UNDEFINED;
}

static void level(as_iex_normaliser *n, const as_iex *m, as_event *out)
{
    out->level.px = px_of(n, m->level.px4);
    out->level.qty = m->level.shares;
    if (m->type == '5')
        out->flags |= AS_EVENT_SELL;
    if (!(m->flags & AS_IEX_EVENT_COMPLETE))
        out->flags |= AS_EVENT_MORE;
}

/* ---- states ---- */

static uint8_t state_of(as_iex_normaliser *n, uint8_t code)
{
    switch (code) {
    case 'T':
        return AS_STATE_TRADING;
    case 'O':
        return AS_STATE_QUOTE_ONLY;
    case 'P':
        return AS_STATE_PAUSED;
    case 'H':
        return AS_STATE_HALTED;
    default:
        n->counters.bad_code++; /* what we do not understand does not trade */
        return AS_STATE_HALTED;
    }
}

/* D, H and O change what is known of the symbol; false if that is nothing new. */
static bool hear(as_iex_normaliser *n, const as_iex *m, as_iex_slot *slot)
{
    uint8_t before = slot->state;
    slot->state |= STATE_ANNOUNCED;
    switch (m->type) {
    case 'D':
        return !(before & STATE_ANNOUNCED);
    case 'H':
        slot->state = (uint8_t)((slot->state & ~STATE_MASK) | STATE_HEARD | state_of(n, m->flags));
        return true;
    default: /* O */
        n->counters.bad_code += m->flags != 'O' && m->flags != 'N';
        if (m->flags == 'N')
            slot->state &= (uint8_t)~STATE_OPERATIONAL;
        else
            slot->state |= STATE_OPERATIONAL;
        return true;
    }
}

static void status(const as_iex *m, uint8_t state, as_event *out)
{
    if (m->type == 'H') {
        size_t reason_bytes = sizeof m->status.reason;
        while (reason_bytes && m->status.reason[reason_bytes - 1] == ' ')
            reason_bytes--;
        memcpy(out->status.reason, m->status.reason, reason_bytes);
    } else if (state & STATE_OPERATIONAL) {
        memcpy(out->status.reason, "OPHALT", 6);
    } else if (!(state & STATE_HEARD)) {
        memcpy(out->status.reason, "NO_H", 4);
    }
    out->status.state = state & STATE_OPERATIONAL ? AS_STATE_HALTED : state & STATE_MASK;
}

static int session(as_iex_normaliser *n, const as_iex *m, uint64_t ts_recv, as_event *out)
{
    switch (m->flags) {
    case AS_PHASE_START_MESSAGES:
    case AS_PHASE_START_SYSTEM:
    case 'R':
    case AS_PHASE_END_MARKET:
    case AS_PHASE_END_SYSTEM:
    case AS_PHASE_END_MESSAGES:
        begin(n, m, ts_recv, AS_EVENT_SESSION, AS_INSTRUMENT_NONE, out);
        out->session.phase = m->flags == 'R' ? AS_PHASE_START_MARKET : (uint64_t)m->flags;
        return 1;
    default:
        n->counters.bad_code++;
        return 0;
    }
}

/* ---- messages ---- */

static as_event_kind kind_of(char type)
{
    switch (type) {
    case 'Q':
        return AS_EVENT_QUOTE;
    case 'T':
        return AS_EVENT_TRADE;
    case '8':
    case '5':
        return AS_EVENT_LEVEL;
    case 'H':
    case 'O':
    case 'D':
        return AS_EVENT_STATUS;
    default:
        return AS_EVENT_NONE;
    }
}

static int normalise(as_iex_normaliser *n, const as_iex *m, uint64_t ts_recv, as_event *out)
{
    if (m->type == 'S')
        return session(n, m, ts_recv, out);
    as_event_kind kind = kind_of(m->type);
    if (kind == AS_EVENT_NONE && !n->options.resolve)
        return 0;
    as_iex_slot *slot = look_up(n, m->symbol);
    if (kind == AS_EVENT_NONE || (kind == AS_EVENT_STATUS && !hear(n, m, slot)))
        return 0;
    if (slot->kind != SLOT_KNOWN) {
        n->counters.unknown_symbol++;
        return 0;
    }
    begin(n, m, ts_recv, kind, slot->instrument, out);
    switch (kind) {
    case AS_EVENT_QUOTE:
        quote(n, m, out);
        return 1;
    case AS_EVENT_TRADE:
        return trade(n, m, out);
    case AS_EVENT_LEVEL:
        level(n, m, out);
        return 1;
    default:
        status(m, slot->state, out);
        return 1;
    }
}

int as_normalise_iex(as_iex_normaliser *normaliser, const as_iex *message, uint64_t ts_recv, as_event *out)
{
    normaliser->counters.by_type[(uint8_t)message->type]++;
    int events = normalise(normaliser, message, ts_recv, out);
    normaliser->counters.events += (uint64_t)events;
    return events;
}
