#include "feeds/framing/lines.h"

#include <string.h>

void as_lines_init(as_lines *lines)
{
    lines->line_seq = 0;
    lines->too_long = 0;
    lines->tail_bytes = 0;
    lines->skipping = false;
}

static bool line_give(as_lines *lines, const char *text, size_t text_bytes, as_line *line)
{
    if (text_bytes > 0 && text[text_bytes - 1] == '\r')
        text_bytes--;
    lines->line_seq++;
    if (text_bytes > AS_LINE_BYTES) {
        lines->too_long++;
        return false;
    }
    *line = (as_line){.text = text, .text_bytes = text_bytes, .line_seq = lines->line_seq};
    return true;
}

/* Keep the beginning of a line whose end has not come yet. */
static void tail_append(as_lines *lines, const uint8_t *data, size_t data_bytes)
{
    if (lines->skipping || data_bytes == 0)
        return;
    if (data_bytes > sizeof lines->tail - lines->tail_bytes) {
        lines->skipping = true;
        lines->tail_bytes = 0;
        return;
    }
    memcpy(lines->tail + lines->tail_bytes, data, data_bytes);
    lines->tail_bytes += data_bytes;
}

/* The held line has ended. */
static bool tail_take(as_lines *lines, as_line *line)
{
    size_t text_bytes = lines->tail_bytes;
    lines->tail_bytes = 0;
    if (!lines->skipping)
        return line_give(lines, lines->tail, text_bytes, line);
    lines->skipping = false;
    lines->line_seq++;
    lines->too_long++;
    return false;
}

bool as_lines_next(as_lines *lines, const uint8_t **data, size_t *data_bytes, as_line *line)
{
    while (*data_bytes > 0) {
        const uint8_t *piece = *data;
        const uint8_t *end = memchr(piece, '\n', *data_bytes);
        size_t text_bytes = end != NULL ? (size_t)(end - piece) : *data_bytes;
        size_t used_bytes = text_bytes + (end != NULL ? 1 : 0);
        *data += used_bytes;
        *data_bytes -= used_bytes;
        if (end == NULL) {
            tail_append(lines, piece, text_bytes);
            return false;
        }
        if (lines->tail_bytes == 0 && !lines->skipping) {
            if (line_give(lines, (const char *)piece, text_bytes, line))
                return true;
            continue;
        }
        tail_append(lines, piece, text_bytes);
        if (tail_take(lines, line))
            return true;
    }
    return false;
}

bool as_lines_finish(as_lines *lines, as_line *line)
{
    if (lines->tail_bytes == 0 && !lines->skipping)
        return false;
    return tail_take(lines, line);
}
