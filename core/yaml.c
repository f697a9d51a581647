#include "core/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/error.h"
#include "core/number.h"

enum { FOUND_BYTES = 96, ALLOWED_BYTES = 320, NAME_BYTES_MAX = 48 };

/* Where a node hangs. A key node hangs in its map under its own name. */
typedef struct position {
    int parent; /* 0: the root */
    int key;    /* the key's node, in a map */
    uint32_t idx;
    int depth;
} position;

struct as_yaml {
    char *path;
    yaml_document_t document;
    int node_count;
    position *position; /* by node; [0] unused */
};

static yaml_node_t *node_of(const as_yaml *yaml, int node)
{
    return node > 0 && node <= yaml->node_count ? &yaml->document.nodes.start[node - 1] : NULL;
}

/* ---- messages ---- */

/* "a.b[2].c", cut at the front of what does not fit. */
static void key_path(const as_yaml *yaml, int node, char *out, size_t out_bytes)
{
    int chain[AS_YAML_DEPTH_MAX + 2];
    int chain_count = 0;
    for (int n = node; n && yaml->position[n].parent && chain_count < AS_YAML_DEPTH_MAX + 2;
         n = yaml->position[n].parent)
        chain[chain_count++] = n;
    size_t used = 0;
    *out = '\0';
    while (chain_count-- > 0 && used < out_bytes - 1) {
        const position *p = &yaml->position[chain[chain_count]];
        int wrote = p->key
                        ? snprintf(out + used, out_bytes - used, "%s%s", used ? "." : "", as_yaml_scalar(yaml, p->key))
                        : snprintf(out + used, out_bytes - used, "[%u]", p->idx);
        used += (size_t)(wrote > 0 ? wrote : 0);
    }
}

/* "path:line: key 'a.b': " */
static void where(const as_yaml *yaml, int node, char *out, size_t out_bytes)
{
    char path[AS_YAML_PATH_BYTES];
    key_path(yaml, node, path, sizeof path);
    snprintf(out, out_bytes, *path ? "%s:%d: key '%s': " : "%s:%d: ", yaml->path, as_yaml_line(yaml, node), path);
}

static void describe(const as_yaml *yaml, int node, char *out, size_t out_bytes)
{
    const char *text = as_yaml_scalar(yaml, node);
    if (!text || as_yaml_is_null(yaml, node)) {
        static const char *const names[] = {"nothing", "nothing", "a list", "a map"};
        snprintf(out, out_bytes, "%s", names[as_yaml_kind_of(yaml, node)]);
        return;
    }
    bool quoted = node_of(yaml, node)->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    snprintf(out, out_bytes, "'%.*s%s'%s", 60, text, strlen(text) > 60 ? "..." : "", quoted ? " in quotes" : "");
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

int as_yaml_error(const as_yaml *yaml, int node, const char *allowed_format, ...)
{
    char place[AS_YAML_PATH_BYTES + 256], found[FOUND_BYTES], allowed[ALLOWED_BYTES];
    va_list args;
    va_start(args, allowed_format);
    vsnprintf(allowed, sizeof allowed, allowed_format, args);
    va_end(args);
    where(yaml, node, place, sizeof place);
    describe(yaml, node, found, sizeof found);
    return as_error_set(-EINVAL, "%sfound %s, allowed %s", place, found, allowed);
}

int as_yaml_error_text(const as_yaml *yaml, int node, const char *format, ...)
{
    char place[AS_YAML_PATH_BYTES + 256], text[ALLOWED_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    where(yaml, node, place, sizeof place);
    return as_error_set(-EINVAL, "%s%s", place, text);
}

void as_yaml_warn(const as_yaml *yaml, int node, const char *format, ...)
{
    char place[AS_YAML_PATH_BYTES + 256], text[ALLOWED_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    where(yaml, node, place, sizeof place);
    as_warn("%s%s", place, text);
}

int as_yaml_missing(const as_yaml *yaml, int node, const char *key, const char *allowed)
{
    char path[AS_YAML_PATH_BYTES];
    key_path(yaml, node, path, sizeof path);
    return as_error_set(-EINVAL, "%s:%d: key '%s%s%s': found nothing, allowed %s", yaml->path, as_yaml_line(yaml, node),
                        path, *path ? "." : "", key, allowed);
}

/* ---- loading ---- */

static int line_of_offset(const char *text, size_t text_bytes, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset && i < text_bytes; i++)
        line += text[i] == '\n';
    return line;
}

static int syntax_error(const yaml_parser_t *parser, const char *path, const char *text, size_t text_bytes)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    if (parser->error == YAML_READER_ERROR)
        return as_error_set(-EINVAL, "%s:%d: found %s at byte %zu, allowed YAML in UTF-8", path,
                            line_of_offset(text, text_bytes, parser->problem_offset), parser->problem,
                            parser->problem_offset);
    return as_error_set(-EINVAL, "%s:%zu: %s%s%s, allowed YAML", path, parser->problem_mark.line + 1,
                        parser->problem ? parser->problem : "not to be parsed", parser->context ? " " : "",
                        parser->context ? parser->context : "");
}

/* Hang child into parent; a second parent is an alias. */
static int hang(as_yaml *yaml, int parent, int child, int key, uint32_t idx)
{
    position *p = &yaml->position[child];
    if (child == 1 || p->parent)
        return as_yaml_error_text(yaml, child, "found an alias to it, allowed none: write the value out");
    *p = (position){.parent = parent, .key = key, .idx = idx, .depth = yaml->position[parent].depth + 1};
    if (p->depth > AS_YAML_DEPTH_MAX)
        return as_error_set(-EINVAL, "%s:%d: found nesting deeper than %d, allowed %d", yaml->path,
                            as_yaml_line(yaml, child), AS_YAML_DEPTH_MAX, AS_YAML_DEPTH_MAX);
    return 0;
}

static int compare_keys(const void *a, const void *b, void *yaml)
{
    int x = *(const int *)a, y = *(const int *)b;
    int order = strcmp(as_yaml_scalar(yaml, x), as_yaml_scalar(yaml, y));
    return order ? order : (x > y) - (x < y);
}

static int check_duplicates(as_yaml *yaml, const yaml_node_t *map)
{
    size_t key_count = (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
    if (key_count < 2)
        return 0;
    int *keys = malloc(key_count * sizeof *keys);
    if (!keys)
        return as_error_set(-ENOMEM, "%s: out of memory", yaml->path);
    for (size_t i = 0; i < key_count; i++)
        keys[i] = map->data.mapping.pairs.start[i].key;
    qsort_r(keys, key_count, sizeof *keys, compare_keys, yaml);
    int rc = 0;
    for (size_t i = 1; i < key_count && !rc; i++)
        if (strcmp(as_yaml_scalar(yaml, keys[i - 1]), as_yaml_scalar(yaml, keys[i])) == 0)
            rc = as_yaml_error_text(yaml, keys[i], "found twice (first on line %d), allowed once",
                                    as_yaml_line(yaml, keys[i - 1]));
    free(keys);
    return rc;
}

static int place_map(as_yaml *yaml, int node, const yaml_node_t *map)
{
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (uint32_t i = 0; pair < map->data.mapping.pairs.top; pair++, i++) {
        int rc = hang(yaml, node, pair->key, pair->key, i);
        if (rc)
            return rc;
        if (as_yaml_kind_of(yaml, pair->key) != AS_YAML_TEXT)
            return as_error_set(-EINVAL, "%s:%d: found a list or a map as a key, allowed text", yaml->path,
                                as_yaml_line(yaml, pair->key));
        rc = hang(yaml, node, pair->value, pair->key, i);
        if (rc)
            return rc;
    }
    return check_duplicates(yaml, map);
}

/* Give every node its place and refuse what people do not mean. Parents come before their children in the table. */
static int place_nodes(as_yaml *yaml)
{
    for (int n = 1; n <= yaml->node_count; n++) {
        const yaml_node_t *node = node_of(yaml, n);
        int rc = 0;
        if (node->type == YAML_SCALAR_NODE) {
            if (strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
                rc = as_yaml_error_text(yaml, n, "found a zero byte, allowed text without");
        } else if (node->type == YAML_SEQUENCE_NODE) {
            const yaml_node_item_t *item = node->data.sequence.items.start;
            for (uint32_t i = 0; item < node->data.sequence.items.top && !rc; item++, i++)
                rc = hang(yaml, n, *item, 0, i);
        } else if (node->type == YAML_MAPPING_NODE) {
            rc = place_map(yaml, n, node);
        }
        if (rc)
            return rc;
    }
    return 0;
}

static int check_single_document(yaml_parser_t *parser, const char *path, const char *text, size_t text_bytes)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return syntax_error(parser, path, text, text_bytes);
    yaml_node_t *root = yaml_document_get_root_node(&second);
    int rc =
        root ? as_error_set(-EINVAL, "%s:%zu: found a second document, allowed one", path, root->start_mark.line + 1)
             : 0;
    yaml_document_delete(&second);
    return rc;
}

static int build(yaml_parser_t *parser, as_yaml *yaml, const char *text, size_t text_bytes)
{
    if (!yaml_parser_load(parser, &yaml->document)) {
        memset(&yaml->document, 0, sizeof yaml->document);
        return syntax_error(parser, yaml->path, text, text_bytes);
    }
    ptrdiff_t node_count = yaml->document.nodes.top - yaml->document.nodes.start;
    if (node_count > AS_YAML_NODE_MAX)
        return as_error_set(-EFBIG, "%s: found %td values, allowed %d", yaml->path, node_count, AS_YAML_NODE_MAX);
    if (node_count == 0)
        return 0; /* an empty stream: there is no second document either */
    yaml->node_count = (int)node_count;
    yaml->position = calloc((size_t)node_count + 1, sizeof *yaml->position);
    if (!yaml->position)
        return as_error_set(-ENOMEM, "%s: out of memory", yaml->path);
    int rc = place_nodes(yaml);
    return rc ? rc : check_single_document(parser, yaml->path, text, text_bytes);
}

int as_yaml_load(const char *path, const char *text, size_t text_bytes, as_yaml **out)
{
    if (text_bytes > AS_YAML_BYTES_MAX)
        return as_error_set(-EFBIG, "%s: found %zu bytes, allowed %d", path, text_bytes, AS_YAML_BYTES_MAX);
    yaml_parser_t parser;
    as_yaml *yaml = calloc(1, sizeof *yaml);
    if (yaml)
        yaml->path = strdup(path);
    if (!yaml || !yaml->path || !yaml_parser_initialize(&parser)) {
        as_yaml_free(yaml);
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, text_bytes);
    int rc = build(&parser, yaml, text, text_bytes);
    yaml_parser_delete(&parser);
    if (rc) {
        as_yaml_free(yaml);
        return rc;
    }
    *out = yaml;
    return 0;
}

void as_yaml_free(as_yaml *yaml)
{
    if (!yaml)
        return;
    yaml_document_delete(&yaml->document);
    free(yaml->position);
    free(yaml->path);
    free(yaml);
}

/* ---- navigation ---- */

int as_yaml_root(const as_yaml *yaml)
{
    return yaml->node_count ? 1 : 0;
}

const char *as_yaml_path(const as_yaml *yaml)
{
    return yaml->path;
}

as_yaml_kind as_yaml_kind_of(const as_yaml *yaml, int node)
{
    const yaml_node_t *n = node_of(yaml, node);
    if (!n || n->type == YAML_NO_NODE)
        return AS_YAML_ABSENT;
    return n->type == YAML_SCALAR_NODE ? AS_YAML_TEXT : n->type == YAML_SEQUENCE_NODE ? AS_YAML_LIST : AS_YAML_MAP;
}

int as_yaml_line(const as_yaml *yaml, int node)
{
    const yaml_node_t *n = node_of(yaml, node);
    return n ? (int)n->start_mark.line + 1 : 1;
}

const char *as_yaml_scalar(const as_yaml *yaml, int node)
{
    const yaml_node_t *n = node_of(yaml, node);
    return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

bool as_yaml_is_null(const as_yaml *yaml, int node)
{
    const char *text = as_yaml_scalar(yaml, node);
    return text && node_of(yaml, node)->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

uint32_t as_yaml_count(const as_yaml *yaml, int node)
{
    const yaml_node_t *n = node_of(yaml, node);
    if (n && n->type == YAML_SEQUENCE_NODE)
        return (uint32_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    if (n && n->type == YAML_MAPPING_NODE)
        return (uint32_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
    return 0;
}

int as_yaml_at(const as_yaml *yaml, int node, uint32_t idx, const char **key)
{
    const yaml_node_t *n = node_of(yaml, node);
    if (idx >= as_yaml_count(yaml, node))
        return 0;
    bool map = n->type == YAML_MAPPING_NODE;
    if (key)
        *key = map ? as_yaml_scalar(yaml, n->data.mapping.pairs.start[idx].key) : NULL;
    return map ? n->data.mapping.pairs.start[idx].value : n->data.sequence.items.start[idx];
}

int as_yaml_get(const as_yaml *yaml, int node, const char *key)
{
    if (as_yaml_kind_of(yaml, node) != AS_YAML_MAP)
        return 0;
    const char *name;
    for (uint32_t i = 0; i < as_yaml_count(yaml, node); i++) {
        int value = as_yaml_at(yaml, node, i, &name);
        if (strcmp(name, key) == 0)
            return value;
    }
    return 0;
}

/* ---- expectations ---- */

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to change, insert or drop to turn one name into the other (Levenshtein), for names up to NAME_BYTES_MAX. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES_MAX + 1];
    size_t a_bytes = strlen(a), b_bytes = strlen(b);
    if (a_bytes > NAME_BYTES_MAX || b_bytes > NAME_BYTES_MAX)
        return NAME_BYTES_MAX;
    for (size_t j = 0; j <= b_bytes; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_bytes; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = minimum(change, minimum(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_bytes];
}

/* "a, b, c", ending in ", ..." if there is no more room. */
static void join(const char *const *names, char *out, size_t out_bytes)
{
    size_t used = 0;
    *out = '\0';
    for (; *names; names++) {
        if (used + strlen(*names) + sizeof ", ..." > out_bytes) {
            snprintf(out + used, out_bytes - used, "...");
            return;
        }
        used += (size_t)snprintf(out + used, out_bytes - used, "%s%s", *names, names[1] ? ", " : "");
    }
}

static int unknown_key(const as_yaml *yaml, int value, const char *key, const char *const *allowed)
{
    const char *nearest = NULL;
    size_t nearest_distance = strlen(key) / 3 + 2;
    for (const char *const *name = allowed; *name; name++) {
        size_t distance = edit_distance(key, *name);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = *name;
        }
    }
    char list[ALLOWED_BYTES / 2], hint[NAME_BYTES_MAX + 32] = "";
    join(allowed, list, sizeof list);
    if (nearest)
        snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
    return as_yaml_error_text(yaml, yaml->position[value].key, "found an unknown key, allowed %s%s",
                              *list ? list : "none", hint);
}

int as_yaml_expect_map(const as_yaml *yaml, int node, const char *const *allowed)
{
    if (as_yaml_kind_of(yaml, node) != AS_YAML_MAP)
        return as_yaml_error(yaml, node, "a map");
    for (uint32_t i = 0; allowed && i < as_yaml_count(yaml, node); i++) {
        const char *key;
        int value = as_yaml_at(yaml, node, i, &key);
        const char *const *name = allowed;
        while (*name && strcmp(*name, key) != 0)
            name++;
        if (!*name)
            return unknown_key(yaml, value, key, allowed);
    }
    return 0;
}

int as_yaml_expect_list(const as_yaml *yaml, int node, uint32_t count_max)
{
    if (as_yaml_kind_of(yaml, node) != AS_YAML_LIST)
        return as_yaml_error(yaml, node, "a list");
    if (as_yaml_count(yaml, node) > count_max)
        return as_yaml_error_text(yaml, node, "found %u entries, allowed %u", as_yaml_count(yaml, node), count_max);
    return 0;
}

/* ---- values ---- */

int as_yaml_text(const as_yaml *yaml, int node, char *text, size_t text_bytes)
{
    const char *found = as_yaml_scalar(yaml, node);
    if (!found || !*found || as_yaml_is_null(yaml, node) || strlen(found) >= text_bytes)
        return as_yaml_error(yaml, node, "a text of 1 to %zu bytes", text_bytes - 1);
    memcpy(text, found, strlen(found) + 1);
    return 0;
}

/* An unquoted scalar's text, NULL for anything else. */
static const char *plain(const as_yaml *yaml, int node)
{
    const char *text = as_yaml_scalar(yaml, node);
    return text && node_of(yaml, node)->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? text : NULL;
}

int as_yaml_int(const as_yaml *yaml, int node, int64_t min, int64_t max, int64_t *value)
{
    const char *text = plain(yaml, node);
    int64_t parsed;
    if (!text || !as_number_int64(text, &parsed) || parsed < min || parsed > max)
        return as_yaml_error(yaml, node, "a whole number from %lld to %lld", (long long)min, (long long)max);
    *value = parsed;
    return 0;
}

int as_yaml_double(const as_yaml *yaml, int node, double min, double max, double *value)
{
    const char *text = plain(yaml, node);
    double parsed;
    if (!text || !as_number_double(text, &parsed) || !(parsed >= min && parsed <= max))
        return as_yaml_error(yaml, node, "a number from %g to %g", min, max);
    *value = parsed;
    return 0;
}

int as_yaml_bool(const as_yaml *yaml, int node, bool *value)
{
    const char *text = plain(yaml, node);
    bool is_true = text && strcmp(text, "true") == 0;
    if (!is_true && !(text && strcmp(text, "false") == 0))
        return as_yaml_error(yaml, node, "true, false");
    *value = is_true;
    return 0;
}

static const struct {
    const char *name;
    uint64_t ns;
} units[] = {{"d", UINT64_C(86400000000000)},
             {"h", UINT64_C(3600000000000)},
             {"m", UINT64_C(60000000000)},
             {"s", UINT64_C(1000000000)},
             {"ms", 1000000},
             {"us", 1000},
             {"ns", 1}};

enum { UNIT_COUNT = sizeof units / sizeof *units };

static bool parse_duration(const char *text, uint64_t *value_ns)
{
    char digits[24];
    size_t digit_count = strspn(text, "0123456789");
    if (digit_count == 0 || digit_count >= sizeof digits)
        return false;
    memcpy(digits, text, digit_count);
    digits[digit_count] = '\0';
    int64_t number;
    if (!as_number_int64(digits, &number))
        return false;
    if (number == 0 && !text[digit_count]) {
        *value_ns = 0;
        return true;
    }
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strcmp(text + digit_count, units[i].name) == 0)
            return !__builtin_mul_overflow((uint64_t)number, units[i].ns, value_ns);
    return false;
}

/* In the largest unit that divides it. */
static void format_duration(uint64_t value_ns, char *out, size_t out_bytes)
{
    size_t i = 0;
    while (i < UNIT_COUNT - 1 && (value_ns == 0 || value_ns % units[i].ns))
        i++;
    snprintf(out, out_bytes, value_ns ? "%llu%s" : "0", (unsigned long long)(value_ns / units[i].ns), units[i].name);
}

int as_yaml_duration_ns(const as_yaml *yaml, int node, uint64_t min_ns, uint64_t max_ns, uint64_t *value_ns)
{
    const char *text = as_yaml_scalar(yaml, node);
    uint64_t parsed;
    if (!text || !parse_duration(text, &parsed) || parsed < min_ns || parsed > max_ns) {
        char low[32], high[32];
        format_duration(min_ns, low, sizeof low);
        format_duration(max_ns, high, sizeof high);
        return as_yaml_error(yaml, node, "a whole number with a unit (ns, us, ms, s, m, h, d) from %s to %s", low,
                             high);
    }
    *value_ns = parsed;
    return 0;
}

int as_yaml_choice(const as_yaml *yaml, int node, const char *const *names, int *idx)
{
    const char *text = as_yaml_scalar(yaml, node);
    for (int i = 0; text && names[i]; i++)
        if (strcmp(text, names[i]) == 0) {
            *idx = i;
            return 0;
        }
    char list[ALLOWED_BYTES / 2];
    join(names, list, sizeof list);
    return as_yaml_error(yaml, node, "%s", list);
}
