#include "frame.h"

#include <string.h>

/* What a value's first byte says: a head with its length field, and then bytes or values. */
typedef struct shape {
    size_t head_bytes;
    uint64_t data_bytes, values;
    bool text, container, refused;
} shape;

static uint64_t big_endian(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* Formats below 0xc0 and above 0xdf carry their length, or their value, in the first byte. */
static shape shape_of_fix(uint8_t first)
{
    shape s = {.head_bytes = 1};
    if (first >= 0xa0 && first <= 0xbf) {
        s.data_bytes = first & 31U;
        s.text = true;
    } else if (first >= 0x90 && first <= 0x9f) {
        s.values = first & 15U;
        s.container = true;
    } else if (first >= 0x80 && first <= 0x8f) {
        s.values = 2 * (uint64_t)(first & 15U);
        s.container = true;
    }
    return s;
}

static shape shape_of(const uint8_t *at, size_t left, bool binary)
{
    uint8_t first = at[0];
    if (first < 0xc0 || first > 0xdf)
        return shape_of_fix(first);
    static const struct {
        uint8_t length_bytes, data_bytes;
        char type; /* s scalar, b binary, t text, a array, m map, x refused */
    } formats[32] = {
        {0, 0, 's'}, {0, 0, 'x'}, {0, 0, 's'}, {0, 0, 's'}, /* nil, -, false, true */
        {1, 0, 'b'}, {2, 0, 'b'}, {4, 0, 'b'}, {1, 0, 'x'}, {2, 0, 'x'}, {4, 0, 'x'}, /* ext */
        {0, 4, 's'}, {0, 8, 's'},                                                     /* float */
        {0, 1, 's'}, {0, 2, 's'}, {0, 4, 's'}, {0, 8, 's'},                           /* uint */
        {0, 1, 's'}, {0, 2, 's'}, {0, 4, 's'}, {0, 8, 's'},                           /* int */
        {0, 0, 'x'}, {0, 0, 'x'}, {0, 0, 'x'}, {0, 0, 'x'}, {0, 0, 'x'},              /* fixext */
        {1, 0, 't'}, {2, 0, 't'}, {4, 0, 't'}, {2, 0, 'a'}, {4, 0, 'a'}, {2, 0, 'm'}, {4, 0, 'm'},
    };
    size_t length_bytes = formats[first - 0xc0].length_bytes;
    char type = formats[first - 0xc0].type;
    shape s = {.head_bytes = 1 + length_bytes, .refused = type == 'x' || (type == 'b' && !binary), .text = type == 't'};
    if (s.refused || s.head_bytes > left)
        return s;
    uint64_t length = big_endian(at + 1, length_bytes);
    s.container = type == 'a' || type == 'm';
    if (type == 'a')
        s.values = length;
    else if (type == 'm')
        s.values = 2 * length;
    else
        s.data_bytes = length_bytes ? length : formats[first - 0xc0].data_bytes;
    return s;
}

/* Bytes of the character at text, 0 if it is none: overlong forms, surrogates and what is beyond U+10FFFF are none. */
static size_t character_bytes(const uint8_t *text, size_t left)
{
    uint8_t first = text[0];
    if (first < 0x80)
        return 1;
    size_t bytes = first >= 0xc2 && first <= 0xdf   ? 2
                   : (first & 0xf0) == 0xe0         ? 3
                   : first >= 0xf0 && first <= 0xf4 ? 4
                                                    : 0;
    if (bytes == 0 || bytes > left)
        return 0;
    for (size_t i = 1; i < bytes; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) || (first == 0xf0 && text[1] < 0x90) ||
        (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return bytes;
}

bool asc_utf8_check(const uint8_t *text, size_t text_bytes)
{
    for (size_t at = 0; at < text_bytes;) {
        uint64_t eight;
        if (text_bytes - at >= sizeof eight) { /* ASCII, eight at a time */
            memcpy(&eight, text + at, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t bytes = character_bytes(text + at, text_bytes - at);
        if (bytes == 0)
            return false;
        at += bytes;
    }
    return true;
}

static bool is_map(uint8_t first)
{
    return (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
}

asc_frame_result asc_frame_check(const uint8_t *frame, size_t frame_bytes, bool binary)
{
    if (frame_bytes == 0)
        return ASC_FRAME_SHORT;
    if (!is_map(frame[0]))
        return ASC_FRAME_TYPE;
    uint64_t open[ASC_DEPTH_MAX + 1] = {1}; /* values still to come, per level */
    unsigned depth = 0, values = 0;
    size_t at = 0;
    while (open[0] > 0 || depth > 0) {
        if (open[depth] == 0) {
            depth--;
            continue;
        }
        if (at >= frame_bytes)
            return ASC_FRAME_SHORT;
        if (++values > ASC_VALUES_MAX)
            return ASC_FRAME_MANY;
        size_t left = frame_bytes - at;
        shape s = shape_of(frame + at, left, binary);
        if (s.refused)
            return ASC_FRAME_TYPE;
        if (s.head_bytes > left || s.data_bytes > left - s.head_bytes || s.values > left - s.head_bytes)
            return ASC_FRAME_SHORT;
        if (s.text && !asc_utf8_check(frame + at + s.head_bytes, (size_t)s.data_bytes))
            return ASC_FRAME_TEXT;
        at += s.head_bytes + (size_t)s.data_bytes;
        open[depth]--;
        if (s.container && depth == ASC_DEPTH_MAX)
            return ASC_FRAME_DEEP;
        if (s.values == 0)
            continue;
        open[++depth] = s.values;
    }
    return at == frame_bytes ? ASC_FRAME_OK : ASC_FRAME_TRAILING;
}
