#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/byte_ring.h"
#include "feeds/capture/capture.h"
#include "feeds/framing/pcap.h"
#include "tests/support/random.h"
#include "tests/support/recording.h"

static char folder[AST_FOLDER_BYTES];
static char path[AST_FOLDER_BYTES + 16];
static as_capture_options options;

static int make(void **state)
{
    (void)state;
    ast_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/c", folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    ast_folder_remove(folder);
    return 0;
}

/* A line of datagrams and one of connections. */
static as_capture *begin(uint32_t ring_bytes)
{
    as_capture *capture = NULL;
    (void)unlink(path);
    options = (as_capture_options){.path = path, .line_count = 2, .ring_bytes = ring_bytes};
    options.line[0] =
        (as_capture_wire){.datagrams = true, .address = {.version = 4, .dst = {239, 1, 1, 1}, .dst_port = 7}};
    strcpy(options.line[0].text.feed, "f");
    strcpy(options.line[0].text.line, "source");
    strcpy(options.line[0].text.source, "udp://239.1.1.1:7");
    options.line[0].text.framing = AS_FRAMING_LINES;
    options.line[1].text = options.line[0].text;
    strcpy(options.line[1].text.line, "backfill");
    assert_int_equal(as_capture_open(&options, &capture), 0);
    return capture;
}

static uint8_t *slurp(size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    uint8_t *data = malloc((size_t)status.st_size + 1);
    assert_non_null(data);
    *bytes = fread(data, 1, (size_t)status.st_size, file);
    fclose(file);
    return data;
}

/* What a file says: packets of each line, and what was lost before each packet of line 1. */
typedef struct content {
    uint64_t packets[2], dropped[2];
    uint64_t data_bytes;
    uint64_t number[4096]; /* the first 8 bytes of each record of line 1, the number of lost ones before it above */
    uint32_t numbers;
    as_pcap_result end;
} content;

static void read_back(content *c)
{
    static as_pcap pcap;
    as_pcap_packet packet;
    size_t bytes, at = 0;
    uint8_t *file = slurp(&bytes);
    *c = (content){.numbers = 0};
    as_pcap_init(&pcap);
    for (;;) {
        c->end = as_pcap_next(&pcap, file + at, bytes - at, true, &packet);
        at += pcap.consumed_bytes;
        if (c->end == AS_PCAP_EOF || c->end == AS_PCAP_TRUNCATED || c->end == AS_PCAP_DAMAGED)
            break;
        if (c->end == AS_PCAP_DROPS)
            c->dropped[pcap.interface_idx] = pcap.interface[pcap.interface_idx].dropped;
        if (c->end != AS_PCAP_PACKET)
            continue;
        as_capture_record record;
        c->packets[packet.interface_idx]++;
        if (packet.interface_idx == 1) {
            assert_true(as_capture_record_decode(packet.data, packet.data_bytes, &record));
            c->data_bytes += record.data_bytes;
            if (record.data_bytes >= 8 && c->numbers < 4096)
                memcpy(&c->number[c->numbers++], record.data, 8);
        }
    }
    free(file);
}

static bool put(as_capture *capture, unsigned line, const void *data, size_t bytes)
{
    return as_capture_put(capture, &(as_capture_piece){.line = line,
                                                       .kind = AS_CAPTURE_DATA,
                                                       .connection = 3,
                                                       .ts_recv_ns = 1700000000000000000,
                                                       .data = data,
                                                       .data_bytes = bytes});
}

static void what_is_put_is_in_the_file(void **state)
{
    (void)state;
    static content c;
    as_capture *capture = begin(0);
    assert_string_equal(as_capture_path(capture), path);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(put(capture, 0, &i, sizeof i));
        assert_true(put(capture, 1, &i, sizeof i));
    }
    assert_int_equal(as_capture_lost(capture), 0);
    as_capture_close(capture);
    read_back(&c);
    assert_int_equal(c.end, AS_PCAP_EOF);
    assert_int_equal(c.packets[0], 1000);
    assert_int_equal(c.packets[1], 1000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(c.number[i], i);
    assert_int_equal(c.dropped[0] + c.dropped[1], 0);
}

static void a_datagram_is_a_packet_to_its_address(void **state)
{
    (void)state;
    static as_pcap pcap;
    as_pcap_packet packet;
    as_datagram datagram;
    as_capture *capture = begin(0);
    assert_true(put(capture, 0, "hello", 5));
    as_capture_close(capture);
    size_t bytes, at = 0;
    uint8_t *file = slurp(&bytes);
    as_pcap_init(&pcap);
    while (as_pcap_next(&pcap, file + at, bytes - at, true, &packet) != AS_PCAP_PACKET)
        at += pcap.consumed_bytes;
    assert_string_equal(pcap.interface[0].name, "f.source");
    assert_string_equal(pcap.interface[0].description,
                        "framing=lines format=ndjson lines=0 ask=0 window_ns=0 trust_r=0 source=udp://239.1.1.1:7");
    assert_int_equal(packet.ts_ns, 1700000000000000000);
    assert_int_equal(as_datagram_decode(packet.link_type, packet.data, packet.data_bytes, &datagram), AS_DATAGRAM_UDP);
    assert_memory_equal(datagram.payload, "hello", 5);
    assert_int_equal(datagram.dst_port, 7);
    assert_memory_equal(datagram.dst, "\xef\1\1\1", 4);
    free(file);
}

static void a_long_message_goes_into_pieces_and_comes_back(void **state)
{
    (void)state;
    static content c;
    size_t bytes = 1000000;
    uint8_t *message = malloc(bytes);
    assert_non_null(message);
    memset(message, 'x', bytes);
    as_capture *capture = begin(0);
    assert_true(put(capture, 1, message, bytes));
    assert_true(put(capture, 1, message, 0));
    as_capture_close(capture);
    read_back(&c);
    assert_int_equal(c.packets[1], 17); /* 16 pieces of 64 KiB, and the empty one */
    assert_int_equal(c.data_bytes, bytes);
    free(message);
}

/* A ring that is too small for a burst: what is lost is counted, and the file says so, before the next record. */
static void what_does_not_fit_is_counted_and_told(void **state)
{
    (void)state;
    static content c;
    uint8_t data[1000] = {0};
    uint64_t taken = 0, lost = 0, seed = 1;
    as_capture *capture = begin(1 << 14);
    for (uint64_t i = 0; i < 4000; i++) {
        memcpy(data, &i, sizeof i);
        if (put(capture, 1, data, 100 + ast_random(&seed) % 900))
            taken++;
        else
            lost++;
    }
    assert_true(lost > 0);
    assert_int_equal(as_capture_lost(capture), lost);
    as_message_level(0);
    as_capture_close(capture);
    as_message_level(2);
    read_back(&c);
    assert_int_equal(c.end, AS_PCAP_EOF);
    assert_int_equal(c.packets[1], taken);
    assert_int_equal(c.dropped[1], lost);
    assert_int_equal(c.dropped[0], 0);
    for (uint32_t i = 1; i < c.numbers; i++)
        assert_true(c.number[i] > c.number[i - 1]);
    /* one that no ring of this size can take */
    capture = begin(1 << 14);
    uint8_t big[5000] = {0};
    assert_false(put(capture, 0, big, sizeof big));
    assert_true(put(capture, 0, big, 3000));
    as_message_level(0);
    as_capture_close(capture);
    as_message_level(2);
    read_back(&c);
    assert_int_equal(c.packets[0], 1);
    assert_int_equal(c.dropped[0], 1);
}

/* The file may not grow beyond a limit: it ends at a whole block, and the rest is lost, not the feed. */
static void a_full_disk_ends_the_file_at_a_whole_block(void **state)
{
    (void)state;
    static content c;
    struct rlimit before, small;
    uint8_t data[1000] = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    (void)signal(SIGXFSZ, SIG_IGN);
    as_message_level(0);
    as_capture *capture = begin(0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint64_t taken = 0;
    for (uint64_t i = 0; i < 2000; i++)
        taken += put(capture, 1, data, sizeof data);
    uint64_t lost = 0;
    for (unsigned quiet = 0, i = 0; i < 3000 && quiet < 100; i++) { /* until the writer has nothing left to lose */
        usleep(1000);
        quiet = lost > 0 && as_capture_lost(capture) == lost ? quiet + 1 : 0;
        lost = as_capture_lost(capture);
    }
    assert_true(lost > 0);
    assert_false(put(capture, 1, data, sizeof data));
    assert_int_equal(as_capture_lost(capture), lost + 1);
    as_capture_close(capture);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    as_message_level(2);
    read_back(&c);
    assert_int_equal(c.end, AS_PCAP_EOF);
    assert_true(c.packets[1] < taken);
    assert_int_equal(c.packets[1] + lost, 2000);
}

static void names_that_exist_get_a_number(void **state)
{
    (void)state;
    char wanted[AST_FOLDER_BYTES + 32];
    as_capture *first = begin(0), *second = NULL, *third = NULL;
    assert_int_equal(as_capture_open(&options, &second), 0);
    assert_int_equal(as_capture_open(&options, &third), 0);
    (void)snprintf(wanted, sizeof wanted, "%s.2", path);
    assert_string_equal(as_capture_path(third), wanted);
    as_capture_close(first);
    as_capture_close(second);
    as_capture_close(third);
    as_capture_close(NULL);
    options.path = "/nowhere/x";
    assert_int_equal(as_capture_open(&options, &third), -ENOENT);
    as_error_clear();
    options.ring_bytes = 100;
    assert_int_equal(as_capture_open(&options, &third), -EINVAL);
    as_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_in_the_file),
        cmocka_unit_test(a_datagram_is_a_packet_to_its_address),
        cmocka_unit_test(a_long_message_goes_into_pieces_and_comes_back),
        cmocka_unit_test(what_does_not_fit_is_counted_and_told),
        cmocka_unit_test(a_full_disk_ends_the_file_at_a_whole_block),
        cmocka_unit_test(names_that_exist_get_a_number),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
