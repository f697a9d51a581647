#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/error.h"
#include "ipc/http.h"

enum { ANSWER_BYTES = 256 << 10 };

static bool is_well = true;
static char answer[ANSWER_BYTES];

static void metrics(void *context, FILE *out)
{
    fprintf(out, "aftershock_test %d\n", *(int *)context);
}

static bool health(void *context, FILE *out)
{
    (void)context;
    if (!is_well)
        fputs("feed wire is stale\nhalted\n", out);
    return is_well;
}

static void state(void *context, FILE *out)
{
    (void)context;
    fputs("{\"state\":\"LIVE\"}\n", out);
}

static as_http_options options_at(const char *address)
{
    static int number = 42;
    return (as_http_options){
        .address = address, .context = &number, .metrics = metrics, .health = health, .state = state};
}

static as_http *start(void)
{
    as_http *http = NULL;
    as_http_options options = options_at("127.0.0.1:0");
    assert_int_equal(as_http_start(&options, &http), 0);
    assert_int_not_equal(as_http_port(http), 0);
    return http;
}

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Send bytes, read until the server closes; the status, 0 without an answer. */
static int ask_raw(unsigned port, const char *bytes, size_t byte_count)
{
    int fd = connect_to(port), status = 0;
    size_t used = 0;
    send(fd, bytes, byte_count, MSG_NOSIGNAL);
    for (ssize_t n; used + 1 < sizeof answer && (n = recv(fd, answer + used, sizeof answer - 1 - used, 0)) > 0;)
        used += (size_t)n;
    answer[used] = '\0';
    close(fd);
    return sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static int ask(unsigned port, const char *method, const char *path, const char *host)
{
    char request[512];
    int bytes = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\n%s%s%sConnection: close\r\n\r\n", method, path,
                         host ? "Host: " : "", host ? host : "", host ? "\r\n" : "");
    return ask_raw(port, request, (size_t)bytes);
}

static const char *body(void)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end ? end + 4 : "";
}

static void each_path_has_its_answer(void **unused)
{
    (void)unused;
    as_http *http = start();
    unsigned port = as_http_port(http);
    assert_int_equal(ask(port, "GET", "/metrics", "127.0.0.1"), 200);
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4"));
    assert_string_equal(body(), "aftershock_test 42\n");
    assert_int_equal(ask(port, "GET", "/state.json", "localhost"), 200);
    assert_non_null(strstr(answer, "Content-Type: application/json"));
    assert_string_equal(body(), "{\"state\":\"LIVE\"}\n");
    assert_int_equal(ask(port, "GET", "/nothing", "127.0.0.1"), 404);
    assert_int_equal(ask(port, "GET", "/../etc/passwd", "127.0.0.1"), 404);
    as_http_stop(http);
}

static void health_is_503_with_its_reasons(void **unused)
{
    (void)unused;
    as_http *http = start();
    is_well = true;
    assert_int_equal(ask(as_http_port(http), "GET", "/health", "127.0.0.1"), 200);
    assert_string_equal(body(), "ok\n");
    is_well = false;
    assert_int_equal(ask(as_http_port(http), "GET", "/health", "127.0.0.1"), 503);
    assert_string_equal(body(), "feed wire is stale\nhalted\n");
    is_well = true;
    as_http_stop(http);
}

static void the_page_is_whole_and_loads_nothing(void **unused)
{
    (void)unused;
    as_http *http = start();
    assert_int_equal(ask(as_http_port(http), "GET", "/", "127.0.0.1"), 200);
    assert_non_null(strstr(answer, "Content-Type: text/html; charset=utf-8"));
    assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none';"));
    assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff"));
    const char *page = body();
    size_t bytes = strlen(page);
    assert_true(bytes > 10000);
    assert_string_equal(page + bytes - 8, "</html>\n");
    assert_null(strstr(page, "http://"));
    assert_null(strstr(page, "https://"));
    assert_null(strstr(page, "innerHTML"));
    as_http_stop(http);
}

static void only_get_is_answered(void **unused)
{
    (void)unused;
    as_http *http = start();
    static const char *const method[] = {"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"};
    for (unsigned i = 0; i < sizeof method / sizeof *method; i++) {
        assert_int_equal(ask(as_http_port(http), method[i], "/state.json", "127.0.0.1"), 405);
        assert_non_null(strstr(answer, "Allow: GET"));
    }
    as_http_stop(http);
}

static void a_foreign_host_is_refused(void **unused)
{
    (void)unused;
    as_http *http = start();
    static const char *const good[] = {"127.0.0.1", "127.0.0.1:80", "localhost:5680", "LOCALHOST",
                                       "[::1]",     "[::1]:1",      "127.8.9.1"};
    static const char *const bad[] = {"evil.example",
                                      "localhost.evil.example",
                                      "127.0.0.1.evil.example",
                                      "10.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:99999",
                                      "[::2]",
                                      "[::1",
                                      "1270.0.1",
                                      "0.0.0.0",
                                      "@127.0.0.1"};
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(ask(as_http_port(http), "GET", "/metrics", good[i]), 200);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ask(as_http_port(http), "GET", "/metrics", bad[i]), 403);
    assert_int_not_equal(ask(as_http_port(http), "GET", "/metrics", NULL), 200);
    as_http_stop(http);
}

/* What is not HTTP, or too much of it, costs its own connection and nobody else anything. */
static void rubbish_is_survived(void **unused)
{
    (void)unused;
    as_http *http = start();
    unsigned port = as_http_port(http);
    static char big[64 << 10];
    memset(big, 'a', sizeof big);
    assert_int_not_equal(ask_raw(port, "\x16\x03\x01\x02\x00\x01\r\n\r\n", 10), 200);
    memcpy(big, "GET /", 5);
    assert_int_not_equal(ask_raw(port, big, sizeof big), 200); /* a path without an end */
    memcpy(big, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", 44);
    assert_int_not_equal(ask_raw(port, big, sizeof big), 200); /* a header without an end */
    assert_int_equal(ask(port, "GET", "/metrics", "127.0.0.1"), 200);
    as_http_stop(http);
}

static void more_connections_than_allowed_wait(void **unused)
{
    (void)unused;
    as_http *http = start();
    int idle[AS_HTTP_CONNECTIONS + 8];
    for (unsigned i = 0; i < sizeof idle / sizeof *idle; i++)
        idle[i] = connect_to(as_http_port(http));
    for (unsigned i = 0; i < sizeof idle / sizeof *idle; i++)
        close(idle[i]);
    assert_int_equal(ask(as_http_port(http), "GET", "/metrics", "127.0.0.1"), 200);
    as_http_stop(http);
}

static void a_connection_is_kept(void **unused)
{
    (void)unused;
    as_http *http = start();
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    int fd = connect_to(as_http_port(http));
    for (unsigned i = 0; i < 3; i++) {
        char part[2048];
        size_t used = 0;
        assert_int_equal(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), (ssize_t)sizeof request - 1);
        do {
            ssize_t n = recv(fd, part + used, sizeof part - 1 - used, 0);
            assert_true(n > 0);
            used += (size_t)n;
            part[used] = '\0';
        } while (!strstr(part, "aftershock_test 42\n"));
    }
    close(fd);
    as_http_stop(http);
}

/* A byte now and then on every place: they are given back all the same, and a slow reader's too. */
static void who_dawdles_loses_its_place(void **unused)
{
    (void)unused;
    as_http *http = NULL;
    as_http_options options = options_at("127.0.0.1:0");
    options.timeout_ms = 400;
    assert_int_equal(as_http_start(&options, &http), 0);
    int slow[AS_HTTP_CONNECTIONS];
    for (unsigned i = 0; i < AS_HTTP_CONNECTIONS; i++)
        slow[i] = connect_to(as_http_port(http));
    for (unsigned turn = 0; turn < 12; turn++, usleep(50000)) /* less than a second, more than the time for a request */
        for (unsigned i = 0; i < AS_HTTP_CONNECTIONS; i++)
            (void)!send(slow[i], "G", 1, MSG_NOSIGNAL);
    assert_int_equal(ask(as_http_port(http), "GET", "/metrics", "127.0.0.1"), 200);
    for (unsigned i = 0; i < AS_HTTP_CONNECTIONS; i++) {
        char byte;
        assert_true(recv(slow[i], &byte, 1, 0) <= 0);
        close(slow[i]);
    }
    as_http_stop(http);
}

static void an_address_beyond_this_machine_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"0.0.0.0:0",   "10.1.2.3:80", "example.org:80",  "127.0.0.1",
                                      "127.0.0.1:x", "[::]:0",      "127.0.0.1:65536", "",
                                      ":80",         "[::1]80"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        as_http *http = NULL;
        as_http_options options = options_at(bad[i]);
        as_error_clear();
        assert_int_equal(as_http_start(&options, &http), -EINVAL);
        assert_null(http);
        assert_non_null(strstr(as_error_message(0), "loopback"));
    }
    as_error_clear();
}

static void a_port_in_use_is_an_error_that_names_it(void **unused)
{
    (void)unused;
    char address[32];
    as_http *http = start(), *second = NULL;
    snprintf(address, sizeof address, "127.0.0.1:%u", as_http_port(http));
    as_http_options options = options_at(address);
    assert_int_equal(as_http_start(&options, &second), -EADDRINUSE);
    assert_non_null(strstr(as_error_message(0), address));
    as_error_clear();
    as_http_stop(http);
    as_http_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_has_its_answer),
        cmocka_unit_test(health_is_503_with_its_reasons),
        cmocka_unit_test(the_page_is_whole_and_loads_nothing),
        cmocka_unit_test(only_get_is_answered),
        cmocka_unit_test(a_foreign_host_is_refused),
        cmocka_unit_test(rubbish_is_survived),
        cmocka_unit_test(more_connections_than_allowed_wait),
        cmocka_unit_test(a_connection_is_kept),
        cmocka_unit_test(who_dawdles_loses_its_place),
        cmocka_unit_test(an_address_beyond_this_machine_is_refused),
        cmocka_unit_test(a_port_in_use_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
