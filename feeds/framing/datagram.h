/*
 * A datagram: what a captured packet carries to an application, read out of its link, IP and UDP headers, and written.
 *
 *   Ethernet (802.1Q, 802.1ad tags), Linux cooked (SLL, SLL2), raw IP, BSD loopback
 *     -> IPv4 (options passed over, fragments refused) or IPv6 (options and routing headers passed over)
 *       -> UDP: source, destination, ports, payload; TCP is recognised, so that it can be named
 *
 * Lengths are those of the headers: padding behind an IP packet is left out. Checksums are not looked at: a capture
 * made on the sending machine has wrong ones.
 *
 * Pure: no allocation, no I/O; the payload points into the caller's packet. Threads: any.
 */
#ifndef AS_FEEDS_FRAMING_DATAGRAM_H
#define AS_FEEDS_FRAMING_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

/* Link types of pcap files. */
enum {
    AS_LINK_NULL = 0,
    AS_LINK_ETHERNET = 1,
    AS_LINK_RAW_BSD = 12,
    AS_LINK_RAW = 101,
    AS_LINK_LOOP = 108,
    AS_LINK_SLL = 113,
    AS_LINK_USER0 = 147,
    AS_LINK_IPV4 = 228,
    AS_LINK_IPV6 = 229,
    AS_LINK_SLL2 = 276
};

enum {
    AS_DATAGRAM_ADDRESS_BYTES = 16,
    AS_DATAGRAM_TAG_MAX = 4,       /* VLAN tags passed over */
    AS_DATAGRAM_EXTENSION_MAX = 8, /* IPv6 headers passed over */
    AS_DATAGRAM_HEADER_MAX = 48,   /* IPv6 and UDP */
    AS_DATAGRAM_PAYLOAD_MAX = 65507,
    AS_DATAGRAM_NAME_BYTES = 56 /* "[ipv6]:port" with its zero */
};

typedef enum as_datagram_result {
    AS_DATAGRAM_UDP = 0,
    AS_DATAGRAM_TCP,        /* a segment: addresses, ports and payload are set */
    AS_DATAGRAM_FRAGMENT,   /* of an IP packet; fragments are not put together */
    AS_DATAGRAM_NOT_IP,     /* ARP and the like */
    AS_DATAGRAM_OTHER_IP,   /* neither UDP nor TCP */
    AS_DATAGRAM_CUT,        /* fewer bytes were captured than the headers speak of */
    AS_DATAGRAM_BAD_LENGTH, /* lengths that contradict each other */
    AS_DATAGRAM_BAD_LINK,   /* a link type that is not known */
    AS_DATAGRAM_RESULT_COUNT
} as_datagram_result;

typedef struct as_datagram {
    uint8_t src[AS_DATAGRAM_ADDRESS_BYTES]; /* IPv4: the first 4, the rest 0 */
    uint8_t dst[AS_DATAGRAM_ADDRESS_BYTES];
    uint16_t src_port, dst_port;
    uint8_t version; /* 4 or 6 */
    const uint8_t *payload;
    size_t payload_bytes;
} as_datagram;

/* *datagram is written for UDP and TCP only. */
as_datagram_result as_datagram_decode(uint16_t link_type, const uint8_t *packet, size_t packet_bytes,
                                      as_datagram *datagram);

/* "udp" "tcp" "fragment" "not_ip" "other_ip" "cut" "bad_length" "unknown_link" */
const char *as_datagram_result_name(as_datagram_result result);

/*
 * The IP and UDP headers of a datagram, checksums and all, for a packet of AS_LINK_RAW: 28 or 48 bytes, to be followed
 * by the payload. 0: version is neither 4 nor 6, or the payload is longer than AS_DATAGRAM_PAYLOAD_MAX.
 */
size_t as_datagram_encode(const as_datagram *datagram, uint8_t out[AS_DATAGRAM_HEADER_MAX]);

/* "233.54.12.111:26477" "[ff15::1]:26400": an address and its port. */
void as_datagram_name(uint8_t version, const uint8_t address[AS_DATAGRAM_ADDRESS_BYTES], uint16_t port,
                      char out[AS_DATAGRAM_NAME_BYTES]);

#endif
