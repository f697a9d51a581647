#include "ipc/zmtp/latest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_MIN = 64, PAYLOAD_BYTES_MIN = 512 };

void as_zmtp_latest_fini(as_zmtp_latest *latest)
{
    for (uint32_t i = 0; i < latest->count; i++) {
        free(latest->topic[i]->payload);
        free(latest->topic[i]);
    }
    free(latest->topic);
    free(latest->sorted);
    *latest = (as_zmtp_latest){0};
}

/* Order of the texts; a prefix comes before what it begins. */
static int compare(const as_zmtp_topic *entry, const char *text, size_t bytes)
{
    size_t common = entry->topic_bytes < bytes ? entry->topic_bytes : bytes;
    int order = memcmp(entry->topic, text, common);
    return order ? order : (entry->topic_bytes > bytes) - (entry->topic_bytes < bytes);
}

/* Place in .sorted of the first topic that is not before text. */
static uint32_t lower_bound(const as_zmtp_latest *latest, const char *text, size_t bytes)
{
    uint32_t low = 0, high = latest->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(latest->topic[latest->sorted[middle]], text, bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool grow(as_zmtp_latest *latest)
{
    if (latest->count < latest->room)
        return true;
    uint32_t room = latest->room ? 2 * latest->room : TOPICS_MIN;
    as_zmtp_topic **topic = realloc(latest->topic, room * sizeof *topic);
    if (topic)
        latest->topic = topic;
    uint32_t *sorted = realloc(latest->sorted, room * sizeof *sorted);
    if (sorted)
        latest->sorted = sorted;
    if (!topic || !sorted)
        return false;
    latest->room = room;
    return true;
}

static int add(as_zmtp_latest *latest, uint32_t place, const char *topic, size_t topic_bytes)
{
    if (latest->count >= AS_TOPICS_MAX)
        return -ENOSPC;
    as_zmtp_topic *entry = grow(latest) ? calloc(1, sizeof *entry + topic_bytes) : NULL;
    if (!entry)
        return -ENOMEM;
    entry->topic_bytes = (uint8_t)topic_bytes;
    memcpy(entry->topic, topic, topic_bytes);
    memmove(latest->sorted + place + 1, latest->sorted + place, (latest->count - place) * sizeof *latest->sorted);
    latest->sorted[place] = latest->count;
    latest->topic[latest->count] = entry;
    return (int)latest->count++;
}

int as_zmtp_latest_put(as_zmtp_latest *latest, const char *topic, size_t topic_bytes, const uint8_t *payload,
                       size_t payload_bytes, uint64_t gseq)
{
    uint32_t place = lower_bound(latest, topic, topic_bytes);
    int idx;
    if (place < latest->count && compare(latest->topic[latest->sorted[place]], topic, topic_bytes) == 0)
        idx = (int)latest->sorted[place];
    else
        idx = add(latest, place, topic, topic_bytes);
    if (idx < 0)
        return idx;
    as_zmtp_topic *entry = latest->topic[idx];
    if (!entry->payload || entry->room_bytes < payload_bytes) {
        size_t room = PAYLOAD_BYTES_MIN;
        while (room < payload_bytes)
            room *= 2;
        uint8_t *bytes = realloc(entry->payload, room);
        if (!bytes)
            return -ENOMEM;
        entry->payload = bytes;
        entry->room_bytes = (uint32_t)room;
    }
    memcpy(entry->payload, payload, payload_bytes);
    entry->payload_bytes = (uint32_t)payload_bytes;
    entry->gseq = gseq;
    return idx;
}

void as_zmtp_news_fini(as_zmtp_news *news)
{
    free(news->bit);
    *news = (as_zmtp_news){0};
}

static bool grow_news(as_zmtp_news *news, uint32_t words)
{
    if (words <= news->words)
        return true;
    uint32_t room = news->words ? news->words : TOPICS_MIN / 64;
    while (room < words)
        room *= 2;
    uint64_t *bit = realloc(news->bit, room * sizeof *bit);
    if (!bit)
        return false;
    memset(bit + news->words, 0, (room - news->words) * sizeof *bit);
    news->bit = bit;
    news->words = room;
    return true;
}

int as_zmtp_news_add(as_zmtp_news *news, uint32_t idx)
{
    if (!grow_news(news, idx / 64 + 1))
        return -ENOMEM;
    uint64_t bit = UINT64_C(1) << idx % 64;
    news->count += !(news->bit[idx / 64] & bit);
    news->bit[idx / 64] |= bit;
    return 0;
}

int as_zmtp_news_add_prefix(as_zmtp_news *news, const as_zmtp_latest *latest, const char *prefix, size_t prefix_bytes)
{
    for (uint32_t i = lower_bound(latest, prefix, prefix_bytes); i < latest->count; i++) {
        const as_zmtp_topic *entry = latest->topic[latest->sorted[i]];
        if (entry->topic_bytes < prefix_bytes || memcmp(entry->topic, prefix, prefix_bytes) != 0)
            break;
        if (entry->payload && as_zmtp_news_add(news, latest->sorted[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

int as_zmtp_news_take(as_zmtp_news *news)
{
    if (news->count == 0)
        return -1;
    if (news->cursor >= 64 * news->words)
        news->cursor = 0;
    uint32_t word = news->cursor / 64;
    uint64_t bits = news->bit[word] & (UINT64_MAX << news->cursor % 64);
    while (!bits) {
        word = word + 1 == news->words ? 0 : word + 1;
        bits = news->bit[word];
    }
    uint32_t idx = 64 * word + (unsigned)__builtin_ctzll(bits);
    news->bit[word] &= ~(UINT64_C(1) << idx % 64);
    news->count--;
    news->cursor = idx + 1;
    return (int)idx;
}
