/*
 * Listening sockets by ZeroMQ's names.
 *
 *   tcp://HOST:PORT   HOST a numeric IPv4 address, [IPv6], localhost (127.0.0.1) or * (all of IPv4); PORT a number or *
 *   ipc://PATH        a socket file of mode 0660; one that a dead process left is replaced
 *   ipc://@NAME       a name in the kernel's abstract space
 *
 * Threads: any. Memory: the caller's.
 */
#ifndef AS_IPC_ZMTP_ENDPOINT_H
#define AS_IPC_ZMTP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct as_zmtp_endpoint {
    int descriptor; /* non-blocking, listening; -1 closed */
    bool is_tcp;
    char text[160];         /* as bound: a "*" port is a number now */
    char path[108];         /* of the socket file; "" if there is none */
    uint64_t device, inode; /* the file that we made */
} as_zmtp_endpoint;

/* Is it an address that only this machine reaches (ipc, loopback)? False also for what cannot be read. */
bool as_zmtp_endpoint_is_local(const char *text);

/* Bind and listen. 0, or a negative errno with the error chain set: -EADDRINUSE if somebody answers there. */
int as_zmtp_endpoint_open(const char *text, as_zmtp_endpoint *endpoint);

/* Why an address cannot be bound and what to do, in words; code: a negative errno. */
const char *as_zmtp_endpoint_advice(int code);

/* Close, and remove the socket file if it is still ours. Safe on one that was never opened if its descriptor is -1. */
void as_zmtp_endpoint_close(as_zmtp_endpoint *endpoint);

#endif
