/*
 * What the outside is shown of a running daemon: one plain picture, taken by whoever runs the daemon
 * (apps/aftershockd/board.h), written as Prometheus text (board_metrics.h) and as JSON for the page (board_json.h), and
 * judged here.
 *
 * Threads: one. Pointers belong to whom the picture was taken for and are valid while it is written.
 */
#ifndef AS_APPS_COMMON_BOARD_VIEW_H
#define AS_APPS_COMMON_BOARD_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "apps/common/board_messages.h"
#include "apps/common/headline_texts.h"
#include "core/glance.h"
#include "core/histogram.h"
#include "ipc/publisher.h"
#include "ipc/server.h"

enum {
    AS_BOARD_STAGES_MAX = 8,
    AS_BOARD_CLIENT_MAX = 512,
    AS_BOARD_CONNECTING_S = 10 /* a feed that has brought nothing for so long is in trouble */
};

typedef struct as_board_feed {
    const char *name;
    const char *state; /* "down" "connecting" "live" "stale" */
    uint64_t packets, bytes, messages, events, headlines, gaps, lost, filled, duplicates, dropped, bad, unknown_symbol,
        connects, disconnects;
    uint64_t last_packet_ns; /* wall clock; 0: none yet */
    uint32_t waiting;        /* events in its ring */
} as_board_feed;

/* How long one step on the way from a packet to a subscriber takes. */
typedef struct as_board_stage {
    const char *name; /* label in the metrics */
    const char *from_to;
    const char *missing; /* why it is not measured; NULL: it is */
    as_histogram_summary ns;
    double sum_ns;
} as_board_stage;

typedef struct as_board_view {
    /* the process */
    const char *version, *playbook;
    uint64_t now_ns, started_ns; /* wall clock */
    uint64_t memory_bytes, cpu_ns;
    bool data_clock;     /* recorded time drives the core (trust_r) */
    uint32_t generation; /* of the playbook */
    uint64_t reloads_failed;
    /* the core */
    uint64_t ts_now; /* logical, 0: not begun */
    uint64_t decisions_dropped;
    uint32_t decisions_waiting; /* in the ring to the publisher */
    bool journaled, journal_failed;
    uint64_t journal_lost;
    uint32_t journal_waiting_bytes;
    const as_universe *universe;
    const as_thresholds *thresholds;
    const as_glance *glance; /* NULL: not to be read now */
    /* the wire */
    uint64_t epoch, gseq, oldest;
    bool halted, replay;
    uint32_t heartbeat_ms;
    uint64_t heartbeat_age_ms; /* since the counter of heartbeats was last seen to move */
    as_publisher_counters publisher;
    as_fanout_counters fanout;
    as_server_counters server;
    const as_client_view *client;
    uint32_t client_count;
    const as_report_view *report;
    uint32_t report_count;
    uint64_t report_now; /* the clock of their .at */
    /* lists */
    const as_board_feed *feed;
    uint32_t feed_count;
    const as_board_stage *stage;
    uint32_t stage_count;
    const as_board_messages *messages; /* NULL: none */
    as_headline_texts *texts;          /* NULL: none */
} as_board_view;

/*
 * Why the daemon is not well, a line each (docs/OPERATIONS.md, "Health"). true, and nothing written, if it is. out
 * may be NULL.
 */
bool as_board_health(const as_board_view *view, FILE *out);

#endif
