/*
 * A writer: one sequence of calls, two encodings. MessagePack (ipc/pack.h) into a fixed buffer, or JSON text.
 *
 * The caller walks a message once (map, key, value, ...) and gets either form, so a key cannot be in one and missing in
 * the other. What does not fit makes the whole message fail: nothing half-written is ever sent (PROTOCOLS C3).
 * No allocation. JSON: no blanks, keys in order, control characters escaped, doubles as %.17g, one line.
 */
#ifndef AS_IPC_WRITER_H
#define AS_IPC_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct as_writer {
    char *out;
    size_t used, out_bytes;
    bool json, failed;
    bool comma;             /* JSON: a value stands before the next one */
} as_writer;

void as_writer_msgpack(as_writer *writer, uint8_t *out, size_t out_bytes);
void as_writer_json(as_writer *writer, char *out, size_t out_bytes);
/* Length written, 0 if anything failed. JSON is zero-terminated. */
size_t as_writer_finish(as_writer *writer);

void as_writer_map(as_writer *writer, unsigned pair_count);
void as_writer_map_end(as_writer *writer);
void as_writer_array(as_writer *writer, unsigned count);
void as_writer_array_end(as_writer *writer);
void as_writer_key(as_writer *writer, const char *key);
void as_writer_text(as_writer *writer, const char *text);
/* The same of so many bytes, which need no terminating zero. */
void as_writer_text_bytes(as_writer *writer, const char *text, size_t byte_count);
void as_writer_uint(as_writer *writer, uint64_t value);
void as_writer_int(as_writer *writer, int64_t value);
void as_writer_double(as_writer *writer, double value);
void as_writer_bool(as_writer *writer, bool value);
void as_writer_nil(as_writer *writer);
/* Bytes. JSON has none: there the message fails. */
void as_writer_bin(as_writer *writer, const void *bytes, size_t byte_count);
/* One value that is encoded already, in the writer's encoding. */
void as_writer_raw(as_writer *writer, const void *bytes, size_t byte_count);

#endif
