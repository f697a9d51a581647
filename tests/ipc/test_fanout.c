/* The fan-out without encryption: stock libzmq subscribers, and sockets that say what no subscriber says. */
#include <sys/stat.h>

#include "core/limits.h"
#include "tests/support/fanout_world.h"
#include "tests/support/raw_subscriber.h"

typedef ast_fanout_world world;

static ast_raw raw[2];

static void join(world *w, ast_raw *r, const char *minor_greeting, size_t greeting_bytes)
{
    uint64_t joined = ast_fanout_counters(w).joined;
    assert_int_equal(ast_raw_connect(r, as_fanout_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(r, minor_greeting, greeting_bytes));
    assert_true(ast_raw_send(r, AST_READY_SUB, sizeof AST_READY_SUB - 1));
    AST_UNTIL(w, ast_fanout_counters(w).joined == joined + 1);
}

static const char greeting_30[] = AST_GREETING("\0", AST_NULL20, "\0");
static const char greeting_31[] = AST_GREETING("\1", AST_NULL20, "\0");

/* What came so far is exactly this. */
static void expect(world *w, ast_raw *r, const char *bytes, size_t count)
{
    AST_UNTIL(w, (ast_raw_read(r), r->in_bytes >= count));
    assert_int_equal(r->in_bytes, count);
    assert_memory_equal(r->in, bytes, count);
    r->taken = r->in_bytes;
}

static void check_all_in_order(world *w, const char *endpoint)
{
    char topic[256];
    void *sub = ast_fanout_subscriber(w, endpoint, "sig.");
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (uint64_t i = 1; i <= 500; i++) {
        ast_fanout_publish(w, i % 2 ? "sig.a.X." : "fact.X.", i, i == 499 ? AS_FANOUT_PAYLOAD_BYTES : 8 + i);
        ast_fanout_work(w);
    }
    for (uint64_t i = 1; i <= 500; i += 2) {
        assert_int_equal(ast_fanout_receive(w, sub, topic), i);
        assert_string_equal(topic, "sig.a.X.");
    }
    AST_UNTIL(w, ast_fanout_counters(w).sent == 250);
    as_client_view view[4];
    assert_int_equal(as_fanout_clients(w->fanout, view, 4), 1);
    assert_int_equal(view[0].gseq, 499);
    assert_int_equal(view[0].sent, 250);
    assert_int_equal(view[0].dropped, 0);
    assert_int_equal(view[0].subscriptions, 1);
    assert_string_equal(view[0].where, "live");
    assert_string_equal(view[0].name, "");
    ast_fanout_close(w, sub);
    AST_UNTIL(w, ast_fanout_counters(w).clients == 0);
    assert_int_equal(ast_fanout_counters(w).left, 1);
    assert_int_equal(ast_fanout_counters(w).subscriptions, 0);
    assert_int_equal(ast_fanout_counters(w).subscribed, 1);
}

static void check_endpoint(world *w, const char *endpoint)
{
    as_fanout_options options = ast_fanout_defaults;
    options.live = endpoint;
    ast_fanout_begin(w, &options);
    check_all_in_order(w, as_fanout_endpoint(w->fanout));
}

static void a_stock_subscriber_gets_everything_in_order_over_tcp(void **state)
{
    check_endpoint(*state, "tcp://127.0.0.1:*");
}

static void a_stock_subscriber_gets_everything_in_order_over_ipc(void **state)
{
    world *w = *state;
    check_endpoint(w, w->path);
}

static void a_stock_subscriber_gets_everything_in_order_by_an_abstract_name(void **state)
{
    world *w = *state;
    char name[128];
    snprintf(name, sizeof name, "ipc://@aftershock-test%s", w->folder);
    check_endpoint(w, name);
}

static void another_machine_may_not_connect_without_keys(void **state)
{
    world *w = *state;
    as_fanout_options options = ast_fanout_defaults;
    for (unsigned i = 0; i < 2; i++) {
        options.live = i ? "tcp://*:*" : "tcp://0.0.0.0:*";
        assert_int_equal(as_fanout_new(&options, &w->fanout), -EPERM);
        assert_non_null(strstr(as_error_message(0), "CURVE"));
    }
    options.live = "udp://127.0.0.1:1";
    assert_int_equal(as_fanout_new(&options, &w->fanout), -EINVAL);
    assert_null(w->fanout);
}

static void the_descriptor_wakes_for_a_newcomer(void **state)
{
    world *w = *state;
    zmq_pollitem_t item = {.events = ZMQ_POLLIN};
    ast_fanout_begin(w, &ast_fanout_defaults);
    item.fd = as_fanout_descriptor(w->fanout);
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
    assert_int_equal(ast_raw_connect(raw, as_fanout_endpoint(w->fanout)), 0);
    assert_int_equal(zmq_poll(&item, 1, 1000), 1);
    ast_fanout_work(w);
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
    assert_int_equal(ast_fanout_counters(w).handshaking, 1);
    ast_raw_close(raw);
}

static void the_bytes_on_the_wire_are_those_of_the_rfc(void **state)
{
    static const char hello[] = AST_GREETING("\1", AST_NULL20, "\0") AST_READY_XPUB;
    world *w = *state;
    ast_fanout_begin(w, &ast_fanout_defaults);
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    expect(w, raw, hello, sizeof hello - 1);
    assert_true(ast_raw_send(raw, "\4\xf\x9SUBSCRIBEsig.a", 17));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    as_fanout_send(w->fanout, "sig.a.X.", 8, (const uint8_t *)"abc", 3, 1);
    expect(w, raw, "\1\x8sig.a.X.\0\3abc", 15);
    assert_true(ast_raw_send(raw, "\4\x9\4PING\0\x64xy", 11));
    expect(w, raw, "\4\7\4PONGxy", 9);
    assert_true(ast_raw_send(raw, "\4\xb\6CANCELsig.\4\x4\3XYZ", 19)); /* not held; and an unknown command */
    assert_true(ast_raw_send(raw, "\4\xc\6CANCELsig.a", 14));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 0);
    as_fanout_send(w->fanout, "sig.a.X.", 8, (const uint8_t *)"abc", 3, 2);
    assert_int_equal(ast_fanout_counters(w).sent, 1);
    ast_raw_close(raw);
}

static void subscriptions_of_zmtp_3_0_are_messages_and_counted(void **state)
{
    world *w = *state;
    ast_fanout_begin(w, &ast_fanout_defaults);
    join(w, raw, greeting_30, sizeof greeting_30 - 1);
    assert_true(ast_raw_send(raw, "\0\5\1sig.\0\5\1sig.\0\1\1", 17)); /* twice, and everything */
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 2);
    assert_true(ast_raw_send(raw, "\0\1\0\0\5\0sig.", 10));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    as_fanout_send(w->fanout, "fact.X.", 7, (const uint8_t *)"abc", 3, 1);
    as_fanout_send(w->fanout, "sig.X.", 6, (const uint8_t *)"abc", 3, 2);
    assert_int_equal(ast_fanout_counters(w).sent, 1);
    assert_true(ast_raw_send(raw, "\0\5\0sig.", 7));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 0);
    as_fanout_send(w->fanout, "sig.X.", 6, (const uint8_t *)"abc", 3, 3);
    assert_int_equal(ast_fanout_counters(w).sent, 1);
    ast_raw_close(raw);
}

/* The numbers of all messages that wait in the raw subscriber; each is whole. */
static unsigned take_numbers(ast_raw *r, uint64_t *number, unsigned count_max)
{
    ast_raw_frame frame;
    unsigned count = 0;
    ast_raw_read(r);
    while (ast_raw_frame_take(r, &frame)) {
        if (frame.flags & 4)
            continue;
        if (frame.flags & 1) {
            assert_int_equal(frame.body_bytes, 8);
            assert_memory_equal(frame.body, "sig.a.X.", 8);
            continue;
        }
        assert_true(count < count_max);
        memcpy(&number[count++], frame.body, sizeof *number);
    }
    return count;
}

static void a_stopped_subscriber_costs_its_queue_and_gets_the_newest(void **state)
{
    enum { COUNT = 20000, BYTES = 300, QUEUE_BYTES = 64 * 1024 };
    static uint64_t number[COUNT];
    world *w = *state;
    char topic[256];
    as_fanout_options options = ast_fanout_defaults;
    options.queue_bytes = QUEUE_BYTES;
    ast_fanout_begin(w, &options);
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    ast_raw_read(raw);
    raw->taken = 64;
    assert_true(ast_raw_send(raw, "\0\1\1", 3));
    void *sub = ast_fanout_subscriber(w, as_fanout_endpoint(w->fanout), "");
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 2);
    for (uint64_t i = 1; i <= COUNT; i++) {
        as_client_view view[2];
        ast_fanout_publish(w, "sig.a.X.", i, BYTES);
        assert_int_equal(ast_fanout_receive(w, sub, topic), i);
        if (i % 16 == 0) {
            assert_int_equal(as_fanout_clients(w->fanout, view, 2), 2);
            assert_true(view[0].queued_bytes <= QUEUE_BYTES);
            assert_int_equal(view[1].dropped, 0);
        }
    }
    as_client_view view[2];
    as_fanout_clients(w->fanout, view, 2);
    assert_true(view[0].dropped > 1000);
    assert_true(view[0].queued_bytes > QUEUE_BYTES - 2 * BYTES - QUEUE_BYTES / 10);
    uint64_t dropped = view[0].dropped;
    unsigned count = 0;
    AST_UNTIL(w, (count += take_numbers(raw, number + count, COUNT - count), count == COUNT - dropped));
    unsigned holes = 0;
    for (unsigned i = 1; i < count; i++) {
        assert_true(number[i] > number[i - 1]);
        holes += number[i] != number[i - 1] + 1;
    }
    assert_int_equal(number[0], 1);
    assert_int_equal(holes, 1);
    assert_int_equal(number[count - 1], COUNT);
    AST_UNTIL(w, (as_fanout_clients(w->fanout, view, 2), view[0].queued_bytes == 0));
    assert_int_equal(view[0].gseq, COUNT);
    assert_int_equal(view[0].sent + view[0].dropped, COUNT);
    ast_raw_close(raw);
    ast_fanout_close(w, sub);
}

static void refuse(world *w, const char *bytes, size_t count)
{
    uint64_t refused = ast_fanout_counters(w).refused_handshake;
    assert_int_equal(ast_raw_connect(raw, as_fanout_endpoint(w->fanout)), 0);
    ast_raw_send(raw, bytes, count);
    AST_UNTIL(w, (ast_raw_read(raw), raw->closed));
    assert_int_equal(ast_fanout_counters(w).refused_handshake, refused + 1);
    assert_int_equal(ast_fanout_counters(w).handshaking, 0);
    ast_raw_close(raw);
}

static void a_stopped_subscriber_still_gets_the_last_heartbeat_and_halt(void **state)
{
    world *w = *state;
    int one = 1;
    as_fanout_options options = ast_fanout_defaults;
    options.queue_bytes = 64 * 1024;
    ast_fanout_begin(w, &options);
    void *sub = ast_fanout_socket(w, "");
    zmq_setsockopt(sub, ZMQ_RCVHWM, &one, sizeof one);
    assert_int_equal(zmq_connect(sub, as_fanout_endpoint(w->fanout)), 0);
    ast_fanout_check_flood(w, sub, 60000);
    ast_fanout_close(w, sub);
}

static void what_is_no_subscriber_is_refused(void **state)
{
    world *w = *state;
    ast_fanout_begin(w, &ast_fanout_defaults);
#define REFUSE(bytes) refuse(w, bytes, sizeof(bytes) - 1)
    REFUSE("GET / HTTP/1.1\r\n\r\n");
    REFUSE("\1\0");                         /* ZMTP 1.0, no identity */
    REFUSE("\xff\0\0\0\0\0\0\0\1\x7f\1\2"); /* ZMTP 2.0 */
    REFUSE("\xff\0\0\0\0\0\0\0\0\0");
    REFUSE(AST_GREETING("\1", AST_PLAIN20, "\0"));
    REFUSE(AST_GREETING("\1", AST_CURVE20, "\0"));
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\0\1\1"); /* a message in the handshake */
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\4\6\5HELLO");
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\4\6\5READY"); /* no socket type */
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\4\x19\5READY\xbSocket-Type\0\0\0\3PUB");
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\4\x19\5READY\xbSocket-Type\0\0\0\4SUB"); /* value beyond its end */
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\6\0\0\0\0\0\0\4\1");                     /* 1025 bytes are promised */
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\6\xff\xff\xff\xff\xff\xff\xff\xff");
    REFUSE(AST_GREETING("\1", AST_NULL20, "\0") "\x14\0");
    assert_int_equal(ast_fanout_counters(w).joined, 0);
}

static void a_wrong_socket_type_is_told_so(void **state)
{
    static const char error[] = "\4\x1a\5ERROR\x13Invalid socket type";
    world *w = *state;
    ast_fanout_begin(w, &ast_fanout_defaults);
    assert_int_equal(ast_raw_connect(raw, as_fanout_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(raw, greeting_31, sizeof greeting_31 - 1));
    assert_true(ast_raw_send(raw, "\4\x19\5READY\xbSocket-Type\0\0\0\3REQ", 27));
    AST_UNTIL(w, (ast_raw_read(raw), raw->closed));
    assert_int_equal(raw->in_bytes, 64 + 28 + sizeof error - 1);
    assert_memory_equal(raw->in + 64 + 28, error, sizeof error - 1);
    ast_raw_close(raw);
}

static void evict(world *w, const char *bytes, size_t count)
{
    uint64_t evicted = ast_fanout_counters(w).evicted;
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    ast_raw_send(raw, bytes, count);
    AST_UNTIL(w, (ast_raw_read(raw), raw->closed));
    assert_int_equal(ast_fanout_counters(w).evicted, evicted + 1);
    assert_int_equal(ast_fanout_counters(w).clients, 0);
    ast_raw_close(raw);
}

static void what_no_subscriber_says_ends_the_connection(void **state)
{
    char long_prefix[2 + 1 + 192] = {0, (char)193, 1};
    world *w = *state;
    ast_fanout_begin(w, &ast_fanout_defaults);
#define EVICT(bytes) evict(w, bytes, sizeof(bytes) - 1)
    EVICT("\0\0");       /* an empty message */
    EVICT("\0\3\2ab");   /* a message of its own */
    EVICT("\1\5\1sig."); /* ... of several frames */
    EVICT("\4\0");       /* a command without a name */
    EVICT("\4\3\5ab");
    EVICT("\5\5\4PING");                        /* a command with MORE */
    EVICT("\4\5\4PING");                        /* without a ttl */
    EVICT("\4\x18\4PING\0\0abcdefghijklmnopq"); /* 17 bytes of context */
    EVICT("\2\0\0\0\0\0\0\4\1");
    EVICT("\xff\xff");
    memset(long_prefix + 3, 'x', 192);
    evict(w, long_prefix, sizeof long_prefix);
    assert_int_equal(ast_fanout_counters(w).evicted, 11);
    assert_int_equal(ast_fanout_counters(w).left, 11);
}

static void too_many_subscriptions_end_the_connection(void **state)
{
    world *w = *state;
    char all[16 * 1000];
    bool sending = true;
    ast_fanout_begin(w, &ast_fanout_defaults);
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    for (unsigned i = 0; i < 100000 && sending; i += 1000) {
        size_t used = 0;
        for (unsigned k = 0; k < 1000; k++) {
            int n = snprintf(all + used + 3, 13, "t%u.", i + k);
            all[used] = 0;
            all[used + 1] = (char)(n + 1);
            all[used + 2] = 1;
            used += 3 + (size_t)n;
        }
        sending = ast_raw_send(raw, all, used);
        for (unsigned k = 0; k < 8; k++)
            ast_fanout_work(w);
    }
    AST_UNTIL(w, ast_fanout_counters(w).evicted == 1);
    assert_int_equal(ast_fanout_counters(w).subscribed, 4096);
    assert_int_equal(ast_fanout_counters(w).subscriptions, 0);
    ast_raw_close(raw);
}

static void a_slow_handshake_is_ended(void **state)
{
    world *w = *state;
    ast_fanout_begin(w, &ast_fanout_defaults);
    uint64_t now = as_clock_monotonic_ns();
    assert_int_equal(ast_raw_connect(raw, as_fanout_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(raw, greeting_31, 20));
    as_fanout_work(w->fanout, now);
    as_fanout_work(w->fanout, now);
    as_fanout_work(w->fanout, now + AS_HANDSHAKE_MS * UINT64_C(1000000) - 1);
    assert_int_equal(ast_fanout_counters(w).handshaking, 1);
    as_fanout_work(w->fanout, now + AS_HANDSHAKE_MS * UINT64_C(1000000));
    assert_int_equal(ast_fanout_counters(w).handshaking, 0);
    assert_int_equal(ast_fanout_counters(w).refused_handshake, 1);
    ast_raw_close(raw);
}

static void a_flood_of_connections_pushes_nobody_out(void **state)
{
    enum { FLOOD = 150 };
    world *w = *state;
    int flood[FLOOD];
    char topic[256];
    as_fanout_options options = ast_fanout_defaults;
    options.clients_max = 100;
    ast_fanout_begin(w, &options);
    void *sub = ast_fanout_subscriber(w, as_fanout_endpoint(w->fanout), "");
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (unsigned i = 0; i < FLOOD; i++) {
        assert_int_equal(ast_raw_connect(raw, as_fanout_endpoint(w->fanout)), 0);
        flood[i] = raw->descriptor;
        ast_fanout_work(w);
    }
    AST_UNTIL(w, ast_fanout_counters(w).refused_handshake == FLOOD - AS_HANDSHAKE_MAX);
    assert_int_equal(ast_fanout_counters(w).handshaking, AS_HANDSHAKE_MAX);
    void *late = ast_fanout_subscriber(w, as_fanout_endpoint(w->fanout), "");
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 2);
    ast_fanout_publish(w, "sig.", 7, 8);
    assert_int_equal(ast_fanout_receive(w, sub, topic), 7);
    assert_int_equal(ast_fanout_receive(w, late, topic), 7);
    for (unsigned i = 0; i < FLOOD; i++)
        close(flood[i]);
    ast_fanout_close(w, sub);
    ast_fanout_close(w, late);
}

static void beyond_the_places_there_is_none(void **state)
{
    world *w = *state;
    as_fanout_options options = ast_fanout_defaults;
    options.clients_max = 1;
    ast_fanout_begin(w, &options);
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    assert_int_equal(ast_raw_connect(&raw[1], as_fanout_endpoint(w->fanout)), 0);
    AST_UNTIL(w, (ast_raw_read(&raw[1]), raw[1].closed));
    assert_int_equal(ast_fanout_counters(w).refused_full, 1);
    assert_int_equal(ast_fanout_counters(w).clients, 1);
    ast_raw_close(raw);
    AST_UNTIL(w, ast_fanout_counters(w).clients == 0);
    ast_raw_close(&raw[1]);
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    ast_raw_close(raw);
}

static void what_is_queued_at_the_end_is_still_sent(void **state)
{
    enum { COUNT = 3000 };
    world *w = *state;
    char topic[256];
    as_fanout_options options = ast_fanout_defaults;
    options.queue_bytes = 64 << 20;
    ast_fanout_begin(w, &options);
    void *sub = ast_fanout_subscriber(w, as_fanout_endpoint(w->fanout), "");
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (uint64_t i = 1; i <= COUNT; i++)
        ast_fanout_publish(w, "sig.", i, 4000);
    as_client_view view;
    as_fanout_clients(w->fanout, &view, 1);
    assert_true(view.queued_bytes > 0);
    as_fanout_free(w->fanout, 5000);
    w->fanout = NULL;
    for (uint64_t i = 1; i <= COUNT; i++)
        assert_int_equal(ast_fanout_receive(w, sub, topic), i);
    ast_fanout_close(w, sub);
}

static void the_end_waits_for_nobody_beyond_its_time(void **state)
{
    world *w = *state;
    as_fanout_options options = ast_fanout_defaults;
    options.queue_bytes = 64 << 20;
    ast_fanout_begin(w, &options);
    join(w, raw, greeting_31, sizeof greeting_31 - 1);
    assert_true(ast_raw_send(raw, "\0\1\1", 3));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (uint64_t i = 1; i <= 5000; i++)
        ast_fanout_publish(w, "sig.", i, 4000);
    uint64_t start = as_clock_monotonic_ns();
    as_fanout_free(w->fanout, 50);
    w->fanout = NULL;
    uint64_t took = as_clock_monotonic_ns() - start;
    assert_true(took >= UINT64_C(50000000) && took < UINT64_C(1000000000));
    ast_raw_close(raw);
}

static void begin_latest(world *w)
{
    as_fanout_options options = ast_fanout_defaults;
    options.latest = "tcp://127.0.0.1:*";
    ast_fanout_begin(w, &options);
}

static void the_latest_endpoint_begins_with_what_is_known(void **state)
{
    world *w = *state;
    char topic[256];
    begin_latest(w);
    for (uint64_t i = 1; i <= 30; i++)
        ast_fanout_publish(w, i % 3 ? i % 3 == 1 ? "sig.a." : "sig.b." : "fact.c.", i, 8 + 10 * i);
    void *sub = ast_fanout_subscriber(w, as_fanout_latest_endpoint(w->fanout), "sig.");
    assert_int_equal(ast_fanout_receive(w, sub, topic), 28);
    assert_string_equal(topic, "sig.a.");
    assert_int_equal(ast_fanout_receive(w, sub, topic), 29);
    assert_string_equal(topic, "sig.b.");
    ast_fanout_publish(w, "sig.b.", 31, 8);
    assert_int_equal(ast_fanout_receive(w, sub, topic), 31);
    as_client_view view;
    assert_int_equal(as_fanout_clients(w->fanout, &view, 1), 1);
    assert_string_equal(view.where, "latest");
    assert_int_equal(ast_fanout_receive_for(w, sub, topic, 20000000), 0);
    ast_fanout_close(w, sub);
}

static void a_slow_one_at_the_latest_endpoint_gets_the_present(void **state)
{
    enum { COUNT = 3000, TOPICS = 10 };
    world *w = *state;
    static uint64_t number[COUNT];
    char topic[32];
    begin_latest(w);
    assert_int_equal(ast_raw_connect(raw, as_fanout_latest_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(raw, greeting_31, sizeof greeting_31 - 1));
    assert_true(ast_raw_send(raw, AST_READY_SUB "\0\1\1", sizeof AST_READY_SUB - 1 + 3));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (uint64_t i = 1; i <= COUNT; i++) {
        snprintf(topic, sizeof topic, "t%u.", (unsigned)(i % TOPICS));
        ast_fanout_publish(w, topic, i, 4000);
    }
    as_client_view view;
    assert_int_equal(as_fanout_clients(w->fanout, &view, 1), 1);
    assert_true(view.queued_bytes < 4100); /* the rest of one message */
    unsigned count = 0;
    ast_raw_frame frame;
    AST_UNTIL(w, (ast_raw_read(raw), raw->in_bytes > 64));
    raw->taken = 64;
    uint64_t seen[TOPICS] = {0}, end = as_clock_monotonic_ns() + AST_FANOUT_DEADLINE_NS;
    for (unsigned done = 0; done < TOPICS && as_clock_monotonic_ns() < end;) {
        ast_fanout_work(w);
        ast_raw_read(raw);
        while (ast_raw_frame_take(raw, &frame)) {
            if (frame.flags & 5)
                continue;
            memcpy(&number[count], frame.body, 8);
            done += number[count] > COUNT - TOPICS;
            assert_true(number[count] > seen[number[count] % TOPICS]);
            seen[number[count] % TOPICS] = number[count];
            count++;
        }
    }
    for (unsigned i = 0; i < TOPICS; i++)
        assert_true(seen[i] > COUNT - TOPICS);
    assert_true(count < COUNT);
    ast_raw_close(raw);
}

static void news_of_a_cancelled_subscription_are_not_sent(void **state)
{
    world *w = *state;
    ast_raw_frame frame;
    unsigned count = 0;
    begin_latest(w);
    assert_int_equal(ast_raw_connect(raw, as_fanout_latest_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(raw, greeting_31, sizeof greeting_31 - 1));
    assert_true(ast_raw_send(raw, AST_READY_SUB "\0\3\1a.\0\3\1b.", sizeof AST_READY_SUB - 1 + 10));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 2);
    for (uint64_t i = 1; i <= 200; i++) /* until the socket is full */
        ast_fanout_publish(w, "a.", i, AS_FANOUT_PAYLOAD_BYTES);
    ast_fanout_publish(w, "b.", 201, 8);
    ast_fanout_publish(w, "a.", 202, 8);
    assert_true(ast_raw_send(raw, "\0\3\0b.", 5));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    uint64_t number = 0;
    AST_UNTIL(w, (ast_raw_read(raw), raw->in_bytes > 64));
    raw->taken = 64;
    for (uint64_t end = as_clock_monotonic_ns() + AST_FANOUT_DEADLINE_NS; number != 202; count++) {
        assert_true(as_clock_monotonic_ns() < end);
        ast_fanout_work(w);
        ast_raw_read(raw);
        while (ast_raw_frame_take(raw, &frame))
            if (!(frame.flags & 5))
                memcpy(&number, frame.body, 8);
            else
                assert_memory_not_equal(frame.body, "b.", 2);
    }
    ast_raw_close(raw);
}

static void what_is_too_long_is_not_sent_but_counted(void **state)
{
    world *w = *state;
    static uint8_t payload[AS_FANOUT_PAYLOAD_BYTES + 1];
    char topic[AS_TOPIC_BYTES + 1];
    memset(topic, 'x', sizeof topic);
    ast_fanout_begin(w, &ast_fanout_defaults);
    as_fanout_send(w->fanout, "sig.", 4, payload, sizeof payload, 1);
    as_fanout_send(w->fanout, topic, AS_TOPIC_BYTES, payload, 3, 2);
    assert_int_equal(ast_fanout_counters(w).dropped, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, ast_fanout_make, ast_fanout_drop)
    const struct CMUnitTest tests[] = {
        TEST(a_stock_subscriber_gets_everything_in_order_over_tcp),
        TEST(a_stock_subscriber_gets_everything_in_order_over_ipc),
        TEST(a_stock_subscriber_gets_everything_in_order_by_an_abstract_name),
        TEST(another_machine_may_not_connect_without_keys),
        TEST(the_descriptor_wakes_for_a_newcomer),
        TEST(the_bytes_on_the_wire_are_those_of_the_rfc),
        TEST(subscriptions_of_zmtp_3_0_are_messages_and_counted),
        TEST(a_stopped_subscriber_costs_its_queue_and_gets_the_newest),
        TEST(a_stopped_subscriber_still_gets_the_last_heartbeat_and_halt),
        TEST(what_is_no_subscriber_is_refused),
        TEST(a_wrong_socket_type_is_told_so),
        TEST(what_no_subscriber_says_ends_the_connection),
        TEST(too_many_subscriptions_end_the_connection),
        TEST(a_slow_handshake_is_ended),
        TEST(a_flood_of_connections_pushes_nobody_out),
        TEST(beyond_the_places_there_is_none),
        TEST(what_is_queued_at_the_end_is_still_sent),
        TEST(the_end_waits_for_nobody_beyond_its_time),
        TEST(the_latest_endpoint_begins_with_what_is_known),
        TEST(a_slow_one_at_the_latest_endpoint_gets_the_present),
        TEST(news_of_a_cancelled_subscription_are_not_sent),
        TEST(what_is_too_long_is_not_sent_but_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
