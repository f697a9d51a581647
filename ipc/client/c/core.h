/*
 * The client without its sockets and its clock: frames, answers and the time come in, items for the bot and
 * requests for the server come out (docs/WIRE.md, "A client, step by step"; ipc/client/conformance drives it by
 * vectors).
 *
 * One thread. now is any monotonic clock in ns that never falls. Memory: a queue that would hold more than
 * ASC_QUEUE_MAX messages or ASC_QUEUE_BYTES_MAX bytes is dropped as a whole: a gap, and a new snapshot; so is what the
 * heap refuses.
 */
#ifndef ASC_CORE_H
#define ASC_CORE_H

#include "message.h"
#include "state.h"

enum {
    ASC_QUEUE_MAX = 1 << 18,
    ASC_QUEUE_BYTES_MAX = 256 << 20,
    ASC_TOPICS_KNOWN_MAX = 1 << 17,
    ASC_EPOCHS_PAST_MAX = 1024,
    ASC_REQUEST_BYTES_MAX = 4096,
    ASC_ANSWER_BYTES_MAX = 1 << 20
};

typedef struct asc_core asc_core;

typedef struct asc_settings {
    const char *const *topics;
    size_t topics_count; /* 1 to AS_CLIENT_TOPICS_MAX */
    uint64_t heartbeat_ns;
} asc_settings;

/* message: of a message. Else a gap; topic is NULL if it is of none. The taker frees both with asc_item_fini. */
typedef struct asc_item {
    asc_message *message;
    char *topic;
    uint64_t lost;
    as_client_cause cause;
    bool stale, actionable, repaired, snapshot;
} asc_item;
void asc_item_fini(asc_item *item);

/* NULL: no memory, or the topics do not fit in a request. */
asc_core *asc_core_new(const asc_settings *settings);
void asc_core_free(asc_core *core);

/*
 * ---- in
 * -----------------------------------------------------------------------------------------------------------
 */

/* A message of one publisher as it came; frames that are not two are malformed. */
void asc_core_message(asc_core *core, uint64_t now, const void *topic, size_t topic_bytes, const void *payload,
                      size_t payload_bytes);
void asc_core_malformed(asc_core *core, uint64_t now);
void asc_core_answer(asc_core *core, uint64_t now, const void *answer, size_t answer_bytes);
void asc_core_tick(asc_core *core, uint64_t now);
/* The caller did not look for so long, and found messages waiting: the silence was its own. */
void asc_core_away(asc_core *core, uint64_t away_ns);
/* Of the gaps that were taken by asc_core_pop. */
void asc_core_acknowledge(asc_core *core, uint64_t now);

/*
 * ---- out
 * ----------------------------------------------------------------------------------------------------------
 */

bool asc_core_pop(asc_core *core, asc_item *item);
/* The request that waits to be sent; a newer one replaces it. Valid until the next call of any function. */
bool asc_core_request(const asc_core *core, const uint8_t **request, size_t *request_bytes);
void asc_core_request_sent(asc_core *core);
/* A ping with what there is to report. 0 before the first heartbeat, or without memory. */
size_t asc_core_ping(const asc_core *core, const char *name, uint8_t *ping, size_t ping_bytes_max);
/* When asc_core_tick has something to do; UINT64_MAX: never. */
uint64_t asc_core_deadline(const asc_core *core);
/* When the publisher is held for dead, if nothing comes before; UINT64_MAX: never. */
uint64_t asc_core_death(const asc_core *core);

as_client_state asc_core_state(const asc_core *core);
bool asc_core_degraded(const asc_core *core);
bool asc_core_halted(const asc_core *core);
uint64_t asc_core_epoch(const asc_core *core);
uint64_t asc_core_gseq(const asc_core *core);
uint64_t asc_core_ts_now(const asc_core *core, uint64_t now);
const as_client_counters *asc_core_counters(const asc_core *core);
const asc_state *asc_core_entries(const asc_core *core);
/* What the server last refused, "" if nothing. */
const char *asc_core_error(const asc_core *core);
/* May a bot act on this signal now? Only what concerns the client, its clock, and whether the signal is still open. */
bool asc_core_may_act(const asc_core *core, const asc_message *signal, uint64_t now);
bool asc_core_is_stale(const asc_core *core, const asc_message *signal, uint64_t now);

#endif
