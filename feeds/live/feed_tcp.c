#include <errno.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/live/feed_lines.h"

/* How often a connection on its way is looked at, and how long AUTO waits for a local address to answer. */
enum { CHECK_MS = 1, LOCAL_WAIT_MS = 200 };

/* ---- a connection ---- */

/* A pause between half and the whole of pause_ms, so that feeds that lost one server do not come back in step. */
static void schedule(as_feed *feed, uint64_t now_ns)
{
    feed_lines *part = feed->part;
    part->random ^= part->random << 13;
    part->random ^= part->random >> 7;
    part->random ^= part->random << 17;
    uint64_t whole_ns = part->pause_ms * AS_NS_PER_MS;
    part->pause_ns = whole_ns / 2 + part->random % (whole_ns / 2);
    part->attempt_ns = now_ns;
    part->pause_ms = part->pause_ms * 2 > AS_FEED_RETRY_MAX_MS ? AS_FEED_RETRY_MAX_MS : part->pause_ms * 2;
}

static void connection_close(feed_connection *connection)
{
    as_feed *feed = connection->feed;
    feed_lines *part = feed->part;
    close(connection->fd);
    connection->fd = -1;
    part->open_count--;
    as_counter_add(&feed->count.disconnects, 1);
    if (part->open_count == 0)
        as_feed_state_set(feed, AS_FEED_CONNECTING);
}

static void on_stream(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, int error)
{
    feed_connection *connection = ctx;
    const feed_lines *part = connection->feed->part;
    (void)error; /* however it ended, it is made again or its producer comes back */
    if (data != NULL) {
        as_feed_lines_stream(connection, data, data_bytes, ts_recv_ns);
        return;
    }
    as_feed_lines_finish(connection, ts_recv_ns);
    connection_close(connection);
    if (part->mode == AS_TCP_CONNECT)
        schedule(connection->feed, ts_recv_ns);
}

/* Take over a connected descriptor. false: there is no room for it, and it is closed. */
static bool adopt(as_feed *feed, int fd)
{
    feed_lines *part = feed->part;
    feed_connection *connection = NULL;
    for (unsigned i = 0; i < part->connection_count && connection == NULL; i++) {
        if (part->connection[i].fd < 0)
            connection = &part->connection[i];
    }
    int watch = connection != NULL ? as_reactor_add_stream(feed->reactor, fd, on_stream, connection) : -ENOSPC;
    if (watch < 0) {
        as_error_clear();
        close(fd);
        as_counter_add(&feed->count.refused, 1);
        return false;
    }
    connection->fd = fd;
    connection->watch = watch;
    part->open_count++;
    as_counter_add(&feed->count.connects, 1);
    as_feed_state_set(feed, AS_FEED_LIVE);
    return true;
}

static void on_accept(void *ctx, int fd)
{
    adopt(ctx, fd);
}

/* ---- making one ---- */

static void connected(as_feed *feed, uint64_t now_ns)
{
    feed_lines *part = feed->part;
    int fd = part->connecting_fd;
    part->connecting_fd = -1;
    if (!adopt(feed, fd)) {
        schedule(feed, now_ns);
        return;
    }
    part->pause_ms = AS_FEED_RETRY_MIN_MS;
    if (part->connected_before) {
        as_feed_gap(feed, now_ns);
    }
    part->connected_before = true;
}

static void attempt_failed(as_feed *feed, uint64_t now_ns)
{
    feed_lines *part = feed->part;
    if (part->connecting_fd >= 0)
        close(part->connecting_fd);
    part->connecting_fd = -1;
    as_error_clear();
    schedule(feed, now_ns);
}

static int attempt_check(as_feed *feed, uint64_t now_ns, int wait_ms)
{
    feed_lines *part = feed->part;
    int result = as_socket_connected(part->connecting_fd, wait_ms);
    if (result == 0)
        connected(feed, now_ns);
    else if (result != -EINPROGRESS)
        attempt_failed(feed, now_ns);
    return result;
}

static int start_listening(as_feed *feed)
{
    feed_lines *part = feed->part;
    int result = as_socket_listen(&part->url, &part->address, &part->listen_fd);
    if (result < 0)
        return result;
    part->mode = AS_TCP_LISTEN;
    part->listen_watch = as_reactor_add_listener(feed->reactor, part->listen_fd, on_accept, feed);
    return part->listen_watch < 0 ? part->listen_watch : 0;
}

int as_feed_tcp_poll(as_feed *feed, uint64_t now_ns)
{
    feed_lines *part = feed->part;
    if (part->mode == AS_TCP_LISTEN || part->open_count > 0)
        return 0;
    if (part->connecting_fd >= 0) {
        if (as_feed_elapsed_ns(now_ns, part->checked_ns) < CHECK_MS * AS_NS_PER_MS)
            return 0;
        part->checked_ns = now_ns;
        return attempt_check(feed, now_ns, 0) != -EINPROGRESS;
    }
    if (as_feed_elapsed_ns(now_ns, part->attempt_ns) < part->pause_ns)
        return 0;
    if (as_socket_connect(&part->url, &part->address, &part->connecting_fd) < 0)
        attempt_failed(feed, now_ns);
    return 1;
}

uint64_t as_feed_tcp_wait_ns(const as_feed *feed)
{
    const feed_lines *part = feed->part;
    if (part->connecting_fd >= 0)
        return AS_NS_PER_MS;
    return (part->mode == AS_TCP_CONNECT && part->open_count == 0 ? 10 : 100) * AS_NS_PER_MS;
}

/* ---- life cycle ---- */

int as_feed_tcp_open(as_feed *feed)
{
    feed_lines *part = feed->part;
    int result = as_url_resolve(&part->url, &part->address);
    if (result < 0)
        return result;
    uint64_t now_ns = as_clock_now_ns();
    part->random = now_ns | 1;
    part->pause_ms = AS_FEED_RETRY_MIN_MS;
    part->mode = part->url.mode;
    if (part->mode == AS_TCP_LISTEN)
        return start_listening(feed);
    bool local = part->mode == AS_TCP_AUTO && as_address_is_local(&part->address);
    part->mode = AS_TCP_CONNECT;
    result = as_socket_connect(&part->url, &part->address, &part->connecting_fd);
    if (result == 0 && local)
        result = attempt_check(feed, now_ns, LOCAL_WAIT_MS);
    else if (result < 0)
        attempt_failed(feed, now_ns);
    return local && result == -ECONNREFUSED ? start_listening(feed) : 0;
}

void as_feed_tcp_close(as_feed *feed)
{
    feed_lines *part = feed->part;
    if (part->listen_fd >= 0) {
        as_reactor_remove(feed->reactor, part->listen_watch);
        close(part->listen_fd);
    }
    if (part->connecting_fd >= 0)
        close(part->connecting_fd);
    for (unsigned i = 0; i < part->connection_count; i++) {
        if (part->connection[i].fd < 0)
            continue;
        as_reactor_remove(feed->reactor, part->connection[i].watch);
        connection_close(&part->connection[i]);
    }
}
