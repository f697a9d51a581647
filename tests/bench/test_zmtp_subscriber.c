/* The subscriber without libzmq, against libzmq's own publisher. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "bench/zmtp_subscriber.h"
#include "core/clock.h"

static as_zmtp_subscriber subscriber;
static uint8_t payload[70000];

static int poll_for(as_zmtp_received *message)
{
    uint64_t until = as_clock_monotonic_ns() + UINT64_C(3000000000);
    int rc = 0;
    while (rc == 0 && as_clock_monotonic_ns() < until)
        rc = as_zmtp_subscriber_poll(&subscriber, message);
    return rc;
}

static void say(void *publisher, const char *topic, size_t payload_bytes)
{
    assert_true(zmq_send(publisher, topic, strlen(topic), ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(publisher, payload, payload_bytes, 0) >= 0);
}

static void whole_messages_of_its_prefix_arrive_in_order(void **state)
{
    (void)state;
    static const size_t size[] = {1, 255, 256, 4096, 70000, 3};
    char endpoint[64];
    size_t endpoint_bytes = sizeof endpoint;
    int linger = 0;
    as_zmtp_received message;
    void *context = zmq_ctx_new(), *publisher = zmq_socket(context, ZMQ_XPUB);
    assert_int_equal(zmq_setsockopt(publisher, ZMQ_LINGER, &linger, sizeof linger), 0);
    assert_int_equal(zmq_bind(publisher, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(publisher, ZMQ_LAST_ENDPOINT, endpoint, &endpoint_bytes), 0);
    assert_int_equal(as_zmtp_subscriber_open(&subscriber, endpoint, "sig."), 0);
    assert_int_equal(as_zmtp_subscriber_poll(&subscriber, &message), 0);
    char subscription[16];
    assert_int_equal(zmq_recv(publisher, subscription, sizeof subscription, 0), 5);
    assert_memory_equal(subscription, "\1sig.", 5);
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 31);
    for (unsigned i = 0; i < sizeof size / sizeof *size; i++) {
        say(publisher, "fact.A.", 10);
        say(publisher, "sig.x.A.", size[i]);
    }
    for (unsigned i = 0; i < sizeof size / sizeof *size; i++) {
        assert_int_equal(poll_for(&message), 1);
        assert_int_equal(message.topic_bytes, 8);
        assert_memory_equal(message.topic, "sig.x.A.", 8);
        assert_int_equal(message.payload_bytes, size[i]);
        assert_memory_equal(message.payload, payload, size[i]);
    }
    zmq_close(publisher);
    zmq_ctx_term(context);
    assert_int_equal(poll_for(&message), -ECONNRESET);
    as_zmtp_subscriber_close(&subscriber);
}

static void what_is_no_publisher_is_refused(void **state)
{
    (void)state;
    static const char *const endpoint[] = {"ipc:///tmp/x", "tcp://localhost:1", "tcp://127.0.0.1:0",
                                           "tcp://127.0.0.1:70000"};
    for (unsigned i = 0; i < sizeof endpoint / sizeof *endpoint; i++) {
        assert_int_equal(as_zmtp_subscriber_open(&subscriber, endpoint[i], ""), -EINVAL);
        as_zmtp_subscriber_close(&subscriber);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_messages_of_its_prefix_arrive_in_order),
        cmocka_unit_test(what_is_no_publisher_is_refused),
    };
    return cmocka_run_group_tests_name("zmtp_subscriber", tests, NULL, NULL);
}
