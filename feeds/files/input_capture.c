/*
 * Reader: pcap and pcapng.
 *
 *   record -> datagram -> flow -> its stream (capture_stream.h) -> events
 *   our own captures: record -> the line that its interface describes -> stream or codec (capture_codec.h) -> events
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/live/feed.h"
#include "feeds/framing/iextp.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/files/input_capture.h"

#define DEFAULT_ZONE "America/New_York"
#define KNOWN "known are ITCH 5.0 in MoldUDP64, TOPS and DEEP in IEX-TP, and our own captures"

enum { TOLD_FLOWS = 3, IEX_KEY_BYTES = 6 };

/* ---- open and close ---- */

static int open_zone(as_input *input, as_capture_reading *c)
{
    const as_config *config = input->options.config;
    const char *name = config && config->session.zone[0] ? config->session.zone : DEFAULT_ZONE;
    int code = as_timezone_new(name, &c->zone);
    return code < 0 ? as_error_add("%s: session.zone", input->path) : 0;
}

static int damaged(const as_input *input)
{
    return as_error_set(-EBADMSG, "%s: byte %llu: damaged: %s", input->path,
                        (unsigned long long)(as_byte_stream_offset(input->stream) + input->view_at),
                        as_pcap_why(&as_capture_of(input)->pcap));
}

static int open_capture(as_input *input)
{
    as_capture_reading *c = calloc(1, sizeof *c);
    input->state = c;
    if (!c || as_flows_new(&c->flows) < 0)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    as_pcap_init(&c->pcap);
    as_pcap_packet packet;
    as_pcap_result result = as_pcap_next(&c->pcap, input->view, input->view_bytes, input->final, &packet);
    input->view_at = c->pcap.consumed_bytes;
    if (result == AS_PCAP_DAMAGED)
        return as_error_set(-EPROTO, "%s: %s", input->path, as_pcap_why(&c->pcap));
    input->stats->truncated = result == AS_PCAP_TRUNCATED;
    return open_zone(input, c);
}

static void close_capture(as_input *input)
{
    as_capture_reading *c = as_capture_of(input);
    if (!c)
        return;
    for (uint32_t i = 0; i < c->stream_count; i++)
        as_capture_stream_free(c->stream[i].stream);
    as_capture_own_close(c);
    as_flows_free(c->flows);
    as_timezone_free(c->zone);
    as_event_queue_fini(&c->queue);
    free(c);
}

/* ---- streams of sequenced packets ---- */

static const struct {
    as_wire_format format;
    as_packet_parse_fn parse;
} payloads[AS_FLOW_PAYLOAD_COUNT] = {
    [AS_FLOW_ITCH50] = {AS_WIRE_ITCH50, as_mold_parse},
    [AS_FLOW_TOPS] = {AS_WIRE_TOPS, as_iextp_parse_tops},
    [AS_FLOW_DEEP] = {AS_WIRE_DEEP, as_iextp_parse_deep},
};

as_packet_parse_fn as_capture_parser(as_flow_payload payload)
{
    return payloads[payload].parse;
}

int as_capture_add_stream(as_input *input, as_flow_payload payload, const as_packet *packet, const as_capture_line *own)
{
    as_capture_reading *c = as_capture_of(input);
    if (c->stream_count == AS_CAPTURE_STREAM_MAX)
        return -1;
    bool holds = !own || own->ask || own->line_count > 1;
    uint64_t window_ns = own && own->window_ns ? own->window_ns : AS_FEED_WINDOW_MS * AS_NS_PER_MS;
    as_capture_stream_options options = {
        .wire = {.format = payloads[payload].format,
                 .symbols = as_input_symbols(input),
                 .resolve = input->options.universe ? NULL : as_input_resolve,
                 .arg = input,
                 .source = input->options.source,
                 .trust_r = own && own->trust_r},
        .parse = payloads[payload].parse,
        .window_ns = holds ? window_ns : 0,
        .ask = own && own->ask,
        .from_first = own != NULL,
        .session_date = as_input_date(input),
        .zone = c->zone,
        .queue = &c->queue,
    };
    as_capture_stream_row *row = &c->stream[c->stream_count];
    int code = as_capture_stream_new(&options, &row->stream);
    if (code < 0)
        return as_error_set(code, "%s: %s: %s", input->path, as_flow_payload_name(payload),
                            code == -ENOMEM ? "out of memory" : "not available");
    row->payload = payload;
    memcpy(row->session, packet->session, sizeof row->session);
    return (int)c->stream_count++;
}

/* May a packet of another session be the row's stream begun again? IEX's channels are streams side by side. */
static bool continues(const as_capture_stream_row *row, as_flow_payload payload, const as_packet *packet)
{
    if (row->payload != payload)
        return false;
    return payload == AS_FLOW_ITCH50 || memcmp(row->session, packet->session, IEX_KEY_BYTES) == 0;
}

/* The row that a flow's packet belongs to; as add_stream if it is a new one. */
static int find_stream(as_input *input, as_flow *flow, as_flow_payload payload, const as_packet *packet)
{
    as_capture_reading *c = as_capture_of(input);
    int latest = flow->stream;
    for (uint32_t i = 0; i < c->stream_count; i++) {
        uint32_t at = latest >= 0 ? ((uint32_t)latest + i) % c->stream_count : i; /* most likely the same again */
        bool same = c->stream[at].payload == payload &&
                    memcmp(c->stream[at].session, packet->session, AS_PACKET_SESSION_BYTES) == 0;
        /* two feeds of one publisher may have sessions of one name: a redundant line says the same */
        if (same && (latest == (int)at || as_capture_stream_fits(c->stream[at].stream, packet)))
            return (int)at;
    }
    for (uint32_t i = 0; latest >= 0 && i < c->stream_count; i++) {
        uint32_t at = ((uint32_t)latest + i) % c->stream_count;
        if (continues(&c->stream[at], payload, packet))
            return (int)at;
        if (payload == AS_FLOW_ITCH50)
            break;
    }
    return as_capture_add_stream(input, payload, packet, NULL);
}

uint64_t as_capture_count_messages(as_capture_reading *c, as_flow_payload payload, const as_packet *packet)
{
    as_wire_format format = payloads[payload].format;
    const uint8_t *cursor = packet->blocks;
    uint64_t good = 0;
    for (unsigned i = 0; i < packet->count; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        if (message_bytes == 0 || !as_wire_fits(format, message, message_bytes))
            continue;
        c->by_type[format][message[0]]++;
        good++;
    }
    c->messages += good;
    return good;
}

/* What the stream refused: with strict the first of it is an error. */
static int report_bad(as_input *input, as_capture_stream *stream)
{
    int code = 0;
    if (!stream->has_bad)
        return 0;
    stream->has_bad = false;
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        for (; stream->bad[i] > 0 && code == 0; stream->bad[i]--)
            code = as_input_bad_message(input, as_wire_bad_name((as_wire_bad)i));
    return code;
}

int as_capture_push(as_input *input, int at, as_arbiter_line from, const as_datagram *datagram, uint64_t ts)
{
    as_capture_reading *c = as_capture_of(input);
    as_capture_stream_row *row = &c->stream[at];
    as_capture_stream_push(row->stream, from, datagram->payload, datagram->payload_bytes, ts);
    if (row->stream->arbiter.line.started)
        memcpy(row->session, row->stream->arbiter.line.session, sizeof row->session);
    return report_bad(input, row->stream);
}

/* Holes of other streams, whose time passes too. */
static int poll_streams(as_input *input, uint64_t ts)
{
    as_capture_reading *c = as_capture_of(input);
    int code = 0;
    for (uint32_t i = 0; i < c->stream_count && code == 0; i++) {
        if (!as_capture_stream_waits(c->stream[i].stream))
            continue;
        as_capture_stream_poll(c->stream[i].stream, ts);
        code = report_bad(input, c->stream[i].stream);
    }
    return code;
}

/* ---- datagrams of captures that anybody made ---- */

static as_arbiter_line line_of(as_capture_stream_row *row, as_flow *flow, int at)
{
    if (flow->stream != at) {
        flow->stream = at;
        flow->line = (uint8_t)(row->lines++ ? AS_ARBITER_B : AS_ARBITER_A);
    }
    return (as_arbiter_line)flow->line;
}

/* What the datagram is: a flow of IEX may carry both of its feeds. */
static as_flow_payload payload_of(const as_flow *flow, const as_datagram *datagram)
{
    if (flow->payload != AS_FLOW_TOPS && flow->payload != AS_FLOW_DEEP)
        return flow->payload;
    as_iextp_protocol protocol = as_iextp_protocol_of(datagram->payload, datagram->payload_bytes);
    return protocol == AS_IEXTP_NONE ? flow->payload : protocol == AS_IEXTP_DEEP10 ? AS_FLOW_DEEP : AS_FLOW_TOPS;
}

static int on_flow(as_input *input, as_flow *flow, const as_datagram *datagram, uint64_t ts)
{
    as_capture_reading *c = as_capture_of(input);
    as_flow_payload payload = payload_of(flow, datagram);
    as_packet packet;
    bool parsed = payloads[payload].parse(datagram->payload, datagram->payload_bytes, &packet) >= 0;
    if (!parsed && flow->stream < 0) {
        c->unknown_payload++;
        return 0;
    }
    int at = parsed ? find_stream(input, flow, payload, &packet) : flow->stream;
    if (at == -1)
        c->too_many++;
    if (at < 0)
        return at == -1 ? 0 : at;
    if (parsed)
        flow->messages += as_capture_count_messages(c, payload, &packet);
    return as_capture_push(input, at, line_of(&c->stream[at], flow, at), datagram, ts);
}

static int on_datagram(as_input *input, const as_pcap_packet *packet, const as_datagram *datagram, bool tcp)
{
    as_capture_reading *c = as_capture_of(input);
    as_flow *flow = as_flows_take(c->flows, packet->interface_idx, datagram, tcp);
    if (!flow || flow->payload == AS_FLOW_UNKNOWN) {
        c->unknown_payload++;
        return 0;
    }
    if (flow->heartbeats > 0 && flow->stream < 0) { /* now it is known what they were */
        c->unknown_payload -= flow->heartbeats;
        c->early_heartbeats += flow->heartbeats;
        flow->heartbeats = 0;
    }
    return on_flow(input, flow, datagram, packet->ts_ns);
}

/* ---- records ---- */

static int on_packet(as_input *input, as_pcap_packet *packet)
{
    as_capture_reading *c = as_capture_of(input);
    input->stats->packets++;
    if (!packet->stamped) { /* at best as late as what came before it */
        packet->ts_ns = c->last_ts;
        c->no_stamp++;
    }
    c->last_ts = packet->ts_ns;
    int code = poll_streams(input, packet->ts_ns);
    if (code < 0)
        return code;
    int feed_at = c->feed_of[packet->interface_idx];
    if (c->pcap.form == AS_PCAP_FORM_PCAPNG && feed_at != AS_CAPTURE_NO_FEED)
        return as_capture_own_packet(input, feed_at, packet);
    as_datagram datagram;
    as_datagram_result result = as_datagram_decode(packet->link_type, packet->data, packet->data_bytes, &datagram);
    c->by_result[result]++;
    if (result == AS_DATAGRAM_UDP || result == AS_DATAGRAM_TCP)
        return on_datagram(input, packet, &datagram, result == AS_DATAGRAM_TCP);
    return 0;
}

/* Was there anything that can be read, or could it have been? */
static bool is_known(const as_capture_reading *c)
{
    bool readable = c->feed_count > 0 && c->not_readable == 0;
    for (uint32_t i = 0; i < c->feed_count; i++)
        readable = readable || c->feed[i].codec;
    return readable || c->stream_count > 0;
}

/* Nothing in the whole file is known: say what is there. */
static int refuse(const as_input *input)
{
    const as_capture_reading *c = as_capture_of(input);
    char text[480] = "", name[AS_FLOW_NAME_BYTES];
    size_t used = 0;
    unsigned told = 0;
    for (uint32_t i = 0; i < as_flows_count(c->flows) && told < TOLD_FLOWS; i++) {
        const as_flow *flow = as_flows_at(c->flows, i);
        char hex[3 * AS_FLOW_FIRST_BYTES + 1] = "";
        for (unsigned k = 0; k < flow->first_bytes; k++)
            (void)snprintf(hex + 3 * k, 4, " %02x", flow->first[k]);
        as_flow_name(flow, name);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s (%" PRIu64 " packets%s%s)", told ? "; " : "",
                                 name, flow->packets, flow->first_bytes ? ", beginning" : "", hex);
        told++;
    }
    return as_error_set(-EPROTO, "%s: unknown_payload: %" PRIu64 " packets, and nothing in them is known%s%s%s; " KNOWN,
                        input->path, input->stats->packets, told ? ": " : "", text,
                        as_flows_count(c->flows) > told ? "; ..." : "");
}

/* Nothing is left in the file. 0, or a negative errno. */
static int at_end(as_input *input)
{
    as_capture_reading *c = as_capture_of(input);
    int code = poll_streams(input, UINT64_MAX);
    if (code == 0 && input->stats->packets == 0)
        as_warn("%s: %s without a packet", input->path, input->stats->format);
    return code == 0 && input->stats->packets > 0 && !is_known(c) ? refuse(input) : code;
}

/* Read on until there is an event, or the end: then *ended. */
static int read_on(as_input *input, bool *ended)
{
    as_capture_reading *c = as_capture_of(input);
    as_pcap_packet packet;
    as_pcap_result result =
        as_pcap_next(&c->pcap, input->view + input->view_at, input->view_bytes - input->view_at, input->final, &packet);
    input->view_at += c->pcap.consumed_bytes;
    switch (result) {
    case AS_PCAP_PACKET:
        return on_packet(input, &packet);
    case AS_PCAP_INTERFACE:
        as_capture_own_interface(input);
        return 0;
    case AS_PCAP_DROPS:
        as_capture_own_drops(input);
        return 0;
    case AS_PCAP_SECTION:
        as_capture_own_close(c);
        return 0;
    case AS_PCAP_NEED_MORE:
        return as_input_fill(input, c->pcap.want_bytes);
    case AS_PCAP_DAMAGED:
        return damaged(input);
    case AS_PCAP_EOF:
    case AS_PCAP_TRUNCATED:
    default:
        break;
    }
    input->stats->truncated = input->stats->truncated || result == AS_PCAP_TRUNCATED;
    input->view_at = input->view_bytes;
    *ended = true;
    int code = as_input_fill(input, 1); /* cut, or damaged */
    return code < 0 ? code : at_end(input);
}

static int next_capture(as_input *input, as_event *event, as_headline *headline)
{
    as_capture_reading *c = as_capture_of(input);
    for (;;) {
        if (as_event_queue_take(&c->queue, event))
            return 1;
        if (c->queue.failed)
            return as_error_set(-ENOMEM, "%s: out of memory", input->path);
        if (c->reading) {
            as_capture_feed *feed = &c->feed[c->reading->feed];
            int result = feed->codec->next(c->reading->state, event, headline);
            if (result > 0)
                feed->last_ts_recv = event->ts_recv;
            if (result != 0)
                return result;
            as_capture_own_read(c);
        }
        if (c->ended)
            return 0;
        int code = read_on(input, &c->ended);
        if (code < 0)
            return code;
    }
}

/* ---- counters ---- */

/* Types of one format by their own codes; of several with the format's name before them. */
static void count_types(as_input *input, const as_capture_reading *c)
{
    unsigned formats = 0;
    for (unsigned f = 0; f < AS_WIRE_FORMAT_COUNT; f++) {
        uint64_t sum = 0;
        for (unsigned type = 0; type < AS_CAPTURE_TYPES; type++)
            sum += c->by_type[f][type];
        formats += sum > 0;
    }
    for (unsigned f = 0; f < AS_WIRE_FORMAT_COUNT; f++) {
        const char *name = as_wire_format_name((as_wire_format)f);
        for (unsigned type = 0; type < AS_CAPTURE_TYPES; type++) {
            char code[16];
            (void)snprintf(code, sizeof code, type > 0x20 && type < 0x7f ? "%s%s%c" : "%s%s0x%02x",
                           formats > 1 ? name : "", formats > 1 ? ":" : "", type);
            as_input_count_type(input, code, c->by_type[f][type]);
        }
    }
}

/* Sums over all streams. */
typedef struct stream_totals {
    uint64_t gaps, lost, duplicates, restarts, heartbeats, unknown_symbol;
    uint64_t unsequenced, foreign, cut, trailing, short_header, bad_sequence, wrong_session, doubtful, conflicts;
    uint64_t bad[AS_WIRE_BAD_COUNT];
} stream_totals;

static void add_totals(stream_totals *t, const as_capture_stream *stream)
{
    const as_sequence *line = &stream->arbiter.line;
    const as_wire_counters *wire = as_wire_counters_get(stream->wire);
    t->gaps += line->gaps;
    t->lost += line->lost;
    t->restarts += line->restarts;
    t->heartbeats += line->heartbeats + stream->heartbeats;
    t->unknown_symbol += wire->unknown_symbol;
    t->unsequenced += stream->unsequenced;
    t->foreign += stream->foreign;
    t->cut += stream->cut_packet;
    t->trailing += stream->trailing_bytes;
    t->short_header += stream->short_header;
    t->bad_sequence += stream->bad_sequence + line->bad_seq;
    t->doubtful += line->doubtful;
    t->conflicts += stream->conflicts;
    t->wrong_session += line->wrong_session;
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++)
        t->duplicates += stream->arbiter.stats[i].duplicates;
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        t->bad[i] += wire->bad[i];
}

static void count_streams(as_input *input, as_capture_reading *c)
{
    as_input_stats *s = input->stats;
    stream_totals t = {.heartbeats = c->early_heartbeats, .gaps = c->told_gaps};
    for (uint32_t i = 0; i < c->stream_count; i++)
        add_totals(&t, c->stream[i].stream);
    s->gaps = t.gaps;
    s->lost = t.lost;
    s->duplicates = t.duplicates;
    s->restarts = t.restarts;
    s->heartbeats = t.heartbeats;
    s->unknown_symbol += t.unknown_symbol - c->wire_unknown_symbol;
    c->wire_unknown_symbol = t.unknown_symbol;
    for (unsigned i = 0; i < AS_WIRE_BAD_COUNT; i++)
        as_input_count_error(input, as_wire_bad_name((as_wire_bad)i), t.bad[i]);
    as_input_count_error(input, "unsequenced", t.unsequenced);
    as_input_count_error(input, "foreign_packet", t.foreign);
    as_input_count_error(input, "cut_packet", t.cut);
    as_input_count_error(input, "trailing_bytes", t.trailing);
    as_input_count_error(input, "short_header", t.short_header);
    as_input_count_error(input, "bad_sequence", t.bad_sequence);
    as_input_count_error(input, "doubtful_packet", t.doubtful);
    as_input_count_error(input, "conflicting_duplicate", t.conflicts);
    as_input_count_error(input, "wrong_session", t.wrong_session);
}

static void count_records(as_input *input, const as_capture_reading *c)
{
    static const as_datagram_result told[] = {AS_DATAGRAM_FRAGMENT, AS_DATAGRAM_NOT_IP,     AS_DATAGRAM_OTHER_IP,
                                              AS_DATAGRAM_CUT,      AS_DATAGRAM_BAD_LENGTH, AS_DATAGRAM_BAD_LINK};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        as_input_count_error(input, as_datagram_result_name(told[i]), c->by_result[told[i]]);
    as_input_count_error(input, "unknown_payload", c->unknown_payload);
    as_input_count_error(input, "too_many_streams", c->too_many);
    as_input_count_error(input, "no_stamp", c->no_stamp);
    as_input_count_error(input, "oversized_packet", c->pcap.oversized);
    as_input_count_error(input, "no_interface", c->pcap.no_interface);
    as_input_count_error(input, "bad_option", c->pcap.bad_options);
    as_input_count_error(input, "bad_record", c->bad_record);
    as_input_count_error(input, "not_readable", c->not_readable);
    as_input_count_error(input, "capture_lost", c->capture_lost);
    as_input_count_error(input, "long_message", c->long_message);
}

static void tell_flows(as_input_stats *s, const as_capture_reading *c)
{
    s->flow_count = 0;
    for (uint32_t i = 0; i < as_flows_count(c->flows) && i < AS_INPUT_FLOW_MAX; i++) {
        const as_flow *flow = as_flows_at(c->flows, i);
        as_flow_name(flow, s->flow[i].name);
        (void)snprintf(s->flow[i].payload, sizeof s->flow[i].payload, "%s", as_flow_payload_name(flow->payload));
        s->flow[i].packets = flow->packets;
        s->flow[i].messages = flow->messages;
        s->flow_count++;
    }
}

static void count_capture(as_input *input)
{
    as_capture_reading *c = as_capture_of(input);
    if (!c)
        return;
    as_input_count_rows(input); /* of codecs: their messages */
    input->stats->messages += c->messages;
    count_types(input, c);
    count_streams(input, c);
    count_records(input, c);
    tell_flows(input->stats, c);
}

const as_input_reader as_input_capture = {open_capture, next_capture, count_capture, close_capture, .sorted = true};
