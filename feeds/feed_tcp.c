#include <errno.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/feed_parts.h"

/* How often a connection on its way is looked at, and how long AUTO waits for a local address to answer. */
enum { CHECK_MS = 1, LOCAL_WAIT_MS = 200 };

/* ---- a connection ---- */

/* A pause between half and the whole of pause_ms, so that feeds that lost one server do not come back in step. */
static void schedule(as_feed *feed, uint64_t now_ns)
{
    feed->random ^= feed->random << 13;
    feed->random ^= feed->random >> 7;
    feed->random ^= feed->random << 17;
    uint64_t whole_ns = feed->pause_ms * AS_NS_PER_MS;
    feed->pause_ns = whole_ns / 2 + feed->random % (whole_ns / 2);
    feed->attempt_ns = now_ns;
    feed->pause_ms = feed->pause_ms * 2 > AS_FEED_RETRY_MAX_MS ? AS_FEED_RETRY_MAX_MS : feed->pause_ms * 2;
}

static void connection_close(feed_connection *connection)
{
    as_feed *feed = connection->feed;
    close(connection->fd);
    connection->fd = -1;
    feed->open_count--;
    as_counter_add(&feed->count.disconnects, 1);
    if (feed->open_count == 0)
        as_feed_state_set(feed, AS_FEED_CONNECTING);
}

static void on_stream(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, int error)
{
    feed_connection *connection = ctx;
    (void)error; /* however it ended, it is made again or its producer comes back */
    if (data != NULL) {
        as_feed_decode_stream(connection, data, data_bytes, ts_recv_ns);
        return;
    }
    as_feed_finish_stream(connection, ts_recv_ns);
    connection_close(connection);
    if (connection->feed->mode == AS_TCP_CONNECT)
        schedule(connection->feed, ts_recv_ns);
}

/* Take over a connected descriptor. false: there is no room for it, and it is closed. */
static bool adopt(as_feed *feed, int fd)
{
    feed_connection *connection = NULL;
    for (unsigned i = 0; i < feed->connection_count && connection == NULL; i++) {
        if (feed->connection[i].fd < 0)
            connection = &feed->connection[i];
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
    feed->open_count++;
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
    int fd = feed->connecting_fd;
    feed->connecting_fd = -1;
    if (!adopt(feed, fd)) {
        schedule(feed, now_ns);
        return;
    }
    feed->pause_ms = AS_FEED_RETRY_MIN_MS;
    if (feed->connected_before) {
        bool from_data = feed->config.trust_r && feed->outlet.last_ts_recv != 0;
        as_outlet_gap(&feed->outlet, from_data ? feed->outlet.last_ts_recv : now_ns, 0, 0);
        as_outlet_end(&feed->outlet);
        as_counter_add(&feed->count.gaps, 1);
    }
    feed->connected_before = true;
}

static void attempt_failed(as_feed *feed, uint64_t now_ns)
{
    if (feed->connecting_fd >= 0)
        close(feed->connecting_fd);
    feed->connecting_fd = -1;
    as_error_clear();
    schedule(feed, now_ns);
}

static int attempt_check(as_feed *feed, uint64_t now_ns, int wait_ms)
{
    int result = as_socket_connected(feed->connecting_fd, wait_ms);
    if (result == 0)
        connected(feed, now_ns);
    else if (result != -EINPROGRESS)
        attempt_failed(feed, now_ns);
    return result;
}

static int start_listening(as_feed *feed)
{
    int result = as_socket_listen(&feed->url, &feed->address, &feed->listen_fd);
    if (result < 0)
        return result;
    feed->mode = AS_TCP_LISTEN;
    feed->listen_watch = as_reactor_add_listener(feed->reactor, feed->listen_fd, on_accept, feed);
    return feed->listen_watch < 0 ? feed->listen_watch : 0;
}

int as_feed_tcp_poll(as_feed *feed, uint64_t now_ns)
{
    if (feed->mode == AS_TCP_LISTEN || feed->open_count > 0)
        return 0;
    if (feed->connecting_fd >= 0) {
        if (as_feed_elapsed_ns(now_ns, feed->checked_ns) < CHECK_MS * AS_NS_PER_MS)
            return 0;
        feed->checked_ns = now_ns;
        return attempt_check(feed, now_ns, 0) != -EINPROGRESS;
    }
    if (as_feed_elapsed_ns(now_ns, feed->attempt_ns) < feed->pause_ns)
        return 0;
    if (as_socket_connect(&feed->url, &feed->address, &feed->connecting_fd) < 0)
        attempt_failed(feed, now_ns);
    return 1;
}

/* ---- life cycle ---- */

int as_feed_tcp_open(as_feed *feed)
{
    int result = as_url_resolve(&feed->url, &feed->address);
    if (result < 0)
        return result;
    uint64_t now_ns = as_clock_now_ns();
    feed->random = now_ns | 1;
    feed->pause_ms = AS_FEED_RETRY_MIN_MS;
    feed->mode = feed->url.mode;
    if (feed->mode == AS_TCP_LISTEN)
        return start_listening(feed);
    bool local = feed->mode == AS_TCP_AUTO && as_address_is_local(&feed->address);
    feed->mode = AS_TCP_CONNECT;
    result = as_socket_connect(&feed->url, &feed->address, &feed->connecting_fd);
    if (result == 0 && local)
        result = attempt_check(feed, now_ns, LOCAL_WAIT_MS);
    else if (result < 0)
        attempt_failed(feed, now_ns);
    return local && result == -ECONNREFUSED ? start_listening(feed) : 0;
}

void as_feed_tcp_close(as_feed *feed)
{
    if (feed->listen_fd >= 0) {
        as_reactor_remove(feed->reactor, feed->listen_watch);
        close(feed->listen_fd);
    }
    if (feed->connecting_fd >= 0)
        close(feed->connecting_fd);
    for (unsigned i = 0; i < feed->connection_count; i++) {
        if (feed->connection[i].fd < 0)
            continue;
        as_reactor_remove(feed->reactor, feed->connection[i].watch);
        connection_close(&feed->connection[i]);
    }
}
