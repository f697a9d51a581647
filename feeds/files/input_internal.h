/*
 * What the parts of an input share: input.c opens, orders and keeps count; a reader makes events of one format. Not for
 * others. Readers: input_text.c (NDJSON), input_csv.c, input_itch.c (BinaryFILE).
 */
#ifndef AS_FEEDS_INPUT_INTERNAL_H
#define AS_FEEDS_INPUT_INTERNAL_H

#include "feeds/files/byte_stream.h"
#include "feeds/decode/ndjson.h"
#include "feeds/framing/binaryfile.h"
#include "feeds/files/input.h"
#include "feeds/files/reorder.h"
#include "feeds/files/sniff.h"
#include "feeds/wire/wire.h"

enum { AS_INPUT_LINE_WINDOW = AS_LINE_BYTES + 2 }; /* a longest line and its ending */

/*
 * A format. open has the whole of AS_SNIFF_BYTES in the view; next gives 1 an event, 0 the end, a negative errno
 * with the error chain set; count brings counters that are kept elsewhere into the statistics; close is called
 * once, also after an open that failed. sorted: what next gives is in receive order but for faults, so no window
 * puts it in order.
 */
typedef struct as_input_reader {
    int (*open)(as_input *input);
    int (*next)(as_input *input, as_event *event, as_headline *headline);
    void (*count)(as_input *input);
    void (*close)(as_input *input);
    bool sorted;
    bool text; /* its records are lines: too many bad ones are an error (DESIGN 6.28) */
} as_input_reader;

extern const as_input_reader as_input_ndjson, as_input_csv, as_input_itch, as_input_lobster, as_input_binance,
    as_input_dbn, as_input_capture;
extern const as_input_reader as_input_news; /* XML and JSON documents */

struct as_input {
    char *path;
    as_input_options options;
    as_input_format format;
    const as_input_reader *reader; /* NULL until the format is known */
    void *state;                   /* the reader's own */
    as_input_stats *stats;
    as_byte_stream *stream;
    /* a stretch of the stream: unread from view_at on; final: nothing follows it */
    const uint8_t *view;
    size_t view_bytes, view_at;
    bool final;
    /* symbols met where there is no universe; else a mark for each instrument met */
    as_symbols own;
    uint8_t *met;
    as_reorder *reorder;                      /* NULL: raw order, or ITCH */
    uint64_t kind_count[AS_EVENT_KIND_COUNT]; /* text: rows decoded */
    uint64_t line_seq;                        /* of the line last read, from 1 */
    bool in_long_line;                        /* it was too long, and its end has not been seen yet */
    bool source_ended;                        /* the reader has no more; the window may */
    bool finished;                            /* the end has been reported */
    int failed;                               /* sticky */
    union {
        struct {
            as_ndjson_context context;
        } ndjson;
        struct {
            as_binaryfile framing;
            as_wire *wire;
            as_event pending[AS_WIRE_EVENTS_MAX]; /* of the message last read */
            unsigned pending_count, pending_at;
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

/*
 * A bad message, counted by its reason: 0 to go on; a negative errno with the error chain set if the input is
 * strict.
 */
int as_input_bad_message(as_input *input, const char *reason);

/* ---- text (input_text.c) ---- */

/*
 * The next line without its ending: 1; 0 at the end; a negative errno. Of a line that is too long there are more than
 * AS_LINE_BYTES here, perhaps not all; what is left of it is passed over before the next line.
 */
int as_input_next_line(as_input *input, const char **line, size_t *line_bytes, bool *too_long);

/* Skip to behind the next LF, however far it is. */
int as_input_skip_line(as_input *input);

void as_input_skip_byte_order_mark(as_input *input);

/* The last line has no end: it may be half of one, which is no fault of the data but a cut file. */
bool as_input_at_cut(const as_input *input, const char *line_end);

/* Types and messages are the rows by the kind of their events (kind_count). */
void as_input_count_rows(as_input *input);

/* Rows left out on purpose, by the rule that says so. */
void as_input_count_filtered(as_input *input, const char *rule, uint64_t total);

/* Date of stamps that count from midnight: option, configuration, name; 0 if nobody knows. */
int32_t as_input_date(const as_input *input);

/* Midnight of the session in its zone. inspect goes on without a date, as on 1970-01-02, with a warning. */
int as_input_midnight(const as_input *input, uint64_t *midnight_ns);

/* Counters of a wire format: types, reasons, unknown symbols. */
void as_input_count_wire(as_input *input, const as_wire *wire);

#endif
