#include "feeds/decode/headline_record.h"

#include <string.h>
#include <xxhash.h>

#include "feeds/decode/json.h"

void as_headline_clear(as_headline *headline)
{
    memset(headline, 0, sizeof *headline);
}

bool as_headline_set(char *field, size_t field_bytes, const char *text, size_t text_bytes, bool *cut)
{
    const char *end = text + text_bytes, *p = text, *fits = text;
    field[0] = 0;
    while (p < end) {
        unsigned bytes = as_utf8_length(p, end);
        if (bytes == 0)
            return false;
        p += bytes;
        if ((size_t)(p - text) < field_bytes)
            fits = p;
    }
    memcpy(field, text, (size_t)(fits - text));
    field[fits - text] = 0;
    for (char *zero = memchr(field, 0, (size_t)(fits - text)); zero; zero = memchr(field, 0, (size_t)(fits - text)))
        *zero = ' ';
    if (cut)
        *cut = fits < end;
    return true;
}

void as_headline_add_tag(as_headline *headline, uint32_t instrument)
{
    for (unsigned i = 0; i < headline->tag_count; i++)
        if (headline->tag[i] == instrument)
            return;
    if (headline->tag_count < AS_HEADLINE_TAG_MAX)
        headline->tag[headline->tag_count++] = instrument;
}

/* Blanks for control characters, none at either end, zeros behind. Returns the length. */
static size_t tidy(char *field)
{
    size_t end = strlen(field), bytes = end, first = 0;
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)field[i] < 0x20 || field[i] == 0x7f)
            field[i] = ' ';
    while (bytes > 0 && field[bytes - 1] == ' ')
        bytes--;
    while (first < bytes && field[first] == ' ')
        first++;
    memmove(field, field + first, bytes - first);
    memset(field + (bytes - first), 0, end - (bytes - first));
    return bytes - first;
}

static void make_id(as_headline *headline, XXH64_hash_t hash)
{
    static const char hex[] = "0123456789abcdef";
    enum { TAIL_BYTES = 18 }; /* "-", 16 digits, zero */
    size_t n = strlen(headline->source);
    if (n > AS_HEADLINE_ID_BYTES - TAIL_BYTES)
        for (n = AS_HEADLINE_ID_BYTES - TAIL_BYTES; ((unsigned char)headline->source[n] & 0xc0) == 0x80;)
            n--;
    memset(headline->id, 0, sizeof headline->id);
    memcpy(headline->id, headline->source, n);
    headline->id[n++] = '-';
    for (int shift = 60; shift >= 0; shift -= 4)
        headline->id[n++] = hex[(hash >> shift) & 15];
}

static XXH64_hash_t hash_record(const as_headline *headline)
{
    char data[8 + AS_HEADLINE_URL_BYTES + AS_HEADLINE_TEXT_BYTES];
    size_t n = 8, url_bytes = strlen(headline->url) + 1; /* with its zero, as a separator */
    for (unsigned i = 0; i < 8; i++)
        data[i] = (char)(headline->ts_event >> (8 * i));
    memcpy(data + n, headline->url, url_bytes);
    memcpy(data + n + url_bytes, headline->text, headline->text_bytes);
    return XXH3_64bits(data, n + url_bytes + headline->text_bytes);
}

bool as_headline_finish(as_headline *headline, const char *id_whole, size_t id_whole_bytes)
{
    headline->text_bytes = (uint16_t)tidy(headline->text);
    tidy(headline->source);
    tidy(headline->url);
    if (id_whole)
        make_id(headline, XXH3_64bits(id_whole, id_whole_bytes));
    else if (tidy(headline->id) == 0)
        make_id(headline, hash_record(headline));
    return headline->text_bytes > 0;
}

static const char *const class_word[] = {"", "official", "press", "aggregator", "social"};

as_source_class as_source_class_parse(const char *text)
{
    for (unsigned i = AS_CLASS_OFFICIAL; i <= AS_CLASS_SOCIAL; i++)
        if (strcmp(text, class_word[i]) == 0)
            return (as_source_class)i;
    return AS_CLASS_UNKNOWN;
}

const char *as_source_class_word(as_source_class source_class)
{
    return (unsigned)source_class <= AS_CLASS_SOCIAL ? class_word[source_class] : "";
}
