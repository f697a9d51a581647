#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/newsml.h"
#include "tests/support/news_document.h"

#define NS "xmlns=\"http://iptc.org/std/nar/2006-10-01/\""
#define SECOND(s) (UINT64_C(s) * AS_NS_PER_S)

static ast_news news;

static as_xml_result decode(const char *document, size_t bytes)
{
    char *copy = ast_news_copy(document, bytes);
    as_xml_result result = as_newsml_decode(news.xml, copy, bytes, &news.context, &news.items, &news.fault);
    free(copy);
    return result;
}

static as_xml_result decode_text(const char *document)
{
    return decode(document, strlen(document));
}

/* A newsItem with these parts; its record, if it was kept. */
static const as_news_item *item(const char *attributes, const char *item_meta, const char *content_meta)
{
    static char document[8192];
    snprintf(document, sizeof document,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<newsItem " NS " standard=\"NewsML-G2\" %s>"
             "<catalogRef href=\"http://x\"/><itemMeta><itemClass qcode=\"ninat:text\"/>%s</itemMeta>"
             "<contentMeta>%s</contentMeta><contentSet><inlineXML><headline>no</headline></inlineXML></contentSet>"
             "</newsItem>",
             attributes, item_meta, content_meta);
    assert_int_equal(decode_text(document), AS_XML_OK);
    assert_int_equal(news.items.messages, 1);
    return &news.items.item[0];
}

#define ID "guid=\"urn:newsml:x:1\" version=\"3\""
#define CREATED "<versionCreated>2026-07-01T09:30:00Z</versionCreated>"
#define TITLE "<headline>Nvidia cuts</headline>"

static void a_news_item_becomes_a_headline(void **state)
{
    (void)state;
    const as_news_item *got =
        item(ID,
             "<provider qcode=\"nprov:REUTERS\"/>" CREATED "<firstCreated>2026-07-01T08:00:00Z</firstCreated>"
             "<pubStatus qcode=\"stat:usable\"/><title>slug</title>",
             "<urgency>3</urgency><contentCreated>2026-07-01T09:00:00Z</contentCreated>"
             "<headline>Nvidia <span>cuts</span>\n   &amp; <!-- x -->runs</headline><headline>second</headline>"
             "<subject type=\"cpnat:organisation\" qcode=\"R:NVDA.OQ\"><name>Nvidia</name></subject>"
             "<subject qcode=\"medtop:04000000\"/>");
    const as_headline *h = &got->headline;
    assert_int_equal(got->result, AS_NEWS_OK);
    assert_int_equal(got->event.kind, AS_EVENT_HEADLINE);
    assert_int_equal(got->event.source, 5);
    assert_int_equal(got->event.ts_event, SECOND(1782898200));
    assert_int_equal(got->event.ts_recv, SECOND(1782898200));
    assert_string_equal(h->text, "Nvidia cuts & runs");
    assert_string_equal(h->id, "urn:newsml:x:1");
    assert_string_equal(h->source, "REUTERS");
    assert_int_equal(h->revision, 3);
    assert_int_equal(h->retracted, 0);
    assert_int_equal(h->tag_count, 1);
    assert_int_equal(h->tag[0], AST_NVDA);
}

static void the_source_is_the_credit_line_else_the_provider_else_the_publisher(void **state)
{
    (void)state;
    assert_string_equal(item(ID, "<provider literal=\"AFP\"><name>Agence</name></provider>" CREATED,
                             TITLE "<creditline> Reuters </creditline>")
                            ->headline.source,
                        "Reuters");
    assert_string_equal(
        item(ID, "<provider literal=\"AFP\"><name>Agence</name></provider>" CREATED, TITLE)->headline.source, "Agence");
    assert_string_equal(item(ID, "<provider literal=\"AFP\"/>" CREATED, TITLE)->headline.source, "AFP");
    assert_string_equal(item(ID, CREATED "<x><provider literal=\"no\"/><name>no</name></x>", TITLE)->headline.source,
                        "");
    news.context.news.publisher = "desk";
    assert_string_equal(item(ID, CREATED, TITLE)->headline.source, "desk");
    news.context.news.publisher = NULL;
}

static void canceled_takes_back_with_or_without_a_headline(void **state)
{
    (void)state;
    const as_news_item *got = item(ID, CREATED "<pubStatus qcode=\"stat:canceled\"/>", TITLE);
    assert_int_equal(got->result, AS_NEWS_OK);
    assert_int_equal(got->headline.retracted, 1);
    got = item(ID, CREATED "<pubStatus qcode=\"s:cancelled\"/>", "");
    assert_int_equal(got->result, AS_NEWS_NO_TEXT);
    assert_int_equal(got->headline.retracted, 1);
    assert_string_equal(got->headline.id, "urn:newsml:x:1");
    assert_int_equal(got->headline.revision, 3);
    assert_int_equal(got->event.ts_event, SECOND(1782898200));
    assert_int_equal(item(ID, CREATED "<pubStatus qcode=\"canceled\"/>", TITLE)->headline.retracted, 0);
    assert_int_equal(item(ID, CREATED, "")->headline.retracted, 0);
}

static void embargoed_and_withheld_items_are_held(void **state)
{
    (void)state;
    const as_news_item *got = item(ID, CREATED "<embargoed>2026-07-01T12:00:00+01:00</embargoed>", TITLE);
    assert_int_equal(got->result, AS_NEWS_OK);
    assert_int_equal(got->event.ts_event, SECOND(1782898200));
    assert_int_equal(got->event.ts_recv, SECOND(1782898200) + 90 * AS_NS_PER_MIN);
    assert_int_equal(got->headline.ts_recv, got->event.ts_recv);
    assert_int_equal(news.items.embargoed, 1);
    got = item(ID, CREATED "<embargoed>2026-07-01T09:00:00Z</embargoed>", TITLE); /* over */
    assert_int_equal(got->event.ts_recv, SECOND(1782898200));
    assert_int_equal(news.items.embargoed, 0);
    item(ID, CREATED "<embargoed/>", TITLE);
    assert_int_equal(news.items.count, 0);
    assert_int_equal(news.items.held, 1);
    item(ID, CREATED "<pubStatus qcode=\"stat:withheld\"/>", TITLE);
    assert_int_equal(news.items.count, 0);
    assert_int_equal(news.items.held, 1);
    /* an embargo that cannot be read is no reason to let the item through */
    assert_int_equal(item(ID, CREATED "<embargoed>noon</embargoed>", TITLE)->result, AS_NEWS_BAD_TIME);
}

static void tickers_are_tags(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        unsigned count;
        uint32_t tag;
    } cases[] = {
        {"<subject qcode=\"ticker:META\"/>", 1, AST_META},
        {"<subject qcode=\"NASDAQ:META\"/>", 1, AST_META},
        {"<subject qcode=\"RIC:GS.N\"/>", 1, AST_GS},
        {"<subject qcode=\"R:GS\"/>", 1, AST_GS},
        {"<subject qcode=\"R:.SPX\"/>", 0, 0},
        {"<subject qcode=\"medtop:META\"/>", 0, 0},
        {"<subject qcode=\"META\"/>", 0, 0},
        {"<subject qcode=\"ticker:\"/>", 0, 0},
        {"<subject/>", 0, 0},
        {"<subject qcode=\"x:y\"><organisationDetails><hasInstrument symbol=\"META\" marketlabel=\"Nasdaq\"/>"
         "</organisationDetails></subject>",
         1, AST_META},
        {"<x><subject qcode=\"ticker:META\"/></x>", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char content[1024];
        snprintf(content, sizeof content, TITLE "%s", cases[i].content);
        const as_news_item *got = item(ID, CREATED, content);
        assert_int_equal(got->headline.tag_count, cases[i].count);
        if (cases[i].count)
            assert_int_equal(got->headline.tag[0], cases[i].tag);
    }
}

static void what_is_missing_or_wrong_is_a_fault_of_the_item(void **state)
{
    (void)state;
    assert_int_equal(item("version=\"1\"", CREATED, TITLE)->result, AS_NEWS_MISSING_KEY);
    assert_int_equal(item("guid=\"\"", CREATED, TITLE)->result, AS_NEWS_MISSING_KEY);
    assert_int_equal(item(ID, "", TITLE)->result, AS_NEWS_MISSING_KEY);
    assert_int_equal(item(ID, "<versionCreated>2026-07-01</versionCreated>", TITLE)->result, AS_NEWS_BAD_TIME);
    assert_int_equal(item("guid=\"x\" version=\"1a\"", CREATED, TITLE)->result, AS_NEWS_BAD_VALUE);
    assert_int_equal(item("guid=\"x\" version=\"0\"", CREATED, TITLE)->result, AS_NEWS_BAD_VALUE);
    assert_int_equal(item("guid=\"x\" version=\"-1\"", CREATED, TITLE)->result, AS_NEWS_BAD_VALUE);
    assert_int_equal(item("guid=\"x\" version=\"4294967296\"", CREATED, TITLE)->result, AS_NEWS_BAD_VALUE);
    assert_int_equal(item(ID, CREATED, "<headline> </headline>")->result, AS_NEWS_NO_TEXT);
    assert_int_equal(news.items.item[0].event.kind, AS_EVENT_NONE);
    const as_news_item *got = item("guid=\"x\"", CREATED "<title>slug</title>", "");
    assert_int_equal(got->result, AS_NEWS_OK);
    assert_int_equal(got->headline.revision, 1);
    assert_string_equal(got->headline.text, "slug");
}

static const char message[] =
    "<newsMessage " NS "><header><sent>2026-07-01T09:30:00Z</sent></header><itemSet>"
    "<newsItem guid='a' version='1'><itemMeta>" CREATED "</itemMeta><contentMeta><headline>A</headline></contentMeta>"
    "</newsItem><packageItem guid='p'><itemMeta>" CREATED "</itemMeta><contentMeta><headline>P</headline></contentMeta>"
    "<groupSet><newsItem/></groupSet></packageItem><conceptItem/>"
    "<newsItem guid='b' version='2'><itemMeta>" CREATED "</itemMeta><contentMeta><headline>B</headline></contentMeta>"
    "</newsItem></itemSet></newsMessage>";

static void a_message_holds_several_items(void **state)
{
    (void)state;
    assert_int_equal(decode_text(message), AS_XML_OK);
    assert_int_equal(news.items.messages, 2);
    assert_int_equal(news.items.count, 2);
    assert_int_equal(news.items.other, 2);
    assert_string_equal(news.items.item[0].headline.text, "A");
    assert_string_equal(news.items.item[1].headline.text, "B");
    assert_string_equal(news.items.item[1].headline.id, "b");
    assert_int_equal(news.items.item[1].headline.revision, 2);
}

static void a_prefix_is_as_good_as_a_default_namespace(void **state)
{
    (void)state;
    assert_int_equal(decode_text("<n:newsItem xmlns:n='http://iptc.org/std/nar/2006-10-01/' guid='a'><n:itemMeta>"
                                 "<n:versionCreated>2026-07-01T09:30:00Z</n:versionCreated></n:itemMeta><n:contentMeta>"
                                 "<headline>no</headline><n:headline>yes</n:headline></n:contentMeta></n:newsItem>"),
                     AS_XML_OK);
    assert_string_equal(news.items.item[0].headline.text, "yes");
}

static void other_documents_are_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(decode_text("<newsItem/>"), AS_XML_ROOT);
    assert_int_equal(decode_text("<packageItem " NS "/>"), AS_XML_ROOT);
    assert_non_null(strstr(news.fault.text, "<packageItem>"));
    assert_int_equal(decode_text("<NewsML/>"), AS_XML_ROOT);
    assert_int_equal(decode_text("<newsMessage " NS "/>"), AS_XML_OK);
    assert_int_equal(news.items.messages, 0);
}

static void every_cut_of_a_message_is_refused_with_whole_items_only(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < sizeof message - 1; bytes++) {
        assert_int_equal(decode(message, bytes), AS_XML_SYNTAX);
        assert_true(news.items.count <= 2);
        for (uint32_t i = 0; i < news.items.count; i++)
            assert_string_equal(news.items.item[i].headline.text, i == 0 ? "A" : "B");
    }
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
        cmocka_unit_test(a_news_item_becomes_a_headline),
        cmocka_unit_test(the_source_is_the_credit_line_else_the_provider_else_the_publisher),
        cmocka_unit_test(canceled_takes_back_with_or_without_a_headline),
        cmocka_unit_test(embargoed_and_withheld_items_are_held),
        cmocka_unit_test(tickers_are_tags),
        cmocka_unit_test(what_is_missing_or_wrong_is_a_fault_of_the_item),
        cmocka_unit_test(a_message_holds_several_items),
        cmocka_unit_test(a_prefix_is_as_good_as_a_default_namespace),
        cmocka_unit_test(other_documents_are_refused_by_name),
        cmocka_unit_test(every_cut_of_a_message_is_refused_with_whole_items_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
