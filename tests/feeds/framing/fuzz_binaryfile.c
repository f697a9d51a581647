/*
 * Any bytes as a file: the records lie inside the buffer, progress is made, and reading the file in two parts gives the
 * same records as reading it at once. The first byte says where to cut.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "feeds/decode/itch50.h"
#include "feeds/framing/binaryfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Read what there is; returns the bytes consumed. */
static size_t drain(as_binaryfile *state, const uint8_t *buf, size_t bytes, bool final, uint64_t *hash)
{
    size_t at = 0;
    for (;;) {
        const uint8_t *message;
        size_t message_bytes;
        as_binaryfile_result result = as_binaryfile_next(state, buf + at, bytes - at, final, &message, &message_bytes);
        if (state->consumed_bytes > bytes - at)
            abort();
        at += state->consumed_bytes;
        if (result == AS_BINARYFILE_MESSAGE) {
            if (message_bytes == 0 || message + message_bytes != buf + at)
                abort();
            *hash = (*hash ^ message[0] ^ message[message_bytes - 1]) * 31 + message_bytes;
        } else if (result == AS_BINARYFILE_END) {
            *hash = *hash * 31 + 1;
        } else {
            if ((result == AS_BINARYFILE_NEED_MORE) == final || (result == AS_BINARYFILE_EOF && at != bytes))
                abort();
            return at;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    size_t cut = data[0];
    data++;
    bytes--;
    cut = cut > bytes ? bytes : cut;
    for (int with_table = 0; with_table < 2; with_table++) {
        const uint8_t *lengths = with_table ? as_itch50_lengths : NULL;
        uint64_t whole_hash = 0, parts_hash = 0;
        as_binaryfile whole, parts;
        as_binaryfile_init(&whole, lengths);
        (void)drain(&whole, data, bytes, true, &whole_hash);
        as_binaryfile_init(&parts, lengths);
        size_t at = drain(&parts, data, cut, false, &parts_hash);
        (void)drain(&parts, data + at, bytes - at, true, &parts_hash);
        if (whole_hash != parts_hash || whole.messages != parts.messages || whole.ends != parts.ends ||
            whole.bad_prefix != parts.bad_prefix || whole.truncated != parts.truncated)
            abort();
    }
    return 0;
}
