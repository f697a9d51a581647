/*
 * A subscriber without libzmq: ZMTP 3.0 (RFC 23), NULL mechanism, read straight from a TCP socket without waiting.
 *
 * What `aftershock bench wire` shows of the path once the client's half of libzmq is gone: its I/O thread, and the
 * wake-ups between that and the caller. Small on purpose: one prefix, one connection, messages of two frames that fit
 * into its buffer; anything else ends it.
 *
 * Threads: one. Memory: fixed.
 */
#ifndef AS_BENCH_ZMTP_SUBSCRIBER_H
#define AS_BENCH_ZMTP_SUBSCRIBER_H

#include <stddef.h>
#include <stdint.h>

enum { AS_ZMTP_BUFFER_BYTES = 1 << 18 };

typedef struct as_zmtp_subscriber {
    int fd;
    size_t first, end; /* of what has been received and not taken */
    uint8_t buffer[AS_ZMTP_BUFFER_BYTES];
} as_zmtp_subscriber;

typedef struct as_zmtp_received {
    const uint8_t *topic, *payload; /* valid until the next call */
    size_t topic_bytes, payload_bytes;
} as_zmtp_received;

/* Connect to "tcp://A.B.C.D:PORT", shake hands, subscribe. 0, or a negative errno. The struct need not be cleared. */
int as_zmtp_subscriber_open(as_zmtp_subscriber *subscriber, const char *endpoint, const char *prefix);

/* A message if there is one: 1; 0: not yet; -EPROTO, -ECONNRESET and others: it is over. Never blocks. */
int as_zmtp_subscriber_poll(as_zmtp_subscriber *subscriber, as_zmtp_received *message);

/* Until something can be received, or wait_ms have passed. For machines without a CPU to turn on. */
void as_zmtp_subscriber_wait(const as_zmtp_subscriber *subscriber, int wait_ms);

/* Safe after a failed open. */
void as_zmtp_subscriber_close(as_zmtp_subscriber *subscriber);

#endif
