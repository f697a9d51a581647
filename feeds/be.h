/*
 * Big-endian integers in wire bytes: read and written byte by byte, so that neither alignment nor the host's order
 * matters. Compilers turn each into one load or store with a byte swap.
 *
 * The caller guarantees that the bytes are there.
 */
#ifndef AS_FEEDS_BE_H
#define AS_FEEDS_BE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t as_be16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return be16toh(v);
}

static inline uint32_t as_be32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return be32toh(v);
}

static inline uint64_t as_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

static inline uint64_t as_be48(const uint8_t *p)
{
    return (uint64_t)as_be16(p) << 32 | as_be32(p + 2);
}

static inline void as_be16_put(uint8_t *p, uint16_t v)
{
    v = htobe16(v);
    memcpy(p, &v, sizeof v);
}

static inline void as_be32_put(uint8_t *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof v);
}

static inline void as_be64_put(uint8_t *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof v);
}

/* The low 48 bits of v. */
static inline void as_be48_put(uint8_t *p, uint64_t v)
{
    as_be16_put(p, (uint16_t)(v >> 32));
    as_be32_put(p + 2, (uint32_t)v);
}

#endif
