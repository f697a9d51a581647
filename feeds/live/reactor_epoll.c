#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/live/reactor_backend.h"

/*
 * BATCH datagrams a call, and ROUNDS calls a socket before the next socket has its turn. Up to DIRECT_MAX sockets
 * are simply asked when the thread does not want to wait: one system call instead of epoll_wait and then the
 * receive.
 */
enum { BATCH = 64, ROUNDS = 4, DIRECT_MAX = 2, READY_MAX = 64 };

typedef struct epoll_backend {
    int fd;
    bool no_pwait2; /* a kernel before 5.11, or a filter */
    uint8_t *payload;
    size_t payload_bytes;
    struct mmsghdr message[BATCH];
    struct iovec part[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][AS_CONTROL_BYTES];
    struct epoll_event ready[READY_MAX];
} epoll_backend;

static int epoll_open(as_reactor *reactor)
{
    const as_reactor_options *options = &reactor->options;
    epoll_backend *backend = calloc(1, sizeof *backend);
    if (backend == NULL)
        return as_error_set(-ENOMEM, "epoll: out of memory");
    backend->payload_bytes = (size_t)BATCH * options->datagram_bytes;
    if (backend->payload_bytes < options->stream_bytes)
        backend->payload_bytes = options->stream_bytes;
    backend->payload = malloc(backend->payload_bytes);
    backend->fd = epoll_create1(EPOLL_CLOEXEC);
    if (backend->payload == NULL || backend->fd < 0) {
        int error = backend->payload == NULL ? ENOMEM : errno;
        if (backend->fd >= 0)
            close(backend->fd);
        free(backend->payload);
        free(backend);
        return as_error_set(-error, "epoll: epoll_create1: %s", strerror(error));
    }
    for (size_t i = 0; i < BATCH; i++) {
        backend->part[i] = (struct iovec){.iov_base = backend->payload + i * options->datagram_bytes,
                                          .iov_len = options->datagram_bytes};
        backend->message[i].msg_hdr = (struct msghdr){.msg_iov = &backend->part[i],
                                                      .msg_iovlen = 1,
                                                      .msg_control = backend->control[i],
                                                      .msg_controllen = AS_CONTROL_BYTES};
    }
    reactor->backend = backend;
    snprintf(reactor->backend_text, sizeof reactor->backend_text, "epoll (recvmmsg)");
    return 0;
}

static int epoll_add(as_reactor *reactor, as_watch *watch)
{
    epoll_backend *backend = reactor->backend;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = as_watch_id(reactor, watch)};
    if (epoll_ctl(backend->fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
        return 0;
    int error = errno;
    return as_error_set(-error, "epoll: watching descriptor %d: %s", watch->fd, strerror(error));
}

/* The table's slot is free at once: nothing is in flight. A callback that is running finds its watch gone. */
static void epoll_remove(as_reactor *reactor, as_watch *watch)
{
    epoll_backend *backend = reactor->backend;
    epoll_ctl(backend->fd, EPOLL_CTL_DEL, watch->fd, NULL);
    as_watch_free(reactor, watch);
}

static bool try_again(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void receive_datagrams(as_reactor *reactor, as_watch *watch)
{
    epoll_backend *backend = reactor->backend;
    int id = as_watch_id(reactor, watch);
    int count = BATCH;
    for (int round = 0; round < ROUNDS && count == BATCH; round++) {
        count = recvmmsg(watch->fd, backend->message, BATCH, MSG_DONTWAIT, NULL);
        if (count < 0) {
            if (!try_again(errno))
                as_counter_add(&reactor->count.errors, 1);
            return;
        }
        for (int i = 0; i < count; i++) {
            struct msghdr *header = &backend->message[i].msg_hdr;
            bool truncated = (header->msg_flags & MSG_TRUNC) != 0;
            /* Its own callback may have removed it; the headers are put back all the same. */
            if (as_watch_find(reactor, id) == watch)
                as_watch_datagram(reactor, watch, backend->part[i].iov_base, backend->message[i].msg_len, header,
                                  truncated);
            header->msg_controllen = AS_CONTROL_BYTES;
        }
        if (as_watch_find(reactor, id) != watch)
            return;
    }
}

static void stream_end(as_reactor *reactor, as_watch *watch, int error)
{
    epoll_backend *backend = reactor->backend;
    /* Out of the set before the callback, which closes the descriptor; its slot is free only afterwards. */
    epoll_ctl(backend->fd, EPOLL_CTL_DEL, watch->fd, NULL);
    as_watch_end(reactor, watch, error);
    as_watch_free(reactor, watch);
}

static void receive_stream(as_reactor *reactor, as_watch *watch)
{
    epoll_backend *backend = reactor->backend;
    int id = as_watch_id(reactor, watch);
    for (int round = 0; round < ROUNDS; round++) {
        ssize_t result = recv(watch->fd, backend->payload, reactor->options.stream_bytes, MSG_DONTWAIT);
        if (result < 0 && try_again(errno))
            return;
        if (result <= 0) {
            stream_end(reactor, watch, result < 0 ? -errno : 0);
            return;
        }
        as_watch_stream(reactor, watch, backend->payload, (size_t)result);
        if (as_watch_find(reactor, id) != watch || (size_t)result < reactor->options.stream_bytes)
            return;
    }
}

static void receive_connections(as_reactor *reactor, as_watch *watch)
{
    int id = as_watch_id(reactor, watch);
    for (int round = 0; round < BATCH; round++) {
        int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (!try_again(errno) && errno != ECONNABORTED)
                as_counter_add(&reactor->count.errors, 1);
            return;
        }
        as_watch_accept(reactor, watch, fd);
        if (as_watch_find(reactor, id) != watch)
            return;
    }
}

static void receive(as_reactor *reactor, as_watch *watch)
{
    if (watch->kind == AS_WATCH_UDP)
        receive_datagrams(reactor, watch);
    else if (watch->kind == AS_WATCH_STREAM)
        receive_stream(reactor, watch);
    else
        receive_connections(reactor, watch);
}

static int wait_ready(epoll_backend *backend, uint64_t wait_ns)
{
    if (!backend->no_pwait2) {
        struct timespec limit = {.tv_sec = (time_t)(wait_ns / AS_NS_PER_S), .tv_nsec = (long)(wait_ns % AS_NS_PER_S)};
        int count = epoll_pwait2(backend->fd, backend->ready, READY_MAX, &limit, NULL);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM))
            return count;
        backend->no_pwait2 = true;
    }
    uint64_t wait_ms = (wait_ns + AS_NS_PER_MS - 1) / AS_NS_PER_MS;
    return epoll_wait(backend->fd, backend->ready, READY_MAX, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);
}

static int epoll_poll(as_reactor *reactor, uint64_t wait_ns)
{
    epoll_backend *backend = reactor->backend;
    if (wait_ns == 0 && reactor->watch_count <= DIRECT_MAX) {
        uint32_t left = reactor->watch_count;
        for (uint32_t i = 0; left > 0 && i < reactor->options.watch_max; i++) {
            if (reactor->watch[i].kind == AS_WATCH_FREE)
                continue;
            left--;
            receive(reactor, &reactor->watch[i]);
        }
        return 0;
    }
    int count = wait_ready(backend, wait_ns);
    for (int i = 0; i < count; i++) {
        as_watch *watch = as_watch_find(reactor, backend->ready[i].data.fd);
        if (watch != NULL)
            receive(reactor, watch);
    }
    return 0;
}

static void epoll_close(as_reactor *reactor)
{
    epoll_backend *backend = reactor->backend;
    close(backend->fd);
    free(backend->payload);
    free(backend);
}

const as_reactor_ops as_reactor_epoll_ops = {
    .name = "epoll",
    .open = epoll_open,
    .add = epoll_add,
    .remove = epoll_remove,
    .poll = epoll_poll,
    .close = epoll_close,
};
