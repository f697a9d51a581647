#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "feeds/framing/soup_session.h"

static as_soup_session s;

static as_soup_turn take(uint8_t type, const char *payload)
{
    as_soup_packet packet = {.type = type, .payload = (const uint8_t *)payload, .payload_bytes = strlen(payload)};
    return as_soup_session_take(&s, &packet);
}

static as_soup_turn accept(const char *session, uint64_t seq)
{
    char payload[32];
    (void)snprintf(payload, sizeof payload, "%10s%20llu", session, (unsigned long long)seq);
    return take('A', payload);
}

static as_soup_login login(void)
{
    as_soup_login l = {.seq = 99};
    as_soup_session_connected(&s);
    as_soup_session_login(&s, &l);
    return l;
}

static void begin(const char *wanted)
{
    as_soup_session_init(&s, wanted);
    as_soup_session_connected(&s);
}

static void a_cut_line_is_resumed_at_its_next_message(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(login().seq, 1);
    assert_string_equal(login().session, "");
    assert_int_equal(accept("ONE", 1), AS_SOUP_WELCOME);
    assert_false(s.restarted);
    for (int i = 0; i < 3; i++)
        assert_int_equal(take('S', "m"), AS_SOUP_MESSAGE);
    assert_int_equal(login().seq, 4);
    assert_string_equal(login().session, "ONE");
    /* a server that repeats what we have */
    assert_int_equal(accept("ONE", 2), AS_SOUP_WELCOME);
    assert_int_equal(take('S', "m"), AS_SOUP_NOTHING);
    assert_int_equal(take('S', "m"), AS_SOUP_NOTHING);
    assert_int_equal(take('S', "m"), AS_SOUP_MESSAGE);
    assert_int_equal(s.duplicates, 2);
    assert_int_equal(s.expected_seq, 5);
    assert_int_equal(s.gaps + s.restarts, 0);
}

static void a_sequence_above_ours_is_a_gap_of_what_lies_between(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(accept("ONE", 5), AS_SOUP_WELCOME);
    assert_true(s.gap_from == 1 && s.gap_to == 5 && s.lost == 4);
    assert_int_equal(take('H', ""), AS_SOUP_NOTHING);
    assert_true(s.gap_from == s.gap_to); /* of the latest turn only */
}

static void another_session_is_wanted_from_its_first_message(void **state)
{
    (void)state;
    begin("");
    accept("ONE", 1);
    take('S', "m");
    login();
    assert_int_equal(accept("TWO", 7), AS_SOUP_AGAIN);
    assert_int_equal(login().seq, 1);
    assert_string_equal(login().session, "");
    assert_int_equal(accept("TWO", 1), AS_SOUP_WELCOME);
    assert_true(s.restarted);
    assert_int_equal(s.restarts, 1);
    assert_int_equal(s.expected_seq, 1);
    /* one that does not have its beginning any more is taken as it is */
    login();
    assert_int_equal(accept("THREE", 7), AS_SOUP_AGAIN);
    login();
    assert_int_equal(accept("THREE", 3), AS_SOUP_WELCOME);
    assert_true(s.restarted && s.gap_from == 1 && s.gap_to == 3);
}

static void after_its_end_the_server_is_asked_where_it_stands(void **state)
{
    (void)state;
    begin("");
    accept("ONE", 1);
    take('S', "m");
    assert_int_equal(take('Z', ""), AS_SOUP_OVER);
    assert_int_equal(login().seq, 0);
    assert_int_equal(accept("ONE", 2), AS_SOUP_WELCOME); /* still the same */
    take('Z', "");
    login();
    assert_int_equal(accept("TWO", 1), AS_SOUP_AGAIN); /* all of it is asked for */
    assert_int_equal(login().seq, 1);
}

static void a_rejection_is_told_apart_by_what_was_asked_for(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(take('J', "S"), AS_SOUP_REFUSED);
    login();
    accept("ONE", 1);
    login();
    assert_int_equal(take('J', "S"), AS_SOUP_AGAIN); /* the server has begun another one */
    login();
    assert_int_equal(take('J', "A"), AS_SOUP_REFUSED);
    assert_int_equal(s.reason, 'A');
    begin("WANTED");
    assert_string_equal(login().session, "WANTED");
    accept("WANTED", 1);
    login();
    assert_int_equal(take('J', "S"), AS_SOUP_REFUSED);
}

static void what_is_out_of_turn_or_cannot_be_is_said(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(take('S', "m"), AS_SOUP_OUT_OF_TURN);
    assert_int_equal(take('Z', ""), AS_SOUP_OUT_OF_TURN);
    assert_int_equal(take('A', "short"), AS_SOUP_BAD_ANSWER);
    assert_int_equal(accept("ONE", 0), AS_SOUP_BAD_ANSWER);
    assert_int_equal(accept("", 1), AS_SOUP_BAD_ANSWER);
    assert_int_equal(accept("ONE", AS_SOUP_JUMP_MAX + 2), AS_SOUP_BAD_ANSWER);
    assert_int_equal(accept("ONE", 1), AS_SOUP_WELCOME);
    assert_int_equal(accept("ONE", 1), AS_SOUP_OUT_OF_TURN);
    assert_int_equal(take('?', ""), AS_SOUP_UNKNOWN);
    assert_int_equal(take('+', "text"), AS_SOUP_NOTHING);
}

static void the_past_ends_with_a_fresh_event_or_a_heartbeat(void **state)
{
    (void)state;
    uint64_t now = 20000 * AS_NS_PER_DAY;
    begin("");
    accept("ONE", 1);
    assert_true(as_soup_session_is_late(&s, now - AS_NS_PER_HOUR, now));
    assert_false(as_soup_session_is_late(&s, now - AS_NS_PER_S / 2, now));
    assert_false(as_soup_session_is_late(&s, now - AS_NS_PER_HOUR, now)); /* a slow source later is no login */
    login();
    accept("ONE", 1);
    assert_true(as_soup_session_is_late(&s, now - AS_NS_PER_HOUR, now));
    assert_true(as_soup_session_is_late(&s, now + AS_NS_PER_HOUR, now)); /* nor does a stamp of the future end it */
    take('H', ""); /* of a timer, with messages still to come */
    assert_true(as_soup_session_is_late(&s, now - AS_NS_PER_HOUR, now));
    take('S', "m");
    take('H', "");
    assert_true(as_soup_session_is_late(&s, now - AS_NS_PER_HOUR, now));
    take('H', ""); /* nothing came between the two */
    assert_false(as_soup_session_is_late(&s, now - AS_NS_PER_HOUR, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_line_is_resumed_at_its_next_message),
        cmocka_unit_test(a_sequence_above_ours_is_a_gap_of_what_lies_between),
        cmocka_unit_test(another_session_is_wanted_from_its_first_message),
        cmocka_unit_test(after_its_end_the_server_is_asked_where_it_stands),
        cmocka_unit_test(a_rejection_is_told_apart_by_what_was_asked_for),
        cmocka_unit_test(what_is_out_of_turn_or_cannot_be_is_said),
        cmocka_unit_test(the_past_ends_with_a_fresh_event_or_a_heartbeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
