/*
 * Our reader of captures against libpcap, on every recorded capture that is there and on made ones: the same packets
 * with the same stamps, lengths and bytes, up to the same end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/pcap.h"
#include "tests/support/capture.h"
#include "tests/support/random.h"

#ifdef AST_HAVE_LIBPCAP
#include <pcap/pcap.h>

static unsigned files, packets;

/* Uncompressed bytes of a file. */
static uint8_t *slurp(const char *path, size_t *bytes)
{
    char command[4096];
    size_t name_bytes = strlen(path);
    int gz = name_bytes > 3 && strcmp(path + name_bytes - 3, ".gz") == 0;
    (void)snprintf(command, sizeof command, "%s '%s'", gz ? "gzip -dc" : "cat", path);
    FILE *stream = popen(command, "r");
    ast_bytes b = {0};
    uint8_t piece[65536];
    assert_non_null(stream);
    for (size_t n; (n = fread(piece, 1, sizeof piece, stream)) > 0;)
        ast_put(&b, piece, n);
    assert_int_equal(pclose(stream), 0);
    *bytes = b.bytes;
    return b.data;
}

/* Packets, and whether both readers ended the same way. */
static void compare(const uint8_t *file, size_t bytes, const char *name)
{
    char error[PCAP_ERRBUF_SIZE];
    FILE *stream = fmemopen((void *)(uintptr_t)file, bytes, "rb");
    assert_non_null(stream);
    pcap_t *theirs = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, error);
    static as_pcap ours;
    as_pcap_packet packet;
    as_pcap_init(&ours);
    size_t at = 0;
    if (theirs == NULL)
        print_message("%s: libpcap: %s\n", name, error);
    assert_non_null(theirs);
    files++;
    for (;;) {
        struct pcap_pkthdr *header;
        const u_char *data;
        int their_result = pcap_next_ex(theirs, &header, &data);
        as_pcap_result result;
        do {
            result = as_pcap_next(&ours, file + at, bytes - at, true, &packet);
            at += ours.consumed_bytes;
        } while (result == AS_PCAP_SECTION || result == AS_PCAP_INTERFACE || result == AS_PCAP_DROPS);
        if (their_result != 1) {
            if ((their_result == PCAP_ERROR_BREAK) != (result == AS_PCAP_EOF))
                print_message("%s: libpcap ends with %d (%s), we with %d\n", name, their_result, pcap_geterr(theirs),
                              result);
            assert_int_not_equal(result, AS_PCAP_PACKET);
            assert_int_equal(their_result == PCAP_ERROR_BREAK, result == AS_PCAP_EOF);
            break;
        }
        if (result != AS_PCAP_PACKET)
            print_message("%s: libpcap goes on behind packet %llu, we with %d\n", name,
                          (unsigned long long)ours.packets, result);
        assert_int_equal(result, AS_PCAP_PACKET);
        assert_int_equal(packet.captured_bytes, header->caplen);
        assert_int_equal(packet.original_bytes, header->len);
        assert_int_equal(packet.ts_ns, (uint64_t)header->ts.tv_sec * 1000000000 + (uint64_t)header->ts.tv_usec);
        assert_memory_equal(packet.data, data, packet.data_bytes);
        packets++;
    }
    pcap_close(theirs); /* and the stream with it */
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)place;
    const char *dot = strstr(path, ".pcap");
    if (type != FTW_F || !dot || status->st_size > 64 << 20)
        return 0;
    size_t bytes;
    uint8_t *file = slurp(path, &bytes);
    compare(file, bytes, path);
    free(file);
    return 0;
}

static void recorded_captures_are_read_as_libpcap_reads_them(void **state)
{
    (void)state;
    const char *root = getenv("AFTERSHOCK_SHARED");
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/data", root && *root ? root : "../shared");
    files = packets = 0;
    (void)nftw(path, visit, 16, FTW_PHYS);
    if (files == 0) {
        print_message("skipped: no captures in %s\n", path);
        skip();
    }
    print_message("%u captures, %u packets\n", files, packets);
}

static void made_pcap_is_read_as_libpcap_reads_it(void **state)
{
    (void)state;
    uint64_t seed = 7, random = seed;
    uint8_t data[2000] = {1, 2, 3};
    for (unsigned round = 0; round < 200; round++) {
        ast_bytes b = {.big = round & 1};
        bool ns = round & 2;
        ast_pcap_header(&b, ns, 65535, 1);
        for (unsigned i = 0; i < 20; i++) {
            size_t n = ast_random(&random) % sizeof data;
            uint32_t fraction = (uint32_t)(ast_random(&random) % (ns ? 1000000000 : 1000000));
            ast_pcap_record(&b, (uint32_t)ast_random(&random) / 2, fraction, data, n, (uint32_t)(n + round));
        }
        size_t cut = round % 3 ? 0 : ast_random(&random) % (b.bytes - 24);
        compare(b.data, b.bytes - cut, "made pcap");
        ast_bytes_free(&b);
    }
}

static void made_pcapng_is_read_as_libpcap_reads_it(void **state)
{
    (void)state;
    static const int resolutions[] = {-1, 0, 3, 6, 9, 12, 0x80 | 10, 0x80 | 20, 0x80 | 30};
    uint64_t seed = 9, random = seed;
    uint8_t data[2000] = {1, 2, 3};
    for (unsigned round = 0; round < 300; round++) {
        ast_bytes b = {.big = round & 1};
        ast_section(&b);
        for (unsigned i = 0; i < 3; i++) {
            int resolution = resolutions[ast_random(&random) % (sizeof resolutions / sizeof *resolutions)];
            ast_interface_block(&b, &(ast_interface){.link = 1,
                                                     .snap_bytes = 65535,
                                                     .resolution = resolution,
                                                     .offset_s = i == 2 ? 3600 : 0,
                                                     .name = "eth0",
                                                     .description = "somewhere"});
        }
        for (unsigned i = 0; i < 20; i++) {
            /* seconds that fit 31 bits in every resolution, as libpcap's stamps have them */
            uint64_t ticks = ast_random(&random) >> (round % 2 ? 34 : 33);
            ast_packet_block(&b, (uint32_t)(ast_random(&random) % 3), ticks, data, ast_random(&random) % sizeof data);
            if (i == 7) {
                ast_bytes body = {.data = data, .bytes = 400};
                ast_block(&b, 0x77, &body);
            }
        }
        size_t cut = round % 3 ? 0 : ast_random(&random) % (b.bytes - 300);
        compare(b.data, b.bytes - cut, "made pcapng");
        ast_bytes_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_captures_are_read_as_libpcap_reads_them),
        cmocka_unit_test(made_pcap_is_read_as_libpcap_reads_it),
        cmocka_unit_test(made_pcapng_is_read_as_libpcap_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    (void)printf("skipped: libpcap was not present when this was built\n");
    return 77;
}

#endif
