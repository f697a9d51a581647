#include "feeds/live/connection.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/live/lookup.h"
#include "feeds/live/tls.h"

/*
 * How often a connection on its way is looked at; what TLS adds to what is sent (records, a handshake); what is
 * decrypted at once.
 */
enum { CHECK_MS = 1, TLS_EXTRA_BYTES = 8192, PLAIN_BYTES = 16384 };

typedef enum stage {
    IDLE,       /* on demand, and not wanted */
    PAUSED,     /* until the next attempt */
    LOOKING_UP, /* the name's addresses */
    CONNECTING,
    HANDSHAKE,
    UP
} stage;

struct as_connection {
    as_connection_options options;
    as_url url;
    as_tls *tls; /* NULL: plain TCP */
    stage stage;
    uint64_t life;     /* grows with each end: tells a callback's caller that the ground has moved */
    uint64_t since_ns; /* stage PAUSED: begin of the pause; later: of the attempt */
    uint64_t checked_ns;
    uint64_t pause_ns, pause_ms, random;
    uint64_t attempt_count;
    as_lookup *lookup; /* under way */
    as_address address[AS_LOOKUP_ADDRESS_MAX];
    unsigned address_count, address_idx; /* idx: the one that is tried */
    unsigned tried_count;                /* in this attempt */
    int fd, watch;                       /* -1: none */
    size_t out_begin, out_end;
    uint8_t out[AS_CONNECTION_SEND_BYTES + TLS_EXTRA_BYTES];
    uint8_t plain[PLAIN_BYTES];
};

/* Time between two moments of a clock that may be set back: a step back counts as time that has passed. */
static uint64_t elapsed_ns(uint64_t now_ns, uint64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : then_ns - now_ns;
}

/* ---- the end of a connection or an attempt ---- */

/* A pause between half and the whole of pause_ms, so that feeds that lost one server do not come back in step. */
static void schedule(as_connection *c, uint64_t now_ns)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    uint64_t half_ns = c->pause_ms * AS_NS_PER_MS / 2;
    c->pause_ns = half_ns + c->random % (half_ns + 1);
    c->since_ns = now_ns;
    c->pause_ms = c->pause_ms * 2 > c->options.retry_max_ms ? c->options.retry_max_ms : c->pause_ms * 2;
}

static void close_socket(as_connection *c)
{
    if (c->watch >= 0)
        as_reactor_remove(c->options.reactor, c->watch);
    c->watch = -1;
    if (c->fd >= 0) {
        shutdown(c->fd, SHUT_RDWR); /* a receive that is still in flight must not keep the peer waiting */
        close(c->fd);
    }
    c->fd = -1;
    c->out_begin = c->out_end = 0;
}

static void go_down(as_connection *c, const char *why, uint64_t now_ns)
{
    char text[AS_CONNECTION_WHY_BYTES];
    bool was_up = c->stage == UP;
    size_t why_bytes = strnlen(why, sizeof text - 1); /* longer ones are cut */
    memcpy(text, why, why_bytes);
    text[why_bytes] = 0;
    close_socket(c);
    c->life++;
    c->stage = c->options.on_demand ? IDLE : PAUSED;
    schedule(c, now_ns);
    c->options.down(c->options.ctx, was_up, text, now_ns);
}

static void go_down_errno(as_connection *c, const char *what, int error, uint64_t now_ns)
{
    char text[AS_CONNECTION_WHY_BYTES];
    snprintf(text, sizeof text, "%s: %s", what, strerror(error));
    go_down(c, text, now_ns);
}

/* ---- sending ---- */

/* Give the kernel what it takes. 0 or the negative errno of a connection that is broken. */
static int flush(as_connection *c)
{
    while (c->out_begin < c->out_end) {
        ssize_t sent = send(c->fd, c->out + c->out_begin, c->out_end - c->out_begin, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        c->out_begin += (size_t)sent;
    }
    c->out_begin = c->out_end = 0;
    return 0;
}

static uint8_t *make_room(as_connection *c)
{
    if (c->out_begin > 0) {
        memmove(c->out, c->out + c->out_begin, c->out_end - c->out_begin);
        c->out_end -= c->out_begin;
        c->out_begin = 0;
    }
    return c->out + c->out_end;
}

/* Send what TLS wants to. 0, -ENOBUFS, or as flush. */
static int flush_tls(as_connection *c)
{
    uint8_t *room = make_room(c);
    size_t taken;
    while ((taken = as_tls_take(c->tls, room, sizeof c->out - c->out_end)) > 0) {
        c->out_end += taken;
        room += taken;
    }
    int result = flush(c);
    return result == 0 && c->out_end == sizeof c->out ? -ENOBUFS : result;
}

int as_connection_send(as_connection *c, const void *data, size_t data_bytes)
{
    if (c->stage != UP)
        return -ENOTCONN;
    int result = 0;
    if (data_bytes > AS_CONNECTION_SEND_BYTES || c->out_end - c->out_begin > AS_CONNECTION_SEND_BYTES - data_bytes) {
        result = -ENOBUFS;
    } else if (c->tls != NULL) {
        if (data_bytes > 0 && as_tls_write(c->tls, data, data_bytes) != AS_TLS_OK) {
            go_down(c, as_tls_why(c->tls), as_clock_now_ns());
            return -ENOTCONN;
        }
        result = flush_tls(c);
    } else {
        memcpy(make_room(c), data, data_bytes);
        c->out_end += data_bytes;
        result = flush(c);
    }
    if (result == 0)
        return 0;
    if (result == -ENOBUFS)
        go_down(c, "the peer does not take what is sent", as_clock_now_ns());
    else
        go_down_errno(c, "send", -result, as_clock_now_ns());
    return result == -ENOBUFS ? -ENOBUFS : -ENOTCONN;
}

/* ---- receiving ---- */

/* What TLS has decrypted, to the owner. */
static void deliver_tls(as_connection *c, uint64_t ts_recv_ns)
{
    uint64_t life = c->life;
    as_tls_result result;
    size_t got_bytes = 0;
    while ((result = as_tls_read(c->tls, c->plain, sizeof c->plain, &got_bytes)) == AS_TLS_OK) {
        c->options.bytes(c->options.ctx, c->plain, got_bytes, ts_recv_ns);
        if (c->life != life)
            return;
    }
    int sent = flush_tls(c); /* tickets and new keys may want an answer, a failure its alert */
    if (result == AS_TLS_FAILED)
        go_down(c, as_tls_why(c->tls), ts_recv_ns);
    else if (result == AS_TLS_ENDED)
        go_down(c, "closed by the peer", ts_recv_ns);
    else if (sent < 0)
        go_down_errno(c, "send", -sent, ts_recv_ns);
}

static void go_up(as_connection *c, uint64_t now_ns)
{
    c->stage = UP;
    c->options.up(c->options.ctx, now_ns);
}

static void go_on_with_handshake(as_connection *c, uint64_t ts_recv_ns)
{
    uint64_t life = c->life;
    as_tls_result result = as_tls_handshake(c->tls);
    int sent = flush_tls(c);
    if (result == AS_TLS_FAILED)
        go_down(c, as_tls_why(c->tls), ts_recv_ns);
    else if (result == AS_TLS_ENDED)
        go_down(c, "TLS: handshake ended by the peer", ts_recv_ns);
    else if (sent < 0)
        go_down_errno(c, "send", -sent, ts_recv_ns);
    else if (result == AS_TLS_OK) {
        go_up(c, ts_recv_ns);
        if (c->life == life)
            deliver_tls(c, ts_recv_ns);
    }
}

static void on_end(as_connection *c, uint64_t now_ns, int error)
{
    c->watch = -1; /* the reactor has removed it */
    if (error != 0)
        go_down_errno(c, c->stage == HANDSHAKE ? "TLS: handshake cut off" : "receive", -error, now_ns);
    else if (c->stage == HANDSHAKE)
        go_down(c, "TLS: handshake cut off: closed by the peer", now_ns);
    else
        go_down(c, c->tls != NULL ? "cut off: closed by the peer without the end of TLS" : "closed by the peer",
                now_ns);
}

static void on_stream(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, int error)
{
    as_connection *c = ctx;
    if (data == NULL)
        on_end(c, ts_recv_ns, error);
    else if (c->tls == NULL)
        c->options.bytes(c->options.ctx, data, data_bytes, ts_recv_ns);
    else if (as_tls_put(c->tls, data, data_bytes) < 0)
        go_down_errno(c, "TLS", ENOMEM, ts_recv_ns);
    else if (c->stage == HANDSHAKE)
        go_on_with_handshake(c, ts_recv_ns);
    else
        deliver_tls(c, ts_recv_ns);
}

/* ---- an attempt ---- */

/* Begin with the next address that does not fail at once. */
static void connect_next(as_connection *c, int error, uint64_t now_ns)
{
    while (c->tried_count < c->address_count) {
        if (c->tried_count++ > 0)
            c->address_idx++;
        c->address_idx %= c->address_count;
        int result = as_socket_connect(&c->url, &c->address[c->address_idx], &c->fd);
        if (result == 0) {
            c->stage = CONNECTING;
            c->checked_ns = now_ns;
            return;
        }
        as_error_clear();
        error = -result;
    }
    go_down_errno(c, "connect", error, now_ns);
}

static void take_addresses(as_connection *c, const as_address *address, unsigned address_count, uint64_t now_ns)
{
    memcpy(c->address, address, address_count * sizeof *address);
    c->address_count = address_count;
    c->tried_count = 0;
    connect_next(c, EADDRNOTAVAIL, now_ns);
}

static void lookup_failed(as_connection *c, const char *why, uint64_t now_ns)
{
    char text[AS_CONNECTION_WHY_BYTES + AS_HOST_BYTES];
    snprintf(text, sizeof text, "host \"%s\": %s", c->url.host, why);
    go_down(c, text, now_ns);
}

static int check_lookup(as_connection *c, uint64_t now_ns)
{
    if (!as_lookup_is_done(c->lookup))
        return 0;
    as_lookup *done = c->lookup;
    const as_address *address = NULL;
    const char *why = NULL;
    int count = as_lookup_answer(done, &address, &why);
    c->lookup = NULL;
    if (count > 0)
        take_addresses(c, address, (unsigned)count, now_ns);
    else
        lookup_failed(c, why, now_ns);
    as_lookup_free(done);
    return 1;
}

/* Ask the resolver; a question of an earlier attempt that has no answer yet goes on. */
static void start_lookup(as_connection *c, uint64_t now_ns)
{
    c->stage = LOOKING_UP;
    int result = c->lookup == NULL ? as_lookup_start(c->url.host, c->url.port, &c->lookup) : 0;
    if (result < 0)
        lookup_failed(c, strerror(-result), now_ns);
}

/* The address that the host's text itself is. */
static bool is_address(const as_connection *c, as_address *address)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", c->url.port);
    if (getaddrinfo(c->url.host, port, &hints, &found) != 0) /* does not block: numbers only */
        return false;
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->storage_bytes = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static void start_attempt(as_connection *c, uint64_t now_ns)
{
    as_address address;
    c->since_ns = now_ns;
    c->attempt_count++;
    if (is_address(c, &address))
        take_addresses(c, &address, 1, now_ns);
    else
        start_lookup(c, now_ns);
}

static void connected(as_connection *c, uint64_t now_ns)
{
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->tls != NULL && as_tls_start(c->tls) < 0) {
        go_down_errno(c, "TLS", ENOMEM, now_ns);
        return;
    }
    c->watch = as_reactor_add_stream(c->options.reactor, c->fd, on_stream, c);
    if (c->watch < 0) {
        int error = -c->watch;
        c->watch = -1;
        as_error_clear();
        go_down_errno(c, "watching the socket", error, now_ns);
        return;
    }
    if (c->tls == NULL) {
        go_up(c, now_ns);
        return;
    }
    c->stage = HANDSHAKE;
    int sent = flush_tls(c);
    if (sent < 0)
        go_down_errno(c, "send", -sent, now_ns);
}

static int check_connecting(as_connection *c, uint64_t now_ns)
{
    if (elapsed_ns(now_ns, c->checked_ns) < CHECK_MS * AS_NS_PER_MS)
        return 0;
    c->checked_ns = now_ns;
    int result = as_socket_connected(c->fd, 0);
    if (result == -EINPROGRESS)
        return 0;
    if (result == 0) {
        connected(c, now_ns);
        return 1;
    }
    close_socket(c);
    connect_next(c, -result, now_ns);
    return 1;
}

/* An address that does not answer is the last one to be tried next time. */
static void give_up(as_connection *c, uint64_t now_ns)
{
    static const char *const what[] = {
        [LOOKING_UP] = "looking up the host's name", [CONNECTING] = "connecting", [HANDSHAKE] = "the TLS handshake"};
    char text[AS_CONNECTION_WHY_BYTES];
    c->address_idx++;
    snprintf(text, sizeof text, "%s took more than %u ms", what[c->stage], c->options.setup_ms);
    go_down(c, text, now_ns);
}

/* ---- what is due by time ---- */

static int poll_up(as_connection *c, uint64_t now_ns)
{
    if (c->out_begin == c->out_end)
        return 0;
    int result = flush(c);
    if (result < 0)
        go_down_errno(c, "send", -result, now_ns);
    return 1;
}

int as_connection_poll(as_connection *c, uint64_t now_ns)
{
    if (c->stage == IDLE)
        return 0;
    if (c->stage == UP)
        return poll_up(c, now_ns);
    if (c->stage == PAUSED) {
        if (elapsed_ns(now_ns, c->since_ns) < c->pause_ns)
            return 0;
        start_attempt(c, now_ns);
        return 1;
    }
    if (elapsed_ns(now_ns, c->since_ns) >= c->options.setup_ms * AS_NS_PER_MS) {
        give_up(c, now_ns);
        return 1;
    }
    if (c->stage == LOOKING_UP)
        return check_lookup(c, now_ns);
    return c->stage == CONNECTING ? check_connecting(c, now_ns) : poll_up(c, now_ns);
}

uint64_t as_connection_wait_ns(const as_connection *c)
{
    if (c->out_begin < c->out_end || c->stage == CONNECTING)
        return CHECK_MS * AS_NS_PER_MS;
    if (c->stage == PAUSED && c->pause_ns == 0)
        return 0;
    return (c->stage == PAUSED || c->stage == LOOKING_UP ? 10 : 100) * AS_NS_PER_MS;
}

/* ---- life cycle ---- */

int as_connection_open(const as_connection_options *options, as_connection **connection)
{
    const as_url *url = options->url;
    if (url->transport == AS_TRANSPORT_UDP || url->mode == AS_TCP_LISTEN)
        return as_error_set(-EINVAL, "\"%s\": nothing to connect to; allowed: tcp://HOST:PORT?mode=connect, ws, http",
                            url->text);
    as_connection *made = calloc(1, sizeof *made);
    if (made == NULL)
        return as_error_set(-ENOMEM, "\"%s\": out of memory", url->text);
    made->options = *options;
    made->url = *url;
    made->fd = made->watch = -1;
    if (made->options.retry_min_ms == 0)
        made->options.retry_min_ms = AS_CONNECTION_RETRY_MIN_MS;
    if (made->options.retry_max_ms == 0)
        made->options.retry_max_ms = AS_CONNECTION_RETRY_MAX_MS;
    if (made->options.setup_ms == 0)
        made->options.setup_ms = AS_CONNECTION_SETUP_MS;
    made->pause_ms = made->options.retry_min_ms;
    made->random = (as_clock_now_ns() ^ (uintptr_t)made) | 1;
    made->stage = options->on_demand ? IDLE : PAUSED;
    if (url->transport == AS_TRANSPORT_WSS || url->transport == AS_TRANSPORT_HTTPS) {
        int result = as_tls_open(url->host, options->ca, &made->tls);
        if (result < 0) {
            free(made);
            return as_error_add("\"%s\"", url->text);
        }
    }
    *connection = made;
    return 0;
}

void as_connection_close(as_connection *connection)
{
    if (connection == NULL)
        return;
    if (connection->stage == UP && connection->tls != NULL) {
        as_tls_finish(connection->tls);
        flush_tls(connection);
    }
    close_socket(connection);
    as_lookup_free(connection->lookup);
    as_tls_close(connection->tls);
    free(connection);
}

void as_connection_start(as_connection *connection, uint64_t now_ns)
{
    if (connection->stage != IDLE)
        return;
    connection->stage = PAUSED;
    connection->since_ns = now_ns;
    connection->pause_ns = 0;
}

void as_connection_drop(as_connection *connection, const char *why, uint64_t now_ns)
{
    if (connection->stage <= PAUSED)
        return;
    if (connection->stage == UP && connection->tls != NULL) {
        as_tls_finish(connection->tls);
        flush_tls(connection);
    }
    go_down(connection, why, now_ns);
}

void as_connection_proven(as_connection *connection)
{
    connection->pause_ms = connection->options.retry_min_ms;
}

bool as_connection_is_up(const as_connection *connection)
{
    return connection->stage == UP;
}

uint64_t as_connection_attempts(const as_connection *connection)
{
    return connection->attempt_count;
}
