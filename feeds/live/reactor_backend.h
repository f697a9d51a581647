/*
 * Between reactor.c and its two backends; nobody else includes it.
 *
 * reactor.c owns the table of watches: it hands out ids, checks them and makes callbacks. A backend gets the
 * bytes. A watch goes FREE -> kind -> closing -> FREE. reactor.c starts it (add) and marks it closing (remove);
 * the backend frees it with as_watch_free once the kernel is done with it, at the latest in close.
 */
#ifndef AS_FEEDS_REACTOR_BACKEND_H
#define AS_FEEDS_REACTOR_BACKEND_H

#include <sys/socket.h>
#include <time.h>

#include "feeds/counter.h"
#include "feeds/live/reactor.h"

typedef enum as_watch_kind {
    AS_WATCH_FREE = 0,
    AS_WATCH_UDP = 1,
    AS_WATCH_STREAM = 2,
    AS_WATCH_LISTENER = 3
} as_watch_kind;

/* A watch's id: generation above, index below. The generation keeps an old id from meaning a new watch. */
enum { AS_WATCH_INDEX_BITS = 10, AS_WATCH_MAX = 1 << AS_WATCH_INDEX_BITS, AS_WATCH_GENERATION_MASK = 0x1fffff };

typedef struct as_watch {
    as_watch_kind kind;
    bool closing; /* no more callbacks; the backend still holds it */
    uint32_t generation;
    int fd;
    union {
        as_datagram_fn datagram;
        as_stream_fn stream;
        as_accept_fn accept;
    } fn;
    void *ctx;
    uint32_t drops_seen; /* last SO_RXQ_OVFL value: counts since the socket was made, wraps */
    void *backend;       /* the backend's own part */
} as_watch;

typedef struct as_reactor_counters {
    as_counter datagrams, bytes, truncated, kernel_drops, enobufs, rearms, cq_overflow, reads, accepts, closed, errors;
} as_reactor_counters;

/* 0 or a negative errno with the error chain set. add and remove are called after and before the table changes. */
typedef struct as_reactor_ops {
    const char *name;
    int (*open)(as_reactor *reactor);
    int (*add)(as_reactor *reactor, as_watch *watch);
    void (*remove)(as_reactor *reactor, as_watch *watch);
    int (*poll)(as_reactor *reactor, uint64_t wait_ns);
    void (*close)(as_reactor *reactor);
} as_reactor_ops;

extern const as_reactor_ops as_reactor_uring_ops;
extern const as_reactor_ops as_reactor_epoll_ops;

enum { AS_BACKEND_TEXT_BYTES = 128, AS_REASON_TEXT_BYTES = 480 };

struct as_reactor {
    const as_reactor_ops *ops;
    as_reactor_options options; /* defaults filled in */
    as_watch *watch;            /* options.watch_max of them */
    uint32_t watch_count;       /* not FREE */
    void *backend;
    int callback_count; /* made by the poll in progress */
    as_reactor_counters count;
    char backend_text[AS_BACKEND_TEXT_BYTES];
    char reason_text[AS_REASON_TEXT_BYTES];
};

/* Room for the control messages asked for in feeds/live/socket.c: a timespec and a drop count. */
#define AS_CONTROL_BYTES (CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)))

static inline uint32_t as_watch_index(const as_reactor *reactor, const as_watch *watch)
{
    return (uint32_t)(watch - reactor->watch);
}

static inline int as_watch_id(const as_reactor *reactor, const as_watch *watch)
{
    return (int)(watch->generation << AS_WATCH_INDEX_BITS | as_watch_index(reactor, watch));
}

/* The watch of an id, NULL if it is gone. */
as_watch *as_watch_find(as_reactor *reactor, int id);

/* The kernel has let go of it: the slot may be used again. */
void as_watch_free(as_reactor *reactor, as_watch *watch);

/* Make a callback; nothing happens on a watch that is closing. control holds a datagram's control messages. */
void as_watch_datagram(as_reactor *reactor, as_watch *watch, const uint8_t *data, size_t data_bytes,
                       struct msghdr *control, bool truncated);
void as_watch_stream(as_reactor *reactor, as_watch *watch, const uint8_t *data, size_t data_bytes);
/* The stream has ended: marks the watch closing, then calls back. */
void as_watch_end(as_reactor *reactor, as_watch *watch, int error);
/* Closes the descriptor if nobody wants it. */
void as_watch_accept(as_reactor *reactor, as_watch *watch, int fd);

/*
 * Why a call of io_uring failed, as a text for people: cause and remedy. Looks at kernel.io_uring_disabled and at
 * whether a seccomp filter is installed. call is the system call or the feature that was tried.
 */
void as_uring_diagnose(const char *call, int error, char *text, size_t text_bytes);

#endif
