#include "feeds/live/feed_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/capture/capture_format.h"
#include "feeds/live/connection.h"
#include "feeds/framing/http1.h"
#include "feeds/news/rss_reader.h"
#include "feeds/news/stamp.h"

/* Why something was not right. HTTP's own reasons, those of XML and those of items have places of their own. */
enum {
    BAD_CONNECTION,
    BAD_SLOW,
    BAD_STATUS,
    BAD_REDIRECT,
    BAD_ITEMS, /* more than AS_NEWS_ITEM_MAX */
    BAD_HTTP,  /* + -as_http1_result */
    BAD_XML = BAD_HTTP - AS_HTTP1_CUT + 1,
    BAD_ITEM = BAD_XML - AS_XML_ROOT + 1,
    BAD_COUNT = BAD_ITEM + AS_NEWS_RESULT_COUNT
};

_Static_assert((int)BAD_COUNT <= (int)AS_FEED_BAD_MAX, "every reason has room in the statistics");

enum {
    REQUEST_BYTES = 2048,
    ETAG_BYTES = 256,
    STAMP_BYTES = 64,
    ROOM = 4, /* events that an item, a held one and a gap can make */
    DOUBLINGS_MAX = 16,
    STALE_FAILURES = 2,
    WARNINGS_MAX = 32,
    WHY_BYTES = 400
};

typedef struct http_feed {
    as_url url;
    as_connection *connection;
    as_http1 http;
    uint8_t *body;
    char path[AS_URL_BYTES]; /* of this request: the source's, or where a redirect leads */
    char etag[ETAG_BYTES], modified[STAMP_BYTES];
    /* a poll */
    bool polling;     /* from its begin to its end */
    bool asked;       /* a request is out and its answer is not whole */
    bool reused;      /* it went over a kept connection, which may turn out to be closed */
    bool conditional; /* it has said what we know */
    bool spoilt;      /* the connection cannot be kept */
    unsigned redirects;
    uint64_t since_ns; /* its begin, or its end if idle */
    uint64_t pause_ns; /* idle: how long */
    unsigned failures; /* in a row */
    uint64_t random;
    /* what comes of it */
    as_rss_reader reader;
    bool had_items;
    bool unfinished;   /* items of the latest document wait for room in the rings */
    uint64_t given_ns; /* its receive time */
    unsigned warn_count;
    char warned[WHY_BYTES];
} http_feed;

static const char *bad_name(unsigned reason)
{
    static const char *const name[BAD_HTTP] = {[BAD_CONNECTION] = "connection_failed",
                                               [BAD_SLOW] = "slow_answer",
                                               [BAD_STATUS] = "error_status",
                                               [BAD_REDIRECT] = "redirect_refused",
                                               [BAD_ITEMS] = "too_many_items"};
    if (reason < BAD_HTTP)
        return name[reason];
    if (reason < BAD_XML)
        return as_http1_result_name((as_http1_result)((int)BAD_HTTP - (int)reason));
    if (reason < BAD_ITEM)
        return as_xml_result_name((as_xml_result)((int)BAD_XML - (int)reason));
    return as_news_result_name((as_news_result)(reason - BAD_ITEM));
}

/* What fails is told once for each cause, and not for ever. */
static void warn(as_feed *feed, const char *why)
{
    http_feed *part = feed->part;
    if (part->warn_count >= WARNINGS_MAX || strcmp(part->warned, why) == 0)
        return;
    part->warn_count++;
    snprintf(part->warned, sizeof part->warned, "%s", why);
    as_warn("feed %s: %s%s", feed->config.name, why,
            part->warn_count == WARNINGS_MAX ? " (further ones are not told)" : "");
}

/* ---- pauses ---- */

/* At random from low_ns to high_ns. */
static uint64_t between(http_feed *part, uint64_t low_ns, uint64_t high_ns)
{
    part->random ^= part->random << 13;
    part->random ^= part->random >> 7;
    part->random ^= part->random << 17;
    return low_ns + part->random % (high_ns - low_ns + 1);
}

static uint64_t interval_ns(const as_feed *feed)
{
    return feed->config.poll_ms * AS_NS_PER_MS;
}

static uint64_t answer_limit_ns(const as_feed *feed)
{
    uint32_t limit_ms = feed->config.poll_ms;
    if (limit_ms < AS_FEED_HTTP_ANSWER_MIN_MS)
        limit_ms = AS_FEED_HTTP_ANSWER_MIN_MS;
    if (limit_ms > AS_FEED_HTTP_ANSWER_MAX_MS)
        limit_ms = AS_FEED_HTTP_ANSWER_MAX_MS;
    return limit_ms * AS_NS_PER_MS;
}

/* The poll is over. */
static void settle(as_feed *feed, uint64_t pause_ns, uint64_t now_ns)
{
    http_feed *part = feed->part;
    part->polling = part->asked = false;
    part->since_ns = now_ns;
    part->pause_ns = pause_ns;
    if (part->spoilt || !part->http.keep_alive || feed->config.poll_ms > AS_FEED_HTTP_KEEP_MS)
        as_connection_drop(part->connection, "not needed", now_ns);
}

static void succeed(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    uint64_t tenth_ns = interval_ns(feed) / 10;
    part->failures = 0;
    part->warned[0] = 0;
    as_connection_proven(part->connection);
    as_feed_state_set(feed, AS_FEED_LIVE);
    settle(feed, between(part, interval_ns(feed) - tenth_ns, interval_ns(feed) + tenth_ns), now_ns);
}

static void fail(as_feed *feed, unsigned reason, const char *why, uint64_t wait_ns, uint64_t now_ns)
{
    http_feed *part = feed->part;
    uint64_t most_ns = AS_FEED_HTTP_BACKOFF_MS * AS_NS_PER_MS, pause_ns = interval_ns(feed);
    if (most_ns < interval_ns(feed))
        most_ns = interval_ns(feed);
    as_feed_bad(feed, reason);
    warn(feed, why);
    if (part->failures < DOUBLINGS_MAX)
        part->failures++;
    if (part->failures >= STALE_FAILURES && as_feed_state_get(feed) == AS_FEED_LIVE)
        as_feed_state_set(feed, AS_FEED_STALE);
    pause_ns <<= part->failures;
    pause_ns = pause_ns < most_ns ? pause_ns : most_ns;
    pause_ns = between(part, pause_ns / 2, pause_ns);
    part->spoilt = true;
    settle(feed, pause_ns > wait_ns ? pause_ns : wait_ns, now_ns);
}

/* ---- documents ---- */

static void on_bad_item(as_feed *feed)
{
    const as_rss_reader *reader = &((http_feed *)feed->part)->reader;
    as_feed_bad(feed, BAD_ITEM + reader->result);
    as_feed_warn_skipped(feed, "item at line", reader->line, as_news_result_name(reader->result));
}

/* Publish what is new. Returns the headlines met, new or not. */
static uint64_t give(as_feed *feed, uint64_t ts)
{
    as_rss_reader *reader = &((http_feed *)feed->part)->reader;
    uint64_t headlines = 0;
    as_headline *headline;
    as_event event;
    as_rss_step step;
    http_feed *part = feed->part;
    part->given_ns = ts;
    part->unfinished = false;
    for (;;) {
        if (!as_outlet_has_room(&feed->outlet, ROOM)) { /* the rest when the core has caught up */
            part->unfinished = true;
            break;
        }
        headline = as_outlet_headline_room(&feed->outlet);
        step = as_rss_reader_next(reader, ts, &event, headline);
        if (step == AS_RSS_END)
            break;
        headlines += step == AS_RSS_HEADLINE || step == AS_RSS_DUPLICATE;
        if (step == AS_RSS_HEADLINE)
            as_feed_headline(feed, &event, headline, ts);
        else if (step == AS_RSS_DUPLICATE)
            as_counter_add(&feed->count.duplicates, 1);
        else if (step == AS_RSS_STATUS)
            as_feed_market(feed, &event, ts);
        else
            on_bad_item(feed);
    }
    as_feed_end_piece(feed);
    return headlines;
}

/* False: it is no document; *why says so. */
static bool read_document(as_feed *feed, uint64_t ts, char why[WHY_BYTES], unsigned *reason)
{
    http_feed *part = feed->part;
    const as_news_items *items = &part->reader.items;
    as_xml_fault fault = {0};
    as_feed_capture(feed, AS_CAPTURE_SOURCE, 0, part->body, part->http.body_bytes, ts); /* of one sequence, for ever */
    as_xml_result result = as_rss_reader_begin(&part->reader, part->body, part->http.body_bytes, ts, &fault);
    if (result != AS_XML_OK) {
        *reason = BAD_XML + (unsigned)-(int)result;
        snprintf(why, WHY_BYTES, "the document is not right: %s: %s (line %llu, column %llu)",
                 as_xml_result_name(result), fault.text, (unsigned long long)fault.line,
                 (unsigned long long)fault.column);
        return false;
    }
    as_counter_add(&feed->count.messages, items->messages);
    as_counter_add(&feed->count.unknown_symbol, items->unknown_symbol);
    if (items->too_many > 0)
        as_counter_add(&feed->count.bad[BAD_ITEMS], items->too_many);
    uint64_t again = as_counter_get(&feed->count.duplicates), headlines = give(feed, ts);
    if (part->had_items && headlines > 0 && as_counter_get(&feed->count.duplicates) == again)
        as_counter_add(&feed->count.gaps, 1);
    part->had_items = part->had_items || headlines > 0;
    return true;
}

/* ---- answers ---- */

/* A field as a string: empty if it is not there or does not fit. */
static void keep_field(const as_http1 *http, const char *name, char *out, size_t out_bytes)
{
    size_t bytes = 0;
    const char *value = as_http1_get(http, name, &bytes);
    if (!value || bytes >= out_bytes)
        bytes = 0;
    memcpy(out, value ? value : "", bytes);
    out[bytes] = 0;
}

static void on_document(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    char why[WHY_BYTES];
    unsigned reason = 0;
    if (!read_document(feed, now_ns, why, &reason)) {
        part->etag[0] = part->modified[0] = 0;
        fail(feed, reason, why, 0, now_ns);
        return;
    }
    keep_field(&part->http, "ETag", part->etag, sizeof part->etag);
    keep_field(&part->http, "Last-Modified", part->modified, sizeof part->modified);
    succeed(feed, now_ns);
}

/* What Retry-After asks for, in ns; 0 if it asks for nothing that can be read. */
static uint64_t retry_after_ns(const as_http1 *http, uint64_t now_ns)
{
    char text[STAMP_BYTES];
    uint64_t wait_ns = 0, until_ns = 0, most_ns = AS_FEED_HTTP_RETRY_MAX_MS * AS_NS_PER_MS;
    keep_field(http, "Retry-After", text, sizeof text);
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && text[digits] == 0)
        wait_ns = digits > 6 ? most_ns : strtoull(text, NULL, 10) * AS_NS_PER_S;
    else if (as_stamp_rfc822(text, strlen(text), &until_ns) && until_ns > now_ns)
        wait_ns = until_ns - now_ns;
    return wait_ns < most_ns ? wait_ns : most_ns;
}

/*
 * Where a Location leads, as a path of this server. False: to another one, or nowhere. What begins with neither a
 * scheme nor a slash is relative to the folder of the path asked for (RFC 3986, section 5.2.3; dots are left to the
 * server).
 */
static bool follow(const http_feed *part, const char *location, char path[AS_URL_BYTES])
{
    char text[AS_URL_BYTES];
    as_url url;
    int put;
    size_t location_bytes = strcspn(location, "#");
    if (location_bytes == 0 || location_bytes >= sizeof text)
        return false;
    memcpy(text, location, location_bytes);
    text[location_bytes] = 0;
    bool tls = part->url.transport == AS_TRANSPORT_HTTPS;
    if (strncmp(text, "//", 2) == 0 || strstr(text, "://") != NULL) {
        char absolute[AS_URL_BYTES + 8];
        snprintf(absolute, sizeof absolute, "%s%s", text[0] == '/' ? (tls ? "https:" : "http:") : "", text);
        int result = as_url_parse(absolute, &url);
        as_error_clear();
        if (result < 0 || url.transport != part->url.transport || url.port != part->url.port ||
            strcasecmp(url.host, part->url.host) != 0)
            return false;
        put = snprintf(path, AS_URL_BYTES, "%s", url.path);
    } else if (text[0] == '/') {
        put = snprintf(path, AS_URL_BYTES, "%s", text);
    } else {
        size_t folder_bytes = strcspn(part->path, "?");
        while (folder_bytes > 0 && part->path[folder_bytes - 1] != '/')
            folder_bytes--;
        put = snprintf(path, AS_URL_BYTES, "%.*s%s", (int)folder_bytes, part->path, text);
    }
    return put > 0 && put < AS_URL_BYTES;
}

static void begin_request(as_feed *feed, uint64_t now_ns);

static void on_redirect(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    char location[AS_URL_BYTES], path[AS_URL_BYTES], why[WHY_BYTES];
    keep_field(&part->http, "Location", location, sizeof location);
    if (part->redirects >= AS_FEED_HTTP_REDIRECTS) {
        fail(feed, BAD_REDIRECT, "more than 5 redirects, one after the other", 0, now_ns);
        return;
    }
    if (!follow(part, location, path)) {
        snprintf(
            why, sizeof why,
            "redirected (status %u) to \"%s\"; followed are redirects of the same scheme, host and port: if this is "
            "right, change `source`",
            part->http.status, location);
        fail(feed, BAD_REDIRECT, why, 0, now_ns);
        return;
    }
    part->redirects++;
    memcpy(part->path, path, sizeof path);
    part->asked = false;
    if (part->spoilt || !part->http.keep_alive) {
        part->polling = false; /* the end of this connection is none of the poll */
        as_connection_drop(part->connection, "redirected", now_ns);
        part->polling = true;
    }
    begin_request(feed, now_ns);
}

static void on_answer(as_feed *feed, as_http1_result result, uint64_t now_ns)
{
    http_feed *part = feed->part;
    char why[WHY_BYTES];
    unsigned status = part->http.status;
    part->asked = false;
    if (result != AS_HTTP1_DONE) {
        snprintf(why, sizeof why, "the answer is not right: %s", as_http1_result_name(result));
        fail(feed, BAD_HTTP + (unsigned)-(int)result, why, 0, now_ns);
    } else if (status == 200) {
        on_document(feed, now_ns);
    } else if (status == 304 && part->conditional) {
        as_counter_add(&feed->count.heartbeats, 1);
        succeed(feed, now_ns);
    } else if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) {
        on_redirect(feed, now_ns);
    } else {
        uint64_t wait_ns = status == 429 || status == 503 ? retry_after_ns(&part->http, now_ns) : 0;
        snprintf(why, sizeof why, "the server answers with status %u", status);
        fail(feed, BAD_STATUS, why, wait_ns, now_ns);
    }
}

/* ---- requests ---- */

static void ask(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    char request[REQUEST_BYTES];
    bool tls = part->url.transport == AS_TRANSPORT_HTTPS, keep = feed->config.poll_ms <= AS_FEED_HTTP_KEEP_MS;
    const as_http1_header header[] = {
        {"User-Agent", "aftershock"},
        {"Accept", "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"},
        {"Accept-Encoding", "gzip"},
        {"If-None-Match", part->etag},
        {"If-Modified-Since", part->modified},
        {"Connection", keep ? "keep-alive" : "close"}};
    const as_http1_request what = {.method = "GET",
                                   .host = part->url.host,
                                   .port = part->url.port == (tls ? 443 : 80) ? 0 : part->url.port,
                                   .path = part->path,
                                   .header = header,
                                   .header_count = sizeof header / sizeof *header};
    size_t request_bytes = as_http1_encode(&what, request, sizeof request);
    if (request_bytes == 0) {
        fail(feed, BAD_REDIRECT, "the address has characters that cannot be asked for", 0, now_ns);
        return;
    }
    as_http1_begin(&part->http, false);
    part->conditional = part->etag[0] || part->modified[0];
    part->spoilt = false;
    part->asked = true;
    as_connection_send(part->connection, request, request_bytes); /* if that fails, down has been called */
}

/* Over the connection if it is up, else over one that is made first. */
static void begin_request(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    part->reused = as_connection_is_up(part->connection);
    if (part->reused)
        ask(feed, now_ns);
    else
        as_connection_start(part->connection, now_ns);
}

static void begin_poll(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    memcpy(part->path, part->url.path, sizeof part->path);
    part->polling = true;
    part->redirects = 0;
    part->since_ns = now_ns;
    as_counter_add(&feed->count.requested, 1);
    begin_request(feed, now_ns);
}

/* ---- the connection ---- */

static void on_up(void *ctx, uint64_t now_ns)
{
    as_feed *feed = ctx;
    http_feed *part = feed->part;
    as_counter_add(&feed->count.connects, 1);
    if (part->polling)
        ask(feed, now_ns);
}

static void on_bytes(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_feed *feed = ctx;
    http_feed *part = feed->part;
    size_t used_bytes;
    as_feed_count_piece(feed, data_bytes, ts_recv_ns);
    if (!part->asked) {
        as_connection_drop(part->connection, "bytes that nobody asked for", ts_recv_ns);
        return;
    }
    as_http1_result result = as_http1_read(&part->http, data, data_bytes, &used_bytes);
    part->spoilt = part->spoilt || used_bytes < data_bytes;
    if (result != AS_HTTP1_MORE)
        on_answer(feed, result, ts_recv_ns);
}

static void on_down(void *ctx, bool was_up, const char *why, uint64_t now_ns)
{
    as_feed *feed = ctx;
    http_feed *part = feed->part;
    char text[WHY_BYTES];
    if (was_up)
        as_counter_add(&feed->count.disconnects, 1);
    if (!part->polling)
        return;
    if (part->asked && part->reused && as_http1_is_idle(&part->http)) {
        part->asked = part->reused = false;
        as_connection_start(part->connection, now_ns);
        return;
    }
    if (part->asked && !as_http1_is_idle(&part->http)) {
        on_answer(feed, as_http1_finish(&part->http), now_ns);
        return;
    }
    snprintf(text, sizeof text, "%s: %s", part->url.text, why);
    fail(feed, BAD_CONNECTION, text, 0, now_ns);
}

/* ---- what is due by time ---- */

static int http_poll(as_feed *feed, uint64_t now_ns)
{
    http_feed *part = feed->part;
    uint64_t elapsed_ns = as_feed_elapsed_ns(now_ns, part->since_ns);
    int work = as_connection_poll(part->connection, now_ns);
    if (part->unfinished) {
        give(feed, part->given_ns);
        return work + 1;
    }
    if (now_ns >= part->reader.status_due_ns) {
        as_rss_reader_wake(&part->reader);
        give(feed, now_ns);
        work++;
    }
    if (!part->polling && elapsed_ns >= part->pause_ns) {
        begin_poll(feed, now_ns);
        return work + 1;
    }
    if (part->polling && elapsed_ns >= answer_limit_ns(feed)) {
        part->polling = false; /* the end of this connection is told here */
        as_connection_drop(part->connection, "the answer takes too long", now_ns);
        fail(feed, BAD_SLOW, "the answer takes too long", 0, now_ns);
        return work + 1;
    }
    return work;
}

static uint64_t http_wait_ns(const as_feed *feed)
{
    const http_feed *part = feed->part;
    uint64_t wait_ns = as_connection_wait_ns(part->connection), now_ns = as_clock_now_ns();
    uint64_t limit_ns = part->polling ? answer_limit_ns(feed) : part->pause_ns;
    uint64_t elapsed_ns = as_feed_elapsed_ns(now_ns, part->since_ns);
    uint64_t left_ns = elapsed_ns < limit_ns ? limit_ns - elapsed_ns : 0;
    if (part->reader.status_due_ns != UINT64_MAX) {
        uint64_t due_ns = part->reader.status_due_ns > now_ns ? part->reader.status_due_ns - now_ns : 0;
        left_ns = due_ns < left_ns ? due_ns : left_ns;
    }
    return left_ns < wait_ns ? left_ns : wait_ns;
}

/* ---- life cycle ---- */

static int check_keys(const as_feed *feed)
{
    const as_feed_config *config = &feed->config;
    const char *key = config->user[0] ? "user" : config->secret[0] ? "secret" : config->backfill[0] ? "backfill" : NULL;
    if (key != NULL)
        return as_error_set(-EINVAL, "%s is given; a feed of format rss has no use for it", key);
    return 0;
}

static int open_parts(as_feed *feed, const as_feed_options *options)
{
    http_feed *part = feed->part;
    const char *publisher = feed->config.publisher[0] ? feed->config.publisher : feed->config.name;
    const as_news_context news = {
        .symbols = &feed->universe->symbols, .publisher = publisher, .source = options->source};
    part->body = malloc(AS_NEWS_DOCUMENT_BYTES);
    if (part->body == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    as_http1_init(&part->http, part->body, AS_NEWS_DOCUMENT_BYTES);
    int result = as_rss_reader_init(&part->reader, &news);
    if (result < 0)
        return result;
    return as_connection_open(&(as_connection_options){.url = &part->url,
                                                       .ca = feed->config.ca,
                                                       .on_demand = true,
                                                       .reactor = feed->reactor,
                                                       .up = on_up,
                                                       .bytes = on_bytes,
                                                       .down = on_down,
                                                       .ctx = feed},
                              &part->connection);
}

static int http_open(as_feed *feed, const as_feed_options *options)
{
    http_feed *part = feed->part = calloc(1, sizeof *part);
    if (part == NULL)
        return as_error_set(-ENOMEM, "out of memory");
    int result = as_url_parse(feed->config.source, &part->url);
    if (result < 0)
        return as_error_add("key source");
    result = check_keys(feed);
    if (result < 0)
        return result;
    part->since_ns = as_clock_now_ns();
    part->random = (part->since_ns ^ (uintptr_t)part) | 1;
    return open_parts(feed, options);
}

static void http_close(as_feed *feed)
{
    http_feed *part = feed->part;
    if (part == NULL)
        return;
    as_connection_close(part->connection);
    as_rss_reader_fini(&part->reader);
    free(part->body);
    free(part);
}

const as_feed_driver as_feed_http = {.bad_name = bad_name,
                                     .bad_count = BAD_COUNT,
                                     .open = http_open,
                                     .poll = http_poll,
                                     .wait_ns = http_wait_ns,
                                     .close = http_close};
