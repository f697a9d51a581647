/* What core.c (the stream) and exchange.c (requests and answers: joining and repairing) share. */
#ifndef ASC_CORE_INSIDE_H
#define ASC_CORE_INSIDE_H

#include "core.h"

#define ASC_MS UINT64_C(1000000)

enum { ASC_SILENT_INTERVALS = 4, ASC_TRIES = 3 };

/* A queue of items, a ring that doubles. */
typedef struct asc_queue {
    asc_item *item;
    size_t slots, head, count;
    size_t bytes; /* of the messages */
} asc_queue;

typedef enum asc_phase {
    ASC_CONNECTING,
    ASC_SYNCING,
    ASC_LIVE,
    ASC_REPAIRING,
    ASC_DOWN, /* dead, and no heartbeat since */
    ASC_BYE
} asc_phase;

/* Where a topic stands. Nodes of core->topics. */
typedef struct asc_topic {
    bool heard; /* since S: tseq and gseq are of its last message */
    uint64_t tseq, gseq;
    uint64_t told;          /* highest tail that a heartbeat has told and that is settled */
    uint64_t back, back_by; /* highest tseq that came back, by which repair */
    size_t topic_bytes;
    char topic[];
} asc_topic;

/*
 * A hole, under repair: messages of topic, first..last by tseq, from..to by gseq. wide: asked for with all that was
 * lost with it, own prefixes between the last message taken and what showed the hole.
 */
typedef struct asc_hole {
    bool open, wide;
    as_client_cause cause;
    char topic[ASC_TOPIC_BYTES_MAX + 1];
    bool known; /* the topic was: first is the tseq that must come first */
    uint64_t first, last;
    uint64_t from, to;
} asc_hole;

/* The one request under way. */
typedef struct asc_request {
    enum { ASC_ASKS_NOTHING, ASC_ASKS_SNAPSHOT, ASC_ASKS_REPLAY } op;
    uint64_t id, deadline;
    bool paused; /* busy: the deadline is when to ask again */
    unsigned tries;
    uint64_t at; /* snapshot: true at this or later */
    uint64_t token, part, parts, count, gseq;
    char hash[65];
    uint64_t from; /* replay: the next to ask for */
    asc_queue got; /* messages of the answers so far */
} asc_request;

struct asc_core {
    char *topic[AS_CLIENT_TOPICS_MAX];
    size_t topics_count;
    asc_phase phase;
    bool dead, acknowledged; /* the bot has acknowledged this death */
    bool show;               /* back from the dead: the entries are to be handed out */
    bool degraded;
    size_t gaps_waiting; /* not repaired, in out: nobody can have acknowledged them */
    bool death_waiting;
    uint64_t epoch; /* 0: none yet */
    uint64_t past[ASC_EPOCHS_PAST_MAX];
    uint64_t past_count;
    uint64_t now, heard, interval, heartbeat_default;
    uint64_t ts_now, ts_at, heartbeat_gseq, missed; /* ts_now is the heartbeat's, of ts_at */
    uint64_t ping_ts_now, ping_at;
    bool ts_known, ping_known, replay, span; /* span: heard and interval count */
    bool halted;
    uint64_t halted_gseq;
    uint64_t s, seen, taken; /* S; highest gseq received; gseq of the last message taken */
    uint64_t covered;        /* highest gseq that a wide repair has been asked for */
    asc_table topics;        /* of asc_topic */
    asc_state state;
    asc_queue buffer, out;
    asc_hole hole;
    uint64_t repairs; /* that were answered */
    asc_request request;
    uint64_t ids;
    uint8_t outgoing[ASC_REQUEST_BYTES_MAX];
    size_t outgoing_bytes;
    as_client_counters counters;
    char error[160];
};

/*
 * ---- queues
 * -------------------------------------------------------------------------------------------------------
 */

/* Takes the item over in any case; false: full or no memory. */
bool asc_queue_push(asc_queue *queue, asc_item item);
/* The same for a snapshot, which may be as large as a state: ASC_STATE_MAX, 512 MiB. */
bool asc_queue_push_wide(asc_queue *queue, asc_item item);
/* Put it in front, without a bound. false: no memory. */
bool asc_queue_push_front(asc_queue *queue, asc_item item);
bool asc_queue_pop(asc_queue *queue, asc_item *item);
void asc_queue_truncate(asc_queue *queue, size_t count);
const asc_item *asc_queue_at(const asc_queue *queue, size_t idx);
void asc_queue_clear(asc_queue *queue);

/*
 * ---- core.c
 * -------------------------------------------------------------------------------------------------------
 */

bool asc_wants(const asc_core *core, const char *topic, size_t topic_bytes);
/* Hand out a gap; one that is not repaired degrades and counts. */
void asc_gap(asc_core *core, as_client_cause cause, const char *topic, uint64_t lost, bool repaired);
/* Hand out a message that is right in its order (or of a snapshot). */
void asc_hand_out(asc_core *core, asc_message *message, bool snapshot, bool repaired);
/* Take a message in its order: its topic, the state, the bot. */
void asc_take(asc_core *core, asc_message *message, bool repaired);
/* Go on with the buffer as long as the phase is live. */
void asc_drain(asc_core *core);
/*
 * Keep a message in the buffer, or among the answers of a repair, which together have one bound. Takes the
 * reference over in any case; false: full or no memory.
 */
bool asc_keep(const asc_core *core, asc_queue *queue, asc_message *message);
void asc_halt(asc_core *core, bool halted, uint64_t gseq);
asc_topic *asc_topic_find(const asc_core *core, const char *topic, size_t topic_bytes);
/* Makes it if need be. NULL: no memory, or too many; then core has dropped everything. */
asc_topic *asc_topic_get(asc_core *core, const char *topic, size_t topic_bytes);
/* Too much, or no memory: drop all, tell, and begin anew. */
void asc_overflow(asc_core *core);

/*
 * ---- exchange.c
 * ---------------------------------------------------------------------------------------------------
 */

void asc_join(asc_core *core, uint64_t at);
/* Something is to be had back: all that was lost with it if that has not been asked for, else its topic's. */
void asc_repair(asc_core *core, const asc_hole *hole);
/* The hole under repair cannot be repaired: tell it. */
void asc_hole_lost(asc_core *core);
/* Forget the request under way and its answers. */
void asc_request_end(asc_core *core);
void asc_request_overdue(asc_core *core);

#endif
