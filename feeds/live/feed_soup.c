/*
 * Driver: a sequenced stream of messages behind a login.
 */
#include "feeds/live/feed_soup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_format.h"
#include "feeds/live/secret.h"

/* Why something was not right; the wire format's own reasons follow. */
enum {
    BAD_LENGTH,
    BAD_PACKET,
    BAD_ORDER,
    BAD_LOGIN,
    BAD_REJECTED,
    BAD_BEHIND,
    BAD_WIRE,
    BAD_COUNT = BAD_WIRE + AS_WIRE_BAD_COUNT
};

/* Events that a message, a held one and a gap can make. */
enum { ROOM = AS_WIRE_EVENTS_MAX + 4 };

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

static const char *bad_name(unsigned reason)
{
    static const char *const name[BAD_WIRE] = {
        [BAD_LENGTH] = "bad_length",      [BAD_PACKET] = "unknown_packet",   [BAD_ORDER] = "unexpected_packet",
        [BAD_LOGIN] = "bad_login_answer", [BAD_REJECTED] = "login_rejected", [BAD_BEHIND] = "core_behind",
    };
    return reason < BAD_WIRE ? name[reason] : as_wire_bad_name((as_wire_bad)(reason - BAD_WIRE));
}

/* ---- sending ---- */

static void send_packet(feed_soup *part, const uint8_t *packet, size_t packet_bytes, uint64_t now_ns)
{
    part->sent_at_ns = now_ns;
    (void)as_connection_send(part->connection, packet, packet_bytes); /* a failure ends the connection */
}

static void send_empty(feed_soup *part, as_soup_type type, uint64_t now_ns)
{
    uint8_t packet[AS_SOUP_HEADER_BYTES];
    send_packet(part, packet, as_soup_encode((uint8_t)type, NULL, 0, packet, sizeof packet), now_ns);
}

static as_soup_login login_of(const as_feed *feed)
{
    const feed_soup *part = feed->part;
    as_soup_login login = {.seq = 0};
    as_soup_session_login(&part->session, &login);
    memcpy(login.user, feed->config.user, strnlen(feed->config.user, AS_SOUP_USER_BYTES));
    memcpy(login.password, part->password, sizeof login.password);
    return login;
}

static void on_up(void *ctx, uint64_t now_ns)
{
    as_feed *feed = ctx;
    feed_soup *part = feed->part;
    uint8_t packet[AS_SOUP_LOGIN_PACKET_BYTES];
    as_soup_login login = login_of(feed);
    as_counter_add(&feed->count.connects, 1);
    as_soup_init(&part->soup);
    as_soup_session_connected(&part->session);
    part->connection_count++;
    part->stage = AS_SOUP_LOGGING_IN;
    part->login_at_ns = part->heard_at_ns = now_ns;
    send_packet(part, packet, as_soup_login_encode(&login, packet, sizeof packet), now_ns);
    as_secret_wipe(login.password, sizeof login.password);
    as_secret_wipe((char *)packet, sizeof packet);
}

static void on_down(void *ctx, bool was_up, const char *why, uint64_t now_ns)
{
    as_feed *feed = ctx;
    feed_soup *part = feed->part;
    (void)why; /* whatever ended it, it is made again */
    if (was_up) {
        as_counter_add(&feed->count.disconnects, 1);
        as_feed_capture(feed, AS_CAPTURE_SOURCE, part->connection_count, NULL, 0, now_ns);
    }
    part->stage = AS_SOUP_DOWN;
    as_feed_state_set(feed, AS_FEED_CONNECTING);
}

static void drop(as_feed *feed, unsigned reason, const char *why, uint64_t now_ns)
{
    feed_soup *part = feed->part;
    as_feed_bad(feed, reason);
    as_connection_drop(part->connection, why, now_ns);
}

/* No connection for a while; made so by poll, where it may be closed. */
static void pause_soon(feed_soup *part, uint64_t now_ns)
{
    part->pause = true;
    part->paused_at_ns = now_ns;
}

/* ---- packets ---- */

static void on_welcome(as_feed *feed, uint64_t ts)
{
    feed_soup *part = feed->part;
    if (part->session.restarted)
        as_feed_wire_restart(feed, &part->wire, ts);
    if (part->session.gap_from != part->session.gap_to)
        as_feed_wire_gap(feed, &part->wire, part->session.gap_from, part->session.gap_to, ts);
    part->stage = AS_SOUP_UP;
    part->warned = false;
    as_connection_proven(part->connection);
}

static void on_refused(as_feed *feed, uint64_t ts)
{
    feed_soup *part = feed->part;
    uint8_t reason = part->session.reason;
    as_feed_bad(feed, BAD_REJECTED);
    if (!part->warned)
        as_warn("feed %s: login of user \"%s\" to session \"%s\" rejected: %s; it is tried again every %llu ms",
                feed->config.name, feed->config.user, feed->config.session,
                reason == AS_SOUP_NOT_AUTHORISED ? "not authorised"
                : reason == AS_SOUP_NO_SESSION   ? "session not available"
                                                 : "the server gives no known reason",
                (unsigned long long)(part->rejected_ns / AS_NS_PER_MS));
    part->warned = true;
    pause_soon(part, ts);
}

/* What is being caught up with builds the books, but is no price to act on. */
static void on_message(as_feed *feed, const as_soup_packet *packet, uint64_t ts)
{
    feed_soup *part = feed->part;
    as_event event[AS_WIRE_EVENTS_MAX];
    unsigned event_count = as_feed_wire_decode(feed, &part->wire, packet->payload, packet->payload_bytes, ts, event);
    for (unsigned i = 0; i < event_count; i++) {
        if (as_soup_session_is_late(&part->session, event[i].ts_event, event[i].ts_recv))
            event[i].flags |= AS_EVENT_MORE;
        as_outlet_market(&feed->outlet, &event[i]);
    }
}

/*
 * The server has what was missed, and sends it faster than the core takes it: what finds no room is not taken, and
 * asked for again on another connection.
 */
static bool is_behind(as_feed *feed, uint64_t ts)
{
    if (as_outlet_has_room(&feed->outlet, ROOM))
        return false;
    drop(feed, BAD_BEHIND, "the core is behind: the rest is asked for again", ts);
    return true;
}

static void on_packet(as_feed *feed, const as_soup_packet *packet, uint64_t ts)
{
    feed_soup *part = feed->part;
    if (packet->type == AS_SOUP_SEQUENCED && is_behind(feed, ts))
        return;
    switch (as_soup_session_take(&part->session, packet)) {
    case AS_SOUP_MESSAGE:
        on_message(feed, packet, ts);
        break;
    case AS_SOUP_WELCOME:
        on_welcome(feed, ts);
        break;
    case AS_SOUP_REFUSED:
        on_refused(feed, ts);
        break;
    case AS_SOUP_AGAIN:
        as_connection_proven(part->connection);
        as_connection_drop(part->connection, "the server has another session", ts);
        break;
    case AS_SOUP_OVER:
        pause_soon(part, ts);
        break;
    case AS_SOUP_UNKNOWN:
        as_feed_bad(feed, BAD_PACKET);
        break;
    case AS_SOUP_OUT_OF_TURN:
        drop(feed, BAD_ORDER, "the server sends a packet whose turn it is not", ts);
        break;
    case AS_SOUP_BAD_ANSWER:
        drop(feed, BAD_LOGIN, "the server's answer to the login is not valid", ts);
        break;
    case AS_SOUP_NOTHING:
        break;
    }
}

static void copy_counters(as_feed *feed)
{
    const feed_soup *part = feed->part;
    as_feed_counters *count = &feed->count;
    as_counter_set(&count->gaps, part->session.gaps);
    as_counter_set(&count->lost, part->session.lost);
    as_counter_set(&count->duplicates, part->session.duplicates);
    as_counter_set(&count->heartbeats, part->session.heartbeats);
    as_counter_set(&count->restarts, part->session.restarts);
    as_feed_wire_count(feed, &part->wire, BAD_WIRE);
}

static void on_bytes(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_feed *feed = ctx;
    feed_soup *part = feed->part;
    as_soup_packet packet;
    as_soup_result result = AS_SOUP_NEED_MORE;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    as_feed_capture(feed, AS_CAPTURE_SOURCE, part->connection_count, data, data_bytes, ts_recv_ns);
    part->heard_at_ns = ts_recv_ns;
    while (part->stage != AS_SOUP_DOWN && !part->pause &&
           (result = as_soup_next(&part->soup, &data, &data_bytes, &packet)) == AS_SOUP_PACKET)
        on_packet(feed, &packet, ts_recv_ns);
    if (part->stage != AS_SOUP_DOWN && result == AS_SOUP_BAD_LENGTH)
        drop(feed, BAD_LENGTH, "a packet of length 0", ts_recv_ns);
    as_feed_end_piece(feed);
    copy_counters(feed);
    if (part->stage == AS_SOUP_UP)
        as_feed_state_set(feed, part->wire.broken || part->session.late ? AS_FEED_STALE : AS_FEED_LIVE);
}

/* ---- what is due by time ---- */

/* Close for the pause, or end it. How much was done. */
static int poll_pause(as_feed *feed, uint64_t now_ns)
{
    feed_soup *part = feed->part;
    if (part->connection != NULL) {
        if (part->stage != AS_SOUP_DOWN) /* closing calls nobody back */
            on_down(feed, true, "", now_ns);
        as_connection_close(part->connection);
        part->connection = NULL;
        return 1;
    }
    if (as_feed_elapsed_ns(now_ns, part->paused_at_ns) < part->rejected_ns)
        return 0;
    part->pause = false;
    if (as_connection_open(&part->options, &part->connection) < 0) { /* no memory, say: it is tried again */
        as_error_clear();
        part->connection = NULL;
        pause_soon(part, now_ns);
    }
    return 1;
}

static void poll_silence(as_feed *feed, uint64_t now_ns)
{
    feed_soup *part = feed->part;
    uint64_t silent_ns = as_feed_elapsed_ns(now_ns, part->heard_at_ns);
    if (part->stage == AS_SOUP_LOGGING_IN && as_feed_elapsed_ns(now_ns, part->login_at_ns) > part->login_ns)
        as_connection_drop(part->connection, "no answer to the login", now_ns);
    else if (part->stage == AS_SOUP_UP && silent_ns > part->silent_ns)
        as_connection_drop(part->connection, "the server is silent", now_ns);
    else if (part->stage == AS_SOUP_UP && as_feed_elapsed_ns(now_ns, part->sent_at_ns) >= part->heartbeat_ns)
        send_empty(part, AS_SOUP_CLIENT_HEARTBEAT, now_ns);
    if (as_feed_state_get(feed) == AS_FEED_LIVE && silent_ns > AS_FEED_STALE_MS * AS_NS_PER_MS)
        as_feed_state_set(feed, AS_FEED_STALE);
}

static int soup_poll(as_feed *feed, uint64_t now_ns)
{
    feed_soup *part = feed->part;
    if (part->pause)
        return poll_pause(feed, now_ns);
    int work = as_connection_poll(part->connection, now_ns);
    poll_silence(feed, now_ns);
    return work;
}

static uint64_t soup_wait_ns(const as_feed *feed)
{
    const feed_soup *part = feed->part;
    uint64_t wait_ns = part->heartbeat_ns / 10; /* so that a heartbeat is not later than that */
    if (part->pause)
        return part->connection != NULL ? 0 : 10 * AS_NS_PER_MS;
    uint64_t connection_ns = as_connection_wait_ns(part->connection);
    return connection_ns < wait_ns ? connection_ns : wait_ns;
}

/* ---- life cycle ---- */

static int check_text(const char *key, const char *text, size_t bytes_max)
{
    if (strlen(text) > bytes_max)
        return as_error_set(-EINVAL, "key %s: \"%s\" has %zu bytes; allowed: up to %zu with framing soupbintcp", key,
                            text, strlen(text), bytes_max);
    for (const char *p = text; *p; p++) {
        if (*p < ' ' || *p > '~')
            return as_error_set(-EINVAL, "key %s: \"%s\": allowed: printable ASCII with framing soupbintcp", key, text);
    }
    return 0;
}

static int read_login(as_feed *feed)
{
    feed_soup *part = feed->part;
    int result = check_text("user", feed->config.user, AS_SOUP_USER_BYTES);
    if (result == 0)
        result = check_text("session", feed->config.session, AS_SOUP_SESSION_BYTES);
    if (result < 0 || feed->config.secret[0] == '\0')
        return result;
    result = as_secret_read(feed->config.secret, part->password, sizeof part->password);
    for (const char *p = part->password; *p && result == 0; p++) {
        if (*p < ' ' || *p > '~')
            result = as_error_set(-EINVAL, "%s: its first line is not printable ASCII", feed->config.secret);
    }
    return result < 0 ? as_error_add("key secret") : 0;
}

static int open_url(as_feed *feed)
{
    feed_soup *part = feed->part;
    int result = as_url_parse(feed->config.source, &part->url);
    if (result == 0 && part->url.mode == AS_TCP_LISTEN)
        result = as_error_set(-EINVAL, "\"%s\": mode is listen; allowed with framing soupbintcp: connect",
                              feed->config.source);
    if (result < 0)
        return as_error_add("key source");
    part->options = (as_connection_options){
        .url = &part->url, .reactor = feed->reactor, .up = on_up, .bytes = on_bytes, .down = on_down, .ctx = feed};
    return as_connection_open(&part->options, &part->connection);
}

static int soup_open(as_feed *feed, const as_feed_options *options)
{
    feed_soup *part = feed->part = calloc(1, sizeof *part);
    if (part == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    part->heartbeat_ns = AS_SOUP_HEARTBEAT_MS * AS_NS_PER_MS;
    part->silent_ns = AS_SOUP_SILENT_MS * AS_NS_PER_MS;
    part->login_ns = AS_SOUP_LOGIN_MS * AS_NS_PER_MS;
    part->rejected_ns = AS_SOUP_REJECTED_MS * AS_NS_PER_MS;
    as_soup_session_init(&part->session, feed->config.session);
    int result = read_login(feed);
    if (result == 0)
        result = as_feed_wire_open(feed, options, &part->wire);
    return result == 0 ? open_url(feed) : result;
}

static void soup_close(as_feed *feed)
{
    feed_soup *part = feed->part;
    if (part == NULL)
        return;
    if (part->connection != NULL && part->stage == AS_SOUP_UP)
        send_empty(part, AS_SOUP_LOGOUT, 0);
    as_connection_close(part->connection);
    as_feed_wire_close(&part->wire);
    as_secret_wipe(part->password, sizeof part->password);
    free(part);
}

const as_feed_driver as_feed_soup = {.bad_name = bad_name,
                                     .bad_count = BAD_COUNT,
                                     .open = soup_open,
                                     .poll = soup_poll,
                                     .wait_ns = soup_wait_ns,
                                     .close = soup_close};
