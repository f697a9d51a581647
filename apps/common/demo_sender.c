#include "apps/common/demo_sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/text_file.h"
#include "feeds/be.h"
#include "feeds/decode/itch50.h"
#include "feeds/live/feed.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/framing/moldudp64.h"

enum {
    DATAGRAM_BYTES = 500,         /* about ten messages, as on a busy line */
    QUIET_MS = AS_FEED_IDLE_MS + 100, /* longer than a feed holds back an instant */
    READ_MS = 30,                /* for what has been read to reach the core */
    QUEUE_BYTES_MAX = 256 << 10, /* of the receiver */
    LOOK_EVERY = 16,           /* datagrams between two looks at it */
    STAMP_OFFSET = 5,          /* of the 48-bit stamp in an ITCH message */
    BAR_BYTES = 256,
    HEADLINE_MAX = 256
};

static const char udp_table[] = "/proc/net/udp", tcp_table[] = "/proc/net/tcp";

typedef struct as_wire_line {
    uint64_t ts;
    const char *text;
    size_t text_bytes;
} as_wire_line;

typedef struct as_sender {
    const as_sender_options *options;
    as_sender_counts *counts;
    int udp, tcp;
    char *headlines;
    as_wire_line line[HEADLINE_MAX];
    uint32_t line_count, line_next;
    char *itch;
    size_t itch_bytes;
    uint64_t now, started_ns;
    uint64_t sent, total; /* ITCH messages */
    as_mold_builder builder;
    uint8_t datagram[DATAGRAM_BYTES];
} as_sender;

/* ---- sockets ---- */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

uint16_t as_sender_free_port(int type)
{
    struct sockaddr_in address = loopback(0);
    socklen_t address_bytes = sizeof address;
    uint16_t port = 0;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &address_bytes) == 0)
        port = ntohs(address.sin_port);
    if (!port)
        as_error_set(-errno, "127.0.0.1: no free port: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return port;
}

static int connect_to(int type, uint16_t port, int *fd)
{
    struct sockaddr_in address = loopback(port);
    *fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (type == SOCK_STREAM && *fd >= 0) /* a small segment must not wait for the answer to the one before */
        setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (*fd >= 0 && connect(*fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    return as_error_set(-errno, "127.0.0.1:%u: cannot be reached: %s", port, strerror(errno));
}

/* Bytes that wait in the receiving sockets of a port; 0 if that cannot be seen. table: /proc/net/udp or tcp. */
static unsigned long queue_bytes(const char *table, uint16_t port)
{
    char line[256];
    unsigned long longest = 0;
    FILE *file = fopen(table, "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned found;
        unsigned long waiting;
        if (sscanf(line, " %*u: %*x:%x %*x:%*x %*x %*x:%lx", &found, &waiting) == 2 && found == port &&
            waiting > longest)
            longest = waiting;
    }
    if (file)
        fclose(file);
    return longest;
}

/* ---- waiting ---- */

static int rest(as_sender *s, unsigned milliseconds)
{
    for (unsigned waited = 0; waited < milliseconds; waited += 5) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        if (!s->options->idle(s->options->idle_context, s->now))
            return -EINTR;
    }
    return 0;
}

static int wait_for_queue(as_sender *s, const char *table, uint16_t port, unsigned long bytes_max)
{
    for (unsigned looks = 0; queue_bytes(table, port) > bytes_max; looks++) {
        s->counts->waits += looks == 0;
        if (looks > 2000)
            return as_error_set(-ETIMEDOUT, "the daemon has not read its socket of port %u for 10 s", port);
        int rc = rest(s, 5);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Not before its place in the schedule. */
static int pace(as_sender *s)
{
    uint64_t due = s->started_ns + (uint64_t)(s->options->seconds * 1e9 * (double)s->sent / (double)s->total);
    if (!s->options->idle(s->options->idle_context, s->now))
        return -EINTR;
    for (uint64_t now; (now = as_clock_now_ns()) < due;) {
        uint64_t left = due - now < 5000000 ? due - now : 5000000;
        nanosleep(&(struct timespec){.tv_nsec = (long)left}, NULL);
        if (!s->options->idle(s->options->idle_context, s->now))
            return -EINTR;
    }
    return 0;
}

/* ---- sending ---- */

static int flush(as_sender *s)
{
    if (s->builder.count == 0)
        return 0;
    size_t bytes = as_mold_builder_finish(&s->builder);
    if (send(s->udp, s->datagram, bytes, 0) < 0)
        return as_error_set(-errno, "127.0.0.1:%u: datagram: %s", s->options->udp_port, strerror(errno));
    int rc = ++s->counts->datagrams % LOOK_EVERY == 0
                 ? wait_for_queue(s, udp_table, s->options->udp_port, QUEUE_BYTES_MAX)
                 : 0;
    return rc < 0 ? rc : pace(s);
}

/* Until both sockets have been read to their ends, and for a while. */
static int settle(as_sender *s, unsigned milliseconds)
{
    int rc = flush(s);
    if (rc == 0)
        rc = wait_for_queue(s, udp_table, s->options->udp_port, 0);
    if (rc == 0)
        rc = wait_for_queue(s, tcp_table, s->options->tcp_port, 0);
    return rc < 0 ? rc : rest(s, milliseconds);
}

static int tell(as_sender *s, const char *text, size_t text_bytes)
{
    for (size_t done = 0; done < text_bytes;) {
        ssize_t n = send(s->tcp, text + done, text_bytes - done, MSG_NOSIGNAL);
        if (n < 0)
            return as_error_set(-errno, "127.0.0.1:%u: %s", s->options->tcp_port, strerror(errno));
        done += (size_t)n;
    }
    return 0;
}

/* One headline, between two silences. */
static int headline(as_sender *s)
{
    const as_wire_line *line = &s->line[s->line_next++];
    uint64_t began = as_clock_now_ns();
    int rc = settle(s, QUIET_MS);
    s->now = line->ts;
    if (rc == 0)
        rc = tell(s, line->text, line->text_bytes);
    if (rc == 0)
        rc = settle(s, READ_MS); /* a headline is held back by nothing */
    s->counts->headlines++;
    s->started_ns += as_clock_now_ns() - began; /* the schedule of the messages waits */
    return rc;
}

static int headlines_until(as_sender *s, uint64_t ts)
{
    int rc = 0;
    while (rc == 0 && s->line_next < s->line_count && s->line[s->line_next].ts <= ts)
        rc = headline(s);
    return rc;
}

static size_t bar_line(const as_sender *s, uint32_t session, uint32_t name, char *out)
{
    const as_sim_history *history = s->options->history;
    const as_sim_scenario *scenario = s->options->scenario;
    int64_t cents = history->close_cents[(size_t)session * scenario->count + name];
    char px[32];
    snprintf(px, sizeof px, "%" PRId64 ".%02d", cents / 100, (int)(cents % 100));
    int bytes = snprintf(out, BAR_BYTES,
                         "{\"k\":\"bar\",\"t\":%" PRIu64 ",\"d\":86400000000000,\"s\":\"%s\",\"o\":\"%s\","
                         "\"h\":\"%s\",\"l\":\"%s\",\"c\":\"%s\",\"v\":0}\n",
                         history->session[session]->close, scenario->sim[name].symbol, px, px, px, px);
    return (size_t)bytes;
}

/* The sessions that end after `since`, each as one instant of bars. */
static int bars(as_sender *s, uint64_t since)
{
    const as_sim_history *history = s->options->history;
    uint32_t names = s->options->scenario->count;
    char *text = malloc((size_t)names * BAR_BYTES);
    int rc = text ? 0 : as_error_set(-ENOMEM, "out of memory for %u bars", names);
    for (uint32_t t = 0; rc == 0 && t < history->sessions; t++) {
        uint64_t close = history->session[t]->close;
        size_t text_bytes = 0;
        if (close <= since)
            continue;
        rc = headlines_until(s, close);
        for (uint32_t i = 0; i < names; i++)
            text_bytes += bar_line(s, t, i, text + text_bytes);
        if (rc == 0)
            rc = tell(s, text, text_bytes);
        s->counts->bars += names;
        s->now = close;
    }
    free(text);
    return rc < 0 ? rc : settle(s, QUIET_MS);
}

static int messages(as_sender *s)
{
    as_binaryfile reader;
    const uint8_t *message;
    size_t message_bytes, at = 0;
    int rc = 0;
    as_binaryfile_init(&reader, NULL);
    s->started_ns = as_clock_now_ns();
    while (rc == 0 && as_binaryfile_next(&reader, (const uint8_t *)s->itch + at, s->itch_bytes - at, true, &message,
                                         &message_bytes) == AS_BINARYFILE_MESSAGE) {
        at += reader.consumed_bytes;
        uint64_t ts = s->options->scenario->midnight + as_be48(message + STAMP_OFFSET);
        rc = headlines_until(s, ts);
        s->now = ts;
        if (rc == 0 && !as_mold_builder_add(&s->builder, message, message_bytes)) {
            rc = flush(s);
            as_mold_builder_add(&s->builder, message, message_bytes);
        }
        s->sent++;
    }
    if (rc == 0)
        rc = settle(s, READ_MS);
    s->counts->messages = s->sent;
    size_t end_bytes = as_mold_builder_end(&s->builder);
    if (rc == 0 && send(s->udp, s->datagram, end_bytes, 0) < 0)
        rc = as_error_set(-errno, "127.0.0.1:%u: datagram: %s", s->options->udp_port, strerror(errno));
    return rc < 0 ? rc : settle(s, QUIET_MS);
}

/* ---- reading ---- */

static int by_time(const void *a, const void *b)
{
    const as_wire_line *x = a, *y = b;
    return x->ts < y->ts ? -1 : x->ts > y->ts;
}

static int read_headlines(as_sender *s)
{
    size_t bytes;
    int rc = as_text_file_read(s->options->headlines_path, AS_TEXT_FILE_BYTES_MAX, &s->headlines, &bytes);
    if (rc < 0)
        return rc;
    for (char *line = s->headlines; *line && s->line_count < HEADLINE_MAX;) {
        char *end = strchr(line, '\n');
        char *next = end ? end + 1 : line + strlen(line);
        const char *stamp = strstr(line, "\"t\":");
        if (end && stamp && stamp < end)
            s->line[s->line_count++] =
                (as_wire_line){.ts = strtoull(stamp + 4, NULL, 10), .text = line, .text_bytes = (size_t)(next - line)};
        line = next;
    }
    qsort(s->line, s->line_count, sizeof *s->line, by_time);
    return 0;
}

static int read_messages(as_sender *s)
{
    as_binaryfile reader;
    const uint8_t *message;
    size_t message_bytes, at = 0;
    int rc = as_text_file_read(s->options->itch_path, AS_TEXT_FILE_BYTES_MAX, &s->itch, &s->itch_bytes);
    if (rc < 0)
        return rc;
    as_binaryfile_init(&reader, NULL);
    while (as_binaryfile_next(&reader, (const uint8_t *)s->itch + at, s->itch_bytes - at, true, &message,
                              &message_bytes) == AS_BINARYFILE_MESSAGE) {
        at += reader.consumed_bytes;
        if (message_bytes < AS_ITCH50_BYTES_MIN)
            return as_error_set(-EINVAL, "%s: offset %zu: found a message of %zu bytes", s->options->itch_path, at,
                                message_bytes);
        s->total++;
    }
    return s->total ? 0 : as_error_set(-EINVAL, "%s: holds no messages", s->options->itch_path);
}

static int run(as_sender *s)
{
    static const uint8_t session[AS_PACKET_SESSION_BYTES] = {'D', 'E', 'M', 'O', ' ', ' ', ' ', ' ', ' ', '1'};
    int rc = read_headlines(s);
    if (rc == 0)
        rc = read_messages(s);
    if (rc == 0)
        rc = connect_to(SOCK_DGRAM, s->options->udp_port, &s->udp);
    if (rc == 0)
        rc = connect_to(SOCK_STREAM, s->options->tcp_port, &s->tcp);
    if (rc < 0)
        return rc;
    as_mold_builder_init(&s->builder, session, 1, s->datagram, sizeof s->datagram);
    if (s->line_count && s->line[0].ts < s->options->scenario->session->prev_close) {
        uint64_t first = s->line[0].ts;
        rc = headlines_until(s, first);
        if (rc == 0)
            rc = bars(s, first);
    }
    if (rc == 0)
        rc = messages(s);
    return rc < 0 ? rc : headlines_until(s, UINT64_MAX);
}

int as_sender_run(const as_sender_options *options, as_sender_counts *counts)
{
    as_sender *s = calloc(1, sizeof *s);
    if (!s)
        return as_error_set(-ENOMEM, "out of memory");
    *counts = (as_sender_counts){0};
    s->options = options;
    s->counts = counts;
    s->udp = s->tcp = -1;
    int rc = run(s);
    if (s->udp >= 0)
        close(s->udp);
    if (s->tcp >= 0)
        close(s->tcp);
    free(s->headlines);
    free(s->itch);
    free(s);
    return rc;
}
