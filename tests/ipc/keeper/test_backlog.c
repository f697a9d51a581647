#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/keeper/backlog.h"
#include "tests/support/keeper_stream.h"

static uint8_t bytes[AST_STREAM_BYTES_MAX];

static void append(as_backlog *b, uint64_t gseq)
{
    as_message message = ast_stream_message(gseq, bytes);
    as_backlog_append(b, &message, bytes);
}

static void an_empty_one_has_nothing(void **state)
{
    (void)state;
    as_backlog *b;
    ast_check c = {.next = 1, .step = 1, .count_max = 10};
    assert_int_equal(as_backlog_new(0, &b), 0);
    assert_int_equal(as_backlog_from(b), 0);
    assert_int_equal(as_backlog_count(b), 0);
    assert_int_equal(as_backlog_scan(b, 1, 10, UINT64_MAX, ast_check_message, &c), 11);
    as_backlog_free(b);
}

static void it_gives_what_it_has_in_order_with_its_holes(void **state)
{
    (void)state;
    as_backlog *b;
    assert_int_equal(as_backlog_new(1 << 20, &b), 0);
    for (uint64_t gseq = 10; gseq < 200; gseq += 3) /* 10, 13, .. 199 */
        append(b, gseq);
    assert_int_equal(as_backlog_from(b), 10);
    ast_check c = {.next = 13, .step = 3, .count_max = 1000};
    assert_int_equal(as_backlog_scan(b, 11, 20, UINT64_MAX, ast_check_message, &c), 21);
    assert_int_equal(c.count, 3);
    c = (ast_check){.next = 100, .step = 3, .count_max = 5};
    assert_int_equal(as_backlog_scan(b, 100, 199, UINT64_MAX, ast_check_message, &c), 115); /* the visit said stop */
    c = (ast_check){.next = 100, .step = 3, .count_max = 1000};
    assert_int_equal(as_backlog_scan(b, 98, 300, 1, ast_check_message, &c), 103); /* one, then enough bytes */
    assert_int_equal(c.count, 1);
    as_backlog_free(b);
}

/* The oldest go, one by one, and nothing else is ever missing or wrong. */
static void the_oldest_make_room(void **state)
{
    (void)state;
    as_backlog *b;
    assert_int_equal(as_backlog_new(1 << 18, &b), 0);
    for (uint64_t gseq = 1; gseq < 5000; gseq++) {
        append(b, gseq);
        uint64_t from = as_backlog_from(b);
        assert_int_equal(as_backlog_count(b), gseq + 1 - from);
        assert_true(as_backlog_bytes(b) < 1 << 18);
        if (gseq % 97)
            continue;
        ast_check c = {.next = from, .step = 1, .count_max = 100000};
        assert_int_equal(as_backlog_scan(b, from, gseq, UINT64_MAX, ast_check_message, &c), gseq + 1);
        assert_int_equal(c.count, gseq + 1 - from);
    }
    assert_in_range(as_backlog_from(b), 4400, 4750); /* 256 KiB of some 640 bytes each */
    as_backlog_free(b);
}

static void short_messages_fill_the_index_first(void **state)
{
    (void)state;
    as_backlog *b;
    as_message message = {.topic_bytes = 1, .payload_bytes = 1};
    assert_int_equal(as_backlog_new(1 << 18, &b), 0);
    for (message.gseq = 1; message.gseq <= 10000; message.gseq++)
        as_backlog_append(b, &message, bytes);
    assert_int_equal(as_backlog_count(b), (1 << 18) / AS_BACKLOG_MEAN_BYTES);
    assert_int_equal(as_backlog_from(b), 10001 - (1 << 18) / AS_BACKLOG_MEAN_BYTES);
    as_backlog_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_has_nothing),
        cmocka_unit_test(it_gives_what_it_has_in_order_with_its_holes),
        cmocka_unit_test(the_oldest_make_room),
        cmocka_unit_test(short_messages_fill_the_index_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
