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

static void begin(bool trust_r)
{
    memset(&input, 0, sizeof input);
    memset(&stats, 0, sizeof stats);
    input.path = (char *)(uintptr_t) "x.pcapng";
    input.stats = &stats;
    assert_int_equal(as_symbols_init(&input.own, 16), 0);
    as_capture_line line = {.trust_r = trust_r};
    assert_int_equal(as_capture_lines.open(&input, &line, &state_of), 0);
    as_message_level(0);
}

static void end(void)
{
    as_capture_lines.close(state_of);
    as_capture_lines.close(NULL);
    as_symbols_fini(&input.own);
    as_message_level(2);
}

/* Events that a piece gives; the latest is in *event. */
static unsigned give(const char *text, bool whole, uint64_t ts, as_event *event, as_headline *headline)
{
    unsigned n = 0;
    as_capture_lines.begin(state_of, (const uint8_t *)text, strlen(text), whole, ts);
    while (as_capture_lines.next(state_of, event, headline) > 0)
        n++;
    return n;
}

static as_event event;
static as_headline headline;

static void every_split_of_a_line_gives_its_event_once(void **state)
{
    (void)state;
    static const char text[] = "{\"k\":\"trade\",\"t\":1000,\"r\":2000,\"s\":\"NVDA\",\"p\":\"157.25\",\"q\":100}\n";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        begin(false);
        char front[sizeof text] = "";
        memcpy(front, text, cut);
        unsigned n = give(front, false, 77, &event, &headline);
        n += give(text + cut, false, 78, &event, &headline);
        assert_int_equal(n, 1);
        assert_int_equal(event.ts_recv, cut == sizeof text - 1 ? 77 : 78);
        assert_int_equal(event.trade.px, INT64_C(157250000000));
        assert_int_equal(stats.rows, 1);
        end();
    }
}

static void a_datagram_ends_its_last_line(void **state)
{
    (void)state;
    begin(true);
    assert_int_equal(give("{\"k\":\"trade\",\"t\":1,\"r\":2,\"s\":\"A\",\"p\":1,\"q\":1}\n\n  \n"
                          "{\"k\":\"headline\",\"t\":3,\"r\":4,\"text\":\"x\"}",
                          true, 99, &event, &headline),
                     2);
    assert_int_equal(event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(event.ts_recv, 4); /* trust_r */
    assert_int_equal(headline.ts_recv, 4);
    assert_int_equal(stats.rows, 2);
    end();
    begin(false);
    assert_int_equal(give("{\"k\":\"headline\",\"t\":3,\"r\":4,\"text\":\"x\"}", true, 99, &event, &headline), 1);
    assert_int_equal(headline.ts_recv, 99);
    end();
}

static void bad_and_long_lines_are_counted(void **state)
{
    (void)state;
    char *line = malloc(AS_LINE_BYTES + 3);
    assert_non_null(line);
    memset(line, 'x', AS_LINE_BYTES + 1);
    strcpy(line + AS_LINE_BYTES + 1, "\n");
    begin(false);
    assert_int_equal(give(line, false, 1, &event, &headline), 0);
    assert_int_equal(give("nonsense\n", false, 1, &event, &headline), 0);
    assert_int_equal(stats.bad, 2);
    assert_int_equal(stats.error_count, 2);
    assert_int_equal(stats.rows, 2);
    end();
    free(line);
}

static void after_a_loss_the_next_whole_line_counts(void **state)
{
    (void)state;
    begin(false);
    assert_int_equal(give("{\"k\":\"trade\",\"t\":1,", false, 1, &event, &headline), 0);
    as_capture_lines.lost(state_of);
    assert_int_equal(give("of another line", false, 1, &event, &headline), 0);
    assert_int_equal(give("\n{\"k\":\"trade\",\"t\":1,\"s\":\"A\",\"p\":1,\"q\":1}\n", false, 1, &event, &headline), 1);
    assert_int_equal(stats.bad, 0);
    as_capture_lines.lost(state_of);
    assert_int_equal(give("cut off", true, 1, &event, &headline), 0); /* what was lost ended with its connection */
    assert_int_equal(give("{\"k\":\"trade\",\"t\":1,\"s\":\"A\",\"p\":1,\"q\":1}\n", false, 1, &event, &headline), 1);
    assert_int_equal(stats.bad, 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_of_a_line_gives_its_event_once),
        cmocka_unit_test(a_datagram_ends_its_last_line),
        cmocka_unit_test(bad_and_long_lines_are_counted),
        cmocka_unit_test(after_a_loss_the_next_whole_line_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
