#include <stdlib.h>
#include <string.h>

#include "core_inside.h"

/*
 * ---- life cycle
 * ---------------------------------------------------------------------------------------------------
 */

asc_core *asc_core_new(const asc_settings *settings)
{
    if (settings->topics_count == 0 || settings->topics_count > AS_CLIENT_TOPICS_MAX)
        return NULL;
    asc_core *core = calloc(1, sizeof *core);
    if (!core)
        return NULL;
    size_t bytes = 128; /* of a request for a snapshot, less its prefixes */
    for (size_t i = 0; i < settings->topics_count; i++) {
        core->topic[i] = strdup(settings->topics[i]);
        core->topics_count += core->topic[i] != NULL;
        bytes += strlen(settings->topics[i]) + 3;
    }
    core->interval = core->heartbeat_default = settings->heartbeat_ns;
    if (core->topics_count == settings->topics_count && bytes <= ASC_REQUEST_BYTES_MAX)
        return core;
    asc_core_free(core);
    return NULL;
}

static void forget_topics(asc_core *core)
{
    for (size_t i = 0; i < core->topics.slots; i++)
        free(core->topics.slot[i].value);
    asc_table_fini(&core->topics);
}

void asc_core_free(asc_core *core)
{
    if (!core)
        return;
    for (size_t i = 0; i < AS_CLIENT_TOPICS_MAX; i++)
        free(core->topic[i]);
    asc_request_end(core);
    asc_queue_clear(&core->buffer);
    asc_queue_clear(&core->out);
    asc_state_fini(&core->state);
    forget_topics(core);
    free(core);
}

/*
 * ---- how things are
 * -----------------------------------------------------------------------------------------------
 */

as_client_state asc_core_state(const asc_core *core)
{
    if (core->dead)
        return AS_CLIENT_DEAD;
    switch (core->phase) {
    case ASC_CONNECTING:
        return AS_CLIENT_CONNECTING;
    case ASC_SYNCING:
        return AS_CLIENT_SYNCING;
    case ASC_LIVE:
        return AS_CLIENT_LIVE;
    case ASC_REPAIRING:
        return AS_CLIENT_REPAIRING;
    case ASC_DOWN:
        return AS_CLIENT_DEAD;
    case ASC_BYE:
        return AS_CLIENT_BYE;
    }
    return AS_CLIENT_DEAD;
}

bool asc_core_degraded(const asc_core *core)
{
    return core->degraded;
}

bool asc_core_halted(const asc_core *core)
{
    return core->halted;
}

uint64_t asc_core_epoch(const asc_core *core)
{
    return core->epoch;
}

uint64_t asc_core_gseq(const asc_core *core)
{
    return core->taken;
}

uint64_t asc_core_ts_now(const asc_core *core, uint64_t now)
{
    if (!core->ts_known)
        return AS_CLIENT_NIL_UINT;
    uint64_t beat = core->ts_now + (core->replay || now < core->ts_at ? 0 : now - core->ts_at);
    uint64_t ping =
        core->ping_known ? core->ping_ts_now + (core->replay || now < core->ping_at ? 0 : now - core->ping_at) : 0;
    return ping > beat ? ping : beat;
}

const as_client_counters *asc_core_counters(const asc_core *core)
{
    return &core->counters;
}

const asc_state *asc_core_entries(const asc_core *core)
{
    return &core->state;
}

const char *asc_core_error(const asc_core *core)
{
    return core->error;
}

bool asc_wants(const asc_core *core, const char *topic, size_t topic_bytes)
{
    for (size_t i = 0; i < core->topics_count; i++) {
        size_t bytes = strlen(core->topic[i]);
        if (bytes <= topic_bytes && memcmp(core->topic[i], topic, bytes) == 0)
            return true;
    }
    return false;
}

/* The heartbeats and sys. are the client's own; the bot is given them only if it asked. */
static bool is_own(const char *topic, size_t topic_bytes)
{
    return (topic_bytes == 3 && memcmp(topic, "hb.", 3) == 0) || (topic_bytes == 4 && memcmp(topic, "sys.", 4) == 0);
}

/*
 * ---- to the bot
 * ---------------------------------------------------------------------------------------------------
 */

static void clear_out(asc_core *core)
{
    asc_queue_clear(&core->out);
    core->gaps_waiting = 0;
    core->death_waiting = false;
}

static bool push_gap(asc_core *core, asc_item item, const char *topic)
{
    item.topic = topic[0] ? strdup(topic) : NULL;
    if (!asc_queue_push(&core->out, item))
        return false;
    core->gaps_waiting += !item.repaired;
    core->death_waiting |= item.cause == AS_CLIENT_GAP_DEAD;
    return true;
}

void asc_gap(asc_core *core, as_client_cause cause, const char *topic, uint64_t lost, bool repaired)
{
    asc_item item = {.cause = cause, .lost = lost, .repaired = repaired};
    core->counters.gaps++;
    if (repaired) {
        core->counters.repaired += lost;
    } else {
        core->counters.lost += lost;
        core->degraded = true;
    }
    if (push_gap(core, item, topic))
        return;
    clear_out(core);
    (void)push_gap(core, (asc_item){.cause = cause, .lost = lost}, topic);
    core->degraded = true;
}

void asc_overflow(asc_core *core)
{
    uint64_t dropped = core->buffer.count + core->out.count;
    clear_out(core);
    asc_queue_clear(&core->buffer);
    if (core->hole.open)
        asc_hole_lost(core);
    asc_gap(core, AS_CLIENT_GAP_TSEQ, "", dropped, false);
    if (core->phase == ASC_SYNCING || core->phase == ASC_LIVE || core->phase == ASC_REPAIRING)
        asc_join(core, core->seen);
}

bool asc_core_is_stale(const asc_core *core, const asc_message *signal, uint64_t now)
{
    uint64_t ts_now = asc_core_ts_now(core, now);
    return signal->epoch == core->epoch && ts_now != AS_CLIENT_NIL_UINT && signal->valid_until <= ts_now;
}

/* A signal that opens, or whose latest word is in the state. */
static bool is_open(const asc_core *core, const asc_message *message)
{
    if (message->kind != AS_CLIENT_SIGNAL)
        return false;
    return message->effect == ASC_EFFECT_SET ||
           (message->effect == ASC_EFFECT_RENEW && asc_state_find(&core->state, message) != NULL);
}

bool asc_core_may_act(const asc_core *core, const asc_message *signal, uint64_t now)
{
    if (core->dead || core->phase != ASC_LIVE || core->degraded || core->halted || !core->ts_known)
        return false;
    return signal->epoch == core->epoch && signal->side != 0 && asc_state_find(&core->state, signal) != NULL &&
           !asc_core_is_stale(core, signal, now);
}

void asc_hand_out(asc_core *core, asc_message *message, bool snapshot, bool repaired)
{
    if (core->dead) {
        core->counters.withheld += message->kind == AS_CLIENT_SIGNAL && !snapshot;
        return;
    }
    if (!asc_wants(core, message->topic, message->topic_bytes))
        return;
    asc_item item = {.message = asc_message_ref(message), .snapshot = snapshot, .repaired = repaired};
    bool open = is_open(core, message);
    item.stale = open && asc_core_is_stale(core, message, core->now);
    item.actionable = open && !item.stale && core->ts_known && message->side != 0 && core->phase == ASC_LIVE &&
                      !core->halted && !core->degraded;
    core->counters.stale += item.stale;
    core->counters.messages += !snapshot;
    if (!asc_queue_push(&core->out, item))
        asc_overflow(core);
}

bool asc_core_pop(asc_core *core, asc_item *item)
{
    if (!asc_queue_pop(&core->out, item))
        return false;
    if (!item->message && !item->repaired) {
        core->gaps_waiting--;
        core->death_waiting &= item->cause != AS_CLIENT_GAP_DEAD;
    }
    return true;
}

/*
 * ---- topics
 * -------------------------------------------------------------------------------------------------------
 */

asc_topic *asc_topic_find(const asc_core *core, const char *topic, size_t topic_bytes)
{
    return asc_table_find(&core->topics, topic, topic_bytes);
}

asc_topic *asc_topic_get(asc_core *core, const char *topic, size_t topic_bytes)
{
    asc_topic *known = asc_topic_find(core, topic, topic_bytes);
    if (known)
        return known;
    void *before;
    asc_topic *made = core->topics.count < ASC_TOPICS_KNOWN_MAX ? calloc(1, sizeof *made + topic_bytes + 1) : NULL;
    if (made) {
        made->topic_bytes = topic_bytes;
        memcpy(made->topic, topic, topic_bytes);
        if (asc_table_put(&core->topics, made->topic, topic_bytes, made, &before))
            return made;
        free(made);
    }
    forget_topics(core);
    asc_overflow(core);
    return NULL;
}

/*
 * ---- in order
 * -----------------------------------------------------------------------------------------------------
 */

typedef enum verdict { TAKE, DROP, HOLE } verdict;

static void hole_of_topic(asc_hole *hole, const asc_core *core, const asc_topic *known, uint64_t to)
{
    hole->open = true;
    hole->known = known && known->heard;
    hole->first = hole->known ? known->tseq + 1 : 0;
    hole->from = (hole->known ? known->gseq : core->s) + 1;
    hole->to = to;
}

/* What a message is in the order of its topic. */
static verdict judge(const asc_core *core, const asc_message *message, asc_hole *hole)
{
    const asc_topic *known = asc_topic_find(core, message->topic, message->topic_bytes);
    bool heard = known && known->heard;
    if (message->gseq <= core->s || (heard && message->tseq <= known->tseq))
        return DROP;
    if (core->phase == ASC_BYE || (heard ? message->tseq == known->tseq + 1 : message->prev <= core->s))
        return TAKE;
    *hole = (asc_hole){.cause = AS_CLIENT_GAP_TSEQ, .last = message->tseq - 1};
    hole_of_topic(hole, core, known, message->gseq - 1);
    memcpy(hole->topic, message->topic, message->topic_bytes);
    return HOLE;
}

void asc_take(asc_core *core, asc_message *message, bool repaired)
{
    asc_topic *known = asc_topic_get(core, message->topic, message->topic_bytes);
    if (!known)
        return;
    known->heard = true;
    known->tseq = message->tseq;
    known->gseq = message->gseq;
    if (message->gseq > core->taken)
        core->taken = message->gseq;
    if (!asc_state_apply(&core->state, message)) {
        asc_overflow(core);
        return;
    }
    if (message->halts || message->resumes)
        asc_halt(core, message->halts, message->gseq);
    if (message->bye)
        core->phase = ASC_BYE;
    asc_hand_out(core, message, false, repaired);
}

/* The first tail that is a hole: true, with the hole. Else all are settled. */
static bool find_tail(asc_core *core, const msgpack_object_map *tails, uint64_t gseq, asc_hole *hole)
{
    for (uint32_t i = 0; i < tails->size; i++) {
        const msgpack_object_str *topic = &tails->ptr[i].key.via.str;
        uint64_t tail = tails->ptr[i].val.via.u64;
        if (!asc_topic_check(topic->ptr, topic->size) || (topic->size == 3 && memcmp(topic->ptr, "hb.", 3) == 0) ||
            (!asc_wants(core, topic->ptr, topic->size) && !is_own(topic->ptr, topic->size)))
            continue;
        asc_topic *known = asc_topic_get(core, topic->ptr, topic->size);
        if (!known)
            return false;
        if (known->heard ? tail <= known->tseq : tail <= known->told)
            continue;
        if (gseq > core->s + 1 || known->heard) {
            *hole = (asc_hole){.cause = AS_CLIENT_GAP_TAIL, .last = tail};
            hole_of_topic(hole, core, known, gseq - 1);
            memcpy(hole->topic, topic->ptr, topic->size);
            return true;
        }
        known->told = tail; /* nothing lies between S and the heartbeat */
    }
    return false;
}

/* Look at the tails of a heartbeat that stands in front of the buffer. */
static verdict judge_heartbeat(asc_core *core, asc_message *beat, asc_hole *hole)
{
    msgpack_zone zone;
    asc_heartbeat heartbeat;
    if (core->phase == ASC_BYE || !msgpack_zone_init(&zone, 4096))
        return TAKE;
    bool found = asc_message_heartbeat(beat, &zone, &heartbeat) && find_tail(core, &heartbeat.tails, beat->gseq, hole);
    msgpack_zone_destroy(&zone);
    return found ? HOLE : TAKE;
}

/* A heartbeat without holes, in its order. One up to S only told where topics stood. */
static void take_heartbeat(asc_core *core, asc_message *beat)
{
    asc_state_settle(&core->state, beat->gseq);
    if (beat->gseq > core->s)
        asc_take(core, beat, false);
}

static void show_entries(asc_core *core)
{
    size_t count;
    asc_message **sorted = asc_state_sorted(&core->state, &count);
    core->show = false;
    for (size_t i = 0; i < count; i++)
        asc_message_ref(sorted[i]);
    for (size_t i = 0; i < count; i++) {
        asc_hand_out(core, sorted[i], true, false);
        asc_message_unref(sorted[i]);
    }
    free(sorted);
}

/* The message in front of the buffer. */
static void take_front(asc_core *core)
{
    asc_hole hole;
    asc_item item;
    asc_message *front = asc_message_ref(asc_queue_at(&core->buffer, 0)->message);
    bool is_beat = front->kind == AS_CLIENT_HEARTBEAT;
    verdict what = is_beat ? judge_heartbeat(core, front, &hole) : judge(core, front, &hole);
    bool still = core->buffer.count > 0 && asc_queue_at(&core->buffer, 0)->message == front; /* no overflow */
    if (still && what == HOLE) {
        asc_repair(core, &hole);
    } else if (still) {
        (void)asc_queue_pop(&core->buffer, &item);
        if (is_beat)
            take_heartbeat(core, front);
        else if (what == TAKE)
            asc_take(core, front, item.repaired);
        else
            core->counters.duplicates++;
        asc_item_fini(&item);
    }
    asc_message_unref(front);
}

void asc_drain(asc_core *core)
{
    while (core->phase == ASC_LIVE || core->phase == ASC_BYE) {
        if (core->show && !core->dead)
            show_entries(core);
        if (core->buffer.count == 0)
            return;
        take_front(core);
    }
}

/*
 * ---- input
 * --------------------------------------------------------------------------------------------------------
 */

void asc_halt(asc_core *core, bool halted, uint64_t gseq)
{
    if (gseq < core->halted_gseq)
        return;
    core->halted = halted;
    core->halted_gseq = gseq;
}

static bool is_past(const asc_core *core, uint64_t epoch)
{
    uint64_t kept = core->past_count < ASC_EPOCHS_PAST_MAX ? core->past_count : ASC_EPOCHS_PAST_MAX;
    for (uint64_t i = 0; i < kept; i++)
        if (core->past[i] == epoch)
            return true;
    return false;
}

/* Drop what waits; a hole under repair is told as lost. */
static void stop_exchange(asc_core *core)
{
    if (core->hole.open)
        asc_hole_lost(core);
    asc_request_end(core);
    asc_queue_clear(&core->buffer);
}

static void begin_epoch(asc_core *core, uint64_t epoch)
{
    if (core->epoch != 0) {
        core->past[core->past_count++ % ASC_EPOCHS_PAST_MAX] = core->epoch;
        core->counters.epochs++;
        stop_exchange(core);
        asc_gap(core, AS_CLIENT_GAP_EPOCH, "", 0, false);
        asc_state_fini(&core->state);
        forget_topics(core);
        core->phase = core->phase == ASC_DOWN ? ASC_DOWN : ASC_CONNECTING;
        core->heard = core->now;
    }
    core->epoch = epoch;
    core->ts_known = core->ping_known = core->halted = core->replay = core->show = false;
    core->halted_gseq = core->heartbeat_gseq = core->missed = 0;
    core->s = core->seen = core->taken = core->covered = 0;
}

/* The half of a heartbeat that counts at once. false: a duplicate, or no memory. */
static bool feel_heartbeat(asc_core *core, const asc_message *beat)
{
    msgpack_zone zone;
    asc_heartbeat heartbeat;
    if (beat->gseq <= core->heartbeat_gseq) {
        core->counters.duplicates++;
        return false;
    }
    if (!msgpack_zone_init(&zone, 4096))
        return false;
    bool read = asc_message_heartbeat(beat, &zone, &heartbeat);
    msgpack_zone_destroy(&zone);
    if (!read)
        return false;
    bool first = core->heartbeat_gseq == 0;
    core->heartbeat_gseq = beat->gseq;
    core->counters.heartbeats++;
    core->heard = core->ts_at = core->now;
    core->span = true;
    uint64_t interval_ms = heartbeat.interval_ms < 3600000 ? heartbeat.interval_ms : 3600000;
    core->interval = interval_ms * ASC_MS;
    core->ts_known = heartbeat.ts_now != AS_CLIENT_NIL_UINT;
    core->ts_now = heartbeat.ts_now;
    core->replay = beat->replay;
    asc_halt(core, heartbeat.halted, beat->gseq);
    if (!first && heartbeat.missed > core->missed)
        asc_gap(core, AS_CLIENT_GAP_MISSED, "", heartbeat.missed - core->missed, false);
    if (first || heartbeat.missed > core->missed)
        core->missed = heartbeat.missed;
    return true;
}

bool asc_keep(const asc_core *core, asc_queue *queue, asc_message *message)
{
    const asc_queue *got = &core->request.got;
    bool repairs = core->request.op == ASC_ASKS_REPLAY;
    if (!repairs || (core->buffer.count + got->count < ASC_QUEUE_MAX &&
                     core->buffer.bytes + got->bytes + message->payload_bytes < ASC_QUEUE_BYTES_MAX))
        return asc_queue_push(queue, (asc_item){.message = message});
    asc_message_unref(message);
    return false;
}

/* Takes the reference over. */
static void enqueue(asc_core *core, asc_message *message)
{
    if (asc_keep(core, &core->buffer, message))
        asc_drain(core);
    else
        asc_overflow(core);
}

static void receive_heartbeat(asc_core *core, asc_message *beat)
{
    if (!feel_heartbeat(core, beat)) {
        asc_message_unref(beat);
        return;
    }
    if (core->phase != ASC_CONNECTING && core->phase != ASC_DOWN) {
        enqueue(core, beat);
        return;
    }
    if (core->acknowledged)
        core->dead = core->acknowledged = false;
    uint64_t gseq = beat->gseq;
    asc_join(core, gseq);
    if (!asc_queue_push(&core->buffer, (asc_item){.message = beat})) /* its tails are where topics stood */
        asc_overflow(core);
}

static void receive(asc_core *core, asc_message *message)
{
    if (message->epoch != core->epoch) {
        if (is_past(core, message->epoch)) {
            core->counters.stale_epoch++;
            asc_message_unref(message);
            return;
        }
        if (core->epoch != 0 || message->kind == AS_CLIENT_HEARTBEAT)
            begin_epoch(core, message->epoch);
    }
    if (core->epoch != 0 && message->gseq > core->seen)
        core->seen = message->gseq;
    if (core->epoch != 0 && (message->halts || message->resumes))
        asc_halt(core, message->halts, message->gseq);
    if (message->kind == AS_CLIENT_HEARTBEAT) {
        receive_heartbeat(core, message);
    } else if (core->phase == ASC_CONNECTING || core->phase == ASC_DOWN) {
        core->counters.withheld += core->phase == ASC_DOWN && message->kind == AS_CLIENT_SIGNAL;
        asc_message_unref(message);
    } else {
        enqueue(core, message);
    }
}

static void malformed(asc_core *core)
{
    core->counters.malformed++;
    asc_gap(core, AS_CLIENT_GAP_MALFORMED, "", 0, false);
}

void asc_core_malformed(asc_core *core, uint64_t now)
{
    asc_core_tick(core, now);
    core->counters.received++;
    malformed(core);
}

void asc_core_message(asc_core *core, uint64_t now, const void *topic, size_t topic_bytes, const void *payload,
                      size_t payload_bytes)
{
    asc_core_tick(core, now);
    core->counters.received++;
    if (!asc_topic_check(topic, topic_bytes)) {
        malformed(core);
        return;
    }
    if (!asc_wants(core, topic, topic_bytes) && !is_own(topic, topic_bytes))
        return;
    bool no_memory;
    asc_message *message = asc_message_new(topic, topic_bytes, payload, payload_bytes, &no_memory);
    if (message)
        receive(core, message);
    else if (no_memory)
        asc_overflow(core);
    else
        malformed(core);
}

static void die(asc_core *core)
{
    stop_exchange(core);
    core->phase = ASC_DOWN;
    core->acknowledged = false;
    core->show = false;
    if (core->dead)
        return;
    core->dead = true;
    core->counters.deaths++;
    asc_gap(core, AS_CLIENT_GAP_DEAD, "", 0, false);
}

uint64_t asc_core_death(const asc_core *core)
{
    if (!core->span || core->phase == ASC_DOWN || core->phase == ASC_BYE)
        return UINT64_MAX;
    return core->heard + ASC_SILENT_INTERVALS * core->interval;
}

void asc_core_tick(asc_core *core, uint64_t now)
{
    if (now > core->now)
        core->now = now;
    if (core->now >= asc_core_death(core))
        die(core);
    if (core->request.op != ASC_ASKS_NOTHING && core->now >= core->request.deadline)
        asc_request_overdue(core);
}

uint64_t asc_core_deadline(const asc_core *core)
{
    uint64_t death = asc_core_death(core);
    uint64_t overdue = core->request.op == ASC_ASKS_NOTHING ? UINT64_MAX : core->request.deadline;
    return death < overdue ? death : overdue;
}

void asc_core_away(asc_core *core, uint64_t away_ns)
{
    core->heard += away_ns;
    core->request.deadline += away_ns;
}

void asc_core_acknowledge(asc_core *core, uint64_t now)
{
    if (now > core->now)
        core->now = now;
    core->degraded = core->gaps_waiting > 0;
    if (!core->dead || core->death_waiting)
        return;
    if (core->phase == ASC_DOWN) {
        core->acknowledged = true;
        return;
    }
    core->dead = false;
    core->show = core->phase == ASC_LIVE || core->phase == ASC_REPAIRING || core->phase == ASC_BYE;
    asc_drain(core);
}
