#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/feed_parts.h"

/* ---- ITCH over MoldUDP64 ---- */

/* Midnight, in the exchange's zone, of the session's date: the one given, else the date that ts lies in. */
static uint64_t session_midnight(const as_feed *feed, uint64_t ts)
{
    int32_t date = feed->session_date;
    as_civil day = {.year = date / 10000, .month = date / 100 % 100, .day = date % 100};
    if (date == 0)
        day = as_timezone_to_civil(feed->zone, (int64_t)(ts / AS_NS_PER_S));
    return (uint64_t)as_timezone_to_utc(feed->zone, day.year, day.month, day.day, 0, 0, 0) * AS_NS_PER_S;
}

/* A new session of the source: its books begin empty, and its numbers and names mean something else. */
static void restart(as_feed *feed, uint64_t ts)
{
    const as_normaliser *normaliser = &feed->normaliser;
    for (uint32_t locate = 0; locate < AS_LOCATE_COUNT; locate++) {
        uint32_t instrument = normaliser->instrument[locate];
        if (instrument >= feed->universe->symbols.count)
            continue;
        as_outlet_market(&feed->outlet, &(as_event){.ts_event = ts,
                                                    .ts_recv = ts,
                                                    .instrument = instrument,
                                                    .kind = AS_EVENT_CLEAR,
                                                    .source = feed->outlet.source});
    }
    as_normaliser_reset(&feed->normaliser, session_midnight(feed, ts));
    feed->broken = false;
}

static void on_message(as_feed *feed, const uint8_t *message, size_t message_bytes, uint64_t ts)
{
    as_itch50 decoded;
    as_event event;
    as_counter_add(&feed->count.messages, 1);
    switch (as_itch50_decode(message, message_bytes, &decoded)) {
    case AS_ITCH50_SHORT:
        as_feed_bad(feed, BAD_ITCH_SHORT);
        return;
    case AS_ITCH50_UNKNOWN:
        as_feed_bad(feed, BAD_ITCH_UNKNOWN);
        return;
    case AS_ITCH50_EMPTY:
        as_feed_bad(feed, BAD_ITCH_EMPTY);
        return;
    case AS_ITCH50_GROWN:
    case AS_ITCH50_OK:
        break;
    }
    if (as_normalise_itch50(&feed->normaliser, &decoded, ts, &event) > 0)
        as_outlet_market(&feed->outlet, &event);
}

/*
 * All of a datagram or a read is in. With trust_r its instant may go on: as_feed_poll_idle ends it if nothing
 * comes.
 */
static void end_piece(as_feed *feed)
{
    if (!feed->config.trust_r)
        as_outlet_end(&feed->outlet);
}

static void on_packet(void *ctx, const as_mold_packet *packet, const as_mold_take *take, uint64_t ts)
{
    as_feed *feed = ctx;
    if (take->restarted)
        restart(feed, ts);
    if (take->gap_from != take->gap_to) {
        as_outlet_gap(&feed->outlet, ts, take->gap_from, take->gap_to);
        feed->broken = true;
    }
    const uint8_t *cursor = packet->blocks;
    size_t message_bytes;
    for (unsigned i = 0; i < take->skip; i++)
        as_mold_next(&cursor, &message_bytes);
    for (unsigned i = 0; i < take->deliver; i++) {
        const uint8_t *message = as_mold_next(&cursor, &message_bytes);
        on_message(feed, message, message_bytes, ts);
    }
    end_piece(feed);
}

/* Best effort: if the request or its answer is lost, the hole is declared after AS_FEED_REQUEST_MS. */
static void on_request(void *ctx, const as_mold_request *request)
{
    as_feed *feed = ctx;
    uint8_t packet[AS_MOLD_HEADER_BYTES];
    size_t packet_bytes = as_mold_request_encode(request, packet, sizeof packet);
    if (packet_bytes > 0)
        (void)send(feed->fd[SOCKET_RETRANSMIT], packet, packet_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The parts below count for themselves; readers on other threads see these copies. */
static void copy_counters(as_feed *feed)
{
    const as_mold_line *line = &feed->arbiter.line;
    const as_normaliser_counters *normal = &feed->normaliser.counters;
    feed_counters *count = &feed->count;
    as_counter_set(&count->gaps, line->gaps);
    as_counter_set(&count->lost, line->lost);
    as_counter_set(&count->duplicates, line->duplicates);
    as_counter_set(&count->heartbeats, line->heartbeats);
    as_counter_set(&count->restarts, line->restarts);
    as_counter_set(&count->filled, feed->arbiter.filled);
    as_counter_set(&count->requested, feed->arbiter.requests);
    as_counter_set(&count->unknown_symbol, normal->unknown_symbol);
    as_counter_set(&count->bad[BAD_MOLD_SESSION], line->wrong_session);
    as_counter_set(&count->bad[BAD_ITCH_LOCATE], normal->unknown_locate);
    as_counter_set(&count->bad[BAD_ITCH_TIME], normal->bad_ts);
    as_counter_set(&count->bad[BAD_ITCH_PRICE], normal->bad_px);
    as_counter_set(&count->bad[BAD_ITCH_CODE], normal->bad_code);
}

static void count_packet(as_feed *feed, size_t data_bytes, uint64_t ts, bool truncated)
{
    as_counter_add(&feed->count.packets, 1);
    as_counter_add(&feed->count.bytes, data_bytes);
    as_counter_set(&feed->count.last_packet_ns, ts);
    feed->last_data_ns = ts;
    if (truncated)
        as_feed_bad(feed, BAD_TRUNCATED);
}

void as_feed_on_mold(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    as_feed *feed = ctx;
    count_packet(feed, data_bytes, ts_recv_ns, truncated);
    uint64_t bad_seq = feed->arbiter.line.bad_seq;
    switch (as_arbiter_push(&feed->arbiter, data, data_bytes, ts_recv_ns, ts_recv_ns)) {
    case AS_MOLD_SHORT:
        as_feed_bad(feed, BAD_MOLD_SHORT);
        return;
    case AS_MOLD_BAD_SEQ:
        as_feed_bad(feed, BAD_MOLD_SEQ);
        return;
    case AS_MOLD_CUT:
        as_feed_bad(feed, BAD_MOLD_CUT);
        break;
    case AS_MOLD_TRAILING:
        as_feed_bad(feed, BAD_MOLD_TRAILING);
        break;
    case AS_MOLD_OK:
        break;
    }
    as_counter_add(&feed->count.bad[BAD_MOLD_SEQ], feed->arbiter.line.bad_seq - bad_seq);
    copy_counters(feed);
    as_feed_state_set(feed, feed->broken ? AS_FEED_STALE : AS_FEED_LIVE);
}

/* ---- NDJSON ---- */

static bool is_blank(const as_line *line)
{
    for (size_t i = 0; i < line->text_bytes; i++) {
        if (line->text[i] != ' ' && line->text[i] != '\t')
            return false;
    }
    return true;
}

static void bad_line(as_feed *feed, uint64_t line_seq, as_ndjson_result result)
{
    as_feed_bad(feed, BAD_NDJSON + (unsigned)result);
    if (feed->warn_count >= AS_FEED_WARN_MAX)
        return;
    feed->warn_count++;
    as_warn("feed %s: line %llu: %s; the line is skipped%s", feed->config.name, (unsigned long long)line_seq,
            as_ndjson_result_name(result),
            feed->warn_count == AS_FEED_WARN_MAX ? " (further bad lines are only counted)" : "");
}

static void on_line(as_feed *feed, const as_line *line, uint64_t ts)
{
    if (is_blank(line))
        return;
    as_event event;
    as_headline *headline = as_outlet_headline_room(&feed->outlet);
    as_counter_add(&feed->count.messages, 1);
    as_ndjson_result result = as_ndjson_decode(line->text, line->text_bytes, &feed->ndjson, &event, headline);
    if (result == AS_NDJSON_UNKNOWN_SYMBOL) {
        as_counter_add(&feed->count.unknown_symbol, 1);
        return;
    }
    if (result != AS_NDJSON_OK) {
        bad_line(feed, line->line_seq, result);
        return;
    }
    if (!feed->config.trust_r)
        event.ts_recv = ts;
    if (event.kind != AS_EVENT_HEADLINE) {
        as_outlet_market(&feed->outlet, &event);
        return;
    }
    headline->ts_recv = event.ts_recv;
    if (feed->desk != NULL)
        as_desk_read(feed->desk, headline);
    event.headline.generation = headline->reading.generation;
    as_outlet_headline(&feed->outlet, &event);
}

static void on_piece(as_feed *feed, as_lines *lines, const uint8_t *data, size_t data_bytes, uint64_t ts)
{
    as_line line;
    uint64_t too_long = lines->too_long;
    while (as_lines_next(lines, &data, &data_bytes, &line))
        on_line(feed, &line, ts);
    for (; too_long < lines->too_long; too_long++)
        bad_line(feed, lines->line_seq, AS_NDJSON_LINE_TOO_LONG);
}

static void finish_lines(as_feed *feed, as_lines *lines, uint64_t ts)
{
    as_line line;
    uint64_t too_long = lines->too_long;
    if (as_lines_finish(lines, &line))
        on_line(feed, &line, ts);
    else if (lines->too_long != too_long)
        bad_line(feed, lines->line_seq, AS_NDJSON_LINE_TOO_LONG);
}

void as_feed_on_lines(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    as_feed *feed = ctx;
    as_lines *lines = &feed->connection[0].lines;
    count_packet(feed, data_bytes, ts_recv_ns, truncated);
    on_piece(feed, lines, data, data_bytes, ts_recv_ns);
    finish_lines(feed, lines, ts_recv_ns);
    end_piece(feed);
    as_feed_state_set(feed, AS_FEED_LIVE);
}

void as_feed_decode_stream(feed_connection *connection, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_feed *feed = connection->feed;
    count_packet(feed, data_bytes, ts_recv_ns, false);
    on_piece(feed, &connection->lines, data, data_bytes, ts_recv_ns);
    end_piece(feed);
}

void as_feed_finish_stream(feed_connection *connection, uint64_t ts_recv_ns)
{
    finish_lines(connection->feed, &connection->lines, ts_recv_ns);
    as_outlet_end(&connection->feed->outlet);
}

/* ---- life cycle ---- */

static int itch_init(as_feed *feed, const as_feed_options *options)
{
    const char *zone =
        options->session_zone != NULL && options->session_zone[0] ? options->session_zone : "America/New_York";
    int result = as_timezone_new(zone, &feed->zone);
    if (result < 0)
        return result;
    feed->session_date = options->session_date;
    as_normaliser_options normal = {.symbols = &feed->universe->symbols,
                                    .midnight_ns = session_midnight(feed, as_clock_now_ns()),
                                    .source = options->source,
                                    .trust_r = feed->config.trust_r};
    bool ask = feed->config.retransmit[0] != 0;
    bool hold = ask || feed->config.redundant[0] != 0;
    /* From message 1: whoever joins late has lost the orders before, and the books must say so. */
    as_arbiter_options order = {.window_ns = hold ? AS_FEED_WINDOW_MS * AS_NS_PER_MS : 0,
                                .request_ns = AS_FEED_REQUEST_MS * AS_NS_PER_MS,
                                .first_seq = 1,
                                .take = on_packet,
                                .request = ask ? on_request : NULL,
                                .ctx = feed};
    result = as_normaliser_init(&feed->normaliser, &normal);
    if (result == 0)
        result = as_arbiter_init(&feed->arbiter, &order);
    return result < 0 ? as_error_set(result, "out of memory") : 0;
}

int as_feed_decode_init(as_feed *feed, const as_feed_options *options)
{
    if (feed->config.format == AS_FORMAT_ITCH50)
        return itch_init(feed, options);
    unsigned connection_count = feed->url.transport == AS_TRANSPORT_UDP ? 1 : AS_FEED_PRODUCERS_MAX;
    feed->connection = calloc(connection_count, sizeof *feed->connection);
    if (feed->connection == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    feed->connection_count = connection_count;
    for (unsigned i = 0; i < feed->connection_count; i++) {
        feed->connection[i].feed = feed;
        feed->connection[i].fd = -1;
        as_lines_init(&feed->connection[i].lines);
    }
    feed->ndjson = (as_ndjson_context){
        .symbols = &feed->universe->symbols, .instrument = feed->universe->instrument, .source = options->source};
    return 0;
}

void as_feed_decode_fini(as_feed *feed)
{
    as_arbiter_fini(&feed->arbiter);
    as_normaliser_fini(&feed->normaliser);
    as_timezone_free(feed->zone);
    free(feed->connection);
}
