/*
 * A recorded file as a stream of bytes, with gzip and zstd seen through.
 *
 * The reader looks at a stretch of bytes in place (peek) and says how much of it is used up (skip), so records are
 * decoded without a copy; only what two chunks share is copied, into the room before the second one.
 *
 *   not compressed    file blocks (file_reader.h, read ahead)  ------------------------------->  peek
 *   compressed        file blocks -> unpack.h on its own thread -> AS_BYTE_STREAM_CHUNKS -------->  peek
 *
 * The thread starts when AS_BYTE_STREAM_AHEAD_BYTES have been unpacked, so that a small file never pays for one, and
 * not at all where this process has one CPU only; it runs on any CPU that the process had when the stream was opened.
 * What a stream delivers does not depend on it.
 *
 * A compressed file that was cut delivers what could be decoded and then ends, with `truncated` set. Damaged data
 * deliver what came before the damage and then fail with -EBADMSG and the offset in the file.
 *
 * One thread at a time. Memory: at most 4 MiB for file blocks, 3 MiB for chunks, and the decoder's window, whatever the
 * size of the file. "-" is standard input.
 */
#ifndef AS_FEEDS_BYTE_STREAM_H
#define AS_FEEDS_BYTE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/files/unpack.h"

enum {
    AS_BYTE_STREAM_PEEK_MAX = AS_FILE_HEADROOM_BYTES,
    AS_BYTE_STREAM_HEAD_BYTES = AS_UNPACK_HEAD_BYTES,
    AS_BYTE_STREAM_CHUNKS = 6,
    AS_BYTE_STREAM_CHUNK_BYTES = 256 * 1024,
    AS_BYTE_STREAM_AHEAD_BYTES = 1024 * 1024
};

typedef struct as_byte_stream as_byte_stream;

/* 0; or a negative errno (-ENOENT, -EACCES, -EISDIR, -ENOMEM, ...) with the error chain set. */
int as_byte_stream_open(const char *path, as_byte_stream **stream);

/* At any time; NULL is allowed. */
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

/* The file's own first bytes, not decompressed: at most AS_BYTE_STREAM_HEAD_BYTES, fewer if the file is shorter. */
const uint8_t *as_byte_stream_head(const as_byte_stream *stream, size_t *bytes);

/* The compressed file was cut. Known once the end has been met. */
bool as_byte_stream_truncated(const as_byte_stream *stream);

/* Bytes after the last gzip member that belong to nothing (zeros are padding and not counted). */
uint64_t as_byte_stream_trailing_bytes(const as_byte_stream *stream);

/* Size of the file on disk (what has been read so far, for a pipe), and how much of it has been used. */
uint64_t as_byte_stream_file_bytes(const as_byte_stream *stream);
uint64_t as_byte_stream_file_offset(const as_byte_stream *stream);

/* Offset of the first unread byte in the decompressed data. */
uint64_t as_byte_stream_offset(const as_byte_stream *stream);

/* How the file is read since it was opened, and whether it is unpacked on a thread: for reports and tests. */
as_file_mode as_byte_stream_mode(const as_byte_stream *stream);
bool as_byte_stream_threaded(const as_byte_stream *stream);

#endif
