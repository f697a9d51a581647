/*
 * YAML for people: a document with line numbers, read key by key, every error saying where, what and what else.
 *
 * A thin layer over libyaml's document API. A node is a small positive integer, 0 is "absent"; every node knows its
 * line and the keys that lead to it, so that an error reads
 *
 *     aftershock.yaml:12: key 'feeds[1].format': found 'itch5', allowed ndjson, itch50
 *
 * Refused on loading: syntax errors, two documents, duplicate keys, keys that are no text, anchors that are used
 * (aliases), nesting beyond AS_YAML_DEPTH_MAX, texts with a zero byte, more than AS_YAML_BYTES_MAX bytes or
 * AS_YAML_NODE_MAX nodes. Scalars are text; the getters decide what they mean, strictly: a quoted number is no number.
 *
 * Cold path, one thread a document. Memory: the heap, freed as one. All getters return 0, or -EINVAL with the error
 * chain set and the out-parameter untouched.
 */
#ifndef AS_CORE_YAML_H
#define AS_CORE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_YAML_BYTES_MAX = 4 << 20,
    AS_YAML_NODE_MAX = 1 << 18,
    AS_YAML_DEPTH_MAX = 16,
    AS_YAML_PATH_BYTES = 160 /* a key's path in a message; longer ones are cut */
};

typedef enum as_yaml_kind { AS_YAML_ABSENT, AS_YAML_TEXT, AS_YAML_LIST, AS_YAML_MAP } as_yaml_kind;

typedef struct as_yaml as_yaml;

/* Parse text_bytes bytes; path is for messages. 0, -EINVAL, -EFBIG or -ENOMEM with the error chain set. */
int as_yaml_load(const char *path, const char *text, size_t text_bytes, as_yaml **yaml);
void as_yaml_free(as_yaml *yaml);

/* The document's root; 0 if it is empty. */
int as_yaml_root(const as_yaml *yaml);
const char *as_yaml_path(const as_yaml *yaml);

as_yaml_kind as_yaml_kind_of(const as_yaml *yaml, int node);
/* From 1. Line 1 for an absent node. */
int as_yaml_line(const as_yaml *yaml, int node);

/* The value of a key, 0 if the map lacks it (or node is absent or no map). */
int as_yaml_get(const as_yaml *yaml, int node, const char *key);
/* Entries of a list or a map; 0 for anything else. */
uint32_t as_yaml_count(const as_yaml *yaml, int node);
/* The idx-th item of a list, or value of a map; *key (may be NULL) is the key, NULL in a list. */
int as_yaml_at(const as_yaml *yaml, int node, uint32_t idx, const char **key);

/* The text of a scalar, NULL for anything else. Lives as long as the document. */
const char *as_yaml_scalar(const as_yaml *yaml, int node);
/* Is it an unquoted nothing, ~ or null? */
bool as_yaml_is_null(const as_yaml *yaml, int node);

/* "path:line: key 'a.b': found <what is there>, allowed <format>". Always -EINVAL. */
int as_yaml_error(const as_yaml *yaml, int node, const char *allowed_format, ...) __attribute__((format(printf, 3, 4)));
/* "path:line: key 'a.b': <format>": for what does not fit the form above. Always -EINVAL. */
int as_yaml_error_text(const as_yaml *yaml, int node, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same words as a warning (core/error.h). */
void as_yaml_warn(const as_yaml *yaml, int node, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "path:line: key 'a.KEY': found nothing, allowed <allowed>": a key that must be there is not. */
int as_yaml_missing(const as_yaml *yaml, int node, const char *key, const char *allowed);

/* The node is a map (a list). For a map, allowed (NULL-terminated) are its keys; NULL: any. */
int as_yaml_expect_map(const as_yaml *yaml, int node, const char *const *allowed);
int as_yaml_expect_list(const as_yaml *yaml, int node, uint32_t count_max);

/* A scalar's text of 1..text_bytes-1 bytes, copied with its zero. */
int as_yaml_text(const as_yaml *yaml, int node, char *text, size_t text_bytes);
int as_yaml_int(const as_yaml *yaml, int node, int64_t min, int64_t max, int64_t *value);
int as_yaml_double(const as_yaml *yaml, int node, double min, double max, double *value);
/* true or false. */
int as_yaml_bool(const as_yaml *yaml, int node, bool *value);
/* A whole number with a unit: 50ms, 2s, 10us, 100ns, 5m, 1h, 1d. 0 needs none. */
int as_yaml_duration_ns(const as_yaml *yaml, int node, uint64_t min_ns, uint64_t max_ns, uint64_t *value_ns);
/* Index into names (NULL-terminated). */
int as_yaml_choice(const as_yaml *yaml, int node, const char *const *names, int *idx);

#endif
