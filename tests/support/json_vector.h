/*
 * Reference vectors in tests: finds a file of the shared folder, reads JSON into a tree, and
 * answers numbers by path.
 *
 * The folder is the environment variable AFTERSHOCK_SHARED, or ../shared beside the project. A test
 * that finds no file is skipped. Test code: errors end the test, the tree is freed by json_free.
 */
#ifndef AST_SUPPORT_JSON_VECTOR_H
#define AST_SUPPORT_JSON_VECTOR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum ast_json_kind {
    AST_JSON_NULL,
    AST_JSON_BOOL,
    AST_JSON_NUMBER,
    AST_JSON_STRING,
    AST_JSON_ARRAY,
    AST_JSON_OBJECT
} ast_json_kind;

typedef struct ast_json {
    ast_json_kind kind;
    double number;         /* of a number; 0 or 1 of a bool; NAN of null */
    char *text;            /* of a string */
    char *key;             /* where the parent is an object */
    struct ast_json *item; /* of an array or an object */
    size_t item_count;
} ast_json;

static inline void ast_json_clear(ast_json *node)
{
    for (size_t i = 0; i < node->item_count; i++)
        ast_json_clear(&node->item[i]);
    free(node->item);
    free(node->text);
    free(node->key);
}

static inline void ast_json_free(ast_json *node)
{
    if (node != NULL)
        ast_json_clear(node);
    free(node);
}

static inline void ast_json_blank(const char **at)
{
    while (isspace((unsigned char)**at))
        (*at)++;
}

static inline void ast_json_expect(const char **at, char wanted)
{
    ast_json_blank(at);
    if (**at != wanted)
        fail_msg("JSON: '%c' expected before \"%.20s\"", wanted, *at);
    (*at)++;
}

/* Escapes are kept as they stand, except quote, backslash and slash: vectors compare no other text. */
static inline char *ast_json_string(const char **at)
{
    ast_json_expect(at, '"');
    const char *end = *at;
    while (*end != '"' && *end != '\0')
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    char *text = malloc((size_t)(end - *at) + 1);
    assert_non_null(text);
    char *out = text;
    for (const char *c = *at; c < end; c++) {
        if (*c == '\\' && (c[1] == '"' || c[1] == '\\' || c[1] == '/'))
            c++;
        *out++ = *c;
    }
    *out = '\0';
    *at = end;
    ast_json_expect(at, '"');
    return text;
}

static inline ast_json ast_json_value(const char **at);

static inline ast_json ast_json_items(const char **at, bool object)
{
    ast_json node = {.kind = object ? AST_JSON_OBJECT : AST_JSON_ARRAY, .number = NAN};
    char close = object ? '}' : ']';
    (*at)++;
    for (ast_json_blank(at); **at != close; ast_json_blank(at)) {
        if (node.item_count > 0)
            ast_json_expect(at, ',');
        ast_json_blank(at);
        char *key = NULL;
        if (object) {
            key = ast_json_string(at);
            ast_json_expect(at, ':');
        }
        ast_json item = ast_json_value(at);
        item.key = key;
        if ((node.item_count & (node.item_count - 1)) == 0) {
            size_t room = node.item_count == 0 ? 1 : 2 * node.item_count;
            node.item = realloc(node.item, room * sizeof *node.item);
            assert_non_null(node.item);
        }
        node.item[node.item_count++] = item;
    }
    (*at)++;
    return node;
}

static inline ast_json ast_json_value(const char **at)
{
    ast_json_blank(at);
    if (**at == '{' || **at == '[')
        return ast_json_items(at, **at == '{');
    ast_json node = {.kind = AST_JSON_STRING, .number = NAN};
    if (**at == '"') {
        node.text = ast_json_string(at);
        return node;
    }
    if (strncmp(*at, "null", 4) == 0) {
        node.kind = AST_JSON_NULL;
        *at += 4;
        return node;
    }
    if (strncmp(*at, "true", 4) == 0 || strncmp(*at, "false", 5) == 0) {
        node.kind = AST_JSON_BOOL;
        node.number = **at == 't';
        *at += **at == 't' ? 4 : 5;
        return node;
    }
    char *end;
    node.kind = AST_JSON_NUMBER;
    node.number = strtod(*at, &end);
    if (end == *at)
        fail_msg("JSON: a value expected before \"%.20s\"", *at);
    *at = end;
    return node;
}

static inline ast_json *ast_json_parse(const char *text)
{
    ast_json *root = malloc(sizeof *root);
    assert_non_null(root);
    *root = ast_json_value(&text);
    ast_json_blank(&text);
    if (*text != '\0')
        fail_msg("JSON: the end expected before \"%.20s\"", text);
    return root;
}

/* Path of a file of the shared folder into out; skips the test where it is not there. */
static inline void ast_shared_path(const char *name, char *out, size_t out_bytes)
{
    const char *folder = getenv("AFTERSHOCK_SHARED");
    snprintf(out, out_bytes, "%s/%s", folder != NULL && *folder != '\0' ? folder : "../shared", name);
    FILE *file = fopen(out, "rb");
    if (file == NULL) {
        printf("skipped: %s not present\n", out);
        skip();
    }
    fclose(file);
}

/* The whole of a small file, with a terminating zero. */
static inline char *ast_file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long bytes = ftell(file);
    assert_true(bytes >= 0);
    rewind(file);
    char *text = malloc((size_t)bytes + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)bytes, file), (size_t)bytes);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

/* A reference vector, "04_ou_mle_sscore.json"; skips the test where it is not there. */
static inline ast_json *ast_vector(const char *name)
{
    char path[4096];
    char relative[256];
    snprintf(relative, sizeof relative, "vectors/%s", name);
    ast_shared_path(relative, path, sizeof path);
    char *text = ast_file_text(path);
    ast_json *root = ast_json_parse(text);
    free(text);
    return root;
}

/* The member of an object, NULL if there is none. */
static inline const ast_json *ast_json_find(const ast_json *node, const char *key, size_t key_bytes)
{
    for (size_t i = 0; node->kind == AST_JSON_OBJECT && i < node->item_count; i++) {
        if (strlen(node->item[i].key) == key_bytes && memcmp(node->item[i].key, key, key_bytes) == 0)
            return &node->item[i];
    }
    return NULL;
}

/* The node at a path of members, "expected/al/kappa_annual"; the test fails where there is none. */
static inline const ast_json *ast_json_at(const ast_json *node, const char *path)
{
    for (const char *part = path; *part != '\0';) {
        size_t part_bytes = strcspn(part, "/");
        node = ast_json_find(node, part, part_bytes);
        if (node == NULL)
            fail_msg("JSON: no %s", path);
        part += part_bytes + (part[part_bytes] == '/');
    }
    return node;
}

static inline double ast_json_number(const ast_json *node, const char *path)
{
    const ast_json *found = ast_json_at(node, path);
    if (found->kind != AST_JSON_NUMBER && found->kind != AST_JSON_BOOL)
        fail_msg("JSON: %s is no number", path);
    return found->number;
}

/* An array of numbers, null as NAN, in memory the caller frees. */
static inline double *ast_json_numbers(const ast_json *node, const char *path, size_t *count)
{
    const ast_json *found = ast_json_at(node, path);
    if (found->kind != AST_JSON_ARRAY)
        fail_msg("JSON: %s is no array", path);
    double *value = malloc((found->item_count + 1) * sizeof *value);
    assert_non_null(value);
    for (size_t i = 0; i < found->item_count; i++)
        value[i] = found->item[i].number;
    *count = found->item_count;
    return value;
}

/* An array of rows of numbers, row after row, in memory the caller frees. */
static inline double *ast_json_table(const ast_json *node, const char *path, size_t *rows, size_t *columns)
{
    const ast_json *found = ast_json_at(node, path);
    assert_true(found->kind == AST_JSON_ARRAY && found->item_count > 0);
    *rows = found->item_count;
    *columns = found->item[0].item_count;
    double *value = malloc(*rows * *columns * sizeof *value + 1);
    assert_non_null(value);
    for (size_t i = 0; i < *rows; i++) {
        assert_int_equal(found->item[i].item_count, *columns);
        for (size_t j = 0; j < *columns; j++)
            value[i * *columns + j] = found->item[i].item[j].number;
    }
    return value;
}

/* |got - want| <= tolerance * max(1, |want|); NAN wants NAN. */
static inline void ast_close(const char *what, double got, double want, double tolerance)
{
    if (isnan(want) && isnan(got))
        return;
    double scale = fabs(want) > 1 ? fabs(want) : 1;
    if (!(fabs(got - want) <= tolerance * scale))
        fail_msg("%s: %.17g, expected %.17g within %g", what, got, want, tolerance * scale);
}

/* |got - want| <= tolerance * |want|: for values that are small by nature. */
static inline void ast_close_relative(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: %.17g, expected %.17g within a fraction of %g", what, got, want, tolerance);
}

/* The number at a path of the vector is what was computed. */
static inline void ast_expect(const ast_json *node, const char *path, double got, double tolerance)
{
    double want = ast_json_number(node, path);
    ast_close(path, got, want, tolerance);
    if (want != 0)
        ast_close_relative(path, got, want, tolerance * 1e3 < 1e-2 ? tolerance * 1e3 : 1e-2);
}

#endif
