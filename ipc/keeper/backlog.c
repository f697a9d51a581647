#include "ipc/keeper/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

enum { AHEAD = 8 }; /* messages whose heads are fetched while one is looked at */

typedef struct place {
    uint64_t gseq;
    uint64_t at; /* free-running byte position; modulo memory_bytes it is contiguous */
} place;

struct as_backlog {
    uint8_t *memory;
    uint64_t memory_bytes;
    place *place; /* place_mask + 1 */
    uint64_t place_mask;
    uint64_t first, end; /* free-running indices of places */
    uint64_t write_at;   /* free-running */
    uint64_t from;
    uint64_t bytes; /* of topics and payloads */
    as_backlog_leave leave; /* NULL: nobody is told */
    void *leave_context;
};

static uint64_t power_of_two_up(uint64_t value)
{
    uint64_t power = 1;
    while (power < value)
        power *= 2;
    return power;
}

int as_backlog_new(uint64_t memory_bytes, as_backlog **out)
{
    if (memory_bytes < AS_BACKLOG_BYTES_MIN)
        memory_bytes = AS_BACKLOG_BYTES_MIN;
    memory_bytes &= ~UINT64_C(7);
    as_backlog *backlog = calloc(1, sizeof *backlog);
    if (backlog) {
        backlog->memory_bytes = memory_bytes;
        backlog->place_mask = power_of_two_up(memory_bytes / AS_BACKLOG_MEAN_BYTES) - 1;
        backlog->memory = malloc(memory_bytes);
        backlog->place = malloc((backlog->place_mask + 1) * sizeof *backlog->place);
    }
    if (!backlog || !backlog->memory || !backlog->place) {
        as_backlog_free(backlog);
        return as_error_set(-ENOMEM, "server: out of memory for %llu bytes of messages; see publish.memory",
                            (unsigned long long)memory_bytes);
    }
    *out = backlog;
    return 0;
}

void as_backlog_free(as_backlog *backlog)
{
    if (!backlog)
        return;
    free(backlog->memory);
    free(backlog->place);
    free(backlog);
}

static const place *oldest_of(const as_backlog *backlog)
{
    return &backlog->place[backlog->first & backlog->place_mask];
}

/* The header stands before the bytes. */
static as_message message_at(const as_backlog *backlog, uint64_t at)
{
    as_message message;
    memcpy(&message, backlog->memory + at % backlog->memory_bytes, sizeof message);
    return message;
}

static const uint8_t *bytes_at(const as_backlog *backlog, uint64_t at)
{
    return backlog->memory + at % backlog->memory_bytes + sizeof(as_message);
}

static void drop_oldest(as_backlog *backlog)
{
    uint64_t at = oldest_of(backlog)->at;
    as_message oldest = message_at(backlog, at);
    if (backlog->leave)
        backlog->leave(backlog->leave_context, &oldest, bytes_at(backlog, at));
    backlog->bytes -= oldest.topic_bytes + oldest.payload_bytes;
    backlog->from = oldest.gseq + 1;
    backlog->first++;
}

void as_backlog_on_leave(as_backlog *backlog, as_backlog_leave leave, void *context)
{
    backlog->leave = leave;
    backlog->leave_context = context;
}

void as_backlog_append(as_backlog *backlog, const as_message *message, const uint8_t *bytes)
{
    uint64_t byte_count = (uint64_t)message->topic_bytes + message->payload_bytes;
    uint64_t span = (sizeof *message + byte_count + 7) & ~UINT64_C(7);
    uint64_t to_end = backlog->memory_bytes - backlog->write_at % backlog->memory_bytes;
    if (to_end < span)
        backlog->write_at += to_end; /* a record is contiguous */
    uint64_t end = backlog->write_at + span;
    while (backlog->first != backlog->end && (oldest_of(backlog)->at + backlog->memory_bytes < end ||
                                              backlog->end - backlog->first > backlog->place_mask))
        drop_oldest(backlog);
    uint8_t *to = backlog->memory + backlog->write_at % backlog->memory_bytes;
    memcpy(to, message, sizeof *message);
    memcpy(to + sizeof *message, bytes, byte_count);
    backlog->place[backlog->end++ & backlog->place_mask] = (place){.gseq = message->gseq, .at = backlog->write_at};
    backlog->write_at = end;
    backlog->bytes += byte_count;
    if (!backlog->from)
        backlog->from = message->gseq;
}

uint64_t as_backlog_from(const as_backlog *backlog)
{
    return backlog->from;
}

uint64_t as_backlog_count(const as_backlog *backlog)
{
    return backlog->end - backlog->first;
}

uint64_t as_backlog_bytes(const as_backlog *backlog)
{
    return backlog->bytes;
}

/* Free-running index of the first place with gseq >= from. */
static uint64_t find(const as_backlog *backlog, uint64_t from)
{
    uint64_t low = backlog->first, high = backlog->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (backlog->place[middle & backlog->place_mask].gseq < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t as_backlog_scan(const as_backlog *backlog, uint64_t from, uint64_t to, uint64_t bytes_max,
                         as_message_visit visit, void *context)
{
    uint64_t looked = 0;
    for (uint64_t i = find(backlog, from); i < backlog->end; i++) {
        const place *p = &backlog->place[i & backlog->place_mask];
        if (p->gseq > to)
            break;
        if (looked >= bytes_max)
            return p->gseq;
        if (i + AHEAD < backlog->end) {
            uint64_t soon = backlog->place[(i + AHEAD) & backlog->place_mask].at;
            __builtin_prefetch(backlog->memory + soon % backlog->memory_bytes);
        }
        as_message h = message_at(backlog, p->at);
        const uint8_t *bytes = bytes_at(backlog, p->at);
        const as_message_view view = {.gseq = p->gseq,
                                      .topic = bytes,
                                      .payload = bytes + h.topic_bytes,
                                      .topic_bytes = h.topic_bytes,
                                      .payload_bytes = h.payload_bytes};
        if (!visit(context, &view))
            return p->gseq;
        looked += sizeof h + h.topic_bytes + h.payload_bytes;
    }
    return to + 1;
}
