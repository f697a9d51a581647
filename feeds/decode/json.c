#include "feeds/decode/json.h"

#include <string.h>

typedef struct cursor {
    const char *p, *end;
} cursor;

static void skip_blanks(cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

unsigned as_utf8_length(const char *p, const char *end)
{
    const uint8_t *u = (const uint8_t *)p;
    size_t left = (size_t)(end - p);
    if (left == 0)
        return 0;
    if (u[0] < 0x80)
        return 1;
    unsigned length = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
    if (u[0] < 0xc2 || u[0] > 0xf4 || left < length)
        return 0;
    for (unsigned i = 1; i < length; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xf0 && u[1] < 0x90)) /* overlong */
        return 0;
    if ((u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf4 && u[1] > 0x8f)) /* surrogates; beyond U+10FFFF */
        return 0;
    return length;
}

/* Four hexadecimal digits, -1 if they are not. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char d = p[i];
        int digit = d >= '0' && d <= '9'   ? d - '0'
                    : d >= 'a' && d <= 'f' ? d - 'a' + 10
                    : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

/* The code point of the escape at p, which points behind the backslash; *used bytes. -1 syntax, -2 lone surrogate. */
static int32_t unescape(const char *p, const char *end, unsigned *used)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p == end)
        return -1;
    const char *simple = *p ? strchr(from, *p) : NULL;
    *used = 1;
    if (simple)
        return to[simple - from];
    int32_t high = *p == 'u' ? hex4(p + 1, end) : -1;
    *used = 5;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || end - p < 11 || p[5] != '\\' || p[6] != 'u')
        return -2;
    int32_t low = hex4(p + 7, end);
    *used = 11;
    if (low < 0xdc00 || low > 0xdfff)
        return low < 0 ? -1 : -2;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* c->p points behind the opening quote; afterwards behind the closing one. */
static as_json_result scan_string(cursor *c, as_json_value *value)
{
    const char *p = c->p;
    value->text = p;
    value->type = AS_JSON_STRING;
    value->escaped = false;
    for (;;) {
        while (p < c->end && (uint8_t)*p >= 0x20 && (uint8_t)*p < 0x80 && *p != '"' && *p != '\\')
            p++;
        if (p == c->end || (uint8_t)*p < 0x20)
            return AS_JSON_SYNTAX;
        if (*p == '"')
            break;
        unsigned used = 0;
        if (*p == '\\') {
            int32_t point = unescape(p + 1, c->end, &used);
            if (point < 0)
                return point == -2 ? AS_JSON_UTF8 : AS_JSON_SYNTAX;
            value->escaped = true;
            used++;
        } else {
            used = as_utf8_length(p, c->end);
            if (used == 0)
                return AS_JSON_UTF8;
        }
        p += used;
    }
    value->text_bytes = (uint32_t)(p - value->text);
    c->p = p + 1;
    return AS_JSON_OK;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static as_json_result scan_number(cursor *c)
{
    const char *p = c->p, *digits, *end = c->end;
    p += *p == '-';
    digits = p;
    p = skip_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return AS_JSON_SYNTAX;
    if (p < end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, end);
        if (p == digits)
            return AS_JSON_SYNTAX;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        digits = p;
        p = skip_digits(p, end);
        if (p == digits)
            return AS_JSON_SYNTAX;
    }
    c->p = p;
    return AS_JSON_OK;
}

static as_json_result scan_word(cursor *c, const char *word, size_t word_bytes)
{
    if ((size_t)(c->end - c->p) < word_bytes || memcmp(c->p, word, word_bytes) != 0)
        return AS_JSON_SYNTAX;
    c->p += word_bytes;
    return AS_JSON_OK;
}

/* Anything but a container. */
static as_json_result scan_scalar(cursor *c, as_json_value *value)
{
    as_json_result result;
    value->text = c->p;
    value->escaped = false;
    switch (*c->p) {
    case '"':
        c->p++;
        return scan_string(c, value);
    case 'n':
        value->type = AS_JSON_NULL;
        result = scan_word(c, "null", 4);
        break;
    case 't':
        value->type = AS_JSON_TRUE;
        result = scan_word(c, "true", 4);
        break;
    case 'f':
        value->type = AS_JSON_FALSE;
        result = scan_word(c, "false", 5);
        break;
    default:
        value->type = AS_JSON_NUMBER;
        result = scan_number(c);
    }
    value->text_bytes = (uint32_t)(c->p - value->text);
    return result;
}

static as_json_result scan_key(cursor *c, as_json_value *key)
{
    if (c->p == c->end || *c->p != '"')
        return AS_JSON_SYNTAX;
    c->p++;
    as_json_result result = scan_string(c, key);
    if (result)
        return result;
    skip_blanks(c);
    if (c->p == c->end || *c->p != ':')
        return AS_JSON_SYNTAX;
    c->p++;
    return AS_JSON_OK;
}

typedef enum expect { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COMMA_OR_END } expect;

/* A container, its nesting held in a bit per level (1 is an object). level is that of the container's parent. */
static as_json_result scan_container(cursor *c, unsigned level, as_json_value *value)
{
    uint32_t objects = 0;
    unsigned depth = 0;
    expect state = VALUE;
    as_json_value inner;
    value->text = c->p;
    value->type = *c->p == '{' ? AS_JSON_OBJECT : AS_JSON_ARRAY;
    value->escaped = false;
    do {
        as_json_result result = AS_JSON_OK;
        skip_blanks(c);
        if (c->p == c->end)
            return AS_JSON_SYNTAX;
        bool in_object = objects & 1, ends = *c->p == (in_object ? '}' : ']');
        if (ends && depth > 0 && (state == VALUE_OR_END || state == KEY_OR_END || state == COMMA_OR_END)) {
            c->p++;
            depth--;
            objects >>= 1;
            state = COMMA_OR_END;
        } else if (state == COMMA_OR_END) {
            result = *c->p++ == ',' ? AS_JSON_OK : AS_JSON_SYNTAX;
            state = in_object ? KEY : VALUE;
        } else if (state == KEY || state == KEY_OR_END) {
            result = scan_key(c, &inner);
            state = VALUE;
        } else if (*c->p == '{' || *c->p == '[') {
            if (level + ++depth > AS_JSON_DEPTH_MAX)
                return AS_JSON_DEPTH;
            objects = objects << 1 | (*c->p == '{');
            state = *c->p++ == '{' ? KEY_OR_END : VALUE_OR_END;
        } else {
            result = scan_scalar(c, &inner);
            state = COMMA_OR_END;
        }
        if (result)
            return result;
    } while (depth > 0);
    value->text_bytes = (uint32_t)(c->p - value->text);
    return AS_JSON_OK;
}

static as_json_result scan_value(cursor *c, unsigned level, as_json_value *value)
{
    skip_blanks(c);
    if (c->p == c->end)
        return AS_JSON_SYNTAX;
    if (*c->p == '{' || *c->p == '[')
        return scan_container(c, level, value);
    return scan_scalar(c, value);
}

static size_t put_utf8(int32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)(point ? point : ' ');
        return 1;
    }
    size_t bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = bytes - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[bytes] | point);
    return bytes;
}

/* One resolved character of a checked string into out (4 bytes of room); returns its bytes and moves *p on. */
static size_t next_character(const char **p, const char *end, char *out)
{
    if (**p == '\\') {
        unsigned used = 0;
        int32_t point = unescape(*p + 1, end, &used);
        *p += used + 1;
        return put_utf8(point, out);
    }
    unsigned bytes = as_utf8_length(*p, end);
    memcpy(out, *p, bytes);
    *p += bytes;
    return bytes;
}

bool as_json_string_is(const as_json_value *value, const char *text)
{
    size_t text_bytes = strlen(text);
    if (value->type != AS_JSON_STRING)
        return false;
    if (!value->escaped)
        return value->text_bytes == text_bytes && memcmp(value->text, text, text_bytes) == 0;
    const char *p = value->text, *end = p + value->text_bytes, *text_end = text + text_bytes;
    while (p < end) {
        char character[4];
        size_t bytes = next_character(&p, end, character);
        if ((size_t)(text_end - text) < bytes || memcmp(text, character, bytes) != 0)
            return false;
        text += bytes;
    }
    return text == text_end;
}

static bool same_key(const as_json_value *a, const as_json_value *b)
{
    if (!a->escaped && !b->escaped)
        return a->text_bytes == b->text_bytes && memcmp(a->text, b->text, a->text_bytes) == 0;
    const char *p = a->text, *p_end = p + a->text_bytes, *q = b->text, *q_end = q + b->text_bytes;
    while (p < p_end && q < q_end) {
        char x[4], y[4];
        size_t x_bytes = next_character(&p, p_end, x), y_bytes = next_character(&q, q_end, y);
        if (x_bytes != y_bytes || memcmp(x, y, x_bytes) != 0)
            return false;
    }
    return p == p_end && q == q_end;
}

/* Members up to the closing brace; c->p points behind the opening one. */
static as_json_result scan_members(cursor *c, as_json_member *member, uint32_t *count)
{
    uint32_t n = 0;
    skip_blanks(c);
    if (c->p < c->end && *c->p == '}') {
        c->p++;
        *count = 0;
        return AS_JSON_OK;
    }
    for (;;) {
        if (n == AS_JSON_MEMBER_MAX)
            return AS_JSON_MEMBERS;
        skip_blanks(c);
        as_json_result result = scan_key(c, &member[n].key);
        if (result == AS_JSON_OK)
            result = scan_value(c, 1, &member[n].value);
        if (result)
            return result;
        for (uint32_t i = 0; i < n; i++)
            if (same_key(&member[i].key, &member[n].key))
                return AS_JSON_DUPLICATE;
        n++;
        skip_blanks(c);
        if (c->p == c->end || (*c->p != ',' && *c->p != '}'))
            return AS_JSON_SYNTAX;
        if (*c->p++ == '}')
            break;
    }
    *count = n;
    return AS_JSON_OK;
}

as_json_result as_json_object(const char *text, size_t text_bytes, as_json_member *member, uint32_t *count)
{
    cursor c = {text, text + text_bytes};
    uint32_t n = 0;
    skip_blanks(&c);
    if (c.p == c.end || *c.p != '{')
        return AS_JSON_NOT_OBJECT;
    c.p++;
    as_json_result result = scan_members(&c, member, &n);
    if (result)
        return result;
    skip_blanks(&c);
    if (c.p != c.end)
        return AS_JSON_TRAILING;
    *count = n;
    return AS_JSON_OK;
}

as_json_result as_json_check(const char *text, size_t text_bytes, as_json_value *value)
{
    cursor c = {text, text + text_bytes};
    as_json_value found;
    as_json_result result = scan_value(&c, 0, &found);
    if (result)
        return result;
    skip_blanks(&c);
    if (c.p != c.end)
        return AS_JSON_TRAILING;
    *value = found;
    return AS_JSON_OK;
}

const as_json_value *as_json_find(const as_json_member *member, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (as_json_string_is(&member[i].key, name))
            return &member[i].value;
    return NULL;
}

size_t as_json_string_copy(const as_json_value *value, char *out, size_t out_bytes, bool *cut)
{
    const char *p = value->text, *end = p + value->text_bytes;
    size_t n = 0;
    bool whole = true;
    while (p < end && whole) {
        char character[4];
        size_t bytes = next_character(&p, end, character);
        whole = n + bytes < out_bytes;
        if (whole) {
            memcpy(out + n, character, bytes);
            n += bytes;
        }
    }
    out[n] = 0;
    if (cut)
        *cut = !whole;
    return n;
}

bool as_json_array_next(const as_json_value *array, uint32_t *at, as_json_value *item)
{
    cursor c = {array->text + (*at ? *at : 1), array->text + array->text_bytes};
    skip_blanks(&c);
    if (c.p < c.end && *c.p == ',')
        c.p++;
    skip_blanks(&c);
    if (c.p >= c.end || *c.p == ']' || scan_value(&c, 0, item))
        return false;
    *at = (uint32_t)(c.p - array->text);
    return true;
}

size_t as_json_escape(const char *text, size_t text_bytes, char *out, size_t out_bytes)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    size_t n = 0;
    for (size_t i = 0; i < text_bytes; i++) {
        uint8_t byte = (uint8_t)text[i];
        const char *simple = byte ? strchr(from, byte) : NULL;
        size_t bytes = simple ? 2 : byte < 0x20 ? 6 : 1;
        if (out_bytes - n < bytes)
            return SIZE_MAX;
        if (simple) {
            out[n] = '\\';
            out[n + 1] = to[simple - from];
        } else if (byte < 0x20) {
            memcpy(out + n, "\\u00", 4);
            out[n + 4] = hex[byte >> 4];
            out[n + 5] = hex[byte & 15];
        } else {
            out[n] = (char)byte;
        }
        n += bytes;
    }
    return n;
}
