/*
 * Two lines that lose, repeat and reorder, and a server that sends again, in ticks, seeded, against the truth.
 *
 * Each tick a packet of 1 to 5 numbered messages is sent on both lines; a line loses it, or brings it 0 to 64 ticks
 * later, one in twenty a second time. What both lines lost the server may send again: all of it, a part, or nothing.
 * Every number must come out once and in order, or be in a gap: in a gap exactly if neither line brought it and the
 * server did not answer.
 *
 * AFTERSHOCK_LONG=1: a billion messages instead of a few million. AFTERSHOCK_SEED=N: another seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "feeds/live/arbiter.h"
#include "feeds/be.h"
#include "feeds/framing/moldudp64.h"
#include "tests/support/random.h"

enum {
    TICK_NS = 1000,
    REORDER_TICKS = 64,
    WINDOW_TICKS = REORDER_TICKS + 1,
    ANSWER_TICKS = 15, /* latest packet of an answer */
    REQUEST_TICKS = 20,
    REST_TICKS = 3,
    PACKET_MESSAGES = 5,
    ANSWER_MESSAGES = 20,  /* of one packet */
    HISTORY = 1 << 17,     /* numbers remembered: more than can be waited for */
    BUCKETS = 128,         /* ticks ahead: more than any delay */
    BUCKET_PACKETS = 4096, /* arrivals in one tick */
    DATAGRAM_BYTES = AS_MOLD_HEADER_BYTES + 10 * ANSWER_MESSAGES,
    JOIN_SEQ = 3000
};

typedef enum server { SERVER_NONE, SERVER_ALL, SERVER_PART, SERVER_LOSSY, SERVER_COUNT } server;

static const char *const server_name[] = {"none", "answers", "answers in part", "answers half of the requests"};

typedef struct arrival {
    uint64_t seq;
    uint16_t count;
    uint8_t line;
} arrival;

static struct {
    uint64_t seed;
    unsigned loss_permille;
    server server;
    bool little_endian;
    uint64_t tick;
    uint64_t next_seq; /* of the next packet to be sent */
    uint8_t brought[HISTORY];
    arrival bucket[BUCKETS][BUCKET_PACKETS];
    uint32_t bucket_count[BUCKETS];
    as_arbiter arbiter;
    /* what came out */
    uint64_t out_seq; /* next */
    uint64_t delivered, lost, gaps;
} sim;

static const uint8_t session[AS_PACKET_SESSION_BYTES] = "000000001";

/* ---- packets of either byte order ---- */

static as_packet_result parse_little(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet)
{
    size_t used_bytes;
    if (datagram_bytes < AS_MOLD_HEADER_BYTES)
        return AS_PACKET_SHORT;
    *packet = (as_packet){.seq = as_be64(datagram + 10),
                          .declared_count = as_be16(datagram + 18),
                          .little_endian = true,
                          .blocks = datagram + AS_MOLD_HEADER_BYTES};
    memcpy(packet->session, datagram, sizeof packet->session);
    packet->kind = packet->declared_count == 0 ? AS_PACKET_HEARTBEAT : AS_PACKET_DATA;
    packet->count = as_packet_count_whole(packet->blocks, datagram_bytes - AS_MOLD_HEADER_BYTES, packet->declared_count,
                                          true, &used_bytes);
    return AS_PACKET_OK;
}

static size_t make_packet(uint8_t *out, uint64_t seq, unsigned count)
{
    uint8_t *at = out + AS_MOLD_HEADER_BYTES;
    memcpy(out, session, sizeof session);
    as_be64_put(out + 10, seq);
    as_be16_put(out + 18, (uint16_t)count);
    for (unsigned i = 0; i < count; i++, at += 10) {
        uint64_t number = seq + i;
        at[0] = sim.little_endian ? 8 : 0;
        at[1] = sim.little_endian ? 0 : 8;
        memcpy(at + 2, &number, sizeof number);
    }
    return (size_t)(at - out);
}

/* ---- the network ---- */

static void schedule(as_arbiter_line line, uint64_t seq, unsigned count, uint64_t delay)
{
    uint64_t bucket = (sim.tick + delay) % BUCKETS;
    assert_true(delay < BUCKETS && sim.bucket_count[bucket] < BUCKET_PACKETS);
    sim.bucket[bucket][sim.bucket_count[bucket]++] = (arrival){seq, (uint16_t)count, (uint8_t)line};
    for (unsigned i = 0; i < count; i++)
        sim.brought[(seq + i) % HISTORY] = 1;
}

static void send_packet(void)
{
    unsigned count = 1 + (unsigned)(ast_random(&sim.seed) % PACKET_MESSAGES);
    for (unsigned i = 0; i < count; i++)
        sim.brought[(sim.next_seq + i) % HISTORY] = 0;
    for (unsigned line = AS_ARBITER_A; line <= AS_ARBITER_B; line++) {
        if (ast_random(&sim.seed) % 1000 < sim.loss_permille)
            continue;
        unsigned copies = 1 + (ast_random(&sim.seed) % 20 == 0);
        for (unsigned copy = 0; copy < copies; copy++)
            schedule((as_arbiter_line)line, sim.next_seq, count, ast_random(&sim.seed) % (REORDER_TICKS + 1));
    }
    sim.next_seq += count;
}

static void on_request(void *ctx, const as_packet_request *request)
{
    assert_ptr_equal(ctx, &sim);
    assert_true(request->count > 0 && request->seq >= sim.arbiter.line.expected_seq);
    assert_true(request->seq + request->count <= sim.next_seq);
    unsigned count = request->count;
    if (sim.server == SERVER_LOSSY && ast_random(&sim.seed) % 2)
        return;
    if (sim.server == SERVER_PART)
        count = 1 + (unsigned)(ast_random(&sim.seed) % count);
    uint64_t delay = 1 + ast_random(&sim.seed) % 5;
    for (uint64_t seq = request->seq; count > 0;) {
        unsigned n = count < ANSWER_MESSAGES ? count : ANSWER_MESSAGES;
        schedule(AS_ARBITER_RETRANSMIT, seq, n, delay + ast_random(&sim.seed) % (ANSWER_TICKS - 5));
        seq += n;
        count -= n;
    }
}

/* ---- what comes out ---- */

static void on_take(void *ctx, const as_packet *packet, const as_take *take, uint64_t ts_recv_ns)
{
    assert_ptr_equal(ctx, &sim);
    assert_false(take->restarted);
    assert_true(ts_recv_ns <= sim.tick * TICK_NS);
    if (take->gap_from != take->gap_to) {
        assert_int_equal(take->gap_from, sim.out_seq);
        assert_true(take->gap_to > take->gap_from && take->gap_to <= sim.next_seq);
        for (uint64_t seq = take->gap_from; seq < take->gap_to; seq++)
            if (sim.brought[seq % HISTORY])
                fail_msg("tick %llu: message %llu was brought and is declared lost", (unsigned long long)sim.tick,
                         (unsigned long long)seq);
        sim.lost += take->gap_to - take->gap_from;
        sim.gaps++;
        sim.out_seq = take->gap_to;
    }
    const uint8_t *cursor = packet->blocks;
    for (unsigned i = 0; i < (unsigned)take->skip + take->deliver; i++) {
        size_t message_bytes;
        uint64_t number;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        if (i < take->skip)
            continue;
        memcpy(&number, message, sizeof number);
        if (message_bytes != sizeof number || number != sim.out_seq || take->seq + i - take->skip != number ||
            !sim.brought[number % HISTORY])
            fail_msg("tick %llu: message %llu came where %llu was due", (unsigned long long)sim.tick,
                     (unsigned long long)number, (unsigned long long)sim.out_seq);
        sim.out_seq++;
        sim.delivered++;
    }
}

/* ---- a run ---- */

static void step(bool send)
{
    uint8_t datagram[DATAGRAM_BYTES];
    sim.tick++;
    if (send)
        send_packet();
    uint64_t bucket = sim.tick % BUCKETS, now = sim.tick * TICK_NS;
    for (uint32_t i = 0; i < sim.bucket_count[bucket]; i++) {
        const arrival *a = &sim.bucket[bucket][i];
        size_t bytes = make_packet(datagram, a->seq, a->count);
        as_arbiter_push(&sim.arbiter, (as_arbiter_line)a->line, datagram, bytes, now, now);
    }
    sim.bucket_count[bucket] = 0;
    as_arbiter_poll(&sim.arbiter, now);
}

/* Messages are sent from first_seq on; who listens joins then, which is late if first_seq is not 1. */
static void run(uint64_t seed, unsigned loss_permille, server from, bool little_endian, uint64_t messages,
                uint64_t first_seq)
{
    memset(&sim, 0, sizeof sim);
    sim.seed = seed;
    sim.loss_permille = loss_permille;
    sim.server = from;
    sim.little_endian = little_endian;
    sim.next_seq = first_seq;
    sim.out_seq = 1;
    as_arbiter_options options = {.window_ns = WINDOW_TICKS * TICK_NS,
                                  .request_ns = REQUEST_TICKS * TICK_NS,
                                  .request_gap_ns = TICK_NS,
                                  .rest_ns = REST_TICKS * TICK_NS,
                                  .request_max = 2,
                                  .first_seq = 1,
                                  .parse = little_endian ? parse_little : as_mold_parse,
                                  .take = on_take,
                                  .request = from != SERVER_NONE ? on_request : NULL,
                                  .ctx = &sim};
    assert_int_equal(as_arbiter_init(&sim.arbiter, &options), 0);
    while (sim.next_seq - first_seq < messages)
        step(true);
    schedule(AS_ARBITER_A, sim.next_seq, 0, REORDER_TICKS); /* a heartbeat tells of a lost tail */
    for (unsigned i = 0; i < 100 * WINDOW_TICKS && (i < BUCKETS || as_arbiter_waits(&sim.arbiter)); i++)
        step(false);

    as_arbiter *a = &sim.arbiter;
    assert_false(as_arbiter_waits(a) || as_arbiter_asks(a));
    assert_int_equal(sim.out_seq, sim.next_seq);
    assert_int_equal(sim.delivered + sim.lost, sim.next_seq - 1);
    assert_int_equal(a->line.lost, sim.lost);
    assert_int_equal(a->line.gaps, sim.gaps);
    assert_int_equal(a->line.messages, sim.delivered);
    assert_int_equal(a->overflows, 0);
    uint64_t firsts = 0;
    for (unsigned i = 0; i < AS_ARBITER_LINES; i++) {
        const as_arbiter_stats *s = &a->stats[i];
        assert_int_equal(s->messages, s->firsts + s->duplicates + s->dropped);
        assert_true(s->filled <= s->firsts);
        firsts += s->firsts;
    }
    assert_int_equal(firsts, sim.delivered);
    assert_true(a->stats[AS_ARBITER_A].reorder_max <= (uint64_t)(REORDER_TICKS + 1) * PACKET_MESSAGES);
    assert_int_equal(a->stats[AS_ARBITER_RETRANSMIT].filled, a->stats[AS_ARBITER_RETRANSMIT].firsts);
    as_arbiter_fini(a);
}

static uint64_t seed_of_run(void)
{
    const char *text = getenv("AFTERSHOCK_SEED");
    uint64_t seed = text && *text ? strtoull(text, NULL, 10) : 20260822;
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static bool is_long(void)
{
    const char *text = getenv("AFTERSHOCK_LONG");
    return text && strcmp(text, "1") == 0;
}

static void two_lines_and_a_server_lose_only_what_nobody_brought(void **state)
{
    (void)state;
    static const unsigned loss[] = {0, 10, 50, 200};
    uint64_t seed = seed_of_run(), messages = is_long() ? 32000000 : 100000, total = 0;
    for (unsigned from = SERVER_NONE; from < SERVER_COUNT; from++) {
        for (unsigned i = 0; i < 4; i++) {
            uint64_t lost = 0, filled = 0, requests = 0;
            for (int little = 0; little < 2; little++) {
                run(ast_random(&seed), loss[i], (server)from, little, messages, 1);
                lost += sim.lost;
                filled += sim.arbiter.stats[AS_ARBITER_RETRANSMIT].filled;
                requests += sim.arbiter.requests;
                total += sim.next_seq - 1;
            }
            print_message("server %s, loss %.1f %%: %llu lost, %llu sent again in %llu requests\n", server_name[from],
                          loss[i] / 10.0, (unsigned long long)lost, (unsigned long long)filled,
                          (unsigned long long)requests);
            if (from == SERVER_NONE)
                assert_true((lost > 0) == (loss[i] > 0) && filled == 0);
            else if (from != SERVER_LOSSY) /* the server fills every hole */
                assert_true(lost == 0 && (filled > 0) == (loss[i] > 0));
            else if (loss[i] > 10)
                assert_true(lost > 0 && filled > lost);
        }
    }
    print_message("%llu messages\n", (unsigned long long)total);
}

static void who_joins_late_gets_all_from_a_server_and_else_exactly_that_gap(void **state)
{
    (void)state;
    uint64_t seed = seed_of_run();
    for (unsigned from = SERVER_NONE; from < SERVER_COUNT; from++) {
        run(ast_random(&seed), 0, (server)from, false, 20000, JOIN_SEQ);
        print_message("server %s: %llu lost\n", server_name[from], (unsigned long long)sim.lost);
        if (from == SERVER_NONE)
            assert_true(sim.lost == JOIN_SEQ - 1 && sim.gaps == 1);
        else if (from == SERVER_ALL)
            assert_int_equal(sim.lost, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_lines_and_a_server_lose_only_what_nobody_brought),
        cmocka_unit_test(who_joins_late_gets_all_from_a_server_and_else_exactly_that_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
