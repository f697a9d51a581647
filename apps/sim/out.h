/*
 * Files of a simulated market's prices.
 *
 *   csv        bars.csv: time (UTC, END of the bar), symbol, open, high, low, close, volume; only bars with a trade
 *   ndjson     ticks.ndjson: quotes and trades, DESIGN 4.2
 *   itch       YYYYMMDD.itch: one ITCH 5.0 BinaryFILE a session; names of the market's calendar
 *   moldudp64  YYYYMMDD.pcapng: the same messages in MoldUDP64 packets over UDP
 *
 * One thread. Memory: one session's ticks.
 */
#ifndef AS_APPS_SIM_OUT_H
#define AS_APPS_SIM_OUT_H

#include <stdio.h>

#include "apps/sim/feed.h"

typedef enum as_sim_format {
    AS_SIM_FORMAT_CSV = 0,
    AS_SIM_FORMAT_NDJSON,
    AS_SIM_FORMAT_ITCH,
    AS_SIM_FORMAT_MOLDUDP64,
    AS_SIM_FORMAT_COUNT
} as_sim_format;

typedef struct as_sim_out_counts {
    uint64_t bars, quotes, trades, messages, packets, files;
} as_sim_out_counts;

typedef struct as_sim_out {
    as_sim_format format;
    uint32_t bar_minutes;
    as_sim_feed *feed;
    const char *folder;
    uint64_t seed;
    FILE *file; /* csv, ndjson */
    char path[AS_PATH_BYTES];
    as_sim_tick *tick; /* of one session */
    size_t tick_room;
    struct as_sim_bar *bar; /* [name][bar] of one session */
    as_sim_out_counts counts;
} as_sim_out;

/* format by its word; -1: none of that name. */
int as_sim_format_find(const char *word);
const char *as_sim_format_text(as_sim_format format);

/* bar_minutes: 1 to 60 (csv). 0, or a negative errno with the error chain set. */
int as_sim_out_open(as_sim_out *out, as_sim_format format, uint32_t bar_minutes, as_sim_feed *feed, const char *folder,
                    uint64_t seed);
/* Write the session in the feed's hand. */
int as_sim_out_session(as_sim_out *out);
/* Safe on zeroes. */
int as_sim_out_close(as_sim_out *out);

#endif
