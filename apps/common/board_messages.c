#include "apps/common/board_messages.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "apps/common/json_text.h"
#include "core/error.h"
#include "ipc/frame_check.h"
#include "ipc/writer.h"

enum {
    STEP_SNAPSHOT,
    STEP_REPLAY,
    STEP_DONE,
    ASKED_MAX = 12, /* requests of a round */
    BACK = 1000,    /* messages looked at when the page is opened: heartbeats count, too */
    EXACT = 53      /* bits of a whole number that a browser holds */
};

/* ---- msgpack ---- */

static const msgpack_object *find(const msgpack_object *map, const char *key)
{
    size_t bytes = strlen(key);
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object *k = &map->via.map.ptr[i].key;
        if (k->type == MSGPACK_OBJECT_STR && k->via.str.size == bytes && memcmp(k->via.str.ptr, key, bytes) == 0)
            return &map->via.map.ptr[i].val;
    }
    return NULL;
}

static uint64_t number(const msgpack_object *map, const char *key)
{
    const msgpack_object *value = find(map, key);
    return value && value->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? value->via.u64 : 0;
}

static void copy_text(const msgpack_object *value, char *out, size_t out_bytes)
{
    size_t bytes = value && value->type == MSGPACK_OBJECT_STR ? value->via.str.size : 0;
    bytes = bytes < out_bytes ? bytes : out_bytes - 1;
    if (bytes)
        memcpy(out, value->via.str.ptr, bytes);
    out[bytes] = '\0';
}

/* One map within the limits. zone is to be destroyed if it is. */
static bool read_map(const uint8_t *bytes, size_t byte_count, msgpack_zone *zone, msgpack_object *map)
{
    size_t offset = 0;
    if (as_frame_check(bytes, byte_count) != AS_FRAME_OK || !msgpack_zone_init(zone, 8192))
        return false;
    if (msgpack_unpack((const char *)bytes, byte_count, &offset, zone, map) == MSGPACK_UNPACK_SUCCESS &&
        map->type == MSGPACK_OBJECT_MAP)
        return true;
    msgpack_zone_destroy(zone);
    return false;
}

/* ---- one message as JSON ---- */

static bool is_time(const msgpack_object *key)
{
    static const char *const name[] = {"ts_pub", "ts_event", "ts_recv", "ts_now", "valid_until"};
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++)
        if (key->via.str.size == strlen(name[i]) && memcmp(key->via.str.ptr, name[i], key->via.str.size) == 0)
            return true;
    return false;
}

static void print_value(FILE *out, const msgpack_object *value, bool time, unsigned depth)
{
    switch (value->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        fputs(value->via.boolean ? "true" : "false", out);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (time)
            fprintf(out, "%.3f", (double)value->via.u64 / 1e6);
        else
            fprintf(out, value->via.u64 >> EXACT ? "\"%" PRIu64 "\"" : "%" PRIu64, value->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        fprintf(out, "%" PRId64, value->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        if (isfinite(value->via.f64))
            fprintf(out, "%.9g", value->via.f64);
        else
            fputs("null", out);
        break;
    case MSGPACK_OBJECT_STR:
        as_json_text(out, value->via.str.ptr, value->via.str.size);
        break;
    case MSGPACK_OBJECT_ARRAY:
        fputc('[', out);
        for (uint32_t i = 0; i < value->via.array.size && depth < AS_FRAME_DEPTH_MAX; i++) {
            if (i)
                fputc(',', out);
            print_value(out, &value->via.array.ptr[i], false, depth + 1);
        }
        fputc(']', out);
        break;
    default: /* nil; a map within a message is none of the page's business */
        fputs("null", out);
    }
}

static char kind_of(const char *topic, size_t topic_bytes)
{
    static const struct {
        const char *prefix;
        char kind;
    } known[] = {{"sig.", 's'}, {"shock.", '!'}, {"fact.", 'f'}, {"feed.", 'F'}, {"sys.", 'y'}, {"hb.", 'h'}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (topic_bytes >= strlen(known[i].prefix) && memcmp(topic, known[i].prefix, strlen(known[i].prefix)) == 0)
            return known[i].kind;
    return '?';
}

static void read_entry(const msgpack_object *map, as_board_entry *entry)
{
    const msgpack_object *headlines = find(map, "headlines");
    entry->gseq = number(map, "gseq");
    copy_text(find(map, "fact"), entry->fact, sizeof entry->fact);
    entry->headline_count = 0;
    if (!headlines || headlines->type != MSGPACK_OBJECT_ARRAY)
        return;
    for (uint32_t i = 0; i < headlines->via.array.size && i < AS_FACT_HEADLINE_MAX; i++)
        copy_text(&headlines->via.array.ptr[i], entry->headline[entry->headline_count++], AS_HEADLINE_ID_BYTES);
}

int as_board_message_json(const char *topic, size_t topic_bytes, const uint8_t *payload, size_t payload_bytes,
                          as_board_entry *entry, FILE *out)
{
    msgpack_zone zone;
    msgpack_object map;
    if (!read_map(payload, payload_bytes, &zone, &map))
        return -EPROTO;
    entry->kind = kind_of(topic, topic_bytes);
    read_entry(&map, entry);
    fputs("{\"topic\":", out);
    as_json_text(out, topic, topic_bytes);
    for (uint32_t i = 0; i < map.via.map.size; i++) {
        const msgpack_object *key = &map.via.map.ptr[i].key;
        if (key->type != MSGPACK_OBJECT_STR)
            continue;
        fputc(',', out);
        as_json_text(out, key->via.str.ptr, key->via.str.size);
        fputc(':', out);
        print_value(out, &map.via.map.ptr[i].val, is_time(key), 0);
    }
    fputc('}', out);
    msgpack_zone_destroy(&zone);
    return 0;
}

/* The same into an entry's place. false: not readable, or no memory. */
static bool keep(as_board_entry *place, const msgpack_object *message)
{
    as_board_entry entry = {0};
    size_t bytes;
    if (message->type != MSGPACK_OBJECT_ARRAY || message->via.array.size != 2)
        return false;
    const msgpack_object *topic = &message->via.array.ptr[0], *payload = &message->via.array.ptr[1];
    if (topic->type != MSGPACK_OBJECT_STR || payload->type != MSGPACK_OBJECT_BIN)
        return false;
    FILE *out = open_memstream(&entry.json, &bytes);
    if (!out)
        return false;
    int rc = as_board_message_json(topic->via.str.ptr, topic->via.str.size, (const uint8_t *)payload->via.bin.ptr,
                                   payload->via.bin.size, &entry, out);
    if (fclose(out) != 0 || rc < 0) {
        free(entry.json);
        return false;
    }
    free(place->json);
    *place = entry;
    return true;
}

/* ---- life ---- */

int as_board_messages_init(as_board_messages *m)
{
    *m = (as_board_messages){.step = STEP_DONE};
    m->state[0].entry = calloc(AS_PAGE_STATE_MAX, sizeof *m->state[0].entry);
    m->state[1].entry = calloc(AS_PAGE_STATE_MAX, sizeof *m->state[1].entry);
    m->latest = calloc(AS_PAGE_MESSAGE_MAX, sizeof *m->latest);
    if (m->state[0].entry && m->state[1].entry && m->latest)
        return 0;
    as_board_messages_fini(m);
    return as_error_set(-ENOMEM, "out of memory for the page's messages");
}

static void free_entries(as_board_entry *entry, uint32_t count)
{
    for (uint32_t i = 0; entry && i < count; i++)
        free(entry[i].json);
    free(entry);
}

void as_board_messages_fini(as_board_messages *m)
{
    free_entries(m->state[0].entry, AS_PAGE_STATE_MAX);
    free_entries(m->state[1].entry, AS_PAGE_STATE_MAX);
    free_entries(m->latest, AS_PAGE_MESSAGE_MAX);
    *m = (as_board_messages){.step = STEP_DONE};
}

const as_board_entry *as_board_messages_latest(const as_board_messages *m, uint32_t idx)
{
    uint64_t held = m->latest_count < AS_PAGE_MESSAGE_MAX ? m->latest_count : AS_PAGE_MESSAGE_MAX;
    return idx < held ? &m->latest[(m->latest_count - 1 - idx) % AS_PAGE_MESSAGE_MAX] : NULL;
}

/* ---- the round ---- */

void as_board_messages_begin(as_board_messages *m)
{
    m->step = STEP_SNAPSHOT;
    m->asked = 0;
    m->part = 1;
    m->token = 0;
}

static void pack_prefixes(as_writer *writer)
{
    static const char *const prefix[] = {"sig.", "shock.", "fact.", "feed.", "sys."};
    as_writer_key(writer, "prefix");
    as_writer_array(writer, sizeof prefix / sizeof *prefix);
    for (unsigned i = 0; i < sizeof prefix / sizeof *prefix; i++)
        as_writer_text(writer, prefix[i]);
    as_writer_array_end(writer);
}

static void pack_snapshot(const as_board_messages *m, as_writer *writer)
{
    as_writer_map(writer, m->part > 1 ? 3 : 1);
    as_writer_key(writer, "op");
    as_writer_text(writer, "snapshot");
    if (m->part > 1) {
        as_writer_key(writer, "token");
        as_writer_uint(writer, m->token);
        as_writer_key(writer, "part");
        as_writer_uint(writer, m->part);
    }
    as_writer_map_end(writer);
}

static void pack_replay(const as_board_messages *m, as_writer *writer)
{
    as_writer_map(writer, 5);
    as_writer_key(writer, "op");
    as_writer_text(writer, "replay");
    as_writer_key(writer, "epoch");
    as_writer_uint(writer, m->epoch);
    as_writer_key(writer, "from");
    as_writer_uint(writer, m->next);
    as_writer_key(writer, "to");
    as_writer_uint(writer, m->gseq);
    pack_prefixes(writer);
    as_writer_map_end(writer);
}

size_t as_board_messages_ask(as_board_messages *m, uint8_t *request, size_t request_bytes)
{
    as_writer writer;
    if (m->step == STEP_REPLAY && m->next > m->gseq)
        m->step = STEP_DONE;
    if (m->step == STEP_DONE || m->asked++ >= ASKED_MAX)
        return 0;
    as_writer_msgpack(&writer, request, request_bytes);
    if (m->step == STEP_SNAPSHOT)
        pack_snapshot(m, &writer);
    else
        pack_replay(m, &writer);
    return as_writer_finish(&writer);
}

void as_board_messages_give_up(as_board_messages *m, const char *why)
{
    m->step = STEP_DONE;
    m->errors++;
    snprintf(m->last_error, sizeof m->last_error, "%s", why);
}

/* Another publisher than before: nothing of the old one's is shown. */
static void new_epoch(as_board_messages *m, uint64_t epoch)
{
    if (m->epoch == epoch)
        return;
    m->epoch = epoch;
    m->latest_count = m->next = m->skipped = 0;
    m->known = false;
}

static void take_snapshot(as_board_messages *m, const msgpack_object *map, const msgpack_object *list)
{
    as_board_state *state = &m->state[!m->shown];
    if (m->part == 1) {
        state->count = 0;
        m->parts = (uint32_t)number(map, "parts");
        m->token = number(map, "token");
        state->gseq = number(map, "gseq");
        state->total = number(map, "count");
        const msgpack_object *halted = find(map, "halted");
        state->halted = halted && halted->type == MSGPACK_OBJECT_BOOLEAN && halted->via.boolean;
    }
    for (uint32_t i = 0; i < list->via.array.size && state->count < AS_PAGE_STATE_MAX; i++)
        if (keep(&state->entry[state->count], &list->via.array.ptr[i]))
            state->count++;
    if (m->part++ < m->parts && state->count < AS_PAGE_STATE_MAX && m->asked < ASKED_MAX)
        return;
    m->shown = !m->shown;
    m->known = true;
    m->step = STEP_REPLAY;
    uint64_t first = m->gseq > BACK ? m->gseq - BACK + 1 : 1;
    first = first > m->oldest ? first : m->oldest;
    if (m->next < first) {
        m->skipped += m->next ? first - m->next : 0;
        m->next = first;
    }
}

static void take_replay(as_board_messages *m, const msgpack_object *map, const msgpack_object *list)
{
    uint64_t next = number(map, "next");
    for (uint32_t i = 0; i < list->via.array.size; i++)
        if (keep(&m->latest[m->latest_count % AS_PAGE_MESSAGE_MAX], &list->via.array.ptr[i]))
            m->latest_count++;
    if (next <= m->next)
        m->step = STEP_DONE; /* no progress: another round */
    else
        m->next = next;
}

void as_board_messages_take(as_board_messages *m, const uint8_t *answer, size_t answer_bytes)
{
    msgpack_zone zone;
    msgpack_object map;
    if (!read_map(answer, answer_bytes, &zone, &map)) {
        as_board_messages_give_up(m, "an answer that is not one MessagePack map");
        return;
    }
    const msgpack_object *error = find(&map, "error"), *list = find(&map, "messages");
    if (error && error->type == MSGPACK_OBJECT_STR) {
        char word[64];
        copy_text(error, word, sizeof word);
        m->next = strcmp(word, "gone") == 0 ? number(&map, "oldest") : m->next;
        as_board_messages_give_up(m, word);
    } else if (!list || list->type != MSGPACK_OBJECT_ARRAY) {
        as_board_messages_give_up(m, "an answer without messages");
    } else {
        new_epoch(m, number(&map, "epoch"));
        m->gseq = number(&map, "gseq");
        m->oldest = number(&map, "oldest");
        if (m->step == STEP_SNAPSHOT)
            take_snapshot(m, &map, list);
        else if (m->step == STEP_REPLAY)
            take_replay(m, &map, list);
    }
    msgpack_zone_destroy(&zone);
}
