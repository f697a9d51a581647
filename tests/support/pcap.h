/*
 * UDP payloads of a little-endian pcap file of Ethernet frames (802.1Q tags allowed), for tests on recorded packets.
 */
#ifndef AST_SUPPORT_PCAP_H
#define AST_SUPPORT_PCAP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The next packet's payload, from *at on (24 at first); NULL at the end. */
static inline const uint8_t *ast_pcap_next(const uint8_t *file, size_t bytes, size_t *at, size_t *payload_bytes)
{
    if (bytes - *at < 16)
        return NULL;
    uint32_t frame_bytes;
    memcpy(&frame_bytes, file + *at + 8, sizeof frame_bytes);
    const uint8_t *p = file + *at + 16 + 12;
    *at += 16 + frame_bytes;
    while (p[0] == 0x81 && p[1] == 0x00)
        p += 4;
    p += 2;
    p += 4 * (p[0] & 15);
    *payload_bytes = (size_t)((p[4] << 8 | p[5]) - 8);
    return p + 8;
}

#endif
