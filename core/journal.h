/*
 * The journal: what the core did, in the order it did it, so that a replay can do it again.
 *
 *   file    := header record*
 *   header  := "ASJ1" u32 version  u64 config_hash  u64 epoch  u64 reserved         32 bytes, little-endian
 *   record  := u32 bytes  u32 crc32c(type, payload)  u8 type  payload[bytes]
 *
 *   type 1  event     as_event, 64 bytes: market events, timers, gaps; of kind 0: only when the run began, which
 *                     decides how much of the configured history counts
 *   type 2  headline  as_event, then the raw half of its as_headline (everything before .reading)
 *   type 3  playbook  as_event (AS_EVENT_RELOAD, or zeroes for the first one), then the file's text
 *   type 4  decision  one line of `--out` (DESIGN 6.4), without its LF: what the core said after the records before it
 *   type 5  loss      u64: records that the ring to the journal had no room for; the run is not replayable from here
 *   type 6  end       u64 records: closed in good order
 *
 * A journal is read up to its last whole record: kill -9 costs at most what had not been written. Version and host
 * byte order are checked at open (little-endian only). docs/JOURNAL.md has an example to the byte.
 * Threads: a writer and a reader belong to one thread each. The writer buffers; as_journal_sync makes it durable.
 */
#ifndef AS_CORE_JOURNAL_H
#define AS_CORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AS_JOURNAL_MAGIC "ASJ1"
#define AS_JOURNAL_VERSION 2u

typedef enum as_record_type {
    AS_RECORD_EVENT = 1,
    AS_RECORD_HEADLINE = 2,
    AS_RECORD_PLAYBOOK = 3,
    AS_RECORD_DECISION = 4,
    AS_RECORD_LOSS = 5,
    AS_RECORD_END = 6
} as_record_type;

enum { AS_JOURNAL_HEADER_BYTES = 32, AS_RECORD_HEADER_BYTES = 9, AS_RECORD_BYTES_MAX = 1 << 22 };

typedef struct as_journal_writer as_journal_writer;
typedef struct as_journal_reader as_journal_reader;

/* Create path (it must not exist). 0, or a negative errno with the error chain set. */
int as_journal_create(const char *path, uint64_t config_hash, uint64_t epoch, as_journal_writer **writer);
/* Append a record of two parts (the second may be empty). 0 or a negative errno: the journal is poisoned then. */
int as_journal_append(as_journal_writer *writer, as_record_type type, const void *head, size_t head_bytes,
                      const void *tail, size_t tail_bytes);
/* Write what is buffered and fdatasync. After a failure every later call fails too. */
int as_journal_sync(as_journal_writer *writer);
uint64_t as_journal_records(const as_journal_writer *writer);
/* Append the end record, sync, close. Safe on NULL. */
int as_journal_close(as_journal_writer *writer);

/* Is this the beginning of a journal? */
bool as_journal_sniff(const void *bytes, size_t byte_count);

typedef struct as_record {
    uint8_t type;           /* as_record_type */
    uint32_t bytes;
    const uint8_t *payload; /* valid until the next call */
} as_record;

int as_journal_open(const char *path, as_journal_reader **reader);
uint64_t as_journal_config_hash(const as_journal_reader *reader);
uint64_t as_journal_epoch(const as_journal_reader *reader);
/*
 * The next record: 1; 0 at the end; -EBADMSG (error chain set, with the offset) where a checksum or a length is wrong
 * before the end of the file. A record that the file's end cuts is the end, with truncated set.
 */
int as_journal_next(as_journal_reader *reader, as_record *record);
bool as_journal_truncated(const as_journal_reader *reader);
/* Did the end record come? */
bool as_journal_complete(const as_journal_reader *reader);
void as_journal_reader_close(as_journal_reader *reader);

#endif
