#include "feeds/capture/capture_flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/limits.h"
#include "feeds/be.h"
#include "feeds/decode/itch50.h"
#include "feeds/framing/iextp.h"
#include "feeds/framing/moldudp64.h"

enum { CHAINS = 2 * AS_CAPTURE_FLOW_MAX, NONE = UINT16_MAX };

_Static_assert((int)AS_CAPTURE_FLOW_MAX < (int)NONE, "a place fits a chain's link");

struct as_flows {
    as_flow flow[AS_CAPTURE_FLOW_MAX];
    uint16_t chain[CHAINS];
    uint32_t count;
    uint32_t hand; /* where the search for a place begins */
    uint64_t other_packets;
};

/* ---- recognising ---- */

static bool is_text(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return true;
}

static bool is_itch50(const uint8_t *message, size_t message_bytes)
{
    as_itch50 decoded;
    if (message_bytes == 0 || message_bytes != as_itch50_length(message[0]) ||
        as_itch50_decode(message, message_bytes, &decoded) != AS_ITCH50_OK || decoded.ts_ns >= AS_NS_PER_DAY)
        return false;
    const char *stock = as_itch50_stock(&decoded);
    return !stock || (stock[0] != ' ' && is_text(stock, AS_ITCH50_STOCK_BYTES));
}

/* Session names are text, or zeros where a recording was wrapped again. */
static bool is_session(const uint8_t *session)
{
    static const uint8_t zeros[AS_PACKET_SESSION_BYTES];
    return is_text((const char *)session, AS_PACKET_SESSION_BYTES) || memcmp(session, zeros, sizeof zeros) == 0;
}

static bool is_mold_itch(const uint8_t *payload, size_t payload_bytes)
{
    as_packet packet;
    if (as_mold_parse(payload, payload_bytes, &packet) != AS_PACKET_OK || packet.kind != AS_PACKET_DATA ||
        !is_session(packet.session))
        return false;
    const uint8_t *cursor = packet.blocks;
    for (unsigned i = 0; i < packet.count; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(&packet, &cursor, &message_bytes);
        if (!is_itch50(message, message_bytes))
            return false;
    }
    return true;
}

as_flow_payload as_flow_recognise(const uint8_t *payload, size_t payload_bytes)
{
    as_packet packet;
    as_iextp_protocol protocol = as_iextp_protocol_of(payload, payload_bytes);
    if (protocol != AS_IEXTP_NONE && as_iextp_parse(payload, payload_bytes, &packet) == AS_PACKET_OK)
        return protocol == AS_IEXTP_DEEP10 ? AS_FLOW_DEEP : AS_FLOW_TOPS;
    return is_mold_itch(payload, payload_bytes) ? AS_FLOW_ITCH50 : AS_FLOW_UNKNOWN;
}

static bool is_mold_heartbeat(const uint8_t *payload, size_t payload_bytes)
{
    as_packet packet;
    return payload_bytes == AS_MOLD_HEADER_BYTES && as_mold_parse(payload, payload_bytes, &packet) == AS_PACKET_OK &&
           packet.kind == AS_PACKET_HEARTBEAT && is_session(packet.session);
}

/* ---- the table ---- */

int as_flows_new(as_flows **flows)
{
    as_flows *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    for (unsigned i = 0; i < CHAINS; i++)
        made->chain[i] = NONE;
    *flows = made;
    return 0;
}

void as_flows_free(as_flows *flows)
{
    free(flows);
}

uint32_t as_flows_count(const as_flows *flows)
{
    return flows->count;
}

const as_flow *as_flows_at(const as_flows *flows, uint32_t idx)
{
    return flows->flow[idx].version ? &flows->flow[idx] : NULL;
}

uint64_t as_flows_other_packets(const as_flows *flows)
{
    return flows->other_packets;
}

static as_flow key_of(uint32_t interface_idx, const as_datagram *d, bool tcp)
{
    as_flow key = {.stream = -1, .next = NONE, .interface_idx = interface_idx, .version = d->version, .tcp = tcp};
    if (tcp) {
        key.port = d->src_port < d->dst_port ? d->src_port : d->dst_port;
        return key;
    }
    key.port = d->dst_port;
    memcpy(key.src, d->src, sizeof key.src);
    memcpy(key.dst, d->dst, sizeof key.dst);
    return key;
}

static bool same_key(const as_flow *a, const as_flow *b)
{
    return a->version == b->version && a->tcp == b->tcp && a->port == b->port && a->interface_idx == b->interface_idx &&
           memcmp(a->dst, b->dst, sizeof a->dst) == 0 && memcmp(a->src, b->src, sizeof a->src) == 0;
}

static uint16_t *chain_of(as_flows *flows, const as_flow *key)
{
    uint64_t hash = (uint64_t)key->interface_idx << 32 | (uint32_t)key->port << 8 | key->tcp;
    for (unsigned i = 0; i < AS_DATAGRAM_ADDRESS_BYTES; i += 8)
        hash = (hash ^ as_be64(key->dst + i) ^ (as_be64(key->src + i) >> 3)) * UINT64_C(0x9e3779b97f4a7c15);
    return &flows->chain[(hash >> 40) % CHAINS];
}

static void unlink_flow(as_flows *flows, uint16_t idx)
{
    uint16_t *link = chain_of(flows, &flows->flow[idx]);
    while (*link != idx)
        link = &flows->flow[*link].next;
    *link = flows->flow[idx].next;
}

/* A free place, or that of an unknown flow; NONE if all are known ones. */
static uint16_t find_place(as_flows *flows)
{
    if (flows->count < AS_CAPTURE_FLOW_MAX)
        return (uint16_t)flows->count++;
    for (uint32_t i = 0; i < AS_CAPTURE_FLOW_MAX; i++) {
        uint16_t idx = (uint16_t)flows->hand;
        flows->hand = (flows->hand + 1) % AS_CAPTURE_FLOW_MAX;
        if (flows->flow[idx].payload != AS_FLOW_UNKNOWN || flows->flow[idx].stream >= 0)
            continue;
        flows->other_packets += flows->flow[idx].packets;
        unlink_flow(flows, idx);
        return idx;
    }
    return NONE;
}

static as_flow *add(as_flows *flows, const as_flow *key, uint16_t *chain)
{
    uint16_t idx = find_place(flows);
    if (idx == NONE) {
        flows->other_packets++;
        return NULL;
    }
    flows->flow[idx] = *key;
    flows->flow[idx].next = *chain;
    *chain = idx;
    return &flows->flow[idx];
}

as_flow *as_flows_take(as_flows *flows, uint32_t interface_idx, const as_datagram *datagram, bool tcp)
{
    as_flow key = key_of(interface_idx, datagram, tcp);
    uint16_t *chain = chain_of(flows, &key);
    uint16_t idx = *chain;
    while (idx != NONE && !same_key(&flows->flow[idx], &key))
        idx = flows->flow[idx].next;
    as_flow *flow = idx != NONE ? &flows->flow[idx] : add(flows, &key, chain);
    if (!flow)
        return NULL;
    flow->packets++;
    if (flow->first_bytes == 0 && datagram->payload_bytes > 0) {
        size_t n = datagram->payload_bytes < AS_FLOW_FIRST_BYTES ? datagram->payload_bytes : AS_FLOW_FIRST_BYTES;
        memcpy(flow->first, datagram->payload, n);
        flow->first_bytes = (uint8_t)n;
    }
    if (flow->payload == AS_FLOW_UNKNOWN && !tcp) {
        flow->payload = as_flow_recognise(datagram->payload, datagram->payload_bytes);
        if (flow->payload == AS_FLOW_UNKNOWN && is_mold_heartbeat(datagram->payload, datagram->payload_bytes))
            flow->heartbeats++;
    }
    return flow;
}

/* ---- names ---- */

void as_flow_name(const as_flow *flow, char out[AS_FLOW_NAME_BYTES])
{
    char dst[AS_DATAGRAM_NAME_BYTES], src[AS_DATAGRAM_NAME_BYTES];
    if (flow->tcp) {
        (void)snprintf(out, AS_FLOW_NAME_BYTES, "tcp port %u", (unsigned)flow->port);
        return;
    }
    as_datagram_name(flow->version, flow->dst, flow->port, dst);
    as_datagram_name(flow->version, flow->src, 0, src);
    src[strlen(src) - 2] = '\0'; /* the port is not part of a flow's source */
    (void)snprintf(out, AS_FLOW_NAME_BYTES, "udp %s from %s", dst, src);
}

const char *as_flow_payload_name(as_flow_payload payload)
{
    static const char *const name[AS_FLOW_PAYLOAD_COUNT] = {"unknown", "moldudp64/itch50", "iextp/tops", "iextp/deep"};
    return name[payload];
}
