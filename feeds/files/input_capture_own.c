/*
 * Our own captures: records of the lines that their interfaces describe (docs/CAPTURE.md).
 */
#include "feeds/files/input_capture.h"

#include <stdlib.h>
#include <string.h>

static bool same_feed(const as_capture_line *a, const as_capture_line *b)
{
    return strcmp(a->feed, b->feed) == 0 && a->framing == b->framing && a->format == b->format;
}

void as_capture_own_interface(as_input *input)
{
    as_capture_reading *c = as_capture_of(input);
    uint32_t idx = c->pcap.interface_idx;
    const as_pcap_interface *interface = &c->pcap.interface[idx];
    as_capture_line line;
    c->feed_of[idx] = AS_CAPTURE_NO_FEED;
    c->dropped[idx] = 0;
    if (!as_capture_line_parse(interface->name, interface->description, &line))
        return;
    uint32_t at = 0;
    while (at < c->feed_count && !same_feed(&c->feed[at].line, &line))
        at++;
    if (at == AS_CAPTURE_INTERFACE_MAX)
        return;
    if (at == c->feed_count) {
        c->feed[c->feed_count++] =
            (as_capture_feed){.line = line, .stream = -1, .codec = as_capture_codec_find(line.framing, line.format)};
    }
    c->feed_of[idx] = (int)at;
}

static as_flow_payload payload_of_feed(const as_capture_line *line)
{
    if (line->framing == AS_FRAMING_MOLDUDP64)
        return AS_FLOW_ITCH50;
    if (line->framing == AS_FRAMING_IEXTP)
        return line->format == AS_FORMAT_DEEP ? AS_FLOW_DEEP : AS_FLOW_TOPS;
    return AS_FLOW_UNKNOWN;
}

static as_arbiter_line arbiter_line(const as_input *input, uint32_t interface_idx)
{
    const char *name = strrchr(as_capture_of(input)->pcap.interface[interface_idx].name, '.');
    return strcmp(name, ".retransmit") == 0  ? AS_ARBITER_RETRANSMIT
           : strcmp(name, ".redundant") == 0 ? AS_ARBITER_B
                                             : AS_ARBITER_A;
}

/* A datagram of a feed of sequenced packets. */
static int on_own_packet(as_input *input, as_capture_feed *feed, const as_pcap_packet *packet,
                         const as_datagram *datagram)
{
    as_capture_reading *c = as_capture_of(input);
    as_flow_payload payload = payload_of_feed(&feed->line);
    as_packet parsed = {.count = 0};
    bool good = as_capture_parser(payload)(datagram->payload, datagram->payload_bytes, &parsed) >= 0;
    if (feed->stream < 0) {
        int at = as_capture_add_stream(input, payload, &parsed, &feed->line);
        if (at == -1)
            c->too_many++;
        if (at < 0)
            return at == -1 ? 0 : at;
        feed->stream = at;
    }
    if (good)
        as_capture_count_messages(c, payload, &parsed);
    return as_capture_push(input, feed->stream, arbiter_line(input, packet->interface_idx), datagram, packet->ts_ns);
}

/* The row of a connection; NULL, counted, if there is no place; *code if there is no memory. */
static as_capture_connection *find_connection(as_input *input, int feed, uint32_t interface_idx, uint32_t connection,
                                              int *code)
{
    as_capture_reading *c = as_capture_of(input);
    for (uint32_t i = 0; i < c->connection_count; i++) {
        as_capture_connection *row = &c->connection[i];
        if (row->feed == feed && row->interface_idx == interface_idx && row->connection == connection)
            return row;
    }
    if (c->connection_count == AS_CAPTURE_STREAM_MAX) {
        c->too_many++;
        return NULL;
    }
    as_capture_connection *row = &c->connection[c->connection_count];
    *row = (as_capture_connection){.feed = feed, .interface_idx = interface_idx, .connection = connection};
    row->state = c->feed[feed].shared;
    if (!row->state)
        *code = c->feed[feed].codec->open(input, &c->feed[feed].line, &row->state);
    if (*code < 0)
        return NULL;
    if (c->feed[feed].codec->shared)
        c->feed[feed].shared = row->state;
    c->connection_count++;
    return row;
}

/* A piece of a message: true when the message is whole, in row->message. */
static bool put_together(as_capture_reading *c, as_capture_connection *row, const as_capture_record *record)
{
    size_t bytes = row->message_bytes + record->data_bytes;
    bool more = record->flags & AS_CAPTURE_MORE;
    if (bytes > AS_CAPTURE_MESSAGE_BYTES && !row->dropping) {
        row->dropping = true;
        c->long_message++;
    }
    if (!row->dropping && bytes > row->message_room) {
        uint8_t *grown = realloc(row->message, bytes);
        row->dropping = grown == NULL;
        row->message = grown ? grown : row->message;
        row->message_room = grown ? bytes : row->message_room;
    }
    if (!row->dropping && record->data_bytes > 0) {
        memcpy(row->message + row->message_bytes, record->data, record->data_bytes);
        row->message_bytes = bytes;
    }
    if (more)
        return false;
    bool whole = !row->dropping;
    row->dropping = false;
    return whole;
}

static void put_gap(as_input *input, as_capture_feed *feed, uint64_t ts)
{
    bool from_data = feed->line.trust_r && feed->last_ts_recv != 0;
    uint64_t at = from_data ? feed->last_ts_recv : ts;
    as_event gap = {.ts_event = at,
                    .ts_recv = at,
                    .instrument = AS_INSTRUMENT_NONE,
                    .kind = AS_EVENT_GAP,
                    .source = input->options.source};
    as_event_queue_put(&as_capture_of(input)->queue, &gap);
    as_capture_of(input)->told_gaps++;
}

/* Bytes of a connection, or of a datagram (whole). */
static int on_bytes(as_input *input, int feed_at, const as_pcap_packet *packet, const as_capture_record *record,
                    bool whole)
{
    as_capture_reading *c = as_capture_of(input);
    as_capture_feed *feed = &c->feed[feed_at];
    int code = 0;
    as_capture_connection *row = find_connection(input, feed_at, packet->interface_idx, record->connection, &code);
    if (!row)
        return code;
    const uint8_t *data = record->data;
    size_t data_bytes = record->data_bytes;
    if (record->kind == AS_CAPTURE_END) {
        row->ended = true;
        feed->codec->begin(row->state, NULL, 0, true, packet->ts_ns);
        c->reading = row;
        return 0;
    }
    if (feed->codec->messages) {
        if (!put_together(c, row, record))
            return 0;
        data = row->message;
        data_bytes = row->message_bytes;
        row->message_bytes = 0;
        whole = true;
    }
    feed->codec->begin(row->state, data, data_bytes, whole, packet->ts_ns);
    c->reading = row;
    return 0;
}

int as_capture_own_packet(as_input *input, int feed_at, const as_pcap_packet *packet)
{
    as_capture_reading *c = as_capture_of(input);
    as_capture_feed *feed = &c->feed[feed_at];
    bool sequenced = payload_of_feed(&feed->line) != AS_FLOW_UNKNOWN;
    if (!sequenced && !feed->codec) {
        c->not_readable++;
        return 0;
    }
    as_capture_record record = {.kind = AS_CAPTURE_DATA};
    if (packet->link_type == AS_LINK_USER0) {
        if (sequenced || !as_capture_record_decode(packet->data, packet->data_bytes, &record)) {
            c->bad_record++;
            return 0;
        }
        if (record.kind == AS_CAPTURE_GAP) {
            put_gap(input, feed, packet->ts_ns);
            return 0;
        }
        return on_bytes(input, feed_at, packet, &record, false);
    }
    as_datagram datagram;
    as_datagram_result result = as_datagram_decode(packet->link_type, packet->data, packet->data_bytes, &datagram);
    if (result != AS_DATAGRAM_UDP) {
        c->bad_record++;
        return 0;
    }
    if (sequenced)
        return on_own_packet(input, feed, packet, &datagram);
    record.data = datagram.payload;
    record.data_bytes = datagram.payload_bytes;
    return on_bytes(input, feed_at, packet, &record, true);
}

/* What comes next does not follow what came before. */
void as_capture_own_drops(as_input *input)
{
    as_capture_reading *c = as_capture_of(input);
    uint32_t idx = c->pcap.interface_idx;
    uint64_t dropped = c->pcap.interface[idx].dropped;
    if (dropped <= c->dropped[idx])
        return;
    c->capture_lost += dropped - c->dropped[idx];
    c->dropped[idx] = dropped;
    int feed_at = c->feed_of[idx];
    if (feed_at == AS_CAPTURE_NO_FEED || !c->feed[feed_at].codec)
        return;
    for (uint32_t i = 0; i < c->connection_count; i++) {
        as_capture_connection *row = &c->connection[i];
        if (row->feed != feed_at || row->interface_idx != idx)
            continue;
        c->feed[feed_at].codec->lost(row->state);
        row->dropping = row->message_bytes > 0;
    }
    put_gap(input, &c->feed[feed_at], c->last_ts);
}

static void close_connection(as_capture_reading *c, as_capture_connection *row)
{
    const as_capture_feed *feed = &c->feed[row->feed];
    if (row->state != feed->shared)
        feed->codec->close(row->state);
    free(row->message);
}

void as_capture_own_read(as_capture_reading *c)
{
    as_capture_connection *row = c->reading;
    c->reading = NULL;
    if (!row->ended)
        return;
    close_connection(c, row);
    *row = c->connection[--c->connection_count];
}

void as_capture_own_close(as_capture_reading *c)
{
    for (uint32_t i = 0; i < c->connection_count; i++)
        close_connection(c, &c->connection[i]);
    for (uint32_t i = 0; i < c->feed_count; i++) {
        if (c->feed[i].shared)
            c->feed[i].codec->close(c->feed[i].shared);
        c->feed[i].shared = NULL;
    }
    c->connection_count = 0;
    c->reading = NULL;
}
