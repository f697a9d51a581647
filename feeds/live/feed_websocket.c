/*
 * Driver: news over WebSocket. What is said on the connection is here; messages to headlines: feeds/news/stream.h.
 */
#include "feeds/live/feed_websocket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/capture/capture_format.h"
#include "feeds/live/connection.h"
#include "feeds/live/feed_backfill.h"
#include "feeds/live/feed_parts.h"
#include "feeds/framing/websocket.h"
#include "feeds/news/stream.h"
#include "feeds/live/secret.h"

/* Why something was not right; the stream's own reasons follow. */
enum {
    BAD_PROTOCOL,
    BAD_BINARY,
    BAD_VENDOR,
    BAD_BACKFILL,
    BAD_STREAM,
    BAD_COUNT = BAD_STREAM + AS_NEWS_STREAM_BAD_COUNT
};

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

enum { SECRET_BYTES = 256, PATH_BYTES = 2048, TEXT_BYTES = 1024, WARNINGS_MAX = 32 };

typedef enum phase { DOWN, UPGRADING, GREETING, LOGIN, SUBSCRIBING, LIVE } phase;

typedef struct news_feed {
    as_url url;
    as_connection *connection;
    as_websocket *socket;
    as_backfill *backfill; /* NULL: none */
    as_news_stream stream;
    phase phase;
    uint64_t life;       /* grows with each end of the connection */
    uint64_t up_ns;      /* the connection's begin */
    uint64_t message_ns; /* begin of a message that is not whole; 0: none */
    uint64_t pinged_ns;
    unsigned unanswered; /* pings */
    uint64_t ping_count;
    uint64_t latest_ns;  /* source time of the latest headline, or when it was first live */
    uint64_t missing_ns; /* latest_ns when the connection was lost */
    bool live_before;
    unsigned warn_count;
    char warned[AS_CONNECTION_WHY_BYTES];
    char secret[SECRET_BYTES]; /* empty: none */
    char path[PATH_BYTES];     /* with benzinga's token */
} news_feed;

static const char *bad_name(unsigned reason)
{
    static const char *const name[BAD_STREAM] = {[BAD_PROTOCOL] = "websocket_protocol",
                                                 [BAD_BINARY] = "binary_message",
                                                 [BAD_VENDOR] = "error_message",
                                                 [BAD_BACKFILL] = "backfill_failed"};
    return reason < BAD_STREAM ? name[reason] : as_news_stream_bad_name(reason - BAD_STREAM);
}

/* A connection that fails is told once for each cause, and not for ever. */
static void warn(as_feed *feed, const char *what, const char *why)
{
    news_feed *part = feed->part;
    if (part->warn_count >= WARNINGS_MAX || strcmp(part->warned, why) == 0)
        return;
    part->warn_count++;
    snprintf(part->warned, sizeof part->warned, "%s", why);
    as_warn("feed %s: %s: %s%s", feed->config.name, what, why,
            part->warn_count == WARNINGS_MAX ? " (further ones are not told)" : "");
}

/* ---- sending ---- */

/* What the socket has to say. False: the connection is down. */
static bool flush(news_feed *part)
{
    size_t out_bytes;
    const uint8_t *out = as_websocket_take(part->socket, &out_bytes);
    return out_bytes == 0 || as_connection_send(part->connection, out, out_bytes) == 0;
}

static void say(news_feed *part, const char *text, uint64_t now_ns)
{
    if (!as_websocket_send_text(part->socket, text, strlen(text)))
        as_connection_drop(part->connection, "a message has no room to be sent", now_ns);
}

/* Append text as a JSON string. False if it does not fit. */
static bool add_string(char *out, size_t out_bytes, const char *text, size_t text_bytes)
{
    size_t n = strlen(out);
    if (n + 2 > out_bytes)
        return false;
    out[n++] = '"';
    size_t escaped = as_json_escape(text, text_bytes, out + n, out_bytes - n);
    if (escaped == SIZE_MAX || n + escaped + 2 > out_bytes)
        return false;
    n += escaped;
    out[n++] = '"';
    out[n] = 0;
    return true;
}

static bool add(char *out, size_t out_bytes, const char *text)
{
    size_t n = strlen(out), text_bytes = strlen(text);
    if (n + text_bytes >= out_bytes)
        return false;
    memcpy(out + n, text, text_bytes + 1);
    return true;
}

static void log_in(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    const char *user = feed->config.user;
    char text[TEXT_BYTES] = "";
    if (add(text, sizeof text, "{\"action\":\"auth\",\"key\":") && add_string(text, sizeof text, user, strlen(user)) &&
        add(text, sizeof text, ",\"secret\":") && add_string(text, sizeof text, part->secret, strlen(part->secret)) &&
        add(text, sizeof text, "}"))
        say(part, text, now_ns);
    explicit_bzero(text, sizeof text);
    part->phase = LOGIN;
}

static void subscribe(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    const char *symbol = feed->config.subscribe[0] ? feed->config.subscribe : "*";
    char text[TEXT_BYTES] = "{\"action\":\"subscribe\",\"news\":[";
    bool fits = true, first = true;
    while (*symbol) {
        size_t symbol_bytes = strcspn(symbol, ",");
        if (symbol_bytes > 0) {
            fits =
                fits && (first || add(text, sizeof text, ",")) && add_string(text, sizeof text, symbol, symbol_bytes);
            first = false;
        }
        symbol += symbol_bytes + (symbol[symbol_bytes] != 0);
    }
    fits = fits && add(text, sizeof text, "]}");
    part->phase = SUBSCRIBING;
    if (fits)
        say(part, text, now_ns);
    else
        as_connection_drop(part->connection, "the subscription is too long", now_ns);
}

/* News does not come in the order of its stamps: an item that was made a little earlier may not have been said yet. */
static uint64_t backfill_from_ns(const news_feed *part)
{
    uint64_t overlap_ns = AS_NEWS_OVERLAP_MS * AS_NS_PER_MS;
    return part->missing_ns > overlap_ns ? part->missing_ns - overlap_ns : part->missing_ns;
}

/* ---- from the upgrade to news ---- */

static void go_live(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    part->phase = LIVE;
    part->pinged_ns = now_ns;
    part->unanswered = 0;
    part->warned[0] = 0;
    as_feed_state_set(feed, AS_FEED_LIVE);
    if (part->latest_ns == 0)
        part->latest_ns = now_ns;
    if (!part->live_before) {
        part->live_before = true;
        return;
    }
    if (feed->config.format == AS_FORMAT_NDJSON)
        as_feed_gap(feed, now_ns);
    if (feed->config.format == AS_FORMAT_BENZINGA)
        say(part, "replay", now_ns);
    if (feed->config.format == AS_FORMAT_BENZINGA || part->backfill != NULL)
        as_counter_add(&feed->count.requested, 1);
    if (part->backfill != NULL)
        as_backfill_start(part->backfill, backfill_from_ns(part), now_ns);
}

static void on_control(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    const as_alpaca_control *control = &part->stream.control;
    char why[AS_CONNECTION_WHY_BYTES];
    if (feed->config.format != AS_FORMAT_ALPACA)
        return;
    switch (control->kind) {
    case AS_ALPACA_CONNECTED:
        if (part->phase == GREETING && part->secret[0])
            log_in(feed, now_ns);
        else if (part->phase == GREETING)
            subscribe(feed, now_ns);
        break;
    case AS_ALPACA_AUTHENTICATED:
        if (part->phase == LOGIN)
            subscribe(feed, now_ns);
        break;
    case AS_ALPACA_SUBSCRIPTION:
        if (part->phase == SUBSCRIBING)
            go_live(feed, now_ns);
        break;
    case AS_ALPACA_ERROR:
        as_feed_bad(feed, BAD_VENDOR);
        snprintf(why, sizeof why, "the server says error %u: %s", control->code, control->msg);
        if (part->phase != LIVE)
            as_connection_drop(part->connection, why, now_ns);
        else
            warn(feed, "news", why);
        break;
    case AS_ALPACA_OTHER:
        break;
    }
}

/* ---- messages ---- */

static void on_headline(as_feed *feed, as_event *event, as_headline *headline, bool wanted, uint64_t ts)
{
    news_feed *part = feed->part;
    uint64_t said_ns = headline->ts_event < ts ? headline->ts_event : ts; /* a stamp of the future would hide news */
    if (!wanted) {
        as_counter_add(&feed->count.duplicates, 1);
    } else if (!as_feed_headline(feed, event, headline, ts)) {
        as_seen_forget(part->stream.seen, headline);
        as_connection_drop(part->connection, "the core is behind: what was lost is asked for again", ts);
        return;
    }
    if (said_ns > part->latest_ns)
        part->latest_ns = said_ns;
}

/* A whole message, or an answer: to events. Returns the headlines that were new. */
static unsigned on_news(as_feed *feed, const char *text, size_t text_bytes, uint64_t ts)
{
    news_feed *part = feed->part;
    uint64_t life = part->life;
    unsigned published = 0;
    as_event event;
    as_headline *headline;
    as_news_step step;
    as_news_stream_begin(&part->stream, text, text_bytes);
    while (headline = as_outlet_headline_room(&feed->outlet),
           (step = as_news_stream_next(&part->stream, &event, headline)) != AS_NEWS_STEP_END) {
        as_counter_add(&feed->count.messages, 1);
        switch (step) {
        case AS_NEWS_STEP_HEADLINE:
        case AS_NEWS_STEP_DUPLICATE:
            on_headline(feed, &event, headline, step == AS_NEWS_STEP_HEADLINE, ts);
            published += step == AS_NEWS_STEP_HEADLINE;
            break;
        case AS_NEWS_STEP_MARKET:
            as_feed_market(feed, &event, ts);
            break;
        case AS_NEWS_STEP_CONTROL:
            on_control(feed, ts);
            break;
        case AS_NEWS_STEP_UNKNOWN:
            as_counter_add(&feed->count.unknown_symbol, 1);
            break;
        default:
            as_feed_bad(feed, BAD_STREAM + part->stream.reason);
            as_feed_warn_skipped(feed, "message", as_counter_get(&feed->count.messages),
                                 as_news_stream_bad_name(part->stream.reason));
        }
        if (part->life != life)
            break;
    }
    as_feed_end_piece(feed);
    return published;
}

static void on_message(as_feed *feed, uint64_t ts)
{
    const news_feed *part = feed->part;
    size_t message_bytes;
    bool is_text;
    const char *message = as_websocket_message(part->socket, &message_bytes, &is_text);
    as_feed_capture(feed, AS_CAPTURE_SOURCE, (uint32_t)part->life, message, message_bytes, ts);
    if (is_text)
        on_news(feed, message, message_bytes, ts);
    else
        as_feed_bad(feed, BAD_BINARY);
}

static const char *on_page(void *ctx, const char *body, size_t body_bytes, uint64_t ts)
{
    as_feed *feed = ctx;
    news_feed *part = feed->part;
    as_counter_add(&feed->count.bytes, body_bytes);
    as_feed_capture(feed, AS_CAPTURE_BACKFILL, (uint32_t)part->life, body, body_bytes, ts);
    unsigned published = on_news(feed, body, body_bytes, ts);
    as_counter_add(&feed->count.filled, published);
    return part->stream.opened == AS_NEWS_OK ? part->stream.message.next_page_token : NULL;
}

static void on_backfill_failed(void *ctx, const char *why)
{
    as_feed_bad(ctx, BAD_BACKFILL);
    warn(ctx, "backfill, what was missed stays missing", why);
}

/* ---- the connection ---- */

static void on_up(void *ctx, uint64_t now_ns)
{
    as_feed *feed = ctx;
    news_feed *part = feed->part;
    bool tls = part->url.transport == AS_TRANSPORT_WSS;
    uint16_t port = part->url.port == (tls ? 443 : 80) ? 0 : part->url.port;
    part->phase = UPGRADING;
    part->up_ns = now_ns;
    part->message_ns = 0;
    as_counter_add(&feed->count.connects, 1);
    if (as_websocket_start(part->socket, part->url.host, port, part->path) < 0)
        as_connection_drop(part->connection, "the upgrade cannot be asked for", now_ns);
    else
        flush(part);
}

static void on_down(void *ctx, bool was_up, const char *why, uint64_t now_ns)
{
    as_feed *feed = ctx;
    news_feed *part = feed->part;
    if (part->phase == LIVE && (part->backfill == NULL || !as_backfill_is_busy(part->backfill)))
        part->missing_ns = part->latest_ns;
    part->phase = DOWN;
    part->message_ns = 0;
    if (was_up) {
        as_feed_capture(feed, AS_CAPTURE_SOURCE, (uint32_t)part->life, NULL, 0, now_ns);
        as_counter_add(&feed->count.disconnects, 1);
    }
    part->life++;
    as_feed_state_set(feed, AS_FEED_CONNECTING);
    warn(feed, "connection", why);
}

static void on_opened(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    if (feed->config.format == AS_FORMAT_ALPACA)
        part->phase = GREETING;
    else
        go_live(feed, now_ns);
}

static void on_pong(as_feed *feed)
{
    news_feed *part = feed->part;
    as_counter_add(&feed->count.heartbeats, 1);
    part->unanswered = 0;
    if (part->phase == LIVE)
        as_feed_state_set(feed, AS_FEED_LIVE);
}

/* What the socket has made of the bytes. False: no more of them can be read. */
static bool on_result(as_feed *feed, as_websocket_result result, uint64_t ts)
{
    news_feed *part = feed->part;
    uint64_t life = part->life;
    switch (result) {
    case AS_WEBSOCKET_OPENED:
        on_opened(feed, ts);
        break;
    case AS_WEBSOCKET_MESSAGE:
        part->message_ns = 0;
        on_message(feed, ts);
        break;
    case AS_WEBSOCKET_PONG:
        on_pong(feed);
        break;
    case AS_WEBSOCKET_FAILED:
    case AS_WEBSOCKET_CLOSED:
        if (result == AS_WEBSOCKET_FAILED)
            as_feed_bad(feed, BAD_PROTOCOL);
        if (flush(part))
            as_connection_drop(part->connection, as_websocket_why(part->socket), ts);
        break;
    case AS_WEBSOCKET_MORE:
        flush(part);
        return false;
    }
    return part->life == life;
}

static void on_bytes(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_feed *feed = ctx;
    news_feed *part = feed->part;
    uint64_t life = part->life;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    while (on_result(feed, as_websocket_next(part->socket, &data, &data_bytes), ts_recv_ns))
        ;
    if (part->life != life)
        return;
    if (!as_websocket_in_message(part->socket))
        part->message_ns = 0;
    else if (part->message_ns == 0)
        part->message_ns = ts_recv_ns;
}

/* ---- what is due by time ---- */

static int poll_ping(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    if (as_feed_elapsed_ns(now_ns, part->pinged_ns) < AS_NEWS_PING_MS * AS_NS_PER_MS)
        return 0;
    if (part->unanswered >= AS_NEWS_PINGS_LOST) {
        as_connection_drop(part->connection, "pings without an answer", now_ns);
        return 1;
    }
    if (part->unanswered > 0)
        as_feed_state_set(feed, AS_FEED_STALE);
    else
        as_connection_proven(part->connection); /* it has lasted */
    part->pinged_ns = now_ns;
    part->unanswered++;
    part->ping_count++;
    if (!as_websocket_send_ping(part->socket, "aftershock", 10)) {
        as_connection_drop(part->connection, "a ping has no room to be sent", now_ns);
        return 1;
    }
    if (feed->config.format == AS_FORMAT_BENZINGA && part->ping_count % 2 == 0)
        say(part, "ping", now_ns);
    if (part->phase == LIVE)
        flush(part);
    return 1;
}

static int poll_limits(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    const char *why = NULL;
    if (part->phase == DOWN)
        return 0;
    if (part->phase != LIVE && as_feed_elapsed_ns(now_ns, part->up_ns) >= AS_NEWS_SETUP_MS * AS_NS_PER_MS)
        why = part->phase == UPGRADING ? "the upgrade takes too long" : "login and subscription take too long";
    else if (part->phase == LIVE && part->message_ns != 0 &&
             as_feed_elapsed_ns(now_ns, part->message_ns) >= AS_NEWS_MESSAGE_MS * AS_NS_PER_MS)
        why = "a message takes too long";
    if (why != NULL) {
        as_connection_drop(part->connection, why, now_ns);
        return 1;
    }
    return part->phase == LIVE ? poll_ping(feed, now_ns) : 0;
}

static int websocket_poll(as_feed *feed, uint64_t now_ns)
{
    news_feed *part = feed->part;
    int work = as_connection_poll(part->connection, now_ns);
    if (part->backfill != NULL)
        work += as_backfill_poll(part->backfill, now_ns);
    return work + poll_limits(feed, now_ns);
}

static uint64_t websocket_wait_ns(const as_feed *feed)
{
    const news_feed *part = feed->part;
    uint64_t wait_ns = as_connection_wait_ns(part->connection);
    uint64_t backfill_ns = part->backfill != NULL ? as_backfill_wait_ns(part->backfill) : wait_ns;
    return backfill_ns < wait_ns ? backfill_ns : wait_ns;
}

/* ---- life cycle ---- */

static int read_secret(as_feed *feed)
{
    news_feed *part = feed->part;
    const as_feed_config *config = &feed->config;
    bool wants_user = config->format == AS_FORMAT_ALPACA;
    if (config->format == AS_FORMAT_NDJSON && (config->user[0] || config->secret[0]))
        return as_error_set(-EINVAL, "%s is given; allowed with format alpaca and benzinga only",
                            config->user[0] ? "user" : "secret");
    if (wants_user && (config->user[0] != 0) != (config->secret[0] != 0))
        return as_error_set(-EINVAL, "%s is given without %s; allowed: both, or neither",
                            config->user[0] ? "user" : "secret", config->user[0] ? "secret" : "user");
    if (!config->secret[0])
        return 0;
    if (part->url.transport == AS_TRANSPORT_WS)
        as_warn("feed %s: its secret goes to %s without TLS", config->name, part->url.host);
    return as_secret_read(config->secret, part->secret, sizeof part->secret);
}

/* Benzinga's token and symbols are part of the address. It is not written anywhere else. */
static int make_path(as_feed *feed)
{
    news_feed *part = feed->part;
    char value[3 * SECRET_BYTES + 1];
    const char *symbols = feed->config.subscribe;
    snprintf(part->path, sizeof part->path, "%s", part->url.path);
    bool fits = true;
    if (feed->config.format == AS_FORMAT_BENZINGA && part->secret[0]) {
        fits = as_query_encode(part->secret, value, sizeof value) &&
               add(part->path, sizeof part->path, strchr(part->path, '?') ? "&token=" : "?token=") &&
               add(part->path, sizeof part->path, value);
        explicit_bzero(value, sizeof value);
    }
    if (fits && feed->config.format == AS_FORMAT_BENZINGA && symbols[0] && strcmp(symbols, "*") != 0)
        fits = as_query_encode(symbols, value, sizeof value) &&
               add(part->path, sizeof part->path, strchr(part->path, '?') ? "&tickers=" : "?tickers=") &&
               add(part->path, sizeof part->path, value);
    return fits ? 0 : as_error_set(-EINVAL, "source, secret and subscribe together are too long");
}

static int open_backfill(as_feed *feed)
{
    news_feed *part = feed->part;
    as_url url;
    if (feed->config.backfill[0] == 0)
        return 0;
    if (feed->config.format != AS_FORMAT_ALPACA)
        return as_error_set(-EINVAL, "backfill is given; allowed with format alpaca only");
    int result = as_url_parse(feed->config.backfill, &url);
    if (result == 0 && url.transport != AS_TRANSPORT_HTTP && url.transport != AS_TRANSPORT_HTTPS)
        result = as_error_set(-EINVAL, "\"%s\"; allowed: http[s]://HOST[:PORT]/PATH", url.text);
    if (result == 0)
        result = as_backfill_open(&(as_backfill_options){.url = &url,
                                                         .ca = feed->config.ca,
                                                         .key = feed->config.user,
                                                         .secret = part->secret,
                                                         .symbols = feed->config.subscribe,
                                                         .reactor = feed->reactor,
                                                         .page = on_page,
                                                         .failed = on_backfill_failed,
                                                         .ctx = feed},
                                  &part->backfill);
    return result < 0 ? as_error_add("key backfill") : 0;
}

static int open_parts(as_feed *feed, const as_feed_options *options)
{
    news_feed *part = feed->part;
    const as_news_context news = {.symbols = &feed->universe->symbols,
                                  .publisher = feed->config.publisher[0] ? feed->config.publisher : feed->config.name,
                                  .source = options->source};
    const as_ndjson_context ndjson = {
        .symbols = &feed->universe->symbols, .instrument = feed->universe->instrument, .source = options->source};
    if (as_news_stream_init(&part->stream, feed->config.format, &news, &ndjson) < 0 ||
        as_websocket_new(&part->socket) < 0)
        return as_error_set(-ENOMEM, "out of memory");
    return as_connection_open(&(as_connection_options){.url = &part->url,
                                                       .ca = feed->config.ca,
                                                       .reactor = feed->reactor,
                                                       .up = on_up,
                                                       .bytes = on_bytes,
                                                       .down = on_down,
                                                       .ctx = feed},
                              &part->connection);
}

static int websocket_open(as_feed *feed, const as_feed_options *options)
{
    news_feed *part = feed->part = calloc(1, sizeof *part);
    if (part == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    int result = as_url_parse(feed->config.source, &part->url);
    if (result < 0)
        return as_error_add("key source");
    result = read_secret(feed);
    if (result < 0)
        return as_error_add("key secret");
    result = make_path(feed);
    if (result == 0)
        result = open_parts(feed, options);
    return result == 0 ? open_backfill(feed) : result;
}

static void websocket_close(as_feed *feed)
{
    news_feed *part = feed->part;
    if (part == NULL)
        return;
    if (part->connection != NULL && as_connection_is_up(part->connection) && as_websocket_is_open(part->socket)) {
        part->phase = DOWN;
        as_websocket_close(part->socket, 1001); /* going away */
        flush(part);
    }
    as_connection_close(part->connection);
    as_backfill_close(part->backfill);
    as_websocket_free(part->socket);
    as_news_stream_fini(&part->stream);
    as_secret_wipe(part->secret, sizeof part->secret);
    as_secret_wipe(part->path, sizeof part->path);
    free(part);
}

const as_feed_driver as_feed_websocket = {.bad_name = bad_name,
                                          .bad_count = BAD_COUNT,
                                          .open = websocket_open,
                                          .poll = websocket_poll,
                                          .wait_ns = websocket_wait_ns,
                                          .close = websocket_close};
