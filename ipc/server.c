#include "ipc/server.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zmq.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/idle.h"
#include "ipc/keeper/clients.h"
#include "ipc/keeper/endpoint.h"
#include "ipc/keeper/keeper.h"
#include "ipc/keeper/operations.h"
#include "ipc/keys.h"
#include "ipc/zap.h"
#include "ipc/zmtp/endpoint.h"

enum {
    TURN = 1024,       /* messages a turn, between requests */
    WAITING_MAX = 256, /* requests that wait */
    WAITING_TURN = 8,  /* of them that are looked at a turn */
    IDENTITY_BYTES = 256,
    HANDSHAKE_MS = 5000,
    SEND_HWM = 256, /* answers; what counts is their bytes, below */
    RECEIVE_HWM = 64,
    LINGER_MS = 200,
    LAST_TURNS = 4096,      /* requests that are still answered at the end */
    REQUEST_WORK = 16 << 10 /* what a request costs beside its bytes */
};

#define AT_WAIT_NS AS_NS_PER_S
#define TICK_NS (UINT64_C(100) * AS_NS_PER_MS)
#define CLIENT_WAITING_BYTES (UINT64_C(1) << 20)  /* a client with more waiting loses its answers */
#define TOTAL_WAITING_BYTES (UINT64_C(256) << 20) /* beyond half of it, one with anything waiting does */
#define WORK_RATE                                                                                                      \
    (UINT64_C(512) << 20) /* bytes a second looked at and written for all clients; a second of it at once */
#define CLIENT_WORK_RATE (WORK_RATE / 4)

typedef struct door {
    void *socket;
    bool trusted;
} door;

/* Who asked, and how to answer. */
typedef struct asker {
    const door *door;
    uint8_t identity[IDENTITY_BYTES];
    size_t identity_bytes;
    bool delimiter;                 /* REQ's empty frame */
    char user[AS_GRANT_NAME_BYTES]; /* "": without CURVE */
    uint8_t key[AS_KEY_BYTES];      /* with user: the one it connected with, which its name may have no longer */
    as_client *client;
    uint64_t client_key; /* it is still this one */
} asker;

typedef struct waiting {
    bool used;
    uint64_t deadline;
    asker asker;
    as_task task;
} waiting;

enum { REQUESTS, CONTROL, INSIDE, DOORS };

/*
 * Edges:
 *   SV2  .stop, release by as_server_stop -> acquire by the thread: the publisher's last writes to the ring
 *   SV3  sent.handed, release by answer -> acquire by release on ZeroMQ's thread: the answer's other fields. ZeroMQ's
 *        own queue orders them too; ThreadSanitizer does not see into it.
 *   SV4  as_client.waiting_bytes and .waiting_bytes, release by release on ZeroMQ's thread -> acquire by has_room: the
 *        memory of the answer is free again
 *   SV5  .waiting_bytes, release by release on ZeroMQ's thread -> acquire by close_all: no answer touches the counts any
 *        more. ZeroMQ's joining of its threads orders them too; ThreadSanitizer does not see into it.
 */
struct as_server {
    as_server_options options;
    char control_path[sizeof((as_config *)NULL)->control], requests_path[AS_URL_BYTES]; /* files to remove */
    char endpoint[AS_URL_BYTES + 32];
    void *context;
    as_zap *zap;
    door door[DOORS];
    pthread_t thread;
    as_keeper keeper;
    as_operations operations;
    as_clients *clients, *users;
    as_client trusted; /* all who need no limits */
    as_limiter work;
    waiting *waiting; /* WAITING_MAX */
    uint32_t waiting_count, waiting_turn;
    uint64_t next_tick;
    asker asker; /* of the request in hand */
    as_task task;
    uint8_t body[AS_REQUEST_BYTES_MAX];
    size_t body_bytes;
    pthread_mutex_t lock; /* of clients */
    _Atomic(int) stop;
    _Atomic(uint64_t) oldest; /* edge SV1 */
    _Atomic(uint64_t) waiting_bytes;
    _Atomic(uint64_t) requests, snapshots, replays, pings, errors, malformed, busy, denied, answers_lost, messages,
        memory_messages, memory_bytes, disk_bytes, signals, facts, shocks, feeds;
};

static void count(_Atomic(uint64_t) *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); /* relaxed: a statistic */
}

static void show(_Atomic(uint64_t) *shown, uint64_t value)
{
    atomic_store_explicit(shown, value, memory_order_relaxed); /* relaxed: edge SV1, and statistics */
}

/* ---- answers ---- */

typedef struct sent {
    _Atomic(int) handed; /* edge SV3 */
    _Atomic(uint64_t) *client_bytes, *total_bytes;
    size_t bytes;
    uint8_t data[];
} sent;

/* On a thread of ZeroMQ's, when the answer is on its way or is dropped. */
static void release(void *data, void *hint)
{
    sent *s = hint;
    (void)data;
    (void)atomic_load_explicit(&s->handed, memory_order_acquire);               /* edge SV3 */
    atomic_fetch_sub_explicit(s->client_bytes, s->bytes, memory_order_release); /* edge SV4 */
    atomic_fetch_sub_explicit(s->total_bytes, s->bytes, memory_order_release);  /* edges SV4 and SV5 */
    free(s);
}

/* Answers wait for a client that does not read: not many, and fewer when many do so. */
static bool has_room(as_server *s, const asker *a, size_t bytes)
{
    uint64_t own = atomic_load_explicit(&a->client->waiting_bytes, memory_order_acquire); /* edge SV4 */
    uint64_t total = atomic_load_explicit(&s->waiting_bytes, memory_order_acquire);       /* edge SV4 */
    if (total + bytes > TOTAL_WAITING_BYTES)
        return false;
    return a->door->trusted || own == 0 || (own < CLIENT_WAITING_BYTES && total < TOTAL_WAITING_BYTES / 2);
}

static void answer(as_server *s, const asker *a, size_t bytes)
{
    sent *hint = has_room(s, a, bytes) ? malloc(sizeof *hint + bytes) : NULL;
    zmq_msg_t message;
    if (!hint) {
        count(&s->answers_lost);
        return;
    }
    hint->client_bytes = &a->client->waiting_bytes;
    hint->total_bytes = &s->waiting_bytes;
    hint->bytes = bytes;
    memcpy(hint->data, s->operations.answer, bytes);
    atomic_init(&hint->handed, 0);
    atomic_fetch_add_explicit(hint->client_bytes, bytes, memory_order_relaxed); /* relaxed: own thread reads it */
    atomic_fetch_add_explicit(hint->total_bytes, bytes, memory_order_relaxed);  /* relaxed: own thread reads it */
    if (zmq_msg_init_data(&message, hint->data, bytes, release, hint) != 0) {
        release(hint->data, hint);
        return;
    }
    int rc = zmq_send(a->door->socket, a->identity, a->identity_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    if (rc >= 0 && a->delimiter)
        rc = zmq_send(a->door->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    atomic_store_explicit(&hint->handed, 1, memory_order_release); /* edge SV3: from here on it is not ours */
    if (rc >= 0)
        rc = zmq_msg_send(&message, a->door->socket, ZMQ_DONTWAIT);
    if (rc >= 0)
        return;
    if (zmq_errno() == EAGAIN)
        count(&s->answers_lost);
    zmq_msg_close(&message);
}

static void refuse(as_server *s, const asker *a, const as_request *r, const char *error, const char *detail)
{
    answer(s, a, as_operations_refuse(&s->operations, r, error, detail).answer_bytes);
}

static void count_outcome(as_server *s, const as_request *r, const as_outcome *outcome)
{
    if (!outcome->error) {
        if (r->op != AS_OP_OTHER && r->op != AS_OP_SCHEMA)
            count(r->op == AS_OP_SNAPSHOT ? &s->snapshots : r->op == AS_OP_REPLAY ? &s->replays : &s->pings);
        return;
    }
    count(&s->errors);
    if (strcmp(outcome->error, "malformed") == 0)
        count(&s->malformed);
    if (strcmp(outcome->error, "denied") == 0)
        count(&s->denied);
}

/* ---- requests that wait ---- */

static void begin_waiting(as_server *s)
{
    as_client *client = s->asker.client;
    uint64_t wait_ns = s->task.request.op == AS_OP_SNAPSHOT ? AT_WAIT_NS : s->task.request.wait_ms.value * AS_NS_PER_MS;
    waiting *w = s->waiting;
    if (s->waiting_count == WAITING_MAX || (client->waiting_requests && !s->asker.door->trusted)) {
        count(&s->busy);
        refuse(s, &s->asker, &s->task.request, "busy",
               s->waiting_count == WAITING_MAX ? "too many requests wait" : "one request of this client waits already");
        return;
    }
    while (w->used)
        w++;
    w->used = true;
    w->deadline = as_clock_monotonic_ns() + wait_ns;
    w->asker = s->asker;
    memcpy(&w->task, &s->task, sizeof w->task);
    client->waiting_requests++;
    s->waiting_count++;
}

static const as_grant *grant_of(const as_server *s, const asker *a, bool *known)
{
    const as_grant *grant = NULL;
    if (s->options.auth && !a->door->trusted)
        grant = *a->user ? as_auth_find(s->options.auth, a->key) : NULL;
    *known = grant || !s->options.auth || a->door->trusted;
    return grant;
}

static unsigned look_at(as_server *s, waiting *w, bool may_wait, uint64_t now)
{
    bool known;
    const as_grant *grant = grant_of(s, &w->asker, &known);
    bool ripe = w->task.request.op == AS_OP_SNAPSHOT ? s->keeper.gseq >= w->task.request.at.value
                                                     : s->keeper.gseq >= w->task.next;
    may_wait = may_wait && now < w->deadline;
    if (!ripe && may_wait && known)
        return 0;
    as_outcome outcome = known ? as_operations_do(&s->operations, &w->task, grant, may_wait, now)
                               : as_operations_refuse(&s->operations, &w->task.request, "denied",
                                                      "client: its key was "
                                                      "taken off the list");
    as_limiter_charge(&s->work, outcome.work_bytes);
    if (outcome.answer_bytes == 0)
        return 1;
    count_outcome(s, &w->task.request, &outcome);
    answer(s, &w->asker, outcome.answer_bytes);
    if (w->asker.client->key[0] == w->asker.client_key && w->asker.client->waiting_requests)
        w->asker.client->waiting_requests--;
    w->used = false;
    s->waiting_count--;
    return 1;
}

static unsigned look_at_waiting(as_server *s, uint64_t now)
{
    unsigned done = 0;
    for (uint32_t i = 0; i < WAITING_MAX && s->waiting_count && done < WAITING_TURN; i++) {
        waiting *w = &s->waiting[s->waiting_turn++ % WAITING_MAX];
        if (w->used)
            done += look_at(s, w, true, now);
    }
    return done;
}

/* ---- requests ---- */

/* Whose connection it is, as ZeroMQ knows it. */
static void identify(const as_server *s, asker *a, zmq_msg_t *identity)
{
    a->identity_bytes = zmq_msg_size(identity) < IDENTITY_BYTES ? zmq_msg_size(identity) : IDENTITY_BYTES;
    memcpy(a->identity, zmq_msg_data(identity), a->identity_bytes);
    bool keyed = s->options.auth && !a->door->trusted;
    const char *user = keyed ? zmq_msg_gets(identity, "User-Id") : NULL;
    const char *key = keyed ? zmq_msg_gets(identity, AS_ZAP_KEY) : NULL;
    bool known = user && key && as_key_from_text(key, a->key) == 0;
    (void)snprintf(a->user, sizeof a->user, "%s", known ? user : "");
}

/*
 * One request: identity, REQ's delimiter if there is one, body. false: none. Further frames are read and dropped, and
 * the body is told to be malformed (*frames above 1).
 */
static bool receive(as_server *s, const door *d, unsigned *frames)
{
    asker *a = &s->asker;
    zmq_msg_t identity;
    zmq_msg_init(&identity);
    bool there = zmq_msg_recv(&identity, d->socket, ZMQ_DONTWAIT) >= 0;
    if (there) {
        a->door = d;
        identify(s, a, &identity);
    }
    zmq_msg_close(&identity);
    a->delimiter = false;
    s->body_bytes = 0;
    *frames = 0;
    for (int more = there; more;) {
        size_t more_bytes = sizeof more;
        a->delimiter = a->delimiter || (*frames == 1 && s->body_bytes == 0);
        int bytes = zmq_recv(d->socket, s->body, sizeof s->body, ZMQ_DONTWAIT);
        if (bytes < 0 || zmq_getsockopt(d->socket, ZMQ_RCVMORE, &more, &more_bytes) != 0)
            return false;
        s->body_bytes = (size_t)bytes; /* of a longer one more than there is: it is not looked at */
        ++*frames;
    }
    *frames -= a->delimiter;
    return there;
}

static void name_of(const asker *a, const as_request *r, char name[AS_GRANT_NAME_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    const char *known = *a->user ? a->user : r->client;
    (void)snprintf(name, AS_GRANT_NAME_BYTES, "%s", known);
    if (*name)
        return;
    size_t used = 0;
    for (size_t i = 0; i < a->identity_bytes && used + 2 < AS_GRANT_NAME_BYTES; i++) {
        name[used++] = digits[a->identity[i] >> 4];
        name[used++] = digits[a->identity[i] & 15];
    }
    name[used] = 0;
}

/* Who it is, and whether it has not asked for too much. */
static bool admit(as_server *s, uint64_t now)
{
    asker *a = &s->asker;
    const as_request *r = &s->task.request;
    uint64_t rate = s->options.rate;
    if (a->door->trusted) {
        a->client = &s->trusted;
        return true;
    }
    pthread_mutex_lock(&s->lock);
    a->client = as_clients_get(s->clients, a->identity, a->identity_bytes);
    a->client_key = a->client->key[0];
    a->client->requests++;
    a->client->at = now;
    bool admitted = as_limiter_take(&a->client->limiter, rate, rate, 1, now);
    if (admitted && *a->user)
        admitted = as_limiter_take(&as_clients_get(s->users, a->user, strlen(a->user))->limiter, rate, rate, 1, now);
    if (admitted && r->op != AS_OP_PING)
        admitted = as_limiter_take(&a->client->work, CLIENT_WORK_RATE, CLIENT_WORK_RATE, REQUEST_WORK, now) &&
                   as_limiter_take(&s->work, WORK_RATE, WORK_RATE, REQUEST_WORK, now);
    if (!admitted)
        a->client->refused++;
    if (admitted && r->op == AS_OP_PING && !r->error) {
        char name[AS_GRANT_NAME_BYTES];
        name_of(a, r, name);
        as_clients_report(s->clients, a->client, name, r->seen.value, r->lost.value);
    }
    pthread_mutex_unlock(&s->lock);
    return admitted;
}

static void serve_request(as_server *s, unsigned frames, uint64_t now)
{
    asker *a = &s->asker;
    as_request *r = &s->task.request;
    bool known;
    s->task.next = 0;
    count(&s->requests);
    if (frames == 1)
        as_request_parse(s->body, s->body_bytes, a->door->trusted, r);
    else
        as_request_parse(NULL, 0, false, r);
    if (frames != 1)
        (void)snprintf(r->detail, sizeof r->detail, "found %u frames; allowed: one", frames);
    if (!admit(s, now)) {
        count(&s->busy);
        refuse(s, a, r, "busy",
               "found more requests, or more work, than publish.rate allows; allowed: ask again after "
               "100 ms");
        return;
    }
    if (!has_room(s, a, 0)) { /* it would not get the answer: no work for it */
        count(&s->answers_lost);
        return;
    }
    const as_grant *grant = grant_of(s, a, &known);
    if (!known) {
        count(&s->denied);
        count(&s->errors);
        as_audit_write(s->options.audit, "refused", "requests", "", a->user, "key is not on the list");
        refuse(s, a, r, "denied", "client: its key was taken off the list");
        return;
    }
    as_outcome outcome = as_operations_do(&s->operations, &s->task, grant, true, now);
    as_limiter_charge(&s->work, outcome.work_bytes);
    as_limiter_charge(&a->client->work, outcome.work_bytes);
    if (outcome.answer_bytes == 0) {
        begin_waiting(s);
        return;
    }
    count_outcome(s, r, &outcome);
    if (outcome.error && strcmp(outcome.error, "denied") == 0)
        as_audit_write(s->options.audit, "forged", "requests", "", a->user, r->detail);
    answer(s, a, outcome.answer_bytes);
}

static unsigned serve(as_server *s, const door *d, uint64_t now)
{
    unsigned frames;
    if (!d->socket || !receive(s, d, &frames))
        return 0;
    serve_request(s, frames, now);
    return 1;
}

/* ---- the thread ---- */

static void show_all(as_server *s)
{
    const as_keeper *k = &s->keeper;
    show(&s->oldest, as_keeper_oldest(k));
    show(&s->messages, k->messages);
    show(&s->memory_messages, as_backlog_count(k->backlog));
    show(&s->memory_bytes, as_backlog_bytes(k->backlog));
    show(&s->disk_bytes, k->disk ? as_disk_bytes(k->disk) : 0);
    show(&s->signals, as_state_count_of(k->state, AS_MESSAGE_SIGNAL));
    show(&s->facts, as_state_count_of(k->state, AS_MESSAGE_FACT));
    show(&s->shocks, as_state_count_of(k->state, AS_MESSAGE_SHOCK));
    show(&s->feeds, as_state_count_of(k->state, AS_MESSAGE_FEED));
}

static unsigned take_messages(as_server *s)
{
    unsigned done = 0;
    uint32_t bytes;
    for (const uint8_t *record; done < TURN && (record = as_byte_ring_peek(s->options.messages, &bytes)); done++) {
        AS_ASSERT(as_keeper_take(&s->keeper, record, bytes)); /* the publisher is ours */
        as_byte_ring_release(s->options.messages);
    }
    if (done)
        show_all(s);
    return done;
}

static void tick(as_server *s, uint64_t now)
{
    as_snapshots_expire(s->operations.snapshots, now);
    if (s->keeper.disk)
        as_disk_flush(s->keeper.disk);
    s->next_tick = now + TICK_NS;
}

static unsigned work(as_server *s)
{
    uint64_t now = as_clock_monotonic_ns();
    unsigned done = take_messages(s);
    for (unsigned i = 0; i < DOORS; i++)
        done += serve(s, &s->door[i], now);
    done += look_at_waiting(s, now);
    if (now >= s->next_tick)
        tick(s, now);
    return done;
}

static void finish(as_server *s)
{
    uint64_t now = as_clock_monotonic_ns();
    while (take_messages(s) > 0) {}
    for (uint32_t i = 0; i < WAITING_MAX; i++)
        if (s->waiting[i].used)
            look_at(s, &s->waiting[i], false, now);
    for (unsigned turn = 0; turn < LAST_TURNS; turn++) {
        unsigned done = 0;
        for (unsigned i = 0; i < DOORS; i++)
            done += serve(s, &s->door[i], now);
        for (uint32_t i = 0; i < WAITING_MAX && s->waiting_count; i++)
            if (s->waiting[i].used)
                look_at(s, &s->waiting[i], false, now);
        if (!done)
            break;
    }
}

static void *run(void *context)
{
    as_server *s = context;
    as_idle idle;
    pthread_setname_np(pthread_self(), "as-server");
    if (s->options.cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)s->options.cpu, &set);
        if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0)
            as_warn("server: cpu %d is not there; the thread is not pinned", s->options.cpu);
    }
    as_idle_init(&idle, s->options.wait);
    for (unsigned i = 0; i < DOORS; i++) {
        /* it tells of news since the socket was last found empty, which is how every idle turn leaves it */
        int descriptor;
        size_t descriptor_bytes = sizeof descriptor;
        if (s->door[i].socket && zmq_getsockopt(s->door[i].socket, ZMQ_FD, &descriptor, &descriptor_bytes) == 0)
            as_idle_watch(&idle, descriptor);
    }
    while (!atomic_load_explicit(&s->stop, memory_order_acquire)) /* edge SV2 */
        as_idle_done(&idle, work(s));
    finish(s);
    return NULL;
}

/* ---- life ---- */

static void close_all(as_server *s)
{
    for (unsigned i = 0; i < DOORS; i++)
        if (s->door[i].socket)
            zmq_close(s->door[i].socket);
    as_zap_stop(s->zap);
    if (s->context) {
        zmq_ctx_shutdown(s->context);
        zmq_ctx_term(s->context); /* after it no answer is left with ZeroMQ */
        AS_ASSERT(atomic_load_explicit(&s->waiting_bytes, memory_order_acquire) == 0); /* edge SV5 */
    }
    if (*s->control_path)
        unlink(s->control_path);
    if (*s->requests_path)
        unlink(s->requests_path);
    as_operations_fini(&s->operations);
    as_keeper_fini(&s->keeper);
    as_clients_free(s->clients);
    as_clients_free(s->users);
    pthread_mutex_destroy(&s->lock);
    free(s->waiting);
    free(s);
}

static int set(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) == 0)
        return 0;
    return as_error_set(-zmq_errno(), "server: socket option %d: %s", option, zmq_strerror(zmq_errno()));
}

static int open_socket(as_server *s, door *d, bool trusted)
{
    const struct {
        int option, value;
    } options[] = {
        {ZMQ_ROUTER_MANDATORY, 1}, {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS}, {ZMQ_SNDHWM, SEND_HWM},
        {ZMQ_RCVHWM, RECEIVE_HWM}, {ZMQ_LINGER, LINGER_MS},           {ZMQ_TCP_KEEPALIVE, 1},
    };
    int64_t bytes_max = AS_REQUEST_BYTES_MAX;
    int rc = 0;
    d->trusted = trusted;
    d->socket = zmq_socket(s->context, ZMQ_ROUTER);
    if (!d->socket)
        return as_error_set(-zmq_errno(), "server: a socket cannot be opened: %s", zmq_strerror(zmq_errno()));
    for (unsigned i = 0; i < sizeof options / sizeof *options && rc == 0; i++)
        rc = set(d->socket, options[i].option, options[i].value);
    if (rc == 0 && zmq_setsockopt(d->socket, ZMQ_MAXMSGSIZE, &bytes_max, sizeof bytes_max) != 0)
        rc = as_error_set(-zmq_errno(), "server: socket option: %s", zmq_strerror(zmq_errno()));
    return rc;
}

static int bind_to(void *socket, const char *endpoint)
{
    if (zmq_bind(socket, endpoint) == 0)
        return 0;
    return as_error_set(-zmq_errno(), "%s: %s", endpoint, as_zmtp_endpoint_advice(-zmq_errno()));
}

/* As libzmq does, but a socket file has the mode of those of live and latest, and no living daemon loses its own. */
static int bind_requests(as_server *s, const char *endpoint)
{
    static const char ipc[] = "ipc://";
    const char *path = endpoint + strlen(ipc);
    if (strncmp(endpoint, ipc, strlen(ipc)) != 0 || *path == '@')
        return bind_to(s->door[REQUESTS].socket, endpoint);
    int rc = as_endpoint_bind(s->door[REQUESTS].socket, path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    if (rc == 0)
        (void)snprintf(s->requests_path, sizeof s->requests_path, "%s", path);
    return rc;
}

static int open_requests(as_server *s)
{
    static const char domain[] = "requests";
    const char *endpoint = s->options.requests;
    void *socket;
    int rc = open_socket(s, &s->door[REQUESTS], false);
    if (rc < 0)
        return rc;
    socket = s->door[REQUESTS].socket;
    if (strchr(endpoint, '['))
        rc = set(socket, ZMQ_IPV6, 1);
    if (rc == 0 && s->options.auth) {
        rc = set(socket, ZMQ_CURVE_SERVER, 1);
        if (rc == 0 &&
            (zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, as_auth_secret_key(s->options.auth), AS_KEY_BYTES) != 0 ||
             zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) != 0))
            rc = as_error_set(-zmq_errno(), "server: CURVE: %s", zmq_strerror(zmq_errno()));
    }
    if (rc == 0)
        rc = bind_requests(s, endpoint);
    if (rc < 0)
        return as_error_add("publish.requests: %s cannot be bound", endpoint);
    size_t endpoint_bytes = sizeof s->endpoint;
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, s->endpoint, &endpoint_bytes);
    return 0;
}

static int open_control(as_server *s)
{
    const char *path = s->options.control;
    if (!path || !*path)
        return 0;
    int rc = open_socket(s, &s->door[CONTROL], true);
    if (rc == 0)
        rc = as_endpoint_bind_private(s->door[CONTROL].socket, path);
    if (rc == 0) {
        (void)snprintf(s->control_path, sizeof s->control_path, "%s", path);
        return 0;
    }
    if (s->options.control_required)
        return as_error_add("control: %s cannot be bound", path);
    as_warn("control: %s; `aftershock ctl` finds nobody", as_error_message(0));
    as_error_clear();
    zmq_close(s->door[CONTROL].socket);
    s->door[CONTROL].socket = NULL;
    return 0;
}

static int open_doors(as_server *s)
{
    s->context = zmq_ctx_new();
    if (!s->context)
        return as_error_set(-zmq_errno(), "server: %s", zmq_strerror(zmq_errno()));
    int rc = s->options.auth ? as_zap_start(s->context, s->options.auth, s->options.audit, &s->zap) : 0;
    if (rc == 0)
        rc = open_requests(s);
    if (rc == 0)
        rc = open_control(s);
    if (rc == 0)
        rc = open_socket(s, &s->door[INSIDE], true);
    if (rc == 0)
        rc = bind_to(s->door[INSIDE].socket, AS_SERVER_INSIDE);
    return rc;
}

int as_server_start(const as_server_options *options, as_server **out)
{
    as_server *s = calloc(1, sizeof *s);
    if (s)
        s->waiting = calloc(WAITING_MAX, sizeof *s->waiting);
    if (!s || !s->waiting) {
        free(s);
        return as_error_set(-ENOMEM, "server: out of memory");
    }
    s->options = *options;
    if (!s->options.rate)
        s->options.rate = 1;
    pthread_mutex_init(&s->lock, NULL);
    const as_keeper_options keeper = {
        .memory_bytes = options->memory_bytes,
        .disk_dir = options->disk_dir,
        .disk_bytes = options->disk_bytes,
        .epoch = options->epoch,
    };
    int rc = as_keeper_init(&s->keeper, &keeper);
    if (rc == 0)
        rc = as_operations_init(&s->operations, &s->keeper, options->epoch);
    s->operations.control_op = options->control_op;
    s->operations.control_context = options->control_context;
    if (rc == 0)
        rc = as_clients_new(options->clients_max ? options->clients_max : 1, &s->clients);
    if (rc == 0)
        rc = as_clients_new(AS_GRANT_MAX, &s->users);
    if (rc == 0)
        rc = open_doors(s);
    if (rc == 0) {
        rc = -pthread_create(&s->thread, NULL, run, s);
        if (rc < 0)
            as_error_set(rc, "server: thread cannot be started: %s", strerror(-rc));
    }
    if (rc < 0) {
        close_all(s);
        return rc;
    }
    *out = s;
    return 0;
}

void as_server_stop(as_server *s)
{
    if (!s)
        return;
    atomic_store_explicit(&s->stop, 1, memory_order_release); /* edge SV2 */
    pthread_join(s->thread, NULL);
    close_all(s);
}

/* ---- looking at it ---- */

void *as_server_context(as_server *s)
{
    return s->context;
}

const char *as_server_endpoint(const as_server *s)
{
    return s->endpoint;
}

static uint64_t shown(const _Atomic(uint64_t) *value)
{
    return atomic_load_explicit(value, memory_order_relaxed); /* relaxed: edge SV1, and statistics */
}

uint64_t as_server_oldest(const as_server *s)
{
    return shown(&s->oldest);
}

uint32_t as_server_reports(as_server *s, as_report_view *view, uint32_t count_max)
{
    uint32_t used = 0;
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < as_clients_count(s->clients) && used < count_max; i++) {
        const as_client *c = as_clients_at(s->clients, i);
        if (!c->reported)
            continue;
        as_report_view *v = &view[used++];
        *v = (as_report_view){
            .seen = c->seen, .lost = c->lost, .at = c->at, .requests = c->requests, .refused = c->refused};
        memcpy(v->client, c->name, sizeof v->client);
    }
    pthread_mutex_unlock(&s->lock);
    return used;
}

as_server_counters as_server_counters_get(const as_server *s)
{
    return (as_server_counters){
        .requests = shown(&s->requests),
        .snapshots = shown(&s->snapshots),
        .replays = shown(&s->replays),
        .pings = shown(&s->pings),
        .errors = shown(&s->errors),
        .malformed = shown(&s->malformed),
        .busy = shown(&s->busy),
        .denied = shown(&s->denied),
        .answers_lost = shown(&s->answers_lost),
        .messages = shown(&s->messages),
        .memory_messages = shown(&s->memory_messages),
        .memory_bytes = shown(&s->memory_bytes),
        .disk_bytes = shown(&s->disk_bytes),
        .signals = shown(&s->signals),
        .facts = shown(&s->facts),
        .shocks = shown(&s->shocks),
        .feeds = shown(&s->feeds),
    };
}
