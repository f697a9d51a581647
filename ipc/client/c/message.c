#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { ZONE_BYTES = 16384 };

typedef enum field_type { TEXT, UINT, INT, REAL, BOOL, LIST_HEADLINES, LIST_REASONS, PAIR } field_type;

typedef struct field {
    const char *name;
    uint32_t name_bytes;
    field_type type;
    size_t offset;
} field;

/* In the order of the wire: the field that follows the last one is most often the next. */
#define FIELD(name, type)                                                                                              \
    {                                                                                                                  \
#name, sizeof #name - 1, type, offsetof(as_client_body, name)                                                  \
    }
static const field fields[] = {
    FIELD(kind, TEXT),       FIELD(action, TEXT),      FIELD(id, TEXT),       FIELD(sym, TEXT),
    FIELD(side, INT),        FIELD(strength, REAL),    FIELD(p, REAL),        FIELD(z, REAL),
    FIELD(e, REAL),          FIELD(os, REAL),          FIELD(b, REAL),        FIELD(k, REAL),
    FIELD(s, REAL),          FIELD(rev_bps, REAL),     FIELD(cost_bps, REAL), FIELD(half_life_ns, UINT),
    FIELD(horizon_ns, UINT), FIELD(valid_until, UINT), FIELD(px, INT),        FIELD(target, INT),
    FIELD(stop, INT),        FIELD(fact, TEXT),        FIELD(status, TEXT),   FIELD(headlines, LIST_HEADLINES),
    FIELD(ts_event, UINT),   FIELD(ts_recv, UINT),     FIELD(tick, PAIR),     FIELD(reasons, LIST_REASONS),
    FIELD(model, TEXT),      FIELD(playbook, TEXT),    FIELD(params, TEXT),   FIELD(strategy, TEXT),
    FIELD(event, TEXT),      FIELD(m, REAL),           FIELD(g, REAL),        FIELD(generation, UINT),
    FIELD(partner, TEXT),    FIELD(hedge, REAL),       FIELD(issuer, TEXT),   FIELD(dir, INT),
    FIELD(linked, UINT),     FIELD(novelty, REAL),     FIELD(feed, TEXT),     FIELD(state, TEXT),
    FIELD(messages, UINT),   FIELD(gaps, UINT),        FIELD(lost, UINT),     FIELD(dropped, UINT),
    FIELD(bad, UINT),        FIELD(interval_ms, UINT), FIELD(oldest, UINT),   FIELD(ts_now, UINT),
    FIELD(missed, UINT),     FIELD(halted, BOOL),      FIELD(what, TEXT),     FIELD(reason, TEXT),
};
#undef FIELD
enum { FIELDS = sizeof fields / sizeof *fields };

/*
 * ---- objects
 * ------------------------------------------------------------------------------------------------------
 */

static bool unpack_checked(const uint8_t *frame, size_t frame_bytes, msgpack_zone *zone, msgpack_object *root)
{
    size_t at = 0;
    return msgpack_unpack((const char *)frame, frame_bytes, &at, zone, root) == MSGPACK_UNPACK_SUCCESS &&
           at == frame_bytes && root->type == MSGPACK_OBJECT_MAP;
}

bool asc_unpack(const uint8_t *frame, size_t frame_bytes, bool binary, msgpack_zone *zone, msgpack_object *root)
{
    return asc_frame_check(frame, frame_bytes, binary) == ASC_FRAME_OK &&
           unpack_checked(frame, frame_bytes, zone, root);
}

static bool text_equals(const msgpack_object *object, const char *text, uint32_t text_bytes)
{
    return object->type == MSGPACK_OBJECT_STR && object->via.str.size == text_bytes &&
           memcmp(object->via.str.ptr, text, text_bytes) == 0;
}

bool asc_text_is(const msgpack_object *object, const char *text)
{
    return text_equals(object, text, (uint32_t)strlen(text));
}

static void *at_offset(as_client_body *body, size_t offset)
{
    return (char *)body + offset;
}

static void set_undefined(as_client_body *body)
{
    memset(body, 0, sizeof *body);
    for (size_t i = 0; i < FIELDS; i++) {
        void *target = at_offset(body, fields[i].offset);
        if (fields[i].type == UINT)
            *(uint64_t *)target = AS_CLIENT_NIL_UINT;
        else if (fields[i].type == INT)
            *(int64_t *)target = AS_CLIENT_NIL_INT;
        else if (fields[i].type == REAL)
            *(double *)target = (double)NAN;
    }
    body->tick[0] = body->tick[1] = AS_CLIENT_NIL_UINT;
}

/* A copy that ends with a zero. The arena holds a whole payload: a text is shorter than its head and itself. */
static const char *copy_text(asc_arena *arena, const msgpack_object *object)
{
    if (object->type != MSGPACK_OBJECT_STR)
        return NULL;
    size_t bytes = object->via.str.size;
    if (bytes + 1 > arena->bytes_max - arena->used || (bytes > 0 && memchr(object->via.str.ptr, 0, bytes)))
        return NULL;
    char *text = arena->bytes + arena->used;
    if (bytes > 0)
        memcpy(text, object->via.str.ptr, bytes);
    text[bytes] = '\0';
    arena->used += bytes + 1;
    return text;
}

static void set_list(asc_arena *arena, const msgpack_object *object, const char **list, size_t *count)
{
    *count = 0;
    if (object->type != MSGPACK_OBJECT_ARRAY)
        return;
    for (uint32_t i = 0; i < object->via.array.size && *count < AS_CLIENT_LIST_MAX; i++) {
        const char *text = copy_text(arena, &object->via.array.ptr[i]);
        if (text)
            list[(*count)++] = text;
    }
}

static bool set_integer(const msgpack_object *object, int64_t *value)
{
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *value = object->via.i64 + (object->via.i64 == AS_CLIENT_NIL_INT);
    else if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER && object->via.u64 <= INT64_MAX)
        *value = (int64_t)object->via.u64;
    else
        return false;
    return true;
}

static void set_real(const msgpack_object *object, double *value)
{
    if (object->type == MSGPACK_OBJECT_FLOAT64 || object->type == MSGPACK_OBJECT_FLOAT32)
        *value = isfinite(object->via.f64) ? object->via.f64 : (double)NAN;
    else if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        *value = (double)object->via.u64;
    else if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *value = (double)object->via.i64;
}

/* The largest is the undefined value: it becomes the one below. */
static bool set_unsigned(const msgpack_object *object, uint64_t *value)
{
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return false;
    *value = object->via.u64 - (object->via.u64 == AS_CLIENT_NIL_UINT);
    return true;
}

static void set_pair(const msgpack_object *object, uint64_t pair[2])
{
    if (object->type == MSGPACK_OBJECT_ARRAY && object->via.array.size == 2)
        for (size_t i = 0; i < 2; i++)
            (void)set_unsigned(&object->via.array.ptr[i], &pair[i]);
}

/* What is nil, or of another type than its own, stays undefined. */
static void set_field(const field *f, const msgpack_object *object, asc_arena *arena, as_client_body *body)
{
    void *target = at_offset(body, f->offset);
    switch (f->type) {
    case TEXT: *(const char **)target = copy_text(arena, object); break;
    case UINT: (void)set_unsigned(object, target); break;
    case INT: (void)set_integer(object, target); break;
    case REAL: set_real(object, target); break;
    case BOOL: *(bool *)target = object->type == MSGPACK_OBJECT_BOOLEAN && object->via.boolean; break;
    case LIST_HEADLINES: set_list(arena, object, body->headlines, &body->headlines_count); break;
    case LIST_REASONS: set_list(arena, object, body->reasons, &body->reasons_count); break;
    case PAIR: set_pair(object, target); break;
    }
}

static const field *find_field(const msgpack_object *key, size_t *next)
{
    for (size_t tried = 0; tried < FIELDS; tried++) {
        size_t i = *next + tried < FIELDS ? *next + tried : *next + tried - FIELDS;
        if (text_equals(key, fields[i].name, fields[i].name_bytes)) {
            *next = i + 1 < FIELDS ? i + 1 : 0;
            return &fields[i];
        }
    }
    return NULL;
}

static bool arena_reset(asc_arena *arena, size_t bytes_min)
{
    arena->used = 0;
    if (bytes_min <= arena->bytes_max)
        return true;
    char *bytes = realloc(arena->bytes, bytes_min);
    if (!bytes)
        return false;
    arena->bytes = bytes;
    arena->bytes_max = bytes_min;
    return true;
}

void asc_arena_fini(asc_arena *arena)
{
    free(arena->bytes);
    *arena = (asc_arena){0};
}

/* A key that comes twice: the last one counts, as in the other clients. */
static void set_body(const msgpack_object *root, asc_arena *arena, as_client_body *body)
{
    size_t next = 0;
    set_undefined(body);
    for (uint32_t i = 0; i < root->via.map.size; i++) {
        const msgpack_object_kv *pair = &root->via.map.ptr[i];
        const field *f = find_field(&pair->key, &next);
        if (f)
            set_field(f, &pair->val, arena, body);
    }
}

/*
 * ---- messages
 * -----------------------------------------------------------------------------------------------------
 */

static bool begins(const char *text, size_t text_bytes, const char *prefix)
{
    size_t bytes = strlen(prefix);
    return text_bytes >= bytes && memcmp(text, prefix, bytes) == 0;
}

static as_client_kind kind_of(const char *topic, size_t topic_bytes)
{
    static const struct {
        const char *prefix;
        as_client_kind kind;
    } kinds[] = {{"sig.", AS_CLIENT_SIGNAL}, {"shock.", AS_CLIENT_SHOCK},  {"fact.", AS_CLIENT_FACT},
                 {"feed.", AS_CLIENT_FEED},  {"hb.", AS_CLIENT_HEARTBEAT}, {"sys.", AS_CLIENT_SYSTEM}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (begins(topic, topic_bytes, kinds[i].prefix))
            return kinds[i].kind;
    return AS_CLIENT_OTHER;
}

static bool set_envelope(const msgpack_object *root, asc_message *message)
{
    enum { V, EPOCH, GSEQ, TSEQ, PREV, TS_PUB, REPLAY, KEYS };
    static const char names[KEYS][8] = {"v", "epoch", "gseq", "tseq", "prev", "ts_pub", "replay"};
    static const uint8_t bytes[KEYS] = {1, 5, 4, 4, 4, 6, 6};
    const msgpack_object *found[KEYS] = {NULL};
    uint64_t value[KEYS] = {0};
    for (uint32_t i = 0; i < root->via.map.size; i++)
        for (size_t k = 0; k < KEYS; k++)
            if (text_equals(&root->via.map.ptr[i].key, names[k], bytes[k]))
                found[k] = &root->via.map.ptr[i].val;
    for (size_t k = 0; k < REPLAY; k++)
        if (!found[k] || !set_unsigned(found[k], &value[k]))
            return false;
    if (!found[REPLAY] || found[REPLAY]->type != MSGPACK_OBJECT_BOOLEAN)
        return false;
    message->epoch = value[EPOCH];
    message->gseq = value[GSEQ];
    message->tseq = value[TSEQ];
    message->prev = value[PREV];
    message->ts_pub = value[TS_PUB];
    message->replay = found[REPLAY]->via.boolean;
    return value[V] == 1 && message->epoch > 0 && message->epoch <= INT64_MAX && message->gseq > 0 &&
           message->tseq > 0 && message->prev < message->gseq;
}

static const msgpack_object *value_of(const msgpack_object *root, const char *key)
{
    const msgpack_object *value = NULL;
    uint32_t key_bytes = (uint32_t)strlen(key);
    for (uint32_t i = 0; i < root->via.map.size; i++)
        if (text_equals(&root->via.map.ptr[i].key, key, key_bytes))
            value = &root->via.map.ptr[i].val;
    return value;
}

static bool is_type(const msgpack_object *value, msgpack_object_type type)
{
    return value && value->type == type;
}

static bool heartbeat_is_right(const msgpack_object *root)
{
    const msgpack_object *interval = value_of(root, "interval_ms"), *ts_now = value_of(root, "ts_now");
    const msgpack_object *tails = value_of(root, "tails");
    if (!is_type(interval, MSGPACK_OBJECT_POSITIVE_INTEGER) || interval->via.u64 == 0 ||
        !is_type(value_of(root, "halted"), MSGPACK_OBJECT_BOOLEAN) ||
        !is_type(value_of(root, "missed"), MSGPACK_OBJECT_POSITIVE_INTEGER) || !is_type(tails, MSGPACK_OBJECT_MAP) ||
        (!is_type(ts_now, MSGPACK_OBJECT_POSITIVE_INTEGER) && !is_type(ts_now, MSGPACK_OBJECT_NIL)))
        return false;
    for (uint32_t i = 0; i < tails->via.map.size; i++)
        if (tails->via.map.ptr[i].key.type != MSGPACK_OBJECT_STR ||
            tails->via.map.ptr[i].val.type != MSGPACK_OBJECT_POSITIVE_INTEGER)
            return false;
    return true;
}

static bool set_signal(const msgpack_object *root, asc_message *message, const msgpack_object **key)
{
    const msgpack_object *action = value_of(root, "action"), *side = value_of(root, "side");
    const msgpack_object *valid_until = value_of(root, "valid_until");
    *key = value_of(root, "id");
    if (!is_type(*key, MSGPACK_OBJECT_STR) || !is_type(action, MSGPACK_OBJECT_STR) || !side || !valid_until ||
        !set_integer(side, &message->side) || !set_unsigned(valid_until, &message->valid_until))
        return false;
    if (asc_text_is(action, "open"))
        message->effect = ASC_EFFECT_SET;
    else if (asc_text_is(action, "update"))
        message->effect = ASC_EFFECT_RENEW;
    else if (asc_text_is(action, "close") || asc_text_is(action, "expire"))
        message->effect = ASC_EFFECT_REMOVE;
    return true;
}

/* The key and the effect on the state. false: a field that a client acts on is absent or of another type. */
static bool set_effect(const msgpack_object *root, asc_message *message, const msgpack_object **key)
{
    const msgpack_object *other;
    switch ((as_client_kind)message->kind) {
    case AS_CLIENT_SIGNAL: return set_signal(root, message, key);
    case AS_CLIENT_SHOCK:
        *key = value_of(root, "fact");
        message->effect = ASC_EFFECT_SET;
        return is_type(*key, MSGPACK_OBJECT_STR);
    case AS_CLIENT_FACT:
        *key = value_of(root, "fact");
        other = value_of(root, "status");
        if (!is_type(*key, MSGPACK_OBJECT_STR) || !is_type(other, MSGPACK_OBJECT_STR))
            return false;
        message->effect = asc_text_is(other, "expired") ? ASC_EFFECT_REMOVE : ASC_EFFECT_SET;
        return true;
    case AS_CLIENT_FEED:
        *key = value_of(root, "feed");
        message->effect = ASC_EFFECT_SET;
        return is_type(*key, MSGPACK_OBJECT_STR);
    case AS_CLIENT_SYSTEM:
        other = value_of(root, "what");
        if (!is_type(other, MSGPACK_OBJECT_STR))
            return false;
        message->halts = asc_text_is(other, "halt");
        message->resumes = asc_text_is(other, "resume");
        message->bye = asc_text_is(other, "bye");
        return true;
    case AS_CLIENT_HEARTBEAT: return heartbeat_is_right(root);
    case AS_CLIENT_OTHER: return true;
    }
    return true;
}

static asc_message *build(const asc_message *head, const void *topic, const void *payload, const msgpack_object *key)
{
    static const char letters[] = {
        [AS_CLIENT_SIGNAL] = 's', [AS_CLIENT_SHOCK] = 'k', [AS_CLIENT_FACT] = 'f', [AS_CLIENT_FEED] = 'd'};
    size_t key_bytes = key ? (size_t)key->via.str.size + 1 : 0;
    asc_message *message = malloc(sizeof *message + head->topic_bytes + 1 + head->payload_bytes + key_bytes);
    if (!message)
        return NULL;
    char *at = (char *)(message + 1);
    *message = *head;
    message->refs = 1;
    message->topic = at;
    memcpy(at, topic, head->topic_bytes);
    at[head->topic_bytes] = '\0';
    at += head->topic_bytes + 1;
    message->payload = (const uint8_t *)at;
    memcpy(at, payload, head->payload_bytes);
    at += head->payload_bytes;
    message->key = at;
    message->key_bytes = key_bytes;
    if (key_bytes) {
        at[0] = letters[head->kind];
        if (key_bytes > 1)
            memcpy(at + 1, key->via.str.ptr, key_bytes - 1);
    }
    return message;
}

bool asc_topic_check(const void *topic, size_t topic_bytes)
{
    return topic_bytes > 0 && topic_bytes <= ASC_TOPIC_BYTES_MAX && !memchr(topic, 0, topic_bytes) &&
           asc_utf8_check(topic, topic_bytes);
}

static size_t payload_bytes_max(as_client_kind kind)
{
    bool decision = kind == AS_CLIENT_SIGNAL || kind == AS_CLIENT_SHOCK || kind == AS_CLIENT_FACT;
    return decision ? ASC_DECISION_BYTES_MAX : ASC_PAYLOAD_BYTES_MAX;
}

asc_message *asc_message_new(const void *topic, size_t topic_bytes, const void *payload, size_t payload_bytes,
                             bool *no_memory)
{
    *no_memory = false;
    if (!asc_topic_check(topic, topic_bytes))
        return NULL;
    asc_message head = {.topic_bytes = topic_bytes, .payload_bytes = payload_bytes};
    head.kind = (uint8_t)kind_of(topic, topic_bytes);
    if (payload_bytes > payload_bytes_max((as_client_kind)head.kind))
        return NULL;
    asc_message *message = NULL;
    const msgpack_object *key = NULL;
    msgpack_object root;
    msgpack_zone zone;
    if (!msgpack_zone_init(&zone, ZONE_BYTES)) {
        *no_memory = true;
        return NULL;
    }
    if (asc_unpack(payload, payload_bytes, false, &zone, &root) && set_envelope(&root, &head) &&
        set_effect(&root, &head, &key)) {
        message = build(&head, topic, payload, key);
        *no_memory = message == NULL;
    }
    msgpack_zone_destroy(&zone);
    return message;
}

asc_message *asc_message_ref(asc_message *message)
{
    message->refs++;
    return message;
}

void asc_message_unref(asc_message *message)
{
    if (message && --message->refs == 0)
        free(message);
}

bool asc_message_body(const asc_message *message, asc_arena *arena, as_client_body *body)
{
    msgpack_zone zone;
    msgpack_object root;
    if (!msgpack_zone_init(&zone, ZONE_BYTES))
        return false;
    bool done = arena_reset(arena, message->payload_bytes + 1) &&
                unpack_checked(message->payload, message->payload_bytes, &zone, &root);
    if (done)
        set_body(&root, arena, body);
    msgpack_zone_destroy(&zone);
    return done;
}

bool asc_message_heartbeat(const asc_message *message, msgpack_zone *zone, asc_heartbeat *heartbeat)
{
    msgpack_object root;
    if (!unpack_checked(message->payload, message->payload_bytes, zone, &root))
        return false;
    const msgpack_object *ts_now = value_of(&root, "ts_now");
    *heartbeat = (asc_heartbeat){
        .interval_ms = value_of(&root, "interval_ms")->via.u64,
        .missed = value_of(&root, "missed")->via.u64,
        .ts_now = ts_now->type == MSGPACK_OBJECT_NIL ? AS_CLIENT_NIL_UINT : ts_now->via.u64,
        .halted = value_of(&root, "halted")->via.boolean,
        .tails = value_of(&root, "tails")->via.map,
    };
    return true;
}
