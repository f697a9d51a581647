#include "feeds/news/quoting.h"

#include <string.h>

#include "core/limits.h"

/* How a text names an outlet, and how a source's name, in plain small letters, does ("=": all of it). */
static const struct {
    const char *before, *word, *source[2];
} OUTLET[] = {
    {NULL, "reuters", {"reuters"}},
    {NULL, "bloomberg", {"bloomberg"}},
    {NULL, "cnbc", {"cnbc"}},
    {NULL, "wsj", {"wsj", "wallstreetjournal"}},
    {"street", "journal", {"wsj", "wallstreetjournal"}},
    {NULL, "ft", {"=ft", "financialtimes"}},
    {"financial", "times", {"=ft", "financialtimes"}},
    {"york", "times", {"nytimes", "newyorktimes"}},
    {NULL, "nyt", {"nytimes", "newyorktimes"}},
    {NULL, "axios", {"axios"}},
    {NULL, "nikkei", {"nikkei"}},
    {"business", "insider", {"businessinsider"}},
    {"washington", "post", {"washingtonpost"}},
    {NULL, "digitimes", {"digitimes"}},
    {NULL, "yonhap", {"yonhap"}},
    {NULL, "semafor", {"semafor"}},
};

static const char *const AHEAD[] = {"told", "tells", "tell", "per", "via", "by", "to", "says", "cites", "citing"};
static const char *const BEHIND[] = {"reports", "reported", "report", "says", "said", "news", "reporting", "writes"};

_Static_assert(sizeof OUTLET / sizeof *OUTLET == AS_QUOTED_OUTLETS, "the limit is the table");
_Static_assert(sizeof AHEAD / sizeof *AHEAD <= AS_ATTRIBUTIONS, "fits");
_Static_assert(sizeof BEHIND / sizeof *BEHIND <= AS_ATTRIBUTIONS, "fits");

static uint64_t hash_of(const char *word)
{
    return word ? as_text_hash(word, strlen(word)) : 0;
}

void as_quoting_init(as_quoting *quoting)
{
    memset(quoting, 0, sizeof *quoting);
    for (unsigned i = 0; i < AS_QUOTED_OUTLETS; i++) {
        quoting->word[i] = hash_of(OUTLET[i].word);
        quoting->before[i] = hash_of(OUTLET[i].before);
        quoting->filter |= UINT64_C(1) << (quoting->word[i] & 63);
    }
    quoting->news = hash_of("news");
    for (unsigned i = 0; i < sizeof AHEAD / sizeof *AHEAD; i++)
        quoting->ahead[i] = hash_of(AHEAD[i]);
    for (unsigned i = 0; i < sizeof BEHIND / sizeof *BEHIND; i++)
        quoting->behind[i] = hash_of(BEHIND[i]);
}

static bool among(const uint64_t words[AS_ATTRIBUTIONS], uint64_t hash)
{
    for (unsigned i = 0; i < AS_ATTRIBUTIONS && words[i] != 0; i++)
        if (words[i] == hash)
            return true;
    return false;
}

/* first: the outlet's first word; last: its last one. "told the FT": an article may stand between. */
static bool attributed(const as_quoting *quoting, const as_text *text, unsigned first, unsigned last)
{
    if (last + 1u == text->token_count || (text->token[last].flags & AS_TOKEN_COLON) != 0 ||
        among(quoting->behind, text->token[last + 1].hash))
        return true;
    for (unsigned back = 1; back <= 2 && back <= first; back++)
        if (among(quoting->ahead, text->token[first - back].hash))
            return true;
    return false;
}

static bool is_named(const char *source, unsigned outlet)
{
    char plain[AS_HEADLINE_SOURCE_BYTES];
    size_t count = 0;

    for (; *source != '\0' && count < sizeof plain - 1; source++) {
        char c = *source >= 'A' && *source <= 'Z' ? (char)(*source + ('a' - 'A')) : *source;

        if (c >= 'a' && c <= 'z')
            plain[count++] = c;
    }
    plain[count] = '\0';
    for (unsigned i = 0; i < 2 && OUTLET[outlet].source[i] != NULL; i++) {
        const char *name = OUTLET[outlet].source[i];

        if (name[0] == '=' ? strcmp(plain, name + 1) == 0 || strcmp(plain, "ftcom") == 0 : strstr(plain, name) != NULL)
            return true;
    }
    return false;
}

/* Is the word parted from what is before it by a dash, a colon or an opening parenthesis? */
static bool set_apart(const as_text *text, unsigned idx)
{
    unsigned at = text->token[idx].offset;

    if (idx == 0 || (text->token[idx].flags & AS_TOKEN_HYPHEN_LEFT) != 0)
        return false;
    if (at > 3 && memcmp(text->lower + at - 4, "the ", 4) == 0)
        at -= 4;
    while (at > 0 && text->lower[at - 1] == ' ')
        at--;
    return at > 0 && (text->lower[at - 1] == '-' || text->lower[at - 1] == ':' || text->lower[at - 1] == '(');
}

bool as_quoting_trails(const as_quoting *quoting, const as_text *text, const char *source)
{
    unsigned last = text->token_count;

    if (last > 0 && text->token[last - 1].bytes == 4 && text->token[last - 1].hash == quoting->news)
        last--; /* "Bloomberg News" */
    if (last < 2 || (quoting->filter >> (text->token[last - 1].hash & 63) & 1u) == 0)
        return false;
    for (unsigned o = 0; o < AS_QUOTED_OUTLETS; o++) {
        unsigned first = last - 1u;

        if (quoting->word[o] != text->token[first].hash)
            continue;
        if (quoting->before[o] != 0 && text->token[--first].hash != quoting->before[o])
            continue;
        if (quoting->before[o] != 0 && first > 0 && !set_apart(text, first))
            first--; /* "Wall Street Journal", "New York Times" */
        if (set_apart(text, first) && !is_named(source, o))
            return true;
    }
    return false;
}

bool as_quoting_read(const as_quoting *quoting, const as_text *text, const char *source)
{
    for (unsigned i = 0; i < text->token_count; i++) {
        const as_token *token = &text->token[i];

        if ((quoting->filter >> (token->hash & 63) & 1u) == 0)
            continue;
        for (unsigned o = 0; o < AS_QUOTED_OUTLETS; o++) {
            bool paired = quoting->before[o] != 0;

            if (quoting->word[o] != token->hash ||
                (paired && (i == 0 || text->token[i - 1].hash != quoting->before[o])))
                continue;
            if (attributed(quoting, text, paired ? i - 1 : i, i) && !is_named(source, o))
                return true;
        }
    }
    return false;
}
