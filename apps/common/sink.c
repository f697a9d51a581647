#include "apps/common/sink.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "ipc/codec.h"

static int open_verify(as_sink *sink, const char *path)
{
    char magic[4];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    size_t got = fread(magic, 1, sizeof magic, file);
    sink->verify_path = path;
    if (as_journal_sniff(magic, got)) {
        fclose(file);
        return as_journal_open(path, &sink->verify_journal);
    }
    rewind(file);
    sink->verify_lines = file;
    return 0;
}

int as_sink_open(as_sink *sink, const char *out_path, const char *verify_path, as_ring *publish)
{
    memset(sink, 0, sizeof *sink);
    sink->publish = publish;
    int rc = as_digest_init(&sink->digest);
    if (rc == 0 && verify_path)
        rc = open_verify(sink, verify_path);
    if (rc == 0 && out_path && strcmp(out_path, "-") == 0) {
        sink->out = stdout;
    } else if (rc == 0 && out_path) {
        sink->out = fopen(out_path, "we");
        sink->close_out = true;
        if (!sink->out)
            rc = as_error_set(-errno, "%s: cannot be written: %s", out_path, strerror(errno));
    }
    if (rc < 0)
        as_sink_abandon(sink);
    return rc;
}

void as_sink_abandon(as_sink *sink)
{
    as_digest_fini(&sink->digest);
    if (sink->close_out && sink->out)
        fclose(sink->out);
    if (sink->verify_lines)
        fclose(sink->verify_lines);
    as_journal_reader_close(sink->verify_journal);
    free(sink->expected_line);
    free(sink->found_line);
    sink->out = sink->verify_lines = NULL;
    sink->verify_journal = NULL;
    sink->expected_line = sink->found_line = NULL;
}

/* The next expected line without its LF; false at the end. */
static bool next_expected(as_sink *sink, char **line)
{
    if (sink->verify_lines) {
        size_t room = 0;
        *line = NULL;
        ssize_t bytes = getline(line, &room, sink->verify_lines);
        if (bytes < 0) {
            free(*line);
            *line = NULL;
            return false;
        }
        if (bytes > 0 && (*line)[bytes - 1] == '\n')
            (*line)[bytes - 1] = 0;
        return true;
    }
    as_record record;
    while (as_journal_next(sink->verify_journal, &record) > 0) {
        if (record.type != AS_RECORD_DECISION)
            continue;
        *line = strndup((const char *)record.payload, record.bytes);
        return true;
    }
    *line = NULL;
    return false;
}

static void verify(as_sink *sink, const char *found)
{
    char *expected;
    bool more = next_expected(sink, &expected);
    if (more == (found != NULL) && (!more || strcmp(expected, found) == 0)) {
        free(expected);
        return;
    }
    sink->differs = true;
    sink->difference = sink->count + !found;
    sink->expected_line = expected;
    sink->found_line = found ? strdup(found) : NULL;
}

static void publish(as_ring *ring, const as_decision *decision)
{
    as_decision *slot;
    while (!(slot = as_ring_claim(ring)))
        sched_yield(); /* file replay holds back instead of dropping (DESIGN 6.8) */
    *slot = *decision;
    as_ring_publish(ring);
}

void as_sink_emit(void *context, const as_decision *decision)
{
    as_sink *sink = context;
    char line[AS_LINE_BYTES_OUT];
    size_t bytes = as_codec_line(decision, line, sizeof line);
    AS_ASSERT(bytes > 0 && bytes < sizeof line - 1);
    sink->count++;
    if (sink->verify_path && !sink->differs)
        verify(sink, line);
    line[bytes] = '\n';
    as_digest_update(&sink->digest, line, bytes + 1);
    if (sink->out)
        fwrite(line, 1, bytes + 1, sink->out);
    atomic_store_explicit(&sink->ts_now, decision->ts_recv, memory_order_relaxed); /* relaxed: only shown */
    if (sink->publish)
        publish(sink->publish, decision);
}

static void tell_difference(const as_sink *sink)
{
    fprintf(stderr, "%s: differs at decision %llu\n  expected: %s\n  found:    %s\n", sink->verify_path,
            (unsigned long long)sink->difference, sink->expected_line ? sink->expected_line : "(no more decisions)",
            sink->found_line ? sink->found_line : "(no more decisions)");
}

int as_sink_close(as_sink *sink, char hex[AS_DIGEST_HEX_BYTES])
{
    int rc = 0;
    if (sink->verify_path && !sink->differs)
        verify(sink, NULL);
    as_digest_final_hex(&sink->digest, hex);
    if (sink->out && (fflush(sink->out) != 0 || ferror(sink->out)))
        rc = as_error_set(-EIO, "decisions could not be written: %s", strerror(errno));
    if (rc == 0 && sink->differs) {
        tell_difference(sink);
        rc = 1;
    }
    as_sink_abandon(sink);
    return rc;
}
