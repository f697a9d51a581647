#include "apps/common/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/error.h"

enum { PACK_BYTES = 128 * 1024, BUFFER_BYTES = 64 * 1024 };

/* Compression between the caller's stream and the file. */
typedef struct packer {
    int fd;
    int failed; /* an errno */
    bool is_gzip;
    z_stream gzip;
    ZSTD_CCtx *zstd;
    uint8_t packed[PACK_BYTES];
} packer;

struct as_out_file {
    char *path;
    char *temporary; /* NULL: written in place */
    bool overwrite;
    FILE *stream;
};

/* ---- compression ---- */

static bool write_all(packer *p, const uint8_t *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(p->fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            p->failed = n < 0 ? errno : EIO;
            return false;
        }
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool pack_gzip(packer *p, const void *data, size_t bytes, bool last)
{
    p->gzip.next_in = (Bytef *)(uintptr_t)data;
    p->gzip.avail_in = (uInt)bytes;
    int result;
    do {
        p->gzip.next_out = p->packed;
        p->gzip.avail_out = sizeof p->packed;
        result = deflate(&p->gzip, last ? Z_FINISH : Z_NO_FLUSH);
        if (!write_all(p, p->packed, sizeof p->packed - p->gzip.avail_out))
            return false;
    } while (p->gzip.avail_out == 0 || (last && result != Z_STREAM_END));
    return true;
}

static bool pack_zstd(packer *p, const void *data, size_t bytes, bool last)
{
    ZSTD_inBuffer in = {data, bytes, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {p->packed, sizeof p->packed, 0};
        left = ZSTD_compressStream2(p->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) {
            p->failed = ENOMEM;
            return false;
        }
        if (!write_all(p, p->packed, out.pos))
            return false;
    } while (in.pos < in.size || (last && left > 0));
    return true;
}

static ssize_t packer_write(void *cookie, const char *data, size_t bytes)
{
    packer *p = cookie;
    bool good = p->is_gzip ? pack_gzip(p, data, bytes, false) : pack_zstd(p, data, bytes, false);
    if (!good)
        errno = p->failed;
    return good ? (ssize_t)bytes : 0;
}

static int packer_close(void *cookie)
{
    packer *p = cookie;
    bool good = p->failed == 0 && (p->is_gzip ? pack_gzip(p, NULL, 0, true) : pack_zstd(p, NULL, 0, true));
    if (good && fsync(p->fd) < 0 && errno != EINVAL && errno != EROFS) {
        p->failed = errno;
        good = false;
    }
    close(p->fd);
    if (p->is_gzip)
        deflateEnd(&p->gzip);
    ZSTD_freeCCtx(p->zstd);
    int failed = p->failed;
    free(p);
    errno = failed;
    return good ? 0 : -1;
}

static FILE *open_packer(int fd, bool is_gzip)
{
    packer *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->fd = fd;
    p->is_gzip = is_gzip;
    bool ready;
    if (is_gzip) {
        ready =
            deflateInit2(&p->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    } else {
        p->zstd = ZSTD_createCCtx();
        ready = p->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1));
    }
    FILE *stream = NULL;
    if (ready)
        stream = fopencookie(p, "w", (cookie_io_functions_t){.write = packer_write, .close = packer_close});
    if (!stream) {
        if (is_gzip)
            deflateEnd(&p->gzip);
        ZSTD_freeCCtx(p->zstd);
        free(p);
    }
    return stream;
}

/* ---- the file ---- */

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

static int open_stream(as_out_file *out)
{
    const char *name = out->temporary ? out->temporary : out->path;
    int flags = O_WRONLY | O_CLOEXEC | (out->temporary ? O_CREAT | O_EXCL : O_TRUNC);
    int fd = open(name, flags, 0666);
    if (fd < 0)
        return as_error_set(-errno, "%s: cannot be created: %s", name, strerror(errno));
    bool is_gzip = ends_with(out->path, ".gz"), is_zstd = ends_with(out->path, ".zst");
    out->stream = is_gzip || is_zstd ? open_packer(fd, is_gzip) : fdopen(fd, "w");
    if (out->stream) {
        setvbuf(out->stream, NULL, _IOFBF, BUFFER_BYTES);
        return 0;
    }
    close(fd);
    if (out->temporary)
        unlink(out->temporary);
    return as_error_set(-ENOMEM, "%s: out of memory", name);
}

static int name_temporary(as_out_file *out)
{
    const char *slash = strrchr(out->path, '/');
    int folder_bytes = slash ? (int)(slash + 1 - out->path) : 0;
    if (asprintf(&out->temporary, "%.*s.%s.%d.part", folder_bytes, out->path, out->path + folder_bytes, (int)getpid()) <
        0)
        out->temporary = NULL;
    return out->temporary ? 0 : as_error_set(-ENOMEM, "%s: out of memory", out->path);
}

static int choose(as_out_file *out, bool named_only)
{
    struct stat status;
    if (stat(out->path, &status) < 0) {
        if (lstat(out->path, &status) == 0)
            return as_error_set(-ENOENT, "%s: is a link to what is not there", out->path);
        return name_temporary(out);
    }
    if (S_ISDIR(status.st_mode))
        return as_error_set(-EISDIR, "%s: is a folder; a file is expected", out->path);
    if (!S_ISREG(status.st_mode))
        return named_only ? as_error_set(-EINVAL, "%s: is no regular file", out->path) : 0;
    if (!out->overwrite)
        return as_error_set(-EEXIST, "%s: exists already; -f overwrites it", out->path);
    return name_temporary(out);
}

int as_out_file_open(const char *path, bool overwrite, bool named_only, as_out_file **out)
{
    as_out_file *o = calloc(1, sizeof *o);
    if (!o || !(o->path = strdup(path))) {
        free(o);
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    }
    o->overwrite = overwrite;
    int rc = 0;
    if (strcmp(path, "-") != 0)
        rc = choose(o, named_only);
    else if (named_only)
        rc = as_error_set(-EINVAL, "-: this format needs a file of its own; standard output is none");
    else
        o->stream = stdout;
    if (rc == 0 && !o->stream && !named_only)
        rc = open_stream(o);
    if (rc < 0) {
        free(o->temporary);
        free(o->path);
        free(o);
        return rc;
    }
    *out = o;
    return 0;
}

FILE *as_out_file_stream(as_out_file *out)
{
    return out->stream;
}

const char *as_out_file_temporary(const as_out_file *out)
{
    return out->temporary;
}

static void release(as_out_file *out)
{
    free(out->temporary);
    free(out->path);
    free(out);
}

/* Written bytes to the disk, and the stream closed. */
static int close_stream(as_out_file *out)
{
    FILE *stream = out->stream;
    if (!stream)
        return 0;
    bool good = fflush(stream) == 0 && !ferror(stream);
    int error = good ? 0 : errno;
    if (good && fileno(stream) >= 0 && stream != stdout && fsync(fileno(stream)) < 0 && errno != EINVAL &&
        errno != EROFS)
        error = errno;
    if (stream != stdout && fclose(stream) != 0 && error == 0)
        error = errno ? errno : EIO;
    out->stream = NULL;
    return good && error == 0 ? 0 : as_error_set(-EIO, "%s: cannot be written: %s", out->path, strerror(error));
}

int as_out_file_commit(as_out_file *out)
{
    int rc = close_stream(out);
    if (rc == 0 && out->temporary) {
        /* link does not replace what has come there in the meantime */
        int moved = out->overwrite ? rename(out->temporary, out->path) : link(out->temporary, out->path);
        if (moved < 0 && !out->overwrite && errno != EEXIST)
            moved = rename(out->temporary, out->path); /* a file system without hard links */
        if (moved < 0)
            rc = as_error_set(-errno, "%s: cannot be put in its place: %s", out->path, strerror(errno));
    }
    if (out->temporary)
        unlink(out->temporary);
    release(out);
    return rc;
}

void as_out_file_abandon(as_out_file *out)
{
    if (!out)
        return;
    if (out->stream && out->stream != stdout)
        fclose(out->stream);
    if (out->temporary)
        unlink(out->temporary);
    release(out);
}
