#include "feeds/framing/datagram.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "feeds/be.h"
#include "feeds/le.h"

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86DD,
    TYPE_TAG = 0x8100,
    TYPE_TAG_AD = 0x88A8,
    TYPE_TAG_QINQ = 0x9100,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    UDP_BYTES = 8,
    TCP_BYTES = 20
};

/* Bytes not yet read. */
typedef struct rest {
    const uint8_t *at;
    size_t bytes;
} rest;

static bool pass(rest *r, size_t bytes)
{
    if (r->bytes < bytes)
        return false;
    r->at += bytes;
    r->bytes -= bytes;
    return true;
}

/* ---- links ---- */

/* A link header of header_bytes with the protocol's number at type_at, and VLAN tags behind it. */
static as_datagram_result typed_link(rest *r, size_t header_bytes, size_t type_at, uint16_t *type)
{
    const uint8_t *header = r->at;
    if (!pass(r, header_bytes))
        return AS_DATAGRAM_CUT;
    *type = as_be16(header + type_at);
    for (unsigned tags = 0; *type == TYPE_TAG || *type == TYPE_TAG_AD || *type == TYPE_TAG_QINQ; tags++) {
        const uint8_t *tag = r->at;
        if (tags == AS_DATAGRAM_TAG_MAX)
            return AS_DATAGRAM_NOT_IP;
        if (!pass(r, 4))
            return AS_DATAGRAM_CUT;
        *type = as_be16(tag + 2);
    }
    return AS_DATAGRAM_UDP;
}

/* Raw IP says by its first half byte which one it is. */
static as_datagram_result raw_link(const rest *r, uint16_t *type)
{
    if (r->bytes == 0)
        return AS_DATAGRAM_CUT;
    unsigned version = r->at[0] >> 4;
    *type = version == 4 ? TYPE_IPV4 : version == 6 ? TYPE_IPV6 : 0;
    return AS_DATAGRAM_UDP;
}

/* An address family in the byte order of the machine that captured: 2, or one of the values IPv6 has on the BSDs. */
static as_datagram_result family_link(rest *r, uint16_t *type)
{
    const uint8_t *header = r->at;
    if (!pass(r, 4))
        return AS_DATAGRAM_CUT;
    uint32_t family = as_be32(header);
    if (family > UINT16_MAX)
        family = as_le32(header);
    bool v6 = family == 10 || family == 24 || family == 28 || family == 30;
    *type = family == 2 ? TYPE_IPV4 : v6 ? TYPE_IPV6 : 0;
    return AS_DATAGRAM_UDP;
}

static as_datagram_result read_link(uint16_t link_type, rest *r, uint16_t *type)
{
    switch (link_type) {
    case AS_LINK_ETHERNET:
        return typed_link(r, 14, 12, type);
    case AS_LINK_SLL:
        return typed_link(r, 16, 14, type);
    case AS_LINK_SLL2:
        return typed_link(r, 20, 0, type);
    case AS_LINK_NULL:
    case AS_LINK_LOOP:
        return family_link(r, type);
    case AS_LINK_RAW:
    case AS_LINK_RAW_BSD:
    case AS_LINK_IPV4:
    case AS_LINK_IPV6:
        return raw_link(r, type);
    default:
        return AS_DATAGRAM_BAD_LINK;
    }
}

/* ---- IP: what is left of *r is the transport's, protocol its number ---- */

static as_datagram_result read_ipv4(rest *r, as_datagram *d, uint8_t *protocol)
{
    const uint8_t *header = r->at;
    if (r->bytes < IPV4_BYTES)
        return AS_DATAGRAM_CUT;
    size_t header_bytes = (size_t)(header[0] & 15) * 4;
    size_t total_bytes = as_be16(header + 2);
    if (header[0] >> 4 != 4 || header_bytes < IPV4_BYTES)
        return AS_DATAGRAM_BAD_LENGTH;
    if (total_bytes == 0) /* left to the network card by a sender that was captured itself */
        total_bytes = r->bytes;
    if (total_bytes < header_bytes)
        return AS_DATAGRAM_BAD_LENGTH;
    if (as_be16(header + 6) & 0x3FFF)
        return AS_DATAGRAM_FRAGMENT;
    *protocol = header[9];
    memcpy(d->src, header + 12, 4);
    memcpy(d->dst, header + 16, 4);
    d->version = 4;
    if (total_bytes < r->bytes)
        r->bytes = total_bytes;
    return pass(r, header_bytes) ? AS_DATAGRAM_UDP : AS_DATAGRAM_CUT;
}

/* Hop-by-hop options, routing, destination options. */
static bool is_extension(uint8_t protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 60;
}

static as_datagram_result read_ipv6(rest *r, as_datagram *d, uint8_t *protocol)
{
    const uint8_t *header = r->at;
    if (r->bytes < IPV6_BYTES)
        return AS_DATAGRAM_CUT;
    if (header[0] >> 4 != 6)
        return AS_DATAGRAM_BAD_LENGTH;
    size_t payload_bytes = as_be16(header + 4);
    *protocol = header[6];
    memcpy(d->src, header + 8, 16);
    memcpy(d->dst, header + 24, 16);
    d->version = 6;
    pass(r, IPV6_BYTES);
    if (payload_bytes > 0 && payload_bytes < r->bytes)
        r->bytes = payload_bytes;
    for (unsigned i = 0; i < AS_DATAGRAM_EXTENSION_MAX && is_extension(*protocol); i++) {
        if (r->bytes < 8)
            return AS_DATAGRAM_CUT;
        *protocol = r->at[0];
        if (!pass(r, ((size_t)r->at[1] + 1) * 8))
            return AS_DATAGRAM_CUT;
    }
    return *protocol == 44 ? AS_DATAGRAM_FRAGMENT : AS_DATAGRAM_UDP;
}

/* ---- transport ---- */

static as_datagram_result read_udp(rest *r, as_datagram *d)
{
    const uint8_t *header = r->at;
    if (!pass(r, UDP_BYTES))
        return AS_DATAGRAM_CUT;
    size_t udp_bytes = as_be16(header + 4);
    d->src_port = as_be16(header);
    d->dst_port = as_be16(header + 2);
    if (udp_bytes < UDP_BYTES)
        return AS_DATAGRAM_BAD_LENGTH;
    if (udp_bytes - UDP_BYTES > r->bytes)
        return AS_DATAGRAM_CUT;
    d->payload = r->at;
    d->payload_bytes = udp_bytes - UDP_BYTES;
    return AS_DATAGRAM_UDP;
}

static as_datagram_result read_tcp(rest *r, as_datagram *d)
{
    const uint8_t *header = r->at;
    if (r->bytes < TCP_BYTES)
        return AS_DATAGRAM_CUT;
    size_t header_bytes = (size_t)(header[12] >> 4) * 4;
    d->src_port = as_be16(header);
    d->dst_port = as_be16(header + 2);
    if (header_bytes < TCP_BYTES)
        return AS_DATAGRAM_BAD_LENGTH;
    if (!pass(r, header_bytes))
        return AS_DATAGRAM_CUT;
    d->payload = r->at;
    d->payload_bytes = r->bytes;
    return AS_DATAGRAM_TCP;
}

as_datagram_result as_datagram_decode(uint16_t link_type, const uint8_t *packet, size_t packet_bytes,
                                      as_datagram *datagram)
{
    rest r = {.at = packet, .bytes = packet_bytes};
    as_datagram found = {.version = 0};
    uint16_t type = 0;
    uint8_t protocol = 0;
    as_datagram_result result = read_link(link_type, &r, &type);
    if (result != AS_DATAGRAM_UDP)
        return result;
    if (type != TYPE_IPV4 && type != TYPE_IPV6)
        return AS_DATAGRAM_NOT_IP;
    result = type == TYPE_IPV4 ? read_ipv4(&r, &found, &protocol) : read_ipv6(&r, &found, &protocol);
    if (result != AS_DATAGRAM_UDP)
        return result;
    if (protocol != PROTOCOL_UDP && protocol != PROTOCOL_TCP)
        return AS_DATAGRAM_OTHER_IP;
    result = protocol == PROTOCOL_UDP ? read_udp(&r, &found) : read_tcp(&r, &found);
    if (result == AS_DATAGRAM_UDP || result == AS_DATAGRAM_TCP)
        *datagram = found;
    return result;
}

const char *as_datagram_result_name(as_datagram_result result)
{
    static const char *const name[AS_DATAGRAM_RESULT_COUNT] = {"udp",      "tcp", "fragment",   "not_ip",
                                                               "other_ip", "cut", "bad_length", "unknown_link"};
    return name[result];
}

/* ---- writing ---- */

/* The internet checksum, so far: sum of 16-bit words (RFC 1071). */
static uint32_t sum_words(uint32_t sum, const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i + 1 < bytes; i += 2) {
        sum += as_be16(data + i);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    if (bytes % 2)
        sum += (uint32_t)data[bytes - 1] << 8;
    return (sum & 0xFFFF) + (sum >> 16);
}

static uint16_t checksum(uint32_t sum)
{
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_udp(const as_datagram *d, size_t address_bytes, uint8_t *out)
{
    uint16_t udp_bytes = (uint16_t)(UDP_BYTES + d->payload_bytes);
    as_be16_put(out, d->src_port);
    as_be16_put(out + 2, d->dst_port);
    as_be16_put(out + 4, udp_bytes);
    as_be16_put(out + 6, 0);
    uint32_t sum = sum_words(PROTOCOL_UDP + (uint32_t)udp_bytes, d->src, address_bytes);
    sum = sum_words(sum, d->dst, address_bytes);
    sum = sum_words(sum, out, UDP_BYTES);
    sum = sum_words(sum, d->payload, d->payload_bytes);
    uint16_t value = checksum(sum);
    as_be16_put(out + 6, value ? value : 0xFFFF); /* 0 says that there is none */
}

size_t as_datagram_encode(const as_datagram *datagram, uint8_t out[AS_DATAGRAM_HEADER_MAX])
{
    const as_datagram *d = datagram;
    if ((d->version != 4 && d->version != 6) || d->payload_bytes > AS_DATAGRAM_PAYLOAD_MAX)
        return 0;
    size_t ip_bytes = d->version == 4 ? IPV4_BYTES : IPV6_BYTES;
    memset(out, 0, ip_bytes);
    if (d->version == 4) {
        out[0] = 0x45;
        as_be16_put(out + 2, (uint16_t)(IPV4_BYTES + UDP_BYTES + d->payload_bytes));
        as_be16_put(out + 6, 0x4000); /* not to be fragmented */
        out[8] = 64;
        out[9] = PROTOCOL_UDP;
        memcpy(out + 12, d->src, 4);
        memcpy(out + 16, d->dst, 4);
        as_be16_put(out + 10, checksum(sum_words(0, out, IPV4_BYTES)));
    } else {
        out[0] = 0x60;
        as_be16_put(out + 4, (uint16_t)(UDP_BYTES + d->payload_bytes));
        out[6] = PROTOCOL_UDP;
        out[7] = 64;
        memcpy(out + 8, d->src, 16);
        memcpy(out + 24, d->dst, 16);
    }
    put_udp(d, d->version == 4 ? 4 : 16, out + ip_bytes);
    return ip_bytes + UDP_BYTES;
}

void as_datagram_name(uint8_t version, const uint8_t address[AS_DATAGRAM_ADDRESS_BYTES], uint16_t port,
                      char out[AS_DATAGRAM_NAME_BYTES])
{
    char text[INET6_ADDRSTRLEN] = "?";
    inet_ntop(version == 6 ? AF_INET6 : AF_INET, address, text, sizeof text);
    (void)snprintf(out, AS_DATAGRAM_NAME_BYTES, version == 6 ? "[%s]:%u" : "%s:%u", text, (unsigned)port);
}
