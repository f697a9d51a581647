/* The fan-out with CURVE: stock libzmq subscribers with keys, and clients that cheat. */
#include "core/limits.h"
#include "ipc/keys.h"
#include "tests/support/curve_client.h"
#include "tests/support/fanout_world.h"
#include "tests/support/raw_subscriber.h"

typedef ast_fanout_world world;

enum { BOT, OTHER, STRANGER, KEYS };

static as_key_pair server, client[KEYS];
static ast_raw raw;

static const char greeting[] = AST_GREETING("\1", AST_CURVE20, "\0");
static const char metadata[] = "\xbSocket-Type\0\0\0\3SUB";

static void write_list(const world *w, const char *text_of_bot, const char *text_of_other)
{
    char path[128], text[AS_KEY_TEXT_BYTES];
    snprintf(path, sizeof path, "%s/allow", w->folder);
    FILE *list = fopen(path, "w");
    assert_non_null(list);
    as_key_to_text(client[BOT].public_key, text);
    if (text_of_bot)
        fprintf(list, "%s bot-1 %s\n", text, text_of_bot);
    as_key_to_text(client[OTHER].public_key, text);
    if (text_of_other)
        fprintf(list, "%s other %s\n", text, text_of_other);
    fclose(list);
}

static void begin_with_queue(world *w, const char *latest, uint32_t queue_bytes)
{
    char key[128], list[128];
    snprintf(key, sizeof key, "%s/server.key", w->folder);
    snprintf(list, sizeof list, "%s/allow", w->folder);
    assert_int_equal(as_keys_write_secret(key, "server", &server, true), 0);
    write_list(w, "*", "sig.a.,fact.");
    if (as_auth_new(key, list, &w->auth) != 0) {
        as_error_print(stderr, "test");
        fail();
    }
    as_fanout_options options = ast_fanout_defaults;
    options.auth = w->auth;
    options.latest = latest;
    options.queue_bytes = queue_bytes;
    ast_fanout_begin(w, &options);
}

static void begin(world *w, const char *latest)
{
    begin_with_queue(w, latest, ast_fanout_defaults.queue_bytes);
}

static void *secure_subscriber(world *w, const as_key_pair *pair, const uint8_t *server_key, const char *endpoint,
                               const char *prefix)
{
    void *sub = ast_fanout_socket(w, prefix);
    assert_int_equal(zmq_setsockopt(sub, ZMQ_CURVE_SERVERKEY, server_key, 32), 0);
    assert_int_equal(zmq_setsockopt(sub, ZMQ_CURVE_PUBLICKEY, pair->public_key, 32), 0);
    assert_int_equal(zmq_setsockopt(sub, ZMQ_CURVE_SECRETKEY, pair->secret_key, 32), 0);
    assert_int_equal(zmq_connect(sub, endpoint), 0);
    return sub;
}

static void *stock(world *w, unsigned key, const char *prefix)
{
    return secure_subscriber(w, &client[key], server.public_key, as_fanout_endpoint(w->fanout), prefix);
}

static void a_stock_subscriber_with_a_listed_key_gets_everything(void **state)
{
    world *w = *state;
    char topic[256];
    begin(w, "tcp://127.0.0.1:*");
    void *sub = stock(w, BOT, "sig.");
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    for (uint64_t i = 1; i <= 300; i++) {
        ast_fanout_publish(w, i % 2 ? "sig.a.X." : "fact.X.", i, i == 299 ? AS_FANOUT_PAYLOAD_BYTES : 8 + i);
        ast_fanout_work(w);
    }
    for (uint64_t i = 1; i <= 300; i += 2)
        assert_int_equal(ast_fanout_receive(w, sub, topic), i);
    as_client_view view;
    assert_int_equal(as_fanout_clients(w->fanout, &view, 1), 1);
    assert_string_equal(view.name, "bot-1");
    void *latest = secure_subscriber(w, &client[BOT], server.public_key, as_fanout_latest_endpoint(w->fanout), "fact.");
    assert_int_equal(ast_fanout_receive(w, latest, topic), 300);
    assert_int_equal(zmq_setsockopt(sub, ZMQ_UNSUBSCRIBE, "sig.", 4), 0);
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    ast_fanout_close(w, sub);
    ast_fanout_close(w, latest);
}

static void heartbeats_of_a_stock_subscriber_are_answered(void **state)
{
    world *w = *state;
    char topic[256];
    int interval = 20, timeout = 200;
    begin(w, NULL);
    void *sub = ast_fanout_socket(w, "");
    zmq_setsockopt(sub, ZMQ_HEARTBEAT_IVL, &interval, sizeof interval);
    zmq_setsockopt(sub, ZMQ_HEARTBEAT_TIMEOUT, &timeout, sizeof timeout);
    zmq_setsockopt(sub, ZMQ_CURVE_SERVERKEY, server.public_key, 32);
    zmq_setsockopt(sub, ZMQ_CURVE_PUBLICKEY, client[BOT].public_key, 32);
    zmq_setsockopt(sub, ZMQ_CURVE_SECRETKEY, client[BOT].secret_key, 32);
    assert_int_equal(zmq_connect(sub, as_fanout_endpoint(w->fanout)), 0);
    assert_int_equal(ast_fanout_receive_for(w, sub, topic, UINT64_C(500000000)), 0);
    assert_int_equal(ast_fanout_counters(w).joined, 1);
    assert_int_equal(ast_fanout_counters(w).clients, 1);
    ast_fanout_close(w, sub);
}

static void a_stopped_subscriber_still_gets_the_last_heartbeat_and_halt(void **state)
{
    world *w = *state;
    int one = 1;
    begin_with_queue(w, NULL, 64 * 1024);
    void *sub = ast_fanout_socket(w, "");
    zmq_setsockopt(sub, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt(sub, ZMQ_CURVE_SERVERKEY, server.public_key, 32);
    zmq_setsockopt(sub, ZMQ_CURVE_PUBLICKEY, client[BOT].public_key, 32);
    zmq_setsockopt(sub, ZMQ_CURVE_SECRETKEY, client[BOT].secret_key, 32);
    assert_int_equal(zmq_connect(sub, as_fanout_endpoint(w->fanout)), 0);
    ast_fanout_check_flood(w, sub, 40000);
    ast_fanout_close(w, sub);
}

static void a_wrong_server_key_is_refused(void **state)
{
    world *w = *state;
    begin(w, NULL);
    void *sub = secure_subscriber(w, &client[BOT], client[OTHER].public_key, as_fanout_endpoint(w->fanout), "");
    AST_UNTIL(w, ast_fanout_counters(w).refused_handshake == 1);
    assert_int_equal(ast_fanout_counters(w).joined, 0);
    ast_fanout_close(w, sub);
}

/*
 * A stock client hangs up when it sees a mechanism that is not its own. If our greeting is there before it has sent its
 * own, the reset may take what it has sent with it, and to us it was nobody, who is not counted; it does not try again.
 */
static void check_refused(world *w, void *(*subscriber)(world *w))
{
    const uint64_t a_while = AST_FANOUT_DEADLINE_NS / 40;
    for (unsigned i = 0; i < 40 && ast_fanout_counters(w).refused_handshake == 0; i++) {
        void *sub = subscriber(w);
        for (uint64_t end = as_clock_monotonic_ns() + a_while;
             ast_fanout_counters(w).refused_handshake == 0 && as_clock_monotonic_ns() < end; usleep(100))
            ast_fanout_work(w);
        ast_fanout_close(w, sub);
    }
    assert_true(ast_fanout_counters(w).refused_handshake >= 1);
    assert_int_equal(ast_fanout_counters(w).joined, 0);
}

static void *without_a_key(world *w)
{
    return ast_fanout_subscriber(w, as_fanout_endpoint(w->fanout), "");
}

static void *with_a_key(world *w)
{
    return stock(w, BOT, "");
}

static void no_key_is_refused(void **state)
{
    begin(*state, NULL);
    check_refused(*state, without_a_key);
}

static void keys_at_an_endpoint_without_are_refused(void **state)
{
    ast_fanout_begin(*state, &ast_fanout_defaults);
    check_refused(*state, with_a_key);
}

static void a_key_that_is_not_listed_is_refused(void **state)
{
    world *w = *state;
    begin(w, NULL);
    void *sub = stock(w, STRANGER, "");
    AST_UNTIL(w, ast_fanout_counters(w).refused_key == 1);
    assert_int_equal(ast_fanout_counters(w).joined, 0);
    assert_int_equal(ast_fanout_counters(w).refused_handshake, 0);
    ast_fanout_close(w, sub);
}

static void a_subscription_beyond_the_grant_is_not_taken(void **state)
{
    world *w = *state;
    char topic[256];
    begin(w, NULL);
    void *sub = stock(w, OTHER, "");
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "sig.", 4);
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "sig.a.X.", 8);
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "hb.", 3);
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 2);
    assert_int_equal(ast_fanout_counters(w).forged, 2);
    ast_fanout_publish(w, "sig.b.X.", 1, 8);
    ast_fanout_publish(w, "fact.X.", 2, 8);
    ast_fanout_publish(w, "sig.a.X.", 3, 8);
    ast_fanout_publish(w, "hb.", 4, 8);
    assert_int_equal(ast_fanout_receive(w, sub, topic), 3);
    assert_int_equal(ast_fanout_receive(w, sub, topic), 4);
    ast_fanout_close(w, sub);
}

static void one_key_cannot_take_every_place(void **state)
{
    world *w = *state;
    char topic[256];
    begin(w, NULL); /* 16 places: 4 of them for a key */
    for (unsigned i = 0; i < 7; i++)
        stock(w, OTHER, "fact.");
    AST_UNTIL(w, ast_fanout_counters(w).joined == 4 && ast_fanout_counters(w).refused_full >= 3);
    void *bot = stock(w, BOT, "sig.");
    AST_UNTIL(w, ast_fanout_counters(w).joined == 5);
    assert_int_equal(ast_fanout_counters(w).clients, 5);
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 5);
    ast_fanout_publish(w, "sig.a.", 1, 8);
    assert_int_equal(ast_fanout_receive(w, bot, topic), 1);
}

static void a_reload_ends_revoked_keys_and_narrows_grants(void **state)
{
    world *w = *state;
    char topic[256];
    begin(w, "tcp://127.0.0.1:*");
    void *bot = stock(w, BOT, "");
    void *other = stock(w, OTHER, "sig.a.");
    zmq_setsockopt(other, ZMQ_SUBSCRIBE, "fact.", 5);
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 3);
    write_list(w, NULL, "fact.");
    assert_int_equal(as_auth_reload(w->auth), 0);
    ast_fanout_work(w);
    assert_int_equal(ast_fanout_counters(w).clients, 1);
    assert_int_equal(ast_fanout_counters(w).evicted, 1);
    assert_int_equal(ast_fanout_counters(w).subscriptions, 1);
    ast_fanout_publish(w, "sig.a.X.", 1, 8);
    ast_fanout_publish(w, "fact.X.", 2, 8);
    assert_int_equal(ast_fanout_receive(w, other, topic), 2);
    AST_UNTIL(w, ast_fanout_counters(w).refused_key >= 1); /* the bot tries again */
    ast_fanout_close(w, bot);
    ast_fanout_close(w, other);
}

/* ---- clients that cheat ---- */

static void send_frame(uint8_t flags, const uint8_t *body, size_t body_bytes)
{
    uint8_t frame[2048] = {flags | (body_bytes > 255 ? 2 : 0)};
    size_t used = 2;
    frame[1] = (uint8_t)body_bytes;
    if (body_bytes > 255) {
        memset(frame + 1, 0, 8);
        frame[7] = (uint8_t)(body_bytes >> 8);
        frame[8] = (uint8_t)body_bytes;
        used = 9;
    }
    memcpy(frame + used, body, body_bytes);
    assert_true(ast_raw_send(&raw, frame, used + body_bytes));
}

static ast_raw_frame next_frame(world *w)
{
    ast_raw_frame frame;
    AST_UNTIL(w, (ast_raw_read(&raw), ast_raw_frame_take(&raw, &frame)));
    return frame;
}

/* Until after HELLO and WELCOME. */
static void raw_welcome(world *w, ast_curve_client *c, unsigned key)
{
    uint8_t command[1024];
    ast_curve_init(c, server.public_key, client[key].public_key, client[key].secret_key);
    assert_int_equal(ast_raw_connect(&raw, as_fanout_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(&raw, greeting, sizeof greeting - 1));
    ast_curve_hello(c, command);
    send_frame(4, command, 200);
    AST_UNTIL(w, (ast_raw_read(&raw), raw.in_bytes >= 64));
    assert_int_equal(raw.in[32], 1); /* we are the server */
    raw.taken = 64;
    ast_raw_frame frame = next_frame(w);
    assert_int_equal(frame.flags, 4);
    assert_true(ast_curve_welcome(c, frame.body, frame.body_bytes));
}

static void raw_join(world *w, ast_curve_client *c, unsigned key)
{
    uint8_t command[1024], ready[64];
    raw_welcome(w, c, key);
    send_frame(4, command, ast_curve_initiate(c, metadata, sizeof metadata - 1, command));
    ast_raw_frame frame = next_frame(w);
    assert_int_equal(ast_curve_ready(c, frame.body, frame.body_bytes, ready), 20);
    assert_memory_equal(ready, "\xbSocket-Type\0\0\0\4XPUB", 20);
    assert_int_equal(ast_fanout_counters(w).clients, 1);
}

static void subscribe_with(ast_curve_client *c, uint64_t counter)
{
    uint8_t message[256];
    send_frame(0, message, ast_curve_seal(c, counter, 0, "\1sig.", 5, message));
}

static void expect_end(world *w, uint64_t refused_handshake, uint64_t refused_key, uint64_t evicted)
{
    AST_UNTIL(w, (ast_raw_read(&raw), raw.closed));
    assert_int_equal(ast_fanout_counters(w).refused_handshake, refused_handshake);
    assert_int_equal(ast_fanout_counters(w).refused_key, refused_key);
    assert_int_equal(ast_fanout_counters(w).evicted, evicted);
    assert_int_equal(ast_fanout_counters(w).clients, 0);
    ast_raw_close(&raw);
}

static void messages_are_boxes_with_rising_nonces(void **state)
{
    world *w = *state;
    ast_curve_client c;
    uint8_t body[256], flags, message[256];
    begin(w, NULL);
    raw_join(w, &c, BOT);
    subscribe_with(&c, 3);
    send_frame(4, message, ast_curve_seal(&c, 10, 2, "\4PING\0\0ctx", 10, message));
    ast_raw_frame frame = next_frame(w);
    assert_int_equal(ast_curve_open(&c, frame.body, frame.body_bytes, &flags, body), 8);
    assert_int_equal(flags, 2);
    assert_memory_equal(body, "\4PONGctx", 8);
    as_fanout_send(w->fanout, "sig.a.", 6, (const uint8_t *)"payload", 7, 1);
    uint64_t last = 0;
    for (unsigned i = 0; i < 2; i++) {
        frame = next_frame(w);
        assert_int_equal(frame.flags, 0);
        assert_int_equal(ast_curve_open(&c, frame.body, frame.body_bytes, &flags, body), i ? 7 : 6);
        assert_int_equal(flags, i ? 0 : 1);
        assert_memory_equal(body, i ? "payload" : "sig.a.", i ? 7 : 6);
        assert_true(frame.body[15] > last);
        last = frame.body[15];
    }
    send_frame(4, message, ast_curve_seal(&c, 11, 2, "\6CANCELsig.", 11, message));
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 0);
    ast_raw_close(&raw);
}

static void a_replayed_message_ends_the_connection(void **state)
{
    world *w = *state;
    ast_curve_client c;
    begin(w, NULL);
    raw_join(w, &c, BOT);
    subscribe_with(&c, 5);
    AST_UNTIL(w, ast_fanout_counters(w).subscriptions == 1);
    subscribe_with(&c, 5);
    expect_end(w, 0, 0, 1);
}

static void an_altered_message_ends_the_connection(void **state)
{
    world *w = *state;
    ast_curve_client c;
    uint8_t message[256];
    begin(w, NULL);
    size_t bytes = 38;
    for (unsigned i = 16; i < bytes; i += 7) {
        raw_join(w, &c, BOT);
        assert_int_equal(ast_curve_seal(&c, 3, 0, "\1sig.", 5, message), bytes);
        message[i] ^= 1;
        send_frame(0, message, bytes);
        expect_end(w, 0, 0, 1 + (i - 16) / 7);
    }
    assert_int_equal(ast_fanout_counters(w).subscribed, 0);
}

static void a_message_in_the_clear_ends_the_connection(void **state)
{
    world *w = *state;
    ast_curve_client c;
    begin(w, NULL);
    raw_join(w, &c, BOT);
    send_frame(0, (const uint8_t *)"\1sig.", 5);
    expect_end(w, 0, 0, 1);
}

static void a_handshake_that_cheats_is_refused(void **state)
{
    world *w = *state;
    ast_curve_client c;
    uint8_t command[1024];
    uint64_t refused = 0;
    begin(w, NULL);
    for (unsigned i = 0; i < 6; i++) {
        raw_welcome(w, &c, BOT);
        if (i == 0)
            c.cookie[40] ^= 1;
        if (i == 1) /* somebody else's key: the vouch is not its owner's */
            memcpy(c.public_key, client[OTHER].public_key, 32);
        if (i == 2) /* vouched for another server */
            memcpy(c.server, client[OTHER].public_key, 32);
        if (i == 3)
            c.nonce = 0; /* the nonce of HELLO again */
        if (i == 5)      /* vouched for another transient key */
            memcpy(c.transient, client[OTHER].public_key, 32);
        size_t bytes = ast_curve_initiate(&c, metadata, sizeof metadata - 1, command);
        if (i == 4)
            command[bytes - 1] ^= 1;
        send_frame(4, command, bytes);
        expect_end(w, ++refused, 0, 0);
    }
    raw_welcome(w, &c, BOT);
    ast_curve_hello(&c, command);
    send_frame(4, command, 200); /* HELLO twice */
    expect_end(w, ++refused, 0, 0);
    raw_welcome(w, &c, BOT);
    send_frame(4, command, ast_curve_initiate(&c, "\xbSocket-Type\0\0\0\3PUB", 19, command));
    expect_end(w, ++refused, 0, 0);
}

static void a_key_that_is_not_listed_is_told_400(void **state)
{
    world *w = *state;
    ast_curve_client c;
    uint8_t command[1024];
    begin(w, NULL);
    raw_welcome(w, &c, STRANGER);
    send_frame(4, command, ast_curve_initiate(&c, metadata, sizeof metadata - 1, command));
    ast_raw_frame frame = next_frame(w);
    assert_int_equal(frame.flags, 4);
    assert_int_equal(frame.body_bytes, 10);
    assert_memory_equal(frame.body, "\5ERROR\003400", 10);
    expect_end(w, 0, 1, 0);
}

static void a_downgrade_to_null_is_refused(void **state)
{
    static const char null_greeting[] = AST_GREETING("\1", AST_NULL20, "\0") AST_READY_SUB;
    world *w = *state;
    begin(w, NULL);
    assert_int_equal(ast_raw_connect(&raw, as_fanout_endpoint(w->fanout)), 0);
    assert_true(ast_raw_send(&raw, null_greeting, sizeof null_greeting - 1));
    expect_end(w, 1, 0, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, ast_fanout_make, ast_fanout_drop)
    const struct CMUnitTest tests[] = {
        TEST(a_stock_subscriber_with_a_listed_key_gets_everything),
        TEST(heartbeats_of_a_stock_subscriber_are_answered),
        TEST(a_stopped_subscriber_still_gets_the_last_heartbeat_and_halt),
        TEST(a_wrong_server_key_is_refused),
        TEST(no_key_is_refused),
        TEST(keys_at_an_endpoint_without_are_refused),
        TEST(a_key_that_is_not_listed_is_refused),
        TEST(a_subscription_beyond_the_grant_is_not_taken),
        TEST(one_key_cannot_take_every_place),
        TEST(a_reload_ends_revoked_keys_and_narrows_grants),
        TEST(messages_are_boxes_with_rising_nonces),
        TEST(a_replayed_message_ends_the_connection),
        TEST(an_altered_message_ends_the_connection),
        TEST(a_message_in_the_clear_ends_the_connection),
        TEST(a_handshake_that_cheats_is_refused),
        TEST(a_key_that_is_not_listed_is_told_400),
        TEST(a_downgrade_to_null_is_refused),
    };
    if (sodium_init() < 0 || as_keys_generate(&server) < 0)
        return 1;
    for (unsigned i = 0; i < KEYS; i++)
        if (as_keys_generate(&client[i]) < 0)
            return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
