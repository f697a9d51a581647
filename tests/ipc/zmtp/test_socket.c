#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/zmtp/endpoint.h"
#include "ipc/zmtp/socket.h"
#include "tests/support/raw_subscriber.h"

static void a_local_peer_is_its_process(void **state)
{
    int pair[2];
    char text[64], expected[64];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    as_zmtp_socket_describe(pair[0], text, sizeof text);
    snprintf(expected, sizeof expected, "pid=%d uid=%u", (int)getpid(), (unsigned)getuid());
    assert_string_equal(text, expected);
    close(pair[1]);
    as_zmtp_socket_describe(-1, text, sizeof text);
    assert_string_equal(text, "gone");
    as_zmtp_socket_close(pair[0]);
    assert_int_equal(close(pair[0]), -1);
}

static void what_was_sent_arrives_though_we_close_without_reading(void **state)
{
    static ast_raw raw;
    as_zmtp_endpoint endpoint = {.descriptor = -1};
    char text[64];
    int value = 0;
    socklen_t bytes = sizeof value;
    (void)state;
    assert_int_equal(as_zmtp_endpoint_open("tcp://127.0.0.1:*", &endpoint), 0);
    assert_int_equal(ast_raw_connect(&raw, endpoint.text), 0);
    int descriptor = accept(endpoint.descriptor, NULL, NULL);
    assert_true(descriptor >= 0);
    as_zmtp_socket_describe(descriptor, text, sizeof text);
    assert_memory_equal(text, "127.0.0.1:", 10);
    as_zmtp_socket_prepare(descriptor, true);
    assert_int_equal(getsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &value, &bytes), 0);
    assert_int_equal(value, 30);
    assert_true(ast_raw_send(&raw, "unread", 6));
    for (unsigned i = 0; i < 1000 && recv(descriptor, text, 1, MSG_PEEK | MSG_DONTWAIT) < 1; i++)
        usleep(1000);
    assert_int_equal(send(descriptor, "last", 4, 0), 4);
    as_zmtp_socket_close(descriptor);
    for (unsigned i = 0; i < 1000 && !raw.closed; i++) {
        ast_raw_read(&raw);
        usleep(1000);
    }
    assert_int_equal(raw.in_bytes, 4);
    ast_raw_close(&raw);
    as_zmtp_endpoint_close(&endpoint);
}

static void some_errors_are_none(void **state)
{
    (void)state;
    assert_true(as_zmtp_socket_would_block(EAGAIN) && as_zmtp_socket_would_block(EINTR));
    assert_false(as_zmtp_socket_would_block(EPIPE) || as_zmtp_socket_would_block(ECONNRESET));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_peer_is_its_process),
        cmocka_unit_test(what_was_sent_arrives_though_we_close_without_reading),
        cmocka_unit_test(some_errors_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
