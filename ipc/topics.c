#include "ipc/topics.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"
#include "ipc/codec.h"

enum { SLOTS = 2 * AS_TOPICS_MAX, RECENT_MAX = 1024 };

typedef struct entry {
    char topic[AS_TOPIC_BYTES];
    uint64_t tseq;
    uint64_t gseq;   /* of its last message */
    uint64_t beat;   /* of its last use */
    bool listed;     /* in recent[] */
} entry;

struct as_topics {
    entry *entry;            /* AS_TOPICS_MAX, in order of first use */
    uint32_t *slot;          /* entry + 1, 0 empty */
    uint32_t count;
    uint64_t shared;         /* sequence of what is beyond AS_TOPICS_MAX */
    uint32_t recent[RECENT_MAX];
    uint32_t recent_count;
};

int as_topics_new(as_topics **out)
{
    as_topics *topics = calloc(1, sizeof *topics);
    if (topics) {
        topics->entry = calloc(AS_TOPICS_MAX, sizeof *topics->entry);
        topics->slot = calloc(SLOTS, sizeof *topics->slot);
    }
    if (!topics || !topics->entry || !topics->slot) {
        as_topics_free(topics);
        return as_error_set(-ENOMEM, "publisher: out of memory for %d topics", AS_TOPICS_MAX);
    }
    *out = topics;
    return 0;
}

void as_topics_free(as_topics *topics)
{
    if (!topics)
        return;
    free(topics->entry);
    free(topics->slot);
    free(topics);
}

static entry *find_or_add(as_topics *topics, const char *topic)
{
    size_t bytes = strlen(topic);
    uint64_t at = XXH3_64bits(topic, bytes) % SLOTS;
    for (; topics->slot[at]; at = (at + 1) % SLOTS) {
        entry *known = &topics->entry[topics->slot[at] - 1];
        if (strcmp(known->topic, topic) == 0)
            return known;
    }
    if (topics->count == AS_TOPICS_MAX || bytes >= AS_TOPIC_BYTES)
        return NULL;
    entry *added = &topics->entry[topics->count++];
    memcpy(added->topic, topic, bytes + 1);
    topics->slot[at] = topics->count;
    return added;
}

uint64_t as_topics_next(as_topics *topics, const char *topic, uint64_t beat, uint64_t gseq, uint64_t *prev)
{
    entry *used = find_or_add(topics, topic);
    *prev = 0;
    if (!used)
        return ++topics->shared;
    *prev = used->gseq;
    used->gseq = gseq;
    used->beat = beat;
    if (!used->listed && strcmp(topic, "hb.") != 0 && topics->recent_count < RECENT_MAX) {
        used->listed = true;
        topics->recent[topics->recent_count++] = (uint32_t)(used - topics->entry);
    }
    return ++used->tseq;
}

uint32_t as_topics_recent(as_topics *topics, uint64_t beat,
                          void (*visit)(void *context, const char *topic, uint64_t tseq), void *context)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < topics->recent_count; i++) {
        entry *used = &topics->entry[topics->recent[i]];
        used->listed = used->beat + AS_TOPICS_RECENT >= beat;
        if (!used->listed)
            continue;
        topics->recent[kept++] = topics->recent[i];
        if (visit)
            visit(context, used->topic, used->tseq);
    }
    topics->recent_count = kept;
    return kept;
}
