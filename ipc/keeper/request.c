#include "ipc/keeper/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <msgpack.h>

#include "ipc/frame_check.h"

static const char *const operations[] = {
    [AS_OP_SNAPSHOT] = "snapshot", [AS_OP_REPLAY] = "replay", [AS_OP_PING] = "ping", [AS_OP_SCHEMA] = "schema"};

bool as_request_fail(as_request *request, const char *error, const char *format, ...)
{
    if (request->error)
        return false; /* the first one counts */
    va_list args;
    va_start(args, format);
    (void)vsnprintf(request->detail, sizeof request->detail, format, args);
    va_end(args);
    request->error = error;
    return false;
}

static const char *type_name(const msgpack_object *value)
{
    switch (value->type) {
    case MSGPACK_OBJECT_NIL:
        return "nil";
    case MSGPACK_OBJECT_BOOLEAN:
        return "a bool";
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return "a uint";
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return "a negative number";
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return "a float";
    case MSGPACK_OBJECT_STR:
        return "text";
    case MSGPACK_OBJECT_ARRAY:
        return "an array";
    case MSGPACK_OBJECT_MAP:
        return "a map";
    default:
        return "bytes";
    }
}

/* Text of a stranger as something that can be shown: printable ASCII, cut to what there is room for. */
static void printable(const char *text, size_t text_bytes, char *out, size_t out_bytes)
{
    size_t used = text_bytes < out_bytes ? text_bytes : out_bytes - 1;
    for (size_t i = 0; i < used; i++)
        out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    out[used] = 0;
}

static bool is(const msgpack_object *key, const char *text)
{
    return key->type == MSGPACK_OBJECT_STR && key->via.str.size == strlen(text) &&
           memcmp(key->via.str.ptr, text, key->via.str.size) == 0;
}

/* ---- values ---- */

static bool read_uint(as_request *request, const char *key, const msgpack_object *value, as_optional_uint *to)
{
    if (value->type == MSGPACK_OBJECT_NIL)
        return true; /* as if it were not there */
    if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return as_request_fail(request, "bad_key", "%s: found %s; allowed: a uint", key, type_name(value));
    *to = (as_optional_uint){.given = true, .value = value->via.u64};
    return true;
}

static bool add_prefix(as_request *request, const msgpack_object *value)
{
    if (value->type != MSGPACK_OBJECT_STR)
        return as_request_fail(request, "bad_key", "prefix: found %s; allowed: text, or an array of at most %d texts",
                               type_name(value), AS_PREFIXES_MAX);
    if (!as_prefixes_add(&request->prefixes, value->via.str.ptr, value->via.str.size))
        return as_request_fail(request, "bad_key", "prefix: found %u bytes; allowed: at most %d", value->via.str.size,
                               AS_TOPIC_BYTES - 1);
    return true;
}

static bool read_prefixes(as_request *request, const msgpack_object *value)
{
    request->prefixes.count = 0;
    if (value->type != MSGPACK_OBJECT_ARRAY)
        return add_prefix(request, value);
    const msgpack_object_array *array = &value->via.array;
    if (array->size == 0) /* it would match nothing, and wait for it */
        return as_request_fail(request, "bad_key", "prefix: found no prefixes; allowed: 1 to %d", AS_PREFIXES_MAX);
    if (array->size > AS_PREFIXES_MAX)
        return as_request_fail(request, "bad_key", "prefix: found %u prefixes; allowed: at most %d", array->size,
                               AS_PREFIXES_MAX);
    for (uint32_t i = 0; i < array->size; i++)
        if (!add_prefix(request, &array->ptr[i]))
            return false;
    return true;
}

static bool read_client(as_request *request, const msgpack_object *value)
{
    if (value->type == MSGPACK_OBJECT_NIL)
        return true;
    if (value->type != MSGPACK_OBJECT_STR)
        return as_request_fail(request, "bad_key", "client: found %s; allowed: text", type_name(value));
    if (value->via.str.size >= sizeof request->client)
        return as_request_fail(request, "bad_key", "client: found %u bytes; allowed: at most %zu", value->via.str.size,
                               sizeof request->client - 1);
    printable(value->via.str.ptr, value->via.str.size, request->client, sizeof request->client);
    return true;
}

/* ---- keys ---- */

static bool read_op(as_request *request, const msgpack_object_map *map, bool operator_asks)
{
    const msgpack_object *op = NULL;
    for (uint32_t i = 0; i < map->size; i++)
        if (is(&map->ptr[i].key, "op"))
            op = &map->ptr[i].val;
    if (!op)
        return as_request_fail(request, "bad_key", "op: found nothing; allowed: snapshot, replay, ping, schema");
    if (op->type != MSGPACK_OBJECT_STR)
        return as_request_fail(request, "bad_key", "op: found %s; allowed: text", type_name(op));
    if (op->via.str.size < sizeof request->op_text)
        printable(op->via.str.ptr, op->via.str.size, request->op_text, sizeof request->op_text);
    for (unsigned i = 0; i < AS_OP_OTHER; i++)
        if (is(op, operations[i])) {
            request->op = (as_request_op)i;
            return true;
        }
    if (operator_asks && *request->op_text)
        return true;
    return as_request_fail(request, "unknown_op", "op: found %s; allowed: snapshot, replay, ping, schema",
                           *request->op_text ? request->op_text : "no name of an operation");
}

/* One key that the operation knows, or `id`, which all know. */
static bool read_key(as_request *r, const char *key, const msgpack_object *value)
{
    const struct {
        const char *key;
        as_request_op op;
        as_optional_uint *to;
    } uints[] = {
        {"at", AS_OP_SNAPSHOT, &r->at},         {"token", AS_OP_SNAPSHOT, &r->token},
        {"part", AS_OP_SNAPSHOT, &r->part},     {"epoch", AS_OP_REPLAY, &r->epoch},
        {"from", AS_OP_REPLAY, &r->from},       {"to", AS_OP_REPLAY, &r->to},
        {"wait_ms", AS_OP_REPLAY, &r->wait_ms}, {"seen", AS_OP_PING, &r->seen},
        {"lost", AS_OP_PING, &r->lost},
    };
    for (unsigned i = 0; i < sizeof uints / sizeof *uints; i++)
        if (r->op == uints[i].op && strcmp(key, uints[i].key) == 0)
            return read_uint(r, key, value, uints[i].to);
    if ((r->op == AS_OP_SNAPSHOT || r->op == AS_OP_REPLAY) && strcmp(key, "prefix") == 0)
        return value->type == MSGPACK_OBJECT_NIL || read_prefixes(r, value);
    if (r->op == AS_OP_PING && strcmp(key, "client") == 0)
        return read_client(r, value);
    return true;
}

/* What the table of WIRE.md asks for beyond types. */
static bool check(as_request *r)
{
    if (r->op == AS_OP_SNAPSHOT && r->token.given != r->part.given)
        return as_request_fail(r, "bad_key", "%s: found nothing; allowed: token and part together",
                               r->token.given ? "part" : "token");
    if (r->op != AS_OP_REPLAY)
        return true;
    if (!r->epoch.given || !r->from.given)
        return as_request_fail(r, "bad_key", "%s: found nothing; allowed: a uint", r->epoch.given ? "from" : "epoch");
    if (r->from.value == 0)
        return as_request_fail(r, "bad_key", "from: found 0; allowed: 1 or more");
    if (r->wait_ms.value > AS_REQUEST_WAIT_MS_MAX)
        return as_request_fail(r, "bad_key", "wait_ms: found %llu; allowed: at most %d",
                               (unsigned long long)r->wait_ms.value, AS_REQUEST_WAIT_MS_MAX);
    return true;
}

static bool read_map(as_request *request, const msgpack_object_map *map, bool operator_asks)
{
    for (uint32_t i = 0; i < map->size; i++)
        if (is(&map->ptr[i].key, "id"))
            read_uint(request, "id", &map->ptr[i].val, &request->id);
    if (request->error || !read_op(request, map, operator_asks))
        return false;
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *name = &map->ptr[i].key;
        char key[16] = "";
        if (name->type != MSGPACK_OBJECT_STR || name->via.str.size >= sizeof key)
            continue;
        memcpy(key, name->via.str.ptr, name->via.str.size);
        if (!read_key(request, key, &map->ptr[i].val))
            return false;
    }
    return check(request);
}

bool as_request_parse(const uint8_t *frame, size_t frame_bytes, bool operator_asks, as_request *request)
{
    static const char *const why[] = {"",
                                      "a value reaches beyond the frame",
                                      "bytes follow the value",
                                      "nested too deep",
                                      "too many values",
                                      "the byte 0xc1"};
    memset(request, 0, offsetof(as_request, prefixes));
    request->op = AS_OP_OTHER;
    request->prefixes.count = 0;
    request->client[0] = request->detail[0] = 0;
    request->error = NULL;
    as_prefixes_add(&request->prefixes, "", 0);
    if (frame_bytes > AS_REQUEST_BYTES_MAX)
        return as_request_fail(request, "malformed", "found %zu bytes; allowed: at most %d", frame_bytes,
                               AS_REQUEST_BYTES_MAX);
    as_frame_result result = as_frame_check(frame, frame_bytes);
    if (result != AS_FRAME_OK)
        return as_request_fail(request, "malformed", "%s; allowed: one MessagePack map", why[-(int)result]);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    if (msgpack_unpack_next(&unpacked, (const char *)frame, frame_bytes, NULL) != MSGPACK_UNPACK_SUCCESS)
        as_request_fail(request, "malformed", "not MessagePack; allowed: one MessagePack map");
    else if (unpacked.data.type != MSGPACK_OBJECT_MAP)
        as_request_fail(request, "malformed", "found %s; allowed: one MessagePack map", type_name(&unpacked.data));
    else
        read_map(request, &unpacked.data.via.map, operator_asks);
    msgpack_unpacked_destroy(&unpacked);
    return !request->error;
}
