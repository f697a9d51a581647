#include "feeds/capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/byte_ring.h"
#include "core/error.h"
#include "core/idle.h"
#include "feeds/counter.h"
#include "feeds/framing/pcap_encode.h"

enum {
    BUFFER_BYTES = 256 * 1024,
    PIECE_BYTES = 64 * 1024, /* of a message, in one block */
    NAMES_MAX = 10000,
    FILE_MODE = 0640
};

/* What travels in the ring: a head, then the bytes. lost: records of each line that are missing before this one. */
typedef struct head {
    uint64_t ts_ns;
    uint32_t connection;
    uint16_t line;
    uint16_t kind;
    uint32_t lost[AS_CAPTURE_LINE_MAX];
    uint32_t pad;
} head;

struct as_capture {
    as_byte_ring *ring;
    as_capture_wire line[AS_CAPTURE_LINE_MAX];
    unsigned line_count;
    char path[AS_PATH_BYTES + 8];
    pthread_t thread;
    _Atomic bool stop;   /* edge C1 */
    _Atomic bool failed; /* the file cannot be written; a hint for the feed */

    /* the feed's */
    uint32_t untold[AS_CAPTURE_LINE_MAX]; /* the writer's after edge C1 */
    uint64_t last_ts_ns;
    as_counter lost;

    /* the writer's */
    int fd;
    uint8_t *buffer;
    size_t buffer_bytes;
    uint64_t buffer_records; /* whose blocks are in the buffer, or some of them */
    uint64_t good_bytes;     /* of the file, up to the end of a block */
    uint64_t received[AS_CAPTURE_LINE_MAX], dropped[AS_CAPTURE_LINE_MAX];
    as_counter unwritten;
};

/* ---- the file ---- */

static void fail(as_capture *capture, int error)
{
    if (atomic_exchange_explicit(&capture->failed, true, memory_order_relaxed)) /* relaxed: a hint */
        return;
    as_warn("capture %s: %s; it ends here, and the feed goes on", capture->path, strerror(error));
    if (ftruncate(capture->fd, (off_t)capture->good_bytes) != 0)
        as_warn("capture %s: %s; it may end inside a record", capture->path, strerror(errno));
}

static bool is_failed(const as_capture *capture)
{
    return atomic_load_explicit(&capture->failed, memory_order_relaxed); /* relaxed: a hint */
}

/* The buffer holds whole blocks. */
static void flush(as_capture *capture)
{
    size_t done = 0;
    while (done < capture->buffer_bytes && !is_failed(capture)) {
        ssize_t n = write(capture->fd, capture->buffer + done, capture->buffer_bytes - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            fail(capture, n == 0 ? EIO : errno);
    }
    if (is_failed(capture))
        as_counter_add(&capture->unwritten, capture->buffer_records);
    else
        capture->good_bytes += capture->buffer_bytes;
    capture->buffer_bytes = 0;
    capture->buffer_records = 0;
}

static uint8_t *room(as_capture *capture, size_t bytes)
{
    if (capture->buffer_bytes + bytes > BUFFER_BYTES)
        flush(capture);
    return capture->buffer + capture->buffer_bytes;
}

/* ---- blocks ---- */

static void put_header(as_capture *capture)
{
    char name[AS_CAPTURE_NAME_BYTES], description[AS_CAPTURE_TEXT_BYTES];
    capture->buffer_bytes += as_pcap_encode_section("aftershock", room(capture, BUFFER_BYTES / 2), BUFFER_BYTES / 2);
    for (unsigned i = 0; i < capture->line_count; i++) {
        uint16_t link = capture->line[i].datagrams ? AS_LINK_RAW : AS_LINK_USER0;
        as_capture_line_format(&capture->line[i].text, name, description);
        capture->buffer_bytes += as_pcap_encode_interface(link, name, description, room(capture, 4096), 4096);
    }
}

static void put_statistics(as_capture *capture, unsigned line, uint64_t ts_ns)
{
    as_pcap_statistics statistics = {.interface_idx = line,
                                     .ts_ns = ts_ns,
                                     .received = capture->received[line] + capture->dropped[line],
                                     .dropped = capture->dropped[line]};
    capture->buffer_bytes += as_pcap_encode_statistics(&statistics, room(capture, AS_PCAP_STATISTICS_BYTES));
}

static void tell_lost(as_capture *capture, const uint32_t *lost, uint64_t ts_ns)
{
    for (unsigned i = 0; i < capture->line_count; i++) {
        if (lost[i] == 0)
            continue;
        capture->dropped[i] += lost[i];
        put_statistics(capture, i, ts_ns);
    }
}

/* One packet block: a header of ours, then bytes. */
static void put_block(as_capture *capture, const head *h, const uint8_t *header, size_t header_bytes,
                      const uint8_t *data, size_t data_bytes)
{
    as_pcap_head block = {
        .interface_idx = h->line, .ts_ns = h->ts_ns, .data_bytes = (uint32_t)(header_bytes + data_bytes)};
    uint8_t *at = room(capture, AS_PCAP_HEAD_BYTES + header_bytes + data_bytes + AS_PCAP_TAIL_MAX);
    uint8_t *begin = at;
    at += as_pcap_encode_head(&block, at);
    memcpy(at, header, header_bytes);
    at += header_bytes;
    if (data_bytes > 0)
        memcpy(at, data, data_bytes);
    at += data_bytes;
    at += as_pcap_encode_tail(&block, at);
    capture->buffer_bytes += (size_t)(at - begin);
}

static void put_datagram(as_capture *capture, const head *h, const uint8_t *data, size_t data_bytes)
{
    uint8_t header[AS_DATAGRAM_HEADER_MAX];
    as_datagram datagram = capture->line[h->line].address;
    datagram.payload = data;
    datagram.payload_bytes = data_bytes;
    size_t header_bytes = as_datagram_encode(&datagram, header);
    if (header_bytes > 0)
        put_block(capture, h, header, header_bytes, data, data_bytes);
    else
        capture->dropped[h->line]++;
}

static void put_record(as_capture *capture, const head *h, const uint8_t *data, size_t data_bytes)
{
    uint8_t header[AS_CAPTURE_RECORD_HEADER];
    do {
        size_t piece_bytes = data_bytes < PIECE_BYTES ? data_bytes : PIECE_BYTES;
        as_capture_record record = {.kind = (as_capture_kind)h->kind,
                                    .flags = data_bytes > piece_bytes ? AS_CAPTURE_MORE : 0,
                                    .connection = h->connection};
        as_capture_record_encode(&record, header);
        put_block(capture, h, header, sizeof header, data, piece_bytes);
        data += piece_bytes;
        data_bytes -= piece_bytes;
    } while (data_bytes > 0);
}

/* ---- the writer ---- */

/* One record of the ring. */
static unsigned write_one(as_capture *capture)
{
    uint32_t record_bytes;
    const uint8_t *record = as_byte_ring_peek(capture->ring, &record_bytes);
    head h;
    if (!record)
        return 0;
    memcpy(&h, record, sizeof h);
    if (is_failed(capture)) {
        as_counter_add(&capture->unwritten, 1);
    } else {
        tell_lost(capture, h.lost, h.ts_ns);
        capture->received[h.line]++;
        if (h.kind == AS_CAPTURE_DATA && capture->line[h.line].datagrams)
            put_datagram(capture, &h, record + sizeof h, record_bytes - sizeof h);
        else
            put_record(capture, &h, record + sizeof h, record_bytes - sizeof h);
        capture->buffer_records++;
    }
    as_byte_ring_release(capture->ring);
    return 1;
}

static void *run(void *argument)
{
    as_capture *capture = argument;
    as_idle idle;
    as_idle_init(&idle, AS_WAIT_BLOCK);
    for (;;) {
        bool stop = atomic_load_explicit(&capture->stop, memory_order_acquire); /* edge C1 */
        unsigned work = write_one(capture);
        if (work == 0 && capture->buffer_bytes > 0) {
            flush(capture);
            work = 1;
        }
        if (work == 0 && stop)
            break;
        as_idle_done(&idle, work);
    }
    tell_lost(capture, capture->untold, capture->last_ts_ns);
    for (unsigned i = 0; i < capture->line_count; i++)
        put_statistics(capture, i, capture->last_ts_ns);
    flush(capture);
    return NULL;
}

/* Signals are for the program's own threads. */
static int start(as_capture *capture)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = -pthread_create(&capture->thread, NULL, run, capture);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

/* ---- life cycle ---- */

static int create(as_capture *capture, const char *path)
{
    for (unsigned i = 0; i < NAMES_MAX; i++) {
        if (i == 0)
            (void)snprintf(capture->path, sizeof capture->path, "%s", path);
        else
            (void)snprintf(capture->path, sizeof capture->path, "%s.%u", path, i);
        capture->fd = open(capture->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
        if (capture->fd >= 0)
            return 0;
        if (errno != EEXIST)
            return as_error_set(-errno, "capture %s: %s", capture->path, strerror(errno));
    }
    return as_error_set(-EEXIST, "capture %s: it exists, and so do .1 to .%u behind it", path, NAMES_MAX - 1);
}

static void discard(as_capture *capture)
{
    if (capture->fd >= 0)
        close(capture->fd);
    as_byte_ring_free(capture->ring);
    free(capture->buffer);
    free(capture);
}

static int make(as_capture *capture, const as_capture_options *options)
{
    capture->buffer = malloc(BUFFER_BYTES);
    if (!capture->buffer)
        return as_error_set(-ENOMEM, "capture %s: out of memory", options->path);
    int code = as_byte_ring_new(options->ring_bytes ? options->ring_bytes : AS_CAPTURE_RING_BYTES, &capture->ring);
    if (code == 0)
        code = create(capture, options->path);
    if (code < 0)
        return code;
    put_header(capture);
    flush(capture);
    if (is_failed(capture))
        return as_error_set(-EIO, "capture %s: it cannot be written", capture->path);
    code = start(capture);
    return code < 0 ? as_error_set(code, "capture %s: no thread: %s", capture->path, strerror(-code)) : 0;
}

int as_capture_open(const as_capture_options *options, as_capture **capture)
{
    as_capture *made = calloc(1, sizeof *made);
    if (!made)
        return as_error_set(-ENOMEM, "capture %s: out of memory", options->path);
    made->fd = -1;
    made->line_count = options->line_count;
    memcpy(made->line, options->line, sizeof made->line);
    int code = make(made, options);
    if (code < 0) {
        discard(made);
        return code;
    }
    *capture = made;
    return 0;
}

void as_capture_close(as_capture *capture)
{
    if (!capture)
        return;
    atomic_store_explicit(&capture->stop, true, memory_order_release); /* edge C1 */
    pthread_join(capture->thread, NULL);
    uint64_t lost = as_capture_lost(capture);
    if (lost > 0)
        as_warn("capture %s: %llu records are lost", capture->path, (unsigned long long)lost);
    discard(capture);
}

uint64_t as_capture_lost(const as_capture *capture)
{
    return as_counter_get(&capture->lost) + as_counter_get(&capture->unwritten);
}

const char *as_capture_path(const as_capture *capture)
{
    return capture->path;
}

/* ---- the feed's side ---- */

bool as_capture_put(as_capture *capture, const as_capture_piece *piece)
{
    uint8_t *slot = NULL;
    capture->last_ts_ns = piece->ts_recv_ns;
    if (piece->data_bytes <= UINT32_MAX - sizeof(head) && !is_failed(capture))
        slot = as_byte_ring_claim(capture->ring, (uint32_t)(sizeof(head) + piece->data_bytes));
    if (!slot) {
        capture->untold[piece->line]++;
        as_counter_add(&capture->lost, 1);
        return false;
    }
    head h = {.ts_ns = piece->ts_recv_ns,
              .connection = piece->connection,
              .line = (uint16_t)piece->line,
              .kind = (uint16_t)piece->kind};
    memcpy(h.lost, capture->untold, sizeof h.lost);
    memset(capture->untold, 0, sizeof capture->untold);
    memcpy(slot, &h, sizeof h);
    if (piece->data_bytes > 0)
        memcpy(slot + sizeof h, piece->data, piece->data_bytes);
    as_byte_ring_publish(capture->ring);
    return true;
}
