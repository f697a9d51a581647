/*
 * Small recordings for tests: temporary files, a universe, and reading an input to its end.
 */
#ifndef AST_SUPPORT_RECORDING_H
#define AST_SUPPORT_RECORDING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/error.h"
#include "core/universe.h"
#include "feeds/files/input.h"

#define AST_FOLDER_BYTES 64

/* A folder of the test's own, to be removed with ast_folder_remove. */
static inline void ast_folder_make(char folder[AST_FOLDER_BYTES])
{
    (void)snprintf(folder, AST_FOLDER_BYTES, "/tmp/as_test_XXXXXX");
    if (!mkdtemp(folder))
        exit(1);
}

static inline void ast_folder_remove(const char *folder)
{
    char command[AST_FOLDER_BYTES + 16];
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (system(command) != 0)
        exit(1);
}

/* Writes folder/name; the path is in a static buffer, one for each of four files in turn. */
static inline const char *ast_file(const char *folder, const char *name, const void *data, size_t bytes)
{
    static char path[4][AST_FOLDER_BYTES + 64];
    static unsigned turn;
    char *out = path[turn++ % 4];
    (void)snprintf(out, sizeof path[0], "%s/%s", folder, name);
    FILE *file = fopen(out, "wb");
    if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0)
        exit(1);
    return out;
}

static inline const char *ast_text_file(const char *folder, const char *name, const char *text)
{
    return ast_file(folder, name, text, strlen(text));
}

/* META and NVDA of XNYS, 000660.KS of XKRX, BTC in units of 1e-8. Exits if it cannot be loaded. */
static inline void ast_universe(const char *folder, as_universe *universe)
{
    const char *path = ast_text_file(folder, "universe.csv",
                                     "symbol,name,bucket,calendar,currency,qty_exp\n"
                                     "META,Meta Platforms,platform,XNYS,USD,0\n"
                                     "NVDA,Nvidia,chips,XNYS,USD,0\n"
                                     "000660.KS,SK hynix,memory,XKRX,KRW,0\n"
                                     "BTC,Bitcoin,coins,ALWAYS,USD,8\n");
    if (as_universe_load(universe, path, NULL, 0) < 0) {
        as_error_print(stderr, "universe");
        exit(1);
    }
}

/* Events of an input up to its end or an error (which is the result); at most max of them are kept. */
static inline int ast_read_all(as_input *input, as_event *event, uint32_t max, uint32_t *count)
{
    static as_headline headline;
    as_event ev;
    int result;
    *count = 0;
    while ((result = as_input_next(input, &ev, &headline)) > 0) {
        if (*count < max)
            event[*count] = ev;
        ++*count;
    }
    return result;
}

static inline uint64_t ast_error_count(const as_input *input, const char *reason)
{
    const as_input_stats *s = as_input_stats_get(input);
    for (uint32_t i = 0; i < s->error_count; i++)
        if (strcmp(s->error[i].reason, reason) == 0)
            return s->error[i].count;
    return 0;
}

static inline uint64_t ast_type_count(const as_input *input, const char *code)
{
    const as_input_stats *s = as_input_stats_get(input);
    for (uint32_t i = 0; i < s->type_count; i++)
        if (strcmp(s->by_type[i].code, code) == 0)
            return s->by_type[i].count;
    return 0;
}

#endif
