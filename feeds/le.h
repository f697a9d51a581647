/*
 * Little-endian integers in wire bytes: read and written byte by byte, so that neither alignment nor the host's order
 * matters. Compilers turn each into one load or store on a little-endian host.
 *
 * The caller guarantees that the bytes are there.
 */
#ifndef AS_FEEDS_LE_H
#define AS_FEEDS_LE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t as_le16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return le16toh(v);
}

static inline uint32_t as_le32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline uint64_t as_le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static inline void as_le16_put(uint8_t *p, uint16_t v)
{
    v = htole16(v);
    memcpy(p, &v, sizeof v);
}

static inline void as_le32_put(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof v);
}

static inline void as_le64_put(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

#endif
