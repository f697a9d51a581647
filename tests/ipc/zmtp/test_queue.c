#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/queue.h"
#include "tests/support/random.h"

enum { RECORD = sizeof(as_zmtp_record) };

static uint32_t put(as_zmtp_queue *queue, const char *text, bool begun, uint64_t gseq)
{
    return as_zmtp_queue_put(queue, (const uint8_t *)text, (uint32_t)strlen(text), begun, gseq, AS_ZMTP_KIND_MESSAGE);
}

/* All that waits, as one text. */
static const char *content(const as_zmtp_queue *queue)
{
    static char text[4096];
    struct iovec piece[2];
    size_t used = 0;
    int pieces = as_zmtp_queue_peek(queue, piece);
    for (int i = 0; i < pieces; i++) {
        memcpy(text + used, piece[i].iov_base, piece[i].iov_len);
        used += piece[i].iov_len;
    }
    text[used] = 0;
    assert_int_equal(used, as_zmtp_queue_bytes(queue));
    return text;
}

static void messages_leave_in_order_and_are_counted_when_whole(void **state)
{
    as_zmtp_queue queue = {.limit_bytes = 1000};
    (void)state;
    put(&queue, "abc", false, 1);
    as_zmtp_queue_put(&queue, (const uint8_t *)"pong", 4, false, 0, AS_ZMTP_KIND_REPLY);
    put(&queue, "def", false, 2);
    assert_string_equal(content(&queue), "abcpongdef");
    assert_int_equal(as_zmtp_queue_sent(&queue, 2).messages, 0);
    as_zmtp_sent sent = as_zmtp_queue_sent(&queue, 6);
    assert_int_equal(sent.messages, 1);
    assert_int_equal(sent.gseq, 1);
    sent = as_zmtp_queue_sent(&queue, 2);
    assert_int_equal(sent.messages, 1);
    assert_int_equal(sent.gseq, 2);
    assert_int_equal(as_zmtp_queue_bytes(&queue), 0);
    as_zmtp_queue_fini(&queue);
}

static void the_oldest_go_when_it_is_full(void **state)
{
    as_zmtp_queue queue = {.limit_bytes = 3 * (RECORD + 4)};
    (void)state;
    assert_int_equal(put(&queue, "aaaa", false, 1) + put(&queue, "bbbb", false, 2) + put(&queue, "cccc", false, 3), 0);
    assert_int_equal(put(&queue, "dddd", false, 4), 1);
    assert_string_equal(content(&queue), "bbbbccccdddd");
    assert_int_equal(put(&queue, "eeeeeeee", false, 5), 2); /* needs the room of two */
    assert_string_equal(content(&queue), "ddddeeeeeeee");
    assert_int_equal(put(&queue, "a message that is longer than the whole queue, and then some more of it", false, 6),
                     1);
    assert_string_equal(content(&queue), "ddddeeeeeeee");
    as_zmtp_queue_fini(&queue);
}

static void a_message_on_the_wire_is_never_cut(void **state)
{
    as_zmtp_queue queue = {.limit_bytes = 3 * (RECORD + 4)};
    (void)state;
    put(&queue, "aaaa", false, 1);
    put(&queue, "bbbb", false, 2);
    put(&queue, "cccc", false, 3);
    as_zmtp_queue_sent(&queue, 1);
    assert_int_equal(put(&queue, "dddd", false, 4), 1);
    assert_string_equal(content(&queue), "aaaccccdddd");
    assert_int_equal(put(&queue, "eeee", false, 5), 1);
    assert_string_equal(content(&queue), "aaaddddeeee");
    assert_int_equal(put(&queue, "ffffffffffffffffffffffffffff", false, 6), 1); /* fits only without aaa */
    assert_string_equal(content(&queue), "aaaddddeeee");
    as_zmtp_queue_fini(&queue);
    put(&queue, "rest", true, 7);
    put(&queue, "bbbb", false, 8);
    put(&queue, "cccc", false, 9);
    assert_int_equal(put(&queue, "dddd", false, 10), 1);
    assert_string_equal(content(&queue), "restccccdddd");
    as_zmtp_queue_fini(&queue);
}

static uint32_t put_kind(as_zmtp_queue *queue, const char *text, as_zmtp_kind kind)
{
    return as_zmtp_queue_put(queue, (const uint8_t *)text, (uint32_t)strlen(text), false, 0, kind);
}

static void the_last_heartbeat_and_the_last_system_message_stay(void **state)
{
    as_zmtp_queue queue = {.limit_bytes = 4 * (RECORD + 4)};
    (void)state;
    put_kind(&queue, "sys1", AS_ZMTP_KIND_SYSTEM);
    put_kind(&queue, "hb_1", AS_ZMTP_KIND_HEARTBEAT);
    put(&queue, "aaaa", false, 3);
    put(&queue, "bbbb", false, 4);
    for (uint64_t i = 5; i < 50; i++) /* round the end of the memory, too */
        assert_int_equal(put(&queue, i % 2 ? "cccc" : "dddd", false, i), 1);
    assert_string_equal(content(&queue), "sys1hb_1ddddcccc");
    assert_int_equal(put_kind(&queue, "hb_2", AS_ZMTP_KIND_HEARTBEAT), 1); /* takes the place of hb_1 */
    assert_string_equal(content(&queue), "sys1ddddcccchb_2");
    assert_int_equal(put_kind(&queue, "sys2", AS_ZMTP_KIND_SYSTEM), 1);
    assert_string_equal(content(&queue), "ddddcccchb_2sys2");
    as_zmtp_queue_sent(&queue, 1); /* dddd is on the wire */
    assert_int_equal(put(&queue, "eeee", false, 0), 1);
    assert_string_equal(content(&queue), "dddhb_2sys2eeee");
    put_kind(&queue, "pong", AS_ZMTP_KIND_REPLY);
    assert_string_equal(content(&queue), "dddhb_2sys2pong");
    assert_int_equal(put(&queue, "ffff", false, 0), 0); /* a reply is counted nowhere */
    as_zmtp_queue_sent(&queue, 3);
    assert_int_equal(put(&queue, "a message beside which nothing else finds room..............", false, 0), 3);
    as_zmtp_queue_fini(&queue);
}

/* A newcomer that needs their room gets it: what may be queued at all does not depend on what waits. */
static void they_give_way_to_what_would_not_fit_beside_them(void **state)
{
    as_zmtp_queue queue = {.limit_bytes = 3 * (RECORD + 4)};
    (void)state;
    put_kind(&queue, "sys1", AS_ZMTP_KIND_SYSTEM);
    put_kind(&queue, "hb_1", AS_ZMTP_KIND_HEARTBEAT);
    assert_int_equal(put(&queue, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", false, 3), 2);
    assert_string_equal(content(&queue), "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    as_zmtp_queue_fini(&queue);
}

static void memory_comes_as_needed_and_goes_when_it_is_empty(void **state)
{
    static uint8_t bytes[60000];
    as_zmtp_queue queue = {.limit_bytes = 1 << 20};
    (void)state;
    assert_null(queue.data);
    as_zmtp_queue_put(&queue, bytes, 100, false, 1, AS_ZMTP_KIND_MESSAGE);
    assert_int_equal(queue.capacity, 4096);
    as_zmtp_queue_put(&queue, bytes, sizeof bytes, false, 2, AS_ZMTP_KIND_MESSAGE);
    assert_int_equal(queue.capacity, 65536);
    for (unsigned i = 0; i < 100; i++)
        as_zmtp_queue_put(&queue, bytes, sizeof bytes, false, 3, AS_ZMTP_KIND_MESSAGE);
    assert_int_equal(queue.capacity, 1 << 20);
    as_zmtp_queue_sent(&queue, queue.used);
    assert_null(queue.data);
    as_zmtp_queue_fini(&queue);
}

/* Messages "<first byte><length>..." of random lengths, against a list of those that must be there. */
static void it_agrees_with_a_list(void **state)
{
    enum { LIST = 4096, LIMIT = 1500 };
    static struct {
        uint32_t bytes;
        uint8_t value;
    } list[LIST];
    unsigned first = 0, count = 0;
    uint32_t gone_of_first = 0;
    uint64_t seed = 11;
    as_zmtp_queue queue = {.limit_bytes = LIMIT};
    (void)state;
    for (unsigned step = 0; step < LIST; step++) {
        uint8_t message[400];
        uint32_t bytes = 1 + (uint32_t)(ast_random(&seed) % sizeof message);
        uint64_t cost = 0;
        unsigned dropped = 0;
        memset(message, (int)(step % 251), bytes);
        for (unsigned i = 0; i < count; i++)
            cost += list[first + i].bytes + RECORD;
        cost -= gone_of_first;
        unsigned keep = gone_of_first > 0;
        while (cost + bytes + RECORD > LIMIT) {
            cost -= list[first + keep + dropped].bytes + RECORD;
            dropped++;
        }
        if (keep && dropped) { /* the one on the wire moves up */
            list[first + dropped] = list[first];
        }
        first += dropped;
        count -= dropped;
        list[first + count].bytes = bytes;
        list[first + count++].value = (uint8_t)(step % 251);
        assert_int_equal(as_zmtp_queue_put(&queue, message, bytes, false, step, AS_ZMTP_KIND_MESSAGE), dropped);
        struct iovec piece[2];
        uint8_t all[LIMIT];
        size_t used = 0;
        int pieces = as_zmtp_queue_peek(&queue, piece);
        for (int i = 0; i < pieces; i++) {
            memcpy(all + used, piece[i].iov_base, piece[i].iov_len);
            used += piece[i].iov_len;
        }
        size_t at = 0;
        for (unsigned i = 0; i < count; i++)
            for (uint32_t k = i == 0 ? gone_of_first : 0; k < list[first + i].bytes; k++)
                if (at >= used || all[at++] != list[first + i].value)
                    fail_msg("seed 11, step %u, byte %zu", step, at);
        assert_int_equal(at, used);
        uint32_t taken = (uint32_t)(ast_random(&seed) % (used + 1)) / 2;
        as_zmtp_queue_sent(&queue, taken);
        for (gone_of_first += taken; count > 0 && gone_of_first >= list[first].bytes; first++, count--)
            gone_of_first -= list[first].bytes;
    }
    as_zmtp_queue_fini(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_leave_in_order_and_are_counted_when_whole),
        cmocka_unit_test(the_oldest_go_when_it_is_full),
        cmocka_unit_test(a_message_on_the_wire_is_never_cut),
        cmocka_unit_test(the_last_heartbeat_and_the_last_system_message_stay),
        cmocka_unit_test(they_give_way_to_what_would_not_fit_beside_them),
        cmocka_unit_test(memory_comes_as_needed_and_goes_when_it_is_empty),
        cmocka_unit_test(it_agrees_with_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
