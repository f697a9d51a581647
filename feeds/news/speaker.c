#include "feeds/news/speaker.h"

#include <string.h>

enum { NAME_WORDS = 3, ROLE_WORDS = 4 };

static const char *const VERB[] = {"says", "said", "denies", "denied", "confirms", "confirmed", "tells", "told"};
/* Behind a company's name. */
static const char *const ROLE[] = {"ceo",       "cfo",          "coo",       "cto",         "chief",     "executive",
                                   "financial", "operating",    "officer",   "finance",     "president", "chairman",
                                   "chair",     "spokesperson", "spokesman", "spokeswoman", "company"};
/* Alone, they are somebody of the company that the headline is about. A president may be another's. */
static const char *const LONE_ROLE[] = {"ceo", "cfo", "coo", "spokesperson", "spokesman", "spokeswoman", "company"};
/* After "said" or "told": of the company, not by it. */
static const char *const PASSIVE[] = {"to",        "by",      "near",      "nearing",     "close",
                                      "likely",    "set",     "planning",  "considering", "weighing",
                                      "exploring", "seeking", "preparing", "mulling"};

#define IS_ONE_OF(text, at, list) one_of(text, at, list, sizeof(list) / sizeof *(list))

static bool one_of(const as_text *text, unsigned at, const char *const *list, size_t count)
{
    if (at >= text->token_count)
        return false;
    const as_token *token = &text->token[at];
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == token->bytes && memcmp(text->lower + token->offset, list[i], token->bytes) == 0)
            return true;
    return false;
}

static bool parts(const as_text *text, unsigned at)
{
    return text->token[at].flags & (AS_TOKEN_COMMA | AS_TOKEN_COLON | AS_TOKEN_STOP | AS_TOKEN_QUESTION);
}

static bool is_word(const as_text *text, unsigned at, const char *word)
{
    return one_of(text, at, &word, 1);
}

static bool speaks(const as_text *text, unsigned at)
{
    if (!IS_ONE_OF(text, at, VERB))
        return false;
    if (!is_word(text, at, "said") && !is_word(text, at, "told"))
        return true;
    bool talks = is_word(text, at + 1, "in") && (is_word(text, at + 2, "talks") || is_word(text, at + 2, "advanced"));
    return !talks && !IS_ONE_OF(text, at + 1, PASSIVE);
}

/* From `at`: words of a role, then of a name, then a verb. */
static bool role_speaks(const as_text *text, unsigned at)
{
    unsigned roles = 0, names = 0;
    while (roles < ROLE_WORDS && IS_ONE_OF(text, at, ROLE) && !parts(text, at))
        roles++, at++;
    if (roles == 0)
        return false;
    while (names < NAME_WORDS && at < text->token_count && !speaks(text, at) && text->token[at].upper_first &&
           !parts(text, at))
        names++, at++;
    return speaks(text, at);
}

static bool mention_speaks(const as_text *text, const as_mention *mention)
{
    unsigned at = mention->end, last = at - 1U;
    if (at >= text->token_count || parts(text, last))
        return false;
    if (text->token[last].flags & AS_TOKEN_POSSESSIVE)
        return role_speaks(text, at);
    bool object =
        mention->first > 0 && (is_word(text, mention->first - 1U, "of") || is_word(text, mention->first - 1U, "on") ||
                               is_word(text, mention->first - 1U, "for"));
    return !object && (speaks(text, at) || role_speaks(text, at));
}

unsigned as_speaker_read(const as_text *text, const as_links *links)
{
    for (unsigned m = 0; m < links->mention_count; m++) {
        if (!mention_speaks(text, &links->mention[m]))
            continue;
        for (unsigned i = 0; i < links->issuer_count; i++)
            if (links->issuer[i] == links->mention[m].issuer)
                return i + 1;
    }
    if (links->issuer_count != 1)
        return 0;
    for (unsigned i = 0; i < text->token_count; i++) {
        bool begins = i == 0 || (text->token[i - 1].flags & AS_TOKEN_COMMA);
        if (begins && IS_ONE_OF(text, i, LONE_ROLE) && role_speaks(text, i))
            return 1;
    }
    return 0;
}
