#include "apps/common/generations.h"

#include <errno.h>
#include <stdio.h>

#include "core/error.h"

int as_generations_add(as_generations *generations, const char *text, size_t text_bytes, const as_playbook **playbook)
{
    uint32_t generation = generations->count;
    char name[48];
    if (generation == AS_GENERATION_MAX)
        return as_error_set(-ENOSPC, "journal: more than %d playbooks", AS_GENERATION_MAX);
    snprintf(name, sizeof name, "journal: playbook %u", generation);
    int rc = as_playbook_compile(name, text, text_bytes, &generations->setup->universe, generation,
                                 &generations->playbook[generation]);
    if (rc == 0) {
        rc = as_desk_new(&generations->setup->universe, generations->playbook[generation],
                         &generations->desk[generation]);
        if (rc < 0)
            as_playbook_free(generations->playbook[generation]);
    }
    if (rc < 0)
        return rc;
    *playbook = generations->playbook[generation];
    generations->count++;
    return 0;
}

void as_generations_read(const as_generations *generations, uint64_t generation, as_headline *headline)
{
    if (generations->count == 0)
        as_desk_read(generations->setup->desk, headline);
    else
        as_desk_read(generations->desk[generation < generations->count ? generation : generations->count - 1],
                     headline);
}

void as_generations_fini(as_generations *generations)
{
    for (uint32_t i = 0; i < generations->count; i++) {
        as_desk_free(generations->desk[i]);
        as_playbook_free(generations->playbook[i]);
    }
    generations->count = 0;
}
