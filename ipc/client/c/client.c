#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>
#ifdef ASC_WITH_SODIUM
#include <sodium.h>
#endif

#include "core.h"
#include "keys.h"

enum {
    RECEIVE_HWM = 16384, /* messages that libzmq keeps; the daemon's own queue is the real one */
    BURST_MAX = 65536,   /* messages of one call; the rest waits for the next */
    BURST_LOOK = 1024,   /* messages between two looks at the clock */
    GRACE_MS = 100,      /* for libzmq to bring what waits, before our own absence is held for a death */
    NAME_BYTES = 32, /* what the server takes */
    ENDPOINT_BYTES = 256,
    PING_BYTES_MAX = 256
};
static const uint64_t second_ns = UINT64_C(1000000000);
static const uint64_t away_min_ns = UINT64_C(50000000), reconnect_ns = UINT64_C(5000000000);
static const uint64_t fresh_ns = UINT64_C(1000000); /* items that wait are given without another look at the network */

struct as_client {
    asc_core *core;
    void *context, *sub, *dealer;
    int epoll_fd, timer_fd;
    bool fd_used;
    char live[ENDPOINT_BYTES], requests[ENDPOINT_BYTES], name[NAME_BYTES];
    uint64_t looked, ping_at, reconnect_at;
    asc_item item;     /* handed out last */
    asc_message *open; /* the same of as_client_open_next */
    asc_arena arena;
    char error[256];
};

static uint64_t monotonic_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

static void say(char *error, size_t error_bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(char *error, size_t error_bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error, error_bytes, format, arguments);
    va_end(arguments);
}

/*
 * ---- life cycle
 * ---------------------------------------------------------------------------------------------------
 */

static const char *const default_topics[] = {"sig.", "shock.", "fact.", "feed.", "sys."};

as_client_options as_client_defaults(void)
{
    return (as_client_options){.live = "tcp://127.0.0.1:5600",
                               .requests = "tcp://127.0.0.1:5601",
                               .topics = default_topics,
                               .topics_count = sizeof default_topics / sizeof *default_topics,
                               .name = "c",
                               .heartbeat_ms = 250};
}

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_size(void *socket, int64_t value)
{
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &value, sizeof value) == 0;
}

static bool set_key(void *socket, int option, const char *key)
{
    return zmq_setsockopt(socket, option, key, strlen(key) + 1) == 0;
}

static bool set_common(void *socket, const char *server_key, const asc_keys *keys)
{
    return set_int(socket, ZMQ_LINGER, 0) && set_int(socket, ZMQ_RECONNECT_IVL, 100) &&
           set_int(socket, ZMQ_RECONNECT_IVL_MAX, 1000) && set_int(socket, ZMQ_HANDSHAKE_IVL, 5000) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE, 1) &&
           (!server_key || (set_key(socket, ZMQ_CURVE_SERVERKEY, server_key) &&
                            set_key(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key) &&
                            set_key(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key)));
}

static bool subscribe(void *socket, const char *prefix)
{
    return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) == 0;
}

/*
 * Prefixes are sent in this order on the first connection, hb. last. When libzmq connects anew it sends them in its own
 * order; what falls between two of them is in the tails of the next heartbeats.
 */
static bool open_sub(as_client *client, const as_client_options *options, const asc_keys *keys)
{
    client->sub = zmq_socket(client->context, ZMQ_SUB);
    if (!client->sub || !set_common(client->sub, options->server_key, keys) ||
        !set_int(client->sub, ZMQ_RCVHWM, RECEIVE_HWM) || !set_size(client->sub, ASC_PAYLOAD_BYTES_MAX) ||
        zmq_connect(client->sub, client->live) != 0)
        return false;
    for (size_t i = 0; i < options->topics_count; i++)
        if (!subscribe(client->sub, options->topics[i]))
            return false;
    return subscribe(client->sub, "sys.") && subscribe(client->sub, "hb.");
}

/* Immediate: a request waits with us, where a newer one replaces it, and not in a queue of libzmq. */
static bool open_dealer(as_client *client, const as_client_options *options, const asc_keys *keys)
{
    client->dealer = zmq_socket(client->context, ZMQ_DEALER);
    return client->dealer && set_common(client->dealer, options->server_key, keys) &&
           set_int(client->dealer, ZMQ_IMMEDIATE, 1) && set_int(client->dealer, ZMQ_SNDHWM, 16) &&
           set_int(client->dealer, ZMQ_RCVHWM, 64) && set_size(client->dealer, ASC_ANSWER_BYTES_MAX) &&
           zmq_connect(client->dealer, client->requests) == 0;
}

static bool watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_descriptors(as_client *client)
{
    int sub_fd = -1, dealer_fd = -1;
    size_t bytes = sizeof(int);
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    client->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return client->epoll_fd >= 0 && client->timer_fd >= 0 &&
           zmq_getsockopt(client->sub, ZMQ_FD, &sub_fd, &bytes) == 0 &&
           zmq_getsockopt(client->dealer, ZMQ_FD, &dealer_fd, &bytes) == 0 && watch(client->epoll_fd, sub_fd) &&
           watch(client->epoll_fd, dealer_fd) && watch(client->epoll_fd, client->timer_fd);
}

/* The keys to use. false: error says why. */
static bool choose_keys(const as_client_options *options, asc_keys *keys, char *error, size_t error_bytes)
{
    const char *given[] = {options->server_key, options->public_key, options->secret_key};
    static const char *const names[] = {"server_key", "public_key", "secret_key"};
    if (!options->server_key) {
        if (options->public_key || options->secret_key || options->key_file)
            say(error, error_bytes, "keys without server_key: they would not be used");
        return !options->public_key && !options->secret_key && !options->key_file;
    }
    for (size_t i = 0; i < 3; i++)
        if (given[i] ? !asc_key_check(given[i]) : !options->key_file) {
            say(error, error_bytes, "%s is not 40 characters of Z85", names[i]);
            return false;
        }
    if (options->key_file) {
        if (!options->public_key && !options->secret_key)
            return asc_keys_read(options->key_file, keys, error, error_bytes);
        say(error, error_bytes, "public_key or secret_key beside key_file; allowed: one way");
        return false;
    }
    memcpy(keys->public_key, options->public_key, ASC_KEY_BYTES);
    memcpy(keys->secret_key, options->secret_key, ASC_KEY_BYTES);
    return true;
}

static bool options_are_right(const as_client_options *options, char *error, size_t error_bytes)
{
    if (!options->live || strlen(options->live) >= ENDPOINT_BYTES || !options->requests ||
        strlen(options->requests) >= ENDPOINT_BYTES)
        say(error, error_bytes, "live and requests must be endpoints of at most %d bytes", ENDPOINT_BYTES - 1);
    else if (options->topics_count > AS_CLIENT_TOPICS_MAX)
        say(error, error_bytes, "%zu topics; allowed: %d", options->topics_count, AS_CLIENT_TOPICS_MAX);
    else if (options->name && strlen(options->name) >= NAME_BYTES)
        say(error, error_bytes, "name of %zu bytes; allowed: %d", strlen(options->name), NAME_BYTES - 1);
    else if (options->heartbeat_ms > 3600000)
        say(error, error_bytes, "heartbeat_ms %u; allowed: 1 to 3600000, 0 for 250", options->heartbeat_ms);
    else
        return true;
    return false;
}

static bool topics_are_right(const as_client_options *options, char *error, size_t error_bytes)
{
    for (size_t i = 0; i < options->topics_count; i++) {
        const char *topic = options->topics[i];
        if (!topic || (topic[0] && !asc_topic_check(topic, strlen(topic)))) {
            say(error, error_bytes, "topic %zu is not at most %d bytes of UTF-8", i, ASC_TOPIC_BYTES_MAX);
            return false;
        }
    }
    return true;
}

static bool start(as_client *client, const as_client_options *options, const asc_keys *keys, char *error,
                  size_t error_bytes)
{
    asc_settings settings = {
        .topics = options->topics,
        .topics_count = options->topics_count,
        .heartbeat_ns = (options->heartbeat_ms ? options->heartbeat_ms : 250) * UINT64_C(1000000),
    };
    client->core = asc_core_new(&settings);
    client->context = zmq_ctx_new();
    if (!client->core || !client->context) {
        say(error, error_bytes, "no memory, or topics that do not fit in a request of %d bytes", ASC_REQUEST_BYTES_MAX);
        return false;
    }
    (void)zmq_ctx_set(client->context, ZMQ_BLOCKY, 0);
    if (open_sub(client, options, keys) && open_dealer(client, options, keys) && open_descriptors(client))
        return true;
    say(error, error_bytes, "%s, %s: %s", client->live, client->requests, zmq_strerror(errno));
    return false;
}

as_client *as_client_new(const as_client_options *options, char *error, size_t error_bytes)
{
    char unused[1];
    asc_keys keys = {0};
    as_client_options chosen = *options;
    if (!error || error_bytes == 0) {
        error = unused;
        error_bytes = sizeof unused;
    }
    error[0] = '\0';
#ifdef ASC_WITH_SODIUM
    if (sodium_init() < 0) {
        say(error, error_bytes, "libsodium does not start");
        return NULL;
    }
#endif
    if (chosen.topics_count == 0) {
        chosen.topics = default_topics;
        chosen.topics_count = sizeof default_topics / sizeof *default_topics;
    }
    if (!options_are_right(&chosen, error, error_bytes) || !topics_are_right(&chosen, error, error_bytes) ||
        !choose_keys(&chosen, &keys, error, error_bytes))
        return NULL;
    as_client *client = calloc(1, sizeof *client);
    if (!client) {
        say(error, error_bytes, "no memory");
        return NULL;
    }
    client->epoll_fd = client->timer_fd = -1;
    client->looked = client->ping_at = monotonic_ns();
    client->reconnect_at = client->looked + reconnect_ns;
    memcpy(client->live, chosen.live, strlen(chosen.live) + 1);
    memcpy(client->requests, chosen.requests, strlen(chosen.requests) + 1);
    memcpy(client->name, chosen.name ? chosen.name : "c", strlen(chosen.name ? chosen.name : "c") + 1);
    bool started = start(client, &chosen, &keys, error, error_bytes);
    memset(&keys, 0, sizeof keys);
    if (started)
        return client;
    as_client_free(client);
    return NULL;
}

void as_client_free(as_client *client)
{
    if (!client)
        return;
    if (client->epoll_fd >= 0)
        (void)close(client->epoll_fd);
    if (client->timer_fd >= 0)
        (void)close(client->timer_fd);
    if (client->sub)
        (void)zmq_close(client->sub);
    if (client->dealer)
        (void)zmq_close(client->dealer);
    if (client->context)
        (void)zmq_ctx_term(client->context);
    asc_item_fini(&client->item);
    asc_message_unref(client->open);
    asc_arena_fini(&client->arena);
    asc_core_free(client->core);
    free(client);
}

/*
 * ---- the network
 * --------------------------------------------------------------------------------------------------
 */

/*
 * One message of any number of frames, the first two kept. The number of frames, 0 if there is none, or negative
 * errno.
 */
static int receive(void *socket, zmq_msg_t frame[2])
{
    zmq_msg_t rest;
    int frames = 0;
    (void)zmq_msg_init(&rest);
    for (bool more = true; more; frames++) {
        zmq_msg_t *into = frames < 2 ? &frame[frames] : &rest;
        if (zmq_msg_recv(into, socket, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&rest);
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        }
        more = zmq_msg_more(into);
    }
    (void)zmq_msg_close(&rest);
    return frames;
}

/* In a burst: messages come, so that what time has passed more than it should (a stopped process) was ours. */
static uint64_t look_again(as_client *client)
{
    uint64_t now = monotonic_ns();
    if (now > client->looked + away_min_ns)
        asc_core_away(client->core, now - client->looked);
    client->looked = now;
    return now;
}

static int take_live(as_client *client, uint64_t now)
{
    for (int burst = 0; burst < BURST_MAX; burst++) {
        if (burst % BURST_LOOK == BURST_LOOK - 1)
            now = look_again(client);
        zmq_msg_t frame[2];
        (void)zmq_msg_init(&frame[0]);
        (void)zmq_msg_init(&frame[1]);
        int frames = receive(client->sub, frame);
        if (frames == 2)
            asc_core_message(client->core, now, zmq_msg_data(&frame[0]), zmq_msg_size(&frame[0]),
                             zmq_msg_data(&frame[1]), zmq_msg_size(&frame[1]));
        else if (frames > 0)
            asc_core_malformed(client->core, now);
        (void)zmq_msg_close(&frame[0]);
        (void)zmq_msg_close(&frame[1]);
        if (frames > 0)
            client->reconnect_at = now + reconnect_ns;
        else
            return frames;
    }
    return 0;
}

static int take_answers(as_client *client, uint64_t now)
{
    for (int burst = 0; burst < BURST_MAX; burst++) {
        zmq_msg_t frame[2];
        (void)zmq_msg_init(&frame[0]);
        (void)zmq_msg_init(&frame[1]);
        int frames = receive(client->dealer, frame);
        if (frames > 0) /* of several frames: no answer, but it counts */
            asc_core_answer(client->core, now, zmq_msg_data(&frame[0]), frames == 1 ? zmq_msg_size(&frame[0]) : 0);
        (void)zmq_msg_close(&frame[0]);
        (void)zmq_msg_close(&frame[1]);
        if (frames <= 0)
            return frames;
    }
    return 0;
}

/* true: something was sent. What finds no connection waits with us. */
static bool send_request(as_client *client)
{
    const uint8_t *request;
    size_t bytes;
    if (!asc_core_request(client->core, &request, &bytes) || zmq_send(client->dealer, request, bytes, ZMQ_DONTWAIT) < 0)
        return false;
    asc_core_request_sent(client->core);
    return true;
}

/* A report that cannot be sent now is not worth a queue: the next one follows in a second. */
static void report(as_client *client, uint64_t now)
{
    uint8_t ping[PING_BYTES_MAX];
    if (now < client->ping_at)
        return;
    client->ping_at = now + second_ns;
    size_t bytes = asc_core_ping(client->core, client->name, ping, sizeof ping);
    if (bytes > 0)
        (void)zmq_send(client->dealer, ping, bytes, ZMQ_DONTWAIT);
}

/* A connection that has gone dead without a word (a cable, a firewall) is not noticed by TCP: begin a new one. */
static void reconnect_if_silent(as_client *client, uint64_t now)
{
    if (now < client->reconnect_at)
        return;
    client->reconnect_at = now + reconnect_ns;
    if (asc_core_state(client->core) != AS_CLIENT_DEAD)
        return;
    if (zmq_disconnect(client->sub, client->live) == 0)
        (void)zmq_connect(client->sub, client->live);
    if (zmq_disconnect(client->dealer, client->requests) == 0)
        (void)zmq_connect(client->dealer, client->requests);
}

/* All that waits, in and out. 0, or a negative errno if the sockets are broken for good. */
static int pump(as_client *client, uint64_t now)
{
    do {
        int rc = take_live(client, now);
        if (rc == 0)
            rc = take_answers(client, now);
        if (rc < 0) {
            say(client->error, sizeof client->error, "%s", zmq_strerror(-rc));
            return rc;
        }
        asc_core_tick(client->core, now);
        report(client, now);
        reconnect_if_silent(client, now);
    } while (send_request(client)); /* what comes at once must not wait for another edge of the descriptors */
    return 0;
}

static bool has_input(void *socket)
{
    int events = 0;
    size_t bytes = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &bytes) == 0 && (events & ZMQ_POLLIN);
}

/*
 * The time that the bot, or a stopped process, kept us away is no silence of the publisher's, if messages of his
 * have waited. A process that was stopped was so with libzmq's thread: what waits may still be in the kernel.
 */
static void excuse_absence(as_client *client, uint64_t now)
{
    if (now <= client->looked + away_min_ns)
        return;
    if (now >= asc_core_death(client->core)) {
        zmq_pollitem_t item = {.socket = client->sub, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, GRACE_MS);
    }
    if (has_input(client->sub))
        asc_core_away(client->core, now - client->looked);
}

static uint64_t next_deadline(const as_client *client)
{
    uint64_t deadline = asc_core_deadline(client->core);
    if (client->ping_at < deadline)
        deadline = client->ping_at;
    return client->reconnect_at < deadline ? client->reconnect_at : deadline;
}

static int wait_for_input(as_client *client, uint64_t now, uint64_t until)
{
    const uint8_t *request;
    size_t bytes;
    bool waits = asc_core_request(client->core, &request, &bytes);
    zmq_pollitem_t items[2] = {{.socket = client->sub, .events = ZMQ_POLLIN},
                               {.socket = client->dealer, .events = (short)(ZMQ_POLLIN | (waits ? ZMQ_POLLOUT : 0))}};
    uint64_t deadline = next_deadline(client);
    if (until < deadline)
        deadline = until;
    uint64_t wait_ns = deadline > now ? deadline - now : 0;
    if (zmq_poll(items, 2, (long)((wait_ns + 999999) / 1000000)) < 0)
        return -errno;
    client->looked = deadline; /* later than that only if the process was held up */
    return 0;
}

static void arm_timer(as_client *client)
{
    uint64_t deadline = next_deadline(client), expirations;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(deadline / second_ns), .tv_nsec = (long)(deadline % second_ns)}};
    ssize_t rc = read(client->timer_fd, &expirations, sizeof expirations); /* non-blocking: it may not have expired */
    (void)rc;
    (void)timerfd_settime(client->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/*
 * ---- items
 * --------------------------------------------------------------------------------------------------------
 */

static bool fill_message(as_client *client, const asc_message *from, as_client_message *to)
{
    *to = (as_client_message){
        .kind = (as_client_kind)from->kind,
        .topic = from->topic,
        .topic_bytes = from->topic_bytes,
        .payload = from->payload,
        .payload_bytes = from->payload_bytes,
        .epoch = from->epoch,
        .gseq = from->gseq,
        .tseq = from->tseq,
        .prev = from->prev,
        .ts_pub = from->ts_pub,
        .replay = from->replay,
    };
    return asc_message_body(from, &client->arena, &to->body);
}

/* The core has judged when the item's turn came; things may have changed since: only for the worse. */
static int fill_item(as_client *client, as_client_item *item, uint64_t now)
{
    const asc_item *from = &client->item;
    if (!from->message) {
        item->kind = AS_CLIENT_GAP;
        item->gap = (as_client_gap){.cause = from->cause,
                                    .topic = from->topic ? from->topic : "",
                                    .lost = from->lost,
                                    .repaired = from->repaired};
        return 1;
    }
    item->kind = AS_CLIENT_MESSAGE;
    if (!fill_message(client, from->message, &item->message))
        return -ENOMEM;
    item->message.snapshot = from->snapshot;
    item->message.repaired = from->repaired;
    item->message.stale = from->stale || (from->actionable && asc_core_is_stale(client->core, from->message, now));
    item->message.actionable = from->actionable && asc_core_may_act(client->core, from->message, now);
    return 1;
}

int as_client_next(as_client *client, int timeout_ms, as_client_item *item)
{
    uint64_t now = monotonic_ns();
    uint64_t until = timeout_ms < 0 ? UINT64_MAX : now + (uint64_t)timeout_ms * UINT64_C(1000000);
    asc_item_fini(&client->item);
    if (now >= client->looked && now - client->looked < fresh_ns && asc_core_pop(client->core, &client->item))
        return fill_item(client, item, now);
    excuse_absence(client, now);
    int rc;
    while (client->looked = now, (rc = pump(client, now)) == 0) {
        if (asc_core_pop(client->core, &client->item)) {
            rc = fill_item(client, item, now);
            break;
        }
        if (now >= until)
            break;
        rc = wait_for_input(client, now, until);
        now = monotonic_ns();
        if (rc < 0)
            break;
        excuse_absence(client, now);
    }
    if (client->fd_used && rc == 0)
        arm_timer(client);
    return rc;
}

int as_client_fd(as_client *client)
{
    if (!client->fd_used) {
        client->fd_used = true;
        arm_timer(client);
    }
    return client->epoll_fd;
}

void as_client_acknowledge(as_client *client)
{
    asc_core_acknowledge(client->core, monotonic_ns());
}

bool as_client_open_next(as_client *client, uint64_t *cursor, as_client_message *message)
{
    asc_message *next = asc_state_signal_after(asc_core_entries(client->core), *cursor);
    uint64_t now = monotonic_ns();
    asc_message_unref(client->open);
    client->open = next ? asc_message_ref(next) : NULL;
    if (!next || !fill_message(client, next, message))
        return false;
    *cursor = next->gseq;
    message->snapshot = true;
    message->stale = asc_core_is_stale(client->core, next, now);
    message->actionable = asc_core_state(client->core) == AS_CLIENT_LIVE && asc_core_may_act(client->core, next, now);
    return true;
}

/*
 * ---- how things are
 * -----------------------------------------------------------------------------------------------
 */

as_client_state as_client_state_get(const as_client *client)
{
    return asc_core_state(client->core);
}

bool as_client_degraded(const as_client *client)
{
    return asc_core_degraded(client->core);
}

bool as_client_halted(const as_client *client)
{
    return asc_core_halted(client->core);
}

uint64_t as_client_epoch(const as_client *client)
{
    return asc_core_epoch(client->core);
}

uint64_t as_client_gseq(const as_client *client)
{
    return asc_core_gseq(client->core);
}

uint64_t as_client_ts_now(const as_client *client)
{
    return asc_core_ts_now(client->core, monotonic_ns());
}

as_client_counters as_client_counters_get(const as_client *client)
{
    return *asc_core_counters(client->core);
}

size_t as_client_state_count(const as_client *client)
{
    return asc_core_entries(client->core)->entries.count;
}

void as_client_hash(const as_client *client, char hex[65])
{
    if (!asc_state_hash(asc_core_entries(client->core), hex))
        hex[0] = '\0'; /* no memory: it equals no hash */
}

const char *as_client_error(const as_client *client)
{
    return client->error[0] ? client->error : asc_core_error(client->core);
}
