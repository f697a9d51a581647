#include "apps/common/headline_texts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "core/error.h"

struct as_headline_texts {
    pthread_mutex_t lock;
    uint64_t count; /* ever put: the next one's place, modulo the maximum */
    uint64_t hash[AS_PAGE_TEXT_MAX];
    as_headline_text text[AS_PAGE_TEXT_MAX];
};

int as_headline_texts_new(as_headline_texts **texts)
{
    as_headline_texts *made = calloc(1, sizeof *made);
    if (!made)
        return as_error_set(-ENOMEM, "out of memory for the texts of headlines");
    pthread_mutex_init(&made->lock, NULL);
    *texts = made;
    return 0;
}

void as_headline_texts_free(as_headline_texts *texts)
{
    if (!texts)
        return;
    pthread_mutex_destroy(&texts->lock);
    free(texts);
}

static as_headline_text *find(as_headline_texts *texts, const char *id)
{
    uint64_t hash = XXH3_64bits(id, strlen(id));
    uint64_t held = texts->count < AS_PAGE_TEXT_MAX ? texts->count : AS_PAGE_TEXT_MAX;
    for (uint64_t i = 0; i < held; i++)
        if (texts->hash[i] == hash && strcmp(texts->text[i].id, id) == 0)
            return &texts->text[i];
    return NULL;
}

void as_headline_texts_put(as_headline_texts *texts, const as_headline *headline)
{
    pthread_mutex_lock(&texts->lock);
    as_headline_text *text = find(texts, headline->id);
    if (!text) {
        uint64_t place = texts->count++ % AS_PAGE_TEXT_MAX;
        texts->hash[place] = XXH3_64bits(headline->id, strlen(headline->id));
        text = &texts->text[place];
    }
    text->ts_event = headline->ts_event;
    memcpy(text->id, headline->id, sizeof text->id);
    memcpy(text->source, headline->source, sizeof text->source);
    memcpy(text->text, headline->text, sizeof text->text);
    pthread_mutex_unlock(&texts->lock);
}

bool as_headline_texts_get(as_headline_texts *texts, const char *id, as_headline_text *text)
{
    pthread_mutex_lock(&texts->lock);
    const as_headline_text *found = find(texts, id);
    if (found)
        *text = *found;
    pthread_mutex_unlock(&texts->lock);
    return found != NULL;
}
