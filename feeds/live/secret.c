#include "feeds/live/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

enum { FILE_BYTES = 4096 }; /* of the file that are looked at */

/* Bytes read, or a negative errno with the error chain set. */
static ssize_t read_file(const char *path, char *data, size_t data_bytes)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t result = -1;
    if (fd < 0 || fstat(fd, &info) < 0)
        result = as_error_set(-errno, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        result = as_error_set(-EINVAL, "%s: is not a regular file", path);
    else if (info.st_mode & (S_IRWXG | S_IRWXO))
        result = as_error_set(-EACCES,
                              "%s: holds a secret and has mode %04o; allowed: nothing for group and others "
                              "(chmod 600)",
                              path, (unsigned)(info.st_mode & 07777));
    else if ((result = read(fd, data, data_bytes)) < 0)
        result = as_error_set(-errno, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return result;
}

int as_secret_read(const char *path, char *text, size_t text_bytes)
{
    char data[FILE_BYTES];
    ssize_t count = read_file(path, data, sizeof data);
    if (count < 0)
        return (int)count;
    const char *end = memchr(data, '\n', (size_t)count);
    size_t bytes = end ? (size_t)(end - data) : (size_t)count;
    if (bytes > 0 && data[bytes - 1] == '\r')
        bytes--;
    int result = 0;
    if (bytes == 0 || bytes >= text_bytes)
        result =
            as_error_set(-EINVAL, "%s: its first line has %zu bytes; allowed: 1 to %zu", path, bytes, text_bytes - 1);
    for (size_t i = 0; i < bytes && result == 0; i++) {
        if ((unsigned char)data[i] < 0x20 || data[i] == 0x7f)
            result = as_error_set(-EINVAL, "%s: byte %zu of its first line is a control character", path, i + 1);
    }
    if (result == 0) {
        memcpy(text, data, bytes);
        text[bytes] = '\0';
    }
    explicit_bzero(data, sizeof data);
    return result;
}

void as_secret_wipe(char *text, size_t text_bytes)
{
    explicit_bzero(text, text_bytes);
}
