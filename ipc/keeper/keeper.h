/*
 * The keeper: what was published, in memory and on disk, and what it adds up to.
 *
 * Threads: one, the server's.
 */
#ifndef AS_IPC_KEEPER_KEEPER_H
#define AS_IPC_KEEPER_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/keeper/backlog.h"
#include "ipc/keeper/disk.h"
#include "ipc/keeper/message_view.h"
#include "ipc/keeper/state.h"
#include "ipc/message.h"

enum {
    AS_KEEPER_MEMORY_SCAN_BYTES = 64 << 20, /* looked at for one answer: a few ms */
    AS_KEEPER_DISK_SCAN_BYTES = 8 << 20     /* likewise: each of their bytes is read and checked */
};

typedef struct as_keeper {
    as_backlog *backlog;
    as_disk *disk; /* NULL: none */
    as_state *state;
    uint64_t messages; /* taken */
    uint64_t gseq;     /* of the last one */
    uint64_t ts_now;   /* likewise */
    bool halted;
} as_keeper;

typedef struct as_keeper_options {
    uint64_t memory_bytes;
    const char *disk_dir; /* "" or NULL: none */
    uint64_t disk_bytes;  /* 0: none */
    uint64_t epoch;
} as_keeper_options;

/* 0, or a negative errno with the error chain set; zeroes are safe to fini. */
int as_keeper_init(as_keeper *keeper, const as_keeper_options *options);
void as_keeper_fini(as_keeper *keeper);

/* Keep one record of the ring: as_message, topic, payload. A record of a wrong length is not kept: false. */
bool as_keeper_take(as_keeper *keeper, const uint8_t *record, uint32_t record_bytes);

/* The first gseq from which on everything can be given; 0: nothing yet. */
uint64_t as_keeper_oldest(const as_keeper *keeper);

/*
 * Visit what has from <= gseq <= to (from >= oldest, to <= keeper->gseq), in order. Returns the first gseq that was not
 * looked at, to + 1 if none, from if the disk has no descriptor now; 0: the disk is damaged there, and oldest has
 * risen.
 */
uint64_t as_keeper_scan(as_keeper *keeper, uint64_t from, uint64_t to, as_message_visit visit, void *context);

#endif
