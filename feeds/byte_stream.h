/*
 * A recorded file as a stream of bytes, with gzip and zstd seen through.
 *
 * Compression is recognised by content: gzip with any number of members, zstd with any number of frames (window up to
 * 128 MiB, skippable frames skipped), or none. The reader looks at a stretch of bytes in place (peek) and says how much
 * of it is used up (skip), so records are decoded without a copy.
 *
 * A compressed file that was cut delivers what could be decoded and then ends, with `truncated` set. Damaged data
 * deliver what came before the damage and then fail with -EBADMSG and the offset in the file.
 *
 * One thread at a time. Memory: AS_BYTE_STREAM_PEEK_MAX + 64 KiB and the decoder's window, allocated at open, whatever
 * the size of the file. "-" is standard input.
 */
#ifndef AS_FEEDS_BYTE_STREAM_H
#define AS_FEEDS_BYTE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AS_BYTE_STREAM_PEEK_MAX = 256 * 1024, AS_BYTE_STREAM_ZSTD_WINDOW_LOG = 27 };

typedef enum as_compression { AS_COMPRESSION_NONE, AS_COMPRESSION_GZIP, AS_COMPRESSION_ZSTD } as_compression;

typedef struct as_byte_stream as_byte_stream;

/* 0; or a negative errno (-ENOENT, -EACCES, -EISDIR, -ENOMEM, ...) with the error chain set. */
int as_byte_stream_open(const char *path, as_byte_stream **stream);
void as_byte_stream_close(as_byte_stream *stream);

/*
 * Look ahead. *data points at the unread bytes, valid until the next peek; the result is how many there are: at
 * least want_bytes (1..AS_BYTE_STREAM_PEEK_MAX), or fewer only before the end or before damage. 0 at the end. A
 * negative errno with the error chain set when nothing is left to deliver and reading or decompressing failed.
 */
int64_t as_byte_stream_peek(as_byte_stream *stream, size_t want_bytes, const uint8_t **data);

/* Use up bytes of what the last peek showed. */
void as_byte_stream_skip(as_byte_stream *stream, size_t used_bytes);

as_compression as_byte_stream_compression(const as_byte_stream *stream);
const char *as_compression_name(as_compression compression); /* "none" "gzip" "zstd" */

/* The compressed file was cut. Known once the end has been met. */
bool as_byte_stream_truncated(const as_byte_stream *stream);

/* Bytes after the last gzip member that belong to nothing (zeros are padding and not counted). */
uint64_t as_byte_stream_trailing_bytes(const as_byte_stream *stream);

/* Size of the file on disk (what has been read so far, for a pipe), and how much of it has been read. */
uint64_t as_byte_stream_file_bytes(const as_byte_stream *stream);
uint64_t as_byte_stream_file_offset(const as_byte_stream *stream);

/* Offset of the first unread byte in the decompressed data. */
uint64_t as_byte_stream_offset(const as_byte_stream *stream);

#endif
