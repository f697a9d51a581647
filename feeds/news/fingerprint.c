#include "feeds/news/fingerprint.h"

#include <stdbool.h>
#include <string.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t as_fnv1a64(const void *bytes, size_t byte_count)
{
    const unsigned char *at = bytes;
    uint64_t hash = FNV_BASIS;

    for (size_t i = 0; i < byte_count; i++)
        hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}

uint64_t as_fmix64(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

#define PACK(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Stop words of vector 08, none longer than four letters: compared as words packed into 32 bits. */
static bool is_stop_word(const char *word, unsigned bytes)
{
    static const uint32_t stop[] = {
        PACK('a', 0, 0, 0),     PACK('a', 'n', 0, 0),     PACK('a', 'n', 'd', 0),   PACK('a', 'r', 'e', 0),
        PACK('a', 's', 0, 0),   PACK('a', 't', 0, 0),     PACK('b', 'e', 0, 0),     PACK('b', 'y', 0, 0),
        PACK('f', 'o', 'r', 0), PACK('f', 'r', 'o', 'm'), PACK('i', 'n', 0, 0),     PACK('i', 's', 0, 0),
        PACK('i', 't', 0, 0),   PACK('i', 't', 's', 0),   PACK('o', 'f', 0, 0),     PACK('o', 'n', 0, 0),
        PACK('o', 'r', 0, 0),   PACK('t', 'h', 'a', 't'), PACK('t', 'h', 'e', 0),   PACK('t', 'h', 'i', 's'),
        PACK('t', 'o', 0, 0),   PACK('w', 'a', 's', 0),   PACK('w', 'e', 'r', 'e'), PACK('w', 'i', 't', 'h'),
    };
    uint32_t packed = 0;

    if (bytes > 4)
        return false;
    for (unsigned i = 0; i < bytes; i++)
        packed |= (uint32_t)(unsigned char)word[i] << (8 * i);
    for (size_t i = 0; i < sizeof stop / sizeof stop[0]; i++)
        if (stop[i] == packed)
            return true;
    return false;
}

/* Lower case of the letters and digits of ASCII, 0 for what parts words. */
static unsigned char word_char(char c)
{
    unsigned char u = (unsigned char)c;
    unsigned char letter = u | 0x20;

    if ((unsigned char)(letter - 'a') < 26)
        return letter;
    return (unsigned char)(u - '0') < 10 ? u : 0;
}

/* A word's hash and that of the pair with the word before it, in one pass: the two chains do not wait. */
typedef struct word_hash {
    uint64_t word, pair;
    unsigned bytes;
    char head[4];
} word_hash;

static word_hash hash_word(const char *text, size_t text_bytes, uint64_t before)
{
    word_hash hash = {.word = FNV_BASIS, .pair = before};
    unsigned char c;

    for (; hash.bytes < text_bytes && (c = word_char(text[hash.bytes])) != 0; hash.bytes++) {
        hash.word = (hash.word ^ c) * FNV_PRIME;
        hash.pair = (hash.pair ^ c) * FNV_PRIME;
        if (hash.bytes < sizeof hash.head)
            hash.head[hash.bytes] = (char)c;
    }
    return hash;
}

unsigned as_fingerprint_raw(const char *text, size_t text_bytes, uint64_t *raw_feature, unsigned feature_max)
{
    uint64_t before = 0; /* FNV state after the word before and '_' */
    unsigned count = 0;
    bool any = false;

    for (size_t at = 0; at < text_bytes && count < feature_max;) {
        while (at < text_bytes && word_char(text[at]) == 0)
            at++;
        word_hash hash = hash_word(text + at, text_bytes - at, before);
        at += hash.bytes;
        if (hash.bytes == 0 || is_stop_word(hash.head, hash.bytes))
            continue;
        raw_feature[count++] = hash.word;
        if (any && count < feature_max)
            raw_feature[count++] = hash.pair;
        before = (hash.word ^ '_') * FNV_PRIME;
        any = true;
    }
    return count;
}

unsigned as_fingerprint_features(const char *text, size_t text_bytes, uint64_t *feature, unsigned feature_max)
{
    unsigned count = as_fingerprint_raw(text, text_bytes, feature, feature_max);

    for (unsigned i = 0; i < count; i++)
        feature[i] = as_fmix64(feature[i]);
    return count;
}

unsigned as_fingerprint_read(const char *text, size_t text_bytes, uint32_t *feature)
{
    uint64_t wide[AS_HEADLINE_FEATURE_MAX];
    unsigned wide_count = as_fingerprint_features(text, text_bytes, wide, AS_HEADLINE_FEATURE_MAX);
    unsigned count = 0;

    for (unsigned i = 0; i < wide_count; i++) { /* insertion: short, and mostly cheaper than a sort's set-up */
        uint32_t member = (uint32_t)wide[i];
        unsigned at = count;

        while (at > 0 && feature[at - 1] > member)
            at--;
        if (at > 0 && feature[at - 1] == member)
            continue;
        memmove(feature + at + 1, feature + at, (count - at) * sizeof *feature);
        feature[at] = member;
        count++;
    }
    return count;
}

uint64_t as_simhash(const uint64_t *feature, unsigned feature_count)
{
    uint64_t hash = 0;

    for (unsigned bit = 0; bit < 64; bit++) {
        unsigned set = 0;

        for (unsigned i = 0; i < feature_count; i++)
            set += (unsigned)(feature[i] >> bit & 1u);
        hash |= (uint64_t)(2 * set > feature_count) << bit;
    }
    return hash;
}

void as_minhash(const uint64_t *raw_feature, unsigned feature_count, uint64_t minhash[AS_MINHASH_WORDS])
{
    for (unsigned i = 0; i < AS_MINHASH_WORDS; i++) {
        uint64_t salt = as_fmix64(i + 1);

        minhash[i] = UINT64_MAX;
        for (unsigned f = 0; f < feature_count; f++) {
            uint64_t hash = as_fmix64(raw_feature[f] ^ salt);

            minhash[i] = hash < minhash[i] ? hash : minhash[i];
        }
    }
}
