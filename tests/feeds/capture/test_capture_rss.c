#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/capture/capture_codec.h"

static as_input input;
static as_input_stats stats;
static void *state_of;
static as_event event;
static as_headline headline;

#define SECOND(s) (UINT64_C(s) * AS_NS_PER_S)
#define ITEM(id, title)                                                                                                \
    "<item><guid>" id "</guid><title>" title "</title><pubDate>1 Jul 2026 09:30:00 GMT</pubDate></item>"
#define RSS(items) "<rss xmlns:ndaq='http://www.nasdaqtrader.com/'><channel>" items "</channel></rss>"
#define HALT                                                                                                           \
    "<item><title>META</title><ndaq:IssueSymbol>META</ndaq:IssueSymbol><ndaq:HaltDate>01/21/2022</ndaq:HaltDate>"      \
    "<ndaq:HaltTime>13:25:48</ndaq:HaltTime><ndaq:ResumptionDate>01/21/2022</ndaq:ResumptionDate>"                     \
    "<ndaq:ResumptionTradeTime>13:30:48</ndaq:ResumptionTradeTime></item>"

static void begin(bool trust_r)
{
    memset(&input, 0, sizeof input);
    memset(&stats, 0, sizeof stats);
    input.path = (char *)(uintptr_t) "x.pcapng";
    input.stats = &stats;
    assert_int_equal(as_symbols_init(&input.own, 16), 0);
    as_capture_line line = {.feed = "wire", .trust_r = trust_r};
    assert_int_equal(as_capture_rss.open(&input, &line, &state_of), 0);
    as_message_level(0);
}

static void end(void)
{
    as_capture_rss.close(state_of);
    as_capture_rss.close(NULL);
    as_symbols_fini(&input.own);
    as_message_level(2);
}

/* Events of a document; the latest is in event. */
static unsigned give(const char *document, uint64_t ts)
{
    unsigned n = 0;
    as_capture_rss.begin(state_of, (const uint8_t *)document, document ? strlen(document) : 0, true, ts);
    while (as_capture_rss.next(state_of, &event, &headline) > 0)
        n++;
    return n;
}

static void each_revision_of_a_recording_comes_once(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(give(RSS(ITEM("2", "two") ITEM("1", "one")), 77), 2);
    assert_string_equal(headline.text, "two");
    assert_string_equal(headline.source, "wire");
    assert_int_equal(event.ts_recv, 77);
    assert_int_equal(headline.ts_recv, 77);
    assert_int_equal(event.ts_event, SECOND(1782898200));
    assert_int_equal(give(NULL, 78), 0); /* the end of a connection */
    as_capture_rss.lost(state_of);
    assert_int_equal(give(RSS(ITEM("3", "three") ITEM("2", "two")), 79), 1);
    assert_string_equal(headline.text, "three");
    assert_int_equal(stats.duplicates, 1);
    assert_int_equal(stats.rows, 4);
    assert_int_equal(stats.bad, 0);
    end();
    begin(true);
    assert_int_equal(give(RSS(ITEM("1", "one")), 77), 1);
    assert_int_equal(event.ts_recv, SECOND(1782898200));
    end();
}

static void what_is_not_right_is_counted(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(give("<rss><channel>" ITEM("1", "one"), 1), 0);
    assert_int_equal(give("<html/>", 2), 0);
    assert_int_equal(give(RSS("<item/>" ITEM("1", "one")), 3), 1);
    assert_int_equal(stats.bad, 3);
    assert_int_equal(stats.error_count, 3);
    end();
    begin(false);
    input.options.strict = true;
    as_capture_rss.begin(state_of, (const uint8_t *)"<html/>", 7, true, 1);
    assert_true(as_capture_rss.next(state_of, &event, &headline) < 0);
    end();
}

static void a_resumption_comes_with_the_first_document_after_it(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(give(RSS(HALT), SECOND(1642789600)), 1);
    assert_int_equal(event.status.state, AS_STATE_HALTED);
    assert_int_equal(give(RSS(HALT), SECOND(1642789700)), 0);
    assert_int_equal(give(RSS(ITEM("1", "one")), SECOND(1642789900)), 2);
    assert_string_equal(headline.text, "one");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_revision_of_a_recording_comes_once),
        cmocka_unit_test(what_is_not_right_is_counted),
        cmocka_unit_test(a_resumption_comes_with_the_first_document_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
