/*
 * Wire: how long from a packet to a subscriber, against the least that libzmq can do?
 *
 * An open-loop sender puts one MoldUDP64 datagram with one ITCH 5.0 message on the loopback at each intended time.
 *
 *   floor   receive by turning on recv -> libzmq PUB over tcp -> libzmq SUB
 *   uring   reactor (io_uring) -> framing, decode -> ring -> merge, book, shock, strategies -> ring -> publisher
 *   epoll   the same with epoll    (codec, ZMTP written to the socket) -> the same libzmq SUB
 *   direct  as uring (epoll, where there is none) -> a subscriber that reads ZMTP from its socket, turning on recv
 *
 * Each message replaces the best bid of one of ten linked names, and a test strategy says one decision each time, so
 * that every packet crosses every stage. The floor sends a topic and a payload of the same sizes. All of them run in
 * each round, each in fresh threads and sockets; warm-up messages go before and are not counted.
 *
 * Inside a sample: from the intended send time to the return of the subscriber's receive. The split of ours uses the
 * wall clock at: the kernel's receive stamp; the event on its ring; the decision on its ring; the publisher's ts_pub,
 * right before encoding and sending; the subscriber. The stamps live here, never in a decision.
 *
 * Edges:
 *   W1  .ready, release by a thread that has opened its sockets -> acquire in wait_ready: they, and .failed, are seen
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/bench.h"
#include "bench/engine_world.h"
#include "bench/schedule.h"
#include "bench/zmtp_subscriber.h"
#include "core/error.h"
#include "core/idle.h"
#include "core/ring.h"
#include "feeds/be.h"
#include "feeds/decode/itch50_encode.h"
#include "feeds/live/feed.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/live/socket.h"
#include "ipc/codec.h"
#include "ipc/publisher.h"
#include "strategies/strategy.h"

enum {
    RATES = 2,
    ROUNDS = 5,
    NAMES = AS_WORLD_BUCKET_NAMES,
    WARM_MAX = 4000,
    WARM_MIN = 100,
    EVENT_SLOTS = 1024,
    TURN = 256,
    SETTLE_MS = 500,
    QUEUE_BYTES = 64 << 20, /* nothing is dropped, as at the floor */
    SLEEP_SHORT_NS = 60000,
    STAMP_MODULUS = 1000000000,
    MESSAGE_STAMP_AT = AS_MOLD_HEADER_BYTES + 2 + 5 /* of the first message's time in a datagram */
};

typedef enum way { FLOOR, URING, EPOLL, DIRECT, WAYS } way;
static const char *const way_name[WAYS] = {"floor", "uring", "epoll", "direct"};
static const double rate_hz[RATES] = {1000, 10000};

enum { SPLIT_RECEIVED, SPLIT_RING, SPLIT_DECIDED, SPLIT_PUBLISHED, SPLITS };
static const struct {
    const char *name, *inside;
} splits[SPLITS + 1] = {
    {"sent to stamp", "intended send time to the kernel's receive stamp"},
    {"stamp to ring", "the kernel's receive stamp to the event on the core's ring: reactor, framing, decode"},
    {"ring to decision", "event on its ring to decision on its ring: merge, book, shock, strategies"},
    {"decision to ts_pub", "decision on its ring to the publisher's stamp before encoding and sending"},
    {"ts_pub to subscriber",
     "encoding, the fan-out's write to the socket, what the subscriber does until it has the message"},
};

/* When a message passed a place, wall clock; 0: it has not. Each row has one writer, and is read after the threads. */
typedef struct trace {
    uint64_t intended, split[SPLITS], arrived;
} trace;

typedef struct wire {
    as_bench_context *ctx;
    way way;
    bool uring; /* there is io_uring */
    as_wait wait;
    char endpoint[64];
    uint16_t udp_port;
    uint8_t sample[AS_PAYLOAD_BYTES]; /* a payload as ours are: what the floor sends */
    size_t sample_bytes;
    char topic[AS_TOPIC_BYTES];
    trace *trace;
    uint32_t trace_count;
    _Atomic(uint32_t) arrived, ready; /* messages at the subscriber; threads that have started or failed */
    _Atomic(int) stop, failed;
    /* sender */
    int out;
    uint64_t next_seq, next_ref, live_ref[NAMES];
    int64_t px4[NAMES];
    /* ours */
    as_engine_world world;
    as_ring *events, *headlines, *decisions;
    as_publisher *publisher;
    uint64_t ring_ns;
} wire;

/* ---- the strategy: an update at every evaluation of a linked name ---- */

static void evaluate(const as_view *view, void *state, as_verdict *verdict)
{
    uint64_t *turn = state;
    if (view->role != AS_ROLE_LINKED)
        return;
    verdict->want = AS_WANT_OPEN;
    verdict->kind = AS_SIGNAL_CUSTOM;
    verdict->side = 1;
    verdict->horizon_sessions = 1;
    verdict->reasons = view->context | (++*turn % 2 ? AS_REASON_BIT(CUSTOM) : 0); /* changed reasons are said at once */
}

static const as_strategy marked = AS_STRATEGY("bench_marked", evaluate, sizeof(uint64_t));

/* ---- sender ---- */

static void send_message(wire *w, const as_itch50 *message)
{
    static const uint8_t session[AS_PACKET_SESSION_BYTES] = {'B', 'E', 'N', 'C', 'H', ' ', ' ', ' ', ' ', ' '};
    uint8_t datagram[256], bytes[AS_ITCH50_BYTES_MAX];
    as_mold_builder builder;
    as_mold_builder_init(&builder, session, w->next_seq++, datagram, sizeof datagram);
    AS_ASSERT(as_mold_builder_add(&builder, bytes, as_itch50_encode(message, bytes, sizeof bytes)));
    ssize_t sent = send(w->out, datagram, as_mold_builder_finish(&builder), 0);
    if (sent < 0)
        atomic_store_explicit(&w->failed, 1, memory_order_relaxed); /* relaxed: looked at after the join */
}

static as_itch50 message_of(char type, unsigned name, uint32_t stamp)
{
    return (as_itch50){.type = type, .locate = (uint16_t)(name + 1), .ts_ns = stamp};
}

static void send_add(wire *w, unsigned name, char side, int64_t px4)
{
    as_itch50 add = message_of('A', name, 0);
    add.add.ref = ++w->next_ref;
    add.add.side = side;
    add.add.shares = 100;
    add.add.px4 = (uint32_t)px4;
    (void)snprintf(add.add.stock, sizeof add.add.stock, "S%06u", AS_WORLD_LINKED + name);
    add.add.stock[7] = ' ';
    send_message(w, &add);
    if (side == 'B')
        w->live_ref[name] = w->next_ref;
}

/* Directory, trading state and a two-sided book for each name. */
static void send_books(wire *w)
{
    for (unsigned name = 0; name < NAMES; name++) {
        as_itch50 directory = message_of('R', name, 0);
        (void)snprintf(directory.directory.stock, sizeof directory.directory.stock, "S%06u", AS_WORLD_LINKED + name);
        directory.directory.stock[7] = ' ';
        send_message(w, &directory);
        as_itch50 action = message_of('H', name, 0); /* a name of the directory halts until it is said to trade */
        memcpy(action.action.stock, directory.directory.stock, sizeof action.action.stock);
        action.action.state = 'T';
        action.action.reserved = ' ';
        memset(action.action.reason, ' ', sizeof action.action.reason);
        send_message(w, &action);
        send_add(w, name, 'B', w->px4[name] - 100);
        send_add(w, name, 'S', w->px4[name] + 100);
    }
}

/* Message number idx: the best bid of the name whose turn it is goes up or down a tick. */
static void send_tick(wire *w, uint32_t idx)
{
    unsigned name = idx % NAMES;
    as_itch50 replace = message_of('U', name, idx + 1);
    replace.replace.ref = w->live_ref[name];
    replace.replace.new_ref = w->live_ref[name] = ++w->next_ref;
    replace.replace.shares = 100;
    replace.replace.px4 = (uint32_t)(w->px4[name] - (idx / NAMES % 2 ? 100 : 200));
    send_message(w, &replace);
}

static void wait_until(uint64_t due_ns)
{
    uint64_t now = as_clock_now_ns();
    if (due_ns > now + 2 * SLEEP_SHORT_NS)
        nanosleep(&(struct timespec){.tv_nsec = (long)(due_ns - now - SLEEP_SHORT_NS)}, NULL);
    while (as_clock_now_ns() < due_ns)
        as_idle_pause();
}

static uint32_t arrived(wire *w)
{
    return atomic_load_explicit(&w->arrived, memory_order_relaxed); /* relaxed: a progress count */
}

/* A message a millisecond until the subscriber hears them. Returns the number of the next one, 0 if it never did. */
static uint32_t warm_up(wire *w)
{
    for (uint32_t idx = 0; idx < WARM_MAX; idx++) {
        if (idx >= WARM_MIN && arrived(w) >= WARM_MIN / 2)
            return idx;
        send_tick(w, idx);
        nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
    }
    return 0;
}

static void send_on_schedule(wire *w, uint32_t first, uint32_t message_count, double hz)
{
    as_bench_schedule schedule;
    as_bench_schedule_steady(&schedule, hz);
    uint64_t start_ns = as_clock_now_ns() + 2 * AS_NS_PER_MS;
    for (uint32_t i = 0; i < message_count; i++) {
        uint64_t due_ns = start_ns + as_bench_schedule_next_ns(&schedule);
        w->trace[first + i].intended = due_ns;
        wait_until(due_ns);
        send_tick(w, first + i);
    }
}

/* ---- subscriber: stock libzmq ---- */

/* The integer behind a key of a MessagePack map: uint64 behind a fixstr. */
static uint64_t find_uint(const uint8_t *payload, size_t payload_bytes, const char *key)
{
    const uint8_t *at = memmem(payload, payload_bytes, key, strlen(key));
    if (!at || at + strlen(key) + 9 > payload + payload_bytes || at[strlen(key)] != 0xCF)
        return 0;
    return as_be64(at + strlen(key) + 1);
}

static void take_payload(wire *w, const uint8_t *payload, size_t payload_bytes, uint64_t now)
{
    uint64_t stamp =
        w->way == FLOOR ? as_be64(payload) : find_uint(payload, payload_bytes, "\xA8ts_event") % STAMP_MODULUS;
    if (stamp == 0 || stamp > w->trace_count)
        return;
    trace *t = &w->trace[stamp - 1];
    t->arrived = now;
    if (w->way != FLOOR)
        t->split[SPLIT_PUBLISHED] = find_uint(payload, payload_bytes, "\xA6ts_pub");
    atomic_fetch_add_explicit(&w->arrived, 1, memory_order_relaxed); /* relaxed: a progress count */
}

static void tell_ready(wire *w)
{
    atomic_fetch_add_explicit(&w->ready, 1, memory_order_release); /* edge W1: what the thread opened is there */
}

static bool stopped(wire *w)
{
    return atomic_load_explicit(&w->stop, memory_order_relaxed) != 0; /* relaxed: only ends the loop */
}

static void fail(wire *w)
{
    atomic_store_explicit(&w->failed, 1, memory_order_relaxed); /* relaxed: looked at after edge W1 or the join */
}

static const char prefix[] = "sig.bench_marked.";

/* The subscriber that turns on its socket; where threads do not spin, it sleeps in poll. */
static void *run_direct(void *argument)
{
    wire *w = argument;
    static as_zmtp_subscriber subscriber;
    as_zmtp_received message;
    int rc = as_zmtp_subscriber_open(&subscriber, w->endpoint, prefix);
    if (rc < 0)
        fail(w);
    tell_ready(w);
    while (rc >= 0 && !stopped(w)) {
        rc = as_zmtp_subscriber_poll(&subscriber, &message);
        if (rc > 0)
            take_payload(w, message.payload, message.payload_bytes, as_clock_now_ns());
        else if (rc == 0 && w->wait == AS_WAIT_SPIN)
            as_idle_pause();
        else if (rc == 0)
            as_zmtp_subscriber_wait(&subscriber, 20);
    }
    as_zmtp_subscriber_close(&subscriber);
    return NULL;
}

static void *run_subscriber(void *argument)
{
    wire *w = argument;
    uint8_t topic[AS_TOPIC_BYTES], payload[AS_PAYLOAD_BYTES];
    int unlimited = 0, timeout_ms = 20;
    void *context = zmq_ctx_new();
    void *socket_ = context ? zmq_socket(context, ZMQ_SUB) : NULL;
    if (!socket_ || zmq_setsockopt(socket_, ZMQ_RCVHWM, &unlimited, sizeof unlimited) < 0 ||
        zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms) < 0 ||
        zmq_setsockopt(socket_, ZMQ_SUBSCRIBE, prefix, sizeof prefix - 1) < 0 || zmq_connect(socket_, w->endpoint) < 0)
        fail(w);
    tell_ready(w);
    while (!stopped(w)) {
        if (zmq_recv(socket_, topic, sizeof topic, 0) < 0)
            continue;
        int bytes = zmq_recv(socket_, payload, sizeof payload, 0);
        uint64_t now = as_clock_now_ns();
        if (bytes > 16)
            take_payload(w, payload, (size_t)bytes < sizeof payload ? (size_t)bytes : sizeof payload, now);
    }
    if (socket_)
        zmq_close(socket_);
    if (context)
        zmq_ctx_term(context);
    return NULL;
}

/* ---- the floor ---- */

static int open_udp(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

static void relay(wire *w, int fd, void *socket_)
{
    uint8_t datagram[2048];
    as_idle idle;
    as_idle_init(&idle, w->wait);
    size_t topic_bytes = strlen(w->topic);
    while (!stopped(w)) {
        ssize_t bytes = recv(fd, datagram, sizeof datagram, MSG_DONTWAIT);
        as_idle_done(&idle, bytes > 0);
        if (bytes < MESSAGE_STAMP_AT + 6)
            continue;
        uint64_t stamp = as_be64(datagram + MESSAGE_STAMP_AT - 2) & UINT64_C(0xFFFFFFFFFFFF);
        as_be64_put(w->sample, stamp);
        zmq_send(socket_, w->topic, topic_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        zmq_send(socket_, w->sample, w->sample_bytes, ZMQ_DONTWAIT);
    }
}

static void *run_floor(void *argument)
{
    wire *w = argument;
    int unlimited = 0, linger_ms = 0;
    int fd = open_udp(w->udp_port);
    void *context = zmq_ctx_new();
    void *socket_ = context ? zmq_socket(context, ZMQ_PUB) : NULL;
    bool open = fd >= 0 && socket_ && zmq_setsockopt(socket_, ZMQ_SNDHWM, &unlimited, sizeof unlimited) == 0 &&
                zmq_setsockopt(socket_, ZMQ_LINGER, &linger_ms, sizeof linger_ms) == 0 &&
                zmq_bind(socket_, w->endpoint) == 0;
    if (!open)
        fail(w);
    tell_ready(w);
    if (open)
        relay(w, fd, socket_);
    if (socket_)
        zmq_close(socket_);
    if (context)
        zmq_ctx_term(context);
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* ---- ours ---- */

static void emit(void *context, const as_decision *decision)
{
    wire *w = context;
    as_decision *slot = as_ring_claim(w->decisions);
    if (!slot)
        return;
    *slot = *decision;
    as_ring_publish(w->decisions);
    uint64_t stamp = decision->ts_event % STAMP_MODULUS;
    if (decision->type != AS_DECISION_SIG || stamp == 0 || stamp > w->trace_count)
        return;
    trace *t = &w->trace[stamp - 1];
    t->split[SPLIT_DECIDED] = as_clock_now_ns();
    t->split[SPLIT_RING] = w->ring_ns;
    t->split[SPLIT_RECEIVED] = decision->ts_recv;
}

static unsigned drain(wire *w)
{
    uint32_t count = as_ring_peek_n(w->events, TURN);
    if (count)
        w->ring_ns = as_clock_now_ns();
    for (uint32_t i = 0; i < count; i++)
        as_merge_event(&w->world.merge, as_ring_at(w->events, i), NULL, NULL);
    as_ring_release_n(w->events, count);
    return count;
}

static int open_feed(wire *w, as_reactor **reactor, as_feed **feed)
{
    as_feed_config config = {.name = "bench", .framing = AS_FRAMING_MOLDUDP64, .format = AS_FORMAT_ITCH50};
    (void)snprintf(config.source, sizeof config.source, "udp://127.0.0.1:%u", w->udp_port);
    as_feed_options options = {
        .config = &config, .universe = &w->world.universe, .events = w->events, .headlines = w->headlines};
    int rc = as_reactor_open(
        &(as_reactor_options){.backend = w->way != EPOLL && w->uring ? AS_BACKEND_URING : AS_BACKEND_EPOLL}, reactor);
    return rc < 0 ? rc : as_feed_open(&options, *reactor, feed);
}

/* Feed and core on one thread, as `compact` has them. */
static void *run_core(void *argument)
{
    wire *w = argument;
    as_reactor *reactor = NULL;
    as_feed *feed = NULL;
    as_idle idle;
    as_idle_init(&idle, w->wait);
    int rc = open_feed(w, &reactor, &feed);
    if (rc < 0)
        fail(w);
    tell_ready(w);
    while (rc == 0 && !stopped(w)) {
        unsigned done = (unsigned)as_reactor_poll(reactor, 0);
        as_feed_poll_idle(feed, as_clock_now_ns());
        as_idle_done(&idle, done + drain(w));
    }
    as_feed_close(feed);
    as_reactor_close(reactor);
    return NULL;
}

/* A world whose history ends before today, a fact that links the ten names, and the engine's decisions to the ring. */
static int open_world(wire *w)
{
    as_headline headline;
    uint64_t now = as_clock_now_ns();
    int rc = as_engine_world_init(
        &w->world, &(as_engine_world_options){
                       .symbol_count = AS_WORLD_HOT, .orders_max = 1024, .until_ns = now, .strategy = &marked});
    if (rc < 0)
        return rc;
    as_engine_world_headline(&w->world, AS_WORLD_ISSUER, 0, now, &headline);
    as_engine_world_say(&w->world, &headline);
    for (unsigned i = 0; i < NAMES; i++)
        w->px4[i] = w->world.px[AS_WORLD_LINKED + i] / (AS_PX_ONE / 10000);
    return 0;
}

/* What a decision of this run looks like, for the floor's sizes. */
static int make_sample(wire *w)
{
    int64_t mid = w->world.px[AS_WORLD_LINKED];
    uint64_t now = as_clock_now_ns();
    as_envelope envelope = {.epoch = INT64_MAX, .gseq = 100000, .tseq = 10000, .ts_pub = now};
    as_event event = {
        .kind = AS_EVENT_QUOTE,
        .ts_event = now,
        .ts_recv = now,
        .instrument = AS_WORLD_LINKED,
        .flags = AS_EVENT_LAST,
        .quote = {.bid_px = mid - AS_PX_ONE / 100, .bid_qty = 100, .ask_px = mid + AS_PX_ONE / 100, .ask_qty = 100}};
    as_merge_event(&w->world.merge, &event, NULL, NULL);
    w->sample_bytes = as_codec_payload(&w->world.latest, &envelope, w->sample, sizeof w->sample);
    as_codec_topic(&w->world.latest, w->topic);
    if (w->world.latest.type != AS_DECISION_SIG || w->sample_bytes == 0)
        return as_error_set(-EIO, "bench wire: the test strategy says nothing");
    return 0;
}

static int open_ours(wire *w)
{
    int rc = open_world(w);
    if (rc == 0)
        rc = as_ring_new(EVENT_SLOTS, sizeof(as_event), &w->events);
    if (rc == 0)
        rc = as_ring_new(1, sizeof(as_headline), &w->headlines);
    if (rc == 0)
        rc = as_ring_new(AS_DECISION_RING_SLOTS, sizeof(as_decision), &w->decisions);
    if (rc < 0)
        return rc;
    w->world.engine->emit = emit;
    w->world.engine->emit_context = w;
    as_publisher_options options = {
        .fanout = {.live = w->endpoint, .queue_bytes = QUEUE_BYTES, .clients_max = 8, .subscriptions_max = 64},
        .heartbeat_ms = 250,
        .cpu = -1,
        .wait = w->wait,
        .decisions = w->decisions};
    return as_publisher_start(&options, &w->publisher);
}

static void close_ours(wire *w)
{
    as_publisher_stop(w->publisher, "done");
    as_ring_free(w->events);
    as_ring_free(w->headlines);
    as_ring_free(w->decisions);
    as_engine_world_fini(&w->world);
    w->publisher = NULL;
    w->events = w->headlines = w->decisions = NULL;
}

/* ---- one measurement ---- */

/* A port that is free now. */
static uint16_t free_port(int type)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    uint16_t port = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0 ? as_socket_port(fd) : 0;
    if (fd >= 0)
        close(fd);
    return port;
}

static int open_sender(wire *w)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(w->udp_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    w->out = socket(AF_INET, SOCK_DGRAM, 0);
    if (w->out < 0 || connect(w->out, (struct sockaddr *)&to, sizeof to) < 0)
        return as_error_set(-errno, "bench wire: sender: %s", strerror(errno));
    w->next_seq = 1;
    return 0;
}

static int wait_ready(wire *w, uint32_t threads)
{
    while (atomic_load_explicit(&w->ready, memory_order_acquire) < threads) /* edge W1 */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return atomic_load_explicit(&w->failed, memory_order_relaxed) /* relaxed: after edge W1 */
               ? as_error_set(-EIO, "bench wire: %s: a socket could not be opened", way_name[w->way])
               : 0;
}

/* Warm up, send, wait for the last ones. Returns the number of the first counted message in *first. */
static int drive(wire *w, uint32_t message_count, double hz, uint32_t *first)
{
    if (w->way != FLOOR)
        send_books(w);
    *first = warm_up(w);
    if (*first == 0)
        return as_error_set(-EIO, "bench wire: %s: nothing reached the subscriber", way_name[w->way]);
    send_on_schedule(w, *first, message_count, hz);
    for (unsigned ms = 0; ms < SETTLE_MS && w->trace[*first + message_count - 1].arrived == 0; ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 0;
}

/* The three threads of a way around drive. */
static int run_threads(wire *w, uint32_t message_count, double hz, uint32_t *first)
{
    pthread_t stage, subscriber;
    int rc = -pthread_create(&stage, NULL, w->way == FLOOR ? run_floor : run_core, w);
    if (rc < 0)
        return as_error_set(rc, "bench wire: no thread");
    rc = wait_ready(w, 1);
    if (rc == 0 && (rc = -pthread_create(&subscriber, NULL, w->way == DIRECT ? run_direct : run_subscriber, w)) == 0) {
        rc = wait_ready(w, 2);
        if (rc == 0)
            rc = drive(w, message_count, hz, first);
        atomic_store_explicit(&w->stop, 1, memory_order_relaxed); /* relaxed: only ends the loops */
        pthread_join(subscriber, NULL);
    }
    atomic_store_explicit(&w->stop, 1, memory_order_relaxed); /* relaxed: only ends the loops */
    pthread_join(stage, NULL);
    return rc;
}

typedef struct result_stages {
    as_bench_stage *whole, *split[SPLITS + 1];
    uint32_t sent, lost;
} result_stages;

static void record_one(const trace *t, const result_stages *into)
{
    uint64_t before = t->intended;
    for (unsigned i = 0; into->split[0] && i <= SPLITS; i++) {
        uint64_t at = i < SPLITS ? t->split[i] : t->arrived;
        as_bench_record(into->split[i], at > before ? at - before : 0);
        before = at;
    }
    as_bench_record(into->whole, t->arrived - t->intended);
}

static void keep(wire *w, uint32_t first, uint32_t message_count, result_stages *into)
{
    static as_bench_stage round;
    round.unit = AS_BENCH_NS;
    as_histogram_init(&round.histogram);
    for (uint32_t i = first; i < first + message_count; i++) {
        const trace *t = &w->trace[i];
        into->sent++;
        if (t->arrived < t->intended || t->arrived == 0) {
            into->lost++;
            continue;
        }
        as_bench_record(&round, t->arrived - t->intended);
        record_one(t, into);
    }
    as_bench_round(into->whole, as_bench_percentile_ns(&round, 50));
    const trace *last = &w->trace[first + message_count - 1];
    if (last->arrived)
        into->whole->achieved_hz =
            (double)(message_count - 1) * 1e9 / (double)(last->arrived - w->trace[first].intended);
}

static int measure(as_bench_context *ctx, wire *w, way way_, double hz, uint32_t message_count, result_stages *into)
{
    uint32_t first = 0;
    w->ctx = ctx;
    w->way = way_;
    w->trace_count = WARM_MAX + message_count;
    memset(w->trace, 0, w->trace_count * sizeof *w->trace);
    atomic_init(&w->arrived, 0);
    atomic_init(&w->ready, 0);
    atomic_init(&w->stop, 0);
    atomic_init(&w->failed, 0);
    w->udp_port = free_port(SOCK_DGRAM);
    (void)snprintf(w->endpoint, sizeof w->endpoint, "tcp://127.0.0.1:%u", free_port(SOCK_STREAM));
    int rc = open_sender(w);
    if (rc == 0 && way_ != FLOOR)
        rc = open_ours(w);
    if (rc == 0)
        rc = run_threads(w, message_count, hz, &first);
    if (way_ != FLOOR)
        close_ours(w);
    close(w->out);
    if (rc == 0)
        keep(w, first, message_count, into);
    return rc;
}

/* ---- the benchmark ---- */

static void add_stages(as_bench_context *ctx, result_stages stages[RATES][WAYS], const bool usable[WAYS])
{
    char name[AS_BENCH_NAME_BYTES];
    for (unsigned rate = 0; rate < RATES; rate++) {
        for (unsigned i = 0; i < WAYS; i++) {
            if (!usable[i])
                continue;
            (void)snprintf(name, sizeof name, "%s, %.0f/s", way_name[i], rate_hz[rate]);
            stages[rate][i].whole = as_bench_stage_add(
                ctx, &(as_bench_stage_info){.name = name,
                                            .unit = AS_BENCH_NS,
                                            .offered_hz = rate_hz[rate],
                                            .inside = "intended send time to the return of the subscriber's receive"});
            for (unsigned k = 0; i != FLOOR && k <= SPLITS; k++) {
                (void)snprintf(name, sizeof name, "  %s: %s", way_name[i], splits[k].name);
                stages[rate][i].split[k] = as_bench_stage_add(
                    ctx, &(as_bench_stage_info){.name = name, .unit = AS_BENCH_NS, .inside = splits[k].inside});
            }
        }
    }
}

static double ratio_of_rounds(const as_bench_stage *ours, const as_bench_stage *floor)
{
    double ratio[AS_BENCH_ROUND_MAX];
    for (uint32_t i = 0; i < ours->round_count; i++)
        ratio[i] = ours->round_ns[i] / floor->round_ns[i];
    return as_bench_median(ratio, ours->round_count);
}

static void report(as_bench_context *ctx, result_stages stages[RATES][WAYS], const wire *w, const bool usable[WAYS])
{
    char name[AS_BENCH_NAME_BYTES];
    uint32_t sent = 0, lost = 0;
    for (unsigned rate = 0; rate < RATES; rate++) {
        for (unsigned i = 0; i < WAYS; i++) {
            sent += stages[rate][i].sent;
            lost += stages[rate][i].lost;
            if (i == FLOOR || !usable[i])
                continue;
            const as_bench_stage *ours = stages[rate][i].whole, *floor = stages[rate][FLOOR].whole;
            (void)snprintf(name, sizeof name, "%s : floor, %.0f/s, p50", way_name[i], rate_hz[rate]);
            as_bench_ratio(ctx, &(as_bench_ratio_info){.name = name,
                                                       .value = ratio_of_rounds(ours, floor),
                                                       .at_most = i == DIRECT ? 0.5 : 1.15});
            (void)snprintf(name, sizeof name, "%s : floor, %.0f/s, p99", way_name[i], rate_hz[rate]);
            as_bench_ratio(ctx, &(as_bench_ratio_info){.name = name,
                                                       .at_most = 1.3,
                                                       .value = as_bench_percentile_ns(ours, 99) /
                                                                as_bench_percentile_ns(floor, 99)});
        }
    }
    as_bench_note(ctx, "payload %zu bytes, topic %zu; %u messages sent, %u lost", w->sample_bytes, strlen(w->topic),
                  sent, lost);
    as_bench_note(ctx,
                  "receiving and publishing threads wait by %s, the direct subscriber by %s, the others in zmq_recv; "
                  "threads float: sender, core or relay, publisher, subscriber, and libzmq's I/O threads",
                  w->wait == AS_WAIT_SPIN ? "spin" : "yield", w->wait == AS_WAIT_SPIN ? "spin" : "poll");
    if (as_bench_median_ns(stages[RATES - 1][FLOOR].whole) > 1e6)
        as_bench_note(ctx,
                      "at %.0f/s the floor itself queues for milliseconds: there are not enough free CPUs for "
                      "this rate, and its ratios compare queues",
                      rate_hz[RATES - 1]);
    as_bench_note(ctx, "p50: median over %d rounds of the ratio within a round; p99: of all rounds together", ROUNDS);
}

static void look_for_uring(as_bench_context *ctx, bool usable[WAYS])
{
    as_reactor *reactor = NULL;
    usable[URING] = as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_URING}, &reactor) == 0;
    if (!usable[URING]) {
        as_bench_note(ctx, "no io_uring here: %s", as_error_message(0));
        as_error_clear();
    }
    as_reactor_close(reactor);
}

static int run(as_bench_context *ctx)
{
    static wire w;
    result_stages stages[RATES][WAYS] = {0};
    bool usable[WAYS] = {true, true, true, true};
    double seconds = 0.8 * ctx->seconds / (ROUNDS * RATES * WAYS);
    uint32_t count_max = (uint32_t)(rate_hz[RATES - 1] * seconds) + 100;
    w = (wire){.wait = sysconf(_SC_NPROCESSORS_ONLN) >= 6 ? AS_WAIT_SPIN : AS_WAIT_YIELD};
    w.trace = calloc(WARM_MAX + count_max, sizeof *w.trace);
    if (!w.trace)
        return as_error_set(-ENOMEM, "bench wire: no memory for %u messages", count_max);
    look_for_uring(ctx, usable);
    w.uring = usable[URING];
    add_stages(ctx, stages, usable);
    int rc = open_world(&w);
    if (rc == 0)
        rc = make_sample(&w);
    as_engine_world_fini(&w.world);
    for (unsigned round = 0; round < ROUNDS && rc == 0; round++) {
        for (unsigned k = 0; k < RATES * WAYS && rc == 0; k++) {
            unsigned rate = k / WAYS, i = (k + round) % WAYS;
            as_bench_progress(ctx, round * RATES * WAYS + k, ROUNDS * RATES * WAYS);
            if (usable[i])
                rc = measure(ctx, &w, (way)i, rate_hz[rate], (uint32_t)(rate_hz[rate] * seconds) + 100,
                             &stages[rate][i]);
        }
    }
    as_bench_progress(ctx, 1, 1);
    if (rc == 0)
        report(ctx, stages, &w, usable);
    free(w.trace);
    return rc;
}

const as_bench as_bench_wire = {"wire", "from a packet to a ZeroMQ subscriber, against libzmq alone", run};
