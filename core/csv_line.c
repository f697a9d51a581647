#include "core/csv_line.h"

#include <string.h>

/* Take the quotes off a field that begins with one. The first character after it, or NULL if it does not end. */
static char *unquote(char *field)
{
    char *out = field;
    for (char *in = field + 1; *in; in++) {
        if (*in != '"')
            *out++ = *in;
        else if (in[1] == '"')
            *out++ = *in++;
        else {
            *out = '\0';
            return in + 1;
        }
    }
    return NULL;
}

as_csv_line_result as_csv_line_split(char *line, char **field, size_t field_max, size_t *field_count)
{
    size_t count = 0;
    for (char *p = line;; p++) {
        if (count == field_max)
            return AS_CSV_LINE_MANY;
        field[count++] = p;
        p = *p == '"' ? unquote(p) : p + strcspn(p, ",");
        if (!p || (*p && *p != ','))
            return AS_CSV_LINE_QUOTE;
        if (!*p)
            break;
        *p = '\0';
    }
    *field_count = count;
    return AS_CSV_LINE_OK;
}

char *as_csv_line_next(char **cursor)
{
    char *line = *cursor;
    if (!*line)
        return NULL;
    char *end = line + strcspn(line, "\n");
    *cursor = *end ? end + 1 : end;
    *end = '\0';
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    return line;
}
