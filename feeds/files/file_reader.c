#include "feeds/files/file_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/uring_compat.h"

enum {
    SLOT_BYTES = AS_FILE_HEADROOM_BYTES + AS_FILE_BLOCK_BYTES,
    DIRECT_ALIGN = 4096, /* of offsets, lengths and buffers; the block's size and its place in the slot are multiples */
    CACHE_SAMPLES = 16
};

_Static_assert(AS_FILE_BLOCK_BYTES % DIRECT_ALIGN == 0 && AS_FILE_HEADROOM_BYTES % DIRECT_ALIGN == 0,
               "blocks are aligned for O_DIRECT");

typedef enum slot_state { SLOT_FREE = 0, SLOT_READING, SLOT_READY, SLOT_HELD } slot_state;

typedef struct slot {
    uint64_t offset;
    uint32_t bytes; /* read so far */
    int error;      /* a negative errno */
    slot_state state;
} slot;

struct as_file_reader {
    int fd;        /* through the page cache */
    int direct_fd; /* -1: none */
    int cancel_fd; /* streams: an eventfd */
    as_file_mode mode;
    uint64_t file_bytes;
    uint64_t next_offset; /* of the next block to be asked for */
    uint8_t *slots;
    slot slot[AS_FILE_BLOCKS];
    uint32_t head; /* the slot that wait gives next */
    uint32_t tail; /* the slot to be asked for next */
    uint32_t held_count;
    uint32_t reading_count;
    bool has_ring, has_fixed;
    int error; /* of the file or the ring, once everything before it has been given; sticky */
    bool ended;
    struct io_uring ring;
};

static uint8_t *block_of(const as_file_reader *r, uint32_t idx)
{
    return r->slots + (size_t)idx * SLOT_BYTES + AS_FILE_HEADROOM_BYTES;
}

/* ---- opening ---- */

static atomic_uint ring_count; /* of this process */

static bool take_ring(void)
{
    unsigned before = atomic_fetch_add_explicit(&ring_count, 1, memory_order_relaxed); /* relaxed: only a number */
    if (before < AS_FILE_RINGS_MAX)
        return true;
    atomic_fetch_sub_explicit(&ring_count, 1, memory_order_relaxed); /* relaxed: only a number */
    return false;
}

static void give_ring(void)
{
    atomic_fetch_sub_explicit(&ring_count, 1, memory_order_relaxed); /* relaxed: only a number */
}

/* Is most of the file in the page cache? Asked of some places, without reading anything from the disk. */
static bool is_cached(const as_file_reader *r)
{
    unsigned hits = 0;
    for (unsigned i = 0; i < CACHE_SAMPLES; i++) {
        char byte;
        struct iovec place = {&byte, 1};
        hits += preadv2(r->fd, &place, 1, (off_t)(r->file_bytes / CACHE_SAMPLES * i), RWF_NOWAIT) == 1;
    }
    return hits > CACHE_SAMPLES / 2;
}

static void start_ring(as_file_reader *r)
{
    struct iovec block[AS_FILE_BLOCKS];
    if (io_uring_queue_init(AS_FILE_BLOCKS, &r->ring, 0) < 0) {
        give_ring();
        r->mode = AS_FILE_PREAD;
        return;
    }
    r->has_ring = true;
    for (uint32_t i = 0; i < AS_FILE_BLOCKS; i++)
        block[i] = (struct iovec){block_of(r, i), AS_FILE_BLOCK_BYTES};
    r->has_fixed = io_uring_register_buffers(&r->ring, block, AS_FILE_BLOCKS) == 0;
}

static void choose_mode(as_file_reader *r, const char *path, as_file_mode wanted)
{
    r->mode = wanted;
    if (wanted == AS_FILE_PREAD || (wanted == AS_FILE_AUTO && r->file_bytes < AS_FILE_RING_BYTES) || !take_ring())
        r->mode = AS_FILE_PREAD;
    else if (wanted == AS_FILE_AUTO)
        r->mode = is_cached(r) ? AS_FILE_BUFFERED : AS_FILE_DIRECT;
    if (r->mode == AS_FILE_DIRECT) {
        r->direct_fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
        if (r->direct_fd < 0)
            r->mode = AS_FILE_BUFFERED;
    }
    if (r->mode == AS_FILE_DIRECT || r->mode == AS_FILE_BUFFERED)
        start_ring(r);
    if (r->mode != AS_FILE_DIRECT)
        (void)posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

static int open_descriptor(as_file_reader *r, const char *path, as_file_mode wanted)
{
    struct stat status;
    bool is_input = strcmp(path, "-") == 0;
    r->fd = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 || fstat(r->fd, &status) < 0)
        return as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return as_error_set(-EISDIR, "%s: is a folder; a file is expected", path);
    bool is_regular = S_ISREG(status.st_mode);
    if (is_regular)
        r->file_bytes = (uint64_t)status.st_size;
    if (is_regular && !is_input && status.st_size > 0 && wanted != AS_FILE_STREAM) {
        choose_mode(r, path, wanted);
        return 0;
    }
    r->mode = AS_FILE_STREAM;
    r->cancel_fd = is_regular ? -1 : eventfd(0, EFD_CLOEXEC);
    if (!is_regular && r->cancel_fd < 0)
        return as_error_set(-errno, "%s: eventfd: %s", path, strerror(errno));
    return 0;
}

int as_file_reader_open(const char *path, as_file_mode mode, as_file_reader **reader)
{
    as_file_reader *r = calloc(1, sizeof *r);
    if (!r)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    r->fd = r->direct_fd = r->cancel_fd = -1;
    void *map = mmap(NULL, (size_t)AS_FILE_BLOCKS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int code = 0;
    if (map == MAP_FAILED)
        code = as_error_set(-ENOMEM, "%s: out of memory", path);
    else
        r->slots = map;
    if (code == 0)
        code = open_descriptor(r, path, mode);
    if (code < 0) {
        as_file_reader_close(r);
        return code;
    }
    *reader = r;
    return 0;
}

/* ---- io_uring ---- */

static void ask(as_file_reader *r, uint32_t idx)
{
    slot *s = &r->slot[idx];
    struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring); /* as many entries as slots: never NULL */
    int fd = r->direct_fd >= 0 ? r->direct_fd : r->fd;
    uint8_t *into = block_of(r, idx) + s->bytes;
    uint32_t want = AS_FILE_BLOCK_BYTES - s->bytes;
    if (r->has_fixed)
        io_uring_prep_read_fixed(sqe, fd, into, want, s->offset + s->bytes, (int)idx);
    else
        io_uring_prep_read(sqe, fd, into, want, s->offset + s->bytes);
    io_uring_sqe_set_data64(sqe, idx);
    s->state = SLOT_READING;
    r->reading_count++;
}

/* Ask for every block that has a free slot. */
static void ask_ahead(as_file_reader *r)
{
    while (r->slot[r->tail].state == SLOT_FREE && r->next_offset < r->file_bytes) {
        r->slot[r->tail] = (slot){.offset = r->next_offset};
        ask(r, r->tail);
        r->next_offset += AS_FILE_BLOCK_BYTES;
        r->tail = (r->tail + 1) % AS_FILE_BLOCKS;
    }
}

/* The rest of a block, or all of it, without the ring. */
static void read_rest(as_file_reader *r, uint32_t idx)
{
    slot *s = &r->slot[idx];
    while (s->bytes < AS_FILE_BLOCK_BYTES) {
        ssize_t got =
            pread(r->fd, block_of(r, idx) + s->bytes, AS_FILE_BLOCK_BYTES - s->bytes, (off_t)(s->offset + s->bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            s->error = -errno;
        if (got <= 0)
            break;
        s->bytes += (uint32_t)got;
    }
    s->state = SLOT_READY;
}

static void stop_direct(as_file_reader *r)
{
    r->mode = AS_FILE_BUFFERED;
    close(r->direct_fd); /* reads that are under way hold the file themselves */
    r->direct_fd = -1;
}

static void complete(as_file_reader *r, uint32_t idx, int result)
{
    slot *s = &r->slot[idx];
    r->reading_count--;
    if (result < 0) { /* pread tells whether it is the file or only this way of reading it */
        if (r->direct_fd >= 0 && (result == -EINVAL || result == -EOPNOTSUPP))
            stop_direct(r);
        read_rest(r, idx);
        return;
    }
    s->bytes += (uint32_t)result;
    if (result == 0 || s->bytes == AS_FILE_BLOCK_BYTES || s->offset + s->bytes >= r->file_bytes)
        s->state = SLOT_READY;
    else
        read_rest(r, idx); /* a short read: rare */
}

static void reap(as_file_reader *r)
{
    struct io_uring_cqe *cqe;
    while (io_uring_peek_cqe(&r->ring, &cqe) == 0) {
        uint32_t idx = (uint32_t)io_uring_cqe_get_data64(cqe);
        int result = cqe->res;
        io_uring_cqe_seen(&r->ring, cqe);
        complete(r, idx, result);
    }
}

static void stop_ring(as_file_reader *r)
{
    while (r->reading_count > 0) {
        int code = io_uring_submit_and_wait(&r->ring, 1);
        if (code < 0 && code != -EINTR && code != -EAGAIN && code != -EBUSY)
            break;
        reap(r);
    }
    io_uring_queue_exit(&r->ring);
    give_ring();
    r->has_ring = false;
}

/* Until the block at head has been read. */
static void wait_ring(as_file_reader *r)
{
    while (r->slot[r->head].state == SLOT_READING && r->error == 0) {
        int code = io_uring_submit_and_wait(&r->ring, 1);
        if (code < 0 && code != -EINTR && code != -EAGAIN && code != -EBUSY)
            r->error = code;
        reap(r);
    }
}

/* ---- blocks ---- */

static void read_stream(as_file_reader *r)
{
    slot *s = &r->slot[r->head];
    while (r->error == 0 && s->state != SLOT_READY) {
        struct pollfd ready[] = {{.fd = r->fd, .events = POLLIN}, {.fd = r->cancel_fd, .events = POLLIN}};
        if (r->cancel_fd >= 0 && poll(ready, 2, -1) < 0) {
            r->error = errno == EINTR ? 0 : -errno;
            continue;
        }
        if (ready[1].revents) {
            r->error = -ECANCELED;
            continue;
        }
        ssize_t got = read(r->fd, block_of(r, r->head), AS_FILE_BLOCK_BYTES);
        if (got >= 0)
            *s = (slot){.bytes = (uint32_t)got, .state = SLOT_READY};
        else if (errno != EINTR && errno != EAGAIN)
            r->error = -errno;
    }
}

static void read_head(as_file_reader *r)
{
    if (r->mode == AS_FILE_STREAM) {
        read_stream(r);
    } else if (r->has_ring) {
        ask_ahead(r);
        wait_ring(r);
    } else if (r->next_offset < r->file_bytes) {
        r->slot[r->head] = (slot){.offset = r->next_offset};
        r->next_offset += AS_FILE_BLOCK_BYTES;
        read_rest(r, r->head);
    }
}

int64_t as_file_reader_wait(as_file_reader *reader, uint8_t **block)
{
    as_file_reader *r = reader;
    AS_DCHECK(r->held_count < 2);
    slot *s = &r->slot[r->head];
    if (r->error || r->ended)
        return r->error;
    read_head(r);
    if (r->error)
        return r->error;
    if (s->state != SLOT_READY || s->bytes == 0) {
        r->ended = true;
        r->error = s->error;
        return r->error;
    }
    *block = block_of(r, r->head);
    s->state = SLOT_HELD;
    r->held_count++;
    r->head = (r->head + 1) % AS_FILE_BLOCKS;
    r->error = s->error; /* what came before it goes first */
    return s->bytes;
}

void as_file_reader_release(as_file_reader *reader)
{
    as_file_reader *r = reader;
    AS_DCHECK(r->held_count > 0);
    uint32_t oldest = (r->head + AS_FILE_BLOCKS - r->held_count) % AS_FILE_BLOCKS;
    r->slot[oldest].state = SLOT_FREE;
    r->held_count--;
}

void as_file_reader_cancel(as_file_reader *reader)
{
    uint64_t one = 1;
    if (reader->cancel_fd >= 0 && write(reader->cancel_fd, &one, sizeof one) < 0)
        return; /* the counter is full: it has been cancelled already */
}

void as_file_reader_close(as_file_reader *reader)
{
    if (!reader)
        return;
    if (reader->has_ring)
        stop_ring(reader);
    if (reader->slots)
        munmap(reader->slots, (size_t)AS_FILE_BLOCKS * SLOT_BYTES);
    if (reader->direct_fd >= 0)
        close(reader->direct_fd);
    if (reader->cancel_fd >= 0)
        close(reader->cancel_fd);
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader);
}

uint64_t as_file_reader_file_bytes(const as_file_reader *reader)
{
    return reader->file_bytes;
}

as_file_mode as_file_reader_mode(const as_file_reader *reader)
{
    return reader->mode;
}

const char *as_file_mode_name(as_file_mode mode)
{
    static const char *const name[] = {"auto", "direct", "buffered", "pread", "stream"};
    return name[mode];
}
