#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_codec.h"
#include "feeds/decode/itch50_encode.h"
#include "feeds/framing/soupbintcp.h"

static as_input input;
static as_input_stats stats;
static void *state_of;
static as_event event;
static as_headline headline;
static uint8_t bytes[4096];
static size_t byte_count;

static void begin(void)
{
    memset(&input, 0, sizeof input);
    memset(&stats, 0, sizeof stats);
    input.path = (char *)(uintptr_t) "x.pcapng";
    input.stats = &stats;
    input.options.date = 20260701;
    assert_int_equal(as_symbols_init(&input.own, 16), 0);
    as_capture_line line = {.trust_r = true, .framing = AS_FRAMING_SOUPBINTCP, .format = AS_FORMAT_ITCH50};
    assert_ptr_equal(as_capture_codec_find(AS_FRAMING_SOUPBINTCP, AS_FORMAT_ITCH50), &as_capture_soup);
    assert_int_equal(as_capture_soup.open(&input, &line, &state_of), 0);
    as_message_level(0);
}

static void end(void)
{
    as_capture_soup.close(state_of);
    as_capture_soup.close(NULL);
    as_symbols_fini(&input.own);
    as_message_level(2);
}

static void put_login(const char *session, uint64_t seq)
{
    as_soup_accepted accepted = {.seq = seq};
    strcpy(accepted.session, session);
    byte_count += as_soup_accepted_encode(&accepted, bytes + byte_count, sizeof bytes - byte_count);
}

/* Message 1 announces the stock, the others are orders with their sequence as reference. */
static void put_message(uint64_t seq)
{
    uint8_t message[AS_ITCH50_BYTES_MAX];
    as_itch50 m = {.ts_ns = 1000, .locate = 7, .type = seq == 1 ? 'R' : 'A'};
    if (seq == 1) {
        memset(&m.directory, ' ', sizeof m.directory);
        memcpy(m.directory.stock, "NVDA    ", 8);
    } else {
        memcpy(m.add.stock, "NVDA    ", 8);
        m.add.ref = seq;
        m.add.shares = 1;
        m.add.px4 = 10000;
        m.add.side = 'B';
    }
    size_t n = as_itch50_encode(&m, message, sizeof message);
    byte_count += as_soup_encode(AS_SOUP_SEQUENCED, message, n, bytes + byte_count, sizeof bytes - byte_count);
}

/* Events of a piece; the kinds are appended to kinds, the latest event stays in event. */
static unsigned give(const uint8_t *data, size_t data_bytes, bool last, uint8_t *kinds, unsigned count)
{
    as_event next;
    as_capture_soup.begin(state_of, data, data_bytes, last, 5);
    while (as_capture_soup.next(state_of, &next, &headline) > 0) {
        kinds[count++] = next.kind;
        event = next;
    }
    return count;
}

static void every_split_of_a_connection_gives_its_messages_once(void **state)
{
    (void)state;
    byte_count = 0;
    put_login("S1", 1);
    for (uint64_t seq = 1; seq <= 4; seq++)
        put_message(seq);
    for (size_t cut = 0; cut <= byte_count; cut++) {
        uint8_t kinds[16];
        begin();
        unsigned n = give(bytes, cut, false, kinds, 0);
        n = give(bytes + cut, byte_count - cut, false, kinds, n);
        assert_int_equal(n, 4);
        assert_int_equal(kinds[0], AS_EVENT_STATUS);
        assert_int_equal(event.order.ref, 4);
        assert_int_equal(stats.gaps + stats.duplicates + stats.bad, 0);
        end();
    }
}

static void a_connection_goes_on_where_the_one_before_ended(void **state)
{
    (void)state;
    uint8_t kinds[16];
    begin();
    byte_count = 0;
    put_login("S1", 1);
    put_message(1);
    put_message(2);
    unsigned n = give(bytes, byte_count - 9, false, kinds, 0); /* cut in the second */
    assert_int_equal(n, 1);
    n = give(NULL, 0, true, kinds, n);
    byte_count = 0;
    put_login("S1", 1); /* the server goes further back than asked */
    put_message(1);
    put_message(2);
    n = give(bytes, byte_count, false, kinds, n);
    assert_int_equal(n, 2);
    assert_int_equal(stats.duplicates, 1);
    n = give(NULL, 0, true, kinds, n);
    byte_count = 0;
    put_login("S1", 5); /* and then it does not have all */
    put_message(5);
    n = give(bytes, byte_count, false, kinds, n);
    assert_int_equal(n, 4);
    assert_int_equal(kinds[2], AS_EVENT_GAP);
    assert_int_equal(stats.lost, 2);
    n = give(NULL, 0, true, kinds, n);
    byte_count = 0;
    put_login("S2", 1); /* another session: the books begin empty */
    put_message(1);
    n = give(bytes, byte_count, false, kinds, n);
    assert_int_equal(n, 6);
    assert_int_equal(kinds[4], AS_EVENT_CLEAR);
    assert_int_equal(stats.restarts, 1);
    end();
}

static void what_follows_lost_bytes_is_not_read_until_the_next_connection(void **state)
{
    (void)state;
    uint8_t kinds[16];
    begin();
    byte_count = 0;
    put_login("S1", 1);
    put_message(1);
    as_capture_soup.begin(state_of, bytes, 0, false, 5);
    as_capture_soup.lost(state_of);
    assert_int_equal(give(bytes, byte_count, false, kinds, 0), 0);
    give(NULL, 0, true, kinds, 0);
    assert_int_equal(give(bytes, byte_count, false, kinds, 0), 1);
    give(NULL, 0, true, kinds, 0);
    static const uint8_t bad[] = {0, 0, 'S'};
    assert_int_equal(give(bad, sizeof bad, false, kinds, 0), 0);
    assert_int_equal(stats.bad, 1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_of_a_connection_gives_its_messages_once),
        cmocka_unit_test(a_connection_goes_on_where_the_one_before_ended),
        cmocka_unit_test(what_follows_lost_bytes_is_not_read_until_the_next_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
