#include "core/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/error.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the journal holds events as they lie in memory");

enum { BUFFER_BYTES = 1 << 18, PATH_BYTES = 1024 };

struct as_journal_writer {
    int fd;
    int failed; /* the errno that poisoned it, 0: none */
    uint64_t records;
    size_t used;
    char path[PATH_BYTES];
    uint8_t buffer[BUFFER_BYTES];
};

struct as_journal_reader {
    FILE *file;
    uint64_t offset;
    uint64_t config_hash, epoch;
    bool truncated, complete;
    char path[PATH_BYTES];
    uint8_t payload[AS_RECORD_BYTES_MAX];
};

/* ---- writer ---- */

static int poison(as_journal_writer *writer, int error)
{
    writer->failed = error;
    return as_error_set(-error, "%s: journal cannot be written: %s; nothing more is recorded", writer->path,
                        strerror(error));
}

static int flush(as_journal_writer *writer)
{
    size_t done = 0;
    while (done < writer->used) {
        ssize_t n = write(writer->fd, writer->buffer + done, writer->used - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return poison(writer, n < 0 ? errno : EIO);
        done += (size_t)n;
    }
    writer->used = 0;
    return 0;
}

static int put(as_journal_writer *writer, const void *bytes, size_t byte_count)
{
    const uint8_t *from = bytes;
    while (byte_count > 0) {
        size_t room = BUFFER_BYTES - writer->used;
        size_t part = byte_count < room ? byte_count : room;
        memcpy(writer->buffer + writer->used, from, part);
        writer->used += part;
        from += part;
        byte_count -= part;
        if (writer->used == BUFFER_BYTES) {
            int rc = flush(writer);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

int as_journal_create(const char *path, uint64_t config_hash, uint64_t epoch, as_journal_writer **out)
{
    as_journal_writer *writer = malloc(sizeof *writer);
    if (!writer)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    *writer = (as_journal_writer){.fd = -1};
    snprintf(writer->path, sizeof writer->path, "%s", path);
    writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (writer->fd < 0) {
        int error = errno;
        free(writer);
        return as_error_set(-error, "%s: journal cannot be created: %s", path, strerror(error));
    }
    uint8_t header[AS_JOURNAL_HEADER_BYTES] = AS_JOURNAL_MAGIC;
    uint32_t version = AS_JOURNAL_VERSION;
    memcpy(header + 4, &version, sizeof version);
    memcpy(header + 8, &config_hash, sizeof config_hash);
    memcpy(header + 16, &epoch, sizeof epoch);
    int rc = put(writer, header, sizeof header);
    if (rc < 0) {
        close(writer->fd);
        free(writer);
        return rc;
    }
    *out = writer;
    return 0;
}

int as_journal_append(as_journal_writer *writer, as_record_type type, const void *head, size_t head_bytes,
                      const void *tail, size_t tail_bytes)
{
    uint8_t header[AS_RECORD_HEADER_BYTES];
    uint32_t bytes = (uint32_t)(head_bytes + tail_bytes);
    AS_ASSERT(head_bytes + tail_bytes <= AS_RECORD_BYTES_MAX);
    if (writer->failed)
        return -writer->failed;
    header[8] = (uint8_t)type;
    uint32_t crc = as_crc32c(0, &header[8], 1);
    crc = as_crc32c(crc, head, head_bytes);
    crc = as_crc32c(crc, tail, tail_bytes);
    memcpy(header, &bytes, sizeof bytes);
    memcpy(header + 4, &crc, sizeof crc);
    int rc = put(writer, header, sizeof header);
    if (rc == 0)
        rc = put(writer, head, head_bytes);
    if (rc == 0)
        rc = put(writer, tail, tail_bytes);
    writer->records += rc == 0;
    return rc;
}

int as_journal_sync(as_journal_writer *writer)
{
    if (writer->failed)
        return -writer->failed;
    int rc = flush(writer);
    if (rc == 0 && fdatasync(writer->fd) < 0)
        rc = poison(writer, errno);
    return rc;
}

uint64_t as_journal_records(const as_journal_writer *writer)
{
    return writer->records;
}

int as_journal_close(as_journal_writer *writer)
{
    if (!writer)
        return 0;
    uint64_t records = writer->records;
    int rc = as_journal_append(writer, AS_RECORD_END, &records, sizeof records, NULL, 0);
    if (rc == 0)
        rc = as_journal_sync(writer);
    close(writer->fd);
    free(writer);
    return rc;
}

/* ---- reader ---- */

bool as_journal_sniff(const void *bytes, size_t byte_count)
{
    return byte_count >= 4 && memcmp(bytes, AS_JOURNAL_MAGIC, 4) == 0;
}

static int read_header(as_journal_reader *reader)
{
    uint8_t header[AS_JOURNAL_HEADER_BYTES];
    uint32_t version;
    size_t got = fread(header, 1, sizeof header, reader->file);
    if (!as_journal_sniff(header, got))
        return as_error_set(-EBADMSG, "%s: not a journal: it does not begin with " AS_JOURNAL_MAGIC, reader->path);
    if (got < sizeof header)
        return as_error_set(-EBADMSG, "%s: journal header of %zu bytes; %d are needed", reader->path, got,
                            AS_JOURNAL_HEADER_BYTES);
    memcpy(&version, header + 4, sizeof version);
    if (version != AS_JOURNAL_VERSION)
        return as_error_set(-EBADMSG, "%s: journal version %u; this program reads %u", reader->path, version,
                            AS_JOURNAL_VERSION);
    memcpy(&reader->config_hash, header + 8, sizeof reader->config_hash);
    memcpy(&reader->epoch, header + 16, sizeof reader->epoch);
    reader->offset = sizeof header;
    return 0;
}

int as_journal_open(const char *path, as_journal_reader **out)
{
    as_journal_reader *reader = malloc(sizeof *reader);
    if (!reader)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    memset(reader, 0, offsetof(as_journal_reader, payload));
    snprintf(reader->path, sizeof reader->path, "%s", path);
    reader->file = fopen(path, "rbe");
    int rc =
        reader->file ? read_header(reader) : as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (rc < 0) {
        as_journal_reader_close(reader);
        return rc;
    }
    *out = reader;
    return 0;
}

uint64_t as_journal_config_hash(const as_journal_reader *reader)
{
    return reader->config_hash;
}

uint64_t as_journal_epoch(const as_journal_reader *reader)
{
    return reader->epoch;
}

int as_journal_next(as_journal_reader *reader, as_record *record)
{
    uint8_t header[AS_RECORD_HEADER_BYTES];
    uint32_t bytes, wanted;
    size_t got = fread(header, 1, sizeof header, reader->file);
    if (got < sizeof header) {
        reader->truncated = got > 0;
        return 0;
    }
    memcpy(&bytes, header, sizeof bytes);
    memcpy(&wanted, header + 4, sizeof wanted);
    if (bytes > AS_RECORD_BYTES_MAX)
        return as_error_set(-EBADMSG, "%s: offset %llu: record of %u bytes; at most %d are allowed", reader->path,
                            (unsigned long long)reader->offset, bytes, AS_RECORD_BYTES_MAX);
    got = fread(reader->payload, 1, bytes, reader->file);
    if (got < bytes) {
        reader->truncated = true;
        return 0;
    }
    uint32_t crc = as_crc32c(as_crc32c(0, &header[8], 1), reader->payload, bytes);
    if (crc != wanted)
        return as_error_set(-EBADMSG, "%s: offset %llu: checksum %08x, the record says %08x", reader->path,
                            (unsigned long long)reader->offset, crc, wanted);
    reader->offset += sizeof header + bytes;
    reader->complete = header[8] == AS_RECORD_END;
    *record = (as_record){.type = header[8], .bytes = bytes, .payload = reader->payload};
    return 1;
}

bool as_journal_truncated(const as_journal_reader *reader)
{
    return reader->truncated;
}

bool as_journal_complete(const as_journal_reader *reader)
{
    return reader->complete;
}

void as_journal_reader_close(as_journal_reader *reader)
{
    if (!reader)
        return;
    if (reader->file)
        fclose(reader->file);
    free(reader);
}
