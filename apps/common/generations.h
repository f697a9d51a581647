/*
 * Generations: every playbook a journal has carried, with the desk that reads by it.
 *
 * A headline was read on a feed's thread by the generation that was in force there; the journal says which, so that a
 * replay reads it by the same one even around a reload.
 */
#ifndef AS_APPS_COMMON_GENERATIONS_H
#define AS_APPS_COMMON_GENERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "apps/common/setup.h"

enum { AS_GENERATION_MAX = 256 };

typedef struct as_generations {
    const as_setup *setup; /* its own playbook and desk serve generation 0 when the journal carries none */
    as_playbook *playbook[AS_GENERATION_MAX];
    as_desk *desk[AS_GENERATION_MAX];
    uint32_t count;
} as_generations;

/* Compile the next generation. 0 and *playbook, or a negative errno with the error chain set. */
int as_generations_add(as_generations *generations, const char *text, size_t text_bytes, const as_playbook **playbook);

/* Read a headline by the desk of a generation (the latest known one if that is missing). */
void as_generations_read(const as_generations *generations, uint64_t generation, as_headline *headline);

void as_generations_fini(as_generations *generations);

#endif
