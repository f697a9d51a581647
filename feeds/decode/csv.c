#include "feeds/decode/csv.h"

#include <string.h>

/* The first line is what an error costs. */
static as_csv_result fail(as_csv_result result, const char *data, size_t bytes, as_csv_record *record)
{
    const char *lf = memchr(data, '\n', bytes);
    record->line_count = lf ? 1 : 0;
    record->used_bytes = lf ? (size_t)(lf - data) + 1 : bytes;
    return result;
}

/* p points behind the opening quote. NULL if the buffer ends before the closing one; else behind the closing one. */
static const char *quoted_field(const char *p, const char *end, as_csv_field *field, uint32_t *line_count)
{
    field->text = p;
    field->doubled = false;
    for (; p < end; p++) {
        *line_count += *p == '\n';
        if (*p != '"')
            continue;
        if (p + 1 < end && p[1] == '"') {
            field->doubled = true;
            p++;
            continue;
        }
        field->text_bytes = (uint32_t)(p - field->text);
        return p + 1;
    }
    return NULL;
}

static const char *plain_field(const char *p, const char *end, as_csv_field *field)
{
    field->text = p;
    field->doubled = false;
    while (p < end && *p != ',' && *p != '\n')
        p++;
    const char *text_end = p;
    if (text_end > field->text && text_end[-1] == '\r' && (p == end || *p == '\n'))
        text_end--;
    field->text_bytes = (uint32_t)(text_end - field->text);
    return p;
}

static as_csv_result split(const char *data, const char *end, bool final, as_csv_record *record)
{
    const char *p = data;
    record->count = 0;
    record->line_count = 1;
    for (;;) {
        as_csv_field spare, *field = record->count < AS_CSV_FIELD_MAX ? &record->field[record->count] : &spare;
        if (p < end && *p == '"') {
            p = quoted_field(p + 1, end, field, &record->line_count);
            if (!p || (p == end && !final))
                return final ? AS_CSV_BAD_QUOTE : AS_CSV_NEED_MORE;
            if (p < end && *p == '\r') {
                if (p + 1 == end && !final)
                    return AS_CSV_NEED_MORE;
                p += p + 1 == end || p[1] == '\n';
            }
            if (p < end && *p != ',' && *p != '\n')
                return AS_CSV_BAD_QUOTE;
        } else {
            p = plain_field(p, end, field);
            if (p == end && !final)
                return AS_CSV_NEED_MORE;
        }
        record->count++;
        if (p == end || *p == '\n')
            break;
        p++;
    }
    record->used_bytes = (size_t)(p - data) + (p < end);
    if (record->count > AS_CSV_FIELD_MAX)
        return AS_CSV_TOO_MANY;
    bool blank = record->count == 1 && record->field[0].text_bytes == 0 && record->field[0].text == data;
    return blank ? AS_CSV_BLANK : AS_CSV_RECORD;
}

as_csv_result as_csv_split(const char *data, size_t bytes, bool final, as_csv_record *record)
{
    bool limited = bytes > AS_LINE_BYTES;
    size_t looked_at = limited ? AS_LINE_BYTES : bytes;
    if (bytes == 0)
        return AS_CSV_NEED_MORE;
    as_csv_result result = split(data, data + looked_at, final && !limited, record);
    if (result == AS_CSV_NEED_MORE && looked_at == AS_LINE_BYTES)
        result = AS_CSV_TOO_LONG;
    if (result == AS_CSV_TOO_LONG || result == AS_CSV_BAD_QUOTE || result == AS_CSV_TOO_MANY)
        return fail(result, data, bytes, record);
    return result;
}

size_t as_csv_field_copy(const as_csv_field *field, char *out, size_t out_bytes, bool *cut)
{
    size_t n = 0, at = 0;
    for (; at < field->text_bytes && n + 1 < out_bytes; at++) {
        out[n++] = field->text[at];
        at += field->doubled && field->text[at] == '"';
    }
    out[n] = 0;
    if (cut)
        *cut = at < field->text_bytes;
    return n;
}

as_csv_field as_csv_field_trim(as_csv_field field)
{
    while (field.text_bytes > 0 && (field.text[0] == ' ' || field.text[0] == '\t')) {
        field.text++;
        field.text_bytes--;
    }
    while (field.text_bytes > 0 &&
           (field.text[field.text_bytes - 1] == ' ' || field.text[field.text_bytes - 1] == '\t'))
        field.text_bytes--;
    return field;
}

size_t as_csv_field_write(const char *text, size_t text_bytes, char *out, size_t out_bytes)
{
    bool plain = true;
    for (size_t i = 0; i < text_bytes && plain; i++)
        plain = text[i] != ',' && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
    if (plain) {
        if (text_bytes > out_bytes)
            return SIZE_MAX;
        memcpy(out, text, text_bytes);
        return text_bytes;
    }
    size_t n = 0;
    if (out_bytes < 2)
        return SIZE_MAX;
    out[n++] = '"';
    for (size_t i = 0; i < text_bytes; i++) {
        if (out_bytes - n < 3) /* a doubled quote and the closing one */
            return SIZE_MAX;
        if (text[i] == '"')
            out[n++] = '"';
        out[n++] = text[i];
    }
    out[n++] = '"';
    return n;
}
