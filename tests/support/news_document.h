/*
 * Reading news documents: a universe of a few names, the list of items, and copies of exactly a document's length, so
 * that a sanitizer sees any reading beyond it.
 */
#ifndef AST_SUPPORT_NEWS_DOCUMENT_H
#define AST_SUPPORT_NEWS_DOCUMENT_H

#include <stdlib.h>
#include <string.h>

#include "core/symbols.h"
#include "core/timezone.h"
#include "feeds/news/items.h"
#include "feeds/news/xml.h"

enum { AST_NVDA, AST_META, AST_OFED, AST_GS };

typedef struct ast_news {
    as_symbols symbols;
    as_news_items items;
    as_news_items_context context;
    as_xml *xml;
    as_timezone *new_york;
    as_xml_fault fault;
} ast_news;

static inline int ast_news_init(ast_news *news)
{
    static const char *const names[] = {"NVDA", "META", "OFED", "GS"};
    uint32_t instrument;
    memset(news, 0, sizeof *news);
    if (as_symbols_init(&news->symbols, 16) != 0 || as_news_items_init(&news->items) != 0 ||
        as_xml_new(&news->xml) != 0 || as_timezone_new("America/New_York", &news->new_york) != 0)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (as_symbols_add(&news->symbols, names[i], strlen(names[i]), &instrument) != 0)
            return -1;
    news->context = (as_news_items_context){.news = {.symbols = &news->symbols, .source = 5}, .zone = news->new_york};
    return 0;
}

static inline void ast_news_fini(ast_news *news)
{
    as_news_items_fini(&news->items);
    as_news_items_fini(&news->items);
    as_symbols_fini(&news->symbols);
    as_timezone_free(news->new_york);
    as_xml_free(news->xml);
}

static inline char *ast_news_copy(const char *document, size_t bytes)
{
    char *copy = malloc(bytes + (bytes == 0));
    if (!copy)
        exit(1);
    memcpy(copy, document, bytes);
    return copy;
}

#endif
