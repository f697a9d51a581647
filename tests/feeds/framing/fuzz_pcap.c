/*
 * Any bytes as a capture, read at once and in pieces whose length the first byte gives: a packet lies inside the view,
 * every call consumes or ends, and both readings find the same packets.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3);
}

/* A number that stands for everything the file told. */
static uint64_t read_file(const uint8_t *file, size_t bytes, size_t step)
{
    static as_pcap state;
    size_t from = 0, to = step < bytes ? step : bytes;
    uint64_t sum = 0, idle = 0;
    as_pcap_init(&state);
    for (;;) {
        as_pcap_packet packet = {.data = NULL};
        as_pcap_result result = as_pcap_next(&state, file + from, to - from, to == bytes, &packet);
        if (state.consumed_bytes > to - from)
            abort();
        sum = result == AS_PCAP_NEED_MORE ? sum : mix(sum, (uint64_t)result);
        if (result == AS_PCAP_PACKET) {
            if (packet.data < file + from || packet.data + packet.data_bytes > file + to ||
                packet.data_bytes > packet.captured_bytes || packet.interface_idx >= AS_CAPTURE_INTERFACE_MAX ||
                (!packet.stamped && packet.ts_ns))
                abort();
            sum = mix(mix(mix(sum, packet.ts_ns), packet.captured_bytes), (uint64_t)(packet.data - file));
        }
        from += state.consumed_bytes;
        if (result == AS_PCAP_DAMAGED || result == AS_PCAP_EOF || result == AS_PCAP_TRUNCATED)
            break;
        idle = state.consumed_bytes == 0 && result != AS_PCAP_NEED_MORE ? idle + 1 : 0;
        if (idle > 0)
            abort();
        if (result == AS_PCAP_NEED_MORE) {
            if (to == bytes || state.want_bytes > AS_PCAP_WINDOW_BYTES)
                abort();
            to = bytes - to > step ? to + step : bytes;
        }
    }
    return mix(sum, state.packets + state.skipped_blocks + state.bad_options + state.no_interface);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    size_t step = (size_t)data[0] + 1;
    as_pcap_sniff(data + 1, bytes - 1);
    if (read_file(data + 1, bytes - 1, bytes) != read_file(data + 1, bytes - 1, step))
        abort();
    return 0;
}
