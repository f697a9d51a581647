#include "feeds/live/reactor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/live/reactor_backend.h"

enum { BUFFERS_MAX = 32768, BUFFER_BYTES_MAX = 1 << 20 };

/* ---- diagnosis ---- */

/* A number from a small file of /proc: the one after key, or the first. -1 if it cannot be read. */
static long proc_number(const char *path, const char *key)
{
    char text[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    size_t text_bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[text_bytes] = 0;
    const char *at = key != NULL ? strstr(text, key) : text;
    return at != NULL ? strtol(at + (key != NULL ? strlen(key) : 0), NULL, 10) : -1;
}

static const char *errno_name(int error)
{
    const char *name = strerrorname_np(error < 0 ? -error : error);
    return name != NULL ? name : "unknown error";
}

void as_uring_diagnose(const char *call, int error, char *text, size_t text_bytes)
{
    long disabled = proc_number("/proc/sys/kernel/io_uring_disabled", NULL);
    bool filtered = proc_number("/proc/self/status", "\nSeccomp:") == 2;
    char cause[160];
    const char *fix;
    snprintf(cause, sizeof cause, "the kernel does not know it");
    fix = "Linux 6.0 or newer";
    switch (error < 0 ? -error : error) {
    case EPERM:
    case EACCES:
        if (disabled > 0) {
            snprintf(cause, sizeof cause, "kernel.io_uring_disabled=%ld (sysctl)", disabled);
            fix = disabled == 1 ? "sysctl -w kernel.io_uring_disabled=0, or join the group of kernel.io_uring_group"
                                : "sysctl -w kernel.io_uring_disabled=0";
            break;
        }
        snprintf(cause, sizeof cause, "%s",
                 filtered ? "a seccomp filter (container runtimes refuse io_uring by default)"
                          : "a security policy of this machine");
        fix = "a policy that allows io_uring_setup, io_uring_enter and io_uring_register";
        break;
    case ENOSYS:
        if (filtered) {
            snprintf(cause, sizeof cause, "a seccomp filter that hides io_uring, or a kernel without it");
            fix = "a policy that allows io_uring_setup, io_uring_enter and io_uring_register";
        }
        break;
    case ENOMEM:
        snprintf(cause, sizeof cause, "the limit of locked memory");
        fix = "ulimit -l unlimited (LimitMEMLOCK=infinity in a unit)";
        break;
    case EMFILE:
    case ENFILE:
        snprintf(cause, sizeof cause, "the limit of open files");
        fix = "a higher ulimit -n";
        break;
    default:
        break;
    }
    snprintf(text, text_bytes, "io_uring unavailable: %s: %s. Cause: %s. Fix: %s.", call, errno_name(error), cause,
             fix);
}

/* ---- life cycle ---- */

static bool power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static int options_check(const as_reactor_options *given, as_reactor_options *options)
{
    *options = *given;
    if (options->watch_max == 0)
        options->watch_max = 64;
    if (options->datagram_buffers == 0)
        options->datagram_buffers = 512;
    if (options->datagram_bytes == 0)
        options->datagram_bytes = AS_DATAGRAM_BYTES;
    if (options->stream_buffers == 0)
        options->stream_buffers = 16;
    if (options->stream_bytes == 0)
        options->stream_bytes = 16384;
    if (options->watch_max > AS_WATCH_MAX)
        return as_error_set(-EINVAL, "reactor: watch_max is %u; allowed: 1 to %d", options->watch_max, AS_WATCH_MAX);
    if (!power_of_two(options->datagram_buffers) || options->datagram_buffers > BUFFERS_MAX ||
        !power_of_two(options->stream_buffers) || options->stream_buffers > BUFFERS_MAX)
        return as_error_set(-EINVAL, "reactor: buffers are %u and %u; allowed: powers of two from 1 to %d",
                            options->datagram_buffers, options->stream_buffers, BUFFERS_MAX);
    if (options->datagram_bytes > BUFFER_BYTES_MAX || options->stream_bytes > BUFFER_BYTES_MAX)
        return as_error_set(-EINVAL, "reactor: buffers hold %u and %u bytes; allowed: up to %d",
                            options->datagram_bytes, options->stream_bytes, BUFFER_BYTES_MAX);
    if (options->uring_completions > BUFFERS_MAX)
        return as_error_set(-EINVAL, "reactor: uring_completions is %u; allowed: up to %d", options->uring_completions,
                            BUFFERS_MAX);
    if (options->uring_skip > 2)
        return as_error_set(-EINVAL, "reactor: uring_skip is %u; allowed: 0 to 2", options->uring_skip);
    if ((unsigned)options->backend > AS_BACKEND_EPOLL)
        return as_error_set(-EINVAL, "reactor: backend is %d; allowed: auto, uring, epoll", (int)options->backend);
    return 0;
}

static int backend_open(as_reactor *reactor)
{
    as_backend wanted = reactor->options.backend;
    if (wanted != AS_BACKEND_EPOLL) {
        reactor->ops = &as_reactor_uring_ops;
        int result = reactor->ops->open(reactor);
        if (result == 0)
            return 0;
        if (wanted == AS_BACKEND_URING)
            return as_error_add("io.backend is uring, so another backend is not tried; allowed: auto, uring, epoll");
        snprintf(reactor->reason_text, sizeof reactor->reason_text,
                 "%s Continuing with the epoll backend (set io.backend=uring to make this fatal).",
                 as_error_message(0));
        as_error_clear();
        as_warn("%s", reactor->reason_text);
    }
    reactor->ops = &as_reactor_epoll_ops;
    return reactor->ops->open(reactor);
}

int as_reactor_open(const as_reactor_options *options, as_reactor **reactor)
{
    as_reactor_options checked;
    int result = options_check(options, &checked);
    if (result < 0)
        return result;
    as_reactor *made = calloc(1, sizeof *made);
    if (made == NULL)
        return as_error_set(-ENOMEM, "reactor: out of memory");
    made->options = checked;
    made->watch = calloc(checked.watch_max, sizeof *made->watch);
    result = made->watch != NULL ? backend_open(made) : as_error_set(-ENOMEM, "reactor: out of memory");
    if (result < 0) {
        free(made->watch);
        free(made);
        return result;
    }
    *reactor = made;
    return 0;
}

void as_reactor_close(as_reactor *reactor)
{
    if (reactor == NULL)
        return;
    for (uint32_t i = 0; i < reactor->options.watch_max; i++) {
        as_watch *watch = &reactor->watch[i];
        if (watch->kind != AS_WATCH_FREE && !watch->closing)
            as_reactor_remove(reactor, as_watch_id(reactor, watch));
    }
    reactor->ops->close(reactor);
    free(reactor->watch);
    free(reactor);
}

/* ---- watches ---- */

as_watch *as_watch_find(as_reactor *reactor, int id)
{
    uint32_t index = (uint32_t)id & (AS_WATCH_MAX - 1);
    if (id < 0 || index >= reactor->options.watch_max)
        return NULL;
    as_watch *watch = &reactor->watch[index];
    bool same = watch->kind != AS_WATCH_FREE && as_watch_id(reactor, watch) == id;
    return same ? watch : NULL;
}

void as_watch_free(as_reactor *reactor, as_watch *watch)
{
    uint32_t generation = (watch->generation + 1) & AS_WATCH_GENERATION_MASK;
    *watch = (as_watch){.generation = generation, .fd = -1};
    reactor->watch_count--;
}

static int watch_add(as_reactor *reactor, const as_watch *wanted)
{
    as_watch *watch = NULL;
    for (uint32_t i = 0; i < reactor->options.watch_max && watch == NULL; i++) {
        if (reactor->watch[i].kind == AS_WATCH_FREE)
            watch = &reactor->watch[i];
    }
    if (watch == NULL)
        return as_error_set(-ENOSPC, "reactor: %u sockets are watched; allowed: %u", reactor->watch_count,
                            reactor->options.watch_max);
    uint32_t generation = watch->generation;
    *watch = *wanted;
    watch->generation = generation;
    reactor->watch_count++;
    int result = reactor->ops->add(reactor, watch);
    if (result < 0) {
        as_watch_free(reactor, watch);
        return result;
    }
    return as_watch_id(reactor, watch);
}

int as_reactor_add_udp(as_reactor *reactor, int fd, as_datagram_fn fn, void *ctx)
{
    return watch_add(reactor, &(as_watch){.kind = AS_WATCH_UDP, .fd = fd, .fn.datagram = fn, .ctx = ctx});
}

int as_reactor_add_stream(as_reactor *reactor, int fd, as_stream_fn fn, void *ctx)
{
    return watch_add(reactor, &(as_watch){.kind = AS_WATCH_STREAM, .fd = fd, .fn.stream = fn, .ctx = ctx});
}

int as_reactor_add_listener(as_reactor *reactor, int fd, as_accept_fn fn, void *ctx)
{
    return watch_add(reactor, &(as_watch){.kind = AS_WATCH_LISTENER, .fd = fd, .fn.accept = fn, .ctx = ctx});
}

void as_reactor_remove(as_reactor *reactor, int id)
{
    as_watch *watch = as_watch_find(reactor, id);
    if (watch == NULL || watch->closing)
        return;
    watch->closing = true;
    reactor->ops->remove(reactor, watch);
}

int as_reactor_poll(as_reactor *reactor, uint64_t wait_ns)
{
    reactor->callback_count = 0;
    reactor->ops->poll(reactor, wait_ns);
    return reactor->callback_count;
}

/* ---- callbacks ---- */

/* Read a datagram's control messages: returns the kernel's stamp, 0 if there is none; counts its drops. */
static uint64_t control_read(as_reactor *reactor, as_watch *watch, struct msghdr *control)
{
    uint64_t ts = 0;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(control); item != NULL; item = CMSG_NXTHDR(control, item)) {
        if (item->cmsg_level != SOL_SOCKET)
            continue;
        if (item->cmsg_type == SCM_TIMESTAMPNS && item->cmsg_len >= CMSG_LEN(sizeof(struct timespec))) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
            ts = (uint64_t)stamp.tv_sec * AS_NS_PER_S + (uint64_t)stamp.tv_nsec;
        } else if (item->cmsg_type == SO_RXQ_OVFL && item->cmsg_len >= CMSG_LEN(sizeof(uint32_t))) {
            uint32_t drops;
            memcpy(&drops, CMSG_DATA(item), sizeof drops);
            as_counter_add(&reactor->count.kernel_drops, (uint32_t)(drops - watch->drops_seen));
            watch->drops_seen = drops;
        }
    }
    return ts;
}

void as_watch_datagram(as_reactor *reactor, as_watch *watch, const uint8_t *data, size_t data_bytes,
                       struct msghdr *control, bool truncated)
{
    if (watch->closing)
        return;
    uint64_t ts = control_read(reactor, watch, control);
    as_counter_add(&reactor->count.datagrams, 1);
    as_counter_add(&reactor->count.bytes, data_bytes);
    if (truncated)
        as_counter_add(&reactor->count.truncated, 1);
    reactor->callback_count++;
    watch->fn.datagram(watch->ctx, data, data_bytes, ts != 0 ? ts : as_clock_now_ns(), truncated);
}

void as_watch_stream(as_reactor *reactor, as_watch *watch, const uint8_t *data, size_t data_bytes)
{
    if (watch->closing)
        return;
    as_counter_add(&reactor->count.reads, 1);
    as_counter_add(&reactor->count.bytes, data_bytes);
    reactor->callback_count++;
    watch->fn.stream(watch->ctx, data, data_bytes, as_clock_now_ns(), 0);
}

void as_watch_end(as_reactor *reactor, as_watch *watch, int error)
{
    if (watch->closing)
        return;
    watch->closing = true;
    as_counter_add(&reactor->count.closed, 1);
    reactor->callback_count++;
    watch->fn.stream(watch->ctx, NULL, 0, as_clock_now_ns(), error);
}

void as_watch_accept(as_reactor *reactor, as_watch *watch, int fd)
{
    if (watch->closing) {
        close(fd);
        return;
    }
    as_counter_add(&reactor->count.accepts, 1);
    reactor->callback_count++;
    watch->fn.accept(watch->ctx, fd);
}

/* ---- what it is and what it did ---- */

const char *as_reactor_backend_name(const as_reactor *reactor)
{
    return reactor->ops->name;
}

const char *as_reactor_backend_text(const as_reactor *reactor)
{
    return reactor->backend_text;
}

const char *as_reactor_reason_text(const as_reactor *reactor)
{
    return reactor->reason_text;
}

void as_reactor_stats_get(const as_reactor *reactor, as_reactor_stats *stats)
{
    const as_reactor_counters *count = &reactor->count;
    *stats = (as_reactor_stats){.datagrams = as_counter_get(&count->datagrams),
                                .bytes = as_counter_get(&count->bytes),
                                .truncated = as_counter_get(&count->truncated),
                                .kernel_drops = as_counter_get(&count->kernel_drops),
                                .enobufs = as_counter_get(&count->enobufs),
                                .rearms = as_counter_get(&count->rearms),
                                .cq_overflow = as_counter_get(&count->cq_overflow),
                                .reads = as_counter_get(&count->reads),
                                .accepts = as_counter_get(&count->accepts),
                                .closed = as_counter_get(&count->closed),
                                .errors = as_counter_get(&count->errors)};
}
