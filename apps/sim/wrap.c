#include "apps/sim/wrap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/event.h"
#include "core/text_file.h"
#include "feeds/be.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/framing/datagram.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/framing/pcap_encode.h"

enum { STAMP_OFFSET = 5, BLOCK_BYTES = 1024, PORT = 26400 };

static const uint64_t hold_ns = 1000000; /* messages of one millisecond share a packet */

typedef struct wrapper {
    FILE *file;
    as_mold_builder builder;
    uint8_t datagram[AS_SIM_DATAGRAM_BYTES];
    uint64_t first, last; /* of the packet under construction */
    uint64_t packets;
} wrapper;

static void put_packet(wrapper *w, uint64_t ts, size_t payload_bytes)
{
    uint8_t headers[AS_DATAGRAM_HEADER_MAX], head[AS_PCAP_HEAD_BYTES], tail[AS_PCAP_TAIL_MAX];
    as_datagram datagram = {.src = {10, 0, 0, 1},
                            .dst = {239, 0, 0, 1},
                            .src_port = PORT,
                            .dst_port = PORT,
                            .version = 4,
                            .payload = w->datagram,
                            .payload_bytes = payload_bytes};
    size_t header_bytes = as_datagram_encode(&datagram, headers);
    as_pcap_head block = {.ts_ns = ts, .data_bytes = (uint32_t)(header_bytes + payload_bytes)};
    fwrite(head, 1, as_pcap_encode_head(&block, head), w->file);
    fwrite(headers, 1, header_bytes, w->file);
    fwrite(w->datagram, 1, payload_bytes, w->file);
    fwrite(tail, 1, as_pcap_encode_tail(&block, tail), w->file);
    w->packets++;
}

static void flush(wrapper *w)
{
    if (w->builder.count)
        put_packet(w, w->last, as_mold_builder_finish(&w->builder));
}

static void add(wrapper *w, uint64_t ts, const uint8_t *message, size_t message_bytes)
{
    if (w->builder.count && ts >= w->first + hold_ns)
        flush(w);
    if (!as_mold_builder_add(&w->builder, message, message_bytes)) {
        flush(w);
        as_mold_builder_add(&w->builder, message, message_bytes);
    }
    if (w->builder.count == 1)
        w->first = ts;
    w->last = ts;
}

static int begin(wrapper *w, const char *to, int32_t date)
{
    uint8_t block[BLOCK_BYTES];
    char session[AS_PACKET_SESSION_BYTES + 1];
    (void)snprintf(session, sizeof session, "%*d", AS_PACKET_SESSION_BYTES, date);
    w->file = fopen(to, "we");
    if (!w->file)
        return as_error_set(-errno, "%s: cannot be written: %s", to, strerror(errno));
    fwrite(block, 1, as_pcap_encode_section("aftershock simulate", block, sizeof block), w->file);
    fwrite(block, 1, as_pcap_encode_interface(AS_LINK_RAW, "sim0", "simulated", block, sizeof block), w->file);
    as_mold_builder_init(&w->builder, (const uint8_t *)session, 1, w->datagram, sizeof w->datagram);
    return 0;
}

int as_sim_wrap_moldudp64(const char *from, const char *to, uint64_t midnight, int32_t date, uint64_t *packets)
{
    wrapper w = {0};
    as_binaryfile reader;
    const uint8_t *message;
    char *itch = NULL;
    size_t itch_bytes = 0, message_bytes, at = 0;
    int rc = as_text_file_read(from, AS_TEXT_FILE_BYTES_MAX, &itch, &itch_bytes);
    if (rc == 0)
        rc = begin(&w, to, date);
    as_binaryfile_init(&reader, NULL);
    while (rc == 0 && as_binaryfile_next(&reader, (const uint8_t *)itch + at, itch_bytes - at, true, &message,
                                         &message_bytes) == AS_BINARYFILE_MESSAGE) {
        at += reader.consumed_bytes;
        add(&w, midnight + as_be48(message + STAMP_OFFSET), message, message_bytes);
    }
    if (rc == 0) {
        flush(&w);
        put_packet(&w, w.last, as_mold_builder_end(&w.builder));
        bool failed = ferror(w.file) != 0;
        if (fclose(w.file) || failed)
            rc = as_error_set(-EIO, "%s: cannot be written: %s", to, strerror(errno));
        *packets += w.packets;
    }
    free(itch);
    if (rc == 0 && unlink(from) < 0)
        rc = as_error_set(-errno, "%s: cannot be removed: %s", from, strerror(errno));
    return rc;
}
