/*
 * A capture: what a live feed receives, written to a pcapng file as it comes (docs/CAPTURE.md).
 *
 *   feed thread: as_capture_put copies into a ring  ->  writer thread: headers, blocks, write()
 *
 * The feed thread never waits for the disk. What does not fit into the ring is lost, counted, and told in the file,
 * before the next record, by the statistics of its interface; so are the last ones when the capture is closed. If the
 * file cannot be written any more (disk full), it is cut back to its last whole block and everything from then on is
 * counted as lost: the feed goes on.
 *
 * An existing file is never written to: the name gets the first free number behind it, FILE.1, FILE.2, ...
 *
 * Edges (the ring's own are in core/byte_ring.h):
 *   C1  stop, release in as_capture_close -> acquire in the writer: it sees everything that was put, and what was lost
 *       after that.
 *
 * Threads: open, put and close belong to one thread; lost and path to any. put is wait-free. Memory: the ring
 * (AS_CAPTURE_RING_BYTES) and the writer's buffer, allocated at open. Limits: a record takes at most a quarter of the
 * ring; a longer one is lost.
 */
#ifndef AS_FEEDS_CAPTURE_H
#define AS_FEEDS_CAPTURE_H

#include "feeds/capture/capture_format.h"
#include "feeds/framing/datagram.h"

typedef struct as_capture as_capture;

typedef struct as_capture_wire {
    as_capture_line text;
    bool datagrams;      /* UDP payloads, written as packets of address; else records of connections */
    as_datagram address; /* version, dst, dst_port, src, src_port */
} as_capture_wire;

typedef struct as_capture_options {
    const char *path;
    as_capture_wire line[AS_CAPTURE_LINE_MAX];
    unsigned line_count;
    uint32_t ring_bytes; /* 0: AS_CAPTURE_RING_BYTES */
} as_capture_options;

/* Make the file and start the writer. 0; or a negative errno with the error chain set. */
int as_capture_open(const as_capture_options *options, as_capture **capture);

/* Write what is left, tell what was lost, stop the writer. NULL is allowed. */
void as_capture_close(as_capture *capture);

typedef struct as_capture_piece {
    unsigned line;
    as_capture_kind kind;
    uint32_t connection; /* not used for datagrams */
    uint64_t ts_recv_ns;
    const void *data;
    size_t data_bytes;
} as_capture_piece;

/* false: it is lost, and counted. */
bool as_capture_put(as_capture *capture, const as_capture_piece *piece);

/* Records lost: no room in the ring, or not written. Any thread. */
uint64_t as_capture_lost(const as_capture *capture);

/* The file's name, which may have a number. */
const char *as_capture_path(const as_capture *capture);

#endif
