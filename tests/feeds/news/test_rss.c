#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/rss.h"
#include "tests/support/news_document.h"
#include "tests/support/shared.h"

static ast_news news;
static as_rss_kind kind;

static as_xml_result decode(const char *document, size_t bytes)
{
    char *copy = ast_news_copy(document, bytes);
    as_xml_result result = as_rss_decode(news.xml, copy, bytes, &news.context, &news.items, &kind, &news.fault);
    free(copy);
    return result;
}

static as_xml_result decode_text(const char *document)
{
    return decode(document, strlen(document));
}

/* An RSS channel with these items; the one item's headline. */
static const as_headline *rss(const char *items)
{
    static char document[8192];
    snprintf(
        document, sizeof document,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" "
        "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:ndaq=\"http://www.nasdaqtrader.com/\">\n"
        "<channel><title>The Wire</title><link>http://x/</link><pubDate>Thu, 01 Jan 1970 00:00:09 GMT</pubDate>"
        "<image><title>no</title></image>%s</channel></rss>",
        items);
    assert_int_equal(decode_text(document), AS_XML_OK);
    assert_int_equal(kind, AS_RSS_RSS);
    return &news.items.item[0].headline;
}

static const as_headline *atom(const char *entries)
{
    static char document[8192];
    snprintf(document, sizeof document,
             "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title type=\"text\">The Feed</title>"
             "<updated>2020-01-01T00:00:00Z</updated><id>urn:feed</id>%s</feed>",
             entries);
    assert_int_equal(decode_text(document), AS_XML_OK);
    assert_int_equal(kind, AS_RSS_ATOM);
    return &news.items.item[0].headline;
}

static as_news_result result_of(const as_headline *headline)
{
    (void)headline;
    assert_int_equal(news.items.messages, 1);
    assert_int_equal(news.items.count, 1);
    return (as_news_result)news.items.item[0].result;
}

#define SECOND(s) (UINT64_C(s) * AS_NS_PER_S)

static void an_rss_item_becomes_a_headline(void **state)
{
    (void)state;
    const as_headline *h = rss("<item><title>Nvidia &amp; Meta</title><link> http://x/1 </link><guid>id-1</guid>"
                               "<pubDate>Wed, 01 Jul 2026 09:30:00 GMT</pubDate><description>body</description>"
                               "<category domain=\"http://x/rss/stock\">Nasdaq: NVDA</category>"
                               "<category domain=\"http://x/rss/stock\">NYSE:NONE</category>"
                               "<category domain=\"topic\">META</category></item>");
    const as_event *event = &news.items.item[0].event;
    assert_int_equal(result_of(h), AS_NEWS_OK);
    assert_int_equal(event->kind, AS_EVENT_HEADLINE);
    assert_int_equal(event->source, 5);
    assert_int_equal(event->instrument, AS_INSTRUMENT_NONE);
    assert_int_equal(event->ts_event, SECOND(1782898200));
    assert_int_equal(event->ts_recv, SECOND(1782898200));
    assert_int_equal(h->ts_event, SECOND(1782898200));
    assert_int_equal(h->revision, 1782898200);
    assert_string_equal(h->text, "Nvidia & Meta");
    assert_int_equal(h->text_bytes, 13);
    assert_string_equal(h->id, "id-1");
    assert_string_equal(h->url, "http://x/1");
    assert_string_equal(h->source, "The Wire");
    assert_int_equal(h->tag_count, 1);
    assert_int_equal(h->tag[0], AST_NVDA);
    assert_int_equal(news.items.item[0].line, 3);
}

static void html_in_rss_titles_is_taken_out(void **state)
{
    (void)state;
    const char *pub = "<pubDate>1 Jul 2026 09:30 GMT</pubDate></item>";
    static const char *const titles[][2] = {
        {"<![CDATA[<b>Nvidia</b> cuts &#8220;guidance&#8221;]]>", "Nvidia cuts \xe2\x80\x9cguidance\xe2\x80\x9d"},
        {"&lt;b&gt;Nvidia&lt;/b&gt; cuts", "Nvidia cuts"},
        {"AT&amp;amp;T &amp;lt; 3", "AT&T < 3"},
        {"AT&amp;T", "AT&T"},
        {"EPS &lt; 3", "EPS < 3"},
        {"a<b>b</b>c", "abc"},
        {"  a\n\t b ", "a b"},
        {"&#x20ac;5", "\xe2\x82\xac"
                      "5"},
        {"a<![CDATA[b]]>c<!-- d -->e", "abce"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        char items[1024];
        snprintf(items, sizeof items, "<item><title>%s</title>%s", titles[i][0], pub);
        assert_string_equal(rss(items)->text, titles[i][1]);
    }
}

static void ids_and_addresses_stand_in_for_each_other(void **state)
{
    (void)state;
#define PUB "<pubDate>1 Jul 2026 09:30 GMT</pubDate>"
    const as_headline *h = rss("<item><title>t</title><link>http://x/1</link>" PUB "</item>");
    assert_string_equal(h->id, "http://x/1");
    h = rss("<item><title>t</title><guid>http://x/2</guid>" PUB "</item>");
    assert_string_equal(h->url, "http://x/2");
    h = rss("<item><title>t</title><guid isPermaLink='false'>http://x/2</guid>" PUB "</item>");
    assert_string_equal(h->url, "");
    assert_string_equal(h->id, "http://x/2");
    /* without either: made of the title, the same at another time */
    char id[AS_HEADLINE_ID_BYTES];
    h = rss("<item><title>t</title>" PUB "</item>");
    strcpy(id, h->id);
    assert_memory_equal(id, "The Wire-", 9);
    h = rss("<item><title>t</title><pubDate>2 Jul 2026 09:30 GMT</pubDate></item>");
    assert_string_equal(h->id, id);
    h = rss("<item><title>u</title>" PUB "</item>");
    assert_string_not_equal(h->id, id);
    /* a long one is its hash */
    char items[512];
    snprintf(items, sizeof items, "<item><title>t</title><guid>%0100d</guid>" PUB "</item>", 7);
    h = rss(items);
    assert_int_equal(strlen(h->id), strlen("The Wire-") + 16);
}

static void sources_are_the_items_the_publishers_or_the_channels(void **state)
{
    (void)state;
    assert_string_equal(rss("<item><title>t</title><source url='http://r/'>Reuters</source>" PUB "</item>")->source,
                        "Reuters");
    news.context.news.publisher = "desk";
    assert_string_equal(rss("<item><title>t</title>" PUB "</item>")->source, "desk");
    assert_string_equal(rss("<item><title>t</title><source>Reuters</source>" PUB "</item>")->source, "Reuters");
    news.context.news.publisher = NULL;
    assert_string_equal(
        atom("<entry><id>1</id><title>t</title><updated>2026-07-01T09:30:00Z</updated><source><id>x</id>"
             "<title>Origin</title><updated>1999-01-01T00:00:00Z</updated></source></entry>")
            ->source,
        "Origin");
    assert_int_equal(news.items.item[0].event.ts_event, SECOND(1782898200));
}

static void an_atom_entry_becomes_a_headline(void **state)
{
    (void)state;
    const as_headline *h = atom("<entry><title>Nvidia &lt;b> cuts</title><link rel='self' href='http://x/self'/>"
                                "<link href='http://x/1'/><link rel='alternate' href='http://x/2'/>"
                                "<id>urn:1</id><published>2026-07-01T09:30:00Z</published>"
                                "<updated>2026-07-01T09:31:00Z</updated><summary>s</summary>"
                                "<category scheme='urn:ticker' term='NVDA'/><category term='META'/></entry>");
    assert_int_equal(result_of(h), AS_NEWS_OK);
    assert_string_equal(h->text, "Nvidia <b> cuts"); /* of type text: what looks like a tag is none */
    assert_string_equal(h->id, "urn:1");
    assert_string_equal(h->url, "http://x/1");
    assert_string_equal(h->source, "The Feed");
    assert_int_equal(h->ts_event, SECOND(1782898260));
    assert_int_equal(h->revision, 60001);
    assert_int_equal(h->tag_count, 1);
    h = atom("<entry><title type='html'>Nvidia &lt;b>cuts&lt;/b></title><id>1</id>"
             "<updated>2026-07-01T09:30:00Z</updated></entry>");
    assert_string_equal(h->text, "Nvidia cuts");
    assert_int_equal(h->revision, 1782898200);
    h = atom("<entry><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>Nvidia <b>cuts</b></div></title>"
             "<id>1</id><updated>2026-07-01T09:30:00Z</updated></entry>");
    assert_string_equal(h->text, "Nvidia cuts");
    h = atom("<entry><summary type='html'>only &lt;i>this&lt;/i></summary><id>1</id>"
             "<updated>2026-07-01T09:30:00Z</updated></entry>");
    assert_string_equal(h->text, "only this");
}

static void a_later_stamp_is_a_higher_revision(void **state)
{
    (void)state;
    uint32_t revision[3];
    static const char *const updated[] = {"09:30:00Z", "09:30:01Z", "10:30:00.5Z"};
    for (size_t i = 0; i < 3; i++) {
        char entry[512];
        snprintf(entry, sizeof entry,
                 "<entry><title>t</title><id>1</id><published>2026-07-01T09:30:00Z</published>"
                 "<updated>2026-07-01T%s</updated></entry>",
                 updated[i]);
        revision[i] = atom(entry)->revision;
    }
    assert_int_equal(revision[0], 1);
    assert_int_equal(revision[1], 1001);
    assert_int_equal(revision[2], 3600501);
    assert_int_equal(
        rss("<item><title>t</title>" PUB "<atom:updated>2026-07-01T09:30:02Z</atom:updated></item>")->revision, 2001);
    assert_int_equal(rss("<item><title>t</title><dc:date>2026-07-01T09:30:00+00:00</dc:date></item>")->revision,
                     1782898200);
}

static void what_is_missing_or_wrong_is_a_fault_of_the_item(void **state)
{
    (void)state;
    assert_int_equal(result_of(rss("<item>" PUB "<title> <![CDATA[<p></p>]]> </title></item>")), AS_NEWS_NO_TEXT);
    assert_int_equal(result_of(rss("<item>" PUB "</item>")), AS_NEWS_NO_TEXT);
    assert_int_equal(result_of(rss("<item><title>t</title></item>")), AS_NEWS_MISSING_KEY);
    assert_int_equal(result_of(rss("<item><title>t</title><pubDate>yesterday</pubDate></item>")), AS_NEWS_BAD_TIME);
    assert_int_equal(news.items.item[0].event.kind, AS_EVENT_NONE);
    assert_int_equal(
        result_of(atom("<entry><title>t</title><id>1</id><updated>1 Jul 2026 09:30 GMT</updated></entry>")),
        AS_NEWS_BAD_TIME);
    /* a live feed takes the time of receipt for one that is missing, and revision 0 */
    news.context.now_ns = 77;
    const as_headline *h = rss("<item><title>t</title></item>");
    assert_int_equal(result_of(h), AS_NEWS_OK);
    assert_int_equal(h->ts_event, 77);
    assert_int_equal(h->revision, 0);
    news.context.now_ns = 0;
    rss("<item><title>a</title></item><item><title>b</title>" PUB "</item><item/>");
    assert_int_equal(news.items.messages, 3);
    assert_int_equal(news.items.count, 3);
    assert_int_equal(news.items.item[1].result, AS_NEWS_OK);
}

static void what_belongs_to_something_else_is_left_alone(void **state)
{
    (void)state;
    const as_headline *h =
        rss("<item><m:group xmlns:m='http://search.yahoo.com/mrss/'><m:title>wrong</m:title><title>wrong</title>"
            "<guid>wrong</guid></m:group><m:title xmlns:m='urn:x'>wrong</m:title><title>right</title>"
            "<title>second</title><guid>1</guid><guid>2</guid>" PUB "</item>");
    assert_string_equal(h->text, "right");
    assert_string_equal(h->id, "1");
    /* items outside their place */
    assert_int_equal(decode_text("<rss><channel><x><item><title>t</title></item></x></channel></rss>"), AS_XML_OK);
    assert_int_equal(news.items.messages, 0);
}

static void long_fields_are_cut_at_a_character(void **state)
{
    (void)state;
    static char items[8192];
    size_t at = (size_t)snprintf(items, sizeof items, "<item><title>x");
    for (int i = 0; i < 1000; i++)
        at += (size_t)snprintf(items + at, sizeof items - at, "\xe2\x82\xac");
    snprintf(items + at, sizeof items - at, "</title><guid>1</guid>" PUB "</item>");
    const as_headline *h = rss(items);
    assert_int_equal(result_of(h), AS_NEWS_OK);
    assert_true(h->cut);
    assert_int_equal(h->text_bytes, 511); /* x and 170 euros */
}

static void other_documents_are_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(decode_text("<html><body/></html>"), AS_XML_ROOT);
    assert_non_null(strstr(news.fault.text, "<html>"));
    assert_int_equal(decode_text("<feed><entry/></feed>"), AS_XML_ROOT);
    assert_int_equal(decode_text("<rss xmlns='urn:x'/>"), AS_XML_ROOT);
    assert_int_equal(decode_text("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>"), AS_XML_ROOT);
    assert_int_equal(decode_text("<!DOCTYPE rss><rss/>"), AS_XML_DTD);
    assert_int_equal(decode_text("<rss><channel>"), AS_XML_SYNTAX);
    assert_int_equal(decode_text("<rss/>"), AS_XML_OK);
    assert_int_equal(news.items.messages, 0);
}

static void every_cut_of_a_document_is_refused_with_whole_items_only(void **state)
{
    (void)state;
    static const char document[] =
        "<rss><channel><title>W</title><item><title>A<b>&amp;</b></title><guid>1</guid>" PUB "</item>"
        "<item><title><![CDATA[B]]></title><link>http://x</link>" PUB "</item></channel></rss>";
    for (size_t bytes = 0; bytes < sizeof document - 1; bytes++) {
        as_xml_result result = decode(document, bytes);
        assert_true(result == AS_XML_SYNTAX);
        assert_true(news.items.count <= 2);
        if (news.items.count > 0)
            assert_string_equal(news.items.item[0].headline.text, "A&");
    }
    assert_int_equal(decode(document, sizeof document - 1), AS_XML_OK);
    assert_int_equal(news.items.count, 2);
}

static void latin_1_and_utf16_titles_become_utf8(void **state)
{
    (void)state;
    assert_int_equal(
        decode_text("<?xml version='1.0' encoding='ISO-8859-1'?><rss><channel><item><title>caf\xe9</title>" PUB
                    "</item></channel></rss>"),
        AS_XML_OK);
    assert_string_equal(news.items.item[0].headline.text, "caf\xc3\xa9");
}

static void more_items_than_the_limit_are_counted(void **state)
{
    (void)state;
    static const char item[] = "<item><title>t</title>" PUB "</item>";
    size_t bytes = sizeof item * (AS_NEWS_ITEM_MAX + 10) + 64, at = 0;
    char *document = malloc(bytes);
    assert_non_null(document);
    at += (size_t)snprintf(document, bytes, "<rss><channel>");
    for (int i = 0; i < AS_NEWS_ITEM_MAX + 3; i++)
        at += (size_t)snprintf(document + at, bytes - at, "%s", item);
    at += (size_t)snprintf(document + at, bytes - at, "</channel></rss>");
    assert_int_equal(decode(document, at), AS_XML_OK);
    assert_int_equal(news.items.count, AS_NEWS_ITEM_MAX);
    assert_int_equal(news.items.messages, AS_NEWS_ITEM_MAX + 3);
    assert_int_equal(news.items.too_many, 3);
    free(document);
}

/* ---- halts ---- */

static void assert_status(uint32_t i, uint32_t instrument, as_trading_state want, uint64_t seconds, const char *reason)
{
    const as_event *event = &news.items.item[i].event;
    char padded[8] = {0};
    memcpy(padded, reason, strlen(reason));
    assert_int_equal(event->kind, AS_EVENT_STATUS);
    assert_int_equal(event->instrument, instrument);
    assert_int_equal(event->status.state, want);
    assert_int_equal(event->ts_event, seconds * AS_NS_PER_S);
    assert_memory_equal(event->status.reason, padded, 8);
}

#define HALT(symbol, time, reason, date2, quote, trade)                                                                \
    "<item><title>" symbol "</title><ndaq:HaltDate>01/21/2022</ndaq:HaltDate><ndaq:HaltTime>" time                     \
    "</ndaq:HaltTime><ndaq:IssueSymbol>" symbol "</ndaq:IssueSymbol><ndaq:ReasonCode>" reason                          \
    "</ndaq:ReasonCode><ndaq:ResumptionDate>" date2 "</ndaq:ResumptionDate><ndaq:ResumptionQuoteTime>" quote           \
    "</ndaq:ResumptionQuoteTime><ndaq:ResumptionTradeTime>" trade "</ndaq:ResumptionTradeTime></item>"

static void a_halt_becomes_statuses(void **state)
{
    (void)state;
    rss(HALT("OFED", " 13:25:48 ", "LUDP", "01/21/2022", "13:25:48", "13:30:48"));
    assert_int_equal(news.items.messages, 1);
    assert_int_equal(news.items.count, 3);
    assert_status(0, AST_OFED, AS_STATE_PAUSED, 1642789548, "LUDP");
    assert_status(1, AST_OFED, AS_STATE_QUOTE_ONLY, 1642789548, "");
    assert_status(2, AST_OFED, AS_STATE_TRADING, 1642789848, "");
    assert_string_equal(news.items.item[0].headline.id, "OFED 01/21/2022 13:25:48 paused");
    assert_string_equal(news.items.item[2].headline.id, "OFED 01/21/2022 13:30:48 trading");
    assert_string_equal(news.items.item[0].headline.source, "The Wire");
    rss(HALT("META", "19:50:04.250", "T1", "", "", ""));
    assert_int_equal(news.items.count, 1);
    assert_int_equal(news.items.item[0].event.status.state, AS_STATE_HALTED);
    assert_int_equal(news.items.item[0].event.ts_event % AS_NS_PER_S, 250000000);
    rss(HALT("META", "09:45:15", "M", "01/21/2022", "", "09:51:15"));
    assert_int_equal(news.items.count, 2);
    assert_status(0, AST_META, AS_STATE_PAUSED, 1642776315, "M");
    assert_status(1, AST_META, AS_STATE_TRADING, 1642776675, "");
    rss(HALT("ZZZZ", "09:45:15", "M", "01/21/2022", "", "09:51:15"));
    assert_int_equal(news.items.count, 0);
    assert_int_equal(news.items.unknown_symbol, 1);
}

static void a_halt_with_wrong_times_is_a_fault(void **state)
{
    (void)state;
    static const char *const times[] = {"9:45:15", "25:00:00", "09:45", "09:45:15.", "09:45:15x", "aa:bb:cc"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char item[1024];
        snprintf(item, sizeof item,
                 "<item><title>META</title><ndaq:HaltDate>01/21/2022</ndaq:HaltDate><ndaq:HaltTime>%s</ndaq:HaltTime>"
                 "<ndaq:IssueSymbol>META</ndaq:IssueSymbol></item>",
                 times[i]);
        assert_int_equal(result_of(rss(item)), AS_NEWS_BAD_TIME);
    }
    rss(HALT("META", "09:45:15", "M", "02/30/2022", "", "09:51:15"));
    assert_int_equal(news.items.count, 2);
    assert_int_equal(news.items.item[1].result, AS_NEWS_BAD_TIME);
}

static void without_a_zone_halts_are_headlines(void **state)
{
    (void)state;
    news.context.zone = NULL;
    const as_headline *h =
        rss("<item><title>META</title><ndaq:HaltDate>01/21/2022</ndaq:HaltDate>"
            "<ndaq:HaltTime>09:45:15</ndaq:HaltTime><ndaq:IssueSymbol>META</ndaq:IssueSymbol>" PUB "</item>");
    news.context.zone = news.new_york;
    assert_int_equal(result_of(h), AS_NEWS_OK);
    assert_string_equal(h->text, "META");
}

static uint32_t one_for_all(void *arg, const char *symbol, size_t symbol_bytes)
{
    (void)arg;
    (void)symbol;
    (void)symbol_bytes;
    return 1;
}

static void the_recorded_halts_feed_is_read_whole(void **state)
{
    (void)state;
    size_t bytes;
    uint8_t *document = ast_shared_read("data/news/nasdaq_trade_halts_20220121.rss.xml", &bytes);
    if (!document)
        skip();
    as_news_items_context context = {.news = {.resolve = one_for_all}, .zone = news.new_york};
    assert_int_equal(as_rss_decode(news.xml, document, bytes, &context, &news.items, NULL, &news.fault), AS_XML_OK);
    assert_int_equal(news.items.messages, 13);
    assert_int_equal(news.items.count, 35); /* 13 halts, 11 of them resumed, by Python's ElementTree and zoneinfo */
    unsigned states[4] = {0};
    for (uint32_t i = 0; i < news.items.count; i++)
        states[news.items.item[i].event.status.state]++;
    assert_int_equal(states[AS_STATE_PAUSED], 9);
    assert_int_equal(states[AS_STATE_HALTED], 4);
    assert_int_equal(states[AS_STATE_QUOTE_ONLY], 11);
    assert_int_equal(states[AS_STATE_TRADING], 11);
    assert_status(3, 1, AS_STATE_HALTED, 1642786179, "T3");
    assert_status(5, 1, AS_STATE_TRADING, 1642789456, "");
    assert_status(33, 1, AS_STATE_HALTED, 1638298330, "T1");
    assert_status(34, 1, AS_STATE_HALTED, 1550869321, "T12");
    as_news_items_sort(&news.items);
    assert_int_equal(news.items.order[0], 34);
    free(document);
}

static int set_up(void **state)
{
    (void)state;
    return ast_news_init(&news);
}

static int tear_down(void **state)
{
    (void)state;
    ast_news_fini(&news);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rss_item_becomes_a_headline),
        cmocka_unit_test(html_in_rss_titles_is_taken_out),
        cmocka_unit_test(ids_and_addresses_stand_in_for_each_other),
        cmocka_unit_test(sources_are_the_items_the_publishers_or_the_channels),
        cmocka_unit_test(an_atom_entry_becomes_a_headline),
        cmocka_unit_test(a_later_stamp_is_a_higher_revision),
        cmocka_unit_test(what_is_missing_or_wrong_is_a_fault_of_the_item),
        cmocka_unit_test(what_belongs_to_something_else_is_left_alone),
        cmocka_unit_test(long_fields_are_cut_at_a_character),
        cmocka_unit_test(other_documents_are_refused_by_name),
        cmocka_unit_test(every_cut_of_a_document_is_refused_with_whole_items_only),
        cmocka_unit_test(latin_1_and_utf16_titles_become_utf8),
        cmocka_unit_test(more_items_than_the_limit_are_counted),
        cmocka_unit_test(a_halt_becomes_statuses),
        cmocka_unit_test(a_halt_with_wrong_times_is_a_fault),
        cmocka_unit_test(without_a_zone_halts_are_headlines),
        cmocka_unit_test(the_recorded_halts_feed_is_read_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
