#include "ipc/fanout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/zmtp/peer.h"

enum {
    LIVE,
    LATEST,
    PLACES,
    EVENTS_A_TURN = 64,
    ACCEPTS_A_TURN = 16,
    HANDSHAKES_A_TURN = 4, /* reads with public-key arithmetic: some 0.1 ms each */
    CHANGES_A_TURN = 256,  /* subscriptions made and cancelled, over all peers of an endpoint */
    LOOKS_A_TURN = 1024,   /* topics looked up for new prefixes, over all peers */
    NEWS_A_TURN = 64       /* messages of the table sent to those that were busy, over all peers */
};

#define NS_PER_MS UINT64_C(1000000)

struct as_fanout {
    int epoll;
    as_auth *auth;
    uint64_t generation;
    uint64_t next_id;
    uint64_t point;
    uint32_t look_first; /* the peer at .latest whose new prefixes come first this turn */
    as_fanout_counters counters;
    as_zmtp_latest latest;
    as_zmtp_place place[PLACES];
    uint8_t scratch[AS_ZMTP_SCRATCH_BYTES]; /* a sealed message, or one from the table of the latest */
    uint8_t plain[AS_ZMTP_SCRATCH_BYTES];   /* the message in hand */
};

/* ---- life ---- */

static int open_endpoint(as_fanout *f, as_zmtp_place *place, const as_fanout_options *options, const char *endpoint)
{
    if (!options->auth && !as_zmtp_endpoint_is_local(endpoint)) {
        as_zmtp_endpoint probe = {.descriptor = -1};
        if (strncmp(endpoint, "tcp://", 6) != 0)
            return as_zmtp_endpoint_open(endpoint, &probe); /* says what is wrong with it */
        return as_error_set(-EPERM, "%s: reachable from other machines; that needs CURVE (publish.curve)", endpoint);
    }
    place->epoll = f->epoll;
    place->auth = options->auth;
    place->audit = options->audit;
    place->queue_bytes = options->queue_bytes;
    place->subscriptions_max = options->subscriptions_max;
    place->clients_max = options->clients_max;
    place->point = f->point;
    place->counters = &f->counters;
    place->scratch = f->scratch;
    place->peer = calloc(options->clients_max, sizeof(as_zmtp_peer *));
    if (!place->peer)
        return as_error_set(-ENOMEM, "%s: out of memory", endpoint);
    int rc = as_zmtp_endpoint_open(endpoint, &place->endpoint);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = place};
    if (rc == 0 && epoll_ctl(f->epoll, EPOLL_CTL_ADD, place->endpoint.descriptor, &event) != 0)
        rc = as_error_set(-errno, "%s: epoll: %s", endpoint, strerror(errno));
    return rc;
}

static int open_place(as_fanout *f, as_zmtp_place *place, const as_fanout_options *options, const char *endpoint)
{
    return open_endpoint(f, place, options, endpoint) == 0
               ? 0
               : as_error_add("publish.%s: %s cannot be bound", place->where, endpoint);
}

int as_fanout_new(const as_fanout_options *options, as_fanout **out)
{
    AS_ASSERT(options->clients_max > 0 && options->queue_bytes > 0);
    as_fanout *f = calloc(1, sizeof *f);
    if (!f)
        return as_error_set(-ENOMEM, "fan-out: out of memory");
    int rc = options->auth ? as_zmtp_curve_start() : 0;
    f->place[LIVE].where = "live";
    f->place[LATEST].where = "latest";
    f->place[LATEST].latest = &f->latest;
    f->place[LIVE].endpoint.descriptor = f->place[LATEST].endpoint.descriptor = -1;
    f->auth = options->auth;
    f->generation = f->auth ? as_auth_generation(f->auth) : 0;
    f->point = as_zmtp_prefixes_draw();
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (rc == 0 && f->epoll < 0)
        rc = as_error_set(-errno, "fan-out: epoll: %s", strerror(errno));
    if (rc == 0)
        rc = open_place(f, &f->place[LIVE], options, options->live);
    if (rc == 0 && options->latest && options->latest[0])
        rc = open_place(f, &f->place[LATEST], options, options->latest);
    if (rc < 0) {
        as_fanout_free(f, 0);
        return rc;
    }
    *out = f;
    return 0;
}

/* Does anything wait that a socket could still take? */
static bool has_queued(const as_fanout *f)
{
    for (unsigned i = 0; i < PLACES; i++)
        for (uint32_t k = 0; k < f->place[i].count; k++)
            if (f->place[i].peer[k]->descriptor >= 0 && f->place[i].peer[k]->armed)
                return true;
    return false;
}

static void linger(as_fanout *f, uint32_t linger_ms)
{
    struct epoll_event event[EVENTS_A_TURN];
    uint64_t until = as_clock_monotonic_ns() + linger_ms * NS_PER_MS;
    while (has_queued(f)) {
        uint64_t now = as_clock_monotonic_ns();
        if (now >= until)
            return;
        int count = epoll_wait(f->epoll, event, EVENTS_A_TURN, (int)((until - now) / NS_PER_MS) + 1);
        for (int i = 0; i < count; i++) {
            as_zmtp_peer *peer = event[i].data.ptr;
            if (event[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                as_zmtp_peer_read(peer);
            if (event[i].events & EPOLLOUT)
                as_zmtp_peer_write(peer);
        }
    }
}

void as_fanout_free(as_fanout *f, uint32_t linger_ms)
{
    if (!f)
        return;
    for (unsigned i = 0; i < PLACES; i++)
        as_zmtp_endpoint_close(&f->place[i].endpoint);
    linger(f, linger_ms);
    for (unsigned i = 0; i < PLACES; i++) {
        for (uint32_t k = 0; k < f->place[i].count; k++)
            as_zmtp_peer_free(f->place[i].peer[k]);
        free(f->place[i].peer);
    }
    as_zmtp_latest_fini(&f->latest);
    if (f->epoll >= 0)
        close(f->epoll);
    free(f);
}

const char *as_fanout_endpoint(const as_fanout *f)
{
    return f->place[LIVE].endpoint.text;
}

const char *as_fanout_latest_endpoint(const as_fanout *f)
{
    return f->place[LATEST].endpoint.text;
}

int as_fanout_descriptor(const as_fanout *f)
{
    return f->epoll;
}

/* ---- work ---- */

static void end_handshake(as_zmtp_peer *peer, const char *reason)
{
    as_zmtp_peer_end(peer, &peer->place->counters->refused_handshake, "refused", reason);
}

/* Free what has ended. */
static void reap(as_zmtp_place *place)
{
    for (uint32_t i = 0; place->ended > 0 && i < place->count;) {
        if (place->peer[i]->descriptor >= 0) {
            i++;
            continue;
        }
        as_zmtp_peer_free(place->peer[i]);
        place->peer[i] = place->peer[--place->count];
        place->ended--;
    }
}

/* A place for one more connection? The oldest handshake gives way. */
static bool make_place(as_zmtp_place *place)
{
    uint32_t handshaking_max = place->clients_max - place->joined;
    if (handshaking_max > AS_HANDSHAKE_MAX)
        handshaking_max = AS_HANDSHAKE_MAX;
    if (handshaking_max == 0)
        return false;
    if (place->count - place->joined < handshaking_max)
        return true;
    as_zmtp_peer *oldest = place->peer[0];
    for (uint32_t i = 0; i < place->count; i++) {
        as_zmtp_peer *peer = place->peer[i];
        if (!peer->joined && (oldest->joined || peer->id < oldest->id))
            oldest = peer;
    }
    AS_ASSERT(!oldest->joined); /* what has ended was freed before, so that the others shake hands */
    end_handshake(oldest, "too many handshakes: the oldest gave way");
    reap(place);
    return true;
}

/* Out of descriptors: the listening socket would wake us for ever. Leave it alone for a while. */
static void pause_accepting(as_zmtp_place *place, uint64_t until)
{
    struct epoll_event event = {.events = until ? 0 : EPOLLIN, .data.ptr = place};
    epoll_ctl(place->epoll, EPOLL_CTL_MOD, place->endpoint.descriptor, &event);
    place->accept_again = until;
}

static unsigned accept_some(as_fanout *f, as_zmtp_place *place, uint64_t now)
{
    unsigned done = 0;
    for (; done < ACCEPTS_A_TURN; done++) {
        int descriptor = accept4(place->endpoint.descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(place, now + 1000 * NS_PER_MS);
            if (errno != ECONNABORTED && errno != EINTR)
                break;
            continue;
        }
        reap(place);
        if (!make_place(place)) {
            f->counters.refused_full++;
            as_audit_write(place->audit, "refused", place->where, "", "", "all places are taken");
            close(descriptor);
            continue;
        }
        uint64_t deadline = now + AS_HANDSHAKE_MS * NS_PER_MS;
        if (place->count == place->joined)
            place->earliest = deadline;
        as_zmtp_peer *peer = as_zmtp_peer_new(place, descriptor, ++f->next_id, deadline);
        if (peer)
            place->peer[place->count++] = peer;
    }
    return done;
}

static unsigned end_slow_handshakes(as_zmtp_place *place, uint64_t now)
{
    unsigned done = 0;
    if (place->count == place->joined || now < place->earliest)
        return 0;
    place->earliest = UINT64_MAX;
    for (uint32_t i = 0; i < place->count; i++) {
        as_zmtp_peer *peer = place->peer[i];
        if (peer->joined || peer->descriptor < 0)
            continue;
        if (now >= peer->deadline) {
            end_handshake(peer, "the handshake took too long");
            done++;
        } else if (peer->deadline < place->earliest) {
            place->earliest = peer->deadline;
        }
    }
    return done;
}

static void check_grants(as_fanout *f)
{
    uint64_t generation = f->auth ? as_auth_generation(f->auth) : 0;
    if (generation == f->generation)
        return;
    f->generation = generation;
    for (unsigned i = 0; i < PLACES; i++)
        for (uint32_t k = 0; k < f->place[i].count; k++)
            as_zmtp_peer_check_grant(f->place[i].peer[k]);
}

static as_zmtp_place *place_of(as_fanout *f, const void *data)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (data == &f->place[i])
            return &f->place[i];
    return NULL;
}

static void begin_turn(as_zmtp_place *place, uint64_t now)
{
    place->now = now;
    place->changes_left = CHANGES_A_TURN;
    place->news_left = NEWS_A_TURN;
    if (!place->resume_at || now < place->resume_at)
        return;
    place->resume_at = 0;
    for (uint32_t i = 0; i < place->count; i++)
        as_zmtp_peer_resume(place->peer[i]);
}

/* Topics of new prefixes. How many were looked at. */
static unsigned look(as_fanout *f)
{
    as_zmtp_place *place = &f->place[LATEST];
    uint32_t looked = 0, k = 0;
    if (!place->looking)
        return 0;
    for (; k < place->count && looked < LOOKS_A_TURN; k++)
        looked += as_zmtp_peer_look(place->peer[(f->look_first + k) % place->count], LOOKS_A_TURN - looked);
    if (looked < LOOKS_A_TURN)
        place->looking = false; /* every peer was asked, and none has more */
    else
        f->look_first += k;
    return looked;
}

static bool may_read(const as_fanout *f, const as_zmtp_peer *peer, unsigned *handshakes)
{
    if (peer->joined)
        return peer->place->changes_left > 0;
    return !f->auth || (*handshakes)++ < HANDSHAKES_A_TURN;
}

unsigned as_fanout_work(as_fanout *f, uint64_t now)
{
    struct epoll_event event[EVENTS_A_TURN];
    unsigned done = 0, handshakes = 0;
    check_grants(f);
    for (unsigned i = 0; i < PLACES; i++)
        begin_turn(&f->place[i], now);
    int count = epoll_wait(f->epoll, event, EVENTS_A_TURN, 0);
    bool accepting[PLACES] = {false};
    for (int i = 0; i < count; i++) {
        as_zmtp_place *place = place_of(f, event[i].data.ptr);
        if (place) {
            accepting[place - f->place] = true;
            continue;
        }
        as_zmtp_peer *peer = event[i].data.ptr;
        if (event[i].events & EPOLLOUT)
            as_zmtp_peer_write(peer);
        if (!(event[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
            done++;
        else if (may_read(f, peer, &handshakes)) {
            as_zmtp_peer_read(peer);
            done++;
        }
    }
    done += look(f);
    for (unsigned i = 0; i < PLACES; i++) {
        as_zmtp_place *place = &f->place[i];
        if (place->accept_again && now >= place->accept_again)
            pause_accepting(place, 0);
        done += end_slow_handshakes(place, now);
        reap(place);
        if (accepting[i])
            done += accept_some(f, place, now);
    }
    return done;
}

/* ---- sending ---- */

static void send_latest(as_fanout *f, const as_zmtp_message *message)
{
    as_zmtp_place *place = &f->place[LATEST];
    int idx = as_zmtp_latest_put(&f->latest, message->topic->text, message->topic->bytes, message->payload,
                                 message->payload_bytes, message->gseq);
    for (uint32_t i = 0; i < place->count; i++) {
        as_zmtp_peer *peer = place->peer[i];
        if (peer->descriptor < 0 || !peer->joined || !as_zmtp_peer_wants(peer, message->topic))
            continue;
        if (idx >= 0) {
            as_zmtp_peer_news(peer, (uint32_t)idx);
        } else {
            peer->dropped++;
            f->counters.dropped++;
        }
    }
}

/* What a full queue keeps the last one of (ipc/zmtp/queue.h). */
static as_zmtp_kind kind_of(const char *topic, size_t topic_bytes)
{
    if (topic_bytes == 3 && memcmp(topic, "hb.", 3) == 0)
        return AS_ZMTP_KIND_HEARTBEAT;
    return topic_bytes == 4 && memcmp(topic, "sys.", 4) == 0 ? AS_ZMTP_KIND_SYSTEM : AS_ZMTP_KIND_MESSAGE;
}

void as_fanout_send(as_fanout *f, const char *topic, size_t topic_bytes, const uint8_t *payload, size_t payload_bytes,
                    uint64_t gseq)
{
    as_zmtp_prefixes prefixes;
    if (topic_bytes >= AS_TOPIC_BYTES || payload_bytes > AS_FANOUT_PAYLOAD_BYTES) {
        f->counters.dropped++;
        return;
    }
    as_zmtp_prefixes_make(f->point, topic, topic_bytes, &prefixes);
    as_zmtp_message message = {
        .topic = &prefixes,
        .payload = payload,
        .payload_bytes = payload_bytes,
        .gseq = gseq,
        .kind = kind_of(topic, topic_bytes),
        .plain = f->plain,
    };
    as_zmtp_place *live = &f->place[LIVE];
    for (uint32_t i = 0; i < live->count; i++) {
        as_zmtp_peer *peer = live->peer[i];
        if (peer->descriptor >= 0 && peer->joined && as_zmtp_peer_wants(peer, &prefixes))
            as_zmtp_peer_send(peer, &message);
    }
    if (f->place[LATEST].endpoint.descriptor >= 0)
        send_latest(f, &message);
}

/* ---- looking at it ---- */

static void show(const as_zmtp_peer *peer, as_client_view *view)
{
    const as_grant *grant = peer->session.grant;
    *view = (as_client_view){
        .id = peer->id,
        .since = peer->since,
        .sent = peer->sent,
        .dropped = peer->dropped,
        .queued_bytes = as_zmtp_queue_bytes(&peer->queue),
        .gseq = peer->gseq,
        .subscriptions = peer->subscriptions.count,
    };
    snprintf(view->where, sizeof view->where, "%s", peer->place->where);
    snprintf(view->peer, sizeof view->peer, "%s", peer->address);
    if (grant)
        snprintf(view->name, sizeof view->name, "%s", grant->name);
}

uint32_t as_fanout_clients(const as_fanout *f, as_client_view *view, uint32_t count_max)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < PLACES; i++)
        for (uint32_t k = 0; k < f->place[i].count && count < count_max; k++) {
            const as_zmtp_peer *peer = f->place[i].peer[k];
            if (peer->descriptor >= 0 && peer->joined)
                show(peer, &view[count++]);
        }
    return count;
}

as_fanout_counters as_fanout_counters_get(const as_fanout *f)
{
    return f->counters;
}
