#include "ipc/zmtp/queue.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"

enum { DATA_BYTES_MIN = 4096, RECORDS_MIN = 16, KEPT_BYTES = 16384 };

void as_zmtp_queue_fini(as_zmtp_queue *queue)
{
    free(queue->data);
    free(queue->record);
    *queue = (as_zmtp_queue){.limit_bytes = queue->limit_bytes};
}

static as_zmtp_record *record_at(const as_zmtp_queue *queue, uint32_t idx)
{
    return &queue->record[(queue->record_head + idx) & (queue->record_capacity - 1)];
}

static uint32_t wrap(const as_zmtp_queue *queue, uint64_t position)
{
    return (uint32_t)(position >= queue->capacity ? position - queue->capacity : position);
}

/* What the limit is compared with. */
static uint64_t cost(const as_zmtp_queue *queue)
{
    return queue->used + (uint64_t)queue->record_count * sizeof(as_zmtp_record);
}

static bool grow_data(as_zmtp_queue *queue, uint64_t needed)
{
    if (needed <= queue->capacity)
        return true;
    uint64_t capacity = queue->capacity ? queue->capacity : DATA_BYTES_MIN;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > queue->limit_bytes)
        capacity = queue->limit_bytes;
    uint8_t *data = malloc(capacity);
    if (!data)
        return false;
    if (queue->used > 0) {
        uint32_t first = queue->capacity - queue->head;
        if (first > queue->used)
            first = queue->used;
        memcpy(data, queue->data + queue->head, first);
        memcpy(data + first, queue->data, queue->used - first);
    }
    free(queue->data);
    queue->data = data;
    queue->capacity = (uint32_t)capacity;
    queue->head = 0;
    return true;
}

static bool grow_records(as_zmtp_queue *queue)
{
    if (queue->record_count < queue->record_capacity)
        return true;
    uint32_t capacity = queue->record_capacity ? 2 * queue->record_capacity : RECORDS_MIN;
    as_zmtp_record *record = malloc(capacity * sizeof *record);
    if (!record)
        return false;
    for (uint32_t i = 0; i < queue->record_count; i++)
        record[i] = *record_at(queue, i);
    free(queue->record);
    queue->record = record;
    queue->record_capacity = capacity;
    queue->record_head = 0;
    return true;
}

/* Move count bytes, offset behind head, forward by distance, over what was dropped behind them. */
static void move_on(as_zmtp_queue *queue, uint32_t offset, uint32_t count, uint32_t distance)
{
    while (count > 0) {
        /* from the end backwards, in pieces that cross the end of the memory on neither side */
        uint32_t from_end = wrap(queue, (uint64_t)queue->head + offset + count);
        uint32_t to_end = wrap(queue, (uint64_t)queue->head + offset + count + distance);
        uint32_t piece = count;
        if (from_end == 0)
            from_end = queue->capacity;
        if (to_end == 0)
            to_end = queue->capacity;
        piece = piece < from_end ? piece : from_end;
        piece = piece < to_end ? piece : to_end;
        memmove(queue->data + to_end - piece, queue->data + from_end - piece, piece);
        count -= piece;
    }
}

/* What goes, from the oldest on, and the records among it that stay. */
typedef struct drop {
    uint32_t records, bytes; /* looked at: dropped or kept */
    uint32_t kept;
    struct {
        uint32_t idx, offset;
    } keep[1 + AS_ZMTP_KINDS];
    uint32_t gone, gone_bytes;
} drop;

/* Which of the oldest go until room_bytes more may come; false: not enough that may. */
static bool choose(const as_zmtp_queue *queue, uint64_t room_bytes, as_zmtp_kind coming, bool keep_last, drop *d)
{
    uint64_t left = cost(queue) + room_bytes;
    uint32_t later[AS_ZMTP_KINDS]; /* of each kind, the newcomer included */
    memcpy(later, queue->waiting, sizeof later);
    later[coming]++;
    *d = (drop){0};
    while (left > queue->limit_bytes && d->records < queue->record_count) {
        const as_zmtp_record *record = record_at(queue, d->records);
        bool is_last = --later[record->kind] == 0 && record->kind >= AS_ZMTP_KIND_HEARTBEAT;
        if ((d->records == 0 && queue->begun) || (keep_last && is_last)) {
            d->keep[d->kept].idx = d->records;
            d->keep[d->kept++].offset = d->bytes;
        } else {
            d->gone++;
            d->gone_bytes += record->bytes;
            left -= record->bytes + sizeof *record;
        }
        d->records++;
        d->bytes += record->bytes;
    }
    return left <= queue->limit_bytes;
}

/* Drop the oldest that may go until room_bytes more may come. How many messages went. */
static uint32_t make_room(as_zmtp_queue *queue, uint64_t room_bytes, as_zmtp_kind coming)
{
    drop d;
    uint32_t replies = queue->waiting[AS_ZMTP_KIND_REPLY];
    if (!choose(queue, room_bytes, coming, true, &d))
        choose(queue, room_bytes, coming, false, &d);
    if (d.gone == 0)
        return 0;
    for (uint32_t i = 0; i < d.records; i++)
        queue->waiting[record_at(queue, i)->kind]--;
    uint32_t end = d.records, end_bytes = d.bytes;
    for (uint32_t i = d.kept; i-- > 0;) { /* the last one first: they move towards the end of what was looked at */
        as_zmtp_record record = *record_at(queue, d.keep[i].idx);
        end_bytes -= record.bytes;
        move_on(queue, d.keep[i].offset, record.bytes, end_bytes - d.keep[i].offset);
        *record_at(queue, --end) = record;
        queue->waiting[record.kind]++;
    }
    replies -= queue->waiting[AS_ZMTP_KIND_REPLY];
    queue->head = wrap(queue, (uint64_t)queue->head + d.gone_bytes);
    queue->record_head = (queue->record_head + d.gone) & (queue->record_capacity - 1);
    queue->record_count -= d.gone;
    queue->used -= d.gone_bytes;
    return d.gone - replies;
}

uint32_t as_zmtp_queue_put(as_zmtp_queue *queue, const uint8_t *bytes, uint32_t count, bool begun, uint64_t gseq,
                           as_zmtp_kind kind)
{
    AS_DCHECK(!begun || queue->record_count == 0);
    uint64_t room = (uint64_t)count + sizeof(as_zmtp_record);
    uint64_t kept = queue->begun ? record_at(queue, 0)->bytes + sizeof(as_zmtp_record) : 0;
    if (room + kept > queue->limit_bytes)
        return kind != AS_ZMTP_KIND_REPLY; /* everything else could go, and it would still not fit */
    uint32_t dropped = make_room(queue, room, kind);
    if (!grow_data(queue, (uint64_t)queue->used + count) || !grow_records(queue))
        return dropped + (kind != AS_ZMTP_KIND_REPLY);
    uint32_t tail = wrap(queue, (uint64_t)queue->head + queue->used);
    uint32_t first = queue->capacity - tail < count ? queue->capacity - tail : count;
    memcpy(queue->data + tail, bytes, first);
    memcpy(queue->data, bytes + first, count - first);
    queue->used += count;
    *record_at(queue, queue->record_count++) = (as_zmtp_record){gseq, count, kind};
    queue->waiting[kind]++;
    if (begun)
        queue->begun = true;
    return dropped;
}

int as_zmtp_queue_peek(const as_zmtp_queue *queue, struct iovec piece[2])
{
    if (queue->used == 0)
        return 0;
    uint32_t first = queue->capacity - queue->head;
    if (first >= queue->used) {
        piece[0] = (struct iovec){queue->data + queue->head, queue->used};
        return 1;
    }
    piece[0] = (struct iovec){queue->data + queue->head, first};
    piece[1] = (struct iovec){queue->data, queue->used - first};
    return 2;
}

as_zmtp_sent as_zmtp_queue_sent(as_zmtp_queue *queue, uint32_t count)
{
    as_zmtp_sent sent = {0};
    AS_ASSERT(count <= queue->used);
    queue->head = wrap(queue, (uint64_t)queue->head + count);
    queue->used -= count;
    while (count > 0) {
        as_zmtp_record *record = record_at(queue, 0);
        if (record->bytes > count) {
            record->bytes -= count;
            queue->begun = true;
            return sent;
        }
        count -= record->bytes;
        queue->begun = false;
        queue->waiting[record->kind]--;
        if (record->kind != AS_ZMTP_KIND_REPLY) {
            sent.messages++;
            sent.gseq = record->gseq;
        }
        queue->record_head = (queue->record_head + 1) & (queue->record_capacity - 1);
        queue->record_count--;
    }
    if (queue->used == 0 && queue->capacity > KEPT_BYTES)
        as_zmtp_queue_fini(queue);
    return sent;
}
