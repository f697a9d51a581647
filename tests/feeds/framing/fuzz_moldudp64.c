/*
 * Any bytes as a row of datagrams (each behind a u16 length), all given to one line: messages lie inside their
 * datagram, sequences rise, counters add up, and a request that is read is written back the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/moldudp64.h"
#include "feeds/framing/sequence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void read_messages(const uint8_t *datagram, size_t bytes, const as_packet *packet)
{
    const uint8_t *cursor = packet->blocks;
    for (unsigned i = 0; i < packet->count; i++) {
        size_t message_bytes;
        const uint8_t *message = as_packet_next(packet, &cursor, &message_bytes);
        if (message < datagram + AS_MOLD_HEADER_BYTES || cursor > datagram + bytes || message + message_bytes != cursor)
            abort();
    }
}

static void one_datagram(as_sequence *line, const uint8_t *datagram, size_t bytes)
{
    as_packet_request request;
    uint8_t again[AS_MOLD_HEADER_BYTES];
    if (as_mold_request_decode(datagram, bytes, &request) &&
        (as_mold_request_encode(&request, again, sizeof again) != bytes || memcmp(again, datagram, bytes) != 0))
        abort();
    as_packet packet;
    if (as_mold_parse(datagram, bytes, &packet) < 0)
        return;
    read_messages(datagram, bytes, &packet);
    uint64_t before_seq = line->expected_seq;
    uint64_t before_messages = line->messages;
    as_take take;
    as_sequence_accept(line, &packet, &take);
    if (take.gap_to < take.gap_from || take.skip + take.deliver > packet.count)
        abort();
    if (!take.restarted && line->expected_seq < before_seq)
        abort();
    if (take.deliver && (take.seq != packet.seq + take.skip || line->expected_seq != take.seq + take.deliver))
        abort();
    if (line->messages - before_messages != take.deliver)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    as_sequence line;
    as_sequence_init(&line, bytes % 2);
    while (bytes >= 2) {
        size_t n = (size_t)data[0] << 8 | data[1];
        n = n > bytes - 2 ? bytes - 2 : n;
        one_datagram(&line, data + 2, n);
        data += 2 + n;
        bytes -= 2 + n;
    }
    return 0;
}
