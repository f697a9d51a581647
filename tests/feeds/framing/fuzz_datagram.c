/*
 * Any bytes as a packet of the link type that the first byte chooses: a payload lies inside the packet, and a datagram
 * that is read is written and read again the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void write_again(const as_datagram *d)
{
    uint8_t header[AS_DATAGRAM_HEADER_MAX];
    as_datagram again;
    size_t header_bytes = as_datagram_encode(d, header);
    uint8_t *packet = malloc(header_bytes + d->payload_bytes + 1);
    if (!packet || header_bytes == 0)
        abort();
    memcpy(packet, header, header_bytes);
    memcpy(packet + header_bytes, d->payload, d->payload_bytes);
    if (as_datagram_decode(AS_LINK_RAW, packet, header_bytes + d->payload_bytes, &again) != AS_DATAGRAM_UDP ||
        again.payload_bytes != d->payload_bytes || again.src_port != d->src_port || again.dst_port != d->dst_port ||
        memcmp(again.src, d->src, sizeof again.src) != 0 || memcmp(again.dst, d->dst, sizeof again.dst) != 0)
        abort();
    free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint16_t links[] = {AS_LINK_ETHERNET, AS_LINK_SLL,  AS_LINK_SLL2, AS_LINK_RAW,
                                     AS_LINK_NULL,     AS_LINK_LOOP, AS_LINK_IPV6, 999};
    if (bytes == 0)
        return 0;
    uint16_t link = links[data[0] % (sizeof links / sizeof *links)];
    as_datagram d;
    char name[AS_DATAGRAM_NAME_BYTES];
    as_datagram_result result = as_datagram_decode(link, data + 1, bytes - 1, &d);
    as_datagram_result_name(result);
    if (result != AS_DATAGRAM_UDP && result != AS_DATAGRAM_TCP)
        return 0;
    if (d.payload < data + 1 || d.payload + d.payload_bytes > data + bytes)
        abort();
    as_datagram_name(d.version, d.dst, d.dst_port, name);
    if (result == AS_DATAGRAM_UDP && d.payload_bytes <= AS_DATAGRAM_PAYLOAD_MAX)
        write_again(&d);
    return 0;
}
