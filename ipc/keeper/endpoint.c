#include "ipc/keeper/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "core/error.h"
#include "ipc/zmtp/endpoint.h"

enum { BACKLOG = 64, URL_BYTES = 256 };

static int address_of(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return as_error_set(-ENAMETOOLONG, "%s: found %zu bytes; allowed: a path of at most %zu", path, strlen(path),
                            sizeof address->sun_path - 1);
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

/* Does somebody answer there? */
static int is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return as_error_set(-errno, "%s: socket: %s", address->sun_path, strerror(errno));
    int rc = connect(fd, (const struct sockaddr *)address, sizeof *address);
    int alive = rc == 0 || errno != ECONNREFUSED; /* EAGAIN: its queue is full; EACCES: somebody else's */
    close(fd);
    return alive;
}

int as_endpoint_clear(const char *path)
{
    struct sockaddr_un address;
    struct stat info;
    int rc = address_of(path, &address);
    if (rc < 0)
        return rc;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? 0 : as_error_set(-errno, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(info.st_mode))
        return as_error_set(-EEXIST, "%s: found a file that is no socket; allowed: a free path", path);
    rc = is_alive(&address);
    if (rc > 0)
        return as_error_set(-EADDRINUSE, "%s: it is in use; is another daemon running? Stop it, or choose another path",
                            path);
    if (rc == 0 && unlink(path) != 0 && errno != ENOENT)
        return as_error_set(-errno, "%s: a stale socket cannot be removed: %s", path, strerror(errno));
    return rc;
}

static int check_folder(const char *path)
{
    char folder[sizeof((struct sockaddr_un *)NULL)->sun_path];
    const char *slash = strrchr(path, '/');
    struct stat info;
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path)
        (void)snprintf(folder, sizeof folder, "/");
    if (stat(folder, &info) != 0)
        return as_error_set(-errno, "%s: its folder: %s", path, strerror(errno));
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) && !(info.st_mode & S_ISVTX))
        return as_error_set(-EPERM,
                            "%s: found a folder of mode %04o, in which others may replace it; allowed: one "
                            "that only its owner can write to, or a sticky one",
                            path, (unsigned)(info.st_mode & 07777));
    return 0;
}

static int listen_at(int fd, const struct sockaddr_un *address, unsigned mode)
{
    /* before bind, so that there is no moment with another mode */
    if (fchmod(fd, mode) != 0 || bind(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return -errno;
    if (chmod(address->sun_path, mode) != 0 || listen(fd, BACKLOG) != 0) {
        int code = -errno;
        unlink(address->sun_path);
        return code;
    }
    return 0;
}

int as_endpoint_bind(void *zmq_socket, const char *path, unsigned mode)
{
    struct sockaddr_un address;
    char url[URL_BYTES];
    int rc = address_of(path, &address);
    if (rc == 0)
        rc = as_endpoint_clear(path);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rc = fd < 0 ? -errno : listen_at(fd, &address, mode);
    if (rc < 0) {
        if (fd >= 0)
            close(fd);
        return as_error_set(rc, "%s: %s", path, as_zmtp_endpoint_advice(rc));
    }
    (void)snprintf(url, sizeof url, "ipc://%s", path);
    if (zmq_setsockopt(zmq_socket, ZMQ_USE_FD, &fd, sizeof fd) == 0 && zmq_bind(zmq_socket, url) == 0)
        return 0; /* the descriptor is libzmq's now */
    rc = -zmq_errno();
    close(fd);
    unlink(path);
    return as_error_set(rc, "%s: %s", path, zmq_strerror(-rc));
}

int as_endpoint_bind_private(void *zmq_socket, const char *path)
{
    struct sockaddr_un address;
    int rc = address_of(path, &address);
    if (rc == 0)
        rc = check_folder(path);
    return rc < 0 ? rc : as_endpoint_bind(zmq_socket, path, S_IRUSR | S_IWUSR);
}
