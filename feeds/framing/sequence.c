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

static bool is_straggler(const as_sequence *line, const as_packet *packet)
{
    return line->started && line->has_left && !same_session(packet->session, line->session) &&
           same_session(packet->session, line->left_session) && line->left_run + 1 < AS_SEQUENCE_SESSION_RETURN;
}

static bool is_doubtful(const as_sequence *line, const as_packet *packet)
{
    bool same = same_session(packet->session, line->session);
    bool back = line->has_left && same_session(packet->session, line->left_session); /* has its own rule */
    bool entered = !same && !back && !line->ended && packet->seq > 1;
    bool jumped = same && packet->seq > line->expected_seq && packet->seq - line->expected_seq > AS_SEQUENCE_JUMP_MAX;
    if (!line->started || (!entered && !jumped))
        return false;
    return !line->has_doubt || !same_session(packet->session, line->doubt_session) || packet->seq < line->doubt_seq ||
           packet->seq - line->doubt_seq > AS_SEQUENCE_JUMP_MAX;
}

bool as_sequence_drops(const as_sequence *line, const as_packet *packet)
{
    return is_straggler(line, packet) || is_doubtful(line, packet);
}

static void doubt(as_sequence *line, const as_packet *packet)
{
    line->has_doubt = true;
    line->doubt_seq = packet->seq + packet->count;
    memcpy(line->doubt_session, packet->session, AS_PACKET_SESSION_BYTES);
    line->doubtful++;
}

bool as_sequence_follow(as_sequence *line, const as_packet *packet, as_take *take)
{
    if (!line->started) {
        line->started = true;
        memcpy(line->session, packet->session, AS_PACKET_SESSION_BYTES);
        if (line->expected_seq == 0)
            line->expected_seq = packet->seq;
        return true;
    }
    if (is_doubtful(line, packet)) {
        doubt(line, packet);
        return false;
    }
    if (same_session(packet->session, line->session)) {
        bool jumped = packet->seq > line->expected_seq && packet->seq - line->expected_seq > AS_SEQUENCE_JUMP_MAX;
        line->has_doubt = line->has_doubt && jumped; /* the line goes on: whatever was doubted was no beginning */
        line->left_run = 0;
        return true;
    }
    if (is_straggler(line, packet)) {
        line->left_run++;
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

static void declare_lost(as_sequence *line, uint64_t to_seq, as_take *take)
{
    take->gap_from = line->expected_seq;
    take->gap_to = to_seq;
    line->gaps++;
    line->lost += to_seq - line->expected_seq;
    line->expected_seq = to_seq;
}

void as_sequence_lose(as_sequence *line, uint64_t to_seq, as_take *take)
{
    *take = (as_take){.seq = to_seq};
    declare_lost(line, to_seq, take);
}

void as_sequence_accept(as_sequence *line, const as_packet *packet, as_take *take)
{
    *take = (as_take){0};
    line->packets++;
    if (packet->seq == 0) {
        line->bad_seq++;
        return;
    }
    if (!as_sequence_follow(line, packet, take))
        return;
    line->heartbeats += packet->kind == AS_PACKET_HEARTBEAT;
    if (packet->kind == AS_PACKET_END) {
        line->ends++;
        line->ended = true;
    }

    if (packet->seq > line->expected_seq)
        declare_lost(line, packet->seq, take);
    uint64_t passed = line->expected_seq - packet->seq;
    take->skip = passed < packet->count ? (uint16_t)passed : packet->count;
    take->deliver = (uint16_t)(packet->count - take->skip);
    take->seq = line->expected_seq;
    line->expected_seq += take->deliver;
    line->messages += take->deliver;
    line->duplicates += take->skip;
    line->duplicate_packets += packet->count > 0 && take->deliver == 0;
}
