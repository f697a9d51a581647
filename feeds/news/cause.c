#include "feeds/news/cause.h"

#include <stdbool.h>
#include <string.h>

enum {
    MOVE_REACH = 4, /* words between the company and its move: "shares", "and Nebius" */
    LINK_REACH = 5, /* words between the move and "after": "more than 3%" */
    NAME_REACH = 2  /* words from "after" to the name */
};

void as_cause_words_init(as_cause_words *words)
{
    static const char *const link[AS_CAUSE_LINKS] = {"after", "as", "on", "following", "when"};

    words->moved = UINT64_C(1) << (unsigned)as_vocabulary_class("rise", 4) |
                   UINT64_C(1) << (unsigned)as_vocabulary_class("fall", 4);
    for (size_t i = 0; i < AS_CAUSE_LINKS; i++)
        words->link[i] = as_text_hash(link[i], strlen(link[i]));
}

static bool moves(const as_cause_words *words, const as_text *text, unsigned idx)
{
    return idx < text->token_count && ((text->token[idx].classes | text->token[idx].pair_classes) & words->moved) != 0;
}

static bool links_on(const as_cause_words *words, const as_token *token)
{
    for (size_t i = 0; i < AS_CAUSE_LINKS; i++)
        if (token->hash == words->link[i])
            return true;
    return false;
}

/* The word after "X falls after"; the number of words if the headline is not so made. */
static unsigned cause_begin(const as_cause_words *words, const as_text *text, const as_links *links)
{
    unsigned move = text->token_count;

    for (unsigned m = 0; m < links->mention_count && move == text->token_count; m++)
        for (unsigned i = links->mention[m].end; i <= links->mention[m].end + (unsigned)MOVE_REACH; i++)
            if (moves(words, text, i)) {
                move = i;
                break;
            }
    for (unsigned i = move + 1u; i <= move + LINK_REACH && i < text->token_count; i++)
        if (links_on(words, &text->token[i]))
            return i + 1u;
    return text->token_count;
}

void as_cause_order(const as_cause_words *words, const as_text *text, as_links *links)
{
    unsigned begin, at = 0;

    if (links->issuer_count < 2)
        return;
    begin = cause_begin(words, text, links);
    for (unsigned m = 0; m < links->mention_count && begin < text->token_count; m++) {
        const as_mention *mention = &links->mention[m];
        uint32_t issuer = mention->issuer;

        if (mention->first < begin || mention->first > begin + NAME_REACH)
            continue;
        if (mention->end >= text->token_count || moves(words, text, mention->end) ||
            moves(words, text, mention->end + 1u))
            return;
        while (at < links->issuer_count && links->issuer[at] != issuer)
            at++;
        if (at == 0 || at == links->issuer_count)
            return;
        memmove(links->issuer + 1, links->issuer, at * sizeof *links->issuer);
        links->issuer[0] = issuer;
        for (unsigned i = 0; i <= at; i++)
            if (links->relevance[i] > links->relevance[0]) { /* the subject's is the greatest */
                float relevance = links->relevance[0];
                links->relevance[0] = links->relevance[i];
                links->relevance[i] = relevance;
            }
        return;
    }
}
