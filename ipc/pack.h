/*
 * MessagePack, value by value, in its shortest form: each function writes at `at` and returns where the next one goes.
 *
 * They check nothing: the caller has made sure of the room, AS_PACK_VALUE_BYTES for a number or a header, and for a
 * text AS_PACK_SLACK beyond its length, because words of 8 bytes are stored and what is too much is written over by the
 * next value. The written form is that of the MessagePack specification: integers and lengths as short as they go,
 * doubles as float64. Little-endian hosts (core/journal.h has the same condition).
 *
 * Threads: any. Memory: none.
 */
#ifndef AS_IPC_PACK_H
#define AS_IPC_PACK_H

#include <stdint.h>
#include <string.h>

enum {
    AS_PACK_VALUE_BYTES = 9, /* no number and no header is longer */
    AS_PACK_SLACK = 16       /* written beyond the end, at most */
};

static inline uint8_t *as_pack_be16(uint8_t *at, uint8_t form, uint16_t value)
{
    uint16_t big = __builtin_bswap16(value);
    *at = form;
    memcpy(at + 1, &big, sizeof big);
    return at + 3;
}

static inline uint8_t *as_pack_be32(uint8_t *at, uint8_t form, uint32_t value)
{
    uint32_t big = __builtin_bswap32(value);
    *at = form;
    memcpy(at + 1, &big, sizeof big);
    return at + 5;
}

static inline uint8_t *as_pack_be64(uint8_t *at, uint8_t form, uint64_t value)
{
    uint64_t big = __builtin_bswap64(value);
    *at = form;
    memcpy(at + 1, &big, sizeof big);
    return at + 9;
}

static inline uint8_t *as_pack_byte(uint8_t *at, uint8_t form, uint8_t value)
{
    at[0] = form;
    at[1] = value;
    return at + 2;
}

static inline uint8_t *as_pack_nil(uint8_t *at)
{
    *at = 0xc0;
    return at + 1;
}

static inline uint8_t *as_pack_bool(uint8_t *at, int value)
{
    *at = value ? 0xc3 : 0xc2;
    return at + 1;
}

static inline uint8_t *as_pack_uint(uint8_t *at, uint64_t value)
{
    if (value > UINT32_MAX)
        return as_pack_be64(at, 0xcf, value);
    if (value < 0x80) {
        *at = (uint8_t)value;
        return at + 1;
    }
    if (value <= UINT8_MAX)
        return as_pack_byte(at, 0xcc, (uint8_t)value);
    return value <= UINT16_MAX ? as_pack_be16(at, 0xcd, (uint16_t)value) : as_pack_be32(at, 0xce, (uint32_t)value);
}

static inline uint8_t *as_pack_int(uint8_t *at, int64_t value)
{
    if (value >= 0)
        return as_pack_uint(at, (uint64_t)value);
    if (value >= -32) {
        *at = (uint8_t)value;
        return at + 1;
    }
    if (value >= INT8_MIN)
        return as_pack_byte(at, 0xd0, (uint8_t)value);
    if (value >= INT16_MIN)
        return as_pack_be16(at, 0xd1, (uint16_t)value);
    return value >= INT32_MIN ? as_pack_be32(at, 0xd2, (uint32_t)value) : as_pack_be64(at, 0xd3, (uint64_t)value);
}

static inline uint8_t *as_pack_double(uint8_t *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return as_pack_be64(at, 0xcb, bits);
}

static inline uint8_t *as_pack_map(uint8_t *at, uint32_t pair_count)
{
    if (pair_count < 16) {
        *at = (uint8_t)(0x80 | pair_count);
        return at + 1;
    }
    return pair_count <= UINT16_MAX ? as_pack_be16(at, 0xde, (uint16_t)pair_count) : as_pack_be32(at, 0xdf, pair_count);
}

static inline uint8_t *as_pack_array(uint8_t *at, uint32_t value_count)
{
    if (value_count < 16) {
        *at = (uint8_t)(0x90 | value_count);
        return at + 1;
    }
    return value_count <= UINT16_MAX ? as_pack_be16(at, 0xdc, (uint16_t)value_count)
                                     : as_pack_be32(at, 0xdd, value_count);
}

/* The header of a text of so many bytes. */
static inline uint8_t *as_pack_text_header(uint8_t *at, uint32_t byte_count)
{
    if (byte_count < 32) {
        *at = (uint8_t)(0xa0 | byte_count);
        return at + 1;
    }
    if (byte_count <= UINT8_MAX)
        return as_pack_byte(at, 0xd9, (uint8_t)byte_count);
    return byte_count <= UINT16_MAX ? as_pack_be16(at, 0xda, (uint16_t)byte_count) : as_pack_be32(at, 0xdb, byte_count);
}

/* The header of bytes. */
static inline uint8_t *as_pack_bin_header(uint8_t *at, uint32_t byte_count)
{
    if (byte_count <= UINT8_MAX)
        return as_pack_byte(at, 0xc4, (uint8_t)byte_count);
    return byte_count <= UINT16_MAX ? as_pack_be16(at, 0xc5, (uint16_t)byte_count) : as_pack_be32(at, 0xc6, byte_count);
}

/* Not 0 if a byte of the word is 0; the lowest bit that is set belongs to the first such byte. */
static inline uint64_t as_pack_zero_byte(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/*
 * A zero-terminated text whose memory is a multiple of 8 bytes long, and shorter than 256: one pass finds its end and
 * copies it.
 */
static inline uint8_t *as_pack_field(uint8_t *at, const char *text)
{
    uint64_t word, zero;
    for (uint32_t i = 0; i < 32; i += 8) {
        memcpy(&word, text + i, sizeof word);
        memcpy(at + 1 + i, &word, sizeof word);
        if ((zero = as_pack_zero_byte(word))) {
            uint32_t byte_count = i + (uint32_t)__builtin_ctzll(zero) / 8;
            *at = (uint8_t)(0xa0 | byte_count);
            return at + 1 + byte_count;
        }
    }
    for (uint32_t i = 0;; i += 8) {
        memcpy(&word, text + i, sizeof word);
        memcpy(at + 2 + i, &word, sizeof word);
        if ((zero = as_pack_zero_byte(word))) {
            uint32_t byte_count = i + (uint32_t)__builtin_ctzll(zero) / 8;
            at[0] = 0xd9;
            at[1] = (uint8_t)byte_count;
            return at + 2 + byte_count;
        }
    }
}

/* Four bytes as eight hexadecimal digits, the first byte first. */
static inline uint64_t as_pack_hex_digits(uint32_t bytes)
{
    uint64_t x = bytes;
    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = (x >> 4 & UINT64_C(0x000f000f000f000f)) | (x & UINT64_C(0x000f000f000f000f)) << 8;
    uint64_t letter = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    return x + UINT64_C(0x3030303030303030) + letter * ('a' - '0' - 10);
}

/* byte_count bytes, a multiple of 4 and at most 124, as a text of hexadecimal digits. */
static inline uint8_t *as_pack_hex(uint8_t *at, const void *bytes, uint32_t byte_count)
{
    at = as_pack_text_header(at, 2 * byte_count);
    for (uint32_t i = 0; i < byte_count; i += 4) {
        uint32_t part;
        memcpy(&part, (const uint8_t *)bytes + i, sizeof part);
        uint64_t digits = as_pack_hex_digits(part);
        memcpy(at, &digits, sizeof digits);
        at += sizeof digits;
    }
    return at;
}

#endif
