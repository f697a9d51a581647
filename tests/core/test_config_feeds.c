#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "core/error.h"
#include "tests/support/config_folder.h"

#define F AST_CONFIG_FILES
#define FEED(rest) F "feeds:\n- {name: a, " rest "}\n"
#define UDP "source: \"udp://239.1.1.1:26400?if=lo\""
#define TCP "source: \"tcp://127.0.0.1:7010\""

static void feeds_are_read_with_their_defaults(void **state)
{
    (void)state;
    as_config *c =
        ast_config_good("feeds:\n- {name: nasdaq, " UDP ", redundant: \"udp://239.1.1.2:26400?if=lo\",\n"
                        "   retransmit: \"udp://127.0.0.1:26401\", format: itch50}\n"
                        "- {name: wire, source: \"tcp://[::1]:7010?mode=listen\", format: ndjson, framing: lines,\n"
                        "   trust_r: true}\n");
    assert_int_equal(c->feed_count, 2);
    assert_string_equal(c->feed[0].name, "nasdaq");
    assert_string_equal(c->feed[0].source, "udp://239.1.1.1:26400?if=lo");
    assert_string_equal(c->feed[0].redundant, "udp://239.1.1.2:26400?if=lo");
    assert_string_equal(c->feed[0].retransmit, "udp://127.0.0.1:26401");
    assert_int_equal(c->feed[0].framing, AS_FRAMING_MOLDUDP64);
    assert_int_equal(c->feed[0].format, AS_FORMAT_ITCH50);
    assert_false(c->feed[0].trust_r);
    assert_int_equal(c->feed[0].line, 4);
    assert_int_equal(c->feed[1].framing, AS_FRAMING_LINES);
    assert_int_equal(c->feed[1].format, AS_FORMAT_NDJSON);
    assert_true(c->feed[1].trust_r);
    as_config_free(c);
}

#define PIPELINES                                                                                                      \
    "itch50 with moldudp64 over udp or soupbintcp over tcp, tops and deep with iextp over udp, ndjson with lines "     \
    "over "                                                                                                            \
    "udp or tcp or with websocket over ws, alpaca and benzinga with websocket over ws, rss with http over http"

static void broken_feeds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {F "feeds: wire\n", "3: key 'feeds': found 'wire', allowed a list"},
        {F "feeds: [wire]\n", "3: key 'feeds[0]': found 'wire', allowed a map"},
        {FEED(TCP ", format: itch5"),
         "4: key 'feeds[0].format': found 'itch5', allowed ndjson, itch50, tops, deep, alpaca, benzinga, rss"},
        {FEED(TCP), "4: key 'feeds[0].format': found nothing, allowed ndjson, itch50, tops, "
                    "deep, alpaca, benzinga, rss"},
        {FEED("format: ndjson"), "4: key 'feeds[0].source': found nothing, allowed udp://HOST:PORT[?if=INTERFACE], "
                                 "tcp://HOST:PORT[?mode=auto|connect|listen], ws[s]://HOST[:PORT]/PATH, "
                                 "http[s]://HOST[:PORT]/PATH"},
        {FEED(TCP ", format: ndjson, speed: 1"), "4: key 'feeds[0].speed': found an unknown key, allowed name, source, "
                                                 "redundant, retransmit, format, framing, trust_r, user, secret, "
                                                 "session, ca, subscribe, backfill, publisher, poll, window, capture"},
        {F "feeds:\n- {name: a b, " TCP ", format: ndjson}\n",
         "4: key 'feeds[0].name': found 'a b', allowed 1 to 31 letters, digits, _ and -"},
        {FEED(TCP ", format: tops"),
         "4: key 'feeds[0].source': found 'tcp://127.0.0.1:7010' in quotes, allowed " PIPELINES},
        {FEED(TCP ", format: ndjson, framing: moldudp64"),
         "4: key 'feeds[0].framing': found 'moldudp64', allowed " PIPELINES},
        {FEED(UDP ", format: itch50, framing: lines"), "4: key 'feeds[0].framing': found 'lines', allowed " PIPELINES},
        {FEED(TCP ", format: ndjson, redundant: \"udp://127.0.0.1:1\""),
         "4: key 'feeds[0].redundant': found 'udp://127.0.0.1:1' in quotes, allowed nothing: only moldudp64 and "
         "iextp have sequences to put lines together"},
        {FEED(UDP ", format: itch50, retransmit: \"tcp://127.0.0.1:1\""),
         "4: key 'feeds[0].retransmit': found 'tcp://127.0.0.1:1' in quotes, allowed udp://HOST:PORT[?if=INTERFACE]"},
        {FEED(UDP ", format: itch50, user: a"),
         "4: key 'feeds[0].user': found 'a', allowed nothing: with soupbintcp and alpaca only"},
        {FEED(UDP ", format: tops, retransmit: \"udp://127.0.0.1:1\""),
         "4: key 'feeds[0].retransmit': found 'udp://127.0.0.1:1' in quotes, allowed nothing: with moldudp64 only"},
        {FEED(UDP ", format: itch50, redundant: \"udp://239.1.1.1:26400?if=lo\""),
         "4: key 'feeds[0].redundant': found 'udp://239.1.1.1:26400?if=lo' in quotes, allowed another line than the "
         "source"},
        {FEED(TCP ", format: ndjson, trust_r: 1"), "4: key 'feeds[0].trust_r': found '1', allowed true, false"},
        {F "feeds:\n- {name: a, " TCP ", format: ndjson}\n- {name: a, " TCP ", format: ndjson}\n",
         "5: key 'feeds[1].name': found 'a', allowed a name of its own (line 4 has it)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ast_config_refused(cases[i].text, cases[i].message);
}

static void an_address_is_checked_before_it_is_opened(void **state)
{
    (void)state;
    static const char *const good[] = {"udp://239.1.1.1:1", "udp://host-a:65535?if=eth0.5",
                                       "udp://[ff15::1]:26400?if=lo", "tcp://wire.example:7010?mode=connect",
                                       "tcp://[::1]:7?mode=auto"};
    static const char *const bad[] = {"239.1.1.1:26400",  "ftp://a:1",
                                      "wss://",           "udp://:1",
                                      "udp://a",          "udp://a:",
                                      "udp://a:0",        "udp://a:65536",
                                      "udp://a:1x",       "udp://a:1?mode=listen",
                                      "tcp://a:1?if=lo",  "tcp://a:1?mode=server",
                                      "udp://a:1?if=",    "udp://[]:1",
                                      "tcp://a:000000001"};
    char text[256];
    as_config *c;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "feeds: [{name: a, source: \"%s\", format: ndjson}]\n", good[i]);
        c = ast_config_good(text);
        as_config_free(c);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, F "feeds: [{name: a, source: \"%s\", format: ndjson}]\n", bad[i]);
        if (!ast_config_load(text, &c))
            fail_msg("%s is taken", bad[i]);
        assert_non_null(strstr(as_error_message(0), "key 'feeds[0].source'"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_are_read_with_their_defaults),
        cmocka_unit_test(broken_feeds_are_refused),
        cmocka_unit_test(an_address_is_checked_before_it_is_opened),
    };
    return cmocka_run_group_tests(tests, ast_config_folder_make, ast_config_folder_remove);
}
