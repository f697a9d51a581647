/*
 * Any bytes as a script: packets of numbered messages on three lines, at any sequence and in two sessions, raw
 * datagrams, and time that passes or is set back. Whatever happens, numbers come out once and in order or are in a
 * gap, counters add up, requests lie in a hole, and when time goes on nothing waits for ever.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/live/arbiter.h"
#include "feeds/framing/moldudp64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static as_arbiter arbiter;
static uint64_t next_seq; /* to come out */
static uint64_t delivered, requested;
extern unsigned ends_seen;
unsigned ends_seen; /* global, so that reading is not left out */

static void on_take(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts_recv_ns)
{
    (void)ctx;
    (void)ts_recv_ns;
    if (take->restarted)
        next_seq = 1;
    if (take->gap_from != take->gap_to) {
        if (take->gap_from != next_seq || take->gap_to < take->gap_from)
            abort();
        next_seq = take->gap_to;
    }
    if (take->deliver > 0 && take->seq != next_seq)
        abort();
    if ((unsigned)take->skip + take->deliver > packet->count)
        abort();
    const uint8_t *cursor = packet->blocks;
    for (unsigned i = 0; i < (unsigned)take->skip + take->deliver; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        if (message_bytes > 0)
            ends_seen += message[0] + message[message_bytes - 1]; /* both ends are there */
    }
    next_seq += take->deliver;
    delivered += take->deliver;
}

static void on_request(void *ctx, const as_packet_request *request)
{
    (void)ctx;
    requested++;
    if (request->count == 0 || request->seq < arbiter.line.expected_seq || !as_arbiter_waits(&arbiter))
        abort();
}

static size_t packet_of(uint8_t *out, uint8_t session, uint64_t seq, unsigned count)
{
    uint8_t name[AS_PACKET_SESSION_BYTES];
    as_mold_builder builder;
    memset(name, session, sizeof name);
    as_mold_builder_init(&builder, name, seq, out, AS_DATAGRAM_BYTES);
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = seq + i;
        as_mold_builder_add(&builder, (const uint8_t *)&number, sizeof number);
    }
    return as_mold_builder_finish(&builder);
}

static void check(void)
{
    uint64_t firsts = 0;
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++) {
        const as_arbiter_stats *stats = &arbiter.stats[i];
        if (stats->messages != stats->firsts + stats->duplicates + stats->dropped || stats->filled > stats->firsts)
            abort();
        firsts += stats->firsts;
    }
    if (arbiter.line.messages != delivered || firsts < delivered || requested != arbiter.requests)
        abort();
    for (uint32_t i = 0; i < arbiter.held_count; i++)
        if (arbiter.range[i].seq <= arbiter.line.expected_seq ||
            (i > 0 && arbiter.range[i].seq < arbiter.range[i - 1].seq))
            abort();
}

/* One step of the script; how many bytes it took. */
static size_t step(const uint8_t *data, size_t bytes, uint64_t *now)
{
    uint8_t packet[AS_DATAGRAM_BYTES];
    unsigned op = data[0] % 8;
    as_arbiter_line line = (as_arbiter_line)(data[0] / 8 % AS_ARBITER_LINES);
    if (op == 0) { /* raw */
        size_t raw_bytes = bytes > 1 ? data[1] : 0;
        raw_bytes = raw_bytes > bytes - 1 ? bytes - 1 : raw_bytes;
        as_arbiter_push(&arbiter, line, data + 1, raw_bytes, *now, *now);
        return 1 + raw_bytes;
    }
    if (op == 1) {
        *now += data[0] & 0x80 ? 100 : 5;
        as_arbiter_poll(&arbiter, *now);
        return 1;
    }
    if (op == 2 && data[0] == 0xfa) { /* set back */
        *now /= 2;
        return 1;
    }
    if (bytes < 3)
        return bytes;
    uint64_t at = arbiter.line.expected_seq > 8 ? arbiter.line.expected_seq - 8 : 1;
    uint8_t session = data[0] == 0xff ? 'b' : 'a';
    size_t n = packet_of(packet, session, at + data[1] % 64, data[2] % 6);
    as_arbiter_push(&arbiter, line, packet, n, *now, *now);
    return 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint64_t now = 1000000;
    unsigned mode = bytes > 0 ? data[0] : 0;
    as_arbiter_options options = {.window_ns = mode & 1 ? 20 : 0,
                                  .request_ns = 50,
                                  .request_gap_ns = 10,
                                  .rest_ns = 5,
                                  .request_max = 2,
                                  .first_seq = 1,
                                  .parse = as_mold_parse,
                                  .take = on_take,
                                  .request = mode & 2 ? on_request : NULL};
    if (as_arbiter_init(&arbiter, &options) < 0)
        abort();
    next_seq = 1;
    delivered = requested = 0;
    for (size_t at = 1; at < bytes;) {
        at += step(data + at, bytes - at, &now);
        check();
    }
    for (unsigned i = 0; i < 3 * AS_ARBITER_PACKETS * 20 && as_arbiter_waits(&arbiter); i++)
        as_arbiter_poll(&arbiter, now += 10);
    if (as_arbiter_waits(&arbiter) && arbiter.told_seq < UINT32_MAX)
        abort();
    check();
    as_arbiter_fini(&arbiter);
    return 0;
}
