/*
 * The thresholds of a playbook: one row a number, from which they are read, checked, defaulted and documented.
 *
 * Internal to core/playbook.c and to the page that core/config_schema.c writes. Constant; any thread.
 */
#ifndef AS_CORE_PLAYBOOK_SCHEMA_H
#define AS_CORE_PLAYBOOK_SCHEMA_H

#include <stddef.h>

#include "core/playbook.h"

enum { AS_THRESHOLD_COUNT = 51 };

typedef struct as_threshold_key {
    const char *name;             /* the member's name, and the key in the file */
    size_t offset;                /* of the member */
    double standard, least, most;
    const char *unit;             /* "" if none */
    const char *meaning;
} as_threshold_key;

extern const as_threshold_key as_threshold_keys[AS_THRESHOLD_COUNT];

/* The idx-th threshold of a table. */
double *as_threshold_at(as_thresholds *thresholds, size_t idx);

#endif
