/*
 * Driver: lines of NDJSON to events and headlines.
 */
#include "feeds/live/feed_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"

/* Why something was not right; NDJSON's own reasons follow. */
enum { BAD_TRUNCATED, BAD_NDJSON, BAD_COUNT = BAD_NDJSON + AS_NDJSON_RESULT_COUNT };

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

static const char *bad_name(unsigned reason)
{
    return reason == BAD_TRUNCATED ? "truncated_datagram"
                                   : as_ndjson_result_name((as_ndjson_result)(reason - BAD_NDJSON));
}

/* ---- lines ---- */

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
    as_feed_warn_skipped(feed, "line", line_seq, as_ndjson_result_name(result));
}

static void on_line(as_feed *feed, const as_line *line, uint64_t ts)
{
    if (is_blank(line))
        return;
    feed_lines *part = feed->part;
    as_event event;
    as_headline *headline = as_outlet_headline_room(&feed->outlet);
    as_counter_add(&feed->count.messages, 1);
    as_ndjson_result result = as_ndjson_decode(line->text, line->text_bytes, &part->ndjson, &event, headline);
    if (result == AS_NDJSON_UNKNOWN_SYMBOL) {
        as_counter_add(&feed->count.unknown_symbol, 1);
        return;
    }
    if (result != AS_NDJSON_OK) {
        bad_line(feed, line->line_seq, result);
        return;
    }
    if (event.kind == AS_EVENT_HEADLINE)
        as_feed_headline(feed, &event, headline, ts);
    else
        as_feed_market(feed, &event, ts);
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

static void on_datagram(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    as_feed *feed = ctx;
    as_lines *lines = &((feed_lines *)feed->part)->connection[0].lines;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    as_feed_capture(feed, 0, 0, data, data_bytes, ts_recv_ns);
    if (truncated)
        as_feed_bad(feed, BAD_TRUNCATED);
    on_piece(feed, lines, data, data_bytes, ts_recv_ns);
    finish_lines(feed, lines, ts_recv_ns);
    as_feed_end_piece(feed);
    as_feed_state_set(feed, AS_FEED_LIVE);
}

/* Its number in a capture: that of its place, which is its own until its end has been recorded. */
static uint32_t connection_number(const feed_connection *connection)
{
    const feed_lines *part = connection->feed->part;
    return (uint32_t)(connection - part->connection);
}

void as_feed_lines_stream(feed_connection *connection, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_feed *feed = connection->feed;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    as_feed_capture(feed, 0, connection_number(connection), data, data_bytes, ts_recv_ns);
    on_piece(feed, &connection->lines, data, data_bytes, ts_recv_ns);
    as_feed_end_piece(feed);
}

void as_feed_lines_finish(feed_connection *connection, uint64_t ts_recv_ns)
{
    as_feed_capture(connection->feed, 0, connection_number(connection), NULL, 0, ts_recv_ns);
    finish_lines(connection->feed, &connection->lines, ts_recv_ns);
    as_outlet_end(&connection->feed->outlet);
}

/* ---- life cycle ---- */

static int open_datagrams(as_feed *feed)
{
    feed_lines *part = feed->part;
    as_udp_info info;
    int result = as_socket_open_udp(&part->url, &part->udp_fd, &info);
    if (result < 0)
        return as_error_add("key source");
    feed->rcvbuf_bytes = info.rcvbuf_bytes;
    part->udp_watch = as_reactor_add_udp(feed->reactor, part->udp_fd, on_datagram, feed);
    return part->udp_watch < 0 ? part->udp_watch : 0;
}

static int lines_open(as_feed *feed, const as_feed_options *options)
{
    feed_lines *part = feed->part = calloc(1, sizeof *part);
    unsigned connection_count = feed->transport == AS_FEED_UDP ? 1 : AS_FEED_PRODUCERS_MAX;
    if (part != NULL) {
        part->listen_fd = part->listen_watch = part->connecting_fd = part->udp_fd = part->udp_watch = -1;
        part->connection = calloc(connection_count, sizeof *part->connection);
    }
    if (part == NULL || part->connection == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    part->connection_count = connection_count;
    for (unsigned i = 0; i < connection_count; i++) {
        part->connection[i].feed = feed;
        part->connection[i].fd = -1;
        as_lines_init(&part->connection[i].lines);
    }
    part->ndjson = (as_ndjson_context){
        .symbols = &feed->universe->symbols, .instrument = feed->universe->instrument, .source = options->source};
    int result = as_url_parse(feed->config.source, &part->url);
    if (result < 0)
        return as_error_add("key source");
    return feed->transport == AS_FEED_UDP ? open_datagrams(feed) : as_feed_tcp_open(feed);
}

static int lines_poll(as_feed *feed, uint64_t now_ns)
{
    return feed->transport == AS_FEED_UDP ? 0 : as_feed_tcp_poll(feed, now_ns);
}

static uint64_t lines_wait_ns(const as_feed *feed)
{
    return feed->transport == AS_FEED_UDP ? 100 * AS_NS_PER_MS : as_feed_tcp_wait_ns(feed);
}

static void lines_close(as_feed *feed)
{
    feed_lines *part = feed->part;
    if (part == NULL)
        return;
    if (part->udp_watch >= 0)
        as_reactor_remove(feed->reactor, part->udp_watch);
    if (part->udp_fd >= 0)
        close(part->udp_fd);
    as_feed_tcp_close(feed);
    free(part->connection);
    free(part);
}

const as_feed_driver as_feed_lines = {.bad_name = bad_name,
                                      .bad_count = BAD_COUNT,
                                      .open = lines_open,
                                      .poll = lines_poll,
                                      .wait_ns = lines_wait_ns,
                                      .close = lines_close};
