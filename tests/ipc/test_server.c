#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/error.h"
#include "ipc/keys.h"
#include "tests/support/random.h"
#include "tests/support/server_fixture.h"

static void replay_request(ast_request *r, uint64_t from, uint64_t to, const char *prefix, uint64_t wait_ms)
{
    as_writer *w = ast_ask(r, 4 + (to ? 1u : 0u) + (prefix ? 1u : 0u), "replay");
    ast_uint(w, "id", 5);
    ast_uint(w, "epoch", AST_EPOCH);
    ast_uint(w, "from", from);
    ast_uint(w, "wait_ms", wait_ms);
    if (to)
        ast_uint(w, "to", to);
    if (prefix)
        ast_text(w, "prefix", prefix);
}

static void ping_answers_with_the_header(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    ast_server_start(&f);
    void *req = ast_connect(&f, ZMQ_REQ, f.requests), *dealer = ast_connect(&f, ZMQ_DEALER, f.requests);
    ast_ask(&r, 0, "ping");
    ast_call(req, &r, &a);
    ast_expect_error(&a, NULL);
    assert_int_equal(a.unpacked.data.via.map.size, 11);
    assert_int_equal(ast_get_uint(&a, "v"), 1);
    assert_true(ast_text_is(ast_get(&a, "op"), "ping"));
    assert_int_equal(ast_get(&a, "id")->type, MSGPACK_OBJECT_NIL);
    assert_int_equal(ast_get_uint(&a, "epoch"), AST_EPOCH);
    assert_int_equal(ast_get_uint(&a, "gseq"), 0);
    assert_int_equal(ast_get_uint(&a, "oldest"), 0);
    assert_int_equal(ast_get(&a, "ts_now")->type, MSGPACK_OBJECT_NIL);
    assert_int_equal(ast_get(&a, "halted")->type, MSGPACK_OBJECT_BOOLEAN);
    assert_true(ast_get_uint(&a, "ts_pub") > UINT64_C(1700000000000000000));
    ast_done(&a);
    f.halted = true;
    ast_publish_beats(&f, 3);
    ast_settle(&f);
    as_writer *w = ast_ask(&r, 4, "ping"); /* no delimiter from a DEALER */
    ast_uint(w, "id", UINT64_MAX);
    ast_text(w, "client", "bot-\x01");
    ast_uint(w, "seen", 2);
    ast_uint(w, "lost", 1);
    ast_call(dealer, &r, &a);
    ast_expect_error(&a, NULL);
    assert_true(ast_get_uint(&a, "id") == UINT64_MAX);
    assert_int_equal(ast_get_uint(&a, "gseq"), 3);
    assert_int_equal(ast_get_uint(&a, "oldest"), 1);
    assert_int_equal(ast_get_uint(&a, "ts_now"), 1003);
    assert_true(ast_get(&a, "halted")->via.boolean);
    ast_done(&a);
    as_report_view view[4];
    assert_int_equal(as_server_reports(f.server, view, 4), 2);
    const as_report_view *bot = strcmp(view[0].client, "bot-?") == 0 ? &view[0] : &view[1];
    assert_string_equal(bot->client, "bot-?");
    assert_int_equal(bot->seen, 2);
    assert_int_equal(bot->lost, 1);
    assert_int_equal(bot->requests, 1);
    assert_int_equal(as_server_oldest(f.server), 1);
    assert_int_equal(as_server_counters_get(f.server).pings, 2);
    zmq_close(req);
    zmq_close(dealer);
    ast_server_close(&f);
}

static void replays_come_from_memory(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    ast_publish_beats(&f, 2);
    ast_publish(&f, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1, "sig.x.A.", "three");
    f.gseq = 6; /* decisions that never became messages */
    ast_publish_beats(&f, 2);
    ast_settle(&f);
    replay_request(&r, 1, 0, NULL, 0);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, NULL);
    assert_int_equal(ast_get_uint(&a, "from"), 1);
    assert_int_equal(ast_get_uint(&a, "next"), 9);
    assert_int_equal(ast_get_uint(&a, "count"), 5);
    assert_int_equal(ast_get(&a, "messages")->via.array.size, 5);
    assert_true(ast_message_is(&a, 2, "sig.x.A.", "three", 5));
    assert_true(ast_message_is(&a, 4, "hb.", "beat 8", 6));
    ast_done(&a);
    replay_request(&r, 2, 5, "sig.", 0); /* ends in the hole */
    ast_call(socket, &r, &a);
    assert_int_equal(ast_get_uint(&a, "next"), 6);
    assert_int_equal(ast_get_uint(&a, "count"), 1);
    ast_done(&a);
    replay_request(&r, 9, 0, NULL, 0); /* nothing yet */
    ast_call(socket, &r, &a);
    ast_expect_error(&a, NULL);
    assert_int_equal(ast_get_uint(&a, "next"), 9);
    assert_int_equal(ast_get_uint(&a, "count"), 0);
    ast_done(&a);
    replay_request(&r, 10, 0, NULL, 0);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "ahead");
    ast_done(&a);
    as_writer *w = ast_ask(&r, 2, "replay");
    ast_uint(w, "epoch", AST_EPOCH + 1);
    ast_uint(w, "from", 1);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "epoch");
    ast_done(&a);
    zmq_close(socket);
    ast_server_close(&f);
}

static void a_replay_waits_for_a_message_that_matches(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    ast_publish_beats(&f, 1);
    ast_settle(&f);
    replay_request(&r, 2, 0, "sig.", 5000);
    ast_send(socket, &r);
    ast_sleep_ms(5);
    replay_request(&r, 2, 0, "sig.", 5000); /* one waits already */
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "busy");
    ast_done(&a);
    ast_ask(&r, 0, "ping"); /* it does not hold up others */
    ast_call(socket, &r, &a);
    assert_true(ast_text_is(ast_get(&a, "op"), "ping"));
    ast_done(&a);
    ast_publish_beats(&f, 3);
    ast_publish(&f, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, 1, "sig.x.A.", "five");
    ast_receive(socket, &a);
    ast_expect_error(&a, NULL);
    assert_int_equal(ast_get_uint(&a, "from"), 2);
    assert_int_equal(ast_get_uint(&a, "next"), 6);
    assert_int_equal(ast_get_uint(&a, "count"), 1);
    assert_true(ast_message_is(&a, 0, "sig.x.A.", "five", 4));
    ast_done(&a);
    uint64_t begin = as_clock_monotonic_ns();
    replay_request(&r, 6, 0, NULL, 60);
    ast_call(socket, &r, &a);
    assert_in_range(as_clock_monotonic_ns() - begin, 60000000, 2000000000);
    assert_int_equal(ast_get_uint(&a, "count"), 0);
    assert_int_equal(ast_get_uint(&a, "next"), 6);
    ast_done(&a);
    zmq_close(socket);
    ast_server_close(&f);
}

static void memory_that_is_too_small_says_gone_without_a_disk(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    static char payload[4000];
    memset(payload, 'x', sizeof payload);
    ast_server_open(&f);
    f.options.memory_bytes = 1 << 18;
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    for (unsigned i = 0; i < 200; i++)
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_OTHER, AS_EFFECT_NONE, 0, "hb.", payload, sizeof payload);
    ast_settle(&f);
    uint64_t oldest = as_server_oldest(f.server);
    assert_in_range(oldest, 130, 145);
    replay_request(&r, oldest - 1, 0, NULL, 0);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "gone");
    assert_int_equal(ast_get_uint(&a, "oldest"), oldest);
    ast_done(&a);
    replay_request(&r, oldest, 0, NULL, 0);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, NULL);
    assert_int_equal(ast_get_uint(&a, "count"), 201 - oldest);
    ast_done(&a);
    zmq_close(socket);
    ast_server_close(&f);
}

/* Follow next from one gseq to the end; every message must be there once and be what was published. */
static void follow(ast_server *f, void *socket, uint64_t from, uint64_t (*fill)(uint64_t gseq, char *payload))
{
    ast_request r;
    ast_answer a;
    uint64_t gseq = from;
    static char payload[1 << 16];
    while (gseq <= f->gseq) {
        replay_request(&r, gseq, 0, NULL, 0);
        ast_call(socket, &r, &a);
        ast_expect_error(&a, NULL);
        uint64_t count = ast_get_uint(&a, "count"), next = ast_get_uint(&a, "next");
        assert_true(next > gseq && count == next - gseq);
        for (uint32_t i = 0; i < count; i++, gseq++)
            assert_true(ast_message_is(&a, i, "hb.", payload, fill(gseq, payload)));
        ast_done(&a);
    }
}

static uint64_t fill(uint64_t gseq, char *payload)
{
    uint64_t seed = gseq, bytes = 8 + ast_random(&seed) % 3000;
    for (uint64_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t value = ast_random(&seed);
        memcpy(payload + i, &value, 8);
    }
    return bytes & ~UINT64_C(7);
}

static void replays_go_on_from_disk_to_memory(void **state)
{
    (void)state;
    ast_server f;
    static char payload[1 << 16];
    ast_server_open(&f);
    assert_int_equal(mkdir(f.disk, 0700), 0);
    f.options.memory_bytes = 1 << 18;
    f.options.disk_dir = f.disk;
    f.options.disk_bytes = 8 << 20; /* segments of 2 MiB */
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    for (unsigned i = 0; i < 4000; i++) {
        uint64_t bytes = fill(f.gseq + 1, payload);
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_OTHER, AS_EFFECT_NONE, 0, "hb.", payload, bytes);
    }
    ast_settle(&f);
    assert_int_equal(as_server_oldest(f.server), 1); /* 6 MB: all of it */
    follow(&f, socket, 1, fill);
    follow(&f, socket, 3990, fill);
    for (unsigned i = 0; i < 4000; i++) {
        uint64_t bytes = fill(f.gseq + 1, payload);
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_OTHER, AS_EFFECT_NONE, 0, "hb.", payload, bytes);
    }
    ast_settle(&f);
    uint64_t oldest = as_server_oldest(f.server);
    assert_in_range(oldest, 2, 6000);
    assert_in_range(as_server_counters_get(f.server).disk_bytes, 4 << 20, 8 << 20);
    follow(&f, socket, oldest, fill);
    zmq_close(socket);
    ast_server_close(&f);
}

/* ---- who is slow, hostile, or many ---- */

static void what_is_no_request_is_told_so(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    static const struct {
        const char *bytes;
        size_t byte_count;
        const char *error;
    } bad[] = {
        {"\xdd\x07\xff\xff\xff", 5, "malformed"},
        {"", 0, "malformed"},
        {"\xdf\xff\xff\xff\xff", 5, "malformed"},
        {"\x80\x80", 2, "malformed"},
        {"\xc1", 1, "malformed"},
        {"\x01", 1, "malformed"},
        {"\x80", 1, "bad_key"},
        {"\x81\xa2op\x01", 5, "bad_key"},
        {"\x81\xa2op\xa3nix", 8, "unknown_op"},
        {"\x81\xa2op\xa4halt", 9, "unknown_op"},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        zmq_send(socket, bad[i].bytes, bad[i].byte_count, 0);
        ast_receive(socket, &a);
        ast_expect_error(&a, bad[i].error);
        ast_done(&a);
    }
    zmq_send(socket, "a", 1, ZMQ_SNDMORE);
    zmq_send(socket, "b", 1, ZMQ_SNDMORE);
    zmq_send(socket, "c", 1, 0); /* ends the connection, as what is too long does; a new one follows by itself */
    ast_sleep_ms(200);
    static const char large[5000];
    zmq_send(socket, large, sizeof large, 0);
    ast_sleep_ms(200);
    ast_ask(&r, 0, "ping");
    ast_call(socket, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    assert_int_equal(as_server_counters_get(f.server).malformed, 6 + 2);
    zmq_close(socket);
    ast_server_close(&f);
}

static void who_asks_too_fast_is_told_busy_and_others_are_not(void **state)
{
    (void)state;
    enum { FLOOD = 200 };
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    f.options.rate = 50;
    ast_server_start(&f);
    void *fast = ast_connect(&f, ZMQ_DEALER, f.requests), *other = ast_connect(&f, ZMQ_REQ, f.requests);
    unsigned busy = 0;
    for (unsigned i = 0; i < FLOOD; i++) {
        ast_uint(ast_ask(&r, 1, "ping"), "id", i);
        ast_send(fast, &r);
    }
    for (unsigned i = 0; i < FLOOD; i++) {
        ast_receive(fast, &a);
        assert_int_equal(ast_get_uint(&a, "id"), i); /* in the order of the requests */
        busy += ast_get(&a, "error")->type != MSGPACK_OBJECT_NIL;
        ast_done(&a);
    }
    assert_in_range(busy, FLOOD - 90, FLOOD - 50);
    ast_ask(&r, 0, "ping");
    ast_call(other, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    assert_int_equal(as_server_counters_get(f.server).busy, busy);
    zmq_close(fast);
    zmq_close(other);
    ast_server_close(&f);
}

static void clients_that_never_read_cost_bounded_memory(void **state)
{
    (void)state;
    enum { SILENT = 100, ASKED = 20, ENTRIES = 1400 };
    ast_server f;
    ast_request r;
    ast_answer a;
    char payload[700];
    void *silent[SILENT];
    int one = 1;
    ast_server_open(&f);
    ast_server_start(&f);
    zmq_ctx_set(f.context, ZMQ_MAX_SOCKETS, 1000);
    memset(payload, 'q', sizeof payload);
    for (unsigned i = 0; i < ENTRIES; i++)
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, i, "sig.x.", payload, sizeof payload);
    ast_settle(&f);
    for (unsigned i = 0; i < SILENT; i++) {
        silent[i] = zmq_socket(f.context, ZMQ_DEALER);
        zmq_setsockopt(silent[i], ZMQ_RCVHWM, &one, sizeof one); /* its own queue takes one answer */
        zmq_setsockopt(silent[i], ZMQ_LINGER, &(int){0}, sizeof(int));
        assert_int_equal(zmq_connect(silent[i], f.requests), 0);
        for (unsigned j = 0; j < ASKED; j++) {
            ast_ask(&r, 0, "snapshot");
            ast_send(silent[i], &r);
        }
    }
    void *reader = ast_connect(&f, ZMQ_DEALER, f.requests);
    for (unsigned i = 0; i < 20; i++) {
        ast_ask(&r, 0, "snapshot");
        ast_call(reader, &r, &a);
        ast_expect_error(&a, NULL);
        assert_int_equal(ast_get_uint(&a, "count"), ENTRIES);
        ast_done(&a);
    }
    as_server_counters counters = as_server_counters_get(f.server);
    assert_true(counters.answers_lost + counters.busy + counters.connections_evicted > SILENT / 4);
    print_message("of %d snapshots of 1 MB nobody reads: %llu lost, %llu busy, %llu disconnected\n", SILENT * ASKED,
                  (unsigned long long)counters.answers_lost, (unsigned long long)counters.busy,
                  (unsigned long long)counters.connections_evicted);
    for (unsigned i = 0; i < SILENT; i++)
        zmq_close(silent[i]);
    zmq_close(reader);
    ast_server_close(&f);
}

static void stop_answers_what_waits(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    ast_server_start(&f);
    void *one = ast_connect(&f, ZMQ_DEALER, f.requests), *two = ast_connect(&f, ZMQ_REQ, f.requests);
    replay_request(&r, 1, 0, NULL, 10000);
    ast_send(one, &r);
    ast_uint(ast_ask(&r, 1, "snapshot"), "at", 9);
    ast_send(two, &r);
    for (unsigned i = 0; i < AST_RECEIVE_MS && as_server_counters_get(f.server).requests < 2; i++)
        ast_sleep_ms(1);
    ast_publish_at(&f, 1, AS_MESSAGE_OTHER, AS_EFFECT_NONE, 0, "sys.", "bye", 3);
    uint64_t begin = as_clock_monotonic_ns();
    as_server_stop(f.server);
    f.server = NULL;
    assert_true(as_clock_monotonic_ns() - begin < 1000000000);
    ast_receive(one, &a);
    ast_expect_error(&a, NULL);
    assert_true(ast_message_is(&a, 0, "sys.", "bye", 3)); /* the last message too */
    ast_done(&a);
    ast_receive(two, &a);
    ast_expect_error(&a, "ahead");
    ast_done(&a);
    zmq_close(one);
    zmq_close(two);
    ast_server_close(&f);
}

/* ---- keys ---- */

static void write_allow_list(const char *path, const as_key_pair *pair, const char *grant)
{
    char text[AS_KEY_TEXT_BYTES];
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    as_key_to_text(pair->public_key, text);
    (void)fprintf(file, "%s bot-1 %s\n", text, grant);
    fclose(file);
}

static void keys_decide_what_may_be_asked_until_they_are_taken_away(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    as_key_pair server, bot, other;
    char key_path[128], allow_path[128];
    ast_server_open(&f);
    (void)snprintf(key_path, sizeof key_path, "%s/server.key", f.folder);
    (void)snprintf(allow_path, sizeof allow_path, "%s/allow", f.folder);
    assert_int_equal(as_keys_generate(&server) + as_keys_generate(&bot) + as_keys_generate(&other), 0);
    assert_int_equal(as_keys_write_secret(key_path, "server", &server, true), 0);
    write_allow_list(allow_path, &bot, "sig.");
    assert_int_equal(as_auth_new(key_path, allow_path, &f.options.auth), 0);
    ast_server_start(&f);
    void *socket = zmq_socket(f.context, ZMQ_DEALER), *stranger = zmq_socket(f.context, ZMQ_DEALER);
    const as_key_pair *pairs[] = {&bot, &other};
    for (unsigned i = 0; i < 2; i++) {
        void *s = i ? stranger : socket;
        int timeout = i ? 300 : AST_RECEIVE_MS, linger = 0;
        zmq_setsockopt(s, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
        zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server.public_key, AS_KEY_BYTES);
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, pairs[i]->public_key, AS_KEY_BYTES);
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, pairs[i]->secret_key, AS_KEY_BYTES);
        assert_int_equal(zmq_connect(s, f.requests), 0);
    }
    ast_ask(&r, 0, "snapshot");
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "denied"); /* everything is more than sig. */
    ast_done(&a);
    ast_text(ast_ask(&r, 1, "snapshot"), "prefix", "sig.x.");
    ast_call(socket, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    ast_text(ast_ask(&r, 1, "ping"), "client", "somebody else");
    ast_call(socket, &r, &a);
    ast_done(&a);
    as_report_view view;
    assert_int_equal(as_server_reports(f.server, &view, 1), 1);
    assert_string_equal(view.client, "bot-1");      /* the key's name, not what it says */
    (void)zmq_send(stranger, "x", 1, ZMQ_DONTWAIT); /* if it was refused before this it has nowhere to send to */
    assert_int_equal(zmq_recv(stranger, &a, 1, 0), -1);
    write_allow_list(allow_path, &other, "*"); /* the same name, another key */
    assert_int_equal(as_auth_reload(f.options.auth), 0);
    for (unsigned i = 0; i < AST_RECEIVE_MS && as_server_counters_get(f.server).connections > 0; i++)
        ast_sleep_ms(1); /* it need not say anything: it is disconnected, and cannot come again */
    (void)zmq_setsockopt(socket, ZMQ_RCVTIMEO, &(int){300}, sizeof(int));
    (void)zmq_send(socket, "x", 1, ZMQ_DONTWAIT);
    assert_int_equal(zmq_recv(socket, &a, 1, 0), -1);
    assert_int_equal(as_server_counters_get(f.server).denied, 1);
    assert_int_equal(as_server_counters_get(f.server).connections_evicted, 1);
    zmq_close(socket);
    zmq_close(stranger);
    as_auth *auth = f.options.auth;
    ast_server_close(&f);
    as_auth_free(auth);
}

/* ---- control ---- */

static int operator_does(void *context, const char *op, as_writer *result)
{
    (void)context;
    if (strcmp(op, "halt") == 0) {
        as_writer_text(result, "halted");
        return 0;
    }
    if (strcmp(op, "reload") == 0) {
        as_error_set(-EINVAL, "p.yaml:3: found x");
        return as_error_add("playbook");
    }
    return -ENOSYS;
}

static void the_socket_file_is_for_user_and_group_and_goes_at_the_end(void **state)
{
    (void)state;
    ast_server f;
    struct stat info;
    const char *path = f.requests + strlen("ipc://");
    ast_server_open(&f);
    ast_server_start(&f);
    assert_string_equal(as_server_endpoint(f.server), f.requests);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0660);
    as_server_stop(f.server);
    f.server = NULL;
    assert_int_equal(stat(path, &info), -1);
    ast_server_close(&f);
}

static void control_and_inside_take_operators_commands(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    struct stat info;
    char endpoint[160];
    ast_server_open(&f);
    f.options.control = f.control;
    f.options.control_required = true;
    f.options.control_op = operator_does;
    ast_server_start(&f);
    assert_int_equal(stat(f.control, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    (void)snprintf(endpoint, sizeof endpoint, "ipc://%s", f.control);
    void *control = ast_connect(&f, ZMQ_REQ, endpoint);
    ast_ask(&r, 0, "halt");
    ast_call(control, &r, &a);
    ast_expect_error(&a, NULL);
    assert_true(ast_text_is(ast_get(&a, "op"), "halt"));
    assert_true(ast_text_is(ast_get(&a, "result"), "halted"));
    ast_done(&a);
    ast_ask(&r, 0, "reload");
    ast_call(control, &r, &a);
    ast_expect_error(&a, "failed");
    assert_true(ast_text_is(ast_get(&a, "detail"), "playbook: p.yaml:3: found x"));
    ast_done(&a);
    ast_ask(&r, 0, "dance");
    ast_call(control, &r, &a);
    ast_expect_error(&a, "unknown_op");
    ast_done(&a);
    ast_ask(&r, 0, "snapshot");
    ast_call(control, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    void *inside = zmq_socket(as_server_context(f.server), ZMQ_REQ);
    assert_int_equal(zmq_connect(inside, AS_SERVER_INSIDE), 0);
    ast_ask(&r, 0, "halt");
    ast_call(inside, &r, &a);
    ast_expect_error(&a, NULL);
    ast_done(&a);
    ast_ask(&r, 0, "schema");
    ast_call(inside, &r, &a);
    assert_non_null(ast_find(ast_get(&a, "schema"), "sig"));
    ast_done(&a);
    as_server *second;
    assert_int_equal(as_server_start(&f.options, &second), -EADDRINUSE); /* requests; and control: */
    as_byte_ring *ring;                                                  /* one of its own: a ring has one consumer */
    assert_int_equal(as_byte_ring_new(1 << 16, &ring), 0);
    f.options.messages = ring;
    f.options.requests = "tcp://127.0.0.1:*";
    assert_int_equal(as_server_start(&f.options, &second), -EADDRINUSE);
    f.options.control_required = false;
    assert_int_equal(as_server_start(&f.options, &second), 0);
    assert_non_null(strstr(as_server_endpoint(second), "tcp://127.0.0.1:"));
    as_server_stop(second);
    as_byte_ring_free(ring);
    assert_int_equal(stat(f.control, &info), 0); /* not the second one's to remove */
    zmq_close(inside);
    zmq_close(control);
    as_server_stop(f.server);
    f.server = NULL;
    assert_int_equal(stat(f.control, &info), -1);
    ast_server_close(&f);
}

int main(void)
{
    as_message_level(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ping_answers_with_the_header),
        cmocka_unit_test(replays_come_from_memory),
        cmocka_unit_test(a_replay_waits_for_a_message_that_matches),
        cmocka_unit_test(memory_that_is_too_small_says_gone_without_a_disk),
        cmocka_unit_test(replays_go_on_from_disk_to_memory),
        cmocka_unit_test(what_is_no_request_is_told_so),
        cmocka_unit_test(who_asks_too_fast_is_told_busy_and_others_are_not),
        cmocka_unit_test(clients_that_never_read_cost_bounded_memory),
        cmocka_unit_test(keys_decide_what_may_be_asked_until_they_are_taken_away),
        cmocka_unit_test(stop_answers_what_waits),
        cmocka_unit_test(the_socket_file_is_for_user_and_group_and_goes_at_the_end),
        cmocka_unit_test(control_and_inside_take_operators_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
