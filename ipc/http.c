#include "ipc/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "core/clock.h"
#include "core/error.h"

enum {
    HOST_BYTES = 64, /* an address without its port */
    BACKLOG = 16,
    CONNECTION_BYTES = 16 << 10 /* request line and headers; MHD answers 431 or 414 beyond */
};

/* The page as it stands in the sources. CMakeLists.txt gives its path, and builds this file again when it changes. */
__asm__(".pushsection .rodata\n"
        ".global as_http_page_begin\n"
        ".global as_http_page_end\n"
        "as_http_page_begin:\n"
        ".incbin \"" AS_HTTP_PAGE "\"\n"
        "as_http_page_end:\n"
        ".byte 0\n"
        ".popsection\n");
extern const char as_http_page_begin[], as_http_page_end[];

typedef struct place {
    int fd;         /* -1: free */
    uint64_t until; /* monotonic: then the request has to be answered */
} place;

struct as_http {
    as_http_options options;
    struct MHD_Daemon *daemon;
    struct MHD_Response *page;
    unsigned port;
    pthread_t timer;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t ending;
    bool timing, ended;
    place place[AS_HTTP_CONNECTIONS];
};

/*
 * ---- deadlines: MHD's own timeout begins again with each byte ----
 */

static uint64_t deadline_of(const as_http *http)
{
    return as_clock_monotonic_ns() + http->options.timeout_ms * UINT64_C(1000000);
}

/* MHD tells of the end before it closes the socket: the number is nobody else's while it stands in its place. */
static void on_connection(void *context, struct MHD_Connection *connection, void **own,
                          enum MHD_ConnectionNotificationCode what)
{
    as_http *http = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    place *at = *own;
    pthread_mutex_lock(&http->lock);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED && at) {
        at->fd = -1;
        *own = NULL;
    } else if (what == MHD_CONNECTION_NOTIFY_STARTED && info) {
        for (at = http->place; at < http->place + AS_HTTP_CONNECTIONS && at->fd >= 0; at++) {}
        if (at < http->place + AS_HTTP_CONNECTIONS) {
            *at = (place){.fd = info->connect_fd, .until = deadline_of(http)};
            *own = at;
        }
    }
    pthread_mutex_unlock(&http->lock);
}

static void on_answered(void *context, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode how)
{
    as_http *http = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    place *at = info ? info->socket_context : NULL;
    (void)request, (void)how;
    pthread_mutex_lock(&http->lock);
    if (at)
        at->until = deadline_of(http);
    pthread_mutex_unlock(&http->lock);
}

/* MHD hears of a socket that is shut down, and frees its place. */
static void *close_late_ones(void *context)
{
    as_http *http = context;
    pthread_setname_np(pthread_self(), "as-http-timer");
    pthread_mutex_lock(&http->lock);
    while (!http->ended) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until); /* what the waits of pthreads go by */
        uint64_t ns = (uint64_t)until.tv_nsec + http->options.timeout_ms * UINT64_C(1000000) / 10;
        until.tv_sec += (time_t)(ns / 1000000000u);
        until.tv_nsec = (long)(ns % 1000000000u);
        pthread_cond_timedwait(&http->ending, &http->lock, &until);
        uint64_t now = as_clock_monotonic_ns();
        for (place *at = http->place; at < http->place + AS_HTTP_CONNECTIONS; at++)
            if (at->fd >= 0 && now >= at->until)
                shutdown(at->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&http->lock);
    return NULL;
}

static int start_timer(as_http *http)
{
    pthread_mutex_init(&http->lock, NULL);
    pthread_cond_init(&http->ending, NULL);
    for (unsigned i = 0; i < AS_HTTP_CONNECTIONS; i++)
        http->place[i].fd = -1;
    int rc = -pthread_create(&http->timer, NULL, close_late_ones, http);
    http->timing = rc == 0;
    return rc == 0 ? 0 : as_error_set(rc, "metrics: thread cannot be started: %s", strerror(-rc));
}

static void stop_timer(as_http *http)
{
    pthread_mutex_lock(&http->lock);
    http->ended = true;
    pthread_cond_signal(&http->ending);
    pthread_mutex_unlock(&http->lock);
    if (http->timing)
        pthread_join(http->timer, NULL);
    pthread_cond_destroy(&http->ending);
    pthread_mutex_destroy(&http->lock);
}

/* ---- addresses ---- */

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 5 && text[digits] == '\0' && strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* The machine itself, by number or as localhost. v6: [::1] with its brackets. */
static bool is_loopback(const char *host, bool *v6)
{
    struct in_addr address;
    *v6 = strcmp(host, "[::1]") == 0;
    return *v6 || strcasecmp(host, "localhost") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET);
}

/* HOST or HOST:PORT; a number in square brackets may contain colons. false: too long. */
static bool split(const char *text, char host[HOST_BYTES], const char **port)
{
    const char *end = *text == '[' ? strchr(text, ']') : NULL;
    const char *colon = strchr(end ? end : text, ':');
    size_t bytes = colon ? (size_t)(colon - text) : strlen(text);
    if (bytes >= HOST_BYTES)
        return false;
    memcpy(host, text, bytes);
    host[bytes] = '\0';
    *port = colon ? colon + 1 : NULL;
    return true;
}

/* A browser sends the name that it was told to look up: one that is not ours is somebody else's page asking (DNS
 * rebinding). */
static bool host_is_ours(const char *value)
{
    char host[HOST_BYTES];
    const char *port;
    bool v6;
    return value && split(value, host, &port) && is_loopback(host, &v6) && (!port || is_port(port));
}

/* ---- answers ---- */

static void add_headers(struct MHD_Response *response, const char *type)
{
    static const char *const header[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
         "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };
    MHD_add_response_header(response, "Content-Type", type);
    for (unsigned i = 0; i < sizeof header / sizeof *header; i++)
        MHD_add_response_header(response, header[i][0], header[i][1]);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, char *text,
                              size_t text_bytes, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(text_bytes, text, mode);
    if (!response)
        return MHD_NO;
    add_headers(response, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    char text[128];
    int bytes = snprintf(text, sizeof text, "%s\n", why);
    return answer(connection, status, "text/plain; charset=utf-8", text, (size_t)bytes, MHD_RESPMEM_MUST_COPY);
}

typedef enum source { METRICS, HEALTH, STATE } source;

static enum MHD_Result produce(as_http *http, struct MHD_Connection *connection, source what)
{
    static const char *const type[] = {
        [METRICS] = "text/plain; version=0.0.4; charset=utf-8",
        [HEALTH] = "text/plain; charset=utf-8",
        [STATE] = "application/json",
    };
    char *text = NULL;
    size_t bytes = 0;
    unsigned status = MHD_HTTP_OK;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        return MHD_NO;
    if (what == METRICS)
        http->options.metrics(http->options.context, out);
    else if (what == STATE)
        http->options.state(http->options.context, out);
    else if (http->options.health(http->options.context, out))
        fputs("ok\n", out);
    else
        status = MHD_HTTP_SERVICE_UNAVAILABLE;
    if (fclose(out) != 0) {
        free(text);
        return MHD_NO;
    }
    return answer(connection, status, type[what], text, bytes, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_bytes, void **request)
{
    as_http *http = context;
    (void)version, (void)upload, (void)upload_bytes;
    if (!host_is_ours(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host")))
        return refuse(connection, MHD_HTTP_FORBIDDEN, "the Host header must name a loopback address");
    if (strcmp(method, "GET") != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is answered");
    if (!*request) { /* the first call: an answer here would close the connection, which is right for the above only */
        *request = http;
        return MHD_YES;
    }
    if (strcmp(url, "/") == 0)
        return MHD_queue_response(connection, MHD_HTTP_OK, http->page);
    if (strcmp(url, "/metrics") == 0)
        return produce(http, connection, METRICS);
    if (strcmp(url, "/health") == 0)
        return produce(http, connection, HEALTH);
    if (strcmp(url, "/state.json") == 0)
        return produce(http, connection, STATE);
    return refuse(connection, MHD_HTTP_NOT_FOUND, "there are /, /metrics, /health and /state.json");
}

/* ---- life ---- */

static int resolve(const char *address, struct sockaddr_storage *bound, socklen_t *bytes)
{
    char host[HOST_BYTES];
    const char *port;
    bool v6;
    if (!split(address, host, &port) || !is_loopback(host, &v6) || !port || (strcmp(port, "*") != 0 && !is_port(port)))
        return as_error_set(-EINVAL,
                            "metrics: found '%s'; allowed: ADDRESS:PORT on a loopback address (127.0.0.1, [::1], "
                            "localhost)",
                            address);
    uint16_t number = htons(*port == '*' ? 0 : (uint16_t)strtoul(port, NULL, 10));
    memset(bound, 0, sizeof *bound);
    if (v6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)bound;
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = number, .sin6_addr = in6addr_loopback};
        *bytes = sizeof *six;
    } else {
        struct sockaddr_in *four = (struct sockaddr_in *)bound;
        *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = number};
        if (inet_pton(AF_INET, host, &four->sin_addr) != 1)
            four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *bytes = sizeof *four;
    }
    return 0;
}

/* Our own listening socket, for an error that says why. */
static int listen_on(const char *address, const struct sockaddr_storage *bound, socklen_t bytes, unsigned *port)
{
    struct sockaddr_storage name;
    socklen_t name_bytes = sizeof name;
    int one = 1;
    int fd = socket(bound->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return as_error_set(-errno, "metrics: %s: no socket: %s", address, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)bound, bytes) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&name, &name_bytes) < 0) {
        int rc = as_error_set(-errno, "metrics: %s cannot be bound: %s", address, strerror(errno));
        close(fd);
        return rc;
    }
    *port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                             : ((struct sockaddr_in *)&name)->sin_port);
    return fd;
}

static struct MHD_Response *page_response(void)
{
    size_t bytes = (size_t)(as_http_page_end - as_http_page_begin);
    struct MHD_Response *page = /* never written to: persistent */
        MHD_create_response_from_buffer(bytes, (void *)(uintptr_t)as_http_page_begin, MHD_RESPMEM_PERSISTENT);
    if (page)
        add_headers(page, "text/html; charset=utf-8");
    return page;
}

int as_http_start(const as_http_options *options, as_http **out)
{
    struct sockaddr_storage bound;
    socklen_t bytes = 0;
    int rc = resolve(options->address, &bound, &bytes);
    if (rc < 0)
        return rc;
    as_http *http = calloc(1, sizeof *http);
    if (!http)
        return as_error_set(-ENOMEM, "metrics: out of memory");
    http->options = *options;
    if (!http->options.timeout_ms)
        http->options.timeout_ms = AS_HTTP_TIMEOUT_S * 1000;
    http->page = page_response();
    rc = start_timer(http);
    int fd = rc < 0 ? rc : listen_on(options->address, &bound, bytes, &http->port);
    if (fd < 0 || !http->page) {
        rc = fd < 0 ? fd : as_error_set(-ENOMEM, "metrics: out of memory");
        if (fd >= 0)
            close(fd);
        as_http_stop(http);
        return rc;
    }
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | (bound.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U);
    http->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)AS_HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)AS_HTTP_TIMEOUT_S,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
                         on_connection, http, MHD_OPTION_NOTIFY_COMPLETED, on_answered, http, MHD_OPTION_END);
    if (!http->daemon) {
        rc = as_error_set(-EIO, "metrics: %s: the HTTP server cannot be started", options->address);
        close(fd);
        as_http_stop(http);
        return rc;
    }
    *out = http;
    return 0;
}

void as_http_stop(as_http *http)
{
    if (!http)
        return;
    if (http->daemon)
        MHD_stop_daemon(http->daemon); /* closes the listening socket as well */
    stop_timer(http);
    if (http->page)
        MHD_destroy_response(http->page);
    free(http);
}

unsigned as_http_port(const as_http *http)
{
    return http->port;
}
