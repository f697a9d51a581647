/*
 * Reader: documents of news. RSS, Atom and NewsML-G2 (XML); Alpaca's and AlphaVantage's answers (JSON).
 *
 * A document is read whole, up to AS_NEWS_DOCUMENT_BYTES, into a list of items, which are then given one by one in the
 * document's order; the window of the input puts them into the order of their times.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "feeds/files/input_internal.h"
#include "feeds/news/alpaca.h"
#include "feeds/news/alphavantage.h"
#include "feeds/news/newsml.h"
#include "feeds/news/rss.h"
#include "feeds/news/seen.h"

#define HALT_ZONE "America/New_York"

enum { CHUNK_BYTES = 64 * 1024, KEYS_BYTES = 240, ROOT_BYTES = 64 };

typedef struct news_state {
    as_news_items items;
    as_news_items_context context;
    as_timezone *zone;
    as_seen *seen; /* NewsML: texts of what may be taken back by its id alone */
    uint32_t at;
    const char *type; /* what an item is called: "item" "entry" "newsItem" "article" */
    uint64_t controls;
} news_state;

/* ---- the document ---- */

typedef struct document {
    char *text;
    size_t bytes, room;
} document;

/* Appends a piece. 0, or a negative errno with the error chain set. */
static int append(const as_input *input, document *d, const uint8_t *piece, size_t piece_bytes)
{
    if (d->bytes + piece_bytes > AS_NEWS_DOCUMENT_BYTES)
        return as_error_set(-EFBIG, "%s: a document of news of more than %d bytes; allowed: up to that", input->path,
                            AS_NEWS_DOCUMENT_BYTES);
    if (d->bytes + piece_bytes > d->room) {
        size_t room = 2 * (d->bytes + piece_bytes);
        char *grown = realloc(d->text, room);
        if (!grown)
            return as_error_set(-ENOMEM, "%s: out of memory", input->path);
        d->text = grown;
        d->room = room;
    }
    memcpy(d->text + d->bytes, piece, piece_bytes);
    d->bytes += piece_bytes;
    return 0;
}

/* All of the input, in one piece; its text is to be freed, whatever the result. */
static int read_document(as_input *input, document *d)
{
    for (;;) {
        int code = as_input_fill(input, CHUNK_BYTES);
        size_t have = input->view_bytes - input->view_at;
        if (code == 0 && have > 0)
            code = append(input, d, input->view + input->view_at, have);
        if (code < 0 || have == 0)
            return code;
        input->view_at += have;
    }
}

static void set_format(as_input *input, const char *format, const char *type)
{
    news_state *state = input->state;
    snprintf(input->stats->format, sizeof input->stats->format, "%s", format);
    state->type = type;
}

/* ---- XML ---- */

static as_xml_result decode_xml(as_input *input, as_xml *xml, const char *text, size_t bytes, as_xml_fault *fault)
{
    news_state *state = input->state;
    char root[ROOT_BYTES];
    as_xml_result result = as_xml_root(xml, text, bytes, root, sizeof root, fault);
    if (result != AS_XML_OK)
        return result;
    if (strcmp(root, "newsItem") == 0 || strcmp(root, "newsMessage") == 0) {
        set_format(input, "newsml", "newsItem");
        return as_newsml_decode(xml, text, bytes, &state->context, &state->items, fault);
    }
    as_rss_kind kind = AS_RSS_RSS;
    result = as_rss_decode(xml, text, bytes, &state->context, &state->items, &kind, fault);
    if (result == AS_XML_ROOT)
        snprintf(fault->text, sizeof fault->text,
                 "its root element is <%s>; allowed: rss, feed of Atom, newsItem and newsMessage of NewsML-G2", root);
    else if (kind == AS_RSS_ATOM)
        set_format(input, "atom", "entry");
    else
        set_format(input, "rss", "item");
    return result;
}

static int open_xml(as_input *input, const char *text, size_t bytes)
{
    const news_state *state = input->state;
    as_xml_fault fault = {.line = 1, .column = 1};
    as_xml *xml = NULL;
    if (as_xml_new(&xml) < 0)
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    as_xml_result result = decode_xml(input, xml, text, bytes, &fault);
    as_xml_free(xml);
    if (result == AS_XML_OK)
        return 0;
    if (result == AS_XML_ROOT)
        return as_error_set(-EPROTO, "%s: an XML document of no known kind: %s", input->path, fault.text);
    input->line_seq = fault.line;
    if (result == AS_XML_SYNTAX && state->items.messages > 0) /* what is before the damage is good */
        return as_input_bad_line(input, as_xml_result_name(result), fault.text, strlen(fault.text));
    return as_error_set(-EBADMSG, "%s:%llu: %s: %s (column %llu)", input->path, (unsigned long long)fault.line,
                        as_xml_result_name(result), fault.text, (unsigned long long)fault.column);
}

/* ---- JSON ---- */

static int refuse_json(const as_input *input, const char *what, const as_json_member *member, uint32_t count)
{
    char keys[KEYS_BYTES] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < count && n + 60 < sizeof keys; i++) {
        char name[48];
        as_json_string_copy(&member[i].key, name, sizeof name, NULL);
        n += (size_t)snprintf(keys + n, sizeof keys - n, "%s%s", i ? ", " : "", name);
    }
    return as_error_set(
        -EPROTO,
        "%s: a JSON %s of no known kind: its keys are: %s; allowed: an object with \"news\" (Alpaca) or "
        "\"feed\" (AlphaVantage), an array of Alpaca's items (id, headline, created_at), or NDJSON",
        input->path, what, count ? keys : "none");
}

static int bad_json(const as_input *input, as_news_result result)
{
    return as_error_set(-EBADMSG, "%s: %s: not one whole JSON document", input->path, as_news_result_name(result));
}

/* Is it one of Alpaca's: news, or talk of a stream? */
static bool is_alpaca(const as_json_member *member, uint32_t count)
{
    return as_json_find(member, count, "T") ||
           (as_json_find(member, count, "id") && as_json_find(member, count, "headline"));
}

static void decode_alpaca(news_state *state, as_alpaca_message *message, const char *text)
{
    as_json_value value;
    as_alpaca_control control;
    uint64_t line = 1;
    for (const char *from = text; as_alpaca_next(message, &value); from = value.text) {
        line += as_news_line_ends(from, value.text);
        state->items.messages++;
        as_news_item *item = as_news_items_room(&state->items, &state->context);
        if (!item)
            continue;
        as_event event;
        as_news_result result = as_alpaca_decode(&value, &state->context.news, &control, &event, &item->headline);
        if (result == AS_NEWS_OK) {
            item->event = event;
            as_news_items_add(&state->items);
        } else if (result == AS_NEWS_CONTROL) {
            state->items.messages--;
            state->controls++;
        } else {
            as_news_items_add_bad(&state->items, result, line);
        }
    }
}

static int open_alpaca(as_input *input, const char *text, size_t bytes)
{
    as_alpaca_message message;
    as_news_result result = as_alpaca_open(text, bytes, &message);
    if (result != AS_NEWS_OK)
        return bad_json(input, result);
    set_format(input, "alpaca", "article");
    decode_alpaca(input->state, &message, text);
    return 0;
}

/* An array: its first item says what they are. */
static int open_array(as_input *input, const as_json_value *array, const char *text, size_t bytes)
{
    as_json_member member[AS_JSON_MEMBER_MAX];
    as_json_value first;
    uint32_t at = 0, count = 0;
    bool any = as_json_array_next(array, &at, &first);
    if (any &&
        (as_json_object(first.text, first.text_bytes, member, &count) != AS_JSON_OK || !is_alpaca(member, count)))
        return refuse_json(input, "array", member, count);
    return open_alpaca(input, text, bytes);
}

static int open_json(as_input *input, const char *text, size_t bytes)
{
    as_json_member member[AS_JSON_MEMBER_MAX];
    news_state *state = input->state;
    as_json_value value;
    uint32_t count;
    as_news_result result = as_news_from_json(as_json_check(text, bytes, &value));
    if (result == AS_NEWS_OK && value.type == AS_JSON_ARRAY)
        return open_array(input, &value, text, bytes);
    if (result == AS_NEWS_OK)
        result = as_news_from_json(as_json_object(text, bytes, member, &count));
    if (result != AS_NEWS_OK)
        return bad_json(input, result);
    if (as_alphavantage_is(member, count)) {
        set_format(input, "alphavantage", "article");
        as_alphavantage_decode(text, bytes, &state->context, &state->items);
        return 0;
    }
    if (!as_json_find(member, count, "news") && !is_alpaca(member, count))
        return refuse_json(input, "object", member, count);
    return open_alpaca(input, text, bytes);
}

/* ---- the reader ---- */

static int open_news(as_input *input)
{
    news_state *state = input->state = calloc(1, sizeof *state);
    if (!state || as_news_items_init(&state->items) < 0 || !(state->seen = as_seen_new()))
        return as_error_set(-ENOMEM, "%s: out of memory", input->path);
    state->type = "item";
    if (as_timezone_new(HALT_ZONE, &state->zone) < 0)
        return as_error_add("%s: the zone of trading halts", input->path);
    state->context = (as_news_items_context){.news = {.symbols = as_input_symbols(input),
                                                      .resolve = input->options.universe ? NULL : as_input_resolve,
                                                      .arg = input,
                                                      .source = input->options.source},
                                             .zone = state->zone};
    document d = {0};
    int code = read_document(input, &d);
    size_t skip = d.bytes >= 3 && memcmp(d.text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (code == 0 && input->format == AS_INPUT_NEWS_XML)
        code = open_xml(input, d.text, d.bytes);
    else if (code == 0)
        code = open_json(input, d.text + skip, d.bytes - skip);
    free(d.text);
    input->stats->rows = state->items.messages;
    return code;
}

/* An item taken back without a text gets that of the version before it. */
static bool is_usable(news_state *state, as_news_item *item)
{
    as_headline *headline = &item->headline;
    if (item->result == AS_NEWS_NO_TEXT && headline->retracted && as_seen_recall(state->seen, headline)) {
        item->event = as_news_event(&state->context.news, headline);
        item->result = AS_NEWS_OK;
    }
    if (item->result == AS_NEWS_OK && item->event.kind == AS_EVENT_HEADLINE)
        as_seen_see(state->seen, headline);
    return item->result == AS_NEWS_OK;
}

static int next_news(as_input *input, as_event *event, as_headline *headline)
{
    news_state *state = input->state;
    while (state->at < state->items.count) {
        as_news_item *item = &state->items.item[state->at++];
        if (is_usable(state, item)) {
            *event = item->event;
            if (event->kind == AS_EVENT_HEADLINE)
                *headline = item->headline;
            return 1;
        }
        input->line_seq = item->line;
        const char *text = item->headline.text[0] ? item->headline.text : item->headline.id;
        int code = as_input_bad_line(input, as_news_result_name((as_news_result)item->result), text, strlen(text));
        if (code < 0)
            return code;
    }
    return 0;
}

static void count_news(as_input *input)
{
    const news_state *state = input->state;
    const as_news_items *items = &state->items;
    input->stats->messages = input->stats->rows = items->messages;
    input->stats->unknown_symbol = items->unknown_symbol;
    as_input_count_type(input, state->type, items->messages);
    as_input_count_type(input, "embargoed", items->embargoed);
    as_input_count_type(input, "held", items->held);
    as_input_count_type(input, "other", items->other);
    as_input_count_type(input, "control", state->controls);
    as_input_count_error(input, "too_many_items", items->too_many);
}

static void close_news(as_input *input)
{
    news_state *state = input->state;
    if (!state)
        return;
    as_news_items_fini(&state->items);
    as_timezone_free(state->zone);
    as_seen_free(state->seen);
    free(state);
}

const as_input_reader as_input_news = {open_news, next_news, count_news, close_news, .text = true};
