/*
 * The configuration of a daemon or a replay: aftershock.yaml, checked against one schema table.
 *
 * The table in config_schema.c drives validation, defaults and docs/CONFIG.md alike. Unknown keys are errors. Paths in
 * the file are relative to the file's own folder and are stored resolved.
 */
#ifndef AS_CORE_CONFIG_H
#define AS_CORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/calendar.h"
#include "core/event.h"
#include "core/limits.h"

enum { AS_PATH_BYTES = 1024, AS_URL_BYTES = 256, AS_COLUMN_BYTES = 48 };

typedef enum as_wait { AS_WAIT_YIELD = 0, AS_WAIT_SPIN = 1, AS_WAIT_BLOCK = 2 } as_wait;
typedef enum as_log_level { AS_LOG_ERROR = 0, AS_LOG_WARN = 1, AS_LOG_INFO = 2 } as_log_level;
typedef enum as_backend { AS_BACKEND_AUTO = 0, AS_BACKEND_URING = 1, AS_BACKEND_EPOLL = 2 } as_backend;

/* Where the receive time comes from. */
typedef enum as_feed_framing {
    AS_FRAMING_NONE = 0, /* not given: what the transport and the format go with */
    AS_FRAMING_MOLDUDP64 = 1,
    AS_FRAMING_LINES = 2,
    AS_FRAMING_SOUPBINTCP = 3,
    AS_FRAMING_IEXTP = 4,
    AS_FRAMING_WEBSOCKET = 5,
    AS_FRAMING_HTTP = 6 /* asked for at intervals */
} as_feed_framing;

typedef enum as_feed_format {
    AS_FORMAT_NDJSON = 0,
    AS_FORMAT_ITCH50 = 1,
    AS_FORMAT_TOPS = 2,
    AS_FORMAT_DEEP = 3,
    AS_FORMAT_ALPACA = 4,
    AS_FORMAT_BENZINGA = 5,
    AS_FORMAT_RSS = 6 /* RSS 2.0 or Atom */
} as_feed_format;

/* By the scheme of the source's URL. */
typedef enum as_feed_transport {
    AS_FEED_UDP = 0, /* udp:// */
    AS_FEED_TCP = 1, /* tcp:// */
    AS_FEED_WS = 2,  /* ws:// and wss:// */
    AS_FEED_WEB = 3  /* http:// and https:// */
} as_feed_transport;

typedef struct as_feed_config {
    char name[AS_FEED_NAME_BYTES];
    char source[AS_URL_BYTES];     /* udp://group:port?if=lo  tcp://host:port[?mode=..]  wss://host/path  https:// */
    char redundant[AS_URL_BYTES];  /* line B; empty if none */
    char retransmit[AS_URL_BYTES]; /* empty if none */
    as_feed_framing framing;
    as_feed_format format;
    bool trust_r;                  /* receive time comes from the data: NDJSON "r", or the source's own time */
    char user[64];                 /* SoupBinTCP: user name; Alpaca: key; empty if none */
    char secret[AS_PATH_BYTES];    /* file with the password, secret or token in its first line; empty if none */
    char session[12];              /* SoupBinTCP: session wanted; empty: the current one */
    char ca[AS_PATH_BYTES];        /* certificates of the authorities to believe; empty: the system's */
    char subscribe[AS_URL_BYTES];  /* symbols, with commas; "*": all (default) */
    char backfill[AS_URL_BYTES];   /* https:// address that is asked for what was missed; empty if none */
    char publisher[48];            /* source of items that name none; empty: the feed's name */
    uint32_t poll_ms;              /* framing http: interval, default 30 s */
    uint64_t window_ns;            /* sequenced packets: how long a hole waits for another line; 0: 2 ms */
    char capture[AS_PATH_BYTES];   /* pcapng file that everything received is written to; empty if none */
    int line;                      /* in the file, for messages */
} as_feed_config;

typedef enum as_csv_kind { AS_CSV_BAR, AS_CSV_TRADE, AS_CSV_QUOTE, AS_CSV_HEADLINE } as_csv_kind;
typedef enum as_csv_stamps { AS_STAMPS_END, AS_STAMPS_START, AS_STAMPS_SESSION_CLOSE } as_csv_stamps;

/* Which rows of a column count; of the others nothing becomes an event. */
typedef struct as_csv_keep {
    char column[AS_COLUMN_BYTES];
    char value[16][24]; /* blanks are left out, on both sides */
    uint32_t value_count;
} as_csv_keep;

/* How ticks are cleaned before they become events (feeds/files/clean.h). All off: nothing is changed. */
typedef struct as_clean_rules {
    bool regular;      /* session: regular; only between a session's open and its close */
    bool merge;        /* merge: median; records of one stamp become one */
    bool crossed;      /* crossed: drop; quotes with bid >= ask */
    bool both_sides;   /* quotes with one side only are dropped */
    double max_spread; /* quotes wider than so many times the symbol's median spread are dropped; 0: none */
} as_clean_rules;

enum { AS_CSV_KEEP_MAX = 8 };

/* One CSV mapping: inputs: [{name, match, format: csv, kind, columns, time, price_scale}] (DESIGN 6.25). */
typedef struct as_csv_mapping {
    char name[AS_FEED_NAME_BYTES];
    char match_path[AS_URL_BYTES];                  /* glob on the file's name; empty if by columns */
    char match_column[16][AS_COLUMN_BYTES];         /* the header holds all of these */
    uint32_t match_column_count;
    as_csv_kind kind;
    /* column name per field; empty: the format has none. A number "#3" names a column of a file without header. */
    struct {
        char symbol[AS_COLUMN_BYTES];
        char open[AS_COLUMN_BYTES], high[AS_COLUMN_BYTES], low[AS_COLUMN_BYTES], close[AS_COLUMN_BYTES];
        char volume[AS_COLUMN_BYTES];
        char price[AS_COLUMN_BYTES], qty[AS_COLUMN_BYTES];
        char bid[AS_COLUMN_BYTES], bid_qty[AS_COLUMN_BYTES], ask[AS_COLUMN_BYTES], ask_qty[AS_COLUMN_BYTES];
        char id[AS_COLUMN_BYTES], source[AS_COLUMN_BYTES], text[AS_COLUMN_BYTES], url[AS_COLUMN_BYTES];
        char symbols[AS_COLUMN_BYTES], tier[AS_COLUMN_BYTES];
        char venue[AS_COLUMN_BYTES];
    } column;
    char symbol[AS_SYMBOL_BYTES];                   /* fixed symbol for one-symbol files; empty if a column gives it */
    struct {
        char column[AS_COLUMN_BYTES];
        char layout[32];                            /* strptime-like, or epoch_s|epoch_ms|epoch_us|epoch_ns|ms_of_day */
        char zone[48];                              /* IANA name, default UTC */
        as_csv_stamps stamps;
        int32_t date;                               /* for ms_of_day: YYYYMMDD; 0: from the file's name */
    } time;
    uint64_t duration_ns;                           /* of a bar; 0: from the first two stamps of a symbol */
    bool one_side;                                  /* a quote's row changes the sides that it has, and no other */
    as_csv_keep keep[AS_CSV_KEEP_MAX];
    uint32_t keep_count;
    as_clean_rules clean;
    int price_scale;                                /* decimal point moved: 4 means the column holds 1e-4 */
    int line;
} as_csv_mapping;

typedef struct as_costs_config {
    double half_spread_bps; /* for names without a quote (default 5) */
    double fees_bps;        /* one way (default 0.5) */
    double impact_bps;      /* one way (default 2) */
    bool borrow;            /* shorts may be opened (default true) */
} as_costs_config;

typedef struct as_strategy_config {
    char name[AS_STRATEGY_NAME_BYTES]; /* built in; empty for a shared object */
    char load[AS_PATH_BYTES];          /* {load: ./my_strategy.so} */
    int line;
} as_strategy_config;

typedef struct as_config {
    char path[AS_PATH_BYTES];
    char universe[AS_PATH_BYTES];
    char playbook[AS_PATH_BYTES];
    char history[AS_PATH_BYTES];       /* empty if none */
    char calibration[AS_PATH_BYTES];   /* core/probability.h; empty if none */
    bool pinned;                       /* topology */
    int cpu_feeds[AS_FEED_MAX];        /* -1: not pinned */
    uint32_t cpu_feed_count;
    int cpu_core, cpu_ipc, cpu_admin;  /* -1: not pinned */
    as_wait wait;
    as_feed_config feed[AS_FEED_MAX];
    uint32_t feed_count;
    as_csv_mapping *mapping;
    uint32_t mapping_count;
    struct {
        char live[AS_URL_BYTES];       /* default tcp://127.0.0.1:5600 */
        char requests[AS_URL_BYTES];   /* default tcp://127.0.0.1:5601 */
        char latest[AS_URL_BYTES];     /* empty: none */
        uint32_t heartbeat_ms;         /* default 250 */
        uint32_t queue_mib;            /* default 4: bytes waiting for one subscriber */
        uint32_t memory_mib;           /* default 64: messages kept for replays */
        uint32_t disk_mib;             /* default 1024: the same in the journal's folder */
        uint32_t clients;              /* default 256 connections an endpoint */
        uint32_t subscriptions;        /* default 4096 of one client */
        uint32_t rate;                 /* default 200 requests a second of one client */
        char server_key[AS_PATH_BYTES], allow[AS_PATH_BYTES]; /* CURVE; both or none */
        char audit[AS_PATH_BYTES];     /* empty: joins and refusals go to the log only */
    } publish;
    char control[AS_PATH_BYTES];       /* a Unix socket; default aftershock.sock beside the file */
    bool control_given;                /* ... and not by default: if it cannot be bound, that is an error */
    char metrics[AS_URL_BYTES];        /* HOST:PORT; empty: none */
    struct {
        char dir[AS_PATH_BYTES];       /* empty: no journal */
        uint64_t sync_ns;              /* default 50 ms; 0 never */
    } journal;
    as_strategy_config strategy[AS_STRATEGY_MAX];
    uint32_t strategy_count;
    as_backend backend;                /* io: {backend: auto|uring|epoll} */
    as_log_level log_level;            /* log: {level: error|warn|info}, default info */
    as_costs_config costs;
    struct {
        int32_t date;                  /* YYYYMMDD of midnight-relative stamps, 0: from --date or the file's name */
        char zone[48];                 /* default America/New_York */
    } session;
    as_calendar_spec calendar[AS_CALENDAR_MAX]; /* calendars: {NAME: {...}} */
    uint32_t calendar_count;
    /* XXH3-64 of what decides: universe, playbook, history, calibration, costs, session, strategies, calendars */
    uint64_t hash;
    uint64_t universe_hash, history_hash, calibration_hash; /* parts of it */
} as_config;

/*
 * Read and check, the universe included. 0, or a negative errno with the error chain set: the first error. A file with
 * nothing but inputs, session and calendars (mappings for inspect and convert) loads with empty universe and playbook.
 */
int as_config_load(const char *path, as_config **config);
void as_config_free(as_config *config);

/*
 * What a feed is made of: its transport by the scheme of its source, and its framing if it was not given. -EINVAL if
 * the parts do not go together, with the error chain saying what does. Framing and transport are set.
 */
int as_feed_config_resolve(as_feed_config *feed, as_feed_transport *transport);

/* The words of the configuration: "moldudp64" ..., "itch50" ... */
const char *as_feed_framing_name(as_feed_framing framing);
const char *as_feed_format_name(as_feed_format format);

/*
 * Make .hash what it is with another playbook: a journal brings the text that its run began with, which a reload has
 * since replaced on the disk. 0 or -ENOMEM.
 */
int as_config_set_playbook(as_config *config, const void *text, size_t text_bytes);

/* Write docs/CONFIG.md from the schema. */
void as_config_document(FILE *stream);

#endif
