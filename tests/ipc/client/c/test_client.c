/* The C client with real sockets, against a publisher and a server of requests that this test plays itself. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "ipc/client/c/aftershock_client.h"
#include "ipc/client/c/digest.h"
#include "ipc/client/c/message.h"

enum { KEPT_MAX = 64, INTERVAL_MS = 40 };

typedef struct said {
    char topic[64];
    uint8_t payload[1024];
    size_t payload_bytes;
    uint64_t gseq;
} said;

/* A publisher: what it said, and of that what is its state. */
typedef struct server {
    void *context, *pub, *router;
    char live[128], requests[128];
    uint64_t gseq, tseq[2], last[2], beats; /* of sig.t.A. and hb. */
    said kept[KEPT_MAX];
    size_t kept_count, entry; /* the message that is the state, KEPT_MAX: none */
    unsigned snapshots, replays, pings;
    bool mute, gone;
} server;

static void pack(msgpack_packer *pk, const char *text)
{
    msgpack_pack_str(pk, strlen(text));
    msgpack_pack_str_body(pk, text, strlen(text));
}

static void pack_number(msgpack_packer *pk, const char *key, uint64_t value)
{
    pack(pk, key);
    msgpack_pack_uint64(pk, value);
}

static void pack_pair(msgpack_packer *pk, const char *key, const char *value)
{
    pack(pk, key);
    pack(pk, value);
}

static void pack_envelope(server *s, msgpack_packer *pk, size_t keys, unsigned topic)
{
    msgpack_pack_map(pk, 7 + keys);
    pack_number(pk, "v", 1);
    pack_number(pk, "epoch", 77);
    pack_number(pk, "gseq", ++s->gseq);
    pack_number(pk, "tseq", ++s->tseq[topic]);
    pack_number(pk, "prev", s->last[topic]);
    pack_number(pk, "ts_pub", 5);
    pack(pk, "replay");
    msgpack_pack_false(pk);
    s->last[topic] = s->gseq;
}

static void send_said(server *s, const said *m)
{
    assert_true(zmq_send(s->pub, m->topic, strlen(m->topic), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0);
    assert_true(zmq_send(s->pub, m->payload, m->payload_bytes, ZMQ_DONTWAIT) >= 0);
}

/* A signal of the one id; it becomes the state (or ends it). It is kept for replays, and sent if asked. */
static void say_signal(server *s, const char *action, bool sent)
{
    msgpack_sbuffer buffer;
    msgpack_packer pk;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&pk, &buffer, msgpack_sbuffer_write);
    pack_envelope(s, &pk, 9, 0);
    pack_pair(&pk, "kind", "mean_reversion");
    pack_pair(&pk, "action", action);
    pack_pair(&pk, "id", "0123456789abcdef0123456789abcdef");
    pack_pair(&pk, "sym", "A");
    pack(&pk, "side");
    msgpack_pack_int(&pk, -1);
    pack_number(&pk, "valid_until", UINT64_C(2000000000000000000));
    pack(&pk, "rev_bps");
    msgpack_pack_double(&pk, 12.5);
    pack(&pk, "p");
    msgpack_pack_nil(&pk);
    pack(&pk, "reasons");
    msgpack_pack_array(&pk, 2);
    pack(&pk, "NO_CHANNEL");
    pack(&pk, "RUMOUR_T1");
    assert_true(s->kept_count < KEPT_MAX && buffer.size <= sizeof s->kept->payload);
    said *m = &s->kept[s->kept_count++];
    *m = (said){.topic = "sig.t.A.", .payload_bytes = buffer.size, .gseq = s->gseq};
    memcpy(m->payload, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
    s->entry = strcmp(action, "close") == 0 ? KEPT_MAX : s->kept_count - 1;
    if (sent)
        send_said(s, m);
}

static void say_heartbeat(server *s)
{
    msgpack_sbuffer buffer;
    msgpack_packer pk;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&pk, &buffer, msgpack_sbuffer_write);
    pack_envelope(s, &pk, 5, 1);
    pack_number(&pk, "interval_ms", INTERVAL_MS);
    pack_number(&pk, "ts_now", UINT64_C(1900000000000000000));
    pack(&pk, "halted");
    msgpack_pack_false(&pk);
    pack_number(&pk, "missed", 0);
    pack(&pk, "tails");
    msgpack_pack_map(&pk, s->tseq[0] > 0);
    if (s->tseq[0] > 0)
        pack_number(&pk, "sig.t.A.", s->tseq[0]);
    said m = {.topic = "hb.", .payload_bytes = buffer.size};
    memcpy(m.payload, buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
    send_said(s, &m);
    s->beats++;
}

/*
 * ---- requests
 * -----------------------------------------------------------------------------------------------------
 */

static const msgpack_object *get(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < map->via.map.size; i++)
        if (asc_text_is(&map->via.map.ptr[i].key, key))
            return &map->via.map.ptr[i].val;
    return NULL;
}

static void pack_messages(msgpack_packer *pk, const said *const *m, size_t count)
{
    pack_number(pk, "count", count);
    pack(pk, "messages");
    msgpack_pack_array(pk, count);
    for (size_t i = 0; i < count; i++) {
        msgpack_pack_array(pk, 2);
        pack(pk, m[i]->topic);
        msgpack_pack_bin(pk, m[i]->payload_bytes);
        msgpack_pack_bin_body(pk, m[i]->payload, m[i]->payload_bytes);
    }
}

static void answer_snapshot(server *s, msgpack_packer *pk)
{
    const said *m = s->entry < KEPT_MAX ? &s->kept[s->entry] : NULL;
    asc_digest digest;
    char hex[65];
    asc_digest_begin(&digest);
    if (m) {
        asc_digest_add(&digest, m->topic, strlen(m->topic));
        asc_digest_add(&digest, m->payload, m->payload_bytes);
    }
    asc_digest_end(&digest, hex);
    pack_pair(pk, "hash", hex);
    pack_number(pk, "parts", 1);
    pack_number(pk, "part", 1);
    pack_messages(pk, &m, m != NULL);
    s->snapshots++;
}

static void answer_replay(server *s, msgpack_packer *pk, const msgpack_object *request)
{
    const said *m[KEPT_MAX];
    size_t count = 0;
    uint64_t from = get(request, "from")->via.u64, to = get(request, "to")->via.u64;
    for (size_t i = 0; i < s->kept_count; i++)
        if (s->kept[i].gseq >= from && s->kept[i].gseq <= to)
            m[count++] = &s->kept[i];
    pack_number(pk, "from", from);
    pack_number(pk, "next", to + 1);
    pack_messages(pk, m, count);
    s->replays++;
}

static void answer(server *s, const msgpack_object *request, msgpack_packer *pk)
{
    bool snapshot = asc_text_is(get(request, "op"), "snapshot"), replay = asc_text_is(get(request, "op"), "replay");
    bool refused = replay && s->gone;
    msgpack_pack_map(pk, 6 + (snapshot ? 5U : replay && !refused ? 4U : 0U));
    pack_pair(pk, "op", snapshot ? "snapshot" : replay ? "replay" : "ping");
    pack(pk, "id");
    if (get(request, "id"))
        msgpack_pack_uint64(pk, get(request, "id")->via.u64);
    else
        msgpack_pack_nil(pk);
    pack(pk, "error");
    if (refused)
        pack(pk, "gone");
    else
        msgpack_pack_nil(pk);
    pack_number(pk, "epoch", 77);
    pack_number(pk, "gseq", s->gseq);
    pack(pk, "halted");
    msgpack_pack_false(pk);
    s->pings += !snapshot && !replay;
    if (snapshot)
        answer_snapshot(s, pk);
    else if (replay && !refused)
        answer_replay(s, pk, request);
}

static void serve(server *s)
{
    uint8_t who[64], request[4096];
    int who_bytes, bytes;
    while ((who_bytes = zmq_recv(s->router, who, sizeof who, ZMQ_DONTWAIT)) > 0) {
        msgpack_zone zone;
        msgpack_object root;
        bytes = zmq_recv(s->router, request, sizeof request, 0);
        if (s->mute)
            continue;
        assert_true(msgpack_zone_init(&zone, 4096));
        assert_true(asc_unpack(request, (size_t)bytes, false, &zone, &root));
        msgpack_sbuffer buffer;
        msgpack_packer pk;
        msgpack_sbuffer_init(&buffer);
        msgpack_packer_init(&pk, &buffer, msgpack_sbuffer_write);
        answer(s, &root, &pk);
        assert_int_equal(zmq_send(s->router, who, (size_t)who_bytes, ZMQ_SNDMORE), who_bytes);
        assert_true(zmq_send(s->router, buffer.data, buffer.size, 0) > 0);
        msgpack_sbuffer_destroy(&buffer);
        msgpack_zone_destroy(&zone);
    }
}

/*
 * ---- the play
 * -----------------------------------------------------------------------------------------------------
 */

static void bind_to(void *socket, char endpoint[128], const char *secret_key)
{
    int yes = 1, no = 0;
    size_t bytes = 128;
    assert_int_equal(zmq_setsockopt(socket, ZMQ_LINGER, &no, sizeof no), 0);
    if (secret_key) {
        assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes), 0);
        assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 41), 0);
    }
    assert_int_equal(zmq_bind(socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &bytes), 0);
}

static server *start(const char *secret_key)
{
    server *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->context = zmq_ctx_new();
    s->pub = zmq_socket(s->context, ZMQ_PUB);
    s->router = zmq_socket(s->context, ZMQ_ROUTER);
    s->entry = KEPT_MAX;
    bind_to(s->pub, s->live, secret_key);
    bind_to(s->router, s->requests, secret_key);
    return s;
}

static void stop(server *s, as_client *client)
{
    as_client_free(client);
    assert_int_equal(zmq_close(s->pub), 0);
    assert_int_equal(zmq_close(s->router), 0);
    assert_int_equal(zmq_ctx_term(s->context), 0);
    free(s);
}

static uint64_t ms_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static as_client *client_of(const server *s)
{
    static const char *const topics[] = {"sig."};
    char error[256];
    as_client_options options = as_client_defaults();
    options.live = s->live;
    options.requests = s->requests;
    options.topics = topics;
    options.topics_count = 1;
    as_client *client = as_client_new(&options, error, sizeof error);
    if (!client)
        fail_msg("%s", error);
    return client;
}

/* Heartbeats and answers go on until the client has an item (true) or is in the state, within three seconds. */
static bool until(server *s, as_client *client, as_client_item *item, as_client_state state)
{
    uint64_t begun = ms_now(), beat = 0;
    while (ms_now() < begun + 3000) {
        if (!s->mute && ms_now() >= beat + INTERVAL_MS) {
            beat = ms_now();
            say_heartbeat(s);
        }
        serve(s);
        int rc = as_client_next(client, 2, item);
        assert_true(rc >= 0);
        if (rc == 1)
            return true;
        if (as_client_state_get(client) == state)
            return false;
    }
    fail_msg("three seconds: state %s", as_client_state_name(as_client_state_get(client)));
    return false;
}

static void expect_signal(server *s, as_client *client, const char *action, bool actionable)
{
    as_client_item item;
    assert_true(until(s, client, &item, (as_client_state)-1));
    if (item.kind != AS_CLIENT_MESSAGE)
        fail_msg("a gap (%s) instead of a signal", as_client_cause_name(item.gap.cause));
    assert_int_equal(item.message.kind, AS_CLIENT_SIGNAL);
    assert_string_equal(item.message.topic, "sig.t.A.");
    assert_string_equal(item.message.body.action, action);
    assert_string_equal(item.message.body.sym, "A");
    assert_int_equal(item.message.body.side, -1);
    assert_true(item.message.body.rev_bps > 12.4 && isnan(item.message.body.p) && isnan(item.message.body.z));
    assert_int_equal(item.message.body.reasons_count, 2);
    assert_string_equal(item.message.body.reasons[1], "RUMOUR_T1");
    assert_true(item.message.body.px == AS_CLIENT_NIL_INT && !item.message.body.partner);
    assert_int_equal(item.message.actionable, actionable);
}

static as_client_gap expect_gap(server *s, as_client *client)
{
    as_client_item item;
    assert_true(until(s, client, &item, (as_client_state)-1));
    assert_int_equal(item.kind, AS_CLIENT_GAP);
    return item.gap;
}

static void a_late_joiner_is_shown_what_is_open(void **state)
{
    (void)state;
    as_client_item item;
    server *s = start(NULL);
    say_signal(s, "open", true); /* nobody hears it */
    as_client *client = client_of(s);
    assert_int_equal(as_client_state_get(client), AS_CLIENT_CONNECTING);
    assert_int_equal(as_client_ts_now(client), AS_CLIENT_NIL_UINT);
    expect_signal(s, client, "open", true);
    assert_false(until(s, client, &item, AS_CLIENT_LIVE));
    assert_int_equal(as_client_state_count(client), 1);
    assert_int_equal(as_client_epoch(client), 77);
    uint64_t cursor = 0;
    as_client_message message;
    assert_true(as_client_open_next(client, &cursor, &message));
    assert_true(message.actionable && message.snapshot);
    assert_false(as_client_open_next(client, &cursor, &message));
    say_signal(s, "close", true);
    expect_signal(s, client, "close", false);
    assert_int_equal(as_client_state_count(client), 0);
    assert_true(as_client_ts_now(client) >= UINT64_C(1900000000000000000));
    stop(s, client);
}

static void a_lost_message_is_had_back_and_a_gone_one_told(void **state)
{
    (void)state;
    as_client_item item;
    server *s = start(NULL);
    as_client *client = client_of(s);
    assert_false(until(s, client, &item, AS_CLIENT_LIVE));
    say_signal(s, "open", true);
    expect_signal(s, client, "open", true);
    say_signal(s, "update", false); /* the next heartbeat's tails tell */
    as_client_gap gap = expect_gap(s, client);
    assert_true(gap.repaired && gap.cause == AS_CLIENT_GAP_TAIL && gap.lost == 1);
    expect_signal(s, client, "update", true);
    assert_int_equal(s->replays, 1);
    s->gone = true;
    say_signal(s, "update", false);
    say_signal(s, "update", true);
    gap = expect_gap(s, client);
    assert_true(!gap.repaired && gap.cause == AS_CLIENT_GAP_TSEQ && gap.lost == 1);
    assert_true(as_client_degraded(client));
    expect_signal(s, client, "update", false); /* of the new snapshot */
    as_client_acknowledge(client);
    assert_false(as_client_degraded(client));
    say_signal(s, "update", true);
    expect_signal(s, client, "update", true);
    as_client_counters counters = as_client_counters_get(client);
    assert_int_equal(counters.lost, 1);
    assert_int_equal(counters.repaired, 1);
    assert_int_equal(counters.snapshots, 2);
    assert_string_equal(as_client_error(client), "replay: gone");
    stop(s, client);
}

static void a_silent_publisher_is_dead_until_acknowledged(void **state)
{
    (void)state;
    as_client_item item;
    server *s = start(NULL);
    as_client *client = client_of(s);
    assert_false(until(s, client, &item, AS_CLIENT_LIVE));
    s->mute = true;
    uint64_t begun = ms_now();
    as_client_gap gap = expect_gap(s, client);
    assert_true(gap.cause == AS_CLIENT_GAP_DEAD && ms_now() - begun < 2000);
    s->mute = false;
    say_signal(s, "open", true);
    begun = ms_now();
    while (ms_now() < begun + 300) {
        say_heartbeat(s);
        serve(s);
        assert_int_equal(as_client_next(client, 10, &item), 0);
    }
    assert_int_equal(as_client_state_get(client), AS_CLIENT_DEAD);
    as_client_acknowledge(client);
    expect_signal(s, client, "open", true); /* shown again, as snapshot */
    assert_int_equal(as_client_state_get(client), AS_CLIENT_LIVE);
    stop(s, client);
}

static void a_bot_that_was_busy_does_not_hold_the_publisher_for_dead(void **state)
{
    (void)state;
    as_client_item item;
    server *s = start(NULL);
    as_client *client = client_of(s);
    assert_false(until(s, client, &item, AS_CLIENT_LIVE));
    for (int i = 0; i < 10; i++) { /* ten intervals away */
        say_heartbeat(s);
        usleep(INTERVAL_MS * 1000);
    }
    say_heartbeat(s);
    assert_int_equal(as_client_next(client, 5, &item), 0);
    assert_int_equal(as_client_state_get(client), AS_CLIENT_LIVE);
    stop(s, client);
}

static bool readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, timeout_ms) == 1;
}

static void the_descriptor_wakes_for_messages_and_for_silence(void **state)
{
    (void)state;
    as_client_item item;
    server *s = start(NULL);
    as_client *client = client_of(s);
    assert_false(until(s, client, &item, AS_CLIENT_LIVE));
    int fd = as_client_fd(client);
    say_signal(s, "open", true);
    int rc = 0;
    for (int wakes = 0; rc == 0 && wakes < 20; wakes++) {
        assert_true(readable(fd, 1000));
        rc = as_client_next(client, 0, &item);
    }
    assert_true(rc == 1 && item.kind == AS_CLIENT_MESSAGE);
    uint64_t begun = ms_now(); /* from now on nobody speaks */
    do {
        while ((rc = as_client_next(client, 0, &item)) > 0 && item.kind != AS_CLIENT_GAP)
            ;
    } while (rc == 0 && readable(fd, 1500));
    assert_true(rc == 1 && item.gap.cause == AS_CLIENT_GAP_DEAD);
    assert_true(ms_now() - begun < 1500);
    stop(s, client);
}

static void it_reports_every_second(void **state)
{
    (void)state;
    as_client_item item;
    server *s = start(NULL);
    as_client *client = client_of(s);
    uint64_t begun = ms_now();
    while (s->pings == 0 && ms_now() < begun + 3000)
        (void)until(s, client, &item, AS_CLIENT_LIVE);
    assert_true(s->pings > 0);
    stop(s, client);
}

static void curve_with_the_right_keys_and_with_a_wrong_one(void **state)
{
    (void)state;
    char server_public[41], server_secret[41], own_public[41], own_secret[41], other[41], unused[41];
    char path[] = "/tmp/as_client_keyXXXXXX", error[256];
    as_client_item item;
    assert_int_equal(zmq_curve_keypair(server_public, server_secret), 0);
    assert_int_equal(zmq_curve_keypair(own_public, own_secret), 0);
    assert_int_equal(zmq_curve_keypair(other, unused), 0);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "# a comment\n    public-key = \"%s\"\n    secret-key = \"%s\"\n", own_public, own_secret) >
                80);
    assert_int_equal(close(fd), 0);
    server *s = start(server_secret);
    as_client_options options = as_client_defaults();
    options.live = s->live;
    options.requests = s->requests;
    options.server_key = server_public;
    options.key_file = path;
    as_client *client = as_client_new(&options, error, sizeof error);
    assert_non_null(client);
    assert_false(until(s, client, &item, AS_CLIENT_LIVE));
    as_client_free(client);

    options.server_key = other; /* not the server's: never connected */
    client = as_client_new(&options, error, sizeof error);
    assert_non_null(client);
    for (int i = 0; i < 10; i++) {
        say_heartbeat(s);
        assert_int_equal(as_client_next(client, 20, &item), 0);
    }
    assert_int_equal(as_client_state_get(client), AS_CLIENT_CONNECTING);
    as_client_free(client);

    assert_int_equal(chmod(path, 0644), 0);
    assert_null(as_client_new(&options, error, sizeof error));
    assert_non_null(strstr(error, "0644"));
    assert_int_equal(unlink(path), 0);
    assert_null(as_client_new(&options, error, sizeof error));
    assert_non_null(strstr(error, path));
    stop(s, NULL);
}

static void wrong_options_are_refused_with_their_reason(void **state)
{
    (void)state;
    char error[256], long_topic[256];
    const char *topics[65];
    memset(long_topic, 'x', sizeof long_topic);
    long_topic[255] = '\0';
    for (size_t i = 0; i < 65; i++)
        topics[i] = "sig.";
    as_client_options options = as_client_defaults();
    options.topics = topics;
    options.topics_count = 65;
    assert_null(as_client_new(&options, error, sizeof error));
    assert_string_equal(error, "65 topics; allowed: 64");
    options.topics_count = 2;
    topics[1] = long_topic;
    assert_null(as_client_new(&options, error, sizeof error));
    assert_non_null(strstr(error, "topic 1"));
    long_topic[191] = '\0'; /* fits; but 64 of them do not fit in a request */
    for (size_t i = 0; i < 64; i++)
        topics[i] = long_topic;
    options.topics_count = 64;
    assert_null(as_client_new(&options, error, sizeof error));
    assert_non_null(strstr(error, "request"));
    options = as_client_defaults();
    options.live = "nonsense";
    assert_null(as_client_new(&options, error, sizeof error));
    options = as_client_defaults();
    options.server_key = "short";
    assert_null(as_client_new(&options, error, sizeof error));
    assert_non_null(strstr(error, "server_key"));
    options.server_key = NULL;
    options.key_file = "/nowhere";
    assert_null(as_client_new(&options, NULL, 0));
    as_client_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_joiner_is_shown_what_is_open),
        cmocka_unit_test(a_lost_message_is_had_back_and_a_gone_one_told),
        cmocka_unit_test(a_silent_publisher_is_dead_until_acknowledged),
        cmocka_unit_test(a_bot_that_was_busy_does_not_hold_the_publisher_for_dead),
        cmocka_unit_test(the_descriptor_wakes_for_messages_and_for_silence),
        cmocka_unit_test(it_reports_every_second),
        cmocka_unit_test(curve_with_the_right_keys_and_with_a_wrong_one),
        cmocka_unit_test(wrong_options_are_refused_with_their_reason),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
