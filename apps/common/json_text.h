/*
 * A JSON string to a stream: quotes, backslashes and control characters escaped, the rest as it is; bytes that are not
 * UTF-8 (names come from anybody's wire) as U+FFFD each.
 */
#ifndef AS_APPS_COMMON_JSON_TEXT_H
#define AS_APPS_COMMON_JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "feeds/decode/json.h"

/* A character of several bytes, or the mark for a byte that begins none; bytes beyond the first that were used. */
static inline size_t as_json_text_wide(FILE *stream, const char *at, const char *end)
{
    unsigned bytes = as_utf8_length(at, end);
    if (bytes == 0) {
        fputs("\xef\xbf\xbd", stream);
        return 0;
    }
    fwrite(at, 1, bytes, stream);
    return bytes - 1;
}

static inline void as_json_text(FILE *stream, const char *text, size_t text_bytes)
{
    fputc('"', stream);
    for (size_t i = 0; i < text_bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(stream, "\\%c", c);
        else if (c < 0x20)
            fprintf(stream, "\\u%04x", c);
        else if (c < 0x80)
            fputc(c, stream);
        else
            i += as_json_text_wide(stream, text + i, text + text_bytes);
    }
    fputc('"', stream);
}

#endif
