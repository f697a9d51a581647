#include "feeds/byte_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/error.h"

enum { IN_BYTES = 64 * 1024, OUT_BYTES = AS_BYTE_STREAM_PEEK_MAX };

struct as_byte_stream {
    char *path;
    int fd;
    as_compression compression;
    uint64_t file_bytes;   /* 0 for a pipe */
    uint64_t file_offset;  /* read from the descriptor */
    uint64_t offset;       /* decoded and used up */
    uint64_t trailing_bytes;
    uint8_t *in;           /* IN_BYTES: read, not yet decompressed */
    size_t in_at, in_end;
    uint8_t *out;          /* OUT_BYTES: decoded, not yet used up */
    size_t out_at, out_end;
    z_stream gzip;
    bool gzip_ready;
    ZSTD_DStream *zstd;
    bool eof;              /* the descriptor has no more */
    bool in_frame;         /* a member or frame has begun and not ended */
    bool ended;            /* nothing more will be decoded */
    bool truncated;
    int failed;            /* a negative errno, reported once the decoded bytes are used up */
    char reason[96];
};

static void fail(as_byte_stream *s, int code, const char *reason)
{
    s->failed = code;
    s->ended = true;
    snprintf(s->reason, sizeof s->reason, "%s", reason);
}

/* Read from the descriptor; 0 at the end or on an error. */
static size_t read_file(as_byte_stream *s, uint8_t *into, size_t max_bytes)
{
    ssize_t got;
    do
        got = read(s->fd, into, max_bytes);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        fail(s, -errno, strerror(errno));
    if (got <= 0) {
        s->eof = true;
        return 0;
    }
    s->file_offset += (uint64_t)got;
    return (size_t)got;
}

/* More compressed bytes behind those there are. False at the end. */
static bool refill(as_byte_stream *s)
{
    if (s->eof)
        return false;
    memmove(s->in, s->in + s->in_at, s->in_end - s->in_at);
    s->in_end -= s->in_at;
    s->in_at = 0;
    size_t got = read_file(s, s->in + s->in_end, IN_BYTES - s->in_end);
    s->in_end += got;
    return got > 0;
}

/* Between two gzip members: another one, padding, or something that is not ours. */
static void next_member(as_byte_stream *s)
{
    while (s->in_end - s->in_at < 2 && refill(s))
        ;
    const uint8_t *p = s->in + s->in_at;
    if (s->in_end - s->in_at >= 2 && p[0] == 0x1f && p[1] == 0x8b) {
        inflateReset(&s->gzip);
        return;
    }
    bool zeros = true;
    uint64_t rest = 0;
    do {
        rest += s->in_end - s->in_at;
        for (; s->in_at < s->in_end; s->in_at++)
            zeros = zeros && s->in[s->in_at] == 0;
    } while (refill(s));
    s->trailing_bytes = zeros ? 0 : rest;
    s->ended = true;
}

static void decode_gzip(as_byte_stream *s)
{
    s->gzip.next_in = s->in + s->in_at;
    s->gzip.avail_in = (uInt)(s->in_end - s->in_at);
    s->gzip.next_out = s->out + s->out_end;
    s->gzip.avail_out = (uInt)(OUT_BYTES - s->out_end);
    int result = inflate(&s->gzip, Z_NO_FLUSH);
    s->in_at = s->in_end - s->gzip.avail_in;
    s->out_end = OUT_BYTES - s->gzip.avail_out;
    s->in_frame = result != Z_STREAM_END;
    if (result == Z_STREAM_END)
        next_member(s);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        fail(s, result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG, s->gzip.msg ? s->gzip.msg : "invalid data");
}

static void decode_zstd(as_byte_stream *s)
{
    ZSTD_inBuffer in = {s->in + s->in_at, s->in_end - s->in_at, 0};
    ZSTD_outBuffer out = {s->out + s->out_end, OUT_BYTES - s->out_end, 0};
    size_t result = ZSTD_decompressStream(s->zstd, &out, &in);
    s->in_at += in.pos;
    s->out_end += out.pos;
    if (ZSTD_isError(result)) {
        fail(s, -EBADMSG, ZSTD_getErrorName(result));
        return;
    }
    s->in_frame = result != 0;
}

/* Decode once. Makes progress, or sets ended. */
static void decode_more(as_byte_stream *s)
{
    if (s->compression == AS_COMPRESSION_NONE) {
        size_t pending = s->in_end - s->in_at; /* what was read to sniff */
        size_t room = OUT_BYTES - s->out_end;
        size_t got = pending < room ? pending : room;
        memcpy(s->out + s->out_end, s->in + s->in_at, got);
        s->in_at += got;
        if (pending == 0)
            got = read_file(s, s->out + s->out_end, room);
        s->out_end += got;
        s->ended = s->ended || got == 0;
        return;
    }
    bool starved = s->in_at == s->in_end && !refill(s);
    size_t before = s->out_end;
    if (!s->failed && !(starved && !s->in_frame)) {
        if (s->compression == AS_COMPRESSION_GZIP)
            decode_gzip(s);
        else
            decode_zstd(s);
    }
    if (starved && s->out_end == before && !s->ended) {
        s->truncated = s->in_frame;
        s->ended = true;
    }
}

static int start_decoder(as_byte_stream *s)
{
    static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    while (s->in_end < 4 && refill(s))
        ;
    if (s->in_end >= 2 && s->in[0] == 0x1f && s->in[1] == 0x8b) {
        s->compression = AS_COMPRESSION_GZIP;
        s->gzip_ready = inflateInit2(&s->gzip, 16 + MAX_WBITS) == Z_OK;
        s->in_frame = true;
        return s->gzip_ready ? 0 : -ENOMEM;
    }
    bool skippable = s->in_end >= 4 && (s->in[0] & 0xf0) == 0x50 && memcmp(s->in + 1, "\x2a\x4d\x18", 3) == 0;
    if (skippable || (s->in_end >= 4 && memcmp(s->in, zstd_magic, 4) == 0)) {
        s->compression = AS_COMPRESSION_ZSTD;
        s->zstd = ZSTD_createDStream();
        s->in_frame = true;
        if (!s->zstd)
            return -ENOMEM;
        ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, AS_BYTE_STREAM_ZSTD_WINDOW_LOG);
    }
    return 0;
}

static int open_descriptor(as_byte_stream *s, const char *path)
{
    struct stat status;
    s->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &status) < 0)
        return as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return as_error_set(-EISDIR, "%s: is a folder; a file is expected", path);
    if (S_ISREG(status.st_mode))
        s->file_bytes = (uint64_t)status.st_size;
    return 0;
}

int as_byte_stream_open(const char *path, as_byte_stream **stream)
{
    as_byte_stream *s = calloc(1, sizeof *s);
    if (!s)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    s->fd = -1;
    s->path = strdup(path);
    s->in = malloc(IN_BYTES);
    s->out = malloc(OUT_BYTES);
    int code = s->path && s->in && s->out ? open_descriptor(s, path) : as_error_set(-ENOMEM, "%s: out of memory", path);
    if (code == 0 && start_decoder(s) < 0)
        code = as_error_set(-ENOMEM, "%s: out of memory", path);
    if (code == 0 && s->failed)
        code = as_error_set(s->failed, "%s: cannot be read: %s", path, s->reason);
    if (code < 0) {
        as_byte_stream_close(s);
        return code;
    }
    *stream = s;
    return 0;
}

void as_byte_stream_close(as_byte_stream *stream)
{
    if (!stream)
        return;
    if (stream->gzip_ready)
        inflateEnd(&stream->gzip);
    ZSTD_freeDStream(stream->zstd);
    if (stream->fd >= 0)
        close(stream->fd);
    free(stream->out);
    free(stream->in);
    free(stream->path);
    free(stream);
}

int64_t as_byte_stream_peek(as_byte_stream *stream, size_t want_bytes, const uint8_t **data)
{
    as_byte_stream *s = stream;
    AS_DCHECK(want_bytes >= 1 && want_bytes <= AS_BYTE_STREAM_PEEK_MAX);
    if (s->out_end - s->out_at < want_bytes && !s->ended) {
        memmove(s->out, s->out + s->out_at, s->out_end - s->out_at);
        s->out_end -= s->out_at;
        s->out_at = 0;
        while (s->out_end < want_bytes && !s->ended)
            decode_more(s);
    }
    size_t have = s->out_end - s->out_at;
    *data = s->out + s->out_at;
    if (have == 0 && s->failed)
        return as_error_set(
            s->failed, "%s: cannot be read beyond byte %llu: %s%s", s->path,
            (unsigned long long)(s->file_offset - (s->in_end - s->in_at)),
            s->compression == AS_COMPRESSION_NONE ? "" : "the compressed data are damaged: ", s->reason);
    return (int64_t)have;
}

void as_byte_stream_skip(as_byte_stream *stream, size_t used_bytes)
{
    AS_DCHECK(used_bytes <= stream->out_end - stream->out_at);
    stream->out_at += used_bytes;
    stream->offset += used_bytes;
}

as_compression as_byte_stream_compression(const as_byte_stream *stream)
{
    return stream->compression;
}

const char *as_compression_name(as_compression compression)
{
    static const char *const name[] = {"none", "gzip", "zstd"};
    return name[compression];
}

bool as_byte_stream_truncated(const as_byte_stream *stream)
{
    return stream->truncated;
}

uint64_t as_byte_stream_trailing_bytes(const as_byte_stream *stream)
{
    return stream->trailing_bytes;
}

uint64_t as_byte_stream_file_bytes(const as_byte_stream *stream)
{
    return stream->file_bytes ? stream->file_bytes : stream->file_offset;
}

uint64_t as_byte_stream_file_offset(const as_byte_stream *stream)
{
    return stream->file_offset - (stream->in_end - stream->in_at);
}

uint64_t as_byte_stream_offset(const as_byte_stream *stream)
{
    return stream->offset;
}
