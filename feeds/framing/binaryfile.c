#include "feeds/framing/binaryfile.h"

#include "feeds/be.h"

void as_binaryfile_init(as_binaryfile *state, const uint8_t *lengths)
{
    *state = (as_binaryfile){.lengths = lengths};
}

static as_binaryfile_result cut(as_binaryfile *state, bool final)
{
    if (!final)
        return AS_BINARYFILE_NEED_MORE;
    state->truncated = 1;
    return AS_BINARYFILE_TRUNCATED;
}

static as_binaryfile_result end_of_session(as_binaryfile *state)
{
    state->ends++;
    state->consumed_bytes = 2;
    return AS_BINARYFILE_END;
}

static as_binaryfile_result deliver(as_binaryfile *state, const uint8_t *buf, size_t length, const uint8_t **message,
                                    size_t *message_bytes)
{
    state->messages++;
    state->consumed_bytes = 2 + length;
    *message = buf + 2;
    *message_bytes = length;
    return AS_BINARYFILE_MESSAGE;
}

/* A zero where a length is due: the end of a session, or a message of the prefix-less form. */
static as_binaryfile_result zero_prefix(as_binaryfile *state, const uint8_t *buf, size_t bytes, bool final,
                                        const uint8_t **message, size_t *message_bytes)
{
    if (!state->lengths)
        return end_of_session(state);
    if (bytes == 2) /* what follows the zero decides what it is */
        return final ? end_of_session(state) : AS_BINARYFILE_NEED_MORE;
    size_t length = state->lengths[buf[2]];
    if (length == 0)
        return end_of_session(state);
    if (bytes - 2 < length)
        return cut(state, final);
    state->bad_prefix++;
    return deliver(state, buf, length, message, message_bytes);
}

as_binaryfile_result as_binaryfile_next(as_binaryfile *state, const uint8_t *buf, size_t bytes, bool final,
                                        const uint8_t **message, size_t *message_bytes)
{
    size_t length = bytes >= 2 ? as_be16(buf) : 0;
    if (length > 0 && bytes - 2 >= length)
        return deliver(state, buf, length, message, message_bytes);
    state->consumed_bytes = 0;
    if (bytes == 0 && final)
        return AS_BINARYFILE_EOF;
    if (bytes < 2 || length > 0)
        return cut(state, final);
    return zero_prefix(state, buf, bytes, final, message, message_bytes);
}
