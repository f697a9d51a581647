#include "feeds/news/overlap.h"

#include <string.h>

#include "feeds/news/fingerprint.h"
#include "feeds/news/lexicon.h"
#include "feeds/news/vocabulary.h"

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* One word of a phrase: a word, the beginning of words ("lawsuit*"), or a class ("%cut"). */
static bool means(const as_text *text, const as_token *token, const char *word, size_t bytes, char mark, bool open)
{
    if (mark == '%') {
        int class = as_vocabulary_class(word, bytes);
        return class >= 0 && ((token->classes | token->pair_classes) >> class & 1);
    }
    const char *own = text->lower + token->offset;
    if (open ? token->bytes < bytes : token->bytes != bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (own[i] != lower(word[i]))
            return false;
    return true;
}

static bool in_phrase(const as_text *text, const as_token *token, const char *phrase)
{
    for (const char *at = phrase; *at;) {
        size_t bytes = 0;
        char mark = at > phrase ? at[-1] : ' ';
        while (is_word_char(lower(at[bytes])))
            bytes++;
        if (bytes > 0 && means(text, token, at, bytes, mark, at[bytes] == '*'))
            return true;
        at += bytes ? bytes : 1;
    }
    return false;
}

uint64_t as_overlap_common(const as_text *text, const as_links *links, const char *phrase, const uint32_t *feature,
                           unsigned feature_count)
{
    const uint32_t small =
        AS_WORD_SMALL | AS_WORD_FUNCTION | AS_WORD_DETERMINER | AS_WORD_AUXILIARY | AS_WORD_OBJECT | AS_WORD_DAY;
    char words[AS_HEADLINE_TEXT_BYTES];
    uint32_t found[AS_HEADLINE_FEATURE_MAX];
    size_t bytes = 0;
    for (unsigned i = 0; i < text->token_count; i++) {
        const as_token *token = &text->token[i];
        bool common = (token->lexicon & small) || (phrase && in_phrase(text, token, phrase));
        for (unsigned m = 0; m < links->mention_count; m++)
            common |= links->mention[m].first <= i && i < links->mention[m].end;
        if (!common || bytes + token->bytes + 1U > sizeof words)
            continue;
        memcpy(words + bytes, text->lower + token->offset, token->bytes);
        bytes += token->bytes;
        words[bytes++] = ' ';
    }
    unsigned count = as_fingerprint_read(words, bytes, found);
    uint64_t mask = 0;
    for (unsigned i = 0, k = 0; i < feature_count && k < count; i++) { /* both ascending */
        while (k < count && found[k] < feature[i])
            k++;
        mask |= (uint64_t)(k < count && found[k] == feature[i]) << i;
    }
    return mask;
}
