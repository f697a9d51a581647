#include "feeds/decode/csv_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

static int bind(const as_csv_mapping *mapping, const char *path, const as_csv_record *header, const char *key,
                const char *name, int *place)
{
    char *end = NULL;
    long number = name[0] == '#' ? strtol(name + 1, &end, 10) : 0;
    if (end && !*end && number >= 1 && number <= AS_CSV_FIELD_MAX) {
        *place = (int)number - 1;
        return 0;
    }
    for (uint32_t i = 0; header && i < header->count; i++) {
        char text[AS_COLUMN_BYTES];
        bool cut;
        as_csv_field field = as_csv_field_trim(header->field[i]);
        as_csv_field_copy(&field, text, sizeof text, &cut);
        if (!cut && strcmp(text, name) == 0) {
            *place = (int)i;
            return 0;
        }
    }
    return as_error_set(-EINVAL, "%s: mapping \"%s\" (line %d of the configuration): %s: there is no column \"%s\"",
                        path, mapping->name, mapping->line, key, name);
}

int as_csv_columns_bind(const as_csv_mapping *mapping, const char *path, const as_csv_record *header,
                        as_csv_columns *columns)
{
    *columns = (as_csv_columns){.mapping = mapping, .venue = -1};
    int code = 0;
    for (uint32_t i = 0; i < mapping->keep_count && code == 0; i++)
        code = bind(mapping, path, header, "keep", mapping->keep[i].column, &columns->keep[i]);
    if (code == 0 && mapping->column.venue[0])
        code = bind(mapping, path, header, "columns.venue", mapping->column.venue, &columns->venue);
    return code;
}

/* The field without its blanks; false if that is longer than any value. */
static bool squeeze(as_csv_field field, char *out, size_t out_bytes)
{
    size_t n = 0;
    for (uint32_t i = 0; i < field.text_bytes; i++) {
        if (field.text[i] == ' ')
            continue;
        if (n + 1 == out_bytes)
            return false;
        out[n++] = field.text[i];
    }
    out[n] = 0;
    return true;
}

static bool has_value(const as_csv_keep *keep, const char *text)
{
    for (uint32_t i = 0; i < keep->value_count; i++)
        if (strcmp(keep->value[i], text) == 0)
            return true;
    return false;
}

int as_csv_columns_keep(const as_csv_columns *columns, const as_csv_record *row)
{
    char text[sizeof columns->mapping->keep[0].value[0]];
    for (uint32_t i = 0; i < columns->mapping->keep_count; i++) {
        if ((uint32_t)columns->keep[i] >= row->count)
            return AS_CSV_KEEP_MISSING;
        if (!squeeze(row->field[columns->keep[i]], text, sizeof text) || !has_value(&columns->mapping->keep[i], text))
            return (int)i;
    }
    return AS_CSV_KEPT;
}

uint64_t as_csv_columns_venue(const as_csv_columns *columns, const as_csv_record *row)
{
    uint64_t venue = 0;
    if (columns->venue < 0 || (uint32_t)columns->venue >= row->count)
        return 0;
    as_csv_field field = as_csv_field_trim(row->field[columns->venue]);
    memcpy(&venue, field.text, field.text_bytes < sizeof venue ? field.text_bytes : sizeof venue);
    return venue;
}
