#include "apps/sim/tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/be.h"
#include "feeds/decode/itch50_encode.h"

enum {
    BID = 0,
    ASK = 1,
    REACH = 8, /* spreads that a deeper order may be farther away than its place */
    LOT = 100,
    DELETE_AND_ADD = 15, /* of 100 moves; the others are replacements */
    KEEP_SHARES = 40     /* an execution leaves at least so much */
};

static void put(as_sim_tape *tape, const as_itch50 *message)
{
    uint8_t record[2 + AS_ITCH50_BYTES_MAX];
    size_t bytes = as_itch50_encode(message, record + 2, AS_ITCH50_BYTES_MAX);
    as_be16_put(record, (uint16_t)bytes);
    fwrite(record, 1, 2 + bytes, tape->file);
    tape->messages++;
}

static as_itch50 message_of(uint64_t ts_ns, char type, uint32_t name)
{
    return (as_itch50){.type = type, .locate = (uint16_t)(name + 1), .ts_ns = ts_ns};
}

int as_sim_tape_open(as_sim_tape *tape, const char *path, uint64_t seed, const char *const *symbol, uint32_t count)
{
    *tape = (as_sim_tape){.path = path, .book_count = count, .book = calloc(count, sizeof *tape->book)};
    if (!tape->book)
        return as_error_set(-ENOMEM, "out of memory for %u books", count);
    tape->file = fopen(path, "we");
    if (!tape->file) {
        int rc = as_error_set(-errno, "%s: cannot be written: %s", path, strerror(errno));
        free(tape->book);
        *tape = (as_sim_tape){0};
        return rc;
    }
    as_sim_random_init(&tape->random, seed, "tape");
    for (uint32_t i = 0; i < count; i++) {
        memset(tape->book[i].stock, ' ', sizeof tape->book[i].stock);
        memcpy(tape->book[i].stock, symbol[i], strnlen(symbol[i], sizeof tape->book[i].stock));
    }
    return 0;
}

void as_sim_tape_system(as_sim_tape *tape, uint64_t ts_ns, char event)
{
    as_itch50 s = {.type = 'S', .ts_ns = ts_ns, .system = {.event = event}};
    put(tape, &s);
}

void as_sim_tape_directory(as_sim_tape *tape, uint64_t ts_ns, uint32_t name)
{
    as_itch50 r = message_of(ts_ns, 'R', name);
    memcpy(r.directory.stock, tape->book[name].stock, sizeof r.directory.stock);
    r.directory.category = 'Q';
    r.directory.financial_status = ' ';
    r.directory.round_lot = LOT;
    r.directory.round_lots_only = 'N';
    r.directory.issue_class = 'C';
    memcpy(r.directory.subtype, "Z ", sizeof r.directory.subtype);
    r.directory.authenticity = 'T'; /* a test system */
    r.directory.short_sale_threshold = 'N';
    r.directory.ipo = 'N';
    r.directory.luld_tier = '1';
    r.directory.etp = 'N';
    r.directory.inverse = 'N';
    put(tape, &r);
}

void as_sim_tape_trading(as_sim_tape *tape, uint64_t ts_ns, uint32_t name)
{
    as_itch50 h = message_of(ts_ns, 'H', name);
    memcpy(h.action.stock, tape->book[name].stock, sizeof h.action.stock);
    h.action.state = 'T';
    h.action.reserved = ' ';
    memset(h.action.reason, ' ', sizeof h.action.reason);
    put(tape, &h);
}

/* ---- quotes ---- */

static uint32_t shares_of(as_sim_tape *tape)
{
    return LOT * (1 + as_sim_random_below(&tape->random, 8));
}

static void add(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, int side, as_sim_order *order, uint32_t px4)
{
    *order = (as_sim_order){.ref = ++tape->ref, .px4 = px4, .shares = shares_of(tape)};
    as_itch50 a = message_of(ts_ns, 'A', name);
    memcpy(a.add.stock, tape->book[name].stock, sizeof a.add.stock);
    a.add.ref = order->ref;
    a.add.side = side == BID ? 'B' : 'S';
    a.add.shares = order->shares;
    a.add.px4 = px4;
    put(tape, &a);
}

static void move(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, int side, as_sim_order *order, uint32_t px4)
{
    if (order->ref == 0) {
        add(tape, ts_ns, name, side, order, px4);
    } else if (as_sim_random_below(&tape->random, 100) < DELETE_AND_ADD) {
        as_itch50 d = message_of(ts_ns, 'D', name);
        d.remove.ref = order->ref;
        put(tape, &d);
        add(tape, ts_ns, name, side, order, px4);
    } else {
        as_itch50 u = message_of(ts_ns, 'U', name);
        u.replace.ref = order->ref;
        *order = (as_sim_order){.ref = ++tape->ref, .px4 = px4, .shares = shares_of(tape)};
        u.replace.new_ref = order->ref;
        u.replace.shares = order->shares;
        u.replace.px4 = px4;
        put(tape, &u);
    }
}

static uint32_t away(int side, uint32_t px4, uint32_t ticks)
{
    uint32_t distance = ticks * AS_SIM_TICK_PX4;
    if (side == ASK)
        return px4 + distance;
    return px4 > distance ? px4 - distance : AS_SIM_TICK_PX4;
}

/* Is a deeper order where it may stay: behind the best, in the order of levels, and not too far? */
static bool in_place(int side, const as_sim_order *order, uint32_t best_px4, uint32_t level, uint32_t spread_ticks)
{
    int64_t behind = (side == ASK ? 1 : -1) * ((int64_t)order->px4 - (int64_t)best_px4) / AS_SIM_TICK_PX4;
    return order->ref != 0 && behind >= (int64_t)level && behind <= (int64_t)(level + REACH) * spread_ticks;
}

static void set_side(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, int side, uint32_t best_px4,
                     uint32_t spread_ticks)
{
    as_sim_order *order = tape->book[name].side[side];
    bool better = side == ASK ? best_px4 < order[0].px4 : best_px4 > order[0].px4;
    bool moved = order[0].ref == 0 || order[0].px4 != best_px4;
    if (moved && (better || order[0].ref == 0))
        move(tape, ts_ns, name, side, &order[0], best_px4);
    for (uint32_t level = 1; level < AS_SIM_LEVELS; level++)
        if (!in_place(side, &order[level], best_px4, level, spread_ticks))
            move(tape, ts_ns, name, side, &order[level],
                 away(side, best_px4, spread_ticks * (2 * level + as_sim_random_below(&tape->random, 2))));
    if (moved && order[0].px4 != best_px4)
        move(tape, ts_ns, name, side, &order[0], best_px4); /* a retreat: what lies behind has made room */
}

void as_sim_tape_quote(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, uint32_t bid_px4, uint32_t ask_px4)
{
    bool rising = ask_px4 > tape->book[name].side[ASK][0].px4;
    uint32_t ticks = (ask_px4 - bid_px4) / AS_SIM_TICK_PX4;
    tape->quotes++;
    set_side(tape, ts_ns, name, rising ? ASK : BID, rising ? ask_px4 : bid_px4, ticks);
    set_side(tape, ts_ns, name, rising ? BID : ASK, rising ? bid_px4 : ask_px4, ticks);
}

/* ---- trades ---- */

void as_sim_tape_trade(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, int buy)
{
    as_sim_order *order = &tape->book[name].side[buy ? ASK : BID][0];
    if (order->ref == 0 || order->shares <= KEEP_SHARES)
        return;
    uint32_t most = order->shares - KEEP_SHARES;
    as_itch50 e = message_of(ts_ns, 'E', name);
    e.execute.ref = order->ref;
    e.execute.shares = 1 + as_sim_random_below(&tape->random, most);
    e.execute.match = ++tape->match;
    order->shares -= e.execute.shares;
    tape->trades++;
    put(tape, &e);
}

void as_sim_tape_cross(as_sim_tape *tape, uint64_t ts_ns, uint32_t name, char cross, uint32_t px4, uint32_t shares)
{
    as_itch50 q = message_of(ts_ns, 'Q', name);
    memcpy(q.cross.stock, tape->book[name].stock, sizeof q.cross.stock);
    q.cross.shares = shares;
    q.cross.px4 = px4;
    q.cross.match = ++tape->match;
    q.cross.cross = cross;
    tape->trades++;
    put(tape, &q);
}

void as_sim_tape_clear(as_sim_tape *tape, uint64_t ts_ns)
{
    for (uint32_t name = 0; name < tape->book_count; name++) {
        for (unsigned i = 0; i < 2 * AS_SIM_LEVELS; i++) {
            as_sim_order *order = &tape->book[name].side[i / AS_SIM_LEVELS][i % AS_SIM_LEVELS];
            as_itch50 d = message_of(ts_ns, 'D', name);
            d.remove.ref = order->ref;
            if (order->ref)
                put(tape, &d);
            order->ref = 0;
        }
    }
}

int as_sim_tape_close(as_sim_tape *tape)
{
    int rc = 0;
    if (tape->file) {
        bool failed = ferror(tape->file) != 0;
        if (fclose(tape->file) || failed)
            rc = as_error_set(-EIO, "%s: cannot be written: %s", tape->path, strerror(errno));
    }
    free(tape->book);
    *tape = (as_sim_tape){0};
    return rc;
}
