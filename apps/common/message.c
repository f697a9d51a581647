#include "apps/common/message.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "apps/common/json_text.h"

/* ---- JSON ---- */

/* Recursion is bounded: as_frame_check has limited the depth. */
void as_message_print_value(FILE *stream, const msgpack_object *value)
{
    switch (value->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        fputs(value->via.boolean ? "true" : "false", stream);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        fprintf(stream, "%" PRIu64, value->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        fprintf(stream, "%" PRId64, value->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        fprintf(stream, "%.17g", value->via.f64);
        break;
    case MSGPACK_OBJECT_STR:
        as_json_text(stream, value->via.str.ptr, value->via.str.size);
        break;
    case MSGPACK_OBJECT_ARRAY:
        fputc('[', stream);
        for (uint32_t i = 0; i < value->via.array.size; i++) {
            if (i)
                fputc(',', stream);
            as_message_print_value(stream, &value->via.array.ptr[i]);
        }
        fputc(']', stream);
        break;
    case MSGPACK_OBJECT_MAP:
        fputc('{', stream);
        for (uint32_t i = 0; i < value->via.map.size; i++) {
            const msgpack_object *key = &value->via.map.ptr[i].key;
            if (i)
                fputc(',', stream);
            if (key->type == MSGPACK_OBJECT_STR)
                as_json_text(stream, key->via.str.ptr, key->via.str.size);
            else
                fputs("\"?\"", stream);
            fputc(':', stream);
            as_message_print_value(stream, &value->via.map.ptr[i].val);
        }
        fputc('}', stream);
        break;
    default:
        fputs("null", stream);
    }
}

/* ---- text ---- */

static const msgpack_object *find(const msgpack_object *map, const char *key)
{
    size_t bytes = strlen(key);
    for (uint32_t i = 0; map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size; i++) {
        const msgpack_object *k = &map->via.map.ptr[i].key;
        if (k->type == MSGPACK_OBJECT_STR && k->via.str.size == bytes && memcmp(k->via.str.ptr, key, bytes) == 0)
            return &map->via.map.ptr[i].val;
    }
    return NULL;
}

static void print_time(FILE *stream, const msgpack_object *map)
{
    const msgpack_object *at = find(map, "ts_recv");
    if (!at)
        at = find(map, "ts_pub");
    if (!at || at->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return;
    time_t seconds = (time_t)(at->via.u64 / 1000000000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf(stream, "%s.%03uZ", text, (unsigned)(at->via.u64 / 1000000 % 1000));
}

static void print_keys(FILE *stream, const msgpack_object *map, const char *const *key, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const msgpack_object *value = find(map, key[i]);
        if (!value || value->type == MSGPACK_OBJECT_NIL)
            continue;
        fprintf(stream, " %s=", key[i]);
        if (value->type == MSGPACK_OBJECT_STR)
            fwrite(value->via.str.ptr, 1, value->via.str.size, stream);
        else if (value->type == MSGPACK_OBJECT_FLOAT64 || value->type == MSGPACK_OBJECT_FLOAT32)
            fprintf(stream, "%.2f", value->via.f64);
        else
            as_message_print_value(stream, value);
    }
}

/* ---- both ---- */

typedef void (*print_fn)(FILE *stream, const char *topic, const msgpack_object *map);

static int print_with(FILE *stream, const char *topic, const uint8_t *frame, size_t frame_bytes, print_fn print)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    if (msgpack_unpack_next(&unpacked, (const char *)frame, frame_bytes, NULL) == MSGPACK_UNPACK_SUCCESS)
        print(stream, topic, &unpacked.data);
    msgpack_unpacked_destroy(&unpacked);
    return ferror(stream) ? -EIO : 0;
}

static void json(FILE *stream, const char *topic, const msgpack_object *map)
{
    fputs("{\"topic\":", stream);
    as_json_text(stream, topic, strlen(topic));
    fputs(",\"message\":", stream);
    as_message_print_value(stream, map);
    fputs("}\n", stream);
}

static void text(FILE *stream, const char *topic, const msgpack_object *map)
{
    static const char *const sig[] = {"action", "side", "os",      "z",        "e",      "b",
                                      "s",      "p",    "rev_bps", "cost_bps", "status", "reasons"};
    static const char *const shock[] = {"fact", "status", "m", "g", "dir", "z", "b", "k", "linked", "headlines"};
    static const char *const fact[] = {"fact", "status", "generation", "novelty", "g", "headlines"};
    static const char *const other[] = {"state", "messages", "gaps", "lost", "what", "reason", "halted", "feeds"};
    print_time(stream, map);
    fprintf(stream, " %-34s", topic);
    if (strncmp(topic, "sig.", 4) == 0)
        print_keys(stream, map, sig, sizeof sig / sizeof *sig);
    else if (strncmp(topic, "shock.", 6) == 0)
        print_keys(stream, map, shock, sizeof shock / sizeof *shock);
    else if (strncmp(topic, "fact.", 5) == 0)
        print_keys(stream, map, fact, sizeof fact / sizeof *fact);
    else
        print_keys(stream, map, other, sizeof other / sizeof *other);
    fputc('\n', stream);
}

int as_message_print_json(FILE *stream, const char *topic, const uint8_t *frame, size_t frame_bytes)
{
    return print_with(stream, topic, frame, frame_bytes, json);
}

int as_message_print_text(FILE *stream, const char *topic, const uint8_t *frame, size_t frame_bytes)
{
    return print_with(stream, topic, frame, frame_bytes, text);
}
