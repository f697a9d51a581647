#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "bench/dbn_stream.h"
#include "core/book.h"
#include "feeds/wire/normalise_dbn.h"

static void the_same_seed_gives_the_same_stream(void **state)
{
    (void)state;
    as_dbn_stream a, b, other;
    assert_int_equal(as_dbn_stream_init(&a, 1, 20, 5000), 0);
    assert_int_equal(as_dbn_stream_init(&b, 1, 20, 5000), 0);
    assert_int_equal(as_dbn_stream_init(&other, 2, 20, 5000), 0);
    assert_int_equal(a.bytes, b.bytes);
    assert_memory_equal(a.data, b.data, a.bytes);
    assert_true(other.bytes != a.bytes || memcmp(other.data, a.data, a.bytes) != 0);
    as_dbn_stream_fini(&a);
    as_dbn_stream_fini(&b);
    as_dbn_stream_fini(&other);
}

/* What a user of the stream does: names from the metadata, then records to events. */
static as_dbn_normaliser *normaliser_of(const as_dbn_stream *stream)
{
    as_dbn_normaliser *n;
    as_dbn_normaliser_options options = {.names.symbols = &stream->symbols};
    as_dbn_metadata metadata;
    as_dbn_interval interval;
    as_dbn_walk walk;
    size_t at = 112, consumed;
    assert_int_equal(as_dbn_normaliser_new(&options, &n), 0);
    assert_int_equal(as_dbn_metadata_decode(stream->data, stream->bytes, &metadata), AS_DBN_METADATA_OK);
    assert_int_equal(metadata.total_bytes, stream->records_at);
    as_dbn_normaliser_begin(n, &metadata);
    as_dbn_walk_init(&walk, &metadata);
    as_dbn_walk_result result;
    while ((result = as_dbn_walk_next(&walk, stream->data + at, stream->bytes - at, &consumed, &interval)) > 0) {
        assert_int_equal(as_dbn_names_add(as_dbn_normaliser_names(n), &interval), 0);
        at += consumed;
    }
    assert_int_equal(result, AS_DBN_WALK_END);
    as_dbn_names_ready(as_dbn_normaliser_names(n));
    return n;
}

static void a_book_accepts_every_record_and_the_mix_is_that_of_a_day(void **state)
{
    (void)state;
    enum { SYMBOLS = 50, RECORDS = 100000 };
    as_dbn_stream stream;
    as_dbn_layout layout = {.version = 3};
    as_event event[AS_DBN_EVENTS_MAX];
    as_book_set *books;
    uint64_t count[256] = {0}, measured = 0;
    assert_int_equal(as_dbn_stream_init(&stream, 7, SYMBOLS, RECORDS), 0);
    as_dbn_normaliser *n = normaliser_of(&stream);
    assert_int_equal(as_book_set_new(SYMBOLS, stream.order_max, &books), 0);
    size_t at = stream.records_at, record_bytes;
    while (as_dbn_frame(stream.data + at, stream.bytes - at, &record_bytes) == AS_DBN_OK) {
        as_dbn r;
        assert_int_equal(as_dbn_decode(&layout, stream.data + at, record_bytes, &r), AS_DBN_OK);
        unsigned events = as_normalise_dbn(n, &r, event);
        for (unsigned i = 0; i < events; i++)
            if (event[i].kind != AS_EVENT_TRADE)
                assert_true(as_book_apply(books, &event[i]) >= 0);
        count[(uint8_t)r.mbo.action] += at >= stream.warm_bytes;
        measured += at >= stream.warm_bytes;
        at += record_bytes;
    }
    assert_int_equal(at, stream.bytes);
    assert_int_equal(measured, RECORDS);
    assert_in_range(count['A'], RECORDS * 42 / 100, RECORDS * 48 / 100);
    assert_in_range(count['C'], RECORDS * 40 / 100, RECORDS * 48 / 100);
    assert_in_range(count['M'], RECORDS * 6 / 100, RECORDS * 9 / 100);
    assert_in_range(count['T'], RECORDS / 100, RECORDS * 3 / 100);
    assert_int_equal(count['T'], count['F']);
    assert_int_equal(as_book_counters_get(books)->unknown_ref, 0);
    assert_int_equal(as_dbn_normaliser_counters_get(n)->unknown_symbol, 0);
    as_book_set_free(books);
    as_dbn_normaliser_free(n);
    as_dbn_stream_fini(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_stream),
        cmocka_unit_test(a_book_accepts_every_record_and_the_mix_is_that_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
