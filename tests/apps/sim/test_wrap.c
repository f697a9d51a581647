#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/sim/wrap.h"
#include "core/event.h"
#include "core/text_file.h"
#include "feeds/be.h"
#include "feeds/framing/datagram.h"
#include "feeds/framing/moldudp64.h"
#include "feeds/framing/pcap.h"

enum { MESSAGES = 5000, MESSAGE_BYTES = 12 };

static const uint64_t midnight = 1738558800 * AS_NS_PER_S;
static char folder[] = "/tmp/aftershock-wrap-XXXXXX";

static uint64_t stamp(unsigned i)
{
    return 9 * 3600 * AS_NS_PER_S + (uint64_t)i * (i < MESSAGES / 2 ? 1000 : 700000);
}

static void write_messages(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint8_t record[2 + MESSAGE_BYTES] = {0};
        as_be16_put(record, MESSAGE_BYTES);
        record[2] = 'S';
        as_be48_put(record + 2 + 5, stamp(i));
        record[2 + 11] = (uint8_t)i;
        fwrite(record, 1, sizeof record, file);
    }
    fclose(file);
}

/* What a receiver of the capture gets: the same messages, in sequence, each in a packet of its time, and an end. */
static void the_capture_carries_every_message(void **state)
{
    (void)state;
    char from[64], to[64], *bytes = NULL;
    size_t byte_count, at = 0;
    uint64_t packets = 5;
    snprintf(from, sizeof from, "%s/a.itch", folder);
    snprintf(to, sizeof to, "%s/a.pcapng", folder);
    write_messages(from);
    assert_int_equal(as_sim_wrap_moldudp64(from, to, midnight, 20250203, &packets), 0);
    assert_int_not_equal(access(from, F_OK), 0);
    assert_int_equal(as_text_file_read(to, AS_TEXT_FILE_BYTES_MAX, &bytes, &byte_count), 0);
    as_pcap *reader = calloc(1, sizeof *reader);
    as_pcap_init(reader);
    as_pcap_packet captured;
    unsigned messages = 0, seen = 0, ends = 0;
    for (as_pcap_result r;
         (r = as_pcap_next(reader, (uint8_t *)bytes + at, byte_count - at, true, &captured)) != AS_PCAP_EOF;) {
        assert_true(r >= 0 && r != AS_PCAP_TRUNCATED);
        at += reader->consumed_bytes;
        if (r != AS_PCAP_PACKET)
            continue;
        as_datagram datagram;
        as_packet packet;
        assert_int_equal(as_datagram_decode(captured.link_type, captured.data, captured.data_bytes, &datagram),
                         AS_DATAGRAM_UDP);
        assert_true(datagram.payload_bytes <= AS_SIM_DATAGRAM_BYTES);
        assert_int_equal(as_mold_parse(datagram.payload, datagram.payload_bytes, &packet), AS_PACKET_OK);
        assert_memory_equal(packet.session, "  20250203", 10);
        assert_int_equal(as_be64(datagram.payload + 10), messages + 1);
        uint16_t count = as_be16(datagram.payload + 18);
        seen++;
        if (count == AS_MOLD_COUNT_END) {
            ends++;
            continue;
        }
        const uint8_t *message = datagram.payload + AS_MOLD_HEADER_BYTES;
        for (unsigned i = 0; i < count; i++, messages++, message += 2 + MESSAGE_BYTES) {
            assert_int_equal(as_be48(message + 2 + 5), stamp(messages));
            assert_int_equal(message[2 + 11], (uint8_t)messages);
            assert_true(captured.ts_ns - midnight - stamp(messages) < 1000000);
        }
    }
    assert_int_equal(messages, MESSAGES);
    assert_int_equal(ends, 1);
    assert_int_equal(packets, 5 + seen);
    assert_true(seen > MESSAGES / 2 / 2 && seen < MESSAGES); /* shared where messages are close together */
    free(reader);
    free(bytes);
    unlink(to);
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    uint64_t packets = 0;
    assert_true(as_sim_wrap_moldudp64("/nowhere/x.itch", "/tmp/aftershock-never.pcapng", 0, 20250203, &packets) < 0);
    assert_int_not_equal(access("/tmp/aftershock-never.pcapng", F_OK), 0);
    assert_int_equal(packets, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_capture_carries_every_message),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
    };
    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
