/*
 * Topics: the sequence number of each, and which of them were used lately.
 *
 * A subscriber that filters by topic sees holes in gseq by design; tseq counts within the topic. Heartbeats repeat the
 * last tseq of every topic used in the last AS_TOPICS_RECENT heartbeats, so that a lost last message is noticed.
 * Publisher's thread only. Memory: fixed, AS_TOPICS_MAX topics; beyond that all further topics share one counter
 * (their tseq grows with holes, which a client takes for losses: safe, and counted as `topics_shared`).
 */
#ifndef AS_IPC_TOPICS_H
#define AS_IPC_TOPICS_H

#include <stdint.h>

enum { AS_TOPICS_MAX = 1 << 16, AS_TOPICS_RECENT = 8 };

typedef struct as_topics as_topics;

int as_topics_new(as_topics **topics);
void as_topics_free(as_topics *topics);

/*
 * The next tseq of a topic, from 1, for the message gseq; beat is the current heartbeat's number. *prev is the gseq of
 * the message before it in this topic, 0 if it is the first (or the topic is beyond the limit).
 */
uint64_t as_topics_next(as_topics *topics, const char *topic, uint64_t beat, uint64_t gseq, uint64_t *prev);

/*
 * How many topics were used in the last AS_TOPICS_RECENT beats; with visit, each of them in the order of first use.
 * `hb.` and what lies further back are left out.
 */
uint32_t as_topics_recent(as_topics *topics, uint64_t beat,
                          void (*visit)(void *context, const char *topic, uint64_t tseq), void *context);

#endif
