#include "feeds/wire/normalise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/be.h"

enum {
    STATE_MASK = 0x0f,       /* as_trading_state of H */
    STATE_OPERATIONAL = 0x10, /* halted by h */
    STATE_LEARNED = 0x40      /* known from an order or a trade: neither R nor H has come */
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
    if (n->instrument[m->locate] == before && !(n->state[m->locate] & STATE_LEARNED))
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
    n->state[m->locate] = (uint8_t)((n->state[m->locate] & STATE_OPERATIONAL) | state);
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

/* A recording that begins in the day has no R any more, but orders and trades name their stock. */
static void learn_from(as_normaliser *n, const as_itch50 *m)
{
    const char *stock = as_itch50_stock(m);
    if (!stock || stock[0] == ' ' || m->type == 'R' || m->type == 'H')
        return;
    learn(n, m->locate, stock);
    n->state[m->locate] |= STATE_LEARNED;
}

int as_normalise_itch50(as_normaliser *normaliser, const as_itch50 *message, uint64_t ts_recv, as_event *out)
{
    normaliser->counters.by_type[(uint8_t)message->type]++;
    if (normaliser->instrument[message->locate] == LOCATE_UNMAPPED)
        learn_from(normaliser, message);
    int events = normalise(normaliser, message, ts_recv, out);
    normaliser->counters.events += (uint64_t)events;
    return events;
}

/* ---- the messages of a book, straight from the wire ---- */

/*
 * Where a type's fields stand. A field that the type does not have is read where another one stands and
 * masked away, so that no branch depends on the type, which nobody can predict.
 */
typedef struct layout {
    uint8_t bytes;                   /* of the message; 0: not an order's */
    uint8_t kind;                    /* as_event_kind */
    uint8_t new_ref, match, px, qty; /* offsets */
    uint8_t code;                    /* offset of the code that a flag depends on */
    uint8_t flag;                    /* AS_EVENT_* flag that it may set */
    uint8_t any_code;                /* CODE_KNOWN where the code may be anything */
    uint32_t px_mask, qty_mask;
    uint64_t new_ref_mask, match_mask;
    int64_t no_px; /* AS_PX_UNDEFINED where there is no price, else 0 */
} layout;

enum { REF = 11 }; /* offset of the reference, in all of them */

/* The flag that a code stands for; CODE_KNOWN with those of a side. */
enum { CODE_KNOWN = 0x80 };
static const uint8_t flag_of_code[UINT8_MAX + 1] = {
    ['B'] = CODE_KNOWN, ['S'] = CODE_KNOWN | AS_EVENT_SELL, ['N'] = AS_EVENT_NO_PRINT};

#define ADD(length)                                                                                                    \
    {                                                                                                                  \
        .bytes = (length), .kind = AS_EVENT_ORDER_ADD, .new_ref = REF, .match = REF, .px = 32, .qty = 20, .code = 19,  \
        .flag = AS_EVENT_SELL, .px_mask = UINT32_MAX, .qty_mask = UINT32_MAX                                           \
    }

static const layout layouts[UINT8_MAX + 1] = {
    ['A'] = ADD(36),
    ['F'] = ADD(40),
    ['E'] = {.bytes = 31,
             .kind = AS_EVENT_ORDER_EXECUTE,
             .new_ref = REF,
             .match = 23,
             .px = REF,
             .qty = 19,
             .code = REF,
             .any_code = CODE_KNOWN,
             .qty_mask = UINT32_MAX,
             .match_mask = UINT64_MAX,
             .no_px = AS_PX_UNDEFINED},
    ['C'] = {.bytes = 36,
             .kind = AS_EVENT_ORDER_EXECUTE,
             .new_ref = REF,
             .match = 23,
             .px = 32,
             .qty = 19,
             .code = 31,
             .flag = AS_EVENT_NO_PRINT,
             .any_code = CODE_KNOWN,
             .px_mask = UINT32_MAX,
             .qty_mask = UINT32_MAX,
             .match_mask = UINT64_MAX},
    ['X'] = {.bytes = 23,
             .kind = AS_EVENT_ORDER_REDUCE,
             .new_ref = REF,
             .match = REF,
             .px = REF,
             .qty = 19,
             .code = REF,
             .any_code = CODE_KNOWN,
             .qty_mask = UINT32_MAX,
             .no_px = AS_PX_UNDEFINED},
    ['D'] = {.bytes = 19,
             .kind = AS_EVENT_ORDER_DELETE,
             .new_ref = REF,
             .match = REF,
             .px = REF,
             .qty = REF,
             .code = REF,
             .any_code = CODE_KNOWN,
             .no_px = AS_PX_UNDEFINED},
    ['U'] = {.bytes = 35,
             .kind = AS_EVENT_ORDER_REPLACE,
             .new_ref = 19,
             .match = REF,
             .px = 31,
             .qty = 27,
             .code = REF,
             .any_code = CODE_KNOWN,
             .px_mask = UINT32_MAX,
             .qty_mask = UINT32_MAX,
             .new_ref_mask = UINT64_MAX},
};

/* The two steps, for everything that the short way does not do. */
__attribute__((noinline)) static int decode_and_normalise(as_normaliser *n, const uint8_t *message,
                                                          size_t message_bytes, uint64_t ts_recv, as_event *out,
                                                          as_itch50_result *result)
{
    as_itch50 decoded;
    *result = as_itch50_decode(message, message_bytes, &decoded);
    return *result < 0 ? 0 : as_normalise_itch50(n, &decoded, ts_recv, out);
}

int as_normalise_itch50_bytes(as_normaliser *normaliser, const uint8_t *message, size_t message_bytes, uint64_t ts_recv,
                              as_event *out, as_itch50_result *result)
{
    as_normaliser *n = normaliser;
    if (message_bytes == 0 || layouts[message[0]].bytes != message_bytes)
        return decode_and_normalise(n, message, message_bytes, ts_recv, out, result);
    const layout *l = &layouts[message[0]];
    uint32_t instrument = n->instrument[as_be16(message + 1)];
    uint64_t ts_ns = as_be64(message + 3) & ((UINT64_C(1) << 48) - 1);
    uint8_t code = flag_of_code[message[l->code]];
    if (((code | l->any_code) & CODE_KNOWN) == 0 || instrument >= LOCATE_UNMAPPED || ts_ns >= AS_NS_PER_DAY)
        return decode_and_normalise(n, message, message_bytes, ts_recv, out, result);
    out->order.px = (int64_t)(as_be32(message + l->px) & l->px_mask) * 100000 | l->no_px;
    if (out->order.px == 0)
        return decode_and_normalise(n, message, message_bytes, ts_recv, out, result);
    out->instrument = instrument;
    out->kind = l->kind;
    out->flags = code & l->flag;
    out->source = n->options.source;
    out->ts_event = n->options.midnight_ns + ts_ns;
    out->ts_recv = n->options.trust_r ? out->ts_event : ts_recv;
    out->order.ref = as_be64(message + REF);
    out->order.new_ref = as_be64(message + l->new_ref) & l->new_ref_mask;
    out->order.qty = as_be32(message + l->qty) & l->qty_mask;
    out->order.match = as_be64(message + l->match) & l->match_mask;
    n->counters.by_type[message[0]]++;
    n->counters.events++;
    *result = AS_ITCH50_OK;
    return 1;
}
