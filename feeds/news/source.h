/*
 * as_sources: who says it. Resolves a headline's source to a class and a tier (DESIGN 6.22).
 *
 * In this order: the playbook's sources by name; what the record gives; a short list of well-
 * known wires, papers, press-release services, aggregators and forums; and last, aggregator and
 * tier 3. Names are compared without case, scheme, "www." and, failing that, without their last
 * domain ("reuters.com" is "Reuters"). A class without a tier takes its usual one (official 1,
 * press 2, aggregator 3, social 4), a tier without a class likewise.
 *
 * Threads: immutable once made; resolving is pure, without allocation.
 */
#ifndef AS_FEEDS_NEWS_SOURCE_H
#define AS_FEEDS_NEWS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/playbook.h"

typedef struct as_source_entry {
    uint64_t hash; /* 0: empty */
    uint8_t source_class, tier;
    uint8_t columns; /* publishes mostly columns: what fits nothing else is commentary */
} as_source_entry;

typedef struct as_sources {
    as_source_entry *entry;
    uint32_t mask;
} as_sources;

typedef struct as_source_verdict {
    uint8_t source_class; /* never AS_CLASS_UNKNOWN */
    uint8_t tier;         /* 1..4 */
    bool columns;
} as_source_verdict;

/* 0 or -ENOMEM. The playbook is not referenced afterwards. */
int as_sources_init(as_sources *sources, const as_playbook *playbook);
void as_sources_fini(as_sources *sources);

as_source_verdict as_sources_resolve(const as_sources *sources, const as_headline *headline);

#endif
