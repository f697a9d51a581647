/*
 * The reactor: gets bytes out of sockets and calls who wants them.
 *
 * One reactor per feed thread, two backends behind one interface. io_uring keeps one multishot receive per socket
 * armed over a ring of provided buffers, so that a datagram costs no system call of its own; epoll with recvmmsg is
 * there where io_uring is refused. Both pass the same tests. `auto` takes io_uring when everything it needs works
 * when tried, and otherwise epoll, with a warning that names the cause; `uring` makes the same cause an error.
 *
 * Threads: open, add, remove, poll and close belong to one thread, the reactor's own (io_uring ties a ring to the
 * thread that made it). Statistics may be read from any thread.
 * Memory: everything is allocated in open and add; poll allocates nothing. A datagram's bytes are valid during its
 * callback only. A callback may add and remove watches, its own included; it must not poll or close.
 * Progress: poll with a wait of 0 never blocks, and handles at most a bounded batch, so that one busy socket
 * cannot keep the thread.
 * Limits: watches, buffers and bytes of as_reactor_options. A datagram that is longer is cut, marked and counted.
 */
#ifndef AS_FEEDS_REACTOR_H
#define AS_FEEDS_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

typedef struct as_reactor as_reactor;

/* 0 in a field: the default. Counts of buffers are powers of two. */
typedef struct as_reactor_options {
    as_backend backend;
    uint32_t watch_max;        /* sockets at once: 64, up to 1024 */
    uint32_t datagram_buffers; /* per UDP socket: 512, up to 32768. io_uring: twice the worst burst between two polls */
    uint32_t datagram_bytes;   /* longest payload: AS_DATAGRAM_BYTES */
    uint32_t stream_buffers;   /* per TCP connection: 16, up to 32768 */
    uint32_t stream_bytes;     /* longest piece of a stream: 16384 */
    uint32_t uring_skip;       /* io_uring: leave out the best 1 or 2 of its 3 sets of flags, to test or compare them */
    uint32_t uring_completions; /* io_uring: the completion queue's room: 4 for each datagram buffer, 4096 to 32768 */
} as_reactor_options;

/* Exact, since open. */
typedef struct as_reactor_stats {
    uint64_t datagrams;    /* delivered */
    uint64_t bytes;        /* of datagrams and streams, delivered */
    uint64_t truncated;    /* datagrams cut at datagram_bytes */
    uint64_t kernel_drops; /* datagrams the kernel dropped because a socket's buffer was full (SO_RXQ_OVFL) */
    uint64_t enobufs;      /* io_uring: a receive stopped because all buffers were in use; nothing is lost by that */
    uint64_t rearms;       /* io_uring: receives armed again after they ended by themselves */
    uint64_t cq_overflow;  /* io_uring: a receive stopped because the completion queue was full; nothing is lost */
    uint64_t reads;        /* pieces of streams delivered */
    uint64_t accepts;      /* connections accepted */
    uint64_t closed;       /* streams that ended, by their peer or by an error */
    uint64_t errors;       /* receives and accepts that failed otherwise, and were tried again */
} as_reactor_stats;

/*
 * A datagram. ts_recv_ns is the kernel's receive stamp if the socket has SO_TIMESTAMPNS, else the clock at
 * delivery. truncated: it was longer than data_bytes; the rest is lost.
 */
typedef void (*as_datagram_fn)(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated);

/*
 * A piece of a stream, 1 byte or more; or its end: data NULL, data_bytes 0, error 0 if the peer closed it or the
 * negative errno of the failure. At its end the watch is already removed; the descriptor is still the owner's to
 * close.
 */
typedef void (*as_stream_fn)(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, int error);

/* A connection: non-blocking, and from now on the callee's. */
typedef void (*as_accept_fn)(void *ctx, int fd);

/*
 * Open. -EINVAL (an option is outside its limits), or the reason why the wanted backend is refused, with the error
 * chain set. With AUTO a refused io_uring is no error: as_warn says why, as_reactor_reason_text keeps the text.
 */
int as_reactor_open(const as_reactor_options *options, as_reactor **reactor);

/* All watches are removed first. NULL is allowed. Descriptors stay open: they are their owners'. */
void as_reactor_close(as_reactor *reactor);

/*
 * Watch a non-blocking descriptor. The watch's id, 0 or more; or a negative errno with the error chain set
 * (-ENOSPC: watch_max reached). The descriptor stays the caller's, who removes the watch before closing it.
 */
int as_reactor_add_udp(as_reactor *reactor, int fd, as_datagram_fn fn, void *ctx);
int as_reactor_add_stream(as_reactor *reactor, int fd, as_stream_fn fn, void *ctx);
int as_reactor_add_listener(as_reactor *reactor, int fd, as_accept_fn fn, void *ctx);

/* No callback of this watch is made any more. An id that is no longer watched is ignored. */
void as_reactor_remove(as_reactor *reactor, int id);

/*
 * Make the callbacks that are due. If there are none, wait for up to wait_ns for the first; 0 never blocks.
 * Returns how many callbacks were made. A signal ends the wait early.
 */
int as_reactor_poll(as_reactor *reactor, uint64_t wait_ns);

/* Which backend it became: "uring" or "epoll". */
const char *as_reactor_backend_name(const as_reactor *reactor);

/* The same with what it chose, for a log line: "io_uring (SINGLE_ISSUER|DEFER_TASKRUN|...)", "epoll (recvmmsg)". */
const char *as_reactor_backend_text(const as_reactor *reactor);

/* Why AUTO is not io_uring; empty if it is, or if it was not asked for. */
const char *as_reactor_reason_text(const as_reactor *reactor);

/* Any thread. Each number is exact, but they are not read at one instant. */
void as_reactor_stats_get(const as_reactor *reactor, as_reactor_stats *stats);

#endif
