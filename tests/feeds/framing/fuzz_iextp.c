/*
 * Any bytes as a row of datagrams (each behind a little-endian u16 length), all given to one line: messages lie inside
 * their datagram, what parse says is within the contract, and messages that are written again are read the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/iextp.h"
#include "feeds/framing/sequence.h"
#include "feeds/le.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The messages of a datagram, built into a new one. */
static void write_again(const uint8_t *datagram, size_t bytes, const as_packet *packet)
{
    static uint8_t again[AS_IEXTP_HEADER_BYTES + 65535];
    as_iextp_builder builder;
    as_iextp_stream stream = {
        .protocol = as_le16(datagram + 2), .channel = as_le32(datagram + 4), .session = as_le32(datagram + 8)};
    as_iextp_builder_init(&builder, &stream, packet->seq, again, sizeof again);
    builder.stream_offset = as_le64(datagram + 16);
    const uint8_t *cursor = packet->blocks;
    for (unsigned i = 0; i < packet->count; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        if (message < datagram + AS_IEXTP_HEADER_BYTES || cursor > datagram + bytes ||
            message + message_bytes != cursor)
            abort();
        if (!as_iextp_builder_add(&builder, message, message_bytes))
            abort();
    }
    size_t again_bytes = as_iextp_builder_finish(&builder, as_le64(datagram + 32));
    again[1] = datagram[1]; /* reserved */
    size_t payload_bytes = (size_t)(cursor - packet->blocks);
    if (again_bytes != AS_IEXTP_HEADER_BYTES + payload_bytes ||
        memcmp(again + AS_IEXTP_HEADER_BYTES, packet->blocks, payload_bytes) != 0)
        abort();
    bool whole = payload_bytes == as_le16(datagram + 12) && packet->count == packet->declared_count;
    if (whole && memcmp(again, datagram, again_bytes) != 0)
        abort();
}

static void one_datagram(as_sequence *line, const uint8_t *datagram, size_t bytes)
{
    as_packet packet;
    as_packet_result result = as_iextp_parse(datagram, bytes, &packet);
    as_iextp_protocol protocol = as_iextp_protocol_of(datagram, bytes);
    if ((result == AS_PACKET_SHORT) != (bytes < AS_IEXTP_HEADER_BYTES))
        abort();
    if (bytes >= AS_IEXTP_HEADER_BYTES && (result == AS_PACKET_FOREIGN) != (protocol == AS_IEXTP_NONE))
        abort();
    if (result < 0)
        return;
    if (packet.count > packet.declared_count ||
        (result == AS_PACKET_TRAILING) != (packet.trailing_bytes > 0 && result != AS_PACKET_CUT))
        abort();
    write_again(datagram, bytes, &packet);
    uint64_t before_messages = line->messages;
    as_take take;
    as_sequence_accept(line, &packet, &take);
    if (take.gap_to < take.gap_from || take.skip + take.deliver > packet.count ||
        line->messages - before_messages != take.deliver)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    as_sequence line;
    as_sequence_init(&line, bytes % 2);
    while (bytes >= 2) {
        size_t n = as_le16(data);
        n = n > bytes - 2 ? bytes - 2 : n;
        one_datagram(&line, data + 2, n);
        data += 2 + n;
        bytes -= 2 + n;
    }
    return 0;
}
