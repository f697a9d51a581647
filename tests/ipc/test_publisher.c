#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <msgpack.h>
#include <zmq.h>

#include "core/clock.h"
#include "core/decision.h"
#include "core/error.h"
#include "ipc/codec.h"
#include "ipc/frame_check.h"
#include "ipc/message.h"
#include "ipc/publisher.h"
#include "tests/support/golden.h"

enum { RECEIVE_MS = 5000, BEAT_MS = 20, FLOOD = 20000, QUEUE = 1 << 20, KEPT_BYTES = 1 << 20 };

/* A publisher on an endpoint of its own, its ring, its one feed, and a real subscriber. */
typedef struct fixture {
    char endpoint[64];
    as_ring *ring;
    as_byte_ring *kept; /* given to the publisher by the tests that read it */
    as_publisher *publisher;
    as_publisher_options options;
    _Atomic(uint64_t) ts_now;
    _Atomic(const char *) feed_state;
    void *context, *sub;
    uint64_t seq;
    /* the message received last */
    char topic[AS_TOPIC_BYTES];
    uint8_t payload[1 << 16];
    size_t payload_bytes;
    msgpack_unpacked unpacked;
} fixture;

static uint32_t one_feed(void *context, as_feed_view *view, uint32_t count_max)
{
    fixture *f = context;
    assert_true(count_max >= 1);
    *view = (as_feed_view){.name = "wire",
                           .state = atomic_load_explicit(&f->feed_state, memory_order_acquire), /* edge T1 */
                           .messages = 1000,
                           .gaps = 1,
                           .lost = 5,
                           .bad = 2};
    return 1;
}

static void start(fixture *f, uint32_t heartbeat_ms, uint32_t queue_bytes, uint32_t slots)
{
    static unsigned number;
    memset(f, 0, sizeof *f);
    (void)snprintf(f->endpoint, sizeof f->endpoint, "ipc:///tmp/ast-publisher-%d-%u", (int)getpid(), number++);
    atomic_init(&f->ts_now, UINT64_C(1782936000000000000));
    atomic_init(&f->feed_state, "live");
    assert_int_equal(as_ring_new(slots, (uint32_t)sizeof(as_decision), &f->ring), 0);
    assert_int_equal(as_byte_ring_new(KEPT_BYTES, &f->kept), 0);
    f->options = (as_publisher_options){
        .fanout = {.live = f->endpoint, .queue_bytes = queue_bytes, .clients_max = 16, .subscriptions_max = 64},
        .heartbeat_ms = heartbeat_ms,
        .cpu = -1,
        .wait = AS_WAIT_BLOCK,
        .decisions = f->ring,
        .feeds = one_feed,
        .feeds_context = f,
        .ts_now = &f->ts_now};
    assert_int_equal(as_publisher_start(&f->options, &f->publisher), 0);
    f->context = zmq_ctx_new();
    msgpack_unpacked_init(&f->unpacked);
}

/* A subscriber whose own queue holds hwm messages (0: any number). */
static void *subscribe_with(fixture *f, const char *prefix, int hwm)
{
    int timeout = RECEIVE_MS, linger = 0;
    void *sub = zmq_socket(f->context, ZMQ_SUB);
    zmq_setsockopt(sub, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(sub, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(sub, ZMQ_RCVHWM, &hwm, sizeof hwm);
    uint64_t before = as_publisher_counters_get(f->publisher).subscriptions;
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    assert_int_equal(zmq_connect(sub, f->endpoint), 0);
    for (unsigned i = 0; i < RECEIVE_MS && as_publisher_counters_get(f->publisher).subscriptions == before; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_true(as_publisher_counters_get(f->publisher).subscriptions > before);
    return sub;
}

static void *subscribe(fixture *f, const char *prefix)
{
    return subscribe_with(f, prefix, 0);
}

static void finish(fixture *f)
{
    as_publisher_stop(f->publisher, "shutdown");
    if (f->sub)
        zmq_close(f->sub);
    zmq_ctx_term(f->context);
    as_ring_free(f->ring);
    as_byte_ring_free(f->kept);
    msgpack_unpacked_destroy(&f->unpacked);
    unlink(f->endpoint + strlen("ipc://"));
}

/* Receive one message of exactly two frames; false after RECEIVE_MS. */
static bool receive(fixture *f, void *sub)
{
    int more = 0;
    size_t more_bytes = sizeof more;
    int bytes = zmq_recv(sub, f->topic, sizeof f->topic - 1, 0);
    if (bytes < 0)
        return false;
    f->topic[bytes] = 0;
    zmq_getsockopt(sub, ZMQ_RCVMORE, &more, &more_bytes);
    assert_true(more);
    bytes = zmq_recv(sub, f->payload, sizeof f->payload, 0);
    assert_in_range(bytes, 1, sizeof f->payload);
    f->payload_bytes = (size_t)bytes;
    zmq_getsockopt(sub, ZMQ_RCVMORE, &more, &more_bytes);
    assert_false(more);
    assert_int_equal(as_frame_check(f->payload, f->payload_bytes), AS_FRAME_OK);
    assert_int_equal(msgpack_unpack_next(&f->unpacked, (const char *)f->payload, f->payload_bytes, NULL),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(f->unpacked.data.type, MSGPACK_OBJECT_MAP);
    return true;
}

static bool receive_topic(fixture *f, void *sub, const char *topic)
{
    while (receive(f, sub))
        if (strcmp(f->topic, topic) == 0)
            return true;
    return false;
}

/* A key of the message received last, which must be there. */
static const msgpack_object *get(const fixture *f, const char *key)
{
    const msgpack_object_map *map = &f->unpacked.data.via.map;
    for (uint32_t i = 0; i < map->size; i++)
        if (map->ptr[i].key.via.str.size == strlen(key) && memcmp(map->ptr[i].key.via.str.ptr, key, strlen(key)) == 0)
            return &map->ptr[i].val;
    fail_msg("%s has no key %s", f->topic, key);
    return NULL;
}

static uint64_t get_uint(const fixture *f, const char *key)
{
    const msgpack_object *value = get(f, key);
    assert_int_equal(value->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
    return value->via.u64;
}

static bool is_text(const msgpack_object *value, const char *text)
{
    return value->type == MSGPACK_OBJECT_STR && value->via.str.size == strlen(text) &&
           memcmp(value->via.str.ptr, text, strlen(text)) == 0;
}

static void decide(fixture *f, const char *symbol)
{
    as_decision *slot;
    while (!(slot = as_ring_claim(f->ring)))
        nanosleep(&(struct timespec){.tv_nsec = 10000}, NULL);
    as_decision_clear(slot);
    slot->type = AS_DECISION_SIG;
    slot->seq = ++f->seq;
    slot->ts_recv = as_clock_now_ns();
    (void)snprintf(slot->symbol, sizeof slot->symbol, "%s", symbol);
    (void)snprintf(slot->strategy, sizeof slot->strategy, "overreaction");
    as_ring_publish(f->ring);
}

static void a_decision_is_two_frames_with_an_envelope(void **state)
{
    (void)state;
    fixture f;
    start(&f, 60000, QUEUE, 64);
    f.sub = subscribe(&f, "sig.");
    decide(&f, "BRK.B");
    assert_true(receive(&f, f.sub));
    assert_string_equal(f.topic, "sig.overreaction.BRK%2EB.");
    assert_int_equal(get_uint(&f, "v"), AS_WIRE_VERSION);
    assert_int_equal(get_uint(&f, "epoch"), as_publisher_epoch(f.publisher));
    assert_int_equal(get_uint(&f, "tseq"), 1);
    assert_int_equal(get(&f, "replay")->type, MSGPACK_OBJECT_BOOLEAN);
    assert_false(get(&f, "replay")->via.boolean);
    uint64_t now = as_clock_now_ns();
    assert_in_range(get_uint(&f, "ts_pub"), now - 60 * AS_NS_PER_S, now);
    assert_true(is_text(get(&f, "sym"), "BRK.B"));
    finish(&f);
}

static void sequences_rise_by_one_and_a_hole_in_decisions_is_a_hole_in_gseq(void **state)
{
    (void)state;
    fixture f;
    start(&f, 60000, QUEUE, 64);
    f.sub = subscribe(&f, "sig.");
    decide(&f, "A");
    decide(&f, "B");
    decide(&f, "A");
    f.seq += 3; /* the core had no slot for three */
    decide(&f, "A");
    uint64_t first = 0;
    static const uint64_t gseq[] = {0, 1, 2, 6}, tseq[] = {1, 1, 2, 3};
    for (unsigned i = 0; i < 4; i++) {
        assert_true(receive(&f, f.sub));
        first = i ? first : get_uint(&f, "gseq");
        assert_int_equal(get_uint(&f, "gseq") - first, gseq[i]);
        assert_int_equal(get_uint(&f, "tseq"), tseq[i]);
    }
    assert_int_equal(as_publisher_counters_get(f.publisher).missed, 3);
    finish(&f);
}

static void heartbeats_carry_feeds_clock_halt_and_tails(void **state)
{
    (void)state;
    fixture f;
    start(&f, BEAT_MS, QUEUE, 64);
    f.sub = subscribe(&f, "hb.");
    decide(&f, "A");
    decide(&f, "A");
    const msgpack_object *tails;
    do {
        assert_true(receive(&f, f.sub));
        tails = get(&f, "tails");
        assert_int_equal(tails->type, MSGPACK_OBJECT_MAP);
    } while (tails->via.map.size < 2);
    assert_true(is_text(&tails->via.map.ptr[0].key, "feed.wire."));
    assert_true(is_text(&tails->via.map.ptr[1].key, "sig.overreaction.A."));
    assert_int_equal(tails->via.map.ptr[1].val.via.u64, 2);
    assert_int_equal(get_uint(&f, "interval_ms"), BEAT_MS);
    assert_int_equal(get_uint(&f, "ts_now"), UINT64_C(1782936000000000000));
    atomic_store_explicit(&f.ts_now, 0, memory_order_relaxed); /* relaxed: nothing follows */
    for (unsigned i = 0; i < 100 && get(&f, "ts_now")->type != MSGPACK_OBJECT_NIL; i++)
        assert_true(receive(&f, f.sub));
    assert_int_equal(get(&f, "ts_now")->type, MSGPACK_OBJECT_NIL); /* recorded time has not begun */
    assert_int_equal(get_uint(&f, "missed"), 0);
    assert_in_range(get_uint(&f, "oldest"), 1, get_uint(&f, "gseq"));
    assert_false(get(&f, "halted")->via.boolean);
    const msgpack_object *feeds = get(&f, "feeds");
    assert_int_equal(feeds->via.map.size, 1);
    assert_true(is_text(&feeds->via.map.ptr[0].key, "wire"));
    assert_true(is_text(&feeds->via.map.ptr[0].val, "live"));

    /* quiet topics leave the tails, and the beats go on without a hole */
    uint64_t tseq = get_uint(&f, "tseq");
    for (unsigned i = 0; i < AS_FEED_MAX && get(&f, "tails")->via.map.size; i++) {
        assert_true(receive(&f, f.sub));
        assert_int_equal(get_uint(&f, "tseq"), ++tseq);
    }
    assert_int_equal(get(&f, "tails")->via.map.size, 0);
    finish(&f);
}

static void a_feed_is_told_when_its_state_changes_and_only_then(void **state)
{
    (void)state;
    fixture f;
    start(&f, BEAT_MS, QUEUE, 64);
    f.sub = subscribe(&f, "feed.");
    nanosleep(&(struct timespec){.tv_nsec = 5 * BEAT_MS * 1000000}, NULL);
    atomic_store_explicit(&f.feed_state, "stale", memory_order_release); /* edge T1: the publisher's thread reads it */
    do
        assert_true(receive(&f, f.sub));
    while (!is_text(get(&f, "state"), "stale"));
    assert_in_range(get_uint(&f, "tseq"), 2, 2); /* live, then this */
    assert_string_equal(f.topic, "feed.wire.");
    assert_true(is_text(get(&f, "feed"), "wire"));
    assert_int_equal(get_uint(&f, "lost"), 5);
    assert_int_equal(get_uint(&f, "bad"), 2);
    finish(&f);
}

static void halt_and_resume_are_told_and_kept_in_heartbeats(void **state)
{
    (void)state;
    fixture f;
    start(&f, BEAT_MS, QUEUE, 64);
    f.sub = subscribe(&f, "");
    as_publisher_system(f.publisher, "halt");
    assert_true(receive_topic(&f, f.sub, "sys."));
    assert_true(is_text(get(&f, "what"), "halt"));
    assert_true(receive_topic(&f, f.sub, "hb."));
    assert_true(get(&f, "halted")->via.boolean);
    as_publisher_system(f.publisher, "resume");
    assert_true(receive_topic(&f, f.sub, "sys."));
    assert_true(is_text(get(&f, "what"), "resume"));
    assert_true(receive_topic(&f, f.sub, "hb."));
    assert_false(get(&f, "halted")->via.boolean);
    finish(&f);
}

static void stop_publishes_what_is_left_and_says_bye_last(void **state)
{
    (void)state;
    fixture f;
    start(&f, 60000, QUEUE, 64);
    f.sub = subscribe(&f, "");
    for (unsigned i = 0; i < 10; i++)
        decide(&f, "A");
    as_publisher_stop(f.publisher, "because of a test");
    f.publisher = NULL;
    unsigned decisions = 0;
    uint64_t gseq = 0;
    do {
        assert_true(receive(&f, f.sub));
        decisions += strncmp(f.topic, "sig.", 4) == 0;
        assert_true(gseq == 0 || get_uint(&f, "gseq") == gseq + 1);
        gseq = get_uint(&f, "gseq");
    } while (strcmp(f.topic, "sys.") != 0);
    assert_int_equal(decisions, 10);
    assert_true(is_text(get(&f, "what"), "bye"));
    assert_true(is_text(get(&f, "reason"), "because of a test"));
    finish(&f);
}

/* Epoch and time of publishing are of the moment: their eight bytes become zero. */
static void blot_out(fixture *f, const char *key)
{
    size_t key_bytes = strlen(key);
    for (size_t i = 0; i + key_bytes + 9 <= f->payload_bytes; i++) {
        if (f->payload[i] != (0xa0 | key_bytes) || memcmp(f->payload + i + 1, key, key_bytes) != 0)
            continue;
        assert_int_equal(f->payload[i + 1 + key_bytes], 0xcf); /* uint64 */
        memset(f->payload + i + 2 + key_bytes, 0, 8);
        return;
    }
    fail_msg("no key %s", key);
}

static void feed_heartbeat_and_bye_are_golden_and_shown_in_the_documentation(void **state)
{
    (void)state;
    fixture f;
    start(&f, 60000, QUEUE, 64);
    f.sub = subscribe(&f, "");
    while (as_publisher_counters_get(f.publisher).heartbeats == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store_explicit(&f.feed_state, "stale", memory_order_release); /* edge T1: the publisher's thread reads it */
    as_publisher_stop(f.publisher, "shutdown"); /* says the feed's change, a last heartbeat, bye */
    f.publisher = NULL;
    static const char *const path[] = {"tests/ipc/golden/feed.hex", "tests/ipc/golden/hb.hex",
                                       "tests/ipc/golden/sys.hex"};
    for (unsigned i = 0; i < 3;) {
        assert_true(receive(&f, f.sub));
        if (get_uint(&f, "gseq") < 3)
            continue; /* of the start */
        blot_out(&f, "epoch");
        blot_out(&f, "ts_pub");
        ast_golden(path[i++], "docs/WIRE.md", f.payload, f.payload_bytes);
    }
    finish(&f);
}

static void an_endpoint_in_use_is_named(void **state)
{
    (void)state;
    fixture f;
    as_publisher *second = NULL;
    start(&f, 60000, QUEUE, 64);
    void *taker = zmq_socket(f.context, ZMQ_REP);
    char endpoint[128];
    size_t endpoint_bytes = sizeof endpoint;
    assert_int_equal(zmq_bind(taker, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(taker, ZMQ_LAST_ENDPOINT, endpoint, &endpoint_bytes);
    as_publisher_options options = f.options;
    options.fanout.live = endpoint;
    assert_int_equal(as_publisher_start(&options, &second), -EADDRINUSE);
    assert_null(second);
    assert_non_null(strstr(as_error_message(0), endpoint));
    assert_non_null(strstr(as_error_message(0), "in use"));
    as_error_clear();
    options.fanout.live = "nonsense";
    assert_true(as_publisher_start(&options, &second) < 0);
    assert_non_null(strstr(as_error_message(0), "nonsense"));
    as_error_clear();
    zmq_close(taker);
    finish(&f);
}

static void malformed_and_huge_subscriptions_do_no_harm(void **state)
{
    (void)state;
    static uint8_t huge[1 << 14]; /* far longer ones overflow the stack of the sender's own libzmq */
    fixture f;
    start(&f, BEAT_MS, QUEUE, 64);
    f.sub = subscribe(&f, "hb.");
    void *hostile = zmq_socket(f.context, ZMQ_XSUB); /* XSUB sends subscriptions as it is told */
    int linger = 0;
    zmq_setsockopt(hostile, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(hostile, f.endpoint), 0);
    memset(huge, 1, sizeof huge);
    zmq_send(hostile, "", 0, 0);
    zmq_send(hostile, "\x07nonsense", 9, 0);
    zmq_send(hostile, "\0never", 6, 0); /* unsubscribes from what it never asked for */
    zmq_send(hostile, "\x01\xff\xfe\x00x", 5, 0);
    zmq_send(hostile, huge, 4096, 0);
    zmq_send(hostile, huge, sizeof huge, 0);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    decide(&f, "A");
    uint64_t tseq = 0;
    for (unsigned i = 0; i < 10; i++) {
        assert_true(receive(&f, f.sub));
        assert_true(tseq == 0 || get_uint(&f, "tseq") == tseq + 1);
        tseq = get_uint(&f, "tseq");
    }
    assert_int_equal(as_publisher_counters_get(f.publisher).encode_errors, 0);
    zmq_close(hostile);
    finish(&f);
}

static void a_subscriber_that_does_not_read_delays_nobody(void **state)
{
    (void)state;
    fixture f;
    start(&f, 60000, 64 * QUEUE, 1024);
    void *stuck = subscribe_with(&f, "sig.", 1);
    f.sub = subscribe(&f, "sig.");
    uint64_t began = as_clock_monotonic_ns();
    for (unsigned i = 0; i < FLOOD; i++)
        decide(&f, "A");
    for (uint64_t tseq = 1; tseq <= FLOOD; tseq++) {
        assert_true(receive(&f, f.sub));
        assert_int_equal(get_uint(&f, "tseq"), tseq);
    }
    uint64_t took_ms = (as_clock_monotonic_ns() - began) / AS_NS_PER_MS;
    printf("%d messages beside a subscriber that does not read: %llu ms\n", FLOOD, (unsigned long long)took_ms);
    assert_true(took_ms < 20000);
    as_publisher_counters counters = as_publisher_counters_get(f.publisher);
    assert_int_equal(counters.encode_errors, 0);
    assert_int_equal(counters.missed, 0);
    zmq_close(stuck);
    finish(&f);
}

static void a_full_queue_loses_the_oldest_messages_of_its_own_subscriber_only(void **state)
{
    (void)state;
    fixture f;
    start(&f, 60000, QUEUE, 1024);
    void *stuck = subscribe_with(&f, "sig.overreaction.A.", 1);
    f.sub = subscribe(&f, "sig.overreaction.B.");
    for (unsigned i = 0; i < FLOOD; i++)
        decide(&f, "A"); /* to one that takes none */
    for (unsigned i = 0; i < 20; i++) {
        decide(&f, "B");
        assert_true(receive(&f, f.sub));
        assert_int_equal(get_uint(&f, "tseq"), i + 1);
    }
    uint64_t previous = 0, lost = 0;
    while (previous < FLOOD && receive(&f, stuck)) {
        assert_true(get_uint(&f, "tseq") > previous);
        lost += get_uint(&f, "tseq") - previous - 1;
        previous = get_uint(&f, "tseq");
    }
    printf("lost by the stuck subscriber, as its tseq shows: %llu\n", (unsigned long long)lost);
    assert_int_equal(previous, FLOOD); /* the newest is there */
    assert_in_range(lost, 1, FLOOD);
    zmq_close(stuck);
    finish(&f);
}

/* The next message that the server would take: it must be the one that the subscriber received last. */
static as_message take_kept(fixture *f)
{
    uint32_t bytes;
    as_message message;
    const uint8_t *record = NULL; /* subscribers come first */
    for (unsigned i = 0; i < RECEIVE_MS && !(record = as_byte_ring_peek(f->kept, &bytes)); i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_non_null(record);
    memcpy(&message, record, sizeof message);
    assert_int_equal(bytes, sizeof message + message.topic_bytes + message.payload_bytes);
    assert_int_equal(message.topic_bytes, strlen(f->topic));
    assert_memory_equal(record + sizeof message, f->topic, message.topic_bytes);
    assert_int_equal(message.payload_bytes, f->payload_bytes);
    assert_memory_equal(record + sizeof message + message.topic_bytes, f->payload, f->payload_bytes);
    assert_int_equal(message.gseq, get_uint(f, "gseq"));
    as_byte_ring_release(f->kept);
    return message;
}

static void say(fixture *f, as_decision_type type, as_action action, as_fact_status status)
{
    as_decision *slot = as_ring_claim(f->ring);
    assert_non_null(slot);
    as_decision_clear(slot);
    slot->type = (uint8_t)type;
    slot->action = (uint8_t)action;
    slot->status = (uint8_t)status;
    slot->seq = ++f->seq;
    slot->id[0] = 7;
    (void)snprintf(slot->symbol, sizeof slot->symbol, "META");
    (void)snprintf(slot->strategy, sizeof slot->strategy, "overreaction");
    (void)snprintf(slot->fact, sizeof slot->fact, "META|x|y");
    as_ring_publish(f->ring);
}

static void the_server_gets_the_same_bytes_and_what_they_do_to_the_state(void **state)
{
    (void)state;
    static const struct {
        as_decision_type type;
        as_action action;
        as_fact_status status;
        as_message_kind kind;
        as_message_effect effect;
    } row[] = {
        {AS_DECISION_FACT, 0, AS_FACT_RUMOUR, AS_MESSAGE_FACT, AS_EFFECT_SET},
        {AS_DECISION_SHOCK, 0, AS_FACT_RUMOUR, AS_MESSAGE_SHOCK, AS_EFFECT_SET},
        {AS_DECISION_SIG, AS_ACTION_OPEN, AS_FACT_RUMOUR, AS_MESSAGE_SIGNAL, AS_EFFECT_SET},
        {AS_DECISION_SIG, AS_ACTION_UPDATE, AS_FACT_RUMOUR, AS_MESSAGE_SIGNAL, AS_EFFECT_RENEW},
        {AS_DECISION_SIG, AS_ACTION_CLOSE, AS_FACT_RUMOUR, AS_MESSAGE_SIGNAL, AS_EFFECT_REMOVE},
        {AS_DECISION_SIG, AS_ACTION_EXPIRE, AS_FACT_RUMOUR, AS_MESSAGE_SIGNAL, AS_EFFECT_REMOVE},
        {AS_DECISION_FACT, 0, AS_FACT_EXPIRED, AS_MESSAGE_FACT, AS_EFFECT_REMOVE},
    };
    fixture f;
    start(&f, 60000, QUEUE, 64);
    as_publisher_stop(f.publisher, "anew, with a ring to the server");
    f.options.messages = f.kept;
    assert_int_equal(as_publisher_start(&f.options, &f.publisher), 0);
    f.sub = subscribe(&f, "");
    while (as_publisher_counters_get(f.publisher).heartbeats == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    uint8_t fact_key[16] = {0}, id[16] = {7};
    uint64_t signal_gseq = 0;
    for (unsigned i = 0; i < 2; i++)
        as_byte_ring_peek(f.kept, &(uint32_t){0}), as_byte_ring_release(f.kept); /* the feed, the heartbeat */
    for (unsigned i = 0; i < sizeof row / sizeof *row; i++) {
        say(&f, row[i].type, row[i].action, row[i].status);
        do
            assert_true(receive(&f, f.sub));
        while (strcmp(f.topic, "hb.") == 0 || strncmp(f.topic, "feed.", 5) == 0);
        as_message message = take_kept(&f);
        assert_int_equal(message.kind, row[i].kind);
        assert_int_equal(message.effect, row[i].effect);
        assert_int_equal(message.ts_now, UINT64_C(1782936000000000000));
        if (i == 0)
            memcpy(fact_key, message.key, 16);
        assert_memory_equal(message.key, row[i].kind == AS_MESSAGE_SIGNAL ? id : fact_key, 16);
        if (row[i].kind == AS_MESSAGE_SIGNAL) {
            assert_int_equal(get_uint(&f, "prev"), signal_gseq);
            signal_gseq = get_uint(&f, "gseq");
        }
    }
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_two_frames_with_an_envelope),
        cmocka_unit_test(sequences_rise_by_one_and_a_hole_in_decisions_is_a_hole_in_gseq),
        cmocka_unit_test(heartbeats_carry_feeds_clock_halt_and_tails),
        cmocka_unit_test(a_feed_is_told_when_its_state_changes_and_only_then),
        cmocka_unit_test(halt_and_resume_are_told_and_kept_in_heartbeats),
        cmocka_unit_test(stop_publishes_what_is_left_and_says_bye_last),
        cmocka_unit_test(feed_heartbeat_and_bye_are_golden_and_shown_in_the_documentation),
        cmocka_unit_test(an_endpoint_in_use_is_named),
        cmocka_unit_test(malformed_and_huge_subscriptions_do_no_harm),
        cmocka_unit_test(a_subscriber_that_does_not_read_delays_nobody),
        cmocka_unit_test(a_full_queue_loses_the_oldest_messages_of_its_own_subscriber_only),
        cmocka_unit_test(the_server_gets_the_same_bytes_and_what_they_do_to_the_state),
    };
    return cmocka_run_group_tests_name("publisher", tests, NULL, NULL);
}
