/*
 * pcap and pcapng: files of captured packets (PROTOCOLS A8), read; pcap_encode.h writes pcapng.
 *
 *   pcap      file header | record header, packet | record header, packet | ...
 *   pcapng    | type, bytes | body padded to 4 | bytes |  ...  blocks: a section, its interfaces, packets, statistics
 *
 * An iterator over a buffer, for readers that refill it: call as_pcap_next; what a call has used is
 * state->consumed_bytes, whatever its result; after NEED_MORE put more bytes behind the rest, up to
 * AS_PCAP_WINDOW_BYTES in all, and go on. Any chunking gives the same packets. A packet of more than
 * AS_PCAP_DATA_BYTES shows that many of its bytes and the rest is passed over, as are blocks that mean nothing here, so
 * the window bounds the memory whatever the file holds.
 *
 * Both byte orders, also section by section; times in any resolution and offset become ns UTC, rounded down. Refused:
 * the "modified" pcap of old Linux patches, versions other than pcap 2.4 and pcapng 1.x, a section header of more than
 * AS_PCAP_SECTION_BYTES, a block of more than AS_PCAP_BLOCK_BYTES, a pcap packet of more than AS_PCAP_CAPTURE_BYTES.
 * Of a pcap record that is longer than the file's own snapshot length only that much counts as captured.
 *
 * Pure: no allocation, no I/O, no clock; a packet's bytes are the caller's. Threads: one at a time per state.
 * Memory: the state, about 64 KiB for the interfaces of a section.
 */
#ifndef AS_FEEDS_FRAMING_PCAP_H
#define AS_FEEDS_FRAMING_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum {
    AS_PCAP_DATA_BYTES = 128 * 1024,
    AS_PCAP_WINDOW_BYTES = AS_PCAP_DATA_BYTES + 64, /* a view of this size always makes progress */
    AS_PCAP_CAPTURE_BYTES = 262144,
    AS_PCAP_SECTION_BYTES = 1024 * 1024,
    AS_PCAP_BLOCK_BYTES = 16 * 1024 * 1024,
    AS_PCAP_NAME_BYTES = 64,
    AS_PCAP_DESCRIPTION_BYTES = 640
};

/* Numbers of the pcapng format. */
enum {
    AS_PCAPNG_SECTION = 0x0A0D0D0A,
    AS_PCAPNG_INTERFACE = 1,
    AS_PCAPNG_OLD_PACKET = 2,
    AS_PCAPNG_SIMPLE_PACKET = 3,
    AS_PCAPNG_STATISTICS = 5,
    AS_PCAPNG_PACKET = 6,
    AS_PCAPNG_MAGIC = 0x1A2B3C4D,
    AS_PCAPNG_IF_NAME = 2,
    AS_PCAPNG_IF_DESCRIPTION = 3,
    AS_PCAPNG_IF_TSRESOL = 9,
    AS_PCAPNG_IF_TSOFFSET = 14,
    AS_PCAPNG_ISB_IFRECV = 4,
    AS_PCAPNG_ISB_IFDROP = 5
};

typedef enum as_pcap_result {
    AS_PCAP_PACKET = 0,    /* *packet */
    AS_PCAP_INTERFACE = 1, /* an interface is described: state->interface[state->interface_idx] */
    AS_PCAP_DROPS = 2,     /* an interface tells what it lost: its .dropped is set, state->interface_idx is it */
    AS_PCAP_SECTION = 3,   /* the file, or a section of it, begins: there are no interfaces yet */
    AS_PCAP_NEED_MORE = 4, /* only without final */
    AS_PCAP_EOF = 5,       /* with final: the file ends at a boundary */
    AS_PCAP_TRUNCATED = 6, /* with final: the file is cut inside a record */
    AS_PCAP_DAMAGED = -1   /* no way to go on; as_pcap_why says what is wrong */
} as_pcap_result;

typedef struct as_pcap_interface {
    uint16_t link_type;
    uint8_t ts_resolution; /* as if_tsresol: 10^-n, with the high bit 2^-n */
    uint32_t snap_bytes;   /* 0: no limit */
    int64_t ts_offset_s;
    uint64_t dropped;              /* as the latest statistics say */
    char name[AS_PCAP_NAME_BYTES]; /* cut to fit; empty in pcap */
    char description[AS_PCAP_DESCRIPTION_BYTES];
} as_pcap_interface;

typedef struct as_pcap_packet {
    uint64_t ts_ns;         /* ns UTC; 0 if not stamped */
    bool stamped;           /* a simple packet has no time, and some times cannot be told in ns since 1970 */
    uint32_t interface_idx; /* in state->interface; 0 in a pcap file */
    uint16_t link_type;
    uint32_t captured_bytes;
    uint32_t original_bytes; /* on the wire */
    const uint8_t *data;
    size_t data_bytes; /* captured_bytes, at most AS_PCAP_DATA_BYTES */
} as_pcap_packet;

typedef enum as_pcap_form { AS_PCAP_FORM_NONE = 0, AS_PCAP_FORM_PCAP, AS_PCAP_FORM_PCAPNG } as_pcap_form;

typedef struct as_pcap {
    as_pcap_form form;     /* NONE until the first bytes have been seen */
    bool swapped;          /* the section's integers are big-endian */
    bool nanoseconds;      /* pcap */
    uint8_t damaged;       /* index of the reason; 0: none */
    size_t consumed_bytes; /* by the last call */
    size_t want_bytes;     /* after NEED_MORE: what the view should hold behind consumed_bytes; at least */
    /* a record being passed over: this much of it, then, in a pcapng block, its length once more */
    uint64_t skip_bytes;
    uint32_t trailer_bytes; /* what that length must be; 0: none */
    as_pcap_interface interface[AS_CAPTURE_INTERFACE_MAX];
    uint32_t interface_count; /* met in this section; those beyond the table are not kept */
    uint32_t interface_idx;
    /* counters */
    uint64_t packets;
    uint64_t sections, interfaces;
    uint64_t skipped_blocks; /* of other types */
    uint64_t oversized;      /* pcap records beyond the snapshot length: what lies behind it is passed over */
    uint64_t no_interface;   /* packets of an interface that is not described, or beyond the table: not delivered */
    uint64_t bad_options;    /* option lists that do not fit their block, or with a value that means nothing */
} as_pcap;

void as_pcap_init(as_pcap *state);

/*
 * The next thing in buf. final: no bytes will ever follow buf[bytes - 1]. *packet is written on PACKET only. After EOF,
 * TRUNCATED and DAMAGED every further call gives the same.
 */
as_pcap_result as_pcap_next(as_pcap *state, const uint8_t *buf, size_t bytes, bool final, as_pcap_packet *packet);

/* What is wrong with a damaged file, for people; "" if nothing is. */
const char *as_pcap_why(const as_pcap *state);

/* By the first bytes: 4 for pcap, 12 for pcapng. Damaged or refused versions are recognised, too. */
as_pcap_form as_pcap_sniff(const uint8_t *data, size_t bytes);

#endif
