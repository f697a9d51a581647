/*
 * Any bytes as a stream, cut into pieces of lengths that the bytes themselves give: the lines are those of the uncut
 * stream, none is longer than the limit, and every line end is counted. Each line goes on to the NDJSON decoder.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/decode/ndjson.h"
#include "feeds/framing/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct digest {
    uint64_t hash; /* FNV-1a over the lines and their numbers */
    uint64_t lines;
} digest;

static void add(digest *sum, const as_line *line)
{
    if (line->text_bytes > AS_LINE_BYTES)
        abort();
    for (size_t i = 0; i < line->text_bytes; i++)
        sum->hash = (sum->hash ^ (uint8_t)line->text[i]) * UINT64_C(0x100000001b3);
    sum->hash = (sum->hash ^ line->line_seq) * UINT64_C(0x100000001b3);
    sum->lines++;
}

static void decode(const as_line *line)
{
    static as_symbols symbols;
    static as_headline headline;
    as_ndjson_context context = {.symbols = &symbols};
    as_event event;
    uint32_t index;
    if (symbols.name == NULL && (as_symbols_init(&symbols, 1) != 0 || as_symbols_add(&symbols, "NVDA", 4, &index) != 0))
        abort();
    as_ndjson_decode(line->text, line->text_bytes, &context, &event, &headline);
}

static digest split(const uint8_t *data, size_t bytes, bool cut)
{
    static as_lines lines;
    digest sum = {.hash = UINT64_C(0xcbf29ce484222325)};
    as_line line;
    as_lines_init(&lines);
    for (size_t at = 0; at < bytes;) {
        size_t piece_bytes = cut ? (size_t)data[at] % 17 + 1 : bytes;
        if (piece_bytes > bytes - at)
            piece_bytes = bytes - at;
        uint8_t *piece = malloc(piece_bytes); /* of this length, so that reading beyond it is seen */
        if (piece == NULL)
            abort();
        memcpy(piece, data + at, piece_bytes);
        const uint8_t *rest = piece;
        size_t rest_bytes = piece_bytes;
        while (as_lines_next(&lines, &rest, &rest_bytes, &line)) {
            add(&sum, &line);
            if (!cut)
                decode(&line);
        }
        free(piece);
        at += piece_bytes;
    }
    if (as_lines_finish(&lines, &line))
        add(&sum, &line);
    if (sum.lines + lines.too_long != lines.line_seq)
        abort();
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    digest whole = split(data, bytes, false), cut = split(data, bytes, true);
    if (whole.hash != cut.hash || whole.lines != cut.lines)
        abort();
    return 0;
}
