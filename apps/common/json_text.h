/* A JSON string to a stream: quotes, backslashes and control characters escaped, the rest as it is (UTF-8). */
#ifndef AS_APPS_COMMON_JSON_TEXT_H
#define AS_APPS_COMMON_JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

static inline void as_json_text(FILE *stream, const char *text, size_t text_bytes)
{
    fputc('"', stream);
    for (size_t i = 0; i < text_bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(stream, "\\%c", c);
        else if (c < 0x20)
            fprintf(stream, "\\u%04x", c);
        else
            fputc(c, stream);
    }
    fputc('"', stream);
}

#endif
