/*
 * The latest message of each topic, and of which of them a subscriber has not been sent the latest yet.
 *
 * One table for all subscribers, and per subscriber (as_zmtp_news) a bitmap with a bit per topic: a message that
 * replaces another costs a slow subscriber nothing. Topics are also kept in order of their text, so that those with a
 * prefix are found together. What is found for a subscriber goes round: no topic waits for one that changes more
 * often.
 *
 * A new prefix only leaves a cursor: the topics it begins are looked up later, some at a time, so that asking costs the
 * same however many there are (as_zmtp_news_follow, as_zmtp_news_look).
 *
 * Threads: the owner's. Memory: per topic its longest message so far; AS_TOPICS_MAX topics, further ones are not kept.
 */
#ifndef AS_IPC_ZMTP_LATEST_H
#define AS_IPC_ZMTP_LATEST_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/codec.h"
#include "ipc/topics.h"

typedef struct as_zmtp_topic {
    uint64_t gseq;
    uint32_t payload_bytes, room_bytes;
    uint8_t *payload;
    uint8_t topic_bytes;
    char topic[];
} as_zmtp_topic;

typedef struct as_zmtp_latest {
    as_zmtp_topic **topic; /* by number: in order of first use */
    uint32_t *sorted;      /* numbers in order of the text */
    uint32_t count, room;
} as_zmtp_latest;

struct as_zmtp_cursor;

typedef struct as_zmtp_news {
    uint64_t *bit;
    uint32_t words;
    uint32_t count;  /* bits set */
    uint32_t cursor; /* where to look first */
    struct as_zmtp_cursor *following;
    uint32_t following_count, following_room; /* prefixes whose topics have not all been looked up */
} as_zmtp_news;

void as_zmtp_latest_fini(as_zmtp_latest *latest);

/* Keep a message. The topic's number, or -ENOSPC or -ENOMEM. */
int as_zmtp_latest_put(as_zmtp_latest *latest, const char *topic, size_t topic_bytes, const uint8_t *payload,
                       size_t payload_bytes, uint64_t gseq);

void as_zmtp_news_fini(as_zmtp_news *news);

/* Topic number idx has news. 0 or -ENOMEM. */
int as_zmtp_news_add(as_zmtp_news *news, uint32_t idx);

/* All known topics that begin with the prefix are to have news: as_zmtp_news_look finds them. 0 or -ENOMEM. */
int as_zmtp_news_follow(as_zmtp_news *news, const char *prefix, size_t prefix_bytes);

/* Look up at most topics_max of what is followed. How many were looked at, at least 1 while something is; -ENOMEM. */
int as_zmtp_news_look(as_zmtp_news *news, const as_zmtp_latest *latest, uint32_t topics_max);

/* Take the next topic with news; -1: none. */
int as_zmtp_news_take(as_zmtp_news *news);

#endif
