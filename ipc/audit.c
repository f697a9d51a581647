#include "ipc/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/writer.h"

enum {
    LINE_BYTES = 4096,
    TEXT_BYTES = 256,
    QUEUE_BYTES = 1 << 16, /* a power of two; a line takes two bytes more than its text */
    CLOSE_MS = 1000,       /* how long the last lines may take */
    CANCEL_MS = 200
};

/*
 * Lines wait in a ring for the thread that writes them. The lock is held for counting and copying, never over a system
 * call: who writes a line waits for nobody's disk.
 */
struct as_audit {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a line to write, or the end of it all */
    pthread_t thread;
    pthread_cond_t idle; /* every line is written */
    bool ending, writing;
    int fd;              /* -1: the log */
    uint64_t second;     /* monotonic, whose lines are counted */
    unsigned lines;      /* in it */
    uint64_t suppressed; /* all */
    uint64_t unsaid;     /* since the last line */
    bool failed;         /* the last line could not be written: warned of once */
    uint32_t head, used; /* of queue */
    char queue[QUEUE_BYTES];
};

/* ---- the ring; the lock is held ---- */

static void copy_in(as_audit *audit, const void *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        audit->queue[(audit->head + audit->used + i) % QUEUE_BYTES] = ((const char *)bytes)[i];
    audit->used += count;
}

static void copy_out(as_audit *audit, void *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ((char *)bytes)[i] = audit->queue[(audit->head + i) % QUEUE_BYTES];
    audit->head = (audit->head + count) % QUEUE_BYTES;
    audit->used -= count;
}

static bool put_line(as_audit *audit, const char *line, uint16_t line_bytes)
{
    if (audit->used + sizeof line_bytes + line_bytes > QUEUE_BYTES)
        return false;
    copy_in(audit, &line_bytes, sizeof line_bytes);
    copy_in(audit, line, line_bytes);
    return true;
}

static uint16_t take_line(as_audit *audit, char line[LINE_BYTES + 1])
{
    uint16_t line_bytes;
    copy_out(audit, &line_bytes, sizeof line_bytes);
    copy_out(audit, line, line_bytes);
    line[line_bytes] = '\0';
    return line_bytes;
}

/* ---- the thread ---- */

/* One write a line, so that lines of two processes do not mix. */
static bool write_line(as_audit *audit, char *line, size_t line_bytes)
{
    if (audit->fd < 0) {
        as_note("audit: %s", line);
        return true;
    }
    line[line_bytes] = '\n';
    if (write(audit->fd, line, line_bytes + 1) == (ssize_t)line_bytes + 1) {
        audit->failed = false;
        return true;
    }
    if (!audit->failed)
        as_warn("audit log cannot be written: %s; lines are counted as suppressed", strerror(errno));
    audit->failed = true;
    return false;
}

static void *run(void *context)
{
    as_audit *audit = context;
    char line[LINE_BYTES + 1];
    pthread_setname_np(pthread_self(), "as-audit");
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_mutex_lock(&audit->lock);
    for (;;) {
        while (audit->used == 0 && !audit->ending)
            pthread_cond_wait(&audit->changed, &audit->lock);
        if (audit->used == 0)
            break;
        size_t line_bytes = take_line(audit, line);
        audit->writing = true;
        pthread_mutex_unlock(&audit->lock);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL); /* at the end nobody waits for ever for a stuck pipe */
        bool written = write_line(audit, line, line_bytes);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        pthread_mutex_lock(&audit->lock);
        audit->suppressed += !written;
        audit->unsaid += !written;
        audit->writing = false;
        if (audit->used == 0)
            pthread_cond_broadcast(&audit->idle);
    }
    pthread_mutex_unlock(&audit->lock);
    return NULL;
}

/* ---- life ---- */

int as_audit_open(const char *path, as_audit **out)
{
    as_audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return as_error_set(-ENOMEM, "audit log: out of memory");
    audit->fd = -1;
    if (path && path[0]) {
        audit->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
        if (audit->fd < 0) {
            int rc = as_error_set(-errno, "%s: audit log cannot be opened: %s", path, strerror(errno));
            free(audit);
            return rc;
        }
    }
    pthread_mutex_init(&audit->lock, NULL);
    pthread_cond_init(&audit->changed, NULL);
    pthread_cond_init(&audit->idle, NULL);
    int rc = -pthread_create(&audit->thread, NULL, run, audit);
    if (rc < 0) {
        if (audit->fd >= 0)
            close(audit->fd);
        free(audit);
        return as_error_set(rc, "audit log: thread cannot be started: %s", strerror(-rc));
    }
    *out = audit;
    return 0;
}

static struct timespec ms_from_now(unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until); /* what the waits of pthreads go by */
    uint64_t ns = (uint64_t)until.tv_nsec + ms * UINT64_C(1000000);
    until.tv_sec += (time_t)(ns / 1000000000u);
    until.tv_nsec = (long)(ns % 1000000000u);
    return until;
}

static bool join_within(pthread_t thread, unsigned ms)
{
    struct timespec until = ms_from_now(ms);
    return pthread_timedjoin_np(thread, NULL, &until) == 0;
}

bool as_audit_flush(as_audit *audit)
{
    struct timespec until = ms_from_now(CLOSE_MS);
    int rc = 0;
    pthread_mutex_lock(&audit->lock);
    while (rc == 0 && (audit->used > 0 || audit->writing))
        rc = pthread_cond_timedwait(&audit->idle, &audit->lock, &until);
    pthread_mutex_unlock(&audit->lock);
    return rc == 0;
}

void as_audit_close(as_audit *audit)
{
    if (!audit)
        return;
    pthread_mutex_lock(&audit->lock);
    audit->ending = true;
    pthread_cond_signal(&audit->changed);
    pthread_mutex_unlock(&audit->lock);
    if (!join_within(audit->thread, CLOSE_MS)) {
        pthread_cancel(audit->thread);
        if (!join_within(audit->thread, CANCEL_MS)) {
            pthread_detach(audit->thread); /* a disk that hangs: what it works with stays */
            return;
        }
    }
    if (audit->fd >= 0)
        close(audit->fd);
    pthread_cond_destroy(&audit->changed);
    pthread_cond_destroy(&audit->idle);
    pthread_mutex_destroy(&audit->lock);
    free(audit);
}

/* Text of a peer: what is not printable ASCII, and what is beyond the room, does not get into a line. */
static void write_text(as_writer *writer, const char *key, const char *text)
{
    char clean[TEXT_BYTES];
    size_t used = 0;
    as_writer_key(writer, key);
    if (!text) {
        as_writer_nil(writer);
        return;
    }
    for (; *text && used < sizeof clean - 1; text++)
        clean[used++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
    clean[used] = '\0';
    as_writer_text(writer, clean);
}

static void format_now(char *text, size_t text_bytes)
{
    uint64_t now = as_clock_now_ns();
    time_t seconds = (time_t)(now / 1000000000u);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t used = strftime(text, text_bytes, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + used, text_bytes - used, ".%09" PRIu64 "Z", now % 1000000000u);
}

/* May this line be written? unsaid: how many were not since the last one. */
static bool admit(as_audit *audit, uint64_t *unsaid)
{
    uint64_t second = as_clock_monotonic_ns() / 1000000000u;
    pthread_mutex_lock(&audit->lock);
    if (second != audit->second) {
        audit->second = second;
        audit->lines = 0;
    }
    bool admitted = audit->lines < AS_AUDIT_RATE;
    if (admitted) {
        audit->lines++;
        *unsaid = audit->unsaid;
        audit->unsaid = 0;
    } else {
        audit->suppressed++;
        audit->unsaid++;
    }
    pthread_mutex_unlock(&audit->lock);
    return admitted;
}

static void enqueue(as_audit *audit, const char *line, size_t line_bytes, uint64_t unsaid)
{
    pthread_mutex_lock(&audit->lock);
    if (put_line(audit, line, (uint16_t)line_bytes)) {
        pthread_cond_signal(&audit->changed);
    } else {
        audit->suppressed++;
        audit->unsaid += unsaid + 1;
    }
    pthread_mutex_unlock(&audit->lock);
}

/* What the log need not hear of: it has no path to grow in. */
static bool is_everyday(const char *what)
{
    return strcmp(what, "joined") == 0 || strcmp(what, "left") == 0;
}

void as_audit_write(as_audit *audit, const char *what, const char *where, const char *peer, const char *client,
                    const char *reason)
{
    char line[LINE_BYTES + 1], now[40];
    uint64_t unsaid;
    as_writer writer;
    if (!audit || (audit->fd < 0 && is_everyday(what)) || !admit(audit, &unsaid))
        return;
    format_now(now, sizeof now);
    as_writer_json(&writer, line, LINE_BYTES);
    as_writer_map(&writer, unsaid ? 7 : 6);
    write_text(&writer, "ts", now);
    write_text(&writer, "what", what);
    write_text(&writer, "where", where);
    write_text(&writer, "peer", peer);
    write_text(&writer, "client", client);
    write_text(&writer, "reason", reason);
    if (unsaid) {
        as_writer_key(&writer, "suppressed");
        as_writer_uint(&writer, unsaid);
    }
    as_writer_map_end(&writer);
    size_t line_bytes = as_writer_finish(&writer);
    AS_DCHECK(line_bytes > 0); /* six texts of TEXT_BYTES - 1, each character at most two, fit */
    enqueue(audit, line, line_bytes, unsaid);
}

uint64_t as_audit_suppressed(const as_audit *audit)
{
    as_audit *locked = (as_audit *)(uintptr_t)audit;
    if (!audit)
        return 0;
    pthread_mutex_lock(&locked->lock);
    uint64_t suppressed = audit->suppressed;
    pthread_mutex_unlock(&locked->lock);
    return suppressed;
}
