/*
 * The same events whatever the backend: the datagrams of captures are sent over the loopback to a live feed, once with
 * io_uring and once with epoll, and a hash over all events (without their receive times) must be the same, as must what
 * the feed counted. A made-up day is always there; recorded captures are used if they are present. Prints what each
 * backend took for the larger ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdlib.h>
#include <xxhash.h>

#include "feeds/framing/datagram.h"
#include "feeds/framing/iextp.h"
#include "feeds/framing/pcap.h"
#include "feeds/wire/wire.h"
#include "tests/support/feed_fixture.h"
#include "tests/support/random.h"
#include "tests/support/shared.h"

enum { SYMBOLS = 16384, EVENT_SLOTS = 1 << 16, BURST = 32, FILES_MAX = 1024, LARGE_MESSAGES = 10000 };

/* Datagrams, one behind another. */
typedef struct capture {
    uint8_t *data;
    size_t data_bytes, room_bytes;
    uint32_t *datagram_bytes;
    size_t count, room;
} capture;

typedef struct outcome {
    uint64_t hash, events;
    as_feed_stats stats;
    uint64_t poll_ns; /* in the reactor and the feed, without sending */
} outcome;

static bool uring; /* can be had here */
static as_universe universe;
static as_instrument *instrument;

/* ---- captures ---- */

static void capture_add(capture *c, const uint8_t *data, size_t bytes)
{
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 64;
        c->datagram_bytes = realloc(c->datagram_bytes, c->room * sizeof *c->datagram_bytes);
    }
    while (c->data == NULL || c->room_bytes - c->data_bytes < bytes) {
        c->room_bytes = c->room_bytes ? 2 * c->room_bytes : 1 << 16;
        c->data = realloc(c->data, c->room_bytes);
    }
    assert_true(c->data != NULL && c->datagram_bytes != NULL);
    if (bytes > 0)
        memcpy(c->data + c->data_bytes, data, bytes);
    c->data_bytes += bytes;
    c->datagram_bytes[c->count++] = (uint32_t)bytes;
}

static void capture_free(capture *c)
{
    free(c->data);
    free(c->datagram_bytes);
    *c = (capture){0};
}

/* The UDP payloads of a pcap or pcapng file. */
static void capture_read(capture *c, const uint8_t *file, size_t bytes)
{
    static as_pcap pcap;
    as_pcap_packet packet;
    as_datagram datagram;
    as_pcap_init(&pcap);
    for (size_t at = 0;;) {
        size_t view_bytes = bytes - at < AS_PCAP_WINDOW_BYTES ? bytes - at : AS_PCAP_WINDOW_BYTES;
        as_pcap_result result = as_pcap_next(&pcap, file + at, view_bytes, at + view_bytes == bytes, &packet);
        at += pcap.consumed_bytes;
        if (result == AS_PCAP_EOF || result == AS_PCAP_TRUNCATED || result == AS_PCAP_DAMAGED)
            return;
        if (result == AS_PCAP_PACKET &&
            as_datagram_decode(packet.link_type, packet.data, packet.data_bytes, &datagram) == AS_DATAGRAM_UDP)
            capture_add(c, datagram.payload, datagram.payload_bytes);
    }
}

/* ---- names ---- */

static uint32_t resolve(void *arg, const char *symbol, size_t symbol_bytes)
{
    uint32_t index = 0;
    (void)arg;
    if (as_symbols_find(&universe.symbols, symbol, symbol_bytes) == AS_INSTRUMENT_NONE &&
        universe.symbols.count < SYMBOLS)
        (void)as_symbols_add(&universe.symbols, symbol, symbol_bytes, &index);
    return index;
}

/* A universe of all the names in a capture. */
static void learn_names(const capture *c, as_packet_parse_fn parse, as_wire_format format)
{
    as_wire *wire = NULL;
    as_wire_options options = {.format = format, .symbols = &universe.symbols, .resolve = resolve};
    assert_int_equal(as_symbols_init(&universe.symbols, SYMBOLS), 0);
    universe.instrument = instrument;
    assert_int_equal(as_wire_new(&options, &wire), 0);
    const uint8_t *at = c->data;
    for (size_t i = 0; i < c->count; at += c->datagram_bytes[i++]) {
        as_packet packet;
        as_event event[AS_WIRE_EVENTS_MAX];
        if (parse(at, c->datagram_bytes[i], &packet) < 0)
            continue;
        const uint8_t *cursor = packet.blocks;
        for (unsigned k = 0; k < packet.count; k++) {
            size_t message_bytes;
            const uint8_t *message = as_packet_next(&packet, &cursor, &message_bytes);
            as_wire_decode(wire, message, message_bytes, 0, event);
        }
    }
    as_wire_free(wire);
}

/* ---- a run ---- */

static ast_feed f;

static void drain(XXH3_state_t *hash, outcome *out)
{
    const as_event *slot;
    while ((slot = as_ring_peek(f.events)) != NULL) {
        as_event event = *slot;
        as_ring_release(f.events);
        event.ts_recv = 0;
        event.ts_event = 0; /* of a gap or a cleared book it is the receive time */
        XXH3_64bits_update(hash, &event, sizeof event);
        out->events++;
    }
}

static void turn(outcome *out)
{
    uint64_t before = as_clock_monotonic_ns();
    as_reactor_poll(f.reactor, 0);
    as_feed_poll_idle(f.feed, as_clock_now_ns());
    out->poll_ns += as_clock_monotonic_ns() - before;
}

static outcome play(const capture *c, as_backend backend, as_feed_framing framing, as_feed_format format)
{
    outcome out = {0};
    XXH3_state_t *hash = XXH3_createState();
    assert_true(hash != NULL && XXH3_64bits_reset(hash) == XXH_OK);
    memset(&f, 0, sizeof f);
    assert_int_equal(as_ring_new(EVENT_SLOTS, sizeof(as_event), &f.events), 0);
    assert_int_equal(as_ring_new(4, sizeof(as_headline), &f.headlines), 0);
    assert_int_equal(as_reactor_open(&(as_reactor_options){.backend = backend, .datagram_buffers = 64}, &f.reactor), 0);
    strcpy(f.config.name, "capture");
    f.options = (as_feed_options){.config = &f.config,
                                  .universe = &universe,
                                  .events = f.events,
                                  .headlines = f.headlines,
                                  .session_date = 20230822};
    assert_int_equal(ast_feed_open(&f, "udp://127.0.0.1:%u", framing, format), 0);
    int fd = ast_connect(SOCK_DGRAM, f.port);
    const uint8_t *at = c->data;
    for (size_t sent = 0; sent < c->count;) {
        for (unsigned i = 0; i < BURST && sent < c->count; i++) {
            assert_int_equal(send(fd, at, c->datagram_bytes[sent], 0), c->datagram_bytes[sent]);
            at += c->datagram_bytes[sent++];
        }
        uint64_t limit = as_clock_monotonic_ns() + 2 * AS_NS_PER_S;
        while (ast_feed_stats(&f).packets < sent && as_clock_monotonic_ns() < limit)
            turn(&out);
        assert_int_equal(ast_feed_stats(&f).packets, sent);
        drain(hash, &out);
    }
    turn(&out);
    drain(hash, &out);
    out.stats = ast_feed_stats(&f);
    out.hash = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    close(fd);
    as_feed_close(f.feed);
    as_reactor_close(f.reactor);
    as_ring_free(f.events);
    as_ring_free(f.headlines);
    return out;
}

static double messages_per_s(const outcome *out)
{
    return out->poll_ns ? (double)out->stats.messages * 1e9 / (double)out->poll_ns : 0;
}

/* Both backends; the number of events. */
static uint64_t compare(const char *name, const capture *c, as_feed_framing framing, as_feed_format format)
{
    static const as_wire_format wire[] = {
        [AS_FORMAT_ITCH50] = AS_WIRE_ITCH50, [AS_FORMAT_TOPS] = AS_WIRE_TOPS, [AS_FORMAT_DEEP] = AS_WIRE_DEEP};
    learn_names(c, framing == AS_FRAMING_IEXTP ? as_iextp_parse : as_mold_parse, wire[format]);
    outcome with_epoll = play(c, AS_BACKEND_EPOLL, framing, format);
    outcome with_uring = uring ? play(c, AS_BACKEND_URING, framing, format) : with_epoll;
    as_symbols_fini(&universe.symbols);
    const as_feed_stats *a = &with_uring.stats, *b = &with_epoll.stats;
    if (with_uring.hash != with_epoll.hash || with_uring.events != with_epoll.events)
        fail_msg("%s: io_uring gives %016llx over %llu events, epoll %016llx over %llu", name,
                 (unsigned long long)with_uring.hash, (unsigned long long)with_uring.events,
                 (unsigned long long)with_epoll.hash, (unsigned long long)with_epoll.events);
    assert_int_equal(a->packets, b->packets);
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->messages, b->messages);
    assert_int_equal(a->gaps, b->gaps);
    assert_int_equal(a->lost, b->lost);
    assert_int_equal(a->duplicates, b->duplicates);
    assert_int_equal(a->restarts, b->restarts);
    assert_int_equal(a->unknown_symbol, b->unknown_symbol);
    assert_int_equal(a->dropped + b->dropped, 0);
    assert_int_equal(a->reason_count, b->reason_count);
    for (uint32_t i = 0; i < a->reason_count; i++)
        assert_true(a->by_reason[i].reason == b->by_reason[i].reason && a->by_reason[i].count == b->by_reason[i].count);
    if (a->messages >= LARGE_MESSAGES)
        print_message("%-44s %8llu messages  %016llx  io_uring %10.0f/s  epoll %10.0f/s\n", name,
                      (unsigned long long)a->messages, (unsigned long long)with_epoll.hash,
                      uring ? messages_per_s(&with_uring) : 0, messages_per_s(&with_epoll));
    return with_epoll.events;
}

/* ---- ---- */

/* Orders of fifty stocks in packets, some lost, repeated or cut, with heartbeats and a change of session. */
static void a_made_up_day_gives_the_same_events_on_both(void **state)
{
    (void)state;
    capture c = {0};
    uint64_t seed = 20230822, ref = 1, seq = 1;
    uint8_t session[AS_PACKET_SESSION_BYTES] = "SESSION001", packet[AS_DATAGRAM_BYTES];
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < 12000; i++) {
        as_itch50 message[25];
        unsigned count = 1 + (unsigned)(ast_random(&seed) % 25);
        if (i == 9000) {
            session[9]++;
            seq = 1;
        }
        for (unsigned k = 0; k < count; k++) {
            uint16_t locate = (uint16_t)(1 + ast_random(&seed) % 50);
            char side = ast_random(&seed) % 2 ? 'B' : 'S', name[8];
            uint32_t px4 = (uint32_t)(10000 + ast_random(&seed) % 1000);
            bool directory = seq + k <= 50 || ast_random(&seed) % 500 == 0;
            snprintf(name, sizeof name, "S%u", locate);
            message[k] = directory ? ast_directory(locate, name) : ast_add(locate, ref++, side, 100, px4);
        }
        if (ast_random(&seed) % 40 == 0)
            count = 0; /* a heartbeat */
        size_t bytes = ast_mold(packet, session, seq, message, count);
        seq += count;
        unsigned fault = (unsigned)(ast_random(&seed) % 100);
        if (fault == 0)
            continue;
        capture_add(&c, packet, fault == 1 ? bytes / 2 : bytes);
        if (fault == 2)
            capture_add(&c, packet, bytes);
    }
    assert_true(compare("made up: ITCH over MoldUDP64", &c, AS_FRAMING_MOLDUDP64, AS_FORMAT_ITCH50) > 100000);
    capture_free(&c);
}

static char *file_path[FILES_MAX];
static size_t file_count;

static int note_file(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)at;
    const char *dot = strstr(path, ".pcap");
    if (type == FTW_F && dot != NULL && file_count < FILES_MAX)
        file_path[file_count++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void every_recorded_capture_gives_the_same_events_on_both(void **state)
{
    (void)state;
    const char *shared = getenv("AFTERSHOCK_SHARED");
    char root[1024];
    snprintf(root, sizeof root, "%s/data", shared && *shared ? shared : "../shared");
    if (access(root, R_OK) != 0) {
        print_message("skipped: %s not present\n", root);
        skip();
    }
    nftw(root, note_file, 16, FTW_PHYS);
    qsort(file_path, file_count, sizeof *file_path, by_name);
    uint64_t datagrams = 0, events = 0, played = 0;
    for (size_t i = 0; i < file_count; i++) {
        const char *path = file_path[i], *name = path + strlen(root) + 1;
        size_t bytes;
        uint8_t *file = ast_shared_read(path + strlen(root) - 4, &bytes);
        assert_non_null(file);
        capture c = {0};
        capture_read(&c, file, bytes);
        free(file);
        bool deep = strcasestr(name, "deep") != NULL,
             iex = strncasecmp(name, "iex/", 4) == 0 || strstr(name, "/Iex/") != NULL;
        if (c.count > 0) {
            events += compare(name, &c, iex ? AS_FRAMING_IEXTP : AS_FRAMING_MOLDUDP64,
                              !iex   ? AS_FORMAT_ITCH50
                              : deep ? AS_FORMAT_DEEP
                                     : AS_FORMAT_TOPS);
            datagrams += c.count;
            played++;
        }
        capture_free(&c);
        free(file_path[i]);
    }
    print_message("%llu captures, %llu datagrams, %llu events: the same on both\n", (unsigned long long)played,
                  (unsigned long long)datagrams, (unsigned long long)events);
}

static bool have_uring(void)
{
    as_reactor *reactor = NULL;
    if (as_reactor_open(&(as_reactor_options){.backend = AS_BACKEND_URING}, &reactor) < 0) {
        print_message("without io_uring there is nothing to compare: %s\n", as_error_message(0));
        as_error_clear();
        return false;
    }
    as_reactor_close(reactor);
    return true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_up_day_gives_the_same_events_on_both),
        cmocka_unit_test(every_recorded_capture_gives_the_same_events_on_both),
    };
    uring = have_uring();
    instrument = calloc(SYMBOLS, sizeof *instrument);
    if (instrument == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(instrument);
    return failed;
}
