#include "feeds/news/text.h"

#include <string.h>

#include "feeds/news/html.h"

/*
 * Base letters of U+00C0..U+017F; '_' marks what has none. Two-letter forms (ae, ss, oe) keep their
 * first letter.
 */
static const char LATIN_BASE[] = "AAAAAAACEEEEIIII" /* C0 */
                                 "DNOOOOO_OUUUUYTs" /* D0 */
                                 "aaaaaaaceeeeiiii" /* E0 */
                                 "dnooooo_ouuuuyty" /* F0 */
                                 "AaAaAaCcCcCcCcDd" /* 100 */
                                 "DdEeEeEeEeEeGgGg" /* 110 */
                                 "GgGgHhHhIiIiIiIi" /* 120 */
                                 "IiIiJjKkkLlLlLlL" /* 130 */
                                 "lLlNnNnNnnNnOoOo" /* 140 */
                                 "OoOoRrRrRrSsSsSs" /* 150 */
                                 "SsTtTtTtUuUuUuUu" /* 160 */
                                 "UuUuWwYyYZzZzZzs" /* 170 */;

typedef struct folder {
    as_text *text;
    uint16_t raw_offset[AS_HEADLINE_TEXT_BYTES];
    uint16_t bytes;
} folder;

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_lower(c) || is_upper(c);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\0';
}

static char lower_of(char c)
{
    return is_upper(c) ? (char)(c + ('a' - 'A')) : c;
}

uint64_t as_text_hash(const char *lower_word, size_t word_bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, then one multiply-shift to spread the low bits */

    for (size_t i = 0; i < word_bytes; i++)
        hash = (hash ^ (unsigned char)lower_word[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xd6e8feb86659fd93);
    return hash ^ (hash >> 32);
}

/* One code point; its length in bytes, or 0 if the bytes are not UTF-8. */
static unsigned code_point(const unsigned char *raw, size_t raw_bytes, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned bytes = raw[0] < 0x80 ? 1 : raw[0] >= 0xf0 ? 4 : raw[0] >= 0xe0 ? 3 : raw[0] >= 0xc0 ? 2 : 0;

    if (bytes == 0 || bytes > raw_bytes || raw[0] > 0xf4)
        return 0;
    *code = bytes == 1 ? raw[0] : raw[0] & (0x7fu >> bytes);
    for (unsigned i = 1; i < bytes; i++) {
        if ((raw[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (raw[i] & 0x3fu);
    }
    return *code >= least[bytes] ? bytes : 0;
}

static void put(folder *f, char c, size_t raw_offset)
{
    if (f->bytes >= AS_HEADLINE_TEXT_BYTES - 1) {
        f->text->cut = true;
        return;
    }
    f->raw_offset[f->bytes] = (uint16_t)raw_offset;
    f->text->folded[f->bytes] = c;
    f->text->lower[f->bytes++] = lower_of(c);
}

/* ASCII for a code point beyond ASCII: at most as many characters as the code point has bytes. */
static void fold(folder *f, uint32_t code, size_t raw_offset)
{
    const char *to = " ";
    char one[2] = {0, 0};

    if (code >= 0xc0 && code <= 0x17f) {
        one[0] = LATIN_BASE[code - 0xc0] == '_' ? ' ' : LATIN_BASE[code - 0xc0];
        to = one;
    } else if (code >= 0xff01 && code <= 0xff5e) { /* full-width forms */
        one[0] = (char)(code - 0xff01 + '!');
        to = one;
    } else if (code == 0x2018 || code == 0x2019 || code == 0x201b || code == 0x2032) {
        to = "'";
    } else if (code == 0x201c || code == 0x201d || code == 0x201e || code == 0x2033 || code == 0xab || code == 0xbb) {
        to = "\"";
    } else if (code == 0x2010 || code == 0x2011 || code == 0x2212) {
        to = "-";
    } else if (code >= 0x2012 && code <= 0x2015) { /* figure, en and em dash part sentences */
        to = " - ";
    } else if (code == 0x2026) {
        to = "...";
    } else if (code == 0x20ac || code == 0xa3 || code == 0xa5) {
        to = "$";
    } else if (code == 0xae || code == 0x2122 || code == 0xad || code == 0xfeff || (code >= 0x200b && code <= 0x200f)) {
        to = "";
    }
    while (*to != '\0')
        put(f, *to++, raw_offset);
}

static void fold_all(folder *f, const unsigned char *raw, size_t raw_bytes)
{
    size_t at = 0;

    if (raw_bytes > AS_HEADLINE_TEXT_BYTES - 1) {
        raw_bytes = AS_HEADLINE_TEXT_BYTES - 1;
        f->text->cut = true;
    }
    while (at < raw_bytes) {
        uint32_t code = 0;
        unsigned bytes;

        if (raw[at] >= 0x20 && raw[at] < 0x7f && raw[at] != '&') { /* nearly all of it */
            put(f, (char)raw[at], at);
            at++;
            continue;
        }
        bytes = code_point(raw + at, raw_bytes - at, &code);

        if (bytes == 0) {
            at++;
            continue;
        }
        if (code == '&') { /* a character reference, left over from HTML */
            char character[4];
            size_t used = 0;
            unsigned length = as_html_reference((const char *)raw + at, raw_bytes - at, character, &used);

            if (length > 0 && code_point((const unsigned char *)character, length, &code) > 0)
                bytes = (unsigned)used;
        }
        if (code < 0x20 || code == 0x7f)
            put(f, ' ', at);
        else if (code < 0x80)
            put(f, (char)code, at);
        else
            fold(f, code, at);
        at += bytes;
    }
    f->text->folded[f->bytes] = '\0';
    f->text->lower[f->bytes] = '\0';
    f->text->bytes = f->bytes;
}

/*
 * End of the word that begins at, letters and digits with their inner points, commas and
 * apostrophes.
 */
static unsigned word_end(const char *s, unsigned at)
{
    for (;;) {
        char next, after;

        while (is_word(s[at]))
            at++;
        next = s[at];
        after = next == '\0' ? '\0' : s[at + 1];
        if ((next == '.' || next == ',') && is_digit(s[at - 1]) && is_digit(after)) {
            at++;
        } else if (next == '\'' && is_letter(s[at - 1]) && is_letter(after) &&
                   !(lower_of(after) == 's' && !is_word(s[at + 2]))) {
            at++;
        } else {
            return at;
        }
    }
}

/* End of initials joined by points (U.S., J.P., A.I.); 0 if there are none at this place. */
static unsigned initials_end(const char *s, unsigned at)
{
    unsigned letters = 0;

    while (is_letter(s[at]) && s[at + 1] == '.') {
        at += 2;
        letters++;
    }
    if (letters >= 1 && is_letter(s[at]) && !is_word(s[at + 1])) { /* the last point may be missing */
        at++;
        letters++;
    }
    return letters >= 2 && !is_word(s[at]) ? at : 0;
}

static as_token_case case_of(const char *word, unsigned bytes)
{
    unsigned upper = 0, lower = 0;

    if (is_digit(word[0]))
        return AS_CASE_NUMBER;
    for (unsigned i = 0; i < bytes; i++) {
        upper += is_upper(word[i]);
        lower += is_lower(word[i]);
    }
    if (upper == 0)
        return AS_CASE_LOWER;
    if (lower == 0)
        return upper == 1 && bytes == 1 ? AS_CASE_TITLE : AS_CASE_UPPER;
    return upper == 1 && is_upper(word[0]) ? AS_CASE_TITLE : AS_CASE_MIXED;
}

/* What stands between two words. */
typedef struct between {
    bool blank, hyphen, loose_dash, stop, colon, comma, question, open, close, money, other, slash_and;
    char last;
} between;

static between between_read(const char *s, unsigned from, unsigned to)
{
    between b;

    memset(&b, 0, sizeof b);
    for (unsigned i = from; i < to; i++) {
        char c = s[i];
        char before = i > 0 ? s[i - 1] : '\0';

        b.last = c;
        switch (c) {
        case ' ':
            b.blank = true;
            break;
        case '-':
            if (is_blank(before) || is_blank(s[i + 1]) || before == '-')
                b.loose_dash = b.loose_dash || is_blank(s[i + 1]) || before == '-';
            else
                b.hyphen = true;
            break;
        case '.':
            if (is_blank(s[i + 1]) || s[i + 1] == '"' || s[i + 1] == '\'')
                b.stop = true;
            break;
        case '!':
        case ';':
            b.stop = true;
            break;
        case '|':
            b.stop = true;
            break;
        case '?':
            b.question = true;
            break;
        case ':':
            b.colon = true;
            break;
        case ',':
            b.comma = true;
            break;
        case '(':
            b.open = true;
            b.close = false;
            break;
        case ')':
            b.close = true;
            break;
        case '$':
            b.money = i + 1 == to;
            break;
        case '&':
        case '/':
            b.slash_and = true;
            break;
        case '\'':
            break;
        default:
            b.other = true;
            break;
        }
    }
    return b;
}

static uint16_t flags_after(const between *b)
{
    uint16_t flags = 0;

    flags = (uint16_t)(flags | (b->question ? AS_TOKEN_QUESTION : 0));
    flags = (uint16_t)(flags | (b->colon ? AS_TOKEN_COLON : 0));
    flags = (uint16_t)(flags | (b->comma ? AS_TOKEN_COMMA : 0));
    flags = (uint16_t)(flags | (b->stop || b->loose_dash ? AS_TOKEN_STOP : 0));
    return (uint16_t)(flags | (b->slash_and ? AS_TOKEN_SLASH_AND : 0));
}

/* A point after these ends no sentence. */
static bool is_abbreviation(const as_text *text, const as_token *token)
{
    static const char *const word[] = {"inc", "corp", "co", "ltd", "vs", "mr", "mrs", "ms", "dr", "st", "no", "jr"};

    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        if (strlen(word[i]) == token->bytes && memcmp(word[i], text->lower + token->offset, token->bytes) == 0)
            return true;
    return false;
}

/* Relations between a word and the one before it, given what stands between. */
static void join(as_text *text, as_token *token, between *b, bool *paren)
{
    as_token *before = text->token_count > 0 ? &text->token[text->token_count - 1] : NULL;
    unsigned flags = 0;
    bool new_sentence;

    if (b->stop && b->last == ' ' && before != NULL && is_abbreviation(text, before))
        b->stop = false;
    new_sentence = b->stop || b->question || b->loose_dash || b->colon;
    if (b->close)
        *paren = false;
    if (b->open)
        *paren = true;
    if (*paren)
        flags |= AS_TOKEN_PAREN;
    if (b->money)
        flags |= token->kind == AS_CASE_NUMBER ? AS_TOKEN_MONEY : AS_TOKEN_CASHTAG;
    if (before == NULL) {
        flags |= AS_TOKEN_START;
    } else {
        before->flags = (uint16_t)(before->flags | flags_after(b));
        if (new_sentence)
            flags |= AS_TOKEN_START;
        else if (!b->comma && !b->open && !b->close && !b->other && !b->money)
            flags |= AS_TOKEN_JOINED;
        if (b->hyphen && !b->blank) {
            flags |= AS_TOKEN_HYPHEN_LEFT;
            before->flags |= AS_TOKEN_HYPHEN_RIGHT;
        }
        token->sentence = before->sentence;
        if ((b->stop || b->question) && token->sentence < UINT8_MAX)
            token->sentence++;
    }
    token->flags = (uint16_t)(token->flags | flags);
}

static void judge_case(as_text *text)
{
    unsigned longer = 0, longer_upper = 0, upper = 0, with_lower = 0, any_upper = 0;

    for (unsigned i = 0; i < text->token_count; i++) {
        const as_token *token = &text->token[i];

        if (token->kind == AS_CASE_NUMBER)
            continue;
        any_upper += token->kind != AS_CASE_LOWER;
        upper += token->kind == AS_CASE_UPPER;
        with_lower += token->kind != AS_CASE_UPPER && token->bytes > (token->kind == AS_CASE_TITLE ? 2 : 3);
        if (token->bytes >= 4 && (token->flags & AS_TOKEN_START) == 0) {
            longer++;
            longer_upper += token->upper_first;
        }
    }
    text->all_lower = any_upper == 0;
    text->all_caps = upper >= 3 && with_lower == 0;
    text->title_case = !text->all_caps && longer >= 3 && longer_upper * 4 >= longer * 3;
    text->sentence_count = text->token_count > 0 ? (uint16_t)(text->token[text->token_count - 1].sentence + 1u) : 0;
}

static unsigned take_word(as_text *text, const folder *f, unsigned at, as_token *token)
{
    unsigned initials = initials_end(text->folded, at);
    unsigned end = initials != 0 ? initials : word_end(text->folded, at);
    unsigned bytes = end - at;

    memset(token, 0, sizeof *token);
    token->offset = (uint16_t)at;
    token->raw_offset = f->raw_offset[at];
    token->bytes = (uint8_t)(bytes > UINT8_MAX ? UINT8_MAX : bytes);
    token->upper_first = is_upper(text->folded[at]);
    if (initials != 0) {
        char letters[AS_HEADLINE_TEXT_BYTES];
        unsigned count = 0;

        for (unsigned i = at; i < end; i++)
            if (is_letter(text->lower[i]))
                letters[count++] = text->lower[i];
        token->hash = as_text_hash(letters, count);
        token->kind = token->upper_first ? AS_CASE_UPPER : AS_CASE_LOWER;
        return end;
    }
    token->hash = as_text_hash(text->lower + at, bytes);
    token->kind = (uint8_t)case_of(text->folded + at, bytes);
    if (text->lower[end] == '\'' && text->lower[end + 1] == 's' && !is_word(text->lower[end + 2])) {
        token->flags = AS_TOKEN_POSSESSIVE;
        end += 2;
    } else if (text->lower[end] == '\'' && text->lower[end - 1] == 's' && text->lower[end + 1] == ' ') {
        token->flags = AS_TOKEN_POSSESSIVE;
        end += 1;
    }
    if (token->kind == AS_CASE_NUMBER && text->lower[end] == '%')
        token->flags |= AS_TOKEN_PERCENT;
    return end;
}

static bool word_is(const as_text *text, unsigned idx, const char *word)
{
    const as_token *token = &text->token[idx];

    return token->bytes == strlen(word) && memcmp(text->lower + token->offset, word, token->bytes) == 0;
}

/*
 * "UPDATE 2-Intel ...", "RPT-UPDATE 1-Meta ...": a wire's slug tells of the item, not of the world, and goes;
 * "EXCLUSIVE-" and "CORRECTED-" speak of the news and stay, parted from it.
 */
static void drop_slugs(as_text *text)
{
    static const char *const slug[] = {"update", "wrapup", "rpt", "brief", "refile", "repeat"};
    static const char *const kept[] = {"exclusive", "corrected", "correction", "insight", "dealtalk", "focus"};

    for (unsigned round = 0; round < 3 && text->token_count > 2 && text->token[0].kind == AS_CASE_UPPER; round++) {
        unsigned words = text->token[1].kind == AS_CASE_NUMBER ? 2 : 1;
        bool drops = false, keeps = false;

        if ((text->token[words - 1].flags & AS_TOKEN_HYPHEN_RIGHT) == 0)
            return;
        for (size_t i = 0; i < sizeof slug / sizeof slug[0]; i++)
            drops = drops || word_is(text, 0, slug[i]);
        for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
            keeps = keeps || word_is(text, 0, kept[i]);
        if (!drops && !keeps)
            return;
        text->token[words - 1].flags &= (uint16_t)~AS_TOKEN_HYPHEN_RIGHT;
        text->token[words].flags &= (uint16_t) ~(AS_TOKEN_HYPHEN_LEFT | AS_TOKEN_JOINED);
        text->token[words].flags |= AS_TOKEN_START;
        if (!drops)
            return;
        text->token_count = (uint16_t)(text->token_count - words);
        memmove(text->token, text->token + words, text->token_count * sizeof *text->token);
    }
}

void as_text_read(as_text *text, const char *raw, size_t raw_bytes)
{
    folder f = {.text = text, .bytes = 0};
    unsigned at = 0, end_of_last = 0;
    bool paren = false;
    between tail;

    text->token_count = 0;
    text->sentence_count = 0;
    text->cut = false;
    fold_all(&f, (const unsigned char *)raw, raw_bytes);
    while (at < text->bytes) {
        as_token token;
        between b;
        unsigned end;

        if (!is_word(text->folded[at])) {
            at++;
            continue;
        }
        if (text->token_count == AS_TOKEN_MAX) {
            text->cut = true;
            break;
        }
        b = between_read(text->folded, end_of_last, at);
        end = take_word(text, &f, at, &token);
        join(text, &token, &b, &paren);
        text->token[text->token_count++] = token;
        end_of_last = at = end;
    }
    tail = between_read(text->folded, end_of_last, text->bytes);
    if (text->token_count > 0) {
        as_token *last = &text->token[text->token_count - 1];

        last->flags = (uint16_t)(last->flags | flags_after(&tail));
    }
    drop_slugs(text);
    text->question = memchr(text->folded, '?', text->bytes) != NULL;
    judge_case(text);
}
