#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_inside.h"
#include "digest.h"

static const uint64_t answer_ns = 1000 * ASC_MS, busy_ns = 100 * ASC_MS;

/*
 * ---- requests
 * -----------------------------------------------------------------------------------------------------
 */

typedef struct text {
    uint8_t *at;
    size_t bytes, bytes_max;
} text;

static int write_text(void *context, const char *bytes, size_t bytes_count)
{
    text *out = context;
    if (bytes_count > out->bytes_max - out->bytes)
        return -1;
    memcpy(out->at + out->bytes, bytes, bytes_count);
    out->bytes += bytes_count;
    return 0;
}

static int pack_text(msgpack_packer *pk, const char *value)
{
    size_t bytes = strlen(value);
    return msgpack_pack_str(pk, bytes) | msgpack_pack_str_body(pk, value, bytes);
}

static int pack_number(msgpack_packer *pk, const char *key, uint64_t value)
{
    return pack_text(pk, key) | msgpack_pack_uint64(pk, value);
}

static int pack_head(msgpack_packer *pk, size_t keys, const char *op, uint64_t id)
{
    return msgpack_pack_map(pk, keys) | pack_text(pk, "op") | pack_text(pk, op) | pack_number(pk, "id", id);
}

static int pack_prefixes(const asc_core *core, msgpack_packer *pk)
{
    int failed = msgpack_pack_array(pk, core->topics_count);
    for (size_t i = 0; i < core->topics_count; i++)
        failed |= pack_text(pk, core->topic[i]);
    return failed;
}

static int pack_snapshot(const asc_core *core, msgpack_packer *pk)
{
    const asc_request *request = &core->request;
    if (request->part > 0)
        return pack_head(pk, 4, "snapshot", request->id) | pack_number(pk, "token", request->token) |
               pack_number(pk, "part", request->part + 1);
    return pack_head(pk, 4, "snapshot", request->id) | pack_text(pk, "prefix") | pack_prefixes(core, pk) |
           pack_number(pk, "at", request->at);
}

static int pack_replay(const asc_core *core, msgpack_packer *pk)
{
    int failed = pack_head(pk, 6, "replay", core->request.id) | pack_number(pk, "epoch", core->epoch) |
                 pack_number(pk, "from", core->request.from) | pack_number(pk, "to", core->hole.to) |
                 pack_text(pk, "prefix");
    return failed | (core->hole.wide ? pack_prefixes(core, pk) : pack_text(pk, core->hole.topic));
}

/* Ask for what the request says, under a new id. It fits: asc_core_new has looked at the topics. */
static void ask(asc_core *core)
{
    text out = {.at = core->outgoing, .bytes_max = sizeof core->outgoing};
    msgpack_packer pk;
    msgpack_packer_init(&pk, &out, write_text);
    core->request.id = ++core->ids;
    core->request.deadline = core->now + answer_ns;
    core->request.paused = false;
    int failed = core->request.op == ASC_ASKS_SNAPSHOT ? pack_snapshot(core, &pk) : pack_replay(core, &pk);
    core->outgoing_bytes = failed ? 0 : out.bytes;
}

bool asc_core_request(const asc_core *core, const uint8_t **request, size_t *request_bytes)
{
    *request = core->outgoing;
    *request_bytes = core->outgoing_bytes;
    return core->outgoing_bytes > 0;
}

void asc_core_request_sent(asc_core *core)
{
    core->outgoing_bytes = 0;
}

size_t asc_core_ping(const asc_core *core, const char *name, uint8_t *ping, size_t ping_bytes_max)
{
    text out = {.at = ping, .bytes_max = ping_bytes_max};
    msgpack_packer pk;
    if (core->epoch == 0)
        return 0;
    msgpack_packer_init(&pk, &out, write_text);
    int failed = msgpack_pack_map(&pk, 4) | pack_text(&pk, "op") | pack_text(&pk, "ping") | pack_text(&pk, "client") |
                 pack_text(&pk, name) | pack_number(&pk, "seen", core->seen) |
                 pack_number(&pk, "lost", core->counters.lost);
    return failed ? 0 : out.bytes;
}

void asc_request_end(asc_core *core)
{
    asc_queue_clear(&core->request.got);
    core->request = (asc_request){.op = ASC_ASKS_NOTHING};
    core->outgoing_bytes = 0;
}

void asc_join(asc_core *core, uint64_t at)
{
    asc_request_end(core);
    core->hole.open = false;
    core->phase = ASC_SYNCING;
    core->request.op = ASC_ASKS_SNAPSHOT;
    core->request.at = at;
    ask(core);
}

void asc_hole_lost(asc_core *core)
{
    const asc_hole *hole = &core->hole;
    core->hole.open = false;
    asc_gap(core, hole->cause, hole->topic, hole->known ? hole->last - hole->first + 1 : 1, false);
}

static void give_up_repair(asc_core *core)
{
    asc_hole_lost(core);
    asc_join(core, core->seen);
}

void asc_repair(asc_core *core, const asc_hole *hole)
{
    asc_request_end(core);
    core->hole = *hole;
    core->phase = ASC_REPAIRING;
    core->hole.wide = core->taken < hole->to && hole->to >= core->covered;
    if (core->hole.wide) {
        core->hole.from = core->taken + 1;
        core->covered = hole->to + 1;
    }
    if (hole->from > hole->to) { /* no publisher says such a thing */
        give_up_repair(core);
        return;
    }
    core->counters.replays++;
    core->request.op = ASC_ASKS_REPLAY;
    core->request.from = core->hole.from;
    core->request.tries = 1;
    ask(core);
}

void asc_request_overdue(asc_core *core)
{
    asc_request *request = &core->request;
    if (request->paused) {
        ask(core);
    } else if (request->op == ASC_ASKS_SNAPSHOT) {
        asc_join(core, request->at);
    } else if (request->tries >= ASC_TRIES) {
        give_up_repair(core);
    } else {
        request->tries++;
        ask(core);
    }
}

/*
 * ---- answers
 * ------------------------------------------------------------------------------------------------------
 */

typedef struct answer {
    const msgpack_object *op, *id, *error, *epoch, *gseq, *halted, *count, *hash, *parts, *part, *token, *next,
        *messages, *detail, *ts_now;
} answer;

static void read_answer(const msgpack_object *root, answer *a)
{
    static const struct {
        const char *key;
        size_t offset;
    } keys[] = {{"op", offsetof(answer, op)},
                {"id", offsetof(answer, id)},
                {"error", offsetof(answer, error)},
                {"epoch", offsetof(answer, epoch)},
                {"gseq", offsetof(answer, gseq)},
                {"halted", offsetof(answer, halted)},
                {"count", offsetof(answer, count)},
                {"hash", offsetof(answer, hash)},
                {"parts", offsetof(answer, parts)},
                {"part", offsetof(answer, part)},
                {"token", offsetof(answer, token)},
                {"next", offsetof(answer, next)},
                {"messages", offsetof(answer, messages)},
                {"detail", offsetof(answer, detail)},
                {"ts_now", offsetof(answer, ts_now)}};
    static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        *(const msgpack_object **)((char *)a + keys[k].offset) = &nil;
    for (uint32_t i = 0; i < root->via.map.size; i++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (asc_text_is(&root->via.map.ptr[i].key, keys[k].key))
                *(const msgpack_object **)((char *)a + keys[k].offset) = &root->via.map.ptr[i].val;
}

static bool is_number(const msgpack_object *object, uint64_t *value)
{
    *value = object->via.u64;
    return object->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
}

static bool equals(const msgpack_object *object, uint64_t value)
{
    return object->type == MSGPACK_OBJECT_POSITIVE_INTEGER && object->via.u64 == value;
}

static asc_message *message_at(const asc_core *core, const msgpack_object *pair)
{
    if (pair->type != MSGPACK_OBJECT_ARRAY || pair->via.array.size != 2 ||
        pair->via.array.ptr[0].type != MSGPACK_OBJECT_STR || pair->via.array.ptr[1].type != MSGPACK_OBJECT_BIN)
        return NULL;
    const msgpack_object_str *topic = &pair->via.array.ptr[0].via.str;
    const msgpack_object_bin *payload = &pair->via.array.ptr[1].via.bin;
    bool no_memory;
    asc_message *message = asc_message_new(topic->ptr, topic->size, payload->ptr, payload->size, &no_memory);
    if (message && message->epoch == core->epoch)
        return message;
    asc_message_unref(message);
    return NULL;
}

/* Is this a message that the request under way asked for? */
static bool is_asked_for(const asc_core *core, const asc_message *message)
{
    if (core->request.op == ASC_ASKS_REPLAY && !core->hole.wide)
        return strcmp(message->topic, core->hole.topic) == 0;
    return asc_wants(core, message->topic, message->topic_bytes) &&
           (core->request.op == ASC_ASKS_REPLAY || message->effect == ASC_EFFECT_SET ||
            message->effect == ASC_EFFECT_RENEW);
}

/* Of a replay: not known yet. A lost heartbeat is of no use: the next one says all that it said. */
static bool is_news(const asc_core *core, const asc_message *message)
{
    const asc_topic *known = asc_topic_find(core, message->topic, message->topic_bytes);
    return message->kind != AS_CLIENT_HEARTBEAT && !(known && known->heard && message->tseq <= known->tseq);
}

typedef enum gathered { GOOD, USELESS, TOO_MUCH } gathered;

/*
 * Append an answer's messages to those of the request: in order of gseq, within min..max, of what was asked for; of a
 * replay what is not known. Unless GOOD none is appended.
 */
static gathered gather(asc_core *core, const msgpack_object *messages, uint64_t min, uint64_t max)
{
    asc_queue *got = &core->request.got;
    size_t before = got->count;
    bool replay = core->request.op == ASC_ASKS_REPLAY;
    if (before > 0 && asc_queue_at(got, before - 1)->message->gseq >= min)
        min = asc_queue_at(got, before - 1)->message->gseq + 1;
    if (messages->type != MSGPACK_OBJECT_ARRAY)
        return USELESS;
    for (uint32_t i = 0; i < messages->via.array.size; i++) {
        asc_message *message = message_at(core, &messages->via.array.ptr[i]);
        if (!message || message->gseq < min || message->gseq > max || !is_asked_for(core, message)) {
            asc_message_unref(message);
            asc_queue_truncate(got, before);
            return USELESS;
        }
        min = message->gseq + 1;
        if (replay && !is_news(core, message)) {
            asc_message_unref(message);
        } else if (replay ? !asc_keep(core, got, message) : !asc_queue_push_wide(got, (asc_item){.message = message})) {
            asc_queue_truncate(got, before);
            return replay ? TOO_MUCH : USELESS;
        }
    }
    return GOOD;
}

static bool hash_is_right(const asc_queue *got, const char *hash)
{
    asc_digest digest;
    char hex[65];
    asc_digest_begin(&digest);
    for (size_t i = 0; i < got->count; i++) {
        const asc_message *message = asc_queue_at(got, i)->message;
        asc_digest_add(&digest, message->topic, message->topic_bytes);
        asc_digest_add(&digest, message->payload, message->payload_bytes);
    }
    asc_digest_end(&digest, hex);
    return strcmp(hex, hash) == 0;
}

/* Messages that an ended request has gathered. */
static asc_queue end_with_messages(asc_core *core)
{
    asc_queue got = core->request.got;
    core->request.got = (asc_queue){0};
    asc_request_end(core);
    return got;
}

static void forget_topics_but_tails(asc_core *core)
{
    for (size_t i = 0; i < core->topics.slots; i++) {
        asc_topic *topic = core->topics.slot[i].value;
        if (!topic)
            continue;
        if (topic->heard && topic->tseq > topic->told)
            topic->told = topic->tseq;
        topic->heard = false;
    }
}

static void joined(asc_core *core, bool halted)
{
    uint64_t s = core->request.gseq;
    asc_queue got = end_with_messages(core);
    asc_item item;
    bool whole = true;
    asc_state_fini(&core->state);
    for (size_t i = 0; i < got.count; i++) {
        asc_message *message = asc_queue_at(&got, i)->message;
        if (message->effect == ASC_EFFECT_RENEW)
            message->effect = ASC_EFFECT_SET; /* for the publisher it was there */
        whole &= asc_state_apply(&core->state, message);
    }
    core->s = core->taken = s;
    core->show = false;
    core->phase = ASC_LIVE;
    core->counters.snapshots++;
    forget_topics_but_tails(core);
    asc_halt(core, halted, s);
    while (asc_queue_pop(&got, &item)) {
        if (whole)
            asc_hand_out(core, item.message, true, false);
        asc_item_fini(&item);
    }
    asc_queue_clear(&got);
    if (whole)
        asc_drain(core);
    else
        asc_overflow(core);
}

static void take_snapshot(asc_core *core, const answer *a)
{
    asc_request *request = &core->request;
    uint64_t gseq, count, parts, token = 0;
    if (!is_number(a->gseq, &gseq) || !is_number(a->count, &count) || !is_number(a->parts, &parts) ||
        !equals(a->part, request->part + 1) || a->hash->type != MSGPACK_OBJECT_STR || a->hash->via.str.size != 64 ||
        a->halted->type != MSGPACK_OBJECT_BOOLEAN || gseq < request->at || request->part >= parts ||
        (parts > 1 && !is_number(a->token, &token)))
        return;
    if (request->part > 0 && (gseq != request->gseq || count != request->count || parts != request->parts ||
                              memcmp(request->hash, a->hash->via.str.ptr, 64) != 0))
        return;
    size_t before = request->got.count;
    if (gather(core, a->messages, 1, gseq) != GOOD)
        return;
    char hash[65] = "";
    memcpy(hash, a->hash->via.str.ptr, 64);
    if (request->part + 1 == parts && (request->got.count != count || !hash_is_right(&request->got, hash))) {
        asc_queue_truncate(&request->got, before);
        return;
    }
    request->gseq = gseq;
    request->count = count;
    request->parts = parts;
    request->token = token;
    memcpy(request->hash, hash, sizeof hash);
    request->part++;
    if (request->part == parts)
        joined(core, a->halted->via.boolean);
    else
        ask(core);
}

/* Do the messages of the topic close the hole, without a hole of their own? */
static bool is_whole(const asc_core *core)
{
    const asc_hole *hole = &core->hole;
    const asc_queue *got = &core->request.got;
    if (got->count == 0) /* what a heartbeat named may have been said before S */
        return !hole->known && hole->cause == AS_CLIENT_GAP_TAIL;
    const asc_message *first = asc_queue_at(got, 0)->message;
    if (hole->known ? first->tseq != hole->first : first->prev > core->s)
        return false;
    for (size_t i = 0; i < got->count; i++)
        if (asc_queue_at(got, i)->message->tseq != first->tseq + i)
            return false;
    return first->tseq + got->count - 1 == hole->last;
}

/* Leave what is not known yet, each tseq once. false: no memory; all is dropped, and the client begins anew. */
static bool leave_news(asc_core *core, asc_queue *got, asc_queue *news)
{
    asc_item item;
    core->repairs++;
    while (asc_queue_pop(got, &item)) {
        asc_topic *topic = asc_topic_get(core, item.message->topic, item.message->topic_bytes);
        if (!topic) {
            asc_item_fini(&item);
            return false;
        }
        uint64_t known = topic->back_by == core->repairs ? topic->back : topic->heard ? topic->tseq : 0;
        if (item.message->tseq <= known) {
            asc_item_fini(&item);
            continue;
        }
        topic->back_by = core->repairs;
        topic->back = item.message->tseq;
        item.repaired = true;
        if (!asc_queue_push_wide(news, item)) {
            asc_overflow(core);
            return false;
        }
    }
    return true;
}

/* An empty answer for a topic that only a heartbeat has named. */
static bool settle_tail(asc_core *core, const asc_hole *hole)
{
    asc_topic *topic = asc_topic_get(core, hole->topic, strlen(hole->topic));
    if (topic)
        topic->told = hole->last;
    return topic != NULL;
}

/* What came goes before what showed the hole, and all is looked at as if it had never been lost. */
static void repaired(asc_core *core)
{
    asc_hole hole = core->hole;
    asc_queue got = end_with_messages(core), news = {0};
    core->hole.open = false;
    core->phase = ASC_LIVE;
    bool kept = leave_news(core, &got, &news);
    if (kept && news.count > 0)
        asc_gap(core, hole.cause, hole.topic, news.count, true);
    else if (kept && !hole.wide)
        kept = settle_tail(core, &hole);
    for (size_t i = news.count; i > 0 && kept; i--) {
        asc_item item = *asc_queue_at(&news, i - 1);
        (void)asc_message_ref(item.message);
        kept = asc_queue_push_front(&core->buffer, item);
        if (!kept)
            asc_overflow(core);
    }
    asc_queue_clear(&got);
    asc_queue_clear(&news);
    if (kept)
        asc_drain(core);
}

/* A halt that was lost counts as soon as it is had back. */
static void take_halts(asc_core *core, size_t first)
{
    for (size_t i = first; i < core->request.got.count; i++) {
        const asc_message *message = asc_queue_at(&core->request.got, i)->message;
        if (message->halts || message->resumes)
            asc_halt(core, message->halts, message->gseq);
    }
}

static void take_replay(asc_core *core, const answer *a)
{
    asc_request *request = &core->request;
    uint64_t next;
    if (!is_number(a->next, &next) || next <= request->from || a->messages->type != MSGPACK_OBJECT_ARRAY ||
        !equals(a->count, a->messages->via.array.size))
        return;
    uint64_t max = next - 1 < core->hole.to ? next - 1 : core->hole.to;
    size_t before = request->got.count;
    gathered what = gather(core, a->messages, request->from, max);
    if (what == TOO_MUCH)
        asc_overflow(core);
    if (what != GOOD)
        return;
    take_halts(core, before);
    if (next <= core->hole.to) {
        request->from = next;
        request->tries = 1;
        ask(core);
    } else if (core->hole.wide || is_whole(core)) {
        repaired(core);
    } else {
        give_up_repair(core);
    }
}

static void note_error(asc_core *core, const answer *a)
{
    const msgpack_object *parts[] = {a->op, a->error, a->detail};
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i]->type != MSGPACK_OBJECT_STR)
            continue;
        size_t left = sizeof core->error - at, bytes = parts[i]->via.str.size;
        int n = snprintf(core->error + at, left, "%s%.*s", at ? ": " : "", (int)(bytes < left ? bytes : left),
                         parts[i]->via.str.ptr);
        at = n < 0 || (size_t)n >= left ? sizeof core->error - 1 : at + (size_t)n;
    }
}

/* Its clock is of now; the heartbeats may wait behind many messages. */
static void take_pong(asc_core *core, const answer *a)
{
    uint64_t ts_now;
    if (!equals(a->epoch, core->epoch) || a->error->type != MSGPACK_OBJECT_NIL || !is_number(a->ts_now, &ts_now))
        return;
    core->ping_known = true;
    core->ping_ts_now = ts_now;
    core->ping_at = core->now;
}

static void take_answer(asc_core *core, const answer *a)
{
    asc_request *request = &core->request;
    if (asc_text_is(a->op, "ping")) {
        take_pong(core, a);
        return;
    }
    const char *op = request->op == ASC_ASKS_SNAPSHOT ? "snapshot" : "replay";
    if (request->op == ASC_ASKS_NOTHING || !equals(a->id, request->id) || !asc_text_is(a->op, op) ||
        !equals(a->epoch, core->epoch))
        return;
    if (asc_text_is(a->error, "busy") || (asc_text_is(a->error, "ahead") && request->op == ASC_ASKS_REPLAY)) {
        /* the server will have the time for it, or come to it */
        request->paused = true;
        request->deadline = core->now + busy_ns;
    } else if (a->error->type != MSGPACK_OBJECT_NIL) {
        note_error(core, a);
        if (request->op == ASC_ASKS_REPLAY)
            give_up_repair(core);
    } else if (request->op == ASC_ASKS_SNAPSHOT) {
        take_snapshot(core, a);
    } else {
        take_replay(core, a);
    }
}

void asc_core_answer(asc_core *core, uint64_t now, const void *bytes, size_t bytes_count)
{
    msgpack_zone zone;
    msgpack_object root;
    answer a;
    if (now > core->now)
        core->now = now;
    if (bytes_count > ASC_ANSWER_BYTES_MAX || !msgpack_zone_init(&zone, 65536)) {
        core->counters.malformed++;
        return;
    }
    if (asc_unpack(bytes, bytes_count, true, &zone, &root)) {
        read_answer(&root, &a);
        take_answer(core, &a);
    } else {
        core->counters.malformed++;
    }
    msgpack_zone_destroy(&zone);
}
