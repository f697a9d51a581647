#include "ipc/zmtp/peer.h"

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
#include "ipc/zmtp/socket.h"

#define CHANGE_NS (UINT64_C(1000000000) / AS_SUBSCRIPTION_RATE)

enum {
    READ_BYTES = 1024,              /* a turn: some 340 subscriptions at most */
    FOLLOWING_MAX = 64, /* prefixes to look up, beyond which a peer is not read from */
};

/* ---- life ---- */

static void put(as_zmtp_peer *peer, const uint8_t *bytes, size_t count, uint64_t gseq, as_zmtp_kind kind);

as_zmtp_peer *as_zmtp_peer_new(as_zmtp_place *place, int descriptor, uint64_t id, uint64_t deadline)
{
    as_zmtp_peer *peer = calloc(1, sizeof *peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (!peer || epoll_ctl(place->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        free(peer);
        close(descriptor);
        return NULL;
    }
    peer->place = place;
    peer->descriptor = descriptor;
    peer->id = id;
    peer->deadline = deadline;
    peer->since = as_clock_now_ns();
    peer->queue.limit_bytes = place->queue_bytes;
    as_zmtp_subscriptions_init(&peer->subscriptions, place->subscriptions_max);
    as_zmtp_session_init(&peer->session, place->auth);
    as_zmtp_socket_describe(descriptor, peer->address, sizeof peer->address);
    as_zmtp_socket_prepare(descriptor, place->endpoint.is_tcp);
    place->counters->handshaking++;
    put(peer, peer->session.reply, peer->session.reply_bytes, 0, AS_ZMTP_KIND_REPLY);
    return peer;
}

static void release(as_zmtp_peer *peer)
{
    as_fanout_counters *counters = peer->place->counters;
    AS_ASSERT(counters);
    as_zmtp_socket_close(peer->descriptor);
    peer->descriptor = -1;
    if (peer->joined) {
        counters->clients--;
        counters->left++;
        peer->place->joined--;
    } else {
        counters->handshaking--;
    }
    counters->subscriptions -= peer->subscriptions.count;
    peer->place->ended++;
    as_zmtp_queue_fini(&peer->queue);
    as_zmtp_subscriptions_fini(&peer->subscriptions);
    as_zmtp_news_fini(&peer->news);
    as_zmtp_session_fini(&peer->session);
}

void as_zmtp_peer_free(as_zmtp_peer *peer)
{
    if (!peer)
        return;
    if (peer->descriptor >= 0)
        release(peer);
    free(peer);
}

static const char *name_of(const as_zmtp_peer *peer)
{
    return peer->session.grant ? peer->session.grant->name : "";
}

static void audit(const as_zmtp_peer *peer, const char *what, const char *reason)
{
    as_audit_write(peer->place->audit, what, peer->place->where, peer->address, name_of(peer), reason);
}

void as_zmtp_peer_end(as_zmtp_peer *peer, uint64_t *counter, const char *what, const char *reason)
{
    if (peer->descriptor < 0)
        return;
    if (counter)
        ++*counter;
    if (what)
        audit(peer, what, reason);
    release(peer);
}

/*
 * The connection broke, or the peer closed it. In the middle of the handshake that is how libzmq answers a mechanism
 * that is not its own; one that has said nothing was nobody.
 */
static void end_left(as_zmtp_peer *peer, const char *reason)
{
    if (peer->joined)
        as_zmtp_peer_end(peer, NULL, "left", reason);
    else if (peer->session.greeting_used > 0)
        as_zmtp_peer_end(peer, &peer->place->counters->refused_handshake, "refused", "it left during the handshake");
    else
        as_zmtp_peer_end(peer, NULL, NULL, NULL);
}

static void end_broken(as_zmtp_peer *peer, const char *reason)
{
    as_fanout_counters *counters = peer->place->counters;
    if (peer->joined)
        as_zmtp_peer_end(peer, &counters->evicted, "evicted", reason);
    else
        as_zmtp_peer_end(peer, &counters->refused_handshake, "refused", reason);
}

/* ---- writing ---- */

static void ask_epoll(as_zmtp_peer *peer)
{
    struct epoll_event event = {.data.ptr = peer};
    event.events = (peer->paused ? 0 : EPOLLIN) | (peer->armed ? EPOLLOUT : 0);
    epoll_ctl(peer->place->epoll, EPOLL_CTL_MOD, peer->descriptor, &event);
}

/* Ask epoll to say when the socket takes more, or no longer. */
static void arm(as_zmtp_peer *peer, bool armed)
{
    if (peer->armed == armed)
        return;
    peer->armed = armed;
    ask_epoll(peer);
}

static void count_sent(as_zmtp_peer *peer, as_zmtp_sent sent, size_t bytes)
{
    peer->place->counters->sent += sent.messages;
    peer->place->counters->sent_bytes += bytes;
    peer->sent += sent.messages;
    if (sent.messages > 0)
        peer->gseq = sent.gseq;
}

/* To the socket at once if nothing waits; the rest waits. */
static void put(as_zmtp_peer *peer, const uint8_t *bytes, size_t count, uint64_t gseq, as_zmtp_kind kind)
{
    size_t gone = 0;
    if (as_zmtp_queue_bytes(&peer->queue) == 0) {
        ssize_t n = send(peer->descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && !as_zmtp_socket_would_block(errno)) {
            end_left(peer, "the connection broke");
            return;
        }
        gone = n > 0 ? (size_t)n : 0;
        count_sent(peer, (as_zmtp_sent){.messages = gone == count && kind != AS_ZMTP_KIND_REPLY, .gseq = gseq}, gone);
        if (gone == count)
            return;
    }
    uint32_t dropped = as_zmtp_queue_put(&peer->queue, bytes + gone, (uint32_t)(count - gone), gone > 0, gseq, kind);
    peer->dropped += dropped;
    peer->place->counters->dropped += dropped;
    if (as_zmtp_queue_bytes(&peer->queue) > 0)
        arm(peer, true);
    else if (gone > 0 || kind == AS_ZMTP_KIND_REPLY)
        end_broken(peer, "no memory for what it must be sent"); /* half a message is on the wire */
}

void as_zmtp_peer_send(as_zmtp_peer *peer, as_zmtp_message *message)
{
    const as_zmtp_prefixes *topic = message->topic;
    if (peer->place->auth) {
        uint8_t *sealed = peer->place->scratch;
        size_t bytes = as_zmtp_session_seal(&peer->session, topic->text, topic->bytes, message->payload,
                                            message->payload_bytes, sealed);
        put(peer, sealed, bytes, message->gseq, message->kind);
        return;
    }
    if (message->plain_bytes == 0)
        message->plain_bytes =
            as_zmtp_message_encode(topic->text, topic->bytes, message->payload, message->payload_bytes, message->plain);
    put(peer, message->plain, message->plain_bytes, message->gseq, message->kind);
}

/* Topics with news, while the socket takes them; what is left is armed for, and epoll calls again. */
static void send_news(as_zmtp_peer *peer, uint32_t *allowance)
{
    const as_zmtp_latest *latest = peer->place->latest;
    uint8_t *plain = peer->place->auth ? NULL : peer->place->scratch;
    while (*allowance > 0 && peer->descriptor >= 0 && as_zmtp_queue_bytes(&peer->queue) == 0) {
        int idx = as_zmtp_news_take(&peer->news);
        if (idx < 0)
            break;
        --*allowance;
        const as_zmtp_topic *entry = latest->topic[idx];
        as_zmtp_prefixes topic;
        as_zmtp_prefixes_make(peer->place->point, entry->topic, entry->topic_bytes, &topic);
        if (!as_zmtp_peer_wants(peer, &topic))
            continue; /* no longer */
        as_zmtp_message message = {
            .topic = &topic,
            .payload = entry->payload,
            .payload_bytes = entry->payload_bytes,
            .gseq = entry->gseq,
            .kind = AS_ZMTP_KIND_MESSAGE,
            .plain = plain,
        };
        as_zmtp_peer_send(peer, &message);
    }
    if (peer->descriptor >= 0)
        arm(peer, as_zmtp_queue_bytes(&peer->queue) > 0 || peer->news.count > 0);
}

void as_zmtp_peer_write(as_zmtp_peer *peer)
{
    struct iovec piece[2];
    struct msghdr header = {.msg_iov = piece};
    if (peer->descriptor < 0)
        return;
    int pieces = as_zmtp_queue_peek(&peer->queue, piece);
    if (pieces > 0) {
        header.msg_iovlen = (size_t)pieces;
        ssize_t n = sendmsg(peer->descriptor, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (!as_zmtp_socket_would_block(errno))
                end_left(peer, "the connection broke");
            return;
        }
        count_sent(peer, as_zmtp_queue_sent(&peer->queue, (uint32_t)n), (size_t)n);
        if (as_zmtp_queue_bytes(&peer->queue) > 0)
            return;
    }
    if (peer->place->latest)
        send_news(peer, &peer->place->news_left);
    else
        arm(peer, false);
}

void as_zmtp_peer_news(as_zmtp_peer *peer, uint32_t idx)
{
    if (as_zmtp_news_add(&peer->news, idx) < 0) {
        peer->dropped++;
        peer->place->counters->dropped++;
    } else if (!peer->armed) {
        send_news(peer, &(uint32_t){1}); /* nothing else has waited */
    }
}

uint32_t as_zmtp_peer_look(as_zmtp_peer *peer, uint32_t topics_max)
{
    if (peer->descriptor < 0 || peer->news.following_count == 0)
        return 0;
    int looked = as_zmtp_news_look(&peer->news, peer->place->latest, topics_max);
    if (looked < 0)
        end_broken(peer, "no memory for its subscriptions");
    else if (peer->news.count > 0)
        arm(peer, true);
    return looked < 0 ? 1 : (uint32_t)looked;
}

bool as_zmtp_peer_wants(const as_zmtp_peer *peer, const as_zmtp_prefixes *topic)
{
    return as_zmtp_subscriptions_match(&peer->subscriptions, topic);
}

/* ---- reading ---- */

/* One key may not take every place: a quarter of them, and at least AS_GRANT_CONNECTIONS_MIN. */
static bool has_a_place(const as_zmtp_peer *peer)
{
    const as_zmtp_place *place = peer->place;
    uint32_t allowed = place->clients_max / 4, same = 0;
    if (allowed < AS_GRANT_CONNECTIONS_MIN)
        allowed = AS_GRANT_CONNECTIONS_MIN;
    if (!peer->session.grant)
        return true;
    for (uint32_t i = 0; i < place->count; i++) {
        const as_zmtp_peer *other = place->peer[i];
        same += other->descriptor >= 0 && other->joined &&
                memcmp(other->session.curve.client, peer->session.curve.client, AS_KEY_BYTES) == 0;
    }
    return same < allowed;
}

static void join(as_zmtp_peer *peer)
{
    as_fanout_counters *counters = peer->place->counters;
    if (!has_a_place(peer)) {
        as_zmtp_peer_end(peer, &counters->refused_full, "refused", "its key has all the places that one may have");
        return;
    }
    peer->joined = true;
    peer->place->joined++;
    counters->handshaking--;
    counters->clients++;
    counters->joined++;
    audit(peer, "joined", "");
}

static void subscribe(as_zmtp_peer *peer, const as_zmtp_prefixes *prefix)
{
    as_zmtp_place *place = peer->place;
    if (place->auth && !as_grant_allows(peer->session.grant, prefix->text, prefix->bytes)) {
        char reason[64 + AS_TOPIC_BYTES];
        snprintf(reason, sizeof reason, "a subscription beyond its grant: '%.*s'", (int)prefix->bytes, prefix->text);
        place->counters->forged++;
        audit(peer, "forged", reason);
        return;
    }
    int rc = as_zmtp_subscriptions_add(&peer->subscriptions, prefix);
    if (rc < 0) {
        end_broken(peer, rc == -ENOSPC ? "more subscriptions than are allowed" : "no memory for its subscriptions");
    } else if (rc > 0) {
        place->counters->subscriptions++;
        place->counters->subscribed++;
        if (!place->latest)
            return;
        place->looking = true;
        if (as_zmtp_news_follow(&peer->news, prefix->text, prefix->bytes) < 0)
            end_broken(peer, "no memory for its subscriptions");
    }
}

/*
 * From when on it is read from: who starts may subscribe to all it may have and AS_SUBSCRIPTION_RATE more at once,
 * later the rate counts.
 */
static uint64_t readable_at(const as_zmtp_peer *peer)
{
    uint64_t burst = (peer->place->subscriptions_max + (uint64_t)AS_SUBSCRIPTION_RATE) * CHANGE_NS;
    if (peer->news.following_count > FOLLOWING_MAX)
        return peer->place->now + 1;
    return peer->paid_until > burst ? peer->paid_until - burst : 0;
}

static void pause_reading(as_zmtp_peer *peer)
{
    as_zmtp_place *place = peer->place;
    uint64_t at = readable_at(peer);
    if (at <= place->now)
        return;
    if (!peer->paused) {
        peer->paused = true;
        ask_epoll(peer);
    }
    if (!place->resume_at || at < place->resume_at)
        place->resume_at = at;
}

void as_zmtp_peer_resume(as_zmtp_peer *peer)
{
    if (peer->descriptor < 0 || !peer->paused)
        return;
    pause_reading(peer);
    if (readable_at(peer) > peer->place->now)
        return;
    peer->paused = false;
    ask_epoll(peer);
}

static void take_prefix(as_zmtp_peer *peer, as_zmtp_event event)
{
    as_zmtp_prefixes prefix;
    as_zmtp_place *place = peer->place;
    if (peer->paid_until < place->now)
        peer->paid_until = place->now;
    peer->paid_until += CHANGE_NS;
    place->changes_left -= place->changes_left > 0;
    as_zmtp_prefixes_make(place->point, peer->session.prefix, peer->session.prefix_bytes, &prefix);
    if (event == AS_ZMTP_SUBSCRIBE)
        subscribe(peer, &prefix);
    else if (as_zmtp_subscriptions_remove(&peer->subscriptions, &prefix) > 0)
        peer->place->counters->subscriptions--;
}

static void take_end(as_zmtp_peer *peer)
{
    const as_zmtp_session *session = &peer->session;
    if (session->reply_bytes > 0 && as_zmtp_queue_bytes(&peer->queue) == 0) /* as well as can be: nobody waits for it */
        send(peer->descriptor, session->reply, session->reply_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (session->unknown_key)
        as_zmtp_peer_end(peer, &peer->place->counters->refused_key, "refused", session->reason);
    else
        end_broken(peer, session->reason);
}

void as_zmtp_peer_read(as_zmtp_peer *peer)
{
    uint8_t buffer[READ_BYTES];
    const uint8_t *bytes = buffer;
    if (peer->descriptor < 0)
        return;
    if (peer->paused) { /* its socket is broken: nothing else is asked for */
        end_left(peer, "the connection broke");
        return;
    }
    ssize_t n = recv(peer->descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && as_zmtp_socket_would_block(errno))
        return;
    if (n <= 0) {
        end_left(peer, n == 0 ? "it closed the connection" : "the connection broke");
        return;
    }
    size_t left = (size_t)n;
    while (peer->descriptor >= 0) {
        as_zmtp_event event = as_zmtp_session_next(&peer->session, &bytes, &left);
        switch (event) {
        case AS_ZMTP_WANT:
            pause_reading(peer);
            return;
        case AS_ZMTP_REPLY:
            put(peer, peer->session.reply, peer->session.reply_bytes, 0, AS_ZMTP_KIND_REPLY);
            break;
        case AS_ZMTP_JOINED:
            join(peer);
            break;
        case AS_ZMTP_SUBSCRIBE:
        case AS_ZMTP_CANCEL:
            take_prefix(peer, event);
            break;
        case AS_ZMTP_REQUEST: /* not of a subscriber */
            break;
        case AS_ZMTP_END:
            take_end(peer);
            break;
        }
    }
}

/* ---- permissions ---- */

static bool granted(const void *grant, const char *prefix, size_t prefix_bytes)
{
    return as_grant_allows(grant, prefix, prefix_bytes);
}

void as_zmtp_peer_check_grant(as_zmtp_peer *peer)
{
    if (peer->descriptor < 0 || !peer->joined || !peer->place->auth)
        return;
    as_fanout_counters *counters = peer->place->counters;
    const as_grant *grant = as_auth_find(peer->place->auth, peer->session.curve.client);
    if (!grant) {
        as_zmtp_peer_end(peer, &counters->evicted, "evicted", "its key is no longer on the list");
        return;
    }
    peer->session.grant = grant;
    uint32_t removed = as_zmtp_subscriptions_sweep(&peer->subscriptions, granted, grant);
    counters->subscriptions -= removed;
    if (removed > 0)
        audit(peer, "refused", "subscriptions that its grant no longer covers were removed");
}
