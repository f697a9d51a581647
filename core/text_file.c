#include "core/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

/* Read until the end or room_bytes; the number of bytes or a negative errno. */
static ssize_t read_all(int fd, char *out, size_t room_bytes)
{
    size_t done = 0;
    while (done < room_bytes) {
        ssize_t got = read(fd, out + done, room_bytes - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static int read_open_file(const char *path, int fd, size_t bytes_max, char **text, size_t *text_bytes)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return as_error_set(-errno, "%s: cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return as_error_set(-EISDIR, "%s: found a folder, allowed a file", path);
    size_t room_bytes = bytes_max + 1; /* one more than allowed, so that a file that grows is noticed too */
    if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size < bytes_max)
        room_bytes = (size_t)info.st_size + 1;
    char *out = malloc(room_bytes + 1);
    if (!out)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    ssize_t got = read_all(fd, out, room_bytes);
    if (got < 0 || (size_t)got > bytes_max) {
        free(out);
        return got < 0 ? as_error_set((int)got, "%s: cannot be read: %s", path, strerror((int)-got))
                       : as_error_set(-EFBIG, "%s: found more than %zu bytes, allowed %zu", path, bytes_max, bytes_max);
    }
    out[got] = '\0';
    *text = out;
    *text_bytes = (size_t)got;
    return 0;
}

int as_text_file_read(const char *path, size_t bytes_max, char **text, size_t *text_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    int rc = read_open_file(path, fd, bytes_max, text, text_bytes);
    close(fd);
    return rc;
}
