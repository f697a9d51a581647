/*
 * The disk: messages in files, for replays of what memory no longer has.
 *
 * A folder of segments `aftershock-<epoch, 16 hex digits>-<first gseq, 20 digits>.asw`, only ever appended to; beyond
 * disk_bytes the oldest goes. Those that a dead daemon left are counted in and go first; a segment is locked (flock) by
 * the daemon that writes it, and the files of a locked epoch are left alone. A file with any other name is not ours.
 *
 *   segment := header record*                                             all little-endian
 *   header  := "ASW1" u32 version  u64 epoch  u64 first_gseq  u64 zero        32 bytes
 *   record  := u32 bytes  u32 crc32c  as_message  topic  payload              bytes and crc cover what follows them
 *
 * A write error (a full disk) ends the keeping on disk: said once, counted; what is there already is given as long as
 * it joins what is in memory. Want of descriptors or memory ends nothing: the last file grows until the next one can be
 * opened, at most to twice its length; then messages are left out, and what is given begins after them. A record that
 * is not what was written takes itself and all older ones out of what a replay can give.
 *
 * Threads: one, the server's: it may wait for a write of AS_DISK_BUFFER_BYTES. No fsync: this is not the journal.
 */
#ifndef AS_IPC_KEEPER_DISK_H
#define AS_IPC_KEEPER_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/keeper/message_view.h"
#include "ipc/message.h"

#define AS_DISK_MAGIC "ASW1"
#define AS_DISK_VERSION 1u

enum {
    AS_DISK_HEADER_BYTES = 32,
    AS_DISK_RECORD_HEAD_BYTES = 8,
    AS_DISK_RECORD_BYTES_MAX = 1 << 17, /* without its head */
    AS_DISK_BUFFER_BYTES = 1 << 18,
    AS_DISK_INDEX_STEP_BYTES = 1 << 16
};

typedef struct as_disk_options {
    const char *dir;
    uint64_t disk_bytes;
    uint64_t segment_bytes; /* 0: 16 MiB, or 64 MiB if there is room for 16 of those */
    uint64_t epoch;
} as_disk_options;

typedef struct as_disk as_disk;

/* Look through the folder; nothing is written before the first message. 0, or a negative errno, error chain set. */
int as_disk_open(const as_disk_options *options, as_disk **disk);
/* Write what is buffered. The files stay. Safe on NULL. */
void as_disk_close(as_disk *disk);

/* bytes: topic and payload. Never fails: see as_disk_failed. */
void as_disk_append(as_disk *disk, const as_message *message, const uint8_t *bytes);
void as_disk_flush(as_disk *disk);

/* As of the backlog: everything from the one to the other is here. 0: nothing. */
uint64_t as_disk_from(const as_disk *disk);
uint64_t as_disk_to(const as_disk *disk);
uint64_t as_disk_bytes(const as_disk *disk);
/* Has a write failed? Then nothing more is kept. */
bool as_disk_failed(const as_disk *disk);
uint64_t as_disk_damaged(const as_disk *disk);

/*
 * As as_backlog_scan, within what is here (from >= as_disk_from, to <= as_disk_to). Returns the first gseq not looked
 * at, to + 1 if none, from if there is no descriptor to read with now; 0: what was to be read is damaged, and
 * as_disk_from has risen.
 */
uint64_t as_disk_scan(as_disk *disk, uint64_t from, uint64_t to, uint64_t bytes_max, as_message_visit visit,
                      void *context);

#endif
