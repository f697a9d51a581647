#include "feeds/news/rss.h"

#include <stdio.h>
#include <string.h>

#include "feeds/decode/headline_record.h"
#include "feeds/decode/ndjson.h"
#include "feeds/news/html.h"
#include "feeds/news/stamp.h"

#define ATOM "http://www.w3.org/2005/Atom"
#define DC "http://purl.org/dc/elements/1.1/"
#define DCTERMS "http://purl.org/dc/terms/"
#define NDAQ "http://www.nasdaqtrader.com/"

enum { RSS_ITEM_DEPTH = 3, ATOM_ENTRY_DEPTH = 2, FIELD_BYTES = 1024, HALT_TIME_BYTES = 18 /* to the ns */ };

/* What an item says. */
typedef enum field_name {
    TITLE,
    LINK,
    ID,
    PUBLISHED,
    UPDATED,
    SOURCE,
    SUMMARY,
    CATEGORY,
    HALT_SYMBOL,
    HALT_DATE,
    HALT_TIME,
    HALT_REASON,
    RESUME_DATE,
    RESUME_QUOTE,
    RESUME_TRADE,
    PUBLISHER, /* of the document, not of an item */
    FIELD_COUNT,
    NO_FIELD = FIELD_COUNT
} field_name;

typedef struct field {
    size_t bytes;
    bool cut;
    char text[FIELD_BYTES];
} field;

typedef struct reader {
    as_xml *xml;
    const as_news_items_context *context;
    as_news_items *items;
    bool atom, rooted;
    bool in_item;
    bool plain_title;     /* Atom: the title has no HTML in it */
    bool permalink;       /* RSS: guid is an address */
    bool symbol_category; /* the category that is open names a symbol */
    field_name open;      /* text belongs to it, until the element at open_depth ends */
    unsigned open_depth, source_depth;
    as_news_item *item; /* room for the one that is being read; NULL: there is none */
    char root[64];
    field field[FIELD_COUNT];
} reader;

/* ---- which element is which field ---- */

typedef struct field_row {
    const char *uri, *name;
    field_name field;
} field_row;

static const field_row rss_rows[] = {
    {"", "title", TITLE},
    {"", "link", LINK},
    {"", "guid", ID},
    {"", "pubDate", PUBLISHED},
    {DC, "date", PUBLISHED},
    {ATOM, "updated", UPDATED},
    {DCTERMS, "modified", UPDATED},
    {"", "source", SOURCE},
    {"", "description", SUMMARY},
    {"", "category", CATEGORY},
    {NDAQ, "IssueSymbol", HALT_SYMBOL},
    {NDAQ, "HaltDate", HALT_DATE},
    {NDAQ, "HaltTime", HALT_TIME},
    {NDAQ, "ReasonCode", HALT_REASON},
    {NDAQ, "ResumptionDate", RESUME_DATE},
    {NDAQ, "ResumptionQuoteTime", RESUME_QUOTE},
    {NDAQ, "ResumptionTradeTime", RESUME_TRADE},
};

static const field_row atom_rows[] = {
    {ATOM, "title", TITLE},     {ATOM, "id", ID},           {ATOM, "published", PUBLISHED},
    {ATOM, "updated", UPDATED}, {ATOM, "summary", SUMMARY},
};

static field_name find_row(const field_row *rows, size_t row_count, const as_xml_element *element)
{
    for (size_t i = 0; i < row_count; i++)
        if (as_xml_is(element, rows[i].uri, rows[i].name))
            return rows[i].field;
    return NO_FIELD;
}

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

/* Without the blanks at its ends, and without half a character where it was cut. */
static void trim(field *f)
{
    size_t first = 0;
    if (f->cut) {
        while (f->bytes > 0 && ((unsigned char)f->text[f->bytes - 1] & 0xc0) == 0x80)
            f->bytes--;
        if (f->bytes > 0 && (unsigned char)f->text[f->bytes - 1] >= 0xc0)
            f->bytes--;
    }
    while (f->bytes > 0 && is_blank(f->text[f->bytes - 1]))
        f->bytes--;
    while (first < f->bytes && is_blank(f->text[first]))
        first++;
    memmove(f->text, f->text + first, f->bytes - first);
    f->bytes -= first;
}

static void open_field(reader *r, field_name name, unsigned depth)
{
    /* the first of its kind counts, but every category does */
    if (name == NO_FIELD || (r->field[name].bytes > 0 && name != CATEGORY))
        return;
    r->open = name;
    r->open_depth = depth;
    r->field[name].bytes = 0;
    r->field[name].cut = false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t text_bytes = strlen(text), end_bytes = strlen(end);
    return text_bytes >= end_bytes && memcmp(text + text_bytes - end_bytes, end, end_bytes) == 0;
}

static bool names_symbols(const char *domain)
{
    return domain && (ends_with(domain, "stock") || ends_with(domain, "ticker") || ends_with(domain, "symbol"));
}

/* What is behind the last colon is a symbol. */
static void tag(reader *r, const char *text, size_t text_bytes)
{
    const char *colon = memrchr(text, ':', text_bytes);
    size_t skip = colon ? (size_t)(colon - text) + 1 : 0;
    while (skip < text_bytes && is_blank(text[skip]))
        skip++;
    if (r->item)
        as_news_items_tag(r->context, text + skip, text_bytes - skip, &r->item->headline);
}

/* ---- statuses of halts ---- */

static bool digits(const char *text, size_t count, int *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return true;
}

/* MM/DD/YYYY and HH:MM:SS[.fraction] on the clock of New York. */
static bool halt_time(const reader *r, const field *date, const field *time, uint64_t *ts)
{
    int month, day, year, hour, minute, second;
    const char *d = date->text, *t = time->text;
    uint64_t fraction_ns = 0, unit_ns = AS_NS_PER_S / 10;
    if (date->bytes != 10 || d[2] != '/' || d[5] != '/' || !digits(d, 2, &month) || !digits(d + 3, 2, &day) ||
        !digits(d + 6, 4, &year) || !as_civil_date_valid(year, month, day) || year < 1970 || year > 2261)
        return false;
    if (time->bytes < 8 || t[2] != ':' || t[5] != ':' || !digits(t, 2, &hour) || !digits(t + 3, 2, &minute) ||
        !digits(t + 6, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    if (time->bytes > 8 && (t[8] != '.' || time->bytes == 9))
        return false;
    for (size_t i = 9; i < time->bytes; i++, unit_ns /= 10) {
        if (t[i] < '0' || t[i] > '9')
            return false;
        fraction_ns += (uint64_t)(t[i] - '0') * unit_ns;
    }
    int64_t seconds = as_timezone_to_utc(r->context->zone, year, month, day, hour, minute, second);
    if (seconds < 0)
        return false;
    *ts = (uint64_t)seconds * AS_NS_PER_S + fraction_ns;
    return true;
}

/* A status at a time, if one is given. False: it is given, but is none. */
static bool add_status(reader *r, uint32_t instrument, as_trading_state state, field_name date, field_name time)
{
    const field *d = &r->field[date], *t = &r->field[time], *symbol = &r->field[HALT_SYMBOL];
    uint64_t ts;
    if (d->bytes == 0 || t->bytes == 0)
        return true;
    if (!halt_time(r, d, t, &ts))
        return false;
    as_news_item *item = as_news_items_room(r->items, r->context);
    if (!item)
        return true;
    item->event.kind = AS_EVENT_STATUS;
    item->event.instrument = instrument;
    item->event.ts_event = item->event.ts_recv = ts;
    item->event.status.state = state;
    const field *reason = &r->field[HALT_REASON];
    if (state == AS_STATE_HALTED || state == AS_STATE_PAUSED)
        memcpy(item->event.status.reason, reason->text, reason->bytes < 8 ? reason->bytes : 8);
    as_headline *known = &item->headline;
    as_headline_set(known->source, sizeof known->source, r->field[PUBLISHER].text, r->field[PUBLISHER].bytes, NULL);
    snprintf(known->id, sizeof known->id, "%.*s %.*s %.*s %s", (int)symbol->bytes, symbol->text, (int)d->bytes, d->text,
             (int)(t->bytes < HALT_TIME_BYTES ? t->bytes : HALT_TIME_BYTES), t->text, as_trading_state_name(state));
    as_news_items_add(r->items);
    return true;
}

static void finish_halt(reader *r)
{
    const field *symbol = &r->field[HALT_SYMBOL], *reason = &r->field[HALT_REASON];
    uint32_t instrument = as_news_items_symbol(r->context, symbol->text, symbol->bytes);
    bool pause =
        (reason->bytes >= 3 && memcmp(reason->text, "LUD", 3) == 0) || (reason->bytes == 1 && reason->text[0] == 'M');
    if (instrument == AS_INSTRUMENT_NONE) {
        r->items->unknown_symbol++;
        return;
    }
    bool good = add_status(r, instrument, pause ? AS_STATE_PAUSED : AS_STATE_HALTED, HALT_DATE, HALT_TIME) &&
                add_status(r, instrument, AS_STATE_QUOTE_ONLY, RESUME_DATE, RESUME_QUOTE) &&
                add_status(r, instrument, AS_STATE_TRADING, RESUME_DATE, RESUME_TRADE);
    if (!good && as_news_items_room(r->items, r->context))
        as_news_items_add_bad(r->items, AS_NEWS_BAD_TIME, as_xml_line(r->xml));
}

/* ---- headlines ---- */

/* A stamp that may be missing: 0. */
static as_news_result stamp(const reader *r, field_name name, uint64_t *ts)
{
    const field *f = &r->field[name];
    *ts = 0;
    if (f->bytes == 0 || as_stamp_rfc3339(f->text, f->bytes, ts) ||
        (!r->atom && as_stamp_rfc822(f->text, f->bytes, ts)))
        return AS_NEWS_OK;
    return AS_NEWS_BAD_TIME;
}

static as_news_result set_times(const reader *r, as_headline *headline)
{
    uint64_t published, updated;
    as_news_result result = stamp(r, PUBLISHED, &published);
    if (result == AS_NEWS_OK)
        result = stamp(r, UPDATED, &updated);
    if (result != AS_NEWS_OK)
        return result;
    headline->ts_event = published > updated ? published : updated;
    headline->revision =
        published && updated ? as_news_revision(published, updated) : (uint32_t)(headline->ts_event / AS_NS_PER_S);
    return AS_NEWS_OK;
}

static void set_text(const reader *r, as_headline *headline)
{
    const field *f = &r->field[r->field[TITLE].bytes > 0 ? TITLE : SUMMARY];
    bool cut = false;
    if (r->plain_title && f == &r->field[TITLE])
        as_headline_set(headline->text, sizeof headline->text, f->text, f->bytes, &cut);
    else
        as_html_text(f->text, f->bytes, headline->text, sizeof headline->text, &cut);
    headline->cut = cut || f->cut;
}

static void set_names(const reader *r, as_headline *headline)
{
    const field *source = &r->field[r->field[SOURCE].bytes > 0 ? SOURCE : PUBLISHER];
    const field *id = &r->field[ID], *link = &r->field[LINK];
    as_headline_set(headline->source, sizeof headline->source, source->text, source->bytes, NULL);
    if (link->bytes == 0 && r->permalink && id->bytes >= 4 && memcmp(id->text, "http", 4) == 0)
        link = id;
    as_headline_set(headline->url, sizeof headline->url, link->text, link->bytes, NULL);
}

static as_news_result finish_headline(const reader *r, as_news_item *item)
{
    as_headline *headline = &item->headline;
    const field *id = &r->field[r->field[ID].bytes > 0 ? ID : LINK];
    bool cut = false;
    as_news_result result = set_times(r, headline);
    if (result != AS_NEWS_OK)
        return result;
    set_text(r, headline);
    set_names(r, headline);
    as_headline_set(headline->id, sizeof headline->id, id->text, id->bytes, &cut);
    uint64_t ts = headline->ts_event;
    headline->ts_event = 0; /* an id that is made is made of what stays when the item is revised */
    if (!as_headline_finish(headline, cut ? id->text : NULL, id->bytes))
        return AS_NEWS_NO_TEXT;
    if (ts == 0)
        ts = r->context->now_ns;
    headline->ts_event = headline->ts_recv = ts;
    item->event = as_news_event(&r->context->news, headline);
    return ts == 0 ? AS_NEWS_MISSING_KEY : AS_NEWS_OK;
}

static void begin_item(reader *r)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (i != PUBLISHER) {
            r->field[i].bytes = 0;
            r->field[i].cut = false;
        }
    r->in_item = true;
    r->permalink = true;
    r->plain_title = false;
    r->source_depth = 0;
    r->items->messages++;
    r->item = as_news_items_room(r->items, r->context);
}

static void finish_item(reader *r)
{
    r->in_item = false;
    if (!r->item)
        return;
    if (r->context->zone && r->field[HALT_SYMBOL].bytes > 0 && r->field[HALT_DATE].bytes > 0 &&
        r->field[HALT_TIME].bytes > 0) {
        finish_halt(r);
        return;
    }
    as_news_result result = finish_headline(r, r->item);
    r->item->line = (uint32_t)as_xml_line(r->xml);
    if (result == AS_NEWS_OK)
        as_news_items_add(r->items);
    else
        as_news_items_add_bad(r->items, result, as_xml_line(r->xml));
}

/* ---- elements ---- */

static bool is(const char *value, const char *word)
{
    return value && strcmp(value, word) == 0;
}

static void begin_rss_field(reader *r, const as_xml_element *element)
{
    field_name name = find_row(rss_rows, sizeof rss_rows / sizeof *rss_rows, element);
    if (name == ID)
        r->permalink = !is(as_xml_attribute(element, "isPermaLink"), "false");
    if (name == CATEGORY)
        r->symbol_category = names_symbols(as_xml_attribute(element, "domain"));
    open_field(r, name, element->depth);
}

static void begin_atom_field(reader *r, const as_xml_element *element)
{
    if (as_xml_is(element, ATOM, "link")) {
        const char *rel = as_xml_attribute(element, "rel"), *href = as_xml_attribute(element, "href");
        if (href && (!rel || strcmp(rel, "alternate") == 0) && r->field[LINK].bytes == 0) {
            put(&r->field[LINK], href, strlen(href));
            trim(&r->field[LINK]);
        }
        return;
    }
    if (as_xml_is(element, ATOM, "category")) {
        const char *term = as_xml_attribute(element, "term");
        if (term && names_symbols(as_xml_attribute(element, "scheme")))
            tag(r, term, strlen(term));
        return;
    }
    if (as_xml_is(element, ATOM, "source"))
        r->source_depth = element->depth;
    field_name name = find_row(atom_rows, sizeof atom_rows / sizeof *atom_rows, element);
    if (name == TITLE && r->field[TITLE].bytes == 0)
        r->plain_title = !is(as_xml_attribute(element, "type"), "html");
    open_field(r, name, element->depth);
}

static void begin_root(reader *r, const as_xml_element *element)
{
    r->rooted = as_xml_is(element, "", "rss") || as_xml_is(element, ATOM, "feed");
    r->atom = element->uri_bytes > 0;
    snprintf(r->root, sizeof r->root, "%s", element->name);
    if (!r->rooted)
        as_xml_stop(r->xml);
}

static void on_begin(void *ctx, const as_xml_element *element)
{
    reader *r = ctx;
    unsigned item_depth = r->atom ? ATOM_ENTRY_DEPTH : RSS_ITEM_DEPTH;
    if (element->depth == 1) {
        begin_root(r, element);
    } else if (r->open != NO_FIELD) {
        return; /* markup within a field: its text counts */
    } else if (r->in_item && element->depth == item_depth + 1) {
        if (r->atom)
            begin_atom_field(r, element);
        else
            begin_rss_field(r, element);
    } else if (r->in_item && r->source_depth > 0 && element->depth == r->source_depth + 1) {
        if (as_xml_is(element, ATOM, "title"))
            open_field(r, SOURCE, element->depth);
    } else if (element->depth == item_depth) {
        if (as_xml_is(element, r->atom ? ATOM : "", r->atom ? "entry" : "item"))
            begin_item(r);
        else if (as_xml_is(element, r->atom ? ATOM : "", "title"))
            open_field(r, PUBLISHER, element->depth);
    }
}

static void on_end(void *ctx, const as_xml_element *element)
{
    reader *r = ctx;
    unsigned item_depth = r->atom ? ATOM_ENTRY_DEPTH : RSS_ITEM_DEPTH;
    if (r->open != NO_FIELD && element->depth == r->open_depth) {
        field *f = &r->field[r->open];
        trim(f);
        if (r->open == CATEGORY && r->symbol_category)
            tag(r, f->text, f->bytes);
        r->open = NO_FIELD;
    }
    if (element->depth == r->source_depth)
        r->source_depth = 0;
    if (r->in_item && element->depth == item_depth)
        finish_item(r);
}

static void on_text(void *ctx, const char *text, size_t text_bytes)
{
    reader *r = ctx;
    if (r->open != NO_FIELD)
        put(&r->field[r->open], text, text_bytes);
}

as_xml_result as_rss_decode(as_xml *xml, const void *document, size_t document_bytes,
                            const as_news_items_context *context, as_news_items *items, as_rss_kind *kind,
                            as_xml_fault *fault)
{
    static const as_xml_handlers handlers = {.begin = on_begin, .end = on_end, .text = on_text};
    reader r = {.xml = xml, .context = context, .items = items, .open = NO_FIELD};
    as_news_items_clear(items);
    if (context->news.publisher && context->news.publisher[0])
        put(&r.field[PUBLISHER], context->news.publisher, strlen(context->news.publisher));
    as_xml_result result = as_xml_parse(xml, document, document_bytes, &handlers, &r, fault);
    if (result == AS_XML_STOPPED) {
        *fault = (as_xml_fault){.line = 1, .column = 1};
        snprintf(fault->text, sizeof fault->text, "its root element is <%s>; allowed: rss, or feed of Atom", r.root);
        return AS_XML_ROOT;
    }
    if (kind)
        *kind = r.atom ? AS_RSS_ATOM : AS_RSS_RSS;
    return result;
}
