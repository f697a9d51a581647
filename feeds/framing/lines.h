/*
 * Lines: cuts a stream of bytes, which arrives in pieces of any length, into lines.
 *
 * A line ends with LF; one CR before it belongs to the ending. A line that lies whole inside a piece is returned
 * where it is, without a copy; one that spans pieces is put together in the tail, a fixed buffer. A line of more
 * than AS_LINE_BYTES bytes (ending not counted) is skipped to its end and counted: it costs its own bytes, never
 * memory.
 *
 * Threads: one at a time. Memory: the struct itself, about 64 KiB. Pure: no allocation, no system call, no clock.
 */
#ifndef AS_FEEDS_FRAMING_LINES_H
#define AS_FEEDS_FRAMING_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

typedef struct as_lines {
    uint64_t line_seq;            /* number of the last line seen, from 1, skipped ones included */
    uint64_t too_long;            /* lines skipped for their length */
    size_t tail_bytes;            /* bytes of an unfinished line in tail */
    bool skipping;                /* inside a line that is too long */
    char tail[AS_LINE_BYTES + 1]; /* one more: the CR of a longest line's ending */
} as_lines;

/* A line, without its ending. Valid until the next call with the same as_lines or until the piece goes away. */
typedef struct as_line {
    const char *text; /* not zero-terminated */
    size_t text_bytes;
    uint64_t line_seq;
} as_line;

/* A new stream: nothing held, counters at zero. */
void as_lines_init(as_lines *lines);

/*
 * The next line of a piece. *data and *data_bytes move past what was used. true and *line (which may be empty);
 * false when the piece is used up: what is left of it waits in the tail for the next piece.
 */
bool as_lines_next(as_lines *lines, const uint8_t **data, size_t *data_bytes, as_line *line);

/*
 * The stream has ended: true and *line if an unfinished line was held (it is given as it is, a last CR included in
 * the ending). Afterwards nothing is held; a further stream may follow and the counters go on.
 */
bool as_lines_finish(as_lines *lines, as_line *line);

#endif
