#include "ipc/keeper/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/error.h"

enum { PATH_BYTES = 1024, NAME_BYTES = 64, TRY_AGAIN_MESSAGES = 256 };

typedef struct mark {
    uint64_t gseq, at;
} mark;

/* A file of this run. */
typedef struct segment {
    uint64_t first_gseq, last_gseq;
    uint64_t bytes; /* written and buffered */
    uint64_t written_bytes;
    uint32_t mark_count, mark_room;
    mark *mark; /* a record's place each AS_DISK_INDEX_STEP_BYTES */
} segment;

/* A file of an earlier run. */
typedef struct leftover {
    char name[NAME_BYTES];
    uint64_t epoch;
    int64_t modified_at;
    uint64_t bytes;
    bool alive;
} leftover;

struct as_disk {
    char dir[PATH_BYTES - NAME_BYTES - 1];
    uint64_t disk_bytes, segment_bytes, epoch;
    segment *segment; /* the oldest first; the last one is written to */
    uint32_t segment_count, segment_room;
    leftover *leftover; /* the oldest first, from leftover_first */
    uint32_t leftover_count, leftover_first;
    uint64_t bytes; /* of all files */
    uint64_t from;
    uint64_t to;         /* written or buffered */
    uint64_t written_to; /* all of it written */
    int fd;              /* of the last segment; locked */
    int read_fd;         /* of the segment read last */
    uint64_t read_gseq;  /* its first gseq */
    uint8_t *buffer;
    size_t buffer_used;
    uint8_t *read_buffer;
    bool failed;
    bool postponed;  /* a new file could not be opened: there were no descriptors */
    bool skipped;    /* .. for so long that messages were left out */
    uint32_t try_in; /* messages, until it is tried again */
    uint64_t damaged;
};

/* ---- names ---- */

static void name_of(uint64_t epoch, uint64_t first_gseq, char name[NAME_BYTES])
{
    (void)snprintf(name, NAME_BYTES, "aftershock-%016" PRIx64 "-%020" PRIu64 ".asw", epoch, first_gseq);
}

static bool path_of(const as_disk *disk, const char *name, char path[PATH_BYTES])
{
    int bytes = snprintf(path, PATH_BYTES, "%s/%s", disk->dir, name);
    return bytes > 0 && bytes < PATH_BYTES;
}

/* Exactly a name that we would write. */
static bool is_ours(const char *name, uint64_t *epoch)
{
    uint64_t first_gseq;
    char again[NAME_BYTES];
    if (sscanf(name, "aftershock-%16" SCNx64 "-%20" SCNu64 ".asw", epoch, &first_gseq) != 2)
        return false;
    name_of(*epoch, first_gseq, again);
    return strcmp(name, again) == 0;
}

/* ---- files of earlier runs ---- */

static bool is_locked(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

static int by_age(const void *a, const void *b)
{
    const leftover *left = a, *right = b;
    if (left->modified_at != right->modified_at)
        return left->modified_at < right->modified_at ? -1 : 1;
    return strcmp(left->name, right->name);
}

static bool add_leftover(as_disk *disk, const char *name, uint64_t epoch, uint32_t *room)
{
    char path[PATH_BYTES];
    struct stat info;
    if (!path_of(disk, name, path) || lstat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return true;
    if (disk->leftover_count == *room) {
        uint32_t more = *room ? 2 * *room : 64;
        leftover *grown = realloc(disk->leftover, more * sizeof *grown);
        if (!grown)
            return false;
        disk->leftover = grown;
        *room = more;
    }
    leftover *left = &disk->leftover[disk->leftover_count++];
    *left = (leftover){
        .epoch = epoch,
        .modified_at = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec,
        .bytes = (uint64_t)info.st_size,
        .alive = is_locked(path),
    };
    (void)snprintf(left->name, sizeof left->name, "%s", name);
    return true;
}

/* A running daemon's files are its own: all of an epoch that has a locked one. */
static void leave_the_living(as_disk *disk)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->leftover_count; i++) {
        bool alive = false;
        for (uint32_t j = 0; j < disk->leftover_count && !alive; j++)
            alive = disk->leftover[j].alive && disk->leftover[j].epoch == disk->leftover[i].epoch;
        disk->leftover[i].alive = alive;
    }
    for (uint32_t i = 0; i < disk->leftover_count; i++)
        if (!disk->leftover[i].alive)
            disk->leftover[kept++] = disk->leftover[i];
    disk->leftover_count = kept;
}

static int look_through(as_disk *disk)
{
    DIR *dir = opendir(disk->dir);
    uint32_t room = 0;
    uint64_t epoch;
    bool enough = true;
    if (!dir)
        return as_error_set(-errno, "%s: %s; allowed: a folder for messages (journal.dir, publish.disk)", disk->dir,
                            strerror(errno));
    for (const struct dirent *found; enough && (found = readdir(dir));)
        if (is_ours(found->d_name, &epoch) && epoch != disk->epoch)
            enough = add_leftover(disk, found->d_name, epoch, &room);
    closedir(dir);
    if (!enough)
        return as_error_set(-ENOMEM, "server: out of memory for the files in %s", disk->dir);
    leave_the_living(disk);
    if (disk->leftover_count)
        qsort(disk->leftover, disk->leftover_count, sizeof *disk->leftover, by_age);
    for (uint32_t i = 0; i < disk->leftover_count; i++)
        disk->bytes += disk->leftover[i].bytes;
    return 0;
}

/* ---- life ---- */

int as_disk_open(const as_disk_options *options, as_disk **out)
{
    as_disk *disk = calloc(1, sizeof *disk);
    if (disk) {
        disk->fd = disk->read_fd = -1;
        disk->buffer = malloc(AS_DISK_BUFFER_BYTES);
        disk->read_buffer = malloc(AS_DISK_RECORD_BYTES_MAX + AS_DISK_BUFFER_BYTES);
    }
    if (!disk || !disk->buffer || !disk->read_buffer) {
        as_disk_close(disk);
        return as_error_set(-ENOMEM, "server: out of memory");
    }
    disk->disk_bytes = options->disk_bytes;
    disk->epoch = options->epoch;
    disk->segment_bytes = options->segment_bytes;
    if (!disk->segment_bytes)
        disk->segment_bytes = (options->disk_bytes >> 30) ? UINT64_C(64) << 20 : UINT64_C(16) << 20;
    if (disk->segment_bytes > disk->disk_bytes / 4)
        disk->segment_bytes = disk->disk_bytes / 4;
    int rc =
        snprintf(disk->dir, sizeof disk->dir, "%s", options->dir) < (int)sizeof disk->dir
            ? look_through(disk)
            : as_error_set(-ENAMETOOLONG, "%.64s..: found more than %d bytes", options->dir, PATH_BYTES - NAME_BYTES);
    if (rc < 0) {
        as_disk_close(disk);
        return rc;
    }
    *out = disk;
    return 0;
}

void as_disk_close(as_disk *disk)
{
    if (!disk)
        return;
    as_disk_flush(disk);
    if (disk->fd >= 0)
        close(disk->fd);
    if (disk->read_fd >= 0)
        close(disk->read_fd);
    for (uint32_t i = 0; i < disk->segment_count; i++)
        free(disk->segment[i].mark);
    free(disk->segment);
    free(disk->leftover);
    free(disk->buffer);
    free(disk->read_buffer);
    free(disk);
}

/* ---- writing ---- */

static segment *last_segment(const as_disk *disk)
{
    return disk->segment_count ? &disk->segment[disk->segment_count - 1] : NULL;
}

/* The end of keeping: what was written stays, what was buffered is gone. */
static void fail(as_disk *disk, const char *what, int code)
{
    segment *s = last_segment(disk);
    if (!disk->failed)
        as_warn("%s: %s: %s; messages are no longer kept on disk", disk->dir, what, strerror(code));
    disk->failed = true;
    disk->buffer_used = 0;
    disk->to = disk->written_to;
    if (!s)
        return;
    disk->bytes -= s->bytes - s->written_bytes;
    s->bytes = s->written_bytes;
    s->last_gseq = disk->to;
    if (s->last_gseq < s->first_gseq) {
        free(s->mark);
        disk->segment_count--;
    }
}

/* What passes when somebody else closes something: no reason to give up. */
static bool is_passing(int code)
{
    return code == EMFILE || code == ENFILE || code == ENOMEM || code == EINTR;
}

static void postpone(as_disk *disk, const char *what, int code)
{
    if (!disk->postponed)
        as_warn("%s: %s: %s; it is tried again, and the last file grows until then", disk->dir, what, strerror(code));
    disk->postponed = true;
    disk->try_in = TRY_AGAIN_MESSAGES;
}

void as_disk_flush(as_disk *disk)
{
    size_t done = 0;
    while (done < disk->buffer_used && !disk->failed) {
        ssize_t bytes = write(disk->fd, disk->buffer + done, disk->buffer_used - done);
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes <= 0) {
            fail(disk, "write", bytes < 0 ? errno : EIO);
            return; /* part of a record may stand at the end: nobody reads it */
        }
        done += (size_t)bytes;
    }
    disk->buffer_used = 0;
    disk->written_to = disk->to;
    segment *s = last_segment(disk);
    if (s)
        s->written_bytes = s->bytes;
}

/* The oldest file goes: of earlier runs first, then ours, but never the one that is written to. */
static bool remove_oldest(as_disk *disk)
{
    char name[NAME_BYTES], path[PATH_BYTES];
    if (disk->leftover_first < disk->leftover_count) {
        const leftover *left = &disk->leftover[disk->leftover_first++];
        disk->bytes -= left->bytes;
        if (path_of(disk, left->name, path) && !is_locked(path))
            unlink(path);
        return true;
    }
    if (disk->segment_count < 2)
        return false;
    segment *oldest = &disk->segment[0];
    name_of(disk->epoch, oldest->first_gseq, name);
    if (path_of(disk, name, path))
        unlink(path);
    disk->bytes -= oldest->bytes;
    if (disk->from <= oldest->last_gseq)
        disk->from = oldest->last_gseq + 1;
    free(oldest->mark);
    disk->segment_count--;
    memmove(disk->segment, disk->segment + 1, disk->segment_count * sizeof *disk->segment);
    return true;
}

static bool begin_segment(as_disk *disk, uint64_t first_gseq)
{
    char name[NAME_BYTES], path[PATH_BYTES];
    as_disk_flush(disk);
    if (disk->failed)
        return false;
    if (disk->segment_count == disk->segment_room) {
        uint32_t room = disk->segment_room ? 2 * disk->segment_room : 32;
        segment *grown = realloc(disk->segment, room * sizeof *grown);
        if (!grown) {
            postpone(disk, "memory", ENOMEM);
            return false;
        }
        disk->segment = grown;
        disk->segment_room = room;
    }
    name_of(disk->epoch, first_gseq, name);
    path_of(disk, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0 && is_passing(errno)) {
        postpone(disk, name, errno);
        return false;
    }
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        fail(disk, name, errno);
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (disk->skipped)
        disk->from = first_gseq; /* what is older does not join it */
    disk->postponed = disk->skipped = false;
    if (disk->fd >= 0)
        close(disk->fd);
    disk->fd = fd;
    disk->segment[disk->segment_count++] =
        (segment){.first_gseq = first_gseq, .last_gseq = first_gseq, .bytes = AS_DISK_HEADER_BYTES};
    disk->bytes += AS_DISK_HEADER_BYTES;
    const uint32_t version = AS_DISK_VERSION;
    memset(disk->buffer, 0, AS_DISK_HEADER_BYTES);
    memcpy(disk->buffer, AS_DISK_MAGIC, 4);
    memcpy(disk->buffer + 4, &version, sizeof version);
    memcpy(disk->buffer + 8, &disk->epoch, sizeof disk->epoch);
    memcpy(disk->buffer + 16, &first_gseq, sizeof first_gseq);
    disk->buffer_used = AS_DISK_HEADER_BYTES;
    while (disk->bytes + disk->segment_bytes > disk->disk_bytes && remove_oldest(disk)) {}
    return true;
}

/* Without memory for it reading begins a little earlier. */
static void mark_place(segment *s, uint64_t gseq)
{
    if (s->mark_count && s->bytes - s->mark[s->mark_count - 1].at < AS_DISK_INDEX_STEP_BYTES)
        return;
    if (s->mark_count == s->mark_room) {
        uint32_t room = s->mark_room ? 2 * s->mark_room : 64;
        mark *grown = realloc(s->mark, room * sizeof *grown);
        if (!grown)
            return;
        s->mark = grown;
        s->mark_room = room;
    }
    s->mark[s->mark_count++] = (mark){.gseq = gseq, .at = s->bytes};
}

/*
 * The file that a message goes into; NULL: none. While a new one cannot be opened the last one grows to twice its
 * length; then messages are left out, and when there is a new file, what is here begins with it.
 */
static segment *segment_for(as_disk *disk, uint64_t gseq, size_t span)
{
    segment *s = last_segment(disk);
    if (s && !disk->skipped && s->bytes + span <= disk->segment_bytes)
        return s;
    if (disk->try_in > 0)
        disk->try_in--;
    else if (begin_segment(disk, gseq))
        return last_segment(disk);
    s = last_segment(disk);
    if (!disk->postponed || disk->failed)
        return NULL;
    disk->skipped |= !s || s->bytes + span > 2 * disk->segment_bytes;
    while (!disk->skipped && disk->bytes + span > disk->disk_bytes && remove_oldest(disk)) {}
    return disk->skipped ? NULL : last_segment(disk);
}

void as_disk_append(as_disk *disk, const as_message *message, const uint8_t *bytes)
{
    size_t data_bytes = (size_t)message->topic_bytes + message->payload_bytes;
    const uint32_t record_bytes = (uint32_t)(sizeof *message + data_bytes);
    size_t span = AS_DISK_RECORD_HEAD_BYTES + record_bytes;
    if (disk->failed)
        return;
    if (record_bytes > AS_DISK_RECORD_BYTES_MAX) {
        fail(disk, "a message", EMSGSIZE);
        return;
    }
    segment *s = segment_for(disk, message->gseq, span);
    if (!s)
        return;
    if (disk->buffer_used + span > AS_DISK_BUFFER_BYTES)
        as_disk_flush(disk);
    if (disk->failed)
        return;
    mark_place(s, message->gseq);
    uint32_t crc = as_crc32c(as_crc32c(0, message, sizeof *message), bytes, data_bytes);
    uint8_t *to = disk->buffer + disk->buffer_used;
    memcpy(to, &record_bytes, 4);
    memcpy(to + 4, &crc, 4);
    memcpy(to + AS_DISK_RECORD_HEAD_BYTES, message, sizeof *message);
    memcpy(to + AS_DISK_RECORD_HEAD_BYTES + sizeof *message, bytes, data_bytes);
    disk->buffer_used += span;
    disk->bytes += span;
    s->bytes += span;
    s->last_gseq = disk->to = message->gseq;
    if (!disk->from)
        disk->from = message->gseq;
}

/* ---- reading ---- */

static segment *segment_of(const as_disk *disk, uint64_t gseq)
{
    for (uint32_t i = 0; i < disk->segment_count; i++)
        if (disk->segment[i].last_gseq >= gseq)
            return &disk->segment[i];
    return NULL;
}

static uint64_t place_before(const segment *s, uint64_t gseq)
{
    uint64_t at = AS_DISK_HEADER_BYTES;
    for (uint32_t low = 0, high = s->mark_count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (s->mark[middle].gseq <= gseq) {
            at = s->mark[middle].at;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return at;
}

/* 0 or a negative errno. */
static int open_for_reading(as_disk *disk, const segment *s)
{
    char name[NAME_BYTES], path[PATH_BYTES];
    if (disk->read_fd >= 0 && disk->read_gseq == s->first_gseq)
        return 0;
    if (disk->read_fd >= 0)
        close(disk->read_fd);
    name_of(disk->epoch, s->first_gseq, name);
    path_of(disk, name, path);
    disk->read_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    disk->read_gseq = s->first_gseq;
    return disk->read_fd >= 0 ? 0 : -errno;
}

/* One record of bytes; its length with its head, 0 if there is none that is right. */
static size_t read_record(const uint8_t *at, size_t left, as_message *message, as_message_view *view)
{
    uint32_t record_bytes, crc;
    if (left < AS_DISK_RECORD_HEAD_BYTES + sizeof *message)
        return 0;
    memcpy(&record_bytes, at, 4);
    memcpy(&crc, at + 4, 4);
    if (record_bytes < sizeof *message || record_bytes > left - AS_DISK_RECORD_HEAD_BYTES)
        return 0;
    const uint8_t *body = at + AS_DISK_RECORD_HEAD_BYTES;
    if (as_crc32c(0, body, record_bytes) != crc)
        return 0;
    memcpy(message, body, sizeof *message);
    if (sizeof *message + message->topic_bytes + message->payload_bytes != record_bytes)
        return 0;
    *view = (as_message_view){.gseq = message->gseq,
                              .topic = body + sizeof *message,
                              .payload = body + sizeof *message + message->topic_bytes,
                              .topic_bytes = message->topic_bytes,
                              .payload_bytes = message->payload_bytes};
    return AS_DISK_RECORD_HEAD_BYTES + record_bytes;
}

/* A file that is not what was written: it and what is older can no longer be given. */
static uint64_t give_up(as_disk *disk, const segment *s)
{
    as_warn("%s: messages %" PRIu64 " to %" PRIu64 " are damaged; replays begin after them", disk->dir, s->first_gseq,
            s->last_gseq);
    disk->damaged++;
    disk->from = s->last_gseq + 1;
    return 0;
}

typedef struct scan {
    uint64_t from, to, bytes_max, looked;
    as_message_visit visit;
    void *context;
    uint64_t stopped_at; /* gseq; 0: went on to the end of the segment */
} scan;

/* From a place to the end of a segment, a buffer at a time. false: damaged. */
static bool scan_segment(as_disk *disk, const segment *s, scan *c)
{
    const size_t room = AS_DISK_RECORD_BYTES_MAX + AS_DISK_BUFFER_BYTES;
    uint64_t at = place_before(s, c->from);
    int rc = open_for_reading(disk, s);
    if (rc < 0 && is_passing(-rc)) {
        c->stopped_at = c->from > s->first_gseq ? c->from : s->first_gseq;
        return true;
    }
    if (rc < 0)
        return false;
    while (at < s->bytes) {
        size_t wanted = s->bytes - at < room ? (size_t)(s->bytes - at) : room;
        ssize_t got = pread(disk->read_fd, disk->read_buffer, wanted, (off_t)at);
        size_t used = 0, span;
        as_message message;
        as_message_view view;
        if (got < (ssize_t)wanted)
            return false;
        while ((span = read_record(disk->read_buffer + used, wanted - used, &message, &view)) > 0) {
            used += span;
            if (view.gseq < c->from)
                continue;
            if (view.gseq > c->to) {
                c->stopped_at = c->to + 1;
                return true;
            }
            if (c->looked >= c->bytes_max || !c->visit(c->context, &view)) {
                c->stopped_at = view.gseq;
                return true;
            }
            c->looked += span;
        }
        if (used == 0 || (used < wanted && wanted < room))
            return false;
        at += used;
    }
    return true;
}

uint64_t as_disk_scan(as_disk *disk, uint64_t from, uint64_t to, uint64_t bytes_max, as_message_visit visit,
                      void *context)
{
    scan c = {.from = from, .to = to, .bytes_max = bytes_max, .visit = visit, .context = context};
    as_disk_flush(disk);
    for (const segment *s = segment_of(disk, from); s && s->first_gseq <= to && !c.stopped_at; s++) {
        if (!scan_segment(disk, s, &c))
            return give_up(disk, s);
        if (s == last_segment(disk))
            break;
    }
    return c.stopped_at ? c.stopped_at : to + 1;
}

/* ---- looking at it ---- */

uint64_t as_disk_from(const as_disk *disk)
{
    return disk->from;
}

uint64_t as_disk_to(const as_disk *disk)
{
    return disk->to;
}

uint64_t as_disk_bytes(const as_disk *disk)
{
    return disk->bytes;
}

bool as_disk_failed(const as_disk *disk)
{
    return disk->failed;
}

uint64_t as_disk_damaged(const as_disk *disk)
{
    return disk->damaged;
}
