#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bench/itch_stream.h"
#include "core/book.h"
#include "feeds/decode/itch50.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/wire/normalise.h"

static void the_same_seed_gives_the_same_stream(void **state)
{
    (void)state;
    as_itch_stream a, b, other;
    assert_int_equal(as_itch_stream_init(&a, 1, 20, 5000), 0);
    assert_int_equal(as_itch_stream_init(&b, 1, 20, 5000), 0);
    assert_int_equal(as_itch_stream_init(&other, 2, 20, 5000), 0);
    assert_int_equal(a.bytes, b.bytes);
    assert_memory_equal(a.data, b.data, a.bytes);
    assert_true(other.bytes != a.bytes || memcmp(other.data, a.data, a.bytes) != 0);
    as_itch_stream_fini(&a);
    as_itch_stream_fini(&b);
    as_itch_stream_fini(&other);
}

static void a_book_accepts_every_message_and_the_mix_is_that_of_a_day(void **state)
{
    (void)state;
    enum { SYMBOLS = 50, MESSAGES = 100000 };
    as_itch_stream stream;
    assert_int_equal(as_itch_stream_init(&stream, 7, SYMBOLS, MESSAGES), 0);
    assert_int_equal(as_itch50_sniff(stream.data, stream.bytes), AS_ITCH50_FORM_BINARYFILE);
    as_normaliser n;
    as_normaliser_options options = {.symbols = &stream.symbols, .trust_r = true};
    assert_int_equal(as_normaliser_init(&n, &options), 0);
    as_book_set *books;
    assert_int_equal(as_book_set_new(SYMBOLS, stream.order_max, &books), 0);
    as_binaryfile reader;
    as_binaryfile_init(&reader, as_itch50_lengths);
    const uint8_t *message;
    size_t message_bytes, at = 0;
    uint64_t count[256] = {0}, measured = 0;
    while (as_binaryfile_next(&reader, stream.data + at, stream.bytes - at, true, &message, &message_bytes) ==
           AS_BINARYFILE_MESSAGE) {
        as_itch50 m;
        as_event ev;
        assert_int_equal(as_itch50_decode(message, message_bytes, &m), AS_ITCH50_OK);
        if (as_normalise_itch50(&n, &m, 0, &ev) && ev.kind >= AS_EVENT_ORDER_ADD && ev.kind <= AS_EVENT_ORDER_REPLACE)
            assert_true(as_book_apply(books, &ev) >= 0);
        measured += at >= stream.warm_bytes;
        count[message[0]] += at >= stream.warm_bytes;
        at += reader.consumed_bytes;
    }
    assert_int_equal(at, stream.bytes);
    assert_int_equal(measured, MESSAGES);
    assert_in_range(count['A'] + count['F'], MESSAGES * 40 / 100, MESSAGES * 48 / 100);
    assert_in_range(count['D'], MESSAGES * 36 / 100, MESSAGES * 44 / 100);
    assert_in_range(count['U'], MESSAGES * 7 / 100, MESSAGES * 9 / 100);
    assert_in_range(count['E'] + count['C'], MESSAGES * 4 / 100, MESSAGES * 6 / 100);
    assert_true(count['X'] > 0 && count['P'] > 0 && count['C'] > 0);
    as_book_set_free(books);
    as_normaliser_fini(&n);
    as_itch_stream_fini(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_stream),
        cmocka_unit_test(a_book_accepts_every_message_and_the_mix_is_that_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
