#include "feeds/normalise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATE_MASK = 0x0f,       /* as_trading_state of H */
    STATE_OPERATIONAL = 0x10 /* halted by h */
};

#define LOCATE_UNMAPPED (UINT32_MAX - 1) /* never announced */
#define LOCATE_FOREIGN UINT32_MAX        /* announced, not in the universe */

_Static_assert(LOCATE_FOREIGN == AS_INSTRUMENT_NONE, "what as_symbols_find gives for a stock outside the universe");

int as_normaliser_init(as_normaliser *normaliser, const as_normaliser_options *options)
{
    *normaliser = (as_normaliser){.options = *options};
    normaliser->instrument = malloc(AS_LOCATE_COUNT * sizeof *normaliser->instrument);
    normaliser->state = malloc(AS_LOCATE_COUNT * sizeof *normaliser->state);
    if (!normaliser->instrument || !normaliser->state) {
        as_normaliser_fini(normaliser);
        return -ENOMEM;
    }
    as_normaliser_reset(normaliser, options->midnight_ns);
    return 0;
}

void as_normaliser_fini(as_normaliser *normaliser)
{
    free(normaliser->instrument);
    free(normaliser->state);
    normaliser->instrument = NULL;
    normaliser->state = NULL;
}

void as_normaliser_reset(as_normaliser *normaliser, uint64_t midnight_ns)
{
    normaliser->options.midnight_ns = midnight_ns;
    for (uint32_t i = 0; i < AS_LOCATE_COUNT; i++) {
        normaliser->instrument[i] = LOCATE_UNMAPPED;
        normaliser->state[i] = AS_STATE_HALTED;
    }
}

/* 1e-4 to 1e-9; 0 is no price. */
static int64_t px_of(as_normaliser *n, uint32_t px4)
{
    if (px4 == 0) {
        n->counters.bad_px++;
        return AS_PX_UNDEFINED;
    }
    return (int64_t)px4 * 100000;
}

/* Everything but the union; false if the message is of no instrument we know. */
static bool begin(as_normaliser *n, const as_itch50 *m, uint64_t ts_recv, as_event_kind kind, as_event *out)
{
    uint32_t instrument = kind == AS_EVENT_SESSION ? AS_INSTRUMENT_NONE : n->instrument[m->locate];
    if (instrument >= LOCATE_UNMAPPED && kind != AS_EVENT_SESSION) {
        if (instrument == LOCATE_FOREIGN)
            n->counters.unknown_symbol++;
        else
            n->counters.unknown_locate++;
        return false;
    }
    uint64_t ts_event = n->options.midnight_ns + m->ts_ns;
    if (m->ts_ns >= AS_NS_PER_DAY) {
        n->counters.bad_ts++;
        ts_event = n->options.trust_r ? n->options.midnight_ns + AS_NS_PER_DAY - 1 : ts_recv;
    }
    *out = (as_event){
        .ts_event = ts_event,
        .ts_recv = n->options.trust_r ? ts_event : ts_recv,
        .instrument = instrument,
        .kind = (uint8_t)kind,
        .source = n->options.source,
    };
    return true;
}

/* ---- orders and trades ---- */

static int order_add(as_normaliser *n, const as_itch50 *m, as_event *out)
{
    out->order.ref = m->add.ref;
    out->order.px = px_of(n, m->add.px4);
    out->order.qty = m->add.shares;
    out->flags = m->add.side == 'S' ? AS_EVENT_SELL : 0;
    if (m->add.side != 'B' && m->add.side != 'S') {
        n->counters.bad_code++;
        out->order.px = AS_PX_UNDEFINED;
    }
    return 1;
}

static int order_execute(as_normaliser *n, const as_itch50 *m, as_event *out)
{
    out->order.ref = m->execute.ref;
    out->order.qty = m->execute.shares;
    out->order.match = m->execute.match;
    out->order.px = AS_PX_UNDEFINED;
    if (m->type == 'C') {
        out->order.px = px_of(n, m->execute.px4);
        out->flags = m->execute.printable == 'N' ? AS_EVENT_NO_PRINT : 0;
    }
    return 1;
}

static int order_replace(as_normaliser *n, const as_itch50 *m, as_event *out)
{
    out->order.ref = m->replace.ref;
    out->order.new_ref = m->replace.new_ref;
    out->order.px = px_of(n, m->replace.px4);
    out->order.qty = m->replace.shares;
    return 1;
}

static int order_shrink(uint64_t ref, uint64_t qty, as_event *out)
{
    out->order.ref = ref;
    out->order.qty = qty;
    out->order.px = AS_PX_UNDEFINED;
    return 1;
}

static int trade(as_normaliser *n, uint32_t px4, uint64_t qty, uint64_t match, as_event *out)
{
    if (px4 == 0 || qty == 0) {
        n->counters.empty_trades++;
        return 0;
    }
    out->trade.px = px_of(n, px4);
    out->trade.qty = qty;
    out->trade.match = match;
    return 1;
}

/* ---- states ---- */

static void learn(as_normaliser *n, uint16_t locate, const char *stock)
{
    n->instrument[locate] = as_symbols_find_padded(n->options.symbols, stock, AS_ITCH50_STOCK_BYTES);
}

/* field may be padded with blanks on the right; at most 8 bytes. */
static int status(as_normaliser *n, uint16_t locate, const char *reason, size_t reason_bytes, as_event *out)
{
    uint8_t state = n->state[locate];
    out->status.state = state & STATE_OPERATIONAL ? AS_STATE_HALTED : state & STATE_MASK;
    while (reason_bytes && reason[reason_bytes - 1] == ' ')
        reason_bytes--;
    memcpy(out->status.reason, reason, reason_bytes);
    return 1;
}

static int directory(as_normaliser *n, const as_itch50 *m, uint64_t ts_recv, as_event *out)
{
    uint32_t before = n->instrument[m->locate];
    learn(n, m->locate, m->directory.stock);
    if (n->instrument[m->locate] == before)
        return 0; /* repeated within the day: the state stands */
    n->state[m->locate] = AS_STATE_HALTED;
    if (n->instrument[m->locate] == LOCATE_FOREIGN)
        return 0;
    return begin(n, m, ts_recv, AS_EVENT_STATUS, out) ? status(n, m->locate, "NO_H", 4, out) : 0;
}

static int action(as_normaliser *n, const as_itch50 *m, uint64_t ts_recv, as_event *out)
{
    if (n->instrument[m->locate] == LOCATE_UNMAPPED)
        learn(n, m->locate, m->action.stock);
    uint8_t state = AS_STATE_HALTED;
    switch (m->action.state) {
    case 'T':
        state = AS_STATE_TRADING;
        break;
    case 'Q':
        state = AS_STATE_QUOTE_ONLY;
        break;
    case 'P':
        state = AS_STATE_PAUSED;
        break;
    case 'H':
        break;
    default:
        n->counters.bad_code++; /* what we do not understand does not trade */
    }
    n->state[m->locate] = (uint8_t)((n->state[m->locate] & ~STATE_MASK) | state);
    if (!begin(n, m, ts_recv, AS_EVENT_STATUS, out))
        return 0;
    return status(n, m->locate, m->action.reason, sizeof m->action.reason, out);
}

static int operational(as_normaliser *n, const as_itch50 *m, uint64_t ts_recv, as_event *out)
{
    n->counters.bad_code += m->operational.action != 'H' && m->operational.action != 'T';
    if (m->operational.action == 'T')
        n->state[m->locate] &= STATE_MASK;
    else
        n->state[m->locate] |= STATE_OPERATIONAL;
    if (!begin(n, m, ts_recv, AS_EVENT_STATUS, out))
        return 0;
    return status(n, m->locate, "OPHALT", n->state[m->locate] & STATE_OPERATIONAL ? 6 : 0, out);
}

static int system_event(as_normaliser *n, const as_itch50 *m, uint64_t ts_recv, as_event *out)
{
    switch (m->system.event) {
    case AS_PHASE_START_MESSAGES:
    case AS_PHASE_START_SYSTEM:
    case AS_PHASE_START_MARKET:
    case AS_PHASE_END_MARKET:
    case AS_PHASE_END_SYSTEM:
    case AS_PHASE_END_MESSAGES:
        begin(n, m, ts_recv, AS_EVENT_SESSION, out);
        out->session.phase = (uint64_t)m->system.event;
        return 1;
    default:
        n->counters.bad_code++;
        return 0;
    }
}

static int normalise(as_normaliser *n, const as_itch50 *m, uint64_t ts_recv, as_event *out)
{
    switch (m->type) {
    case 'A':
    case 'F':
        return begin(n, m, ts_recv, AS_EVENT_ORDER_ADD, out) ? order_add(n, m, out) : 0;
    case 'E':
    case 'C':
        return begin(n, m, ts_recv, AS_EVENT_ORDER_EXECUTE, out) ? order_execute(n, m, out) : 0;
    case 'X':
        return begin(n, m, ts_recv, AS_EVENT_ORDER_REDUCE, out) ? order_shrink(m->cancel.ref, m->cancel.shares, out)
                                                                : 0;
    case 'D':
        return begin(n, m, ts_recv, AS_EVENT_ORDER_DELETE, out) ? order_shrink(m->remove.ref, 0, out) : 0;
    case 'U':
        return begin(n, m, ts_recv, AS_EVENT_ORDER_REPLACE, out) ? order_replace(n, m, out) : 0;
    case 'P':
        return begin(n, m, ts_recv, AS_EVENT_TRADE, out) ? trade(n, m->trade.px4, m->trade.shares, m->trade.match, out)
                                                         : 0;
    case 'Q':
        return begin(n, m, ts_recv, AS_EVENT_TRADE, out) ? trade(n, m->cross.px4, m->cross.shares, m->cross.match, out)
                                                         : 0;
    case 'R':
        return directory(n, m, ts_recv, out);
    case 'H':
        return action(n, m, ts_recv, out);
    case 'h':
        return operational(n, m, ts_recv, out);
    case 'S':
        return system_event(n, m, ts_recv, out);
    default:
        return 0;
    }
}

int as_normalise_itch50(as_normaliser *normaliser, const as_itch50 *message, uint64_t ts_recv, as_event *out)
{
    normaliser->counters.by_type[(uint8_t)message->type]++;
    int events = normalise(normaliser, message, ts_recv, out);
    normaliser->counters.events += (uint64_t)events;
    return events;
}
