#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "feeds/live/reactor.h"
#include "tests/support/refuse.h"

/* What test_reactor.c does not reach: more sockets than are asked directly, and a kernel without epoll_pwait2. */

enum { SOCKETS = 5 };

static int in[SOCKETS], out[SOCKETS];
static unsigned count[SOCKETS];

static void on_datagram(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns, bool truncated)
{
    (void)data;
    (*(unsigned *)ctx)++;
    if (data_bytes != 4 || ts_recv_ns == 0 || truncated)
        abort();
}

static as_reactor *begin(void)
{
    as_reactor *reactor = NULL;
    assert_int_equal(as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_EPOLL}, &reactor), 0);
    for (int i = 0; i < SOCKETS; i++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t at_bytes = sizeof at;
        count[i] = 0;
        in[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        out[i] = socket(AF_INET, SOCK_DGRAM, 0);
        assert_true(in[i] >= 0 && out[i] >= 0);
        assert_int_equal(bind(in[i], (struct sockaddr *)&at, sizeof at), 0);
        assert_int_equal(getsockname(in[i], (struct sockaddr *)&at, &at_bytes), 0);
        assert_int_equal(connect(out[i], (struct sockaddr *)&at, sizeof at), 0);
        assert_true(as_reactor_add_udp(reactor, in[i], on_datagram, &count[i]) >= 0);
    }
    return reactor;
}

static void end(as_reactor *reactor)
{
    as_reactor_close(reactor);
    for (int i = 0; i < SOCKETS; i++) {
        close(in[i]);
        close(out[i]);
    }
}

static void many_sockets_are_served_without_waiting_and_a_busy_one_leaves_the_others_their_turn(void **state)
{
    (void)state;
    as_reactor *reactor = begin();
    /* More than one poll takes from one socket; how many of them fit is the system's limit. */
    int room_bytes = 4 << 20;
    assert_int_equal(setsockopt(in[0], SOL_SOCKET, SO_RCVBUF, &room_bytes, sizeof room_bytes), 0);
    for (int i = 0; i < 400; i++)
        assert_int_equal(send(out[0], "busy", 4, 0), 4);
    for (int i = 1; i < SOCKETS; i++)
        assert_int_equal(send(out[i], "once", 4, 0), 4);
    int calls = as_reactor_poll(reactor, 0);
    unsigned first = count[0];
    assert_true(first > 0 && first <= 256);
    for (int i = 1; i < SOCKETS; i++)
        assert_int_equal(count[i], 1);
    for (int more; (more = as_reactor_poll(reactor, 0)) > 0;)
        calls += more;
    assert_int_equal(calls, count[0] + SOCKETS - 1);
    assert_true(first == 256 || count[0] == first);
    end(reactor);
}

/* Exit status of the child: 0 when the wait without epoll_pwait2 was about as long as asked and a datagram came. */
static int wait_without_pwait2(void)
{
    as_reactor *reactor = begin();
    ast_refuse(SYS_epoll_pwait2, ENOSYS);
    uint64_t before_ns = as_clock_monotonic_ns();
    int calls = as_reactor_poll(reactor, 20 * AS_NS_PER_MS + 1);
    uint64_t waited_ns = as_clock_monotonic_ns() - before_ns;
    if (calls != 0 || waited_ns < 20 * AS_NS_PER_MS)
        return 1;
    if (send(out[3], "late", 4, 0) != 4 || as_reactor_poll(reactor, AS_NS_PER_S) != 1 || count[3] != 1)
        return 2;
    return 0;
}

static void without_epoll_pwait2_it_waits_in_milliseconds(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(wait_without_pwait2());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == AST_REFUSE_NOT_ALLOWED) {
        print_message("skipped: seccomp filters are not allowed here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_sockets_are_served_without_waiting_and_a_busy_one_leaves_the_others_their_turn),
        cmocka_unit_test(without_epoll_pwait2_it_waits_in_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
