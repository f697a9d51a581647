#include "feeds/live/arbiter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MESSAGES_MAX = 0xFFFE };

int as_arbiter_init(as_arbiter *arbiter, const as_arbiter_options *options)
{
    memset(arbiter, 0, sizeof *arbiter);
    arbiter->options = *options;
    as_sequence_init(&arbiter->line, options->first_seq);
    for (uint32_t i = 0; i < AS_ARBITER_PACKETS; i++)
        arbiter->range[i].slot = i;
    if (options->window_ns == 0 && options->request == NULL)
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

/* Either way round: a clock that was set back must not make anything wait for ever. */
static uint64_t elapsed_ns(uint64_t now_ns, uint64_t then_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : then_ns - now_ns;
}

/* ---- in order ---- */

/* What was held has been known in its place only since what was before it came: delivery never goes back in time. */
static void deliver(as_arbiter *arbiter, const as_packet *packet, const as_take *take, uint64_t ts_recv_ns)
{
    if (ts_recv_ns > arbiter->delivered_ns)
        arbiter->delivered_ns = ts_recv_ns;
    arbiter->options.take(arbiter->options.ctx, packet, take, arbiter->delivered_ns);
}

static void accept(as_arbiter *arbiter, const as_packet *packet, uint64_t ts_recv_ns)
{
    as_take take;
    as_sequence_accept(&arbiter->line, packet, &take);
    deliver(arbiter, packet, &take, ts_recv_ns);
}

/* The held datagram with the lowest sequence: its turn has come, whether or not there is a hole before it. */
static void accept_first(as_arbiter *arbiter)
{
    as_held_range first = arbiter->range[0];
    const as_held_packet *held = &arbiter->held[first.slot];
    as_packet packet;
    arbiter->held_count--;
    memmove(arbiter->range, arbiter->range + 1, arbiter->held_count * sizeof first);
    arbiter->range[arbiter->held_count] = first;
    arbiter->options.parse(held->data, held->bytes, &packet); /* it was parsed before it was held */
    accept(arbiter, &packet, held->ts_recv_ns);
}

static void accept_reachable(as_arbiter *arbiter)
{
    while (arbiter->held_count > 0 && arbiter->range[0].seq <= arbiter->line.expected_seq)
        accept_first(arbiter);
}

/* The first hole is lost. */
static void give_up(as_arbiter *arbiter)
{
    if (arbiter->held_count > 0) {
        accept_first(arbiter);
    } else {
        as_packet nothing = {.seq = arbiter->told_seq, .kind = AS_PACKET_HEARTBEAT};
        as_take take;
        memcpy(nothing.session, arbiter->line.session, sizeof nothing.session);
        as_sequence_lose(&arbiter->line, arbiter->told_seq, &take);
        deliver(arbiter, &nothing, &take, arbiter->told_recv_ns);
    }
    accept_reachable(arbiter);
}

/* ---- ahead of the order ---- */

/*
 * Keep the held ones sorted by sequence. One that comes in the middle of a hole cuts it in two, and what has been done
 * about it has been done about both.
 */
static void hold(as_arbiter *arbiter, const uint8_t *datagram, size_t datagram_bytes, const as_packet *packet,
                 uint64_t ts_recv_ns, uint64_t now_ns)
{
    uint32_t at = arbiter->held_count++;
    as_held_range range = {.seq = packet->seq, .end_seq = packet->seq + packet->count, .slot = arbiter->range[at].slot};
    as_held_packet *held = &arbiter->held[range.slot];
    held->ts_recv_ns = ts_recv_ns;
    held->bytes = (uint32_t)datagram_bytes;
    memcpy(held->data, datagram, datagram_bytes);
    range.hole = arbiter->told_seq > range.seq ? arbiter->told : (as_hole){.known_ns = now_ns};
    while (at > 0 && arbiter->range[at - 1].seq > range.seq) {
        arbiter->range[at] = arbiter->range[at - 1];
        range.hole = arbiter->range[at].hole;
        at--;
    }
    arbiter->range[at] = range;
}

/* Messages before seq exist and are not held. */
static void tell(as_arbiter *arbiter, uint64_t seq, uint64_t ts_recv_ns, uint64_t now_ns)
{
    uint64_t end_seq = arbiter->line.expected_seq;
    if (arbiter->held_count > 0 && arbiter->range[arbiter->held_count - 1].end_seq > end_seq)
        end_seq = arbiter->range[arbiter->held_count - 1].end_seq;
    if (seq <= end_seq || seq <= arbiter->told_seq)
        return;
    if (arbiter->told_seq <= end_seq)
        arbiter->told = (as_hole){.known_ns = now_ns};
    arbiter->told_seq = seq;
    arbiter->told_recv_ns = ts_recv_ns;
}

/* Messages of [from, to) that are not held; from is not below what is expected. */
static uint64_t count_new(const as_arbiter *arbiter, uint64_t from, uint64_t to)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < arbiter->held_count && arbiter->range[i].seq < to && from < to; i++) {
        const as_held_range *range = &arbiter->range[i];
        if (range->end_seq <= from)
            continue;
        if (range->seq > from)
            count += range->seq - from;
        from = range->end_seq;
    }
    return from < to ? count + (to - from) : count;
}

/* A retransmission has brought something new: the first of it, at seq, lies in one of the holes. */
static void note_answer(as_arbiter *arbiter, uint64_t seq, uint64_t now_ns)
{
    as_hole *hole = &arbiter->told;
    for (uint32_t i = arbiter->held_count; i-- > 0 && arbiter->range[i].seq > seq;)
        hole = &arbiter->range[i].hole;
    hole->answered = true;
    hole->answer_ns = now_ns;
    arbiter->silent = false;
}

/* Statistics of a packet that is in the order's session; how many of its messages had not come before. */
static uint64_t count_packet(as_arbiter *arbiter, as_arbiter_line from, const as_packet *packet, bool room)
{
    as_arbiter_stats *stats = &arbiter->stats[from];
    uint64_t end_seq = packet->seq + packet->count;
    uint64_t begin = packet->seq > arbiter->line.expected_seq ? packet->seq : arbiter->line.expected_seq;
    uint64_t fresh = begin < end_seq ? count_new(arbiter, begin, end_seq) : 0;
    stats->messages += packet->count;
    stats->duplicates += packet->count - fresh;
    if (fresh > 0 && !room) {
        stats->dropped += fresh;
    } else if (fresh > 0) {
        uint64_t known_end = end_seq < arbiter->top_seq ? end_seq : arbiter->top_seq;
        uint64_t behind = arbiter->line_next_seq[from] > end_seq ? arbiter->line_next_seq[from] - end_seq : 0;
        stats->firsts += fresh;
        if (begin < known_end)
            stats->filled += count_new(arbiter, begin, known_end);
        if (behind > stats->reorder_max)
            stats->reorder_max = behind;
    }
    if (end_seq > arbiter->line_next_seq[from])
        arbiter->line_next_seq[from] = end_seq;
    if (end_seq > arbiter->top_seq)
        arbiter->top_seq = end_seq;
    return fresh;
}

/* ---- a datagram ---- */

static bool same_session(const as_arbiter *arbiter, const as_packet *packet)
{
    return arbiter->line.started && memcmp(arbiter->line.session, packet->session, AS_PACKET_SESSION_BYTES) == 0;
}

/* What waits belongs to the old session and nothing will fill its holes any more. */
static void enter_session(as_arbiter *arbiter, const as_packet *packet, uint64_t ts_recv_ns)
{
    as_take take = {.restarted = false};
    uint8_t left_run = arbiter->line.left_run;
    while (as_arbiter_waits(arbiter))
        give_up(arbiter);
    arbiter->line.left_run = left_run; /* those were no packets of a line */
    as_sequence_follow(&arbiter->line, packet, &take);
    arbiter->top_seq = arbiter->told_seq = 0;
    memset(arbiter->line_next_seq, 0, sizeof arbiter->line_next_seq);
    if (take.restarted)
        deliver(arbiter, packet, &take, ts_recv_ns);
}

/* A packet that is ahead, of which fresh messages had not come before. */
static void take_ahead(as_arbiter *arbiter, const uint8_t *datagram, size_t datagram_bytes, const as_packet *packet,
                       uint64_t fresh, uint64_t ts_recv_ns, uint64_t now_ns)
{
    if (packet->count == 0) {
        as_packet now = *packet; /* what it says about itself holds at once */
        now.seq = arbiter->line.expected_seq;
        tell(arbiter, packet->seq, ts_recv_ns, now_ns);
        accept(arbiter, &now, ts_recv_ns);
    } else if (fresh > 0) {
        hold(arbiter, datagram, datagram_bytes, packet, ts_recv_ns, now_ns);
    }
}

/* What was asked for lies in this session, and before what the lines have shown: a server is believed no further. */
static bool is_answer(const as_arbiter *arbiter, const as_packet *packet)
{
    return same_session(arbiter, packet) && packet->seq > 0 && packet->seq + packet->count <= arbiter->top_seq;
}

as_packet_result as_arbiter_push(as_arbiter *arbiter, as_arbiter_line from, const uint8_t *datagram,
                                 size_t datagram_bytes, uint64_t ts_recv_ns, uint64_t now_ns)
{
    as_packet packet;
    as_sequence *line = &arbiter->line;
    as_packet_result result = arbiter->options.parse(datagram, datagram_bytes, &packet);
    if (result < 0)
        return result;
    arbiter->stats[from].packets++;
    if (from == AS_ARBITER_RETRANSMIT && !is_answer(arbiter, &packet)) {
        arbiter->stats[from].foreign++;
        return result;
    }
    if (packet.seq == 0 || as_sequence_drops(line, &packet)) {
        accept(arbiter, &packet, ts_recv_ns); /* counts it and does no more */
        return result;
    }
    if (!same_session(arbiter, &packet))
        enter_session(arbiter, &packet, ts_recv_ns);
    bool can_hold = arbiter->held != NULL && datagram_bytes <= AS_DATAGRAM_BYTES;
    bool ahead = can_hold && packet.seq > line->expected_seq;
    bool room = !ahead || packet.count == 0 || arbiter->held_count < AS_ARBITER_PACKETS;
    if (!room && (arbiter->options.request == NULL || arbiter->silent)) {
        arbiter->overflows++;
        give_up(arbiter);
        room = true;
        ahead = packet.seq > line->expected_seq;
    }
    uint64_t fresh = count_packet(arbiter, from, &packet, room);
    if (fresh > 0 && from == AS_ARBITER_RETRANSMIT)
        note_answer(arbiter, packet.seq > line->expected_seq ? packet.seq : line->expected_seq, now_ns);
    if (!room)
        tell(arbiter, packet.seq + packet.count, ts_recv_ns, now_ns);
    else if (ahead)
        take_ahead(arbiter, datagram, datagram_bytes, &packet, fresh, ts_recv_ns, now_ns);
    else
        accept(arbiter, &packet, ts_recv_ns);
    accept_reachable(arbiter);
    return result;
}

/* ---- what is due by time ---- */

static void ask(as_arbiter *arbiter, as_hole *hole, uint64_t from_seq, uint64_t to_seq, uint64_t now_ns)
{
    uint64_t missing = to_seq - from_seq;
    as_packet_request wanted = {.seq = from_seq,
                                .count = missing > REQUEST_MESSAGES_MAX ? REQUEST_MESSAGES_MAX : (uint16_t)missing};
    memcpy(wanted.session, arbiter->line.session, AS_PACKET_SESSION_BYTES);
    hole->tries++;
    hole->answered = false;
    hole->asked_ns = arbiter->asked_ns = now_ns;
    arbiter->requests++;
    arbiter->options.request(arbiter->options.ctx, &wanted);
}

typedef enum due { DUE_WAIT, DUE_ASK, DUE_LOST } due;

static due decide(const as_arbiter *arbiter, as_hole *hole, uint64_t now_ns)
{
    const as_arbiter_options *options = &arbiter->options;
    uint32_t request_max = options->request_max > 1 ? options->request_max : 1;
    if (elapsed_ns(now_ns, hole->known_ns) < options->window_ns)
        return DUE_WAIT;
    if (options->request == NULL)
        return DUE_LOST;
    if (hole->answered) {
        if (elapsed_ns(now_ns, hole->answer_ns) < options->rest_ns)
            return DUE_WAIT;
        hole->tries = 0;
    } else if (hole->tries > 0) {
        if (elapsed_ns(now_ns, hole->asked_ns) < options->request_ns)
            return DUE_WAIT;
        if (hole->tries >= request_max)
            return DUE_LOST;
    }
    bool early = arbiter->requests > 0 && elapsed_ns(now_ns, arbiter->asked_ns) < options->request_gap_ns;
    return early ? DUE_WAIT : DUE_ASK;
}

/* Ask for the holes behind the first, so that one that is answered late does not make all wait in turn. */
static int poll_others(as_arbiter *arbiter, uint64_t now_ns)
{
    int work = 0;
    uint64_t from_seq = arbiter->held_count > 0 ? arbiter->range[0].end_seq : UINT64_MAX;
    for (uint32_t i = 1; i <= arbiter->held_count; i++) {
        bool last = i == arbiter->held_count;
        uint64_t to_seq = last ? arbiter->told_seq : arbiter->range[i].seq;
        as_hole *hole = last ? &arbiter->told : &arbiter->range[i].hole;
        bool room = arbiter->held_count < AS_ARBITER_PACKETS; /* or the answer could only be dropped */
        if (room && to_seq > from_seq && decide(arbiter, hole, now_ns) == DUE_ASK) {
            ask(arbiter, hole, from_seq, to_seq, now_ns);
            work++;
        }
        if (!last && arbiter->range[i].end_seq > from_seq)
            from_seq = arbiter->range[i].end_seq;
    }
    return work;
}

int as_arbiter_poll(as_arbiter *arbiter, uint64_t now_ns)
{
    int work = 0;
    while (as_arbiter_waits(arbiter)) {
        bool holds = arbiter->held_count > 0;
        as_hole *first = holds ? &arbiter->range[0].hole : &arbiter->told;
        due what = decide(arbiter, first, now_ns);
        if (what == DUE_WAIT)
            break;
        if (what == DUE_LOST) {
            arbiter->silent = arbiter->options.request != NULL;
            give_up(arbiter);
        } else {
            ask(arbiter, first, arbiter->line.expected_seq, holds ? arbiter->range[0].seq : arbiter->told_seq, now_ns);
        }
        work++;
    }
    if (arbiter->options.request != NULL)
        work += poll_others(arbiter, now_ns);
    return work;
}
