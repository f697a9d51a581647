#include "ipc/requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/limits.h"
#include "ipc/zmtp/endpoint.h"
#include "ipc/zmtp/socket.h"

enum { EVENTS_A_TURN = 64, ACCEPTS_A_TURN = 16, HANDSHAKES_A_TURN = 4 /* with public-key arithmetic */ };

#define SWEEP_NS (UINT64_C(100) * AS_NS_PER_MS)
#define STALL_NS (AS_REQUESTS_STALL_MS * AS_NS_PER_MS)

struct as_answer_waiting {
    as_answer_waiting *next;
    size_t bytes, sent;
    uint8_t data[];
};

struct as_requests {
    as_requests_options options;
    int epoll;
    uint64_t generation;
    as_zmtp_endpoint endpoint;
    as_connection **connection; /* clients_max */
    uint32_t count, ended;
    uint32_t joined;
    uint32_t unread;         /* connections with bytes that are read and not looked at */
    as_connection *gone;     /* ended ones that are held */
    as_key_account *account; /* AS_GRANT_MAX, with an allow-list */
    uint32_t account_count;
    uint32_t active;
    uint64_t next_id, uses, next_sweep, accept_again;
    uint64_t waiting_bytes; /* of all answers */
    as_requests_counters counters;
};

/* ---- the end of a connection ---- */

static void audit(const as_requests *r, const as_connection *c, const char *what, const char *reason)
{
    as_audit_write(r->options.audit, what, "requests", c->address, c->grant ? c->grant->name : "", reason);
}

static void drop_answers(as_requests *r, as_connection *c)
{
    while (c->first) {
        as_answer_waiting *next = c->first->next;
        free(c->first);
        c->first = next;
    }
    r->waiting_bytes -= c->answers_bytes;
    c->answers_bytes = 0;
    c->last = NULL;
}

static void set_unread(as_requests *r, as_connection *c, size_t at, size_t bytes)
{
    bool was = c->in_at < c->in_bytes, is = at < bytes;
    r->unread += is;
    r->unread -= was;
    c->in_at = at;
    c->in_bytes = bytes;
}

static void end(as_requests *r, as_connection *c, uint64_t *counter, const char *what, const char *reason)
{
    if (c->descriptor < 0)
        return;
    if (counter)
        ++*counter;
    if (what)
        audit(r, c, what, reason);
    as_zmtp_socket_close(c->descriptor);
    c->descriptor = -1;
    set_unread(r, c, 0, 0);
    drop_answers(r, c);
    r->joined -= c->joined;
    r->ended++;
    if (c->account)
        c->account->connections--;
    c->account = NULL;
    as_zmtp_session_fini(&c->session);
}

static void end_left(as_requests *r, as_connection *c, const char *reason)
{
    if (c->joined)
        end(r, c, NULL, "left", reason);
    else if (c->session.greeting_used > 0)
        end(r, c, &r->counters.refused_handshake, "refused", "it left during the handshake");
    else
        end(r, c, NULL, NULL, NULL);
}

/* Free what has ended and is not held. */
static void reap(as_requests *r)
{
    for (uint32_t i = 0; r->ended > 0 && i < r->count;) {
        as_connection *c = r->connection[i];
        if (c->descriptor >= 0) {
            i++;
            continue;
        }
        r->connection[i] = r->connection[--r->count];
        r->ended--;
        c->next_ended = r->gone;
        r->gone = c;
    }
    for (as_connection **link = &r->gone; *link;) {
        as_connection *c = *link;
        if (c->held > 0) {
            link = &c->next_ended;
            continue;
        }
        *link = c->next_ended;
        free(c);
    }
}

/* ---- writing ---- */

static void arm(as_requests *r, as_connection *c, bool armed)
{
    struct epoll_event event = {.events = armed ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};
    if (c->armed == armed)
        return;
    c->armed = armed;
    epoll_ctl(r->epoll, EPOLL_CTL_MOD, c->descriptor, &event);
}

/* Others that read nothing give way, who has done so for longest first. */
static void make_room(as_requests *r, const as_connection *newcomer, size_t bytes)
{
    while (r->waiting_bytes + bytes > AS_REQUESTS_TOTAL_BYTES) {
        as_connection *slowest = NULL;
        for (uint32_t i = 0; i < r->count; i++) {
            as_connection *c = r->connection[i];
            if (c != newcomer && c->first && (!slowest || c->since < slowest->since))
                slowest = c;
        }
        if (!slowest)
            return;
        end(r, slowest, &r->counters.evicted, "evicted", "it does not read its answers, and too much waits in all");
    }
}

/* To the socket what it takes. False: the connection has ended. */
static bool flush(as_requests *r, as_connection *c, uint64_t now)
{
    while (c->first) {
        as_answer_waiting *a = c->first;
        ssize_t n = send(c->descriptor, a->data + a->sent, a->bytes - a->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && !as_zmtp_socket_would_block(errno)) {
            end_left(r, c, "the connection broke");
            return false;
        }
        if (n <= 0)
            break;
        a->sent += (size_t)n;
        c->answers_bytes -= (size_t)n;
        r->waiting_bytes -= (size_t)n;
        if (c->joined)
            c->since = now;
        if (a->sent < a->bytes)
            continue;
        c->first = a->next;
        free(a);
    }
    if (!c->first)
        c->last = NULL;
    arm(r, c, c->first != NULL);
    return true;
}

static void put(as_requests *r, as_connection *c, as_answer_waiting *a, uint64_t now)
{
    a->next = NULL;
    a->sent = 0;
    if (c->last)
        c->last->next = a;
    else
        c->first = a;
    if (!c->last && c->joined)
        c->since = now;
    bool flushing = !c->last;
    c->last = a;
    c->answers_bytes += a->bytes;
    r->waiting_bytes += a->bytes;
    if (!flushing || flush(r, c, now))
        make_room(r, c, 0);
}

/* What the protocol answers by itself. Nobody waits for it who does not read. */
static void put_reply(as_requests *r, as_connection *c, uint64_t now)
{
    size_t bytes = c->session.reply_bytes;
    as_answer_waiting *a = as_requests_has_room(c) ? malloc(sizeof *a + bytes) : NULL;
    if (!a)
        return;
    a->bytes = bytes;
    memcpy(a->data, c->session.reply, bytes);
    put(r, c, a, now);
}

bool as_requests_has_room(const as_connection *c)
{
    return c->descriptor >= 0 && c->answers_bytes < AS_REQUESTS_WAITING_BYTES;
}

bool as_requests_answer(as_requests *r, as_connection *c, bool delimiter, const void *answer, size_t answer_bytes,
                        uint64_t now)
{
    as_answer_waiting *a = as_requests_has_room(c) ? malloc(sizeof *a + AS_ZMTP_SEALED_BYTES + answer_bytes) : NULL;
    if (!a)
        return false;
    a->bytes = as_zmtp_session_answer(&c->session, delimiter, answer, answer_bytes, a->data);
    put(r, c, a, now);
    return true;
}

/* ---- reading ---- */

/* The account of a key; NULL: none is free, which a list of AS_GRANT_MAX keys does not come to. */
static as_key_account *account_of(as_requests *r, const uint8_t key[AS_KEY_BYTES])
{
    as_key_account *oldest = NULL;
    for (uint32_t i = 0; i < r->account_count; i++) {
        as_key_account *a = &r->account[i];
        if (memcmp(a->key, key, AS_KEY_BYTES) == 0)
            return a;
        if (a->connections == 0 && (!oldest || a->used < oldest->used))
            oldest = a;
    }
    if (r->account_count < AS_GRANT_MAX)
        oldest = &r->account[r->account_count++];
    if (!oldest)
        return NULL;
    *oldest = (as_key_account){0};
    memcpy(oldest->key, key, AS_KEY_BYTES);
    return oldest;
}

static uint32_t key_max(const as_requests *r)
{
    uint32_t quarter = r->options.clients_max / 4;
    return quarter > AS_GRANT_CONNECTIONS_MIN ? quarter : AS_GRANT_CONNECTIONS_MIN;
}

static void join(as_requests *r, as_connection *c, uint64_t now)
{
    c->joined = true;
    c->since = now;
    r->joined++;
    if (r->options.auth) {
        as_key_account *account = account_of(r, c->session.curve.client);
        c->grant = c->session.grant;
        if (!account || account->connections >= key_max(r)) {
            end(r, c, &r->counters.refused_full, "refused", "as many connections of its key as one may have");
            return;
        }
        account->connections++;
        account->used = ++r->uses;
        c->account = account;
    }
    audit(r, c, "joined", "");
}

static void take_end(as_requests *r, as_connection *c)
{
    const as_zmtp_session *s = &c->session;
    if (s->reply_bytes > 0 && !c->first) /* as well as can be: nobody waits for it */
        send(c->descriptor, s->reply, s->reply_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (s->unknown_key) {
        char key[AS_KEY_TEXT_BYTES], reason[AS_KEY_TEXT_BYTES + 32];
        as_key_to_text(s->curve.client, key); /* ready for the allow-list */
        (void)snprintf(reason, sizeof reason, "a key that is not on the list: %s", key);
        end(r, c, &r->counters.refused_key, "refused", reason);
        return;
    }
    if (c->joined)
        end(r, c, &r->counters.malformed, "evicted", s->reason);
    else
        end(r, c, &r->counters.refused_handshake, "refused", s->reason);
}

/* Go on with what was read, up to the end of one request. */
static void feed(as_requests *r, as_connection *c, uint64_t now)
{
    bool taken = false;
    while (c->descriptor >= 0 && !taken) {
        const uint8_t *bytes = c->in + c->in_at;
        size_t left = c->in_bytes - c->in_at;
        as_zmtp_event event = as_zmtp_session_next(&c->session, &bytes, &left);
        set_unread(r, c, c->in_bytes - left, c->in_bytes);
        switch (event) {
        case AS_ZMTP_REPLY:
            put_reply(r, c, now);
            break;
        case AS_ZMTP_JOINED:
            join(r, c, now);
            break;
        case AS_ZMTP_REQUEST:
            r->options.take(r->options.context, c, c->session.delimiter, c->session.request, c->session.request_bytes,
                            now);
            taken = true;
            break;
        case AS_ZMTP_END:
            take_end(r, c);
            break;
        default:
            return;
        }
    }
}

static void read_some(as_requests *r, as_connection *c)
{
    ssize_t n = recv(c->descriptor, c->in, sizeof c->in, MSG_DONTWAIT);
    if (n < 0 && as_zmtp_socket_would_block(errno))
        return;
    if (n <= 0)
        end_left(r, c, n == 0 ? "it closed the connection" : "the connection broke");
    else
        set_unread(r, c, 0, (size_t)n);
}

/* ---- accepting ---- */

/* A place for one more connection? The oldest handshake gives way. */
static bool make_place(as_requests *r)
{
    uint32_t max = r->options.clients_max - r->joined;
    if (max > AS_HANDSHAKE_MAX)
        max = AS_HANDSHAKE_MAX;
    if (max == 0)
        return false;
    if (r->count - r->joined < max)
        return true;
    as_connection *oldest = NULL;
    for (uint32_t i = 0; i < r->count; i++)
        if (!r->connection[i]->joined && (!oldest || r->connection[i]->id < oldest->id))
            oldest = r->connection[i];
    AS_ASSERT(oldest);
    end(r, oldest, &r->counters.refused_handshake, "refused", "too many handshakes: the oldest gave way");
    reap(r);
    return true;
}

static void add(as_requests *r, int descriptor, uint64_t now)
{
    as_connection *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c || epoll_ctl(r->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        free(c);
        close(descriptor);
        return;
    }
    c->descriptor = descriptor;
    c->id = ++r->next_id;
    c->since = now + AS_HANDSHAKE_MS * AS_NS_PER_MS;
    as_zmtp_session_init_router(&c->session, r->options.auth);
    as_zmtp_socket_describe(descriptor, c->address, sizeof c->address);
    as_zmtp_socket_prepare(descriptor, r->endpoint.is_tcp);
    r->connection[r->count++] = c;
    put_reply(r, c, now);
}

/* Out of descriptors: the listening socket would wake us for ever. Leave it alone for a while. */
static void pause_accepting(as_requests *r, uint64_t until)
{
    struct epoll_event event = {.events = until ? 0 : EPOLLIN, .data.ptr = r};
    epoll_ctl(r->epoll, EPOLL_CTL_MOD, r->endpoint.descriptor, &event);
    r->accept_again = until;
}

static unsigned accept_some(as_requests *r, uint64_t now)
{
    unsigned done = 0;
    for (; done < ACCEPTS_A_TURN; done++) {
        int descriptor = accept4(r->endpoint.descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(r, now + AS_NS_PER_S);
            if (errno != ECONNABORTED && errno != EINTR)
                break;
            continue;
        }
        reap(r);
        if (make_place(r)) {
            add(r, descriptor, now);
            continue;
        }
        r->counters.refused_full++;
        as_audit_write(r->options.audit, "refused", "requests", "", "", "all places are taken");
        close(descriptor);
    }
    return done;
}

/* ---- work ---- */

static void check_grants(as_requests *r)
{
    uint64_t generation = r->options.auth ? as_auth_generation(r->options.auth) : 0;
    if (generation == r->generation)
        return;
    r->generation = generation;
    for (uint32_t i = 0; i < r->count; i++) {
        as_connection *c = r->connection[i];
        if (c->descriptor < 0 || !c->joined)
            continue;
        const as_grant *grant = as_auth_find(r->options.auth, c->account->key);
        if (grant)
            c->grant = grant;
        else
            end(r, c, &r->counters.evicted, "evicted", "its key is no longer on the list");
    }
}

static bool was_active(const as_allowance *a, uint64_t now)
{
    return a->work.at && now - a->work.at < AS_NS_PER_S;
}

/* Some times a second: who takes too long; how many are at work. */
static void sweep(as_requests *r, uint64_t now)
{
    uint32_t active = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        as_connection *c = r->connection[i];
        if (c->descriptor < 0)
            continue;
        if (!c->joined && now >= c->since)
            end(r, c, &r->counters.refused_handshake, "refused", "the handshake took too long");
        else if (c->joined && c->first && now >= c->since + STALL_NS)
            end(r, c, &r->counters.evicted, "evicted", "it does not read its answers");
        else
            active += !c->account && was_active(&c->allowance, now);
    }
    for (uint32_t i = 0; i < r->account_count; i++)
        active += was_active(&r->account[i].allowance, now);
    r->active = active;
    r->next_sweep = now + SWEEP_NS;
    if (r->accept_again && now >= r->accept_again)
        pause_accepting(r, 0);
}

static unsigned feed_unread(as_requests *r, uint64_t now)
{
    unsigned done = 0;
    for (uint32_t i = 0; i < r->count && r->unread > 0; i++) {
        as_connection *c = r->connection[i];
        if (c->in_at == c->in_bytes)
            continue;
        feed(r, c, now);
        done++;
    }
    return done;
}

unsigned as_requests_work(as_requests *r, uint64_t now)
{
    struct epoll_event event[EVENTS_A_TURN];
    unsigned done = 0, handshakes = 0;
    bool accepting = false;
    check_grants(r);
    int count = epoll_wait(r->epoll, event, EVENTS_A_TURN, 0);
    for (int i = 0; i < count; i++) {
        as_connection *c = event[i].data.ptr;
        if (event[i].data.ptr == r)
            accepting = true;
        if (!c || event[i].data.ptr == r)
            continue;
        done++;
        if (c->descriptor >= 0 && event[i].events & EPOLLOUT)
            flush(r, c, now);
        bool reads = event[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && c->in_at == c->in_bytes;
        if (c->descriptor >= 0 && reads && (c->joined || !r->options.auth || handshakes++ < HANDSHAKES_A_TURN))
            read_some(r, c);
    }
    done += feed_unread(r, now);
    if (now >= r->next_sweep)
        sweep(r, now);
    if (r->ended > 0 || r->gone)
        reap(r);
    if (accepting)
        done += accept_some(r, now);
    return done;
}

/* ---- life ---- */

static int bind_to(as_requests *r)
{
    const char *endpoint = r->options.endpoint;
    if (!r->options.auth && strncmp(endpoint, "tcp://", 6) == 0 && !as_zmtp_endpoint_is_local(endpoint))
        return as_error_set(-EPERM, "%s: reachable from other machines; that needs CURVE (publish.curve)", endpoint);
    int rc = as_zmtp_endpoint_open(endpoint, &r->endpoint);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = r};
    if (rc == 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->endpoint.descriptor, &event) != 0)
        rc = as_error_set(-errno, "%s: epoll: %s", endpoint, strerror(errno));
    return rc;
}

int as_requests_new(const as_requests_options *options, as_requests **out)
{
    as_requests *r = calloc(1, sizeof *r);
    if (!r)
        return as_error_set(-ENOMEM, "server: out of memory");
    int rc = options->auth ? as_zmtp_curve_start() : 0;
    r->options = *options;
    r->endpoint.descriptor = -1;
    r->active = 1;
    r->generation = options->auth ? as_auth_generation(options->auth) : 0;
    r->connection = calloc(options->clients_max, sizeof *r->connection);
    r->account = options->auth ? calloc(AS_GRANT_MAX, sizeof *r->account) : NULL;
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (rc == 0 && r->epoll < 0)
        rc = as_error_set(-errno, "server: epoll: %s", strerror(errno));
    if (rc == 0 && (!r->connection || (options->auth && !r->account)))
        rc = as_error_set(-ENOMEM, "server: out of memory");
    if (rc == 0)
        rc = bind_to(r);
    if (rc < 0) {
        as_requests_free(r, 0);
        return rc;
    }
    *out = r;
    return 0;
}

static void linger(as_requests *r, uint64_t until)
{
    struct epoll_event event;
    for (uint64_t now; r->waiting_bytes > 0 && (now = as_clock_monotonic_ns()) < until;) {
        for (uint32_t i = 0; i < r->count; i++)
            if (r->connection[i]->descriptor >= 0 && r->connection[i]->first)
                flush(r, r->connection[i], now);
        if (r->waiting_bytes > 0) /* what others send is not read any more, and may wake us: not more often than */
            epoll_wait(r->epoll, &event, 1, 1);
    }
}

void as_requests_free(as_requests *r, uint32_t linger_ms)
{
    if (!r)
        return;
    as_zmtp_endpoint_close(&r->endpoint);
    linger(r, as_clock_monotonic_ns() + linger_ms * AS_NS_PER_MS);
    for (uint32_t i = 0; i < r->count; i++) {
        r->connection[i]->held = 0;
        end(r, r->connection[i], NULL, NULL, NULL);
    }
    for (as_connection *c = r->gone; c; c = c->next_ended)
        c->held = 0;
    reap(r);
    free(r->connection);
    free(r->account);
    if (r->epoll >= 0)
        close(r->epoll);
    free(r);
}

const char *as_requests_endpoint(const as_requests *r)
{
    return r->endpoint.text;
}

int as_requests_descriptor(const as_requests *r)
{
    return r->epoll;
}

int as_requests_watch(as_requests *r, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(r->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

uint32_t as_requests_active(const as_requests *r)
{
    return r->active > 0 ? r->active : 1;
}

as_requests_counters as_requests_counters_get(const as_requests *r)
{
    as_requests_counters counters = r->counters;
    counters.clients = r->joined;
    counters.handshaking = r->count - r->ended - r->joined;
    return counters;
}
