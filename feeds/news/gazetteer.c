#include "feeds/news/gazetteer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const REJECTS[] = {
    "oracle of omaha", "oracle park", "oracle arena", "oracle network", "oracle networks", "blockchain oracle",
    "price oracle", "oracle bone", "delphic oracle", "oracle problem", "oracle red bull",
    "apple growers", "apple grower", "apple pie", "apple cider", "apple orchard", "apple orchards", "apple juice",
    "apple harvest", "apple crop", "apple farmers", "apple trees", "apple tree", "apple sauce", "big apple",
    "apple valley", "fiona apple", "apple bank",
    "price target", "price targets", "target price", "target prices", "target date", "target cut at", "target cut to",
    "target cut by", "target raised", "target lowered", "target hiked", "target lifted", "target boosted",
    "target trimmed", "target slashed", "target set", "on target", "off target", "target range", "target rate",
    "inflation target", "profit target", "target outcome", "target audience", "target market", "target practice",
    "target maturity", "target company", "takeover target", "buyout target", "target allocation", "next target",
    "target of", "target for",
    "wet amd", "dry amd", "neovascular amd", "amd patients",
    "arms race", "arms deal", "arms sales", "arm wrestling", "arm twisting", "up in arms", "arms control",
    "arms length", "one arm", "lending arm", "investment arm", "venture arm", "research arm", "cloud arm",
    "meta description", "meta tag", "meta tags", "meta analysis", "meta analyses", "so meta",
    "intel agencies", "intel officials", "intel chief", "intel report", "intel community", "us intel",
    "intel committee", "intel briefing", "intel sharing", "military intel", "intel leak", "intel dossier",
    "intel assessment", "intel services", "intel service", "intel failure", "intel source", "intel sources",
    "intel operation", "intel operations", "intel network", "russian intel", "israeli intel", "chinese intel",
    "foreign intel", "counter intel", "market intel", "threat intel",
    "amazon rainforest", "amazon river", "across the amazon", "amazon tribe", "amazon tribes",
    "amazon region", "amazon deforestation", "amazon wildfires", "amazon drought", "amazon jungle",
    "brazilian amazon", "peruvian amazon", "brazil amazon", "adobe houses", "adobe house", "adobe brick",
    "adobe bricks", "tesla coil", "tesla coils", "nikola tesla",
    "amazon basin", "amazon forest", "amazon fires", "the amazon jungle",
    "cash flow", "open ai", "micron thick", "micron thin", "micron process", "sub micron",
    "shell company", "shell companies", "block trade", "block trades", "road block", "snap election",
    "snap back", "snap judgment", "the gap between", "gender gap", "pay gap", "gap up", "gap down", "wage gap",
    "visa program", "work visa", "visa rules", "visa fees", "visa fee", "h 1b visa", "student visa", "golden visa",
    "travel visa",
    "visa holders", "visa ban", "gold visa", "visa applicants",
    "the best buy", "best buy now", "best buy right now", "a best buy", "best buy rating", "better best buy",
    "ford government", "harrison ford", "gerald ford", "doug ford", "ford the", "tom ford",
    "square feet", "square foot", "times square", "delta variant", "river delta", "mekong delta", "delta plan",
    "unity government", "national unity", "match group stage", "root cause", "roots of",
    "natural gas", "core inflation", "core cpi", "core pce", "hard core", "core science", "buffett indicator",
    "first time", "first quarter", "first half", "strategy session", "new strategy", "ai strategy",
    "cloud strategy", "growth strategy", "trading strategy", "investment strategy", "dividend strategy",
    "chips act", "vision pro", "wall street journal", "dow jones", "s p 500", "s p", "nasdaq 100", "nasdaq composite",
    "not just nvidia", "discovery of", "progressive lawmakers", "southern states", "southern california",
    "general public", "dollar general election", "carrier strike group", "aircraft carrier",
    "owens corning", "fox hunt", "super bowl", "premier league", "champions league", "world cup", "match day",
};

static const char *const BROKERS[] = {
    "goldman sachs", "goldman", "jpmorgan", "jpmorgan chase", "jp morgan", "morgan stanley", "citi", "citigroup",
    "bank of america", "bofa", "ubs", "barclays", "wells fargo", "jefferies", "piper sandler", "raymond james",
    "deutsche bank", "hsbc", "stifel", "nomura", "mizuho", "moody", "s p global", "evercore", "oppenheimer",
    "morningstar", "rbc", "td cowen", "keybanc", "keycorp", "truist", "bernstein", "wedbush", "citizens",
};

/*
 * Words that open a share class; those with a second word only before it, "?" standing for one
 * letter.
 */
static const struct {
    const char *word, *next;
} CLASS_WORDS[] = {
    {"common", "stock"}, {"common", "shares"}, {"common", "share"}, {"common", "units"},
    {"class", "?"}, {"series", "?"},
    {"ordinary", "shares"}, {"ordinary", "share"}, {"american", "depositary"}, {"depositary", ""}, {"warrant", ""},
    {"warrants", ""}, {"units", ""}, {"adr", ""}, {"ads", ""}, {"rights", ""}, {"preferred", ""},
};
/* clang-format on */

/* A legal name cut down step by step. */
typedef struct name {
    as_text text;
    unsigned first, end; /* words used of text */
} name;

static as_gram *slot(as_gazetteer *g, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & g->mask;

    while (g->gram[at].hash != 0 && g->gram[at].hash != hash)
        at = (at + 1) & g->mask;
    return &g->gram[at];
}

static int grow(as_gazetteer *g)
{
    as_gazetteer wider = *g;
    uint32_t slots = g->gram == NULL ? 4096 : (g->mask + 1) * 2;

    wider.mask = slots - 1;
    wider.gram = calloc(slots, sizeof *wider.gram);
    if (wider.gram == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; g->gram != NULL && i <= g->mask; i++)
        if (g->gram[i].hash != 0)
            *slot(&wider, g->gram[i].hash) = g->gram[i];
    free(g->gram);
    *g = wider;
    return 0;
}

/* The entry of a hash, made if need be; NULL without memory. */
static as_gram *entry(as_gazetteer *g, uint64_t hash)
{
    as_gram *gram;

    if ((g->gram == NULL || g->count * 3 > g->mask) && grow(g) != 0)
        return NULL;
    gram = slot(g, hash);
    if (gram->hash == 0) {
        *gram = (as_gram){.hash = hash, .alias = AS_INSTRUMENT_NONE, .ticker = AS_INSTRUMENT_NONE};
        g->count++;
    }
    return gram;
}

/*
 * Entry for the words [first, end) of a text, with the first word told how far to look; NULL without
 * memory.
 */
static as_gram *entry_words(as_gazetteer *g, const as_text *text, unsigned first, unsigned end)
{
    uint64_t chain = 0;
    as_gram *head = entry(g, as_text_chain(0, text->token[first].hash));

    if (head == NULL)
        return NULL;
    if (head->longest < end - first)
        head->longest = (uint8_t)(end - first);
    for (unsigned i = first; i < end; i++)
        chain = as_text_chain(chain, text->token[i].hash);
    return entry(g, chain);
}

static uint8_t upper_mask(const as_text *text, unsigned first, unsigned end)
{
    unsigned mask = 0;

    for (unsigned i = first; i < end; i++)
        if (text->token[i].upper_first)
            mask |= 1u << (i - first);
    return (uint8_t)mask;
}

static int add_alias(as_gazetteer *g, const as_text *text, unsigned first, unsigned end, uint32_t issuer,
                     as_alias_class alias_class, bool explicit_alias)
{
    as_gram *gram;

    if (end <= first || end - first > AS_GRAM_WORDS_MAX)
        return 0;
    gram = entry_words(g, text, first, end);
    if (gram == NULL)
        return -ENOMEM;
    if (!explicit_alias && (gram->flags & (AS_GRAM_EXPLICIT | AS_GRAM_AMBIGUOUS)) != 0)
        return 0;
    if (!explicit_alias && gram->alias != AS_INSTRUMENT_NONE && gram->alias != issuer) {
        gram->alias = AS_INSTRUMENT_NONE;
        gram->flags |= AS_GRAM_AMBIGUOUS;
        return 0;
    }
    if (gram->alias == issuer && !explicit_alias)
        return 0;
    gram->alias = issuer;
    gram->alias_class = (uint8_t)alias_class;
    gram->upper_mask = upper_mask(text, first, end);
    gram->flags |= explicit_alias ? AS_GRAM_EXPLICIT : 0;
    if (end - first == 1 && text->token[first].kind == AS_CASE_UPPER && text->token[first].bytes <= 4)
        gram->flags |= AS_GRAM_CAPITALS;
    return 0;
}

static int add_symbol(as_gazetteer *g, const char *symbol, uint32_t issuer)
{
    as_text text;
    as_gram *gram;

    as_text_read(&text, symbol, strlen(symbol));
    if (text.token_count == 0 || text.token_count > AS_GRAM_WORDS_MAX)
        return 0;
    gram = entry_words(g, &text, 0, text.token_count);
    if (gram == NULL)
        return -ENOMEM;
    if (gram->ticker == AS_INSTRUMENT_NONE)
        gram->ticker = issuer;
    return 0;
}

static int add_phrases(as_gazetteer *g, const char *const *phrase, size_t count, uint8_t flag)
{
    for (size_t i = 0; i < count; i++) {
        as_text text;
        as_gram *gram;

        as_text_read(&text, phrase[i], strlen(phrase[i]));
        gram = entry_words(g, &text, 0, text.token_count);
        if (gram == NULL)
            return -ENOMEM;
        gram->flags |= flag;
    }
    return 0;
}

static bool is_word_of(const as_text *text, unsigned idx, const char *word)
{
    return idx < text->token_count && text->token[idx].hash == as_text_hash(word, strlen(word));
}

static bool next_is(const as_text *text, unsigned idx, const char *next)
{
    if (next[0] == '?')
        return idx < text->token_count && text->token[idx].bytes == 1;
    return next[0] == '\0' || is_word_of(text, idx, next);
}

/* Where the share class begins ("Class A Common Stock", "American Depositary Shares"). */
static unsigned share_class_begin(const as_text *text)
{
    for (unsigned i = 1; i < text->token_count; i++) {
        bool class_word = (text->token[i].flags & AS_TOKEN_PAREN) != 0;

        for (size_t k = 0; k < sizeof CLASS_WORDS / sizeof CLASS_WORDS[0]; k++)
            class_word =
                class_word || (is_word_of(text, i, CLASS_WORDS[k].word) && next_is(text, i + 1, CLASS_WORDS[k].next));
        if (class_word)
            return i;
    }
    return text->token_count;
}

static bool has(const as_text *text, unsigned idx, uint32_t flag)
{
    return (text->token[idx].lexicon & flag) != 0;
}

static bool is_house_word(const as_text *text, unsigned idx)
{
    return is_word_of(text, idx, "holdings") || is_word_of(text, idx, "holding") || is_word_of(text, idx, "group") ||
           is_word_of(text, idx, "companies") || is_word_of(text, idx, "trust");
}

static void read_name(name *n, const char *legal, const as_lexicon *lexicon)
{
    as_text_read(&n->text, legal, strlen(legal));
    as_lexicon_mark(lexicon, &n->text);
    n->first = n->text.token_count > 1 && is_word_of(&n->text, 0, "the") ? 1 : 0;
    n->end = share_class_begin(&n->text);
    while (n->end > n->first + 1 && has(&n->text, n->end - 1, AS_WORD_SUFFIX) && !is_house_word(&n->text, n->end - 1))
        n->end--;
}

/* How ordinary are the words? SCIENCE 1.5's classes, guessed. */
static as_alias_class guess_class(const as_text *text, unsigned first, unsigned end)
{
    bool ordinary = true;

    for (unsigned i = first; i < end; i++)
        ordinary = ordinary && has(text, i,
                                   AS_WORD_COMMON | AS_WORD_SMALL | AS_WORD_GENERIC | AS_WORD_MARKET | AS_WORD_VERB |
                                       AS_WORD_ACRONYM);
    if (end - first == 1)
        return ordinary ? AS_ALIAS_CONTEXT : AS_ALIAS_CASED;
    return ordinary ? AS_ALIAS_CASED : AS_ALIAS_SAFE;
}

/* Is what is left after dropping a generic ending still a name? */
static bool short_form_holds(const as_text *text, unsigned first, unsigned end)
{
    const as_token *last = &text->token[end - 1];

    if (end - first == 1) {
        bool strong_ending = is_word_of(text, end, "platforms") || is_word_of(text, end, "technologies") ||
                             is_word_of(text, end, "technology") || is_house_word(text, end);

        if (last->bytes < 3 || has(text, first, AS_WORD_ACRONYM | AS_WORD_SMALL | AS_WORD_FUNCTION | AS_WORD_PLACE))
            return false;
        return !has(text, first, AS_WORD_COMMON) || strong_ending;
    }
    return !has(text, end - 1, AS_WORD_SMALL);
}

static int add_name(as_gazetteer *g, name *n, uint32_t issuer)
{
    int rc = 0;

    if (n->end == n->first + 1 && has(&n->text, n->first, AS_WORD_FUNCTION)) /* "Dow Inc": only with its ending */
        return n->end < n->text.token_count
                   ? add_alias(g, &n->text, n->first, n->end + 1, issuer, AS_ALIAS_CASED, false)
                   : 0;
    while (rc == 0 && n->end > n->first) {
        unsigned last = n->end - 1;

        rc = add_alias(g, &n->text, n->first, n->end, issuer, guess_class(&n->text, n->first, n->end), false);
        if (last <= n->first || !(is_house_word(&n->text, last) || has(&n->text, last, AS_WORD_GENERIC)) ||
            !short_form_holds(&n->text, n->first, last))
            break;
        n->end--;
        while (n->end > n->first + 1 && has(&n->text, n->end - 1, AS_WORD_SMALL))
            n->end--;
    }
    return rc;
}

/*
 * Share classes: instruments of the same name are one issuer, the first that has aliases of its
 * own, or else the first.
 */
static int unite_share_classes(as_gazetteer *g, const as_universe *universe, const as_lexicon *lexicon)
{
    as_gazetteer names = {0};
    int rc = 0;

    for (unsigned round = 0; rc == 0 && round < 2; round++)
        for (uint32_t i = 0; rc == 0 && i < universe->symbols.count; i++) {
            const as_instrument *in = &universe->instrument[i];
            as_gram *gram;
            name n;

            g->issuer[i] = i;
            read_name(&n, in->name, lexicon);
            if (n.end <= n.first)
                continue;
            gram = entry_words(&names, &n.text, n.first, n.end);
            if (gram == NULL)
                rc = -ENOMEM;
            else if (gram->alias == AS_INSTRUMENT_NONE ||
                     (universe->instrument[gram->alias].alias_count == 0 && in->alias_count > 0))
                gram->alias = i;
            else
                g->issuer[i] = gram->alias;
        }
    free(names.gram);
    return rc;
}

static int add_aliases(as_gazetteer *g, const as_universe *universe, uint32_t instrument)
{
    const as_instrument *in = &universe->instrument[instrument];

    for (unsigned a = 0; a < in->alias_count; a++) {
        as_text text;
        int rc;

        as_text_read(&text, in->alias[a].text, strlen(in->alias[a].text));
        rc = add_alias(g, &text, 0, text.token_count, g->issuer[instrument], in->alias[a].alias_class, true);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int add_instrument(as_gazetteer *g, const as_universe *universe, const as_lexicon *lexicon, uint32_t i)
{
    int rc = add_symbol(g, as_symbols_name(&universe->symbols, i), g->issuer[i]);

    if (rc == 0 && universe->instrument[i].name[0] != '\0') {
        name n;

        read_name(&n, universe->instrument[i].name, lexicon);
        rc = add_name(g, &n, g->issuer[i]);
    }
    return rc;
}

int as_gazetteer_init(as_gazetteer *gazetteer, const as_universe *universe, const as_lexicon *lexicon)
{
    uint32_t count = universe->symbols.count;
    int rc;

    memset(gazetteer, 0, sizeof *gazetteer);
    gazetteer->issuer = calloc(count > 0 ? count : 1, sizeof *gazetteer->issuer);
    rc = gazetteer->issuer == NULL ? -ENOMEM : unite_share_classes(gazetteer, universe, lexicon);
    if (rc == 0)
        rc = add_phrases(gazetteer, REJECTS, sizeof REJECTS / sizeof REJECTS[0], AS_GRAM_REJECT);
    if (rc == 0)
        rc = add_phrases(gazetteer, BROKERS, sizeof BROKERS / sizeof BROKERS[0], AS_GRAM_BROKER);
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = add_aliases(gazetteer, universe, i);
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = add_instrument(gazetteer, universe, lexicon, i);
    if (rc != 0)
        as_gazetteer_fini(gazetteer);
    return rc;
}

void as_gazetteer_fini(as_gazetteer *gazetteer)
{
    free(gazetteer->gram);
    free(gazetteer->issuer);
    memset(gazetteer, 0, sizeof *gazetteer);
}
