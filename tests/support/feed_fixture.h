/*
 * A live feed under test: a universe of three names, a reactor, rings, and real sockets on the loopback.
 * For tests of feeds/feed*.c; include cmocka.h first.
 */
#ifndef AST_SUPPORT_FEED_FIXTURE_H
#define AST_SUPPORT_FEED_FIXTURE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/decode/itch50_encode.h"
#include "feeds/live/feed.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/live/socket.h"

typedef struct ast_feed {
    as_universe universe;
    as_instrument instrument[3];
    as_feed_config config;
    as_feed_options options;
    as_reactor *reactor;
    as_ring *events, *headlines;
    as_feed *feed;
    uint16_t port;
} ast_feed;

static const char *const ast_symbol[3] = {"NVDA", "AMD", "META"};

static inline void ast_feed_init(ast_feed *f, uint32_t event_slots, uint32_t headline_slots)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(as_symbols_init(&f->universe.symbols, 3), 0);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t index;
        assert_int_equal(as_symbols_add(&f->universe.symbols, ast_symbol[i], strlen(ast_symbol[i]), &index), 0);
        assert_int_equal(index, i);
    }
    f->universe.instrument = f->instrument;
    assert_int_equal(as_ring_new(event_slots, sizeof(as_event), &f->events), 0);
    assert_int_equal(as_ring_new(headline_slots, sizeof(as_headline), &f->headlines), 0);
    assert_int_equal(as_reactor_open(&(as_reactor_options){.datagram_buffers = 64}, &f->reactor), 0);
    strcpy(f->config.name, "test");
    f->config.line = 12;
    f->options = (as_feed_options){.config = &f->config,
                                   .config_path = "aftershock.yaml",
                                   .universe = &f->universe,
                                   .events = f->events,
                                   .headlines = f->headlines,
                                   .source = 5,
                                   .session_date = 20260701};
}

static inline void ast_feed_fini(ast_feed *f)
{
    as_feed_close(f->feed);
    as_reactor_close(f->reactor);
    as_ring_free(f->events);
    as_ring_free(f->headlines);
    as_symbols_fini(&f->universe.symbols);
}

/* A port that is free now. type: SOCK_DGRAM or SOCK_STREAM. */
static inline uint16_t ast_free_port(int type)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    uint16_t port = as_socket_port(fd);
    close(fd);
    return port;
}

static inline int ast_connect(int type, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline int ast_listen(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* Open a feed. url holds one %u for a free port. */
static inline int ast_feed_open(ast_feed *f, const char *url, as_feed_framing framing, as_feed_format format)
{
    bool udp = strncmp(url, "udp", 3) == 0;
    char text[AS_URL_BYTES];
    if (f->port == 0)
        f->port = ast_free_port(udp ? SOCK_DGRAM : SOCK_STREAM);
    snprintf(text, sizeof text, "%.*s%u%s", (int)strcspn(url, "%"), url, f->port, strstr(url, "%u") + 2);
    strcpy(f->config.source, text);
    f->config.framing = framing;
    f->config.format = format;
    return as_feed_open(&f->options, f->reactor, &f->feed);
}

static inline as_feed_stats ast_feed_stats(const ast_feed *f)
{
    as_feed_stats stats;
    as_feed_stats_get(f->feed, &stats);
    return stats;
}

static inline uint64_t ast_feed_bad(const ast_feed *f, const char *reason)
{
    as_feed_stats stats = ast_feed_stats(f);
    for (uint32_t i = 0; i < stats.reason_count; i++) {
        if (strcmp(stats.by_reason[i].reason, reason) == 0)
            return stats.by_reason[i].count;
    }
    return 0;
}

/* One turn of a feed thread. */
static inline void ast_feed_turn(ast_feed *f)
{
    as_reactor_poll(f->reactor, 2 * AS_NS_PER_MS);
    as_feed_poll_idle(f->feed, as_clock_now_ns());
}

/* Turn until the condition holds, at most 3 s. */
#define AST_FEED_UNTIL(f, condition)                                                                                   \
    do {                                                                                                               \
        uint64_t limit_ = as_clock_monotonic_ns() + 3 * AS_NS_PER_S;                                                   \
        while (!(condition) && as_clock_monotonic_ns() < limit_)                                                       \
            ast_feed_turn(f);                                                                                          \
        assert_true(condition);                                                                                        \
    } while (0)

/* The next event, which must be there; copied out. */
static inline as_event ast_feed_event(ast_feed *f)
{
    const as_event *slot = as_ring_peek(f->events);
    assert_non_null(slot);
    as_event event = *slot;
    as_ring_release(f->events);
    assert_int_equal(event.source, 5);
    return event;
}

/* ---- ITCH over MoldUDP64 ---- */

static const uint8_t ast_session[AS_PACKET_SESSION_BYTES] = {'0', '0', '0', '0', '0', '0', '0', '0', '1', 'A'};

static inline size_t ast_mold(uint8_t *out, const uint8_t *session, uint64_t seq, const as_itch50 *message,
                              unsigned count)
{
    as_mold_builder builder;
    as_mold_builder_init(&builder, session, seq, out, AS_DATAGRAM_BYTES);
    for (unsigned i = 0; i < count; i++) {
        uint8_t bytes[AS_ITCH50_BYTES_MAX];
        size_t n = as_itch50_encode(&message[i], bytes, sizeof bytes);
        assert_true(n > 0 && as_mold_builder_add(&builder, bytes, n));
    }
    return as_mold_builder_finish(&builder);
}

static inline void ast_mold_send(int fd, const uint8_t *session, uint64_t seq, const as_itch50 *message, unsigned count)
{
    uint8_t out[AS_DATAGRAM_BYTES];
    size_t bytes = ast_mold(out, session, seq, message, count);
    assert_int_equal(send(fd, out, bytes, 0), bytes);
}

#define AST_TS_NS UINT64_C(34200000000123) /* 09:30:00.000000123 */

static inline as_itch50 ast_directory(uint16_t locate, const char *symbol)
{
    as_itch50 m = {.ts_ns = AST_TS_NS, .locate = locate, .type = 'R'};
    memset(m.directory.stock, ' ', sizeof m.directory.stock);
    memcpy(m.directory.stock, symbol, strlen(symbol));
    return m;
}

static inline as_itch50 ast_add(uint16_t locate, uint64_t ref, char side, uint32_t shares, uint32_t px4)
{
    as_itch50 m = {.ts_ns = AST_TS_NS, .locate = locate, .type = 'A'};
    m.add.ref = ref;
    m.add.side = side;
    m.add.shares = shares;
    m.add.px4 = px4;
    memset(m.add.stock, ' ', sizeof m.add.stock);
    return m;
}

#endif
