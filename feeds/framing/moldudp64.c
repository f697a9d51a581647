#include "feeds/framing/moldudp64.h"

#include <string.h>

#include "core/error.h"
#include "feeds/be.h"

/* ---- reading ---- */

/* Whole messages among the first declared ones; *used_bytes is what they take. */
static uint16_t count_whole(const uint8_t *blocks, size_t bytes, uint16_t declared, size_t *used_bytes)
{
    size_t at = 0;
    uint16_t count = 0;
    while (count < declared && bytes - at >= 2) {
        size_t length = as_be16(blocks + at);
        if (bytes - at - 2 < length)
            break;
        at += 2 + length;
        count++;
    }
    *used_bytes = at;
    return count;
}

as_mold_result as_mold_parse(const uint8_t *datagram, size_t datagram_bytes, as_mold_packet *packet)
{
    if (datagram_bytes < AS_MOLD_HEADER_BYTES)
        return AS_MOLD_SHORT;
    uint64_t seq = as_be64(datagram + 10);
    uint16_t declared = as_be16(datagram + 18);
    as_mold_kind kind = declared == 0 ? AS_MOLD_HEARTBEAT : declared == AS_MOLD_COUNT_END ? AS_MOLD_END : AS_MOLD_DATA;
    uint16_t messages = kind == AS_MOLD_DATA ? declared : 0;
    if (seq > UINT64_MAX - messages)
        return AS_MOLD_BAD_SEQ;

    const uint8_t *blocks = datagram + AS_MOLD_HEADER_BYTES;
    size_t block_bytes = datagram_bytes - AS_MOLD_HEADER_BYTES;
    size_t used_bytes;
    packet->seq = seq;
    memcpy(packet->session, datagram, AS_MOLD_SESSION_BYTES);
    packet->count = count_whole(blocks, block_bytes, messages, &used_bytes);
    packet->declared_count = declared;
    packet->kind = kind;
    packet->blocks = blocks;
    packet->trailing_bytes = packet->count == messages ? block_bytes - used_bytes : 0;
    if (packet->count < messages)
        return AS_MOLD_CUT;
    return packet->trailing_bytes ? AS_MOLD_TRAILING : AS_MOLD_OK;
}

const uint8_t *as_mold_next(const uint8_t **cursor, size_t *message_bytes)
{
    const uint8_t *message = *cursor + 2;
    *message_bytes = as_be16(*cursor);
    *cursor = message + *message_bytes;
    return message;
}

/* ---- the order of one line ---- */

void as_mold_line_init(as_mold_line *line, uint64_t first_seq)
{
    *line = (as_mold_line){.expected_seq = first_seq};
}

static bool same_session(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, AS_MOLD_SESSION_BYTES) == 0;
}

/* Bring the line to the packet's session; false if the packet is to be dropped. */
static bool follow_session(as_mold_line *line, const as_mold_packet *packet, as_mold_take *take)
{
    if (!line->started) {
        line->started = true;
        memcpy(line->session, packet->session, AS_MOLD_SESSION_BYTES);
        if (line->expected_seq == 0)
            line->expected_seq = packet->seq;
        return true;
    }
    if (same_session(packet->session, line->session)) {
        line->left_run = 0;
        return true;
    }
    if (line->has_left && same_session(packet->session, line->left_session) &&
        ++line->left_run < AS_MOLD_SESSION_RETURN) {
        line->wrong_session++;
        return false;
    }
    memcpy(line->left_session, line->session, AS_MOLD_SESSION_BYTES);
    memcpy(line->session, packet->session, AS_MOLD_SESSION_BYTES);
    line->has_left = true;
    line->left_run = 0;
    line->ended = false;
    line->expected_seq = 1;
    line->restarts++;
    take->restarted = true;
    return true;
}

void as_mold_line_accept(as_mold_line *line, const as_mold_packet *packet, as_mold_take *take)
{
    *take = (as_mold_take){0};
    line->packets++;
    if (packet->seq == 0) {
        line->bad_seq++;
        return;
    }
    if (!follow_session(line, packet, take))
        return;
    line->heartbeats += packet->kind == AS_MOLD_HEARTBEAT;
    if (packet->kind == AS_MOLD_END) {
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

/* ---- writing ---- */

static void put_header(uint8_t *out, const uint8_t *session, uint64_t seq, uint16_t count)
{
    memcpy(out, session, AS_MOLD_SESSION_BYTES);
    as_be64_put(out + 10, seq);
    as_be16_put(out + 18, count);
}

void as_mold_builder_init(as_mold_builder *builder, const uint8_t session[AS_MOLD_SESSION_BYTES], uint64_t first_seq,
                          uint8_t *buf, size_t buf_bytes)
{
    AS_ASSERT(buf_bytes >= AS_MOLD_HEADER_BYTES);
    *builder = (as_mold_builder){
        .next_seq = first_seq, .buf = buf, .buf_bytes = buf_bytes, .used_bytes = AS_MOLD_HEADER_BYTES};
    memcpy(builder->session, session, AS_MOLD_SESSION_BYTES);
}

bool as_mold_builder_add(as_mold_builder *builder, const uint8_t *message, size_t message_bytes)
{
    size_t room = builder->buf_bytes - builder->used_bytes;
    if (message_bytes > UINT16_MAX || room < 2 + message_bytes || builder->count == AS_MOLD_COUNT_MAX)
        return false;
    uint8_t *block = builder->buf + builder->used_bytes;
    as_be16_put(block, (uint16_t)message_bytes);
    if (message_bytes)
        memcpy(block + 2, message, message_bytes);
    builder->used_bytes += 2 + message_bytes;
    builder->count++;
    builder->next_seq++;
    return true;
}

size_t as_mold_builder_finish(as_mold_builder *builder)
{
    size_t bytes = builder->used_bytes;
    put_header(builder->buf, builder->session, builder->next_seq - builder->count, builder->count);
    builder->count = 0;
    builder->used_bytes = AS_MOLD_HEADER_BYTES;
    return bytes;
}

size_t as_mold_builder_end(as_mold_builder *builder)
{
    builder->next_seq -= builder->count;
    builder->count = 0;
    builder->used_bytes = AS_MOLD_HEADER_BYTES;
    put_header(builder->buf, builder->session, builder->next_seq, AS_MOLD_COUNT_END);
    return AS_MOLD_HEADER_BYTES;
}

static bool request_is_valid(const as_mold_request *request)
{
    return request->seq >= 1 && request->count >= 1 && request->count <= AS_MOLD_COUNT_MAX &&
           request->seq <= UINT64_MAX - request->count;
}

size_t as_mold_request_encode(const as_mold_request *request, uint8_t *out, size_t out_bytes)
{
    if (out_bytes < AS_MOLD_HEADER_BYTES || !request_is_valid(request))
        return 0;
    put_header(out, request->session, request->seq, request->count);
    return AS_MOLD_HEADER_BYTES;
}

bool as_mold_request_decode(const uint8_t *datagram, size_t datagram_bytes, as_mold_request *request)
{
    if (datagram_bytes != AS_MOLD_HEADER_BYTES)
        return false;
    as_mold_request found = {.seq = as_be64(datagram + 10), .count = as_be16(datagram + 18)};
    memcpy(found.session, datagram, AS_MOLD_SESSION_BYTES);
    if (!request_is_valid(&found))
        return false;
    *request = found;
    return true;
}
