#include "ipc/publisher.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/clock.h"
#include "core/decision.h"
#include "core/error.h"
#include "core/idle.h"
#include "ipc/codec.h"
#include "ipc/message.h"
#include "ipc/topics.h"
#include "ipc/writer.h"

enum {
    TURN = 256,      /* decisions a turn, so that heartbeats keep their beat */
    SERVE_NS = 20000, /* between two looks at the subscribers' sockets */
    LINGER_MS = 500, /* how long the last messages may take after stop */
    REASON_BYTES = 128,
    VIEWS_MAX = 1024 /* clients that are shown */
};

/*
 * Edges:
 *   S1  .stop, release by as_publisher_stop -> acquire by the thread: the reason, and the core's last ring writes
 *   S2  .system, release by as_publisher_system -> acquire by the thread: the word
 */
struct as_publisher {
    as_publisher_options options;
    as_fanout *fanout;
    pthread_t thread;
    uint64_t epoch, gseq;
    as_topics *topics;
    uint64_t decision_seq;   /* last .seq taken from the ring */
    uint64_t beat;           /* number of heartbeats */
    uint64_t last_beat, next_beat, served_at; /* monotonic */
    uint64_t subscribed_seen; /* subscriptions made when the last heartbeat was said */
    bool halted;
    char feed_state[AS_FEED_MAX][16];
    as_feed_view view[AS_FEED_MAX];
    uint8_t payload[1 << 16];
    char reason[REASON_BYTES];
    _Atomic(int) stop;
    _Atomic(const char *) system;
    _Atomic(uint64_t) shown_gseq;
    _Atomic(bool) shown_halted;
    _Atomic(uint64_t) published, heartbeats, missed, subscriptions, subscribed, encode_errors, waits;
    pthread_mutex_t lock;    /* of what follows: copied at each heartbeat for other threads */
    as_fanout_counters shown;
    as_client_view *client;
    uint32_t client_count;
};

static void count(_Atomic(uint64_t) *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed); /* relaxed: a statistic */
}

/* Undefined (0) before recorded time has begun: the wall clock would make every recorded signal look stale. */
static uint64_t logical_now(const as_publisher *p)
{
    if (!p->options.ts_now)
        return as_clock_now_ns();
    return atomic_load_explicit(p->options.ts_now, memory_order_relaxed); /* relaxed: shown, nothing follows */
}

/* ---- sending ---- */

/* What a message does to the state of late joiners (docs/WIRE.md, "State"). */
typedef struct effect {
    as_message_kind kind;
    as_message_effect effect;
    uint8_t key[16];
} effect;

static void key_of_text(const char *text, uint8_t key[16])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(text, strlen(text)));
    memcpy(key, canonical.digest, 16);
}

static effect effect_of(const as_decision *decision)
{
    static const as_message_effect of_action[] = {
        [AS_ACTION_OPEN] = AS_EFFECT_SET,
        [AS_ACTION_UPDATE] = AS_EFFECT_RENEW,
        [AS_ACTION_CLOSE] = AS_EFFECT_REMOVE,
        [AS_ACTION_EXPIRE] = AS_EFFECT_REMOVE,
    };
    effect e = {0};
    if (decision->type == AS_DECISION_SIG) {
        e.kind = AS_MESSAGE_SIGNAL;
        e.effect = of_action[decision->action];
        memcpy(e.key, decision->id, sizeof e.key);
        return e;
    }
    bool over = decision->type == AS_DECISION_FACT && decision->status == AS_FACT_EXPIRED;
    e.kind = decision->type == AS_DECISION_FACT ? AS_MESSAGE_FACT : AS_MESSAGE_SHOCK;
    e.effect = over ? AS_EFFECT_REMOVE : AS_EFFECT_SET;
    key_of_text(decision->fact, e.key);
    return e;
}

/*
 * The same bytes to the server of requests. It is ours and its work a turn is bounded, so that waiting for its ring
 * is: a message that subscribers have seen is one that a replay has.
 */
static void keep(as_publisher *p, const char *topic, size_t topic_bytes, size_t payload_bytes, const effect *e,
                 uint64_t gseq)
{
    as_byte_ring *ring = p->options.messages;
    if (!ring)
        return;
    uint32_t bytes = (uint32_t)(sizeof(as_message) + topic_bytes + payload_bytes);
    uint8_t *record = as_byte_ring_claim(ring, bytes);
    if (!record)
        count(&p->waits, 1);
    while (!record) {
        as_fanout_work(p->fanout, as_clock_monotonic_ns());
        sched_yield();
        record = as_byte_ring_claim(ring, bytes);
    }
    as_message message = {
        .gseq = gseq,
        .ts_now = logical_now(p),
        .kind = (uint8_t)e->kind,
        .effect = (uint8_t)e->effect,
        .halted = p->halted,
        .topic_bytes = (uint16_t)topic_bytes,
        .payload_bytes = (uint32_t)payload_bytes,
    };
    memcpy(message.key, e->key, sizeof message.key);
    memcpy(record, &message, sizeof message);
    memcpy(record + sizeof message, topic, topic_bytes);
    memcpy(record + sizeof message + topic_bytes, p->payload, payload_bytes);
    as_byte_ring_publish(ring);
}

static void send_message(as_publisher *p, const char *topic, size_t payload_bytes, const effect *e, uint64_t gseq)
{
    size_t topic_bytes = strlen(topic);
    if (payload_bytes == 0) {
        count(&p->encode_errors, 1);
        return;
    }
    as_fanout_send(p->fanout, topic, topic_bytes, p->payload, payload_bytes, gseq);
    keep(p, topic, topic_bytes, payload_bytes, e, gseq);
    atomic_store_explicit(&p->shown_gseq, gseq, memory_order_relaxed); /* relaxed: a number that is shown */
    count(&p->published, 1);
}

/*
 * The envelope of the next message of a topic. Sequences advance even if the message cannot be encoded: a hole is a
 * hole.
 */
static as_envelope next_envelope(as_publisher *p, const char *topic)
{
    as_envelope envelope = {
        .epoch = p->epoch,
        .gseq = ++p->gseq,
        .ts_pub = as_clock_now_ns(),
        .replay = p->options.replay,
    };
    envelope.tseq = as_topics_next(p->topics, topic, p->beat, p->gseq, &envelope.prev);
    return envelope;
}

static void begin_message(as_publisher *p, as_writer *writer, unsigned keys, const as_envelope *envelope)
{
    as_writer_msgpack(writer, p->payload, sizeof p->payload);
    as_writer_map(writer, 7 + keys);
    as_writer_key(writer, "v");
    as_writer_uint(writer, AS_WIRE_VERSION);
    as_writer_key(writer, "epoch");
    as_writer_uint(writer, envelope->epoch);
    as_writer_key(writer, "gseq");
    as_writer_uint(writer, envelope->gseq);
    as_writer_key(writer, "tseq");
    as_writer_uint(writer, envelope->tseq);
    as_writer_key(writer, "prev");
    as_writer_uint(writer, envelope->prev);
    as_writer_key(writer, "ts_pub");
    as_writer_uint(writer, envelope->ts_pub);
    as_writer_key(writer, "replay");
    as_writer_bool(writer, envelope->replay);
}

static void send_decision(as_publisher *p, const as_decision *decision)
{
    char topic[AS_TOPIC_BYTES];
    as_codec_topic(decision, topic);
    if (decision->seq > p->decision_seq + 1 && p->decision_seq) {
        uint64_t lost = decision->seq - p->decision_seq - 1;
        p->gseq += lost; /* the hole that a full ring made stays visible */
        count(&p->missed, lost);
    }
    p->decision_seq = decision->seq;
    as_envelope envelope = next_envelope(p, topic);
    effect e = effect_of(decision);
    send_message(p, topic, as_codec_payload(decision, &envelope, p->payload, sizeof p->payload), &e, envelope.gseq);
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
    effect e = {.kind = AS_MESSAGE_FEED, .effect = AS_EFFECT_SET};
    key_of_text(topic, e.key);
    send_message(p, topic, as_writer_finish(&writer), &e, envelope.gseq);
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

static void put_tail(void *context, const char *topic, uint64_t tseq)
{
    as_writer_key(context, topic);
    as_writer_uint(context, tseq);
}

static void send_heartbeat(as_publisher *p)
{
    uint32_t feed_count = look_at_feeds(p);
    send_changed_feeds(p, feed_count);
    as_envelope envelope = next_envelope(p, "hb.");
    as_writer writer;
    begin_message(p, &writer, 7, &envelope);
    as_writer_key(&writer, "interval_ms");
    as_writer_uint(&writer, p->options.heartbeat_ms);
    as_writer_key(&writer, "oldest");
    uint64_t oldest = p->options.oldest ? p->options.oldest(p->options.oldest_context) : 0;
    as_writer_uint(&writer, oldest ? oldest : envelope.gseq);
    as_writer_key(&writer, "feeds");
    as_writer_map(&writer, feed_count);
    for (uint32_t i = 0; i < feed_count; i++) {
        as_writer_key(&writer, p->view[i].name);
        as_writer_text(&writer, p->view[i].state);
    }
    as_writer_map_end(&writer);
    as_writer_key(&writer, "ts_now");
    uint64_t now = logical_now(p);
    now ? as_writer_uint(&writer, now) : as_writer_nil(&writer);
    as_writer_key(&writer, "halted");
    as_writer_bool(&writer, p->halted);
    as_writer_key(&writer, "missed"); /* a filtered client does not see the hole in gseq */
    as_writer_uint(&writer, atomic_load_explicit(&p->missed, memory_order_relaxed)); /* relaxed: own thread's */
    as_writer_key(&writer, "tails");
    as_writer_map(&writer, as_topics_recent(p->topics, p->beat, NULL, NULL));
    as_topics_recent(p->topics, p->beat, put_tail, &writer);
    as_writer_map_end(&writer);
    send_message(p, "hb.", as_writer_finish(&writer), &(effect){0}, envelope.gseq);
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
    send_message(p, "sys.", as_writer_finish(&writer), &(effect){0}, envelope.gseq);
}

/* ---- the thread ---- */

/* Copies for other threads. One that is reading keeps us from nothing: the next heartbeat comes. */
static void show(as_publisher *p)
{
    if (pthread_mutex_trylock(&p->lock) != 0)
        return;
    p->shown = as_fanout_counters_get(p->fanout);
    p->client_count = as_fanout_clients(p->fanout, p->client, VIEWS_MAX);
    pthread_mutex_unlock(&p->lock);
}

/* Looking at the sockets is a system call: not in every turn of a thread that waits for decisions. */
static unsigned serve_clients(as_publisher *p, uint64_t now)
{
    if (now - p->served_at < SERVE_NS)
        return 0;
    p->served_at = now;
    unsigned done = as_fanout_work(p->fanout, now);
    if (done) {
        as_fanout_counters counters = as_fanout_counters_get(p->fanout);
        atomic_store_explicit(&p->subscriptions, counters.subscribed, memory_order_relaxed);  /* relaxed: a statistic */
        atomic_store_explicit(&p->subscribed, counters.subscriptions, memory_order_relaxed);  /* relaxed: a statistic */
    }
    return done;
}

static unsigned take_decisions(as_publisher *p)
{
    unsigned done = 0;
    for (const as_decision *decision; done < TURN && (decision = as_ring_peek(p->options.decisions)); done++) {
        send_decision(p, decision);
        if (p->options.handed)
            as_histogram_record(p->options.handed,
                                as_clock_ticks() - ((const as_stamped_decision *)(const void *)decision)->ticks);
        as_ring_release(p->options.decisions);
    }
    return done;
}

/*
 * When the next heartbeat is due. A new subscriber learns from one where it stands, so it brings the next one forward,
 * but not closer to the last than a quarter of the interval: nobody makes us say more than four times as many.
 */
static bool beat_is_due(const as_publisher *p, uint64_t now)
{
    uint64_t subscribed = atomic_load_explicit(&p->subscriptions, memory_order_relaxed); /* relaxed: own thread's */
    return now >= p->next_beat ||
           (subscribed != p->subscribed_seen && now - p->last_beat >= p->options.heartbeat_ms * AS_NS_PER_MS / 4);
}

static unsigned work(as_publisher *p)
{
    uint64_t now = as_clock_monotonic_ns();
    unsigned done = take_decisions(p) + serve_clients(p, now);
    const char *what = atomic_exchange_explicit(&p->system, NULL, memory_order_acquire); /* edge S2 */
    if (what) {
        p->halted = strcmp(what, "halt") == 0;
        atomic_store_explicit(&p->shown_halted, p->halted, memory_order_relaxed); /* relaxed: shown */
        send_system(p, what, "");
        done++;
    }
    if (beat_is_due(p, now)) {
        p->beat += now >= p->next_beat; /* one that was brought forward does not shorten the time of the tails */
        send_heartbeat(p);
        show(p);
        p->subscribed_seen = atomic_load_explicit(&p->subscriptions, memory_order_relaxed); /* relaxed: own thread's */
        p->last_beat = now;
        if (now >= p->next_beat)
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

static void close_all(as_publisher *p)
{
    as_fanout_free(p->fanout, LINGER_MS);
    as_topics_free(p->topics);
    free(p->client);
    free(p);
}

uint64_t as_publisher_draw_epoch(void)
{
    uint64_t epoch;
    if (getrandom(&epoch, sizeof epoch, 0) != sizeof epoch)
        epoch = as_clock_now_ns();
    epoch &= INT64_MAX;
    return epoch ? epoch : 1;
}

int as_publisher_start(const as_publisher_options *options, as_publisher **out)
{
    as_publisher *p = calloc(1, sizeof *p);
    if (p)
        p->client = calloc(VIEWS_MAX, sizeof *p->client);
    if (!p || !p->client) {
        free(p);
        return as_error_set(-ENOMEM, "publisher: out of memory");
    }
    p->options = *options;
    p->epoch = options->epoch ? options->epoch : as_publisher_draw_epoch();
    pthread_mutex_init(&p->lock, NULL);
    int rc = as_topics_new(&p->topics);
    if (rc == 0)
        rc = as_fanout_new(&options->fanout, &p->fanout);
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
    pthread_mutex_destroy(&p->lock);
    close_all(p);
}

void as_publisher_system(as_publisher *p, const char *what)
{
    atomic_store_explicit(&p->system, what, memory_order_release); /* edge S2 */
}

/* ---- looking at it ---- */

uint64_t as_publisher_epoch(const as_publisher *p)
{
    return p->epoch;
}

const char *as_publisher_endpoint(const as_publisher *p)
{
    return as_fanout_endpoint(p->fanout);
}

const char *as_publisher_latest_endpoint(const as_publisher *p)
{
    return as_fanout_latest_endpoint(p->fanout);
}

uint64_t as_publisher_gseq(const as_publisher *p)
{
    return atomic_load_explicit(&p->shown_gseq, memory_order_relaxed); /* relaxed: a number that is shown */
}

bool as_publisher_halted(const as_publisher *p)
{
    return atomic_load_explicit(&p->shown_halted, memory_order_relaxed); /* relaxed: shown */
}

as_publisher_counters as_publisher_counters_get(const as_publisher *p)
{
    return (as_publisher_counters){
        .published = atomic_load_explicit(&p->published, memory_order_relaxed),         /* relaxed: a statistic */
        .heartbeats = atomic_load_explicit(&p->heartbeats, memory_order_relaxed),       /* relaxed: a statistic */
        .missed = atomic_load_explicit(&p->missed, memory_order_relaxed),               /* relaxed: a statistic */
        .subscriptions = atomic_load_explicit(&p->subscriptions, memory_order_relaxed), /* relaxed: a statistic */
        .subscribed = atomic_load_explicit(&p->subscribed, memory_order_relaxed),       /* relaxed: a statistic */
        .encode_errors = atomic_load_explicit(&p->encode_errors, memory_order_relaxed), /* relaxed: a statistic */
        .waits = atomic_load_explicit(&p->waits, memory_order_relaxed),                 /* relaxed: a statistic */
    };
}

as_fanout_counters as_publisher_fanout_counters(as_publisher *p)
{
    pthread_mutex_lock(&p->lock);
    as_fanout_counters counters = p->shown;
    pthread_mutex_unlock(&p->lock);
    return counters;
}

uint32_t as_publisher_clients(as_publisher *p, as_client_view *view, uint32_t count_max)
{
    pthread_mutex_lock(&p->lock);
    uint32_t copied = p->client_count < count_max ? p->client_count : count_max;
    memcpy(view, p->client, copied * sizeof *view);
    pthread_mutex_unlock(&p->lock);
    return copied;
}
