/*
 * pcapng, written: the blocks that our own captures are made of (pcap.h reads them), little-endian, times in ns.
 *
 * Pure: each function fills a caller's buffer and returns the bytes, 0 if it does not fit. A packet's data are not
 * copied: the caller writes head, data and tail one after the other.
 */
#ifndef AS_FEEDS_FRAMING_PCAP_ENCODE_H
#define AS_FEEDS_FRAMING_PCAP_ENCODE_H

#include <stddef.h>
#include <stdint.h>

enum {
    AS_PCAP_HEAD_BYTES = 28, /* of a packet block before its data */
    AS_PCAP_TAIL_MAX = 7,    /* padding and the second length */
    AS_PCAP_STATISTICS_BYTES = 52
};

/* A section header of unknown length, with the name of the program. */
size_t as_pcap_encode_section(const char *program, uint8_t *out, size_t out_bytes);

/* An interface with stamps in ns. Interfaces are numbered from 0 in the order of their descriptions. */
size_t as_pcap_encode_interface(uint16_t link_type, const char *name, const char *description, uint8_t *out,
                                size_t out_bytes);

typedef struct as_pcap_head {
    uint32_t interface_idx;
    uint64_t ts_ns;
    uint32_t data_bytes; /* captured, and on the wire */
} as_pcap_head;

size_t as_pcap_encode_head(const as_pcap_head *head, uint8_t out[AS_PCAP_HEAD_BYTES]);
size_t as_pcap_encode_tail(const as_pcap_head *head, uint8_t out[AS_PCAP_TAIL_MAX]);

/* Interface statistics: how many packets came, and how many of them were dropped, since the start. */
typedef struct as_pcap_statistics {
    uint32_t interface_idx;
    uint64_t ts_ns;
    uint64_t received, dropped;
} as_pcap_statistics;

size_t as_pcap_encode_statistics(const as_pcap_statistics *statistics, uint8_t out[AS_PCAP_STATISTICS_BYTES]);

#endif
