/*
 * Gzip and zstd, seen through: a file's bytes in, what they hold out.
 *
 * Compression is recognised by content: gzip with any number of members, zstd with any number of frames (window up
 * to 128 MiB, skippable frames skipped), or none. Nothing here waits for another thread: feeds/files/byte_stream.h
 * does that.
 *
 * One thread at a time. Memory: the decoder's own, allocated at open.
 */
#ifndef AS_FEEDS_UNPACK_H
#define AS_FEEDS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/files/file_reader.h"

enum { AS_UNPACK_ZSTD_WINDOW_LOG = 27, AS_UNPACK_HEAD_BYTES = 16, AS_UNPACK_REASON_BYTES = 96 };

typedef enum as_compression { AS_COMPRESSION_NONE, AS_COMPRESSION_GZIP, AS_COMPRESSION_ZSTD } as_compression;

const char *as_compression_name(as_compression compression); /* "none" "gzip" "zstd" */

/* Where an unpacking stands: a plain value, so that it can be handed from thread to thread. */
typedef struct as_unpack_state {
    uint64_t file_offset;    /* bytes of the file that have been used */
    uint64_t read_bytes;     /* and those that have been read */
    uint64_t trailing_bytes; /* after the last gzip member, belonging to nothing (zeros are padding, not counted) */
    bool ended;              /* nothing more comes */
    bool truncated;          /* ended in the middle of a member or frame */
    int failed;              /* ended for this: a negative errno, -EBADMSG for damaged data */
    char reason[AS_UNPACK_REASON_BYTES];
} as_unpack_state;

typedef struct as_unpack as_unpack;

/*
 * Begin with the reader's first blocks, which are waited for. The reader stays the caller's, who does not touch it
 * until close. 0 or -ENOMEM; a file that cannot be read is an unpacking that has failed.
 */
int as_unpack_open(as_file_reader *file, as_unpack **unpack);
void as_unpack_close(as_unpack *unpack); /* NULL is allowed */

/*
 * More bytes into out; how many (at least one, at most room), 0 when the state has ended. Without compression use
 * as_unpack_block instead.
 */
size_t as_unpack_more(as_unpack *unpack, uint8_t *out, size_t room);

/*
 * Without compression: the next block as it is, with the headroom of file_reader.h; 0 when the state has ended. Release
 * each with as_file_reader_release.
 */
size_t as_unpack_block(as_unpack *unpack, uint8_t **block);

as_compression as_unpack_compression(const as_unpack *unpack);
const as_unpack_state *as_unpack_state_get(const as_unpack *unpack);

/* The file's own first bytes; *bytes is AS_UNPACK_HEAD_BYTES, or less for a file that is shorter. */
const uint8_t *as_unpack_head(const as_unpack *unpack, size_t *bytes);

#endif
