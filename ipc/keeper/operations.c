#include "ipc/keeper/operations.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/keeper/schema.h"

enum {
    PART_BYTES = AS_ANSWER_BYTES_MAX - AS_ANSWER_HEAD_BYTES,
    LOOKED_SHARE = 4 /* of a message that is looked at and not taken, so much less is charged: it is not copied */
};

int as_operations_init(as_operations *o, as_keeper *keeper, uint64_t epoch)
{
    *o = (as_operations){.keeper = keeper, .epoch = epoch};
    o->answer = malloc(AS_ANSWER_BYTES_MAX);
    o->messages = malloc(AS_ANSWER_BYTES_MAX);
    int rc = as_snapshots_new(PART_BYTES, &o->snapshots);
    if (rc == 0 && (!o->answer || !o->messages))
        rc = as_error_set(-ENOMEM, "server: out of memory");
    if (rc < 0)
        as_operations_fini(o);
    return rc;
}

void as_operations_fini(as_operations *o)
{
    as_snapshots_free(o->snapshots);
    free(o->answer);
    free(o->messages);
    *o = (as_operations){0};
}

/* ---- headers ---- */

static as_answer_head head_of(const as_operations *o, const as_request *r)
{
    return (as_answer_head){
        .op = r->op_text,
        .has_id = r->id.given,
        .id = r->id.value,
        .epoch = o->epoch,
        .gseq = o->keeper->gseq,
        .oldest = as_keeper_oldest(o->keeper),
        .ts_now = o->keeper->ts_now,
        .halted = o->keeper->halted,
    };
}

as_outcome as_operations_refuse(as_operations *o, const as_request *r, const char *error, const char *detail)
{
    as_writer writer;
    as_answer_head head = head_of(o, r);
    head.error = error;
    head.detail = detail;
    as_writer_msgpack(&writer, o->answer, AS_ANSWER_BYTES_MAX);
    as_answer_begin(&writer, &head, 0);
    as_writer_map_end(&writer);
    return (as_outcome){.answer_bytes = as_writer_finish(&writer), .error = error};
}

__attribute__((format(printf, 4, 5))) static as_outcome refuse(as_operations *o, as_request *r, const char *error,
                                                               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->detail, sizeof r->detail, format, args);
    va_end(args);
    return as_operations_refuse(o, r, error, r->detail);
}

static void put_uint(as_writer *writer, const char *key, uint64_t value)
{
    as_writer_key(writer, key);
    as_writer_uint(writer, value);
}

/* What was written; an answer that did not fit becomes an error. */
static as_outcome finish(as_operations *o, as_request *r, as_writer *writer, uint64_t work_bytes)
{
    as_writer_map_end(writer);
    size_t bytes = as_writer_finish(writer);
    if (bytes == 0)
        return refuse(o, r, "internal", "the answer is larger than %d bytes", AS_ANSWER_BYTES_MAX);
    return (as_outcome){.answer_bytes = bytes, .work_bytes = work_bytes + bytes};
}

/* ---- snapshot ---- */

static as_outcome denied(as_operations *o, as_request *r, const as_prefixes *prefixes, const as_grant *grant,
                         uint32_t first)
{
    size_t bytes;
    const uint8_t *text = as_prefixes_at(prefixes, first, &bytes);
    char shown[65];
    size_t used = bytes < sizeof shown ? bytes : sizeof shown - 1;
    for (size_t i = 0; i < used; i++)
        shown[i] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
    shown[used] = 0;
    return refuse(o, r, "denied", "prefix: found \"%s\"; allowed: what %s is granted", shown, grant->name);
}

static as_outcome part_of(as_operations *o, as_request *r, const as_snapshot *s, uint32_t part, uint64_t work_bytes)
{
    as_writer writer;
    as_answer_head head = head_of(o, r);
    uint32_t begin = s->begin[part - 1], end = s->begin[part];
    head.gseq = s->gseq;
    head.halted = s->halted;
    as_writer_msgpack(&writer, o->answer, AS_ANSWER_BYTES_MAX);
    as_answer_begin(&writer, &head, 6);
    put_uint(&writer, "count", s->count);
    as_writer_key(&writer, "hash");
    as_writer_text(&writer, s->hash);
    put_uint(&writer, "parts", s->parts);
    put_uint(&writer, "part", part);
    as_writer_key(&writer, "token");
    s->parts > 1 ? as_writer_uint(&writer, s->token) : as_writer_nil(&writer);
    as_writer_key(&writer, "messages");
    as_writer_array(&writer, end - begin);
    for (uint32_t i = begin; i < end; i++) {
        const as_kept *kept = s->kept[i];
        const as_message_view view = {.gseq = kept->gseq,
                                      .topic = kept->bytes,
                                      .payload = kept->bytes + kept->topic_bytes,
                                      .topic_bytes = kept->topic_bytes,
                                      .payload_bytes = kept->payload_bytes};
        as_answer_message(&writer, &view);
    }
    as_writer_array_end(&writer);
    return finish(o, r, &writer, work_bytes);
}

static as_outcome further_part(as_operations *o, as_request *r, const as_grant *grant, uint64_t now)
{
    uint32_t first;
    const as_snapshot *s = as_snapshots_find(o->snapshots, r->token.value, now);
    if (!s)
        return refuse(o, r, "expired", "token: found %" PRIu64 "; allowed: one of the last %d snapshots, for %d s",
                      r->token.value, AS_SNAPSHOTS_MAX, (int)(AS_SNAPSHOT_KEEP_NS / 1000000000));
    if (!as_prefixes_allowed(s->prefixes, grant, &first))
        return denied(o, r, s->prefixes, grant, first);
    if (r->part.value == 0 || r->part.value > s->parts)
        return refuse(o, r, "bad_key", "part: found %" PRIu64 "; allowed: 1 to %u", r->part.value, s->parts);
    return part_of(o, r, s, (uint32_t)r->part.value, 0);
}

static as_outcome snapshot(as_operations *o, as_request *r, const as_grant *grant, bool may_wait, uint64_t now)
{
    as_keeper *k = o->keeper;
    uint32_t first;
    if (r->token.given)
        return further_part(o, r, grant, now);
    if (!as_prefixes_allowed(&r->prefixes, grant, &first))
        return denied(o, r, &r->prefixes, grant, first);
    if (r->at.given && r->at.value > k->gseq) {
        if (may_wait)
            return (as_outcome){0};
        return refuse(o, r, "ahead", "at: found %" PRIu64 "; allowed: at most %" PRIu64, r->at.value, k->gseq);
    }
    if (as_state_refused(k->state))
        return refuse(o, r, "internal",
                      "the state is beyond its limits and not complete: %" PRIu64 " messages of it "
                      "found no room",
                      as_state_refused(k->state));
    uint64_t before = as_snapshots_made(o->snapshots);
    const as_snapshot *s =
        as_snapshots_take(o->snapshots, k->state, &r->prefixes, k->gseq, k->halted, r->at.value, now);
    if (!s)
        return refuse(o, r, "internal", "out of memory");
    uint64_t work = as_snapshots_made(o->snapshots) == before ? 0 : as_state_bytes(k->state);
    return part_of(o, r, s, 1, work);
}

/* ---- replay ---- */

typedef struct gather {
    const as_prefixes *prefixes;
    as_writer writer;
    uint64_t count, looked_bytes;
} gather;

static bool take(void *context, const as_message_view *message)
{
    gather *g = context;
    uint64_t bytes = (uint64_t)message->topic_bytes + message->payload_bytes;
    if (as_prefixes_match(g->prefixes, message->topic, message->topic_bytes)) {
        if (bytes + AS_ANSWER_MESSAGE_BYTES > g->writer.out_bytes - g->writer.used)
            return false;
        as_answer_message(&g->writer, message);
        g->count++;
        bytes *= LOOKED_SHARE;
    }
    g->looked_bytes += bytes / LOOKED_SHARE;
    return true;
}

static as_outcome replayed(as_operations *o, as_request *r, const gather *g, uint64_t next)
{
    as_writer writer;
    as_answer_head head = head_of(o, r);
    as_writer_msgpack(&writer, o->answer, AS_ANSWER_BYTES_MAX);
    as_answer_begin(&writer, &head, 4);
    put_uint(&writer, "from", r->from.value);
    put_uint(&writer, "next", next);
    put_uint(&writer, "count", g->count);
    as_writer_key(&writer, "messages");
    as_writer_array(&writer, (unsigned)g->count);
    if (g->count)
        as_writer_raw(&writer, o->messages, g->writer.used);
    as_writer_array_end(&writer);
    return finish(o, r, &writer, g->looked_bytes);
}

static as_outcome replay(as_operations *o, as_task *task, const as_grant *grant, bool may_wait)
{
    as_request *r = &task->request;
    const as_keeper *k = o->keeper;
    uint32_t first;
    if (!as_prefixes_allowed(&r->prefixes, grant, &first))
        return denied(o, r, &r->prefixes, grant, first);
    if (r->epoch.value != o->epoch)
        return refuse(o, r, "epoch", "epoch: found %" PRIu64 "; allowed: %" PRIu64, r->epoch.value, o->epoch);
    uint64_t from = task->next ? task->next : r->from.value, oldest = as_keeper_oldest(k);
    if (from > k->gseq + 1)
        return refuse(o, r, "ahead", "from: found %" PRIu64 "; allowed: at most %" PRIu64, from, k->gseq + 1);
    if (from < oldest)
        return refuse(o, r, "gone", "from: found %" PRIu64 "; allowed: %" PRIu64 " or more", from, oldest);
    bool to_the_end = !r->to.given || r->to.value > k->gseq;
    uint64_t to = to_the_end ? k->gseq : r->to.value;
    gather g = {.prefixes = &r->prefixes};
    as_writer_msgpack(&g.writer, o->messages, PART_BYTES);
    uint64_t next = from;
    if (from <= to)
        next = as_keeper_scan(o->keeper, from, to, take, &g);
    if (next == 0) { /* the disk is not what it was */
        oldest = as_keeper_oldest(k);
        return refuse(o, r, "gone", "from: found %" PRIu64 "; allowed: %" PRIu64 " or more", from, oldest);
    }
    if (next == from && from <= to)
        return refuse(o, r, "busy", "from: the disk has no file descriptor left for %" PRIu64 "; ask again", from);
    if (g.count == 0 && to_the_end && next == k->gseq + 1 && r->wait_ms.value && may_wait) {
        task->next = next;
        return (as_outcome){.work_bytes = g.looked_bytes};
    }
    return replayed(o, r, &g, next);
}

/* ---- the others ---- */

static as_outcome ping(as_operations *o, as_request *r)
{
    as_writer writer;
    as_answer_head head = head_of(o, r);
    as_writer_msgpack(&writer, o->answer, AS_ANSWER_BYTES_MAX);
    as_answer_begin(&writer, &head, 1);
    put_uint(&writer, "ts_pub", as_clock_now_ns());
    return finish(o, r, &writer, 0);
}

static as_outcome schema(as_operations *o, as_request *r)
{
    as_writer writer;
    as_answer_head head = head_of(o, r);
    as_writer_msgpack(&writer, o->answer, AS_ANSWER_BYTES_MAX);
    as_answer_begin(&writer, &head, 1);
    as_writer_key(&writer, "schema");
    as_schema_write(&writer);
    return finish(o, r, &writer, 0);
}

/* The error chain in one line, what was being done before its cause. */
static void chain(char *text, size_t text_bytes)
{
    size_t used = 0;
    unsigned count = 0;
    while (as_error_message(count))
        count++;
    text[0] = 0;
    while (count-- > 0 && used < text_bytes - 1) {
        int bytes = snprintf(text + used, text_bytes - used, "%s%s", as_error_message(count), count ? ": " : "");
        used += bytes > 0 ? (size_t)bytes : 0;
    }
}

static as_outcome control(as_operations *o, as_request *r)
{
    as_writer writer;
    as_answer_head head = head_of(o, r);
    as_writer_msgpack(&writer, o->answer, AS_ANSWER_BYTES_MAX);
    as_answer_begin(&writer, &head, 1);
    as_writer_key(&writer, "result");
    as_error_clear();
    int rc = o->control_op ? o->control_op(o->control_context, r->op_text, &writer) : -ENOSYS;
    if (rc == 0)
        return finish(o, r, &writer, 0);
    if (rc == -ENOSYS)
        return refuse(o, r, "unknown_op", "op: found %s; allowed: snapshot, replay, ping, schema, and the operator's",
                      r->op_text);
    chain(r->detail, sizeof r->detail);
    as_error_clear();
    return as_operations_refuse(o, r, "failed", *r->detail ? r->detail : strerror(-rc));
}

as_outcome as_operations_do(as_operations *o, as_task *task, const as_grant *grant, bool may_wait, uint64_t now)
{
    as_request *r = &task->request;
    if (r->error)
        return as_operations_refuse(o, r, r->error, r->detail);
    switch (r->op) {
    case AS_OP_SNAPSHOT:
        return snapshot(o, r, grant, may_wait, now);
    case AS_OP_REPLAY:
        return replay(o, task, grant, may_wait);
    case AS_OP_PING:
        return ping(o, r);
    case AS_OP_SCHEMA:
        return schema(o, r);
    default:
        return control(o, r);
    }
}
