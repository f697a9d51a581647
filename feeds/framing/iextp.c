#include "feeds/framing/iextp.h"

#include <string.h>

#include "core/error.h"
#include "feeds/le.h"

/* protocol u16, channel u32 and session u32 lie side by side: they are the stream's key as they are */
enum { KEY_AT = 2, PAYLOAD_AT = 12, COUNT_AT = 14, OFFSET_AT = 16, SEQ_AT = 24, SENT_AT = 32 };

/* ---- reading ---- */

as_iextp_protocol as_iextp_protocol_of(const uint8_t *datagram, size_t datagram_bytes)
{
    if (datagram_bytes < AS_IEXTP_HEADER_BYTES || datagram[0] != AS_IEXTP_VERSION)
        return AS_IEXTP_NONE;
    uint16_t protocol = as_le16(datagram + KEY_AT);
    bool known = protocol == AS_IEXTP_TOPS15 || protocol == AS_IEXTP_TOPS16 || protocol == AS_IEXTP_DEEP10;
    return known ? (as_iextp_protocol)protocol : AS_IEXTP_NONE;
}

/* The datagram's protocol is known. */
static as_packet_result parse_known(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet)
{
    uint64_t seq = as_le64(datagram + SEQ_AT);
    uint16_t declared = as_le16(datagram + COUNT_AT);
    if (seq > (uint64_t)INT64_MAX - declared)
        return AS_PACKET_BAD_SEQ;

    const uint8_t *blocks = datagram + AS_IEXTP_HEADER_BYTES;
    size_t left_bytes = datagram_bytes - AS_IEXTP_HEADER_BYTES;
    size_t payload_bytes = as_le16(datagram + PAYLOAD_AT);
    size_t used_bytes;
    packet->seq = seq;
    memcpy(packet->session, datagram + KEY_AT, AS_PACKET_SESSION_BYTES);
    packet->count = as_packet_count_whole(blocks, payload_bytes < left_bytes ? payload_bytes : left_bytes, declared,
                                          true, &used_bytes);
    packet->declared_count = declared;
    packet->kind = declared ? AS_PACKET_DATA : AS_PACKET_HEARTBEAT;
    packet->little_endian = true;
    packet->blocks = blocks;
    uint64_t ts_send = as_le64(datagram + SENT_AT);
    packet->ts_send = ts_send <= (uint64_t)INT64_MAX ? ts_send : 0;
    packet->trailing_bytes = packet->count == declared ? left_bytes - used_bytes : 0;
    if (packet->count < declared || payload_bytes > left_bytes)
        return AS_PACKET_CUT;
    return packet->trailing_bytes ? AS_PACKET_TRAILING : AS_PACKET_OK;
}

as_packet_result as_iextp_parse(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet)
{
    if (datagram_bytes < AS_IEXTP_HEADER_BYTES)
        return AS_PACKET_SHORT;
    if (as_iextp_protocol_of(datagram, datagram_bytes) == AS_IEXTP_NONE)
        return AS_PACKET_FOREIGN;
    return parse_known(datagram, datagram_bytes, packet);
}

as_packet_result as_iextp_parse_tops(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet)
{
    if (as_iextp_protocol_of(datagram, datagram_bytes) == AS_IEXTP_DEEP10)
        return AS_PACKET_FOREIGN;
    return as_iextp_parse(datagram, datagram_bytes, packet);
}

as_packet_result as_iextp_parse_deep(const uint8_t *datagram, size_t datagram_bytes, as_packet *packet)
{
    if (datagram_bytes < AS_IEXTP_HEADER_BYTES)
        return AS_PACKET_SHORT;
    if (as_iextp_protocol_of(datagram, datagram_bytes) != AS_IEXTP_DEEP10)
        return AS_PACKET_FOREIGN;
    return parse_known(datagram, datagram_bytes, packet);
}

/* ---- writing ---- */

void as_iextp_builder_init(as_iextp_builder *builder, const as_iextp_stream *stream, uint64_t first_seq, uint8_t *buf,
                           size_t buf_bytes)
{
    AS_ASSERT(buf_bytes >= AS_IEXTP_HEADER_BYTES);
    *builder = (as_iextp_builder){.stream = *stream,
                                  .next_seq = first_seq,
                                  .buf = buf,
                                  .buf_bytes = buf_bytes,
                                  .used_bytes = AS_IEXTP_HEADER_BYTES};
}

bool as_iextp_builder_add(as_iextp_builder *builder, const uint8_t *message, size_t message_bytes)
{
    size_t payload_bytes = builder->used_bytes - AS_IEXTP_HEADER_BYTES;
    size_t room = builder->buf_bytes - builder->used_bytes;
    if (message_bytes > UINT16_MAX || room < 2 + message_bytes || payload_bytes + 2 + message_bytes > UINT16_MAX)
        return false;
    uint8_t *block = builder->buf + builder->used_bytes;
    as_le16_put(block, (uint16_t)message_bytes);
    if (message_bytes)
        memcpy(block + 2, message, message_bytes);
    builder->used_bytes += 2 + message_bytes;
    builder->count++; /* blocks take two bytes at least: the payload's limit is reached first */
    builder->next_seq++;
    return true;
}

size_t as_iextp_builder_finish(as_iextp_builder *builder, uint64_t ts_send)
{
    size_t bytes = builder->used_bytes;
    size_t payload_bytes = bytes - AS_IEXTP_HEADER_BYTES;
    uint8_t *out = builder->buf;
    out[0] = AS_IEXTP_VERSION;
    out[1] = 0;
    as_le16_put(out + KEY_AT, builder->stream.protocol);
    as_le32_put(out + KEY_AT + 2, builder->stream.channel);
    as_le32_put(out + KEY_AT + 6, builder->stream.session);
    as_le16_put(out + PAYLOAD_AT, (uint16_t)payload_bytes);
    as_le16_put(out + COUNT_AT, builder->count);
    as_le64_put(out + OFFSET_AT, builder->stream_offset);
    as_le64_put(out + SEQ_AT, builder->next_seq - builder->count);
    as_le64_put(out + SENT_AT, ts_send);
    builder->stream_offset += payload_bytes;
    builder->count = 0;
    builder->used_bytes = AS_IEXTP_HEADER_BYTES;
    return bytes;
}
