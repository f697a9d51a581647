/*
 * Is this frame one harmless MessagePack map? Asked before msgpack-c sees anything from the network, because that
 * reserves memory by the counts a message claims: five bytes can ask for gigabytes.
 *
 * One pass, no recursion, no allocation. Accepted: exactly one map, nothing behind it, containers at most 8 deep,
 * counts that fit in what is left, at most 65,536 values, text in UTF-8, no extension types, binary only where it
 * is said.
 */
#ifndef ASC_FRAME_H
#define ASC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASC_DEPTH_MAX = 8, ASC_VALUES_MAX = 65536 };

typedef enum asc_frame_result {
    ASC_FRAME_OK = 0,
    ASC_FRAME_SHORT,    /* a value reaches beyond the frame */
    ASC_FRAME_TRAILING, /* bytes follow the map */
    ASC_FRAME_DEEP,
    ASC_FRAME_MANY,
    ASC_FRAME_TYPE,     /* 0xc1, an extension, binary, or no map outside */
    ASC_FRAME_TEXT      /* no UTF-8 */
} asc_frame_result;

/* binary: values of type bin are allowed (answers have them, messages do not) */
asc_frame_result asc_frame_check(const uint8_t *frame, size_t frame_bytes, bool binary);
bool asc_utf8_check(const uint8_t *text, size_t text_bytes);

#endif
