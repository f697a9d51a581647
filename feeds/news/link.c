#include "feeds/news/link.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/cause.h"
#include "feeds/news/gazetteer.h"
#include "feeds/news/sense.h"

struct as_linker {
    const as_universe *universe;
    as_gazetteer gazetteer;
    as_senses senses;
    as_cause_words cause;
    uint32_t bucket_size[AS_BUCKET_MAX];
    uint64_t exchange[12];
    uint64_t word_not, word_next, word_of, word_backed, word_like, word_now, word_join, word_club, word_holdings,
        word_market, word_report, word_to, word_data, word_rival, word_former, word_up, word_down, word_talks;
    uint64_t centre[4];
    uint64_t voice[6]; /* people of a house who speak for nobody's company */
    uint64_t business; /* classes of words for what a company does */
};

static const double accept_score = 0.7;     /* SCIENCE 1.5 */
static const uint32_t peer_bucket_max = 64; /* members of a larger bucket are not each other's peers */

typedef enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_ASK } verdict;

/* A mention while it is being judged. */
typedef struct candidate {
    uint32_t issuer;
    uint8_t first, end;
    uint8_t verdict;
    uint8_t ticker;
    uint8_t broker;
    uint8_t alias_class, judged;
    float score;
    uint8_t quiet; /* CONTEXT by case only: an all-caps or all-lower headline */
} candidate;

typedef struct reader {
    const as_linker *linker;
    const as_text *text;
    const uint32_t *tag;
    unsigned tag_count;
    candidate candidate[AS_MENTION_MAX];
    unsigned count;
    bool market_topic; /* the headline speaks of a stock, shares or earnings */
} reader;

static const as_token *token_at(const as_text *text, unsigned idx)
{
    return idx < text->token_count ? &text->token[idx] : NULL;
}

static bool is_exchange(const as_linker *linker, uint64_t hash)
{
    bool found = false;

    for (size_t i = 0; i < sizeof linker->exchange / sizeof linker->exchange[0]; i++)
        found = found || linker->exchange[i] == hash;
    return found;
}

static bool tagged(const reader *r, uint32_t issuer)
{
    for (unsigned i = 0; i < r->tag_count; i++)
        if (r->tag[i] < r->linker->universe->symbols.count && r->linker->gazetteer.issuer[r->tag[i]] == issuer)
            return true;
    return false;
}

static bool named_before(const reader *r, uint32_t issuer)
{
    for (unsigned i = 0; i < r->count; i++)
        if (r->candidate[i].issuer == issuer)
            return true;
    return false;
}

/* Is the run of words written as a symbol: upper case or digits throughout? */
static bool looks_like_symbol(const as_text *text, unsigned first, unsigned words, bool *single_letter)
{
    for (unsigned i = first; i < first + words; i++) {
        const as_token *token = &text->token[i];

        if (token->kind == AS_CASE_NUMBER ? words == 1
                                          : !token->upper_first || (token->kind == AS_CASE_TITLE && token->bytes > 1))
            return false;
        if (token->kind == AS_CASE_MIXED)
            return false;
    }
    *single_letter = words == 1 && text->token[first].bytes == 1;
    return true;
}

/* A verb of business, an amount or a business noun right behind the name: "Amazon to build", "Coherent beats". */
static bool acts_as_company(const reader *r, unsigned end)
{
    const as_text *text = r->text;

    for (unsigned i = end; i < end + 3u && i < text->token_count; i++) {
        const as_token *token = &text->token[i];

        if ((token->flags & AS_TOKEN_START) != 0)
            return false;
        if ((token->lexicon & AS_WORD_MARKET) != 0 || (token->flags & AS_TOKEN_MONEY) != 0 ||
            ((token->classes | token->pair_classes) & r->linker->business) != 0 ||
            (i == end && (token->lexicon & AS_WORD_VERB) != 0))
            return true;
    }
    return false;
}

/* A name that is an ordinary word, among words for that sense and without one that speaks for the company. */
static bool in_ordinary_sense(const reader *r, unsigned first, unsigned words)
{
    const as_text *text = r->text;
    const as_token *token = &text->token[first];
    const as_token *after = token_at(text, first + words);
    const as_sense *sense = words == 1 ? as_senses_find(&r->linker->senses, token->hash) : NULL;

    if (sense == NULL)
        return false;
    if (after != NULL && (after->flags & AS_TOKEN_JOINED) != 0 && after->hash == r->linker->word_of)
        return true; /* "Arm of the law", "Constellation of satellites" */
    if (after != NULL && (after->lexicon & (AS_WORD_MARKET | AS_WORD_SUFFIX)) != 0)
        return false;
    if (as_senses_beside(&r->linker->senses, sense, text, first))
        return true;
    if ((token->flags & AS_TOKEN_POSSESSIVE) != 0 && first == 0)
        return as_senses_ordinary(&r->linker->senses, sense, text, first) && text->token_count < 8;
    return as_senses_ordinary(&r->linker->senses, sense, text, first) && !acts_as_company(r, first + 1);
}

/* "Arista Records", "Samsung Biologics", "Corning-ware": the name goes on and is another's. */
static bool is_namesake(const as_text *text, unsigned end)
{
    const as_token *after = token_at(text, end);

    if (after == NULL || (after->lexicon & AS_WORD_NAMESAKE) == 0 || (after->flags & AS_TOKEN_JOINED) == 0 ||
        (text->token[end - 1].flags & AS_TOKEN_POSSESSIVE) != 0)
        return false;
    if ((after->flags & AS_TOKEN_HYPHEN_LEFT) != 0)
        return true;
    /* "Nvidia Records Best Quarter": a verb as well */
    return after->upper_first && ((after->lexicon & AS_WORD_VERB) == 0 || !(text->title_case || text->all_caps));
}

static verdict judge_ticker(const reader *r, const as_gram *gram, unsigned first, unsigned words)
{
    const as_text *text = r->text;
    const as_token *token = &text->token[first];
    const as_token *before = first > 0 ? token - 1 : NULL;
    bool single_letter = false;
    bool weak;

    if ((token->flags & AS_TOKEN_CASHTAG) != 0)
        return VERDICT_YES;
    if ((token->flags & AS_TOKEN_PAREN) == 0 &&
        (in_ordinary_sense(r, first, words) || is_namesake(text, first + words)))
        return VERDICT_NO;
    if (!looks_like_symbol(text, first, words, &single_letter))
        return VERDICT_NO;
    weak = words == 1 && (single_letter || (token->lexicon & AS_WORD_ACRONYM) != 0);
    if ((token->flags & AS_TOKEN_PAREN) != 0) {
        bool after_exchange =
            before != NULL && (before->flags & AS_TOKEN_COLON) != 0 && is_exchange(r->linker, before->hash);

        if (after_exchange || !weak || named_before(r, gram->ticker) || tagged(r, gram->ticker))
            return VERDICT_YES;
        return VERDICT_NO;
    }
    if (before != NULL && (before->flags & AS_TOKEN_COLON) != 0 && is_exchange(r->linker, before->hash))
        return VERDICT_YES;
    if (weak)
        return VERDICT_NO;
    if (text->all_caps)
        return words == 1 && (token->bytes < 3 || (token->lexicon & AS_WORD_COMMON) != 0) ? VERDICT_NO : VERDICT_ASK;
    if (words == 1 && token->bytes == 2 && (token->flags & (AS_TOKEN_HYPHEN_LEFT | AS_TOKEN_HYPHEN_RIGHT)) != 0)
        return VERDICT_NO;
    if (words == 1 && (token->lexicon & AS_WORD_COMMON) != 0)
        return token->bytes >= 4 ? VERDICT_YES : VERDICT_ASK;
    return VERDICT_YES;
}

/* Are the name's capitals there? */
static bool cased_as_named(const as_text *text, const as_gram *gram, unsigned first, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        if ((gram->upper_mask >> i & 1u) != 0 && !text->token[first + i].upper_first)
            return false;
    return true;
}

/* Is the name made of ordinary words only? Then it needs its capitals or its surroundings. */
static bool ordinary_words(const reader *r, unsigned first, unsigned words)
{
    static const uint32_t ordinary = AS_WORD_COMMON | AS_WORD_SMALL | AS_WORD_GENERIC | AS_WORD_MARKET | AS_WORD_VERB;

    if (words == 1 && as_senses_find(&r->linker->senses, r->text->token[first].hash) != NULL)
        return true;
    for (unsigned i = first; i < first + words; i++)
        if ((r->text->token[i].lexicon & ordinary) == 0)
            return false;
    return true;
}

static verdict judge_alias(const reader *r, const as_gram *gram, unsigned first, unsigned words)
{
    const as_text *text = r->text;
    const as_token *token = &text->token[first];
    const as_token *after = token_at(text, first + words);
    bool cased = cased_as_named(text, gram, first, words);

    if (is_namesake(text, first + words))
        return VERDICT_NO;
    if (gram->alias_class == AS_ALIAS_SAFE)
        return VERDICT_YES;
    if (in_ordinary_sense(r, first, words))
        return VERDICT_NO;
    if ((gram->flags & AS_GRAM_CAPITALS) != 0 && token->kind != AS_CASE_UPPER && !text->all_lower)
        return VERDICT_NO;
    if ((text->all_caps || text->all_lower) && gram->alias_class == AS_ALIAS_CASED && !ordinary_words(r, first, words))
        return VERDICT_YES;
    if (words > 1 && !text->all_caps && !text->all_lower && token->upper_first && !cased)
        return VERDICT_NO; /* "Core scientific questions remain" */
    if (text->all_caps || text->all_lower || gram->alias_class == AS_ALIAS_CONTEXT)
        return VERDICT_ASK;
    if (!cased)
        return VERDICT_NO;
    /* "Arm holdings in the fund": the house word of a name is never lower case */
    if (after != NULL && after->hash == r->linker->word_holdings && after->kind == AS_CASE_LOWER)
        return VERDICT_NO;
    if ((token->flags & AS_TOKEN_HYPHEN_LEFT) != 0 && !text->token[first - 1].upper_first)
        return VERDICT_NO;
    return VERDICT_YES;
}

static void take(reader *r, uint32_t issuer, unsigned first, unsigned words, verdict v, bool ticker,
                 const as_gram *gram)
{
    candidate *c;

    if (r->count == AS_MENTION_MAX)
        return;
    c = &r->candidate[r->count++];
    *c = (candidate){.issuer = issuer,
                     .first = (uint8_t)first,
                     .end = (uint8_t)(first + words),
                     .verdict = (uint8_t)v,
                     .ticker = ticker,
                     .broker = (gram->flags & AS_GRAM_BROKER) != 0};
    c->alias_class = gram->alias_class;
    c->quiet = gram->alias_class != AS_ALIAS_CONTEXT && !ticker;
}

/* Try the words [first, first + words); the number of words used up, 0 if it is no name. */
static unsigned try_gram(reader *r, const as_gram *gram, unsigned first, unsigned words)
{
    verdict v;

    if ((gram->flags & AS_GRAM_REJECT) != 0 && gram->alias == AS_INSTRUMENT_NONE)
        return words;
    if (gram->ticker != AS_INSTRUMENT_NONE) {
        v = judge_ticker(r, gram, first, words);
        if (v != VERDICT_NO) {
            take(r, gram->ticker, first, words, v, true, gram);
            return words;
        }
    }
    if (gram->alias != AS_INSTRUMENT_NONE) {
        v = judge_alias(r, gram, first, words);
        if (v != VERDICT_NO) {
            take(r, gram->alias, first, words, v, false, gram);
            return words;
        }
    }
    return 0;
}

static unsigned match_at(reader *r, unsigned first)
{
    const as_gazetteer *g = &r->linker->gazetteer;
    const as_text *text = r->text;
    uint64_t chain[AS_GRAM_WORDS_MAX];
    const as_gram *head;
    unsigned words = 1;

    chain[0] = as_text_chain(0, text->token[first].hash);
    head = as_gazetteer_find(g, chain[0]);
    if (head == NULL || head->longest == 0)
        return 0;
    for (; words < head->longest && words < AS_GRAM_WORDS_MAX && first + words < text->token_count; words++) {
        const as_token *token = &text->token[first + words];

        if ((token->flags & AS_TOKEN_JOINED) == 0)
            break;
        chain[words] = as_text_chain(chain[words - 1], token->hash);
    }
    for (; words > 0; words--) {
        const as_gram *gram = words == 1 ? head : as_gazetteer_find(g, chain[words - 1]);
        unsigned used = gram == NULL ? 0 : try_gram(r, gram, first, words);

        if (used != 0)
            return used;
    }
    return 0;
}

/* A neighbour that is linked, parted by a comma, "and", "&", "vs" or a hyphen only. */
static bool beside_linked(const reader *r, unsigned idx)
{
    const candidate *c = &r->candidate[idx];

    for (unsigned side = 0; side < 2; side++) {
        const candidate *other = side == 0 ? (idx > 0 ? c - 1 : NULL) : (idx + 1 < r->count ? c + 1 : NULL);
        unsigned gap;

        if (other == NULL || other->verdict != VERDICT_YES || other->issuer == c->issuer)
            continue;
        gap = side == 0 ? (unsigned)(c->first - other->end) : (unsigned)(other->first - c->end);
        if (gap == 0)
            return true;
        if (gap == 1) {
            const as_token *link = &r->text->token[side == 0 ? other->end : c->end];

            if ((link->lexicon & (AS_WORD_SMALL | AS_WORD_OBJECT)) != 0)
                return true;
        }
    }
    return false;
}

static bool peer_linked(const reader *r, unsigned idx)
{
    const as_universe *universe = r->linker->universe;
    const candidate *c = &r->candidate[idx];
    uint8_t bucket = universe->instrument[c->issuer].bucket;

    if (bucket != AS_BUCKET_NONE && r->linker->bucket_size[bucket] > peer_bucket_max)
        bucket = AS_BUCKET_NONE;
    for (unsigned i = 0; i < r->count; i++) {
        const candidate *other = &r->candidate[i];

        if (i == idx || other->verdict != VERDICT_YES)
            continue;
        if (other->issuer == c->issuer)
            return true;
        if (bucket != AS_BUCKET_NONE && universe->instrument[other->issuer].bucket == bucket)
            return true;
    }
    return false;
}

/* "Meta description", "Intel analysis"; but a data centre is something a company has. */
static bool framed(const reader *r, const candidate *c)
{
    const as_token *after = token_at(r->text, c->end);
    const as_token *next = token_at(r->text, c->end + 1u);

    if (after == NULL || (after->lexicon & AS_WORD_FRAME) == 0)
        return false;
    for (size_t i = 0; after->hash == r->linker->word_data && next != NULL && i < 4; i++)
        if (next->hash == r->linker->centre[i])
            return false;
    return true;
}

/* Lower case, hyphens, articles and nouns that make the word an ordinary one. */
static double score_against(const reader *r, const candidate *c)
{
    const as_text *text = r->text;
    const as_token *token = &text->token[c->first];
    const as_token *last = &text->token[c->end - 1];
    const as_token *before = c->first > 0 ? token - 1 : NULL;
    const as_token *after = token_at(text, c->end);
    double score = 0;

    if (!token->upper_first && !text->all_lower)
        score -= 1.0;
    if ((token->flags & AS_TOKEN_HYPHEN_LEFT) != 0 && !before->upper_first)
        score -= 1.0;
    if ((last->flags & AS_TOKEN_HYPHEN_RIGHT) != 0 && after != NULL &&
        (after->lexicon & (AS_WORD_PARTICIPLE | AS_WORD_MARKET)) == 0 && !(after->upper_first && !text->title_case))
        score -= 1.0;
    if ((last->flags & AS_TOKEN_POSSESSIVE) == 0 && framed(r, c))
        score -= 1.0;
    if (before != NULL && (before->lexicon & AS_WORD_DETERMINER) != 0 && (token->flags & AS_TOKEN_START) == 0 &&
        !token->upper_first)
        score -= 1.0;
    return score;
}

/* Between a name and its verb: numbers, adverbs ("reportedly"), what the company has ("shares"). */
static bool may_part(const as_text *text, const as_token *token)
{
    const char *word = text->lower + token->offset;

    if (token->kind == AS_CASE_NUMBER ||
        (token->lexicon & (AS_WORD_MARKET | AS_WORD_SMALL | AS_WORD_DAY | AS_WORD_PERIOD)) != 0)
        return true;
    return token->bytes > 3 && word[token->bytes - 1] == 'y' && word[token->bytes - 2] == 'l';
}

/* "Intel up 5%", "Meta down 3% premarket" */
static bool moves_by(const reader *r, const as_token *token)
{
    const as_token *next = token_at(r->text, (unsigned)(token - r->text->token) + 1u);

    return (token->hash == r->linker->word_up || token->hash == r->linker->word_down) && next != NULL &&
           (next->flags & AS_TOKEN_PERCENT) != 0;
}

/*
 * A business word within three words on the right ("plans", "shares", "to"), not across a stop or
 * another noun.
 */
static bool business_follows(const reader *r, const candidate *c)
{
    const as_text *text = r->text;

    for (unsigned i = c->end; i < c->end + 3u && i < text->token_count; i++) {
        const as_token *token = &text->token[i];

        if ((token->flags & AS_TOKEN_START) != 0)
            break;
        if ((token->lexicon & (AS_WORD_VERB | AS_WORD_MARKET)) != 0 || token->hash == r->linker->word_to ||
            (i == c->end && moves_by(r, token)) || token->hash == r->linker->word_talks ||
            ((token->classes | token->pair_classes) & r->linker->business) != 0)
            return true;
        if (!may_part(text, token) &&
            !(i == c->end + 1u && token->upper_first && text->token[i - 1].kind == AS_CASE_LOWER))
            break; /* but "Intel and SambaNova sign" */
    }
    return false;
}

/* A word that may be a verb: "Intel deserves", "Meta reportedly shopping"; what a frame takes is none. */
static bool verb_follows(const reader *r, const candidate *c)
{
    const as_text *text = r->text;

    for (unsigned i = c->end; i < c->end + 2u && i < text->token_count; i++) {
        const as_token *token = &text->token[i];
        const char *end = text->lower + token->offset + token->bytes;

        if ((token->flags & (AS_TOKEN_JOINED | AS_TOKEN_POSSESSIVE)) != AS_TOKEN_JOINED)
            return false;
        if (token->bytes > 3 && (token->lexicon & AS_WORD_FRAME) == 0 &&
            ((end[-1] == 's' && end[-2] != 's') || memcmp(end - 3, "ing", 3) == 0))
            return true;
        if (!may_part(text, token) && token->hash != r->linker->word_now)
            return false;
    }
    return false;
}

static bool subject_position(const reader *r, const candidate *c)
{
    const as_text *text = r->text;
    const as_token *token = &text->token[c->first];

    if ((token->flags & AS_TOKEN_START) != 0)
        return true;
    if (c->first == 0)
        return true;
    return (token - 1)->lexicon & AS_WORD_AUXILIARY && ((token - 1)->flags & AS_TOKEN_START) != 0;
}

static double score_for(const reader *r, unsigned idx)
{
    const as_text *text = r->text;
    const candidate *c = &r->candidate[idx];
    const as_token *token = &text->token[c->first];
    const as_token *last = &text->token[c->end - 1];
    const as_token *before = c->first > 0 ? token - 1 : NULL;
    const as_token *after = token_at(text, c->end);
    bool subject = subject_position(r, c);
    double score = 0;

    if (after != NULL && (after->lexicon & AS_WORD_SUFFIX) != 0 && after->upper_first)
        score += 1.0;
    if (business_follows(r, c))
        score += 0.7;
    if (before != NULL && (before->lexicon & AS_WORD_OBJECT) != 0 && token->upper_first)
        score += 0.7;
    if ((last->flags & AS_TOKEN_POSSESSIVE) != 0 && (last->lexicon & AS_WORD_FUNCTION) == 0)
        score += 0.7;
    if (!c->ticker && !text->title_case && !text->all_caps && token->upper_first && !(token->flags & AS_TOKEN_START) &&
        !(before != NULL && before->upper_first))
        score += 0.7;
    if (beside_linked(r, idx) || peer_linked(r, idx))
        score += 0.7;
    if (subject)
        score += c->ticker && !r->market_topic ? 0.2 : 0.5; /* a capital word may begin anything */
    if (subject && !text->all_caps && !text->all_lower && verb_follows(r, c))
        score += 0.3;
    if (c->first == 0 && (last->flags & AS_TOKEN_COLON) != 0)
        score += 0.4;
    if (c->first > 0 && subject && !c->ticker && (token - 1)->lexicon & AS_WORD_AUXILIARY)
        score += 0.3; /* a question about it */
    if (subject && !c->ticker && after != NULL &&
        ((after->lexicon & AS_WORD_AUXILIARY) != 0 || after->hash == r->linker->word_not))
        score += 0.3; /* "Meta is", "Meta has", "Meta not" */
    if (c->ticker)
        score += 0.4; /* upper case although an ordinary word */
    if (c->quiet && text->all_caps)
        score += 0.3; /* no ordinary word, only its case is missing */
    if (tagged(r, c->issuer))
        score += 0.5;
    if (r->market_topic)
        score += 0.2;
    return score;
}

/*
 * Candidates that the context decides; twice, so that one accepted in the first round can vouch for
 * its neighbour.
 */
static void judge_context(reader *r)
{
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < r->count; i++) {
            candidate *c = &r->candidate[i];

            if (c->verdict != VERDICT_ASK)
                continue;
            c->score = (float)(score_for(r, i) + score_against(r, c));
            c->judged = 1;
            if ((double)c->score >= accept_score - 1e-6)
                c->verdict = VERDICT_YES;
        }
    for (unsigned i = 0; i < r->count; i++)
        if (r->candidate[i].verdict == VERDICT_ASK)
            r->candidate[i].verdict = VERDICT_NO;
}

static bool has_word(const as_text *text, uint64_t hash)
{
    for (unsigned i = 0; i < text->token_count; i++)
        if (text->token[i].hash == hash)
            return true;
    return false;
}

/* "It's not X", "the next X", "to join X in the club": X is only held up for comparison. */
static bool is_foil(const reader *r, const candidate *c)
{
    const as_token *before = c->first > 0 ? &r->text->token[c->first - 1] : NULL;

    if (before == NULL || (r->text->token[c->first].flags & AS_TOKEN_START) != 0)
        return false;
    if (before->hash == r->linker->word_not || before->hash == r->linker->word_next)
        return true;
    if ((before->hash == r->linker->word_rival || before->hash == r->linker->word_former) && c != r->candidate)
        return true; /* "races against rival X", "hires former X engineer" */
    return before->hash == r->linker->word_join && has_word(r->text, r->linker->word_club);
}

/* "Google-backed Fluidstack": the backer is told in passing. */
static bool is_backer(const reader *r, const candidate *c)
{
    const as_token *after = token_at(r->text, c->end);

    return after != NULL && (after->flags & AS_TOKEN_HYPHEN_LEFT) != 0 &&
           (after->hash == r->linker->word_backed || after->hash == r->linker->word_like);
}

/* The house that speaks, when another company is what it speaks about. */
static bool is_rater(const reader *r, const candidate *c)
{
    bool rating = false, another = false;

    if (!c->broker)
        return false;
    for (size_t i = 0; i < sizeof r->linker->voice / sizeof r->linker->voice[0]; i++)
        if (c->end < r->text->token_count && r->text->token[c->end].hash == r->linker->voice[i])
            return true;
    if (c->first > 1 && c->end == r->text->token_count && (r->text->token[c->first - 1].lexicon & AS_WORD_RATING) != 0)
        return true; /* "The window is short, says X" */
    for (unsigned i = 0; i < r->text->token_count; i++)
        rating = rating || (r->text->token[i].lexicon & AS_WORD_RATING) != 0;
    for (unsigned i = 0; i < r->count; i++)
        another = another || (r->candidate[i].verdict == VERDICT_YES && !r->candidate[i].broker);
    /* "JP Morgan Upgrades Arbor": whom it rates need not be in the universe */
    another = another || (c->end < r->text->token_count && (r->text->token[c->end].lexicon & AS_WORD_RATES) != 0 &&
                          (r->text->token[c->end - 1].flags & AS_TOKEN_POSSESSIVE) == 0);
    return rating && another;
}

/* First word of a market researcher's list of names; the number of words if there is none. */
static unsigned research_list_begin(const reader *r)
{
    const as_text *text = r->text;

    if (!has_word(text, r->linker->word_market) && !has_word(text, r->linker->word_report))
        return text->token_count;
    for (unsigned i = 1; i < text->token_count; i++)
        if ((text->token[i].lexicon & AS_WORD_LIST) != 0)
            return i;
    return text->token_count;
}

static void drop_bystanders(reader *r)
{
    unsigned list = research_list_begin(r);

    for (unsigned i = 0; i < r->count; i++) {
        candidate *c = &r->candidate[i];

        if (c->verdict == VERDICT_YES && (c->first >= list || is_foil(r, c) || is_backer(r, c)))
            c->verdict = VERDICT_NO;
    }
    for (unsigned i = 0; i < r->count; i++)
        if (r->candidate[i].verdict == VERDICT_YES && is_rater(r, &r->candidate[i]))
            r->candidate[i].verdict = VERDICT_NO;
}

/* rel of SCIENCE 1.2; the headline is all the text there is, so in_headline is 1. */
static float relevance(const as_text *text, unsigned idx, unsigned mentions, unsigned sentence, unsigned companies)
{
    double place = text->sentence_count > 0 ? 1.0 - (double)sentence / text->sentence_count : 1.0;
    double share = mentions >= 3 ? 1.0 : mentions / 3.0;
    double rel = 0.5 + (idx == 0 ? 0.2 : 0.0) + 0.2 * share + 0.1 * place;

    rel = rel > 1.0 ? 1.0 : rel;
    return (float)(companies > 2 ? rel / sqrt(companies / 2.0) : rel);
}

static void report(const reader *r, as_links *links)
{
    unsigned mentions[AS_HEADLINE_ISSUER_MAX] = {0};
    unsigned sentence[AS_HEADLINE_ISSUER_MAX] = {0};

    links->issuer_count = 0;
    links->mention_count = 0;
    for (unsigned i = 0; i < r->count; i++) {
        const candidate *c = &r->candidate[i];
        unsigned at = 0;

        if (c->verdict != VERDICT_YES)
            continue;
        while (at < links->issuer_count && links->issuer[at] != c->issuer)
            at++;
        if (at == AS_HEADLINE_ISSUER_MAX)
            continue;
        if (at == links->issuer_count) {
            links->issuer[links->issuer_count++] = c->issuer;
            sentence[at] = r->text->token[c->first].sentence;
        }
        mentions[at]++;
        links->mention[links->mention_count++] = (as_mention){.issuer = c->issuer,
                                                              .first = c->first,
                                                              .end = c->end,
                                                              .ticker = c->ticker,
                                                              .alias_class = c->alias_class,
                                                              .judged = c->judged != 0,
                                                              .score = c->score};
    }
    for (unsigned i = 0; i < links->issuer_count; i++)
        links->relevance[i] = relevance(r->text, i, mentions[i], sentence[i], links->issuer_count);
}

void as_linker_read(const as_linker *linker, const as_text *text, const uint32_t *tag, unsigned tag_count,
                    as_links *links)
{
    reader r = {.linker = linker, .text = text, .tag = tag, .tag_count = tag_count, .count = 0};

    for (unsigned i = 0; i < text->token_count; i++)
        r.market_topic = r.market_topic || (text->token[i].lexicon & AS_WORD_STOCK) != 0;
    for (unsigned i = 0; i < text->token_count;) {
        unsigned used = match_at(&r, i);

        i += used > 0 ? used : 1;
    }
    judge_context(&r);
    drop_bystanders(&r);
    report(&r, links);
    as_cause_order(&linker->cause, text, links);
}

int as_linker_new(const as_universe *universe, const as_lexicon *lexicon, as_linker **linker)
{
    static const char *const exchange[] = {"nasdaq",   "nyse", "amex", "nasdaqgs", "nasdaqgm", "nyseamerican",
                                           "american", "tsx",  "lse",  "krx",      "otc",      "otcqb"};
    static const char *const centre[4] = {"center", "centers", "centre", "centres"};
    static const char *const voice[6] = {"analyst", "analysts", "strategist", "strategists", "economist", "economists"};
    static const char *const business[] = {"raise", "halt",  "spend",   "buy",    "sign",    "supply", "launch",
                                           "build", "begin", "appoint", "layoff", "payback", "sell",   "exec"};
    as_linker *made = calloc(1, sizeof *made);

    if (made == NULL || as_gazetteer_init(&made->gazetteer, universe, lexicon) != 0) {
        free(made);
        return -ENOMEM;
    }
    if (as_senses_init(&made->senses) != 0) {
        as_linker_free(made);
        return -ENOMEM;
    }
    made->universe = universe;
    as_cause_words_init(&made->cause);
    for (uint32_t i = 0; i < universe->symbols.count; i++)
        if (universe->instrument[i].bucket < AS_BUCKET_MAX)
            made->bucket_size[universe->instrument[i].bucket]++;
    for (size_t i = 0; i < sizeof exchange / sizeof exchange[0]; i++)
        made->exchange[i] = as_text_hash(exchange[i], strlen(exchange[i]));
    made->word_not = as_text_hash("not", 3);
    made->word_backed = as_text_hash("backed", 6);
    made->word_now = as_text_hash("now", 3);
    made->word_like = as_text_hash("like", 4);
    made->word_rival = as_text_hash("rival", 5), made->word_former = as_text_hash("former", 6);
    made->word_up = as_text_hash("up", 2), made->word_down = as_text_hash("down", 4);
    made->word_talks = as_text_hash("talks", 5);
    made->word_of = as_text_hash("of", 2);
    made->word_next = as_text_hash("next", 4);
    made->word_join = as_text_hash("join", 4);
    made->word_club = as_text_hash("club", 4);
    made->word_holdings = as_text_hash("holdings", 8);
    made->word_market = as_text_hash("market", 6);
    made->word_to = as_text_hash("to", 2);
    made->word_report = as_text_hash("report", 6);
    made->word_data = as_text_hash("data", 4);
    for (size_t i = 0; i < sizeof centre / sizeof centre[0]; i++)
        made->centre[i] = as_text_hash(centre[i], strlen(centre[i]));
    for (size_t i = 0; i < sizeof voice / sizeof voice[0]; i++)
        made->voice[i] = as_text_hash(voice[i], strlen(voice[i]));
    for (size_t i = 0; i < sizeof business / sizeof business[0]; i++)
        made->business |= UINT64_C(1) << (unsigned)as_vocabulary_class(business[i], strlen(business[i]));
    *linker = made;
    return 0;
}

void as_linker_free(as_linker *linker)
{
    if (linker == NULL)
        return;
    as_senses_fini(&linker->senses);
    as_gazetteer_fini(&linker->gazetteer);
    free(linker);
}
