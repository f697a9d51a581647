#include "ipc/zmtp/latest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_MIN = 64, PAYLOAD_BYTES_MIN = 512, CURSORS_MIN = 8 };

/* A prefix, and how far its topics have been looked up: new ones may come before and behind that place. */
typedef struct as_zmtp_cursor {
    int64_t last; /* topic number; -1: none yet */
    uint8_t bytes;
    char text[AS_TOPIC_BYTES];
} as_zmtp_cursor;

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
    free(news->following);
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

int as_zmtp_news_follow(as_zmtp_news *news, const char *prefix, size_t prefix_bytes)
{
    as_zmtp_cursor *cursor = news->following;
    for (uint32_t i = 0; i < news->following_count; i++, cursor++)
        if (cursor->bytes == prefix_bytes && memcmp(cursor->text, prefix, prefix_bytes) == 0) {
            cursor->last = -1; /* it was cancelled in between: from the beginning */
            return 0;
        }
    if (news->following_count == news->following_room) {
        uint32_t room = news->following_room ? 2 * news->following_room : CURSORS_MIN;
        as_zmtp_cursor *grown = realloc(news->following, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        news->following = grown;
        news->following_room = room;
    }
    cursor = &news->following[news->following_count++];
    cursor->last = -1;
    cursor->bytes = (uint8_t)prefix_bytes;
    memcpy(cursor->text, prefix, prefix_bytes);
    return 0;
}

/* Go on with one cursor; false: it is at the end. */
static bool look_on(as_zmtp_news *news, const as_zmtp_latest *latest, as_zmtp_cursor *cursor, uint32_t topics_max,
                    uint32_t *looked, int *rc)
{
    uint32_t place;
    if (cursor->last < 0) {
        place = lower_bound(latest, cursor->text, cursor->bytes);
    } else {
        const as_zmtp_topic *last = latest->topic[cursor->last];
        place = lower_bound(latest, last->topic, last->topic_bytes) + 1;
    }
    for (; *looked < topics_max; place++) {
        ++*looked;
        if (place >= latest->count)
            return false;
        const as_zmtp_topic *entry = latest->topic[latest->sorted[place]];
        if (entry->topic_bytes < cursor->bytes || memcmp(entry->topic, cursor->text, cursor->bytes) != 0)
            return false;
        if (entry->payload && (*rc = as_zmtp_news_add(news, latest->sorted[place])) < 0)
            return false;
        cursor->last = latest->sorted[place];
    }
    return true;
}

int as_zmtp_news_look(as_zmtp_news *news, const as_zmtp_latest *latest, uint32_t topics_max)
{
    uint32_t looked = 0;
    int rc = 0;
    while (news->following_count > 0 && looked < topics_max && rc == 0)
        if (!look_on(news, latest, &news->following[news->following_count - 1], topics_max, &looked, &rc))
            news->following_count--;
    if (news->following_count == 0) {
        free(news->following);
        news->following = NULL;
        news->following_room = 0;
    }
    return rc < 0 ? rc : (int)looked;
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
