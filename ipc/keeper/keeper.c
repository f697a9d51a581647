#include "ipc/keeper/keeper.h"

#include <string.h>

/* What memory has no room for any more goes to disk: a short run writes nothing. */
static void keep_on_disk(void *disk, const as_message *message, const uint8_t *bytes)
{
    as_disk_append(disk, message, bytes);
}

int as_keeper_init(as_keeper *keeper, const as_keeper_options *options)
{
    *keeper = (as_keeper){0};
    int rc = as_backlog_new(options->memory_bytes, &keeper->backlog);
    if (rc == 0)
        rc = as_state_new(0, 0, &keeper->state);
    if (rc == 0 && options->disk_dir && *options->disk_dir && options->disk_bytes) {
        as_disk_options disk = {.dir = options->disk_dir, .disk_bytes = options->disk_bytes, .epoch = options->epoch};
        rc = as_disk_open(&disk, &keeper->disk);
        if (rc == 0)
            as_backlog_on_leave(keeper->backlog, keep_on_disk, keeper->disk);
    }
    if (rc < 0)
        as_keeper_fini(keeper);
    return rc;
}

void as_keeper_fini(as_keeper *keeper)
{
    as_backlog_free(keeper->backlog);
    as_disk_close(keeper->disk);
    as_state_free(keeper->state);
    *keeper = (as_keeper){0};
}

bool as_keeper_take(as_keeper *keeper, const uint8_t *record, uint32_t record_bytes)
{
    as_message message;
    if (record_bytes < sizeof message)
        return false;
    memcpy(&message, record, sizeof message);
    if (sizeof message + message.topic_bytes + message.payload_bytes != record_bytes || message.gseq <= keeper->gseq ||
        record_bytes > AS_DISK_RECORD_BYTES_MAX)
        return false;
    const uint8_t *bytes = record + sizeof message;
    as_backlog_append(keeper->backlog, &message, bytes);
    as_state_apply(keeper->state, &message, bytes);
    keeper->messages++;
    keeper->gseq = message.gseq;
    keeper->ts_now = message.ts_now;
    keeper->halted = message.halted != 0;
    return true;
}

/* Does the disk go back further than memory, without a hole between the two? */
static bool disk_helps(const as_keeper *keeper)
{
    if (!keeper->disk)
        return false;
    uint64_t memory_from = as_backlog_from(keeper->backlog);
    uint64_t from = as_disk_from(keeper->disk), to = as_disk_to(keeper->disk);
    return from && from <= to && to + 1 >= memory_from;
}

uint64_t as_keeper_oldest(const as_keeper *keeper)
{
    return disk_helps(keeper) ? as_disk_from(keeper->disk) : as_backlog_from(keeper->backlog);
}

uint64_t as_keeper_scan(as_keeper *keeper, uint64_t from, uint64_t to, as_message_visit visit, void *context)
{
    uint64_t memory_from = as_backlog_from(keeper->backlog);
    if (from < memory_from) {
        uint64_t disk_to = to < memory_from ? to : memory_from - 1;
        uint64_t next = disk_helps(keeper)
                            ? as_disk_scan(keeper->disk, from, disk_to, AS_KEEPER_DISK_SCAN_BYTES, visit, context)
                            : 0;
        if (next != disk_to + 1 || next > to)
            return next;
        from = next;
    }
    return as_backlog_scan(keeper->backlog, from, to, AS_KEEPER_MEMORY_SCAN_BYTES, visit, context);
}
