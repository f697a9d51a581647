#include "ipc/zap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "core/error.h"

#define ENDPOINT "inproc://zeromq.zap.01"

enum { FRAMES_MAX = 16, TEXT_BYTES = 256 };

/*
 * Threads: start and stop on the owner's. Edges: none of our own; sockets pass to the thread by its creation.
 * .refused is relaxed: a statistic.
 */
struct as_zap {
    as_auth *auth;
    as_audit *audit;
    void *questions;   /* REP; the thread's */
    void *stop, *told; /* a PAIR: the owner's end, the thread's */
    pthread_t thread;
    _Atomic(uint64_t) refused;
};

/* A question of RFC 27, as far as it counts here. */
typedef struct question {
    unsigned frames;
    char version[8], id[TEXT_BYTES], address[TEXT_BYTES], mechanism[16];
    size_t id_bytes;
    uint8_t key[AS_KEY_BYTES];
    size_t key_bytes;
} question;

/* One frame as text, cut where out ends. The bytes that the frame had. */
static size_t copy_text(zmq_msg_t *frame, char *out, size_t out_bytes)
{
    size_t bytes = zmq_msg_size(frame), kept = bytes < out_bytes ? bytes : out_bytes - 1;
    memcpy(out, zmq_msg_data(frame), kept);
    out[kept] = '\0';
    return bytes;
}

static void take_frame(question *q, unsigned idx, zmq_msg_t *frame)
{
    switch (idx) {
    case 0:
        copy_text(frame, q->version, sizeof q->version);
        break;
    case 1:
        q->id_bytes = copy_text(frame, q->id, sizeof q->id);
        break;
    case 3:
        copy_text(frame, q->address, sizeof q->address);
        break;
    case 5:
        copy_text(frame, q->mechanism, sizeof q->mechanism);
        break;
    case 6:
        q->key_bytes = zmq_msg_size(frame);
        if (q->key_bytes == AS_KEY_BYTES)
            memcpy(q->key, zmq_msg_data(frame), AS_KEY_BYTES);
        break;
    default:
        break; /* domain, routing id: ours and the client's, neither matters */
    }
}

/* One whole message. false: nothing could be received. */
static bool receive(void *socket, question *q)
{
    *q = (question){0};
    for (int more = 1; more;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0) {
            zmq_msg_close(&frame);
            return false;
        }
        take_frame(q, q->frames, &frame);
        if (q->frames < FRAMES_MAX)
            q->frames++;
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
    return true;
}

/* The key as a property (RFC 23, metadata: name with a byte of length, value with four). Its length. */
static size_t key_property(const question *q, char out[128])
{
    size_t name_bytes = strlen(AS_ZAP_KEY), value_bytes = AS_KEY_TEXT_BYTES - 1;
    out[0] = (char)name_bytes;
    memcpy(out + 1, AS_ZAP_KEY, name_bytes);
    memset(out + 1 + name_bytes, 0, 3);
    out[4 + name_bytes] = (char)value_bytes;
    as_key_to_text(q->key, out + 5 + name_bytes);
    return 5 + name_bytes + value_bytes;
}

static void answer(void *socket, const question *q, const char *status, const char *text, const char *user)
{
    char property[128];
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(socket, q->id, q->id_bytes < sizeof q->id ? q->id_bytes : 0, ZMQ_SNDMORE);
    zmq_send(socket, status, strlen(status), ZMQ_SNDMORE);
    zmq_send(socket, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(socket, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(socket, property, *user ? key_property(q, property) : 0, 0);
}

static void refuse(as_zap *zap, const question *q, const char *reason)
{
    atomic_fetch_add_explicit(&zap->refused, 1, memory_order_relaxed); /* relaxed: a statistic */
    as_audit_write(zap->audit, "refused", "requests", q->address, NULL, reason);
    answer(zap->questions, q, "400", "not on the allow-list", "");
}

static void decide(as_zap *zap, const question *q)
{
    char reason[128], key[AS_KEY_TEXT_BYTES];
    if (q->frames != 7 || strcmp(q->version, "1.0") != 0 || strcmp(q->mechanism, "CURVE") != 0 ||
        q->key_bytes != AS_KEY_BYTES) {
        refuse(zap, q, "mechanism is not CURVE");
        return;
    }
    const as_grant *grant = as_auth_find(zap->auth, q->key);
    if (!grant) {
        as_key_to_text(q->key, key);
        snprintf(reason, sizeof reason, "key is not on the allow-list: %s", key);
        refuse(zap, q, reason);
        return;
    }
    as_audit_write(zap->audit, "joined", "requests", q->address, grant->name, NULL);
    answer(zap->questions, q, "200", "OK", grant->name);
}

static void *run(void *self)
{
    as_zap *zap = self;
    zmq_pollitem_t item[] = {{.socket = zap->told, .events = ZMQ_POLLIN},
                             {.socket = zap->questions, .events = ZMQ_POLLIN}};
    for (;;) {
        if (zmq_poll(item, 2, -1) < 0 && errno != EINTR)
            break; /* the context ends */
        if (item[0].revents)
            break;
        question q;
        if (item[1].revents && receive(zap->questions, &q))
            decide(zap, &q);
    }
    zmq_close(zap->questions);
    zmq_close(zap->told);
    return NULL;
}

/* The three sockets, or an error with those closed that there were. */
static int make_sockets(void *zmq_context, as_zap *zap)
{
    char pair[48];
    int linger = 0;
    snprintf(pair, sizeof pair, "inproc://aftershock.zap.%p", (void *)zap);
    zap->questions = zmq_socket(zmq_context, ZMQ_REP);
    zap->stop = zmq_socket(zmq_context, ZMQ_PAIR);
    zap->told = zmq_socket(zmq_context, ZMQ_PAIR);
    bool made = zap->questions && zap->stop && zap->told;
    if (made)
        zmq_setsockopt(zap->questions, ZMQ_LINGER, &linger, sizeof linger);
    if (made && zmq_bind(zap->questions, ENDPOINT) == 0 && zmq_bind(zap->told, pair) == 0 &&
        zmq_connect(zap->stop, pair) == 0)
        return 0;
    int rc = as_error_set(errno ? -errno : -EIO, ENDPOINT ": %s; allowed: one handler a context", zmq_strerror(errno));
    void *const socket[] = {zap->questions, zap->stop, zap->told};
    for (unsigned i = 0; i < 3; i++)
        if (socket[i])
            zmq_close(socket[i]);
    return rc;
}

int as_zap_start(void *zmq_context, as_auth *auth, as_audit *audit, as_zap **out)
{
    as_zap *zap = calloc(1, sizeof *zap);
    if (!zap)
        return as_error_set(-ENOMEM, ENDPOINT ": out of memory");
    zap->auth = auth;
    zap->audit = audit;
    int rc = make_sockets(zmq_context, zap);
    if (rc < 0) {
        free(zap);
        return rc;
    }
    rc = pthread_create(&zap->thread, NULL, run, zap);
    if (rc != 0) {
        zmq_close(zap->questions);
        zmq_close(zap->told);
        zmq_close(zap->stop);
        free(zap);
        return as_error_set(-rc, ENDPOINT ": no thread: %s", strerror(rc));
    }
    pthread_setname_np(zap->thread, "as-zap");
    *out = zap;
    return 0;
}

void as_zap_stop(as_zap *zap)
{
    if (!zap)
        return;
    zmq_send(zap->stop, "", 0, 0);
    pthread_join(zap->thread, NULL);
    zmq_close(zap->stop);
    free(zap);
}

uint64_t as_zap_refused(const as_zap *zap)
{
    return zap ? atomic_load_explicit(&zap->refused, memory_order_relaxed) : 0; /* relaxed: a statistic */
}
