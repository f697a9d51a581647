/*
 * The schema of aftershock.yaml: one row a key, from which values are read and checked and docs/CONFIG.md is written.
 *
 * A row's path is the key's place: "publish.live", "feeds[].name" (in every entry of a list), "calendars.*.zone" (under
 * any name). A scope is a path's front with its last dot, "" for the top: as_config_read_map reads all keys of a scope
 * into one struct, defaults included, which pass through the same reader as the file's own text. Keys of kind LIST and
 * CUSTOM have several forms and are read by their own code; their rows document them.
 *
 * Internal to core/config*.c. Cold path, one thread. Errors as in core/yaml.h.
 */
#ifndef AS_CORE_CONFIG_SCHEMA_H
#define AS_CORE_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "core/yaml.h"

typedef enum as_config_type {
    AS_CONFIG_TEXT,        /* char[bytes] */
    AS_CONFIG_PATH,        /* char[AS_PATH_BYTES], resolved against the file's folder */
    AS_CONFIG_ZONE,        /* char[bytes], an IANA name that the system knows */
    AS_CONFIG_DATE,        /* int32_t YYYYMMDD; YYYY-MM-DD is read too */
    AS_CONFIG_CLOCK,       /* int, minutes after midnight, from HH:MM */
    AS_CONFIG_INT,         /* int32_t or uint32_t */
    AS_CONFIG_REAL,        /* double */
    AS_CONFIG_BOOL,        /* bool */
    AS_CONFIG_DURATION,    /* uint64_t ns */
    AS_CONFIG_DURATION_MS, /* uint32_t ms */
    AS_CONFIG_CHOICE,      /* an enum: index of the word, plus choice_base */
    AS_CONFIG_MAP,         /* keys of its own, in the same struct */
    AS_CONFIG_LIST,        /* read by its own code */
    AS_CONFIG_CUSTOM,      /* read by its own code */
    AS_CONFIG_UNAVAILABLE  /* known, and refused: nothing is accepted that would be ignored */
} as_config_type;

typedef struct as_config_key {
    const char *path;
    as_config_type type;
    const char *unit;          /* "" if none */
    const char *standard;      /* the default as it would stand in a file; "" none; NULL: the key must be there */
    const char *allowed;       /* NULL: said by type, limits or choice */
    const char *meaning;
    size_t offset, bytes;      /* of the member, in the scope's struct */
    double min, max;           /* numbers; durations in ns */
    const char *const *choice; /* NULL-terminated */
    int choice_base;
} as_config_key;

extern const as_config_key as_config_keys[];
extern const size_t as_config_key_count;

typedef struct as_config_reader {
    const as_yaml *yaml;
    char folder[AS_PATH_BYTES]; /* of the file, with a slash at the end; "" for the current one */
    bool mapping_only;          /* top-level keys that must be there may be absent */
} as_config_reader;

/* Words for what a row allows; in text if they have to be made. */
const char *as_config_allowed_text(const as_config_key *key, char *text, size_t text_bytes);

/* Is key directly in scope? *name is its last part. */
bool as_config_in_scope(const as_config_key *key, const char *scope, const char **name);

/* The map at node has no other keys than the scope's. */
int as_config_check_keys(const as_config_reader *reader, int node, const char *scope);

/* Read the map at node (0: all defaults) into base, maps within it included. */
int as_config_read_map(const as_config_reader *reader, int node, const char *scope, void *base);

/* One value of a given row, from a node that is there. */
int as_config_read_value(const as_config_reader *reader, int node, const as_config_key *key, void *base);

/* A scalar as a path, resolved. */
int as_config_read_path(const as_config_reader *reader, int node, char *path);
/* A scalar as a date. */
int as_config_read_date(const as_config_reader *reader, int node, int32_t *date);

/* core/config_feeds.c: `feeds`; core/config_inputs.c: `inputs`; core/config_calendars.c: `calendars` */
int as_config_read_feeds(const as_config_reader *reader, int node, as_config *config);
int as_config_read_inputs(const as_config_reader *reader, int node, as_config *config);
int as_config_read_calendars(const as_config_reader *reader, int node, as_config *config);

/* `calendars` before it becomes an as_calendar_spec. */
typedef struct as_config_calendar {
    char zone[48];
    int open_min, close_min, half_close_min;
} as_config_calendar;

#endif
