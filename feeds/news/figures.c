#include "feeds/news/figures.h"

#include <string.h>

static const char *const CURRENCY[] = {"dollar", "dollars", "usd", "euro", "euros", "yuan", "yen", "won", "pounds"};
static const char *const PERCENT[] = {"percent", "pct", "percentage"};
static const char *const GIGAWATT[] = {"gw", "gigawatt", "gigawatts"};
static const char *const MEGAWATT[] = {"mw", "megawatt", "megawatts"};
static const char *const JOB[] = {"job",   "jobs",      "employees", "workers", "staff", "staffers",
                                  "roles", "positions", "people",    "layoffs", "posts"};
static const char *const SHARE[] = {"share", "shares"};
static const char *const MARKET[] = {"market", "value", "valuation", "cap"};
static const char *const SMALL[] = {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};

static const struct {
    const char *word;
    double factor;
} SCALE[] = {{"thousand", 1e3}, {"k", 1e3},         {"million", 1e6}, {"mln", 1e6}, {"mn", 1e6},
             {"m", 1e6},        {"billion", 1e9},   {"bln", 1e9},     {"bn", 1e9},  {"b", 1e9},
             {"billions", 1e9}, {"trillion", 1e12}, {"trln", 1e12},   {"tn", 1e12}, {"t", 1e12}};

#define IS_ONE_OF(word, bytes, list) one_of(word, bytes, list, sizeof(list) / sizeof *(list))

static bool same(const char *word, size_t bytes, const char *other)
{
    return strlen(other) == bytes && memcmp(word, other, bytes) == 0;
}

static bool one_of(const char *word, size_t bytes, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (same(word, bytes, list[i]))
            return true;
    return false;
}

static double scale_of(const char *word, size_t bytes)
{
    for (size_t i = 0; i < sizeof SCALE / sizeof *SCALE; i++)
        if (same(word, bytes, SCALE[i].word))
            return SCALE[i].factor;
    return 0;
}

/* "15,000" "1.25" at the beginning of a word: how many bytes of it are the number, 0 none. */
static size_t number_of(const char *word, size_t bytes, double *value)
{
    size_t at = 0;
    double whole = 0, unit = 1;
    bool point = false;
    for (; at < bytes && ((word[at] >= '0' && word[at] <= '9') || word[at] == ',' || word[at] == '.'); at++) {
        if (word[at] == '.') {
            if (point) /* a date, a version */
                return 0;
            point = true;
        } else if (word[at] != ',') {
            whole = whole * 10 + (word[at] - '0');
            unit *= point ? 10 : 1;
        }
    }
    *value = whole / unit;
    return at;
}

static size_t small_number(const char *word, size_t bytes, double *value)
{
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++)
        if (same(word, bytes, SMALL[i])) {
            *value = (double)(i + 1);
            return bytes;
        }
    return 0;
}

typedef struct place {
    const as_text *text;
    unsigned at; /* of the word behind the number and its scale */
} place;

static const char *word_at(const place *p, unsigned ahead, size_t *bytes)
{
    if (p->at + ahead >= p->text->token_count)
        return *bytes = 0, "";
    const as_token *token = &p->text->token[p->at + ahead];
    return *bytes = token->bytes, p->text->lower + token->offset;
}

static bool follows(const place *p, unsigned within, const char *const *list, size_t count)
{
    for (unsigned i = 0; i < within; i++) {
        size_t bytes;
        const char *word = word_at(p, i, &bytes);
        if (one_of(word, bytes, list, count))
            return true;
    }
    return false;
}

#define FOLLOWS(p, within, list) follows(p, within, list, sizeof(list) / sizeof *(list))

static bool is_money(const place *p, double value)
{
    static const char *const rate[] = {"share", "apiece"};
    return value >= 1e6 && !FOLLOWS(p, 2, rate) && !FOLLOWS(p, 3, MARKET);
}

/* What the number at token `at` counts; rest: letters grown to it ("50bn", "5gw"). */
static as_figure figure_of(const as_text *text, unsigned at, double value, const char *rest, size_t rest_bytes)
{
    const as_token *token = &text->token[at];
    place p = {text, at + 1};
    double scale = rest_bytes ? scale_of(rest, rest_bytes) : 1;
    if (rest_bytes && IS_ONE_OF(rest, rest_bytes, GIGAWATT))
        return (as_figure){value, AS_FIGURE_GIGAWATTS};
    if (rest_bytes && IS_ONE_OF(rest, rest_bytes, MEGAWATT))
        return (as_figure){value / 1000, AS_FIGURE_GIGAWATTS};
    if (scale <= 0)
        return (as_figure){0};
    if (token->flags & AS_TOKEN_PERCENT)
        return (as_figure){value, AS_FIGURE_PERCENT};
    size_t next_bytes;
    const char *next = word_at(&p, 0, &next_bytes);
    double next_scale = rest_bytes ? 0 : scale_of(next, next_bytes);
    if (next_scale > 0) {
        scale = next_scale;
        p.at++;
    }
    value *= scale;
    if (token->flags & AS_TOKEN_MONEY)
        return is_money(&p, value) ? (as_figure){value, AS_FIGURE_MONEY} : (as_figure){0};
    if (FOLLOWS(&p, 1, PERCENT))
        return (as_figure){value, AS_FIGURE_PERCENT};
    if (FOLLOWS(&p, 1, GIGAWATT))
        return (as_figure){value, AS_FIGURE_GIGAWATTS};
    if (FOLLOWS(&p, 1, MEGAWATT))
        return (as_figure){value / 1000, AS_FIGURE_GIGAWATTS};
    if (FOLLOWS(&p, 1, CURRENCY))
        return is_money(&p, value) ? (as_figure){value, AS_FIGURE_MONEY} : (as_figure){0};
    if (FOLLOWS(&p, 1, SHARE))
        return (as_figure){value, AS_FIGURE_SHARES};
    if (FOLLOWS(&p, 3, JOB))
        return (as_figure){value, AS_FIGURE_JOBS};
    return (as_figure){0};
}

unsigned as_figures_read(const as_text *text, as_figure *figure)
{
    unsigned count = 0;
    for (unsigned i = 0; i < text->token_count && count < AS_HEADLINE_FIGURE_MAX; i++) {
        const as_token *token = &text->token[i];
        const char *word = text->lower + token->offset;
        double value = 0;
        size_t used = number_of(word, token->bytes, &value);
        if (used == 0 && token->bytes <= 5)
            used = small_number(word, token->bytes, &value);
        if (used == 0)
            continue;
        as_figure read = figure_of(text, i, value, word + used, token->bytes - used);
        if (read.unit != AS_FIGURE_NONE)
            figure[count++] = read;
    }
    return count;
}
