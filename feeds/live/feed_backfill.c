#include "feeds/live/feed_backfill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/error.h"
#include "feeds/framing/http1.h"

enum { PATH_BYTES = 3072, TOKEN_BYTES = 256, REQUEST_BYTES = 8192 };

typedef enum stage {
    IDLE,
    PAUSED,  /* before another attempt */
    GETTING, /* the connection is on its way, or the answer */
} stage;

struct as_backfill {
    as_backfill_options options;
    as_url url;
    as_connection *connection;
    stage stage;
    uint64_t from_ns;
    uint64_t since_ns; /* begin of the stage */
    uint64_t pause_ns, random;
    unsigned tries, pages;
    bool asked; /* a request is out and its answer not whole */
    char token[TOKEN_BYTES];
    as_http1 http;
    uint8_t body[AS_BACKFILL_BODY_BYTES];
};

static uint64_t elapsed_ns(uint64_t now_ns, uint64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : then_ns - now_ns;
}

/* ---- the request ---- */

bool as_query_encode(const char *text, char *out, size_t out_bytes)
{
    static const char hex[] = "0123456789ABCDEF", plain[] = "-._~,";
    size_t n = 0;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (n + 4 > out_bytes)
            return false;
        if (letter || strchr(plain, c) != NULL) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = hex[c >> 4];
        out[n++] = hex[c & 15];
    }
    if (n >= out_bytes)
        return false;
    out[n] = 0;
    return true;
}

static bool add_parameter(char *path, const char *name, const char *value)
{
    size_t n = strlen(path);
    char mark = strchr(path, '?') != NULL ? '&' : '?';
    int put = snprintf(path + n, PATH_BYTES - n, "%c%s=", mark, name);
    if (put < 0 || (size_t)put >= PATH_BYTES - n)
        return false;
    return as_query_encode(value, path + n + put, PATH_BYTES - n - (size_t)put);
}

/* The whole second that ns lies in. */
static void format_time(uint64_t ns, char text[32])
{
    time_t seconds = (time_t)(ns / AS_NS_PER_S);
    struct tm civil;
    gmtime_r(&seconds, &civil);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &civil);
}

static size_t make_request(const as_backfill *b, char *out, size_t out_bytes)
{
    char path[PATH_BYTES], start[32], limit[16];
    snprintf(path, sizeof path, "%s", b->url.path);
    format_time(b->from_ns, start);
    snprintf(limit, sizeof limit, "%d", AS_BACKFILL_PAGE_ITEMS);
    bool all = b->options.symbols[0] == 0 || strcmp(b->options.symbols, "*") == 0;
    if (!add_parameter(path, "start", start) || !add_parameter(path, "sort", "asc") ||
        !add_parameter(path, "limit", limit) || (!all && !add_parameter(path, "symbols", b->options.symbols)) ||
        (b->token[0] && !add_parameter(path, "page_token", b->token)))
        return 0;
    bool tls = b->url.transport == AS_TRANSPORT_HTTPS;
    const as_http1_header header[] = {{"APCA-API-KEY-ID", b->options.key},
                                      {"APCA-API-SECRET-KEY", b->options.secret},
                                      {"Accept", "application/json"},
                                      {"User-Agent", "aftershock"}};
    const as_http1_request request = {.method = "GET",
                                      .host = b->url.host,
                                      .port = b->url.port == (tls ? 443 : 80) ? 0 : b->url.port,
                                      .path = path,
                                      .header = header,
                                      .header_count = sizeof header / sizeof *header};
    return as_http1_encode(&request, out, out_bytes);
}

/* ---- an attempt's end ---- */

/* The connection is not needed any more; its down callback finds the stage changed. */
static void hang_up(as_backfill *b, stage next, uint64_t now_ns)
{
    b->asked = false;
    b->stage = next;
    b->since_ns = now_ns;
    as_connection_drop(b->connection, "not needed", now_ns);
}

static void give_up(as_backfill *b, const char *why, uint64_t now_ns)
{
    hang_up(b, IDLE, now_ns);
    b->options.failed(b->options.ctx, why);
}

static void try_again(as_backfill *b, const char *why, uint64_t now_ns)
{
    if (++b->tries >= AS_BACKFILL_TRIES) {
        give_up(b, why, now_ns);
        return;
    }
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    uint64_t half_ns = (b->options.retry_ms * AS_NS_PER_MS << (b->tries - 1)) / 2;
    b->pause_ns = half_ns + b->random % (half_ns + 1);
    hang_up(b, PAUSED, now_ns);
}

static void ask(as_backfill *b, uint64_t now_ns)
{
    char request[REQUEST_BYTES];
    size_t request_bytes = make_request(b, request, sizeof request);
    if (request_bytes == 0) {
        give_up(b, "the request cannot be written: path, key, secret or symbols hold characters that may not be there",
                now_ns);
        return;
    }
    as_http1_begin(&b->http, false);
    b->asked = true;
    b->since_ns = now_ns;
    as_connection_send(b->connection, request, request_bytes); /* if that fails, down has been called */
    explicit_bzero(request, sizeof request);
}

static void on_page(as_backfill *b, uint64_t now_ns)
{
    b->asked = false;
    const char *token = b->options.page(b->options.ctx, (const char *)b->body, b->http.body_bytes, now_ns);
    if (token == NULL || strlen(token) >= sizeof b->token) {
        try_again(b, "an answer is no page of news", now_ns);
        return;
    }
    memmove(b->token, token, strlen(token) + 1);
    b->tries = 0;
    if (b->token[0] == 0)
        hang_up(b, IDLE, now_ns);
    else if (++b->pages >= AS_BACKFILL_PAGES_MAX)
        give_up(b, "too many pages", now_ns);
    else if (b->http.keep_alive)
        ask(b, now_ns);
    else {
        b->pause_ns = 0;
        hang_up(b, PAUSED, now_ns);
    }
}

static void on_answer(as_backfill *b, as_http1_result result, uint64_t now_ns)
{
    char why[96];
    unsigned status = b->http.status;
    if (result == AS_HTTP1_DONE && status == 200) {
        on_page(b, now_ns);
        return;
    }
    if (result == AS_HTTP1_DONE)
        snprintf(why, sizeof why, "the server answers with status %u", status);
    else
        snprintf(why, sizeof why, "no answer in HTTP/1.1: %s", as_http1_result_name(result));
    if (result == AS_HTTP1_DONE && status >= 400 && status < 500 && status != 408 && status != 429)
        give_up(b, why, now_ns);
    else
        try_again(b, why, now_ns);
}

/* ---- the connection ---- */

static void on_up(void *ctx, uint64_t now_ns)
{
    ask(ctx, now_ns);
}

static void on_bytes(void *ctx, const uint8_t *data, size_t data_bytes, uint64_t ts_recv_ns)
{
    as_backfill *b = ctx;
    size_t used_bytes;
    if (!b->asked)
        return;
    as_http1_result result = as_http1_read(&b->http, data, data_bytes, &used_bytes);
    if (result != AS_HTTP1_MORE)
        on_answer(b, result, ts_recv_ns);
}

static void on_down(void *ctx, bool was_up, const char *why, uint64_t now_ns)
{
    as_backfill *b = ctx;
    if (b->stage != GETTING)
        return;
    as_http1_result result = was_up && b->asked ? as_http1_finish(&b->http) : AS_HTTP1_CUT;
    if (result == AS_HTTP1_DONE)
        on_answer(b, result, now_ns);
    else
        try_again(b, why, now_ns);
}

/* ---- what is due by time ---- */

void as_backfill_start(as_backfill *b, uint64_t from_ns, uint64_t now_ns)
{
    if (b->stage != IDLE)
        return;
    b->from_ns = from_ns;
    b->token[0] = 0;
    b->tries = b->pages = 0;
    b->pause_ns = 0;
    b->stage = PAUSED;
    b->since_ns = now_ns;
}

bool as_backfill_is_busy(const as_backfill *b)
{
    return b->stage != IDLE;
}

int as_backfill_poll(as_backfill *b, uint64_t now_ns)
{
    if (b->stage == PAUSED && elapsed_ns(now_ns, b->since_ns) >= b->pause_ns) {
        b->stage = GETTING;
        b->since_ns = now_ns;
        as_connection_start(b->connection, now_ns);
    } else if (b->asked && elapsed_ns(now_ns, b->since_ns) >= b->options.answer_ms * AS_NS_PER_MS) {
        try_again(b, "the answer takes too long", now_ns);
    }
    return as_connection_poll(b->connection, now_ns);
}

uint64_t as_backfill_wait_ns(const as_backfill *b)
{
    if (b->stage == PAUSED)
        return (b->pause_ns == 0 ? 0 : 10) * AS_NS_PER_MS;
    return as_connection_wait_ns(b->connection);
}

/* ---- life cycle ---- */

int as_backfill_open(const as_backfill_options *options, as_backfill **backfill)
{
    as_backfill *made = calloc(1, sizeof *made);
    if (made == NULL)
        return as_error_set(-ENOMEM, "backfill: out of memory");
    made->options = *options;
    made->url = *options->url;
    if (made->options.retry_ms == 0)
        made->options.retry_ms = AS_BACKFILL_RETRY_MS;
    if (made->options.answer_ms == 0)
        made->options.answer_ms = AS_BACKFILL_ANSWER_MS;
    made->random = (as_clock_now_ns() ^ (uintptr_t)made) | 1;
    as_http1_init(&made->http, made->body, sizeof made->body);
    int result = as_connection_open(&(as_connection_options){.url = options->url,
                                                             .ca = options->ca,
                                                             .on_demand = true,
                                                             .reactor = options->reactor,
                                                             .up = on_up,
                                                             .bytes = on_bytes,
                                                             .down = on_down,
                                                             .ctx = made},
                                    &made->connection);
    if (result < 0) {
        free(made);
        return result;
    }
    *backfill = made;
    return 0;
}

void as_backfill_close(as_backfill *backfill)
{
    if (backfill == NULL)
        return;
    as_connection_close(backfill->connection);
    free(backfill);
}
