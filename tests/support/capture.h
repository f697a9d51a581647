/*
 * Captures made by hand for tests: pcap and pcapng of either byte order, and UDP packets to put into them.
 * Written from the formats' descriptions, without the code that is tested.
 */
#ifndef AST_SUPPORT_CAPTURE_H
#define AST_SUPPORT_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct ast_bytes {
    uint8_t *data;
    size_t bytes, room;
    bool big; /* order of the integers */
} ast_bytes;

static inline void ast_put(ast_bytes *b, const void *data, size_t bytes)
{
    if (b->bytes + bytes > b->room) {
        b->room = 2 * (b->bytes + bytes) + 4096;
        b->data = realloc(b->data, b->room);
        if (!b->data)
            exit(1);
    }
    if (bytes > 0)
        memcpy(b->data + b->bytes, data, bytes);
    b->bytes += bytes;
}

static inline void ast_put_int(ast_bytes *b, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (b->big ? bytes - 1 - i : i));
        ast_put(b, &byte, 1);
    }
}

static inline void ast_put_u16(ast_bytes *b, uint64_t value)
{
    ast_put_int(b, value, 2);
}

static inline void ast_put_u32(ast_bytes *b, uint64_t value)
{
    ast_put_int(b, value, 4);
}

static inline void ast_pad(ast_bytes *b)
{
    static const uint8_t zeros[4];
    ast_put(b, zeros, (4 - b->bytes % 4) % 4);
}

static inline void ast_bytes_free(ast_bytes *b)
{
    free(b->data);
    *b = (ast_bytes){0};
}

/* ---- pcap ---- */

static inline void ast_pcap_header(ast_bytes *b, bool nanoseconds, uint32_t snap_bytes, uint32_t link)
{
    ast_put_u32(b, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
    ast_put_u16(b, 2);
    ast_put_u16(b, 4);
    ast_put_int(b, 0, 8);
    ast_put_u32(b, snap_bytes);
    ast_put_u32(b, link);
}

static inline void ast_pcap_record(ast_bytes *b, uint32_t seconds, uint32_t fraction, const void *data, size_t bytes,
                                   uint32_t original_bytes)
{
    ast_put_u32(b, seconds);
    ast_put_u32(b, fraction);
    ast_put_u32(b, bytes);
    ast_put_u32(b, original_bytes);
    ast_put(b, data, bytes);
}

/* ---- pcapng ---- */

/* A block around a body of a multiple of 4 bytes. */
static inline void ast_block(ast_bytes *b, uint32_t type, const ast_bytes *body)
{
    ast_put_u32(b, type);
    ast_put_u32(b, body->bytes + 12);
    ast_put(b, body->data, body->bytes);
    ast_put_u32(b, body->bytes + 12);
}

static inline void ast_section(ast_bytes *b)
{
    ast_put_u32(b, 0x0A0D0D0A);
    ast_put_u32(b, 28);
    ast_put_u32(b, 0x1A2B3C4D);
    ast_put_u16(b, 1);
    ast_put_u16(b, 0);
    ast_put_int(b, UINT64_MAX, 8);
    ast_put_u32(b, 28);
}

static inline void ast_option(ast_bytes *body, uint16_t code, const void *value, size_t bytes)
{
    ast_put_u16(body, code);
    ast_put_u16(body, bytes);
    ast_put(body, value, bytes);
    ast_pad(body);
}

typedef struct ast_interface {
    uint16_t link;
    uint32_t snap_bytes;
    int resolution;                 /* -1: no option */
    int64_t offset_s;               /* 0: no option */
    const char *name, *description; /* NULL: no option */
} ast_interface;

static inline void ast_interface_block(ast_bytes *b, const ast_interface *i)
{
    ast_bytes body = {.big = b->big};
    ast_put_u16(&body, i->link);
    ast_put_u16(&body, 0);
    ast_put_u32(&body, i->snap_bytes);
    if (i->name)
        ast_option(&body, 2, i->name, strlen(i->name));
    if (i->description)
        ast_option(&body, 3, i->description, strlen(i->description));
    if (i->resolution >= 0)
        ast_option(&body, 9, &(uint8_t){(uint8_t)i->resolution}, 1);
    if (i->offset_s) {
        ast_put_u16(&body, 14);
        ast_put_u16(&body, 8);
        ast_put_int(&body, (uint64_t)i->offset_s, 8);
    }
    ast_put_u32(&body, 0);
    ast_block(b, 1, &body);
    ast_bytes_free(&body);
}

static inline void ast_packet_block(ast_bytes *b, uint32_t interface_idx, uint64_t ticks, const void *data,
                                    size_t bytes)
{
    ast_bytes body = {.big = b->big};
    ast_put_u32(&body, interface_idx);
    ast_put_u32(&body, ticks >> 32);
    ast_put_u32(&body, (uint32_t)ticks);
    ast_put_u32(&body, bytes);
    ast_put_u32(&body, bytes);
    ast_put(&body, data, bytes);
    ast_pad(&body);
    ast_block(b, 6, &body);
    ast_bytes_free(&body);
}

/* ---- packets ---- */

typedef struct ast_udp {
    uint32_t src, dst; /* IPv4, as a number */
    uint16_t src_port, dst_port;
} ast_udp;

/* An Ethernet frame with tags VLAN tags, padded to 60 bytes as a network card does. Returns its bytes. */
static inline size_t ast_frame(uint8_t *out, const ast_udp *udp, unsigned tags, const void *payload, size_t bytes)
{
    ast_bytes b = {.big = true};
    static const uint8_t addresses[12] = {1, 0, 94, 1, 1, 1, 2, 0, 0, 0, 0, 1};
    ast_put(&b, addresses, sizeof addresses);
    for (unsigned i = 0; i < tags; i++) {
        ast_put_u16(&b, i + 1 < tags ? 0x88A8 : 0x8100);
        ast_put_u16(&b, 141 + i);
    }
    ast_put_u16(&b, 0x0800);
    ast_put_u16(&b, 0x4500);
    ast_put_u16(&b, 28 + bytes);
    ast_put_int(&b, 0x0000000040110000, 8);
    ast_put_u32(&b, udp->src);
    ast_put_u32(&b, udp->dst);
    ast_put_u16(&b, udp->src_port);
    ast_put_u16(&b, udp->dst_port);
    ast_put_u16(&b, 8 + bytes);
    ast_put_u16(&b, 0);
    ast_put(&b, payload, bytes);
    while (b.bytes < 60)
        ast_put(&b, "", 1);
    size_t frame_bytes = b.bytes;
    memcpy(out, b.data, frame_bytes);
    ast_bytes_free(&b);
    return frame_bytes;
}

#endif
