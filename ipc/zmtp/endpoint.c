#include "ipc/zmtp/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/error.h"

enum { BACKLOG = 128 };

typedef union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
} address;

/* "PORT" or "*" at the end of a tcp endpoint. -1: neither. */
static long port_of(const char *text)
{
    if (strcmp(text, "*") == 0)
        return 0;
    char *end;
    if (*text < '0' || *text > '9')
        return -1;
    long port = strtol(text, &end, 10);
    return *end == 0 && port <= UINT16_MAX ? port : -1;
}

static bool read_tcp(const char *text, address *out, socklen_t *out_bytes)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return false;
    long port = port_of(colon + 1);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    if (port < 0)
        return false;
    size_t host_bytes = strlen(host);
    if (host_bytes > 2 && host[0] == '[' && host[host_bytes - 1] == ']') {
        host[host_bytes - 1] = 0;
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        *out_bytes = sizeof out->v6;
        return inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1;
    }
    const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : strcmp(host, "*") == 0 ? "0.0.0.0" : host;
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons((uint16_t)port);
    *out_bytes = sizeof out->v4;
    return inet_pton(AF_INET, numeric, &out->v4.sin_addr) == 1;
}

static bool read_ipc(const char *text, address *out, socklen_t *out_bytes)
{
    size_t bytes = strlen(text);
    if (bytes == 0 || bytes >= sizeof out->local.sun_path || strcmp(text, "@") == 0)
        return false;
    out->local.sun_family = AF_UNIX;
    memcpy(out->local.sun_path, text, bytes + 1);
    *out_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + 1);
    if (text[0] == '@') {
        out->local.sun_path[0] = 0;
        --*out_bytes; /* an abstract name has no zero at its end */
    }
    return true;
}

static bool read_endpoint(const char *text, address *out, socklen_t *out_bytes)
{
    memset(out, 0, sizeof *out);
    if (strncmp(text, "tcp://", 6) == 0)
        return read_tcp(text + 6, out, out_bytes);
    return strncmp(text, "ipc://", 6) == 0 && read_ipc(text + 6, out, out_bytes);
}

bool as_zmtp_endpoint_is_local(const char *text)
{
    address where;
    socklen_t bytes;
    if (!read_endpoint(text, &where, &bytes))
        return false;
    switch (where.any.sa_family) {
    case AF_INET:
        return ntohl(where.v4.sin_addr.s_addr) >> 24 == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&where.v6.sin6_addr);
    default:
        return true;
    }
}

/* Does the socket file belong to nobody any more? Then it is removed. */
static bool remove_stale(const address *where, socklen_t bytes)
{
    struct stat file;
    const char *path = where->local.sun_path;
    if (!path[0] || lstat(path, &file) != 0 || !S_ISSOCK(file.st_mode))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return false;
    bool refused = connect(probe, &where->any, bytes) != 0 && errno == ECONNREFUSED;
    close(probe);
    return refused && unlink(path) == 0;
}

static int bind_socket(int descriptor, const address *where, socklen_t bytes)
{
    if (where->any.sa_family != AF_UNIX) {
        int on = 1;
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (where->any.sa_family == AF_INET6)
            setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    } else if (where->local.sun_path[0]) {
        fchmod(descriptor, 0660); /* the file is never wider than that, not even before the chmod below */
    }
    if (bind(descriptor, &where->any, bytes) == 0)
        return 0;
    if (errno != EADDRINUSE || where->any.sa_family != AF_UNIX || !remove_stale(where, bytes))
        return errno ? -errno : -EADDRINUSE;
    return bind(descriptor, &where->any, bytes) == 0 ? 0 : -errno;
}

/* What was bound, in words; the file's identity. */
static int describe(const char *text, as_zmtp_endpoint *endpoint, const address *where)
{
    address bound = {0};
    socklen_t bytes = sizeof bound;
    char host[INET6_ADDRSTRLEN];
    if (where->any.sa_family == AF_UNIX) {
        struct stat file;
        snprintf(endpoint->text, sizeof endpoint->text, "%s", text);
        if (!where->local.sun_path[0])
            return 0;
        snprintf(endpoint->path, sizeof endpoint->path, "%s", where->local.sun_path);
        if (chmod(endpoint->path, 0660) != 0 || lstat(endpoint->path, &file) != 0)
            return -errno;
        endpoint->device = file.st_dev;
        endpoint->inode = file.st_ino;
        return 0;
    }
    endpoint->is_tcp = true;
    if (getsockname(endpoint->descriptor, &bound.any, &bytes) != 0)
        return -errno;
    if (bound.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &bound.v6.sin6_addr, host, sizeof host);
        snprintf(endpoint->text, sizeof endpoint->text, "tcp://[%s]:%u", host, ntohs(bound.v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &bound.v4.sin_addr, host, sizeof host);
        snprintf(endpoint->text, sizeof endpoint->text, "tcp://%s:%u", host, ntohs(bound.v4.sin_port));
    }
    return 0;
}

const char *as_zmtp_endpoint_advice(int code)
{
    switch (code) {
    case -EADDRINUSE:
        return "it is in use by another process; is another daemon running? Stop it, or choose another address";
    case -EADDRNOTAVAIL:
    case -ENODEV:
        return "this machine has no such address; allowed are those of its interfaces, and *";
    case -EACCES:
        return "permission denied; choose a port of 1024 or more, or a folder that this user may write to";
    case -ENOENT:
        return "its folder does not exist; make it, or choose another path";
    case -ENAMETOOLONG:
        return "its path is too long; allowed are at most 107 bytes";
    default:
        return strerror(-code);
    }
}

int as_zmtp_endpoint_open(const char *text, as_zmtp_endpoint *out)
{
    address where;
    socklen_t bytes;
    as_zmtp_endpoint endpoint = {.descriptor = -1};
    if (!read_endpoint(text, &where, &bytes))
        return as_error_set(-EINVAL,
                            "'%s' is no endpoint to listen at; allowed are tcp://ADDRESS:PORT with a numeric address, "
                            "[IPv6], localhost or *, and a port or *; ipc://PATH and ipc://@NAME of at most 107 bytes",
                            text);
    endpoint.descriptor = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (endpoint.descriptor < 0) {
        int error = errno;
        return as_error_set(-error, "%s: no socket: %s", text, strerror(error));
    }
    int rc = bind_socket(endpoint.descriptor, &where, bytes);
    if (rc == 0)
        rc = describe(text, &endpoint, &where);
    if (rc == 0 && listen(endpoint.descriptor, BACKLOG) != 0)
        rc = -errno;
    if (rc < 0) {
        as_zmtp_endpoint_close(&endpoint);
        return as_error_set(rc, "%s: %s", text, as_zmtp_endpoint_advice(rc));
    }
    *out = endpoint;
    return 0;
}

void as_zmtp_endpoint_close(as_zmtp_endpoint *endpoint)
{
    struct stat file;
    if (endpoint->descriptor < 0)
        return;
    close(endpoint->descriptor);
    if (endpoint->path[0] && lstat(endpoint->path, &file) == 0 && file.st_dev == endpoint->device &&
        file.st_ino == endpoint->inode)
        unlink(endpoint->path);
    endpoint->descriptor = -1;
}
