#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/zmtp/session.h"
#include "tests/support/raw_subscriber.h"

/* Greeting, READY, subscriptions of both styles, a PING, an unknown command, and what ends it. */
static const char dialogue[] = AST_GREETING("\1", AST_NULL20, "\0") AST_READY_SUB "\0\5\1sig."
                                                                                  "\4\xd\x9SUBSCRIBEhb."
                                                                                  "\4\x9\4PING\0\x64xy"
                                                                                  "\4\4\3XYZ"
                                                                                  "\0\5\0sig."
                                                                                  "\4\xa\6CANCELhb."
                                                                                  "\0\3\1\0\0"
                                                                                  "\0\0";

/* Of a client with requests: without and with a delimiter, a PING, an unknown command; then two frames. */
static const char asking[] = AST_GREETING("\1", AST_NULL20, "\0") "\4\x1c\5READY\xbSocket-Type\0\0\0\6DEALER"
                                                                  "\0\3abc"
                                                                  "\1\0\0\2de"
                                                                  "\4\x9\4PING\0\x64xy"
                                                                  "\4\xa\x9SUBSCRIBE"
                                                                  "\0\0"
                                                                  "\1\0\1\0\0\1x";

static void note(char *log, size_t log_bytes, const as_zmtp_session *s, as_zmtp_event event)
{
    size_t used = strlen(log);
    switch (event) {
    case AS_ZMTP_REPLY:
        snprintf(log + used, log_bytes - used, "reply %zu;", s->reply_bytes);
        break;
    case AS_ZMTP_JOINED:
        snprintf(log + used, log_bytes - used, "joined;");
        break;
    case AS_ZMTP_SUBSCRIBE:
    case AS_ZMTP_CANCEL:
        snprintf(log + used, log_bytes - used, "%c%zu%.*s;", event == AS_ZMTP_SUBSCRIBE ? '+' : '-', s->prefix_bytes,
                 (int)s->prefix_bytes, s->prefix);
        break;
    case AS_ZMTP_END:
        snprintf(log + used, log_bytes - used, "end: %s;", s->reason);
        break;
    case AS_ZMTP_REQUEST:
        snprintf(log + used, log_bytes - used, "%s%.*s;", s->delimiter ? "/" : "?", (int)s->request_bytes,
                 (const char *)s->request);
        break;
    case AS_ZMTP_WANT:
        break;
    }
}

/* The events of what is said, given in two pieces and then in pieces of `step`. */
static void play(as_zmtp_role role, const char *said, size_t said_bytes, size_t cut, size_t step, char *log,
                 size_t log_bytes)
{
    static as_zmtp_session s;
    role == AS_ZMTP_ROUTER ? as_zmtp_session_init_router(&s, NULL) : as_zmtp_session_init(&s, NULL);
    assert_int_equal(s.reply_bytes, AS_ZMTP_GREETING_BYTES);
    log[0] = 0;
    bool over = false;
    for (size_t at = 0, end = cut; at < said_bytes && !over; at = end, end += step) {
        if (end > said_bytes)
            end = said_bytes;
        const uint8_t *bytes = (const uint8_t *)said + at;
        size_t left = end - at;
        as_zmtp_event event;
        while ((event = as_zmtp_session_next(&s, &bytes, &left)) != AS_ZMTP_WANT && !over) {
            note(log, log_bytes, &s, event);
            over = event == AS_ZMTP_END;
        }
        if (!over)
            assert_int_equal(left, 0);
    }
    assert_true(over);
    as_zmtp_session_fini(&s);
}

static void a_dialogue_is_the_same_however_it_was_cut(void **state)
{
    static const char golden[] =
        "reply 28;joined;+4sig.;+3hb.;reply 9;-4sig.;-3hb.;+2;end: a message that is no subscription;";
    char log[512];
    (void)state;
    for (size_t cut = 0; cut <= sizeof dialogue - 1; cut++) {
        play(AS_ZMTP_XPUB, dialogue, sizeof dialogue - 1, cut, sizeof dialogue, log, sizeof log);
        assert_string_equal(log, golden);
    }
    for (size_t step = 1; step <= 70; step++) {
        play(AS_ZMTP_XPUB, dialogue, sizeof dialogue - 1, step, step, log, sizeof log);
        assert_string_equal(log, golden);
    }
}

static void requests_are_the_same_however_they_were_cut(void **state)
{
    static const char golden[] = "reply 30;joined;?abc;/de;reply 9;?;end: a request of several frames;";
    char log[512];
    (void)state;
    for (size_t cut = 0; cut <= sizeof asking - 1; cut++) {
        play(AS_ZMTP_ROUTER, asking, sizeof asking - 1, cut, sizeof asking, log, sizeof log);
        assert_string_equal(log, golden);
    }
    for (size_t step = 1; step <= 70; step++) {
        play(AS_ZMTP_ROUTER, asking, sizeof asking - 1, step, step, log, sizeof log);
        assert_string_equal(log, golden);
    }
}

static void nothing_is_taken_after_the_end(void **state)
{
    static as_zmtp_session s;
    const uint8_t *bytes = (const uint8_t *)"GETxyz";
    size_t left = 3;
    (void)state;
    as_zmtp_session_init(&s, NULL);
    assert_int_equal(as_zmtp_session_next(&s, &bytes, &left), AS_ZMTP_END);
    left = 3;
    assert_int_equal(as_zmtp_session_next(&s, &bytes, &left), AS_ZMTP_END);
    assert_int_equal(left, 3);
}

static void replies_are_those_of_the_rfc(void **state)
{
    static as_zmtp_session s;
    const uint8_t *bytes = (const uint8_t *)dialogue;
    size_t left = sizeof dialogue - 1;
    (void)state;
    as_zmtp_session_init(&s, NULL);
    assert_int_equal(as_zmtp_session_next(&s, &bytes, &left), AS_ZMTP_REPLY);
    assert_memory_equal(s.reply, AST_READY_XPUB, 28);
    for (unsigned i = 0; i < 4; i++)
        as_zmtp_session_next(&s, &bytes, &left);
    assert_int_equal(s.reply_bytes, 9);
    assert_memory_equal(s.reply, "\4\7\4PONGxy", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dialogue_is_the_same_however_it_was_cut),
        cmocka_unit_test(requests_are_the_same_however_they_were_cut),
        cmocka_unit_test(nothing_is_taken_after_the_end),
        cmocka_unit_test(replies_are_those_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
