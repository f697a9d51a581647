#include "feeds/news/repeats.h"

#include <string.h>
#include <xxhash.h>

uint64_t as_repeats_hash_words(const char *text, size_t text_bytes)
{
    char plain[AS_HEADLINE_TEXT_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < text_bytes && n < sizeof plain; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 'a' - 'A');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            plain[n++] = c;
    }
    return XXH3_64bits(plain, n);
}

/* The entry of a hash, or the one that makes room for it. */
static as_repeats_entry *seek(as_repeats_entry *set, uint64_t hash)
{
    as_repeats_entry *oldest = set;
    for (unsigned i = 0; i < AS_REPEATS_WAYS; i++) {
        if (set[i].turn && set[i].hash == hash)
            return &set[i];
        if (set[i].turn < oldest->turn)
            oldest = &set[i];
    }
    oldest->turn = 0;
    return oldest;
}

as_repeat as_repeats_see(as_repeats *repeats, const as_headline *headline)
{
    uint64_t owner = XXH3_64bits_withSeed(headline->id, strlen(headline->id),
                                          XXH3_64bits(headline->source, strlen(headline->source)));
    uint64_t name_hash = XXH3_64bits_withSeed(&headline->revision, sizeof headline->revision, owner);
    uint64_t words_hash = as_repeats_hash_words(headline->text, headline->text_bytes);
    as_repeats_entry *name = seek(repeats->name[name_hash % AS_REPEATS_SETS], name_hash);
    as_repeats_entry *words = seek(repeats->words[words_hash % AS_REPEATS_SETS], words_hash);
    uint64_t apart = headline->ts_event > words->ts ? headline->ts_event - words->ts : words->ts - headline->ts_event;
    as_repeat repeat = AS_REPEAT_NONE;
    if (name->turn)
        repeat = AS_REPEAT_NAME;
    else if (words->turn && words->owner != owner && apart <= AS_REPEATS_WINDOW_NS && !headline->retracted)
        repeat = AS_REPEAT_WORDS;
    repeats->turn++;
    *name = (as_repeats_entry){.hash = name_hash, .owner = owner, .ts = headline->ts_event, .turn = repeats->turn};
    *words = (as_repeats_entry){.hash = words_hash, .owner = owner, .ts = headline->ts_event, .turn = repeats->turn};
    return repeat;
}
