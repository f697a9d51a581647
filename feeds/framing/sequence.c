#include "feeds/framing/sequence.h"

#include <string.h>

void as_sequence_init(as_sequence *line, uint64_t first_seq)
{
    *line = (as_sequence){.expected_seq = first_seq};
}

static bool same_session(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, AS_PACKET_SESSION_BYTES) == 0;
}

/* Bring the line to the packet's session; false if the packet is to be dropped. */
static bool follow_session(as_sequence *line, const as_packet *packet, as_take *take)
{
    if (!line->started) {
        line->started = true;
        memcpy(line->session, packet->session, AS_PACKET_SESSION_BYTES);
        if (line->expected_seq == 0)
            line->expected_seq = packet->seq;
        return true;
    }
    if (same_session(packet->session, line->session)) {
        line->left_run = 0;
        return true;
    }
    if (line->has_left && same_session(packet->session, line->left_session) &&
        ++line->left_run < AS_SEQUENCE_SESSION_RETURN) {
        line->wrong_session++;
        return false;
    }
    memcpy(line->left_session, line->session, AS_PACKET_SESSION_BYTES);
    memcpy(line->session, packet->session, AS_PACKET_SESSION_BYTES);
    line->has_left = true;
    line->left_run = 0;
    line->ended = false;
    line->expected_seq = 1;
    line->restarts++;
    take->restarted = true;
    return true;
}

void as_sequence_accept(as_sequence *line, const as_packet *packet, as_take *take)
{
    *take = (as_take){0};
    line->packets++;
    if (packet->seq == 0) {
        line->bad_seq++;
        return;
    }
    if (!follow_session(line, packet, take))
        return;
    line->heartbeats += packet->kind == AS_PACKET_HEARTBEAT;
    if (packet->kind == AS_PACKET_END) {
        line->ends++;
        line->ended = true;
    }

    if (packet->seq > line->expected_seq) {
        take->gap_from = line->expected_seq;
        take->gap_to = packet->seq;
        line->gaps++;
        line->lost += packet->seq - line->expected_seq;
        line->expected_seq = packet->seq;
    }
    uint64_t passed = line->expected_seq - packet->seq;
    take->skip = passed < packet->count ? (uint16_t)passed : packet->count;
    take->deliver = (uint16_t)(packet->count - take->skip);
    take->seq = line->expected_seq;
    line->expected_seq += take->deliver;
    line->messages += take->deliver;
    line->duplicates += take->skip;
    line->duplicate_packets += packet->count > 0 && take->deliver == 0;
}
