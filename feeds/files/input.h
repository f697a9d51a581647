/*
 * An input: a recorded file, recognised by content, as a stream of events.
 *
 * Sniffs compression (gzip, zstd, none) and format (ITCH BinaryFILE, prefix-less ITCH, NDJSON, CSV by mapping),
 * decodes record by record in constant memory, and counts everything. Text inputs are put into receive order within
 * a window of AS_REORDER_EVENTS (ties: file order), because bar files are often sorted by symbol; an event that
 * comes later than the window allows is delivered in place and counted `out_of_order`. One thread at a time.
 * Memory: the input's own buffers, allocated at open.
 */
#ifndef AS_FEEDS_INPUT_H
#define AS_FEEDS_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/event.h"
#include "core/headline.h"
#include "core/universe.h"
#include "feeds/news/desk.h"

typedef struct as_input as_input;

typedef struct as_input_options {
    const as_universe *universe; /* NULL: inspect; symbols are counted, instruments numbered as met, nothing dropped */
    const as_desk *desk;         /* NULL: headlines are not read (reading is zeroed) */
    const as_config *config;     /* CSV mappings, session date and zone; NULL: none */
    int32_t date;                /* --date YYYYMMDD for midnight-relative stamps; 0: config, then the file's name */
    uint16_t source;             /* as_event.source of every event */
    bool strict;                 /* any bad line is an error */
    bool raw_order;              /* inspect: no reorder window */
    void (*merged)(void *arg, const as_headline *headline); /* told of each headline merged into another, or NULL */
    void *merged_arg;
} as_input_options;

enum { AS_INPUT_TYPE_MAX = 64, AS_INPUT_ERROR_MAX = 96, AS_INPUT_FILTER_MAX = 16, AS_INPUT_FLOW_MAX = 16 };

typedef struct as_input_stats {
    char format[24];      /* "itch50" "ndjson" "csv" "journal" */
    char detail[48];      /* more about it, "v3 mbo GLBX.MDP3"; empty for formats without */
    char compression[8];  /* "none" "gzip" "zstd" */
    uint64_t bytes;       /* of the file on disk */
    uint64_t packets;     /* transport packets; 0 for formats without */
    uint64_t messages;    /* decoded messages, or rows */
    struct { char code[16]; uint64_t count; } by_type[AS_INPUT_TYPE_MAX]; /* the format's own type codes */
    uint32_t type_count;
    uint64_t events;      /* events delivered */
    uint64_t rows;        /* text: data rows read, good and bad */
    uint64_t headlines;   /* headlines delivered */
    uint64_t merged;      /* headline rows merged into another (DESIGN 6.23) */
    uint64_t symbols;     /* distinct symbols met */
    uint64_t unknown_symbol; /* events dropped: not in the universe */
    uint64_t first_ts, last_ts; /* ts_recv; AS_TS_UNDEFINED if no event */
    uint64_t gaps, lost, duplicates, restarts, heartbeats, out_of_order;
    bool truncated;       /* cut in the middle of a record: read to the last whole one */
    struct { char reason[32]; uint64_t count; } error[AS_INPUT_ERROR_MAX];
    uint32_t error_count;
    uint64_t bad;         /* bad lines or messages, all reasons */
    struct { char rule[48]; uint64_t count; } filtered[AS_INPUT_FILTER_MAX]; /* left out on purpose (keep, clean) */
    uint32_t filtered_count;
    /* captures: where datagrams went to, and what is in them ("unknown", "moldudp64/itch50", ...) */
    struct { char name[136]; char payload[24]; uint64_t packets, messages; } flow[AS_INPUT_FLOW_MAX];
    uint32_t flow_count; /* those that are told about: the first ones */
} as_input_stats;

/* 0; or a negative errno with the error chain set: no such file, no known format, CSV without a mapping, ... */
int as_input_open(const char *path, const as_input_options *options, as_input **input);

/*
 * The next event. 1 and *event (and *headline if it is AS_EVENT_HEADLINE); 0 at the end; a negative errno with the
 * error chain set when the input cannot go on (I/O error, or too many bad lines: DESIGN 6.28). Does not set
 * AS_EVENT_LAST.
 */
int as_input_next(as_input *input, as_event *event, as_headline *headline);

/* An error that ended the reading becomes one of those that the statistics count. */
void as_input_note_error(as_input *input, const char *reason);

const as_input_stats *as_input_stats_get(const as_input *input);
const char *as_input_path(const as_input *input);
/* Names of the events' instruments: the universe's symbols, or those met so far if there is none. */
const as_symbols *as_input_symbols(const as_input *input);
/* Share of the file read so far, 0..1, for progress bars. */
double as_input_progress(const as_input *input);
void as_input_close(as_input *input);

#endif
