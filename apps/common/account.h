/*
 * The account of a run: what went in, what became of it, what was said, what was vetoed. Every row is somewhere.
 */
#ifndef AS_APPS_COMMON_ACCOUNT_H
#define AS_APPS_COMMON_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/engine.h"
#include "feeds/files/input.h"

typedef struct as_input_account {
    const char *path;
    as_input_stats stats;
} as_input_account;

typedef struct as_account {
    as_input_account *input;
    unsigned input_count;
    uint64_t history_bars; /* used from `history:` */
    uint64_t reordered;
    uint64_t headlines_before; /* read, but received before --from: not played */
    bool journal, journal_truncated, journal_complete;
    uint64_t journal_records, journal_losses;
} as_account;

/* What is wrong with an input's order, as ", 2 gaps of 17 messages, 3 duplicates"; nothing if nothing is. */
void as_account_faults(const as_input_stats *stats, FILE *stream);

/* Human, one line each; nothing that is zero and dull. */
void as_account_print(const as_account *account, const as_engine *engine, FILE *stream);

/* JSON, "schema": 1. path "-" is standard output. 0, or a negative errno with the error chain set. */
int as_account_write(const as_account *account, const as_engine *engine, const char *path, uint64_t decisions,
                     const char *sha256);

void as_account_fini(as_account *account);

#endif
