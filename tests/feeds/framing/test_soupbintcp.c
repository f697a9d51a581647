#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/framing/soupbintcp.h"
#include "tests/support/hex.h"
#include "tests/support/random.h"

/* PROTOCOLS A11 */
#define BLANK_10 "20202020202020202020"
#define BLANK_19 BLANK_10 "202020202020202020"
#define GOLDEN_LOGIN "002f4c 757365723031 70617373202020202020" BLANK_10 BLANK_19 "31"
#define GOLDEN_ACCEPTED "001f41 30303030303030303141" BLANK_19 "35"
#define GOLDEN_HEARTBEAT "000148"
#define GOLDEN_END "00015a"
#define GOLDEN_REJECTED "00024a41"
/* A3: 4.00 has a heartbeat timeout behind the sequence, and the length is 52 */
#define GOLDEN_LONG_LOGIN "00344c 757365723031 70617373202020202020" BLANK_10 BLANK_19 "31 2031353030"
#define GOLDEN_DATA "000553 01020304"
#define GOLDEN_STREAM                                                                                                  \
    GOLDEN_ACCEPTED GOLDEN_HEARTBEAT GOLDEN_DATA "000153" GOLDEN_REJECTED "00062b68656c6c6f" GOLDEN_END

/* ---- packets ---- */

static as_soup_packet parse(const uint8_t *data, size_t bytes)
{
    as_soup_packet packet = {0};
    size_t used_bytes = 0;
    assert_int_equal(as_soup_parse(data, bytes, &packet, &used_bytes), AS_SOUP_PACKET);
    assert_int_equal(used_bytes, bytes);
    assert_ptr_equal(packet.payload, data + 3);
    assert_int_equal(packet.payload_bytes, bytes - 3);
    return packet;
}

static void the_golden_packets_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint8_t type;
        size_t payload_bytes;
    } golden[] = {{GOLDEN_LOGIN, 'L', 46},    {GOLDEN_LONG_LOGIN, 'L', 51}, {GOLDEN_ACCEPTED, 'A', 30},
                  {GOLDEN_HEARTBEAT, 'H', 0}, {GOLDEN_END, 'Z', 0},         {GOLDEN_REJECTED, 'J', 1},
                  {GOLDEN_DATA, 'S', 4},      {"000152", 'R', 0},           {"00014f", 'O', 0}};
    uint8_t data[64];
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        as_soup_packet packet = parse(data, ast_hex(golden[i].hex, data, sizeof data));
        assert_int_equal(packet.type, golden[i].type);
        assert_int_equal(packet.payload_bytes, golden[i].payload_bytes);
    }
    assert_int_equal(parse(data, ast_hex(GOLDEN_REJECTED, data, sizeof data)).payload[0], AS_SOUP_NOT_AUTHORISED);
}

static void every_cut_of_a_packet_needs_more(void **state)
{
    (void)state;
    uint8_t data[64];
    size_t bytes = ast_hex(GOLDEN_LOGIN, data, sizeof data);
    for (size_t cut = 0; cut < bytes; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);
        as_soup_packet packet = {.type = '?'};
        size_t used_bytes = 99;
        memcpy(part, data, cut);
        assert_int_equal(as_soup_parse(part, cut, &packet, &used_bytes), AS_SOUP_NEED_MORE);
        assert_int_equal(packet.type, '?');
        assert_int_equal(used_bytes, 99);
        free(part);
    }
}

static void lengths_at_their_edges_are_unsigned_and_zero_is_refused(void **state)
{
    (void)state;
    static uint8_t data[AS_SOUP_PACKET_BYTES_MAX + 1];
    static const unsigned length[] = {1, 2, 32767, 32768, 65534, 65535};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        data[0] = (uint8_t)(length[i] >> 8);
        data[1] = (uint8_t)length[i];
        data[2] = 'S';
        as_soup_packet packet;
        size_t used_bytes;
        assert_int_equal(as_soup_parse(data, 1 + length[i], &packet, &used_bytes), AS_SOUP_NEED_MORE);
        assert_int_equal(as_soup_parse(data, 3 + length[i], &packet, &used_bytes), AS_SOUP_PACKET);
        assert_int_equal(packet.payload_bytes, length[i] - 1);
        assert_int_equal(used_bytes, 2 + length[i]);
    }
    as_soup_packet packet = {.type = '?'};
    size_t used_bytes = 99;
    assert_int_equal(as_soup_parse((const uint8_t *)"\0\0S", 3, &packet, &used_bytes), AS_SOUP_BAD_LENGTH);
    assert_int_equal(as_soup_parse((const uint8_t *)"\0", 1, &packet, &used_bytes), AS_SOUP_NEED_MORE);
    assert_int_equal(packet.type, '?');
    assert_int_equal(used_bytes, 99);
}

static void encoding_is_the_way_back_and_has_limits(void **state)
{
    (void)state;
    static uint8_t payload[AS_SOUP_PAYLOAD_BYTES_MAX + 1], out[AS_SOUP_PACKET_BYTES_MAX + 1];
    uint8_t golden[16];
    size_t bytes = ast_hex(GOLDEN_DATA, golden, sizeof golden);
    assert_int_equal(as_soup_encode('S', golden + 3, 4, out, 7), 7);
    assert_memory_equal(out, golden, bytes);
    assert_int_equal(as_soup_encode('S', golden + 3, 4, out, 6), 0);
    assert_int_equal(as_soup_encode(AS_SOUP_SERVER_HEARTBEAT, NULL, 0, out, 3), 3);
    assert_memory_equal(out, "\0\1H", 3);
    assert_int_equal(as_soup_encode('S', payload, AS_SOUP_PAYLOAD_BYTES_MAX, out, sizeof out), 65537);
    assert_int_equal(as_soup_encode('S', payload, AS_SOUP_PAYLOAD_BYTES_MAX + 1, out, sizeof out), 0);
}

/* ---- streams ---- */

static as_soup stream;

/* All packets of a stream that comes in the given pieces, as the bytes they were; how many. */
static unsigned collect(const uint8_t *data, const size_t *piece_bytes, size_t piece_count, uint8_t *out,
                        size_t *out_bytes)
{
    unsigned count = 0;
    *out_bytes = 0;
    as_soup_init(&stream);
    for (size_t i = 0; i < piece_count; i++) {
        uint8_t *piece = malloc(piece_bytes[i] ? piece_bytes[i] : 1); /* gone afterwards: nothing may point into it */
        memcpy(piece, data, piece_bytes[i]);
        data += piece_bytes[i];
        const uint8_t *rest = piece;
        size_t rest_bytes = piece_bytes[i];
        as_soup_packet packet;
        while (as_soup_next(&stream, &rest, &rest_bytes, &packet) == AS_SOUP_PACKET) {
            *out_bytes +=
                as_soup_encode(packet.type, packet.payload, packet.payload_bytes, out + *out_bytes, 4096 - *out_bytes);
            count++;
        }
        assert_int_equal(rest_bytes, 0);
        free(piece);
    }
    return count;
}

static void every_split_of_the_golden_stream_gives_the_same_packets(void **state)
{
    (void)state;
    uint8_t data[128], out[4096];
    size_t out_bytes, bytes = ast_hex(GOLDEN_STREAM, data, sizeof data);
    for (size_t a = 0; a <= bytes; a++) {
        for (size_t b = a; b <= bytes; b++) {
            assert_int_equal(collect(data, (size_t[]){a, b - a, bytes - b}, 3, out, &out_bytes), 7);
            assert_int_equal(out_bytes, bytes);
            assert_memory_equal(out, data, bytes);
            assert_int_equal(stream.tail_bytes, 0);
        }
    }
    size_t ones[128];
    for (size_t i = 0; i < bytes; i++)
        ones[i] = 1;
    assert_int_equal(collect(data, ones, bytes, out, &out_bytes), 7);
    assert_memory_equal(out, data, bytes);
}

static void a_zero_length_ends_the_stream_wherever_it_is_cut(void **state)
{
    (void)state;
    static const uint8_t data[] = {0, 1, 'H', 0, 0, 0, 1, 'H'};
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        unsigned packets = 0, refused = 0;
        as_soup_init(&stream);
        for (size_t part = 0; part < 2; part++) {
            const uint8_t *rest = part ? data + cut : data;
            size_t rest_bytes = part ? sizeof data - cut : cut;
            as_soup_packet packet;
            as_soup_result result;
            while ((result = as_soup_next(&stream, &rest, &rest_bytes, &packet)) == AS_SOUP_PACKET)
                packets++;
            refused += result == AS_SOUP_BAD_LENGTH;
        }
        assert_int_equal(packets, 1);
        assert_true(refused > 0 && stream.over);
    }
    as_soup_init(&stream);
    assert_false(stream.over);
}

/* Packets of random types and lengths, cut at random: the same come out. */
static void random_pieces_of_random_packets_are_put_together(void **state)
{
    (void)state;
    static uint8_t data[1 << 20];
    uint64_t seed = 20260704;
    print_message("seed %llu\n", (unsigned long long)seed);
    size_t bytes = 0, sent = 0;
    while (bytes + AS_SOUP_PACKET_BYTES_MAX <= sizeof data) {
        static uint8_t payload[AS_SOUP_PAYLOAD_BYTES_MAX];
        size_t payload_bytes = (size_t)(ast_random(&seed) % (ast_random(&seed) % 50 ? 60 : sizeof payload));
        memset(payload, (int)sent, payload_bytes);
        bytes += as_soup_encode((uint8_t)(1 + sent % 255), payload, payload_bytes, data + bytes, sizeof data - bytes);
        sent++;
    }
    as_soup_init(&stream);
    size_t received = 0, at = 0, used = 0;
    while (at < bytes) {
        size_t piece_bytes = (size_t)(ast_random(&seed) % (ast_random(&seed) % 8 ? 90 : 40000));
        if (piece_bytes > bytes - at)
            piece_bytes = bytes - at;
        const uint8_t *rest = data + at;
        size_t rest_bytes = piece_bytes;
        as_soup_packet packet;
        while (as_soup_next(&stream, &rest, &rest_bytes, &packet) == AS_SOUP_PACKET) {
            assert_int_equal(packet.type, 1 + received % 255);
            assert_memory_equal(packet.payload, data + used + 3, packet.payload_bytes);
            used += 3 + packet.payload_bytes;
            received++;
        }
        at += piece_bytes;
    }
    assert_int_equal(received, sent);
    assert_int_equal(used, bytes);
    assert_true(sent > 1000);
}

/* ---- login ---- */

static void the_golden_logins_are_read_and_written(void **state)
{
    (void)state;
    uint8_t golden[64], out[64];
    for (int form = 0; form < 2; form++) {
        size_t bytes = ast_hex(form ? GOLDEN_LONG_LOGIN : GOLDEN_LOGIN, golden, sizeof golden);
        as_soup_login login;
        assert_true(as_soup_login_decode(golden + 3, bytes - 3, &login));
        assert_string_equal(login.user, "user01");
        assert_string_equal(login.password, "pass");
        assert_string_equal(login.session, "");
        assert_int_equal(login.seq, 1);
        assert_int_equal(login.has_timeout, form);
        assert_int_equal(login.timeout, form ? 1500 : 0);
        assert_int_equal(as_soup_login_encode(&login, out, bytes), bytes);
        assert_memory_equal(out, golden, bytes);
        assert_int_equal(as_soup_login_encode(&login, out, bytes - 1), 0);
        for (size_t n = 0; n < sizeof golden - 3; n++)
            assert_int_equal(as_soup_login_decode(golden + 3, n, &login), n == 46 || (form && n == 51));
    }
}

static void the_golden_acceptance_is_read_and_written(void **state)
{
    (void)state;
    uint8_t golden[64], out[64];
    size_t bytes = ast_hex(GOLDEN_ACCEPTED "20", golden, sizeof golden) - 1;
    as_soup_accepted accepted;
    for (size_t n = 0; n < bytes - 3; n++)
        assert_false(as_soup_accepted_decode(golden + 3, n, &accepted));
    assert_true(as_soup_accepted_decode(golden + 3, bytes - 3 + 1, &accepted)); /* a later version's field */
    assert_true(as_soup_accepted_decode(golden + 3, bytes - 3, &accepted));
    assert_string_equal(accepted.session, "000000001A");
    assert_int_equal(accepted.seq, 5);
    assert_int_equal(as_soup_accepted_encode(&accepted, out, bytes), bytes);
    assert_memory_equal(out, golden, bytes);
    assert_int_equal(as_soup_accepted_encode(&accepted, out, bytes - 1), 0);
}

static void numbers_are_digits_between_blanks_that_fit_64_bits(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool good;
        uint64_t seq;
    } cases[] = {
        {"                   0", true, 0},          {"7                   ", true, 7},
        {"         42         ", true, 42},         {"00000000000000000042", true, 42},
        {"18446744073709551615", true, UINT64_MAX}, {"18446744073709551616", false, 0},
        {"99999999999999999999", false, 0},         {"                    ", false, 0},
        {"                 4 2", false, 0},         {"                  -1", false, 0},
        {"                  +1", false, 0},         {"                 1.0", false, 0},
        {"                 0x1", false, 0},         {"                  1\t", false, 0},
        {"                  1\0", false, 0},        {"                 \xb9\xb9", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t payload[46];
        as_soup_accepted accepted = {.seq = 99};
        as_soup_login login = {.seq = 99};
        memset(payload, ' ', sizeof payload);
        memcpy(payload + 10, cases[i].field, 20);
        assert_int_equal(as_soup_accepted_decode(payload, 30, &accepted), cases[i].good);
        assert_int_equal(accepted.seq, cases[i].good ? cases[i].seq : 99);
        memset(payload, ' ', sizeof payload);
        memcpy(payload + 26, cases[i].field, 20);
        assert_int_equal(as_soup_login_decode(payload, 46, &login), cases[i].good);
        assert_int_equal(login.seq, cases[i].good ? cases[i].seq : 99);
    }
}

static void texts_are_trimmed_and_printable_ascii(void **state)
{
    (void)state;
    uint8_t payload[46];
    as_soup_login login;
    memset(payload, ' ', sizeof payload);
    payload[45] = '0';
    memcpy(payload + 1, "ab", 2);
    memcpy(payload + 6, "p w", 3);
    memcpy(payload + 16, "S1        ", 10);
    assert_true(as_soup_login_decode(payload, sizeof payload, &login));
    assert_string_equal(login.user, "ab");
    assert_string_equal(login.password, "p w");
    assert_string_equal(login.session, "S1");
    static const uint8_t bad[] = {0, 9, 0x1f, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < sizeof bad; i++) {
        for (size_t at = 0; at < 26; at++) {
            uint8_t before = payload[at];
            payload[at] = bad[i];
            assert_false(as_soup_login_decode(payload, sizeof payload, &login));
            payload[at] = before;
        }
    }
    memset(payload, ' ', sizeof payload);
    payload[29] = '1';
    payload[3] = 0xc4;
    assert_false(as_soup_accepted_decode(payload, 30, &(as_soup_accepted){0}));
}

static void what_does_not_fit_its_field_is_not_written(void **state)
{
    (void)state;
    uint8_t out[64];
    as_soup_login login = {.user = "user01", .password = "0123456789", .session = "0123456789", .seq = UINT64_MAX};
    assert_int_equal(as_soup_login_encode(&login, out, sizeof out), 49);
    assert_memory_equal(out + 3,
                        "user0101234567890123456789"
                        "18446744073709551615",
                        46);
    login.user[0] = '\n';
    assert_int_equal(as_soup_login_encode(&login, out, sizeof out), 0);
    login.user[0] = 'u';
    login.has_timeout = true;
    login.timeout = 99999;
    assert_int_equal(as_soup_login_encode(&login, out, sizeof out), 54);
    login.timeout = 100000;
    assert_int_equal(as_soup_login_encode(&login, out, sizeof out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_packets_are_read),
        cmocka_unit_test(every_cut_of_a_packet_needs_more),
        cmocka_unit_test(lengths_at_their_edges_are_unsigned_and_zero_is_refused),
        cmocka_unit_test(encoding_is_the_way_back_and_has_limits),
        cmocka_unit_test(every_split_of_the_golden_stream_gives_the_same_packets),
        cmocka_unit_test(a_zero_length_ends_the_stream_wherever_it_is_cut),
        cmocka_unit_test(random_pieces_of_random_packets_are_put_together),
        cmocka_unit_test(the_golden_logins_are_read_and_written),
        cmocka_unit_test(the_golden_acceptance_is_read_and_written),
        cmocka_unit_test(numbers_are_digits_between_blanks_that_fit_64_bits),
        cmocka_unit_test(texts_are_trimmed_and_printable_ascii),
        cmocka_unit_test(what_does_not_fit_its_field_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
