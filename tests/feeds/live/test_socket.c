#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/live/socket.h"

static as_url parse(const char *text)
{
    as_url url;
    assert_int_equal(as_url_parse(text, &url), 0);
    return url;
}

static void urls_are_taken_apart(void **state)
{
    (void)state;
    as_url url = parse("udp://239.1.1.1:26400?if=lo");
    assert_int_equal(url.transport, AS_TRANSPORT_UDP);
    assert_string_equal(url.host, "239.1.1.1");
    assert_int_equal(url.port, 26400);
    assert_string_equal(url.interface, "lo");
    url = parse("udp://[ff15::1]:1?if=eth0");
    assert_string_equal(url.host, "ff15::1");
    url = parse("udp://127.0.0.1:65535");
    assert_string_equal(url.interface, "");
    url = parse("tcp://news.example:7010");
    assert_int_equal(url.transport, AS_TRANSPORT_TCP);
    assert_int_equal(url.mode, AS_TCP_AUTO);
    assert_int_equal(parse("tcp://h:1?mode=auto").mode, AS_TCP_AUTO);
    assert_int_equal(parse("tcp://h:1?mode=connect").mode, AS_TCP_CONNECT);
    assert_int_equal(parse("tcp://h:1/?mode=listen").mode, AS_TCP_LISTEN);
    assert_int_equal(parse("tcp://h:1/").mode, AS_TCP_AUTO);
}

static void a_bad_url_is_refused_with_what_was_found_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *url, *found, *allowed;
    } bad[] = {
        {"", "\"\": not a source URL", "udp://HOST:PORT"},
        {"ftp://h:1", "\"ftp://h:1\": not a source URL", "tcp://HOST:PORT"},
        {"UDP://h:1", "not a source URL", "udp://"},
        {"udp://", "host is empty", "udp://HOST:PORT"},
        {"udp://:26400", "host is empty", "HOST:PORT"},
        {"udp://1.2.3.4", "no port after the host", "HOST:PORT"},
        {"udp://[ff15::1]26400", "no port after the host", "HOST:PORT"},
        {"udp://[ff15::1:26400", "'[' without ']'", "[ff15::1]"},
        {"udp://h:", "port is \"\"", "1 to 65535"},
        {"udp://h:0", "port is \"0\"", "1 to 65535"},
        {"udp://h:65536", "port is \"65536\"", "1 to 65535"},
        {"udp://h:-1", "port is \"-1\"", "1 to 65535"},
        {"udp://h:12x", "port is \"12x\"", "1 to 65535"},
        {"udp://h:4294967297", "port is \"4294967297\"", "1 to 65535"},
        {"udp://h:1/path", "\"/path\" after the port", "udp://"},
        {"udp://h:1#x", "\"#x\" after the port", "udp://"},
        {"udp://h:1?", "unknown option \"\"", "with udp: if"},
        {"udp://h:1?mode=listen", "unknown option \"mode\"", "with udp: if"},
        {"tcp://h:1?if=lo", "unknown option \"if\"", "with tcp: mode"},
        {"tcp://h:1?mode", "mode is \"\"", "auto, connect, listen"},
        {"tcp://h:1?mode=server", "mode is \"server\"", "auto, connect, listen"},
        {"tcp://h:1?mode=listen&x=1", "unknown option \"x\"", "mode"},
        {"udp://h:1?if=", "if is \"\"", "1 to 15 bytes"},
        {"udp://h:1?if=an_interface_with_a_long_name", "if is \"an_interface", "1 to 15 bytes"},
        {"WSS://h/", "not a source URL", "ws[s]://"},
        {"ws://", "host is empty", "ws[s]://"},
        {"wss:///path", "host is empty", "http[s]://HOST[:PORT]/PATH"},
        {"https://h:/x", "port is \"\"", "1 to 65535"},
        {"https://h:0/x", "port is \"0\"", "1 to 65535"},
        {"https://h:99999/x", "port is \"99999\"", "1 to 65535"},
        {"https://[::1/x", "'[' without ']'", "[ff15::1]"},
        {"http://h/a#top", "\"#top\" names a part of a page", "http[s]://HOST[:PORT]/PATH"},
        {"ws://h#top", "\"#top\" names a part of a page", "ws[s]://"},
        {"wss://h/a?b=1#c", "\"#c\" names a part of a page", "ws[s]://"},
        {"http://h/a b", "byte 11 is a blank", "%20"},
        {"http://h/a\r\nX: y", "byte 11 is a blank, a control character", "%20"},
        {"https://h/\xc3\xa9", "byte 11 is a blank, a control character or not ASCII", "%20"},
        {"https://h\x7f/", "byte 10 is a blank, a control character", "%20"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        as_url url = {.port = 7};
        assert_int_equal(as_url_parse(bad[i].url, &url), -EINVAL);
        assert_int_equal(url.port, 7);
        if (strstr(as_error_message(0), bad[i].found) == NULL || strstr(as_error_message(0), bad[i].allowed) == NULL)
            fail_msg("%s: %s", bad[i].url, as_error_message(0));
    }
}

static void urls_of_the_web_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *path;
        as_transport transport;
        uint16_t port;
    } good[] = {
        {"ws://h", "h", "/", AS_TRANSPORT_WS, 80},
        {"wss://h", "h", "/", AS_TRANSPORT_WSS, 443},
        {"http://h/", "h", "/", AS_TRANSPORT_HTTP, 80},
        {"https://news.example/v1/stream", "news.example", "/v1/stream", AS_TRANSPORT_HTTPS, 443},
        {"wss://news.example:8443/v1/stream?a=b&c=%20d", "news.example", "/v1/stream?a=b&c=%20d", AS_TRANSPORT_WSS,
         8443},
        {"http://h?q=1", "h", "/?q=1", AS_TRANSPORT_HTTP, 80},
        {"http://h:81?q=/x", "h", "/?q=/x", AS_TRANSPORT_HTTP, 81},
        {"https://[::1]/rss", "::1", "/rss", AS_TRANSPORT_HTTPS, 443},
        {"https://[::1]:444/rss", "::1", "/rss", AS_TRANSPORT_HTTPS, 444},
        {"https://h/@user", "h", "/@user", AS_TRANSPORT_HTTPS, 443},
        {"https://h/?mode=listen", "h", "/?mode=listen", AS_TRANSPORT_HTTPS, 443},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        as_url url = parse(good[i].url);
        assert_string_equal(url.text, good[i].url);
        assert_string_equal(url.host, good[i].host);
        assert_string_equal(url.path, good[i].path);
        assert_int_equal(url.transport, good[i].transport);
        assert_int_equal(url.port, good[i].port);
        assert_int_equal(url.mode, AS_TCP_AUTO);
        assert_string_equal(url.interface, "");
    }
    assert_string_equal(parse("tcp://h:1").path, "");
}

static void credentials_in_a_url_are_refused_and_not_repeated(void **state)
{
    (void)state;
    static const char *const bad[] = {"https://me:pa55@h/", "wss://pa55@h:1/x", "tcp://me:pa55@h:1", "http://a@pa55@h"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        as_url url;
        assert_int_equal(as_url_parse(bad[i], &url), -EINVAL);
        assert_non_null(strstr(as_error_message(0), "user before '@'"));
        assert_non_null(strstr(as_error_message(0), "the keys user and secret"));
        assert_null(strstr(as_error_message(0), "pa55"));
    }
}

static void a_url_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    char text[AS_URL_BYTES + 100] = "udp://";
    as_url url;
    memset(text + 6, 'h', AS_URL_BYTES);
    assert_int_equal(as_url_parse(text, &url), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "allowed: up to 255"));
    strcpy(text + 6 + AS_HOST_BYTES, ":1");
    assert_int_equal(as_url_parse(text, &url), -EINVAL);
    assert_non_null(strstr(as_error_message(0), "allowed: up to 127"));
}

static as_address resolve(const char *text)
{
    as_url url = parse(text);
    as_address address;
    assert_int_equal(as_url_resolve(&url, &address), 0);
    return address;
}

static void addresses_of_this_machine_and_groups_are_recognised(void **state)
{
    (void)state;
    as_address address = resolve("udp://127.3.2.1:5");
    assert_true(as_address_is_local(&address));
    assert_false(as_address_is_multicast(&address));
    address = resolve("tcp://localhost:5");
    assert_int_equal(address.storage.ss_family, AF_INET);
    assert_true(as_address_is_local(&address));
    address = resolve("tcp://0.0.0.0:5");
    assert_true(as_address_is_local(&address));
    address = resolve("tcp://[::1]:5");
    assert_true(as_address_is_local(&address));
    address = resolve("tcp://198.51.100.7:5");
    assert_false(as_address_is_local(&address));
    address = resolve("udp://224.0.0.1:5");
    assert_true(as_address_is_multicast(&address));
    address = resolve("udp://240.0.0.1:5");
    assert_false(as_address_is_multicast(&address));
    address = resolve("udp://[ff02::1]:5");
    assert_true(as_address_is_multicast(&address));
}

static void a_host_without_an_address_is_an_error_that_names_it(void **state)
{
    (void)state;
    as_url url = parse("tcp://no such host:5");
    as_address address;
    assert_int_equal(as_url_resolve(&url, &address), -ENOENT);
    assert_non_null(strstr(as_error_message(0), "\"no such host\""));
}

static uint16_t take_port(int type, int *fd)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *fd = socket(AF_INET, type, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&any, sizeof any), 0);
    return as_socket_port(*fd);
}

static as_url url_of(const char *format, uint16_t port)
{
    char text[AS_URL_BYTES];
    snprintf(text, sizeof text, format, port);
    return parse(text);
}

static void a_udp_port_in_use_is_an_error_that_names_the_url(void **state)
{
    (void)state;
    int taken, fd = -7;
    as_url url = url_of("udp://127.0.0.1:%u", take_port(SOCK_DGRAM, &taken));
    assert_int_equal(as_socket_open_udp(&url, &fd, NULL), -EADDRINUSE);
    assert_int_equal(fd, -7);
    assert_non_null(strstr(as_error_message(0), url.text));
    assert_non_null(strstr(as_error_message(0), "in use"));
    close(taken);
    assert_int_equal(as_socket_open_udp(&url, &fd, NULL), 0);
    int second = -7;
    assert_int_equal(as_socket_open_udp(&url, &second, NULL), -EADDRINUSE);
    close(fd);
}

static void two_programs_may_join_the_same_group(void **state)
{
    (void)state;
    int taken, fd[2];
    as_url url = url_of("udp://239.255.18.1:%u?if=lo", take_port(SOCK_DGRAM, &taken));
    as_udp_info info[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(as_socket_open_udp(&url, &fd[i], &info[i]), 0);
    assert_true(info[0].multicast && info[0].stamps && info[0].drop_counts);
    assert_true(info[0].rcvbuf_bytes > 65536);
    close(fd[0]);
    close(fd[1]);
    close(taken);
}

static void an_interface_or_address_this_machine_lacks_is_an_error(void **state)
{
    (void)state;
    int fd = -7;
    as_url url = parse("udp://239.255.18.1:26499?if=nosuch0");
    assert_int_equal(as_socket_open_udp(&url, &fd, NULL), -ENODEV);
    assert_non_null(strstr(as_error_message(0), "if is \"nosuch0\""));
    url = parse("udp://198.51.100.7:26499");
    assert_int_equal(as_socket_open_udp(&url, &fd, NULL), -EADDRNOTAVAIL);
    assert_non_null(strstr(as_error_message(0), "198.51.100.7 is not an address of this machine"));
    assert_int_equal(fd, -7);
}

static void connecting_tells_refused_from_connected(void **state)
{
    (void)state;
    int taken, fd = -1, listening = -1;
    as_url url = url_of("tcp://127.0.0.1:%u", take_port(SOCK_STREAM, &taken));
    as_address address;
    close(taken);
    assert_int_equal(as_url_resolve(&url, &address), 0);
    int result = as_socket_connect(&url, &address, &fd);
    if (result == 0) {
        assert_int_equal(as_socket_connected(fd, 1000), -ECONNREFUSED);
        close(fd);
    } else {
        assert_int_equal(result, -ECONNREFUSED);
    }
    assert_int_equal(as_socket_listen(&url, &address, &listening), 0);
    assert_int_equal(as_socket_port(listening), url.port);
    assert_int_equal(as_socket_connect(&url, &address, &fd), 0);
    assert_int_equal(as_socket_connected(fd, 1000), 0);
    int second = -7;
    assert_int_equal(as_socket_listen(&url, &address, &second), -EADDRINUSE);
    assert_int_equal(second, -7);
    assert_non_null(strstr(as_error_message(0), url.text));
    close(fd);
    close(listening);
    /* A connection in TIME_WAIT does not keep the port from the next run. */
    assert_int_equal(as_socket_listen(&url, &address, &listening), 0);
    close(listening);
}

static void a_connection_to_itself_is_none(void **state)
{
    (void)state;
    int fd;
    uint16_t port = take_port(SOCK_STREAM, &fd);
    struct sockaddr_in self = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&self, sizeof self), 0);
    assert_int_equal(as_socket_connected(fd, 0), -ECONNREFUSED);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(a_bad_url_is_refused_with_what_was_found_and_what_is_allowed),
        cmocka_unit_test(urls_of_the_web_are_taken_apart),
        cmocka_unit_test(credentials_in_a_url_are_refused_and_not_repeated),
        cmocka_unit_test(a_url_beyond_the_limit_is_refused),
        cmocka_unit_test(addresses_of_this_machine_and_groups_are_recognised),
        cmocka_unit_test(a_host_without_an_address_is_an_error_that_names_it),
        cmocka_unit_test(a_udp_port_in_use_is_an_error_that_names_the_url),
        cmocka_unit_test(two_programs_may_join_the_same_group),
        cmocka_unit_test(an_interface_or_address_this_machine_lacks_is_an_error),
        cmocka_unit_test(connecting_tells_refused_from_connected),
        cmocka_unit_test(a_connection_to_itself_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
