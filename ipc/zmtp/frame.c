#include "ipc/zmtp/frame.h"

#include <string.h>

size_t as_zmtp_frame_header(uint8_t flags, size_t body_bytes, uint8_t out[AS_ZMTP_HEADER_BYTES])
{
    if (body_bytes <= UINT8_MAX) {
        out[0] = flags;
        out[1] = (uint8_t)body_bytes;
        return 2;
    }
    out[0] = flags | AS_ZMTP_LONG;
    for (unsigned i = 0; i < 8; i++)
        out[1 + i] = (uint8_t)((uint64_t)body_bytes >> (56 - 8 * i));
    return 9;
}

size_t as_zmtp_message_encode(const void *topic, size_t topic_bytes, const void *payload, size_t payload_bytes,
                              uint8_t *out)
{
    size_t used = as_zmtp_frame_header(AS_ZMTP_MORE, topic_bytes, out);
    memcpy(out + used, topic, topic_bytes);
    used += topic_bytes;
    used += as_zmtp_frame_header(0, payload_bytes, out + used);
    memcpy(out + used, payload, payload_bytes);
    return used + payload_bytes;
}

/* The header is whole: look at it. NULL if the body may come. */
static const char *open_header(as_zmtp_frame *frame)
{
    uint8_t flags = frame->header[0];
    uint64_t body_bytes = frame->header[1];
    if (flags & AS_ZMTP_LONG) {
        body_bytes = 0;
        for (unsigned i = 1; i < AS_ZMTP_HEADER_BYTES; i++)
            body_bytes = body_bytes << 8 | frame->header[i];
    }
    if (body_bytes > (frame->body_max ? frame->body_max : AS_FANOUT_INBOUND_BYTES))
        return "a frame that is too long";
    frame->flags = flags & (AS_ZMTP_MORE | AS_ZMTP_COMMAND);
    frame->body_bytes = (uint32_t)body_bytes;
    frame->body_used = 0;
    return NULL;
}

/* Bytes of the header, as far as is known. */
static size_t header_bytes(const as_zmtp_frame *frame)
{
    return frame->header_used > 0 && frame->header[0] & AS_ZMTP_LONG ? AS_ZMTP_HEADER_BYTES : 2;
}

as_zmtp_taken as_zmtp_frame_take(as_zmtp_frame *frame, const uint8_t **bytes, size_t *bytes_left, const char **why)
{
    while (frame->header_used < header_bytes(frame)) {
        if (*bytes_left == 0)
            return AS_ZMTP_TAKEN_ALL;
        frame->header[frame->header_used++] = *(*bytes)++;
        --*bytes_left;
        uint8_t flags = frame->header[0];
        if (flags > (AS_ZMTP_MORE | AS_ZMTP_LONG | AS_ZMTP_COMMAND) ||
            (flags & (AS_ZMTP_MORE | AS_ZMTP_COMMAND)) == (AS_ZMTP_MORE | AS_ZMTP_COMMAND)) {
            *why = "flags that no frame has";
            return AS_ZMTP_TAKEN_BAD;
        }
        if (frame->header_used == header_bytes(frame) && (*why = open_header(frame)))
            return AS_ZMTP_TAKEN_BAD;
    }
    size_t taken = frame->body_bytes - frame->body_used;
    if (taken > *bytes_left)
        taken = *bytes_left;
    memcpy(frame->body + frame->body_used, *bytes, taken);
    frame->body_used += (uint32_t)taken;
    *bytes += taken;
    *bytes_left -= taken;
    if (frame->body_used < frame->body_bytes)
        return AS_ZMTP_TAKEN_ALL;
    frame->header_used = 0;
    return AS_ZMTP_TAKEN_FRAME;
}
