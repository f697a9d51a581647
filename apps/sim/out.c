#include "apps/sim/out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apps/sim/tape.h"
#include "apps/sim/wrap.h"
#include "core/date.h"
#include "core/error.h"
#include "core/price.h"

typedef struct as_sim_bar {
    int64_t open, high, low, close; /* open 0: no trade */
    uint64_t volume;
} as_sim_bar;

static const char *const format_text[] = {"csv", "ndjson", "itch", "moldudp64"};

int as_sim_format_find(const char *word)
{
    for (int i = 0; i < AS_SIM_FORMAT_COUNT; i++)
        if (strcmp(word, format_text[i]) == 0)
            return i;
    return -1;
}

const char *as_sim_format_text(as_sim_format format)
{
    return format_text[format];
}

/* ---- life ---- */

static int open_file(as_sim_out *out, const char *name)
{
    if (snprintf(out->path, sizeof out->path, "%s/%s", out->folder, name) >= (int)sizeof out->path)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", out->folder);
    out->file = fopen(out->path, "we");
    return out->file ? 0 : as_error_set(-errno, "%s: cannot be written: %s", out->path, strerror(errno));
}

static uint32_t bars_max(const as_sim_out *out)
{
    return out->feed->minute_max / out->bar_minutes + 1;
}

int as_sim_out_open(as_sim_out *out, as_sim_format format, uint32_t bar_minutes, as_sim_feed *feed, const char *folder,
                    uint64_t seed)
{
    *out = (as_sim_out){.format = format, .bar_minutes = bar_minutes, .feed = feed, .folder = folder, .seed = seed};
    out->tick_room = as_sim_feed_tick_max(feed);
    out->tick = calloc(out->tick_room, sizeof *out->tick);
    out->bar = calloc((size_t)bars_max(out) * feed->market->count, sizeof *out->bar);
    if (!out->tick || !out->bar)
        return as_error_set(-ENOMEM, "out of memory for the ticks of a session");
    int rc = format == AS_SIM_FORMAT_CSV      ? open_file(out, "bars.csv")
             : format == AS_SIM_FORMAT_NDJSON ? open_file(out, "ticks.ndjson")
                                              : 0;
    if (rc == 0 && format == AS_SIM_FORMAT_CSV)
        fputs("time,symbol,open,high,low,close,volume\n", out->file);
    return rc;
}

int as_sim_out_close(as_sim_out *out)
{
    int rc = 0;
    if (out->file) {
        bool failed = ferror(out->file) != 0;
        if (fclose(out->file) || failed)
            rc = as_error_set(-EIO, "%s: cannot be written: %s", out->path, strerror(errno));
    }
    free(out->tick);
    free(out->bar);
    *out = (as_sim_out){.counts = out->counts};
    return rc;
}

/* ---- bars ---- */

static void add_to_bars(as_sim_out *out, const as_sim_tick *tick, uint32_t count, as_sim_bar *bar)
{
    uint64_t open = out->feed->slot->session->open, length = out->bar_minutes * 60 * AS_NS_PER_S;
    bool mids = out->feed->market->close_mid;
    for (uint32_t i = 0; i < count; i++) {
        as_sim_bar *b = &bar[(tick[i].ts - open) / length];
        int64_t px = mids ? tick[i].mid_px / 100000 * 100000 : tick[i].px; /* a mid needs no more than 1e-4 */
        if (b->open == 0)
            *b = (as_sim_bar){.open = px, .high = px, .low = px};
        b->high = px > b->high ? px : b->high;
        b->low = px < b->low ? px : b->low;
        b->close = px;
        b->volume += tick[i].qty;
    }
}

static void time_text(uint64_t ts, char text[32])
{
    int64_t seconds = (int64_t)(ts / AS_NS_PER_S), days = seconds / 86400, rest = seconds % 86400;
    int32_t date = as_date_from_days(days);
    (void)snprintf(text, 32, "%04d-%02d-%02d %02d:%02d:%02d", date / 10000, date / 100 % 100, date % 100,
                   (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

static void put_bar(as_sim_out *out, const char *time, uint32_t name, const as_sim_bar *bar)
{
    char px[4][AS_PRICE_TEXT_BYTES];
    as_price_format(bar->open, px[0]);
    as_price_format(bar->high, px[1]);
    as_price_format(bar->low, px[2]);
    as_price_format(bar->close, px[3]);
    fprintf(out->file, "%s,%s,%s,%s,%s,%s,%" PRIu64 "\n", time, out->feed->market->sim[name].symbol, px[0], px[1],
            px[2], px[3], bar->volume);
    out->counts.bars++;
}

static int write_bars(as_sim_out *out)
{
    const as_sim_market *m = out->feed->market;
    const as_session *session = out->feed->slot->session;
    uint32_t bars = bars_max(out);
    uint64_t length = out->bar_minutes * 60 * AS_NS_PER_S;
    memset(out->bar, 0, (size_t)bars * m->count * sizeof *out->bar);
    for (uint32_t i = 0; i < m->count; i++) {
        if (!as_sim_feed_trades(out->feed, i))
            continue;
        uint32_t count = as_sim_feed_ticks(out->feed, i, false, out->tick);
        out->counts.trades += count;
        add_to_bars(out, out->tick, count, out->bar + (size_t)i * bars);
    }
    for (uint32_t b = 0; b < bars; b++) {
        char time[32];
        uint64_t end = session->open + (b + 1) * length;
        time_text(end < session->close ? end : session->close, time);
        for (uint32_t i = 0; i < m->count; i++) {
            const as_sim_bar *bar = &out->bar[(size_t)i * bars + b];
            if (bar->open)
                put_bar(out, time, i, bar);
        }
    }
    return 0;
}

/* ---- ticks ---- */

static int by_time(const void *a, const void *b)
{
    const as_sim_tick *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->trade != y->trade)
        return x->trade ? 1 : -1;
    return x->qty < y->qty ? -1 : x->qty > y->qty;
}

/* Every name's ticks of the session, in order. A negative errno, or how many. */
static int64_t collect(as_sim_out *out, bool itch)
{
    const as_sim_market *m = out->feed->market;
    size_t count = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        if (!as_sim_feed_trades(out->feed, i) || (itch && strlen(m->sim[i].symbol) > 8))
            continue;
        if (count + as_sim_feed_tick_max(out->feed) > out->tick_room) {
            size_t room = 2 * (count + as_sim_feed_tick_max(out->feed));
            as_sim_tick *grown = realloc(out->tick, room * sizeof *grown);
            if (!grown)
                return as_error_set(-ENOMEM, "out of memory for %zu ticks", room);
            out->tick = grown;
            out->tick_room = room;
        }
        count += as_sim_feed_ticks(out->feed, i, true, out->tick + count);
    }
    qsort(out->tick, count, sizeof *out->tick, by_time);
    return (int64_t)count;
}

static int write_ndjson(as_sim_out *out)
{
    const as_sim_market *m = out->feed->market;
    int64_t count = collect(out, false);
    for (int64_t i = 0; i < count; i++) {
        const as_sim_tick *tick = &out->tick[i];
        char a[AS_PRICE_TEXT_BYTES];
        if (tick->trade) {
            as_price_format(tick->px, a);
            fprintf(out->file, "{\"k\":\"trade\",\"t\":%" PRIu64 ",\"s\":\"%s\",\"p\":\"%s\",\"q\":%u}\n", tick->ts,
                    m->sim[tick->name].symbol, a, tick->qty);
            out->counts.trades++;
        } else {
            char b[AS_PRICE_TEXT_BYTES];
            as_price_format(tick->bid_px, a);
            as_price_format(tick->ask_px, b);
            fprintf(out->file,
                    "{\"k\":\"quote\",\"t\":%" PRIu64 ",\"s\":\"%s\",\"b\":\"%s\",\"bs\":%u,\"a\":\"%s\",\"as\":%u}\n",
                    tick->ts, m->sim[tick->name].symbol, a, tick->qty, b, tick->ask_qty);
            out->counts.quotes++;
        }
    }
    return count < 0 ? (int)count : 0;
}

/* ---- ITCH ---- */

static void before_open(as_sim_tape *tape, uint32_t names, uint64_t open)
{
    const uint64_t hour = 3600 * AS_NS_PER_S;
    as_sim_tape_system(tape, 3 * hour, 'O');
    for (uint32_t i = 0; i < names; i++)
        as_sim_tape_directory(tape, 3 * hour + 600 * AS_NS_PER_S + i, i);
    for (uint32_t i = 0; i < names; i++)
        as_sim_tape_trading(tape, 3 * hour + 601 * AS_NS_PER_S + i, i);
    as_sim_tape_system(tape, 4 * hour, 'S');
    as_sim_tape_system(tape, open, 'Q');
}

static void after_close(as_sim_tape *tape, uint64_t close)
{
    const uint64_t hour = 3600 * AS_NS_PER_S;
    as_sim_tape_system(tape, close, 'M');
    as_sim_tape_clear(tape, close + 4 * hour - AS_NS_PER_S);
    as_sim_tape_system(tape, close + 4 * hour, 'E');
    as_sim_tape_system(tape, close + 4 * hour + 300 * AS_NS_PER_S, 'C');
}

static void play(as_sim_out *out, as_sim_tape *tape, const uint32_t *locate, int64_t count, uint64_t midnight)
{
    const int64_t px4 = AS_PX_ONE / 10000;
    for (int64_t i = 0; i < count; i++) {
        const as_sim_tick *tick = &out->tick[i];
        uint32_t name = locate[tick->name];
        if (tick->trade)
            as_sim_tape_trade(tape, tick->ts - midnight, name, tick->buy);
        else
            as_sim_tape_quote(tape, tick->ts - midnight, name, (uint32_t)(tick->bid_px / px4),
                              (uint32_t)(tick->ask_px / px4));
    }
}

static int write_tape(as_sim_out *out, const char *path, uint64_t midnight)
{
    const as_sim_market *m = out->feed->market;
    const as_session *session = out->feed->slot->session;
    const char *symbol[AS_MARKET_NAME_MAX];
    uint32_t locate[AS_MARKET_NAME_MAX] = {0}, names = 0;
    as_sim_tape tape;
    for (uint32_t i = 0; i < m->count; i++) {
        if (!as_sim_feed_trades(out->feed, i) || strlen(m->sim[i].symbol) > 8)
            continue;
        locate[i] = names;
        symbol[names++] = m->sim[i].symbol;
    }
    int64_t count = collect(out, true);
    if (count < 0)
        return (int)count;
    int rc = as_sim_tape_open(&tape, path, out->seed ^ (uint64_t)session->date, symbol, names);
    if (rc < 0)
        return rc;
    before_open(&tape, names, session->open - midnight);
    play(out, &tape, locate, count, midnight);
    after_close(&tape, session->close - midnight);
    out->counts.messages += tape.messages;
    out->counts.quotes += tape.quotes;
    out->counts.trades += tape.trades;
    out->counts.files++;
    return as_sim_tape_close(&tape);
}

/* ITCH counts from New York's midnight. */
static int find_midnight(int32_t date, uint64_t *midnight)
{
    as_timezone *zone;
    int rc = as_timezone_new("America/New_York", &zone);
    if (rc < 0)
        return rc;
    int64_t utc = as_timezone_to_utc(zone, as_date_year(date), as_date_month(date), as_date_day(date), 0, 0, 0);
    *midnight = (uint64_t)utc * AS_NS_PER_S;
    as_timezone_free(zone);
    return 0;
}

static int write_day(as_sim_out *out)
{
    const as_session *session = out->feed->slot->session;
    char path[AS_PATH_BYTES], wrapped[AS_PATH_BYTES];
    uint64_t midnight;
    if (out->feed->slot->calendar != out->feed->market->sim[0].calendar)
        return 0; /* no name of theirs is on Nasdaq */
    if (snprintf(path, sizeof path, "%s/%d.itch", out->folder, session->date) >= (int)sizeof path ||
        snprintf(wrapped, sizeof wrapped, "%s/%d.pcapng", out->folder, session->date) >= (int)sizeof wrapped)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", out->folder);
    int rc = find_midnight(session->date, &midnight);
    if (rc == 0)
        rc = write_tape(out, path, midnight);
    if (rc < 0 || out->format == AS_SIM_FORMAT_ITCH)
        return rc;
    return as_sim_wrap_moldudp64(path, wrapped, midnight, session->date, &out->counts.packets);
}

int as_sim_out_session(as_sim_out *out)
{
    switch (out->format) {
    case AS_SIM_FORMAT_CSV:
        return write_bars(out);
    case AS_SIM_FORMAT_NDJSON:
        return write_ndjson(out);
    default:
        return write_day(out);
    }
}
