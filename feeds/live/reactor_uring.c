#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/uring_compat.h"
#include "feeds/live/reactor_backend.h"

/*
 * How a socket is received (PROTOCOLS B2, B4):
 *
 *   provided buffers of this socket             completion queue
 *   +----+----+----+----+                       [data, buffer 3, MORE] [data, buffer 0, MORE] [ENOBUFS]
 *   | 0  | 1  | 2  | 3  |  <--- given back ---  poll: callback for each, then all its buffers back at once,
 *   +----+----+----+----+                       then, if a completion came without MORE, arm the receive again
 *
 * A receive without MORE has ended, whatever its result. It is armed again only after the buffers of the batch went
 * back, because arming over an empty ring of buffers ends at once. Datagrams wait in the socket meanwhile.
 *
 * UDP sockets, which live as long as the ring, are registered files. Streams and listeners are not: before Linux
 * 6.13 a registered file's slot is not let go while any other receive of the ring goes on, and a peer would not
 * see us close.
 */
enum { BATCH = 256, LINE_BYTES = 64, CQ_ENTRIES_MIN = 4096, CQ_ENTRIES_MAX = 32768, CLOSE_ROUNDS = 100 };

/* What a completion is about: user_data is the watch's id above one of these. */
enum { OP_RECEIVE = 1, OP_CANCEL = 2, OP_BITS = 2 };

/* The provided buffers of one watch. */
typedef struct buffer_group {
    struct io_uring_buf_ring *ring;
    size_t ring_bytes;
    uint8_t *pool;
    size_t pool_bytes;
    uint32_t buffers;
    uint32_t buffer_bytes;
    uint32_t stride_bytes; /* the distance of two buffers: whole cache lines */
    uint32_t back_count;   /* put back in this batch, not yet shown to the kernel */
} buffer_group;

typedef struct uring_watch {
    bool armed; /* a receive is with the kernel: its last completion has not been handled */
    bool want_arm;
    bool touched; /* in the batch's list */
    bool fixed;   /* fd is the index of a registered file */
    buffer_group group;
} uring_watch;

typedef struct uring_backend {
    struct io_uring ring;
    struct msghdr message; /* template of every UDP receive: no name, AS_CONTROL_BYTES of control */
    uring_watch *watch;    /* parallel to the reactor's table */
    uint32_t touched[BATCH];
    uint32_t touched_count;
    uint32_t ending_count;  /* watches that are closing and not yet freed */
    bool has_files;         /* there is a table of registered files */
    unsigned overflow_seen; /* kernel's count of completions it could not keep */
} uring_backend;

/* ---- provided buffers ---- */

static void group_fini(uring_backend *backend, buffer_group *group, uint32_t index)
{
    if (group->ring != NULL) {
        io_uring_unregister_buf_ring(&backend->ring, (int)index);
        munmap(group->ring, group->ring_bytes);
    }
    if (group->pool != NULL)
        munmap(group->pool, group->pool_bytes);
    memset(group, 0, sizeof *group);
}

static void *map_pages(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static void group_put_back(buffer_group *group, uint16_t buffer)
{
    io_uring_buf_ring_add(group->ring, group->pool + (size_t)buffer * group->stride_bytes, group->buffer_bytes, buffer,
                          io_uring_buf_ring_mask(group->buffers), (int)group->back_count++);
}

static void group_show(buffer_group *group)
{
    io_uring_buf_ring_advance(group->ring, (int)group->back_count);
    group->back_count = 0;
}

static int group_init(uring_backend *backend, buffer_group *group, uint32_t index, uint32_t buffers,
                      uint32_t buffer_bytes)
{
    group->buffers = buffers;
    group->buffer_bytes = buffer_bytes;
    group->stride_bytes = (buffer_bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    group->pool_bytes = (size_t)buffers * group->stride_bytes;
    group->ring_bytes = buffers * sizeof(struct io_uring_buf);
    group->pool = map_pages(group->pool_bytes);
    struct io_uring_buf_ring *ring = map_pages(group->ring_bytes);
    if (group->pool == NULL || ring == NULL) {
        if (ring != NULL)
            munmap(ring, group->ring_bytes);
        group_fini(backend, group, index);
        return -ENOMEM;
    }
    struct io_uring_buf_reg request = {
        .ring_addr = (uint64_t)(uintptr_t)ring, .ring_entries = buffers, .bgid = (uint16_t)index};
    int result = io_uring_register_buf_ring(&backend->ring, &request, 0);
    if (result < 0) {
        munmap(ring, group->ring_bytes);
        group_fini(backend, group, index);
        return result;
    }
    group->ring = ring;
    io_uring_buf_ring_init(ring);
    for (uint32_t i = 0; i < buffers; i++)
        group_put_back(group, (uint16_t)i);
    group_show(group);
    return 0;
}

/* ---- arming ---- */

static struct io_uring_sqe *sqe_get(uring_backend *backend)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&backend->ring);
    if (sqe == NULL) {
        io_uring_submit(&backend->ring);
        sqe = io_uring_get_sqe(&backend->ring);
    }
    return sqe;
}

static uint64_t user_data(const as_reactor *reactor, const as_watch *watch, unsigned op)
{
    return (uint64_t)as_watch_id(reactor, watch) << OP_BITS | op;
}

static void prepare(uring_backend *backend, struct io_uring_sqe *sqe, const as_watch *watch, uint32_t index)
{
    const uring_watch *own = &backend->watch[index];
    int fd = own->fixed ? (int)index : watch->fd;
    if (watch->kind == AS_WATCH_LISTENER) {
        io_uring_prep_multishot_accept(sqe, fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        return;
    }
    if (watch->kind == AS_WATCH_UDP)
        io_uring_prep_recvmsg_multishot(sqe, fd, &backend->message, MSG_TRUNC);
    else
        io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = (uint16_t)index;
    if (own->fixed)
        sqe->flags |= IOSQE_FIXED_FILE;
}

/* Queue the receive of a watch; it stays wanted if the submission queue is full. */
static void arm(as_reactor *reactor, as_watch *watch)
{
    uring_backend *backend = reactor->backend;
    uring_watch *own = &backend->watch[as_watch_index(reactor, watch)];
    struct io_uring_sqe *sqe = sqe_get(backend);
    if (sqe == NULL)
        return;
    prepare(backend, sqe, watch, as_watch_index(reactor, watch));
    io_uring_sqe_set_data64(sqe, user_data(reactor, watch, OP_RECEIVE));
    own->armed = true;
    own->want_arm = false;
}

static int uring_add(as_reactor *reactor, as_watch *watch)
{
    uring_backend *backend = reactor->backend;
    const as_reactor_options *options = &reactor->options;
    uint32_t index = as_watch_index(reactor, watch);
    uring_watch *own = &backend->watch[index];
    int result = 0;
    *own = (uring_watch){.armed = false};
    if (watch->kind == AS_WATCH_UDP) {
        size_t head_bytes = sizeof(struct io_uring_recvmsg_out) + AS_CONTROL_BYTES;
        result = group_init(backend, &own->group, index, options->datagram_buffers,
                            (uint32_t)head_bytes + options->datagram_bytes);
    } else if (watch->kind == AS_WATCH_STREAM) {
        result = group_init(backend, &own->group, index, options->stream_buffers, options->stream_bytes);
    }
    if (result < 0)
        return as_error_set(result, "io_uring: buffers for descriptor %d: %s", watch->fd, strerror(-result));
    if (watch->kind == AS_WATCH_UDP && backend->has_files)
        own->fixed = io_uring_register_files_update(&backend->ring, index, &watch->fd, 1) == 1;
    arm(reactor, watch);
    io_uring_submit(&backend->ring);
    return 0;
}

/*
 * The watch ends when its receive's last completion has been handled, in a later poll or in close. The kernel lets
 * go of the socket already here, so that its owner may close it and bind its port again.
 */
static void uring_remove(as_reactor *reactor, as_watch *watch)
{
    uring_backend *backend = reactor->backend;
    uint32_t index = as_watch_index(reactor, watch);
    uring_watch *own = &backend->watch[index];
    backend->ending_count++;
    own->want_arm = false;
    if (own->fixed) {
        int none = -1;
        io_uring_register_files_update(&backend->ring, index, &none, 1);
    }
    if (!own->armed)
        return;
    struct io_uring_sqe *sqe = sqe_get(backend);
    if (sqe != NULL) {
        io_uring_prep_cancel64(sqe, user_data(reactor, watch, OP_RECEIVE), 0);
        io_uring_sqe_set_data64(sqe, user_data(reactor, watch, OP_CANCEL));
    }
    io_uring_submit_and_get_events(&backend->ring);
}

static void free_ended(as_reactor *reactor)
{
    uring_backend *backend = reactor->backend;
    for (uint32_t i = 0; backend->ending_count > 0 && i < reactor->options.watch_max; i++) {
        as_watch *watch = &reactor->watch[i];
        if (watch->kind == AS_WATCH_FREE || !watch->closing || backend->watch[i].armed)
            continue;
        group_fini(backend, &backend->watch[i].group, i);
        as_watch_free(reactor, watch);
        backend->ending_count--;
    }
}

/* ---- completions ---- */

static void datagram(as_reactor *reactor, as_watch *watch, uint8_t *buffer, int result_bytes)
{
    uring_backend *backend = reactor->backend;
    struct io_uring_recvmsg_out *out = io_uring_recvmsg_validate(buffer, result_bytes, &backend->message);
    if (out == NULL) {
        as_counter_add(&reactor->count.errors, 1);
        return;
    }
    struct msghdr control = {.msg_control = (uint8_t *)io_uring_recvmsg_name(out) + backend->message.msg_namelen,
                             .msg_controllen = out->controllen};
    size_t room_bytes = io_uring_recvmsg_payload_length(out, result_bytes, &backend->message);
    as_watch_datagram(reactor, watch, io_uring_recvmsg_payload(out, &backend->message), room_bytes, &control,
                      out->payloadlen > room_bytes);
}

static bool passes(int error)
{
    return error == -EINTR || error == -EAGAIN || error == -ECANCELED;
}

/* A completion without data: the end of a stream, or a reason to arm again. */
static void without_data(as_reactor *reactor, as_watch *watch, int result)
{
    uring_backend *backend = reactor->backend;
    if (result == -ENOBUFS) {
        as_counter_add(&reactor->count.enobufs, 1);
    } else if (watch->kind == AS_WATCH_STREAM && !passes(result)) {
        if (!watch->closing)
            backend->ending_count++;
        as_watch_end(reactor, watch, result);
    } else if (result < 0 && !passes(result) && !watch->closing) {
        as_counter_add(&reactor->count.errors, 1);
    }
}

/*
 * A receive that ends with data has found the queue full: its last completion is one that the kernel keeps apart until
 * there is room. (The ring's overflow flag would not do to count them: it may be raised again before it is looked at.)
 */
static void with_data(as_reactor *reactor, as_watch *watch, uring_watch *own, const struct io_uring_cqe *cqe)
{
    if (!(cqe->flags & IORING_CQE_F_MORE) && !watch->closing)
        as_counter_add(&reactor->count.cq_overflow, 1);
    if (watch->kind == AS_WATCH_LISTENER) {
        as_watch_accept(reactor, watch, cqe->res);
        return;
    }
    if (!(cqe->flags & IORING_CQE_F_BUFFER))
        return;
    uint8_t *buffer = own->group.pool + (size_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT) * own->group.stride_bytes;
    if (watch->kind == AS_WATCH_UDP)
        datagram(reactor, watch, buffer, cqe->res);
    else
        as_watch_stream(reactor, watch, buffer, (size_t)cqe->res);
}

static void complete(as_reactor *reactor, const struct io_uring_cqe *cqe)
{
    uring_backend *backend = reactor->backend;
    if ((cqe->user_data & ((1U << OP_BITS) - 1)) != OP_RECEIVE)
        return;
    as_watch *watch = as_watch_find(reactor, (int)(cqe->user_data >> OP_BITS));
    if (watch == NULL)
        return;
    uint32_t index = as_watch_index(reactor, watch);
    uring_watch *own = &backend->watch[index];
    if (!own->touched) {
        own->touched = true;
        backend->touched[backend->touched_count++] = index;
    }
    /* First the state, then the callback: it may remove the watch, and must not cancel a receive that has ended. */
    if (!(cqe->flags & IORING_CQE_F_MORE))
        own->armed = false;
    if (cqe->res > 0 || (cqe->res == 0 && watch->kind == AS_WATCH_LISTENER))
        with_data(reactor, watch, own, cqe);
    else
        without_data(reactor, watch, cqe->res);
    if (cqe->flags & IORING_CQE_F_BUFFER)
        group_put_back(&own->group, (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT));
    if (!(cqe->flags & IORING_CQE_F_MORE) && !watch->closing)
        own->want_arm = true;
}

/* Once a batch: buffers back to the kernel, receives that ended armed again. */
static void settle(as_reactor *reactor)
{
    uring_backend *backend = reactor->backend;
    for (uint32_t i = 0; i < backend->touched_count; i++) {
        uint32_t index = backend->touched[i];
        uring_watch *own = &backend->watch[index];
        own->touched = false;
        if (own->group.back_count > 0)
            group_show(&own->group);
        if (own->want_arm) {
            as_counter_add(&reactor->count.rearms, 1);
            arm(reactor, &reactor->watch[index]);
        }
    }
    backend->touched_count = 0;
    free_ended(reactor);
}

/* Completions that the kernel could not keep at all: only very old ones throw any away. */
static void overflow_check(as_reactor *reactor)
{
    uring_backend *backend = reactor->backend;
    unsigned lost = IO_URING_READ_ONCE(*backend->ring.cq.koverflow);
    if (lost != backend->overflow_seen)
        as_counter_add(&reactor->count.cq_overflow, lost - backend->overflow_seen);
    backend->overflow_seen = lost;
}

static void handle_ready(as_reactor *reactor)
{
    uring_backend *backend = reactor->backend;
    struct io_uring_cqe *cqe[BATCH];
    overflow_check(reactor);
    /* Looks into shared memory; enters the kernel only if that says that completions wait there (TASKRUN_FLAG). */
    unsigned count = io_uring_peek_batch_cqe(&backend->ring, cqe, BATCH);
    for (unsigned i = 0; i < count; i++)
        complete(reactor, cqe[i]);
    if (count > 0) {
        io_uring_cq_advance(&backend->ring, count);
        settle(reactor);
    }
    if (io_uring_sq_ready(&backend->ring) > 0)
        io_uring_submit(&backend->ring);
}

static int uring_poll(as_reactor *reactor, uint64_t wait_ns)
{
    uring_backend *backend = reactor->backend;
    if (backend->ending_count > 0)
        free_ended(reactor);
    handle_ready(reactor);
    if (reactor->callback_count > 0 || wait_ns == 0)
        return 0;
    struct __kernel_timespec limit = {.tv_sec = (int64_t)(wait_ns / AS_NS_PER_S),
                                      .tv_nsec = (long long)(wait_ns % AS_NS_PER_S)};
    struct io_uring_cqe *first = NULL;
    if (io_uring_submit_and_wait_timeout(&backend->ring, &first, 1, &limit, NULL) >= 0)
        handle_ready(reactor);
    return 0;
}

/* ---- life cycle ---- */

/*
 * Does it all work together: one datagram through a multishot receive over provided buffers. Flags that set-up
 * accepts say nothing about operations, and an unknown one is refused only when it completes.
 */
static int probe_receive(uring_backend *backend, const int pair[2])
{
    if (backend->has_files && io_uring_register_files_update(&backend->ring, 0, (int[]){pair[0]}, 1) != 1)
        return -EINVAL;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&backend->ring);
    if (sqe == NULL)
        return -EINVAL;
    io_uring_prep_recvmsg_multishot(sqe, backend->has_files ? 0 : pair[0], &backend->message, MSG_TRUNC);
    sqe->flags |= (uint8_t)(IOSQE_BUFFER_SELECT | (backend->has_files ? IOSQE_FIXED_FILE : 0));
    sqe->buf_group = 0;
    io_uring_sqe_set_data64(sqe, OP_CANCEL);
    int result = io_uring_submit(&backend->ring);
    if (result < 0)
        return result;
    if (send(pair[1], "?", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
        return -errno;
    struct __kernel_timespec limit = {.tv_sec = 1};
    struct io_uring_cqe *cqe = NULL;
    result = io_uring_wait_cqe_timeout(&backend->ring, &cqe, &limit);
    if (result < 0)
        return result;
    result = cqe->res;
    if (result >= 0 && !(cqe->flags & IORING_CQE_F_MORE && cqe->flags & IORING_CQE_F_BUFFER))
        result = -EINVAL;
    io_uring_cqe_seen(&backend->ring, cqe);
    return result < 0 ? result : 0;
}

/* The probe's receive is cancelled; what it still completes with is nobody's, and complete() passes over it. */
static int probe(uring_backend *backend)
{
    buffer_group group = {.buffers = 0};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    int result = group_init(backend, &group, 0, 4, 1024);
    if (result == 0) {
        result = probe_receive(backend, pair);
        if (backend->has_files)
            io_uring_register_files_update(&backend->ring, 0, (int[]){-1}, 1);
        struct io_uring_sqe *sqe = io_uring_get_sqe(&backend->ring);
        if (sqe != NULL) {
            io_uring_prep_cancel64(sqe, OP_CANCEL, IORING_ASYNC_CANCEL_ANY);
            io_uring_sqe_set_data64(sqe, OP_CANCEL);
        }
        io_uring_submit_and_get_events(&backend->ring);
        io_uring_cq_advance(&backend->ring, io_uring_cq_ready(&backend->ring));
        group_fini(backend, &group, 0);
    }
    close(pair[0]);
    close(pair[1]);
    return result;
}

/* Try one set of flags: set-up, the tables, and the probe. *call names what failed. */
static int try_flags(as_reactor *reactor, uring_backend *backend, unsigned flags, const char **call)
{
    const as_reactor_options *options = &reactor->options;
    uint32_t cq_entries = options->datagram_buffers * 4;
    if (cq_entries < CQ_ENTRIES_MIN)
        cq_entries = CQ_ENTRIES_MIN;
    if (cq_entries > CQ_ENTRIES_MAX)
        cq_entries = CQ_ENTRIES_MAX;
    if (options->uring_completions != 0) /* the kernel wants as many as there are submissions */
        cq_entries =
            options->uring_completions > options->watch_max * 2 ? options->uring_completions : options->watch_max * 2;
    struct io_uring_params params = {.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
                                     .cq_entries = cq_entries};
    *call = "io_uring_setup";
    int result = io_uring_queue_init_params(options->watch_max * 2, &backend->ring, &params);
    if (result < 0)
        return result;
    *call = "io_uring_register of a file table";
    result = io_uring_register_files_sparse(&backend->ring, options->watch_max);
    backend->has_files = result == 0;
    if (result == 0 || result == -EMFILE) { /* a table beyond the limit of open files: do without */
        *call = "multishot receive with provided buffers";
        result = probe(backend);
    }
    if (result < 0) {
        io_uring_queue_exit(&backend->ring);
        return result;
    }
    io_uring_register_ring_fd(&backend->ring); /* saves a table look-up a call; refusal costs only that */
    return 0;
}

/* Best first; the last is what every kernel with io_uring takes. */
static const struct {
    unsigned flags;
    const char *text;
} flag_chain[] = {
    {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
     "SINGLE_ISSUER|DEFER_TASKRUN|TASKRUN_FLAG|SUBMIT_ALL|CQSIZE"},
    {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
     "COOP_TASKRUN|TASKRUN_FLAG|SUBMIT_ALL|CQSIZE"},
    {0, "CQSIZE"},
};

static int uring_open(as_reactor *reactor)
{
    uring_backend *backend = calloc(1, sizeof *backend);
    if (backend == NULL)
        return as_error_set(-ENOMEM, "io_uring: out of memory");
    backend->watch = calloc(reactor->options.watch_max, sizeof *backend->watch);
    backend->message.msg_controllen = AS_CONTROL_BYTES;
    const char *call = "calloc";
    int result = backend->watch != NULL ? -EINVAL : -ENOMEM;
    size_t levels = sizeof flag_chain / sizeof flag_chain[0];
    for (size_t i = reactor->options.uring_skip; i < levels && result == -EINVAL; i++) {
        result = try_flags(reactor, backend, flag_chain[i].flags, &call);
        if (result == 0)
            snprintf(reactor->backend_text, sizeof reactor->backend_text, "io_uring (%s)", flag_chain[i].text);
    }
    if (result < 0) {
        char text[AS_REASON_TEXT_BYTES];
        as_uring_diagnose(call, result, text, sizeof text);
        free(backend->watch);
        free(backend);
        return as_error_set(result, "%s", text);
    }
    reactor->backend = backend;
    return 0;
}

/*
 * Every receive is waited for before the ring goes: the kernel takes a ring apart later, in the background, and
 * until then the ports of armed sockets would stay bound.
 */
static void uring_close(as_reactor *reactor)
{
    uring_backend *backend = reactor->backend;
    free_ended(reactor);
    for (int round = 0; round < CLOSE_ROUNDS && backend->ending_count > 0; round++)
        uring_poll(reactor, 10 * AS_NS_PER_MS);
    for (uint32_t i = 0; i < reactor->options.watch_max; i++)
        group_fini(backend, &backend->watch[i].group, i);
    if (backend->has_files)
        io_uring_unregister_files(&backend->ring);
    io_uring_queue_exit(&backend->ring);
    free(backend->watch);
    free(backend);
}

const as_reactor_ops as_reactor_uring_ops = {
    .name = "uring",
    .open = uring_open,
    .add = uring_add,
    .remove = uring_remove,
    .poll = uring_poll,
    .close = uring_close,
};
