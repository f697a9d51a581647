/*
 * HTTP for people and for Prometheus: /metrics, /health, the live page and what feeds it. Loopback only, read only.
 *
 *   GET /            the page (ipc/http/page.html, one file, no other resource)
 *   GET /metrics     Prometheus text format 0.0.4
 *   GET /health      200 "ok" or 503 with one line a reason
 *   GET /state.json  what the page shows, now
 * Anything else: 404; another method: 405; a Host header that names no loopback address: 403 (DNS rebinding).
 *
 * libmicrohttpd's own thread, at most AS_HTTP_CONNECTIONS connections; the callbacks run on it. A connection has
 * AS_HTTP_TIMEOUT_S for a request and its answer, from its beginning or from the end of the one before, however busy it
 * is: who sends a byte a second does not keep a place. A small thread of our own closes what is late.
 */
#ifndef AS_IPC_HTTP_H
#define AS_IPC_HTTP_H

#include <stdbool.h>
#include <stdio.h>

enum { AS_HTTP_CONNECTIONS = 64, AS_HTTP_TIMEOUT_S = 10 };

typedef struct as_http_options {
    const char *address;                        /* HOST:PORT; port 0 or *: any */
    void *context;
    void (*metrics)(void *context, FILE *out);
    bool (*health)(void *context, FILE *out);   /* true: healthy; else the reasons, a line each */
    void (*state)(void *context, FILE *out);    /* one JSON object */
    unsigned timeout_ms;                        /* 0: AS_HTTP_TIMEOUT_S */
} as_http_options;

typedef struct as_http as_http;

/* Bind and start. 0, or a negative errno with the error chain set, naming the address. */
int as_http_start(const as_http_options *options, as_http **http);
void as_http_stop(as_http *http);
unsigned as_http_port(const as_http *http);

#endif
