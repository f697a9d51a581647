#include "apps/common/value_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/event.h"

const msgpack_object *as_value_find(const msgpack_object *map, const char *key)
{
    size_t bytes = strlen(key);
    for (uint32_t i = 0; map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size; i++) {
        const msgpack_object *k = &map->via.map.ptr[i].key;
        if (k->type == MSGPACK_OBJECT_STR && k->via.str.size == bytes && memcmp(k->via.str.ptr, key, bytes) == 0)
            return &map->via.map.ptr[i].val;
    }
    return NULL;
}

/* ---- cells ---- */

typedef struct cell {
    char text[AS_VALUE_CELL_BYTES];
    bool number;
} cell;

static void copy_text(const char *from, size_t from_bytes, char *to, size_t to_bytes)
{
    size_t used = 0;
    for (; used < from_bytes && used < to_bytes - 1; used++)
        to[used] = (unsigned char)from[used] < 0x20 || from[used] == 0x7f ? '?' : from[used];
    to[used] = '\0';
}

static bool is_scalar(const msgpack_object *value)
{
    return value->type != MSGPACK_OBJECT_MAP && value->type != MSGPACK_OBJECT_ARRAY;
}

static void make_cell(const msgpack_object *value, cell *out);

static void make_time(uint64_t ns, cell *out)
{
    time_t seconds = (time_t)(ns / AS_NS_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t used = strftime(out->text, sizeof out->text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out->text + used, sizeof out->text - used, ".%03" PRIu64 "Z", ns % AS_NS_PER_S / AS_NS_PER_MS);
}

/* Some numbers are read by people in another form; the key tells. */
static void make_named_cell(const char *key, const msgpack_object *value, cell *out)
{
    static const char *const times[] = {"ts_now", "since", "last_packet_ns"};
    make_cell(value, out);
    if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return;
    if (strcmp(key, "epoch") == 0) {
        snprintf(out->text, sizeof out->text, "%016" PRIx64, value->via.u64);
        out->number = false;
    }
    for (unsigned i = 0; i < sizeof times / sizeof *times; i++) {
        if (strcmp(key, times[i]) != 0)
            continue;
        out->number = false;
        if (value->via.u64)
            make_time(value->via.u64, out);
        else
            copy_text("-", 1, out->text, sizeof out->text);
    }
}

/* Scalars with commas; of anything deeper only that there is something. */
static void join(const msgpack_object_array *array, cell *out)
{
    size_t used = 0;
    copy_text(array->size ? "" : "none", array->size ? 0 : 4, out->text, sizeof out->text);
    for (uint32_t i = 0; i < array->size && used < sizeof out->text - 1; i++) {
        cell one = {.text = "..."};
        if (is_scalar(&array->ptr[i]))
            make_cell(&array->ptr[i], &one);
        int put = snprintf(out->text + used, sizeof out->text - used, "%s%s", i ? ", " : "", one.text);
        used += (size_t)put;
    }
}

static void make_cell(const msgpack_object *value, cell *out)
{
    size_t room = sizeof out->text;
    out->number = true;
    switch (value->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        snprintf(out->text, room, "%" PRIu64, value->via.u64);
        return;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        snprintf(out->text, room, "%" PRId64, value->via.i64);
        return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        snprintf(out->text, room, "%.6g", value->via.f64);
        return;
    default:
        out->number = false;
    }
    switch (value->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        snprintf(out->text, room, "%s", value->via.boolean ? "yes" : "no");
        break;
    case MSGPACK_OBJECT_STR:
        copy_text(value->via.str.ptr, value->via.str.size, out->text, room);
        break;
    case MSGPACK_OBJECT_ARRAY:
        join(&value->via.array, out);
        break;
    case MSGPACK_OBJECT_MAP:
        snprintf(out->text, room, "...");
        break;
    default:
        snprintf(out->text, room, "-");
    }
}

/* ---- tables ---- */

static bool is_table(const msgpack_object *value)
{
    if (value->type != MSGPACK_OBJECT_ARRAY || value->via.array.size == 0)
        return false;
    for (uint32_t i = 0; i < value->via.array.size; i++)
        if (value->via.array.ptr[i].type != MSGPACK_OBJECT_MAP)
            return false;
    return value->via.array.ptr[0].via.map.size > 0;
}

/* A grid whose first row is the names of the columns. */
typedef struct grid {
    uint32_t rows, columns;
    cell *cells;
} grid;

static cell *at(const grid *g, uint32_t row, uint32_t column)
{
    return &g->cells[(size_t)row * g->columns + column];
}

/* By the keys of the first row: a key that another row lacks is "-" there. turned: rows and columns change places. */
static void fill(const grid *g, const msgpack_object_array *array, bool turned)
{
    const msgpack_object_map *first = &array->ptr[0].via.map;
    for (uint32_t k = 0; k < first->size; k++) {
        cell *head = turned ? at(g, k, 0) : at(g, 0, k);
        make_cell(&first->ptr[k].key, head);
        for (uint32_t i = 0; i < array->size; i++) {
            static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
            const msgpack_object *value = as_value_find(&array->ptr[i], head->text);
            make_named_cell(head->text, value ? value : &nil, turned ? at(g, k, i + 1) : at(g, i + 1, k));
        }
    }
}

static void print_grid(FILE *stream, const grid *g, int indent)
{
    for (uint32_t row = 0; row < g->rows; row++) {
        fprintf(stream, "%*s", indent, "");
        for (uint32_t column = 0; column < g->columns; column++) {
            int width = 0;
            bool number = false;
            for (uint32_t i = 0; i < g->rows; i++) {
                int bytes = (int)strlen(at(g, i, column)->text);
                width = bytes > width ? bytes : width;
                number |= at(g, i, column)->number;
            }
            bool last = column + 1 == g->columns;
            fprintf(stream, "%*s%s", number ? width : last ? 0 : -width, at(g, row, column)->text, last ? "" : "  ");
        }
        fputc('\n', stream);
    }
}

static int print_table(FILE *stream, const msgpack_object_array *array, int indent)
{
    uint32_t keys = array->ptr[0].via.map.size;
    bool turned = keys > AS_VALUE_TABLE_COLUMNS;
    grid g = {.rows = turned ? keys : array->size + 1, .columns = turned ? array->size + 1 : keys};
    g.cells = calloc((size_t)g.rows * g.columns, sizeof *g.cells);
    if (!g.cells)
        return -ENOMEM;
    fill(&g, array, turned);
    print_grid(stream, &g, indent);
    free(g.cells);
    return 0;
}

/* ---- maps ---- */

static bool stands_alone(const msgpack_object *value)
{
    return value->type == MSGPACK_OBJECT_MAP || is_table(value);
}

static int print_map(FILE *stream, const msgpack_object_map *map, int indent)
{
    int rc = 0, width = 0;
    cell key, value;
    for (uint32_t i = 0; i < map->size; i++) {
        make_cell(&map->ptr[i].key, &key);
        int bytes = (int)strlen(key.text);
        if (!stands_alone(&map->ptr[i].val) && bytes > width)
            width = bytes;
    }
    for (uint32_t i = 0; i < map->size; i++) {
        if (stands_alone(&map->ptr[i].val))
            continue;
        make_cell(&map->ptr[i].key, &key);
        make_named_cell(key.text, &map->ptr[i].val, &value);
        fprintf(stream, "%*s%-*s  %s\n", indent, "", width, key.text, value.text);
    }
    for (uint32_t i = 0; rc == 0 && i < map->size; i++) {
        const msgpack_object *inner = &map->ptr[i].val;
        if (!stands_alone(inner))
            continue;
        make_cell(&map->ptr[i].key, &key);
        fprintf(stream, "%s%*s%s\n", indent ? "" : "\n", indent, "", key.text);
        rc = inner->type == MSGPACK_OBJECT_MAP ? print_map(stream, &inner->via.map, indent + 2)
                                               : print_table(stream, &inner->via.array, indent + 2);
    }
    return rc;
}

int as_value_print_text(FILE *stream, const msgpack_object *value)
{
    int rc = 0;
    if (value->type == MSGPACK_OBJECT_MAP) {
        rc = print_map(stream, &value->via.map, 0);
    } else if (is_table(value)) {
        rc = print_table(stream, &value->via.array, 0);
    } else {
        cell one;
        make_cell(value, &one);
        fprintf(stream, "%s\n", one.text);
    }
    return rc < 0 ? rc : ferror(stream) ? -EIO : 0;
}
