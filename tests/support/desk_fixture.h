/*
 * A desk in tests: the universe and playbook of the reference day, or of texts given by the test,
 * and one-line reading.
 */
#ifndef AST_SUPPORT_DESK_FIXTURE_H
#define AST_SUPPORT_DESK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "feeds/news/desk.h"

typedef struct ast_desk {
    as_universe universe;
    as_playbook *playbook;
    as_desk *desk;
} ast_desk;

static inline void ast_desk_open(ast_desk *d, const char *universe_path, const char *playbook_path)
{
    memset(d, 0, sizeof *d);
    if (as_universe_load(&d->universe, universe_path, NULL, 0) != 0 ||
        as_playbook_load(playbook_path, &d->universe, 0, &d->playbook) != 0 ||
        as_desk_new(&d->universe, d->playbook, &d->desk) != 0) {
        as_error_print(stderr, "desk fixture");
        fail();
    }
}

static inline void ast_desk_open_reference(ast_desk *d)
{
    ast_desk_open(d, "examples/reference-day/universe.csv", "examples/reference-day/playbook.yaml");
}

/* A universe of a text of CSV, through a file that is removed again. */
static inline void ast_universe_text_load(as_universe *universe, const char *csv)
{
    char path[] = "/tmp/ast_universe_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, csv, strlen(csv)), (ssize_t)strlen(csv));
    close(fd);
    int rc = as_universe_load(universe, path, NULL, 0);
    unlink(path);
    if (rc != 0)
        as_error_print(stderr, "universe");
    assert_int_equal(rc, 0);
}

static inline void ast_desk_close(ast_desk *d)
{
    as_desk_free(d->desk);
    as_playbook_free(d->playbook);
    as_universe_fini(&d->universe);
}

/* Read one headline; the result stays until the next call. */
static inline const as_headline *ast_desk_read(const ast_desk *d, const char *source, const char *text)
{
    static as_headline headline;
    memset(&headline, 0, sizeof headline);
    (void)snprintf(headline.source, sizeof headline.source, "%s", source);
    (void)snprintf(headline.text, sizeof headline.text, "%s", text);
    headline.text_bytes = (uint16_t)strlen(headline.text);
    as_desk_read(d->desk, &headline);
    return &headline;
}

static inline const char *ast_event_of(const as_headline *headline)
{
    return as_event_type_name(headline->reading.event_type);
}

/* "META,MSFT": the issuers in the order of the reading. */
static inline const char *ast_issuers_of(const ast_desk *d, const as_reading *reading)
{
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < reading->issuer_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "," : "",
                                 as_symbols_name(&d->universe.symbols, reading->issuer[i]));
    return text;
}

#endif
