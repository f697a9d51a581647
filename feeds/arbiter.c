#include "feeds/arbiter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 0xFFFE }; /* messages of one request */

int as_arbiter_init(as_arbiter *arbiter, const as_arbiter_options *options)
{
    memset(arbiter, 0, sizeof *arbiter);
    arbiter->options = *options;
    as_sequence_init(&arbiter->line, options->first_seq);
    for (uint16_t i = 0; i < AS_ARBITER_PACKETS; i++)
        arbiter->order[i] = i;
    if (options->window_ns == 0)
        return 0;
    arbiter->held = malloc(AS_ARBITER_PACKETS * sizeof *arbiter->held);
    return arbiter->held != NULL ? 0 : -ENOMEM;
}

void as_arbiter_fini(as_arbiter *arbiter)
{
    free(arbiter->held);
    arbiter->held = NULL;
    arbiter->held_count = 0;
}

static void accept(as_arbiter *arbiter, const as_packet *packet, uint64_t ts_recv_ns)
{
    as_take take;
    as_sequence_accept(&arbiter->line, packet, &take);
    arbiter->options.take(arbiter->options.ctx, packet, &take, ts_recv_ns);
}

/* The held datagram with the lowest sequence: its turn has come, whether or not there is a hole before it. */
static void accept_first(as_arbiter *arbiter)
{
    uint16_t index = arbiter->order[0];
    const as_held_packet *held = &arbiter->held[index];
    as_packet packet;
    arbiter->held_count--;
    memmove(arbiter->order, arbiter->order + 1, arbiter->held_count * sizeof arbiter->order[0]);
    arbiter->order[arbiter->held_count] = index;
    arbiter->options.parse(held->data, held->bytes, &packet); /* it was parsed before it was held */
    accept(arbiter, &packet, held->ts_recv_ns);
}

static const as_held_packet *first_held(const as_arbiter *arbiter)
{
    return &arbiter->held[arbiter->order[0]];
}

static void accept_reachable(as_arbiter *arbiter)
{
    while (arbiter->held_count > 0 && first_held(arbiter)->seq <= arbiter->line.expected_seq)
        accept_first(arbiter);
}

/* Keep the held ones sorted by sequence; the same sequence again goes behind and is passed over in its turn. */
static void hold(as_arbiter *arbiter, const uint8_t *datagram, size_t datagram_bytes, uint64_t seq, uint64_t ts_recv_ns,
                 uint64_t now_ns)
{
    uint32_t at = arbiter->held_count++;
    uint16_t index = arbiter->order[at];
    as_held_packet *held = &arbiter->held[index];
    held->seq = seq;
    held->ts_recv_ns = ts_recv_ns;
    held->since_ns = now_ns;
    held->bytes = (uint32_t)datagram_bytes;
    memcpy(held->data, datagram, datagram_bytes);
    while (at > 0 && arbiter->held[arbiter->order[at - 1]].seq > seq) {
        arbiter->order[at] = arbiter->order[at - 1];
        at--;
    }
    arbiter->order[at] = index;
}

static bool same_session(const as_arbiter *arbiter, const as_packet *packet)
{
    return arbiter->line.started && memcmp(arbiter->line.session, packet->session, AS_PACKET_SESSION_BYTES) == 0;
}

as_packet_result as_arbiter_push(as_arbiter *arbiter, const uint8_t *datagram, size_t datagram_bytes,
                                 uint64_t ts_recv_ns, uint64_t now_ns)
{
    as_packet packet;
    as_packet_result result = arbiter->options.parse(datagram, datagram_bytes, &packet);
    if (result < 0)
        return result;
    bool same = same_session(arbiter, &packet);
    bool ahead = same && packet.seq > arbiter->line.expected_seq;
    if (ahead && arbiter->held != NULL && datagram_bytes <= AS_DATAGRAM_BYTES) {
        if (arbiter->held_count == AS_ARBITER_PACKETS) {
            arbiter->overflows++;
            accept_first(arbiter);
            accept_reachable(arbiter);
        }
        hold(arbiter, datagram, datagram_bytes, packet.seq, ts_recv_ns, now_ns);
        accept_reachable(arbiter);
        return result;
    }
    /* Another session: what is held belongs to the old one and nothing will fill its holes any more. */
    while (!same && arbiter->held_count > 0)
        accept_first(arbiter);
    uint64_t before = arbiter->line.messages;
    accept(arbiter, &packet, ts_recv_ns);
    if (arbiter->held_count > 0) {
        arbiter->filled += arbiter->line.messages - before;
        accept_reachable(arbiter);
    }
    return result;
}

static void request(as_arbiter *arbiter)
{
    uint64_t missing = first_held(arbiter)->seq - arbiter->line.expected_seq;
    as_packet_request wanted = {.seq = arbiter->line.expected_seq,
                                .count = missing > REQUEST_MAX ? REQUEST_MAX : (uint16_t)missing};
    memcpy(wanted.session, arbiter->line.session, AS_PACKET_SESSION_BYTES);
    arbiter->requested_seq = wanted.seq;
    arbiter->requests++;
    arbiter->options.request(arbiter->options.ctx, &wanted);
}

int as_arbiter_poll(as_arbiter *arbiter, uint64_t now_ns)
{
    int work = 0;
    const as_arbiter_options *options = &arbiter->options;
    while (arbiter->held_count > 0) {
        /* Either way round: a clock that was set back must not make a hole wait for ever. */
        uint64_t since_ns = first_held(arbiter)->since_ns;
        uint64_t waited_ns = now_ns > since_ns ? now_ns - since_ns : since_ns - now_ns;
        if (waited_ns < options->window_ns)
            break;
        if (options->request != NULL && arbiter->requested_seq != arbiter->line.expected_seq) {
            request(arbiter);
            work++;
        }
        if (options->request != NULL && waited_ns < options->window_ns + options->request_ns)
            break;
        accept_first(arbiter);
        accept_reachable(arbiter);
        work++;
    }
    return work;
}
