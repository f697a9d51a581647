#include "feeds/news/newsml.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "feeds/decode/headline_record.h"
#include "feeds/news/stamp.h"

#define NAR AS_NEWSML_NAMESPACE

enum { FIELD_BYTES = 1024, VERSION_DIGITS_MAX = 9, MESSAGE_ITEM_DEPTH = 3 };

typedef enum field_name {
    GUID,
    VERSION,
    CREATED,
    EMBARGO,
    TITLE,
    HEADLINE,
    CREDIT,
    PROVIDER,      /* its literal or code */
    PROVIDER_NAME, /* goes before it */
    FIELD_COUNT,
    NO_FIELD = FIELD_COUNT
} field_name;

typedef enum section { SECTION_OTHER, SECTION_ITEM_META, SECTION_CONTENT_META } section;

typedef struct field {
    size_t bytes;
    bool cut;
    char text[FIELD_BYTES];
} field;

typedef struct reader {
    as_xml *xml;
    const as_news_items_context *context;
    as_news_items *items;
    bool rooted, message; /* the root is a newsMessage */
    bool in_set;          /* within its itemSet */
    bool canceled, withheld, has_embargo;
    unsigned item_depth; /* of the newsItem that is being read; 0: none is */
    section section;
    unsigned provider_depth;
    field_name open; /* text belongs to it, until the element at open_depth ends */
    unsigned open_depth;
    as_news_item *item;
    char root[64];
    field field[FIELD_COUNT];
} reader;

/* ---- text ---- */

static void put(field *f, const char *text, size_t text_bytes)
{
    size_t room = sizeof f->text - f->bytes;
    f->cut = f->cut || text_bytes > room;
    if (text_bytes > room)
        text_bytes = room;
    memcpy(f->text + f->bytes, text, text_bytes);
    f->bytes += text_bytes;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Every run of blanks one, none at the ends; without half a character where it was cut. */
static void tidy(field *f)
{
    size_t n = 0;
    if (f->cut) {
        while (f->bytes > 0 && ((unsigned char)f->text[f->bytes - 1] & 0xc0) == 0x80)
            f->bytes--;
        if (f->bytes > 0 && (unsigned char)f->text[f->bytes - 1] >= 0xc0)
            f->bytes--;
    }
    for (size_t i = 0; i < f->bytes; i++) {
        bool blank = is_blank(f->text[i]);
        if (blank && (n == 0 || f->text[n - 1] == ' '))
            continue;
        f->text[n++] = blank ? ' ' : f->text[i];
    }
    f->bytes = n > 0 && f->text[n - 1] == ' ' ? n - 1 : n;
}

static void set(reader *r, field_name name, const char *text)
{
    if (!text || r->field[name].bytes > 0)
        return;
    put(&r->field[name], text, strlen(text));
    tidy(&r->field[name]);
}

/* The first of its kind counts. */
static void open_field(reader *r, field_name name, unsigned depth)
{
    if (r->field[name].bytes > 0)
        return;
    r->open = name;
    r->open_depth = depth;
}

/* ---- codes ---- */

/* What is behind the colon of a qcode; the alias is what is before it. NULL if there is no colon. */
static const char *code_of(const char *qcode)
{
    const char *colon = qcode ? strchr(qcode, ':') : NULL;
    return colon ? colon + 1 : NULL;
}

static bool alias_is(const char *qcode, const char *const *words)
{
    size_t bytes = strcspn(qcode, ":");
    for (; *words; words++)
        if (strlen(*words) == bytes && strncasecmp(*words, qcode, bytes) == 0)
            return true;
    return false;
}

static void tag_qcode(reader *r, const char *qcode)
{
    static const char *const tickers[] = {"ticker", "symbol", "nasdaq", "nyse", "amex", "arca",
                                          "xnas",   "xnys",   "xase",   "arcx", "bats", NULL};
    static const char *const reuters[] = {"r", "ric", NULL};
    const char *code = code_of(qcode);
    if (!code || !r->item)
        return;
    size_t bytes = strlen(code);
    const char *point = strrchr(code, '.');
    if (alias_is(qcode, tickers))
        as_news_items_tag(r->context, code, bytes, &r->item->headline);
    else if (alias_is(qcode, reuters))
        as_news_items_tag(r->context, code, point ? (size_t)(point - code) : bytes, &r->item->headline);
}

static bool is_code(const char *qcode, const char *word)
{
    const char *code = code_of(qcode);
    return code && strcasecmp(code, word) == 0;
}

/* ---- items ---- */

static void begin_item(reader *r, const as_xml_element *element)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        r->field[i].bytes = 0;
        r->field[i].cut = false;
    }
    r->canceled = r->withheld = r->has_embargo = false;
    r->section = SECTION_OTHER;
    r->provider_depth = 0;
    r->item_depth = element->depth;
    r->items->messages++;
    r->item = as_news_items_room(r->items, r->context);
    set(r, GUID, as_xml_attribute(element, "guid"));
    set(r, VERSION, as_xml_attribute(element, "version"));
}

static as_news_result read_version(const reader *r, uint32_t *version)
{
    const field *f = &r->field[VERSION];
    uint32_t value = 0;
    if (f->bytes > VERSION_DIGITS_MAX)
        return AS_NEWS_BAD_VALUE;
    for (size_t i = 0; i < f->bytes; i++) {
        if (f->text[i] < '0' || f->text[i] > '9')
            return AS_NEWS_BAD_VALUE;
        value = value * 10 + (uint32_t)(f->text[i] - '0');
    }
    *version = f->bytes > 0 ? value : 1;
    return *version > 0 ? AS_NEWS_OK : AS_NEWS_BAD_VALUE;
}

/* Times, the embargo included. */
static as_news_result read_times(const reader *r, as_headline *headline)
{
    const field *created = &r->field[CREATED], *embargo = &r->field[EMBARGO];
    uint64_t ts = r->context->now_ns, until = 0;
    if (created->bytes == 0 && ts == 0)
        return AS_NEWS_MISSING_KEY;
    if (created->bytes > 0 && !as_stamp_rfc3339(created->text, created->bytes, &ts))
        return AS_NEWS_BAD_TIME;
    if (r->has_embargo && !as_stamp_rfc3339(embargo->text, embargo->bytes, &until))
        return AS_NEWS_BAD_TIME;
    headline->ts_event = ts;
    headline->ts_recv = until > ts ? until : ts;
    r->items->embargoed += until > ts;
    return AS_NEWS_OK;
}

static const field *first_of(const reader *r, field_name a, field_name b, field_name c)
{
    return r->field[a].bytes > 0 ? &r->field[a] : r->field[b].bytes > 0 ? &r->field[b] : &r->field[c];
}

static as_news_result finish_record(const reader *r, as_news_item *item)
{
    as_headline *headline = &item->headline;
    const field *id = &r->field[GUID], *source = first_of(r, CREDIT, PROVIDER_NAME, PROVIDER);
    const field *text = first_of(r, HEADLINE, TITLE, TITLE);
    bool id_cut = false, text_cut = false;
    if (id->bytes == 0)
        return AS_NEWS_MISSING_KEY;
    as_news_result result = read_version(r, &headline->revision);
    if (result == AS_NEWS_OK)
        result = read_times(r, headline);
    if (result != AS_NEWS_OK)
        return result;
    as_headline_set(headline->id, sizeof headline->id, id->text, id->bytes, &id_cut);
    as_headline_set(headline->text, sizeof headline->text, text->text, text->bytes, &text_cut);
    const char *publisher = r->context->news.publisher;
    if (source->bytes > 0)
        as_headline_set(headline->source, sizeof headline->source, source->text, source->bytes, NULL);
    else if (publisher)
        as_headline_set(headline->source, sizeof headline->source, publisher, strlen(publisher), NULL);
    headline->cut = text_cut || text->cut;
    headline->retracted = r->canceled;
    bool has_text = as_headline_finish(headline, id_cut ? id->text : NULL, id->bytes);
    item->event = as_news_event(&r->context->news, headline);
    return has_text ? AS_NEWS_OK : AS_NEWS_NO_TEXT;
}

static void finish_item(reader *r)
{
    r->item_depth = 0;
    if (r->withheld || (r->has_embargo && r->field[EMBARGO].bytes == 0)) {
        r->items->held++;
        return;
    }
    if (!r->item)
        return;
    as_news_result result = finish_record(r, r->item);
    if (result == AS_NEWS_OK) {
        r->item->line = (uint32_t)as_xml_line(r->xml);
        as_news_items_add(r->items);
    } else {
        as_news_items_add_bad(r->items, result, as_xml_line(r->xml));
    }
}

/* ---- elements ---- */

static void begin_item_meta(reader *r, const as_xml_element *element)
{
    if (as_xml_is(element, NAR, "versionCreated")) {
        open_field(r, CREATED, element->depth);
    } else if (as_xml_is(element, NAR, "embargoed")) {
        r->has_embargo = true;
        open_field(r, EMBARGO, element->depth);
    } else if (as_xml_is(element, NAR, "title")) {
        open_field(r, TITLE, element->depth);
    } else if (as_xml_is(element, NAR, "provider")) {
        r->provider_depth = element->depth;
        set(r, PROVIDER, as_xml_attribute(element, "literal"));
        set(r, PROVIDER, code_of(as_xml_attribute(element, "qcode")));
    } else if (as_xml_is(element, NAR, "pubStatus")) {
        const char *qcode = as_xml_attribute(element, "qcode");
        r->canceled = is_code(qcode, "canceled") || is_code(qcode, "cancelled");
        r->withheld = is_code(qcode, "withheld");
    }
}

static void begin_content_meta(reader *r, const as_xml_element *element)
{
    if (as_xml_is(element, NAR, "headline"))
        open_field(r, HEADLINE, element->depth);
    else if (as_xml_is(element, NAR, "creditline"))
        open_field(r, CREDIT, element->depth);
    else if (as_xml_is(element, NAR, "subject"))
        tag_qcode(r, as_xml_attribute(element, "qcode"));
}

static void begin_in_item(reader *r, const as_xml_element *element)
{
    unsigned below = element->depth - r->item_depth;
    if (as_xml_is(element, NAR, "hasInstrument")) {
        const char *symbol = as_xml_attribute(element, "symbol");
        if (symbol && r->item)
            as_news_items_tag(r->context, symbol, strlen(symbol), &r->item->headline);
    } else if (below == 1) {
        r->section = as_xml_is(element, NAR, "itemMeta")      ? SECTION_ITEM_META
                     : as_xml_is(element, NAR, "contentMeta") ? SECTION_CONTENT_META
                                                              : SECTION_OTHER;
    } else if (below == 2 && r->section == SECTION_ITEM_META) {
        begin_item_meta(r, element);
    } else if (below == 2 && r->section == SECTION_CONTENT_META) {
        begin_content_meta(r, element);
    } else if (r->provider_depth > 0 && element->depth == r->provider_depth + 1 && as_xml_is(element, NAR, "name")) {
        open_field(r, PROVIDER_NAME, element->depth);
    }
}

static bool is_item(const as_xml_element *element)
{
    size_t bytes = strlen(element->name);
    return bytes > 4 && strcmp(element->name + bytes - 4, "Item") == 0;
}

static void begin_root(reader *r, const as_xml_element *element)
{
    bool item = as_xml_is(element, NAR, "newsItem");
    r->message = as_xml_is(element, NAR, "newsMessage");
    r->rooted = item || r->message;
    snprintf(r->root, sizeof r->root, "%s", element->name);
    if (!r->rooted)
        as_xml_stop(r->xml);
    else if (item)
        begin_item(r, element);
}

static void on_begin(void *ctx, const as_xml_element *element)
{
    reader *r = ctx;
    if (element->depth == 1)
        begin_root(r, element);
    else if (r->open != NO_FIELD)
        return; /* markup within a field: its text counts */
    else if (r->item_depth > 0)
        begin_in_item(r, element);
    else if (element->depth == MESSAGE_ITEM_DEPTH - 1)
        r->in_set = as_xml_is(element, NAR, "itemSet");
    else if (element->depth == MESSAGE_ITEM_DEPTH && r->in_set && as_xml_is(element, NAR, "newsItem"))
        begin_item(r, element);
    else if (element->depth == MESSAGE_ITEM_DEPTH && r->in_set && is_item(element))
        r->items->other++;
}

static void on_end(void *ctx, const as_xml_element *element)
{
    reader *r = ctx;
    if (r->open != NO_FIELD && element->depth == r->open_depth) {
        tidy(&r->field[r->open]);
        r->open = NO_FIELD;
    }
    if (element->depth == r->provider_depth)
        r->provider_depth = 0;
    if (r->item_depth > 0 && element->depth == r->item_depth)
        finish_item(r);
}

static void on_text(void *ctx, const char *text, size_t text_bytes)
{
    reader *r = ctx;
    if (r->open != NO_FIELD)
        put(&r->field[r->open], text, text_bytes);
}

as_xml_result as_newsml_decode(as_xml *xml, const void *document, size_t document_bytes,
                               const as_news_items_context *context, as_news_items *items, as_xml_fault *fault)
{
    static const as_xml_handlers handlers = {.begin = on_begin, .end = on_end, .text = on_text};
    reader r = {.xml = xml, .context = context, .items = items, .open = NO_FIELD};
    as_news_items_clear(items);
    as_xml_result result = as_xml_parse(xml, document, document_bytes, &handlers, &r, fault);
    if (result == AS_XML_STOPPED) {
        *fault = (as_xml_fault){.line = 1, .column = 1};
        snprintf(fault->text, sizeof fault->text,
                 "its root element is <%s>; allowed: newsItem, newsMessage of NewsML-G2", r.root);
        return AS_XML_ROOT;
    }
    return result;
}
