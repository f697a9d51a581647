#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/live/connection.h"
#include "tests/support/certificate.h"
#include "tests/support/thread_server.h"

static as_backend backend;
static ast_authority authority, impostor, stranger;

/* Sends back what comes, until the other side ends or says "bye". */
static void echo(ast_server *s, int fd, SSL *ssl)
{
    char data[16384];
    ssize_t n;
    if (ssl != NULL && SSL_accept(ssl) != 1)
        return;
    if (ssl != NULL && SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL)
        snprintf(s->seen_name, sizeof s->seen_name, "%s", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    while ((n = ast_server_read(fd, ssl, data, sizeof data)) > 0) {
        if (n == 3 && memcmp(data, "bye", 3) == 0) {
            if (ssl != NULL)
                SSL_shutdown(ssl);
            return;
        }
        ast_server_write(fd, ssl, data, (size_t)n);
    }
}

/* ---- a client and what it has seen ---- */

typedef struct client {
    as_reactor *reactor;
    as_connection *connection;
    unsigned ups, downs, failures;
    char why[AS_CONNECTION_WHY_BYTES];
    char got[256];    /* the first bytes since the last up */
    size_t got_bytes; /* all of them */
    uint8_t next;     /* of the pattern that is expected */
    bool pattern_broken;
    const char *hello; /* sent as soon as it is up */
    bool drop_in_up, drop_in_bytes, start_in_down;
} client;

static void on_up(void *ctx, uint64_t now_ns)
{
    client *k = ctx;
    k->ups++;
    k->got_bytes = 0;
    k->next = 0;
    memset(k->got, 0, sizeof k->got);
    assert_true(as_connection_is_up(k->connection));
    if (k->drop_in_up)
        as_connection_drop(k->connection, "not wanted", now_ns);
    else if (k->hello != NULL)
        assert_int_equal(as_connection_send(k->connection, k->hello, strlen(k->hello)), 0);
}

static void on_bytes(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    client *k = ctx;
    assert_true(data_bytes > 0);
    for (size_t i = 0; i < data_bytes; i++) {
        if (k->got_bytes + i < sizeof k->got - 1)
            k->got[k->got_bytes + i] = (char)data[i];
        k->pattern_broken |= data[i] != k->next++;
    }
    k->got_bytes += data_bytes;
    if (k->drop_in_bytes)
        as_connection_drop(k->connection, "enough", ts_recv_ns);
}

static void on_down(void *ctx, bool was_up, const char *why, uint64_t now_ns)
{
    client *k = ctx;
    assert_false(as_connection_is_up(k->connection));
    if (was_up)
        k->downs++;
    else
        k->failures++;
    snprintf(k->why, sizeof k->why, "%s", why);
    if (k->start_in_down)
        as_connection_start(k->connection, now_ns);
}

static int client_open(client *k, const char *format, uint16_t port, as_connection_options options)
{
    char text[AS_URL_BYTES];
    as_url url;
    snprintf(text, sizeof text, "%.*s%u%s", (int)strcspn(format, "%"), format, port, strstr(format, "%u") + 2);
    assert_int_equal(as_url_parse(text, &url), 0);
    assert_int_equal(as_reactor_open(&(as_reactor_options){.backend = backend, .datagram_buffers = 8}, &k->reactor), 0);
    options.url = &url;
    options.reactor = k->reactor;
    options.up = on_up;
    options.bytes = on_bytes;
    options.down = on_down;
    options.ctx = k;
    if (options.retry_min_ms == 0)
        options.retry_min_ms = 4;
    if (options.retry_max_ms == 0)
        options.retry_max_ms = 16;
    if (options.setup_ms == 0)
        options.setup_ms = 3000;
    return as_connection_open(&options, &k->connection);
}

static void client_close(client *k)
{
    as_connection_close(k->connection);
    as_reactor_close(k->reactor);
}

static void turn(client *k)
{
    as_reactor_poll(k->reactor, AS_NS_PER_MS);
    as_connection_poll(k->connection, as_clock_now_ns());
}

#define UNTIL(k, condition)                                                                                            \
    do {                                                                                                               \
        uint64_t limit_ = as_clock_monotonic_ns() + 3 * AS_NS_PER_S;                                                   \
        while (!(condition) && as_clock_monotonic_ns() < limit_)                                                       \
            turn(k);                                                                                                   \
        assert_true(condition);                                                                                        \
    } while (0)

/* ---- options ---- */

static void what_cannot_be_connected_to_is_refused(void **state)
{
    (void)state;
    client k = {0};
    assert_int_equal(client_open(&k, "udp://127.0.0.1:%u", 5, (as_connection_options){0}), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "nothing to connect to"));
    client_close(&k);
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u?mode=listen", 5, (as_connection_options){0}), -EINVAL);
    client_close(&k);
    as_connection_close(NULL);
}

static void authorities_that_cannot_be_read_are_refused(void **state)
{
    (void)state;
    client k = {0};
    as_connection_options options = {.ca = "/no/such/ca.pem"};
    assert_int_equal(client_open(&k, "https://localhost:%u/", 5, options), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "ca \"/no/such/ca.pem\": No such file"));
    client_close(&k);
    options.ca = "/dev/null";
    assert_int_equal(client_open(&k, "https://localhost:%u/", 5, options), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "allowed: a PEM file of certificates"));
    client_close(&k);
}

/* ---- plain TCP ---- */

static void bytes_go_both_ways(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    ast_server_start(&s, echo, NULL);
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u", s.port, (as_connection_options){0}), 0);
    assert_int_equal(as_connection_send(k.connection, "x", 1), -ENOTCONN);
    UNTIL(&k, k.got_bytes == 5);
    assert_string_equal(k.got, "hello");
    assert_int_equal(as_connection_send(k.connection, "", 0), 0);
    assert_int_equal(as_connection_send(k.connection, " again", 6), 0);
    UNTIL(&k, k.got_bytes == 11);
    assert_string_equal(k.got, "hello again");
    assert_int_equal(as_connection_attempts(k.connection), 1);
    client_close(&k);
    ast_server_stop(&s);
}

static void it_is_made_again_after_the_peer_has_closed_it(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    ast_server_start(&s, echo, NULL);
    assert_int_equal(client_open(&k, "ws://127.0.0.1:%u/", s.port, (as_connection_options){0}), 0);
    for (unsigned i = 1; i <= 3; i++) {
        UNTIL(&k, k.ups == i && k.got_bytes == 5);
        assert_int_equal(as_connection_send(k.connection, "bye", 3), 0);
        UNTIL(&k, k.downs == i);
        assert_string_equal(k.why, "closed by the peer");
        assert_false(as_connection_is_up(k.connection));
    }
    assert_int_equal(k.failures, 0);
    client_close(&k);
    ast_server_stop(&s);
}

static void it_is_tried_until_somebody_listens(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    close(ast_listening(&s.port, 1));
    assert_int_equal(client_open(&k, "http://localhost:%u", s.port, (as_connection_options){0}), 0);
    UNTIL(&k, k.failures == 3);
    assert_string_equal(k.why, "connect: Connection refused");
    ast_server_start(&s, echo, NULL);
    UNTIL(&k, k.got_bytes == 5);
    client_close(&k);
    ast_server_stop(&s);
}

/* A clock of the test's own: pauses take no time. */
static uint64_t next_attempt_ns(client *k, uint64_t *now_ns)
{
    unsigned failures = k->failures;
    uint64_t begin_ns = *now_ns, attempts = as_connection_attempts(k->connection);
    while (as_connection_attempts(k->connection) == attempts) {
        *now_ns += AS_NS_PER_MS / 4;
        as_connection_poll(k->connection, *now_ns);
    }
    uint64_t pause_ns = *now_ns - begin_ns;
    for (int i = 0; k->failures == failures && i < 1000; i++) {
        usleep(100);
        *now_ns += AS_NS_PER_MS;
        as_connection_poll(k->connection, *now_ns);
    }
    assert_int_equal(k->failures, failures + 1);
    return pause_ns;
}

static void pauses_double_up_to_the_limit_and_are_jittered(void **state)
{
    (void)state;
    uint16_t port = 0;
    client k = {0};
    close(ast_listening(&port, 1));
    as_connection_options options = {.retry_min_ms = 100, .retry_max_ms = 1000, .setup_ms = 3000};
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u", port, options), 0);
    uint64_t now_ns = UINT64_C(1000000000000000000);
    assert_true(next_attempt_ns(&k, &now_ns) <= AS_NS_PER_MS); /* the first at once */
    static const uint64_t whole_ms[] = {100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000};
    uint64_t least_ms = UINT64_MAX, most_ms = 0;
    for (size_t i = 0; i < sizeof whole_ms / sizeof *whole_ms; i++) {
        uint64_t pause_ms = next_attempt_ns(&k, &now_ns) / AS_NS_PER_MS;
        if (pause_ms < whole_ms[i] / 2 || pause_ms > whole_ms[i] + 1)
            fail_msg("pause %zu: %u ms of %u", i, (unsigned)pause_ms, (unsigned)whole_ms[i]);
        if (whole_ms[i] == 1000 && pause_ms < least_ms)
            least_ms = pause_ms;
        if (pause_ms > most_ms)
            most_ms = pause_ms;
    }
    assert_true(most_ms > least_ms);
    as_connection_proven(k.connection); /* the pause that runs stays, the next is the shortest */
    next_attempt_ns(&k, &now_ns);
    assert_true(next_attempt_ns(&k, &now_ns) <= 101 * AS_NS_PER_MS);
    /* A clock that is set back does not stop it. */
    now_ns -= 3600 * AS_NS_PER_S;
    assert_true(next_attempt_ns(&k, &now_ns) <= AS_NS_PER_MS);
    client_close(&k);
}

static void a_host_without_an_address_is_a_failed_attempt(void **state)
{
    (void)state;
    client k = {0};
    assert_int_equal(client_open(&k, "tcp://no such host:%u", 5, (as_connection_options){0}), 0);
    UNTIL(&k, k.failures == 2);
    assert_non_null(strstr(k.why, "host \"no such host\": "));
    client_close(&k);
}

static void a_peer_that_takes_no_connection_is_given_up(void **state)
{
    (void)state;
    client k = {0};
    uint16_t port = 0;
    int fd = ast_listening(&port, 0), filler[8];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    for (int i = 0; i < 8; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(filler[i], (struct sockaddr *)&to, sizeof to);
    }
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u", port, (as_connection_options){.setup_ms = 60}), 0);
    UNTIL(&k, k.failures == 2);
    assert_string_equal(k.why, "connecting took more than 60 ms");
    client_close(&k);
    for (int i = 0; i < 8; i++)
        close(filler[i]);
    close(fd);
}

static void half_close(ast_server *s, int fd, SSL *ssl)
{
    char data[16];
    if (ssl != NULL && SSL_accept(ssl) != 1)
        return;
    shutdown(fd, SHUT_WR);
    ast_wait_for_go(s);
    (void)ast_server_read(fd, ssl, data, sizeof data);
}

static void a_half_closed_connection_is_over(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {0};
    ast_server_start(&s, half_close, NULL);
    as_connection_options options = {.retry_min_ms = 1000, .retry_max_ms = 1000};
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u", s.port, options), 0);
    UNTIL(&k, k.downs == 1);
    assert_string_equal(k.why, "closed by the peer");
    client_close(&k);
    ast_server_stop(&s);
}

/* ---- sending much ---- */

/* Takes nothing until it is told to, then sends everything back. */
static void late_echo(ast_server *s, int fd, SSL *ssl)
{
    if (ssl != NULL && SSL_accept(ssl) != 1)
        return;
    ast_wait_for_go(s);
    char data[16384];
    ssize_t n;
    while ((n = ast_server_read(fd, ssl, data, sizeof data)) > 0)
        ast_server_write(fd, ssl, data, (size_t)n);
}

static void what_the_kernel_does_not_take_is_sent_later(bool tls)
{
    ast_server s = {0};
    client k = {0};
    ast_server_start(&s, late_echo, tls ? ast_server_new(&authority, "IP:127.0.0.1", -1, 1) : NULL);
    assert_int_equal(client_open(&k, tls ? "wss://127.0.0.1:%u" : "ws://127.0.0.1:%u", s.port,
                                 (as_connection_options){.ca = authority.path}),
                     0);
    UNTIL(&k, k.ups == 1);
    static uint8_t block[AS_CONNECTION_SEND_BYTES / 2];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)i;
    size_t sent_bytes = 0;
    while (as_connection_wait_ns(k.connection) > AS_NS_PER_MS) { /* until something is left over */
        assert_int_equal(as_connection_send(k.connection, block, sizeof block), 0);
        sent_bytes += sizeof block;
        assert_true(sent_bytes < 64 << 20);
    }
    assert_int_equal(as_connection_send(k.connection, block, 1000), 0);
    sent_bytes += 1000;
    turn(&k);
    ast_server_go(&s);
    UNTIL(&k, k.got_bytes == sent_bytes);
    assert_true(sent_bytes > 100000);
    assert_false(k.pattern_broken);
    client_close(&k);
    ast_server_stop(&s);
}

static void what_the_kernel_does_not_take_is_sent_later_plain(void **state)
{
    (void)state;
    what_the_kernel_does_not_take_is_sent_later(false);
}

static void what_the_kernel_does_not_take_is_sent_later_tls(void **state)
{
    (void)state;
    what_the_kernel_does_not_take_is_sent_later(true);
}

static void a_peer_that_takes_nothing_is_dropped(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {0};
    ast_server_start(&s, late_echo, NULL);
    as_connection_options options = {.retry_min_ms = 5000, .retry_max_ms = 5000};
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u", s.port, options), 0);
    UNTIL(&k, k.ups == 1);
    static uint8_t block[AS_CONNECTION_SEND_BYTES];
    int result = 0;
    for (int i = 0; i < 1024 && result == 0; i++)
        result = as_connection_send(k.connection, block, sizeof block);
    assert_int_equal(result, -ENOBUFS);
    assert_int_equal(k.downs, 1);
    assert_string_equal(k.why, "the peer does not take what is sent");
    assert_int_equal(as_connection_send(k.connection, block, 1), -ENOTCONN);
    client_close(&k);
    ast_server_stop(&s);
}

static void more_than_the_buffer_at_once_is_refused(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {0};
    ast_server_start(&s, echo, NULL);
    assert_int_equal(client_open(&k, "tcp://127.0.0.1:%u", s.port, (as_connection_options){0}), 0);
    UNTIL(&k, k.ups == 1);
    static uint8_t block[AS_CONNECTION_SEND_BYTES + 1];
    assert_int_equal(as_connection_send(k.connection, block, sizeof block), -ENOBUFS);
    assert_int_equal(k.downs, 1);
    client_close(&k);
    ast_server_stop(&s);
}

/* ---- callbacks that act ---- */

static void a_callback_may_drop_the_connection(bool tls)
{
    ast_server s = {0};
    client k = {.hello = "hello", .drop_in_bytes = true};
    ast_server_start(&s, echo, tls ? ast_server_new(&authority, "IP:127.0.0.1", -1, 1) : NULL);
    as_connection_options options = {.ca = authority.path, .retry_min_ms = 4};
    assert_int_equal(client_open(&k, tls ? "https://127.0.0.1:%u" : "http://127.0.0.1:%u", s.port, options), 0);
    UNTIL(&k, k.downs == 2);
    assert_string_equal(k.why, "enough");
    k.drop_in_bytes = false;
    k.drop_in_up = true;
    UNTIL(&k, k.downs >= 4);
    assert_string_equal(k.why, "not wanted");
    as_connection_drop(k.connection, "nothing to drop", as_clock_now_ns());
    client_close(&k);
    ast_server_stop(&s);
}

static void a_callback_may_drop_the_connection_plain(void **state)
{
    (void)state;
    a_callback_may_drop_the_connection(false);
}

static void a_callback_may_drop_the_connection_tls(void **state)
{
    (void)state;
    a_callback_may_drop_the_connection(true);
}

static void on_demand_it_is_made_only_when_it_is_wanted(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    ast_server_start(&s, echo, NULL);
    assert_int_equal(client_open(&k, "http://127.0.0.1:%u", s.port, (as_connection_options){.on_demand = true}), 0);
    for (int i = 0; i < 30; i++)
        turn(&k);
    assert_int_equal(as_connection_attempts(k.connection), 0);
    for (unsigned i = 1; i <= 2; i++) {
        as_connection_start(k.connection, as_clock_now_ns());
        assert_int_equal(as_connection_wait_ns(k.connection), 0);
        UNTIL(&k, k.ups == i && k.got_bytes == 5);
        as_connection_start(k.connection, as_clock_now_ns()); /* it is up already */
        as_connection_send(k.connection, "bye", 3);
        UNTIL(&k, k.downs == i);
        for (int j = 0; j < 30; j++)
            turn(&k);
        assert_int_equal(as_connection_attempts(k.connection), i);
    }
    ast_server_stop(&s);
    as_connection_start(k.connection, as_clock_now_ns());
    UNTIL(&k, k.failures == 1);
    for (int j = 0; j < 30; j++)
        turn(&k);
    assert_int_equal(k.failures, 1);
    k.start_in_down = true;
    as_connection_start(k.connection, as_clock_now_ns());
    UNTIL(&k, k.failures == 3);
    client_close(&k);
}

/* ---- TLS ---- */

static void tls_carries_bytes_both_ways_and_sends_the_name(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    ast_server_start(&s, echo, ast_server_new(&authority, "DNS:localhost", -1, 1));
    as_connection_options options = {.ca = authority.path};
    assert_int_equal(client_open(&k, "wss://localhost:%u/x", s.port, options), 0);
    UNTIL(&k, k.got_bytes == 5);
    assert_string_equal(k.got, "hello");
    as_connection_send(k.connection, "bye", 3);
    UNTIL(&k, k.downs == 1);
    assert_string_equal(k.why, "closed by the peer");
    UNTIL(&k, k.ups == 2 && k.got_bytes == 5);
    client_close(&k);
    ast_server_stop(&s);
    assert_string_equal(s.seen_name, "localhost");
}

static void an_ip_address_must_stand_in_the_certificate(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    ast_server_start(&s, echo, ast_server_new(&authority, "IP:127.0.0.1", -1, 1));
    as_connection_options options = {.ca = authority.path};
    assert_int_equal(client_open(&k, "wss://127.0.0.1:%u/x", s.port, options), 0);
    UNTIL(&k, k.got_bytes == 5);
    client_close(&k);
    ast_server_stop(&s);
    assert_string_equal(s.seen_name, ""); /* SNI knows no addresses (RFC 6066, section 3) */
}

static void refused(SSL_CTX *tls, const char *url, const char *why)
{
    ast_server s = {0};
    client k = {.hello = "secret"};
    ast_server_start(&s, echo, tls);
    assert_int_equal(client_open(&k, url, s.port, (as_connection_options){.ca = authority.path}), 0);
    UNTIL(&k, k.failures == 2);
    if (strstr(k.why, why) == NULL)
        fail_msg("%s: \"%s\"; expected \"%s\"", url, k.why, why);
    assert_int_equal(k.ups, 0);
    client_close(&k);
    ast_server_stop(&s);
}

static void certificates_that_prove_nothing_are_refused(void **state)
{
    (void)state;
    refused(ast_server_new(&authority, "DNS:other.example", -1, 1), "wss://localhost:%u",
            "certificate of \"localhost\" refused: hostname mismatch");
    refused(ast_server_new(&authority, "DNS:localhost", -1, 1), "wss://127.0.0.1:%u",
            "certificate of \"127.0.0.1\" refused: IP address mismatch");
    refused(ast_server_new(&authority, "IP:127.0.0.2", -1, 1), "wss://127.0.0.1:%u", "IP address mismatch");
    refused(ast_server_new(&stranger, "DNS:localhost", -1, 1), "https://localhost:%u",
            "certificate of \"localhost\" refused: unable to get local issuer certificate");
    refused(ast_server_new(&impostor, "DNS:localhost", -1, 1), "https://localhost:%u",
            "certificate of \"localhost\" refused: certificate signature failure");
    refused(ast_server_new(NULL, "DNS:localhost", -1, 1), "https://localhost:%u", "refused: self-signed certificate");
    refused(ast_server_new(&authority, "DNS:localhost", -3, -1), "wss://localhost:%u",
            "certificate of \"localhost\" refused: certificate has expired");
    refused(ast_server_new(&authority, "DNS:localhost", 1, 3), "wss://localhost:%u", "certificate is not yet valid");
}

static void the_systems_authorities_do_not_know_ours(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {0};
    ast_server_start(&s, echo, ast_server_new(&authority, "DNS:localhost", -1, 1));
    assert_int_equal(client_open(&k, "wss://localhost:%u", s.port, (as_connection_options){.ca = ""}), 0);
    UNTIL(&k, k.failures == 1);
    assert_non_null(strstr(k.why, "refused: "));
    client_close(&k);
    ast_server_stop(&s);
}

static void tls_before_1_2_is_refused(void **state)
{
    (void)state;
    SSL_CTX *tls = ast_server_new(&authority, "DNS:localhost", -1, 1);
    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
    refused(tls, "wss://localhost:%u", "TLS: ");
}

static void tls_1_2_is_allowed(void **state)
{
    (void)state;
    ast_server s = {0};
    client k = {.hello = "hello"};
    SSL_CTX *tls = ast_server_new(&authority, "DNS:localhost", -1, 1);
    SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
    ast_server_start(&s, echo, tls);
    assert_int_equal(client_open(&k, "wss://localhost:%u", s.port, (as_connection_options){.ca = authority.path}), 0);
    UNTIL(&k, k.got_bytes == 5);
    client_close(&k);
    ast_server_stop(&s);
}

/* ---- peers that are no TLS server, or stop being one ---- */

static void speaks_http(ast_server *s, int fd, SSL *ssl)
{
    (void)s;
    (void)ssl;
    char data[1024];
    (void)recv(fd, data, sizeof data, 0);
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
}

static void says_nothing(ast_server *s, int fd, SSL *ssl)
{
    (void)fd;
    (void)ssl;
    ast_wait_for_go(s);
}

static void reads_and_closes(ast_server *s, int fd, SSL *ssl)
{
    (void)s;
    (void)ssl;
    char data[1024];
    (void)recv(fd, data, sizeof data, 0);
}

/* Half of a server's first flight, made in memory. */
static void sends_half_a_hello(ast_server *s, int fd, SSL *ssl)
{
    (void)ssl;
    uint8_t data[4096];
    ssize_t got = recv(fd, data, sizeof data, 0);
    SSL *inner = SSL_new(s->tls);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(inner, in, out);
    BIO_write(in, data, (int)got);
    SSL_accept(inner);
    int n = BIO_read(out, data, sizeof data);
    send(fd, data, (size_t)n / 2, MSG_NOSIGNAL);
    SSL_free(inner);
    ast_wait_for_go(s);
}

static void peers_that_do_not_finish_a_handshake_are_given_up(void **state)
{
    (void)state;
    static const struct {
        ast_script_fn script;
        const char *why;
    } peers[] = {
        {speaks_http, "TLS: wrong version number"},
        {reads_and_closes, "TLS: handshake cut off"},
        {says_nothing, "the TLS handshake took more than 80 ms"},
        {sends_half_a_hello, "the TLS handshake took more than 80 ms"},
    };
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        ast_server s = {0};
        client k = {0};
        ast_server_start(&s, peers[i].script, ast_server_new(&authority, "DNS:localhost", -1, 1));
        as_connection_options options = {.ca = authority.path, .setup_ms = 80};
        assert_int_equal(client_open(&k, "wss://localhost:%u", s.port, options), 0);
        UNTIL(&k, k.failures == 1);
        if (strstr(k.why, peers[i].why) == NULL)
            fail_msg("%zu: \"%s\"", i, k.why);
        assert_int_equal(k.ups, 0);
        client_close(&k);
        ast_server_stop(&s);
    }
}

static void sends_a_huge_record(ast_server *s, int fd, SSL *ssl)
{
    if (SSL_accept(ssl) != 1)
        return;
    SSL_write(ssl, "first", 5);
    static const uint8_t header[5] = {0x17, 3, 3, 0xff, 0xff};
    send(fd, header, sizeof header, MSG_NOSIGNAL);
    static uint8_t body[0xffff];
    send(fd, body, sizeof body, MSG_NOSIGNAL);
    ast_wait_for_go(s);
}

static void sends_garbage(ast_server *s, int fd, SSL *ssl)
{
    if (SSL_accept(ssl) != 1)
        return;
    SSL_write(ssl, "first", 5);
    static const uint8_t record[5 + 32] = {0x17, 3, 3, 0, 32, 1, 2, 3};
    send(fd, record, sizeof record, MSG_NOSIGNAL);
    ast_wait_for_go(s);
}

static void closes_without_an_end(ast_server *s, int fd, SSL *ssl)
{
    (void)s;
    (void)fd;
    if (SSL_accept(ssl) == 1)
        SSL_write(ssl, "first", 5);
}

static void records_that_are_not_right_end_the_connection(void **state)
{
    (void)state;
    static const struct {
        ast_script_fn script;
        const char *why;
    } peers[] = {
        {sends_a_huge_record, "TLS: "},
        {sends_garbage, "TLS: "},
        {closes_without_an_end, "cut off: closed by the peer without the end of TLS"},
    };
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        ast_server s = {0};
        client k = {0};
        ast_server_start(&s, peers[i].script, ast_server_new(&authority, "DNS:localhost", -1, 1));
        as_connection_options options = {.ca = authority.path, .retry_min_ms = 1000, .retry_max_ms = 1000};
        assert_int_equal(client_open(&k, "wss://localhost:%u", s.port, options), 0);
        UNTIL(&k, k.downs == 1);
        if (strstr(k.why, peers[i].why) == NULL)
            fail_msg("%zu: \"%s\"", i, k.why);
        assert_string_equal(k.got, "first"); /* what came before is delivered */
        client_close(&k);
        ast_server_stop(&s);
    }
}

static void closing_while_a_name_is_looked_up_is_safe(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        client k = {0};
        assert_int_equal(client_open(&k, "wss://localhost:%u", 5, (as_connection_options){.ca = authority.path}), 0);
        as_connection_poll(k.connection, as_clock_now_ns());
        if (i % 2)
            usleep(200);
        client_close(&k);
    }
}

static int setup_authorities(void **state)
{
    (void)state;
    ast_authority_init(&authority, "Test authority");
    ast_authority_init(&impostor, "Test authority");
    ast_authority_init(&stranger, "Another authority");
    return 0;
}

static int teardown_authorities(void **state)
{
    (void)state;
    ast_authority_fini(&authority);
    ast_authority_fini(&impostor);
    ast_authority_fini(&stranger);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_connected_to_is_refused),
        cmocka_unit_test(authorities_that_cannot_be_read_are_refused),
        cmocka_unit_test(bytes_go_both_ways),
        cmocka_unit_test(it_is_made_again_after_the_peer_has_closed_it),
        cmocka_unit_test(it_is_tried_until_somebody_listens),
        cmocka_unit_test(pauses_double_up_to_the_limit_and_are_jittered),
        cmocka_unit_test(a_host_without_an_address_is_a_failed_attempt),
        cmocka_unit_test(a_peer_that_takes_no_connection_is_given_up),
        cmocka_unit_test(a_half_closed_connection_is_over),
        cmocka_unit_test(what_the_kernel_does_not_take_is_sent_later_plain),
        cmocka_unit_test(what_the_kernel_does_not_take_is_sent_later_tls),
        cmocka_unit_test(a_peer_that_takes_nothing_is_dropped),
        cmocka_unit_test(more_than_the_buffer_at_once_is_refused),
        cmocka_unit_test(a_callback_may_drop_the_connection_plain),
        cmocka_unit_test(a_callback_may_drop_the_connection_tls),
        cmocka_unit_test(on_demand_it_is_made_only_when_it_is_wanted),
        cmocka_unit_test(tls_carries_bytes_both_ways_and_sends_the_name),
        cmocka_unit_test(an_ip_address_must_stand_in_the_certificate),
        cmocka_unit_test(certificates_that_prove_nothing_are_refused),
        cmocka_unit_test(the_systems_authorities_do_not_know_ours),
        cmocka_unit_test(tls_before_1_2_is_refused),
        cmocka_unit_test(tls_1_2_is_allowed),
        cmocka_unit_test(peers_that_do_not_finish_a_handshake_are_given_up),
        cmocka_unit_test(records_that_are_not_right_end_the_connection),
        cmocka_unit_test(closing_while_a_name_is_looked_up_is_safe),
    };
    signal(SIGPIPE, SIG_IGN); /* the servers' writes through OpenSSL */
    static const as_backend backends[] = {AS_BACKEND_EPOLL, AS_BACKEND_AUTO};
    int failed = 0;
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        backend = backends[i];
        failed += cmocka_run_group_tests(tests, setup_authorities, teardown_authorities);
    }
    return failed;
}
