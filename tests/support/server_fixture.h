/*
 * A server of requests in a temporary folder, its ring of messages, and clients on real sockets. Include cmocka.h
 * first.
 */
#ifndef AST_SUPPORT_SERVER_FIXTURE_H
#define AST_SUPPORT_SERVER_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <msgpack.h>
#include <zmq.h>

#include "core/byte_ring.h"
#include "ipc/frame_check.h"
#include "ipc/message.h"
#include "ipc/server.h"

enum { AST_RECEIVE_MS = 5000, AST_ANSWER_BYTES = 1 << 20, AST_EPOCH = 77 };

typedef struct ast_server {
    char folder[64], requests[128], control[128], disk[128];
    as_byte_ring *ring;
    as_server_options options;
    as_server *server;
    void *context;
    uint64_t gseq;
    bool halted;
} ast_server;

static inline void ast_server_open(ast_server *f)
{
    memset(f, 0, sizeof *f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/ast_server_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->requests, sizeof f->requests, "ipc://%s/requests", f->folder);
    (void)snprintf(f->control, sizeof f->control, "%s/control", f->folder);
    (void)snprintf(f->disk, sizeof f->disk, "%s/disk", f->folder);
    assert_int_equal(as_byte_ring_new(1 << 22, &f->ring), 0);
    f->options = (as_server_options){.requests = f->requests,
                                     .control = "",
                                     .epoch = AST_EPOCH,
                                     .messages = f->ring,
                                     .memory_bytes = 1 << 26,
                                     .disk_dir = "",
                                     .clients_max = 256,
                                     .rate = 1000000,
                                     .cpu = -1,
                                     .wait = AS_WAIT_BLOCK};
    f->context = zmq_ctx_new();
}

static inline void ast_server_start(ast_server *f)
{
    assert_int_equal(as_server_start(&f->options, &f->server), 0);
}

static inline void ast_server_close(ast_server *f)
{
    char command[256];
    as_server_stop(f->server);
    zmq_ctx_term(f->context);
    as_byte_ring_free(f->ring);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
}

static inline void ast_sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Publish a message of this gseq. */
static inline void ast_publish_at(ast_server *f, uint64_t gseq, as_message_kind kind, as_message_effect effect,
                                  uint64_t key, const char *topic, const void *payload, size_t payload_bytes)
{
    size_t topic_bytes = strlen(topic);
    as_message message = {.gseq = gseq,
                          .ts_now = 1000 + gseq,
                          .kind = (uint8_t)kind,
                          .effect = (uint8_t)effect,
                          .halted = f->halted,
                          .topic_bytes = (uint16_t)topic_bytes,
                          .payload_bytes = (uint32_t)payload_bytes};
    memcpy(message.key, &key, sizeof key);
    uint8_t *record;
    while (!(record = as_byte_ring_claim(f->ring, (uint32_t)(sizeof message + topic_bytes + payload_bytes))))
        ast_sleep_ms(1);
    memcpy(record, &message, sizeof message);
    memcpy(record + sizeof message, topic, topic_bytes);
    memcpy(record + sizeof message + topic_bytes, payload, payload_bytes);
    as_byte_ring_publish(f->ring);
    f->gseq = gseq;
}

static inline void ast_publish(ast_server *f, as_message_kind kind, as_message_effect effect, uint64_t key,
                               const char *topic, const char *payload)
{
    ast_publish_at(f, f->gseq + 1, kind, effect, key, topic, payload, strlen(payload));
}

/* count heartbeats. */
static inline void ast_publish_beats(ast_server *f, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char payload[32];
        (void)snprintf(payload, sizeof payload, "beat %llu", (unsigned long long)(f->gseq + 1));
        ast_publish(f, AS_MESSAGE_OTHER, AS_EFFECT_NONE, 0, "hb.", payload);
    }
}

/* Until the server has taken all that was published. */
static inline void ast_settle(ast_server *f)
{
    for (unsigned i = 0; i < AST_RECEIVE_MS && as_byte_ring_depth_bytes(f->ring) > 0; i++)
        ast_sleep_ms(1);
    assert_int_equal(as_byte_ring_depth_bytes(f->ring), 0);
    ast_sleep_ms(2); /* and shows it */
}

/* ---- clients ---- */

static inline void *ast_connect(ast_server *f, int type, const char *endpoint)
{
    int timeout = AST_RECEIVE_MS, linger = 0;
    void *socket = zmq_socket(f->context, type);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    return socket;
}

/* A request under construction: as_writer over a buffer. */
typedef struct ast_request {
    uint8_t bytes[8192];
    as_writer writer;
} ast_request;

static inline as_writer *ast_ask(ast_request *r, unsigned keys, const char *op)
{
    as_writer_msgpack(&r->writer, r->bytes, sizeof r->bytes);
    as_writer_map(&r->writer, keys + 1);
    as_writer_key(&r->writer, "op");
    as_writer_text(&r->writer, op);
    return &r->writer;
}

static inline void ast_uint(as_writer *writer, const char *key, uint64_t value)
{
    as_writer_key(writer, key);
    as_writer_uint(writer, value);
}

static inline void ast_text(as_writer *writer, const char *key, const char *value)
{
    as_writer_key(writer, key);
    as_writer_text(writer, value);
}

static inline void ast_send(void *socket, ast_request *r)
{
    size_t bytes = as_writer_finish(&r->writer);
    assert_true(bytes > 0);
    assert_int_equal(zmq_send(socket, r->bytes, bytes, 0), (int)bytes);
}

typedef struct ast_answer {
    char *bytes;
    msgpack_unpacked unpacked;
} ast_answer;

static inline void ast_receive(void *socket, ast_answer *a)
{
    int more = 0;
    size_t more_bytes = sizeof more;
    a->bytes = malloc(AST_ANSWER_BYTES);
    int bytes = zmq_recv(socket, a->bytes, AST_ANSWER_BYTES, 0);
    assert_true(bytes > 0);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &more_bytes), 0);
    assert_false(more);
    assert_in_range(bytes, 1, AST_ANSWER_BYTES);
    msgpack_unpacked_init(&a->unpacked);
    assert_int_equal(msgpack_unpack_next(&a->unpacked, a->bytes, (size_t)bytes, NULL), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(a->unpacked.data.type, MSGPACK_OBJECT_MAP);
}

static inline void ast_done(ast_answer *a)
{
    msgpack_unpacked_destroy(&a->unpacked);
    free(a->bytes);
}

static inline const msgpack_object *ast_find(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object *k = &map->via.map.ptr[i].key;
        if (k->via.str.size == strlen(key) && memcmp(k->via.str.ptr, key, k->via.str.size) == 0)
            return &map->via.map.ptr[i].val;
    }
    return NULL;
}

static inline const msgpack_object *ast_get(const ast_answer *a, const char *key)
{
    const msgpack_object *value = ast_find(&a->unpacked.data, key);
    if (!value)
        fail_msg("the answer has no key %s", key);
    return value;
}

static inline uint64_t ast_get_uint(const ast_answer *a, const char *key)
{
    const msgpack_object *value = ast_get(a, key);
    if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        fail_msg("%s is no uint", key);
    return value->via.u64;
}

static inline bool ast_text_is(const msgpack_object *value, const char *text)
{
    return value->type == MSGPACK_OBJECT_STR && value->via.str.size == strlen(text) &&
           memcmp(value->via.str.ptr, text, value->via.str.size) == 0;
}

/* error NULL: there is none. */
static inline void ast_expect_error(const ast_answer *a, const char *error)
{
    const msgpack_object *found = ast_get(a, "error"), *detail = ast_get(a, "detail");
    if (!error) {
        if (found->type != MSGPACK_OBJECT_NIL)
            fail_msg("error %.*s: %.*s", (int)found->via.str.size, found->via.str.ptr, (int)detail->via.str.size,
                     detail->via.str.ptr);
        assert_int_equal(detail->type, MSGPACK_OBJECT_NIL);
        return;
    }
    if (!ast_text_is(found, error))
        fail_msg("error is not %s but %.*s", error, found->type == MSGPACK_OBJECT_STR ? (int)found->via.str.size : 3,
                 found->type == MSGPACK_OBJECT_STR ? found->via.str.ptr : "nil");
    assert_int_equal(detail->type, MSGPACK_OBJECT_STR);
    assert_int_equal(a->unpacked.data.via.map.size, 10);
}

static inline void ast_call(void *socket, ast_request *r, ast_answer *a)
{
    ast_send(socket, r);
    ast_receive(socket, a);
}

/* The payload of the i-th message. */
static inline bool ast_message_is(const ast_answer *a, uint32_t idx, const char *topic, const void *payload,
                                  size_t payload_bytes)
{
    const msgpack_object *messages = ast_get(a, "messages");
    if (messages->type != MSGPACK_OBJECT_ARRAY || idx >= messages->via.array.size)
        return false;
    const msgpack_object *m = &messages->via.array.ptr[idx];
    if (m->type != MSGPACK_OBJECT_ARRAY || m->via.array.size != 2 || !ast_text_is(&m->via.array.ptr[0], topic))
        return false;
    const msgpack_object *p = &m->via.array.ptr[1];
    return p->type == MSGPACK_OBJECT_BIN && p->via.bin.size == payload_bytes &&
           memcmp(p->via.bin.ptr, payload, payload_bytes) == 0;
}

#endif
