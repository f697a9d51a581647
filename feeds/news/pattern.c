#include "feeds/news/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef enum element_kind {
    ELEMENT_WORD,
    ELEMENT_PREFIX,
    ELEMENT_GAP,
    ELEMENT_NUMBER,
    ELEMENT_COMPANY,
    ELEMENT_CLASS,
    ELEMENT_BEGIN,
    ELEMENT_END,
    ELEMENT_QUESTION,
    ELEMENT_COLON
} element_kind;

enum { PREFIX_KEY_BYTES = 3, PREFIX_BYTES_MAX = 20, PRESENT_WORDS = 256 };

/* Alternatives of one position are consecutive elements; all but the last have .more set. */
typedef struct element {
    uint64_t hash; /* of the word; the prefix key of a prefix; the bit of a class */
    uint64_t bits; /* first of a position: bits of its words and prefixes; all where something else may stand */
    uint8_t kind;
    uint8_t more;
    uint8_t prefix_bytes; /* of a gap: its most words */
    char prefix[PREFIX_BYTES_MAX];
} element;

typedef struct pattern {
    uint32_t element; /* first of element_count in the pool */
    uint32_t order;
    uint16_t element_count; /* positive ones, then the absent ones */
    uint16_t absent_count;
    uint16_t group, label;
} pattern;

/*
 * What must be in the headline for a pattern to match, in one cache line beside the others': most patterns are passed
 * over on it. any: of these bits of as_pattern_view.filter at least one, those of the words of the pattern's position
 * with the fewest alternatives.
 */
typedef struct gate {
    uint64_t classes; /* every one of them */
    uint64_t any[AS_PATTERN_FILTER_WORDS];
    uint32_t order;
    uint16_t group;
} gate;

/*
 * Patterns that may begin at a word: keyed by the word's hash, its first three letters, or what it
 * is.
 */
typedef struct bucket {
    uint64_t key; /* 0: empty */
    uint32_t first, count;
} bucket;

struct as_patterns {
    element *element;
    uint32_t element_count, element_room;
    pattern *pattern;
    gate *gate; /* one a pattern, in the same order */
    uint32_t pattern_count, pattern_room;
    bucket *bucket;
    uint32_t bucket_mask;
    uint64_t present[PRESENT_WORDS]; /* bit per key: most words of a headline begin no pattern */
    uint64_t leads;                  /* classes that begin a pattern */
    bool any_word;                   /* a pattern may begin at any word */
    uint32_t *index;                 /* pattern numbers, grouped by bucket, by order within one */
};

static const uint64_t KEY_NUMBER = 1, KEY_COMPANY = 2, KEY_ANY = 3, KEY_CLASS = 4;

static uint64_t prefix_key(const char *word)
{
    uint64_t letters = (uint64_t)(unsigned char)word[0] << 16 | (uint64_t)(unsigned char)word[1] << 8 |
                       (uint64_t)(unsigned char)word[2];
    uint64_t key = letters * UINT64_C(0x9e3779b97f4a7c15);

    return key ^ key >> 31;
}

int as_patterns_new(as_patterns **patterns)
{
    as_patterns *made = calloc(1, sizeof *made);

    if (made == NULL)
        return -ENOMEM;
    *patterns = made;
    return 0;
}

void as_patterns_free(as_patterns *patterns)
{
    if (patterns == NULL)
        return;
    free(patterns->element);
    free(patterns->pattern);
    free(patterns->gate);
    free(patterns->bucket);
    free(patterns->index);
    free(patterns);
}

static element *element_add(as_patterns *patterns)
{
    if (patterns->element_count == patterns->element_room) {
        uint32_t room = patterns->element_room == 0 ? 1024 : patterns->element_room * 2;
        element *wider = realloc(patterns->element, room * sizeof *wider);

        if (wider == NULL)
            return NULL;
        patterns->element = wider;
        patterns->element_room = room;
    }
    memset(&patterns->element[patterns->element_count], 0, sizeof *patterns->element);
    return &patterns->element[patterns->element_count++];
}

/* "word" or "word*"; single: a hyphenated one is not possible here. */
static int add_word(as_patterns *patterns, const char *word, size_t bytes, bool single, bool more, const char **why)
{
    bool prefix = bytes > 0 && word[bytes - 1] == '*';
    as_text text;

    as_text_read(&text, word, bytes);
    if (text.token_count == 0 || (text.token_count > 1 && (single || prefix))) {
        *why = "a word is wanted here (one word beside |, !, or before *)";
        return -EINVAL;
    }
    for (unsigned i = 0; i < text.token_count; i++) {
        const as_token *token = &text.token[i];
        element *e = element_add(patterns);

        if (e == NULL)
            return -ENOMEM;
        e->kind = prefix ? ELEMENT_PREFIX : ELEMENT_WORD;
        e->hash = token->hash;
        e->more = more;
        if (!prefix)
            continue;
        if (token->bytes < PREFIX_KEY_BYTES || token->bytes > PREFIX_BYTES_MAX) {
            *why = "three to twenty letters are wanted before *";
            return -EINVAL;
        }
        e->prefix_bytes = token->bytes;
        e->hash = prefix_key(text.lower + token->offset);
        memcpy(e->prefix, text.lower + token->offset, token->bytes);
    }
    return 0;
}

static int add_mark(as_patterns *patterns, char mark, bool more)
{
    static const char marks[] = "*#@^$?:";
    static const uint8_t kind[] = {ELEMENT_GAP, ELEMENT_NUMBER,   ELEMENT_COMPANY, ELEMENT_BEGIN,
                                   ELEMENT_END, ELEMENT_QUESTION, ELEMENT_COLON};
    const char *at = strchr(marks, mark);
    element *e = element_add(patterns);

    if (e == NULL)
        return -ENOMEM;
    e->kind = kind[at - marks];
    e->more = more;
    e->prefix_bytes = AS_PATTERN_GAP_MAX;
    return 0;
}

static int add_class(as_patterns *patterns, const char *name, size_t bytes, bool more, const char **why)
{
    int class_number = as_vocabulary_class(name, bytes);
    element *e;

    if (class_number < 0) {
        *why = "the name of a class of words is wanted after % (feeds/news/vocabulary.c)";
        return -EINVAL;
    }
    e = element_add(patterns);
    if (e == NULL)
        return -ENOMEM;
    e->kind = ELEMENT_CLASS;
    e->hash = UINT64_C(1) << class_number;
    e->more = more;
    return 0;
}

static int add_wide_gap(as_patterns *patterns)
{
    int rc = add_mark(patterns, '*', false);

    if (rc == 0)
        patterns->element[patterns->element_count - 1].prefix_bytes = AS_PATTERN_WIDE_GAP_MAX;
    return rc;
}

/* What stands between two blanks. */
static int add_piece(as_patterns *patterns, const char *piece, size_t bytes, const char **why)
{
    bool absent = piece[0] == '!', alternative = false;
    int rc = 0;

    if (absent) {
        piece++;
        bytes--;
    }
    if (bytes == 1 && strchr("*#@^$?:", piece[0]) != NULL)
        return add_mark(patterns, piece[0], false);
    if (bytes == 2 && piece[0] == '*' && piece[1] == '*')
        return add_wide_gap(patterns);
    while (rc == 0) {
        const char *bar = memchr(piece, '|', bytes);
        size_t word = bar == NULL ? bytes : (size_t)(bar - piece);

        if (word == 1 && (piece[0] == '@' || piece[0] == '#'))
            rc = add_mark(patterns, piece[0], bar != NULL);
        else if (word > 1 && piece[0] == '%')
            rc = add_class(patterns, piece + 1, word - 1, bar != NULL, why);
        else
            rc = add_word(patterns, piece, word, bar != NULL || alternative || absent, bar != NULL, why);
        alternative = true;
        if (bar == NULL)
            break;
        piece = bar + 1;
        bytes -= word + 1;
    }
    return rc;
}

/* Two passes over the text: first what must be there, then what must not. */
static int add_pieces(as_patterns *patterns, const char *text, bool absent, const char **why)
{
    for (const char *at = text; *at != '\0';) {
        size_t bytes = strcspn(at, " ");
        int rc = bytes > 0 && (at[0] == '!') == absent ? add_piece(patterns, at, bytes, why) : 0;

        if (rc != 0)
            return rc;
        at += bytes;
        at += strspn(at, " ");
    }
    return 0;
}

/* Classes without which the pattern cannot match: positions that are one class and nothing else. */
static uint64_t needed_classes(const as_patterns *patterns, const pattern *p)
{
    uint64_t classes = 0;

    for (uint32_t i = p->element; i < p->element + p->element_count; i++) {
        const element *e = &patterns->element[i];

        if (e->kind == ELEMENT_CLASS && e->more == 0 && (i == p->element || !e[-1].more))
            classes |= e->hash;
    }
    return classes;
}

int as_patterns_add(as_patterns *patterns, const char *text, uint16_t group, uint32_t order, uint16_t label,
                    const char **why)
{
    pattern p = {.element = patterns->element_count, .order = order, .group = group, .label = label};
    int rc = add_pieces(patterns, text, false, why);

    p.element_count = (uint16_t)(patterns->element_count - p.element);
    if (rc == 0)
        rc = add_pieces(patterns, text, true, why);
    p.absent_count = (uint16_t)(patterns->element_count - p.element - p.element_count);
    if (rc == 0 && (p.element_count == 0 || p.element_count + p.absent_count > AS_PATTERN_ELEMENT_MAX)) {
        *why = "a phrase has 1 to 256 words";
        rc = -EINVAL;
    }
    if (rc == 0 && patterns->element[p.element].kind == ELEMENT_GAP) {
        *why = "a phrase does not begin with a gap";
        rc = -EINVAL;
    }
    if (rc == 0 && patterns->pattern_count == patterns->pattern_room) {
        uint32_t room = patterns->pattern_room == 0 ? 512 : patterns->pattern_room * 2;
        pattern *wider = realloc(patterns->pattern, room * sizeof *wider);

        if (wider == NULL) {
            rc = -ENOMEM;
        } else {
            patterns->pattern = wider;
            patterns->pattern_room = room;
        }
    }
    if (rc == 0)
        patterns->pattern[patterns->pattern_count++] = p;
    else
        patterns->element_count = p.element;
    return rc;
}

/* Key under which an element's words look for the pattern. */
static uint64_t key_of(const element *e)
{
    switch (e->kind) {
    case ELEMENT_WORD:
        return e->hash;
    case ELEMENT_PREFIX:
        return e->hash;
    case ELEMENT_NUMBER:
        return KEY_NUMBER;
    case ELEMENT_COMPANY:
        return KEY_COMPANY;
    case ELEMENT_CLASS:
        return KEY_CLASS + (uint64_t)__builtin_ctzll(e->hash);
    default:
        return KEY_ANY;
    }
}

static uint64_t *present_word(as_patterns *patterns, uint64_t key)
{
    return &patterns->present[key >> 6 & (PRESENT_WORDS - 1)];
}

static bool may_lead(const as_patterns *patterns, uint64_t key)
{
    return (patterns->present[key >> 6 & (PRESENT_WORDS - 1)] >> (key & 63) & 1u) != 0;
}

static bucket *bucket_of(const as_patterns *patterns, uint64_t key)
{
    uint32_t at = (uint32_t)(key ^ key >> 32) & patterns->bucket_mask;

    while (patterns->bucket[at].key != 0 && patterns->bucket[at].key != key)
        at = (at + 1) & patterns->bucket_mask;
    return &patterns->bucket[at];
}

/* First element that consumes a word, after ^; alternatives each have a key. */
static const element *lead_of(const as_patterns *patterns, const pattern *p)
{
    const element *e = &patterns->element[p->element];

    return e->kind == ELEMENT_BEGIN && p->element_count > 1 ? e + 1 : e;
}

static int by_order(const void *a, const void *b)
{
    const pattern *left = a, *right = b;

    return left->order < right->order ? -1 : left->order > right->order;
}

/* Count or fill the buckets. */
static void index_patterns(as_patterns *patterns, bool fill)
{
    for (uint32_t i = 0; i < patterns->pattern_count; i++) {
        const element *e = lead_of(patterns, &patterns->pattern[i]);

        for (;; e++) {
            bucket *b = bucket_of(patterns, key_of(e));

            b->key = key_of(e);
            patterns->leads |= e->kind == ELEMENT_CLASS ? e->hash : 0;
            *present_word(patterns, key_of(e)) |= UINT64_C(1) << (key_of(e) & 63);
            if (fill)
                patterns->index[b->first + b->count] = i;
            b->count++;
            if (!e->more)
                break;
        }
    }
}

static void filter_add(uint64_t *filter, uint64_t key)
{
    filter[key >> 6 & (AS_PATTERN_FILTER_WORDS - 1)] |= UINT64_C(1) << (key & 63);
}

/* Alternatives of a position, or 0 if something else than words may stand there. */
static uint32_t words_of_position(const element *e)
{
    uint32_t count = 1;

    for (;; e++, count++) {
        if (e->kind > ELEMENT_PREFIX)
            return 0;
        if (!e->more)
            return count;
    }
}

static uint64_t key_bit(uint64_t key)
{
    return UINT64_C(1) << (key >> 20 & 63);
}

/* Bits of every position, in its first element. */
static void mark_positions(as_patterns *patterns)
{
    for (uint32_t i = 0; i < patterns->element_count; i++) {
        element *first = &patterns->element[i];

        first->bits = words_of_position(first) == 0 ? UINT64_MAX : key_bit(first->hash);
        for (; patterns->element[i].more; i++)
            first->bits |= key_bit(patterns->element[i + 1].hash);
    }
}

static void make_gate(const as_patterns *patterns, const pattern *p, gate *g)
{
    const element *e = &patterns->element[p->element], *end = e + p->element_count, *fewest = NULL;
    uint32_t least = UINT32_MAX;

    g->order = p->order;
    g->group = p->group;
    g->classes = needed_classes(patterns, p);
    for (; e < end; e++) {
        uint32_t words = words_of_position(e);

        /* the later of two equal ones: the first is there anyway when the pattern is looked at */
        if (words != 0 && words <= least) {
            least = words;
            fewest = e;
        }
        while (e->more)
            e++;
    }
    if (fewest == NULL)
        memset(g->any, 0xff, sizeof g->any);
    for (e = fewest; e != NULL; e = e->more ? e + 1 : NULL)
        filter_add(g->any, e->hash);
}

int as_patterns_seal(as_patterns *patterns)
{
    uint32_t slots = 64, total = 0, leads = 0;

    for (uint32_t i = 0; i < patterns->pattern_count; i++) {
        const element *e = lead_of(patterns, &patterns->pattern[i]);

        for (leads++; e->more != 0; e++)
            leads++;
    }
    while (slots < leads * 2 + 2)
        slots *= 2;
    patterns->bucket = calloc(slots, sizeof *patterns->bucket);
    patterns->index = calloc(patterns->element_count + 1, sizeof *patterns->index);
    patterns->gate = calloc(patterns->pattern_count + 1, sizeof *patterns->gate);
    if (patterns->bucket == NULL || patterns->index == NULL || patterns->gate == NULL)
        return -ENOMEM;
    patterns->bucket_mask = slots - 1;
    if (patterns->pattern_count > 0)
        qsort(patterns->pattern, patterns->pattern_count, sizeof *patterns->pattern, by_order);
    index_patterns(patterns, false);
    for (uint32_t i = 0; i < slots; i++) {
        patterns->bucket[i].first = total;
        total += patterns->bucket[i].count;
        patterns->bucket[i].count = 0;
    }
    index_patterns(patterns, true);
    mark_positions(patterns);
    for (uint32_t i = 0; i < patterns->pattern_count; i++)
        make_gate(patterns, &patterns->pattern[i], &patterns->gate[i]);
    patterns->any_word = bucket_of(patterns, KEY_ANY)->count > 0;
    return 0;
}

static bool is_number(const as_token *token)
{
    return token->kind == AS_CASE_NUMBER || (token->lexicon & AS_WORD_NUMBER) != 0;
}

void as_pattern_view_init(as_pattern_view *view, const as_text *text, const as_links *links)
{
    view->text = text;
    view->classes = 0;
    memset(view->filter, 0, sizeof view->filter);
    for (unsigned i = 0; i < text->token_count; i++) {
        const as_token *token = &text->token[i];

        view->prefix[i] = token->bytes >= PREFIX_KEY_BYTES ? prefix_key(text->lower + token->offset) : 0;
        view->number[i] = is_number(token);
        view->bits[i] = key_bit(token->hash) | key_bit(view->prefix[i]);
        filter_add(view->filter, token->hash);
        filter_add(view->filter, view->prefix[i]);
        view->classes |= token->classes | token->pair_classes;
    }
    memset(view->company_end, 0, text->token_count);
    memset(view->inside_name, 0, text->token_count);
    for (unsigned i = 0; links != NULL && i < links->mention_count; i++) {
        const as_mention *mention = &links->mention[i];

        view->company_end[mention->first] = mention->end;
        if (mention->end - mention->first > 1)
            memset(view->inside_name + mention->first, 1, (size_t)(mention->end - mention->first));
    }
}

static bool word_is(const as_text *text, const as_token *token, const element *e)
{
    if (e->kind == ELEMENT_WORD)
        return token->hash == e->hash;
    return token->bytes >= e->prefix_bytes && token->bytes >= PREFIX_KEY_BYTES &&
           memcmp(text->lower + token->offset, e->prefix, e->prefix_bytes) == 0;
}

/* Words taken by a position (one element with its alternatives) at a word; 0 if it does not match. */
static unsigned position_match(const as_pattern_view *view, const element *e, unsigned at)
{
    const as_text *text = view->text;

    if (at >= text->token_count || (view->bits[at] & e->bits) == 0)
        return 0;
    for (;; e++) {
        if (e->kind == ELEMENT_COMPANY) {
            if (view->company_end[at] != 0)
                return view->company_end[at] - at;
        } else if (view->inside_name[at] != 0) {
            return 0;
        } else if (e->kind == ELEMENT_CLASS) {
            if ((text->token[at].pair_classes & e->hash) != 0 && view->inside_name[at + 1] == 0)
                return 2;
            if ((text->token[at].classes & e->hash) != 0)
                return 1;
        } else if (e->kind == ELEMENT_NUMBER ? view->number[at] != 0 : word_is(text, &text->token[at], e)) {
            return 1;
        }
        if (!e->more)
            return 0;
    }
}

/* Does a mark that takes no word hold between at - 1 and at? */
static bool mark_holds(const as_text *text, element_kind kind, unsigned at)
{
    switch (kind) {
    case ELEMENT_BEGIN:
        return at == 0;
    case ELEMENT_END:
        return at == text->token_count;
    case ELEMENT_QUESTION:
        return at > 0 && (text->token[at - 1].flags & AS_TOKEN_QUESTION) != 0;
    case ELEMENT_COLON:
        return at > 0 && (text->token[at - 1].flags & AS_TOKEN_COLON) != 0;
    default:
        return false;
    }
}

/* Could a position match anywhere in the headline? Never a false no. */
static bool position_possible(const as_pattern_view *view, const element *e)
{
    for (;; e++) {
        if (e->kind == ELEMENT_CLASS
                ? (view->classes & e->hash) != 0
                : e->kind > ELEMENT_PREFIX ||
                      (view->filter[e->hash >> 6 & (AS_PATTERN_FILTER_WORDS - 1)] >> (e->hash & 63) & 1u) != 0)
            return true;
        if (!e->more)
            return false;
    }
}

/*
 * Match the elements [e, end) at a word; gaps try every length, bounded by elements and
 * AS_PATTERN_GAP_MAX.
 */
static bool match_here(const as_pattern_view *view, const element *e, const element *end, unsigned at)
{
    while (e < end) {
        unsigned used;

        if (e->kind == ELEMENT_GAP) {
            if (e + 1 < end && !position_possible(view, e + 1))
                return false;
            for (unsigned gap = 0; gap <= e->prefix_bytes && at + gap <= view->text->token_count; gap++)
                if (match_here(view, e + 1, end, at + gap))
                    return true;
            return false;
        }
        if (e->kind >= ELEMENT_BEGIN) {
            if (!mark_holds(view->text, (element_kind)e->kind, at))
                return false;
            e++;
            continue;
        }
        used = position_match(view, e, at);
        if (used == 0)
            return false;
        at += used;
        while (e->more)
            e++;
        e++;
    }
    return true;
}

static bool holds_anywhere(const as_pattern_view *view, const element *e)
{
    if (e->kind == ELEMENT_QUESTION)
        return view->text->question;
    for (unsigned at = 0; at < view->text->token_count; at++) {
        if (e->kind >= ELEMENT_BEGIN ? mark_holds(view->text, (element_kind)e->kind, at + 1)
                                     : position_match(view, e, at) != 0)
            return true;
    }
    return false;
}

static bool absent_hold(const as_patterns *patterns, const as_pattern_view *view, const pattern *p)
{
    const element *e = &patterns->element[p->element + p->element_count];
    const element *end = e + p->absent_count;

    for (; e < end; e++) {
        if (holds_anywhere(view, e))
            return false;
        while (e->more)
            e++;
    }
    return true;
}

static bool pattern_match(const as_patterns *patterns, const as_pattern_view *view, const pattern *p, unsigned at)
{
    const element *e = &patterns->element[p->element];

    return match_here(view, e, e + p->element_count, at) && absent_hold(patterns, view, p);
}

/* What a scan looks for, and what it has found. */
typedef struct scan {
    const as_patterns *patterns;
    const as_pattern_view *view;
    bool by_group;
    uint32_t only; /* group asked for; UINT32_MAX: any */
    uint32_t groups;
    const pattern *best;
} scan;

static bool gate_open(const gate *g, const as_pattern_view *view)
{
    uint64_t any = 0;

    if ((g->classes & ~view->classes) != 0)
        return false;
    for (unsigned i = 0; i < AS_PATTERN_FILTER_WORDS; i++)
        any |= g->any[i] & view->filter[i];
    return any != 0;
}

static void scan_bucket(scan *s, uint64_t key, unsigned at)
{
    const bucket *b;

    if (!may_lead(s->patterns, key))
        return;
    b = bucket_of(s->patterns, key);
    for (uint32_t i = 0; i < b->count; i++) {
        uint32_t idx = s->patterns->index[b->first + i];
        const gate *g = &s->patterns->gate[idx];
        const pattern *p = &s->patterns->pattern[idx];

        if (s->by_group) {
            if ((s->groups >> g->group & 1u) == 0 && gate_open(g, s->view) &&
                pattern_match(s->patterns, s->view, p, at))
                s->groups |= UINT32_C(1) << p->group;
        } else if (s->only == UINT32_MAX || s->only == g->group) {
            if (s->best != NULL && g->order >= s->best->order)
                return;
            if (gate_open(g, s->view) && pattern_match(s->patterns, s->view, p, at)) {
                s->best = p;
                return;
            }
        }
    }
}

static void scan_all(scan *s)
{
    const as_text *text = s->view->text;

    for (unsigned at = 0; at < text->token_count; at++) {
        const as_token *token = &text->token[at];

        scan_bucket(s, token->hash, at);
        if (token->bytes >= PREFIX_KEY_BYTES)
            scan_bucket(s, s->view->prefix[at], at);
        if (s->view->number[at] != 0)
            scan_bucket(s, KEY_NUMBER, at);
        if (s->view->company_end[at] != 0)
            scan_bucket(s, KEY_COMPANY, at);
        for (uint64_t left = (token->classes | token->pair_classes) & s->patterns->leads; left != 0; left &= left - 1)
            scan_bucket(s, KEY_CLASS + (uint64_t)__builtin_ctzll(left), at);
        if (s->patterns->any_word)
            scan_bucket(s, KEY_ANY, at);
    }
}

static as_pattern_hit hit_of(const pattern *best)
{
    if (best == NULL)
        return (as_pattern_hit){.order = UINT32_MAX};
    return (as_pattern_hit){.order = best->order, .group = best->group, .label = best->label};
}

as_pattern_hit as_patterns_first(const as_patterns *patterns, const as_pattern_view *view)
{
    scan s = {.patterns = patterns, .view = view, .only = UINT32_MAX};

    scan_all(&s);
    return hit_of(s.best);
}

as_pattern_hit as_patterns_first_of(const as_patterns *patterns, const as_pattern_view *view, uint16_t group)
{
    scan s = {.patterns = patterns, .view = view, .only = group};

    scan_all(&s);
    return hit_of(s.best);
}

uint32_t as_patterns_groups(const as_patterns *patterns, const as_pattern_view *view)
{
    scan s = {.patterns = patterns, .view = view, .by_group = true};

    scan_all(&s);
    return s.groups;
}
