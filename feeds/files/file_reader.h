/*
 * A file as a sequence of blocks, read ahead.
 *
 *   file     |  block 0  |  block 1  |  block 2  |  block 3  | ...  the last one is shorter
 *   slots    [room][block] [room][block] ...     AS_FILE_BLOCKS of them, used in turn
 *
 * Before each block there is room for AS_FILE_HEADROOM_BYTES, for what the caller carries over from the block before:
 * so a record that two blocks share becomes one stretch of memory by copying its beginning, and nothing else is copied.
 *
 * How it is read (PROTOCOLS B3), from the best down, found out by trying:
 *
 *   AS_FILE_DIRECT    io_uring, all blocks ahead, O_DIRECT: past the page cache, which a day's recording would flush
 *   AS_FILE_BUFFERED  io_uring, all blocks ahead, through the page cache: where the file system has no O_DIRECT, and
 *                     where the file is in the cache already
 *   AS_FILE_PREAD     block by block: small files, for which a ring does not pay, and where io_uring is refused
 *   AS_FILE_STREAM    read(2), as much as there is: pipes, sockets, terminals, standard input
 *
 * Registered buffers (READ_FIXED) are used where the locked-memory limit allows.
 *
 * Threads: one at a time; as_file_reader_cancel from any. Memory: one mapping, AS_FILE_BLOCKS times room and block, of
 * which what is used is touched; the ring. Whatever the size of the file.
 */
#ifndef AS_FEEDS_FILE_READER_H
#define AS_FEEDS_FILE_READER_H

#include <stdint.h>

enum {
    AS_FILE_BLOCK_BYTES = 256 * 1024,
    AS_FILE_HEADROOM_BYTES = 256 * 1024,
    AS_FILE_BLOCKS = 8,
    AS_FILE_RING_BYTES = 4 * 1024 * 1024, /* smaller files are read block by block */
    AS_FILE_RINGS_MAX =
        64 /* rings of a process: readers beyond read block by block, and spare descriptors and memory */
};

typedef enum as_file_mode {
    AS_FILE_AUTO = 0,
    AS_FILE_DIRECT,
    AS_FILE_BUFFERED,
    AS_FILE_PREAD,
    AS_FILE_STREAM
} as_file_mode;

typedef struct as_file_reader as_file_reader;

/*
 * Open path; "-" is standard input. mode: AS_FILE_AUTO, or the first one to try, whatever the file's size. 0, or a
 * negative errno with the error chain set (-EISDIR for a folder).
 */
int as_file_reader_open(const char *path, as_file_mode mode, as_file_reader **reader);

/* NULL is allowed. Reads that are under way are waited for. */
void as_file_reader_close(as_file_reader *reader);

/*
 * The next block: its bytes (1..AS_FILE_BLOCK_BYTES) and *block, which stays as it is until it is released; 0 at
 * the end; a negative errno (no error chain) where the file cannot be read, and after a cancel -ECANCELED. A block
 * is waited for. At most two blocks are held at a time.
 */
int64_t as_file_reader_wait(as_file_reader *reader, uint8_t **block);

/* The oldest block that is held is used up. */
void as_file_reader_release(as_file_reader *reader);

/* End a wait for a pipe that gives nothing, and all later ones. Any thread. */
void as_file_reader_cancel(as_file_reader *reader);

/* Size of the file when it was opened; 0 for a stream. */
uint64_t as_file_reader_file_bytes(const as_file_reader *reader);

/* How it is being read: what AS_FILE_AUTO has become. */
as_file_mode as_file_reader_mode(const as_file_reader *reader);

/* "direct" "buffered" "pread" "stream" */
const char *as_file_mode_name(as_file_mode mode);

#endif
