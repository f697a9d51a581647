#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "feeds/live/outlet.h"
#include "tests/support/random.h"

static as_outlet outlet;

static void begin(uint32_t event_slots, uint32_t headline_slots)
{
    as_ring *events, *headlines;
    assert_int_equal(as_ring_new(event_slots, sizeof(as_event), &events), 0);
    assert_int_equal(as_ring_new(headline_slots, sizeof(as_headline), &headlines), 0);
    as_outlet_init(&outlet, events, headlines, 3);
}

static void end(void)
{
    as_ring_free(outlet.events);
    as_ring_free(outlet.headlines);
}

static void market(uint64_t ts_recv, uint64_t match)
{
    as_outlet_market(&outlet,
                     &(as_event){.ts_recv = ts_recv, .trade.match = match, .kind = AS_EVENT_TRADE, .source = 3});
}

static void headline(uint64_t ts_recv, const char *id)
{
    as_headline *room = as_outlet_headline_room(&outlet);
    strcpy(room->id, id);
    as_outlet_headline(&outlet, &(as_event){.ts_recv = ts_recv, .kind = AS_EVENT_HEADLINE, .source = 3});
}

static bool take(as_event *event)
{
    const as_event *slot = as_ring_peek(outlet.events);
    if (slot == NULL)
        return false;
    *event = *slot;
    as_ring_release(outlet.events);
    return true;
}

static void the_last_event_of_each_receive_time_is_marked(void **state)
{
    (void)state;
    static const uint64_t ts[] = {10, 10, 11, 12, 12, 12};
    static const unsigned last[] = {0, 1, 1, 0, 0, 1};
    begin(16, 2);
    as_event event;
    for (size_t i = 0; i < 6; i++)
        market(ts[i], i);
    assert_int_equal(as_ring_depth(outlet.events), 5); /* the sixth is held back */
    assert_true(as_outlet_waits(&outlet));
    as_outlet_end(&outlet);
    as_outlet_end(&outlet);
    assert_false(as_outlet_waits(&outlet));
    for (size_t i = 0; i < 6; i++) {
        assert_true(take(&event));
        assert_int_equal(event.trade.match, i);
        assert_int_equal(event.flags, last[i] ? AS_EVENT_LAST : 0);
    }
    assert_false(take(&event));
    end();
}

static void a_headline_goes_behind_the_held_event_and_after_its_record(void **state)
{
    (void)state;
    begin(16, 2);
    as_event event;
    market(10, 1);
    headline(10, "a");
    assert_true(take(&event));
    assert_int_equal(event.flags, AS_EVENT_LAST);
    assert_int_equal(as_ring_depth(outlet.headlines), 1);
    assert_true(take(&event));
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(event.flags, 0);
    assert_int_equal(event.headline.slot, 0);
    end();
}

static void a_gap_keeps_its_place_in_the_instant(void **state)
{
    (void)state;
    begin(16, 2);
    as_event event;
    market(10, 1);
    as_outlet_gap(&outlet, 10, 5, 9);
    market(10, 2);
    as_outlet_end(&outlet);
    assert_true(take(&event) && event.kind == AS_EVENT_TRADE && event.flags == 0);
    assert_true(take(&event) && event.kind == AS_EVENT_GAP && event.flags == 0);
    assert_int_equal(event.gap.from_seq, 5);
    assert_int_equal(event.gap.to_seq, 9);
    assert_int_equal(event.instrument, AS_INSTRUMENT_NONE);
    assert_int_equal(event.source, 3);
    assert_true(take(&event) && event.trade.match == 2 && event.flags == AS_EVENT_LAST);
    end();
}

static void a_full_ring_is_told_before_the_next_event(void **state)
{
    (void)state;
    begin(4, 2);
    as_event event;
    for (uint64_t i = 0; i < 7; i++)
        market(i, i);
    as_outlet_end(&outlet); /* 0..3 published, 4..6 lost */
    assert_int_equal(as_counter_get(&outlet.dropped), 3);
    assert_true(take(&event));
    market(7, 7);
    as_outlet_end(&outlet); /* room for one, but the gap needs another: lost, too */
    assert_int_equal(as_counter_get(&outlet.dropped), 4);
    assert_true(take(&event));
    market(8, 8);
    as_outlet_end(&outlet);
    assert_true(take(&event) && event.trade.match == 2);
    assert_true(take(&event) && event.trade.match == 3);
    assert_true(take(&event) && event.kind == AS_EVENT_GAP);
    assert_int_equal(event.gap.from_seq, 0);
    assert_int_equal(event.gap.to_seq, 4);
    assert_int_equal(event.ts_recv, 8);
    assert_true(take(&event) && event.trade.match == 8);
    assert_int_equal(as_counter_get(&outlet.gap_count), 1);
    end();
}

static void a_loss_at_the_end_is_told_when_there_is_room(void **state)
{
    (void)state;
    begin(1, 1);
    as_event event;
    market(1, 1);
    market(2, 2);
    as_outlet_end(&outlet);
    as_outlet_tell(&outlet, 3);
    assert_true(take(&event) && event.trade.match == 1);
    as_outlet_tell(&outlet, 4);
    as_outlet_tell(&outlet, 5);
    assert_true(take(&event) && event.kind == AS_EVENT_GAP);
    assert_int_equal(event.ts_recv, 4);
    assert_int_equal(event.flags, AS_EVENT_LAST);
    assert_int_equal(event.gap.to_seq - event.gap.from_seq, 1);
    assert_false(take(&event));
    end();
}

static void a_headline_without_room_for_both_leaves_neither(void **state)
{
    (void)state;
    begin(4, 1);
    as_event event;
    headline(1, "a");
    headline(2, "b"); /* no record */
    assert_int_equal(as_ring_depth(outlet.events), 1);
    assert_string_equal(((const as_headline *)as_ring_peek(outlet.headlines))->id, "a");
    as_ring_release(outlet.headlines);
    /* Room comes between decoding and publishing: the record is not lost. */
    assert_true(take(&event));
    headline(3, "c");
    as_headline *room = as_outlet_headline_room(&outlet);
    assert_ptr_equal(room, &outlet.spare);
    strcpy(room->id, "d");
    assert_string_equal(((const as_headline *)as_ring_peek(outlet.headlines))->id, "c");
    as_ring_release(outlet.headlines);
    as_outlet_headline(&outlet, &(as_event){.ts_recv = 4, .kind = AS_EVENT_HEADLINE});
    assert_string_equal(((const as_headline *)as_ring_peek(outlet.headlines))->id, "d");
    assert_true(take(&event) && event.kind == AS_EVENT_GAP);
    assert_true(take(&event) && event.headline.slot == 1);
    assert_true(take(&event) && event.headline.slot == 2);
    assert_false(take(&event));
    assert_int_equal(as_counter_get(&outlet.dropped), 1);
    assert_int_equal(as_counter_get(&outlet.headline_count), 3);
    end();
}

/* Whatever the consumer's pace: what arrives is in order, every hole is told by a gap of its length before what
 * follows it, and each headline event finds its own record. */
static void random_paces_lose_nothing_silently(void **state)
{
    (void)state;
    uint64_t seed = 20260702;
    print_message("seed %llu\n", (unsigned long long)seed);
    begin(8, 2);
    uint64_t given = 0, seen = 0, missing = 0, headlines = 0;
    as_event event;
    for (uint64_t step = 0; step < 200000; step++) {
        if (ast_random(&seed) % 100 < 55 || step > 199900) {
            while (take(&event)) {
                if (event.kind == AS_EVENT_GAP) {
                    missing += event.gap.to_seq - event.gap.from_seq;
                    continue;
                }
                uint64_t number = event.trade.match;
                if (event.kind == AS_EVENT_HEADLINE) {
                    const as_headline *record = as_ring_peek(outlet.headlines);
                    assert_non_null(record);
                    sscanf(record->id, "%lu", &number);
                    as_ring_release(outlet.headlines);
                    assert_int_equal(event.headline.slot, headlines++);
                }
                assert_int_equal(number, seen + missing);
                seen++;
                if (ast_random(&seed) % 3 == 0)
                    break;
            }
        } else if (ast_random(&seed) % 10 == 0) {
            char id[24];
            snprintf(id, sizeof id, "%lu", given++);
            headline(step, id);
        } else if (ast_random(&seed) % 10 == 0) {
            as_outlet_end(&outlet);
            as_outlet_tell(&outlet, step);
        } else {
            market(step / 3, given++);
        }
    }
    as_outlet_end(&outlet);
    while (as_outlet_waits(&outlet) || as_ring_depth(outlet.events) > 0) {
        as_outlet_tell(&outlet, 200000);
        if (!take(&event))
            continue;
        if (event.kind == AS_EVENT_GAP)
            missing += event.gap.to_seq - event.gap.from_seq;
        else
            seen++;
    }
    assert_true(missing > 100);
    assert_int_equal(seen + missing, given);
    assert_int_equal(as_counter_get(&outlet.dropped), missing);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_event_of_each_receive_time_is_marked),
        cmocka_unit_test(a_headline_goes_behind_the_held_event_and_after_its_record),
        cmocka_unit_test(a_gap_keeps_its_place_in_the_instant),
        cmocka_unit_test(a_full_ring_is_told_before_the_next_event),
        cmocka_unit_test(a_loss_at_the_end_is_told_when_there_is_room),
        cmocka_unit_test(a_headline_without_room_for_both_leaves_neither),
        cmocka_unit_test(random_paces_lose_nothing_silently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
