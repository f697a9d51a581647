#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/error.h"
#include "tests/support/random.h"
#include "tests/support/server_fixture.h"

/* ---- late joiners ---- */

enum { MODEL_KEYS = 700, STREAM = 20000 };

/* What the state should be, by other means: a plain table searched from end to end. */
typedef struct model_entry {
    bool open;
    uint64_t gseq;
    char topic[32], payload[600];
} model_entry;

static model_entry model[AS_MESSAGE_FEED + 1][MODEL_KEYS];

static void model_apply(as_message_kind kind, as_message_effect effect, uint64_t key, uint64_t gseq, const char *topic,
                        const char *payload)
{
    model_entry *e = &model[kind][key];
    if (effect == AS_EFFECT_SET || (effect == AS_EFFECT_RENEW && e->open)) {
        e->open = true;
        e->gseq = gseq;
        (void)snprintf(e->topic, sizeof e->topic, "%s", topic);
        (void)snprintf(e->payload, sizeof e->payload, "%s", payload);
    } else if (effect == AS_EFFECT_REMOVE) {
        e->open = false;
        if (kind == AS_MESSAGE_FACT)
            model[AS_MESSAGE_SHOCK][key].open = false;
    }
}

static int by_gseq(const void *a, const void *b)
{
    const model_entry *left = *(const model_entry *const *)a, *right = *(const model_entry *const *)b;
    return left->gseq < right->gseq ? -1 : 1;
}

static unsigned model_sorted(const char *prefix, const model_entry **out)
{
    unsigned count = 0;
    for (unsigned kind = 0; kind <= AS_MESSAGE_FEED; kind++)
        for (unsigned i = 0; i < MODEL_KEYS; i++)
            if (model[kind][i].open && strncmp(model[kind][i].topic, prefix, strlen(prefix)) == 0)
                out[count++] = &model[kind][i];
    qsort(out, count, sizeof *out, by_gseq);
    return count;
}

static void publish_random(ast_server *f, uint64_t *seed)
{
    static const char *const topics[] = {"hb.", "sig.%u.", "shock.%u.", "fact.%u.", "feed.%u."};
    char topic[32], payload[600];
    as_message_kind kind = (as_message_kind)(ast_random(seed) % 5);
    as_message_effect effect = kind == AS_MESSAGE_OTHER ? AS_EFFECT_NONE : (as_message_effect)(ast_random(seed) % 4);
    uint64_t key = ast_random(seed) % MODEL_KEYS, bytes = 100 + ast_random(seed) % 400;
    (void)snprintf(topic, sizeof topic, topics[kind], (unsigned)key);
    memset(payload, 'a' + (int)(key % 26), bytes);
    (void)snprintf(payload + bytes, sizeof payload - bytes, " %llu", (unsigned long long)f->gseq + 1);
    ast_publish(f, kind, effect, key, topic, payload);
    model_apply(kind, effect, key, f->gseq, topic, payload);
}

/* Take a snapshot in all its parts and compare it with the model. */
static void compare_snapshot(ast_server *f, void *socket, const char *prefix)
{
    static const model_entry *expected[5 * MODEL_KEYS];
    ast_request r;
    ast_answer a;
    unsigned count = model_sorted(prefix, expected);
    char hash[AS_DIGEST_HEX_BYTES];
    as_digest digest;
    as_digest_init(&digest);
    for (unsigned i = 0; i < count; i++) {
        as_digest_update(&digest, expected[i]->topic, strlen(expected[i]->topic));
        as_digest_update(&digest, expected[i]->payload, strlen(expected[i]->payload));
    }
    as_digest_final_hex(&digest, hash);
    as_writer *w = ast_ask(&r, 2, "snapshot");
    ast_uint(w, "at", f->gseq);
    ast_text(w, "prefix", prefix);
    ast_call(socket, &r, &a);
    unsigned at = 0;
    for (uint64_t part = 1, parts = ast_get_uint(&a, "parts");; part++) {
        ast_expect_error(&a, NULL);
        assert_int_equal(a.unpacked.data.via.map.size, 16);
        assert_int_equal(ast_get_uint(&a, "gseq"), f->gseq);
        assert_int_equal(ast_get_uint(&a, "count"), count);
        assert_int_equal(ast_get_uint(&a, "part"), part);
        assert_int_equal(ast_get_uint(&a, "parts"), parts);
        assert_true(ast_text_is(ast_get(&a, "hash"), hash));
        assert_int_equal(ast_get(&a, "token")->type, parts == 1 ? MSGPACK_OBJECT_NIL : MSGPACK_OBJECT_POSITIVE_INTEGER);
        uint32_t messages = ast_get(&a, "messages")->via.array.size;
        for (uint32_t i = 0; i < messages; i++, at++)
            assert_true(
                ast_message_is(&a, i, expected[at]->topic, expected[at]->payload, strlen(expected[at]->payload)));
        if (part == parts)
            break;
        w = ast_ask(&r, 2, "snapshot");
        ast_uint(w, "token", ast_get_uint(&a, "token"));
        ast_uint(w, "part", part + 1);
        ast_done(&a);
        ast_call(socket, &r, &a);
    }
    assert_int_equal(at, count);
    ast_done(&a);
}

static void a_late_joiner_gets_the_state_to_the_byte(void **state)
{
    (void)state;
    ast_server f;
    uint64_t seed = 20260701;
    memset(model, 0, sizeof model);
    ast_server_open(&f);
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    compare_snapshot(&f, socket, "");
    for (unsigned i = 0; i < STREAM; i++) {
        publish_random(&f, &seed);
        if (ast_random(&seed) % 400 == 0)
            compare_snapshot(&f, socket, ast_random(&seed) % 2 ? "" : "sig.1");
    }
    compare_snapshot(&f, socket, "");
    compare_snapshot(&f, socket, "no such topic");
    as_server_counters counters = as_server_counters_get(f.server);
    assert_int_equal(counters.messages, STREAM);
    assert_true(counters.signals > 100 && counters.facts > 100 && counters.shocks > 50 && counters.feeds > 100);
    zmq_close(socket);
    ast_server_close(&f);
}

static void a_large_snapshot_comes_in_parts(void **state)
{
    (void)state;
    enum { ENTRIES = 10000, BYTES = 650 };
    ast_server f;
    ast_request r;
    ast_answer a;
    char payload[BYTES], topic[32], hash[AS_DIGEST_HEX_BYTES];
    as_digest digest, whole;
    ast_server_open(&f);
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    as_digest_init(&whole);
    memset(payload, 'p', sizeof payload);
    for (unsigned i = 0; i < ENTRIES; i++) {
        (void)snprintf(topic, sizeof topic, "sig.x.%u.", i);
        memcpy(payload, &i, sizeof i);
        ast_publish_at(&f, f.gseq + 1, AS_MESSAGE_SIGNAL, AS_EFFECT_SET, i, topic, payload, sizeof payload);
        as_digest_update(&whole, topic, strlen(topic));
        as_digest_update(&whole, payload, sizeof payload);
    }
    ast_settle(&f);
    ast_ask(&r, 0, "snapshot");
    uint64_t begin = as_clock_monotonic_ns();
    ast_call(socket, &r, &a);
    print_message("snapshot of %d entries, first part: %.1f ms\n", ENTRIES,
                  (double)(as_clock_monotonic_ns() - begin) / 1e6);
    uint64_t parts = ast_get_uint(&a, "parts"), token = ast_get_uint(&a, "token"), gseq = ast_get_uint(&a, "gseq");
    assert_in_range(parts, 6, 8);
    ast_publish_beats(&f, 5); /* what comes later is not in it */
    ast_publish(&f, AS_MESSAGE_SIGNAL, AS_EFFECT_REMOVE, 7, "sig.x.7.", "closed");
    ast_settle(&f);
    as_digest_init(&digest);
    uint64_t count = 0;
    for (uint64_t part = 1;; part++) {
        const msgpack_object *messages = ast_get(&a, "messages");
        assert_int_equal(ast_get_uint(&a, "gseq"), gseq);
        for (uint32_t i = 0; i < messages->via.array.size; i++, count++) {
            const msgpack_object *m = messages->via.array.ptr[i].via.array.ptr;
            as_digest_update(&digest, m[0].via.str.ptr, m[0].via.str.size);
            as_digest_update(&digest, m[1].via.bin.ptr, m[1].via.bin.size);
        }
        if (part == parts)
            break;
        ast_done(&a);
        as_writer *w = ast_ask(&r, 2, "snapshot");
        ast_uint(w, "token", token);
        ast_uint(w, "part", part + 1);
        ast_call(socket, &r, &a);
        ast_expect_error(&a, NULL);
    }
    as_digest_final_hex(&digest, hash);
    assert_int_equal(count, ENTRIES);
    assert_true(ast_text_is(ast_get(&a, "hash"), hash));
    as_digest_final_hex(&whole, hash);
    assert_true(ast_text_is(ast_get(&a, "hash"), hash));
    ast_done(&a);
    as_writer *w = ast_ask(&r, 2, "snapshot");
    ast_uint(w, "token", token);
    ast_uint(w, "part", parts + 1);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "bad_key");
    ast_done(&a);
    w = ast_ask(&r, 2, "snapshot");
    ast_uint(w, "token", token ^ 1);
    ast_uint(w, "part", 1);
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "expired");
    ast_done(&a);
    zmq_close(socket);
    ast_server_close(&f);
}

static void a_snapshot_waits_until_its_gseq(void **state)
{
    (void)state;
    ast_server f;
    ast_request r;
    ast_answer a;
    ast_server_open(&f);
    ast_server_start(&f);
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    as_writer *w = ast_ask(&r, 1, "snapshot");
    ast_uint(w, "at", 3);
    ast_send(socket, &r);
    ast_sleep_ms(5);
    ast_publish_beats(&f, 3);
    ast_receive(socket, &a);
    ast_expect_error(&a, NULL);
    assert_int_equal(ast_get_uint(&a, "gseq"), 3);
    ast_done(&a);
    w = ast_ask(&r, 1, "snapshot");
    ast_uint(w, "at", 5);
    uint64_t begin = as_clock_monotonic_ns();
    ast_call(socket, &r, &a);
    ast_expect_error(&a, "ahead");
    assert_in_range(as_clock_monotonic_ns() - begin, 1000000000, 3000000000);
    ast_done(&a);
    zmq_close(socket);
    ast_server_close(&f);
}

/* ---- many at once ---- */

typedef struct joiner {
    ast_server *fixture;
    pthread_t thread;
    unsigned wrong, answers;
} joiner;

/* What a joiner does, with plain checks: cmocka's belong to the main thread. */
static void *join_often(void *context)
{
    enum { JOINS = 40 };
    joiner *j = context;
    int timeout = AST_RECEIVE_MS, linger = 0;
    void *socket = zmq_socket(j->fixture->context, ZMQ_REQ);
    char *answer = malloc(AST_ANSWER_BYTES);
    static const char request[] = "\x81\xa2op\xa8snapshot";
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_connect(socket, j->fixture->requests);
    for (unsigned i = 0; i < JOINS; i++) {
        msgpack_unpacked unpacked;
        as_digest digest;
        char hash[AS_DIGEST_HEX_BYTES];
        zmq_send(socket, request, sizeof request - 1, 0);
        int bytes = zmq_recv(socket, answer, AST_ANSWER_BYTES, 0);
        if (bytes < 0) {
            j->wrong++;
            break;
        }
        msgpack_unpacked_init(&unpacked);
        msgpack_unpack_next(&unpacked, answer, (size_t)bytes, NULL);
        const msgpack_object *messages = ast_find(&unpacked.data, "messages");
        as_digest_init(&digest);
        for (uint32_t k = 0; messages && k < messages->via.array.size; k++) {
            const msgpack_object *m = messages->via.array.ptr[k].via.array.ptr;
            as_digest_update(&digest, m[0].via.str.ptr, m[0].via.str.size);
            as_digest_update(&digest, m[1].via.bin.ptr, m[1].via.bin.size);
        }
        as_digest_final_hex(&digest, hash);
        if (!messages || !ast_text_is(ast_find(&unpacked.data, "hash"), hash))
            j->wrong++;
        j->answers++;
        msgpack_unpacked_destroy(&unpacked);
    }
    free(answer);
    zmq_close(socket);
    return NULL;
}

static void clients_join_at_once_while_it_is_written(void **state)
{
    (void)state;
    enum { JOINERS = 8 };
    ast_server f;
    joiner joiners[JOINERS];
    uint64_t seed = 7;
    memset(model, 0, sizeof model);
    ast_server_open(&f);
    ast_server_start(&f);
    for (unsigned i = 0; i < JOINERS; i++) {
        joiners[i] = (joiner){.fixture = &f};
        assert_int_equal(pthread_create(&joiners[i].thread, NULL, join_often, &joiners[i]), 0);
    }
    for (unsigned i = 0; i < STREAM; i++)
        publish_random(&f, &seed);
    for (unsigned i = 0; i < JOINERS; i++) {
        pthread_join(joiners[i].thread, NULL);
        assert_int_equal(joiners[i].wrong, 0);
        assert_int_equal(joiners[i].answers, 40);
    }
    void *socket = ast_connect(&f, ZMQ_DEALER, f.requests);
    compare_snapshot(&f, socket, "");
    zmq_close(socket);
    ast_server_close(&f);
}

int main(void)
{
    as_message_level(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_joiner_gets_the_state_to_the_byte),
        cmocka_unit_test(a_large_snapshot_comes_in_parts),
        cmocka_unit_test(a_snapshot_waits_until_its_gseq),
        cmocka_unit_test(clients_join_at_once_while_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
