#include "feeds/news/seen.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SETS = AS_SEEN_MAX / AS_SEEN_WAYS, TEXT_SETS = AS_SEEN_TEXT_MAX / AS_SEEN_WAYS };

typedef struct entry {
    uint64_t key;
    uint64_t turn; /* when it was last seen; 0: empty */
    uint64_t rank;
} entry;

typedef struct words {
    uint64_t key;
    uint64_t turn;
    uint16_t text_bytes;
    uint8_t tag_count;
    uint8_t cut;
    uint32_t tag[AS_HEADLINE_TAG_MAX];
    char url[AS_HEADLINE_URL_BYTES];
    char text[AS_HEADLINE_TEXT_BYTES];
} words;

struct as_seen {
    uint64_t turn;
    entry entry[SETS][AS_SEEN_WAYS];
    words words[TEXT_SETS][AS_SEEN_WAYS];
};

as_seen *as_seen_new(void)
{
    return calloc(1, sizeof(as_seen));
}

void as_seen_free(as_seen *seen)
{
    free(seen);
}

/* With the zeros, so that no pair of source and id reads like another. */
static uint64_t key_of(const as_headline *headline)
{
    char name[AS_HEADLINE_SOURCE_BYTES + AS_HEADLINE_ID_BYTES];
    size_t source_bytes = strlen(headline->source) + 1, id_bytes = strlen(headline->id) + 1;
    memcpy(name, headline->source, source_bytes);
    memcpy(name + source_bytes, headline->id, id_bytes);
    return XXH3_64bits(name, source_bytes + id_bytes);
}

static void keep_words(as_seen *seen, uint64_t key, const as_headline *headline)
{
    words *set = seen->words[key % TEXT_SETS], *place = &set[0];
    for (unsigned i = 0; i < AS_SEEN_WAYS; i++) {
        if (set[i].turn != 0 && set[i].key == key) {
            place = &set[i];
            break;
        }
        if (set[i].turn < place->turn)
            place = &set[i];
    }
    place->key = key;
    place->turn = seen->turn;
    place->text_bytes = headline->text_bytes;
    place->tag_count = headline->tag_count;
    place->cut = headline->cut;
    memcpy(place->tag, headline->tag, sizeof place->tag);
    memcpy(place->url, headline->url, sizeof place->url);
    memcpy(place->text, headline->text, sizeof place->text);
}

as_seen_result as_seen_see(as_seen *seen, const as_headline *headline)
{
    uint64_t key = key_of(headline), rank = (uint64_t)headline->revision << 1 | (headline->retracted != 0);
    entry *set = seen->entry[key % SETS], *place = &set[0];
    seen->turn++;
    for (unsigned i = 0; i < AS_SEEN_WAYS; i++) {
        if (set[i].turn != 0 && set[i].key == key) {
            set[i].turn = seen->turn;
            if (rank <= set[i].rank)
                return rank == set[i].rank ? AS_SEEN_AGAIN : AS_SEEN_OLDER;
            place = &set[i];
            break;
        }
        if (set[i].turn < place->turn)
            place = &set[i];
    }
    *place = (entry){.key = key, .turn = seen->turn, .rank = rank};
    if (headline->text_bytes > 0)
        keep_words(seen, key, headline);
    return AS_SEEN_NEW;
}

void as_seen_forget(as_seen *seen, const as_headline *headline)
{
    uint64_t key = key_of(headline);
    entry *set = seen->entry[key % SETS];
    for (unsigned i = 0; i < AS_SEEN_WAYS; i++)
        if (set[i].turn != 0 && set[i].key == key)
            set[i] = (entry){.turn = 0};
}

bool as_seen_recall(const as_seen *seen, as_headline *headline)
{
    uint64_t key = key_of(headline);
    const words *set = seen->words[key % TEXT_SETS];
    for (unsigned i = 0; i < AS_SEEN_WAYS; i++) {
        if (set[i].turn == 0 || set[i].key != key)
            continue;
        headline->text_bytes = set[i].text_bytes;
        headline->tag_count = set[i].tag_count;
        headline->cut = set[i].cut;
        memcpy(headline->tag, set[i].tag, sizeof headline->tag);
        memcpy(headline->url, set[i].url, sizeof headline->url);
        memcpy(headline->text, set[i].text, sizeof headline->text);
        return true;
    }
    return false;
}
