#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/error.h"
#include "ipc/zmtp/endpoint.h"

static char folder[64];
static char path[128]; /* ipc://... */

static int make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/as_endpoint_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "ipc://%s/live", folder);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    unlink(path + 6);
    return rmdir(folder);
}

static void a_star_becomes_a_port(void **state)
{
    as_zmtp_endpoint endpoint;
    unsigned port;
    (void)state;
    assert_int_equal(as_zmtp_endpoint_open("tcp://localhost:*", &endpoint), 0);
    assert_int_equal(sscanf(endpoint.text, "tcp://127.0.0.1:%u", &port), 1);
    assert_true(port > 0 && endpoint.is_tcp);
    as_zmtp_endpoint second;
    assert_int_equal(as_zmtp_endpoint_open(endpoint.text, &second), -EADDRINUSE);
    assert_non_null(strstr(as_error_message(0), endpoint.text));
    as_zmtp_endpoint_close(&endpoint);
    assert_int_equal(endpoint.descriptor, -1);
    as_zmtp_endpoint_close(&endpoint);
}

static void ipv6_stands_in_brackets(void **state)
{
    as_zmtp_endpoint endpoint;
    unsigned port;
    (void)state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    if (probe < 0)
        skip();
    close(probe);
    int rc = as_zmtp_endpoint_open("tcp://[::1]:*", &endpoint);
    if (rc == -EADDRNOTAVAIL)
        skip(); /* no IPv6 loopback in this container */
    assert_int_equal(rc, 0);
    assert_int_equal(sscanf(endpoint.text, "tcp://[::1]:%u", &port), 1);
    as_zmtp_endpoint_close(&endpoint);
}

static void what_is_no_endpoint_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "tcp://",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:-1",
        "tcp://:1",
        "tcp://host:1",
        "tcp://::1:5",
        "tcp://[::1:5",
        "tcp://127.0.0.1:1x",
        "udp://127.0.0.1:1",
        "ipc://",
        "ipc://@",
        "127.0.0.1:5600",
        "tcp://127.0.0.1.1:80",
    };
    as_zmtp_endpoint endpoint;
    char too_long[6 + 108 + 1] = "ipc://";
    (void)state;
    memset(too_long + 6, 'x', 108);
    assert_int_equal(as_zmtp_endpoint_open(too_long, &endpoint), -EINVAL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(as_zmtp_endpoint_open(bad[i], &endpoint), -EINVAL);
        assert_false(as_zmtp_endpoint_is_local(bad[i]));
    }
}

static void loopback_and_ipc_are_local(void **state)
{
    (void)state;
    assert_true(as_zmtp_endpoint_is_local("tcp://127.0.0.1:*"));
    assert_true(as_zmtp_endpoint_is_local("tcp://127.9.9.9:1"));
    assert_true(as_zmtp_endpoint_is_local("tcp://localhost:1"));
    assert_true(as_zmtp_endpoint_is_local("tcp://[::1]:1"));
    assert_true(as_zmtp_endpoint_is_local("ipc:///tmp/x"));
    assert_true(as_zmtp_endpoint_is_local("ipc://@x"));
    assert_false(as_zmtp_endpoint_is_local("tcp://*:1"));
    assert_false(as_zmtp_endpoint_is_local("tcp://10.0.0.1:1"));
    assert_false(as_zmtp_endpoint_is_local("tcp://[::]:1"));
}

static void a_socket_file_is_0660_and_goes_with_its_owner(void **state)
{
    as_zmtp_endpoint endpoint;
    struct stat file;
    (void)state;
    mode_t mask = umask(0);
    assert_int_equal(as_zmtp_endpoint_open(path, &endpoint), 0);
    umask(mask);
    assert_int_equal(stat(path + 6, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0660);
    assert_string_equal(endpoint.text, path);
    as_zmtp_endpoint_close(&endpoint);
    assert_int_equal(stat(path + 6, &file), -1);
}

static void only_what_a_dead_process_left_is_replaced(void **state)
{
    as_zmtp_endpoint endpoint, second;
    struct stat file;
    (void)state;
    assert_int_equal(as_zmtp_endpoint_open(path, &endpoint), 0);
    assert_int_equal(as_zmtp_endpoint_open(path, &second), -EADDRINUSE);
    close(endpoint.descriptor); /* dies without unlinking */
    assert_int_equal(as_zmtp_endpoint_open(path, &second), 0);
    endpoint.descriptor = dup(second.descriptor);
    endpoint.inode = second.inode + 1; /* the file is another one's now: it stays */
    as_zmtp_endpoint_close(&endpoint);
    assert_int_equal(stat(path + 6, &file), 0);
    as_zmtp_endpoint_close(&second);
    FILE *plain = fopen(path + 6, "w");
    assert_non_null(plain);
    fclose(plain);
    assert_int_equal(as_zmtp_endpoint_open(path, &second), -EADDRINUSE);
    assert_int_equal(stat(path + 6, &file), 0);
}

static void an_abstract_name_leaves_no_file(void **state)
{
    as_zmtp_endpoint endpoint, second;
    char name[128];
    (void)state;
    snprintf(name, sizeof name, "ipc://@aftershock%s", folder);
    assert_int_equal(as_zmtp_endpoint_open(name, &endpoint), 0);
    assert_string_equal(endpoint.path, "");
    assert_int_equal(as_zmtp_endpoint_open(name, &second), -EADDRINUSE);
    as_zmtp_endpoint_close(&endpoint);
    assert_int_equal(as_zmtp_endpoint_open(name, &second), 0);
    as_zmtp_endpoint_close(&second);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(a_star_becomes_a_port),
        TEST(ipv6_stands_in_brackets),
        TEST(what_is_no_endpoint_is_refused),
        TEST(loopback_and_ipc_are_local),
        TEST(a_socket_file_is_0660_and_goes_with_its_owner),
        TEST(only_what_a_dead_process_left_is_replaced),
        TEST(an_abstract_name_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
