/*
 * The capture of a live feed: which lines it has, and what its drivers hand over.
 */
#include <netinet/in.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture.h"
#include "feeds/live/feed_parts.h"

/* The address of a datagram line as a packet's; a request server is where its answers come from. */
static int set_address(const char *url_text, bool answers, as_datagram *address)
{
    as_url url;
    as_address resolved;
    int code = as_url_parse(url_text, &url);
    if (code == 0)
        code = as_url_resolve(&url, &resolved);
    if (code < 0)
        return code;
    uint8_t *at = answers ? address->src : address->dst;
    if (resolved.storage.ss_family == AF_INET6) {
        memcpy(at, &((const struct sockaddr_in6 *)(const void *)&resolved.storage)->sin6_addr, 16);
        address->version = 6;
    } else {
        memcpy(at, &((const struct sockaddr_in *)(const void *)&resolved.storage)->sin_addr, 4);
        address->version = 4;
    }
    *(answers ? &address->src_port : &address->dst_port) = url.port;
    return 0;
}

static int add_line(as_feed *feed, as_capture_options *options, unsigned id, const char *key, const char *url)
{
    const as_feed_config *config = &feed->config;
    if (!url[0])
        return 0;
    unsigned at = options->line_count++;
    as_capture_wire *line = &options->line[at];
    bool ask = feed->transport == AS_FEED_UDP && config->retransmit[0];
    line->text = (as_capture_line){.framing = config->framing,
                                   .format = config->format,
                                   .line_count = config->redundant[0] ? 2 : 1,
                                   .ask = ask,
                                   .trust_r = config->trust_r,
                                   .window_ns = config->window_ns};
    strcpy(line->text.feed, config->name);
    strcpy(line->text.line, key);
    strcpy(line->text.source, url);
    strcpy(line->text.publisher, config->publisher);
    line->datagrams = feed->transport == AS_FEED_UDP;
    feed->capture_line[id] = at;
    return line->datagrams ? set_address(url, id == AS_CAPTURE_RETRANSMIT, &line->address) : 0;
}

int as_feed_capture_open(as_feed *feed)
{
    const as_feed_config *config = &feed->config;
    as_capture_options options = {.path = config->capture};
    if (!config->capture[0])
        return 0;
    int code = add_line(feed, &options, AS_CAPTURE_SOURCE, "source", config->source);
    if (code == 0 && feed->transport == AS_FEED_UDP) {
        code = add_line(feed, &options, AS_CAPTURE_REDUNDANT, "redundant", config->redundant);
        if (code == 0)
            code = add_line(feed, &options, AS_CAPTURE_RETRANSMIT, "retransmit", config->retransmit);
    } else if (code == 0) {
        code = add_line(feed, &options, AS_CAPTURE_BACKFILL, "backfill", config->backfill);
    }
    if (code == 0)
        code = as_capture_open(&options, &feed->capture);
    if (code < 0)
        return as_error_add("key capture");
    if (strcmp(as_capture_path(feed->capture), config->capture) != 0)
        as_note("feed %s: %s exists; the capture is %s", config->name, config->capture, as_capture_path(feed->capture));
    return 0;
}

void as_feed_capture_close(as_feed *feed)
{
    as_capture_close(feed->capture);
    feed->capture = NULL;
}

static void put(as_feed *feed, const as_capture_piece *piece)
{
    as_capture_put(feed->capture, piece);
    as_counter_set(&feed->count.capture_lost, as_capture_lost(feed->capture));
}

void as_feed_capture(as_feed *feed, unsigned line, uint32_t connection, const void *data, size_t data_bytes,
                     uint64_t ts_recv_ns)
{
    if (feed->capture == NULL)
        return;
    put(feed, &(as_capture_piece){.line = feed->capture_line[line],
                                  .kind = data != NULL ? AS_CAPTURE_DATA : AS_CAPTURE_END,
                                  .connection = connection,
                                  .ts_recv_ns = ts_recv_ns,
                                  .data = data,
                                  .data_bytes = data_bytes});
}

void as_feed_capture_gap(as_feed *feed, uint64_t ts_recv_ns)
{
    if (feed->capture == NULL)
        return;
    put(feed, &(as_capture_piece){
                  .line = feed->capture_line[AS_CAPTURE_SOURCE], .kind = AS_CAPTURE_GAP, .ts_recv_ns = ts_recv_ns});
}
