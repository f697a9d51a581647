#include "feeds/files/nbbo.h"

#include <errno.h>
#include <stdlib.h>

#include "core/limits.h"

typedef struct side {
    int64_t px;
    uint64_t qty;
    uint64_t ts; /* source time of the latest word on it */
} side;

typedef struct venue_quote {
    uint64_t venue;
    side bid, ask;
} venue_quote;

typedef struct name {
    uint32_t venue_count;
    venue_quote quote[AS_NBBO_VENUES_MAX];
} name;

struct as_nbbo {
    uint64_t dropped;
    name *name[AS_INSTRUMENT_MAX];
};

int as_nbbo_new(as_nbbo **nbbo)
{
    *nbbo = calloc(1, sizeof **nbbo);
    return *nbbo ? 0 : -ENOMEM;
}

void as_nbbo_free(as_nbbo *nbbo)
{
    for (uint32_t i = 0; nbbo && i < AS_INSTRUMENT_MAX; i++)
        free(nbbo->name[i]);
    free(nbbo);
}

static venue_quote *find(as_nbbo *nbbo, uint32_t instrument, uint64_t venue)
{
    if (instrument >= AS_INSTRUMENT_MAX)
        return NULL;
    name *n = nbbo->name[instrument];
    if (!n && !(n = nbbo->name[instrument] = calloc(1, sizeof *n)))
        return NULL;
    for (uint32_t i = 0; i < n->venue_count; i++)
        if (n->quote[i].venue == venue)
            return &n->quote[i];
    if (n->venue_count == AS_NBBO_VENUES_MAX)
        return NULL;
    venue_quote *q = &n->quote[n->venue_count++];
    *q = (venue_quote){.venue = venue, .bid.px = AS_PX_UNDEFINED, .ask.px = AS_PX_UNDEFINED};
    return q;
}

static void update(side *mine, int64_t px, uint64_t qty, uint64_t ts, bool one_side)
{
    if (one_side && px == AS_PX_UNDEFINED)
        return;
    *mine = (side){.px = px, .qty = px == AS_PX_UNDEFINED ? 0 : qty, .ts = ts};
}

/* The better of two sides; at one price, both. */
static side better(side a, side b, uint64_t now, bool higher)
{
    if (b.px == AS_PX_UNDEFINED || (now > b.ts && now - b.ts > AS_NBBO_AGE_S * AS_NS_PER_S))
        return a;
    if (a.px == AS_PX_UNDEFINED || (higher ? b.px > a.px : b.px < a.px))
        return b;
    if (a.px == b.px)
        a.qty += b.qty;
    return a;
}

bool as_nbbo_update(as_nbbo *nbbo, uint64_t venue, bool one_side, as_event *quote)
{
    venue_quote *mine = find(nbbo, quote->instrument, venue);
    if (!mine) {
        nbbo->dropped++;
        return false;
    }
    update(&mine->bid, quote->quote.bid_px, quote->quote.bid_qty, quote->ts_event, one_side);
    update(&mine->ask, quote->quote.ask_px, quote->quote.ask_qty, quote->ts_event, one_side);
    const name *n = nbbo->name[quote->instrument];
    side bid = {.px = AS_PX_UNDEFINED}, ask = {.px = AS_PX_UNDEFINED};
    for (uint32_t i = 0; i < n->venue_count; i++) {
        bid = better(bid, n->quote[i].bid, quote->ts_event, true);
        ask = better(ask, n->quote[i].ask, quote->ts_event, false);
    }
    quote->quote.bid_px = bid.px;
    quote->quote.bid_qty = bid.qty;
    quote->quote.ask_px = ask.px;
    quote->quote.ask_qty = ask.qty;
    return true;
}

uint64_t as_nbbo_dropped(const as_nbbo *nbbo)
{
    return nbbo->dropped;
}
