#include "feeds/news/style.h"

#include <stdbool.h>
#include <string.h>

#include "feeds/news/lexicon.h"
#include "feeds/news/vocabulary.h"

enum {
    POINTS_LEANS = 2,
    POINTS_COLUMN = 3,
    COUNT_MAX = 25, /* largest number that counts arguments or picks rather than events */
    LEAD_WORDS = 4, /* how early a report has its verb */
    MOVE_WORDS = 8, /* how far a move's verb may stand from "why" */
    LABEL_WORDS = 6 /* longest label before a colon */
};

static uint64_t class_bit(const char *name)
{
    return UINT64_C(1) << (unsigned)as_vocabulary_class(name, strlen(name));
}

void as_style_rules_init(as_style_rules *rules)
{
    static const char *const done[] = {"raise",  "cut",  "halt",   "resume", "spend",  "sell",
                                       "buy",    "sign", "supply", "build",  "launch", "appoint",
                                       "depart", "beat", "miss",   "rise",   "fall"};

    *rules = (as_style_rules){
        .talk = class_bit("talk"), .exec = class_bit("exec"), .moved = class_bit("rise") | class_bit("fall")};
    for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
        rules->done |= class_bit(done[i]);
}

static bool is(const as_token *token, uint64_t classes)
{
    return ((token->classes | token->pair_classes) & classes) != 0;
}

/* "Selling compute" names a theme, "sells compute" tells what is done. */
static bool is_gerund(const as_text *text, const as_token *token)
{
    return token->bytes > 4 && memcmp(text->lower + token->offset + token->bytes - 3, "ing", 3) == 0;
}

/* Does the part [from, end) tell what somebody did or said? */
static bool reports(const as_style_rules *rules, const as_text *text, unsigned from, unsigned end)
{
    for (unsigned i = from; i < end; i++)
        if (!is_gerund(text, &text->token[i]) &&
            (is(&text->token[i], rules->done | rules->talk) || (text->token[i].lexicon & AS_WORD_VERB) != 0))
            return true;
    return false;
}

/* "Why X fell on Monday": the news is the move. */
static bool tells_a_move(const as_style_rules *rules, const as_text *text)
{
    for (unsigned i = 1; i + 1 < text->token_count && i < MOVE_WORDS; i++) {
        if ((text->token[i].lexicon & AS_WORD_MODAL) != 0 ||
            ((text->token[i].lexicon & AS_WORD_AUXILIARY) != 0 && !is(&text->token[i + 1], rules->moved)))
            return false;
        if (is(&text->token[i], rules->moved))
            return true;
    }
    return false;
}

/* How it opens: with a question word, a question's verb, or a small count of things. */
static int opening(const as_style_rules *rules, const as_text *text)
{
    const as_token *first = &text->token[0];
    const char *word = text->lower + first->offset;

    if ((first->lexicon & AS_WORD_ASK) != 0)
        return tells_a_move(rules, text) ? 0 : 3;
    if (first->kind == AS_CASE_NUMBER && (first->flags & (AS_TOKEN_MONEY | AS_TOKEN_PERCENT)) == 0 &&
        first->bytes <= 2 && text->title_case) {
        int count = word[0] - '0';

        if (first->bytes == 2)
            count = count * 10 + (word[1] - '0');
        return count <= COUNT_MAX ? 2 : 0;
    }
    return 0;
}

/* A plain statement beside a question. */
static bool answers(const as_text *text, unsigned from, unsigned end)
{
    uint32_t flags = 0;

    for (unsigned i = from; i < end; i++)
        flags |= text->token[i].lexicon;
    return end - from > 2 && (flags & (AS_WORD_ASK | AS_WORD_SELF | AS_WORD_MODAL | AS_WORD_JUDGE)) == 0;
}

/* A question that the headline leaves open; one beside a sentence of news weighs little. */
static int question(const as_text *text)
{
    unsigned begin = 0;
    bool asked = false, told = false;

    for (unsigned i = 0; i < text->token_count; i++) {
        bool last = i + 1 == text->token_count || text->token[i + 1].sentence != text->token[i].sentence;

        if (!last)
            continue;
        if ((text->token[i].flags & AS_TOKEN_QUESTION) != 0)
            asked = true;
        else
            told = told || answers(text, begin, i + 1);
        begin = i + 1;
    }
    if (!asked)
        return 0;
    return told ? 0 : 3;
}

static bool counts(const as_text *text)
{
    for (unsigned i = 0; i < text->token_count; i++)
        if (text->token[i].kind == AS_CASE_NUMBER)
            return true;
    return false;
}

/* "Label: a theme": a question after the colon, or a label of a few words and nothing done on either side. */
static int label(const as_style_rules *rules, const as_text *text)
{
    for (unsigned i = 0; i + 1 < text->token_count; i++) {
        if ((text->token[i].flags & AS_TOKEN_COLON) == 0)
            continue;
        if (is(&text->token[i], rules->exec | rules->talk))
            return 0; /* an officer is quoted */
        if ((text->token[i + 1].lexicon & AS_WORD_ASK) != 0)
            return 3;
        if (i >= LABEL_WORDS || i + 3 >= text->token_count)
            return 0;
        return reports(rules, text, 0, text->token_count) || counts(text) || text->all_caps ? 0 : 3;
    }
    return 0;
}

/* Two statements beside each other, nobody quoted: "X is booming. Profits are not". */
static int statements(const as_style_rules *rules, const as_text *text)
{
    unsigned sentences = 0;

    if (text->question)
        return 0;

    for (unsigned i = 0; i < text->token_count; i++) {
        if (is(&text->token[i], rules->talk))
            return 0;
        if (i > 0 && text->token[i].sentence != text->token[i - 1].sentence && i > 2 && i + 1 < text->token_count &&
            (text->token[i].lexicon & AS_WORD_ASK) == 0)
            sentences++;
    }
    if (sentences == 0)
        return 0;
    return reports(rules, text, 0, text->token_count) ? 1 : 3;
}

int as_style_points(const as_style_rules *rules, const as_text *text)
{
    uint32_t flags = 0;
    int points;

    if (text->token_count == 0)
        return 0;
    points = opening(rules, text);
    points += question(text) + label(rules, text) + statements(rules, text);
    for (unsigned i = 0; i < text->token_count; i++) {
        flags |= text->token[i].lexicon;
        points -= (text->token[i].flags & AS_TOKEN_MONEY) != 0;
    }
    points += (flags & AS_WORD_SELF) != 0 ? 2 : 0;
    points += (flags & AS_WORD_JUDGE) != 0 ? 1 : 0;
    points += (flags & AS_WORD_MODAL) != 0 ? 1 : 0;
    return points;
}

as_style as_style_of(int points)
{
    if (points >= POINTS_COLUMN)
        return AS_STYLE_COLUMN;
    return points >= POINTS_LEANS ? AS_STYLE_LEANS : AS_STYLE_NEWS;
}

bool as_style_leads_with_news(const as_style_rules *rules, const as_text *text)
{
    bool told = false;

    for (unsigned i = 0; i + 1 < text->token_count; i++) {
        const as_token *token = &text->token[i], *next = token + 1;

        if ((token->lexicon & (AS_WORD_ASK | AS_WORD_SELF | AS_WORD_MODAL)) != 0)
            return false;
        told = told || (i > 0 && i < LEAD_WORDS && is(token, rules->done) && !is_gerund(text, token));
        if ((token->flags & AS_TOKEN_COLON) != 0 || next->sentence != token->sentence)
            return told && i > 1 && (token->flags & AS_TOKEN_QUESTION) == 0 &&
                   (text->question || (next->lexicon & AS_WORD_ASK) != 0);
    }
    return false;
}
