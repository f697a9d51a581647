#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"

static void clear(asc_table *table)
{
    for (size_t i = 0; i < table->slots; i++)
        asc_message_unref(table->slot[i].value);
    asc_table_fini(table);
}

void asc_state_fini(asc_state *state)
{
    clear(&state->entries);
    clear(&state->ended);
}

static bool put(asc_table *table, asc_message *message)
{
    void *before = NULL;
    if (table->count >= ASC_STATE_MAX || !asc_table_put(table, message->key, message->key_bytes, message, &before))
        return false;
    asc_message_ref(message);
    asc_message_unref(before);
    return true;
}

asc_message *asc_state_find(const asc_state *state, const asc_message *message)
{
    return message->key_bytes ? asc_table_find(&state->entries, message->key, message->key_bytes) : NULL;
}

/* The key of another kind of the same fact; ASC_PAYLOAD_BYTES_MAX bounds it. */
static bool other_key(const asc_message *message, char letter, char **key)
{
    *key = malloc(message->key_bytes);
    if (!*key)
        return false;
    memcpy(*key, message->key, message->key_bytes);
    (*key)[0] = letter;
    return true;
}

static bool end_fact(asc_state *state, asc_message *fact)
{
    char *key;
    if (!other_key(fact, 'k', &key))
        return false;
    asc_message *shock = asc_table_find(&state->entries, key, fact->key_bytes);
    if (shock && shock->gseq < fact->gseq)
        asc_message_unref(asc_table_remove(&state->entries, key, fact->key_bytes));
    free(key);
    return put(&state->ended, fact);
}

/* Did the fact of this shock end after the shock was said? */
static bool has_ended(const asc_state *state, const asc_message *shock, bool *ended)
{
    *ended = false;
    if (shock->kind != AS_CLIENT_SHOCK || state->ended.count == 0)
        return true;
    char *key;
    if (!other_key(shock, 'f', &key))
        return false;
    const asc_message *fact = asc_table_find(&state->ended, key, shock->key_bytes);
    *ended = fact && fact->gseq > shock->gseq;
    free(key);
    return true;
}

bool asc_state_apply(asc_state *state, asc_message *message)
{
    if (message->effect == ASC_EFFECT_NONE)
        return true;
    asc_message *entry = asc_state_find(state, message);
    bool ended;
    if (entry && entry->gseq >= message->gseq)
        return true;
    if (!has_ended(state, message, &ended))
        return false;
    if (message->effect == ASC_EFFECT_REMOVE) {
        if (entry)
            asc_message_unref(asc_table_remove(&state->entries, message->key, message->key_bytes));
        return message->kind == AS_CLIENT_FACT ? end_fact(state, message) : true;
    }
    if (ended || (message->effect == ASC_EFFECT_RENEW && !entry))
        return true;
    return put(&state->entries, message);
}

void asc_state_settle(asc_state *state, uint64_t gseq)
{
    for (size_t i = 0; i < state->ended.slots; i++) {
        const asc_message *fact = state->ended.slot[i].value;
        if (fact && fact->gseq > gseq)
            return;
    }
    if (state->ended.count)
        clear(&state->ended);
}

static int by_gseq(const void *a, const void *b)
{
    const asc_message *left = *(asc_message *const *)a, *right = *(asc_message *const *)b;
    return (left->gseq > right->gseq) - (left->gseq < right->gseq);
}

asc_message **asc_state_sorted(const asc_state *state, size_t *count)
{
    *count = 0;
    if (state->entries.count == 0)
        return NULL;
    asc_message **sorted = malloc(state->entries.count * sizeof(asc_message *));
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < state->entries.slots; i++)
        if (state->entries.slot[i].value)
            sorted[(*count)++] = state->entries.slot[i].value;
    qsort(sorted, *count, sizeof(asc_message *), by_gseq);
    return sorted;
}

bool asc_state_hash(const asc_state *state, char hex[65])
{
    size_t count;
    asc_message **sorted = asc_state_sorted(state, &count);
    asc_digest digest;
    asc_digest_begin(&digest);
    for (size_t i = 0; i < count; i++) {
        asc_digest_add(&digest, sorted[i]->topic, sorted[i]->topic_bytes);
        asc_digest_add(&digest, sorted[i]->payload, sorted[i]->payload_bytes);
    }
    asc_digest_end(&digest, hex);
    free(sorted);
    return count == state->entries.count;
}

asc_message *asc_state_signal_after(const asc_state *state, uint64_t gseq)
{
    asc_message *next = NULL;
    for (size_t i = 0; i < state->entries.slots; i++) {
        asc_message *message = state->entries.slot[i].value;
        if (message && message->kind == AS_CLIENT_SIGNAL && message->gseq > gseq &&
            (!next || message->gseq < next->gseq))
            next = message;
    }
    return next;
}
