/*
 * What the parts of an input share: input.c opens, orders and keeps count; input_text.c reads NDJSON and CSV,
 * input_itch.c reads ITCH files. Not for others.
 */
#ifndef AS_FEEDS_INPUT_INTERNAL_H
#define AS_FEEDS_INPUT_INTERNAL_H

#include "feeds/byte_stream.h"
#include "feeds/decode/csv.h"
#include "feeds/decode/csv_mapping.h"
#include "feeds/decode/ndjson.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/input.h"
#include "feeds/normalise.h"
#include "feeds/reorder.h"
#include "feeds/sniff.h"

enum { AS_INPUT_LINE_WINDOW = AS_LINE_BYTES + 2 }; /* a longest line and its ending */

struct as_input {
    char *path;
    as_input_options options;
    as_input_format format;
    as_input_stats *stats;
    as_byte_stream *stream;
    /* a stretch of the stream: unread from view_at on; final: nothing follows it */
    const uint8_t *view;
    size_t view_bytes, view_at;
    bool final;
    /* symbols met where there is no universe; else a mark for each instrument met */
    as_symbols own;
    uint8_t *met;
    as_reorder *reorder;   /* NULL: raw order, or ITCH */
    uint64_t kind_count[AS_EVENT_KIND_COUNT]; /* text: rows decoded */
    uint64_t line_seq;     /* of the line last read, from 1 */
    bool source_ended;     /* the reader has no more; the window may */
    bool finished;         /* the end has been reported */
    int failed;            /* sticky */
    union {
        struct {
            as_ndjson_context context;
        } ndjson;
        struct {
            as_csv_mapper *mapper;
            as_csv_record *record;
        } csv;
        struct {
            as_binaryfile framing;
            as_normaliser normaliser;
        } itch;
    };
};

/* At least want_bytes unread bytes in the view, or final. 0, or a negative errno. */
int as_input_fill(as_input *input, size_t want_bytes);

/* Number of a symbol that was met: the universe's, or the next free one. Sets stats->symbols. */
uint32_t as_input_resolve(void *input, const char *symbol, size_t symbol_bytes);

/* An event's instrument counts among the symbols met. */
void as_input_meet(as_input *input, uint32_t instrument);

/* Counters by name. */
void as_input_count_error(as_input *input, const char *reason, uint64_t total);
void as_input_count_type(as_input *input, const char *code, uint64_t total);

/*
 * A bad line: counted by its reason, and told about if it is among the first. 0 to go on; a negative errno with the
 * error chain set if the input is strict.
 */
int as_input_bad_line(as_input *input, const char *reason, const char *line, size_t line_bytes);

/* The three readers. open: the mapping, the date, ...; next: 1 an event, 0 the end, a negative errno. */
int as_input_open_ndjson(as_input *input);
int as_input_next_ndjson(as_input *input, as_event *event, as_headline *headline);
int as_input_open_csv(as_input *input);
int as_input_next_csv(as_input *input, as_event *event, as_headline *headline);
void as_input_close_csv(as_input *input);
int as_input_open_itch(as_input *input);
int as_input_next_itch(as_input *input, as_event *event);
void as_input_close_itch(as_input *input);

#endif
