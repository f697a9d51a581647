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

as_binaryfile_result as_binaryfile_next(as_binaryfile *state, const uint8_t *buf, size_t bytes, bool final,
                                        const uint8_t **message, size_t *message_bytes)
{
    state->consumed_bytes = 0;
    if (bytes == 0 && final)
        return AS_BINARYFILE_EOF;
    if (bytes < 2)
        return cut(state, final);

    size_t length = as_be16(buf);
    bool bad_prefix = false;
    if (length == 0) {
        if (!state->lengths)
            return end_of_session(state);
        if (bytes == 2) /* what follows the zero decides what it is */
            return final ? end_of_session(state) : AS_BINARYFILE_NEED_MORE;
        length = state->lengths[buf[2]];
        if (length == 0)
            return end_of_session(state);
        bad_prefix = true;
    }
    if (bytes - 2 < length)
        return cut(state, final);

    state->messages++;
    state->bad_prefix += bad_prefix;
    state->consumed_bytes = 2 + length;
    *message = buf + 2;
    *message_bytes = length;
    return AS_BINARYFILE_MESSAGE;
}
