#include "feeds/framing/moldudp64.h"

#include <string.h>

#include "core/error.h"
#include "feeds/be.h"

/* ---- reading ---- */

as_packet_result as_mold_parse(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet)
{
    if (datagram_bytes < AS_MOLD_HEADER_BYTES)
        return AS_PACKET_SHORT;
    uint64_t seq = as_be64(datagram + 10);
    uint16_t declared = as_be16(datagram + 18);
    as_packet_kind kind = declared == 0                   ? AS_PACKET_HEARTBEAT
                          : declared == AS_MOLD_COUNT_END ? AS_PACKET_END
                                                          : AS_PACKET_DATA;
    uint16_t messages = kind == AS_PACKET_DATA ? declared : 0;
    if (seq > UINT64_MAX - messages)
        return AS_PACKET_BAD_SEQ;

    const uint8_t *blocks = datagram + AS_MOLD_HEADER_BYTES;
    size_t block_bytes = datagram_bytes - AS_MOLD_HEADER_BYTES;
    size_t used_bytes;
    packet->seq = seq;
    memcpy(packet->session, datagram, AS_PACKET_SESSION_BYTES);
    packet->count = as_packet_count_whole(blocks, block_bytes, messages, false, &used_bytes);
    packet->declared_count = declared;
    packet->kind = kind;
    packet->little_endian = false;
    packet->blocks = blocks;
    packet->ts_send = 0;
    packet->trailing_bytes = packet->count == messages ? block_bytes - used_bytes : 0;
    if (packet->count < messages)
        return AS_PACKET_CUT;
    return packet->trailing_bytes ? AS_PACKET_TRAILING : AS_PACKET_OK;
}

/* ---- writing ---- */

static void put_header(uint8_t *out, const uint8_t *session, uint64_t seq, uint16_t count)
{
    memcpy(out, session, AS_PACKET_SESSION_BYTES);
    as_be64_put(out + 10, seq);
    as_be16_put(out + 18, count);
}

void as_mold_builder_init(as_mold_builder *builder, const uint8_t session[AS_PACKET_SESSION_BYTES], uint64_t first_seq,
                          uint8_t *buf, size_t buf_bytes)
{
    AS_ASSERT(buf_bytes >= AS_MOLD_HEADER_BYTES);
    *builder = (as_mold_builder){
        .next_seq = first_seq, .buf = buf, .buf_bytes = buf_bytes, .used_bytes = AS_MOLD_HEADER_BYTES};
    memcpy(builder->session, session, AS_PACKET_SESSION_BYTES);
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

static bool request_is_valid(const as_packet_request *request)
{
    return request->seq >= 1 && request->count >= 1 && request->count <= AS_MOLD_COUNT_MAX &&
           request->seq <= UINT64_MAX - request->count;
}

size_t as_mold_request_encode(const as_packet_request *request, uint8_t *out, size_t out_bytes)
{
    if (out_bytes < AS_MOLD_HEADER_BYTES || !request_is_valid(request))
        return 0;
    put_header(out, request->session, request->seq, request->count);
    return AS_MOLD_HEADER_BYTES;
}

bool as_mold_request_decode(const uint8_t *datagram, size_t datagram_bytes, as_packet_request *request)
{
    if (datagram_bytes != AS_MOLD_HEADER_BYTES)
        return false;
    as_packet_request found = {.seq = as_be64(datagram + 10), .count = as_be16(datagram + 18)};
    memcpy(found.session, datagram, AS_PACKET_SESSION_BYTES);
    if (!request_is_valid(&found))
        return false;
    *request = found;
    return true;
}
