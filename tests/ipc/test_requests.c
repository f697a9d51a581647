#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/limits.h"
#include "ipc/keys.h"
#include "ipc/requests.h"
#include "tests/support/raw_subscriber.h"
#include "tests/support/server_fixture.h"

#define READY_DEALER "\4\x1c\5READY\xbSocket-Type\0\0\0\6DEALER"
#define HELLO AST_GREETING("\1", AST_NULL20, "\0") READY_DEALER
#define SNAPSHOT "\0\xd\x81\xa2op\xa8snapshot"
#define PING_REQUEST "\0\x9\x81\xa2op\xa4ping"

static ast_raw raw;

static void open_raw(const ast_server *f, const char *bytes, size_t count)
{
    assert_int_equal(ast_raw_connect(&raw, f->requests), 0);
    assert_true(ast_raw_send(&raw, bytes, count));
}

/* The next frame that is not of the handshake. */
static bool next_frame(ast_raw_frame *frame)
{
    for (unsigned i = 0; i < AST_RECEIVE_MS; i++) {
        ast_raw_read(&raw);
        if (raw.in_bytes - raw.taken >= 64 && raw.in[raw.taken] == 0xff)
            raw.taken += 64;
        while (raw.in[raw.taken] != 0xff && ast_raw_frame_take(&raw, frame))
            if (frame->body_bytes < 6 || memcmp(frame->body, "\5READY", 6) != 0)
                return true;
        if (raw.closed)
            return false;
        ast_sleep_ms(1);
    }
    return false;
}

static bool is_closed(void)
{
    for (unsigned i = 0; i < AST_RECEIVE_MS && !raw.closed; i++) {
        ast_raw_read(&raw);
        raw.taken = raw.in_bytes;
        ast_sleep_ms(1);
    }
    return raw.closed;
}

#define UNTIL(condition)                                                                                               \
    do {                                                                                                               \
        for (unsigned until_i = 0; until_i < AST_RECEIVE_MS && !(condition); until_i++)                                \
            ast_sleep_ms(1);                                                                                           \
        assert_true(condition);                                                                                        \
    } while (0)

static void wait_for_messages(ast_request *r, uint64_t from)
{
    as_writer *w = ast_ask(r, 3, "replay");
    ast_uint(w, "epoch", AST_EPOCH);
    ast_uint(w, "from", from);
    ast_uint(w, "wait_ms", 10000);
}

static void nobody_takes_the_identity_of_another(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    void *bot[2];
    ast_server_open(&f);
    ast_server_start(&f);
    for (unsigned i = 0; i < 2; i++) {
        bot[i] = zmq_socket(f.context, ZMQ_DEALER);
        zmq_setsockopt(bot[i], ZMQ_ROUTING_ID, "bot", 3);
        zmq_setsockopt(bot[i], ZMQ_LINGER, &(int){0}, sizeof(int));
        zmq_setsockopt(bot[i], ZMQ_RCVTIMEO, &(int){AST_RECEIVE_MS}, sizeof(int));
        zmq_connect(bot[i], f.requests);
        if (i == 0) {
            wait_for_messages(&r, 1);
            ast_send(bot[0], &r);
            UNTIL(as_server_counters_get(f.server).requests == 1);
        }
    }
    ast_ask(&r, 0, "ping");
    ast_call(bot[1], &r, &a);
    assert_true(ast_text_is(ast_get(&a, "op"), "ping"));
    ast_done(&a);
    ast_publish_beats(&f, 1);
    ast_receive(bot[0], &a);
    assert_true(ast_text_is(ast_get(&a, "op"), "replay"));
    ast_done(&a);
    zmq_setsockopt(bot[1], ZMQ_RCVTIMEO, &(int){50}, sizeof(int));
    assert_int_equal(zmq_recv(bot[1], &a, 1, 0), -1);
    zmq_close(bot[0]);
    zmq_close(bot[1]);
    ast_server_close(&f);
}

static void a_request_of_many_frames_ends_the_connection(void **state)
{
    (void)state;
    ast_server f;
    static const struct {
        const char *bytes;
        size_t count;
    } bad[] = {
        {"\1\1x", 3},                              /* one more is to come */
        {"\1\0\1\0", 4},                           /* delimiters without end */
        {"\1\0\1\1x", 5},                          /* a delimiter and two frames */
        {"\2\0\0\0\0\0\0\x10\1", 9},               /* 4,097 bytes: by its header */
        {"\2\x7f\xff\xff\xff\xff\xff\xff\xff", 9}, /* 2^63 - 1 */
        {"\5\1x", 3},                              /* a command with more */
    };
    ast_server_open(&f);
    ast_server_start(&f);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        open_raw(&f, HELLO, sizeof HELLO - 1);
        assert_true(ast_raw_send(&raw, bad[i].bytes, bad[i].count));
        assert_true(is_closed());
        UNTIL(as_server_counters_get(f.server).malformed == i + 1);
        ast_raw_close(&raw);
    }
    /* as fast as it goes: the other side closes and nothing is kept */
    static char many[1 << 16];
    for (size_t i = 0; i + 2 < sizeof many; i += 3)
        memcpy(many + i, "\1\1x", 3);
    open_raw(&f, HELLO, sizeof HELLO - 1);
    size_t sent = 0;
    for (unsigned i = 0; i < AST_RECEIVE_MS && !raw.closed; i++) {
        ssize_t n = send(raw.descriptor, many, sizeof many, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += n > 0 ? (size_t)n : 0;
        ast_raw_read(&raw);
        raw.taken = raw.in_bytes;
        ast_sleep_ms(1);
    }
    assert_true(raw.closed && sent < (4 << 20));
    ast_raw_close(&raw);
    ast_server_close(&f);
}

static void requests_come_in_a_row_with_and_without_delimiter(void **state)
{
    (void)state;
    ast_server f;
    ast_raw_frame frame;
    ast_server_open(&f);
    ast_server_start(&f);
    static const char row[] = HELLO PING_REQUEST "\1\0" PING_REQUEST "\4\x9\4PING\0\x64xy" PING_REQUEST;
    open_raw(&f, row, sizeof row - 1);
    assert_true(next_frame(&frame) && frame.flags == 0 && frame.body_bytes > 50);
    assert_true(next_frame(&frame) && frame.flags == 1 && frame.body_bytes == 0);
    assert_true(next_frame(&frame) && frame.flags == 0 && frame.body_bytes > 50);
    assert_true(next_frame(&frame) && frame.flags == 4 && memcmp(frame.body, "\4PONGxy", 7) == 0);
    assert_true(next_frame(&frame) && frame.flags == 0 && frame.body_bytes > 50);
    ast_raw_close(&raw);
    UNTIL(as_server_counters_get(f.server).connections == 0);
    ast_server_close(&f);
}

static void three_hundred_that_never_read_hold_up_nobody(void **state)
{
    (void)state;
    enum { SILENT = 300, ENTRIES = 1400, READS = 30 };
    static const char asks[] = HELLO SNAPSHOT SNAPSHOT SNAPSHOT SNAPSHOT;
    ast_server f;
    ast_request r;
    ast_answer a;
    char payload[700];
    int silent[SILENT];
    ast_server_open(&f);
    f.options.clients_max = 512;
    ast_server_start(&f);
    memset(payload, 'q', sizeof payload);
    for (unsigned i = 0; i < ENTRIES; i++)
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, i, "sig.x.", payload, sizeof payload);
    ast_settle(&f);
    void *reader = ast_connect(&f, ZMQ_DEALER, f.requests);
    unsigned answers = 0;
    for (unsigned i = 0; i < SILENT; i++) {
        open_raw(&f, asks, sizeof asks - 1);
        silent[i] = raw.descriptor;
        if (i % (SILENT / READS))
            continue;
        ast_ask(&r, 0, "snapshot");
        ast_call(reader, &r, &a);
        ast_expect_error(&a, NULL);
        answers += ast_get_uint(&a, "count") == ENTRIES;
        ast_done(&a);
    }
    assert_int_equal(answers, READS);
    UNTIL(as_server_counters_get(f.server).connections_evicted > SILENT / 2);
    ast_ask(&r, 0, "snapshot");
    ast_call(reader, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    uint64_t begin = as_clock_monotonic_ns();
    as_server_stop(f.server); /* does not wait for them either */
    f.server = NULL;
    assert_true(as_clock_monotonic_ns() - begin < AS_NS_PER_S);
    for (unsigned i = 0; i < SILENT; i++)
        close(silent[i]);
    zmq_close(reader);
    ast_server_close(&f);
}

static void one_that_does_not_read_is_disconnected_after_a_while(void **state)
{
    (void)state;
    static const char asks[] = HELLO SNAPSHOT SNAPSHOT SNAPSHOT SNAPSHOT;
    static char payload[60000];
    ast_server f;
    ast_server_open(&f);
    ast_server_start(&f);
    memset(payload, 'q', sizeof payload);
    for (unsigned i = 0; i < 17; i++)
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, i, "sig.x.", payload, sizeof payload);
    ast_settle(&f);
    open_raw(&f, asks, sizeof asks - 1);
    UNTIL(as_server_counters_get(f.server).requests == 4);
    UNTIL(as_server_counters_get(f.server).answers_lost == 2);
    assert_int_equal(as_server_counters_get(f.server).connections, 1);
    for (unsigned i = 0; i < 200 && as_server_counters_get(f.server).connections > 0; i++)
        ast_sleep_ms(AS_REQUESTS_STALL_MS / 100);
    as_server_counters counters = as_server_counters_get(f.server);
    assert_int_equal(counters.connections, 0);
    assert_int_equal(counters.connections_evicted, 1);
    ast_raw_close(&raw);
    ast_server_close(&f);
}

static void there_are_no_more_connections_than_are_allowed(void **state)
{
    (void)state;
    enum { MAX = 6 };
    ast_server f;
    ast_request r;
    ast_answer a;
    int held[MAX];
    ast_server_open(&f);
    f.options.clients_max = MAX;
    ast_server_start(&f);
    for (unsigned i = 0; i < MAX; i++) {
        open_raw(&f, HELLO, sizeof HELLO - 1);
        held[i] = raw.descriptor;
        UNTIL(as_server_counters_get(f.server).connections == i + 1);
    }
    assert_int_equal(ast_raw_connect(&raw, f.requests), 0);
    assert_true(is_closed());
    UNTIL(as_server_counters_get(f.server).connections_refused == 1);
    ast_raw_close(&raw);
    close(held[0]);
    void *late = ast_connect(&f, ZMQ_REQ, f.requests);
    ast_ask(&r, 0, "ping");
    ast_call(late, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    zmq_close(late);
    for (unsigned i = 1; i < MAX; i++)
        close(held[i]);
    ast_server_close(&f);
}

static void those_that_say_nothing_give_way(void **state)
{
    (void)state;
    enum { MUTE = 150 };
    ast_server f;
    ast_request r;
    ast_answer a;
    int mute[MUTE];
    ast_server_open(&f);
    ast_server_start(&f);
    for (unsigned i = 0; i < MUTE; i++) {
        assert_int_equal(ast_raw_connect(&raw, f.requests), 0);
        mute[i] = raw.descriptor;
    }
    void *client = ast_connect(&f, ZMQ_REQ, f.requests);
    ast_ask(&r, 0, "ping");
    ast_call(client, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    UNTIL(as_server_counters_get(f.server).connections_refused >= MUTE - 64);
    zmq_close(client);
    for (unsigned i = 0; i < MUTE; i++)
        close(mute[i]);
    ast_server_close(&f);
}

static void replays_that_wait_do_not_keep_a_snapshot(void **state)
{
    (void)state;
    enum { WAITING = 100 };
    ast_server f;
    ast_request r;
    ast_answer a;
    void *waiting[WAITING];
    ast_server_open(&f);
    ast_server_start(&f);
    for (unsigned i = 0; i < WAITING; i++) {
        as_writer *w;
        waiting[i] = ast_connect(&f, ZMQ_DEALER, f.requests);
        wait_for_messages(&r, 1);
        w = ast_ask(&r, 4, "replay");
        ast_uint(w, "epoch", AST_EPOCH);
        ast_uint(w, "from", 1);
        ast_uint(w, "wait_ms", 10000);
        ast_text(w, "prefix", "sig.");
        ast_send(waiting[i], &r);
    }
    UNTIL(as_server_counters_get(f.server).requests == WAITING);
    ast_uint(ast_ask(&r, 1, "snapshot"), "at", 3);
    ast_send(waiting[WAITING - 1], &r); /* beside its own */
    void *other = ast_connect(&f, ZMQ_REQ, f.requests);
    ast_send(other, &r);
    UNTIL(as_server_counters_get(f.server).requests == WAITING + 2);
    ast_publish_beats(&f, 3);
    void *both[] = {other, waiting[WAITING - 1]};
    for (unsigned i = 0; i < 2; i++) {
        ast_receive(both[i], &a);
        ast_expect_error(&a, NULL);
        assert_true(ast_text_is(ast_get(&a, "op"), "snapshot"));
        assert_int_equal(ast_get_uint(&a, "gseq"), 3);
        ast_done(&a);
    }
    assert_int_equal(as_server_counters_get(f.server).busy, 0);
    ast_publish(&f, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1, "sig.x.", "four");
    for (unsigned i = 0; i < WAITING; i++) {
        if (i % 2) {
            ast_receive(waiting[i], &a);
            assert_int_equal(ast_get_uint(&a, "count"), 1);
            ast_done(&a);
        }
        zmq_close(waiting[i]);
    }
    zmq_close(other);
    ast_server_close(&f);
}

static void who_leaves_while_it_waits_is_forgotten(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_server_open(&f);
    ast_server_start(&f);
    for (unsigned i = 0; i < 20; i++) {
        void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
        wait_for_messages(&r, 1);
        ast_send(socket, &r);
        UNTIL(as_server_counters_get(f.server).requests == i + 1);
        zmq_close(socket);
    }
    UNTIL(as_server_counters_get(f.server).connections == 0);
    ast_publish_beats(&f, 1);
    ast_settle(&f);
    assert_int_equal(as_server_counters_get(f.server).replays, 0);
    ast_server_close(&f);
}

/* ---- keys ---- */

static void *connect_with(const ast_server *f, const as_key_pair *server, const as_key_pair *client)
{
    void *s = zmq_socket(f->context, ZMQ_DEALER);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &(int){AST_RECEIVE_MS}, sizeof(int));
    zmq_setsockopt(s, ZMQ_LINGER, &(int){0}, sizeof(int));
    zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server->public_key, AS_KEY_BYTES);
    zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, client->public_key, AS_KEY_BYTES);
    zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, client->secret_key, AS_KEY_BYTES);
    assert_int_equal(zmq_connect(s, f->requests), 0);
    return s;
}

static void one_key_has_a_part_of_the_connections(void **state)
{
    (void)state;
    enum { MAX = 8 };
    ast_server f;
    ast_request r;
    ast_answer a;
    as_key_pair server, many, other;
    char key_path[128], allow_path[128], text[AS_KEY_TEXT_BYTES];
    void *socket[AS_GRANT_CONNECTIONS_MIN + 2];
    ast_server_open(&f);
    f.options.clients_max = MAX;
    (void)snprintf(key_path, sizeof key_path, "%s/server.key", f.folder);
    (void)snprintf(allow_path, sizeof allow_path, "%s/allow", f.folder);
    assert_int_equal(as_keys_generate(&server) + as_keys_generate(&many) + as_keys_generate(&other), 0);
    assert_int_equal(as_keys_write_secret(key_path, "server", &server, true), 0);
    FILE *file = fopen(allow_path, "we");
    as_key_to_text(many.public_key, text);
    (void)fprintf(file, "%s many *\n", text);
    as_key_to_text(other.public_key, text);
    (void)fprintf(file, "%s other *\n", text);
    fclose(file);
    assert_int_equal(as_auth_new(key_path, allow_path, &f.options.auth), 0);
    ast_server_start(&f);
    for (unsigned i = 0; i < AS_GRANT_CONNECTIONS_MIN; i++) {
        socket[i] = connect_with(&f, &server, &many);
        ast_ask(&r, 0, "ping");
        ast_call(socket[i], &r, &a);
        ast_done(&a);
    }
    socket[AS_GRANT_CONNECTIONS_MIN] = connect_with(&f, &server, &many);
    UNTIL(as_server_counters_get(f.server).connections_refused >= 1);
    assert_int_equal(as_server_counters_get(f.server).connections, AS_GRANT_CONNECTIONS_MIN);
    socket[AS_GRANT_CONNECTIONS_MIN + 1] = connect_with(&f, &server, &other);
    ast_ask(&r, 0, "ping");
    ast_call(socket[AS_GRANT_CONNECTIONS_MIN + 1], &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    for (unsigned i = 0; i < AS_GRANT_CONNECTIONS_MIN + 2; i++)
        zmq_close(socket[i]);
    as_auth *auth = f.options.auth;
    ast_server_close(&f);
    as_auth_free(auth);
}

int main(void)
{
    as_message_level(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_takes_the_identity_of_another),
        cmocka_unit_test(a_request_of_many_frames_ends_the_connection),
        cmocka_unit_test(requests_come_in_a_row_with_and_without_delimiter),
        cmocka_unit_test(three_hundred_that_never_read_hold_up_nobody),
        cmocka_unit_test(one_that_does_not_read_is_disconnected_after_a_while),
        cmocka_unit_test(there_are_no_more_connections_than_are_allowed),
        cmocka_unit_test(those_that_say_nothing_give_way),
        cmocka_unit_test(replays_that_wait_do_not_keep_a_snapshot),
        cmocka_unit_test(who_leaves_while_it_waits_is_forgotten),
        cmocka_unit_test(one_key_has_a_part_of_the_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
