/*
 * The demo's exchange and newswire: a simulated day, sent to a running daemon over real sockets in one order of time.
 *
 *   TCP, NDJSON       headlines, and the daily bars since the first headline (a daemon's history ends there)
 *   UDP, MoldUDP64    the ITCH messages of the day, packed into datagrams
 *
 * The ITCH messages are spread evenly over the wanted time. Between the two sockets there is no order on the way,
 * so the sender lets one go quiet before it speaks on the other. UDP has no brake either; the receiver's queue is
 * on this machine and can be seen (/proc/net/udp), and the sender waits while it is long.
 *
 * One thread. idle is called often, so that its caller can look after other things; it returns false to give up.
 */
#ifndef AS_APPS_COMMON_DEMO_SENDER_H
#define AS_APPS_COMMON_DEMO_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/sim/history.h"
#include "apps/sim/scenario.h"

typedef struct as_sender_options {
    const as_sim_scenario *scenario;
    const as_sim_history *history;
    const char *itch_path, *headlines_path;
    uint16_t udp_port, tcp_port; /* on 127.0.0.1 */
    double seconds;              /* for the ITCH messages */
    bool (*idle)(void *context, uint64_t now); /* now: of the day, ns UTC */
    void *idle_context;
} as_sender_options;

typedef struct as_sender_counts {
    uint64_t headlines, bars, messages, datagrams;
    uint64_t waits; /* times the receiver's queue was long */
} as_sender_counts;

/* Send all of it. 0, or a negative errno with the error chain set (-EINTR: idle gave up). */
int as_sender_run(const as_sender_options *options, as_sender_counts *counts);

/*
 * A port of 127.0.0.1 that is free now; 0 with the error chain set if there is none. type is SOCK_DGRAM or
 * SOCK_STREAM.
 */
uint16_t as_sender_free_port(int type);

#endif
