#include "feeds/news/html.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "feeds/decode/json.h"

enum {
    NAME_BYTES_MAX = 8,
    NUMBER_DIGITS_MAX = 8,
    QUOTED_BYTES_MAX = 1024, /* of an attribute's value; beyond, its quote is taken for a plain character */
    NO_BREAK_SPACE = 0xa0,
    SOFT_HYPHEN = 0xad,
    REPLACEMENT = 0xfffd
};

/* ---- character references ---- */

/* U+00A0 and on, in order, each with a blank behind it (HTML 4.01, section 24.2). */
static const char latin[] =
    "nbsp iexcl cent pound cur"
    "ren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para "
    "middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig "
    "Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml "
    "times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig "
    "ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml "
    "divide oslash ugrave uacute ucirc uuml yacute thorn yuml ";

static const struct {
    char name[NAME_BYTES_MAX];
    uint32_t point;
} others[] = {
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},      {"apos", '\''},
    {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201a},
    {"ldquo", 0x201c},  {"rdquo", 0x201d},  {"bdquo", 0x201e},  {"lsaquo", 0x2039}, {"rsaquo", 0x203a},
    {"hellip", 0x2026}, {"bull", 0x2022},   {"euro", 0x20ac},   {"trade", 0x2122},  {"minus", 0x2212},
    {"OElig", 0x152},   {"oelig", 0x153},   {"Scaron", 0x160},  {"scaron", 0x161},  {"Yuml", 0x178},
    {"fnof", 0x192},    {"circ", 0x2c6},    {"tilde", 0x2dc},   {"ensp", 0x2002},   {"emsp", 0x2003},
    {"thinsp", 0x2009}, {"dagger", 0x2020}, {"Dagger", 0x2021}, {"permil", 0x2030}, {"prime", 0x2032},
    {"Prime", 0x2033},  {"larr", 0x2190},   {"uarr", 0x2191},   {"rarr", 0x2192},   {"darr", 0x2193},
    {"asymp", 0x2248},  {"ne", 0x2260},     {"le", 0x2264},     {"ge", 0x2265},     {"infin", 0x221e},
    {"dollar", '$'},    {"percnt", '%'},    {"num", '#'},       {"lpar", '('},      {"rpar", ')'},
};

/* Numbers 128 to 159 are taken for Windows-1252, as browsers do (HTML, section 13.2.5.80). */
static const uint16_t windows[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                     0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                     0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                     0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

static unsigned put_utf8(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    unsigned bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = bytes - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(lead[bytes] | point);
    return bytes;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Code point of a name, 0 if it is not known. */
static uint32_t named(const char *name, size_t name_bytes)
{
    char word[NAME_BYTES_MAX] = "";
    if (name_bytes == 0 || name_bytes >= sizeof word)
        return 0;
    for (size_t i = 0; i < name_bytes; i++)
        if (!is_letter(name[i]) && (name[i] < '0' || name[i] > '9'))
            return 0;
    memcpy(word, name, name_bytes);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].name, word) == 0)
            return others[i].point;
    uint32_t point = NO_BREAK_SPACE;
    for (const char *p = latin; *p; p += strcspn(p, " ") + 1, point++)
        if (strncmp(p, word, name_bytes) == 0 && p[name_bytes] == ' ')
            return point;
    return 0;
}

static int digit_of(char c, unsigned base)
{
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    return digit < (int)base ? digit : -1;
}

/* The digits behind "#" or "#x"; false if they are none. */
static bool numbered(const char *text, size_t text_bytes, uint32_t *point)
{
    bool hex = text_bytes > 0 && (*text | 0x20) == 'x';
    uint64_t value = 0;
    text += hex;
    text_bytes -= hex;
    if (text_bytes == 0 || text_bytes > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text_bytes; i++) {
        int digit = digit_of(text[i], hex ? 16 : 10);
        if (digit < 0)
            return false;
        value = value * (hex ? 16 : 10) + (uint64_t)digit;
    }
    if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        value = REPLACEMENT;
    *point = value >= 0x80 && value < 0xa0 ? windows[value - 0x80] : (uint32_t)value;
    return true;
}

/* Code point of the reference at '&', 0 if there is none. */
static uint32_t reference(const char *text, size_t text_bytes, size_t *used_bytes)
{
    size_t longest = 3 + NUMBER_DIGITS_MAX + 1;
    const char *end = memchr(text, ';', text_bytes < longest ? text_bytes : longest);
    uint32_t point = 0;
    if (!end || end - text < 2)
        return 0;
    size_t name_bytes = (size_t)(end - text) - 1;
    *used_bytes = name_bytes + 2;
    if (text[1] == '#')
        return numbered(text + 2, name_bytes - 1, &point) ? point : 0;
    return named(text + 1, name_bytes);
}

unsigned as_html_reference(const char *text, size_t text_bytes, char character[4], size_t *used_bytes)
{
    uint32_t point = text_bytes > 0 && *text == '&' ? reference(text, text_bytes, used_bytes) : 0;
    return point ? put_utf8(point, character) : 0;
}

/* ---- the text that is made ---- */

typedef struct writer {
    char *out;
    size_t out_bytes, at;
    bool blank; /* one is due before the next character */
    bool full;
} writer;

static void put(writer *w, const char *character, size_t bytes)
{
    size_t want = bytes + (w->blank && w->at > 0);
    w->full = w->full || want >= w->out_bytes - w->at;
    if (w->full)
        return;
    if (w->blank && w->at > 0)
        w->out[w->at++] = ' ';
    w->blank = false;
    memcpy(w->out + w->at, character, bytes);
    w->at += bytes;
}

static void put_point(writer *w, uint32_t point)
{
    char character[4];
    if (point <= 0x20 || (point >= 0x7f && point <= NO_BREAK_SPACE))
        w->blank = true;
    else if (point != SOFT_HYPHEN)
        put(w, character, put_utf8(point, character));
}

/* ---- tags ---- */

/* Where the tag that begins at text ends: behind its '>'. 0 if it does not. */
static size_t tag_end(const char *text, size_t text_bytes)
{
    for (size_t i = 1; i < text_bytes; i++) {
        if (text[i] == '>')
            return i + 1;
        if ((text[i] != '"' && text[i] != '\'') || text[i - 1] != '=')
            continue;
        size_t left = text_bytes - i - 1;
        const char *close = memchr(text + i + 1, text[i], left < QUOTED_BYTES_MAX ? left : QUOTED_BYTES_MAX);
        if (close)
            i = (size_t)(close - text);
    }
    return 0;
}

/* Does the tag's name, behind '<' and '/', equal the word? */
static bool tag_is(const char *name, size_t name_bytes, const char *word)
{
    size_t word_bytes = strlen(word);
    return name_bytes >= word_bytes && strncasecmp(name, word, word_bytes) == 0 &&
           (name_bytes == word_bytes || (!is_letter(name[word_bytes]) && digit_of(name[word_bytes], 10) < 0));
}

static bool tag_breaks(const char *name, size_t name_bytes)
{
    static const char *const word[] = {"p",  "br", "div", "li", "ul", "ol", "tr", "td", "th",    "table",      "hr",
                                       "h1", "h2", "h3",  "h4", "h5", "h6", "dt", "dd", "title", "blockquote", "pre"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (tag_is(name, name_bytes, word[i]))
            return true;
    return false;
}

/* What lies between a <script> or <style> and its end, the end included. */
static size_t hidden_bytes(const char *text, size_t text_bytes, const char *name)
{
    size_t name_bytes = strlen(name);
    for (size_t i = 0; i + 2 + name_bytes <= text_bytes; i++) {
        if (text[i] != '<' || text[i + 1] != '/' || strncasecmp(text + i + 2, name, name_bytes) != 0)
            continue;
        const char *end = memchr(text + i, '>', text_bytes - i);
        return end ? (size_t)(end - text) + 1 : text_bytes;
    }
    return text_bytes;
}

/* Bytes of the comment or tag at '<', with what it hides; 0 if it is neither. *closed is false once no '>' is left. */
static size_t markup_bytes(const char *text, size_t text_bytes, bool *closed, bool *breaks)
{
    bool closing = text_bytes > 1 && text[1] == '/';
    const char *name = text + 1 + closing;
    size_t name_bytes = text_bytes - (size_t)(name - text);
    *breaks = false;
    if (text_bytes >= 4 && memcmp(text, "<!--", 4) == 0) {
        const char *end = memmem(text + 4, text_bytes - 4, "-->", 3);
        return end ? (size_t)(end - text) + 3 : text_bytes;
    }
    if (!*closed || name_bytes == 0 || (!is_letter(*name) && (closing || (*name != '!' && *name != '?'))))
        return 0;
    size_t bytes = tag_end(text, text_bytes);
    *closed = bytes > 0;
    *breaks = tag_breaks(name, name_bytes);
    if (bytes > 0 && !closing && tag_is(name, name_bytes, "script"))
        return bytes + hidden_bytes(text + bytes, text_bytes - bytes, "script");
    if (bytes > 0 && !closing && tag_is(name, name_bytes, "style"))
        return bytes + hidden_bytes(text + bytes, text_bytes - bytes, "style");
    return bytes;
}

/* One character that is no markup; bytes that are not UTF-8 give nothing. Returns the bytes used. */
static size_t put_character(writer *w, const char *text, const char *end)
{
    size_t used = 0;
    uint32_t point = *text == '&' ? reference(text, (size_t)(end - text), &used) : 0;
    if (point) {
        put_point(w, point);
        return used;
    }
    unsigned bytes = as_utf8_length(text, end);
    if (bytes == 0)
        return 1;
    if (bytes == 1)
        put_point(w, (uint32_t)(unsigned char)*text);
    else if (bytes == 2 && (unsigned char)*text == 0xc2) /* U+0080 to U+00BF */
        put_point(w, (unsigned char)text[1]);
    else
        put(w, text, bytes);
    return bytes;
}

size_t as_html_text(const char *html, size_t html_bytes, char *out, size_t out_bytes, bool *cut)
{
    writer w = {.out = out, .out_bytes = out_bytes};
    const char *end = html + html_bytes;
    bool closed = true, breaks;
    for (const char *p = html; p < end && !w.full;) {
        size_t markup = *p == '<' ? markup_bytes(p, (size_t)(end - p), &closed, &breaks) : 0;
        if (markup > 0)
            w.blank = w.blank || breaks;
        else
            markup = put_character(&w, p, end);
        p += markup;
    }
    out[w.at] = 0;
    if (cut)
        *cut = w.full;
    return w.at;
}
