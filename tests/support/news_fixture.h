/*
 * A universe of four names for tests of news formats; include cmocka.h first.
 */
#ifndef AST_SUPPORT_NEWS_FIXTURE_H
#define AST_SUPPORT_NEWS_FIXTURE_H

#include <string.h>

#include "feeds/news/item.h"

static as_symbols ast_news_symbols;
static as_news_context ast_news_context;

static inline int ast_news_setup(void **state)
{
    static const char *const name[] = {"NVDA", "META", "ORCL", "BRK.B"};
    uint32_t idx;
    (void)state;
    assert_int_equal(as_symbols_init(&ast_news_symbols, 4), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(as_symbols_add(&ast_news_symbols, name[i], strlen(name[i]), &idx), 0);
    ast_news_context = (as_news_context){.symbols = &ast_news_symbols, .publisher = "wire", .source = 3};
    return 0;
}

static inline int ast_news_teardown(void **state)
{
    (void)state;
    as_symbols_fini(&ast_news_symbols);
    return 0;
}

#endif
