/*
 * Is this frame one harmless MessagePack value? Asked before msgpack-c sees anything from the network.
 *
 * msgpack-c reserves memory by the counts a message claims: five bytes can ask for gigabytes (PROTOCOLS C3). This
 * walker goes over the frame once, without recursion or allocation, and accepts it only if it is exactly one value,
 * every container's count fits in the bytes that are left, and depth and number of values stay within limits.
 */
#ifndef AS_IPC_FRAME_CHECK_H
#define AS_IPC_FRAME_CHECK_H

#include <stddef.h>
#include <stdint.h>

enum { AS_FRAME_DEPTH_MAX = 8, AS_FRAME_VALUES_MAX = 65536 };

typedef enum as_frame_result {
    AS_FRAME_OK = 0,
    AS_FRAME_SHORT = -1,    /* a value or a container reaches beyond the frame */
    AS_FRAME_TRAILING = -2, /* bytes follow the value */
    AS_FRAME_DEEP = -3,     /* nested deeper than AS_FRAME_DEPTH_MAX */
    AS_FRAME_MANY = -4,     /* more than AS_FRAME_VALUES_MAX values */
    AS_FRAME_RESERVED = -5  /* the byte 0xc1, which no value begins with */
} as_frame_result;

as_frame_result as_frame_check(const uint8_t *frame, size_t frame_bytes);

#endif
