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

enum { LINE_BYTES = 4096, TEXT_BYTES = 256 };

struct as_audit {
    pthread_mutex_t lock;
    int fd;              /* -1: the log */
    uint64_t second;     /* monotonic, whose lines are counted */
    unsigned lines;      /* in it */
    uint64_t suppressed; /* all */
    uint64_t unsaid;     /* since the last line */
    bool failed;         /* the last line could not be written: warned of once */
};

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
    *out = audit;
    return 0;
}

void as_audit_close(as_audit *audit)
{
    if (!audit)
        return;
    if (audit->fd >= 0)
        close(audit->fd);
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

/* The lock is held. May this line be written? */
static bool admit(as_audit *audit)
{
    uint64_t second = as_clock_monotonic_ns() / 1000000000u;
    if (second != audit->second) {
        audit->second = second;
        audit->lines = 0;
    }
    if (audit->lines < AS_AUDIT_RATE) {
        audit->lines++;
        return true;
    }
    audit->suppressed++;
    audit->unsaid++;
    return false;
}

/* The lock is held. One write a line, so that lines of two processes do not mix. */
static void put_line(as_audit *audit, char *line, size_t line_bytes)
{
    if (audit->fd < 0) {
        as_note("audit: %s", line);
        audit->unsaid = 0;
        return;
    }
    line[line_bytes] = '\n';
    if (write(audit->fd, line, line_bytes + 1) == (ssize_t)line_bytes + 1) {
        audit->unsaid = 0;
        audit->failed = false;
        return;
    }
    if (!audit->failed)
        as_warn("audit log cannot be written: %s; lines are counted as suppressed", strerror(errno));
    audit->failed = true;
    audit->suppressed++;
    audit->unsaid++;
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
    as_writer writer;
    if (!audit || (audit->fd < 0 && is_everyday(what)))
        return;
    pthread_mutex_lock(&audit->lock);
    if (admit(audit)) {
        format_now(now, sizeof now);
        as_writer_json(&writer, line, LINE_BYTES);
        as_writer_map(&writer, audit->unsaid ? 7 : 6);
        write_text(&writer, "ts", now);
        write_text(&writer, "what", what);
        write_text(&writer, "where", where);
        write_text(&writer, "peer", peer);
        write_text(&writer, "client", client);
        write_text(&writer, "reason", reason);
        if (audit->unsaid) {
            as_writer_key(&writer, "suppressed");
            as_writer_uint(&writer, audit->unsaid);
        }
        as_writer_map_end(&writer);
        size_t line_bytes = as_writer_finish(&writer);
        AS_DCHECK(line_bytes > 0); /* six texts of TEXT_BYTES - 1, each character at most two, fit */
        put_line(audit, line, line_bytes);
    }
    pthread_mutex_unlock(&audit->lock);
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
