#include "ipc/publisher.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

#include "core/clock.h"
#include "core/decision.h"
#include "core/error.h"
#include "core/idle.h"
#include "ipc/codec.h"
#include "ipc/topics.h"
#include "ipc/writer.h"

enum {
    TURN = 256,             /* decisions a turn, so that heartbeats keep their beat */
    LINGER_MS = 500,        /* how long the last messages may take after stop */
    MAX_INBOUND = 4096,     /* bytes of a subscription; a longer one ends its connection */
    HANDSHAKE_MS = 5000,
    REASON_BYTES = 128
};

/*
 * Edges:
 *   S1  .stop, release by as_publisher_stop -> acquire by the thread: the reason, and the core's last ring writes
 *   S2  .system, release by as_publisher_system -> acquire by the thread: the word
 */
struct as_publisher {
    as_publisher_options options;
    char live[AS_URL_BYTES];
    void *context, *socket;
    pthread_t thread;
    uint64_t epoch, gseq;
    as_topics *topics;
    uint64_t decision_seq;   /* last .seq taken from the ring */
    uint64_t beat;           /* number of heartbeats */
    uint64_t next_beat;      /* monotonic */
    bool halted;
    char feed_state[AS_FEED_MAX][16];
    as_feed_view view[AS_FEED_MAX];
    uint8_t payload[1 << 16];
    char reason[REASON_BYTES];
    _Atomic(int) stop;
    _Atomic(const char *) system;
    _Atomic(uint64_t) published, heartbeats, missed, subscriptions, subscribed, send_errors, encode_errors;
};

static void count(_Atomic(uint64_t) *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed); /* relaxed: a statistic */
}

/* ---- sending ---- */

static void send_message(as_publisher *p, const char *topic, size_t topic_bytes, const uint8_t *payload,
                         size_t payload_bytes)
{
    /* a PUB socket never blocks: it drops for those whose queue is full */
    bool sent = zmq_send(p->socket, topic, topic_bytes, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
                zmq_send(p->socket, payload, payload_bytes, ZMQ_DONTWAIT) >= 0;
    count(sent ? &p->published : &p->send_errors, 1);
}

/*
 * The envelope of the next message of a topic. Sequences advance even if the message cannot be sent: a hole is a
 * hole.
 */
static as_envelope next_envelope(as_publisher *p, const char *topic)
{
    return (as_envelope){
        .epoch = p->epoch,
        .gseq = ++p->gseq,
        .tseq = as_topics_next(p->topics, topic, p->beat),
        .ts_pub = as_clock_now_ns(),
        .replay = p->options.replay,
    };
}

static void begin_message(as_publisher *p, as_writer *writer, unsigned keys, const as_envelope *envelope)
{
    as_writer_msgpack(writer, p->payload, sizeof p->payload);
    as_writer_map(writer, 6 + keys);
    as_writer_key(writer, "v");
    as_writer_uint(writer, AS_WIRE_VERSION);
    as_writer_key(writer, "epoch");
    as_writer_uint(writer, envelope->epoch);
    as_writer_key(writer, "gseq");
    as_writer_uint(writer, envelope->gseq);
    as_writer_key(writer, "tseq");
    as_writer_uint(writer, envelope->tseq);
    as_writer_key(writer, "ts_pub");
    as_writer_uint(writer, envelope->ts_pub);
    as_writer_key(writer, "replay");
    as_writer_bool(writer, envelope->replay);
}

static void end_message(as_publisher *p, as_writer *writer, const char *topic)
{
    size_t bytes = as_writer_finish(writer);
    if (bytes)
        send_message(p, topic, strlen(topic), p->payload, bytes);
    else
        count(&p->encode_errors, 1);
}

static void send_decision(as_publisher *p, const as_decision *decision)
{
    char topic[AS_TOPIC_BYTES];
    size_t topic_bytes = as_codec_topic(decision, topic);
    if (decision->seq > p->decision_seq + 1 && p->decision_seq) {
        uint64_t lost = decision->seq - p->decision_seq - 1;
        p->gseq += lost; /* the hole that a full ring made stays visible */
        count(&p->missed, lost);
    }
    p->decision_seq = decision->seq;
    as_envelope envelope = next_envelope(p, topic);
    size_t bytes = as_codec_payload(decision, &envelope, p->payload, sizeof p->payload);
    if (bytes == 0) {
        count(&p->encode_errors, 1);
        return;
    }
    send_message(p, topic, topic_bytes, p->payload, bytes);
}

/* ---- feeds, heartbeats, system ---- */

static uint32_t look_at_feeds(as_publisher *p)
{
    return p->options.feeds ? p->options.feeds(p->options.feeds_context, p->view, AS_FEED_MAX) : 0;
}

static void send_feed(as_publisher *p, const as_feed_view *feed)
{
    char topic[AS_TOPIC_BYTES] = "feed.";
    size_t used = 5 + as_codec_component(feed->name, topic + 5, sizeof topic - 6);
    topic[used] = '.';
    topic[used + 1] = 0;
    as_envelope envelope = next_envelope(p, topic);
    as_writer writer;
    begin_message(p, &writer, 7, &envelope);
    as_writer_key(&writer, "feed");
    as_writer_text(&writer, feed->name);
    as_writer_key(&writer, "state");
    as_writer_text(&writer, feed->state);
    const struct {
        const char *key;
        uint64_t value;
    } number[] = {{"messages", feed->messages},
                  {"gaps", feed->gaps},
                  {"lost", feed->lost},
                  {"dropped", feed->dropped},
                  {"bad", feed->bad}};
    for (unsigned i = 0; i < sizeof number / sizeof *number; i++) {
        as_writer_key(&writer, number[i].key);
        as_writer_uint(&writer, number[i].value);
    }
    end_message(p, &writer, topic);
}

static void send_changed_feeds(as_publisher *p, uint32_t feed_count)
{
    for (uint32_t i = 0; i < feed_count; i++) {
        if (strcmp(p->feed_state[i], p->view[i].state) == 0)
            continue;
        snprintf(p->feed_state[i], sizeof p->feed_state[i], "%s", p->view[i].state);
        send_feed(p, &p->view[i]);
    }
}

/* Undefined before recorded time has begun: the wall clock would make every recorded signal look stale. */
static void put_logical_now(const as_publisher *p, as_writer *writer, uint64_t wall)
{
    uint64_t now = wall;
    if (p->options.ts_now)
        now = atomic_load_explicit(p->options.ts_now, memory_order_relaxed); /* relaxed: shown, nothing follows */
    now ? as_writer_uint(writer, now) : as_writer_nil(writer);
}

static void put_tail(void *context, const char *topic, uint64_t tseq)
{
    as_writer_key(context, topic);
    as_writer_uint(context, tseq);
}

static void send_heartbeat(as_publisher *p)
{
    uint32_t feed_count = look_at_feeds(p);
    send_changed_feeds(p, feed_count);
    p->beat++;
    as_envelope envelope = next_envelope(p, "hb.");
    as_writer writer;
    begin_message(p, &writer, 7, &envelope);
    as_writer_key(&writer, "interval_ms");
    as_writer_uint(&writer, p->options.heartbeat_ms);
    as_writer_key(&writer, "oldest");
    as_writer_uint(&writer, envelope.gseq); /* nothing older can be replayed by this publisher */
    as_writer_key(&writer, "feeds");
    as_writer_map(&writer, feed_count);
    for (uint32_t i = 0; i < feed_count; i++) {
        as_writer_key(&writer, p->view[i].name);
        as_writer_text(&writer, p->view[i].state);
    }
    as_writer_map_end(&writer);
    as_writer_key(&writer, "ts_now");
    put_logical_now(p, &writer, envelope.ts_pub);
    as_writer_key(&writer, "halted");
    as_writer_bool(&writer, p->halted);
    as_writer_key(&writer, "missed"); /* a filtered client does not see the hole in gseq */
    as_writer_uint(&writer, atomic_load_explicit(&p->missed, memory_order_relaxed)); /* relaxed: own thread's */
    as_writer_key(&writer, "tails");
    as_writer_map(&writer, as_topics_recent(p->topics, p->beat, NULL, NULL));
    as_topics_recent(p->topics, p->beat, put_tail, &writer);
    as_writer_map_end(&writer);
    end_message(p, &writer, "hb.");
    count(&p->heartbeats, 1);
}

static void send_system(as_publisher *p, const char *what, const char *reason)
{
    as_envelope envelope = next_envelope(p, "sys.");
    as_writer writer;
    begin_message(p, &writer, 2, &envelope);
    as_writer_key(&writer, "what");
    as_writer_text(&writer, what);
    as_writer_key(&writer, "reason");
    as_writer_text(&writer, reason);
    end_message(p, &writer, "sys.");
}

/* ---- the thread ---- */

/* XPUB's inbound side: subscriptions, 1 + prefix or 0 + prefix. */
static unsigned take_subscriptions(as_publisher *p)
{
    uint8_t message[MAX_INBOUND];
    unsigned done = 0;
    for (; done < TURN; done++) {
        int bytes = zmq_recv(p->socket, message, sizeof message, ZMQ_DONTWAIT);
        if (bytes < 0)
            break;
        if (bytes > 0 && message[0] == 1) {
            count(&p->subscriptions, 1);
            count(&p->subscribed, 1);
        } else if (bytes > 0 && message[0] == 0) {
            atomic_fetch_sub_explicit(&p->subscribed, 1, memory_order_relaxed); /* relaxed: a statistic */
        }
    }
    return done;
}

static unsigned take_decisions(as_publisher *p)
{
    unsigned done = 0;
    for (const as_decision *decision; done < TURN && (decision = as_ring_peek(p->options.decisions)); done++) {
        send_decision(p, decision);
        as_ring_release(p->options.decisions);
    }
    return done;
}

static unsigned work(as_publisher *p)
{
    unsigned done = take_decisions(p) + take_subscriptions(p);
    const char *what = atomic_exchange_explicit(&p->system, NULL, memory_order_acquire); /* edge S2 */
    if (what) {
        p->halted = strcmp(what, "halt") == 0;
        send_system(p, what, "");
        done++;
    }
    uint64_t now = as_clock_monotonic_ns();
    if (now >= p->next_beat) {
        send_heartbeat(p);
        p->next_beat = now + p->options.heartbeat_ms * AS_NS_PER_MS;
        done++;
    }
    return done;
}

static void *run(void *context)
{
    as_publisher *p = context;
    as_idle idle;
    pthread_setname_np(pthread_self(), "as-ipc");
    if (p->options.cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)p->options.cpu, &set);
        if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0)
            as_warn("ipc: cpu %d is not there; the thread is not pinned", p->options.cpu);
    }
    as_idle_init(&idle, p->options.wait);
    while (!atomic_load_explicit(&p->stop, memory_order_acquire)) /* edge S1 */
        as_idle_done(&idle, work(p));
    while (take_decisions(p) > 0) {}
    send_heartbeat(p);
    send_system(p, "bye", p->reason);
    return NULL;
}

/* ---- life ---- */

static int set_options(as_publisher *p)
{
    const struct {
        int option;
        int value;
    } wanted[] = {{ZMQ_XPUB_VERBOSE, 1},
                  {ZMQ_SNDHWM, (int)p->options.send_hwm},
                  {ZMQ_LINGER, LINGER_MS},
                  {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS}};
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (zmq_setsockopt(p->socket, wanted[i].option, &wanted[i].value, sizeof wanted[i].value) < 0)
            return -errno;
    int64_t inbound = MAX_INBOUND;
    return zmq_setsockopt(p->socket, ZMQ_MAXMSGSIZE, &inbound, sizeof inbound) < 0 ? -errno : 0;
}

static int open_socket(as_publisher *p)
{
    p->context = zmq_ctx_new();
    p->socket = p->context ? zmq_socket(p->context, ZMQ_XPUB) : NULL;
    int rc = p->socket ? set_options(p) : -errno;
    if (rc < 0)
        return as_error_set(rc, "%s: %s", p->live, zmq_strerror(-rc));
    if (zmq_bind(p->socket, p->live) < 0) {
        int error = zmq_errno();
        return as_error_set(-error, "publish.live: %s cannot be bound: %s", p->live,
                            error == EADDRINUSE ? "the address is in use (is another daemon running?)"
                                                : zmq_strerror(error));
    }
    return 0;
}

static void close_all(as_publisher *p)
{
    if (p->socket)
        zmq_close(p->socket);
    if (p->context)
        zmq_ctx_term(p->context);
    as_topics_free(p->topics);
    free(p);
}

int as_publisher_start(const as_publisher_options *options, as_publisher **out)
{
    as_publisher *p = calloc(1, sizeof *p);
    if (!p)
        return as_error_set(-ENOMEM, "publisher: out of memory");
    p->options = *options;
    snprintf(p->live, sizeof p->live, "%s", options->live);
    if (getrandom(&p->epoch, sizeof p->epoch, 0) != sizeof p->epoch)
        p->epoch = as_clock_now_ns();
    p->epoch &= INT64_MAX; /* fits a signed 64-bit integer of any client */
    int rc = as_topics_new(&p->topics);
    if (rc == 0)
        rc = open_socket(p);
    if (rc == 0) {
        rc = -pthread_create(&p->thread, NULL, run, p);
        if (rc < 0)
            as_error_set(rc, "publisher: thread cannot be started: %s", strerror(-rc));
    }
    if (rc < 0) {
        close_all(p);
        return rc;
    }
    *out = p;
    return 0;
}

void as_publisher_stop(as_publisher *p, const char *reason)
{
    if (!p)
        return;
    snprintf(p->reason, sizeof p->reason, "%s", reason);
    atomic_store_explicit(&p->stop, 1, memory_order_release); /* edge S1 */
    pthread_join(p->thread, NULL);
    close_all(p);
}

void as_publisher_system(as_publisher *p, const char *what)
{
    atomic_store_explicit(&p->system, what, memory_order_release); /* edge S2 */
}

uint64_t as_publisher_epoch(const as_publisher *p)
{
    return p->epoch;
}

as_publisher_counters as_publisher_counters_get(const as_publisher *p)
{
    return (as_publisher_counters){
        .published = atomic_load_explicit(&p->published, memory_order_relaxed),         /* relaxed: a statistic */
        .heartbeats = atomic_load_explicit(&p->heartbeats, memory_order_relaxed),       /* relaxed: a statistic */
        .missed = atomic_load_explicit(&p->missed, memory_order_relaxed),               /* relaxed: a statistic */
        .subscriptions = atomic_load_explicit(&p->subscriptions, memory_order_relaxed), /* relaxed: a statistic */
        .send_errors = atomic_load_explicit(&p->send_errors, memory_order_relaxed),     /* relaxed: a statistic */
        .encode_errors = atomic_load_explicit(&p->encode_errors, memory_order_relaxed), /* relaxed: a statistic */
        .subscribed = atomic_load_explicit(&p->subscribed, memory_order_relaxed),       /* relaxed: a statistic */
    };
}
