#include "ipc/frame_check.h"

#include <stdbool.h>

/* What a value's first byte says: bytes of payload, or values inside. */
typedef struct shape {
    size_t head_bytes;   /* first byte and length field */
    uint64_t data_bytes; /* payload after the head */
    uint64_t values;     /* values inside a container */
    bool reserved;
} shape;

static uint64_t big_endian(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* Bytes of the length field that follows a first byte of 0xc0 and above. */
static size_t length_bytes(uint8_t first)
{
    switch (first) {
    case 0xc4: case 0xc7: case 0xd9: return 1;
    case 0xc5: case 0xc8: case 0xda: case 0xdc: case 0xde: return 2;
    case 0xc6: case 0xc9: case 0xdb: case 0xdd: case 0xdf: return 4;
    default: return 0;
    }
}

static uint64_t fixed_bytes(uint8_t first)
{
    static const uint8_t after_ca[] = {4, 8, 1, 2, 4, 8, 1, 2,
                                       4, 8, 2, 3, 5, 9, 17}; /* 0xca float32 .. 0xd8 fixext16 */
    return first >= 0xca && first <= 0xd8 ? after_ca[first - 0xca] : 0;
}

static shape shape_of(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    shape s = {.head_bytes = 1};
    if (first <= 0x7f || first >= 0xe0)
        return s;
    if (first <= 0x8f) {
        s.values = 2 * (uint64_t)(first & 15);
        return s;
    }
    if (first <= 0x9f) {
        s.values = first & 15;
        return s;
    }
    if (first <= 0xbf) {
        s.data_bytes = first & 31;
        return s;
    }
    size_t field = length_bytes(first);
    s.head_bytes += field;
    s.reserved = first == 0xc1;
    if (s.head_bytes > left)
        return s;
    uint64_t length = big_endian(at + 1, field);
    if (first == 0xdc || first == 0xdd)
        s.values = length;
    else if (first == 0xde || first == 0xdf)
        s.values = 2 * length;
    else if (field)
        s.data_bytes = length + (first >= 0xc7 && first <= 0xc9); /* an extension's type byte */
    else
        s.data_bytes = fixed_bytes(first);
    return s;
}

as_frame_result as_frame_check(const uint8_t *frame, size_t frame_bytes)
{
    uint64_t open[AS_FRAME_DEPTH_MAX + 1] = {1}; /* values still to come, per level */
    unsigned depth = 0, values = 0;
    size_t at = 0;
    while (open[0] > 0 || depth > 0) {
        if (open[depth] == 0) {
            depth--;
            continue;
        }
        if (at >= frame_bytes)
            return AS_FRAME_SHORT;
        if (++values > AS_FRAME_VALUES_MAX)
            return AS_FRAME_MANY;
        size_t left = frame_bytes - at;
        shape s = shape_of(frame + at, left);
        if (s.reserved)
            return AS_FRAME_RESERVED;
        if (s.head_bytes > left || s.data_bytes > left - s.head_bytes || s.values > left - s.head_bytes)
            return AS_FRAME_SHORT;
        at += s.head_bytes + (size_t)s.data_bytes;
        open[depth]--;
        if (s.values == 0)
            continue;
        if (depth == AS_FRAME_DEPTH_MAX)
            return AS_FRAME_DEEP;
        open[++depth] = s.values;
    }
    return at == frame_bytes ? AS_FRAME_OK : AS_FRAME_TRAILING;
}
