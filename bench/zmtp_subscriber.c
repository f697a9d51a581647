#include "bench/zmtp_subscriber.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "feeds/be.h"

enum {
    GREETING_BYTES = 64,
    HANDSHAKE_S = 5,
    FLAG_MORE = 0x01,
    FLAG_LONG = 0x02,
    FLAG_COMMAND = 0x04,
    PREFIX_MAX = 254
};

/* ---- opening ---- */

static int address_of(const char *endpoint, struct sockaddr_in *at)
{
    char host[64];
    unsigned port;
    *at = (struct sockaddr_in){.sin_family = AF_INET};
    if (sscanf(endpoint, "tcp://%63[0-9.]:%u", host, &port) != 2 || port == 0 || port > UINT16_MAX)
        return -EINVAL;
    at->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &at->sin_addr) == 1 ? 0 : -EINVAL;
}

static int send_all(int fd, const void *bytes, size_t byte_count)
{
    ssize_t sent = send(fd, bytes, byte_count, MSG_NOSIGNAL);
    return sent == (ssize_t)byte_count ? 0 : sent < 0 ? -errno : -EIO; /* a few bytes into an empty queue */
}

static int receive_all(int fd, void *bytes, size_t byte_count)
{
    ssize_t got = recv(fd, bytes, byte_count, MSG_WAITALL);
    return got == (ssize_t)byte_count ? 0 : got < 0 ? -errno : -ECONNRESET;
}

/* Signature, version 3.0, mechanism, as-server 0. */
static int greet(int fd)
{
    uint8_t ours[GREETING_BYTES] = {0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0, 'N', 'U', 'L', 'L'};
    uint8_t theirs[GREETING_BYTES];
    int rc = send_all(fd, ours, sizeof ours);
    if (rc == 0)
        rc = receive_all(fd, theirs, sizeof theirs);
    if (rc < 0)
        return rc;
    return theirs[0] == 0xFF && theirs[9] == 0x7F && theirs[10] >= 3 && memcmp(theirs + 12, ours + 12, 20) == 0
               ? 0
               : -EPROTO;
}

/* READY both ways: a command of one short frame. */
static int get_ready(int fd)
{
    static const uint8_t ready[] = {FLAG_COMMAND, 25,  5,   'R', 'E', 'A', 'D', 'Y', 11, 'S', 'o', 'c', 'k', 'e',
                                    't',          '-', 'T', 'y', 'p', 'e', 0,   0,   0,  3,   'S', 'U', 'B'};
    _Static_assert(sizeof ready == 27, "flags, length, and what they say");
    uint8_t head[2], theirs[255];
    int rc = send_all(fd, ready, sizeof ready);
    if (rc == 0)
        rc = receive_all(fd, head, sizeof head);
    if (rc == 0)
        rc = receive_all(fd, theirs, head[1]);
    if (rc < 0)
        return rc;
    return head[0] == FLAG_COMMAND && head[1] >= 6 && memcmp(theirs, "\5READY", 6) == 0 ? 0 : -EPROTO;
}

static int subscribe(int fd, const char *prefix)
{
    uint8_t frame[3 + PREFIX_MAX] = {0};
    size_t bytes = strlen(prefix);
    if (bytes > PREFIX_MAX)
        return -EINVAL;
    frame[1] = (uint8_t)(1 + bytes);
    frame[2] = 1;
    memcpy(frame + 3, prefix, bytes);
    return send_all(fd, frame, 3 + bytes);
}

int as_zmtp_subscriber_open(as_zmtp_subscriber *s, const char *endpoint, const char *prefix)
{
    struct sockaddr_in at;
    struct timeval patience = {.tv_sec = HANDSHAKE_S};
    int on = 1;
    s->first = s->end = 0;
    s->fd = -1;
    int rc = address_of(endpoint, &at);
    if (rc < 0)
        return rc;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
        setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
        connect(s->fd, (struct sockaddr *)&at, sizeof at) < 0)
        return -errno;
    rc = greet(s->fd);
    if (rc == 0)
        rc = get_ready(s->fd);
    return rc == 0 ? subscribe(s->fd, prefix) : rc;
}

void as_zmtp_subscriber_close(as_zmtp_subscriber *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* ---- reading ---- */

typedef struct frame {
    uint8_t flags;
    const uint8_t *bytes;
    size_t byte_count;
} frame;

/* The frame at *at, which moves behind it: 1; 0: it is not all there; -EPROTO. */
static int take_frame(const as_zmtp_subscriber *s, size_t *at, frame *f)
{
    const uint8_t *p = s->buffer + *at;
    size_t room = s->end - *at, head = 2;
    if (room < 2)
        return 0;
    f->flags = p[0];
    f->byte_count = p[1];
    if (f->flags & FLAG_LONG) {
        head = 9;
        if (room < head)
            return 0;
        uint64_t bytes = as_be64(p + 1);
        if (bytes > AS_ZMTP_BUFFER_BYTES / 2)
            return -EPROTO;
        f->byte_count = (size_t)bytes;
    }
    if (room < head + f->byte_count)
        return 0;
    f->bytes = p + head;
    *at += head + f->byte_count;
    return 1;
}

/* The next message of what has been received: as poll. */
static int take_message(as_zmtp_subscriber *s, as_zmtp_received *message)
{
    frame topic = {0}, payload = {0};
    size_t at = s->first;
    int rc = take_frame(s, &at, &topic);
    while (rc > 0 && topic.flags & FLAG_COMMAND) { /* none that concerns us */
        s->first = at;
        rc = take_frame(s, &at, &topic);
    }
    if (rc <= 0)
        return rc;
    rc = topic.flags & FLAG_MORE ? take_frame(s, &at, &payload) : -EPROTO;
    if (rc <= 0)
        return rc;
    if (payload.flags & (FLAG_MORE | FLAG_COMMAND))
        return -EPROTO;
    s->first = at;
    *message = (as_zmtp_received){topic.bytes, payload.bytes, topic.byte_count, payload.byte_count};
    return 1;
}

int as_zmtp_subscriber_poll(as_zmtp_subscriber *s, as_zmtp_received *message)
{
    int rc = take_message(s, message);
    if (rc != 0)
        return rc;
    if (s->first) {
        memmove(s->buffer, s->buffer + s->first, s->end - s->first);
        s->end -= s->first;
        s->first = 0;
    }
    if (s->end == sizeof s->buffer)
        return -EPROTO; /* a message beyond what the contract allows */
    ssize_t got = recv(s->fd, s->buffer + s->end, sizeof s->buffer - s->end, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (got == 0)
        return -ECONNRESET;
    s->end += (size_t)got;
    return take_message(s, message);
}

void as_zmtp_subscriber_wait(const as_zmtp_subscriber *s, int wait_ms)
{
    struct pollfd wanted = {.fd = s->fd, .events = POLLIN};
    (void)poll(&wanted, 1, wait_ms);
}
