/*
 * The board: the daemon shown over HTTP (config key `metrics`): /metrics, /health, the live page.
 *
 * Runs on the HTTP server's thread and touches no state of another one: atomics, copies given out under their
 * owners' locks, the core's glance (core/glance.h), and the answers of the server of requests, which it asks over
 * inproc like any client. A picture is taken at most every AS_BOARD_FRESH_MS and only when somebody asks, however
 * many ask.
 *
 * Threads: start and stop on the supervisor's. Start comes after the bus and before the other threads, because it gives
 * the core its glance and the recorder its table of texts; stop comes before everything else ends.
 */
#ifndef AS_APPS_AFTERSHOCKD_BOARD_H
#define AS_APPS_AFTERSHOCKD_BOARD_H

enum {
    AS_BOARD_FRESH_MS = 200,      /* a picture is shown for so long */
    AS_BOARD_GLANCE_MS = 250,     /* the core is asked for a glance at most so often, */
    AS_BOARD_GLANCE_WAIT_MS = 50, /* and waited for so long; then the page shows the next picture without it */
    AS_BOARD_ANSWER_MS = 300      /* the server of requests likewise */
};

struct as_daemon;
typedef struct as_board as_board;

/*
 * *board is NULL, and 0 is returned, if the configuration has no `metrics`. Else 0 or a negative errno, error chain
 * set.
 */
int as_board_start(struct as_daemon *daemon, as_board **board);
/* Safe on NULL. */
void as_board_stop(as_board *board);

/* After the threads have ended: what they still could write to. Safe on NULL. */
void as_board_free(as_board *board);

#endif
