#include "ipc/server.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "ipc/requests.h"
#include "ipc/zmtp/endpoint.h"

enum {
    TURN = 1024,      /* messages a turn, between requests */
    WAITING_TURN = 8, /* requests that wait and are looked at a turn, of either kind */
    WAITING_TRUSTED = 64,
    IDENTITY_BYTES = 256,
    SEND_HWM = 16, /* answers that wait for one who is trusted */
    RECEIVE_HWM = 64,
    LINGER_MS = 200,
    LAST_TURNS = 4096,      /* turns with requests at the end */
    REQUEST_WORK = 16 << 10 /* what a request costs beside its bytes */
};

#define AT_WAIT_NS AS_NS_PER_S
#define TICK_NS (UINT64_C(100) * AS_NS_PER_MS)
#define WORK_RATE                                                                                                      \
    (UINT64_C(512) << 20) /* bytes a second looked at and written for all clients; a second of it at once */
#define CLIENT_WORK_RATE (WORK_RATE / 4) /* of one connection, and of all of a key's */
#define LIMITER_SCALE UINT64_C(1000000000)

/* Libzmq's sockets: those who come there are trusted. */
typedef struct door {
    void *socket;
} door;

/* Who asked, and how to answer. */
typedef struct asker {
    const door *door;          /* NULL: a connection */
    as_connection *connection; /* NULL: at a door */
    bool delimiter;            /* REQ's empty frame */
    size_t identity_bytes;     /* at a door */
    uint8_t identity[IDENTITY_BYTES];
} asker;

typedef struct waiting {
    uint64_t deadline;
    asker asker;
    as_task task;
} waiting;

/*
 * Requests that wait, in no order. Every connection has a place in either of them: nobody takes another's, and
 * replays take none from those who wait for a gseq.
 */
typedef struct waiting_room {
    waiting **place; /* clients_max + WAITING_TRUSTED */
    uint32_t count, turn;
} waiting_room;

enum { CONTROL, INSIDE, DOORS };
enum { FOR_GSEQ, FOR_MESSAGES, ROOMS };

/*
 * Edges:
 *   SV2  .stop, release by as_server_stop -> acquire by the thread: the publisher's last writes to the ring
 */
struct as_server {
    as_server_options options;
    char control_path[sizeof((as_config *)NULL)->control]; /* the file to remove */
    as_requests *connections;
    void *context;
    door door[DOORS];
    pthread_t thread;
    as_keeper keeper;
    as_operations operations;
    as_clients *clients; /* what they have said of themselves */
    as_limiter work;
    waiting_room room[ROOMS];
    uint32_t trusted_waiting;
    uint64_t next_tick, malformed_seen;
    asker asker; /* of the request in hand */
    as_task task;
    uint8_t body[AS_REQUEST_BYTES_MAX];
    size_t body_bytes;
    pthread_mutex_t lock; /* of clients */
    _Atomic(int) stop;
    _Atomic(uint64_t) oldest; /* edge SV1 */
    _Atomic(uint64_t) requests, snapshots, replays, pings, errors, malformed, busy, denied, answers_lost, messages,
        memory_messages, memory_bytes, disk_bytes, signals, facts, shocks, feeds, connected, refused, evicted;
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

static bool has_room(const asker *a)
{
    return a->door || as_requests_has_room(a->connection);
}

static bool send_at_door(const asker *a, const void *answer, size_t bytes)
{
    int rc = zmq_send(a->door->socket, a->identity, a->identity_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    if (rc >= 0 && a->delimiter)
        rc = zmq_send(a->door->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    if (rc >= 0)
        rc = zmq_send(a->door->socket, answer, bytes, ZMQ_DONTWAIT);
    return rc >= 0 || zmq_errno() != EAGAIN; /* who has gone misses nothing */
}

static void answer(as_server *s, const asker *a, size_t bytes)
{
    bool sent = a->door ? send_at_door(a, s->operations.answer, bytes)
                        : as_requests_answer(s->connections, a->connection, a->delimiter, s->operations.answer, bytes,
                                             as_clock_monotonic_ns());
    if (!sent)
        count(&s->answers_lost);
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

/* ---- what they may cost ---- */

/* May it go on: is there work left of what it and its key may cost, and of what all may? */
static bool may_work(as_server *s, const asker *a, uint64_t cost, uint64_t now)
{
    as_connection *c = a->connection;
    if (!c)
        return true;
    as_allowance *key = c->account ? &c->account->allowance : &c->allowance;
    if (!as_limiter_take(&c->allowance.work, CLIENT_WORK_RATE, CLIENT_WORK_RATE, cost, now) ||
        (c->account && !as_limiter_take(&key->work, CLIENT_WORK_RATE, CLIENT_WORK_RATE, cost, now)))
        return false;
    if (as_limiter_take(&s->work, WORK_RATE, WORK_RATE, cost, now))
        return true;
    /* those who had less than their share are not held up by the others */
    return key->work.spent / LIMITER_SCALE <= WORK_RATE / as_requests_active(s->connections);
}

static void charge(as_server *s, const asker *a, uint64_t work_bytes)
{
    as_connection *c = a->connection;
    if (!c)
        return;
    as_limiter_charge(&s->work, work_bytes);
    as_limiter_charge(&c->allowance.work, work_bytes);
    if (c->account)
        as_limiter_charge(&c->account->allowance.work, work_bytes);
}

static bool may_ask(const as_server *s, as_connection *c, uint64_t now)
{
    uint64_t rate = s->options.rate;
    return as_limiter_take(&c->allowance.rate, rate, rate, 1, now) &&
           (!c->account || as_limiter_take(&c->account->allowance.rate, rate, rate, 1, now));
}

/* ---- requests that wait ---- */

static bool *waits_flag(as_connection *c, unsigned room)
{
    return room == FOR_GSEQ ? &c->at_waits : &c->replay_waits;
}

static void begin_waiting(as_server *s, const asker *a)
{
    const as_request *r = &s->task.request;
    unsigned kind = r->op == AS_OP_SNAPSHOT ? FOR_GSEQ : FOR_MESSAGES;
    waiting_room *room = &s->room[kind];
    as_connection *c = a->connection;
    bool full = c ? *waits_flag(c, kind) : s->trusted_waiting == WAITING_TRUSTED;
    waiting *w = full ? NULL : malloc(sizeof *w);
    if (!w) {
        count(&s->busy);
        refuse(s, a, r, "busy", c ? "one request of this client waits already" : "too many requests wait");
        return;
    }
    w->deadline = as_clock_monotonic_ns() + (kind == FOR_GSEQ ? AT_WAIT_NS : r->wait_ms.value * AS_NS_PER_MS);
    w->asker = *a;
    memcpy(&w->task, &s->task, sizeof w->task);
    room->place[room->count++] = w;
    if (!c) {
        s->trusted_waiting++;
        return;
    }
    c->held++;
    *waits_flag(c, kind) = true;
}

static void end_waiting(as_server *s, unsigned kind, uint32_t idx)
{
    waiting_room *room = &s->room[kind];
    waiting *w = room->place[idx];
    as_connection *c = w->asker.connection;
    if (c) {
        c->held--;
        *waits_flag(c, kind) = false;
    } else {
        s->trusted_waiting--;
    }
    room->place[idx] = room->place[--room->count];
    free(w);
}

/* True: it is over, or some work was done for it. */
static bool look_at(as_server *s, unsigned kind, uint32_t idx, bool may_wait, uint64_t now)
{
    waiting *w = s->room[kind].place[idx];
    const as_connection *c = w->asker.connection;
    if (c && c->descriptor < 0) {
        end_waiting(s, kind, idx);
        return true;
    }
    may_wait = may_wait && now < w->deadline;
    uint64_t ripe_at = kind == FOR_GSEQ ? w->task.request.at.value : w->task.next;
    if (may_wait && (s->keeper.gseq < ripe_at || !may_work(s, &w->asker, 0, now)))
        return false;
    as_outcome outcome = as_operations_do(&s->operations, &w->task, c ? c->grant : NULL, may_wait, now);
    charge(s, &w->asker, outcome.work_bytes);
    if (outcome.answer_bytes == 0)
        return true;
    count_outcome(s, &w->task.request, &outcome);
    answer(s, &w->asker, outcome.answer_bytes);
    end_waiting(s, kind, idx);
    return true;
}

static unsigned look_at_waiting(as_server *s, uint64_t now)
{
    unsigned done_in_all = 0;
    for (unsigned kind = 0; kind < ROOMS; kind++) {
        waiting_room *room = &s->room[kind];
        unsigned done = 0;
        for (uint32_t i = room->count; i > 0 && room->count > 0 && done < WAITING_TURN; i--)
            done += look_at(s, kind, ++room->turn % room->count, true, now);
        done_in_all += done;
    }
    return done_in_all;
}

/* ---- requests ---- */

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
        *a = (asker){.door = d};
        a->identity_bytes = zmq_msg_size(&identity) < IDENTITY_BYTES ? zmq_msg_size(&identity) : IDENTITY_BYTES;
        memcpy(a->identity, zmq_msg_data(&identity), a->identity_bytes);
    }
    zmq_msg_close(&identity);
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

/* What a client has said, and that it has asked. */
static void note(as_server *s, const asker *a, const as_request *r, bool admitted, uint64_t now)
{
    as_connection *c = a->connection;
    pthread_mutex_lock(&s->lock);
    as_client *client = as_clients_get(s->clients, &c->id, sizeof c->id);
    client->requests++;
    client->at = now;
    client->refused += !admitted;
    if (admitted && r->op == AS_OP_PING && !r->error) {
        char name[AS_GRANT_NAME_BYTES];
        if (c->grant || *r->client)
            (void)snprintf(name, sizeof name, "%s", c->grant ? c->grant->name : r->client);
        else
            (void)snprintf(name, sizeof name, "%016llx", (unsigned long long)c->id);
        as_clients_report(s->clients, client, name, r->seen.value, r->lost.value);
    }
    pthread_mutex_unlock(&s->lock);
}

static bool admit(as_server *s, const asker *a, const as_request *r, uint64_t now)
{
    if (a->door)
        return true;
    bool admitted = may_ask(s, a->connection, now) && (r->op == AS_OP_PING || may_work(s, a, REQUEST_WORK, now));
    note(s, a, r, admitted, now);
    return admitted;
}

static void serve_request(as_server *s, const asker *a, const uint8_t *body, size_t body_bytes, uint64_t now)
{
    as_request *r = &s->task.request;
    const as_grant *grant = a->connection ? a->connection->grant : NULL;
    s->task.next = 0;
    count(&s->requests);
    as_request_parse(body, body_bytes, a->door != NULL, r);
    if (!admit(s, a, r, now)) {
        count(&s->busy);
        refuse(s, a, r, "busy",
               "found more requests, or more work, than publish.rate allows; allowed: ask again after "
               "100 ms");
        return;
    }
    if (!has_room(a)) { /* it would not get the answer: no work for it */
        count(&s->answers_lost);
        return;
    }
    as_outcome outcome = as_operations_do(&s->operations, &s->task, grant, true, now);
    charge(s, a, outcome.work_bytes);
    if (outcome.answer_bytes == 0) {
        begin_waiting(s, a);
        return;
    }
    count_outcome(s, r, &outcome);
    if (outcome.error && strcmp(outcome.error, "denied") == 0)
        as_audit_write(s->options.audit, "forged", "requests", a->connection ? a->connection->address : "",
                       grant ? grant->name : "", r->detail);
    answer(s, a, outcome.answer_bytes);
}

/* Of a connection. */
static void take_request(void *context, as_connection *connection, bool delimiter, const uint8_t *body,
                         size_t body_bytes, uint64_t now)
{
    as_server *s = context;
    s->asker.door = NULL;
    s->asker.connection = connection;
    s->asker.delimiter = delimiter;
    s->asker.identity_bytes = 0;
    serve_request(s, &s->asker, body, body_bytes, now);
}

static unsigned serve(as_server *s, const door *d, uint64_t now)
{
    unsigned frames;
    if (!d->socket || !receive(s, d, &frames))
        return 0;
    bool whole = frames == 1 && s->body_bytes <= sizeof s->body;
    serve_request(s, &s->asker, whole ? s->body : NULL, whole ? s->body_bytes : 0, now);
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

static void show_connections(as_server *s)
{
    as_requests_counters c = as_requests_counters_get(s->connections);
    show(&s->connected, c.clients);
    show(&s->refused, c.refused_full + c.refused_handshake + c.refused_key);
    show(&s->evicted, c.evicted + c.malformed);
    atomic_fetch_add_explicit(&s->malformed, c.malformed - s->malformed_seen,
                              memory_order_relaxed); /* relaxed: a statistic */
    s->malformed_seen = c.malformed;
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
    show_connections(s);
    s->next_tick = now + TICK_NS;
}

static unsigned serve_all(as_server *s, uint64_t now)
{
    unsigned done = as_requests_work(s->connections, now);
    for (unsigned i = 0; i < DOORS; i++)
        done += serve(s, &s->door[i], now);
    if (done)
        show_connections(s);
    return done;
}

static unsigned work(as_server *s)
{
    uint64_t now = as_clock_monotonic_ns();
    unsigned done = take_messages(s);
    done += serve_all(s, now);
    done += look_at_waiting(s, now);
    if (now >= s->next_tick)
        tick(s, now);
    return done;
}

static void answer_all_waiting(as_server *s, uint64_t now)
{
    for (unsigned kind = 0; kind < ROOMS; kind++)
        for (uint32_t i = s->room[kind].count; i-- > 0;)
            look_at(s, kind, i, false, now);
}

static void finish(as_server *s)
{
    uint64_t now = as_clock_monotonic_ns();
    while (take_messages(s) > 0) {}
    answer_all_waiting(s, now);
    for (unsigned turn = 0; turn < LAST_TURNS && serve_all(s, now) > 0; turn++)
        answer_all_waiting(s, now);
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
    as_idle_watch(&idle, as_requests_descriptor(s->connections)); /* the doors too: watch_doors */
    while (!atomic_load_explicit(&s->stop, memory_order_acquire)) /* edge SV2 */
        as_idle_done(&idle, work(s));
    finish(s);
    return NULL;
}

/* ---- life ---- */

static void close_all(as_server *s)
{
    as_requests_free(s->connections, LINGER_MS);
    for (unsigned i = 0; i < DOORS; i++)
        if (s->door[i].socket)
            zmq_close(s->door[i].socket);
    if (s->context) {
        zmq_ctx_shutdown(s->context);
        zmq_ctx_term(s->context);
    }
    if (*s->control_path)
        unlink(s->control_path);
    as_operations_fini(&s->operations);
    as_keeper_fini(&s->keeper);
    as_clients_free(s->clients);
    pthread_mutex_destroy(&s->lock);
    for (unsigned i = 0; i < ROOMS; i++) {
        for (uint32_t k = 0; k < s->room[i].count; k++)
            free(s->room[i].place[k]);
        free(s->room[i].place);
    }
    free(s);
}

static int set(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) == 0)
        return 0;
    return as_error_set(-zmq_errno(), "server: socket option %d: %s", option, zmq_strerror(zmq_errno()));
}

static int open_socket(as_server *s, door *d)
{
    const struct {
        int option, value;
    } options[] = {
        {ZMQ_ROUTER_MANDATORY, 1},
        {ZMQ_SNDHWM, SEND_HWM},
        {ZMQ_RCVHWM, RECEIVE_HWM},
        {ZMQ_LINGER, LINGER_MS},
    };
    int64_t bytes_max = AS_REQUEST_BYTES_MAX;
    int rc = 0;
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

static int open_requests(as_server *s)
{
    const as_requests_options options = {
        .endpoint = s->options.requests,
        .clients_max = s->options.clients_max,
        .auth = s->options.auth,
        .audit = s->options.audit,
        .take = take_request,
        .context = s,
    };
    int rc = as_requests_new(&options, &s->connections);
    return rc < 0 ? as_error_add("publish.requests: %s cannot be bound", s->options.requests) : 0;
}

/*
 * The thread sleeps on one descriptor. ZeroMQ's tell of news since a socket was last found empty, which is how every
 * idle turn leaves it.
 */
static int watch_doors(as_server *s)
{
    int rc = 0;
    for (unsigned i = 0; i < DOORS && rc == 0; i++) {
        int descriptor;
        size_t descriptor_bytes = sizeof descriptor;
        if (s->door[i].socket && zmq_getsockopt(s->door[i].socket, ZMQ_FD, &descriptor, &descriptor_bytes) == 0)
            rc = as_requests_watch(s->connections, descriptor);
    }
    return rc < 0 ? as_error_set(rc, "server: epoll: %s", strerror(-rc)) : 0;
}

static int open_control(as_server *s)
{
    const char *path = s->options.control;
    if (!path || !*path)
        return 0;
    int rc = open_socket(s, &s->door[CONTROL]);
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
    int rc = open_requests(s);
    if (rc == 0)
        rc = open_control(s);
    if (rc == 0)
        rc = open_socket(s, &s->door[INSIDE]);
    if (rc == 0)
        rc = bind_to(s->door[INSIDE].socket, AS_SERVER_INSIDE);
    if (rc == 0)
        rc = watch_doors(s);
    return rc;
}

int as_server_start(const as_server_options *options, as_server **out)
{
    as_server *s = calloc(1, sizeof *s);
    if (!s)
        return as_error_set(-ENOMEM, "server: out of memory");
    s->options = *options;
    if (!s->options.rate)
        s->options.rate = 1;
    if (!s->options.clients_max)
        s->options.clients_max = 1;
    size_t places = (size_t)s->options.clients_max + WAITING_TRUSTED;
    for (unsigned i = 0; i < ROOMS; i++)
        s->room[i].place = calloc(places, sizeof(waiting *));
    pthread_mutex_init(&s->lock, NULL);
    const as_keeper_options keeper = {
        .memory_bytes = options->memory_bytes,
        .disk_dir = options->disk_dir,
        .disk_bytes = options->disk_bytes,
        .epoch = options->epoch,
    };
    int rc =
        s->room[FOR_GSEQ].place && s->room[FOR_MESSAGES].place ? 0 : as_error_set(-ENOMEM, "server: out of memory");
    if (rc == 0)
        rc = as_keeper_init(&s->keeper, &keeper);
    if (rc == 0)
        rc = as_operations_init(&s->operations, &s->keeper, options->epoch);
    s->operations.control_op = options->control_op;
    s->operations.control_context = options->control_context;
    if (rc == 0)
        rc = as_clients_new(s->options.clients_max, &s->clients);
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
    return as_requests_endpoint(s->connections);
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
        .connections = shown(&s->connected),
        .connections_refused = shown(&s->refused),
        .connections_evicted = shown(&s->evicted),
    };
}
