/* A fan-out in the test's own thread, and stock libzmq subscribers to it. */
#ifndef AST_SUPPORT_FANOUT_WORLD_H
#define AST_SUPPORT_FANOUT_WORLD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/fanout.h"

#define AST_FANOUT_DEADLINE_NS UINT64_C(20000000000) /* nothing takes so long but on a machine that is full */

typedef struct ast_fanout_world {
    as_fanout *fanout;
    as_auth *auth;
    void *context;
    char folder[64];
    char path[128]; /* ipc://... in the folder */
    void *sub[16];  /* open ones: closed at the end, also of a test that fails */
} ast_fanout_world;

static const as_fanout_options ast_fanout_defaults = {
    .live = "tcp://127.0.0.1:*", .queue_bytes = 1 << 20, .clients_max = 16, .subscriptions_max = 4096};

static inline int ast_fanout_make(void **state)
{
    ast_fanout_world *w = calloc(1, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "/tmp/as_fanout_XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "ipc://%s/live", w->folder);
    w->context = zmq_ctx_new();
    *state = w;
    return 0;
}

static inline int ast_fanout_drop(void **state)
{
    ast_fanout_world *w = *state;
    char path[128];
    as_fanout_free(w->fanout, 0);
    as_auth_free(w->auth);
    for (unsigned i = 0; i < sizeof w->sub / sizeof *w->sub; i++)
        if (w->sub[i])
            zmq_close(w->sub[i]);
    zmq_ctx_term(w->context);
    snprintf(path, sizeof path, "%s/server.key", w->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/allow", w->folder);
    unlink(path);
    assert_int_equal(rmdir(w->folder), 0);
    free(w);
    return 0;
}

static inline void ast_fanout_begin(ast_fanout_world *w, const as_fanout_options *options)
{
    if (as_fanout_new(options, &w->fanout) != 0) {
        as_error_print(stderr, "test");
        fail();
    }
}

static inline void ast_fanout_work(ast_fanout_world *w)
{
    as_fanout_work(w->fanout, as_clock_monotonic_ns());
}

static inline as_fanout_counters ast_fanout_counters(const ast_fanout_world *w)
{
    return as_fanout_counters_get(w->fanout);
}

/* Work until the condition holds; a test fails that waits too long. */
#define AST_UNTIL(w, condition)                                                                                        \
    do {                                                                                                               \
        uint64_t end_ = as_clock_monotonic_ns() + AST_FANOUT_DEADLINE_NS;                                              \
        while (ast_fanout_work(w), !(condition)) {                                                                     \
            assert_true(as_clock_monotonic_ns() < end_);                                                               \
            usleep(100);                                                                                               \
        }                                                                                                              \
    } while (0)

/* A subscriber that is not connected yet. */
static inline void *ast_fanout_socket(ast_fanout_world *w, const char *prefix)
{
    void *sub = zmq_socket(w->context, ZMQ_SUB);
    int zero = 0;
    unsigned i = 0;
    while (w->sub[i])
        assert_true(++i < sizeof w->sub / sizeof *w->sub);
    w->sub[i] = sub;
    zmq_setsockopt(sub, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(sub, ZMQ_RCVHWM, &zero, sizeof zero);
    assert_int_equal(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, prefix, strlen(prefix)), 0);
    return sub;
}

static inline void *ast_fanout_subscriber(ast_fanout_world *w, const char *endpoint, const char *prefix)
{
    void *sub = ast_fanout_socket(w, prefix);
    assert_int_equal(zmq_connect(sub, endpoint), 0);
    return sub;
}

static inline void ast_fanout_close(ast_fanout_world *w, void *sub)
{
    for (unsigned i = 0; i < sizeof w->sub / sizeof *w->sub; i++)
        if (w->sub[i] == sub)
            w->sub[i] = NULL;
    zmq_close(sub);
}

/* A message of so many bytes, whose first 8 are its number. */
static inline void ast_fanout_publish(ast_fanout_world *w, const char *topic, uint64_t number, size_t bytes)
{
    static uint8_t payload[AS_FANOUT_PAYLOAD_BYTES];
    memcpy(payload, &number, sizeof number);
    as_fanout_send(w->fanout, topic, strlen(topic), payload, bytes, number);
}

/* The next message's number; 0: none came within wait_ns. */
static inline uint64_t ast_fanout_receive_for(ast_fanout_world *w, void *sub, char topic[256], uint64_t wait_ns)
{
    static uint8_t payload[AS_FANOUT_PAYLOAD_BYTES];
    uint64_t number = 0, end = as_clock_monotonic_ns() + wait_ns;
    int n, more = 0;
    size_t size = sizeof more;
    while ((n = zmq_recv(sub, topic, 255, ZMQ_DONTWAIT)) < 0) {
        if (as_clock_monotonic_ns() > end)
            return 0;
        if (w->fanout)
            ast_fanout_work(w);
    }
    topic[n] = 0;
    zmq_getsockopt(sub, ZMQ_RCVMORE, &more, &size);
    assert_true(more);
    assert_true(zmq_recv(sub, payload, sizeof payload, 0) >= 8);
    zmq_getsockopt(sub, ZMQ_RCVMORE, &more, &size);
    assert_false(more);
    memcpy(&number, payload, sizeof number);
    return number;
}

static inline uint64_t ast_fanout_receive(ast_fanout_world *w, void *sub, char topic[256])
{
    return ast_fanout_receive_for(w, sub, topic, AST_FANOUT_DEADLINE_NS);
}

/*
 * sub reads nothing while a flood of count messages goes by, with a halt early on and 20 heartbeats. Then it hears the
 * halt and the last heartbeat all the same, in their order. Its queue is of 64 KiB; its RCVHWM small.
 */
static inline void ast_fanout_check_flood(ast_fanout_world *w, void *sub, uint64_t count)
{
    char topic[256];
    uint64_t number = 0, last = 0, heartbeat = 0, halt = 0, last_heartbeat = 0;
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (uint64_t i = 1; i <= count; i++) {
        bool is_heartbeat = i % (count / 20) == count / 40, is_halt = i == count / 2 + 1 || i == 5;
        ast_fanout_publish(w, is_halt ? "sys." : is_heartbeat ? "hb." : "sig.a.X.", i, 300);
        if (is_heartbeat)
            last_heartbeat = i;
        ast_fanout_work(w);
    }
    as_client_view view;
    as_fanout_clients(w->fanout, &view, 1);
    assert_true(view.dropped > count / 2);
    while (number < count) {
        number = ast_fanout_receive(w, sub, topic);
        assert_true(number > last);
        last = number;
        if (strcmp(topic, "hb.") == 0)
            heartbeat = number;
        if (strcmp(topic, "sys.") == 0)
            halt = number;
    }
    assert_int_equal(heartbeat, last_heartbeat);
    assert_int_equal(halt, count / 2 + 1);
    assert_int_equal(ast_fanout_counters(w).joined, 1); /* CURVE: its nonces rose, and it saw no reason to leave */
}

#endif
